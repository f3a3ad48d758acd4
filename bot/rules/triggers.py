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

LONGEST = 5
"""Triggers of a circle that is looked for; a longer one is cut while it runs."""

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
    if not (then.change_ticket or then.notify or then.marks):
        yield (*at, "then"), "does nothing"
    if any(not word.strip() for word in then.marks):
        yield (*at, "then", "marks"), "holds an empty word"
    if trigger.on is Happening.MANY and (then.change_ticket or then.marks):
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
    moving = {
        index: one
        for index, one in enumerate(pack.triggers)
        if one.on is Happening.TICKET_CHANGED
        and one.then.queue in pack.queues
        and not _held_up(pack.triggers[:index])
    }
    for index in moving:
        circle = _circle((index,), moving, pack)
        if circle:
            names = " -> ".join(pack.triggers[one].id for one in (*circle, index))
            words = f"moves a ticket in a circle: {names}"
            yield ("triggers", index, "then", "queue"), words


def _held_up(earlier: Sequence[Trigger]) -> bool:
    """Whether a trigger before it may end the matter first."""
    return any(one.stops and one.on is Happening.TICKET_CHANGED for one in earlier)


def _circle(
    way: tuple[int, ...], moving: Mapping[int, Trigger], pack: HousePack
) -> tuple[int, ...]:
    """Find a way back to the first one through later ones; empty for none."""
    for number, one in moving.items():
        if not _sets_off(moving[way[-1]], one):
            continue
        if number == way[0] and _goes_on([moving[each] for each in way], pack):
            return way
        if number > way[0] and number not in way and len(way) < LONGEST:
            circle = _circle((*way, number), moving, pack)
            if circle:
                return circle
    return ()


def _sets_off(one: Trigger, other: Trigger) -> bool:
    """Whether one brings a ticket to where the other moves it on."""
    moves = other.then.queue != one.then.queue
    return moves and (not other.queues or one.then.queue in other.queues)


def _goes_on(circle: Sequence[Trigger], pack: HousePack) -> bool:
    """Whether what meets one of the conditions meets all, and no tier leads out."""
    highest = max(one.then.tier or Tier.SELF_SERVICE for one in circle)
    return all(pack.queues[one.then.queue].tier >= highest for one in circle) and any(
        all(implies(one.when, other.when) for other in circle) for one in circle
    )
