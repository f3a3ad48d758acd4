"""Triage: every tagged mention gets its one decision, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.clocks import Clock as Promise
from bot.domain.clocks import ClockKind, ClockState, PackRef
from bot.domain.corrections import Correction, corrected, worse
from bot.domain.decisions import (
    Answer,
    Code,
    Decision,
    Outcome,
    Reason,
    Scope,
    Severity,
    Tier,
)
from bot.domain.mentions import Mention, MentionId, StoredMention
from bot.domain.packs import HousePack, RegulationPack, Templates
from bot.domain.people import Roster
from bot.domain.platforms import NO_PLATFORMS, PlatformPack
from bot.domain.ports import Notice, Store, Work
from bot.domain.replies import ReplyKind
from bot.domain.tags import Band, Sign, SignalKind, Tags
from bot.domain.tickets import (
    CLASSIFIED,
    GIVEN_ELSEWHERE,
    Ticket,
    TicketEvent,
    TicketId,
    TicketStatus,
)
from bot.errors import NotAllowed, Stale, StorageError
from bot.escalate.decide import REACH, Situation, carried, decide
from bot.escalate.platforms import held_back
from bot.escalate.replies import choose_template, first_state
from bot.rules.calendars import Calendar
from bot.rules.clocks import legal_plans, service_plans
from bot.rules.library import governing
from bot.services.care import as_people_left_it, put_on
from bot.services.cases import Rulebook, follow
from bot.services.chains import begin_if_free, begin_if_raised
from bot.services.clocks import apply_event, is_settled, start_clocks
from bot.services.follow_ups import note_satisfaction, plan_for
from bot.services.handoff import note_message
from bot.services.replies import EVENT_OF, put_in_words
from bot.services.triggers import Counting, Happened, count, fire_for
from bot.services.undecidable import (
    FAILURES,
    for_a_person,
    undecidable_entry,
    undecidable_notice,
    undecidable_reason,
)

BATCH = 100

ACKNOWLEDGED = EVENT_OF[ReplyKind.ACKNOWLEDGEMENT]

CORRECTED = "bot.corrected"
"""The rule of what is decided again because a person said so."""

TICKETED = {Outcome.OPEN_TICKET, Outcome.JOIN_TICKET}

REOPENED = "reopened"

STILL_UNHAPPY = Reason(
    rule="house.reopen_within",
    text="the author is dissatisfied still: the closed ticket opens again",
)

EDITED = Reason(
    rule="bot.edited",
    text="its author edited it after it was decided: decided again by the new text",
)

CERTAINTY = {Answer.NO: 0, Answer.NEEDS_HUMAN: 1, Answer.YES: 2}
"""A ticket's complaint answer only ever grows: a doubt is not undone by praise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that a decision rests on, in the versions in force.

    ``others`` are the regulation's further versions, ``overlays`` what runs beside it,
    ``platforms`` is what each platform allows, ``people`` is the roster, if there is
    one, ``brands`` are all that the settings name. ``library`` reads every other pack
    at hand, for tickets that a person opened or added one to; ``kept``
    finds one as it was before its files changed.
    """

    house: HousePack
    regulation: RegulationPack
    templates: Templates
    calendar: Calendar
    others: tuple[RegulationPack, ...] = ()
    overlays: tuple[RegulationPack, ...] = ()
    platforms: PlatformPack = NO_PLATFORMS
    people: Roster | None = None
    brands: frozenset[str] = frozenset()
    library: Callable[[], Iterable[RegulationPack]] = tuple
    kept: Callable[[PackRef], RegulationPack | None] = lambda _ref: None

    def governing(self, received_at: datetime) -> RegulationPack:
        """Return the version that governs what was received then."""
        day = self.calendar.local_date(received_at)
        found = governing((self.regulation, *self.others), day)
        return found[0] if found else self.regulation

    @property
    def rulebook(self) -> Rulebook:
        """Return what a ticket's case is computed by."""
        return Rulebook(
            packs=(self.regulation, *self.others),
            overlays=self.overlays,
            calendar=self.calendar,
            library=self.library,
            kept=self.kept,
        )


def triage_pending(
    store: Store, policy: Policy, clock: Clock, *, limit: int = BATCH
) -> int:
    """Decide one batch of the oldest undecided mentions; return how many.

    A mention stays locked from reading to deciding, so two workers never both act on
    it. If another process opened the conversation's ticket meanwhile, or one mention
    cannot be decided, the batch is rolled back and each is decided again on its own.
    """
    try:
        with store.work() as work:
            pending = work.mentions.undecided(limit)
            counts: list[Counting] = []
            for stored, tags in pending:
                counts += _triage(work, policy, clock.now(), stored, tags)
            count(counts)
            return len(pending)
    except StorageError:
        raise
    except FAILURES:
        return sum(_triage_oldest(store, policy, clock) for _ in range(limit))


