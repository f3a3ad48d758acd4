"""``bot matrix``: who works on what by when, and what another policy would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import AsJson, Config, Db, opened, settings
from bot.cli.model import Bar
from bot.domain.packs import (
    Cell,
    Condition,
    HousePack,
    InfluenceGroup,
    RouteRule,
    Trigger,
)
from bot.rules.load import load_house
from bot.services import simulate as work
from bot.services.compare import Watch
from bot.services.simulate import Call, Difference, Imagined, Promise, Simulation

app = typer.Typer(
    help="The matrix: who works on what, and by when.", no_args_is_help=True
)

SHOWN = 50
"""Tickets in each table; JSON has them all."""

UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(0, 60)))


# --- show


@app.command("show")
def show(
    *,
    pack: Annotated[
        Path | None, typer.Option("--pack", help="A house pack; else the settings'.")
    ] = None,
    machine: AsJson = False,
    config: Config = None,
) -> None:
    """Show a house pack's matrix, and the routes that come on top, in order."""
    house = load_house(pack or settings(config).settings.packs.house)
    if machine:
        output.as_json(_whole(house))
        return
    rows = [
        {
            "severity": severity.value,
            **{group.value: _cell(row[group]) for group in InfluenceGroup},
        }
        for severity, row in house.matrix.items()
    ]
    title = f"{house.ref.id} {house.ref.version}: severity down, influence across"
    output.listing(title, rows, machine=False, empty="")
    routes = [_route(route) for route in house.routes]
    title = "Routes: the first that holds takes the queue, each raises to at least"
    output.listing(title, routes, machine=False, empty="There are no routes.")
    triggers = [_trigger(trigger) for trigger in house.triggers]
    title = "Triggers: what is done besides, in order"
    output.listing(title, triggers, machine=False, empty="There are no triggers.")


def _cell(cell: Cell) -> str:
    # Spaces around the strokes, so that a name breaks in no narrow column.
    promises = _promises(cell.targets)
    return f"tier {cell.tier:d}, {cell.code} | {cell.queue} | {promises}"


def _route(route: RouteRule) -> dict[str, object]:
    return {
        "route": route.id,
        "when": _asked(route.when),
        "queue": route.queue,
        "tier": int(route.tier),
        "code": route.code.value,
        "promises": _promises(route.targets),
        "why": route.text,
    }


def _trigger(trigger: Trigger) -> dict[str, object]:
    many, then = trigger.many, trigger.then
    on = trigger.on.value
    if many:
        on = f"{many.items} within {_span(many.within)}, same {many.per}"
    if trigger.share:
        on = f"{on} {trigger.share} %"
    raises = {
        "severity": then.severity,
        "code": then.code,
        "tier": then.tier,
        "queue": then.queue or None,
    }
    does = [f"{name} {value!s}" for name, value in raises.items() if value is not None]
    does += [f"mark {word}" for word in then.marks]
    does += [f"notify {queue}" for queue in then.notify]
    where = [f"queue {_value(trigger.queues)}"] if trigger.queues else []
    where += [_value(trigger.clocks)] if trigger.clocks else []
    return {
        "trigger": trigger.id,
        "on": on,
        "when": "; ".join([*where, _asked(trigger.when)]),
        "then": ", ".join(does),
        "stops": trigger.stops,
        "why": trigger.text,
    }


def _promises(targets: Mapping[str, timedelta]) -> str:
    return ", ".join(f"{name} {_span(within)}" for name, within in targets.items())


def _span(span: timedelta) -> str:
    """Say a span in its largest whole unit: 90 min, 4 h, 3 d."""
    for unit, size in UNITS:
        if span % size == timedelta(0):
            return f"{span // size} {unit}"
    return f"{span.total_seconds():g} s"


def _asked(when: Condition) -> str:
    """Say what a condition asks for, in the pack's own words."""
    given = {
        each.name: getattr(when, each.name)
        for each in fields(Condition)
        if getattr(when, each.name) not in {None, ()}
    }
    words = (f"{name} {_value(value)}" for name, value in given.items())
    return "; ".join(words) or "always"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return " or ".join(str(one) for one in value)
    if isinstance(value, timedelta):
        return _span(value)
    return output.cell(value)


def _whole(house: HousePack) -> dict[str, object]:
    return {
        "pack": _named(house),
        "matrix": {
            severity.value: {
                group.value: {
                    "tier": int(cell.tier),
                    "queue": cell.queue,
                    "code": cell.code.value,
                    "targets": _seconds(cell.targets),
                }
                for group, cell in row.items()
            }
            for severity, row in house.matrix.items()
        },
        "routes": [
            {**_route(one), "promises": _seconds(one.targets)} for one in house.routes
        ],
        "triggers": [_trigger(one) for one in house.triggers],
    }


def _named(house: HousePack) -> dict[str, str]:
    ref = house.ref
    return {"id": ref.id, "version": ref.version, "sha256": ref.sha256}


def _seconds(targets: Mapping[str, timedelta]) -> dict[str, float]:
    return {name: within.total_seconds() for name, within in targets.items()}


# --- simulate


