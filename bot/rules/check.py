"""Worked examples: cases with the answers that are expected of the shipped packs.

The form: a list of cases, each with its events and what is expected of which clock's
field. Everything that an answer rests on stands in the case itself, holidays included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from bot.domain.clocks import ClockPlan
from bot.domain.packs import RECEIVED, RegulationPack
from bot.errors import BotError, PackError
from bot.rules.calendars import END_OF_DAY, ZONES, Calendar
from bot.rules.case import (
    Case,
    CaseClock,
    Granted,
    Happened,
    Standing,
    clocks_of,
)
from bot.rules.library import Library
from bot.rules.zones import is_zone

ScopeOf = Callable[[RegulationPack, Mapping[str, object]], Mapping[str, object]]
"""Says of a case's channel, text and author what the complaint test finds."""

NOW = "now"
MINUTES_A_DAY = 24 * 60
GIVEN = re.compile("_(sent|given|provided|issued|delivered|made)$")
"""What is done with a notice or a response; people use one word for another."""

ISO_DAY = "2026-01-31"
INPUTS = {
    "id",
    "pack",
    "class",
    "tz",
    "received_at",
    "received",
    "holidays",
    "events",
    "variants",
    "expect",
    "why",
    "certainty",
    "flags",
    "business_close",
    "channel",
    "text",
    "author",
    "period",
    "place",
    NOW,
}
"""Keys of a case that mean something by themselves; all others are events or facts."""

LATE_ONES = {f"{name}.state" for name in ("acknowledge", "ack")}

SAME = {Standing.MET: "met", Standing.MET_STRICT: "met"}
"""Both say that it was done by the strict time; packs that roll name it apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One case: its id, and a line for each answer that differs."""

    id: str
    failures: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    """Events that no clock of the pack knows; they change nothing."""

    @property
    def line(self) -> str:
        """``E01 ok``, or ``E01 FAIL`` with what differs."""
        if not self.failures:
            return f"{self.id} ok"
        return f"{self.id} FAIL {'; '.join(self.failures)}"


def check_file(path: Path, library: Library, scope_of: ScopeOf) -> Iterator[Verdict]:
    """Evaluate a file's cases one by one; raises ``PackError`` if it is no such file.

    A case that cannot be evaluated (a zone or pack that is not there, an event before
    the receipt) fails by itself and says why.
    """
    for number, case in enumerate(_read(path), start=1):
        name = str(case.get("id", f"case {number}"))
        yield _verdict(name, case, library, scope_of)