def _triage_oldest(store: Store, policy: Policy, clock: Clock) -> bool:
    """Decide one alone; one that cannot be decided goes to a person, none waits."""
    stored: StoredMention | None = None
    try:
        with store.work() as work:
            for stored, tags in work.mentions.undecided(1):
                count(_triage(work, policy, clock.now(), stored, tags))
            return stored is not None
    except StorageError:
        raise
    except Stale:
        # The next round sees what the other process wrote.
        return False
    except FAILURES as error:
        if stored is None:
            raise
        return _hand_over(store, policy, clock.now(), stored.id, error)


def _hand_over(
    store: Store, policy: Policy, now: datetime, mention_id: MentionId, error: Exception
) -> bool:
    with store.work() as work:
        found = work.mentions.undecided(1)
        if not found or found[0][0].id != mention_id:
            return False
        stored, tags = found[0]
        mention = stored.mention
        known = work.tickets.open_for(
            mention.channel, mention.brand, mention.conversation
        )
        why = undecidable_reason(error)
        regulation = policy.governing(mention.published_at)
        decision = for_a_person(policy.house, regulation, known, why)
        ticket = _act(work, now, stored, tags, decision, known)
        if ticket is not None:
            ticket = _flag(work, policy, now, stored, ticket, tags.signs, known)
        if ticket is None or not work.mentions.decide(
            stored.id, decision, ticket_id=ticket.id, at=now
        ):
            message = f"mention {stored.id} was decided by someone else"
            raise Stale(message)
        if stored.edits:
            work.mentions.attach(stored.id, ticket.id)
        work.audit.append(
            [
                _decided("mention.decided", stored, decision, ticket, now),
                undecidable_entry(stored, error, ticket, now),
            ]
        )
        work.notices.add(undecidable_notice(stored, error, ticket), now)
        _call(work, policy, now, known, ticket)
    return True


