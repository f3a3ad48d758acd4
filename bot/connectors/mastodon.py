"""Mastodon, and servers that speak its API: mentions, hashtags, a search, replies.

One ``fetch`` is one page of one feed, and for replies in threads that are new to us a
look at where they began. What an answer holds is read in ``_mastodon_statuses``, what a
refusal means in ``_mastodon_errors``, and the cursor is made in ``_mastodon_feeds``.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

import requests
from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
)

from bot.connectors._again import Context, Told, read_again
from bot.connectors._edge import (
    ConnectorSettings,
    ErrorTable,
    from_epoch,
    parse_instant,
    translated,
)
from bot.connectors._mastodon_client import (
    NO_HEADERS,
    NOTHING,
    Asked,
    Mastodon,
    NetworkError,
    length_of,
)
from bot.connectors._mastodon_errors import (
    GONE,
    NAME,
    NONSENSE,
    in_doubt,
    status_of,
    unread,
    unsent,
    untaken,
)
from bot.connectors._mastodon_feeds import (
    LARGEST_PAGE,
    OWN,
    REMEMBERED,
    REMEMBERED_OF_TALK,
    TALK,
    Feed,
    Place,
    Stand,
    context_of,
    feeds_of,
    following,
    is_before,
    read_cursor,
    write_cursor,
)
from bot.connectors._mastodon_statuses import (
    Json,
    View,
    addressed,
    an_id,
    author_of,
    is_id,
    is_message,
    is_reply,
    narrower,
    read_items,
    receipt_of,
    status_in,
)
from bot.domain.channels import (
    ConnectorInfo,
    Cursor,
    Health,
    Page,
    Quarantined,
    Quota,
)
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    Unavailable,
)

log = logging.getLogger(__name__)

USUAL_LIMIT = 500  # characters of a status where the server names no other
ROOM = 32  # of them for "@", a name of Mastodon's longest, and a space
AT_ONCE = 20  # ids that Mastodon looks up in one request
MOST_PAGES = 25  # of our own statuses, in a look for a reply

ON_READING: ErrorTable = {
    **NONSENSE,
    NetworkError: Unavailable,
    requests.HTTPError: unread,
    requests.JSONDecodeError: NONSENSE[ValueError],
}
ON_SENDING: ErrorTable = {
    **dict.fromkeys(NONSENSE, in_doubt),
    NetworkError: unsent,
    requests.HTTPError: untaken,
    requests.JSONDecodeError: in_doubt,
}

Visibility = Literal["public", "unlisted", "private", "direct"]


def _bare(value: object) -> object:
    """Take ``#name`` for the name."""
    return value.removeprefix("#") if isinstance(value, str) else value


Hashtag = Annotated[
    str, BeforeValidator(_bare), StringConstraints(pattern=r"^[^\s#@/?&]{1,100}$")
]


class MastodonSettings(ConnectorSettings):
    """What a server of the Mastodon kind needs to be told.

    ``hashtags`` and ``query`` are read beside the mentions; ``start_at`` leaves out
    what is older. Below as many of our newest statuses as ``watch_conversations`` says,
    replies that do not tag us are read too. ``reply_visibility`` is the widest that a
    reply may have; ``max_characters`` is the server's limit for a status.
    """

    base_url: str = Field(pattern=r"^https?://[^/\s?#]+$")
    access_token: SecretStr = Field(min_length=1)
    hashtags: tuple[Hashtag, ...] = ()
    query: str = Field(default="", max_length=1_000)
    watch_conversations: int = Field(default=5, ge=0, le=20)
    start_at: AwareDatetime | None = None
    reply_visibility: Visibility = "unlisted"
    max_characters: int = Field(default=USUAL_LIMIT, ge=100, le=1_000_000)

    @field_validator("base_url", mode="before")
    @classmethod
    def _address(cls, base_url: object) -> object:
        if not isinstance(base_url, str):
            return base_url
        bare = base_url.strip().rstrip("/")
        return bare if "://" in bare else f"https://{bare}"

    @field_validator("account")
    @classmethod
    def _bare_handle(cls, account: str) -> str:
        return account.removeprefix("@")


