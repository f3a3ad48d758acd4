"""What makes a trigger meaningless or dangerous, though every type is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from bot.domain.clocks import WARNINGS
from bot.domain.decisions import Tier
from bot.domain.packs import Happening, HousePack, Trigger
from bot.rules.reachable import contradiction, implies
from bot.rules.sources import Key

OF_CLOCKS = {Happening.CLOCK_WARNING, Happening.BREACH}
FEWEST = 2
"""One item is not many."""

Found = tuple[Key, str]


def trigger_mistakes(pack: HousePack) -> Iterator[Found]:
    """Name triggers that can do nothing, name what is not there, or go in circles."""
    for index, trigger in enumerate(pack.triggers):
        at: Key = ("triggers", index)
        why = contradiction(trigger.when)
        if why:
            yield (*at, "when"), f"nothing can meet it: {why}"
        yield from _what_it_waits_for(at, trigger)
        yield from _what_it_does(at, trigger, pack)
        if trigger.at_most.times < 1 or trigger.at_most.within <= timedelta(0):
            words = "needs times of at least 1 within a positive span"
            yield (*at, "at_most"), words
    yield from _circles(pack)


def _what_it_waits_for(at: Key, trigger: Trigger) -> Iterator[Found]:
    many, happening = trigger.many, trigger.on
    if (many is None) is (happening is Happening.MANY):
        yield (*at, "many"), "belongs to on: many, which needs it"
    if many and (many.items < FEWEST or many.within <= timedelta(0)):
        words = f"needs items of at least {FEWEST} within a positive span"
        yield (*at, "many"), words
    is_warning = happening is Happening.CLOCK_WARNING
    if is_warning and trigger.share not in WARNINGS:
        words = f"must be one of {', '.join(map(str, WARNINGS))} at a clock_warning"
        yield (*at, "share"), words
    if trigger.share and not is_warning:
        yield (*at, "share"), "belongs to on: clock_warning"
    if trigger.clocks and happening not in OF_CLOCKS:
        yield (*at, "clocks"), "belongs to on: clock_warning or breach"


def _what_it_does(at: Key, trigger: Trigger, pack: HousePack) -> Iterator[Found]:
    then = trigger.then
    if not (then.change_ticket or then.notify):
        yield (*at, "then"), "does nothing"
    if trigger.on is Happening.MANY and then.change_ticket:
        yield (*at, "then"), "an incident only notifies: it is no ticket of its own"
    named = {
        "queues": trigger.queues,
        "then.notify": then.notify,
        "then.queue": (then.queue,) if then.queue else (),
    }
    for where, queues in named.items():
        for queue in queues:
            if queue not in pack.queues:
                words = f"the queue {queue} is not declared"
                yield (*at, *where.split(".")), words
    team = pack.queues.get(then.queue)
    if team is not None and then.tier is not None and team.tier < then.tier:
        words = f"the team of {then.queue} stands below tier {then.tier:d}"
        yield (*at, "then", "queue"), words


def _circles(pack: HousePack) -> Iterator[Found]:
    """Name triggers that move a ticket around for ever.

    Raising ends by itself, as nothing is lowered; only moving can go on. What is shown
    here holds for some ticket; whatever is not shown is cut while it runs.
    """
    triggers = pack.triggers
    moving = {
        index: one
        for index, one in enumerate(triggers)
        if one.on is Happening.TICKET_CHANGED
        and one.then.queue in pack.queues
        and not _held_up(triggers[:index])
    }
    after = {
        index: [number for number, other in moving.items() if _sets_off(one, other)]
        for index, one in moving.items()
    }
    for index in moving:
        circle = _way_back(index, after)
        if circle and index == min(circle) and _keeps_its_queues(circle, pack):
            names = " -> ".join(triggers[number].id for number in (*circle, index))
            words = f"moves a ticket in a circle: {names}"
            yield ("triggers", index, "then", "queue"), words


def _keeps_its_queues(circle: Sequence[int], pack: HousePack) -> bool:
    """Whether no tier that the circle sets leads out of one of its queues."""
    around = [pack.triggers[number].then for number in circle]
    highest = max(one.tier or Tier.SELF_SERVICE for one in around)
    return all(pack.queues[one.queue].tier >= highest for one in around)


def _sets_off(one: Trigger, other: Trigger) -> bool:
    """Whether what one does is always what the other waits for, and moves it on."""
    moves = other.then.queue != one.then.queue
    stands = not other.queues or one.then.queue in other.queues
    return moves and stands and implies(one.when, other.when)


def _held_up(earlier: Sequence[Trigger]) -> bool:
    """Whether a trigger before it may end the matter first."""
    return any(one.stops and one.on is Happening.TICKET_CHANGED for one in earlier)


def _way_back(start: int, after: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    """Find a way from a trigger back to itself; empty where there is none."""
    ways: list[tuple[int, ...]] = [(start,)]
    seen = {start}
    while ways:
        way = ways.pop()
        for number in after[way[-1]]:
            if number == start:
                return way
            if number not in seen:
                seen.add(number)
                ways.append((*way, number))
    return ()
