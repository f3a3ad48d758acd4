"""Lead somebody from the public to a private talk: one step, one timer, one way back.

Every move is a compare-and-set in the transaction that also writes what it brings: the
words, the link, the answers, the notice. So two machines move nothing twice, and a
process that dies between two moves leaves one that the next look goes on from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.channels import SendsPrivately
from bot.domain.decisions import Code
from bot.domain.handoff import (
    LINK,
    HandOff,
    HandOffCause,
    HandOffLink,
    HandOffPolicy,
    HandOffState,
    HandOffWay,
    LinkNumber,
    LockedAnswers,
)
from bot.domain.mentions import MentionKind, StoredMention
from bot.domain.packs import HousePack, Purpose, Templates
from bot.domain.platforms import NO_PLATFORMS, Audience, PlatformPack, Writer
from bot.domain.ports import Notice, Store, Work
from bot.domain.replies import Reply, ReplyKind, ReplyState
from bot.domain.tickets import Ticket, TicketId, TicketStatus, key_of
from bot.errors import Missing, NotAllowed, Refused, Stale
from bot.escalate.acknowledge import primary
from bot.escalate.handoff import (
    WAITS_FOR_AUTHOR,
    cause_of,
    line_of,
    may_move,
    mistakes,
    next_way,
    step_ends,
    why_no_line,
)
from bot.escalate.platforms import verdict
from bot.escalate.replies import choose_template
from bot.services.outbox import move_reply
from bot.services.replies import Sender, put_in_words
from bot.services.undecidable import LATER, attempt

if TYPE_CHECKING:
    from bot.services.keys import Keys

LOOK = timedelta(minutes=1)
"""How often it is asked what became of words that lie in the outbox."""

REPRESENTATIVE = "representative_on_file"
"""The mark of a ticket whose author is spoken for: nobody writes to them directly."""

ENDED = frozenset({ReplyState.REJECTED, ReplyState.CANCELLED, ReplyState.WITHHELD})
TAKEN_BACK = frozenset(
    {ReplyState.DRAFT, ReplyState.SUBMITTED, ReplyState.APPROVED, ReplyState.QUEUED}
)
"""States from which words can still be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffMeans:
    """What leading somebody away rests on; ``keys`` only where a secret is set.

    ``answers_kept``: how long answers wait for a person. ``senders`` are asked for
    only where something is worded: who shows a form speaks on no platform.
    """

    house: HousePack
    templates: Templates
    senders: Callable[[], Mapping[str, Sender]] = dict
    platforms: PlatformPack = NO_PLATFORMS
    keys: Keys | None = None
    answers_kept: timedelta = timedelta(days=14)

    @property
    def policy(self) -> HandOffPolicy:
        """The house's own; raises ``NotAllowed`` where it has none."""
        if self.house.hand_off is None:
            message = "the house pack has no hand_off: nobody is led away by it"
            raise NotAllowed(message)
        return self.house.hand_off

    def language(self, wanted: str) -> str:
        """Return the language that there is a form in, else the house's own."""
        language = primary(wanted)
        if language in self.templates.forms:
            return language
        return self.house.acknowledgement.default_language


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a page may show of a link: a language and questions, nothing of anybody."""

    language: str
    policy: HandOffPolicy


# --- begin


def start(
    store: Store, clock: Clock, means: HandOffMeans, ticket_id: TicketId, *, by: str
) -> HandOff:
    """Begin to lead the author of a ticket's newest words to a private talk.

    Raises ``Missing``, or ``NotAllowed`` where one is under way or nobody is there.
    """
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        known = work.hand_offs.open_of(ticket_id)
        if known is not None:
            message = f"a hand-off of {ticket.key} is {known.state.value} already"
            raise NotAllowed(message)
        begun = work.hand_offs.add(_begun(work, means, ticket, by, now))
        if begun is None:
            raise Stale(f"somebody else began one for {ticket.key}; look again")
        work.audit.append([_entry("handoff.started", begun, now, by)])
        wrote = _private_words(work, begun)
        if wrote is not None:
            return _opened(work, means, begun, wrote, now)
        return Leading(work, means, ticket, now).on(begun)


def _begun(
    work: Work, means: HandOffMeans, ticket: Ticket, by: str, now: datetime
) -> HandOff:
    _ = means.policy
    if ticket.status is TicketStatus.CLOSED:
        raise NotAllowed(f"{ticket.key} is closed; nobody is led anywhere from it")
    stored = next(
        (
            one
            for one in reversed(work.tickets.mentions(ticket.id))
            if one.mention.author is not None and one.removed_at is None
        ),
        None,
    )
    if stored is None or stored.mention.author is None:
        message = f"nobody in {ticket.key} has an account that is still there"
        raise NotAllowed(message)
    tags = work.mentions.tags(stored.id)
    spoken = tags.language if tags else stored.mention.language_hint or ""
    return HandOff(
        ticket_id=ticket.id,
        mention_id=stored.id,
        channel=stored.mention.channel,
        brand=stored.mention.brand,
        author=stored.mention.author.external_id,
        language=means.language(spoken),
        state=HandOffState.OFFERED,
        begun_at=now,
        begun_by=by,
        moved_at=now,
    )


def _private_words(work: Work, one: HandOff) -> StoredMention | None:
    """Return what they wrote to us in private already."""
    for stored in reversed(work.tickets.mentions(one.ticket_id)):
        author = stored.mention.author
        is_theirs = author is not None and author.external_id == one.author
        if is_theirs and _is_private(stored) and stored.removed_at is None:
            return stored
    return None


def _is_private(stored: StoredMention) -> bool:
    return stored.mention.kind is MentionKind.MESSAGE


class Leading:
    """The ways that are open for one hand-off, in one transaction."""

    def __init__(
        self, work: Work, means: HandOffMeans, ticket: Ticket, now: datetime
    ) -> None:
        self._work, self._means = work, means
        self._ticket, self._now = ticket, now

    def on(self, before: HandOff, cause: str = "", why: str = "") -> HandOff:
        """Take the next way; ``why`` the one before ended."""
        barred = self._barred()
        if barred is not None:
            return self.to_a_person(before, *barred)
        way, told = next_way(before.tried, self._why_not(before))
        told = "; ".join(filter(None, (why, told)))
        if way is HandOffWay.PERSON:
            return self.to_a_person(before, cause or HandOffCause.NO_WAY, told)
        tried = replace(before, tried=(*before.tried, way.value), way=way)
        line = line_of(self._said(), before.author)
        if way is HandOffWay.LINE and line is not None:
            return self._offered(before, replace(tried, reply_id=line.id), told)
        reply = self._worded(before, way)
        if reply is None:
            # Its author took it back, or it bears an invitation already.
            return self.on(replace(tried, version=before.version), cause, told)
        return self._offered(before, replace(tried, reply_id=reply.id), told)

    def answered(self, before: HandOff) -> HandOff:
        """Answer a private message with a link, where they have none that is good."""
        barred = self._barred()
        if barred is not None:
            return self.to_a_person(before, *barred)
        why = self._why_no_message(before)
        if why:
            return self.to_a_person(before, cause_of(why), why)
        reply = self._worded(before, HandOffWay.MESSAGE)
        if reply is None:
            why = "their message bears an invitation already"
            return self.to_a_person(before, HandOffCause.NO_WAY, why)
        after = replace(
            before,
            way=HandOffWay.MESSAGE,
            reply_id=reply.id,
            due_at=self._now + LOOK,
        )
        _change(self._work, before, after)
        return replace(after, version=before.version + 1)

    def look(self, due: HandOff) -> bool:
        """Take the step that is due; say whether anything moved."""
        looks = {
            HandOffState.OFFERED: self._look_at_words,
            HandOffState.INVITED: self._look_at_invited,
            HandOffState.OPENED: self._look_at_opened,
            HandOffState.IDENTIFIED: self._look_at_identified,
            HandOffState.MATCHED: self._look_at_matched,
        }
        return due.state in looks and looks[due.state](due)

    def _look_at_words(self, due: HandOff) -> bool:
        """See what became of our words: they stand, they never will, or they wait."""
        assert due.reply_id is not None  # noqa: S101 - what is offered has words
        reply = self._work.replies.get(due.reply_id)
        if reply.state is ReplyState.SEEN:
            stands = replace(due, state=HandOffState.INVITED)
            _move(self._work, self._means, due, stands, self._now)
        elif reply.state is ReplyState.REFUSED:
            self.on(due, cause_of(reply.reason), reply.reason)
        elif reply.state in ENDED:
            self.to_a_person(due, HandOffCause.NOT_AGREED, reply.reason)
        elif self._is_past(due):
            why = f"{reply.key} is {reply.state.value} still"
            self.to_a_person(due, HandOffCause.EXPIRED, why)
        else:
            self._work.hand_offs.look_later(due, self._now + LOOK)
            return False
        return True

    def _look_at_invited(self, due: HandOff) -> bool:
        self.on(due, HandOffCause.EXPIRED, "they did not come in time")
        return True

    def _look_at_opened(self, due: HandOff) -> bool:
        if due.until is None:
            # They wrote to us: their time for the form begins.
            until = step_ends(self._means.policy, due.state, self._now)
            after = replace(due, until=until)
            _change(self._work, due, after)
            due = replace(after, version=due.version + 1)
        if self._is_past(due):
            why = "the form was not filled in in time"
            self.to_a_person(due, HandOffCause.EXPIRED, why)
            return True
        if not self._work.hand_offs.has_link(due.id, self._now):
            self.answered(due)
            return True
        return self._look_at_answer(due)

    def _look_at_answer(self, due: HandOff) -> bool:
        """See what became of the words that answer their message with a link."""
        until = due.until or self._now + LOOK
        reply = self._work.replies.get(due.reply_id) if due.reply_id else None
        is_own = reply is not None and reply.kind is ReplyKind.INVITATION
        if reply is None or not is_own or reply.state is ReplyState.SEEN:
            self._work.hand_offs.look_later(due, until)
            return False
        if reply.state is ReplyState.REFUSED:
            self.to_a_person(due, cause_of(reply.reason), reply.reason)
            return True
        if reply.state in ENDED:
            self.to_a_person(due, HandOffCause.NOT_AGREED, reply.reason)
            return True
        self._work.hand_offs.look_later(due, min(self._now + LOOK, until))
        return False

    def _look_at_identified(self, due: HandOff) -> bool:
        """Tell a lead once that answers wait; let go of what was kept for long."""
        answers = self._work.hand_offs.answers(due.id)
        if answers is None or self._now >= answers.purge_at:
            why = "nobody matched the answers while they were kept"
            self.to_a_person(due, HandOffCause.EXPIRED, why)
            return True
        after = replace(due, until=answers.purge_at, due_at=answers.purge_at)
        _change(self._work, due, after)
        self._work.notices.add(_waiting(self._ticket, due, "lead"), self._now)
        self._work.audit.append([_entry("handoff.overdue", after, self._now, "bot")])
        return True

    def _look_at_matched(self, due: HandOff) -> bool:
        """Call it private once an answer of ours stands where nobody else reads."""
        if any(
            one.is_private
            and one.kind is ReplyKind.ANSWER
            and one.author == due.author
            and one.state is ReplyState.SEEN
            and (one.seen_at or self._now) >= due.moved_at
            for one in self._said()
        ):
            private = replace(due, state=HandOffState.PRIVATE)
            _move(self._work, self._means, due, private, self._now)
            return True
        if self._is_past(due):
            why = "nobody went on in private in time"
            self.to_a_person(due, HandOffCause.EXPIRED, why)
            return True
        self._work.hand_offs.look_later(due, self._now + LOOK)
        return False

    def _is_past(self, due: HandOff) -> bool:
        return due.until is not None and self._now >= due.until

    def _barred(self) -> tuple[HandOffCause, str] | None:
        """Say why no bot leads them anywhere at all."""
        if self._ticket.signs:
            signs = ", ".join(self._ticket.signs)
            return HandOffCause.IN_NEED, f"signs of a need ({signs}): no bot speaks"
        if REPRESENTATIVE in self._work.tickets.marks(self._ticket.id):
            why = "a representative is on file: write to them, not to the author"
            return HandOffCause.REPRESENTATIVE, why
        return None

    def _said(self) -> list[Reply]:
        return list(self._work.replies.of_ticket(self._ticket.id))

    def _why_not(self, one: HandOff) -> dict[HandOffWay, str]:
        links = self._means.policy.links
        return {
            HandOffWay.MESSAGE: self._why_no_message(one),
            HandOffWay.LINE: why_no_line(
                self._said(),
                one.author,
                is_first=not one.tried,
                has_link=one.brand in links,
            )
            or self._forbidden(one, Audience.PUBLIC),
        }

    def _why_no_message(self, one: HandOff) -> str:
        if self._means.keys is None:
            return "no link can be signed (hand_off.secret and hand_off.url)"
        sender = self._means.senders().get(one.channel)
        if sender is None or not isinstance(sender.connector, SendsPrivately):
            return f"nothing writes private messages on {one.channel}"
        return self._forbidden(one, Audience.PRIVATE)

    def _forbidden(self, one: HandOff, audience: Audience) -> str:
        said = self._said()
        if audience is Audience.PUBLIC and line_of(said, one.author) is not None:
            return ""  # It stands there already: nothing more is said.
        found = verdict(
            self._work.mentions.get(one.mention_id).mention,
            self._means.platforms.of(one.channel),
            said,
            self._now,
            writer=Writer.TEMPLATE,
            audience=audience,
        )
        return "; ".join(found.reasons)

    def _worded(self, one: HandOff, way: HandOffWay) -> Reply | None:
        """Put the house's words into the outbox, private ones with a link in them."""
        is_private = way is HandOffWay.MESSAGE
        purpose = Purpose.INVITATION if is_private else Purpose.HAND_OFF
        policy, house = self._means.policy, self._means.house
        language = one.language
        if not self._means.templates.has(language, purpose):
            language = house.acknowledgement.default_language
        is_free = policy.unasked and self._ticket.code is not Code.RED
        reply = put_in_words(
            self._work,
            self._means.templates,
            choose_template(
                self._means.templates, f"{language}/{purpose}", key=f"{one.id}"
            ),
            self._work.mentions.get(one.mention_id),
            self._ticket,
            kind=ReplyKind.INVITATION if is_private else ReplyKind.HAND_OFF,
            state=ReplyState.QUEUED if is_free else ReplyState.SUBMITTED,
            language=one.language,
            at=self._now,
            approved_by=house.ref.id if is_free else "",
            link=LINK if is_private else policy.links[one.brand].url,
            is_private=is_private,
        )
        if reply is not None and is_private:
            link = _new_link(self._work, policy, one, self._now)
            self._work.hand_offs.carry(link.number, reply.id)
        return reply

    def _offered(self, before: HandOff, after: HandOff, why: str) -> HandOff:
        # What its version was before this transaction began is what is compared.
        return _move(
            self._work,
            self._means,
            before,
            replace(after, state=HandOffState.OFFERED, reason=why, cause=""),
            self._now,
        )

    def to_a_person(self, before: HandOff, cause: str, why: str) -> HandOff:
        """Let a person go on by phone or letter, and tell those who have the ticket."""
        _take_back(self._work, before, self._now)
        after = _move(
            self._work,
            self._means,
            before,
            replace(
                before,
                state=HandOffState.FELL_BACK,
                way=HandOffWay.PERSON,
                cause=str(cause),
                reason=why,
            ),
            self._now,
        )
        self._work.notices.add(_for_a_person(self._ticket, after), self._now)
        return after


