"""Lists of tickets, and the names that people give them.

A list in the order of urgency is read one urgency after the other, each from an index
that is in the order of receipt: so a page far down costs no more than the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, func, or_, select, text, tuple_, type_coerce

from bot.domain.decisions import Severity
from bot.domain.mentions import MentionId, StoredMention
from bot.domain.queues import (
    COUNTED,
    DUE_WITHIN,
    Deadlines,
    Filters,
    Line,
    Listed,
    Place,
    SavedView,
    View,
    ViewRoom,
)
from bot.domain.tags import Tags
from bot.domain.tickets import TicketId
from bot.errors import Missing
from bot.storage.deadlines import HAS_DRIFTED, OWING_CLOCKS
from bot.storage.mentions import SqlMentions
from bot.storage.rows import to_stored
from bot.storage.statements import AnyRow, Repository, insert
from bot.storage.tables import (
    IS_CLAIMED,
    IS_MARKED,
    IS_OPEN_TICKET,
    IS_OVERDUE,
    IS_OWING,
    IS_RED,
    MentionRow,
    SavedViewRow,
    TicketRow,
    table,
)
from bot.storage.tickets import to_ticket

TICKETS, MENTIONS = table(TicketRow), table(MentionRow)
SAVED = table(SavedViewRow)
HIGHEST = 2 * len(Severity) - 1
"""The urgency of an influencer's gravest matter."""


class SqlQueues(Repository):
    """Lists of tickets, a page at a time."""

    __slots__ = ()

    def page(
        self, listed: Listed, *, now: datetime, limit: int, after: Place | None = None
    ) -> Sequence[Line]:
        """Return the next tickets of a list, from behind the page before."""
        found: list[AnyRow] = []
        for part in _parts(listed, now, after):
            found += self._db.execute(part.limit(limit - len(found))).all()
            if len(found) >= limit:
                break
        return self._lines(listed, found)

    def _lines(self, listed: Listed, rows: Sequence[AnyRow]) -> list[Line]:
        opened = [MentionId(row.opened_by) for row in rows if row.opened_by is not None]
        query = select(MENTIONS).where(MENTIONS.c.id.in_(opened))
        mentions = {row.id: to_stored(row) for row in self._db.execute(query)}
        tags = SqlMentions(self._db).newest_tags(opened)
        return [_line(listed, row, mentions, tags) for row in rows]

    def counts(
        self, lists: Mapping[str, Listed], *, now: datetime
    ) -> Mapping[str, int]:
        """Count several lists, each up to one more than ``COUNTED``."""
        counted = [
            select(func.count())
            .select_from(_those(listed, now).limit(COUNTED + 1).subquery())
            .scalar_subquery()
            for listed in lists.values()
        ]
        if not counted:
            return {}
        return dict(zip(lists, self._db.execute(select(*counted)).one(), strict=True))

    def drifted(self, limit: int) -> Sequence[TicketId]:
        """Return tickets whose deadlines are not what their clocks say."""
        owing = or_(text(IS_OWING), text(IS_OVERDUE), TICKETS.c.id.in_(OWING_CLOCKS))
        query = select(TICKETS.c.id).where(owing, HAS_DRIFTED).order_by(TICKETS.c.id)
        return [TicketId(each) for each in self._db.scalars(query.limit(limit))]


def _those(listed: Listed, now: datetime) -> Select[Any]:
    """Choose the tickets of a list, in no order."""
    return select(TICKETS.c.id).where(
        *_of_view(listed, now), *_narrowed(listed.filters)
    )


def _parts(listed: Listed, now: datetime, after: Place | None) -> Iterator[Select[Any]]:
    """Give the queries whose rows, one after the other, are the list."""
    query = select(TICKETS).where(*_of_view(listed, now), *_narrowed(listed.filters))
    if listed.is_by_deadline:
        yield from _by_deadline(query, listed, after)
        return
    lowest = len(Severity) if listed.view is View.INFLUENCERS else 0
    highest = HIGHEST if after is None else after.urgency
    key = tuple_(TICKETS.c.received_at, TICKETS.c.id)
    for urgency in range(highest, lowest - 1, -1):
        part = query.where(TICKETS.c.urgency == urgency)
        if after is not None and urgency == after.urgency:
            part = part.where(key > _key(after))
        yield part.order_by(TICKETS.c.received_at, TICKETS.c.id)


def _by_deadline(
    query: Select[Any], listed: Listed, after: Place | None
) -> Iterator[Select[Any]]:
    """What owes something, the next first; then, where all are wanted, the others."""
    is_breached = listed.view is View.BREACHED
    at = TICKETS.c.overdue_at if is_breached else TICKETS.c.next_due_at
    if after is None or after.at is not None:
        part = query.where(text(IS_OVERDUE if is_breached else IS_OWING))
        if after is not None:
            part = part.where(tuple_(at, TICKETS.c.id) > _key(after))
        yield part.order_by(at, TICKETS.c.id)
    if not listed.view.is_by_deadline:
        part = query.where(TICKETS.c.next_due_at.is_(None))
        if after is not None and after.at is None:
            part = part.where(TICKETS.c.id > after.ticket_id)
        yield part.order_by(TICKETS.c.id)


