from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.audit import AuditEntry
from bot.domain.webhooks import WebhookState
from bot.errors import NotAllowed, Unavailable
from bot.services.seal import seal_pending
from bot.services.webhooks import GIVE_UP_AFTER, MOST, add, remove, resume, tell_pending
from tests.unit.services.world import actions

URL = "https://desk.example/hook"


class Backwards:
    """Locks words so that a test sees that they are locked."""

    def lock(self, words: str) -> str:
        return words[::-1]

    def unlock(self, locked: str) -> str:
        return locked[::-1]


class Receiver:
    """Takes what it is told, unless it is down."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.secrets: set[str] = set()
        self.is_down = False

    def __call__(self, url: str, secret: str, message_id: str, body: bytes) -> None:
        assert url == URL
        if self.is_down:
            raise Unavailable("desk", "nobody answers")
        self.taken.append(json.loads(body))
        self.ids.append(message_id)
        self.secrets.add(secret)

    @property
    def subjects(self) -> list[str]:
        return [one["data"]["subject"] for one in self.taken]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def happens(store, clock) -> Callable[..., None]:
    """Write entries and seal them."""

    def happen(*named: tuple[str, str]) -> None:
        with store.work() as work:
            work.audit.append(
                [
                    AuditEntry(action=action, subject=subject, at=clock.now())
                    for action, subject in named
                ]
            )
        seal_pending(store, clock)

    return happen


@pytest.fixture
def subscribe(store, clock):
    def made(*wanted: str):
        return add(store, clock, Backwards(), url=URL, actions=wanted, by="Ola")

    return made


def tell(store, clock, receiver) -> int:
    return tell_pending(store, clock, Backwards(), receiver)


def test_what_is_sealed_from_now_on_is_told_in_order(
    store, clock, receiver, happens, subscribe
) -> None:
    happens(("ticket.opened", "ticket:1"))
    _, secret = subscribe("ticket.*", "reply.seen")

    happens(("ticket.opened", "ticket:2"), ("source.failed", "source:x"))
    happens(("reply.seen", "reply:1"), ("reply.sent", "reply:2"))
    told = tell(store, clock, receiver)

    assert told == 2
    assert receiver.subjects == ["ticket:2", "reply:1"]
    assert receiver.secrets == {secret}
    assert tell(store, clock, receiver) == 0


def test_what_no_seal_covers_yet_is_not_told(store, clock, receiver, subscribe) -> None:
    subscribe("ticket.*")
    with store.work() as work:
        work.audit.append(
            [AuditEntry(action="ticket.opened", subject="ticket:1", at=clock.now())]
        )

    assert tell(store, clock, receiver) == 0


def test_what_was_not_taken_is_told_again_and_nothing_passes_it(
    store, clock, receiver, happens, subscribe
) -> None:
    subscribe("ticket.*")
    happens(("ticket.opened", "ticket:1"), ("ticket.closed", "ticket:2"))
    receiver.is_down = True
    tell(store, clock, receiver)
    receiver.is_down = False

    at_once = tell(store, clock, receiver)
    clock.advance(minutes=2)
    later = tell(store, clock, receiver)

    assert (at_once, later) == (0, 2)
    assert receiver.subjects == ["ticket:1", "ticket:2"]


def test_one_receiver_that_is_down_delays_no_other(
    store, clock, receiver, happens
) -> None:
    add(
        store,
        clock,
        Backwards(),
        url="https://down.example/",
        actions=["ticket.*"],
        by="Ola",
    )
    add(store, clock, Backwards(), url=URL, actions=["ticket.*"], by="Ola")
    happens(("ticket.opened", "ticket:1"))

    def tells(url: str, secret: str, message_id: str, body: bytes) -> None:
        if url != URL:
            raise Unavailable("desk", "nobody answers")
        receiver(url, secret, message_id, body)

    assert tell_pending(store, clock, Backwards(), tells) == 1


def test_a_receiver_silent_for_days_is_paused_and_an_operator_told(
    store, clock, receiver, happens, subscribe
) -> None:
    made, _ = subscribe("ticket.*")
    happens(("ticket.opened", "ticket:1"))
    receiver.is_down = True
    tell(store, clock, receiver)

    clock.advance(days=GIVE_UP_AFTER.days)
    tell(store, clock, receiver)

    with store.reading() as work:
        assert work.webhooks.get(made.id).state is WebhookState.PAUSED
        notices = work.notices.waiting(clock.now(), 10)
        logged = work.audit.about(f"webhook:{made.id}")
    assert [one.notice.to for one in notices] == ["operators"]
    assert [one.action for one in logged] == ["webhook.added", "webhook.paused"]


def test_a_paused_one_goes_on_where_it_stopped(
    store, clock, receiver, happens, subscribe
) -> None:
    made, _ = subscribe("ticket.*")
    happens(("ticket.opened", "ticket:1"))
    receiver.is_down = True
    tell(store, clock, receiver)
    clock.advance(days=GIVE_UP_AFTER.days)
    tell(store, clock, receiver)
    receiver.is_down = False

    resume(store, clock, made.id, by="Ola")
    tell(store, clock, receiver)

    assert receiver.subjects == ["ticket:1"]


def test_only_a_paused_one_is_resumed(store, clock, subscribe) -> None:
    made, _ = subscribe("ticket.*")

    with pytest.raises(NotAllowed):
        resume(store, clock, made.id, by="Ola")


def test_a_removed_one_hears_nothing_more(
    store, clock, receiver, happens, subscribe
) -> None:
    made, _ = subscribe("ticket.*")
    remove(store, clock, made.id, by="Ola")
    was_logged = actions(store, "webhook.removed")
    happens(("ticket.opened", "ticket:1"))

    assert tell(store, clock, receiver) == 0
    assert was_logged


def test_the_secret_is_kept_locked(store, subscribe) -> None:
    made, secret = subscribe("ticket.*")

    assert secret not in made.locked_secret
    assert secret.startswith("whsec_")


def test_there_are_only_so_many(store, clock, subscribe) -> None:
    for _ in range(MOST):
        subscribe("ticket.*")

    with pytest.raises(NotAllowed, match="remove one"):
        subscribe("ticket.*")
