"""Show one ticket: everything that people need to answer well, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.audit import LoggedEntry
from bot.domain.chains import ChainStep
from bot.domain.clocks import Clock
from bot.domain.dossiers import AccountKey, JoinedAccount, Looking, Told
from bot.domain.follow_ups import FollowUp
from bot.domain.handoff import HandOff
from bot.domain.letters import Letter
from bot.domain.mentions import Author, MentionId, StoredMention
from bot.domain.platforms import PlatformPack
from bot.domain.ports import Store, Work
from bot.domain.replies import Reply
from bot.domain.tags import Influence, Tags
from bot.domain.tickets import (
    GIVEN_ELSEWHERE,
    REVIEWED,
    Ticket,
    TicketEvent,
    TicketId,
    standing,
)
from bot.errors import Stale
from bot.escalate.platforms import windows
from bot.services.tickets import NOTED
from bot.services.viewing import IS_THERE

TEXTS_A_PAGE = 50
"""How many texts of a conversation are shown at once, the newest first."""

HISTORY = 10
"""How many other tickets and texts of an author are shown."""

PLACED = (
    "ticket.opened",
    "ticket.opened_by_hand",
    "ticket.joined",
    "ticket.raised",
    "ticket.reopened",
    "ticket.escalated",
    "ticket.flagged",
    "ticket.unflagged",
    "ticket.handed_off",
    "ticket.assigned",
    "ticket.merged",
    "ticket.merged_into",
    "ticket.split",
    "ticket.split_off",
    "ticket.closed",
)
"""What the log says of why a ticket stands where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened in a ticket, for whoever reads it from the top.

    ``what`` tells its kind; ``is_private``: nobody in public ever saw it.
    """

    at: datetime
    what: Told | Reply | Letter | HandOff | TicketEvent
    is_private: bool

    @property
    def kind(self) -> str:
        """How its class is called, for what shows it."""
        return type(self.what).__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Who it is for: the account then and now, and what else it said.

    ``opened_with`` is what was made of the text that opened the ticket, ``influence``
    of the author's newest one here. ``others`` are accounts that people joined with it,
    each as it is now.
    """

    key: AccountKey
    then: Author
    now: Author | None
    seen_at: datetime | None
    opened_with: Influence | None
    influence: Influence | None
    joined: JoinedAccount | None
    others: Sequence[tuple[JoinedAccount, Author | None]]
    tickets: Sequence[Ticket]
    texts: Sequence[tuple[StoredMention, TicketId | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWay:
    """One window for private words to an author, and until when it is open."""

    mention: MentionId
    to: str
    rule: str
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One ticket's page. ``earlier`` leads to the texts before, if there are any."""

    ticket: Ticket
    entries: Sequence[Entry]
    earlier: MentionId | None
    card: Card | None
    clocks: Sequence[Clock]
    runs: Sequence[Clock]
    marks: Sequence[str]
    steps: Sequence[ChainStep]
    follow_ups: Sequence[FollowUp]
    hand_offs: Sequence[HandOff]
    letters: Sequence[Letter]
    events: Sequence[TicketEvent]
    placed: Sequence[LoggedEntry]
    looking: Sequence[Looking]
    windows: Sequence[OpenWay]
    went_into: TicketId | None
    holds: frozenset[int]

    @property
    def texts(self) -> Sequence[Told]:
        """The texts among the entries."""
        return [one.what for one in self.entries if isinstance(one.what, Told)]


def dossier(
    store: Store,
    ticket_id: TicketId,
    now: datetime,
    platforms: PlatformPack,
    *,
    before: MentionId | None = None,
) -> Dossier:
    """Gather what one page shows; raises ``Missing``.

    ``before`` shows the texts before that one, and what happened while they came.
    """
    with store.reading() as work:
        ticket = work.tickets.get(ticket_id)
        found = work.dossiers.told(ticket_id, limit=TEXTS_A_PAGE + 1, before=before)
        texts = found[-TEXTS_A_PAGE:]
        has_more = len(found) > len(texts)
        events = work.dossiers.events(ticket_id)
        holds = frozenset(one.id for one in standing(events))
        letters = work.letters.of_ticket(ticket_id)
        hand_offs = work.hand_offs.of_ticket(ticket_id)
        entries = [
            *(_said(one) for one in texts),
            *(_reply(one) for one in work.replies.of_ticket(ticket_id)),
            *(_letter(one) for one in letters),
            *(_hand_off(one) for one in hand_offs),
            *(_event(one) for one in events if _is_told(one)),
        ]
        since = texts[0].stored.mention.published_at if has_more else None
        until = _published(work, before)
        shown = [
            one
            for one in entries
            if (since is None or one.at >= since) and (until is None or one.at < until)
        ]
        first = work.dossiers.first(ticket_id)
        return Dossier(
            ticket=ticket,
            entries=sorted(shown, key=lambda one: one.at),
            earlier=texts[0].stored.id if has_more else None,
            card=None if first is None else _card(work, ticket, first, texts),
            clocks=work.clocks.of_ticket(ticket_id),
            runs=work.clocks.earlier_runs(ticket_id),
            marks=work.tickets.marks(ticket_id),
            steps=work.chains.of_ticket(ticket_id),
            follow_ups=work.follow_ups.of_ticket(ticket_id),
            hand_offs=hand_offs,
            letters=letters,
            events=events,
            placed=work.dossiers.log(ticket_id, PLACED),
            looking=work.viewers.looking(ticket_id, now - IS_THERE),
            windows=list(_windows(texts, platforms, now)),
            went_into=work.merging.into(ticket_id),
            holds=holds,
        )


def _published(work: Work, mention_id: MentionId | None) -> datetime | None:
    if mention_id is None:
        return None
    return work.mentions.get(mention_id).mention.published_at


def _said(told: Told) -> Entry:
    mention = told.stored.mention
    return Entry(at=mention.published_at, what=told, is_private=not mention.is_public)


def _reply(reply: Reply) -> Entry:
    at = reply.seen_at or reply.sent_at or reply.created_at
    return Entry(at=at, what=reply, is_private=reply.is_private)


def _letter(letter: Letter) -> Entry:
    at = letter.sent_at or letter.created_at
    return Entry(at=at, what=letter, is_private=True)


def _hand_off(one: HandOff) -> Entry:
    return Entry(at=one.moved_at, what=one, is_private=True)


def _event(event: TicketEvent) -> Entry:
    is_note = event.name == NOTED
    at = event.recorded_at if is_note else event.happened_at
    return Entry(at=at, what=event, is_private=True)


def _is_told(event: TicketEvent) -> bool:
    """Whether it is no mere shadow of what is shown already, such as a reply."""
    is_of_reply = event.detail.startswith("R-") and GIVEN_ELSEWHERE not in event.facts
    return not is_of_reply and event.name != REVIEWED


def _card(
    work: Work, ticket: Ticket, first: StoredMention, texts: Sequence[Told]
) -> Card | None:
    author = first.mention.author
    if author is None:
        return None
    key = AccountKey(channel=first.mention.channel, external_id=author.external_id)
    joined = work.accounts.of(key)
    group = work.accounts.together(joined.person) if joined else ()
    others = [one for one in group if one.key != key]
    accounts = [key, *(one.key for one in others)]
    seen, then = work.dossiers.account(key), work.mentions.tags(first.id)
    return Card(
        key=key,
        then=author,
        now=seen[0] if seen else None,
        seen_at=seen[1] if seen else None,
        opened_with=then.influence if then else None,
        influence=_influence(key, texts, then),
        joined=joined,
        others=[(one, _now(work, one.key)) for one in others],
        tickets=[
            one
            for one in work.dossiers.tickets_by(accounts, limit=HISTORY + 1)
            if one.id != ticket.id
        ][:HISTORY],
        texts=[
            one
            for one in work.dossiers.texts_by(accounts, limit=TEXTS_A_PAGE)
            if one[1] != ticket.id
        ][:HISTORY],
    )


def _now(work: Work, key: AccountKey) -> Author | None:
    seen = work.dossiers.account(key)
    return seen[0] if seen else None


def _influence(
    key: AccountKey, texts: Sequence[Told], then: Tags | None
) -> Influence | None:
    """Return what was made of the author's newest text here."""
    for told in reversed(texts):
        author = told.stored.mention.author
        is_theirs = author is not None and author.external_id == key.external_id
        if is_theirs and told.tags is not None:
            return told.tags.influence
    return then.influence if then else None


def _windows(
    texts: Sequence[Told], platforms: PlatformPack, now: datetime
) -> Iterator[OpenWay]:
    """Give the open windows that each author's newest words opened."""
    newest: Mapping[str, StoredMention] = {
        one.stored.mention.author.external_id: one.stored
        for one in texts
        if one.stored.mention.author is not None
    }
    for stored in newest.values():
        mention = stored.mention
        for name, closes_at in windows(mention, platforms.of(mention.channel)):
            if closes_at > now:
                yield OpenWay(
                    mention=stored.id,
                    to=mention.author.handle if mention.author else "",
                    rule=f"platforms.{mention.channel}.{name}",
                    closes_at=closes_at,
                )


def check_unchanged(store: Store, ticket_id: TicketId, version: int) -> None:
    """Raise ``Stale``, which says whose doing it was, unless it is as it was seen."""
    with store.reading() as work:
        ticket = work.tickets.get(ticket_id)
        if ticket.version == version:
            return
        last = work.dossiers.last_entry(ticket_id)
    who = last.actor if last else "somebody"
    what = last.action.replace(".", " ").replace("_", " ") if last else "a change"
    message = (
        f"{who} changed {ticket.key} meanwhile ({what}); here is how it stands now, "
        "and nothing of yours was done"
    )
    raise Stale(message)
