"""Every regulation pack on disk, found by id, by the day of receipt, or exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.domain.clocks import PackRef
from bot.domain.packs import PackStatus, RegulationPack
from bot.errors import PackError
from bot.rules.clocks import in_force
from bot.rules.load import load_regulation

NO_REGULATIONS = frozenset({"house", "platforms"})
"""The folders of the house's policy and of what platforms allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Packs by folder; the newest version in force governs a day."""

    packs: tuple[tuple[Path, RegulationPack], ...]

    def __iter__(self) -> Iterator[RegulationPack]:
        """Give every pack, by id and version."""
        return (pack for _, pack in self.packs)

    def versions(self, name: str) -> list[RegulationPack]:
        """Return all versions of a pack, the oldest first; none if it is not there."""
        found = [pack for pack in self if pack.ref.id == name]
        return sorted(found, key=lambda pack: pack.effective_from)

    def newest(self, name: str) -> RegulationPack:
        """Return a pack's newest version; raises ``PackError`` if there is none."""
        found = self.versions(name)
        if not found:
            raise PackError(f"there is no pack {name}; known are {self.names()}")
        return found[-1]

    def governing(self, name: str, day: date) -> RegulationPack:
        """Return the version in force on a day of receipt; raises ``PackError``."""
        newest = self.newest(name)
        for pack in reversed(self.versions(name)):
            if in_force(pack, day):
                return pack
        message = (
            f"no version of {name} was in force on {day}; "
            f"{newest.ref.version} is from {newest.effective_from}"
        )
        raise PackError(message)

    def exactly(self, ref: PackRef) -> RegulationPack | None:
        """Return the very text that a ticket was promised by, if it still lies here."""
        return next((pack for pack in self if pack.ref == ref), None)

    def beside(self, pack: RegulationPack, day: date) -> list[RegulationPack]:
        """Return the overlay that a pack's escalation body brings with it."""
        body = pack.escalation_body
        if body is None or not body.pack:
            return []
        return governing(self.versions(body.pack), day)

    def names(self) -> str:
        """Return the ids of all packs, for people."""
        return ", ".join(sorted({pack.ref.id for pack in self}))


def governing(versions: Iterable[RegulationPack], day: date) -> list[RegulationPack]:
    """Return the newest reviewed version of each pack that was in force on a day."""
    found: dict[str, RegulationPack] = {}
    for pack in sorted(versions, key=lambda one: one.effective_from):
        if in_force(pack, day) and pack.status is PackStatus.REVIEWED:
            found[pack.ref.id] = pack
    return list(found.values())


def load_library(root: Path) -> Library:
    """Read every regulation's ``<root>/<pack>/<version>/``; raises ``PackError``."""
    folders = sorted(
        one
        for one in root.glob("[!._]*/[!._]*")
        if one.is_dir() and one.parent.name not in NO_REGULATIONS
    )
    if not folders:
        message = f"{root}: there are no packs, each is a folder <pack>/<version> in it"
        raise PackError(message)
    library = Library(packs=tuple((one, load_regulation(one)) for one in folders))
    _check(library)
    return library


def _check(library: Library) -> None:
    """Refuse what only shows between packs: names of others, and days governed twice.

    Raises ``PackError``.
    """
    for folder, pack in library.packs:
        body = pack.escalation_body
        for name in filter(None, (pack.overlay_of, body.pack if body else "")):
            if not library.versions(name):
                message = f"{folder}: there is no pack {name}, which it names"
                raise PackError(message)
        others = library.versions(pack.ref.id)
        if sum(one.effective_from == pack.effective_from for one in others) > 1:
            message = f"{folder}: another version is effective from the same day"
            raise PackError(message)
        known = {
            name for one in library.versions(pack.overlay_of) for name in one.classes
        }
        named = {
            name
            for rule in pack.clocks.values()
            for name in (*rule.classes, *rule.by_class)
        }
        if pack.overlay_of and (odd := named - known - set(pack.classes)):
            message = (
                f"{folder}: {pack.overlay_of} has no class {', '.join(sorted(odd))}"
            )
            raise PackError(message)
