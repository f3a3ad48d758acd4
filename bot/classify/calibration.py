"""Make probabilities honest: one number a head, found on texts not trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_LOWEST, _HIGHEST = np.log(0.2), np.log(5.0)
_CLOSE_ENOUGH = 1e-4
_GOLDEN = (np.sqrt(5) - 1) / 2


def softmax(
    logits: Sequence[Sequence[float]], temperature: float = 1.0
) -> NDArray[np.float64]:
    """Return probabilities, row by row, of logits divided by the temperature."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def temperature(logits: Sequence[Sequence[float]], targets: Sequence[int]) -> float:
    """Return the temperature (0.2 to 5) under which the targets are likeliest.

    Guo et al. 2017: it changes how sure the model is, never what it answers.
    """
    low, high = float(_LOWEST), float(_HIGHEST)
    while high - low > _CLOSE_ENOUGH:
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if _surprise(logits, targets, left) < _surprise(logits, targets, right):
            high = right
        else:
            low = left
    return round(float(np.exp((low + high) / 2)), 4)


def _surprise(
    logits: Sequence[Sequence[float]], targets: Sequence[int], log_temperature: float
) -> float:
    found = softmax(logits, float(np.exp(log_temperature)))
    right = found[np.arange(len(targets)), np.asarray(targets)]
    return float(-np.log(np.clip(right, 1e-12, None)).mean())
