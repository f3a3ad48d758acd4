"""``bot ticket merge`` and ``split``: one ticket of two, or two of one."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import By, Config, Db, Why, number, opened
from bot.cli.tickets import Key
from bot.domain.mentions import MentionId
from bot.domain.tickets import TicketId
from bot.services import merging as work


def merge(
    key: Key,
    other: Annotated[str, typer.Argument(help="The ticket that goes into it.")],
    *,
    by: By,
    reason: Annotated[
        str, typer.Option(help="Why; needed where their authors differ.")
    ] = "",
    config: Config = None,
    db: Db = None,
) -> None:
    """Let another ticket go into this one; no clock is lost or falls due later."""
    with opened(config, db) as bot:
        left = work.merge(
            bot.store,
            bot.policy,
            bot.clock,
            TicketId(number(key, "T")),
            TicketId(number(other, "T")),
            by=by,
            why=reason.strip(),
        )
    words = f"{other} went into {left.key}, which lies in the queue {left.queue}"
    output.out.print(words, markup=False)


def split(
    key: Key,
    *,
    mention: Annotated[
        list[str], typer.Option(help="A text that leaves; once for each.")
    ],
    by: By,
    reason: Why,
    config: Config = None,
    db: Db = None,
) -> None:
    """Give texts a ticket of their own, with clocks from their own publication."""
    with opened(config, db) as bot:
        own = work.split(
            bot.store,
            bot.policy,
            bot.clock,
            TicketId(number(key, "T")),
            [MentionId(number(one, "M")) for one in mention],
            by=by,
            why=reason,
        )
    words = f"{own.key} has them now; it lies in the queue {own.queue}"
    output.out.print(words, markup=False)
