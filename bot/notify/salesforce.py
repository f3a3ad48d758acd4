"""Salesforce: cases by our key in a field of their own, written by upsert.

Repeating an upsert is harmless; so changes are no comments there: the description is
written anew, and people write below it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import requests
from requests.auth import AuthBase

from bot.clock import Clock
from bot.domain.channels import Cursor
from bot.domain.decisions import Severity
from bot.domain.desks import OURS, DeskCard, DeskPage, DeskState, DeskUpdate
from bot.domain.tickets import TicketStatus
from bot.errors import AccessDenied, Unavailable
from bot.notify._rest import Rest, Site, Wishes, instant, rows, said

Found = TypeVar("Found")

PRIORITY = {
    Severity.LOW: "Low",
    Severity.MEDIUM: "Medium",
    Severity.HIGH: "High",
    Severity.CRITICAL: "High",
}
USUAL = {TicketStatus.OPEN: "New", TicketStatus.CLOSED: "Closed"}
KEY = "Answerable_Key__c"
"""The field that the operator adds to cases: text, unique, external id."""

API = "/services/data/v61.0"
FIELDS = "Id,Status,IsClosed,OwnerId,SystemModstamp"
SUBJECT, DESCRIPTION, PAGE = 255, 32_000, 2000
OVERLAP = timedelta(minutes=1)


class ClientCredentials(AuthBase):
    """Signs in as the operator's own app, whose tokens last for hours only."""

    def __init__(self, name: str, url: str, client: str, secret: str) -> None:
        """Take the app's id and secret."""
        self._name, self._url = name, url
        self._client, self._secret = client, secret
        self._token = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put a token on a request; raises ``ConnectorError``."""
        self._token = self._token or self._fetched()
        request.headers["authorization"] = f"Bearer {self._token}"
        return request

    def forget(self) -> None:
        """Ask for another token the next time."""
        self._token = ""

    def _fetched(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client,
            "client_secret": self._secret,
        }
        try:
            answer = requests.post(
                f"{self._url}/services/oauth2/token",
                data=form,
                timeout=20.0,
                allow_redirects=False,
            )
            token = said(answer.json(), "access_token")
        except (requests.RequestException, ValueError) as error:
            raise Unavailable(
                self._name, "cannot be signed in to", detail=type(error).__name__
            ) from None
        if not token:
            raise AccessDenied(
                self._name,
                f"gives us no token; check user and token of desks.{self._name}",
                detail=f"HTTP {answer.status_code}",
            )
        return token


class SalesforceDesk:
    """One Salesforce org."""

    kind = "Salesforce"
    folds_repeats = True
    settle_after = timedelta(seconds=90)

    def __init__(self, site: Site, wishes: Wishes, clock: Clock) -> None:
        """Take the org, and what is wanted of its cases."""
        self.name = site.name
        self._rest, self._wishes, self._clock = Rest(site, clock), wishes, clock

    def find(self, key: str) -> DeskState | None:
        """Look for a case by our key."""
        found = self._query("SELECT", FIELDS, "FROM Case WHERE", KEY, f"= '{key}'")
        return self._state(found[0]) if found else None

    def create(self, card: DeskCard) -> DeskState:
        """Make a case, or write the one that there is already."""
        fields = self._wishes.wanted({"Priority": PRIORITY[card.severity]})
        fields |= _told(card)
        path = f"{API}/sobjects/Case/{KEY}/{card.key}"
        made = self._signed(lambda: self._rest.write("PATCH", path, fields, part="id"))
        return self._read(str(made))

    def update(
        self,
        external_id: str,
        update: DeskUpdate,
        *,
        in_doubt: bool,  # noqa: ARG002 - the same again does no harm
    ) -> DeskState | None:
        """Write the description anew, and priority and status beside it."""
        card = update.card
        fields = self._wishes.left({"Priority": PRIORITY[card.severity]}) | _told(card)
        if update.status is not None:
            fields["Status"] = self._wishes.word(update.status, USUAL[update.status])
        path = f"{API}/sobjects/Case/{external_id}"
        self._signed(lambda: self._rest.write("PATCH", path, fields))
        return self._read(external_id)

    def changes(self, cursor: Cursor | None) -> DeskPage:
        """Query what was changed since."""
        since = datetime.fromisoformat(cursor) if cursor else self._clock.now()
        start = (since - OVERLAP).astimezone(UTC)
        found = self._query(
            *("SELECT", FIELDS, "FROM Case WHERE", KEY, f"LIKE '{OURS}%'"),
            f"AND SystemModstamp >= {start:%Y-%m-%dT%H:%M:%SZ}",
            f"ORDER BY SystemModstamp ASC LIMIT {PAGE}",
        )
        states = [self._state(one) for one in found]
        newest = max([since, *(one.at for one in states)])
        return DeskPage(
            states=states,
            cursor=Cursor(newest.isoformat()),
            more=len(found) == PAGE and newest > since,
        )

    def check(self) -> str:
        """Say that cases have the field which holds our key."""
        self._query("SELECT", f"Id,{KEY}", "FROM Case LIMIT 1")
        return f"{self.kind}, cases with {KEY}"

    def _query(self, *words: str) -> list[Mapping[str, Any]]:
        query = " ".join(words)
        return rows(
            self._signed(lambda: self._rest.get(f"{API}/query", "records", q=query))
        )

    def _read(self, external_id: str) -> DeskState:
        path = f"{API}/sobjects/Case/{external_id}"
        return self._state(self._signed(lambda: self._rest.get(path, fields=FIELDS)))

    def _signed(self, call: Callable[[], Found]) -> Found:
        """Call, and once more with a new token if the one that we had has run out."""
        try:
            return call()
        except AccessDenied:
            if not isinstance(self._rest.site.auth, ClientCredentials):
                raise
            self._rest.site.auth.forget()
            return call()

    def _state(self, case: Mapping[str, Any]) -> DeskState:
        word, number = said(case, "Status"), said(case, "Id")
        return DeskState(
            external_id=number,
            status=self._wishes.status(word, is_over=case.get("IsClosed") is True),
            status_name=word,
            at=instant(self.name, said(case, "SystemModstamp")),
            assignee=said(case, "OwnerId"),
            url=f"{self._rest.site.url}/lightning/r/Case/{number}/view",
        )


def _told(card: DeskCard) -> dict[str, object]:
    return {
        "Subject": card.title[:SUBJECT],
        "Description": card.body[:DESCRIPTION],
    }
