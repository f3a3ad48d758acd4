"""What Bluesky's refusals mean: atproto's errors as ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx
from atproto_client.exceptions import (
    BadRequestError,
    ModelError,
    NetworkError,
    RateLimitExceededError,
    RequestErrorBase,
    UnauthorizedError,
)

from bot.connectors._bluesky_answers import LONGEST_QUOTE, NAME, NONSENSE
from bot.connectors._edge import ErrorTable, chain, date_of, from_epoch
from bot.errors import (
    AccessDenied,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

NOT_SERVED = {HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED}
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
EXPIRED = {"ExpiredToken", "InvalidToken"}
OUR_ACCOUNT: Mapping[str, str] = {
    "AccountTakedown": "Bluesky has taken our account down",
    "AccountDeactivated": "our account is deactivated",
    "AuthFactorTokenRequired": "the account's own password wants a code by mail; "
    "give an app password",
    "AuthenticationRequired": "Bluesky does not accept the account or its password",
    **dict.fromkeys(EXPIRED, "Bluesky does not accept the session, not even a new one"),
}


def told(error: BaseException | None) -> tuple[str, str]:
    """Give the name and the words of Bluesky's refusal, empty where it has none."""
    content = getattr(getattr(error, "response", None), "content", None)
    name, words = getattr(content, "error", None), getattr(content, "message", None)
    return (
        name if isinstance(name, str) else "",
        " ".join(words.split())[:LONGEST_QUOTE] if isinstance(words, str) else "",
    )


def is_called(error: ConnectorError, name: str) -> bool:
    """Whether it comes from a refusal that Bluesky calls so."""
    return told(error.__cause__)[0] == name


def may_be_wrong(error: ConnectorError) -> bool:
    """Whether Bluesky answered, and may mean that the request makes no sense."""
    status = _status(error.__cause__)
    return status == HTTPStatus.BAD_REQUEST or (
        status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def has_expired(error: RequestErrorBase) -> bool:
    """Whether it says no more than that the session is over."""
    return isinstance(error, UnauthorizedError) or told(error)[0] in EXPIRED


def unread(error: Exception) -> ConnectorError:
    """Say why something could not be read."""
    status = _status(error)
    if isinstance(error, RateLimitExceededError):
        return _limit(error)
    if status in NOT_SERVED:
        return _denied(error)
    if not status or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        why = f"Bluesky is out of reach or in trouble ({status or 'no answer'})"
        return Unavailable(NAME, f"{why}; it is tried again later", detail=chain(error))
    return _denied(error)


def unsent(error: Exception) -> ConnectorError:
    """Say what became of something that we sent."""
    status = _status(error)
    if isinstance(error, RateLimitExceededError):
        return _limit(error)
    if isinstance(error.__cause__ or error, UNSENT):
        return Unavailable(NAME, "Bluesky cannot be reached; nothing was sent")
    if isinstance(error, BadRequestError) or (
        status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    ):
        return _denied(error) if told(error)[0] in OUR_ACCOUNT else _refused(error)
    if isinstance(error, UnauthorizedError) or status in NOT_SERVED:
        return _denied(error)
    return in_doubt(error)


def in_doubt(error: Exception) -> ConnectorError:
    """Say that nobody knows whether it stands there."""
    return OutcomeUnknown(
        NAME, "Bluesky did not say whether the reply stands there", detail=chain(error)
    )


def _status(error: BaseException | None) -> int:
    response = getattr(error, "response", None)
    return int(getattr(response, "status_code", 0))


def _quote(error: Exception) -> str:
    name, words = told(error)
    return ": ".join(filter(None, (name, words))) or f"status {_status(error)}"


def _refused(error: Exception) -> ConnectorError:
    return Refused(NAME, f"Bluesky rejected the text ({_quote(error)})")


def _denied(error: Exception) -> ConnectorError:
    if _status(error) in NOT_SERVED:
        why = "the server at base_url does not do that"
    else:
        why = OUR_ACCOUNT.get(told(error)[0], "Bluesky does not allow or understand it")
    return AccessDenied(NAME, f"{why} ({_quote(error)})")


def _limit(error: RateLimitExceededError) -> ConnectorError:
    headers = error.response.headers if error.response else {}
    retry_at = _reset(headers)
    if retry_at is None:
        return Unavailable(NAME, "Bluesky asks for a pause without saying how long")
    return RateLimited(NAME, "Bluesky asks for a pause", retry_at=retry_at)


def _reset(headers: Mapping[str, str]) -> datetime | None:
    try:
        return from_epoch(int(headers["ratelimit-reset"]))
    except (KeyError, ValueError):
        pass
    now = date_of(headers)
    try:
        return now and now + timedelta(seconds=int(headers["retry-after"]))
    except (KeyError, ValueError, OverflowError):
        return None


FAILURES = (RequestErrorBase, httpx.HTTPError, httpx.InvalidURL, ModelError)
"""What may come of any request; ``ModelError``: the refusal itself is no JSON object.

The library puts some of httpx's errors below its own and lets others through.
"""

ON_READING: ErrorTable = {**NONSENSE, **dict.fromkeys(FAILURES, unread)}
ON_SENDING: ErrorTable = {
    **dict.fromkeys(NONSENSE, in_doubt),
    **dict.fromkeys(FAILURES, unsent),
    NetworkError: unsent,
}
