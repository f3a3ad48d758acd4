"""What a page's address names, and whether whoever asks may see it.

What is not theirs is not there for them: nobody learns from a refusal that it is. That
they asked for it is on record.
"""

from __future__ import annotations

import re

from bot.domain.letters import Letter, LetterId
from bot.domain.ports import Work
from bot.domain.replies import Reply, ReplyId
from bot.domain.staff import Viewer
from bot.domain.tickets import Ticket, TicketId
from bot.errors import Missing

_KEY = re.compile(r"([A-Z])-?(\d{1,18})")


class NotTheirs(Missing):
    """It is another brand's, and not there for whoever asks."""


def must_be_theirs(viewer: Viewer, brand: str, what: str) -> None:
    """Raise ``NotTheirs`` where somebody may not see what is of a brand."""
    if not viewer.may_see(brand):
        raise NotTheirs(f"there is no {what}")


def number_in(key: str, letter: str) -> int:
    """Read ``T-000012``; raise ``Missing`` for what names nothing."""
    found = _KEY.fullmatch(key.upper())
    if found is None or found[1] != letter:
        message = f"there is no {key!r}; it looks like {letter}-000012"
        raise Missing(message)
    return int(found[2])


def ticket_in(work: Work, key: str, viewer: Viewer) -> Ticket:
    """Return the ticket that an address names; raises ``Missing``."""
    ticket = work.tickets.get(TicketId(number_in(key, "T")))
    must_be_theirs(viewer, ticket.brand, f"ticket {key}")
    return ticket


def reply_in(work: Work, key: str, viewer: Viewer) -> Reply:
    """Return the reply that an address names; raises ``Missing``."""
    reply = work.replies.get(ReplyId(number_in(key, "R")))
    must_be_theirs(viewer, reply.brand, f"reply {key}")
    return reply


def letter_in(work: Work, key: str, viewer: Viewer) -> Letter:
    """Return the legal notice that an address names; raises ``Missing``."""
    letter = work.letters.get(LetterId(number_in(key, "L")))
    must_be_theirs(
        viewer, work.tickets.get(letter.ticket_id).brand, f"legal notice {key}"
    )
    return letter
