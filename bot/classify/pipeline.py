"""Mentions in, tags out: every model has its say, and every doubt is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.classify import influence, language, lexicon, signals, text
from bot.classify.examples import Embeds, Floats, embedded
from bot.classify.language import UNKNOWN, LanguageGuess
from bot.classify.relevance import BrandRelevance, Said
from bot.classify.scores import READING, SENTIMENTS, TextScores
from bot.classify.taught import Taught
from bot.classify.topics import Topics, of_none
from bot.domain.mentions import StoredMention
from bot.domain.tags import Doubt, Relevance, Sentiment, Signal, Tags, Topic

LANGUAGE_MODEL = "lid.176-lite"
FEW_WORDS = 2
"""Texts of fewer words say too little to be sure of anything."""

LANGUAGES = frozenset({"en"})
COMPLAINT_FROM = 0.5
"""Probability from which a text is tagged a complaint."""


UNREADABLE = frozenset(
    {
        Doubt.UNKNOWN_LANGUAGE,
        Doubt.UNSUPPORTED_LANGUAGE,
        Doubt.TOO_SHORT,
        Doubt.TRUNCATED,
    }
)
"""Doubts with which no text is set aside for what examples say of it."""


class TextEncoder(Embeds, Protocol):
    """What the pipeline needs of ``encoder.Encoder``; it loads no torch itself."""

    model_id: str

    def score(self, texts: Sequence[str]) -> Sequence[TextScores]:
        """Return the scores of each text, in the order given."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What was found in one text, whoever wrote it."""

    scores: TextScores
    guess: LanguageGuess
    signals: tuple[Signal, ...]
    words: int
    is_cut: bool
    row: Floats | None
    topic: Topic | None


class Pipeline:
    """Tags batches of mentions; one text is read once, however often it is there."""

    def __init__(
        self,
        encoder: TextEncoder,
        *,
        vips: frozenset[str] = frozenset(),
        supported_languages: frozenset[str] = LANGUAGES,
        confidence: float = 0.6,
        taught: Taught | None = None,
    ) -> None:
        """``confidence``: a probability below it is doubted.

        ``supported_languages`` are those in which the encoder was evaluated, ISO 639;
        ``vips`` are as ``influence.score`` takes them. ``taught`` are an operator's
        topics and examples, embedded here.
        """
        self._encoder = encoder
        self._vips = vips
        self._supported = frozenset(code.casefold() for code in supported_languages)
        self._confidence = confidence
        self.model = (
            f"{encoder.model_id}+{READING}+{LANGUAGE_MODEL}+{text.VERSION}"
            f"+{lexicon.VERSION}+{influence.VERSION}"
        )
        self._topics: Topics | None = None
        self._brands: dict[str, BrandRelevance] = {}
        if taught is not None:
            self.model += f"+{taught.fingerprint}"
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

    def tag(self, mentions: Sequence[StoredMention]) -> list[Tags]:
        """Return the tags of each mention, in the order given.

        No text makes it fail; it raises ``ClassifyError`` where a model itself does.
        """
        words = [stored.mention.text for stored in mentions]
        readings = self._read(list(dict.fromkeys(words)))
        return [
            self._tags(stored, readings[said])
            for stored, said in zip(mentions, words, strict=True)
        ]

    def _read(self, texts: Sequence[str]) -> dict[str, _Reading]:
        repaired = [text.repaired(said) for said in texts]
        scored = self._encoder.score(repaired) if texts else ()
        rows = embedded(self._encoder, repaired) if texts and self._embeds else None
        topics = self._topics.tell(rows) if self._topics and rows is not None else None
        return {
            said: _reading(
                said,
                repaired[at],
                scores,
                row=None if rows is None else rows[at],
                topic=topics[at] if topics else None,
            )
            for at, (said, scores) in enumerate(zip(texts, scored, strict=True))
        }

    def _tags(self, stored: StoredMention, reading: _Reading) -> Tags:
        mention, scores = stored.mention, reading.scores
        code, certainty = _language(reading.guess, mention.language_hint)
        doubts = tuple(self._doubts(reading, code))
        return Tags(
            # In the order of SENTIMENTS, so that a tie goes to the worse one.
            sentiment=Sentiment(max(SENTIMENTS, key=scores.sentiment.__getitem__)),
            sentiment_scores=dict(scores.sentiment),
            complaint=_is_complaint(scores),
            complaint_score=scores.complaint,
            language=code,
            language_score=certainty,
            influence=influence.score(
                mention.author,
                mention.engagement,
                channel=mention.channel,
                now=mention.published_at,
                vips=self._vips,
            ),
            model=self.model,
            signals=reading.signals,
            doubts=doubts,
            topic=reading.topic,
            relevance=self._relevance(stored, reading, code, doubts),
        )

    def _relevance(
        self,
        stored: StoredMention,
        reading: _Reading,
        code: str,
        doubts: Sequence[Doubt],
    ) -> Relevance | None:
        brand = self._brands.get(stored.mention.brand)
        if brand is None:
            return None
        return brand.judge(
            Said(
                text=stored.mention.text[: text.READ_AT_MOST],
                author=stored.mention.author,
                language=code,
                row=reading.row,
                is_readable=UNREADABLE.isdisjoint(doubts),
            )
        )

    def _doubts(self, reading: _Reading, code: str) -> Iterator[Doubt]:
        scores = reading.scores
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


def _reading(
    said: str,
    whole: str,
    scores: TextScores,
    *,
    row: Floats | None,
    topic: Topic | None,
) -> _Reading:
    folded = text.folded(whole)
    return _Reading(
        scores=scores,
        guess=language.identify(whole),
        signals=signals.find(folded),
        words=text.count_words(folded),
        is_cut=len(said) > text.READ_AT_MOST,
        row=row,
        topic=topic,
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


def _is_complaint(scores: TextScores) -> bool | None:
    return None if scores.complaint is None else scores.complaint >= COMPLAINT_FROM


def _certainty(scores: TextScores) -> float:
    """Return the probability of the less sure of the two answers."""
    sentiment = max(scores.sentiment.values())
    if scores.complaint is None:
        return sentiment
    return min(sentiment, max(scores.complaint, 1.0 - scores.complaint))
