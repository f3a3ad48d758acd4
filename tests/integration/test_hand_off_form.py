"""The form over real HTTP: shown, filled in, and used once whoever presses first."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from bot.bootstrap import App
from bot.domain.handoff import HandOffState
from bot.services.handoff import make_link, start
from bot.settings import load_settings
from bot.testing import ManualClock
from bot.web.app import application, listening
from tests.unit.services.test_handoff import GIVEN, SECRET
from tests.unit.services.world import handle, log, mention, tickets

WITHIN = 60.0
PRESSES = 8


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    file = tmp_path / "bot.yaml"
    file.write_text("place: AU-NSW\n", encoding="utf-8")
    told = {
        "BOT_DATABASE__URL": database_url,
        "BOT_HAND_OFF__SECRET": SECRET,
        "BOT_HAND_OFF__URL": "http://127.0.0.1",
    }
    made = App(load_settings(file, told))
    yield made
    made.close()


@pytest.fixture
def client(app: App) -> Iterator[httpx2.Client]:
    with listening("127.0.0.1", 0) as listener:
        config = uvicorn.Config(application(app), log_config=None, access_log=False)
        server = uvicorn.Server(config)
        sockets = {"sockets": [listener]}
        thread = threading.Thread(target=server.run, kwargs=sockets, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        with httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=WITHIN
        ) as client:
            yield client
        server.should_exit = True
        thread.join(WITHIN)


@pytest.fixture
def path(app: App, clock: Any) -> str:
    """The path of a link that a person made."""
    handle(app.store, clock, mention())
    [ticket] = tickets(app.store)
    start(app.store, app.clock, app.hand_offs, ticket.id, by="ana")
    url, _ends = make_link(app.store, app.clock, app.hand_offs, ticket.id, by="ana")
    return url.removeprefix("http://127.0.0.1")


@pytest.fixture
def clock() -> Any:
    return ManualClock()


def state(app: App) -> HandOffState:
    with app.store.reading() as work:
        [one] = work.hand_offs.of_ticket(tickets(app.store)[0].id)
    return one.state


def test_of_many_who_press_at_once_one_is_heard(
    app: App, client: httpx2.Client, path: str
) -> None:
    def press(number: int) -> int:
        answer = client.post(path, data={**GIVEN, "full_name": f"Ada {number}"})
        return answer.status_code

    with ThreadPoolExecutor(PRESSES) as pool:
        heard = sorted(pool.map(press, range(PRESSES)))

    assert heard == [200] + [410] * (PRESSES - 1)
    assert state(app) is HandOffState.IDENTIFIED
    assert len(log(app.store, "handoff.answered")) == 1


def test_the_page_asks_and_runs_nothing_and_loads_nothing(
    app: App, client: httpx2.Client, path: str
) -> None:
    answer = client.get(path)

    page = answer.text
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'; frame-ancestors 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert not re.search(r"<script|src=|href=|@import|url\(", page)
    assert path.rpartition("/")[2] not in page
    assert 'lang="en"' in page
    labels = set(re.findall(r'<label for="([^"]+)"', page))
    fields = set(re.findall(r'<input[^>]* id="([^"]+)"', page))
    assert labels == fields
    assert state(app) is HandOffState.INVITED


def test_answers_that_cannot_be_taken_are_named_and_never_shown_again(
    app: App, client: httpx2.Client, path: str
) -> None:
    wrong = {**GIVEN, "full_name": "<b>Ada</b>", "date_of_birth": "31.12.80"}

    answer = client.post(path, data=wrong)

    assert answer.status_code == 422
    assert 'id="date_of_birth-why"' in answer.text
    assert "Ada" not in answer.text
    assert "31.12.80" not in answer.text
    assert client.post(path, data=GIVEN).status_code == 200
    assert state(app) is HandOffState.IDENTIFIED


def test_a_link_that_is_no_good_says_the_same_whatever_is_wrong_with_it(
    client: httpx2.Client, path: str
) -> None:
    assert client.post(path, data=GIVEN).status_code == 200

    used, strange, cut = (
        client.get(one) for one in (path, "/h/MQ.abcdef", path[:-2] + "xx")
    )

    assert {one.status_code for one in (used, strange, cut)} == {410}
    assert used.text == strange.text == cut.text
    assert "customer" not in used.text.lower()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"full_name": "Ada"}', "application/json"),
        (b"full_name=" + b"a" * 20_000, "application/x-www-form-urlencoded"),
        (b"full_name=\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&".join([b"a=1"] * 50), "application/x-www-form-urlencoded"),
    ],
    ids=["json", "too long", "no text", "too many"],
)
def test_what_is_no_form_is_not_read(
    app: App, client: httpx2.Client, path: str, body: bytes, kind: str
) -> None:
    answer = client.post(path, content=body, headers={"content-type": kind})

    assert answer.status_code == 400
    assert state(app) is HandOffState.INVITED


def test_a_link_that_is_asked_for_too_often_rests_a_minute(
    client: httpx2.Client, path: str
) -> None:
    asked = [client.get(path) for _ in range(22)]

    assert [one.status_code for one in asked].count(429) == 2
    assert asked[-1].headers["retry-after"] == "60"
    assert client.get("/h/another").status_code == 410


def test_no_token_and_no_answer_reaches_a_log(
    app: App, path: str, database_url: str, tmp_path: Path
) -> None:
    told = {
        "BOT_CONFIG": str(tmp_path / "bot.yaml"),
        "BOT_LOGS__LEVEL": "debug",
        "BOT_HAND_OFF__SECRET": SECRET,
        "BOT_HAND_OFF__URL": "http://127.0.0.1",
    }
    program = "from bot.cli.main import main; main()"
    served = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--db", database_url, "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **told, "NO_COLOR": "1"},
    )
    assert served.stderr is not None
    said: list[str] = []
    while "Listening on" not in "".join(said[-1:]):
        said.append(served.stderr.readline())
        assert said[-1], "it ended before it listened"
    at = said[-1].split("Listening on ")[1].split(";")[0]

    with httpx2.Client(base_url=at, timeout=WITHIN) as client:
        shown, taken = client.get(path), client.post(path, data=GIVEN)
    served.terminate()
    said.append(served.communicate(timeout=WITHIN)[1])

    assert (shown.status_code, taken.status_code) == (200, 200)
    whole = "".join(said) + " ".join(one.detail for one in log(app.store))
    for secret in (path.rpartition("/")[2], "Ada Lovelorn", "1980-12-31"):
        assert secret not in whole
