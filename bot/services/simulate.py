"""Simulate: what another house policy would have made of the past; writes nothing.

Both policies, the one in force and the other one, decide the same mentions again in
the order in which they came, each in a world of its own, so that whatever differs is
the policy's doing. When things were answered and closed is taken as it happened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.clocks import ClockPlan, PackRef
from bot.domain.corrections import (
    YES,
    Correction,
    TagKind,
    corrected,
    in_force,
    worse,
)
from bot.domain.decisions import Code, Decision, Outcome, Tier
from bot.domain.mentions import MentionId, StoredMention
from bot.domain.packs import HousePack, RegulationPack
from bot.domain.ports import Past, Store, Work
from bot.domain.tags import Tags
from bot.domain.tickets import Ticket, TicketEvent, TicketId, TicketStatus, key_of
from bot.escalate.deadlines import Lateness, lateness, next_tier
from bot.escalate.decide import Situation, decide
from bot.escalate.routing import queue_for
from bot.rules.calendars import Calendar
from bot.rules.clocks import service_plans
from bot.services.compare import PAGE, Watch
from bot.services.undecidable import FAILURES

BY_A_PERSON = "by "
"""How the detail of an event begins that a person recorded."""


class Fate(StrEnum):
    """What became of a promise, given when things were really answered."""

    KEPT = "kept"
    MISSED = "missed"
    OPEN = "open"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """People who would have been told of a ticket, and when."""

    at: datetime
    queue: str
    tier: Tier
    code: Code
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A service deadline; ``answered_at`` is when it was really kept, if ever."""

    due_at: datetime
    answered_at: datetime | None
    fate: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Imagined:
    """One ticket as a policy would have left it."""

    queue: str
    tier: Tier
    code: Code
    severity: str
    calls: Sequence[Call]
    promises: Mapping[str, Promise]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One ticket under both policies; ``None`` where a policy opens none.

    ``ticket`` is the real one's key, or the number of the mention that opens one.
    """

    ticket: str
    before: Imagined | None
    after: Imagined | None

    @property
    def moves(self) -> bool:
        """Whether queue, tier, code or severity differ, or whether there is one."""
        return _place(self.before) != _place(self.after)

    @property
    def new_calls(self) -> Sequence[Call]:
        """Calls of the other policy that the one in force would not have made."""
        made = {_told(one) for one in (self.before.calls if self.before else ())}
        after = self.after.calls if self.after else ()
        return [one for one in after if _told(one) not in made]

    @property
    def lost_calls(self) -> Sequence[Call]:
        """Calls that the other policy would not have made."""
        return replace(self, before=self.after, after=self.before).new_calls

    @property
    def deadlines(self) -> Mapping[str, tuple[Promise | None, Promise | None]]:
        """The promises that differ in when they were due, by their names."""
        if self.before is None or self.after is None:
            return {}
        old, new = self.before.promises, self.after.promises
        return {
            rule: (old.get(rule), new.get(rule))
            for rule in dict.fromkeys((*old, *new))
            if _due(old.get(rule)) != _due(new.get(rule))
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstaffed:
    """A queue from which nobody worked in the period, though tickets would stand in it.

    ``calls`` are how often it would have been told, ``first_at`` when for the first
    time.
    """

    queue: str
    tickets: int
    calls: int
    first_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What another policy would have changed.

    ``other_packs`` were really decided under a policy that is not in force any more;
    ``undecidable`` could not be decided under one of the two, and are left out.
    """

    first: PackRef
    second: PackRef
    mentions: int
    other_packs: int
    undecidable: int
    tickets: tuple[int, int]
    calls: tuple[Mapping[str, int], Mapping[str, int]]
    differences: Sequence[Difference]
    unstaffed: Sequence[Unstaffed]

    @property
    def deadlines(self) -> Mapping[str, int]:
        """Count deadlines that would be otherwise, and what of them that changes."""
        pairs = [pair for one in self.differences for pair in one.deadlines.values()]
        counts = Counter(word for pair in pairs for word in _effects(*pair))
        words = ("earlier", "later", "added", "dropped", "saved", "lost")
        return {word: counts[word] for word in words}


