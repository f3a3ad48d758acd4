"""What we ask Meta for is described, and what it was recorded answering is read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.connectors import facebook, instagram
from bot.connectors._graph import said_in
from bot.connectors._graph_rounds import Item, Kind, token_of
from bot.domain.mentions import Mention
from bot.errors import BadPayload
from tests.platforms.graph_state import KNOWN, wanted

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
CONTRACTS = SHARED / "contracts" / "meta"
RECORDINGS = SHARED / "recordings" / "meta"

pytestmark = pytest.mark.shared

described = pytest.mark.skipif(
    not CONTRACTS.is_dir(), reason="Meta's descriptions are not here"
)
recorded = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="Meta's recorded answers are not here"
)


def node(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (CONTRACTS / f"{name}.json").read_text(encoding="utf-8")
    )
    return found


def parts(described_node: dict[str, Any]) -> set[str]:
    edges = {one["endpoint"] for one in described_node["apis"] if "endpoint" in one}
    return {one["name"] for one in described_node["fields"]} | edges


@described
@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (facebook.COMMENT_FIELDS, "Comment"),
        ("private_reply_conversation", "Comment"),
        (facebook.POST_FIELDS, "PagePost"),
        (facebook.HOW_IT_LOOKS, "PagePost"),
        (instagram.COMMENT_FIELDS, "IGComment"),
        (instagram.REPLIES, "IGComment"),
        (instagram.TAG_FIELDS, "IGMedia"),
        ("id,timestamp,comments_count", "IGMedia"),
        ("id,updated_time,messages", "UnifiedThread"),
        ("id,name,username", "Page"),
        ("id,name,username", "IGUser"),
    ],
)
def test_every_field_that_is_asked_for_is_described(fields: str, name: str) -> None:
    asked = {one.name for one in wanted(fields)}

    assert asked - parts(node(name)) == set()


@described
@pytest.mark.parametrize(
    ("name", "method", "edge", "given"),
    [
        ("Page", "GET", "feed", {"limit"}),
        ("Page", "GET", "tagged", set()),
        ("Page", "GET", "conversations", {"platform", "user_id"}),
        ("Page", "POST", "messages", {"recipient", "messaging_type", "message"}),
        ("PagePost", "GET", "comments", {"filter", "order", "since"}),
        ("Comment", "GET", "comments", {"filter", "order", "since"}),
        ("PagePost", "POST", "comments", {"message"}),
        ("Comment", "POST", "comments", {"message"}),
        ("UnifiedThread", "GET", "messages", set()),
        ("IGUser", "GET", "media", set()),
        ("IGUser", "GET", "tags", set()),
        ("IGUser", "POST", "mentions", {"media_id", "message"}),
        ("IGUserForIGOnlyAPI", "GET", "conversations", set()),
        ("IGUserForIGOnlyAPI", "POST", "messages", {"recipient", "message"}),
        ("IGMedia", "GET", "comments", set()),
        ("IGComment", "GET", "replies", set()),
        ("IGComment", "POST", "replies", {"message"}),
    ],
)
def test_every_edge_that_is_used_is_described(
    name: str, method: str, edge: str, given: set[str]
) -> None:
    [found] = [
        one
        for one in node(name)["apis"]
        if one["method"] == method and one.get("endpoint") == edge
    ]

    assert given - {one["name"] for one in found["params"]} == set()


@described
def test_the_stand_in_shows_only_what_is_described() -> None:
    nodes = {
        "post": "PagePost",
        "comment": "Comment",
        "media": "IGMedia",
        "ig_comment": "IGComment",
        "conversation": "UnifiedThread",
    }

    for kind, name in nodes.items():
        assert KNOWN[kind] - parts(node(name)) == set()


def answers(pattern: str) -> Iterator[Any]:
    """Give the things of each recorded answer, lists and answers by id alike."""
    for file in sorted(RECORDINGS.glob(pattern)):
        found = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(found.get("data"), list):
            yield from found["data"]
        elif "id" in found:
            yield found
        else:
            yield from found.values()


@recorded
@pytest.mark.parametrize(
    ("pattern", "platform", "kind", "least"),
    [
        ("facebook/apidata/comments/*.json", facebook, Kind.COMMENT, 4),
        ("facebook/apidata/posts/*feed*.json", facebook, Kind.POST, 10),
        ("facebook/apidata/posts/*post*.json", facebook, Kind.TAGGED, 5),
        ("facebook/apidata/messages/*.json", facebook, Kind.MESSAGE, 3),
        ("instagram/apidata/media?/comments*.json", instagram, Kind.COMMENT, 4),
        ("instagram/apidata/comments/*.json", instagram, Kind.COMMENT, 3),
        ("instagram/apidata/users/tagged*.json", instagram, Kind.TAGGED, 3),
    ],
)
def test_what_was_recorded_is_read(
    pattern: str, platform: Any, kind: Kind, least: int
) -> None:
    read = []
    for raw in answers(pattern):
        item = Item(kind=kind, raw=raw, root="t_1")
        if "id" in raw and ("created_time" in raw or "timestamp" in raw):
            read.append(platform.to_mention(item, brand="acme"))
        else:
            with pytest.raises(BadPayload):
                platform.to_mention(item, brand="acme")

    assert len(read) >= least
    assert all(isinstance(one, Mention) for one in read)


@recorded
def test_recorded_pages_lead_to_the_next() -> None:
    old, new = (
        token_of(json.loads(next(RECORDINGS.glob(file)).read_text(encoding="utf-8")))
        for file in (
            "facebook/apidata/posts/feed_fields_p1.json",
            "instagram/apidata/media?/comments_p1.json",
        )
    )

    assert "until=" in old
    assert "__paging_token=" in old
    assert "access_token" not in old
    assert new == "after=after"


@recorded
def test_recorded_errors_are_understood() -> None:
    file = RECORDINGS / "base" / "error_data.json"

    said = said_in(json.loads(file.read_text(encoding="utf-8")))

    assert said.code == 100
    assert not said.is_gone
