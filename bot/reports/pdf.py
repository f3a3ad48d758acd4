"""The response log as a tagged PDF/A-2a; the only file with typst.

A PDF must carry every letter that it shows, and the fonts at hand have those of the
Latin, Greek and Cyrillic scripts: any other stands there by its number in Unicode.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typst

from bot.domain.audit import Head
from bot.domain.response_log import Done
from bot.reports.response_log import Line, standings, told

TEMPLATE = Path(__file__).with_name("response_log.typ")

MOST_ROWS = 2000
"""On paper nobody reads more; CSV and JSON have no such end."""

SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")

COLUMNS = (
    "Ticket",
    "Brand, channel",
    "Author",
    "Received",
    "First seen, decided",
    "Acknowledged",
    "Answered",
    "Closed",
    "Promises",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What stands around the lines: who asked for what, and what proves it.

    ``asked`` is the filter in words, ``seal`` the log's newest, ``key`` the
    fingerprint of the key that signs the manifest, empty if none does.
    """

    title: str
    asked: Mapping[str, str]
    made_at: datetime
    made_by: str
    program: str
    seal: Head | None
    key: str


def write_pdf(lines: Sequence[Line], paper: Paper) -> bytes:
    """Write the file; the same lines and the same paper make the same bytes."""
    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        pdf_standards="a-2a",
        ignore_system_fonts=True,
        timestamp=int(paper.made_at.timestamp()),
        sys_inputs={"data": json.dumps(_data(lines, paper))},
    )


def _data(lines: Sequence[Line], paper: Paper) -> dict[str, object]:
    figures = {name: number for name, number in standings(lines).items() if number}
    at = paper.made_at
    return {
        "title": paper.title,
        "by": shown(paper.made_by),
        "language": "en",
        "date": {"year": at.year, "month": at.month, "day": at.day},
        "made": _instant(at),
        "seal": {"short": _seal(paper.seal)},
        "facts": list(_facts(lines, paper)),
        "figures": [[name.replace("_", " "), n] for name, n in figures.items()],
        "columns": COLUMNS,
        "rows": [[shown(cell) for cell in _row(line)] for line in lines],
        "words": {
            "figures": "Promises by how they were kept",
            "complaints": "Complaints",
            "none": "No complaint meets the filter.",
            "verify": "How to verify this file",
        },
        "verify": list(_verify(paper)),
    }


def _facts(lines: Sequence[Line], paper: Paper) -> list[tuple[str, str]]:
    seal = paper.seal
    return [
        *((name, shown(said)) for name, said in paper.asked.items()),
        ("Complaints", str(len(lines))),
        ("Made", f"{_instant(paper.made_at)} by {shown(paper.made_by)}"),
        ("Program", paper.program),
        (
            "Newest seal of the audit log",
            f"{seal.number} of {seal.sealed_at}, {seal.total} entries, {seal.hash}"
            if seal
            else "none",
        ),
        ("Signing key", paper.key or "none: this export is not signed"),
        ("Times", "UTC; 'received' is the publication of the post"),
    ]


def _seal(seal: Head | None) -> str:
    return f"seal {seal.number} {seal.hash[:16]}…" if seal else "no seal"


def _verify(paper: Paper) -> list[str]:
    return [
        "manifest.json, which comes with this file, holds its SHA-256 and figures"
        + (", signed with Ed25519." if paper.key else "; it is not signed."),
        "Keep both and run: bot audit verify-export FILE --key KEY.pem (offline).",
        "Compare the key's fingerprint with the one that the firm published.",
        "The seal above is one of the audit log: bot audit verify proves that log.",
    ]


def _row(line: Line) -> list[str]:
    owed = "\n".join(map(told, line.promises)) or "none"
    return [
        line.ticket,
        f"{line.brand}\n{line.channel}",
        f"{line.author}\n{line.complaint.replace('_', ' ')}\n{line.legal_class}",
        _instant(line.received_at),
        f"{_instant(line.first_seen_at)}\n{_instant(line.decided_at)}",
        _done(line.acknowledged),
        _done(line.answered),
        _instant(line.closed_at),
        owed,
    ]


def _done(done: Done | None) -> str:
    return "—" if done is None else f"{_instant(done.at)}\n{done.by}"


def _instant(at: datetime | None) -> str:
    return "—" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def shown(text: str) -> str:
    """Write letters that the fonts lack by their numbers: ``U+732B``."""
    return "".join(one if _is_in_fonts(one) else f"[U+{ord(one):04X}]" for one in text)


def _is_in_fonts(letter: str) -> bool:
    if letter == "\n" or " " <= letter <= "~" or letter in "—–…’‘“”·":
        return True
    return unicodedata.name(letter, "").startswith(SCRIPTS) and letter.isalpha()
