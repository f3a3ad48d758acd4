"""What may not be said in public is neither kept as a draft nor sent."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.domain.mentions import text_hash
from bot.domain.replies import ReplyKind, ReplyState
from bot.errors import NotAllowed
from bot.services.drafts import approve, draft, edit, submit
from bot.services.guard import Guard
from bot.services.replies import send_pending
from tests.unit.services.world import (
    author,
    handle,
    log,
    mention,
    outbox,
    queue_reply,
    reply_of,
    tickets,
)

LINE = "Thank you for asking. Please send us a private message."
GUARD = Guard(hand_offs={"en": LINE, "de": "Bitte schreiben Sie uns privat."})
FINE = "Thank you, a person will read this today."
ASKS = "Please share your order number."
PAID = "We have refunded you, Ada."


def complained(store, clock, **fields):
    handle(store, clock, mention(**fields))
    [ticket] = tickets(store)
    return ticket


def checks(store):
    return [
        (one.subject.partition(":")[0], json.loads(one.detail))
        for one in log(store, "reply.checked")
    ]


def test_a_blocked_draft_is_refused_with_its_findings_and_not_kept(store, clock):
    ticket = complained(store, clock)

    with pytest.raises(NotAllowed) as refused:
        draft(store, clock, ticket.id, text=PAID, by="kim", guard=GUARD)

    shown = str(refused.value)
    assert "guard.outcome: states or promises an outcome" in shown
    assert "'We have refunded'" in shown
    assert "the outcome is told there" in shown
    with store.reading() as work:
        assert [
            one for one in work.replies.listing() if one.kind is ReplyKind.ANSWER
        ] == []


def test_the_log_keeps_the_rules_and_not_a_word(store, clock):
    ticket = complained(store, clock)

    with pytest.raises(NotAllowed):
        draft(store, clock, ticket.id, text=PAID, by="kim", guard=GUARD)

    [(subject, detail)] = checks(store)
    assert subject == "mention"
    assert detail["verdict"] == "block"
    assert detail["rules"] == ["outcome", "second_reply"]
    assert detail["checked_sha256"] == text_hash(PAID)
    assert "refunded" not in json.dumps(detail)


def test_an_approved_line_is_offered_in_the_author_s_language(store, clock):
    ticket = complained(store, clock)

    with pytest.raises(NotAllowed) as refused:
        draft(
            store, clock, ticket.id, text=ASKS, by="kim", guard=GUARD, language="de-AT"
        )

    assert str(refused.value).endswith(
        "an approved line says it: Bitte schreiben Sie uns privat."
    )


def test_other_words_are_looked_at_as_well_and_the_earlier_ones_stay(store, clock):
    ticket = complained(store, clock)
    kept = draft(store, clock, ticket.id, text=FINE, by="kim", guard=GUARD)

    with pytest.raises(NotAllowed):
        edit(store, clock, kept.id, text=PAID, by="kim", guard=GUARD)

    assert reply_of(store, kept).text == FINE
    assert [detail["verdict"] for _, detail in checks(store)] == ["four_eyes", "block"]


def test_a_draft_from_before_a_rule_is_not_put_forward(store, clock):
    ticket = complained(store, clock)
    kept = draft(store, clock, ticket.id, text=PAID, by="kim")

    with pytest.raises(NotAllowed):
        submit(store, clock, kept.id, by="kim", guard=GUARD)

    assert reply_of(store, kept).state is ReplyState.DRAFT


def test_nobody_s_yes_lets_it_out(store, clock, platform):
    ticket = complained(store, clock)
    kept = draft(store, clock, ticket.id, text=PAID, by="kim")
    submit(store, clock, kept.id, by="kim")
    approve(store, clock, kept.id, by="lea", text_hash=kept.text_hash)

    send_pending(store, outbox(platform, guard=GUARD), clock)

    refused = reply_of(store, kept)
    assert refused.state is ReplyState.REFUSED
    assert "guard.outcome: states or promises an outcome" in refused.reason
    assert "refunded" not in refused.reason
    assert all(one.reply.key != kept.key for one in platform.standing)


def test_a_real_name_is_known_from_the_author_and_not_looked_for_in_our_lines(
    store, clock, platform
):
    ticket = complained(
        store, clock, author=author("quiet_river", name="Thank Fairweather")
    )
    text = "Thank you, Fairweather, we read this."

    with pytest.raises(NotAllowed) as refused:
        draft(store, clock, ticket.id, text=text, by="kim", guard=GUARD)

    assert "guard.name" in str(refused.value)
    queued = queue_reply(store, clock, text="Thank you. FAIRWEATHER is not here.")
    send_pending(store, outbox(platform, guard=GUARD), clock)
    assert reply_of(store, queued).state is ReplyState.SENT


def test_a_brand_shows_its_own_contacts_and_no_other_s(store, clock):
    ours = replace(GUARD, contacts={"Kestrel Air": ("help@kestrel.example",)})
    theirs = replace(GUARD, contacts={"Other": ("help@kestrel.example",)})
    text = "Write to help@kestrel.example."

    assert ours.look(text, ours.of_brand("Kestrel Air")).findings == ()
    assert ours.look(text, theirs.of_brand("Kestrel Air")).rules == ("email",)


def test_why_a_second_person_is_asked_is_named(store, clock):
    ticket = complained(store, clock)
    text = "The code on the door is 88112233 today."
    kept = draft(store, clock, ticket.id, text=text, by="kim", guard=GUARD)

    with store.reading() as work:
        asked = GUARD.why_two(work, kept)
        of_a_template = GUARD.why_two(work, replace(kept, template="en/care/1"))

    assert "it holds a long number that may be somebody's (guard.long_number)" in asked
    assert of_a_template == ()


def test_a_second_word_to_an_author_is_known_from_what_stands(store, clock, platform):
    ticket = complained(store, clock)
    send_pending(store, outbox(platform), clock)
    kept = draft(store, clock, ticket.id, text=FINE, by="kim", guard=GUARD)

    with store.reading() as work:
        assert GUARD(work, kept).rules == ("second_reply",)
