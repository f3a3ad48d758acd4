"""Signs of a need: where a ticket stands because of them, by the shipped house."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.decisions import Code, Outcome, Severity, Tier
from bot.domain.packs import Actions, CarePolicy, Helpline, Purpose
from bot.domain.tags import Band, Sign, Signal, SignalKind, Tags
from bot.domain.tickets import Ticket
from bot.escalate.care import first_aid, marked
from bot.escalate.decide import Situation, decide
from bot.escalate.matrix import targets_of
from bot.escalate.routing import queue_for
from bot.escalate.triggers import changed
from bot.rules.care import care_warnings
from tests.unit.escalate.situations import (
    NOW,
    decided,
    elsewhere,
    happy,
    influence,
    mention,
    rules,
    tags,
    ticket,
    unhappy,
)
from tests.unit.rules.packs import house, rg271, templates

CARED = {
    Sign.SELF_HARM: "care",
    Sign.FAMILY_VIOLENCE: "care",
    Sign.THREAT: "safety",
    Sign.SERIOUS_ILLNESS: "care",
    Sign.BEREAVEMENT: "care",
    Sign.CIRCUMSTANCES: "care",
    Sign.HARDSHIP: "hardship",
}
EVERY_AUTHOR = [
    influence(Band.NANO),
    influence(Band.MEGA),
    influence(is_vip=True),
    influence(roles=("lawyer",)),
    influence(roles=("journalist",)),
]


def sign(*some: Sign) -> tuple[Signal, ...]:
    kinds = {Sign.HARDSHIP: SignalKind.HARDSHIP, Sign.THREAT: SignalKind.SAFETY}
    return tuple(
        Signal(kind=kinds.get(one, SignalKind.VULNERABILITY), words=("...",), sign=one)
        for one in some
    )


def flagged(*some: Sign, **fields: object) -> Ticket:
    return marked(replace(ticket(), **fields), some, house())  # type: ignore[arg-type]


@pytest.mark.parametrize(("told", "queue"), CARED.items())
@pytest.mark.parametrize("who", EVERY_AUTHOR)
@pytest.mark.parametrize("made", [tags, unhappy, happy])
def test_a_sign_goes_to_its_people_whoever_wrote_and_whatever_else_was_said(
    told: Sign, queue: str, who: object, made: object
) -> None:
    found: Tags = made(signals=sign(told), influence=who)  # type: ignore[operator]

    decision = decided(mention(), found)

    rule = house().care.signs[told]
    assert decision.outcome is Outcome.OPEN_TICKET
    assert decision.queue == queue
    assert decision.tier >= rule.tier > Tier.SELF_SERVICE
    assert decision.severity.rank >= rule.severity.rank
    assert decision.code.rank >= rule.code.rank
    assert f"house.care.{told}" in rules(decision)


@pytest.mark.parametrize("told", CARED)
def test_no_bot_words_anything_where_there_is_a_sign(told: Sign) -> None:
    for what in (mention(), mention("How do I pay later?"), elsewhere()):
        decision = decided(what, unhappy(signals=sign(told)))

        assert decision.acknowledgement is None


def test_no_bot_speaks_to_anybody_in_a_marked_conversation() -> None:
    known = flagged(Sign.SELF_HARM)

    stranger = decided(mention(), unhappy(), open_ticket=known)

    assert stranger.acknowledgement is None
    assert "house.care.words" in rules(stranger)
    assert stranger.queue == "care"


def test_what_goes_on_after_a_marked_ticket_was_closed_is_marked_too() -> None:
    decision = decided(mention(), unhappy(), earlier_signs=(Sign.FAMILY_VIOLENCE,))

    assert decision.queue == "care"
    assert decision.acknowledgement is None


@pytest.mark.parametrize(
    ("told", "name", "within"),
    [
        (Sign.SELF_HARM, "first_response", timedelta(minutes=30)),
        (Sign.FAMILY_VIOLENCE, "first_response", timedelta(hours=1)),
        (Sign.SERIOUS_ILLNESS, "first_response", timedelta(hours=2)),
        (Sign.HARDSHIP, "first_response", timedelta(hours=4)),
        (Sign.HARDSHIP, "hardship_response", timedelta(days=21)),
    ],
)
def test_a_sign_makes_the_promise_shorter_and_says_so(
    told: Sign, name: str, within: timedelta
) -> None:
    decision = decided(mention(), tags(signals=sign(told)))

    promised = {one.rule: one for one in decision.targets}
    assert promised[name].within == within
    assert promised[name].why == house().care.signs[told].text


def test_no_sign_makes_a_promise_longer() -> None:
    for row in house().matrix.values():
        for cell in row.values():
            found = targets_of(cell.targets, (), house(), list(Sign))
            promised = {one.rule: one.within for one in found}

            assert all(promised[name] <= cell.targets[name] for name in cell.targets)
            assert promised["first_response"] <= timedelta(minutes=30)


def test_the_promise_for_hardship_ends_when_a_person_says_the_class() -> None:
    decision = decided(mention(), unhappy(signals=sign(Sign.HARDSHIP)))

    (promise,) = [one for one in decision.targets if one.rule == "hardship_response"]
    assert "classified" in promise.met_by
    assert decision.legal_class == "standard"


def test_the_gravest_of_several_signs_takes_the_queue() -> None:
    decision = decided(
        mention(), tags(signals=sign(Sign.HARDSHIP, Sign.SELF_HARM, Sign.THREAT))
    )

    assert decision.queue == "care"
    assert {f"house.care.{one}" for one in ("hardship", "self_harm", "threat")} <= set(
        rules(decision)
    )


def test_a_graver_sign_moves_a_ticket_on_and_a_lesser_one_does_not() -> None:
    poor = flagged(Sign.HARDSHIP)
    worse = decided(mention(), tags(signals=sign(Sign.SELF_HARM)), open_ticket=poor)
    grave = flagged(Sign.SELF_HARM)
    lesser = decided(mention(), tags(signals=sign(Sign.HARDSHIP)), open_ticket=grave)

    assert (poor.queue, worse.queue) == ("hardship", "care")
    assert (grave.queue, lesser.queue) == ("care", "care")


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("queue", ["self_service", "agents", "legal", "management"])
def test_no_tier_and_no_trigger_takes_a_marked_ticket_from_its_people(
    tier: Tier, queue: str
) -> None:
    known = flagged(Sign.SELF_HARM)
    then = Actions(queue=queue, tier=tier)

    moved = changed(known, then, house())

    assert moved.queue in {"care", "safety", "management"}
    assert moved.queue == ("management" if queue == "management" else "care")
    assert moved.tier >= known.tier
    assert queue_for(house(), tier=tier, queue="care", signs=known.signs) == "care"


def test_a_repost_by_a_star_leaves_a_marked_ticket_where_it_is() -> None:
    known = replace(flagged(Sign.SELF_HARM), severity=Severity.CRITICAL)
    star = happy(influence=influence(is_vip=True))
    repost = mention(amplifies="m-0")

    decision = decided(repost, star, open_ticket=known, parent_ticket=known)

    assert decision.outcome is Outcome.ADD_REACH
    assert decision.queue == "care"
    assert decision.tier is Tier.MANAGEMENT


def test_a_mark_that_the_house_no_longer_knows_changes_nothing() -> None:
    plain = replace(house(), care=CarePolicy())
    known = replace(ticket(), signs=(Sign.SELF_HARM,), queue="agents", tier=Tier.AGENT)
    situation = Situation(mention=mention(), tags=unhappy(), open_ticket=known)

    decision = decide(situation, plain, rg271(), NOW)

    assert decision.queue == "agents"
    assert decision.acknowledgement is None


def test_a_house_without_care_decides_as_if_there_were_no_signs() -> None:
    plain = replace(house(), care=CarePolicy())
    situation = Situation(mention=mention(), tags=unhappy(signals=sign(Sign.SELF_HARM)))

    decision = decide(situation, plain, rg271(), NOW)

    assert decision.queue == "agents"
    assert not [rule for rule in rules(decision) if rule.startswith("house.care")]


def test_the_agent_reads_first_what_to_do_and_whom_to_name() -> None:
    line = Helpline(name="A line", contact="see its page", verified_on=date(2026, 1, 2))
    care = replace(house().care, helplines={"AU-NSW": (line,)})
    filled = replace(house(), care=care)

    texts, lines = first_aid([Sign.SELF_HARM], filled, "AU-NSW")
    poor = first_aid([Sign.HARDSHIP], filled, "AU-NSW")
    abroad = first_aid([Sign.SELF_HARM], filled, "GB-ENG")

    assert "emergency" in texts[0]
    assert lines == (line,)
    assert poor[1] == ()
    assert abroad[1] == ()


def test_the_shipped_pack_names_no_crisis_line_and_says_that_one_is_missing() -> None:
    today = date(2026, 3, 2)

    (lacking,) = care_warnings(house(), "AU-NSW", today)

    assert house().care.helplines == {}
    assert lacking.key == ("care", "helplines")
    assert "no crisis line for AU-NSW" in lacking.words
    assert "self_harm" in lacking.words


@pytest.mark.parametrize(
    ("verified_on", "words"),
    [
        (date(2026, 3, 1), []),
        (date(2025, 8, 1), ["more than 180 days ago"]),
        (date(2026, 3, 3), ["still to come"]),
    ],
)
def test_a_crisis_line_is_trusted_for_as_long_as_somebody_rang_it_lately(
    verified_on: date, words: list[str]
) -> None:
    line = Helpline(name="A line", contact="see its page", verified_on=verified_on)
    care = replace(house().care, helplines={"AU-NSW": (line,)})

    found = list(care_warnings(replace(house(), care=care), "AU-NSW", date(2026, 3, 2)))

    assert len(found) == len(words)
    assert all(word in one.words for one, word in zip(found, words, strict=True))


def test_every_sign_has_a_rule_and_those_of_danger_are_red() -> None:
    signs = house().care.signs

    assert set(signs) == set(Sign)
    red = {one for one, rule in signs.items() if rule.code is Code.RED}
    assert red == {Sign.SELF_HARM, Sign.FAMILY_VIOLENCE, Sign.THREAT}


HEALTH = {"complain", "suicid", "self-harm", "ill ", "sick", "violen", "hardship", "!"}


def test_what_is_said_in_english_sells_nothing_and_repeats_nothing() -> None:
    wordings = templates().by_language["en"][Purpose.CARE]

    assert len(wordings) >= 2
    for wording in wordings:
        text = f" {wording.text.casefold()}"
        assert not [
            word for word in HEALTH if f" {word}" in text or word == "!" in text
        ]


def test_every_language_with_wording_has_some_for_people_in_need() -> None:
    for language, wording in templates().by_language.items():
        assert len(wording[Purpose.CARE]) >= 2, language
