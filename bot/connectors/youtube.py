"""YouTube's Data API v3: comments on our channel, on videos, on what a search finds.

One ``fetch`` is one request, so that what was read is stored before anything else can
fail. Every request has a price in units of a daily quota. A comment is read in
``_youtube_comments``, and how far everything is read stands in ``_youtube_places``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Self, TypeAlias

from pydantic import (
    AwareDatetime,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from bot.connectors._again import Context, read_again
from bot.connectors._edge import ConnectorSettings
from bot.connectors._google import TOKEN_URL, SignIn, judged_by_google, reasons
from bot.connectors._http import NONSENSE, Answer, Http, status_of
from bot.connectors._texts import comparable
from bot.connectors._youtube_comments import (
    ID,
    NAME,
    Json,
    Reader,
    Thread,
    an_id,
    comments_of,
    is_ours,
    is_visible,
    mark_of,
    published_at,
    read_comments,
    said_in,
    set_aside,
    thread_of,
    url_of,
)
from bot.connectors._youtube_places import (
    OWN,
    SEARCH,
    TALKS,
    Place,
    Stand,
    Waiting,
    at,
    beginning,
    following,
    read_cursor,
    video_feed,
    write_cursor,
)
from bot.domain.channels import (
    Aside,
    ConnectorInfo,
    Cursor,
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
    Refused,
)

BASE_URL = "https://youtube.googleapis.com"
THREADS, COMMENTS = "/youtube/v3/commentThreads", "/youtube/v3/comments"
REPLY_LIMIT = 10_000
MOST, MOST_IDS = 100, 50  # comments on a page; ids in a question
MOST_PAGES = 20  # of replies under one comment, in a look for one of ours
SKEW = timedelta(minutes=10)  # between our clock and YouTube's, in find_reply
READING, SEARCHING = 1, 100  # units; a reply costs 50
PLAIN: Mapping[str, str] = {"textFormat": "plainText"}

CLOSED: Mapping[str, str] = {
    "commentsDisabled": "its comments are switched off",
    "videoNotFound": "there is no such video, or it is private",
}
REFUSALS: Mapping[str, str] = {
    **CLOSED,
    "commentNotFound": "the comment that it answers is gone",
    "commentThreadNotFound": "the comment that it answers is gone",
    "parentCommentNotFound": "the comment that it answers is gone",
    "parentCommentIsPrivate": "the comment that it answers is not public",
    "commentTextRequired": "it has no text",
    "commentTextTooLong": f"it is longer than {REPLY_LIMIT:,} characters",
    "invalidCommentMetadata": "YouTube does not take what it says",
    "operationNotSupported": "YouTube takes no reply there",
}

Told: TypeAlias = tuple[list[Mention], list[Quarantined]]

Video = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{11}$")]


class YouTubeSettings(ConnectorSettings):
    """What YouTube needs to be told: our channel, and how we sign in.

    Reading wants ``api_key`` or OAuth, replying OAuth: ``refresh_token`` with the
    client's id and secret, or an ``access_token`` that ends within the hour.
    ``account`` is our handle: who names it, addresses us. ``videos`` are others' that
    are watched. ``query`` is searched for every ``search_every`` (100 units); the
    ``watch_found`` newest videos that it finds are watched too.
    """

    base_url: str = Field(default=BASE_URL, pattern=r"^https?://[^/]+")
    token_url: str = Field(default=TOKEN_URL, pattern=r"^https?://[^/]+")
    channel_id: str = Field(pattern=r"^UC[A-Za-z0-9_-]{22}$")
    api_key: SecretStr | None = None
    client_id: str = ""
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    access_token: SecretStr | None = None
    videos: tuple[Video, ...] = Field(default=(), max_length=50)
    query: str = Field(default="", max_length=500)
    search_every: timedelta = Field(default=timedelta(hours=6), ge=timedelta(hours=1))
    watch_found: int = Field(default=10, ge=1, le=50)
    start_at: AwareDatetime | None = None

    @field_validator("account")
    @classmethod
    def _bare_handle(cls, account: str) -> str:
        return account.removeprefix("@")

    @model_validator(mode="after")
    def _has_a_way_in(self) -> Self:
        if self.refresh_token and not (self.client_id and self.client_secret):
            raise ValueError(
                "refresh_token needs client_id and client_secret beside it"
            )
        if not (self.api_key or self.may_write):
            raise ValueError("give api_key (reads), or refresh_token or access_token")
        return self

    @property
    def may_write(self) -> bool:
        """Whether there is a way to sign in as our channel."""
        return bool(self.refresh_token or self.access_token)

    @property
    def reader(self) -> Reader:
        """For whom comments are read."""
        return Reader(brand=self.brand, channel_id=self.channel_id, handle=self.account)

    def grant(self) -> Mapping[str, str]:
        """Return what Google's token endpoint wants for a new access token."""
        return {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": _bare(self.client_secret),
            "refresh_token": _bare(self.refresh_token),
        }


