from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classify.text import READ_AT_MOST, count_words, folded, repaired


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I donâ€™t like thisâ€¦", "i don't like this..."),
        ("ＣＬＯＳＥ  ｍｙ　account", "close my account"),
        ("so\u200bft hy\u00adphen", "soft hyphen"),
        ("fish &amp; chips", "fish & chips"),
        ("it\u02bcs `fine´", "it's 'fine'"),
        ("STRASSE Straße", "strasse strasse"),
        ("@acme and @jo.example@agora.example, hello", "@ and @, hello"),
        (
            "i dont, cant and wont. theyre sure thats it",
            "i don't, can't and won't. they're sure that's it",
        ),
        ("im not well, were well", "i'm not well, were well"),
        ("wenn ich im Haus bin", "wenn ich im haus bin"),
        ("see https://agora.example/a?b=c now", "see now"),
        ("mail ada@example.com", "mail ada@example.com"),
        ("one\r\n\r\n  two ", "one\ntwo"),
        ("", ""),
        ("\ud800", "\ufffd"),
    ],
)
def test_the_same_words_become_the_same_characters(text: str, expected: str) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("@ @", 0),
        ("😡😡 12 %", 0),
        ("thanks", 1),
        ("don't you dare", 3),
        ("我要投诉", 2),
        ("我", 1),
        ("मेरा खाता बंद", 3),
        ("لن أتعامل معكم", 3),
    ],
)
def test_words_are_counted_in_scripts_with_and_without_spaces(
    text: str, count: int
) -> None:
    assert count_words(folded(text)) == count


def test_repair_changes_broken_encodings_only() -> None:
    whole = "Ｗide, “curly” &amp; ﬁne 😡"

    assert repaired(whole) == whole
    assert repaired("itâ€™s") == "it’s"
    assert repaired("a\ud800b") == "a\ufffdb"


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "â€™",
        "😡",
        "&amp;",
        "www.",
        "@a-",
        "e\u0301\u0301",
        "ﷺ",
        "\n",
        "Ã",
        "\x1b[",
    ],
)
def test_work_is_bounded_whatever_comes_in(piece: str) -> None:
    long = piece * 1_000_000

    assert len(folded(long)) <= READ_AT_MOST
    assert len(repaired(long)) <= READ_AT_MOST


@given(st.text())
def test_any_text_can_be_folded_and_stored(text: str) -> None:
    found = folded(text)

    assert len(found.encode()) >= len(found)
    assert len(repaired(text).encode()) >= len(repaired(text))
    assert 0 <= count_words(found) <= len(found)
