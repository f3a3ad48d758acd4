"""Which rules can never do anything: proven from the conditions, silent in doubt.

A condition *implies* another where whatever meets the first meets the second. That is
shown field by field, and where it cannot be shown, it is not claimed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from enum import StrEnum

from bot.domain.decisions import Answer, Code, Severity
from bot.domain.mentions import ChannelControl, MentionKind
from bot.domain.packs import (
    Condition,
    Expectation,
    HousePack,
    InfluenceGroup,
    RouteRule,
    Rule,
    SeverityRule,
)
from bot.domain.tags import Band, Sentiment
from bot.rules.sources import Key

ALL_THERE_ARE: dict[str, type[StrEnum]] = {
    "scope": Answer,
    "dissatisfaction": Answer,
    "expectation": Expectation,
    "sentiment": Sentiment,
    "groups": InfluenceGroup,
    "bands": Band,
    "control": ChannelControl,
    "kinds": MentionKind,
}
"""Fields of which a mention has exactly one value: naming them all asks nothing."""

ASKED_BY = {
    "cues_any": ("cues_any", "cues_sure"),
    "signals_any": ("signals_any", "signals_from"),
}
"""Enough phrases of a list are a phrase of it, and a likely signal is one; the reverse
is not so."""

NEVER_BELOW = {
    "negative_from": 0.0,
    "shares_from": 0,
    "severity_from": Severity.LOW,
    "code_from": Code.GREEN,
}
"""What every mention has at least. Not so the complaint's score: some have none."""

AnyRule = Rule | SeverityRule | RouteRule
Found = tuple[Key, str]


def implies(one: Condition, other: Condition) -> bool:
    """Whether whatever meets ``one`` is proven to meet ``other``."""
    return all(_field_implied(each.name, one, other) for each in fields(Condition))


def _field_implied(name: str, one: Condition, other: Condition) -> bool:
    wanted, given = getattr(other, name), getattr(one, name)
    if wanted is None or wanted in ((), {}):
        return True
    if isinstance(wanted, Mapping):
        return bool(given) and all(
            wanted.get(kind, math.inf) <= score for kind, score in given.items()
        )
    if isinstance(wanted, tuple):
        return _choice_implied(name, one, wanted)
    if isinstance(wanted, bool):
        return given is wanted or _follows(name, one) is wanted
    if name in NEVER_BELOW and _rank(wanted) <= _rank(NEVER_BELOW[name]):
        return True
    return given is not None and _rank(given) >= _rank(wanted)


def _choice_implied(name: str, one: Condition, wanted: tuple[object, ...]) -> bool:
    if name in ALL_THERE_ARE and set(ALL_THERE_ARE[name]) <= set(wanted):
        return True
    return any(
        said and set(said) <= set(wanted)
        for said in (getattr(one, each) for each in ASKED_BY.get(name, (name,)))
    )


def _follows(name: str, one: Condition) -> bool | None:
    """Say what a yes-or-no must be by what else the condition asks for."""
    match name:
        case "has_signal" if one.signals_any or one.signals_from:
            return True
        case "has_author" if one.is_declared_bot:
            return True
        case "is_declared_bot" if one.has_author is False:
            return False
        case _:
            return None


def _rank(value: object) -> float:
    if isinstance(value, Severity | Code):
        return value.rank
    if isinstance(value, timedelta):
        return value.total_seconds()
    assert isinstance(value, int | float)  # noqa: S101 - the domain has no other kind
    return value


def contradiction(when: Condition) -> str:
    """Say why nothing can ever meet a condition; empty where something may."""
    for name in ("signals_any", "signals_from"):
        if getattr(when, name) and when.has_signal is False:
            return f"asks for {name} and for has_signal: false"
    if when.is_declared_bot and when.has_author is False:
        return "asks for is_declared_bot and for has_author: false"
    for name in ("negative_from", "complaint_from"):
        if (getattr(when, name) or 0.0) > 1.0:
            return f"asks for {name} above 1, which no score is"
    return ""


def unreachable(pack: HousePack) -> Iterator[Found]:
    """Name rules that nothing meets, or whose work earlier ones have always done."""
    never, approval = pack.acknowledgement.never, pack.acknowledgement.approval
    intake = [*_at(("screens",), pack.screens), *_at(("opens",), pack.opens)]
    unasked = _at(("acknowledgement", "never"), never)
    asked = _at(("acknowledgement", "approval"), approval)
    severity, routes = _at(("severity",), pack.severity), _at(("routes",), pack.routes)
    twice = _at(("four_eyes", "rules"), pack.four_eyes.rules)
    for key, rule in (*severity, *routes, *intake, *unasked, *asked, *twice):
        why = contradiction(rule.when)
        if why:
            yield (*key, "when"), f"nothing can meet it: {why}"
    for number, (key, rule) in enumerate(intake):
        yield from _after(key, rule, [one for _, one in intake[:number]])
    for number, (key, rule) in enumerate(unasked):
        yield from _after(key, rule, never[:number])
    for key, rule in asked:
        # What is never acknowledged is asked for no approval.
        yield from _after(key, rule, never)
    yield from _raising_nothing(pack)
    yield from _routing_nothing(pack)


def _at(key: Key, rules: Sequence[AnyRule]) -> list[tuple[Key, AnyRule]]:
    return [((*key, index), rule) for index, rule in enumerate(rules)]


def _after(key: Key, rule: AnyRule, ending: Sequence[AnyRule]) -> Iterator[Found]:
    """Name a rule that one which ends the matter has always come before."""
    for one in ending:
        if _is_covered(one, rule):
            yield key, f"is never reached: {one.id} holds wherever it would"
            return


def _raising_nothing(pack: HousePack) -> Iterator[Found]:
    for index, rule in enumerate(pack.severity):
        key: Key = ("severity", index)
        if rule.severity is Severity.LOW:
            yield key, "raises nothing: every mention has severity low at least"
            continue
        as_high = [
            one
            for one in pack.severity[:index]
            if one.severity.rank >= rule.severity.rank and _is_covered(one, rule)
        ]
        if as_high:
            words = f"raises nothing: {as_high[0].id} has done so wherever it would"
            yield key, words


def _routing_nothing(pack: HousePack) -> Iterator[Found]:
    """A later route may still raise tier and code, or shorten promises."""
    for index, route in enumerate(pack.routes):
        earlier = [one for one in pack.routes[:index] if _is_covered(one, route)]
        if earlier and _adds_nothing(route, earlier):
            names = ", ".join(one.id for one in earlier)
            words = f"does nothing: {names} took queue, tier, code and promises before"
            yield ("routes", index), words


def _adds_nothing(route: RouteRule, earlier: Sequence[RouteRule]) -> bool:
    return (
        route.tier <= max(one.tier for one in earlier)
        and route.code.rank <= max(one.code.rank for one in earlier)
        and all(
            any(one.targets.get(name, timedelta.max) <= within for one in earlier)
            for name, within in route.targets.items()
        )
    )


def _is_covered(earlier: AnyRule, rule: AnyRule) -> bool:
    return implies(rule.when, earlier.when) and not contradiction(rule.when)
