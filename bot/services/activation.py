"""Two people for one policy: one proposes a version, another puts it in force."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.clock import Clock
from bot.domain.activation import (
    PackChange,
    PackChangeId,
    PackChangeState,
    PackKind,
)
from bot.domain.audit import AuditEntry
from bot.domain.clocks import PackRef
from bot.domain.ports import Store
from bot.errors import NotAllowed, PackError, Stale
from bot.rules.chosen import (
    choose,
    files_of,
    in_force,
    is_name,
    put_beside,
    unpacked,
)

HEAD = "pack.yaml"
_VERSION = re.compile(r"^(\s+version:\s*).*$", re.MULTILINE)

MOST_FILES, MOST_CHARACTERS = 200, 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One kind of pack: the settings' folder, and what reads a folder and refuses it.

    ``check`` raises ``PackError``.
    """

    kind: PackKind
    folder: Path
    check: Callable[[Path], PackRef]

    @property
    def in_force(self) -> Path:
        """The folder in force."""
        return in_force(self.folder)

    def ref(self, version: str, files: Mapping[str, str]) -> PackRef:
        """Read files as if they lay in a folder; raises ``PackError``."""
        try:
            with unpacked(files, self.folder.parent.name, version) as folder:
                return self.check(folder)
        except PackError as error:
            # Where it was laid out for the check says nothing to anybody.
            told = re.sub(r"\S*/(?=[^/\s:]+\.yaml)", "", error.shown)
            raise PackError(told) from error


def propose(  # noqa: PLR0913 - what is proposed, in whose name, by keyword
    store: Store,
    clock: Clock,
    kept: Kept,
    files: Mapping[str, str],
    *,
    version: str,
    by: str,
    note: str,
) -> PackChange:
    """Keep a version that another person may put in force.

    Raises ``PackError`` for files with mistakes, ``NotAllowed`` for what changes
    nothing.
    """
    if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_CHARACTERS:
        message = f"a pack has {MOST_CHARACTERS:,} characters at most; nothing was kept"
        raise NotAllowed(message)
    base = kept.check(kept.in_force)
    if kept.kind is PackKind.HOUSE:
        files = with_version(files, version)
    else:
        version = "proposed"
    ref = kept.ref(version, files)
    if ref.sha256 == base.sha256:
        raise NotAllowed("this is what is in force already; nothing was proposed")
    now = clock.now()
    with store.work() as work:
        change = work.pack_changes.add(
            PackChange(
                kind=kept.kind,
                version=ref.version,
                sha256=ref.sha256,
                base_version=base.version,
                base_sha256=base.sha256,
                files=dict(files),
                note=note,
                proposed_by=by,
                proposed_at=now,
            )
        )
        work.audit.append([_entry("pack.proposed", change, by, now)])
    return change


def with_version(files: Mapping[str, str], version: str) -> dict[str, str]:
    """Return the files of a house pack under another version."""
    if not is_name(version):
        message = "a version is a name of letters, digits, dots and dashes, such as 2"
        raise NotAllowed(message)
    head = files.get(HEAD, "")
    named, count = _VERSION.subn(rf'\g<1>"{version}"', head, count=1)
    if not count:
        raise NotAllowed(f"{HEAD} has no line with the version; write one")
    return {**files, HEAD: named}


def activate(
    store: Store, clock: Clock, kept: Kept, change_id: PackChangeId, *, by: str
) -> PackChange:
    """Put a proposed version in force; processes that run take it up in seconds.

    Raises ``NotAllowed`` for whoever proposed it and for what is settled, ``Stale``
    where another version came in force meanwhile, ``PackError`` for mistakes that only
    show with what is in force now.
    """
    now = clock.now()
    with store.work() as work:
        change = _open(work.pack_changes.get(change_id))
        if is_same(by, change.proposed_by):
            message = (
                f"{change.proposed_by} proposed change {change.id}; another person "
                "must read it and activate it"
            )
            raise NotAllowed(message, reasons=["two_people"])
        if kept.check(kept.in_force).sha256 != change.base_sha256:
            message = (
                f"change {change.id} was made against {change.kind} "
                f"{change.base_version}, which is not in force any more; compare it "
                "with what is, and propose it anew"
            )
            raise Stale(message)
        if kept.ref(change.version, change.files).sha256 != change.sha256:
            raise Stale(f"change {change.id} is not what was proposed; propose it anew")
        settled = replace(
            change, state=PackChangeState.ACTIVATED, settled_by=by, settled_at=now
        )
        if not work.pack_changes.settle(settled):
            raise Stale(f"change {change.id} was settled meanwhile; look at it again")
        work.audit.append([_entry("pack.activated", settled, by, now)])
        name = folder_of(kept, change)
        put_beside(kept.folder, name, change.files)
        choose(kept.folder, name)
    return settled


def turn_down(
    store: Store, clock: Clock, change_id: PackChangeId, *, by: str
) -> PackChange:
    """Say that a proposed version will not come in force; anybody may, once."""
    now = clock.now()
    with store.work() as work:
        change = _open(work.pack_changes.get(change_id))
        settled = replace(
            change, state=PackChangeState.TURNED_DOWN, settled_by=by, settled_at=now
        )
        if not work.pack_changes.settle(settled):
            raise Stale(f"change {change.id} was settled meanwhile; look at it again")
        work.audit.append([_entry("pack.turned_down", settled, by, now)])
    return settled


def folder_of(kept: Kept, change: PackChange) -> str:
    """Return how the folder of a version is called, beside the settings' one."""
    if kept.kind is PackKind.HOUSE:
        return change.version
    return f"{kept.folder.name}-{change.version}"


def beside(kept: Kept) -> list[Path]:
    """Return further folders of this kind that somebody put beside the one in force."""
    shown = kept.in_force.resolve()
    pattern = "*" if kept.kind is PackKind.HOUSE else f"{kept.folder.name}*"
    return [
        one
        for one in sorted(kept.folder.parent.glob(pattern))
        if one.is_dir() and is_name(one.name) and one.resolve() != shown
    ]


def read_beside(kept: Kept, name: str) -> dict[str, str]:
    """Return the files of such a folder; raises ``NotAllowed`` for any other."""
    for one in beside(kept):
        if one.name == name:
            return files_of(one)
    raise NotAllowed(f"there is no folder {name[:40]!r} beside the one in force")


def is_same(one: str, other: str) -> bool:
    """Whether two names are one person's."""
    return one.strip().casefold() == other.strip().casefold()


def _open(change: PackChange) -> PackChange:
    if change.state is not PackChangeState.PROPOSED:
        said = change.state.replace("_", " ")
        message = f"change {change.id} was {said} by {change.settled_by} already"
        raise NotAllowed(message)
    return change


def _entry(action: str, change: PackChange, by: str, at: datetime) -> AuditEntry:
    return AuditEntry(
        action=action,
        subject=f"pack_change:{change.id}",
        at=at,
        actor=by,
        detail={
            "kind": change.kind.value,
            "version": change.version,
            "sha256": change.sha256,
            "was": change.base_version,
            "was_sha256": change.base_sha256,
            "proposed_by": change.proposed_by,
            "note": change.note,
        },
    )
