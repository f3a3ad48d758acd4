"""A text's length as X counts it."""

from __future__ import annotations

import pytest

from bot.connectors._x_length import weighted_length
from bot.connectors.x import XConnector
from bot.domain.channels import CountsCharacters


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("plain words", 11),
        ("a" * 280, 280),
        ("カード", 6),
        ("Kärnten", 7),
        ("Ka\u0308rnten", 7),
        ("dash – and “quotes”", 19),
        ("\u2026", 2),
        ("😀", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("🇦🇺", 2),
        ("1️⃣", 2),
        ("see https://example.com/a/very/long/path?with=a&query=of+words.", 4 + 23 + 1),
        ("https://e.com", 23),
        ("(https://e.com/x)", 25),
        ("write to example.com now", 9 + 23 + 4),
        ("a@example.com", 13),
        ("3.14 and 2.5", 12),
        ("e.g. this", 9),
    ],
)
def test_each_text_counts_as_twitter_text_says(text: str, length: int) -> None:
    assert weighted_length(text) == length


def test_what_only_looks_like_a_link_counts_no_less_than_its_letters() -> None:
    word = "a-very-long-name-that-is-longer-than-23.example"

    assert weighted_length(word) == len(word)


def test_the_connector_says_how_x_counts() -> None:
    assert issubclass(XConnector, CountsCharacters)
