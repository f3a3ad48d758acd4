"""Weak labels of what answer an author waits for, made by rules from labelled texts.

Nobody labelled texts for it. What other labels and the house's own cues say of some
texts is said of those alone; the rest is left out, because a guess teaches guessing:

- a request to an assistant or a bank's desk (files of intents) is explicit, but what
  only tells what happened is left out;
- a text with a cue of ``asks`` is explicit where it speaks to somebody (a handle,
  "you", "please") or people call it a complaint; a question to nobody is left out;
- a text with a cue of ``demands``, that people call a complaint, or that they call
  negative and that calls somebody by name, is implicit;
- a text with a cue of ``reports``, or that people call no complaint, positive, neutral
  or of an emotion that asks for nothing, waits for none.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.classify import labelled, shots
from bot.classify.labelled import EMOTIONS, LabelledFile, Question
from bot.classify.scores import SENTIMENTS
from bot.errors import ClassifyError
from bot.escalate.cues import count_cues
from bot.escalate.scope import ASKS, DEMANDS, REPORTS

NONE, IMPLICIT, EXPLICIT = labelled.RESPONSES

MOST = 4_000
"""Texts of one file that get the same label; the rest adds little."""

_TO_SOMEBODY = re.compile(r"@\w|\b(?:you|your|u|ur|please|pls|plz)\b", re.IGNORECASE)
_TELLS = re.compile(
    r"(?:i|i'\w+|my|the|there|it|it'\w+|we|someone|this|that|an?|some|one|your?)\b",
    re.IGNORECASE,
)
_WANTS = re.compile(r"\b(?:need|want|like|help|wonder\w*)\b", re.IGNORECASE)
_UNASKING = {"neutral", "joy", "gratitude", "surprise"}

Cues = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weak:
    """A text with the answer that its author waits for, and the rule that says so."""

    text: str
    response: str
    rule: str


def make(paths: Sequence[Path], cues: Cues, *, most: int = MOST) -> list[Weak]:
    """Label what can be labelled; of each file at most so many with one label.

    Which ones does not depend on the order of lines. A text is taken once.
    ClassifyError for a file of no use here.
    """
    chosen: dict[str, Weak] = {}
    for path in paths:
        counts: Counter[str] = Counter()
        for one in sorted(_labelled(path, cues), key=lambda one: digest(one.text)):
            if counts[one.response] < most and one.text not in chosen:
                counts[one.response] += 1
                chosen[one.text] = one
    return list(chosen.values())


def write(path: Path, rows: Sequence[Weak]) -> None:
    """Write JSON lines as ``labelled`` reads them."""
    lines = (
        {"text": one.text, "response": one.response, "rule": one.rule} for one in rows
    )
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def digest(text: str) -> str:
    """Return what deals texts out, whatever file they stand in."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _labelled(path: Path, cues: Cues) -> Iterator[Weak]:
    try:
        found = labelled.read(path)
    except ClassifyError:
        for text in shots.read(path).texts:
            if is_request(text, cues):
                yield Weak(text=text, response=EXPLICIT, rule="request")
    else:
        yield from _by_rules(found, cues)


def is_request(text: str, cues: Cues) -> bool:
    """Whether a text of a file of intents asks; many only tell what happened."""
    asks = ASKS in count_cues(text, {ASKS: cues[ASKS]})
    return asks or not _TELLS.match(text) or bool(_WANTS.search(text))


def _by_rules(file: LabelledFile, cues: Cues) -> Iterator[Weak]:
    if file.question not in _SAYS_NOTHING_IS_WRONG:
        known = ", ".join(sorted(_SAYS_NOTHING_IS_WRONG))
        message = f"{file.name} holds {file.question}; weak labels come from files of"
        raise ClassifyError(f"{message} {known}, or of texts with their intent")
    for row in file.rows:
        label = file.question.labels[row.answer]
        is_complaint = file.question is Question.COMPLAINT and label == "yes"
        told = rule_of(
            count_cues(row.text, cues),
            is_to_somebody=bool(_TO_SOMEBODY.search(row.text)),
            is_complaint=is_complaint,
            is_grievance=label == "negative" and "@" in row.text,
            is_content=label in _SAYS_NOTHING_IS_WRONG[file.question],
        )
        if told is not None:
            yield Weak(text=row.text, response=told[0], rule=told[1])


def rule_of(
    cues: Mapping[str, int],
    *,
    is_to_somebody: bool,
    is_complaint: bool,
    is_grievance: bool,
    is_content: bool,
) -> tuple[str, str] | None:
    """Return the answer that is waited for and by which rule; ``None``: not known.

    ``is_grievance``: people call it negative, and somebody is called by name.
    ``is_content``: people saw nothing wrong in it.
    """
    if cues.get(ASKS):
        asked = is_to_somebody or is_complaint
        return (EXPLICIT, ASKS) if asked else None
    if cues.get(DEMANDS):
        return IMPLICIT, DEMANDS
    if is_complaint or is_grievance:
        return IMPLICIT, "complaint" if is_complaint else "grievance"
    if cues.get(REPORTS):
        return NONE, REPORTS
    return (NONE, "content") if is_content else None


_SAYS_NOTHING_IS_WRONG: Mapping[Question, frozenset[str]] = {
    Question.COMPLAINT: frozenset({"no"}),
    Question.SENTIMENT: frozenset(SENTIMENTS) - {"negative"},
    Question.EMOTION: frozenset(EMOTIONS) & _UNASKING,
}
