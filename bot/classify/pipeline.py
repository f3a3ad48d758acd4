"""Mentions in, tags out: every model has its say, and every doubt is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.classify import influence, language, lexicon, signals, text
from bot.classify.examples import Embeds, Floats, embedded
from bot.classify.language import UNKNOWN, LanguageGuess
from bot.classify.relevance import BrandRelevance, Said
from bot.classify.scores import READING, SENTIMENTS, TextScores
from bot.classify.taught import Taught
from bot.classify.topics import Topics, of_none
from bot.domain.mentions import StoredMention
from bot.domain.tags import (
    IRONY,
    UNREADABLE,
    Doubt,
    Relevance,
    Sentiment,
    Signal,
    Tags,
    Topic,
    says,
)

LANGUAGE_MODEL = "lid.176-lite"
FEW_WORDS = 2
"""Texts of fewer words say too little to be sure of anything."""

LANGUAGES = frozenset({"en"})
COMPLAINT_FROM = 0.5
"""Probability from which a text is tagged a complaint."""


class TextEncoder(Embeds, Protocol):
    """What the pipeline needs of ``encoder.Encoder``; it loads no torch itself."""

    model_id: str

    def score(self, texts: Sequence[str]) -> Sequence[TextScores]:
        """Return the scores of each text, in the order given."""
        ...

    def score_and_embed(
        self, texts: Sequence[str]
    ) -> tuple[Sequence[TextScores], NDArray[np.float32]]:
        """Return what ``score`` and ``embed`` would, having read each text once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What was found in one text, whoever wrote it, before a text model read it."""

    whole: str
    guess: LanguageGuess
    signals: tuple[Signal, ...]
    words: int
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Routed:
    """A text with the language that it is taken for, and the model that reads it."""

    reading: _Reading
    language: str
    language_score: float
    encoder: TextEncoder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What the models say of some texts."""

    scores: Mapping[tuple[TextEncoder, str], TextScores]
    rows: Mapping[str, Floats]
    """What each is about, where anything that was taught looks at it."""
    topics: Mapping[str, Topic | None]


