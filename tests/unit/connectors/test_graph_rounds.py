"""How far a list of the Graph API was taken, told from ids and times alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors._graph_rounds import (
    MOST_NAMES,
    OVERLAP,
    Feed,
    Found,
    Item,
    Kind,
    Order,
    Place,
    Stand,
    read_cursor,
    thread,
    token_of,
)

ITEM = Item(kind=Kind.COMMENT, raw={})


def feed(order: Order) -> Feed:
    return Feed(path="/x", asked={}, order=order, items=lambda _: ())


def found(*names: str, at: float = 0.0) -> list[Found]:
    return [Found(name=name, at=at, item=ITEM) for name in names]


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 4 * OVERLAP)), max_size=60))
def test_whatever_was_taken_is_known_afterwards(seen: list[tuple[int, float]]) -> None:
    stand, taken = Stand(), []
    for number, at in seen:
        page = found(str(number), at=at)
        taken += page
        stand = stand.done(feed(Order.ANYWHERE), page, "")

    last = {one.name: one for one in taken}
    assert all(stand.covers(one) for one in last.values())


@given(st.floats(0, OVERLAP))
def test_what_shows_up_within_the_overlap_is_new(late: float) -> None:
    stand = Stand().done(feed(Order.ANYWHERE), found("a", at=10 * OVERLAP), "")

    [other] = found("b", at=10 * OVERLAP - late)

    assert not stand.covers(other)


def test_of_more_names_than_are_kept_the_oldest_go_behind_the_mark() -> None:
    many = [*found(*map(str, range(MOST_NAMES)), at=100.0), *found("old", at=50.0)]

    stand = Stand().done(feed(Order.ANYWHERE), many, "")

    assert len(stand.names) == MOST_NAMES
    assert all(stand.covers(one) for one in many)


def test_of_more_tags_than_are_kept_the_newest_stay() -> None:
    order = feed(Order.NEWS_FIRST)
    stand = Stand().done(order, found(*map(str, range(MOST_NAMES))), "")

    stand = stand.done(order, found("new", "0"), "")

    assert list(stand.names)[:2] == ["new", "0"]
    assert len(stand.names) == MOST_NAMES


@pytest.mark.parametrize("order", list(Order))
def test_a_token_that_leads_nowhere_ends_a_pass(order: Order) -> None:
    stand = Stand(begun=True, token="after=x")

    assert stand.ends(feed(order), found("a"), "after=x", to=float("inf"))
    assert stand.ends(feed(order), found("a"), "", to=float("inf"))


def test_a_thread_is_queued_once_however_often_it_is_seen() -> None:
    place = Place()
    place.begin(["feed"])

    for _ in range(2):
        place.watch({thread("1"): "changed", thread("2"): ""})

    assert place.queue == ["feed", "thread/1"]


def test_threads_that_are_not_watched_any_more_are_forgotten() -> None:
    stands = {key: Stand(stamp="1") for key in ("feed", "thread/1", "thread/1/7")}
    place = Place(stands={**stands, thread("2"): Stand(stamp="1")})

    place.watch({thread("1"): "1"})

    assert place.stands.keys() == stands.keys()


def test_a_cursor_says_the_same_to_another_process() -> None:
    place = Place()
    place.begin(["feed"])
    place.watch({thread("1"): "changed"})
    place.stands["feed"] = Stand(begun=True, names={"a": 1.5}, token="after=x")

    assert read_cursor("facebook", place.write()) == place


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        {"paging": []},
        {"paging": {"next": 7, "cursors": {"after": "x"}}},
        {"paging": {"cursors": {"after": "x"}}},
        {"paging": {"next": "https://graph.facebook.com/x?access_token=y"}},
    ],
)
def test_without_a_next_page_there_is_no_token(odd: Any) -> None:
    assert token_of(odd) == ""
