"""What a person must know to judge a reply: to whom, to what, why they are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from bot.domain.clocks import Clock
from bot.domain.decisions import Reason
from bot.domain.guard import Checked
from bot.domain.mentions import StoredMention
from bot.domain.platforms import PlatformPack
from bot.domain.ports import Work
from bot.domain.replies import EarlierWords, Reply, ReplyKind, ReplyState
from bot.domain.tickets import Ticket, TicketId
from bot.escalate.platforms import windows
from bot.escalate.replies import lacks_a_yes, voices
from bot.services.approvals import FourEyesAsked, one_is_enough
from bot.services.guard import GuardAsked, unguarded
from bot.services.replies import stops_of

ASKS_FOR_TWO = "house.four_eyes."
"""How the rules begin that ask for two people's yes to whatever is said."""

ASKS_FOR_A_YES = ("house.acknowledgement.", ASKS_FOR_TWO)
"""How those begin that ask for a person's yes to an acknowledgement, or for two."""

IS_OVER = frozenset({ReplyState.SEEN, ReplyState.SENT, ReplyState.CANCELLED})
TO_BE_JUDGED = frozenset({ReplyState.DRAFT, ReplyState.SUBMITTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A reply with all that stands around it.

    ``asked_by``: the rules that asked for a yes when it was worded; ``why_two`` those
    that ask for two people now; ``lacking`` whose yes it lacks still. ``windows`` are
    the platform's for private words, each with when it closes. ``before`` is what it
    said last before it was changed. ``clock`` is what its ticket owes, or owed, first.
    """

    reply: Reply
    ticket: Ticket
    stored: StoredMention
    asked_by: Sequence[Reason]
    windows: Sequence[tuple[str, datetime]]
    stops: Mapping[str, str]
    checked: Checked
    why_two: Sequence[str]
    said_yes: Sequence[str]
    lacking: str
    before: EarlierWords | None
    clock: Clock | None

    def why_not(self, person: str) -> str:
        """Say why a person's yes to it would not count; empty where it would."""
        return why_no_yes(self.reply, self.said_yes, person)


def judged(
    work: Work,
    reply: Reply,
    now: datetime,
    *,
    platforms: PlatformPack,
    guard: GuardAsked = unguarded,
    four_eyes: FourEyesAsked = one_is_enough,
) -> Judged:
    """Gather what stands around a reply."""
    ticket_id = TicketId(reply.ticket_id)
    stored = work.mentions.get(reply.mention_id)
    rules = platforms.of(stored.mention.channel)
    is_over = reply.state in IS_OVER
    made = work.mentions.decision(reply.mention_id)
    waits = reply.state is ReplyState.SUBMITTED
    is_held = reply.state in {ReplyState.APPROVED, ReplyState.QUEUED}
    asked = reply.state in TO_BE_JUDGED
    is_first = reply.kind is ReplyKind.ACKNOWLEDGEMENT
    rules_of_a_yes = ASKS_FOR_A_YES if is_first else ASKS_FOR_TWO
    why_two = four_eyes(work, reply, now) if asked else ()
    said_yes = work.replies.approved_by(reply)
    earlier = work.replies.earlier_words(reply.id)
    owed = [one for one in work.clocks.of_ticket(ticket_id) if one.owed_at is not None]
    return Judged(
        reply=reply,
        ticket=work.tickets.get(ticket_id),
        stored=stored,
        asked_by=[
            reason
            for reason in (made[0].reasons if made and waits else ())
            if reason.rule.startswith(rules_of_a_yes)
        ],
        windows=() if is_over else windows(stored.mention, rules),
        stops=stops_of(work, reply) if is_held else {},
        checked=Checked() if is_over else guard(work, reply),
        why_two=why_two,
        said_yes=said_yes,
        lacking=lacks_a_yes(said_yes, reply.written_by, why_two) if asked else "",
        before=earlier[-1] if earlier else None,
        clock=min(owed, key=attrgetter("owed_at"), default=None),
    )


def why_no_yes(reply: Reply, said_yes: Sequence[str], person: str) -> str:
    """Say why a person's yes would not count: they wrote it, or agreed already."""
    if not voices([person], reply.written_by):
        return f"{person} wrote it; another person must agree to it"
    if len(voices([*said_yes, person])) == len(voices(said_yes)):
        return f"{person} agreed to it already"
    return ""
