"""What happens to what cannot be computed: a person looks, and nothing else waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from bot.domain.audit import AuditEntry
from bot.domain.decisions import (
    Answer,
    Code,
    Decision,
    Fact,
    Outcome,
    Reason,
    Scope,
    Severity,
    Tier,
)
from bot.domain.mentions import StoredMention
from bot.domain.packs import HousePack, RegulationPack
from bot.domain.ports import Notice, Store, Work
from bot.domain.tickets import Ticket
from bot.errors import BotError, Stale, StorageError

Due = TypeVar("Due")

RULE = "bot.undecidable"

FAILURES = (BotError, ArithmeticError, LookupError, TypeError, ValueError)
"""What computing one thing may end in without blocking the rest."""

BATCH = 100
"""How many things that are due share a transaction: a commit costs more than what it
holds, but others wait for the whole of it."""

LATER = timedelta(hours=1)
"""How far what cannot be computed is moved, so that it blocks nothing else."""


def attempt(
    store: Store,
    take: Callable[[Work], bool],
    put_off: Callable[[Work, Exception], bool],
) -> bool:
    """Take one thing that is due, in a transaction of its own; say whether it changed.

    What somebody else changed at the same moment is still due and comes again. What
    cannot be computed is put off, in a transaction that knows nothing of the first.
    """
    try:
        with store.work() as work:
            return take(work)
    except Stale:
        return False
    except StorageError:
        raise
    except FAILURES as error:
        with store.work() as work:
            return put_off(work, error)


def attempt_all(
    store: Store,
    due: Callable[[Work], Sequence[Due]],
    take: Callable[[Work, Due], bool],
    alone: Callable[[Due], bool],
) -> int:
    """Take all that is due in one transaction; return how many changed.

    Where one of them fails all is rolled back, and each is taken alone, so that it
    loses and holds up no other.
    """
    with store.reading() as work:
        some = due(work)
    if not some:
        return 0
    try:
        with store.work() as work:
            # Asked again: what another process holds is left to it.
            return sum(take(work, one) for one in due(work))
    except StorageError:
        raise
    except FAILURES:
        return sum(alone(one) for one in some)


def for_a_person(
    house: HousePack,
    regulation: RegulationPack,
    open_ticket: Ticket | None,
    why: Reason,
) -> Decision:
    """Return a decision that guesses nothing: the ticket goes to an agent to judge.

    No clock is started and nothing is said, as what would compute them has failed. An
    open ticket stays where it stands, and is called no quieter than before.
    """
    unknown = Fact(answer=Answer.NEEDS_HUMAN, score=0.0, reason="could not be judged")
    severity, code, tier = Severity.HIGH, Code.AMBER, Tier.AGENT
    queue = house.tiers[tier]
    if open_ticket is not None:
        severity = max(severity, open_ticket.severity, key=lambda one: one.rank)
        code = max(code, open_ticket.code, key=lambda one: one.rank)
        tier, queue = open_ticket.tier, open_ticket.queue
    return Decision(
        outcome=Outcome.JOIN_TICKET if open_ticket else Outcome.OPEN_TICKET,
        severity=severity,
        code=code,
        tier=tier,
        queue=queue,
        scope=Scope(
            dissatisfaction=unknown,
            response_expected=unknown,
            channel_controlled=unknown,
            author_reachable=unknown,
            verdict=Answer.NEEDS_HUMAN,
        ),
        house_pack=house.ref,
        regulation_pack=regulation.ref,
        reasons=(why,),
    )


def undecidable_reason(error: Exception) -> Reason:
    """Say why nothing was decided."""
    return Reason(
        rule=RULE,
        text=f"deciding failed ({type(error).__name__}): no clock was started, "
        "a person must judge it",
    )


def undecidable_entry(
    stored: StoredMention, error: Exception, ticket: Ticket, at: datetime
) -> AuditEntry:
    """Say in the log that no decision could be made."""
    return AuditEntry(
        action="mention.undecidable",
        subject=f"mention:{stored.id}",
        at=at,
        detail={"error": type(error).__name__, "ticket": ticket.id},
    )


def undecidable_notice(
    stored: StoredMention, error: Exception, ticket: Ticket
) -> Notice:
    """Tell the operator: whatever failed will fail again."""
    return Notice(
        key=f"mention:{stored.id}:undecidable",
        to="operator",
        subject=f"Mention {stored.id} could not be decided",
        body=f"Deciding it failed ({type(error).__name__}). {ticket.key} waits for a "
        "person to judge it; none of its clocks was started.",
        ticket_id=ticket.id,
        is_important=True,
    )
