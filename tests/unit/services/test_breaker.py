from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.packs import Breaker, FloodLimit
from bot.domain.replies import ReplyState
from bot.errors import NotAllowed
from bot.services import breaker
from bot.services.replies import (
    resume_replies,
    send_pending,
    stop_of,
    stop_replies,
)
from tests.unit.services.world import (
    DAY,
    HOUR,
    HOUSE_REF,
    actions,
    limits,
    log,
    outbox,
    queue_reply,
    replies,
    reply_of,
)


def breaks_at(platform, overall=1_000, alike=1_000):
    limit = Breaker(
        overall=FloodLimit(replies=overall, within=HOUR),
        alike=FloodLimit(replies=alike, within=HOUR),
    )
    return outbox(platform, limits=replace(limits(), breaker=limit))


def wave(store, clock, size, **fields):
    return [
        queue_reply(store, clock, author=f"id-author-{n}", **fields)
        for n in range(size)
    ]


def states_of(store):
    return [one.state for one in replies(store)]


def test_one_wording_to_too_many_authors_trips_the_breaker(store, clock, platform):
    wave(store, clock, 5)

    send_pending(store, breaks_at(platform, alike=3), clock)

    sent, held = [ReplyState.SENT] * 3, [ReplyState.SUBMITTED] * 2
    assert states_of(store) == [*sent, *held]
    assert replies(store)[3].reason == (
        "house.flood.breaker: en/complaint/1 went to 3 authors within 1:00:00"
    )
    [entry] = log(store, "replies.breaker_tripped")
    assert "en/complaint/1 went to 3 authors within 1:00:00" in entry.detail
    told = [to for key, to in _told(store, clock) if key.startswith("breaker:")]
    assert sorted(told) == ["lead", "operator"]


def _told(store, clock):
    with store.reading() as work:
        waiting = work.notices.waiting(clock.now() + DAY, 99)
    return [(one.notice.key, one.notice.to) for one in waiting]


def test_many_words_to_one_author_are_no_wave(store, clock, platform):
    for _ in range(5):
        queue_reply(store, clock)

    send_pending(store, breaks_at(platform, alike=3), clock)

    assert platform.calls == 5


def test_too_many_unasked_words_in_all_trip_it(store, clock, platform):
    for n in range(4):
        queue_reply(store, clock, template=f"en/question/{n}")

    send_pending(store, breaks_at(platform, overall=2), clock)

    assert platform.calls == 2
    assert "2 replies went out unasked" in replies(store)[-1].reason


def test_a_persons_yes_goes_on_and_counts_for_nothing(store, clock, platform):
    box = breaks_at(platform, overall=1)
    wave(store, clock, 2)
    mine = queue_reply(store, clock, approved_by="ana", author="id-mine")
    with store.work() as work:
        work.replies.approve(mine, by="ana", at=clock.now())

    send_pending(store, box, clock)

    assert reply_of(store, mine).state is ReplyState.SENT
    assert platform.calls == 2


def test_it_stays_tripped_until_a_person_lets_it_go_on(store, clock, platform):
    box = breaks_at(platform, alike=2)
    wave(store, clock, 4)
    send_pending(store, box, clock)
    clock.advance(hours=30)
    late = queue_reply(store, clock, author="id-late")

    send_pending(store, box, clock)

    assert reply_of(store, late).state is ReplyState.SUBMITTED
    assert platform.calls == 2

    assert breaker.let_go(store, clock, HOUSE_REF.id, by="lee") == 3
    [entry] = log(store, "replies.breaker_let_go")
    assert (entry.actor, entry.detail) == ("lee", '{"replies":3}')

    # It counts anew from there, and trips again.
    clock.advance(seconds=1)
    send_pending(store, box, clock)
    assert platform.calls == 4
    assert reply_of(store, late).state is ReplyState.SUBMITTED
    assert actions(store, "replies.breaker_tripped") == ["replies.breaker_tripped"] * 2


def test_what_waits_for_another_reason_stays_with_people(store, clock, platform):
    box = breaks_at(platform, alike=1)
    wave(store, clock, 2)
    asked = queue_reply(store, clock, state=ReplyState.SUBMITTED, author="id-vip")
    send_pending(store, box, clock)

    assert breaker.let_go(store, clock, HOUSE_REF.id, by="lee") == 1

    assert reply_of(store, asked).state is ReplyState.SUBMITTED


def test_a_breaker_that_has_not_tripped_is_not_let_go(store, clock):
    with pytest.raises(NotAllowed, match="has not tripped"):
        breaker.let_go(store, clock, HOUSE_REF.id, by="lee")


def test_only_so_many_leave_on_one_channel(store, clock, platform):
    wave(store, clock, 3)
    few = replace(limits(), channel=FloodLimit(replies=2, within=HOUR))

    send_pending(store, outbox(platform, limits=few), clock)

    assert platform.calls == 2
    assert replies(store)[-1].reason.startswith("house.flood.channel: 2 replies")
    clock.advance(hours=2)
    send_pending(store, outbox(platform, limits=few), clock)
    assert platform.calls == 3


def test_a_stopped_channel_is_silent_and_the_others_speak(store, clock, platform):
    box = outbox(platform)
    stopped = wave(store, clock, 25, brand="Kestrel Cargo")
    other = queue_reply(store, clock, author="id-other")
    stop_replies(store, clock, by="ana", reason="a mix-up", brand="Kestrel Cargo")

    # The stopped ones do not stand in the way of the other.
    assert send_pending(store, box, clock) == 1

    assert reply_of(store, other).state is ReplyState.SENT
    assert {reply_of(store, one).state for one in stopped} == {ReplyState.QUEUED}
    [entry] = log(store, "replies.stopped")
    assert entry.subject == "switch:replies.brand.Kestrel Cargo"

    stop_replies(store, clock, by="ana", reason="all of it", channel="x")
    resume_replies(store, clock, by="ana", brand="Kestrel Cargo")
    assert send_pending(store, box, clock) == 0
    resume_replies(store, clock, by="ana", channel="x")
    assert send_pending(store, box, clock) == 20


def test_each_stop_has_a_switch_of_its_own():
    names = {stop_of(), stop_of(channel="x"), stop_of(brand="x")}

    assert len(names) == 3
