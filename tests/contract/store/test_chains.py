"""What every store promises about calls that are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from bot.domain.chains import ChainStep, FrozenChain, Step, StepState, Who
from bot.domain.hours import Day, Shift
from bot.domain.ports import Overdue
from tests.samples import HOUSE, NOON, plan, ticket

MINUTE = timedelta(minutes=1)
OFFICE = Shift(days=(Day.MON,), start=time(9, 30), end=time(17), zone="Europe/London")
CHAIN = FrozenChain(
    id="red",
    pack=HOUSE,
    steps=(
        Step(who=Who.SHIFT, after=10 * MINUTE, repeat=2, every=MINUTE, within=OFFICE),
        Step(who=Who.TEAM, name="leads", important=True, skip_if_empty=True),
    ),
    ends=("answered", "closed"),
)


def step(ticket_id: int, minutes: int = 0, **fields) -> ChainStep:
    whole = ChainStep(
        ticket_id=ticket_id,
        episode="opened:1",
        step=0,
        round=0,
        chain=CHAIN,
        began_at=NOON,
        due_at=NOON + minutes * MINUTE,
    )
    return replace(whole, **fields)


def put(store, *steps: ChainStep):
    with store.work() as work:
        for one in steps:
            assert work.chains.add(one)


def tickets(store, count: int = 1):
    with store.work() as work:
        return [work.tickets.add(ticket(number)).id for number in range(count)]


def all_of(store, ticket_id):
    with store.reading() as work:
        return work.chains.of_ticket(ticket_id)


def test_a_step_reads_back_equal(store):
    [one] = tickets(store)
    wanted = step(one, told=("ana", "bo"), moves=2, ended_at=NOON, reason="é")
    put(store, wanted)

    [kept] = all_of(store, one)

    assert kept == replace(wanted, id=kept.id)
    assert kept.call is not None
    assert kept.call == CHAIN.steps[0]


def test_a_step_is_stored_once(store):
    [one] = tickets(store)
    put(store, step(one))

    with store.work() as work:
        assert not work.chains.add(step(one, 5))
        assert work.chains.add(step(one, 5, round=1))
        assert work.chains.add(step(one, 5, episode="raised:2"))


def test_what_is_due_comes_earliest_first_and_waits_for_nobody_else(store):
    first, second = tickets(store, 2)
    put(store, step(first, 9), step(second, 3), step(second, 4, step=1))
    put(store, step(first, 20, round=1))
    put(store, step(first, 1, round=2, state=StepState.DONE))

    with store.work() as work:
        due = work.chains.due(NOON + 9 * MINUTE, 9)
        assert [(one.ticket_id, one.step) for one in due] == [
            (second, 0),
            (second, 1),
            (first, 0),
        ]
        assert len(work.chains.due(NOON + 9 * MINUTE, 1)) == 1


def test_a_step_ends_once(store):
    [one] = tickets(store)
    put(store, step(one))
    [kept] = all_of(store, one)

    with store.work() as work:
        assert work.chains.finish(
            kept.id, state=StepState.DONE, at=NOON, told=["ana"], reason="r"
        )
        assert not work.chains.finish(kept.id, state=StepState.EMPTY, at=NOON)

    [ended] = all_of(store, one)
    assert (ended.state, ended.told, ended.ended_at) == (
        StepState.DONE,
        ("ana",),
        NOON,
    )


def test_a_step_is_put_off_once_from_where_it_stood(store):
    [one] = tickets(store)
    put(store, step(one))
    [kept] = all_of(store, one)

    with store.work() as work:
        assert work.chains.move(kept, until=NOON + MINUTE, reason="later")
        assert not work.chains.move(kept, until=NOON + 9 * MINUTE, reason="again")

    [moved] = all_of(store, one)
    assert (moved.due_at, moved.moves, moved.reason) == (NOON + MINUTE, 1, "later")


def test_cancelling_ends_what_waits_on_one_ticket_alone(store):
    first, second = tickets(store, 2)
    put(store, step(first), step(first, round=1), step(second))
    put(store, step(first, round=2, state=StepState.DONE))

    with store.work() as work:
        assert work.chains.cancel(first, at=NOON, reason="over") == 2

    assert [one.state for one in all_of(store, first)] == [
        StepState.CANCELLED,
        StepState.CANCELLED,
        StepState.DONE,
    ]
    assert [one.state for one in all_of(store, second)] == [StepState.WAITING]


def test_the_newest_episode_is_the_one_that_began_last(store):
    [one] = tickets(store)
    put(store, step(one), step(one, episode="raised:2"), step(one, step=1))

    with store.work() as work:
        assert work.chains.episode(one) == "raised:2"
        assert work.chains.episode(404) == ""


def test_what_waits_too_long_is_counted(store):
    [one] = tickets(store)
    put(store, step(one), step(one, 5, round=1), step(one, 9, round=2))
    put(store, step(one, 1, round=3, state=StepState.DONE))
    with store.work() as work:
        dues = {"due_strict": NOON, "due_legal": NOON}
        work.clocks.start(one, [plan("a", **dues), plan("b")])

    with store.reading() as work:
        assert work.chains.overdue(NOON + 9 * MINUTE) == Overdue(steps=2, clocks=1)
        assert work.chains.overdue(NOON) == Overdue(steps=0, clocks=0)


def test_the_summary_counts_what_was_due_by_now_and_what_was_done(store):
    [one] = tickets(store)
    put(store, step(one), step(one, 9, round=1))
    put(store, step(one, 1, round=2, state=StepState.DONE))
    put(store, step(one, 1, round=3, state=StepState.EMPTY))
    put(store, step(one, 1, round=4, state=StepState.CANCELLED))

    counted = store.summary(NOON + 5 * MINUTE)

    assert (counted.steps, counted.steps_done) == (3, 2)
    assert store.summary().steps == 4
