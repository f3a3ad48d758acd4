from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.domain.mentions import MentionKind
from bot.domain.tags import Relevance
from bot.errors import ClassifyError
from bot.services.aside import restore
from bot.services.compare import compare
from bot.services.triage import triage_pending
from bot.storage.tables import Rows
from bot.testing import START, KeywordClassifier
from tests.unit.services.world import (
    HOUSE_REF,
    handle,
    house,
    listen,
    mention,
    policy,
    tickets,
)

DAY = timedelta(days=1)


class Sterner(KeywordClassifier):
    """Hears a complaint in what the other does not."""

    model = "sterner-for-tests-only"
    UNHAPPY = (*KeywordClassifier.UNHAPPY, "queue")


class Milder(KeywordClassifier):
    model = "milder-for-tests-only"
    UNHAPPY = ()


def everything(store):
    with store.reading() as work:
        return {
            name: work.mentions._db.execute(text(f"SELECT * FROM {name}")).fetchall()
            for name in Rows.metadata.tables
        }


def changes(found):
    return {one.past.stored.mention.text: (one.before, one.after) for one in found}


def test_what_the_other_model_would_open_is_named_with_what_changes(store, clock):
    handle(store, clock, mention("a long queue"), mention(), mention("great, thanks"))

    found = compare(store, KeywordClassifier(), Sterner(), policy(), limit=10)

    assert (found.mentions, found.scored_again, found.other_packs) == (3, 0, 0)
    assert changes(found.changed) == {
        "a long queue": (
            {
                "sentiment": "neutral",
                "complaint": "no",
                "ticket": "none",
                "in_scope": "no",
                "legal_class": "none",
                "severity": "low",
                "tier": "0",
                "queue": "none",
            },
            {
                "sentiment": "negative",
                "complaint": "yes",
                "ticket": "opens",
                "in_scope": "yes",
                "legal_class": "standard",
                "severity": "medium",
                "tier": "1",
                "queue": "agents",
            },
        )
    }
    assert found.counts["ticket", "none", "opens"] == 1


def test_a_ticket_that_would_be_lost_comes_before_a_tag_that_flips(store, clock):
    lost, asked = mention("this is terrible"), mention("terrible, is it open?")
    handle(store, clock, lost, asked)

    found = compare(store, KeywordClassifier(), Milder(), policy(), limit=10)

    changed = [one.past.stored.mention.external_id for one in found.changed]
    assert changed == [lost.external_id, asked.external_id]
    assert found.changed[0].after["ticket"] == "none"
    assert "ticket" not in found.changed[1].after


class Unsure(KeywordClassifier):
    """Takes every signal for one that is rather not meant."""

    model = "unsure-for-tests-only"

    def tag(self, mentions):
        return [
            replace(one, signals=tuple(replace(two, score=0.2) for two in one.signals))
            for one in super().tag(mentions)
        ]


def test_a_signal_that_becomes_doubtful_is_named_behind_what_is_decided(store, clock):
    word, kind = next(iter(KeywordClassifier.SIGNALS.items()))
    told, unhappy = mention(f"great, {word}"), mention("terrible")
    handle(store, clock, unhappy, told)

    class Both(Unsure):
        UNHAPPY = ()

    found = compare(store, KeywordClassifier(), Both(), policy(), limit=10)

    first, second = found.changed
    assert first.past.stored.mention.text == "terrible"
    assert (second.before, second.after) == (
        {"signals": kind.value},
        {"signals": f"{kind.value}, doubtful"},
    )


def test_the_same_model_changes_nothing(store, clock):
    handle(store, clock, mention(), mention("a long queue"))

    found = compare(store, KeywordClassifier(), KeywordClassifier(), policy(), limit=10)

    assert (found.changed, found.counts) == ([], {})


def test_tags_that_the_first_gave_are_not_made_again(store, clock):
    handle(store, clock, mention(), mention("a long queue"))
    first = KeywordClassifier()

    compare(store, first, Sterner(), policy(), limit=10)

    assert first.seen == 0


def test_what_another_model_tagged_is_scored_by_both(store, clock):
    handle(store, clock, mention("a long queue"), classifier=Milder())
    first, second = KeywordClassifier(), Sterner()

    found = compare(store, first, second, policy(), limit=10)

    assert (first.seen, second.seen, found.scored_again) == (1, 1, 1)
    assert len(found.changed) == 1


