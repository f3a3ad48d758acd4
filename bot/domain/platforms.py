"""What each platform lets a program do in public, and on what authority we say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.domain.clocks import PackRef
from bot.domain.packs import PackStatus


class Ground(StrEnum):
    """Why an author may be answered: what they did first.

    ``own_place``: they wrote in a place of ours. ``author_mentions_us`` is also how a
    bot is summoned; ``author_messages_us``: where nobody else reads.
    """

    MENTIONS_US = "author_mentions_us"
    REPLIES_TO_US = "author_replies_to_us"
    QUOTES_US = "author_quotes_us"
    REVIEWS_US = "author_reviews_us"
    MESSAGES_US = "author_messages_us"
    OWN_PLACE = "own_place"


class Writer(StrEnum):
    """Who worded a text: the house's templates, a person, or a drafting model.

    Whose yes it bears does not change that.
    """

    TEMPLATE = "template"
    PERSON = "person"
    MODEL = "model"


class Audience(StrEnum):
    """Where a text would stand."""

    PUBLIC = "public"
    PRIVATE = "private"


class Certainty(StrEnum):
    """How a rule is known: from the platform's own page, at second hand, by memory."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    MEMORY = "memory"


class ModelText(StrEnum):
    """Whether the platform takes what a model wrote."""

    ALLOWED = "allowed"
    NEEDS_PLATFORM_APPROVAL = "needs_platform_approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cite:
    """Where a rule stands, and how we know it."""

    source: str
    certainty: Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateReply:
    """So many private messages to a public comment, within a span after it."""

    at_most: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """At most so many of a unit within a span."""

    unit: str
    at_most: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRules:
    """One platform's rules; ``cites`` names the source of each that is stated.

    Who gave none of ``reply_if`` is never answered, who gave none of ``private_if``
    never written to in private. ``max_replies``: how often what no person wrote may
    answer one text (0: no number is named). ``private_window`` and ``person_window``
    run from the author's message, ``person_window`` for what a person wrote.
    ``honour_nobot``: who says ``#nobot`` is answered by people alone. ``labels``: what
    the account must bear. ``delete_within``: how soon what went there goes here.
    """

    title: str
    reply_if: tuple[Ground, ...] = ()
    private_if: tuple[Ground, ...] = ()
    max_replies: int = 0
    private_window: timedelta | None = None
    person_window: timedelta | None = None
    private_reply: PrivateReply | None = None
    honour_nobot: bool = False
    model_text: ModelText = ModelText.ALLOWED
    labels: tuple[str, ...] = ()
    visibility: str = ""
    access_needs_approval: bool = False
    delete_within: timedelta | None = None
    quotas: tuple[Allowance, ...] = ()
    cites: Mapping[str, Cite] = field(default_factory=dict)


ANYWHERE = PlatformRules(
    title="any other channel",
    reply_if=(
        Ground.MENTIONS_US,
        Ground.REPLIES_TO_US,
        Ground.QUOTES_US,
        Ground.REVIEWS_US,
        Ground.OWN_PLACE,
    ),
    private_if=(Ground.MESSAGES_US,),
)
"""For a channel of which no pack tells: only who turned to us, and no stranger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformPack:
    """One version of what platforms allow, by channel; ``sources`` by short name."""

    ref: PackRef
    title: str
    status: PackStatus
    sources: Mapping[str, str]
    channels: Mapping[str, PlatformRules]

    def of(self, channel: str) -> PlatformRules:
        """Return a channel's rules; the most careful where it has none of its own."""
        return self.channels.get(channel, ANYWHERE)


NO_PLATFORMS = PlatformPack(
    ref=PackRef(id="platforms", version="0", sha256=""),
    title="no platform's rules",
    status=PackStatus.DRAFT,
    sources={},
    channels={},
)
