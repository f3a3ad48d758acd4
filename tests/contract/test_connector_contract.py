"""The ten laws of a connector, over every one that is registered."""

from __future__ import annotations

import copy
import json
import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import SecretStr, ValidationError

from bot.connectors._edge import ConnectorSettings
from bot.connectors.registry import load, names
from bot.domain.channels import (
    Aside,
    Connector,
    MetersReads,
    Page,
    Quarantined,
    ReadsAgain,
    ReportsRemovals,
    SendsReplies,
)
from bot.domain.mentions import Mention
from bot.domain.replies import OutboundReply
from bot.errors import (
    BadPayload,
    BudgetSpent,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from tests.contract.harness import DOUBTS, READ_FAULTS

ROOT = Path(__file__).parents[2]
NONSENSE: tuple[Any, ...] = (None, [], {}, "", "x", -1, 10**30, True, [None], "\ud800")


@pytest.fixture(params=names())
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    module = import_module(f"tests.contract.harness_{request.param}")
    made = module.Harness(tmp_path)
    yield made
    made.close()


def name_of(harness: Any) -> str:
    return type(harness).__module__.rpartition("harness_")[2]


def everything(
    connector: Connector, cursor: Any = None, limit: int = 100
) -> list[Page]:
    pages = [connector.fetch(cursor, limit=limit)]
    while pages[-1].more:
        pages.append(connector.fetch(pages[-1].cursor, limit=limit))
        assert len(pages) < 500, "the connector never comes to an end"
    return pages


def ids(pages: list[Page]) -> set[str]:
    return {mention.external_id for page in pages for mention in page.mentions}


def reply_to(mention: Mention, text: str = "Sorry to hear this.") -> OutboundReply:
    return OutboundReply(
        key="R-000001",
        brand=mention.brand,
        conversation=mention.conversation,
        in_reply_to=mention.external_id,
        text=text,
    )


def only_mention(harness: Any, connector: Connector) -> Mention:
    harness.say("nobody answers me")
    [mention] = [one for page in everything(connector) for one in page.mentions]
    return mention


def connector_before(harness: Any, fault: str) -> Any:
    """Give one that soon gives up where the platform will be silent, else a usual one.

    A pause of the machine looks like silence, so no other should be in a hurry.
    """
    return harness.connector(**(harness.hasty if fault == "timeout" else {}))


def needs(connector: Connector, capability: type) -> None:
    if not isinstance(connector, capability):
        pytest.skip(f"{connector.info.label} does not do {capability.__name__}")


# Law 1


def test_everything_said_arrives_page_by_page(harness: Any) -> None:
    said = {harness.say(f"complaint number {number}") for number in range(37)}

    pages = everything(harness.connector(), limit=10)

    assert ids(pages) == said


def test_the_same_cursor_gives_the_same_mentions_or_more(harness: Any) -> None:
    said = [harness.say(f"number {number}") for number in range(15)]
    connector = harness.connector()
    pages = everything(connector, limit=10)

    for before, page in zip(
        [None, *(one.cursor for one in pages)], pages, strict=False
    ):
        again = connector.fetch(before, limit=10)

        assert {one.external_id for one in page.mentions} <= ids([again])
    assert ids(pages) == set(said)


def test_what_is_said_later_comes_after_the_cursor_without_a_gap(harness: Any) -> None:
    connector = harness.connector()
    early = {harness.say(f"early {number}") for number in range(12)}
    first = everything(connector, limit=10)
    late = {harness.say(f"late {number}") for number in range(25)}

    second = everything(harness.connector(), first[-1].cursor, limit=10)

    assert ids(first) == early
    assert late <= ids(second)


def test_nothing_is_missed_where_reading_stops_between_two_pages(harness: Any) -> None:
    early = {harness.say(f"early {number}") for number in range(25)}
    pages = [harness.connector().fetch(None, limit=10)]
    late = {harness.say(f"late {number}") for number in range(25)}

    pages += everything(harness.connector(), pages[0].cursor, limit=10)
    pages += everything(harness.connector(), pages[-1].cursor, limit=10)

    assert ids(pages) == early | late


def test_a_failure_in_the_middle_loses_nothing(harness: Any) -> None:
    said = {harness.say(f"number {number}") for number in range(25)}
    connector = harness.connector()
    pages = [connector.fetch(None, limit=10)]
    if not harness.fail_next("server_error"):
        pytest.skip("a file is never in trouble")
    with pytest.raises(ConnectorError):
        everything(connector, pages[0].cursor, limit=10)

    pages += everything(connector, pages[0].cursor, limit=10)

    assert ids(pages) == said


def test_a_stream_at_rest_comes_to_its_end(harness: Any) -> None:
    harness.say("once")
    cursor = everything(harness.connector())[-1].cursor

    for _ in range(3):
        pages = everything(harness.connector(), cursor)
        cursor = pages[-1].cursor

    assert ids(pages) == set()


# Law 2


def test_pages_are_oldest_first_and_every_time_is_utc(harness: Any) -> None:
    for number in range(12):
        harness.say(f"number {number}")

    for page in everything(harness.connector()):
        times = [mention.published_at for mention in page.mentions]
        assert times == sorted(times)
        for mention in page.mentions:
            assert {one.utcoffset() for one in instants(mention)} == {timedelta(0)}


def instants(value: object) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
    elif is_dataclass(value):
        for one in fields(value):
            yield from instants(getattr(value, one.name))


# Laws 3 and 4


@pytest.mark.parametrize("fault", READ_FAULTS)
def test_only_our_errors_leave_with_their_cause(harness: Any, fault: str) -> None:
    harness.say("something")
    if not harness.fail_next(fault):
        pytest.skip(f"{name_of(harness)} cannot answer with {fault}")

    with pytest.raises(ConnectorError) as caught:
        everything(connector_before(harness, fault))

    assert caught.value.channel == harness.connector().info.name
    own_finding = isinstance(caught.value, BadPayload)
    assert caught.value.__cause__ is not None or own_finding


@pytest.mark.parametrize("fault", ["rate_limit", "budget"])
def test_a_limit_is_an_instant_and_not_a_nap(
    harness: Any, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.say("something")
    if not harness.fail_next(fault):
        pytest.skip(f"{name_of(harness)} has no {fault}")
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)

    with pytest.raises(RateLimited) as caught:
        everything(harness.connector())

    assert naps == []
    assert caught.value.retry_at.utcoffset() == timedelta(0)
    assert isinstance(caught.value, BudgetSpent) == (fault == "budget")


# Law 5


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubt_after_sending_is_settled_by_looking(harness: Any, doubt: str) -> None:
    connector = harness.connector()
    needs(connector, SendsReplies)
    reply = reply_to(only_mention(harness, connector))
    sender = connector_before(harness, doubt)
    while not sender.check().ok:
        assert doubt == "timeout", "only one in a hurry can miss its sign-in"
    if not harness.doubt_next(doubt):
        pytest.skip(f"{connector.info.label} cannot leave us in doubt by {doubt}")

    with pytest.raises(OutcomeUnknown):
        sender.send_reply(reply)

    assert len(harness.replies(reply.in_reply_to)) == 1
    assert harness.connector().find_reply(reply) is not None


def test_a_reply_is_published_once_and_found_by_another_process(harness: Any) -> None:
    connector = harness.connector()
    needs(connector, SendsReplies)
    reply = reply_to(
        only_mention(harness, connector),
        "We're sorry & want to help: https://acme.example/help <3",
    )
    assert connector.find_reply(reply) is None

    receipt = connector.send_reply(reply)

    found = harness.connector().find_reply(reply)
    assert found is not None
    assert found.external_id == receipt.external_id
    assert len(harness.replies(reply.in_reply_to)) == 1


def test_a_reply_whose_id_is_known_is_found_by_it(harness: Any) -> None:
    connector = harness.connector()
    needs(connector, SendsReplies)
    reply = reply_to(only_mention(harness, connector))
    receipt = connector.send_reply(reply)

    found = connector.find_reply(replace(reply, external_id=receipt.external_id))

    assert found is not None
    assert found.external_id == receipt.external_id


def test_what_looks_for_replies_cost_is_told_once(harness: Any) -> None:
    connector = harness.connector()
    needs(connector, MetersReads)
    reply = reply_to(only_mention(harness, connector))
    receipt = connector.send_reply(reply)
    assert connector.reads_spent() == 0

    connector.find_reply(reply)
    connector.find_reply(replace(reply, external_id=receipt.external_id))

    assert connector.reads_spent() == 2
    assert connector.reads_spent() == 0


def test_another_reply_is_not_taken_for_ours(harness: Any) -> None:
    connector = harness.connector()
    needs(connector, SendsReplies)
    reply = reply_to(only_mention(harness, connector))
    connector.send_reply(reply)

    other = reply_to(only_later(harness, connector))

    assert connector.find_reply(other) is None
    assert connector.find_reply(reply_to_same(reply, "Something else.")) is None


def only_later(harness: Any, connector: Connector) -> Mention:
    said = harness.say("and nobody answers me either")
    found = [one for page in everything(connector) for one in page.mentions]
    return next(one for one in found if one.external_id == said)


def reply_to_same(reply: OutboundReply, text: str) -> OutboundReply:
    return OutboundReply(
        key="R-000002",
        brand=reply.brand,
        conversation=reply.conversation,
        in_reply_to=reply.in_reply_to,
        text=text,
    )


def test_a_refused_text_is_refused_and_not_published(harness: Any) -> None:
    connector = harness.connector()
    needs(connector, SendsReplies)
    reply = reply_to(only_mention(harness, connector))
    harness.refuse_next()

    with pytest.raises(Refused):
        connector.send_reply(reply)

    assert list(harness.replies(reply.in_reply_to)) == []


def test_what_was_taken_back_is_reported_and_nothing_else(harness: Any) -> None:
    connector = harness.connector()
    needs(connector, ReportsRemovals)
    kept, gone = harness.say("I stay"), harness.say("I go")
    everything(connector)
    harness.remove(gone)

    assert set(connector.find_removed([kept, gone])) == {gone}


# Law 6


def test_logs_hold_neither_words_nor_credentials(
    harness: Any, caplog: pytest.LogCaptureFixture
) -> None:
    words = "my landlord swallowed a trombone"
    connector = harness.connector()
    with caplog.at_level(logging.DEBUG):
        harness.say(words)
        harness.say_nonsense()
        pages = everything(connector)
        mention = next(one for page in pages for one in page.mentions)
        if isinstance(connector, SendsReplies):
            connector.send_reply(reply_to(mention, "an answer about a trombone"))
        harness.fail_next("server_error")
        connector.check()

    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "trombone" not in logged
    assert not [secret for secret in harness.secrets if secret in logged]


def test_errors_hold_neither_words_nor_credentials(harness: Any) -> None:
    for fault in READ_FAULTS:
        if not harness.fail_next(fault):
            continue
        with pytest.raises(ConnectorError) as caught:
            everything(connector_before(harness, fault))
        told = f"{caught.value} {caught.value.detail}"
        assert not [secret for secret in harness.secrets if secret in told]


# Law 7


def test_check_says_who_we_are_and_changes_nothing(harness: Any) -> None:
    harness.say("something")
    connector = harness.connector()
    before = everything(connector)

    health = connector.check()

    assert health.ok
    assert health.detail
    assert harness.changes() == 0
    assert ids(everything(harness.connector())) == ids(before)


def test_check_says_why_we_cannot_work(harness: Any) -> None:
    if not harness.fail_next("unauthorized"):
        pytest.skip(f"{name_of(harness)} needs no credential")

    health = harness.connector().check()

    assert not health.ok
    assert health.detail


# Law 8


def test_an_item_that_makes_no_sense_is_kept_aside_and_the_page_goes_on(
    harness: Any,
) -> None:
    first = harness.say("before")
    harness.say_nonsense()
    last = harness.say("after")

    pages = everything(harness.connector())

    bad = [one for page in pages for one in page.bad]
    assert ids(pages) == {first, last}
    assert bad
    assert all(one.reason and one.where and one.payload for one in bad)


def kept_aside(harness: Any) -> list[Quarantined]:
    pages = everything(harness.connector())
    return [one for page in pages for one in page.bad if one.kind is Aside.ITEM]


def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a kept item is read without asking anybody")

    for way in ("connect", "connect_ex", "send", "sendall"):
        monkeypatch.setattr(socket.socket, way, refuse)


def test_a_kept_item_that_is_still_nonsense_comes_back_whole(
    harness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.say_nonsense()
    kept = kept_aside(harness)
    connector = harness.connector()
    assert isinstance(connector, ReadsAgain)
    assert kept

    with monkeypatch.context() as lonely:
        offline(lonely)
        pages = [connector.again(one) for one in kept]

    for item, page in zip(kept, pages, strict=True):
        assert not page.mentions
        [back] = page.bad
        assert back.reason
        assert replace(back, reason=item.reason) == item


def test_a_kept_item_that_makes_sense_by_now_is_what_it_would_have_been(
    harness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {harness.say("nobody answers me"), harness.say("and it is broken & <late>")}
    with monkeypatch.context() as earlier:
        earlier.setattr("bot.domain.mentions.MAX_TEXT", 3)
        kept = kept_aside(harness)
    would = [one for page in everything(harness.connector()) for one in page.mentions]

    connector = harness.connector()
    with monkeypatch.context() as lonely:
        offline(lonely)
        pages = [connector.again(one) for one in kept]

    read = [one for page in pages for one in page.mentions]
    assert not [one for page in pages for one in page.bad]
    assert {one.external_id for one in read} == said
    assert sorted(map(uncounted, read), key=id_of) == sorted(
        map(uncounted, would), key=id_of
    )


def uncounted(mention: Mention) -> Mention:
    """Leave out when counts were asked for, which is another time here."""
    return replace(mention, engagement=replace(mention.engagement, counted_at=None))


def id_of(mention: Mention) -> str:
    return mention.external_id


def test_what_an_earlier_version_kept_is_read_or_comes_back_with_a_reason(
    harness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.say("nobody answers me")
    with monkeypatch.context() as earlier:
        earlier.setattr("bot.domain.mentions.MAX_TEXT", 3)
        kept = kept_aside(harness)
    connector = harness.connector()

    for item in kept:
        for older in (
            replace(item, context=""),
            replace(item, context="[]"),
            replace(item, payload=item.payload[:-1]),
            replace(item, payload=""),
        ):
            page = connector.again(older)
            assert page.mentions or page.bad
            assert all(one.reason for one in page.bad)


def test_what_only_tells_of_a_source_is_not_read(harness: Any) -> None:
    note = Quarantined(
        where="here", reason="it moved", payload='{"id": "1"}', kind=Aside.NOTE
    )

    [back] = harness.connector().again(note).bad

    assert replace(back, reason=note.reason) == note


def test_every_saved_payload_becomes_the_same_mentions_each_time(harness: Any) -> None:
    files = sorted(harness.payloads.glob("*.json"))
    assert files, "a connector comes with saved payloads"

    for file in files:
        payload = json.loads(file.read_text(encoding="utf-8"))
        kept = copy.deepcopy(payload)
        once, twice = list(harness.translate(payload)), list(harness.translate(payload))
        assert once == twice
        assert payload == kept


def test_a_spoilt_payload_is_a_mention_or_a_bad_payload(harness: Any) -> None:
    for file in sorted(harness.payloads.glob("*.json")):
        payload = json.loads(file.read_text(encoding="utf-8"))
        for spoilt in variations(payload, payload):
            assert set(outcome(harness, spoilt)) <= {Mention, BadPayload}


def outcome(harness: Any, payload: Any) -> list[type]:
    try:
        made = list(harness.translate(payload))
    except BadPayload as error:
        return [type(error)]
    assert not [trouble for mention in made for trouble in unstorable(mention)]
    return [type(one) for one in made]


_hints = cache(get_type_hints)


def unstorable(value: Any) -> Iterator[str]:
    """Name the fields that hold what their type forbids or no database takes."""
    kind: Any = type(value)
    hints = _hints(kind)
    for one in fields(value):
        held, allowed = getattr(value, one.name), get_args(hints[one.name])
        if not isinstance(held, allowed or hints[one.name]):
            yield f"{one.name} is a {type(held).__name__}"
        elif is_dataclass(held):
            yield from unstorable(held)
        elif isinstance(held, int) and abs(held) >= 1 << 63:
            yield f"{one.name} is too big"
        elif isinstance(held, str) and not is_clean(held):
            yield f"{one.name} holds what no database takes"


def is_clean(text: str) -> bool:
    return "\x00" not in text and text == text.encode(errors="replace").decode()


def variations(whole: Any, part: Any, depth: int = 0) -> Iterator[Any]:
    """Give the payload with each value in turn replaced by nonsense, or left out.

    The two outermost levels are the answer itself, which the connector checks before.
    """
    items = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in list(items):
        if depth > 2:
            for odd in NONSENSE:
                part[key] = odd
                yield whole
            part[key] = value
            if isinstance(part, dict):
                del part[key]
                yield whole
                part[key] = value
        if isinstance(value, dict | list):
            yield from variations(whole, value, depth + 1)


# Law 9


def test_info_tells_the_truth(harness: Any) -> None:
    connector = harness.connector()
    info = connector.info

    assert info.name == name_of(harness)
    assert info.label
    assert info.poll_every > timedelta(0)
    assert (info.reply_limit > 0) == isinstance(connector, SendsReplies)
    page = (ROOT / info.docs).read_text(encoding="utf-8")
    assert info.label in page
    if info.reply_limit:
        assert f"{info.reply_limit:,}" in page or str(info.reply_limit) in page


# Law 10


def test_settings_are_a_typed_model_that_hides_its_secrets(harness: Any) -> None:
    model = load(name_of(harness)).settings_model
    settings = model.model_validate(dict(harness.settings()))

    assert issubclass(model, ConnectorSettings)
    assert not [secret for secret in harness.secrets if secret in repr(settings)]
    for secret in harness.secrets:
        holders = [one for one, value in settings if is_secret(value, secret)]
        assert holders, "a credential is given that is no SecretStr"


def is_secret(value: object, secret: str) -> bool:
    return isinstance(value, SecretStr) and value.get_secret_value() == secret


def test_an_unknown_setting_is_refused(harness: Any) -> None:
    model = load(name_of(harness)).settings_model

    with pytest.raises(ValidationError, match="mistyped"):
        model.model_validate({**harness.settings(), "mistyped": 1})


def test_the_base_url_can_be_set(harness: Any) -> None:
    model = load(name_of(harness)).settings_model

    assert str in get_args(model.model_fields["base_url"].annotation) or (
        model.model_fields["base_url"].annotation is str
    )
    assert harness.connector().check().ok


def test_the_registry_makes_what_the_settings_describe(harness: Any) -> None:
    made = load(name_of(harness))

    connector = made(made.settings_model.model_validate(dict(harness.settings())))

    assert connector.check().ok
    connector.close()
