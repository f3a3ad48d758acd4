"""Search: words, phrases, an author's name, or the key of something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.mentions import MentionId
from bot.domain.ports import Store
from bot.domain.replies import ReplyId, reply_key
from bot.domain.search import Hit, Kind, Question, Within
from bot.domain.staff import Viewer
from bot.domain.tickets import TicketId, key_of
from bot.errors import Missing

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page; ``before`` is where the one after it goes on, if there is one."""

    hits: Sequence[Hit]
    before: int | None


def search(
    store: Store,
    kind: Kind,
    question: Question,
    within: Within,
    *,
    before: int | None = None,
    limit: int = 0,
) -> Found:
    """Return what holds everything that is asked for, the newest first."""
    limit = limit or PAGE
    if question.is_empty:
        return Found(hits=(), before=None)
    with store.reading() as work:
        found = work.search.find(kind, question, within, limit=limit + 1, before=before)
    hits = found[:limit]
    return Found(hits=hits, before=hits[-1].number if len(found) > limit else None)


def named(store: Store, viewer: Viewer, key: tuple[str, int]) -> str:
    """Return where something is shown that was asked for by its key.

    Raises ``Missing`` for what is not there, or is not for these eyes.
    """
    letter, number = key
    with store.reading() as work:
        match letter:
            case "T":
                brand = work.tickets.get(TicketId(number)).brand
                where = f"/tickets/{key_of(TicketId(number))}"
            case "R":
                brand = work.replies.get(ReplyId(number)).brand
                where = f"/replies/{reply_key(ReplyId(number))}"
            case _:
                brand = work.mentions.get(MentionId(number)).mention.brand
                where = f"/mentions/M-{number:06d}"
    if not viewer.may_see(brand):
        raise Missing(f"there is no {letter}-{number:06d}")
    return where
