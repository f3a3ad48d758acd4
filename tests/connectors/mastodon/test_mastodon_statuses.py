from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.connectors._mastodon_statuses import View, addressed, read_items, to_mention
from bot.domain.mentions import ChannelControl, MentionKind
from bot.errors import BadPayload

PAYLOADS = Path(__file__).parent / "payloads"
US = "109000000000000001"
VIEW = View(brand="acme", account_id=US)


def saved(name: str, **changes: Any) -> Any:
    payload = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    [item] = payload["answer"]["items"]
    return {**item, **changes}


def a_status(**changes: Any) -> Any:
    return {**saved("mention")["status"], **changes}


def an_author(**changes: Any) -> Any:
    status = a_status()
    mention = to_mention({**status, "account": {**status["account"], **changes}}, VIEW)
    return mention.author


def test_a_notification_becomes_a_mention_of_its_status() -> None:
    mention = to_mention(saved("mention"), VIEW)

    assert mention.external_id == "116159520051200001"
    assert mention.text == "Banks\n\n@AcmeCares my card is stuck"
    assert mention.kind is MentionKind.POST
    assert mention.is_addressed
    assert mention.is_public
    assert mention.control is ChannelControl.MENTION
    assert mention.edited_at is not None
    assert mention.language_hint == "en"
    assert mention.engagement.likes == 3
    assert mention.author is not None
    assert mention.author.handle == "jane@far.example"
    assert mention.author.bio == "Bakes & cycles.\nAsk me"
    assert mention.author.followers == 812
    assert not mention.author.is_declared_bot


def test_a_private_reply_is_a_message_on_our_ground() -> None:
    mention = to_mention(saved("reply_in_private"), VIEW)

    assert mention.kind is MentionKind.MESSAGE
    assert not mention.is_public
    assert mention.in_reply_to == mention.conversation == "116159520051200001"
    assert mention.control is ChannelControl.OWNED
    assert mention.text == "Still nothing\n\nSee https://acme.example/help"


def test_a_boost_carries_a_text_and_addresses_nobody() -> None:
    mention = to_mention(saved("boost"), VIEW)

    assert mention.kind is MentionKind.REPOST
    assert mention.amplifies == "116159520051200001"
    assert mention.text == "@AcmeCares my card is stuck"
    assert not mention.is_addressed
    assert mention.author is not None
    assert mention.author.is_declared_bot


def test_a_quote_of_ours_addresses_us_in_its_own_words() -> None:
    mention = to_mention(saved("quote"), VIEW)

    assert mention.kind is MentionKind.QUOTE
    assert mention.amplifies == "116159520051200009"
    assert mention.text == "Really?"
    assert mention.is_addressed


def test_a_reply_to_somebody_else_that_quotes_us_is_not_said_to_us() -> None:
    quote = {**saved("quote")["quote"]}
    status = a_status(
        in_reply_to_id="8", in_reply_to_account_id="5", mentions=[], quote=quote
    )

    mention = to_mention(status, VIEW)

    assert not mention.is_addressed
    assert mention.control is ChannelControl.THIRD_PARTY


@pytest.mark.parametrize("quote", [{"quoted_status_id": "7"}, {"id": "7"}])
def test_a_quote_is_told_in_more_than_one_shape(quote: Any) -> None:
    assert to_mention(a_status(quote=quote), VIEW).amplifies == "7"


@pytest.mark.parametrize("name", ["gotosocial", "pleroma", "bare"])
def test_a_server_may_leave_fields_out(name: str) -> None:
    mention = to_mention(saved(name), VIEW)

    assert mention.text
    assert mention.edited_at is None
    assert mention.author is None or mention.author.followers is None


@pytest.mark.parametrize(
    ("visibility", "is_public"),
    [
        ("public", True),
        ("unlisted", True),
        ("private", False),
        ("direct", False),
        ("local", False),
        (None, False),
    ],
)
def test_only_what_all_can_read_is_public(visibility: Any, is_public: bool) -> None:
    assert to_mention(a_status(visibility=visibility), VIEW).is_public == is_public


@pytest.mark.parametrize(
    ("told", "followers"),
    [
        ({"followers_count": 5, "hide_collections": True}, 5),
        ({"followers_count": 0, "hide_collections": True}, None),
        ({"followers_count": 0}, 0),
        ({"followers_count": -1}, None),
        ({"followers_count": None}, None),
        ({"followers_count": "many"}, None),
    ],
)
def test_hidden_followers_are_unknown(told: Any, followers: int | None) -> None:
    assert an_author(**told).followers == followers


def test_a_suspended_account_is_no_author() -> None:
    assert an_author(suspended=True) is None


def test_a_thread_that_we_began_is_our_ground() -> None:
    view = View(
        brand="acme", account_id=US, roots={"8": "7"}, ours=frozenset({"7", "1"})
    )

    mention = to_mention(a_status(in_reply_to_id="8", mentions=[]), view)

    assert mention.conversation == "7"
    assert mention.control is ChannelControl.OWNED


@pytest.mark.parametrize(
    "item",
    [
        {"id": "1", "type": "mention", "status": None},
        {"id": "1", "type": "favourite", "status": {}},
        {"id": "1", "content": "x"},
        {"id": "a/b", "content": "x", "created_at": "2026-03-02T09:00:00Z"},
        {"id": "1", "content": "x", "created_at": "1970-01-01T00:00:00Z"},
        {"id": "1", "content": "x" * 200_001, "created_at": "2026-03-02T09:00:00Z"},
        {"error": "Record not found"},
        [],
        "status",
        None,
    ],
)
def test_nonsense_is_a_bad_payload_with_a_reason(item: Any) -> None:
    with pytest.raises(BadPayload) as caught:
        to_mention(item, VIEW)

    assert caught.value.detail


def test_a_page_goes_on_without_what_makes_no_sense_and_what_is_ours() -> None:
    ours = a_status(id="3", account={"id": US})
    late, early = (
        a_status(id="2"),
        a_status(id="1", created_at="2026-03-01T00:00:00Z"),
    )

    mentions, bad = read_items([late, {"id": "9"}, ours, early], VIEW)

    assert [one.external_id for one in mentions] == ["1", "2"]
    assert [one.where for one in bad] == ["mastodon:9"]
    assert bad[0].payload == '{"id": "9"}'


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Hello", "@jo Hello"),
        ("@jo hello", "@jo hello"),
        ("@jon hello", "@jo @jon hello"),
        ("@jo@far.example hello", "@jo @jo@far.example hello"),
        ("mail me@jo", "@jo mail me@jo"),
    ],
)
def test_a_handle_is_put_before_a_text_that_lacks_it(text: str, sent: str) -> None:
    assert addressed(text, "jo") == sent
