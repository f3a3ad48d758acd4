"""Mentions in, tags out: the text model, language, signals, influence, and doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.classify import influence, lexicon, signals
from bot.classify.language import LanguageGuess, identify
from bot.classify.scores import TextScores
from bot.classify.text import READ_AT_MOST, count_words, folded, repaired
from bot.domain.mentions import StoredMention
from bot.domain.tags import Doubt, Sentiment, Tags

UNKNOWN = "und"
EVEN = 0.5
FEW_WORDS = 2
"""A text of fewer words says too little to be judged by a machine alone."""


class Scorer(Protocol):
    """A text model, as the pipeline needs it."""

    model_id: str

    def score(self, texts: Sequence[str]) -> Sequence[TextScores]:
        """Return the scores in the order of the texts."""
        ...


class Pipeline:
    """Makes the tags of mentions, many at a time; no text makes it raise."""

    def __init__(
        self,
        encoder: Scorer,
        *,
        vips: frozenset[str] = frozenset(),
        supported_languages: frozenset[str] = frozenset({"en"}),
        confidence: float = 0.55,
    ) -> None:
        """``confidence`` is the least sentiment probability that is not in doubt."""
        self._encoder = encoder
        self._vips = vips
        self._supported = supported_languages
        self._confidence = confidence
        self.model = f"{encoder.model_id} {lexicon.VERSION} {influence.VERSION}"

    def tag(self, mentions: Sequence[StoredMention]) -> Sequence[Tags]:
        """Return the tags of each mention, in the order given; equal texts share."""
        texts = [repaired(one.mention.text) for one in mentions]
        distinct = list(dict.fromkeys(texts))
        scored = dict(zip(distinct, self._encoder.score(distinct), strict=True))
        return [
            self._tags(one, text, scored[text])
            for one, text in zip(mentions, texts, strict=True)
        ]

    def _tags(self, one: StoredMention, text: str, scores: TextScores) -> Tags:
        mention = one.mention
        plain = folded(text)
        language = identify(text)
        best = max(scores.sentiment, key=scores.sentiment.__getitem__)
        return Tags(
            sentiment=Sentiment(best),
            sentiment_scores=dict(scores.sentiment),
            complaint=None if scores.complaint is None else scores.complaint >= EVEN,
            complaint_score=scores.complaint,
            language=language.code,
            language_score=language.score,
            influence=influence.score(
                mention.author,
                mention.engagement,
                channel=mention.channel,
                now=mention.published_at,
                vips=self._vips,
            ),
            model=self.model,
            signals=signals.find(plain),
            doubts=tuple(self._doubts(mention.text, scores, language, plain)),
        )

    def _doubts(
        self, text: str, scores: TextScores, language: LanguageGuess, plain: str
    ) -> list[Doubt]:
        checks = {
            Doubt.LOW_CONFIDENCE: max(scores.sentiment.values()) < self._confidence,
            Doubt.UNKNOWN_LANGUAGE: language.code == UNKNOWN,
            Doubt.UNSUPPORTED_LANGUAGE: language.code != UNKNOWN
            and language.code not in self._supported,
            Doubt.TOO_SHORT: count_words(plain) < FEW_WORDS,
            Doubt.TRUNCATED: scores.truncated or len(text) > READ_AT_MOST,
            Doubt.NO_COMPLAINT_MODEL: scores.complaint is None,
        }
        return [doubt for doubt, holds in checks.items() if holds]
