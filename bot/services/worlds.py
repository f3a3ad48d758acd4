"""The past as a house policy would have had it: tickets, promises, calls of people.

What really happened stays as it happened: when a ticket was claimed, answered and
closed. What the policy decides is played anew: where tickets stand, which promises
run, and whom notices and chains call.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.chains import ChainStep, Step
from bot.domain.clocks import Clock, ClockKind, ClockPlan, ClockState
from bot.domain.corrections import (
    YES,
    Correction,
    TagKind,
    corrected,
    in_force,
)
from bot.domain.decisions import Code, Decision, Outcome, Tier
from bot.domain.mentions import MentionId, StoredMention
from bot.domain.packs import HousePack
from bot.domain.people import Need, Roster
from bot.domain.ports import Past, Work
from bot.domain.tags import Sign, Tags
from bot.domain.tickets import (
    Ticket,
    TicketEvent,
    TicketId,
    TicketStatus,
    key_of,
    standing,
)
from bot.escalate.care import cared_for, marked
from bot.escalate.chains import Around, after, call, chain_for, first_step, top_queue
from bot.escalate.conditions import sure_topics
from bot.escalate.deadlines import Lateness, lateness, next_tier
from bot.escalate.decide import Situation, decide
from bot.escalate.people import is_within
from bot.escalate.routing import queue_for
from bot.rules.clocks import legal_plans, service_plans
from bot.services.chains import OPERATOR
from bot.services.triage import Policy, is_urgent, new_ticket

BY_A_PERSON = "by "
"""How the detail of an event begins that a person recorded."""

NOBODYS = "(closed)"
"""Who has a ticket while it is closed: nobody is called, as if it were somebody's."""

HOURS = 24
WEEK = 7 * HOURS
"""Hours of a week, Monday's first one first."""


class Fate(StrEnum):
    """What became of a promise, given when things were really answered."""

    KEPT = "kept"
    MISSED = "missed"
    OPEN = "open"
    NOT_OWED = "not_owed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """People who would have been told of a ticket, and when.

    ``to`` are people, or queues that are told by their names. ``chain`` and ``step``
    say which call of a chain it is; a notice has none.
    """

    at: datetime
    to: tuple[str, ...]
    queue: str
    tier: Tier
    code: Code
    why: str
    chain: str = ""
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A deadline; ``answered_at`` is when it was really kept, if ever.

    ``ends_at`` is when it is broken by law, where a holiday moves that.
    """

    due_at: datetime
    answered_at: datetime | None
    fate: Fate
    started_at: datetime
    ends_at: datetime
    cite: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imagined:
    """One ticket as a policy would have left it."""

    queue: str
    tier: Tier
    code: Code
    severity: str
    calls: Sequence[Call]
    promises: Mapping[str, Promise]
    legal: Mapping[str, Promise]


@dataclass(slots=True)
class Nobody:
    """A step of a chain that found nobody, and how often.

    ``times`` counts each call that had to wait or was passed over; of those
    ``passed_over`` made way at once and ``unheard`` ended in telling the operator.
    ``longest`` is the longest wait until somebody came, or until now. ``hours`` counts
    the times by hour of the place's week.
    """

    chain: str
    step: int
    call: Step
    times: int = 0
    passed_over: int = 0
    unheard: int = 0
    outside_hours: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    longest: timedelta = timedelta(0)
    hours: list[int] = field(default_factory=lambda: [0] * WEEK)
    tickets: set[str] = field(default_factory=set)

    def count(self, ticket: str, at: datetime, zone: ZoneInfo) -> None:
        """Count one more time."""
        self.times += 1
        self.first_at = min(self.first_at or at, at)
        self.last_at = max(self.last_at or at, at)
        self.hours[hour_of_week(at, zone)] += 1
        self.tickets.add(ticket)


def hour_of_week(at: datetime, zone: ZoneInfo) -> int:
    """Return the hour of a place's week, counted from Monday's midnight."""
    local = at.astimezone(zone)
    return local.weekday() * HOURS + local.hour


