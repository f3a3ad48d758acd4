from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.connectors.youtube import YouTubeConnector
from bot.domain.replies import OutboundReply
from bot.errors import (
    AccessDenied,
    BudgetSpent,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from tests.platforms.youtube_server import (
    API_KEY,
    CHANNEL,
    OTHER_VIDEO,
    TOKEN_PATH,
    YouTubeServer,
)

Connect = Callable[..., YouTubeConnector]


def reply_under(comment: str, text: str = "We are sorry.") -> OutboundReply:
    return OutboundReply(
        key="R-000001",
        brand="acme",
        conversation=comment.partition(".")[0],
        in_reply_to=comment,
        text=text,
    )


def test_a_reply_to_a_reply_stands_under_the_first_comment(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")
    below = server.say("mine too", parent=top)

    receipt = youtube.send_reply(reply_under(below))

    [made] = server.accepted
    assert made.parent == top
    assert receipt.external_id == made.id
    assert receipt.published_at == made.at
    [sent] = [one for one in server.requests if one.method == "POST"][-1:]
    assert sent.body == {"snippet": {"parentId": top, "textOriginal": "We are sorry."}}


def test_the_same_words_to_somebody_else_in_the_thread_are_not_this_reply(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")
    youtube.send_reply(reply_under(top))
    clock.advance(minutes=1)
    below = server.say("mine too", parent=top)

    assert youtube.find_reply(reply_under(below)) is None
    clock.advance(minutes=1)
    receipt = youtube.send_reply(reply_under(below))
    assert youtube.find_reply(reply_under(below)) == receipt


def test_what_stood_there_before_the_first_try_is_not_this_reply(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")
    youtube.send_reply(reply_under(top))
    tried = clock.advance(minutes=30)

    later = replace(reply_under(top), first_tried_at=tried)

    assert youtube.find_reply(later) is None


def test_a_stranger_with_our_words_is_not_us(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")
    server.say("We are sorry.", parent=top)

    assert youtube.find_reply(reply_under(top)) is None


def test_a_reply_that_is_held_for_review_is_not_visible(
    server: YouTubeServer, youtube: YouTubeConnector, connect: Connect
) -> None:
    top = server.say("broken")
    server.holds_replies = True

    receipt = youtube.send_reply(reply_under(top))

    known = replace(reply_under(top), external_id=receipt.external_id)
    assert youtube.find_reply(known) is None
    assert connect(api_key=API_KEY).find_reply(known) is None
    server.accepted[0].status = "published"
    assert youtube.find_reply(known) == receipt
    assert connect(api_key=API_KEY).find_reply(known) == receipt


def test_by_its_words_a_reply_is_found_with_the_eyes_of_its_author(
    server: YouTubeServer, connect: Connect
) -> None:
    top = server.say("broken")
    youtube = connect(api_key=API_KEY)
    youtube.send_reply(reply_under(top))
    server.accepted[0].extra = {"textDisplay": "We are sorry (video)."}

    assert youtube.find_reply(reply_under(top)) is not None


def test_a_reply_deep_in_a_long_thread_is_found(
    server: YouTubeServer, clock: Any, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")
    receipt = youtube.send_reply(reply_under(top))
    for number in range(130):
        clock.advance(minutes=1)
        server.say(f"same {number}", parent=top)

    assert youtube.find_reply(reply_under(top)) == receipt
    assert youtube.reads_spent() == 2


def test_a_thread_too_long_to_look_through_leaves_the_doubt(
    server: YouTubeServer, youtube: YouTubeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.connectors.youtube.MOST_PAGES", 1)
    top = server.say("broken")
    for number in range(120):
        server.say(f"same {number}", parent=top)

    with pytest.raises(OutcomeUnknown, match="R-000001"):
        youtube.find_reply(reply_under(top))


def test_under_a_comment_that_is_gone_nothing_stands(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")
    server.delete(top)

    assert youtube.find_reply(reply_under(top)) is None
    with pytest.raises(Refused, match="gone"):
        youtube.send_reply(reply_under(top))


def test_where_comments_are_off_a_reply_is_refused(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    top = server.say("broken", video=OTHER_VIDEO)
    server.closed[OTHER_VIDEO] = "commentsDisabled"

    with pytest.raises(Refused, match="switched off"):
        youtube.send_reply(reply_under(top))


def test_what_is_too_long_is_refused(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")

    with pytest.raises(Refused, match="10,000"):
        youtube.send_reply(reply_under(top, "x" * 10_001))


@pytest.mark.parametrize(
    ("fault", "ours"),
    [
        ("budget", BudgetSpent),
        ("forbidden", AccessDenied),
        ("ineligible", AccessDenied),
        ("processing", Refused),
        ("server_error", OutcomeUnknown),
        ("malformed", OutcomeUnknown),
        ("html", OutcomeUnknown),
    ],
)
def test_what_a_refusal_means(
    server: YouTubeServer, youtube: YouTubeConnector, fault: str, ours: type
) -> None:
    top = server.say("broken")
    server.fail_next(fault, path="comments", method="POST")

    with pytest.raises(ours):
        youtube.send_reply(reply_under(top))
    assert server.accepted == []


def test_a_token_that_ended_is_replaced_and_the_reply_goes_out_once(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")
    youtube.send_reply(reply_under(top, "first"))
    server.tokens.clear()

    youtube.send_reply(reply_under(top, "second"))

    assert [one.text for one in server.accepted] == ["first", "second"]


def test_while_no_token_comes_nothing_was_sent(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")
    server.fail_next("server_error", path=TOKEN_PATH)

    with pytest.raises(Unavailable):
        youtube.send_reply(reply_under(top))
    assert server.accepted == []


def test_nothing_is_asked_for_an_id_that_is_none_of_youtubes(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    odd = reply_under("no id, at all")

    assert youtube.find_reply(odd) is None
    with pytest.raises(Refused):
        youtube.send_reply(odd)
    assert server.requests == []


def test_a_key_alone_cannot_reply(server: YouTubeServer, connect: Connect) -> None:
    top = server.say("broken")

    with pytest.raises(AccessDenied, match="refresh_token"):
        connect(refresh_token=None, api_key=API_KEY).send_reply(reply_under(top))


def test_what_is_gone_among_many_is_found_out(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    tops = [server.say(f"number {number}") for number in range(60)]
    below = server.say("below", parent=tops[7])
    for gone in (tops[7], tops[33]):
        server.delete(gone)

    removed = youtube.find_removed([*tops, below, "no id, at all"])

    assert set(removed) == {tops[7], tops[33], below}
    assert youtube.reads_spent() > 2


def test_what_a_moderator_holds_back_is_gone_for_readers(
    server: YouTubeServer, connect: Connect
) -> None:
    kept, held = server.say("kept"), server.say("held", status="heldForReview")

    assert set(connect(api_key=API_KEY).find_removed([kept, held])) == {held}


def test_our_own_reply_is_no_mention(
    server: YouTubeServer, youtube: YouTubeConnector
) -> None:
    top = server.say("broken")
    youtube.send_reply(reply_under(top))

    page = youtube.fetch(None, limit=100)

    assert {one.external_id for one in page.mentions} == {top}
    assert server.accepted[0].author == CHANNEL
