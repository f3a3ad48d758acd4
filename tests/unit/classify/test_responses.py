"""Weak labels: what the rules say, and of what they say nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.classify import labelled, responses
from bot.classify.responses import EXPLICIT, IMPLICIT, NONE, rule_of
from bot.errors import ClassifyError

CUES = {"asks": ("?", "please"), "demands": ("fix it",), "reports": ("fyi",)}


def jsonl(path: Path, *rows: Mapping[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def made(path: Path, *rows: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    found = responses.make([jsonl(path, *rows)], CUES)
    return {one.text: (one.response, one.rule) for one in found}


def test_sentiment_says_it_of_texts_that_ask_or_are_content(tmp_path: Path) -> None:
    found = made(
        tmp_path / "sentiment.jsonl",
        {"text": "are you open today?", "label": "neutral"},
        {"text": "who else loves Friday?", "label": "positive"},
        {"text": "lovely tram ride", "label": "positive"},
        {"text": "what a rotten day", "label": "negative"},
        {"text": "@kettleworks what a rotten kettle", "label": "negative"},
        {"text": "fyi the door is open", "label": "negative"},
    )

    assert found == {
        "are you open today?": (EXPLICIT, "asks"),
        "lovely tram ride": (NONE, "content"),
        "@kettleworks what a rotten kettle": (IMPLICIT, "grievance"),
        "fyi the door is open": (NONE, "reports"),
    }


def test_a_complaint_waits_for_an_answer_and_may_ask_for_it(tmp_path: Path) -> None:
    found = made(
        tmp_path / "complaints.jsonl",
        {"text": "the kettle leaks", "complaint": True},
        {"text": "the kettle leaks, please help", "complaint": True},
        {"text": "the kettle is blue", "complaint": False},
        {"text": "fix it", "complaint": False},
    )

    assert found == {
        "the kettle leaks": (IMPLICIT, "complaint"),
        "the kettle leaks, please help": (EXPLICIT, "asks"),
        "the kettle is blue": (NONE, "content"),
        "fix it": (IMPLICIT, "demands"),
    }


def test_an_emotion_that_asks_for_something_says_nothing(tmp_path: Path) -> None:
    number = labelled._GO_EMOTIONS.index
    found = made(
        tmp_path / "emotion.jsonl",
        {"text": "so kind of them", "labels": [number("gratitude")]},
        {"text": "no idea how this works", "labels": [number("confusion")]},
    )

    assert found == {"so kind of them": (NONE, "content")}


def test_requests_are_explicit_and_what_only_tells_is_left_out(tmp_path: Path) -> None:
    found = made(
        tmp_path / "intents.jsonl",
        {"text": "set an alarm for nine", "intent": "alarm"},
        {"text": "my card was refused", "intent": "card"},
        {"text": "my card was refused, why?", "intent": "card"},
        {"text": "i need a new card", "intent": "card"},
    )

    assert found == {
        "set an alarm for nine": (EXPLICIT, "request"),
        "my card was refused, why?": (EXPLICIT, "request"),
        "i need a new card": (EXPLICIT, "request"),
    }


def test_the_same_texts_are_taken_whatever_the_order_of_lines(tmp_path: Path) -> None:
    rows = [{"text": f"lovely tram {n}", "label": "positive"} for n in range(30)]

    first = responses.make([jsonl(tmp_path / "a.jsonl", *rows)], CUES, most=5)
    second = responses.make([jsonl(tmp_path / "b.jsonl", *rows[::-1])], CUES, most=5)

    assert first == second
    assert len(first) == 5


def test_a_text_of_two_files_is_taken_once(tmp_path: Path) -> None:
    row = {"text": "lovely tram", "label": "positive"}
    paths = [jsonl(tmp_path / name, row) for name in ("a.jsonl", "b.jsonl")]

    assert len(responses.make(paths, CUES)) == 1


def test_what_is_written_reads_as_labelled_texts(tmp_path: Path) -> None:
    file = jsonl(
        tmp_path / "in.jsonl",
        {"text": "lovely tram", "label": "positive"},
        {"text": "are you open?", "label": "neutral"},
    )

    responses.write(tmp_path / "out.jsonl", responses.make([file], CUES))
    read = labelled.read(tmp_path / "out.jsonl")

    assert read.question is labelled.Question.RESPONSE
    assert {row.text: read.question.labels[row.answer] for row in read.rows} == {
        "lovely tram": NONE,
        "are you open?": EXPLICIT,
    }


def test_a_file_of_another_question_is_refused(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "irony.jsonl", {"text": "great", "label": "irony"})

    with pytest.raises(ClassifyError, match="holds irony"):
        responses.make([file], CUES)


def test_a_demand_comes_before_a_report() -> None:
    cues = {"demands": 1, "reports": 1}

    told = rule_of(
        cues,
        is_to_somebody=False,
        is_complaint=False,
        is_grievance=False,
        is_content=True,
    )

    assert told == (IMPLICIT, "demands")
