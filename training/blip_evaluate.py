"""Judge the exported demo models, through the true classes and image processor, on scenes nobody trained on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.icon_world.scenes import Image, Mask, Scene, draw, make_scene, silhouettes
from lib_automask.blip.localization import crop_segment
from lib_automask.types import Segment
from training.blip_losses import padded
from training.crop_phrases import crop_phrase
from training.phrases import Phrase, long_phrase, short_phrase
from training.pool import GRID, GROUND_CROP, NOT_A_THING, PATCH, SIDE, Labelled, random_crop
from training.vocabulary import token_ids

UNSEEN_SEED = 95_000_000  # training draws from seeds of 1_000_000 to 1_000_059
BATCH = 32


@dataclass(frozen=True)
class Folders:
    """The exported models as a user's machine opens them."""

    captioner: Any
    matcher: Any
    processor: Any
    tokenizer: Any

    @classmethod
    def open(cls, models: Path) -> Folders:
        from transformers import (
            BertTokenizerFast,
            BlipForConditionalGeneration,
            BlipForImageTextRetrieval,
            BlipImageProcessor,
        )

        captioner, matcher = models / "blip-captioner", models / "blip-matcher"
        return cls(
            BlipForConditionalGeneration.from_pretrained(captioner, local_files_only=True).eval(),
            BlipForImageTextRetrieval.from_pretrained(matcher, local_files_only=True).eval(),
            BlipImageProcessor.from_pretrained(matcher, local_files_only=True),
            BertTokenizerFast.from_pretrained(captioner, local_files_only=True),
        )

    def pixels(self, images: list[Image]) -> Tensor:
        return self.processor(images=images, return_tensors="pt")["pixel_values"]


def fresh_scenes(number: int, seed: int, count: int | None = None) -> list[Scene]:
    rng = np.random.default_rng(UNSEEN_SEED + seed)
    return [make_scene(rng, count) for _ in range(number)]


def captions_exact(models: Folders, number: int, mistakes: list[str]) -> dict[int, float]:
    """Share of greedy captions that are the scene's caption word for word, by how many things there are."""
    shares = {}
    for count in (1, 2, 3, 4):
        scenes = fresh_scenes(number, count, count)
        said: list[str] = []
        for start in range(0, number, BATCH):
            said += greedy(models, scenes[start : start + BATCH])
        shares[count] = float(np.mean([scene.caption == caption for scene, caption in zip(scenes, said)]))
        mistakes += [f"{scene.caption} | {caption}" for scene, caption in zip(scenes, said) if scene.caption != caption]
    return shares


def greedy(models: Folders, scenes: list[Scene]) -> list[str]:
    pixels = models.pixels([draw(scene) for scene in scenes])
    ids = models.captioner.generate(pixel_values=pixels, max_length=40, num_beams=1, do_sample=False)
    return [text.replace(" ,", ",") for text in models.tokenizer.batch_decode(ids, skip_special_tokens=True)]


@torch.no_grad()
def match_probabilities(models: Folders, images: list[Image], phrases: list[list[Phrase]]) -> list[list[float]]:
    """Probability that each phrase matches its picture; the vision pass is shared, as the library shares it."""
    answers = []
    for image, row in zip(images, phrases):
        seen = models.matcher.vision_model(pixel_values=models.pixels([image]))[0].expand(len(row), -1, -1)
        ids = padded([token_ids(phrase.text) for phrase in row])
        states = models.matcher.text_encoder(
            input_ids=ids, attention_mask=(ids != 0).long(), encoder_hidden_states=seen, return_dict=True
        ).last_hidden_state
        answers.append(models.matcher.itm_head(states[:, 0]).softmax(-1)[:, 1].tolist())
    return answers


def balanced(pairs: list[tuple[bool, float]]) -> float:
    """Mean of the shares of true and of false phrases that fall on their side of one half."""
    sides = [[(probability > 0.5) == truth for truth, probability in pairs if truth == side] for side in (True, False)]
    return float(np.mean([np.mean(side) for side in sides if side]))


def judged(
    models: Folders, images: list[Image], phrases: list[list[Phrase]], mistakes: list[str]
) -> dict[str, tuple[float, int]]:
    """Balanced accuracy and number of phrases, by kind of phrase and over all."""
    found: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for row, chances in zip(phrases, match_probabilities(models, images, phrases)):
        for phrase, chance in zip(row, chances):
            found[phrase.kind].append((phrase.match, chance))
            found["all"].append((phrase.match, chance))
            if (chance > 0.5) != phrase.match:
                mistakes.append(f"{phrase.match} {chance:.2f} {phrase.kind}: {phrase.text}")
    return {kind: (balanced(pairs), len(pairs)) for kind, pairs in sorted(found.items())}


def matches_of_scenes(models: Folders, number: int, mistakes: list[str]) -> dict[str, tuple[float, int]]:
    rng = np.random.default_rng(UNSEEN_SEED + 11)
    scenes = fresh_scenes(number, 12)
    phrases = [
        [make(rng, scene.things, scene.ground) for make in (short_phrase,) * 6 + (long_phrase,) * 4] for scene in scenes
    ]
    return judged(models, [draw(scene) for scene in scenes], phrases, mistakes)


