"""The receiving end: the real server on loopback, and a real client."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest

from bot.services.ingest import ingest
from bot.web.hooks import MOST_BYTES
from tests.contract.harness_webhook import WITHIN
from tests.platforms.webhook_sender import OLD, SECRET, headers, item


def test_a_signed_delivery_is_kept_before_it_is_answered(send, kept):
    answer = send(item())

    assert (answer.status_code, answer.json()) == (202, {"kept": True})
    assert [json.loads(body) for body in kept()] == [item()]


def test_what_was_kept_becomes_a_mention_and_its_words_are_kept_once(app, send, kept):
    send(item(1))
    send([item(2), item(3)])

    done = ingest(app.store, app.sources["forum"], app.clock, app.own_accounts)

    assert (done.stored, done.quarantined, done.more) == (3, 0, False)
    assert kept() == []
    again = ingest(app.store, app.sources["forum"], app.clock, app.own_accounts)
    assert (again.fetched, again.stored) == (0, 0)


def test_what_a_sender_takes_back_is_gone_from_the_channel_it_was_on(app, send):
    send([item(1), item(2)])
    ingest(app.store, app.sources["forum"], app.clock, app.own_accounts)
    send([{"event": "removed", "id": "post/1"}, {"event": "removed", "id": "post/9"}])

    ingest(app.store, app.sources["forum"], app.clock, app.own_accounts)

    with app.store.reading() as work:
        known = work.mentions.known("forum", ["post/1", "post/2"])
    assert {one: stored.removed_at for one, stored in known.items()} == {
        "post/1": app.clock.now(),
        "post/2": None,
    }


def test_the_log_says_when_something_came_and_holds_no_word_of_it(app, send):
    send(item(text="my landlord swallowed a trombone"))

    with app.store.audit_log() as records:
        [entry] = [one for one in records if "delivery.kept" in str(one)]
    assert "trombone" not in str(entry)
    assert "source:forum" in str(entry)


@pytest.mark.parametrize(
    "how",
    [
        {"secret": "a-secret-that-nobody-told-to-us"},
        {"secret": "another-secret-of-many-more-owls"},
        {"content": json.dumps(item(text="I love it")).encode()},
        {"headers": {"X-Answerable-Timestamp": "1793610001"}},
        {"headers": {"X-Answerable-Signature": "v1=" + 64 * "0"}},
        {"headers": {"X-Answerable-Signature": "v1="}},
        {"headers": {"X-Answerable-Signature": b"v2=\xe9"}},
    ],
    ids=["unknown", "of another source", "body", "time", "zeros", "none", "odd"],
)
def test_what_nobody_we_know_signed_is_refused_and_not_kept(send, kept, how):
    answer = send(item(), **how)

    assert answer.status_code == 401
    assert "HMAC-SHA256" in answer.json()["error"]
    assert kept() == []


@pytest.mark.parametrize("name", ["Timestamp", "Signature"])
def test_what_is_not_signed_at_all_is_told_what_to_send(send, kept, name):
    answer = send(item(), headers={f"X-Answerable-{name}": ""})

    assert answer.status_code == 401
    assert f"X-Answerable-{name}" in answer.json()["error"]
    assert kept() == []


@pytest.mark.parametrize(
    ("seconds", "status"), [(-301, 401), (-299, 202), (299, 202), (301, 401)]
)
def test_only_what_was_signed_within_the_window_is_taken(app, send, seconds, status):
    at = (app.clock.now() + timedelta(seconds=seconds)).timestamp()

    answer = send(item(), at=at)

    assert answer.status_code == status
    if status == 401:
        assert "301 seconds away from our clock, 300 at most" in answer.json()["error"]


@pytest.mark.parametrize("stamp", ["yesterday", "1e9", "9" * 30, "-1", "٣"])
def test_an_instant_that_is_none_is_refused_though_it_is_signed(site, kept, stamp):
    body, raw = b"{}", stamp.encode()
    mac = hmac.new(SECRET.encode(), raw + b"." + body, hashlib.sha256).hexdigest()
    given = {"X-Answerable-Timestamp": raw, "X-Answerable-Signature": f"v1={mac}"}

    answer = httpx2.post(f"{site}/hooks/forum", content=body, headers=given)

    assert answer.status_code == 401
    assert kept() == []


def test_the_same_request_again_adds_nothing(send, kept):
    first, second = send(item()), send(item())

    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json() == {"kept": True, "repeated": True}
    assert len(kept()) == 1


def test_the_same_body_signed_anew_adds_nothing_also_after_it_was_read(app, send, kept):
    send(item())
    ingest(app.store, app.sources["forum"], app.clock, app.own_accounts)
    app.clock.advance(hours=1)

    again = send(item())

    assert again.status_code == 200
    assert kept() == []


def test_the_secret_before_is_accepted_too(send, kept):
    assert send(item(), secret=OLD).status_code == 202
    assert len(kept()) == 1


def test_a_body_that_is_too_long_is_refused_by_its_announced_length(send, kept):
    answer = send(b" " * MOST_BYTES + b"{}")

    assert answer.status_code == 413
    assert "1,000,000 bytes" in answer.json()["error"]
    assert kept() == []


def test_a_body_that_is_too_long_is_refused_while_it_comes(app, site, kept):
    def parts() -> Iterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    signed = headers(SECRET, b"", app.clock.now().timestamp())
    answer = httpx2.post(f"{site}/hooks/forum", content=parts(), headers=signed)

    assert answer.status_code == 413
    assert kept() == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Expecting value"),
        (b"id=1&text=no", "Expecting value"),
        (b'{"id": "\xff"}', "not UTF-8: byte 9"),
        (b"[]", "neither a JSON object nor a list"),
        (b'"a text"', "neither a JSON object nor a list"),
        (b'[{"id": 1}, 2]', "neither a JSON object nor a list"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"id": ' + b"9" * 5000 + b"}", "digits"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(send, kept, body, said):
    answer = send(body)

    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert kept() == []


@pytest.mark.parametrize("source", ["nobody", "file", "forum2", "forum%2Fx"])
def test_no_other_source_is_delivered_to(send, source):
    answer = send(item(), source=source)

    assert answer.status_code == 404


def test_nothing_else_is_shown_to_strangers(site):
    for path in ("/docs", "/openapi.json", "/hooks", "/hooks/forum"):
        assert httpx2.get(site + path, timeout=WITHIN).status_code in {404, 405}
    for path in ("/", "/queues", "/log"):
        led = httpx2.get(site + path, timeout=WITHIN)
        assert led.headers["location"].startswith("/sign-in")
        assert not led.content


def test_what_cannot_be_kept_is_asked_for_again(app, send, away):
    kept, app.__dict__["store"] = app.store, away

    answer = send(item())

    app.__dict__["store"] = kept
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert send(item()).status_code == 202


def test_a_sender_that_hangs_up_half_way_does_no_harm(site, send, kept):
    host, port = site.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(
            b"POST /hooks/forum HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
        )

    assert send(item()).status_code == 202
    assert len(kept()) == 1
