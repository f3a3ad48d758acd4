"""Simulate: what another house policy would have made of the past; writes nothing.

Both policies, the one in force and the other one, decide the same mentions again in
the order in which they came, each in a world of its own, so that whatever differs is
the policy's doing. When things were claimed, answered and closed is taken as it
happened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from zoneinfo import ZoneInfo

from bot.domain.clocks import PackRef
from bot.domain.corrections import Correction, worse
from bot.domain.decisions import Decision, Tier
from bot.domain.mentions import MentionId
from bot.domain.packs import HousePack
from bot.domain.people import Roster
from bot.domain.ports import Store, Work
from bot.services.chains import OPERATOR
from bot.services.compare import PAGE, Watch
from bot.services.triage import Policy
from bot.services.undecidable import FAILURES
from bot.services.worlds import (
    WEEK,
    Call,
    Fate,
    Imagined,
    Nobody,
    Promise,
    Real,
    Seen,
    World,
    hour_of_week,
)

Pair = tuple[Call | None, Call | None]
"""A call of the policy in force, and the one that it is under the other one."""


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
        made = {_told(one) for one in _notices(self.before)}
        fresh = [one for one in _notices(self.after) if _told(one) not in made]
        return [*fresh, *(new for old, new in self._steps if old is None and new)]

    @property
    def lost_calls(self) -> Sequence[Call]:
        """Calls that the other policy would not have made."""
        return replace(self, before=self.after, after=self.before).new_calls

    @property
    def moved_calls(self) -> Sequence[tuple[Call, Call]]:
        """Calls of chains that reach the same people at another time."""
        return [
            (old, new) for old, new in self._steps if old and new and old.at != new.at
        ]

    @property
    def _steps(self) -> Iterator[Pair]:
        """Pair the calls of chains: the first to the same people, the second, ..."""
        old, new = _by_people(self.before), _by_people(self.after)
        for people in dict.fromkeys((*old, *new)):
            yield from zip_longest(old[people], new[people])

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
class Duty:
    """A deadline of the law, and the first call before its end under each policy.

    A house policy never moves it; what it moves is who looks at it when.
    """

    ticket: str
    rule: str
    promise: Promise
    before: Call | None
    after: Call | None

    @property
    def effect(self) -> str:
        """Say whether only one of the policies would have called anybody in time."""
        if (self.before is None) is (self.after is None):
            return ""
        return "called_only_after" if self.before is None else "called_only_before"


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
    ``calls`` counts by whom, ``hours`` by hour of the week in ``zone``, ``nobody`` are
    the steps of chains that found nobody; each first for the policy in force.
    """

    first: PackRef
    second: PackRef
    people: PackRef | None
    zone: ZoneInfo
    mentions: int
    other_packs: int
    undecidable: int
    tickets: tuple[int, int]
    calls: tuple[Mapping[str, int], Mapping[str, int]]
    hours: tuple[Sequence[int], Sequence[int]]
    nobody: tuple[Sequence[Nobody], Sequence[Nobody]]
    differences: Sequence[Difference]
    duties: Sequence[Duty]
    unstaffed: Sequence[Unstaffed]

    @property
    def deadlines(self) -> Mapping[str, int]:
        """Count deadlines that would be otherwise, and what of them that changes."""
        pairs = [pair for one in self.differences for pair in one.deadlines.values()]
        counts = Counter(word for pair in pairs for word in _effects(*pair))
        words = ("earlier", "later", "added", "dropped", "saved", "lost")
        return {word: counts[word] for word in words}

    @property
    def legal(self) -> Mapping[str, int]:
        """Count deadlines of the law by their fate, and how many call anybody in time.

        ``called_before`` and ``called_after`` had a call before their end under the
        policy in force and under the other one.
        """
        fates = Counter(one.promise.fate for one in self.duties)
        effects = Counter(one.effect for one in self.duties)
        return {
            **{fate.value: fates[fate] for fate in Fate},
            "called_before": sum(one.before is not None for one in self.duties),
            "called_after": sum(one.after is not None for one in self.duties),
            "called_only_before": effects["called_only_before"],
            "called_only_after": effects["called_only_after"],
        }


