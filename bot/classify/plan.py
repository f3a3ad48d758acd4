"""What is learnt and how: the values that training hands to the encoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float32]
"""Probabilities (texts x labels)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Texts with one head's answers by people, a teacher's answers, or both."""

    name: str
    """The head that people answered; empty where nobody did."""
    texts: Sequence[str]
    targets: Sequence[int] = ()
    taught: Mapping[str, Shares] = field(default_factory=dict)
    """Head -> what the teacher says of each text."""
    rows_per_epoch: int | None = None
    """Rows drawn afresh each epoch; None: all of them."""

    @property
    def rows(self) -> int:
        """Rows read in one epoch."""
        return min(len(self.texts), self.rows_per_epoch or len(self.texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the weights are moved."""

    epochs: int
    batch_size: int
    learning_rate: float
    head_learning_rate: float
    label_smoothing: float
    warmup: float
    """Share of the steps in which the rate climbs; it then falls to nothing."""
    weight_decay: float
    seed: int
    teacher_weight: float = 0.0
    """Share of the loss on taught texts that is the distance to the teacher."""
    keep_weight: float = 0.0
    """What it costs to say something else of what a text is about than the base."""

    def steps(self, tasks: Iterable[Task]) -> int:
        """Return how many batches these tasks take."""
        return self.epochs * sum(math.ceil(t.rows / self.batch_size) for t in tasks)

    def rate(self, step: int, steps: int) -> float:
        """Return the share of the learning rate that holds in a step."""
        gone = step / steps
        return min(1.0, gone / self.warmup, (1 - gone) / (1 - self.warmup))


StepWatch = Callable[[int, float], None]
"""Told after each step: steps done so far, and that step's loss."""
