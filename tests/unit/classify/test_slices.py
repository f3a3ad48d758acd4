from __future__ import annotations

import pytest

from bot.classify.evaluation import Bin
from bot.classify.labelled import Labelled
from bot.classify.slices import LEAST, cuts
from bot.cli.model import picture, shaded

TEXTS = (
    "the train was late again today",
    "the train wasn't late",
    "WAS it late? 😡",
    "never again " * 13,
    "nothing to say about this train to the city at nine",
)


def members(*texts: str, group: str = "") -> dict[str, list[int]]:
    rows = [Labelled(text=text, answer=0, group=group) for text in texts]
    return {name: [int(i) for i in mask.nonzero()[0]] for name, mask in cuts(rows)}


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("under 8 words", [0, 1, 2]),
        ("8 to 25 words", [4]),
        ("over 25 words", [3]),
        ("with an emoji", [2]),
        ("with a negation", [1, 3, 4]),
        ("with a question mark", [2]),
    ],
)
def test_texts_are_cut_by_what_a_model_may_fail_on(name: str, texts: list[int]) -> None:
    assert members(*TEXTS)[name] == texts


def test_a_cut_that_holds_every_text_says_nothing_new() -> None:
    assert members("how?", "why?") == {}


def test_groups_and_languages_get_a_line_where_there_are_enough_of_them() -> None:
    english = [
        f"my train number {n} is late and nobody tells us why" for n in range(40)
    ]
    german = [f"mein Zug Nummer {n} hat Verspätung, warum denn" for n in range(LEAST)]
    spanish = ["mi tren llega tarde otra vez"]

    found = members(*english, *german, *spanish)

    assert found["language en"] == list(range(40))
    assert found["language de"] == list(range(40, 40 + LEAST))
    assert "language es" not in found


def test_a_group_is_what_the_file_says_a_text_is_about() -> None:
    rows = [Labelled(text="late", answer=0, group="Delta")] * LEAST
    rows += [Labelled(text="late", answer=0, group="United")] * (LEAST - 1)
    rows += [Labelled(text="late", answer=0)]

    assert [name for name, _ in cuts(rows)] == ["group Delta"]


@pytest.mark.parametrize(
    ("sure", "right", "drawn"),
    [
        (0.5, 0.5, "█" * 14 + "|" + "·" * 15),
        (1.0, 0.5, "█" * 15 + "·" * 14 + "|"),
        (0.5, 1.0, "█" * 14 + "|" + "█" * 15),
    ],
)
def test_the_picture_shows_how_often_it_was_right_against_how_sure_it_was(
    sure: float, right: float, drawn: str
) -> None:
    assert picture(Bin(sure=sure, right=right, texts=9)) == drawn


def test_each_count_is_shaded_by_its_share_of_what_people_called_so() -> None:
    said = {"negative": 70, "neutral": 25, "positive": 5}

    assert shaded(said) == {
        "negative": "70 ▓▓",
        "neutral": "25 ░░",
        "positive": "5 ░░",
    }
    assert shaded({"no": 0, "yes": 8}) == {"no": "0", "yes": "8 ██"}
    assert shaded({"no": 0, "yes": 0}) == {"no": "0", "yes": "0"}
