"""Two texts as one, word by word, with nothing lost of either."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalate.differences import Part, differences

SAME, ADDED, OUT = Part.SAME, Part.ADDED, Part.TAKEN_OUT


@pytest.mark.parametrize(
    ("before", "after", "runs"),
    [
        ("we call today", "we call today", [(SAME, "we call today")]),
        (
            "we call today",
            "we write today",
            [(SAME, "we "), (OUT, "call"), (ADDED, "write"), (SAME, " today")],
        ),
        (
            "we call",
            "we call. Thank you",
            [(SAME, "we "), (OUT, "call"), (ADDED, "call. Thank you")],
        ),
        (
            "我们今天",
            "我们明天",
            [(SAME, "我们"), (OUT, "今"), (ADDED, "明"), (SAME, "天")],
        ),
        ("", "new", [(ADDED, "new")]),
        ("old", "", [(OUT, "old")]),
        ("", "", []),
    ],
)
def test_words_that_stayed_came_and_went_stand_in_order(before, after, runs):
    assert [(one.part, one.text) for one in differences(before, after)] == runs


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_texts_can_be_read_from_it_whole(before, after):
    found = differences(before, after)

    assert "".join(one.text for one in found if one.part is not ADDED) == before
    assert "".join(one.text for one in found if one.part is not OUT) == after
