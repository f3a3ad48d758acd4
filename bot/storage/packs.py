"""The text of packs: what tickets were judged and promised by, whatever lies here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, literal, select

from bot.domain.clocks import PackRef
from bot.domain.packs import HousePack, RegulationPack
from bot.storage.statements import Repository, insert_new
from bot.storage.tables import PackTextRow, table

PACK_TEXTS = table(PackTextRow)


class SqlPackTexts(Repository):
    """One text per hash, never changed."""

    __slots__ = ()

    def keep(self, pack: RegulationPack | HousePack, at: datetime) -> bool:
        """Store one; ``False`` if it was there."""
        if self._db.scalar(_KNOWN, {"known": pack.ref.sha256}):
            return False  # nearly always: the text itself need not be sent
        row = {
            "sha256": pack.ref.sha256,
            "pack": pack.ref.id,
            "version": pack.ref.version,
            "files": pack.files,
            "kept_at": at,
        }
        statement = insert_new(self._db, PACK_TEXTS, "sha256")
        return self._db.scalar(statement, row) is not None

    def files(self, ref: PackRef) -> Mapping[str, str]:
        """Return the files by name; none if they were never kept."""
        query = select(PACK_TEXTS.c.files).where(PACK_TEXTS.c.sha256 == ref.sha256)
        return self._db.scalar(query) or {}


_KNOWN = select(literal(1)).where(PACK_TEXTS.c.sha256 == bindparam("known"))
