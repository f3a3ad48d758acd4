from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.domain.channels import Cursor, Page, Quarantined
from bot.domain.mentions import Engagement
from bot.domain.replies import ReplyState
from bot.errors import AccessDenied, BudgetSpent, RateLimited, Unavailable
from bot.services.ingest import (
    LONGEST_PAUSE,
    Ingested,
    OwnAccounts,
    ingest,
    next_month,
    pause_after,
)
from bot.services.notices import deliver_pending
from bot.testing import (
    START,
    FakePlatform,
    Killed,
    RecordingNotifier,
    ScriptedConnector,
)
from tests.unit.services.world import (
    NOBODY,
    Dying,
    actions,
    author,
    listen,
    log,
    mention,
    notices,
    queue_reply,
    source,
)

DOWN = Unavailable("x", "is down")
DENIED = AccessDenied("x", "the token has expired; renew it")


EMPTY = Page(mentions=(), cursor=None)


def test_a_stretch_in_which_nobody_looked_is_recorded_when_looking_goes_on(
    store, clock
):
    connector = ScriptedConnector([EMPTY, EMPTY, EMPTY])
    watched = source(connector)
    ingest(store, watched, clock, NOBODY)
    clock.advance(minutes=9)
    ingest(store, watched, clock, NOBODY)
    assert log(store, "source.unwatched") == []
    assert unwatched(store) == [(START, clock.now())]

    clock.advance(hours=30)
    ingest(store, watched, clock, NOBODY)

    [entry] = log(store, "source.unwatched")
    since, until = START + timedelta(minutes=9), clock.now()
    assert json.loads(entry.detail) == {
        "since": since.isoformat(),
        "until": until.isoformat(),
    }
    assert unwatched(store) == [(START, since), (since, until)]


def unwatched(store):
    return [
        (one.started_at, one.ended_at)
        for one in coverage(store)
        if one.outcome == "Unwatched"
    ]


def test_a_source_that_is_looked_at_rarely_on_purpose_was_not_unwatched(store, clock):
    rare = source(ScriptedConnector([EMPTY, EMPTY]), every=timedelta(hours=6))
    ingest(store, rare, clock, NOBODY)
    clock.advance(hours=7)

    ingest(store, rare, clock, NOBODY)

    assert log(store, "source.unwatched") == []


def test_after_failures_the_reason_stands_in_the_log_and_is_not_sleep(store, clock):
    watched = source(ScriptedConnector([EMPTY, DOWN, EMPTY]))
    ingest(store, watched, clock, NOBODY)
    with pytest.raises(Unavailable):
        ingest(store, watched, clock, NOBODY)
    clock.advance(hours=30)

    ingest(store, watched, clock, NOBODY)

    assert log(store, "source.unwatched") == []
    assert actions(store, "source") == ["source.failed", "source.recovered"]


def stored_ids(store):
    with store.reading() as work:
        return [one.mention.external_id for one in work.mentions.untagged(1_000)]


def state(store, name="acme-x"):
    with store.reading() as work:
        return work.sources.state(name)


def coverage(store, name="acme-x"):
    with store.reading() as work:
        return work.sources.coverage(name)


def fails(store, clock, connector, **fields):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its kind is the test's own
        ingest(store, source(connector, **fields), clock, NOBODY)
    return caught.value


def test_a_page_is_stored_with_its_cursor(store, clock):
    said = [mention(), mention()]
    connector = ScriptedConnector([Page(mentions=said, cursor=Cursor("c1"), more=True)])

    result = ingest(store, source(connector), clock, NOBODY)

    assert result == Ingested(fetched=2, stored=2, more=True)
    assert stored_ids(store) == [one.external_id for one in said]
    assert state(store).cursor == "c1"
    assert state(store).last_success_at == START


def test_the_next_page_is_asked_from_the_stored_cursor(store, clock, platform):
    platform.say(*[mention() for _ in range(15)])

    first = ingest(store, source(platform), clock, NOBODY)
    second = ingest(store, source(platform), clock, NOBODY)

    assert (first.stored, first.more) == (10, True)
    assert (second.stored, second.more) == (5, False)


