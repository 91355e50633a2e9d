"""One BLIP that reads phrases against pictures: the looks that every way of scoring is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_automask.blip.loading import (
    Pixels,
    count_weight_bytes,
    load_network,
    load_tokenizer,
    move_network,
    read_model_settings,
)
from lib_automask.blip.networks import LayerProgress, Progress, TextNetwork, VisionNetwork
from lib_automask.errors import ModelCorrupt
from lib_automask.runtime.cache import ByteCache, fingerprint_model
from lib_automask.runtime.device import Precision, choose_dtype
from lib_automask.types import Image, digest_image

if TYPE_CHECKING:
    import torch

MAX_TOKENS = 35
CACHE_BYTES = 64 * 2**20
BATCH, BATCH_ON_CPU = 8, 2
"""Crops in one pass: few enough for a small card; on a processor more are no faster, and Interrupt would come late."""
CLOSE = 2 / 3
"""Side of a crop to that of a whole picture, in pixels that BLIP sees; ``python -m benchmarks.scoring`` tells why."""

ASIDE = 0.05
"""How far what is seen may be off, as a share of its length."""

UNSURE = 0.02
"""How far the probability of a match may be off."""

PATCHES = 6
"""Along a side of the test picture, which takes a tenth of the time of a whole one."""

PHRASE = "a red ball on the grass"


class MatchingModel:
    """The networks of ``BlipForImageTextRetrieval``, with the vision pass of a picture remembered by its content.

    Args:
        folder: the model in Hugging Face's layout.
        device: as torch names it; see ``to``.
        cache: where vision passes, and what phrases found, are kept; its own, of 64 MB, if none is given.
        progress: see ``Progress``.
        precision: of the large products that are made of pictures; see ``choose_dtype``.
        loading: told the share of the files that is read.

    Raises:
        ModelMissing: a file is not there.
        ModelCorrupt: the files are not those of a matching model.
    """

    def __init__(
        self,
        folder: str | Path,
        device: str = "cpu",
        cache: ByteCache[Any] | None = None,
        progress: Progress = lambda _share: None,
        precision: Precision = "auto",
        loading: Progress = lambda _share: None,
    ) -> None:
        folder = Path(folder)
        self.network = load_network(folder, "BlipForImageTextRetrieval", device, loading)
        self.vision = VisionNetwork(self.network)
        self.text = TextNetwork(self.network)
        self.tokenizer = load_tokenizer(folder)
        self.pixels = Pixels.from_folder(folder)
        self.device = device
        self.batch, self.most = batch_size_on(device), BATCH
        self.close_pixels = replace(self.pixels, size=max(1, round(CLOSE * self.grid)) * self.patch)
        looks = [*self.network.vision_model.encoder.layers, *(block.intermediate for block in self.text.blocks)]
        self.progress = LayerProgress(progress, looks)
        self.cache: ByteCache[Any] = ByteCache(CACHE_BYTES) if cache is None else cache
        own = read_model_settings(folder)
        self.gradcam_block = self._gradcam_block(own)
        self.first_token = self._first_token(own)
        self.name = fingerprint_model(folder)
        self.precision = precision
        self._dtypes: dict[str, torch.dtype] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return count_weight_bytes(self.network)

    def to(self, device: str) -> None:
        """Work on another device from now on."""
        move_network(self.network, device)
        self.device = device
        self.batch = min(self.most, batch_size_on(device))

    def smaller(self) -> bool:
        """Look at half as many crops at once from now on; False where it is one already."""
        if self.batch == 1:
            return False
        self.batch = self.most = self.batch // 2
        return True

    @property
    def dtype(self) -> torch.dtype:
        """Of the large products where it works now; what was not asked for by name has to stand a test there once."""
        import torch

        if self.device not in self._dtypes:
            width = int(self.network.config.vision_config.hidden_size)
            dtype = choose_dtype(self.device, self.precision, width)
            doubtful = self.precision == "auto" and dtype != torch.float32
            self._dtypes[self.device] = (
                torch.float32 if doubtful and not blip_precision_is_close(self, dtype) else dtype
            )
        return self._dtypes[self.device]

    @property
    def grid(self) -> int:
        """Patches along a side of the picture."""
        return self.pixels.size // self.patch

    @property
    def patch(self) -> int:
        """Pixels along a side of a patch."""
        return int(self.network.config.vision_config.patch_size)

    def look(self, image: Image) -> torch.Tensor:
        """What the vision network makes of a picture uint8[H, W, 3]; one that was looked at before costs no pass."""
        return self._seen([image], self.pixels)

    def look_closer(self, crops: Sequence[Image]) -> torch.Tensor:
        """The same of several small pictures uint8[H, W, 3], seen with fewer pixels than a whole one."""
        return self._seen(crops, self.close_pixels)

    def _seen(self, images: Sequence[Image], pixels: Pixels) -> torch.Tensor:
        """float32[B, 1 + patches, C]: what the vision network makes of pictures; remembered by their content."""
        import torch

        def see(new: list[int]) -> list[torch.Tensor]:
            passed = self.vision.see(pixels.tensor([images[number] for number in new]).to(self.device), self.dtype)
            return [row.to("cpu", copy=True) for row in passed]  # what is kept takes nothing from the card

        way = f"{self.name} {pixels.size} {self.dtype}".encode()
        keys = {number: digest_image(image, way) for number, image in enumerate(images)}
        with _no_gradients():
            seen = self.cache.get_or_make_each(keys, see, lambda row: row.nbytes)
            return torch.stack(list(seen.values())).to(self.device)

    def read(self, phrase: str) -> torch.Tensor:
        """The phrase as tokens int64[L], cut after 35 as in BLIP's own matching."""
        tokens = self.tokenizer(phrase, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        ids: torch.Tensor = tokens["input_ids"][0].to(self.device)
        if self.first_token is not None:
            ids[0] = self.first_token
        return ids

    def match(self, phrase: str, seen: torch.Tensor, allowed: torch.Tensor | None = None) -> torch.Tensor:
        """float32[B]: the probability that the phrase is true of what was seen; ``allowed`` as in ``TextNetwork``."""
        with _no_gradients():
            logits, _ = self.text.match(self.text.begin(self.read(phrase)), seen, allowed)
            return logits.softmax(1)[:, 1]

    def _gradcam_block(self, own: Mapping[str, Any]) -> int:
        """The cross-attention block that localises: the one the model's settings name, else the middle one.

        The middle is what LAVIS takes for BLIP base, 6 of 0–11. The last block cannot serve: nothing after it carries
        what a word saw to the first token, from which the match is read.
        """
        blocks = int(self.network.config.text_config.num_hidden_layers)
        last = max(blocks - 2, 0)
        block = int(own.get("gradcam_block", min(blocks // 2, last)))
        if not 0 <= block <= last:
            raise ModelCorrupt(
                f"gradcam_block in automask.json is {block}, but must be from 0 to {last} for this model"
            )
        return block

    def _first_token(self, own: Mapping[str, Any]) -> int | None:
        """Number of the token that a phrase begins with when it is matched; None for the tokenizer's own, "[CLS]".

        The published BLIP was trained to match with "[ENC]" there (``blip_retrieval.py``; LAVIS matches in the same
        way). Its tokenizers lack that word; it is the last of the two rows that the network has beyond them.
        """
        if "first_token" in own:
            return int(self.tokenizer.convert_tokens_to_ids(own["first_token"]))
        rows = int(self.network.config.text_config.vocab_size)
        return rows - 1 if rows == len(self.tokenizer) + 2 else None


def batch_size_on(device: str) -> int:
    """How many crops go through the networks together."""
    return BATCH_ON_CPU if device == "cpu" else BATCH


@contextmanager
def _no_gradients() -> Iterator[None]:
    """As ``torch.inference_mode``, except that what is made may serve Grad-CAM later."""
    import torch

    with torch.inference_mode(False), torch.no_grad():
        yield


def blip_precision_is_close(reader: MatchingModel, dtype: torch.dtype) -> bool:
    """Whether a reader, where it is now, sees and matches in ``dtype`` as it does in float32.

    It does not where something overflows, nor where a test picture is seen, or matched with a phrase, otherwise than
    ``ASIDE`` and ``UNSURE`` allow.
    """
    import torch

    side = PATCHES * reader.patch
    pixels = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(reader.device)
    with torch.no_grad():
        rough, exact = (reader.vision.see(pixels, one) for one in (dtype, torch.float32))
    off = float((rough - exact).norm() / exact.norm())
    roughly, exactly = (float(reader.match(PHRASE, seen)[0]) for seen in (rough, exact))
    return 0 < off < ASIDE and abs(roughly - exactly) < UNSURE
