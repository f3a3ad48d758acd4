from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.domain.ports import Notice
from bot.errors import Unavailable
from bot.services.notices import DOWN_AFTER, GIVE_UP_AFTER, deliver_pending
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
    assert json.loads(entry.detail) == {"key": "k-1", "by": ["mail"], "failures": []}


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
