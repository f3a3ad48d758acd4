"""What stands on the small Mastodon: people, statuses, and what came of them.

All people and words in it are invented. ``kind`` is whose habits it has: ids are
snowflakes on Mastodon, ULIDs on GoToSocial and flakes on Pleroma, and the two others
leave fields out.
"""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["mastodon", "gotosocial", "pleroma"]

HANDLE = "AcmeCares"
TOKEN = "invented-mastodon-token"
BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WORDS = re.compile(
    r"(?P<link>https?://[^\s<]+)"
    r"|(?<![\w/])@(?P<who>\w+)(?:@(?P<host>[\w.-]+\w))?"
    r"|(?<!\w)#(?P<tag>\w+)"
)


@dataclass(slots=True)
class Person:
    """An account; ``extra`` goes over what the server says of it."""

    id: str
    acct: str
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Status:
    """What somebody wrote; ``extra`` goes over what the server says of it."""

    id: str
    author: str
    text: str
    created_at: datetime
    reply_to: str = ""
    boost_of: str = ""
    quote_of: str = ""
    visibility: str = "public"
    spoiler: str = ""
    language: str | None = "en"
    edited_at: datetime | None = None
    key: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


class MastodonState:
    """People, statuses and notifications, and how this server behaves.

    ``names_next`` says whether it sends Link headers, ``heeds`` which paging parameters
    it knows, ``looks_up_many`` whether it can give statuses by the dozen.
    """

    def __init__(self, *, kind: Kind, now: Callable[[], datetime]) -> None:
        self.kind, self.now = kind, now
        self.names_next = self.looks_up_many = self.searches = True
        self.heeds = {"max_id", "since_id", "min_id", "offset", "limit", "types[]"}
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {}
        self.statuses: dict[str, Status] = {}
        self.gone: set[str] = set()
        self.accepted: list[Status] = []
        self.notifications: list[tuple[str, str, str, datetime]] = []
        self._made = 0
        self.us = self.add_person(HANDLE, bot=True)

    def add_person(self, acct: str, **extra: Any) -> Person:
        """Open an account, here or (``name@host``) elsewhere."""
        with self.lock:
            person = Person(self._id(datetime(2020, 1, 1, tzinfo=UTC)), acct, extra)
            self.people[person.id] = person
            return person

    def add_status(
        self,
        text: str,
        author: str = "jane@far.example",
        *,
        at: datetime | None = None,
        notify: bool = True,
        extra: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Status:
        """Publish as somebody (made if unknown); whom it tags is notified."""
        with self.lock:
            moment = at or self.now()
            person = self.by_acct(author) or self.add_person(author)
            status = Status(
                id=self._id(moment),
                author=person.id,
                text=text,
                created_at=moment,
                extra=dict(extra or {}),
                **more,
            )
            self.statuses[status.id] = status
            if notify and person is not self.us and self.us in self.tagged(status):
                self.notify("mention", status.id)
            return status

    def notify(self, kind: str, status_id: str) -> None:
        """Tell our account of a status."""
        number = str(len(self.notifications) + 1)
        if self.kind != "mastodon":
            number = self._id(self.now())
        self.notifications.append((number, kind, status_id, self.now()))

    def edit_status(self, status_id: str, text: str) -> None:
        self.statuses[status_id].text = text
        self.statuses[status_id].edited_at = self.now()

    def delete_status(self, status_id: str) -> None:
        """Take a status back, as its author would."""
        with self.lock:
            del self.statuses[status_id]
            self.gone.add(status_id)
            self.notifications = [
                one for one in self.notifications if one[2] != status_id
            ]

    def replies_to(self, status_id: str) -> list[Status]:
        """What stands directly below a status, oldest first."""
        return [one for one in self.statuses.values() if one.reply_to == status_id]

    def by_acct(self, acct: str) -> Person | None:
        lower = acct.casefold()
        found = (one for one in self.people.values() if one.acct.casefold() == lower)
        return next(found, None)

    def tagged(self, status: Status) -> list[Person]:
        found = []
        for tag in WORDS.finditer(status.text):
            if tag["who"]:
                acct = f"{tag['who']}@{tag['host']}" if tag["host"] else tag["who"]
                person = self.by_acct(acct)
                found += [person] if person else []
        return found

    # --- how it is shown

    def account_json(self, person: Person) -> dict[str, Any]:
        name = person.acct.partition("@")[0]
        shown: dict[str, Any] = {
            "id": person.id,
            "username": name,
            "acct": person.acct,
            "display_name": name.title(),
            "locked": False,
            "bot": False,
            "group": False,
            "discoverable": True,
            "indexable": True,
            "created_at": "2020-01-01T00:00:00.000Z",
            "note": "<p>Nobody &amp; everybody</p>",
            "url": f"https://far.example/@{name}",
            "uri": f"https://far.example/users/{name}",
            "avatar": "https://far.example/avatar.png",
            "avatar_static": "https://far.example/avatar.png",
            "avatar_description": "",
            "header": "https://far.example/header.png",
            "header_static": "https://far.example/header.png",
            "header_description": "",
            "followers_count": 12,
            "following_count": 34,
            "statuses_count": 56,
            "last_status_at": "2026-03-01",
            "hide_collections": None,
            "emojis": [],
            "fields": [],
            "show_media": True,
            "show_media_replies": True,
            "show_featured": True,
            "feature_approval": {
                "automatic": [],
                "manual": [],
                "current_user": "denied",
            },
        }
        if self.kind == "pleroma":
            shown["pleroma"] = {"hide_followers_count": False, "is_admin": False}
        if self.kind != "mastodon":
            for key in ("indexable", "hide_collections", "uri", "show_media"):
                del shown[key]
        return {**shown, **person.extra}

    def status_json(self, status: Status, depth: int = 0) -> dict[str, Any]:
        """Show a status as this kind of server does."""
        parent = self.statuses.get(status.reply_to)
        boosted = self.statuses.get(status.boost_of)
        quoted = self.statuses.get(status.quote_of)
        shown: dict[str, Any] = {
            "id": status.id,
            "created_at": stamp(status.created_at),
            "in_reply_to_id": status.reply_to or None,
            "in_reply_to_account_id": parent.author if parent else None,
            "sensitive": bool(status.spoiler),
            "spoiler_text": status.spoiler,
            "visibility": status.visibility,
            "language": status.language,
            "uri": f"https://far.example/statuses/{status.id}",
            "url": f"https://far.example/@x/{status.id}",
            "replies_count": len(self.replies_to(status.id)),
            "reblogs_count": 0,
            "favourites_count": 0,
            "quotes_count": 0,
            "edited_at": stamp(status.edited_at) if status.edited_at else None,
            "content": "" if boosted else rendered(status.text),
            "reblog": self.status_json(boosted, depth + 1) if boosted else None,
            "account": self.account_json(self.people[status.author]),
            "media_attachments": [],
            "mentions": [
                {
                    "id": one.id,
                    "username": one.acct.partition("@")[0],
                    "acct": one.acct,
                    "url": f"https://far.example/@{one.acct}",
                }
                for one in self.tagged(status)
            ],
            "tags": [
                {"name": one["tag"], "url": f"https://far.example/tags/{one['tag']}"}
                for one in WORDS.finditer(status.text)
                if one["tag"]
            ],
            "emojis": [],
            "tagged_collections": [],
            "card": None,
            "poll": None,
            "quote": None,
            "quote_approval": {
                "automatic": ["public"],
                "manual": [],
                "current_user": "automatic",
            },
        }
        if quoted and not depth:
            inner = self.status_json(quoted, depth + 1)
            shown["quote"] = {"state": "accepted", "quoted_status": inner}
        if self.kind != "mastodon":
            left_out = ("quote", "quotes_count", "quote_approval", "edited_at")
            for key in left_out if not status.edited_at else left_out[:3]:
                del shown[key]
        return {**shown, **status.extra}

    def _id(self, moment: datetime) -> str:
        """Make an id of this kind; ids of one instant differ in their last part."""
        self._made += 1
        milliseconds = int(moment.timestamp() * 1000)
        if self.kind == "mastodon":
            return str((milliseconds << 16) + self._made)
        if self.kind == "gotosocial":
            return _digits(milliseconds, BASE32, 10) + _digits(self._made, BASE32, 16)
        return _digits((milliseconds << 24) + self._made, BASE62, 18)


def rendered(text: str) -> str:
    """Write a text as Mastodon's HTML."""
    paragraphs = re.split(r"\n\n+", text)
    return "".join(
        f"<p>{WORDS.sub(_marked, html.escape(one, quote=False))}</p>".replace(
            "\n", "<br />"
        )
        for one in paragraphs
    )


def stamp(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _marked(found: re.Match[str]) -> str:
    if link := found["link"]:
        scheme, rest = link.split("://")
        shown, hidden = rest[:30], rest[30:]
        return (
            f'<a href="{link}" target="_blank" rel="nofollow noopener" '
            f'translate="no"><span class="invisible">{scheme}://</span>'
            f'<span class="ellipsis">{shown}</span>'
            f'<span class="invisible">{hidden}</span></a>'
        )
    if who := found["who"]:
        return (
            f'<span class="h-card" translate="no"><a href="https://far.example/@{who}" '
            f'class="u-url mention">@<span>{who}</span></a></span>'
        )
    tag = found["tag"]
    return (
        f'<a href="https://far.example/tags/{tag}" class="mention hashtag" '
        f'rel="tag">#<span>{tag}</span></a>'
    )


def _digits(number: int, alphabet: str, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, rest = divmod(number, len(alphabet))
        digits = alphabet[rest] + digits
    return digits
