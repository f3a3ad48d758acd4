from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.classify import taught
from bot.classify.labelled import Question
from bot.classify.pipeline import Pipeline
from bot.classify.scores import TextScores
from bot.domain.mentions import Author, Mention, MentionId, StoredMention
from bot.domain.ports import Classifier
from bot.domain.tags import (
    HATE,
    IRONY,
    OFFENSIVE,
    Doubt,
    Likeliest,
    Sentiment,
    SignalKind,
)
from bot.errors import ClassifyError
from tests.unit.classify.vectors import Words, posts

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SURE = TextScores(
    sentiment={"negative": 0.9, "neutral": 0.07, "positive": 0.03},
    complaint=0.95,
    truncated=False,
)


class Scores:
    """An encoder that answers from a table and remembers what it was asked."""

    model_id = "table-1@0"

    def __init__(self, usual: TextScores = SURE, **known: TextScores) -> None:
        self.usual = usual
        self.known = known
        self.asked: list[list[str]] = []

    def score(self, texts: Sequence[str]) -> list[TextScores]:
        self.asked.append(list(texts))
        return [self.known.get(text, self.usual) for text in texts]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        message = "nothing was taught, so nothing is to be embedded"
        raise AssertionError(message)

    def score_and_embed(
        self, texts: Sequence[str]
    ) -> tuple[list[TextScores], NDArray[np.float32]]:
        return self.score(texts), Words().embed(texts)


def mention(text: str, number: int = 1, **facts: object) -> StoredMention:
    said: dict[str, object] = {
        "channel": "x",
        "external_id": str(number),
        "brand": "Acme",
        "text": text,
        "published_at": NOW,
        "conversation": str(number),
    }
    return StoredMention(
        id=MentionId(number),
        mention=Mention(**(said | facts)),  # type: ignore[arg-type]
        source="test",
        ingested_at=NOW,
    )


def scores(negative: float, neutral: float, complaint: float | None) -> TextScores:
    return TextScores(
        sentiment={
            "negative": negative,
            "neutral": neutral,
            "positive": 1 - negative - neutral,
        },
        complaint=complaint,
        truncated=False,
    )


def test_it_is_a_classifier() -> None:
    classifier: Classifier = Pipeline(Scores())

    assert classifier.tag([]) == []


def test_every_model_has_its_say() -> None:
    who = Author(external_id="7", handle="ada", followers=12_000, bio="Reporter")
    said = mention("I'm going to sue you, you lost my bag again", author=who)

    (tags,) = Pipeline(Scores(), vips=frozenset({"x:ada"})).tag([said])

    assert tags.sentiment is Sentiment.NEGATIVE
    assert tags.sentiment_scores == SURE.sentiment
    assert (tags.complaint, tags.complaint_score) == (True, 0.95)
    assert tags.language == "en"
    assert tags.language_score > 0.5
    assert tags.has(SignalKind.LEGAL_THREAT)
    assert tags.influence.is_vip
    assert tags.influence.roles == ("journalist",)
    assert tags.doubts == ()


def test_the_model_names_everything_that_had_a_say() -> None:
    pipeline = Pipeline(Scores())

    (tags,) = pipeline.tag([mention("where is my bag")])

    assert tags.model == pipeline.model
    assert pipeline.model == (
        "table-1@0+pieces-1+lid.176-lite+text-2+lexicon-7+influence-2"
    )


def test_the_order_is_that_of_the_mentions_and_a_text_is_read_once() -> None:
    encoder = Scores(fine=scores(0.05, 0.05, 0.02))
    batch = [mention(text, n) for n, text in enumerate(["bad", "fine", "bad", "fine"])]

    tags = Pipeline(encoder).tag(batch)

    assert encoder.asked == [["bad", "fine"]]
    assert [one.sentiment for one in tags] == [
        Sentiment.NEGATIVE,
        Sentiment.POSITIVE,
        Sentiment.NEGATIVE,
        Sentiment.POSITIVE,
    ]


