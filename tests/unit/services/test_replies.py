from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.mentions import text_hash
from bot.domain.replies import Mode, ReplyId, ReplyKind, ReplyState
from bot.errors import (
    AccessDenied,
    BadPayload,
    BudgetSpent,
    Missing,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Stale,
    Unavailable,
)
from bot.services.drafts import approve, draft, reject, submit
from bot.services.ingest import LONGEST_PAUSE, OwnAccounts, ingest
from bot.services.replies import (
    Sender,
    confirm_pending,
    look_again_pending,
    outbound,
    resume_replies,
    send_pending,
    settle_pending,
    stop_replies,
)
from bot.testing import (
    LIMIT_LASTS,
    START,
    FakePlatform,
    Fault,
    Killed,
)
from tests.unit.services.world import (
    Dying,
    Interrupted,
    actions,
    author,
    close,
    handle,
    limits,
    log,
    mention,
    notices,
    outbox,
    promise,
    queue_reply,
    reply_of,
    source,
    states,
    tickets,
)

ACKNOWLEDGE = promise("acknowledge", "acknowledged")


def step(store, box, clock, seconds=0):
    """Let time pass, then move every reply one step on, as a worker does."""
    clock.advance(seconds=seconds)
    settle_pending(store, box, clock)
    send_pending(store, box, clock)
    confirm_pending(store, box, clock)


def spent(store):
    with store.reading() as work:
        return work.sources.spent("acme-x", "2026-11")


# --- the straight way


def test_a_reply_leaves_once_and_is_seen(store, clock, platform):
    reply = queue_reply(store, clock)
    box = outbox(platform)

    assert send_pending(store, box, clock) == 1

    sent = reply_of(store, reply)
    assert (sent.state, sent.external_id) == (ReplyState.SENT, "reply-1")
    assert (sent.attempts, sent.sent_at) == (1, START)

    clock.advance(seconds=5)

    assert confirm_pending(store, box, clock) == 1
    seen = reply_of(store, reply)
    assert (seen.state, seen.seen_at) == (ReplyState.SEEN, clock.now())
    assert actions(store, "reply") == ["reply.sending", "reply.sent", "reply.seen"]
    assert len(platform.standing) == 1
    assert spent(store) == (0, 1)


def test_the_platform_is_told_our_key_and_never_a_second_time(store, clock, platform):
    reply = queue_reply(store, clock)
    box = outbox(platform)

    for _ in range(20):
        step(store, box, clock, seconds=60)

    [published] = platform.standing
    assert published.reply == outbound(type(reply)(**{**_fields(reply), "attempts": 1}))
    assert platform.calls == 1


def _fields(reply):
    return {name: getattr(reply, name) for name in type(reply).__dataclass_fields__}


def test_only_a_reply_that_was_seen_meets_the_acknowledgement_clock(
    store, clock, platform
):
    queue_reply(store, clock, plans=[ACKNOWLEDGE])
    [ticket] = tickets(store)
    box = outbox(platform)

    clock.advance(hours=1)
    send_pending(store, box, clock)
    assert states(store, ticket) == {"acknowledge": "running"}

    clock.advance(minutes=1)
    confirm_pending(store, box, clock)

    assert states(store, ticket) == {"acknowledge": "met"}
    with store.reading() as work:
        [clock_met] = work.clocks.of_ticket(ticket.id)
        [event] = work.tickets.events(ticket.id)
    # What counts is when it was said, not when we looked.
    assert clock_met.ended_at == START + timedelta(hours=1)
    assert (event.name, event.detail) == ("acknowledged", "R-000001")
    assert event.recorded_at == START + timedelta(hours=1, minutes=1)


def test_a_word_to_somebody_else_in_the_thread_acknowledges_no_complaint(
    store, clock, platform
):
    complaint = mention(author=author("ada", followers=200_000))
    bystander = mention(
        "Is there any news?",
        author=author("bob"),
        conversation=complaint.conversation,
        published_at=START + timedelta(seconds=1),
    )
    clock.advance(seconds=2)
    handle(store, clock, complaint, bystander)
    box = outbox(platform)
    [ticket] = tickets(store)

    for _ in range(2):
        step(store, box, clock, seconds=60)

    with store.reading() as work:
        names = [event.name for event in work.tickets.events(ticket.id)]
        [waiting] = work.replies.listing(state=ReplyState.SUBMITTED, limit=9)
    assert names.count("acknowledged_another") == 1
    assert "acknowledged" not in names
    assert states(store, ticket)["acknowledge_target"] == "running"

    approve(store, clock, waiting.id, by="ann", text_hash=waiting.text_hash)
    for _ in range(2):
        step(store, box, clock, seconds=60)

    assert states(store, ticket)["acknowledge_target"] == "met"


def test_the_answer_to_an_earlier_question_acknowledges_no_complaint(
    store, clock, platform
):
    question = mention("great crew, where are you today?")
    complaint = mention(
        conversation=question.conversation, published_at=START + timedelta(seconds=1)
    )
    clock.advance(seconds=2)
    handle(store, clock, question, complaint)
    [ticket] = tickets(store)

    for _ in range(2):
        step(store, outbox(platform), clock, seconds=60)

    with store.reading() as work:
        names = [event.name for event in work.tickets.events(ticket.id)]
        [waiting] = work.replies.listing(state=ReplyState.SUBMITTED, limit=9)
    assert "acknowledged_another" in names
    assert states(store, ticket)["acknowledge_target"] == "running"
    assert waiting.in_reply_to == complaint.external_id


def test_an_answer_keeps_the_promise_of_a_first_response(store, clock, platform):
    plans = [ACKNOWLEDGE, promise("first_response", "answered")]
    queue_reply(store, clock, kind=ReplyKind.ANSWER, plans=plans)
    [ticket] = tickets(store)

    for _ in range(2):
        step(store, outbox(platform), clock, seconds=10)

    assert states(store, ticket) == {"acknowledge": "running", "first_response": "met"}


