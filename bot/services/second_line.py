"""The second line: a weekly sample of what was judged to be no complaint, looked at.

Which posts are drawn follows from a seed alone, so that anybody draws the same ones.
The seed is the hash of the first seal after the week, which nobody could choose.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.decisions import Answer, Decision, Scope
from bot.domain.mentions import MentionId, StoredMention
from bot.domain.ports import Store, Work
from bot.domain.tags import Tags
from bot.domain.tickets import TicketId
from bot.errors import Missing, SettingsError
from bot.services.scope import scope_in_force

SIZE = 25
"""Posts that are drawn of a week, all of them if there are fewer."""

REVIEWED = "mention.reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days from a Monday on, in the place's own time."""

    starts: datetime
    ends: datetime
    name: str

    @property
    def before(self) -> str:
        """The name of the week before."""
        return _named(self.starts.date() - timedelta(days=7))

    @property
    def after(self) -> str:
        """The name of the week after."""
        return _named(self.starts.date() + timedelta(days=7))


def week_of(name: str, zone: str) -> Week:
    """Read ``2026-W47``; raises ``SettingsError`` for what is no week."""
    try:
        monday = date.fromisoformat(f"{name}-1")
        starts, ends = (
            datetime.combine(day, time(), ZoneInfo(zone))
            for day in (monday, monday + timedelta(days=7))
        )
    except (ValueError, OverflowError):
        message = f"{name!r} is no week; one looks like 2026-W47"
        raise SettingsError(message) from None
    return Week(starts=starts, ends=ends, name=_named(monday))


def last_week(now: datetime, zone: str) -> str:
    """Return the name of the newest week that is over."""
    return _named(now.astimezone(ZoneInfo(zone)).date() - timedelta(days=7))


def _named(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A post whose complaint test a person may answer, as it stands.

    ``by`` is who answered it last, and ``agreed`` whether the verdict stayed.
    """

    stored: StoredMention
    tags: Tags | None
    decision: Decision
    decided_at: datetime
    ticket: TicketId | None
    scope: Scope
    by: str = ""
    at: datetime | None = None
    agreed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was drawn of a week, of how many, and by which seed.

    ``is_final``: the week is over and a seal after it gave the seed; until then the
    week's name stands in for it, and what is drawn may still change.
    """

    week: Week
    seed: str
    is_final: bool
    of: int
    drawn: Sequence[Judged]

    @property
    def answered(self) -> int:
        """How many a person has looked at."""
        return sum(one.agreed is not None for one in self.drawn)

    @property
    def agreed(self) -> int:
        """In how many of those the person said the same as the bot."""
        return sum(one.agreed is True for one in self.drawn)


def sample_of(
    store: Store, week: Week, brands: frozenset[str] = frozenset(), size: int = SIZE
) -> Sample:
    """Draw the week's sample, with what people have said of it so far."""
    with store.reading() as work:
        ids = work.response_log.judged_no(
            since=week.starts, until=week.ends, brands=brands
        )
        seal = work.audit.first_seal_since(week.ends)
        seed = seal or week.name
        return Sample(
            week=week,
            seed=seed,
            is_final=bool(seal),
            of=len(ids),
            drawn=[judged(work, one) for one in drawn(ids, seed, size)],
        )


def drawn(ids: Sequence[MentionId], seed: str, size: int) -> Sequence[MentionId]:
    """Draw by the hash of the seed and the number: the smallest ones."""

    def lot(one: MentionId) -> str:
        return hashlib.sha256(f"{seed}:{one}".encode()).hexdigest()

    return heapq.nsmallest(size, ids, key=lot)


def judged(work: Work, mention_id: MentionId) -> Judged:
    """Return one post with its test as it stands; raises ``Missing``."""
    stored = work.mentions.get(mention_id)
    made = work.mentions.decision(mention_id)
    if made is None or stored.mention.is_amplification:
        raise Missing(f"mention {mention_id} has no complaint test of its own")
    by, at, agreed = _last_word(work, mention_id)
    return Judged(
        stored=stored,
        tags=work.mentions.tags(mention_id),
        decision=made[0],
        decided_at=made[2],
        ticket=made[1],
        scope=scope_in_force(work, stored, made[0]),
        by=by,
        at=at,
        agreed=agreed,
    )


def _last_word(
    work: Work, mention_id: MentionId
) -> tuple[str, datetime | None, bool | None]:
    """Return who reviewed it last, when, and whether the first verdict still stands.

    The log is asked, because a post without a ticket has no other history.
    """
    said = [
        one
        for one in work.audit.about(f"mention:{mention_id}")
        if one.action == REVIEWED
    ]
    if not said:
        return "", None, None
    first, last = json.loads(said[0].detail), json.loads(said[-1].detail)
    agreed = first["was"]["verdict"] == last["now"]["verdict"]
    return said[-1].actor, datetime.fromisoformat(said[-1].at), agreed


FACTS = (
    "dissatisfaction",
    "response_expected",
    "channel_controlled",
    "author_reachable",
)


def answers_of(said: dict[str, str]) -> dict[str, Answer]:
    """Read the facts that a form answers; what it leaves as it was is not there."""
    yes_or_no = {Answer.YES.value, Answer.NO.value}
    return {name: Answer(said[name]) for name in FACTS if said.get(name) in yes_or_no}
