"""Our own people: who works when, on what, and whom they answer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.domain.clocks import PackRef
from bot.domain.hours import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Out of office from the first to the last day, both among them."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of our people. No shifts at all means at any time.

    An empty list of languages or products says nothing, and fits every ticket.
    """

    name: str
    zone: str = ""
    shifts: tuple[Shift, ...] = ()
    away: tuple[Away, ...] = ()
    languages: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    influencers: bool = False
    manager: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People who work from the same queues."""

    name: str
    members: tuple[str, ...]
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everybody, by name; every shift and person has a zone of its own here."""

    ref: PackRef
    people: Mapping[str, Person]
    teams: Mapping[str, Team]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a ticket asks of whoever takes it; what is empty is not asked.

    ``products``: its brand, and the topic that it is about beyond doubt.
    """

    language: str = ""
    products: tuple[str, ...] = ()
    influencers: bool = False
