"""``bot ticket chain``: who was called for a ticket, and who will be."""

from __future__ import annotations

from bot.cli import output
from bot.cli.context import AsJson, Config, Db, number, opened
from bot.cli.tickets import Key
from bot.domain.chains import ChainStep
from bot.domain.tickets import TicketId


def chain(
    key: Key, *, machine: AsJson = False, config: Config = None, db: Db = None
) -> None:
    """Show whom a ticket's chains called, whom they will call, and what ended them."""
    with opened(config, db) as bot, bot.store.reading() as store:
        ticket = store.tickets.get(TicketId(number(key, "T")))
        rows = [_row(one) for one in store.chains.of_ticket(ticket.id)]
    empty = f"no chain was ever begun for {ticket.key}"
    output.listing(f"Calls for {ticket.key}", rows, machine=machine, empty=empty)


def _row(step: ChainStep) -> dict[str, object]:
    return {
        "chain": step.chain.id,
        "step": f"{step.step + 1}.{step.round + 1}",
        "who": " ".join(filter(None, (step.call.who.value, step.call.name))),
        "due_at": step.due_at,
        "state": step.state.value,
        "told": ", ".join(step.told),
        "reason": step.reason,
        "since": step.began_at,
    }
