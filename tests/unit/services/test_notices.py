from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.domain.hours import Day, Shift
from bot.domain.ports import Notice
from bot.errors import Unavailable
from bot.escalate.notices import NoticeRule
from bot.services.notices import (
    DOWN_AFTER,
    GIVE_UP_AFTER,
    ByRule,
    deliver_pending,
)
from bot.testing import Killed, RecordingNotifier
from tests.unit.services.world import Dying, actions, log

DOWN = Unavailable("mail", "the server is down")
LONG = timedelta(hours=1).total_seconds()


@pytest.fixture
def tell(store, clock):
    def add(key="k-1", **fields):
        told = Notice(key=key, to="agents", subject="T-000001", body="Look.", **fields)
        with store.work() as work:
            work.notices.add(told, clock.now())
        return told

    return add


@pytest.fixture
def mail():
    return RecordingNotifier("mail")


@pytest.fixture
def chat():
    return RecordingNotifier("chat")


@pytest.fixture
def pager():
    return RecordingNotifier("pager")


@pytest.fixture
def log_line():
    return RecordingNotifier("log")


@pytest.fixture
def deliver(store, clock, log_line, mail, chat, pager):
    """Deliver under one rule for the agents: page or mail, else chat or mail."""

    def once(*, hours=None, to="agents", default=("chat", "mail"), limit=50):
        rule = NoticeRule(
            to=(to,), important=("pager", "mail"), default=default, hours=hours
        )
        ways = {way.name: way for way in (log_line, mail, chat, pager)}
        by_rule = ByRule(rules=[rule], ways=ways)
        return deliver_pending(
            store, [log_line, mail], clock, by_rule=by_rule, limit=limit
        )

    return once


def details(store, action):
    return [json.loads(entry.detail) for entry in log(store, action)]


def waiting(store, clock):
    with store.reading() as work:
        return [one.notice.key for one in work.notices.waiting(clock.now(), 100)]


def test_a_message_goes_out_by_every_way_once(store, clock, tell):
    told = tell()
    log_line, mail = RecordingNotifier("log"), RecordingNotifier("mail")

    assert deliver_pending(store, [log_line, mail], clock) == 1
    assert deliver_pending(store, [log_line, mail], clock) == 0

    assert log_line.sent == mail.sent == [told]
    [entry] = log(store, "notice.delivered")
    assert json.loads(entry.detail) == {
        "key": "k-1",
        "to": "agents",
        "by": ["mail"],
        "failures": [],
    }


def test_where_the_log_is_the_only_way_it_counts(store, clock, tell):
    tell()

    assert deliver_pending(store, [RecordingNotifier("log")], clock) == 1


def test_a_way_that_fails_does_not_stop_another(store, clock, tell):
    told = tell()
    mail, chat = RecordingNotifier("mail"), RecordingNotifier("chat")
    mail.fail(DOWN)

    assert deliver_pending(store, [mail, chat], clock) == 1

    assert chat.sent == [told]
    [entry] = log(store, "notice.delivered")
    assert json.loads(entry.detail)["failures"] == ["mail: mail: the server is down"]


def test_a_line_in_the_log_does_not_make_up_for_mail_that_failed(store, clock, tell):
    told = tell()
    mail = RecordingNotifier("mail")
    mail.fail(DOWN)
    ways = [RecordingNotifier("log"), mail]

    assert deliver_pending(store, ways, clock) == 0
    assert waiting(store, clock) == []

    clock.advance(minutes=15)
    assert deliver_pending(store, ways, clock) == 1
    assert mail.sent == [told]


def test_nobody_could_be_told_is_an_entry_in_the_log_and_no_silence(store, clock, tell):
    tell()
    mail = RecordingNotifier("mail")
    mail.fail(*[DOWN] * 100)

    for _ in range(GIVE_UP_AFTER + 3):
        deliver_pending(store, [mail], clock)
        clock.advance(seconds=LONG)

    [entry] = log(store, "notice.undelivered")
    assert json.loads(entry.detail)["failures"] == ["mail: mail: the server is down"]
    assert waiting(store, clock) == []


def test_without_any_way_it_is_undelivered_as_well(store, clock, tell):
    tell()

    for _ in range(GIVE_UP_AFTER):
        deliver_pending(store, [], clock)
        clock.advance(seconds=LONG)

    assert actions(store, "notice") == ["notice.undelivered"]


def test_one_that_fails_does_not_hold_up_the_next(store, clock, tell):
    tell("k-1")
    tell("k-2")
    mail = RecordingNotifier("mail")
    mail.fail(DOWN)

    assert deliver_pending(store, [mail], clock) == 1

    assert [one.key for one in mail.sent] == ["k-2"]


def test_a_way_that_is_down_is_left_alone_until_the_next_look(store, clock, tell):
    for number in range(10):
        tell(f"k-{number}")
    mail = RecordingNotifier("mail")
    mail.fail(*[DOWN] * DOWN_AFTER)

    assert deliver_pending(store, [mail], clock) == 0
    assert mail.sent == []

    assert deliver_pending(store, [mail], clock) == 10 - DOWN_AFTER
    clock.advance(seconds=LONG)
    assert deliver_pending(store, [mail], clock) == DOWN_AFTER


def test_the_same_message_is_told_once_however_often_it_comes_up(store, clock, tell):
    tell()
    tell()
    mail = RecordingNotifier("mail")

    deliver_pending(store, [mail], clock)
    tell()
    deliver_pending(store, [mail], clock)

    assert len(mail.sent) == 1


def test_important_messages_go_first(store, clock, tell):
    tell("calm")
    tell("urgent", is_important=True)
    mail = RecordingNotifier("mail")

    deliver_pending(store, [mail], clock, limit=1)

    assert [one.key for one in mail.sent] == ["urgent"]


