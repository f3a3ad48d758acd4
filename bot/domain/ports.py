"""What the services need from the outside, as protocols that it fulfils.

One ``Work`` is one transaction: everything done through it is written together when
its ``with`` block ends well, and none of it otherwise. Every change that another
process could make at the same time is a compare-and-set that answers whether it won.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.domain.activation import PackChanges
from bot.domain.audit import (
    AuditEntry,
    Batch,
    KeptEntry,
    LoggedEntry,
    Seal,
    SealedAt,
)
from bot.domain.chains import ChainStep, StepId, StepState
from bot.domain.channels import (
    AsideState,
    Coverage,
    Cursor,
    Delivery,
    Health,
    Quarantined,
)
from bot.domain.clocks import Clock, ClockId, ClockPlan, ClockState, PackRef
from bot.domain.corrections import Correction
from bot.domain.decisions import Decision
from bot.domain.desks import (
    DeskCard,
    DeskChange,
    DeskLink,
    DeskPage,
    DeskState,
    DeskUpdate,
    Sending,
)
from bot.domain.dossiers import Accounts, Dossiers, Viewers
from bot.domain.follow_ups import FollowUp
from bot.domain.handoff import (
    HandOff,
    HandOffId,
    HandOffLink,
    HandOffState,
    LinkNumber,
    LockedAnswers,
)
from bot.domain.inbox import Inbox
from bot.domain.letters import Letter, LetterId, LetterState, OutboundLetter
from bot.domain.mentions import (
    Mention,
    MentionId,
    MentionVersion,
    Restored,
    StoredMention,
)
from bot.domain.merging import Merging
from bot.domain.packs import HousePack, RegulationPack
from bot.domain.queues import Queues, SavedViews
from bot.domain.repeats import Answer, Key, Known
from bot.domain.replies import (
    Approval,
    EarlierWords,
    Reply,
    ReplyId,
    ReplyKind,
    ReplyState,
)
from bot.domain.response_log import ResponseLog
from bot.domain.search import Search
from bot.domain.staff import ApiKey, Failures, Grant, Session, SessionId, User, UserId
from bot.domain.tags import Sign, Tags
from bot.domain.tickets import Ticket, TicketEvent, TicketId
from bot.domain.volume import Volume
from bot.domain.webhooks import Webhook, WebhookId


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """Where a source stands; ``retry_at`` is when it may be asked again.

    ``off_because`` is empty while it works; an operator clears it. ``moved_at`` is when
    its cursor moved last, ``newest_at`` when the newest that it gave was published.
    """

    name: str
    cursor: Cursor | None = None
    last_success_at: datetime | None = None
    failures: int = 0
    retry_at: datetime | None = None
    off_because: str = ""
    moved_at: datetime | None = None
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a platform said of our access, and when it was asked."""

    health: Health
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What a day cost on a source, in reads and posts."""

    day: date
    reads: int
    posts: int


class Sources(Protocol):
    """Cursors, health, coverage and paid quota of each source."""

    def state(self, name: str) -> SourceState:
        """Return where it stands; a source never seen before stands at the start."""
        ...

    def save(self, state: SourceState) -> None:
        """Write where it stands now."""
        ...

    def cover(self, coverage: Coverage) -> None:
        """Record a stretch of looking; one like the last of this source extends it."""
        ...

    def coverage(
        self, name: str, *, since: datetime | None = None
    ) -> Sequence[Coverage]:
        """Return a source's stretches, in the order recorded.

        With ``since`` those that reach there, and the last one before.
        """
        ...

    def read_later(self, name: str, since: datetime, until: datetime) -> int:
        """Count what was published between two instants and read after the second."""
        ...

    def health(self, name: str) -> Checked | None:
        """Return what the platform said last, if it was asked."""
        ...

    def keep_health(self, name: str, checked: Checked) -> None:
        """Write what the platform said."""
        ...

    def spend(self, name: str, at: datetime, *, reads: int = 0, posts: int = 0) -> None:
        """Add to the meters of a source's month and day."""
        ...

    def meters(self, name: str, since: date) -> Sequence[Meter]:
        """Return what each day from then on cost, oldest first; without free days."""
        ...

    def spent(self, name: str, month: str) -> tuple[int, int]:
        """Return the month's reads and posts so far."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A mention that was set aside, with why and when."""

    stored: StoredMention
    decision: Decision
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A mention that was decided, and what was decided about it."""

    stored: StoredMention
    decision: Decision
    ticket_id: TicketId | None
    decided_at: datetime


class Mentions(Protocol):
    """What was said."""

    def add(
        self, mentions: Sequence[Mention], *, source: str, at: datetime
    ) -> Sequence[StoredMention]:
        """Store those not seen before (channel, external id) and return just them."""
        ...

    def get(self, mention_id: MentionId) -> StoredMention:
        """Return one, or raise ``Missing``."""
        ...

    def find(self, channel: str, external_id: str) -> StoredMention | None:
        """Return the one with the platform's id, if it was ever stored."""
        ...

    def of_author(
        self, channel: str, author: str, *, since: datetime, limit: int
    ) -> Sequence[Mention]:
        """Return an author's newest texts there since an instant, oldest first."""
        ...

    def known(
        self, channel: str, external_ids: Collection[str]
    ) -> Mapping[str, StoredMention]:
        """Return those of a platform's ids that were ever stored."""
        ...

    def edit(self, before: StoredMention, after: Mention, at: datetime) -> bool:
        """Put an edited text in place of one, which is kept with its tags.

        It waits to be tagged and decided again. ``False`` if another did so meanwhile.
        """
        ...

    def settle_edit(self, mention_id: MentionId) -> None:
        """Write that an edited one was decided again; its first decision stays."""
        ...

    def versions(self, mention_id: MentionId) -> Sequence[MentionVersion]:
        """Return how a mention stood before each edit, oldest first."""
        ...

    def untagged(
        self, limit: int, *, ids: range | None = None
    ) -> Sequence[StoredMention]:
        """Return mentions without tags, oldest first; with ``ids`` only among those.

        Each with the times at which it was carried further, as known when it was first
        seen.
        """
        ...

    def undecided(self, limit: int) -> Sequence[tuple[StoredMention, Tags]]:
        """Return tagged mentions without a decision, oldest first."""
        ...

    def tags(self, mention_id: MentionId) -> Tags | None:
        """Return a mention's tags, if it has any."""
        ...

    def tag(
        self, tagged: Sequence[tuple[MentionId, Tags]], at: datetime
    ) -> set[MentionId]:
        """Write tags; return the ids that had none (another worker may have won)."""
        ...

    def decide(
        self,
        mention_id: MentionId,
        decision: Decision,
        *,
        ticket_id: TicketId | None,
        at: datetime,
    ) -> bool:
        """Write the one decision of a mention; ``False`` if it had one already."""
        ...

    def decision(
        self, mention_id: MentionId
    ) -> tuple[Decision, TicketId | None, datetime] | None:
        """Return a mention's decision with its ticket and instant, if there is one."""
        ...

    def past(
        self,
        limit: int,
        *,
        since: datetime | None = None,
        before: MentionId | None = None,
        after: MentionId | None = None,
    ) -> Sequence[Past]:
        """Return decided ones, newest first; ``since``: published then or later.

        ``before`` goes on behind the last one of the page before; with ``after`` they
        come as they were taken in, from behind that one on. Each with the times that
        ``untagged`` told, so that tags can be made again.
        """
        ...

    def count_past(self, *, since: datetime | None = None) -> int:
        """Count decided ones that were published since then."""
        ...

    def tags_by(
        self, models: Collection[str], mention_ids: Sequence[MentionId]
    ) -> Mapping[MentionId, Tags]:
        """Return the last tags that one of these very models gave, where any did."""
        ...

    def newest_tags(self, mention_ids: Sequence[MentionId]) -> Mapping[MentionId, Tags]:
        """Return the last tags of each, whichever model gave them."""
        ...

    def unattached(self, channel: str, external_id: str) -> Sequence[StoredMention]:
        """Return what amplifies a text, was decided before it, and has no ticket."""
        ...

    def attach(self, mention_id: MentionId, ticket_id: TicketId) -> bool:
        """Say to which ticket a decided one belongs; ``False`` if it has one."""
        ...

    def set_aside(self, limit: int) -> Sequence[SetAside]:
        """Return what was set aside, the last decided first."""
        ...

    def restore(self, mention_id: MentionId, restored_as: Restored) -> bool:
        """Let one that was set aside wait for a decision again.

        ``False`` if it is not set aside; ``Missing`` if there is none.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """How many mentions were not looked for in time, and the first of them."""

    mentions: int
    first: MentionId | None


class Removals(Protocol):
    """What authors took back, and the end of their words here."""

    def due(self, source: str, now: datetime, limit: int) -> Sequence[StoredMention]:
        """Return standing ones of a source whose turn to be asked about has come."""
        ...

    def stands(self, mention_id: MentionId, *, at: datetime, again: datetime) -> None:
        """Write that one stood there, and when to ask again."""
        ...

    def late(self, source: str, before: datetime) -> Late:
        """Count standing ones of a source that were last seen there before then."""
        ...

    def gone(self, channel: str, external_ids: Collection[str], at: datetime) -> int:
        """Note that these cannot be read there any more; return how many were news.

        A repost of one goes with it: it has no other words.
        """
        ...

    def to_withdraw(self, limit: int) -> Sequence[StoredMention]:
        """Return decided ones that are gone and whose words are here, none held."""
        ...

    def withdraw(self, stored: StoredMention) -> Sequence[str]:
        """Take an author's words out of everything; return the hashes of earlier ones.

        What stays is that they were said: hash, instants, tags, decision, ticket.
        """
        ...


class Corrections(Protocol):
    """What people said of tags; nothing of it is ever changed or taken out.

    But for what a note quotes of a text that its author took back.
    """

    def add(self, corrections: Sequence[Correction]) -> Sequence[Correction]:
        """Append and return them with their ids."""
        ...

    def of_mention(self, mention_id: MentionId) -> Sequence[Correction]:
        """Return all of one mention, oldest first: the last of each tag holds."""
        ...

    def listing(self, limit: int) -> Sequence[tuple[Correction, StoredMention]]:
        """Return the newest first, each with its mention."""
        ...

    def in_force(self) -> Sequence[tuple[Correction, StoredMention]]:
        """Return the last one of each tag of each mention, oldest first."""
        ...


class Tickets(Protocol):
    """Open work, and what happened to it."""

    def add(self, ticket: Ticket) -> Ticket:
        """Store a new one and return it with its id.

        Raises ``Stale`` if the conversation got an open ticket meanwhile.
        """
        ...

    def get(self, ticket_id: TicketId) -> Ticket:
        """Return one, or raise ``Missing``."""
        ...

    def open_for(self, channel: str, brand: str, conversation: str) -> Ticket | None:
        """Return the conversation's open ticket: its own, else what that went into."""
        ...

    def of_mention(self, channel: str, external_id: str) -> Ticket | None:
        """Return the ticket that a mention opened or joined, open or closed."""
        ...

    def save(self, ticket: Ticket) -> Ticket:
        """Write a changed one, its version grown by one, and return it.

        Raises ``Stale`` if the stored version is not the given one's.
        """
        ...

    def renew_claim(self, ticket_id: TicketId, owner: str, at: datetime) -> bool:
        """Let a claim that still holds last anew from then, whoever else writes."""
        ...

    def claims_over(self, now: datetime, limit: int) -> Sequence[Ticket]:
        """Return open tickets whose claim has run out, earliest first."""
        ...

    def next_in_need(
        self, queues: Collection[str], *, brands: Collection[str] = ()
    ) -> Ticket | None:
        """Return the oldest critical ticket of these queues with a sign of a need.

        Of those that nobody has; here and below, with ``brands`` only of those.
        """
        ...

    def next_duty(
        self, queues: Collection[str], *, before: datetime, brands: Collection[str] = ()
    ) -> Ticket | None:
        """Return the open ticket of these queues that nobody has and that is next.

        Of those whose duty under the law falls due before the instant, the earliest.
        """
        ...

    def free(
        self,
        queues: Collection[str],
        *,
        limit: int,
        is_ordinary: bool = False,
        brands: Collection[str] = (),
    ) -> Sequence[Ticket]:
        """Return open tickets of these queues that nobody has, what comes first first.

        Influencers, then by severity, then the oldest; or none of influencers.
        """
        ...

    def load(self) -> Mapping[str, int]:
        """Count the open tickets of everybody who has claimed any."""
        ...

    def add_event(self, event: TicketEvent) -> None:
        """Append to the ticket's history."""
        ...

    def events(self, ticket_id: TicketId) -> Sequence[TicketEvent]:
        """Return the history, in the order recorded."""
        ...

    def given_elsewhere(self) -> Sequence[TicketEvent]:
        """Return events of all tickets that rest on a person's word alone."""
        ...

    def mentions(self, ticket_id: TicketId) -> Sequence[StoredMention]:
        """Return all mentions that opened, joined or amplified it, oldest first."""
        ...

    def last_word(self, ticket_id: TicketId) -> StoredMention | None:
        """Return the newest mention by whom it is for: the author of its first."""
        ...

    def mark(self, ticket_id: TicketId, word: str, *, by: str, at: datetime) -> bool:
        """Put a word on a ticket; ``False`` if it bears it already."""
        ...

    def marks(self, ticket_id: TicketId) -> Sequence[str]:
        """Return the words on a ticket, in the order in which they came."""
        ...

    def last_closed(
        self, channel: str, brand: str, conversation: str, author_id: str
    ) -> Ticket | None:
        """Return the conversation's newest closed ticket with a mention by them."""
        ...

    def signs_in(self, channel: str, brand: str, conversation: str) -> tuple[Sign, ...]:
        """Return the needs that the conversation's last marked ticket tells of."""
        ...

    def has_author(self, ticket_id: TicketId, author_id: str) -> bool:
        """Whether one of the ticket's mentions is by this author (external id)."""
        ...

    def listing(
        self,
        *,
        status: str | None = None,
        queue: str | None = None,
        brand: str | None = None,
        mark: str | None = None,
        limit: int = 50,
        after: TicketId | None = None,
    ) -> Sequence[Ticket]:
        """Return tickets, influencers first, then by severity, then oldest first.

        A sign of a need counts as a mark.
        """
        ...

    def unreviewed(self, limit: int) -> Sequence[Ticket]:
        """Return those of which a person must say whether they hold a complaint.

        Open ones, and closed ones on which a clock still runs for it; whose clock runs
        longest comes first.
        """
        ...


