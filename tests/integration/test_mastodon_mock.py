"""The connector against a server that somebody else wrote: mastodon-mock, from PyPI."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from bot.connectors.mastodon import MastodonConnector, MastodonSettings
from bot.domain.channels import Cursor
from bot.domain.mentions import ChannelControl, Mention, MentionKind
from bot.domain.replies import OutboundReply
from bot.errors import AccessDenied, BadPayload, OutcomeUnknown, RateLimited, Refused

pytestmark = pytest.mark.slow

ADA, GRACE = "ada_token", "grace_token"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    program = [sys.executable, "-m", "mastodon_mock", "serve", "--in-memory", "--demo"]
    with subprocess.Popen(
        [*program, "--port", str(port)], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            said.append(line)
            if "Uvicorn running" in line:
                break
        else:
            pytest.fail(f"mastodon-mock did not start: {''.join(said)}")
        yield f"http://127.0.0.1:{port}"
        server.terminate()
        server.stderr.read()


class Someone:
    """A person with an account there, who asks plainly."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, **form: Any) -> Any:
        answer = requests.request(
            method,
            self._address + path,
            data=form,
            headers=self._headers,
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()

    def say(self, text: str, **form: Any) -> str:
        return str(self.call("POST", "/api/v1/statuses", status=text, **form)["id"])


@pytest.fixture
def grace(address: str) -> Someone:
    return Someone(address, GRACE)


@pytest.fixture
def ada(address: str) -> Iterator[MastodonConnector]:
    connector = connected(address)
    yield connector
    connector.close()


def connected(address: str, **more: Any) -> MastodonConnector:
    told = {"brand": "acme", "account": "ada", "base_url": f"{address}/"}
    settings = {**told, "access_token": ADA, "timeout": 60, **more}
    return MastodonConnector(MastodonSettings.model_validate(settings))


def everything(
    connector: MastodonConnector, cursor: Cursor | None = None
) -> tuple[dict[str, Mention], Cursor | None]:
    found: dict[str, Mention] = {}
    more = True
    while more:
        page = connector.fetch(cursor, limit=10)
        assert not page.bad
        found |= {one.external_id: one for one in page.mentions}
        cursor, more = page.cursor, page.more
    return found, cursor


def reply_to(mention: Mention, text: str = "We are sorry & look into it.") -> Any:
    assert mention.author is not None
    return OutboundReply(
        key="R-000001",
        brand="acme",
        conversation=mention.conversation,
        in_reply_to=mention.external_id,
        text=text,
        author=mention.author.external_id,
        language="en",
    )


def fault(address: str, **spec: Any) -> None:
    where = f"{address}/api/v1/_mock/faults"
    requests.post(where, json={"count": 1, **spec}, timeout=60).raise_for_status()


def test_a_mention_is_read_answered_found_deleted_and_missed(
    address: str, grace: Someone, ada: MastodonConnector
) -> None:
    assert ada.check().ok
    _, cursor = everything(ada)
    said = grace.say("@ada my card is stuck: https://acme.example/x?a=1&b=2")

    found, cursor = everything(ada, cursor)

    mention = found[said]
    assert mention.text == "@ada my card is stuck: https://acme.example/x?a=1&b=2"
    assert mention.is_addressed
    assert mention.is_public
    assert mention.conversation == said

    reply = reply_to(mention)
    assert ada.find_reply(reply) is None
    receipt = ada.send_reply(reply)
    again = ada.send_reply(reply)

    assert again.external_id == receipt.external_id
    assert ada.find_reply(reply) == receipt
    assert ada.find_reply(replace(reply, external_id=receipt.external_id)) == receipt
    made = grace.call("GET", f"/api/v1/statuses/{receipt.external_id}")
    assert made["visibility"] == "unlisted"
    assert made["in_reply_to_id"] == said
    assert "@grace" in made["content"]

    thanks = grace.say("@ada thanks", in_reply_to_id=receipt.external_id)
    found, cursor = everything(ada, cursor)
    assert found[thanks].conversation == said
    assert found[thanks].control is ChannelControl.OWNED
    assert set(ada.find_removed([said, thanks])) == set()

    grace.call("DELETE", f"/api/v1/statuses/{said}")

    assert set(ada.find_removed([said, thanks])) == {said}
    with pytest.raises(Refused):
        ada.send_reply(replace(reply, text="We look again."))


def test_an_edit_and_an_answer_that_tags_nobody_are_read(
    address: str, grace: Someone, ada: MastodonConnector
) -> None:
    mine = Someone(address, ADA).say("We are open today.")
    _, cursor = everything(ada)
    said = grace.say("@ada it is brokn")
    aside = grace.say("not for me, as ever", in_reply_to_id=mine)

    first, cursor = everything(ada, cursor)
    grace.call("PUT", f"/api/v1/statuses/{said}", status="@ada it is broken")
    second, _ = everything(ada, cursor)

    assert first[said].edited_at is None
    assert first[aside].conversation == mine
    assert first[aside].control is ChannelControl.OWNED
    assert list(second) == [said]
    assert second[said].edited_at is not None
    assert second[said].text == "@ada it is broken"


def test_a_word_in_private_is_answered_in_private(
    address: str, grace: Someone, ada: MastodonConnector
) -> None:
    _, cursor = everything(ada)
    said = grace.say("@ada this is between us", visibility="direct")

    found, _ = everything(ada, cursor)

    mention = found[said]
    assert mention.kind is MentionKind.MESSAGE
    assert not mention.is_public
    reply = reply_to(mention, "Only you read this.")
    assert ada.find_private(reply) is None
    receipt = ada.send_private(reply)
    assert ada.find_private(reply) == receipt
    made = grace.call("GET", f"/api/v1/statuses/{receipt.external_id}")
    assert made["visibility"] == "direct"
    public = ada.send_reply(replace(reply, text="Nor does anybody read this."))
    made = grace.call("GET", f"/api/v1/statuses/{public.external_id}")
    assert made["visibility"] == "direct"


def test_hashtags_and_a_search_are_read(address: str, grace: Someone) -> None:
    said = [grace.say(f"number {one} of #acmebank") for one in range(23)]
    other = grace.say("acmecorp is another word")
    connector = connected(address, hashtags=["#acmebank"], query="acmecorp")

    found, cursor = everything(connector)
    again, _ = everything(connector, cursor)

    connector.close()
    assert {*said, other} <= set(found)
    assert not found[other].is_addressed
    assert again == {}


def test_what_goes_wrong_there_is_one_of_our_errors(
    address: str, grace: Someone, ada: MastodonConnector
) -> None:
    _, cursor = everything(ada)
    said = grace.say("@ada hello")
    found, cursor = everything(ada, cursor)
    reply = reply_to(found[said], "Hello to you.")
    posts = {"methods": ["POST"], "path": "/api/v1/statuses"}

    fault(address, effect={"type": "ratelimit"})
    with pytest.raises(RateLimited):
        everything(ada, cursor)
    fault(address, effect={"type": "malformed"})
    with pytest.raises(BadPayload):
        everything(ada, cursor)
    fault(address, match=posts, effect={"type": "status", "status": 422})
    with pytest.raises(Refused):
        ada.send_reply(reply)
    fault(address, match=posts, effect={"type": "status", "status": 502})
    with pytest.raises(OutcomeUnknown):
        ada.send_reply(reply)
    assert ada.find_reply(reply) is None
    stranger = connected(address, access_token="nobody's")
    assert not stranger.check().ok
    with pytest.raises(AccessDenied):
        everything(stranger)
    stranger.close()
