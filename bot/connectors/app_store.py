"""Apple's App Store: reviews of an app, and answers to those of our own.

Without a key it is the public feed, country by country, which lists the newest 500 and
takes no answers. With a key of App Store Connect it is every country at once, and
answers; the two give one review different ids, so a source reads by one of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from bot.connectors._again import Told, read_again
from bot.connectors._edge import (
    ConnectorSettings,
    chain,
    control_of,
    parse_instant,
    read_place,
)
from bot.connectors._http import NONSENSE, Answer, Http, limited, status_of
from bot.connectors._jwt import check_key, signed
from bot.connectors._texts import comparable, storable, text_or_nothing
from bot.domain.channels import ConnectorInfo, Cursor, Health, Page, Quarantined
from bot.domain.mentions import (
    Author,
    Engagement,
    Mention,
    MentionKind,
)
from bot.domain.replies import OutboundReply, Receipt
from bot.errors import (
    AccessDenied,
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
)

Json: TypeAlias = Mapping[str, Any]

NAME = "app_store"
FEED, CONNECT = "https://itunes.apple.com", "https://api.appstoreconnect.apple.com"
RESPONSES = "/v1/customerReviewResponses"
REPLY_LIMIT = 5_970
PAGES = 10  # of 50 reviews, in the public feed of each country
MOST = 200  # reviews on a page of App Store Connect
SEEN_KEPT, ODD_KEPT = 500, 100
PAUSE = timedelta(minutes=10)  # Apple counts by the hour and names no time
ALL = "*"  # App Store Connect's one list
ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
MOST_COUNT = 1 << 62  # beyond any count, within a database's integers
PUBLISHED = "PUBLISHED"

Country = Annotated[
    str, AfterValidator(str.lower), StringConstraints(pattern=r"^[A-Za-z]{2}$")
]


class AppStoreSettings(ConnectorSettings):
    """What the App Store needs to be told: the app, and a key for answers.

    ``countries`` are those of the public feed. With ``issuer_id``, ``key_id`` and
    ``private_key`` (the ``.p8`` file) App Store Connect is read instead of it.
    ``is_ours`` is false for somebody else's app: what is said there is not said to us.
    """

    base_url: str = Field(default=FEED, pattern=r"^https?://[^/]+")
    connect_url: str = Field(default=CONNECT, pattern=r"^https?://[^/]+")
    app_id: str = Field(pattern=r"^[0-9]{1,20}$")
    countries: tuple[Country, ...] = Field(default=(), max_length=200)
    is_ours: bool = True
    issuer_id: str = ""
    key_id: str = ""
    private_key: SecretStr | None = None

    @model_validator(mode="after")
    def _has_a_way_in(self) -> Self:
        given = [bool(self.issuer_id), bool(self.key_id), bool(self.private_key)]
        if any(given) and not all(given):
            raise ValueError("issuer_id, key_id and private_key belong together")
        if self.private_key and not self.is_ours:
            raise ValueError("a key reads our own apps: is_ours cannot be false")
        if self.private_key:
            check_key(self.private_key.get_secret_value(), "ES256")
        elif not self.countries:
            raise ValueError("give countries (public feed), or a key for the own app")
        return self

    @property
    def lists(self) -> tuple[str, ...]:
        """What is read, in that order."""
        return (ALL,) if self.private_key else tuple(dict.fromkeys(self.countries))

    def bearer(self) -> str:
        """Sign a token for one request."""
        key = self.private_key.get_secret_value() if self.private_key else ""
        claims = {"iss": self.issuer_id, "aud": "appstoreconnect-v1"}
        return signed(claims, key, "ES256", self.key_id)


class Stand(BaseModel):
    """How far one list is read: marks of its newest reviews, newest first.

    ``seen`` are of the passes before, ``passing`` of the one under way, whose next
    page ``token`` leads to. What came in meanwhile moves reviews from page to page, so
    only what an earlier pass saw tells that the rest is known.
    """

    seen: dict[str, str] = Field(default_factory=dict)
    passing: dict[str, str] = Field(default_factory=dict)
    token: str = ""

    def knows(self, review: str, mark: str) -> bool:
        """Whether it was read, with these very words."""
        return mark in {self.seen.get(review), self.passing.get(review)}

    def meets(self, marks: Mapping[str, str]) -> bool:
        """Whether an earlier pass saw one as it is; changed ones move up the list."""
        return bool(self.seen.items() & marks.items())

    def moved(self, marks: Mapping[str, str], token: str) -> Stand:
        """Say where it stands after a page: in the middle of a pass, or after it."""
        passing = {**self.passing, **marks}
        if token and not self.meets(marks):
            return Stand(seen=self.seen, passing=_newest(passing), token=token)
        return Stand(seen=_newest({**passing, **_without(self.seen, passing)}))


class Place(BaseModel):
    """What a cursor holds; ``turn`` is the list to be read next (empty: the first).

    ``odd`` are reviews that made no sense, told already.
    """

    version: Literal[1] = 1
    turn: str = ""
    lists: dict[str, Stand] = Field(default_factory=dict)
    odd: list[str] = Field(default_factory=list)


class AppStoreConnector:
    """Reads one app's reviews, and answers with a key; opens nothing before a call."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="App Store",
        poll_every=timedelta(minutes=30),
        reply_limit=REPLY_LIMIT,
        docs="docs/connectors/app_store.md",
        reply_requests=2,  # a look and the reply
    )
    settings_model: ClassVar[type[ConnectorSettings]] = AppStoreSettings

    def __init__(self, settings: AppStoreSettings) -> None:
        self._settings = settings
        self.may_reply = settings.private_key is not None
        base_url = settings.connect_url if self.may_reply else settings.base_url
        self._http = Http(NAME, base_url, timeout=settings.timeout, judge=_judge)

    def check(self) -> Health:
        """Say of which app we read the reviews, and whether we may answer."""
        first = self._settings.lists[0]
        try:
            self._ask(first, "", "1").json()
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        does = "reads and may answer" if self.may_reply else "reads"
        return Health(ok=True, detail=f"{does} the reviews of {self._settings.app_id}")

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give one page of one list; ``more`` until every list had its turn.

        The public feed has 50 on each, whatever ``limit`` asks.
        """
        place, lists = _read_cursor(cursor), self._settings.lists
        turn = place.turn if place.turn in lists else lists[0]
        stand = place.lists.get(turn, Stand())
        answer, stand = self._page(turn, stand, str(min(max(limit, 1), MOST)))
        raws, token = self._items(answer, stand.token)
        told_at = _told_at(answer)
        mentions: list[Mention] = []
        bad: list[Quarantined] = []
        marks: dict[str, str] = {}
        for raw in raws:
            try:
                mention = to_mention(raw, self._settings, turn, told_at)
            except BadPayload as error:
                if (digest := _digest(raw)) not in place.odd:
                    bad.append(
                        Quarantined(
                            where=f"{NAME}:{turn}",
                            reason=error.detail,
                            payload=json.dumps(raw),
                            context=_context(turn, told_at),
                        )
                    )
                    place.odd = [*place.odd, digest][-ODD_KEPT:]
                continue
            mark = _digest([mention.text, str(mention.edited_at)])
            if not stand.knows(mention.external_id, mark):
                mentions.append(mention)
            marks[mention.external_id] = mark
        is_cut = turn != ALL and stand.token == str(PAGES)
        is_gap = is_cut and bool(stand.seen) and not stand.meets(marks)
        place.lists = {**_only(place.lists, lists), turn: stand.moved(marks, token)}
        place.turn = turn if place.lists[turn].token else _after(turn, lists)
        return Page(
            mentions=sorted(mentions, key=lambda one: one.published_at),
            cursor=Cursor(place.model_dump_json()),
            more=bool(place.turn),
            bad=bad,
            reads=1,
            missed=_beyond(turn) if is_gap else "",
        )

    def again(self, item: Quarantined) -> Page:
        """Read a review that was kept aside, as part of the list in which it stood."""

        def read(raw: object, beside: Mapping[str, str]) -> Told:
            told_at = beside["told_at"]
            at = parse_instant(told_at) if told_at else None
            return [to_mention(raw, self._settings, beside["list"], at)], ()

        return read_again(item, read, needs=("list", "told_at"))

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Answer a review that nobody has answered: Apple would replace that answer."""
        if not self.may_reply:
            why = "answering needs issuer_id, key_id and private_key"
            raise AccessDenied(NAME, why)
        if len(reply.text) > REPLY_LIMIT:
            why = f"{reply.key} is longer than {REPLY_LIMIT:,} characters"
            raise Refused(NAME, why)
        is_there, response = self._response(reply.in_reply_to)
        if not is_there:
            raise Refused(NAME, f"the review that {reply.key} answers is gone")
        if response is not None:
            if comparable(_body_of(response)) == comparable(reply.text):
                return _receipt(response)
            why = f"the review was answered already; {reply.key} would replace that"
            raise Refused(NAME, why)
        review = {"type": "customerReviews", "id": reply.in_reply_to}
        made = {
            "type": "customerReviewResponses",
            "attributes": {"responseBody": reply.text},
            "relationships": {"review": {"data": review}},
        }
        answer = self._http.send(RESPONSES, headers=self._signed(), json={"data": made})
        with answer.read():
            return _receipt(answer.json()["data"])

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Look whether our words are the review's answer, and published.

        Raises ``OutcomeUnknown`` while Apple has them and does not show them yet.
        """
        if not self.may_reply:
            raise AccessDenied(NAME, "looking for answers needs the private_key")
        _, response = self._response(reply.in_reply_to)
        if response is None or comparable(_body_of(response)) != comparable(reply.text):
            return None
        if response["attributes"].get("state", PUBLISHED) != PUBLISHED:
            why = f"Apple has {reply.key} and has not published it yet"
            raise OutcomeUnknown(NAME, why)
        return _receipt(response)

    def _response(self, review: str) -> tuple[bool, Json | None]:
        """Say whether a review stands there, and give its answer if it has one."""
        if not ID.fullmatch(review):
            return False, None
        asked = {"include": "response"}
        where = f"/v1/customerReviews/{review}"
        try:
            answer = self._http.read(where, params=asked, headers=self._signed())
        except AccessDenied as error:
            if status_of(error) != HTTPStatus.NOT_FOUND:
                raise
            return False, None
        body = answer.json()
        with answer.read():
            found = [
                one
                for one in body.get("included") or ()
                if one["type"] == "customerReviewResponses"
            ]
            for one in found:
                _body_of(one), _receipt(one)
            return True, found[0] if found else None

    def _page(self, turn: str, stand: Stand, size: str) -> tuple[Answer, Stand]:
        """Ask for the next page; for the first again where the token is too old."""
        try:
            return self._ask(turn, stand.token, size), stand
        except AccessDenied as error:
            if not stand.token or status_of(error) != HTTPStatus.BAD_REQUEST:
                raise
        return self._ask(turn, "", size), stand.model_copy(update={"token": ""})

    def _ask(self, turn: str, token: str, size: str) -> Answer:
        app = self._settings.app_id
        if turn != ALL:
            which = f"page={token or 1}/id={app}/sortby=mostrecent"
            return self._http.read(f"/{turn}/rss/customerreviews/{which}/json")
        asked = {"sort": "-createdDate", "limit": size}
        asked |= {"cursor": token} if token else {}
        where = f"/v1/apps/{app}/customerReviews"
        return self._http.read(where, params=asked, headers=self._signed())

    def _items(self, answer: Answer, token: str) -> tuple[list[Any], str]:
        """Return what a page holds and the token of the next one."""
        body = answer.json()
        with answer.read():
            if self.may_reply:
                found, onward = body["data"], body.get("links", {}).get("next") or ""
                following = parse_qs(urlsplit(onward).query).get("cursor", [""])[0]
            else:
                found = body["feed"].get("entry", [])
                # One review alone comes without the list; the app itself is none.
                found = found if isinstance(found, list) else [found]
                page = int(token or 1)
                # A page with some taken out is no last one.
                following = str(page + 1) if found and page < PAGES else ""
                found = [one for one in found if "im:name" not in one]
            if not isinstance(found, list):
                message = "not a list"
                raise TypeError(message)
            return found, following

    def _signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._settings.bearer()}"}


def to_mention(
    raw: Any,  # noqa: ANN401 - undecoded JSON
    settings: AppStoreSettings,
    country: str,
    told_at: datetime | None,
) -> Mention:
    """Make a mention of one review; nonsense is ``BadPayload``.

    ``told_at``: the feed's own time, for reviews that come without one.
    """
    try:
        made = _of_connect(raw) if "attributes" in raw else _of_feed(raw, told_at)
        return _mention(settings, country, **made)
    except NONSENSE as error:
        why = "Apple sent a review that makes no sense"
        raise BadPayload(NAME, why, detail=chain(error)) from error


def _mention(  # noqa: PLR0913 - what both shapes have
    settings: AppStoreSettings,
    store: str,
    *,
    review: str,
    title: str,
    body: str,
    name: str,
    author: str,
    at: datetime,
    edited_at: datetime | None,
    likes: int,
) -> Mention:
    if not ID.fullmatch(review):
        message = "not a review's id"
        raise ValueError(message)
    shown = "" if store == ALL else f"{store}/"
    return Mention(
        channel=NAME,
        external_id=review,
        brand=settings.brand,
        text=storable(f"{title}\n{body}").strip(),
        published_at=at,
        conversation=review,
        kind=MentionKind.REVIEW,
        author=Author(
            external_id=author or review, handle=storable(name), name=storable(name)
        ),
        url=f"https://apps.apple.com/{shown}app/id{settings.app_id}?see-all=reviews",
        edited_at=edited_at,
        control=control_of(is_ours=settings.is_ours, is_tagged=False),
        is_addressed=settings.is_ours,
        engagement=Engagement(likes=likes),
    )


def _of_connect(raw: Json) -> dict[str, Any]:
    told = raw["attributes"]
    at = parse_instant(told["createdDate"])
    return {
        "review": text_or_nothing(raw["id"]),
        "title": text_or_nothing(told.get("title")),
        "body": text_or_nothing(told["body"]),
        "name": text_or_nothing(told.get("reviewerNickname")),
        "author": "",
        "at": at,
        # Apple tells one time: a changed review comes again with a later one.
        "edited_at": at,
        "likes": 0,
    }


def _of_feed(raw: Json, told_at: datetime | None) -> dict[str, Any]:
    author = raw["author"]
    own = re.search(r"/id(\d{1,20})$", _label(author.get("uri")))
    updated = _label(raw.get("updated"))
    at = parse_instant(updated) if updated else told_at
    if at is None:
        message = "no time"
        raise ValueError(message)
    likes = int(_label(raw.get("im:voteSum")) or 0)
    return {
        "review": _label(raw["id"]),
        "title": _label(raw.get("title")),
        "body": _label(raw["content"]),
        "name": _label(author.get("name")),
        "author": own[1] if own else "",
        "at": at,
        "edited_at": at if updated else None,
        "likes": likes if 0 <= likes < MOST_COUNT else 0,
    }


def _judge(answer: Answer) -> ConnectorError | None:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return limited(answer, PAUSE)
    return None


def _beyond(country: str) -> str:
    feed = f"the public feed of {country}"
    return f"{feed} shows the newest 500 reviews, and none of them was known"


def _told_at(answer: Answer) -> datetime | None:
    """Return when a page was made, as it says itself, else as the answer does."""
    feed = answer.peek().get("feed")
    try:
        return parse_instant(_label(feed["updated"])) if feed else answer.date
    except NONSENSE:
        return answer.date


def _context(turn: str, told_at: datetime | None) -> str:
    return json.dumps({"list": turn, "told_at": told_at.isoformat() if told_at else ""})


def _receipt(response: Json) -> Receipt:
    told = response["attributes"].get("lastModifiedDate")
    external_id = response["id"]
    if not isinstance(external_id, str) or not ID.fullmatch(external_id):
        message = "not an id"
        raise ValueError(message)
    return Receipt(
        external_id=external_id,
        published_at=parse_instant(told) if told is not None else None,
    )


def _body_of(response: Json) -> str:
    return text_or_nothing(response["attributes"]["responseBody"])


def _read_cursor(cursor: Cursor | None) -> Place:
    return read_place(Place, cursor, NAME)


def _digest(raw: object) -> str:
    whole = json.dumps(raw, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def _newest(marks: Mapping[str, str]) -> dict[str, str]:
    return dict(list(marks.items())[:SEEN_KEPT])


def _without(marks: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    return {one: mark for one, mark in marks.items() if one not in others}


def _only(lists: Mapping[str, Stand], names: Collection[str]) -> dict[str, Stand]:
    return {one: stand for one, stand in lists.items() if one in names}


def _after(turn: str, lists: Sequence[str]) -> str:
    return [*lists, ""][lists.index(turn) + 1]


def _label(value: Any) -> str:  # noqa: ANN401 - undecoded JSON
    """Return what Apple wraps each value of its feed in; nothing for nothing."""
    return "" if value is None else text_or_nothing(value["label"])
