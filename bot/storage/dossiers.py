"""What one ticket's page shows, in a handful of statements that indexes serve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from bot.domain.audit import LoggedEntry
from bot.domain.corrections import Correction
from bot.domain.dossiers import AccountKey, Told
from bot.domain.mentions import Author, MentionId, MentionVersion, StoredMention
from bot.domain.packs import RECEIVED
from bot.domain.tickets import Ticket, TicketEvent, TicketId
from bot.storage.audit import ENTRIES, to_entry
from bot.storage.corrections import CORRECTIONS, to_correction
from bot.storage.mentions import (
    AUTHORS,
    DECISIONS,
    MENTIONS,
    VERSIONS,
    SqlMentions,
    to_version,
)
from bot.storage.rows import to_decision, to_stored
from bot.storage.statements import AnyRow, Repository
from bot.storage.tickets import EVENTS, TICKETS, to_event, to_ticket

NEWEST_TEXTS = 200
"""Among how many of an account's newest texts its tickets are looked for."""


class SqlDossiers(Repository):
    """One ticket as people read it."""

    __slots__ = ()

    def told(
        self, ticket_id: TicketId, *, limit: int, before: MentionId | None = None
    ) -> Sequence[Told]:
        """Return a ticket's newest texts, oldest first, without amplifications."""
        query = (
            select(MENTIONS, DECISIONS)
            .join(DECISIONS, DECISIONS.c.mention_id == MENTIONS.c.id)
            .where(DECISIONS.c.ticket_id == ticket_id, MENTIONS.c.amplifies.is_(None))
            .order_by(MENTIONS.c.published_at.desc(), MENTIONS.c.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(self._is_before(before))
        rows = self._db.execute(query).all()[::-1]
        ids = [MentionId(row.id) for row in rows]
        tags = SqlMentions(self._db).newest_tags(ids)
        corrections, versions = self._corrections(ids), self._versions(ids)
        carried = self._carried(rows)
        return [
            Told(
                stored=to_stored(row),
                decision=to_decision(row),
                decided_at=row.decided_at,
                tags=tags.get(MentionId(row.id)),
                corrections=corrections.get(row.id, ()),
                versions=versions.get(row.id, ()),
                carried=carried.get((row.channel, row.external_id), 0),
            )
            for row in rows
        ]

    def _is_before(self, mention_id: MentionId) -> ColumnElement[bool]:
        published_at = self._db.scalar(
            select(MENTIONS.c.published_at).where(MENTIONS.c.id == mention_id)
        )
        return or_(
            MENTIONS.c.published_at < published_at,
            and_(MENTIONS.c.published_at == published_at, MENTIONS.c.id < mention_id),
        )

    def _corrections(
        self, ids: Sequence[MentionId]
    ) -> Mapping[MentionId, Sequence[Correction]]:
        found: dict[MentionId, list[Correction]] = defaultdict(list)
        query = select(CORRECTIONS).where(CORRECTIONS.c.mention_id.in_(ids))
        for row in self._db.execute(query.order_by(CORRECTIONS.c.id)):
            found[row.mention_id].append(to_correction(row))
        return found

    def _versions(
        self, ids: Sequence[MentionId]
    ) -> Mapping[MentionId, Sequence[MentionVersion]]:
        found: dict[MentionId, list[MentionVersion]] = defaultdict(list)
        query = select(VERSIONS).where(VERSIONS.c.mention_id.in_(ids))
        for row in self._db.execute(query.order_by(VERSIONS.c.number)):
            found[row.mention_id].append(to_version(row))
        return found

    def _carried(self, rows: Sequence[AnyRow]) -> Mapping[tuple[str, str], int]:
        """Count what carries each text further, by channel and its id there."""
        by_channel: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            by_channel[row.channel].append(row.external_id)
        return {
            (channel, text): times
            for channel, texts in by_channel.items()
            for text, times in self._db.execute(
                select(MENTIONS.c.amplifies, func.count())
                .where(MENTIONS.c.channel == channel, MENTIONS.c.amplifies.in_(texts))
                .group_by(MENTIONS.c.amplifies)
            )
        }

    def first(self, ticket_id: TicketId) -> StoredMention | None:
        """Return the text that it began with."""
        query = (
            select(MENTIONS)
            .join(DECISIONS, DECISIONS.c.mention_id == MENTIONS.c.id)
            .where(DECISIONS.c.ticket_id == ticket_id, MENTIONS.c.amplifies.is_(None))
            .order_by(MENTIONS.c.published_at, MENTIONS.c.id)
            .limit(1)
        )
        row = self._db.execute(query).one_or_none()
        return None if row is None else to_stored(row)

    def events(self, ticket_id: TicketId) -> Sequence[TicketEvent]:
        """Return its history but for the receipt of each mention, oldest first."""
        query = (
            select(EVENTS)
            .where(EVENTS.c.ticket_id == ticket_id, EVENTS.c.name != RECEIVED)
            .order_by(EVENTS.c.id)
        )
        return [to_event(row) for row in self._db.execute(query)]

    def account(self, key: AccountKey) -> tuple[Author, datetime] | None:
        """Return an account as it was when last seen, and when that was."""
        row = self._db.execute(
            select(AUTHORS.c.profile, AUTHORS.c.seen_at).where(
                AUTHORS.c.channel == key.channel,
                AUTHORS.c.external_id == key.external_id,
            )
        ).one_or_none()
        return None if row is None else (row.profile, row.seen_at)

    def tickets_by(
        self, accounts: Collection[AccountKey], *, limit: int
    ) -> Sequence[Ticket]:
        """Return the newest tickets in which these accounts spoke, newest first."""
        found: dict[TicketId, Ticket] = {}
        for key in accounts:
            newest = self._newest(key, NEWEST_TEXTS)
            spoken = select(DECISIONS.c.ticket_id).where(
                DECISIONS.c.mention_id.in_(newest)
            )
            query = select(TICKETS).where(TICKETS.c.id.in_(spoken))
            ordered = query.order_by(TICKETS.c.id.desc()).limit(limit)
            found |= {row.id: to_ticket(row) for row in self._db.execute(ordered)}
        return sorted(found.values(), key=lambda one: -one.id)[:limit]

    def texts_by(
        self, accounts: Collection[AccountKey], *, limit: int
    ) -> Sequence[tuple[StoredMention, TicketId | None]]:
        """Return the newest texts of these accounts with their tickets."""
        found: list[tuple[StoredMention, TicketId | None]] = []
        for key in accounts:
            query = (
                select(MENTIONS, DECISIONS.c.ticket_id)
                .outerjoin(DECISIONS, DECISIONS.c.mention_id == MENTIONS.c.id)
                .where(MENTIONS.c.id.in_(self._newest(key, limit)))
            )
            found += [
                (to_stored(row), row.ticket_id) for row in self._db.execute(query)
            ]
        return sorted(found, key=lambda one: -one[0].id)[:limit]

    def _newest(self, key: AccountKey, limit: int) -> Any:  # noqa: ANN401 - a query
        return (
            select(MENTIONS.c.id)
            .where(
                MENTIONS.c.channel == key.channel,
                MENTIONS.c.author_id == key.external_id,
            )
            .order_by(MENTIONS.c.id.desc())
            .limit(limit)
        )

    def log(
        self, ticket_id: TicketId, actions: Collection[str]
    ) -> Sequence[LoggedEntry]:
        """Return what the log says of a ticket by these actions, oldest first."""
        query = (
            select(ENTRIES)
            .where(
                ENTRIES.c.subject == f"ticket:{ticket_id}",
                ENTRIES.c.action.in_(actions),
            )
            .order_by(ENTRIES.c.id)
        )
        return [to_entry(row) for row in self._db.execute(query)]

    def last_entry(self, ticket_id: TicketId) -> LoggedEntry | None:
        """Return the newest line of the log about a ticket."""
        query = (
            select(ENTRIES)
            .where(ENTRIES.c.subject == f"ticket:{ticket_id}")
            .order_by(ENTRIES.c.id.desc())
            .limit(1)
        )
        row = self._db.execute(query).one_or_none()
        return None if row is None else to_entry(row)