def _new_link(
    work: Work, policy: HandOffPolicy, one: HandOff, now: datetime
) -> HandOffLink:
    """Make a link; every earlier one of theirs is void from now on."""
    work.hand_offs.void_links(one.id, now)
    return work.hand_offs.add_link(
        HandOffLink(hand_off_id=one.id, made_at=now, expires_at=now + policy.link_lasts)
    )


def _take_back(work: Work, one: HandOff, now: datetime) -> None:
    """Take words of ours back that have not left; a public one is not ours to take."""
    if one.reply_id is None:
        return
    reply = work.replies.hold(one.reply_id)
    is_own = reply.kind in {ReplyKind.INVITATION, ReplyKind.HAND_OFF}
    if is_own and reply.state in TAKEN_BACK:
        why = "the hand-off went another way"
        over = replace(reply, state=ReplyState.CANCELLED, reason=why, next_at=None)
        move_reply(work, over, before=reply.state, at=now)


def _move(
    work: Work,
    means: HandOffMeans,
    before: HandOff,
    after: HandOff,
    now: datetime,
    by: str = "bot",
) -> HandOff:
    """Write a move and what it means, or raise ``Stale`` if somebody was first."""
    is_anew = after.state is before.state and after.tried != before.tried
    if not is_anew and not may_move(before.state, after.state):
        message = (
            f"the hand-off of {key_of(before.ticket_id)} may not go from "
            f"{before.state.value} to {after.state.value}"
        )
        raise NotAllowed(message)
    until = step_ends(means.policy, after.state, now)
    looks = after.state in {HandOffState.OFFERED, HandOffState.MATCHED}
    due_at = now + LOOK if looks else until
    moved = replace(after, moved_at=now, until=until, due_at=due_at)
    _change(work, before, moved)
    if before.state is HandOffState.IDENTIFIED:
        work.hand_offs.purge_answers(before.id)
    if moved.state.is_over:
        work.hand_offs.void_links(before.id, now)
    moved = replace(moved, version=before.version + 1)
    work.audit.append([_entry(f"handoff.{moved.state.value}", moved, now, by)])
    return moved


