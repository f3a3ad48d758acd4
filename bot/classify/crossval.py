"""Cross-validate a recipe's sentiment: what ``bot model cross-validate`` does.

One training says little: another seed alone moves the figure by about a point. So the
sentiment part of a recipe is learnt once for each fold, each time with another seed,
and every text is answered by the one model that did not learn from it.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.classify import calibration, manifest
from bot.classify.evaluation import Estimate, Evaluation, measure
from bot.classify.labelled import LabelledFile, Question
from bot.classify.plan import Task
from bot.classify.recipe import TrainingConfig
from bot.classify.training import (
    Meter,
    Watch,
    files_of,
    folds_of,
    keep_whole,
    plan_of,
    task_of,
    temperature_of,
    texts_of,
    work_folder,
)

Logits = list[list[float]]

STUDENT: Mapping[int, float] = {
    2: 12.706,
    3: 4.303,
    4: 3.182,
    5: 2.776,
    6: 2.571,
    7: 2.447,
    8: 2.365,
    9: 2.306,
    10: 2.262,
}
"""Student's t, 97.5 %, by how many values there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossValidation:
    """What came out of all folds."""

    folds: Evaluation
    """On the train file: each text answered by the model that never saw it."""
    fold_recalls: tuple[float, ...]
    """Macro-recall of each fold, 0 to 1."""
    held_out_recalls: tuple[float, ...]
    """Macro-recall of each fold's model, one seed each, on the held-out file."""

    @property
    def fold_mean(self) -> Estimate:
        """Mean over the folds, with its 95 % interval after Student."""
        return mean_of(self.fold_recalls)

    @property
    def held_out_mean(self) -> Estimate:
        """Mean over the seeds, with its 95 % interval after Student."""
        return mean_of(self.held_out_recalls)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            **asdict(self),
            "fold_mean": asdict(self.fold_mean),
            "held_out_mean": asdict(self.held_out_mean),
        }


def mean_of(values: Sequence[float]) -> Estimate:
    """Return the mean of two to ten values with its 95 % interval after Student."""
    mean = statistics.fmean(values)
    spread = statistics.stdev(values) / len(values) ** 0.5
    half = STUDENT[len(values)] * spread
    return Estimate(value=mean, low=mean - half, high=mean + half)


def cross_validate(  # noqa: PLR0913 - a use case's own inputs, all by keyword
    config: TrainingConfig,
    *,
    base: Path,
    data: Path,
    work: Path,
    folds: int = 5,
    progress: Watch | None = None,
    device: str = "auto",
    threads: int = 1,
    answers: Path | None = None,
) -> CrossValidation:
    """Learn the sentiment part of a recipe once a fold; take up an interrupted run.

    The other questions are left out: they take two fifths of the time and answer
    nothing here. A teacher's answers to the texts learnt from are used as the recipe
    says; the teacher itself learnt from the whole file, which flatters a little.
    ``work`` keeps each fold's answers, so that the same command shows them again.
    ClassifyError where base weights or data are not those that the recipe pins.
    """
    manifest.pinned(base / manifest.WEIGHTS, config.base.sha256, "other base weights")
    files = files_of(config, data, answers)
    folder = work_folder(work, config)
    whole = task_of(files.sentiment, files.taught)
    dealt = folds_of(files.sentiment.rows, folds, config.seed)
    tasks = [_without(whole, held_out) for held_out in dealt]
    every = plan_of(config, config.sentiment, config.seed)
    sizes = [every.steps([task]) * every.batch_size for task in tasks]
    meter = Meter(sum(sizes), progress or (lambda _: None))
    found: list[dict[str, Logits]] = []
    for number, (task, held_out) in enumerate(zip(tasks, dealt, strict=True), start=1):
        kept = folder / f"fold {number} of {folds}.json"
        if not kept.is_file():
            from bot.classify.trainee import Trainee

            plan = replace(every, seed=config.seed + number)
            trainee = Trainee.start(
                base,
                {task.name: Question.SENTIMENT.labels},
                max_length=config.train_length,
                dropout=config.dropout,
                seed=plan.seed,
                frozen_layers=config.base.frozen_layers,
                layers=config.base.layers,
                keeps=config.keep_weight > 0,
                device=device,
                threads=threads,
            )
            checkpoint = kept.with_suffix(".pt")
            trainee.fit(
                [task],
                plan,
                checkpoint=checkpoint,
                every=config.checkpoint_every,
                watch=meter.steps(f"fold {number}", plan.batch_size),
            )
            theirs = [whole.texts[i] for i in held_out]
            answered = {
                "fold": trainee.logits(theirs, task.name),
                "held_out": trainee.logits(texts_of(files.held_out), task.name),
            }
            keep_whole(kept, answered)
            checkpoint.unlink()
        meter.passed(sizes[number - 1])
        found.append(json.loads(kept.read_text(encoding="utf-8")))
    return _measured(files.sentiment, files.held_out, dealt, found)


def _without(whole: Task, held_out: Sequence[int]) -> Task:
    out = set(held_out)
    rows = [i for i in range(len(whole.texts)) if i not in out]
    return replace(
        whole,
        texts=[whole.texts[i] for i in rows],
        targets=[whole.targets[i] for i in rows],
        taught=None if whole.taught is None else whole.taught[rows],
    )


def _measured(
    train: LabelledFile,
    held_out: LabelledFile,
    dealt: Sequence[Sequence[int]],
    found: Sequence[Mapping[str, Logits]],
) -> CrossValidation:
    said: Logits = [[]] * len(train.rows)
    for rows, one in zip(dealt, found, strict=True):
        for i, row in zip(rows, one["fold"], strict=True):
            said[i] = row
    probabilities = calibration.softmax(said, temperature_of(said, train))
    return CrossValidation(
        folds=measure(
            train, probabilities, model_id=f"{len(dealt)}-fold cross-validation"
        ),
        fold_recalls=tuple(
            macro_recall([train.rows[i].answer for i in rows], one["fold"])
            for rows, one in zip(dealt, found, strict=True)
        ),
        held_out_recalls=tuple(
            macro_recall([row.answer for row in held_out.rows], one["held_out"])
            for one in found
        ),
    )


def macro_recall(truth: Sequence[int], logits: Logits) -> float:
    """Return the mean of each answer's recall, 0 to 1, over the answers there are."""
    people, model = np.asarray(truth), np.asarray(logits).argmax(axis=1)
    return float(np.mean([np.mean(model[people == one] == one) for one in set(truth)]))
