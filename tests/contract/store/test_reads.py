"""What every store counts, and what it says is waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.audit.seal import make_seal
from bot.domain.channels import AsideState, Quarantined
from bot.domain.clocks import ClockState
from bot.domain.decisions import Answer, Tier
from bot.domain.replies import ReplyState
from bot.domain.tags import Band, Influence, Sentiment
from bot.domain.tickets import TicketStatus
from tests.samples import (
    NOON,
    author,
    decision,
    entry,
    mention,
    plan,
    reply,
    scope,
    tags,
    ticket,
)

HOUR = timedelta(hours=1)


def test_an_empty_store_counts_nothing(store):
    summary = store.summary()

    assert (summary.mentions, summary.open_tickets, summary.seals) == (0, 0, 0)
    assert summary.by_brand == summary.clocks == summary.replies_by_state == {}


@pytest.fixture
def busy(store):
    """A store with a little of everything."""
    quiet = Influence(score=1.0, band=Band.NANO)
    with store.work() as work:
        stored = work.mentions.add(
            [
                mention(1),
                mention(2, brand="Other", amplifies="m-1", author=None),
                mention(3),
                mention(4, author=author(external_id="a-2")),
            ],
            source="agora",
            at=NOON,
        )
        work.mentions.tag(
            [
                (stored[0].id, tags()),
                (stored[1].id, tags(complaint=None)),
                (stored[2].id, tags(sentiment=Sentiment.NEUTRAL, complaint=False)),
                (stored[3].id, tags(influence=quiet)),
            ],
            NOON,
        )
        first = work.tickets.add(ticket(1))
        closed = work.tickets.add(ticket(2, tier=Tier.MANAGEMENT, queue="top"))
        work.tickets.save(replace(closed, status=TicketStatus.CLOSED))
        verdicts = [Answer.YES, Answer.NEEDS_HUMAN, Answer.NO, Answer.NEEDS_HUMAN]
        for each, verdict in zip(stored, verdicts, strict=True):
            wanted = decision(scope=scope(verdict))
            work.mentions.decide(each.id, wanted, ticket_id=first.id, at=NOON)
        work.clocks.start(first.id, [plan("a"), plan("b")])
        clock = work.clocks.of_ticket(first.id)[0]
        work.clocks.change(
            clock.id, before=ClockState.RUNNING, after=ClockState.MET, due_at=None
        )
        for each, state in zip(stored, ("withheld", "withheld", "seen"), strict=False):
            work.replies.add(
                reply(ticket_id=first.id, mention_id=each.id, state=ReplyState(state))
            )
        work.quarantine.add(
            "replay",
            [
                Quarantined(where=where, reason="r", payload="p")
                for where in ("line 1", "line 2")
            ],
            NOON,
        )
        [row, _] = work.quarantine.listing(2)
        work.quarantine.save(replace(row, state=AsideState.DISMISSED))
        work.audit.append([entry(1), entry(2), entry(3)])
        work.audit.seal(make_seal(None, work.audit.unsealed(2), NOON))
    return store


def test_everything_is_counted(busy):
    summary = busy.summary()

    assert (summary.mentions, summary.amplifications) == (4, 1)
    assert summary.by_brand == {"Kestrel Air": 3, "Other": 1}
    assert summary.by_sentiment == {"negative": 3, "neutral": 1}
    assert (summary.complaints, summary.in_scope, summary.needs_human) == (2, 1, 2)
    assert summary.influencers == 1
    assert summary.tickets_by_tier_and_queue == {(1, "baggage"): 1, (4, "top"): 1}
    assert summary.open_tickets == 1
    assert summary.replies_by_state == {"withheld": 2, "seen": 1}
    assert summary.clocks == {("a", "met"): 1, ("b", "running"): 1}
    assert (summary.quarantined, summary.audit_entries, summary.seals) == (1, 3, 1)


def test_nothing_waits_where_all_is_done(busy):
    waiting = busy.pending(NOON, limit=10)

    assert waiting.untagged == ()
    assert (waiting.has_undecided, waiting.has_replies) == (False, False)


def test_what_waits_is_named_step_by_step(store):
    with store.work() as work:
        late, early = work.mentions.add(
            [mention(9), mention(2)], source="agora", at=NOON
        )
    untagged = store.pending(NOON, limit=10)
    some = store.pending(NOON, limit=1)
    with store.work() as work:
        work.mentions.tag([(early.id, tags())], NOON)
    undecided = store.pending(NOON, limit=10)
    with store.work() as work:
        added = work.tickets.add(ticket())
        work.mentions.decide(early.id, decision(), ticket_id=added.id, at=NOON)
        work.replies.add(
            reply(ticket_id=added.id, mention_id=early.id, next_at=NOON + HOUR)
        )
    too_early = store.pending(NOON, limit=10)
    due = store.pending(NOON + HOUR, limit=10)

    assert (untagged.untagged, untagged.has_undecided) == ((early.id, late.id), False)
    assert some.untagged == (early.id,)
    assert (undecided.untagged, undecided.has_undecided) == ((late.id,), True)
    assert (too_early.has_undecided, too_early.has_replies) == (False, False)
    assert due.has_replies


def test_untagged_can_be_asked_for_among_some_ids(store):
    with store.work() as work:
        added = work.mentions.add(
            [mention(n) for n in range(6)], source="agora", at=NOON
        )
        ids = range(added[2].id, added[4].id + 1)

        found = work.mentions.untagged(10, ids=ids)

        assert found == added[2:5]
        assert work.mentions.untagged(2, ids=ids) == added[2:4]


def test_a_reply_is_moved_only_from_the_try_that_was_meant(store):
    with store.work() as work:
        (stored,) = work.mentions.add([mention()], source="agora", at=NOON)
        added = work.tickets.add(ticket())
        sending = work.replies.add(
            reply(
                ticket_id=added.id,
                mention_id=stored.id,
                state=ReplyState.SENDING,
                attempts=2,
            )
        )
        assert sending is not None
        sent = replace(sending, state=ReplyState.SENT)

        late = work.replies.move(sent, before=ReplyState.SENDING, tries=1)
        now = work.replies.move(sent, before=ReplyState.SENDING, tries=2)

    assert (late, now) == (False, True)
