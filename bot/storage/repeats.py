"""Keys of programs' writes, and what came of each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from bot.domain.repeats import Answer, Key, Known
from bot.storage.statements import Repository, insert_new
from bot.storage.tables import RepeatRow, table

REPEATS = table(RepeatRow)


class SqlRepeats(Repository):
    """Each sender's keys."""

    __slots__ = ()

    def add(self, key: Key, at: datetime) -> Known | None:
        """Write a key down; return what is known of it if it was there."""
        row = {
            "by": key.by,
            "name": key.name,
            "fingerprint": key.fingerprint,
            "made_at": at,
            "status": 0,
            "etag": "",
            "body": "",
        }
        if self._db.scalar(insert_new(self._db, REPEATS, "id"), row) is not None:
            return None
        found = self._db.execute(select(REPEATS).where(*_is(key))).one()
        answer = Answer(status=found.status, etag=found.etag, body=found.body)
        return Known(
            fingerprint=found.fingerprint, answer=answer if found.status else None
        )

    def keep(self, key: Key, answer: Answer) -> None:
        """Write what came of it."""
        self._db.execute(
            update(REPEATS)
            .where(*_is(key))
            .values(status=answer.status, etag=answer.etag, body=answer.body)
        )

    def forget(self, key: Key) -> None:
        """Let a key be used again."""
        self._db.execute(delete(REPEATS).where(*_is(key)))

    def drop(self, *, before: datetime) -> None:
        """Forget keys that were written down before an instant."""
        self._db.execute(delete(REPEATS).where(REPEATS.c.made_at < before))


def _is(key: Key) -> tuple[ColumnElement[bool], ...]:
    return REPEATS.c.by == key.by, REPEATS.c.name == key.name
