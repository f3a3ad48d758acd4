from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.domain.ports import Notice
from bot.errors import SettingsError
from bot.logs import HIDDEN, configure, hide, logger, traced
from bot.notify.log import LogNotifier


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """A log file; afterwards logging is as it was."""
    root, saved = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    file = tmp_path / "logs" / "bot.log"
    configure("debug", "json", file)
    yield file
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**saved)


def written(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def hidden(**event: object) -> dict[str, object]:
    return dict(hide(None, "info", {"event": "x", **event}))


def breaks() -> None:
    secret = "hunter2"
    try:
        int(secret)
    except ValueError as error:
        raise KeyError("my words") from error


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "bearer_token",
        "Authorization",
        "client_secret",
        "password",
        "Set-Cookie",
        "api_key",
        "apikey",
        "text",
        "Body",
        "bio",
        "payload",
        "message",
        "name",
        "handle",
    ],
)
def test_what_a_key_says_is_a_secret_or_somebodys_words_is_hidden(key: str) -> None:
    assert hidden(**{key: "hunter2"})[key] == HIDDEN


def test_what_is_neither_is_shown() -> None:
    shown = hidden(source="acme-x", reads=3, ok=True, none=None)

    assert shown == {
        "event": "x",
        "source": "acme-x",
        "reads": 3,
        "ok": True,
        "none": None,
    }


@pytest.mark.parametrize(
    "text",
    [
        "sent Authorization: Bearer hunter2hunter2",
        "bearer hunter2%2Fhunter2~",
        "Basic aHVudGVyMg==hunter2",
        "postgresql://bot:hunter2@db/answerable is gone",
        'OAuth oauth_consumer_key="abc", oauth_token="hunter2"',
        "GET /2/tweets?access_token=hunter2&x=1",
        '{"refresh_token": "hunter2", "a": 1}',
        "client_secret=hunter2",
        "password='hunter2'",
    ],
)
def test_a_secret_inside_a_text_is_scrubbed(text: str) -> None:
    assert "hunter2" not in str(hidden(error=text)["error"])
    assert "hunter2" not in str(hide(None, "info", {"event": text})["event"])


@pytest.mark.parametrize(
    "text",
    [
        "sources.acme.bearer_token: this key is missing",
        "x: the token has expired; renew it",
        "https://agora.example/p/1",
        "a basic fare",
    ],
)
def test_an_ordinary_sentence_stays_whole(text: str) -> None:
    assert hidden(error=text)["error"] == text


def test_secrets_are_found_however_deep_they_lie() -> None:
    shown = hidden(
        request={"headers": {"Authorization": "hunter2"}, "n": [{"text": "hunter2"}]},
        urls=("https://u:hunter2@x", {"https://u:hunter2@y"}),
    )

    assert "hunter2" not in str(shown)
    assert shown["request"] == {
        "headers": {"Authorization": HIDDEN},
        "n": [{"text": HIDDEN}],
    }


def test_an_error_is_named_by_its_kind_and_not_by_its_words() -> None:
    assert hidden(error=ValueError("my words"))["error"] == "ValueError"


def test_a_line_holds_when_how_bad_where_and_what(log: Path) -> None:
    logger("work").warning("source failed", source="acme-x")

    [line] = written(log)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", str(line.pop("timestamp")))
    assert line == {
        "event": "source failed",
        "level": "warning",
        "room": "work",
        "source": "acme-x",
    }


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_trace_shows_the_way_and_neither_words_nor_variables(
    log: Path, form: str
) -> None:
    configure("debug", "json" if form == "json" else "console", log)

    try:
        breaks()
    except KeyError:
        logger("work").exception("job broke", job="work")

    text = log.read_text(encoding="utf-8")
    assert "KeyError at test_logs.py" in text
    assert "breaks; after ValueError at test_logs.py" in text
    assert "my words" not in text
    assert "hunter2" not in text


def test_what_libraries_log_is_scrubbed_as_well(log: Path) -> None:
    library = logging.getLogger("some.library")

    library.warning("header %s", "Bearer hunter2hunter2")
    try:
        breaks()
    except KeyError:
        library.exception("it broke")

    text = log.read_text(encoding="utf-8")
    assert "hunter2" not in text
    assert "my words" not in text
    assert "KeyError at test_logs.py" in text


@pytest.mark.parametrize("name", ["tweepy", "praw", "prawcore", "httpx2", "sqlalchemy"])
def test_libraries_that_log_headers_are_held_at_warning(log: Path, name: str) -> None:
    assert logging.getLogger(f"{name}.client").getEffectiveLevel() >= logging.WARNING


def test_below_the_level_nothing_is_written(log: Path) -> None:
    configure("error", "json", log)

    logger("work").warning("not this")
    logger("work").error("but this")

    assert [line["event"] for line in written(log)] == ["but this"]


def test_a_log_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(SettingsError, match=r"^logs\.file: "):
        configure("info", "json", tmp_path / "file" / "bot.log")


def test_a_notice_in_the_log_leaves_its_body_out(log: Path) -> None:
    notice = Notice(
        key="k-1", to="agents", subject="T-000001", body="my words", is_important=True
    )

    LogNotifier().send(notice)

    [line] = written(log)
    assert (line["level"], line["to"], line["key"]) == ("warning", "agents", "k-1")
    assert "my words" not in str(line)


def test_an_unimportant_notice_is_whispered(log: Path) -> None:
    LogNotifier().send(Notice(key="k", to="agents", subject="s", body="b"))

    assert written(log)[0]["level"] == "info"


def test_an_error_that_was_never_raised_has_no_way() -> None:
    assert traced(ValueError("x")) == "ValueError at no known place"
