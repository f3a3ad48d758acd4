"""``bot quarantine``: what made no sense, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import AsJson, Config, Db, opened

SHOWN_CHARACTERS = 80

app = typer.Typer(
    help="Items kept aside because they made no sense.", no_args_is_help=True
)


@app.callback()
def _quarantine() -> None:
    """Keep 'list' a command of its own while it is the only one."""


@app.command("list")
def list_items(
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List what was kept aside, newest first; --json has each item whole."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.quarantine.listing(limit + 1)
    rows = [
        {
            "id": row.id,
            "source": row.source,
            "where": row.item.where,
            "reason": row.item.reason,
            "kept_at": row.kept_at,
            "payload": row.item.payload
            if machine
            else row.item.payload[:SHOWN_CHARACTERS],
        }
        for row in found[:limit]
    ]
    output.listing("Kept aside", rows, machine=machine, empty="nothing was kept aside")
    output.cut(len(rows), limit, more=len(found) > limit)