def test_a_second_ingest_of_the_same_page_adds_nothing(store, clock):
    page = Page(mentions=[mention(), mention()], cursor=Cursor("c1"))
    connector = ScriptedConnector([page, page])
    ingest(store, source(connector), clock, NOBODY)
    before = actions(store)

    again = ingest(store, source(connector), clock, NOBODY)

    assert (again.fetched, again.stored) == (2, 0)
    assert len(stored_ids(store)) == 2
    assert actions(store) == before


def test_two_sources_that_see_the_same_text_store_it_once(store, clock):
    said = mention()
    one, two = (
        ScriptedConnector([Page(mentions=[said], cursor=None)]) for _ in range(2)
    )

    ingest(store, source(one, name="search"), clock, NOBODY)
    result = ingest(store, source(two, name="inbox"), clock, NOBODY)

    assert result.stored == 0
    assert stored_ids(store) == [said.external_id]


@pytest.mark.parametrize(
    "ours", [author("KestrelAir"), author("renamed", external_id="ID-77")]
)
def test_what_a_brand_wrote_itself_never_becomes_a_mention(
    store, clock, platform, ours
):
    own = OwnAccounts(by_channel={"x": frozenset({"kestrelair", "id-77"})})
    theirs = mention()
    platform.say(mention("We are hiring", author=ours), theirs)

    result = ingest(store, source(platform), clock, own)

    assert (result.own, result.stored) == (1, 1)
    assert stored_ids(store) == [theirs.external_id]


def test_an_account_of_ours_is_ours_on_its_own_channel_only(store, clock, platform):
    own = OwnAccounts(by_channel={"reddit": frozenset({"kestrelair"})})
    platform.say(mention(author=author("KestrelAir")))

    assert ingest(store, source(platform), clock, own).stored == 1


def test_a_text_without_an_author_is_nobodys_own(store, clock, platform):
    own = OwnAccounts(by_channel={"x": frozenset({"kestrelair"})})
    platform.say(mention(author=None))

    assert ingest(store, source(platform), clock, own).stored == 1


def test_the_echo_of_our_own_reply_never_becomes_a_mention(store, clock, platform):
    queue_reply(store, clock, state=ReplyState.SENT, external_id="reply-1")
    platform.say(mention(external_id="reply-1", author=author("somebody")))
    before = stored_ids(store)

    result = ingest(store, source(platform), clock, NOBODY)

    assert (result.own, result.stored) == (1, 0)
    assert stored_ids(store) == before


@pytest.mark.parametrize("committed", [False, True])
def test_cursor_and_mentions_are_written_together_or_not_at_all(
    store, clock, platform, committed
):
    said = mention()
    platform.say(said)

    with pytest.raises(Killed):
        ingest(
            Dying(store, Killed(), nth=1, committed=committed),
            source(platform),
            clock,
            NOBODY,
        )

    assert bool(stored_ids(store)) is committed
    assert bool(state(store).cursor) is committed
    assert bool(actions(store)) is committed

    ingest(store, source(platform), clock, NOBODY)

    assert stored_ids(store) == [said.external_id]
    assert actions(store) == ["mention.stored"]


def test_every_stored_mention_is_logged_without_its_words(store, clock, platform):
    platform.say(mention("my secret complaint"))

    ingest(store, source(platform), clock, NOBODY)

    [entry] = log(store, "mention.stored")
    detail = json.loads(entry.detail)
    assert detail["source"] == "acme-x"
    assert detail["published_at"] == START.isoformat()
    assert len(detail["text_sha256"]) == 64
    assert "secret" not in entry.detail


# --- what makes no sense


def test_bad_items_are_kept_aside_and_the_page_goes_on(store, clock):
    bad = Quarantined(where="line 3", reason="no id", payload="{}")
    page = Page(mentions=[mention()], cursor=Cursor("c1"), bad=[bad])

    result = ingest(store, source(ScriptedConnector([page])), clock, NOBODY)

    assert (result.stored, result.quarantined) == (1, 1)
    assert actions(store) == ["mention.stored", "mentions.quarantined"]
    with store.reading() as work:
        [kept] = work.quarantine.listing(10)
    assert (kept.source, kept.item) == ("acme-x", bad)


