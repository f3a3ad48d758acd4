"""What a log consists of when it is read back, whatever it was kept in.

Records come in the log's own order: the entries of a seal in leaf order, then the
seal, then the next; at the end the entries that no seal covers yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.audit import LoggedEntry, Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry as it was found; ``leaf`` is its stored hash, empty if unsealed."""

    entry: LoggedEntry
    leaf: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Something that cannot be read as an entry or a seal at all."""

    where: str
    what: str


Record = Line | Seal | Damage
Log = Iterable[Record]
