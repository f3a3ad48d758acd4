"""A checkpoint is made small only where it says nearly the same afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.classify import engines, manifest, weights
from bot.classify import quantise as eight_bits
from bot.classify.evaluation import Floats
from bot.classify.labelled import Labelled, LabelledFile, Question
from bot.errors import ClassifyError
from tests.unit.classify import checkpoints


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.save_ours(tmp_path_factory.mktemp("models") / "ours")


def asked(answers: list[int], question: Question = Question.SENTIMENT) -> LabelledFile:
    words = checkpoints.WORDS
    rows = [
        Labelled(text=f"{words[i % 25]} the {words[i // 25 % 25]}", answer=answer)
        for i, answer in enumerate(answers)
    ]
    return LabelledFile(name=f"{question}.jsonl", question=question, rows=tuple(rows))


def certain(answers: list[int], size: int = 3) -> Floats:
    return np.eye(size)[answers]


def test_the_small_checkpoint_says_what_it_costs(ours: Path, tmp_path: Path):
    files = [asked([0, 1, 2] * 20), asked([0, 1] * 20, Question.COMPLAINT)]

    made = eight_bits.quantise(ours, tmp_path / "small", files)

    facts = manifest.read(made.out)
    measured = facts.facts[weights.INT8]
    assert facts.weights == weights.INT8
    assert facts.model_id == made.model_id != manifest.read(ours).model_id
    assert set(measured["agreement"]) == {"sentiment.jsonl", "complaint.jsonl"}
    assert min(measured["agreement"].values()) >= engines.SAFE_AGREEMENT
    assert len(measured[engines.REFERENCE]) == len(engines.SELF_TEST)
    small = weights.read(made.out / manifest.WEIGHTS)
    assert {
        name.removesuffix(weights.SCALE)
        for name in small
        if name.endswith(weights.SCALE)
    } == {name for name, values in small.items() if values.dtype == np.int8}
    assert small["embeddings.word_embeddings.weight"].dtype == np.int8


@pytest.mark.usefixtures("exact_products")
def test_the_small_checkpoint_is_used_in_eight_bits(ours: Path, tmp_path: Path):
    made = eight_bits.quantise(ours, tmp_path / "small", [asked([0, 1, 2] * 20)])

    found = engines.load(made.out, engine="onnx")

    assert found.model_id == f"{made.model_id}/int8"


def test_too_many_changed_labels_are_refused_and_nothing_is_left(
    ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(eight_bits, "ROOM", 0)
    monkeypatch.setattr(engines, "SAFE_AGREEMENT", 1.1)

    with pytest.raises(ClassifyError, match="of the labels"):
        eight_bits.quantise(ours, tmp_path / "small", [asked([0, 1, 2])])

    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_is_too_large_all_the_same_is_refused(
    ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(eight_bits, "ROOM", 10_000)
    monkeypatch.setattr(engines, "SAFE_AGREEMENT", 0.0)
    monkeypatch.setattr(eight_bits, "LOSS", 1.0)

    with pytest.raises(ClassifyError, match=r"bytes in eight bits.*may take 10,000"):
        eight_bits.quantise(ours, tmp_path / "small", [asked([0, 1, 2])])

    assert list(tmp_path.iterdir()) == []


def test_matrices_stay_exact_as_long_as_there_is_room(
    ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engines, "SAFE_AGREEMENT", 1.1)
    told: list[str] = []

    with pytest.raises(ClassifyError, match="may not be used"):
        eight_bits.quantise(
            ours, tmp_path / "small", [asked([0, 1, 2])], progress=told.append
        )

    # Two layers of six matrices each.
    assert told == [f"{count} matrices exact" for count in range(13)]


def test_a_checkpoint_that_is_small_already_is_refused(ours: Path, tmp_path: Path):
    made = eight_bits.quantise(ours, tmp_path / "small", [asked([0, 1, 2] * 20)])

    with pytest.raises(ClassifyError, match="already"):
        eight_bits.quantise(made.out, tmp_path / "smaller", [asked([0])])


def test_a_folder_that_is_there_is_not_replaced(ours: Path, tmp_path: Path):
    with pytest.raises(ClassifyError, match="is there already"):
        eight_bits.quantise(ours, tmp_path, [asked([0])])


def test_the_cost_of_a_class_is_what_was_right_and_is_no_longer():
    truth = [0] * 10 + [1] * 10 + [2] * 10
    after = [1] + [0] * 9 + [1] * 10 + [2] * 10

    cost = eight_bits.cost(asked(truth), certain(truth), certain(after))

    assert cost.agreement == pytest.approx(29 / 30)
    assert cost.recall_lost == pytest.approx(
        {"negative": 0.1, "neutral": 0, "positive": 0}
    )
    assert cost.macro_recall_lost == pytest.approx(0.1 / 3)
    assert "of the labels" in cost.trouble


def test_macro_recall_may_lose_three_tenths_of_a_point():
    truth = [0] * 300 + [1] * 300 + [2] * 300
    fewer = [1, 1, *truth[2:]]
    more = [1, 1, 1, *truth[3:]]

    kept, lost = (
        eight_bits.cost(asked(truth), certain(truth), certain(after))
        for after in (fewer, more)
    )

    assert kept.agreement > engines.SAFE_AGREEMENT
    assert kept.trouble == ""
    assert lost.trouble == "loses 0.33 points of macro-recall"


def test_a_class_may_lose_no_more_than_chance_explains():
    truth = [0] * 100 + [1] * 450 + [2] * 450
    before = truth.copy()
    before[100:103] = [2, 2, 2]
    # Three gained in one class hide three lost in another from the macro-recall.
    after = truth.copy()
    after[550:553] = [1, 1, 1]

    one_class = eight_bits.cost(asked(truth), certain(before), certain(after))
    one_text = eight_bits.cost(asked(truth), certain(truth), certain([1, *truth[1:]]))

    assert one_class.macro_recall_lost == pytest.approx(0)
    assert one_class.beyond_chance == ("positive",)
    assert one_text.recall_lost["negative"] == pytest.approx(0.01)
    assert one_text.beyond_chance == ()


def test_a_class_that_is_not_in_the_file_has_no_say():
    cost = eight_bits.cost(asked([0, 0]), certain([0, 0]), certain([0, 0]))

    assert cost.recall_lost == {"negative": 0.0}
