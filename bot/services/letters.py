"""Legal notices: written, checked, agreed to by another person, and given privately.

None ever goes the way of replies: it is a row of its own, which nothing that speaks in
public reads. It is recorded as the pack's event only once it was checked, agreed to
and given; until then its clock runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.clocks import ClockKind
from bot.domain.letters import (
    CHECKED,
    OUTCOME,
    Enclosure,
    Finding,
    Letter,
    LetterBook,
    LetterId,
    LetterState,
    LetterTemplate,
    OutboundLetter,
    Wanted,
)
from bot.domain.mentions import text_hash
from bot.domain.packs import Ask, EscalationBody, RegulationPack
from bot.domain.ports import Notice, Post, Store, Work
from bot.domain.replies import Approval
from bot.domain.tickets import (
    CLASSIFIED,
    Ticket,
    TicketEvent,
    TicketId,
    Way,
    standing,
)
from bot.errors import BotError, Missing, NotAllowed, OutcomeUnknown, Stale
from bot.escalate.letters import check, lacking, may_move, subject, write
from bot.escalate.replies import lacks_a_yes
from bot.rules.case import CONTENTS, REASON
from bot.rules.clocks import plan
from bot.rules.letters import Books
from bot.services.cases import added_to, is_from_receipt
from bot.services.claims import renew_claim
from bot.services.replies import KILL_SWITCH, stop_of
from bot.services.tickets import Elsewhere, Recorded, record_within
from bot.services.triage import Policy

ENGLISH = "en"
SURELY_OVER = timedelta(hours=1)
"""No try to send lasts longer, however slow the server answers."""

UNSENT = frozenset({LetterState.DRAFT, LetterState.SUBMITTED, LetterState.APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person says of a notice that only a person knows."""

    outcome: str = ""
    issues: tuple[str, ...] = ()
    reason_code: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """How a notice was given where the bot does not see, and a file that shows it."""

    elsewhere: Elsewhere
    happened_at: datetime
    proof: bytes


# --- what it must hold ------------------------------------------------------------


