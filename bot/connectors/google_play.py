"""Google Play's Developer API: reviews of our own app, and our answers to them.

Google lists what was written or changed within the last week, in no order that it
promises; so every pass reads the whole list, page by page.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar, Literal, Self, TypeAlias
from urllib.parse import quote

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.connectors._again import read_again
from bot.connectors._edge import ConnectorSettings, chain, from_epoch, read_place
from bot.connectors._google import TOKEN_URL, SignIn, judged_by_google, reasons
from bot.connectors._http import NONSENSE, Answer, Http, status_of
from bot.connectors._jwt import check_key, signed
from bot.connectors._texts import comparable, storable, text_or_nothing
from bot.domain.channels import ConnectorInfo, Cursor, Health, Page, Quarantined
from bot.domain.mentions import (
    Author,
    ChannelControl,
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

NAME = "google_play"
BASE_URL = "https://androidpublisher.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
REPLY_LIMIT = 350
MOST = 100  # reviews on a page
OVERLAP = 86_400  # seconds: Google may list a review long after a newer one
SEEN_KEPT, ODD_KEPT = 2_000, 100
MOST_COUNT = 1 << 62  # beyond any count, within a database's integers
REPLY = ":reply"  # behind a review's id: it is answered once, and answers have no id
ID = re.compile(r"[A-Za-z0-9_:.=-]{1,200}")

_TAG = re.compile(r"<[^<>]*>")


class ServiceAccount(BaseModel):
    """What of Google's key file is needed."""

    client_email: str = Field(min_length=3)
    private_key: str
    private_key_id: str = ""

    @field_validator("private_key")
    @classmethod
    def _signs(cls, key: str) -> str:
        check_key(key, "RS256")
        return key


class GooglePlaySettings(ConnectorSettings):
    """What Google Play needs to be told: our app, and how we sign in.

    ``service_account`` is the whole key file, JSON; an ``access_token`` instead of it
    ends within the hour.
    """

    base_url: str = Field(default=BASE_URL, pattern=r"^https?://[^/]+")
    token_url: str = Field(default=TOKEN_URL, pattern=r"^https?://[^/]+")
    package_name: str = Field(pattern=r"^[A-Za-z]\w*(\.[A-Za-z]\w*)+$", max_length=200)
    service_account: SecretStr | None = None
    access_token: SecretStr | None = None

    @model_validator(mode="after")
    def _has_a_way_in(self) -> Self:
        if self.service_account:
            self._key()
        elif not self.access_token:
            raise ValueError("give service_account (the key file) or access_token")
        return self

    def grant(self) -> Mapping[str, str]:
        """Return what Google's token endpoint wants for a new access token."""
        key = self._key()
        claims = {"iss": key.client_email, "scope": SCOPE, "aud": self.token_url}
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": signed(claims, key.private_key, "RS256", key.private_key_id),
        }

    def _key(self) -> ServiceAccount:
        given = self.service_account.get_secret_value() if self.service_account else ""
        try:
            return ServiceAccount.model_validate_json(given)
        except ValidationError as error:
            wrong = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
            why = f"service_account is not Google's key file ({wrong or 'no JSON'})"
            # Without the cause, which shows what was given.
            raise ValueError(why) from None


class Place(BaseModel):
    """What a cursor holds; times are Unix seconds.

    The last whole pass saw up to ``since``; ``token`` leads to the next page of the
    one under way. ``seen`` are the newest reviews and when each was written, ``odd``
    those that made no sense.
    """

    version: Literal[1] = 1
    since: int = 0
    newest: int = 0
    token: str = ""
    seen: dict[str, int] = Field(default_factory=dict)
    odd: list[str] = Field(default_factory=list)

    def is_new(self, review: str, at: int) -> bool:
        """Whether it was written or changed since; late ones are waited for."""
        return at > self.since - OVERLAP and self.seen.get(review) != at

    def moved(self, seen: Mapping[str, int], token: str) -> Place:
        """Say where it stands after a page: in the middle of a pass, or after it."""
        newest = max([self.newest, self.since, *seen.values()])
        both = {**self.seen, **seen}
        late = [one for one in both if both[one] > newest - OVERLAP]
        late.sort(key=lambda one: both[one])
        kept = {one: both[one] for one in late[-SEEN_KEPT:]}
        return Place(
            since=self.since if token else newest,
            newest=newest,
            token=token,
            seen=kept,
            odd=self.odd[-ODD_KEPT:],
        )


