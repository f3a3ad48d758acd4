"""``bot notify``: whether our own people can be reached, tried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import AsJson, Config, opened
from bot.domain.ports import LOG, Notice, Notifier
from bot.errors import BotError
from bot.escalate.notices import rule_for

NOT_REACHED = 1
REACHED = "reached"

app = typer.Typer(help="Our own people: try to reach them.", no_args_is_help=True)


@app.callback()
def _notify() -> None:
    """Keep 'test' a command of its own while it is the only one."""


@app.command("test")
def send_test(
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Only the ways for this queue or person."),
    ] = None,
    machine: AsJson = False,
    config: Config = None,
) -> None:
    """Send a test notice by each way but the log, and say who was reached."""
    with opened(config) as bot:
        notice = Notice(
            key=f"test:{bot.clock.now().isoformat()}",
            to=to or "everybody",
            subject="Test from Answerable: can you read this?",
            body="Somebody tries out how you are reached. There is nothing to do.",
        )
        ways = _ways(bot, to)
        rows = [{"way": way.name, **_tried(way, notice)} for way in ways]
    empty = "no way but the log is set up, and a line there reaches nobody"
    output.listing("Test notice", rows, machine=machine, empty=empty)
    if not rows or any(row["state"] != REACHED for row in rows):
        raise typer.Exit(NOT_REACHED)


def _ways(bot: App, to: str | None) -> Sequence[Notifier]:
    by_rule = bot.by_rule
    rule = None if to is None else rule_for(by_rule.rules, to)
    ways: Iterable[Notifier] = by_rule.ways.values() if to is None else bot.notifiers
    if rule is not None:
        names = dict.fromkeys((*rule.important, *rule.default))
        ways = [by_rule.ways[name] for name in names]
    return [way for way in ways if way.name != LOG]


def _tried(way: Notifier, notice: Notice) -> dict[str, str]:
    try:
        way.send(notice)
    except BotError as error:
        detail = f"{error.shown} ({error.detail})"
        return {"kind": way.kind, "state": "FAILED", "detail": detail}
    return {"kind": way.kind, "state": REACHED, "detail": ""}
