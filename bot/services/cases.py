"""Follow a ticket's case: what events do to its legal clocks beyond meeting them.

Stops, second rounds, notices that excuse, another class: the whole case is computed
anew from the ticket's events under the pack that was frozen on it, and the clocks in
the database are brought to that. What only meets or waives one is done by then already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock, ClockKind, ClockPlan, ClockState, PackRef
from bot.domain.packs import RECEIVED, RegulationPack
from bot.domain.ports import Work
from bot.domain.tickets import CLASSIFIED, TicketEvent, TicketId
from bot.rules.calendars import Calendar
from bot.rules.case import CONTENTS, Case, CaseClock, Happened, Standing, clocks_of
from bot.services.clocks import judge_again, moving, promise_detail

DAYS = "days"
"""The fact of an event that tells how many days somebody granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Every version of the regulation at hand, its overlays, and the place's days."""

    packs: tuple[RegulationPack, ...]
    overlays: tuple[RegulationPack, ...]
    calendar: Calendar

    def exactly(self, ref: PackRef) -> RegulationPack | None:
        """Return the very text that a ticket was promised by, if it is at hand."""
        return next((one for one in self.packs if one.ref == ref), None)


def follow(
    work: Work, rulebook: Rulebook, ticket_id: TicketId, at: datetime, *, actor: str
) -> Sequence[str]:
    """Bring a ticket's legal clocks to what its events make of them; say what moved.

    A ticket without legal clocks has none to follow. One whose pack does not lie here
    any more keeps its clocks, which an audit entry says.
    """
    legal = {
        one.plan.rule: one
        for one in work.clocks.of_ticket(ticket_id)
        if one.plan.kind is ClockKind.LEGAL
    }
    first = max(
        (one for one in legal.values() if _is_from_receipt(one)),
        key=lambda one: one.plan.started_at,
        default=None,
    )
    if first is None:
        return ()
    pack = rulebook.exactly(first.plan.pack)
    if pack is None:
        work.audit.append([_not_followed(ticket_id, first.plan.pack, at, actor)])
        return ()
    events = work.tickets.events(ticket_id)
    case = _case(pack, first, events, at)
    computed = clocks_of(pack, case, rulebook.calendar, beside=rulebook.overlays)
    changes = _Changes(
        work=work,
        ticket_id=ticket_id,
        events=events,
        case=case,
        pack=pack.ref,
        at=at,
        actor=actor,
    )
    for name, one in computed.items():
        changes.bring(legal.get(name), one, provisional=first.plan.provisional)
    for name, clock in legal.items():
        if name not in computed:
            changes.drop(clock)
    return changes.told


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
        granted=said["granted"],
    )


def _is_from_receipt(clock: Clock) -> bool:
    """Whether it runs from the complaint itself, as its first promise said."""
    inputs = clock.plan.inputs
    return inputs.get("start", RECEIVED) == RECEIVED and not inputs.get("moved")


