from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from bot.connectors.x import XSettings
from bot.domain.replies import OutboundReply
from bot.errors import AccessDenied, BadPayload, OutcomeUnknown, Unavailable
from tests.platforms.x_server import CREDENTIALS, HANDLE, Post, XServer


def a_reply(server: XServer, text: str = "We are sorry.", **more: Any) -> OutboundReply:
    post = server.add_post(f"@{HANDLE} nobody answers", "jane")
    return reply_under(post, text, **more)


def reply_under(post: Post, text: str, **more: Any) -> OutboundReply:
    return OutboundReply(
        key="R-000001",
        brand="acme",
        conversation=post.conversation_id,
        in_reply_to=post.id,
        text=text,
        **more,
    )


def test_a_reply_stands_under_the_mention_with_a_receipt(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)

    receipt = x.send_reply(reply)

    [post] = server.replies_to(reply.in_reply_to)
    assert receipt.external_id == post.id
    assert receipt.url == f"https://x.com/{HANDLE}/status/{post.id}"
    assert receipt.published_at == clock()


def test_a_reply_takes_as_many_requests_as_the_outbox_allows_time_for(
    server: Any, x: Any
) -> None:
    x.send_reply(a_reply(server))

    assert len(server.requests) == x.info.reply_requests


@pytest.mark.parametrize(
    "text",
    [
        "We are sorry & will help <today>.",
        "Please write to us: https://acme.example/a?b=1&c=2 - thank you",
        "Two  spaces\nand a line",
        "@jane we are sorry",
        "Wir bedauern das. Ça va? 🙏 e\u0301",
    ],
)
def test_a_reply_is_found_whatever_x_makes_of_its_text(
    server: Any, clock: Any, x: Any, text: str
) -> None:
    reply = a_reply(server, text)
    clock.advance(minutes=1)
    receipt = x.send_reply(reply)

    assert x.find_reply(reply) == receipt


def test_a_reply_is_found_far_down_our_own_posts(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)
    receipt = x.send_reply(reply)
    for number in range(230):
        clock.advance(seconds=1)
        server.add_post(f"@bob answer {number}", HANDLE)

    assert x.find_reply(reply) == receipt


def test_a_reply_that_may_be_older_than_what_x_lists_stays_in_doubt(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)
    x.send_reply(reply)
    for number in range(3_200):
        clock.advance(seconds=1)
        server.add_post(f"@bob answer {number}", HANDLE)

    with pytest.raises(OutcomeUnknown, match="R-000001"):
        x.find_reply(reply)


