from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.decisions import Answer, Scope
from bot.domain.mentions import ChannelControl, Mention, MentionKind
from bot.domain.packs import Expectation, ScopeOptions
from bot.domain.tags import Doubt, SignalKind, Tags
from bot.escalate.cues import count_cues
from bot.escalate.scope import Finding, examine
from tests import samples
from tests.unit.escalate.situations import (
    elsewhere,
    happy,
    mention,
    owned,
    signal,
    tags,
    unhappy,
)
from tests.unit.rules.packs import house, rg271

YES, NO, LOOK = Answer.YES, Answer.NO, Answer.NEEDS_HUMAN
RULES = rg271().scope


def found(mention: Mention, made: Tags, **options: bool) -> Finding:
    return examine(
        mention,
        made,
        cues=count_cues(mention.text, house().cues),
        rules=replace(RULES, options=ScopeOptions(**options)),
        limits=house().thresholds,
    )


def scope(mention: Mention, made: Tags, **options: bool) -> Scope:
    return found(mention, made, **options).scope


# --- the cases of the guide -------------------------------------------------------


def test_a_complaint_on_our_page_is_in_scope_and_expects_something_implicitly() -> None:
    finding = found(owned("Third time your app ate my transfer."), unhappy())

    assert finding.scope.verdict is YES
    assert finding.expectation is Expectation.IMPLICIT


def test_a_third_party_page_is_watched_only() -> None:
    result = scope(elsewhere("Kestrel froze my account, useless"), unhappy())

    assert result.verdict is NO
    assert result.channel_controlled.answer is NO
    assert result.dissatisfaction.answer is YES


def test_a_plain_report_expects_nothing() -> None:
    finding = found(owned("ATM at Pitt St is smashed btw"), tags())

    assert finding.scope.verdict is NO
    assert finding.scope.exclusion == "no_response_expected"
    assert finding.expectation is Expectation.NONE


def test_staff_grievances_are_excluded_where_that_is_sure() -> None:
    sure = scope(owned("Worst employer, HR ignored me"), unhappy())
    unsure = scope(owned("My employer booked this and you lost my bag"), unhappy())

    assert (sure.exclusion, sure.verdict) == ("staff_employment", NO)
    assert (unsure.exclusion, unsure.verdict) == ("staff_employment", LOOK)


@pytest.mark.parametrize("counts", [True, False])
def test_whether_a_mention_counts_as_our_channel_is_an_option(counts: bool) -> None:
    result = scope(mention(), unhappy(), treat_mentions_as_owned=counts)

    assert result.verdict is (YES if counts else NO)
    assert "treat_mentions_as_owned" in result.channel_controlled.reason


@pytest.mark.parametrize("counts", [True, False])
def test_whether_a_platform_reply_is_contact_is_an_option(counts: bool) -> None:
    result = scope(
        owned("It broke."), unhappy(), platform_reply_counts_as_contactable=counts
    )

    assert result.author_reachable.answer is (YES if counts else LOOK)
    assert result.verdict is (YES if counts else LOOK)


@pytest.mark.parametrize("counts", [True, False])
def test_whether_a_claimed_review_page_is_ours_is_an_option(counts: bool) -> None:
    review = owned("Cold food.", kind=MentionKind.REVIEW, is_addressed=False)

    result = scope(review, unhappy(), claimed_review_pages_owned=counts)

    assert result.verdict is (YES if counts else NO)


def test_who_wrote_to_us_can_be_answered() -> None:
    message = owned("It broke.", kind=MentionKind.MESSAGE)

    result = scope(message, unhappy(), platform_reply_counts_as_contactable=False)

    assert result.author_reachable.answer is YES


@pytest.mark.parametrize(
    ("author", "answer"),
    [
        (None, NO),
        (samples.author(is_declared_bot=True), NO),
        (samples.author(handle="", external_id=""), LOOK),
        (samples.author(handle=""), YES),
    ],
)
def test_who_can_be_reached(author: object, answer: Answer) -> None:
    result = scope(owned("It broke.", author=author), unhappy())

    assert result.author_reachable.answer is answer


