"""What people and programs see: tables, JSON, one clear line for what went wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

# Without rich's emoji codes: a person agrees to exactly the text that is shown.
out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What a terminal obeys instead of showing, and what no stream can hold."""


def visible(text: str) -> str:
    """Return a stranger's text so that no terminal takes a part of it for an order."""
    return _COMMANDS.sub("\ufffd", text)


def as_json(data: object, *, indent: int | None = 2) -> None:
    """Print one JSON document; half a surrogate pair is written as its escape."""
    written = json.dumps(data, ensure_ascii=False, indent=indent, default=_plain)
    typer.echo(written.encode("utf-8", "backslashreplace").decode("utf-8"))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def listing(
    title: str,
    rows: Sequence[Mapping[str, object]],
    *,
    machine: bool,
    empty: str,
    widths: Mapping[str, int] | None = None,
) -> None:
    """Print rows as a table, or as a JSON list with every field.

    ``widths`` keeps columns wide enough for what must stand in one line; words are
    broken in two only where the terminal is too narrow for the longest of each column.
    """
    if machine:
        as_json([dict(row) for row in rows])
        return
    if not rows:
        out.print(empty, markup=False)
        return
    shown = tuple(rows[0])
    cells = [[cell(row[column]) for column in shown] for row in rows]
    heads = [column.replace("_", " ") for column in shown]
    least = [(widths or {}).get(column, 0) for column in shown]
    least[0] = max(cell_len(text) for text in (heads[0], *(row[0] for row in cells)))
    words = [
        max(map(cell_len, " ".join(one).split()), default=0)
        for one in zip(heads, *cells, strict=True)
    ]
    words = [max(pair) for pair in zip(words, least, strict=True)]
    wide = [
        max(*map(cell_len, one), floor)
        for one, floor in zip(zip(heads, *cells, strict=True), least, strict=True)
    ]
    room = out.width - 3 * len(shown) + 1
    is_tight = sum(words) > room
    if is_tight:
        room = out.width - 2 * len(shown)
    wide = _narrowed(_narrowed(wide, words, room), least, room)
    table = Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=is_tight,
    )
    for head, width in zip(heads, wide, strict=True):
        table.add_column(head, overflow="fold", width=width)
    for row in cells:
        table.add_row(*row)
    out.print(table, markup=False)


def _narrowed(wide: Sequence[int], floors: Sequence[int], room: int) -> list[int]:
    """Narrow columns until they have room: the widest gives way first, to its floor."""
    found = list(wide)
    while sum(found) > room:
        gives = [at for at, width in enumerate(found) if width > max(floors[at], 1)]
        if not gives:
            break
        found[max(gives, key=lambda at: found[at])] -= 1
    return found


def cut(shown: int, limit: int, *, more: bool) -> None:
    """Say on standard error that a listing holds more than was asked for."""
    if more:
        words = f"only the first {shown} are shown; --limit {2 * limit} shows more"
        err.print(words, markup=False)


def cell(value: object) -> str:
    """Return a value as a person reads it; times to the minute, in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}Z"
    return visible(" ".join(str(value).split()))


def facts(title: str, pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair a line."""
    out.print(visible(title), style="bold", markup=False)
    for name, value in pairs:
        out.print(f"  {name}: {cell(value)}", markup=False)


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    err.print(visible(message), style="red", markup=False)
