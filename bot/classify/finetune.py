"""Learn from corrections: go on from a model, and say whether the new one is worse.

Few texts teach quickly and make a model forget as quickly. So rows of the first
training are rehearsed with them, the rates are small, and old and new are measured side
by side on texts that neither learnt from.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from bot.classify import calibration, clean, labelled, manifest, weights
from bot.classify.evaluation import (
    Evaluation,
    Paired,
    measure,
    paired,
    probabilities,
)
from bot.classify.labelled import LabelledFile, Question
from bot.classify.plan import Plan, Task
from bot.classify.reading import facts_of
from bot.classify.recipe import DataFile, Stage
from bot.clock import stopwatch
from bot.documents import read_document
from bot.domain.mentions import text_hash
from bot.errors import ClassifyError

if TYPE_CHECKING:
    from bot.classify.trainee import Trainee

FACT = "finetuned"
"""Where a manifest's facts say what was learnt from corrections."""

MEASURED = (
    Question.SENTIMENT,
    Question.COMPLAINT,
    Question.IRONY,
    Question.HATE,
    Question.OFFENSIVE,
    Question.RESPONSE,
)
"""The questions that decisions rest on, each where the model has a head for it.

All heads read the one encoder that learning moves, also those that nobody corrects:
what nobody measured is not put in force.
"""

_COUNT = re.compile(r"\.c\d+$")


