"""Packs as they were when tickets were promised by them, whatever became of files."""

from __future__ import annotations

from bot.domain.clocks import PackRef
from bot.domain.packs import RegulationPack
from bot.domain.ports import Store
from bot.errors import PackError
from bot.rules.load import load_kept


class KeptPacks:
    """Finds the very text that a ticket was promised by, and reads it once."""

    def __init__(self, store: Store) -> None:
        """Look in this store."""
        self._store = store
        self._read: dict[PackRef, RegulationPack] = {}

    def __call__(self, ref: PackRef) -> RegulationPack | None:
        """Return it; ``None`` if it was never kept as it was, or is read no more.

        The ticket then says that its clocks do not follow.
        """
        if ref not in self._read:
            with self._store.reading() as work:
                files = work.packs.files(ref)
            if not files:
                return None
            try:
                found = load_kept(ref, files)
            except PackError:
                return None
            if found.ref != ref:  # no seal covers the table: the hash must prove it
                return None
            self._read[ref] = found
        return self._read[ref]
