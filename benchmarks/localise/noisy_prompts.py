"""Noise for prompts: tags that ask for quality, LoRA tags, weights and escaped brackets."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lib_automask import InputError

QUALITY = """
masterpiece, best quality, high quality, highest quality, amazing quality, great quality, top quality,
ultra quality, studio quality, HQ, ultra detailed, ultra-detailed, highly detailed, extremely detailed,
insanely detailed, very detailed, finely detailed, super detailed, hyperdetailed, hyper detailed,
meticulously detailed, high detail, high details, best details, fine details, intricate details,
exquisite details, intricate, detailed, absurdres, highres, hires, hi-res, ultra highres, high resolution,
ultra high res, ultra-high resolution, 4k, 8k, 16k, 8k uhd, UHD, HDR, ultra hd, full hd, 1080p, 4k wallpaper,
8k wallpaper, extremely detailed CG unity 8k wallpaper, huge filesize, sharp focus, sharp, very sharp, in focus,
crisp, crystal clear, very aesthetic, aesthetic, award winning, award-winning, professional, stunning,
beautiful, gorgeous, breathtaking, magnificent, exquisite, flawless, superb, trending on artstation,
artstation hq, featured on pixiv, cgsociety, best shadow, perfect composition, good composition, well composed,
fine texture, score_9, score_8_up, score_7_up, newest, recent, rating_safe, year 2023, no watermark, no text,
no blur, no artifacts, no signature, no lowres
"""
"""What people write to ask for quality; the list is our own, and apart from the word lists of the plan."""
TAGS = tuple(tag.strip() for tag in QUALITY.split(","))
LORAS = (
    "<lora:add_detail:0.6>",
    "<lora:epiNoiseoffset_v2:1>",
    "<lora:more_details:-0.4>",
    "<lyco:detail_slider:0.8>",
    "<hypernet:sharpness:0.5>",
    "<lora:red_dress_v3:0.7>",
    "<lora:add-detail-xl:1:lbw=OUTALL>",
)
ESCAPES = (
    r"masterpiece \(8k\)",
    r"best quality \(absurdres\)",
    r"\(highly detailed\)",
    r"ultra detailed \(sharp focus\)",
    r"\(masterpiece, best quality\)",
    r"highres \[4k\]",
)
WEIGHTS = ("({}:1.2)", "({}:0.9)", "({})", "(({}))", "[{}]", "(({}:1.1))")
PLACES = ("in front", "between", "behind")
SIXTY = 60


def read_tags(path: Path) -> tuple[str, ...]:
    """The tags of a file, between commas or line by line; InputError where there are none."""
    try:
        tags = tuple(
            tag.strip() for tag in path.read_text(encoding="utf-8").replace("\n", ",").split(",") if tag.strip()
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); give a text file with tags between commas") from error
    if not any(len(tag.split()) == 1 for tag in tags):
        raise InputError(f"{path} has no tag of one word; give some, so that a number of words can be filled")
    return tags


def with_noise(prompt: str, rng: np.random.Generator, tags: tuple[str, ...] = TAGS) -> dict[str, str]:
    """The prompt with each kind of noise, by its name."""
    noisy = {f"tags {place}": insert(prompt, ", ".join(_some(tags, rng)), place) for place in PLACES}
    noisy["LoRA"] = insert(prompt, " ".join(_some(LORAS, rng)), _one(PLACES, rng))
    noisy["weights"] = weigh(prompt, rng)
    noisy["escapes"] = insert(prompt, _one(ESCAPES, rng), _one(PLACES, rng))
    noisy["sixty words"] = sixty_words(prompt, rng, tags)
    return noisy


def insert(prompt: str, noise: str, place: str) -> str:
    """Noise in front of a prompt, behind it, or after its first comma (behind, where it has none)."""
    first, comma, rest = prompt.partition(", ")
    if place == "in front":
        return f"{noise}, {prompt}"
    if place == "between" and comma:
        return f"{first}, {noise}, {rest}"
    return f"{prompt}, {noise}"


def weigh(prompt: str, rng: np.random.Generator) -> str:
    """A weight on a clause of the prompt, or on one of its words."""
    clauses = prompt.split(", ")
    index = int(rng.integers(len(clauses)))
    words = clauses[index].split(" ")
    one = int(rng.integers(len(words)))
    if rng.random() < 0.5:
        clauses[index] = _one(WEIGHTS, rng).format(clauses[index])
    else:
        words[one] = _one(WEIGHTS, rng).format(words[one])
        clauses[index] = " ".join(words)
    return ", ".join(clauses)


def sixty_words(prompt: str, rng: np.random.Generator, tags: tuple[str, ...] = TAGS) -> str:
    """A weight in the prompt, and sixty words round and in it."""
    noisy = weigh(prompt, rng)
    # Between first: what stands in front would otherwise hold the first comma.
    for place in ("between", "in front", "behind"):
        noisy = insert(noisy, ", ".join(_words(SIXTY // len(PLACES), rng, tags)), place)
    return noisy


def _words(count: int, rng: np.random.Generator, tags: tuple[str, ...]) -> list[str]:
    """Tags of ``count`` words in all, one in four with a weight, and now and then a LoRA tag, which is no word."""
    chosen: list[str] = []
    while count:
        tag = _one([tag for tag in tags if len(tag.split()) <= count], rng)
        count -= len(tag.split())
        chosen.append(_one(WEIGHTS, rng).format(tag) if rng.random() < 0.25 else tag)
        if rng.random() < 0.1:
            chosen.append(_one(LORAS, rng))
    return chosen


def _some(things: tuple[str, ...], rng: np.random.Generator) -> list[str]:
    """One to five, none twice."""
    chosen = rng.choice(len(things), int(rng.integers(1, 6)), replace=False)
    return [things[index] for index in chosen]


def _one(things: tuple[str, ...] | list[str], rng: np.random.Generator) -> str:
    return things[int(rng.integers(len(things)))]
