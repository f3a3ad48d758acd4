"""HTTP for platforms that we speak to without a library of theirs.

Two verbs: what is read may be read again, what is sent may not. The difference decides
which of our errors a broken connection, an odd status or an unreadable answer becomes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, TypeAlias

import httpx2

from bot.clock import stopwatch
from bot.connectors._edge import (
    WORDS,
    chain,
    date_of,
    from_epoch,
    parse_http_date,
    parse_instant,
)
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

MOST_BYTES = 16 * 1024 * 1024
MOST_TIMEOUTS = 3
"""How many time-outs an answer may take that comes, but drop by drop."""

USUAL_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)
A_MOMENT_IN_HISTORY = 1_000_000_000
"""Seconds; a smaller number in a header is how long, a bigger one an instant."""

RESETS = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset")
NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.LocalProtocolError,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)
NONSENSE = (
    AttributeError,
    LookupError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What looking into undecoded JSON raises where it is not what it should be."""

_TROUBLE = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
_DENIED: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: WORDS[AccessDenied],
    HTTPStatus.FORBIDDEN: "the platform forbids it; look at the credential's rights",
}

Judge: TypeAlias = "Callable[[Answer], ConnectorError | None]"
"""Sorts out an answer that is no success, by the platform's own words; or leaves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; ``is_sent`` where it answers something that was published."""

    channel: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str
    is_sent: bool = False

    @property
    def date(self) -> datetime | None:
        """When it was given, by the platform's clock."""
        return date_of(self.headers)

    @property
    def text(self) -> str:
        """The words, whatever bytes do not belong there."""
        return self.content.decode(errors="replace")

    def json(self) -> dict[str, Any]:
        """Return the object that it holds; anything else makes no sense."""
        with self.read():
            found = json.loads(self.content)
            if not isinstance(found, dict):
                message = f"not an object but a {type(found).__name__}"
                raise TypeError(message)
            return found

    def peek(self) -> dict[str, Any]:
        """Return the object that it holds, or an empty one; for errors' own words."""
        try:
            found = json.loads(self.content)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @contextmanager
    def read(self) -> Iterator[None]:
        """Call nonsense what it is, while somebody looks into this answer."""
        try:
            yield
        except NONSENSE as error:
            ours = OutcomeUnknown if self.is_sent else BadPayload
            raise ours(self.channel, WORDS[ours], detail=chain(error)) from error