def test_what_an_answer_kept_names_the_reply_whose_proof_it_rests_on(
    store, clock, platform
):
    plans = [promise("first_response", "answered")]
    reply = queue_reply(store, clock, kind=ReplyKind.ANSWER, plans=plans)
    clock.advance(minutes=7)
    send_pending(store, outbox(platform), clock)
    clock.advance(hours=1)

    confirm_pending(store, outbox(platform), clock)

    [met] = log(store, "clock.met")
    told = json.loads(met.detail)
    assert told["evidence"] == reply.key
    assert told["ended_by"] == "answered"
    assert datetime.fromisoformat(told["ended_at"]) == START + timedelta(minutes=7)


def test_an_answer_to_somebody_else_in_the_thread_keeps_no_promise(
    store, clock, platform
):
    complaint = mention(author=author("ada"))
    bystander = mention(
        "Is there any news?",
        author=author("bob"),
        conversation=complaint.conversation,
        published_at=START + timedelta(seconds=1),
    )
    clock.advance(seconds=2)
    handle(store, clock, complaint, bystander)
    [ticket] = tickets(store)
    for said in (bystander, complaint):
        assert states(store, ticket)["first_response"] == "running"
        answered(store, clock, ticket, said)
        for _ in range(2):
            step(store, outbox(platform), clock, seconds=60)

    assert states(store, ticket)["first_response"] == "met"
    with store.reading() as work:
        names = [event.name for event in work.tickets.events(ticket.id)]
    assert names.count("answered_another") == names.count("answered") == 1


def answered(store, clock, ticket, said):
    """Let ana write an answer to one text of a ticket, and bo agree to it."""
    with store.reading() as work:
        [stored] = [
            one
            for one in work.tickets.mentions(ticket.id)
            if one.mention.external_id == said.external_id
        ]
    reply = draft(
        store, clock, ticket.id, text="We look.", by="ana", mention_id=stored.id
    )
    submit(store, clock, reply.id, by="ana")
    approve(store, clock, reply.id, by="bo", text_hash=reply.text_hash)


def test_a_reply_said_in_time_but_seen_late_undoes_the_breach(store, clock, platform):
    late = promise("acknowledge", "acknowledged", within=timedelta(hours=1))
    reply = queue_reply(store, clock, plans=[late])
    [ticket] = tickets(store)
    send_pending(store, outbox(platform), clock)
    clock.advance(hours=2)
    with store.work() as work:
        [running] = work.clocks.of_ticket(ticket.id)
        work.clocks.change(
            running.id, before=running.state, after="breached", due_at=None
        )

    confirm_pending(store, outbox(platform), clock)

    assert reply_of(store, reply).state is ReplyState.SEEN
    assert states(store, ticket) == {"acknowledge": "met"}


# --- whose yes

NOBODYS: dict[str, dict[str, Any]] = {
    "no yes to this text is on record": {"approved_by": "ann"},
    "its text is not the one that was agreed to": {"text": "We owe you millions."},
}


@pytest.mark.parametrize("why", NOBODYS)
def test_what_nobody_agreed_to_goes_to_a_person_and_not_out(
    store, clock, platform, why
):
    good = queue_reply(store, clock)
    with store.work() as work:
        work.replies.move(replace(good, **NOBODYS[why]), before=ReplyState.QUEUED)

    step(store, outbox(platform), clock, seconds=60)

    asked = reply_of(store, good)
    assert (asked.state, asked.reason) == (ReplyState.SUBMITTED, why)
    assert asked.approved_by == ""
    assert platform.calls == 0
    approve(store, clock, asked.id, by="ann", text_hash=asked.text_hash)
    step(store, outbox(platform), clock, seconds=60)
    assert platform.calls == 1


def test_what_lay_in_the_queue_for_too_long_needs_a_persons_yes(store, clock, platform):
    reply = queue_reply(store, clock)
    box = outbox(platform, stale_after=timedelta(days=2))
    stop_replies(store, clock, by="ann", reason="a storm")
    clock.advance(days=2, seconds=1)
    resume_replies(store, clock, by="ann")

    step(store, box, clock)

    asked = reply_of(store, reply)
    assert asked.state is ReplyState.SUBMITTED
    assert "too long" in asked.reason
    assert platform.calls == 0


def test_no_word_goes_out_unasked_once_the_ticket_is_closed(store, clock, platform):
    reply = queue_reply(store, clock)
    close(store, clock, reply.ticket_id, by="ann")

    step(store, outbox(platform), clock)

    asked = reply_of(store, reply)
    assert (asked.state, platform.calls) == (ReplyState.SUBMITTED, 0)
    assert "closed" in asked.reason


def test_a_late_receipt_takes_the_question_back_from_whoever_was_asked(
    store, clock, platform
):
    reply = queue_reply(store, clock)

    class Slow(FakePlatform):
        """While this call is under way, others look in vain and ask a person."""

        def send_reply(self, outbound):
            receipt = super().send_reply(outbound)
            with store.work() as work:
                now = work.replies.get(reply.id)
                asked = replace(now, state=ReplyState.SUBMITTED, approved_by="")
                assert work.replies.move(asked, before=ReplyState.SENDING)
            return receipt

    send_pending(store, outbox(Slow(clock)), clock)

    over = reply_of(store, reply)
    assert over.state is ReplyState.CANCELLED
    assert "stands there as reply-1" in over.reason


