"""Edited: an author changes what they said; the words of before are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.audit import AuditEntry
from bot.domain.mentions import Mention, StoredMention, text_hash
from bot.domain.ports import Notice, Work
from bot.domain.replies import Reply, ReplyState
from bot.domain.tickets import Ticket
from bot.services.outbox import move_reply

EDITED_MEANWHILE = "the text it answers was edited meanwhile; read it again"

ASKED_AGAIN = (ReplyState.QUEUED, ReplyState.SUBMITTED)
"""States of a reply to the earlier text that a person must look at again."""


def is_edit(stored: StoredMention, mention: Mention) -> bool:
    """Whether a mention that came again says something else, and said so later."""
    was, now = stored.mention.edited_at, mention.edited_at
    is_later = now is not None and (was is None or now > was)
    return (
        is_later and stored.removed_at is None and mention.text != stored.mention.text
    )


def edit(work: Work, stored: StoredMention, mention: Mention, now: datetime) -> bool:
    """Keep the new words beside the old, and let them be tagged and decided again.

    Nothing that answers the old words goes out unseen. ``False`` if another process
    took this edit in meanwhile.
    """
    if not work.mentions.edit(stored, mention, now):
        return False
    work.audit.append([_edited(stored, mention, now)])
    made = work.mentions.decision(stored.id)
    if made is not None and made[1] is not None:
        ticket = work.tickets.get(made[1])
        held = [
            reply.key
            for reply in work.replies.of_ticket(ticket.id)
            if reply.mention_id == stored.id and _hold(work, reply, now)
        ]
        if held:
            work.notices.add(_told(stored, ticket, held), now)
    return True


def _hold(work: Work, reply: Reply, now: datetime) -> bool:
    """Let it be read again; no yes from before holds: it was given to an answer."""
    if reply.state not in ASKED_AGAIN:
        return False
    # Who agrees at this moment is waited for, or the yes would be missed.
    reply = work.replies.hold(reply.id)
    if reply.state not in ASKED_AGAIN:
        return False
    work.replies.void_approvals(reply.id, now)
    asked = replace(
        reply,
        state=ReplyState.SUBMITTED,
        approved_by="",
        next_at=None,
        reason=EDITED_MEANWHILE,
    )
    return move_reply(work, asked, before=reply.state, at=now)


def _edited(stored: StoredMention, mention: Mention, now: datetime) -> AuditEntry:
    return AuditEntry(
        action="mention.edited",
        subject=f"mention:{stored.id}",
        at=now,
        detail={
            "edit": stored.edits + 1,
            "edited_at": mention.edited_at and mention.edited_at.isoformat(),
            "was_sha256": text_hash(stored.mention.text),
            "text_sha256": text_hash(mention.text),
        },
    )


def _told(stored: StoredMention, ticket: Ticket, held: list[str]) -> Notice:
    return Notice(
        key=f"mention:{stored.id}:edited:{stored.edits + 1}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: its author edited mention {stored.id}",
        body=f"{', '.join(held)} answered the text of before and waits for your yes. "
        "Read the new text first.",
        ticket_id=ticket.id,
    )
