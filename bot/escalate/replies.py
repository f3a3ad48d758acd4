"""Which way a reply may go, what it says, and when there are too many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.decisions import Acknowledgement
from bot.domain.packs import (
    FloodLimit,
    FloodLimits,
    FourEyes,
    Purpose,
    Template,
    Templates,
)
from bot.domain.replies import ReplyState, Verdict
from bot.errors import Missing
from bot.escalate.cues import count_cues

ALLOWED: Mapping[ReplyState, frozenset[ReplyState]] = {
    ReplyState.DRAFT: frozenset({ReplyState.SUBMITTED, ReplyState.CANCELLED}),
    # Back to a draft in other words.
    ReplyState.SUBMITTED: frozenset(
        {
            ReplyState.DRAFT,
            ReplyState.APPROVED,
            ReplyState.REJECTED,
            ReplyState.CANCELLED,
        }
    ),
    ReplyState.APPROVED: frozenset({ReplyState.QUEUED, ReplyState.CANCELLED}),
    # Refused where we cannot send it at all; sent where a slow call's receipt came
    # after the platform had been searched in vain; submitted where nobody's yes to it
    # holds any more.
    ReplyState.QUEUED: frozenset(
        {
            ReplyState.SUBMITTED,
            ReplyState.SENDING,
            ReplyState.SENT,
            ReplyState.WITHHELD,
            ReplyState.REFUSED,
            ReplyState.CANCELLED,
        }
    ),
    # Back to queued only where the platform surely did not take it (a rate limit).
    ReplyState.SENDING: frozenset(
        {
            ReplyState.SENT,
            ReplyState.UNKNOWN,
            ReplyState.REFUSED,
            ReplyState.QUEUED,
        }
    ),
    # Settled by looking there: it stands (sent, seen) or surely does not (queued).
    ReplyState.UNKNOWN: frozenset(
        {ReplyState.SENT, ReplyState.SEEN, ReplyState.QUEUED, ReplyState.REFUSED}
    ),
    ReplyState.SENT: frozenset({ReplyState.SEEN}),
    ReplyState.REJECTED: frozenset({ReplyState.DRAFT, ReplyState.CANCELLED}),
    ReplyState.SEEN: frozenset(),
    # What was never said a person may say in words of their own.
    ReplyState.REFUSED: frozenset({ReplyState.DRAFT}),
    ReplyState.CANCELLED: frozenset({ReplyState.DRAFT}),
    ReplyState.WITHHELD: frozenset({ReplyState.DRAFT}),
}
"""Every move there is. No way leads from ``unknown`` to ``sending`` but through a look
at the platform, and none from a draft to the queue but through an approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodCounts:
    """Replies within each limit's own span; ``overall`` counts every channel."""

    author: int
    conversation: int
    overall: int
    channel: int = 0


def may_move(before: ReplyState, after: ReplyState) -> bool:
    """Whether a reply may go from one state to the other."""
    return after in ALLOWED[before]


def first_state(acknowledgement: Acknowledgement) -> ReplyState:
    """Return ``submitted`` where a person must agree, else ``queued``.

    Only an acknowledgement that the house pack allows unasked starts in the queue; the
    policy's rule stands for the approval.
    """
    if acknowledgement.needs_approval:
        return ReplyState.SUBMITTED
    return ReplyState.QUEUED


def wordings(templates: Templates, purpose: Purpose) -> Sequence[Template]:
    """Return every wording for a purpose, by language."""
    return [
        template
        for language in sorted(templates.by_language)
        for template in templates.by_language[language].get(purpose, ())
    ]


def choose_template(templates: Templates, name: str, *, key: str) -> Template:
    """Pick a variant of ``<language>/<name>``, always the same one for a key.

    Raises ``Missing`` where there is no such wording.
    """
    language, _, purpose = name.partition("/")
    variants = templates.by_language.get(language, {}).get(purpose, ())
    if not variants:
        message = f"there is no template {name!r}"
        raise Missing(message)
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return variants[int.from_bytes(digest[:8], "big") % len(variants)]


def render(template: Template, *, brand: str, by: str = "", link: str = "") -> str:
    """Fill in the brand's name and, in a status, until when they hear.

    Where it leads to a private talk, its link too; nothing else ever varies.
    """
    text = template.text.replace("{by}", by).replace("{link}", link)
    return text.replace("{brand}", brand)


def voices(people: Iterable[str], written_by: str = "") -> tuple[str, ...]:
    """Return the different people among some, each as first named, but for a writer."""
    found = {one.strip().casefold(): one for one in reversed([*people])}
    found.pop(written_by.strip().casefold(), None)
    return tuple(reversed(found.values()))


def lacks_a_yes(
    said_yes: Iterable[str], written_by: str, why_two: Sequence[str]
) -> str:
    """Say whose yes a text still lacks; empty if it may go out.

    Two people answer for what ``why_two`` names: its writer and another, or, where the
    house worded it, two who agree. Nobody agrees to what they wrote themselves.
    """
    people = voices(said_yes, written_by)
    needed = 2 if why_two and not written_by else 1
    if len(people) >= needed:
        return ""
    if not people and not why_two:
        return "no yes to this text is on record"
    told = f"{', '.join(people)} agreed" if people else "nobody agreed yet"
    more = "another person must" if people or written_by else "two people must"
    why = f" ({'; '.join(why_two)})" if why_two else ""
    return f"{told}; {more}{why}"


def legal_words(text: str, four_eyes: FourEyes) -> tuple[str, ...]:
    """Return the policy's words that stand in what we say."""
    return tuple(one for one in four_eyes.words if count_cues(text, {"words": (one,)}))


def flood_verdict(counts: FloodCounts, limits: FloodLimits) -> Verdict:
    """Whether one more reply may go out; the reasons name every limit reached."""
    checks: tuple[tuple[str, int, FloodLimit], ...] = (
        ("author", counts.author, limits.author),
        ("conversation", counts.conversation, limits.conversation),
        ("channel", counts.channel, limits.channel),
        ("overall", counts.overall, limits.overall),
    )
    reasons = tuple(
        f"house.flood.{name}: {limit.replies} replies within {limit.within} reached"
        for name, count, limit in checks
        if count >= limit.replies
    )
    return Verdict(allowed=not reasons, reasons=reasons)


def fits(length: int, limit: int) -> bool:
    """Whether a text of that length, as the platform counts it, is one that it takes.

    No limit is told by 0.
    """
    return length > 0 and (not limit or length <= limit)
