from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.clocks import ClockKind, ClockState
from bot.domain.decisions import Answer, Code, Outcome, Tier
from bot.domain.mentions import ChannelControl, MentionKind
from bot.domain.packs import Templates
from bot.domain.replies import ReplyKind, ReplyState
from bot.domain.tickets import TicketEvent
from bot.errors import StorageError
from bot.services.clocks import apply_event
from bot.services.replies import send_pending
from bot.services.sweep import sweep
from bot.services.tag import tag_pending
from bot.services.triage import triage_pending
from bot.testing import START, FakePlatform, KeywordClassifier, Killed
from tests.unit.services.world import (
    HOUSE_REF,
    REGULATION_REF,
    Dying,
    Interrupted,
    actions,
    author,
    close,
    handle,
    house,
    listen,
    log,
    mention,
    notices,
    outbox,
    policy,
    record,
    regulation,
    replies,
    states,
    templates,
    tickets,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEGAL = {"acknowledge_target", "acknowledge_limit", "early_close", "final_response"}


def decision_of(store, said):
    with store.reading() as work:
        found = work.mentions.decision(work.mentions.find("x", said.external_id).id)
    return found[0]


def clocks_of(store, ticket):
    with store.reading() as work:
        return {one.plan.rule: one.plan for one in work.clocks.of_ticket(ticket.id)}


def events_of(store, ticket):
    with store.reading() as work:
        return work.tickets.events(ticket.id)


# --- tickets


def test_a_complaint_opens_a_ticket(store, clock):
    handle(store, clock, mention())

    [ticket] = tickets(store)
    assert (ticket.tier, ticket.queue, ticket.code) == (Tier.AGENT, "agents", "green")
    assert ticket.complaint is Answer.YES
    assert (ticket.house_pack, ticket.regulation_pack) == (HOUSE_REF, REGULATION_REF)
    assert ticket.received_at == START
    assert actions(store, "ticket") == ["ticket.opened"]
    assert [one.name for one in events_of(store, ticket)] == ["received"]


def test_praise_is_decided_and_opens_nothing(store, clock):
    said = mention("love this airline, great crew")

    handle(store, clock, said)

    assert tickets(store) == []
    assert decision_of(store, said).outcome is Outcome.RECORD_ONLY
    assert actions(store, "mention") == [
        "mention.stored",
        "mention.tagged",
        "mention.decided",
    ]


def test_a_conversation_has_one_open_ticket(store, clock):
    first = mention()
    second = mention(conversation=first.conversation, in_reply_to=first.external_id)

    handle(store, clock, first, second)

    [ticket] = tickets(store)
    assert ticket.mentions == 2
    assert ticket.reach == 200
    assert actions(store, "ticket") == ["ticket.opened", "ticket.joined"]


def test_two_brands_in_one_conversation_have_a_ticket_each(store, clock):
    first = mention()
    other = mention(conversation=first.conversation, brand="Lumen Mobile")

    handle(store, clock, first, other)

    assert {one.brand for one in tickets(store)} == {"Kestrel Air", "Lumen Mobile"}


def test_after_closing_somebody_else_in_the_conversation_opens_a_new_ticket(
    store, clock
):
    first = mention()
    handle(store, clock, first)
    close(store, clock, tickets(store)[0].id, by="ana")

    other = mention(conversation=first.conversation, author=author("bob"))
    handle(store, clock, other)

    assert sorted(one.status.value for one in tickets(store)) == ["closed", "open"]


def test_a_ticket_opens_again_where_its_author_is_dissatisfied_still(store, clock):
    first = mention()
    handle(store, clock, first)
    close(store, clock, tickets(store)[0].id, by="ana")
    clock.advance(hours=20)

    again = mention(
        "Still broken!",
        conversation=first.conversation,
        published_at=clock.now(),
    )
    handle(store, clock, again)

    [ticket] = tickets(store)
    assert (ticket.status, ticket.closed_at, ticket.mentions) == ("open", None, 2)
    assert states(store, ticket)["first_response"] == "running"
    with store.reading() as work:
        names = [one.name for one in work.tickets.events(ticket.id)]
        [promise] = [
            one
            for one in work.clocks.of_ticket(ticket.id)
            if one.plan.rule == "first_response"
        ]
    assert names == ["received", "closed", "received", "reopened"]
    assert promise.plan.started_at == again.published_at
    [entry] = log(store, "ticket.reopened")
    assert json.loads(entry.detail)["because"][-1] == "house.reopen_within"


def test_people_hear_of_an_urgent_ticket_that_opens_again(store, clock):
    first = mention("terrible, my lawyer will write")
    handle(store, clock, first)
    [before] = tickets(store)
    assert before.code is Code.RED
    close(store, clock, before.id, by="ana")
    clock.advance(hours=20)
    known = set(notices(store, clock))

    again = replace(first, external_id="again", published_at=clock.now())
    handle(store, clock, again)

    [ticket] = tickets(store)
    assert ticket.status == "open"
    told = {
        key: to
        for key, to in notices(store, clock).items()
        if key not in known and key.startswith(f"ticket:{ticket.id}:")
    }
    assert list(told.values()) == [ticket.queue]


def test_thanks_open_nothing_again(store, clock):
    first = mention()
    handle(store, clock, first)
    close(store, clock, tickets(store)[0].id, by="ana")

    handle(store, clock, mention("thanks, great", conversation=first.conversation))

    assert [one.status.value for one in tickets(store)] == ["closed"]


def test_what_was_closed_too_long_ago_is_another_matter(store, clock):
    first = mention()
    handle(store, clock, first)
    close(store, clock, tickets(store)[0].id, by="ana")
    clock.advance(days=31)

    late = mention(conversation=first.conversation, published_at=clock.now())
    handle(store, clock, late)

    assert sorted(one.status.value for one in tickets(store)) == ["closed", "open"]


def test_a_legal_clock_that_still_runs_keeps_its_start_when_a_ticket_opens_again(
    store, clock
):
    first = mention()
    handle(store, clock, first)
    close(store, clock, tickets(store)[0].id, by="ana")
    clock.advance(days=2)

    again = mention(conversation=first.conversation, published_at=clock.now())
    handle(store, clock, again)

    [ticket] = tickets(store)
    with store.reading() as work:
        [final] = [
            one
            for one in work.clocks.of_ticket(ticket.id)
            if one.plan.rule == "final_response"
        ]
    assert final.plan.started_at == first.published_at


def test_a_worse_mention_raises_the_ticket_and_calls_louder(store, clock):
    first = mention()
    handle(store, clock, first)

    handle(
        store,
        clock,
        mention("terrible, my lawyer calls you", conversation=first.conversation),
    )

    [ticket] = tickets(store)
    assert (ticket.tier, ticket.code) == (Tier.ESCALATION, Code.RED)
    assert ticket.queue == "escalation_team"
    assert "ticket.raised" in actions(store, "ticket")
    assert notices(store, clock) == {"ticket:1:called:red:3": "escalation_team"}


def test_a_milder_mention_lowers_nothing(store, clock):
    first = mention("terrible, my lawyer calls you")
    handle(store, clock, first)
    [before] = tickets(store)

    handle(store, clock, mention("when please?", conversation=first.conversation))

    [after] = tickets(store)
    kept = ("severity", "code", "tier", "queue", "complaint")
    assert all(getattr(before, name) == getattr(after, name) for name in kept)
    assert "ticket.raised" not in actions(store, "ticket")


def test_a_quiet_ticket_calls_nobody(store, clock):
    handle(store, clock, mention())

    assert notices(store, clock) == {}


def test_an_influencer_is_answered_ahead_of_others(store, clock):
    handle(store, clock, mention(), mention(author=author("ida", followers=200_000)))

    first, second = tickets(store)
    assert (first.is_influencer, second.is_influencer) == (True, False)
    assert first.tier is Tier.ESCALATION


# --- reach


def test_a_repost_adds_reach_to_the_ticket_of_what_it_repeats(store, clock):
    first = mention()
    handle(store, clock, first)

    handle(
        store,
        clock,
        mention(
            kind=MentionKind.REPOST,
            amplifies=first.external_id,
            author=author("bo", followers=5_000),
        ),
    )

    [ticket] = tickets(store)
    assert (ticket.mentions, ticket.reach) == (1, 5_100)
    assert len(replies(store)) == 1


def test_a_repost_adds_reach_where_the_text_stands_not_where_it_was_repeated(
    store, clock
):
    complaint, elsewhere = mention(), mention()
    handle(store, clock, complaint, elsewhere)

    handle(
        store,
        clock,
        mention(
            kind=MentionKind.REPOST,
            amplifies=complaint.external_id,
            conversation=elsewhere.conversation,
        ),
    )

    reached = {one.conversation: one.reach for one in tickets(store)}
    assert reached == {complaint.conversation: 200, elsewhere.conversation: 100}


def test_an_influencers_repost_raises_the_open_ticket(store, clock):
    first = mention()
    handle(store, clock, first)

    handle(
        store,
        clock,
        mention(
            kind=MentionKind.REPOST,
            amplifies=first.external_id,
            author=author("ida", followers=2_000_000),
        ),
    )

    [ticket] = tickets(store)
    assert (ticket.tier, ticket.queue) == (Tier.ESCALATION, "escalation_team")
    assert ticket.code is Code.RED
    assert actions(store, "ticket") == ["ticket.opened", "ticket.raised"]
    assert notices(store, clock) == {"ticket:1:called:red:3": "escalation_team"}


def test_a_repost_of_a_closed_ticket_counts_and_wakes_nobody(store, clock):
    first = mention()
    handle(store, clock, first)
    close(store, clock, tickets(store)[0].id, by="ana")

    handle(
        store,
        clock,
        mention(
            kind=MentionKind.REPOST,
            amplifies=first.external_id,
            author=author("ida", followers=2_000_000),
        ),
    )

    [ticket] = tickets(store)
    assert (ticket.status, ticket.reach) == ("closed", 2_000_100)
    assert notices(store, clock) == {}


def test_a_repost_of_what_has_no_ticket_is_kept_on_record(store, clock):
    said = mention(kind=MentionKind.REPOST, amplifies="unknown")

    handle(store, clock, said)

    assert tickets(store) == []
    assert decision_of(store, said).outcome is Outcome.RECORD_ONLY


@pytest.mark.parametrize("kind", [MentionKind.REPOST, MentionKind.QUOTE])
def test_a_repost_that_was_read_before_its_text_counts_all_the_same(store, clock, kind):
    first = mention()
    repost = mention(
        "so true",
        kind=kind,
        amplifies=first.external_id,
        author=author("ida", followers=2_000_000),
    )
    handle(store, clock, repost)
    assert tickets(store) == []

    handle(store, clock, first)

    [ticket] = tickets(store)
    assert ticket.reach == 2_000_100
    assert (ticket.tier, ticket.code) == (Tier.ESCALATION, Code.RED)
    with store.reading() as work:
        assert len(work.tickets.mentions(ticket.id)) == 2
    [attached] = log(store, "mention.attached")
    assert json.loads(attached.detail)["ticket"] == ticket.id
    assert actions(store, "ticket") == ["ticket.opened", "ticket.raised"]


def test_a_repost_is_attached_once(store, clock):
    first = mention()
    handle(
        store,
        clock,
        mention("rt", kind=MentionKind.REPOST, amplifies=first.external_id),
    )
    handle(store, clock, first)

    handle(store, clock, mention(conversation=first.conversation))

    [ticket] = tickets(store)
    assert ticket.reach == 300
    assert actions(store, "mention.attached") == ["mention.attached"]


# --- promises


def test_clocks_start_at_publication_with_the_packs_version_and_cite(store, clock):
    said = mention(published_at=START - 3 * HOUR)

    handle(store, clock, said)

    [ticket] = tickets(store)
    plans = clocks_of(store, ticket)
    assert set(plans) == {*LEGAL, "first_response"}
    assert {plan.started_at for plan in plans.values()} == {START - 3 * HOUR}
    target = plans["acknowledge_target"]
    assert target.due_strict == START + 21 * HOUR
    assert (target.pack, target.cite) == (REGULATION_REF, "test 51")
    assert not target.provisional
    first = plans["first_response"]
    assert (first.kind, first.pack) == (ClockKind.SERVICE, HOUSE_REF)
    assert first.due_strict == START + 5 * HOUR


def test_the_log_says_what_each_clock_was_computed_from(store, clock):
    handle(store, clock, mention())

    details = [json.loads(one.detail) for one in log(store, "clock.started")]
    assert len(details) == 5
    final = next(one for one in details if one["rule"] == "final_response")
    assert final["pack"] == "au.test 3"
    assert final["pack_sha256"] == REGULATION_REF.sha256
    assert final["inputs"]["zone"] == "Australia/Sydney"


def test_a_doubtful_complaint_starts_provisional_clocks(store, clock):
    handle(store, clock, mention("hmm, my flight, please"))

    [ticket] = tickets(store)
    assert ticket.complaint is Answer.NEEDS_HUMAN
    plans = clocks_of(store, ticket)
    assert {plans[rule].provisional for rule in LEGAL} == {True}
    assert plans["first_response"].provisional is False


def test_a_sure_complaint_confirms_the_provisional_clocks_where_they_run(store, clock):
    first = mention("hmm, my flight, please")
    handle(store, clock, first)
    clock.advance(hours=3)

    handle(
        store,
        clock,
        mention(conversation=first.conversation, published_at=clock.now()),
    )

    [ticket] = tickets(store)
    plans = clocks_of(store, ticket)
    assert ticket.complaint is Answer.YES
    assert {plans[rule].provisional for rule in LEGAL} == {False}
    assert {plans[rule].started_at for rule in LEGAL} == {START}
    assert actions(store, "clock.confirmed") == ["clock.confirmed"] * 4


def test_who_is_promised_less_time_tightens_the_promise_that_runs(store, clock):
    first = mention()
    handle(store, clock, first)

    handle(
        store,
        clock,
        mention(
            conversation=first.conversation,
            author=author("ida", followers=200_000),
        ),
    )

    [ticket] = tickets(store)
    assert clocks_of(store, ticket)["first_response"].due_strict == START + HOUR
    assert actions(store, "clock.tightened") == ["clock.tightened"]


def test_nobody_is_given_more_time_by_a_later_mention(store, clock):
    first = mention(author=author("ida", followers=200_000))
    handle(store, clock, first)
    clock.advance(minutes=30)

    handle(
        store,
        clock,
        mention(
            "terrible, lawyer",
            conversation=first.conversation,
            published_at=clock.now(),
        ),
    )

    [ticket] = tickets(store)
    assert clocks_of(store, ticket)["first_response"].due_strict == START + HOUR
    assert actions(store, "clock.tightened") == []


def test_a_question_starts_no_legal_clock(store, clock):
    handle(store, clock, mention("When do you open?"))

    [ticket] = tickets(store)
    assert set(clocks_of(store, ticket)) == {"first_response"}


def test_a_complaint_that_joins_a_question_starts_its_clocks_then(store, clock):
    first = mention("When do you open?")
    handle(store, clock, first)
    later = START + 2 * HOUR
    clock.move_to(later)

    handle(
        store,
        clock,
        mention(conversation=first.conversation, published_at=later),
    )

    [ticket] = tickets(store)
    plans = clocks_of(store, ticket)
    assert {plans[rule].started_at for rule in LEGAL} == {later}
    assert plans["first_response"].started_at == START


def test_signs_of_hardship_are_remembered_on_the_ticket_from_publication(store, clock):
    handle(store, clock, mention("This is terrible, I cannot pay"))

    [ticket] = tickets(store)
    names = {one.name: one.happened_at for one in events_of(store, ticket)}
    assert names == {"received": START, "hardship": START}


def test_a_second_complaint_starts_no_clock_anew(store, clock):
    first = mention()
    handle(store, clock, first)
    [ticket] = tickets(store)
    before = clocks_of(store, ticket)
    clock.advance(hours=5)

    handle(
        store,
        clock,
        mention(
            "terrible, lawyer",
            conversation=first.conversation,
            published_at=clock.now(),
        ),
    )

    assert clocks_of(store, ticket) == before


def acknowledged(store, clock, ticket):
    """Our word to the complainant was seen on the platform just now."""
    event = TicketEvent(
        ticket_id=ticket.id,
        name="acknowledged",
        happened_at=clock.now(),
        recorded_at=clock.now(),
        detail=replies(store)[0].key,
    )
    with store.work() as work:
        apply_event(work, event)


@pytest.fixture
def answered(store, clock):
    """A ticket of which all that was owed has been done, two days later."""
    handle(store, clock, mention(author=author("ada")))
    [ticket] = tickets(store)
    clock.advance(days=1)
    acknowledged(store, clock, ticket)
    record(store, clock, ticket.id, "idr_response_provided", by="ann")
    clock.advance(days=1)
    return ticket


def test_a_complaint_published_earlier_and_read_later_starts_the_clocks(store, clock):
    first = mention()
    handle(store, clock, first)
    [ticket] = tickets(store)
    before = clocks_of(store, ticket)["final_response"]
    earlier = mention(
        conversation=first.conversation,
        published_at=START - 26 * HOUR,
        author=author("bo"),
    )

    handle(store, clock, earlier)

    [ticket] = tickets(store)
    kept = clocks_of(store, ticket)
    legal = {rule: plan for rule, plan in kept.items() if plan.kind is ClockKind.LEGAL}
    assert {plan.started_at for plan in legal.values()} == {earlier.published_at}
    assert kept["final_response"].due_strict < before.due_strict
    assert ticket.received_at == earlier.published_at
    antedated = [json.loads(one.detail) for one in log(store, "clock.antedated")]
    assert {one["rule"] for one in antedated} == LEGAL
    assert not any(one["provisional"] for one in antedated)


def test_what_happened_since_is_judged_again_when_clocks_are_antedated(store, clock):
    first = mention()
    handle(store, clock, first)
    [ticket] = tickets(store)
    clock.advance(hours=1)
    acknowledged(store, clock, ticket)
    record(store, clock, ticket.id, "closed_resolved_satisfied", by="ann")
    assert states(store, ticket)["acknowledge_target"] == "met"

    handle(
        store,
        clock,
        mention(conversation=first.conversation, published_at=START - 14 * DAY),
    )

    after = states(store, ticket)
    assert after["acknowledge_target"] == "breached"
    # Closed after five business days it waives nothing.
    assert after["early_close"] == "excused"
    assert after["final_response"] == "running"


def test_an_earlier_complaint_that_was_answered_before_moves_nothing(
    store, clock, answered
):
    again = clock.now()
    handle(
        store, clock, mention(conversation=answered.conversation, published_at=again)
    )
    before = clocks_of(store, answered)

    handle(
        store,
        clock,
        mention(conversation=answered.conversation, published_at=START + HOUR),
    )

    assert clocks_of(store, answered) == before
    assert log(store, "clock.antedated") == []


def test_a_complaint_after_a_question_is_worded_for_and_a_person_must_agree(
    store, clock
):
    question = mention("great crew, where are you today?")
    handle(store, clock, question)
    assert [one.state for one in replies(store)] == [ReplyState.QUEUED]

    handle(
        store,
        clock,
        mention(conversation=question.conversation, published_at=START + HOUR),
    )

    assert [one.state for one in replies(store)] == [
        ReplyState.QUEUED,
        ReplyState.SUBMITTED,
    ]


def test_hardship_that_shows_after_an_early_close_revives_the_response(store, clock):
    by = policy(
        regulation=regulation(
            clocks={
                **regulation().clocks,
                "early_close": replace(
                    regulation().clocks["early_close"], unless=("hardship",)
                ),
            }
        )
    )
    first = mention()
    handle(store, clock, first, by=by)
    [ticket] = tickets(store)
    clock.advance(hours=1)
    record(store, clock, ticket.id, "closed_resolved_satisfied", by="ann")
    assert states(store, ticket)["final_response"] == "waived"

    handle(
        store,
        clock,
        mention(
            "thanks, but I cannot pay now",
            conversation=first.conversation,
            published_at=clock.now(),
        ),
        by=by,
    )

    assert states(store, ticket)["final_response"] == "running"


def test_a_clock_that_is_late_already_is_confirmed_with_the_others(store, clock):
    doubtful = mention("hmm, please look at this")
    handle(store, clock, doubtful)
    [ticket] = tickets(store)
    clock.advance(days=1, seconds=1)
    sweep(store, clock, house())

    handle(
        store,
        clock,
        mention(conversation=doubtful.conversation, published_at=clock.now()),
    )

    kept = clocks_of(store, ticket)
    assert not any(kept[rule].provisional for rule in LEGAL)
    assert len(log(store, "clock.confirmed")) == len(LEGAL)


@pytest.mark.parametrize("who", ["ada", "bo"])
def test_a_complaint_after_the_response_is_owed_a_response_of_its_own(
    store, clock, answered, who
):
    again = clock.now()
    said = mention(
        conversation=answered.conversation, published_at=again, author=author(who)
    )

    handle(store, clock, said)

    kept = clocks_of(store, answered)
    assert kept["final_response"].started_at == again
    assert kept["acknowledge_limit"].started_at == again
    # The chance to close early is not over yet: it stays the first complaint's.
    assert kept["early_close"].started_at == START
    assert states(store, answered)["final_response"] == "running"
    restarted = log(store, "clock.restarted")
    assert [json.loads(one.detail)["rule"] for one in restarted] == [
        "acknowledge_target",
        "acknowledge_limit",
        "final_response",
    ]
    assert "this complaint is owed its own" in str(decision_of(store, said).reasons)


def test_how_the_first_complaint_was_answered_is_kept_beside_the_second(store, clock):
    first = mention()
    handle(store, clock, first)
    [ticket] = tickets(store)
    clock.advance(days=40)
    while sweep(store, clock, house()):
        pass
    acknowledged(store, clock, ticket)
    record(store, clock, ticket.id, "idr_response_provided", by="ann")
    late = clocks_of(store, ticket)["final_response"]
    clock.advance(days=10)

    again = mention(conversation=first.conversation, published_at=clock.now())
    handle(store, clock, again)

    with store.reading() as work:
        kept = {one.plan.rule: one for one in work.clocks.earlier_runs(ticket.id)}
        due = work.clocks.due_between(START, clock.now())
    assert kept["final_response"].state is ClockState.BREACHED
    assert kept["final_response"].plan == late
    assert "final_response" in [one.plan.rule for one in due]
    assert states(store, ticket)["final_response"] == "running"


def test_a_response_to_the_first_complaint_does_not_answer_the_second(
    store, clock, answered
):
    handle(
        store,
        clock,
        mention(
            conversation=answered.conversation,
            published_at=clock.now(),
            author=author("bo"),
        ),
    )

    record(
        store,
        clock,
        answered.id,
        "idr_response_provided",
        by="ann",
        happened_at=START + DAY,
    )

    assert states(store, answered)["final_response"] == "running"


@pytest.mark.parametrize(
    ("text", "published"),
    [("thank you", START + 2 * DAY), ("terrible, please help", START + HOUR)],
)
def test_thanks_and_what_was_said_before_the_response_start_nothing_anew(
    store, clock, answered, text, published
):
    before = clocks_of(store, answered)

    handle(
        store,
        clock,
        mention(text, conversation=answered.conversation, published_at=published),
    )

    assert clocks_of(store, answered) == before
    assert actions(store, "clock.restarted") == []


def test_what_was_received_before_the_pack_was_in_force_has_no_legal_clock(
    store, clock
):
    handle(store, clock, mention(published_at=datetime(2021, 10, 1, tzinfo=UTC)))

    [ticket] = tickets(store)
    assert set(states(store, ticket)) == {"first_response"}


def test_the_version_in_force_at_receipt_governs_and_is_frozen(store, clock):
    ref = replace(REGULATION_REF, version="9")
    newer = replace(regulation(), ref=ref, effective_from=START.date())
    known = policy(others=(newer,))
    before, after = (
        mention(published_at=START - timedelta(days=2)),
        mention(published_at=START),
    )

    handle(store, clock, before, after, by=known)

    first, second = sorted(tickets(store), key=lambda one: one.received_at)
    assert first.regulation_pack == regulation().ref
    assert second.regulation_pack == ref


def test_somebody_elses_page_starts_no_legal_clock_and_is_not_answered(store, clock):
    said = mention(control=ChannelControl.THIRD_PARTY, is_addressed=False)

    handle(store, clock, said)

    assert decision_of(store, said).scope.verdict is Answer.NO
    assert decision_of(store, said).legal_class is None
    assert replies(store) == []


# --- our first word


def test_a_complaint_is_acknowledged_once_in_the_houses_wording(store, clock):
    said = mention()

    handle(store, clock, said)

    [reply] = replies(store)
    assert (reply.kind, reply.state) == (
        ReplyKind.ACKNOWLEDGEMENT,
        ReplyState.QUEUED,
    )
    assert reply.text == "Thank you for telling us. Kestrel Air"
    assert (reply.in_reply_to, reply.author) == (said.external_id, "id-ada")
    assert reply.approved_by == HOUSE_REF.id
    assert actions(store, "reply") == ["reply.queued"]


def test_an_influencers_acknowledgement_waits_for_a_person(store, clock):
    handle(store, clock, mention(author=author("ida", followers=200_000)))

    [reply] = replies(store)
    assert (reply.state, reply.approved_by) == (ReplyState.SUBMITTED, "")


def test_no_word_goes_out_to_abuse_without_a_persons_yes(store, clock):
    class Hears(KeywordClassifier):
        def tag(self, mentions):
            heard = {"offensive": {"no": 0.1, "yes": 0.9}}
            return [replace(one, others=heard) for one in super().tag(mentions)]

    said, platform = mention(), FakePlatform(clock)
    handle(store, clock, said, classifier=Hears())

    assert send_pending(store, outbox(platform), clock) == 0

    assert platform.calls == 0
    [reply] = replies(store)
    assert (reply.state, reply.approved_by) == (ReplyState.SUBMITTED, "")
    reasons = {one.rule: one.text for one in decision_of(store, said).reasons}
    assert "hateful or offensive" in reasons["house.acknowledgement.abuse"]


def test_who_writes_twice_is_acknowledged_once(store, clock):
    first = mention()

    handle(store, clock, first, mention(conversation=first.conversation))

    assert [one.in_reply_to for one in replies(store)] == [first.external_id]


def test_another_author_in_the_conversation_is_acknowledged_too(store, clock):
    first = mention()
    second = mention(conversation=first.conversation, author=author("bo"))

    handle(store, clock, first, second)

    assert [one.author for one in replies(store)] == ["id-ada", "id-bo"]


def test_a_deleted_account_is_not_answered(store, clock):
    handle(store, clock, mention(author=None))

    assert replies(store) == []


# --- twice, at once, and halfway


def test_triage_of_nothing_changes_nothing(store, clock):
    assert triage_pending(store, policy(), clock) == 0
    assert log(store) == []


def test_what_is_decided_is_not_decided_again(store, clock):
    handle(store, clock, mention(), mention())
    before = log(store)

    assert triage_pending(store, policy(), clock) == 0

    assert log(store) == before


def test_a_batch_takes_only_so_many(store, clock):
    listen(store, clock, *[mention() for _ in range(5)])
    tag_pending(store, KeywordClassifier(), clock)

    done = [triage_pending(store, policy(), clock, limit=2) for _ in range(4)]

    assert done == [2, 2, 1, 0]


def test_of_two_workers_one_decides_and_the_other_finds_nothing(store, clock):
    first = mention()
    second = mention(conversation=first.conversation)
    listen(store, clock, first, second)
    tag_pending(store, KeywordClassifier(), clock)

    other = Interrupted(store, lambda: triage_pending(store, policy(), clock))

    assert triage_pending(other, policy(), clock) == 0
    assert len(tickets(store)) == 1
    assert actions(store, "mention.decided") == ["mention.decided"] * 2


@pytest.mark.parametrize("committed", [False, True])
def test_a_worker_killed_in_the_middle_leaves_nothing_half_done(
    store, clock, committed
):
    listen(store, clock, mention())
    tag_pending(store, KeywordClassifier(), clock)
    with pytest.raises(Killed):
        triage_pending(
            Dying(store, Killed(), nth=1, committed=committed), policy(), clock
        )
    assert len(tickets(store)) == int(committed)

    triage_pending(store, policy(), clock)

    [ticket] = tickets(store)
    assert len(clocks_of(store, ticket)) == 5
    assert len(replies(store)) == 1
    assert actions(store, "ticket") == ["ticket.opened"]


# --- what cannot be decided


def without_wording(store, clock):
    """English has no wording here: deciding what needs an answer fails."""
    return policy(templates=Templates(ref=templates().ref, by_language={}))


def test_what_cannot_be_decided_goes_to_a_person_and_blocks_nothing(store, clock):
    odd, fine = mention(), mention("great crew")
    broken = without_wording(store, clock)

    handle(store, clock, odd, fine, by=broken)

    [ticket] = tickets(store)
    assert (ticket.queue, ticket.tier) == ("agents", Tier.AGENT)
    assert ticket.complaint is Answer.NEEDS_HUMAN
    assert states(store, ticket) == {}
    assert replies(store) == []
    assert decision_of(store, odd).reasons[0].rule == "bot.undecidable"
    assert decision_of(store, fine).outcome is Outcome.RECORD_ONLY
    assert notices(store, clock)["mention:1:undecidable"] == "operator"
    [entry] = log(store, "mention.undecidable")
    assert json.loads(entry.detail)["error"] == "Missing"


def test_what_cannot_be_decided_joins_the_conversations_ticket(store, clock):
    first = mention()
    handle(store, clock, first)

    handle(
        store,
        clock,
        mention(conversation=first.conversation, author=author("bo")),
        by=without_wording(store, clock),
    )

    [ticket] = tickets(store)
    assert ticket.mentions == 2
    assert ticket.severity == "high"
    assert set(states(store, ticket)) == {*LEGAL, "first_response"}


def test_what_cannot_be_decided_lowers_no_ticket(store, clock):
    first = mention("terrible, my lawyer calls you")
    handle(store, clock, first)
    [before] = tickets(store)

    handle(
        store,
        clock,
        mention(conversation=first.conversation, author=author("bo")),
        by=without_wording(store, clock),
    )

    [after] = tickets(store)
    kept = ("severity", "code", "tier", "queue", "complaint")
    assert [getattr(after, name) for name in kept] == [
        getattr(before, name) for name in kept
    ]


def test_a_database_out_of_reach_is_not_taken_for_a_bad_mention(store, clock):
    listen(store, clock, mention())
    tag_pending(store, KeywordClassifier(), clock)
    lost = StorageError("the database cannot be reached")

    with pytest.raises(StorageError):
        triage_pending(Dying(store, lost, nth=1, committed=False), policy(), clock)

    assert log(store, "mention.undecidable") == []
    assert triage_pending(store, policy(), clock) == 1


def test_the_decision_names_both_packs_and_every_rule_in_order(store, clock):
    handle(store, clock, mention())

    [entry] = log(store, "mention.decided")
    detail = json.loads(entry.detail)
    assert (detail["house"], detail["regulation"]) == ("house 7", "au.test 3")
    assert detail["scope"]["verdict"] == "yes"
    rules = [reason["rule"] for reason in detail["reasons"]]
    assert rules[:2] == ["test dissatisfaction", "test response_expected"]
    assert "house.opens.O1" in rules


def test_the_log_shows_on_what_each_fact_of_the_complaint_test_rests(store, clock):
    said = mention()
    handle(store, clock, said)

    [entry] = log(store, "mention.decided")
    detail = json.loads(entry.detail)
    fact = decision_of(store, said).scope.channel_controlled
    assert detail["scope"]["channel_controlled"] == {
        "answer": fact.answer,
        "score": fact.score,
        "reason": fact.reason,
    }
    assert {"rule": "house.opens.O1", "text": "a complaint: a ticket opens"} in detail[
        "reasons"
    ]


def test_a_change_of_policy_leaves_open_tickets_with_their_packs(store, clock):
    first = mention()
    handle(store, clock, first)
    newer = policy(house=house(ref=replace(HOUSE_REF, version="8")))

    handle(store, clock, mention(conversation=first.conversation), mention(), by=newer)

    assert sorted(one.house_pack.version for one in tickets(store)) == ["7", "8"]


# --- what a late reading must not do


def test_words_to_somebody_else_acknowledge_no_earlier_complaint(store, clock):
    first = mention(author=author("bo"))
    handle(store, clock, first)
    [ticket] = tickets(store)
    [reply] = replies(store)
    clock.advance(hours=1)
    with store.work() as work:
        apply_event(
            work,
            TicketEvent(
                ticket_id=ticket.id,
                name="acknowledged",
                happened_at=clock.now(),
                recorded_at=clock.now(),
                detail=reply.key,
            ),
        )
    assert states(store, ticket)["acknowledge_target"] == "met"

    handle(
        store,
        clock,
        mention(
            conversation=first.conversation,
            published_at=START - HOUR,
            author=author("ada"),
        ),
    )

    assert states(store, ticket)["acknowledge_target"] == "running"
    assert states(store, ticket)["acknowledge_limit"] == "running"


def test_a_complaint_of_a_run_that_an_early_close_ended_moves_nothing(store, clock):
    first = mention()
    handle(store, clock, first)
    [ticket] = tickets(store)
    clock.advance(days=2)
    acknowledged(store, clock, ticket)
    record(store, clock, ticket.id, "closed_resolved_satisfied", by="ann")
    clock.advance(days=35)
    again = clock.now()
    handle(store, clock, mention(conversation=first.conversation, published_at=again))
    before = clocks_of(store, ticket)
    assert before["final_response"].started_at == again

    handle(
        store,
        clock,
        mention(conversation=first.conversation, published_at=START + DAY),
    )

    assert clocks_of(store, ticket) == before
    assert log(store, "clock.antedated") == []


def test_a_late_clock_that_is_antedated_calls_nobody_twice(store, clock):
    first = mention()
    handle(store, clock, first)
    [ticket] = tickets(store)
    with store.work() as work:
        final = next(
            one
            for one in work.clocks.of_ticket(ticket.id)
            if one.plan.rule == "final_response"
        )
        work.clocks.change(
            final.id,
            before=final.state,
            after="late",
            due_at=final.plan.due_legal,
        )

    handle(
        store,
        clock,
        mention(conversation=first.conversation, published_at=START - 2 * HOUR),
    )

    assert states(store, ticket)["final_response"] == "late"
    kept = clocks_of(store, ticket)["final_response"]
    assert kept.started_at == START - 2 * HOUR


def hardship_policy():
    early = replace(regulation().clocks["early_close"], unless=("hardship",))
    return policy(
        regulation=regulation(clocks={**regulation().clocks, "early_close": early})
    )


@pytest.mark.parametrize(
    "said",
    [
        {"text": "terrible, please help, I cannot pay now"},
        {"text": "cannot pay now", "kind": MentionKind.REPOST, "author": author("bo")},
        {"text": "thanks, but I cannot pay now"},
    ],
)
def test_hardship_long_after_the_end_revives_no_old_response(store, clock, said):
    by = hardship_policy()
    first = mention()
    handle(store, clock, first, by=by)
    [ticket] = tickets(store)
    clock.advance(hours=1)
    acknowledged(store, clock, ticket)
    record(store, clock, ticket.id, "closed_resolved_satisfied", by="ann")
    clock.advance(days=40)
    again = clock.now()
    if said.get("kind"):
        said = {**said, "amplifies": first.external_id}

    handle(
        store,
        clock,
        mention(conversation=first.conversation, published_at=again, **said),
        by=by,
    )
    sweep(store, clock, house())

    after = states(store, ticket)["final_response"]
    if "terrible" in said["text"]:
        # A complaint of its own: all that the law asks for begins anew.
        assert after == "running"
        assert clocks_of(store, ticket)["final_response"].started_at == again
        assert states(store, ticket)["acknowledge_target"] == "running"
    else:
        assert after == "waived"


@pytest.mark.parametrize(("who", "after"), [("ada", "running"), ("bo", "waived")])
def test_hardship_of_the_same_author_reaches_the_ticket_that_was_closed(
    store, clock, who, after
):
    by = hardship_policy()
    first = mention(author=author("ada"))
    handle(store, clock, first, by=by)
    [ticket] = tickets(store)
    clock.advance(hours=1)
    record(store, clock, ticket.id, "closed_resolved_satisfied", by="ann")
    close(store, clock, ticket.id, by="ann")
    clock.advance(days=2)

    handle(
        store,
        clock,
        mention(
            "thanks, one more thing please, I cannot pay",
            conversation=first.conversation,
            in_reply_to=first.external_id,
            published_at=clock.now(),
            author=author(who),
        ),
        by=by,
    )

    assert states(store, ticket)["final_response"] == after


def test_what_a_screen_put_aside_is_not_carried_by_what_it_repeats(store, clock):
    first = mention()
    machine = mention(
        "so terrible",
        kind=MentionKind.QUOTE,
        amplifies=first.external_id,
        author=author("bot", followers=2_000_000, is_declared_bot=True),
    )
    handle(store, clock, machine)

    handle(store, clock, first)

    [ticket] = tickets(store)
    assert (ticket.reach, ticket.tier) == (100, Tier.AGENT)


def test_a_chain_of_reposts_read_newest_first_counts_whole(store, clock):
    first = mention()
    middle = mention("rt", kind=MentionKind.REPOST, amplifies=first.external_id)
    outer = mention(
        "rt rt",
        kind=MentionKind.REPOST,
        amplifies=middle.external_id,
        author=author("ida", followers=2_000_000),
    )
    for one in (outer, middle, first):
        handle(store, clock, one)

    [ticket] = tickets(store)
    assert ticket.reach == 2_000_200
    assert ticket.tier is Tier.ESCALATION
