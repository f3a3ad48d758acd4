from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.corrections import Correction, TagKind, corrected, in_force
from bot.domain.decisions import Answer, Outcome, Tier
from bot.domain.mentions import ChannelControl, MentionId, MentionKind, text_hash
from bot.domain.tags import Doubt, Sentiment
from bot.domain.tickets import TicketStatus
from bot.errors import Missing, NotAllowed
from bot.services.corrections import correct, mention_of
from bot.services.tag import tag_pending
from bot.services.tickets import dossier
from bot.testing import START, KeywordClassifier, Killed
from tests.samples import NOON, tags
from tests.unit.services.world import (
    Dying,
    actions,
    author,
    close,
    handle,
    listen,
    log,
    mention,
    notices,
    policy,
    record,
    replies,
    states,
    tickets,
)

HOUR = timedelta(hours=1)
LEGAL = {"acknowledge_target", "acknowledge_limit", "early_close", "final_response"}
COMPLAINT, SENTIMENT = TagKind.COMPLAINT, TagKind.SENTIMENT
CALM = "the crew said nothing about my bag for nine hours"


def id_of(store, said):
    with store.reading() as work:
        return work.mentions.find("x", said.external_id).id


def say(store, clock, said, *, by="ada", note="", **values):
    given = {TagKind(kind): value for kind, value in values.items()}
    return correct(store, policy(), clock, id_of(store, said), given, by=by, note=note)


def decision_of(store, said):
    with store.reading() as work:
        return work.mentions.decision(id_of(store, said))


def test_what_a_person_says_is_kept_with_who_when_and_what_was_before(store, clock):
    said = mention(CALM)
    handle(store, clock, said)
    clock.advance(hours=3)

    say(store, clock, said, sentiment="positive", note="irony")
    say(store, clock, said, by="bo", sentiment="neutral")

    with store.reading() as work:
        first, second = work.corrections.of_mention(id_of(store, said))
    assert (first.by, first.at, first.note) == ("ada", START + 3 * HOUR, "irony")
    assert (first.was, first.value) == ("neutral", "positive")
    assert (second.was, second.value) == ("positive", "neutral")
    assert first.model == KeywordClassifier.model


def test_the_log_has_one_entry_with_labels_and_without_anybodys_words(store, clock):
    said = mention("hmm, a secret")
    handle(store, clock, said)

    say(store, clock, said, complaint="no", sentiment="neutral", note="the secret")

    [entry] = log(store, "mention.corrected")
    assert (entry.actor, entry.subject) == ("ada", "mention:1")
    assert json.loads(entry.detail) == {
        "corrections": [1, 2],
        "model": KeywordClassifier.model,
        "note_sha256": text_hash("the secret"),
        "now": {"complaint": "no", "sentiment": "neutral"},
        "was": {"complaint": "no", "sentiment": "negative"},
    }
    assert "secret" not in entry.detail


def test_the_tags_stay_as_the_model_made_them(store, clock):
    said = mention(CALM)
    handle(store, clock, said)
    with store.reading() as work:
        before = work.mentions.tags(id_of(store, said))

    say(store, clock, said, complaint="yes", sentiment="negative")

    with store.reading() as work:
        assert work.mentions.tags(id_of(store, said)) == before


def test_a_complaint_that_the_model_missed_gets_a_ticket_with_clocks_from_its_receipt(
    store, clock
):
    said = mention(CALM, published_at=START - HOUR)
    handle(store, clock, said)
    assert tickets(store) == []
    clock.advance(hours=2)

    heard = say(store, clock, said, complaint="yes")

    [ticket] = tickets(store)
    assert heard.is_reconsidered
    assert heard.ticket is not None
    assert heard.ticket.id == ticket.id
    assert (ticket.complaint, ticket.received_at) == (Answer.YES, START - HOUR)
    assert states(store, ticket).keys() >= LEGAL
    with store.reading() as work:
        clocks = work.clocks.of_ticket(ticket.id)
    assert {one.plan.started_at for one in clocks} == {START - HOUR}
    assert not any(one.plan.provisional for one in clocks)
    assert decision_of(store, said)[1] == ticket.id
    assert dossier(store, ticket.id).seen[0].corrections == heard.corrections
    assert list(notices(store, clock).items()) == [("correction:1", ticket.queue)]


def test_the_first_decision_is_kept_and_the_second_stands_in_the_log(store, clock):
    said = mention(CALM)
    handle(store, clock, said)

    say(store, clock, said, complaint="yes")

    assert decision_of(store, said)[0].outcome is Outcome.RECORD_ONLY
    [entry] = log(store, "mention.reconsidered")
    detail = json.loads(entry.detail)
    assert (detail["outcome"], detail["ticket"]) == ("open_ticket", 1)
    assert detail["reasons"][0] == {
        "rule": "bot.corrected",
        "text": "ada says complaint yes: decided again",
    }


