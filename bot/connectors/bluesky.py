"""Bluesky: our notifications, a search, answers under our posts, replies, messages.

One ``fetch`` is one page of one feed, so that what was read is stored before anything
else can fail. What a post says is read in ``_bluesky_posts``, how far the feeds are
taken is kept in ``_bluesky_feeds``, and ``_bluesky_session`` asks, signed in once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from atproto_client.exceptions import BadRequestError
from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
)

from bot.connectors._again import Context, Told, read_again
from bot.connectors._bluesky_answers import (
    NAME,
    NONSENSE,
    POST,
    Json,
    an_object,
    is_did,
    is_post,
    objects,
    parts_of,
    url_of,
)
from bot.connectors._bluesky_errors import EXPIRED, is_called, may_be_wrong, told
from bot.connectors._bluesky_feeds import (
    NOTIFICATIONS,
    OWN,
    THREAD,
    Found,
    Place,
    Stand,
    feeds_of,
    following,
    located,
    read_cursor,
    write_cursor,
)
from bot.connectors._bluesky_posts import View, author_of, is_declared_bot, read_posts
from bot.connectors._bluesky_replies import (
    LONGEST,
    LONGEST_BYTES,
    facets_of,
    handles_in,
    key_of,
    length_of,
    record_of,
)
from bot.connectors._bluesky_session import CHAT, ENTRYWAY, PUT, Wire
from bot.connectors._edge import (
    ConnectorSettings,
    parse_instant,
    translated,
)
from bot.connectors._texts import comparable
from bot.domain.channels import ConnectorInfo, Cursor, Health, Page, Quarantined
from bot.domain.mentions import Mention
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import (
    AccessDenied,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    Unavailable,
)

log = logging.getLogger(__name__)

MOST = 100  # things on a page of a feed
PER_REQUEST = 25  # posts or profiles asked for by name
DEPTH = 30  # answers upon answers below a post of ours
MOST_PAGES = 10  # of messages, looked through for one of ours
SKEW = timedelta(minutes=10)  # between our clock and Bluesky's, in find_private
REASONS = ("mention", "reply", "quote")
CONVO = "https://bsky.app/messages/"


def _bare(value: object) -> object:
    return value.removeprefix("@") if isinstance(value, str) else value


class BlueskySettings(ConnectorSettings):
    """What Bluesky needs to be told: the account, an app password, what to search.

    ``account`` is our handle or did, ``base_url`` the server that keeps it. In as many
    of our newest answered posts as ``watch_conversations`` says, answers are read that
    brought no notification. ``start_at`` leaves out what is older on the first reading,
    ``overlap`` is how far back late arrivals are looked for. ``session_file`` keeps the
    session for the next process.
    """

    account: Annotated[
        str,
        BeforeValidator(_bare),
        StringConstraints(
            pattern=r"^(did:[a-z]+:\S+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$"
        ),
    ]
    app_password: SecretStr = Field(min_length=1)
    base_url: str = Field(default=ENTRYWAY, pattern=r"^https?://[^/]+")
    timeout: float = Field(default=10.0, gt=0, le=300)
    query: str = Field(default="", max_length=512)
    watch_conversations: int = Field(default=5, ge=0, le=20)
    start_at: AwareDatetime | None = None
    overlap: timedelta = Field(
        default=timedelta(hours=1), gt=timedelta(0), le=timedelta(days=7)
    )
    session_file: str = ""


class BlueskyConnector:
    """Reads and answers on Bluesky as one account; opens nothing before that."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="Bluesky",
        poll_every=timedelta(minutes=1),
        reply_limit=LONGEST,
        docs="docs/connectors/bluesky.md",
        # The post, the handles, the reply and a look at it; the session twice renewed.
        reply_requests=7,
    )
    settings_model: ClassVar[type[ConnectorSettings]] = BlueskySettings

    def __init__(self, settings: BlueskySettings) -> None:
        self._settings = settings
        self._wire = Wire(
            settings.account,
            settings.app_password.get_secret_value(),
            settings.base_url,
            settings.timeout,
            settings.session_file,
        )

    def check(self) -> Health:
        """Say as whom we read, and whether our profile says that a machine writes."""
        try:
            did = self._wire.did
            profile = self._wire.get("app.bsky.actor.getProfile", {"actor": did})
            with translated(NAME, NONSENSE):
                handle, is_bot = str(profile["handle"]), is_declared_bot(profile)
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        bears = "bears" if is_bot else "does not bear"
        return Health(
            ok=True,
            detail=f"@{handle} reads and may reply; its profile {bears} the self-label "
            "bot, which Bluesky asks of automated accounts",
            account_id=did,
            account_handle=handle,
            quotas=self._wire.quotas,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._wire.close()

    def reply_length(self, text: str) -> int:
        """Count as Bluesky does: graphemes, or bytes where there are too many."""
        return length_of(text)

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give one page of one feed; ``more`` until every feed had its turn."""
        place, did = read_cursor(cursor), self._wire.did
        feeds = self._feeds(place)
        turn = place.turn if place.turn in feeds else feeds[0]
        new: list[Found] = []
        if turn == OWN:
            place.talks = self._answered_posts(did)
        else:
            stand = place.feeds.get(turn) or self._beginning()
            found, token, stand = self._listed(turn, stand, min(max(limit, 1), MOST))
            new = [one for one in found if not stand.covers(one)]
            overlap = self._settings.overlap.total_seconds()
            place.feeds[turn] = stand.moved(found, token, overlap)
        mentions, bad = self._translated(turn, new, did)
        # What was remembered may have added a feed.
        feeds = self._feeds(place)
        is_under_way = turn in place.feeds and place.feeds[turn].token
        place.turn = turn if is_under_way else following(turn, feeds)
        return Page(
            mentions=mentions,
            cursor=write_cursor(place, feeds),
            more=bool(place.turn),
            bad=bad,
        )

    def again(self, item: Quarantined) -> Page:
        """Read a post that was kept aside, with its author's profile of then."""

        def read(raw: object, beside: Context) -> Told:
            brand, profiles = self._settings.brand, beside["profiles"]
            return read_posts(
                [raw], View(brand=brand, did=beside["did"], profiles=profiles)
            )

        return read_again(item, read, needs=("did", "profiles"))

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Publish under a key that is this reply's own, so that it stands there once.

        Where an earlier try stands there already, that is the receipt.
        """
        self._fits(reply)
        answered = self._answered(reply)
        with translated(NAME, NONSENSE):
            # By Bluesky's clock, in whole seconds, and never before what it answers.
            seen = parse_instant(answered["indexedAt"])
            at = _stamp(max(self._wire.answered_at or seen, seen))
            record = record_of(reply, answered, self._dids(reply, answered), at)
        uri = f"at://{self._wire.did}/{POST}/{key_of(reply)}"
        body = {
            "repo": self._wire.did,
            "collection": POST,
            "rkey": key_of(reply),
            "record": record,
            "swapRecord": None,  # there must be none
        }
        try:
            answer = self._wire.post(PUT, body)
        except Refused as error:
            if not is_called(error, "InvalidSwap"):
                raise
            return self._earlier(reply, error)
        if answer.get("uri") != uri:
            raise OutcomeUnknown(NAME, f"Bluesky took {reply.key} under another name")
        return Receipt(external_id=uri, url=url_of(uri), published_at=parse_instant(at))

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Ask our own repository for the reply's key, which settles every doubt."""
        did = self._wire.did
        try:
            key = parts_of(reply.external_id)[2] if reply.external_id else key_of(reply)
        except ValueError:
            return None
        uri = f"at://{did}/{POST}/{key}"
        if reply.external_id not in {"", uri}:
            return None
        record = self._record(did, key)
        with translated(NAME, NONSENSE):
            if record is None or not (reply.external_id or _is_same(record, reply)):
                return None
            at = parse_instant(record["createdAt"])
        return Receipt(external_id=uri, url=url_of(uri), published_at=at)

    def send_private(self, reply: OutboundReply) -> Receipt:
        """Write to the author where nobody else reads, if they let us."""
        convo = self._convo("getConvoForMembers", reply)
        if not convo:
            raise Refused(NAME, "Bluesky names no conversation with the author")
        message: dict[str, object] = {"text": reply.text}
        if facets := facets_of(reply.text, {}):
            message["facets"] = facets
        answer = self._wire.post(
            "chat.bsky.convo.sendMessage", {"convoId": convo, "message": message}, CHAT
        )
        found = _receipt_of(answer, convo)
        if found is None:
            raise OutcomeUnknown(NAME, f"Bluesky took {reply.key} and does not name it")
        return found

    def find_private(self, reply: OutboundReply) -> Receipt | None:
        """Look through our messages to the author, back to the first try."""
        try:
            convo = self._convo("getConvoAvailability", reply)
        except Refused as error:
            why = f"{reply.key} cannot be looked for, as nothing can be sent there now"
            raise OutcomeUnknown(NAME, why) from error
        tried = reply.first_tried_at
        cursor: dict[str, str] = {}
        for _ in range(MOST_PAGES if convo else 0):
            asked = {"convoId": convo, "limit": MOST, **cursor}
            answer = self._wire.get("chat.bsky.convo.getMessages", asked, CHAT)
            messages = objects(answer, "messages")
            for message in messages:
                if self._is_message(message, reply):
                    return _receipt_of(message, convo)
            token = answer.get("cursor")
            if (
                not messages
                or not token
                or (tried and _sent_before(messages[-1], tried))
            ):
                return None
            cursor = {"cursor": str(token)}
        if convo:
            why = f"{reply.key} may be older than the messages that were looked through"
            raise OutcomeUnknown(NAME, why)
        return None

    def find_removed(self, external_ids: Collection[str]) -> Collection[str]:
        """Return those that are gone, or whose account is.

        Of a post whose author and we block each other, nothing is claimed.
        """
        asked = sorted(one for one in external_ids if is_post(one))
        shown = self._posts(asked)
        missing = [one for one in asked if one not in shown]
        return {one for one in missing if self._thread(one, depth=0).get("notFound")}

    def _feeds(self, place: Place) -> list[str]:
        given = self._settings
        return feeds_of(given.query, place.talks, watches=given.watch_conversations > 0)

    def _beginning(self) -> Stand:
        start = self._settings.start_at
        return Stand(start=start.timestamp() if start else 0.0)

    def _listed(
        self, turn: str, stand: Stand, size: int
    ) -> tuple[list[Found], str, Stand]:
        """Ask for one page; from the top again where its place is refused.

        Bluesky says so by an error of its own as well, as it does when it is in
        trouble. It is not where the top can be read and the place still cannot.
        """
        try:
            raws, token = self._page(turn, stand.token, size)
        except ConnectorError as error:
            if not stand.token or not may_be_wrong(error):
                raise
            top = self._page(turn, "", size)
            try:
                raws, token = self._page(turn, stand.token, size)
            except (AccessDenied, Unavailable):
                log.warning("%s: %s begins again, its place was refused", NAME, turn)
                stand, (raws, token) = stand.begun_again(), top
        return list(located(raws, self._wire.answered_at)), token, stand

    def _page(self, turn: str, token: str, size: int) -> tuple[Sequence[Any], str]:
        if turn.startswith(THREAD):
            return list(_below(self._thread(turn.removeprefix(THREAD), DEPTH))), ""
        asked: dict[str, Any] = {"limit": size, **({"cursor": token} if token else {})}
        if turn == NOTIFICATIONS:
            # Whatever the account's own app is set to show first.
            asked |= {"reasons": list(REASONS), "priority": False}
            answer = self._wire.get("app.bsky.notification.listNotifications", asked)
            raws = objects(answer, "notifications")
        else:
            asked |= {"q": self._settings.query, "sort": "latest"}
            answer = self._wire.get("app.bsky.feed.searchPosts", asked)
            raws = objects(answer, "posts")
        following_token = answer.get("cursor")
        return raws, following_token if isinstance(following_token, str) else ""

    def _answered_posts(self, did: str) -> list[str]:
        """Name our newest posts below which there are answers."""
        asked = {"actor": did, "limit": MOST, "filter": "posts_with_replies"}
        answer = self._wire.get("app.bsky.feed.getAuthorFeed", asked)
        found: list[str] = []
        for one in objects(answer, "feed"):
            with suppress(*NONSENSE):
                post = an_object(one["post"])
                if (
                    author_of(post) == did
                    and post["replyCount"]
                    and is_post(post["uri"])
                ):
                    found.append(post["uri"])
        return list(dict.fromkeys(found))[: self._settings.watch_conversations]

    def _translated(
        self, turn: str, new: Sequence[Found], did: str
    ) -> tuple[Sequence[Mention], Sequence[Quarantined]]:
        posts = [one.raw for one in new]
        if turn == NOTIFICATIONS:
            # A notification has all that a post needs, but a post's view has counts.
            shown = self._posts([uri for uri in map(_uri_of, posts) if is_post(uri)])
            posts = [shown.get(_uri_of(post), post) for post in posts]
        people = sorted({author_of(post) for post in posts} - {"", did})
        view = View(
            brand=self._settings.brand, did=did, profiles=self._profiles(people)
        )
        return read_posts(posts, view)

    def _posts(self, uris: Sequence[str]) -> dict[str, Json]:
        return self._by("app.bsky.feed.getPosts", "uris", uris, ("posts", "uri"))

    def _profiles(self, people: Sequence[str]) -> dict[str, Json]:
        """Ask for accounts by did or handle; what is gone is left out."""
        nsid = "app.bsky.actor.getProfiles"
        return self._by(nsid, "actors", people, ("profiles", "did"))

    def _by(
        self, nsid: str, param: str, asked: Sequence[str], listed: tuple[str, str]
    ) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for start in range(0, len(asked), PER_REQUEST):
            answer = self._wire.get(
                nsid, {param: list(asked[start : start + PER_REQUEST])}
            )
            for one in objects(answer, listed[0]):
                if isinstance(one, dict) and isinstance(one.get(listed[1]), str):
                    found[one[listed[1]]] = one
        return found

    def _thread(self, uri: str, depth: int) -> Json:
        """Give a post with what is below it; one that is gone says so of itself."""
        asked = {"uri": uri, "depth": depth, "parentHeight": 0}
        try:
            answer = self._wire.get("app.bsky.feed.getPostThread", asked)
        except AccessDenied as error:
            if not is_called(error, "NotFound"):
                raise
            return {"notFound": True}
        with translated(NAME, NONSENSE):
            return an_object(answer["thread"])

    def _record(self, did: str, key: str) -> Json | None:
        try:
            asked = {"repo": did, "collection": POST, "rkey": key}
            answer = self._wire.get("com.atproto.repo.getRecord", asked)
        except AccessDenied as error:
            if not is_called(error, "RecordNotFound"):
                raise
            return None
        with translated(NAME, NONSENSE):
            return an_object(answer["value"])

    def _fits(self, reply: OutboundReply) -> None:
        if not is_post(reply.in_reply_to):
            raise Refused(NAME, f"{reply.key} answers nothing that Bluesky knows")
        if self.reply_length(reply.text) > LONGEST:
            most = f"{LONGEST} characters or {LONGEST_BYTES:,} bytes"
            raise Refused(NAME, f"{reply.key} is longer than {most}")

    def _answered(self, reply: OutboundReply) -> Json:
        """Give the post that is answered; refuse where no answer may stand there."""
        node = self._thread(reply.in_reply_to, depth=0)
        with translated(NAME, NONSENSE):
            if node.get("notFound"):
                why = "the post is gone"
            elif node.get("blocked"):
                why = "its author and we block each other"
            else:
                post = an_object(node["post"])
                why = _closed(post)
        if why:
            raise Refused(NAME, f"{reply.key} is not sent: {why}")
        return post

    def _dids(self, reply: OutboundReply, answered: Json) -> dict[str, str]:
        """Say which accounts the text's handles are; unknown ones tag nobody."""
        author = answered["author"]
        known = {str(author["handle"]).lower(): str(author["did"])}
        unknown = [one for one in handles_in(reply.text) if one not in known]
        found = self._profiles(unknown[:PER_REQUEST]).values()
        return known | {str(one.get("handle")).lower(): one["did"] for one in found}

    def _earlier(self, reply: OutboundReply, error: Refused) -> Receipt:
        found = self.find_reply(reply)
        if found is None:
            why = f"other words of ours stand there already as {reply.key}"
            raise Refused(NAME, why) from error
        return found

    def _convo(self, method: str, reply: OutboundReply) -> str:
        """Name our conversation with the author, empty where there is none."""
        if not is_did(reply.author):
            raise Refused(NAME, f"{reply.key} names no account to write to")
        try:
            asked = {"members": [reply.author]}
            answer = self._wire.get(f"chat.bsky.convo.{method}", asked, CHAT)
        except AccessDenied as error:
            name, words = told(error.__cause__)
            if name in EXPIRED:
                why = "the app password gives no access to direct messages"
                raise AccessDenied(NAME, f"{why}; make one that does") from error
            if not isinstance(error.__cause__, BadRequestError):
                raise
            why = f"the author takes no messages from us ({words or name})"
            raise Refused(NAME, why) from error
        convo = answer.get("convo")
        return str(convo.get("id") or "") if isinstance(convo, dict) else ""

    def _is_message(self, message: object, reply: OutboundReply) -> bool:
        with suppress(*NONSENSE):
            seen = an_object(message)
            if reply.external_id:
                return bool(seen["id"] == reply.external_id)
            is_ours = seen["sender"]["did"] == self._wire.did
            tried = reply.first_tried_at
            is_late = tried is None or not _sent_before(seen, tried)
            return (
                is_ours
                and is_late
                and comparable(seen["text"]) == comparable(reply.text)
            )
        return False


def _uri_of(raw: object) -> str:
    uri = raw.get("uri") if isinstance(raw, dict) else None
    return uri if isinstance(uri, str) else ""


def _below(node: Json) -> Iterator[Any]:
    """Give every answer below a post, without those that we may not see."""
    for one in node.get("replies") or ():
        if isinstance(one, dict):
            if "post" in one:
                yield one["post"]
            yield from _below(one)


def _closed(post: Json) -> str:
    viewer = post.get("viewer") or {}
    author = an_object(post["author"]).get("viewer") or {}
    if viewer.get("replyDisabled"):
        return "its author lets others answer, not us"
    if author.get("blockedBy") or author.get("blocking"):
        return "its author and we block each other"
    return ""


def _is_same(record: Json, reply: OutboundReply) -> bool:
    is_there = record["reply"]["parent"]["uri"] == reply.in_reply_to
    return is_there and comparable(record["text"]) == comparable(reply.text)


def _sent_before(message: object, tried: datetime) -> bool:
    with suppress(*NONSENSE):
        return parse_instant(an_object(message)["sentAt"]) < tried - SKEW
    return False


def _receipt_of(message: Json, convo: str) -> Receipt | None:
    with suppress(*NONSENSE):
        return Receipt(
            external_id=str(message["id"]),
            url=f"{CONVO}{convo}",
            published_at=parse_instant(message["sentAt"]),
        )
    return None


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
