from __future__ import annotations

import hashlib
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
