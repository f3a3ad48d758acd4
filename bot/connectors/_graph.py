"""Meta's Graph API, as far as Facebook and Instagram have it in common.

Signing in, what its errors mean, reading in rounds, messages, and what has gone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, quote

from pydantic import Field, SecretStr, model_validator

from bot.connectors._again import read_again
from bot.connectors._edge import (
    ConnectorSettings,
    from_epoch,
    may_have_had_to_end,
    parse_instant,
)
from bot.connectors._graph_rounds import (
    Feed,
    Found,
    Item,
    Json,
    Kind,
    Order,
    Place,
    Stand,
    inner,
    is_thread,
    listed,
    located,
    oldest_first,
    placed,
    read_cursor,
    set_aside,
    time_of,
    token_of,
)
from bot.connectors._http import NONSENSE, Answer, Http
from bot.connectors._texts import comparable, storable
from bot.domain.channels import (
    Aside,
    ConnectorInfo,
    Cursor,
    Health,
    Page,
    Quarantined,
    Quota,
)
from bot.domain.mentions import Mention
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)

log = logging.getLogger(__name__)

PER_PAGE = 100
CONVERSATIONS, MESSAGES = 25, 20  # the platform shows no older messages than those
IDS = 50  # things asked for in one request
MOST_PAGES = 10  # of what tags us, in a look for what has gone
MOST_PAGES_BELOW = 50  # of comments, in a look for one of ours
SKEW = timedelta(minutes=10)
USUAL_PAUSE = timedelta(minutes=15)
MOST = 1 << 53

TAGGED = "tagged:"
"""Before the id of somebody else's post that tags us: its id alone tells nobody."""

NODE = re.compile(r"[0-9]{1,40}(_[0-9]{1,40}){0,2}")
_NAMES = re.compile(r"^(@\S+ )+")
_ID = re.compile(r"[A-Za-z0-9_:=+.$-]{1,400}")

TAGS, INBOX = "tagged", "messages"
MESSAGE_FIELDS = "id,created_time,from,message"

LIMITS = {4, 17, 32, 341, 613, *range(80000, 80015)}
TROUBLE = {1, 2, 1200}
OUR_TOKEN = {102, 190}
OUR_RIGHTS = {3, 10, *range(200, 300)}
BLOCKED = 368
PARAMETER = 100
NO_OBJECT, NO_ALIAS = (PARAMETER, 33), 803
TOKEN_WORDS: Mapping[int, str] = {
    458: "the app was removed by whoever gave the token",
    460: "the password of whoever gave the token was changed",
    463: "the token has expired",
    467: "the token was revoked",
}
SHUT = {(10, 2018065), (10, 2018278), (10, 2534022)}
UNREACHABLE = {(200, 1545041), (551, 0), (551, 1545041), (100, 2018001)}
REFUSALS: Mapping[int, str] = {
    100: "what it answers is gone, or it does not fit there",
    368: "this account is blocked for now, for what the platform calls abuse",
    506: "the same text stands there already",
    1705: "the platform does not take this text",
    10900: "it was answered in private before, which is allowed once",
    10903: "it may not be answered in private",
}


@dataclass(frozen=True, slots=True)
class Said:
    """The numbers of an error of the Graph API; 0 where it has none."""

    code: int = 0
    subcode: int = 0

    @property
    def is_gone(self) -> bool:
        """Whether something is not there, or not for us."""
        return self.pair == NO_OBJECT or self.code == NO_ALIAS

    @property
    def pair(self) -> tuple[int, int]:
        """Return both numbers."""
        return self.code, self.subcode

    def __str__(self) -> str:
        """Write them as Meta's own pages do."""
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)


