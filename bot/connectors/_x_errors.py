"""What X's refusals mean, by status and words, and until when it asks for a pause.

Nothing here imports tweepy: its errors are looked at for the answer that they carry.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus

import requests

from bot.connectors._edge import chain, date_of, from_epoch
from bot.connectors._requests import never_left
from bot.connectors._x_answers import NAME, Json, is_id, problems, quote, says
from bot.errors import (
    AccessDenied,
    BudgetSpent,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

NO_TIER = ("not-enrolled", "not enrolled", "access level", "attached to a project")
NO_RIGHT = ("client-forbidden", "oauth1", "unsupported-auth", "suspended", "locked")
USED_UP = ("usage-capped", "usagecapexceeded", "usage cap")
TIER_CODE = 453
WINDOWS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
USUAL_WINDOW = timedelta(minutes=15)
OF_THE_REPLY = {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
OF_OUR_ACCESS = {*OF_THE_REPLY, HTTPStatus.UNAUTHORIZED}
ADVICE: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "X does not accept the request; check query, account_id "
    "and field_names",
    HTTPStatus.UNAUTHORIZED: "X does not accept the credential; renew it",
    HTTPStatus.NOT_FOUND: "X knows no such place; check base_url and account",
}


def unread(error: Exception) -> ConnectorError:
    """Sort out a reading that X answered with an error."""
    answer = _answer_of(error)
    if (limit := _limit(answer)) is not None:
        return limit
    if answer.status_code in OF_OUR_ACCESS:
        return _denied(answer)
    return Unavailable(
        NAME, f"X answered {answer.status_code}; it is tried again later"
    )


def untaken(error: Exception) -> ConnectorError:
    """Sort out a reply that X answered with an error: taken it may be all the same."""
    answer = _answer_of(error)
    if (limit := _limit(answer)) is not None:
        return limit
    body, status = _body(answer), answer.status_code
    may_not = _wants_tier(body) or says(body, NO_RIGHT)
    if status == HTTPStatus.UNAUTHORIZED or (
        status == HTTPStatus.FORBIDDEN and may_not
    ):
        return _denied(answer)
    if status in OF_THE_REPLY:
        return Refused(NAME, f"X refused the reply ({quote(body)})")
    return in_doubt(error)


def unsent(error: Exception) -> ConnectorError:
    """Sort out a reply that got no answer: whether it left at all."""
    if never_left(error):
        return Unavailable(NAME, "X cannot be reached; nothing was sent")
    return in_doubt(error)


def in_doubt(error: Exception) -> ConnectorError:
    """Say that nobody knows whether a reply stands there."""
    return OutcomeUnknown(
        NAME, "X did not say whether the reply stands there", detail=chain(error)
    )


def blamed(error: ConnectorError) -> frozenset[str]:
    """Name the parameters for which X called a request wrong (400)."""
    answer = getattr(error.__cause__, "response", None)
    if answer is None or answer.status_code != HTTPStatus.BAD_REQUEST:
        return frozenset()
    body = _body(answer)
    named = [one.get("parameter") for one in (*problems(body), body)]
    for one in problems(body):
        with suppress(TypeError):
            named += one.get("parameters") or ()
    return frozenset(str(one) for one in named if one)


def _answer_of(error: Exception) -> requests.Response:
    answer: requests.Response = error.response  # type: ignore[attr-defined]
    return answer


def _body(answer: requests.Response) -> Json:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _wants_tier(body: Json) -> bool:
    codes = [one.get("code") for one in problems(body)]
    return TIER_CODE in codes or says(body, NO_TIER)


def _denied(answer: requests.Response) -> ConnectorError:
    body, status = _body(answer), answer.status_code
    said = quote(body)
    if _wants_tier(body):
        return AccessDenied(
            NAME,
            "the app's access tier does not include this call; mentions, search and "
            f"replies need a paid tier and an app inside a project ({said})",
        )
    return AccessDenied(NAME, f"{ADVICE.get(status, 'X forbids it')} ({said})")


def _limit(answer: requests.Response) -> ConnectorError | None:
    if answer.status_code == HTTPStatus.PAYMENT_REQUIRED:
        return _spent(answer, "the credits are used up; buy more or wait")
    if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    if says(_body(answer), USED_UP):
        return _spent(answer, "the plan's quota is used up")
    retry_at = _reset(answer.headers)
    if retry_at is None:
        return Unavailable(NAME, "X asks for a pause without saying how long")
    return RateLimited(NAME, "X asks for a pause", retry_at=retry_at)


def _reset(headers: Mapping[str, str]) -> datetime | None:
    """When the windows that are used up begin anew."""
    ends: list[datetime] = []
    for window in WINDOWS:
        left, end = headers.get(f"{window}-remaining"), headers.get(f"{window}-reset")
        if end and is_id(end[:11]) and (left == "0" or window == WINDOWS[0]):
            ends.append(from_epoch(int(end[:11])))
    now = date_of(headers)
    return max(ends) if ends else now and now + USUAL_WINDOW


def _spent(answer: requests.Response, why: str) -> ConnectorError:
    """Wait for the first instant of the next day or month, by X's own clock."""
    now, body = date_of(answer.headers), _body(answer)
    if now is None:
        return Unavailable(NAME, f"{why}; X does not say until when ({quote(body)})")
    retry_at = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if body.get("period") == "Daily":
        retry_at += timedelta(days=1)
    else:
        retry_at = (retry_at + timedelta(days=32 - now.day)).replace(day=1)
    return BudgetSpent(
        NAME, f"{why} until {retry_at:%Y-%m-%d} ({quote(body)})", retry_at=retry_at
    )
