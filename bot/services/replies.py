"""Speak: a reply leaves once, and counts only when it was seen on the platform.

``queued -> sending -> sent -> seen``, with ``unknown`` wherever a doubt remains. The
state is committed before the platform is called, so a process that dies in the call
leaves a ``sending`` row behind; such a row is looked for, never sent again blindly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.clock import Clock, since_boot
from bot.domain.audit import AuditEntry
from bot.domain.channels import (
    CountsCharacters,
    MetersReads,
    SendsPrivately,
    SendsReplies,
)
from bot.domain.follow_ups import (
    HAND_OFF_OFFERED,
    INVITED_PRIVATELY,
    KINDS,
    SATISFACTION_ASKED,
    STATUS_SENT,
)
from bot.domain.guard import Checked
from bot.domain.mentions import StoredMention, text_hash
from bot.domain.packs import FloodLimits, Template, Templates
from bot.domain.platforms import NO_PLATFORMS, Audience, PlatformPack
from bot.domain.ports import Notice, Store, Work
from bot.domain.replies import (
    Mode,
    OutboundReply,
    Receipt,
    Reply,
    ReplyKind,
    ReplyState,
)
from bot.domain.tickets import Ticket, TicketEvent, TicketId, TicketStatus
from bot.errors import (
    AccessDenied,
    BudgetSpent,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from bot.escalate.letters import carries
from bot.escalate.platforms import verdict as platform_verdict
from bot.escalate.platforms import writer_of
from bot.escalate.replies import (
    FloodCounts,
    fits,
    flood_verdict,
    lacks_a_yes,
    render,
)
from bot.services import breaker
from bot.services.approvals import FourEyesAsked, one_is_enough
from bot.services.clocks import apply_event
from bot.services.follow_ups import Manners, halted
from bot.services.guard import GuardAsked, unguarded
from bot.services.ingest import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    OwnAccounts,
    again_at,
    month_of,
    next_month,
    pause_after,
)
from bot.services.loops import LoopAsked, everybody_is_a_person
from bot.services.outbox import move_reply as _move

KILL_SWITCH = "replies.stopped"
STOPPABLE = ("channel", "brand")
"""Of what a stop may be, where it is not of everything."""

FLOOD_PAUSE = timedelta(minutes=10)
LONGEST_REST = timedelta(days=1)
"""Between two looks for a reply that the platform took and does not show."""

SENDING, LOOKING = "replies.sending", "replies.looking"
"""What a platform asks us to pause with, each for itself, channel by channel."""

STANDSTILL = timedelta(seconds=5)
"""A pause between the commit and the call that the outbox's patience still covers."""

WITH_PEOPLE = frozenset({ReplyState.DRAFT, ReplyState.SUBMITTED, ReplyState.REJECTED})
"""What a person is at: its words may still be changed."""

NOT_TAKEN = (AccessDenied, RateLimited, Unavailable)
"""After these the platform surely does not have the reply; after any other error that
is not a refusal it may, and is looked at first."""

EVENT_OF = {
    ReplyKind.ACKNOWLEDGEMENT: "acknowledged",
    ReplyKind.ANSWER: "answered",
    **dict.fromkeys(KINDS, STATUS_SENT),
    ReplyKind.SATISFACTION: SATISFACTION_ASKED,
    ReplyKind.INVITATION: INVITED_PRIVATELY,
    ReplyKind.HAND_OFF: HAND_OFF_OFFERED,
}
REPLY_GONE = "reply_gone"
"""What was seen was deleted or hidden later; it meets and undoes nothing."""

ACKNOWLEDGED_ANOTHER = "acknowledged_another"
"""A word to somebody else in the thread: no acknowledgement of the complaint."""

ANSWERED_ANOTHER = "answered_another"
"""A person's answer to somebody else in the thread: who complained waits as before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A connector that may answer on a channel, and its limits.

    ``reply_limit`` is in the platform's characters, 0 for none.
    """

    source: str
    connector: SendsReplies
    reply_limit: int = 0
    monthly_posts: int | None = None


def _as_it_is(reply: Reply) -> str:
    """Where nothing is filled in."""
    return reply.text


