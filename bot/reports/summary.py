"""The table at the end of a run: what came in, what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bot.domain.clocks import ClockState
from bot.domain.ports import Summary

SHOWN = {
    ClockState.RUNNING: "running",
    ClockState.LATE: "late",
    ClockState.STOPPED: "running",
    ClockState.MET: "met",
    ClockState.BREACHED: "breached",
    ClockState.WAIVED: "not owed",
    ClockState.EXCUSED: "not owed",
}
"""What people ask of a promise. A chance that lapsed or a duty that was waived is no
promise kept: it must not make the figures look better."""


class Row(NamedTuple):
    """One line of the table: what is counted, which of it, and how many."""

    what: str
    which: str
    number: int


def rows(summary: Summary) -> Iterator[Row]:
    """Give the table line by line, in the order in which a mention travels."""
    yield Row("mentions", "all", summary.mentions)
    yield Row("mentions", "of which reposts and quotes", summary.amplifications)
    for brand, count in sorted(summary.by_brand.items()):
        yield Row("mentions", brand, count)
    for sentiment, count in sorted(summary.by_sentiment.items()):
        yield Row("sentiment", sentiment, count)
    for topic, count in sorted(summary.by_topic.items()):
        yield Row("topics", topic, count)
    yield Row("complaints", "by the model", summary.complaints)
    yield Row("complaints", "in the regulation's scope", summary.in_scope)
    yield Row("complaints", "a person must look", summary.needs_human)
    yield Row("authors", "influencers", summary.influencers)
    yield Row("tickets", "open", summary.open_tickets)
    for (tier, queue), count in sorted(summary.tickets_by_tier_and_queue.items()):
        yield Row("tickets", f"tier {tier}, {queue}", count)
    for state, count in sorted(summary.replies_by_state.items()):
        yield Row("replies", state, count)
    for (rule, shown), count in sorted(deadlines(summary).items()):
        yield Row("deadlines", f"{rule}: {shown}", count)
    for state, count in sorted(summary.follow_ups.items()):
        yield Row("follow-ups", state, count)
    if summary.steps:
        yield Row("calls", "expected by now", summary.steps)
        yield Row("calls", "done", summary.steps_done)
    yield Row("set aside", "about something else", summary.set_aside)
    yield Row("kept aside", "items that made no sense", summary.quarantined)
    yield Row("audit log", "entries", summary.audit_entries)
    yield Row("audit log", "seals", summary.seals)


def deadlines(summary: Summary) -> dict[tuple[str, str], int]:
    """Count clocks by rule as running, late, met or breached."""
    counted: dict[tuple[str, str], int] = {}
    for (rule, state), count in summary.clocks.items():
        key = (rule, SHOWN[ClockState(state)])
        counted[key] = counted.get(key, 0) + count
    return counted


def as_json(summary: Summary) -> dict[str, object]:
    """Return the same numbers for machines."""
    return {
        "mentions": summary.mentions,
        "amplifications": summary.amplifications,
        "by_brand": dict(summary.by_brand),
        "by_sentiment": dict(summary.by_sentiment),
        "by_topic": dict(summary.by_topic),
        "set_aside": summary.set_aside,
        "complaints": summary.complaints,
        "in_scope": summary.in_scope,
        "needs_human": summary.needs_human,
        "influencers": summary.influencers,
        "open_tickets": summary.open_tickets,
        "tickets": [
            {"tier": tier, "queue": queue, "tickets": count}
            for (tier, queue), count in sorted(
                summary.tickets_by_tier_and_queue.items()
            )
        ],
        "replies": dict(summary.replies_by_state),
        "deadlines": [
            {"rule": rule, "state": state, "clocks": count}
            for (rule, state), count in sorted(deadlines(summary).items())
        ],
        "follow_ups": dict(summary.follow_ups),
        "steps": summary.steps,
        "steps_done": summary.steps_done,
        "quarantined": summary.quarantined,
        "audit_entries": summary.audit_entries,
        "seals": summary.seals,
    }
