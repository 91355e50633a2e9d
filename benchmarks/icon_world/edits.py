"""Edits of a scene, each with the prompt that asks for it and the true mask of what changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import GROUNDS, PLACES, Mask, Scene, Thing, describe, plural, silhouettes

KINDS = ("replace", "modify", "add", "remove", "background", "restyle", "none")
STYLES = ("a watercolor painting of", "an oil painting of", "a pencil sketch of", "pixel art of")
NOISE = ("masterpiece, best quality", "8k, highly detailed", "<lora:add_detail:0.6>, sharp focus", "(best quality:1.2)")


@dataclass(frozen=True, eq=False)
class SceneEdit:
    """One edit; ``mask`` bool[H, W] is what changes (for ``add``: where the middle of the new thing may lie)."""

    kind: str
    prompt: str
    target: str
    replacement: str
    mask: Mask


def make_edits(
    scene: Scene, rng: np.random.Generator, kinds: tuple[str, ...] = KINDS, noisy: bool = True
) -> list[SceneEdit]:
    """One edit of each of ``kinds`` that the scene allows; ``noisy``: some prompts with tags that change nothing."""
    makers = {
        "replace": _replace,
        "modify": _modify,
        "add": _add,
        "remove": _remove,
        "background": _background,
        "restyle": _restyle,
        "none": _none,
    }
    edits = [makers[kind](scene, rng, silhouettes(scene)) for kind in kinds]
    return [_with_noise(edit, rng) if noisy else edit for edit in edits if edit is not None]


def twins(scene: Scene) -> bool:
    """Whether the scene's two things are alike, so that the caption counts them."""
    return len({(thing.kind, thing.color) for thing in scene.things}) < len(scene.things)


def name(thing: Thing) -> str:
    return f"{thing.color} {thing.kind}"


def _replace(scene: Scene, rng: np.random.Generator, masks: list[Mask]) -> SceneEdit | None:
    color = str(rng.choice(list(COLORS))) if rng.random() < 0.5 else None
    return _changed(scene, rng, masks, "replace", kind=str(rng.choice(CLASSES)), color=color)


def _modify(scene: Scene, rng: np.random.Generator, masks: list[Mask]) -> SceneEdit | None:
    return _changed(scene, rng, masks, "modify", kind=None, color=str(rng.choice(list(COLORS))))


def _changed(
    scene: Scene, rng: np.random.Generator, masks: list[Mask], edit: str, kind: str | None, color: str | None
) -> SceneEdit | None:
    """One thing (both, where the two are alike) becomes another class, another colour, or both."""
    index = int(rng.integers(len(scene.things)))
    old = scene.things[index]
    new = {"kind": kind or old.kind, "color": color or old.color}
    changed = scene.with_thing(index, **new)
    if (edit == "replace" and new["kind"] == old.kind) or (edit == "modify" and new["color"] == old.color):
        return None
    if twins(scene):
        both = changed.with_thing(1 - index, **new)
        target = f"two {old.color} {plural(old.kind)}"
        return SceneEdit(edit, both.caption, target, name(both.things[0]), masks[0] | masks[1])
    if twins(changed):
        return None
    return SceneEdit(edit, changed.caption, name(old), name(changed.things[index]), masks[index])


def _add(scene: Scene, rng: np.random.Generator, masks: list[Mask]) -> SceneEdit | None:
    """A new thing on one side of another, where there is room for it."""
    if twins(scene):
        return None
    known = {(thing.kind, thing.color) for thing in scene.things}
    kind, color = str(rng.choice(CLASSES)), str(rng.choice(list(COLORS)))
    index = int(rng.integers(len(scene.things)))
    relation = str(rng.choice(["left of", "right of", "above", "below"]))
    region = _side(masks[index], relation) & ~np.any(masks, 0)
    if (kind, color) in known or region.mean() < 0.12:
        return None
    article = "an" if color == "orange" else "a"
    addition = f"{article} {color} {kind} {relation} the {name(scene.things[index])}"
    place = PLACES[scene.ground]
    body = describe(scene.things, scene.ground).removesuffix(place).rstrip(", ")
    prompt = f"{body}, {addition}, {place}"
    return SceneEdit("add", prompt, name(scene.things[index]), f"{color} {kind}", region)


def _side(mask: Mask, relation: str) -> Mask:
    """The quarter of the plane that lies on one side of a thing's middle, beyond its outline."""
    rows, cols = np.nonzero(mask)
    y, x = np.indices(mask.shape)
    dx, dy = x - cols.mean(), y - rows.mean()
    if relation in ("left of", "right of"):
        beyond = x < cols.min() if relation == "left of" else x > cols.max()
        return np.asarray(beyond & (abs(dx) > abs(dy)))
    beyond = y < rows.min() if relation == "above" else y > rows.max()
    return np.asarray(beyond & (abs(dy) > abs(dx)))


def _remove(scene: Scene, rng: np.random.Generator, masks: list[Mask]) -> SceneEdit | None:
    if len(scene.things) < 2 or twins(scene):
        return None
    index = int(rng.integers(len(scene.things)))
    rest = tuple(thing for i, thing in enumerate(scene.things) if i != index)
    return SceneEdit("remove", describe(rest, scene.ground), name(scene.things[index]), "", masks[index])


def _background(scene: Scene, rng: np.random.Generator, masks: list[Mask]) -> SceneEdit:
    ground = str(rng.choice([other for other in GROUNDS if other != scene.ground]))
    return SceneEdit("background", describe(scene.things, ground), scene.ground, ground, ~np.any(masks, 0))


def _restyle(scene: Scene, rng: np.random.Generator, masks: list[Mask]) -> SceneEdit:
    style = str(rng.choice(STYLES))
    whole = np.ones_like(masks[0])
    return SceneEdit("restyle", f"{style} {scene.caption}", "whole image", style.removesuffix(" of"), whole)


def _none(scene: Scene, rng: np.random.Generator, masks: list[Mask]) -> SceneEdit:
    return SceneEdit("none", scene.caption, "", "", np.zeros_like(masks[0]))


def _with_noise(edit: SceneEdit, rng: np.random.Generator) -> SceneEdit:
    """In four of ten prompts, tags that people add and that change nothing."""
    if rng.random() < 0.6:
        return edit
    noise = str(rng.choice(NOISE))
    prompt = f"{edit.prompt}, {noise}" if rng.random() < 0.5 else f"{noise}, {edit.prompt}"
    return SceneEdit(edit.kind, prompt, edit.target, edit.replacement, edit.mask)
