from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.corrections import TagKind
from bot.domain.decisions import Answer, Outcome, Reason
from bot.domain.mentions import MentionId, Restored, StoredMention
from bot.domain.tags import Relevance, Tags
from bot.errors import Missing, NotAllowed
from bot.services.aside import restore
from bot.services.corrections import correct
from bot.services.sweep import sweep
from bot.services.triage import triage_pending
from bot.testing import START, KeywordClassifier
from tests.unit.services.world import handle, log, mention, policy, tickets

DAY = timedelta(days=1)


class Orchard(KeywordClassifier):
    """Takes whatever speaks of pies for the fruit."""

    def tag(self, mentions: Sequence[StoredMention]) -> Sequence[Tags]:
        fruit = Relevance(is_relevant=False, rule="exclude.fruit", text="the fruit")
        return [
            replace(tags, relevance=fruit) if "pie" in one.mention.text else tags
            for one, tags in zip(mentions, super().tag(mentions), strict=True)
        ]


class HalfDeafOrchard(Orchard):
    """Hears a complaint that is not enough alone, and is where the text is negative."""

    def tag(self, mentions: Sequence[StoredMention]) -> Sequence[Tags]:
        return [replace(tags, complaint_score=0.3) for tags in super().tag(mentions)]


def set_aside(store):
    with store.reading() as work:
        return work.mentions.set_aside(10)


def pie(**fields):
    return mention("my pie charger burns", **fields)


def brought_back(store, clock, *, restored_as=Restored.RELEVANT):
    [one] = set_aside(store)
    restore(
        store,
        clock,
        one.stored.id,
        by="ann",
        reason="it is ours",
        restored_as=restored_as,
    )
    while triage_pending(store, policy(), clock):
        pass
    return one.stored.id


def test_what_is_set_aside_is_stored_tagged_logged_and_counted(store, clock):
    handle(store, clock, pie(), mention(), classifier=Orchard())

    [one] = set_aside(store)
    assert one.stored.mention.text == "my pie charger burns"
    assert one.decided_at == clock.now()
    assert one.decision.reasons[-1].rule == "relevance.exclude.fruit"
    assert store.summary().set_aside == 1
    assert len(tickets(store)) == 1
    entry = log(store, "mention.decided")[0]
    assert '"outcome":"set_aside"' in entry.detail.replace(" ", "")


def test_a_complaint_is_not_set_aside(store, clock):
    handle(store, clock, mention("terrible pie, please help"), classifier=Orchard())

    assert set_aside(store) == []
    assert len(tickets(store)) == 1


def test_what_is_brought_back_is_decided_like_any_other(store, clock):
    handle(store, clock, mention("where is my pie ?"), classifier=Orchard())

    mention_id = brought_back(store, clock)

    assert set_aside(store) == []
    assert store.summary().set_aside == 0
    with store.reading() as work:
        decision, ticket_id, _ = work.mentions.decision(mention_id)
    assert decision.outcome is Outcome.OPEN_TICKET
    assert ticket_id == tickets(store)[0].id
    [entry] = log(store, "mention.restored")
    assert (entry.actor, entry.subject) == ("ann", f"mention:{mention_id}")
    assert "it is ours" in entry.detail
    assert len(log(store, "mention.decided")) == 2


def test_clocks_of_a_complaint_that_was_set_aside_run_from_its_publication(
    store, clock
):
    said = pie(published_at=START)
    handle(store, clock, said, classifier=Orchard())
    clock.advance(days=40)

    brought_back(store, clock, restored_as=Restored.COMPLAINT)

    [ticket] = tickets(store)
    assert ticket.received_at == START
    with store.reading() as work:
        clocks = {one.plan.rule: one.plan for one in work.clocks.of_ticket(ticket.id)}
    assert {one.started_at for one in clocks.values()} == {START}
    assert clocks["final_response"].due_strict < clock.now()
    assert not clocks["final_response"].provisional
    sweep(store, clock, policy().house)
    assert log(store, "clock.breached")


def test_an_earlier_complaint_that_is_brought_back_antedates_the_clocks(store, clock):
    first = pie(published_at=START)
    later = mention(conversation=first.conversation, published_at=START + DAY)
    handle(store, clock, first, classifier=Orchard())
    clock.advance(days=2)
    handle(store, clock, later, classifier=Orchard())

    brought_back(store, clock, restored_as=Restored.COMPLAINT)

    [ticket] = tickets(store)
    assert (ticket.mentions, ticket.received_at) == (2, START)
    with store.reading() as work:
        clocks = {one.plan.rule: one.plan for one in work.clocks.of_ticket(ticket.id)}
    assert clocks["final_response"].started_at == START
    assert log(store, "clock.antedated")


def test_what_a_person_said_to_be_worse_holds_when_it_is_brought_back(store, clock):
    said = {TagKind.SENTIMENT: "negative"}
    handle(store, clock, mention("my pie is great"), classifier=HalfDeafOrchard())
    [one] = set_aside(store)
    heard = correct(store, policy(), clock, one.stored.id, said, by="ann")

    mention_id = brought_back(store, clock)

    [ticket] = tickets(store)
    assert heard.ticket is None
    assert ticket.complaint is Answer.NEEDS_HUMAN
    with store.reading() as work:
        decision, ticket_id, _ = work.mentions.decision(mention_id)
    assert ticket_id == ticket.id
    assert decision.reasons[0] == Reason(
        rule="bot.corrected", text="ann says sentiment negative: decided by that"
    )


def test_what_a_person_said_to_be_better_does_not_soften_it(store, clock):
    handle(store, clock, mention("where is my pie ?"), classifier=Orchard())
    [one] = set_aside(store)
    said = {TagKind.SENTIMENT: "positive", TagKind.COMPLAINT: "no"}
    correct(store, policy(), clock, one.stored.id, said, by="ann")

    mention_id = brought_back(store, clock)

    with store.reading() as work:
        decision, _, _ = work.mentions.decision(mention_id)
    assert decision.outcome is Outcome.OPEN_TICKET
    assert "bot.corrected" not in {reason.rule for reason in decision.reasons}


def test_nothing_is_brought_back_twice(store, clock):
    handle(store, clock, pie(), classifier=Orchard())
    mention_id = brought_back(store, clock)

    with pytest.raises(NotAllowed):
        restore(store, clock, mention_id, by="ben", reason="me too")

    assert len(log(store, "mention.restored")) == 1


def test_what_a_correction_gave_a_ticket_is_set_aside_no_more(store, clock):
    handle(store, clock, pie(), classifier=Orchard())
    [one] = set_aside(store)
    said = {TagKind.COMPLAINT: "yes"}
    correct(store, policy(), clock, one.stored.id, said, by="ann")
    [ticket] = tickets(store)

    with pytest.raises(NotAllowed):
        restore(store, clock, one.stored.id, by="ben", reason="it is ours")

    assert set_aside(store) == []
    assert store.summary().set_aside == 0
    with store.reading() as work:
        decision, ticket_id, _ = work.mentions.decision(one.stored.id)
    assert (decision.outcome, ticket_id) == (Outcome.SET_ASIDE, ticket.id)


def test_what_was_never_set_aside_cannot_be_brought_back(store, clock):
    handle(store, clock, mention(), classifier=Orchard())

    with pytest.raises(NotAllowed):
        restore(store, clock, MentionId(1), by="ann", reason="why not")
    with pytest.raises(Missing):
        restore(store, clock, MentionId(99), by="ann", reason="why not")

    assert log(store, "mention.restored") == []