class Clocks(Protocol):
    """Promises that run."""

    def start(self, ticket_id: TicketId, plans: Sequence[ClockPlan]) -> None:
        """Start clocks; a rule that already runs on the ticket is left as it is."""
        ...

    def renew(self, clock_id: ClockId, plan: ClockPlan) -> bool:
        """Put a stricter promise in place of one that still runs."""
        ...

    def amend(self, clock_id: ClockId, plan: ClockPlan, *, before: ClockState) -> bool:
        """Write a promise anew below a clock that stays at ``before``."""
        ...

    def restart(
        self,
        clock_id: ClockId,
        plan: ClockPlan,
        *,
        before: ClockState,
        state: ClockState = ClockState.RUNNING,
    ) -> bool:
        """Let one run anew under a promise, if it still stands at ``before``."""
        ...

    def of_ticket(self, ticket_id: TicketId) -> Sequence[Clock]:
        """Return all clocks of a ticket, earliest due first."""
        ...

    def keep_runs(
        self, clock_id: ClockId, runs: Sequence[Clock], *, since: datetime
    ) -> None:
        """Keep runs of a clock that are over, instead of those kept since an instant.

        What ended them may be known better by now.
        """
        ...

    def earlier_runs(self, ticket_id: TicketId) -> Sequence[Clock]:
        """Return how clocks of a ticket ended before they ran anew, oldest first."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Clock]:
        """Return open clocks whose ``due_at`` has come, earliest first."""
        ...

    def due_between(self, since: datetime, until: datetime) -> Sequence[Clock]:
        """Return all whose strict due time is from ``since`` to before ``until``.

        Earlier runs as well: what was missed stays missed, whatever is owed since.
        """
        ...

    def change(  # noqa: PLR0913 - a clock's whole standing, by keyword
        self,
        clock_id: ClockId,
        *,
        before: ClockState,
        after: ClockState,
        due_at: datetime | None,
        ended_at: datetime | None = None,
        ended_by: str = "",
        started_at: datetime | None = None,
    ) -> bool:
        """Move a clock on, if it still stands at ``before`` and runs from then."""
        ...

    def postpone(self, clock_id: ClockId, until: datetime) -> None:
        """Look again later at one that could not be computed."""
        ...

    def warnings(self, now: datetime, limit: int) -> Sequence[Clock]:
        """Return those not ended of which triggers must hear by now, earliest first."""
        ...

    def warned(self, clock: Clock, warn_at: datetime | None) -> bool:
        """Say when they must hear of it next, if nobody else said so before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """What fell due before an instant, and that nobody has looked at."""

    steps: int
    clocks: int