def matches_of_crops(models: Folders, number: int, mistakes: list[str]) -> dict[str, dict[str, tuple[float, int]]]:
    """Crops of things and of ground as in training, and of both as the library cuts them, apart."""
    rng = np.random.default_rng(UNSEEN_SEED + 21)
    made: dict[str, tuple[list[Image], list[list[Phrase]]]] = defaultdict(lambda: ([], []))
    for scene in fresh_scenes(number, 22):
        image, masks = draw(scene), silhouettes(scene)
        crop = random_crop(rng, scene, image, masks)
        name = "ground" if crop.target == GROUND_CROP else "thing"
        for way, one in ((name, crop), (f"{name}, cut by the library", library_crop(crop, image, masks))):
            made[way][0].append(one.image)
            made[way][1].append([said_of_crop(rng, one) for _ in range(8)])
    return {name: judged(models, *pair, mistakes) for name, pair in sorted(made.items())}


def library_crop(crop: Labelled, image: Image, masks: list[Mask]) -> Labelled:
    """The same target as `lib_automask` shows it to the matcher: on grey, nothing round it."""
    whole = ~np.any(masks, axis=0) if crop.target in (None, GROUND_CROP) else masks[crop.target]
    cut = crop_segment(image, Segment(whole, 1, 1))
    patches = np.where(crop.patches == crop.target, crop.patches, NOT_A_THING)
    return replace(crop, image=cut, patches=patches, fill="grey")


def said_of_crop(rng: np.random.Generator, crop: Labelled) -> Phrase:
    visible = [int(index) for index in np.unique(crop.patches) if index >= 0]
    return crop_phrase(rng, crop.scene.things, int(crop.target or 0), visible, crop.fill, crop.scene.ground)


def heat_maps(models: Folders, image: Image, text: str) -> dict[str, Tensor]:
    """LAVIS's Grad-CAM of a phrase for every block, float[12, 12]: mean over all tokens, and over the words alone."""
    seen = models.matcher.vision_model(pixel_values=models.pixels([image]))[0]
    ids = torch.tensor([token_ids(text)])
    out = models.matcher.text_encoder(
        input_ids=ids, encoder_hidden_states=seen, output_attentions=True, return_dict=True
    )
    logit = models.matcher.itm_head(out.last_hidden_state[:, 0])[0, 1]
    maps = {}
    for block, (attention, slope) in enumerate(
        zip(out.cross_attentions, torch.autograd.grad(logit, out.cross_attentions, allow_unused=True))
    ):
        cam = (attention * slope.clamp(min=0))[0, :, :, 1:].mean(0).detach().view(-1, GRID, GRID)
        maps[f"{block} all tokens"], maps[f"{block} words"] = cam.mean(0), cam[1:-1].mean(0)
    return maps


def pointing(models: Folders, number: int) -> dict[str, tuple[float, float]]:
    """Per block: how often the hottest patch lies on the thing that is named, and the share of the heat that does."""
    rng = np.random.default_rng(UNSEEN_SEED + 31)
    hits: dict[str, list[float]] = defaultdict(list)
    inside: dict[str, list[float]] = defaultdict(list)
    for scene in fresh_scenes(number, 32):
        index = int(rng.integers(len(scene.things)))
        mask = small(silhouettes(scene)[index])
        for name, heat in heat_maps(models, draw(scene), scene.things[index].phrase).items():
            top = np.unravel_index(int(heat.argmax()), (GRID, GRID))
            hits[name].append(float(mask[top] > 0))
            inside[name].append(float((heat.numpy() * (mask > 0)).sum() / max(float(heat.sum()), 1e-12)))
    return {name: (float(np.mean(hits[name])), float(np.mean(inside[name]))) for name in hits}


def small(mask: Mask) -> np.ndarray[Any, Any]:
    """Share of each patch that the mask covers, float[12, 12]; less than a quarter counts as none."""
    from PIL import Image as PilImage

    scaled = PilImage.fromarray(mask.astype(np.uint8) * 255).resize((SIDE, SIDE), PilImage.Resampling.BILINEAR)
    cover = np.asarray(scaled, np.float32).reshape(GRID, PATCH, GRID, PATCH).mean((1, 3)) / 255
    return np.where(cover < 0.25, 0, cover)


def report(models: Path, number: int) -> tuple[str, list[str]]:
    """The figures as lines of text, and what went wrong, for people to read."""
    torch.set_num_threads(1)
    opened, mistakes = Folders.open(models), list[str]()
    with torch.no_grad():
        exact = captions_exact(opened, number, mistakes)
    lines = [f"captions exact, {count} things: {share:.3f}" for count, share in exact.items()]
    lines.append(f"captions exact, mean of 1-3 things: {np.mean([exact[1], exact[2], exact[3]]):.3f}")
    for kind, (share, total) in matches_of_scenes(opened, number, mistakes).items():
        lines.append(f"phrase and picture, {kind}: {share:.3f} of {total}")
    for name, kinds in matches_of_crops(opened, 2 * number, mistakes).items():
        for kind, (share, total) in kinds.items():
            lines.append(f"phrase and crop of {name}, {kind}: {share:.3f} of {total}")
    for name, (hit, inside) in pointing(opened, number).items():
        lines.append(f"Grad-CAM, block {name}: points at the thing {hit:.3f}, heat on it {inside:.3f}")
    return "\n".join(lines), mistakes
