from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from praw.config import Config
from pydantic import ValidationError

from bot.connectors.reddit import RedditConnector, RedditSettings
from bot.domain.channels import Aside, Cursor, Page
from bot.domain.mentions import ChannelControl
from tests.platforms.reddit_server import ACCOUNT, REFRESH_TOKEN, RedditState

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp()


def drain(connector: RedditConnector, cursor: Cursor | None, limit: int = 100):
    """Fetch until there is no more; give the pages."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        pages.append(connector.fetch(cursor, limit=limit))
        cursor = pages[-1].cursor
        assert len(pages) < 100
    return pages


def ids(*pages: Page) -> list[str]:
    return [mention.external_id for page in pages for mention in page.mentions]


def post_comments(state: RedditState, count: int, *, start: float) -> list[str]:
    post = state.add_submission("savings", "quiet_otter", "Fees", at=start)
    return [
        post,
        *(
            state.add_comment(post, "blue_heron", f"comment {n}", at=start + n)
            for n in range(1, count)
        ),
    ]


def test_posts_and_comments_come_oldest_first(connector, state):
    names = post_comments(state, 5, start=AT)

    page = connector.fetch(None, limit=100)

    assert ids(page) == names
    times = [mention.published_at for mention in page.mentions]
    assert times == sorted(times)
    assert not page.more


def test_a_second_look_brings_nothing_twice(connector, state):
    post_comments(state, 3, start=AT)
    first = connector.fetch(None, limit=100)

    second = connector.fetch(first.cursor, limit=100)

    assert ids(second) == []
    assert not second.more


def test_only_what_is_new_comes_next(connector, state):
    names = post_comments(state, 3, start=AT)
    first = connector.fetch(None, limit=100)
    new = state.add_comment(names[0], "blue_heron", "one more", at=AT + 60)

    assert ids(connector.fetch(first.cursor, limit=100)) == [new]


def test_the_same_cursor_gives_the_same_again(connector, state):
    names = post_comments(state, 3, start=AT)
    first = connector.fetch(None, limit=100)
    new = state.add_comment(names[0], "blue_heron", "one more", at=AT + 60)

    once, again = (connector.fetch(first.cursor, limit=100) for _ in range(2))

    assert ids(once) == ids(again) == [new]


def test_a_small_page_loses_nothing_of_a_big_backlog(connector, state):
    seen = connector.fetch(None, limit=100)
    names = post_comments(state, 350, start=AT)

    pages = drain(connector, seen.cursor, limit=120)

    assert ids(*pages) == names
    assert all(len(page.mentions) <= 120 for page in pages)


def test_a_first_look_cut_short_goes_on_where_it_stopped(connector, state):
    names = post_comments(state, 40, start=AT)

    pages = drain(connector, None, limit=7)

    assert ids(*pages) == names


def test_what_came_while_the_newest_we_saw_was_deleted_is_not_lost(connector, state):
    names = post_comments(state, 5, start=AT)
    first = connector.fetch(None, limit=100)
    new = [
        state.add_comment(names[0], "blue_heron", f"later {n}", at=AT + 60 + n)
        for n in range(250)
    ]
    for name in names[1:]:
        state.delete(name)

    assert ids(*drain(connector, first.cursor)) == new


def test_a_walk_goes_on_when_the_thing_it_stood_on_is_deleted(connector, state):
    """The anchor between two pages vanishes: the one above it serves."""
    first = connector.fetch(None, limit=100)
    names = post_comments(state, 250, start=AT)
    newest_first = names[::-1]
    # The walk's second request asks for what follows the hundredth: it is gone then.
    state.before_request = lambda path, values: (
        state.delete(values["after"])
        if values.get("after") == newest_first[99] and "comments" in path
        else None
    )

    found = ids(*drain(connector, first.cursor, limit=1000))

    assert found == names


def test_what_shows_up_late_below_newer_things_still_comes(connector, state):
    names = post_comments(state, 5, start=AT)
    first = connector.fetch(None, limit=100)
    late = state.add_comment(names[0], "slow_snail", "held back", at=AT + 2.5)

    assert ids(connector.fetch(first.cursor, limit=100)) == [late]


def test_more_than_reddit_lists_is_said_and_not_passed_over(connector, state):
    first = connector.fetch(None, limit=100)
    post = state.add_submission("savings", "quiet_otter", "Fees", at=AT)
    older = connector.fetch(first.cursor, limit=100)
    for n in range(1100):
        state.add_comment(post, "blue_heron", f"comment {n}", at=AT + 3600 + n)

    page = connector.fetch(older.cursor, limit=5000)

    assert len(page.mentions) == 1000
    (gap,) = page.bad
    assert gap.where == "r/savings/comments"
    assert "more came in r/savings than Reddit lists" in gap.reason
    assert page.missed == gap.reason


def test_a_list_shortened_by_what_was_deleted_is_still_an_end_of_reddits_list(
    connector, state
):
    first = connector.fetch(None, limit=100)
    post = state.add_submission("savings", "quiet_otter", "Fees", at=AT)
    older = connector.fetch(first.cursor, limit=100)
    for n in range(1100):
        state.add_comment(post, "blue_heron", f"comment {n}", at=AT + 3600 + n)
    # Reddit leaves deleted things out of the 1,000 that it has listed already.
    state.listing_cap = 930

    page = connector.fetch(older.cursor, limit=5000)

    assert [gap.where for gap in page.bad] == ["r/savings/comments"]


def test_a_long_list_that_reaches_what_was_taken_has_no_gap(connector, state):
    post = state.add_submission("savings", "quiet_otter", "Fees", at=AT)
    state.add_comment(post, "blue_heron", "an old one", at=AT)
    state.add_comment(post, "blue_heron", "the newest", at=AT + 3600)
    older = connector.fetch(None, limit=100)
    new = [
        state.add_comment(post, "blue_heron", f"comment {n}", at=AT + 7200 + n)
        for n in range(950)
    ]

    page = connector.fetch(older.cursor, limit=5000)

    assert ids(page) == new
    assert not page.bad


def test_a_search_ends_earlier_than_other_lists_and_its_gap_is_said(given, state):
    state.subreddits |= {"savings", "acmebank"}
    state.search_cap = 240
    settings = RedditSettings.model_validate(given | {"searches": ['"acme bank"']})
    connector = RedditConnector(settings)
    state.add_submission("elsewhere", "quiet_otter", "Acme Bank", at=AT)
    first = connector.fetch(None, limit=100)
    for n in range(300):
        state.add_submission("elsewhere", "blue_heron", "Acme Bank", at=AT + 3600 + n)

    page = connector.fetch(first.cursor, limit=5000)
    connector.close()

    assert len(page.mentions) == 240
    (gap,) = page.bad
    assert "the search for '\"acme bank\"'" in gap.reason


def test_a_busy_second_longer_than_the_memory_does_not_hold_the_stream_up(
    connector, state
):
    seen = connector.fetch(None, limit=100)
    post = state.add_submission("savings", "quiet_otter", "Fees", at=AT)
    names = [
        state.add_comment(post, "blue_heron", f"comment {n}", at=AT + n // 2)
        for n in range(900)
    ]

    pages = drain(connector, seen.cursor, limit=100)

    assert set(ids(*pages)) == {post, *names}
    assert ids(connector.fetch(pages[-1].cursor, limit=100)) == []


def test_the_inbox_says_that_an_answer_in_a_watched_subreddit_is_to_us(
    connector, state
):
    post = state.add_submission("savings", ACCOUNT, "We are here to help", at=AT)
    answer = state.add_comment(post, "quiet_otter", "You are not.", at=AT + 60)

    page = connector.fetch(None, limit=100)

    (mention,) = page.mentions
    assert mention.external_id == answer
    assert mention.is_addressed
    assert mention.control is ChannelControl.MENTION
    assert mention.conversation == post
    assert mention.in_reply_to == post


@pytest.mark.parametrize("body", ["thanks u/AcmeCares", "Thanks, /u/acmecares!"])
def test_a_tag_anywhere_on_reddit_arrives_through_the_inbox(connector, state, body):
    post = state.add_submission("elsewhere", "quiet_otter", "Banks", at=AT)
    tag = state.add_comment(post, "blue_heron", body, at=AT + 60)

    (mention,) = connector.fetch(None, limit=100).mentions

    assert mention.external_id == tag
    assert mention.is_addressed


def test_our_own_words_are_skipped(connector, state):
    post = state.add_submission("acmebank", ACCOUNT, "Opening hours", at=AT)
    state.add_comment(post, ACCOUNT, "Also on Monday.", at=AT + 1)

    page = connector.fetch(None, limit=100)

    assert ids(page) == []
    assert not page.bad


def test_a_search_finds_what_stands_in_no_watched_subreddit(given, state):
    state.subreddits |= {"savings", "acmebank"}
    found = state.add_submission("elsewhere", "quiet_otter", "Acme Bank fees", at=AT)
    state.add_submission("elsewhere", "quiet_otter", "Lunch", at=AT)
    settings = RedditSettings.model_validate(given | {"searches": ['"acme bank"']})
    connector = RedditConnector(settings)

    pages = drain(connector, None)
    connector.close()

    assert ids(*pages) == [found]
    ((_, _, values),) = [one for one in state.requests if one[1] == "/r/all/search"]
    assert (values["q"], values["sort"]) == ('"acme bank"', "new")


def test_a_comment_removed_before_we_saw_it_is_kept_aside_without_words(
    connector, state
):
    post = state.add_submission("savings", "quiet_otter", "Fees", at=AT)
    name = state.add_comment(post, "blue_heron", "[removed]", at=AT + 1)

    page = connector.fetch(None, limit=100)

    assert ids(page) == [post]
    (bad,) = page.bad
    assert (bad.where, bad.reason) == (name, "removed before we saw it")
    assert json.loads(bad.payload) == {
        "name": name,
        "created_utc": AT + 1,
        "subreddit": "savings",
        "parent_id": post,
    }
    assert bad.kind is Aside.NOTE


def test_nonsense_is_kept_aside_once_and_the_page_goes_on(connector, state):
    post = state.add_submission("savings", "quiet_otter", "Fees", at=AT)
    odd = state.add_comment(post, "blue_heron", "odd", at=AT + 1, extra={"body": None})
    undated = state.add_comment(
        post, "x_y", "odd", at=AT + 2, extra={"created_utc": "soon"}
    )
    good = state.add_comment(post, "blue_heron", "good", at=AT + 3)

    page = connector.fetch(None, limit=100)
    again = connector.fetch(page.cursor, limit=100)

    assert ids(page) == [post, good]
    assert [bad.where for bad in page.bad] == [odd, undated]
    assert json.loads(page.bad[0].payload)["data"]["body"] is None
    assert not again.bad


def test_every_request_is_counted(connector, state):
    page = connector.fetch(None, limit=100)

    asked = [path for _, path, _ in state.requests if "access_token" not in path]
    assert page.reads == len(asked) == 7


def test_all_feeds_are_read_inbox_last(connector, state):
    connector.fetch(None, limit=100)

    asked = [path for _, path, _ in state.requests]
    assert asked == [
        "/api/v1/access_token",
        "/r/savings/new",
        "/r/acmebank/new",
        "/r/savings/comments",
        "/r/acmebank/comments",
        "/message/mentions",
        "/message/comments",
        "/message/selfreply",
    ]


def test_a_subreddit_added_later_starts_at_its_newest(given, connector, state):
    post_comments(state, 3, start=AT)
    first = connector.fetch(None, limit=100)
    other = state.add_submission("pensions", "quiet_otter", "Super", at=AT - 5)
    wider = RedditSettings.model_validate(
        given | {"subreddits": ["savings", "r/pensions"]}
    )
    grown = RedditConnector(wider)

    page = grown.fetch(first.cursor, limit=100)
    grown.close()

    assert ids(page) == [other]


def test_taken_back_texts_are_named(connector, state):
    names = post_comments(state, 5, start=AT)
    state.delete(names[1])
    state.remove(names[2])
    state.purge(names[3])
    state.remove(names[0])

    removed = connector.find_removed([*names, "not-a-name"])

    assert removed == {names[0], names[1], names[2], names[3]}


def test_many_are_asked_for_a_hundred_at_a_time(connector, state):
    names = post_comments(state, 230, start=AT)

    assert connector.find_removed(names) == set()
    asked = [one for one in state.requests if one[1] == "/api/info"]
    assert [len(values["id"].split(",")) for _, _, values in asked] == [100, 100, 30]


def test_a_deleted_account_leaves_its_texts_readable(connector, state):
    names = post_comments(state, 2, start=AT)
    state.delete_account("blue_heron")

    assert connector.find_removed(names) == set()
    assert connector.fetch(None, limit=9).mentions[1].author is None


def test_check_says_as_whom_and_changes_nothing(connector, state):
    health = connector.check()

    assert health.ok
    assert health.detail == f"signed in as u/{ACCOUNT}"
    assert (health.account_id, health.account_handle) == ("t2_acme1", ACCOUNT)
    methods = {m for m, path, _ in state.requests if "access_token" not in path}
    assert methods == {"GET"}


def test_check_tells_of_a_suspended_account(connector, state):
    state.is_suspended = True

    health = connector.check()

    assert not health.ok
    assert "is suspended" in health.detail


def test_check_tells_of_the_wrong_account(connector, state):
    state.me = "SomebodyElse"

    health = connector.check()

    assert not health.ok
    assert f"the settings say u/{ACCOUNT}" in health.detail


def test_a_refresh_token_serves_instead_of_a_password(given, state):
    del given["password"]
    settings = RedditSettings.model_validate(given | {"refresh_token": REFRESH_TOKEN})
    connector = RedditConnector(settings)

    assert connector.check().ok
    connector.close()
    assert state.requests[0][2]["grant_type"] == "refresh_token"


def test_a_praw_ini_in_the_working_directory_is_not_read(
    given, state, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ini = "[DEFAULT]\noauth_url=http://127.0.0.1:9\nreddit_url=http://127.0.0.1:9\n"
    (tmp_path / "praw.ini").write_text(ini)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Config, "CONFIG", None)
    monkeypatch.setenv("praw_site", "nowhere")
    monkeypatch.setenv("praw_username", "somebody")

    connector = RedditConnector(RedditSettings.model_validate(given))

    assert connector.check().ok
    connector.close()


def test_no_word_and_no_token_is_logged(connector, state, caplog):
    caplog.set_level(logging.DEBUG)
    connector_again = RedditConnector(connector._settings)
    post = state.add_submission("savings", "quiet_otter", "A secret sorrow", at=AT)
    state.add_comment(post, "blue_heron", "another sorrow", at=AT)

    connector_again.fetch(None, limit=10)
    connector_again.close()

    assert "sorrow" not in caplog.text
    assert not [token for token in state.tokens if token in caplog.text]
    assert logging.getLogger("praw").level == logging.WARNING
    assert logging.getLogger("prawcore").level == logging.WARNING


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": None}, "password or a refresh_token"),
        ({"account": "no spaces"}, "account"),
        ({"subreddits": ["a/b"]}, "subreddits"),
        ({"user_agent": "bot"}, "user_agent"),
        ({"client_secret": ""}, "client_secret"),
        ({"base_url": "reddit.com"}, "base_url"),
        ({"overlap": "-1"}, "overlap"),
        ({"overlap": "PT0S"}, "overlap"),
        ({"timeout": 0}, "timeout"),
        ({"sub_reddits": ["x"]}, "sub_reddits"),
    ],
)
def test_wrong_settings_are_refused_by_name(given, change, message):
    with pytest.raises(ValidationError, match=message):
        RedditSettings.model_validate(given | change)


def test_secrets_do_not_show(given):
    settings = RedditSettings.model_validate(given)

    assert str(given["client_secret"]) not in repr(settings)
    assert str(given["password"]) not in repr(settings)


def test_without_a_base_url_it_is_reddit_itself(given):
    del given["base_url"]

    settings = RedditSettings.model_validate(given)

    assert settings.site == "https://www.reddit.com"
    assert settings.api == "https://oauth.reddit.com"


def test_names_may_be_written_as_people_write_them(given):
    settings = RedditSettings.model_validate(
        given | {"account": "u/AcmeCares", "subreddits": ["r/savings", "/r/pensions"]}
    )

    assert settings.account == "AcmeCares"
    assert settings.subreddits == ("savings", "pensions")
