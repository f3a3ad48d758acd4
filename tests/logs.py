"""Sealed logs for tests, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.audit.records import Line, Record
from bot.audit.seal import leaf_hash, make_seal, written_detail, written_instant
from bot.domain.audit import LoggedEntry, Seal
from tests.samples import NOON, entry


def logged(number: int) -> LoggedEntry:
    wanted = entry(number)
    return LoggedEntry(
        id=number,
        at=written_instant(wanted.at),
        actor=wanted.actor,
        action=wanted.action,
        subject=wanted.subject,
        detail=written_detail(wanted),
    )


def line(number: int) -> Line:
    one = logged(number)
    return Line(entry=one, leaf=leaf_hash(one))


def sealed_log(*sizes: int, unsealed: int = 0) -> list[Record]:
    """Return the records of a log whose batches have these sizes."""
    records: list[Record] = []
    previous: Seal | None = None
    number = 1
    for size in sizes:
        batch = [line(number + i) for i in range(size)]
        number += size
        at = NOON + timedelta(minutes=number)
        previous = make_seal(previous, [each.entry for each in batch], at)
        records += [*batch, previous]
    records += [Line(entry=logged(number + i)) for i in range(unsealed)]
    return records


def altered(record: Record, **fields: Any) -> Line:
    """Return an entry's record with other words and the leaf that it had."""
    assert isinstance(record, Line)
    return replace(record, entry=replace(record.entry, **fields))