def test_the_same_words_by_two_authors_weigh_differently() -> None:
    known = Author(external_id="1", handle="a", followers=2_000_000)
    said = "where is my bag"

    tags = Pipeline(Scores()).tag([mention(said, 1, author=known), mention(said, 2)])

    assert tags[0].influence.score > tags[1].influence.score


@pytest.mark.parametrize(
    ("found", "doubt"),
    [
        (scores(0.5, 0.4, 0.99), Doubt.LOW_CONFIDENCE),
        (scores(0.99, 0.01, 0.52), Doubt.LOW_CONFIDENCE),
        (scores(0.99, 0.01, 0.45), Doubt.LOW_CONFIDENCE),
        (scores(0.99, 0.01, None), Doubt.NO_COMPLAINT_MODEL),
        (
            TextScores(sentiment=SURE.sentiment, complaint=0.9, truncated=True),
            Doubt.TRUNCATED,
        ),
    ],
)
def test_what_a_model_is_unsure_of_is_a_doubt(found: TextScores, doubt: Doubt) -> None:
    (tags,) = Pipeline(Scores(found)).tag([mention("they lost my bag again")])

    assert tags.doubts == (doubt,)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("ok", Doubt.TOO_SHORT),
        ("@acme https://agora.example/1", Doubt.TOO_SHORT),
        ("😡😡😡", Doubt.TOO_SHORT),
        ("12345 67890 !!! ???", Doubt.UNKNOWN_LANGUAGE),
        ("我的包丢了，没有人回答我的问题", Doubt.UNSUPPORTED_LANGUAGE),
        ("mi maleta no ha llegado y nadie contesta", Doubt.UNSUPPORTED_LANGUAGE),
        ("they lost my bag again " * 2_000, Doubt.TRUNCATED),
    ],
)
def test_what_a_text_leaves_open_is_a_doubt(text: str, doubt: Doubt) -> None:
    (tags,) = Pipeline(Scores()).tag([mention(text)])

    assert doubt in tags.doubts


def test_a_language_that_is_supported_is_no_doubt() -> None:
    said = mention(SPANISH)

    (tags,) = Pipeline(Scores(), supported_languages=frozenset({"en", "es"})).tag(
        [said]
    )

    assert tags.language == "es"
    assert tags.doubts == ()


SPANISH = "mi maleta no ha llegado y nadie contesta"


class Spanish(Scores):
    """Another encoder, for texts in another language."""

    model_id = "tabla-1@0"


def test_a_text_is_read_by_the_model_of_its_language_which_the_tags_name() -> None:
    usual, spanish = Scores(), Spanish(scores(0.05, 0.05, 0.02))
    pipeline = Pipeline(usual, by_language={"es": spanish})

    english, own = pipeline.tag([mention("where is my bag", 1), mention(SPANISH, 2)])

    assert (usual.asked, spanish.asked) == ([["where is my bag"]], [[SPANISH]])
    assert english.sentiment is Sentiment.NEGATIVE
    assert own.sentiment is Sentiment.POSITIVE
    assert english.model.startswith("table-1@0+")
    assert own.model.startswith("tabla-1@0+")


def test_a_language_with_a_model_of_its_own_is_no_doubt() -> None:
    (tags,) = Pipeline(Scores(), by_language={"es": Spanish()}).tag([mention(SPANISH)])

    assert tags.doubts == ()


def test_a_language_without_a_model_of_its_own_goes_to_the_usual_one() -> None:
    usual, spanish = Scores(), Spanish()
    said = mention("meine Tasche ist nicht da und niemand antwortet")

    (tags,) = Pipeline(usual, by_language={"es": spanish}).tag([said])

    assert tags.model.startswith("table-1@0+")
    assert Doubt.UNSUPPORTED_LANGUAGE in tags.doubts
    assert spanish.asked == []


def test_the_platforms_word_routes_a_text_that_says_nothing_itself() -> None:
    usual, spanish = Scores(), Spanish()
    batch = [
        mention("12 %", 1),
        mention("12 %", 2, language_hint="es-MX"),
        mention("12 %", 3, language_hint="es"),
    ]

    pipeline = Pipeline(usual, by_language={"es": spanish})
    tags = pipeline.tag(batch)

    assert [one.model.partition("+")[0] for one in tags] == [
        "table-1@0",
        "tabla-1@0",
        "tabla-1@0",
    ]
    assert (usual.asked, spanish.asked) == ([["12 %"]], [["12 %"]])
    assert {one.model for one in tags} == pipeline.models


