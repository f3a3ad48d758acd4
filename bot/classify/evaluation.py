"""How often a model agrees with people, with how sure one can be of that figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.classify.labelled import LabelledFile, Question
from bot.classify.scores import SENTIMENTS, TextScores
from bot.classify.slices import cuts
from bot.errors import ClassifyError

RESAMPLES = 2_000
BINS = 15
SURE, UNSURE = 0.9, 0.7
_AT_A_TIME = 1_024
_SEED = 20_261_122

Floats = NDArray[np.float64]


class Scorer(Protocol):
    """What is evaluated: an ``Encoder``, or anything that scores like one."""

    model_id: str

    def score(self, texts: Sequence[str]) -> list[TextScores]:
        """Return the scores in the order of the texts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A share from 0 to 1 with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """In per cent, as in ``72.4 (70.1-74.6)``."""
        return f"{self.value:.1%} ({self.low:.1%}-{self.high:.1%})".replace("%", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The figures of some of the texts, such as those where people agreed."""

    name: str
    texts: int
    accuracy: Estimate
    macro_recall: Estimate
    recall: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The texts of which the model was about equally sure."""

    sure: float
    """How sure it was, on average."""
    right: float
    """How often it was right."""
    texts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All figures of one model on one file."""

    file: str
    question: Question
    model_id: str
    texts: int
    skipped: tuple[str, ...]
    accuracy: Estimate
    macro_recall: Estimate
    macro_f1: Estimate
    recall: Mapping[str, Estimate]
    precision: Mapping[str, Estimate]
    calibration_error: float
    """Expected calibration error: mean gap between how sure and how often right."""
    confusion: Mapping[str, Mapping[str, int]]
    """What people said -> what the model said -> how often."""
    slices: tuple[Slice, ...] = ()
    reliability: tuple[Bin, ...] = ()
    """How sure and how often right, bin by bin: equal in a calibrated model."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def evaluate(
    scorer: Scorer,
    rows: LabelledFile,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score every text and compare; ``progress`` hears of texts done and their total.

    ClassifyError if the model cannot answer the file's question.
    """
    found = probabilities(scorer, rows, progress=progress)
    return measure(rows, found, model_id=scorer.model_id)


def probabilities(
    scorer: Scorer,
    rows: LabelledFile,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Return how likely a model finds each answer (texts x labels)."""
    found: list[list[float]] = []
    for start in range(0, len(rows.rows), _AT_A_TIME):
        part = rows.rows[start : start + _AT_A_TIME]
        scores = scorer.score([row.text for row in part])
        found += [_probabilities(s, rows.question, scorer.model_id) for s in scores]
        if progress:
            progress(len(found), len(rows.rows))
    return np.asarray(found)


def measure(rows: LabelledFile, probabilities: Floats, *, model_id: str) -> Evaluation:
    """Compare probabilities (texts x labels) with the people's answers."""
    labels = rows.question.labels
    truth = np.array([row.answer for row in rows.rows])
    answer = probabilities.argmax(axis=1)
    sure = probabilities.max(axis=1)
    counts = _confusion(truth, answer, len(labels))
    figures = _figures(counts)
    reliability = tuple(_reliability(sure, truth == answer))
    return Evaluation(
        file=rows.name,
        question=rows.question,
        model_id=model_id,
        texts=len(rows.rows),
        skipped=rows.skipped,
        accuracy=figures["accuracy"][0],
        macro_recall=figures["macro_recall"][0],
        macro_f1=figures["macro_f1"][0],
        recall=dict(zip(labels, figures["recall"], strict=True)),
        precision=dict(zip(labels, figures["precision"], strict=True)),
        calibration_error=_calibration_error(reliability),
        confusion={
            said: dict(zip(labels, map(int, counts[i]), strict=True))
            for i, said in enumerate(labels)
        },
        slices=tuple(_slices(rows, truth, answer, sure)),
        reliability=reliability,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Two models on the same texts."""

    difference: Estimate
    """Macro-recall of the second less that of the first, drawn text by text."""
    gained: int
    """Texts of which only the second was right."""
    lost: int
    """Texts of which only the first was right."""

    def __str__(self) -> str:
        """In points, as in ``+0.6 (-0.3 to +1.6)``."""
        gap = self.difference
        words = f"{gap.value:+.1%} ({gap.low:+.1%} to {gap.high:+.1%})"
        return words.replace("%", "")


def paired(rows: LabelledFile, first: Floats, second: Floats) -> Paired:
    """Compare two models' probabilities of the same texts.

    Both answer the same drawn texts, so that what is hard for both cancels out.
    """
    size = len(rows.question.labels)
    truth = np.array([row.answer for row in rows.rows])
    old, new = first.argmax(axis=1), second.argmax(axis=1)
    counts = np.bincount((truth * size + old) * size + new, minlength=size**3)
    total = int(counts.sum())
    drawn = np.random.default_rng(_SEED).multinomial(
        total, counts / total, size=RESAMPLES
    )
    spread = _gap(drawn.reshape(-1, size, size, size))
    return Paired(
        difference=Estimate(
            value=float(_gap(counts.reshape(1, size, size, size))[0]),
            low=float(np.quantile(spread, 0.025)),
            high=float(np.quantile(spread, 0.975)),
        ),
        gained=int(((new == truth) & (old != truth)).sum()),
        lost=int(((old == truth) & (new != truth)).sum()),
    )


def _gap(counts: NDArray[np.int_]) -> Floats:
    """Return the gaps (draws) of counts (draws x truth x first x second)."""
    exact = counts.astype(np.float64)
    old = _shares(exact.sum(axis=3))["macro_recall"]
    gap: Floats = (_shares(exact.sum(axis=2))["macro_recall"] - old)[:, 0]
    return gap


def _probabilities(
    scores: TextScores, question: Question, model_id: str
) -> list[float]:
    if question is Question.SENTIMENT:
        return [scores.sentiment[name] for name in SENTIMENTS]
    if question is Question.COMPLAINT and scores.complaint is not None:
        return [1 - scores.complaint, scores.complaint]
    if question not in scores.others:
        raise ClassifyError(f"{model_id} has no {question} head; nothing to evaluate")
    return [scores.others[question][label] for label in question.labels]


def _confusion(
    truth: NDArray[np.int_], answer: NDArray[np.int_], size: int
) -> NDArray[np.int_]:
    return np.bincount(truth * size + answer, minlength=size * size).reshape(size, size)


def _figures(counts: NDArray[np.int_]) -> dict[str, list[Estimate]]:
    """Return each figure with its interval.

    Drawing texts anew and counting them is drawing the cells of the confusion
    matrix anew: one multinomial draw instead of thousands of passes.
    """
    total = int(counts.sum())
    random = np.random.default_rng(_SEED)
    shares = counts.ravel() / total
    drawn = random.multinomial(total, shares, size=RESAMPLES)
    exact = _shares(counts[np.newaxis].astype(np.float64))
    spread = _shares(drawn.reshape(-1, *counts.shape).astype(np.float64))
    return {
        name: [
            Estimate(
                value=float(exact[name][0, i]),
                low=float(np.quantile(spread[name][:, i], 0.025)),
                high=float(np.quantile(spread[name][:, i], 0.975)),
            )
            for i in range(exact[name].shape[1])
        ]
        for name in exact
    }


def _shares(counts: Floats) -> dict[str, Floats]:
    """Return figures (draws x values) of confusion matrices (draws x truth x answer).

    A macro mean counts only classes that people used: a slice may lack one.
    """
    right = np.diagonal(counts, axis1=1, axis2=2)
    said, given = counts.sum(axis=2), counts.sum(axis=1)
    recall = right / np.maximum(said, 1)
    precision = right / np.maximum(given, 1)
    f1 = 2 * right / np.maximum(said + given, 1)
    used = np.maximum((said > 0).sum(axis=1), 1)
    return {
        "accuracy": (right.sum(axis=1) / said.sum(axis=1))[:, np.newaxis],
        "macro_recall": (recall.sum(axis=1) / used)[:, np.newaxis],
        "macro_f1": ((f1 * (said > 0)).sum(axis=1) / used)[:, np.newaxis],
        "recall": recall,
        "precision": precision,
    }


def _calibration_error(reliability: Sequence[Bin]) -> float:
    gaps = sum(part.texts * abs(part.sure - part.right) for part in reliability)
    return gaps / sum(part.texts for part in reliability)


def _reliability(sure: Floats, right: NDArray[np.bool_]) -> Iterator[Bin]:
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    for number in range(BINS):
        here = bins == number
        if here.any():
            yield Bin(
                sure=float(sure[here].mean()),
                right=float(right[here].mean()),
                texts=int(here.sum()),
            )


def _slices(
    rows: LabelledFile,
    truth: NDArray[np.int_],
    answer: NDArray[np.int_],
    sure: Floats,
) -> list[Slice]:
    named = [
        *cuts(rows.rows),
        ("model 90 % sure or more", sure >= SURE),
        ("model 70 to 90 % sure", (sure >= UNSURE) & (sure < SURE)),
        ("model under 70 % sure", sure < UNSURE),
    ]
    labels = rows.question.labels
    return [
        _slice(name, labels, _confusion(truth[cut], answer[cut], len(labels)))
        for name, cut in named
        if cut.any()
    ]


def _slice(name: str, labels: Sequence[str], counts: NDArray[np.int_]) -> Slice:
    figures = _figures(counts)
    return Slice(
        name=name,
        texts=int(counts.sum()),
        accuracy=figures["accuracy"][0],
        macro_recall=figures["macro_recall"][0],
        recall=dict(zip(labels, figures["recall"], strict=True)),
    )