def wanted_of(
    work: Work, policy: Policy, ticket: Ticket, notice: str, asked: Asked, now: datetime
) -> tuple[RegulationPack, Wanted]:
    """Say what one notice of one ticket must hold; raises ``NotAllowed``."""
    events = standing(work.tickets.events(ticket.id))
    pack = _pack_of(policy, ticket, notice, events)
    legal_class, received_at = _case_of(work, ticket, pack, events)
    contents = pack.contents[notice]
    if asked.outcome and not contents.has_outcome:
        raise NotAllowed(f"{notice} tells no outcome; leave --outcome out")
    local = policy.calendar.local_date
    body = pack.escalation_body
    return pack, Wanted(
        contents=contents,
        cite=contents.cite,
        legal_class=legal_class,
        ticket=ticket.key,
        brand=ticket.brand,
        received=local(received_at),
        today=local(now),
        outcome=asked.outcome,
        issues=asked.issues,
        recorded=_recorded(events),
        reason_code=asked.reason_code,
        grounds=pack.grounds_for(notice),
        body=body,
        others=_others(policy, pack, legal_class, notice),
        other_brands=tuple(sorted(policy.brands - {ticket.brand})),
        latest={
            name: local(
                plan(
                    pack.clocks[item.clock],
                    started_at=received_at,
                    calendar=policy.calendar,
                    pack=pack,
                    legal_class=legal_class,
                ).due_strict
            )
            for name, item in contents.items.items()
            if item.clock and pack.clocks[item.clock].term(legal_class)
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A notice that may be written on a ticket, and in which languages it is worded.

    ``grounds``: of which it must have one.
    """

    notice: str
    cite: str
    has_outcome: bool
    grounds: tuple[str, ...]
    languages: tuple[str, ...]


def offers_of(
    work: Work, policy: Policy, books: Books, ticket: Ticket
) -> Sequence[Offer]:
    """Say which notices may be written on a ticket, those of its own pack first."""
    events = standing(work.tickets.events(ticket.id))
    found: dict[str, Offer] = {}
    for pack in _packs_of(policy, ticket, events):
        for notice, contents in pack.contents.items():
            languages = tuple(
                sorted(
                    language
                    for (name, language), book in books.items()
                    if name == pack.ref.id and notice in book.notices
                )
            )
            offer = Offer(
                notice=notice,
                cite=contents.cite,
                has_outcome=contents.has_outcome,
                grounds=pack.grounds_for(notice),
                languages=languages,
            )
            if languages:
                found.setdefault(notice, offer)
    return list(found.values())


def _packs_of(
    policy: Policy, ticket: Ticket, events: Sequence[TicketEvent]
) -> Sequence[RegulationPack]:
    """Return a ticket's own pack and those that were added to it, as far as known."""
    rulebook = policy.rulebook.with_packs_of(ticket, events)
    refs = (ticket.regulation_pack, *added_to(events))
    return [one for one in map(rulebook.exactly, refs) if one is not None]


def _pack_of(
    policy: Policy, ticket: Ticket, notice: str, events: Sequence[TicketEvent]
) -> RegulationPack:
    """Return the pack of a ticket that names a notice, its own or one added to it."""
    own = ticket.regulation_pack
    known = _packs_of(policy, ticket, events)
    found = next((one for one in known if notice in one.contents), None)
    if found is None:
        names = sorted({name for one in known for name in one.contents})
        message = (
            f"{own.id} {own.version}, by which {ticket.key} is promised, has no notice "
            f"{notice!r}; it has {', '.join(names) or 'none'}"
        )
        raise NotAllowed(message)
    return found


def _case_of(
    work: Work, ticket: Ticket, pack: RegulationPack, events: Sequence[TicketEvent]
) -> tuple[str, datetime]:
    """Return a complaint's class and receipt as its clocks have them."""
    legal = [
        one.plan
        for one in work.clocks.of_ticket(ticket.id)
        if one.plan.kind is ClockKind.LEGAL
        and is_from_receipt(one)
        and one.plan.pack.id == pack.ref.id
    ]
    first = max(legal, key=lambda one: one.started_at, default=None)
    said = [one.facts.get("class", "") for one in events if one.name == CLASSIFIED]
    legal_class = said[-1] if said else (first.inputs.get("class", "") if first else "")
    if legal_class not in pack.classes:
        legal_class = pack.default_class
    return legal_class, first.started_at if first else ticket.received_at


def _recorded(events: Sequence[TicketEvent]) -> str:
    told = [one.facts[OUTCOME] for one in events if OUTCOME in one.facts]
    return told[-1] if told else ""


def _others(
    policy: Policy, pack: RegulationPack, legal_class: str, notice: str
) -> tuple[EscalationBody, ...]:
    """Return the bodies to which this complaint cannot go.

    The pack's own is among them where the class is none of its business.
    """
    own, contents = pack.escalation_body, pack.contents[notice]
    packs = (*policy.rulebook.packs, *policy.overlays, *policy.library())
    every = {
        one.escalation_body.name: one.escalation_body
        for one in packs
        if one.escalation_body is not None
    }
    if own is not None and legal_class not in contents.instead:
        every.pop(own.name, None)
    elif own is not None:
        every[own.name] = own
    return tuple(every.values())


def book_for(
    work: Work, books: Books, ticket: Ticket, pack: RegulationPack, language: str
) -> LetterBook:
    """Return a pack's wording in the language named, or else in the author's.

    English where there is none in theirs. Raises ``Missing``.
    """
    known = sorted(one for name, one in books if name == pack.ref.id)
    wished = language or _language(work, ticket)
    if not language and wished not in known and ENGLISH in known:
        wished = ENGLISH
    found = books.get((pack.ref.id, wished))
    if found is None:
        message = (
            f"the notices of {pack.ref.id} are not worded in {wished!r}; there is "
            f"{', '.join(known) or 'no wording of it at all'} (packs.letters)"
        )
        raise Missing(message)
    return found


def _language(work: Work, ticket: Ticket) -> str:
    said = work.tickets.last_word(ticket.id)
    tags = work.mentions.tags(said.id) if said else None
    return tags.language if tags else ENGLISH


def check_text(  # noqa: PLR0913 - one text and what it is to be, by keyword
    store: Store,
    policy: Policy,
    books: Books,
    clock: Clock,
    ticket_id: TicketId,
    text: str,
    *,
    notice: str,
    asked: Asked,
) -> Sequence[Finding]:
    """Judge a text that is to be one notice of a ticket; nothing is kept."""
    with store.reading() as work:
        ticket = work.tickets.get(ticket_id)
        pack, wanted = wanted_of(work, policy, ticket, notice, asked, clock.now())
        book = book_for(work, books, ticket, pack, asked.language)
        return check(text, wanted, _template(book, notice), book.wording)


def checked_facts(  # noqa: PLR0913 - one text and what it is to be, by keyword
    store: Store,
    policy: Policy,
    books: Books,
    clock: Clock,
    ticket_id: TicketId,
    text: str,
    *,
    notice: str,
    asked: Asked,
) -> Mapping[str, str]:
    """Return what the event of a notice brings that people wrote and gave themselves.

    Raises ``NotAllowed`` with all that its text lacks.
    """
    found = check_text(
        store, policy, books, clock, ticket_id, text, notice=notice, asked=asked
    )
    if lacking(found):
        message = (
            f"this text is no {notice}: {told(found)}. Give what is missing, and "
            "record that; without --text the record says that nobody checked it"
        )
        raise NotAllowed(message, reasons=[one.cite for one in lacking(found)])
    facts = {
        CHECKED: "yes",
        CONTENTS: held(found),
        OUTCOME: asked.outcome,
        "text_sha256": text_hash(text),
    }
    return {name: said for name, said in facts.items() if said}


def _template(book: LetterBook, notice: str) -> LetterTemplate:
    found = book.notices.get(notice)
    if found is None:
        message = f"{book.language}/{book.pack}.yaml words no {notice} (packs.letters)"
        raise Missing(message)
    return found


def _judged(
    work: Work, policy: Policy, books: Books, letter: Letter, now: datetime
) -> Letter:
    """Return it with its findings, under the class that the complaint has by now."""
    ticket = work.tickets.get(letter.ticket_id)
    asked = Asked(
        outcome=letter.outcome,
        issues=letter.issues,
        reason_code=letter.reason_code,
        language=letter.language,
    )
    pack, wanted = wanted_of(work, policy, ticket, letter.notice, asked, now)
    book = book_for(work, books, ticket, pack, letter.language)
    template = _template(book, letter.notice)
    findings = check(letter.text, wanted, template, book.wording)
    return replace(letter, findings=findings, legal_class=wanted.legal_class)


def told(findings: Sequence[Finding]) -> str:
    """Say in a sentence what is missing or wrong."""
    return "; ".join(
        f"{one.item.replace('_', ' ')} ({one.cite}): {one.told}"
        for one in lacking(findings)
    )


def _demand(letter: Letter) -> None:
    """Refuse what is not the notice that it says it is, or not in the words it was."""
    wrong = lacking(letter.findings)
    if text_hash(letter.text) != letter.text_hash:
        message = f"{letter.key}: its text is not the agreed one; edit it again"
        raise NotAllowed(message)
    if wrong:
        message = f"{letter.key} cannot go as {letter.notice}: {told(wrong)}"
        reasons = [f"{one.cite}: {one.item}" for one in wrong]
        raise NotAllowed(message, reasons=reasons)


# --- writing ------------------------------------------------------------------------


def draft(  # noqa: PLR0913 - what is written and who writes it, by keyword
    store: Store,
    policy: Policy,
    books: Books,
    clock: Clock,
    ticket_id: TicketId,
    *,
    notice: str,
    asked: Asked,
    by: str,
) -> Letter:
    """Begin a notice from its wording; what only a person can say stays open in it."""
    now = clock.now()
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        pack, wanted = wanted_of(work, policy, ticket, notice, asked, now)
        book = book_for(work, books, ticket, pack, asked.language)
        template = _template(book, notice)
        text = write(wanted, book, notice)
        letter = work.letters.add(
            Letter(
                ticket_id=ticket.id,
                pack=pack.ref,
                notice=notice,
                event=pack.event_of(notice),
                legal_class=wanted.legal_class,
                language=book.language,
                state=LetterState.DRAFT,
                text=text,
                text_hash=text_hash(text),
                written_by=by,
                created_at=now,
                outcome=asked.outcome,
                issues=asked.issues,
                reason_code=asked.reason_code,
                findings=check(text, wanted, template, book.wording),
            )
        )
        _log(work, letter, now, by, action="draft")
        renew_claim(work, ticket.id, by=by, at=now)
    return letter


def edit(  # noqa: PLR0913 - what is changed and by whom, by keyword
    store: Store,
    policy: Policy,
    books: Books,
    clock: Clock,
    letter_id: LetterId,
    *,
    text: str,
    by: str,
    asked: Asked | None = None,
    read_sha256: str = "",
) -> Letter:
    """Put other words in; it is a draft again, and every yes to the earlier is void.

    ``read_sha256`` is the text that the writer had before them: raises ``Stale`` where
    somebody else has written another since.
    """
    now = clock.now()
    with store.work() as work:
        letter = _held(work, letter_id, UNSENT, "its words stay as they are")
        if read_sha256 not in {"", letter.text_hash}:
            message = f"{letter.key} has changed since you read it; read it again"
            raise Stale(message)
        said = asked or Asked()
        written = replace(
            letter,
            state=LetterState.DRAFT,
            text=text,
            text_hash=text_hash(text),
            written_by=by,
            outcome=said.outcome or letter.outcome,
            issues=said.issues or letter.issues,
            reason_code=said.reason_code or letter.reason_code,
            approved_at=None,
            approved_by="",
            reason="",
        )
        edited = _judged(work, policy, books, written, now)
        work.letters.void_approvals(letter.id, now)
        _move(work, edited, letter, now, by, action="edited")
    return edited


def submit(
    store: Store,
    policy: Policy,
    books: Books,
    clock: Clock,
    letter_id: LetterId,
    *,
    by: str,
) -> Letter:
    """Put it before another person; refused while anything is missing in it."""
    now = clock.now()
    with store.work() as work:
        letter = _held(
            work, letter_id, {LetterState.DRAFT}, "only a draft is put forward"
        )
        judged = _judged(work, policy, books, letter, now)
        _demand(judged)
        waiting = replace(judged, state=LetterState.SUBMITTED)
        _move(work, waiting, letter, now, by)
    return waiting


def demand_another(letter: Letter, by: str) -> None:
    """Refuse a yes of whoever wrote the words; raises ``NotAllowed``."""
    if lacks_a_yes([by], letter.written_by, ()):
        message = f"{by} wrote {letter.key}; another person must agree to it"
        raise NotAllowed(message)


def approve(  # noqa: PLR0913 - whose yes to which text, by keyword
    store: Store,
    policy: Policy,
    books: Books,
    clock: Clock,
    letter_id: LetterId,
    *,
    by: str,
    sha256: str,
) -> Letter:
    """Say yes to this exact text (its hash); nobody does to what they wrote.

    Raises ``Stale`` if the text is no longer the one that was read.
    """
    now = clock.now()
    with store.work() as work:
        letter = _held(
            work, letter_id, {LetterState.SUBMITTED}, "it waits for no approval"
        )
        if letter.text_hash != sha256:
            message = f"{letter.key} has changed since it was read; read it again"
            raise Stale(message)
        demand_another(letter, by)
        judged = _judged(work, policy, books, letter, now)
        _demand(judged)
        work.letters.approve(letter, by=by, at=now)
        agreed = replace(
            judged,
            state=LetterState.APPROVED,
            approved_at=now,
            approved_by=by,
        )
        _move(work, agreed, letter, now, by)
    return agreed


def cancel(
    store: Store, clock: Clock, letter_id: LetterId, *, by: str, reason: str
) -> Letter:
    """Take it back before it is given."""
    now = clock.now()
    with store.work() as work:
        letter = _held(work, letter_id, UNSENT, "it cannot be taken back")
        over = replace(letter, state=LetterState.CANCELLED, reason=reason)
        _move(work, over, letter, now, by)
    return over


# --- giving -------------------------------------------------------------------------


def send(  # noqa: PLR0913 - what goes where and by whom, by keyword
    store: Store,
    policy: Policy,
    books: Books,
    clock: Clock,
    post: Post,
    letter_id: LetterId,
    *,
    to: str,
    by: str,
    enclosures: Sequence[Enclosure] = (),
) -> tuple[Letter, Recorded | None]:
    """Send it by e-mail once; recorded as given when the server has taken it.

    That it was read, or that no other server sent it back, nobody can see. Raises
    ``OutcomeUnknown`` where the connection broke too late: a person looks then.
    """
    now = clock.now()
    with store.work() as work:
        # Of whoever throws the switch now, one is first, and the other sees it.
        work.replies.take_turns()
        letter = _to_give(work, policy, books, letter_id, now, enclosures)
        _demand_no_stop(work, letter)
        sending = replace(
            letter,
            state=LetterState.SENDING,
            way=Way.EMAIL.value,
            recipient=to,
            enclosures=_named(enclosures),
            sending_at=now,
            reason="",
        )
        _move(work, sending, letter, now, by)
    try:
        receipt = post.send(
            OutboundLetter(
                message_id=sending.message_id,
                to=to,
                subject=subject(sending.text),
                text=sending.text,
                enclosures=enclosures,
            )
        )
    except OutcomeUnknown as error:
        _not_sent(store, clock, sending, LetterState.UNKNOWN, error)
        raise
    except BotError as error:
        _not_sent(store, clock, sending, LetterState.APPROVED, error)
        raise
    now = clock.now()
    with store.work() as work:
        words = f"{receipt}, Message-ID {sending.message_id}"
        sent = replace(sending, state=LetterState.SENT, sent_at=now, receipt=words)
        return sent, _given(work, policy, sent, sending, now, now, by)


def _demand_no_stop(work: Work, letter: Letter) -> None:
    brand = work.tickets.get(letter.ticket_id).brand
    stops = work.switches.under(KILL_SWITCH)
    if KILL_SWITCH in stops:
        message = "all replies are stopped; 'bot reply resume' lets notices go too"
        raise NotAllowed(message)
    if stop_of(brand=brand) in stops:
        message = (
            f"replies for {brand} are stopped; 'bot reply resume --brand' lets its "
            "notices go too"
        )
        raise NotAllowed(message)


def _not_sent(
    store: Store, clock: Clock, sending: Letter, state: LetterState, error: BotError
) -> None:
    now = clock.now()
    with store.work() as work:
        after = replace(sending, state=state, reason=error.detail)
        if state is LetterState.APPROVED:
            after = replace(after, sending_at=None, recipient="", way="")
        _move(work, after, sending, now, "bot")
        if state is LetterState.UNKNOWN:
            work.notices.add(_in_doubt(sending), now)


def _in_doubt(letter: Letter) -> Notice:
    return Notice(
        key=f"letter:{letter.id}:in-doubt:{letter.sending_at}",
        to="lead",
        subject=f"Nobody knows whether {letter.key} was sent",
        body=f"The connection broke when the mail server may have taken it. Look for "
        f"Message-ID {letter.message_id} in that server's log, then say so by 'bot "
        f"notice settle {letter.key}'. It is not sent again before; its clock runs.",
        ticket_id=letter.ticket_id,
        is_important=True,
    )


def hand_over(  # noqa: PLR0913 - what was given how, and who says so, by keyword
    store: Store,
    policy: Policy,
    books: Books,
    clock: Clock,
    letter_id: LetterId,
    *,
    handed: Handed,
    by: str,
    enclosures: Sequence[Enclosure] = (),
) -> tuple[Letter, Recorded | None]:
    """Record that people gave it privately by another way, with what shows it.

    Raises ``NotAllowed`` for an instant before the text was agreed to.
    """
    now = clock.now()
    with store.work() as work:
        letter = _to_give(work, policy, books, letter_id, now, enclosures)
        at = handed.happened_at
        if letter.approved_at is None or not letter.approved_at <= at <= now:
            message = (
                f"{letter.key} was agreed to at {letter.approved_at}; it cannot have "
                f"been given at {at.isoformat()}"
            )
            raise NotAllowed(message)
        sent = replace(
            letter,
            state=LetterState.SENT,
            way=handed.elsewhere.way.value,
            receipt=handed.elsewhere.note,
            proof_sha256=hashlib.sha256(handed.proof).hexdigest(),
            enclosures=_named(enclosures),
            sent_at=at,
        )
        said = _given(work, policy, sent, letter, at, now, by, handed.elsewhere)
        return sent, said


def settle(  # noqa: PLR0913 - what a person found out, by keyword
    store: Store,
    policy: Policy,
    clock: Clock,
    letter_id: LetterId,
    *,
    is_sent: bool,
    by: str,
    reason: str,
) -> tuple[Letter, Recorded | None]:
    """Say whether a doubtful one went out, as the mail server's log shows.

    One whose sender died can be settled when its try is surely over.
    """
    now = clock.now()
    with store.work() as work:
        doubtful = {LetterState.UNKNOWN, LetterState.SENDING}
        letter = _held(work, letter_id, doubtful, "there is no doubt about it")
        at = letter.sending_at or now
        if letter.state is LetterState.SENDING and now - at < SURELY_OVER:
            until = (at + SURELY_OVER).isoformat(timespec="seconds")
            message = f"{letter.key} may still be on its way; settle it from {until} on"
            raise NotAllowed(message)
        if not is_sent:
            again = replace(
                letter,
                state=LetterState.APPROVED,
                reason=reason,
                sending_at=None,
                recipient="",
                way="",
            )
            _move(work, again, letter, now, by)
            return again, None
        words = f"{reason}, Message-ID {letter.message_id}, settled by {by}"
        sent = replace(letter, state=LetterState.SENT, sent_at=at, receipt=words)
        return sent, _given(work, policy, sent, letter, at, now, by)


def forget(
    store: Store, clock: Clock, letter_id: LetterId, *, by: str, reason: str
) -> Letter:
    """Drop the words of one that is over, and whom it went to; its hash stays."""
    now = clock.now()
    with store.work() as work:
        over = {LetterState.SENT, LetterState.CANCELLED}
        letter = _held(work, letter_id, over, "it is still needed")
        bare = replace(
            letter,
            text="",
            recipient="",
            issues=(),
            findings=tuple(replace(one, told="") for one in letter.findings),
        )
        _move(work, bare, letter, now, by, action="forgotten", why=reason)
    return bare


def _to_give(
    work: Work,
    policy: Policy,
    books: Books,
    letter_id: LetterId,
    now: datetime,
    enclosures: Sequence[Enclosure],
) -> Letter:
    """Return it if it is checked, agreed to in these very words, and complete."""
    letter = work.letters.hold(letter_id)
    if letter.state in {LetterState.SENDING, LetterState.UNKNOWN}:
        message = (
            f"{letter.key} is {letter.state.value}: it may have gone out. Look for "
            f"Message-ID {letter.message_id} in the mail server's log, then: bot "
            f"notice settle {letter.key}"
        )
        raise NotAllowed(message)
    if letter.state is not LetterState.APPROVED:
        message = (
            f"{letter.key} is {letter.state.value}; only an approved notice is given"
        )
        raise NotAllowed(message)
    yes = [one for one in work.letters.approvals(letter.id) if _holds(one, letter)]
    wrong = lacks_a_yes([one.approved_by for one in yes], letter.written_by, ())
    if wrong:
        raise NotAllowed(f"{letter.key}: {wrong}")
    judged = _judged(work, policy, books, letter, now)
    _demand(judged)
    _demand_enclosures(work, policy, judged, enclosures, now)
    return judged


def _holds(yes: Approval, letter: Letter) -> bool:
    return yes.voided_at is None and yes.text_hash == letter.text_hash


def _demand_enclosures(
    work: Work,
    policy: Policy,
    letter: Letter,
    enclosures: Sequence[Enclosure],
    now: datetime,
) -> None:
    ticket = work.tickets.get(letter.ticket_id)
    asked = Asked(outcome=letter.outcome)
    _, wanted = wanted_of(work, policy, ticket, letter.notice, asked, now)
    for name in wanted.required:
        item = wanted.contents.item(name)
        if Ask.ENCLOSURE in item.asks and not enclosures:
            thing = name.replace("_", " ")
            message = (
                f"{letter.key} says that something is enclosed: add the {thing} "
                f"({item.cite}) with --enclose FILE"
            )
            raise NotAllowed(message)


def _given(  # noqa: PLR0913, PLR0917 - what was given, when, and on whose word
    work: Work,
    policy: Policy,
    sent: Letter,
    before: Letter,
    at: datetime,
    now: datetime,
    by: str,
    elsewhere: Elsewhere | None = None,
) -> Recorded | None:
    """Write that it was given, and record the pack's event, which meets the clock."""
    _move(work, sent, before, now, by)
    if not sent.event:
        return None
    return record_within(
        work,
        now,
        sent.ticket_id,
        sent.event,
        by=by,
        rulebook=policy.rulebook,
        happened_at=at,
        facts=facts_of(sent),
        elsewhere=elsewhere,
        is_ours=True,
    )


def facts_of(letter: Letter) -> Mapping[str, str]:
    """Return what the event of a notice that was given brings with it."""
    facts = {
        CHECKED: "yes",
        CONTENTS: held(letter.findings),
        REASON: letter.reason_code,
        OUTCOME: letter.outcome,
        "letter": letter.key,
        "text_sha256": letter.text_hash,
        "approved_by": letter.approved_by,
        "way": letter.way,
        "proof_sha256": letter.proof_sha256,
    }
    return {name: said for name, said in facts.items() if said}


def held(findings: Sequence[Finding]) -> str:
    """Name what a notice was found to hold, as an event's fact does."""
    return ",".join(one.item for one in findings if one.is_met)


def _named(enclosures: Sequence[Enclosure]) -> tuple[str, ...]:
    return tuple(f"{one.name} sha256 {one.sha256}" for one in enclosures)


# --- moving -------------------------------------------------------------------------


def _held(
    work: Work, letter_id: LetterId, states: Collection[LetterState], refusal: str
) -> Letter:
    letter = work.letters.hold(letter_id)
    if letter.state not in states:
        message = f"{letter.key} is {letter.state.value}, {refusal}"
        raise NotAllowed(message)
    return letter


def _move(  # noqa: PLR0913 - what changed, when and by whom
    work: Work,
    after: Letter,
    before: Letter,
    at: datetime,
    by: str,
    *,
    action: str = "",
    why: str = "",
) -> None:
    if after.state is not before.state and not may_move(before.state, after.state):
        was, then = before.state.value, after.state.value
        raise NotAllowed(f"{after.key} may not go from {was} to {then}")
    if not work.letters.move(after, before=before.state):
        raise Stale(f"{after.key} was changed by someone else; look again")
    _log(work, after, at, by, action=action or after.state.value, why=why)
    renew_claim(work, after.ticket_id, by=by, at=at)


def _log(
    work: Work, letter: Letter, at: datetime, by: str, *, action: str, why: str = ""
) -> None:
    """Log ids and hashes: never the text, whom it went to, or a file's name."""
    work.audit.append(
        [
            AuditEntry(
                action=f"letter.{action}",
                subject=f"letter:{letter.id}",
                at=at,
                actor=by,
                detail={
                    "ticket": letter.ticket_id,
                    "notice": letter.notice,
                    "pack": f"{letter.pack.id} {letter.pack.version}",
                    "pack_sha256": letter.pack.sha256,
                    "class": letter.legal_class,
                    "outcome": letter.outcome,
                    "language": letter.language,
                    "text_sha256": letter.text_hash,
                    "holds": [one.item for one in letter.findings if one.is_met],
                    "lacks": [one.item for one in lacking(letter.findings)],
                    "approved_by": letter.approved_by,
                    "way": letter.way,
                    "proof_sha256": letter.proof_sha256,
                    "enclosures": [one.rpartition(" ")[2] for one in letter.enclosures],
                    "reason": why or letter.reason,
                },
            )
        ]
    )