class GraphSettings(ConnectorSettings):
    """What every part of the Graph API needs to be told.

    ``access_token`` is the page's. With ``app_id`` and ``app_secret`` requests are
    signed, and the platform tells when the token ends and what it may do.
    """

    base_url: str = Field(
        default="https://graph.facebook.com", pattern=r"^https?://[^/]+"
    )
    api_version: str = Field(default="v25.0", pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$")
    access_token: SecretStr = Field(min_length=1)
    app_id: str = Field(default="", pattern=r"^[0-9]*$")
    app_secret: SecretStr | None = None

    @model_validator(mode="after")
    def _app_is_whole(self) -> Self:
        if bool(self.app_id) != bool(self.app_secret):
            raise ValueError("app_id and app_secret belong together: give both or none")
        return self


class Graph:
    """The API over HTTP, signed; it remembers what the last answer told beside."""

    def __init__(self, channel: str, settings: GraphSettings) -> None:
        """Open nothing yet."""
        self._channel = channel
        self._token = settings.access_token.get_secret_value()
        self._root = f"/{settings.api_version}"
        self._signed: dict[str, str] = {}
        self._app = ""
        if settings.app_secret:
            secret = settings.app_secret.get_secret_value()
            self._app = f"{settings.app_id}|{secret}"
            proof = hmac.new(secret.encode(), self._token.encode(), hashlib.sha256)
            self._signed = {"appsecret_proof": proof.hexdigest()}
        self._http = Http(
            channel,
            settings.base_url,
            timeout=settings.timeout,
            headers={"Authorization": f"Bearer {self._token}"},
            judge=self._judge,
        )
        self.requests = 0
        self.said = Said()
        self.quotas: tuple[Quota, ...] = ()

    def get(self, path: str, asked: Mapping[str, str] | None = None) -> Answer:
        """Read; errors are about our access."""
        self.requests, self.said = self.requests + 1, Said()
        params = {**self._signed, **(asked or {})}
        return self._kept(self._http.read(self._root + path, params=params))

    def post(
        self, path: str, asked: Mapping[str, str] | None = None, **sent: object
    ) -> Answer:
        """Publish once; errors are about the reply, or leave it in doubt."""
        self.requests, self.said = self.requests + 1, Said()
        params = {**self._signed, **(asked or {})}
        return self._kept(self._http.send(self._root + path, params=params, **sent))

    def token(self) -> Json:
        """Return what the platform says of our token; nothing without the app's own."""
        if not self._app:
            return {}
        self.requests, self.said = self.requests + 1, Said()
        answer = self._http.read(
            f"{self._root}/debug_token",
            params={"input_token": self._token},
            headers={"Authorization": f"Bearer {self._app}"},
        )
        found = answer.json().get("data")
        return found if isinstance(found, dict) else {}

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _kept(self, answer: Answer) -> Answer:
        self.quotas = quotas_of(answer.headers, answer.date) or self.quotas
        return answer

    def _judge(self, answer: Answer) -> ConnectorError | None:
        self.said = said = said_in(self._kept(answer).peek())
        return _judged(answer, said)


def said_in(body: Mapping[str, Any]) -> Said:
    """Read an error's numbers; anything else has none."""
    error = body.get("error")
    if not isinstance(error, dict):
        return Said()
    numbers = [error.get(key) for key in ("code", "error_subcode")]
    return Said(*[one if type(one) is int else 0 for one in numbers])


def _judged(answer: Answer, said: Said) -> ConnectorError | None:
    """Say what an error of the Graph API means; its own words may hold the token."""
    channel = answer.channel
    if said.code in LIMITS or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _limited(answer, said)
    is_theirs = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if is_theirs or said.code in TROUBLE or _is_transient(answer):
        if answer.is_sent:
            why = "the platform failed; it may have taken the reply all the same"
            return OutcomeUnknown(channel, f"{why} ({said})")
        return Unavailable(channel, f"the platform is in trouble ({said})")
    if not said.code:
        return None
    if answer.is_sent and (why := _of_the_reply(said)):
        return Refused(channel, f"{why} ({said})")
    return AccessDenied(channel, f"{_of_our_access(said)} ({said})")


def _of_the_reply(said: Said) -> str:
    """Say why a reply is refused, nothing where it is about our access."""
    if said.pair in SHUT:
        return "the time in which they may be written to is over"
    if said.pair in UNREACHABLE:
        return "they cannot be written to"
    if said.code in OUR_TOKEN | OUR_RIGHTS:
        return ""
    return REFUSALS.get(said.code, "the platform refuses this reply")


def _of_our_access(said: Said) -> str:
    if said.code in OUR_TOKEN:
        why = TOKEN_WORDS.get(said.subcode, "the token is not accepted")
        return f"{why}; make a new one"
    if said.code in OUR_RIGHTS:
        return "the token or the app lacks a permission; see the connector's page"
    if said.code == BLOCKED:
        return REFUSALS[BLOCKED]
    return "the platform does not accept the request; check ids and api_version"


def _is_transient(answer: Answer) -> bool:
    error = answer.peek().get("error")
    return isinstance(error, dict) and error.get("is_transient") is True


def _limited(answer: Answer, said: Said) -> ConnectorError:
    """Wait as long as the platform says it takes, by its own clock."""
    now, why = answer.date, f"the platform asks for a pause ({said})"
    if now is None:
        return Unavailable(answer.channel, f"{why} and tells no time")
    waits = [wait for _, _, wait in _usages(answer.headers) if wait]
    retry_at = now + min(max(waits, default=USUAL_PAUSE), timedelta(days=1))
    return RateLimited(answer.channel, why, retry_at=retry_at)


def quotas_of(headers: Mapping[str, str], now: datetime | None) -> tuple[Quota, ...]:
    """Read what is left, in percent of what the platform allows; it tells no more."""
    return tuple(
        Quota(
            unit=f"{unit}, percent",
            limit=100,
            left=max(0, 100 - used),
            resets_at=now + wait if now and wait else None,
        )
        for unit, used, wait in _usages(headers)
    )


def _usages(headers: Mapping[str, str]) -> Iterator[tuple[str, int, timedelta]]:
    """Give each allowance's name, the percent used, and until when it is shut."""
    for name, unit in (("x-app-usage", "app"), ("x-page-usage", "page")):
        with suppress(*NONSENSE):
            yield _usage(json.loads(headers[name]), unit)
    with suppress(*NONSENSE):
        for uses in json.loads(headers["x-business-use-case-usage"]).values():
            for use in uses:
                yield _usage(use, str(use["type"])[:40])


def _usage(use: Mapping[str, Any], unit: str) -> tuple[str, int, timedelta]:
    counted = [use.get(key, 0) for key in ("call_count", "total_time", "total_cputime")]
    minutes = float(use.get("estimated_time_to_regain_access", 0))
    return unit, int(max(counted)), timedelta(minutes=minutes)


class GraphConnector(ABC):
    """Reads and answers through the Graph API; what is read is the platform's own."""

    info: ClassVar[ConnectorInfo]
    posts: ClassVar[str]
    """What the list of our own posts is called."""

    platform: ClassVar[str]
    """What the messages' own lists call it."""

    def __init__(self, settings: GraphSettings, *, account: str, mailbox: str) -> None:
        """``account`` is ours there, ``mailbox`` whose messages are ours."""
        self._graph = Graph(self.info.name, settings)
        self._account, self._mailbox = account, mailbox

    @abstractmethod
    def _lists(self) -> tuple[str, ...]:
        """Name what a round begins with."""

    @abstractmethod
    def _rights(self) -> Iterator[Sequence[str]]:
        """Name what the token must be allowed, each by all the names it may have."""

    @abstractmethod
    def _feed(self, key: str, limit: int) -> Feed:
        """Say how a list is asked for."""

    @abstractmethod
    def _watched(self, answer: Json) -> dict[str, str]:
        """Name the threads below a page of our posts, and how they look."""

    @abstractmethod
    def _translated(self, item: Item, now: datetime | None) -> Mention | None:
        """Make it a mention; ours is none."""

    @abstractmethod
    def _is_ours(self, raw: object) -> bool:
        """Whether we wrote it."""

    @abstractmethod
    def _longest(self, text: str) -> str:
        """Say why a private text is too long, nothing where it is not."""

    @abstractmethod
    def _recipient(self, reply: OutboundReply) -> Mapping[str, str]:
        """Name whom a private reply to a comment or post goes to."""

    def check(self) -> Health:
        """Ask for our own name, and what the token may do and until when."""
        try:
            me = self._graph.get(f"/{self._account}", {"fields": "id,name,username"})
            said = me.json()
            token = self._graph.token()
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown, quotas=self._graph.quotas)
        handle = str(said.get("username") or said.get("name") or self._account)
        trouble = self._trouble(token)
        return Health(
            ok=not trouble,
            detail=trouble or f"reads and answers as {handle}",
            account_id=self._account,
            account_handle=handle,
            token_expires_at=expiry_of(token),
            quotas=self._graph.quotas,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._graph.close()

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give one page of one list; ``more`` until the round is over."""
        before, place = self._graph.requests, read_cursor(self.info.name, cursor)
        if not place.queue:
            place.begin(self._lists())
        key = place.queue[0]
        feed, stand = self._feed(key, min(max(limit, 1), PER_PAGE)), place.stand(key)
        try:
            answer, stand = self._page(feed, stand)
        except AccessDenied:
            if not (is_thread(key) and self._graph.said.is_gone):
                raise
            # The post went between its list and its comments.
            place.stands.pop(key, None)
            place.take()
            return self._told(place, before)
        mentions, bad = self._took(place, feed, stand, answer)
        return self._told(place, before, mentions, bad)

    def _took(
        self, place: Place, feed: Feed, stand: Stand, answer: Answer
    ) -> tuple[list[Mention], list[Quarantined]]:
        """Read a page of the list whose turn it is, and move on."""
        key = place.queue[0]
        with answer.read():
            body = answer.json()
            seen = located(list(feed.items(body)), stand.start, answer.date)
            token, reached = token_of(body), feed.reached(body)
        if key == self.posts and not stand.token:
            place.watch(self._watched(body))
        place.also(self._rest(key, body))
        new = {one.name: one for one in oldest_first(seen) if not stand.covers(one)}
        mentions, bad = self._read(new.values(), answer.date)
        if key == INBOX and stand.begun:
            bad += self._cut_off(body, stand)
        if stand.ends(feed, seen, token, reached):
            stamp = place.due.get(key, stand.stamp)
            place.stands[key] = stand.done(feed, seen, stamp)
            place.take()
        else:
            place.stands[key] = stand.paused(seen, token)
        return mentions, bad

    def again(self, item: Quarantined) -> Page:
        """Read a thing that was kept aside, in the place where it stood."""
        return read_again(
            item,
            lambda raw, beside: ([self._translated(*placed(raw, beside))], ()),
            needs=("kind", "root", "now"),
        )

    def send_private(self, reply: OutboundReply) -> Receipt:
        """Write to whoever wrote the message, comment or post that is answered.

        A comment or post may be answered so once, within seven days.
        """
        if is_message(reply.in_reply_to):
            return self._message(reply)
        if not NODE.fullmatch(reply.in_reply_to):
            why = "only what stands on our own ground may be answered in private"
            raise Refused(self.info.name, f"{reply.key}: {why}")
        return self._write(reply, self._recipient(reply))

    def find_private(self, reply: OutboundReply) -> Receipt | None:
        """Look for our words in the conversation with them."""
        if reply.in_reply_to.startswith(TAGGED):
            return None
        conversation = self._conversation(reply)
        return self._written(reply, conversation) if conversation else None

    def find_removed(self, external_ids: Collection[str]) -> Collection[str]:
        """Return what is not there any more; about messages nothing is claimed.

        The platform shows the newest messages only, so an older one looks deleted.
        """
        nodes = sorted(one for one in external_ids if NODE.fullmatch(one))
        tagged = {one for one in external_ids if one.startswith(TAGGED)}
        gone: set[str] = set()
        for start in range(0, len(nodes), IDS):
            gone |= self._gone(nodes[start : start + IDS])
        if tagged:
            gone |= self._untagged(tagged)
        return self._believed(gone, {*nodes, *tagged}) if gone else gone

    def _believed(self, gone: set[str], asked: set[str]) -> set[str]:
        """Make sure of our rights: without them everything looks as if it had gone.

        Where the platform does not tell them, something must still be shown.
        """
        token = self._graph.token()
        if trouble := self._trouble(token):
            raise AccessDenied(self.info.name, trouble)
        if not token.get("scopes") and gone == asked:
            log.warning("%s: %d ids look gone, all of them", self.info.name, len(gone))
            return set()
        return gone

    def _message(self, reply: OutboundReply) -> Receipt:
        """Answer a message, within the time that the platform allows.

        Never as a human agent: nobody says here that a person wrote the text.
        """
        if not reply.author:
            why = "the platform does not say who wrote the message"
            raise Refused(self.info.name, f"{reply.key}: {why}")
        return self._write(reply, {"id": reply.author})

    def _write(self, reply: OutboundReply, recipient: Mapping[str, str]) -> Receipt:
        if why := self._longest(reply.text):
            raise Refused(self.info.name, f"{reply.key}: {why}")
        sent = {
            "recipient": dict(recipient),
            "messaging_type": "RESPONSE",
            "message": {"text": reply.text},
        }
        answer = self._graph.post(f"/{self._mailbox}/messages", json=sent)
        with answer.read():
            made = an_id(answer.json()["message_id"])
            return Receipt(external_id=made, published_at=answer.date)

    def _conversation(self, reply: OutboundReply) -> str:
        if is_message(reply.in_reply_to):
            return reply.conversation
        if not NODE.fullmatch(reply.author):
            why = f"nobody can say in which conversation {reply.key} would stand"
            raise OutcomeUnknown(self.info.name, why)
        asked = {"platform": self.platform, "user_id": reply.author, "fields": "id"}
        answer = self._graph.get(f"/{self._mailbox}/conversations", asked)
        with answer.read():
            ids = [an_id(member(one, "id")) for one in listed(answer.json())]
        return ids[0] if ids else ""

    def _sought(
        self,
        path: str,
        asked: Mapping[str, str],
        reply: OutboundReply,
        *,
        is_newest_first: bool = False,
    ) -> Receipt | None:
        """Look through what stands below a thing; nothing does where that is gone."""
        paging = ""
        for _ in range(MOST_PAGES_BELOW):
            try:
                answer = self._graph.get(path, {**asked, **dict(parse_qsl(paging))})
            except AccessDenied:
                if self._graph.said.is_gone:
                    return None
                raise
            with answer.read():
                raws = listed(answer.json())
            if (found := self._ours_in(raws, reply)) is not None:
                return found
            token = token_of(answer.json())
            is_enough = is_newest_first and self._reaches(raws, reply)
            if is_enough or token in {"", paging}:
                return None
            paging = token
        why = f"{reply.key} may stand below the comments that were looked through"
        raise OutcomeUnknown(self.info.name, why)

    def _shown(self, reply: OutboundReply, fields: str, hidden: str) -> Receipt | None:
        """Ask for the comment that the platform named; hidden it is not there."""
        try:
            answer = self._graph.get(f"/{reply.external_id}", {"fields": fields})
        except AccessDenied:
            if self._graph.said.is_gone:
                return None
            raise
        with answer.read():
            body = answer.json()
            is_there = self._is_ours(body) and body.get(hidden) is not True
            return receipt_of(body) if is_there else None

    def _written(self, reply: OutboundReply, conversation: str) -> Receipt | None:
        """Find our words among the newest messages; older ones nobody is shown."""
        path = f"/{quote(conversation, safe='')}/messages"
        asked = {"fields": MESSAGE_FIELDS, "limit": str(MESSAGES)}
        answer = self._graph.get(path, asked)
        with answer.read():
            raws = listed(answer.json())
        if (found := self._ours_in(raws, reply)) is not None:
            return found
        is_all = token_of(answer.json()) == "" and not may_have_had_to_end(
            len(raws), MESSAGES
        )
        if is_all or self._reaches(raws, reply):
            return None
        why = f"{reply.key} may be older than the messages that the platform shows"
        raise OutcomeUnknown(self.info.name, why)

    def _ours_in(self, raws: Sequence[object], reply: OutboundReply) -> Receipt | None:
        """Give the one that is that reply: our words, not before its first try."""
        wanted, earliest = bare(reply.text), earliest_of(reply)
        for raw in raws:
            is_same = bare(str(member(raw, "message", "text"))) == wanted
            if is_same and self._is_ours(raw) and time_of(raw) >= earliest:
                with reading(self.info.name):
                    return receipt_of(raw)
        return None

    def _reaches(self, raws: Sequence[object], reply: OutboundReply) -> bool:
        oldest = min((time_of(raw) for raw in raws), default=0.0)
        return reply.first_tried_at is not None and oldest < earliest_of(reply)

    def _page(self, feed: Feed, stand: Stand) -> tuple[Answer, Stand]:
        """Ask for one page; a token that has ended begins its pass anew."""
        asked = dict(feed.asked)
        if feed.since and stand.start:
            asked["since"] = str(int(stand.start) - 1)
        try:
            paging = dict(parse_qsl(stand.token))
            return self._graph.get(feed.path, {**asked, **paging}), stand
        except AccessDenied:
            said = self._graph.said
            if not stand.token or said.code != PARAMETER or said.is_gone:
                raise
        log.info("%s: a page token of %s has ended", self.info.name, feed.path)
        stand = stand.model_copy(update={"token": "", "fresh": {}})
        return self._graph.get(feed.path, asked), stand

    def _read(
        self, found: Collection[Found], now: datetime | None
    ) -> tuple[list[Mention], list[Quarantined]]:
        mentions, bad = [], []
        for one in found:
            try:
                mention = self._translated(one.item, now)
            except BadPayload as error:
                bad.append(set_aside(one, error, now))
            else:
                mentions += [mention] if mention else []
        return sorted(mentions, key=lambda one: one.published_at), bad

    def _rest(self, key: str, body: Json) -> Iterator[str]:  # noqa: ARG002 - a hook
        """Name the threads that this page shows only the beginning of."""
        return iter(())

    def _told(
        self,
        place: Place,
        before: int,
        mentions: Sequence[Mention] = (),
        bad: Sequence[Quarantined] = (),
    ) -> Page:
        return Page(
            mentions=mentions,
            cursor=place.write(),
            more=bool(place.queue),
            bad=bad,
            reads=self._graph.requests - before,
        )

    def _inbox(self, extra: str = "") -> Feed:
        """Say how the conversations are asked for, each with its newest messages."""
        within = f"messages.limit({MESSAGES}){{{MESSAGE_FIELDS}{extra}}}"
        return Feed(
            path=f"/{self._mailbox}/conversations",
            asked={
                "platform": self.platform,
                "fields": f"id,updated_time,{within}",
                "limit": str(CONVERSATIONS),
            },
            order=Order.MOVED_FIRST,
            items=_messages,
            reached=_reached,
        )

    def _cut_off(self, body: Json, stand: Stand) -> list[Quarantined]:
        """Say of which conversations more may have come than the platform shows.

        Where one of the shown is known, nothing lies between.
        """
        bad = []
        for raw in listed(body):
            items = [Item(kind=Kind.MESSAGE, raw=one) for one in inner(raw, "messages")]
            shown = located(items, stand.start, None)
            is_full = may_have_had_to_end(len(shown), MESSAGES)
            if is_full and not any(stand.covers(one) for one in shown):
                where = storable(str(member(raw, "id")))[:200]
                oldest = from_epoch(min(one.at for one in shown)).isoformat()
                bad.append(
                    Quarantined(
                        where=f"{INBOX}:{where}",
                        reason=f"the platform shows {MESSAGES} messages of a "
                        f"conversation; ones before {oldest} may be missing. Look "
                        "there, and read this source more often",
                        payload=json.dumps({"conversation": where, "oldest": oldest}),
                        kind=Aside.NOTE,
                    )
                )
        return bad

    def _gone(self, ids: Sequence[str]) -> set[str]:
        """Ask for all at once; where one is gone the platform refuses them all."""
        try:
            answer = self._graph.get("/", {"ids": ",".join(ids), "fields": "id"})
        except AccessDenied:
            if not self._graph.said.is_gone:
                raise
            if len(ids) == 1:
                return set(ids)
            return set().union(*(self._gone([one]) for one in ids))
        missing = [one for one in ids if one not in answer.json()]
        if len(ids) == 1 or not missing:
            return set(missing)
        return set().union(*(self._gone([one]) for one in missing))

    def _untagged(self, tagged: Collection[str]) -> set[str]:
        """Look through what tags us: somebody else's post cannot be asked for alone."""
        if TAGS not in self._lists():
            return set()
        feed, there, paging = self._feed(TAGS, PER_PAGE), set[str](), ""
        for _ in range(MOST_PAGES):
            answer = self._graph.get(
                feed.path, {**feed.asked, **dict(parse_qsl(paging))}
            )
            with answer.read():
                raws = listed(answer.json())
                there |= {f"{TAGGED}{member(raw, 'id')}" for raw in raws}
            paging = token_of(answer.json())
            if not paging:
                return set(tagged) - there
        return set()

    def _trouble(self, token: Json) -> str:
        """Say what a token lacks; nothing where the platform tells nothing of it."""
        if token.get("is_valid") is False:
            return "the token is not valid any more; make a new one"
        scopes = token.get("scopes")
        if not isinstance(scopes, list):
            return ""
        lacking = [
            names[0]
            for names in self._rights()
            if not set(names) & set(map(str, scopes))
        ]
        return f"the token lacks {', '.join(lacking)}" if lacking else ""


def expiry_of(token: Json) -> datetime | None:
    """Return when a token, or the access to data by it, ends; 0 means never."""
    ends = [token.get(key) for key in ("expires_at", "data_access_expires_at")]
    given = [one for one in ends if type(one) is int and 0 < one < MOST]
    with suppress(ValueError):
        return from_epoch(min(given)) if given else None
    return None


def is_message(external_id: str) -> bool:
    """Whether an id is a message's: those are no numbers."""
    return not NODE.fullmatch(external_id) and not external_id.startswith(TAGGED)


def bare(text: str) -> str:
    """Leave out the names before a text, which platforms put in of their own."""
    return _NAMES.sub("", comparable(text))


def earliest_of(reply: OutboundReply) -> float:
    """Return the Unix time before which a reply cannot stand there."""
    tried = reply.first_tried_at
    return (tried - SKEW).timestamp() if tried else 0.0


def receipt_of(raw: object) -> Receipt:
    """Make a receipt of a comment or message of ours."""
    created = member(raw, "created_time", "timestamp")
    return Receipt(
        external_id=an_id(member(raw, "id")),
        url=words(member(raw, "permalink_url")),
        published_at=parse_instant(str(created)) if created else None,
    )


@contextmanager
def reading(channel: str) -> Iterator[None]:
    """Call ``BadPayload`` whatever makes no sense, while an item is looked into."""
    try:
        yield
    except NONSENSE as error:
        what = f"{type(error).__name__}: {error}"[:200]
        why = "the platform sent something that makes no sense"
        raise BadPayload(channel, why, detail=what) from error


def member(raw: object, *keys: str) -> Any:  # noqa: ANN401 - undecoded JSON
    """Return the first of those keys that a thing has, ``None`` for none."""
    if isinstance(raw, dict):
        return next((raw[key] for key in keys if raw.get(key) is not None), None)
    return None


def an_id(value: object) -> str:
    """Take an id; raise ``ValueError`` for what is none."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    message = f"{type(value).__name__} is no id"
    raise ValueError(message)


def words(value: object) -> str:
    """Take a text as it can be stored; nothing for none, ``TypeError`` otherwise."""
    if value is None:
        return ""
    if isinstance(value, str):
        return storable(value)
    message = f"{type(value).__name__} is no text"
    raise TypeError(message)


def a_node(value: object) -> str:
    """Take a post's or comment's id; raise ``ValueError`` for what is none."""
    if isinstance(value, str) and NODE.fullmatch(value):
        return value
    message = f"{type(value).__name__} is no id"
    raise ValueError(message)


def items_of(kind: Kind, body: Json, root: str = "") -> Iterator[Item]:
    """Give what a list holds."""
    for raw in listed(body):
        yield Item(kind=kind, raw=raw, root=root)


def count(value: object) -> int:
    """Take a number of things, 0 where the platform does not tell."""
    if value is None:
        return 0
    if type(value) is int and 0 <= value < MOST:
        return value
    message = f"{type(value).__name__} is no count"
    raise ValueError(message)


def _messages(body: Json) -> Iterator[Item]:
    for raw in listed(body):
        for message in inner(raw, "messages"):
            root = member(raw, "id")
            yield Item(
                kind=Kind.MESSAGE,
                raw=message,
                root=root if isinstance(root, str) else "",
            )


def _reached(body: Json) -> float:
    times = [time_of(raw) for raw in listed(body)]
    return min(filter(None, times), default=float("inf"))