def test_each_model_is_asked_once_for_all_its_texts_of_a_batch() -> None:
    usual, spanish = Scores(), Spanish()
    portuguese = "minha mala ainda não chegou e ninguém responde"
    texts = ["where is my bag", SPANISH, "you lost my bag", portuguese]
    batch = [mention(text, n) for n, text in enumerate(texts)]

    by_language = {"es": spanish, "pt": spanish}
    tags = Pipeline(usual, by_language=by_language).tag(batch)

    assert usual.asked == [["where is my bag", "you lost my bag"]]
    assert spanish.asked == [[SPANISH, portuguese]]
    assert [one.language for one in tags] == ["en", "es", "en", "pt"]


@pytest.mark.parametrize(
    ("hint", "language"),
    [("es-MX", "es"), ("en", "en"), ("und", "und"), ("qme", "und"), ("", "und")],
)
def test_the_platform_is_believed_where_the_text_says_nothing(
    hint: str, language: str
) -> None:
    (tags,) = Pipeline(Scores()).tag([mention("12 %", language_hint=hint)])

    assert (tags.language, tags.language_score) == (language, 0.0)
    assert (Doubt.UNKNOWN_LANGUAGE in tags.doubts) is (language == "und")


def test_the_text_is_believed_before_the_platform() -> None:
    said = mention("they lost my bag again and nobody answers", language_hint="fr")

    (tags,) = Pipeline(Scores()).tag([said])

    assert tags.language == "en"


def test_a_tie_goes_to_the_worse_one() -> None:
    (tags,) = Pipeline(Scores(scores(0.4, 0.4, 0.5))).tag([mention("where is it")])

    assert tags.sentiment is Sentiment.NEGATIVE
    assert tags.complaint is True


def test_without_a_complaint_model_nothing_is_guessed() -> None:
    (tags,) = Pipeline(Scores(scores(0.9, 0.05, None))).tag([mention("where is it")])

    assert (tags.complaint, tags.complaint_score) == (None, None)


def test_broken_encodings_are_repaired_before_the_encoder_reads_them() -> None:
    encoder = Scores()

    Pipeline(encoder).tag([mention("itâ€™s late"), mention("Ｗide “quotes” &amp; 😡")])

    assert encoder.asked == [["it’s late", "Ｗide “quotes” &amp; 😡"]]


def test_a_model_that_fails_is_not_guessed_for() -> None:
    class Broken(Scores):
        def score(self, texts: Sequence[str]) -> list[TextScores]:
            raise ClassifyError("the model failed")

    with pytest.raises(ClassifyError):
        Pipeline(Broken()).tag([mention("where is it")])


@given(texts=st.lists(st.text(max_size=200), max_size=5))
def test_no_text_makes_it_fail(texts: list[str]) -> None:
    batch = [mention(text, n) for n, text in enumerate(texts, start=1)]

    tags = Pipeline(Scores()).tag(batch)

    assert len(tags) == len(batch)
    for one in tags:
        assert sum(one.sentiment_scores.values()) == pytest.approx(1.0)


# --- what a model was taught beside sentiment and complaint


def whether(yes: float) -> dict[str, float]:
    return {"no": 1 - yes, "yes": yes}


def test_what_further_heads_say_stands_in_the_tags() -> None:
    feeling = {"anger": 0.81, "joy": 0.04, "neutral": 0.15}
    heard = {"emotion": feeling, "offensive": whether(0.93), "hate": whether(0.2)}

    (tags,) = Pipeline(Scores(replace(SURE, others=heard))).tag([mention("you lot")])

    assert tags.others == heard
    assert tags.likeliest == {
        "emotion": Likeliest(label="anger", score=0.81),
        "offensive": Likeliest(label="yes", score=0.93),
        "hate": Likeliest(label="no", score=0.8),
    }


