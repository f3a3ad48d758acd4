"""A small App Store on loopback: App Store Connect's reviews, and the public feed.

Written from Apple's pages for developers and the shape of a recorded feed; all people
and words in it are invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from tests.platforms.google_play_server import pem
from tests.platforms.http_platform import Answer, Asked, Loopback, real_time

APP, ISSUER, KEY_ID = "1234567890", "issuer-of-owls", "OWLS123456"
LIST = f"/v1/apps/{APP}/customerReviews"
RESPONSES = "/v1/customerReviewResponses"
FEED = re.compile(
    rf"/(\w\w)/rss/customerreviews/page=(\d+)/id={APP}/sortby=mostrecent/json"
)
PROBLEMS = {
    "rate_limit": 429,
    "unauthorized": 401,
    "forbidden": 403,
    "server_error": 500,
    "error": 503,
    "not_permitted": 409,
    "bad_token": 400,
}


@cache
def private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def p8() -> str:
    return pem(private_key())


@dataclass(slots=True)
class Review:
    id: str
    text: str
    at: datetime
    country: str = "us"
    response: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class AppStoreServer(Loopback):
    """``publishes``: whether an answer is shown at once, or waits for Apple.

    ``left_out`` is how many reviews are missing on each page of the public feed.
    """

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        super().__init__(now)
        self.reviews: dict[str, Review] = {}
        self.accepted: list[tuple[str, str]] = []
        self.publishes = True
        self.has_times = True
        self.left_out = 0

    def say(self, text: str, **more: Any) -> str:
        with self.lock:
            number = len(self.reviews) + 1
            review = f"00000000-aaaa-bbbb-cccc-{number:012d}"
            self.reviews[review] = Review(review, text, self.now(), **more)
            return review

    def answer_by_hand(self, review: str, text: str) -> dict[str, Any]:
        told = {
            "responseBody": text,
            "lastModifiedDate": self.now().isoformat(),
            "state": "PUBLISHED" if self.publishes else "PENDING_PUBLISH",
        }
        made = {
            "type": "customerReviewResponses",
            "id": f"response-{review}",
            "attributes": told,
        }
        self.reviews[review].response = made
        return made

    def is_sign_in(self, path: str) -> bool:
        return False

    def problem(self, kind: str) -> Answer:
        return problem_of(PROBLEMS[kind])

    def route(self, asked: Asked) -> Answer:
        if found := FEED.fullmatch(asked.path):
            return Answer(200, self._feed(found[1], int(found[2])))
        bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            jwt.decode(
                bearer,
                private_key().public_key(),
                algorithms=["ES256"],
                audience="appstoreconnect-v1",
                issuer=ISSUER,
            )
        except jwt.PyJWTError:
            return problem_of(401)
        if asked.path == LIST:
            return self._list(asked)
        return self._respond(asked) if asked.path == RESPONSES else self._one(asked)

    def _one(self, asked: Asked) -> Answer:
        found = self.reviews.get(asked.path.removeprefix("/v1/customerReviews/"))
        if found is None:
            return problem_of(404)
        body: dict[str, Any] = {"data": self._shown(found)}
        if found.response:
            body["included"] = [found.response]
        return Answer(200, body)

    def _respond(self, asked: Asked) -> Answer:
        data = asked.body["data"]
        assert data["type"] == "customerReviewResponses"
        review = data["relationships"]["review"]["data"]["id"]
        text = data["attributes"]["responseBody"]
        if review not in self.reviews or len(text) > 5970:
            return problem_of(404 if review not in self.reviews else 409)
        self.accepted.append((review, text))
        return Answer(201, {"data": self.answer_by_hand(review, text)})

    def _sorted(self) -> list[Review]:
        return sorted(self.reviews.values(), key=lambda o: (o.at, o.id), reverse=True)

    def _list(self, asked: Asked) -> Answer:
        assert asked.query["sort"] == "-createdDate"
        size, start, found = int(asked.query["limit"]), 0, self._sorted()
        if cursor := asked.query.get("cursor"):
            start = [one.id for one in found].index(cursor)
        body: dict[str, Any] = {
            "data": [self._shown(one) for one in found[start : start + size]],
            "links": {"self": self.base_url + LIST},
        }
        if len(found) > start + size:
            onward = f"{LIST}?cursor={found[start + size].id}&limit={size}"
            body["links"]["next"] = self.base_url + onward
        return Answer(200, body)

    def _shown(self, one: Review) -> dict[str, Any]:
        told = {
            "rating": 1,
            "title": "Title",
            "body": one.text,
            "reviewerNickname": "mira stone",
            "createdDate": one.at.isoformat(),
            "territory": "USA",
            **one.extra,
        }
        return {"type": "customerReviews", "id": one.id, "attributes": told}

    def _feed(self, country: str, page: int) -> dict[str, Any]:
        mine = [one for one in self._sorted() if one.country == country]
        shown = mine[(page - 1) * 50 : page * 50][self.left_out :]
        entries = [self._entry(one) for one in shown]
        feed: dict[str, Any] = {"updated": {"label": self.now().isoformat()}}
        if len(entries) == 1:
            feed["entry"] = entries[0]
        elif entries:
            feed["entry"] = entries
        return {"feed": feed}

    def _entry(self, one: Review) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "id": {"label": one.id},
            "title": {"label": "Title"},
            "content": {"label": one.text, "attributes": {"type": "text"}},
            "author": {
                "uri": {
                    "label": f"https://itunes.apple.com/{one.country}/reviews/id77"
                },
                "name": {"label": "mira"},
                "label": "",
            },
            "im:rating": {"label": "2"},
            "im:voteSum": {"label": "3"},
        }
        if self.has_times:
            entry["updated"] = {"label": one.at.isoformat()}
        return entry


def problem_of(status: int) -> Answer:
    one = {"status": str(status), "code": "INVENTED", "title": "Invented words."}
    return Answer(status, {"errors": [one]})
