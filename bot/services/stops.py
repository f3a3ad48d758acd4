"""What keeps replies from leaving, and of what a stop may be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypedDict

from bot.domain.ports import Work
from bot.errors import Missing, NotAllowed
from bot.services import breaker
from bot.services.replies import KILL_SWITCH


class Part(TypedDict, total=False):
    """What is stopped where it is not everything."""

    channel: str
    brand: str


def standing(work: Work) -> Mapping[str, str]:
    """Return what is stopped, by hand or by the breaker, each with its reason."""
    tripped = work.switches.under(breaker.SWITCH).get(breaker.SWITCH)
    by_hand = work.switches.under(KILL_SWITCH)
    return {**by_hand, **({breaker.SWITCH: tripped} if tripped else {})}


def part_to_stop(
    channels: Collection[str], brands: Collection[str], *, channel: str, brand: str
) -> Part:
    """Return the part that is meant; a name nobody knows would stop nothing.

    Raises ``NotAllowed`` for two at once, ``Missing`` for a name that is none.
    """
    if channel and brand:
        raise NotAllowed("stop a channel or a brand, one at a time")
    for what, name, known in (
        ("channel", channel, channels),
        ("brand", brand, brands),
    ):
        if name and name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise Missing(f"there is no {what} {name!r}; there are: {there}")
    if channel:
        return Part(channel=channel)
    return Part(brand=brand) if brand else Part()