def test_the_same_bad_item_is_kept_aside_once(store, clock):
    bad = Quarantined(where="line 3", reason="no id", payload="{}")
    page = Page(mentions=(), cursor=Cursor("c1"), bad=[bad])
    connector = ScriptedConnector([page, page])
    ingest(store, source(connector), clock, NOBODY)

    again = ingest(store, source(connector), clock, NOBODY)

    assert again.quarantined == 0
    assert actions(store) == ["mentions.quarantined"]


def test_a_text_from_the_future_is_kept_aside_whole(store, clock, platform):
    odd = mention("soon", published_at=START + timedelta(days=1, seconds=1))
    platform.say(odd, mention())

    result = ingest(store, source(platform), clock, NOBODY)

    assert (result.stored, result.quarantined) == (1, 1)
    with store.reading() as work:
        [kept] = work.quarantine.listing(10)
    assert kept.item.where == f"x:{odd.external_id}"
    assert "in the future" in kept.item.reason
    assert json.loads(kept.item.payload)["author"]["handle"] == "ada"


def test_a_platform_whose_clock_is_a_little_ahead_is_believed(store, clock, platform):
    platform.say(mention(published_at=START + timedelta(hours=23)))

    assert ingest(store, source(platform), clock, NOBODY).stored == 1


# --- failures


def test_a_failure_leaves_the_cursor_where_it_was_and_is_told(store, clock, platform):
    platform.say(mention())
    ingest(store, source(platform), clock, NOBODY)
    platform.fail_reads(DOWN)

    assert fails(store, clock, platform) is DOWN

    assert state(store).cursor == "1"
    assert state(store).failures == 1
    [entry] = log(store, "source.failed")
    assert json.loads(entry.detail)["error"] == "Unavailable"


def test_blind_time_is_recorded_until_the_source_is_seen_again(store, clock, platform):
    platform.fail_reads(DOWN, DOWN)
    fails(store, clock, platform)
    clock.advance(minutes=5)
    fails(store, clock, platform)
    clock.advance(minutes=5)

    ingest(store, source(platform), clock, NOBODY)

    *blind, seen = coverage(store)
    # After a pause of seconds a look was due, and none came for minutes.
    assert [(one.outcome, one.detail) for one in blind] == [
        ("Unavailable", "x: is down"),
        ("Unwatched", ""),
        ("Unavailable", "x: is down"),
        ("Unwatched", ""),
    ]
    assert blind[0].started_at == START
    assert blind[1].ended_at == blind[2].started_at == START + timedelta(minutes=5)
    assert blind[3].ended_at == seen.started_at == START + timedelta(minutes=10)
    assert all(
        after.started_at - before.ended_at < timedelta(minutes=1)
        for before, after in pairwise([*blind, seen])
    )
    assert seen.outcome == "ok"


def test_a_stored_file_has_no_blind_time(store, clock):
    connector = ScriptedConnector([DOWN], is_live=False)
    fails(store, clock, connector)

    ingest(store, source(connector), clock, NOBODY)

    assert coverage(store) == []


@pytest.mark.parametrize("is_live", [True, False])
def test_only_a_platform_that_we_ask_tells_when_its_counts_were_taken(
    store, clock, *, is_live
):
    said = mention(engagement=Engagement(likes=3), published_at=START)
    page = Page(mentions=[said], cursor=None)
    clock.advance(minutes=7)

    ingest(store, source(ScriptedConnector([page], is_live=is_live)), clock, NOBODY)

    with store.reading() as work:
        [kept] = work.mentions.untagged(9)
    counted_at = clock.now() if is_live else None
    assert kept.mention.engagement == Engagement(likes=3, counted_at=counted_at)


