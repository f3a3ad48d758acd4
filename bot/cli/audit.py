"""``bot audit``: prove that the log is whole, here or from an exported file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from bot.audit.export import read_export, read_head, write_export, written_head
from bot.audit.verify import Report, verify
from bot.cli import output
from bot.cli.context import AsJson, Config, Db, opened
from bot.domain.audit import Head
from bot.errors import Missing, SettingsError
from bot.services.seal import current_head, seal_pending

BROKEN = 1

app = typer.Typer(
    help="The audit log: verify it, export it, take its head along.",
    no_args_is_help=True,
)


@app.command("verify")
def verify_log(
    *,
    file: Annotated[
        Path | None, typer.Option(help="An export; no database is needed for it.")
    ] = None,
    head: Annotated[
        Path | None, typer.Option(help="The last head that left the machine.")
    ] = None,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Recompute every seal; names the first that is broken and exits 1."""
    left = None if head is None else _head(head)
    if file is not None:
        report = _of_file(file, left)
    else:
        with opened(config, db) as bot, bot.store.audit_log() as records:
            report = verify(records, left)
    _show(report, left, machine=machine)
    if not report.is_whole:
        raise typer.Exit(BROKEN)


def _of_file(file: Path, left: Head | None) -> Report:
    try:
        return verify(read_export(file), left)
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise Missing(message) from error


def _head(path: Path) -> Head:
    try:
        return read_head(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise Missing(message) from error
    except ValueError as error:
        message = f"{path} is no head of a log: {error}"
        raise SettingsError(message) from error


def _show(report: Report, left: Head | None, *, machine: bool) -> None:
    if machine:
        output.as_json(
            {
                "whole": report.is_whole,
                "entries": report.entries,
                "seals": report.seals,
                "unsealed": report.unsealed,
                "findings": [
                    {"seal": one.seal, "entry": one.entry, "what": one.what}
                    for one in report.findings
                ],
                "head": report.head and report.head.hash,
                "compared_with_head": left and left.hash,
            }
        )
        return
    if report.first_broken is not None:
        output.complain(f"BROKEN {report.first_broken}")
        for one in report.findings[1:]:
            output.complain(f"  also {one}")
    newest = report.head
    output.facts(
        "The log is whole." if report.is_whole else "The log is not whole.",
        [
            ("entries proven", report.entries - report.unsealed),
            ("seals", report.seals),
            ("entries not sealed yet", report.unsealed),
            ("newest seal", f"{newest.number} {newest.hash}" if newest else "none"),
            ("against a head", f"seal {left.number}" if left else "no; see --head"),
        ],
    )


@app.command("export")
def export(
    *,
    out: Annotated[
        Path | None, typer.Option(help="The file; standard output if left out.")
    ] = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Write the whole log as JSON lines that 'verify --file' can prove anywhere."""
    with opened(config, db) as bot:
        while seal_pending(bot.store, bot.clock, everything=True):
            pass
        with bot.store.audit_log() as records:
            lines = write_export(records)
            if out is None:
                sys.stdout.buffer.writelines(lines)
                return
            _write(out, lines)
    output.out.print(f"exported to {out}", markup=False)


def _write(out: Path, lines: Iterator[bytes]) -> None:
    """Write the lines; a file that was cut short lacks its last one, which shows."""
    try:
        with out.open("wb") as stream:
            stream.writelines(lines)
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}"
        raise SettingsError(message) from error


@app.command("head")
def head_of_log(*, config: Config = None, db: Db = None) -> None:
    """Print the newest seal's head; keep it elsewhere to prove a later cut."""
    with opened(config, db) as bot:
        newest = current_head(bot.store)
    if newest is None:
        message = "the log has no seal yet; run 'bot run --once' first"
        raise Missing(message)
    typer.echo(written_head(newest))
