"""``bot watchdog``: whether everything that was due was looked at."""

from __future__ import annotations

import typer

from bot.cli import output
from bot.cli.context import AsJson, Config, Db, opened
from bot.services import watchdog as work

FOUND_TROUBLE = 1


def watchdog(*, machine: AsJson = False, config: Config = None, db: Db = None) -> None:
    """Compare what should have been done by now with what was; look only."""
    with opened(config, db) as bot:
        overdue = work.check(bot.store, bot.clock)
        summary = bot.reports.summary(bot.clock.now())
        with bot.store.reading() as store:
            failures = int(store.switches.get(work.FAILURES) or 0)
    found = {
        "calls expected by now": summary.steps,
        "calls done": summary.steps_done,
        "calls overdue": overdue.steps,
        "deadlines overdue": overdue.clocks,
        "heartbeats that failed in a row": failures,
    }
    if machine:
        output.as_json({name.replace(" ", "_"): count for name, count in found.items()})
    else:
        output.facts("Watchdog", found.items())
    if overdue.steps or overdue.clocks:
        raise typer.Exit(FOUND_TROUBLE)
