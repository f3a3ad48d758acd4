"""Freshdesk: tickets by our key as a tag, changes as private notes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from bot.clock import Clock
from bot.domain.channels import Cursor
from bot.domain.decisions import Severity
from bot.domain.desks import OURS, DeskCard, DeskPage, DeskState, DeskUpdate
from bot.domain.tickets import TicketStatus
from bot.notify._rest import Rest, Site, Wishes, instant, rows, said

PRIORITY = {
    Severity.LOW: 1,
    Severity.MEDIUM: 2,
    Severity.HIGH: 3,
    Severity.CRITICAL: 4,
}
USUAL = {TicketStatus.OPEN: "2", TicketStatus.CLOSED: "4"}
OVER = ("4", "5")
PAGE = 100
PAGES = 50
OVERLAP = timedelta(minutes=1)


class FreshdeskDesk:
    """One Freshdesk account; its statuses are numbers."""

    kind = "Freshdesk"
    folds_repeats = False
    # Their search by tag is an index that may run minutes behind.
    settle_after = timedelta(minutes=5)

    def __init__(
        self, site: Site, wishes: Wishes, clock: Clock, *, requester: str
    ) -> None:
        """Take the account, and in whose name (a mail address) tickets are opened."""
        self.name = site.name
        self._rest, self._wishes, self._clock = Rest(site, clock), wishes, clock
        self._requester = requester

    def find(self, key: str) -> DeskState | None:
        """Look for a ticket by its tag."""
        found = rows(
            self._rest.get(
                "/api/v2/search/tickets", "results", query=f"\"tag:'{key}'\""
            )
        )
        return self._state(found[0]) if found else None

    def create(self, card: DeskCard) -> DeskState:
        """Make a ticket."""
        ticket = self._wishes.wanted(
            {"priority": PRIORITY[card.severity], "email": self._requester}
        )
        tags = ticket.get("tags")
        ticket |= {
            "subject": card.title,
            "description": _html(card.body),
            "status": int(self._wishes.word(TicketStatus.OPEN, "2")),
            "tags": [*(tags if isinstance(tags, list) else ()), card.key],
        }
        made = self._rest.write("POST", "/api/v2/tickets", ticket, part="id")
        return self._read(str(made))

    def update(
        self, external_id: str, update: DeskUpdate, *, in_doubt: bool
    ) -> DeskState | None:
        """Set priority and status, which may be done again, and then note once."""
        path = f"/api/v2/tickets/{external_id}"
        ticket = self._wishes.left({"priority": PRIORITY[update.card.severity]})
        if update.status is not None:
            word = self._wishes.word(update.status, USUAL[update.status])
            ticket["status"] = int(word)
        if ticket:
            self._rest.write("PUT", path, ticket)
        if not (in_doubt and self._has_note(path, update.mark)):
            note = {"body": _html(update.note), "private": True}
            self._rest.write("POST", f"{path}/notes", note)
        return self._read(external_id)

    def _has_note(self, path: str, mark: str) -> bool:
        for page in range(1, PAGES + 1):
            found = self._rest.listed(f"{path}/conversations", per_page=PAGE, page=page)
            if any(mark in said(one, "body_text") for one in found):
                return True
            if len(found) < PAGE:
                break
        return False

    def changes(self, cursor: Cursor | None) -> DeskPage:
        """List what was changed since, others' tickets too."""
        now = self._clock.now()
        since = datetime.fromisoformat(cursor) if cursor else now
        start = (since - OVERLAP).astimezone(UTC)
        states: list[DeskState] = []
        newest = since
        for page in range(1, PAGES + 1):
            found = self._rest.listed(
                "/api/v2/tickets",
                updated_since=f"{start:%Y-%m-%dT%H:%M:%SZ}",
                order_by="updated_at",
                order_type="asc",
                per_page=PAGE,
                page=page,
            )
            for one in found:
                newest = max(newest, instant(self.name, said(one, "updated_at")))
                if _is_ours(one):
                    states.append(self._state(one))
            if len(found) < PAGE:
                break
        return DeskPage(states=states, cursor=Cursor(newest.isoformat()))

    def check(self) -> str:
        """Say as whom we are signed in."""
        return f"{self.kind}, agent {self._rest.get('/api/v2/agents/me', 'id')}"

    def _read(self, external_id: str) -> DeskState:
        return self._state(self._rest.get(f"/api/v2/tickets/{external_id}"))

    def _state(self, ticket: Mapping[str, Any]) -> DeskState:
        word, number = said(ticket, "status"), said(ticket, "id")
        return DeskState(
            external_id=number,
            status=self._wishes.status(word, is_over=word in OVER),
            status_name=word,
            at=instant(self.name, said(ticket, "updated_at")),
            assignee=said(ticket, "responder_id"),
            url=f"{self._rest.site.url}/a/tickets/{number}",
        )


def _is_ours(ticket: Mapping[str, Any]) -> bool:
    tags = ticket.get("tags")
    return isinstance(tags, list) and any(str(one).startswith(OURS) for one in tags)


def _html(text: str) -> str:
    """Write plain text as the HTML that they take."""
    return escape(text, quote=False).replace("\n", "<br>")
