from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.domain.clocks import ClockKind, ClockState
from bot.domain.decisions import Code, Outcome, Severity, Tier
from bot.domain.queues import (
    COUNTED,
    DUE_WITHIN,
    Filters,
    Listed,
    Order,
    Place,
    SavedView,
    View,
    ViewRoom,
    deadlines_of,
)
from bot.domain.tags import Sign, Topic
from bot.domain.tickets import TicketStatus
from bot.errors import Missing
from tests import samples
from tests.samples import NOON

HOUR = timedelta(hours=1)
BRANDS = ("Kestrel Air", "Kestrel Rail")
STATES = (
    ClockState.LATE,
    ClockState.BREACHED,
    ClockState.MET,
    ClockState.EXCUSED,
    ClockState.RUNNING,
)


def line_of(work, ticket_id):
    found = work.queues.page(Listed(), now=NOON, limit=100)
    return next(one for one in found if one.ticket.id == ticket_id)


def some_plan(chance, rule):
    return samples.plan(
        rule,
        kind=chance.choice(list(ClockKind)),
        due_strict=NOON + HOUR * chance.randrange(1, 90),
        due_legal=NOON + HOUR * chance.randrange(90, 200),
        inputs=chance.choice(({}, {"zone": "UTC"}, {"waives": "x"}, {"chance": "y"})),
    )


def change_something(chance, work, ticket_id):
    """Do one of all that can happen to clocks; return whether it was done."""
    clocks = work.clocks.of_ticket(ticket_id)
    if not clocks or chance.random() < 0.3:
        rules = [f"rule{chance.randrange(5)}" for _ in range(chance.randrange(3))]
        plans = [some_plan(chance, rule) for rule in rules]
        work.clocks.start(ticket_id, plans)
        return
    one, plan = chance.choice(clocks), some_plan(chance, "")
    plan = replace(plan, rule=one.plan.rule)
    before = one.state if chance.random() < 0.9 else chance.choice(STATES)
    match chance.randrange(6):
        case 0:
            work.clocks.renew(one.id, plan)
        case 1:
            work.clocks.amend(one.id, plan, before=before)
        case 2:
            state = chance.choice((ClockState.RUNNING, ClockState.LATE))
            work.clocks.restart(one.id, plan, before=before, state=state)
        case 3:
            work.clocks.postpone(one.id, NOON + HOUR)
        case 4:
            work.clocks.warned(one, None)
        case _:
            work.clocks.change(
                one.id,
                before=before,
                after=chance.choice(STATES),
                due_at=chance.choice((None, plan.due_legal)),
                ended_at=chance.choice((None, NOON)),
            )


@pytest.mark.parametrize("seed", range(4))
def test_what_a_ticket_owes_next_is_what_its_clocks_say_whatever_happened_to_them(
    store, seed
):
    chance = random.Random(seed)
    with store.work() as work:
        ids = [work.tickets.add(samples.ticket(number)).id for number in range(3)]

    for _ in range(40):
        with store.work() as work:
            ticket_id = chance.choice(ids)
            change_something(chance, work, ticket_id)
        with store.reading() as work:
            said = deadlines_of(work.clocks.of_ticket(ticket_id))
            assert line_of(work, ticket_id).deadlines == said
            assert work.queues.drifted(10) == []


def test_a_ticket_whose_deadlines_are_not_its_clocks_is_found(store):
    with store.work() as work:
        ids = [work.tickets.add(samples.ticket(number)).id for number in range(3)]
        for each in ids:
            work.clocks.start(each, [samples.plan()])
    with store.work() as work:
        work._db.execute(text("UPDATE clocks SET due_strict = due_legal WHERE id = 2"))
        work._db.execute(text("UPDATE tickets SET overdue_at = next_legal_at"))
        work._db.execute(text("UPDATE tickets SET overdue_at = NULL WHERE id <> 3"))

        assert work.queues.drifted(10) == [ids[1], ids[2]]


