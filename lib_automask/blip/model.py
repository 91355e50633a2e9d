"""BLIP's matching model: a picture's features, a phrase's tokens, and whether the two match."""

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
from lib_automask.blip.networks import LayerProgress, TextNetwork, VisionNetwork
from lib_automask.errors import ModelCorrupt
from lib_automask.interfaces import ignore_progress
from lib_automask.runtime.cache import ByteCache, fingerprint_model
from lib_automask.runtime.device import Precision, choose_dtype
from lib_automask.types import Image, Progress, digest_image

if TYPE_CHECKING:
    import torch

SCORES = "scores"
"""The stage that is reported while phrases are matched."""
MAX_TOKENS = 35
"""Tokens after which a phrase is cut, as in BLIP's own matching (``blip_retrieval.py``)."""
CACHE_BYTES = 64 * 2**20
"""Of a model that is given no cache; a guess: some dozens of pictures by BLIP base."""
BATCH, BATCH_ON_CPU = 8, 2
"""Crops in one pass: few enough for a small card; on a processor more are no faster, and Interrupt would come late."""
CLOSE = 2 / 3
"""Side of a crop to that of a whole picture, in pixels that BLIP sees; compared by ``python -m benchmarks.scoring``."""

# What half precision may change, and on what it is tested; see ``blip_precision_is_close``. Guesses, far above the
# differences that docs/benchmarks.md shows for bfloat16.
MOST_FEATURE_ERROR = 0.05
"""Difference of the features, as a share of their length."""
MOST_MATCH_ERROR = 0.02
"""Difference of a probability."""
TEST_PATCHES = 6
"""Along a side of the test picture, which takes a tenth of the time of a whole one."""
TEST_PHRASE = "a red ball on the grass"