class Carried(KeywordClassifier):
    """Remembers what it was told of how texts were carried further."""

    def __init__(self):
        super().__init__()
        self.told = {}

    def tag(self, mentions):
        self.told |= {one.mention.external_id: one.carried_at for one in mentions}
        return super().tag(mentions)


def test_whoever_scores_again_is_told_what_the_first_was_told(store, clock):
    said = mention("a long queue")
    repost = mention(kind=MentionKind.REPOST, amplifies=said.external_id)
    first, second = Carried(), Carried()
    handle(store, clock, said, repost, classifier=first)

    compare(store, KeywordClassifier(), second, policy(), limit=10)

    assert second.told == first.told
    assert second.told[said.external_id] == (repost.published_at,)


class Fruit(KeywordClassifier):
    """Takes everything for something else."""

    def tag(self, mentions):
        aside = Relevance(is_relevant=False, rule="exclude.fruit", text="the fruit")
        return [replace(tags, relevance=aside) for tags in super().tag(mentions)]


def test_what_is_set_aside_is_told_from_what_is_only_on_record(store, clock):
    handle(store, clock, mention("the tram is blue"))

    found = compare(store, KeywordClassifier(), Fruit(), policy(), limit=10)

    assert changes(found.changed) == {
        "the tram is blue": ({"set_aside": "no"}, {"set_aside": "yes"})
    }


class InTwoTongues(KeywordClassifier):
    """Has a model of its own for German."""

    models = frozenset({KeywordClassifier.model, "german-for-tests-only"})

    def tag(self, mentions):
        return [
            replace(tags, model="german-for-tests-only")
            if tags.language == "de"
            else tags
            for tags in super().tag(mentions)
        ]


def test_tags_by_any_model_of_the_first_are_not_made_again(store, clock):
    german = mention("eine lange Schlange", language_hint="de")
    handle(store, clock, mention(), german, classifier=InTwoTongues())
    first = InTwoTongues()

    found = compare(store, first, Sterner(), policy(), limit=10)

    assert (first.seen, found.mentions, found.scored_again) == (0, 2, 0)


def test_what_a_person_brought_back_is_set_aside_by_no_model(store, clock):
    handle(store, clock, mention("where is it ?"), classifier=Fruit())
    with store.reading() as work:
        [one] = work.mentions.set_aside(10)
    restore(store, clock, one.stored.id, by="ann", reason="it is ours")
    triage_pending(store, policy(), clock)

    found = compare(store, Fruit(), Milder(), policy(), limit=10)

    assert len(tickets(store)) == 1
    assert found.mentions == 1
    assert "ticket" not in {what for one in found.changed for what in one.before}


def test_it_writes_nothing(store, clock):
    handle(store, clock, mention("a long queue"), mention())
    before = everything(store)

    compare(store, Milder(), Sterner(), policy(), limit=10)

    assert everything(store) == before
    assert len(tickets(store)) == 1


def test_the_newest_are_looked_at_page_by_page_and_no_more_than_asked(store, clock):
    handle(store, clock, *(mention(f"a queue {n}") for n in range(5)))
    told = []

    found = compare(
        store,
        KeywordClassifier(),
        Sterner(),
        policy(),
        limit=3,
        page=2,
        progress=lambda done, total: told.append((done, total)),
    )

    assert [one.past.stored.id for one in found.changed] == [5, 4, 3]
    assert told == [(2, 3), (3, 3)]


def test_only_what_was_published_since_then_is_looked_at(store, clock):
    old = mention("a long queue", published_at=START - DAY)
    handle(store, clock, old, mention("another queue"))

    found = compare(
        store, KeywordClassifier(), Sterner(), policy(), limit=10, since=START
    )

    assert list(changes(found.changed)) == ["another queue"]


def test_what_is_not_decided_yet_has_no_decision_to_change(store, clock):
    listen(store, clock, mention("a long queue"))

    assert (
        compare(store, KeywordClassifier(), Sterner(), policy(), limit=10).mentions == 0
    )


def test_decisions_under_other_packs_are_counted(store, clock):
    handle(store, clock, mention())
    newer = policy(house=house(ref=replace(HOUSE_REF, version="8")))

    found = compare(store, KeywordClassifier(), Sterner(), newer, limit=10)

    assert found.other_packs == 1


def test_a_model_that_fails_is_named(store, clock):
    handle(store, clock, mention("gibberish, please"))

    with pytest.raises(ClassifyError):
        compare(
            store,
            KeywordClassifier(),
            KeywordClassifier(fails_on="gibberish"),
            policy(),
            limit=10,
        )