def test_a_persons_yes_holds_however_long_it_waited(store, clock, platform):
    reply = queue_reply(store, clock, state=ReplyState.SUBMITTED, approved_by="")
    approve(store, clock, reply.id, by="ann", text_hash=reply.text_hash)
    clock.advance(days=9)

    step(store, outbox(platform, stale_after=timedelta(days=2)), clock)

    assert platform.calls == 1


def test_a_process_that_stood_still_before_the_call_leaves_it_to_be_looked_for(
    store, clock, platform
):
    reply = queue_reply(store, clock)
    # A machine that was put to sleep between the commit and the call.
    box = outbox(platform, stopwatch=iter([0.0, 31.0]).__next__)

    assert send_pending(store, box, clock) == 0

    assert reply_of(store, reply).state is ReplyState.SENDING
    assert platform.calls == 0


# --- what a look costs


class Metered(FakePlatform):
    """Bills three posts for each look, also for one that fails."""

    def reads_spent(self) -> int:
        return 3


@pytest.mark.parametrize("is_down", [False, True])
def test_what_a_look_costs_counts_against_the_months_reads(store, clock, is_down):
    queue_reply(store, clock)
    platform = Metered(clock)
    send_pending(store, outbox(platform), clock)
    clock.advance(seconds=10)
    if is_down:
        platform.fail_looks(Unavailable("x", "is down"))

    confirm_pending(store, outbox(platform), clock)

    assert spent(store) == (3, 1)


def test_a_reply_that_was_taken_is_looked_for_by_its_id(store, clock, platform):
    reply = queue_reply(store, clock)
    assert outbound(reply).external_id == ""
    send_pending(store, outbox(platform), clock)

    assert outbound(reply_of(store, reply)).external_id == "reply-1"


# --- silence


@pytest.mark.parametrize("mode", [Mode.SHADOW, None])
def test_a_channel_that_nobody_switched_to_live_says_nothing(
    store, clock, platform, mode
):
    reply = queue_reply(store, clock)
    modes = {} if mode is None else {"x": mode}

    assert send_pending(store, outbox(platform, modes=modes), clock) == 0

    held = reply_of(store, reply)
    assert (held.state, held.reason) == (ReplyState.WITHHELD, "shadow mode")
    assert actions(store, "reply") == ["reply.withheld"]
    assert platform.calls == 0


def test_what_was_withheld_never_leaves_later(store, clock, platform):
    queue_reply(store, clock)
    send_pending(store, outbox(platform, modes={}), clock)

    step(store, outbox(platform), clock, seconds=600)

    assert platform.calls == 0


def test_the_kill_switch_stops_everything_at_once_and_is_logged(store, clock, platform):
    reply = queue_reply(store, clock)
    stop_replies(store, clock, by="ana", reason="wrong wording")

    step(store, outbox(platform), clock)

    assert reply_of(store, reply).state is ReplyState.QUEUED
    assert platform.calls == 0
    [entry] = log(store, "replies.stopped")
    assert entry.actor == "ana"
    assert json.loads(entry.detail) == {"reason": "wrong wording"}

    resume_replies(store, clock, by="bo")
    step(store, outbox(platform), clock)

    assert platform.calls == 1
    assert [one.actor for one in log(store, "replies.resumed")] == ["bo"]


def test_the_kill_switch_holds_what_a_worker_has_read_but_not_begun(
    store, clock, platform
):
    reply = queue_reply(store, clock)
    late = Interrupted(store, lambda: stop_replies(store, clock, by="ana", reason=""))

    assert send_pending(late, outbox(platform), clock) == 0

    assert platform.calls == 0
    assert reply_of(store, reply).state is ReplyState.QUEUED


def test_a_kill_switch_without_a_reason_stops_as_well(store, clock, platform):
    queue_reply(store, clock)
    stop_replies(store, clock, by="ana", reason="")

    step(store, outbox(platform), clock)

    assert platform.calls == 0


# --- what cannot be sent


def test_a_channel_without_a_sender_refuses_and_tells_the_queue(store, clock):
    reply = queue_reply(store, clock)

    send_pending(store, outbox(None), clock)

    refused = reply_of(store, reply)
    assert refused.state is ReplyState.REFUSED
    assert "reply_via" in refused.reason
    assert notices(store, clock) == {"reply:1:refused": "agents"}


def test_a_text_that_is_too_long_is_refused_before_it_is_sent(store, clock):
    platform = FakePlatform(clock, reply_limit=10)
    reply = queue_reply(store, clock, text="eleven char")

    send_pending(store, outbox(platform), clock)

    assert reply_of(store, reply).state is ReplyState.REFUSED
    assert platform.calls == 0


def test_what_the_platform_refuses_is_never_sent_again_and_is_told(
    store, clock, platform
):
    platform.fail_replies(Fault.REFUSED)
    reply = queue_reply(store, clock)

    for _ in range(5):
        step(store, outbox(platform), clock, seconds=3_600)

    refused = reply_of(store, reply)
    assert refused.state is ReplyState.REFUSED
    assert "does not take this text" in refused.reason
    assert platform.calls == 1
    assert notices(store, clock) == {"reply:1:refused": "agents"}


# --- failures before the platform took it


def test_a_rate_limit_waits_until_the_platform_says(store, clock, platform):
    platform.fail_replies(Fault.RATE_LIMITED)
    reply = queue_reply(store, clock)
    box = outbox(platform)
    step(store, box, clock)
    assert reply_of(store, reply).next_at == START + LIMIT_LASTS

    step(store, box, clock, seconds=LIMIT_LASTS.total_seconds() - 1)
    assert platform.calls == 1

    step(store, box, clock, seconds=1)
    assert reply_of(store, reply).state is ReplyState.SENT


