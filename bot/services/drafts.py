"""Words of people: written, changed, put forward, agreed to, refused, taken back.

Each verb holds the reply while it decides: of two people who act at once the second
sees what the first did.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.follow_ups import KINDS
from bot.domain.guard import GuardRule
from bot.domain.mentions import MentionId, StoredMention, text_hash
from bot.domain.packs import Template
from bot.domain.platforms import NO_PLATFORMS, Audience, PlatformPack, Writer
from bot.domain.ports import Store, Work
from bot.domain.replies import (
    LONGEST_REPLY,
    Reply,
    ReplyId,
    ReplyKind,
    ReplyState,
)
from bot.domain.tickets import Ticket, TicketId, key_of
from bot.errors import Missing, NotAllowed, Stale
from bot.escalate.platforms import verdict as platform_verdict
from bot.escalate.replies import render, voices
from bot.services.approvals import FourEyesAsked, one_is_enough, yes_lacking
from bot.services.claims import renew_claim
from bot.services.guard import GuardAsked, checked_entry, refuse, unguarded
from bot.services.outbox import move_reply
from bot.services.replies import WITH_PEOPLE, reply_to, tells_a_notice

NEVER_SAID = frozenset({ReplyState.REFUSED, ReplyState.CANCELLED, ReplyState.WITHHELD})
"""It does not stand there and is not tried again, so another may be written."""

NOT_YET_OUT = WITH_PEOPLE | {ReplyState.APPROVED, ReplyState.QUEUED}

Measured = Callable[[Reply], str]
"""Says that the platform would not take a reply so long; nothing where it would."""


def unmeasured(_reply: Reply) -> str:
    """Where no platform counts."""
    return ""


def draft(  # noqa: PLR0913 - what it answers and says, and who writes it, by keyword
    store: Store,
    clock: Clock,
    ticket_id: TicketId,
    *,
    text: str,
    by: str,
    mention_id: MentionId | None = None,
    platforms: PlatformPack = NO_PLATFORMS,
    language: str = "",
    guard: GuardAsked = unguarded,
    model: str = "",
    is_private: bool = False,
    measured: Measured = unmeasured,
) -> Reply:
    """Write an answer in free words; it waits until it is put forward.

    It answers the newest mention that we may answer, or the one that is named, in the
    language that is named or else in its author's. A private one goes to its author
    alone. ``model``: who wrote it in a person's place; then the guard may find nothing
    in the words. Raises ``Missing``, or ``NotAllowed`` where nobody may be answered, it
    is being answered already, it is longer than the platform takes, or the guard finds
    what is never said in public.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        audience = Audience.PRIVATE if is_private else Audience.PUBLIC
        stored = to_answer(work, ticket, mention_id, platforms, now, audience=audience)
        written = reply_to(
            stored,
            ticket,
            kind=ReplyKind.ANSWER,
            state=ReplyState.DRAFT,
            text=_text(text),
            language=language or _language(work, stored),
            at=now,
        )
        written = replace(written, is_private=is_private)
        _keep_to_one(work, written)
        _fit(written, measured)
        checked = guard(work, written)
        found = set(checked.rules) - {GuardRule.SECOND_REPLY} if model else set()
        if checked.may_be_public and not found:
            written = _placed(work, replace(written, written_by=model or by), now)
            renew_claim(work, ticket.id, by=by, at=now)
        work.audit.append([checked_entry(written, checked, by=by, at=now)])
    refuse(written.text, checked)
    if found:
        message = f"the model's words are not kept: {', '.join(sorted(found))}"
        raise NotAllowed(message)
    return written


def _keep_to_one(work: Work, reply: Reply) -> None:
    """Raise ``NotAllowed`` before anybody agrees to a notice's words in a reply."""
    why = tells_a_notice(work, reply)
    if why:
        message = f"this may not be said here: {why}; say it in other words, or not"
        raise NotAllowed(message)


def demand_bounds(text: str) -> None:
    """Raise ``NotAllowed`` for more words than any platform takes."""
    if len(text) > LONGEST_REPLY:
        message = (
            f"{len(text)} characters are too many for a reply; {LONGEST_REPLY} at most"
        )
        raise NotAllowed(message, reasons=["reply.too_long"])


def _text(text: str) -> str:
    demand_bounds(text)
    if not text.strip():
        message = "a reply needs words; give them with --text"
        raise NotAllowed(message)
    return text.strip()


def _language(work: Work, stored: StoredMention) -> str:
    tags = work.mentions.tags(stored.id)
    return tags.language if tags else stored.mention.language_hint or ""


