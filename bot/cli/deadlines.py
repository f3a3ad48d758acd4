"""``bot ticket deadlines``: what was due in a period, and whether it was kept."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.cli import output, tickets
from bot.cli.context import AsJson, Config, Db, opened
from bot.domain.clocks import Clock
from bot.domain.tickets import key_of
from bot.errors import SettingsError
from bot.reports.deadlines import MISSES, Kept, by_rule, kept


class Kind(StrEnum):
    """Whose promises are asked for."""

    LEGAL = "legal"
    SERVICE = "service"
    ALL = "all"


def deadlines(
    *,
    since: Annotated[str, typer.Option("--since", help="ISO 8601; from then on.")],
    until: Annotated[
        str | None, typer.Option("--until", help="ISO 8601; before then. Now if none.")
    ] = None,
    kind: Annotated[Kind, typer.Option(help="legal, service or all.")] = Kind.LEGAL,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say which deadlines of a period were kept, and list those that were not."""
    with opened(config, db) as bot, bot.store.reading() as store:
        first = tickets.instant(since)
        last = tickets.instant(until) if until else bot.clock.now()
        if first >= last:
            message = f"--since {since} is not before --until {last.isoformat()}"
            raise SettingsError(message)
        due = [
            clock
            for clock in store.clocks.due_between(first, last)
            if kind is Kind.ALL or clock.plan.kind.value == kind.value
        ]
    rules = [_counted(row.rule, row.cite, row.counts) for row in by_rule(due)]
    missed = [_missed(clock) for clock in due if kept(clock) in MISSES]
    if machine:
        asked = {"since": first, "until": last, "kind": kind.value}
        output.as_json({**asked, "rules": rules, "missed": missed})
        return
    title = f"Due from {output.cell(first)} to {output.cell(last)}"
    output.listing(title, rows=rules, machine=False, empty="nothing was due")
    if rules:
        nothing = "None of them was missed."
        widths = {"rule": max((len(clock.plan.rule) for clock in due), default=0)}
        output.listing(
            "Not kept in time", missed, machine=False, empty=nothing, widths=widths
        )


def _counted(rule: str, cite: str, counts: dict[Kept, int]) -> dict[str, object]:
    return {"rule": rule, **{one.value: counts[one] for one in Kept}, "cite": cite}


def _missed(clock: Clock) -> dict[str, object]:
    plan = clock.plan
    return {
        "ticket": key_of(clock.ticket_id),
        "rule": plan.rule,
        "how": kept(clock).value,
        "due_strict": plan.due_strict,
        "due_legal": plan.due_legal,
        "done_at": clock.ended_at,
        "provisional": plan.provisional,
    }
