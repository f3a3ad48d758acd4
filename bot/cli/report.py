"""``bot report``: the figures that the dashboard shows."""

from __future__ import annotations

import typer

from bot.cli import output
from bot.cli.context import AsJson, Config, Db, opened
from bot.services.volume import rebuild

app = typer.Typer(help="Figures by hour and day.", no_args_is_help=True)


@app.callback()
def _report() -> None:
    """Keep 'rebuild' a command of its own while it is the only one."""


@app.command("rebuild")
def rebuild_figures(
    *, machine: AsJson = False, config: Config = None, db: Db = None
) -> None:
    """Forget the dashboard's figures and count everything anew; changes no mention."""
    with opened(config, db) as bot:
        hours = rebuild(bot.store, bot.clock, bot.settings.zone)
    if machine:
        output.as_json({"hours": hours})
    else:
        output.facts("Counted anew", [("hours", hours)])
