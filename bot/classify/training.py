"""Train a model from a recipe: the use case behind ``bot model train``.

The work folder ``<out>.training`` holds what an interrupted run goes on from; it is
removed when the finished model stands in ``out``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from bot.classify import calibration, clean, labelled, manifest, teaching
from bot.classify.evaluation import Evaluation, evaluate, measure
from bot.classify.labelled import Labelled, LabelledFile, Question
from bot.classify.plan import Plan, StepWatch, Task
from bot.classify.recipe import (
    ComplaintStage,
    DataFile,
    DataFiles,
    FurtherFile,
    Stage,
    TrainingConfig,
)
from bot.classify.teaching import Answered
from bot.clock import stopwatch
from bot.errors import ClassifyError

if TYPE_CHECKING:
    from bot.classify.trainee import Trainee


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
AnyFile = TypeVar("AnyFile", bound=DataFile)

DEALT = 20261126
"""The seed by which texts are dealt into folds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came out."""

    out: Path
    model_id: str
    sentiment: Evaluation
    """On the held-out file, by the finished model."""
    complaint: Evaluation | None
    """By cross-validation: each text answered by a model that never saw it."""
    others: tuple[Evaluation, ...]
    """On the further questions' held-out files, by the finished model."""
    temperatures: dict[str, float]
    took: timedelta
    """This run's time; what an interrupted one did before is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Further:
    rows: LabelledFile
    held_out: LabelledFile | None
    rows_per_epoch: int | None
    taught: Answered | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What a recipe names, read."""

    sentiment: LabelledFile
    taught: Answered | None
    held_out: LabelledFile
    complaints: LabelledFile | None
    others: tuple[_Further, ...]

    def without(self, sentiments: Sequence[int], complaints: Sequence[int]) -> Files:
        """Return what is left without some rows of them."""
        taught = self.taught
        return replace(
            self,
            sentiment=_but(self.sentiment, sentiments),
            taught=taught and taught.without(sentiments),
            complaints=self.complaints and _but(self.complaints, complaints),
        )

    @property
    def heads(self) -> dict[str, tuple[str, ...]]:
        """The questions that these files answer, with their labels."""
        asked = {Question.SENTIMENT, *(one.rows.question for one in self.others)}
        if self.complaints:
            asked.add(Question.COMPLAINT)
        return {one.value: one.labels for one in Question if one in asked}


def _but(file: LabelledFile, rows: Sequence[int]) -> LabelledFile:
    out = set(rows)
    kept = tuple(row for i, row in enumerate(file.rows) if i not in out)
    return replace(file, rows=kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trained:
    trainee: Trainee
    sentiment_logits: list[list[float]]
    """Of the held-out file's rows."""
    complaint_logits: list[list[float]]
    """Of every complaint row, by the fold that did not learn from it."""
    other_logits: list[list[list[float]]]
    """Of each further held-out file's rows."""


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
    answers: Path | None = None,
) -> Report:
    """Train, calibrate, evaluate and write a model; take up an interrupted run.

    ``base`` is the unpacked encoder, ``data`` the folder that the recipe's files lie
    below, ``answers`` the folder that its teacher's answers lie in. Refused with
    ClassifyError: other base weights or data than the recipe pins, an ``out`` that
    holds something already, a run begun with another recipe or other data.
    """
    began = stopwatch()
    if out.exists() and not (overwrite and out.is_dir()) and _holds_something(out):
        raise ClassifyError(f"{out} is not empty; choose another folder for the model")
    manifest.pinned(base / manifest.WEIGHTS, config.base.sha256, "other base weights")
    config = as_found(config, data)
    files = files_of(config, data, answers)
    work = work_folder(out, config)
    run = Run(config, files, work, Meter(progress or (lambda _: None)))
    trained = run.train(base, device=device, threads=threads)
    report = _finish(config, files, work / "model", trained, device=device)
    if out.exists():
        shutil.rmtree(out)
    (work / "model").rename(out)
    shutil.rmtree(work)
    return replace(report, out=out, took=timedelta(seconds=stopwatch() - began))