def _placed(work: Work, written: Reply, now: datetime) -> Reply:
    """Keep it, in the place of one that was never said if there is one."""
    known = work.replies.of_mention(written.mention_id, written.kind)
    by = written.written_by
    if known is not None:
        known = work.replies.hold(known.id)
        if known.state not in NEVER_SAID:
            way = (
                "change that one, or take it back first"
                if known.state in NOT_YET_OUT
                else "name another mention (--mention), or go on in private"
            )
            message = (
                f"{known.key} answers it already and is {known.state.value}; {way}"
            )
            raise NotAllowed(message)
        anew = _again(written, known)
        _change(work, anew, known, by=by, at=now)
        return anew
    added = work.replies.add(written)
    if added is None:
        message = f"mention {written.mention_id} was answered meanwhile; look again"
        raise Stale(message)
    work.audit.append([_made(added, by=by, at=now)])
    return added


def _again(reply: Reply, known: Reply) -> Reply:
    """Return it under the number of an earlier one, whose tries are not forgotten.

    Should one of those show up late after all, it is found, and this one is not sent.
    """
    return replace(
        reply,
        id=known.id,
        created_at=known.created_at,
        attempts=known.attempts,
        tries_before=known.attempts,
    )


def _made(reply: Reply, *, by: str, at: datetime) -> AuditEntry:
    return AuditEntry(
        action=f"reply.{reply.state.value}",
        subject=f"reply:{reply.id}",
        at=at,
        actor=by,
        detail={
            "ticket": reply.ticket_id,
            "mention": reply.mention_id,
            "kind": reply.kind.value,
            "template": reply.template,
            "text_sha256": reply.text_hash,
            "language": reply.language,
        },
    )


def _change(work: Work, after: Reply, before: Reply, *, by: str, at: datetime) -> None:
    """Write other words; no yes to the ones before holds for them.

    Those are kept where somebody else has read or written them.
    """
    work.replies.void_approvals(after.id, at)
    is_known = before.state is not ReplyState.DRAFT or before.written_by != by
    if is_known and before.text_hash != after.text_hash:
        work.replies.keep_words(before, at)
    moved = move_reply(
        work,
        after,
        before=before.state,
        at=at,
        actor=by,
        action=after.state.value,
        instead_of=before.text_hash,
    )
    if not moved:
        raise Stale(_changed_meanwhile(before))


def edit(  # noqa: PLR0913 - what it says, who writes it, who looks at it, by keyword
    store: Store,
    clock: Clock,
    reply_id: ReplyId,
    *,
    text: str,
    by: str,
    guard: GuardAsked = unguarded,
    measured: Measured = unmeasured,
    language: str = "",
    read_sha256: str = "",
) -> Reply:
    """Change the words; it is a draft again, and every yes to the earlier ones is void.

    ``read_sha256`` is the hash of the words that whoever changes them has read. Raises
    ``Missing``, ``Stale`` if they are others by now, or ``NotAllowed`` if it left
    people's hands, names a time that the bot has computed, is longer than the platform
    takes, or the guard finds what is never said in public.
    """
    now = clock.now()
    with store.work() as work:
        reply = _read(work, reply_id, read_sha256)
        if reply.state not in WITH_PEOPLE:
            raise NotAllowed(_as_it_is(reply))
        if reply.kind in KINDS:
            message = (
                f"{reply.key} names what the bot has computed; reject it and write an "
                "answer instead"
            )
            raise NotAllowed(message)
        said = _text(text)
        written = replace(
            reply,
            state=ReplyState.DRAFT,
            text=said,
            text_hash=text_hash(said),
            language=language or reply.language,
            template="",
            written_by=by,
            approved_by="",
            tries_before=reply.attempts,
            next_at=None,
            reason="",
        )
        _keep_to_one(work, written)
        _fit(written, measured)
        checked = guard(work, written)
        if checked.may_be_public:
            _change(work, written, reply, by=by, at=now)
            renew_claim(work, TicketId(reply.ticket_id), by=by, at=now)
        work.audit.append([checked_entry(written, checked, by=by, at=now)])
    refuse(said, checked)
    return written


def _read(work: Work, reply_id: ReplyId, read_sha256: str) -> Reply:
    """Hold it; raise ``Stale`` if it says something else than what was read."""
    reply = work.replies.hold(reply_id)
    if read_sha256 and reply.text_hash != read_sha256:
        writer = reply.written_by or "the bot"
        message = f"{reply.key} was changed by {writer} since you read it; look again"
        raise Stale(message)
    return reply


def _fit(reply: Reply, measured: Measured) -> None:
    """Refuse what the platform would not take, while whoever wrote it looks on."""
    length = measured(reply)
    if length:
        message = f"{length}; say it in fewer words"
        raise NotAllowed(message)


