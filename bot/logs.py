"""Structured logs on standard error; secrets and authors' words never reach them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Literal

import structlog

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
) -> None:
    """Set up logging for this process; libraries that log headers stay at WARNING."""
    threshold = getattr(logging, level.upper())
    logging.basicConfig(stream=sys.stderr, level=threshold, format="%(message)s")
    for name in NOISY:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    last = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """Return the log of one room."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(room=room)
    return bound