def _finish(
    config: TrainingConfig,
    files: Files,
    model: Path,
    trained: _Trained,
    *,
    device: str,
) -> Report:
    """Calibrate, write the model and measure it as it will be used."""
    from bot.classify.encoder import Encoder

    held_out = _held_out(files)
    temperatures = {
        Question.SENTIMENT.value: temperature_of(
            trained.sentiment_logits, files.held_out
        )
    }
    for file, logits in zip(held_out, trained.other_logits, strict=True):
        temperatures[file.question.value] = temperature_of(logits, file)
    complaint = None
    if config.complaint and files.complaints:
        fitting = temperature_of(trained.complaint_logits, files.complaints)
        temperatures[Question.COMPLAINT.value] = fitting
        complaint = measure(
            files.complaints,
            calibration.softmax(trained.complaint_logits, fitting),
            model_id=f"{config.complaint.folds}-fold cross-validation",
        )
    trained.trainee.save(model)
    described = _manifest(config, model, files.heads, temperatures)
    manifest.write(model, described)
    encoder = Encoder.load(model, device=device)
    sentiment = evaluate(encoder, files.held_out)
    others = tuple(evaluate(encoder, file) for file in held_out)
    figures = _figures(sentiment, complaint, others)
    manifest.write(
        model, replace(described, facts={**described.facts, "figures": figures})
    )
    return Report(
        out=model,
        model_id=encoder.model_id,
        sentiment=sentiment,
        complaint=complaint,
        others=others,
        temperatures=temperatures,
        took=timedelta(),
    )


def _held_out(files: Files) -> list[LabelledFile]:
    """Return the further questions' held-out files, one a question."""
    found = {
        one.held_out.question: one.held_out
        for one in reversed(files.others)
        if one.held_out
    }
    return [found[question] for question in Question if question in found]