def _as_it_is(reply: Reply) -> str:
    """Say why words are not changed any more, and what can be done instead."""
    words = f"{reply.key} is {reply.state.value}, its words stay as they are"
    if reply.state in NOT_YET_OUT:
        return f"{words}; 'bot reply cancel {reply.key}' takes it back"
    if reply.state in NEVER_SAID:
        ticket_id = TicketId(reply.ticket_id)
        return f"{words}; 'bot reply draft {key_of(ticket_id)}' writes another"
    return words


def submit(  # noqa: PLR0913 - whose draft it is and what looks at it, by keyword
    store: Store,
    clock: Clock,
    reply_id: ReplyId,
    *,
    by: str,
    guard: GuardAsked = unguarded,
    measured: Measured = unmeasured,
    read_sha256: str = "",
) -> Reply:
    """Put a draft before whoever says yes.

    Raises ``Missing``, ``NotAllowed``, or ``Stale`` if it says something else by now
    than what whoever puts it forward has read.
    """
    now = clock.now()
    with store.work() as work:
        _read(work, reply_id, read_sha256)
        reply = _held(work, reply_id, {ReplyState.DRAFT}, "only a draft is put forward")
        _keep_to_one(work, reply)
        _fit(reply, measured)
        waiting = replace(reply, state=ReplyState.SUBMITTED)
        checked = guard(work, reply)
        if checked.may_be_public:
            _moved(work, waiting, reply, by=by, at=now)
        work.audit.append([checked_entry(reply, checked, by=by, at=now)])
    refuse(reply.text, checked)
    return waiting


def cancel(
    store: Store, clock: Clock, reply_id: ReplyId, *, by: str, reason: str
) -> Reply:
    """Take it back before it leaves. Raises ``Missing`` or ``NotAllowed``."""
    now = clock.now()
    with store.work() as work:
        reply = _held(work, reply_id, NOT_YET_OUT, "it cannot be taken back")
        over = replace(reply, state=ReplyState.CANCELLED, reason=reason, next_at=None)
        _moved(work, over, reply, by=by, at=now)
    return over


def approve(
    store: Store,
    clock: Clock,
    reply_id: ReplyId,
    *,
    by: str,
    text_hash: str,
    four_eyes: FourEyesAsked = one_is_enough,
) -> Reply:
    """Say yes to this exact text (its hash); queue it once all who must have agreed.

    Where two people must, it stays submitted after the first. Raises ``Missing``,
    ``NotAllowed`` if it does not wait for approval or not for theirs, ``Stale`` if the
    text is no longer the one that was read.
    """
    now = clock.now()
    with store.work() as work:
        reply = _to_judge(work, reply_id)
        if reply.text_hash != text_hash:
            message = f"{reply.key} has changed since it was read; read it again"
            raise Stale(message)
        said_yes = work.replies.approved_by(reply)
        is_new = _is_another(reply, said_yes, by)
        if is_new:
            work.replies.approve(reply, by=by, at=now)
        lacking = yes_lacking(work, four_eyes, reply, now)
        if lacking and not is_new:
            message = f"{by} agreed to {reply.key} already; {lacking}"
            raise NotAllowed(message)
        if lacking:
            agreed = replace(reply, reason=lacking)
            _moved(work, agreed, reply, by=by, at=now, action="agreed")
            return agreed
        people = ", ".join(voices([*said_yes, by]))
        yes = replace(reply, state=ReplyState.APPROVED, approved_by=people, reason="")
        _moved(work, yes, reply, by=by, at=now)
        queued = replace(yes, state=ReplyState.QUEUED)
        move_reply(work, queued, before=ReplyState.APPROVED, at=now)
    return queued


def refuse_writer(reply: Reply, by: str) -> None:
    """Raise ``NotAllowed`` for whoever wrote it: nobody agrees to their own words."""
    if not voices([by], reply.written_by):
        message = f"{by} wrote {reply.key}; another person must agree to it"
        raise NotAllowed(message)


def _is_another(reply: Reply, said_yes: Collection[str], by: str) -> bool:
    """Whether it is a yes that counts anew; refuse that of whoever wrote it."""
    refuse_writer(reply, by)
    return len(voices([*said_yes, by])) > len(voices(said_yes))


def reject(
    store: Store, clock: Clock, reply_id: ReplyId, *, by: str, reason: str
) -> Reply:
    """Say no; as it is it is never sent. Raises ``Missing`` or ``NotAllowed``."""
    now = clock.now()
    with store.work() as work:
        reply = _to_judge(work, reply_id)
        rejected = replace(reply, state=ReplyState.REJECTED, reason=reason)
        _moved(work, rejected, reply, by=by, at=now)
    return rejected


def _to_judge(work: Work, reply_id: ReplyId) -> Reply:
    return _held(work, reply_id, {ReplyState.SUBMITTED}, "it waits for no approval")


