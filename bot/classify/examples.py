"""Kinds of texts told by a few examples of each: no training, some linear algebra.

Examples are embedded and laid into a space in which texts of one kind lie together: it
is turned and stretched by how the examples of a kind, and invented posts about other
things, scatter around their own mean. A text is as near to a kind as the cosine to its
mean. How near is near enough is learnt from the examples themselves, each judged by a
space that was made without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from bot.classify import background

VERSION = f"examples-1+{background.VERSION}"
"""Changes whenever the same examples would give another answer."""

FOLDS = 5
"""Parts into which examples are dealt; each is judged by a space made of the rest."""

SHRINKAGE = 0.5
"""How far the scatter of a few texts is drawn towards one that favours no direction."""

_STEPS, _RIDGE, _TINY = 50, 0.01, 1e-12

Floats = NDArray[np.float64]
Whole = NDArray[np.int_]


class Embeds(Protocol):
    """What turns texts into rows that say what they are about."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of length 1 for each text, in the order given."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where texts of one kind lie together, with the mean of each kind."""

    centre: Floats
    turn: Floats
    means: Floats

    @classmethod
    def of(cls, vectors: Floats, kinds: Whole, others: Floats) -> Self:
        """Lay out examples (texts x width) of kinds 0, 1, ... against other texts."""
        centre = (vectors.mean(axis=0) + others.mean(axis=0)) / 2
        means = _means(vectors, kinds)
        apart = np.concatenate([vectors - means[kinds], others - others.mean(axis=0)])
        scatter = apart.T @ apart / len(apart)
        width = len(scatter)
        even = np.trace(scatter) / width + _TINY
        shrunk = (1 - SHRINKAGE) * scatter + SHRINKAGE * even * np.eye(width)
        spread, directions = np.linalg.eigh(shrunk)
        turn = directions / np.sqrt(spread)
        laid = _unit((vectors - centre) @ turn)
        return cls(centre=centre, turn=turn, means=_unit(_means(laid, kinds)))

    def nearness(self, vectors: Floats) -> Floats:
        """Return each text's cosine to each kind (texts x kinds)."""
        nearness: Floats = _unit((vectors - self.centre) @ self.turn) @ self.means.T
        return nearness


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Turns a nearness into a probability, by what was near and right before."""

    slope: float
    offset: float

    @classmethod
    def of(cls, right: Floats, wrong: Floats) -> Self:
        """Fit a logistic curve between the two by Newton's method."""
        values = np.concatenate([right, wrong])
        truth = np.concatenate([np.ones(len(right)), np.zeros(len(wrong))])
        middle, width = float(values.mean()), float(values.std()) + _TINY
        inputs = np.stack([(values - middle) / width, np.ones(len(values))])
        weights, ridge = np.array([1.0, 0.0]), np.diag([_RIDGE, _TINY])
        for _ in range(_STEPS):
            sure = _logistic(weights @ inputs)
            bend = (inputs * (sure * (1 - sure) + _TINY)) @ inputs.T + ridge
            weights -= np.linalg.solve(bend, inputs @ (sure - truth) + ridge @ weights)
        slope = float(weights[0]) / width
        return cls(slope=slope, offset=float(weights[1]) - slope * middle)

    def probability(self, nearness: Floats) -> Floats:
        """Return the probability of each."""
        return _logistic(self.slope * nearness + self.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What spaces said of examples that they were made without."""

    nearness: Floats
    """Of each example to each kind."""

    others: Floats
    """Of each text of no kind to the kind that is nearest to it."""


def judged(vectors: Floats, kinds: Whole, others: Floats) -> Judged:
    """Judge every example, and every other text, by a space made without it."""
    dealt = np.empty(len(kinds), dtype=np.int_)
    for kind in range(kinds.max() + 1):
        ours = np.flatnonzero(kinds == kind)
        dealt[ours] = np.arange(len(ours)) % FOLDS
    others_dealt = np.arange(len(others)) % FOLDS
    nearness = np.empty((len(kinds), int(kinds.max()) + 1))
    nearest = np.empty(len(others))
    for fold in range(FOLDS):
        kept, kept_others = dealt != fold, others_dealt != fold
        space = Space.of(vectors[kept], kinds[kept], others[kept_others])
        nearness[~kept] = space.nearness(vectors[~kept])
        nearest[~kept_others] = space.nearness(others[~kept_others]).max(axis=1)
    return Judged(nearness=nearness, others=nearest)


def embedded(encoder: Embeds, texts: Sequence[str]) -> Floats:
    """Return the texts' rows in the precision that the algebra needs."""
    return np.asarray(encoder.embed(texts), dtype=np.float64)


def _means(vectors: Floats, kinds: Whole) -> Floats:
    return np.stack(
        [vectors[kinds == kind].mean(axis=0) for kind in range(kinds.max() + 1)]
    )


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = rows / np.maximum(lengths, _TINY)
    return unit


def _logistic(values: Floats) -> Floats:
    logistic: Floats = 1 / (1 + np.exp(-np.clip(values, -500, 500)))
    return logistic
