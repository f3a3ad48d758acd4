"""``bot schedule`` and ``bot work``: the roles of many machines."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import Config, Db, opened
from bot.errors import SettingsError


def schedule(*, config: Config = None, db: Db = None) -> None:
    """Call workers and watch deadlines; start any number, one is active."""
    from bot.work import distributed

    with opened(config, db) as bot:
        distributed.schedule(bot, _tell)


def work(
    *,
    queues: Annotated[
        str,
        typer.Option(help="The steps this worker takes; only classify loads a model."),
    ] = "listen,classify,triage,send",
    config: Config = None,
    db: Db = None,
) -> None:
    """Take steps that a scheduler calls for; start as many as you like."""
    from bot.work import distributed
    from bot.work.steps import Step

    known = [step.value for step in Step]
    named = [name.strip() for name in queues.split(",") if name.strip()]
    if not named or not set(named) <= set(known):
        message = f"--queues {queues!r}: name some of {','.join(known)}"
        raise SettingsError(message)
    with opened(config, db) as bot:
        distributed.work(bot, [Step(name) for name in dict.fromkeys(named)], _tell)


def _tell(line: str) -> None:
    output.err.print(line, markup=False)
