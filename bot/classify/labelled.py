"""Texts with the answers that people gave, read from JSON lines.

Three layouts, told apart by their keys: ``{text, label}``, ``{text, complaint}`` and
``{text, sentiment, sentiment_confidence}``; ``brand``, ``airline`` or ``domain`` may
say what a text is about. What cannot be read is set aside with
its line number and a reason; the rest goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.classify.scores import SENTIMENTS
from bot.errors import ClassifyError, Missing

GROUPS = ("brand", "airline", "domain")
"""The keys that say what a text is about, the first of them that is there."""

COMPLAINTS = ("no", "yes")
"""The complaint head's labels."""


class Question(StrEnum):
    """What the people were asked."""

    SENTIMENT = "sentiment"
    COMPLAINT = "complaint"

    @property
    def labels(self) -> tuple[str, ...]:
        """The possible answers, in the order of their indices."""
        return SENTIMENTS if self is Question.SENTIMENT else COMPLAINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One text and the index of its answer among the question's labels."""

    text: str
    answer: int
    confidence: float | None = None
    """Share of the people who gave this answer, where the file says so."""
    group: str = ""
    """The brand or trade that it is about, where the file says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFile:
    """One file's texts, all answering one question."""

    name: str
    question: Question
    rows: tuple[Labelled, ...]
    skipped: tuple[str, ...] = ()
    """``line N: reason`` for each line set aside."""


def read(path: Path) -> LabelledFile:
    """Read a file.

    Raises ``Missing`` where there is none, and ``ClassifyError`` for an empty one or
    one of several questions.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            found = list(_lines(lines))
    except OSError as error:
        raise Missing(f"{path} cannot be read: {error.strerror}") from error
    questions = {question for question, _, _ in found if question}
    if len(questions) != 1:
        asked = " and ".join(sorted(questions)) or "nothing that can be evaluated"
        raise ClassifyError(f"{path} holds {asked}; one question a file, JSON lines")
    return LabelledFile(
        name=path.name,
        question=questions.pop(),
        rows=tuple(row for _, row, _ in found if row),
        skipped=tuple(reason for _, _, reason in found if reason),
    )


def _lines(
    lines: Iterable[str],
) -> Iterable[tuple[Question | None, Labelled | None, str]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            question, row = _row(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            reason = " ".join(map(str, error.args)) or type(error).__name__
            yield None, None, f"line {number}: {reason}"
        else:
            yield question, row, ""


def _row(found: object) -> tuple[Question, Labelled]:
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        message = "no text"
        raise TypeError(message)
    text = found["text"]
    group = next((str(found[key]) for key in GROUPS if found.get(key)), "")
    if isinstance(found.get("complaint"), bool):
        answer = int(found["complaint"])
        return Question.COMPLAINT, Labelled(text=text, answer=answer, group=group)
    label = found.get("label", found.get("sentiment"))
    if label not in SENTIMENTS:
        message = f"neither complaint true or false nor one of {', '.join(SENTIMENTS)}"
        raise ValueError(message)
    sure = found.get("sentiment_confidence")
    return Question.SENTIMENT, Labelled(
        text=text,
        answer=SENTIMENTS.index(label),
        confidence=float(sure) if isinstance(sure, int | float) else None,
        group=group,
    )
