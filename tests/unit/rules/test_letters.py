"""The wording of legal notices from disk, and packs whose notices cannot be checked."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import PackError
from bot.rules.letters import Books, letter_problems, load_letters
from bot.rules.library import load_library
from bot.rules.lint import regulation_problems
from bot.rules.load import load_regulation
from tests.unit.rules.packs import RG271, ROOT, copied, edit, rg271

LETTERS = ROOT / "config" / "letters"
LIBRARY = load_library(ROOT / "config" / "packs")


def changed(tmp_path: Path, name: str, old: str, new: str) -> Books:
    """Read the shipped wording with some words of a file changed."""
    root = tmp_path / "letters"
    shutil.copytree(LETTERS, root)
    edit(root / name, old, new)
    return load_letters(root)


def test_every_shipped_pack_that_lists_contents_is_worded_in_english() -> None:
    books = load_letters(LETTERS)

    lacking = [
        words
        for pack in LIBRARY
        if pack.contents
        for words in (
            letter_problems(pack, books[pack.ref.id, "en"])
            if (pack.ref.id, "en") in books
            else [f"{pack.ref.id} is not worded"]
        )
    ]

    assert lacking == []


def test_what_is_worded_in_another_language_is_worded_whole() -> None:
    others = [book for (_, one), book in load_letters(LETTERS).items() if one != "en"]

    assert others
    for book in others:
        assert list(letter_problems(LIBRARY.newest(book.pack), book)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("en/words.yaml", "{day} {month}", "{month}", r"words.yaml:\d+: date: needs"),
        ("en/words.yaml", "  rejected:\n", "  refused:\n", r"words.yaml:\d+: outcome"),
        ("en/words.yaml", "  - January\n", "", r"words.yaml:\d+: months"),
        ("en/words.yaml", "waiver:", "waivers:", r"waive"),
        ("en/words.yaml", ", post: Post", "", r"words.yaml:\d+: contact: lacks post"),
        ("en/eu.psd2.yaml", "      heading: When", "      head: When", r"eu.psd2.yaml"),
        (
            "en/eu.psd2.yaml",
            "heading: When our reply comes",
            "heading: why it takes  LONGER",
            r"eu.psd2.yaml:\d+: .*no other section's",
        ),
    ],
)
def test_a_mistake_in_wording_is_named_by_file_line_and_key(
    tmp_path: Path, name: str, old: str, new: str, words: str
) -> None:
    with pytest.raises(PackError, match=words):
        changed(tmp_path, name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        (
            "en/eu.psd2.yaml",
            "    adr_body:",
            "    adr:",
            "final_response.adr_body: has no",
        ),
        (
            "en/eu.psd2.yaml",
            "holding_response:",
            "held:",
            "holding_response is not worded",
        ),
        (
            "en/eu.psd2.yaml",
            "holding_response:",
            "held:",
            "the pack has no notice held",
        ),
        ("en/eu.psd2.yaml", "      each:", "      text:", "stands here a second time"),
    ],
)
def test_wording_that_lacks_what_a_pack_asks_for_is_named(
    tmp_path: Path, name: str, old: str, new: str, words: str
) -> None:
    try:
        book = changed(tmp_path, name, old, new)["eu.psd2", "en"]
        found = list(letter_problems(LIBRARY.newest("eu.psd2"), book))
    except PackError as error:
        found = [error.shown]

    assert any(words in one for one in found)


def test_an_outcome_without_words_of_its_own_is_named(tmp_path: Path) -> None:
    accepted = (
        "        accepted: >-\n          We accept your complaint. "
        "[What we do to put it right, and by when]\n"
    )
    books = changed(tmp_path, "en/au.asic.rg271.yaml", accepted, "")

    found = list(letter_problems(rg271(), books["au.asic.rg271", "en"]))

    assert found == [
        "en/au.asic.rg271: idr_response.final_outcome: has no words for every outcome"
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "asks: [outcome]}\n      right",
            "asks: [luck]}\n      right",
            "input should be",
        ),
        (
            "      final_outcome: {",
            "      last_outcome: {",
            "idr_response never holds it",
        ),
        ("        limit: {unit: calendar_days, n: 28}\n", "", "limit goes with asks"),
        (
            "unlicensed_coi_non_afca: [final_outcome]",
            "gold: [final_outcome]",
            "the class gold is not",
        ),
        (
            "    must: [final_outcome, right_to_afca",
            "    event: luck\n    must: [final_outcome, right_to_afca",
            "the event luck is not",
        ),
    ],
)
def test_a_pack_whose_notice_could_not_be_checked_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    folder = copied(RG271, tmp_path)
    edit(folder / "pack.yaml", old, new)

    with pytest.raises(PackError, match=words):
        load_regulation(folder)


def test_a_pack_that_asks_for_a_body_and_names_none_is_refused() -> None:
    found = [
        one.words for one in regulation_problems(replace(rg271(), escalation_body=None))
    ]

    assert set(found) == {"asks for a body, and escalation_body is not given"}


def test_giving_a_notice_is_recorded_as_what_meets_its_clock() -> None:
    pack = rg271()

    assert pack.event_of("idr_response") == "idr_response_provided"
    assert pack.event_of("death_benefit_new_proposal") == ""
    assert pack.notice_of("customer_advocate_response_sent") == "idr_response"
    assert pack.notice_of("info_requested") == ""
    assert LIBRARY.newest("uk.fca.disp").event_of("delay_response") == (
        "delay_response_sent"
    )