def simulate(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    policy: Policy,
    second: HousePack,
    *,
    people: Roster | None = None,
    since: datetime,
    now: datetime,
    page: int = PAGE,
    progress: Watch = lambda _done, _total: None,
) -> Simulation:
    """Decide what was published since then under two house policies.

    Triggers are left out, as is what people did by hand to tier and queue. What people
    corrected counts from the start. ``progress`` hears of mentions, then of tickets.
    """
    first = policy.house
    with store.reading() as work:
        total = work.mentions.count_past(since=since)
        said = _said(work)
    real = Real(frozenset((*first.queues, *second.queues)))
    worlds = tuple(
        World(replace(policy, house=house), people, real) for house in (first, second)
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
            seen = Seen(one, tags[one.stored.id], said.get(one.stored.id, ()))
            steps = _judged(worlds, seen)
            if steps is None:
                undecidable += 1
                continue
            for world, decision in zip(worlds, steps, strict=True):
                world.act(seen, decision)
        done += len(some)
        other_packs += sum(one.decision.house_pack != first.ref for one in some)
        last = some[-1].stored.id
        progress(done, max(done, total))
    tell = _counted(sum(len(world.all) for world in worlds), page, progress)
    before, after = (world.ended(now, tell) for world in worlds)
    zone = policy.calendar.zone
    return Simulation(
        first=first.ref,
        second=second.ref,
        people=people.ref if people else None,
        zone=zone,
        mentions=done,
        other_packs=other_packs,
        undecidable=undecidable,
        tickets=(len(before), len(after)),
        calls=(_by_whom(before), _by_whom(after)),
        hours=(_by_hour(before, zone), _by_hour(after, zone)),
        nobody=(_found_nobody(worlds[0]), _found_nobody(worlds[1])),
        differences=_differences(before, after),
        duties=_duties(before, after),
        unstaffed=_unstaffed(worlds[1], real, second),
    )


def _judged(worlds: Sequence[World], seen: Seen) -> Sequence[Decision] | None:
    """Decide it in each world; not where its words are gone that rules look for."""
    if seen.stored.text_sha256:
        return None
    try:
        return [world.judged(seen) for world in worlds]
    except FAILURES:
        return None


def _counted(total: int, page: int, progress: Watch) -> Callable[[], None]:
    """Return what is told of each ticket, and tells of every page of them."""
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        if done % page == 0 or done == total:
            progress(done, total)

    return one_more


def _said(work: Work) -> Mapping[MentionId, Sequence[Correction]]:
    found: defaultdict[MentionId, list[Correction]] = defaultdict(list)
    for correction, stored in work.corrections.in_force():
        found[stored.id].append(correction)
    return {each: worse(some) for each, some in found.items()}


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
        if one.moves
        or one.new_calls
        or one.lost_calls
        or one.moved_calls
        or one.deadlines
    ]


def _duties(
    before: Mapping[str, Imagined], after: Mapping[str, Imagined]
) -> Sequence[Duty]:
    """Return the deadlines of the law on the tickets of either world."""
    found = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        legal = {**(new.legal if new else {}), **(old.legal if old else {})}
        found += [
            Duty(
                ticket=name,
                rule=rule,
                promise=promise,
                before=_first_call(old, promise),
                after=_first_call(new, promise),
            )
            for rule, promise in legal.items()
        ]
    return found


def _first_call(one: Imagined | None, promise: Promise) -> Call | None:
    """Return the first call of a ticket before a deadline of it is late."""
    return next(
        (
            made
            for made in (one.calls if one else ())
            if made.to != (OPERATOR,) and made.at < promise.due_at
        ),
        None,
    )


def _by_whom(tickets: Mapping[str, Imagined]) -> Mapping[str, int]:
    calls = (made for one in tickets.values() for made in one.calls)
    return dict(Counter(name for made in calls for name in made.to).most_common())


def _by_hour(tickets: Mapping[str, Imagined], zone: ZoneInfo) -> Sequence[int]:
    counts = Counter(
        hour_of_week(made.at, zone) for one in tickets.values() for made in one.calls
    )
    return [counts[hour] for hour in range(WEEK)]


def _found_nobody(world: World) -> Sequence[Nobody]:
    found = (one for one in world.nobody.values() if one.times)
    return sorted(found, key=lambda one: (-one.times, one.chain, one.step))


def _unstaffed(world: World, real: Real, house: HousePack) -> Sequence[Unstaffed]:
    """Name queues for people in which nobody did anything; tier 0 is the bot's."""
    staffed = real.staffed
    found = []
    for name, queue in house.queues.items():
        stood = [one for one in world.all if name in one.stood_in]
        if queue.tier is Tier.SELF_SERVICE or not stood or name in staffed:
            continue
        calls = [call.at for one in stood for call in one.calls if name in call.to]
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


def _notices(one: Imagined | None) -> Iterable[Call]:
    return [made for made in one.calls if not made.chain] if one else ()


def _by_people(one: Imagined | None) -> defaultdict[tuple[str, ...], list[Call]]:
    found = defaultdict(list)
    for made in one.calls if one else ():
        if made.chain:
            found[made.to].append(made)
    return found


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
