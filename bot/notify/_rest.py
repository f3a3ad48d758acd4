"""JSON over HTTP for outside desks: what an answer means, said in our own errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from bot.clock import Clock
from bot.domain.tickets import TicketStatus
from bot.errors import (
    AccessDenied,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

TIMEOUT = 20.0
"""Seconds; ``settle_after`` of every desk is longer than a call can last."""

LONGEST_WAIT = timedelta(days=1)
USUAL_WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One desk's address and how we sign in; ``timeout`` is in seconds."""

    name: str
    url: str
    auth: AuthBase | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the operator wants of a desk's tickets.

    ``fields`` stand in each as it is made, before our own; ``None`` leaves one of ours
    out. ``closed`` and ``open`` are its own words for these states: each counts as that
    when it comes back, and the first is what we set.
    """

    fields: Mapping[str, object] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    def wanted(self, ours: Mapping[str, object]) -> dict[str, object]:
        """Return our fields with the operator's in place of them."""
        both = {**ours, **self.fields}
        return {name: value for name, value in both.items() if value is not None}

    def left(self, ours: Mapping[str, object]) -> dict[str, object]:
        """Return those of ours that the operator has not decided on."""
        return {name: value for name, value in ours.items() if name not in self.fields}

    def word(self, status: TicketStatus, usual: str) -> str:
        """Return what we set for a status."""
        chosen = self.closed if status is TicketStatus.CLOSED else self.open
        return chosen[0] if chosen else usual

    def status(self, word: str, *, is_over: bool) -> TicketStatus:
        """Return what a desk's word means; ``is_over`` is what it says itself."""
        if word in self.closed:
            return TicketStatus.CLOSED
        if word in self.open:
            return TicketStatus.OPEN
        return TicketStatus.CLOSED if is_over else TicketStatus.OPEN


class Rest:
    """Asks and tells one desk. Nothing it raises holds an address or a secret."""

    def __init__(self, site: Site, clock: Clock) -> None:
        """Remember where; nothing is opened yet."""
        self.site = site
        self._clock = clock

    def get(self, path: str, part: str = "", **params: str | int) -> Any:  # noqa: ANN401 - their JSON
        """Ask for a document, or a part of one; a failure leaves no doubt."""
        whole = self._asked(path, params)
        if not isinstance(whole, Mapping) or (part and part not in whole):
            raise self._unavailable("an answer of another form")
        return whole[part] if part else whole

    def listed(self, path: str, **params: str | int) -> list[Mapping[str, Any]]:
        """Ask for a list of documents."""
        found = self._asked(path, params)
        if not isinstance(found, list):
            raise self._unavailable("an answer of another form")
        return rows(found)

    def _asked(self, path: str, params: Mapping[str, str | int]) -> object:
        try:
            answer = self._call("GET", path, params=params)
        except requests.RequestException as error:
            raise self._unavailable(type(error).__name__) from None
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise self._unavailable(f"HTTP {answer.status_code}")
        self._refuse(answer)
        try:
            found: object = answer.json()
        except ValueError:
            raise self._unavailable("an answer that is no JSON") from None
        return found

    def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        part: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - their JSON
        """Tell, and return a part of the answer if one is named.

        What was never sent is ``Unavailable``; what may have been taken before things
        went wrong is ``OutcomeUnknown``.
        """
        try:
            answer = self._call(method, path, json=body, headers=headers)
        except requests.RequestException as error:
            if _was_never_sent(error):
                raise self._unavailable(type(error).__name__) from None
            raise self._unknown(type(error).__name__) from None
        status = answer.status_code
        if (
            status >= HTTPStatus.INTERNAL_SERVER_ERROR
            or status == HTTPStatus.REQUEST_TIMEOUT
        ):
            raise self._unknown(f"HTTP {status}")
        self._refuse(answer)
        if not part:
            return None
        try:
            return answer.json()[part]
        except (ValueError, KeyError, TypeError):
            raise self._unknown("an answer of another form") from None

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        site = self.site
        sent = {"accept": "application/json", "user-agent": "Answerable"}
        return requests.request(
            method,
            site.url + path,
            params=params,
            json=json,
            headers={**sent, **site.headers, **(headers or {})},
            auth=site.auth,
            timeout=site.timeout,
            allow_redirects=False,
        )

    def _refuse(self, answer: requests.Response) -> None:
        """Raise for every answer that is neither a success nor a doubt."""
        status, name = answer.status_code, self.site.name
        detail = f"HTTP {status}"
        if status in range(200, 300):
            return
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RateLimited(
                name, "asks for a pause", retry_at=self._retry_at(answer), detail=detail
            )
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise AccessDenied(
                name,
                f"does not let us in ({detail}); check user and token of desks.{name}",
                detail=detail,
            )
        if status < HTTPStatus.BAD_REQUEST:
            raise AccessDenied(
                name, f"sends us elsewhere; check desks.{name}.url", detail=detail
            )
        raise Refused(
            name,
            f"does not take it ({detail}); check desks.{name} and its fields",
            detail=detail,
        )

    def _retry_at(self, answer: requests.Response) -> datetime:
        now = self._clock.now()
        written = answer.headers.get("retry-after", "").strip()
        wait = USUAL_WAIT
        if written.isdecimal():
            wait = timedelta(seconds=min(int(written), LONGEST_WAIT.total_seconds()))
        elif written:
            try:
                wait = parsedate_to_datetime(written).astimezone(UTC) - now
            except ValueError:
                wait = USUAL_WAIT
        return now + min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)

    def _unavailable(self, detail: str) -> ConnectorError:
        name = self.site.name
        return Unavailable(
            name, f"cannot be reached ({detail}); it is tried again", detail=detail
        )

    def _unknown(self, detail: str) -> ConnectorError:
        name = self.site.name
        return OutcomeUnknown(
            name,
            f"may or may not have taken it ({detail}); it is looked for first",
            detail=detail,
        )


def _was_never_sent(error: requests.RequestException) -> bool:
    """Whether no connection was ever made."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def rows(raw: object) -> list[Mapping[str, Any]]:
    """Read a list of documents from an answer that may hold anything."""
    found = raw if isinstance(raw, list) else []
    return [one for one in found if isinstance(one, Mapping)]


def said(raw: object, *path: str) -> str:
    """Read a word from an answer that may lack it."""
    for name in path:
        raw = raw.get(name) if isinstance(raw, Mapping) else None
    return "" if raw is None else str(raw)


def instant(name: str, written: str) -> datetime:
    """Read a time as desks write it; raises ``Unavailable`` if it is none."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Unavailable(name, "gave a time that is none", detail="no time")
    return at.astimezone(UTC)
