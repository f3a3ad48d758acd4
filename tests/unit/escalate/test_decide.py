from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.decisions import Answer, Code, Decision, Outcome, Severity, Tier
from bot.domain.mentions import (
    Author,
    ChannelControl,
    Engagement,
    Mention,
    MentionKind,
    Restored,
)
from bot.domain.packs import Condition, InfluenceGroup, RouteRule
from bot.domain.tags import (
    Band,
    Doubt,
    Influence,
    Relevance,
    Sentiment,
    Signal,
    SignalKind,
    Tags,
    Topic,
)
from bot.domain.tickets import Ticket, TicketStatus
from bot.escalate.decide import Situation, decide
from tests import samples
from tests.unit.escalate.situations import (
    NOW,
    decided,
    elsewhere,
    happy,
    influence,
    mention,
    owned,
    rules,
    signal,
    tags,
    ticket,
    unhappy,
    unsure,
)
from tests.unit.rules.packs import house, rg271

QUESTION = "Do you fly to Perth on Sundays?"
GIVEAWAY = "Giveaway! Follow and RT to win, click here"


# --- what opens a ticket ----------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "made", "outcome", "rule"),
    [
        (mention(), unhappy(), Outcome.OPEN_TICKET, "house.opens.O1"),
        (owned("Third time your app ate my transfer. Fix it!"), unhappy(),
         Outcome.OPEN_TICKET, "house.opens.O1"),
        (mention(), unsure(), Outcome.OPEN_TICKET, "house.opens.O1"),
        (mention(), tags(complaint=None, complaint_score=None,
                         doubts=(Doubt.NO_COMPLAINT_MODEL,),
                         sentiment_scores={"negative": 0.8}),
         Outcome.OPEN_TICKET, "house.opens.O1"),
        (mention("ඔබේ සේවාව"), tags(language="si",
                                   doubts=(Doubt.UNSUPPORTED_LANGUAGE,)),
         Outcome.OPEN_TICKET, "house.opens.O1"),
        (elsewhere(), tags(signals=signal(SignalKind.LEGAL_THREAT)),
         Outcome.OPEN_TICKET, "house.opens.O2"),
        (mention(QUESTION), tags(), Outcome.OPEN_TICKET, "house.opens.O3"),
        (elsewhere(), unhappy(), Outcome.OPEN_TICKET, "house.opens.O4"),
        (mention(author=None), unhappy(), Outcome.OPEN_TICKET, "house.opens.O4"),
        (elsewhere("meh"), tags(sentiment=Sentiment.NEGATIVE,
                                influence=influence(Band.MEGA)),
         Outcome.OPEN_TICKET, "house.opens.O5"),
        (mention("Best crew ever, thank you!"), happy(), Outcome.RECORD_ONLY,
         "house.opens"),
        (mention("Flying with Kestrel Air tomorrow."), tags(), Outcome.RECORD_ONLY,
         "house.opens"),
        (elsewhere("Does anybody know a good airline?"), tags(),
         Outcome.RECORD_ONLY, "house.opens"),
        (owned("The ATM at Pitt St is smashed btw"), tags(), Outcome.RECORD_ONLY,
         "house.opens"),
        (mention(GIVEAWAY), tags(), Outcome.RECORD_ONLY, "house.screens.S3"),
        (mention("We're hiring baristas in Leeds."), tags(), Outcome.RECORD_ONLY,
         "house.screens.S4"),
        (mention("Sales dashboard 12:00", author=samples.author(is_declared_bot=True)),
         tags(), Outcome.RECORD_ONLY, "house.screens.S1"),
        (mention(QUESTION), tags(influence=influence(looks_automated=True)),
         Outcome.RECORD_ONLY, "house.screens.S2"),
        (mention(GIVEAWAY), unhappy(), Outcome.OPEN_TICKET, "house.opens.O1"),
        (mention(), unhappy(influence=influence(looks_automated=True)),
         Outcome.OPEN_TICKET, "house.opens.O1"),
    ],
)  # fmt: skip
def test_what_opens_a_ticket(
    what: Mention, made: Tags, outcome: Outcome, rule: str
) -> None:
    decision = decided(what, made)

    assert decision.outcome is outcome
    assert rule in rules(decision)


@pytest.mark.parametrize("kind", list(SignalKind))
def test_every_signal_opens_a_ticket_even_where_nobody_asked_us(
    kind: SignalKind,
) -> None:
    decision = decided(elsewhere("..."), tags(signals=signal(kind)))

    assert decision.outcome is Outcome.OPEN_TICKET


def test_what_is_kept_on_record_only_starts_nothing() -> None:
    decision = decided(mention("Lovely day with Kestrel Air"), happy())

    assert decision.targets == ()
    assert decision.legal_class is None
    assert decision.acknowledgement is None
    assert (decision.tier, decision.queue) == (Tier.SELF_SERVICE, "")


# --- severity, matrix, topics -----------------------------------------------------