def _change(work: Work, before: HandOff, after: HandOff) -> None:
    if not work.hand_offs.change(before, after):
        message = f"the hand-off of {key_of(before.ticket_id)} was changed meanwhile"
        raise Stale(message)


def _entry(action: str, one: HandOff, now: datetime, by: str) -> AuditEntry:
    """Say what moved, and nothing of whom or of what they said."""
    return AuditEntry(
        action=action,
        subject=f"ticket:{one.ticket_id}",
        at=now,
        actor=by,
        detail={
            "hand_off": one.id,
            "mention": one.mention_id,
            "way": one.way.value,
            "reply": one.reply_id,
            "until": one.until.isoformat() if one.until else None,
            "cause": one.cause,
            "reason": one.reason,
        },
    )


def _for_a_person(ticket: Ticket, one: HandOff) -> Notice:
    return Notice(
        key=f"handoff:{one.id}:fell-back:{one.version}",
        to=ticket.queue,
        subject=f"{ticket.key} {ticket.brand}: go on by phone or letter",
        body=f"No way that a bot may take leads to a private talk ({one.cause}). "
        f"{one.reason}. 'bot handoff show {ticket.key}' tells what was tried.",
        ticket_id=ticket.id,
        is_important=True,
    )


# --- the sweep


def run_hand_offs(
    store: Store, means: HandOffMeans, clock: Clock, *, limit: int = 200
) -> int:
    """Look at those that are due, earliest first; return how many moved.

    Each in a transaction of its own, so that one that cannot be computed blocks none.
    """
    now = clock.now()
    with store.reading() as work:
        is_over = work.hand_offs.kept_too_long(now)
    if is_over:
        _let_go(store, now)
    with store.reading() as work:
        due = work.hand_offs.due(now, limit)
    return sum(_run(store, means, one, now) for one in due)


