"""The roster from disk: strict YAML, each mistake named by file, line and key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pydantic import Field

from bot.domain.clocks import PackRef
from bot.domain.decisions import Tier
from bot.domain.packs import HousePack
from bot.domain.people import Person, Roster, Team
from bot.rules.chains import call_problems
from bot.rules.lint import Problem
from bot.rules.load import _File, _parse, _refuse
from bot.rules.sources import read
from bot.rules.triggers import missing_people
from bot.rules.zones import is_zone

NOBODY = frozenset({"bot", "house", "operator"})
"""Names that stand for no person in the log and in notices."""


class _RosterFile(_File):
    zone: str
    people: dict[str, Person] = Field(min_length=1)
    teams: dict[str, Team] = Field(min_length=1)


def load_people(path: Path, house: HousePack) -> Roster:
    """Read the file of our people for a house's queues; raises ``PackError``.

    Whatever is wrong, it is refused as a whole: half a roster leaves tickets to nobody.
    """
    source = read(path)
    for key in ("people", "teams"):
        named = source.data.get(key)
        for name, one in named.items() if isinstance(named, dict) else ():
            if not isinstance(one, dict):
                continue
            if "name" in one:
                raise source.error((key, name, "name"), "there is no such key")
            one["name"] = name
    file = _parse(_RosterFile, source)
    sha256 = source.sha256
    roster = Roster(
        ref=PackRef(id="people", version=sha256[:8], sha256=sha256),
        people={
            name: _in_zone(person, file.zone) for name, person in file.people.items()
        },
        teams=file.teams,
    )
    _refuse(source, people_problems(file.zone, roster, house))
    return roster


def _in_zone(person: Person, zone: str) -> Person:
    """Give a person and each shift the nearest zone that was written."""
    own = person.zone or zone
    shifts = tuple(replace(one, zone=one.zone or own) for one in person.shifts)
    return replace(person, zone=own, shifts=shifts)


def people_problems(zone: str, roster: Roster, house: HousePack) -> Iterator[Problem]:
    """Name who or what is not there, and what nobody works on."""
    if not is_zone(zone):
        yield Problem(key=("zone",), words=f"there is no time zone {zone!r}")
    for person in roster.people.values():
        yield from _person_problems(person, roster, house, zone)
    for team in roster.teams.values():
        yield from _team_problems(team, roster, house)
    worked = {queue for team in roster.teams.values() for queue in team.queues}
    for name, queue in house.queues.items():
        if name not in worked and queue.tier > Tier.SELF_SERVICE:
            words = f"nobody works on the queue {name}; name it under a team's queues"
            yield Problem(key=("teams",), words=words)
    yield from call_problems(house.chains, roster)
    for part, words in missing_people(house, roster):
        yield Problem(key=(part,), words=words)


def _person_problems(
    person: Person, roster: Roster, house: HousePack, zone: str
) -> Iterator[Problem]:
    at = ("people", person.name)
    yield from _name_problems(at, person.name, [*roster.teams, *house.queues])
    if person.zone != zone and not is_zone(person.zone):
        words = f"there is no time zone {person.zone!r}"
        yield Problem(key=(*at, "zone"), words=words)
    if person.manager and person.manager not in roster.people:
        words = f"{person.manager} is not one of the people"
        yield Problem(key=(*at, "manager"), words=words)
    if person.manager == person.name:
        yield Problem(key=(*at, "manager"), words="nobody manages themselves")
    for number, shift in enumerate(person.shifts):
        here = (*at, "shifts", number)
        if not shift.days:
            yield Problem(key=(*here, "days"), words="names no day")
        if shift.zone != person.zone and not is_zone(shift.zone):
            words = f"there is no time zone {shift.zone!r}"
            yield Problem(key=(*here, "zone"), words=words)
        if shift.start.tzinfo is not None or shift.end.tzinfo is not None:
            words = "write the time on the wall, and its zone under zone"
            yield Problem(key=here, words=words)
    for number, span in enumerate(person.away):
        if span.last - span.first < timedelta(0):
            words = f"ends before it begins, on {span.first}"
            yield Problem(key=(*at, "away", number, "last"), words=words)


def _team_problems(team: Team, roster: Roster, house: HousePack) -> Iterator[Problem]:
    at = ("teams", team.name)
    yield from _name_problems(at, team.name, list(house.queues))
    if not team.members:
        yield Problem(key=(*at, "members"), words="there is nobody in this team")
    for number, name in enumerate(team.members):
        if name not in roster.people:
            words = f"{name} is not one of the people"
            yield Problem(key=(*at, "members", number), words=words)
    for name, times in Counter(team.members).items():
        if times > 1:
            yield Problem(key=(*at, "members"), words=f"{name} stands here twice")
    for number, name in enumerate(team.queues):
        if name not in house.queues:
            words = f"the house has no queue {name}"
            yield Problem(key=(*at, "queues", number), words=words)


def _name_problems(
    at: tuple[str, str], name: str, others: list[str]
) -> Iterator[Problem]:
    """One name must mean one thing, wherever a notice is sent to it."""
    if not name.strip() or not name.isprintable():
        yield Problem(key=at, words="a name needs letters that can be printed")
    if name in others:
        words = f"{name} is the name of a team or queue as well; use another"
        yield Problem(key=at, words=words)
    if name.lower() in NOBODY:
        yield Problem(key=at, words=f"{name} stands for what no person does")
