from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.cli.classify import Line, _as_mention, _lines, answer
from bot.domain.mentions import Author
from bot.domain.tags import Band, Influence, Points
from tests.samples import NOON, tags

TEXT, OTHER = Line(text="hello"), Line(text="please help")
NOT_JSON = Line(error="this line is not JSON")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["hello\n", "please help\r\n"], [TEXT, OTHER]),
        (['{"text": "hello"}\n', '{"text": "please help"}'], [TEXT, OTHER]),
        # An object with a text is one wherever it stands.
        (["hello\n", '{"text": "please help"}\n'], [TEXT, OTHER]),
        (["\n", '{"text": "hello"}\n'], [Line(), TEXT]),
        # Where the first is an object, nothing else will do.
        (['{"text": "hello"}\n', "please help\n"], [TEXT, NOT_JSON]),
        (['{"text": "hello"}\n', '{"text": "plea\n'], [TEXT, NOT_JSON]),
        (['{"text": 1}\n'], [Line(error='this line has no "text"')]),
        # Braces alone make no object of what people write.
        (["{hello}\n", "[1, 2]\n"], [Line(text="{hello}"), Line(text="[1, 2]")]),
        (["{hello}\n", '{"text": "hello"}\n'], [Line(text="{hello}"), TEXT]),
        ([], []),
    ],
)
def test_lines_and_objects_are_told_apart_line_by_line(
    written: list[str], read: list[Line]
) -> None:
    assert list(_lines(written)) == read


def test_a_line_that_is_too_long_has_an_error_and_the_rest_goes_on() -> None:
    first, second = _lines(["a" * 100_001 + "\n", "hello\n"])

    assert "100001 characters" in first.error
    assert second == TEXT


def test_a_line_with_an_author_says_what_a_replayed_file_would() -> None:
    said = (
        '{"text": "hello", "channel": "x", "published_at": "2026-11-02T09:00:00Z", '
        '"author": {"handle": "@ada", "followers": 12}, "engagement": {"likes": 4}}'
    )

    (line,) = _lines([said])

    assert line.told is not None
    assert line.told.author == Author(external_id="ada", handle="ada", followers=12)
    assert (line.told.channel, line.told.engagement.likes) == ("x", 4)
    stored = _as_mention(line, 7, NOON, "acme")
    assert (stored.mention.text, stored.mention.brand) == ("hello", "acme")
    assert stored.mention.published_at == datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("author", ["null", '"ada"', "7"])
def test_a_line_whose_author_is_no_object_is_only_a_text(author: str) -> None:
    assert list(_lines([f'{{"text": "hello", "author": {author}}}'])) == [TEXT]


def test_a_date_that_makes_no_sense_is_said_for_its_line() -> None:
    (line,) = _lines(['{"text": "a", "author": {"id": "7"}, "published_at": "soon"}'])

    assert line.error == "published_at is no date: 'soon'"


def test_a_line_without_a_date_is_of_now() -> None:
    (line,) = _lines(['{"text": "a", "author": {"id": "7"}}'])

    assert _as_mention(line, 0, NOON, "acme").mention.published_at == NOON


def test_influence_is_told_only_of_a_text_whose_author_is() -> None:
    found = Influence(
        score=9.0,
        low=8.0,
        high=35.0,
        band=Band.NANO,
        reasons=(Points(reason="r", points=9.0),),
        unknown=("its age",),
    )

    signed = answer("a", tags(influence=found), is_signed=True)

    assert signed["influence"] == {
        "score": 9.0,
        "low": 8.0,
        "high": 35.0,
        "band": "nano",
        "influencer": False,
        "looks_automated": False,
        "reasons": [{"reason": "r", "points": 9.0}],
        "unknown": ["its age"],
    }
    assert answer("a", tags(influence=found))["influence"] is None
