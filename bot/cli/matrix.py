"""``bot matrix``: who works on what by when, and what another policy would change."""

from __future__ import annotations

import math
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
    CareRule,
    Cell,
    Condition,
    HousePack,
    InfluenceGroup,
    RouteRule,
    Trigger,
)
from bot.domain.tags import Sign
from bot.rules.chosen import in_force
from bot.rules.load import load_house
from bot.services import simulate as work
from bot.services.compare import Watch
from bot.services.simulate import Difference, Duty, Simulation
from bot.services.worlds import HOURS, Call, Fate, Imagined, Nobody, Promise

app = typer.Typer(
    help="The matrix: who works on what, and by when.", no_args_is_help=True
)

SHOWN = 50
"""Tickets in each table; JSON has them all."""

DRAWN = {"Mon-Sun": 7, "0-24 h": 24}
"""Columns that hold a picture, and how wide it is."""

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
    house = load_house(pack or in_force(settings(config).settings.packs.house))
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
    signs = [_need(sign, rule) for sign, rule in house.care.signs.items()]
    title = (
        "Signs of a need: before every route, at any tier; the first takes the queue"
    )
    output.listing(title, signs, machine=False, empty="There are no signs of a need.")
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


def _need(sign: Sign, rule: CareRule) -> dict[str, object]:
    return {
        "sign": sign.value,
        "queue": rule.queue,
        "severity": rule.severity.value,
        "tier": int(rule.tier),
        "code": rule.code.value,
        "promises": _promises(rule.targets),
    }


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
        if getattr(when, each.name) not in (None, (), {})
    }
    words = (f"{name} {_value(value)}" for name, value in given.items())
    return "; ".join(words) or "always"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return " or ".join(f"{name} {least:g}" for name, least in value.items())
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
        "signs": [
            {**_need(sign, rule), "promises": _seconds(rule.targets)}
            for sign, rule in house.care.signs.items()
        ],
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
        bot.policy,
        house,
        people=bot.people,
        since=now - timedelta(days=days),
        now=now,
        progress=tell,
    )


def _print(found: Simulation, days: int) -> None:
    first, second = found.first, found.second
    legal, people = found.legal, found.people
    calls = [sum(one.values()) for one in found.calls]
    output.facts(
        f"{len(found.differences)} tickets of the last {days} days would differ",
        [
            ("in force", f"{first.id} {first.version} {first.sha256[:12]}"),
            ("tried", f"{second.id} {second.version} {second.sha256[:12]}"),
            ("mentions", found.mentions),
            ("tickets", " -> ".join(map(str, found.tickets))),
            ("calls", " -> ".join(map(str, calls))),
            ("steps of chains that found nobody", _missing(found)),
            ("deadlines of the house", _counted(found.deadlines)),
            ("deadlines of the law", _counted(_fates(legal))),
            ("of those, called to in time", _called(legal)),
            ("decided under packs no more in force", found.other_packs),
            ("left out, as they cannot be decided", found.undecidable),
        ],
    )
    if people is None:
        words = "No file of people is set: steps of chains call queues by their names."
        output.out.print(words, markup=False)
    for title, rows in _tables(found):
        output.listing(
            title,
            rows[:SHOWN],
            machine=False,
            empty=f"{title}: none.",
            widths=_unbroken(rows),
        )
        if len(rows) > SHOWN:
            words = f"only the first {SHOWN} are listed; --json has them all"
            output.err.print(words, markup=False)


def _unbroken(rows: Sequence[Mapping[str, object]]) -> Mapping[str, int]:
    """Return the columns that are read in one line: pictures, and who is called."""
    names = rows[0].keys() if rows else ()
    widths = {name: width for name, width in DRAWN.items() if name in names}
    if "calls" in names:
        widths["calls"] = max(len(output.cell(row["calls"])) for row in rows)
    return widths


def _missing(found: Simulation) -> str:
    return " -> ".join(str(sum(one.times for one in some)) for some in found.nobody)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in counts.items())


