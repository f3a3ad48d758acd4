from __future__ import annotations

import pytest

from bench import escalation


def test_the_sweep_is_measured_over_what_is_open_and_what_is_due(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalation, "BLOCK", 20)
    monkeypatch.setattr(escalation, "DUE", (0, 2, 5))

    assert escalation.main(["--sizes", "20,70"]) == 0

    printed = capsys.readouterr().out
    assert "| 20 | 60 | " in printed
    assert "| 70 | 210 | " in printed
