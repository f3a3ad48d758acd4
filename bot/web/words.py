"""What values of ours are called on a page, in the viewer's language.

A page shows a value by ``say``, never as it stands in a table or a pack: what is listed
in ``SHOWN`` has a word in every catalogue, and a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from babel.support import NullTranslations

from bot.domain.activation import PackKind
from bot.domain.chains import StepState
from bot.domain.clocks import ClockKind, ClockState, Force
from bot.domain.corrections import TagKind
from bot.domain.decisions import Answer, Code, Outcome, Severity
from bot.domain.follow_ups import FollowUpState, Occasion
from bot.domain.handoff import HandOffCause, HandOffState
from bot.domain.letters import Ending, LetterState
from bot.domain.mentions import MentionKind
from bot.domain.packs import Happening, InfluenceGroup, PackStatus
from bot.domain.replies import ReplyKind, ReplyState
from bot.domain.tags import Band, Doubt, Sentiment, Sign, SignalKind
from bot.domain.tickets import TicketStatus, Way

SHOWN: Sequence[type[Enum]] = (
    Answer,
    Band,
    ClockKind,
    ClockState,
    Code,
    Doubt,
    Ending,
    FollowUpState,
    Force,
    HandOffCause,
    HandOffState,
    Happening,
    InfluenceGroup,
    LetterState,
    MentionKind,
    Occasion,
    Outcome,
    PackKind,
    PackStatus,
    ReplyKind,
    ReplyState,
    Sentiment,
    Severity,
    Sign,
    SignalKind,
    StepState,
    TagKind,
    TicketStatus,
    Way,
)
"""Every enum whose values pages show."""

FACTS = (
    "dissatisfaction",
    "response_expected",
    "channel_controlled",
    "author_reachable",
)
"""The complaint test's questions."""

DEEDS = (
    *("claim", "release", "hand-off", "note", "mark", "record", "withdraw", "class"),
    *("flag", "unflag", "close", "reopen", "pack", "correct", "join", "part", "merge"),
    *("split", "private-start", "private-match", "private-end"),
    *("save", "send", "hand-over", "cancel", "settle"),
)
"""What is done to a ticket or a legal notice, of which a page says that it is done."""

NAMED: Mapping[str, str] = {
    Answer.NEEDS_HUMAN: "a person must look",
    Outcome.OPEN_TICKET: "opened a ticket",
    Outcome.JOIN_TICKET: "joined a ticket",
    Outcome.ADD_REACH: "carries another post further",
    Outcome.RECORD_ONLY: "recorded only",
    Outcome.SET_ASIDE: "about something else",
}
"""What is said otherwise than it is written."""


def plain(value: object) -> str:
    """Return the English words for a value of ours, or for a name out of a pack."""
    written = str(value.value if isinstance(value, Enum) else value)
    return NAMED.get(written, written.replace("_", " ").replace("-", " "))


def say(value: object, words: NullTranslations) -> str:
    """Return the words for a value in a language; English where it has none."""
    told = plain(value)
    return words.gettext(told) if told else ""


def spoken() -> Sequence[str]:
    """Return the English words of every value that pages show."""
    values = [one for kind in SHOWN for one in kind]
    return [*map(plain, values), *map(plain, FACTS), *map(plain, DEEDS)]
