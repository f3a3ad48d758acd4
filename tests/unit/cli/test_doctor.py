from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bot.cli.main import main

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


def told_of_replies(url: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main(["doctor", "--json", "--db", url])
    found = {row["what"]: row for row in json.loads(capsys.readouterr().out)}
    return str(found["replies"]["detail"])


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
