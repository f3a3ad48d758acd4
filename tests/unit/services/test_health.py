"""What platforms say of our access, and which minutes of them were never seen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.channels import Cursor, Health, Page, Quota
from bot.errors import BudgetSpent, ConnectorError, RateLimited, Unavailable
from bot.reports.coverage import SEEN, UNWATCHED, certify
from bot.services.health import check_sources
from bot.services.ingest import ingest
from bot.testing import START, Killed, ScriptedConnector
from tests.unit.services.world import (
    DAY,
    MINUTE,
    NOBODY,
    Dying,
    log,
    mention,
    notices,
    source,
)

EMPTY = Page(mentions=(), cursor=None)
DOWN = Unavailable("x", "is down")


class Watched:
    """A source that is looked at every minute, as long as somebody runs."""

    def __init__(self, store, clock):
        self.store, self.clock = store, clock
        self.connector = ScriptedConnector()

    def look(self, *steps):
        """Look once a minute, and get these."""
        for step in steps:
            self.clock.advance(minutes=1)
            self.connector.add(step)
            if self.may_be_asked():
                self.once(self.store)
            else:
                self.connector._steps.clear()

    def once(self, store):
        try:
            ingest(store, source(self.connector), self.clock, NOBODY)
        except ConnectorError:
            return

    def may_be_asked(self):
        with self.store.reading() as work:
            retry_at = work.sources.state("acme-x").retry_at
        return retry_at is None or retry_at <= self.clock.now()

    def seen(self):
        with self.store.reading() as work:
            looks = work.sources.coverage("acme-x")
        now = self.clock.now()
        late_after = source(self.connector).late_after
        return certify(
            looks,
            source="acme-x",
            since=START,
            until=now,
            now=now,
            late_after=late_after,
        )


@pytest.fixture
def watched(store, clock):
    made = Watched(store, clock)
    made.look(EMPTY)
    return made


def causes(certificate):
    return {
        cause: count for cause, count in certificate.minutes.items() if cause != SEEN
    } | {"blind": certificate.blind}


@pytest.mark.parametrize("minutes", [1, 2, 7, 45])
def test_an_outage_of_so_many_minutes_is_blind_for_so_many(watched, minutes):
    watched.look(*[EMPTY] * 5, *[DOWN] * (minutes - 1), DOWN)
    while not watched.may_be_asked():
        watched.look(EMPTY)
    watched.look(EMPTY, EMPTY)

    [outage] = watched.seen().outages
    assert outage.started_at == START + 6 * MINUTE
    assert outage.ended_at - outage.started_at >= (minutes + 1) * MINUTE
    with watched.store.reading() as work:
        asked_again = work.sources.state("acme-x").last_success_at
    assert outage.closed_at <= asked_again
    # Not a minute more than until the first look that the pause allowed.
    assert outage.ended_at - outage.started_at <= (minutes + 17) * MINUTE


def test_a_restart_within_minutes_leaves_just_those_minutes_blind(watched):
    watched.look(EMPTY)
    watched.clock.advance(minutes=6)
    watched.look(EMPTY, EMPTY)

    found = watched.seen()

    assert causes(found) == {"NotYetWatched": 1, UNWATCHED: 7, "blind": 7 * MINUTE}
    assert found.outages[0].closed_at == START + 9 * MINUTE
    assert log(watched.store, "source.unwatched") == []


def test_a_process_killed_in_an_outage_has_two_causes_one_after_the_other(watched):
    watched.look(DOWN)
    watched.clock.advance(minutes=30)
    watched.look(DOWN)
    watched.clock.advance(minutes=1)
    watched.look(EMPTY)

    [outage] = watched.seen().outages

    assert [part.cause for part in outage.parts] == [
        "Unavailable",
        UNWATCHED,
        "Unavailable",
    ]
    assert outage.started_at == START + MINUTE
    assert outage.ended_at == watched.clock.now()
    first, asleep, _ = outage.parts
    assert first.lasted < 2 * MINUTE
    assert timedelta(minutes=30) < asleep.lasted < timedelta(minutes=32)


@pytest.mark.parametrize("committed", [False, True])
def test_a_process_killed_while_it_looks_hides_nothing(watched, committed):
    dying = Dying(watched.store, Killed(), nth=1, committed=committed)
    watched.clock.advance(minutes=1)
    watched.connector.add(EMPTY)
    with pytest.raises(Killed):
        watched.once(dying)
    watched.clock.advance(minutes=9)
    watched.look(EMPTY)

    found = watched.seen()

    blind = 10 if committed else 11
    assert found.blind == blind * MINUTE
    assert [part.cause for one in found.outages for part in one.parts] == [UNWATCHED]


def test_a_pause_that_the_platform_wants_has_its_cause_to_the_end(watched):
    until = watched.clock.now() + 40 * MINUTE
    watched.look(RateLimited("x", "wants a pause", retry_at=until))
    watched.clock.move_to(until)
    watched.look(EMPTY)

    [outage] = watched.seen().outages

    assert [part.cause for part in outage.parts] == ["RateLimited"]
    assert outage.ended_at - outage.started_at == 41 * MINUTE


def test_a_month_without_a_budget_is_blind_for_that_reason(store, clock):
    poor = source(ScriptedConnector([EMPTY]), monthly_reads=0)
    for _ in range(2):
        with pytest.raises(BudgetSpent):
            ingest(store, poor, clock, NOBODY)
        clock.advance(days=3)

    with store.reading() as work:
        looks = work.sources.coverage("acme-x")
    assert {one.outcome for one in looks} == {"BudgetSpent"}


def test_what_was_said_in_blind_time_and_read_later_is_counted(watched):
    watched.look(DOWN)
    watched.clock.advance(minutes=20)
    said = mention(published_at=START + 10 * MINUTE)
    watched.look(Page(mentions=[said], cursor=Cursor("1")))

    [outage] = watched.seen().outages
    with watched.store.reading() as work:
        later = work.sources.read_later("acme-x", outage.started_at, outage.ended_at)
        state = work.sources.state("acme-x")

    assert later == 1
    assert state.newest_at == said.published_at
    assert state.moved_at == watched.clock.now()


def test_a_stretch_that_is_not_closed_is_told(watched):
    watched.look(DOWN)
    watched.clock.advance(minutes=30)
    watched.look(replace(EMPTY, missed="X goes back 800 posts"))

    [outage] = watched.seen().outages
    [entry] = log(watched.store, "source.unclosed")

    assert outage.missed == "X goes back 800 posts"
    assert json.loads(entry.detail)["why"] == "X goes back 800 posts"
    told = notices(watched.store, watched.clock)
    assert {to for key, to in told.items() if ":unclosed:" in key} == {
        "operator",
        "compliance_officer",
    }


def test_a_platform_that_shows_a_week_leaves_a_longer_gap_open(watched):
    info = replace(watched.connector.info, reaches_back=7 * DAY)
    watched.connector.info = info
    watched.clock.advance(days=6)
    watched.look(EMPTY)
    assert log(watched.store, "source.unclosed") == []

    watched.clock.advance(days=8)
    watched.look(EMPTY)

    assert len(log(watched.store, "source.unclosed")) == 1
    assert watched.seen().outages[-1].missed.endswith("nothing older than 7 days")


# --- what the platform says of our access


class Access(ScriptedConnector):
    """A platform that says how our access stands."""

    def __init__(self, *said):
        super().__init__()
        self.said, self.times = list(said), 0

    def check(self):
        self.times += 1
        step = self.said[0] if len(self.said) == 1 else self.said.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step


def test_access_is_asked_for_once_an_hour_and_kept(store, clock):
    quota = Quota(unit="points", limit=5_000, left=12, resets_at=START + DAY)
    healthy = Health(ok=True, detail="@acme reads", quotas=(quota,))
    platform = Access(healthy)
    for _ in range(12):
        check_sources(store, [source(platform)], clock)
        clock.advance(minutes=10)

    assert platform.times == 2
    with store.reading() as work:
        kept = work.sources.health("acme-x")
    assert kept.health == healthy
    assert kept.at == START + timedelta(hours=1)


def test_access_that_cannot_be_asked_for_is_kept_as_that(store, clock):
    check_sources(store, [source(Access(DOWN))], clock)

    with store.reading() as work:
        kept = work.sources.health("acme-x")
    assert (kept.health.ok, kept.health.detail) == (False, "x: is down")


def test_two_processes_ask_once(store, clock):
    platform = Access(Health(ok=True, detail=""))
    with store.work() as work:
        until = clock.now() + 10 * MINUTE
        assert work.leases.take("health:acme-x", "b", now=clock.now(), until=until)

    check_sources(store, [source(platform)], clock)

    assert platform.times == 0


def test_a_file_has_no_access_to_ask_for(store, clock):
    file = ScriptedConnector(is_live=False)

    assert check_sources(store, [source(file)], clock) == 0


def test_a_credentials_end_is_told_two_weeks_one_week_and_one_day_before(store, clock):
    ends = START + 20 * DAY
    platform = Access(Health(ok=True, detail="", token_expires_at=ends))
    told: dict[str, float] = {}
    for hour in range(21 * 24):
        check_sources(store, [source(platform)], clock)
        for key in notices(store, clock):
            told.setdefault(key, hour / 24)
        clock.advance(hours=1)

    prefix = f"source:acme-x:token:{ends.isoformat()}:"
    assert told == {
        f"{prefix}14": 6,
        f"{prefix}7": 13,
        f"{prefix}1": 19,
        f"{prefix}over": 20,
    }


def test_a_credential_without_an_end_is_not_told_of(store, clock):
    check_sources(store, [source(Access(Health(ok=True, detail="")))], clock)

    assert notices(store, clock) == {}
