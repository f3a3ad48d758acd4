"""What Apple's public feed really answered, as others recorded it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.connectors.app_store import AppStoreConnector, AppStoreSettings
from tests.platforms.http_platform import Answer, Asked, Loopback

pytestmark = pytest.mark.shared

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("ANSWERABLE_SHARED", ROOT.parent / "shared"))
FILES = sorted((FOLDER / "recordings" / "app_reviews").glob("appstore_*.json"))


class Replayed(Loopback):
    """Answers everything with one recorded body, and then with an empty feed."""

    body: Any = None

    def route(self, asked: Asked) -> Answer:
        told, self.body = self.body, {"feed": {}}
        return Answer(200, told)

    def problem(self, kind: str) -> Answer:
        raise AssertionError(kind)

    def is_sign_in(self, path: str) -> bool:
        return False


def test_every_recorded_review_is_a_mention() -> None:
    if not FILES:
        pytest.skip("the recordings of the App Store are not beside the checkout")
    for file in FILES:
        with Replayed() as server:
            server.body = json.loads(file.read_text(encoding="utf-8"))
            entries = server.body["feed"]["entry"]
            settings = {
                "brand": "acme",
                "app_id": "1404176564",
                "countries": ("jp",),
                "base_url": server.base_url,
            }
            store = AppStoreConnector(AppStoreSettings.model_validate(settings))
            page = store.fetch(None, limit=100)
            store.close()

        assert len(page.mentions) == len(entries) >= 50
        assert page.bad == []
        assert page.more
        assert all(one.text and one.author for one in page.mentions)