def _held(
    work: Work, reply_id: ReplyId, states: Collection[ReplyState], refusal: str
) -> Reply:
    reply = work.replies.hold(reply_id)
    if reply.state not in states:
        message = f"{reply.key} is {reply.state.value}, {refusal}"
        raise NotAllowed(message)
    return reply


def _moved(
    work: Work,
    after: Reply,
    before: Reply,
    *,
    by: str,
    at: datetime,
    action: str = "",
) -> None:
    if not move_reply(work, after, before=before.state, at=at, actor=by, action=action):
        raise Stale(_changed_meanwhile(before))
    renew_claim(work, TicketId(before.ticket_id), by=by, at=at)


def _changed_meanwhile(reply: Reply) -> str:
    return f"{reply.key} was changed by someone else; look again"


def word(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    clock: Clock,
    ticket_id: TicketId,
    template: Template,
    *,
    by: str,
    mention_id: MentionId | None = None,
    platforms: PlatformPack = NO_PLATFORMS,
) -> Reply:
    """Put a wording that a person chose before whoever says yes to it.

    It answers the newest mention that we may answer, or the one that is named. Raises
    ``Missing``, or ``NotAllowed`` where nobody may be answered unasked, or something is
    said to that mention already.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        stored = to_answer(work, ticket, mention_id, platforms, now)
        reply = reply_to(
            stored,
            ticket,
            kind=ReplyKind.ACKNOWLEDGEMENT,
            state=ReplyState.SUBMITTED,
            text=render(template, brand=ticket.brand),
            language=template.language,
            template=template.id,
            at=now,
        )
        reply = replace(reply, reason=f"worded by {by}")
        placed = _put_forward(work, reply, by, now)
        # Choosing a wording is a yes to it; that it leaves takes one said of its own.
        work.replies.approve(placed, by=by, at=now)
        renew_claim(work, ticket.id, by=by, at=now)
    return placed


def to_answer(
    work: Work,
    ticket: Ticket,
    mention_id: MentionId | None,
    platforms: PlatformPack,
    now: datetime,
    *,
    audience: Audience = Audience.PUBLIC,
) -> StoredMention:
    """Return whom a person says it to: never somebody who did not write to us.

    Raises ``Missing``, or ``NotAllowed`` with what the platform forbids.
    """
    said, ours = list(work.tickets.mentions(ticket.id)), list[Reply]()
    if audience is Audience.PRIVATE:
        said += written_in_private(work, ticket.id)
        ours += work.replies.of_ticket(ticket.id)
    fit = [one for one in said if mention_id in {None, one.id}]
    if mention_id is not None and not fit:
        raise Missing(f"mention {mention_id} is none of {ticket.key}")
    why: tuple[str, ...] = ()
    for one in reversed(fit):
        if one.removed_at is not None:
            why = why or ("its author took it back",)
            continue
        rules = platforms.of(one.mention.channel)
        found = platform_verdict(
            one.mention, rules, ours, now, writer=Writer.PERSON, audience=audience
        )
        if found.allowed:
            return one
        why = why or found.reasons
    where = "in private" if audience is Audience.PRIVATE else "in public"
    message = (
        f"nobody in {ticket.key} may be answered {where} from an account that is still "
        f"there; answering anybody else would be unasked ({'; '.join(why)})"
    )
    raise NotAllowed(message)


def written_in_private(work: Work, ticket_id: TicketId) -> list[StoredMention]:
    """Return the message by which its author came to a private talk.

    It may stand in another conversation, and so in another ticket.
    """
    led = work.hand_offs.open_of(ticket_id)
    stored = work.mentions.get(led.mention_id) if led else None
    return [stored] if stored and not stored.mention.is_public else []


def _put_forward(work: Work, reply: Reply, by: str, now: datetime) -> Reply:
    known = work.replies.of_mention(reply.mention_id, reply.kind)
    placed = work.replies.add(reply) if known is None else None
    if known is not None:
        placed = _instead_of(work, work.replies.hold(known.id), reply, by, now)
    if placed is None:
        raise Stale(
            f"mention {reply.mention_id} was worded by someone else; look again"
        )
    work.audit.append([_made(placed, by=by, at=now)])
    return placed


def _instead_of(
    work: Work, known: Reply, reply: Reply, by: str, now: datetime
) -> Reply | None:
    """Put it in the place of other words, which are a draft for that moment."""
    if known.state not in WITH_PEOPLE:
        message = f"{known.key} is {known.state.value} and says something to it already"
        raise NotAllowed(message)
    placed = _again(reply, known)
    _change(work, replace(placed, state=ReplyState.DRAFT), known, by=by, at=now)
    return placed if work.replies.move(placed, before=ReplyState.DRAFT) else None
