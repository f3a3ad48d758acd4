from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.connectors import hackernews
from bot.connectors.hackernews import (
    HackerNewsConnector,
    HackerNewsSettings,
    to_mention,
)
from bot.errors import BadPayload
from tests.platforms.hackernews_search import HackerNewsSearch

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SAVED = Path(__file__).parent / "payloads" / "search.json"
COMMENT, STORY = json.loads(SAVED.read_text(encoding="utf-8"))["answer"]["hits"]


class Site(HackerNewsSearch):
    """One whose time goes on by a second with each text."""

    def __init__(self) -> None:
        super().__init__(lambda: NOON + timedelta(seconds=len(self.hits)))


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as started:
        yield started


@pytest.fixture
def reader(site: Site) -> Iterator[Callable[..., HackerNewsConnector]]:
    made = []

    def make(**more: Any) -> HackerNewsConnector:
        given = {"brand": "Acme", "query": "acme", "base_url": site.base_url, **more}
        made.append(HackerNewsConnector(HackerNewsSettings.model_validate(given)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def ids(page):
    return [one.external_id for one in page.mentions]


def test_a_comment_answers_what_stands_above_it_in_its_story():
    mention = to_mention(COMMENT, "Acme")

    assert mention.text == "They charged me twice & nobody answers.\n\nAvoid Acme."
    assert (mention.kind, mention.in_reply_to, mention.conversation) == (
        "reply",
        "9000001",
        "9000001",
    )
    assert mention.url == "https://news.ycombinator.com/item?id=9000002"
    assert (mention.control, mention.is_addressed) == ("third_party", False)


def test_a_story_is_a_conversation_of_its_own_with_its_points():
    mention = to_mention({**STORY, "story_text": "<p>Since Monday.</p>"}, "Acme")

    assert mention.text == "Acme Bank is down again\n\nSince Monday."
    assert (mention.kind, mention.conversation) == ("post", "9000001")
    assert (mention.engagement.likes, mention.engagement.replies) == (12, 3)
    assert mention.published_at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"objectID": "x1"}, "no id"),
        ({"objectID": True}, "no id"),
        ({"title": "", "url": None}, "no words"),
        ({"created_at_i": "yesterday"}, "no instant"),
        ({"created_at_i": 1}, "before any platform"),
        ({"created_at_i": 10**15}, "out of range"),
    ],
)
def test_what_makes_no_sense_is_said(odd, said):
    with pytest.raises(BadPayload, match=said):
        to_mention({**STORY, **odd}, "Acme")


def test_the_first_look_takes_the_newest_hundred_and_no_history(site, reader):
    for n in range(1, 151):
        site.story(n, f"Acme {n}")

    page = reader().fetch(None, limit=1000)

    assert ids(page) == [str(n) for n in range(51, 151)]
    assert reader().fetch(page.cursor, limit=1000).mentions == []


def test_more_than_one_answer_holds_is_read_down_to_the_mark(site, reader, monkeypatch):
    site.story(1, "Acme 1")
    cursor = reader().fetch(None, limit=10).cursor
    monkeypatch.setattr(hackernews, "PER_REQUEST", 20)
    for n in range(2, 100):
        site.story(n, f"Acme {n}")

    page = reader().fetch(cursor, limit=1000)

    assert ids(page) == [str(n) for n in range(2, 100)]
    assert page.bad == []


def test_more_than_can_be_read_is_told(site, reader, monkeypatch):
    site.story(1, "Acme 1")
    cursor = reader().fetch(None, limit=10).cursor
    monkeypatch.setattr(hackernews, "PER_REQUEST", 3)
    for n in range(2, 100):
        site.story(n, f"Acme {n}")

    page = reader().fetch(cursor, limit=1000)

    assert ids(page)[-1] == "99"
    assert "nothing before 2026-03-02 12:0" in page.missed


def test_what_the_search_shows_late_still_comes(site, reader):
    for n in (1, 2, 3):
        site.story(n, f"Acme {n}")
    late = site.hits.pop(1)
    cursor = reader().fetch(None, limit=10).cursor
    site.hits.append(late)

    page = reader().fetch(cursor, limit=10)

    assert ids(page) == ["2"]


def test_another_query_begins_anew(site, reader):
    site.story(1, "Acme 1")
    cursor = reader().fetch(None, limit=10).cursor

    assert ids(reader(query="acme bank").fetch(cursor, limit=10)) == ["1"]


@pytest.mark.parametrize("cursor", ["x", "[1]", '{"start": 1}'])
def test_a_cursor_that_is_not_ours_is_no_cursor(reader, cursor):
    with pytest.raises(BadPayload):
        reader().fetch(cursor, limit=10)


def test_without_a_query_there_is_nothing_to_look_for():
    with pytest.raises(ValidationError):
        HackerNewsSettings.model_validate({"brand": "Acme", "query": ""})
