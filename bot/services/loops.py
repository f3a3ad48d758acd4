"""Whom only a person answers, because a machine may be writing there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.mentions import Mention, text_hash
from bot.domain.packs import FloodLimit
from bot.domain.ports import Work
from bot.domain.replies import Reply
from bot.escalate.loops import Exchange, Word, why_a_person

LoopAsked = Callable[[Work, Reply, datetime], str]
"""Says why a person should send a reply that is about to go out unasked."""

RULE = "house.flood.exchange"
READ_AT_MOST = 20
"""Texts of one author, the newest."""


def everybody_is_a_person(_work: Work, _reply: Reply, _now: datetime) -> str:
    """Where nobody looks for machines."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopGuard:
    """Looks at what was said between us and an author before it grows.

    ``named`` are the names of our own accounts on all channels, in lower case.
    """

    limit: FloodLimit
    named: frozenset[str] = frozenset()

    def __call__(self, work: Work, reply: Reply, now: datetime) -> str:
        """Say by what signs only a person should answer; empty if there are none."""
        mention = work.mentions.get(reply.mention_id).mention
        since = now - self.limit.within
        tags = work.mentions.tags(reply.mention_id)
        said = work.replies.said_to(reply, since, or_saying=text_hash(mention.text))
        exchange = Exchange(
            mention=mention,
            theirs=work.mentions.of_author(
                mention.channel, reply.author, since=since, limit=READ_AT_MOST
            ),
            ours=[_word(one, reply) for one in said],
            looks_automated=tags is not None and tags.influence.looks_automated,
            shares_name=_name(mention) in self.named,
        )
        signs = why_a_person(exchange, self.limit)
        return f"{RULE}: {'; '.join(signs)}: a person must answer" if signs else ""


def _word(said: Reply, reply: Reply) -> Word:
    return Word(
        text=said.text,
        at=said.sent_at or said.sending_at or said.created_at,
        answers=said.in_reply_to,
        is_unasked=said.approved_by == reply.approved_by,
        is_to_author=said.author == reply.author,
    )


def _name(mention: Mention) -> str:
    author = mention.author
    return author.handle.lstrip("@").lower() if author else ""
