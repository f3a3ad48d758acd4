"""Desks on loopback: each keeps tickets as the real one does, and fails on demand.

Written from the vendors' public reference: paths, parameters, names and forms of
answers; what a request lacks is refused as they refuse it.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any, ClassVar

from werkzeug import Request, Response

from bot.testing import ManualClock

USER, TOKEN = "bot@example.org", "invented-token"
BASIC = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()


@dataclass(slots=True, kw_only=True)
class Held:
    """One ticket as the desk has it."""

    number: int
    key: str
    title: str
    body: str
    fields: dict[str, Any]
    status: str
    made_at: datetime
    at: datetime
    assignee: str | None = None
    notes: list[str] = field(default_factory=list)


class DeskServer:
    """What all have in common; ``fail_next`` names what the next write meets.

    ``hang`` and ``500`` take what was written and say nothing good of it, ``cut``
    likewise and ends the connection; ``429`` takes nothing and asks for 30 seconds.
    """

    ABOUT: ClassVar[str]
    OPEN: ClassVar[str]
    CLOSED: ClassVar[str]
    URGENT: ClassVar[object]
    tells_changes: ClassVar[bool] = True
    lag = timedelta(0)

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.held: list[Held] = []
        self.seen: list[tuple[str, str]] = []
        self.fail_next: deque[str] = deque()
        self.fail_reads: deque[str] = deque()
        self.is_locked = False
        self.keeps_status = False
        self.released = threading.Event()
        self._numbers = itertools.count(35436)

    def __call__(self, request: Request) -> Response:
        path = request.path
        self.seen.append((request.method, path))
        if self.is_locked or not self.lets_in(request):
            return Response("{}", status=401)
        is_read = request.method == "GET"
        faults = self.fail_reads if is_read else self.fail_next
        fault = faults.popleft() if faults else ""
        if fault == "429":
            return Response("{}", status=429, headers={"retry-after": "30"})
        if is_read and fault:
            return Response("{}", status=int(fault))
        if fault in {"400", "403"}:
            return Response("{}", status=int(fault))
        answer = self.answer(request)
        if fault == "500":
            return Response("oh no", status=500)
        if fault == "hang":
            self.released.wait(10)
        return answer

    def lets_in(self, request: Request) -> bool:
        return request.headers.get("authorization") == BASIC

    ROUTES: ClassVar[dict[str, str]]
    """Methods and paths, and what serves them: ``(\\d+)`` is a ticket's number."""

    def answer(self, request: Request) -> Response:
        called = f"{request.method} {request.path}"
        for pattern, name in self.ROUTES.items():
            found = re.fullmatch(pattern, called)
            if found:
                held = [self.one(number) for number in found.groups()]
                served: Response = getattr(self, name)(request, *held)
                return served
        return Response("{}", status=404)

    def add(self, **fields: Any) -> Held:
        now = self.clock.now()
        one = Held(number=next(self._numbers), made_at=now, at=now, **fields)
        self.held.append(one)
        return one

    def one(self, number: str) -> Held:
        return next(each for each in self.held if str(each.number) == number)

    def indexed(self) -> list[Held]:
        """What the desk's own search knows of by now."""
        return [one for one in self.held if one.made_at + self.lag <= self.clock.now()]

    def by_hand(self, one: Held, **changed: Any) -> None:
        """Do as somebody who works in the desk does."""
        for name, value in changed.items():
            setattr(one, name, value)
        one.at = self.clock.now()


