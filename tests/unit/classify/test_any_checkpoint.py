"""Somebody else's checkpoints, from the settings file to the tags."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.bootstrap import App
from bot.cli.main import main
from bot.domain.mentions import Mention, MentionId, StoredMention
from bot.domain.tags import Doubt, Sentiment
from bot.errors import ClassifyError
from bot.settings import load_settings
from tests.unit.classify import checkpoints

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ENGLISH = "where is my order, it never arrived"
SPANISH = "mi pedido no ha llegado y nadie contesta"
NAMED = ["negative", "neutral", "positive"]
NAMELESS = ["LABEL_0", "LABEL_1", "LABEL_2"]
MEANING = "{LABEL_0: positive, LABEL_1: neutral, LABEL_2: negative}"


def app(folder: Path, written: str) -> App:
    file = folder / "bot.yaml"
    file.write_text(written, encoding="utf-8")
    return App(load_settings(file, {}))


def mention(text: str, number: int = 1) -> StoredMention:
    return StoredMention(
        id=MentionId(number),
        source="test",
        ingested_at=NOW,
        mention=Mention(
            channel="x",
            external_id=str(number),
            brand="Acme",
            text=text,
            published_at=NOW,
            conversation=str(number),
        ),
    )


@pytest.mark.parametrize(
    "save", [checkpoints.save_classifier, checkpoints.save_roberta]
)
def test_a_path_alone_brings_a_checkpoint_with_its_own_labels(
    tmp_path: Path, save: Callable[..., Path]
):
    save(tmp_path / "theirs", NAMED, says="negative")

    bot = app(tmp_path, f"model: {tmp_path}/theirs\n")
    (tags,) = bot.classifier.tag([mention(ENGLISH)])

    assert tags.sentiment is Sentiment.NEGATIVE
    assert tags.sentiment_scores["negative"] > 0.99
    assert tags.model.startswith("theirs@")
    assert tags.doubts == (Doubt.NO_COMPLAINT_MODEL,)


@pytest.mark.parametrize(
    "save", [checkpoints.save_classifier, checkpoints.save_roberta]
)
def test_nameless_labels_get_their_meaning_from_the_settings(
    tmp_path: Path, save: Callable[..., Path]
):
    save(tmp_path / "theirs", NAMELESS, says="LABEL_0")

    bot = app(tmp_path, f"model:\n  path: {tmp_path}/theirs\n  labels: {MEANING}\n")
    (tags,) = bot.classifier.tag([mention(ENGLISH)])

    assert tags.sentiment is Sentiment.POSITIVE
    assert ":pos-neu-neg+" in tags.model


def test_a_text_among_longer_ones_is_read_as_it_is_alone(tmp_path: Path):
    checkpoints.save_roberta(tmp_path / "theirs", NAMED)
    bot = app(tmp_path, f"model: {{path: {tmp_path}/theirs, precision: fp32}}\n")
    texts = ["where is it", "so happy again", "my order never arrived " * 3]

    together = bot.encoder().score(texts)

    alone = [bot.encoder().score([text])[0] for text in texts]
    assert len({round(one.sentiment["negative"], 3) for one in alone}) == len(texts)
    for one, other in zip(together, alone, strict=True):
        assert one.sentiment == pytest.approx(other.sentiment, abs=1e-5)


def test_a_text_with_more_tokens_than_the_model_has_places_is_read_in_part(
    tmp_path: Path,
):
    checkpoints.save_roberta(tmp_path / "theirs", NAMED, says="positive")

    bot = app(tmp_path, f"model: {tmp_path}/theirs\n")
    (tags,) = bot.classifier.tag([mention("so happy " * 5_000)])

    assert tags.sentiment is Sentiment.POSITIVE
    assert Doubt.TRUNCATED in tags.doubts


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Settings with a model for Spanish, in another form than the usual one."""
    checkpoints.save_classifier(tmp_path / "usual", NAMED, says="negative")
    checkpoints.save_roberta(tmp_path / "spanish", NAMELESS, says="LABEL_0")
    return tmp_path


def written(folder: Path) -> str:
    return (
        f"models:\n  default: {folder}/usual\n"
        f"  es: {{path: {folder}/spanish, labels: {MEANING}}}\n"
    )


def test_each_text_is_read_by_the_model_of_its_language(two: Path):
    bot = app(two, written(two))
    texts = [ENGLISH, SPANISH, "is the shop open today", SPANISH]

    tags = bot.classifier.tag([mention(text, n) for n, text in enumerate(texts)])

    assert [one.sentiment.value for one in tags] == [
        "negative",
        "positive",
        "negative",
        "positive",
    ]
    assert [one.model.partition("@")[0] for one in tags] == [
        "usual",
        "spanish",
        "usual",
        "spanish",
    ]
    assert all(Doubt.UNSUPPORTED_LANGUAGE not in one.doubts for one in tags)


def test_a_model_that_cannot_be_loaded_is_found_before_any_text_is_read(two: Path):
    (two / "spanish" / "model.safetensors").write_bytes(b"cut off")

    with pytest.raises(ClassifyError, match=r"cannot load the model .*spanish"):
        _ = app(two, written(two)).classifier


def test_languages_with_the_same_settings_share_one_model(two: Path):
    bot = app(two, f"{written(two)}  pt: {{path: {two}/spanish, labels: {MEANING}}}\n")

    assert bot.encoder("pt") is bot.encoder("es")
    assert bot.encoder("es") is not bot.encoder()


def test_the_doctor_looks_at_each_model(
    two: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(ROOT)
    settings = f"{written(two)}database: {{url: 'sqlite:///{two}/none.db'}}\n"
    (two / "bot.yaml").write_text(settings, encoding="utf-8")
    (two / "spanish" / "model.safetensors").write_bytes(b"cut off")

    with pytest.raises(SystemExit):
        main(["doctor", "--json", "--config", str(two / "bot.yaml")])

    found = {row["what"]: row for row in json.loads(capsys.readouterr().out)}
    assert found["model default"]["state"] == "ok"
    assert found["model default"]["detail"].startswith("model usual@")
    assert found["model es"]["state"] == "TROUBLE"
    assert "spanish" in found["model es"]["detail"]


def test_a_languages_model_is_evaluated_with_the_labels_of_the_settings(
    two: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(ROOT)
    (two / "bot.yaml").write_text(written(two), encoding="utf-8")
    (two / "said.jsonl").write_text(
        f'{{"text": "{SPANISH}", "label": "positive"}}\n', encoding="utf-8"
    )
    command = ["model", "evaluate", str(two / "said.jsonl"), "--json"]
    current = [*command, "--model", "current", "--config", str(two / "bot.yaml")]

    def right(*arguments: str) -> tuple[str, float]:
        with pytest.raises(SystemExit) as ended:
            main([*current, *arguments])
        assert ended.value.code == 0
        (found,) = json.loads(capsys.readouterr().out)
        return found["model_id"].partition("@")[0], found["accuracy"]["value"]

    assert right("--language", "es") == ("spanish", 1.0)
    assert right() == ("usual", 0.0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--model", "current", "--language", "fr"], "no model for fr"),
        (["--language", "es"], "--model current"),
    ],
)
def test_a_language_without_a_model_of_its_own_is_not_evaluated(
    two: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
):
    monkeypatch.chdir(ROOT)
    (two / "bot.yaml").write_text(written(two), encoding="utf-8")
    said = str(two / "said.jsonl")

    with pytest.raises(SystemExit) as ended:
        main(["model", "evaluate", said, "--config", str(two / "bot.yaml"), *arguments])

    assert ended.value.code == 2
    assert told in " ".join(capsys.readouterr().err.split())
