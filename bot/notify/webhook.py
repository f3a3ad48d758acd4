"""Webhooks signed as standardwebhooks.com has it, so that the receiver can verify."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC

import requests

from bot.clock import Clock
from bot.domain.ports import Notice
from bot.errors import BotError, Retry

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


class WebhookNotifier:
    """Posts one JSON document a notice; a second try carries the same id."""

    kind = "signed webhook"

    def __init__(self, name: str, receiver: Receiver, clock: Clock) -> None:
        """Take the operator's name for it, the receiver, and the real time."""
        self.name = name
        self._receiver = receiver
        self._clock = clock

    def send(self, notice: Notice) -> None:
        """Post one message; raises ``WebhookFailed`` unless the answer is 2xx."""
        now = self._clock.now().astimezone(UTC)
        body = json.dumps(
            {
                "type": "notice",
                "timestamp": now.isoformat(),
                "data": {
                    "key": notice.key,
                    "to": notice.to,
                    "subject": notice.subject,
                    "body": notice.body,
                    "ticket_id": notice.ticket_id,
                    "important": notice.is_important,
                },
            }
        ).encode()
        message_id, at = _id_of(notice), int(now.timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "Answerable",
            "webhook-id": message_id,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(self._receiver.key, message_id, at, body),
        }
        try:
            # The answer's body is never read: its status says all, and it may be long.
            with requests.post(
                self._receiver.url,
                data=body,
                headers=headers,
                timeout=self._receiver.timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                status = answer.status_code
        except (requests.RequestException, OSError, ValueError) as error:
            # Without its cause: what requests says holds the address and its secrets.
            raise self._failed("could not be reached", type(error).__name__) from None
        if status not in range(200, 300):
            raise self._failed(f"answered {status}", f"HTTP {status}")

    def _failed(self, what: str, detail: str) -> WebhookFailed:
        return WebhookFailed(
            f"the webhook {self.name} {what}; check notify.ways.{self.name}",
            detail=detail,
        )


def _id_of(notice: Notice) -> str:
    """Name a message by all it says, the same in each try and with no full stop."""
    told = (notice.key, notice.to, notice.subject, notice.body)
    return "msg_" + hashlib.sha256(json.dumps(told).encode()).hexdigest()[:40]
