"""Training, from recipe to finished model, on invented texts and a tiny encoder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.classify import recipe, training
from bot.classify.encoder import Encoder
from bot.classify.plan import Plan, Task
from bot.errors import ClassifyError, SettingsError
from tests.unit.classify import checkpoints

ROOT = Path(__file__).parents[3]


@dataclass
class Room:
    base: Path
    data: Path
    config: recipe.TrainingConfig
    folder: Path

    def train(self, name: str, **more: Any) -> training.Report:
        values: dict[str, Any] = {
            "base": self.base,
            "data": self.data,
            "config": self.config,
        } | more
        return training.train(**values, out=self.folder / name, device="cpu")


def settings(base: Path) -> dict[str, Any]:
    stage = {
        "epochs": 8,
        "batch_size": 8,
        "learning_rate": 5e-3,
        "head_learning_rate": 5e-3,
        "label_smoothing": 0.05,
        "warmup": 0.1,
        "weight_decay": 0.01,
    }
    weights = (base / "model.safetensors").read_bytes()
    return {
        "name": "tiny",
        "version": "1",
        "languages": ["en"],
        "seed": 7,
        "dropout": 0.1,
        "train_length": 16,
        "read_length": 32,
        "checkpoint_every": 10,
        "base": {"name": "tiny", "sha256": hashlib.sha256(weights).hexdigest()},
        "data": {
            "sentiment_train": {"file": "train.jsonl"},
            "sentiment_held_out": {"file": "val.jsonl"},
            "complaints": {"file": "complaints.jsonl"},
        },
        "sentiment": stage,
        "complaint": {**stage, "folds": 2, "epochs": 4, "learning_rate": 1e-3},
    }


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    folder = tmp_path_factory.mktemp("training")
    base = checkpoints.save_base(folder / "base")
    return Room(
        base=base,
        data=checkpoints.save_data(folder / "data"),
        config=recipe.TrainingConfig.model_validate(settings(base)),
        folder=folder,
    )


@pytest.fixture(scope="module")
def seen() -> list[training.Progress]:
    return []


@pytest.fixture(scope="module")
def report(room: Room, seen: list[training.Progress]) -> training.Report:
    return room.train("whole", progress=seen.append)


def test_what_was_taught_is_known_afterwards(report: training.Report):
    assert report.sentiment.macro_recall.value > 0.8
    assert report.complaint.macro_f1.value > 0.9


def test_the_loss_falls(report: training.Report, seen: list[training.Progress]):
    losses = [p.loss for p in seen if p.stage == "sentiment"]

    assert sum(losses[-10:]) < 0.6 * sum(losses[:10])


def test_progress_counts_up_to_the_announced_total(
    report: training.Report, seen: list[training.Progress]
):
    assert seen[-1].done == seen[-1].total
    assert seen[-1].remaining.total_seconds() == 0
    assert [p.done for p in seen] == sorted({p.done for p in seen})


def test_the_finished_model_loads_and_says_what_the_report_says(
    report: training.Report,
):
    encoder = Encoder.load(report.out, device="cpu")

    praise, anger = encoder.score(["love the tram", "the tram was awful"])

    assert encoder.model_id == report.model_id
    assert praise.sentiment["positive"] > 0.5
    assert anger.sentiment["negative"] > 0.5
    assert anger.complaint is not None
    assert praise.complaint is not None
    assert anger.complaint > 0.5 > praise.complaint


def test_nothing_but_the_model_is_left_behind(report: training.Report):
    assert not report.out.with_name("whole.training").exists()
    assert sorted(path.name for path in report.out.iterdir()) == [
        "answerable.json",
        "config.json",
        "heads.safetensors",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("stop_at", ["sentiment", "fold 2", "both"])
def test_an_interrupted_run_ends_with_the_same_weights(
    room: Room, report: training.Report, stop_at: str
):
    steps = []

    def interrupt(progress: training.Progress) -> None:
        steps.append(progress)
        if sum(p.stage == stop_at for p in steps) == 15:
            raise Interrupted

    with pytest.raises(Interrupted):
        room.train(f"again {stop_at}", progress=interrupt)
    first_after: list[training.Progress] = []
    resumed = room.train(f"again {stop_at}", progress=first_after.append)

    assert resumed.model_id == report.model_id
    assert resumed.complaint.confusion == report.complaint.confusion
    # The last state kept was that of step 10: steps 11 to 15 are done again.
    assert first_after[0].done == steps[-1].done - 4 * 8
    assert first_after[-1].done == first_after[-1].total


def test_a_run_begun_with_another_recipe_is_not_mixed_up(room: Room):
    def interrupt(progress: training.Progress) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        room.train("mixed", progress=interrupt)
    other = room.config.model_copy(update={"seed": 8})

    with pytest.raises(ClassifyError, match="another recipe"):
        room.train("mixed", config=other)


def test_a_full_folder_is_not_overwritten(room: Room, report: training.Report):
    with pytest.raises(ClassifyError, match="is not empty"):
        room.train("whole")

    assert Encoder.load(report.out, device="cpu").model_id == report.model_id


def test_other_base_weights_are_refused_by_their_hash(room: Room, tmp_path: Path):
    base = checkpoints.save_base(tmp_path / "base")
    weights = bytearray((base / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (base / "model.safetensors").write_bytes(weights)
    found = hashlib.sha256(weights).hexdigest()

    with pytest.raises(ClassifyError, match=f"model.safetensors.*{found}"):
        room.train("refused", base=base)


def test_other_data_than_pinned_is_refused_by_its_hash(room: Room):
    pinned = recipe.DataFile(file="train.jsonl", sha256="0" * 64)
    data = room.config.data.model_copy(update={"sentiment_train": pinned})

    with pytest.raises(ClassifyError, match=r"train\.jsonl holds other data"):
        room.train("refused", config=room.config.model_copy(update={"data": data}))


def test_a_file_that_answers_another_question_is_refused(room: Room):
    wrong = recipe.DataFile(file="train.jsonl")
    data = room.config.data.model_copy(update={"complaints": wrong})

    with pytest.raises(ClassifyError, match="sentiment labels, not complaint"):
        room.train("refused", config=room.config.model_copy(update={"data": data}))


def test_a_missing_base_is_named(room: Room, tmp_path: Path):
    with pytest.raises(ClassifyError, match="nowhere"):
        room.train("refused", base=tmp_path / "nowhere")


def test_the_shipped_recipe_is_valid_and_pins_its_base():
    config = recipe.load(ROOT / "models" / "recipes" / "default.yaml")

    assert config.name == "answerable-minilm-l6"
    assert len(config.base.sha256) == 64
    assert config.data.complaints.sha256


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": "soon"}, "recipe.yaml:5: seed"),
        ({"colour": "red"}, "colour"),
        ({"sentiment": {"epochs": 0}}, "sentiment.epochs"),
    ],
)
def test_a_wrong_recipe_is_told_by_file_and_key(
    room: Room, tmp_path: Path, change: dict[str, Any], told: str
):
    path = tmp_path / "recipe.yaml"
    content = settings(room.base) | change
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    with pytest.raises(SettingsError, match=r"recipe\.yaml") as refused:
        recipe.load(path)

    assert told in str(refused.value)


def test_the_learning_rate_climbs_and_then_falls_to_nothing():
    values = settings_plan()

    rates = [values.rate(step, 100) for step in range(101)]

    assert rates[0] == 0
    assert max(rates) == rates[10] == 1
    assert rates[100] == 0
    assert rates[55] == pytest.approx(0.5)


def test_steps_count_the_last_short_batch_and_the_drawn_rows():
    drawn = Task(name="a", texts=["x"] * 20, targets=[0] * 20, rows_per_epoch=9)
    whole = Task(name="b", texts=["x"] * 17, targets=[0] * 17)

    assert settings_plan().steps([drawn, whole]) == 2 * (2 + 3)


def settings_plan() -> Plan:
    return Plan(
        epochs=2,
        batch_size=8,
        learning_rate=1,
        head_learning_rate=1,
        label_smoothing=0,
        warmup=0.1,
        weight_decay=0,
        seed=1,
    )
