"""What the invented posts hold, and what the shipped model makes of their signals."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bench import signals
from bench.signals import POSTS, Judged
from bot.classify.engines import load
from bot.domain.tags import SignalKind


def judged(score: float, *, is_alarm: bool) -> Judged:
    return Judged(
        kind="fraud", is_alarm=is_alarm, part="test", score=score, was_seen=score > 0
    )


def test_there_are_forty_posts_of_each_kind_and_half_are_false_friends() -> None:
    lines = POSTS.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]

    counts = Counter((row["kind"], row["part"], row["alarm"]) for row in rows)

    assert len({row["text"] for row in rows}) == len(rows)
    assert len(counts) == len(SignalKind) * 4
    assert set(counts.values()) == {11}


def test_the_scores_are_worth_what_the_card_says() -> None:
    found = signals.judge(load("models/default", device="cpu"), POSTS)
    unseen = [one for one in found if one.part == "test"]

    likely = [one for one in unseen if one.counts(0.5)]
    every = [one for one in unseen if one.was_seen]

    assert signals.ranked_rightly(unseen) >= 0.8
    assert sum(one.is_alarm for one in likely) / len(likely) >= 0.85
    assert sum(one.is_alarm for one in likely) / sum(one.is_alarm for one in every) >= (
        0.7
    )


@pytest.mark.parametrize(
    ("hits", "of", "told"),
    [
        (0, 0, "none"),
        (0, 11, "0 (0-26)"),
        (11, 11, "100 (74-100)"),
        (1, 2, "50 (9-91)"),
    ],
)
def test_a_share_comes_with_its_interval(hits: int, of: int, told: str) -> None:
    assert signals.share(hits, of) == told


def test_a_table_has_a_line_for_each_kind_and_one_for_all() -> None:
    posts = [
        judged(0.9, is_alarm=True),
        judged(0.0, is_alarm=True),
        judged(0.4, is_alarm=False),
    ]

    lines = list(signals.table(posts))

    assert len(lines) == 2 + len(SignalKind) + 1
    assert lines[-1].startswith("| all | 3 | 50 (9-91) | 50 (9-91) | 50 (9-91)")
    assert lines[-1].endswith("50 (9-91) | 100 (21-100) |")
    assert signals.ranked_rightly(posts) == 1.0