def _unheard(_work: Work, _reply: Reply, _at: datetime) -> None:
    """Where nobody waits for replies that were seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """How replies leave: who sends, in which mode, how patiently.

    ``settle_after``: how long a doubtful reply rests before it is looked for;
    ``absent_looks``: how often it must be missing before it may be sent again.
    ``policy``: the house pack that allows replies unasked; ``stale_after``: the age of
    a mention from which it does not. ``manners``: how authors are followed up,
    ``platforms``: what each platform allows. ``on_seen`` hears of what stands there,
    ``four_eyes`` says which replies two people must answer for, ``guard`` what none
    may say in public. ``look_again``: how long after it was seen a public reply is
    looked at once more. ``worded`` fills in what a text holds only where its reader
    sees it. ``loops`` says whom only a person answers because a machine may be
    writing; ``own`` are never answered.
    """

    limits: FloodLimits
    modes: Mapping[str, Mode] = field(default_factory=dict)
    senders: Mapping[str, Sender] = field(default_factory=dict)
    settle_after: timedelta = timedelta(seconds=90)
    absent_looks: int = 2
    confirm_after: timedelta = timedelta(seconds=5)
    give_up_after: int = 8
    policy: str = "house"
    stale_after: timedelta | None = None
    manners: Manners = field(default_factory=Manners)
    platforms: PlatformPack = NO_PLATFORMS
    stopwatch: Callable[[], float] = since_boot
    on_seen: Callable[[Work, Reply, datetime], None] = _unheard
    four_eyes: FourEyesAsked = one_is_enough
    look_again: tuple[timedelta, ...] = ()
    guard: GuardAsked = unguarded
    worded: Callable[[Reply], str] = _as_it_is
    own: OwnAccounts = field(default_factory=OwnAccounts)
    loops: LoopAsked = everybody_is_a_person

    def is_live(self, channel: str) -> bool:
        """Whether an operator switched the channel to live."""
        return self.modes.get(channel, Mode.SHADOW) is Mode.LIVE

    def length(self, reply: Reply) -> str:
        """Say that its platform would not take it so long; empty where it would."""
        sender = self.senders.get(reply.channel)
        return _too_long(sender, reply) if sender else ""

    def measure(self, channel: str, text: str, *, is_private: bool) -> tuple[int, int]:
        """Return a text's length as its platform counts, and how long it may be.

        0 where no limit is known: of a message the platform judges that itself.
        """
        sender = self.senders.get(channel)
        if sender is None or is_private:
            return len(text), 0
        return _counted(sender, text), sender.reply_limit


def put_in_words(  # noqa: PLR0913 - one wording, and what it answers
    work: Work,
    templates: Templates,
    template: Template,
    stored: StoredMention,
    ticket: Ticket,
    *,
    kind: ReplyKind,
    state: ReplyState,
    language: str,
    at: datetime,
    approved_by: str = "",
    by: str = "",
    link: str = "",
    is_private: bool = False,
) -> Reply | None:
    """Put a wording into the outbox; ``None`` if the mention has one of this kind.

    ``language`` is the author's, whatever the wording's is; ``by`` is the time that a
    status names, ``link`` what an invitation leads to.
    """
    if stored.mention.author is None or stored.removed_at is not None:
        return None
    worded = reply_to(
        stored,
        ticket,
        kind=kind,
        state=state,
        text=render(template, brand=stored.mention.brand, by=by, link=link),
        language=template.language,
        template=template.id,
        at=at,
    )
    reply = work.replies.add(
        replace(worded, approved_by=approved_by, is_private=is_private)
    )
    if reply is not None:
        work.audit.append([_worded(reply, templates, language, at)])
    return reply


def reply_to(  # noqa: PLR0913 - what is said to whom, by keyword
    stored: StoredMention,
    ticket: Ticket,
    *,
    kind: ReplyKind,
    state: ReplyState,
    text: str,
    language: str,
    at: datetime,
    template: str = "",
) -> Reply:
    """Return words to a mention whose author is still there."""
    mention, author = stored.mention, stored.mention.author
    assert author is not None  # noqa: S101 - the caller has looked
    return Reply(
        ticket_id=ticket.id,
        mention_id=stored.id,
        kind=kind,
        state=state,
        channel=mention.channel,
        brand=mention.brand,
        conversation=mention.conversation,
        in_reply_to=mention.external_id,
        author=author.external_id,
        text=text,
        text_hash=text_hash(text),
        language=language,
        template=template,
        created_at=at,
    )


def _worded(
    reply: Reply, templates: Templates, language: str, at: datetime
) -> AuditEntry:
    return AuditEntry(
        action=f"reply.{reply.state.value}",
        subject=f"reply:{reply.id}",
        at=at,
        detail={
            "ticket": reply.ticket_id,
            "mention": reply.mention_id,
            "kind": reply.kind.value,
            "template": reply.template,
            "templates_sha256": templates.ref.sha256,
            "text_sha256": reply.text_hash,
            "language": language,
            "approved_by": reply.approved_by,
        },
    )


def withhold_pending(
    store: Store, outbox: Outbox, clock: Clock, *, limit: int = 200
) -> int:
    """Put aside what waits for channels in shadow mode; return how many it was.

    Worded, decided and logged like any other, and never sent.
    """
    now = clock.now()
    with store.reading() as work:
        waiting = work.replies.waiting(ReplyState.QUEUED, now=now, limit=limit)
    silent = [reply for reply in waiting if not outbox.is_live(reply.channel)]
    if not silent:
        return 0
    with store.work() as work:
        return sum(_withhold(work, reply, now) for reply in silent)


def _withhold(work: Work, reply: Reply, now: datetime) -> bool:
    held = replace(reply, state=ReplyState.WITHHELD, reason="shadow mode")
    return _move(work, held, before=ReplyState.QUEUED, at=now)


def send_pending(store: Store, outbox: Outbox, clock: Clock, *, limit: int = 20) -> int:
    """Send replies that wait in the queue; return how many were handed over."""
    with store.reading() as work:
        stops = work.switches.under(KILL_SWITCH)
        if KILL_SWITCH in stops:
            return 0
        waiting = work.replies.waiting(
            ReplyState.QUEUED, now=clock.now(), limit=limit, silent=_silent(stops)
        )
    return sum(_send(store, outbox, clock, reply) for reply in waiting)


def _send(store: Store, outbox: Outbox, clock: Clock, reply: Reply) -> bool:
    began = outbox.stopwatch()
    # The kill switch is read in the very transaction that commits to sending.
    with store.work() as work:
        sending = _begin(work, outbox, clock.now(), reply)
    if sending is None:
        return False
    if outbox.stopwatch() - began >= STANDSTILL.total_seconds():
        # This process stood still; another may look for it, and send it, by now.
        return False
    sender = outbox.senders[reply.channel]
    try:
        receipt = _handed_over(outbox, sender, sending)
    except ConnectorError as error:
        now = clock.now()
        after = _after_failure(outbox, sending, error, now)
        with store.work() as work:
            _settle_as(work, after, error.detail, now)
            _mind(work, SENDING, reply, error, now)
            if isinstance(error, AccessDenied):
                work.notices.add(_cannot_speak(reply.channel, error, now), now)
        return False
    now = clock.now()
    with store.work() as work:
        if _settle_as(work, _as_sent(outbox, sending, receipt, now), "", now):
            work.sources.spend(sender.source, now, posts=1)
        else:
            work.audit.append([_late_receipt(sending, receipt, now)])
            _ask_nobody(work, sending, receipt, now)
    return True


def _ask_nobody(work: Work, sending: Reply, receipt: Receipt, now: datetime) -> None:
    """Take it back from a person who was asked meanwhile: it stands there already."""
    asked = work.replies.get(sending.id)
    if asked.state in WITH_PEOPLE:
        why = f"an earlier try stands there as {receipt.external_id}"
        over = replace(asked, state=ReplyState.CANCELLED, reason=why)
        _move(work, over, before=asked.state, at=now)


def _handed_over(outbox: Outbox, sender: Sender, sending: Reply) -> Receipt:
    """Publish; where a later try is refused, an earlier one may have arrived after all.

    A platform that shows its own posts late may well say that it has this one.
    """
    try:
        return _said(sender.connector, sending, outbound(sending, outbox.worded))
    except Refused:
        if sending.attempts == 1:
            raise
        found = _earlier(outbox, sender, sending)
        if found is None:
            raise
        return found


def _said(way: SendsReplies, reply: Reply, words: OutboundReply) -> Receipt:
    if not reply.is_private:
        return way.send_reply(words)
    if not isinstance(way, SendsPrivately):
        raise Refused(reply.channel, "nobody is written to in private here")
    return way.send_private(words)


def _sought(way: SendsReplies, reply: Reply, words: OutboundReply) -> Receipt | None:
    if not reply.is_private:
        return way.find_reply(words)
    if not isinstance(way, SendsPrivately):
        raise OutcomeUnknown(reply.channel, "nobody looks at private messages here")
    return way.find_private(words)


def _earlier(outbox: Outbox, sender: Sender, sending: Reply) -> Receipt | None:
    try:
        return _sought(sender.connector, sending, outbound(sending, outbox.worded))
    except ConnectorError as error:
        message = "refused, and whether an earlier try stands there cannot be seen"
        raise OutcomeUnknown(error.channel, message, detail=error.detail) from error


def _begin(work: Work, outbox: Outbox, now: datetime, reply: Reply) -> Reply | None:
    """Commit to sending, or say in the log why not."""
    work.replies.take_turns()
    if stops_of(work, reply):
        return None
    if not outbox.is_live(reply.channel):
        _withhold(work, reply, now)
        return None
    instead = _instead(work, outbox, reply, now)
    if instead is not None:
        agreed_to = reply.text_hash
        _move(work, instead, before=ReplyState.QUEUED, at=now, instead_of=agreed_to)
        return None
    sending = replace(
        reply,
        state=ReplyState.SENDING,
        attempts=reply.attempts + 1,
        sending_at=now,
        looks=0,
        next_at=now + outbox.settle_after,
        reason="",
    )
    return sending if _move(work, sending, before=ReplyState.QUEUED, at=now) else None


def _silent(stops: Iterable[str]) -> dict[str, set[str]]:
    """Sort the stops of one channel or brand by what they name."""
    found: dict[str, set[str]] = {}
    for stop in stops:
        what, _, name = stop.removeprefix(f"{KILL_SWITCH}.").partition(".")
        if what in STOPPABLE:
            found.setdefault(what, set()).add(name)
    return found


def stops_of(work: Work, reply: Reply) -> dict[str, str]:
    """Return the stops by hand that hold it back, each with its reason."""
    names = {KILL_SWITCH, stop_of(channel=reply.channel), stop_of(brand=reply.brand)}
    stops = work.switches.under(KILL_SWITCH)
    return {name: why for name, why in stops.items() if name in names}


def _instead(work: Work, outbox: Outbox, reply: Reply, now: datetime) -> Reply | None:
    """Return where it goes instead of out: refused, to a person, or on later."""
    why = _not_to_answer(work, outbox, reply)
    if why:
        return replace(reply, state=ReplyState.CANCELLED, next_at=None, reason=why)
    sender = outbox.senders.get(reply.channel)
    if sender is None:
        why = f"no source may reply on {reply.channel} (channels.*.reply_via)"
        return replace(reply, state=ReplyState.REFUSED, reason=why)
    why = (
        _too_long(sender, reply)
        or _forbidden(work, outbox, reply, now)
        or tells_a_notice(work, reply)
        or _unsaid(outbox.guard(work, reply))
    )
    if why:
        return replace(reply, state=ReplyState.REFUSED, reason=why)
    halt = halted(work, outbox.manners, reply, now) if reply.kind in KINDS else None
    if halt is not None:
        return halt
    doubt = _lacks_a_yes(work, outbox, reply, now)
    if doubt:
        return replace(
            reply,
            state=ReplyState.SUBMITTED,
            approved_by="",
            text_hash=text_hash(reply.text),
            reason=doubt,
            next_at=None,
        )
    return _must_wait(work, outbox, sender, reply, now)


def _not_to_answer(work: Work, outbox: Outbox, reply: Reply) -> str:
    stored = work.mentions.get(reply.mention_id)
    if stored.removed_at is not None:
        return "what it answers was removed there"
    if outbox.own.wrote(stored.mention):
        return "one of our own accounts wrote it (brands.*.accounts)"
    return ""


def _too_long(sender: Sender, reply: Reply) -> str:
    """Ask of a public line only: a message's length the platform judges itself."""
    if reply.is_private:
        return "" if reply.text else "it has no words"
    return too_long(sender, reply.text, reply.channel)


