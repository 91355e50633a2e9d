"""How often the plan of edits is right, on labelled pairs of caption and prompt.

    python -m benchmarks.edits --gold benchmarks/adversarial.jsonl [--json] [--errors]

A record holds ``id``, ``category``, ``style``, ``caption``, ``prompt`` and ``edits``; each edit its ``kind``, the
accepted phrases for ``target`` and ``replacement`` (an empty target: there must be none; a replacement of null: any
will do), and perhaps ``reject``, phrases that name the wrong one of two. ``ambiguous`` records are those that only
the picture can decide; the total is given with and without them.

- *exact*: the edits pair off one to one, of equal kind, with a target and a replacement that is an accepted phrase
  or ends in the same word (articles and trailing particles aside).
- *guarded*: exact, and no target is rejected; the attribute itself agrees, not only the noun behind it ("red hair"
  is not "blue hair"); and so does the medium of a restyle ("oil painting" is not "watercolor painting").
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

from lib_automask.plan import plan_edits
from lib_automask.types import Edit

Record = dict[str, Any]
Judge = Callable[[Record, Edit], bool]

ARTICLES = frozenset(("a", "an", "the"))
PARTICLES = ARTICLES.union(
    ("up", "down", "on", "off", "out", "in", "over", "away", "back", "one", "ones", "just", "only", "it", "them"),
    ("there", "now", "instead", "of", "to"),
)
PLACES = frozenset(
    (
        "on",
        "in",
        "at",
        "by",
        "near",
        "beside",
        "next",
        "over",
        "under",
        "against",
        "with",
        "behind",
        "inside",
        "above",
        "into",
    )
)
MEDIA = frozenset(
    ("painting", "style", "art", "drawing", "illustration", "picture", "image", "photo", "photograph", "render"),
).union(("rendering", "print", "sketch", "window", "panel", "book"))


def words(phrase: str) -> list[str]:
    """The words of a phrase in lower case, without articles and punctuation."""
    spelled = re.sub(r"\s+-\s+", "-", phrase.lower().replace("’", "'"))
    stripped = [word.strip(".,;:!?\"'()[]{}*") for word in spelled.split()]
    return [word for word in stripped if word and word not in ARTICLES]


def last_word(phrase: Sequence[str]) -> str:
    """The last word that carries meaning; "" of an empty phrase."""
    meaning = [word for word in phrase if word not in PARTICLES]
    return (meaning or list(phrase) or [""])[-1]


def is_accepted(said: str, accepted: Iterable[str]) -> bool:
    """Whether a phrase equals an accepted one or ends in the same word."""
    mine = words(said)
    return any(mine == words(other) or last_word(mine) == last_word(words(other)) for other in accepted)


def is_exact(gold: Record, edit: Edit) -> bool:
    """Kind, target and replacement agree."""
    target = "" if edit.kind == "add" and not words(edit.target) else edit.target
    if gold["kind"] != edit.kind:
        return False
    if not (is_accepted(target, gold["target"]) if gold["target"] else not target):
        return False
    return gold["replacement"] is None or is_accepted(edit.replacement or "", gold["replacement"])


def is_guarded(gold: Record, edit: Edit) -> bool:
    """Exact, names the right one of two, and changes it to the right thing."""
    if not is_exact(gold, edit) or words(edit.target) in [words(phrase) for phrase in gold.get("reject", ())]:
        return False
    if gold["replacement"] is None or edit.kind not in ("modify", "restyle"):
        return True
    nouns = {form for phrase in gold["target"] for form in noun_forms(last_word(words(phrase)))}
    said = words(edit.replacement or "")
    return any(
        said == words(other) or essence(said, nouns) == essence(words(other), nouns) for other in gold["replacement"]
    )


def noun_forms(noun: str) -> set[str]:
    """Singular and plural of a noun, roughly."""
    return {noun, noun + "s", noun.removesuffix("s"), noun.removesuffix("es")}


def essence(phrase: list[str], nouns: set[str]) -> str:
    """The attribute or medium that a replacement is about, without noun, place and words like "painting"."""
    end = next(
        (i for i, word in enumerate(phrase) if i and word in PLACES and not PARTICLES.issuperset(phrase[i:])), None
    )
    kept = phrase[:end]
    while kept and kept[-1] in nouns | MEDIA:
        kept.pop()
    return last_word(kept)


def agrees(gold: Sequence[Record], edits: Sequence[Edit], judge: Judge) -> bool:
    """Whether the edits pair off with the labels, each judged right."""
    if len(gold) != len(edits):
        return False
    return any(all(map(judge, gold, order)) for order in permutations(edits))


def score(records: Iterable[Record]) -> list[Record]:
    """Each record with what was planned and whether that is ``exact`` and ``guarded``."""
    scored = []
    for record in records:
        edits = plan_edits(record["caption"], record["prompt"]).edits
        verdicts = {
            "exact": agrees(record["edits"], edits, is_exact),
            "guarded": agrees(record["edits"], edits, is_guarded),
        }
        scored.append({**record, **verdicts, "planned": [str(edit) for edit in edits]})
    return scored


def shares(records: Sequence[Record]) -> Record:
    """Counts and shares of the right records."""
    count = len(records)
    exact, guarded = (sum(record[key] for record in records) for key in ("exact", "guarded"))
    return (
        {"records": count, "exact": round(exact / count, 4), "guarded": round(guarded / count, 4)}
        if count
        else {"records": 0}
    )


def table(scored: Sequence[Record]) -> Record:
    """The figures over all, without the ambiguous, and by category and style."""
    figures: Record = {
        "all": shares(scored),
        "without ambiguous": shares([r for r in scored if not r.get("ambiguous")]),
    }
    for key in ("category", "style"):
        values = dict.fromkeys(record[key] for record in scored)
        figures[f"by {key}"] = {value: shares([r for r in scored if r[key] == value]) for value in values}
    return figures


def lines(figures: Record, indent: str = "") -> Iterable[str]:
    """The figures as people read them."""
    for name, part in figures.items():
        if "records" not in part:
            yield name
            yield from lines(part, "  ")
        elif part["records"]:
            yield f"{indent + name:<24}{part['records']:>6}{part['exact']:>9.3f}{part['guarded']:>9.3f}"


def read_gold(path: Path) -> list[Record]:
    """The records of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a file of labelled edits and print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.edits", description="How often the plan of edits is right.")
    parser.add_argument("--gold", type=Path, required=True, help="JSON Lines with caption, prompt and edits")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--errors", action="store_true", help="list the records that are not right")
    options = parser.parse_args(arguments)
    scored = score(read_gold(options.gold))
    wrong = [record for record in scored if not record["guarded"]]
    figures = table(scored)
    if options.json:
        sys.stdout.write(json.dumps({**figures, "wrong": [record["id"] for record in wrong]}, indent=1) + "\n")
        return 0
    shown = [f"{r['id']}: {r['caption']} | {r['prompt']} → {r['planned']}" for r in wrong] if options.errors else []
    header = f"{'':<24}{'records':>6}{'exact':>9}{'guarded':>9}"
    sys.stdout.write("\n".join([*shown, header, *lines(figures)]) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