def a_world(store, chance, count=70):
    """Store tickets of all kinds; return them with what they owe."""
    made = []
    with store.work() as work:
        for number in range(count):
            ticket = work.tickets.add(
                samples.ticket(
                    number,
                    brand=chance.choice(BRANDS),
                    channel=chance.choice(("agora", "forum")),
                    severity=chance.choice(list(Severity)),
                    code=chance.choice(list(Code)),
                    tier=chance.choice((Tier.AGENT, Tier.SPECIALIST)),
                    queue=chance.choice(("baggage", "refunds", "care")),
                    is_influencer=chance.random() < 0.2,
                    received_at=NOON + HOUR * chance.randrange(9),
                    owner=(owner := chance.choice(("", "", "Ada", "Ben"))),
                    claim_expires_at=NOON + HOUR if owner else None,
                    claim_lasts=HOUR if owner else None,
                    signs=chance.choice(((), (), (Sign.HARDSHIP, Sign.THREAT))),
                )
            )
            if chance.random() < 0.6:
                work.clocks.start(ticket.id, [some_plan(chance, "one")])
                clock = work.clocks.of_ticket(ticket.id)[0]
                state = chance.choice((ClockState.RUNNING, ClockState.BREACHED))
                work.clocks.change(
                    clock.id, before=clock.state, after=state, due_at=None
                )
            if chance.random() < 0.2:
                ticket = work.tickets.save(
                    replace(
                        ticket,
                        status=TicketStatus.CLOSED,
                        owner="",
                        claim_expires_at=None,
                        claim_lasts=None,
                    )
                )
            stored = work.mentions.add(
                [samples.mention(number, channel=ticket.channel, brand=ticket.brand)],
                source="agora",
                at=NOON,
            )[0]
            topic = chance.choice((None, Topic(name="bags", score=0.9)))
            told = samples.tags(language=chance.choice(("en", "de")), topic=topic)
            work.mentions.tag([(stored.id, told)], NOON)
            work.mentions.decide(
                stored.id,
                samples.decision(outcome=Outcome.OPEN_TICKET),
                ticket_id=ticket.id,
                at=NOON,
            )
            owed = deadlines_of(work.clocks.of_ticket(ticket.id))
            made.append((ticket, owed, stored, told))
    return made


def is_listed(listed, ticket, owed, told):
    is_open = ticket.status is TicketStatus.OPEN
    soon = NOON + DUE_WITHIN
    on = {
        View.OPEN: is_open,
        View.MINE: is_open and ticket.owner == listed.owner,
        View.UNCLAIMED: is_open and not ticket.owner,
        View.DUE_SOON: owed.first is not None and owed.first < soon,
        View.BREACHED: owed.overdue is not None,
        View.INFLUENCERS: is_open and ticket.is_influencer,
        View.CODE_RED: is_open and ticket.code is Code.RED,
    }[listed.view]
    wanted = listed.filters
    return (
        on
        and (not wanted.seen or ticket.brand in wanted.seen)
        and wanted.brand in {"", ticket.brand}
        and wanted.channel in {"", ticket.channel}
        and wanted.language in {"", told.language}
        and wanted.topic in {"", told.topic and told.topic.name}
        and wanted.tier in {None, int(ticket.tier)}
        and wanted.severity in {None, ticket.severity}
        and (wanted.sign is None or wanted.sign in ticket.signs)
        and (not wanted.queues or ticket.queue in wanted.queues)
    )


def in_order(listed, ticket, owed):
    if listed.view is View.BREACHED:
        return (0, owed.overdue, ticket.id)
    if listed.is_by_deadline:
        first = owed.first
        return (first is None, first or NOON, ticket.id)
    urgency = ticket.is_influencer * len(Severity) + ticket.severity.rank
    return (-urgency, ticket.received_at, ticket.id)


def paged(store, listed, limit):
    found, after = [], None
    while True:
        with store.reading() as work:
            page = work.queues.page(listed, now=NOON, limit=limit, after=after)
        found += page
        if len(page) < limit:
            return found
        after = Place.read(str(page[-1].place))


FILTERS = (
    Filters(),
    Filters(seen=frozenset(BRANDS[:1])),
    Filters(brand=BRANDS[1], channel="forum", severity=Severity.HIGH),
    Filters(language="de", topic="bags"),
    Filters(tier=1, queues=("baggage", "care")),
    Filters(sign=Sign.THREAT),
)


