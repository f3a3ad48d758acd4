"""What is to be done about one mention: pure, total, with every reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.decisions import Decision
from bot.domain.mentions import Mention
from bot.domain.packs import HousePack, RegulationPack
from bot.domain.tags import Tags
from bot.domain.tickets import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A mention and what stands around it.

    ``open_ticket`` is the conversation's open ticket; ``parent_ticket`` the ticket, open
    or not, of the text that this one amplifies or answers. ``is_authors_first``: the
    open ticket has no earlier mention by this author.
    """

    mention: Mention
    tags: Tags
    open_ticket: Ticket | None = None
    parent_ticket: Ticket | None = None
    is_authors_first: bool = True


def decide(
    situation: Situation, house: HousePack, regulation: RegulationPack, now: datetime
) -> Decision:
    """Decide; never raises for a valid situation, changes nothing."""
    raise NotImplementedError(situation, house, regulation, now)