def _call(
    work: Work, policy: Policy, now: datetime, before: Ticket | None, ticket: Ticket
) -> None:
    """Begin to call people for a ticket that is new or was raised, unless it is owned.

    Read anew: what came before the mention may have raised it further.
    """
    if not policy.house.chains:
        return
    if before is not None and before.id == ticket.id:
        begin_if_raised(work, policy.house, before, now, cause="raised")
    else:
        after = work.tickets.get(ticket.id)
        begin_if_free(work, policy.house, after, "opened", now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A mention's decision and what it rests on.

    ``known`` is the conversation's open ticket, ``reopened`` the closed one that its
    author goes on from and that opens again by it: the same one then.
    """

    tags: Tags
    situation: Situation
    decision: Decision
    known: Ticket | None
    reopened: Ticket | None

    @property
    def carrying(self) -> Ticket | None:
        """The ticket of the text that it may carry further."""
        return self.situation.parent_ticket or self.known

    @property
    def before(self) -> Ticket | None:
        """The ticket that it acted on, as it stood."""
        if self.decision.outcome in TICKETED:
            return self.reopened or self.known
        return self.carrying


def _judge(
    work: Work, policy: Policy, now: datetime, stored: StoredMention, tags: Tags
) -> _Judged:
    mention = stored.mention
    known = work.tickets.open_for(mention.channel, mention.brand, mention.conversation)
    parent = _parent_ticket(work, mention)
    said = _said_before(work, stored)
    tags = corrected(tags, said)
    regulation = policy.governing(mention.published_at)
    situation = _situation(work, stored, tags, known, parent)
    decision = decide(situation, policy.house, regulation, now)
    closed = None if known else _closed_before(work, policy, mention)
    if closed is not None:
        note_satisfaction(work, closed, stored, now)
    reopened = closed if _is_unhappy(decision) else None
    if reopened is not None:
        known = replace(reopened, status=TicketStatus.OPEN, closed_at=None)
        situation = _situation(work, stored, tags, known, parent)
        first, decision = decision, decide(situation, policy.house, regulation, now)
        decision = replace(
            decision,
            # What is joined promises nothing; what opens again does, like any other.
            targets=decision.targets or first.targets,
            reasons=(*decision.reasons, STILL_UNHAPPY),
        )
    if said:
        decision = replace(decision, reasons=(_because(said), *decision.reasons))
    decision = held_back(decision, mention, policy.platforms.of(mention.channel), now)
    return _Judged(
        tags=tags,
        situation=situation,
        decision=decision,
        known=known,
        reopened=reopened,
    )


def _bears_more(ticket: Ticket, before: Ticket | None) -> bool:
    """Whether it tells of a need that it did not tell of before."""
    return not set(ticket.signs) <= set(before.signs if before else ())


def _flag(  # noqa: PLR0913, PLR0917 - what told of which signs, on which ticket
    work: Work,
    policy: Policy,
    now: datetime,
    stored: StoredMention,
    ticket: Ticket,
    signs: Sequence[Sign],
    before: Ticket | None,
) -> Ticket:
    """Let the ticket bear what its mention tells of, or the conversation before."""
    return put_on(
        work,
        policy.house,
        policy.calendar.place,
        ticket,
        signs,
        now,
        why=f"mention {stored.id}",
        came_from=before.queue if before else "",
    )


def _triage(
    work: Work, policy: Policy, now: datetime, stored: StoredMention, tags: Tags
) -> Sequence[Counting]:
    """Decide one and do what follows; return what is to be counted of it."""
    if stored.edits and (made := work.mentions.decision(stored.id)) is not None:
        _triage_edit(work, policy, now, stored, tags, made[0])
        return ()
    mention = stored.mention
    judged = _judge(work, policy, now, stored, tags)
    tags, decision, carrying = judged.tags, judged.decision, judged.carrying
    ticket: Ticket | None
    if decision.outcome is Outcome.ADD_REACH and carrying is not None:
        ticket = _carry(work, now, stored, decision, carrying)
    else:
        ticket = _act(work, now, stored, tags, decision, judged.known)
        if ticket is not None:
            needs = judged.situation.new_signs
            ticket = _flag(work, policy, now, stored, ticket, needs, judged.known)
    if not work.mentions.decide(
        stored.id, decision, ticket_id=ticket.id if ticket else None, at=now
    ):
        message = f"mention {stored.id} was decided by someone else"
        raise Stale(message)
    work.audit.append([_decided("mention.decided", stored, decision, ticket, now)])
    note_message(work, stored, now)
    if ticket is not None:
        if judged.reopened is not None:
            _reopen(work, now, stored, judged.reopened, ticket, decision)
        _carry_what_came_before(work, policy, now, mention, ticket)
        _start_promises(
            work,
            policy,
            now,
            stored,
            decision,
            ticket,
            anew=judged.situation.is_settled,
            is_reopened=judged.reopened is not None,
            again=_bears_more(ticket, judged.known),
        )
        if tags.has(SignalKind.HARDSHIP) and decision.outcome is not Outcome.ADD_REACH:
            parent = judged.situation.parent_ticket
            _hardship(work, now, stored, _same_matter(work, mention, ticket, parent))
        _acknowledge(work, policy, now, stored, tags, decision, ticket)
    here = Happened(work=work, means=policy, now=now, stored=stored)
    _set_off(
        here,
        policy,
        judged.situation,
        decision,
        judged.before,
        ticket,
        is_new=True,
    )
    return here.counts


def _set_off(  # noqa: PLR0913 - one decision and what it acted on
    here: Happened,
    policy: Policy,
    situation: Situation,
    decision: Decision,
    before: Ticket | None,
    ticket: Ticket | None,
    *,
    is_new: bool,
) -> None:
    """Let the house's triggers hear of it, then call people as the ticket stands.

    What a new one adds to incidents is counted with the others of its page.
    """
    if policy.house.triggers:
        fire_for(
            here,
            situation,
            before=before,
            after=here.work.tickets.get(ticket.id) if ticket else None,
            is_opened=decision.outcome is Outcome.OPEN_TICKET,
            is_new=is_new,
        )
    if not is_new:
        count(here.counts)
    if ticket is not None:
        was = before if before is not None and before.id == ticket.id else None
        is_closed = was is not None and was.status is TicketStatus.CLOSED
        _call(here.work, policy, here.now, None if is_closed else was, ticket)
        after = here.work.tickets.get(ticket.id)
        plan_for(here.work, policy.house, was, after, here.stored, here.now)


def _closed_before(work: Work, policy: Policy, mention: Mention) -> Ticket | None:
    """Return the conversation's closed ticket from which its author goes on.

    One that was closed too long ago is another matter.
    """
    if mention.author is None or mention.is_amplification:
        return None
    closed = work.tickets.last_closed(
        mention.channel, mention.brand, mention.conversation, mention.author.external_id
    )
    if closed is None or closed.closed_at is None:
        return None
    since = mention.published_at - closed.closed_at
    return closed if since <= policy.house.reopen_within else None


def _is_unhappy(decision: Decision) -> bool:
    """Whether somebody is dissatisfied, or may be, and a ticket would open for it."""
    unhappy = decision.scope.dissatisfaction.answer is not Answer.NO
    return decision.outcome is Outcome.OPEN_TICKET and unhappy


def _reopen(
    work: Work,
    now: datetime,
    stored: StoredMention,
    closed: Ticket,
    ticket: Ticket,
    decision: Decision,
) -> None:
    """Say that a closed ticket is open again; its joining has written it so."""
    work.tickets.add_event(replace(_received(ticket.id, stored, now), name=REOPENED))
    _tell_that_it_is_open_again(work, now, closed, ticket, decision.reasons)


def _said_before(work: Work, stored: StoredMention) -> Sequence[Correction]:
    """Return what people said of a mention before it was brought back.

    It makes worse only: a first decision was never theirs to soften.
    """
    if stored.restored_as is None:
        return ()
    return worse(work.corrections.of_mention(stored.id))


def _because(said: Sequence[Correction]) -> Reason:
    words = "; ".join(f"{one.by} says {one.kind} {one.value}" for one in said)
    return Reason(rule=CORRECTED, text=f"{words}: decided by that")


def reconsider(  # noqa: PLR0913 - one decision and what it acts on
    work: Work,
    policy: Policy,
    now: datetime,
    stored: StoredMention,
    tags: Tags,
    why: Reason,
    *,
    is_complaint: bool,
    is_told: bool,
    stated: Scope | None = None,
) -> Ticket | None:
    """Decide a decided one again by what a person says of its tags; return its ticket.

    Nothing gets lower: its ticket is raised or stays, what has none may get one, and
    promises count from the mention's publication, with what happened since. The first
    decision is kept. ``is_told``: a person says that it is a complaint; ``stated``: and
    by which facts.
    ``is_complaint``: and has just said so, so that a closed ticket opens again, and a
    person judges it where the rules would let it lie. ``None``: nothing is owed by it,
    and nothing was written but the decision, into the log; not even that where its
    ticket is closed.
    """
    mention, own = stored.mention, _ticket_of(work, stored)
    is_closed = own is not None and own.status is TicketStatus.CLOSED
    if is_closed and not is_complaint:
        return None
    known = _where_it_is_owed(work, mention, own)
    situation = replace(
        _situation(
            work,
            stored,
            as_people_left_it(work, own, tags),
            known,
            _parent_ticket(work, mention),
            is_told=is_told,
        ),
        stated=stated,
    )
    governing = policy.governing(mention.published_at)
    decision = decide(situation, policy.house, governing, now)
    is_owed = decision.outcome in TICKETED
    if is_complaint and not is_owed:
        decision = for_a_person(policy.house, governing, known, why)
    decision = held_back(
        replace(decision, reasons=(why, *decision.reasons)),
        mention,
        policy.platforms.of(mention.channel),
        now,
    )
    if not (is_owed or is_complaint):
        work.audit.append(
            [_decided("mention.reconsidered", stored, decision, own, now)]
        )
        return None
    is_in_it = known is not None and own is not None and own.id == known.id
    if is_in_it and known is not None:
        ticket = _stay(work, now, decision, known, was_closed=is_closed)
    else:
        acted = _act(work, now, stored, tags, decision, known)
        assert acted is not None  # noqa: S101 - it opens or joins, by the line above
        ticket = acted
        _attach(work, stored, ticket, own)
    ticket = _flag(work, policy, now, stored, ticket, situation.new_signs, known)
    work.audit.append([_decided("mention.reconsidered", stored, decision, ticket, now)])
    _carry_what_came_before(work, policy, now, mention, ticket)
    _start_promises(
        work,
        policy,
        now,
        stored,
        decision,
        ticket,
        anew=situation.is_settled,
        looks_back=True,
    )
    if tags.has(SignalKind.HARDSHIP) and not is_in_it:
        _note_hardship(work, now, stored, ticket)
    _acknowledge(work, policy, now, stored, tags, decision, ticket)
    _set_off(
        Happened(work=work, means=policy, now=now, stored=stored),
        policy,
        situation,
        decision,
        known,
        ticket,
        is_new=False,
    )
    return ticket


def _triage_edit(
    work: Work,
    policy: Policy,
    now: datetime,
    stored: StoredMention,
    tags: Tags,
    before: Decision,
) -> None:
    """Decide an edited one again: what got worse is owed, nothing gets lower.

    What became a complaint by the edit was received when it was edited, not before.
    """
    mention = stored.mention
    tags = corrected(tags, worse(work.corrections.of_mention(stored.id)))
    parent = _parent_ticket(work, mention)
    alone = decide(
        _situation(work, stored, tags, None, parent),
        policy.house,
        policy.governing(mention.published_at),
        now,
    )
    old, new = before.scope.dissatisfaction.answer, alone.scope.dissatisfaction.answer
    if old is Answer.NO is not new and mention.edited_at is not None:
        since = min(mention.edited_at, now)
        stored = replace(stored, mention=replace(mention, published_at=since))
    reconsider(
        work,
        policy,
        now,
        stored,
        tags,
        EDITED,
        is_complaint=alone.outcome is Outcome.OPEN_TICKET
        and (
            CERTAINTY[new] > CERTAINTY[old]
            or alone.severity.rank > before.severity.rank
        ),
        is_told=False,
    )
    work.mentions.settle_edit(stored.id)


def _attach(
    work: Work, stored: StoredMention, ticket: Ticket, own: Ticket | None
) -> None:
    """Bind it to its ticket, unless another process did so meanwhile."""
    if not work.mentions.attach(stored.id, ticket.id) and own is None:
        message = f"mention {stored.id} came to a ticket meanwhile; try again"
        raise Stale(message)


def _ticket_of(work: Work, stored: StoredMention) -> Ticket | None:
    made = work.mentions.decision(stored.id)
    if made is None:
        message = f"mention {stored.id} is not decided yet; say it again in a moment"
        raise NotAllowed(message)
    return None if made[1] is None else work.tickets.get(made[1])


def _where_it_is_owed(
    work: Work, mention: Mention, own: Ticket | None
) -> Ticket | None:
    """Give the mention's open ticket, else its conversation's, else its closed one."""
    if own is not None and own.status is TicketStatus.OPEN:
        return own
    place = own or mention
    known = work.tickets.open_for(place.channel, place.brand, place.conversation)
    if known is None and own is not None:
        return replace(own, status=TicketStatus.OPEN, closed_at=None)
    return known


def _situation(
    work: Work,
    stored: StoredMention,
    tags: Tags,
    open_ticket: Ticket | None,
    parent: Ticket | None,
    *,
    is_told: bool = False,
) -> Situation:
    mention = stored.mention
    clocks = work.clocks.of_ticket(open_ticket.id) if open_ticket else ()
    return Situation(
        mention=mention,
        tags=tags,
        open_ticket=open_ticket,
        parent_ticket=parent,
        is_authors_first=_is_authors_first(work, open_ticket, mention),
        is_settled=_is_settled(clocks, mention),
        clocks_since=min(
            (one.plan.started_at for one in clocks if one.plan.kind is ClockKind.LEGAL),
            default=None,
        ),
        restored_as=stored.restored_as,
        is_told=is_told,
        earlier_signs=()
        if open_ticket
        else work.tickets.signs_in(
            mention.channel, mention.brand, mention.conversation
        ),
    )


def _parent_ticket(work: Work, mention: Mention) -> Ticket | None:
    parent = mention.amplifies or mention.in_reply_to
    return work.tickets.of_mention(mention.channel, parent) if parent else None


def _is_authors_first(work: Work, ticket: Ticket | None, mention: Mention) -> bool:
    if ticket is None or mention.author is None:
        return True
    return not work.tickets.has_author(ticket.id, mention.author.external_id)


def _is_settled(clocks: Sequence[Promise], mention: Mention) -> bool:
    """Whether this was said after all duties of the open ticket had ended.

    What the same people say then is a complaint of its own, and one by somebody else
    was never answered.
    """
    ends = [one.ended_at for one in clocks if one.is_duty and one.ended_at is not None]
    return is_settled(clocks) and max(ends) < mention.published_at


def _act(
    work: Work,
    now: datetime,
    stored: StoredMention,
    tags: Tags,
    decision: Decision,
    known: Ticket | None,
) -> Ticket | None:
    match decision.outcome:
        case Outcome.OPEN_TICKET:
            return _open(work, now, stored, tags, decision)
        case Outcome.JOIN_TICKET if known is not None:
            return _join(work, now, stored, tags, decision, known)
        case _:
            return None


def _open(
    work: Work, now: datetime, stored: StoredMention, tags: Tags, decision: Decision
) -> Ticket:
    ticket = work.tickets.add(new_ticket(stored.mention, tags, decision, now))
    work.tickets.add_event(_received(ticket.id, stored, now))
    work.audit.append([_ticket_entry("ticket.opened", ticket, decision.reasons, now)])
    if is_urgent(ticket):
        work.notices.add(_called(ticket, decision.reasons), now)
    return ticket


def new_ticket(
    mention: Mention, tags: Tags, decision: Decision, now: datetime
) -> Ticket:
    """Return the ticket that a decision opens for a mention."""
    return Ticket(
        brand=mention.brand,
        channel=mention.channel,
        conversation=mention.conversation,
        status=TicketStatus.OPEN,
        severity=decision.severity,
        code=decision.code,
        tier=decision.tier,
        queue=decision.queue,
        complaint=decision.scope.verdict,
        band=tags.influence.band,
        is_influencer=tags.influence.is_influencer,
        house_pack=decision.house_pack,
        regulation_pack=decision.regulation_pack,
        received_at=mention.published_at,
        opened_at=now,
        reach=mention.audience,
    )


def is_urgent(ticket: Ticket) -> bool:
    """Whether people are told of it as soon as it opens."""
    return ticket.code is not Code.GREEN or ticket.tier >= Tier.ESCALATION


def _join(
    work: Work,
    now: datetime,
    stored: StoredMention,
    tags: Tags,
    decision: Decision,
    ticket: Ticket,
) -> Ticket:
    joined = replace(
        _placed(ticket, decision),
        complaint=_answer(ticket, decision),
        band=max(ticket.band, tags.influence.band, key=list(Band).index),
        is_influencer=ticket.is_influencer or tags.influence.is_influencer,
        mentions=ticket.mentions + 1,
        reach=ticket.reach + stored.mention.audience,
        received_at=min(ticket.received_at, stored.mention.published_at),
    )
    saved = work.tickets.save(joined)
    work.tickets.add_event(_received(ticket.id, stored, now))
    work.audit.append([_ticket_entry("ticket.joined", saved, decision.reasons, now)])
    _tell_if_raised(work, now, ticket, saved, decision.reasons)
    return saved


def _stay(
    work: Work,
    now: datetime,
    decision: Decision,
    ticket: Ticket,
    *,
    was_closed: bool,
) -> Ticket:
    """Raise the ticket that a mention is in already, and open it if it was closed."""
    saved = work.tickets.save(
        replace(_placed(ticket, decision), complaint=_answer(ticket, decision))
    )
    if was_closed:
        _tell_that_it_is_open_again(work, now, ticket, saved, decision.reasons)
    _tell_if_raised(work, now, ticket, saved, decision.reasons)
    return saved


def _answer(ticket: Ticket, decision: Decision) -> Answer:
    """Only a mention that starts legal clocks makes more of a complaint of a ticket."""
    verdict = decision.scope.verdict if decision.legal_class else ticket.complaint
    return max(ticket.complaint, verdict, key=CERTAINTY.__getitem__)


def _carry(
    work: Work, now: datetime, stored: StoredMention, decision: Decision, ticket: Ticket
) -> Ticket:
    """Let a repost or quote count as reach; who carries it may raise the ticket."""
    reached = replace(
        _placed(ticket, decision), reach=ticket.reach + stored.mention.audience
    )
    saved = work.tickets.save(reached)
    _tell_if_raised(work, now, ticket, saved, decision.reasons)
    return saved


def _carry_what_came_before(
    work: Work, policy: Policy, now: datetime, mention: Mention, ticket: Ticket
) -> None:
    """Let reposts and quotes count that were read before the text they carry.

    A platform's pages come newest first, and its newest texts are decided first. What
    was put aside for a reason of its own (a machine, advertising) stays there.
    """
    carried_on = [mention.external_id]
    for text in carried_on:
        for further in work.mentions.unattached(mention.channel, text):
            if _only_lacked_a_ticket(work, further):
                carried_on.append(further.mention.external_id)
                ticket = _carry_late(work, policy, now, further, ticket)


def _only_lacked_a_ticket(work: Work, further: StoredMention) -> bool:
    made = work.mentions.decision(further.id)
    return made is not None and made[0].reasons[-1].rule == REACH


def _carry_late(
    work: Work, policy: Policy, now: datetime, further: StoredMention, ticket: Ticket
) -> Ticket:
    tags = work.mentions.tags(further.id)
    if tags is None or not work.mentions.attach(further.id, ticket.id):
        return ticket
    placement, reasons = carried(ticket, tags, policy.house)
    saved = work.tickets.save(
        replace(
            ticket,
            code=placement.code,
            tier=placement.tier,
            queue=placement.queue,
            reach=ticket.reach + further.mention.audience,
        )
    )
    work.audit.append([_attached(further, saved, reasons, now)])
    _tell_if_raised(work, now, ticket, saved, reasons)
    return saved


def _placed(ticket: Ticket, decision: Decision) -> Ticket:
    """Put a ticket where a decision about it says, which is never lower."""
    return replace(
        ticket,
        severity=decision.severity,
        code=decision.code,
        tier=decision.tier,
        queue=decision.queue,
    )


def _tell_if_raised(
    work: Work,
    now: datetime,
    before: Ticket,
    after: Ticket,
    reasons: Sequence[Reason],
) -> None:
    if not _is_raised(before, after):
        return
    work.audit.append([_ticket_entry("ticket.raised", after, reasons, now)])
    work.notices.add(_called(after, reasons), now)


def _tell_that_it_is_open_again(
    work: Work,
    now: datetime,
    closed: Ticket,
    opened: Ticket,
    reasons: Sequence[Reason],
) -> None:
    """Log it, and tell of what is urgent as of a new one, unless its rise is told."""
    work.audit.append([_ticket_entry("ticket.reopened", opened, reasons, now)])
    if is_urgent(opened) and not _is_raised(closed, opened):
        key = f"ticket:{opened.id}:reopened:{opened.version}"
        work.notices.add(replace(_called(opened, reasons), key=key), now)


def _is_raised(before: Ticket, after: Ticket) -> bool:
    return (after.severity, after.code, after.tier) != (
        before.severity,
        before.code,
        before.tier,
    )


def _same_matter(
    work: Work, mention: Mention, ticket: Ticket, parent: Ticket | None
) -> Sequence[Ticket]:
    """Give the ticket, and the closed one that the same author goes on from."""
    author = mention.author
    if parent is None or parent.id == ticket.id or author is None:
        return (ticket,)
    goes_on = work.tickets.has_author(parent.id, author.external_id)
    return (ticket, parent) if goes_on else (ticket,)


def _hardship(
    work: Work, now: datetime, stored: StoredMention, concerned: Sequence[Ticket]
) -> None:
    for ticket in concerned:
        _note_hardship(work, now, stored, ticket)


def _note_hardship(
    work: Work, now: datetime, stored: StoredMention, ticket: Ticket
) -> None:
    """Remember signs of hardship: closing early waives no response then (271.75).

    Said while the response would still have been due, it revives one that was waived;
    what comes later is no part of that complaint.
    """
    event = replace(_received(ticket.id, stored, now), name="hardship")
    work.audit.append(
        [
            AuditEntry(
                action="ticket.recorded",
                subject=f"ticket:{ticket.id}",
                at=now,
                detail={
                    "event": event.name,
                    "happened_at": event.happened_at.isoformat(),
                },
            )
        ]
    )
    waived = [
        clock
        for clock in work.clocks.of_ticket(ticket.id)
        if clock.state is ClockState.WAIVED
    ]
    if all(event.happened_at <= clock.plan.due_strict for clock in waived):
        apply_event(work, event)
    else:
        work.tickets.add_event(event)


def _start_promises(  # noqa: PLR0913 - one decision and what it acts on
    work: Work,
    policy: Policy,
    now: datetime,
    stored: StoredMention,
    decision: Decision,
    ticket: Ticket,
    *,
    anew: bool,
    is_reopened: bool = False,
    looks_back: bool = False,
    again: bool = False,
) -> None:
    """Start what the decision promises, counted from the mention's publication."""
    received_at = stored.mention.published_at
    work.packs.keep(policy.house, now)
    plans = list(
        service_plans(decision.targets, received_at, policy.house, policy.calendar)
    )
    if decision.legal_class is not None:
        governing = policy.governing(received_at)
        work.packs.keep(governing, now)
        plans += legal_plans(
            governing,
            decision.legal_class,
            received_at,
            policy.calendar,
            provisional=decision.provisional,
        )

    def counts(past: TicketEvent) -> bool:
        """Whether it may meet an antedated clock: only words to this very author."""
        return past.name != ACKNOWLEDGED or was_said_to(work, past, stored.mention)

    start_clocks(
        work,
        ticket.id,
        plans,
        now,
        anew=anew,
        is_reopened=is_reopened,
        counts=counts,
        looks_back=looks_back,
        again=again,
    )
    if any(one.name == CLASSIFIED for one in work.tickets.events(ticket.id)):
        # What a person said of it holds for what was read later too.
        follow(work, policy.rulebook, ticket.id, now, actor="bot")


def was_said_to(work: Work, past: TicketEvent, mention: Mention) -> bool:
    """Whether the reply that an event names answered this author, and not before.

    What was given elsewhere was given to the one who wrote in the ticket.
    """
    if GIVEN_ELSEWHERE in past.facts:
        wrote = {
            one.mention.author.external_id if one.mention.author else ""
            for one in work.tickets.mentions(past.ticket_id)
            if not one.mention.is_amplification
        }
        return len(wrote) == 1 and past.happened_at >= mention.published_at
    said = [
        reply
        for reply in work.replies.of_ticket(past.ticket_id)
        if reply.key == past.detail
    ]
    author = mention.author.external_id if mention.author else ""
    return any(
        reply.author == author
        and work.mentions.get(reply.mention_id).mention.published_at
        >= mention.published_at
        for reply in said
    )


def _acknowledge(  # noqa: PLR0913, PLR0917 - one decision and what it acts on
    work: Work,
    policy: Policy,
    now: datetime,
    stored: StoredMention,
    tags: Tags,
    decision: Decision,
    ticket: Ticket,
) -> None:
    due, mention = decision.acknowledgement, stored.mention
    if due is None or mention.author is None:
        return
    template = choose_template(
        policy.templates, due.template, key=f"{mention.channel}:{mention.external_id}"
    )
    put_in_words(
        work,
        policy.templates,
        template,
        stored,
        ticket,
        kind=ReplyKind.ACKNOWLEDGEMENT,
        state=first_state(due),
        language=tags.language,
        at=now,
        approved_by="" if due.needs_approval else decision.house_pack.id,
    )


def _received(ticket_id: TicketId, stored: StoredMention, now: datetime) -> TicketEvent:
    return TicketEvent(
        ticket_id=ticket_id,
        name="received",
        happened_at=stored.mention.published_at,
        recorded_at=now,
        detail=f"mention:{stored.id}",
    )


def _decided(
    action: str,
    stored: StoredMention,
    decision: Decision,
    ticket: Ticket | None,
    now: datetime,
) -> AuditEntry:
    scope = decision.scope
    return AuditEntry(
        action=action,
        subject=f"mention:{stored.id}",
        at=now,
        detail={
            "outcome": decision.outcome.value,
            "ticket": ticket.id if ticket else None,
            "severity": decision.severity.value,
            "code": decision.code.value,
            "tier": int(decision.tier),
            "queue": decision.queue,
            "scope": {
                "verdict": scope.verdict.value,
                **{name: asdict(fact) for name, fact in scope.facts.items()},
                "exclusion": scope.exclusion,
            },
            "legal_class": decision.legal_class,
            "provisional": decision.provisional,
            "reasons": [asdict(reason) for reason in decision.reasons],
            "house": f"{decision.house_pack.id} {decision.house_pack.version}",
            "house_sha256": decision.house_pack.sha256,
            "regulation": (
                f"{decision.regulation_pack.id} {decision.regulation_pack.version}"
            ),
            "regulation_sha256": decision.regulation_pack.sha256,
        },
    )


def _attached(
    further: StoredMention, ticket: Ticket, reasons: Sequence[Reason], now: datetime
) -> AuditEntry:
    return AuditEntry(
        action="mention.attached",
        subject=f"mention:{further.id}",
        at=now,
        detail={"ticket": ticket.id, "because": [one.rule for one in reasons]},
    )


def _ticket_entry(
    action: str, ticket: Ticket, reasons: Sequence[Reason], now: datetime
) -> AuditEntry:
    return AuditEntry(
        action=action,
        subject=f"ticket:{ticket.id}",
        at=now,
        detail={
            "severity": ticket.severity.value,
            "code": ticket.code.value,
            "tier": int(ticket.tier),
            "queue": ticket.queue,
            "complaint": ticket.complaint.value,
            "influencer": ticket.is_influencer,
            "mentions": ticket.mentions,
            "because": [reason.rule for reason in reasons],
        },
    )


def _called(ticket: Ticket, reasons: Sequence[Reason]) -> Notice:
    why = "\n".join(f"- {reason.text} ({reason.rule})" for reason in reasons)
    return Notice(
        key=f"ticket:{ticket.id}:called:{ticket.code.value}:{int(ticket.tier)}",
        to=ticket.queue,
        subject=(
            f"{ticket.key} {ticket.brand}: code {ticket.code.value}, "
            f"tier {int(ticket.tier)}, queue {ticket.queue}"
        ),
        body=f"Severity {ticket.severity.value}. Why, in order:\n{why}",
        ticket_id=ticket.id,
        is_important=ticket.code is Code.RED or ticket.severity is Severity.CRITICAL,
    )