def test_every_list_holds_what_is_asked_for_in_its_order_page_after_page(store):
    world = a_world(store, random.Random(7))
    held = 0

    for view, order, filters in itertools.product(View, Order, FILTERS):
        listed = Listed(view=view, owner="Ada", order=order, filters=filters)
        expected = sorted(
            (
                (in_order(listed, ticket, owed), ticket.id)
                for ticket, owed, _, told in world
                if is_listed(listed, ticket, owed, told)
            ),
        )
        found = [one.ticket.id for one in paged(store, listed, 4)]
        assert found == [each for _, each in expected], listed
        with store.reading() as work:
            assert work.queues.counts({"it": listed}, now=NOON) == {"it": len(found)}
        held += len(found)
    assert held > 500


def test_a_line_shows_the_words_that_opened_the_ticket_and_what_was_said_of_them(
    store,
):
    world = a_world(store, random.Random(1), count=5)

    lines = paged(store, Listed(), 50)

    told = {ticket.id: (stored.id, tags) for ticket, _, stored, tags in world}
    assert lines
    for line in lines:
        assert line.mention is not None
        assert (line.mention.id, line.tags) == told[line.ticket.id]


def test_a_ticket_that_no_mention_opened_is_listed_without_words(store):
    with store.work() as work:
        work.tickets.add(samples.ticket())

        (line,) = work.queues.page(Listed(), now=NOON, limit=2)

    assert line.mention is None
    assert line.tags is None


def test_counting_ends_where_nobody_counts_on(store):
    with store.work() as work:
        for number in range(COUNTED + 5):
            work.tickets.add(samples.ticket(number))

        counts = work.queues.counts(
            {"all": Listed(), "mine": Listed(view=View.MINE)}, now=NOON
        )

    assert counts == {"all": COUNTED + 1, "mine": 0}


@pytest.mark.parametrize("nonsense", ["", "1_2", "x_2_", "1_2_soon", "1_2_2026-01-01"])
def test_a_place_that_no_page_gave_is_refused(nonsense):
    with pytest.raises(ValueError, match="no place in a list"):
        Place.read(nonsense)


def test_a_saved_view_is_its_owners_or_everybodys(store):
    with store.work() as work:
        mine = work.saved_views.keep(
            SavedView(owner="Ada", name="bags", query="view=open&queue=baggage"), NOON
        )
        work.saved_views.keep(
            SavedView(owner="Ben", name="all", query="view=open", is_shared=True), NOON
        )
        work.saved_views.keep(SavedView(owner="Ben", name="own", query=""), NOON)

        assert [one.name for one in work.saved_views.of("Ada", ViewRoom.QUEUES)] == [
            "all",
            "bags",
        ]
        assert work.saved_views.get(mine.id) == mine

        work.saved_views.drop(mine.id)

        with pytest.raises(Missing, match="no saved list"):
            work.saved_views.get(mine.id)


def test_a_view_saved_again_under_its_name_takes_the_others_place(store):
    with store.work() as work:
        first = work.saved_views.keep(
            SavedView(owner="Ada", name="bags", query="view=open"), NOON
        )
        second = work.saved_views.keep(
            SavedView(owner="Ada", name="bags", query="view=mine", is_shared=True), NOON
        )

        assert second.id == first.id
        assert work.saved_views.of("Ben", ViewRoom.QUEUES) == [second]


def test_a_view_is_kept_apart_by_its_room(store):
    listed = SavedView(owner="log:Ada", name="bags", query="view=open", is_shared=True)
    filtered = SavedView(owner="Ada", name="bags", query="tier=1", room=ViewRoom.LOG)

    with store.work() as work:
        listed = work.saved_views.keep(listed, NOON)
        filtered = work.saved_views.keep(filtered, NOON)
        same_name = work.saved_views.keep(replace(listed, owner="Ada"), NOON)

        assert work.saved_views.of("Ada", ViewRoom.LOG) == [filtered]
        assert work.saved_views.of("log:Ada", ViewRoom.LOG) == []
        assert work.saved_views.of("Ada", ViewRoom.QUEUES) == [listed, same_name]
