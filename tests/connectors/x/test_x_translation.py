from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.connectors._x_posts import View, to_mention
from bot.domain.mentions import ChannelControl, Engagement, Mention, MentionKind
from bot.errors import BadPayload
from tests.platforms.x_server import ACCOUNT_ID, HANDLE

PAYLOADS = Path(__file__).parent / "payloads"
VIEW = View(brand="acme", account_id=ACCOUNT_ID, handle=HANDLE)


def answer(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(params=["mentions_tweet_names", "mentions_post_names"])
def read(request: pytest.FixtureRequest) -> list[Mention]:
    told = answer(request.param)
    return [to_mention(post, VIEW.beside(told)) for post in told["data"]]


def with_text(read: list[Mention], part: str) -> Mention:
    [found] = [one for one in read if part in one.text]
    return found


def test_both_generations_of_names_say_the_same() -> None:
    older, newer = answer("mentions_tweet_names"), answer("mentions_post_names")

    assert [to_mention(post, VIEW.beside(older)) for post in older["data"]] == [
        to_mention(post, VIEW.beside(newer)) for post in newer["data"]
    ]


def test_a_post_brings_its_author_and_its_counts(read: list[Mention]) -> None:
    mention = with_text(read, "my card is blocked")

    assert mention.text == "@AcmeCares my card is blocked & nobody answers <3 hours>"
    assert mention.kind is MentionKind.POST
    assert mention.url == f"https://x.com/jane_invented/status/{mention.external_id}"
    assert mention.engagement == Engagement(likes=4, reposts=2, views=310)
    author = mention.author
    assert author is not None
    assert (author.handle, author.name) == ("jane_invented", "Jane & Co")
    assert author.bio == "Reporter at the Fern Lane Gazette & mother"
    assert (author.followers, author.following, author.posts) == (48210, 20, 30)
    assert author.is_verified
    assert author.created_at == datetime(2016, 4, 3, 10, 20, 30, tzinfo=UTC)


def test_a_reply_to_our_post_stands_on_our_own_ground(read: list[Mention]) -> None:
    mention = with_text(read, "closed again at noon")

    assert mention.kind is MentionKind.REPLY
    assert mention.in_reply_to == mention.conversation != mention.external_id
    assert mention.control is ChannelControl.OWNED
    assert mention.is_addressed
    assert not mention.is_amplification


def test_a_post_that_tags_us_is_a_mention(read: list[Mention]) -> None:
    mention = with_text(read, "my card is blocked")

    assert mention.control is ChannelControl.MENTION
    assert mention.is_addressed


def test_a_quote_of_our_post_addresses_us(read: list[Mention]) -> None:
    mention = with_text(read, "This is how they treat us")

    assert mention.kind is MentionKind.QUOTE
    assert mention.is_amplification
    assert mention.is_addressed
    assert mention.control is ChannelControl.THIRD_PARTY
    assert not mention.is_public


def test_a_repost_carries_the_whole_text_and_addresses_nobody(
    read: list[Mention],
) -> None:
    mention = with_text(read, "did they ever get them back from the branch?")

    assert mention.kind is MentionKind.REPOST
    assert mention.amplifies is not None
    assert mention.engagement == Engagement()
    assert not mention.is_addressed


def test_an_edit_keeps_the_first_id_and_the_first_instant(read: list[Mention]) -> None:
    mention = with_text(read, "it was 40, not 14")

    assert mention.edited_at is not None
    assert (mention.edited_at - mention.published_at).total_seconds() == 60
    assert mention.external_id == mention.conversation


def test_a_long_post_is_read_whole(read: list[Mention]) -> None:
    mention = with_text(read, "standing order")

    assert mention.text.endswith("What now?")
    assert len(mention.text) > 280


def test_an_author_whom_x_does_not_show_is_none(read: list[Mention]) -> None:
    mention = with_text(read, "gone since")

    assert mention.author is None
    assert mention.url == f"https://x.com/i/web/status/{mention.external_id}"
    assert mention.language_hint is None


def test_a_tag_in_the_text_counts_where_x_sends_no_entities(
    read: list[Mention],
) -> None:
    mention = with_text(read, "😡😡")

    assert mention.is_addressed
    assert mention.language_hint is None


def test_a_reply_that_quotes_is_a_reply_and_no_amplification(
    read: list[Mention],
) -> None:
    mention = with_text(read, "says there is wrong")

    assert mention.kind is MentionKind.REPLY
    assert not mention.is_amplification
    assert mention.is_addressed


def test_an_answer_with_default_fields_only_is_understood() -> None:
    told = answer("default_fields_only")

    first, second = [to_mention(post, VIEW) for post in told["data"]]

    assert first.published_at > second.published_at > datetime(2026, 1, 1, tzinfo=UTC)
    assert first.author is None
    assert first.conversation == first.external_id
    assert first.is_addressed
    assert not second.is_addressed


def test_a_reply_in_a_conversation_that_we_began_is_on_our_ground() -> None:
    post = plain(conversation_id="2028000000000000000")
    view = View(
        brand="acme", account_id=ACCOUNT_ID, ours=frozenset({"2028000000000000000"})
    )

    assert to_mention(post, view).control is ChannelControl.OWNED
    assert not to_mention(post, view).is_addressed
    assert to_mention(post, VIEW).control is ChannelControl.THIRD_PARTY


def plain(**more: Any) -> dict[str, Any]:
    return {
        "id": "2028000251658240000",
        "text": "something about acme",
        "created_at": "2026-02-28T19:00:00.000Z",
        **more,
    }


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("en", "en"),
        ("in", "id"),
        ("iw", "he"),
        ("und", None),
        ("qht", None),
        ("", None),
    ],
)
def test_language_codes_become_hints(code: str, hint: str | None) -> None:
    assert to_mention(plain(lang=code), VIEW).language_hint == hint


@pytest.mark.parametrize(
    "spoilt",
    [
        {"id": None},
        {"id": 7},
        {"id": "seven"},
        {"id": "²"},
        {"text": None},
        {"text": ["a"]},
        {"created_at": "yesterday"},
        {"created_at": 5},
        {"created_at": "1970-01-01T00:00:00Z"},
        {"edit_history_tweet_ids": 4},
        {"referenced_tweets": [{"type": "quoted"}]},
        {"public_metrics": {"like_count": "many"}},
        {"public_metrics": {"like_count": -1}},
        {"public_metrics": {"like_count": 10**30}},
        {"conversation_id": {"id": "1"}},
        {"author_id": []},
        {"note_tweet": "x"},
        {"entities": {"mentions": [3]}},
        {"id": "7", "created_at": None},
    ],
)
def test_nonsense_is_a_bad_payload_that_says_why(spoilt: dict[str, Any]) -> None:
    with pytest.raises(BadPayload) as caught:
        to_mention(plain(**spoilt), VIEW)

    assert caught.value.detail
    assert caught.value.__cause__ is not None


def test_what_no_database_takes_is_taken_out_of_the_text() -> None:
    assert to_mention(plain(text="a\x00b\ud83d c &amp;"), VIEW).text == "ab\ufffd c &"


def test_a_post_longer_than_any_platform_has_is_a_bad_payload() -> None:
    with pytest.raises(BadPayload):
        to_mention(plain(text="x" * 10_000_000), VIEW)
