"""Cross-validation of a recipe's sentiment, on invented texts and a tiny encoder."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from bot.classify import crossval, recipe, training
from bot.errors import ClassifyError
from tests.unit.classify import checkpoints
from tests.unit.classify.test_training import settings


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("crossval")
    base = checkpoints.save_base(folder / "base")
    return {
        "config": recipe.TrainingConfig.model_validate(settings(base)),
        "base": base,
        "data": checkpoints.save_data(folder / "data"),
        "device": "cpu",
        "folds": 3,
    }


@pytest.fixture(scope="module")
def found(
    given: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> crossval.CrossValidation:
    work = tmp_path_factory.mktemp("found") / "out"
    return crossval.cross_validate(**given, work=work)


class Interrupted(Exception):
    pass


def test_every_text_is_answered_once_by_a_model_that_never_saw_it(
    given: dict[str, Any], found: crossval.CrossValidation
):
    rows = (given["data"] / "train.jsonl").read_text().splitlines()

    assert found.folds.texts == len(rows)
    assert sum(sum(row.values()) for row in found.folds.confusion.values()) == len(rows)
    assert len(found.fold_recalls) == len(found.held_out_recalls) == 3
    assert found.folds.macro_recall.value > 0.8
    assert found.fold_mean.low <= found.fold_mean.value <= found.fold_mean.high


def test_a_text_that_was_learnt_from_is_not_what_is_measured(
    given: dict[str, Any], tmp_path: Path
):
    """Labels dealt at random can be learnt by heart, never told of unseen texts."""
    data = tmp_path / "data"
    data.mkdir()
    for file in given["data"].iterdir():
        (data / file.name).write_bytes(file.read_bytes())
    words = [hashlib.sha256(bytes([i])).hexdigest() for i in range(90)]
    rows = [
        f'{{"text": "tram {word}", "label": "{label}"}}'
        for word, label in zip(
            words, ["negative", "neutral", "positive"] * 30, strict=True
        )
    ]
    (data / "train.jsonl").write_text("\n".join(rows), encoding="utf-8")

    found = crossval.cross_validate(
        **(given | {"data": data, "folds": 2}), work=tmp_path / "work"
    )

    assert found.folds.macro_recall.value < 0.6


@pytest.mark.parametrize("stop_at", [12, 70])
def test_an_interrupted_run_says_what_an_undisturbed_one_does(
    given: dict[str, Any],
    found: crossval.CrossValidation,
    tmp_path: Path,
    stop_at: int,
):
    seen: list[training.Progress] = []

    def interrupt(progress: training.Progress) -> None:
        seen.append(progress)
        if len(seen) == stop_at:
            raise Interrupted

    with pytest.raises(Interrupted):
        crossval.cross_validate(**given, work=tmp_path / "w", progress=interrupt)
    after: list[training.Progress] = []
    again = crossval.cross_validate(**given, work=tmp_path / "w", progress=after.append)

    assert again.as_dict() == found.as_dict()
    assert after[0].done > 8
    assert after[-1].done == after[-1].total


def test_the_same_command_shows_the_figures_again_without_learning(
    given: dict[str, Any], tmp_path: Path
):
    first = crossval.cross_validate(**given, work=tmp_path / "w")
    steps: list[training.Progress] = []

    again = crossval.cross_validate(**given, work=tmp_path / "w", progress=steps.append)

    assert again.as_dict() == first.as_dict()
    assert not steps


def test_folds_begun_with_another_recipe_are_not_mixed_up(
    given: dict[str, Any], tmp_path: Path
):
    crossval.cross_validate(**given, work=tmp_path / "w")
    other = given["config"].model_copy(update={"seed": 8})

    with pytest.raises(ClassifyError, match="another recipe"):
        crossval.cross_validate(**(given | {"config": other}), work=tmp_path / "w")


def test_the_mean_has_an_interval_after_student():
    mean = crossval.mean_of([0.72, 0.73, 0.74])

    assert mean.value == pytest.approx(0.73)
    # Half the width: 4.303 * 0.01 / sqrt(3).
    assert mean.high - mean.value == pytest.approx(0.02484, abs=1e-5)


def test_macro_recall_is_the_mean_over_the_answers_that_people_gave():
    said = [[2.0, 1.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

    assert crossval.macro_recall([0, 0, 2], said) == 1.0
    assert crossval.macro_recall([0, 1, 2], said) == pytest.approx(2 / 3)
