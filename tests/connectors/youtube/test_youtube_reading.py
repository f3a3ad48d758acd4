from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.connectors._youtube_comments import comments_of, set_aside
from bot.connectors.youtube import YouTubeConnector
from bot.domain.channels import Cursor
from bot.domain.mentions import ChannelControl, MentionKind
from bot.errors import AccessDenied, BadPayload, BudgetSpent, RateLimited, Unavailable
from tests.connectors.passes import kept_aside, read_again
from tests.platforms.youtube_server import (
    API_KEY,
    CHANNEL,
    OTHER_VIDEO,
    TOKEN_PATH,
    VIDEO,
    YouTubeServer,
)

THREADS = Path(__file__).parent / "payloads" / "threads.json"

Connect = Callable[..., YouTubeConnector]
Read = Callable[..., Any]


def test_a_comment_under_our_video_addresses_us_on_our_own_ground(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector, read: Read
) -> None:
    said = server.say("Where is my parcel?", "UCjane000000000000000000", likes=7)

    [mention] = read(youtube).mentions.values()

    assert mention.external_id == mention.conversation == said
    assert mention.kind is MentionKind.POST
    assert mention.control is ChannelControl.OWNED
    assert mention.is_addressed
    assert mention.author is not None
    assert mention.author.external_id == "UCjane000000000000000000"
    assert mention.engagement.likes == 7
    assert mention.edited_at is None
    assert mention.published_at == clock.at
    assert mention.url == f"https://www.youtube.com/watch?v={VIDEO}&lc={said}"


def test_a_comment_on_the_channel_itself_is_read_and_has_no_address(
    server: YouTubeServer, youtube: YouTubeConnector, read: Read
) -> None:
    said = server.say("hello", video="")

    assert read(youtube).mentions[said].url is None


def test_a_reply_belongs_to_the_thread_of_the_first_comment(
    server: YouTubeServer, youtube: YouTubeConnector, read: Read
) -> None:
    top = server.say("broken")
    below = server.say("mine too", "UCbob0000000000000000000", parent=top)

    mention = read(youtube).mentions[below]

    assert mention.kind is MentionKind.REPLY
    assert mention.in_reply_to == mention.conversation == top


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("@AcmeCares help", True),
        ("hey (@acmecares)!", True),
        ("@AcmeCares.", True),
        ("acmecares is bad", False),
        ("@AcmeCaresNot", False),
        ("@AcmeCares-fans rule", False),
        ("me@AcmeCares", False),
    ],
)
def test_under_others_videos_only_who_tags_us_addresses_us(
    server: YouTubeServer, connect: Connect, read: Read, text: str, is_ours: bool
) -> None:
    said = server.say(text, video=OTHER_VIDEO)

    mention = read(connect(videos=[OTHER_VIDEO])).mentions[said]

    assert mention.is_addressed is is_ours
    wanted = ChannelControl.MENTION if is_ours else ChannelControl.THIRD_PARTY
    assert mention.control is wanted


def test_who_answers_our_comment_elsewhere_addresses_us(
    server: YouTubeServer, connect: Connect, read: Read
) -> None:
    ours = server.say("We are here to help", CHANNEL, video=OTHER_VIDEO)
    below = server.say("then help", parent=ours)

    found = read(connect(videos=[OTHER_VIDEO])).mentions

    assert found.keys() == {below}
    assert found[below].is_addressed
    assert found[below].control is ChannelControl.MENTION


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [("mine too", True), ("@tom no, mine", False), ("@AcmeCares mine", True)],
)
def test_under_our_videos_people_may_also_write_to_each_other(
    server: YouTubeServer,
    youtube: YouTubeConnector,
    read: Read,
    text: str,
    is_ours: bool,
) -> None:
    below = server.say(text, parent=server.say("broken"))

    assert read(youtube).mentions[below].is_addressed is is_ours


