"""When the program worked, and under which settings: what no other entry shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.clocks import PackRef
from bot.domain.packs import HousePack, RegulationPack
from bot.domain.ports import Notice, Store

IN_FORCE = "settings.in_force"
"""The switch that remembers, by its hash, what was last written into the log."""

REFUSED = "policy.refused"
"""The switch that remembers, by its hash, the mistake that was told last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What decides how the program works: names, versions and hashes, no secrets.

    ``modes`` are by channel, ``sources`` name the connector of each, ``packs`` are the
    house's, the regulation's and the templates'; ``regulations`` are all that may
    govern a ticket, ``house`` is the policy by which it is decided.
    """

    version: str
    modes: Mapping[str, str]
    sources: Mapping[str, str]
    packs: Mapping[str, PackRef]
    place: str
    zone: str
    languages: tuple[str, ...]
    regulations: tuple[RegulationPack, ...] = ()
    house: HousePack | None = None


def apply_settings(store: Store, clock: Clock, facts: InForce) -> bool:
    """Log what the program works under, unless it is what it worked under last.

    Packs are kept word for word: what they promise and decide outlives their files.
    Return whether it was news.
    """
    entry = AuditEntry(
        action="settings.applied",
        subject="bot:settings",
        at=clock.now(),
        detail=_detail(facts),
    )
    written = json.dumps(entry.detail, sort_keys=True)
    digest = hashlib.sha256(written.encode()).hexdigest()
    with store.work() as work:
        for one in facts.regulations:
            work.packs.keep(one, entry.at)
        if facts.house is not None:
            work.packs.keep(facts.house, entry.at)
        if work.switches.get(IN_FORCE) == digest:
            return False
        work.switches.set(IN_FORCE, digest, by="bot", at=entry.at)
        work.audit.append([entry])
    return True


def accept_policy(store: Store, clock: Clock, facts: InForce) -> bool:
    """Log that changed files are in force; return whether they say anything new."""
    with store.work() as work:
        if work.switches.get(REFUSED):
            work.switches.set(REFUSED, "", by="bot", at=clock.now())
    return apply_settings(store, clock, facts)


def refuse_policy(store: Store, clock: Clock, error: str) -> bool:
    """Log and tell the operator that changed files are refused, once for each error.

    Return whether it was news.
    """
    now, digest = clock.now(), hashlib.sha256(error.encode()).hexdigest()
    with store.work() as work:
        if work.switches.get(REFUSED) == digest:
            return False
        work.switches.set(REFUSED, digest, by="bot", at=now)
        work.audit.append(
            [
                AuditEntry(
                    action="policy.refused",
                    subject="bot:policy",
                    at=now,
                    detail={"error": error},
                )
            ]
        )
        work.notices.add(_refusal(error, digest, now), now)
    return True


def _refusal(error: str, digest: str, at: datetime) -> Notice:
    return Notice(
        key=f"policy:{digest[:12]}:{at.isoformat()}",
        to="operator",
        subject="A changed pack is refused; what was in force stays so",
        body=(
            f"{error}\nMend the file: it is read again as soon as it changes. Until "
            "then nothing of the change holds, and a process that starts anew refuses "
            "to start."
        ),
        is_important=True,
    )


def _detail(facts: InForce) -> dict[str, object]:
    return {
        "version": facts.version,
        "modes": dict(facts.modes),
        "sources": dict(facts.sources),
        "packs": {
            name: f"{pack.id} {pack.version}" for name, pack in facts.packs.items()
        },
        "packs_sha256": {name: pack.sha256 for name, pack in facts.packs.items()},
        "place": facts.place,
        "zone": facts.zone,
        "languages": list(facts.languages),
    }


def activate_model(  # noqa: PLR0913 - what is put in force and why, by keyword
    store: Store,
    clock: Clock,
    switch: Callable[[], None],
    *,
    model: str,
    was: str,
    corrections: int,
    corrections_sha256: str,
    by: str,
) -> None:
    """Put another model in force by ``switch``, and log it; both or neither."""
    entry = AuditEntry(
        action="model.activated",
        subject=f"model:{model}",
        at=clock.now(),
        actor=by,
        detail={
            "model": model,
            "was": was,
            "corrections": corrections,
            "corrections_sha256": corrections_sha256,
        },
    )
    with store.work() as work:
        work.audit.append([entry])
        switch()


@contextmanager
def on_record(store: Store, clock: Clock, role: str) -> Iterator[None]:
    """Log that a process begins to work, and that it ended in good order.

    ``role`` is its command with its queues. One that was killed, or that ended by an
    error, leaves no such last entry behind.
    """
    _log(store, clock, "bot.started", role)
    yield
    _log(store, clock, "bot.stopped", role)


def _log(store: Store, clock: Clock, action: str, role: str) -> None:
    entry = AuditEntry(action=action, subject=f"bot:{role}", at=clock.now())
    with store.work() as work:
        work.audit.append([entry])
