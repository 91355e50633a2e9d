"""Sampler and prompts of the small checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from benchmarks.icon_world.scenes import make_scene  # noqa: E402
from training.host_diffusion import add_noise, paint_latents, signal_shares  # noqa: E402
from training.host_prompts import write_prompt  # noqa: E402
from training.host_report import make_cases  # noqa: E402


class KnowsTheAnswer:
    """Predicts the noise that lies between what it is shown and ``wanted``; with an empty prompt, of nothing."""

    def __init__(self, wanted: torch.Tensor) -> None:
        self.wanted = wanted

    def __call__(self, x: torch.Tensor, steps: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        share = signal_shares()[steps].float()[:, None, None, None]
        clean = torch.cat([self.wanted, self.wanted])
        return (x - share.sqrt() * clean) / (1 - share).sqrt()


def paint(**options: object) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    wanted, noise = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
    context = torch.zeros(2, 77, 768)
    return wanted, paint_latents(KnowsTheAnswer(wanted), context, context[:1], noise, **options)


def test_the_sampler_comes_to_what_the_network_knows() -> None:
    wanted, painted = paint(steps=10)
    torch.testing.assert_close(painted, wanted, atol=0.01, rtol=0)


def test_outside_the_mask_latents_stay() -> None:
    start, mask = torch.ones(2, 4, 8, 8), torch.zeros(2, 1, 8, 8)
    mask[:, :, 2:5, 3:6] = 1
    wanted, painted = paint(start=start, mask=mask, strength=0.8)
    inside = mask.expand_as(start) == 1
    assert torch.equal(painted[~inside], start[~inside])
    torch.testing.assert_close(painted[inside], wanted[inside], atol=0.01, rtol=0)


def test_at_the_last_step_next_to_nothing_of_a_picture_is_left() -> None:
    latents, noise = torch.ones(1, 4, 2, 2), torch.zeros(1, 4, 2, 2)
    left = [add_noise(latents, noise, torch.tensor([step])).mean().item() for step in (0, 999)]
    assert left[0] == pytest.approx(1, abs=0.001)
    assert left[1] == pytest.approx(0.068, abs=0.001)  # the root of SD 1.x's .0047


def test_prompts_are_captions_tags_parts_and_nothing() -> None:
    rng = np.random.default_rng(1)
    scene = make_scene(rng, 3)
    prompts = [write_prompt(scene, rng) for _ in range(200)]
    assert 0 < prompts.count("") < 60
    assert scene.caption in prompts
    assert f", {scene.ground}" in " ".join(p for p in prompts if scene.caption not in p)
    assert scene.things[0].phrase in prompts


def test_each_case_cuts_out_the_thing_that_changes() -> None:
    for case in make_cases(5, seed=3):
        whole = np.arange(128 * 128).reshape(128, 128)
        assert np.isin(whole[case.edit.mask], case.cut(whole)).all()
        assert case.edit.target != case.edit.replacement