def test_a_rate_limit_never_makes_us_give_up(store, clock, platform):
    platform.fail_replies(*[Fault.RATE_LIMITED] * 10)
    reply = queue_reply(store, clock)

    for _ in range(11):
        step(
            store,
            outbox(platform, give_up_after=2),
            clock,
            seconds=LIMIT_LASTS.total_seconds(),
        )

    assert reply_of(store, reply).state is ReplyState.SENT


def test_a_denied_credential_tells_the_operator_and_keeps_the_reply(
    store, clock, platform
):
    platform.fail_replies(*[Fault.ACCESS_DENIED] * 20)
    reply = queue_reply(store, clock)
    box = outbox(platform, give_up_after=2)

    for _ in range(10):
        step(store, box, clock, seconds=LONGEST_PAUSE.total_seconds())

    assert reply_of(store, reply).state is ReplyState.QUEUED
    assert notices(store, clock) == {"replies:x:denied:2026-11-02": "operator"}

    platform.heal()
    step(store, box, clock, seconds=LONGEST_PAUSE.total_seconds())

    assert reply_of(store, reply).state is ReplyState.SENT


def test_a_platform_that_is_down_is_asked_ever_more_rarely_then_given_up(
    store, clock, platform
):
    platform.fail_replies(*[Fault.UNAVAILABLE] * 20)
    reply = queue_reply(store, clock)
    box = outbox(platform, give_up_after=3)
    waits = []

    for _ in range(6):
        step(store, box, clock, seconds=LONGEST_PAUSE.total_seconds())
        next_at = reply_of(store, reply).next_at
        waits.append(next_at - clock.now() if next_at else timedelta.max)

    assert platform.calls == 3
    assert waits[0] < waits[1]
    refused = reply_of(store, reply)
    assert refused.state is ReplyState.REFUSED
    assert refused.reason == "given up after 3 tries: x: is down"
    assert notices(store, clock) == {"reply:1:refused": "agents"}


# --- doubts


def test_a_timeout_after_the_platform_took_it_is_found_and_not_sent_twice(
    store, clock, platform
):
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT)
    reply = queue_reply(store, clock)
    box = outbox(platform)

    send_pending(store, box, clock)
    assert reply_of(store, reply).state is ReplyState.UNKNOWN

    step(store, box, clock, seconds=30)

    assert reply_of(store, reply).state is ReplyState.SENT
    assert (platform.calls, len(platform.standing)) == (1, 1)
    assert spent(store) == (0, 1)


def test_a_doubt_rests_before_it_is_looked_into(store, clock, platform):
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT)
    reply = queue_reply(store, clock)
    box = outbox(platform)
    send_pending(store, box, clock)

    step(store, box, clock, seconds=29)

    assert reply_of(store, reply).state is ReplyState.UNKNOWN


def test_what_never_arrived_is_missing_twice_before_it_is_sent_again(
    store, clock, platform
):
    platform.fail_replies(Fault.TIMEOUT_BEFORE_ACCEPT)
    reply = queue_reply(store, clock)
    box = outbox(platform)
    send_pending(store, box, clock)

    clock.advance(seconds=30)
    assert settle_pending(store, box, clock) == 0
    assert (reply_of(store, reply).state, reply_of(store, reply).looks) == (
        ReplyState.UNKNOWN,
        1,
    )

    clock.advance(seconds=30)
    assert settle_pending(store, box, clock) == 1
    assert reply_of(store, reply).state is ReplyState.QUEUED

    send_pending(store, box, clock)
    assert reply_of(store, reply).state is ReplyState.SENT
    assert len(platform.standing) == 1
    assert reply_of(store, reply).attempts == 2


def test_a_later_try_that_is_refused_because_the_first_arrived_is_found(store, clock):
    platform = FakePlatform(clock, visible_after=timedelta(seconds=100))
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT, Fault.REFUSED)
    reply = queue_reply(store, clock)
    box = outbox(platform)
    send_pending(store, box, clock)
    for _ in range(2):
        clock.advance(seconds=30)
        settle_pending(store, box, clock)
    assert reply_of(store, reply).state is ReplyState.QUEUED

    clock.advance(seconds=60)
    send_pending(store, box, clock)

    sent = reply_of(store, reply)
    assert (sent.state, sent.external_id) == (ReplyState.SENT, "reply-1")
    assert platform.calls == 2
    assert len(platform.standing) == 1
    assert notices(store, clock) == {}


def test_a_later_try_that_is_refused_stays_refused_where_nothing_stands(
    store, clock, platform
):
    platform.fail_replies(Fault.RATE_LIMITED, Fault.REFUSED)
    reply = queue_reply(store, clock)
    box = outbox(platform)
    send_pending(store, box, clock)

    clock.advance(seconds=LIMIT_LASTS.total_seconds())
    send_pending(store, box, clock)

    assert reply_of(store, reply).state is ReplyState.REFUSED


@pytest.mark.parametrize(
    "trouble", [OutcomeUnknown("x", "lists no more"), Unavailable("x", "is down")]
)
def test_a_later_try_that_is_refused_and_cannot_be_looked_for_is_a_doubt(
    store, clock, platform, trouble
):
    platform.fail_replies(Fault.RATE_LIMITED, Fault.REFUSED)
    platform.fail_looks(trouble)
    reply = queue_reply(store, clock)
    box = outbox(platform)
    send_pending(store, box, clock)

    clock.advance(seconds=LIMIT_LASTS.total_seconds())
    send_pending(store, box, clock)

    assert reply_of(store, reply).state is ReplyState.UNKNOWN


def test_a_reply_that_shows_late_is_not_sent_twice(store, clock):
    platform = FakePlatform(clock, visible_after=timedelta(seconds=45))
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT)
    reply = queue_reply(store, clock)
    box = outbox(platform)

    for _ in range(10):
        step(store, box, clock, seconds=30)

    assert reply_of(store, reply).state is ReplyState.SEEN
    assert (platform.calls, len(platform.standing)) == (1, 1)