def test_its_author_is_acknowledged(store, clock):
    said = mention(CALM)
    handle(store, clock, said)

    say(store, clock, said, complaint="yes")

    assert [one.in_reply_to for one in replies(store)] == [said.external_id]


def test_a_doubt_that_a_person_confirms_binds(store, clock):
    said = mention("hmm, my bag")
    handle(store, clock, said)
    [ticket] = tickets(store)
    assert ticket.complaint is Answer.NEEDS_HUMAN

    say(store, clock, said, complaint="yes")

    [ticket] = tickets(store)
    assert ticket.complaint is Answer.YES
    assert ticket.mentions == 1
    assert set(actions(store, "clock")) == {"clock.started", "clock.confirmed"}
    with store.reading() as work:
        legal = [
            one.plan
            for one in work.clocks.of_ticket(ticket.id)
            if one.plan.rule in LEGAL
        ]
    assert not any(plan.provisional for plan in legal)


def test_a_closed_ticket_opens_again_for_what_is_a_complaint(store, clock):
    said = mention("where is my bag?")
    handle(store, clock, said)
    [ticket] = tickets(store)
    assert not LEGAL & states(store, ticket).keys()
    clock.advance(hours=30)
    close(store, clock, ticket.id, by="ana")

    say(store, clock, said, complaint="yes")

    [ticket] = tickets(store)
    assert (ticket.status, ticket.complaint) == (TicketStatus.OPEN, Answer.YES)
    assert states(store, ticket)["final_response"] == "running"
    assert states(store, ticket)["first_response"] == "breached"
    assert "ticket.reopened" in actions(store)


def test_what_was_done_since_its_publication_counts(store, clock):
    said = mention("where is my bag?")
    handle(store, clock, said)
    [ticket] = tickets(store)
    clock.advance(hours=1)
    record(store, clock, ticket.id, "idr_response_provided", by="ana")

    say(store, clock, said, complaint="yes")

    assert states(store, ticket)["final_response"] == "met"
    assert states(store, ticket)["acknowledge_limit"] == "running"


def test_in_an_open_conversation_it_joins_the_ticket(store, clock):
    first = mention("this is terrible, please help", published_at=START)
    handle(store, clock, first)
    lost = mention(
        CALM,
        conversation=first.conversation,
        author=author("bo", is_declared_bot=True),
        control=ChannelControl.OWNED,
    )
    handle(store, clock, lost)

    say(store, clock, lost, complaint="yes")

    [ticket] = tickets(store)
    assert ticket.mentions == 2
    assert notices(store, clock)["correction:1"] == ticket.queue


def test_after_its_ticket_was_closed_it_is_owed_on_the_conversations_new_one(
    store, clock
):
    first = mention("where is my bag?")
    handle(store, clock, first)
    [old] = tickets(store)
    close(store, clock, old.id, by="ana")
    handle(store, clock, mention("and now?", conversation=first.conversation))

    heard = say(store, clock, first, complaint="yes")

    with store.reading() as work:
        assert work.tickets.get(old.id).status is TicketStatus.CLOSED
    assert heard.ticket is not None
    assert heard.ticket.id != old.id
    assert heard.ticket.complaint is Answer.YES
    assert states(store, heard.ticket).keys() >= LEGAL
    assert decision_of(store, first)[1] == old.id


def test_where_the_rules_let_it_lie_a_person_judges_it(store, clock):
    said = mention(CALM, kind=MentionKind.REPOST, amplifies="elsewhere")
    handle(store, clock, said)

    say(store, clock, said, complaint="yes")

    [ticket] = tickets(store)
    assert (ticket.tier, ticket.queue) == (Tier.AGENT, "agents")
    assert states(store, ticket) == {}


@pytest.mark.parametrize("value", ["neutral", "positive"])
def test_nothing_gets_lower_by_what_a_person_says(store, clock, value):
    said = mention()
    handle(store, clock, said)
    before, running = tickets(store), states(store, tickets(store)[0])

    heard = say(store, clock, said, sentiment=value, complaint="no")

    assert tickets(store) == before
    assert states(store, before[0]) == running
    assert (heard.ticket, heard.is_reconsidered) == (before[0], False)
    assert "mention.reconsidered" not in actions(store)


def test_praise_that_is_none_is_kept_and_owes_nothing(store, clock):
    said = mention("love this airline, great crew")
    handle(store, clock, said)

    heard = say(store, clock, said, sentiment="negative")

    assert (heard.ticket, tickets(store)) == (None, [])
    assert not heard.is_reconsidered
    [entry] = log(store, "mention.reconsidered")
    assert json.loads(entry.detail)["outcome"] == "record_only"


def test_no_model_is_named_for_what_a_person_says(store, clock):
    said = mention(CALM)
    handle(store, clock, said)

    say(store, clock, said, complaint="yes")
    say(store, clock, said, sentiment="negative")

    for entry in log(store, "mention.reconsidered"):
        fact = json.loads(entry.detail)["scope"]["dissatisfaction"]
        assert fact == {"answer": "yes", "reason": "a person says so", "score": 1.0}


