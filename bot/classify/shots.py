"""How often a topic is told rightly from a few examples, over several draws of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.classify.evaluation import RESAMPLES, Estimate
from bot.classify.examples import Embeds, Floats, embedded
from bot.classify.taught import LEAST
from bot.classify.topics import NONE_BELOW, Topics, of_none
from bot.domain.tags import SURE_OF_TOPIC
from bot.errors import ClassifyError, Missing

KEYS = ("intent", "topic", "label")
"""Keys of a line that may hold its topic, the first of them that is there."""

_AT_A_TIME = 1_024
_SEED = 20_261_125

Whole = NDArray[np.int_]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFile:
    """Texts, each with the topic that people gave it."""

    name: str
    texts: tuple[str, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shots:
    """The figures for one number of examples, each a mean over draws.

    ``accuracy`` is how often the nearest topic is the right one, where one has to be
    named. ``named`` is the same where none may be the answer, ``none`` how often a text
    of no topic is told to be none. The ``sure`` ones count only what rules act on.
    """

    examples: int
    topics: int
    draws: int
    accuracy: Estimate
    named: Estimate
    named_sure: Estimate
    none: Estimate | None
    none_sure: Estimate | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def read(path: Path) -> TopicFile:
    """Read JSON lines with a text and a topic; raise ``Missing`` or ``ClassifyError``.

    Every line must be whole: a figure over half a file would mislead.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Missing(f"{path} cannot be read: {error}") from error
    found = [
        _row(path, number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not found:
        raise ClassifyError(f"{path} holds no line")
    texts, topics = zip(*found, strict=True)
    return TopicFile(name=path.name, texts=texts, topics=topics)


def _row(path: Path, number: int, line: str) -> tuple[str, str]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    text = row.get("text") if isinstance(row, dict) else None
    topic = next((row[key] for key in KEYS if row.get(key)), None) if text else None
    if not isinstance(text, str) or not isinstance(topic, str):
        keys = ", ".join(KEYS)
        raise ClassifyError(f"{path}:{number}: needs a text and one of {keys}")
    return text, topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Everything embedded once: what is drawn from, and what is measured on."""

    names: tuple[str, ...]
    drawn_from: Floats
    drawn_kinds: Whole
    measured: Floats
    measured_kinds: Whole
    outside: Floats | None
    none: Floats


def prepare(
    encoder: Embeds,
    examples: TopicFile,
    texts: TopicFile,
    *,
    outside: TopicFile | None = None,
    progress: Progress | None = None,
) -> Trial:
    """Embed the files; raise ``ClassifyError`` for topics that have no examples."""
    names = tuple(sorted(set(examples.topics)))
    unknown = sorted(set(texts.topics) - set(names))
    if unknown:
        words = f"{texts.name} asks for topics that {examples.name} has not"
        raise ClassifyError(f"{words}: {', '.join(unknown[:5])}")
    files = [examples, texts] + ([outside] if outside else [])
    every = [text for file in files for text in file.texts]
    rows = _embedded(encoder, every, progress)
    first, second = len(examples.texts), len(examples.texts) + len(texts.texts)
    index = {name: number for number, name in enumerate(names)}
    return Trial(
        names=names,
        drawn_from=rows[:first],
        drawn_kinds=np.array([index[name] for name in examples.topics]),
        measured=rows[first:second],
        measured_kinds=np.array([index[name] for name in texts.topics]),
        outside=rows[second:] if outside else None,
        none=of_none(encoder),
    )


def _embedded(
    encoder: Embeds, texts: Sequence[str], progress: Progress | None
) -> Floats:
    parts = []
    for start in range(0, len(texts), _AT_A_TIME):
        part = texts[start : start + _AT_A_TIME]
        parts.append(embedded(encoder, part))
        if progress is not None:
            progress(start + len(part), len(texts))
    return np.concatenate(parts)


def measure(trial: Trial, examples: int, *, draws: int) -> Shots:
    """Draw so many examples of each topic, so many times, and measure each draw."""
    fewest = min(Counter(trial.drawn_kinds.tolist()).values())
    if not LEAST <= examples <= fewest:
        message = f"{examples} examples: choose from {LEAST} to {fewest} of each topic"
        raise ClassifyError(message)
    rows = [_draw(trial, examples, seed) for seed in range(draws)]
    figures = {
        name: _estimate([row[name] for row in rows])
        for name in rows[0]
        if rows[0][name] is not None
    }
    return Shots(
        examples=examples,
        topics=len(trial.names),
        draws=draws,
        accuracy=figures["accuracy"],
        named=figures["named"],
        named_sure=figures["named_sure"],
        none=figures.get("none"),
        none_sure=figures.get("none_sure"),
    )


def _draw(trial: Trial, examples: int, seed: int) -> dict[str, float]:
    random = np.random.default_rng([_SEED, seed])
    chosen = np.concatenate(
        [
            random.choice(
                np.flatnonzero(trial.drawn_kinds == kind), examples, replace=False
            )
            for kind in range(len(trial.names))
        ]
    )
    topics = Topics.of(
        trial.names,
        trial.drawn_from[chosen],
        trial.drawn_kinds[chosen],
        none=trial.none,
    )
    nearness = topics.space.nearness(trial.measured)
    right = nearness.argmax(axis=1) == trial.measured_kinds
    score = topics.scale.probability(nearness.max(axis=1))
    found = {
        "accuracy": float(right.mean()),
        "named": float((right & (score >= NONE_BELOW)).mean()),
        "named_sure": float((right & (score >= SURE_OF_TOPIC)).mean()),
    }
    if trial.outside is not None:
        nearest = topics.space.nearness(trial.outside).max(axis=1)
        score = topics.scale.probability(nearest)
        found["none"] = float((score < NONE_BELOW).mean())
        found["none_sure"] = float((score < SURE_OF_TOPIC).mean())
    return found


def _estimate(values: Sequence[float]) -> Estimate:
    """Return the mean over draws with the 95 % interval of that mean."""
    random = np.random.default_rng(_SEED)
    found = np.asarray(values)
    means = random.choice(found, (RESAMPLES, len(found))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(value=float(found.mean()), low=float(low), high=float(high))