def test_a_model_without_further_heads_says_nothing_more() -> None:
    (tags,) = Pipeline(Scores()).tag([mention("they lost my bag again")])

    assert tags.others == {}
    assert tags.likeliest == {}
    assert not tags.is_abusive


def test_a_tie_between_yes_and_no_is_a_yes_and_not_enough_to_act_on() -> None:
    even = replace(SURE, others={HATE: whether(0.5)})

    (tags,) = Pipeline(Scores(even)).tag([mention("you lot")])

    assert tags.likeliest[HATE].label == "yes"
    assert not tags.is_abusive


@pytest.mark.parametrize("question", [HATE, OFFENSIVE])
@pytest.mark.parametrize(("probability", "is_abusive"), [(0.7, True), (0.69, False)])
def test_abuse_is_what_is_likely_enough(
    question: str, probability: float, *, is_abusive: bool
) -> None:
    found = replace(SURE, others={question: whether(probability)})

    (tags,) = Pipeline(Scores(found)).tag([mention("you lot")])

    assert tags.is_abusive is is_abusive


@pytest.mark.parametrize(
    ("found", "irony", "doubts"),
    [
        (scores(0.01, 0.04, 0.02), 0.8, (Doubt.MAY_BE_IRONIC,)),
        (scores(0.05, 0.9, 0.02), 0.9, (Doubt.MAY_BE_IRONIC,)),
        (scores(0.01, 0.04, 0.02), 0.79, ()),
        (scores(0.9, 0.05, 0.95), 0.9, ()),
    ],
)
def test_irony_is_a_doubt_where_nothing_negative_is_on_the_surface(
    found: TextScores, irony: float, doubts: tuple[Doubt, ...]
) -> None:
    encoder = Scores(replace(found, others={IRONY: whether(irony)}))

    (tags,) = Pipeline(encoder).tag([mention("great job losing my bag")])

    assert tags.doubts == doubts


def test_what_something_depends_on_is_called_as_the_heads_are() -> None:
    named = {Question.IRONY, Question.HATE, Question.OFFENSIVE}

    assert {IRONY, HATE, OFFENSIVE} == {question.value for question in named}
    assert all("yes" in question.labels for question in named)


# --- what an operator teaches