def simulate(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    first: HousePack,
    second: HousePack,
    regulation: RegulationPack,
    *,
    calendar: Calendar,
    since: datetime,
    now: datetime,
    page: int = PAGE,
    progress: Watch = lambda _done, _total: None,
) -> Simulation:
    """Decide what was published since then under two house policies.

    Legal clocks do not depend on the house and are left out, as are triggers and what
    people did by hand to tier and queue. What people corrected counts from the start.
    """
    with store.reading() as work:
        total = work.mentions.count_past(since=since)
        said = _said(work)
    real = _Real()
    worlds = tuple(
        _World(house, regulation, calendar, real) for house in (first, second)
    )
    done = other_packs = undecidable = 0
    last = MentionId(0)
    while True:
        with store.reading() as work:
            some = work.mentions.past(page, since=since, after=last)
            tags = work.mentions.newest_tags([one.stored.id for one in some])
            real.meet(work, some)
        if not some:
            break
        for one in some:
            seen = _Seen(one, tags[one.stored.id], said.get(one.stored.id, ()))
            try:
                steps = [world.judged(seen) for world in worlds]
            except FAILURES:
                undecidable += 1
                continue
            for world, decision in zip(worlds, steps, strict=True):
                world.act(seen, decision)
        done += len(some)
        other_packs += sum(one.decision.house_pack != first.ref for one in some)
        last = some[-1].stored.id
        progress(done, max(done, total))
    before, after = (world.ended(now) for world in worlds)
    return Simulation(
        first=first.ref,
        second=second.ref,
        mentions=done,
        other_packs=other_packs,
        undecidable=undecidable,
        tickets=(len(before), len(after)),
        calls=(_by_queue(before), _by_queue(after)),
        differences=_differences(before, after),
        unstaffed=_unstaffed(worlds[1], real, second),
    )


