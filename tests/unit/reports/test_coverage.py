"""Which minutes of a period a source was seen, and what of the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.channels import Coverage
from bot.reports.coverage import NOT_YET, OVERRUN, SEEN, UNWATCHED, certify

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATE = timedelta(minutes=2)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def look(since: float, until: float, outcome: str = "ok", detail: str = "") -> Coverage:
    return Coverage(
        source="agora",
        started_at=at(since),
        ended_at=at(until),
        outcome=outcome,
        detail=detail,
    )


def seen(*looks: Coverage, since: float = 0, until: float = 60, now: float = 60):
    return certify(
        looks,
        source="agora",
        since=at(since),
        until=at(until),
        now=at(now),
        late_after=LATE,
        width=60,
    )


def spans(certificate):
    return [
        (
            (one.started_at - NOON) / timedelta(minutes=1),
            (one.ended_at - NOON) / timedelta(minutes=1),
            one.cause,
        )
        for outage in certificate.outages
        for one in outage.parts
    ]


def test_what_was_seen_without_a_gap_is_whole():
    found = seen(look(0, 60))

    assert found.minutes == {SEEN: 60}
    assert found.outages == []
    assert found.is_whole
    assert found.bar == "█" * 60


def test_an_outage_lasts_from_the_last_look_before_to_the_first_after():
    found = seen(look(0, 10), look(11, 16, "Unavailable", "503"), look(17, 60))

    assert spans(found) == [(10, 17, "Unavailable")]
    [outage] = found.outages
    assert outage.closed_at == at(17)
    assert found.minutes == {SEEN: 53, "Unavailable": 7}
    assert found.blind == timedelta(minutes=7)
    assert found.bar == "█" * 10 + "·" * 7 + "█" * 43


def test_a_pause_after_a_failure_has_its_cause():
    found = seen(look(0, 10), look(11, 11, "RateLimited"), look(40, 60))

    assert spans(found) == [(10, 40, "RateLimited")]


def test_causes_that_follow_each_other_are_told_apart_in_one_outage():
    found = seen(
        look(0, 10),
        look(11, 14, "Unavailable"),
        look(14, 30, UNWATCHED),
        look(30, 33, "Unavailable"),
        look(34, 60),
    )

    assert spans(found) == [
        (10, 14, "Unavailable"),
        (14, 30, UNWATCHED),
        (30, 34, "Unavailable"),
    ]
    assert len(found.outages) == 1
    assert found.minutes == {SEEN: 36, "Unavailable": 8, UNWATCHED: 16}


def test_stretches_that_overlap_count_once():
    found = seen(
        look(0, 10),
        look(10, 30, UNWATCHED),
        look(25, 28, "Unavailable"),
        look(28, 60),
    )

    assert found.blind == timedelta(minutes=20)
    assert sum(found.minutes.values()) == 60
    assert found.minutes[SEEN] == 40


def test_looks_of_two_workers_that_overlap_leave_no_hole():
    assert seen(look(0, 31), look(30, 40), look(35, 60)).is_whole


def test_an_outage_that_lasts_is_open():
    found = seen(look(0, 10), look(11, 20, "AccessDenied"))

    assert spans(found) == [(10, 60, "AccessDenied")]
    [outage] = found.outages
    assert outage.closed_at is None
    assert outage.parts[-1].is_open
    assert not found.is_whole


def test_a_source_that_nobody_looks_at_any_more_is_blind_until_now():
    found = seen(look(0, 10), now=30)

    assert spans(found) == [(10, 30, UNWATCHED)]
    assert found.until == at(30)


def test_the_usual_pause_between_two_looks_is_no_blindness():
    assert seen(look(0, 10), look(11.5, 58.5)).is_whole


def test_a_gap_that_no_row_tells_of_is_one_all_the_same():
    assert spans(seen(look(0, 10), look(20, 60))) == [(10, 20, UNWATCHED)]


def test_before_the_first_look_nothing_is_claimed():
    found = seen(look(30, 60))

    assert found.minutes == {SEEN: 30, NOT_YET: 30}
    assert found.bar == " " * 30 + "█" * 30
    assert found.is_whole


def test_a_source_that_was_never_looked_at_was_never_seen():
    found = seen()

    assert found.minutes == {SEEN: 0, NOT_YET: 60}
    assert found.first_look_at is None


def test_not_even_the_minute_that_runs_was_seen_where_nobody_ever_looked():
    found = seen(until=60.5, now=60.5)

    assert found.minutes == {SEEN: 0, NOT_YET: 61}


@pytest.mark.parametrize(("ends", "blind"), [(16.5, 7), (17, 7), (17.1, 8)])
def test_a_minute_of_which_any_moment_was_blind_is_blind(ends, blind):
    found = seen(look(0, 10), look(11, 12, "Unavailable"), look(ends, 60))

    assert found.minutes["Unavailable"] == blind


def test_a_stretch_that_the_platform_does_not_reach_back_to_is_not_closed():
    found = seen(
        look(0, 10), look(11, 20, "Unavailable"), look(21, 22, "ok", "only 7 days back")
    )

    [outage] = found.outages[:1]
    assert outage.closed_at == at(21)
    assert outage.missed == "only 7 days back"
    assert not found.is_whole


def test_a_page_soon_after_may_say_so_too():
    found = seen(
        look(0, 10),
        look(11, 20, "Unavailable"),
        look(21, 22),
        look(22, 23, "ok", "800 posts back"),
        look(23, 60),
    )

    assert [one.missed for one in found.outages] == ["800 posts back"]


def test_more_than_is_shown_between_two_looks_is_a_gap_of_its_own():
    found = seen(look(0, 10), look(11, 12, "ok", "1000 newest only"), look(12, 60))

    assert spans(found) == [(10, 11, OVERRUN)]
    assert found.outages[0].missed == "1000 newest only"


def test_a_period_cuts_what_reaches_beyond_it():
    looks = [look(0, 10), look(11, 12, "Unavailable"), look(40, 60)]

    found = seen(*looks, since=20, until=30)

    assert spans(found) == [(20, 30, "Unavailable")]
    assert found.minutes == {SEEN: 0, "Unavailable": 10}
    assert found.outages[0].closed_at == at(40)


def test_the_bar_never_calls_seen_what_was_not_wholly():
    found = certify(
        [look(0, 100), look(101, 102, "Unavailable"), look(103, 600)],
        source="agora",
        since=at(0),
        until=at(600),
        now=at(600),
        late_after=LATE,
        width=10,
    )

    assert found.bar == "█▄████████"
