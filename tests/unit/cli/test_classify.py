from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.classify.labelled import Question
from bot.cli.classify import Line, _as_mention, _lines, answer
from bot.cli.main import main
from bot.domain.mentions import Author
from bot.domain.tags import Band, Influence, Points
from tests.samples import NOON, tags
from tests.unit.classify import checkpoints

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


def test_further_questions_are_answered_by_their_likeliest_label() -> None:
    heard = {
        "emotion": {"anger": 0.81234, "joy": 0.18766},
        "offensive": {"no": 0.9, "yes": 0.1},
    }

    assert answer("a", tags(others=heard))["others"] == {
        "emotion": {"label": "anger", "score": 0.8123},
        "offensive": {"label": "no", "score": 0.9},
    }
    assert answer("a", tags())["others"] == {}


@pytest.fixture
def classify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command on one line with a model; give the object that it prints."""

    def run(model: Path) -> Any:
        settings, lines = tmp_path / "bot.yaml", tmp_path / "lines.txt"
        how = f"{{path: {model}, device: cpu, precision: fp32}}"
        settings.write_text(f"model: {how}\n", encoding="utf-8")
        lines.write_text("my order never arrived again\n", encoding="utf-8")
        with pytest.raises(SystemExit) as end:
            main(["classify", str(lines), "--config", str(settings)])
        assert end.value.code == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_a_model_with_every_head_answers_every_question(
    classify: Any, tmp_path: Path
) -> None:
    told = classify(checkpoints.save_ours(tmp_path / "ours"))["others"]

    further = set(Question) - {Question.SENTIMENT, Question.COMPLAINT}
    assert set(told) == {question.value for question in further}
    for question in further:
        labels = question.labels
        assert told[question]["label"] in labels
        assert 1 / len(labels) <= told[question]["score"] <= 1


def test_a_model_without_further_heads_has_nothing_more_to_say(
    classify: Any, tmp_path: Path
) -> None:
    labels = ["negative", "neutral", "positive"]
    theirs = checkpoints.save_classifier(tmp_path / "x", labels, says="negative")

    assert classify(theirs)["others"] == {}