def test_what_is_never_to_be_found_is_given_up_and_told(store, clock, platform):
    platform.fail_replies(*[Fault.TIMEOUT_BEFORE_ACCEPT] * 5)
    reply = queue_reply(store, clock)
    box = outbox(platform, give_up_after=2)

    for _ in range(20):
        step(store, box, clock, seconds=30)

    refused = reply_of(store, reply)
    assert (refused.state, refused.attempts) == (ReplyState.REFUSED, 2)
    assert refused.reason == "not on the platform after 2 tries"
    assert "reply:1:refused" in notices(store, clock)


def test_an_error_that_says_nothing_of_the_outcome_is_a_doubt(store, clock, platform):
    class Odd(FakePlatform):
        def send_reply(self, reply):
            super().send_reply(reply)
            raise BadPayload("x", "answered with something that makes no sense")

    odd = Odd(clock)
    reply = queue_reply(store, clock)
    box = outbox(odd)

    send_pending(store, box, clock)
    assert reply_of(store, reply).state is ReplyState.UNKNOWN

    for _ in range(5):
        step(store, box, clock, seconds=30)

    assert (odd.calls, len(odd.standing)) == (1, 1)


def test_while_the_platform_cannot_be_searched_the_doubt_stays(store, clock, platform):
    platform.fail_replies(Fault.TIMEOUT_BEFORE_ACCEPT)
    platform.fail_looks(*[Unavailable("x", "is down")] * 3)
    reply = queue_reply(store, clock)
    box = outbox(platform)
    send_pending(store, box, clock)

    for _ in range(3):
        step(store, box, clock, seconds=60)
    doubtful = reply_of(store, reply)
    assert (doubtful.state, doubtful.looks) == (ReplyState.UNKNOWN, 0)
    assert platform.calls == 1

    for _ in range(3):
        step(store, box, clock, seconds=60)
    assert reply_of(store, reply).state is ReplyState.SEEN


def test_a_platform_that_cannot_be_searched_is_asked_ever_more_rarely(
    store, clock, platform
):
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT)
    platform.fail_looks(*[Unavailable("x", "is down")] * 1000)
    queue_reply(store, clock)
    box = outbox(platform)
    send_pending(store, box, clock)

    for _ in range(24 * 60 * 2):
        step(store, box, clock, seconds=30)

    assert notices(store, clock) == {"reply:1:in-doubt": "lead"}
    # Every quarter of an hour in the end, and a little more often before.
    assert 24 * 4 <= actions(store, "reply.postponed").count("reply.postponed") < 130


def test_a_search_that_is_limited_waits_until_the_platform_says(store, clock, platform):
    retry_at = START + timedelta(hours=1)
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT)
    platform.fail_looks(RateLimited("x", "asks for a pause", retry_at=retry_at))
    reply = queue_reply(store, clock)
    send_pending(store, outbox(platform), clock)

    step(store, outbox(platform), clock, seconds=30)

    assert reply_of(store, reply).next_at == retry_at


def test_a_search_that_is_denied_tells_the_operator(store, clock, platform):
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT)
    platform.fail_looks(AccessDenied("x", "the token has expired"))
    queue_reply(store, clock)
    send_pending(store, outbox(platform), clock)

    step(store, outbox(platform), clock, seconds=30)

    assert notices(store, clock) == {"replies:x:denied:2026-11-02": "operator"}


def test_a_doubt_on_a_channel_put_back_to_shadow_stays_a_doubt(store, clock, platform):
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT)
    reply = queue_reply(store, clock)
    send_pending(store, outbox(platform), clock)

    for _ in range(5):
        step(store, outbox(None, modes={}), clock, seconds=60)

    assert reply_of(store, reply).state is ReplyState.UNKNOWN
    assert platform.calls == 1

    step(store, outbox(platform), clock, seconds=LONGEST_PAUSE.total_seconds())
    assert reply_of(store, reply).state is ReplyState.SENT


# --- processes that die


def died(store, box, clock):
    with pytest.raises(Killed):
        send_pending(store, box, clock)


def test_killed_in_the_call_it_is_found_and_not_sent_twice(store, clock, platform):
    platform.fail_replies(Fault.KILLED_AFTER_ACCEPT)
    reply = queue_reply(store, clock)
    box = outbox(platform)
    died(store, box, clock)
    assert reply_of(store, reply).state is ReplyState.SENDING

    for _ in range(5):
        step(store, box, clock, seconds=30)

    assert reply_of(store, reply).state is ReplyState.SEEN
    assert (platform.calls, len(platform.standing)) == (1, 1)
    assert "reply.unknown" in actions(store, "reply")
    assert spent(store) == (0, 1)


def test_killed_before_the_platform_took_it_it_is_sent_after_it_was_looked_for(
    store, clock, platform
):
    platform.fail_replies(Fault.KILLED_BEFORE_ACCEPT)
    reply = queue_reply(store, clock)
    box = outbox(platform)
    died(store, box, clock)

    step(store, box, clock, seconds=30)
    assert reply_of(store, reply).state is ReplyState.UNKNOWN
    for _ in range(3):
        step(store, box, clock, seconds=30)

    assert reply_of(store, reply).state is ReplyState.SEEN
    assert (platform.calls, len(platform.standing)) == (2, 1)


def test_killed_before_it_committed_to_sending_nothing_has_happened(
    store, clock, platform
):
    reply = queue_reply(store, clock)
    box = outbox(platform)

    died(Dying(store, Killed(), nth=1, committed=False), box, clock)

    assert reply_of(store, reply) == reply
    assert platform.calls == 0


