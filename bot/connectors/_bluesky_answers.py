"""The shape of Bluesky's answers, before anything in them is a post: ids, parts.

Every function takes undecoded JSON, whatever it holds: the client library's own models
would lose a whole page over one odd post. Where something makes no sense, one of the
classes in ``NONSENSE`` is raised, which that table turns into ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from bot.connectors._edge import ErrorTable
from bot.errors import BadPayload, ConnectorError

Json: TypeAlias = Mapping[str, Any]

NAME = "bluesky"
POST = "app.bsky.feed.post"
MENTION = "app.bsky.richtext.facet#mention"
LONGEST_QUOTE = 200  # characters of Bluesky's own words shown to people
MOST = 1 << 62  # beyond any count, within a database's integers

_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,250}")
_URI = re.compile(
    r"at://([A-Za-z0-9._:%-]{3,260})/([A-Za-z0-9.-]{3,300})/([A-Za-z0-9._:~-]{1,512})"
)


def is_did(value: object) -> bool:
    """Whether it is the permanent id of an account."""
    return isinstance(value, str) and bool(_DID.fullmatch(value))


def a_did(value: object) -> str:
    """Take an account's id; raise ``ValueError`` for anything else."""
    if not isinstance(value, str) or not is_did(value):
        raise ValueError("an account of Bluesky is a did")
    return value


def parts_of(uri: object) -> tuple[str, str, str]:
    """Give a record's repository, collection and key; else raise ``ValueError``."""
    found = _URI.fullmatch(uri) if isinstance(uri, str) else None
    if found is None:
        raise ValueError("a record of Bluesky is named at://account/collection/key")
    return found[1], found[2], found[3]


def is_post(uri: object) -> bool:
    """Whether it names a post."""
    try:
        return parts_of(uri)[1] == POST
    except ValueError:
        return False


def an_object(value: object) -> Json:
    """Take a JSON object; raise ``TypeError`` for anything else."""
    if not isinstance(value, dict):
        raise TypeError("there is something else where an object belongs")
    return value


def objects(answer: Json, key: str) -> list[Any]:
    """Give the list that was asked for; raise ``BadPayload`` where there is none."""
    found = answer.get(key)
    if not isinstance(found, list):
        raise BadPayload(NAME, f"Bluesky's answer has no list of {key}")
    return found


def count(value: object) -> int | None:
    """Take a whole number that a database holds; ``None`` stays ``None``."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a count is not a whole number")
    if not 0 <= value < MOST:
        raise ValueError("a count is out of all bounds")
    return value


def url_of(uri: str) -> str:
    """Give the address at which people read a post; no new handle breaks it."""
    repo, _collection, key = parts_of(uri)
    return f"https://bsky.app/profile/{repo}/post/{key}"


def _nonsense(error: Exception) -> ConnectorError:
    what = f"{type(error).__name__}: {error}"[:LONGEST_QUOTE]
    return BadPayload(NAME, "Bluesky sent something that makes no sense", detail=what)


NONSENSE: ErrorTable = dict.fromkeys(
    (
        AttributeError,
        LookupError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ),
    _nonsense,
)
