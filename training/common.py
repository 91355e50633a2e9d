"""What both trainings share: a clock for the schedule, and a running average of the weights."""

from __future__ import annotations

import math
import time

import torch
from torch import nn


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