def test_killed_between_the_commit_and_the_call_it_is_looked_for_first(
    store, clock, platform
):
    queue_reply(store, clock)
    box = outbox(platform)
    died(Dying(store, Killed(), nth=1, committed=True), box, clock)
    assert platform.calls == 0

    step(store, box, clock, seconds=30)
    assert platform.calls == 0
    step(store, box, clock, seconds=30)

    assert len(platform.standing) == 1


@pytest.mark.parametrize("committed", [False, True])
def test_killed_after_the_call_it_stands_there_once(store, clock, platform, committed):
    reply = queue_reply(store, clock)
    box = outbox(platform)
    died(Dying(store, Killed(), nth=2, committed=committed), box, clock)

    for _ in range(6):
        step(store, box, clock, seconds=30)

    assert reply_of(store, reply).state is ReplyState.SEEN
    assert len(platform.standing) == 1


def test_killed_while_confirming_it_meets_its_clock_all_the_same(
    store, clock, platform
):
    queue_reply(store, clock, plans=[ACKNOWLEDGE])
    [ticket] = tickets(store)
    box = outbox(platform)
    send_pending(store, box, clock)
    clock.advance(seconds=5)
    with pytest.raises(Killed):
        confirm_pending(Dying(store, Killed(), nth=1, committed=False), box, clock)
    assert states(store, ticket) == {"acknowledge": "running"}

    confirm_pending(store, box, clock)

    assert states(store, ticket) == {"acknowledge": "met"}
    assert actions(store, "clock") == ["clock.met"]


# --- calls that are slower than everybody's patience


class Slow(FakePlatform):
    """During the first call others lose patience; ``meanwhile`` is what they do."""

    meanwhile = staticmethod(lambda: None)

    def send_reply(self, reply):
        if self.calls:
            return super().send_reply(reply)
        self.calls += 1
        self.meanwhile()
        self.calls -= 1
        return super().send_reply(reply)


def test_a_receipt_after_the_search_was_in_vain_still_counts(store, clock):
    slow = Slow(clock)
    reply = queue_reply(store, clock)
    box = outbox(slow)

    def others_look_in_vain():
        for _ in range(2):
            clock.advance(seconds=30)
            settle_pending(store, box, clock)
        assert reply_of(store, reply).state is ReplyState.QUEUED

    slow.meanwhile = others_look_in_vain
    send_pending(store, box, clock)
    assert reply_of(store, reply).state is ReplyState.SENT

    for _ in range(4):
        step(store, box, clock, seconds=30)

    assert len(slow.standing) == 1
    assert reply_of(store, reply).state is ReplyState.SEEN


def test_a_slow_failure_is_not_written_over_a_later_try(store, clock):
    slow = Slow(clock)
    reply = queue_reply(store, clock)
    box = outbox(slow)

    def others_begin_again():
        for _ in range(2):
            clock.advance(seconds=30)
            settle_pending(store, box, clock)
        slow.fail_replies(Fault.KILLED_AFTER_ACCEPT, Fault.UNAVAILABLE)
        with pytest.raises(Killed):
            send_pending(store, box, clock)

    slow.meanwhile = others_begin_again
    send_pending(store, box, clock)
    assert reply_of(store, reply).state is ReplyState.SENDING

    for _ in range(6):
        step(store, box, clock, seconds=30)

    assert len(slow.standing) == 1


def test_a_receipt_that_came_too_late_is_kept_in_the_log(store, clock):
    slow = Slow(clock)
    queue_reply(store, clock)
    box = outbox(slow)

    def others_send_again():
        for _ in range(2):
            clock.advance(seconds=30)
            settle_pending(store, box, clock)
        send_pending(store, box, clock)

    slow.meanwhile = others_send_again
    send_pending(store, box, clock)

    [entry] = log(store, "reply.late_receipt")
    assert json.loads(entry.detail) == {"attempts": 1, "external_id": "reply-2"}


def test_of_two_workers_with_the_same_reply_one_sends_it(store, clock, platform):
    queue_reply(store, clock)
    box = outbox(platform)
    other = Interrupted(store, lambda: send_pending(store, box, clock))

    assert send_pending(other, box, clock) == 0

    assert (platform.calls, len(platform.standing)) == (1, 1)


def test_of_two_workers_that_confirm_one_writes_it(store, clock, platform):
    queue_reply(store, clock, plans=[ACKNOWLEDGE])
    box = outbox(platform)
    send_pending(store, box, clock)
    clock.advance(seconds=5)
    other = Interrupted(store, lambda: confirm_pending(store, box, clock))

    assert confirm_pending(other, box, clock) == 0

    assert actions(store, "reply").count("reply.seen") == 1
    assert actions(store, "clock") == ["clock.met"]


# --- sent, but not to be seen


def test_a_sent_reply_that_nobody_sees_keeps_its_clock_running_and_is_told(
    store, clock
):
    platform = FakePlatform(clock, visible_after=timedelta(hours=1))
    reply = queue_reply(store, clock, plans=[ACKNOWLEDGE])
    [ticket] = tickets(store)
    box = outbox(platform)

    for _ in range(5):
        step(store, box, clock, seconds=60)

    assert reply_of(store, reply).state is ReplyState.SENT
    assert states(store, ticket) == {"acknowledge": "running"}
    assert notices(store, clock) == {"reply:1:not-visible": "lead"}

    for _ in range(5):
        step(store, box, clock, seconds=LONGEST_PAUSE.total_seconds())

    assert reply_of(store, reply).state is ReplyState.SEEN
    assert states(store, ticket) == {"acknowledge": "met"}
    assert platform.calls == 1


