"""``bot schedule`` and ``bot work``: the roles of many machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import Config, Db, opened
from bot.errors import SettingsError
from bot.services.lifecycle import apply_settings, started, stopped


def schedule(*, config: Config = None, db: Db = None) -> None:
    """Call workers and watch deadlines; start any number, one is active."""
    from bot.work import distributed

    with opened(config, db) as bot, _on_record(bot, "schedule"):
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
    steps = [Step(name) for name in dict.fromkeys(named)]
    with opened(config, db) as bot, _on_record(bot, f"work {','.join(steps)}"):
        distributed.work(bot, steps, _tell)


@contextmanager
def _on_record(bot: App, role: str) -> Iterator[None]:
    """Log under what it works, when it began, and when it ended in good order."""
    apply_settings(bot.store, bot.clock, bot.in_force)
    started(bot.store, bot.clock, role)
    yield
    stopped(bot.store, bot.clock, role)


def _tell(line: str) -> None:
    output.err.print(line, markup=False)
