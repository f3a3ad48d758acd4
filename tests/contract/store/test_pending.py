"""What every store promises to those who call workers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.ports import Pending
from bot.domain.replies import ReplyState
from tests.samples import NOON, decision, mention, reply, tags, ticket

NOTHING = Pending(untagged=(), has_undecided=False, has_replies=False)


def add(store, count: int) -> list[int]:
    """Store mentions, the last one published first."""
    with store.work() as work:
        stored = work.mentions.add(
            [
                mention(number, published_at=NOON - timedelta(minutes=number))
                for number in range(1, count + 1)
            ],
            source="agora",
            at=NOON,
        )
    return [each.id for each in stored]


def test_an_empty_database_waits_for_nothing(store):
    assert store.pending(NOON, limit=10) == NOTHING


def test_untagged_mentions_wait_oldest_first_up_to_the_limit(store):
    first, second, third = add(store, 3)

    assert store.pending(NOON, limit=10).untagged == (third, second, first)
    assert store.pending(NOON, limit=2).untagged == (third, second)


def test_untagged_mentions_can_be_asked_for_page_by_page(store):
    ids = sorted(add(store, 5))
    page = range(ids[1], ids[3])

    with store.reading() as work:
        found = work.mentions.untagged(10, ids=page)
        least = work.mentions.untagged(1, ids=page)

    assert [each.id for each in found] == [ids[1], ids[2]]
    assert [each.id for each in least] == [ids[1]]


def test_a_tagged_mention_waits_for_its_decision_and_then_for_nothing(store):
    (only,) = add(store, 1)
    with store.work() as work:
        work.mentions.tag([(only, tags())], NOON)

    tagged = store.pending(NOON, limit=10)
    with store.work() as work:
        work.mentions.decide(only, decision(), ticket_id=None, at=NOON)

    assert tagged == Pending(untagged=(), has_undecided=True, has_replies=False)
    assert store.pending(NOON, limit=10) == NOTHING


@pytest.mark.parametrize("state", ReplyState)
@pytest.mark.parametrize("after", [None, timedelta(0), timedelta(seconds=1)])
def test_a_reply_waits_when_a_step_is_left_and_its_time_has_come(store, state, after):
    (only,) = add(store, 1)
    with store.work() as work:
        opened = work.tickets.add(ticket())
        next_at = None if after is None else NOON + after
        kept = reply(ticket_id=opened.id, mention_id=only, state=state, next_at=next_at)
        assert work.replies.add(kept)
    has_a_step = state in {
        ReplyState.QUEUED,
        ReplyState.SENDING,
        ReplyState.UNKNOWN,
        ReplyState.SENT,
    }
    is_looked_at_again = state is ReplyState.SEEN and after is not None

    waits = store.pending(NOON, limit=10).has_replies

    assert waits == (
        (has_a_step or is_looked_at_again) and after != timedelta(seconds=1)
    )
