from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from bot.clock import ReplayClock
from bot.domain.channels import Cursor, Page
from bot.domain.mentions import Mention
from bot.testing import ScriptedConnector
from bot.work.pace import Paced, standing

PUBLISHED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = PUBLISHED + timedelta(days=3)
A_DAY_IN_A_MILLISECOND = 86_400_000.0
SLOWER_THAN_LIFE = 0.001


def mention(at: datetime) -> Mention:
    return Mention(
        channel="x",
        external_id=f"{at.timestamp():.0f}",
        brand="Acme",
        text="hello",
        published_at=at,
        conversation="1",
    )


def paced(
    *pages: Page,
    clock: ReplayClock,
    stop: threading.Event,
    speed: float | None = A_DAY_IN_A_MILLISECOND,
) -> Paced:
    return Paced(ScriptedConnector(pages, is_live=False), clock, stop, speed=speed)


def page(*times: datetime, cursor: str = "2") -> Page:
    return Page(mentions=[mention(at) for at in times], cursor=Cursor(cursor))


def test_without_a_pace_the_clock_stands_at_the_pages_end_at_once() -> None:
    clock = ReplayClock(PUBLISHED)
    source = paced(
        page(PUBLISHED, LATER), clock=clock, stop=threading.Event(), speed=None
    )

    given = source.fetch(None, limit=10)

    assert len(given.mentions) == 2
    assert clock.now() == LATER


def test_the_first_page_starts_the_clock_where_the_stream_starts() -> None:
    clock = ReplayClock(standing([None]))
    source = paced(page(PUBLISHED, LATER), clock=clock, stop=threading.Event())

    given = source.fetch(None, limit=10)

    assert len(given.mentions) == 2
    assert clock.now() >= LATER


def test_a_page_whose_time_has_not_come_when_all_stops_is_left_for_the_next_run() -> (
    None
):
    clock, stop = ReplayClock(PUBLISHED), threading.Event()
    source = paced(
        page(PUBLISHED, LATER), clock=clock, stop=stop, speed=SLOWER_THAN_LIFE
    )
    stop.set()

    given = source.fetch(Cursor("1"), limit=10)

    assert not given.mentions
    assert given.cursor == Cursor("1")
    assert given.more
    assert clock.now() < LATER


def test_what_a_start_takes_is_no_time_of_the_streams() -> None:
    clock = ReplayClock(PUBLISHED)
    source = paced(page(), page(LATER), clock=clock, stop=threading.Event())

    source.fetch(Cursor("1"), limit=10)
    assert clock.now() == PUBLISHED

    source.fetch(Cursor("1"), limit=10)
    assert clock.now() > LATER


def test_a_row_with_a_date_to_come_does_not_carry_the_clock_along() -> None:
    clock = ReplayClock(PUBLISHED)
    to_come = datetime(2090, 1, 1, tzinfo=UTC)
    source = paced(
        page(PUBLISHED, to_come), clock=clock, stop=threading.Event(), speed=None
    )

    source.fetch(Cursor("1"), limit=10)

    assert clock.now() == PUBLISHED


def test_a_second_run_goes_on_where_the_newest_source_stands() -> None:
    assert standing([None, PUBLISHED, LATER, None]) == LATER


def test_a_stream_out_of_order_never_turns_the_clock_back() -> None:
    clock = ReplayClock(PUBLISHED)
    source = paced(
        page(LATER), page(PUBLISHED), clock=clock, stop=threading.Event(), speed=None
    )

    source.fetch(None, limit=10)
    source.fetch(Cursor("2"), limit=10)

    assert clock.now() == LATER


def test_an_empty_page_leaves_the_clock_alone() -> None:
    clock = ReplayClock(PUBLISHED)
    source = paced(page(), clock=clock, stop=threading.Event(), speed=None)

    source.fetch(None, limit=10)

    assert clock.now() == PUBLISHED


def test_it_is_checked_and_closed_like_the_connector_behind() -> None:
    inner = ScriptedConnector()
    source = Paced(inner, ReplayClock(PUBLISHED), threading.Event(), speed=None)

    assert source.check().ok
    source.close()

    assert inner.is_closed
    assert source.info is inner.info


def test_what_never_ran_stands_before_every_stream() -> None:
    assert standing([None]) == standing([]) == datetime(2000, 1, 1, tzinfo=UTC)
