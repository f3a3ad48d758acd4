"""Answers on Instagram, in public and in private, and what has gone."""

from __future__ import annotations

from typing import Any

import pytest

from bot.connectors import _graph
from bot.connectors.instagram import InstagramConnector
from bot.domain.replies import OutboundReply
from bot.errors import OutcomeUnknown, Refused
from tests.platforms.graph_server import GraphServer
from tests.platforms.graph_state import ig_id


def reply(to: str, text: str = "Please write to us.", **more: Any) -> OutboundReply:
    given: dict[str, Any] = {"conversation": to, **more}
    return OutboundReply(
        key="R-000001", brand="acme", in_reply_to=to, text=text, **given
    )


@pytest.fixture
def said(server: GraphServer) -> str:
    return server.add_ig_comment(server.add_media("Hello"), "Call me", "quill.marta")


def test_a_comment_is_answered_in_its_thread(
    server: GraphServer, account: InstagramConnector, said: str
) -> None:
    receipt = account.send_reply(reply(said))

    assert server.nodes[receipt.external_id].parent == said
    found = account.find_reply(reply(said))
    assert found is not None
    assert found.external_id == receipt.external_id


def test_an_answer_to_an_answer_is_found_in_the_thread(
    server: GraphServer, account: InstagramConnector, said: str
) -> None:
    answer = server.add_ig_comment(said, "Me too", "otto")
    to = reply(answer, conversation=said)
    account.send_reply(to)

    assert account.find_reply(to) is not None


def test_a_reply_is_found_behind_many_others(
    server: GraphServer, account: InstagramConnector, said: str, clock: Any
) -> None:
    for number in range(120):
        server.add_ig_comment(said, f"No. {number}", "otto")
    account.send_reply(reply(said))

    assert account.find_reply(reply(said, first_tried_at=clock())) is not None


def test_other_words_of_ours_in_the_thread_are_not_it(
    account: InstagramConnector, said: str
) -> None:
    account.send_reply(reply(said, "Thank you."))

    assert account.find_reply(reply(said)) is None


def test_a_thread_too_long_to_look_through_leaves_the_doubt(
    server: GraphServer,
    account: InstagramConnector,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_graph, "MOST_PAGES_BELOW", 2)
    for number in range(120):
        server.add_ig_comment(said, f"No. {number}", "otto")

    with pytest.raises(OutcomeUnknown, match="looked through"):
        account.find_reply(reply(said))


def test_a_reply_by_its_id_is_there_until_it_is_hidden(
    server: GraphServer, account: InstagramConnector, said: str
) -> None:
    made = account.send_reply(reply(said)).external_id
    assert account.find_reply(reply(said, external_id=made)) is not None

    server.hide(made)

    assert account.find_reply(reply(said, external_id=made)) is None


def test_a_hidden_comment_cannot_be_answered(
    server: GraphServer, account: InstagramConnector, said: str
) -> None:
    server.hide(said)

    with pytest.raises(Refused):
        account.send_reply(reply(said))


def test_a_post_whose_caption_names_us_is_answered_as_a_mention(
    server: GraphServer, account: InstagramConnector
) -> None:
    tag = server.add_tag("@acmebank lost my deposit", "leo.marsh")
    to = reply(f"tagged:{tag}")

    receipt = account.send_reply(to)

    assert server.answers_to(tag) == ["Please write to us."]
    with pytest.raises(OutcomeUnknown, match="somebody else"):
        account.find_reply(to)
    known = reply(f"tagged:{tag}", external_id=receipt.external_id)
    assert account.find_reply(known) is not None


def test_texts_that_are_too_long_are_refused_before_they_go(
    server: GraphServer, account: InstagramConnector, said: str
) -> None:
    with pytest.raises(Refused, match="2,200"):
        account.send_reply(reply(said, "x" * 2201))
    with pytest.raises(Refused, match="1,000 bytes"):
        account.send_private(reply(said, "ü" * 501))

    assert server.requests == []


def test_a_comment_is_answered_in_private_once(
    server: GraphServer, account: InstagramConnector, said: str
) -> None:
    to = reply(said, author=ig_id("quill.marta"))
    server.nodes[said].author = to.author
    assert account.find_private(to) is None

    account.send_private(to)

    assert server.requests[-1].body["recipient"] == {"comment_id": said}
    assert account.find_private(to) is not None
    with pytest.raises(Refused, match="once"):
        account.send_private(reply(said, "And another thing.", author=to.author))


def test_a_private_answer_to_a_name_stays_in_doubt(
    account: InstagramConnector, said: str
) -> None:
    with pytest.raises(OutcomeUnknown):
        account.find_private(reply(said, author="quill.marta"))


def test_a_message_is_answered_with_a_message(
    server: GraphServer, account: InstagramConnector
) -> None:
    message = server.add_message("6600002", "Hello?", "INSTAGRAM")
    to = reply(message, conversation="t_instagram_6600002", author="6600002")

    account.send_private(to)

    assert account.find_private(to) is not None
    assert account.find_reply(to) is not None


def test_what_has_gone_is_told_and_nothing_else(
    server: GraphServer, account: InstagramConnector, said: str
) -> None:
    gone = server.add_ig_comment(said, "I go", "otto")
    tag = server.add_tag("@acmebank", "leo.marsh")
    server.delete(gone)

    asked = [said, gone, f"tagged:{tag}", "aWdfZAG1faXRlbToxOk="]

    assert set(account.find_removed(asked)) == {gone}
