"""The log as a file that proves itself anywhere, without a database.

One JSON object per line, ASCII, keys in a fixed order, no spaces: a first line with the
format's version, entries and seals in the log's order, and a last line with a hash over
all bytes before it. The seals prove the sealed entries; the last line only finds
accidents in what no seal covers yet, for anybody could write it anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.audit.records import Damage, Line, Log, Record
from bot.domain.audit import Head, LoggedEntry, Seal

FORMAT = "answerable-audit-log"
VERSION = 1

MAX_LINE = 64 * 1024 * 1024
"""Bytes; a longer line is no line of ours and is not taken into memory."""

_HEADER = {"kind": "header", "format": FORMAT, "version": VERSION}
ENTRY = ("id", "at", "actor", "action", "subject", "detail")
SEAL = ("number", "sealed_at", "entry_ids", "root", "previous", "hash", "total")
_HEAD = ("number", "hash", "total", "sealed_at")


def write_export(log: Log) -> Iterator[bytes]:
    """Give the lines of an export; damage found on the way is written down too."""
    digest, count = hashlib.sha256(), 0
    for fields in _objects(log):
        line = written(fields)
        digest.update(line)
        count += 1
        yield line
    yield written({"kind": "end", "lines": count, "sha256": digest.hexdigest()})


def read_export(path: Path) -> Iterator[Record]:
    """Read an export; whatever does not make sense becomes ``Damage``.

    Raises ``OSError`` if the file itself cannot be read.
    """
    with path.open("rb") as file:
        yield from read_lines(iter(lambda: file.readline(MAX_LINE), b""))


def read_lines(lines: Iterable[bytes]) -> Iterator[Record]:
    """Read an export's lines, each with its line break."""
    digest, count, ended = hashlib.sha256(), 0, False
    for number, line in enumerate(lines, 1):
        where = f"line {number}"
        if ended:
            yield Damage(where=where, what="stands after the end of the export")
            continue
        fields = parsed(line)
        if fields.get("kind") == "end":
            ended = True
            if fields != _end(count, digest):
                yield Damage(where=where, what="the bytes before it are not its bytes")
            continue
        digest.update(line)
        count += 1
        yield from _record(number, fields)
    if not ended:
        yield Damage(where=f"line {count + 1}", what="the end of the export is missing")


def written_head(head: Head) -> str:
    """Return a head as the one line of JSON that leaves the machine."""
    return json.dumps({name: getattr(head, name) for name in _HEAD})


def read_head(text: str) -> Head:
    """Read ``written_head``'s line; ``ValueError`` if it is something else."""
    message = 'a head is one line of JSON with "number", "hash", "total", "sealed_at"'
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(message) from None
    if not isinstance(raw, dict) or not fits(raw, _HEAD):
        raise ValueError(message)
    if raw["number"] < 1:
        # No log has such a seal: it would prove nothing and look like a proof.
        no_seal = "the first seal has the number 1"
        raise ValueError(no_seal)
    return Head(**{name: raw[name] for name in _HEAD})


def _objects(log: Log) -> Iterator[Mapping[str, object]]:
    yield _HEADER
    for record in log:
        if isinstance(record, Line):
            entry = {name: getattr(record.entry, name) for name in ENTRY}
            yield {"kind": "entry", **entry, "leaf": record.leaf}
        elif isinstance(record, Seal):
            yield {"kind": "seal", **{name: getattr(record, name) for name in SEAL}}
        else:
            yield {"kind": "damage", "where": record.where, "what": record.what}


def _end(count: int, digest: Any) -> dict[str, object]:  # noqa: ANN401 - hashlib's
    return {"kind": "end", "lines": count, "sha256": digest.hexdigest()}


def written(fields: Mapping[str, object]) -> bytes:
    """Write a line: ASCII, no spaces, keys as they come."""
    return json.dumps(fields, separators=(",", ":")).encode("ascii") + b"\n"


def parsed(line: bytes) -> dict[str, Any]:
    """Read a line; empty unless it is, byte by byte, as ``written`` writes it."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(fields, dict) or written(fields) != line:
        return {}
    return fields


def _record(number: int, fields: dict[str, Any]) -> Iterator[Record]:
    """Turn an object into a record; the first line must be the header."""
    kind, names = str(fields.get("kind")), tuple(fields)[1:]
    reads: dict[str, tuple[tuple[str, ...], Callable[..., Record]]] = {
        "entry": ((*ENTRY, "leaf"), _line),
        "seal": (SEAL, _seal),
        "damage": (("where", "what"), Damage),
    }
    if number == 1:
        if fields != _HEADER:
            what = f"does not begin an export of {FORMAT} version {VERSION}"
            yield Damage(where="line 1", what=what)
    elif kind in reads and names == reads[kind][0] and fits(fields, names):
        yield reads[kind][1](**{name: fields[name] for name in names})
    else:
        yield Damage(where=f"line {number}", what="is no entry and no seal")


def fits(fields: Mapping[str, object], names: Iterable[str]) -> bool:
    """Say whether the fields are there with their types: numbers, id lists, texts."""
    return all(name in fields and _is_right(name, fields[name]) for name in names)


def _is_right(name: str, value: object) -> bool:
    if name in {"id", "number", "total"}:
        return type(value) is int
    if name == "entry_ids":
        return isinstance(value, list) and all(type(each) is int for each in value)
    return isinstance(value, str)


def _line(*, leaf: str, **entry: Any) -> Line:  # noqa: ANN401 - checked before
    return Line(entry=LoggedEntry(**entry), leaf=leaf)


def _seal(*, entry_ids: list[int], **seal: Any) -> Seal:  # noqa: ANN401
    return Seal(entry_ids=tuple(entry_ids), **seal)
