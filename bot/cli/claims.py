"""``bot ticket claim``, ``release``, ``hand-off`` and ``note``: whose a ticket is."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import By, Config, Db, Why, named, number, opened
from bot.cli.tickets import Key
from bot.domain.tickets import Ticket, TicketId
from bot.errors import Missing
from bot.services import claims as work
from bot.services import tickets


def claim(key: Key, *, by: By, config: Config = None, db: Db = None) -> None:
    """Make a ticket yours; it goes back to its queue when nothing follows."""
    with opened(config, db) as bot:
        claimed = work.claim(
            bot.store,
            bot.clock,
            bot.policy.house,
            _id(key),
            by=by,
            people=bot.people,
        )
    output.out.print(_owned(claimed), markup=False)


def claim_next(
    queue: Annotated[
        list[str] | None,
        typer.Option("--queue", help="Only this queue; may be given several times."),
    ] = None,
    *,
    by: By,
    config: Config = None,
    db: Db = None,
) -> None:
    """Claim what is next: people in danger, then what the law wants done soon."""
    with opened(config, db) as bot:
        known = bot.policy.house.queues
        strange = [name for name in queue or () if name not in known]
        if strange:
            message = (
                f"{strange[0]!r} is no queue of the house; there are: "
                f"{', '.join(known)}"
            )
            raise Missing(message)
        queues = queue or work.queues_of(bot.policy.house, bot.people, by)
        claimed = work.claim_next(
            bot.store, bot.clock, bot.policy.house, queues, by=by, people=bot.people
        )
    if claimed is None:
        raise Missing(f"nothing waits in {', '.join(queues)}")
    output.out.print(_owned(claimed), markup=False)


def release(key: Key, *, by: By, config: Config = None, db: Db = None) -> None:
    """Give a ticket of yours back to its queue."""
    with opened(config, db) as bot:
        freed = work.release(bot.store, bot.clock, bot.policy.house, _id(key), by=by)
    words = f"{freed.key} waits in the queue {freed.queue} again"
    output.out.print(words, markup=False)


def hand_off(
    key: Key,
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to", callback=named, help="A queue of the house, or a person's name."
        ),
    ],
    reason: Why,
    by: By,
    config: Config = None,
    db: Db = None,
) -> None:
    """Hand a ticket to another queue or person, whoever has it."""
    with opened(config, db) as bot:
        moved = work.hand_off(
            bot.store,
            bot.clock,
            bot.policy.house,
            _id(key),
            to=to,
            reason=reason,
            by=by,
            people=bot.people,
            on_change=bot.on_change,
        )
    words = _owned(moved) if moved.owner else f"{moved.key} waits in {moved.queue}"
    output.out.print(words, markup=False)


def note(
    key: Key,
    text: Annotated[str, typer.Argument(help="What colleagues should know.")],
    *,
    by: By,
    config: Config = None,
    db: Db = None,
) -> None:
    """Keep a word for colleagues in a ticket's history."""
    with opened(config, db) as bot:
        tickets.note(bot.store, bot.clock, _id(key), text, by=by)
    output.out.print(f"noted on {key}", markup=False)


def _id(key: str) -> TicketId:
    return TicketId(number(key, "T"))


def _owned(ticket: Ticket) -> str:
    until = output.cell(ticket.claim_expires_at)
    return f"{ticket.key} is {ticket.owner}'s until {until}"
