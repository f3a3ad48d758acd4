"""``bot quarantine``: what made no sense and why, read again or put away."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import AsJson, By, Config, Db, Why, opened
from bot.cli.model import Bar
from bot.domain.channels import AsideState
from bot.domain.ports import QuarantineRow
from bot.errors import Missing, SettingsError
from bot.services import quarantine as work

SHOWN_CHARACTERS = 80

Number = Annotated[int, typer.Argument(metavar="ID", help="Its number in the list.")]

app = typer.Typer(
    help="Items kept aside because they made no sense.", no_args_is_help=True
)


@app.command("list")
def list_items(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was read since, or put away.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List what is kept aside, newest first; --json has each item whole."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.quarantine.listing(limit + 1, with_settled=everything)
    if machine:
        output.as_json([_whole(row) for row in found[:limit]])
    else:
        rows = [_row(row, with_state=everything) for row in found[:limit]]
        empty = "nothing was kept aside" if everything else "nothing is kept aside"
        output.listing("Kept aside", rows, machine=False, empty=empty)
    output.cut(len(found[:limit]), limit, more=len(found) > limit)


@app.command()
def retry(  # noqa: PLR0913 - which items, by whom, and how it is told
    number: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="Its number in the list.")
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="All that is kept aside.")
    ] = False,
    source: Annotated[
        str | None, typer.Option("--source", help="All of this source.")
    ] = None,
    by: By,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Read again what made no sense, as after an upgrade; no platform is asked."""
    if sum((number is not None, everything, source is not None)) != 1:
        message = "name one item by its ID, or say --all or --source NAME"
        raise SettingsError(message)
    with opened(config, db) as bot:
        if number is not None:
            _retry_one(bot, number, by, machine=machine)
            return
        if source is not None and source not in bot.sources:
            raise Missing(f"the settings name no source {source!r}")
        with Bar("Reading again") as (shown, task):
            tally = work.retry_all(
                bot.store,
                bot.clock,
                bot.sources,
                bot.own_accounts,
                by=by,
                source=source,
                progress=lambda done, total: shown.update(
                    task, completed=done, total=total
                ),
            )
    still = tally.tried - tally.read
    if machine:
        output.as_json(
            {
                "tried": tally.tried,
                "read": tally.read,
                "mentions": tally.mentions,
                "unread": still,
            }
        )
    else:
        told = f"{tally.tried} tried: {tally.read} read ({tally.mentions} new mentions)"
        output.out.print(f"{told}, {still} still make no sense", markup=False)


@app.command()
def dismiss(
    number: Number,
    *,
    by: By,
    reason: Why,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Put an item away that nobody needs to look at any more."""
    with opened(config, db) as bot:
        row = work.dismiss(bot.store, bot.clock, number, by=by, because=reason)
    if machine:
        output.as_json(_whole(row))
    else:
        output.out.print(f"item {number} is put away", markup=False)


def _retry_one(bot: App, number: int, by: str, *, machine: bool) -> None:
    row, _ = work.retry(
        bot.store, bot.clock, bot.sources, bot.own_accounts, number, by=by
    )
    if machine:
        output.as_json(_whole(row))
        return
    did = "was read" if row.state is AsideState.READ else "still makes no sense"
    output.out.print(
        output.visible(f"item {number} {did}: {row.outcome}"), markup=False
    )


def _row(row: QuarantineRow, *, with_state: bool) -> dict[str, object]:
    shown: dict[str, object] = {"id": row.id}
    if with_state:
        shown["state"] = row.state.value
    return {
        **shown,
        "source": row.source,
        "where": row.item.where,
        "reason": row.item.reason,
        "kept_at": row.kept_at,
        "since": row.outcome,
        "payload": row.item.payload[:SHOWN_CHARACTERS],
    }


def _whole(row: QuarantineRow) -> dict[str, object]:
    return {
        "id": row.id,
        "source": row.source,
        "where": row.item.where,
        "kind": row.item.kind.value,
        "reason": row.item.reason,
        "kept_at": row.kept_at,
        "state": row.state.value,
        "tried_at": row.tried_at,
        "tried_by": row.tried_by,
        "settled_at": row.settled_at,
        "settled_by": row.settled_by,
        "outcome": row.outcome,
        "payload": row.item.payload,
    }