class Http:
    """One platform's address and how we sign in there; opens nothing before a call.

    ``headers`` hold the credential, never the address: addresses are logged by others.
    ``judge`` knows what the platform's own refusals mean.
    """

    def __init__(
        self,
        channel: str,
        base_url: str = "",
        *,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        judge: Judge | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        # At INFO they write every address, at DEBUG the headers.
        for chatty in ("httpx2", "httpcore2"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._channel, self._base_url = channel, base_url.rstrip("/")
        self._timeout, self._judge, self._most_bytes = timeout, judge, most_bytes
        self._client = httpx2.Client(timeout=timeout, headers=dict(headers or {}))

    def read(self, url: str, **asked: Any) -> Answer:  # noqa: ANN401 - httpx's own
        """Ask for something; ``method`` is GET unless told, the rest goes to httpx.

        A 304 is an answer: it is given to whoever named what they have already.
        """
        return self._ask(url, asked, is_sent=False)

    def send(self, url: str, **asked: Any) -> Answer:  # noqa: ANN401 - httpx's own
        """Publish something once; ``method`` is POST unless told.

        Whatever leaves it open whether that was taken is ``OutcomeUnknown``.
        """
        return self._ask(url, {"method": "POST", **asked}, is_sent=True)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _ask(self, url: str, asked: dict[str, Any], *, is_sent: bool) -> Answer:
        method = asked.pop("method", "GET")
        where = self._base_url + url if url.startswith("/") else url
        try:
            # Nobody leads it elsewhere: not our credential, nor into our own network.
            with self._client.stream(method, where, **asked) as got:
                answer = Answer(
                    channel=self._channel,
                    status=got.status_code,
                    headers=got.headers,
                    content=self._content(got),
                    url=str(got.url),
                    is_sent=is_sent,
                )
        except NEVER_LEFT as error:
            why = "the platform cannot be reached; nothing was sent"
            raise Unavailable(self._channel, why, detail=chain(error)) from error
        except httpx2.InvalidURL as error:
            why = "this is no address; correct base_url"
            raise AccessDenied(self._channel, why, detail=chain(error)) from error
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            ours = OutcomeUnknown if is_sent else Unavailable
            raise ours(self._channel, WORDS[ours], detail=chain(error)) from error
        except _TooMuch as error:
            too_much = OutcomeUnknown if is_sent else BadPayload
            raise too_much(self._channel, str(error)) from error
        self._look_at(answer, got)
        return answer

    def _content(self, got: httpx2.Response) -> bytes:
        """Read the answer, which must neither fill the memory nor last for ever."""
        content, started = bytearray(), stopwatch()
        for part in got.iter_bytes():
            content += part
            if len(content) > self._most_bytes:
                why = f"the answer is longer than {self._most_bytes:,} bytes"
                raise _TooMuch(why)
            if stopwatch() - started > MOST_TIMEOUTS * self._timeout:
                why = "the answer comes too slowly"
                raise httpx2.ReadTimeout(why, request=got.request)
        return bytes(content)

    def _look_at(self, answer: Answer, got: httpx2.Response) -> None:
        if got.is_success or got.status_code == HTTPStatus.NOT_MODIFIED:
            return
        ours = self._judge(answer) if self._judge else None
        # Without the address, which may hold what is nobody's business.
        raise (ours or judged(answer)) from httpx2.HTTPStatusError(
            f"HTTP {got.status_code}", request=got.request, response=got
        )


class _TooMuch(Exception):
    """An answer is longer than anybody needs."""


def judged(answer: Answer) -> ConnectorError:
    """Sort out an answer that is no success, by its status alone."""
    status, channel = answer.status, answer.channel
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return limited(answer)
    if status in _DENIED:
        return AccessDenied(channel, f"{_DENIED[status]} (HTTP {status})")
    is_theirs = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TROUBLE
    if answer.is_sent:
        ours = OutcomeUnknown if is_theirs else Refused
        return ours(channel, f"{WORDS[ours]} (HTTP {status})")
    if is_theirs:
        return Unavailable(channel, f"{WORDS[Unavailable]} (HTTP {status})")
    why = f"the platform does not accept the request (HTTP {status}); check base_url"
    return AccessDenied(channel, f"{why} and what is to be read")


def limited(answer: Answer, usual: timedelta = USUAL_PAUSE) -> ConnectorError:
    """Wait until the instant that the platform names, or for its ``usual`` pause.

    All of it is counted from the platform's own clock; where it tells no time, it is
    only in trouble for now.
    """
    now, why = answer.date, "the platform asks for a pause"
    named = _resumes_at(answer.headers, now)
    if now is None:
        if named is None:
            return Unavailable(answer.channel, f"{why} without saying how long")
        return RateLimited(answer.channel, why, retry_at=named)
    retry_at = min(max(named or now + usual, now), now + LONGEST_PAUSE)
    return RateLimited(answer.channel, why, retry_at=retry_at)


def status_of(error: ConnectorError) -> int:
    """Return the status with which the platform answered; 0 where it did not."""
    cause = error.__cause__
    return (
        cause.response.status_code if isinstance(cause, httpx2.HTTPStatusError) else 0
    )


def _resumes_at(headers: Mapping[str, str], now: datetime | None) -> datetime | None:
    for name in ("retry-after", *RESETS):
        said = headers.get(name, "").strip()
        for reading in (partial(_counted, now), parse_instant, parse_http_date):
            with suppress(ValueError, TypeError, OverflowError):
                return reading(said)
    return None


def _counted(now: datetime | None, said: str) -> datetime | None:
    seconds = float(said)
    if seconds >= A_MOMENT_IN_HISTORY:
        return from_epoch(seconds)
    return now and now + timedelta(seconds=seconds)
