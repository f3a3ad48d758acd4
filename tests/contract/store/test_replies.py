"""What every store promises about the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.ports import ReplyCounts, Unasked
from bot.domain.replies import ReplyId, ReplyKind, ReplyState
from bot.errors import Missing
from tests.samples import NOON, mention, reply, ticket

HOUR = timedelta(hours=1)


@pytest.fixture
def given(store):
    """Return the ids of a ticket and of four mentions."""
    with store.work() as work:
        stored = work.mentions.add(
            [mention(n) for n in range(1, 5)], source="agora", at=NOON
        )
        ticket_id = work.tickets.add(ticket()).id
    return [{"ticket_id": ticket_id, "mention_id": each.id} for each in stored]


def add(store, *replies):
    with store.work() as work:
        return [work.replies.add(each) for each in replies]


def test_a_reply_reads_back_equal(store, given):
    wanted = reply(
        **given[0],
        attempts=2,
        looks=3,
        next_at=NOON + HOUR,
        sending_at=NOON + 2 * HOUR,
        sent_at=NOON + 3 * HOUR,
        seen_at=NOON + 4 * HOUR,
        external_id="r-1",
        url="https://agora.example/r/1",
        reason="why",
        approved_by="ana",
    )

    (added,) = add(store, wanted)

    with store.work() as work:
        assert added == replace(wanted, id=added.id)
        assert work.replies.get(added.id) == added
        assert work.replies.of_mention(added.mention_id, ReplyKind.ACKNOWLEDGEMENT) == (
            added
        )
        assert work.replies.of_mention(added.mention_id, ReplyKind.ANSWER) is None
        assert work.replies.of_ticket(added.ticket_id) == [added]


def test_a_mention_has_one_reply_of_a_kind(store, given):
    first, second, answer = add(
        store,
        reply(**given[0]),
        reply(**given[0], text="another"),
        reply(**given[0], kind=ReplyKind.ANSWER),
    )

    assert first is not None
    assert second is None
    assert answer is not None


def test_a_reply_that_is_not_there_is_missing(store):
    with store.work() as work, pytest.raises(Missing, match="R-000404"):
        work.replies.get(ReplyId(404))


def test_waiting_are_those_in_the_state_whose_time_has_come(store, given):
    now, later, past, other = add(
        store,
        reply(**given[0]),
        reply(**given[1], next_at=NOON + HOUR),
        reply(**given[2], next_at=NOON),
        reply(**given[3], state=ReplyState.UNKNOWN),
    )

    with store.work() as work:
        queued = work.replies.waiting(ReplyState.QUEUED, now=NOON, limit=10)
        some = work.replies.waiting(ReplyState.QUEUED, now=NOON + HOUR, limit=2)
        unknown = work.replies.waiting(ReplyState.UNKNOWN, now=NOON, limit=10)

    assert queued == [now, past]
    assert some == [now, later]
    assert unknown == [other]


def test_a_moved_reply_has_all_its_changes(store, given):
    (added,) = add(store, reply(**given[0]))
    moved = replace(
        added, state=ReplyState.SENDING, sending_at=NOON, attempts=1, next_at=NOON
    )

    with store.work() as work:
        won = work.replies.move(moved, before=ReplyState.QUEUED)

    with store.work() as work:
        assert won
        assert work.replies.get(added.id) == moved


def test_a_move_from_a_state_that_is_past_changes_nothing(store, given):
    (added,) = add(store, reply(**given[0], state=ReplyState.SENT))

    with store.work() as work:
        won = work.replies.move(
            replace(added, state=ReplyState.SENDING), before=ReplyState.QUEUED
        )

    with store.work() as work:
        assert not won
        assert work.replies.get(added.id) == added


def test_a_yes_to_words_that_others_took_the_place_of_meanwhile_is_lost(store, given):
    (read,) = add(store, reply(**given[0], state=ReplyState.SUBMITTED))
    other = replace(read, text="Other words.", text_hash="other")
    with store.work() as work:
        assert work.replies.move(
            other, before=ReplyState.SUBMITTED, instead_of=read.text_hash
        )

    with store.work() as work:
        won = work.replies.move(
            replace(read, state=ReplyState.APPROVED), before=ReplyState.SUBMITTED
        )

    with store.work() as work:
        assert not won
        assert work.replies.get(read.id) == other


def test_an_approval_binds_to_the_exact_text(store, given):
    (added,) = add(store, reply(**given[0]))

    with store.work() as work:
        work.replies.approve(added, by="ana", at=NOON)

    with store.work() as work:
        assert work.replies.approved_by(added) == ["ana"]
        assert work.replies.approved_by(replace(added, text_hash="other")) == []


def test_counts_are_of_what_may_stand_on_the_platform(store, given):
    with store.work() as work:
        more = work.mentions.add(
            [mention(n) for n in range(10, 20)], source="agora", at=NOON
        )
    ids = [{**given[0], "mention_id": each.id} for each in more]
    spoken = {"sending_at": NOON, "conversation": "c-9", "author": "a-9"}
    (own,) = add(store, reply(**given[0], sending_at=NOON, state=ReplyState.SENT))
    add(
        store,
        reply(**ids[0], **spoken | {"author": "a-1"}, state=ReplyState.SENDING),
        reply(**ids[1], **spoken | {"conversation": "c-1"}, state=ReplyState.SENT),
        reply(**ids[2], **spoken, state=ReplyState.SEEN),
        reply(**ids[3], **spoken, channel="plaza", state=ReplyState.UNKNOWN),
        reply(**ids[4], **spoken, state=ReplyState.WITHHELD),
        reply(**ids[5], **spoken, state=ReplyState.REFUSED),
        reply(**ids[6], **spoken | {"sending_at": None}),
        reply(**ids[7], **spoken | {"sending_at": NOON - HOUR}, state=ReplyState.SENT),
    )

    with store.work() as work:
        counts = work.replies.counts(own, NOON)

    assert counts == ReplyCounts(
        to_author=1, in_conversation=1, on_channel=3, overall=4
    )


def test_counts_of_an_empty_outbox_are_zero(store, given):
    (own,) = add(store, reply(**given[0]))

    with store.work() as work:
        assert work.replies.counts(own, NOON) == ReplyCounts(
            to_author=0, in_conversation=0, on_channel=0, overall=0
        )


def test_our_own_replies_are_known_by_the_platforms_ids(store, given):
    add(
        store,
        reply(**given[0], external_id="r-1"),
        reply(**given[1], external_id="r-2", channel="plaza"),
        reply(**given[2]),
    )

    with store.work() as work:
        ours = work.replies.is_ours("agora", ["r-1", "r-2", "m-1", ""])
        many = work.replies.is_ours("agora", [f"r-{n}" for n in range(5000)])

    assert ours == {"r-1"}
    assert many == {"r-1"}


def test_a_listing_shows_the_oldest_first(store, given):
    added = add(
        store,
        reply(**given[0]),
        reply(**given[1], state=ReplyState.SENT),
        reply(**given[2]),
    )

    with store.work() as work:
        assert work.replies.listing() == added
        assert work.replies.listing(limit=1) == added[:1]
        assert work.replies.listing(state=ReplyState.SENT) == [added[1]]


def test_what_is_silent_does_not_stand_in_the_way(store, given):
    one, other, third = add(
        store,
        reply(**given[0]),
        reply(**given[1], channel="plaza"),
        reply(**given[2], brand="Another"),
    )

    with store.work() as work:

        def waiting(**silent):
            return work.replies.waiting(
                ReplyState.QUEUED, now=NOON, limit=9, silent=silent
            )

        assert waiting() == [one, other, third]
        assert waiting(channel={"plaza"}) == [one, third]
        assert waiting(channel={"plaza"}, brand={"Another"}) == [one]


def test_unasked_is_what_only_the_policy_agreed_to(store, given):
    spoken = {"sending_at": NOON, "state": ReplyState.SENT, "approved_by": "house"}
    add(
        store,
        reply(**given[0], **spoken, template="en/complaint/1"),
        reply(**given[1], **spoken, template="en/complaint/1"),
        reply(**given[2], **spoken, template="en/complaint/2"),
        reply(**given[3], **spoken | {"approved_by": "ana"}, template="en/complaint/1"),
    )

    with store.work() as work:
        found = work.replies.unasked("house", "en/complaint/1", NOON)
        later = work.replies.unasked("house", "en/complaint/1", NOON + HOUR)

    assert found == Unasked(overall=3, authors=1)
    assert later == Unasked(overall=0, authors=0)


def test_what_was_said_to_an_author_and_the_very_words_to_others(store, given):
    spoken = {"sending_at": NOON, "state": ReplyState.SENT}
    first, own, other, _elsewhere = add(
        store,
        reply(**given[0], **spoken),
        reply(**given[1]),
        reply(**given[2], **spoken, author="a-9", text="Hello", text_hash="h" * 64),
        reply(**given[3], **spoken, channel="plaza"),
    )

    with store.work() as work:
        assert work.replies.said_to(own, NOON) == [first]
        assert work.replies.said_to(own, NOON, or_saying="h" * 64) == [first, other]
        assert work.replies.said_to(own, NOON + HOUR) == []
