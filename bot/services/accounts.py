"""Join accounts that are one author's, by a person's word alone, or part them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.dossiers import AccountKey, JoinedAccount
from bot.domain.ports import Store, Work
from bot.domain.tickets import TicketId, key_of
from bot.errors import Missing, NotAllowed

MOST = 20
"""How many accounts one author may have here: more are a farm, and no person."""


def account_of(work: Work, ticket_id: TicketId) -> AccountKey:
    """Return whose ticket it is: who wrote its first text. Raises ``Missing``."""
    first = work.dossiers.first(work.tickets.get(ticket_id).id)
    if first is None or first.mention.author is None:
        message = f"{key_of(ticket_id)} has no author whose account is known"
        raise Missing(message)
    return AccountKey(
        channel=first.mention.channel, external_id=first.mention.author.external_id
    )


def join(
    store: Store,
    clock: Clock,
    ticket_id: TicketId,
    other: TicketId,
    *,
    by: str,
    why: str,
) -> Sequence[JoinedAccount]:
    """Say that the authors of two tickets are one; return all accounts of theirs.

    Nothing else follows from it: no ticket moves, no clock and no influence. Raises
    ``Missing``, or ``NotAllowed`` if they are one account, or joined already.
    """
    now = clock.now()
    with store.work() as work:
        keys = account_of(work, ticket_id), account_of(work, other)
        if keys[0] == keys[1]:
            message = f"{key_of(ticket_id)} and {key_of(other)} are of one account"
            raise NotAllowed(message)
        known = [work.accounts.of(key) for key in keys]
        persons = [one.person if one else 0 for one in known]
        if persons[0] and persons[0] == persons[1]:
            raise NotAllowed("these accounts are joined already")
        person = persons[0] or persons[1]
        for key, one in zip(keys, known, strict=True):
            if one is None:
                added = work.accounts.add(key, person=person, why=why, by=by, at=now)
                person = added.person
        if all(persons):
            work.accounts.move(persons[1], persons[0])
        together = work.accounts.together(person)
        if len(together) > MOST:
            message = f"one author has {MOST} accounts here at most"
            raise NotAllowed(message)
        work.audit.append(
            [
                AuditEntry(
                    action="account.joined",
                    subject=f"account:{one.id}",
                    at=now,
                    actor=by,
                    detail={"person": person, "ticket": ticket_id, "with": other},
                )
                for one in together
                if one.key in keys
            ]
        )
        return together


def part(
    store: Store, clock: Clock, ticket_id: TicketId, account: int, *, by: str, why: str
) -> None:
    """Say that an account is somebody else's than its ticket's others.

    Raises ``Missing`` if it is not joined with the ticket's author.
    """
    with store.work() as work:
        own = work.accounts.of(account_of(work, ticket_id))
        together = work.accounts.together(own.person) if own else ()
        gone = next((one for one in together if one.id == account), None)
        if gone is None:
            message = f"account {account} is not joined with {key_of(ticket_id)}"
            raise Missing(message)
        left = [one for one in together if one.id != gone.id]
        for one in (gone, *(left if len(left) == 1 else ())):
            work.accounts.remove(one.id)
        work.audit.append(
            [
                AuditEntry(
                    action="account.parted",
                    subject=f"account:{gone.id}",
                    at=clock.now(),
                    actor=by,
                    detail={"person": gone.person, "ticket": ticket_id, "reason": why},
                )
            ]
        )