def _said(work: Work) -> Mapping[MentionId, Sequence[Correction]]:
    found: defaultdict[MentionId, list[Correction]] = defaultdict(list)
    for correction, stored in work.corrections.in_force():
        found[stored.id].append(correction)
    return {each: worse(some) for each, some in found.items()}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A past mention with its tags as they were, and what people said of them."""

    past: Past
    tags: Tags
    said: Sequence[Correction]

    @property
    def stored(self) -> StoredMention:
        return self.past.stored

    @property
    def conversation(self) -> tuple[str, str, str]:
        mention = self.stored.mention
        return mention.channel, mention.brand, mention.conversation

    @property
    def is_told(self) -> bool:
        told = in_force(self.said).get(TagKind.COMPLAINT)
        return told is not None and told.value == YES


@dataclass(frozen=True, slots=True)
class _Happened:
    """What really happened to a ticket."""

    ticket: Ticket
    events: Sequence[TicketEvent]

    @property
    def was_worked_on(self) -> bool:
        return bool(self.ticket.owner) or any(
            event.detail.startswith(BY_A_PERSON) for event in self.events
        )


class _Real:
    """The real tickets of the period, read once each."""

    def __init__(self) -> None:
        self._known: dict[TicketId, _Happened] = {}

    def meet(self, work: Work, some: Sequence[Past]) -> None:
        for one in some:
            if one.ticket_id is not None and one.ticket_id not in self._known:
                self._known[one.ticket_id] = _Happened(
                    work.tickets.get(one.ticket_id), work.tickets.events(one.ticket_id)
                )

    def closed_by(self, ticket_id: TicketId | None, at: datetime) -> bool:
        if ticket_id is None:
            return False
        closed_at = self._known[ticket_id].ticket.closed_at
        return closed_at is not None and closed_at <= at

    def answered_at(
        self, ticket_id: TicketId | None, plan: ClockPlan
    ) -> datetime | None:
        """Say when the first event that keeps a promise happened."""
        if ticket_id is None:
            return None
        return min(
            (
                event.happened_at
                for event in self._known[ticket_id].events
                if event.name in plan.met_by and event.happened_at >= plan.started_at
            ),
            default=None,
        )

    @property
    def staffed(self) -> set[str]:
        """Queues in which a person worked on a ticket."""
        return {one.ticket.queue for one in self._known.values() if one.was_worked_on}


@dataclass(slots=True)
class _Imagined:
    """A ticket of one world while time goes on."""

    ticket: Ticket
    opened_by: MentionId
    calls: list[Call] = field(default_factory=list)
    plans: dict[str, ClockPlan] = field(default_factory=dict)
    promised_at: dict[str, datetime] = field(default_factory=dict)
    missed: set[str] = field(default_factory=set)
    stood_in: set[str] = field(default_factory=set)

    @property
    def real(self) -> TicketId | None:
        return self.ticket.id or None

    @property
    def name(self) -> str:
        return key_of(self.ticket.id) if self.ticket.id else f"mention {self.opened_by}"

    def call(self, at: datetime, why: str) -> None:
        ticket = self.ticket
        self.calls.append(
            Call(at=at, queue=ticket.queue, tier=ticket.tier, code=ticket.code, why=why)
        )


class _World:
    """The past as one policy would have had it."""

    def __init__(
        self,
        house: HousePack,
        regulation: RegulationPack,
        calendar: Calendar,
        real: _Real,
    ) -> None:
        self._house, self._regulation, self._real = house, regulation, real
        self._calendar = calendar
        self._open: dict[tuple[str, str, str], _Imagined] = {}
        self._of_mention: dict[tuple[str, str], _Imagined] = {}
        self._recognised: set[TicketId] = set()
        self.all: list[_Imagined] = []

    def judged(self, seen: _Seen) -> Decision:
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
        return decide(situation, self._house, self._regulation, at)

    def _known(self, seen: _Seen) -> _Imagined | None:
        """The conversation's ticket that is open by then, with what fell due before."""
        at = seen.past.decided_at
        known = self._open.get(seen.conversation)
        if known is None:
            return None
        if self._real.closed_by(known.real, at):
            return None
        self._pass(known, at)
        return known

    def _parent(self, seen: _Seen) -> _Imagined | None:
        mention = seen.stored.mention
        parent = mention.amplifies or mention.in_reply_to
        return self._of_mention.get((mention.channel, parent)) if parent else None

    def _as_of(self, one: _Imagined, at: datetime) -> Ticket:
        if self._real.closed_by(one.real, at):
            return replace(one.ticket, status=TicketStatus.CLOSED)
        return one.ticket

    def act(self, seen: _Seen, decision: Decision) -> None:
        """Let a decision have its effect here."""
        at, mention = seen.past.decided_at, seen.stored.mention
        known = self._known(seen)
        match decision.outcome:
            case Outcome.OPEN_TICKET:
                one = self._opened(seen, decision)
            case Outcome.JOIN_TICKET if known is not None:
                one = known
                self._raise(one, decision, at)
            case Outcome.ADD_REACH if carrying := self._parent(seen) or known:
                one = carrying
                self._raise(one, decision, at)
            case _:
                return
        self._recognise(one, seen.past.ticket_id)
        one.stood_in.add(one.ticket.queue)
        self._of_mention[mention.channel, mention.external_id] = one
        for plan in service_plans(
            decision.targets, mention.published_at, self._house, self._calendar
        ):
            running = one.plans.get(plan.rule)
            if running is None or plan.due_strict < running.due_strict:
                one.plans[plan.rule] = plan
                one.promised_at[plan.rule] = at

    def _recognise(self, one: _Imagined, real: TicketId | None) -> None:
        """Say which real ticket it is; no two are the same one."""
        if real is not None and not one.ticket.id and real not in self._recognised:
            self._recognised.add(real)
            one.ticket = replace(one.ticket, id=real)

    def _opened(self, seen: _Seen, decision: Decision) -> _Imagined:
        mention, at = seen.stored.mention, seen.past.decided_at
        ticket = Ticket(
            brand=mention.brand,
            channel=mention.channel,
            conversation=mention.conversation,
            status=TicketStatus.OPEN,
            severity=decision.severity,
            code=decision.code,
            tier=decision.tier,
            queue=decision.queue,
            complaint=decision.scope.verdict,
            band=seen.tags.influence.band,
            is_influencer=seen.tags.influence.is_influencer,
            house_pack=decision.house_pack,
            regulation_pack=decision.regulation_pack,
            received_at=mention.published_at,
            opened_at=at,
        )
        one = _Imagined(ticket, seen.stored.id)
        self._open[seen.conversation] = one
        self.all.append(one)
        if decision.code is not Code.GREEN or decision.tier >= Tier.ESCALATION:
            one.call(at, "opened")
        return one

    @staticmethod
    def _raise(one: _Imagined, decision: Decision, at: datetime) -> None:
        was = one.ticket
        one.ticket = replace(
            was,
            severity=decision.severity,
            code=decision.code,
            tier=decision.tier,
            queue=decision.queue,
        )
        # As notices are: one for each code and tier, however often it is raised.
        told = {(call.code, call.tier) for call in one.calls}
        now = (decision.code, decision.tier)
        is_raised = (decision.severity, *now) != (was.severity, was.code, was.tier)
        if is_raised and now not in told:
            one.call(at, "raised")

    def _pass(self, one: _Imagined, until: datetime) -> None:
        """Let deadlines fall due: whoever missed one is told, a tier further up.

        What only this policy opens was never answered because it was not there; that
        says nothing, and calls nobody.
        """
        if one.real is None:
            return
        for plan in sorted(one.plans.values(), key=lambda each: each.due_strict):
            # What was read late fell due before anybody could be told.
            due_at = max(plan.due_strict, one.promised_at[plan.rule])
            if plan.rule in one.missed or lateness(plan, until) is Lateness.IN_TIME:
                continue
            answered_at = self._real.answered_at(one.real, plan)
            if answered_at and lateness(plan, answered_at) is Lateness.IN_TIME:
                continue
            one.missed.add(plan.rule)
            if not self._real.closed_by(one.real, due_at):
                tier = next_tier(one.ticket)
                if tier != one.ticket.tier:
                    queue = queue_for(self._house, tier=tier, queue=one.ticket.queue)
                    one.ticket = replace(one.ticket, tier=tier, queue=queue)
                    one.stood_in.add(queue)
            one.call(due_at, f"{plan.rule} missed")

    def ended(self, now: datetime) -> dict[str, Imagined]:
        """Let the rest fall due, and say how each ticket stands by its name."""
        for one in self.all:
            self._pass(one, now)
        return {one.name: self._shown(one, now) for one in self.all}

    def _shown(self, one: _Imagined, now: datetime) -> Imagined:
        ticket = one.ticket
        return Imagined(
            queue=ticket.queue,
            tier=ticket.tier,
            code=ticket.code,
            severity=ticket.severity,
            calls=one.calls,
            promises={
                rule: self._promise(one, plan, now) for rule, plan in one.plans.items()
            },
        )

    def _promise(self, one: _Imagined, plan: ClockPlan, now: datetime) -> Promise:
        answered_at = self._real.answered_at(one.real, plan)
        is_in_time = lateness(plan, answered_at or now) is Lateness.IN_TIME
        if one.real is None:
            fate = Fate.UNKNOWN
        elif not is_in_time:
            fate = Fate.MISSED
        else:
            fate = Fate.KEPT if answered_at else Fate.OPEN
        return Promise(due_at=plan.due_strict, answered_at=answered_at, fate=fate)


