"""Whose yes a reply still lacks, by the policy and the ticket as they stand now.

Asked when somebody says yes, and once more in the transaction that commits to sending:
a rule may have changed meanwhile, or the ticket become critical.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.domain.corrections import corrected, worse
from bot.domain.packs import HousePack, RegulationPack
from bot.domain.ports import Work
from bot.domain.replies import Reply
from bot.domain.tickets import TicketId
from bot.escalate.conditions import holds
from bot.escalate.decide import Situation, picture_of
from bot.escalate.replies import lacks_a_yes, legal_words

FourEyesAsked = Callable[[Work, Reply, datetime], tuple[str, ...]]
"""Says why two different people must answer for a reply; nothing where one is enough.
"""


class Means(Protocol):
    """What the question rests on."""

    @property
    def house(self) -> HousePack:
        """The house's own policy."""
        ...

    def governing(self, received_at: datetime) -> RegulationPack:
        """Return the version that governs what was received then."""
        ...


def one_is_enough(_work: Work, _reply: Reply, _now: datetime) -> tuple[str, ...]:
    """Where the house asks for nobody's second pair of eyes."""
    return ()


def why_two(means: Means, work: Work, reply: Reply, now: datetime) -> tuple[str, ...]:
    """Name every rule of the house by which two people must answer for a reply."""
    asked = means.house.four_eyes
    found = [
        f"we say {word!r} (house.four_eyes.words)"
        for word in legal_words(reply.text, asked)
    ]
    if not asked.rules:
        return tuple(found)
    stored = work.mentions.get(reply.mention_id)
    ticket = work.tickets.get(TicketId(reply.ticket_id))
    tags = work.mentions.tags(stored.id)
    if tags is None:
        return (*found, "nothing is known of whom it answers (house.four_eyes)")
    said = work.corrections.of_mention(stored.id)
    situation = Situation(
        mention=stored.mention,
        tags=corrected(tags, worse(said)),
        restored_as=stored.restored_as,
    )
    regulation = means.governing(stored.mention.published_at)
    picture = picture_of(situation, means.house, regulation, now)
    stands = replace(picture, severity=ticket.severity, code=ticket.code)
    return (
        *found,
        *(
            f"{rule.text} (house.four_eyes.{rule.id})"
            for rule in asked.rules
            if holds(rule.when, stands)
        ),
    )


def yes_lacking(work: Work, asks: FourEyesAsked, reply: Reply, now: datetime) -> str:
    """Say whose yes the text as it is now lacks; empty if it may go out."""
    said_yes = work.replies.approved_by(reply)
    return lacks_a_yes(said_yes, reply.written_by, asks(work, reply, now))