@pytest.mark.parametrize(
    ("what", "made", "severity", "tier", "queue", "code"),
    [
        (mention(QUESTION), tags(), Severity.LOW, Tier.SELF_SERVICE, "self_service",
         Code.GREEN),
        (mention(), unhappy(), Severity.MEDIUM, Tier.AGENT, "agents", Code.GREEN),
        (mention(), unsure(), Severity.MEDIUM, Tier.AGENT, "agents", Code.GREEN),
        (mention(), unhappy(signals=signal(SignalKind.CHURN)), Severity.HIGH,
         Tier.SPECIALIST, "specialists", Code.AMBER),
        (mention(), unhappy(0.7, signals=signal(SignalKind.CHURN)), Severity.MEDIUM,
         Tier.AGENT, "agents", Code.GREEN),
        (mention(), unhappy(signals=signal(SignalKind.HARDSHIP)), Severity.HIGH,
         Tier.SPECIALIST, "hardship", Code.AMBER),
        (mention(), tags(signals=signal(SignalKind.HARDSHIP)), Severity.MEDIUM,
         Tier.SPECIALIST, "hardship", Code.GREEN),
        (mention(), unhappy(signals=signal(SignalKind.LEGAL_THREAT)), Severity.HIGH,
         Tier.ESCALATION, "legal", Code.AMBER),
        (mention(), unhappy(signals=signal(SignalKind.MEDIA)), Severity.HIGH,
         Tier.ESCALATION, "media", Code.AMBER),
        (mention(), unhappy(signals=signal(SignalKind.FRAUD)), Severity.HIGH,
         Tier.SPECIALIST, "fraud", Code.AMBER),
        (mention(), unhappy(signals=signal(SignalKind.SAFETY)), Severity.CRITICAL,
         Tier.ESCALATION, "safety", Code.RED),
        (mention(), unhappy(signals=signal(SignalKind.VULNERABILITY)),
         Severity.HIGH, Tier.ESCALATION, "care", Code.AMBER),
        (mention(), unhappy(signals=signal(SignalKind.SAFETY),
                            influence=influence(Band.MEGA)),
         Severity.CRITICAL, Tier.MANAGEMENT, "management", Code.RED),
        (mention(), unhappy(influence=influence(Band.MACRO)), Severity.MEDIUM,
         Tier.SPECIALIST, "influencer_desk", Code.AMBER),
        (mention(), unhappy(influence=influence(is_vip=True)), Severity.MEDIUM,
         Tier.ESCALATION, "escalation_team", Code.AMBER),
        # A lawyer with 200 followers is no ordinary author.
        (mention(), unhappy(influence=influence(roles=("lawyer",))), Severity.MEDIUM,
         Tier.ESCALATION, "legal", Code.AMBER),
        (mention(QUESTION), tags(influence=influence(roles=("journalist",))),
         Severity.LOW, Tier.ESCALATION, "media", Code.AMBER),
        (mention(engagement=Engagement(reposts=40, quotes=10)), unhappy(),
         Severity.HIGH, Tier.SPECIALIST, "specialists", Code.AMBER),
        (mention(engagement=Engagement(reposts=500)), unhappy(), Severity.CRITICAL,
         Tier.ESCALATION, "escalation_team", Code.RED),
        (mention("Unacceptable, the worst airline"),
         unhappy(0.97, sentiment_scores={"negative": 0.96}), Severity.HIGH,
         Tier.SPECIALIST, "specialists", Code.AMBER),
        (elsewhere(), unhappy(), Severity.MEDIUM, Tier.AGENT, "watch", Code.GREEN),
        (elsewhere(), unhappy(signals=signal(SignalKind.CHURN)), Severity.HIGH,
         Tier.SPECIALIST, "specialists", Code.AMBER),
    ],
)  # fmt: skip
def test_where_a_new_ticket_goes(
    what: Mention,
    made: Tags,
    severity: Severity,
    tier: Tier,
    queue: str,
    code: Code,
) -> None:
    decision = decided(what, made)

    assert decision.outcome is Outcome.OPEN_TICKET
    assert (decision.severity, decision.tier, decision.queue, decision.code) == (
        severity,
        tier,
        queue,
        code,
    )


def test_a_ticket_promises_what_its_cell_says() -> None:
    decision = decided(mention(), unhappy(influence=influence(Band.MACRO)))

    promised = {target.rule: target.within for target in decision.targets}
    assert promised == {
        "first_response": timedelta(hours=2),
        "resolution": timedelta(days=2),
    }
    assert all("closed" in target.met_by for target in decision.targets)
    assert "acknowledged" not in decision.targets[0].met_by


def test_doubt_can_only_make_it_worse() -> None:
    sure = decided(mention(), tags())
    doubtful = decided(
        mention(), tags(sentiment_scores={"negative": 0.5}, doubts=(Doubt.TOO_SHORT,))
    )

    assert doubtful.severity.rank >= sure.severity.rank


# --- legal clocks -----------------------------------------------------------------


def test_a_complaint_in_scope_starts_the_standard_clocks() -> None:
    decision = decided(owned("Your app ate my transfer. Fix it!"), unhappy())

    assert decision.scope.verdict is Answer.YES
    assert decision.legal_class == "standard"
    assert not decision.provisional
    assert decision.regulation_pack == rg271().ref
    assert decision.house_pack == house().ref


def test_a_doubt_starts_them_provisionally() -> None:
    decision = decided(mention(), unsure())

    assert decision.scope.verdict is Answer.NEEDS_HUMAN
    assert decision.legal_class == "standard"
    assert decision.provisional


def test_somebody_elses_channel_starts_none() -> None:
    decision = decided(elsewhere(), unhappy())

    assert decision.scope.verdict is Answer.NO
    assert decision.legal_class is None
    assert not decision.provisional


def test_what_was_said_before_the_pack_was_in_force_starts_none() -> None:
    old = mention(published_at=datetime(2021, 10, 4, 9, 59, tzinfo=UTC))
    first = mention(published_at=datetime(2021, 10, 4, 10, 0, tzinfo=UTC))

    assert decided(old, unhappy()).legal_class is None
    assert decided(first, unhappy()).legal_class == "standard"


# --- amplification ----------------------------------------------------------------


def test_a_repost_adds_reach_and_opens_nothing() -> None:
    repost = mention(kind=MentionKind.REPOST, amplifies="m-0")

    decision = decided(repost, unhappy(), parent_ticket=ticket())

    assert decision.outcome is Outcome.ADD_REACH
    assert decision.severity is Severity.LOW
    assert decision.targets == ()
    assert decision.acknowledgement is None
    assert decision.legal_class is None


