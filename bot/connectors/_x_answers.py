"""The shape of X's answers, before anything in them is a post: ids, parts, problems.

Every function takes undecoded JSON, whatever it holds. Where something makes no sense,
one of the classes in ``NONSENSE`` is raised, which that table turns into ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from bot.connectors._edge import ErrorTable, from_epoch
from bot.errors import BadPayload, ConnectorError

Json: TypeAlias = Mapping[str, Any]

NAME = "x"
EPOCH_MS = 1_288_834_974_657  # an id's bits above the 22nd count ms since then
FIRST_TIMED_ID = 29_700_859_247  # smaller ids (before November 2010) carry no time
LONGEST_QUOTE = 200  # characters of X's own words shown to people
GONE = (
    "resource-not-found",
    "not-authorized-for-resource",
    "resource-unavailable",
    "disallowed-resource",
)


def is_id(value: object) -> bool:
    """Whether it is an id of X: a text of digits."""
    return isinstance(value, str) and value.isascii() and value.isdigit()


def an_id(value: object) -> str:
    """Take an id; raise ``ValueError`` for anything else."""
    if not isinstance(value, str) or not is_id(value):
        raise ValueError("an id of X is a string of digits")
    return value


def instant_of(external_id: str) -> datetime | None:
    """Read the instant in an id; the oldest ids have none."""
    if int(external_id) < FIRST_TIMED_ID:
        return None
    return from_epoch(((int(external_id) >> 22) + EPOCH_MS) / 1000)


def id_at(instant: datetime) -> str:
    """Give the smallest id that a post of that instant can have."""
    return str(max(int(instant.timestamp() * 1000) - EPOCH_MS, 0) << 22)


def either(raw: Json, older: str, newer: str) -> Any:  # noqa: ANN401 - undecoded JSON
    """Take a value by the name of either generation."""
    value = raw.get(older)
    return raw.get(newer) if value is None else value


def items(answer: Json) -> list[Any]:
    """Give what was asked for; raise ``BadPayload`` if it is no list of API v2."""
    if not any(part in answer for part in ("data", "meta", "errors")):
        raise BadPayload(NAME, "X answered with something other than API v2 describes")
    data = answer.get("data") or []
    if not isinstance(data, list):
        raise BadPayload(NAME, "X answered with one thing where a list belongs")
    return data


def by_id(found: object) -> dict[str, Json]:
    """Arrange a list of people or posts, without what has no id."""
    return {one["id"]: one for one in _objects(found) if is_id(one.get("id"))}


def next_token(answer: Json) -> str:
    """Give what leads to the next older page, empty at the end."""
    meta = answer.get("meta")
    return str(meta.get("next_token") or "") if isinstance(meta, dict) else ""


def problems(answer: Json) -> list[Json]:
    """Give the errors of an answer, or beside its data."""
    return _objects(answer.get("errors"))


def about(raw: Json) -> str:
    """Say which thing a problem or a post is about, as far as it tells."""
    return str(raw.get("id") or raw.get("resource_id") or raw.get("value") or "")


def is_gone(problem: Json) -> bool:
    """Whether it says no more than that a post or account cannot be seen any more."""
    return str(problem.get("type", "")).endswith(GONE)


def quote(body: Json) -> str:
    """Give X's own words, shortened."""
    told = [one.get("message") or one.get("detail") for one in problems(body)]
    words = [str(one) for one in (*told, body.get("detail"), body.get("title")) if one]
    return " ".join((words or ["no reason given"])[0].split())[:LONGEST_QUOTE]


def says(body: Json, signs: Iterable[str]) -> bool:
    """Whether X's words have one of the signs, which are in lower case."""
    told = [body.get(key) for key in ("type", "title", "detail", "reason")]
    told += [one.get("message") for one in problems(body)]
    words = " ".join(str(one) for one in told if one).casefold()
    return any(sign in words for sign in signs)


def _objects(found: object) -> list[Json]:
    listed = found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, dict)]


def _nonsense(error: Exception) -> ConnectorError:
    what = f"{type(error).__name__}: {error}"[:LONGEST_QUOTE]
    return BadPayload(NAME, "X sent something that makes no sense", detail=what)


NONSENSE: ErrorTable = dict.fromkeys(
    (AttributeError, LookupError, TypeError, ValueError, OverflowError), _nonsense
)
