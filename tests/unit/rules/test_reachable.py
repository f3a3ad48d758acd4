from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.decisions import Answer, Code, Fact, Scope, Severity
from bot.domain.mentions import ChannelControl, Engagement, MentionKind
from bot.domain.packs import Condition, Expectation, InfluenceGroup
from bot.domain.tags import Band, Influence, Sentiment, SignalKind, Topic
from bot.errors import PackError
from bot.escalate.conditions import Picture, holds
from bot.rules.load import load_house
from bot.rules.reachable import contradiction, implies
from tests import samples
from tests.unit.rules.packs import HOUSE, copied, edit

HOUR = timedelta(hours=1)
LIKELY_FRAUD = Condition(signals_from={SignalKind.FRAUD: 0.6})
WORDS = ("a", "b", "c")


def some(values: Any) -> Any:
    return st.lists(st.sampled_from(list(values)), max_size=3, unique=True).map(tuple)


def maybe(values: Any) -> Any:
    return st.none() | st.sampled_from(list(values))


def likely(scores: Any) -> Any:
    return st.dictionaries(
        st.sampled_from(SignalKind), st.sampled_from(list(scores)), max_size=2
    )


ASKED = {
    "scope": some(Answer),
    "dissatisfaction": some(Answer),
    "expectation": some(Expectation),
    "sentiment": some(Sentiment),
    "negative_from": maybe((0.0, 0.3, 0.8, 1.5)),
    "complaint_from": maybe((0.0, 0.3, 0.8, 1.5)),
    "signals_any": some(SignalKind),
    "signals_from": likely((0.0, 0.5, 0.9, 1.5)),
    "topics_any": some(WORDS),
    "has_signal": maybe((True, False)),
    "has_doubt": maybe((True, False)),
    "groups": some(InfluenceGroup),
    "bands": some(Band),
    "roles_any": some(WORDS),
    "channels": some(WORDS),
    "control": some(ChannelControl),
    "kinds": some(MentionKind),
    "cues_any": some(WORDS),
    "cues_sure": some(WORDS),
    "is_addressed": maybe((True, False)),
    "is_public": maybe((True, False)),
    "has_author": maybe((True, False)),
    "is_declared_bot": maybe((True, False)),
    "looks_automated": maybe((True, False)),
    "shares_from": maybe((0, 5, 50)),
    "severity_from": maybe(Severity),
    "code_from": maybe(Code),
    "language_known": maybe((True, False)),
    "older_than": maybe((HOUR, 2 * HOUR)),
}


@st.composite
def conditions(draw: Any) -> Condition:
    """A condition of a few fields; of all at once hardly any would ever hold."""
    names = draw(st.lists(st.sampled_from(sorted(ASKED)), max_size=4, unique=True))
    return Condition(**{name: draw(ASKED[name]) for name in names})


@st.composite
def pictures(draw: Any) -> Picture:
    bot = draw(st.booleans())
    author = samples.author(is_declared_bot=bot) if draw(st.booleans()) else None
    fact = Fact(answer=draw(st.sampled_from(Answer)), score=0.5, reason="")
    negative = draw(st.sampled_from((0.0, 0.3, 0.5, 1.0)))
    topic = draw(maybe(WORDS))
    mention = samples.mention(
        author=author,
        channel=draw(st.sampled_from(WORDS)),
        control=draw(st.sampled_from(ChannelControl)),
        kind=draw(st.sampled_from(MentionKind)),
        is_addressed=draw(st.booleans()),
        is_public=draw(st.booleans()),
        engagement=Engagement(reposts=draw(st.sampled_from((0, 5, 90)))),
    )
    tags = samples.tags(
        sentiment=draw(st.sampled_from(Sentiment)),
        sentiment_scores={"negative": negative},
        complaint_score=draw(maybe((0.0, 0.3, 0.9))),
        topic=topic and Topic(name=topic, score=0.9),
        doubts=(),
        influence=replace(
            samples.tags().influence,
            band=draw(st.sampled_from(Band)),
            roles=draw(some(WORDS)),
            looks_automated=draw(st.booleans()),
        ),
    )
    return Picture(
        mention=mention,
        tags=tags,
        group=draw(st.sampled_from(InfluenceGroup)),
        cues=draw(st.dictionaries(st.sampled_from(WORDS), st.integers(1, 3))),
        cues_sure=2,
        expectation=draw(st.sampled_from(Expectation)),
        scope=Scope(
            dissatisfaction=fact,
            response_expected=fact,
            channel_controlled=fact,
            author_reachable=fact,
            verdict=draw(st.sampled_from(Answer)),
        ),
        age=draw(st.sampled_from((HOUR, 1.5 * HOUR, 3 * HOUR))),
        language_known=draw(st.booleans()),
        severity=draw(st.sampled_from(Severity)),
        code=draw(st.sampled_from(Code)),
        signals=draw(likely((0.2, 0.7, 1.0))),
    )


def test_every_field_of_a_condition_is_tried() -> None:
    assert set(ASKED) == {each.name for each in fields(Condition)}
    assert isinstance(samples.tags().influence, Influence)


@settings(max_examples=600, deadline=None)
@given(one=conditions(), picture=pictures(), data=st.data())
def test_what_is_said_to_follow_does_follow(
    one: Condition, picture: Picture, data: Any
) -> None:
    names = st.lists(st.sampled_from(sorted(ASKED)), max_size=2, unique=True)
    other = replace(one, **{name: data.draw(ASKED[name]) for name in data.draw(names)})

    if implies(one, other) and holds(one, picture):
        assert holds(other, picture)


@settings(max_examples=300, deadline=None)
@given(when=conditions(), picture=pictures())
def test_nothing_meets_what_is_said_to_contradict_itself(
    when: Condition, picture: Picture
) -> None:
    if contradiction(when):
        assert not holds(when, picture)


