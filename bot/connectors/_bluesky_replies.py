"""Our replies as Bluesky's records: their length, their links, the key they get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import regex
from atproto_client.models.utils import get_model_as_dict
from atproto_client.utils.facet_detection import detect_facets, detect_mentions

from bot.connectors._bluesky_answers import MENTION, POST, Json, an_object, parts_of
from bot.domain.replies import OutboundReply

LONGEST = 300  # graphemes
LONGEST_BYTES = 3_000
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"  # of a TID, in the order of their values
FIRST_TIME = 1_672_531_200_000_000  # 2023, in microseconds: where no time is told

_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")


def length_of(text: str) -> int:
    """Count graphemes; a text of too many bytes is as long as its bytes make it.

    Bluesky bounds both, at 300 and 3,000: here 10 bytes fill one place.
    """
    size = len(text.encode(errors="replace"))
    return max(len(regex.findall(r"\X", text)), -(-size * LONGEST // LONGEST_BYTES))


def key_of(reply: OutboundReply) -> str:
    """Give the record key of a reply: the same at every try, and no other reply's.

    A post's key must be a TID, which is a time and a little chance. The time is that
    of the answered post, up to a second later; both that second and the chance come
    from what the reply is to us.
    """
    named = f"{reply.brand}\0{reply.key}\0{reply.in_reply_to}"
    chance = int.from_bytes(sha256(named.encode()).digest()[:4], "big")
    _repo, _collection, answered = parts_of(reply.in_reply_to)
    at = _time_in(answered) if _TID.fullmatch(answered) else FIRST_TIME
    return _tid(at + (chance >> 10 & 0xFFFFF), chance & 0x3FF)


def record_of(
    reply: OutboundReply, answered: Json, dids: Mapping[str, str], at: str
) -> dict[str, object]:
    """Make the post; ``dids`` are the accounts of the handles that the text names."""
    parent = {"uri": answered["uri"], "cid": answered["cid"]}
    above = an_object(answered["record"]).get("reply")
    root = an_object(an_object(above)["root"]) if above else parent
    record: dict[str, object] = {
        "$type": POST,
        "text": reply.text,
        "createdAt": at,
        "reply": {"root": {"uri": root["uri"], "cid": root["cid"]}, "parent": parent},
    }
    if _LANGUAGE.fullmatch(reply.language):
        record["langs"] = [reply.language]
    if facets := facets_of(reply.text, dids):
        record["facets"] = facets
    return record


def handles_in(text: str) -> list[str]:
    """Name the accounts that a text tags, in lower case."""
    return sorted({one.handle.lower() for one in detect_mentions(text)})


def facets_of(text: str, dids: Mapping[str, str]) -> list[dict[str, Any]]:
    """Say which bytes of a text are links, hashtags or known accounts."""
    found = [get_model_as_dict(one) for one in detect_facets(text)]
    found += _mentions(text, dids)
    return sorted(found, key=lambda one: int(one["index"]["byteStart"]))


def _mentions(text: str, dids: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for one in detect_mentions(text):
        did = dids.get(one.handle.lower())
        if did:
            yield {
                "$type": "app.bsky.richtext.facet",
                "index": {"byteStart": one.byte_start, "byteEnd": one.byte_end},
                "features": [{"$type": MENTION, "did": did}],
            }


def _time_in(tid: str) -> int:
    value = 0
    for letter in tid:
        value = value << 5 | LETTERS.index(letter)
    return value >> 10


def _tid(microseconds: int, chance: int) -> str:
    value = (microseconds << 10 | chance) & (1 << 63) - 1
    return "".join(LETTERS[value >> 5 * place & 31] for place in range(12, -1, -1))