# --- what really happened ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """A past mention with its tags as they were, and what people said of them."""

    past: Past
    tags: Tags
    said: Sequence[Correction]

    @property
    def stored(self) -> StoredMention:
        """The mention."""
        return self.past.stored

    @property
    def conversation(self) -> tuple[str, str, str]:
        """Where it was said."""
        mention = self.stored.mention
        return mention.channel, mention.brand, mention.conversation

    @property
    def is_told(self) -> bool:
        """Whether a person says that it is a complaint."""
        told = in_force(self.said).get(TagKind.COMPLAINT)
        return told is not None and told.value == YES


@dataclass(frozen=True, slots=True)
class _Tenure:
    """A stretch in which a ticket was somebody's own; ``freed`` says what ended it.

    Empty where it became somebody else's at once. Closed, it is ``NOBODYS``.
    """

    owner: str
    since: datetime
    until: datetime | None = None
    freed: str = ""

    def is_over(self, at: datetime) -> bool:
        """Whether it has ended by then."""
        return self.until is not None and self.until <= at


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is needed of an event of a ticket."""

    name: str
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class _Happened:
    """What really happened to a ticket."""

    queue: str
    was_worked_on: bool
    facts: tuple[_Fact, ...]
    tenures: tuple[_Tenure, ...]
    legal: tuple[Clock, ...]


class Real:
    """The real tickets of the period, read once each."""

    def __init__(self, queues: frozenset[str]) -> None:
        """Take the names of queues: a ticket handed to one of them is nobody's."""
        self._queues = queues
        self._known: dict[TicketId, _Happened] = {}
        self._began: defaultdict[str, list[datetime]] = defaultdict(list)
        self._ended: defaultdict[str, list[datetime]] = defaultdict(list)

    def meet(self, work: Work, some: Sequence[Past]) -> None:
        """Read the tickets of some mentions that were not met before."""
        for one in some:
            ticket_id = one.ticket_id
            if ticket_id is None or ticket_id in self._known:
                continue
            found = self._read(work, ticket_id)
            self._known[ticket_id] = found
            for tenure in found.tenures:
                insort(self._began[tenure.owner], tenure.since)
                if tenure.until is not None:
                    insort(self._ended[tenure.owner], tenure.until)

    def _read(self, work: Work, ticket_id: TicketId) -> _Happened:
        ticket, events = work.tickets.get(ticket_id), work.tickets.events(ticket_id)
        return _Happened(
            queue=ticket.queue,
            was_worked_on=bool(ticket.owner)
            or any(event.detail.startswith(BY_A_PERSON) for event in events),
            facts=tuple(
                _Fact(one.name, one.happened_at, one.recorded_at)
                for one in standing(events)
            ),
            tenures=_tenures(ticket, events, self._queues),
            legal=tuple(
                one
                for one in work.clocks.of_ticket(ticket_id)
                if one.plan.kind is ClockKind.LEGAL
            ),
        )

    def closed_by(self, ticket_id: TicketId | None, at: datetime) -> bool:
        """Whether it was closed then."""
        return any(
            one.owner == NOBODYS and one.since <= at and not one.is_over(at)
            for one in self.tenures(ticket_id)
        )

    def reopens_at(self, ticket_id: TicketId | None, at: datetime) -> bool:
        """Whether it opened again at this very instant, by what was said then."""
        return any(
            one.owner == NOBODYS and one.until == at for one in self.tenures(ticket_id)
        )

    def answered_at(
        self, ticket_id: TicketId | None, plan: ClockPlan
    ) -> datetime | None:
        """Say when the first event that keeps a promise happened."""
        if ticket_id is None:
            return None
        return min(
            (
                fact.happened_at
                for fact in self._known[ticket_id].facts
                if fact.name in plan.met_by and fact.happened_at >= plan.started_at
            ),
            default=None,
        )

    def was_recorded(
        self, ticket_id: TicketId | None, names: Sequence[str], step: ChainStep
    ) -> bool:
        """Whether one of these events was recorded since a step's chain began."""
        return ticket_id is not None and any(
            fact.name in names and step.began_at <= fact.recorded_at <= step.due_at
            for fact in self._known[ticket_id].facts
        )

    def tenures(self, ticket_id: TicketId | None) -> Sequence[_Tenure]:
        """Return whose own it was, one after the other."""
        return self._known[ticket_id].tenures if ticket_id is not None else ()

    def legal(self, ticket_id: TicketId | None) -> Sequence[Clock]:
        """Return the clocks of the law that really ran."""
        return self._known[ticket_id].legal if ticket_id is not None else ()

    def load(self, at: datetime) -> Mapping[str, int]:
        """Count how many of these tickets were everybody's own at an instant."""
        return {
            name: bisect_right(began, at) - bisect_right(self._ended[name], at)
            for name, began in self._began.items()
        }

    @property
    def staffed(self) -> set[str]:
        """Queues in which a person worked on a ticket."""
        return {one.queue for one in self._known.values() if one.was_worked_on}


