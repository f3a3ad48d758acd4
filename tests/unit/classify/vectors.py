"""An embedder whose texts lie where their words say: no weights, nothing learnt."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WIDTH = 48


class Words:
    """A text is the mean of its words, each of a direction of its own."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [
            np.mean([direction(word) for word in text.lower().split() or [""]], axis=0)
            for text in texts
        ]
        unit = [row / np.linalg.norm(row) for row in rows]
        return np.asarray(unit, dtype=np.float32).reshape(len(texts), WIDTH)


def direction(word: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).normal(size=WIDTH)


def posts(*subject: str, n: int = 6) -> list[str]:
    """Different posts that share a subject."""
    filler = ["today", "again", "still", "why", "here", "please", "sigh", "morning"]
    extra = ["honestly", "really", "ugh", "well"]
    return [
        f"{' '.join(subject)} {filler[i % 8]} {extra[i // 8 % 4]}" for i in range(n)
    ]
