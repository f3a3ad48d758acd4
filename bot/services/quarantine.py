"""Quarantine: what made no sense is read again, or put away by a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.channels import Aside, AsideState, Page, Quarantined, ReadsAgain
from bot.domain.mentions import (
    Author,
    ChannelControl,
    Engagement,
    Mention,
    MentionKind,
    mention_key,
)
from bot.domain.ports import QuarantineRow, Store, Work
from bot.errors import ConnectorError, NotAllowed, Stale
from bot.services.ingest import OwnAccounts, Source, Taken, stored_entry, take_in

Sources = Mapping[str, Source]
Progress = Callable[[int, int], None]
"""Is told how many of how many were tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came of many tries; ``mentions`` are new here."""

    tried: int = 0
    read: int = 0
    mentions: int = 0


def retry(
    store: Store,
    clock: Clock,
    sources: Sources,
    own: OwnAccounts,
    row_id: int,
    *,
    by: str,
) -> tuple[QuarantineRow, int]:
    """Read one item as it would be read today; return it, and how many are new of it.

    What comes of it goes the way of everything that is read, first seen when it was
    kept aside. While it makes no sense it stays, with the reason. Raises ``Missing``,
    ``NotAllowed`` where there is nothing to be read, ``Stale`` if it changed meanwhile.
    """
    with store.reading() as work:
        row = work.quarantine.get(row_id)
    _check_readable(row)
    source = sources.get(row.source)
    page = _read(row, source)
    now = clock.now()
    with store.work() as work:
        held = work.quarantine.hold(row_id)
        if (held.state, held.item) != (row.state, row.item):
            message = (
                f"item {row_id} was settled by somebody else meanwhile; look again"
            )
            raise Stale(message)
        taken = (
            _refused(page)
            if source is None
            else take_in(work, source, page, own, now, seen_at=row.kept_at)
        )
        return _settle(work, held, page, taken, now, by), len(taken.stored)


def retry_all(  # noqa: PLR0913 - a use case's own inputs
    store: Store,
    clock: Clock,
    sources: Sources,
    own: OwnAccounts,
    *,
    by: str,
    source: str | None = None,
    most: int | None = None,
    progress: Progress | None = None,
) -> Tally:
    """Read again what stands open, each in a transaction of its own.

    Those tried longest ago come first, so that ``most`` at a time reach all. What
    somebody settles meanwhile is passed over.
    """
    with store.reading() as work:
        ids = work.quarantine.to_try(source=source, limit=most)
    tally = Tally()
    for number, row_id in enumerate(ids, start=1):
        try:
            row, new = retry(store, clock, sources, own, row_id, by=by)
        except (NotAllowed, Stale):
            continue
        finally:
            if progress is not None:
                progress(number, len(ids))
        tally = Tally(
            tried=tally.tried + 1,
            read=tally.read + (row.state is AsideState.READ),
            mentions=tally.mentions + new,
        )
    return tally


def dismiss(
    store: Store, clock: Clock, row_id: int, *, by: str, because: str
) -> QuarantineRow:
    """Put an item away with a person's reason; its words stay as they are.

    Raises ``Missing``, or ``NotAllowed`` if it is settled.
    """
    now = clock.now()
    with store.work() as work:
        row = work.quarantine.hold(row_id)
        if row.state is not AsideState.OPEN:
            raise NotAllowed(_already(row))
        row = replace(
            row,
            state=AsideState.DISMISSED,
            settled_at=now,
            settled_by=by,
            outcome=because,
        )
        work.quarantine.save(row)
        work.audit.append(
            [_entry("quarantine.dismissed", row, now, by, {"reason": because})]
        )
    return row


def _check_readable(row: QuarantineRow) -> None:
    if row.state is AsideState.READ:
        raise NotAllowed(_already(row))
    if row.item.kind is Aside.NOTE:
        message = f"item {row.id} tells of its source and holds nothing to be read"
        raise NotAllowed(f"{message}; put it away when you have looked")
    if not row.item.payload:
        raise NotAllowed(f"nothing is left of item {row.id}: {row.item.reason}")


def _already(row: QuarantineRow) -> str:
    did = "read" if row.state is AsideState.READ else "put away"
    return f"item {row.id} was {did} already by {row.settled_by}: {row.outcome}"


def _read(row: QuarantineRow, source: Source | None) -> Page:
    """Ask the connector, and nobody else, what it makes of the item today."""
    item = row.item
    if source is None:
        return _still(item, f"the settings name no source {row.source!r} any more")
    if item.kind is Aside.MENTION:
        return _reread(item)
    if not isinstance(source.connector, ReadsAgain):
        label = source.connector.info.label
        return _still(item, f"the connector of {label} reads nothing a second time")
    try:
        return source.connector.again(item)
    except ConnectorError as error:
        return _still(item, error.shown)


def _still(item: Quarantined, reason: str) -> Page:
    return Page(mentions=(), cursor=None, bad=[replace(item, reason=reason)])


def _refused(page: Page) -> Taken:
    return Taken(stored=(), believed=(), own=0, bad=page.bad)


def _reread(item: Quarantined) -> Page:
    """Give the mention that ingest did not believe."""
    try:
        mention = _mention(json.loads(item.payload))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        why = f"what was kept is no mention of today's ({type(error).__name__})"
        return _still(item, why)
    return Page(mentions=[mention], cursor=None)


def _mention(raw: Mapping[str, Any]) -> Mention:
    author, engagement = raw["author"], raw["engagement"]
    return Mention(
        **{
            **raw,
            "published_at": _instant(raw["published_at"]),
            "edited_at": _instant(raw["edited_at"]),
            "kind": MentionKind(raw["kind"]),
            "control": ChannelControl(raw["control"]),
            "author": author
            and Author(**{**author, "created_at": _instant(author["created_at"])}),
            "engagement": Engagement(
                **{**engagement, "counted_at": _instant(engagement["counted_at"])}
            ),
        }
    )


def _instant(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told).astimezone(UTC) if told else None


def _settle(
    work: Work, row: QuarantineRow, page: Page, taken: Taken, now: datetime, by: str
) -> QuarantineRow:
    """Note what came of a try; what makes no sense inside it is kept on its own."""
    itself = [one for one in taken.bad if _is_same(one, row.item)]
    parts = [one for one in taken.bad if not _is_same(one, row.item)]
    kept_aside = work.quarantine.add(row.source, parts, row.kept_at)
    row = replace(row, tried_at=now, tried_by=by)
    if itself:
        row = replace(row, outcome=itself[0].reason)
    else:
        row = replace(
            row,
            state=AsideState.READ,
            settled_at=now,
            settled_by=by,
            outcome="; ".join(_told(page, taken, kept_aside))
            or "it says nothing to us",
        )
    work.quarantine.save(row)
    came_of_it = {
        "outcome": "unread" if itself else "read",
        "mentions": [one.id for one in taken.stored],
        "known": len(taken.believed) - len(taken.stored),
        "own": taken.own,
        "removed": len(page.removed),
        "kept_aside": kept_aside,
    }
    work.audit.append(
        [
            *(stored_entry(one, now) for one in taken.stored),
            _entry("quarantine.retried", row, now, by, came_of_it),
        ]
    )
    return row


def _is_same(one: Quarantined, other: Quarantined) -> bool:
    return (one.where, one.payload) == (other.where, other.payload)


def _told(page: Page, taken: Taken, kept_aside: int) -> Sequence[str]:
    """Say in words what was read."""
    told = []
    if taken.stored:
        keys = ", ".join(mention_key(one.id) for one in taken.stored)
        told.append(f"it is {keys} now")
    if known := len(taken.believed) - len(taken.stored):
        told.append(f"{known} of it was here already")
    if taken.own:
        told.append(f"{taken.own} of it is our own")
    if page.removed:
        told.append(f"it tells of {len(page.removed)} removed")
    if kept_aside:
        told.append(f"{kept_aside} of it makes no sense and is kept aside on its own")
    return told


def _entry(
    action: str,
    row: QuarantineRow,
    now: datetime,
    by: str,
    detail: Mapping[str, object],
) -> AuditEntry:
    about: dict[str, object] = {
        "source": row.source,
        "kept_at": row.kept_at.isoformat(),
    }
    return AuditEntry(
        action=action,
        subject=f"quarantine:{row.id}",
        at=now,
        actor=by,
        detail={**about, **detail},
    )
