"""Whatever can send signed JSON: a forum, a survey, a system of one's own.

``bot serve`` takes deliveries in (``bot/web/hooks.py``) and keeps them in the database,
so that a sender's 202 outlives every process and any machine may read them. A connector
gets no database: bootstrap hands it the deliveries of its source behind a protocol that
can only read. They are numbered in the order in which they were committed, so the
cursor is a number, and ingest drops their words in the commit that moves it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from bot.clock import SystemClock
from bot.connectors._again import KEPT, itself, still
from bot.connectors._edge import ConnectorSettings, ErrorTable, translated
from bot.connectors._http import Http
from bot.connectors._replay_rows import from_bot, identifier
from bot.connectors._signed import signed
from bot.connectors._texts import storable
from bot.domain.channels import (
    Aside,
    ConnectorInfo,
    Cursor,
    Delivered,
    Health,
    Page,
    Quarantined,
)
from bot.domain.mentions import Mention
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    StorageError,
    Unavailable,
)

NAME = "webhook"
REPLY_LIMIT = 10_000
MOST_DELIVERIES = 50
"""Read at once; each may hold a megabyte."""

LEAST_SECRET = 24
REMOVED = "removed"
PART = ", item "
EVENTS = (None, "mention", REMOVED)

Item = Mapping[str, Any]

ON_READING: ErrorTable = {StorageError: Unavailable}


class WebhookSettings(ConnectorSettings):
    """How senders sign, and where answers go.

    ``secret`` signs what comes in, ``previous_secret`` is accepted too until every
    sender has the new one. What was signed longer than ``window`` ago, or as far ahead,
    is refused. ``channel`` is where the texts were published. With ``reply_url`` our
    replies are posted there, signed with ``reply_secret``.
    """

    channel: str = Field(default=NAME, pattern=r"^[a-z0-9_-]{1,50}$")
    secret: SecretStr = Field(min_length=LEAST_SECRET)
    previous_secret: SecretStr | None = Field(default=None, min_length=LEAST_SECRET)
    window: timedelta = Field(
        default=timedelta(minutes=5), gt=timedelta(0), le=timedelta(days=1)
    )
    reply_url: str = Field(default="", pattern=r"^(https?://[^/?#\s]+[^?#\s]*)?$")
    reply_secret: SecretStr | None = Field(default=None, min_length=LEAST_SECRET)

    @model_validator(mode="after")
    def _signs_its_replies(self) -> Self:
        if bool(self.reply_url) != (self.reply_secret is not None):
            raise ValueError(
                "reply_url and reply_secret go together: replies are signed"
            )
        return self

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """All that a sender may sign with."""
        previous = self.previous_secret
        return (self.secret, *([previous] if previous is not None else []))


class WebhookConnector:
    """Reads what was delivered to one source, and posts replies where it is told."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="Webhook",
        poll_every=timedelta(seconds=5),
        reply_limit=REPLY_LIMIT,
        docs="docs/connectors/webhook.md",
    )
    settings_model: ClassVar[type[ConnectorSettings]] = WebhookSettings

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self.may_reply = bool(settings.reply_url)
        self._delivered: Delivered | None = None
        self._http = Http(NAME, settings.reply_url, timeout=settings.timeout)
        # Receivers refuse what was signed long ago: this is real time, always.
        self._clock = SystemClock()

    def read_from(self, delivered: Delivered) -> None:
        """Take what was delivered from there; before that there is nothing."""
        self._delivered = delivered

    def check(self) -> Health:
        """Say when something came last, and ask where replies go for none of ours."""
        try:
            with translated(NAME, ON_READING):
                last = self._delivered and self._delivered.last_at()
            if self.may_reply:
                self._asked("check")
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        came = f"the last came at {last:%Y-%m-%d %H:%M} UTC" if last else "none so far"
        host = urlsplit(self._settings.reply_url).netloc.rpartition("@")[2]
        goes = f"replies go to {host}" if host else "reads only"
        return Health(ok=True, detail=f"signed deliveries: {came}; {goes}")

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give the items of the next deliveries; one is never cut in two."""
        if self._delivered is None:
            raise AccessDenied(NAME, "nobody said where deliveries are kept")
        number = _number(cursor)
        most = min(max(limit, 1), MOST_DELIVERIES)
        with translated(NAME, ON_READING):
            found = self._delivered.after(number, most)
        bad: list[Quarantined] = []
        items = [
            item
            for one in found
            for item in _opened(f"delivery {one.number}", one.body, bad)
        ]
        return replace(
            self._page(items, bad),
            cursor=Cursor(str(found[-1].number)) if found else cursor,
            more=len(found) == most,
        )

    def again(self, item: Quarantined) -> Page:
        """Read what was kept aside of a delivery, or the whole of it."""
        if item.kind is not Aside.ITEM:
            return still(item, "it holds nothing to be read")
        bad: list[Quarantined] = []
        items = _opened(item.where, item.payload, bad)
        if PART in item.where:
            items = [(item.where, raw) for _, raw in items]
        page = self._page(items, bad)
        return replace(page, bad=[itself(one, item) for one in page.bad])

    def _page(
        self, items: Sequence[tuple[str, Item]], bad: Sequence[Quarantined]
    ) -> Page:
        mentions: list[Mention] = []
        removed: list[str] = []
        odd = [*bad]
        for where, raw in items:
            try:
                if raw.get("event") == REMOVED:
                    _mind_channel(raw, self._settings.channel)
                    removed.append(_id_of(raw))
                else:
                    mentions.append(to_mention(raw, self._settings))
            except BadPayload as error:
                odd.append(_aside(where, error.shown, _shown(raw)))
        return Page(
            mentions=sorted(mentions, key=lambda mention: mention.published_at),
            cursor=None,
            bad=odd,
            removed=removed,
            channel=self._settings.channel,
        )

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Post it once, under a key by which the receiver knows it again."""
        secret = self._secret()
        body = json.dumps(
            {
                "event": "reply",
                "key": _key(reply),
                "reply": reply.key,
                "brand": reply.brand,
                "channel": self._settings.channel,
                "conversation": reply.conversation,
                "in_reply_to": reply.in_reply_to,
                "author": reply.author,
                "language": reply.language,
                "text": reply.text,
            }
        ).encode()
        answer = self._http.send(
            self._settings.reply_url,
            content=body,
            headers={
                **signed(secret, self._clock.now(), body),
                "Content-Type": "application/json",
                "Idempotency-Key": _key(reply),
            },
        )
        found = answer.json()
        with answer.read():
            return _receipt(found)

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Ask the receiver for the key; it says ``{"id": null}`` where it has none."""
        found = self._asked(_key(reply))
        if found.get("id", "") is None:
            return None
        try:
            return _receipt(found)
        except ValueError as error:
            why = f"the receiver does not say whether it has {reply.key}"
            raise OutcomeUnknown(NAME, why) from error

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _asked(self, key: str) -> Mapping[str, Any]:
        headers = signed(self._secret(), self._clock.now(), key.encode())
        answer = self._http.read(
            self._settings.reply_url, params={"key": key}, headers=headers
        )
        return answer.json()

    def _secret(self) -> SecretStr:
        secret = self._settings.reply_secret
        if secret is None:
            raise AccessDenied(NAME, "replying needs reply_url and reply_secret")
        return secret


def to_mention(raw: Item, settings: WebhookSettings) -> Mention:
    """Read one item; raise ``BadPayload`` for what nobody can have published.

    Where it was published is the operator's to say: a sender cannot write for another.
    """
    channel = settings.channel
    if raw.get("event") not in EVENTS:
        raise BadPayload(NAME, f"event is neither mention nor {REMOVED}")
    _mind_channel(raw, channel)
    try:
        return from_bot({**raw, "channel": channel}, channel="", brand=settings.brand)
    except ValueError as error:
        raise BadPayload(NAME, str(error)) from error


def _mind_channel(raw: Item, channel: str) -> None:
    if raw.get("channel") not in (None, "", channel):
        raise BadPayload(NAME, f"this source is for the channel {channel!r} only")


def items_of(body: str) -> list[Item]:
    """Open a body: one JSON object, or a list of them; ``ValueError`` otherwise."""
    try:
        read = json.loads(body)
    except RecursionError:
        message = "the JSON is nested too deeply"
        raise ValueError(message) from None
    found = read if isinstance(read, list) else [read]
    if not found or not all(isinstance(one, dict) for one in found):
        message = "the body is neither a JSON object nor a list of objects"
        raise ValueError(message)
    return found


def _opened(
    where: str, body: str, bad: list[Quarantined]
) -> Sequence[tuple[str, Item]]:
    try:
        items = items_of(body)
    except ValueError as error:
        bad.append(_aside(where, str(error), body))
        return ()
    return [(f"{where}{PART}{one}", raw) for one, raw in enumerate(items, start=1)]


def _number(cursor: Cursor | None) -> int:
    if not cursor:
        return 0
    if not cursor.isdecimal():
        raise BadPayload(NAME, "the stored cursor is not one of ours")
    return int(cursor)


def _id_of(raw: Item) -> str:
    try:
        return identifier(raw.get("id"), "id")
    except ValueError as error:
        raise BadPayload(NAME, str(error)) from error


def _aside(where: str, reason: str, payload: str) -> Quarantined:
    return Quarantined(
        where=where,
        reason=reason.removeprefix(f"{NAME}: "),
        payload=storable(payload[:KEPT]),
    )


def _shown(raw: Item) -> str:
    try:
        return json.dumps(raw, ensure_ascii=False)
    except RecursionError:
        return repr(sorted(raw))


def _key(reply: OutboundReply) -> str:
    """Name a reply among all that a receiver may get, from several bots too."""
    named = json.dumps([reply.key, reply.brand, reply.conversation, reply.in_reply_to])
    return f"{reply.key}-{hashlib.sha256(named.encode()).hexdigest()[:16]}"


def _receipt(found: Mapping[str, Any]) -> Receipt:
    external_id, url = found.get("id"), found.get("url")
    return Receipt(
        external_id=identifier(external_id, "id"),
        url=url if isinstance(url, str) else "",
    )
