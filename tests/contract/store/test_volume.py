"""What every store promises about figures: they are what counting by hand gives."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.clocks import ClockState
from bot.domain.corrections import Correction, TagKind, corrected
from bot.domain.decisions import Answer, Outcome
from bot.domain.mentions import MentionId, Restored
from bot.domain.replies import ReplyState
from bot.domain.tags import Band, Influence, Sentiment, Tags, Topic
from bot.domain.volume import (
    WITHIN,
    Aspect,
    Complaint,
    Grain,
    Place,
    PostFilter,
    Wanted,
    within,
)
from bot.errors import Stale
from bot.services.volume import rebuild, roll_up
from bot.storage.store import SqlStore
from bot.testing import ManualClock
from tests.samples import decision, mention, plan, reply, scope, tags, ticket

BEGAN = datetime(2026, 10, 2, 20, tzinfo=UTC)
"""Within this week Adelaide's clocks go forward, half an hour from any whole one."""

ZONES = ("UTC", "Australia/Adelaide", "America/New_York")
LASTED, NUMBER = timedelta(days=5), 60


def lived_through(store: SqlStore, chance: Random) -> None:
    """Let mentions of two brands come, be tagged, corrected, decided, restored."""
    with store.work() as work:
        for each in range(NUMBER):
            live_through(work, chance, each)


def live_through(work, chance: Random, each: int) -> None:
    at = BEGAN + chance.random() * LASTED
    one = mention(
        each,
        external_id=f"r-{chance.random()}",
        brand=chance.choice(["Kestrel", "Heron"]),
        channel=chance.choice(["agora", "plaza"]),
        conversation=f"c-{chance.random()}",
        published_at=at,
        amplifies=chance.choice([None, None, "r-0"]),
    )
    (stored,) = work.mentions.add([one], source="agora", at=at)
    if chance.random() < 0.1:
        return
    quiet = Influence(score=1.0, band=Band.NANO)
    loud = Influence(score=99.0, band=Band.MEGA)
    said = tags(
        sentiment=chance.choice(list(Sentiment)),
        complaint=chance.choice([True, False, None]),
        influence=chance.choice([quiet, loud]),
        topic=chance.choice([None, Topic(name="fees", score=0.9)]),
    )
    work.mentions.tag([(stored.id, said)], at)
    if chance.random() < 0.2:
        work.corrections.add([correction(stored.id, kind, chance) for kind in TagKind])
    if chance.random() < 0.1:
        return
    outcome = chance.choice([Outcome.RECORD_ONLY, Outcome.SET_ASIDE])
    made = decision(outcome=outcome, scope=scope(chance.choice(list(Answer))))
    work.mentions.decide(stored.id, made, ticket_id=None, at=at)
    if outcome is Outcome.SET_ASIDE and chance.random() < 0.3:
        work.mentions.restore(stored.id, Restored.RELEVANT)


def correction(mention_id: MentionId, kind: TagKind, chance: Random) -> Correction:
    return Correction(
        mention_id=mention_id,
        kind=kind,
        value=chance.choice(kind.values),
        was="",
        model="m",
        by="Ada",
        at=BEGAN,
    )


def by_hand(store: SqlStore) -> Counter[tuple[datetime, str, str, str, str]]:
    """Count every mention by its instant, from what the repositories say of it."""
    found: Counter[tuple[datetime, str, str, str, str]] = Counter()
    with store.reading() as work:
        stored = [
            work.mentions.get(MentionId(number)) for number in range(1, NUMBER + 1)
        ]
        for one in stored:
            for aspect, value in counts(work, one):
                said = one.mention
                found[said.published_at, said.brand, said.channel, aspect, value] += 1
    return found


def counts(work, one) -> Iterator[tuple[str, str]]:
    made = work.mentions.decision(one.id)
    if made and made[0].outcome is Outcome.SET_ASIDE and made[1] is None:
        yield "set_aside", ""
        return
    yield "mentions", ""
    said = work.mentions.tags(one.id)
    if said is not None:
        yield from tag_counts(corrected(said, work.corrections.of_mention(one.id)))
    if made and one.mention.amplifies is None:
        judged = {Answer.YES: "in_scope", Answer.NEEDS_HUMAN: "to_judge"}
        if made[0].scope.verdict in judged:
            yield "complaint", judged[made[0].scope.verdict]


