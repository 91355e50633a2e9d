"""Prompts of drawn scenes in the forms that users write, for the training of the small checkpoint."""

from __future__ import annotations

import numpy as np

from benchmarks.icon_world.edits import NOISE, name, twins
from benchmarks.icon_world.scenes import PLACES, Scene, plural
from training.phrases import pick

# Shares of the forms: guesses. Without a prompt the network learns what guidance is measured from.
EMPTY, CAPTION, TAGS = 0.1, 0.6, 0.15
NOISY = 0.15


def write_prompt(scene: Scene, rng: np.random.Generator) -> str:
    """The caption, tags, or a part of what is there; at times with tags that change nothing, at times empty."""
    chance = rng.random()
    if chance < EMPTY:
        return ""
    if chance < EMPTY + CAPTION:
        prompt = scene.caption
    elif chance < EMPTY + CAPTION + TAGS:
        names = [name(thing) for thing in scene.things]
        if twins(scene):
            names = [f"two {scene.things[0].color} {plural(scene.things[0].kind)}"]
        prompt = ", ".join([*names, scene.ground])
    else:
        prompt = pick(rng, [*(thing.phrase for thing in scene.things), PLACES[scene.ground]])
    return f"{pick(rng, NOISE)}, {prompt}" if rng.random() < NOISY else prompt