class Run:
    """The order of the parts, and what of them is already done."""

    def __init__(
        self,
        config: TrainingConfig,
        files: Files,
        work: Path,
        meter: Meter,
        *,
        with_folds: bool = True,
    ) -> None:
        """``with_folds``: complaints are learnt fold by fold too, which measures."""
        self._config = config
        self._files = files
        self._complaints = files.complaints.rows if files.complaints else ()
        self._work = work
        self._meter = meter
        self._texts = self._planned(with_folds=with_folds)
        meter.expect(self._texts)

    def begun(self, base: Path, *, device: str, threads: int) -> Trainee:
        """Learn all but complaints, taking up what is done already."""
        from bot.classify.trainee import Trainee

        config = self._config
        trainee = Trainee.start(
            base,
            self._files.heads,
            max_length=config.train_length,
            dropout=config.dropout,
            seed=config.seed,
            frozen_layers=config.base.frozen_layers,
            layers=config.base.layers,
            keeps=config.keep_weight > 0,
            device=device,
            threads=threads,
        )
        plan = self._plan(config.sentiment, config.seed)
        self._fit(trainee, self._all_but_complaints(), plan, "sentiment")
        return trainee

    def learnt(self, base: Path, *, device: str, threads: int) -> Trainee:
        """Learn all there is, with no fold of the complaints beside it."""
        trainee = self.begun(base, device=device, threads=threads)
        if self._config.complaint:
            self.round(trainee)
            self.finish(trainee)
        return trainee

    def skip(self) -> None:
        """All of it was done in an earlier run."""
        self._meter.passed(self._texts)

    def clear(self) -> None:
        """Remove what an interrupted run would go on from."""
        shutil.rmtree(self._work)

    def train(self, base: Path, *, device: str, threads: int) -> _Trained:
        """Train to the end, taking up what is done already."""
        trainee = self.begun(base, device=device, threads=threads)
        complaint_logits = self._learn_complaints(trainee)
        return _Trained(
            trainee=trainee,
            sentiment_logits=trainee.logits(
                texts_of(self._files.held_out), "sentiment"
            ),
            complaint_logits=complaint_logits,
            other_logits=[
                trainee.logits(texts_of(file), file.question)
                for file in _held_out(self._files)
            ],
        )

    def _learn_complaints(self, trainee: Trainee) -> list[list[float]]:
        """Return what each fold's model says of the complaints that it never saw."""
        stage = self._config.complaint
        if stage is None:
            return []
        self.round(trainee)
        found: list[list[float]] = [[]] * len(self._complaints)
        for fold, held_out in enumerate(self._folds(stage)):
            for i, row in zip(held_out, self.fold(trainee, fold), strict=True):
                found[i] = row
        self.finish(trainee)
        return found

    def round(self, trainee: Trainee) -> None:
        """Have what follows be learnt in eight bits, if the recipe asks for it."""
        if self._stage.rounded:
            trainee.round()

    def finish(self, trainee: Trainee) -> None:
        """Learn every complaint, with a share of all else."""
        stage = self._stage
        plan = self._plan(stage, self._config.seed)
        self._fit(trainee, self._mixed(stage, self._complaints), plan, "both")

    def fold(self, trainee: Trainee, fold: int) -> list[list[float]]:
        """Return what a twin says of a fold's complaints, none of which it learnt."""
        stage, name = self._stage, f"fold {fold + 1}"
        held_out = self._folds(stage)[fold]
        kept = self._work / f"{name}.json"
        plan = self._plan(stage, self._config.seed + fold + 1)
        out = set(held_out)
        rows = [row for i, row in enumerate(self._complaints) if i not in out]
        tasks = self._mixed(stage, rows, fold)
        if kept.is_file():
            self._meter.passed(plan.steps(tasks) * plan.batch_size)
            found: list[list[float]] = json.loads(kept.read_text(encoding="utf-8"))
            return found
        twin = trainee.twin()
        self._fit(twin, tasks, plan, name)
        found = twin.logits([self._complaints[i].text for i in held_out], "complaint")
        keep_whole(kept, found)
        (self._work / f"{name}.pt").unlink()
        return found

    def _fit(
        self, trainee: Trainee, tasks: Sequence[Task], plan: Plan, stage: str
    ) -> None:
        trainee.fit(
            tasks,
            plan,
            checkpoint=self._work / f"{stage}.pt",
            every=self._config.checkpoint_every,
            watch=self._meter.steps(stage, plan.batch_size),
        )
        self._meter.passed(plan.steps(tasks) * plan.batch_size)

    def _all_but_complaints(self) -> list[Task]:
        files = self._files
        return [
            task_of(files.sentiment, files.taught),
            *(
                replace(
                    task_of(one.rows, one.taught), rows_per_epoch=one.rows_per_epoch
                )
                for one in files.others
            ),
        ]

    def _mixed(
        self,
        stage: ComplaintStage,
        complaints: Sequence[Labelled],
        fold: int | None = None,
    ) -> list[Task]:
        """Return the complaints with a share of all else, which would be forgotten.

        Where a fold is left out, so is what teachers say who learnt its complaints.
        """
        count, files = len(complaints), self._files
        few = round(count * stage.others_share)
        sentiments = task_of(files.sentiment, files.taught, complaints=True, fold=fold)
        others = (
            task_of(one.rows, one.taught, complaints=True, fold=fold)
            for one in files.others
            if few
        )
        return [
            _rows_task(Question.COMPLAINT, complaints),
            replace(sentiments, rows_per_epoch=round(count * stage.sentiment_share)),
            *(replace(one, rows_per_epoch=few) for one in others),
        ]

    @property
    def _stage(self) -> ComplaintStage:
        assert self._config.complaint is not None  # noqa: S101 - whoever asks looked
        return self._config.complaint

    def _folds(self, stage: ComplaintStage) -> list[list[int]]:
        return folds_of(self._complaints, stage.folds)

    def _planned(self, *, with_folds: bool) -> int:
        config = self._config
        plan = self._plan(config.sentiment, 0)
        total = plan.steps(self._all_but_complaints()) * plan.batch_size
        if config.complaint is None:
            return total
        plan = self._plan(config.complaint, 0)
        every = len(self._complaints)
        folds = self._folds(config.complaint) if with_folds else []
        for size in [*(every - len(fold) for fold in folds), every]:
            tasks = self._mixed(config.complaint, self._complaints[:size])
            total += plan.steps(tasks) * plan.batch_size
        return total

    def _plan(self, stage: Stage, seed: int) -> Plan:
        return plan_of(self._config, stage, seed)


