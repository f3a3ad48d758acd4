"""What every store promises about messages, quarantine, switches and leases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.channels import Aside, AsideState, Quarantined
from bot.domain.ports import Notice, QuarantineRow
from bot.errors import Missing
from tests.samples import NOON, ticket

HOUR = timedelta(hours=1)
FAR = NOON + timedelta(days=30)


def notice(key="clock:1:breached", **fields):
    return Notice(
        key=key, to="leads", subject="Breached", body="T-000001 ran out", **fields
    )


def test_a_notice_waits_until_it_is_settled(store):
    with store.work() as work:
        wanted = notice(
            ticket_id=work.tickets.add(ticket()).id,
            is_important=True,
            facts={"code": "red", "link": ""},
        )
        assert work.notices.add(wanted, NOON)

    with store.work() as work:
        (waiting,) = work.notices.waiting(NOON, 10)
        work.notices.settle(waiting.id, delivered_by="mail", at=NOON)

    with store.work() as work:
        assert waiting.notice == wanted
        assert waiting.attempts == 0
        assert work.notices.waiting(FAR, 10) == []


def test_a_key_is_told_once_even_after_delivery(store):
    with store.work() as work:
        first = work.notices.add(notice(), NOON)
        again = work.notices.add(notice(), NOON)
        (waiting,) = work.notices.waiting(NOON, 10)
        work.notices.settle(waiting.id, delivered_by="log", at=NOON)

    with store.work() as work:
        later = work.notices.add(notice(), FAR)

    assert (first, again, later) == (True, False, False)


def test_a_held_notice_waits_for_its_time_and_counts_no_try(store):
    with store.work() as work:
        work.notices.add(notice(), NOON)
        [waiting] = work.notices.waiting(NOON, 10)
        work.notices.hold(waiting.id, until=NOON + HOUR)

    with store.reading() as work:
        assert work.notices.waiting(NOON + HOUR / 2, 10) == []
        assert work.notices.waiting(NOON + HOUR, 10) == [waiting]


def test_a_delivered_notice_is_not_held_back(store):
    with store.work() as work:
        work.notices.add(notice(), NOON)
        [waiting] = work.notices.waiting(NOON, 10)
        work.notices.settle(waiting.id, delivered_by="mail", at=NOON)
        work.notices.hold(waiting.id, until=NOON + HOUR)

    with store.reading() as work:
        assert work.notices.waiting(NOON + HOUR, 10) == []


def test_a_postponed_notice_waits_for_its_time_and_counts_the_try(store):
    with store.work() as work:
        work.notices.add(notice(), NOON)
        (waiting,) = work.notices.waiting(NOON, 10)
        work.notices.postpone(waiting.id, until=NOON + HOUR, reason="refused")

    with store.work() as work:
        assert work.notices.waiting(NOON, 10) == []
        (again,) = work.notices.waiting(NOON + HOUR, 10)
    assert again.attempts == 1


def test_a_notice_given_up_waits_no_more(store):
    with store.work() as work:
        work.notices.add(notice(), NOON)
        (waiting,) = work.notices.waiting(NOON, 10)
        work.notices.postpone(waiting.id, until=None, reason="no such address")

    with store.work() as work:
        assert work.notices.waiting(FAR, 10) == []


def test_important_notices_go_first_then_the_oldest(store):
    with store.work() as work:
        for key, is_important in (("a", False), ("b", True), ("c", False)):
            work.notices.add(notice(key, is_important=is_important), NOON)

    with store.work() as work:
        waiting = work.notices.waiting(NOON, 10)
        some = work.notices.waiting(NOON, 1)

    assert [each.notice.key for each in waiting] == ["b", "a", "c"]
    assert [each.notice.key for each in some] == ["b"]


def test_quarantine_keeps_each_item_once_and_whole(store):
    items = [
        Quarantined(where="line 1", reason="not JSON", payload="{\x00\ud83d"),
        Quarantined(where="line 2", reason="not JSON", payload="{\x00\ud83d"),
        Quarantined(where="line 1", reason="too long", payload="x" * 2_000_000),
    ]

    with store.work() as work:
        first = work.quarantine.add("replay", items, NOON)
        again = work.quarantine.add("replay", items[:2], FAR)
        elsewhere = work.quarantine.add("agora", items[:1], NOON)
        nothing = work.quarantine.add("agora", [], NOON)

    with store.work() as work:
        rows = work.quarantine.listing(10)
        newest = work.quarantine.listing(1)
    assert (first, again, elsewhere, nothing) == (3, 0, 1, 0)
    assert [row.item for row in rows] == [items[0], items[2], items[1], items[0]]
    assert newest == [
        QuarantineRow(id=rows[0].id, source="agora", item=items[0], kept_at=NOON)
    ]


def test_quarantine_tells_what_is_open_and_whose_turn_it_is(store):
    items = [
        Quarantined(where=f"line {one}", reason="odd", payload="{}", context="{\x00}")
        for one in range(3)
    ]
    note = Quarantined(where="all", reason="cut", payload="{}", kind=Aside.NOTE)
    with store.work() as work:
        work.quarantine.add("replay", [*items, note], NOON)
        third, second, first = work.quarantine.listing(10)[1:]
        tried = replace(first, tried_at=FAR, tried_by="ada", outcome="still odd")
        away = replace(
            second,
            state=AsideState.DISMISSED,
            settled_at=FAR,
            settled_by="ben",
            outcome="advert",
        )
        for row in (tried, away):
            work.quarantine.save(row)

    with store.work() as work:
        assert work.quarantine.get(first.id) == work.quarantine.hold(first.id) == tried
        assert work.quarantine.get(second.id) == away
        assert [row.item for row in work.quarantine.listing(10)] == [
            note,
            items[2],
            items[0],
        ]
        assert len(work.quarantine.listing(10, with_settled=True)) == 4
        turns = work.quarantine.to_try(source=None, limit=None)
        assert turns == [third.id, first.id]
        assert work.quarantine.to_try(source="replay", limit=1) == [third.id]
        assert work.quarantine.to_try(source="agora", limit=1) == []
        with pytest.raises(Missing):
            work.quarantine.get(999)


def test_quarantine_lets_go_of_words_that_were_read(store):
    item = Quarantined(where="line 1", reason="odd", payload="{}", context="{}")
    with store.work() as work:
        work.quarantine.add("replay", [item], NOON)
        [row] = work.quarantine.listing(10)
        work.quarantine.save(replace(row, state=AsideState.READ))

        assert work.quarantine.add("replay", [item], FAR) == 0
        left = work.quarantine.get(row.id).item
    assert left == replace(item, payload="", context="")


def test_a_switch_is_empty_until_it_is_set(store):
    with store.work() as work:
        before = work.switches.get("kill")
        work.switches.set("kill", "on", by="ana", at=NOON)
        work.switches.set("kill", "off", by="ben", at=FAR)
        work.switches.set("other", "x", by="ben", at=FAR)

    with store.work() as work:
        assert before == ""
        assert work.switches.get("kill") == "off"


@pytest.fixture
def lease(store):
    def take(holder, now, until):
        with store.work() as work:
            return work.leases.take("scheduler", holder, now=now, until=until)

    return take


def test_a_lease_is_held_by_one_until_it_expires(lease):
    assert lease("one", NOON, NOON + HOUR)
    assert not lease("two", NOON, NOON + HOUR)
    assert lease("two", NOON + HOUR, NOON + 2 * HOUR)
    assert not lease("one", NOON + HOUR, NOON + 3 * HOUR)


def test_the_holder_renews_a_lease(lease):
    assert lease("one", NOON, NOON + HOUR)
    assert lease("one", NOON, NOON + 2 * HOUR)
    assert not lease("two", NOON + HOUR, NOON + 3 * HOUR)


def test_only_the_holder_gives_a_lease_back(store, lease):
    lease("one", NOON, NOON + HOUR)

    with store.work() as work:
        work.leases.release("scheduler", "two")
    still_held = not lease("two", NOON, NOON + HOUR)
    with store.work() as work:
        work.leases.release("scheduler", "one")

    assert still_held
    assert lease("two", NOON, NOON + HOUR)


def test_leases_of_different_names_do_not_meet(store):
    with store.work() as work:
        assert work.leases.take("a", "one", now=NOON, until=FAR)
        assert work.leases.take("b", "two", now=NOON, until=FAR)


def test_switches_are_found_by_the_name_that_they_begin_with(store):
    with store.work() as work:
        for name in ("stop", "stop.channel.x", "stop_other", "stop.brand.B_B"):
            work.switches.set(name, "why", by="ana", at=NOON)
        work.switches.set("stop.channel.y", "", by="ana", at=NOON)

    with store.work() as work:
        assert work.switches.under("stop") == {
            "stop": "why",
            "stop.channel.x": "why",
            "stop.brand.B_B": "why",
        }
        assert work.switches.under("nothing") == {}


def test_what_reached_nobody_is_found_and_lined_up_anew(store):
    with store.work() as work:
        for key in ("a", "b", "mention:7:undecidable"):
            notice = Notice(key=key, to="legal", subject=key, body="look")
            work.notices.add(notice, NOON)
        first, second, odd = work.notices.waiting(NOON, 9)
        work.notices.postpone(first.id, until=None, reason="no route")
        work.notices.postpone(second.id, until=None, reason="refused")

        found = work.notices.given_up(9)
        assert [(one.notice.notice.key, one.reason) for one in found] == [
            ("b", "refused"),
            ("a", "no route"),
        ]
        assert [one.id for one in work.notices.undecidable(9)] == [odd.id]

        assert work.notices.take_up([first.id, odd.id]) == 1

        assert [one.notice.notice.key for one in work.notices.given_up(9)] == ["b"]
        assert first.id in {one.id for one in work.notices.waiting(NOON, 9)}
