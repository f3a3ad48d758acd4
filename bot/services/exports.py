"""Export: hand a file out with what proves it, and put on record that it was done."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot import __version__
from bot.audit.manifest import (
    Exported,
    fingerprint,
    new_key,
    public_half,
    write_manifest,
)
from bot.audit.seal import written_instant
from bot.clock import Clock
from bot.domain.audit import AuditEntry, Head
from bot.domain.ports import Store
from bot.errors import SettingsError
from bot.services.seal import current_head, seal_pending

MANIFEST = "manifest.json"
WORDS = "words"
"""What was looked for in texts; it may be what an author wrote."""

PROGRAM = f"answerable {__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The house's own key, and what people compare it by."""

    private: bytes

    @property
    def public(self) -> str:
        """The half that everybody may have, as PEM."""
        return public_half(self.private)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public half."""
        return fingerprint(self.public)


def signer(store: Store, clock: Clock, path: Path) -> Signer:
    """Return the key that a file holds; make one where there is no file.

    That a key was made stands in the log, so that its seals vouch for the key. Raises
    ``SettingsError`` for a file that holds something else or cannot be written.
    """
    try:
        made = None if path.exists() else _make(path)
        found = Signer(private=path.read_bytes() if made is None else made)
        known = found.fingerprint
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        message = f"{path} holds no key to sign with ({why}); see audit.key_file"
        raise SettingsError(message) from error
    if made is not None:
        entry = AuditEntry(
            action="export.key_made",
            subject="export:key",
            at=clock.now(),
            detail={"public_key": found.public, "fingerprint": known},
        )
        with store.work() as work:
            work.audit.append([entry])
    return found


def _make(path: Path) -> bytes | None:
    """Write a new key, for nobody else to read; ``None`` if another was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key, half = new_key(), path.with_name(f".{path.name}.{os.getpid()}")
    half.touch(mode=0o600)
    half.write_bytes(key)
    try:
        # Whole or not at all, and never in place of one that is there.
        path.hardlink_to(half)
    except FileExistsError:
        return None
    finally:
        half.unlink()
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be exported: the file's name, the filter in words, and for whom."""

    file: str
    asked: Mapping[str, object]
    by: str

    @property
    def subject(self) -> str:
        """What the log's entries about it are about."""
        return f"export:{self.file}"


def seal_for(store: Store, clock: Clock) -> Head | None:
    """Seal what the log holds by now, and return its newest head."""
    while seal_pending(store, clock):
        pass
    return current_head(store)


def began(store: Store, clock: Clock, order: Order) -> None:
    """Put on record that somebody asked for a file, whole or not when they get it.

    The log holds no words of an author, so it has the hash of those looked for.
    """
    asked = dict(order.asked)
    if WORDS in asked:
        said = str(asked.pop(WORDS)).encode()
        asked["words_sha256"] = hashlib.sha256(said).hexdigest()
    _log(store, clock, order, "export.began", {"filter": asked})


def exported(  # noqa: PLR0913 - one file and what proves it, by keyword
    store: Store,
    clock: Clock,
    order: Order,
    parts: Iterable[bytes],
    *,
    seal: Head | None,
    key: Signer | None,
    counted: Callable[[], tuple[int, Mapping[str, int]]],
) -> Iterator[bytes]:
    """Give a ZIP, part by part, that ends with the manifest of the file in it.

    ``counted`` tells rows and figures once all was read. Two entries of the log say
    that it was begun and that it was whole.
    """
    began(store, clock, order)
    digest, size, sink = hashlib.sha256(), 0, _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packing:
        with packing.open(
            _named(order.file, clock.now()), "w", force_zip64=True
        ) as file:
            for part in parts:
                file.write(part)
                digest.update(part)
                size += len(part)
                yield sink.taken()
        rows, figures = counted()
        manifest = write_manifest(
            Exported(
                file=order.file,
                sha256=digest.hexdigest(),
                size=size,
                rows=rows,
                asked=order.asked,
                figures=figures,
                made_at=written_instant(clock.now()),
                made_by=order.by,
                program=PROGRAM,
                seal=seal,
            ),
            key.private if key else None,
        )
        packing.writestr(_named(MANIFEST, clock.now()), manifest)
        finished = {
            "rows": rows,
            "sha256": digest.hexdigest(),
            "signed_by": key.fingerprint if key else "",
        }
        _log(store, clock, order, "export.finished", finished)
    yield sink.taken()


def packed(files: Mapping[str, bytes], at: datetime) -> bytes:
    """Return a ZIP of some files, all of one instant."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as packing:
        for name, content in files.items():
            packing.writestr(_named(name, at), content)
    return whole.getvalue()


def _named(name: str, at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _log(
    store: Store,
    clock: Clock,
    order: Order,
    action: str,
    detail: Mapping[str, object],
) -> None:
    entry = AuditEntry(
        action=action,
        subject=order.subject,
        at=clock.now(),
        actor=order.by,
        detail=detail,
    )
    with store.work() as work:
        work.audit.append([entry])


class _Sink(io.RawIOBase):
    """Takes what is packed and gives it on; it cannot be wound back."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: object) -> int:
        held = bytes(part)  # type: ignore[call-overload]
        self._parts.append(held)
        return len(held)

    def taken(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole
