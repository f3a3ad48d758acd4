"""Our own people at the console: their roles, and what each role may do.

``RIGHTS`` is the whole permission table. A route names the one right that it needs;
whoever lacks it is refused, and the refusal is on record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.tickets import TicketId

UserId = NewType("UserId", int)
SessionId = NewType("SessionId", int)
KeyId = NewType("KeyId", int)

NOT_PEOPLE = frozenset({"bot", "house", "nobody", "oidc", "shell"})
"""What stands in the log in place of a name: the program, the house's policy, whoever
is not signed in, the identity provider, and whoever sits at the command line."""

SHELL, NOBODY, PROVIDER = "shell", "nobody", "oidc"
MOST_OF_A_NAME = 60

KEY_STARTS = "ans_"
"""How an API key begins, so that one that was published by mistake can be found."""


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
    ``until``. ``zone``, ``language`` and ``theme`` are how things are shown to them; an
    empty language is the browser's.
    """

    name: str
    role: Role
    zone: str
    language: str = "en"
    brands: frozenset[str] = frozenset()
    cases: frozenset[TicketId] = frozenset()
    until: datetime | None = None
    is_program: bool = False
    theme: str = ""

    def may(self, right: Right) -> bool:
        """Whether the permission table gives their role this right."""
        return right in RIGHTS[self.role]

    def may_see(self, brand: str) -> bool:
        """Whether the brand is one of theirs."""
        return not self.brands or brand in self.brands


def hash_of(token: str) -> str:
    """Return what is kept of a token that cannot be guessed, or of a name typed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def wrong_in_name(name: str) -> str:
    """Say what forbids a name of a person or program; empty if nothing does."""
    if not name.strip() or not name.isprintable() or len(name) > MOST_OF_A_NAME:
        return f"a name has 1 to {MOST_OF_A_NAME} letters that can be read"
    if name != " ".join(name.split()):
        return "a name has single spaces, and none at its ends"
    if name.casefold() in NOT_PEOPLE:
        return f"{name!r} stands in the log for what no named person did"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One of our people; the name is theirs for good, because the log knows them by it.

    ``password`` and ``recovery`` are hashes, ``totp`` is locked by the console's
    secret, ``totp_step`` is the last code's half minute: none works twice. ``subject``
    is who they are to the identity provider, if they come from there. ``link`` is the
    hash of a link by which they may set a password, until ``link_ends_at``.
    """

    name: str
    role: Role
    added_at: datetime
    id: UserId = UserId(0)
    version: int = 0
    brands: frozenset[str] = frozenset()
    zone: str = ""
    language: str = ""
    theme: str = ""
    disabled_at: datetime | None = None
    password: str = field(default="", repr=False)
    totp: str = field(default="", repr=False)
    totp_step: int = 0
    recovery: tuple[str, ...] = field(default=(), repr=False)
    subject: str | None = None
    link: str | None = field(default=None, repr=False)
    link_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Who somebody is by the word of the identity provider; ``None`` is no role."""

    subject: str
    name: str
    role: Role | None
    brands: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser in which somebody is signed in; ``token`` is its cookie's hash."""

    user_id: UserId
    token: str = field(repr=False)
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    way: str
    address: str
    browser: str
    id: SessionId = SessionId(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What a program signs in with; ``token`` is the hash of the key itself."""

    name: str
    role: Role
    token: str = field(repr=False)
    made_at: datetime
    made_by: str
    ends_at: datetime
    id: KeyId = KeyId(0)
    brands: frozenset[str] = frozenset()
    used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A ticket that a regulator may read until an instant, and who gave it and why."""

    user_id: UserId
    ticket_id: TicketId
    given_at: datetime
    given_by: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """How often signing in failed under a name, from an address, or both.

    ``who`` is a name's hash: people type passwords where a name belongs.
    """

    who: str
    address: str
    count: int
    last_at: datetime
    locked_until: datetime | None = None
