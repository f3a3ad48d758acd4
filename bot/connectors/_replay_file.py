"""Where a stored stream stands: its layout, and the place where reading goes on."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import BinaryIO

from bot.connectors._lines import Lines, Record, csv_records, json_records
from bot.domain.channels import Cursor

HEAD = 4096
"""Bytes by which a file is known again."""

LOOKED_AT = 100
"""Lines among which the first whole one decides what the layout is."""

JSON_NAMES = (".jsonl", ".ndjson")
DELIMITERS = ",;\t"
TWCS_NAMES = frozenset({"tweet_id", "author_id", "inbound", "created_at", "text"})
CURSOR = re.compile(r"([0-9]{1,18}):([0-9]{1,18}):([0-9a-f]{16}):([0-9]{1,18})")


class Layout(StrEnum):
    """How a file's records are laid out; ``auto`` looks at the first one."""

    AUTO = "auto"
    BOT = "bot"
    AIRLINES = "airlines"
    TWCS = "twcs"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A byte that begins a line, its number, and the hash of the head before it.

    ``end`` lies behind a last line that made no sense: if the file has grown by then,
    that line was only half written, and is read again.
    """

    offset: int = 0
    number: int = 1
    head: str = ""
    end: int = 0

    def cursor(self) -> Cursor:
        """Write it down."""
        return Cursor(f"{self.offset}:{self.number}:{self.head}:{self.end}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the beginning of a file says about the rest."""

    layout: Layout
    header: tuple[str, ...] = ()
    delimiter: str = ","
    body: int = 0
    body_number: int = 1

    def records(self, lines: Lines) -> Iterator[Record]:
        """Read what follows, record by record."""
        if self.header:
            return csv_records(lines, self.header, self.delimiter)
        return json_records(lines)


def shape_of(file: BinaryIO, asked: Layout) -> Shape | None:
    """Look at a file's beginning; ``None`` if it is laid out in no known way."""
    lines = Lines(file)
    first = lines.next()
    while first is not None and not first.raw.strip():
        first = lines.next()
    if first is None:
        return Shape(layout=Layout.BOT if asked is Layout.AUTO else asked)
    if asked in {Layout.BOT, Layout.AIRLINES}:
        return Shape(layout=asked)
    is_json = first.raw.lstrip().startswith(b"{") or file.name.endswith(JSON_NAMES)
    if is_json and asked is Layout.AUTO:
        return Shape(layout=_json_layout(file))
    for delimiter in DELIMITERS:
        header = _header(first.raw, delimiter)
        layout = _csv_layout(header, asked)
        if layout is not None:
            return Shape(
                layout=layout,
                header=header,
                delimiter=delimiter,
                body=lines.offset,
                body_number=lines.number,
            )
    return None


def _json_layout(file: BinaryIO) -> Layout:
    for record in islice(json_records(Lines(file)), LOOKED_AT):
        if record.fields is not None:
            is_flat = "published_at" not in record.fields
            return (
                Layout.AIRLINES
                if is_flat and "created_at" in record.fields
                else Layout.BOT
            )
    return Layout.BOT


def _header(raw: bytes, delimiter: str) -> tuple[str, ...]:
    text = raw[:HEAD].decode("utf-8", "replace")
    names = next(csv.reader([text], delimiter=delimiter), [])
    return tuple(name.strip().casefold() for name in names)


def _csv_layout(header: tuple[str, ...], asked: Layout) -> Layout | None:
    names = set(header)
    if asked is not Layout.CSV and names >= TWCS_NAMES:
        return Layout.TWCS
    dated = names & {"created_at", "published_at"}
    if asked is not Layout.TWCS and dated and names >= {"id", "text"}:
        return Layout.CSV
    return None


def resumed(file: BinaryIO, cursor: Cursor | None, size: int) -> Place:
    """Return where to go on: at the start, unless the cursor belongs to this file."""
    found = CURSOR.fullmatch(cursor or "")
    if found is None:
        return Place()
    offset, number, end = int(found[1]), int(found[2]), int(found[4])
    if max(offset, end) > size or _head(file, offset) != found[3]:
        return Place()
    if end == size:
        offset = end
    return Place(offset=offset, number=number)


def left_at(file: BinaryIO, lines: Lines, torn: Record | None) -> Cursor:
    """Return the cursor behind the last record read, which may have been torn."""
    offset = torn.start if torn else lines.offset
    place = Place(
        offset=offset,
        number=torn.number if torn else lines.number,
        head=_head(file, offset),
        end=lines.offset if torn else 0,
    )
    return place.cursor()


def _head(file: BinaryIO, offset: int) -> str:
    file.seek(0)
    return hashlib.sha256(file.read(min(HEAD, offset))).hexdigest()[:16]
