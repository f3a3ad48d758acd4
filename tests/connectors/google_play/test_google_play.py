from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.connectors.google_play import (
    GooglePlayConnector,
    GooglePlaySettings,
    Place,
    to_mention,
)
from bot.domain.channels import Cursor, Page
from bot.domain.mentions import ChannelControl, Mention, MentionKind
from bot.domain.platforms import Ground
from bot.domain.replies import OutboundReply
from bot.errors import (
    AccessDenied,
    BadPayload,
    BudgetSpent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from bot.escalate.platforms import grounds
from tests.platforms.discovery import Discovery
from tests.platforms.google_play_server import (
    PACKAGE,
    TOKEN_PATH,
    GooglePlayServer,
    service_account,
)

Connect = Callable[..., GooglePlayConnector]


def read(
    connector: GooglePlayConnector, cursor: Cursor | None = None, limit: int = 100
) -> tuple[dict[str, Mention], Page]:
    found: dict[str, Mention] = {}
    while True:
        page = connector.fetch(cursor, limit=limit)
        found |= {one.external_id: one for one in page.mentions}
        cursor = page.cursor
        if not page.more:
            return found, page


def reply_to(review: str, text: str = "We are sorry.") -> OutboundReply:
    return OutboundReply(
        key="R-000001",
        brand="acme",
        conversation=review,
        in_reply_to=review,
        text=text,
    )


def test_a_review_stands_on_our_own_ground_and_may_be_answered(
    server: GooglePlayServer, clock: Any, play: GooglePlayConnector
) -> None:
    said = server.say("Logs me out\tEvery day.", name="Mira Stone")

    [mention] = read(play)[0].values()

    assert mention.external_id == mention.conversation == said
    assert mention.kind is MentionKind.REVIEW
    assert mention.control is ChannelControl.OWNED
    assert mention.is_addressed
    assert Ground.REVIEWS_US in grounds(mention)
    assert mention.text == "Logs me out\nEvery day."
    assert mention.author is not None
    assert mention.author.name == "Mira Stone"
    assert mention.published_at == clock.at
    assert mention.engagement.likes == 2
    assert mention.language_hint is None
    assert mention.url is not None
    assert mention.url.endswith(f"id={PACKAGE}&reviewId={said}")


def test_the_words_that_were_written_come_before_their_translation(
    given: dict[str, Any],
) -> None:
    said = {
        "text": "Translated",
        "originalText": "Original",
        "lastModified": {"seconds": "1772442000"},
    }
    raw = {"reviewId": "r1", "comments": [{"userComment": said}]}

    mention = to_mention(raw, GooglePlaySettings.model_validate(given))

    assert mention.text == "Original"


def test_a_review_with_its_history_has_the_newest_words(given: dict[str, Any]) -> None:
    def said(text: str, seconds: int) -> dict[str, Any]:
        return {"userComment": {"text": text, "lastModified": {"seconds": seconds}}}

    comments = [said("now", 1_772_449_200), said("before", 1_772_442_000)]
    raw = {"reviewId": "r1", "comments": comments}

    mention = to_mention(raw, GooglePlaySettings.model_validate(given))

    assert mention.text == "now"
    assert mention.published_at.timestamp() == 1_772_442_000
    assert mention.edited_at is not None
    assert mention.edited_at.timestamp() == 1_772_449_200


def test_a_changed_review_comes_again_as_an_edit(
    server: GooglePlayServer, clock: Any, play: GooglePlayConnector
) -> None:
    said = server.say("bad")
    before, page = read(play)
    clock.advance(hours=30)
    server.edit(said, "better now")

    after, _ = read(play, page.cursor)

    assert after[said].text == "better now"
    was, now = before[said].edited_at, after[said].edited_at
    assert was is not None
    assert now is not None
    assert now > was


def test_no_order_of_the_list_hides_a_review(
    server: GooglePlayServer, clock: Any, play: GooglePlayConnector
) -> None:
    server.shuffles = True
    early = set()
    for number in range(23):
        clock.advance(minutes=1)
        early.add(server.say(f"number {number}"))
    found, page = read(play, limit=10)
    assert found.keys() == early
    clock.advance(hours=2)
    late = server.say("late")

    found, page = read(play, page.cursor, limit=10)

    assert found.keys() == {late}
    assert read(play, page.cursor, limit=10)[0] == {}


def test_a_review_that_is_listed_hours_late_is_read(
    server: GooglePlayServer, clock: Any, play: GooglePlayConnector
) -> None:
    held = server.say("held for a check")
    kept = server.reviews.pop(held)
    clock.advance(hours=5)
    server.say("newer")
    _, page = read(play)
    server.reviews[held] = kept

    assert read(play, page.cursor)[0].keys() == {held}


def test_what_is_remembered_has_a_bound() -> None:
    many = {f"r{number}": 1_772_442_000 + number for number in range(5_000)}

    place = Place().moved(many, "")

    assert len(place.seen) == 2_000
    assert "r4999" in place.seen
    assert place.since == 1_772_446_999


def test_a_token_that_is_too_old_means_reading_from_the_first_page(
    server: GooglePlayServer, clock: Any, play: GooglePlayConnector
) -> None:
    said = set()
    for number in range(15):
        clock.advance(minutes=1)
        said.add(server.say(f"number {number}"))
    first = play.fetch(None, limit=10)
    server.fail_next("bad_token")

    found, _ = read(play, first.cursor, limit=10)

    assert {one.external_id for one in first.mentions} | found.keys() == said


def test_nonsense_is_told_once(
    server: GooglePlayServer, play: GooglePlayConnector
) -> None:
    server.say("when?", extra={"lastModified": {}})
    first = play.fetch(None, limit=10)

    second = play.fetch(first.cursor, limit=10)

    assert len(first.bad) == 1
    assert second.bad == []


def test_a_cursor_of_somebody_else_is_refused(play: GooglePlayConnector) -> None:
    with pytest.raises(BadPayload, match="not one of ours"):
        play.fetch(Cursor('{"version": 9}'), limit=10)


# Replies


def test_an_answer_by_hand_is_never_replaced(
    server: GooglePlayServer, play: GooglePlayConnector
) -> None:
    said = server.say("bad")
    server.answer_by_hand(said, "Ann here, I called you.")

    with pytest.raises(Refused, match="answered already"):
        play.send_reply(reply_to(said))

    assert server.accepted == []
    assert server.reviews[said].answer == "Ann here, I called you."


def test_sending_the_same_words_again_publishes_nothing_anew(
    server: GooglePlayServer, play: GooglePlayConnector
) -> None:
    said = server.say("bad")
    receipt = play.send_reply(reply_to(said))

    again = play.send_reply(reply_to(said))

    assert again == receipt
    assert len(server.accepted) == 1


def test_an_answer_has_another_id_than_the_review(
    server: GooglePlayServer, play: GooglePlayConnector
) -> None:
    said = server.say("bad")

    assert play.send_reply(reply_to(said)).external_id == f"{said}:reply"


def test_a_reply_that_a_person_wrote_over_does_not_stand_there(
    server: GooglePlayServer, play: GooglePlayConnector
) -> None:
    said = server.say("bad")
    receipt = play.send_reply(reply_to(said))
    server.answer_by_hand(said, "Ann here, I called you.")

    known = replace(reply_to(said), external_id=receipt.external_id)

    assert play.find_reply(known) is None


def test_tags_that_google_takes_out_do_not_hide_a_reply(
    server: GooglePlayServer, play: GooglePlayConnector
) -> None:
    said = server.say("bad")
    server.answer_by_hand(said, "We are sorry. 1 < 2 > 0")

    text = "We are <b>sorry</b>. 1 < 2 > 0"

    assert play.find_reply(reply_to(said, text)) is not None


def test_what_is_too_long_is_refused_before_anything_is_asked(
    server: GooglePlayServer, play: GooglePlayConnector
) -> None:
    said = server.say("bad")

    with pytest.raises(Refused, match="350"):
        play.send_reply(reply_to(said, "x" * 351))
    assert server.requests == []


@pytest.mark.parametrize("review", ["gone", "no/../id", "a b"])
def test_a_review_that_is_gone_takes_no_answer(
    server: GooglePlayServer, play: GooglePlayConnector, review: str
) -> None:
    with pytest.raises(Refused, match="gone"):
        play.send_reply(reply_to(review))


def test_whether_a_review_that_is_not_shown_was_answered_nobody_can_say(
    play: GooglePlayConnector,
) -> None:
    with pytest.raises(OutcomeUnknown, match="too old"):
        play.find_reply(reply_to("gone"))
    assert play.find_reply(reply_to("no/../id")) is None


def test_an_app_that_is_not_ours_needs_the_operator(
    server: GooglePlayServer, play: GooglePlayConnector, connect: Connect
) -> None:
    other = connect(package_name="com.acme.other")

    with pytest.raises(AccessDenied):
        other.find_reply(reply_to("r1"))
    assert not other.check().ok


@pytest.mark.parametrize(
    ("fault", "ours"),
    [
        ("rate_limit", RateLimited),
        ("budget", BudgetSpent),
        ("forbidden", AccessDenied),
        ("server_error", OutcomeUnknown),
        ("malformed", OutcomeUnknown),
        ("drop", OutcomeUnknown),
    ],
)
def test_what_a_refusal_means(
    server: GooglePlayServer, play: GooglePlayConnector, fault: str, ours: type
) -> None:
    said = server.say("bad")
    server.fail_next(fault, path=":reply", method="POST")

    with pytest.raises(ours):
        play.send_reply(reply_to(said))


def test_a_look_that_fails_before_the_reply_is_no_doubt(
    server: GooglePlayServer, play: GooglePlayConnector
) -> None:
    said = server.say("bad")
    server.fail_next("server_error", path="reviews/")

    with pytest.raises(Unavailable):
        play.send_reply(reply_to(said))
    assert server.accepted == []


# Signing in


def test_a_token_that_has_ended_is_signed_for_anew(
    server: GooglePlayServer, play: GooglePlayConnector
) -> None:
    read(play)
    server.tokens.clear()
    said = server.say("still there?")

    assert said in read(play)[0]
    assert sum(one.path == TOKEN_PATH for one in server.requests) == 2


def test_a_given_token_is_used_as_it_is(
    server: GooglePlayServer, connect: Connect
) -> None:
    server.tokens.add("given")

    assert connect(service_account=None, access_token="given").check().ok


def test_a_key_that_google_does_not_know_needs_the_operator(
    connect: Connect, given: dict[str, Any]
) -> None:
    key = json.loads(given["service_account"])
    changed = json.dumps({**key, "client_email": "somebody@else.example"})

    with pytest.raises(AccessDenied, match="invalid_grant"):
        connect(service_account=changed).fetch(None, limit=10)


@pytest.mark.parametrize(
    ("given_key", "why"),
    [
        ("nonsense-of-owls", "no JSON"),
        ('{"client_email": "a@b.example"}', "private_key"),
        ('{"client_email": "a@b.example", "private_key": "of owls"}', "private_key"),
        (None, "service_account"),
    ],
)
def test_a_key_that_is_none_is_refused_without_showing_it(
    given: dict[str, Any], given_key: str | None, why: str
) -> None:
    with pytest.raises(ValidationError, match=why) as caught:
        GooglePlaySettings.model_validate({**given, "service_account": given_key})

    assert not any("owls" in one["msg"] for one in caught.value.errors())


# The stand-in


def test_every_request_and_answer_is_one_that_google_describes(
    server: GooglePlayServer, clock: Any, play: GooglePlayConnector
) -> None:
    document = Discovery("androidpublisher.v3.json")
    said = [server.say(f"number {number}") for number in range(12)]
    read(play, limit=5)
    play.send_reply(reply_to(said[0]))
    read(play)
    play.find_reply(reply_to(said[0]))
    clock.advance(days=8)
    read(play)

    asked = [one for one in server.requests if one.path != TOKEN_PATH]
    answers = [one for one in server.answers if "access_token" not in one.body]
    seen = {
        document.check(one, answer) for one, answer in zip(asked, answers, strict=True)
    }

    assert seen == {
        "androidpublisher.reviews.get",
        "androidpublisher.reviews.list",
        "androidpublisher.reviews.reply",
    }


def test_the_key_file_is_one_of_googles_form() -> None:
    assert json.loads(service_account())["type"] == "service_account"


def test_a_review_older_than_a_week_is_not_listed(
    server: GooglePlayServer, clock: Any, play: GooglePlayConnector
) -> None:
    server.say("old")
    clock.at += timedelta(days=8)

    assert read(play)[0] == {}
