"""When a promise falls due: the arithmetic of days, holidays and zones.

The day of the start is day zero, whether or not it is a business day (RG 271.56
Note). A promise in days is kept up to 23:59:59 of the place's own last day; hours are
elapsed hours. Every plan carries two due times: ``due_strict`` as written, and
``due_legal``, which a weekend or holiday may move (Acts Interpretation Act s 36(2)).
"""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.clocks import ClockKind, ClockPlan, Force
from bot.domain.decisions import ServiceTarget
from bot.domain.packs import (
    RECEIVED,
    ClassTerm,
    ClockRule,
    DayEnd,
    HousePack,
    Party,
    RegulationPack,
    Roll,
    Unit,
)
from bot.rules.business import add_business_time, written
from bot.rules.calendars import Calendar

DAYS_A_WEEK = 7
MONTHS_A_YEAR = 12


def plan(  # noqa: PLR0913 - what the arithmetic uses, by keyword
    rule: ClockRule,
    *,
    started_at: datetime,
    calendar: Calendar,
    pack: RegulationPack,
    legal_class: str,
    provisional: bool = False,
    close: time | None = None,
) -> ClockPlan:
    """Compute one clock; ``started_at`` is the instant of its class's start event.

    Both due times are in UTC; ``close`` is when the firm's business day is over, for
    rules that end with it. Raises ``ValueError`` for a start without a zone, and where
    the class has no such clock.
    """
    if started_at.tzinfo is None:
        message = f"{rule.id}: the start has no time zone"
        raise ValueError(message)
    term = _term(rule, legal_class)
    strict = _strict(rule, legal_class, started_at, calendar, pack)
    if rule.day_ends is DayEnd.CLOSE_OF_BUSINESS and close is not None:
        strict = calendar.at(calendar.local_date(strict), close)
    counted = strict
    if rule.roll is Roll.BY_RULE:
        strict = next_business(strict, calendar)
    legal = rolled(rule, strict, calendar)
    if rule.warns_of:
        limit = pack.clocks[rule.warns_of]
        legal = max(strict, _strict(limit, legal_class, started_at, calendar, pack))
    return ClockPlan(
        rule=rule.id,
        kind=ClockKind.LEGAL,
        force=rule.force,
        cite=rule.cite,
        pack=pack.ref,
        started_at=started_at,
        due_strict=strict,
        due_legal=legal,
        met_by=rule.met_by,
        provisional=provisional,
        inputs={
            **_inputs(rule, term, legal_class, calendar, started_at, legal),
            **({"counted": counted.isoformat()} if counted != strict else {}),
        },
    )


def legal_plans(
    pack: RegulationPack,
    legal_class: str,
    received_at: datetime,
    calendar: Calendar,
    *,
    provisional: bool = False,
    event: str = RECEIVED,
) -> tuple[ClockPlan, ...]:
    """Every clock that an event starts at this instant, in the pack's order.

    None where the pack was not in force on the place's date. Raises ``ValueError`` for
    a class that the pack does not have.
    """
    if legal_class not in pack.classes:
        message = f"{pack.ref.id} has no complaint class {legal_class!r}"
        raise ValueError(message)
    if not in_force(pack, calendar.local_date(received_at)):
        return ()
    return tuple(
        plan(
            rule,
            started_at=received_at,
            calendar=calendar,
            pack=pack,
            legal_class=legal_class,
            provisional=provisional,
        )
        for rule in pack.clocks.values()
        if (term := rule.term(legal_class)) is not None and term.start == event
        # What depends on more than its start is for the whole case to say.
        if not (rule.due_with or rule.when or rule.within or rule.replaces)
        and not rule.carried_by
    )


def service_plans(
    targets: Iterable[ServiceTarget],
    started_at: datetime,
    house: HousePack,
    calendar: Calendar,
) -> tuple[ClockPlan, ...]:
    """Clocks of the house's own promises, in elapsed or in business time."""
    return tuple(
        _service_plan(target, started_at, house, calendar) for target in targets
    )


