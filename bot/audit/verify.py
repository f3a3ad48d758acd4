"""The proof: recompute every seal from the entries and compare.

It reads the log once and keeps no more than one batch's numbers in memory. Nothing in
a log, however damaged, makes it raise.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.audit.records import Damage, Line, Log
from bot.audit.seal import GENESIS, Tree, head, leaf_hash, seal_hash
from bot.domain.audit import Head, Seal

MAX_FINDINGS = 20
"""A ruined log is ruined; more lines than this help nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it was sealed, and where as far as that is known."""

    what: str
    seal: int | None = None
    entry: int | None = None

    def __str__(self) -> str:
        """Say it in one line."""
        place = "after the last seal" if self.seal is None else f"seal {self.seal}"
        return f"{place}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a proof came to. ``unsealed`` entries are counted but not proven.

    ``findings`` are in the log's order, the first twenty of them; ``head`` is the
    newest seal that was read.
    """

    entries: int
    seals: int
    unsealed: int
    findings: tuple[Finding, ...]
    head: Head | None

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it was sealed."""
        return not self.findings

    @property
    def first_broken(self) -> Finding | None:
        """Return the first thing that is not as it was sealed."""
        return self.findings[0] if self.findings else None


def verify(log: Log, head: Head | None = None) -> Report:
    """Prove a log, against the last head that left the machine if there is one.

    Without a head a log that lost its newest seals proves whole: nothing that is left
    points at them.
    """
    proof = _Proof(head)
    for record in log:
        if isinstance(record, Line):
            proof.take(record)
        elif isinstance(record, Seal):
            proof.close(record)
        else:
            proof.note(record)
    return proof.finish()


class _Proof:
    """The proof so far."""

    def __init__(self, left: Head | None) -> None:
        self._left = left
        self._findings: list[Finding] = []
        self._entries = self._seals = 0
        self._last: Seal | None = None
        self._start_batch()

    def _start_batch(self) -> None:
        self._tree = Tree()
        self._ids: list[int] = []
        self._pending: list[Finding] = []

    def take(self, line: Line) -> None:
        """Add an entry to the batch that the next seal must cover."""
        entry, leaf = line.entry, leaf_hash(line.entry)
        if line.leaf and line.leaf != leaf:
            self._suspect(f"entry {entry.id} is not what was sealed", entry.id)
        self._tree.add(bytes.fromhex(leaf))
        self._ids.append(entry.id)
        self._entries += 1

    def note(self, damage: Damage) -> None:
        """Remember what could not be read for the seal that covers it."""
        self._suspect(f"{damage.where}: {damage.what}", None)

    def close(self, seal: Seal) -> None:
        """Compare a seal with its batch and with the seal before it."""
        expected = 1 if self._last is None else self._last.number + 1
        if seal.number > expected:
            self._find(f"seal {expected} is missing", seal=expected)
        elif seal.number < expected:
            self._suspect(f"seal {seal.number} stands where {expected} belongs", None)
        for finding in self._pending:
            self._find(finding.what, seal=seal.number, entry=finding.entry)
        for wrong in self._compare(seal):
            self._find(wrong, seal=seal.number)
        self._seals += 1
        self._last = seal
        self._start_batch()

    def _compare(self, seal: Seal) -> list[str]:
        last = self._last
        checks = {
            "its entries are not the ones that it lists": (
                tuple(self._ids) == seal.entry_ids
            ),
            "its entries do not make its root": self._tree.root() == seal.root,
            "it is not chained to the seal before it": (
                seal.previous == (GENESIS if last is None else last.hash)
            ),
            "its total does not follow from the seal before it": (
                seal.total == len(self._ids) + (0 if last is None else last.total)
            ),
            "its hash is not the hash of what it says": seal.hash == seal_hash(seal),
            "it is not the seal that left the machine": self._is_left(seal),
        }
        return [wrong for wrong, holds in checks.items() if not holds]

    def _is_left(self, seal: Seal) -> bool:
        """Whether the head that left says the same of this seal, if it names it."""
        left = self._left
        return left is None or left.number != seal.number or left == head(seal)

    def finish(self) -> Report:
        """Look at what no seal covers, and whether the newest seals are gone."""
        for finding in self._pending:
            self._find(finding.what, entry=finding.entry)
        reached = 0 if self._last is None else self._last.number
        if self._left is not None and self._left.number > reached:
            self._find(
                f"the log ends at seal {reached}, but seal {self._left.number} "
                f"(sealed {self._left.sealed_at}) had left the machine",
                seal=reached + 1,
            )
        return Report(
            entries=self._entries,
            seals=self._seals,
            unsealed=len(self._ids),
            findings=tuple(self._findings),
            head=None if self._last is None else head(self._last),
        )

    def _suspect(self, what: str, entry: int | None) -> None:
        if len(self._pending) < MAX_FINDINGS:
            self._pending.append(Finding(what=what, entry=entry))

    def _find(
        self, what: str, *, seal: int | None = None, entry: int | None = None
    ) -> None:
        if len(self._findings) < MAX_FINDINGS:
            self._findings.append(Finding(what=what, seal=seal, entry=entry))
