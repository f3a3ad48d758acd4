"""``bot source``: how each source stands, what it costs, and when it was not seen."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bot.bootstrap import App
from bot.cli import output, tickets
from bot.cli.context import AsJson, Config, Db, opened
from bot.domain.channels import Quota
from bot.domain.ports import Checked, Work
from bot.errors import SettingsError
from bot.reports.budgets import Spending
from bot.reports.coverage import NOT_YET, SEEN, Certificate, Outage
from bot.standing import Standing, standing

USUAL_PERIOD = timedelta(days=7)
SHOWN_BY_LIST = timedelta(days=1)
WIDTH = 72

FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich would have every reader fetch a font from a third party."""

app = typer.Typer(
    help="What is listened to: health, cost, and the time in which it was not seen.",
    no_args_is_help=True,
)

Since = Annotated[
    str | None, typer.Option("--since", help="ISO 8601; from then on. 7 days ago.")
]
Until = Annotated[
    str | None, typer.Option("--until", help="ISO 8601; before then. Now if none.")
]
Name = Annotated[str, typer.Argument(help="The source's name in the settings.")]


@app.command("list")
def listing(*, machine: AsJson = False, config: Config = None, db: Db = None) -> None:
    """List the sources: how each is read, what its month has left, and what fails."""
    with opened(config, db) as bot, bot.store.reading() as work:
        now = bot.clock.now()
        found = [
            _standing(bot, work, name, now - SHOWN_BY_LIST, now, now)
            for name in bot.sources
        ]
    if machine:
        output.as_json([_json(one, now) for one in found])
        return
    rows = [_row(one, now) for one in found]
    output.listing("Sources", rows, machine=False, empty="there is no source")


