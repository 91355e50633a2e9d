"""One sentence about a picture, by BLIP's captioning model."""

from __future__ import annotations

import re
from pathlib import Path

from lib_automask.blip.loading import (
    Pixels,
    count_weight_bytes,
    load_network,
    load_tokenizer,
    move_network,
    read_model_settings,
)
from lib_automask.blip.networks import LayerProgress
from lib_automask.interfaces import ignore_progress
from lib_automask.runtime.device import Device
from lib_automask.types import Image, Progress

CAPTION = "caption"
"""The stage that is reported while a caption is written."""
BEAMS = 3
MAX_NEW_TOKENS = 30
"""Beams and length if the model's settings name none: the defaults of LAVIS's BLIP captioner (Li et al. 2023)."""
NONSENSE = re.compile(r"\baraf\w*\s*")
"""Words without a meaning that BLIP's captioner makes up ("araffe dog on a bench")."""


class BlipCaptioner:
    """Writes one sentence about a picture (BLIP, Li et al. 2022; ``BlipForConditionalGeneration``).

    Args:
        folder: the model in Hugging Face's layout; its ``automask.json`` may set "num_beams" and "max_new_tokens".
        device: as torch names it, or one that is shared with other models.
        progress: of the captions.
        loading: progress of the files that are read.

    Raises:
        ModelMissing: a file is not there.
        ModelCorrupt: the files are not those of a captioning model.
    """

    def __init__(
        self,
        folder: str | Path,
        device: str | Device = "cpu",
        progress: Progress = ignore_progress,
        loading: Progress = ignore_progress,
    ) -> None:
        folder = Path(folder)
        self.network = load_network(folder, "BlipForConditionalGeneration", progress=loading)
        self.tokenizer = load_tokenizer(folder)
        self.pixels = Pixels.from_folder(folder)
        self.device = Device.of(device)
        network = self.network
        layers = [*network.vision_model.encoder.layers, *network.text_decoder.bert.encoder.layer]
        self.progress = LayerProgress(progress, CAPTION, layers)
        settings = read_model_settings(folder)
        self.beams = int(settings.get("num_beams", BEAMS))
        self.max_new_tokens = int(settings.get("max_new_tokens", MAX_NEW_TOKENS))

    def caption(self, image: Image) -> str:
        """One lower-case sentence, without a full stop, about ``image`` uint8[H, W, 3] RGB."""
        return self.device.run(self, lambda: self._caption(image))

    @property
    def nbytes(self) -> int:
        """See ``Movable``."""
        return count_weight_bytes(self.network)

    def to(self, device: str) -> None:
        """See ``Movable``."""
        move_network(self.network, device)

    def reduce_batch(self) -> bool:
        """See ``Movable``; not possible, as fewer beams would give another caption."""
        return False

    def restore_batch(self) -> None:
        """See ``Movable``."""

    def _caption(self, image: Image) -> str:
        import torch

        self.progress(CAPTION, 0.0)
        with torch.inference_mode():
            tokens = self.network.generate(
                pixel_values=self.pixels.tensor([image]).to(self.network.device),
                num_beams=self.beams,
                do_sample=False,
                max_new_tokens=self.max_new_tokens,
            )
        return clean_caption(self.tokenizer.decode(tokens[0], skip_special_tokens=True))


def clean_caption(text: str) -> str:
    """The decoder's text as one tidy lower-case sentence, without made-up words and without a full stop."""
    text = NONSENSE.sub("", text.lower())
    text = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(text.split()))
    return re.split(r"[.!?]", text)[0].strip(" ,;:")
