"""What people said of tags, row after row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func, select

from bot.domain.corrections import Correction, CorrectionId, TagKind
from bot.domain.mentions import MentionId, StoredMention
from bot.storage.marks import mark_mentions
from bot.storage.rows import to_stored
from bot.storage.statements import AnyRow, Repository, chunks
from bot.storage.tables import CorrectionRow, MentionRow, table

CORRECTIONS, MENTIONS = table(CorrectionRow), table(MentionRow)


class SqlCorrections(Repository):
    """An append-only table: the database itself refuses changes."""

    __slots__ = ()

    def add(self, corrections: Sequence[Correction]) -> Sequence[Correction]:
        """Append and return them with their ids."""
        mark_mentions(self._db, {one.mention_id for one in corrections})
        statement = CORRECTIONS.insert().returning(CORRECTIONS.c.id)
        return [
            replace(one, id=CorrectionId(self._db.scalars(statement, _row(one)).one()))
            for one in corrections
        ]

    def of_mention(self, mention_id: MentionId) -> Sequence[Correction]:
        """Return all of one mention, oldest first: the last of each tag holds."""
        query = (
            select(CORRECTIONS)
            .where(CORRECTIONS.c.mention_id == mention_id)
            .order_by(CORRECTIONS.c.id)
        )
        return [to_correction(row) for row in self._db.execute(query)]

    def listing(self, limit: int) -> Sequence[tuple[Correction, StoredMention]]:
        """Return the newest first, each with its mention."""
        newest = select(CORRECTIONS).order_by(CORRECTIONS.c.id.desc()).limit(limit)
        return self._with_mentions(newest)

    def in_force(self) -> Sequence[tuple[Correction, StoredMention]]:
        """Return the last one of each tag of each mention, oldest first."""
        last = select(func.max(CORRECTIONS.c.id)).group_by(
            CORRECTIONS.c.mention_id, CORRECTIONS.c.kind
        )
        query = select(CORRECTIONS).where(CORRECTIONS.c.id.in_(last))
        return self._with_mentions(query.order_by(CORRECTIONS.c.id))

    def _with_mentions(
        self, query: Select[Any]
    ) -> Sequence[tuple[Correction, StoredMention]]:
        found = [to_correction(row) for row in self._db.execute(query)]
        wanted = sorted({one.mention_id for one in found})
        mentions: dict[MentionId, StoredMention] = {}
        for some in chunks(wanted):
            rows = self._db.execute(select(MENTIONS).where(MENTIONS.c.id.in_(some)))
            mentions |= {stored.id: stored for stored in map(to_stored, rows)}
        return [(one, mentions[one.mention_id]) for one in found]


def _row(one: Correction) -> dict[str, object]:
    return {
        "mention_id": one.mention_id,
        "kind": one.kind,
        "value": one.value,
        "was": one.was,
        "model": one.model,
        "said_by": one.by,
        "said_at": one.at,
        "note": one.note,
    }


def to_correction(row: AnyRow) -> Correction:
    """Read a row of ``corrections``."""
    return Correction(
        id=CorrectionId(row.id),
        mention_id=MentionId(row.mention_id),
        kind=TagKind(row.kind),
        value=row.value,
        was=row.was,
        model=row.model,
        by=row.said_by,
        at=row.said_at,
        note=row.note,
    )
