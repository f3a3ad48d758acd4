"""Find texts of the same topic by their vectors alone, as a search does.

Prints a Markdown table for docs/benchmarks.md. Each text of one file asks for those of
another that lie nearest to it, and counts how many of them are about the same; nothing
is learnt from the topics. ``bench/base_encoder.py`` lays out the encoder that ours was
trained from.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.classify import engines, shots
from bot.classify.examples import Floats
from bot.classify.shots import Trial

FIRST = 10
"""How far down a list of findings is looked."""

AT_A_TIME = 256
CERTAIN = 1.96
"""Standard errors on either side of a mean, 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How good the lists are, each figure text by text, 0 to 1."""

    first: Floats
    """Whether the first finding is about the same."""
    ten: Floats
    """How many of the first ten are."""


def search(trial: Trial) -> Found:
    """Let every measured text ask for its neighbours."""
    parts = [
        _right(trial, slice(start, start + AT_A_TIME))
        for start in range(0, len(trial.measured), AT_A_TIME)
    ]
    right = np.concatenate(parts).astype(np.float64)
    return Found(first=right[:, 0], ten=right.mean(axis=1))


def _right(trial: Trial, some: slice) -> Floats:
    nearness = trial.measured[some] @ trial.drawn_from.T
    nearest = np.argsort(-nearness, axis=1)[:, :FIRST]
    asked = trial.measured_kinds[some, np.newaxis]
    right: Floats = trial.drawn_kinds[nearest] == asked
    return right


def interval(values: Floats) -> str:
    """Return a mean in per cent with its 95 % interval over the texts that ask."""
    mean = 100 * values.mean()
    half = CERTAIN * 100 * values.std(ddof=1) / len(values) ** 0.5
    return f"{mean:.1f} ({mean - half:.1f}-{mean + half:.1f})"


def main(arguments: list[str]) -> int:
    """Measure each model, a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("among", type=Path, help="JSONL of texts with topics: found")
    parser.add_argument("texts", type=Path, help="JSONL of texts with topics: ask")
    parser.add_argument("--model", action="append", help="folder; may be repeated")
    asked = parser.parse_args(arguments)
    among, texts = shots.read(asked.among), shots.read(asked.texts)
    print(
        f"| {asked.among.parent.name} | first is right | right of the first {FIRST} |"
    )
    print("|---|---:|---:|")
    for name in asked.model or ["models/default"]:
        encoder = engines.load(name)
        found = search(shots.prepare(encoder, among, texts))
        told = f"{interval(found.first)} | {interval(found.ten)}"
        print(f"| {encoder.model_id} | {told} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
