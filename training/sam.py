"""Trains the demo's SAM: the true ``Sam`` class, small, on scenes of the icon world.

    python -m training.sam --minutes 70 --out models/demo/sam
    python -m training.sam --evaluate

One thread. The method is that of Kirillov et al., Segment Anything (2023), section 3 and appendix A, made small: the
encoder runs once an image, the decoder on a handful of prompts; of the three masks for an ambiguous prompt mostly the
best one learns; the quality head learns the true IoU. The icon world knows no parts: a point in an icon means all of
the icon.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lib_automask.sam.model import build_sam
from training.common import Average, Clock
from training.sam_examples import Example, Prompts, augment, make_example, make_prompts
from training.sam_guide import Guide
from training.sam_report import report

log = logging.getLogger(__name__)

CONFIG: dict[str, Any] = {
    "image_size": 120,
    "patch_size": 6,
    "embed_dim": 96,
    "depth": 5,
    "num_heads": 4,
    "mlp_ratio": 3.0,
    "window_size": 10,
    "global_attn_indexes": [2, 4],
    "out_chans": 64,
    "decoder": {"depth": 2, "num_heads": 4, "mlp_dim": 256, "iou_head_depth": 3, "iou_head_hidden_dim": 128},
    # Chosen on the scenes of CALIBRATION_SEED in sam_report.py; the report is on those of REPORT_SEED.
    "generator": {
        "points_per_side": 12,
        "pred_iou_thresh": 0.75,
        "stability_score_thresh": 0.7,
        "box_nms_thresh": 0.6,
    },
}
PEAK_RATE, RESTART_RATE = 1.5e-3, 1.2e-3
BATCH, PROMPTS = 8, 8
POOL, FRESH = 4000, 2
"""Examples kept in memory, and new ones in a batch: drawing one costs a tenth of learning from it."""
SAVE_EVERY = 300.0


class Pool:
    """The last examples drawn; every batch brings fresh ones and changes the light of the old."""

    def __init__(self, rng: np.random.Generator, side: int) -> None:
        self.rng, self.side = rng, side
        self.examples: list[Example] = []

    def batch(self) -> list[Example]:
        fresh = BATCH if len(self.examples) < POOL // 8 else FRESH
        self.examples += [make_example(self.rng, self.side) for _ in range(fresh)]
        del self.examples[:-POOL]
        old = self.rng.integers(0, len(self.examples), BATCH - fresh)
        chosen = self.examples[-fresh:] + [self.examples[index] for index in old]
        return [augment(self.rng, example) for example in chosen]


class Training:
    """A SAM, its guide and their optimiser."""

    def __init__(self, seed: int, resume: Path | None) -> None:
        torch.manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.sam = build_sam(CONFIG).train()
        give_positions(self.sam.image_encoder)
        if resume is not None:
            self.sam.load_state_dict(load_file(resume))
        self.peak = PEAK_RATE if resume is None else RESTART_RATE
        self.guide = Guide(CONFIG["out_chans"])
        weights = [*self.sam.parameters(), *self.guide.parameters()]
        groups = [
            {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": 0.02},
            {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups)

    def run(self, minutes: float, out: Path) -> None:
        """Trains for ``minutes`` and writes the running average to ``out``, and every five minutes on the way."""
        pool, average = Pool(self.rng, CONFIG["image_size"]), Average(self.sam)
        clock, saved, ious = Clock(minutes), time.monotonic(), []
        while clock.progress < 1:
            for group in self.optimizer.param_groups:
                group["lr"] = self.peak * clock.rate()
            ious.append(self.step(pool.batch()))
            average.update(self.sam)
            if len(ious) % 50 == 0:
                means = np.mean(ious[-50:], 0)
                log.info("%.0f%%, step %d: IoU single %.3f, best %.3f", 100 * clock.progress, len(ious), *means)
            if time.monotonic() - saved > SAVE_EVERY:
                saved = time.monotonic()
                export(average.weights, out)
        export(average.weights, out)

    def step(self, examples: list[Example]) -> tuple[float, float]:
        """One step; the mean IoU of the single mask and of the best of three."""
        with torch.autocast("cpu", torch.bfloat16):
            embeddings = self.sam.image_encoder(preprocess(self.sam, examples))
        losses, ious = [], []
        for embedding, example in zip(embeddings, examples):
            prompts = make_prompts(self.rng, example, PROMPTS)
            logits, quality = decode(self.sam, embedding, prompts)
            loss, iou = prompt_loss(logits, quality, torch.cat([group.targets for group in prompts]), example.size)
            losses.append(loss)
            ious.append(iou)
        self.optimizer.zero_grad(set_to_none=True)
        (torch.stack(losses).mean() + self.guide(embeddings.float(), examples)).backward()
        nn.utils.clip_grad_norm_(self.sam.parameters(), 1.0)
        self.optimizer.step()
        every = torch.cat(ious)
        return float(every[:, 0].mean()), float(every[:, 1:].max(1).values.mean())


def give_positions(encoder: Any) -> None:
    """Starts the encoder's positions as sines and cosines (the class starts them at zero)."""
    _, rows, columns, width = encoder.pos_embed.shape
    rates = torch.pi * torch.arange(1, width // 4 + 1) / 4
    y = torch.linspace(-1, 1, rows)[:, None, None] * rates
    x = torch.linspace(-1, 1, columns)[None, :, None] * rates
    waves = [wave.expand(rows, columns, -1) for wave in (y.sin(), y.cos(), x.sin(), x.cos())]
    encoder.pos_embed.data = 0.3 * torch.cat(waves, -1)[None]


def preprocess(sam: Any, examples: list[Example]) -> Tensor:
    """float[B, 3, S, S] as ``Sam.preprocess`` makes it: normalised, then padded with zero."""
    pixels = torch.from_numpy(np.stack([example.image for example in examples])).permute(0, 3, 1, 2)
    normal: Tensor = (pixels - sam.pixel_mean) / sam.pixel_std
    for picture, example in zip(normal, examples):
        picture[:, example.size[0] :] = 0
        picture[:, :, example.size[1] :] = 0
    return normal


def decode(sam: Any, embedding: Tensor, prompts: list[Prompts]) -> tuple[Tensor, Tensor]:
    """Logits float[P, 4, s, s] and predicted IoU float[P, 4] for all prompts on one image; mask 0 is the single one."""
    encoded = []
    for group in prompts:
        points = None if group.points is None else (group.points, group.labels)
        encoded.append(sam.prompt_encoder(points, group.boxes, None))
    sparse, dense = (torch.cat(parts) for parts in zip(*encoded))
    positions = sam.prompt_encoder.get_dense_pe()
    with torch.autocast("cpu", torch.bfloat16):  # but not for the points, which would lose their place
        logits, quality = sam.mask_decoder.predict_masks(embedding[None], positions, sparse, dense)
    return logits.float(), quality.float()


def prompt_loss(logits: Tensor, quality: Tensor, targets: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The loss of one image's prompts, and the true IoU float[P, 4] of the masks.

    Cross entropy against the share of each pixel that is covered, so that the logits cross zero on the true edge;
    dice; squared error of the predicted IoU. ``size`` in the encoder's pixels: the padding does not count.
    """
    scale = logits.shape[-1] / targets.shape[-1]
    height, width = (max(1, int(length * scale)) for length in size)
    truth = F.interpolate(targets[:, None], logits.shape[-2:], mode="bilinear", antialias=True)[:, :, :height, :width]
    logits = logits[:, :, :height, :width]
    area = torch.minimum(truth.sum((2, 3)), (1 - truth).sum((2, 3))).clamp(min=4)
    entropy = F.binary_cross_entropy_with_logits(logits, truth.expand_as(logits), reduction="none").sum((2, 3))
    entropy = entropy / (area * height * width).sqrt()  # half way between "all pixels equal" and "all things equal"
    chance = logits.sigmoid()
    overlap, total = (chance * truth).sum((2, 3)), chance.sum((2, 3)) + truth.sum((2, 3))
    each = 2 * entropy + 1 - 2 * overlap / total.clamp(min=1)
    masks = each[:, 0] + 0.7 * each[:, 1:].min(1).values + 0.3 * each[:, 1:].mean(1)
    iou = true_iou(logits.detach() > 0, truth > 0.5)
    return masks.mean() + F.mse_loss(quality, iou), iou


def true_iou(guess: Tensor, truth: Tensor) -> Tensor:
    """Intersection over union of bool[P, M, h, w] and bool[P, 1, h, w]."""
    return (guess & truth).sum((2, 3)) / (guess | truth).sum((2, 3)).clamp(min=1)


def export(weights: dict[str, Tensor], out: Path) -> None:
    """Writes sam.safetensors (half precision) and sam.json into the folder ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    part = out / "sam.safetensors.part"
    save_file({name: weight.half().contiguous() for name, weight in weights.items()}, part)
    part.replace(out / "sam.safetensors")
    (out / "sam.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--out", type=Path, default=Path("models/demo/sam"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", type=Path, help="sam.safetensors to start from, with a lower rate")
    parser.add_argument("--evaluate", action="store_true", help="print how the model in --out does; trains nothing")
    parser.add_argument("--scenes", type=int, default=200, help="how many scenes --evaluate draws")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    if options.evaluate:
        print(report(options.out, options.scenes))
    else:
        Training(options.seed, options.resume).run(options.minutes, options.out)


if __name__ == "__main__":
    main()
