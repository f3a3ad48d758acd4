"""Jira Cloud (REST v3): issues by our key as a label, changes as comments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.domain.channels import Cursor
from bot.domain.decisions import Severity
from bot.domain.desks import DeskCard, DeskPage, DeskState, DeskUpdate
from bot.domain.tickets import TicketStatus
from bot.errors import Refused
from bot.notify._rest import Rest, Site, Wishes, instant, rows, said

PRIORITY = {
    Severity.LOW: "Low",
    Severity.MEDIUM: "Medium",
    Severity.HIGH: "High",
    Severity.CRITICAL: "Highest",
}
LABEL = "answerable"
FIELDS = "status,assignee,updated"
SEARCH = "/rest/api/3/search/jql"
DONE = "done"
"""The category of every status in which an issue is over."""

OVERLAP = timedelta(minutes=5)
"""How far back each look goes again: their index tells of some changes late."""

SUMMARY = 255


class JiraDesk:
    """One project of a Jira Cloud site."""

    kind = "Jira"
    folds_repeats = False
    # Their search is an index that runs behind.
    settle_after = timedelta(minutes=2)

    def __init__(
        self, site: Site, wishes: Wishes, clock: Clock, *, project: str
    ) -> None:
        """Take the site, the key of the project, and what is wanted of its issues."""
        self.name = site.name
        self._rest, self._wishes, self._clock = Rest(site, clock), wishes, clock
        self._project = project

    def find(self, key: str) -> DeskState | None:
        """Look for an issue by its label."""
        answer = self._rest.get(
            SEARCH, "issues", jql=self._jql(key), fields=FIELDS, maxResults=1
        )
        found = rows(answer)
        return self._state(found[0]) if found else None

    def create(self, card: DeskCard) -> DeskState:
        """Make an issue, and read how it stands."""
        fields = self._wishes.wanted(
            {
                "issuetype": {"name": "Task"},
                "priority": {"name": PRIORITY[card.severity]},
            }
        )
        labels = fields.get("labels")
        fields |= {
            "project": {"key": self._project},
            "summary": card.title[:SUMMARY],
            "description": _document(card.body),
            "labels": [*(labels if isinstance(labels, list) else ()), LABEL, card.key],
        }
        made = self._rest.write(
            "POST", "/rest/api/3/issue", {"fields": fields}, part="id"
        )
        return self._read(str(made))

    def update(
        self, external_id: str, update: DeskUpdate, *, in_doubt: bool
    ) -> DeskState | None:
        """Set priority and status, which may be done again, and then comment once."""
        path = f"/rest/api/3/issue/{external_id}"
        priority = {"name": PRIORITY[update.card.severity]}
        if fields := self._wishes.left({"priority": priority}):
            self._rest.write("PUT", path, {"fields": fields})
        if update.status is not None:
            self._move(path, external_id, update.status)
        if not (in_doubt and self._has_comment(path, update.mark)):
            body = {"body": _document(update.note)}
            self._rest.write("POST", f"{path}/comment", body)
        return self._read(external_id)

    def _move(self, path: str, external_id: str, status: TicketStatus) -> None:
        if self._read(external_id).status is status:
            return
        wanted = self._wishes.word(status, "")
        for one in rows(self._rest.get(f"{path}/transitions", "transitions")):
            word = said(one, "to", "name")
            means = self._means(one.get("to"))
            if word == wanted or (not wanted and means is status):
                moved = {"transition": {"id": said(one, "id")}}
                self._rest.write("POST", f"{path}/transitions", moved)
                return
        raise Refused(
            self.name,
            f"has no way from the issue's status to one that means {status.value}; "
            f"name one under desks.{self.name}.status, or add it to the workflow",
            detail="no transition",
        )

    def _has_comment(self, path: str, mark: str) -> bool:
        newest = self._rest.get(
            f"{path}/comment", "comments", orderBy="-created", maxResults=50
        )
        return any(mark in json.dumps(one) for one in rows(newest))

    def changes(self, cursor: Cursor | None) -> DeskPage:
        """Search for what was changed since, in minutes: a date would be in a zone."""
        now = self._clock.now()
        since = datetime.fromisoformat(cursor) if cursor else now
        minutes = max(1, int((now - since + OVERLAP) / timedelta(minutes=1)) + 1)
        jql = f"{self._jql(LABEL)} AND updated >= -{minutes}m ORDER BY updated ASC"
        states: list[DeskState] = []
        token: dict[str, str] = {}
        while True:
            page = self._rest.get(
                SEARCH, jql=jql, fields=FIELDS, maxResults=100, **token
            )
            states += [self._state(one) for one in rows(page.get("issues"))]
            following = said(page, "nextPageToken")
            if not following or following == token.get("nextPageToken"):
                break
            token = {"nextPageToken": following}
        newest = max([since, *(one.at for one in states)])
        return DeskPage(states=states, cursor=Cursor(newest.isoformat()))

    def check(self) -> str:
        """Say that the project is there for us."""
        name = self._rest.get(f"/rest/api/3/project/{self._project}", "name")
        return f"{self.kind}, project {self._project} ({name})"

    def _jql(self, label: str) -> str:
        return f'project = "{self._project}" AND labels = "{label}"'

    def _read(self, external_id: str) -> DeskState:
        path = f"/rest/api/3/issue/{external_id}"
        return self._state(self._rest.get(path, fields=FIELDS))

    def _state(self, issue: Mapping[str, Any]) -> DeskState:
        fields = issue.get("fields")
        status = fields.get("status") if isinstance(fields, dict) else None
        key = said(issue, "key")
        return DeskState(
            external_id=said(issue, "id"),
            status=self._means(status),
            status_name=said(status, "name"),
            at=instant(self.name, said(issue, "fields", "updated")),
            assignee=said(issue, "fields", "assignee", "accountId"),
            url=f"{self._rest.site.url}/browse/{key}",
        )

    def _means(self, status: object) -> TicketStatus:
        is_over = said(status, "statusCategory", "key") == DONE
        return self._wishes.status(said(status, "name"), is_over=is_over)


def _document(text: str) -> dict[str, object]:
    """Write plain text as their document format has it, a paragraph a line."""
    return {
        "type": "doc",
        "version": 1,
        "content": [
            {
                "type": "paragraph",
                "content": [{"type": "text", "text": line}] if line else [],
            }
            for line in text.split("\n")
        ],
    }
