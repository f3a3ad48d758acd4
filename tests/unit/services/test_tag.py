from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.domain.tags import Band, Doubt, Influence, Sentiment
from bot.services.tag import tag_pending
from bot.testing import KeywordClassifier
from tests.unit.services.world import (
    Interrupted,
    actions,
    author,
    listen,
    log,
    mention,
)


def tags_of(store, said):
    with store.reading() as work:
        return work.mentions.tags(work.mentions.find("x", said.external_id).id)


def test_what_is_untagged_gets_tags_and_an_entry_each(store, clock):
    said = [mention(), mention("thanks, great flight")]
    listen(store, clock, *said)

    assert tag_pending(store, KeywordClassifier(), clock) == 2

    assert [tags_of(store, one).sentiment for one in said] == [
        Sentiment.NEGATIVE,
        Sentiment.POSITIVE,
    ]
    assert actions(store, "mention.tagged") == ["mention.tagged"] * 2


def test_nothing_is_tagged_twice(store, clock):
    listen(store, clock, mention())
    classifier = KeywordClassifier()
    tag_pending(store, classifier, clock)

    assert tag_pending(store, classifier, clock) == 0
    assert classifier.seen == 1


def test_a_batch_takes_the_oldest_first(store, clock):
    newer, older = mention(), mention(published_at=clock.now().replace(hour=1))
    listen(store, clock, newer, older)

    assert tag_pending(store, KeywordClassifier(), clock, limit=1) == 1

    assert tags_of(store, older) is not None
    assert tags_of(store, newer) is None


def test_one_that_cannot_be_tagged_does_not_block_the_others(store, clock):
    odd, fine = mention("gibberish, please"), mention()
    listen(store, clock, odd, fine)

    assert tag_pending(store, KeywordClassifier(fails_on="gibberish"), clock) == 2

    assert tags_of(store, fine).sentiment is Sentiment.NEGATIVE
    unsure = tags_of(store, odd)
    assert unsure.model == "none"
    assert unsure.complaint is None
    assert Doubt.NO_COMPLAINT_MODEL in unsure.doubts
    assert sum(unsure.sentiment_scores.values()) == pytest.approx(1.0)


def test_of_two_taggers_one_writes_and_the_other_writes_nothing(store, clock):
    listen(store, clock, mention())
    classifier = KeywordClassifier()

    other = Interrupted(store, lambda: tag_pending(store, classifier, clock))

    assert tag_pending(other, classifier, clock) == 0
    assert classifier.seen == 2
    assert actions(store, "mention.tagged") == ["mention.tagged"]


def test_the_log_names_the_model_and_never_the_words(store, clock):
    said = mention("my secret is terrible, lawyer", author=author(followers=2_000))
    listen(store, clock, said)

    tag_pending(store, KeywordClassifier(), clock)

    [entry] = log(store, "mention.tagged")
    detail = json.loads(entry.detail)
    assert detail["model"] == KeywordClassifier.model
    assert detail["signals"] == ["legal_threat"]
    assert detail["signal_scores"] == {"legal_threat": 0.8}
    assert detail["band"] == "micro"
    assert "secret" not in entry.detail
    assert "others" not in detail


def test_the_log_tells_what_further_questions_were_answered(store, clock):
    class Hears(KeywordClassifier):
        def tag(self, mentions):
            heard = {"hate": {"no": 0.123456, "yes": 0.876544}}
            return [replace(one, others=heard) for one in super().tag(mentions)]

    listen(store, clock, mention())

    tag_pending(store, Hears(), clock)

    [entry] = log(store, "mention.tagged")
    assert json.loads(entry.detail)["others"] == {
        "hate": {"label": "yes", "score": 0.8765}
    }


class Unsure(KeywordClassifier):
    """Knows only between what the influence lies."""

    def tag(self, mentions):
        reach = Influence(
            score=12.04,
            band=Band.NANO,
            low=12.04,
            high=61.26,
            roles=("journalist",),
            may_be_influencer=True,
        )
        return [replace(one, influence=reach) for one in super().tag(mentions)]


def test_the_log_says_why_an_author_counts_as_an_influencer(store, clock):
    listen(store, clock, mention())

    tag_pending(store, Unsure(), clock)

    [entry] = log(store, "mention.tagged")
    detail = json.loads(entry.detail)
    assert (detail["influence_low"], detail["influence_high"]) == (12.0, 61.3)
    assert (detail["roles"], detail["vip"]) == (["journalist"], False)
    assert detail["may_be_influencer"]