def test_a_repost_of_what_has_no_ticket_is_kept_on_record() -> None:
    repost = mention(kind=MentionKind.REPOST, amplifies="m-0")

    decision = decided(repost, unhappy(signals=signal(SignalKind.SAFETY)))

    assert decision.outcome is Outcome.RECORD_ONLY


def test_a_quote_that_adds_nothing_is_reach() -> None:
    quote = mention("look at this", kind=MentionKind.QUOTE, amplifies="m-0")

    decision = decided(quote, tags(), parent_ticket=ticket())

    assert decision.outcome is Outcome.ADD_REACH


@pytest.mark.parametrize(
    "made", [unhappy(), unsure(), tags(signals=signal(SignalKind.MEDIA))]
)
def test_a_quote_with_words_of_its_own_is_a_mention_of_its_own(made: Tags) -> None:
    quote = mention("me too", kind=MentionKind.QUOTE, amplifies="m-0")

    decision = decided(quote, made, parent_ticket=ticket())

    assert decision.outcome is Outcome.OPEN_TICKET


def test_an_influencer_who_carries_an_open_complaint_further_raises_it() -> None:
    repost = mention(kind=MentionKind.REPOST, amplifies="m-0")
    parent = ticket(severity=Severity.HIGH, tier=Tier.SPECIALIST, queue="specialists")

    decision = decided(
        repost, tags(influence=influence(Band.MEGA)), parent_ticket=parent
    )

    assert decision.outcome is Outcome.ADD_REACH
    assert (decision.tier, decision.code) == (Tier.ESCALATION, Code.RED)
    assert decision.queue == "escalation_team"


def test_a_closed_parent_only_gets_the_reach() -> None:
    repost = mention(kind=MentionKind.REPOST, amplifies="m-0")
    parent = ticket(status=TicketStatus.CLOSED, severity=Severity.HIGH)

    decision = decided(
        repost, tags(influence=influence(Band.MEGA)), parent_ticket=parent
    )

    assert decision.outcome is Outcome.ADD_REACH
    assert decision.tier is parent.tier


def test_a_repost_inside_an_open_conversation_adds_reach_to_its_ticket() -> None:
    repost = mention(kind=MentionKind.REPOST, amplifies="m-0")

    decision = decided(repost, tags(), open_ticket=ticket())

    assert decision.outcome is Outcome.ADD_REACH


# --- joining ----------------------------------------------------------------------


def test_a_mention_in_an_open_conversation_joins_its_ticket() -> None:
    decision = decided(mention("Thanks, that helps"), happy(), open_ticket=ticket())

    assert decision.outcome is Outcome.JOIN_TICKET
    assert decision.severity is Severity.LOW
    assert decision.targets == ()
    assert decision.acknowledgement is None


def test_a_new_complaint_in_the_conversation_raises_the_ticket() -> None:
    decision = decided(
        mention(), unhappy(signals=signal(SignalKind.SAFETY)), open_ticket=ticket()
    )

    assert decision.outcome is Outcome.JOIN_TICKET
    assert decision.severity is Severity.CRITICAL
    assert (decision.tier, decision.queue) == (Tier.ESCALATION, "safety")
    assert decision.code is Code.RED
    assert decision.legal_class == "standard"
    assert decision.acknowledgement is not None
    assert {target.rule for target in decision.targets} == {
        "first_response",
        "resolution",
    }


def test_praise_lowers_nothing() -> None:
    high = ticket(
        severity=Severity.CRITICAL, tier=Tier.MANAGEMENT, queue="legal", code=Code.RED
    )

    decision = decided(mention("Thank you!"), happy(), open_ticket=high)

    assert (decision.severity, decision.tier, decision.code, decision.queue) == (
        high.severity,
        high.tier,
        high.code,
        "management",
    )


def test_a_queue_that_stands_high_enough_is_kept() -> None:
    legal = ticket(severity=Severity.HIGH, tier=Tier.ESCALATION, queue="legal")

    decision = decided(
        mention(), unhappy(signals=signal(SignalKind.FRAUD)), open_ticket=legal
    )

    assert decision.queue == "legal"


def test_a_queue_of_an_older_pack_is_left_alone() -> None:
    old = ticket(queue="attic", tier=Tier.ESCALATION)

    decision = decided(mention(), unhappy(), open_ticket=old)

    assert decision.queue == "attic"


@pytest.mark.parametrize(
    ("complaint", "legal_class"),
    [
        (Answer.NO, "standard"),
        (Answer.NEEDS_HUMAN, "standard"),
        (Answer.YES, None),
    ],
)
def test_clocks_of_a_confirmed_complaint_run_from_its_first(
    complaint: Answer, legal_class: str | None
) -> None:
    decision = decided(mention(), unhappy(), open_ticket=ticket(complaint=complaint))

    assert decision.legal_class == legal_class


def test_the_same_author_is_acknowledged_once() -> None:
    known = ticket(complaint=Answer.YES)

    again = decided(mention(), unhappy(), open_ticket=known, is_authors_first=False)
    first = decided(mention(), unhappy(), open_ticket=known)

    assert again.acknowledgement is None
    assert first.acknowledgement is not None


@pytest.mark.parametrize(
    "situation",
    [
        {"open_ticket": ticket(complaint=Answer.NO)},
        {"open_ticket": ticket(complaint=Answer.YES), "is_settled": True},
    ],
)
def test_a_complaint_whose_clocks_begin_gets_a_word_though_its_author_had_one(
    situation: dict[str, Any],
) -> None:
    decision = decided(mention(), unhappy(), is_authors_first=False, **situation)

    assert decision.acknowledgement is not None
    assert decision.acknowledgement.needs_approval
    assert decision.reasons[-1].rule == "house.acknowledgement.again"


