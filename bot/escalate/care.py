"""Signs of need on a ticket: where it stands because of them, and what moves nothing.

A sign is what a person should look at. It lives on the ticket of one conversation, so
that nothing is ever concluded about its author.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from bot.domain.decisions import Reason, Severity
from bot.domain.packs import CareRule, Helpline, HousePack
from bot.domain.tags import Sign
from bot.domain.tickets import Ticket

RULE = "house.care"


def cared_for(signs: Iterable[Sign], house: HousePack) -> tuple[Sign, ...]:
    """Keep what the house has a rule for, in the pack's order: the gravest first."""
    given = set(signs)
    return tuple(sign for sign in house.care.signs if sign in given)


def rules_for(signs: Iterable[Sign], house: HousePack) -> tuple[CareRule, ...]:
    """Return the house's rules for these signs, the gravest first."""
    return tuple(house.care.signs[sign] for sign in cared_for(signs, house))


def told(signs: Iterable[Sign], house: HousePack) -> str:
    """Name signs for people, as the house words them."""
    known = (rule.text for rule in rules_for(signs, house))
    return ", ".join(known) or "a sign of a need"


def may_lie_in(house: HousePack, signs: Iterable[Sign]) -> tuple[str, ...]:
    """Return the queues of those who are prepared for the gravest of the signs."""
    rules = rules_for(signs, house)
    own = [rule.queue for rule in rules[:1]]
    return tuple(dict.fromkeys([*own, *house.care.also])) if own else ()


def stays(house: HousePack, signs: Iterable[Sign], queue: str) -> str:
    """Return where a ticket lies, whatever would move it into this queue."""
    prepared = may_lie_in(house, signs)
    return queue if not prepared or queue in prepared else prepared[0]


def raises(
    signs: Sequence[Sign], house: HousePack, severity: Severity
) -> tuple[Severity, tuple[Reason, ...]]:
    """Return the severity that signs ask for at least, and which raised it."""
    reasons = []
    for sign in cared_for(signs, house):
        rule = house.care.signs[sign]
        if rule.severity.rank > severity.rank:
            severity = rule.severity
            words = f"{rule.text}: severity {severity}"
            reasons.append(Reason(rule=f"{RULE}.{sign}", text=words))
    return severity, tuple(reasons)


def marked(ticket: Ticket, signs: Iterable[Sign], house: HousePack) -> Ticket:
    """Return a ticket that bears these signs too, and stands as high as they ask."""
    new = cared_for(signs, house)
    borne = together(ticket.signs, new, house)
    severity, code, tier = ticket.severity, ticket.code, ticket.tier
    for rule in rules_for(new, house):
        severity = max(severity, rule.severity, key=lambda one: one.rank)
        code = max(code, rule.code, key=lambda one: one.rank)
        tier = max(tier, rule.tier)
    prepared = may_lie_in(house, borne)
    is_graver = cared_for(borne, house)[:1] != cared_for(ticket.signs, house)[:1]
    return replace(
        ticket,
        signs=borne,
        severity=severity,
        code=code,
        tier=tier,
        queue=prepared[0] if is_graver else stays(house, borne, ticket.queue),
    )


def together(
    borne: Collection[Sign], new: Collection[Sign], house: HousePack
) -> tuple[Sign, ...]:
    """Return both, the gravest first; what an earlier pack knew stays at the end."""
    cared = cared_for((*borne, *new), house)
    return (*cared, *(sign for sign in borne if sign not in cared))


def first_aid(
    signs: Iterable[Sign], house: HousePack, place: str
) -> tuple[tuple[str, ...], tuple[Helpline, ...]]:
    """Return what an agent reads first, and whom the author may be told of there."""
    rules = rules_for(signs, house)
    texts = tuple(f"{rule.text}: {rule.guidance}" for rule in rules if rule.guidance)
    lines = house.care.helplines.get(place, ())
    asks = any(rule.helplines for rule in rules)
    return texts, lines if asks else ()
