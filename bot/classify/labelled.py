"""Texts with the answers that people gave, read from JSON lines.

Five layouts, told apart by their keys: ``{text, label}``, ``{text, complaint}``,
``{text, response}``, ``{text, sentiment, sentiment_confidence}`` and ``{text, labels}``
with GoEmotions' numbers; ``brand``, ``airline`` or ``domain`` may say what a text is
about. What cannot be read is set aside with its line number and a reason; the rest goes
on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.classify.scores import SENTIMENTS
from bot.errors import ClassifyError, Missing

GROUPS = ("brand", "airline", "domain")
"""The keys that say what a text is about, the first of them that is there."""

NO_YES = ("no", "yes")
"""The labels of every head that answers whether."""


class Question(StrEnum):
    """What the people were asked; each is a head of the model."""

    SENTIMENT = "sentiment"
    COMPLAINT = "complaint"
    EMOTION = "emotion"
    OFFENSIVE = "offensive"
    HATE = "hate"
    IRONY = "irony"
    RESPONSE = "response"

    @property
    def labels(self) -> tuple[str, ...]:
        """The possible answers, in the order of their indices."""
        return _CHOICES.get(self, NO_YES)


EMOTIONS: Mapping[str, tuple[str, ...]] = {
    "anger": ("anger", "annoyance", "disapproval", "disgust"),
    "disappointment": ("disappointment",),
    "sadness": ("sadness", "grief", "remorse", "embarrassment"),
    "fear": ("fear", "nervousness"),
    "confusion": ("confusion", "curiosity"),
    "surprise": ("surprise", "realization"),
    "gratitude": ("gratitude",),
    "joy": (
        "admiration",
        "amusement",
        "approval",
        "caring",
        "desire",
        "excitement",
        "joy",
        "love",
        "optimism",
        "pride",
        "relief",
    ),
    "neutral": ("neutral",),
}
"""The emotion head's labels and what of GoEmotions each holds (Demszky et al. 2020,
grouped after Ekman as there; what an agent answers differently stands alone)."""

RESPONSES = ("none", "implicit", "explicit")
"""What answer the author waits for (RG 271.30)."""

_CHOICES: Mapping[Question, tuple[str, ...]] = {
    Question.SENTIMENT: SENTIMENTS,
    Question.EMOTION: tuple(EMOTIONS),
    Question.RESPONSE: RESPONSES,
}

_FINE = tuple(
    sorted({fine for many in EMOTIONS.values() for fine in many} - {"neutral"})
)
_GO_EMOTIONS = (*_FINE, "neutral")
"""GoEmotions' numbering: by the alphabet, neutral last."""

_COARSE = {fine: index for index, many in enumerate(EMOTIONS.values()) for fine in many}
_LABELS = {
    **{label: (Question.SENTIMENT, i) for i, label in enumerate(SENTIMENTS)},
    "irony": (Question.IRONY, 1),
    "non_irony": (Question.IRONY, 0),
    "offensive": (Question.OFFENSIVE, 1),
    "not-offensive": (Question.OFFENSIVE, 0),
    "hate": (Question.HATE, 1),
    "not-hate": (Question.HATE, 0),
    **{
        label: (Question.EMOTION, _COARSE[label])
        for label in ("anger", "joy", "optimism", "sadness")
    },
}
"""What a ``label`` answers (TweetEval's names)."""


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
    if isinstance(found.get("labels"), list):
        return Question.EMOTION, Labelled(text=text, answer=_emotion(found["labels"]))
    if found.get("response") in RESPONSES:
        answer = RESPONSES.index(found["response"])
        return Question.RESPONSE, Labelled(text=text, answer=answer, group=group)
    label = found.get("label", found.get("sentiment"))
    if label not in _LABELS:
        message = f"neither complaint true or false nor one of {', '.join(_LABELS)}"
        raise ValueError(message)
    question, answer = _LABELS[label]
    sure = found.get("sentiment_confidence")
    return question, Labelled(
        text=text,
        answer=answer,
        confidence=float(sure) if isinstance(sure, int | float) else None,
        group=group,
    )


def _emotion(numbers: list[int]) -> int:
    """Return the one emotion that people saw; neutral beside it is none."""
    if not all(number in range(len(_GO_EMOTIONS)) for number in numbers):
        message = f"emotions are numbers from 0 to {len(_GO_EMOTIONS) - 1}"
        raise ValueError(message)
    seen = {_GO_EMOTIONS[number] for number in numbers}
    coarse = {_COARSE[fine] for fine in (seen - {"neutral"} or seen)}
    if len(coarse) != 1:
        message = "several emotions, or none"
        raise ValueError(message)
    return coarse.pop()
