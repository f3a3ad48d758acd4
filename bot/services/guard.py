"""The guard of public replies, with what is known around one.

A text that it blocks is never stored as a draft: whoever writes it is told which rule,
which words and what to write instead, and the log keeps the rules alone. Nobody may
override it; what only asks for a second person is shown to those who agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.audit import AuditEntry
from bot.domain.guard import Checked, Finding, Weight
from bot.domain.mentions import StoredMention
from bot.domain.ports import Work
from bot.domain.replies import Reply, ReplyState
from bot.domain.tickets import TicketId
from bot.errors import NotAllowed
from bot.escalate.acknowledge import primary
from bot.escalate.guard import Around, check

GuardAsked = Callable[[Work, Reply], Checked]
"""Says what a reply's text was found to hold."""

STANDS = frozenset(
    {
        ReplyState.QUEUED,
        ReplyState.SENDING,
        ReplyState.SENT,
        ReplyState.SEEN,
        ReplyState.UNKNOWN,
    }
)
"""States of a reply that its author has read, or will."""


def unguarded(_work: Work, _reply: Reply) -> Checked:
    """Where nothing is looked for."""
    return Checked()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What may be shown of us: public contacts by brand, and everybody's lines.

    ``staff`` are our people's names, ``common`` words that are no names where a
    sentence begins with them. ``hand_offs`` are the approved lines that invite to a
    private message, by language, and ``language`` is the house's own.
    """

    contacts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    common: frozenset[str] = frozenset()
    hand_offs: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"

    def __call__(self, work: Work, reply: Reply) -> Checked:
        """Check a reply that is stored or about to be; only what others would read."""
        if reply.is_private:
            return Checked()
        stored = work.mentions.get(reply.mention_id)
        others = [
            one
            for one in work.replies.of_ticket(TicketId(reply.ticket_id))
            if one.id != reply.id
        ]
        around = replace(self.of_brand(reply.brand), is_free=False)
        if not reply.template:
            # What the house worded itself names nobody, however the author is called.
            around = self.around(stored, others)
        return self.look(reply.text, around, reply.language)

    def look(self, text: str, around: Around, language: str = "") -> Checked:
        """Check words, and name the approved line that may take their place."""
        found = check(text, around)
        if found.weight is not Weight.HAND_OFF:
            return found
        own = self.hand_offs.get(self.language, "")
        return replace(found, instead=self.hand_offs.get(primary(language), own))

    def of_brand(self, brand: str) -> Around:
        """Return what is known where there is nobody to answer."""
        return Around(
            contacts=(*self.contacts.get(brand, ()), *self.lines), common=self.common
        )

    def around(self, stored: StoredMention, others: list[Reply]) -> Around:
        """Return what is known around an answer to a mention."""
        mention = stored.mention
        author = mention.author
        there = [one for one in others if one.state in STANDS]
        return replace(
            self.of_brand(mention.brand),
            author=author,
            said=(mention.text,),
            staff=self.staff,
            is_second=author is not None
            and any(one.author == author.external_id for one in there),
        )

    def why_two(self, work: Work, reply: Reply) -> tuple[str, ...]:
        """Name what a second person must have looked at, in free words."""
        if reply.template:
            return ()
        found = self(work, reply).findings
        asked = {one.rule: one.text for one in found}
        return tuple(
            f"it {text.text} (guard.{rule})"
            for rule, text in asked.items()
            if text.weight is Weight.FOUR_EYES
        )


def told(text: str, finding: Finding) -> str:
    """Say of one finding what it is, which words, why, and what to write."""
    words = " ".join(text[finding.start : finding.end].split())
    rule = finding.text
    return (
        f"guard.{finding.rule}: {rule.text}: {words!r} ({rule.source}); {rule.instead}"
    )


def refuse(text: str, checked: Checked) -> None:
    """Raise ``NotAllowed`` with every finding, if it may never be public."""
    if checked.may_be_public:
        return
    lines = "\n".join(
        told(text, one)
        for one in checked.findings
        if one.text.weight is not Weight.FOUR_EYES
    )
    line = f"\nan approved line says it: {checked.instead}" if checked.instead else ""
    raise NotAllowed(f"this may not be said in public:\n{lines}{line}")


def verdict_of(checked: Checked) -> str:
    """Return the verdict's name, as the log keeps it."""
    return checked.weight.value if checked.weight else "pass"


def checked_entry(
    reply: Reply, checked: Checked, *, by: str, at: datetime
) -> AuditEntry:
    """Keep what was found in somebody's words, without a word of theirs."""
    is_kept = bool(reply.id)
    return AuditEntry(
        action="reply.checked",
        subject=f"reply:{reply.id}" if is_kept else f"mention:{reply.mention_id}",
        at=at,
        actor=by,
        detail={
            "ticket": reply.ticket_id,
            "mention": reply.mention_id,
            "verdict": verdict_of(checked),
            "rules": list(checked.rules),
            "checked_sha256": reply.text_hash,
        },
    )
