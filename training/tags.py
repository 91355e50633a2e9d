"""Compiles the table of Danbooru-style tags and their roles.

    python -m training.tags --csv tags/danbooru.csv --out lib_automask/plan/words/tags.txt.gz

The CSV file (name, category, count, aliases) is that of the a1111-sd-webui-tagcomplete extension. Taken are general
and meta tags that stand under at least so many pictures, with their aliases where they are common; the role comes from
`tag_rules.txt` and the lexicon. Sexual tags are left out.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

from lib_automask.plan import lexicon
from training.lexicon import write_gzip
from training.rule_files import read_rules

LEAST_COUNT = 1_500
COMMON = 20_000  # pictures under a tag whose aliases are worth a place
GENERAL, META = "0", "5"
PREPOSITIONS = {"on", "in", "up", "behind", "between", "over", "to", "down", "out", "around", "under", "against",
                "above", "at", "across", "with"}  # fmt: skip
BODY_FIRST = {"hand", "hands", "arm", "arms", "leg", "legs", "head", "knee", "knees", "foot", "feet", "elbow", "elbows",
              "finger", "fingers", "chin", "palm", "palms", "fist"}  # fmt: skip
KIND_ROLES = (
    ("person", "person"), ("animal", "animal"), ("food", "food"), ("clothing", "clothes"), ("accessory", "accessory"),
    ("hair", "hair"), ("body_part", "body"), ("weather", "atmosphere"), ("time", "atmosphere"), ("light", "atmosphere"),
    ("expression", "expression"), ("pose", "pose"), ("place", "setting"), ("building", "setting"), ("effect", "effect"),
    ("furniture", "object"), ("container", "object"), ("weapon", "object"), ("tool", "object"),
    ("toy", "object"), ("vehicle", "object"), ("instrument", "object"), ("device", "object"), ("plant", "object"),
    ("structure", "setting"),
    ("art", "object"), ("text", "object"), ("material", "object"), ("object", "object"), ("shape", "object"),
    ("event", "action"),
)  # fmt: skip
"""What the lexicon's kind of a tag's last word says, the first that fits."""


@cache
def _rules() -> dict[str, dict[str, str]]:
    """Section → entry → role; the first one counts."""
    found: dict[str, dict[str, str]] = {}
    for section, roles in read_rules("tag_rules.txt").items():
        pairs = [(entry, role) for role, entries in roles.items() for entry in entries]
        found[section] = dict(reversed(pairs))
    return found


def find_role(tag: str) -> str:
    """The role of a tag with underscores; "" for one that is left out, "other" if nothing is known."""
    rules = _rules()
    if role := rules["exact"].get(tag):
        return role
    if any(f"_{word}_" in f"_{tag}_" for word in rules["explicit"]):
        return ""
    name = tag.partition("_(")[0]
    if role := rules["qualifier"].get(tag.rpartition("_(")[2].rstrip(")")):
        return role
    words = name.split("_")
    if words[0] in ("multiple", "cropped", "single") and len(words) > 1:
        return find_role("_".join(words[1:]))
    return _by_first(words) or _by_place(words) or _by_end(words) or rules["exact"].get(name) or _by_kind(words)


def _by_first(words: list[str]) -> str:
    role = _rules()["first"].get(words[0], "")
    if words[0] in BODY_FIRST:
        return role if PREPOSITIONS & set(words[1:]) else ""
    return role if len(words) > 1 else ""


def _by_place(words: list[str]) -> str:
    """ "towel on head" is what a towel is."""
    at = next((at for at, word in enumerate(words) if at and word in PREPOSITIONS), 0)
    return find_role("_".join(words[:at])) if at and at + 1 < len(words) else ""


def _by_end(words: list[str]) -> str:
    """By the last word, or the last two."""
    ends = _rules()["ends"]
    return ends.get("_".join(words[-2:])) or ends.get(words[-1]) or ""


def _by_kind(words: list[str]) -> str:
    phrase = " ".join(words)
    if re.fullmatch(r"(19|20)\d\d", phrase):
        return "meta"
    if not re.search(r"[a-z]{2}", phrase):
        return "expression"  # ":>=", "o_o"
    kinds = lexicon.noun_kinds(phrase)
    if not kinds and words[-1].endswith("ing") and len(words) == 1:
        return "action"
    attribute = lexicon.adjective_kinds(phrase)
    if not kinds and "emotion" in attribute:
        return "expression"
    return next((role for kind, role in KIND_ROLES if kind in kinds), "other")


def read_tags(path: Path) -> list[tuple[str, int, list[str], str]]:
    """(name, count, aliases, category) of the tags that are taken."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(name, int(count), aliases.split(","), category) for name, category, count, aliases in csv.reader(file)]
    return [row for row in rows if row[3] in (GENERAL, META) and row[1] >= LEAST_COUNT]


def compile_tags(path: Path) -> dict[str, list[str]]:
    """Role → tags in alphabetical order."""
    roles: dict[str, str] = {}
    for name, count, aliases, category in read_tags(path):
        role = find_role(name) if category == GENERAL else _rules()["exact"].get(name, "meta")
        if not role:
            continue
        roles[name] = role
        if count >= COMMON:
            roles |= {
                alias: role
                for alias in aliases
                if re.fullmatch(r"[a-z][a-z_-]{3,24}", alias) and alias not in roles and find_role(alias)
            }
    for tag, role in _rules()["exact"].items():
        if find_role(tag):
            roles.setdefault(tag, role)
    found: dict[str, list[str]] = defaultdict(list)
    for tag, role in sorted(roles.items()):
        found[role].append(tag)
    return dict(sorted(found.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("lib_automask/plan/words/tags.txt.gz"))
    options = parser.parse_args()
    roles = compile_tags(options.csv)
    lines = (f"{role}\t{' '.join(tags)}\n" for role, tags in roles.items())
    write_gzip("".join(lines).encode("utf-8"), options.out)
    print(Counter({role: len(tags) for role, tags in roles.items()}).most_common())
    print(f"{options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