def answered(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")


class ZendeskServer(DeskServer):
    """Zendesk Support API v2."""

    ABOUT = "zendesk"
    OPEN, CLOSED, URGENT = "open", "solved", "urgent"

    def lets_in(self, request: Request) -> bool:
        signed = f"{USER}/token:{TOKEN}".encode()
        wanted = "Basic " + base64.b64encode(signed).decode()
        return request.headers.get("authorization") == wanted

    ROUTES: ClassVar = {
        r"GET /api/v2/users/me\.json": "_me",
        r"GET /api/v2/incremental/tickets/cursor\.json": "_export",
        r"GET /api/v2/tickets\.json": "_by_key",
        r"POST /api/v2/tickets\.json": "_make",
        r"GET /api/v2/tickets/(\d+)/comments\.json": "_comments",
        r"GET /api/v2/tickets/(\d+)\.json": "_show",
        r"PUT /api/v2/tickets/(\d+)\.json": "_change",
    }

    def _me(self, request: Request) -> Response:
        return answered({"user": {"id": 7, "role": "agent"}})

    def _by_key(self, request: Request) -> Response:
        key = request.args["external_id"]
        found = [self._shown(one) for one in self.held if one.key == key]
        return answered({"tickets": found, "count": len(found)})

    def _comments(self, request: Request, one: Held) -> Response:
        assert request.args["sort_order"] == "desc"
        comments = [{"body": one.body}, *({"body": note} for note in one.notes)]
        return answered({"comments": comments[::-1]})

    def _show(self, request: Request, one: Held) -> Response:
        return answered({"ticket": self._shown(one)})

    def _make(self, request: Request) -> Response:
        ticket = request.get_json()["ticket"]
        assert request.headers["idempotency-key"] == ticket["external_id"]
        comment = ticket.pop("comment")
        assert comment["public"] is False
        one = self.add(
            key=ticket.pop("external_id"),
            title=ticket.pop("subject"),
            body=comment["body"],
            fields=ticket,
            status="new",
        )
        return answered({"ticket": self._shown(one)}, 201)

    def _change(self, request: Request, one: Held) -> Response:
        ticket = request.get_json()["ticket"]
        if one.status == "closed":
            return answered({"error": "RecordInvalid"}, 422)
        comment = ticket.pop("comment")
        assert comment["public"] is False
        one.notes.append(comment["body"])
        wanted = ticket.pop("status", one.status)
        one.status = one.status if self.keeps_status else wanted
        one.fields |= ticket
        one.at = self.clock.now()
        return answered({"ticket": self._shown(one)})

    def _export(self, request: Request) -> Response:
        if "cursor" in request.args:
            since = datetime.fromisoformat(
                base64.b64decode(request.args["cursor"]).decode()
            )
        else:
            since = datetime.fromtimestamp(
                int(request.args["start_time"]), self.clock.now().tzinfo
            )
        changed = sorted(
            (one for one in self.held if one.at >= since), key=lambda one: one.at
        )
        last = changed[-1].at if changed else since
        strangers = [{"id": 1, "external_id": None, "status": "open", "updated_at": ""}]
        return answered(
            {
                "tickets": [*strangers, *map(self._shown, changed)],
                "after_cursor": base64.b64encode(last.isoformat().encode()).decode(),
                "end_of_stream": True,
            }
        )

    @staticmethod
    def _shown(one: Held) -> dict[str, Any]:
        return {
            "id": one.number,
            "external_id": one.key,
            "subject": one.title,
            "status": one.status,
            "assignee_id": one.assignee and int(one.assignee),
            "updated_at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
        }


class JiraServer(DeskServer):
    """Jira Cloud platform REST API v3: a project SUP with three statuses."""

    ABOUT = "jira"
    OPEN, CLOSED, URGENT = "To Do", "Done", {"name": "Highest"}
    lag = timedelta(seconds=60)
    STATUSES: ClassVar = {
        "To Do": "new",
        "In Progress": "indeterminate",
        "Done": "done",
    }

    ROUTES: ClassVar = {
        "GET /rest/api/3/project/SUP": "_project",
        "GET /rest/api/3/search/jql": "_search",
        "POST /rest/api/3/issue": "_make",
        r"GET /rest/api/3/issue/(\d+)": "_show",
        r"PUT /rest/api/3/issue/(\d+)": "_change",
        r"(?:GET|POST) /rest/api/3/issue/(\d+)/comment": "_comments",
        r"(?:GET|POST) /rest/api/3/issue/(\d+)/transitions": "_transitions",
    }

    def _project(self, request: Request) -> Response:
        return answered({"id": "1", "key": "SUP", "name": "Support"})

    def _show(self, request: Request, one: Held) -> Response:
        return answered(self._shown(one))

    def _change(self, request: Request, one: Held) -> Response:
        one.fields |= request.get_json()["fields"]
        one.at = self.clock.now()
        return Response(status=204)

    def _make(self, request: Request) -> Response:
        fields = request.get_json()["fields"]
        assert fields["project"] == {"key": "SUP"}
        assert fields["issuetype"]["name"] == "Task"
        keys = [one for one in fields["labels"] if one != "answerable"]
        one = self.add(
            key=keys[0],
            title=fields.pop("summary"),
            body=plain(fields.pop("description")),
            fields=fields,
            status="To Do",
        )
        made = {"id": str(one.number), "key": f"SUP-{one.number}", "self": "x"}
        return answered(made, 201)

    def _comments(self, request: Request, one: Held) -> Response:
        if request.method == "GET":
            assert request.args["orderBy"] == "-created"
            shown = [{"body": document(note)} for note in one.notes[::-1]]
            return answered({"comments": shown, "total": len(shown)})
        one.notes.append(plain(request.get_json()["body"]))
        one.at = self.clock.now()
        return answered({"id": "1"}, 201)

    def _transitions(self, request: Request, one: Held) -> Response:
        ways = [name for name in self.STATUSES if name != one.status]
        if request.method == "GET":
            shown = [
                {
                    "id": str(ways.index(name)),
                    "name": f"to {name}",
                    "to": self._status(name),
                }
                for name in ways
            ]
            return answered({"transitions": shown})
        one.status = ways[int(request.get_json()["transition"]["id"])]
        one.at = self.clock.now()
        return Response(status=204)

    def _search(self, request: Request) -> Response:
        jql = request.args["jql"]
        assert jql.startswith('project = "SUP" AND labels = "')
        label = jql.split('"')[3]
        found = [one for one in self.indexed() if label in one.fields["labels"]]
        since = re.search(r"AND updated >= -(\d+)m ORDER BY updated ASC$", jql)
        if since:
            start = self.clock.now() - timedelta(minutes=int(since[1]))
            found = sorted(
                (one for one in found if one.at >= start), key=lambda one: one.at
            )
        assert request.args["fields"]
        return answered({"issues": [self._shown(one) for one in found], "isLast": True})

    def _shown(self, one: Held) -> dict[str, Any]:
        return {
            "id": str(one.number),
            "key": f"SUP-{one.number}",
            "fields": {
                "status": self._status(one.status),
                "assignee": one.assignee and {"accountId": one.assignee},
                "updated": f"{one.at:%Y-%m-%dT%H:%M:%S}.000+0000",
            },
        }

    def _status(self, name: str) -> dict[str, Any]:
        return {"name": name, "statusCategory": {"key": self.STATUSES[name]}}


def plain(doc: dict[str, Any]) -> str:
    """Read a document of Jira's back as text."""
    assert (doc["type"], doc["version"]) == ("doc", 1)
    return "\n".join(
        "".join(part["text"] for part in one["content"]) for one in doc["content"]
    )


def document(text: str) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    paragraph = {"type": "paragraph", "content": content}
    return {"type": "doc", "version": 1, "content": [paragraph]}


class FreshdeskServer(DeskServer):
    """Freshdesk API v2; statuses and priorities are numbers, texts HTML."""

    ABOUT = "freshdesk"
    OPEN, CLOSED, URGENT = "2", "4", 4
    lag = timedelta(minutes=3)
    ROUTES: ClassVar = {
        "GET /api/v2/agents/me": "_me",
        "GET /api/v2/search/tickets": "_search",
        "GET /api/v2/tickets": "_list",
        "POST /api/v2/tickets": "_make",
        r"GET /api/v2/tickets/(\d+)": "_show",
        r"PUT /api/v2/tickets/(\d+)": "_change",
        r"GET /api/v2/tickets/(\d+)/conversations": "_conversations",
        r"POST /api/v2/tickets/(\d+)/notes": "_note",
    }

    def lets_in(self, request: Request) -> bool:
        wanted = "Basic " + base64.b64encode(f"{TOKEN}:X".encode()).decode()
        return request.headers.get("authorization") == wanted

    def _me(self, request: Request) -> Response:
        return answered({"id": 9, "contact": {"name": "Bot"}})

    def _search(self, request: Request) -> Response:
        found_tag = re.fullmatch(r"\"tag:'([^']{1,32})'\"", request.args["query"])
        assert found_tag
        found = [one for one in self.indexed() if found_tag[1] in one.fields["tags"]]
        return answered({"results": [*map(self._shown, found)], "total": len(found)})

    def _list(self, request: Request) -> Response:
        assert request.args["order_by"] == "updated_at"
        since = datetime.fromisoformat(request.args["updated_since"])
        found = sorted(
            (one for one in self.held if one.at >= since), key=lambda one: one.at
        )
        page, size = int(request.args["page"]), int(request.args["per_page"])
        return answered([*map(self._shown, found[(page - 1) * size : page * size])])

    def _make(self, request: Request) -> Response:
        ticket = request.get_json()
        assert ticket["email"] == USER
        one = self.add(
            key=ticket["tags"][-1],
            title=ticket.pop("subject"),
            body=text_of(ticket.pop("description")),
            status=str(ticket.pop("status")),
            fields=ticket,
        )
        return answered(self._shown(one), 201)

    def _show(self, request: Request, one: Held) -> Response:
        return answered(self._shown(one))

    def _change(self, request: Request, one: Held) -> Response:
        ticket = request.get_json()
        one.status = str(ticket.pop("status", one.status))
        one.fields |= ticket
        one.at = self.clock.now()
        return answered(self._shown(one))

    def _conversations(self, request: Request, one: Held) -> Response:
        page, size = int(request.args["page"]), int(request.args["per_page"])
        notes = one.notes[(page - 1) * size : page * size]
        return answered([{"body_text": note, "private": True} for note in notes])

    def _note(self, request: Request, one: Held) -> Response:
        note = request.get_json()
        assert note["private"] is True
        one.notes.append(text_of(note["body"]))
        one.at = self.clock.now()
        return answered({"id": 1}, 201)

    @staticmethod
    def _shown(one: Held) -> dict[str, Any]:
        return {
            "id": one.number,
            "tags": one.fields["tags"],
            "status": int(one.status),
            "responder_id": one.assignee and int(one.assignee),
            "updated_at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
        }


def text_of(html: str) -> str:
    return unescape(html.replace("<br>", "\n"))


class SalesforceServer(DeskServer):
    """Salesforce REST API v61.0: cases with a field for our key, upserted."""

    ABOUT = "salesforce"
    OPEN, CLOSED, URGENT = "New", "Closed", "High"
    tells_changes = False
    ROUTES: ClassVar = {
        "POST /services/oauth2/token": "_token",
        "GET /services/data/v61.0/query": "_query",
        r"GET /services/data/v61\.0/sobjects/Case/(\d+)": "_show",
        r"PATCH /services/data/v61\.0/sobjects/Case/(\d+)": "_change",
        r"PATCH /services/data/v61\.0/sobjects/Case/\w+__c/[\w-]+": "_upsert",
    }

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.token = "session-1"

    def __call__(self, request: Request) -> Response:
        if request.path == "/services/oauth2/token":
            return self._token(request)
        return super().__call__(request)

    def lets_in(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.token}"

    def _token(self, request: Request) -> Response:
        wanted = (USER, TOKEN, "client_credentials")
        given = (
            request.form[one] for one in ("client_id", "client_secret", "grant_type")
        )
        if tuple(given) != wanted:
            return answered({"error": "invalid_client"}, 400)
        return answered({"access_token": self.token, "token_type": "Bearer"})

    def _query(self, request: Request) -> Response:
        words = request.args["q"]
        assert words.startswith("SELECT Id,"), words
        since = re.search(r"SystemModstamp >= (\S+) ORDER BY SystemModstamp ASC", words)
        start = datetime.fromisoformat(since[1]) if since else None
        found = sorted(
            (one for one in self.held if start is None or one.at >= start),
            key=lambda one: one.at,
        )
        return answered({"done": True, "records": [*map(self._shown, found)]})

    def _upsert(self, request: Request) -> Response:
        key = request.path.rpartition("/")[2]
        found = [one for one in self.held if one.key == key]
        if found:
            self._write(found[0], request.get_json())
            return answered({"id": str(found[0].number), "created": False})
        one = self.add(
            key=key, title="", body="", fields={}, status="New", assignee="005bot"
        )
        self._write(one, request.get_json())
        return answered({"id": str(one.number), "success": True, "created": True}, 201)

    def _change(self, request: Request, one: Held) -> Response:
        self._write(one, request.get_json())
        return Response(status=204)

    def _write(self, one: Held, fields: dict[str, Any]) -> None:
        if one.body not in {"", fields["Description"]}:
            one.notes.append(fields["Description"])
        one.title = fields.pop("Subject")
        one.body = fields.pop("Description")
        one.status = fields.pop("Status", one.status)
        one.fields |= {"priority": fields.pop("Priority"), **fields}
        one.at = self.clock.now()

    def _show(self, request: Request, one: Held) -> Response:
        assert request.args["fields"]
        return answered(self._shown(one))

    def _shown(self, one: Held) -> dict[str, Any]:
        return {
            "Id": str(one.number),
            "Status": one.status,
            "IsClosed": one.status == "Closed",
            "OwnerId": one.assignee,
            "SystemModstamp": f"{one.at:%Y-%m-%dT%H:%M:%S}.000+0000",
        }
