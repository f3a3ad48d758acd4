from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.packs import FloodLimit
from bot.escalate.loops import Exchange, Word, are_alike, is_regular, why_a_person
from bot.testing import START
from tests.unit.services.world import author, mention

LIMIT = FloodLimit(replies=3, within=timedelta(days=30))
MINUTE = timedelta(minutes=1)


def ours(text="We have seen this, a person will look", at=START, **fields):
    whole = {"text": text, "at": at, "answers": "m-before", "is_unasked": True}
    return Word(**{**whole, **fields})


def signs(said, **fields):
    return why_a_person(Exchange(mention=said, **fields), LIMIT)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for your message. I am out of the office until Monday.",
        "This mailbox is not monitored.",
        "Please do not reply to this message",
        "We got your message (Automated reply)",
        "Vielen Dank! Ich bin nicht im Büro.",
        "Danke (Automatische Antwort)",
        "Merci de votre message (Réponse automatique)",
        "Je suis absente du bureau cette semaine",
        "Gracias (Respuesta automática)",
        "感谢您的来信（自动回复）",
    ],
)
def test_an_automatic_answer_is_left_to_a_person_at_once(text):
    assert signs(mention(text)) == ("it reads like an automatic answer",)


@pytest.mark.parametrize(
    "text",
    [
        "Your office was closed when I came, what a waste of a day",
        "Nobody replies to this number. Do you reply at all?",
        "Why is this account locked?",
        "Automatic doors broken again at the Newtown branch",
    ],
)
def test_a_person_who_speaks_of_offices_and_answers_is_one(text):
    assert signs(mention(text)) == ()


def test_looks_alone_keep_nobody_from_a_first_answer():
    machine = mention(author=author("feed", is_declared_bot=True))

    assert signs(machine, looks_automated=True) == ()
    assert signs(machine, ours=[ours()]) == ("it says that it is a machine",)
    said = mention("Where is it?")
    assert signs(said, looks_automated=True, ours=[ours()]) == (
        "the account looks automated",
    )


def test_our_own_words_that_come_back_are_a_loop_at_once():
    said = mention("@acme We have seen this; a person will look!")

    seen = signs(said, ours=[ours(is_to_author=False)])

    assert seen == ("it says our own words",)


def test_who_writes_the_same_again_after_our_answer_may_be_a_machine():
    before = mention("Thanks for reaching out to Example Ltd, ticket 4711 is open")
    again = mention("Thanks for reaching out to Example Ltd, ticket 4712 is open")

    assert signs(again, theirs=[before, again]) == ()
    assert signs(again, theirs=[before, again], ours=[ours()]) == (
        "it writes nearly the same again",
    )


def test_an_answer_within_seconds_may_happen_once():
    quick = [
        mention(f"{word} thing is wrong", published_at=START + n * MINUTE)
        for n, word in enumerate(("One", "Another quite different"))
    ]
    told = [ours(at=one.published_at - timedelta(seconds=3)) for one in quick]

    assert signs(quick[0], theirs=quick[:1], ours=told[:1]) == ()
    assert signs(quick[1], theirs=quick, ours=told) == (
        "it answered us within 10 seconds 2 times",
    )


def test_texts_from_a_clock_are_regular_and_those_of_a_person_are_not():
    assert is_regular([START + n * 15 * MINUTE for n in range(5)])
    assert not is_regular([START + n * 15 * MINUTE for n in range(4)])
    assert not is_regular([START + n * n * MINUTE for n in range(6)])
    # A burst of posts is only as fine as the platform's full seconds.
    assert not is_regular([START + timedelta(seconds=n) for n in range(6)])
    words = ("late bus", "cold food", "no seat", "lost bag", "rude driver")
    texts = [
        mention(word, published_at=START + n * 15 * MINUTE)
        for n, word in enumerate(words)
    ]
    assert signs(texts[-1], theirs=texts, ours=[ours()]) == (
        "it writes at regular intervals",
    )


def test_after_so_many_texts_answered_unasked_a_person_speaks_first():
    said = mention("And another thing altogether")
    told = [ours(answers=f"m-{n}", at=START + n * MINUTE) for n in range(3)]

    assert signs(said, ours=told[:2]) == ()
    assert signs(said, ours=told) == ("3 of its texts were answered without a person",)
    # Several words to one text are one text answered.
    assert signs(said, ours=[told[0]] * 3) == ()
    # A person's word begins the count anew.
    person = ours(at=START + timedelta(hours=1), is_unasked=False)
    assert signs(said, ours=[*told, person]) == ()


def test_short_thanks_are_everybodys():
    assert not are_alike("Thank you!", "thank you!")
    assert are_alike("Where is my parcel, please?", "where is my parcel please?")
    assert not are_alike("Where is my parcel, please?", "My card does not work at all")


def test_a_name_like_ours_elsewhere_is_looked_at():
    assert signs(mention(), shares_name=True) == (
        "it is called like an account of ours elsewhere",
    )
