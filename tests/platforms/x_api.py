"""The small X's routes: who may ask for what, and which posts the answer holds."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any
from urllib.parse import urlsplit

from oauthlib.common import Request  # type: ignore[import-untyped]
from oauthlib.oauth1.rfc5849 import signature  # type: ignore[import-untyped]

from tests.platforms.x_problems import Answer, Problem, Problems, fault_of
from tests.platforms.x_query import Query
from tests.platforms.x_shapes import SHORT, Shapes, listed
from tests.platforms.x_state import ACCOUNT_ID, Person, Post, XState

BEARER = "invented-bearer"
CONSUMER = ("invented-consumer", "invented-consumer-secret")
TOKEN = ("invented-token", "invented-token-secret")
CREDENTIALS = {
    "bearer_token": BEARER,
    "consumer_key": CONSUMER[0],
    "consumer_secret": CONSUMER[1],
    "access_token": TOKEN[0],
    "access_token_secret": TOKEN[1],
}
"""What a connector must be told to read and to write here."""


def _set(words: str) -> set[str]:
    return set(words.split())


PAGED = {"since_id", "until_id", "max_results", "pagination_token"}
TIMED = PAGED | {"start_time", "end_time"}
SHOWN = {"expansions", "user.fields", "media.fields", "poll.fields", "place.fields"}
FIELDS = {
    "tweet": _set(
        "author_id conversation_id created_at edit_history_tweet_ids entities id "
        "in_reply_to_user_id lang note_tweet public_metrics referenced_tweets text "
        "withheld"
    ),
    "post": _set(
        "conversation_id created_at entities id lang note_post public_metrics text "
        "withheld"
    ),
}
EXPANSIONS = {
    "tweet": _set(
        "author_id edit_history_tweet_ids in_reply_to_user_id "
        "entities.mentions.username referenced_tweets.id "
        "referenced_tweets.id.author_id"
    ),
    "post": _set(
        "author_id edit_history_post_ids in_reply_to_user_id "
        "entities.mentions.username referenced_posts"
    ),
}
USER_FIELDS = _set(
    "created_at description id location name protected public_metrics url username "
    "verified verified_type"
)


class Api:
    """Answers a request whose sender is known."""

    def __init__(self, state: XState, problems: Problems) -> None:
        self._state = state
        self._problems = problems
        self._shapes = Shapes(state, problems)

    def answer(
        self, method: str, path: str, query: dict[str, str], auth: str, sent: bytes
    ) -> Answer:
        plain = {
            ("POST", "/2/tweets"): lambda: self._create(auth, sent),
            ("GET", "/2/tweets"): lambda: self._lookup(query),
            ("GET", "/2/tweets/search/recent"): lambda: self._search(query),
            ("GET", "/2/users/me"): lambda: self._me(query, auth),
        }
        if (method, path) in plain:
            return plain[method, path]()
        if method == "GET":
            if found := re.fullmatch(r"/2/users/(\d+)/(mentions|tweets)", path):
                return self._timeline(found[1], found[2], query, path)
            if found := re.fullmatch(r"/2/users/by/username/(\w+)", path):
                return self._user(
                    self._state.by_name(found[1]), "username", found[1], query
                )
            if found := re.fullmatch(r"/2/users/(\d+)", path):
                return self._user(self._state.person(found[1]), "id", found[1], query)
        body = {"title": "Not Found", "detail": "Not Found", "type": "about:blank"}
        return Answer(404, {**body, "status": 404})

    def _me(self, query: dict[str, str], auth: str) -> Answer:
        if auth != "oauth1":
            raise Problem(
                Answer(
                    403,
                    {
                        "title": "Unsupported Authentication",
                        "detail": "This endpoint wants a user's own token.",
                        "type": self._problems.kind("unsupported-authentication"),
                        "status": 403,
                    },
                )
            )
        return self._user(self._state.person(ACCOUNT_ID), "id", ACCOUNT_ID, query)

    def _user(
        self, person: Person | None, parameter: str, value: str, query: dict[str, str]
    ) -> Answer:
        self._allow(query, {"expansions", "user.fields", f"{self._state.names}.fields"})
        if person is None or person.is_gone:
            return Answer(
                200, {"errors": [self._problems.missing("user", parameter, value)]}
            )
        return Answer(
            200,
            {"data": self._shapes.person_json(person, listed(query, "user.fields"))},
        )

    def _timeline(
        self, user_id: str, which: str, query: dict[str, str], path: str
    ) -> Answer:
        extra = {"exclude"} if which == "tweets" else set()
        self._allow(query, TIMED | SHOWN | {f"{self._state.names}.fields"} | extra)
        person = self._state.person(user_id)
        if person is None:
            return Answer(
                200, {"errors": [self._problems.missing("user", "id", user_id)]}
            )
        if which == "mentions":
            found = [
                post
                for post in self._state.posts
                if self._shapes.concerns(post, person)
            ][-self._state.mentions_listed :]
        else:
            left_out = listed(query, "exclude")
            own = [post for post in self._state.posts if post.author_id == user_id]
            found = [
                post
                for post in own[-self._state.posts_listed :]
                if not ("retweets" in left_out and post.repost_of)
                and not ("replies" in left_out and post.reply_to)
            ]
        return self._paged(found, query, path, least=5)

    def _search(self, query: dict[str, str]) -> Answer:
        allowed = TIMED | SHOWN | {f"{self._state.names}.fields", "query", "next_token"}
        self._allow(query, allowed | {"sort_order"})
        wanted = query.get("query", "")
        if not wanted:
            raise self._invalid("query", wanted, "query can not be empty")
        try:
            matches = Query(wanted, self._state).matches
        except (IndexError, ValueError):
            why = f"There were errors processing your request: {wanted}"
            raise self._invalid("query", wanted, why) from None
        found = self._state.posts
        if self._state.search_window is not None:
            oldest = self._state.new_id(
                self._state.now() - self._state.search_window, 0
            )
            found = [post for post in found if int(post.id) >= int(oldest)]
            since = query.get("since_id", oldest)
            if int(since) < int(oldest):
                why = f"'since_id' must be a tweet id created after {oldest}"
                raise self._invalid("since_id", since, why)
        return self._paged(
            [post for post in found if matches(post)],
            query,
            f"search:{wanted}",
            least=10,
        )

    def _paged(
        self, found: list[Post], query: dict[str, str], feed: str, *, least: int
    ) -> Answer:
        size = query.get("max_results", "10")
        if not size.isdigit() or not least <= int(size) <= 100:
            why = f"The `max_results` query parameter value [{size}] is not between"
            why += f" {least} and 100"
            raise self._invalid("max_results", size, why)
        since, token = query.get("since_id", "0"), query.get("pagination_token", "")
        if not re.fullmatch(r"[0-9]{1,19}", since):
            raise self._invalid("since_id", since, "since_id is no id")
        before = self._untoken(token or query.get("next_token", ""), feed)
        newest_first = [
            post
            for post in reversed(found)
            if int(post.id) > int(since) and (not before or int(post.id) < before)
        ]
        page, rest = newest_first[: int(size)], newest_first[int(size) :]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if rest:
            meta["next_token"] = self._token(page[-1].id, feed)
        return Answer(200, {**self._shapes.shown(page, query), "meta": meta})

    def _token(self, post_id: str, feed: str) -> str:
        return base64.urlsafe_b64encode(f"{post_id} {feed}".encode()).decode()

    def _untoken(self, token: str, feed: str) -> int:
        if not token:
            return 0
        try:
            post_id, of = base64.urlsafe_b64decode(token).decode().split(" ", 1)
        except ValueError:
            post_id, of = "0", ""
        if of != feed:
            why = "The pagination_token is not of this request"
            raise self._invalid("pagination_token", token, why)
        return int(post_id)

    def _lookup(self, query: dict[str, str]) -> Answer:
        self._allow(query, {"ids", f"{self._state.names}.fields", *SHOWN})
        asked = query.get("ids", "").split(",")
        if not 1 <= len(asked) <= 100 or not all(one.isdigit() for one in asked):
            raise self._invalid("ids", query.get("ids", ""), "ids are wrong")
        found = [post for one in asked if (post := self._state.post(one))]
        body = self._shapes.shown(found, query)
        missing = [one for one in asked if self._state.post(one) is None]
        errors = [
            self._problems.missing(self._state.names, "ids", one) for one in missing
        ]
        if errors:
            body["errors"] = [*body.get("errors", []), *errors]
        return Answer(200, body)

    def _create(self, auth: str, sent: bytes) -> Answer:
        if auth != "oauth1":
            raise Problem(self._problems.broken(fault_of("oauth1_permissions")))
        asked = json.loads(sent)
        text = str(asked.get("text") or "")
        under = str((asked.get("reply") or {}).get("in_reply_to_tweet_id") or "")
        if not text or len(text) > SHORT:
            raise self._invalid("text", text[:20], "text has a wrong length")
        parent = self._state.post(under)
        if under and parent is None:
            why = "You attempted to reply to a Tweet that is deleted or not visible"
            raise Problem(self._problems.forbidden(why))
        same = [post for post in self._state.accepted if post.extra.get("sent") == text]
        if self._state.refuse_duplicates and same:
            raise Problem(self._problems.broken(fault_of("duplicate")))
        # X shortens links and puts the handle that is answered in front.
        stored = re.sub(r"https?://\S+", "https://t.co/abc123DEFg", text)
        if parent is not None and (person := self._state.person(parent.author_id)):
            stored = f"@{person.username} {stored}"
        post = self._state.accept(text, stored, under)
        data = {"id": post.id, "text": html.escape(stored, quote=False)}
        return Answer(
            201, {"data": {**data, self._shapes.word("history"): post.history}}
        )

    def _invalid(self, name: str, value: str, why: str) -> Problem:
        return Problem(self._problems.invalid(name, value, why))

    def _allow(self, query: dict[str, str], allowed: set[str]) -> None:
        for name, value in query.items():
            if name not in allowed:
                why = f"The query parameter [{name}] is not one of {sorted(allowed)}"
                raise self._invalid(name, value, why)
        limits = {
            f"{self._state.names}.fields": FIELDS[self._state.names],
            "expansions": EXPANSIONS[self._state.names],
            "user.fields": USER_FIELDS,
        }
        for name, known in limits.items():
            if unknown := listed(query, name) - known:
                why = f"The `{name}` query parameter value {unknown} is not one of"
                raise self._invalid(name, query[name], f"{why} {sorted(known)}")


def signed_by(method: str, url: str, headers: Any) -> str:
    """Say how a request proves who sends it: ``bearer``, ``oauth1`` or nothing."""
    given = headers.get("Authorization") or ""
    if given == f"Bearer {BEARER}":
        return "bearer"
    if not given.startswith("OAuth "):
        return ""
    params = signature.collect_parameters(
        uri_query=urlsplit(url).query,
        headers={"Authorization": given},
        exclude_oauth_signature=False,
    )
    told = dict(params)
    request = Request(url, method)
    request.params = [one for one in params if one[0] != "oauth_signature"]
    request.signature = told.get("oauth_signature", "")
    known = told.get("oauth_consumer_key") == CONSUMER[0]
    known = known and told.get("oauth_token") == TOKEN[0]
    is_true = signature.verify_hmac_sha1(request, CONSUMER[1], TOKEN[1])
    return "oauth1" if known and is_true else ""
