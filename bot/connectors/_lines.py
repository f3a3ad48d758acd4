"""Read a file of records piece by piece, however long or broken its lines are.

Nothing here holds more than one record: a line longer than ``LONGEST`` is skipped in
pieces, and an opening quote that never closes costs its own line, not the file.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from bot.connectors._texts import storable

LONGEST = 2_000_000
"""Bytes of one record that are still read: the longest text, escaped, fits twice."""

KEPT = 1_000_000
"""Characters of a record that made no sense that are kept with the reason."""

_MOST_LINES = 2_000
_BREAK = "\u2028"
_FOREIGN = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One physical line: its bytes, where it stands, whether the file ends in it."""

    raw: bytes
    number: int
    start: int
    end: int
    is_whole: bool
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record: its fields, or the reason why it has none."""

    number: int
    start: int
    raw: bytes
    fields: Mapping[str, object] | None = None
    reason: str = ""
    is_last: bool = False

    @property
    def payload(self) -> str:
        """The record as text that can be stored, foreign bytes spelt out in hex."""
        text = self.raw[: 4 * KEPT].decode("utf-8", "backslashreplace")
        return storable(text.rstrip("\r\n")[:KEPT])

    @property
    def is_kept_whole(self) -> bool:
        """Whether ``payload`` is the record, neither cut nor spelt otherwise."""
        raw = self.raw.rstrip(b"\r\n")
        return len(self.raw) < LONGEST and self.payload.encode() == raw


class Lines:
    """Lines of an open file from an offset on, with a way back."""

    def __init__(self, file: BinaryIO, *, offset: int = 0, number: int = 1) -> None:
        """Start at a byte that begins a line, which has the given number."""
        self._file = file
        self.go_to(offset, number)

    def go_to(self, offset: int, number: int) -> None:
        """Read on from there."""
        self._file.seek(offset)
        self.offset, self.number = offset, number

    def next(self) -> Line | None:
        """Return the next line, its end cut off if it is too long to be read."""
        raw = self._file.readline(LONGEST)
        if not raw:
            return None
        start, size, tail = self.offset, len(raw), raw
        while not tail.endswith(b"\n") and (tail := self._file.readline(LONGEST)):
            size += len(tail)
        self.offset, self.number = start + size, self.number + 1
        if start == 0:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        return Line(
            raw=raw,
            number=self.number - 1,
            start=start,
            end=self.offset,
            is_whole=size <= LONGEST,
            is_last=not (tail or raw).endswith(b"\n"),
        )


def json_records(lines: Lines) -> Iterator[Record]:
    """Read one JSON object per line; blank lines are passed over."""
    while (line := lines.next()) is not None:
        if not line.raw.strip():
            continue
        fields, reason = _object(line)
        yield _record([line], fields, reason)


def _object(line: Line) -> tuple[Mapping[str, object] | None, str]:
    if not line.is_whole:
        return None, f"the line is longer than {LONGEST:,} bytes"
    try:
        read = json.loads(line.raw.decode("utf-8"), strict=False)
    except (ValueError, RecursionError) as error:
        return None, _json_words(error, line)
    if not isinstance(read, dict):
        return None, f"a JSON object was expected, not {type(read).__name__}"
    return read, ""


def _json_words(error: ValueError | RecursionError, line: Line) -> str:
    match error:
        case UnicodeDecodeError():
            return _not_utf8(line.raw[error.start])
        case json.JSONDecodeError():
            where = f"at character {error.pos + 1}"
            cut = " (the file ends here: cut off?)" if line.is_last else ""
            return f"this is no JSON: {error.msg} {where}{cut}"
        case RecursionError():
            return "the JSON is nested too deeply"
    return "the JSON holds a number of thousands of digits"


def csv_records(
    lines: Lines, header: Sequence[str], delimiter: str = ","
) -> Iterator[Record]:
    """Read records as RFC 4180 has them, line breaks in quoted fields included.

    A carriage return alone is part of a text, not the end of a record. What does not
    parse costs its first line only; reading goes on in the next one.
    """
    while (first := lines.next()) is not None:
        if not first.raw.strip():
            continue
        used = [first]
        fields, reason = _row(lines, used, header, delimiter)
        if reason and len(used) > 1:
            lines.go_to(first.end, first.number + 1)
            del used[1:]
        yield _record(used, fields, reason)


def _row(
    lines: Lines, used: list[Line], header: Sequence[str], delimiter: str
) -> tuple[Mapping[str, object] | None, str]:
    reader = csv.reader(_feed(lines, used), delimiter=delimiter, strict=True)
    try:
        values = next(reader)
    except csv.Error as error:
        return None, _csv_words(error, used)
    if foreign := _FOREIGN.search("".join(values)):
        return None, _not_utf8(ord(foreign[0]) - 0xDC00)
    extra = len(header)
    if len(values) < extra or any(values[extra:]):
        cut = " (cut off?)" if len(values) < extra else ""
        return None, f"the record has {len(values)} fields, not {extra}{cut}"
    return {
        name: value.replace(_BREAK, "\n")
        for name, value in zip(header, values, strict=False)
    }, ""


def _feed(lines: Lines, used: list[Line]) -> Iterator[str]:
    size, line = 0, used[0]
    while True:
        size += len(line.raw)
        if not line.is_whole or size > LONGEST or len(used) > _MOST_LINES:
            return
        text = line.raw.decode("utf-8", "surrogateescape")
        yield text.replace("\r\n", "\n").replace("\r", _BREAK)
        after = lines.next()
        if after is None:
            return
        line = after
        used.append(line)


def _csv_words(error: csv.Error, used: Sequence[Line]) -> str:
    if not used[0].is_whole:
        return f"the line is longer than {LONGEST:,} bytes"
    words = str(error)
    if "field limit" in words:
        return "a field is longer than 131,072 characters"
    if "unexpected end" in words:
        return "a quoted field never ends: the record is cut off"
    return f"this is no CSV record: {words}"


def _not_utf8(byte: int) -> str:
    return f"the line is not UTF-8: it holds the byte 0x{byte:02x}"


def _record(
    used: Sequence[Line], fields: Mapping[str, object] | None, reason: str
) -> Record:
    return Record(
        number=used[0].number,
        start=used[0].start,
        raw=b"".join(line.raw for line in used),
        fields=fields,
        reason=reason,
        is_last=used[-1].is_last,
    )