class Pipeline:
    """Tags batches of mentions; one text is read once, however often it is there."""

    def __init__(
        self,
        encoder: TextEncoder,
        *,
        by_language: Mapping[str, TextEncoder] = MappingProxyType({}),
        vips: frozenset[str] = frozenset(),
        supported_languages: frozenset[str] = LANGUAGES,
        confidence: float = 0.6,
        taught: Taught | None = None,
    ) -> None:
        """``confidence``: a probability below it is doubted.

        ``encoder`` reads every text whose language has none ``by_language``, ISO 639.
        ``supported_languages`` are those in which it was evaluated; ``vips`` are as
        ``influence.score`` takes them. ``taught`` are an operator's topics and
        examples, which ``encoder`` embeds here.
        """
        self._encoder = encoder
        self._by_language = by_language
        self._vips = vips
        self._supported = frozenset(code.casefold() for code in supported_languages)
        self._supported |= by_language.keys()
        self._confidence = confidence
        self._taught = f"+{taught.fingerprint}" if taught else ""
        self.model = self._named(encoder)
        self._topics: Topics | None = None
        self._brands: dict[str, BrandRelevance] = {}
        if taught is not None:
            self._learn(taught)

    def _learn(self, taught: Taught) -> None:
        none = of_none(self._encoder)
        self._brands = {
            brand: BrandRelevance.learn(part, self._encoder, none=none)
            for brand, part in taught.relevance.items()
        }
        if taught.topics:
            self._topics = Topics.learn(
                {name: one.examples for name, one in taught.topics.items()},
                self._encoder,
                none=of_none(self._encoder, taught.none) if taught.none else none,
            )

    @property
    def _embeds(self) -> bool:
        """Whether anything that was taught looks at what a text is about."""
        likenesses = [one.likeness for one in self._brands.values()]
        return self._topics is not None or any(likenesses)

    def _named(self, encoder: TextEncoder) -> str:
        """Name every model that has its say beside this one."""
        return (
            f"{encoder.model_id}+{READING}+{LANGUAGE_MODEL}+{text.VERSION}"
            f"+{lexicon.VERSION}+{influence.VERSION}{self._taught}"
        )

    @property
    def models(self) -> frozenset[str]:
        """Every id that tags may carry, that of each language's own model too."""
        encoders = (self._encoder, *self._by_language.values())
        return frozenset(map(self._named, encoders))

    def tag(self, mentions: Sequence[StoredMention]) -> list[Tags]:
        """Return the tags of each mention, in the order given.

        No text makes it fail; it raises ``ClassifyError`` where a model itself does.
        """
        texts = dict.fromkeys(stored.mention.text for stored in mentions)
        readings = {said: _reading(said) for said in texts}
        routed = [
            self._routed(readings[stored.mention.text], stored.mention.language_hint)
            for stored in mentions
        ]
        heard = self._ask(routed)
        return [
            self._tags(stored, one, heard)
            for stored, one in zip(mentions, routed, strict=True)
        ]

    def _ask(self, routed: Sequence[_Routed]) -> _Heard:
        """Ask each model once, for all texts that are its to read."""
        asked: dict[TextEncoder, dict[str, None]] = {}
        for one in routed:
            asked.setdefault(one.encoder, {})[one.reading.whole] = None
        scores: dict[tuple[TextEncoder, str], TextScores] = {}
        rows: dict[str, Floats] = {}
        for encoder, wanted in asked.items():
            texts = list(wanted)
            if self._embeds and encoder is self._encoder:
                found, vectors = encoder.score_and_embed(texts)
                rows |= zip(texts, vectors.astype(np.float64), strict=True)
            else:
                found = encoder.score(texts)
            scores |= {
                (encoder, whole): said for whole, said in zip(texts, found, strict=True)
            }
        if self._embeds:
            others = {whole: None for _, whole in scores if whole not in rows}
            rows |= zip(others, embedded(self._encoder, list(others)), strict=True)
        return _Heard(scores=scores, rows=rows, topics=self._topics_of(rows))

    def _topics_of(self, rows: Mapping[str, Floats]) -> dict[str, Topic | None]:
        if self._topics is None or not rows:
            return {}
        told = self._topics.tell(np.stack(list(rows.values())))
        return dict(zip(rows, told, strict=True))

    def _routed(self, reading: _Reading, hint: str | None) -> _Routed:
        code, certainty = _language(reading.guess, hint)
        return _Routed(
            reading=reading,
            language=code,
            language_score=certainty,
            encoder=self._by_language.get(code, self._encoder),
        )

    def _tags(self, stored: StoredMention, routed: _Routed, heard: _Heard) -> Tags:
        mention, whole = stored.mention, routed.reading.whole
        scores = heard.scores[routed.encoder, whole]
        doubts = tuple(self._doubts(routed, scores))
        return Tags(
            sentiment=_sentiment(scores),
            sentiment_scores=dict(scores.sentiment),
            complaint=_is_complaint(scores),
            complaint_score=scores.complaint,
            language=routed.language,
            language_score=routed.language_score,
            influence=influence.score(
                mention, carried_at=stored.carried_at, vips=self._vips
            ),
            model=self._named(routed.encoder),
            signals=self._signals(routed, scores),
            doubts=doubts,
            topic=heard.topics.get(whole) if self._is_told_alike(routed) else None,
            relevance=self._relevance(stored, routed, doubts, heard.rows.get(whole)),
            others={name: dict(found) for name, found in scores.others.items()},
        )

    def _is_told_alike(self, routed: _Routed) -> bool:
        """Whether the model that reads the text is the one that knows the examples."""
        return routed.encoder is self._encoder

    def _signals(self, routed: _Routed, scores: TextScores) -> tuple[Signal, ...]:
        found = routed.reading.signals
        if routed.language not in self._supported:
            return signals.strongest_first(found)
        return signals.weighed(found, scores)

    def _relevance(
        self,
        stored: StoredMention,
        routed: _Routed,
        doubts: Sequence[Doubt],
        row: Floats | None,
    ) -> Relevance | None:
        brand = self._brands.get(stored.mention.brand)
        if brand is None:
            return None
        return brand.judge(
            Said(
                text=stored.mention.text[: text.READ_AT_MOST],
                author=stored.mention.author,
                language=routed.language,
                row=row,
                is_readable=self._is_told_alike(routed)
                and UNREADABLE.isdisjoint(doubts),
            )
        )

    def _doubts(self, routed: _Routed, scores: TextScores) -> Iterator[Doubt]:
        reading, code = routed.reading, routed.language
        if _certainty(scores) < self._confidence:
            yield Doubt.LOW_CONFIDENCE
        if code == UNKNOWN:
            yield Doubt.UNKNOWN_LANGUAGE
        elif code not in self._supported:
            yield Doubt.UNSUPPORTED_LANGUAGE
        if reading.words < FEW_WORDS:
            yield Doubt.TOO_SHORT
        if scores.truncated or reading.is_cut:
            yield Doubt.TRUNCATED
        if scores.complaint is None:
            yield Doubt.NO_COMPLAINT_MODEL
        if _may_be_ironic(scores):
            yield Doubt.MAY_BE_IRONIC


def _reading(said: str) -> _Reading:
    whole = text.repaired(said)
    folded = text.folded(whole)
    return _Reading(
        whole=whole,
        guess=language.identify(whole),
        signals=signals.find(folded),
        words=text.count_words(folded),
        is_cut=len(said) > text.READ_AT_MOST,
    )


def _language(guess: LanguageGuess, hint: str | None) -> tuple[str, float]:
    """Return the guess; where there is none, what the platform or its author said."""
    if guess.code != UNKNOWN or not hint:
        return guess.code, guess.score
    code = hint.strip().replace("_", "-").partition("-")[0].casefold()
    is_code = code.isascii() and code.isalpha() and len(code) in {2, 3}
    # "qme", "zxx" and the like are a platform's words for "no language at all".
    is_private = code[:1] == "q" and len(code) > len("xx")
    if not is_code or is_private or code in {UNKNOWN, "zxx", "mul", "mis", "art"}:
        return guess.code, guess.score
    return code, 0.0


def _sentiment(scores: TextScores) -> Sentiment:
    # In the order of SENTIMENTS, so that a tie goes to the worse one.
    return Sentiment(max(SENTIMENTS, key=scores.sentiment.__getitem__))


def _may_be_ironic(scores: TextScores) -> bool:
    """Whether words that do not sound negative may be meant so."""
    return says(scores.others, IRONY) and _sentiment(scores) is not Sentiment.NEGATIVE


def _is_complaint(scores: TextScores) -> bool | None:
    return None if scores.complaint is None else scores.complaint >= COMPLAINT_FROM


def _certainty(scores: TextScores) -> float:
    """Return the probability of the less sure of the two answers."""
    sentiment = max(scores.sentiment.values())
    if scores.complaint is None:
        return sentiment
    return min(sentiment, max(scores.complaint, 1.0 - scores.complaint))
