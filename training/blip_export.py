"""Write trained weights as the two folders that `from_pretrained` opens, the same in transformers 4.30, 4.46 and 5."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from training.blip_model import LONGEST_TEXT, MEAN, STD, DemoBlip, blip_config
from training.pool import SIDE
from training.vocabulary import SPECIAL, VOCABULARY, WORD_IDS

FOLDERS = {"blip-captioner": "BlipForConditionalGeneration", "blip-matcher": "BlipForImageTextRetrieval"}


def export(weights: dict[str, Tensor], out: Path, gradcam_block: int) -> None:
    """Write `blip-captioner` and `blip-matcher` below `out`."""
    model = DemoBlip()
    model.load_state_dict(weights)
    for folder, part in (("blip-captioner", model.captioner), ("blip-matcher", model.matcher)):
        target = out / folder
        target.mkdir(parents=True, exist_ok=True)
        write_config(target, FOLDERS[folder])
        write_processor(target)
        write_tokenizer(target)
        write_weights(target, part.state_dict())
    # Three beams give the same captions of drawn scenes as one, for half as long again.
    write_json(out / "blip-captioner" / "automask.json", {"num_beams": 1})
    write_json(out / "blip-matcher" / "automask.json", {"gradcam_block": gradcam_block})


def write_weights(target: Path, weights: dict[str, Tensor]) -> None:
    """float16, every tensor its own copy: transformers 5 leaves tied tensors out, and 4.x then makes them up."""
    half = {name: weight.half().clone().contiguous() for name, weight in weights.items() if weight.is_floating_point()}
    save_file(half, target / "model.part", metadata={"format": "pt"})
    (target / "model.part").chmod(0o644)
    (target / "model.part").replace(target / "model.safetensors")


def write_config(target: Path, architecture: str) -> None:
    """By hand, with all that one of the versions would otherwise fill in differently."""
    made: dict[str, Any] = blip_config()
    made["text_config"] |= {"model_type": "blip_text_model", "max_length": LONGEST_TEXT}
    made["vision_config"] |= {"model_type": "blip_vision_model"}
    head = {"architectures": [architecture], "model_type": "blip", "torch_dtype": "float32", "dtype": "float32"}
    write_json(target / "config.json", {**head, **made, "tie_word_embeddings": True})
    ends = {"bos_token_id": "[DEC]", "eos_token_id": "[SEP]", "pad_token_id": "[PAD]"}
    generation = {name: WORD_IDS[word] for name, word in ends.items()} | {"max_length": LONGEST_TEXT}
    write_json(target / "generation_config.json", generation)


def write_processor(target: Path) -> None:
    processor = dict(
        image_processor_type="BlipImageProcessor", processor_class="BlipProcessor", do_convert_rgb=True, do_resize=True,
        size={"height": SIDE, "width": SIDE}, resample=3, do_rescale=True, rescale_factor=1 / 255, do_normalize=True,
        image_mean=list(MEAN), image_std=list(STD),
    )  # fmt: skip
    write_json(target / "preprocessor_config.json", processor)


def write_tokenizer(target: Path) -> None:
    """A BERT tokenizer whose pieces are whole words; what it does not know becomes [UNK]."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    (target / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    tokenizer = Tokenizer(models.WordPiece(dict(WORD_IDS), unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.add_special_tokens(list(SPECIAL))
    ends = [(word, WORD_IDS[word]) for word in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ends)
    tokenizer.save(str(target / "tokenizer.json"))
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    special = {**names, "additional_special_tokens": ["[DEC]", "[ENC]"]}
    write_json(target / "special_tokens_map.json", special)
    kind = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": LONGEST_TEXT}
    write_json(target / "tokenizer_config.json", {**special, **kind})


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def export_file(path: Path, out: Path, gradcam_block: int = 0) -> None:
    """Export the running average that a training left behind."""
    export(torch.load(path, map_location="cpu", weights_only=True), out, gradcam_block)
