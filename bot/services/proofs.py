"""Proofs that people ask for: is the log whole, and are deadlines what was promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from bot.audit.records import Line, Log, Record
from bot.audit.verify import Report, verify
from bot.clock import Clock
from bot.domain.audit import AuditEntry, Head
from bot.domain.ports import Store
from bot.services.jobs import Tell
from bot.services.rules import Recomputed

MOST_TOLD = 200
"""Lines of a replay that are kept for the page; all are in its CSV."""


def prove(
    store: Store, clock: Clock, log: Log, tell: Tell, *, by: str, left: Head | None
) -> Mapping[str, object]:
    """Recompute every seal, against the last head that left; put on record what came.

    A log that is not whole is an entry too: it is the next thing anybody must know.
    """
    report = verify(_counted(log, tell), left)
    found = _told(report, left)
    entry = AuditEntry(
        action="audit.verified",
        subject="bot:audit",
        at=clock.now(),
        actor=by,
        detail=found,
    )
    with store.work() as work:
        work.audit.append([entry])
    return found


def _counted(log: Log, tell: Tell) -> Iterator[Record]:
    entries = 0
    for record in log:
        entries += isinstance(record, Line)
        tell(entries)
        yield record


def _told(report: Report, left: Head | None) -> dict[str, object]:
    return {
        "whole": report.is_whole,
        "entries": report.entries,
        "seals": report.seals,
        "unsealed": report.unsealed,
        "findings": [str(one) for one in report.findings],
        "head": report.head.number if report.head else None,
        "against_head": left.number if left else None,
    }


def replayed(
    store: Store,
    clock: Clock,
    found: Iterator[Recomputed],
    tell: Tell,
    *,
    by: str,
    period: str,
) -> Mapping[str, object]:
    """Compare every deadline of a period with what its rule gives now; log the sum."""
    same, lines, number = 0, list[dict[str, object]](), 0
    for number, one in enumerate(found, 1):
        tell(number)
        same += one.is_same
        if not one.is_same and len(lines) < MOST_TOLD:
            lines.append(line_of(one))
    summed = {"period": period, "recomputed": number, "same": same}
    entry = AuditEntry(
        action="rules.replayed",
        subject="bot:rules",
        at=clock.now(),
        actor=by,
        detail=summed,
    )
    with store.work() as work:
        work.audit.append([entry])
    return {**summed, "differing": lines}


def line_of(one: Recomputed) -> dict[str, object]:
    """Return one comparison, its instants in plain words."""
    told = {
        name: value
        for name, value in asdict(one).items()
        if name not in {"promised", "found"}
    }
    strict, legal = one.promised
    again = one.found or (None, None)
    return {
        **told,
        "same": one.is_same,
        "due_strict": strict.isoformat(),
        "due_legal": legal.isoformat(),
        "recomputed_strict": again[0].isoformat() if again[0] else "",
        "recomputed_legal": again[1].isoformat() if again[1] else "",
    }
