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

from bot.classify import calibration, manifest, teaching
from bot.classify.evaluation import Estimate, Evaluation, measure
from bot.classify.labelled import LabelledFile, Question
from bot.classify.recipe import TrainingConfig
from bot.classify.teaching import Answered
from bot.classify.training import (
    Meter,
    Run,
    Watch,
    as_found,
    files_of,
    folds_of,
    keep_whole,
    lessons,
    temperature_of,
    texts_of,
    work_folder,
)

Logits = list[list[float]]
Asked = tuple[Sequence[Question], Sequence[str]]
Said = Mapping[str, Mapping[str, Logits]]
"""What was asked -> head -> the raw outputs, text by text."""

FOLD, HELD_OUT, COMPLAINTS = "fold", "held_out", "complaints"
SENTIMENT, COMPLAINT = Question.SENTIMENT.value, Question.COMPLAINT.value

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
    together: Evaluation
    """On the held-out file: the mean of what the folds' models say."""
    complaint: Evaluation | None = None
    """As ``folds``, where the models learnt complaints too."""

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
    taught: Path | None = None,
) -> CrossValidation:
    """Learn the sentiment part of a recipe once a fold; take up an interrupted run.

    The other questions are left out: they take two fifths of the time and answer
    nothing here. A teacher's answers to the texts learnt from are used as the recipe
    says. ``work`` keeps each fold's answers, so that the same command shows them again.
    ClassifyError where base weights or data are not those that the recipe pins.

    With ``taught``, a file that is written, the models are teachers: each learns every
    question of the recipe, but not its fold of the sentiments and of the complaints,
    and what they say of the recipe's texts is what a student can learn from.
    """
    manifest.pinned(base / manifest.WEIGHTS, config.base.sha256, "other base weights")
    config = as_found(config, data)
    course = Course(config, data, answers, folds, is_taught=taught is not None)
    folder, meter = work_folder(work, config), Meter(progress or (lambda _: None))
    parts = [course.part(fold, folder, meter) for fold in range(folds)]
    found = [part.found(base, device=device, threads=threads) for part in parts]
    if taught:
        teaching.write(taught, course.answered(found), course.names)
    return course.measured(found)