def _case(
    pack: RegulationPack, first: Clock, events: Sequence[TicketEvent], at: datetime
) -> Case:
    legal_class = first.plan.inputs["class"]
    granted: dict[str, int] = {}
    happened = [Happened(name=RECEIVED, at=first.plan.started_at)]
    for event in events:
        if event.name == CLASSIFIED:
            legal_class = event.facts.get("class", legal_class)
        elif event.facts.get(DAYS, "").isdigit():
            granted[event.name] = int(event.facts[DAYS])
        elif event.name != RECEIVED:
            facts = _facts(event.facts)
            happened.append(
                Happened(name=event.name, at=event.happened_at, facts=facts)
            )
    if legal_class not in pack.classes:
        legal_class = first.plan.inputs["class"]
    return Case(
        legal_class=legal_class, events=tuple(happened), now=at, granted=granted
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
    at: datetime
    actor: str
    told: list[str] = field(default_factory=list)

    def bring(self, clock: Clock | None, one: CaseClock, *, provisional: bool) -> None:
        """Start what is new, move what has another due time, stop what stands still."""
        if one.rule.excuses or one.rule.replaces:
            return  # what it does stands on the clock that it does it to
        if clock is not None and self._is_of_another_round(clock, one):
            return
        inputs = {**one.promise.inputs, "start": one.rule.start}
        if one.excused_by:
            inputs["excused_by"] = one.excused_by
        plan = replace(one.promise, provisional=provisional, inputs=inputs)
        if clock is None:
            self._start(plan)
        elif one.state is Standing.STOPPED:
            self._stop(clock, one)
        elif _differs(clock, plan):
            moved = replace(plan, inputs={**plan.inputs, "moved": "yes"})
            self._move(clock, moved)

    def _is_of_another_round(self, clock: Clock, one: CaseClock) -> bool:
        """Whether it runs for a complaint that came before the newest one."""
        started = clock.plan.started_at
        return _is_from_receipt(clock) and started < one.plan.started_at

    def drop(self, clock: Clock) -> None:
        """Say that a clock is not owed: another class has no such clock."""
        if clock.is_over or not clock.state.is_open:
            return
        words = f"no such clock for class {self.case.legal_class}"
        self._settle(clock, ClockState.WAIVED, CLASSIFIED, words)

    def _start(self, plan: ClockPlan) -> None:
        self.work.clocks.start(self.ticket_id, [plan])
        self._log(action="clock.started", plan=plan)
        self.told.append(_due_line(plan, "started"))
        self._judge(plan.rule)

    def _move(self, clock: Clock, plan: ClockPlan) -> None:
        moved = self.work.clocks.restart(clock.id, plan, before=clock.state)
        if not moved:
            raise moving(self.ticket_id)
        self._log(action="clock.moved", plan=plan)
        self.told.append(_due_line(plan, "moved"))
        self._judge(plan.rule)

    def _judge(self, rule: str) -> None:
        ours = {
            one.id
            for one in self.work.clocks.of_ticket(self.ticket_id)
            if one.plan.rule == rule
        }
        history = sorted(self.events, key=lambda one: one.happened_at)
        judge_again(self.work, ours, history, self.at)

    def _stop(self, clock: Clock, one: CaseClock) -> None:
        if clock.state is ClockState.STOPPED:
            return
        by = next(
            (event.name for event in reversed(self.case.events)
             if event.name in {stop.on for stop in one.rule.stops}),
            "",
        )  # fmt: skip
        cites = {stop.on: stop.cite for stop in one.rule.stops}
        self._settle(clock, ClockState.STOPPED, by, f"{by} ({cites.get(by, '')})")

    def _settle(self, clock: Clock, state: ClockState, by: str, words: str) -> None:
        won = self.work.clocks.change(
            clock.id,
            before=clock.state,
            after=state,
            due_at=None,
            ended_at=self.at if state is ClockState.WAIVED else None,
            ended_by=by,
        )
        if not won:
            raise moving(self.ticket_id)
        plan = clock.plan
        self.told.append(
            f"{clock.state} -> {state}: {plan.rule} ({plan.cite}): {words}"
        )
        self.work.audit.append(
            [
                AuditEntry(
                    action=f"clock.{state.value}",
                    subject=f"ticket:{self.ticket_id}",
                    at=self.at,
                    actor=self.actor,
                    detail={
                        "clock": clock.id,
                        "rule": plan.rule,
                        "cite": plan.cite,
                        "was": clock.state.value,
                        "ended_at": None,
                        "ended_by": by,
                        "reason": f"{plan.rule}: {words}",
                    },
                )
            ]
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
            "pack": [self.pack.id, self.pack.version, self.pack.sha256],
            "class": self.case.legal_class,
            "now": self.case.now.isoformat(),
            "events": [
                [one.name, one.at.isoformat(), _plain(one.facts)]
                for one in self.case.events
            ],
            "granted": dict(self.case.granted),
        }


def _plain(facts: Mapping[str, object]) -> dict[str, str]:
    """Return facts as an event brings them, so that they can be read back."""
    return {
        key: ",".join(map(str, said)) if isinstance(said, tuple) else str(said)
        for key, said in facts.items()
    }


def _differs(clock: Clock, plan: ClockPlan) -> bool:
    """Whether what runs is another promise than the case's.

    One that was antedated or restarted since has its own start, which stands; only the
    start that a halt or a further round gave it counts.
    """
    known = clock.plan
    dues = known.due_strict, known.due_legal
    excused = known.inputs.get("excused_by", "") != plan.inputs.get("excused_by", "")
    dropped = clock.ended_by == CLASSIFIED
    return dues != (plan.due_strict, plan.due_legal) or excused or dropped


def _due_line(plan: ClockPlan, word: str) -> str:
    due = f"{plan.due_strict:%Y-%m-%d %H:%M}Z"
    excused = plan.inputs.get("excused_by")
    more = f", excused by {excused}" if excused else ""
    return f"{word}: {plan.rule} ({plan.cite}): due {due}{more}"


def _not_followed(
    ticket_id: TicketId, ref: PackRef, at: datetime, actor: str
) -> AuditEntry:
    return AuditEntry(
        action="clock.not_followed",
        subject=f"ticket:{ticket_id}",
        at=at,
        actor=actor,
        detail={"pack": f"{ref.id} {ref.version}", "pack_sha256": ref.sha256},
    )
