"""What people say of tags that models got wrong: all is kept, the last one holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.mentions import MentionId
from bot.domain.tags import Sentiment, Tags

CorrectionId = NewType("CorrectionId", int)

YES, NO = "yes", "no"


class TagKind(StrEnum):
    """Which of a mention's tags a person corrects."""

    SENTIMENT = "sentiment"
    COMPLAINT = "complaint"

    @property
    def values(self) -> tuple[str, ...]:
        """What the tag can be."""
        return _VALUES[self]


_VALUES: Mapping[TagKind, tuple[str, ...]] = {
    TagKind.SENTIMENT: tuple(Sentiment),
    TagKind.COMPLAINT: (NO, YES),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What one person says that one tag of one mention should be.

    ``was`` is what held before (empty where nothing did) and ``model`` the models
    whose tags the person saw. One that agrees with the model confirms it. Raises
    ``ValueError`` for what the tag cannot be.
    """

    mention_id: MentionId
    kind: TagKind
    value: str
    was: str
    model: str
    by: str
    at: datetime
    note: str = ""
    id: CorrectionId = CorrectionId(0)

    def __post_init__(self) -> None:
        """Refuse what the tag cannot be."""
        if self.value not in self.kind.values:
            message = f"{self.kind} is {' or '.join(self.kind.values)}"
            raise ValueError(message)


def in_force(corrections: Sequence[Correction]) -> dict[TagKind, Correction]:
    """Return the last correction of each tag of one mention, from the oldest first."""
    return {one.kind: one for one in corrections}


def value_of(tags: Tags, kind: TagKind) -> str:
    """Return what a tag says, in the words of a correction; empty for nothing."""
    if kind is TagKind.SENTIMENT:
        return tags.sentiment.value
    return "" if tags.complaint is None else (NO, YES)[tags.complaint]


def worse(corrections: Sequence[Correction]) -> list[Correction]:
    """Return those in force by which a mention is worse than a model may have said."""
    return [
        one
        for one in in_force(corrections).values()
        if one.value in {YES, Sentiment.NEGATIVE}
    ]


def corrected(tags: Tags, corrections: Sequence[Correction]) -> Tags:
    """Return the tags as people say that they are; a person's word leaves no doubt.

    Whoever says whether it is a complaint has read it, so that what the models doubted
    is doubted no more.
    """
    for kind, one in in_force(corrections).items():
        if kind is TagKind.SENTIMENT:
            scores = {each.value: float(each == one.value) for each in Sentiment}
            tags = replace(
                tags, sentiment=Sentiment(one.value), sentiment_scores=scores
            )
        else:
            is_one = one.value == YES
            tags = replace(
                tags, complaint=is_one, complaint_score=float(is_one), doubts=()
            )
    return tags
