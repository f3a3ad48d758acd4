"""Figures against answers worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.classify import calibration, labelled
from bot.classify.evaluation import (
    Evaluation,
    evaluate,
    measure,
    paired,
    probabilities,
)
from bot.classify.labelled import Labelled, LabelledFile, Question
from bot.classify.scores import SENTIMENTS, TextScores
from bot.errors import ClassifyError, Missing

NEGATIVE, NEUTRAL, POSITIVE = range(3)
ANGER, JOY, NO_EMOTION = 0, 7, 8


class WordScorer:
    """Answers by the word that a text begins with; as sure as the text says."""

    model_id = "words@1"

    def __init__(self, *, knows_complaints: bool = True) -> None:
        self.knows_complaints = knows_complaints
        self.asked: list[int] = []

    def score(self, texts: Sequence[str]) -> list[TextScores]:
        self.asked.append(len(texts))
        return [self._one(*text.split()) for text in texts]

    def _one(self, word: str, sure: str = "0.8") -> TextScores:
        p = float(sure)
        sentiment = {name: p if name == word else (1 - p) / 2 for name in SENTIMENTS}
        complaint = p if word == "negative" else 1 - p
        return TextScores(
            sentiment=sentiment,
            complaint=complaint if self.knows_complaints else None,
            truncated=False,
        )


def sentiment_file(*pairs: tuple[str, str], **more: Any) -> LabelledFile:
    return LabelledFile(
        name="invented.jsonl",
        question=Question.SENTIMENT,
        rows=tuple(
            Labelled(text=text, answer=SENTIMENTS.index(said), **more)
            for said, text in pairs
        ),
    )


@pytest.fixture
def ten() -> Evaluation:
    return evaluate(
        WordScorer(),
        sentiment_file(
            *[("negative", "negative")] * 3,
            ("negative", "neutral"),
            *[("neutral", "neutral")] * 2,
            *[("neutral", "positive")] * 2,
            *[("positive", "positive")] * 2,
        ),
    )


def test_figures_are_those_worked_out_by_hand(ten: Evaluation):
    assert ten.accuracy.value == pytest.approx(7 / 10)
    assert ten.recall["negative"].value == pytest.approx(3 / 4)
    assert ten.recall["neutral"].value == pytest.approx(2 / 4)
    assert ten.recall["positive"].value == pytest.approx(1)
    assert ten.macro_recall.value == pytest.approx((0.75 + 0.5 + 1) / 3)
    assert ten.precision["neutral"].value == pytest.approx(2 / 3)
    f1 = (2 * 3 / 7, 2 * 2 / 7, 2 * 2 / 6)
    assert ten.macro_f1.value == pytest.approx(sum(f1) / 3)
    assert ten.confusion["neutral"] == {"negative": 0, "neutral": 2, "positive": 2}


def test_the_gap_between_sure_and_right_is_the_calibration_error(ten: Evaluation):
    # Always 80 % sure, right 7 times of 10.
    assert ten.calibration_error == pytest.approx(0.1)


def test_an_interval_holds_its_value_and_narrows_with_more_texts():
    few = [("negative", "negative")] * 7 + [("neutral", "negative")] * 3

    small = evaluate(WordScorer(), sentiment_file(*few)).accuracy
    large = evaluate(WordScorer(), sentiment_file(*few * 100)).accuracy

    assert small.low < small.value == large.value < small.high
    assert large.high - large.low == pytest.approx(2 * 1.96 * 0.0145, rel=0.1)
    assert large.high - large.low < (small.high - small.low) / 5


def test_the_same_texts_always_give_the_same_interval(ten: Evaluation):
    rows = sentiment_file(("negative", "negative"), ("neutral", "positive"))

    assert evaluate(WordScorer(), rows) == evaluate(WordScorer(), rows)


def test_an_estimate_reads_as_per_cent_with_its_interval(ten: Evaluation):
    value = str(ten.macro_recall)

    assert value.startswith("75.0 (")
    assert value.endswith(")")


def test_figures_are_also_given_by_how_sure_the_model_was():
    rows = sentiment_file(
        *[("negative", "negative 0.95")] * 9,
        ("neutral", "negative 0.95"),
        *[("negative", "neutral 0.5")] * 4,
    )

    by_name = {s.name: s for s in evaluate(WordScorer(), rows).slices}

    assert set(by_name) == {"model 90 % sure or more", "model under 70 % sure"}
    sure = by_name["model 90 % sure or more"]
    assert sure.texts == 10
    assert sure.accuracy.value == pytest.approx(0.9)
    assert by_name["model under 70 % sure"].recall["negative"].value == 0


def test_how_sure_the_model_was_stands_beside_how_often_it_was_right():
    rows = sentiment_file(
        *[("negative", "negative 0.95")] * 3,
        ("neutral", "negative 0.95"),
        ("negative", "neutral 0.5"),
    )

    low, high = evaluate(WordScorer(), rows).reliability

    assert (low.texts, low.right) == (1, 0)
    assert (high.texts, high.right) == (4, 0.75)
    assert high.sure == pytest.approx(0.95)


def test_figures_are_also_given_by_how_far_people_agreed():
    agreed = sentiment_file(*[("negative", "negative")] * 3, confidence=1.0)
    split = sentiment_file(*[("negative", "neutral")] * 2, confidence=0.66)
    rows = LabelledFile(
        name="both",
        question=Question.SENTIMENT,
        rows=agreed.rows + split.rows,
    )

    by_name = {s.name: s for s in evaluate(WordScorer(), rows).slices}

    assert by_name["people all agreed"].accuracy.value == 1
    assert by_name["people mostly agreed"].accuracy.value == 0


def test_a_class_that_nobody_used_does_not_lower_the_mean():
    rows = sentiment_file(*[("negative", "negative")] * 3)

    assert evaluate(WordScorer(), rows).macro_recall.value == 1


def test_progress_is_told_and_no_text_is_left_out():
    scorer, told = WordScorer(), []

    evaluate(
        scorer,
        sentiment_file(*[("neutral", "neutral")] * 2_500),
        progress=lambda done, total: told.append((done, total)),
    )

    assert sum(scorer.asked) == 2_500
    assert told[-1] == (2_500, 2_500)
    assert len(told) == len(scorer.asked) > 1


def test_complaints_are_measured_with_their_own_labels():
    rows = LabelledFile(
        name="c",
        question=Question.COMPLAINT,
        rows=(
            Labelled(text="negative", answer=1),
            Labelled(text="neutral", answer=1),
            Labelled(text="neutral", answer=0),
        ),
    )

    found = evaluate(WordScorer(), rows)

    assert found.recall["yes"].value == pytest.approx(0.5)
    assert found.confusion["no"] == {"no": 1, "yes": 0}


def test_a_model_without_a_complaint_head_is_not_given_figures():
    rows = LabelledFile(
        name="c",
        question=Question.COMPLAINT,
        rows=(Labelled(text="neutral", answer=0),),
    )

    with pytest.raises(ClassifyError, match="no complaint head"):
        evaluate(WordScorer(knows_complaints=False), rows)


def test_an_evaluation_is_plain_json(ten: Evaluation):
    again = json.loads(json.dumps(ten.as_dict()))

    assert again["question"] == "sentiment"
    assert again["recall"]["negative"]["value"] == pytest.approx(0.75)


# -- files -----------------------------------------------------------------------


def save(folder: Path, *lines: object) -> Path:
    path = folder / "file.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "question", "answer", "confidence"),
    [
        ({"text": "a", "label": "positive"}, Question.SENTIMENT, POSITIVE, None),
        ({"text": "a", "complaint": True}, Question.COMPLAINT, 1, None),
        ({"text": "a", "complaint": False, "id": "1"}, Question.COMPLAINT, 0, None),
        (
            {"text": "a", "sentiment": "negative", "sentiment_confidence": 0.6},
            Question.SENTIMENT,
            NEGATIVE,
            0.6,
        ),
        ({"text": "a", "label": "non_irony"}, Question.IRONY, 0, None),
        ({"text": "a", "label": "hate"}, Question.HATE, 1, None),
        ({"text": "a", "label": "not-offensive"}, Question.OFFENSIVE, 0, None),
        ({"text": "a", "label": "optimism"}, Question.EMOTION, JOY, None),
        ({"text": "a", "labels": [2, 3, 27]}, Question.EMOTION, ANGER, None),
        ({"text": "a", "labels": [27]}, Question.EMOTION, NO_EMOTION, None),
    ],
)
def test_each_layout_is_told_by_its_keys(
    tmp_path: Path,
    row: dict[str, Any],
    question: Question,
    answer: int,
    confidence: float | None,
):
    found = labelled.read(save(tmp_path, row))

    assert found.question is question
    assert found.rows == (Labelled(text="a", answer=answer, confidence=confidence),)


def test_texts_in_which_people_saw_several_emotions_are_set_aside(tmp_path: Path):
    rows = [{"text": "a", "labels": labels} for labels in ([2], [2, 17], [], [28])]

    found = labelled.read(save(tmp_path, *rows))

    assert [row.answer for row in found.rows] == [ANGER]
    assert [reason.split(":")[0] for reason in found.skipped] == [
        "line 2",
        "line 3",
        "line 4",
    ]


def test_what_cannot_be_read_is_set_aside_with_line_and_reason(tmp_path: Path):
    path = save(
        tmp_path,
        {"text": "good", "label": "neutral"},
        '{"text": "cut off',
        "",
        {"label": "neutral"},
        {"text": "angry", "label": "furious"},
        [1, 2],
        "[" * 100_000,
        {"text": "also good", "label": "negative"},
    )

    found = labelled.read(path)

    assert [row.answer for row in found.rows] == [NEUTRAL, NEGATIVE]
    lines = [reason.split(":")[0] for reason in found.skipped]
    assert lines == ["line 2", "line 4", "line 5", "line 6", "line 7"]
    assert "one of negative, neutral, positive" in found.skipped[2]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "nothing that can be evaluated"),
        (["not json"], "nothing that can be evaluated"),
        (
            [{"text": "a", "complaint": True}, {"text": "a", "label": "neutral"}],
            "complaint and sentiment",
        ),
    ],
)
def test_a_file_without_one_question_is_refused(
    tmp_path: Path, lines: list[object], told: str
):
    with pytest.raises(ClassifyError, match=told):
        labelled.read(save(tmp_path, *lines))


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(Missing, match=r"none\.jsonl"):
        labelled.read(tmp_path / "none.jsonl")


# -- calibration -------------------------------------------------------------------


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_answers_is_found(true_temperature: float):
    random = np.random.default_rng(5)
    logits = random.normal(scale=3, size=(20_000, 3))
    odds = calibration.softmax(logits.tolist(), true_temperature)
    answers = [int(random.choice(3, p=row)) for row in odds]

    found = calibration.temperature(logits.tolist(), answers)

    assert found == pytest.approx(true_temperature, rel=0.05)


def test_overconfidence_is_cured_without_changing_an_answer():
    random = np.random.default_rng(6)
    logits = random.normal(size=(5_000, 3))
    answers = [
        int(random.choice(3, p=row)) for row in calibration.softmax(logits.tolist())
    ]
    loud = (logits * 4).tolist()
    rows = LabelledFile(
        name="l",
        question=Question.SENTIMENT,
        rows=tuple(Labelled(text="", answer=answer) for answer in answers),
    )
    found = calibration.temperature(loud, answers)

    before = measure(rows, calibration.softmax(loud), model_id="loud")
    after = measure(rows, calibration.softmax(loud, found), model_id="calm")

    assert before.calibration_error > 0.2
    assert after.calibration_error < 0.03
    assert after.confusion == before.confusion


def test_two_models_are_compared_text_by_text():
    file = sentiment_file(
        *[("negative", "negative")] * 30,
        *[("neutral", "neutral")] * 20,
        *[("positive", "positive")] * 10,
    )
    right = probabilities(WordScorer(), file)
    wrong = right.copy()
    wrong[:15] = [0.1, 0.8, 0.1]

    found = paired(file, wrong, right)

    assert (found.gained, found.lost) == (15, 0)
    assert found.difference.value == pytest.approx(0.5 / 3)
    assert str(found).startswith("+16.7 (+1")
    assert 0 < found.difference.low < 0.5 / 3 < found.difference.high < 0.3


def test_what_is_hard_for_both_is_no_difference():
    file = sentiment_file(*[("negative", "positive")] * 5, ("neutral", "neutral"))
    same = probabilities(WordScorer(), file)

    found = paired(file, same, same)

    assert (found.gained, found.lost) == (0, 0)
    difference = found.difference
    assert (difference.low, difference.value, difference.high) == (0, 0, 0)
