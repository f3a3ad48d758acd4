"""In any order of steps, crashes and faults, what we say stands there once."""

from __future__ import annotations

import itertools
import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.decisions import Severity
from bot.domain.mentions import text_hash
from bot.domain.ports import Store, Work
from bot.domain.replies import OutboundReply, Receipt, Reply, ReplyKind, ReplyState
from bot.domain.tickets import TicketId
from bot.errors import AccessDenied, NotAllowed, RateLimited, Unavailable
from bot.escalate.replies import may_move
from bot.services.drafts import approve, cancel, draft, edit, reject, submit
from bot.services.replies import (
    Outbox,
    confirm_pending,
    resume_replies,
    send_pending,
    settle_pending,
    stop_replies,
    withhold_pending,
)
from bot.storage.store import SqlStore
from bot.testing import FakePlatform, Fault, Killed, ManualClock
from tests.unit.services.world import (
    Dying,
    log,
    outbox,
    promise,
    queue_reply,
    replies,
)

MAY_STAND = {
    ReplyState.SENDING,
    ReplyState.UNKNOWN,
    ReplyState.SENT,
    ReplyState.SEEN,
}
MUST_STAND = {ReplyState.SENT, ReplyState.SEEN}
ENDS = {
    ReplyState.SEEN,
    ReplyState.REFUSED,
    ReplyState.REJECTED,
    ReplyState.WITHHELD,
    ReplyState.SUBMITTED,
    ReplyState.DRAFT,
    ReplyState.CANCELLED,
}
"""From each of these a person knows what to do, and nothing is done without them."""

PEOPLE = ("ana", "Ana ", "bo", "cem")
HOUSE = "house"
MOST_REPLIES = 5
SLOWEST_CALL, LATEST_SHOWN = 15, 44
"""Seconds; together less than the outbox's patience before it sends again."""

Step = Callable[[Store, Outbox, ManualClock], int]
Death = tuple[int, bool] | None

STEPS: tuple[Step, ...] = (send_pending, settle_pending, confirm_pending)
TROUBLES = ("", "", "", "down", "limit", "denied")
WAITS = (0, 5, 30, 30, 60, 900)

steps = st.sampled_from(STEPS)
people = st.sampled_from(PEOPLE)
numbers = st.integers(0, 2 * MOST_REPLIES)
deaths = st.none() | st.tuples(st.integers(1, 4), st.booleans())
faults = st.none() | st.sampled_from(Fault)
troubles = st.sampled_from(TROUBLES)
waits = st.sampled_from(WAITS)


class SlowPlatform(FakePlatform):
    """Takes its time for every call; ``meanwhile`` is what others do during one."""

    takes = 0
    meanwhile: Callable[[], object] | None = None
    on_call: Callable[[OutboundReply], object] | None = None

    def send_reply(self, reply: OutboundReply) -> Receipt:
        if self.on_call is not None:
            self.on_call(reply)
        if self.meanwhile is not None:
            other, self.meanwhile = self.meanwhile, None
            other()
        if isinstance(self._clock, ManualClock):
            self._clock.advance(seconds=self.takes)
        return super().send_reply(reply)


def critical(work: Work, reply: Reply, _now: object) -> tuple[str, ...]:
    """The house's rule here: two people answer for what is said in such a ticket."""
    ticket = work.tickets.get(TicketId(reply.ticket_id))
    return ("critical",) if ticket.severity is Severity.CRITICAL else ()


