from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load_settings

FILE = """\
languages: [en]
channels:
  x: {mode: shadow}
sources:
  acme-x: {connector: x, brand: Acme}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bot.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def refused(file: Path, **environment: str) -> str:
    with pytest.raises(SettingsError) as refusal:
        load_settings(file, environment)
    return refusal.value.shown


def test_a_variable_stands_over_the_file(file: Path) -> None:
    loaded = load_settings(file, {"BOT_DATABASE__URL": "sqlite:///other.db"})

    assert loaded.settings.database.url == "sqlite:///other.db"


def test_a_name_with_dashes_is_reached_by_underscores(file: Path) -> None:
    loaded = load_settings(file, {"BOT_SOURCES__ACME_X__EVERY": "PT2M"})

    every = loaded.settings.sources["acme-x"].every
    assert every is not None
    assert every.total_seconds() == 120


def test_a_list_in_a_variable_is_split_by_commas(file: Path) -> None:
    loaded = load_settings(file, {"BOT_LANGUAGES": "en, de,"})

    assert loaded.settings.languages == ["en", "de"]


def test_a_secret_comes_from_the_file_that_a_variable_names(
    file: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_text("abc\n", encoding="utf-8")

    loaded = load_settings(
        file, {"BOT_SOURCES__ACME_X__BEARER_TOKEN_FILE": str(secret)}
    )

    assert loaded.settings.sources["acme-x"].options["bearer_token"] == "abc"


def test_a_key_that_does_not_exist_is_named_with_its_line(file: Path) -> None:
    file.write_text(FILE + "langauges: [de]\n", encoding="utf-8")

    assert refused(file) == f"{file}:6: langauges: there is no such key"


def test_a_mistyped_variable_is_named_itself(file: Path) -> None:
    said = refused(file, BOT_CHANNEL__X="live")

    assert said == "BOT_CHANNEL__X: channel: there is no such key"


def test_a_duration_that_cannot_be_read_says_how_to_write_one(file: Path) -> None:
    said = refused(file, BOT_OUTBOX__SETTLE_AFTER="one minute")

    assert said.startswith("BOT_OUTBOX__SETTLE_AFTER: outbox.settle_after:")
    assert "PT30S" in said


def test_every_mistake_is_told_at_once(file: Path) -> None:
    said = refused(file, BOT_CONFIDENCE="2", BOT_ZONE="Mars/Olympus")

    zone, confidence = said.splitlines()
    assert zone.startswith("BOT_ZONE: zone: there is no time zone 'Mars/Olympus'")
    assert confidence.startswith("BOT_CONFIDENCE: confidence: ")


def test_a_mistake_never_shows_the_value_that_may_be_secret(file: Path) -> None:
    said = refused(file, BOT_ENGINE__URL="http://user:hush@host")

    assert "hush" not in said
