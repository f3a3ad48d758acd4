"""What makes a chain one that cannot be meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from bot.domain.chains import Chain, ChainCondition, Step, Who
from bot.domain.packs import HousePack
from bot.domain.people import Roster
from bot.rules.lint import Problem
from bot.rules.sources import Key
from bot.rules.zones import is_zone

NAMED = {Who.TEAM, Who.PERSON}


def chain_problems(pack: HousePack) -> Iterator[Problem]:
    """Name chains that no ticket ever comes to, and calls that reach nobody."""
    ids = Counter(chain.id for chain in pack.chains)
    for number, chain in enumerate(pack.chains):
        at: Key = ("chains", number)
        if not chain.id or not chain.text:
            yield Problem(key=at, words="a chain needs an id and a text")
        if ids[chain.id] > 1:
            yield Problem(key=(*at, "id"), words=f"{chain.id} stands here twice")
        if not chain.steps:
            yield Problem(key=(*at, "steps"), words="calls nobody")
        for target in chain.ends:
            if target not in pack.targets:
                words = f"there is no target {target}"
                yield Problem(key=(*at, "ends"), words=words)
        if any(_covers(earlier.when, chain.when) for earlier in pack.chains[:number]):
            words = "an earlier chain takes every ticket that this one is for"
            yield Problem(key=(*at, "when"), words=words)
        for index, step in enumerate(chain.steps):
            yield from _step_problems((*at, "steps", index), step)


def _covers(first: ChainCondition, second: ChainCondition) -> bool:
    """Whether whatever the second is for, the first is for as well."""
    return (
        (
            first.code_from is None
            or (
                second.code_from is not None
                and second.code_from.rank >= first.code_from.rank
            )
        )
        and (
            first.tier_from is None
            or (second.tier_from is not None and second.tier_from >= first.tier_from)
        )
        and (first.influencer is None or second.influencer is first.influencer)
        and (
            not first.signs_any
            or bool(second.signs_any and set(second.signs_any) <= set(first.signs_any))
        )
    )


def _step_problems(at: Key, step: Step) -> Iterator[Problem]:
    if step.who is Who.OWNER:
        words = "who owns the ticket ends the chain; say claims.remind instead"
        yield Problem(key=(*at, "who"), words=words)
    if (step.who in NAMED) != bool(step.name):
        words = "a team or person is called by its name, and nobody else has one"
        yield Problem(key=(*at, "name"), words=words)
    if step.after < timedelta(0):
        yield Problem(key=(*at, "after"), words="must not lie in the past")
    if step.repeat < 1:
        yield Problem(key=(*at, "repeat"), words="must be at least 1")
    if (step.repeat > 1) != (step.every > timedelta(0)):
        words = "repeat says how often in all, every how long between; give both"
        yield Problem(key=(*at, "every"), words=words)
    if step.within is not None:
        if not is_zone(step.within.zone):
            words = f"there is no time zone {step.within.zone!r}"
            yield Problem(key=(*at, "within", "zone"), words=words)
        if not step.within.days:
            yield Problem(key=(*at, "within", "days"), words="names no day")


def call_problems(chains: tuple[Chain, ...], roster: Roster) -> Iterator[Problem]:
    """Name teams and people that the house's chains call and the roster lacks."""
    known = {Who.TEAM: roster.teams.keys(), Who.PERSON: roster.people.keys()}
    for chain in chains:
        for number, step in enumerate(chain.steps, start=1):
            if step.who in NAMED and step.name not in known[step.who]:
                words = (
                    f"the {step.who} {step.name} is missing, which step {number} of "
                    f"the chain {chain.id} calls"
                )
                part = "teams" if step.who is Who.TEAM else "people"
                yield Problem(key=(part,), words=words)