class GooglePlayConnector:
    """Reads and answers the reviews of one app; opens nothing before the first call."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        name=NAME,
        label="Google Play",
        poll_every=timedelta(minutes=30),
        reply_limit=REPLY_LIMIT,
        docs="docs/connectors/google_play.md",
        # A look and the reply, each with a token and again where that had ended.
        reply_requests=7,
        reaches_back=timedelta(days=7),
    )
    settings_model: ClassVar[type[ConnectorSettings]] = GooglePlaySettings

    def __init__(self, settings: GooglePlaySettings) -> None:
        self._settings = settings
        self._reviews = (
            f"/androidpublisher/v3/applications/{settings.package_name}/reviews"
        )
        self._http = Http(
            NAME, settings.base_url, timeout=settings.timeout, judge=_judge
        )
        grant = settings.grant if settings.service_account else None
        token = settings.access_token
        self._sign_in = SignIn(
            self._http,
            settings.token_url,
            grant,
            token.get_secret_value() if token else "",
        )

    def check(self) -> Health:
        """Say of which app we may read the reviews; the right to answer is the same."""
        package = self._settings.package_name
        try:
            self._get(self._reviews, {"maxResults": "1"}).json()
        except ConnectorError as error:
            return Health(ok=False, detail=error.shown)
        return Health(ok=True, detail=f"reads the reviews of {package} and may answer")

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def fetch(self, cursor: Cursor | None, *, limit: int) -> Page:
        """Give what is new on one page of the list; ``more`` until its last."""
        place = _read_cursor(cursor)
        answer, place = self._page(place, str(min(max(limit, 1), MOST)))
        raws, token = _list(answer)
        mentions: list[Mention] = []
        bad: list[Quarantined] = []
        seen: dict[str, int] = {}
        for raw in raws:
            try:
                mention = to_mention(raw, self._settings)
            except BadPayload as error:
                digest = _digest(raw)
                if digest not in place.odd:
                    bad.append(_set_aside(raw, error))
                    place.odd.append(digest)
                continue
            written = int((mention.edited_at or mention.published_at).timestamp())
            if place.is_new(mention.external_id, written):
                mentions.append(mention)
            seen[mention.external_id] = written
        return Page(
            mentions=sorted(mentions, key=lambda one: one.published_at),
            cursor=Cursor(place.moved(seen, token).model_dump_json()),
            more=bool(token),
            bad=bad,
            reads=1,
        )

    def again(self, item: Quarantined) -> Page:
        """Read a review that was kept aside."""
        return read_again(item, lambda raw, _: ([to_mention(raw, self._settings)], ()))

    def send_reply(self, reply: OutboundReply) -> Receipt:
        """Answer a review that nobody has answered: Google would replace that answer.

        So it is looked first; between the look and the reply a person may still be
        faster than we are.
        """
        if len(reply.text) > REPLY_LIMIT:
            why = f"{reply.key} is longer than {REPLY_LIMIT} characters"
            raise Refused(NAME, why)
        review = self._review(reply.in_reply_to)
        if review is None:
            raise Refused(NAME, f"the review that {reply.key} answers is gone")
        found = self._ours(review, reply)
        if found is not None:
            return found
        if _answer_in(review) is not None:
            why = f"the review was answered already; {reply.key} would replace that"
            raise Refused(NAME, why)
        answer = self._sign_in.call(
            self._http.send,
            f"{self._at(reply.in_reply_to)}{REPLY}",
            json={"replyText": reply.text},
        )
        made = answer.json()
        with answer.read():
            return self._receipt(
                reply.in_reply_to, _instant(made["result"]["lastEdited"])
            )

    def find_reply(self, reply: OutboundReply) -> Receipt | None:
        """Look whether our words are the review's answer, or a person's are by now.

        Raises ``OutcomeUnknown`` where Google does not show the review, which may only
        be older than a week.
        """
        if not ID.fullmatch(reply.in_reply_to):
            return None
        review = self._review(reply.in_reply_to)
        if review is None:
            why = "Google does not show the review, which may only be too old for that"
            raise OutcomeUnknown(NAME, f"{reply.key} cannot be looked for: {why}")
        return self._ours(review, reply)

    def _ours(self, review: Json, reply: OutboundReply) -> Receipt | None:
        there = _answer_in(review)
        if there is None or _words(there["text"]) != _words(reply.text):
            return None
        return self._receipt(reply.in_reply_to, _instant(there["lastModified"]))

    def _review(self, review: str) -> Json | None:
        if not ID.fullmatch(review):
            return None
        try:
            answer = self._get(self._at(review), {})
        except _Gone:
            return None
        found = answer.json()
        with answer.read():
            if found["reviewId"] != review:
                raise BadPayload(NAME, "Google sent another review than was asked for")
            there = _answer_in(found)
            if there is not None:
                _words(there["text"]), _instant(there["lastModified"])
        return found

    def _page(self, place: Place, size: str) -> tuple[Answer, Place]:
        """Ask for the next page; for the first again where the token is too old."""
        asked = {"maxResults": size}
        try:
            given = {"token": place.token} if place.token else {}
            return self._get(self._reviews, {**asked, **given}), place
        except AccessDenied as error:
            if not place.token or status_of(error) != HTTPStatus.BAD_REQUEST:
                raise
        return self._get(self._reviews, asked), place.model_copy(update={"token": ""})

    def _get(self, url: str, params: Mapping[str, str]) -> Answer:
        return self._sign_in.call(self._http.read, url, params=dict(params))

    def _at(self, review: str) -> str:
        return f"{self._reviews}/{quote(review, safe='')}"

    def _receipt(self, review: str, at: datetime) -> Receipt:
        return Receipt(
            external_id=f"{review}{REPLY}",
            url=_url_of(self._settings.package_name, review),
            published_at=at,
        )


def to_mention(raw: Any, settings: GooglePlaySettings) -> Mention:  # noqa: ANN401
    """Make a mention of one review; nonsense is ``BadPayload``."""
    try:
        return _mention(raw, settings)
    except NONSENSE as error:
        why = "Google sent a review that makes no sense"
        raise BadPayload(NAME, why, detail=chain(error)) from error


class _Gone(AccessDenied):
    """There is no such review (any more), which says nothing about our access."""


def _judge(answer: Answer) -> ConnectorError | None:
    told = judged_by_google(answer)
    if told is not None or answer.is_sent or answer.status != HTTPStatus.NOT_FOUND:
        return told
    if "/reviews/" not in answer.url or "applicationNotFound" in reasons(answer):
        return None
    return _Gone(NAME, "there is no such review")


def _mention(raw: Json, settings: GooglePlaySettings) -> Mention:
    review = raw["reviewId"]
    if not isinstance(review, str) or not ID.fullmatch(review):
        message = "not a review's id"
        raise ValueError(message)
    said = [one["userComment"] for one in raw["comments"] if "userComment" in one]
    said.sort(key=lambda one: _instant(one["lastModified"]))
    first, last = said[0], said[-1]
    name = storable(text_or_nothing(raw.get("authorName")))
    text = text_or_nothing(last.get("originalText")) or text_or_nothing(last["text"])
    return Mention(
        channel=NAME,
        external_id=review,
        brand=settings.brand,
        # Google puts a tab between the title and the body of a review that has both.
        text=storable(text).replace("\t", "\n").strip(),
        published_at=_instant(first["lastModified"]),
        conversation=review,
        kind=MentionKind.REVIEW,
        # Google names no account; an account writes one review of an app.
        author=Author(external_id=review, handle=name, name=name),
        url=_url_of(settings.package_name, review),
        # What is new here may be old and changed; a later time tells that it was.
        edited_at=_instant(last["lastModified"]),
        control=ChannelControl.OWNED,
        is_addressed=True,
        engagement=Engagement(likes=_count(last.get("thumbsUpCount"))),
    )


def _answer_in(review: Json) -> Json | None:
    """Return the developer's answer, whoever of us wrote it."""
    found = [
        one["developerComment"]
        for one in review.get("comments", ())
        if "developerComment" in one
    ]
    return found[-1] if found else None


