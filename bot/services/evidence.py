"""Evidence: one complaint whole, as the tables and the log tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.audit.seal import head
from bot.domain.audit import Head, KeptEntry
from bot.domain.clocks import PackRef
from bot.domain.mentions import MentionVersion, StoredMention, text_hash
from bot.domain.ports import Store, Work
from bot.domain.replies import Reply
from bot.domain.response_log import LogEntry
from bot.domain.tickets import Ticket, TicketId, key_of
from bot.services.story import Story, story_of
from bot.services.tickets import Dossier, Seen, dossier


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What somebody said, as it was seen; ``versions`` are those before an edit."""

    seen: Seen
    versions: Sequence[MentionVersion]

    @property
    def stored(self) -> StoredMention:
        """The text as it stands here now."""
        return self.seen.stored

    @property
    def sha256(self) -> str:
        """The hash of its words, which stays when they were withdrawn."""
        return self.stored.text_sha256 or text_hash(self.stored.mention.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """An entry of the log, its detail read."""

    kept: KeptEntry
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that proves what became of one complaint.

    ``packs`` are those by which it was decided and promised, with whether their very
    text is kept. ``merged`` are the tickets that went into it, ``went_into`` the key
    of the one that it went into, ``subjects`` what the log's entries about all of it
    are about.
    """

    entry: LogEntry
    dossier: Dossier
    posts: Sequence[Post]
    stories: Sequence[tuple[Reply, Story]]
    packs: Sequence[tuple[PackRef, bool]]
    logged: Sequence[Logged]
    head: Head | None
    merged: Sequence[Ticket]
    went_into: str
    subjects: frozenset[str]

    @property
    def clock_history(self) -> Sequence[Logged]:
        """What the log says of its clocks, in order."""
        return [
            one
            for one in self.logged
            if one.kept.entry.action.startswith(("clock.", "ticket.recorded"))
        ]

    @property
    def unsealed(self) -> int:
        """How many of its entries no seal covers yet."""
        return sum(one.kept.seal is None for one in self.logged)


def evidence_of(store: Store, ticket_id: TicketId) -> Evidence:
    """Gather it; raises ``Missing``."""
    whole = dossier(store, ticket_id)
    with store.reading() as work:
        posts = [
            Post(seen=one, versions=work.mentions.versions(one.stored.id))
            for one in whole.seen
        ]
        last = work.audit.last_seal()
        into = work.merging.into(ticket_id)
        gone = [work.tickets.get(one) for one in work.merging.gone_into(ticket_id)]
        subjects = _subjects(whole, gone)
        return Evidence(
            entry=work.response_log.entry(ticket_id),
            dossier=whole,
            posts=posts,
            stories=[(one, story_of(work, one)) for one in whole.replies],
            packs=list(_packs(work, whole)),
            logged=[
                Logged(kept=one, detail=json.loads(one.entry.detail))
                for one in work.audit.kept(subjects)
            ],
            head=head(last) if last else None,
            merged=gone,
            went_into=key_of(into) if into else "",
            subjects=subjects,
        )


def _subjects(whole: Dossier, gone: Sequence[Ticket]) -> frozenset[str]:
    """Return what the log's entries about it are about."""
    return frozenset(
        {
            *(f"ticket:{one.id}" for one in (whole.ticket, *gone)),
            *(f"mention:{one.stored.id}" for one in whole.seen),
            *(f"reply:{one.id}" for one in whole.replies),
            *(f"letter:{one.id}" for one in whole.letters),
            *(f"handoff:{one.id}" for one in whole.hand_offs),
        }
    )


def _packs(work: Work, whole: Dossier) -> Iterator[tuple[PackRef, bool]]:
    decisions = [one.decision for one in whole.seen if one.decision]
    named = {
        whole.ticket.house_pack,
        whole.ticket.regulation_pack,
        *(one.plan.pack for one in (*whole.clocks, *whole.earlier)),
        *(one.house_pack for one in decisions),
        *(one.regulation_pack for one in decisions),
    }
    for one in sorted(named, key=lambda ref: (ref.id, ref.version)):
        yield one, bool(work.packs.files(one))