def _let_go(store: Store, now: datetime) -> None:
    """Delete answers whose time is over, whatever else cannot be done about them."""
    with store.work() as work:
        for number in work.hand_offs.kept_too_long(now):
            if work.hand_offs.purge_answers(number):
                one = work.hand_offs.get(number)
                work.audit.append([_entry("handoff.purged", one, now, "bot")])


def _run(store: Store, means: HandOffMeans, due: HandOff, now: datetime) -> bool:
    def put_off(work: Work, error: Exception) -> bool:
        work.hand_offs.look_later(due, now + LATER)
        reason = type(error).__name__
        later = replace(due, reason=reason, until=now + LATER)
        work.audit.append([_entry("handoff.postponed", later, now, "bot")])
        return False

    return attempt(store, lambda work: _look(work, means, due, now), put_off)


def _look(work: Work, means: HandOffMeans, due: HandOff, now: datetime) -> bool:
    ticket = work.tickets.get(due.ticket_id)
    if ticket.status is TicketStatus.CLOSED:
        _take_back(work, due, now)
        over = replace(
            due,
            state=HandOffState.CLOSED,
            cause=HandOffCause.GIVEN_UP.value,
            reason="its ticket was closed",
        )
        _move(work, means, due, over, now)
        return True
    return Leading(work, means, ticket, now).look(due)


