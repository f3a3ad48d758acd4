"""Follow-ups: what an author is still to hear of us, as rows that wait for their time.

Whatever happens to a ticket only lets them be looked at again; what they depend on is
read anew each time, so that one that is void ends without anybody's doing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.audit import AuditEntry
from bot.domain.follow_ups import (
    KINDS,
    SATISFACTION_ANSWERED,
    SATISFACTION_ASKED,
    FollowUp,
    FollowUpPolicy,
    Occasion,
)
from bot.domain.mentions import Mention, StoredMention
from bot.domain.packs import HousePack
from bot.domain.platforms import NO_PLATFORMS, PlatformPack, Writer
from bot.domain.ports import Notice, Work
from bot.domain.replies import Reply, ReplyState, Verdict
from bot.domain.tickets import (
    Ticket,
    TicketEvent,
    TicketId,
    TicketStatus,
    standing,
)
from bot.escalate.follow_ups import (
    Around,
    closing,
    is_being_answered,
    quiet_until,
    ripe_at,
    void,
)
from bot.escalate.platforms import verdict

STATUS = (Occasion.WAITING, Occasion.PROMISE_NEAR, Occasion.LEGAL_NEAR)
"""What is planned as soon as an author has written."""

AGAIN = timedelta(minutes=15)
"""How often one that lies in the outbox is looked at, if nothing happens before."""

ANSWERED = "an answer is on its way"

BAD, BEST = 2, 5
"""Marks: the best there is, and from which down our people hear of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How authors are followed up: the policy in force, and what their clocks show.

    ``zones`` are by brand, ``zone`` is every other's; ``platforms`` is what each
    channel lets a program say.
    """

    policy: FollowUpPolicy | None = None
    zone: str = "UTC"
    zones: Mapping[str, str] = field(default_factory=dict)
    platforms: PlatformPack = NO_PLATFORMS

    def verdict(
        self, mention: Mention, said: Sequence[Reply], now: datetime
    ) -> Verdict:
        """Say whether the platform lets one more template answer a mention."""
        rules = self.platforms.of(mention.channel)
        return verdict(mention, rules, said, now, writer=Writer.TEMPLATE)

    def zone_of(self, brand: str) -> str:
        """Return the zone in which a brand's authors are told the time."""
        return self.zones.get(brand, self.zone)

    def quiet_until(self, brand: str, now: datetime) -> datetime | None:
        """Return when the brand's quiet hours end; ``None`` outside of them."""
        if self.policy is None:
            return None
        return quiet_until(self.policy, self.zone_of(brand), now)


# --- planning


def plan_for(
    work: Work,
    house: HousePack,
    before: Ticket | None,
    ticket: Ticket,
    stored: StoredMention,
    now: datetime,
) -> None:
    """Plan what follows a mention that was just decided into a ticket.

    Only its author's own words begin an episode: who else writes in the thread is
    answered for themselves.
    """
    if house.follow_ups is None:
        return
    newest = work.tickets.last_word(ticket.id)
    if ticket.status is not TicketStatus.OPEN or newest is None:
        return
    if newest.id == stored.id:
        work.follow_ups.hurry(ticket.id, now)
        around = _around(work, ticket, newest)
        for occasion in STATUS:
            _plan(work, house.follow_ups, occasion, around, now)
    tell_of_raise(work, house, before, ticket, now)


def tell_of_raise(
    work: Work, house: HousePack, before: Ticket | None, after: Ticket, now: datetime
) -> None:
    """Plan that the author hears of it, if a ticket moved a tier up."""
    if house.follow_ups is None or before is None or after.tier <= before.tier:
        return
    newest = work.tickets.last_word(after.id)
    if newest is not None and after.status is TicketStatus.OPEN:
        around = _around(work, after, newest)
        _plan(work, house.follow_ups, Occasion.RAISED, around, now)


def ask_when_closed(
    work: Work, policy: FollowUpPolicy | None, closed: Ticket, now: datetime
) -> None:
    """Plan to ask whether the author is satisfied, and drop all else."""
    work.follow_ups.hurry(closed.id, now)
    newest = work.tickets.last_word(closed.id)
    if policy is not None and newest is not None:
        around = _around(work, closed, newest)
        _plan(work, policy, Occasion.CLOSED, around, now)


def _plan(
    work: Work,
    policy: FollowUpPolicy,
    occasion: Occasion,
    around: Around,
    now: datetime,
) -> None:
    rule = policy.rule(occasion)
    if rule is None:
        return
    is_closing = occasion is Occasion.CLOSED
    planned = FollowUp(
        ticket_id=around.ticket.id,
        mention_id=around.newest,
        occasion=occasion,
        episode=closing(around.ticket) if is_closing else f"mention:{around.newest}",
        planned_at=now,
        due_at=now,
    )
    due_at = ripe_at(planned, rule, around, policy.answers, now)
    if due_at is not None:
        work.follow_ups.add(replace(planned, due_at=due_at))


def _around(work: Work, ticket: Ticket, newest: StoredMention) -> Around:
    return Around(
        ticket=ticket,
        clocks=work.clocks.of_ticket(ticket.id),
        events=standing(work.tickets.events(ticket.id)),
        newest=newest.id,
    )


