"""Zendesk Support: tickets by our key in ``external_id``, changes as private notes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.domain.channels import Cursor
from bot.domain.decisions import Severity
from bot.domain.desks import OURS, DeskCard, DeskPage, DeskState, DeskUpdate
from bot.domain.tickets import TicketStatus
from bot.notify._rest import Rest, Site, Wishes, instant, rows, said

PRIORITY = {
    Severity.LOW: "low",
    Severity.MEDIUM: "normal",
    Severity.HIGH: "high",
    Severity.CRITICAL: "urgent",
}
USUAL = {TicketStatus.OPEN: "open", TicketStatus.CLOSED: "solved"}
OVER = ("solved", "closed")
EXPORT = "/api/v2/incremental/tickets/cursor.json"
LATE = timedelta(minutes=1)
"""How far their export is behind."""


class ZendeskDesk:
    """One Zendesk account."""

    kind = "Zendesk"
    folds_repeats = False
    # Their list by external_id is no search index: what was taken is in it at once.
    settle_after = timedelta(seconds=90)

    def __init__(self, site: Site, wishes: Wishes, clock: Clock) -> None:
        """Take the account, and what is wanted of its tickets."""
        self.name = site.name
        self._rest, self._wishes, self._clock = Rest(site, clock), wishes, clock

    def find(self, key: str) -> DeskState | None:
        """Look for a ticket by its ``external_id``."""
        answer = self._rest.get("/api/v2/tickets.json", "tickets", external_id=key)
        found = rows(answer)
        return self._state(found[0]) if found else None

    def create(self, card: DeskCard) -> DeskState:
        """Make a ticket; their own idempotency key folds a repeat within two hours."""
        ticket = self._wishes.wanted(
            {"priority": PRIORITY[card.severity], "tags": ["answerable"]}
        )
        ticket |= {
            "subject": card.title,
            "comment": {"body": card.body, "public": False},
            "external_id": card.key,
        }
        made = self._rest.write(
            "POST",
            "/api/v2/tickets.json",
            {"ticket": ticket},
            part="ticket",
            headers={"Idempotency-Key": card.key},
        )
        return self._state(made)

    def update(
        self, external_id: str, update: DeskUpdate, *, in_doubt: bool
    ) -> DeskState | None:
        """Add a private note, and set priority and, where it changed, the status."""
        path = f"/api/v2/tickets/{external_id}"
        if in_doubt and self._has_note(path, update.mark):
            return self._state(self._rest.get(f"{path}.json", "ticket"))
        ticket = self._wishes.left({"priority": PRIORITY[update.card.severity]})
        ticket["comment"] = {"body": update.note, "public": False}
        if update.status is not None:
            ticket["status"] = self._wishes.word(update.status, USUAL[update.status])
        body = {"ticket": ticket}
        return self._state(self._rest.write("PUT", f"{path}.json", body, part="ticket"))

    def _has_note(self, path: str, mark: str) -> bool:
        newest = self._rest.get(f"{path}/comments.json", "comments", sort_order="desc")
        return any(mark in said(one, "body") for one in rows(newest))

    def changes(self, cursor: Cursor | None) -> DeskPage:
        """Read their incremental export, which tells of others' tickets too."""
        if cursor is None:
            start = int((self._clock.now() - LATE).timestamp())
            page = self._rest.get(EXPORT, start_time=start)
        else:
            page = self._rest.get(EXPORT, cursor=cursor)
        after = said(page, "after_cursor")
        ours = [
            self._state(one)
            for one in rows(page.get("tickets"))
            if said(one, "external_id").startswith(OURS)
            and said(one, "status") != "deleted"
        ]
        return DeskPage(
            states=ours,
            cursor=Cursor(after) if after else cursor,
            more=bool(after) and not page.get("end_of_stream", True),
        )

    def check(self) -> str:
        """Say as whom we are signed in."""
        me = self._rest.get("/api/v2/users/me.json", "user")
        return f"{self.kind}, signed in as {said(me, 'role')} {said(me, 'id')}"

    def _state(self, ticket: Any) -> DeskState:  # noqa: ANN401 - their JSON
        word, number = said(ticket, "status"), said(ticket, "id")
        return DeskState(
            external_id=number,
            status=self._wishes.status(word, is_over=word in OVER),
            status_name=word,
            at=instant(self.name, said(ticket, "updated_at")),
            assignee=said(ticket, "assignee_id"),
            url=f"{self._rest.site.url}/agent/tickets/{number}",
        )
