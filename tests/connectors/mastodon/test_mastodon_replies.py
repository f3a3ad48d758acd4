from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from bot.connectors.mastodon import MastodonConnector, MastodonSettings
from bot.errors import BadPayload, OutcomeUnknown, Refused, Unavailable
from tests.connectors.mastodon.test_mastodon_errors import a_reply
from tests.platforms.mastodon_server import HANDLE

ORDER = ("public", "unlisted", "private", "direct")


def sent_form(server: Any) -> dict[str, str]:
    [sent] = [one.sent for one in server.requests if one.method == "POST"]
    return {name: values[0] for name, values in sent.items()}


def test_a_reply_names_whom_it_answers_and_stands_below(
    server: Any, clock: Any, mastodon: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)

    receipt = mastodon.send_reply(reply)

    [made] = server.replies_to(reply.in_reply_to)
    assert receipt.external_id == made.id
    assert receipt.published_at == clock()
    assert made.text == "@jane@far.example We are sorry."
    assert made.visibility == "unlisted"
    assert made.language == "en"
    assert len(server.requests) <= mastodon.info.reply_requests


@pytest.mark.parametrize(
    "text", ["@jane@far.example we are sorry", "Sorry, @Jane@far.example!"]
)
def test_who_is_named_already_is_not_named_twice(
    server: Any, mastodon: Any, text: str
) -> None:
    reply = a_reply(server, text)

    mastodon.send_reply(reply)

    assert [one.text for one in server.replies_to(reply.in_reply_to)] == [text]
    assert mastodon.find_reply(reply) is not None


@pytest.mark.parametrize("kind", ["mastodon"])
@pytest.mark.parametrize("widest", ORDER)
@pytest.mark.parametrize("theirs", [*ORDER, "local", "mutuals_only"])
def test_a_reply_is_never_wider_than_what_it_answers(
    server: Any, connect: Any, widest: str, theirs: str
) -> None:
    reply = a_reply(server, visibility=theirs)

    connect(reply_visibility=widest).send_reply(reply)

    [made] = server.replies_to(reply.in_reply_to)
    known = theirs if theirs in ORDER else "direct"
    assert ORDER.index(made.visibility) == max(ORDER.index(known), ORDER.index(widest))


@pytest.mark.parametrize("kind", ["mastodon"])
def test_a_second_try_is_the_first_again(server: Any, mastodon: Any) -> None:
    reply = a_reply(server)

    first, second = mastodon.send_reply(reply), mastodon.send_reply(reply)
    other = mastodon.send_reply(
        replace(reply, text="Another word.", brand="Größe 銀行")
    )

    keys = [
        one.headers["idempotency-key"]
        for one in server.requests
        if one.method == "POST"
    ]
    assert first == second
    assert other != first
    assert keys[0] == keys[1] != keys[2]
    assert all(key.startswith("R-000001") for key in keys)


@pytest.mark.parametrize(
    "text",
    [
        "We are sorry & will help <today>.",
        "Please write to https://acme.example/a/very/long/path?b=1&c=2 - thank you",
        "First line\nsecond line\n\nnew paragraph",
        "Ask @help@acme.example or #acmehelp",
        "Wir bedauern das. Ça va? 🙏 e\u0301",
    ],
)
def test_a_reply_is_found_whatever_the_server_makes_of_its_text(
    server: Any, mastodon: Any, text: str
) -> None:
    reply = a_reply(server, text)
    assert mastodon.find_reply(reply) is None

    receipt = mastodon.send_reply(reply)

    assert mastodon.find_reply(reply) == receipt
    known = replace(reply, external_id=receipt.external_id)
    assert mastodon.find_reply(known) == receipt
    server.delete_status(receipt.external_id)
    assert mastodon.find_reply(known) is None


def test_a_reply_is_found_although_what_it_answered_is_gone(
    server: Any, clock: Any, mastodon: Any
) -> None:
    reply = a_reply(server)
    clock.advance(minutes=1)
    receipt = mastodon.send_reply(reply)
    for number in range(50):
        clock.advance(minutes=1)
        server.add_status(f"@bob answer {number}", HANDLE)
    server.delete_status(reply.in_reply_to)

    assert mastodon.find_reply(reply) == receipt


@pytest.mark.parametrize("kind", ["mastodon"])
def test_too_many_of_ours_leave_the_doubt(
    server: Any, clock: Any, mastodon: Any
) -> None:
    reply = a_reply(server)
    for number in range(1_001):
        clock.advance(seconds=1)
        server.add_status(f"answer {number}", HANDLE)

    with pytest.raises(OutcomeUnknown, match="R-000001"):
        mastodon.find_reply(reply)


def test_somebody_elses_same_words_are_not_ours(server: Any, mastodon: Any) -> None:
    reply = a_reply(server)
    theirs = server.add_status(reply.text, "bob", reply_to=reply.in_reply_to).id

    assert mastodon.find_reply(reply) is None
    assert mastodon.find_reply(replace(reply, external_id=theirs)) is None


def test_what_is_gone_cannot_be_answered(server: Any, mastodon: Any) -> None:
    reply = a_reply(server)
    server.delete_status(reply.in_reply_to)

    with pytest.raises(Refused, match="gone"):
        mastodon.send_reply(reply)

    assert server.accepted == []


@pytest.mark.parametrize("kind", ["mastodon"])
def test_what_goes_between_the_look_and_the_reply_is_refused(
    server: Any, mastodon: Any
) -> None:
    reply = a_reply(server)
    answer = server.answer

    def deleting(method: str, *rest: Any) -> Any:
        if method == "POST":
            server.delete_status(reply.in_reply_to)
        return answer(method, *rest)

    server.answer = deleting

    with pytest.raises(Refused, match="does not exist"):
        mastodon.send_reply(reply)