def too_long(sender: Sender, text: str, channel: str) -> str:
    """Say that the platform would not take a text so long, by its own count."""
    length, limit = _counted(sender, text), sender.reply_limit
    if fits(length, limit):
        return ""
    return f"{length} characters as {channel} counts, {limit} at most"


def _counted(sender: Sender, text: str) -> int:
    way = sender.connector
    return way.reply_length(text) if isinstance(way, CountsCharacters) else len(text)


def tells_a_notice(work: Work, reply: Reply) -> str:
    """Say that it holds what a regulation makes us tell one person alone."""
    for letter in work.letters.of_ticket(TicketId(reply.ticket_id)):
        if carries(reply.text, letter.text):
            return (
                f"it holds words of {letter.key}, which goes to its complainant alone"
            )
    return ""


def _unsaid(checked: Checked) -> str:
    """Say which rules forbid it in public, without a word of it."""
    if checked.may_be_public:
        return ""
    return "; ".join(
        dict.fromkeys(f"guard.{one.rule}: {one.text.text}" for one in checked.findings)
    )


def _forbidden(work: Work, outbox: Outbox, reply: Reply, now: datetime) -> str:
    """Say why the platform lets nobody say this there."""
    mention = work.mentions.get(reply.mention_id).mention
    said = work.replies.of_ticket(TicketId(reply.ticket_id))
    found = platform_verdict(
        mention,
        outbox.platforms.of(reply.channel),
        [one for one in said if one.id != reply.id],
        now,
        writer=writer_of(reply),
        audience=Audience.PRIVATE if reply.is_private else Audience.PUBLIC,
    )
    return "; ".join(found.reasons)


