from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors._reddit_things import Reader, to_mention
from bot.domain.mentions import ChannelControl, Mention, MentionKind
from bot.errors import BadPayload

PAYLOADS = Path(__file__).parent / "payloads"
WRITTEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
READER = Reader(
    brand="acme",
    account="AcmeCares",
    owned=frozenset({"acmebank"}),
    site="https://www.reddit.com",
)


def load(name: str) -> dict[str, Any]:
    """Give the only thing of a saved listing."""
    [file] = PAYLOADS.rglob(f"{name}.json")
    listing = json.loads(file.read_text(encoding="utf-8"))
    [thing] = listing["data"]["children"]
    assert isinstance(thing, dict)
    return thing


def read(name: str) -> Mention:
    mention = to_mention(load(name), READER)
    assert mention is not None
    return mention


def test_a_comment_becomes_a_reply_within_its_submission():
    mention = read("comment")

    assert mention.channel == "reddit"
    assert mention.brand == "acme"
    assert mention.external_id == "t1_aa00001"
    assert mention.kind is MentionKind.REPLY
    assert mention.conversation == "t3_bb00001"
    assert mention.in_reply_to == "t1_aa00000"
    assert mention.text.startswith("The branch closed at noon again.")
    assert mention.published_at == WRITTEN
    assert mention.edited_at is None
    assert mention.engagement.likes == 4
    assert mention.url == (
        "https://www.reddit.com/r/acmebank/comments/bb00001/card_stuck/aa00001/"
    )


def test_a_submission_is_its_title_and_its_text():
    mention = read("submission")

    assert mention.kind is MentionKind.POST
    assert mention.text == (
        "Card stuck in the machine\n\nIt ate my card & nobody answers.\n\nWhat now?"
    )
    assert mention.conversation == mention.external_id == "t3_bb00001"
    assert mention.in_reply_to is None
    assert (mention.engagement.replies, mention.engagement.reposts) == (12, 2)


def test_a_link_is_its_title_alone():
    assert read("submission_link").text == "Card stuck in the machine"


def test_a_crosspost_amplifies_what_it_repeats():
    mention = read("submission_crosspost")

    assert mention.kind is MentionKind.REPOST
    assert mention.amplifies == "t3_bb00001"
    assert mention.is_amplification


def test_an_author_is_known_by_id_and_by_handle():
    author = read("comment").author

    assert author is not None
    assert (author.external_id, author.handle) == ("t2_ot1er", "quiet_otter")
    assert author.followers is None


def test_an_author_without_an_id_is_known_by_handle():
    author = read("comment_old_shape").author

    assert author is not None
    assert author.external_id == "quiet_otter"


@pytest.mark.parametrize("name", ["comment_deleted_author", "comment_no_author"])
def test_a_deleted_author_leaves_the_text_without_one(name):
    mention = read(name)

    assert mention.author is None
    assert mention.text


def test_an_edited_text_says_when():
    assert read("comment_edited").edited_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_an_old_edit_without_an_instant_is_no_nonsense():
    assert read("comment_edited_long_ago").edited_at is None


def test_what_no_database_stores_is_replaced():
    assert read("comment_with_unstorable_text").text == "before\ufffdafter"


def test_half_a_surrogate_is_replaced():
    raw = load("comment")
    raw["data"]["body"] = json.loads(r'"half \ud83d of it"')

    mention = to_mention(raw, READER)

    assert mention is not None
    assert mention.text == "half \ufffd of it"


@pytest.mark.parametrize(
    ("name", "control", "is_addressed"),
    [
        ("comment", ChannelControl.THIRD_PARTY, False),
        ("submission", ChannelControl.THIRD_PARTY, False),
        ("comment_that_tags_us", ChannelControl.MENTION, True),
        ("comment_that_tags_somebody_else", ChannelControl.THIRD_PARTY, False),
        ("comment_in_our_subreddit", ChannelControl.OWNED, True),
        ("inbox_mention", ChannelControl.MENTION, True),
        ("inbox_comment_reply", ChannelControl.MENTION, True),
    ],
)
def test_who_controls_the_place_and_whether_we_were_addressed(
    name, control, is_addressed
):
    mention = read(name)

    assert (mention.control, mention.is_addressed) == (control, is_addressed)


def test_our_own_profile_is_a_place_that_we_control():
    raw = load("comment")
    raw["data"]["subreddit"] = "u_AcmeCares"

    mention = to_mention(raw, READER)

    assert mention is not None
    assert mention.control is ChannelControl.OWNED


def test_an_inbox_item_finds_its_submission_in_the_path():
    mention = read("inbox_comment_reply")

    assert mention.conversation == "t3_bb00001"
    assert mention.in_reply_to == "t1_aa00008"
    assert mention.engagement.replies == 0
    assert mention.url is not None
    assert mention.url.endswith("/bb00001/card_stuck/aa00009/")


@pytest.mark.parametrize("name", ["more", "inbox_private_message", "comment_of_ours"])
def test_what_is_no_mention_is_skipped(name):
    assert to_mention(load(name), READER) is None


@pytest.mark.parametrize(
    "name",
    [
        "comment_deleted",
        "comment_removed",
        "comment_removed_by_reddit",
        "submission_removed",
        "submission_link_removed",
    ],
)
def test_what_was_emptied_before_we_saw_it_is_no_mention(name):
    with pytest.raises(BadPayload, match="removed before we saw it"):
        to_mention(load(name), READER)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "t5_2qh1i"),
        ("name", None),
        ("body", None),
        ("body", 7),
        ("body", "x" * 100_001),
        ("created_utc", "yesterday"),
        ("created_utc", True),
        ("created_utc", 1e30),
        ("created_utc", float("nan")),
        ("created_utc", 12.0),
        ("author", 7),
    ],
)
def test_nonsense_is_a_bad_payload(key, value):
    raw = load("comment")
    raw["data"][key] = value

    with pytest.raises(BadPayload):
        to_mention(raw, READER)


@pytest.mark.parametrize("raw", [None, [], "t1", {}, {"kind": 1}, {"kind": "t1"}])
def test_what_is_no_thing_is_a_bad_payload(raw):
    with pytest.raises(BadPayload):
        to_mention(raw, READER)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["[deleted]", "t1_zz", "t3_zz", "/r/a/comments/zz/"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


NAMES = sorted(path.stem for path in PAYLOADS.rglob("*.json"))
KEYS = sorted({key for name in NAMES for key in load(name)["data"]})


@given(
    name=st.sampled_from(NAMES),
    changes=st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=3),
)
def test_no_payload_breaks_the_reading(name, changes):
    raw = load(name)
    raw["data"] |= changes

    try:
        mention = to_mention(raw, READER)
    except BadPayload:
        mention = None

    assert mention is None or mention.published_at.tzinfo is UTC
