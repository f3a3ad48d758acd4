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
from typing import Any, ClassVar
from urllib.parse import unquote

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
    lag = timedelta(0)

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.held: list[Held] = []
        self.seen: list[tuple[str, str]] = []
        self.fail_next: deque[str] = deque()
        self.fail_reads: deque[str] = deque()
        self.released = threading.Event()
        self._numbers = itertools.count(35436)

    def __call__(self, request: Request) -> Response:
        path = request.path
        self.seen.append((request.method, path))
        if not self.lets_in(request):
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

    def answer(self, request: Request) -> Response:
        raise NotImplementedError

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


EMPTY = Response(status=204)


class ZendeskServer(DeskServer):
    """Zendesk Support API v2."""

    ABOUT = "zendesk"
    OPEN, CLOSED = "open", "solved"

    def lets_in(self, request: Request) -> bool:
        signed = f"{USER}/token:{TOKEN}".encode()
        wanted = "Basic " + base64.b64encode(signed).decode()
        return request.headers.get("authorization") == wanted

    def answer(self, request: Request) -> Response:
        path, method = request.path, request.method
        if path == "/api/v2/users/me.json":
            return answered({"user": {"id": 7, "role": "agent"}})
        if path == "/api/v2/incremental/tickets/cursor.json":
            return self._export(request)
        if path == "/api/v2/tickets.json" and method == "GET":
            key = request.args["external_id"]
            found = [self._shown(one) for one in self.held if one.key == key]
            return answered({"tickets": found, "count": len(found)})
        if path == "/api/v2/tickets.json":
            return self._made(request.get_json()["ticket"])
        found_path = re.fullmatch(r"/api/v2/tickets/(\d+)(/comments)?\.json", path)
        assert found_path, path
        one = self.one(found_path[1])
        if found_path[2]:
            comments = [{"body": one.body}, *({"body": note} for note in one.notes)]
            assert request.args["sort_order"] == "desc"
            return answered({"comments": comments[::-1]})
        if method == "PUT":
            return self._changed(one, request.get_json()["ticket"])
        return answered({"ticket": self._shown(one)})

    def _made(self, ticket: dict[str, Any]) -> Response:
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

    def _changed(self, one: Held, ticket: dict[str, Any]) -> Response:
        if one.status == "closed":
            return answered({"error": "RecordInvalid"}, 422)
        comment = ticket.pop("comment")
        assert comment["public"] is False
        one.notes.append(comment["body"])
        one.status = ticket.pop("status", one.status)
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
    OPEN, CLOSED = "To Do", "Done"
    lag = timedelta(seconds=60)
    STATUSES: ClassVar = {
        "To Do": "new",
        "In Progress": "indeterminate",
        "Done": "done",
    }

    def answer(self, request: Request) -> Response:
        path, method = request.path, request.method
        if path == "/rest/api/3/project/SUP":
            return answered({"id": "1", "key": "SUP", "name": "Support"})
        if path == "/rest/api/3/search/jql":
            return self._search(request)
        if path == "/rest/api/3/issue":
            return self._made(request.get_json()["fields"])
        found_path = re.fullmatch(
            r"/rest/api/3/issue/(\d+)(/comment|/transitions)?", path
        )
        assert found_path, path
        one, part = self.one(found_path[1]), found_path[2]
        if part == "/comment":
            return self._comments(one, request)
        if part == "/transitions":
            return self._transitions(one, request)
        if method == "PUT":
            one.fields |= request.get_json()["fields"]
            one.at = self.clock.now()
            return EMPTY
        return answered(self._shown(one))

    def _made(self, fields: dict[str, Any]) -> Response:
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

    def _comments(self, one: Held, request: Request) -> Response:
        if request.method == "GET":
            assert request.args["orderBy"] == "-created"
            shown = [{"body": document(note)} for note in one.notes[::-1]]
            return answered({"comments": shown, "total": len(shown)})
        one.notes.append(plain(request.get_json()["body"]))
        one.at = self.clock.now()
        return answered({"id": "1"}, 201)

    def _transitions(self, one: Held, request: Request) -> Response:
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
        return EMPTY

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
