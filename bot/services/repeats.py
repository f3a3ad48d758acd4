"""A program's write is done once, however often it is sent.

A key is written down before the write begins. So a sender whose connection broke and
that sends it again is told what came of the first, or that it is still under way.
"""

from __future__ import annotations

from datetime import timedelta

from bot.clock import Clock
from bot.domain.ports import Store
from bot.domain.repeats import Answer, Key
from bot.errors import NotAllowed, Stale

__all__ = ["Answer", "Key", "begin", "forget", "keep"]


def begin(store: Store, clock: Clock, key: Key, *, kept: timedelta) -> Answer | None:
    """Write a key down and return ``None``, or the answer of the first that bore it.

    Raises ``NotAllowed`` if that was another write, and ``Stale`` while it is under
    way, or if the process died over it: then only the thing itself tells.
    """
    now = clock.now()
    with store.work() as work:
        work.repeats.drop(before=now - kept)
        known = work.repeats.add(key, now)
    if known is None:
        return None
    if known.fingerprint != key.fingerprint:
        message = f"the key {key.name!r} was used for another call; take a new one"
        raise NotAllowed(message)
    if known.answer is None:
        message = (
            f"the call with the key {key.name!r} is under way, or its process died; "
            "look whether it was done, then take a new key"
        )
        raise Stale(message)
    return known.answer


def keep(store: Store, key: Key, answer: Answer) -> None:
    """Remember what came of it."""
    with store.work() as work:
        work.repeats.keep(key, answer)


def forget(store: Store, key: Key) -> None:
    """Let the key be used again: the write was refused, and nothing was done."""
    with store.work() as work:
        work.repeats.forget(key)
