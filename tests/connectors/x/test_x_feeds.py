from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.channels import Cursor
from bot.domain.mentions import ChannelControl
from bot.errors import AccessDenied, BadPayload, RateLimited
from tests.connectors.passes import kept_aside, read_again
from tests.platforms.x_server import ACCOUNT_ID, HANDLE, WEEK, XServer

SEARCH, MENTIONS = "/2/tweets/search/recent", f"/2/users/{ACCOUNT_ID}/mentions"


def add(
    server: XServer, clock: Any, text: str, author: str = "jane", **more: Any
) -> str:
    clock.advance(minutes=1)
    return server.add_post(text, author, **more).id


def asked(server: XServer, path: str) -> list[dict[str, str]]:
    return [one.query for one in server.requests if one.path == path]


def test_three_feeds_meet_in_one_stream(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    own = add(server, clock, "We are open today.", HANDLE)
    tagged = add(server, clock, f"@{HANDLE} help")
    found = add(server, clock, "Acme lost my parcel")
    parent = add(server, clock, "open? really?", "bob", reply_to=own)
    below = add(server, clock, "never", "carl", reply_to=parent)
    add(server, clock, "the weather is nice")

    mentions = read(connect(query="acme")).mentions

    assert set(mentions) == {tagged, found, parent, below}
    assert mentions[below].control is ChannelControl.OWNED
    assert mentions[below].conversation == own
    assert not mentions[below].is_addressed


def test_each_page_costs_what_x_hands_out(
    server: Any, clock: Any, x: Any, read: Any
) -> None:
    for number in range(23):
        add(server, clock, f"@{HANDLE} number {number}")

    reading = read(x, limit=10)

    assert reading.reads == 23
    assert [len(page.mentions) for page in reading.pages if page.reads] == [10, 10, 3]


def test_a_feed_at_rest_costs_nothing_after_one_look_back(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    add(server, clock, f"@{HANDLE} acme")
    x, cursor, costs = connect(query="acme"), None, []

    for _ in range(4):
        reading = read(x, cursor)
        cursor = reading.cursor
        costs.append(reading.reads)

    assert costs == [2, 2, 0, 0]


def test_a_post_that_x_indexes_late_is_still_seen(
    server: Any, clock: Any, x: Any, read: Any
) -> None:
    first = add(server, clock, f"@{HANDLE} first")
    cursor = read(x).cursor
    earlier = clock() - timedelta(seconds=20)
    late = server.add_post(f"@{HANDLE} late", "bob", at=earlier).id

    assert int(late) < int(first)
    assert late in read(x, cursor).mentions


def test_an_edit_is_no_second_mention(
    server: Any, clock: Any, x: Any, read: Any
) -> None:
    first = add(server, clock, f"@{HANDLE} it is 14")
    before = read(x)
    add(server, clock, f"@{HANDLE} it is 40", edit_of=first)

    after = read(x, before.cursor).mentions

    assert set(before.mentions) == set(after) == {first}
    assert after[first].edited_at == clock()
    assert after[first].published_at == before.mentions[first].published_at


def test_our_own_posts_are_no_mentions(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    add(server, clock, f"acme and @{HANDLE}", HANDLE)

    assert read(connect(query="acme")).mentions == {}


def test_posts_older_than_start_at_are_left_out(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    add(server, clock, f"@{HANDLE} old")
    new = add(server, clock, f"@{HANDLE} new")
    start = clock() - timedelta(seconds=1)

    assert set(read(connect(start_at=start)).mentions) == {new}


def test_another_query_starts_afresh_and_the_old_one_is_forgotten(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    parcel = add(server, clock, "a parcel")
    add(server, clock, "a letter")
    cursor = read(connect(query="letter")).cursor

    reading = read(connect(query="parcel"), cursor)

    assert set(reading.mentions) == {parcel}
    kept = json.loads(reading.cursor)["feeds"]
    assert len([feed for feed in kept if feed.startswith("search:")]) == 1


def test_a_since_id_that_search_refuses_makes_it_read_all_it_has(
    server: Any, clock: Any, connect: Any, read: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.search_window = WEEK
    x = connect(query="acme", watch_conversations=0)
    add(server, clock, "acme once")
    cursor = read(x).cursor
    clock.advance(days=30)
    late = add(server, clock, "acme again")

    reading = read(x, cursor)

    assert set(reading.mentions) == {late}
    [told] = [page.missed for page in reading.pages if page.missed]
    assert "does not reach back to the post" in told
    since = ["since_id" in query for query in asked(server, SEARCH)]
    assert since == [False, True, False]
    assert "does not reach back to" in caplog.text


def test_a_page_token_that_expired_makes_the_pass_start_again(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    said = {add(server, clock, f"@{HANDLE} number {one}") for one in range(25)}
    x = connect(watch_conversations=0)
    page = x.fetch(None, limit=10)
    server.fail_next("bad_token", path="mentions")

    rest = read(x, page.cursor, limit=10)

    assert {one.external_id for one in page.mentions} | set(rest.mentions) == said


def test_token_and_since_id_may_both_be_refused(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    x = connect(watch_conversations=0)
    add(server, clock, f"@{HANDLE} before")
    cursor = read(x).cursor
    said = {add(server, clock, f"@{HANDLE} number {one}") for one in range(15)}
    page = x.fetch(cursor, limit=10)
    server.fail_next("bad_token", path="mentions")
    server.fail_next("old_since_id", path="mentions")

    assert said <= set(read(x, page.cursor, limit=10).mentions)


def tag(server: XServer, clock: Any, count: int) -> list[str]:
    """Let so many people tag us, one a second; give the ids of their posts."""
    said = []
    for number in range(count):
        clock.advance(seconds=1)
        said.append(server.add_post(f"@{HANDLE} number {number}", "jane").id)
    return said


def test_more_mentions_than_x_goes_back_is_said_and_not_passed_over(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    x = connect(watch_conversations=0)
    add(server, clock, f"@{HANDLE} before")
    cursor = read(x, read(x).cursor).cursor
    since = json.loads(cursor)["feeds"]["mentions"]["since"]
    said = tag(server, clock, 830)

    reading = read(x, cursor)

    assert list(reading.mentions)[-1] == said[129]
    assert set(reading.mentions) == set(said[30:])
    assert [len(page.bad) for page in reading.pages] == [0] * 7 + [1]
    [gap] = reading.pages[-1].bad
    assert [page.missed for page in reading.pages] == [""] * 7 + [gap.reason]
    assert gap.where == "x:mentions"
    assert since in gap.reason
    assert "may be missing" in gap.reason
    assert json.loads(gap.payload) == {"since": since, "oldest": said[30], "read": 800}


def test_the_end_of_x_list_is_told_when_deleted_posts_shorten_it(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    x = connect(watch_conversations=0)
    add(server, clock, f"@{HANDLE} before")
    cursor = read(x).cursor
    tag(server, clock, 830)
    server.mentions_listed = 740

    assert [len(page.bad) for page in read(x, cursor).pages] == [0] * 7 + [1]


def test_after_a_told_gap_the_next_pass_counts_anew(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    x = connect(watch_conversations=0)
    add(server, clock, f"@{HANDLE} before")
    cursor = read(x, read(x).cursor).cursor
    tag(server, clock, 830)
    cursor = read(x, cursor).cursor
    said = tag(server, clock, 3)

    reading = read(x, cursor)

    assert set(said) <= set(reading.mentions)
    assert not [bad for page in reading.pages for bad in page.bad]


def test_the_first_reading_has_no_mark_to_miss(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    tag(server, clock, 830)

    pages = read(connect(watch_conversations=0)).pages

    assert not [bad for page in pages for bad in page.bad]


def test_a_first_reading_that_does_not_get_back_to_its_start_says_so(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    start = clock()
    tag(server, clock, 830)

    pages = read(connect(watch_conversations=0, start_at=start)).pages

    assert [len(page.bad) for page in pages] == [0] * 7 + [1]


def test_recent_search_goes_back_as_far_as_it_must(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    x = connect(query="acme", watch_conversations=0)
    add(server, clock, "acme before")
    cursor = read(x).cursor
    for number in range(830):
        clock.advance(seconds=1)
        server.add_post(f"acme {number}", "jane")

    reading = read(x, cursor)

    assert len(reading.mentions) == 831
    assert not [bad for page in reading.pages for bad in page.bad]


def test_a_pass_that_starts_again_is_not_counted_twice(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    x = connect(watch_conversations=0)
    add(server, clock, f"@{HANDLE} before")
    cursor = read(x).cursor
    said = tag(server, clock, 500)
    for _ in range(4):
        cursor = x.fetch(cursor, limit=100).cursor
    server.fail_next("bad_token", path="mentions")

    reading = read(x, cursor)

    assert set(said) <= set(reading.mentions)
    assert not [bad for page in reading.pages for bad in page.bad]


def test_a_cursor_of_before_the_counting_is_still_read(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    x = connect(watch_conversations=0)
    add(server, clock, f"@{HANDLE} before")
    kept = json.loads(read(x).cursor)
    for stand in kept["feeds"].values():
        del stand["read"]
    said = add(server, clock, f"@{HANDLE} after")

    assert said in read(x, Cursor(json.dumps(kept))).mentions


def test_a_query_that_x_refuses_is_told_to_the_operator(
    server: Any, connect: Any, read: Any
) -> None:
    x = connect(query="((acme", watch_conversations=0)

    with pytest.raises(AccessDenied, match="query"):
        read(x)


def test_a_limit_on_one_feed_leaves_what_the_others_gave(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    tagged = add(server, clock, f"@{HANDLE} help")
    found = add(server, clock, "acme is slow")
    x = connect(query="acme", watch_conversations=0)
    page = x.fetch(None, limit=100)
    server.fail_next("rate_limit", path="search")
    with pytest.raises(RateLimited):
        x.fetch(page.cursor, limit=100)

    again = read(x, page.cursor)

    assert [one.external_id for one in page.mentions] == [tagged]
    assert set(again.mentions) == {found}
    assert len(asked(server, MENTIONS)) == 1


def test_a_conversation_joined_late_is_read_from_our_first_word_in_it(
    server: Any, clock: Any, x: Any, read: Any
) -> None:
    old = add(server, clock, "An older post of ours.", HANDLE)
    add(server, clock, "below it", "bob", reply_to=old)
    cursor = read(x).cursor
    complaint = add(server, clock, "Acme, you are slow")
    word = add(server, clock, "We are sorry.", HANDLE, reply_to=complaint)
    below = add(server, clock, "I feel the same", "dora", reply_to=complaint)
    newer = add(server, clock, "and here", "bob", reply_to=old)

    mentions = read(x, cursor).mentions

    assert {below, newer} <= set(mentions)
    assert mentions[below].control is ChannelControl.THIRD_PARTY
    assert word not in mentions


def test_only_the_newest_conversations_are_watched(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    own = [add(server, clock, f"post {one}", HANDLE) for one in range(5)]
    x = connect(watch_conversations=2)

    read(x)

    [query] = asked(server, SEARCH)
    watched = f"(conversation_id:{own[3]} OR conversation_id:{own[4]})"
    assert query["query"] == f"{watched} -from:{ACCOUNT_ID}"


def test_twelve_conversations_fit_into_a_query_of_the_smallest_plan(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    for number in range(14):
        add(server, clock, f"post {number}", HANDLE)

    read(connect(watch_conversations=12))

    [query] = asked(server, SEARCH)
    assert len(query["query"]) <= 512


def test_partial_errors_are_kept_aside_unless_somebody_is_just_gone(
    server: Any, clock: Any, x: Any, read: Any
) -> None:
    parent = add(server, clock, "soon deleted")
    server.add_user("ghost", is_gone=True)
    said = add(server, clock, f"@{HANDLE} look", "ghost", reply_to=parent)
    server.delete_post(parent)
    server.fail_next("partial_error", path="mentions")

    reading = read(x)

    assert reading.mentions[said].author is None
    [bad] = [one for page in reading.pages for one in page.bad]
    assert "could not be filled in" in bad.reason
    assert "field-hydration-failure" in bad.payload


def test_an_account_that_x_does_not_show_is_told_to_the_operator(
    connect: Any, read: Any
) -> None:
    x = connect(account_id="77", consumer_key=None, **no_user())

    with pytest.raises(AccessDenied, match="account"):
        read(x)


def no_user() -> dict[str, None]:
    return dict.fromkeys(("consumer_secret", "access_token", "access_token_secret"))


def test_the_account_is_found_by_its_handle_with_a_bearer_token_alone(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    said = add(server, clock, f"@{HANDLE} hello")
    x = connect(consumer_key=None, **no_user())

    health = x.check()

    assert (health.ok, health.account_id) == (True, ACCOUNT_ID)
    assert "reads only" in health.detail
    assert set(read(x).mentions) == {said}
    assert {one.auth for one in server.requests} == {"bearer"}


def test_without_a_bearer_token_reading_is_signed_as_the_user(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    said = add(server, clock, f"@{HANDLE} hello")

    assert set(read(connect(bearer_token=None)).mentions) == {said}
    assert {one.auth for one in server.requests} == {"oauth1"}


def test_tokens_of_another_account_are_told_to_the_operator(
    server: Any, connect: Any
) -> None:
    health = connect(account_id="5").check()

    assert not health.ok
    assert ACCOUNT_ID in health.detail


@pytest.mark.parametrize("cursor", ["", "{", "[]", '{"version": 2}', '{"turn": {}}'])
def test_a_cursor_of_somebody_else_is_refused(x: Any, cursor: str) -> None:
    with pytest.raises(BadPayload, match="cursor"):
        x.fetch(Cursor(cursor), limit=100)


def test_an_empty_platform_is_an_empty_page(x: Any, read: Any) -> None:
    reading = read(x)

    assert reading.mentions == {}
    assert reading.reads == 0
    assert reading.cursor is not None


def test_a_post_that_was_kept_aside_is_read_with_what_stood_beside_it(
    server: Any, clock: Any, connect: Any, read: Any, monkeypatch: Any
) -> None:
    own = add(server, clock, "We are open today.", HANDLE)
    add(server, clock, f"@{HANDLE} help")
    parent = add(server, clock, "open? really, @bob?", "bob", reply_to=own)
    add(server, clock, "never", "carl", reply_to=parent)
    add(server, clock, "look at this, acme", "dora", quote_of=own)
    long = add(server, clock, "acme " + "so very bad " * 30, "eva")
    add(server, clock, "RT", f"frank {HANDLE}".split()[0], repost_of=long)
    kept = kept_aside(connect(query="acme"), monkeypatch)
    assert kept.mentions == {}
    assert not any("We are open" in f"{one.context}" for one in kept.bad)
    would = read(connect(query="acme")).mentions

    again = read_again(connect(query="acme"), kept.bad)

    assert again == would
    assert len(again) >= 5
    assert {one.control for one in again.values()} == {*ChannelControl}
