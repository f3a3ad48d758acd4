"""What is known of a mention when rules are asked, and whether a condition holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.decisions import Code, Scope, Severity
from bot.domain.mentions import Mention
from bot.domain.packs import Condition, Expectation, InfluenceGroup
from bot.domain.tags import UNREADABLE, Sentiment, Sign, SignalKind, Tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A mention with all that was found out about it so far.

    ``cues`` counts the different phrases of each cue list that stand in the text;
    ``signals`` are the urgency signals with their scores, 1 where none was given.
    Severity and code are the lowest until they have been decided. ``signs`` are the
    needs of which something in the whole conversation tells.
    """

    mention: Mention
    tags: Tags
    group: InfluenceGroup
    cues: dict[str, int]
    cues_sure: int
    expectation: Expectation
    scope: Scope
    age: timedelta
    language_known: bool
    severity: Severity = Severity.LOW
    code: Code = Code.GREEN
    signals: Mapping[SignalKind, float] = field(default_factory=dict)
    signs: tuple[Sign, ...] = ()

    @property
    def negative(self) -> float:
        """Probability that the text is negative."""
        return self.tags.sentiment_scores.get(Sentiment.NEGATIVE, 0.0)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topic that it is about beyond doubt, if any."""
        return sure_topics(self.tags)

    @property
    def shares(self) -> int:
        """How often it was carried further."""
        return self.mention.engagement.reposts + self.mention.engagement.quotes


def sure_topics(tags: Tags) -> tuple[str, ...]:
    """Give the topic that a text is about beyond doubt, if any.

    None for a text that was not wholly understood: a topic may route it to people who
    do not read it, or lower what is decided.
    """
    topic = tags.topic
    if topic is None or not topic.is_sure or UNREADABLE & set(tags.doubts):
        return ()
    return (topic.name,)


def holds(when: Condition, picture: Picture) -> bool:
    """Whether everything that the condition asks for is so."""
    return (
        _kind_holds(when, picture)
        and _tags_hold(when, picture)
        and _author_holds(when, picture)
        and _level_holds(when, picture)
    )


def _kind_holds(when: Condition, picture: Picture) -> bool:
    mention = picture.mention
    return (
        _among(mention.channel, when.channels)
        and _among(mention.control, when.control)
        and _among(mention.kind, when.kinds)
        and _same(mention.is_addressed, when.is_addressed)
        and _same(mention.is_public, when.is_public)
        and _at_least(picture.shares, when.shares_from)
        and (when.older_than is None or picture.age > when.older_than)
    )


def _tags_hold(when: Condition, picture: Picture) -> bool:
    tags = picture.tags
    sure = {name for name, n in picture.cues.items() if n >= picture.cues_sure}
    return (
        _among(picture.scope.verdict, when.scope)
        and _among(picture.scope.dissatisfaction.answer, when.dissatisfaction)
        and _among(picture.expectation, when.expectation)
        and _among(tags.sentiment, when.sentiment)
        and _at_least(picture.negative, when.negative_from)
        and _at_least(tags.complaint_score, when.complaint_from)
        and _meets(picture.signals, when.signals_any)
        and _any_as_likely(picture.signals, when.signals_from)
        and _meets(picture.topics, when.topics_any)
        and _same(bool(picture.signals), when.has_signal)
        and _same(bool(tags.doubts), when.has_doubt)
        and _same(picture.language_known, when.language_known)
        and _meets(picture.cues, when.cues_any)
        and _meets(sure, when.cues_sure)
    )


def _author_holds(when: Condition, picture: Picture) -> bool:
    author, influence = picture.mention.author, picture.tags.influence
    is_bot = author is not None and author.is_declared_bot
    return (
        _among(picture.group, when.groups)
        and _among(influence.band, when.bands)
        and _meets(influence.roles, when.roles_any)
        and _same(author is not None, when.has_author)
        and _same(is_bot, when.is_declared_bot)
        and _same(influence.looks_automated, when.looks_automated)
    )


def _level_holds(when: Condition, picture: Picture) -> bool:
    severity, code = when.severity_from, when.code_from
    return (severity is None or picture.severity.rank >= severity.rank) and (
        code is None or picture.code.rank >= code.rank
    )


def _among(value: str, wanted: Collection[str]) -> bool:
    return not wanted or value in wanted


def _meets(values: Collection[str], wanted: Collection[str]) -> bool:
    return not wanted or any(value in values for value in wanted)


def _any_as_likely(
    scores: Mapping[SignalKind, float], wanted: Mapping[SignalKind, float]
) -> bool:
    return not wanted or any(
        kind in scores and scores[kind] >= score for kind, score in wanted.items()
    )


def _same(value: bool, wanted: bool | None) -> bool:  # noqa: FBT001
    return wanted is None or value is wanted


def _at_least(value: float | None, wanted: float | None) -> bool:
    return wanted is None or (value is not None and value >= wanted)
