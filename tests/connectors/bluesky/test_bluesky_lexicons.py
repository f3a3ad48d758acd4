"""The stand-in, and what the connector asks of it, against Bluesky's own lexicons."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.connectors.bluesky.conftest import reply_under
from tests.platforms.bluesky_state import HANDLE, BlueskyState
from tests.platforms.lexicons import Lexicons

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
FOLDER = SHARED / "contracts" / "bluesky" / "lexicons"


@pytest.fixture
def lexicons() -> Lexicons:
    if not FOLDER.exists():
        pytest.skip("Bluesky's lexicons are not beside the checkout")
    return Lexicons(FOLDER)


def a_busy_day(state: BlueskyState, clock: Any) -> str:
    ours = state.add_post("We are open & glad.", HANDLE)
    for number in range(12):
        clock.advance(minutes=1)
        state.add_post(f"@{HANDLE} number {number}", "jane.test")
    state.add_person("robo.test", own_labels=["bot"], bio="beep")
    parcel = state.add_post("Acme lost my parcel", "robo.test")
    clock.advance(minutes=1)
    below = state.add_post("me too", "eve.test", reply_to=ours)
    state.add_post("and me", "fay.test", reply_to=below)
    state.add_person("gus.test")
    state.block("gus.test")
    state.add_post("I block you", "gus.test", reply_to=ours)
    gone = state.add_post("gone", "dora.test", reply_to=ours)
    state.add_post("look at acme", "dora.test", quote=ours)
    state.add_post("acme again", "dora.test", quote=parcel)
    state.add_post("acme, gone", "dora.test", quote=gone)
    state.delete_post(gone)
    clock.advance(minutes=1)
    return state.add_post(f"@{HANDLE} help", "jane.test")


@pytest.fixture
def day(state: BlueskyState, clock: Any, connect: Any, read: Any) -> BlueskyState:
    """A day on which everything was asked that the connector can ask."""
    uri = a_busy_day(state, clock)
    bluesky = connect(query="acme")
    bluesky.check()
    first = read(bluesky, limit=10)
    clock.advance(minutes=1)
    reply = reply_under(uri, "Sorry @jane.test & @eve.test, see https://acme.example/a")
    receipt = bluesky.send_reply(reply)
    bluesky.send_reply(reply)
    bluesky.find_reply(reply)
    bluesky.find_reply(reply_under(uri, external_id=receipt.external_id))
    bluesky.send_private(reply)
    bluesky.find_private(reply)
    bluesky.find_removed([*first.mentions, uri.replace("3", "4")])
    state.expire_access()
    read(bluesky, first.cursor, limit=10)
    return state


def test_every_request_is_one_that_the_lexicons_describe(
    lexicons: Lexicons, day: BlueskyState
) -> None:
    asked = {nsid for _method, nsid, *_ in day.requests}
    for method, nsid, given, _headers in day.requests:
        assert lexicons.is_method(nsid, "query" if method == "GET" else "procedure")
        if method == "GET":
            lexicons.check_query(nsid, parsed(given))
        else:
            lexicons.check_input(nsid, given)

    assert len(asked) == 15


def parsed(given: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "limit": int,
        "depth": int,
        "parentHeight": int,
        "priority": json.loads,
    }
    return {key: made.get(key, lambda one: one)(one) for key, one in given.items()}


def test_every_answer_of_the_stand_in_is_one_that_bluesky_could_give(
    lexicons: Lexicons, day: BlueskyState
) -> None:
    for nsid, status, body in day.answers:
        if status == 200:
            lexicons.check_output(nsid, body)

    assert {nsid for nsid, *_ in day.answers} >= {
        "app.bsky.feed.getPostThread",
        "app.bsky.feed.searchPosts",
        "app.bsky.notification.listNotifications",
        "chat.bsky.convo.sendMessage",
        "com.atproto.repo.putRecord",
        "com.atproto.server.refreshSession",
    }


def test_the_replies_are_posts_as_the_lexicon_wants_them(
    lexicons: Lexicons, day: BlueskyState
) -> None:
    [sent] = day.accepted

    lexicons.check_record(sent.record)
    lexicons.check_key(sent.record["$type"], sent.uri.rpartition("/")[2])
    assert len(sent.record["facets"]) == 3


def test_the_check_itself_finds_what_is_wrong(lexicons: Lexicons) -> None:
    with pytest.raises(jsonschema.ValidationError):
        lexicons.check_query("app.bsky.feed.searchPosts", {"q": "a", "page": 2})
    with pytest.raises(jsonschema.ValidationError):
        lexicons.check_output("app.bsky.feed.getPosts", {"posts": [{"uri": "x"}]})
    with pytest.raises(AssertionError):
        lexicons.check_key("app.bsky.feed.post", "reply-1")