class Chains(Protocol):
    """Who is called, step by step, until somebody takes a ticket."""

    def add(self, step: ChainStep) -> bool:
        """Store a step; ``False`` if it was there (ticket, episode, step, round)."""
        ...

    def cancel(self, ticket_id: TicketId, *, at: datetime, reason: str) -> int:
        """End all steps of a ticket that wait; return how many."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[ChainStep]:
        """Return waiting steps whose time has come, earliest first."""
        ...

    def episode(self, ticket_id: TicketId) -> str:
        """Return the newest episode of a ticket; empty if it never had one."""
        ...

    def finish(
        self,
        step_id: StepId,
        *,
        state: StepState,
        at: datetime,
        told: Sequence[str] = (),
        reason: str = "",
    ) -> bool:
        """End a step, if it still waits."""
        ...

    def move(self, step: ChainStep, *, until: datetime, reason: str) -> bool:
        """Put a step off and count it, if it still waits for the same instant."""
        ...

    def of_ticket(self, ticket_id: TicketId) -> Sequence[ChainStep]:
        """Return all steps of a ticket, in the order in which they came about."""
        ...

    def overdue(self, before: datetime) -> Overdue:
        """Count steps and deadlines that fell due before then and still wait."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCounts:
    """How many replies went or are about to go, for flood guards."""

    to_author: int
    in_conversation: int
    on_channel: int
    overall: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """How many replies nobody agreed to one by one, and whom one wording went to."""

    overall: int
    authors: int


