"""What the trainings share: a clock for the schedule, a running average of the weights, and one loop of steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn


class Clock:
    """Training is limited by time, not by steps: `progress` runs from 0 to 1 over so many minutes."""

    def __init__(self, minutes: float) -> None:
        self.seconds = minutes * 60
        self.started = time.monotonic()

    @property
    def progress(self) -> float:
        return min(1.0, (time.monotonic() - self.started) / self.seconds)

    def rate(self, warmup: float = 0.015, floor: float = 0.01) -> float:
        """Share of the peak learning rate: a short warm-up, then a cosine."""
        done = self.progress
        if done < warmup:
            return max(floor, done / warmup)
        return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))


class Average:
    """Exponential running average of a model's weights: usable long before the learning rate has come down."""

    def __init__(self, model: nn.Module, decay: float = 0.998) -> None:
        self.decay, self.steps = decay, 0
        self.weights = {name: weight.detach().clone() for name, weight in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, weight in model.state_dict().items():
            if weight.is_floating_point():
                self.weights[name].lerp_(weight, 1 - decay)


SAVED_EVERY = 120
"""Seconds between two savings of the weights: what a broken training loses at most."""


def train_network(
    model: nn.Module,
    path: Path,
    minutes: float,
    peak_rate: float,
    make_loss: Callable[[int], Tensor],
    describe: Callable[[], str],
    decay: float,
) -> dict[str, Tensor]:
    """Train by AdamW for so many minutes, saving a running average of the weights to ``path``; goes on where it stands.

    Args:
        model: in training mode.
        path: of the weights, which are read where they are there.
        minutes: of the whole training; the schedule follows them.
        peak_rate: the greatest learning rate.
        make_loss: of a step, by its number.
        describe: what is printed of every twentieth step.
        decay: of the running average.

    Returns:
        The averaged weights.
    """
    if path.exists():
        model.load_state_dict(torch.load(path, weights_only=True))
    optimizer = torch.optim.AdamW(model.parameters(), peak_rate, betas=(0.9, 0.95), weight_decay=0.01)
    average, clock = Average(model, decay), Clock(minutes)
    step, saved = 0, time.monotonic()
    while clock.progress < 1:
        for group in optimizer.param_groups:
            group["lr"] = peak_rate * clock.rate()
        loss = make_loss(step)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model)
        step += 1
        if step % 20 == 0:
            print(f"{step} {clock.progress:.2f} {describe()}", flush=True)
        if time.monotonic() - saved > SAVED_EVERY:
            torch.save(average.weights, path)
            saved = time.monotonic()
    torch.save(average.weights, path)
    return average.weights