def _list(answer: Answer) -> tuple[Sequence[Any], str]:
    body = answer.json()
    with answer.read():
        found = body.get("reviews", [])
        token = body.get("tokenPagination", {}).get("nextPageToken", "")
        if not isinstance(found, list) or not isinstance(token, str):
            message = "not a list"
            raise TypeError(message)
        return found, token


def _read_cursor(cursor: Cursor | None) -> Place:
    return read_place(Place, cursor, NAME)


def _set_aside(raw: object, error: BadPayload) -> Quarantined:
    said = raw.get("reviewId") if isinstance(raw, dict) else None
    where = said if isinstance(said, str) and ID.fullmatch(said) else "review"
    payload = json.dumps(raw)
    return Quarantined(where=f"{NAME}:{where}", reason=error.detail, payload=payload)


def _digest(raw: object) -> str:
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:16]


def _words(text: str) -> str:
    """Make an answer comparable: Google takes HTML tags out of it."""
    return comparable(_TAG.sub("", text))


def _url_of(package: str, review: str) -> str:
    where = f"id={package}&reviewId={quote(review, safe='')}"
    return f"https://play.google.com/store/apps/details?{where}"


def _instant(stamp: Json) -> datetime:
    return from_epoch(int(stamp["seconds"]))


def _count(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        message = "not a count"
        raise TypeError(message)
    if not 0 <= value < MOST_COUNT:
        message = "not a count"
        raise ValueError(message)
    return value
