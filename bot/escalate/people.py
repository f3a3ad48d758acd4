"""Who is at work at an instant, who of them fits a ticket, and whose turn it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from heapq import merge
from zoneinfo import ZoneInfo

from bot.domain.hours import A_DAY as DAY
from bot.domain.hours import Shift, instant, spans
from bot.domain.people import Need, Person, Roster

HORIZON = 62
"""Days that are searched for somebody's next shift: a long holiday, and some more."""


def is_away(person: Person, at: datetime) -> bool:
    """Whether they are out of office, by the date where they are."""
    today = at.astimezone(ZoneInfo(person.zone)).date()
    return any(span.first <= today <= span.last for span in person.away)


def is_on_shift(person: Person, at: datetime) -> bool:
    """Whether they are at work at an instant."""
    if is_away(person, at):
        return False
    return not person.shifts or any(is_within(shift, at) for shift in person.shifts)


def is_within(shift: Shift, at: datetime) -> bool:
    """Whether an instant lies within a shift, one that began yesterday too."""
    today = at.astimezone(ZoneInfo(shift.zone)).date()
    return any(
        start <= at < end
        for day in (today - DAY, today)
        for start, end in spans(shift, day)
    )


def next_on_shift(person: Person, at: datetime) -> datetime | None:
    """Return the first instant from ``at`` on at which they are at work.

    ``None`` if there is none within two months.
    """
    if is_on_shift(person, at):
        return at
    return next(
        (
            one
            for one in _openings(person, at)
            if one >= at and is_on_shift(person, one)
        ),
        None,
    )


def next_within(shift: Shift, at: datetime) -> datetime | None:
    """Return the first instant from ``at`` on that lies within a shift's hours."""
    return next_on_shift(Person(name="", zone=shift.zone, shifts=(shift,)), at)


def _openings(person: Person, at: datetime) -> Iterator[datetime]:
    """Give every instant at which somebody can begin to be at work, in order.

    Day by day, as most are at work again tomorrow.
    """
    back = sorted(
        instant(span.last + DAY, time(), person.zone, fold=0) for span in person.away
    )
    starts = (_starts(shift, at) for shift in person.shifts)
    for one in merge(back, *starts):
        if one >= at + HORIZON * DAY:
            return
        yield one


def _starts(shift: Shift, at: datetime) -> Iterator[datetime]:
    first = at.astimezone(ZoneInfo(shift.zone)).date()
    for number in range(-1, HORIZON):
        for start, _end in spans(shift, first + number * DAY):
            yield start


def workers(roster: Roster, queue: str) -> tuple[Person, ...]:
    """Give everybody whose team works from a queue, each once."""
    names = dict.fromkeys(
        name
        for team in roster.teams.values()
        if queue in team.queues
        for name in team.members
    )
    return tuple(roster.people[name] for name in names)


def members(roster: Roster, team: str) -> tuple[Person, ...]:
    """Give everybody in a team; nobody where the roster has no such team."""
    found = roster.teams.get(team)
    return tuple(roster.people[name] for name in found.members) if found else ()


def managers(roster: Roster, of: Iterable[Person]) -> tuple[Person, ...]:
    """Give the managers of these people, each once."""
    names = dict.fromkeys(person.manager for person in of if person.manager)
    return tuple(roster.people[name] for name in names)


def has_skills(person: Person, need: Need) -> bool:
    """Whether somebody is right for a ticket."""
    return (
        (not need.language or not person.languages or need.language in person.languages)
        and (
            not need.products
            or not person.products
            or not set(need.products).isdisjoint(person.products)
        )
        and (not need.influencers or person.influencers)
    )


def skilled(people: Sequence[Person], need: Need) -> tuple[Person, ...]:
    """Give those who have the skills; all of them where nobody has.

    A person without Hindi who looks is better than nobody who looks.
    """
    return tuple(one for one in people if has_skills(one, need)) or tuple(people)


def in_turn(
    people: Sequence[Person], load: Mapping[str, int], turn: int
) -> tuple[Person, ...]:
    """Order people by how many open tickets they have, fewest first.

    Equal ones take turns: ``turn`` is any number that grows by one each time, such as
    a ticket's.
    """
    if not people:
        return ()
    first = turn % len(people)
    around = [*people[first:], *people[:first]]
    return tuple(sorted(around, key=lambda one: load.get(one.name, 0)))