def _lacks_a_yes(work: Work, outbox: Outbox, reply: Reply, now: datetime) -> str:
    """Say why a person must agree to it (again); empty if somebody's yes holds.

    The house's own yes is to a fresh word: what lay in the queue through a long stop
    would come weeks late in the brand's name.
    """
    if text_hash(reply.text) != reply.text_hash:
        return "its text is not the one that was agreed to"
    why_two = outbox.four_eyes(work, reply, now)
    lacking = lacks_a_yes(work.replies.approved_by(reply), reply.written_by, why_two)
    if not lacking or reply.approved_by != outbox.policy or why_two:
        return lacking
    held = outbox.loops(work, reply, now) or breaker.held(
        work, outbox.limits.breaker, outbox.policy, reply, now
    )
    if held:
        return held
    ticket = work.tickets.get(reply.ticket_id)
    changed = _changed_meanwhile(ticket, reply)
    if changed:
        return changed
    # What a follow-up follows is old by nature, and whether it is void was looked at.
    said_at = (
        reply.created_at
        if reply.kind in KINDS
        else work.mentions.get(reply.mention_id).mention.published_at
    )
    if outbox.stale_after is not None and now - said_at > outbox.stale_after:
        return "it waited for too long to go out unasked"
    return ""


def _changed_meanwhile(ticket: Ticket, reply: Reply) -> str:
    """Say why what was worded before anybody knew is not what to say now."""
    if ticket.status is TicketStatus.CLOSED and reply.kind not in KINDS:
        return "its ticket was closed meanwhile"
    if ticket.signs:
        return f"its conversation shows signs of a need ({', '.join(ticket.signs)})"
    return ""


