"""Train the demo's captioner and matcher on the icon world.

    python -m training.blip --minutes 70 --out models/demo
    python -m training.blip --evaluate --out models/demo

One thread, bfloat16. See training/README.md for what it takes and what comes out.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

import torch

from training.blip_evaluate import report
from training.blip_export import export_file
from training.blip_losses import Batches, losses_of_step
from training.blip_model import DemoBlip, start_well
from training.common import Average, Clock
from training.pool import Pool, draw_pool

log = logging.getLogger("training.blip")
SEED = 1
POOL_SCENES = 60_000
DENSE_FROM, DENSE_TO = 1.0, 0.3
MINUTES_BETWEEN_SAVES = 3
GRADCAM_BLOCK = 1  # the block whose cross-attention points best, as --evaluate finds it
MATRIX_RATE, OTHER_RATE = 4e-3, 1.2e-3


def optimizers(model: DemoBlip) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for everything else."""
    inside = {id(p) for n, p in model.named_parameters() if p.ndim == 2 and ".layer" in n}
    matrices = [p for p in model.parameters() if id(p) in inside]
    others = [p for p in model.parameters() if id(p) not in inside]
    decayed, free = [p for p in others if p.ndim > 1], [p for p in others if p.ndim < 2]
    groups: list[dict[str, Any]] = [dict(params=decayed, weight_decay=0.02), dict(params=free, weight_decay=0.0)]
    made: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=OTHER_RATE, betas=(0.9, 0.98), fused=True)]
    made.append(torch.optim.Muon(matrices, lr=MATRIX_RATE, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"))
    return made


def the_pool(work: Path) -> Pool:
    """Draw the training pictures, or take those an earlier run left in `work`."""
    path = work / "pool.npz"
    if not path.exists():
        log.info("drawing %d scenes", POOL_SCENES)
        draw_pool(SEED, POOL_SCENES).save(path)
    return Pool.load(path)


def train(minutes: float, work: Path, resume: bool) -> None:
    """Train for so many minutes; the averaged weights are written to `work` every few minutes.

    With `resume`, a warm restart from the averaged weights in `work`: lower peak, and no easy scenes first.
    """
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    pool = the_pool(work)
    model = DemoBlip()
    start_well(model, pool.image[:1000])
    if resume:
        model.load_state_dict(torch.load(work / "average.pt", weights_only=True))
    begun, peak_share = (0.4, 0.7) if resume else (0.0, 1.0)
    batches, parts, average = Batches(pool, SEED + resume), optimizers(model), Average(model)
    clock, saved, seen = Clock(minutes), 0.0, Shown()
    while clock.progress < 1:
        for part in parts:
            set_rate(part, peak_share * clock.rate())
        seen.add(learn(model, batches, parts, begun + (1 - begun) * clock.progress))
        average.update(model)
        if seen.steps % 50 == 0:
            log.info("%.3f step %d %s", clock.progress, seen.steps, seen)
        if (clock.progress - saved) * minutes > MINUTES_BETWEEN_SAVES:
            saved = clock.progress
            save_weights(average, work)
    save_weights(average, work)


def set_rate(part: torch.optim.Optimizer, share: float) -> None:
    """Learning rates to so much of their peak."""
    for group in part.param_groups:
        group.setdefault("peak", group["lr"])
        group["lr"] = share * group["peak"]


def learn(
    model: DemoBlip, batches: Batches, parts: list[torch.optim.Optimizer], progress: float
) -> dict[str, torch.Tensor]:
    """One step; the throw-away heads lead at first and fall back over the first third."""
    losses = losses_of_step(model, batches, progress)
    dense = DENSE_TO + (DENSE_FROM - DENSE_TO) * max(0.0, 1 - progress / 0.3)
    total = torch.stack([loss * (dense if name == "dense" else 1) for name, loss in losses.items()]).sum()
    total.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for part in parts:
        part.step()
        part.zero_grad(set_to_none=True)
    return {name: loss.detach() for name, loss in losses.items()}


class Shown:
    """Running means of the losses, for people to watch."""

    def __init__(self) -> None:
        self.steps, self.means = 0, dict[str, float]()

    def add(self, losses: dict[str, torch.Tensor]) -> None:
        self.steps += 1
        for name, loss in losses.items():
            self.means[name] = 0.98 * self.means.get(name, float(loss)) + 0.02 * float(loss)

    def __str__(self) -> str:
        return ", ".join(f"{name} {mean:.3f}" for name, mean in self.means.items())


def save_weights(average: Average, work: Path) -> None:
    torch.save(average.weights, work / "average.part")
    (work / "average.part").replace(work / "average.pt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--out", type=Path, default=Path("models/demo"), help="where the two model folders are")
    parser.add_argument("--work", type=Path, default=Path("training/work"), help="pool of pictures and checkpoints")
    parser.add_argument("--resume", action="store_true", help="go on from the weights that --work holds")
    parser.add_argument("--export", action="store_true", help="write the latest averaged weights of a training")
    parser.add_argument("--evaluate", action="store_true", help="judge the models in --out on unseen scenes")
    parser.add_argument("--scenes", type=int, default=300, help="how many scenes of each kind to judge on")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if arguments.evaluate:
        figures, mistakes = report(arguments.out, arguments.scenes)
        print(figures)
        log.info("mistakes:\n%s", "\n".join(mistakes[:60]))
        return
    if not arguments.export:
        arguments.work.mkdir(parents=True, exist_ok=True)
        train(arguments.minutes, arguments.work, arguments.resume)
    export_file(arguments.work / "average.pt", arguments.out, GRADCAM_BLOCK)


if __name__ == "__main__":
    main()
