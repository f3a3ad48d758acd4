"""The benchmark of the console's pages, over a small database, in full."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import _many, console


def test_every_kind_of_page_is_measured_by_somebody_who_signed_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "LIMIT_MS", 60_000.0)
    url = f"sqlite:///{tmp_path}/many.db"
    _many.fill(url, 80, datetime.now(UTC))

    assert console.main([url, "--rounds", "2"]) == 0

    rows = [one for one in capsys.readouterr().out.splitlines() if one.count("|") == 5]
    assert len(rows) == 2 + 17
    assert "| one ticket | " in "\n".join(rows)


def test_a_page_that_takes_too_long_is_told_by_the_exit_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = console.Measured("a page", [10.0] * 90 + [300.0] * 10)
    quick = console.Measured("a page", [10.0] * 99 + [300.0])

    assert slow.p95 > console.LIMIT_MS > quick.p95
    assert quick.row() == "| a page | 10 | 10 | 300 |"
