from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.domain.mentions import MentionId
from bot.domain.tickets import TicketId, TicketStatus
from bot.errors import Missing, NotAllowed
from bot.services.accounts import join
from bot.services.claims import claim
from bot.services.merging import merge, split
from bot.services.reopening import reopen
from bot.services.replies import confirm_pending, send_pending
from bot.services.sweep import sweep
from bot.testing import FakePlatform
from tests.unit.services.world import (
    author,
    handle,
    house,
    log,
    mention,
    outbox,
    policy,
    record,
    regulation,
    states,
    tickets,
)

POLICY = policy()


def opened(store, clock, **fields):
    said = mention(published_at=clock.now(), **fields)
    handle(store, clock, said)
    with store.reading() as work:
        return work.tickets.of_mention(said.channel, said.external_id)


def now(store, ticket):
    with store.reading() as work:
        return work.tickets.get(ticket.id)


def dues(store, ticket):
    with store.reading() as work:
        return {
            one.plan.rule: one.plan.due_strict
            for one in work.clocks.of_ticket(ticket.id)
        }


def texts(store, ticket):
    with store.reading() as work:
        return [one.id for one in work.tickets.mentions(ticket.id)]


@pytest.fixture
def first(store, clock):
    return opened(store, clock)


@pytest.fixture
def second(store, clock, first):
    """The same author, in another conversation, three hours later."""
    clock.advance(hours=3)
    return opened(store, clock)


def test_the_earliest_receipt_counts_whichever_goes_into_the_other(
    store, clock, first, second
):
    early = dues(store, first)

    left = merge(store, POLICY, clock, second.id, first.id, by="ana")

    assert left.id == second.id
    assert left.received_at == first.received_at
    assert dues(store, second) == early
    assert dues(store, first) == {}
    assert now(store, first).status is TicketStatus.CLOSED


def test_the_texts_of_both_are_in_one_and_the_log_says_so_of_both(
    store, clock, first, second
):
    both = [*texts(store, first), *texts(store, second)]

    merge(store, POLICY, clock, first.id, second.id, by="ana")

    assert texts(store, first) == both
    [there] = log(store, "ticket.merged")
    [gone] = log(store, "ticket.merged_into")
    assert (there.subject, there.actor) == (f"ticket:{first.id}", "ana")
    assert json.loads(there.detail)["from"] == second.id
    assert json.loads(gone.detail) == {"into": first.id, "reason": ""}


def test_what_is_said_in_the_other_conversation_goes_on_in_the_one(
    store, clock, first, second
):
    merge(store, POLICY, clock, first.id, second.id, by="ana")

    handle(
        store,
        clock,
        mention("still terrible", conversation=second.conversation),
    )

    assert len(texts(store, first)) == 3
    assert [one.id for one in tickets(store) if one.status == "open"] == [first.id]


def test_a_clock_that_was_kept_before_stays_on_record_beside_the_one_that_runs(
    store, clock, first, second
):
    record(store, clock, first.id, "idr_response_provided", by="ana")

    merge(store, POLICY, clock, first.id, second.id, by="ana")

    assert states(store, first)["final_response"] == "running"
    with store.reading() as work:
        [run] = work.clocks.earlier_runs(first.id)
    assert (run.plan.rule, run.state) == ("final_response", "met")


def test_a_breach_is_neither_lost_nor_told_twice(store, clock, first, second):
    clock.advance(days=40)
    while sweep(store, clock, house()):
        pass
    missed = len(log(store, "clock.breached"))

    merge(store, POLICY, clock, first.id, second.id, by="ana")
    while sweep(store, clock, house()):
        pass

    assert states(store, first)["final_response"] == "breached"
    assert len(log(store, "clock.breached")) == missed


def test_tickets_of_different_authors_need_a_reason_and_hear_why(store, clock, first):
    other = opened(store, clock, author=author("ben"))

    with pytest.raises(NotAllowed, match="each complainant"):
        merge(store, POLICY, clock, first.id, other.id, by="ana")
    merge(store, POLICY, clock, first.id, other.id, by="ana", why="a married couple")

    [entry] = log(store, "ticket.merged")
    assert json.loads(entry.detail)["different_authors"] is True


def test_joined_accounts_are_one_author(store, clock, first):
    other = opened(store, clock, author=author("ada_again"))
    join(store, clock, first.id, other.id, by="ana", why="same booking")

    merge(store, POLICY, clock, first.id, other.id, by="ana")

    [entry] = log(store, "ticket.merged")
    assert json.loads(entry.detail)["different_authors"] is False


def test_what_somebody_else_has_does_not_go_away_under_their_hands(
    store, clock, first, second
):
    claim(store, clock, house(), second.id, by="ben")

    with pytest.raises(NotAllowed, match="ben has"):
        merge(store, POLICY, clock, first.id, second.id, by="ana")


def test_tickets_of_two_brands_or_packs_stay_two(store, clock, first):
    elsewhere = opened(store, clock, brand="Heron Rail")
    older = policy(regulation=regulation(ref=POLICY.house.ref))
    said = mention(published_at=clock.now())
    handle(store, clock, said, by=older)
    with store.reading() as work:
        under_another = work.tickets.of_mention(said.channel, said.external_id)

    with pytest.raises(NotAllowed, match="Heron Rail"):
        merge(store, POLICY, clock, first.id, elsewhere.id, by="ana", why="one")
    with pytest.raises(NotAllowed, match="were promised by"):
        merge(store, POLICY, clock, first.id, under_another.id, by="ana", why="one")