def _tenures(
    ticket: Ticket, events: Sequence[TicketEvent], queues: frozenset[str]
) -> tuple[_Tenure, ...]:
    """Read from its history whose own a ticket was and when."""
    found: list[_Tenure] = []
    held: _Tenure | None = None
    for event in events:
        owner = _owner_after(event, queues)
        if owner is None or (held is not None and held.owner == owner):
            continue
        if held is not None:
            freed = "" if owner else event.name
            found.append(replace(held, until=event.recorded_at, freed=freed))
        held = _Tenure(owner, event.recorded_at) if owner else None
    # One that is open by a correction has no event that says since when.
    is_open = held is not None and held.owner == NOBODYS and ticket.closed_at is None
    return tuple(found) if held is None or is_open else (*found, held)


def _owner_after(event: TicketEvent, queues: frozenset[str]) -> str | None:
    """Say whose own a ticket is after an event; ``None`` if it says nothing of that."""
    match event.name:
        case "claimed":
            return event.detail.removeprefix(BY_A_PERSON)
        case "handed_off":
            to = event.detail.removeprefix("to ").rpartition(f" {BY_A_PERSON}")[0]
            return "" if to in queues else to
        case "closed":
            return NOBODYS
        case "released" | "claim_expired" | "reopened":
            return ""
        case _:
            return None


# --- what a policy would have made of it ------------------------------------------


@dataclass(slots=True)
class _Ticket:
    """A ticket of one world while time goes on."""

    ticket: Ticket
    opened_by: MentionId
    language: str = ""
    topics: tuple[str, ...] = ()
    calls: list[Call] = field(default_factory=list)
    plans: dict[str, ClockPlan] = field(default_factory=dict)
    legal: dict[str, ClockPlan] = field(default_factory=dict)
    promised_at: dict[str, datetime] = field(default_factory=dict)
    fallen: set[tuple[str, Lateness]] = field(default_factory=set)
    stood_in: set[str] = field(default_factory=set)
    step: ChainStep | None = None
    waits_since: datetime | None = None
    tenures_over: int = 0

    @property
    def real(self) -> TicketId | None:
        return self.ticket.id or None

    @property
    def name(self) -> str:
        return key_of(self.ticket.id) if self.ticket.id else f"mention {self.opened_by}"

    def call(
        self,
        at: datetime,
        why: str,
        *,
        to: tuple[str, ...] = (),
        step: ChainStep | None = None,
    ) -> None:
        ticket = self.ticket
        one = Call(
            at=at,
            to=to or (ticket.queue,),
            queue=ticket.queue,
            tier=ticket.tier,
            code=ticket.code,
            why=why,
            chain=step.chain.id if step else "",
            step=step.step + 1 if step else 0,
        )
        self.calls.append(one)