def _key(place: Place) -> Any:  # noqa: ANN401 - a row value
    at = type_coerce(place.at, TICKETS.c.received_at.type)
    return tuple_(at, type_coerce(place.ticket_id, TICKETS.c.id.type))


def _of_view(listed: Listed, now: datetime) -> Sequence[Any]:
    """Say what is on a list; a closed ticket may owe something still."""
    column, is_open = TICKETS.c, text(IS_OPEN_TICKET)
    views: Mapping[View, Sequence[Any]] = {
        View.OPEN: (is_open,),
        View.MINE: (text(IS_CLAIMED), column.owner == listed.owner),
        View.UNCLAIMED: (is_open, column.owner == ""),
        View.DUE_SOON: (text(IS_OWING), column.next_due_at < now + DUE_WITHIN),
        View.BREACHED: (text(IS_OVERDUE),),
        View.INFLUENCERS: (is_open, column.urgency >= len(Severity)),
        View.CODE_RED: (text(IS_RED),),
    }
    return views[listed.view]


def _narrowed(filters: Filters) -> Iterator[Any]:
    column = TICKETS.c
    if filters.seen:
        yield column.brand.in_(sorted(filters.seen))
    if filters.queues:
        yield column.queue.in_(sorted(filters.queues))
    for name in ("brand", "channel", "language", "topic", "severity"):
        if wanted := getattr(filters, name):
            yield column[name] == wanted
    if filters.tier is not None:
        yield column.tier == filters.tier
    if filters.sign is not None:
        yield text(IS_MARKED)
        told = type_coerce(column.signs, Text())
        yield told.contains(f'"{filters.sign.value}"', autoescape=True)


def _line(
    listed: Listed,
    row: AnyRow,
    mentions: Mapping[int, StoredMention],
    tags: Mapping[MentionId, Tags],
) -> Line:
    by = listed.is_by_deadline
    due = row.overdue_at if listed.view is View.BREACHED else row.next_due_at
    return Line(
        ticket=to_ticket(row),
        deadlines=Deadlines(
            legal=row.next_legal_at,
            service=row.next_service_at,
            overdue=row.overdue_at,
        ),
        mention=mentions.get(row.opened_by),
        tags=tags.get(row.opened_by),
        place=Place(
            urgency=row.urgency,
            at=due if by else row.received_at,
            ticket_id=TicketId(row.id),
        ),
    )


class SqlSavedViews(Repository):
    """Lists that people gave a name."""

    __slots__ = ()

    def keep(self, view: SavedView, at: datetime) -> SavedView:
        """Keep one, instead of what its owner kept under this name before."""
        statement = insert(self._db, SAVED)
        news = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["owner", "room", "name"],
            set_={
                "query": news.query,
                "is_shared": news.is_shared,
                "saved_at": news.saved_at,
            },
        )
        row = {
            "owner": view.owner,
            "room": view.room.value,
            "name": view.name,
            "query": view.query,
            "is_shared": view.is_shared,
            "saved_at": at,
        }
        self._db.execute(statement, row)
        mine = (
            SAVED.c.owner == view.owner,
            SAVED.c.room == view.room.value,
            SAVED.c.name == view.name,
        )
        return _saved(self._db.execute(select(SAVED).where(*mine)).one())

    def get(self, view_id: int) -> SavedView:
        """Return one, or raise ``Missing``."""
        query = select(SAVED).where(SAVED.c.id == view_id)
        row = self._db.execute(query).one_or_none()
        if row is None:
            raise Missing(f"there is no saved list {view_id}; it may have been removed")
        return _saved(row)

    def drop(self, view_id: int) -> None:
        """Forget one."""
        self._db.execute(SAVED.delete().where(SAVED.c.id == view_id))

    def of(self, owner: str, room: ViewRoom) -> Sequence[SavedView]:
        """Return a room's: somebody's own and all that are shared, by name."""
        query = (
            select(SAVED)
            .where(SAVED.c.room == room.value)
            .where(or_(SAVED.c.owner == owner, SAVED.c.is_shared))
            .order_by(SAVED.c.name, SAVED.c.id)
        )
        return [_saved(row) for row in self._db.execute(query)]


def _saved(row: AnyRow) -> SavedView:
    return SavedView(
        id=row.id,
        owner=row.owner,
        name=row.name,
        query=row.query,
        is_shared=row.is_shared,
        room=ViewRoom(row.room),
    )
