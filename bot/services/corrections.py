"""Correct: a person says what a tag should have been, and what that leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.corrections import (
    NO,
    YES,
    Correction,
    TagKind,
    corrected,
    in_force,
    value_of,
)
from bot.domain.decisions import Answer, Reason
from bot.domain.mentions import MentionId, text_hash
from bot.domain.ports import Notice, Store, Work
from bot.domain.tags import Sentiment
from bot.domain.tickets import Ticket, TicketId
from bot.errors import NotAllowed
from bot.services.claims import renew_claim
from bot.services.scope import last_review
from bot.services.triage import CORRECTED, Policy, reconsider


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was kept, and what it led to.

    ``ticket`` is the mention's, if it has one; ``is_reconsidered``: it was decided
    again, because it is worse than the tags had said and something is owed by that.
    """

    corrections: Sequence[Correction]
    ticket: Ticket | None
    is_reconsidered: bool


def correct(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    policy: Policy,
    clock: Clock,
    mention_id: MentionId,
    said: Mapping[TagKind, str],
    *,
    by: str,
    note: str = "",
) -> Heard:
    """Keep what a person says of a mention's tags, and let what is worse be looked at.

    The tags stay as they were made. A correction never lowers or closes anything. One
    that makes it worse has the mention decided again by the corrected tags. Raises
    ``Missing``, ``Stale``, or ``NotAllowed`` while it has no tags or no decision.
    """
    now = clock.now()
    with store.work() as work:
        stored = work.mentions.get(mention_id)
        tags, made = work.mentions.tags(mention_id), work.mentions.decision(mention_id)
        if tags is None or made is None:
            message = f"mention {mention_id} waits to be tagged and decided"
            raise NotAllowed(f"{message}; correct it when that is done")
        before = work.corrections.of_mention(mention_id)
        held = {kind: one.value for kind, one in in_force(before).items()}
        so_far = dict(held)
        if review := last_review(work, stored):
            is_one = review.facts["verdict"] == YES
            so_far[TagKind.COMPLAINT] = YES if is_one else NO
        kept = work.corrections.add(
            [
                Correction(
                    mention_id=mention_id,
                    kind=kind,
                    value=value,
                    was=held.get(kind, value_of(tags, kind)),
                    model=tags.model,
                    by=by,
                    at=now,
                    note=note,
                )
                for kind, value in said.items()
            ]
        )
        work.audit.append([_corrected(kept)])
        if made[1] is not None:
            renew_claim(work, made[1], by=by, at=now)
        ticket = None if made[1] is None else work.tickets.get(made[1])
        worse = [one for one in kept if _is_worse(one, made[0].scope.verdict, so_far)]
        again = None
        if worse:
            said_now = in_force([*before, *kept])
            again = reconsider(
                work,
                policy,
                now,
                stored,
                corrected(tags, [*before, *kept]),
                _reason(worse),
                is_complaint=any(one.kind is TagKind.COMPLAINT for one in worse),
                is_told=any(
                    one.kind is TagKind.COMPLAINT and one.value == YES
                    for one in said_now.values()
                ),
            )
        if again is not None:
            work.notices.add(_told(worse, again), now)
    return Heard(
        corrections=kept, ticket=again or ticket, is_reconsidered=again is not None
    )


def mention_of(work: Work, ticket_id: TicketId) -> MentionId:
    """Return the one text of a ticket; ``NotAllowed`` names them where it has more."""
    ids = [
        stored.id
        for stored in work.tickets.mentions(work.tickets.get(ticket_id).id)
        if not stored.mention.is_amplification
    ]
    if len(ids) != 1:
        names = ", ".join(map(str, ids)) or "none"
        message = f"say which mention of the ticket is meant; it has {names}"
        raise NotAllowed(message)
    return ids[0]


def _is_worse(one: Correction, verdict: Answer, held: Mapping[TagKind, str]) -> bool:
    """Whether something may be owed that nobody has looked after so far.

    A complaint that a person had taken back may have been closed before it is affirmed.
    """
    if one.kind is TagKind.COMPLAINT:
        so_far = held.get(one.kind, YES if verdict is Answer.YES else NO)
        return one.value == YES and so_far != YES
    return one.value == Sentiment.NEGATIVE and one.was != Sentiment.NEGATIVE


def _reason(worse: Sequence[Correction]) -> Reason:
    said = ", ".join(f"{one.kind} {one.value}" for one in worse)
    return Reason(rule=CORRECTED, text=f"{worse[0].by} says {said}: decided again")


def _corrected(kept: Sequence[Correction]) -> AuditEntry:
    first = kept[0]
    return AuditEntry(
        action="mention.corrected",
        subject=f"mention:{first.mention_id}",
        at=first.at,
        actor=first.by,
        detail={
            "corrections": [one.id for one in kept],
            "was": {one.kind.value: one.was for one in kept},
            "now": {one.kind.value: one.value for one in kept},
            "model": first.model,
            "note_sha256": text_hash(first.note) if first.note else None,
        },
    )


def _told(worse: Sequence[Correction], ticket: Ticket) -> Notice:
    first = worse[0]
    said = ", ".join(f"{one.kind} {one.value}" for one in worse)
    return Notice(
        key=f"correction:{first.id}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: mention {first.mention_id} is {said}",
        body=f"{first.by} corrected its tags, and it was decided again. Look at "
        f"{ticket.key}: its clocks count from when the mention was published.",
        ticket_id=ticket.id,
    )