def _differences(
    before: Mapping[str, Imagined], after: Mapping[str, Imagined]
) -> Sequence[Difference]:
    """Pair the tickets of both worlds, and keep those that differ."""
    pairs = (
        Difference(ticket=name, before=before.get(name), after=after.get(name))
        for name in dict.fromkeys((*before, *after))
    )
    return [
        one
        for one in pairs
        if one.moves or one.new_calls or one.lost_calls or one.deadlines
    ]


def _by_queue(tickets: Mapping[str, Imagined]) -> Mapping[str, int]:
    return dict(Counter(call.queue for one in tickets.values() for call in one.calls))


def _unstaffed(world: _World, real: _Real, house: HousePack) -> Sequence[Unstaffed]:
    """Name queues for people in which nobody did anything; tier 0 is the bot's."""
    staffed = real.staffed
    found = []
    for name, queue in house.queues.items():
        stood = [one for one in world.all if name in one.stood_in]
        if queue.tier is Tier.SELF_SERVICE or not stood or name in staffed:
            continue
        calls = [call.at for one in stood for call in one.calls if call.queue == name]
        found.append(
            Unstaffed(
                queue=name,
                tickets=len(stood),
                calls=len(calls),
                first_at=min(calls, default=None),
            )
        )
    return found


def _place(one: Imagined | None) -> tuple[object, ...]:
    return () if one is None else (one.queue, one.tier, one.code, one.severity)


def _told(call: Call) -> tuple[object, ...]:
    return call.queue, call.tier, call.code


def _due(one: Promise | None) -> datetime | None:
    return None if one is None else one.due_at


def _effects(before: Promise | None, after: Promise | None) -> Iterator[str]:
    if before is None or after is None:
        yield "added" if before is None else "dropped"
        return
    yield "earlier" if after.due_at < before.due_at else "later"
    if (before.fate, after.fate) == (Fate.MISSED, Fate.KEPT):
        yield "saved"
    if (before.fate, after.fate) == (Fate.KEPT, Fate.MISSED):
        yield "lost"
