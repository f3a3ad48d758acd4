"""How the small X says no, in the words of both generations, and how it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

STALL_SECONDS = 30.0


@dataclass(slots=True)
class Fault:
    """What goes wrong at the next ``times`` requests of that method and path."""

    kind: str
    times: int
    path: str
    method: str
    seconds: float
    headers: dict[str, str]


@dataclass(slots=True)
class Answer:
    """A status with a body; a body of ``None`` drops the connection instead."""

    status: int
    body: object
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    stall: float = 0.0


class Problem(Exception):
    """An answer that says no."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


AFTER_ACCEPT = {
    "timeout_after_accept",
    "error_after_accept",
    "drop_after_accept",
    "malformed_after_accept",
}


PROBLEMS: Mapping[str, tuple[int, str, str, dict[str, str]]] = {
    "rate_limit": (429, "Too Many Requests", "", {}),
    "daily_limit": (429, "Too Many Requests", "", {}),
    "usage_cap": (
        429,
        "UsageCapExceeded",
        "usage-capped",
        {
            "detail": "Usage cap exceeded: Monthly product cap",
            "period": "Monthly",
            "scope": "Product",
        },
    ),
    "credits": (
        402,
        "CreditsDepleted",
        "credits",
        {"detail": "Your enrolled account does not have any credits."},
    ),
    "unauthorized": (401, "Unauthorized", "", {}),
    "not_enrolled": (
        403,
        "Client Forbidden",
        "client-forbidden",
        {
            "detail": "You currently have access to a subset of X API V2 endpoints. "
            "You may need a different access level.",
            "reason": "client-not-enrolled",
        },
    ),
    "server_error": (500, "Internal Server Error", "", {}),
    "error": (503, "Service Unavailable", "", {}),
}
FORBIDDEN = {
    "forbidden": "Forbidden",
    "oauth1_permissions": "Your client app is not configured with the appropriate "
    "oauth1 app permissions for this endpoint.",
    "duplicate": "You are not allowed to create a Tweet with duplicate content.",
    "not_permitted": "Reply to this conversation is not allowed because you have not "
    "been mentioned or otherwise engaged by the author of the post.",
}
BLAMED = {
    "old_since_id": ("since_id", "'since_id' must be a tweet id created after 2"),
    "bad_token": ("pagination_token", "The pagination_token is stale"),
    "bad_query": ("query", "There were errors processing your request"),
}
RAW = {
    "malformed": (200, b'{"data": [{"id": "1", '),
    "not_an_object": (200, b'["nonsense"]'),
    "html": (502, b"<html>Bad gateway</html>"),
}
KINDS = (
    AFTER_ACCEPT
    | {"drop", "timeout", "unknown_account", "partial_error"}
    | (PROBLEMS.keys() | FORBIDDEN.keys() | BLAMED.keys() | RAW.keys())
)


def fault_of(kind: str) -> Fault:
    """A fault that X itself sees a reason for."""
    return Fault(kind, 1, "", "", STALL_SECONDS, {})


class Problems:
    """The answers that say no."""

    def __init__(
        self, names: Literal["tweet", "post"], now: Callable[[], datetime]
    ) -> None:
        self._names = names
        self._now = now

    def kind(self, which: str) -> str:
        host = "api.twitter.com" if self._names == "tweet" else "api.x.com"
        return f"https://{host}/2/problems/{which}"

    def invalid(self, name: str, value: str, why: str) -> Answer:
        error: dict[str, Any] = {"message": why, "parameters": {name: [value]}}
        body: dict[str, Any] = {
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": self.kind("invalid-request"),
        }
        if self._names == "post":
            return Answer(
                400, {**body, "detail": why, "parameter": name, "value": value}
            )
        return Answer(400, {**body, "errors": [error]})

    def forbidden(self, why: str, **more: Any) -> Answer:
        body = {"title": "Forbidden", "detail": why, "type": "about:blank"}
        return Answer(403, {**body, "status": 403, **more})

    def missing(self, noun: str, parameter: str, value: str) -> dict[str, Any]:
        return {
            "title": "Not Found Error",
            "detail": f"Could not find {noun} with {parameter}: [{value}].",
            "type": self.kind("resource-not-found"),
            "resource_type": noun,
            "resource_id": value,
            "parameter": parameter,
            "value": value,
        }

    def half(self) -> dict[str, Any]:
        return {
            "title": "Field Hydration Failure",
            "detail": "A field could not be filled in.",
            "type": self.kind("field-hydration-failure"),
            "resource_type": self._names,
        }

    def broken(self, fault: Fault) -> Answer:
        answer = self._fault_answer(fault)
        answer.headers |= fault.headers
        return answer

    def _fault_answer(self, fault: Fault) -> Answer:
        kind = fault.kind.removesuffix("_after_accept")
        if kind in RAW:
            status, raw = RAW[kind]
            return Answer(status, None, raw=raw)
        if kind in BLAMED:
            name, why = BLAMED[kind]
            return self.invalid(name, "1", why)
        if kind in FORBIDDEN:
            return self.forbidden(FORBIDDEN[kind])
        if kind in {"drop", "timeout"}:
            return Answer(0, None, stall=fault.seconds if kind == "timeout" else 0)
        if kind == "unknown_account":
            return Answer(200, {"errors": [self.missing("user", "id", "1")]})
        status, title, problem, more = PROBLEMS[kind]
        body = {"title": title, "detail": more.get("detail", title), "status": status}
        body |= {"type": self.kind(problem) if problem else "about:blank", **more}
        return Answer(status, body, self._limits(kind, fault.seconds))

    def _limits(self, kind: str, seconds: float) -> dict[str, str]:
        now = int(self._now().timestamp())
        reset = str(int(now + seconds))
        if kind == "rate_limit":
            return _window("x-rate-limit", "0", reset)
        if kind == "usage_cap":
            return _window("x-rate-limit", "39999", reset)
        if kind == "daily_limit":
            day = _window("x-user-limit-24hour", "0", reset)
            return _window("x-rate-limit", "39998", str(now)) | day
        return {}


def _window(name: str, left: str, reset: str) -> dict[str, str]:
    return {f"{name}-limit": "40000", f"{name}-remaining": left, f"{name}-reset": reset}