def test_our_own_comments_are_left_out(
    server: YouTubeServer, youtube: YouTubeConnector, read: Read
) -> None:
    top = server.say("broken")
    server.say("Sorry!", CHANNEL, parent=top)

    assert read(youtube).mentions.keys() == {top}


def test_an_edit_comes_again_with_its_time(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector, read: Read
) -> None:
    said = server.say("brokn")
    cursor = read(youtube).cursor
    clock.advance(minutes=5)
    server.edit(said, "broken")

    mention = read(youtube, cursor).mentions[said]

    assert mention.text == "broken"
    assert mention.edited_at == clock.at
    assert mention.published_at < clock.at


def test_a_late_reply_in_a_known_thread_is_read(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector, read: Read
) -> None:
    top = server.say("broken")
    cursor = read(youtube).cursor
    clock.advance(days=2)
    late = server.say("still", parent=top)

    assert late in read(youtube, cursor).mentions


def test_a_thread_in_which_we_spoke_is_followed_below_a_hundred_newer_ones(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector, read: Read
) -> None:
    top = server.say("broken")
    server.say("Sorry!", CHANNEL, parent=top)
    cursor = read(youtube).cursor
    for number in range(150):
        clock.advance(minutes=1)
        server.say(f"number {number}")
    cursor = read(youtube, cursor).cursor
    late = server.say("that did not help", parent=top)

    found = read(youtube, cursor)

    assert late in found.mentions
    assert read(youtube, found.cursor).mentions == {}


def test_a_thread_of_ours_that_went_away_is_forgotten(
    server: YouTubeServer, youtube: YouTubeConnector, read: Read
) -> None:
    tops = [server.say(f"broken {number}") for number in range(3)]
    for top in tops:
        server.say("Sorry!", CHANNEL, parent=top)
    cursor = read(youtube).cursor
    server.delete(tops[1])

    cursor = read(youtube, cursor).cursor

    assert json.loads(cursor)["talks"].keys() == {tops[0], tops[2]}


def test_more_replies_than_come_with_a_thread_are_read_too(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector, read: Read
) -> None:
    top = server.say("broken")
    below = set()
    for number in range(23):
        clock.advance(minutes=1)
        below.add(server.say(f"same {number}", parent=top))

    found = read(youtube, limit=10)

    assert found.mentions.keys() == {top, *below}
    assert found.reads == 4
    assert read(youtube, found.cursor).reads == 1


def test_a_thread_that_goes_while_its_replies_are_read_is_passed_over(
    server: YouTubeServer, youtube: YouTubeConnector, read: Read
) -> None:
    top = server.say("broken")
    for number in range(9):
        server.say(f"same {number}", parent=top)
    page = youtube.fetch(None, limit=100)
    server.delete(top)

    rest = read(youtube, page.cursor)
    other = server.say("another")

    assert rest.mentions == {}
    assert read(youtube, rest.cursor).mentions.keys() == {other}


def test_replies_whose_page_token_is_too_old_are_read_from_the_first_again(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector, read: Read
) -> None:
    top = server.say("broken")
    below = set()
    for number in range(23):
        clock.advance(minutes=1)
        below.add(server.say(f"same {number}", parent=top))
    thread = youtube.fetch(None, limit=10)
    first = youtube.fetch(thread.cursor, limit=10)
    server.fail_next("bad_token", path="comments")

    rest = read(youtube, first.cursor, limit=10)

    seen = [*thread.mentions, *first.mentions]
    assert {one.external_id for one in seen} | rest.mentions.keys() == {top, *below}


def test_a_page_token_that_is_too_old_means_reading_from_the_newest_again(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector, read: Read
) -> None:
    said = set()
    for number in range(25):
        clock.advance(minutes=1)
        said.add(server.say(f"number {number}"))
    first = youtube.fetch(None, limit=10)
    server.fail_next("bad_token", path="commentThreads")

    rest = read(youtube, first.cursor, limit=10)

    assert {one.external_id for one in first.mentions} | rest.mentions.keys() == said


