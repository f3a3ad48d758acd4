from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classify.lexicon import ENTRIES, strength
from bot.classify.scores import TextScores
from bot.classify.signals import MOST_WORDS, find, weighed
from bot.classify.text import folded
from bot.domain.tags import Sign, Signal, SignalKind
from tests import samples
from tests.unit.classify.signal_sentences import SILENT, SPEAKING

SAID = [(kind, text) for kind, texts in SPEAKING.items() for text in texts]


def kinds(text: str) -> set[str]:
    return {signal.kind.value for signal in find(folded(text))}


@pytest.mark.parametrize(("kind", "text"), SAID)
def test_a_signal_is_seen(kind: str, text: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize("text", SILENT)
def test_idioms_and_denials_are_left_alone(text: str) -> None:
    assert kinds(text) == set()


def test_the_sentences_hold_every_kind_and_are_many() -> None:
    assert set(SPEAKING) == set(SignalKind)
    assert len(SAID) >= 120
    assert len(SILENT) >= 100


def test_a_signal_names_the_words_that_carried_it() -> None:
    (signal,) = find(folded("I will SUE you, @acme. See you in court!"))

    assert signal.kind is SignalKind.LEGAL_THREAT
    assert signal.words == ("i will sue", "see you in court")


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        (Sign.SELF_HARM, "some nights i think they'd be better off without me"),
        (Sign.SELF_HARM, "ya no quiero vivir, y vuestro banco me da igual"),
        (Sign.SELF_HARM, "you cut my line and i see no point in being here"),
        (Sign.FAMILY_VIOLENCE, "please don't call the house, he hits me"),
        (Sign.FAMILY_VIOLENCE, "violences conjugales, je dois changer de compte"),
        (Sign.THREAT, "i'm going to stab someone at your branch"),
        (Sign.THREAT, "your driver threatened me with a knife"),
        (Sign.SERIOUS_ILLNESS, "my wife has cancer and you lost the booking"),
        (Sign.BEREAVEMENT, "my dad passed away and you keep writing to him"),
        (Sign.CIRCUMSTANCES, "you broke my wheelchair"),
        (Sign.HARDSHIP, "i can't pay the rent this month"),
    ],
)
def test_a_signal_tells_of_which_need_it_is_a_sign(sign: Sign, text: str) -> None:
    (signal,) = find(folded(text))

    assert signal.tells is sign
    assert signal.words


@pytest.mark.parametrize(
    "text",
    [
        "i can't do this any more. i don't want to be here tomorrow.",
        "goodbye everyone, you won't have to deal with me any longer",
        "i have no will to live",
        "i lost the will to live because of what you did",
        "i might as well be dead",
        "ready to end it tonight",
        "gonna kms",
        "i'm done with life because of you",
        "writing my goodbye note",
    ],
)
def test_a_goodbye_is_heard_without_the_plain_words_for_it(text: str) -> None:
    (signal,) = find(folded(text))

    assert signal.tells is Sign.SELF_HARM


def test_fear_of_being_found_is_told_from_fraud() -> None:
    found = find(folded("i'm scared he will find me, you gave out my address"))

    assert Sign.FAMILY_VIOLENCE in {one.tells for one in found}


@pytest.mark.parametrize(
    "text",
    [
        "i don't want to be here tomorrow still waiting for your bus",
        "you won't have to deal with me any longer, switching to another provider",
        "lost the will to live in your phone queue",
        "might as well be dead tired after this flight",
        "i'm done with life admin, your forms are too long",
        "feel like ending things with my broadband provider",
        "left my goodbye letter for colleagues at work",
        "you won't have to hear from me much longer, porting out tomorrow",
        "lost the will to live trying to get through to your helpline",
        "i've lost the will to live waiting for a refund @acme",
        "kms lol your app is down again",
        "i left a goodbye note for my roommate on your tv",
        "ready to end it tonight: my contract with you",
    ],
)
def test_weariness_of_a_queue_is_no_goodbye(text: str) -> None:
    assert not [one for one in find(folded(text)) if one.tells is Sign.SELF_HARM]


@pytest.mark.parametrize(
    "text",
    [
        "i'm scared he will find me a worse seat",
        "afraid she might hurt us in the final tonight",
    ],
)
def test_fear_of_a_seat_or_a_match_is_no_sign_of_violence(text: str) -> None:
    assert find(folded(text)) == ()