def tag_counts(said: Tags) -> Iterator[tuple[str, str]]:
    yield "sentiment", said.sentiment.value
    if said.topic:
        yield "topic", said.topic.name
        if said.sentiment is Sentiment.NEGATIVE:
            yield "negative_topic", said.topic.name
    if said.influence.is_influencer:
        yield "influencer", ""
    if said.complaint:
        yield "complaint", "tagged"


def over_time(work, aspect: Aspect, grain: Grain, brand: str):
    since, until = BEGAN - LASTED, BEGAN + 2 * LASTED
    wanted = Wanted(brands=frozenset({brand}))
    return work.volume.over_time(aspect, grain, since, until, wanted)


def stretch(at: datetime, grain: Grain, zone: str) -> datetime:
    """Say when it began by adding minutes until the place's clock says so."""
    place = ZoneInfo(zone)
    here = at.astimezone(place)
    back = at - timedelta(
        minutes=here.minute, seconds=here.second, microseconds=here.microsecond
    )
    while grain is Grain.DAY and (back.astimezone(place).hour != 0):
        back -= timedelta(hours=1)
    return back


@pytest.mark.parametrize("zone", ZONES)
def test_figures_are_what_counting_by_hand_gives(store, zone):
    lived_through(store, Random(zone))

    while roll_up(store, ManualClock(), zone, limit=37):
        pass

    expected, brands = by_hand(store), ("Kestrel", "Heron")
    with store.reading() as work:
        for grain, brand, aspect in itertools.product(Grain, brands, Aspect):
            told = over_time(work, aspect, grain, brand)
            by_us: Counter[tuple[datetime, str]] = Counter()
            for (at, whose, _, what, value), number in expected.items():
                if (whose, what) == (brand, aspect):
                    by_us[stretch(at, grain, zone), value] += number
            assert {(at, value): n for at, value, n in told} == dict(by_us)


def test_late_edits_and_corrections_are_counted_again(store):
    with store.work() as work:
        (one,) = work.mentions.add([mention()], source="agora", at=BEGAN)
        work.mentions.tag([(one.id, tags(sentiment=Sentiment.NEGATIVE))], BEGAN)
    roll_up(store, ManualClock(), "UTC")
    assert sentiments(store) == {"negative": 1}

    with store.work() as work:
        news = replace(one.mention, text="all good now", edited_at=BEGAN)
        assert work.mentions.edit(one, news, BEGAN)
    roll_up(store, ManualClock(), "UTC")

    assert sentiments(store) == {}


def sentiments(store: SqlStore) -> dict[str, int]:
    year = timedelta(days=365)
    with store.reading() as work:
        told = work.volume.in_all(
            [Aspect.SENTIMENT], BEGAN - year, BEGAN + year, Wanted()
        )
    return {cell.value: number for cell, number in told}


def test_counting_anew_changes_nothing(store):
    lived_through(store, Random(4))
    while roll_up(store, ManualClock(), "UTC"):
        pass
    before = everything(store)

    assert rebuild(store, ManualClock(), "UTC") > 0

    assert everything(store) == before != []


def everything(store: SqlStore):
    with store.reading() as work:
        return work.volume.in_all(
            list(Aspect), BEGAN - LASTED, BEGAN + 2 * LASTED, Wanted()
        )


def test_another_zone_has_other_days(store):
    with store.work() as work:
        late = mention(published_at=datetime(2026, 10, 1, 15, tzinfo=UTC))
        work.mentions.add([late], source="agora", at=BEGAN)
    roll_up(store, ManualClock(), "UTC")

    while roll_up(store, ManualClock(), "Australia/Sydney"):
        pass

    with store.reading() as work:
        told = work.volume.over_time(
            Aspect.MENTIONS, Grain.DAY, BEGAN - LASTED, BEGAN + LASTED, Wanted()
        )
    assert told == [(datetime(2026, 10, 1, 14, tzinfo=UTC), "", 1)]


def test_what_another_process_counts_is_left_to_it(store):
    with store.work() as work:
        work.mentions.add([mention()], source="agora", at=BEGAN)
    roll_up(store, ManualClock(), "UTC")
    with store.work() as work:
        work.mentions.add([mention(2)], source="agora", at=BEGAN)
        marks = work.volume.marks(10)
        work.volume.take(marks)

        with pytest.raises(Stale):
            work.volume.take(marks)


