"""Train a model from a recipe: the use case behind ``bot model train``.

The work folder ``<out>.training`` holds what an interrupted run goes on from; it is
removed when the finished model stands in ``out``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.classify import calibration, clean, labelled, manifest
from bot.classify.evaluation import Evaluation, evaluate, measure
from bot.classify.labelled import Labelled, LabelledFile, Question
from bot.classify.plan import Plan, Task
from bot.classify.recipe import DataFile, Stage, TrainingConfig
from bot.clock import stopwatch
from bot.errors import ClassifyError

if TYPE_CHECKING:
    from bot.classify.trainee import Trainee

HEADS = {question.value: question.labels for question in Question}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands."""

    stage: str
    done: int
    """Texts learnt from so far, those of an earlier run included."""
    total: int
    loss: float
    remaining: timedelta
    """Time left at this run's pace."""


Watch = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came out."""

    out: Path
    model_id: str
    sentiment: Evaluation
    """On the held-out file, by the finished model."""
    complaint: Evaluation
    """By cross-validation: each text answered by a model that never saw it."""
    temperatures: dict[str, float]
    took: timedelta
    """This run's time; what an interrupted one did before is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    sentiment: LabelledFile
    held_out: LabelledFile
    complaints: LabelledFile


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trained:
    trainee: Trainee
    sentiment_logits: list[list[float]]
    """Of the held-out file's rows."""
    complaint_logits: list[list[float]]
    """Of every complaint row, by the fold that did not learn from it."""


def train(  # noqa: PLR0913 - a use case's own inputs, all by keyword
    config: TrainingConfig,
    *,
    base: Path,
    data: Path,
    out: Path,
    progress: Watch | None = None,
    device: str = "auto",
    threads: int = 1,
    overwrite: bool = False,
) -> Report:
    """Train, calibrate, evaluate and write a model; take up an interrupted run.

    ``base`` is the unpacked encoder, ``data`` the folder that the recipe's files lie
    below. Refused with ClassifyError: other base weights or data than the recipe
    pins, an ``out`` that holds something already, a run begun with another recipe.
    """
    began = stopwatch()
    if out.exists() and not (overwrite and out.is_dir()) and _holds_something(out):
        raise ClassifyError(f"{out} is not empty; choose another folder for the model")
    _pinned(base / manifest.WEIGHTS, config.base.sha256, "other base weights")
    files = _files(config, data)
    work = _work_folder(out, config)
    run = _Run(config, files, work, progress or (lambda _: None))
    trained = run.train(base, device=device, threads=threads)
    report = _finish(config, files, work / "model", trained, device=device)
    if out.exists():
        shutil.rmtree(out)
    (work / "model").rename(out)
    shutil.rmtree(work)
    return replace(report, out=out, took=timedelta(seconds=stopwatch() - began))


def _finish(
    config: TrainingConfig,
    files: _Files,
    model: Path,
    trained: _Trained,
    *,
    device: str,
) -> Report:
    """Calibrate, write the model and measure it as it will be used."""
    from bot.classify.encoder import Encoder

    temperatures = {
        "sentiment": _temperature(trained.sentiment_logits, files.held_out),
        "complaint": _temperature(trained.complaint_logits, files.complaints),
    }
    trained.trainee.save(model)
    described = _manifest(config, model, temperatures)
    manifest.write(model, described)
    encoder = Encoder.load(model, device=device)
    sentiment = evaluate(encoder, files.held_out)
    complaint = measure(
        files.complaints,
        calibration.softmax(trained.complaint_logits, temperatures["complaint"]),
        model_id=f"{config.complaint.folds}-fold cross-validation",
    )
    facts = {**described.facts, "figures": _figures(sentiment, complaint)}
    manifest.write(model, replace(described, facts=facts))
    return Report(
        out=model,
        model_id=encoder.model_id,
        sentiment=sentiment,
        complaint=complaint,
        temperatures=temperatures,
        took=timedelta(),
    )


