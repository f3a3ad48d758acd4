"""Follow a ticket's case: what events do to its legal clocks beyond meeting them.

Stops, second rounds, notices that excuse, another class: the whole case is computed
anew from the ticket's events under the pack that was frozen on it, and the clocks in
the database are brought to that. What only meets or waives one is done by then already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.domain.audit import AuditEntry
from bot.domain.clocks import (
    Clock,
    ClockKind,
    ClockPlan,
    ClockState,
    PackRef,
    is_past,
)
from bot.domain.decisions import Answer, Reason
from bot.domain.packs import RECEIVED, ClockRule, RegulationPack
from bot.domain.ports import Notice, Work
from bot.domain.tickets import (
    CLASSIFIED,
    OVERTURNED,
    PACK_ADDED,
    WITHDRAWN,
    Ticket,
    TicketEvent,
    TicketId,
    standing,
)
from bot.escalate.deadlines import ClockChange
from bot.rules.calendars import Calendar
from bot.rules.case import (
    CONTENTS,
    Case,
    CaseClock,
    Granted,
    Happened,
    Standing,
    clocks_of,
)
from bot.rules.clocks import legal_plans
from bot.rules.library import governing
from bot.services.clocks import (
    change_clock,
    judge_again,
    keep_run,
    moving,
    promise_detail,
    restart_clock,
)

DAYS = "days"
"""The fact of an event that tells how many days somebody granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Every version of the regulation at hand, its overlays, and the place's days.

    ``library`` reads all other packs; it is asked only for tickets that name one, and
    after ``kept``, which finds a pack as it was before its files changed.
    """

    packs: tuple[RegulationPack, ...]
    overlays: tuple[RegulationPack, ...]
    calendar: Calendar
    library: Callable[[], Iterable[RegulationPack]] = tuple
    kept: Callable[[PackRef], RegulationPack | None] = lambda _ref: None

    def exactly(self, ref: PackRef) -> RegulationPack | None:
        """Return the very text that a ticket was promised by, if it is at hand."""
        near = next((one for one in self.packs if one.ref == ref), None)
        near = near or self.kept(ref)
        return near or next((one for one in self.library() if one.ref == ref), None)

    def with_packs_of(self, ticket: Ticket, events: Iterable[TicketEvent]) -> Rulebook:
        """Return the rules of one ticket: its own pack, and those that were added."""
        refs = [ticket.regulation_pack, *added_to(events)]
        known = {one.ref for one in (*self.packs, *self.overlays)}
        more = [self.exactly(ref) for ref in refs if ref not in known]
        found = tuple(one for one in more if one is not None)
        return replace(self, packs=(*self.packs, *found)) if found else self

    def canonical(self, event: str) -> str:
        """Return an event's own name, whatever word was used for it."""
        for pack in (*self.packs, *self.overlays):
            if event in pack.also:
                return pack.also[event]
        return event

    def notice_of(self, event: str) -> str:
        """Return the legal notice whose giving an event tells; empty if of none."""
        return next(
            (found for one in self.packs if (found := one.notice_of(event))), ""
        )

    @property
    def grants(self) -> frozenset[str]:
        """Return the events that bring days which somebody else granted."""
        return frozenset(
            rule.extension.event
            for pack in (*self.packs, *self.overlays)
            for rule in pack.clocks.values()
            if rule.extension
        )

    def may_precede(self, event: str) -> bool:
        """Whether it may lie before the complaint: it starts something, ends none."""
        packs = (*self.packs, *self.overlays)
        ends = {
            name
            for one in packs
            for rule in one.clocks.values()
            for name in rule.met_by
        }
        starts = {
            name
            for one in packs
            for rule in one.clocks.values()
            for name in (rule.start, *(term.start for term in rule.by_class.values()))
        }
        starts |= {
            name for one in packs for some in one.earliest.values() for name in some
        }
        return event in starts - ends - {RECEIVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A ticket's case, and every clock that it makes.

    ``first`` is a clock that runs from the receipt, if any does; ``beside`` the packs
    that were added, ``missing`` those of them that do not lie here any more.
    """

    legal: Mapping[str, Clock]
    first: Clock | None
    pack: RegulationPack
    events: Sequence[TicketEvent]
    case: Case
    computed: Mapping[str, CaseClock]
    beside: Sequence[RegulationPack]
    missing: Sequence[PackRef]


def added_to(events: Iterable[TicketEvent]) -> Sequence[PackRef]:
    """Return the packs that people added to a ticket."""
    return [
        PackRef(
            id=one.facts["pack"],
            version=one.facts["version"],
            sha256=one.facts["pack_sha256"],
        )
        for one in events
        if one.name == PACK_ADDED
    ]


def follow(
    work: Work,
    rulebook: Rulebook,
    ticket_id: TicketId,
    at: datetime,
    *,
    actor: str,
    before: Collection[str] = (),
) -> Sequence[str]:
    """Bring a ticket's legal clocks to what its events make of them; say what moved.

    One on which no complaint's clocks run has only those that somebody else started.
    What was promised by a pack that does not lie here any more stays as it is, which an
    audit entry says. ``before``: the clocks that were ``owed`` before an event was
    withdrawn, and are not if it started them.
    """
    found = _found(work, rulebook, ticket_id, at)
    if found is None:
        return ()
    missing = found.missing if isinstance(found, _Found) else [found]
    for ref in missing:
        _say_not_followed(work, ticket_id, ref, at, actor)
    if isinstance(found, PackRef):
        return ()
    is_void = found.first is None or _is_void(work, ticket_id, found.legal.values())
    changes = _Changes(
        work=work,
        ticket_id=ticket_id,
        events=found.events,
        case=found.case,
        pack=found.pack.ref,
        beside=[one.ref for one in found.beside],
        at=at,
        actor=actor,
        is_void=is_void,
    )
    provisional = found.first is not None and found.first.plan.provisional
    for name, one in found.computed.items():
        changes.bring(found.legal.get(name), one, provisional=provisional)
    for name, clock in found.legal.items():
        if name in before and name not in found.computed:
            changes.take_back(clock, found.pack, found.first, rulebook.calendar)
        elif name not in found.computed:
            changes.drop(clock, found.pack)
    return changes.told


def owed(
    work: Work, rulebook: Rulebook, ticket_id: TicketId, at: datetime
) -> frozenset[str]:
    """Return which legal clocks a ticket's events make, by their rules."""
    found = _found(work, rulebook, ticket_id, at)
    return frozenset(found.computed) if isinstance(found, _Found) else frozenset()


def _found(
    work: Work, rulebook: Rulebook, ticket_id: TicketId, at: datetime
) -> _Found | PackRef | None:
    """Compute a ticket's case; name the pack of its clocks if that is gone."""
    legal = {
        one.plan.rule: one
        for one in work.clocks.of_ticket(ticket_id)
        if one.plan.kind is ClockKind.LEGAL
    }
    first = max(
        (one for one in legal.values() if is_from_receipt(one)),
        key=lambda one: one.plan.started_at,
        default=None,
    )
    ticket = work.tickets.get(ticket_id)
    ref = first.plan.pack if first else ticket.regulation_pack
    pack = rulebook.exactly(ref)
    if pack is None:
        return ref
    received = first.plan.started_at if first else ticket.received_at
    events = standing(work.tickets.events(ticket_id))
    own = rulebook.with_packs_of(ticket, events)
    default = first.plan.inputs["class"] if first else pack.default_class
    case = _case(own, pack, (received, default), events, at)
    day = rulebook.calendar.local_date(received)
    known = {one.ref: one for one in own.packs}
    refs = added_to(events)
    beside = [known[one] for one in refs if one in known]
    overlays = [
        one
        for one in governing(rulebook.overlays, day)
        if one.overlay_of == pack.ref.id
    ]
    return _Found(
        legal=legal,
        first=first,
        pack=pack,
        events=events,
        case=case,
        computed=clocks_of(pack, case, rulebook.calendar, beside=[*overlays, *beside]),
        beside=beside,
        missing=[one for one in refs if one not in known],
    )


def case_of(said: Mapping[str, Any]) -> Case:
    """Read back the case that a log entry was computed from."""
    when = datetime.fromisoformat
    return Case(
        legal_class=str(said["class"]),
        events=tuple(
            Happened(name=name, at=when(at), facts=_facts(facts))
            for name, at, facts in said["events"]
        ),
        now=when(str(said["now"])),
        granted=tuple(
            Granted(name=name, days=days, at=at and when(at))
            for name, days, at in said["granted"]
        ),
    )


def is_from_receipt(clock: Clock) -> bool:
    """Whether it still runs as it was first promised, from the complaint itself."""
    return not clock.plan.inputs.get("followed")


def _is_void(work: Work, ticket_id: TicketId, clocks: Iterable[Clock]) -> bool:
    """Whether a person found no complaint, and nobody complained since."""
    is_over = any(one.ended_by == OVERTURNED for one in clocks)
    return is_over and work.tickets.get(ticket_id).complaint is Answer.NO


def is_owed_by(plan: ClockPlan, pack: PackRef) -> bool:
    """Whether a legal clock is owed only because there is a complaint.

    What somebody else started, such as an ombudsman's referral, is owed all the same.
    """
    return plan.pack.id == pack.id or plan.inputs.get("start") == RECEIVED


def _case(
    rulebook: Rulebook,
    pack: RegulationPack,
    receipt: tuple[datetime, str],
    events: Sequence[TicketEvent],
    at: datetime,
) -> Case:
    """Gather what is known of the newest complaint; earlier ones have had their end.

    What was recorded before it was received belongs to those.
    """
    received, legal_class = receipt
    grants = rulebook.grants
    granted: list[Granted] = []
    happened = [Happened(name=RECEIVED, at=received)]
    for event in events:
        if event.recorded_at < received or event.name == RECEIVED:
            continue
        days = event.facts.get(DAYS, "")
        if event.name == CLASSIFIED:
            legal_class = event.facts.get("class", legal_class)
        elif event.name in grants and days.isdigit():
            one = Granted(name=event.name, days=int(days), at=event.happened_at)
            granted.append(one)
        else:
            facts = _facts(event.facts)
            happened.append(
                Happened(name=event.name, at=event.happened_at, facts=facts)
            )
    if legal_class not in pack.classes:
        legal_class = receipt[1]
    return Case(
        legal_class=legal_class,
        events=tuple(happened),
        now=at,
        granted=tuple(granted),
    )


def _facts(facts: Mapping[str, str]) -> dict[str, object]:
    told: dict[str, object] = dict(facts)
    if CONTENTS in facts:
        told[CONTENTS] = tuple(one.strip() for one in facts[CONTENTS].split(","))
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What is written for one case, and the lines that tell people of it."""

    work: Work
    ticket_id: TicketId
    events: Sequence[TicketEvent]
    case: Case
    pack: PackRef
    beside: Sequence[PackRef]
    at: datetime
    actor: str
    is_void: bool = False
    """A person found no complaint: nothing that only one is owed is owed."""
    told: list[str] = field(default_factory=list)

    def bring(self, clock: Clock | None, one: CaseClock, *, provisional: bool) -> None:
        """Start what is new, move what has another due time, stop what stands still."""
        rule = one.rule
        is_void = self.is_void and self._asks_for_a_complaint(one)
        if one.state in FLAWS and self._is_news(one):
            words = f"{rule.id} ({rule.cite}): {one.state}, it excuses nothing"
            self.told.append(words)
        if rule.excuses or rule.replaces or rule.carried_by or is_void:
            return  # what it does stands on the clock that it does it to
        inputs = {**one.promise.inputs, "start": rule.start, "followed": "yes"}
        if one.excused_by:
            inputs["excused_by"] = one.excused_by
        plan = replace(one.promise, provisional=provisional, inputs=inputs)
        if clock is None:
            self._start(plan, one)
        else:
            self._bring_on(clock, plan, one)
        if rule.repeats:
            self._keep_rounds(clock or self._newest(rule.id), plan, one)

    def _is_news(self, one: CaseClock) -> bool:
        """Whether what ended it was recorded just now."""
        return any(
            (event.name, event.happened_at) == (one.ended_by, one.ended_at)
            and event.recorded_at == self.at
            for event in self.events
        )

    def _bring_on(self, clock: Clock, plan: ClockPlan, one: CaseClock) -> None:
        if self._is_of_another_round(clock):
            return
        if one.waits_for:
            self._wait(clock, plan, one)
        elif one.state is Standing.STOPPED:
            self._stop(clock, one)
        elif one.rule.repeats and (ended := self._ended(one.rule)) is not None:
            self._end(clock, ended)
        elif _differs(clock, plan):
            self._move(clock, plan, one)

    def _keep_rounds(self, clock: Clock, plan: ClockPlan, one: CaseClock) -> None:
        """Keep how each round ended: the clock itself has gone on to the next."""
        runs = []
        for promise, by in one.rounds:
            is_late = is_past(by.at, promise.due_legal)
            run = replace(
                clock,
                plan=replace(
                    promise,
                    provisional=plan.provisional,
                    inputs={**plan.inputs, **promise.inputs},
                ),
                state=ClockState.BREACHED if is_late else ClockState.MET,
                ended_at=by.at,
                ended_by=by.name,
            )
            runs.append(run)
        received = self.case.events[0].at
        self.work.clocks.keep_runs(clock.id, runs, since=received)

    def drop(self, clock: Clock, pack: RegulationPack) -> None:
        """Say that a clock is not owed: a complaint of another class has no such one.

        One that has it, but counts from what nobody told yet, runs on as it is until
        then: a promise is never given up for want of a date.
        """
        rule = pack.clocks.get(clock.plan.rule)
        if not clock.state.is_open or rule is None or self._is_of_another_round(clock):
            return
        term = rule.term(self.case.legal_class)
        if term is None:
            words = f"no such clock for class {self.case.legal_class}"
            self._settle(clock, ClockState.WAIVED, CLASSIFIED, words)
        else:
            due = f"{clock.plan.due_strict:%Y-%m-%d %H:%M}Z"
            words = f"counts from {term.start}, which nobody recorded yet"
            self.told.append(f"{rule.id} ({rule.cite}): {words}; till then due {due}")

    def take_back(
        self,
        clock: Clock,
        pack: RegulationPack,
        first: Clock | None,
        calendar: Calendar,
    ) -> None:
        """Let one count from the receipt again, or owe nothing, for want of its start.

        What started it, or moved its start, was withdrawn.
        """
        if clock.is_over or self._is_of_another_round(clock):
            return
        plans: Sequence[ClockPlan] = ()
        if first is not None:
            plans = legal_plans(
                pack,
                first.plan.inputs["class"],
                first.plan.started_at,
                calendar,
                provisional=first.plan.provisional,
            )
        plan = next((one for one in plans if one.rule == clock.plan.rule), None)
        if plan is None:
            words = "what started it was withdrawn"
            self._settle(clock, ClockState.WAIVED, WITHDRAWN, words)
            return
        restart_clock(self.work, clock, plan, self.at)
        self.told.append(_due_line(plan, "moved"))
        history = sorted(self.events, key=lambda one: one.happened_at)
        judge_again(self.work, {clock.id}, history, self.at)

    def _asks_for_a_complaint(self, one: CaseClock) -> bool:
        return one.promise.pack.id == self.pack.id or one.rule.start == RECEIVED

    def _is_of_another_round(self, clock: Clock) -> bool:
        """Whether it runs for a complaint that came before the newest one."""
        received = self.case.events[0].at
        return is_from_receipt(clock) and clock.plan.started_at < received

    def _ended(self, rule: ClockRule) -> Happened | None:
        """Return what ends the rounds of a clock that runs again and again."""
        return next((one for one in self.case.events if one.name in rule.until), None)

    def _start(self, plan: ClockPlan, one: CaseClock) -> None:
        self.work.clocks.start(self.ticket_id, [plan])
        self._log(action="clock.started", plan=plan)
        self.told.append(_due_line(plan, "started"))
        clocks = self.work.clocks.of_ticket(self.ticket_id)
        ours = {one.id for one in clocks if one.plan.rule == plan.rule}
        history = sorted(self.events, key=lambda one: one.happened_at)
        if not one.rule.repeats:  # what met earlier rounds began this one
            judge_again(self.work, ours, history, self.at)
        if one.waits_for:
            self._wait(self._newest(plan.rule), plan, one)
        if one.rule.repeats and (ended := self._ended(one.rule)) is not None:
            self._end(self._newest(plan.rule), ended)

    def _move(self, clock: Clock, plan: ClockPlan, one: CaseClock) -> None:
        """Write another due time, and what the case makes of it.

        What is owed and not done yet runs on, and the next sweep sees whether it is
        late; a lateness that called the next tier already calls nobody twice.
        """
        ended_at = None if one.rule.repeats else one.ended_at
        state = ClockState.RUNNING if one.rule.repeats else _standing(one)
        if clock.is_over and clock.plan.started_at < self.case.events[0].at:
            keep_run(self.work, clock)
        is_same = clock.state is state and clock.ended_at == ended_at
        called = clock.state in {ClockState.LATE, ClockState.BREACHED}
        is_told = state is ClockState.BREACHED and clock.ended_at is None and called
        if not clock.state.is_open and (is_same or is_told):
            moved = self.work.clocks.amend(clock.id, plan, before=clock.state)
        else:
            is_late = clock.state is ClockState.LATE and state is not ClockState.RUNNING
            anew = ClockState.LATE if is_late else ClockState.RUNNING
            moved = self.work.clocks.restart(
                clock.id, plan, before=clock.state, state=anew
            )
        if not moved:
            raise moving(self.ticket_id)
        self._log(action="clock.moved", plan=plan)
        self.told.append(_due_line(plan, "moved"))
        if not is_same and ended_at is not None:
            again = self._fresh(clock)
            words = f"{one.ended_by} at {ended_at.isoformat(timespec='seconds')}"
            self._settle(again, state, one.ended_by, words, ended_at=ended_at)

    def _fresh(self, clock: Clock) -> Clock:
        clocks = self.work.clocks.of_ticket(self.ticket_id)
        return next(one for one in clocks if one.id == clock.id)

    def _newest(self, rule: str) -> Clock:
        clocks = self.work.clocks.of_ticket(self.ticket_id)
        return max(
            (one for one in clocks if one.plan.rule == rule), key=lambda one: one.id
        )

    def _wait(self, clock: Clock, plan: ClockPlan, one: CaseClock) -> None:
        """Let it stand still: only the earliest end is known, which must not end it."""
        if clock.plan.due_strict != plan.due_strict:
            if not self.work.clocks.amend(clock.id, plan, before=clock.state):
                raise moving(self.ticket_id)
            self._log(action="clock.moved", plan=plan)
        if clock.state is not ClockState.STOPPED:
            words = f"holds while {one.waits_for} is owed, and for its own days after"
            again = self._fresh(clock)
            self._settle(again, ClockState.STOPPED, one.rule.holds_from, words)

    def _stop(self, clock: Clock, one: CaseClock) -> None:
        if not clock.state.is_open:
            return
        cites = {stop.on: stop.cite for stop in one.rule.stops}
        halts = [event.name for event in self.case.events if event.name in cites]
        by = halts[-1] if halts else ""
        self._settle(clock, ClockState.STOPPED, by, f"{by} ({cites.get(by, '')})")

    def _end(self, clock: Clock, ended: Happened) -> None:
        if clock.state.is_open:
            words = f"{ended.name} at {ended.at.isoformat(timespec='seconds')}"
            is_late = is_past(ended.at, clock.plan.due_legal)
            state = ClockState.BREACHED if is_late else ClockState.MET
            self._settle(clock, state, ended.name, words, ended_at=ended.at)

    def _settle(
        self,
        clock: Clock,
        state: ClockState,
        by: str,
        words: str,
        *,
        ended_at: datetime | None = None,
    ) -> None:
        is_over = state is not ClockState.STOPPED
        plan = clock.plan
        change = ClockChange(
            clock_id=clock.id,
            was=clock.state,
            state=state,
            due_at=None,
            ended_at=ended_at or (self.at if is_over else None),
            ended_by=by,
            reason=Reason(rule=plan.rule, text=words),
        )
        if not change_clock(self.work, clock, change, self.at, actor=self.actor):
            raise moving(self.ticket_id)
        self.told.append(
            f"{clock.state} -> {state}: {plan.rule} ({plan.cite}): {words}"
        )

    def _log(self, *, action: str, plan: ClockPlan) -> None:
        entry = AuditEntry(
            action=action,
            subject=f"ticket:{self.ticket_id}",
            at=self.at,
            actor=self.actor,
            detail={**promise_detail(plan), "case": self._kept()},
        )
        self.work.audit.append([entry])

    def _kept(self) -> dict[str, object]:
        """Return the case so that ``case_of`` reads the same back."""
        return {
            "pack": _kept_pack(self.pack),
            "beside": [_kept_pack(one) for one in self.beside],
            "class": self.case.legal_class,
            "now": self.case.now.isoformat(),
            "events": [
                [one.name, one.at.isoformat(), _plain(one.facts)]
                for one in self.case.events
            ],
            "granted": [
                [one.name, one.days, one.at and one.at.isoformat()]
                for one in self.case.granted
            ],
        }


def _kept_pack(ref: PackRef) -> list[str]:
    return [ref.id, ref.version, ref.sha256]


def _plain(facts: Mapping[str, object]) -> dict[str, str]:
    """Return facts as an event brings them, so that they can be read back."""
    return {
        key: ",".join(map(str, said)) if isinstance(said, tuple) else str(said)
        for key, said in facts.items()
    }


DOES = ("excused_by", "waives")
"""Inputs of a clock by which others act on it, or it on others."""


def _differs(clock: Clock, plan: ClockPlan) -> bool:
    """Whether what runs is another promise than the case's, or stands still."""
    known = clock.plan
    dues = known.due_strict, known.due_legal
    other = any(known.inputs.get(key, "") != plan.inputs.get(key, "") for key in DOES)
    halted = clock.state is ClockState.STOPPED
    halted |= clock.ended_by in {CLASSIFIED, OVERTURNED, WITHDRAWN}
    return dues != (plan.due_strict, plan.due_legal) or other or halted


FLAWS = {
    Standing.INVALID_LATE,
    Standing.REJECTED_REASON,
    Standing.INVALID_CONTENTS,
}
"""What is wrong with a notice that lets nothing be late."""

STATES = {
    Standing.MET: ClockState.MET,
    Standing.MET_STRICT: ClockState.MET,
    Standing.LATE_STRICT_ONLY: ClockState.MET,
    Standing.AMBER: ClockState.MET,
    Standing.LATE_EXCUSED: ClockState.EXCUSED,
    Standing.LAPSED: ClockState.EXCUSED,
    Standing.WAIVED: ClockState.WAIVED,
    Standing.WAIVED_WITH_SRC: ClockState.WAIVED,
    Standing.BREACH: ClockState.BREACHED,
    Standing.LATE: ClockState.BREACHED,
}
"""What a clock that something has ended is called on a ticket."""


def _standing(one: CaseClock) -> ClockState:
    """Return how it stands on a ticket; what is not done is for the sweep to judge."""
    if one.ended_at is not None:
        return STATES.get(one.state, ClockState.RUNNING)
    is_over = one.state in {Standing.BREACH, Standing.LATE}
    return ClockState.BREACHED if is_over else ClockState.RUNNING


def _due_line(plan: ClockPlan, word: str) -> str:
    due = f"{plan.due_strict:%Y-%m-%d %H:%M}Z"
    excused = plan.inputs.get("excused_by")
    more = f", excused by {excused}" if excused else ""
    return f"{word}: {plan.rule} ({plan.cite}): due {due}{more}"


def _say_not_followed(
    work: Work, ticket_id: TicketId, ref: PackRef, at: datetime, actor: str
) -> None:
    """Log it each time, and tell those who have the ticket once."""
    ticket, pack = work.tickets.get(ticket_id), f"{ref.id} {ref.version}"
    entry = AuditEntry(
        action="clock.not_followed",
        subject=f"ticket:{ticket_id}",
        at=at,
        actor=actor,
        detail={"pack": pack, "pack_sha256": ref.sha256},
    )
    work.audit.append([entry])
    notice = Notice(
        key=f"ticket:{ticket_id}:not_followed:{ref.sha256}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: its deadlines do not follow its events",
        body=(
            f"The text of {pack} by which it was promised is gone. What runs goes on, "
            "but nothing starts or moves: watch its deadlines yourselves, or bring "
            "that text back."
        ),
        ticket_id=ticket_id,
        is_important=True,
    )
    work.notices.add(notice, at)
