"""Answers in public and in private, found again, and what has gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.connectors.facebook import FacebookConnector
from bot.domain.replies import OutboundReply
from bot.errors import AccessDenied, OutcomeUnknown, Refused
from tests.platforms.graph_server import PAGE_ID, GraphServer


def reply(to: str, text: str = "Please write to us.", **more: Any) -> OutboundReply:
    given: dict[str, Any] = {"conversation": to, **more}
    return OutboundReply(
        key="R-000001", brand="acme", in_reply_to=to, text=text, **given
    )


@pytest.fixture
def said(server: GraphServer) -> str:
    return server.add_comment(server.add_post("Hello"), "Call me back", "990001")


def test_a_comment_is_answered_below_it(
    server: GraphServer, page: FacebookConnector, said: str
) -> None:
    receipt = page.send_reply(reply(said))

    assert server.answers_to(said) == ["Please write to us."]
    assert server.nodes[receipt.external_id].parent == said
    assert receipt.url == f"https://www.facebook.com/{receipt.external_id}"
    assert receipt.published_at == server.nodes[receipt.external_id].at


def test_a_post_that_tags_us_is_answered_by_its_own_id(
    server: GraphServer, page: FacebookConnector
) -> None:
    tag = server.add_tagged("Acme Bank!", "990002")

    page.send_reply(reply(f"tagged:{tag}"))

    assert server.answers_to(tag) == ["Please write to us."]
    assert page.find_reply(reply(f"tagged:{tag}")) is not None


def test_an_answer_that_facebook_moves_up_is_found(
    server: GraphServer, page: FacebookConnector, said: str
) -> None:
    answer = server.add_comment(said, "Me too", "990002")
    server.moves_answers_up = True
    to = reply(answer, conversation=said)
    page.send_reply(to)

    assert page.find_reply(to) is not None


def test_the_same_words_below_a_comment_do_not_answer_the_post(
    server: GraphServer, page: FacebookConnector
) -> None:
    post = server.add_post("Nobody answers", "990002")
    below = server.add_comment(post, "Me neither", "990003")
    page.send_reply(reply(below))

    assert page.find_reply(reply(post)) is None
    page.send_reply(reply(post))
    assert page.find_reply(reply(post)) is not None


def test_an_answer_is_found_however_many_came_after_it(
    server: GraphServer, page: FacebookConnector, said: str, clock: Any
) -> None:
    page.send_reply(reply(said))
    for number in range(120):
        server.add_comment(said, f"No. {number}", "990002")

    assert page.find_reply(reply(said, first_tried_at=clock())) is not None


def test_the_same_words_from_before_the_first_try_are_not_it(
    page: FacebookConnector, said: str, clock: Any
) -> None:
    page.send_reply(reply(said))
    clock.advance(hours=2)

    assert page.find_reply(reply(said, first_tried_at=clock())) is None


def test_the_same_words_by_somebody_else_are_not_it(
    server: GraphServer, page: FacebookConnector, said: str
) -> None:
    server.add_comment(said, "Please write to us.", "990002")

    assert page.find_reply(reply(said)) is None


def test_an_answer_that_was_hidden_or_deleted_is_not_there(
    server: GraphServer, page: FacebookConnector, said: str
) -> None:
    made = page.send_reply(reply(said)).external_id
    server.hide(made)
    assert page.find_reply(reply(said, external_id=made)) is None

    server.delete(made)
    assert page.find_reply(reply(said, external_id=made)) is None


def test_below_what_has_gone_nothing_stands(
    server: GraphServer, page: FacebookConnector, said: str
) -> None:
    page.send_reply(reply(said))
    server.delete(said)

    assert page.find_reply(reply(said)) is None
    with pytest.raises(Refused):
        page.send_reply(reply(said))


def test_a_text_that_is_too_long_is_refused_before_it_goes(
    server: GraphServer, page: FacebookConnector, said: str
) -> None:
    with pytest.raises(Refused, match="8,000"):
        page.send_reply(reply(said, "x" * 8001))
    with pytest.raises(Refused, match="2,000"):
        page.send_private(reply(said, "x" * 2001))

    assert server.requests == []


def test_a_message_is_answered_with_a_message_and_without_a_tag(
    server: GraphServer, page: FacebookConnector
) -> None:
    message = server.add_message("990003", "Hello?")
    to = reply(message, conversation="t_messenger_990003", author="990003")

    receipt = page.send_reply(to)

    assert server.answers_to("990003") == ["Please write to us."]
    found = page.find_reply(to)
    assert found is not None
    assert found.external_id == receipt.external_id


def test_a_message_of_nobody_cannot_be_answered(
    server: GraphServer, page: FacebookConnector
) -> None:
    message = server.add_message("990003", "Hello?")

    with pytest.raises(Refused, match="who wrote"):
        page.send_reply(reply(message))


def test_a_message_is_not_answered_after_its_window(
    server: GraphServer, page: FacebookConnector, clock: Any
) -> None:
    message = server.add_message("990003", "Hello?")
    clock.advance(hours=25)

    with pytest.raises(Refused, match="time"):
        page.send_private(reply(message, author="990003"))
    assert server.accepted == []


def test_a_comment_is_answered_in_private_once(
    server: GraphServer, page: FacebookConnector, said: str
) -> None:
    assert page.find_private(reply(said)) is None

    receipt = page.send_private(reply(said))

    assert server.answers_to(said) == ["Please write to us."]
    found = page.find_private(reply(said))
    assert found is not None
    assert found.external_id == receipt.external_id
    with pytest.raises(Refused, match="once"):
        page.send_private(reply(said, "And another thing."))


def test_a_comment_is_not_answered_in_private_after_a_week(
    page: FacebookConnector, said: str, clock: Any
) -> None:
    clock.advance(days=8)

    with pytest.raises(Refused, match="time"):
        page.send_private(reply(said))


def test_a_visitors_post_is_answered_in_private_as_a_post(
    server: GraphServer, page: FacebookConnector
) -> None:
    visit = server.add_post("Why are you closed?", "990001")
    to = reply(visit, author="990001")

    page.send_private(to)

    assert server.requests[-1].body["recipient"] == {"post_id": visit}
    assert page.find_private(to) is not None


def test_where_the_author_is_hidden_a_private_answer_stays_in_doubt(
    server: GraphServer, page: FacebookConnector
) -> None:
    visit = server.add_post("Why are you closed?", "990001", has_author=False)

    with pytest.raises(OutcomeUnknown):
        page.find_private(reply(visit))


def test_a_post_on_other_ground_is_not_answered_in_private(
    server: GraphServer, page: FacebookConnector
) -> None:
    tag = server.add_tagged("Acme Bank!", "990002")

    with pytest.raises(Refused, match="own ground"):
        page.send_private(reply(f"tagged:{tag}"))
    assert server.requests == []


def test_words_that_may_be_older_than_what_is_shown_stay_in_doubt(
    server: GraphServer, page: FacebookConnector, clock: Any
) -> None:
    message = server.add_message("990003", "Hello?")
    to = reply(
        message,
        conversation="t_messenger_990003",
        author="990003",
        first_tried_at=clock(),
    )
    page.send_reply(to)
    for _ in range(25):
        clock.advance(seconds=1)
        server.add_message("990003", "Hello??")

    with pytest.raises(OutcomeUnknown):
        page.find_reply(to)


def test_words_newer_than_the_first_try_would_be_shown(
    server: GraphServer, page: FacebookConnector, clock: Any
) -> None:
    message = server.add_message("990003", "Hello?")
    for _ in range(25):
        server.add_message("990003", "Hello??")
    at = clock.advance(hours=1)
    to = reply(
        message, conversation="t_messenger_990003", author="990003", first_tried_at=at
    )

    assert page.find_reply(to) is None


@pytest.mark.parametrize("doubt", ["timeout", "error", "drop", "malformed"])
def test_a_doubt_about_a_private_answer_is_settled_by_looking(
    server: GraphServer,
    connect: Callable[..., FacebookConnector],
    said: str,
    doubt: str,
) -> None:
    server.fail_next(f"{doubt}_after_accept", method="POST")
    hasty = {"timeout": 0.3} if doubt == "timeout" else {}

    with pytest.raises(OutcomeUnknown):
        connect(**hasty).send_private(reply(said))

    assert connect().find_private(reply(said)) is not None
    assert len(server.accepted) == 1


def test_what_has_gone_is_told_even_among_many(
    server: GraphServer, page: FacebookConnector
) -> None:
    post = server.add_post("Hello")
    ids = [server.add_comment(post, f"No. {n}", "990001") for n in range(60)]
    gone = {ids[7], ids[55]}
    for one in gone:
        server.delete(one)

    assert set(page.find_removed(ids)) == gone


def test_a_post_that_tagged_us_and_went_is_told_and_one_that_stays_is_not(
    server: GraphServer, page: FacebookConnector
) -> None:
    kept, gone = (server.add_tagged("Acme Bank!", f"99000{n}") for n in range(2))
    server.delete(gone)

    asked = [f"tagged:{kept}", f"tagged:{gone}"]

    assert set(page.find_removed(asked)) == {f"tagged:{gone}"}


def test_about_messages_and_unread_lists_nothing_is_claimed(
    server: GraphServer, connect: Callable[..., FacebookConnector]
) -> None:
    page = connect(reads=["feed"])

    assert set(page.find_removed(["m_1", "tagged:1_1"])) == set()
    assert server.requests == []


def test_a_lost_permission_is_not_taken_for_deletion(
    server: GraphServer, page: FacebookConnector, said: str
) -> None:
    server.lost_right = True
    server.scopes.remove("pages_read_user_content")

    with pytest.raises(AccessDenied, match="pages_read_user_content"):
        page.find_removed([said])


def test_nothing_that_we_did_is_taken_for_a_mention(
    server: GraphServer, page: FacebookConnector, said: str, read: Any, clock: Any
) -> None:
    first = read(page)
    clock.at += timedelta(minutes=1)
    page.send_reply(reply(said))
    page.send_private(reply(said))

    assert read(page, first.cursor).mentions == {}
    assert server.nodes[server.accepted[0].id].author == PAGE_ID


def test_a_private_answer_that_could_never_go_is_not_looked_for(
    server: GraphServer, page: FacebookConnector
) -> None:
    assert page.find_private(reply("tagged:1_1")) is None
    assert server.requests == []


def test_without_the_apps_secret_something_must_still_be_shown(
    server: GraphServer, connect: Callable[..., FacebookConnector], said: str
) -> None:
    page = connect(app_id="", app_secret=None)
    gone = server.add_comment(said, "I go", "990002")
    server.delete(gone)

    assert set(page.find_removed([gone])) == set()
    assert set(page.find_removed([gone, said])) == {gone}

    server.lost_right = True

    assert set(page.find_removed([gone, said])) == set()
