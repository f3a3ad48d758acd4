"""Another model's labels, read as negative, neutral and positive."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.classify.scores import SENTIMENTS
from bot.errors import ClassifyError

_WORDS = {
    "negative": "negative",
    "neg": "negative",
    "very negative": "negative",
    "neutral": "neutral",
    "neu": "neutral",
    "positive": "positive",
    "pos": "positive",
    "very positive": "positive",
    "1 star": "negative",
    "2 stars": "negative",
    "3 stars": "neutral",
    "4 stars": "positive",
    "5 stars": "positive",
}


def map_labels(
    labels: Mapping[int, str], chosen: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Return, for each class index in order, the sentiment that it stands for.

    ``chosen`` (a setting) names the sentiment per label or per index and wins over
    the table. A guess would be worse than none here: swapping two labels turns
    praise into complaints. So ``LABEL_0`` without a setting is refused, and so is
    a model without both a negative and a positive class (ClassifyError).
    """
    chosen = {_plain(key): value for key, value in (chosen or {}).items()}
    mapped = [
        chosen.get(_plain(label))
        or chosen.get(str(index))
        or _WORDS.get(_plain(label), "")
        for index, label in sorted(labels.items())
    ]
    strange = sorted({m for m in mapped if m and m not in SENTIMENTS})
    unread = [label for label, m in zip(_named(labels), mapped, strict=True) if not m]
    if strange:
        message = f"the label map names {', '.join(strange)}"
        raise ClassifyError(f"{message}; only {', '.join(SENTIMENTS)} are possible")
    if unread or not {"negative", "positive"} <= set(mapped):
        names = ", ".join(_named(labels))
        message = f"cannot tell which of the model's labels ({names}) mean"
        hint = "set a label map, such as {LABEL_0: negative, LABEL_1: positive}"
        raise ClassifyError(f"{message} negative, neutral or positive: {hint}")
    return tuple(mapped)


def _plain(label: str) -> str:
    return re.sub(r"[\s_-]+", " ", label.strip().lower())


def _named(labels: Mapping[int, str]) -> list[str]:
    return [label for _, label in sorted(labels.items())]
