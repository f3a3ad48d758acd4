"""``bot desk``: what waits for outside desks, what was given up, and trying it anew."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import AsJson, By, Config, Db, opened
from bot.domain.desks import DeskChange, Sending
from bot.domain.ports import Work
from bot.domain.tickets import key_of
from bot.errors import Missing
from bot.services import desks

LEFT = (Sending.WAITING, Sending.SENDING, Sending.UNKNOWN, Sending.GIVEN_UP)

app = typer.Typer(
    help="Outside desks that mirror our tickets: list, retry.", no_args_is_help=True
)


@app.command("list")
def list_changes(
    name: Annotated[
        str | None, typer.Argument(help="Only this desk, as the settings name it.")
    ] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of a desk.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List changes of tickets that a desk was not told yet, oldest first."""
    with opened(config, db) as bot, bot.store.reading() as store:
        names = [_known(bot, name)] if name else list(bot.settings.desks)
        found = {
            desk: store.desks.listing(desk, states=LEFT, limit=limit + 1)
            for desk in names
        }
        rows = [_row(store, one) for some in found.values() for one in some[:limit]]
    empty = "every desk was told everything" if names else "no desk is set up"
    output.listing("Not told yet", rows, machine=machine, empty=empty)
    is_cut = any(len(some) > limit for some in found.values())
    output.cut(len(rows), limit, more=is_cut)


@app.command("retry")
def retry(
    name: Annotated[str, typer.Argument(help="The desk, as the settings name it.")],
    ids: Annotated[
        list[int] | None, typer.Argument(help="Only these changes, by their ids.")
    ] = None,
    *,
    by: By,
    config: Config = None,
    db: Db = None,
) -> None:
    """Try anew what was given up; what may be there already is looked for first."""
    with opened(config, db) as bot:
        desk = _known(bot, name)
        taken = desks.take_up(bot.store, bot.clock, desk, ids or (), by=by)
    output.out.print(f"lined up anew for {name}: {taken}", markup=False)


def _known(bot: App, name: str) -> str:
    if name not in bot.settings.desks:
        known = ", ".join(bot.settings.desks) or "none"
        message = f"there is no desk {name!r} in the settings; there are: {known}"
        raise Missing(message)
    return name


def _row(store: Work, change: DeskChange) -> dict[str, object]:
    link = store.desks.link(change.desk, change.ticket_id)
    return {
        "id": change.id,
        "desk": change.desk,
        "ticket": key_of(change.ticket_id),
        "there": link.external_id if link else "",
        "state": change.state.value,
        "attempts": change.attempts,
        "next_at": change.next_at,
        "reason": change.reason,
    }
