"""The response log of every store: its lines, its filters, its figures."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.clocks import ClockKind, ClockState, Kept
from bot.domain.decisions import Answer, Outcome, Tier
from bot.domain.mentions import MentionId
from bot.domain.replies import ReplyState
from bot.domain.response_log import LogFilter, Place
from bot.domain.tickets import OVERTURNED, TicketEvent
from bot.errors import Missing
from bot.reports.deadlines import kept
from bot.storage import response_log
from tests.samples import NOON, decision, mention, plan, reply, scope, ticket

HOUR = timedelta(hours=1)
LATER = NOON + timedelta(days=2)


def open_ticket(work, number, **fields):
    """Store a ticket with the mention with which it began; return it."""
    [stored] = work.mentions.add([mention(number)], source="agora", at=NOON + HOUR)
    opened = work.tickets.add(ticket(number, **fields))
    work.mentions.decide(stored.id, decision(), ticket_id=opened.id, at=NOON + 2 * HOUR)
    return opened


EVERY = LogFilter()


def listed(store, asked=EVERY, *, after=None, limit=50, now=LATER):
    with store.reading() as work:
        return work.response_log.page(asked, now=now, after=after, limit=limit)


def numbers(page):
    return [one.ticket.conversation for one in page.entries]


def test_a_line_tells_when_it_was_published_seen_decided_and_answered(store):
    with store.work() as work:
        opened = open_ticket(work, 1)
        work.clocks.start(opened.id, [plan()])
        answer = work.replies.add(
            reply(ticket_id=opened.id, mention_id=MentionId(1), state=ReplyState.SEEN)
        )
        seen = NOON + 3 * HOUR
        work.tickets.add_event(
            TicketEvent(
                ticket_id=opened.id,
                name="acknowledged",
                happened_at=seen,
                recorded_at=seen,
                detail=answer.key,
            )
        )

    [line] = listed(store).entries

    assert line.ticket.received_at == NOON + timedelta(minutes=1)
    assert line.first_seen_at == NOON + HOUR
    assert line.decided_at == NOON + 2 * HOUR
    assert (line.author, line.legal_class) == ("mirela_of_the_hills", "standard")
    assert [one.plan.rule for one in line.clocks] == ["acknowledge"]
    assert [one.detail for one in line.events] == [line.replies[0].key]


def test_pages_follow_each_other_without_a_gap_or_a_repeat(store):
    with store.work() as work:
        for number in range(1, 8):
            # Two of the same instant: only the number tells them apart.
            at = NOON + timedelta(minutes=number // 2)
            open_ticket(work, number, received_at=at)
    whole = numbers(listed(store))

    walked, after = [], None
    while True:
        page = listed(store, after=after, limit=2)
        walked += numbers(page)
        after = page.after
        if after is None:
            break

    assert walked == whole
    assert len(whole) == 7


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {1, 2, 3}),
        ({"complaint": (Answer.NO,)}, {4}),
        ({"brand": "Other"}, {2}),
        ({"brands": frozenset({"Other"})}, {2}),
        ({"brands": frozenset({"Nobody's"})}, set()),
        ({"channel": "forum"}, {3}),
        ({"queue": "hardship"}, {2}),
        ({"tier": 0}, {3}),
        ({"tier": 1}, {1, 2}),
        ({"person": "Noor"}, {1}),
        ({"since": NOON + timedelta(minutes=2)}, {2, 3}),
        ({"until": NOON + timedelta(minutes=2)}, {1}),
        ({"rule": "acknowledge"}, {1, 2}),
        ({"kept": (Kept.MISSED,)}, {2}),
        ({"kept": (Kept.MISSED,), "rule": "respond"}, set()),
        ({"legal_class": "hardship"}, {2}),
        ({"legal_class": "hard%"}, set()),
    ],
)
def test_each_filter_lets_through_what_it_names(store, asked, found):
    with store.work() as work:
        first = open_ticket(work, 1, owner="Noor")
        second = open_ticket(work, 2, brand="Other", queue="hardship")
        open_ticket(work, 3, channel="forum", tier=Tier.SELF_SERVICE)
        open_ticket(work, 4, complaint=Answer.NO)
        work.clocks.start(first.id, [plan(), plan("respond")])
        work.clocks.start(second.id, [plan(inputs={"class": "hardship"})])
        [clock] = work.clocks.of_ticket(second.id)
        work.clocks.change(
            clock.id,
            before=ClockState.RUNNING,
            after=ClockState.BREACHED,
            due_at=None,
        )

    page = listed(store, LogFilter(**asked))

    assert {int(one.removeprefix("c-")) for one in numbers(page)} == found


def test_a_promise_missed_in_an_earlier_run_is_found_as_well(store):
    with store.work() as work:
        opened = open_ticket(work, 1)
        work.clocks.start(opened.id, [plan()])
        [clock] = work.clocks.of_ticket(opened.id)
        missed = replace(clock, state=ClockState.BREACHED)
        work.clocks.keep_runs(clock.id, [missed], since=NOON)
        later = plan(started_at=NOON + HOUR, due_strict=LATER + HOUR)
        work.clocks.restart(clock.id, later, before=ClockState.RUNNING)

    page = listed(store, LogFilter(kept=(Kept.MISSED,)))

    [line] = page.entries
    assert [one.state for one in line.duties] == ["breached", "running"]


def test_a_page_that_looked_far_enough_says_where_it_stopped(store, monkeypatch):
    monkeypatch.setattr(response_log, "WALK", 3)
    with store.work() as work:
        for number in range(1, 6):
            open_ticket(work, number, brand="Rare" if number == 1 else "Common")

    page = listed(store, LogFilter(brand="Rare"))
    last = listed(store, LogFilter(brand="Rare"), after=page.after)

    assert (numbers(page), page.is_cut) == ([], True)
    assert (numbers(last), last.is_cut) == (["c-1"], False)


def test_one_line_is_found_by_its_ticket_and_none_that_is_not_there(store):
    with store.work() as work:
        opened = open_ticket(work, 1, complaint=Answer.NO)

    with store.reading() as work:
        assert work.response_log.entry(opened.id).ticket.id == opened.id
        with pytest.raises(Missing, match="there is no ticket 77"):
            work.response_log.entry(77)


def clocks_of_every_kind():
    """Give every mix of what decides how a promise was kept."""
    starts = itertools.product(
        ClockState,
        (None, timedelta(hours=23), timedelta(days=1), timedelta(days=2), timedelta(9)),
        ({}, {"waives": "other"}, {"chance": "yes"}, {"excused_by": "notice"}),
        ("acknowledged", OVERTURNED),
    )
    for number, (state, after, inputs, ended_by) in enumerate(starts):
        yield (
            plan(f"rule-{number}", inputs=inputs),
            state,
            None if after is None else NOON + after,
            "" if after is None else ended_by,
        )


@pytest.mark.parametrize("days", [0, 1, 2, 3, 4], ids=lambda days: f"after {days} days")
def test_figures_say_of_each_promise_what_the_report_says(store, days):
    now = NOON + timedelta(days=days, microseconds=1)
    with store.work() as work:
        opened = open_ticket(work, 1)
        made = list(clocks_of_every_kind())
        work.clocks.start(opened.id, [one for one, *_ in made])
        ids = {one.plan.rule: one.id for one in work.clocks.of_ticket(opened.id)}
        for one, state, ended_at, ended_by in made:
            work.clocks.change(
                ids[one.rule],
                before=ClockState.RUNNING,
                after=state,
                due_at=None,
                ended_at=ended_at,
                ended_by=ended_by,
            )
        clocks = work.clocks.of_ticket(opened.id)

    with store.reading() as work:
        figures = work.response_log.figures(
            since=NOON, until=NOON + timedelta(days=2), now=now
        )

    assert {one.rule: one.kept for one in figures} == {
        one.plan.rule: kept(one, now) for one in clocks
    }
    assert len(figures) == len(made)


def test_figures_are_counted_by_where_and_when_and_with_the_time_it_took(store):
    with store.work() as work:
        for number in (1, 2):
            opened = open_ticket(work, number)
            work.clocks.start(opened.id, [plan()])
            [clock] = work.clocks.of_ticket(opened.id)
            work.clocks.change(
                clock.id,
                before=ClockState.RUNNING,
                after=ClockState.MET,
                due_at=None,
                ended_at=NOON + number * HOUR,
                ended_by="acknowledged",
            )

    with store.reading() as work:
        asked = {"since": NOON, "until": LATER, "now": LATER}
        [figure] = work.response_log.figures(**asked)
        others = work.response_log.figures(**asked, brands=frozenset({"Other"}))

    assert (figure.number, figure.kept, figure.day) == (2, Kept.IN_TIME, "2026-03-03")
    assert (figure.channel, figure.queue) == ("agora", "baggage")
    assert not figure.is_influencer
    assert figure.took is not None
    assert abs(figure.took - 1.5 * HOUR) < timedelta(seconds=1)
    assert others == []


def test_what_comes_is_what_runs_and_falls_due_the_earliest_first(store):
    with store.work() as work:
        opened = open_ticket(work, 1)
        work.clocks.start(
            opened.id,
            [
                plan("late", due_strict=LATER),
                plan("soon"),
                plan("house", kind=ClockKind.SERVICE),
                plan("far", due_strict=LATER + timedelta(days=30)),
            ],
        )

    with store.reading() as work:
        asked = {"since": NOON, "until": LATER + HOUR, "limit": 10}
        found = work.response_log.coming(**asked)
        others = work.response_log.coming(**asked, brands=frozenset({"Other"}))

    rules = Counter(clock.plan.rule for _, clock in found)
    assert rules == Counter(["soon", "house", "late"])
    assert [clock.plan.rule for _, clock in found][-1] == "late"
    assert {one.id for one, _ in found} == {opened.id}
    assert others == []


def breached(work, number, due, **fields):
    opened = open_ticket(work, number, **fields)
    work.clocks.start(opened.id, [plan(due_strict=due, due_legal=due)])
    [clock] = work.clocks.of_ticket(opened.id)
    work.clocks.change(
        clock.id, before=ClockState.RUNNING, after=ClockState.BREACHED, due_at=None
    )
    return clock


def test_breaches_of_a_period_are_those_that_were_due_in_it_the_latest_first(store):
    with store.work() as work:
        breached(work, 1, NOON)
        breached(work, 2, NOON + HOUR, brand="Other")
        breached(work, 3, LATER)
        met = open_ticket(work, 4)
        work.clocks.start(met.id, [plan(due_strict=NOON + HOUR)])

    with store.reading() as work:
        asked = {"since": NOON, "until": LATER, "now": NOON, "limit": 10}
        found = work.response_log.breaches(**asked)
        others = work.response_log.breaches(**asked, brands=frozenset({"Other"}))
        first = work.response_log.breaches(**{**asked, "limit": 1})

    assert [one.ticket.conversation for one in found] == ["c-2", "c-1"]
    assert [one.ticket.conversation for one in others] == ["c-2"]
    assert [one.ticket.conversation for one in first] == ["c-2"]


def test_doubtful_tickets_come_the_oldest_first_and_page_by_page(store):
    with store.work() as work:
        for number in (3, 1, 2):
            open_ticket(work, number, brand="Other" if number == 2 else "Kestrel Air")
        open_ticket(work, 4, complaint=Answer.YES)

    with store.reading() as work:
        ask = work.response_log.doubtful
        first = ask(limit=2, after=None)
        end = Place(received_at=first[-1].ticket.received_at, id=first[-1].ticket.id)
        rest = ask(limit=2, after=end)
        others = ask(limit=9, after=None, brands=frozenset({"Other"}))

    assert [one.ticket.conversation for one in (*first, *rest)] == ["c-1", "c-2", "c-3"]
    assert [one.ticket.conversation for one in others] == ["c-2"]


def test_what_was_judged_no_complaint_is_found_by_when_it_was_decided(store):
    no = decision(scope=scope(Answer.NO), outcome=Outcome.RECORD_ONLY)
    carried = replace(no, outcome=Outcome.ADD_REACH)
    made = [no, no, decision(), carried, no]
    with store.work() as work:
        for number, one in enumerate(made, 1):
            said = mention(number, brand="Other" if number == 2 else "Kestrel Air")
            [stored] = work.mentions.add([said], source="agora", at=NOON)
            at = NOON + number * HOUR
            work.mentions.decide(stored.id, one, ticket_id=None, at=at)

    with store.reading() as work:
        asked = {"since": NOON, "until": NOON + 5 * HOUR}
        found = work.response_log.judged_no(**asked)
        others = work.response_log.judged_no(**asked, brands=frozenset({"Other"}))

    assert found == [1, 2]
    assert others == [2]
