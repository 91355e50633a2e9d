"""One BLIP that reads phrases against pictures: the passes that every way of scoring is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_automask.blip.loading import load_network, load_tokenizer, settings
from lib_automask.blip.pixels import Pixels
from lib_automask.cache import ByteCache
from lib_automask.errors import ModelCorrupt
from lib_automask.structures import Image, digest

if TYPE_CHECKING:
    import torch

MAX_TOKENS = 35
CACHE_BYTES = 64 * 2**20
BATCH, BATCH_ON_CPU = 8, 2
"""Crops in one pass: few enough for a small card; on a processor more are no faster, and Interrupt would come late."""
Progress = Callable[[float], None]
"""Told the share that is done, 0–1, before every batch of segments; it may raise ``Interrupted`` to end the run."""


@dataclass(frozen=True)
class Phrases:
    """Tokenized phrases: ``ids`` and ``mask`` int64[P, L], the mask 0 where a phrase is padded."""

    ids: torch.Tensor
    mask: torch.Tensor

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def words(self) -> torch.Tensor:
        """bool[P, L]: the tokens that are words, without the first, the separator and the padding."""
        import torch

        place = torch.arange(self.ids.shape[1], device=self.ids.device)
        last = self.mask.sum(1, keepdim=True) - 1
        return (place > 0) & (place < last)


class Reader:
    """The networks of ``BlipForImageTextRetrieval``, with the vision pass of a picture remembered by its content.

    Args:
        folder: the model in Hugging Face's layout.
        device: as torch names it.
        cache: where vision passes are kept; its own, of 64 MB, if none is given.
        progress: see ``Progress``.

    Raises:
        ModelMissing: a file is not there.
        ModelCorrupt: the files are not those of a matching model.
    """

    def __init__(
        self,
        folder: str | Path,
        device: str = "cpu",
        cache: ByteCache[torch.Tensor] | None = None,
        progress: Progress = lambda _share: None,
    ) -> None:
        folder = Path(folder)
        self.network = load_network(folder, "BlipForImageTextRetrieval", device)
        self.tokenizer = load_tokenizer(folder)
        self.pixels = Pixels.from_folder(folder)
        self.device = device
        self.batch = BATCH_ON_CPU if device == "cpu" else BATCH
        self.progress = progress
        self.cache: ByteCache[torch.Tensor] = ByteCache(CACHE_BYTES) if cache is None else cache
        own = settings(folder)
        self.gradcam_block = self._gradcam_block(own)
        self.first_token = self._first_token(own)
        self.name = str(folder.resolve())

    @property
    def grid(self) -> int:
        """Patches along a side of the picture."""
        config = self.network.config.vision_config
        return int(config.image_size // config.patch_size)

    def look(self, image: Image) -> torch.Tensor:
        """float32[1, 1 + grid², C]: what the vision network makes of a picture uint8[H, W, 3]; class token first."""
        return self.look_at([image])

    def look_at(self, images: Sequence[Image]) -> torch.Tensor:
        """float32[B, 1 + grid², C] of several pictures; those that were looked at before cost no pass."""
        import torch

        keys = [digest(image, self.name.encode()) for image in images]
        seen = {key: self.cache.get(key) for key in keys}
        new = {key: image for key, image in zip(keys, images) if seen[key] is None}
        if new:
            with torch.inference_mode():
                passed = self.network.vision_model(self.pixels.tensor(list(new.values())).to(self.device))[0]
            for key, row in zip(new, passed):
                seen[key] = row
                self.cache.put(key, row.clone(), row.nbytes)
        return torch.stack([row for key in keys if (row := seen[key]) is not None])

    def read(self, phrases: Sequence[str]) -> Phrases:
        """The phrases as tokens, cut after 35 as in BLIP's own matching."""
        tokens = self.tokenizer(
            list(phrases), padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        ).to(self.device)
        ids = tokens["input_ids"]
        if self.first_token is not None:
            ids[:, 0] = self.first_token
        return Phrases(ids, tokens["attention_mask"])

    def compare(
        self, seen: torch.Tensor, phrases: Phrases, patches: torch.Tensor | None = None, attentions: bool = False
    ) -> Any:
        """One pass of the text network over rows of phrases and what was seen.

        Args:
            seen: float32[R, 1 + grid², C], row for row with ``phrases``.
            patches: int64[R, 1 + grid²], 1 where a row may look; everywhere, if None.
            attentions: whether the answer holds the attention maps too.

        Returns:
            The text network's output, with ``last_hidden_state`` float32[R, L, C] and, if asked for,
            ``cross_attentions``, a float32[R, heads, L, 1 + grid²] for each block.
        """
        import torch

        if patches is None:
            patches = torch.ones(seen.shape[:2], dtype=torch.long, device=seen.device)
        return self.network.text_encoder(
            input_ids=phrases.ids,
            attention_mask=phrases.mask,
            encoder_hidden_states=seen,
            encoder_attention_mask=patches,
            output_attentions=attentions,
            return_dict=True,
        )

    def logits(self, output: Any) -> torch.Tensor:
        """float32[R, 2] of the matching head: no match, match."""
        logits: torch.Tensor = self.network.itm_head(output.last_hidden_state[:, 0])
        return logits

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
