from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.connectors.reddit import RedditConnector, RedditSettings
from bot.domain.replies import OutboundReply
from bot.errors import (
    AccessDenied,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.platforms.reddit_server import ACCOUNT, RedditState

TEXT = (
    "Hello quiet_otter, we are looking into it.\n\nI am a bot & a person reads along."
)
AFTER_THE_FACT = [
    ("drop_after_accept", ""),
    ("malformed_after_accept", ""),
    ("malformed_after_accept", '{"json": {"errors": [], "data": {}}}'),
    ("malformed_after_accept", '"ok"'),
    *(
        ("status_after_accept", status)
        for status in ("500", "502", "503", "504", "408")
    ),
]


@pytest.fixture
def mention(state: RedditState) -> str:
    post = state.add_submission("acmebank", "quiet_otter", "Card stuck")
    return state.add_comment(post, "quiet_otter", "Since Friday.")


@pytest.fixture
def reply(state: RedditState, mention: str, now) -> OutboundReply:
    return outbound(mention, state.things[mention].link, first_tried_at=now)


def outbound(to: str, conversation: str, **changes) -> OutboundReply:
    given = {"key": "R-000007", "brand": "acme", "text": TEXT} | changes
    return OutboundReply(conversation=conversation, in_reply_to=to, **given)


def posts(state: RedditState) -> int:
    return len([one for one in state.requests if one[:2] == ("POST", "/api/comment")])


def test_a_reply_stands_below_the_comment(connector, state, reply, now):
    receipt = connector.send_reply(reply)

    (accepted,) = state.accepted
    assert (accepted.parent, accepted.text) == (reply.in_reply_to, TEXT)
    assert receipt.external_id == accepted.name
    assert receipt.published_at == now
    assert receipt.url.startswith("http://127.0.0.1")
    assert receipt.url.endswith(f"/{accepted.name[3:]}/")


def test_a_reply_stands_below_a_submission(connector, state, reply):
    to_post = outbound(reply.conversation, reply.conversation)

    connector.send_reply(to_post)

    assert state.accepted[0].parent == reply.conversation


@pytest.fixture
def hasty(given) -> Iterator[RedditConnector]:
    """Signed in, and soon gives up: a pause of the machine may cost it some tries."""
    connector = RedditConnector(RedditSettings.model_validate(given | {"timeout": 0.3}))
    while not connector.check().ok:
        pass
    yield connector
    connector.close()


def test_an_answer_that_never_comes_is_a_doubt(hasty, connector, server, state, reply):
    state.fail_next("timeout_after_accept", path="/api/comment")

    with pytest.raises(OutcomeUnknown) as caught:
        hasty.send_reply(reply)

    assert server.stalled.wait(60), "it never arrived"
    assert posts(state) == 1
    assert len(state.accepted) == 1
    assert TEXT not in str(caught.value)
    found = connector.find_reply(reply)
    assert found is not None
    assert found.external_id == state.accepted[0].name


@pytest.mark.parametrize(("kind", "text"), AFTER_THE_FACT)
def test_a_doubt_after_sending_is_never_tried_again(
    connector, state, reply, kind, text
):
    state.fail_next(kind, path="/api/comment", text=text)

    with pytest.raises(OutcomeUnknown) as caught:
        connector.send_reply(reply)

    assert posts(state) == 1
    assert len(state.accepted) == 1
    assert TEXT not in str(caught.value)
    found = connector.find_reply(reply)
    assert found is not None
    assert found.external_id == state.accepted[0].name


def test_a_drop_before_anything_was_done_is_a_doubt_too(connector, state, reply):
    state.fail_next("drop", path="/api/comment")

    with pytest.raises(OutcomeUnknown):
        connector.send_reply(reply)

    assert posts(state) == 1
    assert connector.find_reply(reply) is None


def test_a_quarantined_subreddit_shows_nothing_of_what_it_took(connector, state, reply):
    body = '{"json": {"errors": [], "data": {"things": []}}}'
    state.fail_next("malformed_after_accept", path="/api/comment", text=body)

    with pytest.raises(OutcomeUnknown, match="does not show it"):
        connector.send_reply(reply)

    assert connector.find_reply(reply) is not None


def test_nothing_is_in_doubt_when_no_connection_was_made(given, reply, server):
    server.shutdown()
    server.server_close()
    connector = RedditConnector(RedditSettings.model_validate(given))

    with pytest.raises(Unavailable):
        connector.send_reply(reply)
    connector.close()


def test_nothing_is_in_doubt_when_reddit_is_gone_after_the_sign_in(
    given, connector, reply
):
    assert connector.check().ok
    # The token is there; the API's own address is where nobody listens.
    split = RedditSettings.model_validate(given | {"oauth_url": "http://127.0.0.1:9"})
    half = RedditConnector(split)

    with pytest.raises(Unavailable):
        half.send_reply(reply)
    half.close()


def test_a_failure_before_it_does_not_settle_a_doubt(given, connector, state, reply):
    split = RedditSettings.model_validate(given | {"oauth_url": "http://127.0.0.1:9"})
    half = RedditConnector(split)
    state.fail_next("drop_after_accept", path="/api/comment")

    try:
        half.send_reply(reply)
    except Unavailable:
        with pytest.raises(OutcomeUnknown):
            connector.send_reply(reply)
    half.close()

    assert posts(state) == 1


@pytest.mark.parametrize("kind", ["500", "drop", "malformed"])
def test_nothing_is_in_doubt_when_the_sign_in_fails(connector, state, reply, kind):
    state.fail_next(kind, path="access_token")

    with pytest.raises(Unavailable):
        connector.send_reply(reply)

    assert posts(state) == 0


@pytest.mark.parametrize(
    "error",
    [
        "DELETED_COMMENT",
        "THREAD_LOCKED",
        "TOO_LONG",
        "TOO_OLD",
        "SUBREDDIT_NOTALLOWED",
        "USER_BLOCKED",
        "SOMETHING_NEW",
    ],
)
def test_what_reddit_rejects_is_refused_with_its_word(connector, state, reply, error):
    state.refuse(reply.in_reply_to, error)

    with pytest.raises(Refused, match=error) as caught:
        connector.send_reply(reply)

    assert "R-000007" in caught.value.shown
    assert "invented words" not in caught.value.shown
    assert not state.accepted


def test_a_comment_deleted_meanwhile_refuses_the_reply(connector, state, reply):
    state.purge(reply.in_reply_to)

    with pytest.raises(Refused, match="the comment has been deleted"):
        connector.send_reply(reply)


@pytest.mark.parametrize("status", ["400", "403", "404", "413", "415", "451"])
def test_a_ban_or_a_lock_refuses_the_reply(connector, state, reply, status):
    state.fail_next(status, path="/api/comment")

    with pytest.raises(Refused, match=status):
        connector.send_reply(reply)

    assert posts(state) == 1


@pytest.mark.parametrize("change", [{"text": "x" * 10_001}, {"to": "t5_abc"}])
def test_what_cannot_be_sent_is_refused_before_anything_is_asked(
    connector, state, reply, change
):
    bad = outbound(
        change.get("to", reply.in_reply_to),
        reply.conversation,
        text=change.get("text", TEXT),
    )

    with pytest.raises(Refused):
        connector.send_reply(bad)

    assert not state.requests


@pytest.mark.parametrize(
    ("words", "pause"),
    [
        ("9 minutes", timedelta(minutes=9)),
        ("42 seconds", timedelta(seconds=42)),
        ("1 second", timedelta(seconds=1)),
        ("300 milliseconds", timedelta(seconds=1)),
        ("1 hour", timedelta(hours=1)),
        ("a while", timedelta(minutes=1)),
    ],
)
def test_a_break_for_the_account_is_a_limit_with_an_instant(
    connector, state, reply, now, words, pause
):
    state.fail_next("ratelimit", path="/api/comment", text=words)

    with pytest.raises(RateLimited) as caught:
        connector.send_reply(reply)

    assert caught.value.retry_at == now + pause
    assert posts(state) == 1
    assert not state.accepted


def test_too_many_requests_while_sending_is_a_limit(connector, state, reply, now):
    state.fail_next("429", path="/api/comment", seconds=30.5)

    with pytest.raises(RateLimited) as caught:
        connector.send_reply(reply)

    assert caught.value.retry_at == now + timedelta(seconds=30.5)


def test_a_token_that_ended_early_is_renewed_and_the_reply_sent_once(
    connector, state, reply
):
    assert connector.check().ok
    state.expire_tokens()

    connector.send_reply(reply)

    assert len(state.accepted) == 1


def test_a_reply_takes_at_most_the_requests_that_the_outbox_allows_time_for(
    connector, state, reply
):
    state.fail_next("401", path="/api/comment")

    connector.send_reply(reply)

    assert len(state.requests) == connector.info.reply_requests


def test_an_account_that_must_log_in_is_denied(connector, state, reply):
    state.refuse(reply.in_reply_to, "USER_REQUIRED")

    with pytest.raises(AccessDenied):
        connector.send_reply(reply)


def test_a_credential_that_is_wrong_is_denied(given, state, reply):
    settings = RedditSettings.model_validate(given | {"password": "wrong"})
    connector = RedditConnector(settings)

    with pytest.raises(AccessDenied):
        connector.send_reply(reply)

    connector.close()
    assert posts(state) == 0


def test_a_reply_is_found_whatever_reddit_did_to_its_spaces(connector, state, reply):
    changed = TEXT.replace("\n\n", "\r\n\r\n").replace("&", "&amp;") + "\n"
    name = state.add_comment(reply.in_reply_to, ACCOUNT, changed)

    found = connector.find_reply(reply)

    assert found is not None
    assert found.external_id == name


@pytest.mark.parametrize("what", ["text", "place", "person"])
def test_another_reply_is_not_taken_for_this_one(connector, state, reply, what):
    state.add_comment(
        reply.conversation if what == "place" else reply.in_reply_to,
        "somebody_else" if what == "person" else ACCOUNT,
        "Something else." if what == "text" else TEXT,
    )

    assert connector.find_reply(reply) is None


def test_a_reply_is_found_below_many_later_ones(connector, state, reply, now):
    name = state.add_comment(reply.in_reply_to, ACCOUNT, TEXT)
    for n in range(320):
        at = now.timestamp() + n
        state.add_comment(reply.conversation, ACCOUNT, f"later {n}", at=at)

    found = connector.find_reply(reply)

    assert found is not None
    assert found.external_id == name


def test_a_reply_whose_name_is_known_costs_one_request(connector, state, reply):
    receipt = connector.send_reply(reply)
    state.requests.clear()

    found = connector.find_reply(replace(reply, external_id=receipt.external_id))

    assert found == receipt
    asked = [(path, values["id"]) for _, path, values in state.requests]
    assert asked == [("/api/info", receipt.external_id)]


@pytest.mark.parametrize("what", ["text", "place", "person", "nothing"])
def test_a_name_under_which_something_else_stands_is_not_this_reply(
    connector, state, reply, what
):
    name = state.add_comment(
        reply.conversation if what == "place" else reply.in_reply_to,
        "somebody_else" if what == "person" else ACCOUNT,
        "Something else." if what == "text" else TEXT,
    )
    if what == "nothing":
        state.purge(name)

    assert connector.find_reply(replace(reply, external_id=name)) is None


def test_the_search_for_a_reply_ends_at_its_first_try(connector, state, reply, now):
    for n in range(320):
        at = now.timestamp() - 3600 - n
        state.add_comment(reply.conversation, ACCOUNT, f"earlier {n}", at=at)

    assert connector.find_reply(reply) is None
    listings = [one for one in state.requests if one[1].endswith("/comments")]
    assert len(listings) == 1


def test_a_reply_that_may_be_older_than_the_list_stays_in_doubt(
    connector, state, reply, now
):
    for n in range(1100):
        state.add_comment(reply.conversation, ACCOUNT, f"later {n}")

    with pytest.raises(OutcomeUnknown, match="may be older than the comments"):
        connector.find_reply(reply)
