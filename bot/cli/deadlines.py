"""``bot ticket deadlines``: what was due in a period, and whether it was kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from bot.cli import output, tickets
from bot.cli.context import AsJson, Config, Db, opened
from bot.domain.clocks import Clock, Kept
from bot.domain.tickets import hearsay, key_of
from bot.errors import SettingsError
from bot.reports.deadlines import MISSES, by_rule, kept

End = tuple[int, str, datetime | None]
"""What ended a promise: the ticket, the event, and when it happened."""


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
        now = bot.clock.now()
        first = tickets.instant(since)
        last = tickets.instant(until) if until else now
        if first >= last:
            message = f"--since {since} is not before --until {last.isoformat()}"
            raise SettingsError(message)
        due = [
            clock
            for clock in store.clocks.due_between(first, last)
            if kind is Kind.ALL or clock.plan.kind.value == kind.value
        ]
        told: dict[End, str] = {
            (one.ticket_id, one.name, one.happened_at): hearsay(one)
            for one in store.tickets.given_elsewhere()
        }
    how = [(clock, kept(clock, now)) for clock in due]
    heard = [row for clock, one in how if (row := _heard(clock, one, told))]
    rules = [_counted(row.rule, row.cite, row.counts) for row in by_rule(due, now)]
    missed = [_missed(clock, one) for clock, one in how if one in MISSES]
    if machine:
        asked = {"since": first, "until": last, "kind": kind.value}
        found = {"rules": rules, "missed": missed, "given_elsewhere": heard}
        output.as_json({**asked, **found})
        return
    title = f"Due from {output.cell(first)} to {output.cell(last)}"
    output.listing(
        title, rows=_occurring(rules), machine=False, empty="nothing was due"
    )
    if rules:
        nothing = "None of them was missed."
        widths = {"rule": max((len(clock.plan.rule) for clock in due), default=0)}
        output.listing(
            "Not kept in time", missed, machine=False, empty=nothing, widths=widths
        )

    if heard:
        output.listing(
            "Kept on a person's word alone", heard, machine=False, empty="", widths={}
        )


def _heard(
    clock: Clock, how: Kept, told: Mapping[End, str]
) -> dict[str, object] | None:
    """Return what people read of a promise whose end the bot did not see."""
    words = told.get((clock.ticket_id, clock.ended_by, clock.ended_at))
    if not words:
        return None
    return {
        "ticket": key_of(clock.ticket_id),
        "rule": clock.plan.rule,
        "how": how.value,
        "done_at": clock.ended_at,
        "given": words,
    }


def _counted(rule: str, cite: str, counts: dict[Kept, int]) -> dict[str, object]:
    return {"rule": rule, **{one.value: counts[one] for one in Kept}, "cite": cite}


def _occurring(rules: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Leave out ways of keeping that never came about: a terminal is narrow."""
    kinds = {one.value for one in Kept} - {Kept.IN_TIME.value, Kept.MISSED.value}
    never = {kind for kind in kinds if not any(row[kind] for row in rules)}
    return [
        {key: said for key, said in row.items() if key not in never} for row in rules
    ]


def _missed(clock: Clock, how: Kept) -> dict[str, object]:
    plan = clock.plan
    return {
        "ticket": key_of(clock.ticket_id),
        "rule": plan.rule,
        "how": how.value,
        "due_strict": plan.due_strict,
        "due_legal": plan.due_legal,
        "done_at": clock.ended_at,
        "provisional": plan.provisional,
    }
