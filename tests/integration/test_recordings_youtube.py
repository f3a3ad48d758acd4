"""What YouTube really answered, as others recorded it: nothing of it may upset us."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.connectors._http import Answer
from bot.connectors._youtube_comments import (
    Reader,
    Thread,
    comments_of,
    mark_of,
    read_comments,
    thread_of,
)
from bot.connectors.youtube import YouTubeConnector, YouTubeSettings, _judge, _receipt
from bot.domain.channels import Page
from bot.errors import BadPayload, Refused
from tests.platforms.http_platform import Answer as Given
from tests.platforms.http_platform import Asked, Loopback

pytestmark = pytest.mark.shared

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
RECORDINGS = FOLDER / "recordings" / "youtube"
READER = Reader(brand="acme", channel_id="UCa-vrCLQHviTOVnEKDOdetQ", handle="acme")


def bodies(pattern: str) -> Iterator[tuple[str, Any]]:
    files = sorted(RECORDINGS.glob(pattern))
    if not files:
        pytest.skip("the recordings of YouTube are not beside the checkout")
    for file in files:
        yield file.name, json.loads(file.read_text(encoding="utf-8"))


def items(body: Any) -> list[Any]:
    found: list[Any] = body.get("items", [body])
    return found


def test_every_recorded_thread_is_read_whole() -> None:
    seen: Counter[str] = Counter()
    for _, body in bodies("apidata/comment_threads/*.json"):
        for raw in items(body):
            thread = thread_of(raw, READER)
            comments = list(comments_of(raw))
            mentions, bad = read_comments(comments, thread, READER)
            seen["mentions"] += len(mentions)
            seen["ours"] += len(comments) - len(mentions) - len(bad)
            seen["bad"] += len(bad)
            assert mark_of(raw)
            assert all(one.text and one.author for one in mentions)

    assert seen["mentions"] > 10
    assert seen["bad"] == 0
    assert seen["ours"] > 0


def test_every_recorded_reply_is_read() -> None:
    told = [raw for _, body in bodies("apidata/comments/*.json") for raw in items(body)]

    mentions, bad = read_comments(told, Thread(id="UgThread"), READER)

    assert bad == []
    assert len(mentions) > 3
    assert all(one.external_id.startswith(one.conversation) for one in mentions)


def test_the_recorded_answer_to_a_reply_is_a_receipt() -> None:
    [(_, body)] = bodies("apidata/comments/insert_response.json")

    receipt = _receipt(body)

    assert receipt.external_id == body["id"]
    assert receipt.published_at is not None


class Replayed(Loopback):
    """Answers everything with one recorded body."""

    body: Any = None

    def route(self, asked: Asked) -> Given:
        return Given(200, self.body)

    def problem(self, kind: str) -> Given:
        raise AssertionError(kind)

    def is_sign_in(self, path: str) -> bool:
        return False


def test_every_recorded_answer_is_a_page_or_nonsense() -> None:
    made: Counter[str] = Counter()
    with Replayed() as server:
        settings = {
            "brand": "acme",
            "channel_id": READER.channel_id,
            "base_url": server.base_url,
            "api_key": "key",
        }
        connector = YouTubeConnector(YouTubeSettings.model_validate(settings))
        for _, server.body in bodies("*data/*/*.json"):
            try:
                page = connector.fetch(None, limit=100)
            except BadPayload:
                made["nonsense"] += 1
            else:
                made["mentions"] += len(page.mentions)
                assert isinstance(page, Page)
        connector.close()

    assert made["mentions"] > 10


def test_recorded_errors_are_understood_or_left_to_their_status() -> None:
    for name, body in bodies("*error*.json"):
        told = json.dumps(body).encode()
        for is_sent in (True, False):
            answer = Answer(
                channel="youtube",
                status=403,
                headers={},
                content=told,
                url="",
                is_sent=is_sent,
            )
            assert not isinstance(_judge(answer), Refused), name
