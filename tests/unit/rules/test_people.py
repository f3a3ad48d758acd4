from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import pytest

from bot.domain.hours import Day, Shift
from bot.domain.people import Away, Roster
from bot.errors import PackError
from bot.rules.people import load_people
from tests.unit.rules.packs import ROOT, house

SHIPPED = ROOT / "config" / "people.yaml"
FILE = """\
zone: Australia/Sydney
people:
  ana:
    shifts: [{days: [mon], start: "09:00", end: "17:00"}]
    manager: lea
  lea: {zone: Europe/London, away: [{first: 2026-12-24, last: 2026-12-26}]}
teams:
  all:
    members: [ana, lea]
    queues: [agents, watch, specialists, hardship, fraud, influencer_desk,
      escalation_team, legal, media, care, safety, management]
"""


def loaded(folder: Path, text: str = FILE) -> Roster:
    file = folder / "people.yaml"
    file.write_text(text, encoding="utf-8")
    return load_people(file, house())


def refused(folder: Path, old: str, new: str) -> str:
    assert old in FILE
    with pytest.raises(PackError) as error:
        loaded(folder, FILE.replace(old, new, 1))
    return str(error.value).replace(f"{folder}/", "")


def test_a_roster_reads_as_it_is_written(tmp_path: Path) -> None:
    roster = loaded(tmp_path)

    ana, lea = roster.people["ana"], roster.people["lea"]
    assert ana.shifts == (
        Shift(
            days=(Day.MON,),
            start=time(9),
            end=time(17),
            zone="Australia/Sydney",
        ),
    )
    assert (ana.name, ana.manager, ana.zone) == ("ana", "lea", "Australia/Sydney")
    assert lea.zone == "Europe/London"
    assert lea.away == (Away(first=date(2026, 12, 24), last=date(2026, 12, 26)),)
    assert roster.teams["all"].members == ("ana", "lea")
    assert roster.ref.id == "people"


def test_a_change_of_one_byte_is_another_roster(tmp_path: Path) -> None:
    first = loaded(tmp_path)

    assert loaded(tmp_path, FILE + "\n").ref != first.ref


def test_the_shipped_example_fits_the_shipped_house() -> None:
    teams = set(load_people(SHIPPED, house()).teams)

    assert teams == {"front", "desk", "care_people", "leads"}


MISTAKES = [
    ("agents, watch", "watch", "7: teams: nobody works on the queue agents"),
    ("members: [ana, lea]", "members: []", "9: teams.all.members: there is nobody"),
    (
        "members: [ana, lea]",
        "members: [ana, bo]",
        "9: teams.all.members.1: bo is not one of the people",
    ),
    ("[ana, lea]", "[ana, ana, lea]", "9: teams.all.members: ana stands here twice"),
    ("manager: lea", "manager: bo", "5: people.ana.manager: bo is not one of"),
    ("manager: lea", "manager: ana", "5: people.ana.manager: nobody manages"),
    ("agents, watch", "agents, cellar, watch", "10: teams.all.queues.1: the house has"),
    ("Australia/Sydney", "Australia/Sidney", "1: zone: there is no time zone"),
    ("Europe/London", "Europe/Londres", "6: people.lea.zone: there is no time zone"),
    ('start: "09:00"', 'zone: X/Y, start: "09:00"', "4: people.ana.shifts.0.zone"),
    ("days: [mon]", "days: []", "4: people.ana.shifts.0.days: names no day"),
    ("days: [mon]", "days: [moonday]", "4: people.ana.shifts.0.days.0: input should"),
    ('"09:00"', '"25:00"', "4: people.ana.shifts.0.start: "),
    ('"09:00"', '"09:00Z"', "4: people.ana.shifts.0: write the time on the wall"),
    ("last: 2026-12-26", "last: 2026-12-23", "6: people.lea.away.0.last: ends before"),
    ("manager: lea", "boss: lea", "5: people.ana.boss: there is no such key"),
    ("manager: lea", "name: anna", "5: people.ana.name: there is no such key"),
    ("  all:", "  agents:", "8: teams.agents: agents is the name of a team or queue"),
    ("  ana:\n", "  operator: {}\n  ana:\n", "3: people.operator: operator stands"),
    ("zone: Australia/Sydney\n", "", "1: zone: is missing"),
    ("  ana:\n", "  kim: 5\n  ana:\n", "3: people.kim: "),
    ("  ana:\n", '  " ": {}\n  ana:\n', "3: people. : a name needs letters"),
]


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES)
def test_a_mistake_is_named_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    words = refused(tmp_path, old, new)

    assert re.search(rf"^people\.yaml:{re.escape(told)}", words, flags=re.MULTILINE)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    file = FILE.replace("manager: lea", "manager: bo").replace("agents, ", "")

    with pytest.raises(PackError) as error:
        loaded(tmp_path, file)

    assert len(str(error.value).splitlines()) == 2


def test_the_self_service_queue_needs_no_people(tmp_path: Path) -> None:
    roster = loaded(tmp_path)

    assert "self_service" not in roster.teams["all"].queues
