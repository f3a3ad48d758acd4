"""A teacher's answers: read once by larger models, learnt from by smaller ones.

The file holds numbers alone, no text: for each data file, by its SHA-256, what the
teachers say of each of its rows: their sentiment, and where they learnt complaints
fold by fold whether each of them calls it one. So whoever has the data can train the
student without the time that the teachers take.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.classify import manifest
from bot.classify.evaluation import Scorer
from bot.classify.labelled import LabelledFile, Question
from bot.classify.scores import SENTIMENTS
from bot.errors import ClassifyError

if TYPE_CHECKING:
    from bot.classify.plan import Shares

STEPS = 255
"""A probability is kept as so many parts of one: a byte."""

_AT_A_TIME = 256
_TEACHERS = "teachers"
_COMPLAINT = ".complaint"

Watch = Callable[[int, int], None]
"""Told texts read so far and their total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What teachers say of one file's texts, in their order."""

    sentiment: Shares
    """Texts x labels."""
    complaint: Shares | None = None
    """Texts x folds: the probability that it is one, by the teacher that learnt every
    complaint but that fold's."""

    def without(self, rows: Sequence[int]) -> Answered:
        """Return what is left without some texts."""
        complaint = self.complaint
        return Answered(
            sentiment=np.delete(self.sentiment, rows, axis=0),
            complaint=None if complaint is None else np.delete(complaint, rows, axis=0),
        )

    def heads(self, fold: int | None, *, complaints: bool) -> dict[str, Shares]:
        """Return what a student learns that leaves a fold of complaints out, or none.

        ``complaints``: what is a complaint as well, if the teachers know.
        """
        found: dict[str, Shares] = {Question.SENTIMENT: self.sentiment}
        if complaints and self.complaint is not None:
            of_all = fold is None
            yes = self.complaint.mean(axis=1) if of_all else self.complaint[:, fold]
            found[Question.COMPLAINT] = np.stack([1 - yes, yes], axis=1)
        return found


def answers(
    teachers: Sequence[Scorer], files: Mapping[str, LabelledFile], watch: Watch
) -> dict[str, Answered]:
    """Return the mean of the teachers' sentiments, file by file.

    ``files``: SHA-256 -> the file's rows.
    """
    total = len(teachers) * sum(len(file.rows) for file in files.values())
    done = 0
    found: dict[str, Answered] = {}
    for digest, file in files.items():
        texts = [row.text for row in file.rows]
        sums = np.zeros((len(texts), len(SENTIMENTS)), dtype=np.float32)
        for teacher in teachers:
            for start in range(0, len(texts), _AT_A_TIME):
                part = texts[start : start + _AT_A_TIME]
                scored = teacher.score(part)
                rows = [[one.sentiment[name] for name in SENTIMENTS] for one in scored]
                sums[start : start + len(part)] += np.asarray(rows, dtype=np.float32)
                done += len(part)
                watch(done, total)
        found[digest] = Answered(sentiment=sums / np.float32(len(teachers)))
    return found


def write(path: Path, found: Mapping[str, Answered], teachers: Sequence[str]) -> None:
    """Write answers and the model ids of who gave them."""
    arrays: dict[str, Any] = {}
    for digest, told in found.items():
        arrays[digest] = _bytes(told.sentiment)
        if told.complaint is not None:
            arrays[digest + _COMPLAINT] = _bytes(told.complaint)
    arrays[_TEACHERS] = np.array(json.dumps(list(teachers)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _bytes(shares: Shares) -> Any:  # noqa: ANN401 - an array of bytes
    return np.round(shares * STEPS).astype(np.uint8)


def read(path: Path, sha256: str | None) -> dict[str, Answered]:
    """Return a file's answers; ClassifyError if it is not the pinned one."""
    manifest.pinned(path, sha256, "other answers")
    try:
        with np.load(path, allow_pickle=False) as stored:
            shares = {
                name: stored[name].astype(np.float32) / STEPS
                for name in stored.files
                if name != _TEACHERS
            }
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ClassifyError(f"{path} holds no teacher's answers: {error}") from error
    return {
        name: Answered(sentiment=rows, complaint=shares.get(name + _COMPLAINT))
        for name, rows in shares.items()
        if not name.endswith(_COMPLAINT)
    }


def check_folds(found: Mapping[str, Answered], folds: int) -> None:
    """Refuse answers by teachers who dealt the complaints into other folds.

    A student would be measured on what its teacher had learnt by heart.
    """
    for told in found.values():
        if told.complaint is not None and told.complaint.shape[1] != folds:
            message = f"the teachers learnt complaints in {told.complaint.shape[1]}"
            raise ClassifyError(f"{message} folds, the recipe asks for {folds}")
