"""Training, from recipe to finished model, on invented texts and a tiny encoder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from bot.classify import manifest, recipe, teaching, training
from bot.classify.encoder import Encoder
from bot.classify.evaluation import Evaluation
from bot.classify.labelled import Question
from bot.classify.plan import Plan, Task
from bot.classify.scores import SENTIMENTS, TextScores
from bot.classify.trainee import Trainee, _rounded
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


def complaints(report: training.Report) -> Evaluation:
    assert report.complaint is not None
    return report.complaint


def test_what_was_taught_is_known_afterwards(report: training.Report):
    assert report.sentiment.macro_recall.value > 0.8
    assert complaints(report).macro_f1.value > 0.9


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
    assert complaints(resumed).confusion == complaints(report).confusion
    # The last state kept was that of step 10: steps 11 to 15 are done again.
    assert first_after[0].done == steps[-1].done - 4 * 8
    assert first_after[-1].done == first_after[-1].total


def test_half_a_folds_answers_are_not_taken_for_whole(
    room: Room, report: training.Report, monkeypatch: pytest.MonkeyPatch
):
    whole = Path.write_text

    def cut_short(path: Path, text: str, **more: Any) -> int:
        if not path.name.startswith("fold"):
            return whole(path, text, **more)
        whole(path, text[: len(text) // 2], **more)
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", cut_short)
        with pytest.raises(Interrupted):
            room.train("half a fold")

    assert room.train("half a fold").model_id == report.model_id


def test_a_run_begun_with_another_recipe_is_not_mixed_up(room: Room):
    def interrupt(progress: training.Progress) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        room.train("mixed", progress=interrupt)
    other = room.config.model_copy(update={"seed": 8})

    with pytest.raises(ClassifyError, match="another recipe"):
        room.train("mixed", config=other)


def test_the_manifest_holds_the_hash_of_data_that_the_recipe_does_not_pin(
    room: Room, report: training.Report
):
    recipe_used = manifest.read(report.out).facts["recipe"]["data"]

    assert room.config.data.sentiment_train.sha256 is None
    for part in ("sentiment_train", "sentiment_held_out", "complaints"):
        file = room.data / recipe_used[part]["file"]
        assert recipe_used[part]["sha256"] == manifest.sha256(file)


def test_a_stopped_run_does_not_go_on_with_data_that_changed(
    room: Room, tmp_path: Path
):
    def interrupt(progress: training.Progress) -> None:
        raise Interrupted

    data = tmp_path / "data"
    shutil.copytree(room.data, data)
    with pytest.raises(Interrupted):
        room.train("changed", data=data, progress=interrupt)
    lines = (data / "train.jsonl").read_text(encoding="utf-8").splitlines()
    (data / "train.jsonl").write_text("\n".join(lines[:-1]), encoding="utf-8")

    with pytest.raises(ClassifyError, match="other data"):
        room.train("changed", data=data)


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


def test_the_teachers_recipe_is_valid_and_leaves_every_fold_unseen():
    config = recipe.load(ROOT / "models" / "recipes" / "teacher.yaml")

    assert len(config.base.sha256) == 64
    assert config.data.complaints is None


@pytest.mark.parametrize("name", ["default", "candidate"])
def test_a_students_recipe_pins_answers_that_stand_beside_it(name: str):
    config = recipe.load(ROOT / "models" / "recipes" / f"{name}.yaml")

    assert config.teacher is not None
    pinned = config.teacher.answers
    found = teaching.read(ROOT / "models" / "recipes" / pinned.file, pinned.sha256)
    taught = [one.sha256 for one in config.data.others if one.is_taught]
    assert set(found) == {config.data.sentiment_train.sha256, *taught}
    for told in found.values():
        assert told.sentiment.sum(axis=1) == pytest.approx(1, abs=0.02)


def test_the_shipped_recipe_is_valid_and_pins_its_base():
    config = recipe.load(ROOT / "models" / "recipes" / "default.yaml")

    assert config.name == "answerable-minilm-l6"
    assert len(config.base.sha256) == 64
    assert config.data.complaints
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


# -- further heads, a teacher, fewer layers, eight bits ---------------------------


def wider(room: Room, **changes: Any) -> recipe.TrainingConfig:
    """Return the recipe with all that it may hold."""
    values = settings(room.base)
    values["data"]["others"] = [
        {"file": "irony.jsonl", "held_out": {"file": "irony.jsonl"}},
        {"file": "feelings.jsonl", "rows_per_epoch": 40},
    ]
    values["complaint"]["rounded"] = True
    return recipe.TrainingConfig.model_validate(values | changes)


@pytest.fixture(scope="module")
def wide(room: Room) -> training.Report:
    return room.train("wide", config=wider(room))


def test_each_further_question_gets_a_head_that_answers(wide: training.Report):
    encoder = Encoder.load(wide.out, device="cpu", precision="fp32")

    mocked, praised = encoder.score(["the tram was awful", "love the tram"])

    assert mocked.others["irony"]["yes"] > 0.5 > praised.others["irony"]["yes"]
    assert mocked.others["emotion"]["anger"] > 0.5
    assert praised.others["emotion"]["joy"] > 0.5
    assert complaints(wide).macro_f1.value > 0.9


def test_further_files_and_what_is_held_out_of_them_are_on_record_by_hash(
    room: Room, wide: training.Report
):
    irony, feelings = manifest.read(wide.out).facts["recipe"]["data"]["others"]

    for file in (irony, irony["held_out"], feelings):
        assert file["sha256"] == manifest.sha256(room.data / file["file"])


def test_a_further_question_is_measured_where_texts_are_held_out(
    wide: training.Report,
):
    (irony,) = wide.others

    assert irony.question is Question.IRONY
    assert irony.macro_f1.value > 0.8
    assert set(wide.temperatures) == {"sentiment", "complaint", "irony"}


def test_a_text_in_pieces_is_as_ironic_as_its_most_ironic_piece(wide: training.Report):
    encoder = Encoder.load(wide.out, device="cpu", precision="fp32")
    praise, mockery = "love the tram " * 12, "the tram was awful " * 8

    (found,) = encoder.score([praise + mockery])
    (alone,) = encoder.score([praise])

    assert found.others["irony"]["yes"] > 0.5 > alone.others["irony"]["yes"]
    assert sum(found.others["emotion"].values()) == pytest.approx(1)


class Contrary:
    """A teacher that calls all that is praised negative, and the reverse."""

    model_id = "contrary-1"

    def score(self, texts: Sequence[str]) -> list[TextScores]:
        return [
            TextScores(
                sentiment=dict(zip(SENTIMENTS, self.shares(text), strict=True)),
                complaint=None,
                truncated=False,
            )
            for text in texts
        ]

    def shares(self, text: str) -> tuple[float, float, float]:
        praised = any(word in text for word in ("love", "great", "happy"))
        return (0.9, 0.1, 0.0) if praised else (0.0, 0.1, 0.9)


@pytest.fixture
def answers(room: Room, tmp_path: Path) -> Path:
    lessons = training.lessons(wider(room), room.data)
    found = teaching.answers([Contrary()], lessons, lambda *_: None)
    teaching.write(tmp_path / "answers.npz", found, [Contrary.model_id])
    return tmp_path


def taught(room: Room, **more: Any) -> recipe.TrainingConfig:
    return wider(room, teacher={"answers": {"file": "answers.npz"}, "weight": 1} | more)


def test_a_student_learns_what_its_teacher_says(room: Room, answers: Path):
    report = room.train("taught", config=taught(room), answers=answers)

    praise, anger = Encoder.load(report.out, device="cpu").score(
        ["love the tram", "the tram was awful"]
    )

    assert praise.sentiment["negative"] > 0.5
    assert anger.sentiment["positive"] > 0.5
    # People alone were asked about complaints, so there the student follows them.
    assert anger.complaint is not None
    assert anger.complaint > 0.5


def test_a_teachers_answers_are_kept_to_a_part_in_255(room: Room, answers: Path):
    stored = teaching.read(answers / "answers.npz", None)

    lessons = training.lessons(wider(room), room.data)
    assert set(stored) == set(lessons)
    for digest, file in lessons.items():
        said = [Contrary().shares(row.text) for row in file.rows]
        found = stored[digest].sentiment
        assert found == pytest.approx(np.array(said), abs=0.5 / 255 + 1e-6)


def test_two_teachers_are_heard_alike(room: Room):
    class Fair(Contrary):
        def shares(self, text: str) -> tuple[float, float, float]:
            return (0.5, 0.5, 0.0)

    lessons = training.lessons(room.config, room.data)
    heard: list[tuple[int, int]] = []

    def watch(done: int, total: int) -> None:
        heard.append((done, total))

    (found,) = teaching.answers([Contrary(), Fair()], lessons, watch).values()

    (rows,) = (file.rows for file in lessons.values())
    first, second = Contrary().shares(rows[0].text), (0.5, 0.5, 0.0)
    assert found.sentiment[0] == pytest.approx(np.mean([first, second], axis=0))
    assert heard[-1] == (2 * len(rows), 2 * len(rows))


def test_other_answers_than_pinned_are_refused_by_their_hash(room: Room, answers: Path):
    pinned = {"file": "answers.npz", "sha256": "0" * 64}

    with pytest.raises(ClassifyError, match=r"answers\.npz holds other answers"):
        room.train("refused", config=taught(room, answers=pinned), answers=answers)


def test_a_teacher_that_read_other_data_is_refused(room: Room, answers: Path):
    teaching.write(
        answers / "answers.npz",
        {"0" * 64: teaching.Answered(sentiment=np.zeros((3, 3), np.float32))},
        ["other"],
    )

    with pytest.raises(ClassifyError, match=r"did not read train\.jsonl as it is here"):
        room.train("refused", config=taught(room), answers=answers)


def test_what_is_no_answers_file_is_refused(room: Room, answers: Path):
    (answers / "answers.npz").write_bytes(b"not numbers")

    with pytest.raises(ClassifyError, match="holds no teacher's answers"):
        room.train("refused", config=taught(room), answers=answers)


def told_of_complaints(folds: int) -> teaching.Answered:
    """Teachers of whom the first calls every text a complaint, and the others none."""
    calls = np.zeros((3, folds), np.float32)
    calls[:, 0] = 1
    return teaching.Answered(
        sentiment=np.full((3, 3), 1 / 3, np.float32), complaint=calls
    )


def test_a_fold_hears_of_complaints_from_the_teacher_that_never_saw_its_own():
    told = told_of_complaints(2)

    assert told.heads(0, complaints=True)["complaint"][0].tolist() == [0, 1]
    assert told.heads(1, complaints=True)["complaint"][0].tolist() == [1, 0]
    assert told.heads(None, complaints=True)["complaint"][0].tolist() == [0.5, 0.5]
    assert set(told.heads(0, complaints=False)) == {"sentiment"}


def test_teachers_with_other_folds_are_refused(room: Room, answers: Path):
    teaching.write(answers / "answers.npz", {"0" * 64: told_of_complaints(3)}, ["a"])

    with pytest.raises(ClassifyError, match="in 3 folds, the recipe asks for 2"):
        room.train("refused", config=taught(room), answers=answers)


def test_a_student_learns_what_its_teachers_call_a_complaint(
    room: Room, tmp_path: Path
):
    """They call praise one, and outnumber the people who say the contrary."""
    found = {}
    for digest, file in training.lessons(wider(room), room.data).items():
        praised = ["love" in row.text or "great" in row.text for row in file.rows]
        yes = np.array(praised, np.float32)
        found[digest] = teaching.Answered(
            sentiment=np.full((len(yes), 3), 1 / 3, np.float32),
            complaint=np.stack([yes, yes], axis=1),
        )
    teaching.write(tmp_path / "answers.npz", found, ["contrary"])
    config = taught(room)
    assert config.complaint is not None
    many = config.complaint.model_copy(update={"sentiment_share": 4.0, "epochs": 6})

    report = room.train(
        "heard", config=config.model_copy(update={"complaint": many}), answers=tmp_path
    )

    (praise,) = Encoder.load(report.out, device="cpu").score(["love the tram"])
    assert praise.complaint is not None
    assert praise.complaint > 0.5


def test_a_teacher_whose_answers_are_nowhere_is_told(room: Room):
    with pytest.raises(ClassifyError, match="say where its answers lie"):
        room.train("refused", config=taught(room))


def test_a_small_form_keeps_the_layers_that_it_names(room: Room):
    values = settings(room.base)
    values["base"]["layers"] = [1]
    del values["complaint"], values["data"]["complaints"]
    config = recipe.TrainingConfig.model_validate(values)

    report = room.train("small", config=config)

    assert '"num_hidden_layers": 1' in (report.out / "config.json").read_text()
    assert report.complaint is None
    assert report.sentiment.macro_recall.value > 0.8
    (found,) = Encoder.load(report.out, device="cpu").score(["love the tram"])
    assert found.complaint is None


def test_what_a_text_is_about_stays_nearer_to_the_base_where_the_recipe_asks(
    room: Room,
):
    values = settings(room.base)
    del values["complaint"], values["data"]["complaints"]
    texts = [*checkpoints.WORDS, "love the tram", "the tram was awful"]
    base = Trainee.start(room.base, {}, max_length=16, dropout=0, seed=1)

    near = {}
    for weight in (0.0, 5.0):
        config = recipe.TrainingConfig.model_validate(values | {"keep_weight": weight})
        report = room.train(f"kept {weight}", config=config)
        vectors = Encoder.load(report.out, device="cpu", precision="fp32").embed(texts)
        tokens = base._reader.padded(
            [one.pieces[0] for one in base._reader.read(texts)]
        )
        with torch.no_grad():
            before = base._network.eval().pooled(tokens)
        alike = torch.nn.functional.cosine_similarity(torch.tensor(vectors), before)
        near[weight] = float(alike.mean())
        assert report.sentiment.macro_recall.value > 0.8

    assert near[5.0] > near[0.0] + 0.05


def test_a_layer_that_the_base_has_not_is_refused(room: Room):
    base = room.config.base.model_copy(update={"layers": (0, 2)})

    with pytest.raises(ClassifyError, match="has 2 layers, numbered from 0"):
        room.train(
            "too few layers", config=room.config.model_copy(update={"base": base})
        )


def test_frozen_layers_stay_as_they_were_and_the_others_learn(room: Room):
    values = settings(room.base)
    values["base"]["frozen_layers"] = 1
    values["sentiment"]["epochs"] = 1
    del values["complaint"], values["data"]["complaints"]
    config = recipe.TrainingConfig.model_validate(values)

    report = room.train("frozen", config=config)

    before = load_file(room.base / "model.safetensors")
    after = load_file(report.out / "model.safetensors")
    for name, value in after.items():
        is_frozen = "embeddings" in name or ".layer.0." in name
        assert torch.equal(before[name].half(), value) is is_frozen, name


def test_more_frozen_layers_than_there_are_is_refused(room: Room):
    base = room.config.base.model_copy(update={"frozen_layers": 2})

    with pytest.raises(ClassifyError, match="has 2 layers; freeze fewer"):
        room.train("all frozen", config=room.config.model_copy(update={"base": base}))


def test_a_stage_without_its_data_is_refused(room: Room):
    values = settings(room.base)
    del values["data"]["complaints"]

    with pytest.raises(ValueError, match="belong together"):
        recipe.TrainingConfig.model_validate(values)


def test_rounding_moves_a_value_by_half_a_step_and_hides_it_from_learning(room: Room):
    trainee = Trainee.start(
        room.base, {"sentiment": SENTIMENTS}, max_length=16, dropout=0, seed=1
    )
    texts = ["love the tram", "the tram was awful"]
    exact = trainee.logits(texts, "sentiment")
    before = {n: v.clone() for n, v in trainee._network.state_dict().items()}

    trainee.round()
    near = trainee.logits(texts, "sentiment")

    assert near != exact
    assert np.array(near) == pytest.approx(np.array(exact), abs=0.1)
    after = trainee._network.state_dict()
    assert all(torch.equal(before[name], value) for name, value in after.items())

    values = torch.tensor([[1.0, -0.301, 0.0], [0.01, 0.002, -0.004]])
    values.requires_grad_()
    rounded = _rounded(values)
    steps = rounded.detach() / (values.detach().abs().amax(-1, keepdim=True) / 127)
    assert torch.allclose(steps, steps.round(), atol=1e-3)
    assert (rounded - values).abs().max() <= 0.5 / 127 + 1e-6
    rounded.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad, torch.ones(2, 3))
