from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.storage.store import SqlStore
from tests import samples

ROOT = Path(__file__).resolve().parents[3]


def test_a_checked_pack_is_named_with_the_hash_that_the_log_will_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    raw = (ROOT / "config/packs/au.asic.rg271/2021-09.1/pack.yaml").read_bytes()
    expected = hashlib.sha256(f"pack.yaml\0{len(raw)}\0".encode() + raw).hexdigest()

    with pytest.raises(SystemExit) as ended:
        main(["config", "check"])

    assert ended.value.code == 0
    assert f"its sha256: {expected}" in capsys.readouterr().out


def told_of(what: str, url: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main(["doctor", "--json", "--db", url])
    found = {row["what"]: row for row in json.loads(capsys.readouterr().out)}
    return str(found[what]["detail"])


def told_of_replies(url: str, capsys: pytest.CaptureFixture[str]) -> str:
    return told_of("replies", url, capsys)


def test_doctor_names_tickets_whose_lists_do_not_show_their_deadlines(
    monkeypatch: pytest.MonkeyPatch, own_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    url = f"sqlite:///{own_file}"
    store = SqlStore(url)
    with store.work() as work:
        for number in range(2):
            ticket = work.tickets.add(samples.ticket(number))
            work.clocks.start(ticket.id, [samples.plan()])
    store.close()

    before = told_of("deadlines", url, capsys)
    with sqlite3.connect(own_file) as db:
        db.execute("UPDATE tickets SET next_due_at = NULL WHERE id = 2")
    after = told_of("deadlines", url, capsys)

    assert before == "lists show what the clocks say"
    assert "other deadlines than the clocks of T-000002" in after


def test_the_kill_switch_shows_until_replies_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    url = f"sqlite:///{tmp_path}/answerable.db"
    with pytest.raises(SystemExit):
        main(["db", "upgrade", "--db", url])
    with pytest.raises(SystemExit):
        main(["reply", "stop", "--by", "bo", "--reason", "an outage", "--db", url])
    capsys.readouterr()

    stopped = told_of_replies(url, capsys)
    with pytest.raises(SystemExit):
        main(["reply", "resume", "--by", "bo", "--db", url])
    capsys.readouterr()
    resumed = told_of_replies(url, capsys)

    assert stopped.startswith("all stopped by hand (an outage)")
    assert resumed == "live on x, reddit"


def test_doctor_says_of_a_channel_that_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    url = f"sqlite:///{tmp_path}/a.db"
    why = ["--by", "bo", "--reason", "a mix-up", "--channel", "x"]
    for words in (["db", "upgrade"], ["reply", "stop", *why]):
        with pytest.raises(SystemExit):
            main([*words, "--db", url])
    capsys.readouterr()

    told = told_of_replies(url, capsys)

    assert told.startswith("channel x stopped by hand (a mix-up); without that")
