from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.storage.store import SqlStore
from bot.testing import ManualClock
from tests.unit.cli.shell import run
from tests.unit.rules.packs import HOUSE, edit, house
from tests.unit.services.world import handle, mention

ROUTE = """  - id: R0
    text: on x
    when: {channels: [x], severity_from: medium}
    queue: media
    tier: 3
    code: amber
    targets: {first_response: PT90M}
"""

TRIGGERS = """triggers:
  - id: W1
    text: a wave
    on: many
    many: {items: 50, within: PT10M, per: queue}
    then: {notify: [management]}
  - id: W2
    text: waits long
    on: clock_warning
    share: 80
    clocks: [first_response]
    queues: [agents]
    when: {groups: [vip]}
    then: {code: red, tier: 3, marks: [late], notify: [media]}
"""


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The shipped pack as version 2, with a route for one channel."""
    folder = tmp_path / "house" / "2"
    folder.mkdir(parents=True)
    for file in HOUSE.glob("*.yaml"):
        (folder / file.name).write_bytes(file.read_bytes())
    edit(folder / "pack.yaml", 'version: "1"', 'version: "2"')
    edit(folder / "routes.yaml", "routes:\n", "routes:\n" + ROUTE)
    return folder


def test_the_matrix_is_a_table_with_the_routes_below_it_in_order(
    newer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("matrix", "show", "--pack", str(newer)) == 0

    shown = capsys.readouterr().out
    assert "house 2: severity down, influence across" in shown
    words = " ".join(shown.split())
    assert "severity ordinary known influencer vip" in words
    assert "1 h 30 min" not in words
    assert words.index("self_harm") < words.index("R0") < words.index("R2 ")
    assert "90 min" in words


def test_programs_get_every_cell_and_route(
    newer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("matrix", "show", "--pack", str(newer), "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert told["pack"]["version"] == "2"
    assert told["matrix"]["low"]["vip"] == {
        "tier": 2,
        "queue": "influencer_desk",
        "code": "amber",
        "targets": {"first_response": 7200.0, "resolution": 172800.0},
    }
    assert told["signs"][0] == {
        "sign": "self_harm",
        "queue": "care",
        "severity": "critical",
        "tier": 3,
        "code": "red",
        "promises": {"first_response": 1800.0},
    }
    assert told["routes"][0] == {
        "route": "R0",
        "when": "channels x; severity_from medium",
        "queue": "media",
        "tier": 3,
        "code": "amber",
        "promises": {"first_response": 5400.0},
        "why": "on x",
    }


def test_the_triggers_stand_below_the_routes(
    newer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (newer / "triggers.yaml").write_text(TRIGGERS, encoding="utf-8")

    assert run("matrix", "show", "--pack", str(newer)) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert run("matrix", "show", "--pack", str(newer), "--json") == 0
    told = json.loads(capsys.readouterr().out)["triggers"]

    assert shown.index("R9") < shown.index("W1") < shown.index("W2")
    assert told[0]["on"] == "50 within 10 min, same queue"
    assert told[1] == {
        "trigger": "W2",
        "on": "clock_warning 80 %",
        "when": "queue agents; first_response; groups vip",
        "then": "code red, tier 3, mark late, notify media",
        "stops": False,
        "why": "waits long",
    }


def test_without_a_pack_it_is_the_one_of_the_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("matrix", "show", "--json") == 0

    assert json.loads(capsys.readouterr().out)["pack"]["sha256"] == house().ref.sha256


@pytest.fixture
def past(store: SqlStore) -> SqlStore:
    """A complaint of an hour ago and a word of praise."""
    from bot.clock import SystemClock

    clock = ManualClock(SystemClock().now() - timedelta(hours=1))
    at = clock.now()
    handle(
        store,
        clock,
        mention(published_at=at),
        mention("great, thanks", published_at=at),
    )
    return store


def test_a_simulation_says_what_would_have_been_otherwise(
    newer: Path, past: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("matrix", "simulate", "--pack", str(newer), "--db", f"sqlite:///{file}")

    assert run(*asked) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert run(*asked, "--json") == 0
    told = json.loads(capsys.readouterr().out)

    assert "1 tickets of the last 90 days would differ" in shown
    assert "1 earlier, 0 later" in shown
    assert (told["mentions"], told["calls"]["after"]) == (2, {"media": 1})
    [one] = told["differences"]
    assert one["after"] == {
        "severity": "medium",
        "code": "amber",
        "tier": 3,
        "queue": "media",
    }
    assert [call["queue"] for call in one["called_anew"]] == ["media"]
    assert told["unstaffed"][0]["queue"] == "media"


def test_a_pack_with_a_mistake_is_refused_before_anything_is_read(
    newer: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(newer / "routes.yaml", "queue: media", "queue: cellar")
    asked = ("matrix", "simulate", "--pack", str(newer), "--db", f"sqlite:///{file}")

    assert run(*asked) == 2

    assert "routes.0.queue: the queue cellar" in capsys.readouterr().err