def test_a_reply_that_is_never_shown_is_looked_for_once_a_day_in_the_end(store, clock):
    platform = FakePlatform(clock, visible_after=timedelta(days=999))
    reply = queue_reply(store, clock)
    box = outbox(platform)

    for _ in range(30 * 24):
        step(store, box, clock, seconds=3600)

    assert reply_of(store, reply).state is ReplyState.SENT
    assert platform.calls == 1
    assert reply_of(store, reply).looks < 60


# --- limits


@pytest.mark.parametrize(
    ("flood", "rule"),
    [
        (limits(author=1), "house.flood.author"),
        (limits(overall=1), "house.flood.overall"),
    ],
)
def test_over_a_flood_limit_a_reply_waits(store, clock, platform, flood, rule):
    first, second = queue_reply(store, clock), queue_reply(store, clock)
    box = outbox(platform, limits=flood)

    assert send_pending(store, box, clock) == 1

    assert reply_of(store, first).state is ReplyState.SENT
    waiting = reply_of(store, second)
    assert waiting.state is ReplyState.QUEUED
    assert waiting.reason.startswith(rule)
    assert waiting.next_at > clock.now()
    assert "reply.postponed" in actions(store, "reply")

    for _ in range(2):
        step(store, box, clock, seconds=86_400)
    assert platform.calls == 2


def test_a_conversation_gets_only_so_many_replies(store, clock, platform):
    first = queue_reply(store, clock)
    second = queue_reply(store, clock, author="id-bo", conversation=first.conversation)
    third = queue_reply(store, clock, author="id-cy")
    box = outbox(platform, limits=limits(conversation=1))

    send_pending(store, box, clock)

    assert [reply_of(store, one).state for one in (first, second, third)] == [
        ReplyState.SENT,
        ReplyState.QUEUED,
        ReplyState.SENT,
    ]


def test_what_never_left_does_not_count_towards_a_limit(store, clock, platform):
    platform.fail_replies(Fault.REFUSED)
    queue_reply(store, clock)
    second = queue_reply(store, clock)

    send_pending(store, outbox(platform, limits=limits(author=1)), clock)

    assert reply_of(store, second).state is ReplyState.SENT


def test_a_months_posts_are_a_budget(store, clock, platform):
    first, second = queue_reply(store, clock), queue_reply(store, clock)
    sender = Sender(source="acme-x", connector=platform, monthly_posts=1)
    box = outbox(platform, senders={"x": sender})

    send_pending(store, box, clock)

    assert reply_of(store, first).state is ReplyState.SENT
    waiting = reply_of(store, second)
    assert waiting.next_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert waiting.reason == "source acme-x has used its posts of this month"

    clock.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    send_pending(store, box, clock)
    assert reply_of(store, second).state is ReplyState.SENT


def test_many_replies_leave_in_portions_oldest_first(store, clock, platform):
    queued = [queue_reply(store, clock) for _ in range(5)]

    assert send_pending(store, outbox(platform), clock, limit=3) == 3

    assert [one.reply.key for one in platform.standing] == [
        one.key for one in queued[:3]
    ]


def test_a_pause_that_one_reply_was_asked_for_holds_for_its_channel(
    store, clock, platform
):
    queued = [queue_reply(store, clock) for _ in range(3)]
    box = outbox(platform)
    platform.fail_replies(Fault.RATE_LIMITED)

    send_pending(store, box, clock)
    queued.append(queue_reply(store, clock))
    clock.advance(seconds=LIMIT_LASTS.total_seconds() - 1)
    send_pending(store, box, clock)

    assert platform.calls == 1
    waiting = [reply_of(store, one) for one in queued]
    assert {one.next_at for one in waiting} == {START + LIMIT_LASTS}
    assert {one.attempts for one in waiting[1:]} == {0}
    assert waiting[1].reason == "x asked for a pause"
    clock.advance(seconds=1)
    assert send_pending(store, box, clock) == 4


def test_a_pause_for_looks_holds_for_the_looks_of_the_channel_alone(store, clock):
    class Counting(FakePlatform):
        looks = 0

        def find_reply(self, reply):
            self.looks += 1
            return super().find_reply(reply)

    platform = Counting(clock)
    first, second = queue_reply(store, clock), queue_reply(store, clock)
    box = outbox(platform)
    send_pending(store, box, clock)
    clock.advance(seconds=10)
    until = clock.now() + LIMIT_LASTS
    platform.fail_looks(RateLimited("x", "asks for a pause", retry_at=until))

    confirm_pending(store, box, clock)
    third = queue_reply(store, clock)
    send_pending(store, box, clock)

    assert platform.looks == 1
    assert {reply_of(store, one).next_at for one in (first, second)} == {until}
    assert reply_of(store, third).state is ReplyState.SENT
    clock.move_to(until)
    confirm_pending(store, box, clock)
    assert reply_of(store, second).state is ReplyState.SEEN


def test_a_budget_that_is_used_up_is_asked_about_again_within_the_hour(
    store, clock, platform
):
    class Capped(FakePlatform):
        def send_reply(self, reply):
            self.calls += 1
            month = clock.now() + timedelta(days=20)
            raise BudgetSpent("x", "the month's posts are used up", retry_at=month)

    capped = Capped(clock)
    queue_reply(store, clock)
    later = queue_reply(store, clock)

    send_pending(store, outbox(capped), clock)

    assert capped.calls == 1
    assert reply_of(store, later).next_at == START + LONGEST_PAUSE


# --- later looks


LATER = (timedelta(hours=1), timedelta(days=1))


def seen_once(store, clock, platform, **fields):
    reply = queue_reply(store, clock, **fields)
    box = outbox(platform, look_again=LATER)
    for _ in range(2):
        step(store, box, clock, seconds=10)
    assert reply_of(store, reply).state is ReplyState.SEEN
    return reply, box


