"""A small Google Play on loopback: one app's reviews of the last week, and answers.

Written from the API's discovery document; all people and words in it are invented.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.platforms.http_platform import Answer, Asked, Loopback, real_time
from tests.platforms.youtube_server import problem_of

PACKAGE, EMAIL, KEY_ID = "com.acme.cares", "bot@acme.iam.example", "key-of-owls"
TOKEN_PATH = "/token"
REVIEWS = f"/androidpublisher/v3/applications/{PACKAGE}/reviews"
WEEK = timedelta(days=7)
PROBLEMS = {
    "rate_limit": (429, "rateLimitExceeded"),
    "budget": (403, "quotaExceeded"),
    "unauthorized": (401, "authError"),
    "forbidden": (403, "permissionDenied"),
    "server_error": (500, "backendError"),
    "error": (503, "backendError"),
    "not_permitted": (400, "badRequest"),
    "bad_token": (400, "badRequest"),
    "no_app": (404, "applicationNotFound"),
}


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: Any) -> str:
    told = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return str(told.decode())


@cache
def service_account() -> str:
    """What an operator downloads from Google."""
    given = {
        "type": "service_account",
        "private_key_id": KEY_ID,
        "private_key": pem(private_key()),
        "client_email": EMAIL,
        "token_uri": "https://oauth2.example/token",
    }
    return json.dumps(given)


@dataclass(slots=True)
class Review:
    id: str
    name: str
    text: str
    at: datetime
    stars: int = 1
    answer: str = ""
    answered_at: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class GooglePlayServer(Loopback):
    """``answers``: what somebody of ours typed in the Play Console counts too."""

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        super().__init__(now)
        self.reviews: dict[str, Review] = {}
        self.accepted: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.shuffles = False

    def say(self, text: str, **more: Any) -> str:
        with self.lock:
            number = len(self.reviews) + 1
            review = f"0a1b2c3d-0000-4000-8000-{number:012d}"
            name = more.pop("name", f"Author {number}")
            self.reviews[review] = Review(review, name, text, self.now(), **more)
            return review

    def edit(self, review: str, text: str) -> None:
        self.reviews[review].text, self.reviews[review].at = text, self.now()

    def answer_by_hand(self, review: str, text: str) -> None:
        self.reviews[review].answer = text
        self.reviews[review].answered_at = self.now()

    def is_sign_in(self, path: str) -> bool:
        return path == TOKEN_PATH

    def problem(self, kind: str) -> Answer:
        return problem_of(*PROBLEMS[kind])

    def route(self, asked: Asked) -> Answer:
        if asked.path == TOKEN_PATH:
            return self._token(asked)
        bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer not in self.tokens:
            return self.problem("unauthorized")
        if not asked.path.startswith(REVIEWS):
            return self.problem("no_app")
        return self._list(asked) if asked.path == REVIEWS else self._review(asked)

    def _review(self, asked: Asked) -> Answer:
        named = asked.path.removeprefix(f"{REVIEWS}/")
        found = self.reviews.get(named.removesuffix(":reply"))
        if found is None:
            return problem_of(404, "notFound")
        if asked.method == "POST":
            return self._reply(found, asked.body["replyText"])
        return Answer(200, shown(found))

    def _token(self, asked: Asked) -> Answer:
        try:
            told = jwt.decode(
                asked.body["assertion"],
                private_key().public_key(),
                algorithms=["RS256"],
                audience=self.base_url + TOKEN_PATH,
                issuer=EMAIL,
            )
        except jwt.PyJWTError:
            return Answer(400, {"error": "invalid_grant", "error_description": "Bad."})
        assert told["scope"] == "https://www.googleapis.com/auth/androidpublisher"
        assert jwt.get_unverified_header(asked.body["assertion"])["kid"] == KEY_ID
        token = f"token-{len(self.requests)}"
        self.tokens.add(token)
        return Answer(200, {"access_token": token, "expires_in": 3599})

    def _list(self, asked: Asked) -> Answer:
        size, start = int(asked.query.get("maxResults", 10)), 0
        fresh = [o for o in self.reviews.values() if o.at > self.now() - WEEK]
        fresh.sort(key=lambda one: (one.at, one.id), reverse=not self.shuffles)
        if token := asked.query.get("token"):
            ids = [f"t-{one.id}" for one in fresh]
            if token not in ids:
                return self.problem("bad_token")
            start = ids.index(token)
        body: dict[str, Any] = {}
        if told := [shown(one) for one in fresh[start : start + size]]:
            body["reviews"] = told
        if len(fresh) > start + size:
            following = f"t-{fresh[start + size].id}"
            body["tokenPagination"] = {"nextPageToken": following}
        return Answer(200, body)

    def _reply(self, review: Review, text: str) -> Answer:
        if len(text) > 350:
            return problem_of(400, "replyTextTooLong")
        self.answer_by_hand(review.id, text)
        self.accepted.append((review.id, text))
        stamp = stamped(self.now())
        return Answer(200, {"result": {"replyText": text, "lastEdited": stamp}})


def stamped(at: datetime) -> dict[str, Any]:
    return {"seconds": str(int(at.timestamp())), "nanos": 5_000_000}


def shown(one: Review) -> dict[str, Any]:
    said = {
        "text": one.text,
        "lastModified": stamped(one.at),
        "starRating": one.stars,
        "reviewerLanguage": "en",
        "device": "owl",
        "androidOsVersion": 34,
        "thumbsUpCount": 2,
        **one.extra,
    }
    comments: list[Any] = [{"userComment": said}]
    if one.answered_at:
        told = {"text": one.answer, "lastModified": stamped(one.answered_at)}
        comments.append({"developerComment": told})
    return {"reviewId": one.id, "authorName": one.name, "comments": comments}
