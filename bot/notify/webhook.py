"""Webhooks signed as standardwebhooks.com has it, so that the receiver can verify."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

import requests
from requests.auth import AuthBase

from bot.clock import Clock
from bot.domain.channels import Cursor
from bot.domain.desks import NEVER, DeskCard, DeskPage, DeskState, DeskUpdate
from bot.domain.ports import Notice
from bot.domain.tickets import TicketStatus
from bot.errors import BotError, Retry
from bot.notify._rest import Rest, Site, instant, rows, said

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every such secret begins with
SECRET_BYTES = range(24, 65)


class WebhookFailed(BotError):
    """The receiver of a webhook did not take the message."""

    retry = Retry.LATER


def key_of(secret: str) -> bytes:
    """Return the key in a ``whsec_`` secret; raise ``ValueError`` if it is none."""
    written = secret.removeprefix(SECRET_PREFIX)
    try:
        key = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if written == secret or len(key) not in SECRET_BYTES:
        message = "write whsec_ and then 24 to 64 random bytes in base64"
        raise ValueError(message)
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign one message, as its header carries it."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    mac = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where a webhook goes; ``timeout`` is in seconds."""

    url: str
    key: bytes
    timeout: float = 20.0


def post(receiver: Receiver, message_id: str, at: int, body: bytes) -> None:
    """Hand over one signed message; raises ``WebhookFailed`` unless it answers 2xx."""
    headers = {
        "content-type": "application/json",
        "user-agent": "Answerable",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(receiver.key, message_id, at, body),
    }
    try:
        # The answer's body is never read: its status says all, and it may be long.
        with requests.post(
            receiver.url,
            data=body,
            headers=headers,
            timeout=receiver.timeout,
            allow_redirects=False,
            stream=True,
        ) as answer:
            status = answer.status_code
    except (requests.RequestException, OSError, ValueError) as error:
        # Without its cause: what requests says holds the address and its secrets.
        message, kind = "could not be reached", type(error).__name__
        raise WebhookFailed(message, detail=kind) from None
    if status not in range(200, 300):
        raise WebhookFailed(f"answered {status}", detail=f"HTTP {status}")


class WebhookNotifier:
    """Posts one JSON document a notice; a second try carries the same id."""

    kind = "signed webhook"

    def __init__(self, name: str, receiver: Receiver, clock: Clock) -> None:
        """Take the operator's name for it, the receiver, and the real time."""
        self.name = name
        self._receiver = receiver
        self._clock = clock

    def send(self, notice: Notice) -> None:
        """Post one message; raises ``WebhookFailed`` unless it was taken."""
        now = self._clock.now().astimezone(UTC)
        body = json.dumps(
            {
                "type": "trigger" if notice.facts else "notice",
                "timestamp": now.isoformat(),
                "data": {
                    "key": notice.key,
                    "to": notice.to,
                    "subject": notice.subject,
                    "body": notice.body,
                    "ticket_id": notice.ticket_id,
                    "important": notice.is_important,
                    **({"facts": dict(notice.facts)} if notice.facts else {}),
                },
            }
        ).encode()
        try:
            post(self._receiver, _id_of(notice), int(now.timestamp()), body)
        except WebhookFailed as error:
            told = f"the webhook {self.name} {error.shown}"
            message = f"{told}; check notify.ways.{self.name}"
            raise WebhookFailed(message, detail=error.detail) from None


def _id_of(notice: Notice) -> str:
    """Name a message by all it says, the same in each try and with no full stop."""
    told = (notice.key, notice.to, notice.subject, notice.body)
    return "msg_" + hashlib.sha256(json.dumps(told).encode()).hexdigest()[:40]


class Subscriptions:
    """Posts entries of the log to whoever asked to hear of them."""

    def __init__(self, clock: Clock) -> None:
        """Take the real time: receivers refuse what was signed long ago."""
        self._clock = clock

    def __call__(self, url: str, secret: str, message_id: str, body: bytes) -> None:
        """Post one message; raises ``WebhookFailed`` unless it was taken."""
        at = int(self._clock.now().timestamp())
        try:
            post(Receiver(url=url, key=key_of(secret)), message_id, at, body)
        except WebhookFailed as error:
            told = f"the receiver {error.shown}"
            raise WebhookFailed(told, detail=error.detail) from None