def test_two_needs_in_one_text_are_told_apart_each_by_its_words() -> None:
    found = find(folded("My mum died last week and now I want to kill myself"))

    assert [(one.kind, one.sign) for one in found] == [
        (SignalKind.VULNERABILITY, Sign.SELF_HARM),
        (SignalKind.VULNERABILITY, Sign.BEREAVEMENT),
    ]
    assert found[0].words == ("kill myself",)


@pytest.mark.parametrize(
    "text",
    [
        "the flight is gone and we are homeless for the night",
        "so am i going to be homeless or do i have a room tonight?",
        "your points have been a lifeline for us small travellers",
    ],
)
def test_what_travellers_say_of_a_bad_night_is_no_sign_of_need(text: str) -> None:
    assert not [one.tells for one in find(folded(text)) if one.tells]


def test_danger_from_a_product_asks_for_no_care_and_a_threat_does() -> None:
    (fire,) = find(folded("the charger caught fire"))

    assert fire.kind is SignalKind.SAFETY
    assert fire.tells is None


def test_a_signal_from_before_signs_were_told_apart_is_still_a_sign() -> None:
    old = Signal(kind=SignalKind.VULNERABILITY, words=("in hospital",))

    assert old.tells is Sign.CIRCUMSTANCES


def test_despair_and_violence_are_told_apart_in_every_language_that_has_words() -> None:
    told = {entry.sign for entry in ENTRIES if entry.is_spaceless}

    assert {Sign.SELF_HARM, Sign.FAMILY_VIOLENCE, Sign.SERIOUS_ILLNESS} <= told


def test_one_text_can_carry_several_signals_in_a_fixed_order() -> None:
    text = "You stole my money, I lost my job and I'm going to sue and close my account"

    found = [signal.kind for signal in find(folded(text))]

    assert found == [
        SignalKind.HARDSHIP,
        SignalKind.LEGAL_THREAT,
        SignalKind.CHURN,
        SignalKind.FRAUD,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "I’m going to ＳＵＥ you",
        "i&#39;m going to sue you",
        "Iâ€™m going to sue you",
        "I'm going\nto  su\u200be you",
    ],
)
def test_disguises_do_not_hide_a_threat(text: str) -> None:
    assert "legal_threat" in kinds(text)


@pytest.mark.parametrize(
    ("text", "is_threat"),
    [
        ("I won't sue", False),
        ("I never said I'd sue", False),
        ("I don't want to sue", False),
        ("not going to sue you", False),
        ("if you do not answer I will sue", True),
        ("I can't wait to sue you", True),
        ("I won't hesitate to sue you", True),
        ("don't be surprised when I sue you", True),
        ("not only slow, I'm suing you", True),
        ("No answer. I will sue you", True),
        ("no, I'm going to sue you", True),
    ],
)
def test_a_denial_counts_only_for_what_it_denies(text: str, is_threat: bool) -> None:
    assert ("legal_threat" in kinds(text)) is is_threat


def test_words_are_bounded() -> None:
    text = " ".join(f"scam{end} fraud{end}" for end in ("", "s", "ster", "med", "mer"))

    (signal,) = find(folded(text * 200))

    assert len(signal.words) <= MOST_WORDS


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert find(folded(text)) == find(folded(text))


@pytest.mark.parametrize(
    "piece",
    ["i will ", "my ", "never be ", "(", "someone has ", "my money has ", "我", "@ "],
)
def test_a_long_text_costs_little(piece: str) -> None:
    long = folded(piece * 20_000)

    assert find(long) is not None
    assert len(long) <= 20_000


def test_precision_and_recall_stay_above_their_floor() -> None:
    hits = sum(kind in kinds(text) for kind, text in SAID)
    false = sum(bool(kinds(text)) for text in SILENT)
    # A second kind in a sentence of one kind is right now and then: never an alarm.
    others = sum(len(kinds(text) - {kind}) for kind, text in SAID)

    assert hits / len(SAID) >= 0.97
    assert hits / (hits + false) >= 0.97
    assert others <= 12


def score(text: str, kind: str = "legal_threat") -> float:
    found = {signal.kind.value: signal.score for signal in find(folded(text))}
    return found[kind] or 0.0


