"""``/live`` over a real socket: soon, what is theirs, and no hindrance to a stop."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Timer

import httpx2
import pytest

from bot.bootstrap import App
from bot.domain.staff import Role, Viewer
from bot.services.staff import revoke
from bot.settings import load_settings
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from bot.web.app import address_of, application, listening, served
from tests.consoles import browser, quick, seen_by, viewer, welcomed
from tests.samples import entry, ticket


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    file = tmp_path / "bot.yaml"
    file.write_text("{}")
    made = App(load_settings(file, {"BOT_DATABASE__URL": database_url}))
    yield made
    made.close()


@contextmanager
def listens(app: App, by: Viewer, after: str = "") -> Iterator[Iterator[str]]:
    with (
        listening("127.0.0.1", 0) as listener,
        served(seen_by(app, by), listener),
        httpx2.Client(base_url=address_of(listener), timeout=10) as client,
        client.stream("GET", f"/live{after}") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.iter_lines()


def first(lines: Iterator[str]) -> list[list[str]]:
    """Wait for the first event and return what it names."""
    for line in lines:
        if line.startswith("data: "):
            told: list[list[str]] = json.loads(line.removeprefix("data: "))
            return told
    return []


def test_a_change_by_another_process_is_told_within_a_second(
    app: App, database_url: str
) -> None:
    other = SqlStore(database_url)
    at: list[float] = []

    def claim() -> None:
        with other.work() as work:
            opened = work.tickets.add(ticket())
            work.audit.append(
                [entry(subject=f"ticket:{opened.id}", action="ticket.claimed")]
            )
        at.append(time.monotonic())

    with listens(app, viewer(Role.AGENT)) as lines:
        timer = Timer(1, claim)
        timer.start()
        told = first(lines)
        took = time.monotonic() - at[0]
        timer.join()
    other.close()

    assert told == [["ticket:1", "ticket.claimed"]]
    assert took < 1


def test_what_came_since_the_page_was_made_is_told_at_once(app: App) -> None:
    with app.store.work() as work:
        work.audit.append(
            [entry(number, subject=f"ticket:{number}") for number in range(1, 4)]
        )

    with listens(app, viewer(Role.AGENT), "?after=1") as lines:
        told = first(lines)

    assert [subject for subject, _ in told] == ["ticket:2", "ticket:3"]


def test_nothing_of_another_brand_is_told(app: App) -> None:
    other = replace(viewer(Role.AGENT), brands=frozenset({"Other"}))
    with app.store.work() as work:
        ours = work.tickets.add(ticket())
        theirs = work.tickets.add(ticket(2, brand="Other", conversation="c2"))
        work.audit.append(
            [entry(subject=f"ticket:{each.id}", at=START) for each in (ours, theirs)]
        )

    with listens(app, other, "?after=0") as lines:
        told = first(lines)

    assert [subject for subject, _ in told] == [f"ticket:{theirs.id}"]


def test_an_open_page_does_not_hold_a_stop_up(app: App) -> None:
    with listens(app, viewer(Role.AGENT)):
        time.sleep(0.5)
        started = time.monotonic()

    assert time.monotonic() - started < 3


def test_whoever_is_not_signed_in_hears_nothing(app: App) -> None:
    with (
        listening("127.0.0.1", 0) as listener,
        served(application(app), listener),
        httpx2.Client(base_url=address_of(listener)) as client,
    ):
        answer = client.get("/live", follow_redirects=False)

    assert answer.status_code == 303


@contextmanager
def signed_in(
    migrated_file: Path, tmp_path: Path
) -> Iterator[tuple[App, httpx2.Client]]:
    """Serve a console over SQLite, with a browser that came in through its door."""
    file = tmp_path / "bot.yaml"
    database = shutil.copy(migrated_file, tmp_path / "a.db")
    file.write_text(f"database: {{url: 'sqlite:///{database}'}}\n")
    app = App(load_settings(file, {}), clock=ManualClock())
    quick(app)
    door = browser(app)
    welcomed(app, door, "Ada", Role.AGENT)
    with (
        listening("127.0.0.1", 0) as listener,
        served(application(app), listener),
        httpx2.Client(
            base_url=address_of(listener), cookies=dict(door.cookies), timeout=10
        ) as client,
    ):
        yield app, client
    app.close()


def test_a_stream_ends_when_its_session_is_revoked(
    migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.live.ASK_SECONDS", 0.1)

    with (
        signed_in(migrated_file, tmp_path) as (app, client),
        client.stream("GET", "/live") as answer,
    ):
        assert answer.status_code == 200
        revoke(app.store, app.present, "Ada", by="Ben")
        said = [line for line in answer.iter_lines() if line]

    assert said[-2:] == ["event: over", "data: signed out"]


def test_one_person_holds_so_many_streams_open_and_no_more(
    migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.door.LISTENING", 2)

    with signed_in(migrated_file, tmp_path) as (_, client), ExitStack() as open_ones:
        first, second = (
            open_ones.enter_context(client.stream("GET", "/live")) for _ in range(2)
        )
        third = client.get("/live")
        first.close()
        until = time.monotonic() + 5
        while (status := opened(client)) == 429 and time.monotonic() < until:
            time.sleep(0.05)

    assert second.status_code == 200
    assert third.status_code == 429
    assert "2 pages listen for you already; close some" in third.text
    assert status == 200


def opened(client: httpx2.Client) -> int:
    """Open a stream, and leave it again."""
    with client.stream("GET", "/live") as answer:
        return answer.status_code
