"""The way to a private talk, over every path that the table of moves allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.handoff import TIMED, Asked, HandOffState, HandOffWay
from bot.domain.replies import ReplyKind, ReplyState
from bot.escalate.handoff import (
    ALLOWED,
    WAITS_FOR_AUTHOR,
    cause_of,
    line_of,
    may_move,
    mistakes,
    next_way,
    step_ends,
    why_no_line,
)
from bot.testing import START
from tests.unit.escalate.test_platforms import reply, said
from tests.unit.services.test_handoff import GIVEN, leading

STATES = list(HandOffState)


@st.composite
def walks(draw):
    """A path by allowed moves, as far as one goes or up to thirty steps."""
    path = [HandOffState.OFFERED]
    for _ in range(draw(st.integers(0, 30))):
        nexts = sorted(ALLOWED[path[-1]])
        if not nexts:
            break
        path.append(draw(st.sampled_from(nexts)))
    return path


@given(walks())
def test_no_path_skips_a_step_towards_a_private_talk(path):
    needed = {
        HandOffState.PRIVATE: HandOffState.MATCHED,
        HandOffState.MATCHED: HandOffState.IDENTIFIED,
        HandOffState.IDENTIFIED: HandOffState.OPENED,
    }

    for before, after in pairwise(path):
        assert needed.get(after, before) is before


@given(walks())
def test_what_is_over_stays_over_and_everything_else_can_end(path):
    assert all(not one.is_over for one in path[:-1])
    assert path[-1].is_over or may_move(path[-1], HandOffState.CLOSED)


@given(walks())
def test_from_every_step_that_ends_by_itself_a_person_can_go_on(path):
    last = path[-1]

    assert last not in TIMED or may_move(last, HandOffState.FELL_BACK)
    has_end = step_ends(leading(), last, START) is not None
    assert has_end is (last in TIMED)


@pytest.mark.parametrize("state", STATES)
def test_whoever_is_waited_for_may_come(state):
    if state in WAITS_FOR_AUTHOR:
        assert may_move(state, HandOffState.OPENED)


@given(
    st.lists(st.sampled_from(["message", "line"]), unique=True),
    st.fixed_dictionaries({one: st.sampled_from(["", "why"]) for one in HandOffWay}),
)
def test_no_way_is_tried_twice_nor_where_it_is_barred(tried, why_not):
    way, told = next_way(tried, why_not)

    assert way not in tried
    assert way is HandOffWay.PERSON or not why_not[way]
    assert told.count("why") <= 2


def test_after_a_public_line_comes_no_other():
    post = said("x")
    public, private = reply(post), reply(post, ReplyKind.INVITATION, is_private=True)
    gone = replace(public, state=ReplyState.REFUSED)

    assert why_no_line([], "a", is_first=True, has_link=True) == ""
    assert "no verified link" in why_no_line([], "a", is_first=True, has_link=False)
    assert why_no_line([public], "a", is_first=True, has_link=False) == ""
    assert "stands" in why_no_line([public], "a", is_first=False, has_link=True)
    answer = replace(public, kind=ReplyKind.ANSWER)
    assert "stands" in why_no_line([answer], "a", is_first=True, has_link=True)
    assert line_of([private, gone], "a") is None
    assert line_of([public], "another") is None


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("platforms.facebook.private_reply: its window closed at ...", "window_shut"),
        ("platforms.x.private_window: its window closed", "window_shut"),
        ("facebook: it may not be answered in private", "refused"),
        ("", "refused"),
    ],
)
def test_a_shut_window_is_told_from_what_else_is_refused(reason, cause):
    assert cause_of(reason) == cause


@given(st.dictionaries(st.sampled_from([*Asked, "contact", "other"]), st.text()))
def test_whatever_is_sent_is_judged_and_only_what_the_house_asks(given_answers):
    wrong = mistakes(leading(), given_answers)

    asked = {*leading().asks, *leading().may_ask, "contact"}
    assert set(wrong) <= asked
    assert set(wrong.values()) <= {"needed", "no_date", "too_long"}


def test_good_answers_have_no_mistake():
    assert mistakes(leading(), GIVEN) == {}


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=90)))
def test_a_step_ends_after_the_time_that_the_house_gives_it(span):
    policy = leading(steps=dict.fromkeys(TIMED, span))

    assert step_ends(policy, HandOffState.INVITED, START) == START + span