def _read(path: Path) -> Sequence[Mapping[str, object]]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PackError(f"{path}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        raise PackError(f"{path}: cannot be read as examples: {error}") from error
    cases = found if isinstance(found, list) else []
    if not cases or not all(isinstance(one, dict) for one in cases):
        raise PackError(f"{path}: the examples must be a list of cases")
    return cases


def _verdict(
    name: str, case: Mapping[str, object], library: Library, scope_of: ScopeOf
) -> Verdict:
    failures: list[str] = []
    unknown: set[str] = set()
    for label, one in _variants(case):
        where = f" (variant {label})" if label else ""
        try:
            answers = _Answers(one, library, scope_of)
            differing = list(_differing(one, answers))
        except (BotError, *NONSENSE) as error:
            words = error.shown if isinstance(error, BotError) else _what(error)
            failures.append(f"cannot be evaluated: {words}{where}")
            continue
        failures += [f"{words}{where}" for words in differing]
        unknown |= answers.unknown
    return Verdict(id=name, failures=tuple(failures), unknown=tuple(sorted(unknown)))


NONSENSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What values raise that make no sense; each is told of its own case."""


def _what(error: Exception) -> str:
    return f"a value makes no sense ({type(error).__name__}: {error})"


def _variants(
    case: Mapping[str, object],
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Give the case itself, or each of its variants laid over it."""
    variants = case.get("variants")
    if not variants or not isinstance(variants, Mapping):
        yield "", case
        return
    for label, variant in variants.items():
        own = _mapping(variant)
        expect = {**_mapping(case.get("expect")), **_mapping(own.get("expect"))}
        events = _joined(case.get("events"), own)
        yield str(label), {**case, **own, "expect": expect, "events": events}


def _joined(common: object, own: Mapping[str, object]) -> object:
    """Return the common events and the variant's own, which replace those of one name.

    What is no list is kept, to be told of.
    """
    events = own.get("events")
    if not isinstance(common, list) or not isinstance(events or [], list):
        return events or common
    mine = events if isinstance(events, list) else []
    told = {str(next(iter(one), "")) for one in mine if isinstance(one, Mapping)}
    told |= own.keys() - INPUTS
    kept = [
        one
        for one in common
        if not (isinstance(one, Mapping) and str(next(iter(one), "")) in told)
    ]
    return [*kept, *mine]


def _list(case: Mapping[str, object], key: str) -> list[object]:
    """Return a list of the case, empty if left out; raises ``PackError`` for others."""
    found = case.get(key) or []
    if not isinstance(found, list):
        raise PackError(f"{key} must be a list, not {found!r}")
    return found


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _differing(case: Mapping[str, object], answers: _Answers) -> Iterator[str]:
    expected = _mapping(case.get("expect"))
    if not expected:
        yield "nothing is expected of it"
    for field, value in expected.items():
        got = answers.field(str(field))
        if not answers.is_same(value, got, of=str(field)):
            yield f"{field}: expected {_said(value)}, got {answers.shown(got)}"


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


class _Answers:
    """What the packs say of one case, field by field."""

    def __init__(
        self, case: Mapping[str, object], library: Library, scope_of: ScopeOf
    ) -> None:
        self._case = case
        if not isinstance(case.get("variants") or {}, Mapping):
            raise PackError("variants must be a mapping of a name to what differs")
        name = str(case.get("pack", ""))
        newest = library.newest(name)
        packs = [newest, *(one for one in library if one.overlay_of == name)]
        self._known = {name for one in packs for name in (*one.events, *one.also)}
        self._stems = _stems(packs)
        self._unused: set[str] = set()
        self._zone = _zone(case, newest)
        self._calendar = self._holidays()
        happened, granted = self._happened(newest)
        day = self._first_day(happened, newest)
        # A rule that ended is told as it stood: what is asked for is its arithmetic.
        ended = newest.effective_to is not None and day > newest.effective_to
        self._pack = newest if ended else library.governing(name, day)
        self._beside = library.beside(self._pack, day)
        told = {one.name for one in happened} | {one.name for one in granted}
        self.unknown = (told | set(self._flags()) | self._unused) - self._known - {NOW}
        receipts = {RECEIVED, *self._pack.receipts}
        self._received = next(
            (one.at for one in happened if one.name in receipts), None
        )
        self._scope: Mapping[str, object] = {}
        if "channel" in case:
            self._scope = scope_of(self._pack, case)
        now = self._now(happened)
        self.clocks = clocks_of(
            self._pack,
            Case(
                legal_class=str(case.get("class", self._pack.default_class)),
                events=tuple(one for one in happened if one.name != NOW),
                now=now,
                flags=frozenset(self._flags()),
                granted=tuple(granted),
                close=self._close(),
            ),
            self._calendar,
            beside=self._beside,
        )

    # -- what the case gives --------------------------------------------------------

    def _holidays(self) -> Calendar:
        days = {_day(one) for one in _list(self._case, "holidays")}
        return Calendar(
            str(self._case.get("place", "the case")),
            self._zone,
            holidays_of=lambda year: (day for day in days if day.year == year),
        )

    def _happened(
        self, pack: RegulationPack
    ) -> tuple[list[Happened], Sequence[Granted]]:
        """Read events wherever the form allows them, the same one twice as once."""
        found: dict[tuple[str, datetime], Happened] = {}
        granted: list[Granted] = []
        for entry in self._entries():
            name, value = next(iter(entry.items()))
            facts = {key: said for key, said in entry.items() if key != name}
            if isinstance(value, int) and not isinstance(value, bool):
                granted.append(Granted(name=name, days=value))
                continue
            for said in value if isinstance(value, list) else [value]:
                one = Happened(name=name, at=self._instant(said), facts=facts)
                days = facts.get("days")
                if isinstance(days, int):
                    granted.append(Granted(name=name, days=days, at=one.at))
                found.setdefault((name, one.at), one)
        happened = sorted(found.values(), key=lambda one: one.at)
        self._check(happened, pack)
        return happened, granted

    def _entries(self) -> Iterator[Mapping[str, object]]:
        case = self._case
        for key in ("received_at", "received"):
            if case.get(key) is not None:
                yield {RECEIVED: case[key]}
        if NOW in case:
            yield {NOW: case[NOW]}
        period = str(case.get("period", ""))
        if period:
            yield {"period_end": period.partition("..")[2]}
        for event in _list(case, "events"):
            if not isinstance(event, Mapping) or not event:
                message = f"an event must be a mapping such as {{name: time}}: {event}"
                raise ValueError(message)
            yield from self._events_in(event)
        rest = {
            key: said
            for key, said in case.items()
            if key not in INPUTS and not isinstance(said, bool)
        }
        own = [key for key in rest if self._name(key) in self._known]
        facts = {key: said for key, said in rest.items() if key not in own}
        # Facts that belong to no event are most likely misspelt events.
        self._unused = set() if own else set(facts)
        for key in own:
            yield {self._name(key): rest[key], **facts}

    def _name(self, word: str) -> str:
        """Return the pack's own word for an event: to send one is to give it."""
        if word == "received_at":
            return RECEIVED
        return word if word in self._known else self._stems.get(_stem(word), word)

    def _events_in(self, entry: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        """Give each event of a mapping with the facts beside it, in any order.

        The first key is the name where no clock knows any of them.
        """
        entry = {self._name(key): said for key, said in entry.items()}
        known = self._known | {NOW, RECEIVED}
        own = [
            key
            for key, said in entry.items()
            if key in known and not isinstance(said, bool)
        ]
        own = own or [next(iter(entry))]
        facts = {key: said for key, said in entry.items() if key not in own}
        for name in own:
            yield {name: entry[name], **facts}

    def _check(self, happened: Sequence[Happened], pack: RegulationPack) -> None:
        """Refuse what cannot have been: an answer before what it answers."""
        received = next((one.at for one in happened if one.name == RECEIVED), None)
        if received is None:
            return
        answers = {name for rule in pack.clocks.values() for name in rule.met_by}
        answers -= set(pack.receipts)
        local = self._calendar.local_date
        is_dated = received == self._calendar.end_of(local(received))
        for one in happened:
            is_early = one.at < received
            if is_dated:
                is_early = local(one.at) < local(received)
            if is_early and one.name in answers:
                message = f"{one.name} at {one.at.isoformat()} lies before the receipt"
                raise ValueError(message)

    def _instant(self, value: object) -> datetime:
        """Read an instant; a date alone is the end of that local day."""
        if isinstance(value, str):
            text = value.strip()
            value = (
                datetime.fromisoformat(text)
                if "T" in text or " " in text
                else date.fromisoformat(text)
            )
        if isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=self._zone)
            return aware.astimezone(UTC)
        if isinstance(value, date):
            return datetime.combine(value, END_OF_DAY, tzinfo=self._zone).astimezone(
                UTC
            )
        message = f"{value!r} is no time"
        raise ValueError(message)

    def _first_day(self, happened: Sequence[Happened], pack: RegulationPack) -> date:
        first = min((one.at for one in happened if one.name != NOW), default=None)
        return self._calendar.local_date(first) if first else pack.effective_from

    def _now(self, happened: Sequence[Happened]) -> datetime:
        said = [one.at for one in happened if one.name == NOW]
        known = said or [one.at for one in happened]
        return max(known, default=datetime.max.replace(tzinfo=UTC))

    def _flags(self) -> Iterator[str]:
        yield from map(str, _list(self._case, "flags"))
        for key, value in self._case.items():
            if key not in INPUTS and value is True:
                yield key

    def _close(self) -> time | None:
        said = self._case.get("business_close")
        if said is None:
            return None
        if isinstance(said, int):
            return _sexagesimal(said)
        return time.fromisoformat(str(said))

    # -- what the packs answer ------------------------------------------------------

    def field(self, name: str) -> object:
        """Return one answer; ``None`` where nothing runs under that name."""
        clock, _, what = name.partition(".")
        if not what:
            return self._plain(clock)
        if clock == "scope":
            return self._scope_field(what)
        return self._clock_field(clock, what)

    def _plain(self, name: str) -> object:
        records = self._pack.records
        if name == "received_local_date" and self._received:
            return self._calendar.local_date(self._received)
        if name == "recorded":
            return bool(records and records.every_complaint)
        if name == "reported":
            return bool(records and records.reported)
        return None

    def _scope_field(self, what: str) -> object:
        if not self._scope and what == "in_scope":
            return not any(flag in self._flags() for flag in self._pack.exempt_if)
        return self._scope.get(what)

    def _clock_field(self, name: str, what: str) -> object:
        for pack in (self._pack, *self._beside):
            parts = pack.joined.get(name)
            if parts is None:
                continue
            if what in parts:
                return _of(self.clocks.get(parts[what]), "strict")
            running = [self.clocks[one] for one in parts.values() if one in self.clocks]
            return _of(running[0], what) if running else None
        return _of(self.clocks.get(name), what)

    # -- how they are compared ------------------------------------------------------

    def is_same(self, expected: object, got: object, *, of: str) -> bool:
        """Whether an answer is the expected one; a date alone asks for the day only.

        An acknowledgement that came too late is late in any pack's words.
        """
        if got is Standing.BREACH and of in LATE_ONES and expected == Standing.LATE:
            return True
        if isinstance(got, datetime):
            return self._is_same_time(expected, got)
        if isinstance(got, Standing):
            return SAME.get(got, got.value) == str(expected).removesuffix(
                "_strict"
            ) or (got.value == str(expected))
        if got is None:
            return expected is None or expected == "none"
        if isinstance(got, bool):
            return got is expected
        return _said(got) == _said(expected)

    def _is_same_time(self, expected: object, got: datetime) -> bool:
        try:
            is_day = isinstance(expected, str) and len(expected.strip()) == len(ISO_DAY)
            if isinstance(expected, str | datetime) and not is_day:
                return self._instant(expected) == got
            return _day(expected) == self._calendar.local_date(got)
        except (ValueError, TypeError):
            return False

    def shown(self, got: object) -> str:
        """Return an answer as people compare it, times on the case's own clocks."""
        if got is None:
            return "nothing"
        if isinstance(got, datetime):
            return got.astimezone(self._zone).isoformat(timespec="seconds")
        return _said(got)


def _stem(word: object) -> str:
    return GIVEN.sub("", str(word))


def _stems(packs: Sequence[RegulationPack]) -> Mapping[str, str]:
    """Return events by their words without "sent", where that leaves one event only."""
    found: dict[str, set[str]] = {}
    for pack in packs:
        for name in (*pack.events, *pack.also):
            found.setdefault(_stem(name), set()).add(pack.also.get(name, name))
    return {stem: next(iter(some)) for stem, some in found.items() if len(some) == 1}


def _of(clock: CaseClock | None, what: str) -> object:
    if clock is None:
        return None
    known: dict[str, object] = {
        "strict": _as_counted(clock.plan),
        "legal": clock.plan.due_legal,
        "state": clock.state,
        "ended_at": clock.ended_at,
        "started_at": clock.plan.started_at,
        "cite": clock.plan.cite,
    }
    return {**clock.more, **known}.get(what)


def _as_counted(plan: ClockPlan) -> datetime:
    """Return the due time before any roll, also where the rule itself rolls."""
    counted = plan.inputs.get("counted")
    return datetime.fromisoformat(counted) if counted else plan.due_strict


def _sexagesimal(said: int) -> time:
    """Read a time that was written without quotes: YAML 1.1 makes one number of it."""
    minutes, seconds = divmod(said, 60) if said >= MINUTES_A_DAY else (said, 0)
    return time(minutes // 60, minutes % 60, seconds)


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _zone(case: Mapping[str, object], pack: RegulationPack) -> ZoneInfo:
    """Return the case's zone, else its place's, else one of the country, else UTC."""
    name = case.get("tz", ZONES.get(str(case.get("place"))))
    if name is None:
        own = (
            zone
            for place, zone in ZONES.items()
            if place.partition("-")[0] == pack.jurisdiction
        )
        name = next(own, "UTC")
    if not is_zone(str(name)):
        raise PackError(f"there is no time zone {name!r}")
    return ZoneInfo(str(name))