NOBODY_SILENT: Mapping[str, Collection[str]] = {}


class Replies(Protocol):
    """The outbox."""

    def add(self, reply: Reply) -> Reply | None:
        """Store one; ``None`` if the mention already has one of this kind."""
        ...

    def get(self, reply_id: ReplyId) -> Reply:
        """Return one, or raise ``Missing``."""
        ...

    def hold(self, reply_id: ReplyId) -> Reply:
        """Return one that nobody else changes until this transaction ends.

        Whoever decides by what several people said waits here for the other; raises
        ``Missing``.
        """
        ...

    def waiting(
        self,
        state: ReplyState,
        *,
        now: datetime,
        limit: int,
        silent: Mapping[str, Collection[str]] = NOBODY_SILENT,
    ) -> Sequence[Reply]:
        """Return replies in a state whose ``next_at`` is empty or has come.

        None of a ``channel`` or a ``brand`` that is silent.
        """
        ...

    def move(
        self,
        reply: Reply,
        *,
        before: ReplyState,
        tries: int | None = None,
        instead_of: str = "",
    ) -> bool:
        """Write the changed reply, if it still stands at ``before`` in the same words.

        With ``tries`` only if it was also tried just so often: the outcome of a slow
        call must not be written over a later try. ``instead_of`` is the hash of the
        words that other ones take the place of.
        """
        ...

    def look_again(self, *, now: datetime, limit: int) -> Sequence[Reply]:
        """Return replies that were seen and are to be looked at once more by now."""
        ...

    def approve(self, reply: Reply, *, by: str, at: datetime) -> None:
        """Keep a named person's yes to the reply's exact text."""
        ...

    def approvals(self, reply_id: ReplyId) -> Sequence[Approval]:
        """Return every yes to a reply's texts, void ones too, oldest first."""
        ...

    def approved_by(self, reply: Reply) -> Sequence[str]:
        """Return whose yes to the text as it is now holds, oldest first."""
        ...

    def void_approvals(self, reply_id: ReplyId, at: datetime) -> None:
        """Let no yes that was said to this reply so far hold any more."""
        ...

    def keep_words(self, reply: Reply, until: datetime) -> None:
        """Keep what a reply said until then; words that it had before are kept once."""
        ...

    def earlier_words(self, reply_id: ReplyId) -> Sequence[EarlierWords]:
        """Return what a reply said before, oldest first."""
        ...

    def take_turns(self) -> None:
        """Let no other transaction get past here until this one has ended.

        Two that count and then commit to sending at once would both find room.
        """
        ...

    def counts(self, reply: Reply, since: datetime) -> ReplyCounts:
        """Count live replies beside this one that were tried since an instant."""
        ...

    def unasked(self, policy: str, template: str, since: datetime) -> Unasked:
        """Count what went out since an instant with no yes but the policy's."""
        ...

    def said_to(
        self, reply: Reply, since: datetime, *, or_saying: str = ""
    ) -> Sequence[Reply]:
        """Return what may have gone out to a reply's author before, oldest first.

        And, to whomever on that channel, what has the hash ``or_saying``.
        """
        ...

    def is_ours(self, channel: str, external_ids: Collection[str]) -> set[str]:
        """Return those of a platform's ids that are our own replies."""
        ...

    def of_ticket(self, ticket_id: TicketId) -> Sequence[Reply]:
        """Return the ticket's replies, oldest first."""
        ...

    def of_mention(self, mention_id: MentionId, kind: ReplyKind) -> Reply | None:
        """Return the mention's reply of a kind."""
        ...

    def listing(
        self,
        *,
        state: ReplyState | None = None,
        limit: int = 50,
        after: ReplyId | None = None,
        brands: Collection[str] = (),
    ) -> Sequence[Reply]:
        """Return replies, oldest first; of these brands alone, if any are named.

        ``after`` is the last reply of the page before.
        """
        ...


class Letters(Protocol):
    """Legal notices, and who agreed to which text."""

    def add(self, letter: Letter) -> Letter:
        """Store a new one and return it with its id."""
        ...

    def get(self, letter_id: LetterId) -> Letter:
        """Return one, or raise ``Missing``."""
        ...

    def hold(self, letter_id: LetterId) -> Letter:
        """Return one that nobody else changes until this transaction ends."""
        ...

    def move(self, letter: Letter, *, before: LetterState) -> bool:
        """Write the changed one, if it still stands at ``before``."""
        ...

    def of_ticket(self, ticket_id: TicketId) -> Sequence[Letter]:
        """Return the ticket's, oldest first."""
        ...

    def listing(self, limit: int) -> Sequence[Letter]:
        """Return the newest first."""
        ...

    def approve(self, letter: Letter, *, by: str, at: datetime) -> None:
        """Keep a named person's yes to its exact text."""
        ...

    def approvals(self, letter_id: LetterId) -> Sequence[Approval]:
        """Return every yes to its texts, void ones too, oldest first."""
        ...

    def void_approvals(self, letter_id: LetterId, at: datetime) -> None:
        """Let no yes that was said to it so far hold any more."""
        ...


class Post(Protocol):
    """Takes a legal notice to one person alone."""

    def send(self, letter: OutboundLetter) -> str:
        """Hand it over and return the words by which that was taken.

        Raises ``OutcomeUnknown`` where it may have been taken, and any other
        ``BotError`` where it surely was not.
        """
        ...


