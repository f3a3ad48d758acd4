"""What makes the care of people in need one that cannot be meant, or not yet whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.domain.decisions import Tier
from bot.domain.packs import CareRule, HousePack
from bot.rules.lint import (
    CONTACT_HOLDS,
    Problem,
    queue_problems,
    target_problems,
)
from bot.rules.sources import Key


def care_problems(pack: HousePack) -> Iterator[Problem]:
    """Name queues and promises that are not there, and signs that nobody meets."""
    for sign, rule in pack.care.signs.items():
        yield from _rule_problems(("care", "signs", str(sign)), rule, pack)
    for number, queue in enumerate(pack.care.also):
        at: Key = ("care", "also", number)
        yield from queue_problems(at, queue, Tier.AGENT, pack)
    for place, lines in pack.care.helplines.items():
        for number, line in enumerate(lines):
            if not (line.name.strip() and line.contact.strip()):
                words = "needs a name, and how it is reached"
                here: Key = ("care", "helplines", place, number)
                yield Problem(key=here, words=words)


def _rule_problems(at: Key, rule: CareRule, pack: HousePack) -> Iterator[Problem]:
    yield from queue_problems((*at, "queue"), rule.queue, rule.tier, pack)
    yield from target_problems(at, rule.targets, pack)
    if rule.tier is Tier.SELF_SERVICE:
        words = "no bot meets people in need: name the tier of a team"
        yield Problem(key=(*at, "tier"), words=words)
    if not rule.text.strip():
        yield Problem(key=(*at, "text"), words="says what the sign is called")
    if not rule.guidance.strip():
        words = "says what an agent does first"
        yield Problem(key=(*at, "guidance"), words=words)


def care_warnings(pack: HousePack, place: str, today: date) -> Iterator[Problem]:
    """Name what an operator has to fill in or look at again before people need it.

    Whom to ring in a crisis is another at each place, and no pack can know it.
    """
    asking = [sign for sign, rule in pack.care.signs.items() if rule.helplines]
    lines = pack.care.helplines.get(place, ())
    if asking and not lines:
        words = (
            f"there is no crisis line for {place}, which agents are to name at "
            f"{', '.join(asking)}: fill in name, contact and verified_on"
        )
        yield Problem(key=("care", "helplines"), words=words)
    for number, line in enumerate(lines):
        at: Key = ("care", "helplines", place, number, "verified_on")
        if line.verified_on > today:
            yield Problem(key=at, words=f"{line.verified_on} is still to come")
        elif today - line.verified_on > CONTACT_HOLDS:
            words = (
                f"{line.name} was verified on {line.verified_on}, more than "
                f"{CONTACT_HOLDS.days} days ago; ring it and set the date"
            )
            yield Problem(key=at, words=words)
