"""A teacher's answers: read once by a larger model, learnt from by smaller ones.

The file holds numbers alone, no text: for each data file, by its SHA-256, what the
teacher says of each of its rows' sentiment. So whoever has the data can train the
student without the days that the teacher takes.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.classify import manifest
from bot.classify.evaluation import Scorer
from bot.classify.labelled import LabelledFile
from bot.classify.scores import SENTIMENTS
from bot.errors import ClassifyError

if TYPE_CHECKING:
    from bot.classify.plan import Shares

STEPS = 255
"""A probability is kept as so many parts of one: a byte."""

_AT_A_TIME = 256
_TEACHERS = "teachers"

Watch = Callable[[int, int], None]
"""Told texts read so far and their total."""


def answers(
    teachers: Sequence[Scorer], files: Mapping[str, LabelledFile], watch: Watch
) -> dict[str, Shares]:
    """Return the mean of the teachers' sentiments (rows x labels), file by file.

    ``files``: SHA-256 -> the file's rows.
    """
    total = len(teachers) * sum(len(file.rows) for file in files.values())
    done = 0
    found: dict[str, Shares] = {}
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
        found[digest] = sums / np.float32(len(teachers))
    return found


def write(path: Path, found: Mapping[str, Shares], teachers: Sequence[str]) -> None:
    """Write answers and the model ids of who gave them."""
    arrays: dict[str, Any] = {
        digest: np.round(shares * STEPS).astype(np.uint8)
        for digest, shares in found.items()
    }
    arrays[_TEACHERS] = np.array(json.dumps(list(teachers)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read(path: Path, sha256: str | None) -> dict[str, Shares]:
    """Return a file's answers; ClassifyError if it is not the pinned one."""
    manifest.pinned(path, sha256, "other answers")
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {
                name: stored[name].astype(np.float32) / STEPS
                for name in stored.files
                if name != _TEACHERS
            }
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ClassifyError(f"{path} holds no teacher's answers: {error}") from error