@settings(max_examples=100, deadline=None)
@given(one=conditions(), more=conditions())
def test_a_condition_that_asks_more_implies_the_one_that_asks_less(
    one: Condition, more: Condition
) -> None:
    empty: tuple[object, ...] = (None, (), {})
    stricter = replace(
        one,
        **{
            each.name: getattr(more, each.name)
            for each in fields(Condition)
            if getattr(one, each.name) in empty
        },
    )

    assert implies(stricter, one)


@pytest.mark.parametrize(
    ("one", "other", "follows"),
    [
        (Condition(channels=("x",)), Condition(channels=("x", "reddit")), True),
        (Condition(channels=("x", "reddit")), Condition(channels=("x",)), False),
        (Condition(), Condition(channels=("x",)), False),
        (Condition(), Condition(sentiment=tuple(Sentiment)), True),
        (Condition(), Condition(severity_from=Severity.LOW), True),
        (Condition(), Condition(complaint_from=0.0), False),
        (Condition(cues_sure=("spam",)), Condition(cues_any=("spam",)), True),
        (Condition(cues_any=("spam",)), Condition(cues_sure=("spam",)), False),
        (
            Condition(signals_any=(SignalKind.FRAUD,)),
            Condition(has_signal=True),
            True,
        ),
        (LIKELY_FRAUD, Condition(signals_any=(SignalKind.FRAUD,)), True),
        (LIKELY_FRAUD, Condition(has_signal=True), True),
        (LIKELY_FRAUD, Condition(signals_from={SignalKind.FRAUD: 0.4}), True),
        (LIKELY_FRAUD, Condition(signals_from={SignalKind.FRAUD: 0.8}), False),
        (LIKELY_FRAUD, Condition(signals_from={SignalKind.MEDIA: 0.4}), False),
        (Condition(signals_any=(SignalKind.FRAUD,)), LIKELY_FRAUD, False),
        (Condition(is_declared_bot=True), Condition(has_author=True), True),
        (Condition(complaint_from=0.8), Condition(complaint_from=0.5), True),
        (Condition(older_than=HOUR), Condition(older_than=2 * HOUR), False),
        (Condition(is_public=True), Condition(is_public=False), False),
    ],
)
def test_what_follows_from_what(one: Condition, other: Condition, follows: bool):
    assert implies(one, other) is follows


ROUTE = """  - id: R99
    text: one more
    when: {{{when}}}
    queue: {queue}
    tier: {tier}
    code: {code}
"""


def route(when: str, *, tier: int = 2, code: str = "green", targets: str = "") -> str:
    end = f"    targets: {{{targets}}}\n" if targets else ""
    return ROUTE.format(when=when, tier=tier, code=code, queue="escalation_team") + end


def refusal(folder: Path) -> str:
    with pytest.raises(PackError) as caught:
        load_house(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("file", "before", "rule", "words"),
    [
        ("routes.yaml", "  - id: R9\n", route("signals_any: [media], channels: [x]"),
         "routes.7: does nothing: R5 took"),
        ("severity.yaml", "  - id: H9\n",
         ("  - id: H99\n    text: again\n    severity: medium\n"
          "    when: {signals_any: [media], is_public: true}\n"),
         "severity.14: raises nothing: H2 has done so"),
        ("severity.yaml", "  - id: H9\n",
         "  - id: H99\n    text: again\n    severity: low\n    when: {}\n",
         "severity.14: raises nothing: every mention has severity low"),
        ("intake.yaml", "  - id: O7\n",
         "  - id: O99\n    text: a threat\n    when: {signals_any: [legal_threat]}\n",
         "opens.7: is never reached: O2 holds"),
        ("intake.yaml", "  - id: O7\n",
         ("  - id: O99\n    text: a machine\n"
          "    when: {is_declared_bot: true, has_signal: false, is_public: true}\n"),
         "opens.7: is never reached: S1 holds"),
        ("replies.yaml", "    - id: A6\n",
         ("    - id: A99\n      text: in private\n"
          "      when: {is_public: false, kinds: [message]}\n"),
         "acknowledgement.approval.5: is never reached: N2 holds"),
        ("replies.yaml", "    - id: N7\n",
         ("    - id: N99\n      text: a nameless machine\n"
          "      when: {is_declared_bot: true, has_author: false}\n"),
         "acknowledgement.never.5.when: nothing can meet it: asks for is_declared_bot"),
    ],
)  # fmt: skip
def test_a_rule_that_can_do_nothing_is_refused_with_what_came_before_it(
    tmp_path: Path, file: str, before: str, rule: str, words: str
) -> None:
    folder = copied(HOUSE, tmp_path)
    edit(folder / file, before, rule + before)

    assert words in refusal(folder)


@pytest.mark.parametrize(
    "rule",
    [
        route("signals_any: [media]", tier=3, code="red"),
        route("signals_any: [media]", tier=3, targets="first_response: PT5M"),
        route("signals_any: [media, churn]"),
        route("topics_any: [luggage]"),
    ],
)
def test_a_later_route_that_still_does_something_is_kept(
    tmp_path: Path, rule: str
) -> None:
    folder = copied(HOUSE, tmp_path)
    edit(folder / "routes.yaml", "  - id: R9\n", rule + "  - id: R9\n")

    assert load_house(folder).routes[-2].id == "R99"


def test_a_route_may_not_promise_what_nothing_keeps(tmp_path: Path) -> None:
    folder = copied(HOUSE, tmp_path)
    rule = route("topics_any: [luggage]", targets="second_response: PT5M")
    edit(folder / "routes.yaml", "  - id: R9\n", rule + "  - id: R9\n")

    assert "routes.7.targets.second_response: the target has no" in refusal(folder)
