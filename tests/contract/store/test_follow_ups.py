"""What every store promises about follow-ups that are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.decisions import Outcome
from bot.domain.follow_ups import FollowUp, FollowUpState, Occasion
from bot.domain.tickets import TicketStatus
from tests.samples import NOON, author, decision, mention, reply, ticket

MINUTE = timedelta(minutes=1)


def follow_up(said, minutes: int = 0, **fields) -> FollowUp:
    ticket_id, mention_id = said
    whole = FollowUp(
        ticket_id=ticket_id,
        mention_id=mention_id,
        occasion=Occasion.WAITING,
        episode=f"mention:{mention_id}",
        planned_at=NOON,
        due_at=NOON + minutes * MINUTE,
    )
    return replace(whole, **fields)


def said(store, number: int = 1, **fields):
    """Store a mention in a ticket of its own."""
    with store.work() as work:
        [stored] = work.mentions.add([mention(number)], source="s", at=NOON)
        opened = work.tickets.add(ticket(number, **fields))
    return opened.id, stored.id


def put(store, *some: FollowUp):
    with store.work() as work:
        for one in some:
            assert work.follow_ups.add(one)


def all_of(store, where):
    with store.reading() as work:
        return work.follow_ups.of_ticket(where[0])


def test_a_follow_up_reads_back_equal(store):
    here = said(store)
    with store.work() as work:
        kept = work.replies.add(reply(ticket_id=here[0], mention_id=here[1]))
    wanted = follow_up(
        here,
        state=FollowUpState.WORDED,
        reply_id=kept.id,
        promised_at=NOON + MINUTE,
        moves=2,
        ended_at=NOON,
        reason="é",
    )
    put(store, wanted)

    [one] = all_of(store, here)

    assert one == replace(wanted, id=one.id)


def test_an_occasion_comes_once_in_an_episode(store):
    here = said(store)
    put(store, follow_up(here))

    with store.work() as work:
        assert not work.follow_ups.add(follow_up(here, 5))
        assert work.follow_ups.add(follow_up(here, 5, occasion=Occasion.RAISED))
        assert work.follow_ups.add(follow_up(here, 5, episode="mention:9"))


def test_what_is_due_comes_earliest_first_until_it_is_over(store):
    first, second = said(store, 1), said(store, 2)
    put(
        store,
        follow_up(first, 9),
        follow_up(second, 3, state=FollowUpState.WORDED),
        follow_up(first, 20, occasion=Occasion.RAISED),
        follow_up(second, 1, occasion=Occasion.RAISED, state=FollowUpState.DONE),
    )

    with store.work() as work:
        due = work.follow_ups.due(NOON + 9 * MINUTE, 9)
        assert [one.ticket_id for one in due] == [second[0], first[0]]
        assert len(work.follow_ups.due(NOON + 9 * MINUTE, 1)) == 1


def test_only_who_saw_it_as_it_stands_may_change_it(store):
    here = said(store)
    put(store, follow_up(here))
    [kept] = all_of(store, here)
    later = replace(kept, due_at=NOON + MINUTE, moves=1)

    with store.work() as work:
        assert work.follow_ups.change(kept, later)
        assert not work.follow_ups.change(kept, replace(kept, reason="again"))

    assert all_of(store, here) == [later]


def test_all_that_is_not_over_can_be_hurried(store):
    here, there = said(store, 1), said(store, 2)
    put(
        store,
        follow_up(here, 9),
        follow_up(here, 9, occasion=Occasion.RAISED, state=FollowUpState.SKIPPED),
        follow_up(there, 9),
    )

    with store.work() as work:
        assert work.follow_ups.hurry(here[0], NOON) == 1
        assert work.follow_ups.hurry(here[0], NOON + MINUTE) == 0

    assert [one.due_at for one in all_of(store, here)] == [NOON, NOON + 9 * MINUTE]


def decide(store, ticket_id, *mentions):
    with store.work() as work:
        for one in mentions:
            [stored] = work.mentions.add([one], source="s", at=NOON)
            work.mentions.decide(
                stored.id,
                decision(outcome=Outcome.JOIN_TICKET),
                ticket_id=ticket_id,
                at=NOON,
            )


def test_a_ticket_s_last_word_is_its_first_author_s_newest(store):
    with store.work() as work:
        here = work.tickets.add(ticket(1)).id
        assert work.tickets.last_word(here) is None
    ada, bo = author(external_id="ada"), author(external_id="bo")
    decide(
        store,
        here,
        mention(1, author=ada),
        mention(2, author=ada),
        mention(3, author=bo),
        mention(4, author=ada, amplifies="m-1"),
        mention(5, author=None),
    )

    with store.reading() as work:
        assert work.tickets.last_word(here).mention.external_id == "m-2"


def test_the_newest_closed_ticket_of_a_conversation_is_found_by_its_author(store):
    where = {"channel": "agora", "brand": "Kestrel Air", "conversation": "c"}
    closed = {"status": TicketStatus.CLOSED, "closed_at": NOON}
    with store.work() as work:
        first = work.tickets.add(ticket(1, **where, **closed)).id
        second = work.tickets.add(ticket(2, **where, **closed)).id
        work.tickets.add(ticket(3, **where))
    ada, bo = author(external_id="ada"), author(external_id="bo")
    decide(store, first, mention(1, author=ada), mention(2, author=bo))
    decide(store, second, mention(3, author=ada))

    with store.reading() as work:
        found = [
            work.tickets.last_closed(*where.values(), who) for who in ("ada", "bo", "x")
        ]

    assert [one and one.id for one in found] == [second, first, None]
