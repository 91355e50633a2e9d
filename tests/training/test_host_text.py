"""The computed text encoder, run by transformers' own CLIP."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import CLIPTextConfig, CLIPTextModel  # noqa: E402

from benchmarks.icon_world.icons import CLASSES, COLORS  # noqa: E402
from benchmarks.icon_world.scenes import PLACES  # noqa: E402
from training.host_text import (  # noqa: E402
    CODE,
    CODED,
    END,
    START,
    TOKEN_IDS,
    make_text_weights,
    tokenize_prompt,
)


def encode(prompt: str, layers: int = 1) -> np.ndarray:
    config = CLIPTextConfig(
        vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=layers, num_attention_heads=12
    )
    model = CLIPTextModel(config).eval()
    weights = {key: torch.from_numpy(value).half().float() for key, value in make_text_weights(layers).items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected
    assert all("position_ids" in key for key in missing)
    with torch.no_grad():
        return model(torch.from_numpy(tokenize_prompt(prompt))[None]).last_hidden_state[0].numpy()


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
