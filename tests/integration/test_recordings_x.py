"""What X really answered, as others recorded it: nothing of it may upset us."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import tweepy

from bot.connectors._edge import translated
from bot.connectors._x_posts import View, to_mention
from bot.connectors.x import ON_READING, ON_SENDING, XConnector, XSettings
from bot.domain.channels import Cursor
from bot.domain.mentions import Mention
from bot.errors import AccessDenied, BadPayload, BudgetSpent, ConnectorError, Refused
from tests.platforms.x_server import CREDENTIALS

pytestmark = pytest.mark.shared

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
RECORDINGS = FOLDER / "recordings" / "x"
FILES = sorted(RECORDINGS.glob("x_tweepy__*.json"))
VIEW = View(brand="acme", account_id="1072250532645998596", handle="TweepyDev")
POST_FEEDS = (
    "/mentions",
    "/tweets",
    "/search/recent",
    "/search/all",
    "/quote_tweets",
    "/reverse_chronological",
)


def bodies() -> Iterator[tuple[str, Any]]:
    """Give method and path, and what was answered."""
    if not FILES:
        pytest.skip("the recordings of X are not beside the checkout")
    for file in FILES:
        for one in json.loads(file.read_text(encoding="utf-8"))["interactions"]:
            body = one["response"].get("body")
            told = one["request"]
            path = (told.get("uri") or told.get("url")).partition("?")[0]
            asked = f"{told['method']} {path}"
            yield asked, json.loads(body) if isinstance(body, str) else body


def items(body: Any) -> list[Any]:
    held = (
        body.get("data", body.get("statuses", [])) if isinstance(body, dict) else body
    )
    return held if isinstance(held, list) else [held]


def outcome(item: Any, body: Any) -> type:
    try:
        return type(to_mention(item, VIEW.beside(body) if "data" in body else VIEW))
    except BadPayload as error:
        return type(error) if error.detail else Exception


def test_every_recorded_item_is_a_mention_or_a_bad_payload() -> None:
    made = Counter(outcome(item, body) for _, body in bodies() for item in items(body))

    assert set(made) == {Mention, BadPayload}
    assert made[Mention] > 100
    assert made[BadPayload] > 40


def test_every_recorded_post_of_version_2_is_a_mention() -> None:
    posts = [
        (post, body)
        for asked, body in bodies()
        if asked.startswith("GET") and "/2/" in asked and asked.endswith(POST_FEEDS)
        for post in items(body)
    ]

    mentions = [to_mention(post, VIEW.beside(body)) for post, body in posts]

    assert len(mentions) > 100
    assert all(one.text and one.published_at.year >= 2019 for one in mentions)


class Replayed:
    """In tweepy's place: hands out one recorded answer."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self.session = requests.Session()

    def request(self, *asked: object, **more: object) -> requests.Response:
        answer = requests.Response()
        answer.status_code = 200
        answer._content = json.dumps(self._body).encode()
        return answer


def test_every_recorded_answer_is_a_page_or_one_of_our_errors() -> None:
    settings = XSettings.model_validate(
        {"brand": "acme", "account_id": VIEW.account_id, **CREDENTIALS}
    )
    connector = XConnector(settings)
    connector.close()
    outcomes: Counter[str] = Counter()
    for asked, body in bodies():
        connector._client = Replayed(body)
        outcomes[fetched(connector, asked, body)] += 1

    assert set(outcomes) == {"page", "bad payload"}
    assert outcomes["page"] > 20


def fetched(connector: XConnector, asked: str, body: Any) -> str:
    first = '{"version": 1, "turn": "mentions"}'
    try:
        page = connector.fetch(Cursor(first), limit=100)
    except BadPayload:
        return "bad payload"
    assert "/2/" in asked, "an answer of version 1.1 is no page of ours"
    ours = [one for one in items(body) if one.get("author_id") == VIEW.account_id]
    assert page.reads == len(items(body))
    assert len(page.mentions) + len(page.bad) + len(ours) == page.reads
    return "page"


def quoted_errors() -> list[Any]:
    file = RECORDINGS / "error_bodies_quoted.json"
    if not file.exists():
        pytest.skip("the quoted errors of X are not beside the checkout")
    errors: list[Any] = json.loads(file.read_text(encoding="utf-8"))["errors"]
    return errors


KINDS = {403: tweepy.Forbidden, 429: tweepy.TooManyRequests}


class Failing(Replayed):
    """In tweepy's place: fails as tweepy does with that answer."""

    def __init__(self, told: Any) -> None:
        super().__init__(told["body"])
        self._told = told

    def request(self, *asked: object, **more: object) -> requests.Response:
        answer = super().request()
        answer.status_code = self._told["http"]
        answer.reason = ""
        answer.headers.update(self._told.get("headers", {}))
        answer.headers["Date"] = "Sat, 07 Feb 2026 10:00:00 GMT"
        if self._told["body"] is None:
            printed = self._told.get("printed")
            answer._content = json.dumps(
                {"errors": [printed]} if printed else {}
            ).encode()
        raise KINDS.get(answer.status_code, tweepy.HTTPException)(answer)


def test_every_quoted_error_is_one_of_ours() -> None:
    table = {"POST": ON_SENDING, "GET": ON_READING}
    seen = {}
    for told in quoted_errors():
        method = (
            "POST"
            if "POST" in told["endpoint"] or "update" in told["endpoint"]
            else "GET"
        )
        with pytest.raises(ConnectorError) as caught, translated("x", table[method]):
            Failing(told).request()
        seen[told["url"]] = caught.value

    kinds = {url.rpartition("/")[2]: type(error) for url, error in seen.items()}
    assert kinds["163"] is Refused
    assert kinds["25"] is BudgetSpent
    assert kinds["1314"] is BudgetSpent
    assert kinds["221"] is Refused
    assert AccessDenied not in kinds.values()