def _waiting(ticket: Ticket, one: HandOff, to: str) -> Notice:
    return Notice(
        key=f"handoff:{one.id}:{one.state.value}:{to}:{one.version}",
        to=to,
        subject=f"{ticket.key} {ticket.brand}: answers wait to be matched",
        body=f"'bot handoff answers {ticket.key}' shows them, 'bot handoff match "
        f"{ticket.key}' names the record.",
        ticket_id=ticket.id,
        is_important=True,
    )


# --- what the author does


def note_message(work: Work, stored: StoredMention, now: datetime) -> None:
    """Open what waits for somebody who has just written to us in private.

    The next look answers with a link, where they have none.
    """
    mention, author = stored.mention, stored.mention.author
    if author is None or not _is_private(stored):
        return
    for one in work.hand_offs.of_author(
        mention.channel, mention.brand, author.external_id
    ):
        if mention.published_at < one.begun_at:
            continue
        # Answered is what they wrote last, wherever it stands.
        after = replace(one, mention_id=stored.id)
        if one.state not in WAITS_FOR_AUTHOR:
            _change(work, one, after)
            continue
        opens = replace(
            after, state=HandOffState.OPENED, moved_at=now, due_at=now, until=None
        )
        _change(work, one, opens)
        opened = replace(opens, version=one.version + 1)
        work.audit.append([_entry("handoff.opened", opened, now, "bot")])


