"""What is said on a page, to it and about it, and how it is read without a gap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.connectors._graph import MESSAGE_FIELDS
from bot.connectors.facebook import FacebookConnector
from bot.domain.mentions import ChannelControl, MentionKind
from bot.errors import AccessDenied, BadPayload
from tests.connectors.passes import kept_aside, read_again
from tests.platforms.graph_server import PAGE_ID, GraphServer
from tests.platforms.graph_state import KNOWN, wanted


def test_a_comment_on_our_post_stands_on_our_own_ground(
    server: GraphServer, page: FacebookConnector, read: Any, clock: Any
) -> None:
    post = server.add_post("We open at nine.")
    said = server.add_comment(post, "Nobody was there at nine!", "990001")

    mention = read(page).mentions[said]

    assert mention.text == "Nobody was there at nine!"
    assert mention.kind is MentionKind.REPLY
    assert mention.control is ChannelControl.OWNED
    assert mention.is_addressed
    assert mention.is_public
    assert (mention.in_reply_to, mention.conversation) == (post, said)
    assert mention.author is not None
    assert (mention.author.external_id, mention.author.name) == (
        "990001",
        "Person 990001",
    )
    assert mention.url == f"https://www.facebook.com/{said}"
    assert mention.engagement.likes == 3
    assert mention.engagement.counted_at == clock()


def test_an_answer_to_a_comment_belongs_to_its_thread(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    post = server.add_post("We open at nine.")
    first = server.add_comment(post, "Late again", "990001")
    answer = server.add_comment(first, "Same here", "990002")

    mention = read(page).mentions[answer]

    assert (mention.conversation, mention.in_reply_to) == (first, first)


def test_two_people_below_one_post_are_two_conversations(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    post = server.add_post("We open at nine.")
    server.add_comment(post, "Late again", "990001")
    server.add_comment(post, "My card is blocked", "990002")

    talks = {one.conversation for one in read(page).mentions.values()}

    assert len(talks) == 2


def test_a_hidden_comment_is_read_and_is_not_public(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    said = server.add_comment(server.add_post("Hello"), "You thieves", "990001")
    server.hide(said)

    assert not read(page).mentions[said].is_public


def test_a_hidden_visitors_post_is_not_public(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    post = server.add_post("Nobody answers", "990002")
    server.hide(post)

    assert not read(page).mentions[post].is_public


def test_whom_privacy_hides_is_no_author(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    post = server.add_post("Hello")
    said = server.add_comment(post, "Call me back", "990001", has_author=False)

    assert read(page).mentions[said].author is None


def test_what_the_page_says_itself_is_no_mention(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    post = server.add_post("Hello")
    said = server.add_comment(post, "Call me back", "990001")
    server.add_comment(said, "We do.", PAGE_ID)
    server.add_message("990002", "Hello?")
    server.add_message("990002", "How can we help?", sender=PAGE_ID)

    texts = {one.text for one in read(page).mentions.values()}

    assert texts == {"Call me back", "Hello?"}


def test_a_visitors_post_is_on_our_ground_and_a_tag_is_not(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    visit = server.add_post("Why are you closed?", "990001")
    tag = server.add_tagged("Acme Bank charged me twice", "990002")

    mentions = read(page).mentions

    assert mentions[visit].control is ChannelControl.OWNED
    assert mentions[visit].kind is MentionKind.POST
    assert mentions[f"tagged:{tag}"].control is ChannelControl.MENTION
    assert mentions[f"tagged:{tag}"].is_addressed


def test_a_comment_on_a_visitors_post_is_read_too(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    visit = server.add_post("Why are you closed?", "990001", has_author=False)
    said = server.add_comment(visit, "I wonder too", "990002")

    assert read(page).mentions.keys() == {visit, said}


def test_a_message_is_private(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    said = server.add_message("990001", "Can you look at my complaint?")

    mention = read(page).mentions[said]

    assert mention.kind is MentionKind.MESSAGE
    assert not mention.is_public
    assert mention.conversation == "t_messenger_990001"


def test_a_round_at_rest_asks_for_three_lists_and_no_thread(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    post = server.add_post("Hello")
    server.add_comment(post, "One", "990001")
    first = read(page)

    second = read(page, first.cursor)

    assert first.reads == 4
    assert second.reads == 3
    assert second.mentions == {}


def test_only_threads_that_changed_are_read(
    server: GraphServer, page: FacebookConnector, read: Any, clock: Any
) -> None:
    posts = [server.add_post(f"Post {number}") for number in range(5)]
    for post in posts:
        server.add_comment(post, "One", "990001")
    first = read(page)
    clock.advance(days=3)
    late = server.add_comment(posts[1], "Two", "990002")

    second = read(page, first.cursor)

    assert second.mentions.keys() == {late}
    assert second.reads == 4


def test_a_comment_that_shows_up_late_is_new_all_the_same(
    server: GraphServer, page: FacebookConnector, read: Any, clock: Any
) -> None:
    post = server.add_post("Hello")
    server.add_comment(post, "One", "990001")
    first = read(page)
    late = server.add_comment(post, "Held back for a while", "990002")
    server.nodes[late].at = clock() - timedelta(minutes=10)

    assert read(page, first.cursor).mentions.keys() == {late}


def test_comments_below_a_post_that_is_not_watched_are_not_looked_for(
    server: GraphServer,
    connect: Callable[..., FacebookConnector],
    read: Any,
    clock: Any,
) -> None:
    old = server.add_post("Old")
    clock.advance(minutes=1)
    server.add_post("New")
    server.add_comment(old, "Anybody here?", "990001")

    assert read(connect(watch_posts=1)).mentions == {}
    assert len(read(connect(watch_posts=2)).mentions) == 1


def test_visitors_posts_beyond_one_page_are_read_down_to_the_known(
    server: GraphServer,
    connect: Callable[..., FacebookConnector],
    read: Any,
    clock: Any,
) -> None:
    page = connect(watch_posts=3)
    server.add_post("Known", "990001")
    first = read(page)
    new = set()
    for number in range(8):
        clock.advance(minutes=1)
        new.add(server.add_post(f"Visitor {number}", "990002"))

    assert read(page, first.cursor).mentions.keys() == new


def test_an_old_post_that_tags_us_today_is_new(
    server: GraphServer, page: FacebookConnector, read: Any, clock: Any
) -> None:
    server.add_tagged("First", "990001")
    first = read(page)
    old = server.add_tagged("Edited to tag you", "990002")
    server.nodes[old].at = clock() - timedelta(days=30)

    assert read(page, first.cursor).mentions.keys() == {f"tagged:{old}"}


@pytest.mark.parametrize("has_old_paging", [False, True])
def test_a_long_thread_is_read_page_by_page(
    server: GraphServer, page: FacebookConnector, read: Any, has_old_paging: bool
) -> None:
    server.has_old_paging = has_old_paging
    post = server.add_post("Hello")
    said = {server.add_comment(post, f"No. {n}", f"99{n}") for n in range(35)}

    done = read(page, limit=10)

    assert done.mentions.keys() == said
    assert done.reads == 7
    assert all(len(one.mentions) <= 10 for one in done.pages)


def test_a_page_token_that_has_ended_begins_the_thread_anew(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    post = server.add_post("Hello")
    said = {server.add_comment(post, f"No. {n}", f"99{n}") for n in range(15)}
    begun = page.fetch(page.fetch(None, limit=10).cursor, limit=10)
    while not begun.mentions:
        begun = page.fetch(begun.cursor, limit=10)
    server.fail_next("bad_token", path="comments")

    rest = read(page, begun.cursor, limit=10)

    assert {*rest.mentions} == said


def test_a_post_that_went_before_its_comments_were_read_stops_nothing(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    gone, kept = server.add_post("Gone"), server.add_post("Kept")
    server.add_comment(gone, "One", "990001")
    said = server.add_comment(kept, "Two", "990002")
    begun = page.fetch(None, limit=10)
    server.delete(gone)

    assert read(page, begun.cursor).mentions.keys() == {said}


def test_more_messages_than_facebook_shows_are_told_of(
    server: GraphServer, page: FacebookConnector, read: Any, clock: Any
) -> None:
    server.add_message("990001", "Hello?")
    first = read(page)
    for number in range(25):
        clock.advance(hours=1)
        server.add_message("990001", f"Message {number}")

    second = read(page, first.cursor)

    assert len(second.mentions) == 20
    assert [one.where for one in second.bad] == ["messages:t_messenger_990001"]
    assert "may be missing" in second.bad[0].reason


def test_many_messages_of_which_one_is_known_hide_nothing(
    server: GraphServer, page: FacebookConnector, read: Any, clock: Any
) -> None:
    server.add_message("990001", "Hello?")
    cursor = read(page).cursor
    for _ in range(3):
        for number in range(10):
            clock.advance(seconds=1)
            server.add_message("990001", f"Message {number}")
        done = read(page, cursor)
        cursor = done.cursor

        assert len(done.mentions) == 10
        assert done.bad == []


def test_only_the_lists_that_are_wanted_are_asked_for(
    server: GraphServer, connect: Callable[..., FacebookConnector], read: Any
) -> None:
    server.add_message("990001", "Hello?")
    server.add_tagged("Acme Bank!", "990002")

    assert read(connect(reads=["feed"])).mentions == {}
    assert not [one for one in server.requests if "conversations" in one.path]


def test_nobody_is_led_to_another_host_by_an_answer(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    post = server.add_post("Hello")
    for number in range(12):
        server.add_comment(post, f"No. {number}", f"99{number}")

    read(page, limit=10)

    paged = [one.query for one in server.requests if "after" in one.query]
    assert paged
    assert not [one for one in paged if "access_token" in one]


def test_a_date_in_the_platforms_future_hides_nothing_that_comes_later(
    server: GraphServer, page: FacebookConnector, read: Any, clock: Any
) -> None:
    post = server.add_post("Hello")
    odd = server.add_comment(post, "From tomorrow", "990001")
    server.spoil(odd, created_time="2099-01-01T00:00:00+0000")
    first = read(page)
    clock.advance(hours=1)
    late = server.add_comment(post, "From today", "990002")

    assert late in read(page, first.cursor).mentions


def test_a_list_that_was_empty_at_first_is_read_to_its_end_later(
    server: GraphServer, connect: Callable[..., FacebookConnector], read: Any
) -> None:
    page = connect(watch_posts=3)
    first = read(page)
    new = {server.add_post(f"Visitor {number}", "990002") for number in range(8)}

    assert read(page, first.cursor).mentions.keys() == new


def test_a_missing_permission_switches_the_source_off(
    server: GraphServer, page: FacebookConnector, read: Any
) -> None:
    server.fail_next("no_permission", path="tagged")

    with pytest.raises(AccessDenied, match="permission"):
        read(page)


def test_a_cursor_of_somebody_else_is_refused(page: FacebookConnector) -> None:
    with pytest.raises(BadPayload):
        page.fetch("not one of ours", limit=10)  # type: ignore[arg-type]


def test_messages_are_asked_for_by_what_the_stand_in_shows() -> None:
    assert {one.name for one in wanted(MESSAGE_FIELDS)} == KNOWN["message"]


def test_a_thing_that_was_kept_aside_is_read_in_its_place(
    server: GraphServer, connect: Any, read: Any, monkeypatch: Any
) -> None:
    post = server.add_post("We open at nine.")
    first = server.add_comment(post, "Late again", "990001")
    server.add_comment(first, "Same here", "990002")
    kept = kept_aside(connect(), monkeypatch)
    assert kept.mentions == {}
    would = read(connect()).mentions

    again = read_again(connect(), kept.bad)

    assert again == would
    assert {one.conversation for one in again.values()} == {first}
