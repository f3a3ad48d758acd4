"""What goes from one ticket to another, and which conversations went with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.domain.clocks import Clock
from bot.domain.dossiers import AccountKey
from bot.domain.mentions import MentionId
from bot.domain.tickets import Ticket, TicketId
from bot.storage.clocks import CLOCKS, RUNS, run_row
from bot.storage.deadlines import settle
from bot.storage.mentions import DECISIONS, MENTIONS
from bot.storage.statements import Repository, chunks, insert_new
from bot.storage.tables import (
    HandOffRow,
    LetterRow,
    MergedTicketRow,
    ReplyRow,
    table,
)
from bot.storage.tickets import TICKETS

REPLIES, LETTERS = table(ReplyRow), table(LetterRow)
HAND_OFFS, MERGED = table(HandOffRow), table(MergedTicketRow)


class SqlMerging(Repository):
    """Merges and splits."""

    __slots__ = ()

    def record(self, merged: Ticket, into: TicketId, *, by: str, at: datetime) -> None:
        """Write that a ticket went into another, and what had gone into it."""
        self._db.execute(
            update(MERGED).where(MERGED.c.into_id == merged.id).values(into_id=into)
        )
        self._db.execute(
            MERGED.insert(),
            {
                "ticket_id": merged.id,
                "into_id": into,
                "channel": merged.channel,
                "brand": merged.brand,
                "conversation": merged.conversation,
                "merged_by": by,
                "merged_at": at,
            },
        )

    def into(self, ticket_id: TicketId) -> TicketId | None:
        """Return into which one a ticket went, if it did."""
        found: TicketId | None = self._db.scalar(
            select(MERGED.c.into_id).where(MERGED.c.ticket_id == ticket_id)
        )
        return found

    def gone_into(self, ticket_id: TicketId) -> Sequence[TicketId]:
        """Return the tickets that went into one, by their numbers."""
        query = select(MERGED.c.ticket_id).where(MERGED.c.into_id == ticket_id)
        return list(self._db.scalars(query.order_by(MERGED.c.ticket_id)))

    def undo(self, ticket_id: TicketId) -> None:
        """Write that it stands by itself again."""
        self._db.execute(delete(MERGED).where(MERGED.c.ticket_id == ticket_id))

    def merged_as(
        self, into: TicketId, channel: str, conversation: str
    ) -> TicketId | None:
        """Return the ticket of a conversation that went into another."""
        found: TicketId | None = self._db.scalar(
            select(MERGED.c.ticket_id)
            .where(
                MERGED.c.into_id == into,
                MERGED.c.channel == channel,
                MERGED.c.conversation == conversation,
            )
            .order_by(MERGED.c.ticket_id.desc())
            .limit(1)
        )
        return found

    def move_all(self, ticket_id: TicketId, to: TicketId) -> None:
        """Give all texts, replies, legal notices and hand-offs to another ticket."""
        for rows in (DECISIONS, REPLIES, LETTERS, HAND_OFFS):
            self._db.execute(
                update(rows).where(rows.c.ticket_id == ticket_id).values(ticket_id=to)
            )

    def move(self, mentions: Collection[MentionId], to: TicketId) -> None:
        """Give some texts and what answers them to another ticket."""
        for some in chunks(sorted(mentions)):
            for rows in (DECISIONS, REPLIES, HAND_OFFS):
                self._db.execute(
                    update(rows).where(rows.c.mention_id.in_(some)).values(ticket_id=to)
                )

    def describe(self, ticket_id: TicketId, like: TicketId, opened_by: int) -> None:
        """Say which text opened it, in the language and about the topic of another."""
        told = select(TICKETS.c.language, TICKETS.c.topic).where(TICKETS.c.id == like)
        language, topic = self._db.execute(told).one()
        self._db.execute(
            update(TICKETS)
            .where(TICKETS.c.id == ticket_id)
            .values(opened_by=opened_by, language=language, topic=topic)
        )

    def take_clock(self, clock: Clock, to: TicketId) -> bool:
        """Let a clock run on another ticket, if it still stands as it did."""
        before = TicketId(clock.ticket_id)
        stands = (CLOCKS.c.id == clock.id, CLOCKS.c.state == clock.state)
        moved = self._db.execute(update(CLOCKS).where(*stands).values(ticket_id=to))
        self._db.execute(
            update(RUNS).where(RUNS.c.clock_id == clock.id).values(ticket_id=to)
        )
        settle(self._db, before)
        settle(self._db, to)
        return moved.rowcount == 1

    def put_away(self, clock: Clock, into: Clock, *, as_run: bool) -> bool:
        """Take a clock out in favour of one that covers it, with its runs."""
        known = select(RUNS.c.started_at).where(RUNS.c.clock_id == into.id)
        taken = self._db.scalars(known).all()
        here = RUNS.c.clock_id == clock.id
        self._db.execute(delete(RUNS).where(here, RUNS.c.started_at.in_(taken)))
        news = {"clock_id": into.id, "ticket_id": into.ticket_id}
        self._db.execute(update(RUNS).where(here).values(news))
        stands = (CLOCKS.c.id == clock.id, CLOCKS.c.state == clock.state)
        gone = self._db.execute(delete(CLOCKS).where(*stands))
        if as_run:
            run = replace(clock, id=into.id, ticket_id=into.ticket_id)
            self._db.execute(insert_new(self._db, RUNS), run_row(run))
        settle(self._db, TicketId(clock.ticket_id))
        return gone.rowcount == 1

    def authors(self, ticket_id: TicketId) -> Sequence[AccountKey]:
        """Return who spoke in a ticket."""
        query = (
            select(MENTIONS.c.channel, MENTIONS.c.author_id)
            .join(DECISIONS, DECISIONS.c.mention_id == MENTIONS.c.id)
            .where(
                DECISIONS.c.ticket_id == ticket_id,
                MENTIONS.c.amplifies.is_(None),
                MENTIONS.c.author_id.is_not(None),
            )
            .distinct()
        )
        return [
            AccountKey(channel=row.channel, external_id=row.author_id)
            for row in self._db.execute(query)
        ]