@pytest.mark.parametrize(
    ("surer", "doubtful"),
    [
        ("I will sue you, @acme", "another lawsuit, @acme"),
        ("I will sue you. See you in court", "I will sue you"),
        ("I will sue you", "lol I will sue you"),
        ("I will sue you", 'He said "I will sue you" and left'),
        ("I called my lawyer", "imagine I called my lawyer"),
        ("my lawyer is on it", "the lawyer is on it, reports say"),
    ],
)
def test_a_plain_threat_scores_above_a_doubtful_one(surer: str, doubtful: str) -> None:
    assert 0.0 < score(doubtful) < score(surer) < 1.0


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (SignalKind.VULNERABILITY, "suicidal"),
        (SignalKind.FRAUD, "my account was hacked"),
        (SignalKind.FRAUD, "been hacked"),
        (SignalKind.LEGAL_THREAT, "taking this to the ombudsman"),
        (SignalKind.SAFETY, "allergic reaction"),
    ],
)
def test_what_is_stated_plainly_is_no_hint_for_a_word_in_it(
    kind: SignalKind, words: str
) -> None:
    assert strength.of(kind, words) == strength.PLAIN


@pytest.mark.parametrize(
    ("plain", "accented"),
    [
        ("no quiero vivir", "no quiero vivir así"),
        ("ich will nicht mehr leben", "ich will nicht mehr leben, möchte nur weg"),
        ("je veux mourir", "je veux mourir, voilà"),
    ],
)
def test_another_language_needs_no_accent_to_speak_of_oneself(
    plain: str, accented: str
) -> None:
    (one,), (other,) = find(folded(plain)), find(folded(accented))

    assert one.score == other.score


def test_several_phrases_of_one_entry_say_no_more_than_one() -> None:
    once = score("this is a scam, @acme", "fraud")

    assert score("scam scammer scamming, this is a scam @acme", "fraud") == once


def test_words_without_a_strength_of_their_own_are_likely() -> None:
    assert score("律师 @acme") == strength.LIKELY


def heard(*, negative: float = 0.0, positive: float = 0.0) -> TextScores:
    rest = 1.0 - negative - positive
    return TextScores(
        sentiment={"negative": negative, "neutral": rest, "positive": positive},
        complaint=None,
        truncated=False,
    )


def test_what_a_model_hears_lifts_or_lowers_a_score_and_takes_no_signal_away() -> None:
    found = find(folded("You stole my money and I'm going to sue"))

    plain = samples.tags(signals=found).likelihoods
    worse = samples.tags(signals=weighed(found, heard(negative=0.9))).likelihoods
    better = samples.tags(signals=weighed(found, heard(positive=0.9))).likelihoods

    assert set(worse) == set(better) == set(plain)
    assert all(better[kind] < plain[kind] < worse[kind] for kind in plain)


def test_a_complaint_lifts_as_what_sounds_negative_does() -> None:
    found = find(folded("I'm going to sue"))

    (by_complaint,) = weighed(found, replace(heard(), complaint=0.9))
    (by_sentiment,) = weighed(found, heard(negative=0.9))

    assert by_complaint == by_sentiment


def test_the_likeliest_signal_comes_first() -> None:
    found = find(folded("a lawsuit? I am closing my account with you"))

    assert [one.kind for one in found] == [SignalKind.LEGAL_THREAT, SignalKind.CHURN]
    assert [one.kind for one in weighed(found, heard())] == [
        SignalKind.CHURN,
        SignalKind.LEGAL_THREAT,
    ]


def test_a_kind_is_as_likely_as_its_likeliest_sign_and_sure_without_a_score() -> None:
    unscored = Signal(kind=SignalKind.MEDIA, words=("the press",))
    found = [Signal(kind=SignalKind.FRAUD, words=("x",), score=s) for s in (0.4, 0.7)]

    told = samples.tags(signals=(unscored, *found)).likelihoods

    assert told == {SignalKind.MEDIA: 1.0, SignalKind.FRAUD: 0.7}


@pytest.mark.parametrize("table", [strength._PLAIN, strength._HINTS])
def test_every_kind_has_its_plain_words_and_its_hints(table: dict[str, object]) -> None:
    assert set(table) == set(SignalKind)
