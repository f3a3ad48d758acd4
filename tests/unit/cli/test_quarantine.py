from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.channels import Quarantined
from bot.storage.store import SqlStore
from bot.testing import START
from tests.unit.cli.shell import run

ROW = {"id": "77", "text": "nobody answers", "published_at": START.isoformat()}
BESIDE = {"layout": "bot", "header": [], "delimiter": ",", "is_whole": True}
GOOD = Quarantined(
    where="stream.jsonl:7",
    reason="too new",
    payload=json.dumps(ROW),
    context=json.dumps(BESIDE),
)
BAD = replace(GOOD, where="stream.jsonl:8", payload="{}")


@pytest.fixture
def where(file: Path, tmp_path: Path) -> tuple[str, ...]:
    settings = tmp_path / "bot.yaml"
    settings.write_text(
        f"database: {{url: 'sqlite:///{file}'}}\n"
        "sources: {morning: {connector: replay, brand: Kestrel, "
        f"path: {tmp_path}/stream.jsonl}}}}\n"
    )
    return ("--config", str(settings))


@pytest.fixture
def kept(store: SqlStore) -> SqlStore:
    with store.work() as work:
        work.quarantine.add("morning", [GOOD, BAD], START)
        work.quarantine.add("evening", [GOOD], START)
    return store


def listed(
    where: tuple[str, ...], capsys: pytest.CaptureFixture[str], *more: str
) -> list[dict[str, Any]]:
    assert run("quarantine", "list", "--json", *more, *where) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("kept")
def test_an_item_is_read_again_by_its_number(where, capsys):
    assert run("quarantine", "retry", "1", "--by", "ada", *where) == 0
    assert "item 1 was read: it is M-000001 now" in capsys.readouterr().out
    assert run("quarantine", "retry", "2", "--by", "ada", *where) == 0
    assert "item 2 still makes no sense: " in capsys.readouterr().out

    open_ones = listed(where, capsys)
    assert [row["id"] for row in open_ones] == [3, 2]
    assert open_ones[1]["tried_by"] == "ada"
    assert [row["state"] for row in listed(where, capsys, "--all")] == [
        "open",
        "open",
        "read",
    ]
    assert run("quarantine", "retry", "1", "--by", "ada", *where) == 6
    assert "read already by ada" in capsys.readouterr().err


def test_all_of_a_source_or_of_every_source_are_read_again(kept, where, capsys):
    assert run("quarantine", "retry", "--source", "morning", "--by", "ada", *where) == 0
    told = capsys.readouterr().out
    assert "2 tried: 1 read (1 new mentions), 1 still make no sense" in told

    assert run("quarantine", "retry", "--all", "--by", "ada", "--json", *where) == 0
    tally = json.loads(capsys.readouterr().out)

    assert tally == {"tried": 2, "read": 0, "mentions": 0, "unread": 2}
    with kept.reading() as work:
        assert len(work.mentions.untagged(9)) == 1


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("which", "words"),
    [
        ((), "name one item by its ID"),
        (("1", "--all"), "name one item by its ID"),
        (("--source", "evening"), "name no source 'evening'"),
        (("99",), "nothing was kept aside under the number 99"),
    ],
)
def test_what_is_not_there_or_not_clear_is_refused(where, capsys, which, words):
    assert run("quarantine", "retry", *which, "--by", "ada", *where) != 0

    assert words in capsys.readouterr().err


@pytest.mark.usefixtures("kept")
def test_an_item_is_put_away_with_a_reason(where, capsys):
    away = ("quarantine", "dismiss", "2", "--by", "ada", *where)
    assert run(*away) == 2
    capsys.readouterr()

    assert run(*away, "--reason", "advert, not ours") == 0

    assert "item 2 is put away" in capsys.readouterr().out
    assert [row["id"] for row in listed(where, capsys)] == [3, 1]
    [row] = [one for one in listed(where, capsys, "--all") if one["state"] != "open"]
    assert (row["settled_by"], row["outcome"]) == ("ada", "advert, not ours")
    assert run("quarantine", "list", "--all", *where) == 0
    assert "dismissed" in capsys.readouterr().out
