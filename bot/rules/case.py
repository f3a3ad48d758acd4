"""One complaint from its events: every clock of a pack, when it is due, how it stands.

Clocks are never edited: they are computed anew from what happened, under the pack that
governed at receipt. So a late event, a stop or a correction gives the same answer as if
it had been known from the beginning, and the whole past can be recomputed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum

from bot.domain.clocks import ClockPlan, is_past, to_the_second
from bot.domain.packs import (
    RECEIVED,
    ClockRule,
    Duration,
    Party,
    RegulationPack,
    Requirement,
    Roll,
    Stop,
    Unit,
)
from bot.rules.calendars import Calendar
from bot.rules.clocks import plan, rolled

REASON, CONTENTS = "reason_code", "contents"
APPROVERS = ("approver", "human_approver", "approved_by")
"""What an event may bring: why, what the notice held, and which person agreed."""


class Standing(StrEnum):
    """How a clock stands, in the words of those who must show it to others."""

    RUNNING = "running"
    STOPPED = "stopped"
    MET = "met"
    MET_STRICT = "met_strict"
    LATE_STRICT_ONLY = "late_strict_only"
    LATE_EXCUSED = "late_excused"
    WAIVED = "waived"
    WAIVED_WITH_SRC = "waived_with_src"
    BREACH = "breach"
    AMBER = "amber_within_limit"
    LATE = "late"
    LAPSED = "lapsed"
    VALID = "valid"
    INVALID_LATE = "invalid_late"
    REJECTED_REASON = "rejected_reason"
    INVALID_CONTENTS = "invalid_contents"
    HELD = "held"


NOBODY = {"", "bot", "house", "none", "nobody", "no", "false"}
"""What stands for an approver where no person approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that happened in the case; ``facts`` are what came with it."""

    name: str
    at: datetime
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """Days that somebody else granted, by the event's name; ``at`` if it is known."""

    name: str
    days: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of one complaint at an instant.

    ``flags`` are lasting facts of it (a declined claim), ``close`` the end of the
    firm's business day.
    """

    legal_class: str
    events: Sequence[Happened]
    now: datetime
    flags: frozenset[str] = frozenset()
    granted: tuple[Granted, ...] = ()
    close: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClock:
    """One clock of the case: its promise, how it stands, and what else it says.

    ``excused_by``: the clock whose notice lets it be late. ``more`` are further due
    times and facts by name: ``until``, ``first``, ``after``, ``window``,
    ``strict_before_extension``, and what the pack tells.
    """

    rule: ClockRule
    plan: ClockPlan
    state: Standing
    ended_at: datetime | None = None
    ended_by: str = ""
    excused_by: str = ""
    more: Mapping[str, object] = field(default_factory=dict)
    promise: ClockPlan
    """What runs by now: the plan, or what a halt that is told apart made of it."""
    waits_for: str = ""
    """The clock that must end first: until then the due time is the earliest one."""
    rounds: tuple[tuple[ClockPlan, Happened], ...] = ()
    """Rounds that are over of one that repeats, each with what ended it."""


def clocks_of(
    pack: RegulationPack,
    case: Case,
    calendar: Calendar,
    *,
    beside: Iterable[RegulationPack] = (),
) -> dict[str, CaseClock]:
    """Compute every clock that has started, by its id; ``beside`` are overlays.

    Raises ``ValueError`` for a class that the pack does not have.
    """
    if case.legal_class not in pack.classes and not pack.overlay_of:
        message = f"{pack.ref.id} has no complaint class {case.legal_class!r}"
        raise ValueError(message)
    if any(flag in case.flags for flag in pack.exempt_if):
        return {}
    found = _Evaluation(pack, case, calendar, {}).clocks()
    for other in beside:
        found |= _Evaluation(other, case, calendar, found).clocks()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    plan: ClockPlan
    more: Mapping[str, object] = field(default_factory=dict)
    first: ClockPlan | None = None
    """The first round of one that repeats."""
    rounds: tuple[tuple[ClockPlan, Happened], ...] = ()
    later: ClockPlan | None = None
    """What runs after a halt that is told apart: only what is done since counts."""
    is_stopped: bool = False
    replaced_by: str = ""
    waits_for: str = ""

    @property
    def promise(self) -> ClockPlan:
        """What holds by now."""
        return self.later or self.plan


class _Evaluation:
    """One pass over one pack; due times first, then how each clock stands."""

    def __init__(
        self,
        pack: RegulationPack,
        case: Case,
        calendar: Calendar,
        known: Mapping[str, CaseClock],
    ) -> None:
        self._pack, self._case, self._calendar = pack, case, calendar
        self._known = known
        self._dues: dict[str, _Due | None] = {}
        self._events = sorted(_received(pack, case), key=lambda one: one.at)
        self._emitters = {
            rule.emits: rule for rule in pack.clocks.values() if rule.emits
        }

    def clocks(self) -> dict[str, CaseClock]:
        found = {}
        for rule in self._pack.clocks.values():
            due = self._due(rule.id)
            if due is not None:
                found[rule.id] = self._clock(rule, due)
        return found

    # -- what happened ------------------------------------------------------------

    def _all(self, names: Iterable[str]) -> list[Happened]:
        wanted = set(names)
        for name in tuple(wanted):
            wanted |= set(self._pack.earliest.get(name, ()))
        return [one for one in self._events if one.name in wanted]

    def _start(self, rule: ClockRule, name: str) -> Happened | None:
        """Return the event that starts a clock: the last where each starts it anew."""
        emitter = self._emitters.get(name)
        due = self._due(emitter.id) if emitter else None
        if due is not None:
            return Happened(name=name, at=due.plan.due_strict)
        found = [one for one in self._all([name]) if self._counts(rule, one)]
        if not found:
            return None
        return found[-1] if rule.anew else found[0]

    def _counts(self, rule: ClockRule, event: Happened) -> bool:
        for fact, values in rule.when.items():
            if event.facts.get(fact) not in values:
                return False
        if not rule.within:
            return True
        return self._is_in_time(rule.within, event)

    def _is_in_time(self, clock: str, event: Happened) -> bool:
        """Whether it came while the clock ran: no answer comes before its question."""
        due = self._due(clock)
        if due is None or is_past(event.at, due.plan.due_strict):
            return False
        local = self._calendar.local_date
        return local(event.at) >= local(due.plan.started_at)

    # -- when it is due -------------------------------------------------------------

    def _due(self, name: str) -> _Due | None:
        if name in self._dues:
            return self._dues[name]
        if name not in self._pack.clocks:
            known = self._known.get(name)
            return None if known is None else _Due(plan=known.plan)
        self._dues[name] = found = self._computed(self._pack.clocks[name])
        return found

    def _computed(self, rule: ClockRule) -> _Due | None:
        own = self._own(rule)
        if own is None:
            return None
        for other in self._pack.clocks.values():
            if other.replaces == rule.id and self._stands_in(other):
                replaced = self._due(other.id)
                if replaced is not None:
                    own = replace(
                        own,
                        plan=replace(
                            own.plan,
                            due_strict=replaced.plan.due_strict,
                            due_legal=replaced.plan.due_legal,
                        ),
                        replaced_by=other.id,
                    )
        return own

    def _stands_in(self, rule: ClockRule) -> bool:
        """Whether what makes one clock stand in for another has happened."""
        if not rule.replaces_on:
            return True
        return any(
            self._flaw(rule.requires, event) is None
            and (
                not rule.replaces_within
                or self._is_in_time(rule.replaces_within, event)
            )
            for event in self._all([rule.replaces_on])
        )

    def _own(self, rule: ClockRule) -> _Due | None:
        term = rule.term(self._case.legal_class)
        if rule.due_with:
            return self._with_another(rule)
        if term is None:
            return None
        if rule.holds_from and not self._all([rule.holds_from]):
            return None
        start = self._start(rule, term.start)
        if start is None:
            return self._awaiting(rule) if rule.awaits else None
        first = self._plan(rule, start.at)
        due = _Due(plan=first)
        if rule.repeats:
            rounds = self._rounds(rule, first)
            last = self._plan(rule, rounds[-1][1].at) if rounds else first
            due = _Due(plan=last, first=first, rounds=rounds)
        return self._extended(rule, self._stopped(rule, due, term.duration))

    def _with_another(self, rule: ClockRule) -> _Due | None:
        other = self._due(rule.due_with)
        classes = rule.classes
        if other is None or (classes and self._case.legal_class not in classes):
            return None
        if self._start(rule, rule.start) is None:
            return None
        own = replace(
            other.plan,
            rule=rule.id,
            force=rule.force,
            cite=rule.cite,
            pack=self._pack.ref,
            met_by=rule.met_by,
        )
        return self._extended(rule, _Due(plan=own))

    def _awaiting(self, rule: ClockRule) -> _Due | None:
        """Count from the end of another clock; while that runs, from its due time.

        The answer may come at any moment, so the time that is told is the one of an
        answer on the last day, or today if that is over.
        """
        other = self._due(rule.awaits)
        if other is None:
            return None
        _, end = self._state(self._pack.clocks[rule.awaits], other)
        if end is not None:
            return _Due(plan=self._plan(rule, end.at))
        last = max(other.promise.due_strict, self._case.now)
        return _Due(plan=self._plan(rule, last), waits_for=rule.awaits)

    def _plan(self, rule: ClockRule, started_at: datetime) -> ClockPlan:
        return plan(
            rule,
            started_at=started_at,
            calendar=self._calendar,
            pack=self._pack,
            legal_class=self._case.legal_class,
            close=self._case.close,
        )

    def _rounds(
        self, rule: ClockRule, first: ClockPlan
    ) -> tuple[tuple[ClockPlan, Happened], ...]:
        """Let it run again from each event that met it; return what is over."""
        found: list[tuple[ClockPlan, Happened]] = []
        promise = first
        for event in self._all(rule.met_by):
            if event.at >= promise.started_at:
                found.append((promise, event))
                promise = self._plan(rule, event.at)
        return tuple(found)

    def _stopped(self, rule: ClockRule, due: _Due, term: Duration) -> _Due:
        """Move the due time by every halt; halts of one name are told apart."""
        stops: dict[str, list[Stop]] = {}
        for stop in rule.stops:
            if not stop.classes or self._case.legal_class in stop.classes:
                stops.setdefault(stop.field, []).append(stop)
        for name, some in stops.items():
            moved, is_stopped, resumed_at = due.plan.due_strict, False, None
            for halted_at, until in self._halts(rule, some, due):
                if is_past(halted_at, moved):
                    break  # it was too late by then
                is_stopped = until is None
                if until is not None:
                    moved = self._moved(moved, halted_at, until, term)
                    resumed_at = until
            legal = rolled(rule, moved, self._calendar)
            if not name:
                shifted = replace(due.plan, due_strict=moved, due_legal=legal)
                due = replace(due, plan=shifted, is_stopped=is_stopped)
            elif resumed_at is not None:
                told = {f"strict_{name}": moved, f"legal_{name}": legal}
                later = replace(
                    due.plan, started_at=resumed_at, due_strict=moved, due_legal=legal
                )
                due = replace(due, more={**due.more, **told}, later=later)
        return due

    def _halts(
        self, rule: ClockRule, stops: Sequence[Stop], due: _Due
    ) -> list[tuple[datetime, datetime | None]]:
        """Return when the clock stood still; what overlaps is one halt.

        It stands still until the last of several matters has ended. Where fewer ends
        are told than matters were open, the first end counts for all of them: one
        judgment may decide two, and a clock that nobody starts again would be
        forgotten. A matter that begins later takes back none of that. What was done
        already, nothing halts any more; only a halt that is told apart begins a further
        round, in which there is one matter.
        """
        found: list[tuple[datetime, datetime | None]] = []
        resumes = {stop.on: stop.resume for stop in stops}
        is_round = bool(stops[0].field)
        met = None if is_round else self._meeting(rule, due)
        told = [one for one in self._events if one.at >= due.plan.started_at]
        running: Counter[str] = Counter()
        for i, event in enumerate(told):
            if here := running[event.name]:
                is_last = is_round or _spare(told[i:], event.name, resumes) < here
                running[event.name] = 0 if is_last else here - 1
                if not running.total():
                    found[-1] = (found[-1][0], event.at)
            elif event.name in resumes:
                if not running.total():
                    if met and event.at >= met.at:
                        continue
                    found.append((event.at, None))
                running[resumes[event.name]] += 1
        return found

    def _moved(
        self,
        due_at: datetime,
        halted_at: datetime,
        resumed_at: datetime,
        term: Duration,
    ) -> datetime:
        if term.unit is Unit.HOURS:
            return due_at + (resumed_at - halted_at)
        local = self._calendar.local_date
        last, from_day, to_day = local(due_at), local(halted_at), local(resumed_at)
        if term.unit is Unit.BUSINESS_DAYS:
            left = self._calendar.business_days_between(from_day, last)
            return self._calendar.end_of(self._calendar.business_day(to_day, left))
        return self._calendar.end_of(last + (to_day - from_day))

    def _extended(self, rule: ClockRule, due: _Due) -> _Due:
        if rule.extension is None:
            return due
        before = due.plan.due_strict
        after, left = before, rule.extension.at_most
        for one in self._case.granted:
            runs = one.at is None or due.plan.started_at <= one.at <= after
            name = self._pack.also.get(one.name, one.name)
            if name == rule.extension.event and runs:
                days = min(one.days, left)
                last = self._calendar.local_date(after) + timedelta(days=days)
                after, left = self._calendar.end_of(last), left - days
        return replace(
            due,
            plan=replace(
                due.plan,
                due_strict=after,
                due_legal=rolled(rule, after, self._calendar),
            ),
            more={**due.more, "strict_before_extension": before},
        )

    # -- how it stands --------------------------------------------------------------

    def _clock(self, rule: ClockRule, due: _Due) -> CaseClock:
        state, by = self._state(rule, due)
        return CaseClock(
            rule=rule,
            plan=due.plan,
            state=state,
            ended_at=by.at if by else None,
            ended_by=by.name if by else "",
            excused_by=self._excuse(rule),
            more=self._more(rule, due),
            promise=due.promise,
            waits_for=due.waits_for,
            rounds=due.rounds,
        )

    def _more(self, rule: ClockRule, due: _Due) -> dict[str, object]:
        local = self._calendar.local_date
        zero, last = local(due.plan.started_at), local(due.plan.due_strict)
        more: dict[str, object] = {**rule.tells, **due.more}
        if due.first is not None:
            more["first"] = due.first.due_strict
        if due.replaced_by:
            more["replaced_by"] = due.replaced_by
        if rule.holds_from:
            more["until"] = due.plan.due_strict
        if rule.party is Party.COMPLAINANT:
            more["after"] = last
        more["window"] = f"{zero + timedelta(days=1)}..{last}"
        return more

    def _state(self, rule: ClockRule, due: _Due) -> tuple[Standing, Happened | None]:
        if rule.excuses:
            return self._notice(rule, due)
        if rule.holds_from:
            past = is_past(self._case.now, due.plan.due_strict) and not due.waits_for
            return (Standing.LAPSED if past else Standing.HELD), None
        met = self._meeting(rule, due)
        if rule.warns_of:
            return self._warning(due, met), met
        if rule.waives or rule.is_chance or rule.party is not Party.FIRM:
            return self._chance(rule, due, met)
        waived = None if met else self._waiver(rule)
        if waived is None and due.first is not None:
            waived = self._repeating(rule, due.first)
        return waived or (self._duty(rule, due, met), met)

    def _meeting(self, rule: ClockRule, due: _Due) -> Happened | None:
        """Return the first event that met it since it last began to run."""
        floor = to_the_second(self._floor(rule, due))
        for event in self._all(rule.met_by):
            if due.later is not None and event.at < due.later.started_at:
                continue
            if to_the_second(event.at) >= floor:
                return event
        return None

    def _floor(self, rule: ClockRule, due: _Due) -> datetime:
        """Return from when on an event can meet it.

        A clock that another one's due time starts is known of from the other's start:
        who answers before the time for objections is over has answered.
        """
        term = rule.term(self._case.legal_class)
        emitter = self._emitters.get(term.start) if term else None
        other = self._due(emitter.id) if emitter else None
        return other.plan.started_at if other else due.plan.started_at

    def _duty(self, rule: ClockRule, due: _Due, met: Happened | None) -> Standing:
        strict, legal = due.promise.due_strict, due.promise.due_legal
        if due.is_stopped:
            return _met(rule) if met else Standing.STOPPED
        at = self._case.now if met is None else met.at
        if not is_past(at, strict):
            return _met(rule) if met else Standing.RUNNING
        if self._excuse(rule):
            return Standing.LATE_EXCUSED
        if not is_past(at, legal):
            return Standing.LATE_STRICT_ONLY
        return Standing.LATE if rule.later_of else Standing.BREACH

    def _warning(self, due: _Due, met: Happened | None) -> Standing:
        at = self._case.now if met is None else met.at
        if not is_past(at, due.plan.due_strict):
            return Standing.MET if met else Standing.RUNNING
        within = not is_past(at, due.plan.due_legal)
        return Standing.AMBER if within else Standing.LATE

    def _chance(
        self, rule: ClockRule, due: _Due, met: Happened | None
    ) -> tuple[Standing, Happened | None]:
        if met is not None and not is_past(met.at, due.plan.due_strict):
            return _met(rule), met
        if met is not None and rule.is_chance:
            return Standing.BREACH, met  # it was taken, and too late
        past = met is not None or is_past(self._case.now, due.plan.due_strict)
        return (Standing.LAPSED if past else Standing.RUNNING), None

    def _waiver(self, rule: ClockRule) -> tuple[Standing, Happened | None] | None:
        """Say whether closing early waives it, unless something keeps it owed."""
        said = self._case.flags | {one.name for one in self._events}
        for other in self._pack.clocks.values():
            if not other.waives or other.waives not in {rule.id, rule.carried_by}:
                continue
            if said & set(other.unless) or self._case.legal_class in other.waives_not:
                continue
            due = self._due(other.id)
            met = self._meeting(other, due) if due else None
            if due and met and not is_past(met.at, due.plan.due_strict):
                return Standing(other.waived_as), met
        return None

    def _repeating(
        self, rule: ClockRule, first: ClockPlan
    ) -> tuple[Standing, Happened | None]:
        """Say whether every round so far was kept, up to what ends them."""
        last = next(iter(self._all(rule.until)), None)
        now = last.at if last else self._case.now
        promise = first
        for event in self._all(rule.met_by):
            if is_past(event.at, promise.due_strict):
                return Standing.BREACH, event
            promise = self._plan(rule, event.at)
        if is_past(now, promise.due_strict):
            return Standing.BREACH, last
        return (Standing.MET, last) if last else (Standing.RUNNING, None)

    def _notice(self, rule: ClockRule, due: _Due) -> tuple[Standing, Happened | None]:
        """Say whether a notice that excuses lateness counts, or what is wrong."""
        said: tuple[Standing, Happened | None] = Standing.RUNNING, None
        if is_past(self._case.now, due.plan.due_strict):
            said = Standing.LAPSED, None
        for event in self._all(rule.met_by):
            if event.at < due.plan.started_at:
                continue
            flaw = self._flaw(rule.requires, event)
            if is_past(event.at, due.plan.due_strict):
                flaw = Standing.INVALID_LATE
            if flaw is None:
                return Standing.VALID, event
            said = flaw, event
        return said

    def _flaw(self, wanted: Requirement | None, event: Happened) -> Standing | None:
        if wanted is None:
            return None
        reasons = _several(event.facts.get(REASON, event.facts.get("reason")))
        if wanted.reason_code and not 0 < len(reasons) == len(
            reasons & set(wanted.reason_code)
        ):
            return Standing.REJECTED_REASON
        told = [str(event.facts[key]) for key in APPROVERS if key in event.facts]
        if wanted.human_approver and NOBODY & {one.strip().lower() for one in told}:
            return Standing.REJECTED_REASON
        if not wanted.contents:
            return None
        must = self._pack.contents[wanted.contents].needed(self._case.legal_class)
        held = event.facts.get(CONTENTS, ())
        if not isinstance(held, Iterable) or not must <= set(held):
            return Standing.INVALID_CONTENTS
        return None

    def _excuse(self, rule: ClockRule) -> str:
        for other in self._pack.clocks.values():
            due = self._due(other.id) if other.excuses == rule.id else None
            if due is not None and self._notice(other, due)[0] is Standing.VALID:
                return other.id
        return ""


def _received(pack: RegulationPack, case: Case) -> Sequence[Happened]:
    """Return the events by their own names, and a receipt where none is told by one."""
    events = [
        replace(one, name=pack.also.get(one.name, one.name)) for one in case.events
    ]
    receipts = [one.at for one in events if one.name in pack.receipts]
    if receipts and not any(one.name == RECEIVED for one in events):
        events.append(Happened(name=RECEIVED, at=min(receipts)))
    return events


def _spare(events: Sequence[Happened], end: str, resumes: Mapping[str, str]) -> int:
    """Count the ends from here on that no matter which begins later needs."""
    spare = 0
    for event in reversed(events):
        if event.name == end:
            spare += 1
        elif resumes.get(event.name) == end:
            spare = max(0, spare - 1)
    return spare


def _several(reason: object) -> set[str]:
    """Return each ground by itself: a notice may rest on more than one."""
    if reason is None:
        return set()
    some = reason if isinstance(reason, list | tuple) else str(reason).split(",")
    return {str(one).strip() for one in some}


def _met(rule: ClockRule) -> Standing:
    """Packs whose days roll tell apart what was done by the strict time."""
    is_told_apart = rule.roll is Roll.NEXT_BUSINESS_DAY
    return Standing.MET_STRICT if is_told_apart else Standing.MET
