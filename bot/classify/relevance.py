"""Whether a text is about a brand at all, by an operator's rules and examples.

In doubt it is: whatever is not surely about something else goes its usual way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import numpy as np

from bot.classify.examples import Embeds, Floats, Scale, Space, embedded, judged
from bot.classify.taught import BrandPart, RulePart
from bot.domain.mentions import Author
from bot.domain.tags import BY_EXAMPLES, Relevance
from bot.escalate.cues import count_cues

SURE = 0.98
"""Probability from which examples alone say that it is about something else."""

LOOKED_AT = 2_000
"""Characters in which an operator's pattern is looked for: it may be a slow one."""

_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_RELEVANT, _OTHER = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What rules look at in one text; ``row`` is its embedding, for the examples.

    ``is_readable``: nothing speaks against taking the model at its word.
    """

    text: str
    author: Author | None
    language: str
    row: Floats | None
    is_readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How a brand's examples tell what is about it from what is not."""

    space: Space
    scale: Scale

    @classmethod
    def of(cls, relevant: Floats, irrelevant: Floats, *, none: Floats) -> Self:
        """Learn from embedded examples of the two kinds."""
        vectors = np.concatenate([relevant, irrelevant])
        kinds = np.repeat([_RELEVANT, _OTHER], [len(relevant), len(irrelevant)])
        leaning = _leaning(judged(vectors, kinds, none).nearness)
        scale = Scale.of(leaning[kinds == _OTHER], leaning[kinds == _RELEVANT])
        return cls(space=Space.of(vectors, kinds, none), scale=scale)

    def irrelevance(self, vectors: Floats) -> Floats:
        """Return how likely each text is about something else."""
        return self.scale.probability(_leaning(self.space.nearness(vectors)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandRelevance:
    """One brand's rules and, where it has any, its examples."""

    rules: BrandPart
    likeness: Likeness | None

    @classmethod
    def learn(cls, part: BrandPart, encoder: Embeds, *, none: Floats) -> Self:
        """Learn what the operator wrote about one brand."""
        if not part.irrelevant:
            return cls(rules=part, likeness=None)
        likeness = Likeness.of(
            embedded(encoder, part.relevant),
            embedded(encoder, part.irrelevant),
            none=none,
        )
        return cls(rules=part, likeness=likeness)

    def judge(self, said: Said) -> Relevance:
        """Ask the rules that include, then those that exclude, then the examples."""
        for kind, rules in (
            ("include", self.rules.include),
            ("exclude", self.rules.exclude),
        ):
            for rule in rules:
                if _holds(rule, said):
                    return Relevance(
                        is_relevant=kind == "include",
                        rule=f"{kind}.{rule.id}",
                        text=rule.text,
                    )
        if self.likeness is None or said.row is None:
            return Relevance(is_relevant=True, rule="rules", text="no rule excludes it")
        score = float(self.likeness.irrelevance(said.row[np.newaxis])[0])
        if score < SURE:
            words = "not surely like the examples of what is about something else"
        elif not said.is_readable:
            words = "like what is about something else, but the text is in doubt"
        else:
            words = "like the examples of what is about something else"
        return Relevance(
            is_relevant=score < SURE or not said.is_readable,
            rule=BY_EXAMPLES,
            text=words,
            score=score,
            is_advice=not self.rules.set_aside_by_examples,
        )


def _leaning(nearness: Floats) -> Floats:
    leaning: Floats = nearness[:, _OTHER] - nearness[:, _RELEVANT]
    return leaning


def _holds(rule: RulePart, said: Said) -> bool:
    """Whether everything that the rule asks for is so."""
    return (
        (not rule.words or bool(count_cues(said.text, {"": rule.words})))
        and (not rule.pattern or _matches(rule.pattern, said.text))
        and (not rule.authors or _is_by(rule.authors, said.author))
        and (not rule.languages or said.language in rule.languages)
        and (not rule.links or _leads_to(rule.links, said.text))
    )


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text[:LOOKED_AT], re.IGNORECASE) is not None


def _is_by(authors: Sequence[str], author: Author | None) -> bool:
    if author is None:
        return False
    known = {author.handle.casefold(), author.external_id.casefold()}
    return any(name.lstrip("@").casefold() in known for name in authors)


def _leads_to(domains: Sequence[str], text: str) -> bool:
    hosts = {_host(link) for link in _LINK.findall(text)}
    wanted = {domain.casefold().removeprefix("www.") for domain in domains}
    return any(
        host == domain or host.endswith(f".{domain}")
        for host in hosts
        for domain in wanted
    )


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