def _must_wait(
    work: Work, outbox: Outbox, sender: Sender, reply: Reply, now: datetime
) -> Reply | None:
    pause = _pause(work, SENDING, reply, now)
    if pause is not None:
        return pause
    verdict = flood_verdict(_counts(work, outbox.limits, reply, now), outbox.limits)
    if not verdict.allowed and not _is_for_somebody_in_need(work, outbox, reply):
        reason = "; ".join(verdict.reasons)
        return replace(reply, next_at=now + FLOOD_PAUSE, reason=reason)
    _reads, posts = work.sources.spent(sender.source, month_of(now))
    if sender.monthly_posts is not None and posts >= sender.monthly_posts:
        reason = f"source {sender.source} has used its posts of this month"
        return replace(reply, next_at=next_month(now), reason=reason)
    return None


def _mind(
    work: Work, doing: str, reply: Reply, error: ConnectorError, now: datetime
) -> None:
    """Keep for all replies of a channel that the platform asks for a pause.

    A budget that is used up is asked about again sooner: somebody may have paid.
    """
    if not isinstance(error, RateLimited):
        return
    until = error.retry_at
    if isinstance(error, BudgetSpent):
        until = min(until, now + LONGEST_PAUSE)
    name = f"{doing}.{reply.channel}"
    work.switches.set(name, until.isoformat(), by="bot", at=now)


def _pause(work: Work, doing: str, reply: Reply, now: datetime) -> Reply | None:
    """Put a reply off where the platform told another one to wait."""
    told = work.switches.get(f"{doing}.{reply.channel}")
    until = datetime.fromisoformat(told) if told else now
    if until <= now:
        return None
    reason = f"{reply.channel} asked for a pause"
    return replace(reply, next_at=until, reason=reason)


def _is_for_somebody_in_need(work: Work, outbox: Outbox, reply: Reply) -> bool:
    """Whether a person agreed to it, and the one it is for may be in need.

    A wave of others' complaints must not keep such a word from them.
    """
    if reply.approved_by == outbox.policy:
        return False
    return bool(work.tickets.get(reply.ticket_id).signs)


def _counts(
    work: Work, limits: FloodLimits, reply: Reply, now: datetime
) -> FloodCounts:
    """Count what went out lately, each limit over its own span."""
    return FloodCounts(
        author=work.replies.counts(reply, now - limits.author.within).to_author,
        conversation=work.replies.counts(
            reply, now - limits.conversation.within
        ).in_conversation,
        channel=work.replies.counts(reply, now - limits.channel.within).on_channel,
        overall=work.replies.counts(reply, now - limits.overall.within).overall,
    )


def _after_failure(
    outbox: Outbox, reply: Reply, error: ConnectorError, now: datetime
) -> Reply:
    if isinstance(error, Refused):
        return replace(
            reply, state=ReplyState.REFUSED, reason=error.shown, next_at=None
        )
    if not isinstance(error, NOT_TAKEN):
        return replace(
            reply,
            state=ReplyState.UNKNOWN,
            reason=error.shown,
            next_at=now + outbox.settle_after,
        )
    tries = reply.attempts - reply.tries_before
    if isinstance(error, Unavailable) and tries >= outbox.give_up_after:
        return replace(
            reply,
            state=ReplyState.REFUSED,
            reason=f"given up after {tries} tries: {error.shown}",
            next_at=None,
        )
    retry_at = again_at(error, now, pause_after(reply.attempts))
    return replace(reply, state=ReplyState.QUEUED, reason=error.shown, next_at=retry_at)


def _as_sent(outbox: Outbox, reply: Reply, receipt: Receipt, now: datetime) -> Reply:
    return replace(
        reply,
        state=ReplyState.SENT,
        external_id=receipt.external_id,
        url=receipt.url,
        sent_at=receipt.published_at or now,
        looks=0,
        next_at=now + outbox.confirm_after,
        reason="",
    )


