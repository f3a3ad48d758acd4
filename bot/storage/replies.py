"""The outbox, and who agreed to which text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, func, or_, select, text, update

from bot.domain.mentions import MentionId
from bot.domain.ports import NOBODY_SILENT, ReplyCounts, Unasked
from bot.domain.replies import (
    Approval,
    EarlierWords,
    Reply,
    ReplyId,
    ReplyKind,
    ReplyState,
)
from bot.domain.tickets import TicketId
from bot.errors import Missing
from bot.storage.marks import mark_ticket
from bot.storage.rows import to_approval
from bot.storage.statements import AnyRow, Repository, chunks, insert_new
from bot.storage.tables import (
    IS_LOOKED_AT_AGAIN,
    ApprovalRow,
    EarlierWordsRow,
    ReplyRow,
    table,
)

REPLIES, APPROVALS = table(ReplyRow), table(ApprovalRow)
EARLIER = table(EarlierWordsRow)

SPOKEN = (ReplyState.SENDING, ReplyState.SENT, ReplyState.SEEN, ReplyState.UNKNOWN)
"""States in which a reply may stand on the platform."""

IS_SPOKEN = func.coalesce(REPLIES.c.state, "").in_(SPOKEN)
"""Asked of what an index of instants has found, never found by an index of its own:
nearly every reply of all time is in one of these states."""

_TURN = 0x73656E64
"""Names, on PostgreSQL, the lock that whoever commits to sending holds."""


class SqlReplies(Repository):
    """What we say in public, at most one of a kind per mention."""

    __slots__ = ()

    def add(self, reply: Reply) -> Reply | None:
        """Store one; ``None`` if the mention already has one of this kind."""
        statement = insert_new(self._db, REPLIES, "id")
        reply_id = self._db.scalar(statement, _row(reply))
        return None if reply_id is None else replace(reply, id=ReplyId(reply_id))

    def get(self, reply_id: ReplyId) -> Reply:
        """Return one, or raise ``Missing``."""
        found = self._all(REPLIES.c.id == reply_id)
        if not found:
            message = f"there is no reply R-{reply_id:06d}"
            raise Missing(message)
        return found[0]

    def hold(self, reply_id: ReplyId) -> Reply:
        """Return one that nobody else changes until this transaction ends."""
        lock = select(REPLIES.c.id).where(REPLIES.c.id == reply_id)
        self._db.execute(lock.with_for_update())
        return self.get(reply_id)

    def waiting(
        self,
        state: ReplyState,
        *,
        now: datetime,
        limit: int,
        silent: Mapping[str, Collection[str]] = NOBODY_SILENT,
    ) -> Sequence[Reply]:
        """Return replies in a state whose time has come, oldest first, none held.

        None of a ``channel`` or a ``brand`` that is silent.
        """
        query = (
            select(REPLIES)
            .where(
                REPLIES.c.state == state,
                *(REPLIES.c[what].not_in(names) for what, names in silent.items()),
                or_(REPLIES.c.next_at.is_(None), REPLIES.c.next_at <= now),
            )
            .order_by(REPLIES.c.id)
            .limit(limit)
        )
        return [to_reply(row) for row in self._db.execute(self._held(query))]

    def move(
        self,
        reply: Reply,
        *,
        before: ReplyState,
        tries: int | None = None,
        instead_of: str = "",
    ) -> bool:
        """Write the changed reply, if it still stands at ``before`` in the same words.

        With ``tries`` only if it was also tried just so often. ``instead_of`` is the
        hash of the words that other ones take the place of.
        """
        wanted = [
            REPLIES.c.id == reply.id,
            REPLIES.c.state == before,
            REPLIES.c.text_hash == (instead_of or reply.text_hash),
        ]
        if tries is not None:
            wanted.append(REPLIES.c.attempts == tries)
        statement = update(REPLIES).where(*wanted).values(_row(reply))
        is_moved = self._db.execute(statement).rowcount == 1
        if is_moved and reply.sent_at is not None:
            mark_ticket(self._db, reply.ticket_id)
        return is_moved

    def look_again(self, *, now: datetime, limit: int) -> Sequence[Reply]:
        """Return replies that were seen and are to be looked at once more by now."""
        query = (
            select(REPLIES)
            .where(text(IS_LOOKED_AT_AGAIN), REPLIES.c.next_at <= now)
            .order_by(REPLIES.c.next_at)
            .limit(limit)
        )
        return [to_reply(row) for row in self._db.execute(query)]

    def approve(self, reply: Reply, *, by: str, at: datetime) -> None:
        """Keep a named person's yes to the reply's exact text."""
        self._db.execute(
            APPROVALS.insert(),
            {
                "reply_id": reply.id,
                "text_hash": reply.text_hash,
                "approved_by": by,
                "approved_at": at,
            },
        )

    def approvals(self, reply_id: ReplyId) -> Sequence[Approval]:
        """Return every yes to a reply's texts, void ones too, oldest first."""
        query = (
            select(APPROVALS)
            .where(APPROVALS.c.reply_id == reply_id)
            .order_by(APPROVALS.c.id)
        )
        return [to_approval(row) for row in self._db.execute(query)]

    def approved_by(self, reply: Reply) -> Sequence[str]:
        """Return whose yes to the text as it is now holds, oldest first."""
        return [
            one.approved_by
            for one in self.approvals(reply.id)
            if one.text_hash == reply.text_hash and one.voided_at is None
        ]

    def void_approvals(self, reply_id: ReplyId, at: datetime) -> None:
        """Let no yes that was said to this reply so far hold any more."""
        holds = APPROVALS.c.voided_at.is_(None)
        statement = update(APPROVALS).where(APPROVALS.c.reply_id == reply_id, holds)
        self._db.execute(statement.values(voided_at=at))

    def keep_words(self, reply: Reply, until: datetime) -> None:
        """Keep what a reply said until then; words that it had before are kept once."""
        self._db.execute(
            insert_new(self._db, EARLIER),
            {
                "reply_id": reply.id,
                "text_hash": reply.text_hash,
                "text": reply.text,
                "written_by": reply.written_by,
                "until": until,
            },
        )

    def earlier_words(self, reply_id: ReplyId) -> Sequence[EarlierWords]:
        """Return what a reply said before, oldest first."""
        query = select(EARLIER).where(EARLIER.c.reply_id == reply_id)
        return [
            EarlierWords(
                text_hash=row.text_hash,
                text=row.text,
                written_by=row.written_by,
                until=row.until,
            )
            for row in self._db.execute(query.order_by(EARLIER.c.id))
        ]

    def take_turns(self) -> None:
        """Let no other transaction get past here until this one has ended.

        On SQLite whoever may write is alone already.
        """
        if self._db.dialect.name == "postgresql":
            self._db.execute(select(func.pg_advisory_xact_lock(_TURN)))

    def counts(self, reply: Reply, since: datetime) -> ReplyCounts:
        """Count replies beside this one that may have gone out since an instant."""
        here = REPLIES.c.channel == reply.channel
        query = select(
            _count(and_(here, REPLIES.c.author == reply.author)),
            _count(and_(here, REPLIES.c.conversation == reply.conversation)),
            _count(here),
            func.count(),
        ).where(
            REPLIES.c.sending_at >= since,
            IS_SPOKEN,
            REPLIES.c.id != reply.id,
        )
        row = self._db.execute(query).one()
        return ReplyCounts(
            to_author=row[0], in_conversation=row[1], on_channel=row[2], overall=row[3]
        )

    def unasked(self, policy: str, template: str, since: datetime) -> Unasked:
        """Count what went out since an instant with no yes but the policy's."""
        lately = (
            select(REPLIES)
            .where(
                REPLIES.c.sending_at >= since,
                IS_SPOKEN,
                REPLIES.c.approved_by == policy,
            )
            .subquery()
        )
        alike = (
            select(func.coalesce(lately.c.channel, ""), lately.c.author)
            .where(lately.c.template == template)
            .distinct()
            .subquery()
        )
        overall = select(func.count()).select_from(lately)
        authors = select(func.count()).select_from(alike)
        return Unasked(
            overall=self._db.scalar(overall) or 0,
            authors=self._db.scalar(authors) or 0,
        )

    def said_to(
        self, reply: Reply, since: datetime, *, or_saying: str = ""
    ) -> Sequence[Reply]:
        """Return what may have gone out to a reply's author before, oldest first.

        And, to whomever on that channel, what has the hash ``or_saying``.
        """
        query = select(REPLIES).where(
            REPLIES.c.sending_at >= since,
            IS_SPOKEN,
            func.coalesce(REPLIES.c.channel, "") == reply.channel,
            or_(REPLIES.c.author == reply.author, REPLIES.c.text_hash == or_saying),
            REPLIES.c.id != reply.id,
        )
        found = [to_reply(row) for row in self._db.execute(query)]
        return sorted(found, key=lambda one: one.id)

    def is_ours(self, channel: str, external_ids: Collection[str]) -> set[str]:
        """Return those of a platform's ids that are our own replies."""
        ours: set[str] = set()
        for some in chunks(sorted(external_ids)):
            query = select(REPLIES.c.external_id).where(
                REPLIES.c.channel == channel, REPLIES.c.external_id.in_(some)
            )
            ours.update(self._db.scalars(query))
        return ours - {""}

    def of_ticket(self, ticket_id: TicketId) -> Sequence[Reply]:
        """Return the ticket's replies, oldest first."""
        return self._all(REPLIES.c.ticket_id == ticket_id)

    def of_mention(self, mention_id: MentionId, kind: ReplyKind) -> Reply | None:
        """Return the mention's reply of a kind."""
        found = self._all(REPLIES.c.mention_id == mention_id, REPLIES.c.kind == kind)
        return found[0] if found else None

    def listing(
        self,
        *,
        state: ReplyState | None = None,
        limit: int = 50,
        after: ReplyId | None = None,
        brands: Collection[str] = (),
    ) -> Sequence[Reply]:
        """Return replies, oldest first; of these brands alone, if any are named."""
        wanted = []
        if state is not None:
            wanted.append(REPLIES.c.state == state)
        if after is not None:
            wanted.append(REPLIES.c.id > after)
        if brands:
            wanted.append(REPLIES.c.brand.in_(sorted(brands)))
        return self._all(*wanted, limit=limit)

    def _all(
        self, *wanted: ColumnElement[bool], limit: int | None = None
    ) -> Sequence[Reply]:
        query = select(REPLIES).where(*wanted).order_by(REPLIES.c.id).limit(limit)
        return [to_reply(row) for row in self._db.execute(query)]


_NAMES = tuple(field.name for field in fields(Reply))
"""The columns bear the fields' names."""


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(condition.cast(Integer)), 0)


def _row(reply: Reply) -> dict[str, object]:
    return {name: getattr(reply, name) for name in _NAMES if name != "id"}


def to_reply(row: AnyRow) -> Reply:
    """Read a row of ``replies``."""
    values = {name: getattr(row, name) for name in _NAMES}
    values["kind"] = ReplyKind(values["kind"])
    values["state"] = ReplyState(values["state"])
    return Reply(**values)
