"""Learning from corrections, on invented texts and a tiny model."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from bot.classify import activation, engines, finetune, manifest, weights
from bot.classify.encoder import Encoder
from bot.classify.evaluation import measure, paired
from bot.classify.finetune import Finetuning, Lesson
from bot.classify.labelled import Labelled, LabelledFile, Question
from bot.classify.scores import SENTIMENTS
from bot.errors import ClassifyError, NotAllowed, SettingsError, Stale
from tests.unit.classify import checkpoints
from tests.unit.classify.checkpoints import save_ours

ROOT = Path(__file__).parents[3]
RECIPE: dict[str, Any] = {
    "seed": 7,
    "dropout": 0.1,
    "train_length": 16,
    "least": 20,
    "epochs": 6,
    "batch_size": 8,
    "learning_rate": 3e-3,
    "head_learning_rate": 3e-3,
    "label_smoothing": 0.05,
    "warmup": 0.1,
    "weight_decay": 0.01,
    "rehearsal_rows": 2,
    "rehearsal": [
        {"file": "train.jsonl"},
        {"file": "complaints.jsonl"},
        {"file": "feelings.jsonl"},
    ],
    "tolerance": 0.0,
    # Sixty texts are too few for a calibration error that means anything.
    "calibration_error": 0.9,
}
GENTLE = {"learning_rate": 1e-9, "head_learning_rate": 1e-9, "epochs": 1}
THINGS = ("kettle", "order", "tram", "shop", "refund", "love", "fix")


def lessons(*, inverted: bool = False) -> list[Lesson]:
    told = zip(
        (checkpoints.ANGER, checkpoints.NEWS, checkpoints.PRAISE),
        SENTIMENTS,
        strict=True,
    )
    texts = [
        (form.format(thing), SENTIMENTS.index(name))
        for forms, name in told
        for form in forms
        for thing in THINGS
    ]
    found: list[Lesson] = []
    for text, answer in texts:
        number, complains = len(found), int(answer == 0)
        said = (answer + 1) % 3 if inverted else answer
        found += [
            Lesson(
                correction=number + 1,
                question=Question.SENTIMENT,
                text=text,
                answer=said,
            ),
            Lesson(
                correction=number + 2,
                question=Question.COMPLAINT,
                text=text,
                answer=1 - complains if inverted else complains,
            ),
        ]
    return found


@dataclass
class Room:
    folder: Path
    base: Path
    data: Path
    held_out: tuple[Path, ...]

    def learn(
        self, name: str, taught: list[Lesson] | None = None, **more: Any
    ) -> finetune.Report:
        changes = more.pop("recipe", {})
        values: dict[str, Any] = {"base": self.base, "held_out": self.held_out}
        return finetune.finetune(
            Finetuning.model_validate(RECIPE | changes),
            lessons() if taught is None else taught,
            **(values | more),
            out=self.folder / name,
            device="cpu",
        )


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    folder = tmp_path_factory.mktemp("finetune")
    data = checkpoints.save_data(folder / "data")
    complaints = folder / "held-out-complaints.jsonl"
    rows = (data / "complaints.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(row) for row in rows]
    complaints.write_text(
        "".join(
            json.dumps({**row, "text": f"user {row['text']}"}) + "\n" for row in asked
        ),
        encoding="utf-8",
    )
    return Room(
        folder=folder,
        base=save_ours(folder / "base", checkpoints.SHIPPED),
        data=data,
        held_out=(data / "val.jsonl", complaints),
    )


@pytest.fixture(scope="module")
def seen() -> list[finetune.Progress]:
    return []


@pytest.fixture(scope="module")
def report(room: Room, seen: list[finetune.Progress]) -> finetune.Report:
    return room.learn("better", data=room.data, progress=seen.append)


def learnt(folder: Path) -> dict[str, Any]:
    facts = manifest.read(folder).facts[finetune.FACT]
    assert isinstance(facts, dict)
    return facts


def test_what_people_corrected_is_known_afterwards(report: finetune.Report):
    sentiment, complaint = report.trials

    assert (
        sentiment.after.macro_recall.value > 0.8 > sentiment.before.macro_recall.value
    )
    assert complaint.after.macro_recall.value > 0.8
    assert sentiment.paired.difference.low > 0
    assert sentiment.paired.gained > sentiment.paired.lost
    assert report.worse == ()


def test_the_finished_model_is_the_measured_one_and_the_base_stays(
    room: Room, report: finetune.Report
):
    encoder = Encoder.load(report.out, device="cpu")

    assert encoder.model_id == report.model_id
    assert report.model_id.split("@")[0] == f"tiny-1.c{report.corrections}"
    assert Encoder.load(room.base, device="cpu").model_id == report.base_id
    assert not report.out.with_name("better.finetuning").exists()


def test_the_manifest_says_what_was_learnt(room: Room, report: finetune.Report):
    facts = learnt(report.out)

    assert facts["from"] == report.base_id
    assert facts["corrections"] == [one.correction for one in lessons()]
    assert facts["corrections_sha256"] == finetune.digest(lessons())
    assert set(facts["rehearsal"]) == {
        "train.jsonl",
        "complaints.jsonl",
        "feelings.jsonl",
    }
    assert facts["recipe"]["epochs"] == RECIPE["epochs"]
    assert [one["question"] for one in facts["trials"]] == ["sentiment", "complaint"]
    assert facts["trials"][0]["sha256"] == manifest.sha256(room.held_out[0])
    assert "kettle" not in (report.out / manifest.FILE).read_text(encoding="utf-8")


def test_the_hash_changes_with_what_was_said_of_what():
    first, *others = lessons()

    assert finetune.digest([first, *others]) == finetune.digest([*others, first])
    for other in (
        replace(first, answer=2),
        replace(first, text="another"),
        replace(first, correction=404),
    ):
        assert finetune.digest([other, *others]) != finetune.digest(lessons())


def test_progress_counts_up_to_the_announced_total(
    report: finetune.Report, seen: list[finetune.Progress]
):
    assert seen[-1].done == seen[-1].total
    assert seen[-1].remaining.total_seconds() == 0
    assert [one.done for one in seen] == sorted({one.done for one in seen})
    assert seen[-1].loss < seen[0].loss


def test_it_goes_on_from_the_weights_and_heads_of_the_base(
    room: Room, report: finetune.Report
):
    same = room.learn("same", base=report.out, recipe=GENTLE)

    sentiment, complaint = same.trials
    assert sentiment.after.confusion == sentiment.before.confusion
    assert complaint.after.confusion == complaint.before.confusion
    assert same.model_id.split("@")[0] == f"tiny-1.c{same.corrections}"


def test_what_learns_on_from_eight_bits_is_in_half_precision_and_unmeasured(room: Room):
    base = checkpoints.save_rounded(room.folder / "rounded", room.base)
    checkpoints.change_manifest(base, facts={weights.INT8: {"agreement": {}}, "a": 1})

    made = room.learn("from-eight-bits", base=base, recipe=GENTLE)

    facts = manifest.read(made.out)
    assert facts.weights == manifest.FP16
    assert facts.facts.keys() == {"a", finetune.FACT}
    assert engines.unsafe(facts) == "the weights are not in eight bits"


def test_a_worse_one_says_of_what_and_by_how_much(room: Room, report: finetune.Report):
    wrong = lessons(inverted=True)
    worse = room.learn("worse", wrong, base=report.out, recipe={"epochs": 3})

    assert len(worse.worse) == 2
    assert worse.worse[0].startswith("sentiment: macro-recall")
    assert learnt(worse.out)["worse"] == list(worse.worse)


def trial(question: Question, *sure: float) -> finetune.Trial:
    """The same answers, of which four in five are right, by models so sure of them."""
    size = len(question.labels)
    rows = tuple(Labelled(text=f"text {n}", answer=n % 5 == 0) for n in range(100))
    file = LabelledFile(name="invented.jsonl", question=question, rows=rows)
    said = [np.full((100, size), (1 - p) / (size - 1)) for p in sure]
    for found, p in zip(said, sure, strict=True):
        found[:, 0] = p
    before, after = said
    return finetune.Trial(
        before=measure(file, before, model_id="before"),
        after=measure(file, after, model_id="after"),
        paired=paired(file, before, after),
        sha256="",
    )


@pytest.mark.parametrize(
    ("before", "after", "is_worse"),
    [(0.8, 0.82, False), (0.8, 0.84, True), (0.99, 0.84, False), (0.84, 0.99, True)],
)
def test_a_calibration_error_that_grew_over_the_limit_makes_it_worse(
    room: Room, before: float, after: float, *, is_worse: bool
):
    config = Finetuning.model_validate(RECIPE | {"calibration_error": 0.03})
    trials = [
        trial(question, before, after)
        for question in (Question.SENTIMENT, Question.COMPLAINT)
    ]

    found = list(finetune._worse(config, manifest.read(room.base), trials))

    assert bool(found) is is_worse
    assert all("calibration error" in reason for reason in found)


@pytest.fixture(scope="module")
def unmeasured(room: Room, report: finetune.Report) -> finetune.Report:
    return room.learn(
        "unmeasured", base=report.out, held_out=room.held_out[:1], recipe=GENTLE
    )


def test_a_question_that_nobody_measured_is_not_put_in_force(
    unmeasured: finetune.Report,
):
    assert unmeasured.worse == (
        "complaint was not measured: give a held-out file for it",
    )


def test_every_head_that_decides_is_measured_where_the_model_has_it(room: Room):
    base = save_ours(room.folder / "all-heads")
    irony = room.data / "irony.jsonl"

    made = room.learn(
        "every",
        base=base,
        data=room.data,
        held_out=(*room.held_out, irony),
        recipe=GENTLE | {"rehearsal": [{"file": "feelings.jsonl"}]},
    )

    assert [one.after.question for one in made.trials] == [
        Question.SENTIMENT,
        Question.COMPLAINT,
        Question.IRONY,
    ]
    assert [one for one in made.worse if "not measured" in one] == [
        "hate was not measured: give a held-out file for it",
        "offensive was not measured: give a held-out file for it",
        "response was not measured: give a held-out file for it",
    ]
    with pytest.raises(NotAllowed, match="hate was not measured"):
        activation.may_activate(made.out, made.base_id)


def test_what_was_learnt_of_any_question_is_rehearsed(
    room: Room, report: finetune.Report
):
    passed_over = room.learn(
        "passed-over",
        data=room.data,
        recipe=GENTLE | {"rehearsal": [{"file": "irony.jsonl"}]},
    )

    assert "feelings.jsonl" in learnt(report.out)["rehearsal"]
    assert learnt(passed_over.out)["rehearsal"] == {}


def test_a_text_that_is_measured_on_is_not_learnt_from(room: Room):
    leaked = Lesson(
        correction=999,
        question=Question.SENTIMENT,
        text="USER love the kettle",
        answer=2,
    )

    report = room.learn("apart", [*lessons(), leaked], recipe={"epochs": 1})

    assert report.left_out == 1
    assert 999 not in learnt(report.out)["corrections"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"taught": lessons()[:19]}, "10 corrected texts are too few.*asks for 20"),
        ({"held_out": ()}, "one held-out file for each question"),
        (
            {"recipe": {"rehearsal": [{"file": "train.jsonl", "sha256": "0" * 64}]}},
            "pins",
        ),
    ],
)
def test_what_cannot_be_learnt_from_or_measured_is_refused(
    room: Room, more: dict[str, Any], told: str
):
    with pytest.raises(ClassifyError, match=told):
        room.learn("refused", data=room.data, **more)

    assert not (room.folder / "refused").exists()


def test_two_files_of_one_question_and_one_without_a_head_are_refused(room: Room):
    sentiment, complaint = room.held_out

    with pytest.raises(ClassifyError, match="one held-out file for each question"):
        room.learn(
            "refused", held_out=(sentiment, complaint, room.data / "train.jsonl")
        )
    heads = {"sentiment": manifest.Head(labels=SENTIMENTS)}
    few = save_ours(room.folder / "few", heads=heads)
    with pytest.raises(ClassifyError, match="no complaint head"):
        room.learn("refused", base=few)


def test_somebody_elses_model_does_not_learn_from_corrections(room: Room):
    foreign = checkpoints.save_classifier(
        room.folder / "foreign", ["negative", "positive"], says="positive"
    )

    with pytest.raises(ClassifyError, match="no checkpoint of ours"):
        room.learn("refused", base=foreign)


def test_a_full_folder_is_not_overwritten_unless_asked_and_then_by_the_same_model(
    room: Room, report: finetune.Report
):
    with pytest.raises(ClassifyError, match="is not empty"):
        room.learn("better")

    again = room.learn("better", data=room.data, overwrite=True)
    assert again.model_id == report.model_id


def test_the_version_in_force_is_not_written_over(room: Room):
    before = manifest.read(room.base).model_id

    with pytest.raises(ClassifyError, match="is what is learnt on from"):
        room.learn("base", overwrite=True)

    assert manifest.read(room.base).model_id == before


def test_the_shipped_recipe_is_valid_and_pins_what_it_rehearses():
    config = finetune.load(ROOT / "models" / "recipes" / "corrections.yaml")

    assert all(len(one.sha256 or "") == 64 for one in config.rehearsal)


def test_a_wrong_recipe_is_told_by_file_and_key(tmp_path: Path):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(RECIPE | {"least": 0}), encoding="utf-8")

    with pytest.raises(SettingsError, match=r"recipe\.yaml.*least"):
        finetune.load(path)


# --- putting it in force


@pytest.fixture
def link(room: Room, tmp_path: Path) -> Path:
    place = tmp_path / "in-force"
    place.symlink_to(room.base, target_is_directory=True)
    return place


def test_one_that_is_not_worse_is_put_in_force_and_the_old_stays(
    room: Room, report: finetune.Report, link: Path
):
    facts = activation.may_activate(report.out, report.base_id)
    activation.turn(link, report.out)

    assert facts.model_id == report.model_id
    assert manifest.read(link).model_id == report.model_id
    assert manifest.read(room.base).model_id == report.base_id
    assert sorted(path.name for path in link.parent.iterdir()) == ["in-force"]


def test_a_worse_one_is_refused_with_its_reasons(unmeasured: finetune.Report):
    with pytest.raises(NotAllowed, match="complaint was not measured") as refused:
        activation.may_activate(unmeasured.out, unmeasured.base_id)

    assert refused.value.reasons == unmeasured.worse


def test_one_that_was_never_measured_is_refused(room: Room):
    with pytest.raises(NotAllowed, match="never measured"):
        activation.may_activate(room.base, "tiny-1@0")


def test_one_that_was_measured_against_another_is_stale(report: finetune.Report):
    with pytest.raises(Stale, match="is in force by now"):
        activation.may_activate(report.out, report.model_id)


def test_a_link_that_cannot_be_written_is_named(report: finetune.Report, link: Path):
    link.with_name("in-force.new").mkdir()

    with pytest.raises(NotAllowed, match="in-force cannot be turned"):
        activation.turn(link, report.out)

    assert link.is_symlink()


def test_a_folder_cannot_be_turned(room: Room):
    with pytest.raises(NotAllowed, match="ln -s base"):
        activation.check_link(room.base)
