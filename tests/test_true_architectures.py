"""BLIP base and SAM vit_b at their true size, on random weights, through the public door (``pytest -m slow -s``).

Random weights say nothing of quality. What is seen here is that files laid out as the published ones load and run, and
how long that takes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers")
pytest.importorskip("segment_anything")

import tiny_models

from lib_automask.loading import load_models
from lib_automask.types import Segment

pytestmark = pytest.mark.slow

BLOCK = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
# Entries of generation stand in the published config too, written by an early version of transformers.
PUBLISHED: dict[str, Any] = {
    "model_type": "blip",
    "image_text_hidden_size": 256,
    "projection_dim": 512,
    "torch_dtype": "float32",
    "transformers_version": None,
    "text_config": {
        **BLOCK,
        "model_type": "blip_text_model",
        "architectures": None,
        "vocab_size": 30524,
        "bos_token_id": 30522,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "sep_token_id": 102,
        "encoder_hidden_size": 768,
        "max_position_embeddings": 512,
        "is_decoder": True,
        "max_length": 20,
        "min_length": 0,
        "num_beams": 1,
        "top_k": 50,
        "label_smoothing": 0.0,
    },
    "vision_config": {**BLOCK, "model_type": "blip_vision_model", "image_size": 384, "patch_size": 16},
}


def bert_words() -> list[str]:
    """As many words as BERT has, the special ones at BERT's places; [DEC] and [ENC] are not among them."""
    words = [f"word{number}" for number in range(30522)]
    for place, word in {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}.items():
        words[place] = word
    words[2000:2004] = ["a", "red", "ball", "cat"]
    return words


def write_blip(folder: Path, kind: str) -> Path:
    """As the published folders: pytorch_model.bin in float32, with the position numbers that old files carry."""
    import torch
    import transformers

    folder.mkdir(parents=True)
    network = getattr(transformers, kind)(transformers.BlipConfig.from_dict(PUBLISHED))
    tensors = {name: value.clone() for name, value in network.state_dict().items()}
    text = "text_decoder.bert" if hasattr(network, "text_decoder") else "text_encoder"
    tensors[f"{text}.embeddings.position_ids"] = torch.arange(512)[None]
    torch.save(tensors, folder / "pytorch_model.bin")
    tiny_models.write_json(folder / "config.json", {**PUBLISHED, "architectures": [kind]})
    tiny_models.write_json(folder / "preprocessor_config.json", {"size": {"height": 384, "width": 384}})
    tiny_models.write_tokenizer(folder, bert_words())
    return folder


def write_sam(path: Path) -> Path:
    import torch
    from segment_anything import sam_model_registry

    path.parent.mkdir(parents=True)
    torch.save(sam_model_registry["vit_b"]().state_dict(), path)
    return path


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.process_time()
    yield
    print(f"{what}: {time.process_time() - start:.1f} CPU-s")  # noqa: T201


def test_published_layout_loads_and_runs(tmp_path: Path) -> None:
    write_blip(tmp_path / "BLIP" / "blip-image-captioning-base", "BlipForConditionalGeneration")
    write_blip(tmp_path / "BLIP" / "blip-itm-base-coco", "BlipForImageTextRetrieval")
    write_sam(tmp_path / "sam" / "sam_vit_b_01ec64.pth")

    with timed("loading"):
        models: Any = load_models(folders=[tmp_path])
    picture = np.random.default_rng(0).integers(0, 256, (256, 384, 3), dtype=np.uint8)
    masks = np.zeros((20, 256, 384), dtype=bool)
    for number, mask in enumerate(masks):
        mask[10 * number : 10 * number + 50, 15 * number : 15 * number + 60] = True
    segments = [Segment(mask, 0.9, 0.9) for mask in masks]

    with timed("caption, 3 beams"):
        assert isinstance(models.captioner.caption(picture), str)
    with timed("match of 2 phrases, first look"):
        assert all(0 < score < 1 for score in models.matcher.match(picture, ["a red ball", "a cat"]))
    assert int(models.matcher.model.model.tokenize("a cat")[0]) == 30523
    assert models.matcher.model.model.gradcam_block == 6
    with timed("heat of 2 phrases, picture known"):
        assert models.matcher.heat(picture, ["a red ball", "a cat"]).shape == (2, 256, 384)
    with timed("scores of 20 segments and 2 phrases"):
        assert models.matcher.score_segments(picture, segments, ["a red ball", "a cat"]).shape == (20, 2)
    models.segmenter.settings = replace(
        models.segmenter.settings, points_per_side=2, pred_iou_thresh=-1.0, stability_score_thresh=-1.0
    )
    with timed("segments, 4 points"):
        assert len(models.segmenter.segments(picture)) > 0