class Course:
    """A recipe that is learnt once for each fold."""

    def __init__(
        self,
        config: TrainingConfig,
        data: Path,
        answers: Path | None,
        folds: int,
        *,
        is_taught: bool,
    ) -> None:
        """``is_taught``: by models that learn every question and answer as teachers."""
        files = files_of(config, data, answers)
        self._lessons = lessons(config, data) if is_taught else {}
        self._train = manifest.sha256(data / config.data.sentiment_train.file)
        if not is_taught:
            config = config.model_copy(update={"complaint": None})
            files = replace(files, complaints=None, others=())
        self._config, self._files, self._folds = config, files, folds
        self._sentiments = folds_of(files.sentiment.rows, folds)
        self._complaints = folds_of(
            files.complaints.rows if files.complaints else (), folds
        )

    @property
    def names(self) -> list[str]:
        """What the models are called in a file of their answers."""
        name = f"{self._config.name}-{self._config.version}"
        return [f"{name}/{fold + 1}-of-{self._folds}" for fold in range(self._folds)]

    def part(self, fold: int, folder: Path, meter: Meter) -> Part:
        """Return what is to be done for one fold."""
        files = self._files
        left_out = (self._sentiments[fold], self._complaints[fold])
        name = f"{'teacher' if self._lessons else 'fold'} {fold + 1} of {self._folds}"
        seed = self._config.seed + fold + 1
        run = Run(
            self._config.model_copy(update={"seed": seed}),
            files.without(*left_out),
            folder / name,
            meter,
            with_folds=False,
        )
        asked: dict[str, Asked] = {
            FOLD: ([Question.SENTIMENT], _some(files.sentiment, left_out[0])),
            HELD_OUT: ([Question.SENTIMENT], texts_of(files.held_out)),
        }
        heads = [Question.SENTIMENT]
        if files.complaints:
            asked[COMPLAINTS] = (
                [Question.COMPLAINT],
                _some(files.complaints, left_out[1]),
            )
            heads.append(Question.COMPLAINT)
        for digest, file in self._lessons.items():
            asked[digest] = (heads, texts_of(file))
        return Part(kept=folder / f"{name}.json", run=run, asked=asked)

    def answered(self, found: Sequence[Said]) -> dict[str, Answered]:
        """Return what the folds' models say as teachers, file by file.

        What sentiment a text has that people answered for says the one model that did
        not learn it; of other texts all models say it, and their mean is taken.
        """
        told = {}
        for digest in self._lessons:
            each = [calibration.softmax(one[digest][SENTIMENT]) for one in found]
            sentiment = np.mean(each, axis=0)
            if digest == self._train:
                for rows, said in zip(self._sentiments, each, strict=True):
                    sentiment[rows] = said[rows]
            complaint = [
                calibration.softmax(one[digest][COMPLAINT])[:, 1]
                for one in found
                if COMPLAINT in one[digest]
            ]
            told[digest] = Answered(
                sentiment=sentiment.astype(np.float32),
                complaint=np.stack(complaint, axis=1).astype(np.float32)
                if complaint
                else None,
            )
        return told

    def measured(self, found: Sequence[Said]) -> CrossValidation:
        """Compare what was said with what people say."""
        train, held_out = self._files.sentiment, self._files.held_out
        name = f"{self._folds}-fold cross-validation"
        seen = [one[HELD_OUT][SENTIMENT] for one in found]
        complaint = None
        if self._files.complaints:
            said = [one[COMPLAINTS][COMPLAINT] for one in found]
            complaint = _of_all(self._files.complaints, self._complaints, said, name)
        said = [one[FOLD][SENTIMENT] for one in found]
        return CrossValidation(
            folds=_of_all(train, self._sentiments, said, name),
            fold_recalls=tuple(
                macro_recall([train.rows[i].answer for i in rows], one)
                for rows, one in zip(self._sentiments, said, strict=True)
            ),
            held_out_recalls=tuple(
                macro_recall([row.answer for row in held_out.rows], one) for one in seen
            ),
            together=measure(
                held_out, np.mean([*map(calibration.softmax, seen)], 0), model_id=name
            ),
            complaint=complaint,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One fold: what its model learns, and what it is asked then."""

    kept: Path
    run: Run
    asked: Mapping[str, Asked]

    def found(self, base: Path, *, device: str, threads: int) -> Said:
        """Return the model's raw outputs, from an earlier run if there are any."""
        if self.kept.is_file():
            self.run.skip()
        else:
            trainee = self.run.learnt(base, device=device, threads=threads)
            said = {
                key: trainee.answers(texts, heads)
                for key, (heads, texts) in self.asked.items()
            }
            keep_whole(self.kept, said)
            self.run.clear()
        found: Said = json.loads(self.kept.read_text(encoding="utf-8"))
        return found


def _some(file: LabelledFile, rows: Sequence[int]) -> list[str]:
    return [file.rows[i].text for i in rows]


def _of_all(
    file: LabelledFile,
    dealt: Sequence[Sequence[int]],
    said: Sequence[Logits],
    name: str,
) -> Evaluation:
    """Measure what each fold's model said of the texts that it did not learn."""
    whole: Logits = [[]] * len(file.rows)
    for rows, one in zip(dealt, said, strict=True):
        for i, row in zip(rows, one, strict=True):
            whole[i] = row
    found = calibration.softmax(whole, temperature_of(whole, file))
    return measure(file, found, model_id=name)


def macro_recall(truth: Sequence[int], logits: Logits) -> float:
    """Return the mean of each answer's recall, 0 to 1, over the answers there are."""
    people, model = np.asarray(truth), np.asarray(logits).argmax(axis=1)
    return float(np.mean([np.mean(model[people == one] == one) for one in set(truth)]))
