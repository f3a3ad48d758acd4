"""A server's feeds: which are read, how far each was taken, what is known of threads.

A feed is read pass by pass, each from the newest page down to one that is known. Only
names count, never the order of ids: every kind of server makes its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlsplit

import requests
from pydantic import BaseModel, Field

from bot.connectors._edge import parse_instant, read_place
from bot.connectors._mastodon_errors import NAME
from bot.connectors._mastodon_statuses import is_id, status_in
from bot.domain.channels import Cursor
from bot.errors import BadPayload

OWN, MENTIONS, TALK = "own", "mentions", "talk:"
LARGEST_PAGE = 40  # what every server gives in every feed
REMEMBERED = 2 * LARGEST_PAGE
REMEMBERED_OF_TALK = 4_096  # what Mastodon shows below a status
REMEMBERED_ROOTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One request that is made again and again, page by page.

    ``within`` is where its answer holds the list (empty: it is one). ``by_count``: the
    next page is asked for by how many came before, else by the last id.
    """

    path: str
    asked: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    within: str = ""
    by_count: bool = False
    is_paged: bool = True

    def page(self, stand: Stand, size: int) -> dict[str, str | Sequence[str]]:
        """Say what to ask for the next page of a pass."""
        asked = dict(self.asked)
        if self.is_paged:
            asked["limit"] = str(size)
            if stand.below:
                asked["offset" if self.by_count else "max_id"] = stand.below
        return asked

    def items(self, body: object) -> list[Any]:
        """Give what an answer lists; raise ``BadPayload`` if it lists nothing."""
        found = body.get(self.within) if isinstance(body, dict) else body
        if not isinstance(found, list) or (self.within and not isinstance(body, dict)):
            why = "the server answered with something other than a list"
            raise BadPayload(NAME, f"{why}; is base_url a Mastodon's?")
        return found

    def below(
        self, answer: requests.Response, items: Sequence[Any], stand: Stand
    ) -> str:
        """Say where the next older page begins, empty at the end.

        Servers that name no next page may have one all the same.
        """
        if not self.is_paged or not items:
            return ""
        if self.by_count:
            return str(int(stand.below or 0) + len(items))
        if answer.headers.get("link"):
            address = answer.links.get("next", {}).get("url", "")
            told = parse_qs(urlsplit(address).query).get("max_id", [""])[0]
        else:
            ids = [str(one.get("id")) for one in items if isinstance(one, dict)]
            told = next((one for one in reversed(ids) if is_id(one)), "")
        return told if told != stand.below else ""


class Stand(BaseModel):
    """How far one feed is read.

    ``seen`` are the newest items by name, newest first, with the instant of their edit.
    Of a pass under way, ``passed`` came so far and ``below`` leads to the next page.
    """

    seen: dict[str, str] = Field(default_factory=dict)
    passed: dict[str, str] = Field(default_factory=dict)
    below: str = ""

    def is_new(self, item: object) -> bool:
        """Whether it was never handed out as it stands there now."""
        name, stamp = named(item)
        return {**self.seen, **self.passed}.get(name) != stamp

    def moved(self, items: Sequence[Any], below: str, most: int = REMEMBERED) -> Stand:
        """Say where a feed stands after a page: in the middle of a pass, or after it.

        A pass ends where half of a page is known: what another server delivers late
        stands below newer items, and is found while it does so on the newest page.
        """
        known = sum(named(one)[0] in self.seen for one in items)
        if not any(map(self.is_new, items)):
            below = ""  # also where a server gives the same page for ever
        passed = _newest({**self.passed, **dict(map(named, items))}, most)
        if below and 2 * known < len(items):
            return Stand(seen=self.seen, passed=passed, below=below)
        return Stand(seen=_newest({**passed, **_without(self.seen, passed)}, most))


