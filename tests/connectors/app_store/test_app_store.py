from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.connectors.app_store import AppStoreConnector, AppStoreSettings
from bot.domain.channels import Cursor, Page
from bot.domain.mentions import ChannelControl, Mention, MentionKind
from bot.domain.platforms import Ground
from bot.domain.replies import OutboundReply
from bot.errors import (
    AccessDenied,
    BadPayload,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from bot.escalate.platforms import grounds
from tests.platforms.app_store_server import (
    APP,
    ISSUER,
    KEY_ID,
    AppStoreServer,
    p8,
)

Connect = Callable[..., AppStoreConnector]


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[AppStoreServer]:
    with AppStoreServer(clock) as running:
        yield running
    assert running.crashes == []


@pytest.fixture
def given(server: AppStoreServer) -> dict[str, Any]:
    """An app of ours, with a key."""
    return {
        "brand": "acme",
        "app_id": APP,
        "base_url": server.base_url,
        "connect_url": server.base_url,
        "issuer_id": ISSUER,
        "key_id": KEY_ID,
        "private_key": p8(),
    }


@pytest.fixture
def connect(given: dict[str, Any]) -> Iterator[Connect]:
    made: list[AppStoreConnector] = []

    def connect(**settings: Any) -> AppStoreConnector:
        whole = {**given, **settings}
        made.append(AppStoreConnector(AppStoreSettings.model_validate(whole)))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def store(connect: Connect) -> AppStoreConnector:
    return connect()


@pytest.fixture
def feed(connect: Connect) -> AppStoreConnector:
    """The public feed of two countries: no key."""
    none = {"issuer_id": "", "key_id": "", "private_key": None}
    return connect(**none, countries=("us", "AU"))


def read(
    connector: AppStoreConnector, cursor: Cursor | None = None, limit: int = 100
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
    server: AppStoreServer, clock: Clock, store: AppStoreConnector
) -> None:
    said = server.say("Logs me out.")

    [mention] = read(store)[0].values()

    assert mention.external_id == mention.conversation == said
    assert mention.kind is MentionKind.REVIEW
    assert mention.control is ChannelControl.OWNED
    assert Ground.REVIEWS_US in grounds(mention)
    assert mention.text == "Title\nLogs me out."
    assert mention.published_at == clock.at
    assert mention.author is not None
    assert mention.author.name == "mira stone"


def test_the_public_feed_is_read_country_by_country(
    server: AppStoreServer, feed: AppStoreConnector
) -> None:
    here, there = server.say("here"), server.say("there", country="au")
    server.say("elsewhere", country="nz")

    found, page = read(feed)

    assert found.keys() == {here, there}
    assert "/au/" in str(found[there].url)
    author = found[here].author
    assert author is not None
    assert author.external_id == "77"
    assert found[here].engagement.likes == 3
    assert read(feed, page.cursor)[0] == {}


def test_a_long_feed_is_read_to_its_end_and_then_only_what_is_new(
    server: AppStoreServer, clock: Clock, feed: AppStoreConnector
) -> None:
    said = set()
    for number in range(130):
        clock.advance(minutes=1)
        said.add(server.say(f"number {number}"))
    found, page = read(feed)
    before = len(server.requests)
    clock.advance(minutes=1)
    late = server.say("late")

    again, _ = read(feed, page.cursor)

    assert found.keys() == said
    assert again.keys() == {late}
    assert len(server.requests) - before == 2


def test_what_comes_in_during_a_pass_does_not_end_it_early(
    server: AppStoreServer, clock: Clock, store: AppStoreConnector
) -> None:
    _, page = read(store)
    said = set()
    for number in range(30):
        clock.advance(minutes=1)
        said.add(server.say(f"number {number}"))
    first = store.fetch(page.cursor, limit=10)
    for number in range(5):
        clock.advance(minutes=1)
        said.add(server.say(f"meanwhile {number}"))

    rest, end = read(store, first.cursor, limit=10)
    last, _ = read(store, end.cursor, limit=10)

    got = {one.external_id for one in first.mentions} | rest.keys() | last.keys()
    assert got == said


def test_a_changed_review_on_top_does_not_hide_what_is_new_below_it(
    server: AppStoreServer, clock: Clock, feed: AppStoreConnector
) -> None:
    old = server.say("bad")
    _, page = read(feed)
    said = set()
    for number in range(70):
        clock.advance(minutes=1)
        said.add(server.say(f"number {number}"))
    server.reviews[old].text, server.reviews[old].at = "worse", clock.advance(hours=1)

    found, _ = read(feed, page.cursor)

    assert found.keys() == {old, *said}


def test_a_page_that_is_not_full_is_not_the_last_one(
    server: AppStoreServer, clock: Clock, feed: AppStoreConnector
) -> None:
    said = set()
    for number in range(70):
        clock.advance(minutes=1)
        said.add(server.say(f"number {number}"))
    server.left_out = 2

    found, _ = read(feed)

    assert len(said) - len(found) == 2 * server.left_out
    assert "number 0" in {one.text.partition("\n")[2] for one in found.values()}


def test_more_reviews_than_the_public_feed_shows_are_told(
    server: AppStoreServer, clock: Clock, feed: AppStoreConnector
) -> None:
    server.say("known")
    _, page = read(feed)
    assert page.missed == ""
    for number in range(510):
        clock.advance(minutes=1)
        server.say(f"number {number}")

    cursor, missed = page.cursor, list[str]()
    while True:
        page = feed.fetch(cursor, limit=100)
        missed += [page.missed] if page.missed else []
        cursor = page.cursor
        if not page.more:
            break

    assert missed == [
        "the public feed of us shows the newest 500 reviews, and none of them was known"
    ]


def test_reviews_of_somebody_elses_app_are_not_said_to_us(
    server: AppStoreServer, connect: Connect
) -> None:
    none = {"issuer_id": "", "key_id": "", "private_key": None}
    said = server.say("Theirs logs me out too.")

    found, _ = read(connect(**none, countries=("us",), is_ours=False))

    assert found[said].control is ChannelControl.THIRD_PARTY
    assert not found[said].is_addressed
    assert grounds(found[said]) == frozenset()


def test_a_review_without_a_time_bears_that_of_its_feed(
    server: AppStoreServer, clock: Clock, feed: AppStoreConnector
) -> None:
    server.has_times = False
    said = server.say("no time")
    clock.advance(hours=1)

    mention = read(feed)[0][said]

    assert mention.published_at == clock.at
    assert mention.edited_at is None


def test_a_changed_review_comes_again_as_an_edit(
    server: AppStoreServer, clock: Clock, feed: AppStoreConnector
) -> None:
    said = server.say("bad")
    before, page = read(feed)
    server.reviews[said].text, server.reviews[said].at = "good", clock.advance(hours=1)

    after, _ = read(feed, page.cursor)

    was, now = before[said].edited_at, after[said].edited_at
    assert was is not None
    assert now is not None
    assert now > was


def test_a_page_that_apple_does_not_know_any_more_means_reading_from_the_first(
    server: AppStoreServer, clock: Clock, store: AppStoreConnector
) -> None:
    said = set()
    for number in range(15):
        clock.advance(minutes=1)
        said.add(server.say(f"number {number}"))
    first = store.fetch(None, limit=10)
    server.fail_next("bad_token")

    found, _ = read(store, first.cursor, limit=10)

    assert {one.external_id for one in first.mentions} | found.keys() == said


def test_nonsense_is_told_once(
    server: AppStoreServer, store: AppStoreConnector
) -> None:
    server.say("when?", extra={"createdDate": None})
    first = store.fetch(None, limit=10)

    assert len(first.bad) == 1
    assert store.fetch(first.cursor, limit=10).bad == []


def test_a_cursor_of_somebody_else_is_refused(store: AppStoreConnector) -> None:
    with pytest.raises(BadPayload, match="not one of ours"):
        store.fetch(Cursor('{"version": 9}'), limit=10)


# Replies


def test_an_answer_by_hand_is_never_replaced(
    server: AppStoreServer, store: AppStoreConnector
) -> None:
    said = server.say("bad")
    server.answer_by_hand(said, "Ann here, I called you.")

    with pytest.raises(Refused, match="answered already"):
        store.send_reply(reply_to(said))
    assert server.accepted == []


def test_sending_the_same_words_again_publishes_nothing_anew(
    server: AppStoreServer, store: AppStoreConnector
) -> None:
    said = server.say("bad")
    receipt = store.send_reply(reply_to(said))

    assert store.send_reply(reply_to(said)) == receipt
    assert len(server.accepted) == 1


def test_an_answer_that_apple_has_not_published_is_no_proof_and_not_sent_again(
    server: AppStoreServer, store: AppStoreConnector
) -> None:
    server.publishes = False
    said = server.say("bad")
    receipt = store.send_reply(reply_to(said))

    with pytest.raises(OutcomeUnknown, match="not published"):
        store.find_reply(reply_to(said))
    assert store.send_reply(reply_to(said)) == receipt
    assert len(server.accepted) == 1


def test_a_reply_that_a_person_wrote_over_does_not_stand_there(
    server: AppStoreServer, store: AppStoreConnector
) -> None:
    said = server.say("bad")
    receipt = store.send_reply(reply_to(said))
    server.answer_by_hand(said, "Ann here, I called you.")

    known = replace(reply_to(said), external_id=receipt.external_id)

    assert store.find_reply(known) is None


@pytest.mark.parametrize("review", ["gone", "no/../id"])
def test_a_review_that_is_gone_has_no_answer_and_takes_none(
    store: AppStoreConnector, review: str
) -> None:
    assert store.find_reply(reply_to(review)) is None
    with pytest.raises(Refused, match="gone"):
        store.send_reply(reply_to(review))


def test_what_is_too_long_is_refused_before_anything_is_asked(
    server: AppStoreServer, store: AppStoreConnector
) -> None:
    said = server.say("bad")

    with pytest.raises(Refused, match="5,970"):
        store.send_reply(reply_to(said, "x" * 5_971))
    assert server.requests == []


@pytest.mark.parametrize(
    ("fault", "ours"),
    [
        ("rate_limit", RateLimited),
        ("unauthorized", AccessDenied),
        ("forbidden", AccessDenied),
        ("not_permitted", Refused),
        ("server_error", OutcomeUnknown),
        ("malformed", OutcomeUnknown),
    ],
)
def test_what_a_refusal_means(
    server: AppStoreServer, store: AppStoreConnector, fault: str, ours: type
) -> None:
    said = server.say("bad")
    server.fail_next(fault, method="POST")

    with pytest.raises(ours):
        store.send_reply(reply_to(said))


def test_a_look_that_fails_before_the_reply_is_no_doubt(
    server: AppStoreServer, store: AppStoreConnector
) -> None:
    said = server.say("bad")
    server.fail_next("server_error")

    with pytest.raises(Unavailable):
        store.send_reply(reply_to(said))
    assert server.accepted == []


def test_without_a_key_nothing_is_answered(feed: AppStoreConnector) -> None:
    assert not feed.may_reply
    assert feed.check().ok
    with pytest.raises(AccessDenied, match="private_key"):
        feed.send_reply(reply_to("9000000001"))
    with pytest.raises(AccessDenied, match="private_key"):
        feed.find_reply(reply_to("9000000001"))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"private_key": "key of owls"}, "no private key"),
        ({"key_id": ""}, "belong together"),
        ({"private_key": None, "key_id": "", "issuer_id": ""}, "countries"),
        ({"countries": ["usa"]}, "countries"),
        ({"app_id": "com.acme"}, "app_id"),
        ({"is_ours": False}, "is_ours"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    connect: Connect, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValidationError, match=why) as caught:
        connect(**changed)

    assert not any("owls" in one["msg"] for one in caught.value.errors())
