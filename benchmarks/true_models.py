"""BLIP base and SAM vit_b at their true size, with random weights: for what they cost, not for their results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from lib_automask.sam.model import VIT_B, build_sam

BLOCK = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
SPECIAL = {"pad_token_id": 0, "bos_token_id": 30522, "eos_token_id": 102, "sep_token_id": 102}
SIZES: dict[str, Any] = {
    "model_type": "blip",
    "image_text_hidden_size": 256,
    "projection_dim": 512,
    "text_config": {
        **BLOCK,
        **SPECIAL,
        "model_type": "blip_text_model",
        "vocab_size": 30524,
        "encoder_hidden_size": 768,
        "max_position_embeddings": 512,
    },
    "vision_config": {
        **BLOCK,
        "model_type": "blip_vision_model",
        "image_size": 384,
        "patch_size": 16,
        "initializer_range": 0.02,  # with the default of 1e-10 every picture looks the same
    },
}
WORDS = (
    *("a", "an", "the", "red", "blue", "orange", "black", "green", "ball", "star", "cat", "dog", "box"),
    *("grass", "snow", "left", "of", "on", "in", "and", ",", "."),
)
"""The words of the benchmarks' prompts."""
CAPTION_WORDS = 12
"""As many as BLIP's captions have; a random network would go on to the limit."""


def write_models(folder: Path) -> Path:
    """A captioner, a matcher and a segmenter, where ``load_models`` looks for them in ``folder``."""
    torch.manual_seed(0)
    write_blip(folder / "BLIP" / "blip-image-captioning-base", "BlipForConditionalGeneration")
    write_blip(folder / "BLIP" / "blip-itm-base-coco", "BlipForImageTextRetrieval")
    (folder / "sam").mkdir()
    torch.save(build_sam(VIT_B).state_dict(), folder / "sam" / "sam_vit_b_01ec64.pth")
    return folder


def write_blip(folder: Path, kind: str) -> None:
    """A random BLIP of the class ``kind`` in Hugging Face's layout."""
    import transformers

    folder.mkdir(parents=True)
    network = getattr(transformers, kind)(transformers.BlipConfig.from_dict(SIZES))
    torch.save(network.state_dict(), folder / "pytorch_model.bin")
    write_json(folder / "config.json", {**SIZES, "architectures": [kind]})
    write_json(folder / "preprocessor_config.json", {"size": {"height": 384, "width": 384}})
    write_json(folder / "automask.json", {"max_new_tokens": CAPTION_WORDS})
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True})
    (folder / "vocab.txt").write_text("\n".join(make_vocabulary()) + "\n", encoding="utf-8")


def make_vocabulary() -> list[str]:
    """As many words as BERT has, the special ones at BERT's places; "[DEC]" and "[ENC]" are not among them."""
    words = [f"word{number}" for number in range(30522)]
    for place, word in {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}.items():
        words[place] = word
    words[2000 : 2000 + len(WORDS)] = WORDS
    return words


def write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values), encoding="utf-8")