def test_what_was_said_before_the_complaint_starts_its_clocks_anew() -> None:
    known, said = ticket(complaint=Answer.YES), mention()

    earlier = decided(
        said,
        unhappy(),
        open_ticket=known,
        clocks_since=said.published_at + timedelta(seconds=1),
    )
    later = decided(said, unhappy(), open_ticket=known, clocks_since=said.published_at)

    assert earlier.legal_class == "standard"
    assert any("they run from this" in reason.text for reason in earlier.reasons)
    assert later.legal_class is None


@pytest.mark.parametrize("around", [{}, {"open_ticket": ticket()}])
def test_a_doubt_that_a_screen_settles_leaves_nobody_waiting(
    around: dict[str, Any],
) -> None:
    decision = decided(mention(GIVEAWAY), unhappy(0.5), **around)

    assert decision.scope.dissatisfaction.answer is Answer.NEEDS_HUMAN
    assert decision.scope.verdict is Answer.NO
    assert decision.scope.exclusion == "house.screens.S3"
    assert decision.legal_class is None


def test_a_repost_is_no_complaint_of_its_own() -> None:
    repost = mention(kind=MentionKind.REPOST, amplifies="p")

    decision = decided(repost, unhappy())

    assert decision.outcome is Outcome.RECORD_ONLY
    assert decision.scope.verdict is Answer.NO
    assert decision.scope.exclusion == "house.reach"
    assert decision.scope.dissatisfaction.answer is Answer.YES


@given(st.sampled_from([tags(), unhappy(), unhappy(0.5), unsure(), happy()]),
       st.sampled_from([mention(), mention(GIVEAWAY), mention(QUESTION),
                        mention("[removed]"), elsewhere(), owned("It broke."),
                        mention(kind=MentionKind.REPOST, amplifies="p"),
                        mention(kind=MentionKind.QUOTE, amplifies="p")]),
       st.sampled_from([None, ticket(), ticket(complaint=Answer.YES)]))  # fmt: skip
def test_whoever_must_be_looked_at_has_a_clock_or_a_confirmed_ticket(
    made: Tags, what: Mention, known: Ticket | None
) -> None:
    decision = decided(what, made, open_ticket=known)

    if decision.scope.verdict is Answer.NEEDS_HUMAN:
        is_confirmed = known is not None and known.complaint is Answer.YES
        assert decision.legal_class is not None or is_confirmed


def test_advertising_in_a_conversation_joins_without_any_weight() -> None:
    decision = decided(mention(GIVEAWAY), tags(), open_ticket=ticket())

    assert decision.outcome is Outcome.JOIN_TICKET
    assert decision.severity is Severity.LOW
    assert "house.screens.S3" in rules(decision)
    assert decision.acknowledgement is None


# --- acknowledgement --------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "made", "template", "needs_approval"),
    [
        (mention(), unhappy(), "en/complaint", False),
        (mention(), unsure(), "en/complaint", True),
        (mention(), unhappy(0.5), "en/complaint", True),
        (mention(QUESTION), unhappy(0.5), "en/question", False),
        (mention(QUESTION), unsure(), "en/question", True),
        (mention(QUESTION), tags(), "en/question", False),
        (owned(QUESTION, is_addressed=False), tags(), "en/question", False),
        (mention("你们怎么处理？", language_hint=None), unhappy(language="zh"),
         "zh/complaint", False),
        (mention("你们怎么处理？", language_hint="zh-CN"),
         unhappy(language="zh", doubts=(Doubt.UNSUPPORTED_LANGUAGE,)),
         "zh/question", True),
        (mention(QUESTION, language_hint="es"), tags(language="es-MX"), "es/question",
         False),
        (mention(language_hint="en"), unhappy(language="de"), "en/complaint", True),
        (mention("Slow bank! I made 3x my salary, inbox him"), unhappy(),
         "en/complaint", True),
        (mention(), unhappy(language="sw"), "en/complaint", True),
        (mention(), unhappy(language_score=0.3), "en/complaint", True),
        (mention(), unhappy(doubts=(Doubt.UNKNOWN_LANGUAGE,)), "en/complaint", True),
        (mention(), unhappy(influence=influence(Band.MACRO)), "en/complaint", True),
        (mention(), unhappy(influence=influence(is_vip=True)), "en/complaint", True),
        (mention(), unhappy(signals=signal(SignalKind.LEGAL_THREAT)), "en/complaint",
         True),
        (mention(), unhappy(signals=signal(SignalKind.SAFETY)), "en/complaint", True),
        (mention(), unhappy(signals=signal(SignalKind.MEDIA)), "en/complaint", True),
        (mention(), unhappy(signals=signal(SignalKind.FRAUD)), "en/complaint", True),
        (mention(engagement=Engagement(reposts=900)), unhappy(), "en/complaint", True),
        (mention(), unhappy(influence=influence(looks_automated=True)),
         "en/complaint", True),
        (mention(QUESTION), tags(doubts=(Doubt.MAY_BE_IRONIC,)), "en/question", True),
        (mention(), unhappy(others={"hate": {"no": 0.3, "yes": 0.7}}), "en/complaint",
         True),
        (mention(QUESTION), tags(others={"offensive": {"no": 0.1, "yes": 0.9}}),
         "en/question", True),
        (mention(), unhappy(others={"hate": {"no": 0.4, "yes": 0.6},
                                    "emotion": {"anger": 0.9, "joy": 0.1}}),
         "en/complaint", False),
    ],
)  # fmt: skip
def test_who_is_acknowledged_and_with_whose_yes(
    what: Mention, made: Tags, template: str, needs_approval: bool
) -> None:
    decision = decided(what, made)

    assert decision.acknowledgement is not None
    assert decision.acknowledgement.template == template
    assert decision.acknowledgement.needs_approval is needs_approval


