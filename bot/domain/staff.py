"""Our own people at the console: their roles, and what each role may do.

``RIGHTS`` is the whole permission table. A route names the one right that it needs;
whoever lacks it is refused, and the refusal is on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.tickets import TicketId


class Role(StrEnum):
    """What somebody is here for."""

    AGENT = "agent"
    LEAD = "lead"
    COMPLIANCE_OFFICER = "compliance_officer"
    BRAND_VIEWER = "brand_viewer"
    OPERATOR = "operator"
    REGULATOR = "regulator"


class Right(StrEnum):
    """What a route or a call may need of whoever asks."""

    SEE_OWN_ACCOUNT = "see_own_account"
    SEE_TICKETS = "see_tickets"
    WORK_TICKETS = "work_tickets"
    APPROVE_REPLIES = "approve_replies"
    STOP_REPLIES = "stop_replies"
    SEE_LOG = "see_log"
    REVIEW_SCOPE = "review_scope"
    SEE_BRAND = "see_brand"
    SEE_SETUP = "see_setup"
    CHANGE_SETUP = "change_setup"
    MANAGE_USERS = "manage_users"
    SEE_GIVEN_CASES = "see_given_cases"


_AGENT = frozenset(
    {
        Right.SEE_OWN_ACCOUNT,
        Right.SEE_TICKETS,
        Right.WORK_TICKETS,
        Right.SEE_BRAND,
    }
)

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.AGENT: _AGENT,
    Role.LEAD: _AGENT
    | {
        Right.APPROVE_REPLIES,
        Right.STOP_REPLIES,
        Right.SEE_LOG,
        Right.REVIEW_SCOPE,
        Right.SEE_SETUP,
    },
    Role.COMPLIANCE_OFFICER: frozenset(
        {
            Right.SEE_OWN_ACCOUNT,
            Right.SEE_TICKETS,
            Right.SEE_LOG,
            Right.REVIEW_SCOPE,
            Right.SEE_BRAND,
            Right.SEE_SETUP,
        }
    ),
    Role.BRAND_VIEWER: frozenset({Right.SEE_OWN_ACCOUNT, Right.SEE_BRAND}),
    Role.OPERATOR: frozenset(
        {
            Right.SEE_OWN_ACCOUNT,
            Right.SEE_BRAND,
            Right.SEE_SETUP,
            Right.CHANGE_SETUP,
            Right.MANAGE_USERS,
            Right.STOP_REPLIES,
        }
    ),
    Role.REGULATOR: frozenset({Right.SEE_OWN_ACCOUNT, Right.SEE_GIVEN_CASES}),
}
"""The compliance officer reads all and changes nothing but reviews."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Whoever looks: a user with a session or an API key.

    ``name`` is what stands in the audit log and owns tickets. ``brands`` are those that
    they may see, all of them if empty. ``cases`` are a regulator's tickets, until
    ``until``. ``zone`` and ``language`` are how times and words are shown to them.
    """

    name: str
    role: Role
    zone: str
    language: str = "en"
    brands: frozenset[str] = frozenset()
    cases: frozenset[TicketId] = frozenset()
    until: datetime | None = None
    is_program: bool = False

    def may(self, right: Right) -> bool:
        """Whether the permission table gives their role this right."""
        return right in RIGHTS[self.role]

    def may_see(self, brand: str) -> bool:
        """Whether the brand is one of theirs."""
        return not self.brands or brand in self.brands