@dataclass(frozen=True, slots=True)
class _Owed:
    """A promise that runs on a ticket, and when it was kept, if it was."""

    plan: ClockPlan
    since: datetime
    ended_at: datetime | None

    def is_broken(self, how: Lateness, by: datetime) -> bool:
        """Whether it is as late as that, or was when it was kept."""
        rank = list(Lateness).index
        late = lateness(self.plan, min(self.ended_at or by, by))
        return rank(late) >= rank(how)


Happening = tuple[datetime, int, Callable[[], None]]
"""When something happens in a world, what comes first at an instant, and what it does.
"""


class World:
    """The past as one policy would have had it."""

    def __init__(self, policy: Policy, people: Roster | None, real: Real) -> None:
        """Let a policy decide and call these people, given what really happened."""
        self._policy, self._people, self._real = policy, people, real
        self._house: HousePack = policy.house
        self._calendar = policy.calendar
        self._open: dict[tuple[str, str, str], _Ticket] = {}
        self._of_mention: dict[tuple[str, str], _Ticket] = {}
        self._recognised: set[TicketId] = set()
        self._nobody: dict[tuple[str, int], Nobody] = {}
        self.all: list[_Ticket] = []

    @property
    def nobody(self) -> Mapping[tuple[str, int], Nobody]:
        """The steps that found nobody, by their chain and number."""
        return self._nobody

    # --- mentions

    def judged(self, seen: Seen) -> Decision:
        """Decide one mention with this world's tickets around it."""
        stored, at = seen.stored, seen.past.decided_at
        mention = stored.mention
        known, parent = self._known(seen), self._parent(seen)
        situation = Situation(
            mention=mention,
            tags=corrected(seen.tags, seen.said),
            open_ticket=known.ticket if known else None,
            parent_ticket=self._as_of(parent, at) if parent else None,
            restored_as=stored.restored_as,
            is_told=seen.is_told,
        )
        regulation = self._policy.governing(mention.published_at)
        made = decide(situation, self._house, regulation, at)
        if known is None or not self._real.reopens_at(known.real, at):
            return made
        # What is joined promises nothing; what opens again does, like any other.
        alone = replace(situation, open_ticket=None)
        fresh = decide(alone, self._house, regulation, at)
        return replace(made, targets=made.targets or fresh.targets)

    def _known(self, seen: Seen) -> _Ticket | None:
        """The conversation's ticket that is open by then, with what fell due before."""
        at = seen.past.decided_at
        known = self._open.get(seen.conversation)
        if known is None:
            return None
        if self._real.closed_by(known.real, at):
            return None
        self._pass(known, at)
        return known

    def _parent(self, seen: Seen) -> _Ticket | None:
        mention = seen.stored.mention
        parent = mention.amplifies or mention.in_reply_to
        return self._of_mention.get((mention.channel, parent)) if parent else None

    def _as_of(self, one: _Ticket, at: datetime) -> Ticket:
        if self._real.closed_by(one.real, at):
            return replace(one.ticket, status=TicketStatus.CLOSED)
        return one.ticket

    def act(self, seen: Seen, decision: Decision) -> None:
        """Let a decision have its effect here."""
        at, mention = seen.past.decided_at, seen.stored.mention
        known = self._known(seen)
        match decision.outcome:
            case Outcome.OPEN_TICKET:
                one = self._opened(seen, decision)
            case Outcome.JOIN_TICKET if known is not None:
                one = known
                self._raise(one, decision, at, seen.tags.signs)
            case Outcome.ADD_REACH if carrying := self._parent(seen) or known:
                one = carrying
                self._raise(one, decision, at)
            case _:
                return
        self._recognise(one, seen.past.ticket_id)
        if not mention.is_amplification:
            one.language = seen.tags.language
            one.topics = sure_topics(seen.tags)
            one.ticket = replace(
                one.ticket,
                is_influencer=one.ticket.is_influencer
                or seen.tags.influence.is_influencer,
            )
        one.stood_in.add(one.ticket.queue)
        self._of_mention[mention.channel, mention.external_id] = one
        self._promise(one, seen, decision)

    def _promise(self, one: _Ticket, seen: Seen, decision: Decision) -> None:
        at, published_at = seen.past.decided_at, seen.stored.mention.published_at
        for plan in service_plans(
            decision.targets, published_at, self._house, self._calendar
        ):
            running = one.plans.get(plan.rule)
            if self._real.reopens_at(one.real, at):
                running = None
                one.fallen -= {(plan.rule, how) for how in Lateness}
            if running is None or plan.due_strict < running.due_strict:
                one.plans[plan.rule] = plan
                one.promised_at[plan.rule] = at
        if decision.legal_class is None or self._real.legal(one.real):
            return
        for plan in legal_plans(
            self._policy.governing(published_at),
            decision.legal_class,
            published_at,
            self._calendar,
            provisional=decision.provisional,
        ):
            one.legal.setdefault(plan.rule, plan)

    def _recognise(self, one: _Ticket, real: TicketId | None) -> None:
        """Say which real ticket it is; no two are the same one."""
        if real is not None and not one.ticket.id and real not in self._recognised:
            self._recognised.add(real)
            one.ticket = replace(one.ticket, id=real)

    def _opened(self, seen: Seen, decision: Decision) -> _Ticket:
        at = seen.past.decided_at
        opened = new_ticket(seen.stored.mention, seen.tags, decision, at)
        ticket = replace(opened, signs=cared_for(seen.tags.signs, self._house))
        one = _Ticket(ticket, seen.stored.id)
        self._open[seen.conversation] = one
        self.all.append(one)
        if is_urgent(ticket):
            one.call(at, "opened")
        self._begin(one, "opened", at)
        return one

    def _raise(
        self,
        one: _Ticket,
        decision: Decision,
        at: datetime,
        signs: Sequence[Sign] = (),
    ) -> None:
        was = one.ticket
        placed = replace(
            was,
            severity=decision.severity,
            code=decision.code,
            tier=decision.tier,
            queue=decision.queue,
        )
        one.ticket = marked(placed, signs, self._house)
        # As notices are: one for each code and tier, however often it is raised.
        told = {(made.code, made.tier) for made in one.calls if not made.chain}
        now = (decision.code, decision.tier)
        is_raised = (decision.severity, *now) != (was.severity, was.code, was.tier)
        if is_raised and now not in told:
            one.call(at, "raised")
        if (*now, one.ticket.signs) != (was.code, was.tier, was.signs):
            self._begin(one, "raised", at)

    # --- time

    def _pass(self, one: _Ticket, until: datetime) -> None:
        """Let happen in order what falls due: deadlines, ends of claims, calls."""
        while due := [
            *self._deadlines(one, until),
            *self._frees(one, until),
            *self._calls(one, until),
        ]:
            _at, _first, happen = min(due, key=lambda each: each[:2])
            happen()

    def ended(self, now: datetime, progress: Callable[[], None]) -> dict[str, Imagined]:
        """Let the rest fall due, and say how each ticket stands by its name."""
        found = {}
        for one in self.all:
            self._pass(one, now)
            self._wait_until(one, now)
            found[one.name] = self._shown(one, now)
            progress()
        return found

    # --- deadlines

    def _owed(self, one: _Ticket) -> Iterator[_Owed]:
        for plan in one.plans.values():
            answered_at = self._real.answered_at(one.real, plan)
            yield _Owed(plan, one.promised_at[plan.rule], answered_at)
        for clock in self._real.legal(one.real):
            if clock.state is not ClockState.STOPPED and _calls_anybody(clock.plan):
                yield _Owed(clock.plan, one.ticket.opened_at, clock.ended_at)

    def _deadlines(self, one: _Ticket, until: datetime) -> Iterator[Happening]:
        """Give what runs out: whoever missed it is told, a tier further up.

        What only this policy opens was never answered because it was not there; that
        says nothing, and calls nobody.
        """
        for owed in self._owed(one) if one.real is not None else ():
            plan = owed.plan
            stages = {Lateness.STRICT_ONLY: plan.due_strict}
            if plan.due_legal > plan.due_strict:
                stages[Lateness.LATE] = plan.due_legal
            for how, due_at in stages.items():
                if (plan.rule, how) in one.fallen or not owed.is_broken(how, until):
                    continue
                # What was read late fell due before anybody could be told.
                at = max(due_at, owed.since)
                if at <= until:
                    yield at, 0, self._falls(one, plan, how, at)

    def _falls(
        self, one: _Ticket, plan: ClockPlan, how: Lateness, at: datetime
    ) -> Callable[[], None]:
        def fall() -> None:
            one.fallen.add((plan.rule, how))
            is_first = how is Lateness.STRICT_ONLY
            if is_first and not plan.inputs.get("warns_of"):
                self._lift(one, at)
            is_late_only = is_first and plan.due_legal > plan.due_strict
            one.call(at, f"{plan.rule} {'late' if is_late_only else 'missed'}")

        return fall

    def _lift(self, one: _Ticket, at: datetime) -> None:
        tier = next_tier(one.ticket)
        if self._real.closed_by(one.real, at) or tier == one.ticket.tier:
            return
        queue = queue_for(
            self._house, tier=tier, queue=one.ticket.queue, signs=one.ticket.signs
        )
        one.ticket = replace(one.ticket, tier=tier, queue=queue)
        one.stood_in.add(queue)
        self._begin(one, "escalated", at)

    # --- chains

    def _begin(self, one: _Ticket, cause: str, at: datetime) -> None:
        """Begin to call people for a ticket, unless it is somebody's own by then."""
        if self._is_claimed(one, at):
            return
        chain = chain_for(self._house, one.ticket)
        self._wait_until(one, at)
        one.step = None if chain is None else first_step(chain, one.ticket, cause, at)

    def _is_claimed(self, one: _Ticket, at: datetime) -> bool:
        """Whether it is, or by then has become, somebody's own."""
        left = self._real.tenures(one.real)[one.tenures_over :]
        return bool(left) and left[0].since <= at

    def _frees(self, one: _Ticket, until: datetime) -> Iterator[Happening]:
        left = self._real.tenures(one.real)[one.tenures_over :]
        if not left or (at := left[0].until) is None or at > until:
            return
        freed = left[0].freed

        def free() -> None:
            one.tenures_over += 1
            if freed and not self._real.closed_by(one.real, at):
                self._begin(one, freed, at)

        yield at, 1, free

    def _calls(self, one: _Ticket, until: datetime) -> Iterator[Happening]:
        step = one.step
        if step is not None and step.due_at <= until:
            yield step.due_at, 2, lambda: self._take(one, step)

    def _is_over(self, one: _Ticket, due: ChainStep) -> bool:
        return (
            self._real.closed_by(one.real, due.due_at)
            or self._is_claimed(one, due.due_at)
            or self._real.was_recorded(one.real, due.chain.ends, due)
        )

    def _take(self, one: _Ticket, due: ChainStep) -> None:
        at = due.due_at
        if self._is_over(one, due):
            one.step = one.waits_since = None
            return
        # What is not really there takes its turn by its mention.
        ticket = replace(one.ticket, id=TicketId(one.real or one.opened_by))
        asks_load = self._people is not None and due.call.one
        around = Around(
            people=self._people,
            top=top_queue(self._house),
            need=Need(
                language=one.language,
                products=(ticket.brand, *one.topics),
                influencers=ticket.is_influencer,
            ),
            load=self._real.load(at) if asks_load else {},
        )
        made = call(due, ticket, around, at)
        if made.told:
            self._wait_until(one, at)
            why = f"{due.chain.id}, call {due.step + 1}.{due.round + 1}"
            one.call(at, why, to=made.told, step=due)
            one.step = after(due, ticket, at, told=True)
        elif made.until is not None:
            one.step = replace(due, due_at=made.until, moves=due.moves + 1)
            self._missed(one, due, is_within=self._is_open(due, at))
        else:
            following = after(due, ticket, at, told=False)
            found = self._missed(one, due, is_within=True)
            found.passed_over += 1
            self._wait_until(one, at)
            one.step = following
            if following is None or not due.call.skip_if_empty:
                found.unheard += 1
                why = f"{due.chain.id}, step {due.step + 1}: nobody could be called"
                one.call(at, why, to=(OPERATOR,), step=due)

    @staticmethod
    def _is_open(due: ChainStep, at: datetime) -> bool:
        """Whether a step is within its own hours, so that somebody should be there."""
        return due.call.within is None or is_within(due.call.within, at)

    def _missed(self, one: _Ticket, due: ChainStep, *, is_within: bool) -> Nobody:
        """Count that nobody was there, once for each wait."""
        key = due.chain.id, due.step + 1
        if key not in self._nobody:
            self._nobody[key] = Nobody(*key, call=due.call)
        found = self._nobody[key]
        if not is_within:
            found.outside_hours += 1
        elif one.waits_since is None:
            one.waits_since = due.due_at
            found.count(one.name, due.due_at, self._calendar.zone)
        return found

    def _wait_until(self, one: _Ticket, at: datetime) -> None:
        """Say that whoever waited for somebody waits no more, or still does now."""
        if one.waits_since is not None and one.step is not None:
            found = self._nobody[one.step.chain.id, one.step.step + 1]
            found.longest = max(found.longest, at - one.waits_since)
        one.waits_since = None

    # --- what became of it

    def _shown(self, one: _Ticket, now: datetime) -> Imagined:
        ticket = one.ticket
        return Imagined(
            queue=ticket.queue,
            tier=ticket.tier,
            code=ticket.code,
            severity=ticket.severity,
            calls=one.calls,
            promises={
                rule: self._kept(one, plan, now) for rule, plan in one.plans.items()
            },
            legal=self._legal(one, now),
        )

    def _kept(self, one: _Ticket, plan: ClockPlan, now: datetime) -> Promise:
        answered_at = self._real.answered_at(one.real, plan)
        is_in_time = lateness(plan, answered_at or now) is Lateness.IN_TIME
        if one.real is None:
            fate = Fate.UNKNOWN
        elif not is_in_time:
            fate = Fate.MISSED
        else:
            fate = Fate.KEPT if answered_at else Fate.OPEN
        return _promise(plan, answered_at, fate)

    def _legal(self, one: _Ticket, now: datetime) -> dict[str, Promise]:
        """Return what the law asked for: as it really ran, else as it would have."""
        really = {
            clock.plan.rule: _promise(clock.plan, clock.ended_at, _fate(clock, now))
            for clock in self._real.legal(one.real)
            if _calls_anybody(clock.plan)
        }
        return really or {
            rule: _promise(plan, None, Fate.UNKNOWN)
            for rule, plan in one.legal.items()
            if _calls_anybody(plan)
        }


def _promise(plan: ClockPlan, answered_at: datetime | None, fate: Fate) -> Promise:
    return Promise(
        due_at=plan.due_strict,
        answered_at=answered_at,
        fate=fate,
        started_at=plan.started_at,
        ends_at=plan.due_legal,
        cite=plan.cite,
    )


def _calls_anybody(plan: ClockPlan) -> bool:
    """Whether passing it is a lateness: no mere chance, nothing that is excused."""
    return not (plan.is_chance or plan.inputs.get("excused_by"))


def _fate(clock: Clock, now: datetime) -> Fate:
    """Say what became of a promise of the law."""
    if clock.state in {ClockState.WAIVED, ClockState.EXCUSED}:
        return Fate.NOT_OWED
    if clock.state is ClockState.STOPPED:
        return Fate.OPEN
    if lateness(clock.plan, clock.ended_at or now) is Lateness.LATE:
        return Fate.MISSED
    return Fate.OPEN if clock.ended_at is None else Fate.KEPT