@app.command("simulate")
def simulate(
    *,
    pack: Annotated[Path, typer.Option("--pack", help="The house pack to try.")],
    days: Annotated[
        int, typer.Option(min=1, help="What was published in so many last days.")
    ] = 90,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Show what a house pack would have changed in the past; changes nothing."""
    with opened(config, db) as bot, Bar("Simulating") as (shown, task):
        house = bot.checked_house(pack)

        def tell(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        found = _simulated(bot, house, days, tell)
    if machine:
        output.as_json(_simulation(found))
    else:
        _print(found, days)


def _simulated(bot: App, house: HousePack, days: int, tell: Watch) -> Simulation:
    now = bot.clock.now()
    return work.simulate(
        bot.store,
        bot.policy.house,
        house,
        bot.policy.regulation,
        calendar=bot.policy.calendar,
        since=now - timedelta(days=days),
        now=now,
        progress=tell,
    )


def _print(found: Simulation, days: int) -> None:
    first, second = found.first, found.second
    counts = found.deadlines
    output.facts(
        f"{len(found.differences)} tickets of the last {days} days would differ",
        [
            ("in force", f"{first.id} {first.version} {first.sha256[:12]}"),
            ("tried", f"{second.id} {second.version} {second.sha256[:12]}"),
            ("mentions", found.mentions),
            ("tickets", " -> ".join(map(str, found.tickets))),
            ("deadlines", ", ".join(f"{n} {word}" for word, n in counts.items())),
            ("decided under packs no more in force", found.other_packs),
            ("left out, as they cannot be decided", found.undecidable),
        ],
    )
    for title, rows in _tables(found):
        output.listing(title, rows[:SHOWN], machine=False, empty=f"{title}: none.")
        if len(rows) > SHOWN:
            words = f"only the first {SHOWN} are listed; --json has them all"
            output.err.print(words, markup=False)


def _tables(found: Simulation) -> list[tuple[str, Sequence[Mapping[str, object]]]]:
    before, after = found.calls
    queues = [
        {"queue": name, "calls": before.get(name, 0), "would be": after.get(name, 0)}
        for name in dict.fromkeys((*before, *after))
        if before.get(name, 0) != after.get(name, 0)
    ]
    moved = [
        {"ticket": one.ticket, "from": _stood(one.before), "to": _stood(one.after)}
        for one in found.differences
        if one.moves
    ]
    called = [
        {"ticket": one.ticket, "called": word, **_call(call)}
        for one in found.differences
        for word, calls in (("anew", one.new_calls), ("no more", one.lost_calls))
        for call in calls
    ]
    due = [
        {
            "ticket": one.ticket,
            "promise": rule,
            "due": old and old.due_at,
            "would be": new and new.due_at,
            "answered": _answered(old) or _answered(new),
            "was": old and old.fate.value,
            "then": new and new.fate.value,
        }
        for one in found.differences
        for rule, (old, new) in one.deadlines.items()
    ]
    # What would be kept or missed instead says more than what only moves.
    due.sort(key=lambda row: row["was"] == row["then"])
    nobody = [
        {
            "queue": one.queue,
            "tickets": one.tickets,
            "calls": one.calls,
            "first": one.first_at,
        }
        for one in found.unstaffed
    ]
    return [
        ("Calls by queue that would change", queues),
        ("Tickets that would stand elsewhere", moved),
        ("Who would have been called, or no more", called),
        ("Service deadlines that would move", due),
        ("Queues with tickets in which nobody worked", nobody),
    ]


def _answered(one: Promise | None) -> datetime | None:
    return one.answered_at if one else None


def _stood(one: Imagined | None) -> str:
    if one is None:
        return "no ticket"
    return f"{one.severity}, code {one.code}, tier {one.tier:d}, {one.queue}"


def _call(call: Call) -> dict[str, object]:
    return {
        "at": call.at,
        "queue": call.queue,
        "tier": int(call.tier),
        "code": call.code.value,
        "why": call.why,
    }


def _simulation(found: Simulation) -> dict[str, object]:
    before, after = found.calls
    return {
        "first": f"{found.first.id} {found.first.version}",
        "first_sha256": found.first.sha256,
        "second": f"{found.second.id} {found.second.version}",
        "second_sha256": found.second.sha256,
        "mentions": found.mentions,
        "other_packs": found.other_packs,
        "undecidable": found.undecidable,
        "tickets": {"before": found.tickets[0], "after": found.tickets[1]},
        "calls": {"before": dict(before), "after": dict(after)},
        "deadlines": dict(found.deadlines),
        "differences": [_difference(one) for one in found.differences],
        "unstaffed": [
            {
                "queue": one.queue,
                "tickets": one.tickets,
                "calls": one.calls,
                "first_at": one.first_at,
            }
            for one in found.unstaffed
        ],
    }


def _difference(one: Difference) -> dict[str, object]:
    return {
        "ticket": one.ticket,
        "before": _imagined(one.before),
        "after": _imagined(one.after),
        "called_anew": [_call(call) for call in one.new_calls],
        "called_no_more": [_call(call) for call in one.lost_calls],
        "deadlines": {
            rule: {"before": _promise(old), "after": _promise(new)}
            for rule, (old, new) in one.deadlines.items()
        },
    }


def _imagined(one: Imagined | None) -> dict[str, object] | None:
    if one is None:
        return None
    return {
        "severity": one.severity,
        "code": one.code.value,
        "tier": int(one.tier),
        "queue": one.queue,
    }


def _promise(one: Promise | None) -> dict[str, datetime | str | None] | None:
    if one is None:
        return None
    return {
        "due_at": one.due_at,
        "answered_at": one.answered_at,
        "fate": one.fate.value,
    }
