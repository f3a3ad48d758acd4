"""A small Graph API on loopback: a page and an Instagram account, signed and at fault.

Written from Meta's public descriptions of nodes, edges and errors; all people and words
in it are invented.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.platforms.graph_state import (
    ACCOUNT_ID,
    APP_ID,
    APP_SECRET,
    PAGE_ID,
    TOKEN,
    GraphState,
    Trouble,
)
from tests.platforms.http_platform import Answer, Asked, Loopback, real_time

__all__ = ["ACCOUNT_ID", "APP_ID", "APP_SECRET", "PAGE_ID", "TOKEN", "GraphServer"]

VERSION = "v25.0"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()

ERRORS: Mapping[str, tuple[int, int, int]] = {
    "rate_limit": (403, 4, 0),
    "page_limit": (400, 80001, 2446079),
    "unauthorized": (400, 190, 463),
    "revoked": (400, 190, 467),
    "forbidden": (403, 10, 0),
    "no_permission": (403, 200, 0),
    "server_error": (500, 2, 0),
    "unknown_error": (400, 1, 0),
    "error": (500, 1, 0),
    "bad_token": (400, 100, 0),
    "gone": (400, 100, 33),
    "too_long": (400, 100, 0),
    "blocked": (400, 368, 1390008),
    "duplicate": (400, 506, 0),
    "not_taken": (400, 1705, 0),
    "shut": (400, 10, 2018278),
    "unreachable": (400, 551, 0),
}


class GraphServer(GraphState, Loopback):
    """The state behind the API's signatures, errors and usage headers.

    ``headers`` stand in every answer; ``pause`` is for how many minutes a page limit
    shuts us out; ``is_transient`` is what errors say of themselves.
    """

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        GraphState.__init__(self)
        Loopback.__init__(self, now)
        self.headers: dict[str, str] = {}
        self.wants_proof = self.is_transient = False
        self.pause = 15

    def is_sign_in(self, path: str) -> bool:
        return path.endswith("/debug_token")

    def route(self, asked: Asked) -> Answer:
        try:
            made = self._made(asked)
        except Trouble as trouble:
            return self._error(trouble.status, trouble.code, trouble.subcode)
        return Answer(200, made, headers=dict(self.headers))

    def problem(self, kind: str) -> Answer:
        if kind == "not_a_list":
            return Answer(200, {"data": {"id": "1"}, "id": 7, "message_id": 7})
        answer = self._error(*ERRORS[kind])
        if kind == "page_limit":
            use: dict[str, Any] = {"type": "pages", "call_count": 100}
            use |= {"total_time": 40, "total_cputime": 35}
            use["estimated_time_to_regain_access"] = self.pause
            answer.headers["X-Business-Use-Case-Usage"] = json.dumps({PAGE_ID: [use]})
        return answer

    def _made(self, asked: Asked) -> object:
        version, _, rest = asked.path.removeprefix("/").partition("/")
        assert version == VERSION, asked.path
        given, bearer = dict(asked.query), asked.headers.get("authorization")
        if rest == "debug_token":
            if bearer != f"Bearer {APP_ID}|{APP_SECRET}":
                raise Trouble(400, 190)
            return {"data": self.about_token(given["input_token"])}
        is_signed = given.pop("appsecret_proof", None) == PROOF
        if bearer != f"Bearer {TOKEN}" or (self.wants_proof and not is_signed):
            raise Trouble(400, 190)
        if asked.method == "POST":
            return self.posted(rest, {**given, **asked.body})
        return self.shown(rest, given)

    def _error(self, status: int, code: int, subcode: int = 0) -> Answer:
        error: dict[str, Any] = {
            "message": f"(#{code}) Malformed access token {TOKEN}",
            "type": "OAuthException",
            "code": code,
            "fbtrace_id": "AbCdEfGh",
        }
        if subcode:
            error["error_subcode"] = subcode
        if self.is_transient:
            error["is_transient"] = True
        return Answer(status, {"error": error}, headers=dict(self.headers))