class YouTubeConnector:
    """Reads and answers as one channel; opens nothing before the first call."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="YouTube",
        poll_every=timedelta(minutes=5),
        reply_limit=REPLY_LIMIT,
        docs="docs/connectors/youtube.md",
        # A token and the reply, and both again where the token had ended.
        reply_requests=4,
    )
    settings_model: ClassVar[type[ConnectorSettings]] = YouTubeSettings

    def __init__(self, settings: YouTubeSettings) -> None:
        self._settings, self._reader = settings, settings.reader
        self.may_reply = settings.may_write
        self._spent = 0
        self._http = Http(
            NAME, settings.base_url, timeout=settings.timeout, judge=_judge
        )
        grant = settings.grant if settings.refresh_token else None
        token = _bare(settings.access_token)
        self._sign_in = SignIn(self._http, settings.token_url, grant, token)

    def check(self) -> Health:
        """Say as which channel we read and whether we may reply (1 unit a way in)."""
        given = self._settings
        try:
            channel = self._channel({"id": given.channel_id}, as_us=not given.api_key)
            if given.may_write:
                self._channel({"mine": "true"}, as_us=True)
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        handle = str(channel.get("customUrl") or given.account).removeprefix("@")
        does = "reads and may reply" if given.may_write else "reads only"
        return Health(
            ok=True,
            detail=f"@{handle} {does}",
            account_id=given.channel_id,
            account_handle=handle,
            token_expires_at=self._sign_in.ends_at,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give one page of one feed; ``more`` until every feed had its turn.

        Replies that come with a thread stand beside it, so a page may hold more than
        ``limit``.
        """
        place, size = read_cursor(cursor), str(min(max(limit, 1), MOST))
        kept, self._spent = self._spent, 0
        try:
            found = self._look(place, size)
            reads = self._spent
        finally:
            self._spent = kept
        fresh = self._fresh(found[0])
        return Page(
            mentions=sorted(fresh, key=lambda one: one.published_at),
            cursor=write_cursor(place, self._feeds(place)),
            more=bool(place.turn or place.waiting),
            bad=found[1],
            reads=reads,
        )

    def again(self, item: Quarantined) -> Page:
        """Read a comment that was kept aside as part of its thread, or a thread."""

        def read(raw: Any, beside: Context) -> Told:  # noqa: ANN401 - undecoded JSON
            known = beside["thread"]
            try:
                thread = Thread(**known) if known else thread_of(raw, self._reader)
                comments = [raw] if known else list(comments_of(raw))
            except NONSENSE as error:
                return [], [set_aside(raw, error)]
            mentions, bad = read_comments(comments, thread, self._reader)
            return self._fresh(mentions), bad

        return read_again(item, read, needs=("thread",))

    def _fresh(self, mentions: Sequence[Mention]) -> list[Mention]:
        start_at = self._settings.start_at
        return [one for one in mentions if not start_at or one.published_at >= start_at]

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Publish under the thread's first comment, as YouTube has one level."""
        if not self._settings.may_write:
            raise AccessDenied(NAME, "replying needs a refresh_token or access_token")
        if not ID.fullmatch(reply.in_reply_to):
            raise Refused(NAME, f"{reply.key} answers nothing that YouTube knows")
        snippet = {"parentId": _top(reply.in_reply_to), "textOriginal": reply.text}
        answer = self._sign_in.call(
            self._http.send,
            COMMENTS,
            params={"part": "snippet"},
            json={"snippet": snippet},
        )
        made = answer.json()
        with answer.read():
            return _receipt(made)

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Look under the comment, where what is held for review does not stand.

        By its id everybody's eyes look, where there is an ``api_key``; by its words
        our own, as YouTube shows only an author what they wrote exactly.
        """
        if not ID.fullmatch(reply.in_reply_to):
            return None
        as_us = not (reply.external_id and self._settings.api_key)
        asked = {"parentId": _top(reply.in_reply_to), "maxResults": str(MOST)}
        seen: list[Json] = []
        for _ in range(MOST_PAGES):
            try:
                answer = self._get(COMMENTS, asked, as_us=as_us)
            except _Closed:
                return None
            raws, token = _items(answer)
            with answer.read():
                seen += [raw for raw in raws if is_visible(raw)]
                if found := self._found(seen, reply, is_all=not token):
                    return _receipt(found)
            if not token:
                return None
            asked["pageToken"] = token
        why = f"{reply.key} may stand below the {MOST_PAGES * MOST:,} replies looked at"
        raise OutcomeUnknown(NAME, why)

    def _found(
        self, seen: Sequence[Json], reply: OutboundReply, *, is_all: bool
    ) -> Json | None:
        """Pick ours: by its id; else, when all were seen, by its words and its time.

        All replies of a thread stand under one comment, so the same words may answer
        somebody else there; what is older than the comment answered does.
        """
        ours = [raw for raw in seen if is_ours(raw, self._reader)]
        if reply.external_id:
            return next((raw for raw in ours if raw["id"] == reply.external_id), None)
        if not is_all:
            return None
        tried, wanted = reply.first_tried_at, comparable(reply.text)
        after = [published_at(raw) for raw in seen if raw["id"] == reply.in_reply_to]
        after += [tried - SKEW] if tried else []
        for raw in ours:
            is_later = all(published_at(raw) >= one for one in after)
            if is_later and comparable(said_in(raw)) == wanted:
                return raw
        return None

    def reads_spent(self) -> int:
        """Return the units that looks for replies and removals have cost since."""
        spent, self._spent = self._spent, 0
        return spent

    def find_removed(self, external_ids: Collection[str]) -> Collection[str]:
        """Return which YouTube does not show any more (1 unit for 50)."""
        asked = sorted(one for one in external_ids if ID.fullmatch(one))
        removed: set[str] = set()
        for start in range(0, len(asked), MOST_IDS):
            removed |= self._gone(asked[start : start + MOST_IDS])
        return removed

    def _gone(self, ids: Sequence[str]) -> set[str]:
        try:
            answer = self._get(COMMENTS, {"id": ",".join(ids)})
        except _Closed:
            # YouTube may answer so for one among many.
            if len(ids) == 1:
                return set(ids)
            half = len(ids) // 2
            return self._gone(ids[:half]) | self._gone(ids[half:])
        with answer.read():
            shown = {raw["id"] for raw in _items(answer)[0] if is_visible(raw)}
        return set(ids) - shown

    def _look(self, place: Place, size: str) -> Told:
        if place.waiting:
            return self._replies(place, size)
        feeds = self._feeds(place)
        turn = place.turn if place.turn in feeds else OWN
        if turn == SEARCH:
            told = self._search(place)
        else:
            told = self._threads(place, turn, size)
        stand = place.feeds.get(turn)
        if not (stand and stand.token):
            # A search may have added feeds.
            place.turn = following(turn, self._feeds(place, searched=turn == SEARCH))
        return told

    def _feeds(self, place: Place, *, searched: bool = False) -> list[str]:
        """Name what is read, in that order; a search only where one is due."""
        given = self._settings
        is_due = bool(given.query) and place.is_search_due(given.search_every)
        search = [SEARCH] if searched or is_due else []
        found = place.found if given.query else []
        videos = dict.fromkeys([*given.videos, *found])
        talks = [TALKS] if place.talks else []
        return [OWN, *search, *map(video_feed, videos), *talks]

    def _threads(self, place: Place, turn: str, size: str) -> Told:
        stand = place.feeds.get(turn) or beginning(self._settings.start_at)
        place.turn, place.feeds[turn] = turn, stand
        try:
            answer, stand = self._page(place, turn, stand, size)
        except _Closed as error:
            return self._closed(place, turn, stand, error)
        raws, token = _items(answer)
        place.asked_at = answer.date or place.asked_at
        told: Told = ([], [])
        marks: dict[str, str] = {}
        for raw in raws:
            try:
                thread, mark = thread_of(raw, self._reader), mark_of(raw)
                if not place.knows(turn, thread.id, mark):
                    self._read(place, raw, thread, mark, told)
                marks[thread.id] = mark
            except NONSENSE as error:
                before = list(marks.values())[-1:]
                known, mark = _odd(raw, at(before[0]) if before else stand.since)
                if not place.knows(turn, known, mark):
                    told[1].append(set_aside(raw, error))
                marks[known] = mark
        place.feeds[turn] = (
            Stand(marks=marks) if turn == TALKS else stand.moved(marks, token)
        )
        return told

    def _read(
        self, place: Place, raw: Json, thread: Thread, mark: str, told: Told
    ) -> None:
        """Take what a new or changed thread holds, and note whether more is there."""
        comments = list(comments_of(raw))
        speaks = any(_is_ours(one, self._reader) for one in comments)
        if speaks or thread.id in place.talks:
            place.remember(thread.id, mark)
        if len(comments) - 1 < thread.replies:
            place.waiting.append(_waiting(thread, mark))
        mentions, bad = read_comments(comments, thread, self._reader)
        told[0].extend(mentions)
        told[1].extend(bad)

    def _page(
        self, place: Place, turn: str, stand: Stand, size: str
    ) -> tuple[Answer, Stand]:
        """Ask for a feed's next page; from the newest again where the token is old."""
        asked = {"part": "snippet,replies", "maxResults": size}
        if turn == TALKS:
            asked = {"part": "snippet,replies", "id": ",".join(place.talks)}
        elif turn == OWN:
            asked |= {"allThreadsRelatedToChannelId": self._settings.channel_id}
        else:
            asked |= {"videoId": turn.partition(":")[2]}
        if turn != TALKS:
            asked |= {"order": "time", "pageToken": stand.token}
        try:
            return self._get(THREADS, asked), stand
        except AccessDenied as error:
            if not stand.token or status_of(error) != HTTPStatus.BAD_REQUEST:
                raise
        stand = stand.model_copy(update={"token": ""})
        return self._get(THREADS, {**asked, "pageToken": ""}), stand

    def _replies(self, place: Place, size: str) -> Told:
        """Go through the replies of a thread of which not all came with it."""
        waiting = place.waiting[0]
        asked = {"parentId": waiting.id, "maxResults": size}
        try:
            answer = self._get(COMMENTS, {**asked, "pageToken": waiting.token})
        except (_Closed, AccessDenied) as error:
            if status_of(error) not in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}:
                raise
            if waiting.token and not isinstance(error, _Closed):
                waiting.token = ""  # too old: from the first page again
            else:
                place.waiting = place.waiting[1:]
            return [], []
        raws, waiting.token = _items(answer)
        if any(_is_ours(raw, self._reader) for raw in raws):
            place.remember(waiting.id, waiting.mark)
        if not waiting.token:
            place.waiting = place.waiting[1:]
        return read_comments(raws, waiting.thread, self._reader)

    def _search(self, place: Place) -> Told:
        """Find the newest videos; of our own all comments are read anyway."""
        given = self._settings
        answer = self._get(
            "/youtube/v3/search",
            {
                "part": "snippet",
                "q": given.query,
                "type": "video",
                "order": "date",
                "maxResults": str(given.watch_found),
            },
            cost=SEARCHING,
        )
        raws, _ = _items(answer)
        with answer.read():
            place.found = [
                an_id(raw["id"]["videoId"])
                for raw in raws
                if raw["snippet"]["channelId"] != given.channel_id
            ]
        place.searched_at = place.asked_at = answer.date or place.asked_at
        return [], []

    def _closed(self, place: Place, turn: str, stand: Stand, error: _Closed) -> Told:
        """Say once that a video cannot be read; found ones and talks come and go."""
        if turn == OWN:
            raise error
        if turn == TALKS:
            for gone in self._gone(list(place.talks)):
                del place.talks[gone]
            return [], []
        now = {"closed": error.reason, "token": ""}
        place.feeds[turn] = stand.model_copy(update=now)
        video = turn.partition(":")[2]
        if stand.closed == error.reason or video not in self._settings.videos:
            return [], []
        reason = f"{CLOSED.get(error.reason, error.shown)}; take it out of videos"
        payload = json.dumps({"video": video, "reason": error.reason})
        where = f"{NAME}:{turn}"
        note = Quarantined(where=where, reason=reason, payload=payload, kind=Aside.NOTE)
        return [], [note]

    def _channel(self, which: Mapping[str, str], *, as_us: bool) -> Json:
        asked = {"part": "snippet", **which}
        answer = self._get("/youtube/v3/channels", asked, as_us=as_us, cost=0)
        raws, _ = _items(answer)
        with answer.read():
            channel = raws[0] if raws else None
            ours = self._settings.channel_id
            if channel is None or channel["id"] != ours:
                shown = channel and channel["id"]
                why = f"the sign-in belongs to {shown or 'no channel'}, not to {ours}"
                raise AccessDenied(NAME, why if as_us else f"no channel {ours}")
            snippet = channel["snippet"]
            return snippet if isinstance(snippet, dict) else {}

    def _get(
        self,
        route: str,
        asked: Mapping[str, str],
        *,
        as_us: bool = False,
        cost: int = READING,
    ) -> Answer:
        if route in {THREADS, COMMENTS}:
            asked = {"part": "snippet", **PLAIN, **asked}
        params = {name: value for name, value in asked.items() if value}
        key = self._settings.api_key
        self._spent += cost
        if key and not (as_us and self._settings.may_write):
            sent = {"X-Goog-Api-Key": key.get_secret_value()}
            return self._http.read(route, params=params, headers=sent)
        return self._sign_in.call(self._http.read, route, params=params)


