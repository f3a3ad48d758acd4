"""A desk behind signed webhooks, on a real HTTP server on this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bot.domain.decisions import Severity
from bot.domain.desks import DeskCard, DeskUpdate
from bot.domain.tickets import TicketStatus
from bot.errors import OutcomeUnknown, Unavailable
from bot.notify.desks import Account, desk_of
from bot.testing import ManualClock

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
CARD = DeskCard(
    key="answerable-1a2b3c4d-12",
    title="T-000012 Kestrel Air: code red, critical",
    status=TicketStatus.OPEN,
    severity=Severity.CRITICAL,
    facts={"tier": "3"},
    reasons=["a journalist"],
    link="https://agora.example/m/1",
)
UPDATE = DeskUpdate(
    card=CARD, mark=f"{CARD.key}/1-abcdef", lines=["tier: 1 -> 3"], status=None
)


@pytest.fixture
def desk(httpserver: HTTPServer):
    account = Account(
        name="hook",
        kind="webhook",
        url=httpserver.url_for("/hook/"),
        changes=httpserver.url_for("/states"),
        token=SECRET,
    )
    return desk_of(account, ManualClock())


def verified(request: Request) -> bool:
    headers = request.headers
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}."
    mac = hmac.new(KEY, said.encode() + request.get_data(), hashlib.sha256).digest()
    return headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"


def test_a_ticket_arrives_whole_and_signed_at_the_very_address(
    desk, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/hook/", method="POST").respond_with_data("ok")

    state = desk.create(CARD)

    [(request, _)] = httpserver.log
    assert verified(request)
    document = json.loads(request.get_data())
    assert document["type"] == "ticket.created"
    assert document["data"] == {
        "key": CARD.key,
        "title": CARD.title,
        "status": "open",
        "severity": "critical",
        "facts": {"tier": "3"},
        "reasons": ["a journalist"],
        "link": "https://agora.example/m/1",
        "texts": [],
    }
    assert state.external_id == CARD.key


def test_a_repeat_has_the_id_of_the_first_try_and_a_change_one_of_its_own(
    desk, httpserver: HTTPServer
) -> None:
    httpserver.expect_oneshot_request("/hook/").respond_with_data(status=500)
    httpserver.expect_request("/hook/").respond_with_data()

    with pytest.raises(OutcomeUnknown):
        desk.create(CARD)
    desk.create(CARD)
    desk.update(CARD.key, UPDATE, in_doubt=False)
    desk.update(CARD.key, UPDATE, in_doubt=True)

    ids = [request.headers["webhook-id"] for request, _ in httpserver.log]
    assert ids[0] == ids[1] != ids[2] == ids[3]
    changed = json.loads(httpserver.log[-1][0].get_data())
    assert changed["type"] == "ticket.changed"
    assert changed["data"]["changed"] == ["tier: 1 -> 3"]


def test_states_are_asked_for_by_a_signed_question_and_go_on_from_the_cursor(
    desk, httpserver: HTTPServer
) -> None:
    def states(request: Request) -> Response:
        assert verified(request)
        one = {"key": CARD.key, "status": "closed", "at": "2026-11-02T09:30:00Z"}
        after = int(request.args.get("cursor", "0")) + 1
        answer = {"changes": [one], "cursor": str(after), "more": after < 2}
        return Response(json.dumps(answer))

    httpserver.expect_request("/states", method="GET").respond_with_handler(states)

    first = desk.changes(None)
    second = desk.changes(first.cursor)

    assert [one.status for one in first.states] == [TicketStatus.CLOSED]
    assert (first.cursor, first.more, second.cursor, second.more) == (
        "1",
        True,
        "2",
        False,
    )


def test_a_state_without_a_time_is_no_state(desk, httpserver: HTTPServer) -> None:
    answer = {"changes": [{"key": CARD.key, "status": "closed", "at": "noon"}]}
    httpserver.expect_request("/states").respond_with_json(answer)

    with pytest.raises(Unavailable, match="time"):
        desk.changes(None)


def test_where_states_cannot_be_asked_for_nothing_comes_back() -> None:
    account = Account(
        name="hook", kind="webhook", url="https://desk.example.org", token=SECRET
    )
    desk = desk_of(account, ManualClock())

    assert desk.changes(None).states == ()
    assert desk.check() == "signed webhook; nothing comes back"
