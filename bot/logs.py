"""Structured logs on standard error; secrets and authors' words never reach them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Literal

import structlog

from bot.errors import SettingsError

SECRET_KEYS = re.compile(
    r"token|secret|password|authorization|cookie|api_?key", re.IGNORECASE
)
WORD_KEYS = frozenset({"text", "body", "bio", "payload", "message", "name", "handle"})
HIDDEN = "[hidden]"
URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+(@)")
BEARER = re.compile(r"(?i)\b(bearer|basic|oauth)\s+[\w\-.~+/=%]{8,}")

NOISY = ("tweepy", "prawcore", "praw", "urllib3", "requests", "httpx", "httpx2",
         "apscheduler", "alembic", "transformers", "sqlalchemy")  # fmt: skip


def hide(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Blank whatever could hold a secret or somebody's words."""
    for key, value in event.items():
        if key == "event":
            event[key] = _scrubbed(str(value))
        elif SECRET_KEYS.search(key) or key in WORD_KEYS:
            event[key] = HIDDEN
        elif isinstance(value, str):
            event[key] = _scrubbed(value)
    return event


def _scrubbed(text: str) -> str:
    return BEARER.sub(rf"\1 {HIDDEN}", URL_PASSWORD.sub(rf"\1{HIDDEN}\2", text))


def configure(
    level: Literal["debug", "info", "warning", "error"] = "warning",
    form: Literal["console", "json"] = "console",
    file: Path | None = None,
) -> None:
    """Set up logging for this process; libraries that log headers stay at WARNING.

    Raises ``SettingsError`` if the file cannot be written.
    """
    threshold = getattr(logging, level.upper())
    handler = logging.StreamHandler(sys.stderr) if file is None else _opened(file)
    logging.basicConfig(
        handlers=[handler], level=threshold, format="%(message)s", force=True
    )
    for name in NOISY:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    is_terminal = file is None and sys.stderr.isatty()
    last = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=is_terminal)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide,
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _opened(file: Path) -> logging.Handler:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return logging.FileHandler(file, encoding="utf-8")
    except OSError as error:
        message = f"logs.file: {file} cannot be written: {error.strerror}"
        raise SettingsError(message) from error


def logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """Return the log of one room."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(room=room)
    return bound