class Finetuning(Stage):
    """The recipe of learning from corrections."""

    seed: int = Field(ge=0)
    dropout: float = Field(ge=0, lt=1)
    train_length: int = Field(ge=8, le=512)
    least: int = Field(ge=1)
    """Corrected texts; fewer teach nothing but themselves."""
    rehearsal: tuple[DataFile, ...] = ()
    """Files of the first training, below the data folder, of any question.

    One of a question for which the model has no head is passed over.
    """
    rehearsal_rows: int = Field(ge=1)
    """Rows of each of them for each corrected text, drawn afresh each epoch."""
    tolerance: float = Field(ge=0, lt=1)
    """By how much macro-recall may be lower before the new model counts as worse."""
    calibration_error: float = Field(gt=0, lt=1)
    """From where on a calibration error that grew makes it worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One correction as a text with its answer."""

    correction: int
    question: Question
    text: str
    answer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The version in force and the new one on one held-out file."""

    before: Evaluation
    after: Evaluation
    paired: Paired
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came out; ``worse`` says why it must not be put in force."""

    out: Path
    model_id: str
    base_id: str
    corrections: int
    left_out: int
    """Corrections of texts that stand in a held-out file."""
    trials: tuple[Trial, ...]
    worse: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands, in texts learnt from."""

    done: int
    total: int
    loss: float
    remaining: timedelta


Watch = Callable[[Progress], None]


def load(path: Path) -> Finetuning:
    """Read a recipe; what is wrong with it is a SettingsError with line and key."""
    document = read_document(path)
    return document.validated(Finetuning, document.data)


def finetune(  # noqa: PLR0913 - a use case's own inputs, all by keyword
    config: Finetuning,
    lessons: Sequence[Lesson],
    *,
    base: Path,
    held_out: Sequence[Path],
    out: Path,
    data: Path | None = None,
    progress: Watch = lambda _: None,
    device: str = "auto",
    threads: int = 1,
    overwrite: bool = False,
) -> Report:
    """Go on from ``base`` with the corrections, and measure both on the same files.

    Refused with ClassifyError: a base that is no checkpoint of ours, too few
    corrections, none or several held-out files of a question, other rehearsal data than
    the recipe pins, an ``out`` that holds something.
    """
    _check_place(out, base, overwrite=overwrite)
    facts = _ours(base)
    files = _held_out(held_out, facts)
    used = _apart(lessons, files.values(), facts)
    texts = {one.text for one in used}
    if len(texts) < config.least:
        message = f"{len(texts)} corrected texts are too few to learn from"
        raise ClassifyError(f"{message}; the recipe asks for {config.least}")
    rehearsal = {} if data is None else _rehearsal(config, data, files.values(), facts)
    work = out.with_name(f"{out.name}.finetuning")
    shutil.rmtree(work, ignore_errors=True)
    trainee = _take_up(config, base, facts, device=device, threads=threads)
    _fit(trainee, config, _tasks(config, used, rehearsal), work / "state.pt", progress)
    model = work / "model"
    trainee.save(model)
    described = _manifest(facts, model, _temperatures(trainee, files), len(used))
    manifest.write(model, described)
    trials = tuple(_trials(base, model, files, device=device))
    worse = tuple(_worse(config, facts, trials))
    learnt = _learnt(config, facts, used, rehearsal, trials, worse)
    manifest.write(model, replace(described, facts={**described.facts, FACT: learnt}))
    if out.exists():
        shutil.rmtree(out)
    model.rename(out)
    shutil.rmtree(work)
    return Report(
        out=out,
        model_id=described.model_id,
        base_id=facts.model_id,
        corrections=len(used),
        left_out=len(lessons) - len(used),
        trials=trials,
        worse=worse,
    )


def _take_up(
    config: Finetuning,
    base: Path,
    facts: manifest.Manifest,
    *,
    device: str,
    threads: int,
) -> Trainee:
    from bot.classify.trainee import Trainee

    trainee = Trainee.take_up(
        base,
        max_length=config.train_length,
        dropout=config.dropout,
        seed=config.seed,
        device=device,
        threads=threads,
    )
    if _is_rounded(facts):
        trainee.round()
    return trainee


def _temperatures(
    trainee: Trainee, files: Mapping[Path, LabelledFile]
) -> dict[str, float]:
    return {
        file.question.value: calibration.temperature(
            trainee.logits([row.text for row in file.rows], file.question.value),
            [row.answer for row in file.rows],
        )
        for file in files.values()
    }


# -- what is learnt and measured on -----------------------------------------------


def _check_place(out: Path, base: Path, *, overwrite: bool) -> None:
    if out.resolve() == base.resolve():
        raise ClassifyError(f"{out} is what is learnt on from; choose another folder")
    is_replaced = overwrite and out.is_dir()
    if out.exists() and not is_replaced and (out.is_file() or any(out.iterdir())):
        raise ClassifyError(f"{out} is not empty; choose another folder for the model")


def _ours(base: Path) -> manifest.Manifest:
    if not manifest.is_ours(base):
        message = f"{base} is no checkpoint of ours; only those learn further"
        raise ClassifyError(message)
    return facts_of(base)


def _held_out(
    paths: Sequence[Path], facts: manifest.Manifest
) -> dict[Path, LabelledFile]:
    files = {path: labelled.read(path) for path in paths}
    questions = [file.question for file in files.values()]
    if not questions or len(set(questions)) < len(questions):
        raise ClassifyError("name one held-out file for each question to be measured")
    for path, file in files.items():
        if file.question not in facts.heads:
            message = f"{facts.model_id} has no {file.question} head"
            raise ClassifyError(f"{message} to be measured on {path}")
    return files


def _same(text: str) -> str:
    """Return what makes two texts the same to a model."""
    return clean.clean(text, limit=clean.READ_AT_MOST)[0].casefold()


def _apart(
    lessons: Sequence[Lesson],
    files: Iterable[LabelledFile],
    facts: manifest.Manifest,
) -> list[Lesson]:
    """Leave out texts that are measured on, and tags for which there is no head."""
    measured = {_same(row.text) for file in files for row in file.rows}
    return [
        one
        for one in lessons
        if one.question in facts.heads and _same(one.text) not in measured
    ]


def _rehearsal(
    config: Finetuning,
    data: Path,
    files: Iterable[LabelledFile],
    facts: manifest.Manifest,
) -> dict[str, tuple[str, LabelledFile]]:
    """Return each file by its name, with its hash, without what is measured on."""
    measured = {_same(row.text) for file in files for row in file.rows}
    found = {}
    for wanted in config.rehearsal:
        digest = manifest.pinned(data / wanted.file, wanted.sha256, "other data")
        file = labelled.read(data / wanted.file)
        if file.question in facts.heads:
            rows = tuple(row for row in file.rows if _same(row.text) not in measured)
            found[wanted.file] = (digest, replace(file, rows=rows))
    return found


def _tasks(
    config: Finetuning,
    lessons: Sequence[Lesson],
    rehearsal: Mapping[str, tuple[str, LabelledFile]],
) -> list[Task]:
    corrected = [
        Task(
            name=question.value,
            texts=[one.text for one in lessons if one.question is question],
            targets=[one.answer for one in lessons if one.question is question],
        )
        for question in Question
        if any(one.question is question for one in lessons)
    ]
    return corrected + [
        Task(
            name=file.question.value,
            texts=[row.text for row in file.rows],
            targets=[row.answer for row in file.rows],
            rows_per_epoch=config.rehearsal_rows * len(lessons),
        )
        for _, file in rehearsal.values()
    ]


def _is_rounded(facts: manifest.Manifest) -> bool:
    """Whether the base has learnt to be rounded, which it must not unlearn."""
    stage = facts.facts.get("recipe", {}).get("complaint") or {}
    return bool(stage.get("rounded"))


def _fit(
    trainee: Trainee,
    config: Finetuning,
    tasks: Sequence[Task],
    checkpoint: Path,
    progress: Watch,
) -> None:
    plan = Plan(seed=config.seed, **config.model_dump(include=set(Stage.model_fields)))
    total, began = plan.steps(tasks), stopwatch()

    def watch(step: int, loss: float) -> None:
        pace = (stopwatch() - began) / step
        progress(
            Progress(
                done=step * plan.batch_size,
                total=total * plan.batch_size,
                loss=loss,
                remaining=timedelta(seconds=pace * (total - step)),
            )
        )

    trainee.fit(tasks, plan, checkpoint=checkpoint, every=total, watch=watch)


# -- old and new, side by side ------------------------------------------------------


def _trials(
    base: Path, model: Path, files: Mapping[Path, LabelledFile], *, device: str
) -> Iterator[Trial]:
    from bot.classify.encoder import Encoder

    old, new = (Encoder.load(one, device=device) for one in (base, model))
    for path, file in files.items():
        first, second = probabilities(old, file), probabilities(new, file)
        yield Trial(
            before=measure(file, first, model_id=old.model_id),
            after=measure(file, second, model_id=new.model_id),
            paired=paired(file, first, second),
            sha256=manifest.sha256(path),
        )


def _worse(
    config: Finetuning, facts: manifest.Manifest, trials: Sequence[Trial]
) -> Iterator[str]:
    measured = {one.after.question for one in trials}
    for question in MEASURED:
        if question in facts.heads and question not in measured:
            yield f"{question} was not measured: give a held-out file for it"
    for one in trials:
        question, old, new = one.after.question, one.before, one.after
        if new.macro_recall.value < old.macro_recall.value - config.tolerance:
            yield (
                f"{question}: macro-recall {new.macro_recall.value:.2%} is lower than "
                f"{old.macro_recall.value:.2%} of the version in force"
            )
        most = max(config.calibration_error, old.calibration_error)
        if new.calibration_error > most:
            yield (
                f"{question}: calibration error {new.calibration_error:.3f} is over "
                f"{most:.3f}"
            )


# -- what the new folder says of itself ---------------------------------------------


def _manifest(
    facts: manifest.Manifest, model: Path, fitted: Mapping[str, float], count: int
) -> manifest.Manifest:
    heads = {
        name: replace(head, temperature=fitted.get(name, head.temperature))
        for name, head in facts.heads.items()
    }
    # What eight bits cost the base says nothing of weights that have moved since.
    kept = {name: told for name, told in facts.facts.items() if name != weights.INT8}
    return replace(
        facts,
        version=f"{_COUNT.sub('', facts.version)}.c{count}",
        weights=manifest.FP16,
        facts=kept,
        heads=heads,
        files={path.name: manifest.sha256(path) for path in sorted(model.iterdir())},
    )


def _learnt(
    config: Finetuning,
    facts: manifest.Manifest,
    lessons: Sequence[Lesson],
    rehearsal: Mapping[str, tuple[str, LabelledFile]],
    trials: Sequence[Trial],
    worse: Sequence[str],
) -> dict[str, Any]:
    return {
        "from": facts.model_id,
        "recipe": config.model_dump(mode="json"),
        "corrections": [one.correction for one in lessons],
        "corrections_sha256": digest(lessons),
        "rehearsal": {name: sha256 for name, (sha256, _) in rehearsal.items()},
        "trials": [trial_facts(one) for one in trials],
        "worse": list(worse),
    }


def digest(lessons: Sequence[Lesson]) -> str:
    """Return one hash of what was learnt: which corrections, of what, to what."""
    lines = sorted(
        f"{one.correction} {one.question} {one.answer} {text_hash(one.text)}\n"
        for one in lessons
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def trial_facts(one: Trial) -> dict[str, Any]:
    """Return one trial in figures that people read."""
    return {
        "question": one.after.question.value,
        "file": one.after.file,
        "sha256": one.sha256,
        "texts": one.after.texts,
        "macro_recall": {
            "before": str(one.before.macro_recall),
            "after": str(one.after.macro_recall),
            "difference": str(one.paired),
        },
        "calibration_error": {
            "before": round(one.before.calibration_error, 4),
            "after": round(one.after.calibration_error, 4),
        },
        "gained": one.paired.gained,
        "lost": one.paired.lost,
    }