def _called(legal: Mapping[str, int]) -> str:
    return (
        f"{legal['called_before']} -> {legal['called_after']}: "
        f"{legal['called_only_after']} only by the pack that is tried, "
        f"{legal['called_only_before']} only by the one in force"
    )


def _fates(legal: Mapping[str, int]) -> Mapping[str, int]:
    return {fate.value: legal[fate.value] for fate in Fate}


def _tables(found: Simulation) -> list[tuple[str, Sequence[Mapping[str, object]]]]:
    before, after = found.calls
    names = dict.fromkeys((*before, *after))
    top = max((*before.values(), *after.values()), default=0)
    calls = [
        {
            "to": name,
            "in force": before.get(name, 0),
            "tried": after.get(name, 0),
            "": _bar(after.get(name, 0), top),
        }
        for name in sorted(names, key=lambda name: -after.get(name, 0))
    ]
    moved = [
        {"ticket": one.ticket, "from": _stood(one.before), "to": _stood(one.after)}
        for one in found.differences
        if one.moves
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
    unstaffed = [
        {
            "queue": one.queue,
            "tickets": one.tickets,
            "calls": one.calls,
            "first": one.first_at,
        }
        for one in found.unstaffed
    ]
    hours = [
        {"pack": pack, "Mon-Sun": days, "0-24 h": hours}
        for pack, (days, hours) in zip(
            ("in force", "tried"), map(_drawn, found.hours), strict=True
        )
    ]
    return [
        ("Steps of chains that would find nobody", _nobody(found)),
        (f"When they would find nobody, {found.zone.key}", _when_nobody(found)),
        ("Deadlines of the law: missed, or called to by one pack only", _duties(found)),
        ("Calls by whom", calls),
        (f"When people would be called, {found.zone.key}", hours),
        ("Who would have been called, or no more", _calls(found)),
        ("Tickets that would stand elsewhere", moved),
        ("Service deadlines that would move", due),
        ("Queues with tickets in which nobody worked", unstaffed),
    ]


def _nobody(found: Simulation) -> Sequence[Mapping[str, object]]:
    before, after = ({(x.chain, x.step): x for x in some} for some in found.nobody)
    rows = []
    for key in dict.fromkeys((*after, *before)):
        old, new = before.get(key), after.get(key)
        one = new or old
        assert one is not None  # noqa: S101 - the key is of one of the two
        rows.append(
            {
                "step": f"{one.chain} {one.step}",
                "calls": _whom(one),
                "in force": old.times if old else 0,
                "tried": new.times if new else 0,
                "longest wait": _rough(new.longest) if new else "",
                "passed over": new.passed_over if new else 0,
                "operator told": new.unheard if new else 0,
                "first": new.first_at if new else None,
            }
        )
    return rows


def _when_nobody(found: Simulation) -> Sequence[Mapping[str, object]]:
    rows = []
    for one in found.nobody[1]:
        days, hours = _drawn(one.hours)
        rows.append(
            {"step": f"{one.chain} {one.step}", "Mon-Sun": days, "0-24 h": hours}
        )
    return rows


def _whom(one: Nobody) -> str:
    return f"{one.call.who} {one.call.name}".strip()


def _rough(span: timedelta) -> str:
    """Say a span to the minute, or from a day on to the hour."""
    minutes = int(span.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    return f"{days} d {hours} h" if days else f"{hours} h {rest} min"


def _duties(found: Simulation) -> Sequence[Mapping[str, object]]:
    rows = [
        {
            "ticket": one.ticket,
            "deadline": one.rule,
            "due": one.promise.due_at,
            "fate": _fate(one.promise),
            "called in force": _when(one.before),
            "called if tried": _when(one.after),
        }
        for one in found.duties
        if one.effect or one.promise.fate is Fate.MISSED
    ]
    # Who would hear of it by one of the two packs only comes first.
    return sorted(
        rows, key=lambda row: bool(row["called in force"] and row["called if tried"])
    )


def _fate(promise: Promise) -> str:
    done = output.cell(promise.answered_at)
    return f"{promise.fate.value.replace('_', ' ')} {done}".strip()


def _when(call: Call | None) -> str:
    return f"{output.cell(call.at)} {', '.join(call.to)}" if call else ""


def _calls(found: Simulation) -> Sequence[Mapping[str, object]]:
    rows = []
    for one in found.differences:
        for word, calls in (("anew", one.new_calls), ("no more", one.lost_calls)):
            rows += [
                {"ticket": one.ticket, "called": word, **_row(call), "instead of": None}
                for call in calls
            ]
        rows += [
            {"ticket": one.ticket, "called": "moved", **_row(new), "instead of": old.at}
            for old, new in one.moved_calls
        ]
    return rows


def _row(call: Call) -> dict[str, object]:
    return {
        "at": call.at,
        "to": ", ".join(call.to),
        "tier": int(call.tier),
        "code": call.code.value,
        "why": call.why,
    }


BLOCKS = " ▁▂▃▄▅▆▇█"
WIDTH = 30


def _bar(count: int, top: int) -> str:
    return "█" * math.ceil(count * WIDTH / top) if top else ""


def _drawn(week: Sequence[int]) -> tuple[str, str]:
    """Draw a week's hours as one block for each day, and one for each hour of a day."""
    days = [sum(week[day * HOURS : (day + 1) * HOURS]) for day in range(7)]
    hours = [sum(week[hour::HOURS]) for hour in range(HOURS)]
    return _blocks(days), _blocks(hours)


def _blocks(counts: Sequence[int]) -> str:
    top = max(counts, default=0)
    drawn = (BLOCKS[math.ceil(one * 8 / top)] if top else " " for one in counts)
    # A dot where there is none: a table would cut off spaces.
    return "".join(drawn).replace(" ", "·")


def _answered(one: Promise | None) -> datetime | None:
    return one.answered_at if one else None


def _stood(one: Imagined | None) -> str:
    if one is None:
        return "no ticket"
    return f"{one.severity}, code {one.code}, tier {one.tier:d}, {one.queue}"


def _call(call: Call) -> dict[str, object]:
    return {
        "at": call.at,
        "to": list(call.to),
        "queue": call.queue,
        "tier": int(call.tier),
        "code": call.code.value,
        "why": call.why,
        "chain": call.chain,
        "step": call.step,
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
        "people": found.people.sha256 if found.people else None,
        "calls": {"before": dict(before), "after": dict(after)},
        "hours_of_week": {
            "zone": found.zone.key,
            "before": list(found.hours[0]),
            "after": list(found.hours[1]),
        },
        "nobody": {
            word: [_step(one) for one in some]
            for word, some in zip(("before", "after"), found.nobody, strict=True)
        },
        "deadlines": dict(found.deadlines),
        "legal": dict(found.legal),
        "legal_deadlines": [_duty(one) for one in found.duties],
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


def _step(one: Nobody) -> dict[str, object]:
    return {
        "chain": one.chain,
        "step": one.step,
        "calls": _whom(one),
        "times": one.times,
        "tickets": sorted(one.tickets),
        "passed_over": one.passed_over,
        "operator_told": one.unheard,
        "waited_for_its_own_hours": one.outside_hours,
        "longest_wait": one.longest.total_seconds(),
        "first_at": one.first_at,
        "last_at": one.last_at,
        "hours_of_week": one.hours,
    }


def _duty(one: Duty) -> dict[str, object]:
    return {
        "ticket": one.ticket,
        "rule": one.rule,
        "cite": one.promise.cite,
        "due_legal": one.promise.ends_at,
        **(_promise(one.promise) or {}),
        "called_before": one.before and _call(one.before),
        "called_after": one.after and _call(one.after),
        "effect": one.effect,
    }


def _difference(one: Difference) -> dict[str, object]:
    return {
        "ticket": one.ticket,
        "before": _imagined(one.before),
        "after": _imagined(one.after),
        "called_anew": [_call(call) for call in one.new_calls],
        "called_no_more": [_call(call) for call in one.lost_calls],
        "called_at_another_time": [
            {"before": _call(old), "after": _call(new)} for old, new in one.moved_calls
        ],
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
