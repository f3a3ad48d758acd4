from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from bot.domain.corrections import YES, TagKind
from bot.domain.decisions import Code, Severity, Tier
from bot.domain.mentions import MentionId, MentionKind
from bot.domain.packs import Condition, InfluenceGroup, Queue, RouteRule
from bot.services.corrections import correct
from bot.services.simulate import Fate, simulate
from bot.storage.tables import Rows
from bot.testing import START
from tests.unit.services.world import (
    HOUSE_REF,
    cell,
    close,
    handle,
    house,
    mention,
    policy,
    record,
    regulation,
    tickets,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW = replace(HOUSE_REF, version="8", sha256="e" * 64)


def other(**fields):
    return house(ref=NEW, **fields)


def tighter(first_response=HOUR, **fields):
    """The house, with another promise for ordinary complaints."""
    matrix = {severity: dict(row) for severity, row in house().matrix.items()}
    matrix[Severity.MEDIUM][InfluenceGroup.ORDINARY] = cell(
        Tier.AGENT, "agents", Code.GREEN, first_response
    )
    return other(matrix=matrix, **fields)


def loud(**fields):
    """The house, with a route of its own for one channel."""
    queues = {**house().queues, "seniors": Queue(title="Seniors", tier=Tier.ESCALATION)}
    route = RouteRule(
        id="L1",
        text="on x",
        when=Condition(channels=("x",), severity_from=Severity.MEDIUM),
        queue="seniors",
        tier=Tier.ESCALATION,
        code=Code.AMBER,
    )
    return other(queues=queues, routes=(route,), **fields)


def simulated(store, clock, new, old=None, days=90, **options):
    now = clock.now()
    return simulate(
        store,
        old or house(),
        new,
        regulation(),
        calendar=policy().calendar,
        since=now - timedelta(days=days),
        now=now,
        **options,
    )


def everything(store):
    with store.reading() as work:
        return {
            name: work.mentions._db.execute(text(f"SELECT * FROM {name}")).fetchall()
            for name in Rows.metadata.tables
        }


def test_the_same_policy_changes_nothing_whatever_happened(store, clock):
    angry, asks = mention(), mention("where is it, please")
    again = mention("my lawyer, terrible", conversation=angry.conversation)
    repost = mention(kind=MentionKind.REPOST, amplifies=angry.external_id)
    handle(store, clock, angry, asks, again, repost)
    clock.advance(days=3)

    found = simulated(store, clock, other())

    assert (found.mentions, found.tickets) == (4, (2, 2))
    assert found.differences == []
    assert not any(found.deadlines.values())


def test_it_says_who_would_have_been_called_when_and_where_each_ticket_stands(
    store, clock
):
    handle(store, clock, mention(), mention("great, thanks"))

    found = simulated(store, clock, loud())

    [one] = found.differences
    assert one.ticket == "T-000001"
    assert (one.before.queue, one.before.tier, one.before.code) == (
        "agents",
        1,
        "green",
    )
    assert (one.after.queue, one.after.tier, one.after.code) == ("seniors", 3, "amber")
    [call] = one.new_calls
    assert (call.at, call.queue, call.why) == (START, "seniors", "opened")
    assert (one.lost_calls, found.calls) == ([], ({}, {"seniors": 1}))


def test_a_queue_in_which_nobody_worked_is_named(store, clock):
    handle(store, clock, mention())

    found = simulated(store, clock, loud())

    [one] = found.unstaffed
    assert (one.queue, one.tickets, one.calls, one.first_at) == ("seniors", 1, 1, START)


def test_a_queue_in_which_a_person_worked_is_not(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=1)
    record(store, clock, tickets(store)[0].id, "answered", by="ann")

    found = simulated(store, clock, other())

    assert found.unstaffed == []


def test_a_longer_promise_saves_a_deadline_that_was_missed(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=10)
    record(store, clock, tickets(store)[0].id, "answered", by="ann")

    found = simulated(store, clock, tighter(12 * HOUR))

    [one] = found.differences
    old, new = one.deadlines["first_response"]
    assert (old.fate, new.fate) == (Fate.MISSED, Fate.KEPT)
    assert (old.due_at, new.due_at) == (START + 8 * HOUR, START + 12 * HOUR)
    assert new.answered_at == START + 10 * HOUR
    assert (found.deadlines["later"], found.deadlines["saved"]) == (1, 1)
    assert found.deadlines["lost"] == 0
    assert [call.why for call in one.lost_calls] == ["first_response missed"]


def test_a_shorter_promise_loses_one_that_was_kept_and_calls_the_next_tier(
    store, clock
):
    handle(store, clock, mention())
    clock.advance(hours=2)
    record(store, clock, tickets(store)[0].id, "answered", by="ann")

    found = simulated(store, clock, tighter(HOUR))

    [one] = found.differences
    assert (found.deadlines["earlier"], found.deadlines["lost"]) == (1, 1)
    [call] = one.new_calls
    assert (call.at, call.queue, call.tier) == (START + HOUR, "specialists", 2)
    assert one.after.tier is Tier.SPECIALIST


def test_nobody_is_called_before_the_mention_was_decided(store, clock):
    handle(store, clock, mention(published_at=START - DAY))
    clock.advance(minutes=1)

    found = simulated(store, clock, tighter(3 * HOUR))

    [one] = found.differences
    assert one.deadlines["first_response"][1].due_at == START - 21 * HOUR
    assert [call.at for call in one.after.calls] == [START]


def test_what_is_not_due_yet_is_neither_saved_nor_lost(store, clock):
    handle(store, clock, mention())

    found = simulated(store, clock, tighter(HOUR))

    old, new = found.differences[0].deadlines["first_response"]
    assert (old.fate, new.fate) == (Fate.OPEN, Fate.OPEN)
    assert (found.deadlines["saved"], found.deadlines["lost"]) == (0, 0)


def test_what_only_the_other_policy_opens_was_never_answered_and_says_so(store, clock):
    handle(store, clock, mention("the tram is blue"))
    clock.advance(days=9)
    everything_opens = (
        *house().opens,
        replace(house().opens[0], id="O9", when=Condition()),
    )

    found = simulated(store, clock, other(opens=everything_opens))

    [one] = found.differences
    assert (one.ticket, one.before, found.tickets) == ("mention 1", None, (0, 1))
    assert one.after.promises["first_response"].fate is Fate.UNKNOWN
    assert one.after.calls == []


def test_a_mention_after_the_real_ticket_was_closed_opens_another(store, clock):
    first = mention()
    handle(store, clock, first)
    clock.advance(hours=1)
    close(store, clock, tickets(store)[0].id, by="ann")
    clock.advance(hours=1)
    handle(
        store,
        clock,
        mention(conversation=first.conversation, published_at=clock.now()),
    )

    found = simulated(store, clock, loud())

    assert found.tickets == (2, 2)
    assert [one.ticket for one in found.differences] == ["T-000001", "T-000002"]


def test_what_joins_raises_the_ticket_in_both_worlds(store, clock):
    said = mention()
    handle(store, clock, said)
    clock.advance(minutes=5)
    threat = mention("terrible, ask my lawyer", conversation=said.conversation)
    handle(store, clock, threat)
    quiet = other(severity=house().severity[:1])

    found = simulated(store, clock, quiet)

    [one] = found.differences
    assert (one.before.severity, one.after.severity) == ("critical", "medium")
    assert [call.why for call in one.lost_calls] == ["raised"]


def test_what_a_person_corrected_is_decided_by_that(store, clock):
    handle(store, clock, mention("a long queue"))
    correct(store, policy(), clock, MentionId(1), {TagKind.COMPLAINT: YES}, by="ann")

    found = simulated(store, clock, loud())

    assert [one.ticket for one in found.differences] == ["T-000001"]


def test_only_the_days_that_are_asked_for_are_looked_at_in_pages(store, clock):
    old = mention(published_at=START - 5 * DAY)
    handle(store, clock, old, *(mention() for _ in range(3)))
    told = []

    found = simulated(
        store,
        clock,
        other(),
        days=2,
        page=2,
        progress=lambda done, total: told.append((done, total)),
    )

    assert found.mentions == 3
    assert told == [(2, 3), (3, 3)]


def test_decisions_under_other_packs_are_counted(store, clock):
    handle(store, clock, mention())

    found = simulated(store, clock, other(), old=other())

    assert found.other_packs == 1


def test_it_writes_nothing(store, clock):
    handle(store, clock, mention(), mention("a long queue"))
    before = everything(store)

    simulated(store, clock, loud())

    assert everything(store) == before