class _Run:
    """The order of the parts, and what of them is already done."""

    def __init__(
        self, config: TrainingConfig, files: _Files, work: Path, watch: Watch
    ) -> None:
        self._config = config
        self._sentiment = files.sentiment.rows
        self._complaints = files.complaints.rows
        self._held_out = [row.text for row in files.held_out.rows]
        self._work = work
        self._watch = watch
        self._seen = 0
        self._before = 0
        self._began = stopwatch()
        self._total = self._planned()

    def train(self, base: Path, *, device: str, threads: int) -> _Trained:
        """Train to the end, taking up what is done already."""
        from bot.classify.trainee import Trainee

        config = self._config
        trainee = Trainee.start(
            base,
            HEADS,
            max_length=config.train_length,
            dropout=config.dropout,
            seed=config.seed,
            frozen_layers=config.base.frozen_layers,
            device=device,
            threads=threads,
        )
        plan = _plan(config.sentiment, config.seed)
        self._fit(trainee, [_task("sentiment", self._sentiment)], plan, "sentiment")
        complaint_logits: list[list[float]] = [[]] * len(self._complaints)
        for number, held_out in enumerate(self._folds(), start=1):
            found = self._fold(trainee, number, held_out)
            for i, row in zip(held_out, found, strict=True):
                complaint_logits[i] = row
        plan = _plan(config.complaint, config.seed)
        self._fit(trainee, self._both(self._complaints), plan, "both")
        return _Trained(
            trainee=trainee,
            sentiment_logits=trainee.logits(self._held_out, "sentiment"),
            complaint_logits=complaint_logits,
        )

    def _fold(
        self, trainee: Trainee, number: int, held_out: Sequence[int]
    ) -> list[list[float]]:
        name = f"fold {number}"
        kept = self._work / f"{name}.json"
        plan = _plan(self._config.complaint, self._config.seed + number)
        out = set(held_out)
        rows = [row for i, row in enumerate(self._complaints) if i not in out]
        tasks = self._both(rows)
        if kept.is_file():
            self._before += plan.steps(tasks) * plan.batch_size
            found: list[list[float]] = json.loads(kept.read_text(encoding="utf-8"))
            return found
        twin = trainee.twin()
        self._fit(twin, tasks, plan, name)
        found = twin.logits([self._complaints[i].text for i in held_out], "complaint")
        kept.write_text(json.dumps(found), encoding="utf-8")
        (self._work / f"{name}.pt").unlink()
        return found

    def _fit(
        self, trainee: Trainee, tasks: Sequence[Task], plan: Plan, stage: str
    ) -> None:
        def watch(step: int, loss: float) -> None:
            self._seen += plan.batch_size
            done = self._before + step * plan.batch_size
            pace = (stopwatch() - self._began) / self._seen
            self._watch(
                Progress(
                    stage=stage,
                    done=done,
                    total=self._total,
                    loss=loss,
                    remaining=timedelta(seconds=pace * (self._total - done)),
                )
            )

        trainee.fit(
            tasks,
            plan,
            checkpoint=self._work / f"{stage}.pt",
            every=self._config.checkpoint_every,
            watch=watch,
        )
        self._before += plan.steps(tasks) * plan.batch_size

    def _both(self, complaints: Sequence[Labelled]) -> list[Task]:
        return [
            _task("complaint", complaints),
            replace(
                _task("sentiment", self._sentiment), rows_per_epoch=len(complaints)
            ),
        ]

    def _folds(self) -> list[list[int]]:
        """Return the rows of each fold, each with its share of the complaints."""
        random = np.random.default_rng(self._config.seed)
        order = random.permutation(len(self._complaints))
        dealt = sorted(map(int, order), key=lambda i: self._complaints[i].answer)
        count = self._config.complaint.folds
        return [dealt[start::count] for start in range(count)]

    def _planned(self) -> int:
        config = self._config
        plan = _plan(config.sentiment, 0)
        total = plan.steps([_task("sentiment", self._sentiment)]) * plan.batch_size
        plan = _plan(config.complaint, 0)
        sizes = [len(self._complaints) - len(fold) for fold in self._folds()]
        for size in [*sizes, len(self._complaints)]:
            tasks = self._both(self._complaints[:size])
            total += plan.steps(tasks) * plan.batch_size
        return total


def _task(name: str, rows: Sequence[Labelled]) -> Task:
    return Task(
        name=name,
        texts=[row.text for row in rows],
        targets=[row.answer for row in rows],
    )


def _plan(stage: Stage, seed: int) -> Plan:
    return Plan(seed=seed, **stage.model_dump(exclude={"folds"}))


def _temperature(logits: Sequence[Sequence[float]], rows: LabelledFile) -> float:
    return calibration.temperature(logits, [row.answer for row in rows.rows])


def _holds_something(out: Path) -> bool:
    return not out.is_dir() or any(out.iterdir())


def _files(config: TrainingConfig, data: Path) -> _Files:
    return _Files(
        sentiment=_read(data, config.data.sentiment_train, Question.SENTIMENT),
        held_out=_read(data, config.data.sentiment_held_out, Question.SENTIMENT),
        complaints=_read(data, config.data.complaints, Question.COMPLAINT),
    )


def _read(data: Path, wanted: DataFile, question: Question) -> LabelledFile:
    path = data / wanted.file
    if wanted.sha256:
        _pinned(path, wanted.sha256, "other data")
    found = labelled.read(path)
    if found.question is not question:
        raise ClassifyError(f"{path} holds {found.question} labels, not {question}")
    return found


def _pinned(path: Path, expected: str, what: str) -> None:
    found = manifest.sha256(path)
    if found != expected:
        message = f"{path} holds {what} than the recipe pins: its SHA-256 is {found}"
        raise ClassifyError(f"{message}, not {expected}")


def _work_folder(out: Path, config: TrainingConfig) -> Path:
    work = out.with_name(f"{out.name}.training")
    marker = work / "recipe.sha256"
    if work.exists():
        begun = marker.read_text(encoding="utf-8") if marker.is_file() else ""
        if begun != config.fingerprint:
            message = f"{work} holds a run begun with another recipe; remove it or"
            raise ClassifyError(f"{message} choose another folder for the model")
        shutil.rmtree(work / "model", ignore_errors=True)
    else:
        work.mkdir(parents=True)
        marker.write_text(config.fingerprint, encoding="utf-8")
    return work


def _manifest(
    config: TrainingConfig, model: Path, temperatures: dict[str, float]
) -> manifest.Manifest:
    return manifest.Manifest(
        name=config.name,
        version=config.version,
        pooling="mean",
        max_length=config.read_length,
        cleaning=clean.VERSION,
        heads={
            name: manifest.Head(labels=labels, temperature=temperatures[name])
            for name, labels in HEADS.items()
        },
        files={path.name: manifest.sha256(path) for path in sorted(model.iterdir())},
        facts={"recipe": config.model_dump(mode="json")},
    )


def _figures(sentiment: Evaluation, complaint: Evaluation) -> dict[str, Any]:
    return {
        evaluation.question.value: {
            "measured": evaluation.model_id if evaluation is complaint else "held out",
            "file": evaluation.file,
            "texts": evaluation.texts,
            "macro_recall": str(evaluation.macro_recall),
            "macro_f1": str(evaluation.macro_f1),
            "accuracy": str(evaluation.accuracy),
            "calibration_error": round(evaluation.calibration_error, 4),
        }
        for evaluation in (sentiment, complaint)
    }
