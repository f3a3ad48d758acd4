"""Mentions, their authors, their tags and decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, select, text, update
from sqlalchemy.sql import Select

from bot.domain.decisions import Decision, Outcome
from bot.domain.mentions import (
    Author,
    Mention,
    MentionId,
    MentionVersion,
    Restored,
    StoredMention,
    text_hash,
)
from bot.domain.ports import Past, SetAside
from bot.domain.tags import Tags
from bot.domain.tickets import TicketId
from bot.errors import Missing
from bot.storage.marks import mark_instants, mark_mentions
from bot.storage.rows import (
    author_row,
    decision_row,
    mention_row,
    tag_row,
    to_decision,
    to_stored,
    to_tags,
)
from bot.storage.statements import AnyRow, Repository, chunks, insert, insert_new
from bot.storage.tables import (
    DECIDED,
    IS_DECIDED,
    IS_SET_ASIDE,
    IS_STORED,
    IS_TAGGED,
    STORED,
    TAGGED,
    AuthorRow,
    DecisionRow,
    MentionRow,
    MentionVersionRow,
    TagRow,
    TicketRow,
    table,
)

MENTIONS, AUTHORS = table(MentionRow), table(AuthorRow)
TAGS, DECISIONS = table(TagRow), table(DecisionRow)
VERSIONS = table(MentionVersionRow)
TICKETS = table(TicketRow)


class SqlMentions(Repository):
    """What was said, and how far we are with it."""

    __slots__ = ()

    def add(
        self, mentions: Sequence[Mention], *, source: str, at: datetime
    ) -> Sequence[StoredMention]:
        """Store those not seen before and return just them, in the order given.

        Rows go in by publication, so that two workers who store overlapping pages
        wait for each other instead of ending in a deadlock.
        """
        fresh: dict[tuple[str, str], Mention] = {}
        for mention in mentions:
            fresh.setdefault((mention.channel, mention.external_id), mention)
        if not fresh:
            return ()
        self._meet_authors(mentions, at)
        statement = insert_new(self._db, MENTIONS, "channel", "external_id", "id")
        ordered = sorted(fresh.values(), key=_by_publication)
        rows = [mention_row(mention, source, at) for mention in ordered]
        ids = {(row[0], row[1]): row[2] for row in self._db.execute(statement, rows)}
        fresh_at = {one.published_at for key, one in fresh.items() if key in ids}
        mark_instants(self._db, fresh_at)
        return [
            StoredMention(id=ids[key], mention=mention, source=source, ingested_at=at)
            for key, mention in fresh.items()
            if key in ids
        ]

    def _meet_authors(self, mentions: Sequence[Mention], at: datetime) -> None:
        """Keep each author as they are now; an older sight never covers a newer."""
        rows = {
            (mention.channel, mention.author.external_id): author_row(mention, at)
            for mention in mentions
            if mention.author is not None
        }
        if not rows:
            return
        statement = insert(self._db, AUTHORS)
        news = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["channel", "external_id"],
            set_={
                "handle": news.handle,
                "profile": news.profile,
                "seen_at": news.seen_at,
            },
            where=AUTHORS.c.seen_at <= news.seen_at,
        )
        self._db.execute(statement, [rows[key] for key in sorted(rows)])

    def get(self, mention_id: MentionId) -> StoredMention:
        """Return one, or raise ``Missing``."""
        row = self._db.execute(
            select(MENTIONS).where(MENTIONS.c.id == mention_id)
        ).one_or_none()
        if row is None:
            message = f"there is no mention {mention_id}"
            raise Missing(message)
        return to_stored(row)

    def find(self, channel: str, external_id: str) -> StoredMention | None:
        """Return the one with the platform's id, if it was ever stored."""
        row = self._db.execute(
            select(MENTIONS).where(
                MENTIONS.c.channel == channel, MENTIONS.c.external_id == external_id
            )
        ).one_or_none()
        return None if row is None else to_stored(row)

    def of_author(
        self, channel: str, author: str, *, since: datetime, limit: int
    ) -> Sequence[Mention]:
        """Return an author's newest texts there since an instant, oldest first."""
        query = (
            select(MENTIONS)
            .where(
                MENTIONS.c.channel == channel,
                MENTIONS.c.author_id == author,
                MENTIONS.c.published_at >= since,
                MENTIONS.c.removed_at.is_(None),
            )
            .order_by(MENTIONS.c.published_at.desc(), MENTIONS.c.id.desc())
            .limit(limit)
        )
        found = [to_stored(row).mention for row in self._db.execute(query)]
        return found[::-1]

    def known(
        self, channel: str, external_ids: Collection[str]
    ) -> Mapping[str, StoredMention]:
        """Return those of a platform's ids that were ever stored."""
        found: dict[str, StoredMention] = {}
        for some in chunks(sorted(external_ids)):
            query = select(MENTIONS).where(
                MENTIONS.c.channel == channel, MENTIONS.c.external_id.in_(some)
            )
            found |= {
                row.external_id: to_stored(row) for row in self._db.execute(query)
            }
        return found

    def edit(self, before: StoredMention, after: Mention, at: datetime) -> bool:
        """Put an edited text in place of one, which is kept with its tags.

        Its tags go with it, so that the text waits to be tagged like any other.
        """
        was, number = before.mention, before.edits + 1
        changed = (
            update(MENTIONS)
            .where(
                MENTIONS.c.id == before.id,
                MENTIONS.c.edits == before.edits,
                MENTIONS.c.removed_at.is_(None),
            )
            .values(
                text=after.text,
                edited_at=after.edited_at,
                language_hint=after.language_hint,
                edits=number,
                stage=STORED,
            )
        )
        if self._db.execute(changed).rowcount != 1:
            return False
        row = {
            "mention_id": before.id,
            "number": number,
            "text": was.text,
            "text_sha256": text_hash(was.text),
            "edited_at": was.edited_at,
            "replaced_at": at,
            "tags": self.tags(before.id),
        }
        self._db.execute(VERSIONS.insert(), row)
        self._db.execute(TAGS.delete().where(TAGS.c.mention_id == before.id))
        mark_mentions(self._db, [before.id])
        return True

    def settle_edit(self, mention_id: MentionId) -> None:
        """Write that an edited one was decided again; its first decision stays."""
        self._db.execute(_DECIDE, {"which": mention_id})

    def versions(self, mention_id: MentionId) -> Sequence[MentionVersion]:
        """Return how a mention stood before each edit, oldest first."""
        query = select(VERSIONS).where(VERSIONS.c.mention_id == mention_id)
        ordered = query.order_by(VERSIONS.c.number)
        return [to_version(row) for row in self._db.execute(ordered)]

    def author(self, channel: str, external_id: str) -> Author | None:
        """Return an author as they were when last seen."""
        author: Author | None = self._db.scalar(
            select(AUTHORS.c.profile).where(
                AUTHORS.c.channel == channel, AUTHORS.c.external_id == external_id
            )
        )
        return author

    def untagged(
        self, limit: int, *, ids: range | None = None
    ) -> Sequence[StoredMention]:
        """Return mentions without tags, oldest first, none that others hold.

        With ``ids`` only among those, so that several workers take different ones.
        """
        query = select(MENTIONS).where(text(IS_STORED))
        if ids is not None:
            query = query.where(MENTIONS.c.id.between(ids.start, ids.stop - 1))
        return self._with_carried(self._oldest(query, limit))

    def _with_carried(self, query: Select[Any]) -> list[StoredMention]:
        found = [to_stored(row) for row in self._db.execute(query)]
        carried = self._carried([one.id for one in found])
        return [replace(one, carried_at=carried.get(one.id, ())) for one in found]

    def _carried(
        self, ids: Sequence[MentionId]
    ) -> dict[MentionId, tuple[datetime, ...]]:
        """Tell when each was reposted or quoted, as far as known at its first sight.

        What came later is left out, so that tags made again are the same.
        """
        further = MENTIONS.alias()
        found: dict[MentionId, list[datetime]] = defaultdict(list)
        for some in chunks(ids):
            query = (
                select(MENTIONS.c.id, further.c.published_at)
                .join(
                    further,
                    (further.c.channel == MENTIONS.c.channel)
                    & (further.c.amplifies == MENTIONS.c.external_id)
                    & (further.c.ingested_at <= MENTIONS.c.ingested_at),
                )
                .where(MENTIONS.c.id.in_(some))
                .order_by(further.c.published_at, further.c.id)
            )
            for row in self._db.execute(query):
                found[row.id].append(row.published_at)
        return {each: tuple(times) for each, times in found.items()}

    def undecided(self, limit: int) -> Sequence[tuple[StoredMention, Tags]]:
        """Return tagged mentions without a decision, oldest first, none held."""
        query = self._oldest(select(MENTIONS).where(text(IS_TAGGED)), limit)
        pending = [to_stored(row) for row in self._db.execute(query)]
        tags = self.newest_tags([stored.id for stored in pending])
        return [(stored, tags[stored.id]) for stored in pending]

    def _oldest(self, query: Select[Any], limit: int) -> Select[Any]:
        ordered = query.order_by(MENTIONS.c.published_at, MENTIONS.c.id)
        return self._held(ordered.limit(limit))

    def tags(self, mention_id: MentionId) -> Tags | None:
        """Return a mention's newest tags, if it has any."""
        return self.newest_tags([mention_id]).get(mention_id)

    def newest_tags(self, mention_ids: Sequence[MentionId]) -> Mapping[MentionId, Tags]:
        """Return the last tags of each, whichever model gave them."""
        found: dict[MentionId, Tags] = {}
        for some in chunks(mention_ids):
            query = select(TAGS).where(TAGS.c.mention_id.in_(some)).order_by(TAGS.c.id)
            found |= {row.mention_id: to_tags(row) for row in self._db.execute(query)}
        return found

    def tag(
        self, tagged: Sequence[tuple[MentionId, Tags]], at: datetime
    ) -> set[MentionId]:
        """Write tags; return the ids that had none (another worker may have won)."""
        by_id = dict(tagged)
        won: set[MentionId] = set()
        for some in chunks(sorted(by_id)):
            query = (
                select(MENTIONS.c.id)
                .where(MENTIONS.c.id.in_(some), text(IS_STORED))
                .order_by(MENTIONS.c.id)
                .with_for_update(key_share=True)
            )
            won.update(self._db.scalars(query))
        if won:
            ours = sorted(won)
            self._move_on(ours)
            rows = [tag_row(each, by_id[each], at) for each in ours]
            self._db.execute(TAGS.insert(), rows)
            mark_mentions(self._db, ours)
        return won

    def _move_on(self, ids: Sequence[MentionId]) -> None:
        for some in chunks(ids):
            self._db.execute(
                update(MENTIONS).where(MENTIONS.c.id.in_(some)).values(stage=TAGGED)
            )

    def decide(
        self,
        mention_id: MentionId,
        decision: Decision,
        *,
        ticket_id: TicketId | None,
        at: datetime,
    ) -> bool:
        """Write the one decision of a mention; ``False`` if it had one already."""
        won = self._db.execute(_DECIDE, {"which": mention_id}).rowcount == 1
        if won:
            row = decision_row(mention_id, decision, ticket_id, at)
            # An edited one has its first decision already, and keeps it.
            self._db.execute(insert_new(self._db, DECISIONS), row)
            if decision.outcome is Outcome.OPEN_TICKET and ticket_id is not None:
                self._db.execute(_OPENED, {"mention": mention_id, "ticket": ticket_id})
            mark_mentions(self._db, [mention_id])
        elif not self._db.scalar(_EXISTS, {"which": mention_id}):
            message = f"there is no mention {mention_id}"
            raise Missing(message)
        return won

    def decision(
        self, mention_id: MentionId
    ) -> tuple[Decision, TicketId | None, datetime] | None:
        """Return a mention's decision with its ticket and instant, if there is one."""
        row = self._db.execute(
            select(DECISIONS).where(DECISIONS.c.mention_id == mention_id)
        ).one_or_none()
        if row is None:
            return None
        return to_decision(row), row.ticket_id, row.decided_at

    def past(
        self,
        limit: int,
        *,
        since: datetime | None = None,
        before: MentionId | None = None,
        after: MentionId | None = None,
    ) -> Sequence[Past]:
        """Return decided ones, newest first; with ``after`` as they were taken in."""
        query = select(MENTIONS).where(text(IS_DECIDED))
        if since is not None:
            query = query.where(MENTIONS.c.published_at >= since)
        if before is not None:
            query = query.where(MENTIONS.c.id < before)
        if after is not None:
            query = query.where(MENTIONS.c.id > after)
        order = MENTIONS.c.id.desc() if after is None else MENTIONS.c.id
        found = self._with_carried(query.order_by(order).limit(limit))
        made: dict[MentionId, AnyRow] = {}
        for some in chunks([stored.id for stored in found]):
            decisions = select(DECISIONS).where(DECISIONS.c.mention_id.in_(some))
            made |= {row.mention_id: row for row in self._db.execute(decisions)}
        return [
            Past(
                stored=stored,
                decision=to_decision(made[stored.id]),
                ticket_id=made[stored.id].ticket_id,
                decided_at=made[stored.id].decided_at,
            )
            for stored in found
        ]

    def count_past(self, *, since: datetime | None = None) -> int:
        """Count decided ones that were published since then."""
        query = select(func.count()).select_from(MENTIONS).where(text(IS_DECIDED))
        if since is not None:
            query = query.where(MENTIONS.c.published_at >= since)
        return self._db.scalar(query) or 0

    def tags_by(
        self, models: Collection[str], mention_ids: Sequence[MentionId]
    ) -> Mapping[MentionId, Tags]:
        """Return the last tags that one of these very models gave, where any did."""
        found: dict[MentionId, Tags] = {}
        for some in chunks(mention_ids):
            query = (
                select(TAGS)
                .where(TAGS.c.mention_id.in_(some), TAGS.c.model.in_(models))
                .order_by(TAGS.c.id)
            )
            found |= {row.mention_id: to_tags(row) for row in self._db.execute(query)}
        return found

    def unattached(self, channel: str, external_id: str) -> Sequence[StoredMention]:
        """Return what amplifies a text, was decided before it, and has no ticket."""
        query = (
            select(MENTIONS)
            .join(DECISIONS, DECISIONS.c.mention_id == MENTIONS.c.id)
            .where(
                MENTIONS.c.channel == channel,
                MENTIONS.c.amplifies == external_id,
                DECISIONS.c.ticket_id.is_(None),
            )
            .order_by(MENTIONS.c.published_at, MENTIONS.c.id)
        )
        return [to_stored(row) for row in self._db.execute(query)]

    def attach(self, mention_id: MentionId, ticket_id: TicketId) -> bool:
        """Say to which ticket a decided one belongs; ``False`` if it has one."""
        statement = (
            update(DECISIONS)
            .where(
                DECISIONS.c.mention_id == mention_id, DECISIONS.c.ticket_id.is_(None)
            )
            .values(ticket_id=ticket_id)
        )
        is_news = self._db.execute(statement).rowcount == 1
        if is_news:
            mark_mentions(self._db, [mention_id])
        return is_news

    def set_aside(self, limit: int) -> Sequence[SetAside]:
        """Return what was set aside, the last decided first."""
        newest = DECISIONS.c.decided_at.desc(), DECISIONS.c.mention_id.desc()
        decided = select(DECISIONS).where(text(IS_SET_ASIDE))
        rows = self._db.execute(decided.order_by(*newest).limit(limit)).all()
        stored: dict[MentionId, StoredMention] = {}
        for some in chunks([row.mention_id for row in rows]):
            query = select(MENTIONS).where(MENTIONS.c.id.in_(some))
            found = map(to_stored, self._db.execute(query))
            stored |= {one.id: one for one in found}
        return [
            SetAside(
                stored=stored[row.mention_id],
                decision=to_decision(row),
                decided_at=row.decided_at,
            )
            for row in rows
        ]

    def restore(self, mention_id: MentionId, restored_as: Restored) -> bool:
        """Let one that was set aside wait for a decision again.

        Its decision makes room for the next; the log keeps it with every reason.
        ``False`` if it is not set aside; ``Missing`` if there is none.
        """
        self.get(mention_id)
        gone = DECISIONS.delete().where(
            DECISIONS.c.mention_id == mention_id, text(IS_SET_ASIDE)
        )
        if self._db.execute(gone).rowcount != 1:
            return False
        again = update(MENTIONS).where(MENTIONS.c.id == mention_id)
        self._db.execute(again.values(stage=TAGGED, restored_as=restored_as))
        mark_mentions(self._db, [mention_id])
        return True


_DECIDE = (
    update(MENTIONS)
    .where(MENTIONS.c.id == bindparam("which"), MENTIONS.c.stage != DECIDED)
    .values(stage=DECIDED)
)


def _told_of(column: ColumnElement[Any]) -> Any:  # noqa: ANN401 - a scalar subquery
    return (
        select(column)
        .where(TAGS.c.mention_id == bindparam("mention"))
        .order_by(TAGS.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


_OPENED = (
    update(TICKETS)
    .where(TICKETS.c.id == bindparam("ticket"), TICKETS.c.opened_by.is_(None))
    .values(
        opened_by=bindparam("mention"),
        language=_told_of(TAGS.c.language),
        topic=_told_of(TAGS.c.topic),
    )
)
_EXISTS = select(exists().where(MENTIONS.c.id == bindparam("which")))


def _by_publication(mention: Mention) -> tuple[datetime, str, str]:
    return mention.published_at, mention.channel, mention.external_id


def to_version(row: AnyRow) -> MentionVersion:
    """Read a row of ``mention_versions``."""
    return MentionVersion(
        number=row.number,
        text=row.text,
        text_sha256=row.text_sha256,
        edited_at=row.edited_at,
        replaced_at=row.replaced_at,
    )