@pytest.mark.parametrize(
    ("kind", "exclusion"),
    [
        (SignalKind.HARDSHIP, "hardship_notice_only"),
        (SignalKind.FRAUD, "unauthorised_or_chargeback_only"),
    ],
)
def test_a_notice_is_excluded_only_without_dissatisfaction(
    kind: SignalKind, exclusion: str
) -> None:
    notice = scope(owned("Can I pay later?"), tags(signals=signal(kind)))
    unhappy_too = scope(owned("Can I pay later?"), unhappy(signals=signal(kind)))

    assert (notice.exclusion, notice.verdict) == (exclusion, NO)
    assert (unhappy_too.exclusion, unhappy_too.verdict) == ("none", YES)


@pytest.mark.parametrize(
    "kind", [SignalKind.HARDSHIP, SignalKind.FRAUD, SignalKind.SAFETY]
)
def test_a_sign_of_urgency_that_is_not_harmless_is_never_surely_no_complaint(
    kind: SignalKind,
) -> None:
    urgent = tags(
        signals=signal(kind),
        sentiment_scores={"negative": 0.5, "neutral": 0.4, "positive": 0.1},
    )

    result = scope(owned("They sent my card to somebody else."), urgent)

    assert result.verdict is LOOK
    assert "urgency" in result.dissatisfaction.reason


def test_a_sign_of_urgency_said_to_others_is_watched_only() -> None:
    urgent = tags(signals=signal(SignalKind.SAFETY), sentiment_scores={"negative": 0.5})

    assert scope(elsewhere(), urgent).dissatisfaction.answer is NO


def test_a_report_that_only_a_model_calls_unhappy_is_looked_at() -> None:
    report = found(owned("FYI the ATM at Manly wharf is out of order."), unhappy())
    asking = found(owned("FYI the ATM is broken, can you fix it?"), unhappy())

    assert report.scope.exclusion == "no_response_expected"
    assert report.scope.verdict is LOOK
    assert (asking.scope.exclusion, asking.scope.verdict) == ("none", YES)


def test_a_doubtful_notice_names_the_exclusion_that_may_apply() -> None:
    doubtful = scope(
        owned("There is a payment that I did not make."),
        unhappy(0.5, signals=signal(SignalKind.FRAUD)),
    )

    assert doubtful.exclusion == "unauthorised_or_chargeback_only"
    assert doubtful.verdict is LOOK


def test_a_pack_that_asks_for_less_finds_more() -> None:
    result = examine(
        replace(elsewhere("They lost my bag.", author=None), is_addressed=True),
        unhappy(),
        cues={},
        rules=replace(RULES, owned_or_controlled_channel=False, author_reachable=False),
        limits=house().thresholds,
    ).scope

    assert result.verdict is YES


def test_exclusions_that_a_pack_lacks_do_not_apply() -> None:
    notice = owned("fyi, worst employer, hr ignored me")
    lenient = replace(RULES, exclusions=())
    counted = count_cues(notice.text, house().cues)

    for made in (unhappy(), tags(), tags(signals=signal(SignalKind.HARDSHIP))):
        result = examine(
            notice, made, cues=counted, rules=lenient, limits=house().thresholds
        )
        assert result.scope.exclusion == "none"


# --- scores and doubts ------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        (unhappy(0.65), YES),
        (unhappy(0.64), LOOK),
        (unhappy(0.36), LOOK),
        (unhappy(0.35), NO),
        (unhappy(0.3, sentiment_scores={"negative": 0.95}), LOOK),
        (unhappy(0.1, sentiment_scores={"negative": 0.95}), NO),
        (happy(), NO),
        (tags(complaint=True, complaint_score=None), YES),
        (tags(complaint=False, complaint_score=None), NO),
        (tags(complaint=None, complaint_score=None), NO),
        (
            tags(
                complaint=None, complaint_score=None, sentiment_scores={"negative": 0.6}
            ),
            LOOK,
        ),
        (tags(complaint=None, complaint_score=None, sentiment_scores={}), NO),
        (unhappy(0.99, doubts=(Doubt.LOW_CONFIDENCE,)), LOOK),
        (unhappy(0.99, doubts=(Doubt.TOO_SHORT,)), LOOK),
        (unhappy(0.99, doubts=(Doubt.UNKNOWN_LANGUAGE,)), LOOK),
        (unhappy(0.99, doubts=(Doubt.NO_COMPLAINT_MODEL,)), LOOK),
        (happy(doubts=(Doubt.TOO_SHORT,)), NO),
        (happy(doubts=(Doubt.UNSUPPORTED_LANGUAGE,)), LOOK),
        (unhappy(0.99, doubts=(Doubt.TRUNCATED,)), YES),
        (unhappy(0.3, doubts=(Doubt.TRUNCATED,)), LOOK),
        (happy(doubts=(Doubt.TRUNCATED,)), LOOK),
        (happy(doubts=(Doubt.MAY_BE_IRONIC,)), LOOK),
        (tags(doubts=(Doubt.MAY_BE_IRONIC,)), LOOK),
        (tags(complaint_score=0.9, doubts=(Doubt.MAY_BE_IRONIC,)), YES),
        (
            unhappy(0.9, doubts=(Doubt.MAY_BE_IRONIC, Doubt.LOW_CONFIDENCE)),
            LOOK,
        ),
    ],
)
def test_when_it_is_dissatisfaction(made: Tags, answer: Answer) -> None:
    fact = scope(owned("It broke."), made).dissatisfaction

    assert fact.answer is answer
    assert 0 <= fact.score <= 1


