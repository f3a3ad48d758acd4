"""What a Mastodon server's refusals mean, by status and words.

Nothing here imports Mastodon.py: its client raises requests' errors, with the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import requests

from bot.connectors._edge import ErrorTable, chain
from bot.connectors._http import NONSENSE as SENSELESS
from bot.connectors._http import Answer, judged, limited
from bot.connectors._requests import never_left
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    Unavailable,
)

NAME = "mastodon"
WINDOW = timedelta(minutes=5)
"""How long Mastodon counts requests; for servers that limit without saying so."""

LONGEST_QUOTE = 200  # characters of the server's own words shown to people
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_UNDECIDED = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY}
_ELSEWHERE = {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}
_NOT_US = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_ADVICE: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "the server does not accept the token; renew it",
    HTTPStatus.FORBIDDEN: "the server forbids it; look at the token's scopes and at "
    "the account's standing",
    # Several servers hide like this what a token may not see.
    HTTPStatus.NOT_FOUND: "the server has no such place, or hides it from this token; "
    "check base_url and access_token",
}
_OTHERWISE = "the server does not accept the request; check hashtags and query"


def _nonsense(error: Exception) -> ConnectorError:
    why = "the server sent something that makes no sense; is base_url a Mastodon's?"
    what = f"{type(error).__name__}: {error}"[:LONGEST_QUOTE]
    # What the decoder says of a text quotes none of it; other errors are our own.
    return BadPayload(NAME, why, detail=what)


NONSENSE: ErrorTable = dict.fromkeys(SENSELESS, _nonsense)


def unread(error: Exception) -> ConnectorError:
    """Sort out a reading that was answered with an error."""
    answer = _answer_of(error)
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return limited(answer, WINDOW)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _moved(answer)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _UNDECIDED:
        return judged(answer)
    return AccessDenied(NAME, f"{_ADVICE.get(status, _OTHERWISE)} ({_quote(answer)})")


def untaken(error: Exception) -> ConnectorError:
    """Sort out a reply answered with an error: it may be taken all the same."""
    answer = _answer_of(error, is_sent=True)
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return limited(answer, WINDOW)
    if status in _ELSEWHERE:
        return _moved(answer)
    if status in _NOT_US:
        return AccessDenied(NAME, f"{_ADVICE[status]} ({_quote(answer)})")
    is_no = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if is_no and status not in _UNDECIDED:
        return Refused(NAME, f"the server refused the reply ({_quote(answer)})")
    return in_doubt(error)


def unsent(error: Exception) -> ConnectorError:
    """Sort out a reply that got no answer: whether it left at all."""
    if never_left(error):
        return Unavailable(NAME, "the server cannot be reached; nothing was sent")
    return in_doubt(error)


def in_doubt(error: Exception) -> ConnectorError:
    """Say that nobody knows whether a reply stands there."""
    why = "the server did not say whether the reply stands there; look for it first"
    return OutcomeUnknown(NAME, why, detail=chain(error))


def status_of(error: ConnectorError) -> int:
    """Return the status with which the server answered; 0 where it did not."""
    answer = getattr(error.__cause__, "response", None)
    return 0 if answer is None else int(answer.status_code)


def _answer_of(error: Exception, *, is_sent: bool = False) -> Answer:
    answer: requests.Response = error.response  # type: ignore[attr-defined]
    return Answer(
        channel=NAME,
        status=answer.status_code,
        headers=answer.headers,
        content=answer.content,
        url=answer.url,
        is_sent=is_sent,
    )


def _moved(answer: Answer) -> ConnectorError:
    there = urlsplit(answer.headers.get("location", ""))
    where = f"{there.scheme}://{there.netloc}" if there.netloc else "elsewhere"
    why = f"the server sends us on to {where} (HTTP {answer.status}); correct base_url"
    return AccessDenied(NAME, why)


def _quote(answer: Answer) -> str:
    """Give the server's own words, shortened; of a page in HTML only the status."""
    body = answer.peek()
    told = [body.get(key) for key in ("error", "error_description", "detail")]
    words = next((one for one in told if isinstance(one, str) and one), "")
    return " ".join(words.split())[:LONGEST_QUOTE] or f"HTTP {answer.status}"
