"""How long one look at the deadlines takes, by what is open and by what is due.

Fills a database with open tickets of three running clocks each, then sweeps: with
nothing due, and with some due. Prints Markdown tables for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.domain.clocks import PackRef
from bot.domain.decisions import Answer, Code, Severity, Tier
from bot.domain.tags import Band
from bot.domain.tickets import Ticket, TicketStatus
from bot.rules.calendars import Calendar, calendar_of
from bot.rules.case import Case, Happened, clocks_of
from bot.rules.clocks import legal_plans
from bot.rules.load import load_house, load_regulation
from bot.services.sweep import sweep
from bot.storage.store import SqlStore

ROOT = Path(__file__).resolve().parents[1]
PACKS = ROOT / "config" / "packs"
HOUSE = load_house(PACKS / "house" / "1")
RULES = load_regulation(PACKS / "au.asic.rg271" / "2021-09.1")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BLOCK = 10_000
"""Tickets that are written one by one; more are copies of them."""
CLOCKS = ("acknowledge_target", "early_close", "idr_response")
LOOKS = 30
DUE = (0, 10, 100, 1_000)


@dataclass
class StandingClock:
    """Time that does not pass, so that nothing falls due by itself."""

    at: datetime = NOW

    def now(self) -> datetime:
        """Return the same instant, always."""
        return self.at


@dataclass(frozen=True)
class Looked:
    """One size of the database, and what a sweep took there, in milliseconds."""

    tickets: int
    clocks: int
    by_due: dict[int, float]


def grown(url: str, sizes: Sequence[int]) -> Iterator[tuple[SqlStore, sa.Engine, int]]:
    """Give a store that holds more and more open tickets, size by size."""
    store = SqlStore(url)
    store.upgrade()
    engine = sa.create_engine(store.url)
    calendar = calendar_of("AU-NSW")
    held = 0
    for size in sizes:
        if held == 0:
            held = min(size, BLOCK)
            _write(store, held, calendar)
        while held < size:
            copied = min(held, size - held)
            _copy(engine, held, copied)
            held += copied
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(sa.text("ANALYZE"))
        yield store, engine, held
    engine.dispose()
    store.close()


def _write(store: SqlStore, count: int, calendar: Calendar) -> None:
    with store.work() as work:
        for number in range(count):
            received = NOW - timedelta(seconds=number % 3_600)
            ticket = work.tickets.add(_ticket(number, received, HOUSE.ref))
            plans = legal_plans(RULES, "standard", received, calendar)
            work.clocks.start(ticket.id, [one for one in plans if one.rule in CLOCKS])


def _ticket(number: int, received: datetime, house: PackRef) -> Ticket:
    return Ticket(
        brand="Bench",
        channel="x",
        conversation=f"c-{number}",
        status=TicketStatus.OPEN,
        severity=Severity.MEDIUM,
        code=Code.GREEN,
        tier=Tier.AGENT,
        queue="agents",
        complaint=Answer.YES,
        band=Band.NANO,
        is_influencer=False,
        house_pack=house,
        regulation_pack=RULES.ref,
        received_at=received,
        opened_at=received,
    )


def _copy(engine: sa.Engine, held: int, count: int) -> None:
    """Copy the first tickets with their clocks behind the last ones."""
    known = sa.MetaData()
    known.reflect(engine, only=["tickets", "clocks"])
    tickets, clocks = known.tables["tickets"], known.tables["clocks"]
    most = held * len(CLOCKS)
    with engine.begin() as db:
        for table, own, last in ((tickets, "id", held), (clocks, "ticket_id", most)):
            shown: dict[str, sa.ColumnElement[Any]] = {
                column.name: column for column in table.c
            }
            shown["id"] = table.c.id + last
            if own == "ticket_id":
                shown[own] = table.c.ticket_id + held
            else:
                tail = sa.cast(table.c.id + last, sa.Text)
                shown["conversation"] = sa.literal("c-") + tail
            chosen = sa.select(*(shown[column.name] for column in table.c))
            rows = chosen.where(table.c[own] <= count)
            db.execute(sa.insert(table).from_select(list(table.c.keys()), rows))


def measured(store: SqlStore, engine: sa.Engine, held: int) -> Looked:
    """Sweep with nothing due many times, then once for each number of due clocks."""
    clock = StandingClock()
    quiet = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        changed = sweep(store, clock, HOUSE)
        quiet.append(time.perf_counter() - began)
        if changed:
            message = f"{changed} clocks were due though none should be"
            raise SystemExit(message)
    by_due = {0: statistics.median(quiet) * 1e3}
    for count in DUE[1:]:
        _fall_due(engine, count)
        began = time.perf_counter()
        changed = sweep(store, clock, HOUSE, limit=count)
        by_due[count] = (time.perf_counter() - began) * 1e3
        if changed != count:
            message = f"{changed} clocks changed where {count} were due"
            raise SystemExit(message)
    return Looked(tickets=held, clocks=held * len(CLOCKS), by_due=by_due)


def _fall_due(engine: sa.Engine, count: int) -> None:
    """Let the responses of the next so many tickets be due an hour ago."""
    clocks = sa.Table("clocks", sa.MetaData(), autoload_with=engine)
    past = NOW - timedelta(hours=1)
    kind = clocks.c.due_at.type
    with engine.begin() as db:
        sample = db.execute(sa.select(clocks.c.due_at).limit(1)).scalar_one()
        at = past if isinstance(sample, datetime) else _as_text(str(sample), past)
        open_ones = sa.and_(
            clocks.c.rule == "idr_response",
            clocks.c.state == "running",
            clocks.c.due_at > sa.literal(at, kind),
        )
        some = sa.select(clocks.c.id).where(open_ones).order_by(clocks.c.id)
        chosen = [row.id for row in db.execute(some.limit(count))]
        news = {"due_at": at, "due_strict": at, "due_legal": at}
        db.execute(sa.update(clocks).where(clocks.c.id.in_(chosen)).values(news))


def _as_text(sample: str, at: datetime) -> str:
    """Write an instant as this database's rows do."""
    sign = sample[10]
    return at.replace(tzinfo=None).isoformat(sign, timespec="microseconds")