def test_abuse_waits_for_a_person_even_where_the_policy_asks_for_nobody() -> None:
    lenient = replace(
        house(), acknowledgement=replace(house().acknowledgement, approval=())
    )
    rude = unhappy(others={"offensive": {"no": 0.2, "yes": 0.8}})
    situation = Situation(mention=mention(), tags=rude)

    decision = decide(situation, lenient, rg271(), NOW)

    assert decision.acknowledgement is not None
    assert decision.acknowledgement.needs_approval
    assert decision.reasons[-1].rule == "house.acknowledgement.abuse"
    assert decision.reasons[-1].text == (
        "it sounds hateful or offensive: a person must agree to the acknowledgement"
    )


@pytest.mark.parametrize(
    ("what", "made", "rule"),
    [
        (mention(is_addressed=False), unhappy(), "N1"),
        (mention(is_public=False), unhappy(), "N2"),
        (mention(QUESTION, author=None), unhappy(), "N3"),
        (mention(QUESTION, author=samples.author(is_declared_bot=True)),
         unhappy(signals=signal(SignalKind.CHURN)), "N4"),
        (owned("Same here, fix it!", is_addressed=False, kind=MentionKind.REPLY),
         unhappy(), "N6"),
        (mention(), unhappy(influence=influence(roles=("regulator",))), "N7"),
    ],
)  # fmt: skip
def test_who_is_never_answered_by_a_bot(what: Mention, made: Tags, rule: str) -> None:
    decision = decided(what, made)

    assert decision.outcome is Outcome.OPEN_TICKET
    assert decision.acknowledgement is None
    assert f"house.acknowledgement.{rule}" in rules(decision)


def test_nobody_is_answered_by_a_bot_in_the_thread_of_a_red_ticket() -> None:
    known = ticket(severity=Severity.CRITICAL, code=Code.RED, tier=Tier.ESCALATION,
                   queue="care")  # fmt: skip

    decision = decided(owned(QUESTION), tags(), open_ticket=known)

    assert decision.outcome is Outcome.JOIN_TICKET
    assert decision.acknowledgement is not None
    assert decision.acknowledgement.needs_approval


@pytest.mark.parametrize(
    ("what", "made", "queue"),
    [
        (mention("We have asked them for data."),
         tags(influence=influence(roles=("regulator",))), "legal"),
        (elsewhere("New figures are out."),
         tags(influence=influence(roles=("regulator",))), "legal"),
        (mention("I have asked for figures."),
         tags(influence=influence(Band.MACRO, roles=("journalist",))), "media"),
        (elsewhere("Down for the third time."),
         unhappy(influence=influence(Band.MACRO, roles=("journalist",))), "media"),
        (elsewhere(), unhappy(influence=influence(Band.MACRO)), "influencer_desk"),
    ],
)  # fmt: skip
def test_regulators_and_the_press_reach_a_person_whatever_they_say(
    what: Mention, made: Tags, queue: str
) -> None:
    decision = decided(what, made)

    assert decision.outcome is Outcome.OPEN_TICKET
    assert decision.queue == queue


def test_a_journalist_who_praises_us_opens_nothing() -> None:
    made = happy(influence=influence(roles=("journalist",)))

    assert decided(mention("Best crew ever."), made).outcome is Outcome.RECORD_ONLY


@pytest.mark.parametrize(
    ("queue", "after"), [("escalation_team", "media"), ("legal", "legal")]
)
def test_a_topic_takes_a_ticket_out_of_its_tiers_common_queue(
    queue: str, after: str
) -> None:
    known = ticket(severity=Severity.HIGH, tier=Tier.ESCALATION, queue=queue)
    made = unhappy(signals=signal(SignalKind.MEDIA))

    decision = decided(mention(), made, open_ticket=known)

    assert decision.tier is Tier.ESCALATION
    assert decision.queue == after


def test_a_bystander_elsewhere_moves_no_ticket_out_of_its_queue() -> None:
    known = ticket(severity=Severity.MEDIUM, tier=Tier.AGENT, queue="agents")

    decision = decided(elsewhere("same here"), unhappy(), open_ticket=known)

    assert decision.queue == "agents"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("[removed]", Outcome.RECORD_ONLY),
        ("[deleted]", Outcome.RECORD_ONLY),
        ("My post was [removed], why?", Outcome.OPEN_TICKET),
    ],
)
def test_a_text_that_was_taken_back_opens_nothing(text: str, outcome: Outcome) -> None:
    made = unsure(language="und")

    assert decided(owned(text), made).outcome is outcome


def test_a_watched_complaint_is_not_answered() -> None:
    decision = decided(elsewhere(), unhappy())

    assert decision.acknowledgement is None


def test_an_old_mention_is_acknowledged_with_a_persons_yes() -> None:
    decision = decided(mention(), unhappy(), now=NOW + timedelta(days=3))

    assert decision.acknowledgement is not None
    assert decision.acknowledgement.needs_approval
    assert "house.acknowledgement.A5" in rules(decision)


# --- reasons ----------------------------------------------------------------------


def test_reasons_stand_in_the_order_in_which_they_applied() -> None:
    decision = decided(mention(), unhappy())

    assert rules(decision) == [
        "271.27",
        "271.27, 271.30",
        "271.32(a)",
        "271.32(a)",
        "271.27, 271.32(a)",
        "house.severity.M1",
        "house.matrix.medium.ordinary",
        "house.opens.O1",
        "271.35, 271.106",
        "house.acknowledgement",
    ]


