"""What an author changes is read again, and what stood before is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from unittest.mock import ANY

import pytest

from bot.domain.channels import Page
from bot.domain.decisions import Answer, Severity
from bot.domain.mentions import text_hash
from bot.domain.replies import ReplyState
from bot.domain.tickets import TicketStatus
from bot.services.drafts import approve
from bot.services.edits import EDITED_MEANWHILE
from bot.services.ingest import ingest
from bot.services.replies import send_pending
from bot.services.tag import tag_pending
from bot.services.triage import EDITED, triage_pending
from bot.testing import START, KeywordClassifier, ScriptedConnector
from tests.unit.services.world import (
    NOBODY,
    actions,
    close,
    log,
    mention,
    notices,
    outbox,
    policy,
    replies,
    source,
    tickets,
)

PRAISE, COMPLAINT = "thanks, that was great", "This is terrible, please help"


def take_in(store, clock, *mentions, by=None):
    page = Page(mentions=mentions, cursor=None)
    ingest(store, source(ScriptedConnector([page])), clock, NOBODY)
    tag_pending(store, KeywordClassifier(), clock)
    while triage_pending(store, by or policy(), clock):
        pass


def edited(one, text, clock):
    return replace(one, text=text, edited_at=clock.now())


def stored(store, one):
    with store.reading() as work:
        return work.mentions.find(one.channel, one.external_id)


def test_an_edit_that_turns_praise_into_a_complaint_opens_a_ticket(store, clock):
    one = mention(PRAISE)
    take_in(store, clock, one)
    assert tickets(store) == []
    clock.advance(days=3)

    take_in(store, clock, edited(one, COMPLAINT, clock))

    [ticket] = tickets(store)
    assert ticket.complaint is Answer.YES
    with store.reading() as work:
        assert work.tickets.of_mention(one.channel, one.external_id) == ticket
        clocks = work.clocks.of_ticket(ticket.id)
    assert {each.plan.started_at for each in clocks} == {clock.now()}
    [entry] = log(store, "mention.reconsidered")
    assert json.loads(entry.detail)["reasons"][0] == {
        "rule": EDITED.rule,
        "text": EDITED.text,
    }


def test_what_was_said_first_is_kept_with_both_hashes_in_the_log(store, clock):
    one = mention(PRAISE)
    take_in(store, clock, one)
    clock.advance(hours=1)

    take_in(store, clock, edited(one, COMPLAINT, clock))

    found = stored(store, one)
    assert (found.mention.text, found.edits) == (COMPLAINT, 1)
    with store.reading() as work:
        [first] = work.mentions.versions(found.id)
        assert work.mentions.tags(found.id).sentiment == "negative"
    assert (first.text, first.replaced_at) == (PRAISE, clock.now())
    [entry] = log(store, "mention.edited")
    assert json.loads(entry.detail) == {
        "edit": 1,
        "edited_at": clock.now().isoformat(),
        "was_sha256": text_hash(PRAISE),
        "text_sha256": text_hash(COMPLAINT),
    }


def test_an_edit_never_lowers_an_open_ticket(store, clock):
    one = mention("This is terrible, my lawyer will call")
    take_in(store, clock, one)
    [before] = tickets(store)
    assert before.severity is Severity.CRITICAL

    clock.advance(hours=1)
    take_in(store, clock, edited(one, PRAISE, clock))

    [after] = tickets(store)
    assert (after.severity, after.complaint, after.status) == (
        before.severity,
        before.complaint,
        TicketStatus.OPEN,
    )
    with store.reading() as work:
        assert len(work.clocks.of_ticket(after.id)) > 0


def test_an_edit_that_makes_it_worse_raises_its_ticket_and_counts_it_once(store, clock):
    one = mention(COMPLAINT)
    take_in(store, clock, one)
    clock.advance(hours=1)

    take_in(store, clock, edited(one, f"{COMPLAINT}, my lawyer will call", clock))

    [ticket] = tickets(store)
    assert ticket.severity is Severity.CRITICAL
    assert ticket.mentions == 1
    with store.reading() as work:
        clocks = work.clocks.of_ticket(ticket.id)
    assert {each.plan.started_at for each in clocks} == {START}


def test_a_typo_mended_under_a_closed_ticket_opens_nothing(store, clock):
    one = mention(COMPLAINT)
    take_in(store, clock, one)
    close(store, clock, tickets(store)[0].id, by="ada")
    clock.advance(hours=1)

    take_in(store, clock, edited(one, f"{COMPLAINT}!", clock))

    assert tickets(store)[0].status is TicketStatus.CLOSED


def test_a_worse_edit_under_a_closed_ticket_opens_it_again(store, clock):
    one = mention(COMPLAINT)
    take_in(store, clock, one)
    close(store, clock, tickets(store)[0].id, by="ada")
    clock.advance(hours=1)

    take_in(store, clock, edited(one, f"{COMPLAINT}, my lawyer will call", clock))

    assert tickets(store)[0].status is TicketStatus.OPEN


@pytest.mark.parametrize("state", [ReplyState.QUEUED, ReplyState.SUBMITTED])
def test_a_reply_to_the_earlier_text_goes_back_to_a_person(
    store, clock, platform, state
):
    one = mention(COMPLAINT)
    take_in(store, clock, one)
    [reply] = replies(store)
    with store.work() as work:
        work.replies.move(replace(reply, state=state), before=reply.state)
    clock.advance(minutes=1)

    take_in(store, clock, edited(one, f"{COMPLAINT} now", clock))
    send_pending(store, outbox(platform), clock)

    [after] = replies(store)
    assert (after.state, after.reason) == (ReplyState.SUBMITTED, EDITED_MEANWHILE)
    assert after.approved_by == ""
    assert platform.calls == 0
    key = f"mention:{stored(store, one).id}:edited:1"
    assert notices(store, clock)[key] == tickets(store)[0].queue


def test_no_yes_to_an_answer_holds_once_what_it_answers_was_edited(
    store, clock, platform
):
    one = mention(COMPLAINT)
    take_in(store, clock, one)
    [reply] = replies(store)
    asked = replace(reply, state=ReplyState.SUBMITTED, approved_by="")
    with store.work() as work:
        work.replies.move(asked, before=reply.state)
        work.replies.approve(asked, by="ana", at=clock.now())
    clock.advance(minutes=1)

    take_in(store, clock, edited(one, f"{COMPLAINT} now", clock))

    with store.reading() as work:
        assert work.replies.approved_by(replies(store)[0]) == []
    agreed = approve(
        store,
        clock,
        reply.id,
        by="bo",
        text_hash=reply.text_hash,
        four_eyes=lambda *_: ("code red",),
    )
    assert agreed.state is ReplyState.SUBMITTED


def test_of_two_forms_on_one_page_the_last_is_read(store, clock):
    one = mention(PRAISE)
    clock.advance(minutes=1)
    later = edited(one, COMPLAINT, clock)
    page = Page(mentions=[one, later, later], cursor=None)

    ingest(store, source(ScriptedConnector([page])), clock, NOBODY)
    take_in(store, clock)

    assert len(tickets(store)) == 1
    assert stored(store, one).mention == replace(later, engagement=ANY)
    assert actions(store, "mention.edited") == []


def test_an_edit_before_anybody_looked_is_decided_once(store, clock):
    one = mention(PRAISE)
    page = Page(mentions=[one], cursor=None)
    ingest(store, source(ScriptedConnector([page])), clock, NOBODY)
    clock.advance(minutes=1)

    take_in(store, clock, edited(one, COMPLAINT, clock))

    assert len(tickets(store)) == 1
    assert actions(store, "mention.edited") == ["mention.edited"]
    assert actions(store, "mention.decided") == ["mention.decided"]


def test_what_comes_again_unchanged_or_earlier_is_no_edit(store, clock):
    one = mention(COMPLAINT)
    clock.advance(hours=1)
    newer = edited(one, f"{COMPLAINT} now", clock)
    take_in(store, clock, one)
    take_in(store, clock, newer)
    older = replace(one, text="something else", edited_at=clock.now() - timedelta(1))

    take_in(store, clock, newer, one, older)

    assert stored(store, one).edits == 1
    assert stored(store, one).mention.text == newer.text


def test_each_of_many_edits_is_kept(store, clock):
    one = mention(PRAISE)
    take_in(store, clock, one)
    for n in range(3):
        clock.advance(minutes=1)
        take_in(store, clock, edited(one, f"{COMPLAINT} {n}", clock))

    with store.reading() as work:
        versions = work.mentions.versions(stored(store, one).id)
    assert [each.number for each in versions] == [1, 2, 3]
    assert [each.text for each in versions] == [
        PRAISE,
        f"{COMPLAINT} 0",
        f"{COMPLAINT} 1",
    ]
    assert len(tickets(store)) == 1


def test_an_edited_one_that_cannot_be_decided_goes_to_a_person(store, clock):
    one = mention(PRAISE)
    take_in(store, clock, one)
    clock.advance(minutes=1)
    broken = replace(policy(), regulation=replace(policy().regulation, classes={}))

    take_in(store, clock, edited(one, COMPLAINT, clock), by=broken)

    [ticket] = tickets(store)
    with store.reading() as work:
        assert work.tickets.of_mention(one.channel, one.external_id) == ticket
    assert actions(store, "mention.undecidable") == ["mention.undecidable"]
