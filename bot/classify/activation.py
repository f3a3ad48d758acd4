"""Put a model in force that is not worse: by turning a link, and back the same way."""

from __future__ import annotations

import os
from pathlib import Path

from bot.classify import manifest
from bot.classify.finetune import FACT
from bot.errors import NotAllowed, Stale


def may_activate(folder: Path, in_force: str) -> manifest.Manifest:
    """Return the manifest of a model that may replace the one in force (its id).

    ``NotAllowed`` with the reasons where it is worse or was never measured, ``Stale``
    where it was measured against another one than is in force by now.
    """
    facts = manifest.read(folder)
    learnt = facts.facts.get(FACT)
    if learnt is None:
        message = f"{folder} was never measured against the version in force"
        raise NotAllowed(f"{message}; set model.path yourself if you want it")
    if worse := tuple(map(str, learnt["worse"])):
        message = f"{facts.model_id} is not put in force: {'; '.join(worse)}"
        raise NotAllowed(message, reasons=worse)
    if learnt["from"] != in_force:
        message = f"{facts.model_id} was measured against {learnt['from']}, {in_force}"
        raise Stale(f"{message} is in force by now; train it from that one")
    return facts


def check_link(path: Path) -> None:
    """Refuse a ``model.path`` that cannot be turned to another folder."""
    if not path.is_symlink():
        message = (
            f"model.path is {path}, which is no link: make one beside it "
            f"(ln -s {path.name} {path.parent / 'in-force'}), name that in model.path, "
            "and activating turns the link"
        )
        raise NotAllowed(message)


def turn(link: Path, folder: Path) -> None:
    """Let a link lead to another folder, in one step; nothing is removed."""
    target = os.path.relpath(folder.resolve(), link.parent.resolve())
    beside = link.with_name(f"{link.name}.new")
    try:
        beside.unlink(missing_ok=True)
        beside.symlink_to(target, target_is_directory=True)
        beside.replace(link)
    except OSError as error:
        message = f"{link} cannot be turned to {folder}: {error.strerror}"
        raise NotAllowed(message) from error