def test_killed_after_sending_it_is_rather_told_twice_than_never(store, clock, tell):
    tell()
    mail = RecordingNotifier("mail")
    with pytest.raises(Killed):
        deliver_pending(Dying(store, Killed(), nth=1, committed=False), [mail], clock)

    deliver_pending(store, [mail], clock)

    assert [one.key for one in mail.sent] == ["k-1", "k-1"]


def test_lines_in_the_log_are_recorded_many_at_once(store, clock, tell, log_line):
    for number in range(20):
        tell(key=f"k-{number}")
    second = Dying(store, Killed(), nth=2, committed=False)

    assert deliver_pending(second, [log_line], clock) == 20
    assert waiting(store, clock) == []
    assert len(details(store, "notice.delivered")) == 20


def test_what_left_the_machine_is_recorded_before_the_next_one_goes(
    store, clock, tell, mail, log_line
):
    for number in range(4):
        tell(key=f"k-{number}")
    third = Dying(store, Killed(), nth=3, committed=False)
    with pytest.raises(Killed):
        deliver_pending(third, [log_line, mail], clock)

    deliver_pending(store, [log_line, mail], clock)

    sent = [one.key for one in mail.sent]
    assert sent == ["k-0", "k-1", "k-2", "k-2", "k-3"]


def test_a_rule_tells_by_the_first_way_alone_and_in_the_log(
    store, tell, deliver, log_line, mail, chat
):
    told = tell()

    assert deliver() == 1

    assert chat.sent == log_line.sent == [told]
    assert mail.sent == []
    assert details(store, "notice.delivered")[0]["by"] == ["chat"]


def test_what_is_important_goes_by_another_way(tell, deliver, mail, chat, pager):
    told = tell(is_important=True)

    deliver()

    assert pager.sent == [told]
    assert mail.sent == chat.sent == []


def test_the_next_way_takes_what_the_first_did_not(
    store, tell, deliver, mail, chat, pager
):
    told = tell(is_important=True)
    pager.fail(Unavailable("pager", "no answer"))

    assert deliver() == 1

    assert mail.sent == [told]
    assert chat.sent == []
    [entry] = details(store, "notice.delivered")
    assert entry["by"] == ["mail"]
    assert entry["failures"] == ["pager: pager: no answer"]


def test_a_way_that_is_down_is_left_alone_where_another_can_take_its_place(
    store, tell, deliver, mail, pager
):
    for number in range(10):
        tell(f"k-{number}", is_important=True)
    pager.fail(*[DOWN] * DOWN_AFTER)

    assert deliver() == 10

    assert len(mail.sent) == 10
    assert pager.sent == []
    assert [one["failures"] for one in details(store, "notice.delivered")] == [
        *[["pager: mail: the server is down"]] * DOWN_AFTER,
        *[["pager: left alone until the next look"]] * (10 - DOWN_AFTER),
    ]
    tell("later", is_important=True)
    assert deliver() == 1
    assert [one.key for one in pager.sent] == ["later"]


def test_where_every_way_of_a_rule_fails_it_is_tried_again_and_at_last_undelivered(
    store, clock, tell, deliver, mail, chat
):
    tell()
    chat.fail(*[DOWN] * GIVE_UP_AFTER)
    mail.fail(*[DOWN] * GIVE_UP_AFTER)

    for _ in range(GIVE_UP_AFTER):
        assert deliver() == 0
        clock.advance(seconds=LONG)

    [entry] = details(store, "notice.undelivered")
    assert entry["to"] == "agents"
    assert [one.partition(":")[0] for one in entry["failures"]] == ["chat", "mail"]


def test_whom_no_rule_names_is_told_as_without_rules(tell, deliver, mail, chat):
    told = tell()

    deliver(to="lead")

    assert mail.sent == [told]
    assert chat.sent == []


def test_a_rule_may_content_itself_with_the_log(tell, deliver, log_line, chat):
    told = tell()

    assert deliver(default=("log",)) == 1

    assert log_line.sent == [told]
    assert chat.sent == []


OFFICE = Shift(days=tuple(Day), start=time(8), end=time(18), zone="Australia/Sydney")
MORNING = datetime(2026, 11, 2, 21, tzinfo=UTC)
"""Twelve hours after the clock's start, which is an evening in Sydney."""


def test_outside_the_hours_what_can_wait_waits_and_the_log_says_so(
    store, clock, tell, deliver, chat, pager
):
    calm, urgent = tell("calm"), tell("urgent", is_important=True)

    assert deliver(hours=OFFICE) == 1
    assert deliver(hours=OFFICE) == 0

    assert pager.sent == [urgent]
    assert details(store, "notice.held") == [
        {"key": "calm", "to": "agents", "until": MORNING.isoformat()}
    ]
    clock.advance(hours=12)
    assert deliver(hours=OFFICE) == 1
    assert chat.sent == [calm]


def test_having_waited_for_the_hours_is_no_failed_try(store, clock, tell, deliver):
    tell()
    deliver(hours=OFFICE)
    clock.advance(hours=12)

    with store.reading() as work:
        [one] = work.notices.waiting(clock.now(), 10)

    assert one.attempts == 0


def test_what_is_held_does_not_stand_in_the_way_of_others(
    clock, store, tell, deliver, mail
):
    for number in range(4):
        tell(f"k-{number}")
    other = Notice(key="o", to="lead", subject="s", body="b")
    with store.work() as work:
        work.notices.add(other, clock.now())

    assert deliver(hours=OFFICE, limit=2) == 1

    assert mail.sent == [other]