@pytest.mark.parametrize("kind", ["mastodon"])
def test_an_id_that_leads_elsewhere_is_never_asked_for(
    server: Any, mastodon: Any
) -> None:
    reply = replace(a_reply(server), in_reply_to="../../oauth/token")

    with pytest.raises(Refused):
        mastodon.send_reply(reply)
    with pytest.raises(BadPayload):
        mastodon.find_reply(reply)

    assert not [one for one in server.requests if "oauth" in one.path]


def test_a_private_answer_is_read_by_its_author_alone(
    server: Any, mastodon: Any
) -> None:
    reply = a_reply(server, "Only you read this.")
    assert mastodon.find_private(reply) is None

    receipt = mastodon.send_private(reply)

    [made] = server.replies_to(reply.in_reply_to)
    assert made.visibility == "direct"
    assert made.text == "@jane@far.example Only you read this."
    assert mastodon.find_private(reply) == receipt


def test_a_private_answer_goes_out_although_the_status_is_gone(
    server: Any, mastodon: Any
) -> None:
    reply = a_reply(server, "Only you read this.")
    server.delete_status(reply.in_reply_to)

    receipt = mastodon.send_private(reply)

    assert len(server.requests) == mastodon.info.reply_requests
    assert "in_reply_to_id" not in sent_form(server)
    assert mastodon.find_private(reply) == receipt


def test_the_same_private_words_to_somebody_else_prove_nothing(
    server: Any, clock: Any, mastodon: Any
) -> None:
    reply = a_reply(server, "Please write to us here.")
    clock.advance(minutes=1)
    other = server.add_status("and me?", "joe")
    mastodon.send_private(
        replace(
            reply,
            key="R-2",
            in_reply_to=other.id,
            conversation=other.id,
            author=other.author,
        )
    )

    assert mastodon.find_private(reply) is None


def test_a_private_answer_to_nobody_is_refused(server: Any, mastodon: Any) -> None:
    reply = a_reply(server)
    server.delete_status(reply.in_reply_to)

    with pytest.raises(Refused):
        mastodon.send_private(replace(reply, author="999"))
    with pytest.raises(Refused):
        mastodon.send_private(replace(reply, author=""))


@pytest.mark.parametrize("looks_up_many", [True, False])
def test_removed_statuses_are_found_singly_and_by_the_dozen(
    server: Any, clock: Any, mastodon: Any, looks_up_many: bool
) -> None:
    server.looks_up_many = looks_up_many
    kept = [server.add_status(f"number {number}").id for number in range(25)]
    gone = [server.add_status(f"gone {number}").id for number in range(3)]
    for one in gone:
        server.delete_status(one)

    removed = mastodon.find_removed([*kept, *gone, "not/an/id"])

    assert set(removed) == set(gone)
    assert (len(server.requests) < 10) == looks_up_many


@pytest.mark.parametrize("kind", ["mastodon"])
def test_a_server_in_trouble_makes_nothing_a_removal(
    server: Any, mastodon: Any
) -> None:
    said = server.add_status("still here").id
    server.fail_next("error", path=said)

    with pytest.raises(Unavailable):
        mastodon.find_removed([said])


def test_asking_about_no_ids_asks_nothing(server: Any, mastodon: Any) -> None:
    assert set(mastodon.find_removed([])) == set()
    assert server.requests == []


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("hello", 5),
        ("see https://www.example.com/a/very/long/path/to/somewhere/else", 4 + 23),
        ("hi @ada_lovelace@far.example", 3 + 13),
        ("👩‍👩‍👧 e\u0301", 3),
    ],
)
@pytest.mark.parametrize("kind", ["mastodon"])
def test_a_text_is_as_long_as_mastodon_says(
    mastodon: MastodonConnector, text: str, length: int
) -> None:
    assert mastodon.reply_length(text) == length


@pytest.mark.parametrize("kind", ["mastodon"])
def test_the_longest_reply_fits_with_the_longest_local_name(
    server: Any, connect: Any
) -> None:
    mastodon = connect()
    name = "j" * 30
    status = server.add_status(f"@{HANDLE} hello", f"{name}@far.example")
    reply = replace(
        a_reply(server, "x" * mastodon.info.reply_limit), in_reply_to=status.id
    )

    assert mastodon.send_reply(reply).external_id
    assert connect(max_characters=5_000).info.reply_limit == 4_968


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"base_url": ""}, "pattern"),
        ({"base_url": "ftp://a.example"}, "pattern"),
        ({"base_url": "https://a.example?x"}, "pattern"),
        ({"access_token": ""}, "at least 1"),
        ({"hashtags": ["two words"]}, "pattern"),
        ({"hashtags": ["a/../b"]}, "pattern"),
        ({"start_at": "2026-03-01T00:00:00"}, "timezone"),
        ({"reply_visibility": "everybody"}, "'public', 'unlisted'"),
        ({"watch_conversations": 21}, "less than or equal"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    given: dict[str, Any], words: str
) -> None:
    usual = {"brand": "a", "base_url": "https://a.example", "access_token": "t"}

    with pytest.raises(ValidationError, match=words):
        MastodonSettings.model_validate({**usual, **given})


def test_settings_are_taken_as_people_write_them() -> None:
    settings = MastodonSettings.model_validate(
        {
            "brand": "acme",
            "base_url": "mastodon.example/",
            "access_token": "t",
            "account": "@AcmeCares",
            "hashtags": ["#acme"],
        }
    )

    assert settings.base_url == "https://mastodon.example"
    assert settings.account == "AcmeCares"
    assert settings.hashtags == ("acme",)