def test_a_complaint_that_was_taken_back_and_closed_opens_again(store, clock):
    said = mention()
    handle(store, clock, said)
    [ticket] = tickets(store)
    say(store, clock, said, complaint="no")
    close(store, clock, ticket.id, by="ana")

    heard = say(store, clock, said, by="bo", complaint="yes")

    assert heard.is_reconsidered
    [again] = tickets(store)
    assert (again.id, again.status) == (ticket.id, TicketStatus.OPEN)
    assert actions(store, "ticket.reopened") == ["ticket.reopened"]


def test_what_is_negative_may_raise_an_open_ticket_and_opens_no_closed_one(
    store, clock
):
    said = mention("where is my bag?", author=author(followers=200_000))
    handle(store, clock, said)
    [ticket] = tickets(store)
    close(store, clock, ticket.id, by="ana")
    [ticket] = tickets(store)

    heard = say(store, clock, said, sentiment="negative")

    assert tickets(store) == [ticket]
    assert (heard.ticket, heard.is_reconsidered) == (ticket, False)
    assert not [key for key in notices(store, clock) if key.startswith("correction")]
    assert "mention.reconsidered" not in actions(store)


def test_saying_yes_twice_decides_once(store, clock):
    said = mention(CALM)
    handle(store, clock, said)

    say(store, clock, said, complaint="yes")
    again = say(store, clock, said, by="bo", complaint="yes")

    assert not again.is_reconsidered
    assert actions(store, "mention.reconsidered") == ["mention.reconsidered"]


def test_killed_in_between_nothing_of_it_is_there(store, clock):
    said = mention(CALM)
    handle(store, clock, said)
    before = log(store)

    with pytest.raises(Killed):
        say(
            Dying(store, Killed(), nth=1, committed=False), clock, said, complaint="yes"
        )

    assert log(store) == before
    assert tickets(store) == []
    with store.reading() as work:
        assert work.corrections.listing(10) == []


def test_what_is_not_tagged_or_decided_yet_is_not_corrected(store, clock):
    said = mention(CALM)
    listen(store, clock, said)

    for _ in range(2):
        with pytest.raises(NotAllowed, match="waits to be tagged and decided"):
            say(store, clock, said, complaint="yes")
        tag_pending(store, KeywordClassifier(), clock)


def test_a_mention_that_is_not_there_is_named(store, clock):
    with pytest.raises(Missing, match="404"):
        correct(store, policy(), clock, MentionId(404), {COMPLAINT: "yes"}, by="ada")


def test_a_ticket_of_one_text_names_it_and_one_of_several_asks(store, clock):
    first = mention()
    handle(store, clock, first)
    [ticket] = tickets(store)
    with store.reading() as work:
        assert mention_of(work, ticket.id) == id_of(store, first)
    handle(store, clock, mention(conversation=first.conversation))

    with store.reading() as work, pytest.raises(NotAllowed, match="it has 1, 2"):
        mention_of(work, ticket.id)


# --- values


def correction(kind=COMPLAINT, value="yes", **fields):
    whole = Correction(
        mention_id=MentionId(1),
        kind=COMPLAINT,
        value="yes",
        was="",
        model="m",
        by="ada",
        at=NOON,
    )
    return replace(whole, kind=kind, value=value, **fields)


@pytest.mark.parametrize(
    ("kind", "value"), [(COMPLAINT, "perhaps"), (SENTIMENT, "yes"), (SENTIMENT, "")]
)
def test_a_tag_cannot_be_what_it_cannot_be(kind, value):
    with pytest.raises(ValueError, match=kind):
        correction(kind, value)


def test_the_last_word_on_each_tag_holds():
    yes, sad = correction(), correction(SENTIMENT, "negative")
    no = correction(value="no", by="bo")

    assert in_force([yes, sad, no]) == {COMPLAINT: no, SENTIMENT: sad}


def test_a_persons_word_on_a_complaint_leaves_no_doubt():
    unsure = tags(complaint=False, complaint_score=0.4, doubts=(Doubt.TOO_SHORT,))

    sure = corrected(unsure, [correction()])

    assert sure == replace(unsure, complaint=True, complaint_score=1.0, doubts=())


def test_a_persons_word_on_the_sentiment_leaves_the_other_doubts():
    unsure = tags(sentiment=Sentiment.POSITIVE, doubts=(Doubt.TOO_SHORT,))

    told = corrected(unsure, [correction(SENTIMENT, "negative")])

    assert told.sentiment is Sentiment.NEGATIVE
    assert told.sentiment_scores == {"negative": 1.0, "neutral": 0.0, "positive": 0.0}
    assert told.doubts == (Doubt.TOO_SHORT,)
