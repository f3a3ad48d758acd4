"""A model's draft of an answer: a person must agree to it, after the guard has."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clock import Clock
from bot.domain.mentions import MentionId
from bot.domain.platforms import Writer
from bot.domain.ports import Drafter, Store
from bot.domain.replies import Reply
from bot.domain.tickets import TicketId
from bot.errors import Missing, NotAllowed
from bot.escalate.platforms import MODEL, verdict
from bot.services import drafts
from bot.services.suggestions import Suggestions

LONGEST = 1_000
"""Characters; no public line is longer, and a model may never end."""

RESTS_ON = 3
"""Approved answers that it is shown, the best ones."""


def compose(  # noqa: PLR0913 - what is answered, by what and for whom
    store: Store,
    clock: Clock,
    drafter: Drafter,
    offers: Suggestions,
    ticket_id: TicketId,
    *,
    by: str,
    mention_id: MentionId | None = None,
) -> tuple[Reply, Sequence[str]]:
    """Let a model write a draft; return it with the approved answers that it rests on.

    Nothing of the author but the mention's text is shown to it. What it writes is kept
    only if the guard finds nothing at all, so whatever the text told it to say, no rule
    is set aside. Raises ``NotAllowed``, ``Missing`` or ``Unavailable``.
    """
    with store.reading() as work:
        ticket = work.tickets.get(ticket_id)
        stored = drafts.to_answer(
            work, ticket, mention_id, offers.platforms, clock.now()
        )
        tags = work.mentions.tags(stored.id)
        if tags is None:
            message = f"mention {stored.id} has no tags yet; try again later"
            raise Missing(message)
    rules = offers.platforms.of(stored.mention.channel)
    allowed = verdict(stored.mention, rules, (), clock.now(), writer=Writer.MODEL)
    if not allowed.allowed:
        raise NotAllowed("; ".join(allowed.reasons))
    if tags.signs or ticket.signs:
        message = "it shows signs of a need: no model words an answer, a person does"
        raise NotAllowed(message)
    found = offers.of(store, clock, ticket_id, mention_id=stored.id)
    best = [one.suggestion for one in found[:RESTS_ON]]
    text = drafter.draft(
        stored.mention.text,
        knowledge=[one.text for one in best],
        language=best[0].language if best else tags.language,
    )
    if not 0 < len(text.strip()) <= LONGEST:
        message = f"the model wrote {len(text)} characters; 1 to {LONGEST} are taken"
        raise NotAllowed(message)
    written = drafts.draft(
        store,
        clock,
        ticket_id,
        text=text,
        by=by,
        mention_id=stored.id,
        platforms=offers.platforms,
        language=best[0].language if best else "",
        guard=offers.guard,
        model=f"{MODEL}{drafter.model}",
    )
    return written, [f"{one.language}/{one.answer}" for one in best]
