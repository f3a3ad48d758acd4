"""What every store promises about mentions, their tags and their decisions."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from bot.domain.decisions import Answer, Outcome
from bot.domain.mentions import MentionId, MentionKind, Restored, StoredMention
from bot.domain.tags import Relevance, Topic
from bot.domain.tickets import TicketId
from bot.errors import Missing
from bot.storage.store import SqlStore
from tests.samples import NOON, author, decision, entry, mention, scope, tags, ticket


def add(store: SqlStore, *mentions) -> list[StoredMention]:
    with store.work() as work:
        return list(work.mentions.add(mentions, source="agora", at=NOON))


def test_a_stored_mention_reads_back_equal(store):
    (stored,) = add(store, mention())

    with store.work() as work:
        assert work.mentions.get(stored.id) == stored
        assert work.mentions.find("agora", "m-1") == stored
    assert stored.mention == mention()
    assert (stored.source, stored.ingested_at) == ("agora", NOON)


def test_what_carries_a_text_without_a_ticket_is_found_and_attached_once(store):
    text, repost, other = add(
        store,
        mention(1),
        mention(2, amplifies="m-1"),
        mention(3, amplifies="m-9"),
    )
    with store.work() as work:
        ticket_id = work.tickets.add(ticket()).id
        assert work.mentions.unattached("agora", "m-1") == []
        work.mentions.tag([(one.id, tags()) for one in (text, repost, other)], NOON)
        for one in (repost, other):
            work.mentions.decide(one.id, decision(), ticket_id=None, at=NOON)

        assert work.mentions.unattached("agora", "m-1") == [repost]
        assert work.mentions.unattached("reddit", "m-1") == []
        assert work.mentions.attach(repost.id, ticket_id)
        assert not work.mentions.attach(repost.id, ticket_id)

        assert work.mentions.unattached("agora", "m-1") == []
        assert work.tickets.mentions(ticket_id) == [repost]


def test_who_tags_is_told_when_a_text_was_carried_further_before_we_saw_it(store):
    with store.work() as work:
        reposts = [
            mention(2, amplifies="m-1"),
            mention(4, amplifies="m-1", kind=MentionKind.QUOTE),
            mention(3, amplifies="m-9"),
            mention(5, amplifies="m-1", channel="plaza"),
        ]
        work.mentions.add(reposts, source="agora", at=NOON)
        (text,) = work.mentions.add([mention(1)], source="agora", at=NOON)
        later = NOON + timedelta(minutes=9)
        work.mentions.add([mention(6, amplifies="m-1")], source="agora", at=later)

        told = {one.mention.external_id: one for one in work.mentions.untagged(99)}

        carried = tuple(NOON + timedelta(minutes=at) for at in (2, 4))
        assert told["m-1"] == replace(text, carried_at=carried)
        assert all(not one.carried_at for key, one in told.items() if key != "m-1")
        assert work.mentions.get(text.id) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "naïve 😠 日本語",
        "nul \x00 inside",
        "half a pair \ud83d",
        "\ufdd0",
        "\ufdd00000",
    ],
)
def test_any_text_reads_back_equal(store, text):
    (stored,) = add(store, mention(text=text, author=author(name=text)))

    with store.work() as work:
        assert work.mentions.get(stored.id).mention == stored.mention


def test_a_mention_without_an_author_or_options_reads_back_equal(store):
    bare = mention(
        author=None,
        in_reply_to=None,
        amplifies="m-0",
        language_hint=None,
        url=None,
        edited_at=None,
    )

    (stored,) = add(store, bare)

    with store.work() as work:
        assert work.mentions.get(stored.id).mention == bare


def test_an_instant_keeps_its_moment_and_comes_back_in_utc(store):
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))

    (stored,) = add(store, mention(published_at=elsewhere))

    with store.work() as work:
        read = work.mentions.get(stored.id).mention.published_at
    assert read == elsewhere
    assert read.utcoffset() == timedelta(0)
    assert read.microsecond == NOON.microsecond


def test_an_instant_without_a_zone_is_refused(store):
    with pytest.raises(Exception, match="no time zone"), store.work() as work:
        work.mentions.add([mention()], source="agora", at=NOON.replace(tzinfo=None))


def test_adding_a_page_again_adds_nothing(store):
    page = [mention(n) for n in range(1, 6)]
    add(store, *page)

    again = add(store, *page, mention(6))

    assert [stored.mention.external_id for stored in again] == ["m-6"]


def test_a_duplicate_inside_a_page_is_stored_once(store):
    added = add(store, mention(1), mention(2), mention(1, text="once more"))

    assert [stored.mention for stored in added] == [mention(1), mention(2)]


def test_the_same_id_on_two_channels_is_two_mentions(store):
    assert len(add(store, mention(1), mention(1, channel="plaza"))) == 2


def test_an_empty_page_adds_nothing(store):
    assert add(store) == []


def test_a_page_larger_than_one_statement_is_added_whole(store):
    added = add(store, *(mention(n) for n in range(3000)))

    assert len({stored.id for stored in added}) == 3000


def test_added_mentions_come_back_in_the_order_given(store):
    page = [mention(n) for n in (5, 1, 9, 3)]

    assert [stored.mention for stored in add(store, *page)] == page


def test_a_mention_keeps_its_author_as_they_were_then(store):
    (first,) = add(store, mention(1, author=author(followers=10)))
    add(store, mention(2, author=author(followers=99)))

    with store.work() as work:
        kept = work.mentions.get(first.id).mention.author
    assert kept is not None
    assert kept.followers == 10


def test_nothing_found_is_none_or_missing(store):
    with store.work() as work:
        assert work.mentions.find("agora", "m-404") is None
        assert work.mentions.tags(MentionId(404)) is None
        assert work.mentions.decision(MentionId(404)) is None
        with pytest.raises(Missing, match="404"):
            work.mentions.get(MentionId(404))


def test_untagged_are_the_oldest_by_publication(store):
    add(store, mention(9), mention(3), mention(7))

    with store.work() as work:
        found = work.mentions.untagged(2)

    assert [each.mention.external_id for each in found] == ["m-3", "m-7"]


def test_tags_read_back_equal(store):
    (stored,) = add(store, mention())

    with store.work() as work:
        won = work.mentions.tag([(stored.id, tags())], NOON)

    with store.work() as work:
        assert won == {stored.id}
        assert work.mentions.tags(stored.id) == tags()


def test_tags_without_a_complaint_model_read_back_equal(store):
    (stored,) = add(store, mention())
    bare = tags(complaint=None, complaint_score=None, signals=(), doubts=())

    with store.work() as work:
        work.mentions.tag([(stored.id, bare)], NOON)

    with store.work() as work:
        assert work.mentions.tags(stored.id) == bare


def test_a_mention_is_tagged_once(store):
    one, two = add(store, mention(1), mention(2))
    with store.work() as work:
        work.mentions.tag([(one.id, tags())], NOON)

    with store.work() as work:
        won = work.mentions.tag([(one.id, tags(model="m2")), (two.id, tags())], NOON)

    with store.work() as work:
        assert won == {two.id}
        assert work.mentions.tags(one.id) == tags()
        assert work.mentions.untagged(10) == []


def test_tagging_many_at_once_tags_all(store):
    added = add(store, *(mention(n) for n in range(2500)))

    with store.work() as work:
        won = work.mentions.tag([(each.id, tags()) for each in added], NOON)
        undecided = work.mentions.undecided(5000)

    assert won == {each.id for each in added}
    assert [each for each, _ in undecided] == added


def test_undecided_are_tagged_and_oldest_first(store):
    add(store, mention(4), mention(2), mention(8))
    with store.work() as work:
        pending = work.mentions.untagged(2)
        work.mentions.tag([(each.id, tags()) for each in pending], NOON)

    with store.work() as work:
        found = work.mentions.undecided(10)

    assert [(each.mention.external_id, its) for each, its in found] == [
        ("m-2", tags()),
        ("m-4", tags()),
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        decision(),
        decision(acknowledgement=None, legal_class=None, targets=(), reasons=()),
        decision(scope=scope(Answer.NEEDS_HUMAN), provisional=False),
    ],
)
def test_a_decision_reads_back_equal(store, wanted):
    (stored,) = add(store, mention())

    with store.work() as work:
        ticket_id = work.tickets.add(ticket()).id
        assert work.mentions.decide(stored.id, wanted, ticket_id=ticket_id, at=NOON)

    with store.work() as work:
        assert work.mentions.decision(stored.id) == (wanted, ticket_id, NOON)


def test_a_mention_is_decided_once(store):
    (stored,) = add(store, mention())
    with store.work() as work:
        work.mentions.tag([(stored.id, tags())], NOON)
        first = work.mentions.decide(stored.id, decision(), ticket_id=None, at=NOON)

    with store.work() as work:
        second = work.mentions.decide(
            stored.id, decision(queue="other"), ticket_id=None, at=NOON
        )

    with store.work() as work:
        kept = work.mentions.decision(stored.id)
        assert (first, second) == (True, False)
        assert kept is not None
        assert kept[0].queue == decision().queue
        assert work.mentions.undecided(10) == []
        assert work.mentions.untagged(10) == []


def test_a_mention_that_is_not_there_cannot_be_decided(store):
    with store.work() as work, pytest.raises(Missing):
        work.mentions.decide(MentionId(404), decision(), ticket_id=None, at=NOON)


def test_what_is_rolled_back_leaves_nothing(store):
    with contextlib.suppress(InterruptedError), store.work() as work:
        (stored,) = work.mentions.add([mention()], source="agora", at=NOON)
        work.mentions.tag([(stored.id, tags())], NOON)
        work.mentions.decide(stored.id, decision(), ticket_id=None, at=NOON)
        work.audit.append([entry()])
        raise InterruptedError

    with store.work() as work:
        assert work.mentions.find("agora", "m-1") is None
        assert work.mentions.author("agora", "a-1") is None
        assert work.mentions.tags(stored.id) is None
        assert work.mentions.decision(stored.id) is None
        assert work.audit.unsealed(10) == []


def test_a_ticket_id_that_is_not_there_is_refused_whole(store):
    (stored,) = add(store, mention())

    with pytest.raises(Exception, match="refused"), store.work() as work:
        work.mentions.decide(stored.id, decision(), ticket_id=TicketId(404), at=NOON)

    with store.work() as work:
        assert work.mentions.decision(stored.id) is None


def test_the_author_as_they_are_now_is_the_newest_sight(store):
    later, earlier = author(followers=50), author(followers=1)
    with store.work() as work:
        work.mentions.add([mention(1, author=later)], source="a", at=NOON)
        before = NOON - timedelta(days=1)
        work.mentions.add([mention(2, author=earlier)], source="a", at=before)

    with store.work() as work:
        assert work.mentions.author("agora", later.external_id) == later
        assert work.mentions.author("agora", "nobody") is None


def test_what_was_decided_is_read_back_page_by_page_newest_first(store):
    first, second, third, waiting = add(store, *(mention(n) for n in range(1, 5)))
    with store.work() as work:
        ticket_id = work.tickets.add(ticket()).id
        work.mentions.tag([(one.id, tags()) for one in (first, second, third)], NOON)
        for one in (first, second, third):
            work.mentions.decide(one.id, decision(), ticket_id=ticket_id, at=NOON)

    since = second.mention.published_at
    with store.reading() as work:
        (newest,) = work.mentions.past(1)
        older = work.mentions.past(9, before=newest.stored.id)
        later = work.mentions.past(9, since=since)
        onwards = work.mentions.past(9, after=first.id)
        counted = work.mentions.count_past(), work.mentions.count_past(since=since)

    assert newest.stored == third
    assert (newest.decision, newest.ticket_id) == (decision(), ticket_id)
    assert newest.decided_at == NOON
    assert [one.stored for one in older] == [second, first]
    assert [one.stored for one in later] == [third, second]
    assert [one.stored for one in onwards] == [second, third]
    assert counted == (3, 2)
    assert waiting.id > third.id


def test_the_last_tags_of_many_are_given_at_once(store):
    first, second, untagged = add(store, mention(1), mention(2), mention(3))
    with store.work() as work:
        work.mentions.tag([(first.id, tags()), (second.id, tags(model="other"))], NOON)

    with store.reading() as work:
        found = work.mentions.newest_tags([first.id, second.id, untagged.id])

    assert found == {first.id: tags(), second.id: tags(model="other")}


def test_only_the_tags_of_the_model_asked_for_are_given(store):
    first, second = add(store, mention(1), mention(2))
    with store.work() as work:
        work.mentions.tag([(first.id, tags()), (second.id, tags(model="other"))], NOON)

    with store.reading() as work:
        found = work.mentions.tags_by({"minilm-1", "some"}, [first.id, second.id])

        either = work.mentions.tags_by({"minilm-1", "other"}, [first.id, second.id])

    assert found == {first.id: tags()}
    assert either == {first.id: tags(), second.id: tags(model="other")}


# --- topics, relevance, and what was set aside


def test_topic_and_relevance_read_back_equal(store):
    (stored,) = add(store, mention())
    found = tags(
        topic=Topic(name="baggage", score=0.1 + 0.2),
        relevance=Relevance(
            is_relevant=False, rule="examples", text="the fruit", score=0.97
        ),
    )

    with store.work() as work:
        work.mentions.tag([(stored.id, found)], NOON)

    with store.reading() as work:
        assert work.mentions.tags(stored.id) == found
    assert store.summary().by_topic == {"baggage": 1}


def test_the_answers_to_further_questions_read_back_equal(store):
    asked, plain = add(store, mention(1), mention(2))
    heard = {"emotion": {"anger": 0.1 + 0.2, "joy": 0.7}, "hate": {"no": 1.0, "yes": 0}}
    found = tags(others=heard)

    with store.work() as work:
        work.mentions.tag([(asked.id, found), (plain.id, tags())], NOON)

    with store.reading() as work:
        assert work.mentions.tags(asked.id) == found
        assert work.mentions.tags(plain.id) == tags()
        assert work.mentions.tags(plain.id).others == {}


def aside(store, number=1, at=NOON):
    (stored,) = add(store, mention(number))
    made = decision(outcome=Outcome.SET_ASIDE, legal_class=None, targets=())
    with store.work() as work:
        work.mentions.tag([(stored.id, tags())], at)
        assert work.mentions.decide(stored.id, made, ticket_id=None, at=at)
    return stored, made


def test_what_was_set_aside_is_listed_the_last_decided_first(store):
    first, made = aside(store, 1)
    second, _ = aside(store, 2, at=NOON + timedelta(hours=1))
    (other,) = add(store, mention(3))
    with store.work() as work:
        work.mentions.tag([(other.id, tags())], NOON)
        work.mentions.decide(other.id, decision(), ticket_id=None, at=NOON)

    with store.reading() as work:
        every, newest = work.mentions.set_aside(10), work.mentions.set_aside(1)

    assert [one.stored for one in every] == [second, first]
    assert [one.stored for one in newest] == [second]
    assert (every[1].decision, every[1].decided_at) == (made, NOON)
    assert store.summary().set_aside == 2


def test_what_is_brought_back_waits_for_a_decision_and_says_as_what(store):
    stored, _ = aside(store)

    with store.work() as work:
        assert work.mentions.restore(stored.id, Restored.COMPLAINT)

    with store.reading() as work:
        [(waiting, found)] = work.mentions.undecided(10)
        assert work.mentions.set_aside(10) == []
        assert work.mentions.decision(stored.id) is None
    assert waiting == replace(stored, restored_as=Restored.COMPLAINT)
    assert found == tags()


def test_only_what_is_set_aside_is_brought_back_and_only_once(store):
    stored, _ = aside(store)
    (other,) = add(store, mention(2))
    with store.work() as work:
        work.mentions.tag([(other.id, tags())], NOON)
        work.mentions.decide(other.id, decision(), ticket_id=None, at=NOON)

        assert work.mentions.restore(stored.id, Restored.RELEVANT)
        assert not work.mentions.restore(stored.id, Restored.RELEVANT)
        assert not work.mentions.restore(other.id, Restored.RELEVANT)
        with pytest.raises(Missing):
            work.mentions.restore(MentionId(99), Restored.RELEVANT)
        assert work.mentions.decision(other.id) is not None


def test_an_authors_newest_texts_come_oldest_first(store):
    told = [mention(n) for n in range(1, 4)]
    with store.work() as work:
        work.mentions.add(told, source="agora", at=NOON)
    whose = author().external_id
    theirs = [one for one in told if one.author == author()]
    theirs.sort(key=lambda one: one.published_at)

    with store.work() as work:
        since = theirs[0].published_at
        found = work.mentions.of_author("agora", whose, since=since, limit=9)
        newest = work.mentions.of_author("agora", whose, since=since, limit=1)
        assert found == theirs
        assert newest == theirs[-1:]
        assert work.mentions.of_author("plaza", whose, since=since, limit=9) == []
