from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from bot.domain.channels import Cursor
from bot.errors import AccessDenied, Unavailable
from tests.connectors.passes import kept_aside, read_again
from tests.platforms.bluesky_state import HANDLE, did_of, stamp

LIST = "listNotifications"


def asked(state: Any, nsid: str) -> list[Any]:
    return [given for _method, name, given, _headers in state.requests if nsid in name]


def say(state: Any, clock: Any, count: int, words: str = "number") -> list[str]:
    uris = []
    for number in range(count):
        clock.advance(minutes=1)
        uris.append(state.add_post(f"@{HANDLE} {words} {number}", "jane.test"))
    return uris


def test_tags_answers_and_quotes_come_by_notification(
    state: Any, bluesky: Any, read: Any
) -> None:
    ours = state.add_post("Ask us", HANDLE)
    other = state.add_post("what a day", "bob.test")
    wanted = [
        state.add_post(f"@{HANDLE} help", "jane.test"),
        state.add_post("no", "jane.test", reply_to=ours),
        state.add_post("look", "jane.test", quote=ours),
    ]
    state.add_post("what a night", "bob.test", reply_to=other)

    assert set(read(bluesky).mentions) == set(wanted)


def test_the_search_brings_what_does_not_tag_us_and_leaves_our_own_out(
    state: Any, connect: Any, read: Any
) -> None:
    found = state.add_post("AcmeBank lost my card", "bob.test")
    state.add_post("AcmeBank is here to help", HANDLE)

    assert set(read(connect(query="acmebank")).mentions) == {found}


def test_another_query_is_read_from_its_beginning(
    state: Any, clock: Any, connect: Any, read: Any
) -> None:
    old = state.add_post("Lumen is down", "bob.test")
    clock.advance(days=2)
    state.add_post("AcmeBank is down", "bob.test")
    cursor = read(connect(query="acmebank")).cursor

    assert set(read(connect(query="lumen"), cursor).mentions) == {old}


def test_deep_answers_below_our_posts_bring_no_notification_and_are_read(
    state: Any, connect: Any, read: Any
) -> None:
    uri = state.add_post("Ask us", HANDLE)
    for depth in range(8):
        uri = state.add_post(f"answer {depth}", f"author{depth}.test", reply_to=uri)

    assert uri in read(connect()).mentions
    assert uri not in read(connect(watch_conversations=0)).mentions


def test_answers_from_blocked_and_vanished_accounts_are_passed_over(
    state: Any, bluesky: Any, read: Any
) -> None:
    ours = state.add_post("Ask us", HANDLE)
    for author in ("gus.test", "ida.test", "kim.test"):
        state.add_post(f"I am {author}", author, reply_to=ours)
    state.block("gus.test")
    state.end("ida.test", "deactivated")
    kept = state.add_post("still here", "lou.test", reply_to=ours)
    state.end("kim.test", "takendown")

    reading = read(bluesky)

    assert set(reading.mentions) == {kept}
    assert reading.bad == []


def test_only_our_newest_answered_posts_are_watched(
    state: Any, clock: Any, connect: Any, read: Any
) -> None:
    for number in range(6):
        clock.advance(minutes=1)
        ours = state.add_post(f"news {number}", HANDLE)
        if number % 2:
            state.add_post("hm", "jane.test", reply_to=ours)

    read(connect(watch_conversations=2))

    assert len(asked(state, "getPostThread")) == 2


def test_pages_are_read_down_to_where_the_last_pass_began(
    state: Any, clock: Any, bluesky: Any, read: Any
) -> None:
    early = say(state, clock, 250)
    first = read(bluesky, limit=100)
    late = say(state, clock, 250, "late")

    second = read(bluesky, first.cursor, limit=100)

    assert set(first.given) == set(early)
    assert second.given.count(late[0]) == 1
    assert set(second.given) == set(late)


