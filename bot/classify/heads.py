"""Teach a model that stands one more question: a linear head, nothing else moves.

The encoder is read as it is shipped, each text once. What is learnt is a linear layer
on its pooled vectors, so every other answer stays what it was, digit by digit.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.classify import calibration, engines, labelled, manifest, weights
from bot.classify.evaluation import Evaluation, measure
from bot.classify.labelled import Labelled, LabelledFile, Question
from bot.classify.onnx_engine import OnnxEncoder
from bot.classify.reading import facts_of
from bot.classify.responses import digest
from bot.errors import ClassifyError

FACT = "added_heads"
"""Where a manifest's facts say which heads were added, and from what."""

PARTS = 10
"""Of ten parts one fits the temperature, one is measured, and eight are learnt."""

RIDGE = 1e-3
"""What holds the weights small, for each text; vectors are brought to one scale."""

STEPS, STILL, TINY = 2_000, 1e-7, 1e-6
AT_A_TIME = 256

Floats = NDArray[np.float64]
Whole = NDArray[np.int_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A model with a question more."""

    out: Path
    model_id: str
    learnt: int
    temperature: float
    measured: Evaluation


def add(
    source: Path,
    out: Path,
    question: Question,
    paths: Sequence[Path],
    *,
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Added:
    """Write ``source`` with a head for a question to ``out``.

    Texts are dealt into learning, temperature and measuring by their own hash, so that
    the same text is always on the same side. ClassifyError for files of another
    question, or where an answer is missing on one side.
    """
    facts = facts_of(source)
    if question in facts.heads and not overwrite:
        raise ClassifyError(f"{source} answers {question} already: say --overwrite")
    if out.exists():
        raise ClassifyError(f"{out} is there already; remove it or name another folder")
    rows = _rows(question, paths)
    part = np.array([int(digest(one.text)[:8], 16) % PARTS for one in rows])
    truth = np.array([one.answer for one in rows])
    learnt, held, shown = part > 1, part == 0, part == 1
    for side in (learnt, held, shown):
        _refuse_missing(question, truth[side])
    vectors = _vectors(source, [one.text for one in rows], progress)
    weight, bias = fitted(vectors[learnt], truth[learnt], len(question.labels))
    logits = vectors @ weight.T + bias
    heat = calibration.temperature(logits[held].tolist(), truth[held].tolist())
    file = LabelledFile(
        name="+".join(path.name for path in paths),
        question=question,
        rows=tuple(one for one, kept in zip(rows, shown, strict=True) if kept),
    )
    answers = calibration.softmax(logits[shown].tolist(), heat)
    told = {
        "data": {path.name: manifest.sha256(path) for path in paths},
        "learnt": int(learnt.sum()),
        "measured": int(shown.sum()),
        "to": facts.model_id,
    }
    head = manifest.Head(labels=question.labels, temperature=heat)
    model_id = _write(source, out, (question, head), (weight, bias), told)
    return Added(
        out=out,
        model_id=model_id,
        learnt=int(learnt.sum()),
        temperature=heat,
        measured=measure(file, answers, model_id=model_id),
    )


def fitted(vectors: Floats, truth: Whole, labels: int) -> tuple[Floats, Floats]:
    """Return weights and biases under which the truth is likeliest (softmax, ridge).

    By a bound on the curvature that is computed once (Böhning 1992), so that every
    step is a small product and none goes too far; the same rows give the same head.
    """
    middle = vectors.mean(axis=0)
    spread = vectors.std(axis=0) + TINY
    inputs = np.hstack([(vectors - middle) / spread, np.ones((len(vectors), 1))])
    ridge = RIDGE * len(vectors) * np.eye(inputs.shape[1])
    ridge[-1, -1] = 0.0
    bound = np.linalg.inv(inputs.T @ inputs / 2 + ridge + TINY * np.eye(len(ridge)))
    wanted = np.eye(labels)[truth]
    found = np.zeros((inputs.shape[1], labels))
    for _ in range(STEPS):
        rest = inputs.T @ (wanted - _shares(inputs @ found)) - ridge @ found
        step = bound @ rest
        found += step
        if np.abs(step).max() < STILL:
            break
    weight = (found[:-1] / spread[:, None]).T
    return weight, found[-1] - weight @ middle


def _shares(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _rows(question: Question, paths: Sequence[Path]) -> list[Labelled]:
    found: dict[str, Labelled] = {}
    for path in paths:
        file = labelled.read(path)
        if file.question is not question:
            raise ClassifyError(f"{path} holds {file.question}, not {question}")
        found |= {row.text: row for row in file.rows}
    return list(found.values())


def _refuse_missing(question: Question, truth: Whole) -> None:
    lacking = [label for i, label in enumerate(question.labels) if i not in truth]
    if lacking:
        words = f"too few texts of {question} are {', '.join(lacking)}"
        raise ClassifyError(f"{words}: every answer is needed to learn and to measure")


def _vectors(
    source: Path, texts: Sequence[str], progress: Callable[[int, int], None]
) -> Floats:
    """Read every text as the shipped engine does, rounding included."""
    encoder = engines.load(source, engine="onnx")
    parts = []
    for start in range(0, len(texts), AT_A_TIME):
        parts.append(encoder.pooled(texts[start : start + AT_A_TIME]))
        progress(min(start + AT_A_TIME, len(texts)), len(texts))
    return np.concatenate(parts).astype(np.float64)


def _write(
    source: Path,
    out: Path,
    named: tuple[Question, manifest.Head],
    layer: tuple[Floats, Floats],
    told: dict[str, Any],
) -> str:
    question, head = named
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        shutil.copytree(source, partial)
        tensors = weights.read(partial / manifest.HEADS)
        for name, values in zip(("weight", "bias"), layer, strict=True):
            tensors[f"{question}.{name}"] = values.astype(np.float16)
        weights.write(partial / manifest.HEADS, tensors)
        facts = manifest.read(source)
        made = replace(
            facts,
            heads={**facts.heads, question.value: head},
            files={
                **facts.files,
                manifest.HEADS: manifest.sha256(partial / manifest.HEADS),
            },
            facts={
                **facts.facts,
                FACT: {**facts.facts.get(FACT, {}), question.value: told},
            },
        )
        manifest.write(partial, made)
        _refer_anew(partial, made, question)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return made.model_id


def _refer_anew(folder: Path, facts: manifest.Manifest, question: Question) -> None:
    """Have the self-test of eight bits ask for the new answers as well.

    What was measured of the others stays: their weights have not moved. The new head's
    are those in single precision.
    """
    measured = facts.facts.get(weights.INT8)
    if not measured:
        return
    answers = engines.tried(OnnxEncoder.load(folder)).answers
    own = engines.columns(facts.heads, question)
    told = {
        **measured,
        engines.REFERENCE: [
            [
                *old[: own.start],
                *(round(p, 4) for p in new[own]),
                # A head that is learnt anew stood there before.
                *old[own.stop if len(old) == len(new) else own.start :],
            ]
            for old, new in zip(measured[engines.REFERENCE], answers, strict=True)
        ],
    }
    manifest.write(folder, replace(facts, facts={**facts.facts, weights.INT8: told}))
