from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.decisions import Severity
from bot.domain.packs import AgentAnswer, Tone
from bot.domain.tags import Sentiment, Topic
from bot.escalate.guard import Around, check
from bot.escalate.suggest import Asked, language_for, suggested, wanted_tone
from bot.rules.load import load_templates
from tests.samples import tags as sample_tags

SHIPPED = load_templates(Path("config/templates"))
LINK = "https://kestrel.example/help"


def tags(**fields):
    return sample_tags(
        **{"signals": (), "topic": Topic(name="bills", score=0.82)} | fields
    )


def answer(name="bills", **fields):
    whole = {"id": name, "text": f"About {name}.", "tone": Tone.APOLOGY}
    return AgentAnswer(**{**whole, "topics": (name,), **fields})


def names(answers, likeness=None, severity=Severity.MEDIUM, blanks=None, **fields):
    asked = Asked(tags=tags(**fields), severity=severity, likeness=likeness or {})
    found = suggested(
        answers, asked, language="en", spoken="English", blanks=blanks or {}
    )
    return [one.answer for one in found]


def test_the_topics_own_answer_comes_first_and_says_why():
    asked = Asked(tags=tags(), severity=Severity.LOW, likeness={"bills": 0.4})
    answers = [answer("any", topics=()), answer(), answer("bags")]

    found = suggested(answers, asked, language="en", spoken="English", blanks={})

    assert [one.answer for one in found] == ["bills", "any"]
    assert found[0].reasons == (
        "topic bills 0.82",
        "English",
        "apology because complaint and negative",
        "like its examples 0.40",
    )
    assert found[0].score == pytest.approx(0.82 + 0.5 + 0.2)


def test_likeness_orders_what_is_about_the_same():
    answers = [answer("one", topics=()), answer("two", topics=())]

    assert names(answers, {"one": 0.1, "two": 0.7}) == ["two", "one"]


def test_a_tone_that_does_not_fit_is_left_out():
    answers = [answer("sorry", topics=()), answer("glad", topics=(), tone=Tone.THANKS)]

    assert names(answers) == ["sorry"]
    pleased = {"complaint": False, "sentiment": Sentiment.POSITIVE}
    assert names(answers, **pleased) == ["glad"]


def test_tones_are_told_with_their_grounds():
    angry = tags(others={"emotion": {"anger": 0.9, "joy": 0.1}})
    calm = tags(complaint=None, sentiment=Sentiment.NEUTRAL)

    assert wanted_tone(angry) == (
        Tone.APOLOGY,
        "apology because complaint and negative and anger",
    )
    assert wanted_tone(calm)[0] is Tone.NEUTRAL


def test_an_answer_outside_its_severity_is_left_out():
    few = [answer(severity_from=Severity.MEDIUM, severity_to=Severity.HIGH)]

    assert names(few, severity=Severity.LOW) == []
    assert names(few, severity=Severity.HIGH) == ["bills"]
    assert names(few, severity=Severity.CRITICAL) == []


def test_a_blank_without_an_approved_value_offers_nothing():
    linked = [answer(text="See {link}, {brand}.")]

    assert names(linked, blanks={"brand": "Acme"}) == []
    assert names(linked, blanks={"brand": "Acme", "link": LINK}) == ["bills"]


def test_without_answers_in_the_language_the_default_stands_in():
    known = {"en": (answer(),), "de": (answer(),)}

    assert language_for(tags(language="de-AT"), known, "en") == ("de", "German")
    assert language_for(tags(language="fr"), known, "en") == (
        "en",
        "English, for there is no answer in French",
    )


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_every_shipped_answer_passes_the_guard_as_free_words_would(language):
    answers = SHIPPED.answers[language]

    assert len(answers) >= 15
    for one in answers:
        text = one.text.replace("{brand}", "Kestrel Air").replace("{link}", LINK)
        found = check(text, Around(contacts=(LINK,)))
        assert not found.findings, (one.id, found.rules)


def test_the_languages_answer_the_same_things():
    kinds = {
        language: [(one.id, one.topics, one.tone) for one in answers]
        for language, answers in SHIPPED.answers.items()
        if answers
    }

    assert set(kinds) == {"en", "de", "fr", "es"}
    assert all(kind == kinds["en"] for kind in kinds.values())
