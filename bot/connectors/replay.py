"""A stored stream: a file that is read as if a platform gave it, page by page.

Four layouts are understood (docs/connectors/replay.md). What makes no sense is handed
over with its line number, and reading goes on. A second file can stand for the place
where replies are published.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, ClassVar

from pydantic import Field

from bot.connectors._again import context_of, reason_of, still
from bot.connectors._edge import ConnectorSettings, translated
from bot.connectors._lines import Lines, Record
from bot.connectors._replay_file import Layout, Place, Shape, left_at, resumed, shape_of
from bot.connectors._replay_rows import Fields, from_airlines, from_bot, from_csv
from bot.connectors._replay_threads import Threads, from_twcs, is_inbound
from bot.connectors._reply_log import ReplyLog
from bot.domain.channels import (
    Aside,
    ConnectorInfo,
    Cursor,
    Health,
    Page,
    Quarantined,
)
from bot.domain.mentions import Mention
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import AccessDenied, BadPayload, ConnectorError, Refused, Unavailable

NAME = "replay"
REPLY_LIMIT = 280

ROWS_PER_MENTION = 20
"""Rows read for one mention at most, so that a page ends in a file of other rows."""

CHANNELS: Mapping[Layout, str] = {Layout.AIRLINES: "x", Layout.TWCS: "x"}
"""Where the texts of a layout were published; everything else names it itself."""


class ReplaySettings(ConnectorSettings):
    """Which file is read, and what its rows leave unsaid.

    ``brand`` and ``channel`` are for rows that name none. ``replies_to`` is a file that
    stands for the platform: replies are lines added to it. Without it nothing is sent.
    """

    path: Path
    format: Layout = Layout.AUTO
    channel: str = Field(default="", max_length=50)
    replies_to: Path | None = None


class ReplayConnector:
    """Reads a stored stream, and keeps the replies that it is given in a file."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="Replay of a file",
        poll_every=timedelta(seconds=5),
        reply_limit=REPLY_LIMIT,
        docs="docs/connectors/replay.md",
        is_live=False,
        reply_requests=0,
    )
    settings_model: ClassVar[type[ConnectorSettings]] = ReplaySettings

    def __init__(self, settings: ReplaySettings) -> None:
        """Keep the settings; no file is opened yet."""
        self._settings = settings
        self._threads: tuple[tuple[int, int], Threads] | None = None
        self._log = ReplyLog(NAME, settings.replies_to) if settings.replies_to else None

    def check(self) -> Health:
        """Say whether the file can be read, and as which layout."""
        try:
            with self._opened() as file:
                shape = self._shape(file)
                size = os.fstat(file.fileno()).st_size
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        name = self._settings.path.name
        return Health(
            ok=True,
            detail=f"{name}: {size:,} bytes, layout {shape.layout}",
            account_handle=self._settings.account,
        )

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Read on behind the cursor; another file under the name is begun anew.

        Raises ``Unavailable`` while the file is missing, ``AccessDenied`` if it may not
        be read or is laid out in no known way.
        """
        with translated(NAME, {OSError: self._failed}), self._opened() as file:
            return self._page(file, cursor, limit)

    def again(self, item: Quarantined) -> Page:
        """Read a record that was kept aside, as laid out as its file was.

        Who answered whom still stands in the file.
        """
        beside = context_of(item)
        if item.kind is not Aside.ITEM or not item.payload:
            return still(item, "it holds nothing to be read")
        try:
            shape = Shape(
                layout=Layout(beside["layout"]),
                header=tuple(beside["header"]),
                delimiter=beside["delimiter"],
            )
            if not beside["is_whole"]:
                return still(
                    item, "the record was too long, or no UTF-8; mend the file"
                )
        except (LookupError, TypeError, ValueError):
            return still(item, "an earlier version kept it without its file's layout")
        try:
            threads = self._threads_of_file() if shape.layout is Layout.TWCS else None
            records = shape.records(Lines(BytesIO(item.payload.encode())))
            mentions = [
                mention
                for record in records
                for mention in self._converted(record, shape.layout, threads)
            ]
        except BadPayload as error:
            return still(item, reason_of(error))
        except ConnectorError as error:
            return still(item, error.shown)
        return Page(mentions=mentions, cursor=None)

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Add the reply to the file of replies; the same key adds nothing again."""
        if self._log is None:
            raise Refused(
                NAME, "a replayed file takes no replies; set replies_to to keep them"
            )
        if len(reply.text) > REPLY_LIMIT:
            raise Refused(
                NAME,
                f"the reply has {len(reply.text)} characters, {REPLY_LIMIT} at most",
            )
        return self._log.add(reply)

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Look for the reply's key in the file of replies."""
        return None if self._log is None else self._log.find(reply)

    def close(self) -> None:
        """Nothing stays open between two calls."""

    def _page(self, file: BinaryIO, cursor: Cursor | None, limit: int) -> Page:
        size = os.fstat(file.fileno()).st_size
        shape = self._shape(file)
        place = resumed(file, cursor, size)
        if place.offset < shape.body:
            place = Place(offset=shape.body, number=shape.body_number)
        threads = self._indexed(file, shape) if shape.layout is Layout.TWCS else None
        lines = Lines(file, offset=place.offset, number=place.number)
        mentions: list[Mention] = []
        bad: list[Quarantined] = []
        torn: Record | None = None
        for rows, record in enumerate(shape.records(lines), start=1):
            try:
                mentions += self._converted(record, shape.layout, threads)
            except BadPayload as error:
                bad.append(self._kept(record, shape, error))
                torn = record if record.is_last else None
            if len(mentions) + len(bad) >= limit or rows >= limit * ROWS_PER_MENTION:
                break
        return Page(
            mentions=sorted(mentions, key=lambda mention: mention.published_at),
            cursor=left_at(file, lines, torn),
            more=lines.offset < size,
            bad=bad,
            position=lines.offset,
            total=size,
        )

    def _converted(
        self, record: Record, layout: Layout, threads: Threads | None
    ) -> list[Mention]:
        if record.fields is None:
            raise BadPayload(NAME, record.reason)
        if threads and not is_inbound(record.fields):
            return []
        return [to_mention(record.fields, layout, self._settings, threads)]

    def _threads_of_file(self) -> Threads:
        with self._opened() as file:
            return self._indexed(file, self._shape(file))

    def _indexed(self, file: BinaryIO, shape: Shape) -> Threads:
        stat = os.fstat(file.fileno())
        key = (stat.st_size, stat.st_mtime_ns)
        if self._threads is None or self._threads[0] != key:
            lines = Lines(file, offset=shape.body, number=shape.body_number)
            self._threads = (key, Threads(shape.records(lines)))
        return self._threads[1]

    def _shape(self, file: BinaryIO) -> Shape:
        with translated(NAME, {OSError: self._failed}):
            found = shape_of(file, self._settings.format)
        if found is None:
            message = f"{self._settings.path.name} is laid out in no way that is known"
            raise AccessDenied(NAME, f"{message}; see {self.info.docs}")
        return found

    def _opened(self) -> BinaryIO:
        with translated(NAME, {OSError: self._failed}):
            return self._settings.path.open("rb")

    def _failed(self, error: Exception) -> ConnectorError:
        name = self._settings.path.name
        if isinstance(error, FileNotFoundError):
            return Unavailable(NAME, f"there is no file {name}")
        reason = error.strerror if isinstance(error, OSError) else None
        return AccessDenied(
            NAME, f"{name} cannot be read: {reason or 'no reason given'}"
        )

    def _kept(self, record: Record, shape: Shape, error: BadPayload) -> Quarantined:
        beside = {
            "layout": shape.layout,
            "header": shape.header,
            "delimiter": shape.delimiter,
            "is_whole": record.is_kept_whole,
        }
        return Quarantined(
            where=f"{self._settings.path.name}:{record.number}",
            reason=reason_of(error),
            payload=record.payload,
            context=json.dumps(beside),
        )


def to_mention(
    raw: Fields,
    layout: Layout,
    settings: ReplaySettings,
    threads: Threads | None = None,
) -> Mention:
    """Read one record; raise ``BadPayload`` for what no platform can have published.

    ``threads`` is needed for ``twcs`` only: who answered whom in the whole file.
    """
    channel = settings.channel or CHANNELS.get(layout, NAME)
    brand = settings.brand
    try:
        match layout:
            case Layout.TWCS:
                known = threads or Threads(())
                return from_twcs(raw, known, channel=channel, brand=brand)
            case Layout.CSV:
                return from_csv(raw, channel=channel, brand=brand)
            case Layout.AIRLINES:
                return from_airlines(raw, channel=channel, brand=brand)
            case _:
                return from_bot(raw, channel=channel, brand=brand)
    except ValueError as error:
        raise BadPayload(NAME, str(error)) from error