class Meter:
    """How far a run of several parts is, and how long the rest takes at its pace."""

    def __init__(self, watch: Watch) -> None:
        self._total = 0
        self._watch = watch
        self._seen = 0
        self._before = 0
        self._began = stopwatch()

    def expect(self, texts: int) -> None:
        """So many texts more are to be learnt, those that are done included."""
        self._total += texts

    def passed(self, texts: int) -> None:
        """A part ended, now or in an earlier run."""
        self._before += texts

    def steps(self, stage: str, batch_size: int) -> StepWatch:
        """Return what hears of a part's steps."""

        def watch(step: int, loss: float) -> None:
            self._seen += batch_size
            done = self._before + step * batch_size
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

        return watch


def keep_whole(path: Path, value: object) -> None:
    """Write JSON; a run that is stopped in the middle must not take half for whole."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(value), encoding="utf-8")
    partial.replace(path)


def plan_of(config: TrainingConfig, stage: Stage, seed: int) -> Plan:
    """Return how a recipe's stage moves the weights."""
    return Plan(
        seed=seed,
        teacher_weight=config.teacher.weight if config.teacher else 0.0,
        keep_weight=config.keep_weight,
        **stage.model_dump(include=set(Stage.model_fields)),
    )


def folds_of(rows: Sequence[Labelled], folds: int) -> list[list[int]]:
    """Return the rows of each fold, each with its share of every answer.

    They are the same whatever a recipe's seed, so that seeds can be compared and a
    student's folds are those of its teachers.
    """
    order = np.random.default_rng(DEALT).permutation(len(rows))
    dealt = sorted(map(int, order), key=lambda i: rows[i].answer)
    return [dealt[start::folds] for start in range(folds)]


def task_of(
    file: LabelledFile,
    taught: Answered | None,
    *,
    complaints: bool = False,
    fold: int | None = None,
) -> Task:
    """Return a file as something to learn, with what its teachers say.

    ``complaints``: with what they call complaints, but not by those who learnt
    those of the ``fold`` that is left out.
    """
    heads = {} if taught is None else taught.heads(fold, complaints=complaints)
    return replace(_rows_task(file.question, file.rows), taught=heads)


def _rows_task(question: Question, rows: Sequence[Labelled]) -> Task:
    return Task(
        name=question,
        texts=[row.text for row in rows],
        targets=[row.answer for row in rows],
    )


def texts_of(file: LabelledFile) -> list[str]:
    """Return a file's texts in order."""
    return [row.text for row in file.rows]


def temperature_of(logits: Sequence[Sequence[float]], rows: LabelledFile) -> float:
    """Return the temperature under which such outputs are best calibrated."""
    return calibration.temperature(logits, [row.answer for row in rows.rows])


def _holds_something(out: Path) -> bool:
    return not out.is_dir() or any(out.iterdir())


def as_found(config: TrainingConfig, data: Path) -> TrainingConfig:
    """Return the recipe with the hash of each data file that is here.

    What a recipe leaves unpinned is so on record with the model, and a run that was
    stopped does not go on with data that changed meanwhile.
    """

    def found(one: AnyFile) -> AnyFile:
        digest = manifest.pinned(data / one.file, one.sha256, "other data")
        return one.model_copy(update={"sha256": digest})

    def further(one: FurtherFile) -> FurtherFile:
        held_out = one.held_out and found(one.held_out)
        return found(one).model_copy(update={"held_out": held_out})

    chosen = config.data
    files = DataFiles(
        sentiment_train=found(chosen.sentiment_train),
        sentiment_held_out=found(chosen.sentiment_held_out),
        complaints=chosen.complaints and found(chosen.complaints),
        others=tuple(map(further, chosen.others)),
    )
    return config.model_copy(update={"data": files})


