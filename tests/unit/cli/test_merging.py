from __future__ import annotations

from pathlib import Path

import pytest

from bot.rules.calendars import calendar_of
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.cli.shell import run
from tests.unit.rules.packs import rg271
from tests.unit.services.world import author, handle, mention, policy, tickets

BY = ("--by", "ana")
WHY = ("--reason", "one matter")


@pytest.fixture
def where(store: SqlStore, file: Path) -> tuple[str, ...]:
    """Two tickets by one author, and a third by another."""
    by = policy(regulation=rg271(), calendar=calendar_of("AU-NSW"))
    said = (mention(), mention(), mention(author=author("ben")))
    handle(store, ManualClock(START), *said, by=by)
    return ("--db", f"sqlite:///{file}")


def status(store: SqlStore) -> dict[str, str]:
    return {one.key: one.status.value for one in tickets(store)}


def test_a_ticket_goes_into_another_and_comes_back(
    where: tuple[str, ...], store: SqlStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ticket", "merge", "T-1", "T-2", *BY, *where) == 0
    merged = status(store)
    asked = ("ticket", "split", "T-1", "--mention", "2", *BY, *WHY, *where)
    assert run(*asked) == 0

    assert merged["T-000002"] == "closed"
    assert status(store)["T-000002"] == "open"
    said = capsys.readouterr().out
    assert "T-2 went into T-000001" in said
    assert "T-000002 has them now" in said


def test_of_different_authors_only_with_a_reason(
    where: tuple[str, ...], store: SqlStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ticket", "merge", "T-1", "T-3", *BY, *where) != 0
    assert "RG 271" in " ".join(capsys.readouterr().err.split())

    assert run("ticket", "merge", "T-1", "T-3", *BY, *WHY, *where) == 0

    assert status(store)["T-000003"] == "closed"


def test_a_closed_ticket_is_opened_again(
    where: tuple[str, ...], store: SqlStore
) -> None:
    assert run("ticket", "close", "T-1", *BY, *where) == 0
    assert run("ticket", "reopen", "T-1", *BY, *WHY, *where) == 0

    assert status(store)["T-000001"] == "open"


def test_a_marked_ticket_is_found_by_its_mark_and_no_sentence_is_one(
    where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ticket", "mark", "T-1", "outage-7", *BY, *where) == 0
    assert run("ticket", "mark", "T-1", "what Ada said", *BY, *where) != 0
    capsys.readouterr()

    assert run("ticket", "list", "--mark", "outage-7", "--json", *where) == 0

    assert capsys.readouterr().out.count("T-00000") == 1
