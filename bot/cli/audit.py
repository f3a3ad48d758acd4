"""``bot audit``: prove that the log is whole, here or from an exported file."""

from __future__ import annotations

import json
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Annotated

import typer

from bot.audit.case_file import SUMS, check_against, check_case
from bot.audit.export import read_export, read_head, write_export, written_head
from bot.audit.manifest import MAX_MANIFEST, Checked, check_export
from bot.audit.verify import Report, verify
from bot.cli import output
from bot.cli.context import AsJson, By, Config, Db, opened
from bot.domain.audit import Head
from bot.domain.tickets import id_of
from bot.errors import Missing, SettingsError
from bot.services.exports import MANIFEST
from bot.services.seal import current_head, seal_pending

BROKEN = 1

PART = 1024 * 1024
"""Bytes of an export in memory at a time."""

NO_ZIP_OF_OURS = (
    *(ValueError, KeyError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading a file as a ZIP raises: cut, encrypted, or packed in another way."""

MOST_OF_A_CASE = 512 * 1024 * 1024
"""Bytes that a case file may unpack to: it is read whole."""

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


@app.command("key")
def key(
    *,
    out: Annotated[
        Path | None, typer.Option(help="Write the public key into this file too.")
    ] = None,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Tell the key that signs exports; it is made the first time."""
    with opened(config, db) as bot:
        found = bot.signer
    if found is None:
        message = "no key signs exports; name a file for it in audit.key_file"
        raise SettingsError(message)
    if out is not None:
        _write(out, iter([found.public.encode("ascii")]))
    if machine:
        output.as_json({"fingerprint": found.fingerprint, "public_key": found.public})
        return
    output.facts(
        "The key that signs exports",
        [("fingerprint", found.fingerprint), ("written to", out or "see --out")],
    )
    typer.echo(found.public, nl=False)


@app.command("case")
def case(
    ticket: Annotated[str, typer.Argument(help="Its key, such as T-000012.")],
    *,
    by: By,
    out: Annotated[
        Path | None, typer.Option(help="The file; named after the case if left out.")
    ] = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Hand out one complaint with all that proves it; 'verify-export' checks it."""
    with opened(config, db) as bot:
        file = bot.case_file(id_of(ticket), by=by)
    path = out or Path(file.name)
    _write(path, iter([file.content]))
    output.out.print(f"handed out to {path}", markup=False)


@app.command("verify-export")
def verify_export(
    file: Annotated[
        Path, typer.Argument(help="The ZIP as it was exported, or the file in it.")
    ],
    *,
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="Of a file outside the ZIP; manifest.json beside it if none."
        ),
    ] = None,
    public: Annotated[
        Path | None,
        typer.Option("--key", help="The house's public key, as PEM."),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(help="Of a case file: an export of the whole log to find it in."),
    ] = None,
    machine: AsJson = False,
) -> None:
    """Prove an exported file by its signature, offline; exits 1 if it is not whole."""
    known = None if public is None else _text(public)
    try:
        if zipfile.is_zipfile(file):
            checked = _of_zip(file, known, log)
        else:
            beside = manifest or file.with_name(MANIFEST)
            with file.open("rb") as content:
                checked = check_export(_parts(content), beside.read_bytes(), known)
    except OSError as error:
        message = f"{error.filename or file} cannot be read: {error.strerror or error}"
        raise Missing(message) from error
    except NO_ZIP_OF_OURS as error:
        raise SettingsError(f"{file} cannot be verified: {error}") from error
    _show_checked(checked, is_compared=known is not None, machine=machine)
    if checked.findings:
        raise typer.Exit(BROKEN)


def _of_zip(file: Path, known: str | None, log: Path | None) -> Checked:
    """Read a case file, or the one file that stands beside the manifest in a ZIP."""
    with zipfile.ZipFile(file) as packed:
        inside = packed.namelist()
        if len(set(inside)) != len(inside):
            message = "a file stands in it twice"
            raise ValueError(message)
        if SUMS in inside:
            return _of_case(packed, known, log)
        names = [name for name in inside if name != MANIFEST]
        if len(names) != 1 or len(inside) != 2:  # noqa: PLR2004 - both
            message = f"it holds no one file with its {MANIFEST}"
            raise ValueError(message)
        with packed.open(MANIFEST) as written:
            told = written.read(MAX_MANIFEST)
        with packed.open(names[0]) as content:
            return check_export(_parts(content), told, known)


def _of_case(packed: zipfile.ZipFile, known: str | None, log: Path | None) -> Checked:
    """Check each file of a case, the seals over its entries, and the signature."""
    if sum(one.file_size for one in packed.infolist()) > MOST_OF_A_CASE:
        message = f"it unpacks to more than {MOST_OF_A_CASE} bytes, as no case does"
        raise ValueError(message)
    files = {name: packed.read(name) for name in packed.namelist()}
    told = files.pop(MANIFEST, b"")
    signed = check_export([files[SUMS]], told, known)
    if signed.told["file"] != SUMS:
        message = f"its {MANIFEST} is of another file, {signed.told['file']}"
        raise ValueError(message)
    seal = signed.told.get("seal")
    newest = read_head(json.dumps(seal)) if seal else None
    found = check_case(files, newest)
    findings = [*signed.findings, *found.findings]
    if log is not None:
        findings += check_against(read_export(log), found)
    proven = {
        "entries": len(found.entries),
        "seals": len(found.seals),
        "chained_to": found.chained_to,
        "found_in_log": log is not None,
    }
    return replace(signed, told={**signed.told, "proven": proven}, findings=findings)


def _parts(content: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: content.read(PART), b"")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Missing(f"{path} cannot be read: {error}") from error


def _show_checked(checked: Checked, *, is_compared: bool, machine: bool) -> None:
    told, seal = checked.told, checked.told.get("seal") or {}
    if machine:
        output.as_json(
            {
                "whole": not checked.findings,
                "findings": list(checked.findings),
                "signed_by": checked.signer,
                "compared_with_key": is_compared,
                "manifest": dict(told),
            }
        )
        return
    for finding in checked.findings:
        output.complain(f"BROKEN {finding}")
    is_whole = not checked.findings
    what, count = ("complaints", told.get("rows"))
    if proven := told.get("proven"):
        what, count = "entries in their seals", _proven(proven)
    output.facts(
        "The export is whole." if is_whole else "The export is not whole.",
        [
            ("file", told["file"]),
            (what, count),
            ("filter", json.dumps(told.get("filter"))),
            ("made", f"{told.get('made_at')} by {told.get('made_by')}"),
            ("newest seal then", f"{seal.get('number')} {seal.get('hash')}"),
            ("signed by", checked.signer or "nobody"),
            (
                "that key is",
                "the one that you gave"
                if is_compared and is_whole
                else "to be compared with the house's own; see --key",
            ),
        ],
    )


def _proven(proven: Mapping[str, object]) -> str:
    """Say how far the log's part of a case file is proven."""
    entries, chained_to = proven["entries"], proven["chained_to"]
    if proven["found_in_log"]:
        return f"{entries}; their seals stand in the log that you gave"
    if chained_to is not None:
        return f"{entries}; chained without a gap to seal {chained_to}"
    return f"{entries}; that their seals are of one chain, --log shows"
