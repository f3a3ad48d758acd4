from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.connectors._bluesky_posts import View, read_posts, to_mention
from bot.domain.mentions import ChannelControl, MentionKind
from bot.errors import BadPayload
from tests.contract.test_connector_contract import NONSENSE, unstorable
from tests.platforms.bluesky_state import HANDLE, did_of

PAYLOADS = Path(__file__).parent / "payloads"
US = did_of(HANDLE)


def saved(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def view_of(payload: Any) -> View:
    profiles = {one["did"]: one for one in payload["profiles"]}
    return View(brand="acme", did=US, profiles=profiles)


def mention_of(name: str) -> Any:
    payload = saved(name)
    return to_mention(payload["posts"][0], view_of(payload))


def test_a_post_that_tags_us() -> None:
    mention = mention_of("post_that_tags_us")

    assert mention.text == f"Hé @{HANDLE}, where is my refund? \U0001f92f"
    assert (mention.kind, mention.control) == (
        MentionKind.POST,
        ChannelControl.MENTION,
    )
    assert mention.is_addressed
    assert mention.is_public
    assert mention.conversation == mention.external_id
    assert mention.language_hint == "en"
    assert mention.author.followers == 1204
    assert mention.author.bio == "Gardens, ferries, complaints."
    assert not mention.author.is_declared_bot
    assert mention.engagement.likes == 2
    key = mention.external_id.rpartition("/")[2]
    did = mention.author.external_id
    assert mention.url == f"https://bsky.app/profile/{did}/post/{key}"


def test_an_answer_below_our_post_by_somebody_who_is_not_for_strangers() -> None:
    mention = mention_of("reply_to_us")

    assert (mention.kind, mention.control) == (MentionKind.REPLY, ChannelControl.OWNED)
    assert mention.in_reply_to == mention.conversation
    assert mention.is_addressed
    assert not mention.is_public
    assert mention.language_hint == "pt"
    assert mention.author.followers is None


def test_a_quote_with_a_picture_by_a_declared_bot() -> None:
    mention = mention_of("quote_of_us_by_a_bot")

    assert (mention.kind, mention.control) == (
        MentionKind.QUOTE,
        ChannelControl.THIRD_PARTY,
    )
    assert mention.amplifies.startswith(f"at://{US}/")
    assert mention.is_addressed
    assert mention.author.is_declared_bot


def test_a_reply_to_somebody_else_that_quotes_us_is_not_said_to_us() -> None:
    payload = saved("quote_of_us_by_a_bot")
    theirs = {"uri": "at://did:plc:other/app.bsky.feed.post/3abc", "cid": "x"}
    payload["posts"][0]["record"]["reply"] = {"parent": theirs, "root": theirs}

    mention: Any = to_mention(payload["posts"][0], view_of(payload))

    assert mention.kind is MentionKind.REPLY
    assert not mention.is_addressed


def test_whoever_answers_others_below_our_post_stands_on_our_ground() -> None:
    payload = saved("quote_of_others")
    theirs = {"uri": "at://did:plc:other/app.bsky.feed.post/3abc", "cid": "x"}
    ours = {"uri": f"at://{US}/app.bsky.feed.post/3abc", "cid": "x"}
    payload["posts"][0]["record"]["reply"] = {"parent": theirs, "root": ours}

    mention: Any = to_mention(payload["posts"][0], view_of(payload))

    assert mention.control is ChannelControl.OWNED
    assert not mention.is_addressed


def test_a_quote_of_others_does_not_address_us() -> None:
    mention = mention_of("quote_of_others")

    assert mention.kind is MentionKind.QUOTE
    assert not mention.is_addressed


def test_it_is_published_when_bluesky_had_it_whatever_the_author_claims() -> None:
    payload = saved("quote_of_others")
    assert payload["posts"][0]["record"]["createdAt"].startswith("2199")

    mention: Any = to_mention(payload["posts"][0], view_of(payload))

    assert mention.published_at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("claim", ["yesterday", "0001-01-01T00:00:00Z", 7, None])
def test_what_an_author_claims_of_time_spoils_nothing(claim: Any) -> None:
    payload = saved("post_that_tags_us")
    payload["posts"][0]["record"]["createdAt"] = claim
    payload["profiles"][0]["createdAt"] = claim

    mention: Any = to_mention(payload["posts"][0], view_of(payload))

    assert mention.author.created_at is None


def test_a_label_that_others_gave_or_took_back_declares_nothing() -> None:
    payload = saved("quote_of_us_by_a_bot")
    for change in ({"src": "did:plc:labeler"}, {"neg": True}):
        post, profile = payload["posts"][0], copy.deepcopy(payload["profiles"][0])
        profile["labels"][0] |= change
        view = View(brand="acme", did=US, profiles={profile["did"]: profile})

        mention: Any = to_mention(post, view)
        assert not mention.author.is_declared_bot


def test_a_quoted_list_is_no_post_carried_further() -> None:
    payload = saved("quote_of_others")
    post = payload["posts"][0]
    post["record"]["embed"]["record"]["uri"] = f"at://{US}/app.bsky.graph.list/3abc"

    mention: Any = to_mention(post, view_of(payload))

    assert (mention.kind, mention.amplifies) == (MentionKind.POST, None)


def test_a_reply_that_quotes_is_a_reply() -> None:
    payload = saved("reply_to_us")
    post = payload["posts"][0]
    post["record"]["embed"] = saved("quote_of_others")["posts"][0]["record"]["embed"]

    mention: Any = to_mention(post, view_of(payload))

    assert (mention.kind, mention.amplifies) == (MentionKind.REPLY, None)


def test_an_account_whose_handle_is_broken_is_an_author_all_the_same() -> None:
    payload = saved("reply_to_us")
    payload["posts"][0]["author"]["handle"] = "handle.invalid"

    mention: Any = to_mention(payload["posts"][0], view_of(payload))

    assert mention.author.handle == "handle.invalid"
    assert mention.author.external_id in mention.url


def test_what_stands_in_somebody_elses_repository_is_nonsense() -> None:
    payload = saved("reply_to_us")
    payload["posts"][0]["author"]["did"] = "did:plc:another"

    with pytest.raises(BadPayload):
        to_mention(payload["posts"][0], view_of(payload))


def test_every_value_may_be_nonsense() -> None:
    for file in sorted(PAYLOADS.glob("*.json")):
        payload = json.loads(file.read_text(encoding="utf-8"))
        view = view_of(payload)
        for post in variations(payload["posts"][0]):
            mentions, bad = read_posts([post], view)

            assert len(mentions) + len(bad) == 1
            assert not [one for mention in mentions for one in unstorable(mention)]


def variations(post: Any) -> Any:
    yield from NONSENSE
    for path in paths(post):
        for odd in NONSENSE:
            changed = copy.deepcopy(post)
            inner = changed
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = odd
            if changed.get("author", {}) and author(changed) != US:
                yield changed


def author(post: Any) -> Any:
    return post["author"].get("did") if isinstance(post["author"], dict) else None


def paths(value: Any, before: tuple[Any, ...] = ()) -> Any:
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inside:
        yield (*before, key)
        if isinstance(one, dict | list):
            yield from paths(one, (*before, key))