def _settle_as(work: Work, after: Reply, detail: str, now: datetime) -> bool:
    """Write a call's outcome, unless a later try has begun.

    A slow call may find its row already in doubt, and a receipt even one that was
    looked for in vain and waits to be sent again.
    """
    known = [ReplyState.SENDING, ReplyState.UNKNOWN]
    if after.state is ReplyState.SENT:
        known.append(ReplyState.QUEUED)
    return any(
        _move(work, after, before=one, at=now, detail=detail)
        for one in known
        if one is not after.state
    )


def _late_receipt(reply: Reply, receipt: Receipt, now: datetime) -> AuditEntry:
    """Keep the word that it stands there, though a later try has begun meanwhile."""
    return AuditEntry(
        action="reply.late_receipt",
        subject=f"reply:{reply.id}",
        at=now,
        detail={"external_id": receipt.external_id, "attempts": reply.attempts},
    )


def settle_pending(
    store: Store, outbox: Outbox, clock: Clock, *, limit: int = 20
) -> int:
    """Look for replies whose fate is unknown; return how many it found out."""
    now = clock.now()
    if not _any_doubt(store, now):
        return 0
    with store.work() as work:
        for lost in work.replies.waiting(ReplyState.SENDING, now=now, limit=limit):
            _move(
                work,
                replace(
                    lost,
                    state=ReplyState.UNKNOWN,
                    next_at=now,
                    reason="the process ended during the call",
                ),
                before=ReplyState.SENDING,
                at=now,
            )
        doubtful = work.replies.waiting(ReplyState.UNKNOWN, now=now, limit=limit)
    return sum(_find_out(store, outbox, clock, reply) for reply in doubtful)


def _any_doubt(store: Store, now: datetime) -> bool:
    """Look without a write lock first: hardly ever is there anything to settle."""
    with store.reading() as work:
        return any(
            work.replies.waiting(state, now=now, limit=1)
            for state in (ReplyState.SENDING, ReplyState.UNKNOWN)
        )


def _find_out(store: Store, outbox: Outbox, clock: Clock, reply: Reply) -> bool:
    receipt = _look(store, outbox, clock, reply)
    if isinstance(receipt, Reply):
        return False
    now = clock.now()
    if receipt is not None:
        after = _as_sent(outbox, reply, receipt, now)
    elif reply.looks + 1 < outbox.absent_looks:
        after = replace(reply, looks=reply.looks + 1, next_at=now + outbox.settle_after)
    elif reply.attempts - reply.tries_before >= outbox.give_up_after:
        after = replace(
            reply,
            state=ReplyState.REFUSED,
            reason=f"not on the platform after {reply.attempts} tries",
            next_at=None,
        )
    else:
        after = replace(
            reply, state=ReplyState.QUEUED, next_at=None, reason="was never published"
        )
    with store.work() as work:
        won = _move(work, after, before=ReplyState.UNKNOWN, at=now)
        if won and receipt is not None:
            sender = outbox.senders[reply.channel]
            work.sources.spend(sender.source, now, posts=1)
    return won and after.state is not ReplyState.UNKNOWN


def _look(
    store: Store, outbox: Outbox, clock: Clock, reply: Reply
) -> Receipt | Reply | None:
    """Ask the platform; when it cannot be asked, put the reply off and return that.

    What the look cost counts against the month's budget, but no budget forbids it: a
    doubt that nobody looks into stays one, and its clock runs.
    """
    sender = outbox.senders.get(reply.channel)
    now = clock.now()
    with store.reading() as work:
        pause = _pause(work, LOOKING, reply, now)
    if pause is not None:
        with store.work() as work:
            _move(work, pause, before=reply.state, at=now)
        return pause
    try:
        return _found(store, outbox, sender, clock, reply)
    except ConnectorError as error:
        now = clock.now()
        later = replace(
            reply,
            reason=error.shown,
            next_at=again_at(error, now, _patience(reply, now, LONGEST_PAUSE)),
        )
        with store.work() as work:
            _move(work, later, before=reply.state, at=now, detail=error.detail)
            _mind(work, LOOKING, reply, error, now)
            if isinstance(error, AccessDenied):
                work.notices.add(_cannot_speak(reply.channel, error, now), now)
            if _patience(reply, now, LONGEST_PAUSE) == LONGEST_PAUSE:
                work.notices.add(_in_doubt(reply, error), now)
        return later


def _found(
    store: Store, outbox: Outbox, sender: Sender | None, clock: Clock, reply: Reply
) -> Receipt | None:
    if sender is None:
        raise AccessDenied(reply.channel, "no source may look for replies here")
    try:
        return _sought(sender.connector, reply, outbound(reply, outbox.worded))
    finally:
        reads = _reads_spent(sender)
        if reads:
            with store.work() as work:
                work.sources.spend(sender.source, clock.now(), reads=reads)


def _reads_spent(sender: Sender) -> int:
    meter = sender.connector
    return meter.reads_spent() if isinstance(meter, MetersReads) else 0


