from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.domain.tags import Sign
from bot.services.claims import claim
from bot.testing import ManualClock
from tests.unit.cli.shell import run
from tests.unit.rules.packs import ROOT
from tests.unit.services.world import house, open_ticket

MONDAY = "2026-11-02T10:00:00+11:00"


@pytest.fixture
def config(tmp_path: Path, file: Path) -> str:
    written = tmp_path / "bot.yaml"
    written.write_text(
        json.dumps(
            {
                "database": {"url": f"sqlite:///{file}"},
                "packs": {
                    "house": str(ROOT / "config/packs/house/1"),
                    "regulation": str(ROOT / "config/packs/au.asic.rg271/2021-09.1"),
                    "templates": str(ROOT / "config/templates"),
                },
                "people": str(ROOT / "config/people.yaml"),
            }
        ),
        encoding="utf-8",
    )
    return str(written)


def rows(capsys, *arguments: str):
    assert run(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_everybody_is_listed_with_shift_load_and_queues(config, store, capsys):
    with store.work() as work:
        ticket = work.tickets.add(open_ticket())
    claim(store, ManualClock(), house(), ticket.id, by="ana")

    found = {
        row["name"]: row
        for row in rows(capsys, "people", "list", "--at", MONDAY, "--config", config)
    }

    assert [found[name]["at_work"] for name in ("ana", "bo", "chika", "lea")] == [
        "yes",
        "no",
        "no",
        "yes",
    ]
    assert found["ana"]["tickets"] == 1
    assert found["bo"]["next"] == "2026-11-02T03:00:00+00:00"
    assert "influencer_desk" in found["chika"]["queues"]


def test_who_is_away_is_said_to_be(config, store, capsys):
    at = "2026-12-28T15:00:00+11:00"

    found = rows(capsys, "people", "list", "--at", at, "--config", config)

    assert {row["name"]: row["at_work"] for row in found}["bo"] == "away"


def test_the_one_with_fewest_tickets_is_first_in_turn(config, store, capsys):
    with store.work() as work:
        ticket = work.tickets.add(open_ticket())
    claim(store, ManualClock(), house(), ticket.id, by="ana")
    at = "2026-11-02T15:00:00+11:00"

    found = rows(capsys, "people", "who", "agents", "--at", at, "--config", config)

    assert [row["name"] for row in found] == ["bo", "ana"]


def test_a_language_asks_for_those_who_speak_it(config, store, capsys):
    asked = ("people", "who", "agents", "--at", "2026-11-02T15:00:00+11:00")

    found = rows(capsys, *asked, "--language", "hi", "--config", config)

    assert [row["name"] for row in found] == ["ana"]


def test_a_queue_that_is_not_there_is_answered_with_those_that_are(config, capsys):
    assert run("people", "who", "cellar", "--config", config) == 6
    assert "agents" in capsys.readouterr().err


def test_without_a_roster_the_command_says_how_to_have_one(tmp_path, file, capsys):
    none = tmp_path / "none.yaml"
    none.write_text(f"database: {{url: 'sqlite:///{file}'}}\n", encoding="utf-8")

    assert run("people", "list", "--config", str(none)) == 6
    assert "people: config/people.yaml" in capsys.readouterr().err


def test_a_ticket_is_handed_to_people_of_the_roster_only(config, store, capsys):
    with store.work() as work:
        work.tickets.add(open_ticket())

    def hand(name: str) -> int:
        given = ("--to", name, "--reason", "r", "--by", "lea", "--config", config)
        return run("ticket", "hand-off", "T-1", *given)

    assert hand("dana") == 6
    assert "'bot people list' names them" in capsys.readouterr().err
    assert hand("ana") == 0
    assert "T-000001 is ana's until" in capsys.readouterr().out


def test_claim_note_and_release_in_a_shell(config, store, capsys):
    with store.work() as work:
        work.tickets.add(open_ticket())

    def ticket(*words: str) -> int:
        return run("ticket", *words, "--config", config)

    assert ticket("claim", "T-1", "--by", "ana") == 0
    assert ticket("claim", "T-1", "--by", "bo") == 6
    assert "T-000001 is ana's until" in capsys.readouterr().err
    assert ticket("note", "T-1", "rang twice", "--by", "ana") == 0
    assert ticket("release", "T-1", "--by", "ana") == 0
    assert "waits in the queue agents again" in capsys.readouterr().out
    assert ticket("claim", "T-1", "--by", "bot") == 2


def test_a_mistyped_name_takes_no_ticket_from_those_prepared_for_it(
    config, store, capsys
):
    with store.work() as work:
        work.tickets.add(open_ticket(queue="care", signs=(Sign.SELF_HARM,)))

    def following(*words: str) -> int:
        return run("ticket", "next", *words, "--config", config)

    assert following("--by", "mirra") == 6
    assert following("--by", "mira", "--queue", "caer") == 6
    assert "'caer' is no queue of the house" in capsys.readouterr().err
    assert following("--by", "mira") == 0
    assert "is mira's until" in capsys.readouterr().out
