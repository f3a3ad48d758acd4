from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classify.signals import MOST_WORDS, find
from bot.classify.text import folded
from bot.domain.tags import SignalKind
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