def test_praise_that_may_be_ironic_is_looked_at_by_a_person() -> None:
    said = owned("Great, lost my bag again. Love it.")

    sincere, doubtful = (
        decided(said, happy()),
        decided(said, happy(doubts=(Doubt.MAY_BE_IRONIC,))),
    )

    assert sincere.outcome is Outcome.RECORD_ONLY
    assert doubtful.outcome is Outcome.OPEN_TICKET
    assert doubtful.scope.verdict is Answer.NEEDS_HUMAN
    assert "may_be_ironic" in doubtful.reasons[0].text
    assert doubtful.provisional
    assert doubtful.acknowledgement is not None
    assert doubtful.acknowledgement.needs_approval


def test_no_reason_repeats_the_authors_words() -> None:
    secret = "zebra-umbrella refund"

    decision = decided(mention(secret), unhappy())

    assert not any("zebra" in reason.text for reason in decision.reasons)


# --- properties -------------------------------------------------------------------

SCORES = st.floats(0, 1)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from([QUESTION, GIVEAWAY, "fyi", "hr department, worst employer"]),
)
AUTHORS = st.none() | st.builds(
    Author,
    external_id=st.text(max_size=3),
    handle=st.text(max_size=3),
    is_declared_bot=st.booleans(),
)
INSTANTS = st.datetimes(
    min_value=datetime(2000, 1, 2),  # noqa: DTZ001 - the zone is drawn beside it
    max_value=datetime(9999, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
COUNTS = st.integers(0, 1000)
MENTIONS = st.builds(
    Mention,
    channel=st.just("agora"),
    external_id=st.just("m-1"),
    brand=st.just("Kestrel Air"),
    conversation=st.just("c-1"),
    text=TEXTS,
    published_at=INSTANTS,
    kind=st.sampled_from(MentionKind),
    author=AUTHORS,
    amplifies=st.none() | st.just("m-0"),
    control=st.sampled_from(ChannelControl),
    is_addressed=st.booleans(),
    is_public=st.booleans(),
    engagement=st.builds(Engagement, reposts=COUNTS, quotes=COUNTS),
)
TAGS = st.builds(
    Tags,
    sentiment=st.sampled_from(Sentiment),
    sentiment_scores=st.dictionaries(st.sampled_from(Sentiment), SCORES),
    complaint=st.none() | st.booleans(),
    complaint_score=st.none() | SCORES,
    language=st.sampled_from(["en", "es", "zh-Hant", "tlh", "", "und"]),
    language_score=SCORES,
    influence=st.builds(
        Influence,
        score=st.floats(0, 100),
        band=st.sampled_from(Band),
        is_vip=st.booleans(),
        roles=st.just(()) | st.just(("lawyer",)) | st.just(("journalist",)),
        looks_automated=st.booleans(),
    ),
    model=st.just("m"),
    signals=st.lists(
        st.builds(Signal, kind=st.sampled_from(SignalKind), words=st.just(("x",))),
        max_size=2,
    ).map(tuple),
    doubts=st.lists(st.sampled_from(Doubt), max_size=2).map(tuple),
    others=st.sampled_from([{}, {"hate": {"no": 0.2, "yes": 0.8}}]),
)
TICKETS = st.builds(
    ticket,
    severity=st.sampled_from(Severity),
    tier=st.sampled_from(Tier),
    code=st.sampled_from(Code),
    complaint=st.sampled_from(Answer),
    status=st.sampled_from(TicketStatus),
    queue=st.sampled_from(["self_service", "agents", "legal", "management", "gone"]),
)
SITUATIONS = st.builds(
    Situation,
    mention=MENTIONS,
    tags=TAGS,
    open_ticket=st.none()
    | TICKETS.map(lambda one: replace(one, status=TicketStatus.OPEN)),
    parent_ticket=st.none() | TICKETS,
    is_authors_first=st.booleans(),
)


def made_of(situation: Situation, now: datetime) -> Decision:
    return decide(situation, house(), rg271(), now)


@given(situation=SITUATIONS, now=INSTANTS)
def test_deciding_is_total_and_pure(situation: Situation, now: datetime) -> None:
    once, twice = made_of(situation, now), made_of(situation, now)

    assert once == twice
    assert once.reasons
    assert all(reason.rule and reason.text for reason in once.reasons)
    if once.outcome in {Outcome.OPEN_TICKET, Outcome.JOIN_TICKET}:
        assert once.queue in house().queues or once.queue == "gone"


@given(situation=SITUATIONS, now=INSTANTS)
def test_no_open_ticket_is_ever_lowered(situation: Situation, now: datetime) -> None:
    decision = made_of(situation, now)

    known: Ticket | None = None
    if decision.outcome is Outcome.JOIN_TICKET:
        known = situation.open_ticket
    if decision.outcome is Outcome.ADD_REACH:
        known = situation.parent_ticket or situation.open_ticket
    if known is not None:
        assert decision.severity.rank >= known.severity.rank
        assert decision.tier >= known.tier
        assert decision.code.rank >= known.code.rank


@given(situation=SITUATIONS, now=INSTANTS)
def test_one_open_ticket_a_conversation(situation: Situation, now: datetime) -> None:
    decision = made_of(situation, now)

    if situation.open_ticket is not None:
        assert decision.outcome in {Outcome.JOIN_TICKET, Outcome.ADD_REACH}
    else:
        assert decision.outcome is not Outcome.JOIN_TICKET


@given(situation=SITUATIONS, now=INSTANTS)
def test_no_possible_complaint_is_left_without_a_ticket(
    situation: Situation, now: datetime
) -> None:
    decision = made_of(situation, now)
    amplifies = situation.mention.kind in {MentionKind.REPOST, MentionKind.QUOTE} or (
        situation.mention.amplifies is not None
    )

    if decision.scope.verdict is Answer.YES and not amplifies:
        assert decision.outcome in {Outcome.OPEN_TICKET, Outcome.JOIN_TICKET}


@given(situation=SITUATIONS, now=INSTANTS)
def test_nobody_is_answered_unasked_or_in_private(
    situation: Situation, now: datetime
) -> None:
    decision = made_of(situation, now)

    if decision.acknowledgement is not None:
        mention_ = situation.mention
        is_ours = mention_.control is ChannelControl.OWNED
        assert mention_.is_addressed or is_ours
        assert mention_.is_public
        assert mention_.author is not None
        assert not mention_.author.is_declared_bot
        assert not situation.tags.has(SignalKind.VULNERABILITY)
        if situation.tags.influence.is_influencer or situation.tags.is_abusive:
            assert decision.acknowledgement.needs_approval


CERTAINTY = (Answer.NO, Answer.NEEDS_HUMAN, Answer.YES)


@given(situation=SITUATIONS, now=INSTANTS)
def test_a_doubt_about_irony_lowers_nothing(
    situation: Situation, now: datetime
) -> None:
    made = situation.tags
    doubts = tuple(one for one in made.doubts if one is not Doubt.MAY_BE_IRONIC)
    plain, doubted = (
        made_of(replace(situation, tags=replace(made, doubts=each)), now)
        for each in (doubts, (*doubts, Doubt.MAY_BE_IRONIC))
    )

    for fact in ("dissatisfaction", "response_expected"):
        before, after = plain.scope.facts[fact], doubted.scope.facts[fact]
        assert CERTAINTY.index(after.answer) >= CERTAINTY.index(before.answer)
    verdicts = [one.scope.verdict for one in (plain, doubted)]
    assert verdicts == sorted(verdicts, key=CERTAINTY.index)
    if plain.outcome is doubted.outcome:
        assert doubted.severity.rank >= plain.severity.rank
        assert doubted.tier >= plain.tier
    if plain.acknowledgement is not None:
        assert doubted.acknowledgement is not None
        if plain.acknowledgement.needs_approval:
            assert doubted.acknowledgement.needs_approval


# --- relevance --------------------------------------------------------------------


FRUIT = Relevance(is_relevant=False, rule="exclude.fruit", text="the fruit")


def test_what_is_about_something_else_is_set_aside_with_its_rule() -> None:
    made = decided(mention("Baked a pie today."), tags(relevance=FRUIT))

    assert made.outcome is Outcome.SET_ASIDE
    assert (made.queue, made.tier, made.legal_class) == ("", 0, None)
    assert made.acknowledgement is None
    assert rules(made)[-1] == "relevance.exclude.fruit"
    assert made.reasons[-1].text == "the fruit: set aside"


@pytest.mark.parametrize(
    ("made", "around", "why"),
    [
        (unhappy(), {}, "it complains"),
        (unsure(), {}, "it may complain"),
        (
            tags(complaint=None, complaint_score=None, doubts=(Doubt.TRUNCATED,)),
            {},
            "it may complain",
        ),
        (
            tags(signals=signal(SignalKind.SAFETY)),
            {},
            "there is a sign of urgency",
        ),
        (tags(), {"open_ticket": ticket()}, "it belongs to a ticket"),
        (
            tags(),
            {"parent_ticket": ticket(status=TicketStatus.CLOSED)},
            "it belongs to a ticket",
        ),
    ],
)
def test_what_a_person_must_see_is_never_set_aside(
    made: Tags, around: dict[str, Any], why: str
) -> None:
    kept = decided(mention(QUESTION), replace(made, relevance=FRUIT), **around)

    assert kept.outcome in {Outcome.OPEN_TICKET, Outcome.JOIN_TICKET}
    [told] = [one.text for one in kept.reasons if one.rule == "relevance.exclude.fruit"]
    assert why in told


FOREIGN = tags(doubts=(Doubt.UNSUPPORTED_LANGUAGE,))


def test_examples_settle_no_doubt() -> None:
    by_examples = replace(FRUIT, rule="examples", score=0.99)

    made = decided(mention(QUESTION), replace(FOREIGN, relevance=by_examples))

    assert made.outcome is Outcome.OPEN_TICKET
    assert "it may complain" in next(
        one.text for one in made.reasons if one.rule == "relevance.examples"
    )


def test_advice_sets_nothing_aside_and_the_decision_says_so() -> None:
    advice = replace(FRUIT, rule="examples", score=0.99, is_advice=True)

    made = decided(mention(QUESTION), replace(tags(), relevance=advice))

    assert made.outcome is Outcome.OPEN_TICKET
    assert "yet examples only advise" in next(
        one.text for one in made.reasons if one.rule == "relevance.examples"
    )


def test_a_rule_settles_a_doubt_in_which_no_complaint_is_heard() -> None:
    made = decided(mention(QUESTION), replace(FOREIGN, relevance=FRUIT))

    assert made.outcome is Outcome.SET_ASIDE
    assert made.scope.verdict is Answer.NO
    assert made.scope.exclusion == "relevance.exclude.fruit"
    assert not made.provisional


def test_relevance_changes_nothing_but_whether_it_is_set_aside() -> None:
    plain = decided(mention(QUESTION), tags())

    relevant = decided(
        mention(QUESTION), tags(relevance=replace(FRUIT, is_relevant=True))
    )

    assert relevant == plain


def test_a_repost_of_something_else_only_carries_it_further() -> None:
    said = mention(kind=MentionKind.REPOST, amplifies="m-7")

    assert decided(said, tags(relevance=FRUIT)).outcome is Outcome.RECORD_ONLY


def test_what_a_person_brought_back_is_not_set_aside_again() -> None:
    made = decided(
        mention(QUESTION), tags(relevance=FRUIT), restored_as=Restored.RELEVANT
    )

    assert made.outcome is Outcome.OPEN_TICKET
    assert made.scope.verdict is Answer.NO
    assert "relevance.restored" in rules(made)


def test_what_a_person_brought_back_as_a_complaint_is_one() -> None:
    made = decided(
        mention("Nice pie."), tags(relevance=FRUIT), restored_as=Restored.COMPLAINT
    )

    assert made.outcome is Outcome.OPEN_TICKET
    assert made.scope.verdict is Answer.YES
    assert made.scope.dissatisfaction.reason == "a person says so"
    assert (made.legal_class, made.provisional) == ("standard", False)


# --- signals with scores -----------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "is_met"),
    [((0.7,), True), ((0.5,), False), ((0.5, 0.7), True), ((None,), True), ((), False)],
)
def test_a_condition_can_ask_how_likely_a_signal_is(
    scores: tuple[float | None, ...], is_met: bool
) -> None:
    pack = house()
    route = RouteRule(
        id="T1",
        text="a likely threat",
        when=Condition(signals_from={SignalKind.LEGAL_THREAT: 0.6}),
        queue=pack.tiers[Tier.SPECIALIST],
        tier=Tier.SPECIALIST,
    )
    found = tuple(
        Signal(kind=SignalKind.LEGAL_THREAT, words=("...",), score=one)
        for one in scores
    )
    situation = Situation(mention=mention(), tags=unhappy(signals=found))

    made = decide(situation, replace(pack, routes=(route,)), rg271(), NOW)

    assert ("house.routes.T1" in rules(made)) is is_met


@pytest.mark.parametrize("kind", SignalKind)
@pytest.mark.parametrize("control", ChannelControl)
def test_a_doubtful_signal_calls_a_person_as_a_sure_one_does(
    kind: SignalKind, control: ChannelControl
) -> None:
    """The shipped house asks for no score, so that no doubt can lower anything."""

    def made(score: float) -> Decision:
        found = (Signal(kind=kind, words=("...",), score=score),)
        situation = Situation(
            mention=mention(control=control), tags=tags(signals=found)
        )
        return decide(situation, house(), rg271(), NOW)

    assert made(0.05) == made(0.95)


# --- topics -----------------------------------------------------------------------


def with_route(*topics: str) -> Any:
    pack = house()
    route = RouteRule(
        id="T1",
        text="about baggage",
        when=Condition(topics_any=topics),
        queue=pack.tiers[Tier.SPECIALIST],
        tier=Tier.SPECIALIST,
    )
    return replace(pack, routes=(route,))


@pytest.mark.parametrize(
    ("topic", "routed"),
    [
        (Topic(name="baggage", score=0.8), True),
        (Topic(name="baggage", score=0.4), False),
        (Topic(name="billing", score=0.8), False),
        (None, False),
    ],
)
def test_a_topic_is_routed_where_it_is_sure(topic: Topic | None, routed: bool) -> None:
    situation = Situation(mention=mention(), tags=unhappy(topic=topic))

    made = decide(situation, with_route("baggage"), rg271(), NOW)

    assert ("house.routes.T1" in rules(made)) is routed


@pytest.mark.parametrize(
    "doubt",
    [
        Doubt.UNKNOWN_LANGUAGE,
        Doubt.UNSUPPORTED_LANGUAGE,
        Doubt.TOO_SHORT,
        Doubt.TRUNCATED,
    ],
)
def test_the_topic_of_a_text_that_was_not_understood_meets_no_rule(
    doubt: Doubt,
) -> None:
    sure = Topic(name="baggage", score=0.9)
    situation = Situation(mention=mention(), tags=unhappy(topic=sure, doubts=(doubt,)))

    made = decide(situation, with_route("baggage"), rg271(), NOW)

    assert "house.routes.T1" not in rules(made)


def test_a_route_may_ask_for_the_channel_the_severity_and_the_author() -> None:
    route = RouteRule(
        id="T1",
        text="loud on x",
        when=Condition(
            channels=("x",),
            severity_from=Severity.MEDIUM,
            groups=(InfluenceGroup.ORDINARY,),
        ),
        queue="media",
        tier=Tier.ESCALATION,
        code=Code.AMBER,
        targets={"first_response": timedelta(minutes=10)},
    )
    ours = replace(house(), routes=(route, *house().routes))

    def found(channel: str) -> Decision:
        said = Situation(mention=mention(channel=channel), tags=unhappy())
        return decide(said, ours, rg271(), NOW)

    there, elsewhere = found("x"), found("reddit")

    assert (there.queue, there.tier, there.code) == ("media", 3, Code.AMBER)
    assert (elsewhere.queue, elsewhere.tier) == ("agents", 1)
    promised = {one.rule: one.within for one in there.targets}
    assert promised == {
        "first_response": timedelta(minutes=10),
        "resolution": timedelta(days=5),
    }


def test_a_route_never_lengthens_a_promise() -> None:
    route = RouteRule(
        id="T1",
        text="slow on x",
        when=Condition(),
        queue="agents",
        targets={"first_response": timedelta(days=9)},
    )
    ours = replace(house(), routes=(route,))
    said = Situation(mention=mention(), tags=unhappy())

    made = decide(said, ours, rg271(), NOW)

    promised = {one.rule: one.within for one in made.targets}
    assert promised["first_response"] == timedelta(hours=8)
