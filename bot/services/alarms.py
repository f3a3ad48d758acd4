"""What everybody at the console must see at once, whatever page is open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ports import Work
from bot.services import breaker
from bot.services.replies import KILL_SWITCH
from bot.services.stops import standing

MOST_TOLD = 100
"""Tickets; of more it is said that there are so many at least."""


class AlarmKind(StrEnum):
    """What is wrong.

    ``stopped``: somebody stopped replies; ``breaker``: too many went out unasked;
    ``source``: nobody listens there; ``red``: tickets in code red that nobody has.
    """

    STOPPED = "stopped"
    BREAKER = "breaker"
    SOURCE = "source"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that is wrong; ``of`` is its channel, brand or source, if it is one."""

    kind: AlarmKind
    of: str = ""
    why: str = ""
    count: int = 0

    @property
    def is_more(self) -> bool:
        """Whether there are so many at least."""
        return self.count >= MOST_TOLD


def alarms(
    work: Work, *, sources: Mapping[str, str], brands: Collection[str] = ()
) -> Sequence[Alarm]:
    """Return what is wrong now, for whoever may see these brands (all if none).

    ``sources`` says whose each of them is; one that is nobody's is told to those alone
    who see all brands.
    """
    red = work.inbox.free_and_red(brands, most=MOST_TOLD)
    theirs = [name for name, brand in sources.items() if not brands or brand in brands]
    return [
        *_stops(work, brands),
        *_sources(work, theirs),
        *([Alarm(kind=AlarmKind.RED, count=red)] if red else []),
    ]


def _stops(work: Work, brands: Collection[str]) -> Iterator[Alarm]:
    for name, why in sorted(standing(work).items()):
        if name == breaker.SWITCH:
            yield Alarm(kind=AlarmKind.BREAKER, why=why)
            continue
        of = name.removeprefix(KILL_SWITCH).removeprefix(".")
        what, _, part = of.partition(".")
        if what != "brand" or not brands or part in brands:
            yield Alarm(kind=AlarmKind.STOPPED, of=part, why=why)


def _sources(work: Work, sources: Collection[str]) -> Iterator[Alarm]:
    for name, why in sorted(work.inbox.sources_off().items()):
        if name in sources:
            yield Alarm(kind=AlarmKind.SOURCE, of=name, why=why)
