"""The figures that the docs show of the guard are those of the corpus."""

from __future__ import annotations

from pathlib import Path

from bench import guard

PAGE = Path(__file__).resolve().parents[3] / "docs/compliance/public-replies.md"


def test_the_docs_show_the_figures_as_they_are() -> None:
    assert guard.tables() in PAGE.read_text(encoding="utf-8")


def test_nothing_that_may_pass_is_blocked_and_nothing_tuned_is_missed() -> None:
    found = guard.scores()

    assert {one["all"].wrongly for one in found.values()} == {0}
    assert found["tuned"]["all"].missed == 0
