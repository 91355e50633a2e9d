"""Mutated prompts: none may make the plan fail, differ between two calls, or take long.

    python -m benchmarks.plan_fuzz [--count 50000] [--seconds 600] [--seed 1] [--failures FILE]

The prompts are those of benchmarks/adversarial.jsonl, with words and characters dropped, doubled, swapped, joined from
several records, and strewn with A1111 syntax and characters of other scripts; one in ``LONG_EVERY`` is drawn out to
20,000 characters. It ends after ``--count`` prompts or ``--seconds``, whichever is first; a plan that takes more than
``HANGING`` seconds is broken off (where the system has timers for that). Seconds are those of the processor, so that
what else the machine does counts little. With ``--failures`` each failure is appended to a file, a JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from lib_automask.plan import plan_edits, plan_target

RECORDS = Path(__file__).parent / "adversarial.jsonl"
STREWN = (
    *("(", ")", "[", "]", ":1.3)", "<lora:x", ">", "|", "{2$$a|b}", "BREAK", "AND", "&", "\\", "\x00", "'s", "'", '"'),
    *("::", ",,", "…", "日本語", "кошка", "٣", "፪", "🦊", "\n", "Steps: 20, ", "no ", "of ", "and ", "the "),
)
SLOW, HANGING = 0.3, 20.0
"""Seconds that a plan may take at most, and after which it is broken off."""
LONG_EVERY, LONG = 500, 20_000
"""How many prompts there are for a long one, and its characters."""


@dataclass(frozen=True)
class Trial:
    """One call of ``plan_edits``: its texts, processor seconds, and what went wrong, "" if nothing did."""

    caption: str
    prompt: str
    seconds: float
    fault: str


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


def lengthen_text(text: str, others: Sequence[str], dice: random.Random) -> str:
    """``LONG`` characters: the text over and over, or a mixture of it with the others."""
    drawn = [text]
    sources = [text] if dice.random() < 0.5 else others
    joint = dice.choice((" ", ", ", " and ", ". "))
    while sum(map(len, drawn)) < LONG:
        drawn.append(dice.choice(sources) or "a")
    return joint.join(drawn)[:LONG]


def draw_texts(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """``count`` pairs of caption and mutated prompt; the same ones for the same seed."""
    dice = random.Random(seed)
    records = [json.loads(line) for line in RECORDS.read_text("utf-8").splitlines()]
    prompts = [record["prompt"] for record in records]
    for number in range(count):
        caption, prompt = dice.choice(records)["caption"], mutate_text(dice.choice(prompts), prompts, dice)
        if dice.random() < 0.1:
            caption = mutate_text(caption, prompts, dice)
        if number % LONG_EVERY == LONG_EVERY - 1:
            prompt = lengthen_text(prompt, prompts, dice)
        yield caption, prompt


def try_plan(caption: str, prompt: str, number: int) -> Trial:
    """Plan once with, once without a picture, in turn; every 25th of those without twice, and compare the two."""
    dice = random.Random(number)
    presence = (lambda phrases: [dice.random() for _ in phrases]) if number % 2 else None
    began, fault = time.process_time(), ""
    try:
        with _broken_off(HANGING):
            plan = plan_edits(caption, prompt, presence)
            seconds = time.process_time() - began
            str(plan)
            plan_target(prompt[:40], caption)
            if number % 50 == 0 and plan != plan_edits(caption, prompt):
                fault = "two calls differ"
            if not 0 <= plan.confidence <= 1:
                fault = f"confidence {plan.confidence}"
    except Exception:  # any failure is what is looked for
        seconds, fault = time.process_time() - began, traceback.format_exc(limit=-3)
    return Trial(caption, prompt, seconds, fault or (f"slow: {seconds:.2f} s" if seconds > SLOW else ""))


def run_trials(count: int, limit: float, seed: int, failures: Path | None = None) -> list[Trial]:
    """Up to ``count`` trials within ``limit`` seconds; each failure is printed, and appended to a file."""
    trials, began = [], time.perf_counter()
    for number, (caption, prompt) in enumerate(draw_texts(count, seed)):
        if time.perf_counter() - began > limit:
            break
        trial = try_plan(caption, prompt, number)
        trials.append(trial)
        if trial.fault:
            sys.stdout.write(f"{trial.seconds:.2f} s, {trial.fault}: {caption!r} | {prompt[:300]!r}\n")
            sys.stdout.flush()
            if failures is not None:
                with failures.open("a", encoding="ascii") as file:
                    file.write(json.dumps(asdict(trial)) + "\n")
    return trials


@contextmanager
def _broken_off(seconds: float) -> Iterator[None]:
    """Raises TimeoutError inside after so many seconds, where the system has timers."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Plan mutated prompts; 1 where one failed, differed or was slow."""
    parser = argparse.ArgumentParser(prog="benchmarks.plan_fuzz")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failures", type=Path, help="JSON Lines file that failures are appended to")
    options = parser.parse_args(arguments)
    trials = run_trials(options.count, options.seconds, options.seed, options.failures)
    bad = sum(bool(trial.fault) for trial in trials)
    long = [trial.seconds for trial in trials if len(trial.prompt) == LONG]
    sys.stdout.write(
        f"{len(trials)} prompts, {bad} failed, differed or were slow; processor seconds: "
        f"{sum(trial.seconds for trial in trials):.0f} in all, the slowest {max(t.seconds for t in trials):.2f}; "
        f"{len(long)} of {LONG} characters, the slowest {max(long, default=0.0):.2f}\n"
    )
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
