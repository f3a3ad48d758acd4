"""What makes a trigger meaningless or dangerous, though every type is right."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta

from bot.domain.chains import Who
from bot.domain.clocks import WARNINGS
from bot.domain.decisions import Tier
from bot.domain.packs import Assignment, Happening, HousePack, Trigger
from bot.domain.people import Roster
from bot.rules.reachable import contradiction, implies
from bot.rules.sources import Key

OF_CLOCKS = {Happening.CLOCK_WARNING, Happening.BREACH}
NAMED = {Who.TEAM, Who.PERSON}
ASSIGNED = (Who.PERSON, Who.TEAM, Who.SHIFT)
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
    if not (then.change_ticket or then.tell_somebody or then.incident):
        yield (*at, "then"), "does nothing"
    if any(not word.strip() for word in then.marks):
        yield (*at, "then", "marks"), "holds an empty word"
    if trigger.on is Happening.MANY and then.change_ticket:
        yield (*at, "then"), "an incident only notifies: it is no ticket of its own"
    if then.add_reach and trigger.on is not Happening.MENTION_TAGGED:
        yield (*at, "then", "add_reach"), "belongs to on: mention_tagged"
    yield from _incident_mistakes(at, trigger)
    yield from _assign_mistakes((*at, "then", "assign"), then.assign)
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


def _incident_mistakes(at: Key, trigger: Trigger) -> Iterator[Found]:
    incident = trigger.then.incident
    if incident is None:
        return
    here: Key = (*at, "then", "incident")
    if trigger.on is Happening.MANY:
        yield here, "on: many opens one by itself"
    if incident.lasts <= timedelta(0):
        yield (*here, "lasts"), "needs a positive span"
    if not trigger.then.tell_somebody:
        yield here, "tells nobody: say notify or webhooks"


def _assign_mistakes(at: Key, assign: Assignment | None) -> Iterator[Found]:
    if assign is None:
        return
    if assign.who not in ASSIGNED:
        known = ", ".join(ASSIGNED)
        yield (*at, "who"), f"a ticket is assigned to one of {known}"
    if (assign.who in NAMED) != bool(assign.name):
        words = "a team or person is called by its name, and nobody else has one"
        yield (*at, "name"), words


def missing_means(
    pack: HousePack, *, webhooks: Collection[str], has_people: bool
) -> Iterator[Found]:
    """Name ways and people that triggers need and the settings do not have."""
    for index, trigger in enumerate(pack.triggers):
        at: Key = ("triggers", index, "then")
        for number, way in enumerate(trigger.then.webhooks):
            if way not in webhooks:
                words = f"notify.ways of the settings has no webhook {way}"
                yield (*at, "webhooks", number), words
        assign = trigger.then.assign
        if assign and assign.who is not Who.PERSON and not has_people:
            words = "whose turn it is nobody knows without a file of people"
            yield (*at, "assign", "who"), words


def missing_people(pack: HousePack, roster: Roster) -> Iterator[tuple[str, str]]:
    """Name whom triggers assign to and the roster lacks, by its part."""
    known = {Who.TEAM: roster.teams.keys(), Who.PERSON: roster.people.keys()}
    for trigger in pack.triggers:
        assign = trigger.then.assign
        if assign and assign.who in NAMED and assign.name not in known[assign.who]:
            words = (
                f"the {assign.who} {assign.name} is missing, to whom the trigger "
                f"{trigger.id} assigns"
            )
            yield "teams" if assign.who is Who.TEAM else "people", words


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
