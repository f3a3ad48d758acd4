"""Cross-validation of a recipe's sentiment, on invented texts and a tiny encoder."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.classify import crossval, labelled, recipe, teaching, training
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
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder beside which a run came to its end; to be copied."""
    return tmp_path_factory.mktemp("found")


@pytest.fixture(scope="module")
def found(given: dict[str, Any], finished: Path) -> crossval.CrossValidation:
    return crossval.cross_validate(**given, work=finished / "out")


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
    given: dict[str, Any],
    found: crossval.CrossValidation,
    finished: Path,
    tmp_path: Path,
):
    shutil.copytree(finished, tmp_path / "w")
    steps: list[training.Progress] = []

    again = crossval.cross_validate(
        **given, work=tmp_path / "w/out", progress=steps.append
    )

    assert again.as_dict() == found.as_dict()
    assert not steps


def test_folds_begun_with_another_recipe_are_not_mixed_up(
    given: dict[str, Any],
    found: crossval.CrossValidation,
    finished: Path,
    tmp_path: Path,
):
    assert found.folds.texts
    shutil.copytree(finished, tmp_path / "w")
    other = given["config"].model_copy(update={"seed": 8})

    with pytest.raises(ClassifyError, match="another recipe"):
        crossval.cross_validate(**(given | {"config": other}), work=tmp_path / "w/out")


@pytest.fixture
def at_random(given: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Sentiments and complaints of texts that can only be learnt by heart."""
    data = tmp_path / "data"
    data.mkdir()
    for file in given["data"].iterdir():
        (data / file.name).write_bytes(file.read_bytes())
    words = [hashlib.sha256(bytes([i])).hexdigest() for i in range(90)]
    labels = ["negative", "neutral", "positive"] * 30
    for name, key, told in (
        ("train.jsonl", "label", labels),
        ("complaints.jsonl", "complaint", [i % 2 == 0 for i in range(90)]),
    ):
        rows = [
            json.dumps({"text": f"tram {word}", key: one})
            for word, one in zip(words, told, strict=True)
        ]
        (data / name).write_text("\n".join(rows), encoding="utf-8")
    return given | {"data": data}


def test_teachers_say_only_what_they_did_not_learn_by_heart(
    at_random: dict[str, Any], tmp_path: Path
):
    taught = tmp_path / "answers.npz"

    found = crossval.cross_validate(
        **(at_random | {"folds": 2}), work=tmp_path / "work", taught=taught
    )

    (told,) = teaching.read(taught, None).values()
    assert told.complaint is not None
    assert told.complaint.shape == (90, 2)
    people = np.array([0, 1, 2] * 30)
    assert np.mean(told.sentiment.argmax(axis=1) == people) < 0.6
    rows = labelled.read(at_random["data"] / "complaints.jsonl").rows
    people = np.array([row.answer for row in rows])
    for fold, held_out in enumerate(training.folds_of(rows, 2)):
        right = (told.complaint[:, fold] > 0.5) == people
        assert right[held_out].mean() < 0.7
    assert found.complaint is not None
    assert found.complaint.texts == 90
    assert found.complaint.macro_f1.value < 0.7


def test_teachers_answer_every_text_that_a_student_learns_from(
    given: dict[str, Any], tmp_path: Path
):
    steps: list[training.Progress] = []
    taught, work = tmp_path / "answers.npz", tmp_path / "work"

    crossval.cross_validate(**given, work=work, taught=taught, progress=steps.append)
    first = taught.read_bytes()
    crossval.cross_validate(**given, work=work, taught=taught)

    assert steps[-1].done == steps[-1].total
    assert taught.read_bytes() == first
    lessons = training.lessons(given["config"], given["data"])
    told = teaching.read(taught, None)
    assert set(told) == set(lessons)
    for name, file in lessons.items():
        people = [row.answer for row in file.rows]
        assert np.mean(told[name].sentiment.argmax(axis=1) == people) > 0.9
        complaint = told[name].complaint
        assert complaint is not None
        angry = np.array(people) == 0
        for fold in range(3):
            assert np.mean((complaint[:, fold] > 0.5) == angry) > 0.9


def test_the_mean_has_an_interval_after_student():
    mean = crossval.mean_of([0.72, 0.73, 0.74])

    assert mean.value == pytest.approx(0.73)
    # Half the width: 4.303 * 0.01 / sqrt(3).
    assert mean.high - mean.value == pytest.approx(0.02484, abs=1e-5)


def test_macro_recall_is_the_mean_over_the_answers_that_people_gave():
    said = [[2.0, 1.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

    assert crossval.macro_recall([0, 0, 2], said) == 1.0
    assert crossval.macro_recall([0, 1, 2], said) == pytest.approx(2 / 3)