def files_of(config: TrainingConfig, data: Path, answers: Path | None) -> Files:
    """Read what a recipe names; ClassifyError where it is not what it pins."""
    taught: Mapping[str, Answered] = {}
    if config.teacher:
        if answers is None:
            raise ClassifyError("the recipe has a teacher; say where its answers lie")
        pinned = config.teacher.answers
        taught = teaching.read(answers / pinned.file, pinned.sha256)
        if config.complaint:
            teaching.check_folds(taught, config.complaint.folds)
    chosen = config.data
    train = _read(data, chosen.sentiment_train, Question.SENTIMENT)
    complaints = chosen.complaints
    return Files(
        sentiment=train,
        taught=_taught(taught, data, chosen.sentiment_train, train),
        held_out=_read(data, chosen.sentiment_held_out, Question.SENTIMENT),
        complaints=_read(data, complaints, Question.COMPLAINT) if complaints else None,
        others=tuple(_further(taught, data, one) for one in chosen.others),
    )


def _further(
    taught: Mapping[str, Answered], data: Path, wanted: FurtherFile
) -> _Further:
    rows = _read(data, wanted)
    held_out = wanted.held_out
    return _Further(
        rows=rows,
        held_out=_read(data, held_out, rows.question) if held_out else None,
        rows_per_epoch=wanted.rows_per_epoch,
        taught=_taught(taught, data, wanted, rows) if wanted.is_taught else None,
    )


def _taught(
    found: Mapping[str, Answered], data: Path, wanted: DataFile, rows: LabelledFile
) -> Answered | None:
    if not found:
        return None
    told = found.get(manifest.sha256(data / wanted.file))
    if told is None or len(told.sentiment) != len(rows.rows):
        raise ClassifyError(
            f"the teacher did not read {wanted.file} as it is here; let it read the "
            "recipe's data anew: bot model teach"
        )
    return told


def _read(
    data: Path, wanted: DataFile, question: Question | None = None
) -> LabelledFile:
    path = data / wanted.file
    manifest.pinned(path, wanted.sha256, "other data")
    found = labelled.read(path)
    if question and found.question is not question:
        raise ClassifyError(f"{path} holds {found.question} labels, not {question}")
    return found


def lessons(config: TrainingConfig, data: Path) -> dict[str, LabelledFile]:
    """Return the files that a teacher is to read for a recipe, by their SHA-256."""
    others = [one for one in config.data.others if one.is_taught]
    wanted = [config.data.sentiment_train, *others]
    return {manifest.sha256(data / one.file): _read(data, one) for one in wanted}


def work_folder(out: Path, config: TrainingConfig) -> Path:
    """Return where a run keeps what it goes on from; ClassifyError for another's."""
    work = out.with_name(f"{out.name}.training")
    marker = work / "recipe.sha256"
    if work.exists():
        begun = marker.read_text(encoding="utf-8") if marker.is_file() else ""
        if begun != config.fingerprint:
            message = f"{work} holds a run begun with another recipe or other data;"
            raise ClassifyError(f"{message} remove it or choose another folder")
        shutil.rmtree(work / "model", ignore_errors=True)
    else:
        work.mkdir(parents=True)
        marker.write_text(config.fingerprint, encoding="utf-8")
    return work


def _manifest(
    config: TrainingConfig,
    model: Path,
    heads: Mapping[str, tuple[str, ...]],
    temperatures: Mapping[str, float],
) -> manifest.Manifest:
    return manifest.Manifest(
        name=config.name,
        version=config.version,
        pooling="mean",
        max_length=config.read_length,
        cleaning=clean.VERSION,
        heads={
            name: manifest.Head(labels=labels, temperature=temperatures.get(name, 1.0))
            for name, labels in heads.items()
        },
        files={path.name: manifest.sha256(path) for path in sorted(model.iterdir())},
        facts={"recipe": config.model_dump(mode="json")},
    )


def _figures(
    sentiment: Evaluation, complaint: Evaluation | None, others: Sequence[Evaluation]
) -> dict[str, Any]:
    found = [sentiment, *([complaint] if complaint else []), *others]
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
        for evaluation in found
    }