def confirm_pending(
    store: Store, outbox: Outbox, clock: Clock, *, limit: int = 20
) -> int:
    """Read sent replies back; only one that is seen there meets its clock."""
    with store.reading() as work:
        sent = work.replies.waiting(ReplyState.SENT, now=clock.now(), limit=limit)
    return sum(_confirm(store, outbox, clock, reply) for reply in sent)


def _confirm(store: Store, outbox: Outbox, clock: Clock, reply: Reply) -> bool:
    receipt = _look(store, outbox, clock, reply)
    if isinstance(receipt, Reply):
        return False
    now = clock.now()
    with store.work() as work:
        if receipt is None:
            _not_visible(work, outbox, reply, now)
            return False
        said_at = receipt.published_at or reply.sent_at or now
        seen = replace(
            reply,
            state=ReplyState.SEEN,
            seen_at=now,
            sent_at=said_at,
            external_id=receipt.external_id,
            url=receipt.url or reply.url,
            looks=0,
            # Of a conversation platforms show the newest messages, and not for ever.
            next_at=None if reply.is_private else _next_look(outbox, now, now),
            reason="",
        )
        if not _move(work, seen, before=ReplyState.SENT, at=now):
            return False
        event = TicketEvent(
            ticket_id=reply.ticket_id,
            name=_meaning(work, reply),
            happened_at=said_at,
            recorded_at=now,
            detail=seen.key,
        )
        if reply.kind in KINDS:
            # No promise is kept by it, so no clock is asked.
            work.tickets.add_event(event)
            work.follow_ups.hurry(reply.ticket_id, now)
        else:
            apply_event(work, event)
        outbox.on_seen(work, seen, now)
    return True


def _next_look(outbox: Outbox, seen_at: datetime, now: datetime) -> datetime | None:
    later = (seen_at + span for span in outbox.look_again)
    return min((one for one in later if one > now), default=None)


def look_again_pending(
    store: Store, outbox: Outbox, clock: Clock, *, limit: int = 20
) -> int:
    """Look whether what was seen still stands there; return how many had gone.

    What was met by it stays met: it was said. Who works on the ticket is told.
    """
    with store.reading() as work:
        due = work.replies.look_again(now=clock.now(), limit=limit)
    return sum(_look_again(store, outbox, clock, reply) for reply in due)


def _look_again(store: Store, outbox: Outbox, clock: Clock, reply: Reply) -> bool:
    now = clock.now()
    seen_at = reply.seen_at or now
    try:
        sender = outbox.senders.get(reply.channel)
        receipt = _found(store, outbox, sender, clock, reply)
    except ConnectorError as error:
        # Nobody waits for it: no line in the log, and no notice.
        later = again_at(error, now, LONGEST_PAUSE)
        _put_off(store, replace(reply, next_at=later))
        return False
    now = clock.now()
    if receipt is not None:
        next_at = _next_look(outbox, seen_at, now)
        _put_off(store, replace(reply, looked_at=now, looks=0, next_at=next_at))
        return False
    if reply.looks + 1 < outbox.absent_looks:
        next_at = now + outbox.settle_after
        _put_off(store, replace(reply, looks=reply.looks + 1, next_at=next_at))
        return False
    why = "it is not there any more"
    gone = replace(reply, gone_at=now, next_at=None, reason=why)
    with store.work() as work:
        if not _move(work, gone, before=ReplyState.SEEN, at=now, action="gone"):
            return False
        work.tickets.add_event(
            TicketEvent(
                ticket_id=reply.ticket_id,
                name=REPLY_GONE,
                happened_at=now,
                recorded_at=now,
                detail=reply.key,
            )
        )
        work.notices.add(_gone(work, gone), now)
    return True


def _put_off(store: Store, later: Reply) -> None:
    with store.work() as work:
        work.replies.move(later, before=ReplyState.SEEN, tries=later.attempts)


def _gone(work: Work, reply: Reply) -> Notice:
    return Notice(
        key=f"reply:{reply.id}:gone",
        to=work.tickets.get(TicketId(reply.ticket_id)).queue,
        subject=f"{reply.key} does not stand on {reply.channel} any more",
        body=f"It was seen there at {reply.seen_at:%Y-%m-%d %H:%M} UTC and was deleted "
        "or hidden since. What it met stays met; see whether it must be said again.",
        ticket_id=reply.ticket_id,
    )


def _meaning(work: Work, reply: Reply) -> str:
    """Name what a seen reply counts as; only a complaint can be acknowledged.

    A word to somebody else is none, and neither is the answer to what the same person
    asked before complaining. A person's answer is for whoever the promises are owed to,
    whichever of their words it stands below.
    """
    name = EVENT_OF[reply.kind]
    if reply.kind not in {ReplyKind.ACKNOWLEDGEMENT, ReplyKind.ANSWER}:
        return name
    clocks = work.clocks.of_ticket(reply.ticket_id)
    starts = {one.plan.started_at for one in clocks if name in one.plan.met_by}
    if reply.kind is ReplyKind.ANSWER:
        return name if _is_for(work, reply, starts) else ANSWERED_ANOTHER
    answered_at = work.mentions.get(reply.mention_id).mention.published_at
    if answered_at in starts:
        return name
    if starts and answered_at < min(starts):
        return ACKNOWLEDGED_ANOTHER
    return name if _is_for(work, reply, starts) else ACKNOWLEDGED_ANOTHER


