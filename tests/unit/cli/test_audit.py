from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.cli.shell import run
from tests.unit.services.world import handle, mention


@pytest.fixture
def case(store: SqlStore, file: Path, tmp_path: Path) -> Path:
    """One complaint as it is handed out, with the house's key and the whole log."""
    handle(store, ManualClock(START), mention())
    settings = tmp_path / "bot.yaml"
    written = {
        "database": {"url": f"sqlite:///{file}"},
        "audit": {"key_file": str(tmp_path / "key.pem")},
    }
    settings.write_text(json.dumps(written))
    at = ("--config", str(settings))
    out = tmp_path / "case.zip"
    asked = ("audit", "case", "T-1", "--by", "cleo", "--out", str(out))
    assert run("audit", "key", "--out", str(tmp_path / "public.pem"), *at) == 0
    assert run(*asked, *at) == 0
    assert run("audit", "export", "--out", str(tmp_path / "log.jsonl"), *at) == 0
    return out


def check(case: Path, *more: str) -> int:
    key = str(case.with_name("public.pem"))
    return run("audit", "verify-export", str(case), "--key", key, *more)


def test_a_case_is_handed_out_and_verified_without_a_database(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    assert check(case) == 0
    assert "chained without a gap to seal" in capsys.readouterr().out
    assert check(case, "--log", str(case.with_name("log.jsonl"))) == 0
    assert "stand in the log that you gave" in capsys.readouterr().out
    assert check(case, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["whole"] is True
    assert told["manifest"]["filter"] == {"ticket": "T-000001"}


def test_what_was_changed_in_a_case_is_named(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = case.with_name("other.zip")
    with zipfile.ZipFile(case) as read, zipfile.ZipFile(other, "w") as write:
        for name in read.namelist():
            write.writestr(name, read.read(name).replace(b"terrible", b"wonderful"))

    assert check(other) == 1
    said = capsys.readouterr().err
    assert "BROKEN case.json is not the file that was handed out" in said
    assert "the words of M-000001 are not those of its hash" in said


def test_a_case_is_not_of_a_log_that_ends_before_it(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = case.with_name("log.jsonl")
    first = log.read_bytes().splitlines(keepends=True)[:1]
    log.write_bytes(b"".join(first))

    assert check(case, "--log", str(log)) == 1
    assert "is not in that log" in capsys.readouterr().err


def test_a_file_that_stands_in_it_twice_is_refused(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        zipfile.ZipFile(case, "a") as packed,
        pytest.warns(UserWarning, match="Duplicate"),
    ):
        packed.writestr("case.json", b"{}")

    assert check(case) == 2
    assert "stands in it twice" in capsys.readouterr().err


def test_the_manifest_of_another_file_proves_no_case(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = case.with_name("other.zip")
    with zipfile.ZipFile(case) as read, zipfile.ZipFile(other, "w") as write:
        for name in read.namelist():
            raw = read.read(name)
            if name == "manifest.json":
                raw = json.dumps({**json.loads(raw), "file": "log.csv"}).encode()
            write.writestr(name, raw)

    assert check(other) == 2
    assert "is of another file, log.csv" in capsys.readouterr().err


def test_a_zip_that_is_encrypted_is_refused_in_words(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = bytearray(case.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(mark)
        while at >= 0:
            raw[at + flags] |= 1
            at = raw.find(mark, at + 4)
    case.write_bytes(raw)

    assert check(case) == 2
    assert "encrypted" in capsys.readouterr().err