class FollowUps(Protocol):
    """What the authors of tickets are to hear of us."""

    def add(self, follow_up: FollowUp) -> bool:
        """Store one; ``False`` if it was there (ticket, episode, occasion)."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[FollowUp]:
        """Return those not over whose time to be looked at has come, earliest first."""
        ...

    def change(self, before: FollowUp, after: FollowUp) -> bool:
        """Write the changed one, if it still stands and is due as it was."""
        ...

    def hurry(self, ticket_id: TicketId, at: datetime) -> int:
        """Let all of a ticket that are not over be looked at by then."""
        ...

    def of_ticket(self, ticket_id: TicketId) -> Sequence[FollowUp]:
        """Return all of a ticket, in the order in which they were planned."""
        ...


class HandOffs(Protocol):
    """Who is on the way to a private talk, the links to their forms, their answers."""

    def add(self, hand_off: HandOff) -> HandOff | None:
        """Store one; ``None`` if the ticket has one that is not over."""
        ...

    def get(self, hand_off_id: HandOffId) -> HandOff:
        """Return one, or raise ``Missing``."""
        ...

    def open_of(self, ticket_id: TicketId) -> HandOff | None:
        """Return the one of a ticket that is not over."""
        ...

    def of_ticket(self, ticket_id: TicketId) -> Sequence[HandOff]:
        """Return all of a ticket, oldest first."""
        ...

    def of_author(self, channel: str, brand: str, author: str) -> Sequence[HandOff]:
        """Return an author's that are not over, oldest first."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[HandOff]:
        """Return those to be looked at, earliest first, none held."""
        ...

    def listing(
        self, *, state: HandOffState | None = None, limit: int = 50
    ) -> Sequence[HandOff]:
        """Return those in a state, or all that are not over, oldest first."""
        ...

    def change(self, before: HandOff, after: HandOff) -> bool:
        """Write the changed one, if nobody has changed it meanwhile."""
        ...

    def look_later(self, hand_off: HandOff, until: datetime) -> None:
        """Let one that has not changed be looked at then; it is none the newer."""
        ...

    def add_link(self, link: HandOffLink) -> HandOffLink:
        """Store a link and give it its number."""
        ...

    def carry(self, number: LinkNumber, reply_id: ReplyId) -> None:
        """Say which reply carries a link."""
        ...

    def link(self, number: LinkNumber) -> HandOffLink:
        """Return one that nobody else changes until this transaction ends.

        Raises ``Missing``.
        """
        ...

    def link_in(self, reply_id: ReplyId) -> LinkNumber | None:
        """Return the number of the link that a reply carries."""
        ...

    def has_link(self, hand_off_id: HandOffId, now: datetime) -> bool:
        """Whether a link of theirs is good still."""
        ...

    def use_link(self, number: LinkNumber, at: datetime) -> bool:
        """Use a link up; ``False`` if somebody did already."""
        ...

    def miss(self, number: LinkNumber) -> int:
        """Count answers that could not be taken; return how many those are by now."""
        ...

    def void_links(self, hand_off_id: HandOffId, at: datetime) -> None:
        """Let no link of theirs be good any more."""
        ...

    def keep_answers(self, answers: LockedAnswers) -> None:
        """Keep what was answered, in the place of what was before."""
        ...

    def answers(self, hand_off_id: HandOffId) -> LockedAnswers | None:
        """Return what was answered, as long as it is kept."""
        ...

    def kept_too_long(self, now: datetime) -> Sequence[HandOffId]:
        """Return whose answers are here still though their time is over."""
        ...

    def purge_answers(self, hand_off_id: HandOffId) -> bool:
        """Forget what was answered; say whether there was anything."""
        ...


class Audit(Protocol):
    """The append-only log."""

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Write entries in this transaction, without any lock."""
        ...

    def about(self, subject: str) -> Sequence[LoggedEntry]:
        """Return all that happened to one thing, oldest first."""
        ...

    def kept(self, subjects: Collection[str]) -> Sequence[KeptEntry]:
        """Return all that happened to several things, oldest first, with the seals."""
        ...

    def unsealed(
        self, limit: int, *, everything: bool = False
    ) -> Sequence[LoggedEntry]:
        """Return entries that no seal covers yet, oldest first.

        ``everything`` asks for those too that became visible very late; it counts the
        whole log, so ask now and then only.
        """
        ...

    def first_seal_since(self, at: datetime) -> str:
        """Return the hash of the first seal that was made from then on, if any was."""
        ...

    def last_seal(self) -> Seal | None:
        """Return the newest seal."""
        ...

    def batches(self, first: int, last: int) -> Sequence[Batch]:
        """Return the seals of these numbers, both included, with their leaves."""
        ...

    def sealed_after(
        self, place: SealedAt, limit: int
    ) -> Sequence[tuple[SealedAt, LoggedEntry]]:
        """Return sealed entries behind a place, in the order of the seals.

        That order never changes, so whoever reads on from a place misses nothing.
        """
        ...

    def seal(self, seal: Seal) -> bool:
        """Write the next seal; ``False`` if another sealer was first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to our own people. ``key`` makes it one message, however often told.

    ``facts`` say the same to a system that is told, word by word.
    """

    key: str
    to: str
    subject: str
    body: str
    ticket_id: TicketId | None = None
    is_important: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotice:
    """A notice on its way, with how often it was tried."""

    id: int
    notice: Notice
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A notice that reached nobody, and what stood in its way at the last try."""

    notice: StoredNotice
    reason: str
    at: datetime


