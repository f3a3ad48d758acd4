from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.connectors._mastodon_feeds import Stand
from bot.domain.channels import Cursor
from bot.domain.mentions import ChannelControl
from bot.errors import AccessDenied, BadPayload, Unavailable
from tests.connectors.passes import kept_aside, read_again
from tests.platforms.mastodon_server import HANDLE


def say(server: Any, clock: Any, text: str = "", **more: Any) -> str:
    clock.advance(minutes=1)
    return str(server.add_status(text or f"@{HANDLE} hello", **more).id)


def asked_paths(server: Any) -> list[str]:
    return [one.path for one in server.requests]


def test_mentions_hashtags_and_a_search_are_read(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    tagged = say(server, clock)
    about = say(server, clock, "nothing works at #acmebank today")
    found = say(server, clock, "acme corp, of all things")
    say(server, clock, "something else")
    mastodon = connect(hashtags=["#acmebank"], query="acme corp")

    mentions = read(mastodon).mentions

    assert set(mentions) == {tagged, about, found}
    assert [one.is_addressed for one in mentions.values()] == [True, False, False]
    assert [one.control for one in mentions.values()] == [
        ChannelControl.MENTION,
        ChannelControl.THIRD_PARTY,
        ChannelControl.THIRD_PARTY,
    ]


@pytest.mark.parametrize("names_next", [True, False])
@pytest.mark.parametrize("limit", [7, 40])
def test_no_gap_remains_with_or_without_link_headers(
    server: Any, clock: Any, connect: Any, read: Any, names_next: bool, limit: int
) -> None:
    server.names_next = names_next
    mastodon = connect(hashtags=["acmebank"], query="acme corp")
    texts = (f"@{HANDLE} hello", "so #acmebank it is", "acme corp again")
    early = {say(server, clock, text) for _ in range(31) for text in texts}
    first = read(mastodon, limit=limit)
    late = {say(server, clock, text) for _ in range(47) for text in texts}

    second = read(mastodon, first.cursor, limit=limit)
    third = read(mastodon, second.cursor, limit=limit)

    assert set(first.mentions) == early
    assert set(second.mentions) == late
    assert third.mentions == {}


def test_a_pass_that_stops_between_two_pages_goes_on_there(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    mastodon = connect(watch_conversations=0)
    early = {say(server, clock) for _ in range(25)}
    page = mastodon.fetch(None, limit=10)
    late = {say(server, clock) for _ in range(25)}

    rest = read(mastodon, page.cursor, limit=10)
    then = read(mastodon, rest.cursor, limit=10)

    assert {one.external_id for one in page.mentions} | set(rest.mentions) == early
    assert set(then.mentions) == late


def test_a_server_that_knows_no_paging_is_not_asked_for_ever(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    server.heeds = {"limit", "types[]"}
    said = [say(server, clock, f"@{HANDLE} acme") for _ in range(45)]

    mentions = read(connect(query="acme")).mentions

    assert set(said[-40:]) <= set(mentions)


def test_what_arrives_late_below_newer_statuses_is_found(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    mastodon = connect(hashtags=["acmebank"])
    for _ in range(30):
        say(server, clock, "all of #acmebank now")
    cursor = read(mastodon).cursor
    slow = server.add_status("still #acmebank", at=clock() - timedelta(minutes=20)).id

    mentions = read(mastodon, cursor).mentions

    assert set(mentions) == {slow}


def test_an_edit_comes_again_with_its_instant(
    server: Any, clock: Any, mastodon: Any, read: Any
) -> None:
    said = say(server, clock, f"@{HANDLE} it is brokn")
    cursor = read(mastodon).cursor
    clock.advance(minutes=1)
    server.edit_status(said, f"@{HANDLE} it is broken")

    again = read(mastodon, cursor)

    assert again.mentions[said].text == f"@{HANDLE} it is broken"
    assert again.mentions[said].edited_at == clock()
    assert read(mastodon, again.cursor).mentions == {}


def test_replies_below_ours_that_do_not_tag_us_are_read(
    server: Any, clock: Any, mastodon: Any, read: Any
) -> None:
    own = say(server, clock, "We are open.", author=HANDLE)
    below = say(server, clock, "not for me", reply_to=own)
    deeper = say(server, clock, "nor me", reply_to=below, author="bob")

    first = read(mastodon)

    assert set(first.mentions) == {below, deeper}
    for one in first.mentions.values():
        assert one.conversation == own
        assert one.control is ChannelControl.OWNED
    assert read(mastodon, first.cursor).mentions == {}


def test_conversations_are_left_alone_where_nobody_wants_them(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    own = say(server, clock, "We are open.", author=HANDLE)
    say(server, clock, "not for me", reply_to=own)

    assert read(connect(watch_conversations=0)).mentions == {}


def test_our_status_that_goes_in_between_stops_nobody(
    server: Any, clock: Any, mastodon: Any, read: Any
) -> None:
    own = say(server, clock, "We are open.", author=HANDLE)
    say(server, clock, "not for me", reply_to=own)
    cursor = mastodon.fetch(None, limit=40).cursor
    server.delete_status(own)
    said = say(server, clock)

    assert set(read(mastodon, cursor).mentions) == {said}


def test_a_thread_is_named_by_its_first_status(
    server: Any, clock: Any, mastodon: Any, read: Any
) -> None:
    root = say(server, clock, "who banks where?", author="bob")
    middle = say(server, clock, "elsewhere", reply_to=root, author="carl")
    first = say(server, clock, f"@{HANDLE} hear this", reply_to=middle)
    second = say(server, clock, f"@{HANDLE} and this", reply_to=first)

    mentions = read(mastodon).mentions

    assert {mentions[one].conversation for one in (first, second)} == {root}
    assert sum(path.endswith("/context") for path in asked_paths(server)) == 1


def test_a_thread_whose_beginning_is_gone_is_named_by_what_is_known(
    server: Any, clock: Any, mastodon: Any, read: Any
) -> None:
    gone = say(server, clock, "never mind", author="bob")
    said = say(server, clock, f"@{HANDLE} hear this", reply_to=gone)
    server.delete_status(gone)

    assert read(mastodon).mentions[said].conversation == gone


def test_every_notification_but_mentions_is_left_out(
    server: Any, clock: Any, mastodon: Any, read: Any
) -> None:
    server.heeds -= {"types[]"}
    own = say(server, clock, "We are open.", author=HANDLE)
    said = say(server, clock)
    server.notify("favourite", own)

    reading = read(mastodon)

    assert set(reading.mentions) == {said}
    assert [bad for page in reading.pages for bad in page.bad] == []


def test_older_statuses_than_start_at_are_left_out(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    for _ in range(50):
        say(server, clock)
    start = clock.advance(minutes=1)
    said = {say(server, clock) for _ in range(3)}
    mastodon = connect(start_at=start, watch_conversations=0)

    reading = read(mastodon, limit=10)

    assert set(reading.mentions) == said
    assert len(reading.pages) == 2


def test_what_we_wrote_is_no_mention(
    server: Any, clock: Any, connect: Any, read: Any
) -> None:
    say(server, clock, "so much for #acmebank", author=HANDLE)

    assert read(connect(hashtags=["acmebank"])).mentions == {}


def test_a_search_that_the_server_does_not_do_is_told(
    server: Any, connect: Any, read: Any
) -> None:
    server.searches = False

    with pytest.raises(AccessDenied, match="no such place"):
        read(connect(query="acme"))


@pytest.mark.parametrize("cursor", ["", "x", "[]", '{"version": 2}'])
@pytest.mark.parametrize("kind", ["mastodon"])
def test_a_cursor_of_somebody_else_is_refused(mastodon: Any, cursor: str) -> None:
    with pytest.raises(BadPayload, match="cursor"):
        mastodon.fetch(Cursor(cursor), limit=10)


@pytest.mark.parametrize("kind", ["mastodon"])
@pytest.mark.parametrize("end", ["", "/", "///"])
def test_no_address_is_asked_that_ends_in_a_slash(
    server: Any, clock: Any, connect: Any, read: Any, end: str
) -> None:
    say(server, clock)
    mastodon = connect(
        base_url=server.base_url + end, hashtags=["acmebank"], query="acme"
    )

    mastodon.check()
    read(mastodon)

    assert server.requests
    assert not [path for path in asked_paths(server) if path.endswith("/")]
    assert not [path for path in asked_paths(server) if "//" in path]


def test_check_says_as_whom_with_what_left_and_what_is_missing(
    server: Any, clock: Any, connect: Any, kind: str
) -> None:
    server.us.extra["bot"] = False

    health = connect().check()

    assert health.ok
    assert f"@{HANDLE}" in health.detail
    assert "automated" in health.detail
    assert ("5000" in health.detail) == (kind != "mastodon")
    [quota] = health.quotas
    assert (quota.limit, quota.left) == (300, 299)
    assert quota.resets_at == clock() + timedelta(minutes=5)


def test_check_is_content_with_a_marked_account_and_no_headers(
    server: Any, connect: Any
) -> None:
    server.tells_limits = False

    health = connect(max_characters=5_000).check()

    assert health.ok
    assert "automated" not in health.detail
    assert health.quotas == ()


@pytest.mark.parametrize("kind", ["mastodon"])
def test_a_token_of_another_account_is_refused(connect: Any) -> None:
    health = connect(account="@SomebodyElse@here.example").check()

    assert not health.ok
    assert "@AcmeCares, not to @SomebodyElse" in health.detail


@pytest.mark.parametrize("kind", ["mastodon"])
def test_a_context_that_fails_loses_nothing(
    server: Any, clock: Any, mastodon: Any, read: Any
) -> None:
    root = say(server, clock, "who banks where?", author="bob")
    said = say(server, clock, f"@{HANDLE} hear this", reply_to=root)
    cursor = mastodon.fetch(None, limit=40).cursor
    server.fail_next("error", path="/context")
    with pytest.raises(Unavailable):
        mastodon.fetch(cursor, limit=40)

    assert set(read(mastodon, cursor).mentions) == {said}


@pytest.mark.parametrize(("known", "is_over"), [(0, False), (1, False), (2, True)])
def test_a_pass_goes_on_until_half_of_a_page_is_known(
    known: int, is_over: bool
) -> None:
    page = [{"id": str(number)} for number in (4, 3, 2, 1)]
    stand = Stand(seen={str(number + 1): "" for number in range(known)})

    assert (stand.moved(page, "1").below == "") is is_over


def test_a_status_that_was_kept_aside_is_read_with_what_was_known_of_its_thread(
    server: Any, clock: Any, connect: Any, read: Any, monkeypatch: Any
) -> None:
    own = server.add_status("We are open today.", HANDLE)
    clock.advance(minutes=1)
    below = server.add_status(f"@{HANDLE} are you?", reply_to=own.id)
    clock.advance(minutes=1)
    server.add_status(f"@{HANDLE} really?", "bob@far.example", reply_to=below.id)
    clock.advance(minutes=1)
    server.add_status(f"@{HANDLE} help", "carl@far.example")
    kept = kept_aside(connect(), monkeypatch)
    assert kept.mentions == {}
    would = read(connect()).mentions

    again = read_again(connect(), kept.bad)

    assert again == would
    assert [one.conversation for one in again.values()].count(own.id) == 2
