"""Which desk an account belongs to, and how one signs in there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from bot.clock import Clock, SystemClock
from bot.domain.ports import Desk
from bot.notify._rest import Site, Wishes
from bot.notify.freshdesk import FreshdeskDesk
from bot.notify.jira import JiraDesk
from bot.notify.salesforce import ClientCredentials, SalesforceDesk
from bot.notify.webhook import Signed, WebhookDesk, key_of
from bot.notify.zendesk import ZendeskDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the operator says of one desk."""

    name: str
    kind: Literal["zendesk", "jira", "freshdesk", "salesforce", "webhook"]
    url: str
    token: str = field(repr=False)
    user: str = ""
    project: str = ""
    changes: str = ""
    timeout: float = 20.0
    fields: Mapping[str, object] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


class Bearer(AuthBase):
    """Signs in by a token alone."""

    def __init__(self, token: str) -> None:
        """Take the token."""
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put it on a request."""
        request.headers["authorization"] = f"Bearer {self._token}"
        return request


def desk_of(account: Account, clock: Clock) -> Desk:
    """Make the desk; raises ``ValueError``, without it, for a token that is none."""
    return MAKERS[account.kind](account, clock)


def _wishes(account: Account) -> Wishes:
    return Wishes(fields=account.fields, closed=account.closed, open=account.open)


def _site(account: Account, auth: AuthBase) -> Site:
    url = account.url.rstrip("/")
    return Site(name=account.name, url=url, auth=auth, timeout=account.timeout)


def _zendesk(account: Account, clock: Clock) -> Desk:
    signed = HTTPBasicAuth(f"{account.user}/token".encode(), account.token.encode())
    auth = signed if account.user else Bearer(account.token)
    return ZendeskDesk(_site(account, auth), _wishes(account), clock)


def _jira(account: Account, clock: Clock) -> Desk:
    auth = HTTPBasicAuth(account.user.encode(), account.token.encode())
    site = _site(account, auth)
    return JiraDesk(site, _wishes(account), clock, project=account.project)


def _freshdesk(account: Account, clock: Clock) -> Desk:
    site = _site(account, HTTPBasicAuth(account.token.encode(), b"X"))
    return FreshdeskDesk(site, _wishes(account), clock, requester=account.user)


def _salesforce(account: Account, clock: Clock) -> Desk:
    url = account.url.rstrip("/")
    auth = ClientCredentials(account.name, url, account.user, account.token)
    return SalesforceDesk(_site(account, auth), _wishes(account), clock)


def _webhook(account: Account, clock: Clock) -> Desk:
    # Real time, also in a replay: receivers refuse what was signed long ago.
    auth = Signed(key_of(account.token), SystemClock())
    to, back = (
        Site(name=account.name, url=url, auth=auth, timeout=account.timeout)
        for url in (account.url, account.changes)
    )
    return WebhookDesk(to, clock, changes=back if account.changes else None)


MAKERS: Mapping[str, Callable[[Account, Clock], Desk]] = {
    "zendesk": _zendesk,
    "jira": _jira,
    "freshdesk": _freshdesk,
    "salesforce": _salesforce,
    "webhook": _webhook,
}
