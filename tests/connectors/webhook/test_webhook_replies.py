from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.bootstrap import may_reply
from bot.connectors.webhook import WebhookConnector, WebhookSettings
from bot.domain.replies import OutboundReply
from bot.errors import (
    AccessDenied,
    BadPayload,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.platforms.webhook_receiver import PATH, SECRET, Receiver

REPLY = OutboundReply(
    key="R-000007",
    brand="Acme",
    conversation="thread/1",
    in_reply_to="post/é",
    text="Sorry – we look into it. 💛",
    author="a1",
    language="en",
)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def connector(receiver: Receiver) -> Iterator[Any]:
    with receiver:
        given = {
            "brand": "Acme",
            "channel": "forum",
            "secret": "a-secret-of-twenty-four-owls",
            "reply_url": receiver.base_url + PATH,
            "reply_secret": SECRET,
        }
        made = WebhookConnector(WebhookSettings.model_validate(given))
        yield made
        made.close()


def test_a_reply_is_posted_whole_with_a_key_by_which_it_is_known_again(
    connector, receiver
):
    receipt = connector.send_reply(REPLY)

    [(key, given)] = receiver.taken.items()
    assert (receipt.external_id, receipt.url) == ("answer-1", "https://forum.example/1")
    assert key.startswith("R-000007-")
    assert given == {
        "event": "reply",
        "key": key,
        "reply": "R-000007",
        "brand": "Acme",
        "channel": "forum",
        "conversation": "thread/1",
        "in_reply_to": "post/é",
        "author": "a1",
        "language": "en",
        "text": "Sorry – we look into it. 💛",
    }


def test_the_same_reply_twice_is_one_there_and_another_is_another(connector, receiver):
    first, again = connector.send_reply(REPLY), connector.send_reply(REPLY)
    other = connector.send_reply(replace(REPLY, in_reply_to="post/2"))

    assert first == again
    assert other.external_id == "answer-2"
    assert len(receiver.taken) == 2


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("422", Refused),
        ("404", Refused),
        ("401", AccessDenied),
        ("429", RateLimited),
        ("503", OutcomeUnknown),
        ('{"id": null}', OutcomeUnknown),
        ('{"id": ["x"]}', OutcomeUnknown),
        ("thanks", OutcomeUnknown),
        ("drop", OutcomeUnknown),
    ],
)
def test_what_a_receiver_answers_decides_what_becomes_of_a_reply(
    connector, receiver, fault, raised
):
    receiver.fail_next(fault)

    with pytest.raises(raised):
        connector.send_reply(REPLY)


def test_a_receiver_that_is_not_there_took_nothing(connector):
    nowhere = {"reply_url": "http://127.0.0.1:1/x"}
    settings = connector._settings.model_copy(update=nowhere)

    with pytest.raises(Unavailable, match="nothing was sent"):
        WebhookConnector(settings).send_reply(REPLY)


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("404", AccessDenied),
        ("{}", OutcomeUnknown),
        ('{"id": []}', OutcomeUnknown),
        ("no", BadPayload),
    ],
)
def test_only_a_clear_no_says_that_a_reply_is_not_there(
    connector, receiver, fault, raised
):
    assert connector.find_reply(REPLY) is None
    receiver.fail_next(fault)

    with pytest.raises(raised):
        connector.find_reply(REPLY)


def test_check_finds_a_secret_that_the_receiver_does_not_know(connector, receiver):
    assert connector.check().ok
    assert "replies go to 127.0.0.1" in connector.check().detail

    receiver.secret = "another-secret-of-many-more-owls"

    assert not connector.check().ok
    assert receiver.taken == {}


def test_without_an_address_for_replies_it_only_reads():
    given = {"brand": "Acme", "secret": "a-secret-of-twenty-four-owls"}
    connector = WebhookConnector(WebhookSettings.model_validate(given))

    assert not may_reply(connector)
    with pytest.raises(AccessDenied, match="reply_url"):
        connector.send_reply(REPLY)