class Notices(Protocol):
    """Messages to our own people that wait to go out."""

    def given_up(self, limit: int) -> Sequence[GivenUp]:
        """Return what reached nobody, the newest first."""
        ...

    def take_up(self, ids: Collection[int]) -> int:
        """Let notices that were given up wait anew; return how many did."""
        ...

    def undecidable(self, limit: int) -> Sequence[StoredNotice]:
        """Return what was told of mentions that could not be decided, newest first."""
        ...

    def add(self, notice: Notice, at: datetime) -> bool:
        """Queue one; ``False`` if its key was queued before."""
        ...

    def waiting(self, now: datetime, limit: int) -> Sequence[StoredNotice]:
        """Return those not delivered yet whose time has come."""
        ...

    def settle(self, notice_id: int, *, delivered_by: str, at: datetime) -> None:
        """Record that one was delivered, and how."""
        ...

    def postpone(self, notice_id: int, *, until: datetime | None, reason: str) -> None:
        """Try again at ``until``; ``None`` gives up and keeps the reason."""
        ...

    def hold(self, notice_id: int, *, until: datetime) -> None:
        """Let one wait until then without counting it as a try."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """An item kept aside, how it was tried since, and what became of it.

    ``tried_at`` and ``tried_by`` are of the last try to read it again, ``settled_*`` of
    what ended it; ``outcome`` says in words what came of the later of the two.
    """

    id: int
    source: str
    item: Quarantined
    kept_at: datetime
    state: AsideState = AsideState.OPEN
    tried_at: datetime | None = None
    tried_by: str = ""
    settled_at: datetime | None = None
    settled_by: str = ""
    outcome: str = ""


class Quarantine(Protocol):
    """What made no sense, kept so that nothing is lost."""

    def add(self, source: str, items: Sequence[Quarantined], at: datetime) -> int:
        """Keep items not kept before (source, where, content); return how many."""
        ...

    def listing(
        self,
        limit: int,
        *,
        with_settled: bool = False,
        sources: Collection[str] | None = None,
    ) -> Sequence[QuarantineRow]:
        """Return what is open, newest first, or all that there ever was.

        ``sources`` leaves out all others.
        """
        ...

    def get(self, row_id: int) -> QuarantineRow:
        """Return one, or raise ``Missing``."""
        ...

    def hold(self, row_id: int) -> QuarantineRow:
        """Return one that nobody else changes until this transaction ends."""
        ...

    def to_try(self, *, source: str | None, limit: int | None) -> Sequence[int]:
        """Name the open items that may be read again, those tried longest ago first.

        ``source`` leaves out all others. What only tells of a source is no item.
        """
        ...

    def save(self, row: QuarantineRow) -> None:
        """Keep what a try or a person made of one; words that were read go."""
        ...


class Deliveries(Protocol):
    """What others delivered to sources of ours; numbers grow as they are kept."""

    def add(self, source: str, body: str, at: datetime) -> bool:
        """Keep a body; ``False`` if this source has it already."""
        ...

    def after(self, source: str, number: int, limit: int) -> Sequence[Delivery]:
        """Return what a source was given after a number, in order."""
        ...

    def last_at(self, source: str) -> datetime | None:
        """Say when a source was given something last."""
        ...

    def drop(self, source: str, *, until: int, before: datetime) -> None:
        """Forget the words of what was read, up to and with a number.

        That it was here is known on, until ``before`` has passed it.
        """
        ...


class Desks(Protocol):
    """Mirrors of tickets, and changes on their way to them.

    Whatever is written of a ticket lines up a change for every desk by itself.
    """

    def touch(self, ticket_id: TicketId) -> None:
        """Line up a change for every desk; one that waits already takes it in."""
        ...

    def touch_one(self, desk: str, ticket_id: TicketId) -> None:
        """Line up a change for one desk."""
        ...

    def due(self, desk: str, now: datetime, limit: int) -> Sequence[DeskChange]:
        """Return what may go out now, oldest first; of each ticket one at a time.

        One in ``sending`` whose time has come lost its sender, and comes too.
        """
        ...

    def claim(self, change: DeskChange, *, until: datetime) -> bool:
        """Move one to ``sending``, if it still stands as given, and count the try."""
        ...

    def settle(
        self,
        change: DeskChange,
        state: Sending,
        *,
        attempts: int,
        looks: int = 0,
        next_at: datetime | None = None,
        reason: str = "",
    ) -> bool:
        """Write what came of the try that ``claim`` counted, unless it was too late."""
        ...

    def take_up(self, desk: str, ids: Collection[int]) -> Sequence[DeskChange]:
        """Line up anew what was given up, all of it if no ids are named."""
        ...

    def listing(
        self, desk: str, *, states: Collection[Sending], limit: int
    ) -> Sequence[DeskChange]:
        """Return changes in these states, oldest first."""
        ...

    def counts(self, desk: str) -> Mapping[Sending, int]:
        """Count what is not done."""
        ...

    def link(self, desk: str, ticket_id: TicketId) -> DeskLink | None:
        """Return a ticket's mirror at a desk, if there is one or may be."""
        ...

    def linked(self, desk: str, external_id: str) -> DeskLink | None:
        """Return the mirror that the desk names so."""
        ...

    def keep(self, link: DeskLink) -> None:
        """Write a mirror."""
        ...


class Repeats(Protocol):
    """Programs' writes that may be sent again."""

    def add(self, key: Key, at: datetime) -> Known | None:
        """Write a key down; return what is known of it if it was there."""
        ...

    def keep(self, key: Key, answer: Answer) -> None:
        """Write what came of it."""
        ...

    def forget(self, key: Key) -> None:
        """Let a key be used again."""
        ...

    def drop(self, *, before: datetime) -> None:
        """Forget keys that were written down before an instant."""
        ...


class Webhooks(Protocol):
    """Programs outside that are told what the log says."""

    def add(self, webhook: Webhook) -> Webhook:
        """Store one and return it with its id."""
        ...

    def get(self, webhook_id: WebhookId) -> Webhook:
        """Return one, or raise ``Missing``."""
        ...

    def listing(self) -> Sequence[Webhook]:
        """Return all, oldest first."""
        ...

    def remove(self, webhook_id: WebhookId) -> bool:
        """Forget one; say whether it was there."""
        ...

    def due(self, now: datetime) -> Sequence[Webhook]:
        """Return those that are told of something, once their pause is over."""
        ...

    def change(self, before: Webhook, after: Webhook) -> bool:
        """Write the changed one, if it still stands where it stood."""
        ...


class PackTexts(Protocol):
    """The text of packs: an edit of a file takes no promise away, and no evidence."""

    def keep(self, pack: RegulationPack | HousePack, at: datetime) -> bool:
        """Store one; ``False`` if it was there."""
        ...

    def files(self, ref: PackRef) -> Mapping[str, str]:
        """Return the files by name; none if they were never kept."""
        ...