def case_of_one() -> float:
    """Return the milliseconds that all clocks of one busy case take."""
    calendar = calendar_of("AU-NSW")
    day = timedelta(days=1)
    names = ("acknowledged", "info_requested", "info_received", "idr_response_provided")
    events = [Happened(name="received", at=NOW)]
    events += [
        Happened(name=name, at=NOW + number * 5 * day)
        for number, name in enumerate(names, start=1)
    ]
    case = Case(legal_class="credit_hardship", events=events, now=NOW + 30 * day)
    clocks_of(RULES, case, calendar)
    rounds = 500
    began = time.perf_counter()
    for _ in range(rounds):
        clocks_of(RULES, case, calendar)
    return (time.perf_counter() - began) / rounds * 1e3


def shown(name: str, found: Sequence[Looked]) -> str:
    """Return one database's table."""
    head = " | ".join(f"{count:,} due, ms" for count in DUE)
    lines = [
        f"| {name}: open tickets | running clocks | {head} |",
        "|---:|---:|" + "---:|" * len(DUE),
    ]
    for one in found:
        cells = " | ".join(f"{one.by_due[count]:,.1f}" for count in DUE)
        lines.append(f"| {one.tickets:,} | {one.clocks:,} | {cells} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--postgres", help="URL of an empty PostgreSQL database.")
    asked = parser.parse_args(arguments)
    sizes = [int(size) for size in asked.sizes.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{folder}/bench.db"}
        if asked.postgres:
            urls["PostgreSQL"] = asked.postgres
        for name, url in urls.items():
            found = [measured(*each) for each in grown(url, sizes)]
            print(f"{shown(name, found)}\n", flush=True)
    print("| one hardship case, all clocks | milliseconds |\n|---|---:|")
    print(f"| `clocks_of`, five events | {case_of_one():.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