@pytest.mark.parametrize(
    ("text", "control", "addressed", "expectation"),
    [
        ("Where is it?", ChannelControl.OWNED, False, Expectation.EXPLICIT),
        ("Where is it", ChannelControl.MENTION, False, Expectation.EXPLICIT),
        ("I saw it there", ChannelControl.MENTION, True, Expectation.NONE),
        ("please sort this out", ChannelControl.MENTION, True, Expectation.EXPLICIT),
        ("Where is it?", ChannelControl.THIRD_PARTY, False, Expectation.NONE),
        ("Where is it?", ChannelControl.THIRD_PARTY, True, Expectation.EXPLICIT),
        ("什么时候能到", ChannelControl.OWNED, False, Expectation.EXPLICIT),
        ("أين الحقيبة؟", ChannelControl.OWNED, False, Expectation.EXPLICIT),
    ],
)
def test_what_answer_is_expected(
    text: str, control: ChannelControl, addressed: bool, expectation: Expectation
) -> None:
    what = mention(text, control=control, is_addressed=addressed)

    assert found(what, tags()).expectation is expectation


def asking(score: float) -> dict[str, dict[str, float]]:
    rest = (1 - score) / 2
    return {"response": {"none": rest, "implicit": rest, "explicit": score}}


def test_a_request_that_only_the_model_hears_is_expected_to_be_looked_at() -> None:
    finding = found(owned("what deals u have for me"), tags(others=asking(0.95)))

    expected = finding.scope.response_expected
    assert finding.expectation is Expectation.EXPLICIT
    assert (expected.answer, expected.score) == (LOOK, 0.95)


@pytest.mark.parametrize(
    ("score", "doubts"),
    [(0.85, ()), (0.95, (Doubt.TOO_SHORT,)), (0.95, (Doubt.UNKNOWN_LANGUAGE,))],
)
def test_a_request_that_may_be_none_changes_nothing(
    score: float, doubts: tuple[Doubt, ...]
) -> None:
    what = owned("what deals u have for me")

    heard = found(what, tags(others=asking(score), doubts=doubts))
    unheard = found(what, tags(doubts=doubts))

    assert heard == unheard
    assert heard.expectation is Expectation.NONE


@pytest.mark.parametrize("text", ["Where is it?", "fix it", "Third time it broke"])
@pytest.mark.parametrize("made", [tags(), unhappy(), unhappy(0.5)])
def test_a_model_that_hears_no_request_takes_none_away(text: str, made: Tags) -> None:
    deaf = {"response": {"none": 0.99, "implicit": 0.01, "explicit": 0.0}}

    assert found(owned(text), replace(made, others=deaf)) == found(owned(text), made)


@pytest.mark.parametrize("verdict_of", [unhappy(), unhappy(0.5), happy()])
def test_reasons_cite_a_paragraph_for_each_fact_and_the_verdict(
    verdict_of: Tags,
) -> None:
    finding = found(owned("Worst employer"), verdict_of)

    names = [reason.text.split(":")[0] for reason in finding.reasons]
    facts = [
        "dissatisfaction",
        "response_expected",
        "channel_controlled",
        "author_reachable",
    ]
    assert names[:4] == facts
    assert names[-1] == "complaint"
    assert all(reason.rule.startswith("271.") for reason in finding.reasons)
