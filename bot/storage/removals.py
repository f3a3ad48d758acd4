"""What authors took back: when it is asked about, and how their words go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    select,
    text,
    type_coerce,
    update,
)

from bot.domain.letters import LetterState
from bot.domain.mentions import (
    Author,
    MentionId,
    MentionKind,
    StoredMention,
    text_hash,
)
from bot.domain.ports import Late
from bot.domain.tags import Tags
from bot.domain.withdrawal import Quotations
from bot.storage.rows import to_stored
from bot.storage.statements import Repository, chunks
from bot.storage.tables import (
    DECIDED,
    IS_STANDING,
    IS_TO_WITHDRAW,
    AuthorRow,
    ChainStepRow,
    CorrectionRow,
    DecisionRow,
    DeskChangeRow,
    DeskLinkRow,
    FollowUpRow,
    JoinedAccountRow,
    LetterRow,
    MentionRow,
    MentionVersionRow,
    NoticeRow,
    QuarantineItemRow,
    ReplyRow,
    TagRow,
    TicketEventRow,
    table,
)

MENTIONS, VERSIONS = table(MentionRow), table(MentionVersionRow)
TAGS, DECISIONS, AUTHORS = table(TagRow), table(DecisionRow), table(AuthorRow)
NOTICES, QUARANTINE = table(NoticeRow), table(QuarantineItemRow)
CORRECTIONS, LETTERS = table(CorrectionRow), table(LetterRow)
JOINED = table(JoinedAccountRow)

GIVEN = (LetterState.SENDING, LetterState.SENT, LetterState.UNKNOWN)
"""States in which somebody may have a legal notice in hand."""

TOLD_OF: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (table(TicketEventRow), ("detail", "facts")),
    (table(ReplyRow), ("text", "reason")),
    (table(FollowUpRow), ("reason",)),
    (table(ChainStepRow), ("reason",)),
    (table(DeskLinkRow), ("known",)),
    (table(DeskChangeRow), ("reason",)),
    (NOTICES, ("subject", "body", "facts", "reason")),
)
"""Columns of what is kept of a ticket that may quote the authors of its mentions."""


class SqlRemovals(Repository):
    """Which mentions still stand, and the end of those that do not.

    ``took_words``: the database's own log may still hold what was withdrawn.
    """

    __slots__ = ("took_words",)

    def __init__(self, db: Connection) -> None:
        """Work on the transaction of this connection."""
        super().__init__(db)
        self.took_words = False

    def due(self, source: str, now: datetime, limit: int) -> Sequence[StoredMention]:
        """Return standing ones of a source whose turn to be asked about has come."""
        found: list[StoredMention] = []
        # Two questions that an index answers: one of both would read all that stand.
        for is_due in (MENTIONS.c.check_at.is_(None), MENTIONS.c.check_at <= now):
            query = (
                select(MENTIONS)
                .where(
                    MENTIONS.c.source == source,
                    text(IS_STANDING),
                    MENTIONS.c.removed_at.is_(None),
                    is_due,
                )
                .order_by(MENTIONS.c.check_at, MENTIONS.c.id)
                .limit(limit - len(found))
            )
            found += [to_stored(row) for row in self._db.execute(query)]
        return found

    def stands(self, mention_id: MentionId, *, at: datetime, again: datetime) -> None:
        """Write that one stood there, and when to ask again."""
        self._db.execute(
            update(MENTIONS)
            .where(MENTIONS.c.id == mention_id)
            .values(checked_at=at, check_at=again)
        )

    def late(self, source: str, before: datetime) -> Late:
        """Count standing ones of a source that were last seen there before then."""
        seen_at = func.coalesce(MENTIONS.c.checked_at, MENTIONS.c.ingested_at)
        query = select(func.count(), func.min(MENTIONS.c.id)).where(
            MENTIONS.c.source == source,
            text(IS_STANDING),
            MENTIONS.c.removed_at.is_(None),
            seen_at < before,
        )
        mentions, first = self._db.execute(query).one()
        return Late(
            mentions=mentions, first=None if first is None else MentionId(first)
        )

    def gone(self, channel: str, external_ids: Collection[str], at: datetime) -> int:
        """Note that these cannot be read there any more; return how many were news."""
        noted = 0
        for some in chunks(sorted(external_ids)):
            # A repost has nothing but the words of what it repeats.
            repeats = and_(
                MENTIONS.c.amplifies.in_(some),
                MENTIONS.c.kind == MentionKind.REPOST,
            )
            for wanted in (MENTIONS.c.external_id.in_(some), repeats):
                noted += self._db.execute(
                    update(MENTIONS)
                    .where(
                        MENTIONS.c.channel == channel,
                        MENTIONS.c.removed_at.is_(None),
                        wanted,
                    )
                    .values(removed_at=at)
                ).rowcount
        return noted

    def to_withdraw(self, limit: int) -> Sequence[StoredMention]:
        """Return decided ones that are gone and whose words are here, none held."""
        query = (
            select(MENTIONS)
            .where(text(IS_TO_WITHDRAW), MENTIONS.c.stage == DECIDED)
            .order_by(MENTIONS.c.id)
            .limit(limit)
        )
        return [to_stored(row) for row in self._db.execute(self._held(query))]

    def withdraw(self, stored: StoredMention) -> Sequence[str]:
        """Take an author's words out of everything; return the hashes of earlier ones.

        The mention stays with its hash, its tags without the words that carried them.
        """
        mention, author = stored.mention, stored.mention.author
        of_it = VERSIONS.c.mention_id == stored.id
        earlier = self._db.execute(
            select(VERSIONS.c.text, VERSIONS.c.text_sha256)
            .where(of_it)
            .order_by(VERSIONS.c.number)
        ).all()
        self._db.execute(
            update(MENTIONS)
            .where(MENTIONS.c.id == stored.id)
            .values(
                text="",
                url=None,
                author=None if author is None else _nameless(author),
                text_sha256=text_hash(mention.text),
            )
        )
        self._unword_tags(stored.id)
        named = (author.handle, author.name) if author else ()
        texts = [mention.text, *(row.text for row in earlier)]
        if author is not None and author.bio:
            texts.append(author.bio)
        words = Quotations(texts, (*named, mention.url))
        self._unquote(stored, words)
        self._forget_quarantined(stored)
        self._forget_author(stored)
        self.took_words = True
        return [row.text_sha256 for row in earlier]

    def _unword_tags(self, mention_id: MentionId) -> None:
        for row in self._db.execute(
            select(TAGS.c.id, TAGS.c.signals).where(TAGS.c.mention_id == mention_id)
        ).all():
            bare = tuple(replace(one, words=()) for one in row.signals)
            if bare != row.signals:
                self._db.execute(
                    update(TAGS).where(TAGS.c.id == row.id).values(signals=bare)
                )
        for row in self._db.execute(
            select(VERSIONS.c.id, VERSIONS.c.tags).where(
                VERSIONS.c.mention_id == mention_id
            )
        ).all():
            self._db.execute(
                update(VERSIONS)
                .where(VERSIONS.c.id == row.id)
                .values(text="", tags=row.tags and _wordless(row.tags))
            )

    def _unquote(self, stored: StoredMention, words: Quotations) -> None:
        """Take quotations out of notes, notices, drafts and reasons about it."""
        tickets = self._db.scalars(
            select(DECISIONS.c.ticket_id).where(
                DECISIONS.c.mention_id == stored.id, DECISIONS.c.ticket_id.is_not(None)
            )
        ).all()
        for told, columns in TOLD_OF:
            self._rewrite(told, columns, told.c.ticket_id.in_(tickets), words)
        self._unquote_letters(tickets, words)
        of_it = CORRECTIONS.c.mention_id == stored.id
        self._rewrite(CORRECTIONS, ("note",), of_it, words)
        # Those of triggers about what has no ticket name the mention in their facts.
        named = type_coerce(NOTICES.c.facts, Text()).like(f'%"mention":"{stored.id}"%')
        without = and_(NOTICES.c.ticket_id.is_(None), named)
        self._rewrite(NOTICES, ("subject", "body", "facts", "reason"), without, words)

    def _unquote_letters(self, tickets: Sequence[int], words: Quotations) -> None:
        """Take quotations out of legal notices that nobody was given yet.

        Their hash stays that of the earlier words, so that none goes unread; what was
        given is private correspondence, and part of the complaint's record.
        """
        query = select(LETTERS.c.id, LETTERS.c.text, LETTERS.c.issues).where(
            LETTERS.c.ticket_id.in_(tickets),
            LETTERS.c.state.not_in(GIVEN),
        )
        for row in self._db.execute(query).all():
            text = words.out_of(row.text)
            issues = tuple(map(words.out_of, row.issues))
            if (text, issues) != (row.text, row.issues):
                news = {"text": text, "issues": issues, "findings": ()}
                here = LETTERS.c.id == row.id
                self._db.execute(update(LETTERS).where(here).values(news))

    def _rewrite(
        self,
        rows: Table,
        columns: Sequence[str],
        wanted: ColumnElement[bool],
        words: Quotations,
    ) -> None:
        keys = list(rows.primary_key.columns)
        query = select(*keys, *(rows.c[name] for name in columns)).where(wanted)
        for row in self._db.execute(query).mappings().all():
            news = {
                name: after
                for name in columns
                if (after := _without(row[name], words)) != row[name]
            }
            if news:
                here = [key == row[key.name] for key in keys]
                self._db.execute(update(rows).where(*here).values(news))

    def _forget_quarantined(self, stored: StoredMention) -> None:
        mention = stored.mention
        places = (mention.external_id, f"{mention.channel}:{mention.external_id}")
        self._db.execute(
            update(QUARANTINE)
            .where(QUARANTINE.c.place.in_(places))
            .values(
                payload="", context="", reason=f"withdrawn with mention {stored.id}"
            )
        )

    def _forget_author(self, stored: StoredMention) -> None:
        """Keep an account only as long as anything that it wrote is here."""
        author = stored.mention.author
        if author is None:
            return
        channel = stored.mention.channel
        has_more = exists().where(
            MENTIONS.c.channel == channel,
            MENTIONS.c.author_id == author.external_id,
            text(IS_STANDING),
        )
        gone = (
            JOINED.c.channel == channel,
            JOINED.c.author_id == author.external_id,
            ~has_more,
        )
        same = JOINED.c.person.in_(select(JOINED.c.person).where(*gone))
        self._db.execute(update(JOINED).where(same).values(why=""))
        self._db.execute(delete(JOINED).where(*gone))
        self._db.execute(
            delete(AUTHORS).where(
                AUTHORS.c.channel == channel,
                AUTHORS.c.external_id == author.external_id,
                ~has_more,
            )
        )


def _nameless(author: Author) -> Author:
    """Keep of an account what tells it from others, and nothing that it says."""
    return Author(external_id=author.external_id, handle="")


def _wordless(tags: Tags) -> Tags:
    bare = tuple(replace(one, words=()) for one in tags.signals)
    return replace(tags, signals=bare)


def _without(value: object, words: Quotations) -> object:
    if isinstance(value, str):
        return words.out_of(value)
    if isinstance(value, Mapping):
        return {name: _without(said, words) for name, said in value.items()}
    return value
