"""A news site on loopback: an RSS feed that knows its versions, and others as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

from tests.platforms.http_platform import Answer, Asked, Loopback, real_time

PATH = "/news.xml"
RSS = "application/rss+xml; charset=utf-8"


@dataclass(slots=True)
class Written:
    """One item of the feed."""

    guid: str
    title: str
    at: datetime
    extra: str = ""


class FeedSite(Loopback):
    """``items`` are at ``PATH``, newest first; ``files`` wherever they say."""

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        super().__init__(now)
        self.items: list[Written] = []
        self.files: dict[str, Answer] = {}
        self.moves: dict[str, tuple[int, str]] = {}
        self.has_versions = True

    def write(self, guid: str, title: str, at: datetime, extra: str = "") -> None:
        with self.lock:
            self.items.append(Written(guid, title, at, extra))

    def route(self, asked: Asked) -> Answer:
        if asked.path in self.moves:
            status, to = self.moves[asked.path]
            return Answer(status, raw=b"", headers={"Location": to})
        if asked.path in self.files:
            return self.files[asked.path]
        if asked.path != PATH:
            return Answer(404, raw=b"nothing here")
        document = self.document().encode()
        etag = f'"{hash(document):x}"'
        if self.has_versions and asked.headers.get("if-none-match") == etag:
            return Answer(304, raw=b"", headers={"ETag": etag})
        headers = {"ETag": etag} if self.has_versions else {}
        return Answer(200, raw=document, headers={"Content-Type": RSS, **headers})

    def document(self) -> str:
        items = "".join(
            f'<item><guid isPermaLink="false">{escape(one.guid)}</guid>'
            f"<title>{escape(one.title)}</title>"
            f"<link>https://news.example/{escape(one.guid)}</link>"
            f"<pubDate>{format_datetime(one.at)}</pubDate>{one.extra}</item>"
            for one in reversed(self.items)
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
            f"<title>News</title><language>en-AU</language>{items}</channel></rss>"
        )

    def problem(self, kind: str) -> Answer:
        wait = {"Retry-After": "900"} if kind == "429" else {}
        return Answer(int(kind), raw=b"invented words", headers=wait)

    def is_sign_in(self, path: str) -> bool:
        return False