def test_a_pass_that_stopped_half_way_goes_on_where_it_stopped(
    state: Any, clock: Any, connect: Any, read: Any
) -> None:
    early = say(state, clock, 30)
    bluesky = connect(watch_conversations=0)
    page = bluesky.fetch(None, limit=10)
    clock.advance(days=3)
    late = say(state, clock, 15, "late")

    rest = read(bluesky, page.cursor, limit=10)
    after = read(bluesky, rest.cursor, limit=10)

    assert {one.external_id for one in page.mentions} == set(early[20:])
    assert set(rest.given) == set(early[:20])
    assert set(after.given) == set(late)


def test_a_quiet_account_costs_one_request_for_its_notifications(
    state: Any, clock: Any, connect: Any, read: Any
) -> None:
    say(state, clock, 120)
    bluesky = connect(watch_conversations=0)
    cursor = read(bluesky).cursor
    state.requests.clear()

    for _ in range(3):
        cursor = read(bluesky, cursor).cursor

    assert [name for _method, name, *_ in state.requests] == [
        "app.bsky.notification.listNotifications"
    ] * 3


def test_a_post_that_shows_up_late_below_newer_ones_is_still_found(
    state: Any, clock: Any, bluesky: Any, read: Any
) -> None:
    written = stamp(clock.advance(minutes=1))
    clock.advance(minutes=30)
    state.add_post(f"@{HANDLE} newer", "jane.test")
    cursor = read(bluesky).cursor
    late = state.add_post(f"@{HANDLE} sent late", "bob.test", created_at=written)

    assert set(read(bluesky, cursor).mentions) == {late}


def test_an_instant_in_the_future_does_not_hide_what_comes_after(
    state: Any, clock: Any, bluesky: Any, read: Any
) -> None:
    odd = {"indexedAt": "2199-01-01T00:00:00.000Z"}
    state.add_post(f"@{HANDLE} hello", "odd.test", extra=odd)
    cursor = read(bluesky).cursor
    [later] = say(state, clock, 1)

    assert later in read(bluesky, cursor).mentions


def test_start_at_leaves_out_what_is_older(
    state: Any, clock: Any, connect: Any, read: Any
) -> None:
    say(state, clock, 5)
    start = clock.advance(minutes=1)
    late = say(state, clock, 2)

    assert set(read(connect(start_at=start)).mentions) == set(late)


@pytest.mark.parametrize(
    "case", [("notifications", 400), ("notifications", 502), ("search", 502)]
)
def test_where_a_place_in_the_list_is_refused_the_pass_begins_again(
    state: Any, clock: Any, connect: Any, read: Any, case: Any, caplog: Any
) -> None:
    feed, state.bad_place = case
    said = say(state, clock, 30, "acmebank")
    bluesky = connect(query="acmebank", watch_conversations=0)
    page = bluesky.fetch(None, limit=10)
    if feed == "search":
        while "search:" not in json.loads(page.cursor)["turn"] or not any(
            "search:" in key for key in json.loads(page.cursor)["feeds"]
        ):
            page = bluesky.fetch(page.cursor, limit=10)
    kept = json.loads(page.cursor)
    [key] = [key for key in kept["feeds"] if kept["feeds"][key]["token"]]
    assert key.startswith(feed)
    kept["feeds"][key]["token"] = "not-a-place"

    with caplog.at_level(logging.WARNING):
        rest = read(bluesky, Cursor(json.dumps(kept)), limit=10)

    assert set(said[:20]) <= set(rest.given)
    assert "begins again" in caplog.text


def test_a_stored_place_that_makes_no_sense_begins_again_and_says_so(
    state: Any, clock: Any, bluesky: Any, read: Any, caplog: Any
) -> None:
    said = say(state, clock, 3)

    with caplog.at_level(logging.WARNING):
        reading = read(bluesky, Cursor("{no place"))

    assert set(reading.mentions) == set(said)
    assert "reading begins again" in caplog.text


def test_a_refusal_without_a_place_is_no_reason_to_begin_again(
    state: Any, bluesky: Any
) -> None:
    state.fail_next("400", "searchPosts", text="InvalidRequest:no")
    state.fail_next("400", LIST, text="InvalidRequest:no")
    bluesky.check()

    with pytest.raises(AccessDenied):
        bluesky.fetch(bluesky.fetch(None, limit=10).cursor, limit=10)
    assert len(asked(state, LIST)) == 1


