"""Whether our first public word goes out by itself, with a yes, or not at all."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.decisions import Acknowledgement, Answer, Reason
from bot.domain.packs import Expectation, HousePack, Purpose
from bot.domain.tags import Doubt, Tags
from bot.escalate import care
from bot.escalate.conditions import Picture, holds


def primary(language: str) -> str:
    """Return ``en`` for ``en-AU``: wording is kept by primary language."""
    return language.replace("_", "-").partition("-")[0].lower()


def knows_language(tags: Tags, house: HousePack, hint: str | None = None) -> bool:
    """Whether the language is sure and the house has wording in it.

    It is not sure where the platform says another one (``hint``): "cards do NOT work"
    is no German. That no model judges a language is no doubt about which one it is.
    """
    language = primary(tags.language)
    return (
        language in house.acknowledgement.languages
        and tags.language_score >= house.thresholds.language_sure
        and Doubt.UNKNOWN_LANGUAGE not in tags.doubts
        and (not hint or primary(hint) == language)
    )


def acknowledge(
    picture: Picture, house: HousePack
) -> tuple[Acknowledgement | None, tuple[Reason, ...]]:
    """Ask the policy: what it never answers, then what a person must agree to.

    Complaints in scope or in doubt and questions asked of us are acknowledged. Where
    the language is not sure, the wording is in the default language; where only the
    asking is sure, it does not say that we are sorry. No bot answers abuse alone,
    and none speaks at all where somebody may be in need, whatever the policy says.
    """
    policy, scope = house.acknowledgement, picture.scope
    in_scope = scope.verdict is not Answer.NO
    if not in_scope and picture.expectation is not Expectation.EXPLICIT:
        words = "neither a complaint in scope nor a question: no acknowledgement"
        return None, (Reason(rule="house.acknowledgement", text=words),)
    if picture.signs:
        words = f"{care.told(picture.signs, house)}: no bot speaks, a person does"
        return None, (Reason(rule=f"{care.RULE}.words", text=words),)
    for rule in policy.never:
        if holds(rule.when, picture):
            words = f"{rule.text}: no acknowledgement"
            return None, (Reason(rule=f"house.acknowledgement.{rule.id}", text=words),)
    purpose = _purpose(picture)
    language = primary(picture.tags.language)
    if not picture.language_known:
        language = policy.default_language
    template = f"{language}/{purpose}"
    asked = [
        (rule.id, rule.text) for rule in policy.approval if holds(rule.when, picture)
    ]
    if picture.tags.is_abusive:
        asked.append(("abuse", "it sounds hateful or offensive"))
    reasons = [
        Reason(
            rule=f"house.acknowledgement.{name}",
            text=f"{words}: a person must agree to the acknowledgement",
        )
        for name, words in asked
    ]
    twice = [rule for rule in house.four_eyes.rules if holds(rule.when, picture)]
    reasons += [
        Reason(
            rule=f"house.four_eyes.{rule.id}",
            text=f"{rule.text}: two people must answer for the acknowledgement",
        )
        for rule in twice
    ]
    if not reasons:
        words = f"acknowledged automatically with {template}"
        reasons.append(Reason(rule="house.acknowledgement", text=words))
    answer = Acknowledgement(template=template, needs_approval=bool(asked or twice))
    return answer, tuple(reasons)


def acknowledge_again(
    picture: Picture, house: HousePack
) -> tuple[Acknowledgement | None, tuple[Reason, ...]]:
    """Word an acknowledgement for an author who may have had one; a person must agree.

    An answer to an earlier question is none to the complaint that follows it, and its
    clock would run out in silence. Whether two words are one too many a person sees.
    """
    answer, reasons = acknowledge(picture, house)
    if answer is None:
        return None, reasons
    words = "the author was answered in this conversation: a person must agree"
    kept = [one for one in reasons if one.rule != "house.acknowledgement"]
    return replace(answer, needs_approval=True), (
        *kept,
        Reason(rule="house.acknowledgement.again", text=words),
    )


def _purpose(picture: Picture) -> Purpose:
    unhappy = picture.scope.dissatisfaction.answer
    asks = picture.expectation is Expectation.EXPLICIT
    if unhappy is Answer.NO or (unhappy is Answer.NEEDS_HUMAN and asks):
        return Purpose.QUESTION
    return Purpose.COMPLAINT