class Switches(Protocol):
    """Named switches that every process obeys at once, such as the kill switch."""

    def get(self, name: str) -> str:
        """Return a switch's value; empty if it was never set."""
        ...

    def under(self, name: str) -> Mapping[str, str]:
        """Return the switches that are on, of a name and those that begin with it."""
        ...

    def set(self, name: str, value: str, *, by: str, at: datetime) -> None:
        """Set it."""
        ...


class Leases(Protocol):
    """Who of several processes is the active one."""

    def take(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Take or renew a lease; ``False`` while somebody else holds it."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Give it back."""
        ...


class Triggers(Protocol):
    """How often triggers acted, and what they count; both outlive the process."""

    def acted(
        self, trigger: str, scope: str, at: datetime, *, within: timedelta
    ) -> int:
        """Count how often one acted on a conversation in the span before an instant."""
        ...

    def act(self, trigger: str, scope: str, at: datetime, *, within: timedelta) -> int:
        """Write that it acts, and return the number of that; older ones are dropped."""
        ...

    def gather(
        self, trigger: str, scope: str, at: datetime, *, items: int, within: timedelta
    ) -> datetime | None:
        """Count one more item; return the start of the episode that it opens, if any.

        An episode goes on until no item came for the whole span.
        """
        ...


class Staff(Protocol):
    """Our own people, their sessions and keys, and what was given to regulators."""

    def add(self, user: User) -> User:
        """Store a new one and return them with their id; ``Stale`` for a name taken."""
        ...

    def get(self, user_id: UserId) -> User:
        """Return one, or raise ``Missing``."""
        ...

    def named(self, name: str) -> User | None:
        """Return whose name it is, however it is capitalised."""
        ...

    def known_as(self, subject: str) -> User | None:
        """Return who it is that the identity provider names so."""
        ...

    def with_link(self, link: str) -> User | None:
        """Return who was given the link of this hash."""
        ...

    def listing(self, limit: int, *, after: str = "") -> Sequence[User]:
        """Return them by name, from behind one on."""
        ...

    def save(self, user: User) -> User:
        """Write a changed one; ``Stale`` if the stored version is not the given one's.

        Not the last code's half minute: ``use_code`` alone writes it.
        """
        ...

    def use_code(self, user_id: UserId, step: int) -> bool:
        """Use up the code of a half minute; ``False`` if it, or a later one, was."""
        ...

    def begin(self, session: Session) -> Session:
        """Store a session and return it with its id; those that ended go."""
        ...

    def session(self, token: str) -> tuple[Session, User] | None:
        """Return the session of a cookie's hash, with whose it is, in one read."""
        ...

    def sessions(self, user_id: UserId) -> Sequence[Session]:
        """Return somebody's sessions, the newest first."""
        ...

    def touch(self, session_id: SessionId, at: datetime) -> None:
        """Write that a session is in use."""
        ...

    def end(self, user_id: UserId, session_id: SessionId) -> bool:
        """End one of somebody's sessions; ``False`` if it is over already."""
        ...

    def end_all(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        """End somebody's sessions, all or all but one; return how many there were."""
        ...

    def add_key(self, key: ApiKey) -> ApiKey:
        """Store a key and return it with its id; ``Stale`` for a name taken."""
        ...

    def key(self, token: str) -> ApiKey | None:
        """Return the key of a hash."""
        ...

    def key_named(self, name: str) -> ApiKey | None:
        """Return the key of a name, however it is capitalised."""
        ...

    def keys(self, limit: int) -> Sequence[ApiKey]:
        """Return the keys, the newest first."""
        ...

    def use_key(self, key: ApiKey, at: datetime) -> None:
        """Write that a key is in use."""
        ...

    def revoke_key(self, key: ApiKey, at: datetime) -> bool:
        """Let a key be of no use any more; ``False`` if it is so already."""
        ...

    def give(self, grants: Sequence[Grant]) -> None:
        """Let regulators read tickets; what was given before is given anew."""
        ...

    def take_back(self, user_id: UserId, ticket_id: TicketId) -> bool:
        """Take a ticket back from a regulator; ``False`` if they did not have it."""
        ...

    def given(self, user_id: UserId) -> Sequence[Grant]:
        """Return what a regulator was given, over or not, by ticket."""
        ...

    def attempt(self, who: str, address: str, at: datetime) -> Failures:
        """Count a try to sign in before it is looked at; one that is locked is not."""
        ...

    def lock(self, failures: Failures, until: datetime) -> None:
        """Let no try be looked at before an instant."""
        ...

    def succeed(self, who: str, address: str, tries: int) -> None:
        """Take back what was counted of tries that ended well."""
        ...

    def forget_failures(self, before: datetime) -> None:
        """Forget those that were not repeated since then."""
        ...

    def forgive(self, who: str) -> int:
        """Forget all failures under a name's hash; return how many those were."""
        ...

    def secret(self, name: str, made: str, at: datetime) -> str:
        """Return the secret of a name that is kept here; the given one if none was."""
        ...


class Work(Protocol):
    """One transaction over everything that we keep."""

    @property
    def sources(self) -> Sources:
        """Cursors, health, coverage and quota."""
        ...

    @property
    def mentions(self) -> Mentions:
        """What was said, its tags and decisions."""
        ...

    @property
    def removals(self) -> Removals:
        """What authors took back."""
        ...

    @property
    def corrections(self) -> Corrections:
        """What people said of tags."""
        ...

    @property
    def tickets(self) -> Tickets:
        """Open work and its history."""
        ...

    @property
    def search(self) -> Search:
        """All words that were said."""
        ...

    @property
    def queues(self) -> Queues:
        """Lists of tickets."""
        ...

    @property
    def saved_views(self) -> SavedViews:
        """Lists that people gave a name."""
        ...

    @property
    def dossiers(self) -> Dossiers:
        """One ticket as people read it."""
        ...

    @property
    def merging(self) -> Merging:
        """What goes from one ticket to another."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Which accounts are one author's."""
        ...

    @property
    def viewers(self) -> Viewers:
        """Who looks at which ticket."""
        ...

    @property
    def clocks(self) -> Clocks:
        """Promises that run."""
        ...

    @property
    def chains(self) -> Chains:
        """Calls that are due."""
        ...

    @property
    def replies(self) -> Replies:
        """The outbox."""
        ...

    @property
    def letters(self) -> Letters:
        """Legal notices."""
        ...

    @property
    def inbox(self) -> Inbox:
        """What waits for somebody's yes."""
        ...

    @property
    def follow_ups(self) -> FollowUps:
        """What authors are to hear of us after our first word."""
        ...

    @property
    def hand_offs(self) -> HandOffs:
        """Who is on the way to a private talk."""
        ...

    @property
    def audit(self) -> Audit:
        """The append-only log."""
        ...

    @property
    def notices(self) -> Notices:
        """Messages to our own people."""
        ...

    @property
    def triggers(self) -> Triggers:
        """How often triggers acted, and what they count."""
        ...

    @property
    def desks(self) -> Desks:
        """Mirrors of tickets at outside desks."""
        ...

    @property
    def staff(self) -> Staff:
        """Our own people at the console."""
        ...

    @property
    def quarantine(self) -> Quarantine:
        """What made no sense."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """What others delivered to us."""
        ...

    @property
    def repeats(self) -> Repeats:
        """Programs' writes that may be sent again."""
        ...

    @property
    def webhooks(self) -> Webhooks:
        """Programs outside that are told what the log says."""
        ...

    @property
    def packs(self) -> PackTexts:
        """What tickets were promised by, word for word."""
        ...

    @property
    def switches(self) -> Switches:
        """What every process obeys at once."""
        ...

    @property
    def leases(self) -> Leases:
        """Who is the active one."""
        ...

    @property
    def response_log(self) -> ResponseLog:
        """All complaints, line by line."""
        ...

    @property
    def pack_changes(self) -> PackChanges:
        """Changes of packs that wait for a second person, and those of before."""
        ...

    @property
    def volume(self) -> Volume:
        """How much was said, by hour and day."""
        ...

    def savepoint(self) -> AbstractContextManager[object]:
        """Undo what a block did if it fails, and only that."""
        ...


class Store(Protocol):
    """Where everything is kept."""

    def work(self) -> AbstractContextManager[Work]:
        """Open a transaction: committed at the end of the block, or rolled back.

        Raises ``StorageError`` if the database cannot be reached.
        """
        ...

    def reading(self) -> AbstractContextManager[Work]:
        """Open a transaction that only reads, and waits for no writer."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Classifier(Protocol):
    """Turns mentions into tags."""

    model: str

    @property
    def models(self) -> frozenset[str]:
        """Every id that its tags may carry: texts may be read by several models."""
        ...

    def tag(self, mentions: Sequence[StoredMention]) -> Sequence[Tags]:
        """Return the tags of each mention, in the order given."""
        ...


LOG = "log"
"""The way that is always there; a line in the log reaches nobody by itself."""


class Drafter(Protocol):
    """A model that words an answer for a person to judge; ``model`` is its name."""

    @property
    def model(self) -> str:
        """Its name, kept with what it wrote."""
        ...

    def draft(self, text: str, *, knowledge: Sequence[str], language: str) -> str:
        """Word an answer to a text; raises ``Unavailable``."""
        ...


class Heartbeat(Protocol):
    """Says to somebody outside that the watch goes on."""

    def beat(self) -> None:
        """Say so once; raise ``BotError`` if nobody heard it."""
        ...


class Notifier(Protocol):
    """One way to reach our own people: the operator's name for it, and what it is."""

    name: str
    kind: str

    def send(self, notice: Notice) -> None:
        """Deliver one message; raise ``BotError`` if it cannot be delivered."""
        ...


class Desk(Protocol):
    """An outside desk that mirrors our tickets. Raises ``ConnectorError`` only.

    A doubt after a write is ``OutcomeUnknown``. ``folds_repeats``: what it was told
    twice it has once, so that a doubt is cured by telling it again; otherwise it is
    looked for, not before ``settle_after``, when the desk's own search has seen it.
    """

    name: str
    kind: str
    folds_repeats: bool
    settle_after: timedelta

    def find(self, key: str) -> DeskState | None:
        """Look for a mirror by our key."""
        ...

    def create(self, card: DeskCard) -> DeskState:
        """Make the mirror, open whatever the ticket is."""
        ...

    def update(
        self, external_id: str, update: DeskUpdate, *, in_doubt: bool
    ) -> DeskState | None:
        """Tell of a change; ``in_doubt``: it may have been told already.

        Returns how the mirror stands then, if the desk says.
        """
        ...

    def changes(self, cursor: Cursor | None) -> DeskPage:
        """Return what changed there, at least once; without a cursor from now on."""
        ...

    def check(self) -> str:
        """Say who we are there; changes nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts for people at the end of a run. Keys are the domain's own words.

    ``complaints`` are what the model called so, ``in_scope`` and ``needs_human`` what
    the complaint test said; ``influencers`` are people; clocks are by (rule, state).
    ``steps`` are calls of chains that were due, ``steps_done`` those that were made.
    ``by_topic`` leaves out what is about none, ``set_aside`` is about something else.
    ``follow_ups`` are by their state.
    """

    mentions: int
    amplifications: int
    by_brand: Mapping[str, int]
    by_sentiment: Mapping[str, int]
    by_topic: Mapping[str, int]
    set_aside: int
    complaints: int
    in_scope: int
    needs_human: int
    influencers: int
    tickets_by_tier_and_queue: Mapping[tuple[int, str], int]
    open_tickets: int
    replies_by_state: Mapping[str, int]
    clocks: Mapping[tuple[str, str], int]
    quarantined: int
    audit_entries: int
    seals: int
    steps: int = 0
    steps_done: int = 0
    follow_ups: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What waits in the database; ``untagged`` are mentions, oldest first."""

    untagged: Sequence[MentionId]
    has_undecided: bool
    has_replies: bool


class Reports(Protocol):
    """Read-only questions about everything at once."""

    def summary(self, now: datetime | None = None) -> Summary:
        """Count what there is; without ``now`` calls count that are still to come."""
        ...