def test_neither_itself_nor_what_is_closed_goes_into_a_ticket(
    store, clock, first, second
):
    merge(store, POLICY, clock, first.id, second.id, by="ana")

    with pytest.raises(NotAllowed, match="itself"):
        merge(store, POLICY, clock, first.id, first.id, by="ana")
    with pytest.raises(NotAllowed, match="closed"):
        merge(store, POLICY, clock, first.id, second.id, by="ana")


def test_a_ticket_that_went_into_another_is_not_opened_again_beside_it(
    store, clock, first, second
):
    merge(store, POLICY, clock, first.id, second.id, by="ana")

    with pytest.raises(NotAllowed, match="split it off"):
        reopen(store, POLICY, clock, second.id, by="ana", why="no")


def test_a_split_undoes_a_merge_under_the_same_number(store, clock, first, second):
    before = dues(store, second)
    own = texts(store, second)
    merge(store, POLICY, clock, first.id, second.id, by="ana")

    back = split(store, POLICY, clock, first.id, own, by="ana", why="a mistake")

    assert back.id == second.id
    assert back.status is TicketStatus.OPEN
    assert texts(store, second) == own
    legal = {rule: due for rule, due in before.items() if rule != "first_response"}
    assert {rule: dues(store, second)[rule] for rule in legal} == legal
    handle(store, clock, mention("terrible", conversation=second.conversation))
    assert len(texts(store, second)) == 2


def test_a_merge_undoes_a_split(store, clock, first):
    clock.advance(hours=1)
    handle(
        store,
        clock,
        mention(
            "terrible too",
            conversation=first.conversation,
            author=author("ben"),
            published_at=clock.now(),
        ),
    )
    both, early = texts(store, first), dues(store, first)
    own = split(store, POLICY, clock, first.id, both[1:], by="ana", why="another one")

    merge(store, POLICY, clock, first.id, own.id, by="ana", why="one after all")

    assert texts(store, first) == both
    assert dues(store, first) == early


def test_what_leaves_counts_from_its_own_publication_and_leaves_the_rest_as_it_was(
    store, clock, first
):
    clock.advance(hours=5)
    said_at = clock.now()
    handle(
        store,
        clock,
        mention(
            "terrible too",
            conversation=first.conversation,
            author=author("ben"),
            published_at=said_at,
        ),
    )
    clock.advance(hours=5)
    stayed = dues(store, first)

    own = split(
        store, POLICY, clock, first.id, texts(store, first)[1:], by="ana", why="two"
    )

    assert own.received_at == said_at
    assert dues(store, own)["acknowledge_target"] == said_at + timedelta(hours=24)
    assert dues(store, first) == stayed
    [entry] = log(store, "ticket.split")
    assert (entry.actor, json.loads(entry.detail)["into"]) == ("ana", own.id)


def test_what_answered_a_text_goes_with_it_and_keeps_its_promise(
    store, clock, platform: FakePlatform, first
):
    handle(
        store,
        clock,
        mention(
            "terrible too",
            conversation=first.conversation,
            author=author("ben"),
            published_at=clock.now(),
        ),
    )
    own_texts = texts(store, first)[:1]
    send_pending(store, outbox(platform), clock)
    clock.advance(minutes=2)
    confirm_pending(store, outbox(platform), clock)

    own = split(store, POLICY, clock, first.id, own_texts, by="ana", why="two")

    with store.reading() as work:
        replies = work.replies.of_ticket(own.id)
    assert [one.mention_id for one in replies] == own_texts
    assert states(store, own)["acknowledge_target"] == "met"


def test_something_is_left_and_only_texts_of_the_ticket_leave(store, clock, first):
    own = texts(store, first)

    with pytest.raises(NotAllowed, match="nothing would be left"):
        split(store, POLICY, clock, first.id, own, by="ana", why="all")
    with pytest.raises(NotAllowed, match="choose"):
        split(store, POLICY, clock, first.id, [], by="ana", why="none")
    with pytest.raises(Missing):
        split(store, POLICY, clock, first.id, [MentionId(99)], by="ana", why="?")


def test_what_carries_a_text_further_goes_with_it(store, clock, first):
    other = mention(
        "terrible too",
        conversation=first.conversation,
        author=author("ben"),
        published_at=clock.now(),
    )
    carried = mention(
        "",
        amplifies=other.external_id,
        author=author("cleo"),
        published_at=clock.now(),
    )
    handle(store, clock, other, carried)
    with store.reading() as work:
        number = work.mentions.find(other.channel, other.external_id).id

    own = split(store, POLICY, clock, first.id, [number], by="ana", why="two")

    assert len(texts(store, own)) == 2


def test_of_three_merged_in_turn_all_go_on_in_the_last(store, clock, first, second):
    third = opened(store, clock)
    merge(store, POLICY, clock, second.id, first.id, by="ana")
    merge(store, POLICY, clock, third.id, second.id, by="ana")

    handle(store, clock, mention("terrible", conversation=first.conversation))

    assert len(texts(store, third)) == 4


def test_there_is_no_ticket_that_nobody_opened(store, clock, first):
    with pytest.raises(Missing):
        merge(store, POLICY, clock, first.id, TicketId(99), by="ana")