class MatchingModel:
    """The networks of ``BlipForImageTextRetrieval``; a picture's features are kept by its content.

    Args:
        folder: the model in Hugging Face's layout; its ``automask.json`` may set "gradcam_block", the cross-attention
            block that localises best, which differs between models, and "first_token", with which a phrase begins.
        cache: of features, and of where phrases were found; its own, of 64 MB, if none is given.
        progress: of the work.
        loading: progress of the files that are read.
        precision: of the large products that are made of pictures; see ``choose_dtype``.

    Raises:
        ModelMissing: a file is not there.
        ModelCorrupt: the files are not those of a matching model.
    """

    def __init__(
        self,
        folder: str | Path,
        cache: ByteCache[Any] | None = None,
        progress: Progress = ignore_progress,
        loading: Progress = ignore_progress,
        precision: Precision = "auto",
    ) -> None:
        folder = Path(folder)
        self.network = load_network(folder, "BlipForImageTextRetrieval", progress=loading)
        self.vision = VisionNetwork(self.network)
        self.text = TextNetwork(self.network)
        self.tokenizer = load_tokenizer(folder)
        self.pixels = Pixels.from_folder(folder)
        self.device = "cpu"
        self.batch, self.most_batch = BATCH_ON_CPU, BATCH
        self.crop_pixels = replace(self.pixels, size=max(1, round(CLOSE * self.grid)) * self.patch)
        layers = [*self.network.vision_model.encoder.layers, *(block.intermediate for block in self.text.blocks)]
        self.progress = LayerProgress(progress, SCORES, layers)
        self.cache: ByteCache[Any] = ByteCache(CACHE_BYTES) if cache is None else cache
        settings = read_model_settings(folder)
        self.gradcam_block = self._choose_gradcam_block(settings)
        self.first_token = self._find_first_token(settings)
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
        self.batch = min(self.most_batch, batch_size_on(device))

    def reduce_batch(self) -> bool:
        """Encode half as many crops at once from now on; False if it is one already."""
        if self.batch == 1:
            return False
        self.batch = self.most_batch = self.batch // 2
        return True

    def restore_batch(self) -> None:
        """Encode as many crops at once as the device takes."""
        self.most_batch = BATCH
        self.batch = batch_size_on(self.device)

    @property
    def dtype(self) -> torch.dtype:
        """Of the large products on the present device; a half precision chosen by "auto" has to pass a test first."""
        import torch

        if self.device not in self._dtypes:
            width = int(self.network.config.vision_config.hidden_size)
            dtype = choose_dtype(self.device, self.precision, width)
            if self.precision == "auto" and dtype != torch.float32 and not blip_precision_is_close(self, dtype):
                dtype = torch.float32
            self._dtypes[self.device] = dtype
        return self._dtypes[self.device]

    @property
    def grid(self) -> int:
        """Patches along a side of the picture."""
        return self.pixels.size // self.patch

    @property
    def patch(self) -> int:
        """Pixels along a side of a patch."""
        return int(self.network.config.vision_config.patch_size)

    def encode_picture(self, image: Image) -> torch.Tensor:
        """Features float32[1, 1 + patches, C] of a picture uint8[H, W, 3]; one in the cache costs no pass."""
        return self._encode([image], self.pixels)

    def encode_crops(self, crops: Sequence[Image]) -> torch.Tensor:
        """Features of several small pictures uint8[H, W, 3], seen with fewer pixels than a whole one."""
        return self._encode(crops, self.crop_pixels)

    def _encode(self, images: Sequence[Image], pixels: Pixels) -> torch.Tensor:
        """float32[B, 1 + patches, C] of the vision network, from the cache where they are known."""
        import torch

        def encode_new(new: list[int]) -> list[torch.Tensor]:
            batch = pixels.tensor([images[number] for number in new]).to(self.device)
            # Copied to the CPU, so that the cache takes nothing from the card.
            return [row.to("cpu", copy=True) for row in self.vision.encode(batch, self.dtype)]

        variant = f"{self.name} {pixels.size} {self.dtype}".encode()
        keys = {number: digest_image(image, variant) for number, image in enumerate(images)}
        with _no_gradients():
            features = self.cache.get_or_make_each(keys, encode_new, lambda row: row.nbytes)
            return torch.stack(list(features.values())).to(self.device)

    def tokenize(self, phrase: str) -> torch.Tensor:
        """The phrase as tokens int64[L], cut after ``MAX_TOKENS``."""
        tokens = self.tokenizer(phrase, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        ids: torch.Tensor = tokens["input_ids"][0].to(self.device)
        if self.first_token is not None:
            ids[0] = self.first_token
        return ids

    def match(self, phrase: str, features: torch.Tensor, allowed: torch.Tensor | None = None) -> torch.Tensor:
        """float32[B]: the probability that the phrase is true of ``features``; ``allowed`` as in ``TextNetwork``."""
        with _no_gradients():
            logits, _ = self.text.match(self.text.embed_phrase(self.tokenize(phrase)), features, allowed)
            return logits.softmax(1)[:, 1]

    def _choose_gradcam_block(self, settings: Mapping[str, Any]) -> int:
        """The cross-attention block for Grad-CAM: the one in the model's settings, else the middle one.

        The middle is what LAVIS takes for BLIP base, 6 of 0–11. The last block cannot serve: nothing after it carries
        what a word saw to the first token, from which the match is read.
        """
        blocks = int(self.network.config.text_config.num_hidden_layers)
        last = max(blocks - 2, 0)
        block = int(settings.get("gradcam_block", min(blocks // 2, last)))
        if not 0 <= block <= last:
            raise ModelCorrupt(
                f"gradcam_block in automask.json is {block}, but must be from 0 to {last} for this model"
            )
        return block

    def _find_first_token(self, settings: Mapping[str, Any]) -> int | None:
        """Number of the token that a phrase begins with when it is matched; None for the tokenizer's own, "[CLS]".

        The published BLIP was trained to match with "[ENC]" there (``blip_retrieval.py``; LAVIS matches in the same
        way). Its tokenizers lack that word; it is the last of the two rows that the network has beyond them.
        """
        if "first_token" in settings:
            return int(self.tokenizer.convert_tokens_to_ids(settings["first_token"]))
        rows = int(self.network.config.text_config.vocab_size)
        return rows - 1 if rows == len(self.tokenizer) + 2 else None


def batch_size_on(device: str) -> int:
    """How many crops go through the networks together."""
    return BATCH_ON_CPU if device == "cpu" else BATCH


def blip_precision_is_close(model: MatchingModel, dtype: torch.dtype) -> bool:
    """Whether a model, on its present device, encodes and matches in ``dtype`` as it does in float32.

    It does not if something overflows, or if a test picture's features or match differ by more than
    ``MOST_FEATURE_ERROR`` and ``MOST_MATCH_ERROR``.
    """
    import torch

    side = TEST_PATCHES * model.patch
    pixels = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(model.device)
    with torch.no_grad():
        rough, exact = (model.vision.encode(pixels, precision) for precision in (dtype, torch.float32))
    error = float((rough - exact).norm() / exact.norm())
    rough_match, exact_match = (float(model.match(TEST_PHRASE, features)[0]) for features in (rough, exact))
    # An error of exactly 0 means that the overflow was computed again in float32.
    return 0 < error < MOST_FEATURE_ERROR and abs(rough_match - exact_match) < MOST_MATCH_ERROR


@contextmanager
def _no_gradients() -> Iterator[None]:
    """As ``torch.inference_mode``, except that the results may serve Grad-CAM later."""
    import torch

    with torch.inference_mode(False), torch.no_grad():
        yield
