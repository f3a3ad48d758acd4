"""Approved answers for a person to choose from; choosing one makes a draft of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.domain.corrections import corrected
from bot.domain.mentions import MentionId, StoredMention
from bot.domain.packs import AgentAnswer, Purpose, Templates
from bot.domain.platforms import NO_PLATFORMS, PlatformPack
from bot.domain.ports import Store
from bot.domain.replies import Reply, ReplyKind, ReplyState
from bot.domain.tags import Tags
from bot.domain.tickets import Ticket, TicketId
from bot.errors import Missing, NotAllowed
from bot.escalate.replies import render, wordings
from bot.escalate.suggest import Asked, Suggestion, language_for, suggested
from bot.services import drafts
from bot.services.guard import GuardAsked, unguarded, verdict_of
from bot.services.replies import reply_to

Likeness = Callable[[str, Sequence[AgentAnswer]], Mapping[str, float]]
"""Says how near a text is to each answer's examples, by the answer's name."""

CARE = "care"
"""The tone of what is said to somebody who may be in need."""


def nothing_alike(_text: str, _answers: Sequence[AgentAnswer]) -> Mapping[str, float]:
    """Where no model compares texts."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A suggestion that may be used, and what the guard says of it."""

    suggestion: Suggestion
    guard: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What suggestions are made of.

    ``links`` are the brands' public web pages; ``default_language`` stands in where
    there is no answer in the author's.
    """

    templates: Templates
    guard: GuardAsked = unguarded
    platforms: PlatformPack = NO_PLATFORMS
    default_language: str = "en"
    links: Mapping[str, str] = field(default_factory=dict)
    likeness: Likeness = nothing_alike

    def of(
        self,
        store: Store,
        clock: Clock,
        ticket_id: TicketId,
        *,
        mention_id: MentionId | None = None,
    ) -> list[Offered]:
        """Return what fits, the best first; what the guard blocks is never among it.

        Raises ``Missing``, or ``NotAllowed`` where the platform lets nobody answer.
        """
        with store.reading() as work:
            ticket = work.tickets.get(ticket_id)
            stored = drafts.to_answer(
                work, ticket, mention_id, self.platforms, clock.now()
            )
            tags = work.mentions.tags(stored.id)
            if tags is None:
                message = f"mention {stored.id} has no tags yet; suggest again later"
                raise Missing(message)
            said = work.corrections.of_mention(stored.id)
            found = self._found(stored, ticket, corrected(tags, said))
            offered = []
            for one in found:
                reply = reply_to(
                    stored,
                    ticket,
                    kind=ReplyKind.ANSWER,
                    state=ReplyState.DRAFT,
                    text=one.text,
                    language=one.language,
                    at=clock.now(),
                )
                checked = self.guard(work, reply)
                if checked.may_be_public:
                    offered.append(
                        Offered(
                            suggestion=one,
                            guard=verdict_of(checked),
                            rules=checked.rules,
                        )
                    )
        return offered

    def _found(
        self, stored: StoredMention, ticket: Ticket, tags: Tags
    ) -> list[Suggestion]:
        if tags.signs or ticket.signs:
            return self._of_care(ticket.brand, tags)
        known, default = self.templates.answers, self.default_language
        language, spoken = language_for(tags, known, default)
        answers = known.get(language, ())
        near = self.likeness(stored.mention.text, answers)
        asked = Asked(tags=tags, severity=ticket.severity, likeness=near)
        blanks = {"brand": ticket.brand, "link": self.links.get(ticket.brand, "")}
        return suggested(
            answers, asked, language=language, spoken=spoken, blanks=blanks
        )

    def _of_care(self, brand: str, tags: Tags) -> list[Suggestion]:
        """Offer the wordings for people in need, and nothing else."""
        by_language = {
            one.language: True for one in wordings(self.templates, Purpose.CARE)
        }
        own = tags.language.partition("-")[0].lower()
        language = own if own in by_language else self.default_language
        return [
            Suggestion(
                answer=one.id,
                language=one.language,
                text=render(one, brand=brand),
                tone=CARE,
                score=0.0,
                reasons=("signs of a need: only these wordings, chosen by a person",),
            )
            for one in wordings(self.templates, Purpose.CARE)
            if one.language == language
        ]

    def use(
        self,
        store: Store,
        clock: Clock,
        ticket_id: TicketId,
        number: int,
        *,
        by: str,
        mention_id: MentionId | None = None,
    ) -> Reply:
        """Make a draft of the suggestion with that number; 1 is the first.

        A wording for somebody in need waits for a yes at once. Raises ``NotAllowed``
        where there is no such suggestion.
        """
        offered = self.of(store, clock, ticket_id, mention_id=mention_id)
        if not 1 <= number <= len(offered):
            message = f"there is no suggestion {number}; there are {len(offered)}"
            raise NotAllowed(message)
        chosen = offered[number - 1].suggestion
        if chosen.tone == CARE:
            [wording] = [
                one
                for one in wordings(self.templates, Purpose.CARE)
                if one.id == chosen.answer
            ]
            return drafts.word(
                store,
                clock,
                ticket_id,
                wording,
                by=by,
                mention_id=mention_id,
                platforms=self.platforms,
            )
        return drafts.draft(
            store,
            clock,
            ticket_id,
            text=chosen.text,
            by=by,
            mention_id=mention_id,
            platforms=self.platforms,
            language=chosen.language,
            guard=self.guard,
        )
