from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.cli import output
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.cli.shell import run
from tests.unit.services.world import handle, mention


def test_a_correction_is_said_shown_and_listed(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handle(store, ManualClock(START), mention("hmm, my bag"))
    where = ("--db", f"sqlite:///{file}")
    told = ("--by", "ada", "--note", "they want it back")

    assert run("mention", "correct", "1", "--complaint", "yes", *told, *where) == 0
    said = capsys.readouterr().out
    assert "mention 1: complaint yes, not no" in said
    assert "decided again: T-000001" in said

    assert run("ticket", "show", "1", *where) == 0
    assert "yes, not no, says ada at" in (shown := capsys.readouterr().out)
    assert "they want it back" in shown
    assert "First decision: " in shown

    assert run("ticket", "show", "1", "--json", *where) == 0
    [seen] = json.loads(capsys.readouterr().out)["mentions"]
    assert [one["value"] for one in seen["corrections"]] == ["yes"]

    kept = ("mention", "correct", "T-1", "--complaint", "no", "--by", "bo", *where)
    assert run(*kept) == 0
    assert "T-000001 stays as it is" in capsys.readouterr().out

    assert run("mention", "corrections", "--json", *where) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["by"], row["holds"]) for row in rows] == [("bo", True), ("ada", False)]

    assert run("mention", "corrections", "--limit", "1", *where) == 0
    listed = capsys.readouterr()
    assert "bo" in listed.out
    assert "--limit 2 shows more" in listed.err


def test_a_corrected_ticket_says_whose_decision_it_shows_and_what_was_confirmed(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handle(store, ManualClock(START), mention("hmm, my bag"))
    where = ("--by", "ada", "--db", f"sqlite:///{file}")

    assert run("ticket", "show", "1", *where[2:]) == 0
    assert "\n  Decision: open_ticket" in capsys.readouterr().out

    assert run("mention", "correct", "1", "--complaint", "no", *where) == 0
    assert run("ticket", "show", "1", *where[2:]) == 0
    shown = capsys.readouterr().out
    assert "\n  First decision: open_ticket" in shown
    assert "complaint: no, as before, says ada at" in shown

    assert run("ticket", "close", "1", *where) == 0
    assert run("mention", "correct", "1", "--sentiment", "neutral", *where) == 0
    assert "T-000001 stays closed" in capsys.readouterr().out


def test_the_list_breaks_no_word_in_eighty_columns(
    store: SqlStore,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output.out, "width", 80)
    handle(store, ManualClock(START), mention("great crew, love it"))
    where = ("--db", f"sqlite:///{file}")
    said = ("--sentiment", "negative", "--complaint", "no", "--note", "it is irony")
    assert run("mention", "correct", "1", *said, "--by", "ada", *where) == 0
    capsys.readouterr()

    assert run("mention", "corrections", *where) == 0

    words = capsys.readouterr().out.split()
    assert {"sentiment", "complaint", "positive", "negative"} <= set(words)
    assert (
        sum(re.fullmatch(r"\d{4}-\d\d-\d\d", word) is not None for word in words) == 2
    )


def test_what_leads_to_nothing_says_so(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handle(store, ManualClock(START), mention("great crew, love it"))
    where = ("--by", "ada", "--json", "--db", f"sqlite:///{file}")

    assert run("mention", "correct", "M-1", "--sentiment", "neutral", *where) == 0

    answer = json.loads(capsys.readouterr().out)
    assert (answer["ticket"], answer["reconsidered"]) == (None, False)
    assert answer["corrections"][0]["was"] == "positive"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what is wrong"),
        (("--complaint", "maybe"), "'maybe' is not one of"),
        (("--complaint", "no", "--note", "x" * 2_001), "2000 characters at most"),
    ],
)
def test_a_correction_that_says_nothing_is_one_line(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("mention", "correct", "1", "--by", "ada", *arguments) == 2
    assert said in capsys.readouterr().err


def test_a_missed_complaint_is_found_by_its_words_its_link_or_its_author(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = mention("Hold music: the musical", url="https://example.org/p/7")
    opened = mention("this is terrible, hold music again")
    handle(store, ManualClock(START), missed, opened)
    where = ("--json", "--db", f"sqlite:///{file}")

    def found(*arguments: str) -> list[int]:
        assert run("mention", "list", *arguments, *where) == 0
        return [row["mention"] for row in json.loads(capsys.readouterr().out)]

    assert found() == [2, 1]
    assert found("HOLD MUSIC") == [2, 1]
    assert found("hold music", "--without-ticket") == [1]
    assert found("example.org/p/7") == [1]
    assert found("nobody said this") == []
    assert found("--limit", "1") == [2]
