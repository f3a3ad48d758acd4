"""What a draft must not say in public: found in its words and numbers, and named.

``check`` is pure and asks nobody. Nothing that it finds is ever repeated by it: a
finding names a rule and a place.
"""

from __future__ import annotations

from bot.escalate.guard.check import Around, check

__all__ = ["Around", "check"]
