from __future__ import annotations

import pytest

from bot.escalate.cues import count_cues
from tests.unit.rules.packs import house

LONGER_THAN_ANY_POST = 2_000_000
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
def test_the_longest_post_is_searched_in_steps_that_grow_with_its_length(
    piece: str,
) -> None:
    """Steps for every pair of characters would be so many that the test is ended."""
    text = (piece * LONGER_THAN_ANY_POST)[:LONGER_THAN_ANY_POST]

    found = count_cues(text, house().cues)

    assert found == count_cues(piece * 10, house().cues)