def _opened(
    work: Work,
    means: HandOffMeans,
    before: HandOff,
    stored: StoredMention | None,
    now: datetime,
) -> HandOff:
    mention_id = before.mention_id if stored is None else stored.id
    after = replace(before, state=HandOffState.OPENED, mention_id=mention_id)
    moved = _move(work, means, before, after, now)
    if stored is not None:
        work.hand_offs.look_later(moved, now)
    return moved


def form(store: Store, clock: Clock, means: HandOffMeans, token: str) -> Form:
    """Say what a link's page shows; raises ``Missing`` for one that is good no more.

    To look changes nothing: programs that show a link's preview look too.
    """
    with store.reading() as work:
        _link, one = _of_token(work, means, token, clock.now())
    return Form(language=one.language, policy=means.policy)


def _of_token(
    work: Work, means: HandOffMeans, token: str, now: datetime
) -> tuple[HandOffLink, HandOff]:
    if means.keys is None:
        raise Missing("this link is none of ours")
    link = work.hand_offs.link(means.keys.number(token))
    one = work.hand_offs.get(link.hand_off_id)
    if not link.is_good(now) or one.state not in {
        *WAITS_FOR_AUTHOR,
        HandOffState.OPENED,
    }:
        raise Missing("this link is good no more")
    return link, one


