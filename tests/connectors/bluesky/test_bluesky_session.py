from __future__ import annotations

import json
import logging
import stat
from pathlib import Path
from typing import Any

import pytest

from bot.connectors._bluesky_session import ENTRYWAY, host_of
from bot.errors import AccessDenied, RateLimited
from tests.connectors.bluesky.conftest import reply_under
from tests.platforms.bluesky_state import HANDLE

CREATE, REFRESH = "createSession", "refreshSession"


def test_many_polls_and_a_reply_are_one_sign_in(
    state: Any, clock: Any, bluesky: Any, read: Any
) -> None:
    cursor = None
    for number in range(40):
        clock.advance(minutes=1)
        uri = state.add_post(f"@{HANDLE} number {number}", "jane.test")
        cursor = read(bluesky, cursor).cursor
    bluesky.check()
    bluesky.send_reply(reply_under(uri))

    assert len(state.sign_ins) == 1
    assert state.renewals == 0


def test_an_ended_token_is_renewed_once_and_the_request_made_again(
    state: Any, clock: Any, bluesky: Any, read: Any
) -> None:
    cursor = read(bluesky).cursor
    for _ in range(5):
        state.expire_access()
        uri = state.add_post(f"@{HANDLE} still there?", "jane.test")
        clock.advance(minutes=1)
        reading = read(bluesky, cursor)
        cursor = reading.cursor

        assert uri in reading.mentions
    assert (len(state.sign_ins), state.renewals) == (1, 5)


def test_a_reply_is_sent_once_although_the_token_had_ended(
    state: Any, bluesky: Any
) -> None:
    uri = state.add_post(f"@{HANDLE} hello", "jane.test")
    bluesky.check()
    state.expire_access()

    bluesky.send_reply(reply_under(uri))

    assert len(state.accepted) == 1


def test_where_the_session_is_over_the_password_is_sent_once(
    state: Any, bluesky: Any, read: Any
) -> None:
    read(bluesky)
    state.expire_session()

    read(bluesky)

    assert (len(state.sign_ins), state.renewals) == (2, 0)


def test_where_the_password_is_refused_too_the_operator_is_needed(
    state: Any, bluesky: Any, read: Any
) -> None:
    read(bluesky)
    state.expire_session()
    state.fail_next("401", CREATE, text="AuthenticationRequired:Invalid password")

    with pytest.raises(AccessDenied, match="account or its password"):
        bluesky.fetch(None, limit=10)

    assert len(state.sign_ins) == 1


def test_a_session_that_is_refused_even_when_new_is_not_renewed_for_ever(
    state: Any, bluesky: Any
) -> None:
    bluesky.check()
    state.fail_next("400", "getAuthorFeed", times=9, text="ExpiredToken:again")

    with pytest.raises(AccessDenied, match="not even a new one"):
        bluesky.fetch(None, limit=10)

    assert (len(state.sign_ins), state.renewals) == (1, 1)


def test_too_many_sign_ins_are_a_pause(state: Any, bluesky: Any, clock: Any) -> None:
    state.fail_next("rate_limit", CREATE, seconds=300)

    with pytest.raises(RateLimited) as caught:
        bluesky.fetch(None, limit=10)

    assert (caught.value.retry_at - clock()).total_seconds() == 300


def test_an_outage_while_renewing_is_no_reason_to_sign_in(
    state: Any, bluesky: Any
) -> None:
    bluesky.check()
    state.expire_access()
    state.fail_next("502", REFRESH)

    assert not bluesky.check().ok
    assert bluesky.check().ok
    assert len(state.sign_ins) == 1


def test_a_kept_session_serves_the_next_process(
    state: Any, connect: Any, read: Any, tmp_path: Path
) -> None:
    file = tmp_path / "session.json"
    cursor = None
    for _ in range(10):
        cursor = read(connect(session_file=str(file)), cursor).cursor

    assert len(state.sign_ins) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["session.json"]


def test_a_session_that_another_process_renewed_is_taken_over(
    state: Any, connect: Any, read: Any, tmp_path: Path
) -> None:
    file = str(tmp_path / "session.json")
    first, second = connect(session_file=file), connect(session_file=file)
    read(first)
    read(second)
    state.expire_access()
    read(first)

    read(second)

    assert (len(state.sign_ins), state.renewals) == (1, 1)


@pytest.mark.parametrize("kept", ["", "[1]", '{"did": 1}', "\x00"])
def test_a_kept_session_that_makes_no_sense_is_replaced(
    state: Any, connect: Any, tmp_path: Path, caplog: Any, kept: str
) -> None:
    file = tmp_path / "session.json"
    file.write_text(kept, encoding="utf-8")

    with caplog.at_level(logging.WARNING):
        assert connect(session_file=str(file)).check().ok

    assert "cannot be read" in caplog.text
    assert json.loads(file.read_text(encoding="utf-8"))["handle"] == HANDLE


def test_the_session_of_another_account_is_not_used(
    state: Any, connect: Any, tmp_path: Path
) -> None:
    file = tmp_path / "session.json"
    connect(session_file=str(file)).check()
    kept = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**kept, "account": "other.test"}), encoding="utf-8")

    assert connect(session_file=str(file)).check().ok
    assert len(state.sign_ins) == 2


def test_a_file_that_cannot_be_written_costs_a_sign_in_and_no_more(
    state: Any, connect: Any, tmp_path: Path, caplog: Any
) -> None:
    bluesky = connect(session_file=str(tmp_path / "nowhere" / "session.json"))

    with caplog.at_level(logging.WARNING):
        assert bluesky.check().ok

    assert "cannot be written" in caplog.text


def test_the_account_may_be_named_by_its_did(state: Any, connect: Any) -> None:
    assert connect(account=state.us).check().account_handle == HANDLE
    assert connect(account=f"@{HANDLE}").check().account_id == state.us


DOC = {"service": [{"id": "#atproto_pds", "serviceEndpoint": "https://pds.example"}]}


@pytest.mark.parametrize(
    ("base_url", "doc", "host"),
    [
        (ENTRYWAY, DOC, "https://pds.example"),
        ("http://localhost:2583", DOC, "http://localhost:2583"),
        (ENTRYWAY, None, ENTRYWAY),
        (ENTRYWAY, {"service": [{"id": "#x"}]}, ENTRYWAY),
        (
            ENTRYWAY,
            {"service": [{**DOC["service"][0], "serviceEndpoint": "http://a.example"}]},
            ENTRYWAY,
        ),
    ],
)
def test_only_blueskys_entrance_may_name_another_host(
    base_url: str, doc: Any, host: str
) -> None:
    assert host_of(base_url, doc) == host