def test_a_search_finds_videos_that_are_watched_and_is_made_rarely(
    server: YouTubeServer, clock: Any, connect: Connect, read: Read
) -> None:
    server.found = [OTHER_VIDEO, VIDEO]
    said = server.say("acme lost my parcel", video=OTHER_VIDEO)
    youtube = connect(query="acme parcel", search_every="PT6H")

    first = read(youtube)
    clock.advance(hours=5)
    second = read(youtube, first.cursor)
    clock.advance(hours=2)
    third = read(youtube, second.cursor)
    fourth = read(youtube, third.cursor)

    assert said in first.mentions
    assert first.mentions[said].control is ChannelControl.THIRD_PARTY
    assert first.reads == 102
    assert second.reads == 2
    # That it is due, the platform's clock says in the answer before it.
    assert third.reads + fourth.reads == 104
    searches = [one for one in server.requests if one.path.endswith("search")]
    assert [one.query["q"] for one in searches] == ["acme parcel"] * 2


@pytest.mark.parametrize("reason", ["commentsDisabled", "videoNotFound"])
def test_a_video_that_cannot_be_read_is_told_once_and_stops_nothing(
    server: YouTubeServer, connect: Connect, read: Read, reason: str
) -> None:
    server.closed[OTHER_VIDEO] = reason
    said = server.say("broken")
    youtube = connect(videos=[OTHER_VIDEO])

    first = read(youtube)
    second = read(youtube, first.cursor)
    del server.closed[OTHER_VIDEO]
    late = server.say("@AcmeCares?", video=OTHER_VIDEO)
    third = read(youtube, second.cursor)

    assert said in first.mentions
    assert [one.where for one in first.bad] == [f"youtube:video:{OTHER_VIDEO}"]
    assert "take it out of videos" in first.bad[0].reason
    assert second.bad == []
    assert late in third.mentions


def test_nonsense_is_told_once(
    server: YouTubeServer, youtube: YouTubeConnector, read: Read
) -> None:
    server.say("when?", extra={"publishedAt": "yesterday"})
    server.say("how many?", extra={"likeCount": -1})

    first = read(youtube)

    assert len(first.bad) == 2
    assert read(youtube, first.cursor).bad == []


def test_what_is_older_than_the_start_is_left_out(
    server: YouTubeServer, clock: Any, connect: Connect, read: Read
) -> None:
    old = server.say("old")
    clock.advance(days=1)
    start = clock.at.isoformat()
    server.say("new")
    late = server.say("late", parent=old)
    youtube = connect(start_at=start)

    found = read(youtube)

    assert old not in found.mentions
    assert late in found.mentions


def test_a_token_that_has_ended_is_replaced(
    server: YouTubeServer, youtube: YouTubeConnector, read: Read
) -> None:
    read(youtube)
    server.tokens.clear()
    said = server.say("still there?")

    assert said in read(youtube).mentions
    assert sum(one.path == TOKEN_PATH for one in server.requests) == 2


def test_a_refresh_token_that_was_withdrawn_needs_the_operator(
    connect: Connect,
) -> None:
    with pytest.raises(AccessDenied, match="invalid_grant"):
        connect(refresh_token="withdrawn").fetch(None, limit=10)


def test_a_given_token_that_has_ended_needs_the_operator(
    server: YouTubeServer, connect: Connect, read: Read
) -> None:
    server.tokens.add("given")
    youtube = connect(refresh_token=None, access_token="given")
    said = server.say("hello")
    assert said in read(youtube).mentions
    server.tokens.clear()

    with pytest.raises(AccessDenied):
        youtube.fetch(None, limit=10)


def test_a_key_alone_reads_and_does_not_reply(
    server: YouTubeServer, connect: Connect, read: Read
) -> None:
    said = server.say("hello")
    youtube = connect(refresh_token=None, api_key=API_KEY)

    assert said in read(youtube).mentions
    assert not youtube.may_reply
    assert youtube.check().ok
    assert "reads only" in youtube.check().detail
    assert not any(API_KEY in str(one.query) for one in server.requests)


