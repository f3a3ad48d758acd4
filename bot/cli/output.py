"""What people and programs see: tables, JSON, one clear line for what went wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import typer
from rich.console import Console
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def as_json(data: object) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def listing(
    title: str, rows: Sequence[Mapping[str, object]], *, machine: bool, empty: str
) -> None:
    """Print rows as a table, or as a JSON list with every field."""
    if machine:
        as_json([dict(row) for row in rows])
        return
    if not rows:
        out.print(empty, markup=False)
        return
    table = Table(title=title, title_justify="left")
    for column in rows[0]:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(cell(value) for value in row.values()))
    out.print(table, markup=False)


def cell(value: object) -> str:
    """Return a value as a person reads it; times to the second, in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z"
    return " ".join(str(value).split())


def facts(title: str, pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair a line."""
    out.print(title, style="bold", markup=False)
    for name, value in pairs:
        out.print(f"  {name}: {cell(value)}", markup=False)


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    err.print(message, style="red", markup=False)
