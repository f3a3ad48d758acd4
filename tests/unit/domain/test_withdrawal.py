"""An author's words, found again in what other people wrote."""

from __future__ import annotations

import pytest

from bot.domain.withdrawal import WITHDRAWN, Quotations

TEXT = "You broke the blue harmonica on Monday and nobody rang me back."


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        (TEXT, f"{WITHDRAWN}."),
        (f"They say: «{TEXT}» (twice)", f"They say: «{WITHDRAWN}.» (twice)"),
        ("she: YOU BROKE THE BLUE harmonica!", f"she: {WITHDRAWN}!"),
        ("on Monday, and nobody rang", WITHDRAWN),
        (
            "broke the blue harmonica, it seems; nobody rang me back either",
            f"{WITHDRAWN}, it seems; {WITHDRAWN} either",
        ),
        ("the blue harmonica was mended", "the blue harmonica was mended"),
        ("", ""),
    ],
)
def test_four_words_in_a_row_are_a_quotation(kept, left):
    assert Quotations([TEXT], []).out_of(kept) == left


@pytest.mark.parametrize(
    ("text", "kept", "left"),
    [
        ("Shame on you", "«Shame on you»", f"«{WITHDRAWN}»"),
        ("Bad", "Bad", WITHDRAWN),
        ("Bad", "A bad day", "A bad day"),
        (
            "Unbelievable!",
            "They wrote Unbelievable! again",
            f"They wrote {WITHDRAWN} again",
        ),
        (
            "最悪のサービスです",
            "彼は「最悪のサービスです」と",
            f"彼は「{WITHDRAWN}」と",
        ),
    ],
)
def test_short_texts_are_found_whole(text, kept, left):
    assert Quotations([text], []).out_of(kept) == left


def test_names_and_links_go_wherever_they_stand_as_a_whole():
    words = Quotations([], ["ada", "Ada Byron", "https://x.example/ada/1", "", None])

    left = words.out_of("@Ada, Ada Byron: see https://x.example/ada/1, not Adamant")

    assert left == f"@{WITHDRAWN}, {WITHDRAWN}: see {WITHDRAWN}, not Adamant"


def test_every_text_that_was_ever_said_counts():
    words = Quotations(["one two three four", "five six seven eight"], [])

    assert words.out_of("1: one two three four 2: five six seven eight") == (
        f"1: {WITHDRAWN} 2: {WITHDRAWN}"
    )
