"""A file that stands for a platform: replies are published by adding lines to it.

The id of a reply follows from its key and from what it answers, so that a line written
twice by two processes is still one reply. A line that was torn by a crash was never
published.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from bot.connectors._edge import translated
from bot.connectors._lines import Lines, json_records
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import (
    AccessDenied,
    ConnectorError,
    OutcomeUnknown,
    Unavailable,
)


class ReplyLog:
    """The replies that stand in one file; only what is new in it is read again."""

    def __init__(self, channel: str, path: Path) -> None:
        """Name the channel for errors; nothing is opened yet."""
        self._channel = channel
        self._path = path
        self._ids: dict[tuple[str, str], str] = {}
        self._offset = 0
        self._identity: tuple[int, int] | None = None

    def find(self, reply: OutboundReply) -> Receipt | None:
        """Return the receipt of a reply that stands there."""
        with translated(self._channel, {OSError: self._unreadable}):
            self._read_on()
        found = self._ids.get((reply.key, reply.in_reply_to))
        return None if found is None else Receipt(external_id=found)

    def add(self, reply: OutboundReply) -> Receipt:
        """Publish a reply once: on the disk before this returns.

        Raises ``AccessDenied`` or ``Unavailable`` (nothing was written), or
        ``OutcomeUnknown``.
        """
        if (found := self.find(reply)) is not None:
            return found
        external_id = f"reply-{_digest(reply)}"
        line = json.dumps(
            {
                "id": external_id,
                "key": reply.key,
                "brand": reply.brand,
                "conversation": reply.conversation,
                "in_reply_to": reply.in_reply_to,
                "text": reply.text,
            },
            ensure_ascii=True,
        )
        self._append(line.encode("ascii") + b"\n")
        return Receipt(external_id=external_id)

    def _append(self, line: bytes) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        with translated(self._channel, {OSError: self._unwritable}):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            opened = os.open(self._path, flags, 0o600)
        try:
            self._write(opened, line)
        finally:
            os.close(opened)

    def _write(self, opened: int, line: bytes) -> None:
        size = os.fstat(opened).st_size
        with translated(self._channel, {OSError: self._unwritable}):
            if size:
                os.lseek(opened, size - 1, os.SEEK_SET)
                # A torn line must not swallow this one.
                line = line if os.read(opened, 1) == b"\n" else b"\n" + line
            written = os.write(opened, line)
        if written != len(line):
            raise OutcomeUnknown(
                self._channel,
                "only a part of the reply could be written; is the disk full?",
            )
        with translated(self._channel, {OSError: self._doubtful}):
            os.fsync(opened)

    def _read_on(self) -> None:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            self._ids, self._offset, self._identity = {}, 0, None
            return
        with file:
            stat = os.fstat(file.fileno())
            identity = (stat.st_dev, stat.st_ino)
            if identity != self._identity or stat.st_size < self._offset:
                self._ids, self._offset, self._identity = {}, 0, identity
            for record in json_records(lines := Lines(file, offset=self._offset)):
                if record.is_last:
                    # Torn, or still being written: looked at again next time.
                    break
                self._offset = lines.offset
                self._note(record.fields or {})

    def _note(self, fields: object) -> None:
        if isinstance(fields, dict):
            key, answered = fields.get("key"), fields.get("in_reply_to")
            if isinstance(key, str) and isinstance(answered, str):
                external_id = str(fields.get("id"))
                self._ids.setdefault((key, answered), external_id)

    def _unreadable(self, error: Exception) -> ConnectorError:
        return self._failed(AccessDenied, "cannot be read", error)

    def _unwritable(self, error: Exception) -> ConnectorError:
        kind = AccessDenied if isinstance(error, PermissionError) else Unavailable
        return self._failed(kind, "cannot be written", error)

    def _doubtful(self, error: Exception) -> ConnectorError:
        return self._failed(OutcomeUnknown, "may not be on the disk", error)

    def _failed(
        self, kind: type[ConnectorError], what: str, error: Exception
    ) -> ConnectorError:
        reason = error.strerror if isinstance(error, OSError) else ""
        message = (
            f"the reply file {self._path.name} {what}: {reason or 'no reason given'}"
        )
        return kind(self._channel, message)


def _digest(reply: OutboundReply) -> str:
    named = f"{reply.key}\n{reply.in_reply_to}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(named).hexdigest()[:16]
