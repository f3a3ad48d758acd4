from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import uvicorn

from bot.bootstrap import App
from bot.settings import load_settings
from bot.testing import ManualClock
from bot.web.app import application, listening
from tests.platforms.webhook_sender import OLD, SECRET, headers

WITHIN = 60.0

CONFIG = f"""
sources:
  forum:
    connector: webhook
    brand: Acme
    channel: forum
    secret: {SECRET}
    previous_secret: {OLD}
  shop:
    connector: webhook
    brand: Acme
    secret: another-secret-of-many-more-owls
  file:
    connector: replay
    brand: Acme
    path: stream.jsonl
"""


@pytest.fixture
def app(own_file: Path, tmp_path: Path) -> Iterator[App]:
    config = tmp_path / "bot.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    environment = {"BOT_DATABASE__URL": f"sqlite:///{own_file}"}
    made = App(load_settings(config, environment), clock=ManualClock())
    yield made
    made.close()


@pytest.fixture
def site(app: App) -> Iterator[str]:
    """The real server, in a thread of this process."""
    with closing(listening("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(application(app), log_config=None, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(WITHIN)
        assert not thread.is_alive()


@pytest.fixture
def send(app: App, site: str) -> Iterator[Callable[..., httpx2.Response]]:
    """Deliver a body as a sender would, signed unless told otherwise."""
    with httpx2.Client(base_url=site, timeout=WITHIN) as client:

        def post(body: Any, source: str = "forum", **how: Any) -> httpx2.Response:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            at = how.get("at", app.clock.now().timestamp())
            signed = headers(how.get("secret", SECRET), raw, at)
            given = {**signed, **how.get("headers", {})}
            sent = how.get("content", raw)
            return client.post(f"/hooks/{source}", content=sent, headers=given)

        yield post


@pytest.fixture
def kept(app: App) -> Callable[..., list[str]]:
    """The bodies that wait to be read."""

    def bodies(source: str = "forum") -> list[str]:
        with app.store.reading() as work:
            return [one.body for one in work.deliveries.after(source, 0, 1000)]

    return bodies


@pytest.fixture
def away() -> Any:
    """A database that is out of reach."""

    def work() -> Any:
        from bot.errors import StorageError

        raise StorageError("the database is out of reach")

    return SimpleNamespace(work=work, reading=work)