class Taught(Scores):
    """The same scores, and rows by the words of a text."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded = list(texts)
        return Words().embed(texts)


def lesson(**parts: object) -> taught.Taught:
    return taught.Taught.model_validate(parts)


BAGGAGE = {"baggage": {"examples": posts("suitcase", "belt", "luggage")}}
FRUIT, PHONES = posts("orchard", "pie", n=12), posts("phone", "screen", n=12)
HIRING = {"id": "jobs", "text": "a job advert", "words": ["we are hiring"]}


def test_a_topic_that_was_taught_is_told_or_none() -> None:
    pipeline = Pipeline(Taught(), taught=lesson(topics=BAGGAGE))

    bag, other = pipeline.tag(
        [mention("suitcase luggage belt", 1), mention("what a goal that was", 2)]
    )

    assert bag.topic is not None
    assert bag.topic.name == "baggage"
    assert other.topic is None


def test_a_text_is_read_once_for_its_scores_and_its_topic() -> None:
    encoder = Taught()
    pipeline = Pipeline(encoder, taught=lesson(topics=BAGGAGE))
    encoder.embedded.clear()
    said = "suitcase luggage belt"

    (tags,) = pipeline.tag([mention(said)])

    assert encoder.asked == [[said]]
    assert encoder.embedded == []
    assert tags.topic is not None


def test_what_another_model_reads_is_embedded_by_the_one_that_was_taught() -> None:
    encoder, spanish = Taught(), Scores()
    examples = {"relevant": PHONES, "irrelevant": FRUIT}
    pipeline = Pipeline(
        encoder,
        by_language={"es": spanish},
        taught=lesson(topics=BAGGAGE, relevance={"Acme": examples}),
    )
    encoder.embedded.clear()

    (tags,) = pipeline.tag([mention(SPANISH)])

    assert (encoder.asked, spanish.asked) == ([], [[SPANISH]])
    assert encoder.embedded == [SPANISH]
    assert tags.topic is None
    assert tags.relevance is not None
    assert tags.relevance.score is not None


def test_the_model_names_what_was_taught() -> None:
    first = Pipeline(Taught(), taught=lesson(topics=BAGGAGE))
    again = Pipeline(Taught(), taught=lesson(topics=BAGGAGE))
    more = {"baggage": {"examples": [*posts("suitcase", "belt"), "one bag more"]}}

    assert first.model == again.model
    assert first.model.startswith(f"{Pipeline(Scores()).model}+examples-1+background-")
    assert Pipeline(Taught(), taught=lesson(topics=more)).model != first.model


def test_relevance_is_told_for_its_own_brand_only() -> None:
    examples = {"relevant": PHONES, "irrelevant": FRUIT}
    pipeline = Pipeline(Taught(), taught=lesson(relevance={"Acme": examples}))
    said = "the orchard and the pie and the orchard pie"

    ours, theirs = pipeline.tag([mention(said, 1), mention(said, 2, brand="Other")])

    assert ours.relevance is not None
    assert not ours.relevance.is_relevant
    assert theirs.relevance is None


def test_a_text_that_cannot_be_read_well_is_relevant() -> None:
    examples = {"relevant": PHONES, "irrelevant": FRUIT}
    pipeline = Pipeline(
        Taught(),
        taught=lesson(relevance={"Acme": examples}),
        supported_languages=frozenset({"de"}),
    )

    (tags,) = pipeline.tag([mention("the orchard and the pie and the orchard pie")])

    assert Doubt.UNSUPPORTED_LANGUAGE in tags.doubts
    assert tags.relevance is not None
    assert tags.relevance.is_relevant


def test_what_another_model_reads_is_not_told_by_these_examples() -> None:
    examples = {"relevant": PHONES, "irrelevant": FRUIT}
    said = mention("the orchard and the pie and the orchard pie")
    bag = mention("the suitcase and the luggage on the belt", 2)
    pipeline = Pipeline(
        Taught(),
        by_language={"en": Spanish()},
        taught=lesson(topics=BAGGAGE, relevance={"Acme": examples}),
    )

    first, second = pipeline.tag([said, bag])

    assert (first.doubts, second.topic) == ((), None)
    assert first.relevance is not None
    assert first.relevance.is_relevant


def test_rules_alone_need_no_embedding() -> None:
    encoder = Taught()
    pipeline = Pipeline(
        encoder, taught=lesson(relevance={"Acme": {"exclude": [HIRING]}})
    )
    encoder.embedded = []

    (tags,) = pipeline.tag([mention("we are hiring, come and work with us")])

    assert tags.relevance is not None
    assert tags.relevance.rule == "exclude.jobs"
    assert encoder.embedded == []


@given(texts=st.lists(st.text(max_size=200), max_size=5))
def test_no_text_makes_what_was_taught_fail(texts: list[str]) -> None:
    examples = {"relevant": PHONES, "irrelevant": FRUIT, "exclude": [HIRING]}
    lessons = lesson(topics=BAGGAGE, relevance={"Acme": examples})
    pipeline = Pipeline(Taught(), taught=lessons)

    tags = pipeline.tag([mention(text, n) for n, text in enumerate(texts, start=1)])

    assert all(one.relevance is not None for one in tags)


def test_a_model_has_a_say_in_a_signals_score_where_it_knows_the_language() -> None:
    said = "I am going to sue you, this is the last time, you lost my bag again"
    calm, angry = scores(0.05, 0.9, 0.05), scores(0.9, 0.05, 0.95)

    def score(found: TextScores, languages: frozenset[str]) -> float:
        pipeline = Pipeline(Scores(found), supported_languages=languages)
        (tags,) = pipeline.tag([mention(said)])
        return tags.likelihoods[SignalKind.LEGAL_THREAT]

    known, unknown = frozenset({"en"}), frozenset({"fr"})
    assert score(angry, known) > score(calm, known)
    assert score(angry, unknown) == score(calm, unknown)