class MastodonConnector:
    """Reads and answers as one account of one server; opens nothing before a call."""

    info: ConnectorInfo = ConnectorInfo(
        name=NAME,
        label="Mastodon",
        poll_every=timedelta(minutes=2),
        reply_limit=USUAL_LIMIT - ROOM,
        docs="docs/connectors/mastodon.md",
        # What is answered, who that was, whether the token still counts, and the reply.
        reply_requests=4,
    )
    settings_model: ClassVar[type[ConnectorSettings]] = MastodonSettings

    def __init__(self, settings: MastodonSettings) -> None:
        self._settings = settings
        self._account_id = ""
        self._asked = 0
        self._server = Mastodon(
            settings.base_url,
            settings.access_token.get_secret_value(),
            settings.timeout,
        )
        self.info = _with_limit(type(self).info, settings.max_characters)

    def check(self) -> Health:
        """Say as whom we read, whether the account says it is a program, and quotas."""
        try:
            with _read():
                answer = self._ask("/api/v1/accounts/verify_credentials")
            us = self._us(answer)
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        handle = str(us.get("acct") or us.get("username") or "")
        said = [f"@{handle} reads and may reply"]
        if us.get("bot") is not True:
            said.append(
                "the account does not say that it is automated: mark it so in its "
                "profile"
            )
        if note := self._note_on_limit():
            said.append(note)
        return Health(
            ok=True,
            detail="; ".join(said),
            account_id=str(us["id"]),
            account_handle=handle,
            quotas=_quotas(answer.headers),
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._server.close()

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give one page of one feed; ``more`` until every feed had its turn."""
        place, account, before = read_cursor(cursor), self._account(), self._asked
        feeds = self._feeds(place, account)
        turn = place.turn if place.turn in feeds else next(iter(feeds))
        size = min(max(limit, 1), LARGEST_PAGE)
        stand = place.feeds.get(turn) or Stand()
        items: Sequence[Any] = ()
        if turn == OWN:
            # Its newest page says enough: where we spoke last.
            own, _below = self._page(feeds[OWN], Stand(), LARGEST_PAGE)
            place.watch(own, self._settings.watch_conversations)
        elif turn.startswith(TALK):
            found = self._talk(place, turn.removeprefix(TALK))
            items = [one for one in found if stand.is_new(one)]
            stand = stand.moved(found, "", REMEMBERED_OF_TALK)
        else:
            found, below = self._page(feeds[turn], stand, size)
            start = self._settings.start_at
            late = [one for one in found if not is_before(one, start)]
            items = [one for one in late if stand.is_new(one)]
            stand = stand.moved(found, below if late else "", REMEMBERED)
        items = [one for one in items if _concerns(one)]
        self._trace(place, items)
        mentions, bad = read_items(items, self._view(place, account))
        if turn != OWN:
            place.feeds[turn] = stand
        # What was noted may have added a feed.
        feeds = self._feeds(place, account)
        place.turn = turn if stand.below else following(turn, feeds)
        return Page(
            mentions=mentions,
            cursor=write_cursor(place, feeds),
            more=bool(place.turn),
            bad=bad,
            reads=self._asked - before,
        )

    def again(self, item: Quarantined) -> Page:
        """Read a status that was kept aside, with what was known of its thread then."""

        def read(raw: object, beside: Context) -> Told:
            view = View(
                brand=self._settings.brand,
                account_id=beside["account_id"],
                roots=beside["roots"],
                ours=frozenset(beside["ours"]),
            )
            return read_items([raw], view)

        return read_again(item, read, needs=("account_id", "roots", "ours"))

    def reply_length(self, text: str) -> int:
        """Count as Mastodon does; ``ROOM`` for whom we answer is kept free already."""
        return length_of(text)

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Answer below the status, by name, to no more people than it was meant for."""
        answered = self._status(reply.in_reply_to)
        if answered is None:
            raise Refused(NAME, f"{reply.key} answers a status that is gone")
        account = answered.get("account")
        handle = account.get("acct") if isinstance(account, dict) else None
        if not isinstance(handle, str) or not handle:
            raise Refused(NAME, f"{reply.key}: the server does not say whom it answers")
        widest = self._settings.reply_visibility
        seen_by = narrower(answered.get("visibility"), widest)
        return self._publish(reply, handle, seen_by, reply.in_reply_to)

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Ask for the status that the server named, or look below what was answered.

        What does not stand there is looked for among ours since then as well: the
        answered status may be gone, and ours with it from below it.
        """
        return self._find(reply, is_private=False)

    def send_private(self, reply: OutboundReply) -> Receipt:
        """Write to the author of what is answered, where nobody else reads.

        Below that status as long as it stands there, else on its own.
        """
        answered = self._status(reply.in_reply_to)
        under = reply.in_reply_to if answered else ""
        account: object = (answered or {}).get("account")
        if not answered or (reply.author and author_of(answered) != reply.author):
            account = self._person(reply)
        handle = account.get("acct") if isinstance(account, dict) else None
        if not isinstance(handle, str) or not handle:
            raise Refused(NAME, f"{reply.key}: the server does not say whom it is for")
        return self._publish(reply, handle, "direct", under)

    def find_private(self, reply: OutboundReply) -> Receipt | None:
        """Look whether it arrived already, as ``find_reply`` does."""
        return self._find(reply, is_private=True)

    def find_removed(self, external_ids: Collection[str]) -> Collection[str]:
        """Return which the server does not show any more, each asked for by itself.

        Where it can, it is first asked for many at once, so that only those are left
        which it did not give. A token that ended hides everything: that is no removal.
        """
        asked = sorted(one for one in external_ids if is_id(one))
        removed: set[str] = set()
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            shown = self._shown(some) if len(some) > 1 else set()
            for one in some:
                if one not in shown and self._status(one, is_sure=False) is None:
                    removed.add(one)
        if removed:
            self._us(self._verified())
        return removed

    # --- asking

    def _ask(
        self,
        path: str,
        asked: Asked = NOTHING,
        *,
        method: str = "GET",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> requests.Response:
        self._asked += 1
        return self._server.ask(method, path, asked, headers)

    def _get(self, path: str, asked: Asked = NOTHING) -> Any:  # noqa: ANN401 - undecoded JSON
        with _read():
            return self._ask(path, asked).json()

    def _verified(self) -> requests.Response:
        with _read():
            return self._ask("/api/v1/accounts/verify_credentials")

    def _us(self, answer: requests.Response) -> Json:
        """Take the account that the token belongs to; it must be the one we mean."""
        with _read():
            us = answer.json()
            self._account_id = an_id(us["id"])
            name = str(us.get("username") or us.get("acct") or "")
        wanted = self._settings.account.partition("@")[0]
        if wanted and name.casefold() != wanted.casefold():
            why = f"the token belongs to @{name}, not to @{wanted}"
            self._account_id = ""
            raise AccessDenied(NAME, why)
        return dict(us)

    def _account(self) -> str:
        if not self._account_id:
            self._us(self._verified())
        return self._account_id

    def _page(self, feed: Feed, stand: Stand, size: int) -> tuple[Sequence[Any], str]:
        with _read():
            answer = self._ask(feed.path, feed.page(stand, size))
            items = feed.items(answer.json())
            return items, feed.below(answer, items, stand)

    def _talk(self, place: Place, status_id: str) -> Sequence[Any]:
        """Read what stands below a status of ours, newest first."""
        body = self._context(place, status_id)
        return list(reversed(context_of(status_id).items(body))) if body else ()

    def _context(self, place: Place, status_id: str, parent: str = "") -> Json:
        """Read a status' thread, and remember where it begins; empty if it is gone.

        Where nothing above it is shown, its ``parent`` is the first that is known.
        """
        feed = context_of(status_id)
        try:
            body = self._get(feed.path)
        except AccessDenied as error:
            if status_of(error) in GONE:
                return {}
            raise
        below = feed.items(body)
        above = body.get("ancestors")
        listed = above if isinstance(above, list) else []
        above = [one for one in listed if isinstance(one, dict)]
        line = [*above, *(one for one in below if isinstance(one, dict))]
        first = next((one["id"] for one in above if is_id(one.get("id"))), parent)
        root = place.roots.get(status_id) or first or status_id
        is_ours = bool(above) and author_of(above[0]) == self._account_id
        for one in [status_id, *(one.get("id") for one in line)]:
            if isinstance(one, str) and is_id(one):
                place.root(one, root, is_ours=is_ours)
        return dict(body)

    def _trace(self, place: Place, items: Sequence[Any]) -> None:
        """Find out where the threads of new statuses begin, asking as little as can be.

        Without a parent a status begins its own; a known parent's thread is its own.
        """
        for item in reversed(items):
            status = status_in(item)
            status_id, parent = status.get("id"), status.get("in_reply_to_id")
            if not isinstance(status_id, str) or not is_id(status_id):
                continue
            if status_id in place.roots:
                continue
            if parent is None:
                place.root(status_id, status_id)
            elif isinstance(parent, str) and is_id(parent):
                if parent not in place.roots:
                    self._context(place, status_id, parent)
                known = place.roots.get(status_id) or place.roots.get(parent)
                place.root(status_id, known or parent)

    def _view(self, place: Place, account: str) -> View:
        return View(
            brand=self._settings.brand,
            account_id=account,
            roots=place.roots,
            ours=frozenset(place.ours),
        )

    def _feeds(self, place: Place, account: str) -> dict[str, Feed]:
        given = self._settings
        watches = given.watch_conversations > 0
        return feeds_of(
            account, given.hashtags, given.query, place.talks, watches=watches
        )

    def _note_on_limit(self) -> str:
        """Say where the server's limit is another than the one we were told."""
        limit = 0
        for path in ("/api/v2/instance", "/api/v1/instance"):
            with suppress(ConnectorError):
                limit = limit or _limit_of(self._get(path))
        told = self._settings.max_characters
        if limit in {0, told}:
            return ""
        return f"the server takes {limit} characters, max_characters says {told}"

    # --- replying

    def _status(self, status_id: str, *, is_sure: bool = True) -> Json | None:
        """Read a status, ``None`` if it is gone; ``is_sure``: and the token counts."""
        if not is_id(status_id):
            return None
        try:
            body = self._get(f"/api/v1/statuses/{status_id}")
        except AccessDenied as error:
            if status_of(error) not in GONE:
                raise
            if is_sure:
                self._us(self._verified())
            return None
        if not isinstance(body, dict):
            raise BadPayload(NAME, "the server shows something that is no status")
        return body

    def _person(self, reply: OutboundReply) -> object:
        if not is_id(reply.author):
            raise Refused(NAME, f"{reply.key} is for nobody that the server knows")
        try:
            found = self._get(f"/api/v1/accounts/{reply.author}")
        except AccessDenied as error:
            if status_of(error) not in GONE:
                raise
            raise Refused(NAME, f"{reply.key}: that account is gone") from error
        if isinstance(found, dict) and found.get("suspended") is True:
            raise Refused(NAME, f"{reply.key}: that account is suspended")
        return found

    def _publish(
        self, reply: OutboundReply, handle: str, seen_by: str, under: str
    ) -> Receipt:
        asked = {"status": addressed(reply.text, handle), "visibility": seen_by}
        if under:
            asked["in_reply_to_id"] = under
        if reply.language:
            asked["language"] = reply.language.partition("-")[0].lower()
        # Within an hour the server gives the first again where it is asked twice.
        headers = {"Idempotency-Key": _key(reply, seen_by)}
        with translated(NAME, ON_SENDING):
            answer = self._ask(
                "/api/v1/statuses", asked, method="POST", headers=headers
            )
            return receipt_of(answer.json())

    def _find(self, reply: OutboundReply, *, is_private: bool) -> Receipt | None:
        us = self._account()
        if reply.external_id:
            made = self._status(reply.external_id)
            return receipt_of(made) if made and author_of(made) == us else None
        if not is_id(reply.in_reply_to):
            raise BadPayload(NAME, f"{reply.key} answers nothing that has an id here")
        for status in self._ours(reply, us):
            with translated(NAME, NONSENSE):
                if (is_message if is_private else is_reply)(status, reply):
                    return receipt_of(status)
        return None

    def _ours(self, reply: OutboundReply, us: str) -> Iterator[Json]:
        """Give what we wrote below a status, then all that we wrote since it."""
        body = self._context(Place(), reply.in_reply_to)
        below = context_of("").items(body) if body else []
        yield from (one for one in map(status_in, below) if author_of(one) == us)
        feed = Feed(
            path=f"/api/v1/accounts/{us}/statuses",
            asked={"exclude_reblogs": "true", "since_id": reply.in_reply_to},
        )
        stand = Stand()
        for _ in range(MOST_PAGES):
            items, below_id = self._page(feed, stand, LARGEST_PAGE)
            own = [one for one in map(status_in, items) if author_of(one) == us]
            yield from own
            if not below_id or not own:
                return
            stand = Stand(below=below_id)
        why = f"{reply.key} may be older than the statuses of ours that were looked at"
        raise OutcomeUnknown(NAME, why)

    def _shown(self, some: Sequence[str]) -> set[str]:
        """Ask for many statuses at once; none where the server cannot."""
        try:
            body = self._get("/api/v1/statuses", {"id[]": some})
        except (AccessDenied, BadPayload):
            return set()
        found = body if isinstance(body, list) else []
        return {str(status_in(one).get("id")) for one in found}


@contextmanager
def _read() -> Iterator[None]:
    with translated(NAME, ON_READING):
        yield


def _with_limit(info: ConnectorInfo, most: int) -> ConnectorInfo:
    return replace(info, reply_limit=most - ROOM)


def _concerns(item: object) -> bool:
    """Whether it is what was asked for, and still there.

    Some servers give every notification, and some keep those of deleted statuses.
    """
    if not isinstance(item, dict) or "content" in item or "type" not in item:
        return True
    is_gone = item.get("status", "") is None
    return bool(item["type"] == "mention") and not is_gone


def _key(reply: OutboundReply, seen_by: str) -> str:
    """Name this very reply; a new database may use an old number for other words."""
    parts = (reply.brand, reply.in_reply_to, reply.author, seen_by, reply.text)
    told = hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass"))
    return f"{reply.key}-{told.hexdigest()[:16]}"


def _limit_of(instance: object) -> int:
    """Read how long a status may be: as Mastodon tells it, or as Pleroma does."""
    match instance:
        case {"configuration": {"statuses": {"max_characters": int(most)}}}:
            return most
        case {"max_toot_chars": int(most)}:
            return most
    return 0


def _quotas(headers: Mapping[str, str]) -> tuple[Quota, ...]:
    """Read how many requests are left, where the server tells."""
    try:
        limit = int(headers["x-ratelimit-limit"])
        left = int(headers["x-ratelimit-remaining"])
    except (KeyError, ValueError):
        return ()
    said, resets_at = headers.get("x-ratelimit-reset", ""), None
    with suppress(ValueError, OverflowError):
        resets_at = from_epoch(int(said)) if said.isdigit() else parse_instant(said)
    return (Quota(unit="requests", limit=limit, left=left, resets_at=resets_at),)
