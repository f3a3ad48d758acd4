"""Algolia's search over Hacker News on loopback: newest first, no more than asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.platforms.http_platform import Answer, Asked, Loopback, real_time

ROUTE = "/api/v1/search_by_date"
BOUND = re.compile(r"created_at_i(>=|<=)(\d+)")


class HackerNewsSearch(Loopback):
    """``hits`` are what there is; ``most`` is what one answer holds at most."""

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        super().__init__(now)
        self.hits: list[dict[str, Any]] = []
        self.most = 1000

    def story(self, number: int, title: str, **more: Any) -> None:
        at = int(self.now().timestamp())
        with self.lock:
            hit = {"objectID": str(number), "created_at_i": at, "title": title}
            self.hits.append({**hit, "author": f"author_{number}", "points": 1, **more})

    def comment(self, number: int, text: str, story: int, **more: Any) -> None:
        self.story(
            number, "", comment_text=text, story_id=story, parent_id=story, **more
        )

    def route(self, asked: Asked) -> Answer:
        if asked.path != ROUTE or asked.query["tags"] != "(story,comment)":
            return Answer(404, {"message": "invented"})
        found = list(self.hits)
        for sign, at in BOUND.findall(asked.query.get("numericFilters", "")):
            found = [
                one
                for one in found
                if (
                    one["created_at_i"] >= int(at)
                    if sign == ">="
                    else one["created_at_i"] <= int(at)
                )
            ]
        found.sort(key=lambda one: -one["created_at_i"])
        size = min(int(asked.query["hitsPerPage"]), self.most)
        return Answer(200, {"hits": found[:size], "nbHits": len(found)})

    def problem(self, kind: str) -> Answer:
        wait = {"Retry-After": "900"} if kind == "429" else {}
        return Answer(int(kind), {"message": "invented words"}, wait)

    def is_sign_in(self, path: str) -> bool:
        return False