# --- looking again


def look_around(work: Work, ticket_id: TicketId) -> Around:
    """Read anew what a follow-up of a ticket depends on."""
    newest = work.tickets.last_word(ticket_id)
    assert newest is not None  # noqa: S101 - without one nothing was ever planned
    return _around(work, work.tickets.get(ticket_id), newest)


def said_of(work: Work, ticket_id: TicketId) -> list[Reply]:
    """Return the follow-ups of a ticket that came as far as the outbox."""
    return [one for one in work.replies.of_ticket(ticket_id) if one.kind in KINDS]


def halted(work: Work, manners: Manners, reply: Reply, now: datetime) -> Reply | None:
    """Say where a follow-up goes instead of out: nowhere, or on later.

    It may have lain in the outbox for long, for a person's yes or for room.
    """
    why, policy = _why_not(work, manners, reply, now), manners.policy
    if why or policy is None:
        return replace(reply, state=ReplyState.CANCELLED, reason=why, next_at=None)
    until = manners.quiet_until(reply.brand, now)
    if until is not None:
        return replace(reply, next_at=until, reason="quiet hours")
    if is_being_answered(work.replies.of_ticket(TicketId(reply.ticket_id))):
        return replace(reply, next_at=now + AGAIN, reason=ANSWERED)
    return None


def _why_not(work: Work, manners: Manners, reply: Reply, now: datetime) -> str:
    ticket_id = TicketId(reply.ticket_id)
    planned = [
        one for one in work.follow_ups.of_ticket(ticket_id) if one.reply_id == reply.id
    ]
    if manners.policy is None or not planned:
        return "the house follows nobody up any more"
    others = [one for one in work.replies.of_ticket(ticket_id) if one.id != reply.id]
    around = look_around(work, ticket_id)
    void_for = void(planned[0], around, manners.policy.answers, now)
    if void_for:
        return void_for
    mention = work.mentions.get(reply.mention_id).mention
    return "; ".join(manners.verdict(mention, others, now).reasons)


# --- what the author says of it

_NAMES = re.compile(r"(?<!\S)(?:[@#]|/?u/|https?://)\S+")
_OUT_OF_FIVE = re.compile(
    r"(?<![\d.,])([1-5])\s*(?:/|out of|of|von|sur|de|trên)\s*5(?!\d)"
)
_ALONE = re.compile(r"[\W_]*([1-5])[\W_]*")
STARS = "⭐★"


def score_of(text: str) -> int | None:
    """Return the mark from 1 to 5 that a text plainly gives; ``None`` if it does not.

    Alone, out of five, or in stars; a number in a sentence may be anything.
    """
    bare = unicodedata.normalize("NFKC", _NAMES.sub(" ", text))
    digits = "".join(
        str(unicodedata.digit(one)) if one.isdigit() else one for one in bare
    )
    found = _OUT_OF_FIVE.search(digits.casefold()) or _ALONE.fullmatch(digits)
    if found:
        return int(found[1])
    stars = sum(bare.count(one) for one in STARS)
    return stars if 1 <= stars <= BEST else None


def note_satisfaction(
    work: Work, closed: Ticket, stored: StoredMention, now: datetime
) -> None:
    """Keep on a closed ticket that its author answered our question, once.

    It closes and opens nothing by itself. A bad mark is told to those who had it.
    """
    events = work.tickets.events(closed.id)
    names = [one.name for one in events]
    if SATISFACTION_ASKED not in names:
        return
    last = len(names) - 1 - names[::-1].index(SATISFACTION_ASKED)
    asked = events[last]
    mention = stored.mention
    replies = {one.key: one for one in said_of(work, closed.id)}
    question = replies.get(asked.detail)
    is_theirs = (
        mention.author is not None
        and question is not None
        and mention.author.external_id == question.author
    )
    is_answered = SATISFACTION_ANSWERED in names[last:]
    if is_answered or not is_theirs or mention.published_at < asked.happened_at:
        return
    score = score_of(mention.text)
    facts = {"mention": str(stored.id), **({"score": str(score)} if score else {})}
    work.tickets.add_event(
        TicketEvent(
            ticket_id=closed.id,
            name=SATISFACTION_ANSWERED,
            happened_at=mention.published_at,
            recorded_at=now,
            detail=f"mention:{stored.id}",
            facts=facts,
        )
    )
    work.audit.append(
        [
            AuditEntry(
                action="satisfaction.answered",
                subject=f"ticket:{closed.id}",
                at=now,
                detail={"mention": stored.id, "score": score, "reply": asked.detail},
            )
        ]
    )
    if score is not None and score <= BAD:
        work.notices.add(_unsatisfied(closed, stored, score), now)


def _unsatisfied(closed: Ticket, stored: StoredMention, score: int) -> Notice:
    return Notice(
        key=f"satisfaction:{closed.id}:{stored.id}",
        to=closed.queue,
        subject=f"{closed.key} {closed.brand}: its author gives it {score} of {BEST}",
        body="It stays closed unless they complain; see whether something is left.",
        ticket_id=closed.id,
    )