def test_the_day_ends_at_midnight_in_california_by_googles_clock(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector
) -> None:
    server.fail_next("budget")

    with pytest.raises(BudgetSpent) as caught:
        youtube.fetch(None, limit=10)

    # 09:00 UTC is 01:00 there.
    assert caught.value.retry_at == clock.at + timedelta(hours=23)


def test_the_day_on_which_clocks_change_has_twenty_three_hours(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector
) -> None:
    clock.advance(days=6)  # Sunday, 8 March 2026; 09:00 UTC is 01:00 PST there
    server.fail_next("budget")

    with pytest.raises(BudgetSpent) as caught:
        youtube.fetch(None, limit=10)

    assert caught.value.retry_at == clock.at + timedelta(hours=22)


def test_without_googles_time_a_spent_quota_is_trouble_for_now(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    server.has_date = False
    server.fail_next("budget")

    with pytest.raises(Unavailable):
        youtube.fetch(None, limit=10)


def test_too_many_requests_a_minute_is_a_short_pause(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector
) -> None:
    server.fail_next("rate_limit")

    with pytest.raises(RateLimited) as caught:
        youtube.fetch(None, limit=10)

    assert caught.value.retry_at == clock.at + timedelta(minutes=1)


def test_a_cursor_of_somebody_else_is_refused(youtube: YouTubeConnector) -> None:
    with pytest.raises(BadPayload, match="not one of ours"):
        youtube.fetch(Cursor("[]"), limit=10)


def test_a_list_that_is_none_is_nonsense(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    server.fail_next("malformed")

    with pytest.raises(BadPayload):
        youtube.fetch(None, limit=10)


def test_check_says_when_the_sign_in_is_somebody_elses(
    server: YouTubeServer, connect: Connect
) -> None:
    other = "UCsomebodyelse0000000000"

    health = connect(channel_id=other).check()

    assert not health.ok
    assert other in health.detail


def test_check_tells_when_the_sign_in_ends(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector
) -> None:
    server.token_extra = {"refresh_token_expires_in": 604_799}

    health = youtube.check()

    assert health.token_expires_at == clock.at + timedelta(seconds=604_799)
    assert health.account_id == CHANNEL


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"refresh_token": None}, "give api_key"),
        ({"client_secret": None}, "client_secret"),
        ({"channel_id": "AcmeCares"}, "channel_id"),
        ({"videos": ["https://youtu.be/acmevideo01"]}, "videos"),
        ({"search_every": "PT1M"}, "search_every"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    connect: Connect, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        connect(**changed)


def test_a_comment_that_was_kept_aside_is_read_as_part_of_its_thread(
    server: YouTubeServer, connect: Connect, read: Read, monkeypatch: Any
) -> None:
    top = server.say("We open at nine.", CHANNEL)
    server.say("@bob did you?", "UCbob0000000000000000000", parent=top)
    server.say("broken")
    kept = kept_aside(connect(), monkeypatch)
    assert kept.mentions == {}
    would = read(connect()).mentions

    again = read_again(connect(), kept.bad)

    assert again == would
    assert len(again) == 2


def test_of_a_thread_that_was_kept_aside_each_comment_is_read(
    youtube: YouTubeConnector,
) -> None:
    thread = json.loads(THREADS.read_text(encoding="utf-8"))["items"][0]
    comments = [one["id"] for one in comments_of(thread)]
    item = set_aside(thread, ValueError("an odd reply count"))
    odd = set_aside({**thread, "id": None}, ValueError("no id"))

    assert [*read_again(youtube, [item])] == comments
    assert len(comments) > 1
    [back] = youtube.again(odd).bad

    assert (back.where, back.payload) == (odd.where, odd.payload)
