"""Seal: close what the log has gathered, chained to what was closed before."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from bot.audit.export import written_head
from bot.audit.seal import head, make_seal
from bot.clock import Clock
from bot.domain.audit import Head
from bot.domain.ports import Store
from bot.errors import StorageError

SEEK_EVERY = timedelta(hours=1)
"""How often entries are looked for that became visible long after their neighbours."""


def seal_pending(
    store: Store, clock: Clock, *, limit: int = 1000, everything: bool = False
) -> int:
    """Seal one batch of the oldest unsealed entries; return how many it sealed.

    ``everything`` looks for old ones that were overlooked, which reads the whole log.
    """
    with store.reading() as work:
        if not work.audit.unsealed(1, everything=everything):
            return 0
    with store.work() as work:
        entries = work.audit.unsealed(limit, everything=everything)
        if not entries:
            # Another sealer came first.
            return 0
        seal = make_seal(work.audit.last_seal(), entries, clock.now())
        return len(entries) if work.audit.seal(seal) else 0


def current_head(store: Store) -> Head | None:
    """Return what must leave the machine so that a cut tail is noticed."""
    with store.reading() as work:
        last = work.audit.last_seal()
    return head(last) if last else None


def write_head(store: Store, folder: Path) -> Path | None:
    """Write the newest head into a folder that is copied elsewhere, one file a day.

    The file is whole whenever it is copied, and left alone while the head is the same.
    Raises ``StorageError`` if it cannot be written.
    """
    newest = current_head(store)
    if newest is None:
        return None
    path = folder / f"head-{newest.sealed_at[:10]}.json"
    line = (written_head(newest) + "\n").encode("ascii")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != line:
            _replace(path, line)
    except OSError as error:
        message = (
            f"the log's head cannot be written to {folder} ({error.strerror}); "
            "check audit.head_dir"
        )
        raise StorageError(message) from error
    return path


def _replace(path: Path, line: bytes) -> None:
    """Write beside the file, under a name of our own: two processes may meet here."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(line)
    half.replace(path)
