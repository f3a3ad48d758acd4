"""What is said below our posts, to us and about us on Instagram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from bot.connectors.instagram import InstagramConnector, InstagramSettings
from bot.domain.mentions import ChannelControl, MentionKind
from tests.platforms.graph_server import ACCOUNT_ID, APP_ID, APP_SECRET, GraphServer


def test_a_comment_below_our_post_stands_on_our_own_ground(
    server: GraphServer, account: InstagramConnector, read: Any
) -> None:
    media = server.add_media("We open at nine.")
    said = server.add_ig_comment(media, "Nobody was there!", "quill.marta")

    mention = read(account).mentions[said]

    assert mention.text == "Nobody was there!"
    assert mention.kind is MentionKind.REPLY
    assert mention.control is ChannelControl.OWNED
    assert (mention.in_reply_to, mention.conversation) == (media, said)
    assert mention.author is not None
    assert mention.author.handle == "quill.marta"
    assert mention.author.external_id.isdigit()
    assert mention.url == f"https://www.instagram.com/p/{media}/"


def test_an_author_of_whom_only_the_name_is_told_goes_by_it(
    server: GraphServer, account: InstagramConnector, read: Any
) -> None:
    said = server.add_ig_comment(server.add_media(), "Hello?", "quill.marta")
    server.nodes[said].has_author = False

    author = read(account).mentions[said].author

    assert author is not None
    assert (author.external_id, author.handle) == ("quill.marta", "quill.marta")


def test_an_answer_to_a_comment_belongs_to_its_thread(
    server: GraphServer, account: InstagramConnector, read: Any
) -> None:
    first = server.add_ig_comment(server.add_media(), "Late again", "one")
    answer = server.add_ig_comment(first, "Same here", "two")

    mention = read(account).mentions[answer]

    assert (mention.conversation, mention.in_reply_to) == (first, first)


def test_a_hidden_comment_is_not_public(
    server: GraphServer, account: InstagramConnector, read: Any
) -> None:
    said = server.add_ig_comment(server.add_media(), "You thieves", "one")
    server.hide(said)

    assert not read(account).mentions[said].is_public


def test_what_we_say_ourselves_is_no_mention(
    server: GraphServer, account: InstagramConnector, read: Any
) -> None:
    said = server.add_ig_comment(server.add_media("Hello"), "Call me", "one")
    server.add_ig_comment(said, "We do.", ACCOUNT_ID)
    server.add_message("two", "Hello?", "INSTAGRAM")
    server.add_message("two", "How can we help?", "INSTAGRAM", ACCOUNT_ID)

    texts = {one.text for one in read(account).mentions.values()}

    assert texts == {"Call me", "Hello?"}


def test_a_post_that_tags_us_is_somebody_elses_ground(
    server: GraphServer, account: InstagramConnector, read: Any
) -> None:
    tag = server.add_tag("@acmebank lost my deposit", "leo.marsh")

    mention = read(account).mentions[f"tagged:{tag}"]

    assert mention.control is ChannelControl.MENTION
    assert mention.author is not None
    assert mention.author.handle == "leo.marsh"
    assert mention.text == "@acmebank lost my deposit"


def test_messages_come_through_the_page_where_there_is_one(
    server: GraphServer, connect: Callable[..., InstagramConnector], read: Any
) -> None:
    said = server.add_message("one", "Hello?", "INSTAGRAM")
    server.add_message("990001", "Hello?")

    mentions = read(connect(page_id="1020304050")).mentions

    assert mentions.keys() == {said}
    assert not mentions[said].is_public
    assert any("/1020304050/conversations" in one.path for one in server.requests)


def test_long_threads_and_many_answers_are_read_whole(
    server: GraphServer, account: InstagramConnector, read: Any, clock: Any
) -> None:
    media = server.add_media()
    said = set()
    for number in range(30):
        clock.advance(minutes=1)
        first = server.add_ig_comment(media, f"No. {number}", f"a{number}")
        said.add(first)
    for number in range(70):
        clock.advance(minutes=1)
        said.add(server.add_ig_comment(first, f"Answer {number}", f"b{number}"))

    first_round = read(account, limit=10)
    second_round = read(account, first_round.cursor, limit=10)

    assert first_round.mentions.keys() == said
    assert second_round.mentions == {}


def test_an_answer_in_an_old_thread_is_found_by_the_posts_count(
    server: GraphServer, account: InstagramConnector, read: Any, clock: Any
) -> None:
    media = server.add_media()
    first = server.add_ig_comment(media, "Late again", "one")
    begun = read(account)
    clock.advance(days=20)
    answer = server.add_ig_comment(first, "Same here", "two")

    assert read(account, begun.cursor).mentions.keys() == {answer}


def test_a_count_that_stands_still_hides_an_answer_for_an_hour_at_most(
    server: GraphServer, account: InstagramConnector, read: Any, clock: Any
) -> None:
    media = server.add_media()
    first, gone = (server.add_ig_comment(media, f"{n}", f"a{n}") for n in range(2))
    cursor = read(account).cursor
    clock.advance(hours=2)
    server.delete(gone)
    answer = server.add_ig_comment(first, "Same here", "two")

    found: set[str] = set()
    for _ in range(12):
        done = read(account, cursor)
        cursor, found = done.cursor, found | done.mentions.keys()

    assert found == {answer}


def test_a_round_at_rest_asks_for_three_lists(
    server: GraphServer, account: InstagramConnector, read: Any
) -> None:
    server.add_ig_comment(server.add_media(), "One", "one")
    first = read(account)

    assert read(account, first.cursor).reads == 3


def test_check_says_as_whom_and_what_the_token_lacks(
    server: GraphServer, connect: Callable[..., InstagramConnector]
) -> None:
    account = connect(app_id=APP_ID, app_secret=APP_SECRET)
    assert account.check().account_handle == "acmebank"
    server.scopes = ["instagram_business_basic", "instagram_business_manage_comments"]

    health = account.check()

    assert not health.ok
    assert "instagram_manage_messages" in health.detail


def test_on_facebooks_host_messages_need_the_page() -> None:
    given = {"brand": "acme", "account": "acmebank", "access_token": "x"}
    given["account_id"] = ACCOUNT_ID

    with pytest.raises(ValidationError, match="page_id"):
        InstagramSettings.model_validate(given)

    InstagramSettings.model_validate({**given, "page_id": "1"})
    instagrams = {"base_url": "https://graph.instagram.com"}
    InstagramSettings.model_validate({**given, **instagrams})
