"""A head that is added: it learns, and nothing else of the model changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bot.classify import engines, heads, manifest, weights
from bot.classify import quantise as eight_bits
from bot.classify.labelled import Labelled, LabelledFile, Question
from bot.classify.onnx_engine import OnnxEncoder
from bot.errors import ClassifyError
from tests.unit.classify import checkpoints

WORDS = checkpoints.WORDS
SAID = {"none": "lovely tram ride", "implicit": "broken kettle", "explicit": "please"}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    known = [one for one in Question if one is not Question.RESPONSE]
    return checkpoints.save_ours(tmp_path_factory.mktemp("models") / "ours", known)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "response.jsonl"
    rows = [
        {"text": f"{words} {WORDS[n % 25]} {WORDS[n // 25]}", "response": label}
        for label, words in SAID.items()
        for n in range(80)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(
    ours: Path, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> heads.Added:
    out = tmp_path_factory.mktemp("models") / "more"
    return heads.add(ours, out, Question.RESPONSE, [data])


def test_it_answers_as_it_was_taught(made: heads.Added) -> None:
    scores = OnnxEncoder.load(made.out).score(list(SAID.values()))

    best = [max(s.others["response"].items(), key=lambda p: p[1])[0] for s in scores]
    assert best == list(SAID)
    assert made.measured.accuracy.value >= 0.9
    assert made.measured.texts + made.learnt < 240


def test_every_other_answer_stays_what_it_was(ours: Path, made: heads.Added) -> None:
    texts = ["my kettle is broken", "lovely tram"]

    before, after = (OnnxEncoder.load(m).score(texts) for m in (ours, made.out))

    for old, new in zip(before, after, strict=True):
        others = {k: v for k, v in new.others.items() if k != "response"}
        assert (old.sentiment, old.complaint) == (new.sentiment, new.complaint)
        assert old.others == others


def test_the_manifest_says_what_it_learnt_from(
    ours: Path, made: heads.Added, data: Path
) -> None:
    facts = manifest.read(made.out)

    told = facts.facts[heads.FACT]["response"]
    assert facts.heads["response"].labels == Question.RESPONSE.labels
    assert facts.heads["response"].temperature == made.temperature
    assert told["data"] == {"response.jsonl": manifest.sha256(data)}
    assert told["to"] == manifest.read(ours).model_id
    assert facts.model_id == made.model_id != told["to"]


def test_the_same_data_give_the_same_head(
    ours: Path, made: heads.Added, data: Path, tmp_path: Path
) -> None:
    again = heads.add(ours, tmp_path / "again", Question.RESPONSE, [data])

    assert again.model_id == made.model_id


@pytest.mark.usefixtures("exact_products")
def test_a_model_in_eight_bits_still_passes_its_self_test(
    ours: Path, data: Path, tmp_path: Path
) -> None:
    rows = tuple(Labelled(text=f"{WORDS[n]} the", answer=n % 3) for n in range(25))
    file = LabelledFile(name="s.jsonl", question=Question.SENTIMENT, rows=rows)
    small = eight_bits.quantise(ours, tmp_path / "small", [file])

    made = heads.add(small.out, tmp_path / "more", Question.RESPONSE, [data])

    engine = engines.load(made.out, engine="onnx")
    assert engine.describe()["precision"] == "int8"
    measured = manifest.read(made.out).facts[weights.INT8]
    assert measured["agreement"] == {"s.jsonl": pytest.approx(1.0, abs=0.005)}
    assert np.asarray(measured[engines.REFERENCE]).shape[1] == len(
        engines.tried(engine).answers[0]
    )


def test_a_head_that_is_there_is_learnt_anew_only_on_demand(
    made: heads.Added, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(ClassifyError, match="answers response already"):
        heads.add(made.out, tmp_path / "b", Question.RESPONSE, [data])

    again = heads.add(
        made.out, tmp_path / "b", Question.RESPONSE, [data], overwrite=True
    )
    assert list(manifest.read(again.out).heads).count("response") == 1


def test_a_folder_that_is_there_is_not_written_over(
    ours: Path, made: heads.Added, data: Path
) -> None:
    with pytest.raises(ClassifyError, match="is there already"):
        heads.add(ours, made.out, Question.RESPONSE, [data])


def test_data_of_another_question_are_refused(
    ours: Path, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(ClassifyError, match="holds response, not irony"):
        heads.add(ours, tmp_path / "no", Question.IRONY, [data], overwrite=True)


def test_an_answer_that_is_lacking_is_named(ours: Path, tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    rows = [{"text": f"lovely {n}", "response": "none"} for n in range(60)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    with pytest.raises(ClassifyError, match="are implicit, explicit"):
        heads.add(ours, tmp_path / "no", Question.RESPONSE, [path])


def test_the_likeliest_weights_tell_apart_what_can_be_told() -> None:
    random = np.random.default_rng(1)
    truth = np.repeat([0, 1, 2], 50)
    vectors = np.eye(3)[truth] * 4 + random.normal(size=(150, 3))

    weight, bias = heads.fitted(vectors, truth, 3)

    found = (vectors @ weight.T + bias).argmax(axis=1)
    assert (found == truth).mean() > 0.95
    # At the best point, what is expected of each label is what there is of it.
    shares = heads._shares(vectors @ weight.T + bias)
    assert np.allclose(shares.sum(axis=0), [50, 50, 50], atol=1e-3)


@pytest.mark.usefixtures("exact_products")
def test_a_head_in_the_middle_that_is_learnt_anew_leaves_the_others_reference(
    ours: Path, tmp_path: Path
) -> None:
    rows = tuple(Labelled(text=f"{WORDS[n]} the", answer=n % 3) for n in range(25))
    file = LabelledFile(name="s.jsonl", question=Question.SENTIMENT, rows=rows)
    small = eight_bits.quantise(ours, tmp_path / "small", [file])
    path = tmp_path / "complaint.jsonl"
    said = ((f"{w} {v}", n % 2 == 0) for n, w in enumerate(WORDS) for v in WORDS[:9])
    path.write_text(
        "".join(json.dumps({"text": t, "complaint": c}) + "\n" for t, c in said),
        encoding="utf-8",
    )

    made = heads.add(
        small.out, tmp_path / "anew", Question.COMPLAINT, [path], overwrite=True
    )

    told = manifest.read(made.out).facts[weights.INT8][engines.REFERENCE]
    exact = engines.tried(OnnxEncoder.load(made.out))
    assert exact.differs(told) < 0.001
