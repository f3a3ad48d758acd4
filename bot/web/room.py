"""What every room of the console is made with; the console itself imports the rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter

from bot.bootstrap import App
from bot.errors import (
    BotError,
    Missing,
    NotAllowed,
    NotSignedIn,
    SettingsError,
    Stale,
    StorageError,
    TooOften,
)
from bot.web.render import Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What every room needs: the wired app, and the templates."""

    app: App
    pages: Pages


class Unfit(BotError):
    """What was sent does not have the form that the route asks for."""


class Outdated(BotError):
    """What the writer had read has changed since; read it again."""


class NoSuch(BotError):
    """There is no such route, or not by this method."""

    status = HTTPStatus.NOT_FOUND


Room = Callable[[Console], APIRouter]

STATUS: Sequence[tuple[type[BotError], HTTPStatus]] = (
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (TooOften, HTTPStatus.TOO_MANY_REQUESTS),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (Missing, HTTPStatus.NOT_FOUND),
    (Stale, HTTPStatus.CONFLICT),
    (Outdated, HTTPStatus.PRECONDITION_FAILED),
    (Unfit, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SettingsError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (StorageError, HTTPStatus.SERVICE_UNAVAILABLE),
)


def status_of(error: BotError) -> HTTPStatus:
    """Return how HTTP calls an error of ours."""
    if isinstance(error, NoSuch):
        return error.status
    return next(
        (status for kind, status in STATUS if isinstance(error, kind)),
        HTTPStatus.BAD_REQUEST,
    )
