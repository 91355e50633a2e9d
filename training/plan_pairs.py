"""Pairs of caption and prompt with the edits between them, made from templates: examples for the plan's scorer.

The words are common ones of every kind; the captions are poor at times, as BLIP's are: they leave out an adjective or
a thing that the prompt then names, which is an edit only if the picture lacks it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

Record = dict[str, Any]
SUBJECTS = ("dog", "cat", "horse", "man", "woman", "boy", "girl", "bird", "rabbit", "robot", "elephant", "cow", "bear")
THINGS = (
    "chair",
    "lamp",
    "vase",
    "ball",
    "book",
    "cup",
    "hat",
    "bicycle",
    "guitar",
    "umbrella",
    "basket",
    "kite",
    "drum",
)
PLACES = ("park", "kitchen", "beach", "forest", "street", "desert", "garden", "library", "field", "garage", "market")
LOOKS = ("red", "blue", "green", "black", "white", "yellow", "brown", "orange", "pink", "purple")
MATTER = ("wooden", "metal", "glass", "plastic", "leather", "golden", "paper", "stone")
POSES = ("sitting", "standing", "sleeping", "running", "jumping", "lying")
STYLES = ("watercolor painting", "pencil sketch", "pixel art", "oil painting", "anime style")
MOODS = ("peaceful", "beautiful", "lovely", "cozy", "quiet")


def make_pairs(count: int, seed: int) -> Iterator[Record]:
    """``count`` records in the form of benchmarks/adversarial.jsonl; equal seeds give equal records."""
    dice = random.Random(seed)
    makers = (_replace, _recolour, _move, _add, _remove, _pose, _restyle, _same, _unsaid)
    for number in range(count):
        maker = makers[number % len(makers)]
        yield {"id": f"made-{number}", "category": maker.__name__.strip("_"), "style": "made", **maker(dice)}


def _scene(dice: random.Random) -> dict[str, str]:
    first, second = dice.sample(THINGS, 2)
    return {
        "subject": dice.choice(SUBJECTS), "look": dice.choice(LOOKS), "pose": dice.choice(POSES), "thing": first,
        "other": second, "place": dice.choice(PLACES), "matter": dice.choice(MATTER),
    }  # fmt: skip


def _say(dice: random.Random, scene: dict[str, str], tags: bool = False) -> str:
    phrase = f"{scene['look']} {scene['subject']}"
    if tags:
        return f"{phrase}, {scene['pose']}, {scene['matter']} {scene['thing']}, {scene['place']}"
    if dice.random() < 0.3:
        return f"in the {scene['place']} a {phrase} is {scene['pose']} next to a {scene['matter']} {scene['thing']}"
    return f"a {phrase} {scene['pose']} next to a {scene['matter']} {scene['thing']} in a {scene['place']}"


def _edit(kind: str, target: str, replacement: str | None) -> list[Record]:
    return [{"kind": kind, "target": [target] if target else [], "replacement": replacement and [replacement]}]


def _pair(dice: random.Random, key: str, choices: tuple[str, ...], kind: str, target: str) -> Record:
    old = _scene(dice)
    new = {**old, key: dice.choice([one for one in choices if one not in old.values()])}
    return {
        "caption": _say(dice, old), "prompt": _say(dice, new, dice.random() < 0.4),
        "edits": _edit(kind, old[target], new[key]),
    }  # fmt: skip


def _replace(dice: random.Random) -> Record:
    if dice.random() < 0.5:
        return _pair(dice, "subject", SUBJECTS, "replace", "subject")
    return _pair(dice, "thing", THINGS, "replace", "thing")


def _recolour(dice: random.Random) -> Record:
    if dice.random() < 0.5:
        return _pair(dice, "look", LOOKS, "modify", "subject")
    return _pair(dice, "matter", MATTER, "modify", "thing")


def _move(dice: random.Random) -> Record:
    return _pair(dice, "place", PLACES, "background", "place")


def _pose(dice: random.Random) -> Record:
    return _pair(dice, "pose", POSES, "modify", "subject")


def _add(dice: random.Random) -> Record:
    scene = _scene(dice)
    text, more = _say(dice, scene), _say(dice, scene)
    ending = dice.choice((f", and a {scene['other']}", f", {scene['other']}"))
    return {"caption": text, "prompt": more + ending, "edits": _edit("add", "", scene["other"])}


def _remove(dice: random.Random) -> Record:
    scene = _scene(dice)
    text = f"a {scene['look']} {scene['subject']} with a {scene['other']} {scene['pose']} in a {scene['place']}"
    left = f"a {scene['look']} {scene['subject']} {scene['pose']} in a {scene['place']}"
    return {"caption": text, "prompt": left, "edits": _edit("remove", scene["other"], None)}


def _restyle(dice: random.Random) -> Record:
    scene, style = _scene(dice), dice.choice(STYLES)
    return {"caption": _say(dice, scene), "prompt": f"{_say(dice, scene)}, {style}",
            "edits": _edit("restyle", "whole image", style)}  # fmt: skip


def _same(dice: random.Random) -> Record:
    scene = _scene(dice)
    short = f"a {dice.choice(MOODS)} {scene['subject']} in a {scene['place']}"
    prompt = dice.choice((_say(dice, scene), _say(dice, scene, tags=True), short))
    return {"caption": _say(dice, scene), "prompt": prompt, "edits": []}


def _unsaid(dice: random.Random) -> Record:
    scene = _scene(dice)
    poor = f"a {scene['subject']} {scene['pose']} in a {scene['place']}"
    rich = f"a {scene['look']} {scene['subject']} {scene['pose']} in a {scene['place']}"
    return {"caption": poor, "prompt": rich, "edits": _edit("modify", scene["subject"], scene["look"])}