@app.command("show")
def show(
    name: Name,
    *,
    since: Since = None,
    until: Until = None,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Show one source whole, with each stretch in which it was not seen."""
    with opened(config, db) as bot, bot.store.reading() as work:
        now = bot.clock.now()
        first, last = _period(since, until, now)
        one = _standing(bot, work, name, first, last, now)
        outages = [_outage(work, name, each) for each in one.seen.outages]
    if machine:
        output.as_json({**_json(one, now), "outages": outages})
        return
    output.facts(f"Source {name}", _facts(one, now))
    _print_seen(one.seen, outages, is_delivered=name in bot.hooks)


@app.command("coverage")
def coverage(  # noqa: PLR0913 - the options of a command
    name: Name,
    *,
    since: Since = None,
    until: Until = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Draw it into this file too.")
    ] = None,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Certify of which minutes of a period a source was seen, and why not of others."""
    with opened(config, db) as bot, bot.store.reading() as work:
        now = bot.clock.now()
        first, last = _period(since, until, now)
        seen = _standing(bot, work, name, first, last, now).seen
        outages = [_outage(work, name, each) for each in seen.outages]
    if machine:
        output.as_json({**_certificate(seen), "outages": outages})
    else:
        _print_seen(seen, outages, is_delivered=name in bot.hooks)
    if svg is not None:
        _draw(svg, seen, outages, is_delivered=name in bot.hooks)
        output.err.print(f"drawn: {svg}", markup=False)


def _standing(
    bot: App, work: Work, name: str, since: datetime, until: datetime, now: datetime
) -> Standing:
    return standing(bot, work, name, since=since, until=until, now=now, width=WIDTH)


def _period(
    since: str | None, until: str | None, now: datetime
) -> tuple[datetime, datetime]:
    last = min(tickets.instant(until), now) if until else now
    first = tickets.instant(since) if since else last - USUAL_PERIOD
    if first >= last:
        message = f"--since {first.isoformat()} is not before {last.isoformat()}"
        raise SettingsError(message)
    return first, last


# --- for people


def _row(one: Standing, now: datetime) -> dict[str, object]:
    return {
        "source": one.source.name,
        "connector": f"{one.source.connector.info.name}, {one.mode.value}",
        "brand": one.brand,
        "last_success": one.state.last_success_at,
        "blind_24h": span(one.seen.blind),
        "to_watch": "; ".join(_to_watch(one, now)),
    }


def _to_watch(one: Standing, now: datetime) -> Iterator[str]:
    """Say what fails and what comes to an end, and nothing of what does not."""
    if one.state.failures:
        yield f"{one.state.failures} fails"
    if one.reads.left is not None:
        out = _runs_out(one.reads, now)
        yield f"{one.reads.left} reads left" + (f", out {out}" if out else "")
    ends = _expires(one.checked, now)
    if ends:
        yield f"credential {ends}"


def _facts(one: Standing, now: datetime) -> list[tuple[str, object]]:
    state, info = one.state, one.source.connector.info
    pairs: list[tuple[str, object]] = [
        ("connector", f"{info.label}, {one.mode.value}"),
        ("brand", one.brand),
        ("last success", state.last_success_at),
        ("newest mention", _age(state.newest_at, now)),
        ("cursor moved", _age(state.moved_at, now)),
        ("failures in a row", state.failures),
    ]
    if one.error:
        pairs.append(("last error", one.error))
    if state.retry_at is not None:
        pairs.append(("tried again", state.retry_at))
    pairs += [("reads", _spent(one.reads, now)), ("posts", _spent(one.posts, now))]
    if one.reads.price or one.posts.price:
        pairs.append(("cost this month", f"{one.costs:.2f} {one.currency}".strip()))
    if one.checked is not None:
        health = one.checked.health
        pairs += [
            ("platform says", f"{health.detail} ({_age(one.checked.at, now)})"),
            ("credential", _expires(one.checked, now) or "no end is told"),
            *(("quota", told_quota(quota)) for quota in health.quotas),
        ]
    return pairs


def _age(at: datetime | None, now: datetime) -> str:
    return "never" if at is None else f"{output.cell(at)}, {span(now - at)} ago"


def span(lasted: timedelta) -> str:
    """Say how long something lasted, in two units at most."""
    minutes, seconds = divmod(round(lasted.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    told = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(told[:2]) or "0"


def told_quota(quota: Quota) -> str:
    """Say what a platform still lets us do."""
    resets = f", whole at {output.cell(quota.resets_at)}" if quota.resets_at else ""
    return f"{quota.left} of {quota.limit} {quota.unit} left{resets}"


def _spent(meter: Spending, now: datetime) -> str:
    told = f"{meter.used} this month, {meter.a_day:.1f} a day"
    if meter.limit is None:
        return f"{told}, no limit is set"
    ends = _runs_out(meter, now) or "not this month"
    return f"{told}; {meter.left} of {meter.limit} left, used up: {ends}"


def _runs_out(meter: Spending, now: datetime) -> str:
    if meter.runs_out_at is None:
        return ""
    is_over = meter.runs_out_at <= now
    return "now" if is_over else f"{meter.runs_out_at:%Y-%m-%d}"


def _expires(checked: Checked | None, now: datetime) -> str:
    ends = checked.health.token_expires_at if checked else None
    if ends is None:
        return ""
    return f"ended {ends:%Y-%m-%d}" if ends <= now else f"ends {ends:%Y-%m-%d}"


def _print_seen(
    seen: Certificate, outages: Sequence[dict[str, object]], *, is_delivered: bool
) -> None:
    for line in _lines(seen):
        output.out.print(line, markup=False)
    if outages:
        output.listing("Not seen", _occurrences(outages), machine=False, empty="")
    output.out.print(_verdict(seen, is_delivered=is_delivered), markup=False)


def _lines(seen: Certificate) -> list[str]:
    told = [f"{_named(cause)} {count}" for cause, count in seen.minutes.items()]
    return [
        f"{seen.source}: {output.cell(seen.since)} to {output.cell(seen.until)}",
        f"  minutes: {', '.join(told)}",
        f"  blind: {span(seen.blind)}",
        f"  [{seen.bar}]",
        "  █ seen   ▄ partly   · not seen",
    ]


def _named(cause: str) -> str:
    return {SEEN: "seen", NOT_YET: "before the first look"}.get(cause, cause)


SENDERS_TELL = (
    "Whether senders could deliver is not seen from here: bot.started and bot.stopped "
    "of bot:serve in the log, and the senders' own records, tell."
)


def _verdict(seen: Certificate, *, is_delivered: bool) -> str:
    if seen.first_look_at is None:
        further = SENDERS_TELL if is_delivered else "A file is not watched."
        return f"No look at it is on record: nothing is claimed. {further}"
    if seen.is_whole and is_delivered:
        return f"Whatever was delivered was read. {SENDERS_TELL}"
    if seen.is_whole:
        return "Whatever the platform showed was read: every stretch is closed."
    return "Not closed: something may never have been seen."


def _occurrences(outages: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    return [
        {
            "from": one["from"],
            "to": one["to"],
            "lasted": one["lasted"],
            "cause": one["cause"],
            "closed": one["closed_at"] or "no",
            "read_later": one["read_later"],
            "missed": one["missed"] or "",
        }
        for one in outages
    ]


# --- for programs


def _outage(work: Work, name: str, outage: Outage) -> dict[str, object]:
    begins, ends = outage.started_at, outage.ended_at
    return {
        "from": begins,
        "to": ends,
        "seconds": (ends - begins).total_seconds(),
        "lasted": span(ends - begins),
        "cause": ", ".join(dict.fromkeys(part.cause for part in outage.parts)),
        "parts": [
            {
                "from": part.started_at,
                "to": part.ended_at,
                "cause": part.cause,
                "detail": part.detail,
            }
            for part in outage.parts
        ],
        "closed_at": outage.closed_at,
        "read_later": work.sources.read_later(name, begins, ends),
        "missed": outage.missed,
    }


def _certificate(seen: Certificate) -> dict[str, object]:
    return {
        "source": seen.source,
        "since": seen.since,
        "until": seen.until,
        "minutes": seen.minutes,
        "blind_seconds": seen.blind.total_seconds(),
        "is_whole": seen.is_whole,
        "bar": seen.bar,
    }


def _json(one: Standing, now: datetime) -> dict[str, object]:
    state, health = one.state, one.checked and one.checked.health
    return {
        "source": one.source.name,
        "connector": one.source.connector.info.name,
        "brand": one.brand,
        "mode": one.mode.value,
        "last_success_at": state.last_success_at,
        "newest_at": state.newest_at,
        "cursor_moved_at": state.moved_at,
        "cursor_age_seconds": state.moved_at and (now - state.moved_at).total_seconds(),
        "failures": state.failures,
        "error": one.error,
        "retry_at": state.retry_at,
        "off_because": state.off_because,
        "reads": _meter_json(one.reads),
        "posts": _meter_json(one.posts),
        "cost": one.costs,
        "currency": one.currency,
        "checked_at": one.checked and one.checked.at,
        "ok": health and health.ok,
        "detail": health and health.detail,
        "token_expires_at": health and health.token_expires_at,
        "quotas": [
            {
                "unit": quota.unit,
                "limit": quota.limit,
                "left": quota.left,
                "resets_at": quota.resets_at,
            }
            for quota in (health.quotas if health else ())
        ],
        "coverage": _certificate(one.seen),
    }


def _meter_json(meter: Spending) -> dict[str, object]:
    return {
        "used": meter.used,
        "limit": meter.limit,
        "left": meter.left,
        "a_day": round(meter.a_day, 2),
        "runs_out_at": meter.runs_out_at,
        "cost": meter.cost,
    }


def _draw(
    file: Path,
    seen: Certificate,
    outages: Sequence[dict[str, object]],
    *,
    is_delivered: bool,
) -> None:
    console = Console(record=True, width=WIDTH + 8, file=io.StringIO())
    for line in _lines(seen):
        console.print(Text(line))
    for one in _occurrences(outages):
        told = "  ".join(output.cell(one[key]) for key in ("from", "to", "cause"))
        closed = f"closed {output.cell(one['closed'])}, {one['read_later']} read later"
        console.print(Text(f"  {told}  {closed}"))
    console.print(Text(_verdict(seen, is_delivered=is_delivered)))
    drawn = FONT.sub("", console.export_svg(title="Answerable"))
    try:
        file.write_text(drawn, encoding="utf-8")
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}"
        raise SettingsError(message) from error