def test_pauses_grow_with_every_failure_in_a_row_and_end_with_success(
    store, clock, platform
):
    platform.fail_reads(*[DOWN] * 6)
    waits = []
    for _ in range(6):
        fails(store, clock, platform)
        waits.append(state(store).retry_at - clock.now())

    assert all(short < long for short, long in pairwise(waits))
    assert waits[0] < timedelta(seconds=6)

    ingest(store, source(platform), clock, NOBODY)

    assert state(store).retry_at is None
    assert state(store).failures == 0
    assert actions(store, "source.recovered") == ["source.recovered"]


def test_pauses_differ_by_chance_and_never_pass_the_longest():
    many = {pause_after(50) for _ in range(100)}

    assert len(many) > 50
    assert max(many) <= LONGEST_PAUSE
    assert min(many) >= LONGEST_PAUSE * 0.75


def test_a_rate_limit_waits_until_the_platform_says(store, clock, platform):
    retry_at = START + timedelta(minutes=13)
    platform.fail_reads(RateLimited("x", "asks for a pause", retry_at=retry_at))

    fails(store, clock, platform)

    assert state(store).retry_at == retry_at


def test_a_denied_source_tells_the_operator_once_a_day(store, clock, platform):
    platform.fail_reads(*[DENIED] * 3)
    told = RecordingNotifier()

    for hours in (1, 23, 0):
        fails(store, clock, platform)
        deliver_pending(store, [told], clock)
        clock.advance(hours=hours)

    assert [one.to for one in told.sent] == ["operator", "operator"]
    assert told.sent[0].subject == "Source acme-x sees nothing: AccessDenied"
    assert "renew it" in told.sent[0].body
    assert state(store).off_because == "x: the token has expired; renew it"


def test_a_source_that_only_stumbles_tells_nobody(store, clock, platform):
    platform.fail_reads(DOWN)

    fails(store, clock, platform)

    assert notices(store, clock) == {}
    assert state(store).off_because == ""


# --- paid quota


def paid(mentions: int) -> Page:
    return Page(
        mentions=[mention() for _ in range(mentions)],
        cursor=Cursor("c"),
        reads=mentions,
    )


def test_a_spent_budget_stops_reading_before_the_platform_is_asked(store, clock):
    connector = ScriptedConnector([paid(3), paid(3)])
    ingest(store, source(connector, monthly_reads=3), clock, NOBODY)

    error = fails(store, clock, connector, monthly_reads=3)

    assert isinstance(error, BudgetSpent)
    assert len(connector.asked) == 1
    assert state(store).retry_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert coverage(store)[-1].outcome == "BudgetSpent"
    assert notices(store, clock) == {"source:acme-x:BudgetSpent:2026-11-02": "operator"}


def test_a_new_month_brings_a_new_budget(store, clock):
    connector = ScriptedConnector([paid(3), paid(3)])
    ingest(store, source(connector, monthly_reads=3), clock, NOBODY)
    clock.move_to(datetime(2026, 12, 1, tzinfo=UTC))

    assert ingest(store, source(connector, monthly_reads=3), clock, NOBODY).stored == 3


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)),
    ],
)
def test_the_next_month_begins_at_its_first_instant(now, first):
    assert next_month(now) == first


def test_an_author_is_kept_as_they_were_then(store, clock):
    listen(store, clock, mention(author=author(followers=5)))
    said = mention(author=author(followers=9_000))
    listen(store, clock, said)

    with store.reading() as work:
        first, second = work.mentions.untagged(10)
    assert first.mention.author == replace(second.mention.author, followers=5)


def test_a_connector_that_breaks_for_no_known_reason_is_not_hidden(store, clock):
    connector = ScriptedConnector([RuntimeError("a bug")])

    error = fails(store, clock, connector)

    assert isinstance(error, RuntimeError)
    assert state(store).cursor is None


def test_the_fake_platform_gives_what_was_said_page_by_page(clock):
    platform = FakePlatform(clock)
    said = [mention() for _ in range(5)]
    platform.say(*said)

    first = platform.fetch(None, limit=3)
    second = platform.fetch(first.cursor, limit=3)

    assert [*first.mentions, *second.mentions] == said
    assert (first.more, second.more) == (True, False)
