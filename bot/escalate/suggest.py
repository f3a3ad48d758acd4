"""Which approved answers fit a mention best, and why: by topic, tone and language.

What does not fit is left out, not put last: an apology under praise is worse than no
suggestion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.decisions import Severity
from bot.domain.packs import AgentAnswer, Tone
from bot.domain.tags import Sentiment, Tags
from bot.escalate.acknowledge import primary

UNHAPPY = frozenset({"anger", "sadness", "disgust", "fear", "annoyance"})
"""Emotions, as models name them, under which one begins with an apology."""

OF_TOPIC, OF_TONE, OF_EXAMPLES = 1.0, 0.5, 0.5
"""What each ground adds at most."""

FOR_ANYTHING = 0.25
"""What an answer that is for any topic gets in the place of one."""

NAMES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An answer with its blanks filled, how well it fits (0 to 2), and by what."""

    answer: str
    language: str
    text: str
    tone: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known of the mention that is to be answered.

    ``likeness`` is how near its text is to an answer's examples, by the answer's name;
    empty where nobody compared them.
    """

    tags: Tags
    severity: Severity
    likeness: Mapping[str, float]


def wanted_tone(tags: Tags) -> tuple[Tone, str]:
    """Return how an answer should sound, and why."""
    feeling = tags.likeliest.get("emotion")
    felt = feeling.label if feeling is not None else ""
    grounds = []
    if tags.complaint:
        grounds.append("complaint")
    if tags.sentiment is Sentiment.NEGATIVE:
        grounds.append("negative")
    if felt in UNHAPPY:
        grounds.append(felt)
    if tags.complaint or tags.sentiment is Sentiment.NEGATIVE:
        return Tone.APOLOGY, f"apology because {' and '.join(grounds)}"
    if tags.sentiment is Sentiment.POSITIVE:
        return Tone.THANKS, "thanks because it sounds pleased"
    asks = "it asks" if tags.asks else "it neither complains nor praises"
    return Tone.NEUTRAL, f"neutral because {asks}"


def language_for(
    tags: Tags, known: Mapping[str, Sequence[AgentAnswer]], default: str
) -> tuple[str, str]:
    """Return the language to answer in, and why that one."""
    own = primary(tags.language)
    if known.get(own):
        return own, NAMES.get(own, own)
    there = NAMES.get(default, default)
    return default, f"{there}, for there is no answer in {NAMES.get(own, own)}"


def suggested(
    answers: Iterable[AgentAnswer],
    asked: Asked,
    *,
    language: str,
    spoken: str,
    blanks: Mapping[str, str],
) -> list[Suggestion]:
    """Return the answers that fit, the best first; equal ones by name."""
    tone, why_tone = wanted_tone(asked.tags)
    found = []
    for answer in answers:
        text = _filled(answer.text, blanks)
        fit = _topic(answer, asked.tags)
        rank = asked.severity.rank
        in_bounds = answer.severity_from.rank <= rank <= answer.severity_to.rank
        if text is None or fit is None or answer.tone is not tone or not in_bounds:
            continue
        score, reason = fit
        reasons = [reason, spoken, why_tone]
        near = asked.likeness.get(answer.id)
        if near is not None:
            score += OF_EXAMPLES * max(0.0, near)
            reasons.append(f"like its examples {near:.2f}")
        found.append(
            Suggestion(
                answer=answer.id,
                language=language,
                text=text,
                tone=answer.tone.value,
                score=round(score + OF_TONE, 4),
                reasons=tuple(reasons),
            )
        )
    return sorted(found, key=lambda one: (-one.score, one.answer))


def _topic(answer: AgentAnswer, tags: Tags) -> tuple[float, str] | None:
    """Say how well it fits the topic; ``None``: it is about something else."""
    if not answer.topics:
        return FOR_ANYTHING, "for any topic"
    topic = tags.topic
    if topic is None or topic.name not in answer.topics:
        return None
    return OF_TOPIC * topic.score, f"topic {topic.name} {topic.score:.2f}"


def _filled(text: str, blanks: Mapping[str, str]) -> str | None:
    """Fill the blanks from approved values; ``None`` where one has no value."""
    for name in ("brand", "link"):
        blank = f"{{{name}}}"
        if blank not in text:
            continue
        if not blanks.get(name):
            return None
        text = text.replace(blank, blanks[name])
    return text