class _Closed(AccessDenied):
    """What was asked for is not shown (any more), which says nothing about us."""

    def __init__(self, reason: str) -> None:
        super().__init__(NAME, f"YouTube does not show it ({reason})")
        self.reason = reason


def _judge(answer: Answer) -> ConnectorError | None:
    said = reasons(answer)
    for reason in REFUSALS:
        if reason in said and answer.is_sent:
            return Refused(NAME, f"the reply is not taken: {REFUSALS[reason]}")
        if reason in said:
            return _Closed(reason)
    return judged_by_google(answer)


def _items(answer: Answer) -> tuple[list[Any], str]:
    """Return what a list holds and the token of its next page."""
    body = answer.json()
    found, token = body.get("items", []), body.get("nextPageToken", "")
    if not isinstance(found, list) or not isinstance(token, str):
        raise BadPayload(NAME, "YouTube sent something other than a list")
    return found, token


def _receipt(raw: Json) -> Receipt:
    comment = an_id(raw["id"])
    return Receipt(
        external_id=comment,
        url=url_of(str(raw["snippet"].get("videoId") or ""), comment),
        published_at=published_at(raw),
    )


def _waiting(thread: Thread, mark: str) -> Waiting:
    return Waiting(
        id=thread.id,
        channel=thread.channel,
        video=thread.video,
        mark=mark,
        is_public=thread.is_public,
        is_begun_by_us=thread.is_begun_by_us,
    )


def _is_ours(raw: Any, reader: Reader) -> bool:  # noqa: ANN401 - undecoded JSON
    try:
        return is_ours(raw, reader)
    except NONSENSE:
        return False


def _odd(raw: object, last: int) -> tuple[str, str]:
    """Mark what makes no sense as well, or it would be told of in every pass."""
    seen = json.dumps(raw, sort_keys=True)
    known = raw.get("id") if isinstance(raw, dict) else None
    digest = hashlib.sha256(seen.encode()).hexdigest()[:8]
    return known if isinstance(known, str) else digest, f"{last} {digest}"


def _top(comment: str) -> str:
    """Return a thread's first comment: a reply's id begins with it."""
    return comment.partition(".")[0]


def _bare(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
