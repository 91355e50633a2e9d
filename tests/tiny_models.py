"""Small random models of the true classes, for tests that need a network and not its knowledge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WORDS = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]"),
    *("a", "an", "the", "red", "blue", "green", "ball", "cat", "dog", "box", "star", "on", "left", "of", ",", "."),
]
SAM_CONFIG: dict[str, Any] = {
    "image_size": 64,
    "patch_size": 8,
    "embed_dim": 32,
    "depth": 2,
    "num_heads": 4,
    "mlp_ratio": 2,
    "window_size": 4,
    "global_attn_indexes": [1],
    "out_chans": 32,
    "decoder": {"depth": 2, "num_heads": 4, "mlp_dim": 64, "iou_head_hidden_dim": 32},
    "generator": {"points_per_side": 4, "pred_iou_thresh": -1.0, "stability_score_thresh": -1.0},
}


def blip_config(
    size: int = 32, patch: int = 8, width: int = 32, layers: int = 2, words: int = len(WORDS)
) -> dict[str, Any]:
    """A config.json for BLIP."""
    common = {
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "intermediate_size": 2 * width,
    }
    special = {"pad_token_id": 0, "bos_token_id": 5, "eos_token_id": 3, "sep_token_id": 3}
    text = {"vocab_size": words, "encoder_hidden_size": width, "max_position_embeddings": 64}
    return {
        "model_type": "blip",
        "image_text_hidden_size": 16,
        "projection_dim": 16,
        "text_config": {**common, **special, **text, "model_type": "blip_text_model"},
        "vision_config": {**common, "image_size": size, "patch_size": patch, "model_type": "blip_vision_model"},
    }


def write_tokenizer(folder: Path, words: list[str] = WORDS) -> None:
    """The four files of a word-piece tokenizer that knows ``words``."""
    from tokenizers import BertWordPieceTokenizer

    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    tokenizer = BertWordPieceTokenizer({word: number for number, word in enumerate(words)}, lowercase=True)
    tokenizer.add_special_tokens([word for word in words if word.startswith("[")])
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    write_json(folder / "special_tokens_map.json", special)
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True, **special})


def write_blip(folder: Path, kind: str, seed: int = 0, config: dict[str, Any] | None = None) -> Path:
    """A random BLIP of the class ``kind`` in Hugging Face's layout, half precision as the demo models have it."""
    import torch
    import transformers
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = config or blip_config()
    torch.manual_seed(seed)
    network = getattr(transformers, kind)(transformers.BlipConfig.from_dict(config))
    with torch.no_grad():
        for value in network.parameters():  # the vision default of 1e-10 would make every picture look the same
            if value.ndim > 1:
                value.copy_(torch.randn_like(value) * 0.3)
    tensors = {name: value.half().clone() for name, value in network.state_dict().items() if value.is_floating_point()}
    save_file(tensors, str(folder / "model.safetensors"))
    write_json(folder / "config.json", {**config, "architectures": [kind]})
    write_json(folder / "preprocessor_config.json", {"image_mean": [0.5] * 3, "image_std": [0.25] * 3})
    write_tokenizer(folder)
    return folder


def write_captioner(folder: Path, **more: Any) -> Path:
    return write_blip(folder, "BlipForConditionalGeneration", **more)


def write_matcher(folder: Path, **more: Any) -> Path:
    path = write_blip(folder, "BlipForImageTextRetrieval", **more)
    write_json(folder / "automask.json", {"gradcam_block": 0})
    return path


def write_sam(folder: Path, seed: int = 0) -> Path:
    """A random SAM with its sam.json, half precision as the demo model has it."""
    import torch
    from safetensors.torch import save_file

    from lib_automask.sam.model import build_sam

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    sam = build_sam(SAM_CONFIG)
    save_file(
        {name: value.half().contiguous() for name, value in sam.state_dict().items()}, str(folder / "sam.safetensors")
    )
    write_json(folder / "sam.json", SAM_CONFIG)
    return folder


def write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values), encoding="utf-8")


def picture() -> Any:
    """uint8[32, 48, 3]: a red and a blue square on dark noise."""
    import numpy as np

    image = np.random.default_rng(0).integers(0, 40, (32, 48, 3), dtype=np.uint8)
    image[4:14, 4:14] = (220, 30, 30)
    image[14:28, 26:42] = (30, 30, 220)
    return image