class Conversation(RuleBasedStateMachine):
    """Workers, a platform, an operator and a lead, each doing as they please."""

    def __init__(self, migrated: Path, folder: Path) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.platform = SlowPlatform(self.clock)
        self.store = SqlStore(f"sqlite:///{shutil.copy(migrated, folder)}")
        self.platform.on_call = self.whoever_must_has_agreed
        self.written = 0

    @property
    def box(self) -> Outbox:
        return outbox(self.platform, give_up_after=20, four_eyes=critical)

    def run(self, step: Step, death: Death = None) -> None:
        store: Store = self.store
        if death is not None:
            nth, committed = death
            store = Dying(self.store, Killed(), nth=nth, committed=committed)
        with suppress(Killed):
            step(store, self.box, self.clock)

    @initialize(
        shown=st.sampled_from([0, 20, LATEST_SHOWN]),
        takes=st.sampled_from([0, SLOWEST_CALL]),
    )
    def begin(self, shown: int, takes: int) -> None:
        self.platform.visible_after = timedelta(seconds=shown)
        self.platform.takes = takes
        for needs_approval in (False, False, True):
            self.somebody_complains(needs_approval)

    @precondition(lambda self: len(replies(self.store)) < MOST_REPLIES)
    @rule(needs_approval=st.booleans())
    def somebody_complains(self, needs_approval: bool) -> None:
        queue_reply(
            self.store,
            self.clock,
            state=ReplyState.SUBMITTED if needs_approval else ReplyState.QUEUED,
            plans=[promise("acknowledge", "acknowledged", within=timedelta(days=999))],
        )

    @rule(number=numbers, by=people)
    def somebody_agrees(self, number: int, by: str) -> None:
        waiting = self.those({ReplyState.SUBMITTED})
        if waiting:
            one = waiting[number % len(waiting)]
            words = {"by": by, "text_hash": one.text_hash}
            with suppress(NotAllowed):
                approve(self.store, self.clock, one.id, **words, four_eyes=critical)

    @rule(number=numbers, by=people, verb=st.sampled_from([reject, cancel]))
    def somebody_says_no(
        self, number: int, by: str, verb: Callable[..., Reply]
    ) -> None:
        one = self.one(number)
        with suppress(NotAllowed):
            verb(self.store, self.clock, one.id, by=by, reason="no")

    @rule(number=numbers, by=people, puts_forward=st.booleans())
    def somebody_writes(self, number: int, by: str, puts_forward: bool) -> None:
        """In free words: an answer where there is none, other words where there is."""
        one, text = self.one(number), f"In other words, number {self.written}."
        self.written += 1
        with suppress(NotAllowed):
            edit(self.store, self.clock, one.id, text=text, by=by)
        with suppress(NotAllowed):
            draft(self.store, self.clock, one.ticket_id, text=text, by=by)
        for waiting in self.those({ReplyState.DRAFT}) if puts_forward else ():
            submit(self.store, self.clock, waiting.id, by=by)

    @rule(number=numbers)
    def a_ticket_becomes_critical(self, number: int) -> None:
        with self.store.work() as work:
            ticket = work.tickets.get(self.one(number).ticket_id)
            work.tickets.save(replace(ticket, severity=Severity.CRITICAL))

    @rule()
    def the_channel_falls_silent(self) -> None:
        withhold_pending(self.store, replace(self.box, modes={}), self.clock)

    def one(self, number: int) -> Reply:
        every = replies(self.store)
        return every[number % len(every)]

    def whoever_must_has_agreed(self, said: OutboundReply) -> None:
        """Asked anew at each call, of what stands in the tables at that moment."""
        with self.store.reading() as work:
            [reply] = [one for one in work.replies.listing() if one.key == said.key]
            ticket = work.tickets.get(reply.ticket_id)
            held = [
                one
                for one in work.replies.approvals(reply.id)
                if one.text_hash == text_hash(said.text) and one.voided_at is None
            ]
        agreed = {one.approved_by.strip().lower() for one in held}
        agreed.discard(reply.written_by.strip().lower())
        if reply.written_by:
            assert agreed
        elif ticket.severity is Severity.CRITICAL:
            assert len(agreed) > 1
        else:
            assert agreed or reply.approved_by == HOUSE

    @rule(step=steps, fault=faults, trouble=troubles, death=deaths, waits=waits)
    def a_worker_works(
        self, step: Step, fault: Fault | None, trouble: str, death: Death, waits: int
    ) -> None:
        """Each takes one step, with whatever goes wrong in it, and time passes."""
        self.go_wrong(fault, trouble)
        self.run(step, death)
        self.clock.advance(seconds=waits)

    @rule(fault=faults, after=st.integers(0, SLOWEST_CALL))
    def two_workers_send_at_once(self, fault: Fault | None, after: int) -> None:
        def other() -> None:
            self.clock.advance(seconds=after)
            for step in (settle_pending, send_pending, confirm_pending):
                self.run(step)

        self.go_wrong(fault, "")
        self.platform.takes = min(self.platform.takes, SLOWEST_CALL - after)
        self.platform.meanwhile = other
        self.run(send_pending)
        self.platform.meanwhile = None

    @rule(step=steps, fault=faults)
    def the_operator_stops_us(self, step: Step, fault: Fault | None) -> None:
        """Whatever the workers do until the operator lets us go on, nothing leaves."""
        before = self.platform.calls
        self.go_wrong(fault, "")
        stop_replies(self.store, self.clock, by="bo", reason="drill")
        for one in (step, send_pending):
            self.run(one)
        assert self.platform.calls == before
        resume_replies(self.store, self.clock, by="bo")

    @rule(seed=st.integers(0, 2**32 - 1))
    def a_bad_day_passes(self, seed: int) -> None:
        """Many steps at once, far apart from those of any other example."""
        chance = random.Random(seed)
        for _ in range(4):
            self.somebody_complains(needs_approval=False)
        for _ in range(12):
            self.a_worker_works(
                chance.choice(STEPS),
                chance.choice([None, *Fault]),
                chance.choice(TROUBLES),
                chance.choice([None, None, (1, True), (2, False), (2, True)]),
                chance.choice(WAITS),
            )

    def go_wrong(self, fault: Fault | None, trouble: str) -> None:
        self.platform.heal()
        retry_at = self.clock.now() + timedelta(minutes=1)
        errors = {
            "down": Unavailable("x", "is down"),
            "limit": RateLimited("x", "asks for a pause", retry_at=retry_at),
            "denied": AccessDenied("x", "the token has expired"),
        }
        if fault is not None:
            self.platform.fail_replies(fault, fault, fault)
        if trouble:
            self.platform.fail_looks(errors[trouble])

    def those(self, states: set[ReplyState]) -> list[Reply]:
        return [one for one in replies(self.store) if one.state in states]

    @invariant()
    def nothing_stands_there_twice(self) -> None:
        standing = Counter(one.reply.key for one in self.platform.standing)
        assert set(standing.values()) <= {1}

    @invariant()
    def what_counts_as_said_stands_there_and_nothing_else_does(self) -> None:
        standing = {one.reply.key: one for one in self.platform.standing}
        for reply in replies(self.store):
            there = standing.get(reply.key)
            if reply.state in MUST_STAND:
                assert there is not None
                assert reply.external_id == there.external_id
            elif reply.state not in MAY_STAND:
                assert there is None

    @invariant()
    def only_what_was_seen_meets_its_clock(self) -> None:
        seen = {
            one.ticket_id
            for one in self.those({ReplyState.SEEN})
            if one.kind is ReplyKind.ACKNOWLEDGEMENT
        }
        with self.store.reading() as work:
            met = {
                clock.ticket_id
                for reply in replies(self.store)
                for clock in work.clocks.of_ticket(reply.ticket_id)
                if clock.state == "met"
            }
        assert met == seen

    @invariant()
    def what_was_said_is_counted_once(self) -> None:
        with self.store.reading() as work:
            _reads, posts = work.sources.spent("acme-x", "2026-11")
        assert posts == len(self.those(MUST_STAND))

    @invariant()
    def the_log_tells_each_move_and_knows_no_other(self) -> None:
        known = {one.value for one in ReplyState}
        for reply in replies(self.store):
            path = [
                action
                for entry in log(self.store, "reply")
                if entry.subject == f"reply:{reply.id}"
                and (action := entry.action.removeprefix("reply.")) in known
            ]
            assert path[-1:] in ([], [reply.state.value])
            for before, after in itertools.pairwise(map(ReplyState, path)):
                assert may_move(before, after) or (before is after is ReplyState.DRAFT)

    def teardown(self) -> None:
        """Once all trouble is over, whatever may be said has been said."""
        self.platform.heal()
        for _ in range(12):
            self.clock.advance(seconds=900)
            for step in (settle_pending, send_pending, confirm_pending):
                self.run(step)
        assert {one.state for one in replies(self.store)} <= ENDS
        self.nothing_stands_there_twice()
        self.what_counts_as_said_stands_there_and_nothing_else_does()
        self.store.close()


def test_in_any_order_of_steps_crashes_and_faults_every_reply_stands_there_once(
    migrated_file, tmp_path
):
    numbers = itertools.count()

    class Fresh(Conversation):
        def __init__(self) -> None:
            super().__init__(migrated_file, tmp_path / f"{next(numbers)}.db")

    run_state_machine_as_test(
        Fresh,
        settings=settings(
            max_examples=30,
            stateful_step_count=12,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", range(12))
def test_on_days_when_much_goes_wrong_nothing_is_said_twice(
    migrated_file, tmp_path, seed
):
    days = Conversation(migrated_file, tmp_path / "a.db")
    days.platform.visible_after = timedelta(seconds=LATEST_SHOWN)

    for day in range(3):
        days.a_bad_day_passes(seed=100 * seed + day)
        days.nothing_stands_there_twice()
        days.only_what_was_seen_meets_its_clock()
        days.what_was_said_is_counted_once()

    days.teardown()