def test_first_answers_are_told_apart_by_who_gave_them(store):
    with store.work() as work:
        (one,) = work.mentions.add([mention()], source="agora", at=BEGAN)
        opened = work.tickets.add(ticket(received_at=BEGAN, opened_at=BEGAN))
        for kind, by, taken in (
            ("acknowledgement", "", timedelta(minutes=3)),
            ("answer", "Ada", timedelta(hours=3)),
        ):
            sent = reply(
                ticket_id=opened.id,
                mention_id=one.id,
                kind=kind,
                written_by=by,
                state=ReplyState.SENDING,
            )
            added = work.replies.add(sent)
            done = replace(added, state=ReplyState.SENT, sent_at=BEGAN + taken)
            assert work.replies.move(done, before=ReplyState.SENDING)
        work.clocks.start(opened.id, [plan(started_at=BEGAN)])
        (clock,) = work.clocks.of_ticket(opened.id)
        work.clocks.change(
            clock.id,
            before=ClockState.RUNNING,
            after=ClockState.MET,
            due_at=None,
            ended_at=BEGAN + timedelta(hours=20),
            ended_by="acknowledged",
        )

    while roll_up(store, ManualClock(), "UTC"):
        pass

    told = {cell[2:]: number for cell, number in everything(store)}
    assert told[Aspect.TICKETS, ""] == 1
    assert told[Aspect.BY_BOT, "5m"] == 1
    assert told[Aspect.BY_PERSON, "4h"] == 1
    assert told[Aspect.BY_REGULATOR, "1d"] == 1


@pytest.mark.parametrize("name", WITHIN)
def test_what_took_just_so_long_is_within_it(name):
    assert within(WITHIN[name]) == name
    assert within(WITHIN[name] + timedelta(microseconds=1)) != name


SOUGHT: list[Any] = [
    {},
    {"sentiment": "negative"},
    {"topic": "fees"},
    {"topic": "fees", "sentiment": "negative"},
    {"complaint": Complaint.TAGGED},
    {"complaint": Complaint.IN_SCOPE},
    {"complaint": Complaint.TO_JUDGE, "sentiment": "positive"},
    {"is_influencer": True},
    {"is_set_aside": True},
    {"wanted": Wanted(brands=frozenset({"Heron"}), channels=frozenset({"plaza"}))},
]


@pytest.mark.parametrize("rolled", [1, 40, 10_000])
def test_each_figure_leads_to_just_its_posts(store, rolled):
    """Counted or not yet: pages of seven, newest first, none twice and none missing."""
    lived_through(store, Random(5))
    roll_up(store, ManualClock(), "Australia/Adelaide", limit=rolled)

    for sought in SOUGHT:
        asked = PostFilter(since=BEGAN, until=BEGAN + LASTED, **sought)
        with store.reading() as work:
            found = list(page_by_page(work, asked))
            assert found == sorted(expected_posts(work, asked), reverse=True)


def page_by_page(work, asked: PostFilter) -> Iterator[tuple[datetime, int]]:
    place = None
    for _ in range(100):
        posts, place = work.volume.posts(asked, before=place, limit=7)
        for one in posts:
            yield one.stored.mention.published_at, one.stored.id
        if place is None:
            return
    pytest.fail("the list never ends")


def expected_posts(work, asked: PostFilter) -> Iterator[tuple[datetime, int]]:
    asks = [
        ("sentiment", asked.sentiment),
        ("topic", asked.topic),
        ("complaint", asked.complaint),
    ]
    needed = {(what, value) for what, value in asks if value}
    needed |= {("influencer", "")} if asked.is_influencer else set()
    needed |= {("set_aside" if asked.is_set_aside else "mentions", "")}
    brands, channels = asked.wanted.brands, asked.wanted.channels
    for number in range(1, NUMBER + 1):
        one = work.mentions.get(MentionId(number))
        is_ours = not brands or one.mention.brand in brands
        is_here = not channels or one.mention.channel in channels
        if is_ours and is_here and needed <= set(counts(work, one)):
            yield one.mention.published_at, one.id


def test_a_list_goes_on_behind_its_place(store):
    with store.work() as work:
        work.mentions.add(
            [mention(1, published_at=BEGAN), mention(2, published_at=BEGAN)],
            source="agora",
            at=BEGAN,
        )
    asked = PostFilter(since=BEGAN, until=BEGAN + LASTED)
    with store.reading() as work:
        (first,), place = work.volume.posts(asked, before=None, limit=1)
        (second,), end = work.volume.posts(asked, before=place, limit=1)

    assert place == Place(at=BEGAN, id=first.stored.id)
    assert (first.stored.id, second.stored.id, end) == (2, 1, None)
