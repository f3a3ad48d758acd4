"""Whatever a server answers, only our own errors leave, and a doubt stays a doubt."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from bot.connectors._mastodon_statuses import is_id
from bot.connectors.mastodon import MastodonConnector, MastodonSettings
from bot.domain.channels import Cursor
from bot.domain.replies import OutboundReply
from bot.errors import ConnectorError, OutcomeUnknown, Refused

WORDS = """
    id type status content created_at edited_at account acct username note bot mentions
    visibility in_reply_to_id in_reply_to_account_id reblog quote quoted_status url
    spoiler_text language replies_count followers_count hide_collections suspended
    ancestors descendants statuses error configuration max_characters max_toot_chars
"""
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["7", "mention", "direct", "2026-03-02T09:00:00.000Z", "<p>x"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=8)
    ),
    max_leaves=25,
)
ITEMS = st.lists(
    st.dictionaries(st.sampled_from(WORDS.split()), JSON, max_size=8), max_size=4
)
BODIES = (
    JSON
    | ITEMS
    | st.fixed_dictionaries({"statuses": ITEMS})
    | st.fixed_dictionaries({"ancestors": ITEMS | JSON, "descendants": ITEMS})
)
HEADERS = st.dictionaries(
    st.sampled_from(["link", "date", "retry-after", "x-ratelimit-reset", "location"]),
    st.sampled_from(
        ["", "-1", "soon", "9" * 20, '<https://a/?max_id=3>; rel="next"', "<>;;rel"]
    )
    | st.just("Mon, 02 Mar 2026 09:00:00 GMT"),
)
TOLD = {"brand": "acme", "base_url": "https://here.example", "access_token": "t"}
REPLY = OutboundReply(
    key="R-000001",
    brand="acme",
    conversation="7",
    in_reply_to="7",
    text="We are sorry.",
    author="8",
)
ANSWERED = {"id": "7", "visibility": "public", "account": {"id": "8", "acct": "jo"}}


class Wire(BaseAdapter):
    """In the network's place, with the real Mastodon.py above."""

    def __init__(self, status: int, body: Any, headers: Any, first: Any = None) -> None:
        super().__init__()
        self._given: list[Any] = [(200, first, {})] if first else []
        self._last = status, body, headers

    def send(self, request: PreparedRequest, *args: Any, **more: Any) -> Response:
        status, body, headers = self._given.pop() if self._given else self._last
        answer = Response()
        answer.status_code, answer._content = status, json.dumps(body).encode()
        answer.headers.update(headers)
        answer.request, answer.url = request, str(request.url)
        return answer

    def close(self) -> None:
        pass


def connected(wire: Wire, **more: Any) -> MastodonConnector:
    settings = MastodonSettings.model_validate({**TOLD, **more})
    connector = MastodonConnector(settings)
    connector._account_id = "9"
    connector._server.session.mount("https://", wire)
    return connector


def error_of(call: Any) -> ConnectorError | None:
    try:
        call()
    except ConnectorError as error:
        return error
    return None


@settings(max_examples=120)
@given(body=BODIES, headers=HEADERS)
def test_any_answer_is_a_page_or_one_of_our_errors(body: Any, headers: Any) -> None:
    mastodon = connected(
        Wire(200, body, headers), hashtags=["acme"], query="acme", timeout=5
    )

    mastodon.check()
    mastodon._account_id = "9"
    place = {"talks": ["7"], "feeds": {}}
    for turn in ("own", "mentions", "tag:acme", "talk:7"):
        cursor = Cursor(json.dumps({**place, "turn": turn}))
        error_of(lambda cursor=cursor: mastodon.fetch(cursor, limit=40))
    error_of(lambda: mastodon.find_removed(["7", "8"]))
    error_of(lambda: mastodon.find_reply(REPLY))
    error_of(lambda: mastodon.find_private(REPLY))
    mastodon.close()


@settings(max_examples=120)
@given(
    status=st.sampled_from([301, 302, 400, 401, 403, 404, 409, 410, 422, 429, 500]),
    body=JSON,
    headers=HEADERS,
)
def test_any_failure_to_read_is_one_of_our_errors(
    status: int, body: Any, headers: Any
) -> None:
    mastodon = connected(Wire(status, body, headers))

    error = error_of(lambda: mastodon.fetch(None, limit=40))

    mastodon.close()
    assert error is not None
    assert not isinstance(error, OutcomeUnknown | Refused)


@settings(max_examples=120)
@given(
    status=st.sampled_from([200, 201, 202, 204, 302, 303, 408, 409, 500, 502, 504]),
    body=BODIES,
    headers=HEADERS,
)
def test_any_unclear_answer_to_a_reply_is_a_doubt(
    status: int, body: Any, headers: Any
) -> None:
    mastodon = connected(Wire(status, body, headers, first=ANSWERED))

    error = error_of(lambda: mastodon.send_reply(REPLY))

    mastodon.close()
    has_id = isinstance(body, dict) and is_id(body.get("id"))
    is_receipt = status < 300 and has_id
    assert (error is None) == is_receipt
    assert error is None or isinstance(error, OutcomeUnknown)