def _is_for(work: Work, reply: Reply, starts: Collection[datetime]) -> bool:
    """Whether it is to one of those whose words began a promise that it would keep."""
    complainants = {
        one.mention.author.external_id
        for one in work.tickets.mentions(TicketId(reply.ticket_id))
        if one.mention.author is not None and one.mention.published_at in starts
    }
    return not complainants or reply.author in complainants


def _patience(reply: Reply, now: datetime, longest: timedelta) -> timedelta:
    """Return a pause that grows with a doubt: a quarter of its age, within bounds.

    Each look costs a request, some platforms bill it, and the log keeps a line.
    """
    age = now - (reply.sending_at or reply.created_at)
    return min(longest, max(FIRST_PAUSE, age / 4))


def _not_visible(work: Work, outbox: Outbox, reply: Reply, now: datetime) -> None:
    looks = reply.looks + 1
    later = replace(
        reply,
        looks=looks,
        next_at=now + _patience(reply, now, LONGEST_REST),
        reason="not visible yet",
    )
    _move(work, later, before=ReplyState.SENT, at=now)
    if looks == outbox.absent_looks:
        work.notices.add(
            Notice(
                key=f"reply:{reply.id}:not-visible",
                to="lead",
                subject=f"{reply.key} was sent but cannot be seen",
                body=f"{reply.channel} took {reply.key} as {reply.external_id}, but it "
                "is not visible there. Its clock is still running.",
                ticket_id=reply.ticket_id,
            ),
            now,
        )


def stop_of(*, channel: str = "", brand: str = "") -> str:
    """Return the switch that stops replies: all, those of a channel or of a brand."""
    if channel:
        return f"{KILL_SWITCH}.channel.{channel}"
    return f"{KILL_SWITCH}.brand.{brand}" if brand else KILL_SWITCH


def stop_replies(
    store: Store,
    clock: Clock,
    *,
    by: str,
    reason: str,
    channel: str = "",
    brand: str = "",
) -> None:
    """Throw the kill switch: nothing more leaves, from any process, on any channel.

    Or nothing of a channel, or of a brand.
    """
    switch = stop_of(channel=channel, brand=brand)
    why = reason or "stopped"
    _switch(store, clock, switch, by=by, reason=why, action="replies.stopped")


def resume_replies(
    store: Store, clock: Clock, *, by: str, channel: str = "", brand: str = ""
) -> None:
    """Let replies leave again that were stopped so."""
    switch = stop_of(channel=channel, brand=brand)
    _switch(store, clock, switch, by=by, reason="", action="replies.resumed")


def _switch(
    store: Store, clock: Clock, switch: str, *, by: str, reason: str, action: str
) -> None:
    now = clock.now()
    with store.work() as work:
        # Whoever is about to commit to sending does so first; the next finds it set.
        work.replies.take_turns()
        work.switches.set(switch, reason, by=by, at=now)
        work.audit.append(
            [
                AuditEntry(
                    action=action,
                    subject=switch.replace(KILL_SWITCH, "switch:replies"),
                    at=now,
                    actor=by,
                    detail={"reason": reason},
                )
            ]
        )


def outbound(reply: Reply, worded: Callable[[Reply], str] = _as_it_is) -> OutboundReply:
    """Return the reply as a connector needs it."""
    return OutboundReply(
        key=reply.key,
        brand=reply.brand,
        conversation=reply.conversation,
        in_reply_to=reply.in_reply_to,
        text=worded(reply),
        author=reply.author,
        language=reply.language,
        first_tried_at=reply.created_at if reply.attempts else None,
        external_id=reply.external_id,
    )


def _cannot_speak(channel: str, error: ConnectorError, now: datetime) -> Notice:
    return Notice(
        key=f"replies:{channel}:denied:{now.date()}",
        to="operator",
        subject=f"Replies on {channel} are not accepted",
        body=error.shown,
        is_important=True,
    )


def _in_doubt(reply: Reply, error: ConnectorError) -> Notice:
    """Say that a person must look: it may stand there, and nobody can find out."""
    return Notice(
        key=f"reply:{reply.id}:in-doubt",
        to="lead",
        subject=f"Nobody knows whether {reply.key} stands on {reply.channel}",
        body=f"{error.shown}. It is not sent again before it was looked for; its "
        "clock is still running.",
        ticket_id=reply.ticket_id,
        is_important=True,
    )
