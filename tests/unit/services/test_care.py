"""Signs of a need on tickets: who is called, what waits, and what is never kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.chains import Chain, ChainCondition, Step, Who
from bot.domain.corrections import YES, TagKind
from bot.domain.decisions import Code, Severity, Tier
from bot.domain.desks import DeskLink
from bot.domain.mentions import MentionId
from bot.domain.packs import CarePolicy, CareRule, Helpline, Purpose, Queue
from bot.domain.people import Person, Roster, Team
from bot.domain.replies import ReplyState
from bot.domain.tags import Sign
from bot.errors import Missing, NotAllowed
from bot.services import care
from bot.services.claims import claim, hand_off
from bot.services.corrections import correct
from bot.services.desks import card_of
from bot.services.drafts import approve, reject, word
from bot.services.replies import send_pending
from bot.services.sweep import sweep, watch
from bot.services.tickets import classify, dossier
from bot.testing import START
from tests.unit.services.world import (
    HOUR,
    MINUTE,
    author,
    handle,
    house,
    limits,
    log,
    mention,
    notices,
    outbox,
    policy,
    queue_reply,
    record,
    replies,
    reply_of,
    states,
    templates,
    tickets,
)

LINE = Helpline(name="A line", contact="on its page", verified_on=date(2026, 1, 2))
CARE = CarePolicy(
    signs={
        Sign.SELF_HARM: CareRule(
            text="a sign of self-harm",
            queue="care",
            severity=Severity.CRITICAL,
            tier=Tier.ESCALATION,
            code=Code.RED,
            guidance="Read it yourself now.",
            targets={"first_response": 30 * MINUTE},
            helplines=True,
        ),
        Sign.HARDSHIP: CareRule(
            text="a sign of hardship",
            queue="hardship",
            severity=Severity.MEDIUM,
            tier=Tier.SPECIALIST,
            code=Code.GREEN,
            guidance="Say that there is help.",
            targets={"first_response": 4 * HOUR, "by_class": timedelta(days=21)},
        ),
    },
    also=("care",),
    helplines={"AU-NSW": (LINE,)},
)
CHAINS = (
    Chain(
        id="care",
        text="somebody may be in danger",
        when=ChainCondition(signs_any=(Sign.SELF_HARM,)),
        steps=(Step(who=Who.SHIFT, important=True, skip_if_empty=True),),
        ends=("first_response",),
    ),
    Chain(
        id="ordinary",
        text="everybody else",
        steps=(Step(who=Who.SHIFT, after=2 * HOUR),),
    ),
)


def caring(**fields):
    plain = house()
    queues = {
        **plain.queues,
        "care": Queue(title="Care", tier=Tier.ESCALATION),
        "hardship": Queue(title="Hardship", tier=Tier.SPECIALIST),
    }
    return house(
        queues=queues,
        targets={**plain.targets, "by_class": ("idr_response_provided", "classified")},
        care=CARE,
        chains=CHAINS,
        **fields,
    )


HOUSE = caring()
POLICY = policy(house=HOUSE)
DESPAIR = "You closed my account and I want to die, please"
POOR = "I cannot pay this month, this is terrible, please help"


def said(store, clock, text, **fields):
    one = mention(text, published_at=clock.now(), **fields)
    handle(store, clock, one, by=POLICY)
    return one


@pytest.fixture
def marked(store, clock):
    said(store, clock, DESPAIR, conversation="dark")
    return tickets(store)[0]


def now(store, ticket):
    with store.reading() as work:
        return work.tickets.get(ticket.id)


def history(store, ticket):
    return [(one.name, dict(one.facts)) for one in dossier(store, ticket.id).events]


# --- the flag ---------------------------------------------------------------------


def test_a_sign_lives_on_the_ticket_with_what_told_of_it(store, clock, marked):
    assert marked.signs == (Sign.SELF_HARM,)
    assert (marked.queue, marked.code) == ("care", Code.RED)
    assert ("flagged", {"sign": "self_harm"}) in history(store, marked)
    (entry,) = log(store, "ticket.flagged")
    detail = json.loads(entry.detail)
    assert entry.actor == "bot"
    assert detail["signs"] == ["self_harm"]
    assert detail["why"].startswith("mention ")


def test_another_conversation_of_the_same_author_is_not_marked(store, clock, marked):
    said(store, clock, "Where is my card? This is terrible", conversation="light")

    (other,) = [one for one in tickets(store) if one.conversation == "light"]
    assert other.signs == ()
    assert other.queue == "agents"
    assert replies(store)[-1].ticket_id == other.id


def test_nothing_about_an_author_holds_the_sign(store, clock, marked):
    with store.reading() as work:
        (stored,) = work.tickets.mentions(marked.id)

    assert "harm" not in repr(stored.mention.author)
    assert "die" not in repr(stored.mention.author)


def test_the_log_and_the_notices_hold_the_kind_of_sign_and_no_word_of_the_author(
    store, clock, marked
):
    sweep(store, clock, HOUSE)

    with store.reading() as work:
        waiting = [one.notice for one in work.notices.waiting(clock.now(), 100)]
        tags = work.mentions.tags(work.tickets.mentions(marked.id)[0].id)
    words = tags.signals[0].words
    told = " ".join(f"{one.subject} {one.body}" for one in waiting)
    written = " ".join(one.detail for one in log(store))
    assert words == ("want to die",)
    assert "a sign of self-harm" in told
    assert "want to die" not in told
    assert "want to die" not in written


def test_the_people_for_it_read_at_once_what_to_do_and_whom_to_name(
    store, clock, marked
):
    with store.reading() as work:
        waiting = [one.notice for one in work.notices.waiting(clock.now(), 100)]

    (first,) = [one for one in waiting if ":signs:" in one.key]
    assert first.to == "care"
    assert first.is_important
    assert "Read it yourself now." in first.body
    assert "A line: on its page" in first.body
    assert "no diagnosis" in first.body


def test_a_person_puts_a_sign_on_that_no_word_list_saw(store, clock):
    said(store, clock, "This is terrible, please", conversation="plain")
    (ticket,) = tickets(store)
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=1)

    after = care.flag(
        store,
        clock,
        HOUSE,
        POLICY.calendar,
        ticket.id,
        Sign.SELF_HARM,
        by="ana",
        why="reads like goodbye",
    )

    assert (after.signs, after.queue, after.owner) == ((Sign.SELF_HARM,), "care", "")
    assert (after.tier, after.code) == (Tier.ESCALATION, Code.RED)
    (entry,) = log(store, "ticket.flagged")
    assert entry.actor == "ana"
    assert json.loads(entry.detail)["owner_before"] == "ana"
    assert "ana" in notices(store, clock).values()
    watch(store, clock, HOUSE, None)
    assert log(store, "chain.called")


def test_a_sign_that_is_there_or_unknown_or_of_a_closed_ticket_is_not_put_on(
    store, clock, marked
):
    def put(sign, house=HOUSE):
        care.flag(
            store,
            clock,
            house,
            POLICY.calendar,
            marked.id,
            sign,
            by="ana",
            why="because",
        )

    with pytest.raises(NotAllowed, match="bears self_harm already"):
        put(Sign.SELF_HARM)
    with pytest.raises(NotAllowed, match="no rule for threat"):
        put(Sign.THREAT)
    with store.work() as work:
        work.tickets.save(
            replace(work.tickets.get(marked.id), status="closed", closed_at=clock.now())
        )
    with pytest.raises(NotAllowed, match="is closed"):
        put(Sign.HARDSHIP)


def test_a_person_takes_a_sign_off_with_a_reason_and_it_stays_off(store, clock, marked):
    after = care.unflag(
        store, clock, marked.id, Sign.SELF_HARM, by="mira", why="a song's name"
    )
    correct(
        store,
        POLICY,
        clock,
        MentionId(1),
        {TagKind.COMPLAINT: YES},
        by="ana",
    )

    assert after.signs == ()
    assert now(store, marked).signs == ()
    assert now(store, marked).queue == "care"
    (entry,) = log(store, "ticket.unflagged")
    assert entry.actor == "mira"
    assert json.loads(entry.detail) == {"signs": ["self_harm"], "why": "a song's name"}
    assert ("unflagged", {"sign": "self_harm"}) in history(store, marked)
    with pytest.raises(NotAllowed, match="does not bear self_harm"):
        care.unflag(store, clock, marked.id, Sign.SELF_HARM, by="mira", why="again")


def test_what_is_said_later_puts_the_sign_on_anew(store, clock, marked):
    care.unflag(store, clock, marked.id, Sign.SELF_HARM, by="mira", why="an idiom")
    said(store, clock, "No, really, I want to die", conversation="dark")

    assert now(store, marked).signs == (Sign.SELF_HARM,)


def test_tickets_are_found_by_their_sign(store, clock, marked):
    said(store, clock, POOR, conversation="poor")
    said(store, clock, "This is terrible, please", conversation="plain")

    with store.reading() as work:
        found = work.tickets.listing(mark="hardship")
        none = work.tickets.listing(mark="hard")

    assert [one.conversation for one in found] == ["poor"]
    assert not none


# --- nobody automatic -------------------------------------------------------------


def test_no_bot_words_anything_in_a_marked_conversation_nor_after_it(
    store, clock, marked
):
    said(store, clock, "Terrible, please!", conversation="dark", author=author("bo"))
    with store.work() as work:
        work.tickets.save(
            replace(work.tickets.get(marked.id), status="closed", closed_at=clock.now())
        )
    said(
        store,
        clock,
        "Terrible again, please",
        conversation="dark",
        author=author("cy"),
    )

    later = next(one for one in tickets(store) if one.id != marked.id)
    assert later.signs == (Sign.SELF_HARM,)
    assert later.queue == "care"
    assert not replies(store)


def test_what_a_bot_queued_before_the_sign_was_seen_waits_for_a_person(
    store, clock, platform
):
    reply = queue_reply(store, clock)
    with store.work() as work:
        ticket = work.tickets.get(reply.ticket_id)
        work.tickets.save(replace(ticket, signs=(Sign.SELF_HARM,)))

    send_pending(store, outbox(platform), clock)

    held = reply_of(store, reply)
    assert held.state is ReplyState.SUBMITTED
    assert held.reason == "its conversation shows signs of a need (self_harm)"
    assert not platform.standing


def test_a_person_chooses_the_words_and_only_a_yes_sends_them(
    store, clock, platform, marked
):
    chosen = templates().by_language["en"][Purpose.CARE][0]
    reply = word(store, clock, marked.id, chosen, by="mira")
    send_pending(store, outbox(platform), clock)
    waits = reply_of(store, reply).state

    approve(store, clock, reply.id, by="noor", text_hash=reply.text_hash)
    send_pending(store, outbox(platform), clock)

    assert waits is ReplyState.SUBMITTED
    assert reply_of(store, reply).state is ReplyState.SENT
    assert reply.template == "en/care/1"
    (entry,) = log(store, "reply.submitted")
    assert entry.actor == "mira"


def test_no_wave_of_others_complaints_holds_a_persons_word_to_somebody_in_need(
    store, clock, platform, marked
):
    chosen = templates().by_language["en"][Purpose.CARE][0]
    first, over = queue_reply(store, clock), queue_reply(store, clock)
    reply = word(store, clock, marked.id, chosen, by="mira")
    approve(store, clock, reply.id, by="noor", text_hash=reply.text_hash)

    send_pending(store, outbox(platform, limits=limits(overall=1)), clock)

    assert reply_of(store, first).state is ReplyState.SENT
    assert reply_of(store, over).state is ReplyState.QUEUED
    assert reply_of(store, reply).state is ReplyState.SENT


def test_other_words_may_take_the_place_of_what_was_refused(store, clock, marked):
    chosen = templates().by_language["en"][Purpose.CARE][0]
    first = word(store, clock, marked.id, chosen, by="mira")
    reject(store, clock, first.id, by="noor", reason="too cool")

    second = word(store, clock, marked.id, replace(chosen, text="Hello."), by="mira")

    assert second.id == first.id
    assert (second.state, second.text) == (ReplyState.SUBMITTED, "Hello.")
    approve(store, clock, second.id, by="noor", text_hash=second.text_hash)
    with pytest.raises(NotAllowed, match="is queued and says something"):
        word(store, clock, marked.id, chosen, by="mira")


def test_nobody_is_worded_to_who_did_not_write_to_us(store, clock):
    said(store, clock, DESPAIR, conversation="d", is_addressed=False)
    (ticket,) = tickets(store)
    chosen = templates().by_language["en"][Purpose.CARE][0]

    with pytest.raises(NotAllowed, match="would be unasked"):
        word(store, clock, ticket.id, chosen, by="mira")
    with pytest.raises(Missing, match="is none of"):
        word(store, clock, ticket.id, chosen, by="mira", mention_id=MentionId(99))


def test_no_bot_may_own_a_marked_ticket(store, clock, marked):
    with pytest.raises(NotAllowed, match="no bot may have it"):
        claim(store, clock, HOUSE, marked.id, by="bot")
    with pytest.raises(NotAllowed, match="no bot may have it"):
        hand_off(store, clock, HOUSE, marked.id, to="bot", reason="r", by="ana")
    assert claim(store, clock, HOUSE, marked.id, by="mira").owner == "mira"


# --- the people for it ------------------------------------------------------------


ROSTER = Roster(
    ref=HOUSE.ref,
    people={name: Person(name=name, zone="UTC") for name in ("mira", "ana", "lea")},
    teams={
        "care_people": Team(name="care_people", members=("mira",), queues=("care",)),
        "front": Team(name="front", members=("ana",), queues=("agents",)),
    },
)


@pytest.mark.parametrize("to", ["agents", "escalation_team", "management", "hardship"])
def test_a_marked_ticket_is_handed_to_no_queue_that_is_not_prepared(
    store, clock, marked, to
):
    with pytest.raises(NotAllowed, match="stays with those who are prepared"):
        hand_off(store, clock, HOUSE, marked.id, to=to, reason="r", by="ana")

    assert now(store, marked).queue == "care"


def test_a_marked_ticket_is_handed_to_prepared_people_alone(store, clock, marked):
    with pytest.raises(NotAllowed, match="or to one of their people"):
        hand_off(
            store,
            clock,
            HOUSE,
            marked.id,
            to="ana",
            reason="r",
            by="lea",
            people=ROSTER,
        )

    moved = hand_off(
        store, clock, HOUSE, marked.id, to="mira", reason="r", by="lea", people=ROSTER
    )

    assert moved.owner == "mira"


@pytest.mark.parametrize("by", ["ana", "anna"])
def test_a_marked_ticket_is_claimed_by_prepared_people_alone(store, clock, marked, by):
    with pytest.raises(NotAllowed, match="stays with those who are prepared"):
        claim(store, clock, HOUSE, marked.id, by=by, people=ROSTER)

    mine = claim(store, clock, HOUSE, marked.id, by="mira", people=ROSTER)

    assert mine.owner == "mira"


def test_a_claim_elsewhere_ends_when_a_sign_takes_the_ticket_away(store, clock):
    said(store, clock, "This is terrible, please", conversation="dark")
    (ticket,) = tickets(store)
    claim(store, clock, HOUSE, ticket.id, by="ana")

    said(store, clock, DESPAIR, conversation="dark")

    after = now(store, ticket)
    assert (after.queue, after.owner) == ("care", "")
    assert f"ticket:{ticket.id}:taken-away:{after.version}" in notices(store, clock)


def test_a_missed_promise_raises_a_marked_ticket_and_leaves_it_with_its_people(
    store, clock, marked
):
    clock.advance(minutes=31)

    sweep(store, clock, HOUSE)

    after = now(store, marked)
    assert (after.tier, after.queue) == (Tier.MANAGEMENT, "care")


# --- the shorter clock ------------------------------------------------------------


def plans(store, ticket):
    with store.reading() as work:
        return {one.plan.rule: one.plan for one in work.clocks.of_ticket(ticket.id)}


def test_the_shortest_promise_runs_and_says_why(store, clock, marked):
    plan = plans(store, marked)["first_response"]

    assert plan.due_strict == START + 30 * MINUTE
    assert plan.cite == "house 7, a sign of self-harm"


def test_a_sign_in_an_answered_conversation_starts_the_promise_anew(store, clock):
    said(store, clock, "This is terrible, please", conversation="dark")
    (ticket,) = tickets(store)
    record(store, clock, ticket.id, "answered", by="ana")
    clock.advance(hours=5)

    said(store, clock, DESPAIR, conversation="dark")

    assert states(store, ticket)["first_response"] == "running"
    assert plans(store, ticket)["first_response"].due_strict == (
        START + 5 * HOUR + 30 * MINUTE
    )


def test_hardship_runs_the_shorter_time_beside_the_law_until_a_class_is_said(
    store, clock
):
    said(store, clock, POOR, conversation="poor")
    (ticket,) = tickets(store)
    found = plans(store, ticket)

    classify(
        store,
        clock,
        ticket.id,
        "standard",
        by="mira",
        why="no credit contract",
        rulebook=POLICY.rulebook,
    )

    assert found["by_class"].due_strict < found["final_response"].due_strict
    assert found["by_class"].cite == "house 7, a sign of hardship"
    assert found["final_response"].cite == "test 56"
    assert states(store, ticket)["by_class"] == "met"
    assert states(store, ticket)["final_response"] == "running"


# --- outside ----------------------------------------------------------------------


def test_a_desk_is_told_the_kind_of_sign_and_never_what_somebody_wrote(
    store, clock, marked
):
    link = DeskLink(desk="d", ticket_id=marked.id, key="answerable-1")

    with store.reading() as work:
        card = card_of(work, marked, link, with_text=True)

    assert card.texts == ()
    assert "want to die" not in card.body
    assert "a sign of self-harm" in card.body
