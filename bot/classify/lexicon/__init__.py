"""The words that make a text urgent: patterns over folded text (``text.folded``).

``unless`` is searched in the match and a little around it: the idioms and false friends
of that very entry. A handle is ``@``. All entries together take about half a
millisecond on a short text.
"""

from __future__ import annotations

from bot.classify.lexicon.dealings import CHURN, FRAUD
from bot.classify.lexicon.distress import HARDSHIP, VULNERABILITY
from bot.classify.lexicon.entry import Entry
from bot.classify.lexicon.indirect import INDIRECT
from bot.classify.lexicon.languages import OTHER_LANGUAGES
from bot.classify.lexicon.threats import LEGAL, MEDIA, SAFETY

__all__ = ["ENTRIES", "VERSION", "Entry"]

VERSION = "lexicon-7"
"""Changes whenever the same text could carry other signals, or other scores."""

ENTRIES: tuple[Entry, ...] = (
    *HARDSHIP,
    *VULNERABILITY,
    *LEGAL,
    *SAFETY,
    *MEDIA,
    *CHURN,
    *FRAUD,
    *INDIRECT,
    *OTHER_LANGUAGES,
)
