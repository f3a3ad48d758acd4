from __future__ import annotations

import time

import pytest

from bot.escalate.cues import count_cues
from tests.unit.rules.packs import house

LISTS = {"asks": ("?", "请", "help me", "I'm waiting", "^is the"), "empty": ()}


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Help me", 1),
        ("HELP ME! ? ? ?", 2),
        ("helpmeet", 0),
        ("whelp me", 0),
        ("I’m waiting", 1),
        ("ｈｅｌｐ ｍｅ？", 2),
        ("帮忙请快点", 1),
        ("see https://x.example/?q=1", 0),
        ("@help me", 0),
        ("", 0),
        ("@kestrel is the bag free", 1),
        ("morning. is the bag free", 1),
        ("Is the bag free? Is the seat?", 2),
        ("this is the best", 0),
        ("Hi there!\n\n  is the  bag free", 1),
        ("help\tme", 1),
        ("is these", 0),
    ],
)
def test_different_phrases_are_counted_once_each(text: str, n: int) -> None:
    assert count_cues(text, LISTS).get("asks", 0) == n


def test_lists_without_a_hit_are_left_out() -> None:
    assert count_cues("nothing here", LISTS) == {}


@pytest.mark.parametrize(
    "piece",
    ["waiting for a refund, unacceptable! ", "a ", ". ", "\n", " \t\n ", "。", "@"],
)
def test_the_longest_post_is_searched_quickly(piece: str) -> None:
    text = (piece * 100_000)[:100_000]

    started = time.perf_counter()
    count_cues(text, house().cues)

    assert time.perf_counter() - started < 3
