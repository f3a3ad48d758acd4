"""What a text is about, told by an operator's own examples; or nothing of the kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from bot.classify import background
from bot.classify.examples import Embeds, Floats, Scale, Space, embedded, judged
from bot.domain.tags import Topic

NONE_BELOW = 0.3
"""Where the nearest topic is less likely than this, it is none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Topics that were learnt from examples."""

    names: tuple[str, ...]
    space: Space
    scale: Scale

    @classmethod
    def learn(
        cls, examples: Mapping[str, Sequence[str]], encoder: Embeds, *, none: Floats
    ) -> Self:
        """Learn every topic's example posts, at least five each.

        ``none`` are the rows of posts about other things (``of_none``).
        """
        texts = [text for posts in examples.values() for text in posts]
        kinds = np.repeat(np.arange(len(examples)), [*map(len, examples.values())])
        return cls.of(tuple(examples), embedded(encoder, texts), kinds, none=none)

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        vectors: Floats,
        kinds: np.typing.NDArray[np.int_],
        *,
        none: Floats,
    ) -> Self:
        """Learn examples that are embedded already."""
        found = judged(vectors, kinds, none)
        each = np.arange(len(kinds))
        right = found.nearness[each, kinds]
        rivals = found.nearness.copy()
        rivals[each, kinds] = -np.inf
        # A topic's own example, seen without its topic, is none of the others.
        wrong = rivals.max(axis=1)[np.isfinite(rivals.max(axis=1))]
        scale = Scale.of(right, np.concatenate([wrong, found.others]))
        return cls(names=names, space=Space.of(vectors, kinds, none), scale=scale)

    def tell(self, vectors: Floats) -> list[Topic | None]:
        """Return each text's likeliest topic, ``None`` where it is none of them."""
        nearness = self.space.nearness(vectors)
        nearest = nearness.argmax(axis=1)
        sure = self.scale.probability(nearness.max(axis=1))
        return [
            Topic(name=self.names[which], score=float(score))
            if score >= NONE_BELOW
            else None
            for which, score in zip(nearest, sure, strict=True)
        ]


def of_none(encoder: Embeds, posts: Sequence[str] = ()) -> Floats:
    """Return the rows of posts about other things: the invented, and an operator's."""
    return embedded(encoder, [*background.POSTS, *posts])
