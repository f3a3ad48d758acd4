"""How entries are closed: leaf hashes, a Merkle root, and a chain of seals.

The tree is RFC 6962's (section 2.1): leaves, inner nodes and seals are hashed behind
different first bytes, so that none can pass for another. What is hashed is the ASCII
JSON of a list, which no two different lists share.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.audit import AuditEntry, Head, LoggedEntry, Seal

GENESIS = "0" * 64
"""What the first seal is chained to."""

_LEAF, _NODE, _SEAL = b"\x00", b"\x01", b"\x02"


def written_instant(at: datetime) -> str:
    """Return how the log writes an instant: UTC, always six decimals."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def written_detail(entry: AuditEntry) -> str:
    """Return the detail as the log writes it: sorted keys, no spaces, ASCII.

    Raises ``TypeError`` for a value that has no plain form.
    """
    return json.dumps(
        dict(entry.detail), sort_keys=True, separators=(",", ":"), default=_plain
    )


def leaf_hash(entry: LoggedEntry) -> str:
    """Return the hash of an entry's exact strings, in hex."""
    return _leaf(entry).hex()


def merkle_root(leaves: Iterable[str]) -> str:
    """Return the root over leaf hashes (hex), in constant memory per level.

    Without leaves it is the hash of nothing, as in RFC 6962.
    """
    tree = Tree()
    for leaf in leaves:
        tree.add(bytes.fromhex(leaf))
    return tree.root()


class Tree:
    """A Merkle tree that grows leaf by leaf and keeps one hash per level."""

    def __init__(self) -> None:
        """Start without leaves."""
        self._peaks: list[bytes] = []
        self._count = 0

    def add(self, leaf: bytes) -> None:
        """Append a leaf's hash."""
        full = self._count
        while full & 1:
            leaf = hashlib.sha256(_NODE + self._peaks.pop() + leaf).digest()
            full >>= 1
        self._peaks.append(leaf)
        self._count += 1

    def root(self) -> str:
        """Return the root over what was added so far, in hex."""
        if not self._peaks:
            return hashlib.sha256().hexdigest()
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = hashlib.sha256(_NODE + peak + root).digest()
        return root.hex()


def audit_path(leaves: Sequence[str], position: int) -> list[str]:
    """Return what leads from one leaf to the root (RFC 6962, 2.1.1), nearest first."""
    if len(leaves) <= 1:
        return []
    middle = _middle(len(leaves))
    left, right = leaves[:middle], leaves[middle:]
    if position < middle:
        return [*audit_path(left, position), merkle_root(right)]
    return [*audit_path(right, position - middle), merkle_root(left)]


def root_by_path(leaf: str, position: int, size: int, path: Sequence[str]) -> str:
    """Return the root to which a path leads from a leaf; empty if it leads nowhere.

    ``size`` is how many leaves the tree has. Raises ``ValueError`` for what is no hash.
    """
    if not 0 <= position < size:
        return ""
    if size == 1:
        return "" if path else leaf
    if not path:
        return ""
    middle, sibling = _middle(size), bytes.fromhex(path[-1])
    is_left = position < middle
    below = root_by_path(
        leaf,
        position if is_left else position - middle,
        middle if is_left else size - middle,
        path[:-1],
    )
    if not below:
        return ""
    here = bytes.fromhex(below)
    pair = here + sibling if is_left else sibling + here
    return hashlib.sha256(_NODE + pair).hexdigest()


def _middle(size: int) -> int:
    """Return the largest power of two below a tree's size, where it parts."""
    return 1 << (size - 1).bit_length() - 1


def seal_hash(seal: Seal) -> str:
    """Return the hash that a seal must bear, whatever it bears."""
    covered = [
        seal.number,
        seal.sealed_at,
        list(seal.entry_ids),
        seal.root,
        seal.previous,
        seal.total,
    ]
    return hashlib.sha256(_SEAL + _canonical(covered)).hexdigest()


def make_seal(
    previous: Seal | None, entries: Sequence[LoggedEntry], at: datetime
) -> Seal:
    """Close a batch; ``ValueError`` if there is nothing to close."""
    if not entries:
        message = "a seal needs at least one entry"
        raise ValueError(message)
    unproven = Seal(
        number=1 if previous is None else previous.number + 1,
        sealed_at=written_instant(at),
        entry_ids=tuple(entry.id for entry in entries),
        root=merkle_root(leaf_hash(entry) for entry in entries),
        previous=GENESIS if previous is None else previous.hash,
        hash="",
        total=len(entries) + (0 if previous is None else previous.total),
    )
    return Seal(
        number=unproven.number,
        sealed_at=unproven.sealed_at,
        entry_ids=unproven.entry_ids,
        root=unproven.root,
        previous=unproven.previous,
        hash=seal_hash(unproven),
        total=unproven.total,
    )


def head(seal: Seal) -> Head:
    """Return what must leave the machine, so that a missing tail can be proven."""
    return Head(
        number=seal.number,
        hash=seal.hash,
        total=seal.total,
        sealed_at=seal.sealed_at,
    )


def _leaf(entry: LoggedEntry) -> bytes:
    covered = [
        entry.id,
        entry.at,
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail,
    ]
    return hashlib.sha256(_LEAF + _canonical(covered)).digest()


def _canonical(covered: list[object]) -> bytes:
    return json.dumps(covered, separators=(",", ":")).encode("ascii")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return written_instant(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    message = f"the log cannot keep a {type(value).__name__}"
    raise TypeError(message)
