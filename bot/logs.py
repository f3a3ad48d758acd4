"""Structured logs on standard error; secrets and authors' words never reach them."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
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
NAMED_SECRET = re.compile(
    r"""(?ix) ([\w-]*(?:token|secret|password|signature|api_?key)[\w-]*
    (?: =\s*["']? | ["']\s*:\s*["'] )) [^\s"'&,;]+"""
)
"""As headers, queries and JSON write them: ``oauth_token="x"``, ``"token": "x"``."""

NOISY = ("tweepy", "prawcore", "praw", "urllib3", "requests", "httpx", "httpx2",
         "apscheduler", "alembic", "transformers", "sqlalchemy",
         "uvicorn.access")  # fmt: skip


def hide(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Blank whatever could hold a secret or somebody's words."""
    for key, value in event.items():
        event[key] = _scrubbed(str(value)) if key == "event" else _safe(key, value)
    return event


def _safe(key: str, value: object) -> object:
    """Blank by the key's name, else look inside; an error is named by its kind only."""
    if SECRET_KEYS.search(key) or key.lower() in WORD_KEYS:
        return HIDDEN
    if isinstance(value, str):
        return _scrubbed(value)
    if isinstance(value, Mapping):
        return {str(name): _safe(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(key, inner) for inner in value]
    return type(value).__name__ if isinstance(value, BaseException) else value


def _scrubbed(text: str) -> str:
    text = URL_PASSWORD.sub(rf"\1{HIDDEN}\2", text)
    return NAMED_SECRET.sub(rf"\1{HIDDEN}", BEARER.sub(rf"\1 {HIDDEN}", text))


def trace(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Say where an error came from, never what it or any variable held."""
    failure = event.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()
    error = failure[1] if isinstance(failure, tuple) else failure
    if isinstance(error, BaseException):
        event["trace"] = traced(error)
    return event


def traced(error: BaseException) -> str:
    """Return an error's kind and way, outermost call first, then what caused it."""
    way = " > ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    )
    cause = error.__cause__ or (
        None if error.__suppress_context__ else error.__context__
    )
    told = f"{type(error).__name__} at {way or 'no known place'}"
    return f"{told}; after {traced(cause)}" if cause is not None else told


class Scrubbing(logging.Formatter):
    """Writes what libraries log, without secrets and without their errors' words."""

    def format(self, record: logging.LogRecord) -> str:
        """Blank secrets in the whole line."""
        return _scrubbed(super().format(record))

    def formatException(  # noqa: N802 - the standard library names it
        self, ei: tuple[type[BaseException] | None, BaseException | None, object]
    ) -> str:
        """Say where the error came from only."""
        return traced(ei[1]) if ei[1] is not None else ""


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
    handler.setFormatter(Scrubbing("%(message)s"))
    logging.basicConfig(handlers=[handler], level=threshold, force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    # It warns of odd answers with the whole address, and a chat's is its secret.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    is_terminal = file is None and sys.stderr.isatty()
    last = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=is_terminal)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            trace,
            hide,
            last,
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
