"""The computed text encoder, run by transformers' own CLIP."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import PLACES
from training.host_diffusion import encode_prompts, make_text_encoder
from training.host_text import (
    CODE,
    CODED,
    END,
    START,
    TOKEN_IDS,
    make_text_weights,
    tokenize_prompt,
)


def encode(prompt: str, layers: int = 1) -> np.ndarray:
    return encode_prompts(make_text_encoder(layers), [prompt])[0].numpy()


def likest(codes: np.ndarray) -> int:
    table = make_text_weights()["text_model.embeddings.token_embedding.weight"][list(CODED), :CODE]
    return CODED[int((table @ codes).argmax())]


def test_every_word_of_the_captions_has_a_code() -> None:
    words = {*CLASSES, *COLORS, *" ".join(PLACES.values()).split(), "left", "above", "two", "and"}
    assert words <= TOKEN_IDS.keys()


def test_a_prompt_is_filled_with_its_end() -> None:
    ids = tokenize_prompt("a red ball, on the grass")
    assert ids[:9].tolist() == [START, 320, 736, 1069, 267, 525, 518, 5922, END]
    assert len(ids) == 77
    assert (ids[8:] == END).all()


def test_each_word_holds_the_two_before_it() -> None:
    prompt = "a red ball left of an orange cat, on the grass"
    ids, encoding = tokenize_prompt(prompt), encode(prompt)
    for place in range(2, 20):
        found = [likest(encoding[place, part * CODE : (part + 1) * CODE]) for part in range(3)]
        assert found == [ids[place], ids[place - 1], ids[place - 2]]


def test_the_mean_by_which_emphasis_divides_is_not_nought() -> None:
    assert encode("a red ball").mean() == pytest.approx(0.1, abs=0.01)


def test_further_layers_change_nothing() -> None:
    np.testing.assert_allclose(encode("a blue star at night", 3), encode("a blue star at night"), atol=1e-5)
