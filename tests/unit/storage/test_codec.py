"""Domain values as JSON text and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.decisions import Reason, ServiceTarget
from bot.domain.mentions import Author
from bot.domain.tags import Band, Influence, Signal, SignalKind
from bot.storage import codec
from bot.storage.types import original, storable

Number = NewType("Number", int)


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    TOP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    number: Number
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    inner: Inner | None
    many: tuple[Inner, ...]
    named: Mapping[str, Inner]
    level: Level
    at: datetime | None
    within: timedelta
    wall: time
    share: float
    is_it: bool


INNER = Inner(number=Number(7), colour=Colour.RED)
OUTER = Outer(
    inner=INNER,
    many=(INNER, INNER),
    named={"é \ud83d\x00": INNER},
    level=Level.TOP,
    at=datetime(2026, 3, 2, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=11))),
    within=timedelta(days=-3, microseconds=1),
    wall=time(22, 30, 0, 7),
    share=0.1 + 0.2,
    is_it=True,
)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Outer, OUTER),
        (tuple[Outer, ...], (OUTER, OUTER)),
        (tuple[Outer, ...], ()),
        (Mapping[str, float], {"a": 1.0, "b": 1e-300}),
        (Outer | None, None),
        (Number, Number(3)),
    ],
)
def test_a_value_reads_back_equal_and_of_its_own_types(kind, value):
    text = codec.dump(kind, value)
    read = codec.load(kind, text)

    assert read == value
    assert repr(read) == repr(value)
    assert text.isascii()


def test_a_field_added_since_takes_its_default():
    old = '{"external_id":"a-1","handle":"mirela"}'

    assert codec.load(Author, old) == Author(external_id="a-1", handle="mirela")


def test_influence_stored_before_it_had_a_range_still_reads():
    old = '{"score":12.5,"band":"mid","is_vip":false,"roles":["lawyer"]}'

    read = codec.load(Influence, old)

    assert read == Influence(score=12.5, band=Band.MID, roles=("lawyer",))
    assert (read.low, read.high, read.unknown) == (None, None, ())


def test_signals_stored_before_they_had_scores_still_read():
    old = '[{"kind":"hardship","words":["no money"]}]'

    (read,) = codec.load(tuple[Signal, ...], old)

    assert read == Signal(kind=SignalKind.HARDSHIP, words=("no money",))
    assert read.score is None


def test_a_field_dropped_since_is_left_out():
    old = '{"rule":"reach","text":"far","weight":3}'

    assert codec.load(Reason, old) == Reason(rule="reach", text="far")


@given(st.timedeltas())
def test_any_span_reads_back_to_the_microsecond(within):
    target = ServiceTarget(rule="r", met_by=(), within=within)

    assert codec.load(ServiceTarget, codec.dump(ServiceTarget, target)) == target


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_instant_reads_back_equal(at):
    author = Author(external_id="a", handle="h", created_at=at)

    assert codec.load(Author, codec.dump(Author, author)) == author


odd = st.text(st.sampled_from("\x00\ud800\udfff\ufdd00041abcé"))


@given(st.one_of(odd, st.text(st.characters())))
def test_any_text_can_be_stored_and_read_back(text):
    kept = storable(text)

    assert original(kept) == text
    assert "\x00" not in kept
    assert kept.encode("utf-8").decode("utf-8") == kept


@given(odd, odd)
def test_different_texts_stay_different(one, other):
    assert (storable(one) == storable(other)) == (one == other)


def test_ordinary_text_is_kept_as_it_is():
    assert storable("naïve 😠 日本語") == "naïve 😠 日本語"
