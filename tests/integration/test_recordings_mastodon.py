"""What Mastodon really answered, as others recorded it: nothing of it may upset us."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from bot.connectors._mastodon_statuses import View, to_mention
from bot.connectors.mastodon import MastodonConnector, MastodonSettings
from bot.domain.channels import Cursor
from bot.domain.mentions import Mention, MentionKind
from bot.errors import BadPayload, ConnectorError

pytestmark = pytest.mark.shared

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
FILES = sorted((FOLDER / "recordings" / "mastodon").glob("*.json"))
US = "117020565966271181"
VIEW = View(brand="acme", account_id=US)


def interactions() -> Iterator[tuple[str, Any, Any]]:
    """Give method and path, what was answered, and its headers."""
    if not FILES:
        pytest.skip("the recordings of Mastodon are not beside the checkout")
    for file in FILES:
        for one in json.loads(file.read_text(encoding="utf-8"))["interactions"]:
            told, answer = one["request"], one["response"]
            path = (told.get("uri") or told.get("url")).partition("?")[0]
            path = "/" + path.split("/", 3)[-1]
            yield f"{told['method']} {path}", answer.get("body"), answer


def found_in(body: Any) -> list[Any]:
    """Everything of an answer that may be a status or a notification."""
    if isinstance(body, dict):
        for keys in (("statuses",), ("ancestors", "descendants")):
            if set(keys) <= body.keys():
                return [one for key in keys for one in body[key]]
        return [body]
    return body if isinstance(body, list) else [body]


def outcome(item: Any) -> type:
    try:
        return type(to_mention(item, VIEW))
    except BadPayload as error:
        return type(error) if error.detail else Exception


def test_every_recorded_thing_is_a_mention_or_a_bad_payload_with_a_reason() -> None:
    made = Counter(
        outcome(item) for _, body, _ in interactions() for item in found_in(body)
    )

    assert set(made) == {Mention, BadPayload}
    assert made[Mention] > 200
    assert made[BadPayload] > 100


def is_status(thing: Any) -> bool:
    return isinstance(thing, dict) and {"content", "visibility", "account"} <= set(
        thing
    )


def test_every_recorded_status_is_a_mention_in_plain_words() -> None:
    mentions = [
        to_mention(one, VIEW)
        for _, body, _ in interactions()
        for one in found_in(body)
        if is_status(one)
    ]

    assert len(mentions) > 200
    assert not [one for one in mentions if "</" in one.text or "&amp;" in one.text]
    assert all(one.author and one.author.handle and one.url for one in mentions)
    assert {one.kind for one in mentions} >= {
        MentionKind.MESSAGE,
        MentionKind.REPLY,
        MentionKind.REPOST,
        MentionKind.POST,
    }


def test_every_recorded_notification_of_a_mention_addresses_us() -> None:
    told = [
        one
        for asked, body, _ in interactions()
        if asked.startswith("GET /api/v1/notifications")
        for one in found_in(body)
        if isinstance(one, dict) and one.get("type") == "mention" and one.get("status")
    ]

    assert told
    assert all(to_mention(one, VIEW).is_addressed for one in told)


class Wire(BaseAdapter):
    """In the network's place: a recorded answer to whatever is asked."""

    def __init__(self, body: Any, answer: Any) -> None:
        super().__init__()
        self._answer = Response()
        self._answer.status_code = answer["status"]
        raw = body if isinstance(body, str) else json.dumps(body)
        self._answer._content = raw.encode()
        self._answer.headers.update(answer.get("headers") or {})

    def send(self, request: PreparedRequest, *args: Any, **more: Any) -> Response:
        self._answer.request, self._answer.url = request, str(request.url)
        return self._answer

    def close(self) -> None:
        pass


def test_every_recorded_answer_is_a_page_or_one_of_our_errors() -> None:
    told = {"brand": "acme", "base_url": "https://here.example", "access_token": "t"}
    outcomes: Counter[str] = Counter()
    for asked, body, answer in interactions():
        connector = MastodonConnector(MastodonSettings.model_validate(told))
        connector._account_id = US
        connector._server.session.mount("https://", Wire(body, answer))
        try:
            page = connector.fetch(Cursor('{"turn": "mentions"}'), limit=40)
        except ConnectorError as error:
            outcomes[type(error).__name__] += 1
        else:
            assert isinstance(body, list), asked
            outcomes["page"] += 1
            outcomes["mentions"] += len(page.mentions)
        connector.close()

    assert set(outcomes) == {"page", "mentions", "BadPayload", "AccessDenied"}
    assert outcomes["page"] > 30
    assert outcomes["mentions"] > 10