def test_in_an_outage_the_place_is_kept(
    state: Any, clock: Any, connect: Any, read: Any
) -> None:
    said = say(state, clock, 30)
    bluesky = connect(watch_conversations=0)
    page = bluesky.fetch(None, limit=10)
    state.fail_next("html", LIST, times=2)

    with pytest.raises(Unavailable):
        bluesky.fetch(page.cursor, limit=10)

    assert set(read(bluesky, page.cursor, limit=10).given) == set(said[:20])


def test_one_error_page_does_not_cost_the_place(
    state: Any, clock: Any, connect: Any, read: Any
) -> None:
    said = say(state, clock, 30)
    bluesky = connect(watch_conversations=0)
    page = bluesky.fetch(None, limit=10)
    state.fail_next("html", LIST)

    rest = read(bluesky, page.cursor, limit=10)

    assert sorted(rest.given) == sorted(said[:20])


def test_what_vanishes_between_list_and_look_is_taken_from_the_list(
    state: Any, clock: Any, server: Any, bluesky: Any, read: Any
) -> None:
    [uri] = say(state, clock, 1)
    state.fail_next("malformed", "getPosts", text='{"posts": []}')

    [mention] = read(bluesky).mentions.values()

    assert mention.external_id == uri
    assert mention.text == f"@{HANDLE} number 0"


def test_followers_and_words_about_themselves_are_asked_for(
    state: Any, bluesky: Any, read: Any
) -> None:
    state.add_person("mira.test", name="Mira", bio="ferries", followers=1204)
    uri = state.add_post(f"@{HANDLE} hello", "mira.test")

    author = read(bluesky).mentions[uri].author

    assert (author.followers, author.bio, author.name) == (1204, "ferries", "Mira")
    assert author.external_id == did_of("mira.test")


def test_whoever_is_followed_is_no_reason_to_hide_the_others(
    state: Any, bluesky: Any, read: Any
) -> None:
    read(bluesky)

    [given] = asked(state, LIST)
    assert given["priority"] == "false"
    assert given["reasons"] == ["mention", "reply", "quote"]


def test_one_odd_post_does_not_lose_its_page(
    state: Any, clock: Any, connect: Any, read: Any
) -> None:
    strange = {"embed": {"$type": "app.bsky.embed.hologram", "deep": [1]}, "via": 9}
    fine = state.add_post(f"@{HANDLE} a", "a.test", record=strange)
    state.add_post(f"@{HANDLE} b", "b.test", record={"text": 5})
    state.add_post(f"@{HANDLE} c", "c.test", extra={"indexedAt": "soon", "uri": 7})

    reading = read(connect(query="@acme"))

    assert set(reading.mentions) == {fine}
    assert {one.where for one in reading.bad} >= {"bluesky:without an id"}
    assert all(one.payload for one in reading.bad)


def test_removed_are_the_deleted_and_those_of_accounts_that_ended(
    state: Any, clock: Any, bluesky: Any, read: Any
) -> None:
    uris = say(state, clock, 30)
    gone = state.add_post(f"@{HANDLE} x", "ida.test")
    hidden = state.add_post(f"@{HANDLE} y", "gus.test")
    state.delete_post(uris[3])
    state.end("ida.test", "deactivated")
    state.block("gus.test")

    removed = bluesky.find_removed([*uris, gone, hidden, "no uri", "at://x/y/z"])

    assert set(removed) == {uris[3], gone}
    assert len(asked(state, "getPosts")) == 2


def test_a_post_that_was_kept_aside_is_read_with_its_authors_profile(
    state: Any, connect: Any, read: Any, monkeypatch: Any
) -> None:
    ours = state.add_post("Ask us", HANDLE)
    state.add_person("jane.test", bio="I write about banks", followers=90_000)
    state.add_post(f"@{HANDLE} help", "jane.test")
    state.add_post("no", "bob.test", reply_to=ours)
    state.add_post("look", "carl.test", quote=ours)
    kept = kept_aside(connect(), monkeypatch)
    assert kept.mentions == {}
    would = read(connect()).mentions

    again = read_again(connect(), kept.bad)

    assert again == would
    assert max(one.audience for one in again.values()) == 90_000
