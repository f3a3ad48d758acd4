from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import App
from bot.errors import Missing
from bot.services.handoff import answer
from bot.services.keys import Keys
from bot.settings import load_settings
from bot.storage.store import SqlStore
from bot.testing import ManualClock
from tests.unit.cli import shell
from tests.unit.services.test_handoff import GIVEN, SECRET
from tests.unit.services.world import handle, log, mention, tickets


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "bot.yaml"
    config.write_text("place: AU-NSW\n", encoding="utf-8")
    monkeypatch.setenv("BOT_CONFIG", str(config))
    monkeypatch.setenv("BOT_HAND_OFF__SECRET", SECRET)
    monkeypatch.setenv("BOT_HAND_OFF__URL", "https://help.example.test")


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    code = shell.run(*arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_person_leads_somebody_on_by_hand(
    store: SqlStore, file: Path, capsys: Any
) -> None:
    handle(store, ManualClock(), mention())
    key = tickets(store)[0].key
    where = ("--db", f"sqlite:///{file}")

    code, said, _ = run(capsys, "handoff", "start", key, "--by", "ana", *where)
    assert code == 0
    assert f"{key} is offered by R-000001" in said
    assert "nothing writes private messages on x" in said
    code, said, told = run(capsys, "handoff", "link", key, "--by", "ana", *where)
    assert said.startswith("https://help.example.test/h/")
    assert "works once" in told
    token = said.strip().rpartition("/")[2]
    app = App(load_settings(), clock=None)
    assert answer(store, app.clock, app.hand_offs, token, GIVEN) == {}
    app.close()

    code, said, _ = run(capsys, "handoff", "list", "--json", *where)
    [row] = json.loads(said)
    assert (row["ticket"], row["state"]) == (key, "identified")
    assert "Ada" not in said
    code, said, _ = run(
        capsys, "handoff", "answers", key, "--by", "ana", "--json", *where
    )
    assert json.loads(said)["full_name"] == GIVEN["full_name"]
    code, said, _ = run(
        capsys, "handoff", "match", key, "--record", "C-77", "--by", "ana", *where
    )
    assert "they want to be reached by phone" in said
    code, said, _ = run(
        capsys,
        *("handoff", "close", key, "--as", "private", "--by", "ana"),
        *("--reason", "rang them", *where),
    )
    assert f"{key} is private" in said
    code, said, _ = run(capsys, "ticket", "show", key, *where)
    assert "Private hand-offs" in said
    assert [one.actor for one in log(store, "handoff.private")] == ["ana"]


def test_keys_of_another_secret_do_not_open_answers() -> None:
    one, other = (
        Keys(SECRET, "https://a.example"),
        Keys(SECRET[::-1], "https://a.example"),
    )

    with pytest.raises(Missing, match=r"hand_off\.secret is another now"):
        other.unlock(one.lock("words"))


def test_nothing_is_under_way_where_nobody_began(
    store: SqlStore, file: Path, capsys: Any
) -> None:
    handle(store, ManualClock(), mention())
    key = tickets(store)[0].key
    where = ("--db", f"sqlite:///{file}")

    code, _, told = run(capsys, "handoff", "link", key, "--by", "ana", *where)

    assert code == 6
    assert f"bot handoff start {key}" in told
    code, said, _ = run(capsys, "handoff", "show", key, *where)
    assert "nobody was led" in said
