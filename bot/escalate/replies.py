"""Which way a reply may go, what it says, and when there are too many."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.decisions import Acknowledgement
from bot.domain.packs import FloodLimits, Template, Templates
from bot.domain.replies import ReplyState, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodCounts:
    """Replies within each limit's own span: to the author, the conversation, anybody."""

    author: int
    conversation: int
    overall: int


def may_move(before: ReplyState, after: ReplyState) -> bool:
    """Whether a reply may go from one state to the other."""
    raise NotImplementedError(before, after)


def first_state(acknowledgement: Acknowledgement) -> ReplyState:
    """``submitted`` where a person must agree, else ``queued``."""
    raise NotImplementedError(acknowledgement)


def choose_template(templates: Templates, name: str, *, key: str) -> Template:
    """Pick a variant of ``<language>/<purpose>``, the same for the same key."""
    raise NotImplementedError(templates, name, key)


def render(template: Template, *, brand: str) -> str:
    """Fill in the brand's name."""
    raise NotImplementedError(template, brand)


def flood_verdict(counts: FloodCounts, limits: FloodLimits) -> Verdict:
    """Whether one more reply may go out."""
    raise NotImplementedError(counts, limits)


def fits(text: str, limit: int) -> bool:
    """Whether a platform with this many characters takes the text."""
    return 0 < len(text) <= limit
