"""The one way in which a reply moves on: within a transaction, and on record."""

from __future__ import annotations

from datetime import datetime

from bot.domain.audit import AuditEntry
from bot.domain.ports import Notice, Work
from bot.domain.replies import Reply, ReplyState
from bot.errors import NotAllowed
from bot.escalate.replies import may_move


def _refused(work: Work, reply: Reply) -> Notice:
    """Tell those who work on the ticket: nobody else will answer there now."""
    return Notice(
        key=f"reply:{reply.id}:refused",
        to=work.tickets.get(reply.ticket_id).queue,
        subject=f"{reply.key} was not published on {reply.channel}",
        body=f"{reply.reason}. It is not tried again; its clock is still running.",
        ticket_id=reply.ticket_id,
        is_important=True,
    )


def move_reply(  # noqa: PLR0913 - what changed, when, by whom and why, by keyword
    work: Work,
    after: Reply,
    *,
    before: ReplyState,
    at: datetime,
    actor: str = "bot",
    detail: str = "",
    instead_of: str = "",
    action: str = "",
) -> bool:
    """Write a reply's new standing, unless it or its number of tries changed.

    ``instead_of`` is the hash under which it stands, where its own is another now;
    ``action`` is what the log calls it, where that is not its new state.
    """
    if after.state is not before and not may_move(before, after.state):
        message = f"{after.key} may not go from {before.value} to {after.state.value}"
        raise NotAllowed(message)
    tries = after.attempts - (after.state is ReplyState.SENDING)
    if not work.replies.move(after, before=before, tries=tries, instead_of=instead_of):
        return False
    if after.state is ReplyState.REFUSED:
        work.notices.add(_refused(work, after), at)
    if not action:
        action = after.state.value if after.state is not before else "postponed"
    work.audit.append(
        [
            AuditEntry(
                action=f"reply.{action}",
                subject=f"reply:{after.id}",
                at=at,
                actor=actor,
                detail={
                    "ticket": after.ticket_id,
                    "text_sha256": after.text_hash,
                    "external_id": after.external_id,
                    "attempts": after.attempts,
                    "reason": after.reason,
                    "error": detail,
                },
            )
        ]
    )
    return True
