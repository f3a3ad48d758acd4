"""Read a kept item again: its payload, and what was noted beside it for that."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from bot.domain.channels import Aside, Page, Quarantined
from bot.domain.mentions import Mention
from bot.errors import BadPayload

KEPT = 1_000_000
"""Characters of an item that are kept; a longer one cannot be read again."""

Context: TypeAlias = Mapping[str, Any]
Told: TypeAlias = "tuple[Sequence[Mention | None], Sequence[Quarantined]]"
"""What was read, ``None`` for what is ours or says nothing to us, and what was not."""

Read: TypeAlias = "Callable[[Any, Context], Told]"


def read_again(item: Quarantined, read: Read, *, needs: Collection[str] = ()) -> Page:
    """Let a connector's own reading loose on an item, if all that it needs is there.

    It may raise ``BadPayload`` of the whole. What it puts aside under the item's place
    is the item itself.
    """
    if item.kind is not Aside.ITEM:
        return still(item, "it tells of the source, and holds nothing to be read")
    context = context_of(item)
    if missing := sorted(set(needs) - set(context)):
        return still(
            item,
            "it was kept by an earlier version of this program, without what reading "
            f"it needs beside it ({', '.join(missing)}); look at it there",
        )
    try:
        raw = json.loads(item.payload)
    except (ValueError, RecursionError):
        why = "what was kept of it is no whole JSON, or it was none when it came"
        return still(item, f"{why}; look at it there")
    try:
        mentions, bad = read(raw, context)
    except BadPayload as error:
        return still(item, reason_of(error))
    return Page(
        mentions=sorted(filter(None, mentions), key=lambda one: one.published_at),
        cursor=None,
        bad=[itself(one, item) for one in bad],
    )


def itself(one: Quarantined, item: Quarantined) -> Quarantined:
    """Take what was put aside in an item's place for the item, as it was kept."""
    return replace(item, reason=one.reason) if one.where == item.where else one


def still(item: Quarantined, reason: str) -> Page:
    """Give an item back that cannot be read, with the reason."""
    return Page(mentions=(), cursor=None, bad=[replace(item, reason=reason)])


def reason_of(error: BadPayload) -> str:
    """Say why something makes no sense, with the log's detail if there is more."""
    shown = error.shown.removeprefix(f"{error.channel}: ")
    return shown if error.detail == error.shown else f"{shown} ({error.detail})"


def context_of(item: Quarantined) -> Context:
    """Give what was noted beside an item, nothing where that is no object."""
    try:
        found = json.loads(item.context)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def named_in(payload: str, ids: Iterable[str]) -> list[str]:
    """Give those ids that stand in a payload as they are, whatever they are there."""
    return [one for one in ids if f'"{one}"' in payload]
