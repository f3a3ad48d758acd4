from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.rules.calendars import calendar_of
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.cli.shell import run
from tests.unit.rules.packs import rg271
from tests.unit.services.world import handle, mention, policy

WHO = ("--by", "ada", "--reason", "read it twice")
CALM = ("--dissatisfaction", "no")
UNHAPPY = ("--dissatisfaction", "yes", "--response-expected", "yes")


@pytest.fixture
def where(store: SqlStore, file: Path) -> tuple[str, ...]:
    by = policy(regulation=rg271(), calendar=calendar_of("AU-NSW"))
    handle(store, ManualClock(START), mention("hmm, my bag"), by=by)
    return ("--db", f"sqlite:///{file}")


def test_what_waits_for_a_review_is_listed_with_the_facts_in_doubt(
    where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ticket", "unreviewed", *where) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert run("ticket", "unreviewed", "--json", *where) == 0
    [row] = json.loads(capsys.readouterr().out)

    assert "T-000001" in shown
    assert row["doubtful"] == {"1": ["dissatisfaction", "response_expected"]}


def test_overturning_warns_of_relabelling_and_ends_what_runs(
    where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("ticket", "review", "T-1", *CALM, *WHO, *where)

    assert run(*asked, "--yes") == 0
    said = " ".join(capsys.readouterr().out.split())

    assert "it is no 'feedback'" in said
    assert "RG 271.31" in said
    assert "in scope: no, not needs_human; T-000001" in said
    assert "running -> excused: idr_response (271.56-271.60, Table 2): not owed" in said
    assert run("ticket", "show", "1", *where) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "by ada: read it twice" in shown
    assert "excused: scope_overturned at" in shown
    assert run("ticket", "unreviewed", *where) == 0
    assert "no ticket waits for a review" in capsys.readouterr().out


def test_overturning_asks_first_and_a_no_changes_nothing(
    where: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("typer.confirm", lambda _words: False)

    assert run("ticket", "review", "1", *CALM, *WHO, *where) != 0

    assert "nothing was changed" in capsys.readouterr().out
    assert run("ticket", "unreviewed", "--json", *where) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


def test_a_confirmed_complaint_is_said_and_no_longer_provisional(
    where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("ticket", "review", "T-000001", *UNHAPPY, *WHO, *where)

    assert run(*asked, "--json") == 0
    done = json.loads(capsys.readouterr().out)

    assert (done["was"]["verdict"], done["now"]["verdict"]) == ("needs_human", "yes")
    assert (done["complaint"], done["ended"]) == ("yes", [])
    assert run("ticket", "show", "1", *where) == 0
    assert "provisional until" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ((*UNHAPPY, *WHO[:2]), "--reason"),
        (WHO, "answer one fact at least"),
        (("--dissatisfaction", "yes", *WHO), "answer also: response_expected"),
    ],
)
def test_a_review_without_a_reason_or_with_a_doubt_left_is_refused(
    where: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    told: tuple[str, ...],
    answer: str,
) -> None:
    assert run("ticket", "review", "1", *told, *where) in {2, 6}

    assert answer in " ".join(capsys.readouterr().err.split())


def test_a_wrong_event_is_withdrawn_and_shown_beside_its_withdrawal(
    where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    told = ("ticket", "record", "T-1", "idr_response_provided", "--by", "bo", *where)
    assert run(*told) == 0

    asked = ("ticket", "withdraw", "T-1", "idr_response_provided", *WHO, *where)
    assert run(*asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert run("ticket", "show", "1", *where) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert run("ticket", "show", "1", "--json", *where) == 0
    events = json.loads(capsys.readouterr().out)["events"]
    again = run(*asked)

    assert "on T-1 is withdrawn met -> running; due" in said
    assert "by bo (contents_checked no), withdrawn" in shown
    assert "by ada: read it twice (number" in shown
    assert [(one["name"], one["holds"]) for one in events] == [
        ("received", True),
        ("idr_response_provided", False),
        ("withdrawn", True),
    ]
    assert again == 6


def test_an_acknowledgement_by_phone_is_plain_as_one_that_nobody_saw(
    where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    at = (START + timedelta(hours=2)).isoformat()
    asked = (
        *("ticket", "record", "T-1", "acknowledged", "--by", "ada", "--at", at),
        *("--given-elsewhere", "phone", "--given-by", "bo", *where),
    )
    words = "phone by bo, recorded by ada, not seen by the bot"

    assert run(*asked) == 2
    assert "say by --note what shows" in capsys.readouterr().err
    assert run(*asked, "--note", "call 17") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert run("ticket", "show", "1", *where) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert run("ticket", "show", "1", "--json", *where) == 0
    clocks = json.loads(capsys.readouterr().out)["clocks"]
    period = ("ticket", "deadlines", "--since", at, "--until", "2040-01-01", *where)
    assert run(*period) == 0
    report = " ".join(capsys.readouterr().out.split())
    assert run(*period, "--json") == 0
    told = json.loads(capsys.readouterr().out)["given_elsewhere"]

    assert words in said
    assert f", {words}; due" in shown
    assert {one["hearsay"] for one in clocks if one["state"] == "met"} == {words}
    assert "Kept on a person's word alone" in report
    assert [(one["rule"], one["how"], one["given"]) for one in told] == [
        ("acknowledge_target", "in_time", words),
        ("acknowledge_limit", "in_time", words),
    ]


@pytest.mark.parametrize("said", [("--note", "call 17"), ("--given-by", "bo")])
def test_a_note_or_a_name_alone_says_nothing_of_how_it_was_given(
    said: tuple[str, str], where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("ticket", "record", "T-1", "written_requested", "--by", "ada")

    assert run(*asked, *said, *where) == 2
    told = capsys.readouterr().err
    assert f"{said[0]} is for what was given: --given-elsewhere WAY" in told


def test_a_portals_complaint_is_opened_by_hand_and_a_code_added_to_a_post(
    where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    came = START.isoformat()
    asked = (
        *("ticket", "open", "--brand", "Kestrel Air", "--reference", "261102-7"),
        *("--pack", "us.cfpb.portal", "--event", "sent_to_company_portal"),
        *("--at", came, *WHO, *where),
    )

    assert run(*asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    later = (START + timedelta(days=3)).isoformat()
    told = ("ticket", "record", "T-2", "marked_in_progress", "--at", later)
    assert run(*told, "--by", "bo", *where) == 0
    recorded = " ".join(capsys.readouterr().out.split())
    assert run("ticket", "pack", "T-1", "au.gicop", *WHO, *where) == 0
    added = " ".join(capsys.readouterr().out.split())
    assert run("ticket", "pack", "T-1", "us.finra.records", *WHO, *where) == 0
    waits = " ".join(capsys.readouterr().out.split())
    again = run(*asked)

    assert "T-000002 is open in" in said
    assert "us.cfpb.portal 2026-11.1, a draft: nobody checked its figures" in said
    assert "initial_response (CFPB-M s 8.1, 12 USC 5534(b)): due 2026-11-17" in said
    assert "running -> met: initial_response" in recorded
    assert "T-1 is under au.gicop 2020.1" in added
    assert "started: decision" in added
    assert "none of its clocks runs before what starts it is recorded" in waits
    assert again == 6
