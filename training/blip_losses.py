"""What the demo's BLIP models learn from a step: batches of scenes and crops, and the losses on them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import GROUNDS, describe
from training.blip_model import DemoBlip, normalised
from training.crop_phrases import crop_phrase
from training.phrases import (
    COLOR_NAMES,
    Phrase,
    coloured,
    direction,
    long_phrase,
    relation,
    short_phrase,
)
from training.pool import NOT_A_THING, UNKNOWN, Pool
from training.vocabulary import WORD_IDS, token_ids

SCENES, CROPS = 32, 16
SHORT_PHRASES, RELATIONS_TOLD, LONG_PHRASES, CROP_PHRASES = 6, 4, 2, 6
TWINS = 0.18  # of the scenes of two things; drawn far more rarely, two alike would never be counted
OBJECT_WORDS = [WORD_IDS[word] for word in (*CLASSES, *COLOR_NAMES)]
GROUND_NAMES = tuple(GROUNDS)
RELATIONS = ("left of", "above", "twins", "")
IGNORE = -100


class Batches:
    """Draws rows of the pool, few and large things first, and what is said of them."""

    def __init__(self, pool: Pool, seed: int) -> None:
        self.pool, self.rng = pool, np.random.default_rng(seed)
        self.crops = np.flatnonzero(pool.target > UNKNOWN)
        scenes = pool.target == UNKNOWN
        self.by_count = [np.flatnonzero(scenes & (pool.count == count)) for count in (1, 2, 3, 4)]
        alike = (pool.kind[:, 0] == pool.kind[:, 1]) & (pool.color[:, 0] == pool.color[:, 1])
        self.twins = np.flatnonzero(scenes & (pool.count == 2) & alike)

    def scenes(self, number: int, progress: float) -> Pool:
        ease = max(0.0, 1 - progress / 0.12)
        shares = ease * np.array([0.5, 0.5, 0, 0]) + (1 - ease) * np.array([0.12, 0.3, 0.32, 0.26])
        counts = self.rng.choice(4, number, p=shares)
        groups = [self.twins if c == 1 and self.rng.random() < TWINS else self.by_count[c] for c in counts]
        return self.pool.take(np.array([self.rng.choice(group) for group in groups]))

    def some_crops(self, number: int) -> Pool:
        return self.pool.take(self.rng.choice(self.crops, number))


def captions(rows: Pool) -> Tensor:
    """int64[B, L]: the canonical caption of each row, [DEC] … [SEP], padded."""
    return padded([token_ids(describe(rows.things(i), str(rows.ground[i])), "[DEC]") for i in range(len(rows))])


def padded(texts: list[list[int]]) -> Tensor:
    length = max(map(len, texts))
    return torch.tensor([[*text, *[WORD_IDS["[PAD]"]] * (length - len(text))] for text in texts])


def phrase_batch(phrases: list[list[Phrase]], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """K phrases for each of B pictures → ids[B, K, L], matches int64[B, K]; some begin with [ENC], as in LAVIS."""
    said = [phrase.text for row in phrases for phrase in row]
    texts = [token_ids(text, "[ENC]" if rng.random() < 0.1 else "[CLS]") for text in said]
    matches = torch.tensor([[int(phrase.match) for phrase in row] for row in phrases])
    return padded(texts).view(len(phrases), len(phrases[0]), -1), matches


def scene_phrases(rows: Pool, rng: np.random.Generator) -> dict[str, list[list[Phrase]]]:
    """Phrases of about one length go together, to spare padding; relations come true and false in turn."""
    said: dict[str, list[list[Phrase]]] = {"short": [], "relation": [], "long": []}
    for i in range(len(rows)):
        things, ground = rows.things(i), str(rows.ground[i])
        said["short"].append([short_phrase(rng, things, ground) for _ in range(SHORT_PHRASES)])
        said["long"].append([long_phrase(rng, things, ground) for _ in range(LONG_PHRASES)])
        truths = [number % 2 == 0 for number in range(RELATIONS_TOLD)]
        said["relation"].append([relation(rng, things, truth) or coloured(rng, things, truth) for truth in truths])
    return said


def crop_phrases(rows: Pool, rng: np.random.Generator) -> list[list[Phrase]]:
    made = []
    for i in range(len(rows)):
        visible = [int(index) for index in np.unique(rows.patches[i]) if index >= 0]
        arguments = rows.things(i), int(rows.target[i]), visible, str(rows.fill[i]), str(rows.ground[i])
        made.append([crop_phrase(rng, *arguments) for _ in range(CROP_PHRASES)])
    return made


def caption_loss(model: DemoBlip, ids: Tensor, seen: Tensor) -> Tensor:
    """Cross entropy of the next word; words that name a class or a colour count twice."""
    logits = model.caption_logits(ids[:, :-1], seen).float()
    goal = ids[:, 1:]
    loss = functional.cross_entropy(logits.flatten(0, 1), goal.flatten(), reduction="none").view(goal.shape)
    weight = (goal != WORD_IDS["[PAD]"]).float() * (1 + torch.isin(goal, torch.tensor(OBJECT_WORDS)).float())
    return (loss * weight).sum() / weight.sum()


def match_loss(model: DemoBlip, ids: Tensor, matches: Tensor, seen: Tensor) -> Tensor:
    return functional.cross_entropy(model.match_logits(ids, seen).float().flatten(0, 1), matches.flatten())


def patch_goals(rows: Pool) -> list[Tensor]:
    """For each patch int64[B, 144]: class, colour and rank in reading order; one more of each for what is no thing."""
    patches = rows.patches.reshape(len(rows), -1).astype(np.int64)
    index = np.maximum(patches, 0)
    by_row = np.arange(len(rows))[:, None]
    goals = []
    kinds, colors = rows.kind[by_row, index], rows.color[by_row, index]
    for named, nothing in ((kinds, len(CLASSES)), (colors, len(COLORS)), (index, 4)):
        goal = np.where(patches == NOT_A_THING, nothing, named.astype(np.int64))
        goals.append(torch.from_numpy(np.where(patches == UNKNOWN, IGNORE, goal)))
    is_crop = rows.target != UNKNOWN
    goals[2][torch.from_numpy(is_crop)] = IGNORE
    return goals


def scene_goals(rows: Pool) -> list[Tensor]:
    """Ground, count − 1 and relation of each row, all int64[B]."""
    relations = []
    for i in range(len(rows)):
        things = rows.things(i)
        twins = len(things) == 2 and things[0].phrase == things[1].phrase
        relations.append(RELATIONS.index("twins" if twins else direction(*things) if len(things) == 2 else ""))
    grounds = [GROUND_NAMES.index(str(ground)) for ground in rows.ground]
    return [torch.tensor(grounds), torch.from_numpy(rows.count - 1), torch.tensor(relations)]


def dense_loss(model: DemoBlip, rows: Pool, seen: Tensor) -> Tensor:
    logits = model.patch_head(seen[:, 1:]).float().split([len(CLASSES) + 1, len(COLORS) + 1, 5], -1)
    losses = [
        functional.cross_entropy(said.flatten(0, 1), goal.flatten(), ignore_index=IGNORE)
        for said, goal in zip(logits, patch_goals(rows))
    ]
    scenes = torch.from_numpy(rows.target == UNKNOWN)
    whole = model.scene_head(seen[scenes, 0]).float().split([len(GROUNDS), 4, 4], -1)
    told = scene_goals(rows.take(np.flatnonzero(rows.target == UNKNOWN)))
    of_scenes = [functional.cross_entropy(said, goal) for said, goal in zip(whole, told)]
    losses.append(place_loss(model, rows, seen))
    return torch.stack(losses).sum() + 0.3 * torch.stack(of_scenes).sum()


def place_loss(model: DemoBlip, rows: Pool, seen: Tensor) -> Tensor:
    """Patches of a thing know where its middle is: what two things' relation hangs on. Mean of squares, sides at ±1."""
    patches = rows.patches.reshape(len(rows), -1).astype(np.int64)
    known = torch.from_numpy((patches >= 0) & (rows.target == UNKNOWN)[:, None])
    middle = rows.place[np.arange(len(rows))[:, None], np.maximum(patches, 0)] * 2 - 1
    return functional.mse_loss(model.place_head(seen[:, 1:])[known].float(), torch.from_numpy(middle)[known])


def losses_of_step(model: DemoBlip, batches: Batches, progress: float) -> dict[str, Tensor]:
    """One vision pass over scenes and crops together, and all losses on what was seen."""
    rng = batches.rng
    scenes, crops = batches.scenes(SCENES, progress), batches.some_crops(CROPS)
    both = Pool.joined([scenes, crops])
    told = scene_phrases(scenes, rng)
    amp = torch.autocast("cpu", torch.bfloat16)
    with amp:
        seen = model.see(normalised(both.image, rng))
        of_scenes, of_crops = seen[:SCENES], seen[SCENES:]
        matched = {name: match_loss(model, *phrase_batch(said, rng), of_scenes) for name, said in told.items()}
        return matched | {
            "caption": caption_loss(model, captions(scenes), of_scenes),
            "crop": match_loss(model, *phrase_batch(crop_phrases(crops, rng), rng), of_crops),
            "dense": dense_loss(model, both, seen),
        }
