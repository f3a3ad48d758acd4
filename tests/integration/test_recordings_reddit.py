"""Recorded answers of Reddit, of many ages: none of them breaks the reading."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from praw.endpoints import API_PATH

from bot.connectors._reddit_feeds import children_of
from bot.connectors._reddit_things import FULLNAME, Reader, is_gone, to_mention
from bot.domain.mentions import Mention, MentionKind
from bot.errors import BadPayload
from tests.platforms.reddit_server import RedditState, child

pytestmark = pytest.mark.shared

BESIDE = Path(__file__).parents[2].parent / "shared"
SHARED = Path(os.environ.get("ANSWERABLE_SHARED") or BESIDE)
READER = Reader(
    brand="acme",
    account="AcmeCares",
    owned=frozenset(),
    site="https://www.reddit.com",
)


def folder(name: str) -> Path:
    found = SHARED / name / "reddit"
    if not found.is_dir():
        pytest.skip(f"there is no {name}/reddit beside the checkout")
    return found


@pytest.fixture(scope="module")
def answers() -> list[Any]:
    return [
        interaction["response"]["body"]
        for file in sorted(folder("recordings").glob("*.json"))
        for interaction in json.loads(file.read_text(encoding="utf-8"))["interactions"]
    ]


@pytest.fixture(scope="module")
def things(answers: list[Any]) -> list[Any]:
    return list(things_in(answers))


def things_in(part: Any) -> Iterator[Any]:
    """Give whatever has a kind and data, however deep it lies."""
    if isinstance(part, dict):
        if isinstance(part.get("data"), dict) and "kind" in part:
            yield part
        for value in part.values():
            yield from things_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from things_in(value)


def test_every_recorded_comment_and_submission_is_read(things):
    outcomes = Counter(outcome(one) for one in things if one["kind"] in {"t1", "t3"})

    assert outcomes[MentionKind.REPLY] > 1000
    assert outcomes[MentionKind.POST] > 100
    assert outcomes["gone"] < 50
    # praw's authors spoilt one name by hand, to test their own errors.
    assert outcomes["spoilt"] <= 1
    assert not outcomes["nonsense"]


def outcome(thing: Any) -> str:
    data = thing["data"]
    mention = read(thing)
    if mention:
        return mention.kind
    if is_gone(data):
        return "gone"
    return "nonsense" if FULLNAME.fullmatch(data["name"]) else "spoilt"


def test_what_is_neither_is_skipped(things):
    others = [one for one in things if one["kind"] not in {"t1", "t3"}]

    assert others
    assert all(to_mention(one, READER) is None for one in others)


def test_what_is_read_is_whole(things):
    mentions = [one for one in map(read, things) if one]

    assert all(one.published_at.utcoffset() == timedelta(0) for one in mentions)
    assert all(FULLNAME.fullmatch(one.external_id) for one in mentions)
    assert all(one.conversation.startswith("t3_") for one in mentions)
    replies = [one for one in mentions if one.kind is MentionKind.REPLY]
    assert sum(one.in_reply_to is None for one in replies) <= 1  # below the spoilt one
    assert any(one.edited_at for one in mentions)
    assert any(one.author is None for one in mentions)


def test_inbox_items_are_known_as_addressed_to_us(things):
    inbox = [one for one in things if one["data"].get("was_comment") is True]
    mentions = [one for one in map(read, inbox) if one]

    assert mentions
    assert all(one.is_addressed for one in mentions)
    assert all(one.conversation.startswith("t3_") for one in mentions)


def read(thing: Any) -> Mention | None:
    try:
        return to_mention(thing, READER)
    except BadPayload:
        return None


def test_no_recorded_answer_breaks_the_listing(answers):
    opened = 0
    for answer in answers:
        try:
            children, after = children_of(answer, "a recording")
        except BadPayload:
            continue
        opened += 1
        assert isinstance(after, str)
        assert all(isinstance(one, dict) for one in children)

    assert opened > 50


@pytest.mark.parametrize("kind", ["t1", "t3"])
def test_the_stand_in_shows_no_field_that_reddit_does_not(things, kind):
    real: set[str] = set()
    for one in things:
        real |= set(one["data"]) if one["kind"] == kind else set()
    state = RedditState()
    post = state.add_submission("savings", "quiet_otter", "Fees", crosspost_of="t3_a")
    comment = state.add_comment(post, "blue_heron", "Indeed.")

    name = comment if kind == "t1" else post
    shown = child(state, state.things[name])["data"]
    inbox = child(state, state.things[comment], is_inbox=True)["data"]

    newer = {"crosspost_parent", "removed_by_category", "num_crossposts"}
    assert set(shown) - real <= newer
    assert kind == "t3" or set(inbox) <= real


def test_the_paths_in_use_are_those_of_the_contract():
    contract = json.loads((folder("contracts") / "praw_api_path.json").read_text())

    used = ("comment", "info", "me", "mentions", "search", "comment_replies")
    for name in (*used, "submission_replies"):
        assert API_PATH[name] == contract[name]
