"""Judges the small checkpoint on scenes that its training has not seen: pictures to look at, and edits to count.

    python -m training.host_report --folder FOLDER --scenes 40 --out SHEET.png

An edit is right where the demo's matcher finds the new thing in the repainted cutting and no longer the old one. The
mask is the true one, boxed, so that only painting is judged; the share for the true picture is what the matcher
can give.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.icon_world.edits import SceneEdit, make_edits
from benchmarks.icon_world.scenes import Scene, draw, make_scene
from lib_automask import load_models
from training.host_diffusion import encode_prompts, make_text_encoder, paint_latents
from training.host_unet import NoisePredictor
from training.host_vae import Autoencoder
from training.host_vae_training import scale_pictures

SIDE = 128
SEED = 95500000  # each start of a training takes one seed at random below 10 ** 8: the chance of this one is nil
Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Case:
    """A scene and one replacement in it; ``box`` is left, top, right, bottom of the mask, in latents."""

    scene: Scene
    edit: SceneEdit
    box: tuple[int, int, int, int]

    def cut(self, picture: Image) -> Image:
        left, top, right, bottom = (8 * v for v in self.box)
        return picture[top:bottom, left:right]


def make_cases(count: int, seed: int = SEED) -> list[Case]:
    rng = np.random.default_rng(seed)
    cases: list[Case] = []
    while len(cases) < count:
        scene = make_scene(rng, width=SIDE, height=SIDE)
        cases += [Case(scene, edit, box_in_latents(edit.mask)) for edit in make_edits(scene, rng, ("replace",), False)]
    return cases[:count]


def box_in_latents(mask: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(mask)
    near, far = [max(0, int(v.min()) // 8) for v in (columns, rows)], [int(v.max()) // 8 + 1 for v in (columns, rows)]
    return near[0], near[1], far[0], far[1]


def to_pictures(tensor: Tensor) -> list[Image]:
    return list(((tensor.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy())


@torch.no_grad()
def repaint_cases(folder: Path, cases: list[Case]) -> tuple[float, list[Image], list[Image]]:
    """Quality of reconstruction in dB, the repainted pictures, and pictures from the prompts alone."""
    torch.manual_seed(0)
    coder, model, encoder = Autoencoder().eval(), NoisePredictor().eval(), make_text_encoder()
    coder.load_state_dict(torch.load(folder / "vae-final.pt", weights_only=True))
    model.load_state_dict(torch.load(folder / "unet.pt", weights_only=True))
    before = scale_pictures([draw(case.scene) for case in cases])
    latents = coder.encode(before)[0]
    mask = torch.zeros(len(cases), 1, *latents.shape[2:])
    for row, case in zip(mask, cases):
        left, top, right, bottom = case.box
        row[:, top:bottom, left:right] = 1
    context, empty = encode_prompts(encoder, [case.edit.prompt for case in cases]), encode_prompts(encoder, [""])
    noise = torch.randn_like(latents)
    edited = paint_latents(model, context, empty, noise, start=latents, mask=mask)
    made = paint_latents(model, context, empty, noise)
    error = F.mse_loss(coder.decode(latents).clamp(-1, 1), before).item() / 4
    return -10 * float(np.log10(error)), to_pictures(coder.decode(edited)), to_pictures(coder.decode(made))


def count_right(cases: list[Case], pictures: list[Image], wanted: list[str], unwanted: list[str]) -> float:
    """Share of cases in whose cutting the matcher finds the wanted thing and not the unwanted."""
    matcher = load_models("demo").matcher
    right = 0
    for case, picture, new, old in zip(cases, pictures, wanted, unwanted):
        chances = matcher.match(np.ascontiguousarray(case.cut(picture)), [new, old])
        right += chances[0] > 0.5 > chances[1]
    return right / len(cases)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cases = make_cases(options.scenes)
    before = [draw(case.scene) for case in cases]
    quality, edited, made = repaint_cases(options.folder, cases)
    old, new = [case.edit.target for case in cases], [case.edit.replacement for case in cases]
    print(f"reconstruction {quality:.2f} dB, {len(cases)} scenes (seed {SEED})")
    print(f"the matcher on the true pictures: {count_right(cases, before, old, new):.3f}")
    print(f"replaced: {count_right(cases, edited, new, old):.3f}")
    rows = [np.hstack(row[:8]) for row in (before, edited, made)]
    cv2.imwrite(str(options.out), np.vstack(rows)[..., ::-1])


if __name__ == "__main__":
    main()