def test_a_long_list_that_ends_before_x_lists_no_more_settles_it(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    for number in range(1_000):
        clock.advance(seconds=1)
        server.add_post(f"@bob answer {number}", HANDLE)

    assert x.find_reply(reply) is None


def test_a_reply_whose_id_is_known_costs_one_read(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)
    receipt = x.send_reply(reply)
    for number in range(230):
        clock.advance(seconds=1)
        server.add_post(f"@bob answer {number}", HANDLE)

    found = x.find_reply(replace(reply, external_id=receipt.external_id))

    asked = [one.query["ids"] for one in server.requests if "ids" in one.query]
    assert found == receipt
    assert asked == [receipt.external_id]
    assert x.reads_spent() == 1


def test_a_reply_whose_id_x_does_not_show_is_not_there(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)
    receipt = x.send_reply(reply)
    server.delete_post(receipt.external_id)

    assert x.find_reply(replace(reply, external_id=receipt.external_id)) is None
    assert x.reads_spent() == 0


@pytest.mark.parametrize("names", ["tweet"])  # the newer names have no author's id
def test_an_id_of_somebody_elses_post_is_no_reply_of_ours(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)
    theirs = server.add_post(reply.text, "bob", reply_to=reply.in_reply_to)

    assert x.find_reply(replace(reply, external_id=theirs.id)) is None


def test_an_id_that_x_cannot_look_up_just_now_settles_nothing(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)
    receipt = x.send_reply(reply)
    server.delete_post(receipt.external_id)
    server.fail_next("partial_error", method="GET")

    with pytest.raises(OutcomeUnknown, match="R-000001"):
        x.find_reply(replace(reply, external_id=receipt.external_id))


def test_an_id_of_another_platform_cannot_be_looked_up(server: Any, x: Any) -> None:
    with pytest.raises(BadPayload):
        x.find_reply(replace(a_reply(server), external_id="t1_zz00001"))


def test_what_a_failing_look_has_read_is_counted_too(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    for number in range(150):
        clock.advance(seconds=1)
        server.add_post(f"@bob answer {number}", HANDLE)
    # The first page comes with a small flaw, the second not at all.
    server.fail_next("partial_error", path="/tweets")
    server.fail_next("server_error", path="/tweets")

    with pytest.raises(Unavailable):
        x.find_reply(reply)

    assert x.reads_spent() == 100


def test_our_clock_does_not_bound_the_search(server: Any, clock: Any, x: Any) -> None:
    reply = a_reply(server, first_tried_at=datetime(2031, 1, 1, tzinfo=UTC))
    clock.advance(minutes=1)
    receipt = x.send_reply(reply)

    assert x.find_reply(reply) == receipt


def test_only_what_we_wrote_since_the_mention_is_read(
    server: Any, clock: Any, x: Any
) -> None:
    for number in range(120):
        clock.advance(seconds=1)
        server.add_post(f"@bob answer {number}", HANDLE)
    reply = a_reply(server)

    assert x.find_reply(reply) is None
    own = [one for one in server.requests if one.path.endswith("/tweets")]
    assert len(own) == 1


def test_somebody_elses_same_words_are_not_ours(
    server: Any, clock: Any, x: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)
    server.add_post(reply.text, "bob", reply_to=reply.in_reply_to)

    assert x.find_reply(reply) is None


def test_the_same_words_under_another_mention_are_another_reply(
    server: Any, clock: Any, x: Any
) -> None:
    first = a_reply(server)
    clock.advance(minutes=1)
    x.send_reply(first)
    clock.advance(minutes=1)

    assert x.find_reply(a_reply(server)) is None


def test_a_search_that_fails_gives_no_answer_at_all(server: Any, x: Any) -> None:
    reply = a_reply(server)
    server.fail_next("server_error", path="/tweets")

    with pytest.raises(Unavailable):
        x.find_reply(reply)


def test_a_mention_without_an_id_of_x_cannot_be_looked_for(server: Any, x: Any) -> None:
    post = Post("t3_abc", "1", "", "", "t3_abc")

    with pytest.raises(BadPayload):
        x.find_reply(reply_under(post, "We are sorry."))


def test_replying_needs_the_users_own_tokens(server: Any, connect: Any) -> None:
    keys = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    x = connect(**dict.fromkeys(keys))

    with pytest.raises(AccessDenied, match="OAuth"):
        x.send_reply(a_reply(server))


def test_removed_posts_are_asked_for_by_the_hundred(server: Any, x: Any) -> None:
    posts = [server.add_post(f"post {number}", "jane").id for number in range(250)]
    for gone in posts[::50]:
        server.delete_post(gone)

    removed = x.find_removed([*posts, "t3_not_ours"])

    assert set(removed) == set(posts[::50])
    # X bills those that still stand.
    assert x.reads_spent() == 245
    asked = [one for one in server.requests if one.path == "/2/tweets"]
    assert len(asked) == 3


def test_an_id_that_x_does_not_explain_is_not_called_removed(
    server: Any, x: Any
) -> None:
    post = server.add_post("still here", "jane").id
    server.fail_next("partial_error")

    assert set(x.find_removed([post])) == set()


def test_asking_about_no_ids_asks_nothing(server: Any, x: Any) -> None:
    assert set(x.find_removed([])) == set()
    assert server.requests == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "give bearer_token"),
        ({"bearer_token": "", "account": "a"}, "give bearer_token"),
        ({"bearer_token": "b"}, "account or account_id"),
        ({"bearer_token": "b", "account": "a", "consumer_key": "k"}, "all four"),
        ({**CREDENTIALS, "base_url": "api.x.com"}, "pattern"),
        ({**CREDENTIALS, "account_id": "acme"}, "pattern"),
        ({**CREDENTIALS, "watch_conversations": 13}, "less than or equal to 12"),
        ({**CREDENTIALS, "start_at": "2026-03-01T00:00:00"}, "timezone"),
        ({**CREDENTIALS, "brand": ""}, "at least 1 character"),
        ({**CREDENTIALS, "timeout": 0}, "greater than 0"),
        ({**CREDENTIALS, "field_names": "toot"}, "'tweet' or 'post'"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        XSettings.model_validate({"brand": "acme", **given})


def test_the_account_may_be_written_with_its_at_sign() -> None:
    settings = XSettings.model_validate(
        {"brand": "acme", "account": "@Acme", **CREDENTIALS}
    )

    assert settings.account == "Acme"
