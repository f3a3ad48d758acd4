"""What makes a pack of platforms' rules one that says more than anybody knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from bot.domain.platforms import Certainty, PlatformPack, PlatformRules
from bot.rules.lint import Problem

UNCITED = frozenset({"title", "cites"})


def stated(rules: PlatformRules) -> tuple[str, ...]:
    """Return the names of the rules that a channel states, in their order."""
    return tuple(
        one.name
        for one in fields(rules)
        if one.name not in UNCITED and getattr(rules, one.name) != _PLAIN[one.name]
    )


_PLAIN = {
    one.name: getattr(PlatformRules(title=""), one.name)
    for one in fields(PlatformRules)
}


def platform_problems(pack: PlatformPack) -> Iterator[Problem]:
    """Name rules without a source, sources that are not there, and idle ones."""
    for channel, rules in pack.channels.items():
        at = ("channels", channel)
        known = stated(rules)
        for name in known:
            if name not in rules.cites:
                words = "no source is given; name it under cites"
                yield Problem(key=(*at, name), words=words)
        for name, cite in rules.cites.items():
            if name not in known:
                words = "there is no such rule of this channel"
                yield Problem(key=(*at, "cites", name), words=words)
            if cite.source not in pack.sources:
                words = f"the source {cite.source} is not declared"
                yield Problem(key=(*at, "cites", name, "source"), words=words)
        yield from _span_problems(channel, rules)


def _span_problems(channel: str, rules: PlatformRules) -> Iterator[Problem]:
    at = ("channels", channel)
    short, long = rules.private_window, rules.person_window
    if short is not None and long is not None and long < short:
        words = "a person's window is never shorter than a program's"
        yield Problem(key=(*at, "person_window"), words=words)
    if rules.max_replies < 0:
        yield Problem(key=(*at, "max_replies"), words="cannot be below zero")
    for number, one in enumerate(rules.quotas):
        if one.at_most < 1:
            words = "allows nothing"
            yield Problem(key=(*at, "quotas", number, "at_most"), words=words)


def platform_warnings(pack: PlatformPack) -> Iterator[Problem]:
    """Name the rules that nobody has read on the platform's own page."""
    for channel, rules in pack.channels.items():
        for name, cite in rules.cites.items():
            if cite.certainty is Certainty.MEMORY:
                words = (
                    f"is known from memory; read {cite.source} "
                    f"({pack.sources[cite.source]}) and say what it says"
                )
                yield Problem(key=("channels", channel, name), words=words)
