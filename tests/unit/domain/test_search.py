from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.search import MOST_UNITS, Piece, Question, Unit, asked, pieces


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", Question()),
        ("  \t ", Question()),
        ("!!! ☕", Question()),
        ("Lost bag", Question(units=(Unit(("lost",)), Unit(("bag",))))),
        ('"Lost bag" x', Question(units=(Unit(("lost", "bag")), Unit(("x",))))),
        ('"not closed', Question(units=(Unit(("not", "closed")),))),
        ("refund*", Question(units=(Unit(("refund",), is_open=True),))),
        ("well-known", Question(units=(Unit(("well", "known")),))),
        ("from:Mia", Question(author="Mia")),
        ("@mia_of_x bag", Question(author="mia_of_x", units=(Unit(("bag",)),))),
        ("T-000012", Question(key=("T", 12))),
        (" r7 ", Question(key=("R", 7))),
        ("M-3", Question(key=("M", 3))),
        ("T-12 bag", Question(units=(Unit(("t", "12")), Unit(("bag",))))),
    ],
)
def test_what_is_typed_is_read_as_words_phrases_an_author_or_a_key(
    typed: str, meant: Question
) -> None:
    assert asked(typed) == meant
    assert asked(typed).is_empty == (meant == Question())


def test_of_very_many_words_only_the_first_are_looked_for() -> None:
    assert len(asked("a " * 100).units) == MOST_UNITS


@pytest.mark.parametrize(
    ("text", "typed", "found"),
    [
        ("My bag is lost", "bag", ["bag"]),
        ("My BAG, my bags", "bag", ["BAG"]),
        ("My BAG, my bags", "bag*", ["BAG", "bags"]),
        ("lost - bag; bag lost", '"lost bag"', ["lost - bag"]),
        ("handbag", "bag", []),
        ("a <b>bag</b>", "bag", ["bag"]),
        ("anything", "from:mia", []),
    ],
)
def test_what_was_found_stands_out_and_nothing_else(
    text: str, typed: str, found: list[str]
) -> None:
    cut = pieces(text, asked(typed))

    assert [one.text for one in cut if one.is_found] == found
    assert "".join(one.text for one in cut) == text


def test_of_a_long_text_the_part_is_shown_in_which_something_was_found() -> None:
    text = "x " * 300 + "bag" + " y" * 300

    cut = pieces(text, asked("bag"))

    assert Piece("bag", is_found=True) in cut
    shown = "".join(one.text for one in cut)
    assert shown.startswith("…x")
    assert shown.endswith("y …")
    assert len(shown) < 300


@given(st.text(max_size=900), st.text(max_size=40))
def test_no_text_and_no_question_is_too_odd_to_be_shown(text: str, typed: str) -> None:
    shown = "".join(one.text for one in pieces(text, asked(typed)))

    assert shown.strip("…") in text
