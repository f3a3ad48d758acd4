"""Scores from checkpoints of ours, of others, and of nobody's making.

The laws of scoring hold for every engine alike.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertModel

from bot.classify import manifest
from bot.classify.encoder import Encoder
from bot.classify.labelled import Question
from bot.classify.onnx_engine import OnnxEncoder
from bot.classify.reading import BATCH, Engine
from bot.classify.scores import SENTIMENTS
from bot.errors import ClassifyError
from tests.unit.classify import checkpoints

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.save_ours(tmp_path_factory.mktemp("models") / "ours")


@pytest.fixture
def copied(ours: Path, tmp_path: Path) -> Path:
    return shutil.copytree(ours, tmp_path / "copied")


@pytest.fixture(scope="module")
def encoder(ours: Path) -> Encoder:
    return Encoder.load(ours, device="cpu", precision="fp32")


@pytest.fixture(scope="module", params=["torch", "onnx", "onnx in eight bits"])
def engine(ours: Path, encoder: Encoder, request: pytest.FixtureRequest) -> Engine:
    if request.param == "torch":
        return encoder
    if request.param == "onnx":
        return OnnxEncoder.load(ours)
    folder = checkpoints.save_rounded(ours.with_name("rounded"), ours)
    return OnnxEncoder.load(folder, precision="int8")


@pytest.fixture(params=["torch", "onnx"])
def load(request: pytest.FixtureRequest) -> Callable[[Path], Engine]:
    if request.param == "onnx":
        return OnnxEncoder.load
    return partial(Encoder.load, device="cpu")


def test_sentiment_sums_to_one_and_complaint_is_a_probability(engine: Engine):
    [scores] = engine.score(["my order never arrived"])

    assert list(scores.sentiment) == list(SENTIMENTS)
    assert sum(scores.sentiment.values()) == pytest.approx(1, abs=1e-9)
    assert scores.complaint is not None
    assert 0 <= scores.complaint <= 1


def test_scores_come_in_the_order_of_the_texts(engine: Engine):
    words = checkpoints.WORDS
    texts = [f"{words[i % 20]} " * (1 + i * 7 % 11) + words[i // 20] for i in range(80)]
    assert len(texts) > 2 * BATCH

    together = engine.score(texts)
    alone = [engine.score([text])[0] for text in texts]

    assert len({round(s.sentiment["negative"], 6) for s in alone}) > 40
    for one, other in zip(together, alone, strict=True):
        assert one.sentiment == pytest.approx(other.sentiment, abs=1e-5)


def test_no_texts_give_no_scores(engine: Engine):
    assert engine.score([]) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t ",
        "😡😡😡",
        "👨‍👩‍👧‍👦🏳️‍🌈1️⃣",
        "\x00\x01\x1b[31m\x7f",
        "\u202eevil\u202c \u2066\u2069",
        "\u200b\u200d\ufeff",
        "\ud800 lone \udfff",
        "<script>alert(1)</script> &amp;&#0;",
        "смешанный mixed 混合 مختلط",
        "[SEP] [CLS] [PAD] [MASK]",
        "http " * 400,
    ],
)
def test_strange_texts_get_a_score_like_any_other(engine: Engine, text: str):
    [scores] = engine.score([text])

    assert sum(scores.sentiment.values()) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("text", ["a" * 100_000, "so angry " * 11_112, "😡" * 100_000])
def test_a_hundred_thousand_characters_are_read_in_part_and_said_to_be(
    engine: Engine, text: str
):
    [scores] = engine.score([text])

    assert scores.truncated
    assert sum(scores.sentiment.values()) == pytest.approx(1, abs=1e-9)


def test_only_a_text_with_more_tokens_than_are_read_is_truncated(engine: Engine):
    # 30 a piece beside its two marks, of which 4 stand in the piece before as well.
    fits, too_long = engine.score(["my " * 108, "my " * 109])

    assert not fits.truncated
    assert too_long.truncated


def test_a_long_text_complains_as_much_as_its_worst_piece(engine: Engine):
    # A piece holds 30 words, so that these all begin with the same one.
    begins = "love the kettle " * 10
    ends = [f"{word} " * 20 for word in sorted(set(checkpoints.WORDS))]

    first, *wholes = (
        scores.complaint or 0.0
        for scores in engine.score([begins, *(begins + end for end in ends)])
    )

    assert min(wholes) >= first - 1e-6
    assert max(wholes) > first + 0.01


def test_the_sentiment_of_a_long_text_is_that_of_all_its_pieces(engine: Engine):
    whole = "love the kettle " * 20

    [scores] = engine.score([whole])

    assert sum(scores.sentiment.values()) == pytest.approx(1, abs=1e-9)
    assert not scores.truncated


def test_a_shorter_reading_can_be_asked_for(ours: Path):
    [scores] = Encoder.load(ours, device="cpu", max_length=8).score(["my " * 40])

    assert scores.truncated


def test_a_text_is_placed_by_a_row_of_length_one(engine: Engine):
    texts = ["love the kettle", "", "my order never arrived " * 40, "😡"]

    together = engine.embed(texts)
    alone = np.concatenate([engine.embed([text]) for text in texts])

    assert together.dtype == np.float32
    assert together.shape == (4, 32)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert (together * alone).sum(axis=1) == pytest.approx(1, abs=1e-3)
    assert len(engine.embed([])) == 0


def test_the_row_of_a_long_text_is_the_mean_of_its_pieces(engine: Engine):
    word, other = "kettle " * 30, "angry " * 30

    whole, first, last = engine.embed([word + other, word, other])

    assert whole @ first > last @ first
    assert whole @ last > last @ first


def test_somebody_elses_classifier_places_texts_too(tmp_path: Path):
    folder = checkpoints.save_classifier(tmp_path / "foreign", THREE, says="NEG")

    rows = Encoder.load(folder, device="cpu").embed(["love it", "awful " * 30])

    assert rows.shape == (2, 32)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_card_gets_batches_that_it_is_not_idle_with(encoder: Encoder):
    # Nothing is computed: no card need be here.
    on_a_card = Encoder(
        model_id="tiny@0",
        network=encoder._network,
        reader=encoder._reader,
        device=torch.device("cuda"),
        facts={},
    )

    assert (on_a_card.batch_texts, on_a_card.batch_tokens) == (1_024, 32_768)
    assert encoder.batch_texts == BATCH


def test_scores_do_not_depend_on_how_texts_are_cut_into_batches(
    ours: Path, encoder: Encoder
):
    texts = [f"{word} " * n for n in (1, 5, 90) for word in checkpoints.WORDS]
    large = Encoder.load(ours, device="cpu", precision="fp32")
    large.batch_texts = 1_024

    for one, other in zip(encoder.score(texts), large.score(texts), strict=True):
        assert one.sentiment == pytest.approx(other.sentiment, abs=1e-5)
        assert one.complaint == pytest.approx(other.complaint, abs=1e-5)


def test_half_the_precision_gives_nearly_the_same_scores(ours: Path, encoder: Encoder):
    texts = [f"the {word} was awful" for word in checkpoints.WORDS]

    halved = Encoder.load(ours, device="cpu", precision="bf16").score(texts)

    for one, other in zip(encoder.score(texts), halved, strict=True):
        assert one.sentiment == pytest.approx(other.sentiment, abs=0.03)


def test_it_says_what_runs_where(encoder: Encoder):
    told = encoder.describe()

    assert told["model"] == encoder.model_id
    assert told["device"] == "cpu"
    assert told["precision"] == "fp32"
    assert told["heads"] == ", ".join(Question)


def test_the_same_weights_have_the_same_id_and_others_another(
    ours: Path, encoder: Encoder, copied: Path
):
    again = Encoder.load(copied, device="cpu")
    heads = load_file(copied / manifest.HEADS)
    save_file({k: v + 1 for k, v in heads.items()}, copied / manifest.HEADS)
    checkpoints.change_manifest(copied)

    other = Encoder.load(copied, device="cpu")

    assert encoder.model_id.startswith("tiny-1@")
    assert again.model_id == encoder.model_id != other.model_id


@pytest.mark.parametrize("name", manifest.REQUIRED)
def test_a_changed_file_is_refused_by_name_and_hash(
    load: Callable[[Path], Engine], copied: Path, name: str
):
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)

    with pytest.raises(ClassifyError) as refused:
        load(copied)

    assert name in str(refused.value)
    assert hashlib.sha256(content).hexdigest() in str(refused.value)


@pytest.mark.parametrize("name", manifest.REQUIRED)
def test_a_missing_file_is_named(
    load: Callable[[Path], Engine], copied: Path, name: str
):
    (copied / name).unlink()

    with pytest.raises(ClassifyError, match=f"{name} is missing"):
        load(copied)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 2}', "null", "\ufffd"],
)
def test_a_manifest_that_is_none_is_refused(
    load: Callable[[Path], Engine], copied: Path, content: str
):
    (copied / manifest.FILE).write_text(content, encoding="utf-8")

    with pytest.raises(ClassifyError, match="not a model's manifest"):
        load(copied)


def test_a_checkpoint_without_its_manifest_is_refused(
    load: Callable[[Path], Engine], copied: Path
):
    (copied / manifest.FILE).unlink()

    with pytest.raises(ClassifyError, match=manifest.FILE):
        load(copied)


@pytest.mark.parametrize("name", manifest.REQUIRED)
def test_a_manifest_that_leaves_a_file_unchecked_is_refused(
    load: Callable[[Path], Engine], copied: Path, name: str
):
    facts = json.loads((copied / manifest.FILE).read_text())
    del facts["files"][name]
    (copied / manifest.FILE).write_text(json.dumps(facts))

    with pytest.raises(ClassifyError, match=f"no hash for {name}"):
        load(copied)


def test_a_manifest_cannot_point_outside_its_folder(
    load: Callable[[Path], Engine], copied: Path
):
    facts = json.loads((copied / manifest.FILE).read_text())
    facts["files"]["../secret"] = "0" * 64
    (copied / manifest.FILE).write_text(json.dumps(facts))

    with pytest.raises(ClassifyError, match="outside the folder"):
        load(copied)


def test_weights_for_another_cleaning_are_refused(
    load: Callable[[Path], Engine], tmp_path: Path
):
    folder = checkpoints.save_ours(tmp_path / "old", cleaning="social-0")

    with pytest.raises(ClassifyError, match="another program version"):
        load(folder)


def test_weights_that_are_no_numbers_give_an_error_and_no_tag(
    load: Callable[[Path], Engine], tmp_path: Path
):
    folder = checkpoints.save_ours(tmp_path / "spoilt")
    heads = load_file(folder / manifest.HEADS)
    spoilt = {k: torch.full_like(v, torch.nan) for k, v in heads.items()}
    save_file(spoilt, folder / manifest.HEADS)
    checkpoints.change_manifest(folder)

    with pytest.raises(ClassifyError, match="not a number"):
        load(folder).score(["my order"])


@pytest.mark.parametrize("path", ["models/none", "./none", "/none/at/all", "a/b/c"])
def test_a_path_that_does_not_exist_is_not_asked_of_a_public_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
):
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ClassifyError, match="there is no model folder"):
        Encoder.load(path)


def test_a_hub_name_that_cannot_be_fetched_is_one_clear_error():
    code = (
        "from bot.classify.encoder import Encoder\n"
        "from bot.errors import ClassifyError\n"
        "try:\n    Encoder.load('nobody/nothing-at-all')\n"
        "except ClassifyError as error:\n    print(error)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("cannot load the model nobody/nothing-at-all: ")
    assert done.stdout.count("\n") == 1


def test_our_default_asked_for_from_elsewhere_is_no_question_to_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ClassifyError, match="no model folder models/default here"):
        Encoder.load("models/default")


def test_an_empty_folder_is_one_clear_error(tmp_path: Path):
    with pytest.raises(ClassifyError, match="cannot load the model"):
        Encoder.load(tmp_path)


@pytest.mark.parametrize("device", ["toaster", "cuda:99"])
def test_a_device_that_is_none_is_refused(ours: Path, device: str):
    with pytest.raises(ClassifyError):
        Encoder.load(ours, device=device)


THREE = ["POS", "NEG", "NEU"]
STARS = ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]


@pytest.mark.parametrize(
    ("labels", "says", "meant"),
    [
        (THREE, "NEG", "negative"),
        (THREE, "POS", "positive"),
        (["negative", "neutral", "positive"], "neutral", "neutral"),
        (["NEGATIVE", "POSITIVE"], "POSITIVE", "positive"),
        (STARS, "2 stars", "negative"),
        (STARS, "3 stars", "neutral"),
        (STARS, "5 stars", "positive"),
        (["Very Negative", "Negative", "Positive"], "Very Negative", "negative"),
    ],
)
def test_another_models_labels_are_read_by_their_meaning(
    tmp_path: Path, labels: list[str], says: str, meant: str
):
    folder = checkpoints.save_classifier(tmp_path / "foreign", labels, says=says)

    foreign = Encoder.load(folder, device="cpu", precision="fp32")
    [scores] = foreign.score(["my order is broken"])

    assert scores.sentiment[meant] > 0.99
    assert sum(scores.sentiment.values()) == pytest.approx(1, abs=1e-9)
    assert scores.complaint is None
    weights = (folder / "model.safetensors").read_bytes()
    assert foreign.model_id == f"foreign@{_short_hash(weights)}"


def _short_hash(weights: bytes) -> str:
    return hashlib.sha256(weights).hexdigest()[:12]


@pytest.mark.parametrize(
    "label_map",
    [
        {"LABEL_0": "positive", "LABEL_1": "neutral", "LABEL_2": "negative"},
        {"0": "positive", "1": "neutral", "2": "negative"},
    ],
)
def test_a_setting_tells_what_nameless_labels_mean(
    tmp_path: Path, label_map: dict[str, str]
):
    labels = ["LABEL_0", "LABEL_1", "LABEL_2"]
    folder = checkpoints.save_classifier(tmp_path / "foreign", labels, says="LABEL_2")

    [scores] = Encoder.load(folder, label_map=label_map).score(["my order"])

    assert scores.sentiment["negative"] > 0.99


def test_the_same_weights_under_another_label_map_have_another_id(tmp_path: Path):
    labels = ["LABEL_0", "LABEL_1"]
    folder = checkpoints.save_classifier(tmp_path / "foreign", labels, says="LABEL_1")
    one = {"LABEL_0": "positive", "LABEL_1": "negative"}
    other = {"LABEL_0": "negative", "LABEL_1": "positive"}

    ids = [Encoder.load(folder, label_map=map_).model_id for map_ in (one, other)]

    weights = _short_hash((folder / "model.safetensors").read_bytes())
    assert ids == [f"foreign@{weights}:pos-neg", f"foreign@{weights}:neg-pos"]


@pytest.mark.parametrize(
    "labels",
    [
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        ["joy", "anger", "fear"],
        ["positive", "neutral"],
        ["negative", "irrelevant", "positive"],
    ],
)
def test_labels_that_would_have_to_be_guessed_are_refused(
    tmp_path: Path, labels: list[str]
):
    folder = checkpoints.save_classifier(tmp_path / "foreign", labels, says=labels[0])

    with pytest.raises(ClassifyError, match="set a label map") as refused:
        Encoder.load(folder)

    assert labels[0] in str(refused.value)


def test_a_label_map_to_nothing_known_is_refused(tmp_path: Path):
    folder = checkpoints.save_classifier(tmp_path / "foreign", THREE, says="NEG")

    with pytest.raises(ClassifyError, match="the label map names bad"):
        Encoder.load(folder, label_map={"NEG": "bad"})


def test_an_encoder_without_a_classifier_is_refused(tmp_path: Path):
    named = {0: "negative", 1: "positive"}
    BertModel(checkpoints.config(id2label=named)).save_pretrained(tmp_path)
    checkpoints.save_tokenizer(tmp_path)

    with pytest.raises(ClassifyError, match="no classifier"):
        Encoder.load(tmp_path)


# --- what a text is about


def test_a_row_of_length_one_for_each_text_whatever_its_company(
    encoder: Encoder,
) -> None:
    texts = ["my bag is lost", "", "hi " * 2_000, "my bag is lost"]

    rows = encoder.embed(texts)

    assert rows.dtype == np.dtype(np.float32)
    assert rows.shape[0] == len(texts)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert rows[0] == pytest.approx(rows[3], abs=1e-5)
    assert rows[:1] == pytest.approx(encoder.embed(texts[:1]), abs=1e-4)


def test_nothing_to_embed_is_no_error(encoder: Encoder) -> None:
    assert len(encoder.embed([])) == 0


def test_another_checkpoint_says_what_a_text_is_about_as_well(tmp_path: Path) -> None:
    folder = checkpoints.save_classifier(tmp_path / "foreign", THREE, says="NEG")
    foreign = Encoder.load(folder, device="cpu", precision="fp32")

    rows = foreign.embed(["my order is broken", "thank you"])

    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(2), abs=1e-5)