def _service_plan(
    target: ServiceTarget, started_at: datetime, house: HousePack, calendar: Calendar
) -> ClockPlan:
    inputs = {"within": f"{target.within.total_seconds():.0f} s"}
    due = started_at.astimezone(UTC) + target.within
    business = house.business
    if business is not None and target.rule in business.targets:
        due = add_business_time(started_at, target.within, business.hours, calendar)
        years = range(calendar.local_date(started_at).year, due.year + 1)
        inputs |= {
            "hours": written(business.hours),
            "place": calendar.place,
            "zone": calendar.zone.key,
            "holidays": calendar.fingerprint(years),
        }
    return ClockPlan(
        rule=target.rule,
        kind=ClockKind.SERVICE,
        force=Force.INTERNAL,
        cite=f"house {house.ref.version}" + (f", {target.why}" if target.why else ""),
        pack=house.ref,
        started_at=started_at,
        due_strict=due,
        due_legal=due,
        met_by=target.met_by,
        inputs=inputs,
    )


def in_force(pack: RegulationPack, day: date) -> bool:
    """Whether a pack governs what was received on this local date."""
    ended = pack.effective_to is not None and day > pack.effective_to
    return day >= pack.effective_from and not ended


def add_months(day: date, n: int) -> date:
    """Return the same day n months on, or that month's last day if it has none."""
    index = day.year * MONTHS_A_YEAR + day.month - 1 + n
    year, month = divmod(index, MONTHS_A_YEAR)
    last = months.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def rolled(rule: ClockRule, strict: datetime, calendar: Calendar) -> datetime:
    """Return the legal due time: the next business day's end where the rule rolls."""
    if rule.roll is not Roll.NEXT_BUSINESS_DAY:
        return strict
    return next_business(strict, calendar)


def next_business(strict: datetime, calendar: Calendar) -> datetime:
    """Return it where its day is a business day, else the end of the next one."""
    last = calendar.local_date(strict)
    day = calendar.roll(last)
    return strict if day == last else calendar.end_of(day)


def _term(rule: ClockRule, legal_class: str) -> ClassTerm:
    term = rule.term(legal_class)
    if term is None:
        message = f"{rule.id}: class {legal_class!r} has no such clock"
        raise ValueError(message)
    return term


def _strict(
    rule: ClockRule,
    legal_class: str,
    started_at: datetime,
    calendar: Calendar,
    pack: RegulationPack,
) -> datetime:
    """Count as written; the later of two where the rule says so."""
    own = _count(_term(rule, legal_class), started_at, calendar)
    if not rule.later_of:
        return own
    other = _term(pack.clocks[rule.later_of], legal_class)
    return max(own, _count(other, started_at, calendar))


def _count(term: ClassTerm, started_at: datetime, calendar: Calendar) -> datetime:
    """Add a duration to its start, in UTC."""
    if term.unit is Unit.HOURS:
        return started_at.astimezone(UTC) + timedelta(hours=term.n)
    zero = calendar.local_date(started_at)
    match term.unit:
        case Unit.BUSINESS_DAYS:
            last = calendar.business_day(zero, term.n)
        case Unit.WEEKS:
            last = zero + timedelta(days=DAYS_A_WEEK * term.n)
        case Unit.MONTHS:
            last = add_months(zero, term.n)
        case Unit.MONTH_ENDS:
            first = add_months(zero.replace(day=1), term.n)
            last = first.replace(day=months.monthrange(first.year, first.month)[1])
        case _:
            last = zero + timedelta(days=term.n)
    return calendar.end_of(last)


def _is_chance(rule: ClockRule) -> bool:
    """Whether passing it breaks nothing that the firm owes."""
    others = rule.party is not Party.FIRM
    is_extra = rule.is_chance or rule.waives or rule.holds_from or rule.excuses
    return bool(is_extra or others)


def _inputs(
    rule: ClockRule,
    term: ClassTerm,
    legal_class: str,
    calendar: Calendar,
    started_at: datetime,
    end: datetime,
) -> dict[str, str]:
    """Everything else that the arithmetic used, and what the clock does to others."""
    zero = calendar.local_date(started_at)
    years = range(zero.year, calendar.local_date(end).year + 1)
    used = {
        "class": legal_class,
        "place": calendar.place,
        "zone": calendar.zone.key,
        "day_zero": zero.isoformat(),
        "duration": f"{term.n} {term.unit}",
        "holidays": calendar.fingerprint(years),
        "roll": str(rule.roll),
        "later_of": rule.later_of,
        "warns_of": rule.warns_of,
        "waives": "" if legal_class in rule.waives_not else rule.waives,
        "unless": ",".join(rule.unless),
        "chance": "yes" if _is_chance(rule) else "",
    }
    return {key: value for key, value in used.items() if value}
