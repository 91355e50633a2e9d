"""Mutated prompts: none may make the plan fail, differ between two calls, or take long.

    python -m benchmarks.plan_fuzz [--count 50000] [--seconds 600] [--seed 1]

The prompts are those of benchmarks/adversarial.jsonl, with words and characters dropped, doubled, swapped, joined from
several records, and strewn with A1111 syntax and characters of other scripts. It ends after ``--count`` prompts or
``--seconds``, whichever is first.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lib_automask.plan import plan_edits, plan_target

RECORDS = Path(__file__).parent / "adversarial.jsonl"
STREWN = (
    *("(", ")", "[", "]", ":1.3)", "<lora:x", ">", "|", "{2$$a|b}", "BREAK", "AND", "&", "\\", "\x00", "'s", "'", '"'),
    *("::", ",,", "…", "日本語", "кошка", "٣", "፪", "🦊", "\n", "Steps: 20, ", "no ", "of ", "and ", "the "),
)
SLOW = 0.3
"""Seconds that a plan may take at most."""


def mutate_text(text: str, others: Sequence[str], dice: random.Random) -> str:
    """The text with one to six accidents."""
    words = text.split(" ")
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(words) + 1)
        act = dice.randrange(6)
        if act == 0 and words:
            del words[min(place, len(words) - 1)]
        elif act == 1:
            words.insert(place, dice.choice(STREWN))
        elif act == 2:
            words[place:place] = dice.choice(others).split(" ")[: dice.randint(1, 9)]
        elif act == 3 and words:
            word = words[min(place, len(words) - 1)]
            words[min(place, len(words) - 1)] = "".join(dice.sample(word, len(word)))
        elif act == 4:
            dice.shuffle(words)
        else:
            words = words * dice.choice((1, 2, 2, 30))
    return " ".join(words)


def main(arguments: Sequence[str] | None = None) -> int:
    """Plan mutated prompts; 1 where one failed, differed or was slow."""
    parser = argparse.ArgumentParser(prog="benchmarks.plan_fuzz")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    dice = random.Random(options.seed)
    records = [json.loads(line) for line in RECORDS.read_text("utf-8").splitlines()]
    prompts = [record["prompt"] for record in records]
    start, done, bad, slowest = time.perf_counter(), 0, 0, 0.0
    while done < options.count and time.perf_counter() - start < options.seconds:
        caption, prompt = dice.choice(records)["caption"], mutate_text(dice.choice(prompts), prompts, dice)
        if dice.random() < 0.1:
            caption = mutate_text(caption, prompts, dice)
        before = time.perf_counter()
        try:
            plan = plan_edits(caption, prompt, (lambda phrases: [dice.random() for _ in phrases]) if done % 2 else None)
            plan_target(prompt[:40], caption)
            failed = done % 2 == 0 and done % 50 == 0 and plan != plan_edits(caption, prompt)
            said = str(plan)
        except Exception as error:  # any failure is what is looked for
            failed, said = True, repr(error)
        slowest = max(slowest, time.perf_counter() - before)
        done += 1
        if failed or time.perf_counter() - before > 2 * SLOW:
            bad += 1
            sys.stdout.write(f"{time.perf_counter() - before:.2f} s, {said}: {caption!r} | {prompt[:300]!r}\n")
    sys.stdout.write(f"{done} prompts, {bad} failed, differed or were slow; the slowest took {slowest:.2f} s\n")
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