def test_what_was_seen_is_looked_at_again_and_still_stands(store, clock, platform):
    reply, box = seen_once(store, clock, platform)
    seen_at = reply_of(store, reply).seen_at
    assert seen_at is not None
    written = len(log(store))

    for span in LATER:
        assert look_again_pending(store, box, clock) == 0
        clock.move_to(seen_at + span)
        look_again_pending(store, box, clock)
        assert reply_of(store, reply).looked_at == seen_at + span

    assert reply_of(store, reply).next_at is None
    assert len(log(store)) == written


def test_what_went_later_is_told_and_undoes_no_clock(store, clock, platform):
    reply, box = seen_once(store, clock, platform, plans=[ACKNOWLEDGE])
    [ticket] = tickets(store)
    platform.standing.clear()

    clock.advance(hours=2)
    assert look_again_pending(store, box, clock) == 0
    clock.advance(hours=1)
    assert look_again_pending(store, box, clock) == 1

    gone = reply_of(store, reply)
    assert (gone.state, gone.gone_at) == (ReplyState.SEEN, clock.now())
    assert states(store, ticket) == {"acknowledge": "met"}
    assert actions(store, "reply.gone") == ["reply.gone"]
    assert notices(store, clock)[f"reply:{reply.id}:gone"] == ticket.queue
    with store.reading() as work:
        assert work.tickets.events(ticket.id)[-1].name == "reply_gone"
    clock.advance(days=9)
    assert look_again_pending(store, box, clock) == 0


def test_a_platform_that_cannot_be_asked_later_says_nothing(store, clock, platform):
    reply, box = seen_once(store, clock, platform)
    platform.fail_looks(Unavailable("x", "is down"))
    clock.advance(hours=2)

    assert look_again_pending(store, box, clock) == 0

    later = reply_of(store, reply)
    assert (later.gone_at, later.next_at) == (None, clock.now() + LONGEST_PAUSE)


# --- approval


def test_a_named_persons_yes_queues_exactly_the_text_they_read(store, clock, platform):
    reply = queue_reply(store, clock, state=ReplyState.SUBMITTED)

    approved = approve(
        store, clock, reply.id, by="ana", text_hash=text_hash(reply.text)
    )

    assert (approved.state, approved.approved_by) == (ReplyState.QUEUED, "ana")
    assert actions(store, "reply") == ["reply.approved", "reply.queued"]
    assert log(store, "reply.approved")[0].actor == "ana"
    with store.reading() as work:
        assert work.replies.approved_by(reply) == ["ana"]
    send_pending(store, outbox(platform), clock)
    assert len(platform.standing) == 1


def test_without_approval_it_never_leaves(store, clock, platform):
    reply = queue_reply(store, clock, state=ReplyState.SUBMITTED)

    for _ in range(3):
        step(store, outbox(platform), clock, seconds=3_600)

    assert reply_of(store, reply).state is ReplyState.SUBMITTED
    assert platform.calls == 0


def test_a_yes_to_another_text_counts_for_nothing(store, clock):
    reply = queue_reply(store, clock, state=ReplyState.SUBMITTED)

    with pytest.raises(Stale, match="read it again"):
        approve(store, clock, reply.id, by="ana", text_hash=text_hash("another"))

    assert reply_of(store, reply) == reply
    assert log(store) == []


def test_a_rejected_reply_never_leaves(store, clock, platform):
    reply = queue_reply(store, clock, state=ReplyState.SUBMITTED)

    reject(store, clock, reply.id, by="bo", reason="not our tone")
    step(store, outbox(platform), clock, seconds=60)

    rejected = reply_of(store, reply)
    assert (rejected.state, rejected.reason) == (ReplyState.REJECTED, "not our tone")
    assert platform.calls == 0
    assert log(store, "reply.rejected")[0].actor == "bo"


@pytest.mark.parametrize(
    "state", [one for one in ReplyState if one is not ReplyState.SUBMITTED]
)
def test_only_what_waits_for_approval_can_be_judged(store, clock, state):
    reply = queue_reply(store, clock, state=state)

    with pytest.raises(NotAllowed, match=f"R-000001 is {state}"):
        approve(store, clock, reply.id, by="ana", text_hash=reply.text_hash)
    with pytest.raises(NotAllowed):
        reject(store, clock, reply.id, by="ana", reason="")


def test_of_two_people_who_judge_at_once_the_first_counts(store, clock):
    reply = queue_reply(store, clock, state=ReplyState.SUBMITTED)
    late = Interrupted(
        store, lambda: reject(store, clock, reply.id, by="bo", reason="no")
    )

    with pytest.raises(NotAllowed):
        approve(late, clock, reply.id, by="ana", text_hash=reply.text_hash)

    assert reply_of(store, reply).state is ReplyState.REJECTED


def test_a_reply_that_is_not_there_cannot_be_approved(store, clock):
    with pytest.raises(Missing, match="R-000404"):
        approve(store, clock, ReplyId(404), by="ana", text_hash="")


# --- everything together


def test_our_reply_comes_back_from_the_platform_and_starts_nothing(
    store, clock, platform
):
    queue_reply(store, clock)
    box = outbox(platform)
    send_pending(store, box, clock)
    [published] = platform.standing
    platform.say(
        mention(external_id=published.external_id, author=author("kestrelair"))
    )

    result = ingest(store, source(platform), clock, OwnAccounts())

    assert (result.own, result.stored) == (1, 0)


def test_the_log_never_holds_the_text_of_a_reply(store, clock, platform):
    reply = queue_reply(store, clock, text="a wording of ours")

    for _ in range(3):
        step(store, outbox(platform), clock, seconds=10)

    entries = log(store, "reply")
    assert len(entries) == 3
    assert all("wording" not in one.detail for one in entries)
    assert all(
        json.loads(one.detail)["text_sha256"] == reply.text_hash for one in entries
    )