def answer(
    store: Store,
    clock: Clock,
    means: HandOffMeans,
    token: str,
    given: Mapping[str, str],
) -> Mapping[str, str]:
    """Take somebody's answers, once; nothing of them stands anywhere in clear.

    Return which cannot be taken, by the wording that says why; after too many of those
    the link is void and a person goes on. Raises ``Missing`` for a link that is good no
    more.
    """
    now = clock.now()
    wrong = mistakes(means.policy, given)
    with store.work() as work:
        link, one = _of_token(work, means, token, now)
        if one.state is not HandOffState.OPENED:
            one = _opened(work, means, one, None, now)
        if wrong:
            _count_miss(work, means, link, one, token, now)
        else:
            _take(work, means, link, one, token, given, now)
    return wrong


def _count_miss(
    work: Work,
    means: HandOffMeans,
    link: HandOffLink,
    one: HandOff,
    token: str,
    now: datetime,
) -> None:
    misses = work.hand_offs.miss(link.number)
    work.audit.append([_by_link("handoff.not_taken", one, token, misses, now)])
    if misses >= means.policy.attempts:
        work.hand_offs.void_links(one.id, now)
        ticket = work.tickets.get(one.ticket_id)
        why = f"{misses} sets of answers could not be taken"
        Leading(work, means, ticket, now).to_a_person(
            one, HandOffCause.WRONG_ANSWERS, why
        )


def _take(  # noqa: PLR0913, PLR0917 - one set of answers, and what it was given to
    work: Work,
    means: HandOffMeans,
    link: HandOffLink,
    one: HandOff,
    token: str,
    given: Mapping[str, str],
    now: datetime,
) -> None:
    if means.keys is None or not work.hand_offs.use_link(link.number, now):
        raise Missing("this link is good no more")
    policy = means.policy
    answers = {
        asked.value: given.get(asked, "").strip()
        for asked in (*policy.asks, *policy.may_ask)
        if given.get(asked, "").strip()
    }
    work.hand_offs.keep_answers(
        LockedAnswers(
            hand_off_id=one.id,
            locked=means.keys.lock(json.dumps(answers)),
            given_at=now,
            purge_at=now + means.answers_kept,
        )
    )
    work.audit.append([_by_link("handoff.answered", one, token, link.attempts, now)])
    after = replace(one, state=HandOffState.IDENTIFIED, contact=given["contact"])
    identified = _move(work, means, one, after, now)
    # The step may be longer than answers are kept.
    first = min(identified.until or now, now + means.answers_kept)
    work.hand_offs.look_later(identified, first)
    ticket = work.tickets.get(one.ticket_id)
    work.notices.add(_waiting(ticket, identified, ticket.queue), now)


def _by_link(
    action: str, one: HandOff, token: str, attempts: int, now: datetime
) -> AuditEntry:
    return AuditEntry(
        action=action,
        subject=f"ticket:{one.ticket_id}",
        at=now,
        actor="author",
        detail={
            "hand_off": one.id,
            "link_sha256": _digest(token),
            "attempts": attempts,
        },
    )


# --- what people do


def make_link(
    store: Store, clock: Clock, means: HandOffMeans, ticket_id: TicketId, *, by: str
) -> tuple[str, datetime]:
    """Make a link that a person gives in private; every earlier one is void.

    Return it with its end. Raises ``Missing``, or ``NotAllowed`` where none is wanted.
    """
    if means.keys is None:
        message = "no link can be signed: set hand_off.secret and hand_off.url"
        raise NotAllowed(message)
    now, policy = clock.now(), means.policy
    with store.work() as work:
        one = _open_of(work, ticket_id)
        if one.state is HandOffState.MATCHED:
            raise NotAllowed("they are matched already; no form is needed any more")
        _take_back(work, one, now)
        link = _new_link(work, policy, one, now)
        work.audit.append(
            [
                _by_person(
                    "handoff.link_made", one, means.keys.token(link.number), by, now
                )
            ]
        )
        state = (
            HandOffState.OPENED
            if one.state in {HandOffState.OPENED, HandOffState.IDENTIFIED}
            else HandOffState.INVITED
        )
        after = replace(
            one, state=state, way=HandOffWay.PERSON, reply_id=None, cause="", reason=""
        )
        if state is one.state:
            until = step_ends(policy, state, now)
            _change(work, one, replace(after, until=until, due_at=until, moved_at=now))
        else:
            _move(work, means, one, after, now, by)
    return means.keys.link(link.number), link.expires_at