class Place(BaseModel):
    """What a cursor holds; ``turn`` is the feed to be read next (empty: the first).

    ``talks`` are statuses of ours that were answered, ``roots`` the first status of a
    thread for each that we met, and ``ours`` the threads that we began.
    """

    version: Literal[1] = 1
    turn: str = ""
    feeds: dict[str, Stand] = Field(default_factory=dict)
    talks: list[str] = Field(default_factory=list)
    roots: dict[str, str] = Field(default_factory=dict)
    ours: list[str] = Field(default_factory=list)

    def watch(self, statuses: Iterable[Any], most: int) -> None:
        """Note which of our newest statuses have answers, and which began a thread."""
        own = [one for one in map(status_in, statuses) if is_id(one.get("id"))]
        answered = [one["id"] for one in own if one.get("replies_count", 1)]
        self.talks = answered[:most]
        for one in reversed(own):
            if one.get("in_reply_to_id") is None:
                self.root(one["id"], one["id"], is_ours=True)

    def root(self, status_id: str, root: str, *, is_ours: bool = False) -> None:
        """Remember where a thread begins; the oldest knowledge goes."""
        self.roots = _latest({**_without(self.roots, [status_id]), status_id: root})
        if is_ours and root not in self.ours:
            self.ours = [*self.ours, root][-REMEMBERED_ROOTS:]


def feeds_of(
    account: str,
    hashtags: Iterable[str],
    query: str,
    talks: Iterable[str],
    *,
    watches: bool,
) -> dict[str, Feed]:
    """Name what is read, in that order; our own first, as they name talks."""
    feeds = {}
    if watches:
        asked = {"exclude_reblogs": "true"}
        feeds[OWN] = Feed(path=f"/api/v1/accounts/{account}/statuses", asked=asked)
    feeds[MENTIONS] = Feed(
        path="/api/v1/notifications",
        # Those too that the account's filters would put aside unseen.
        asked={"types[]": ["mention"], "include_filtered": "true"},
    )
    for tag in hashtags:
        path = f"/api/v1/timelines/tag/{quote(tag, safe='')}"
        feeds[f"tag:{tag.casefold()}"] = Feed(path=path)
    if query:
        # Another query is another feed: what the old one had read says nothing.
        key = "search:" + hashlib.sha256(query.encode()).hexdigest()[:8]
        asked = {"q": query, "type": "statuses"}
        feeds[key] = Feed(
            path="/api/v2/search", asked=asked, within="statuses", by_count=True
        )
    for talk in talks if watches else ():
        feeds[f"{TALK}{talk}"] = context_of(talk)
    return feeds


def context_of(status_id: str) -> Feed:
    """Name what stands below a status."""
    path = f"/api/v1/statuses/{status_id}/context"
    return Feed(path=path, within="descendants", is_paged=False)


def named(item: object) -> tuple[str, str]:
    """Give an item's own id, or a hash of what has none; and when it was edited."""
    told = item.get("id") if isinstance(item, dict) else None
    if not isinstance(told, str) or not is_id(told):
        told = hashlib.sha256(json.dumps(item).encode()).hexdigest()[:16]
    return told, str(status_in(item).get("edited_at") or "")


def is_before(item: object, start: datetime | None) -> bool:
    """Whether an item is older than what is to be read; unknown instants are not."""
    if start is None or not isinstance(item, dict):
        return False
    try:
        return parse_instant(item["created_at"]) < start
    except (KeyError, TypeError, ValueError, OverflowError):
        return False


def following(turn: str, feeds: Iterable[str]) -> str:
    """Name the feed after that one, nothing after the last."""
    order = [*feeds, ""]
    return order[order.index(turn) + 1]


def read_cursor(cursor: Cursor | None) -> Place:
    """Give the place; raise ``BadPayload`` for a cursor that is not ours."""
    return read_place(Place, cursor, NAME)


def write_cursor(place: Place, feeds: Collection[str]) -> Cursor:
    """Give the place as one text, without feeds that are not read any more."""
    kept = {key: one for key, one in place.feeds.items() if key in feeds}
    return Cursor(place.model_copy(update={"feeds": kept}).model_dump_json())


def _newest(names: Mapping[str, str], most: int) -> dict[str, str]:
    """Keep the first of what is listed newest first."""
    return dict(list(names.items())[:most])


def _latest(names: Mapping[str, str]) -> dict[str, str]:
    """Keep the last of what is listed as it came."""
    return dict(list(names.items())[-REMEMBERED_ROOTS:])


def _without(names: Mapping[str, str], others: Collection[str]) -> dict[str, str]:
    return {name: one for name, one in names.items() if name not in others}
