"""The form in which the model reads a public text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classify.clean import READ_AT_MOST, clean


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("@kettleworks where is it?", "@user where is it?"),
        ("see https://example.org/a?b=c, or www.example.org", "see http or http"),
        ("awww.cute", "awww.cute"),
        ("mail me at ada@example.org", "mail me at ada@example.org"),
        ("@ada.example.social and @ada@example.org.", "@user and @user."),
        ("Tom &amp; Ada &lt;3", "Tom & Ada <3"),
        (r"it\u2019s \ud83d\ude21", "it\u2019s enraged face"),
        ("\ud83d\ude21", "enraged face"),
        ("soooooo!!!!!! $100000", "sooo!!! $100000"),
        ("so\u200bft \u202eword\u202c \x00here\x7f", "soft word here"),
        ("love ❤️ 👍🏽", "love red heart thumbs up medium skin tone"),
        ("𝐇𝐞𝐥𝐥𝐨  \n\t there", "Hello there"),
    ],
)
def test_a_text_is_read_in_the_form_of_the_training_data(text: str, read: str):
    assert clean(text, limit=100) == (read, False)


def test_a_model_with_its_own_emoji_gets_them():
    assert clean("love ❤️ 👩‍🚒", limit=100, name_emoji=False)[0] == "love ❤️ 👩‍🚒"


def test_what_was_cut_off_is_said():
    assert clean("four letters", limit=4) == ("four", True)
    assert clean(" " * READ_AT_MOST + "unread", limit=10) == ("", True)


@given(st.text(alphabet=st.characters(), max_size=200), st.booleans())
def test_any_text_comes_out_bounded_and_encodable(text: str, name_emoji: bool):
    read, _ = clean(text, limit=64, name_emoji=name_emoji)

    assert len(read) <= 64
    assert "\x00" not in read
    assert not any("\u202a" <= char <= "\u202e" for char in read)
    read.encode("utf-8")


@pytest.mark.parametrize("piece", ["@a.", "@", "http://", "\\u", "&#", "ﷺ", "a@", "😡"])
def test_a_piece_repeated_without_end_is_read_up_to_a_length_only(piece: str):
    """Steps for every pair of characters would be so many that the test is ended."""
    text = piece * 1_000_000

    read, cut = clean(text, limit=1_000)

    assert cut
    assert clean(text[:READ_AT_MOST], limit=1_000)[0] == read
    assert len(read) <= 1_000