def _by_person(
    action: str, one: HandOff, token: str, by: str, now: datetime
) -> AuditEntry:
    return AuditEntry(
        action=action,
        subject=f"ticket:{one.ticket_id}",
        at=now,
        actor=by,
        detail={"hand_off": one.id, "link_sha256": _digest(token) if token else ""},
    )


def _open_of(work: Work, ticket_id: TicketId) -> HandOff:
    one = work.hand_offs.open_of(ticket_id)
    if one is None:
        key = work.tickets.get(ticket_id).key
        raise Missing(f"no hand-off of {key} is under way; 'bot handoff start {key}'")
    return one


def read_answers(
    store: Store, clock: Clock, means: HandOffMeans, ticket_id: TicketId, *, by: str
) -> dict[str, str]:
    """Show a person what was answered; that they read it stands in the log."""
    with store.work() as work:
        one = _open_of(work, ticket_id)
        answers = work.hand_offs.answers(one.id)
        if answers is None or means.keys is None:
            raise Missing("there are no answers: not given, matched, or kept no longer")
        told = json.loads(means.keys.unlock(answers.locked))
        work.audit.append([_by_person("handoff.read", one, "", by, clock.now())])
    return {str(name): str(said) for name, said in told.items()}


def match(
    store: Store,
    clock: Clock,
    means: HandOffMeans,
    ticket_id: TicketId,
    *,
    record: str,
    by: str,
) -> HandOff:
    """Say whom we talk to, by the house's own record; the answers go at once.

    Raises ``Missing``, or ``NotAllowed`` where nobody was identified.
    """
    now = clock.now()
    with store.work() as work:
        one = _open_of(work, ticket_id)
        after = replace(one, state=HandOffState.MATCHED, record=record)
        return _move(work, means, one, after, now, by)


def close(  # noqa: PLR0913 - a use case's own inputs, most by keyword
    store: Store,
    clock: Clock,
    means: HandOffMeans,
    ticket_id: TicketId,
    *,
    cause: HandOffCause | None,
    reason: str,
    by: str,
) -> HandOff:
    """End it: without a cause they are talked to in private, else it leads nowhere.

    Raises ``Missing``, or ``NotAllowed`` where nobody was matched.
    """
    now = clock.now()
    with store.work() as work:
        one = _open_of(work, ticket_id)
        _take_back(work, one, now)
        state = HandOffState.PRIVATE if cause is None else HandOffState.CLOSED
        after = replace(
            one, state=state, cause=cause.value if cause else "", reason=reason
        )
        return _move(work, means, one, after, now, by)


def _digest(token: str) -> str:
    """Return what the log may hold of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


# --- where a link is filled in


def filled_in(store: Callable[[], Store], keys: Keys | None) -> Callable[[Reply], str]:
    """Return what puts the link into an invitation, as its reader gets it.

    The database and the log keep the text with the blank, and with a blank it never
    leaves: nobody could follow it.
    """

    def worded(reply: Reply) -> str:
        if reply.kind is not ReplyKind.INVITATION or LINK not in reply.text:
            return reply.text
        with store().reading() as work:
            number: LinkNumber | None = work.hand_offs.link_in(reply.id)
        if number is None or keys is None:
            message = "its link cannot be made (hand_off.secret and hand_off.url)"
            raise Refused(reply.channel, message)
        return reply.text.replace(LINK, keys.link(number))

    return worded