class Signed(AuthBase):
    """Signs requests to a desk; one that names no message gets a name of its own."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        """Take the shared key and the real time."""
        self._key, self._clock = key, clock

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put time and signature on a request."""
        at = int(self._clock.now().timestamp())
        body = request.body if isinstance(request.body, bytes) else b""
        own = hashlib.sha256(f"{request.url} {at}".encode()).hexdigest()[:40]
        message_id = str(request.headers.setdefault("webhook-id", f"msg_{own}"))
        request.headers["webhook-timestamp"] = str(at)
        request.headers["webhook-signature"] = signature(
            self._key, message_id, at, body
        )
        return request


class WebhookDesk:
    """Any desk that takes signed webhooks; a repeat carries the id of the first try."""

    kind = "signed webhook"
    folds_repeats = True
    settle_after = timedelta(seconds=90)

    def __init__(self, site: Site, clock: Clock, *, changes: Site | None) -> None:
        """Take where tickets go, and where their states can be asked for, if at all."""
        self.name = site.name
        self._rest, self._clock = Rest(site, clock), clock
        self._changes = None if changes is None else Rest(changes, clock)

    def find(self, key: str) -> DeskState | None:
        """Nothing can be looked for there; a repeat is folded instead."""
        return _as_told(key)

    def create(self, card: DeskCard) -> DeskState:
        """Tell of a ticket."""
        self._post("ticket.created", card.key, card, {})
        return _as_told(card.key)

    def update(
        self,
        external_id: str,  # noqa: ARG002 - its name there is our key
        update: DeskUpdate,
        *,
        in_doubt: bool,  # noqa: ARG002 - the same again is folded there
    ) -> DeskState | None:
        """Tell of a change."""
        told = {"changed": list(update.lines)}
        self._post("ticket.changed", update.mark, update.card, told)
        return None

    def _post(
        self, what: str, mark: str, card: DeskCard, more: Mapping[str, Any]
    ) -> None:
        body = {
            "type": what,
            "timestamp": self._clock.now().astimezone(UTC).isoformat(),
            "data": {
                "key": card.key,
                "title": card.title,
                "status": card.status.value,
                "severity": card.severity.value,
                "facts": dict(card.facts),
                "reasons": list(card.reasons),
                "link": card.link,
                "texts": list(card.texts),
                **more,
            },
        }
        name = hashlib.sha256(f"{what} {mark}".encode()).hexdigest()[:40]
        self._rest.write("POST", "", body, headers={"webhook-id": f"msg_{name}"})

    def changes(self, cursor: Cursor | None) -> DeskPage:
        """Ask for states, if the operator said where."""
        if self._changes is None:
            return DeskPage(states=(), cursor=cursor)
        page = self._changes.get("", **({"cursor": cursor} if cursor else {}))
        after = said(page, "cursor")
        states = [
            DeskState(
                external_id=said(one, "key"),
                status=TicketStatus.CLOSED
                if said(one, "status") == TicketStatus.CLOSED
                else TicketStatus.OPEN,
                status_name=said(one, "status"),
                at=instant(self.name, said(one, "at")),
                assignee=said(one, "assignee"),
            )
            for one in rows(page.get("changes"))
        ]
        return DeskPage(
            states=states,
            cursor=Cursor(after) if after else cursor,
            more=page.get("more") is True and bool(after),
        )

    def check(self) -> str:
        """Say what it is; only a ticket is ever sent there."""
        back = "states are asked for" if self._changes else "nothing comes back"
        return f"{self.kind}; {back}"


def _as_told(key: str) -> DeskState:
    return DeskState(
        external_id=key, status=TicketStatus.OPEN, status_name="open", at=NEVER
    )
