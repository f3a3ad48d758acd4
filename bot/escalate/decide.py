"""What is to be done about one mention: pure, total, with every reason.

The order is fixed: the complaint test, severity, matrix and topics, then what happens,
then clocks and acknowledgement. Reasons name the paragraph or rule and never repeat an
author's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from bot.domain.decisions import (
    Acknowledgement,
    Answer,
    Code,
    Decision,
    Outcome,
    Reason,
    Scope,
    ServiceTarget,
    Severity,
    Tier,
)
from bot.domain.mentions import Mention, MentionKind, Restored
from bot.domain.packs import HousePack, RegulationPack, Rule
from bot.domain.tags import Relevance, Sign, Tags
from bot.domain.tickets import Ticket, TicketStatus
from bot.escalate import care, matrix, routing
from bot.escalate.acknowledge import (
    acknowledge,
    acknowledge_again,
    knows_language,
)
from bot.escalate.conditions import Picture, holds
from bot.escalate.cues import count_cues
from bot.escalate.routing import Placement
from bot.escalate.scope import examine
from bot.escalate.severity import grade

AHEAD = timedelta(hours=14)
"""The farthest that any place's date runs ahead of UTC."""

REACH = "house.reach"
"""The rule of what only carries another text further."""

RESTORED = "relevance.restored"
"""The rule of what a person brought back: it is not asked what it is about."""

NOWHERE = Placement(tier=Tier.SELF_SERVICE, queue="", code=Code.GREEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A mention and what stands around it.

    ``open_ticket`` is the conversation's open ticket; ``parent_ticket`` the ticket,
    open or not, of the text that this one amplifies or answers. ``is_authors_first``:
    the open ticket has no earlier mention by this author. ``is_settled``: all that the
    law asked for on the open ticket was done before this was said. ``clocks_since``:
    the publication from which the open ticket's legal clocks run, if any do.
    ``restored_as``: a person brought it back after it had been set aside, as this.
    ``is_told``: a person says that it is a complaint. ``stated``: the complaint test as
    a person answered it, fact by fact. ``earlier_signs``: needs that the conversation's
    last ticket told of.
    """

    mention: Mention
    tags: Tags
    open_ticket: Ticket | None = None
    parent_ticket: Ticket | None = None
    is_authors_first: bool = True
    is_settled: bool = False
    clocks_since: datetime | None = None
    restored_as: Restored | None = None
    is_told: bool = False
    stated: Scope | None = None
    earlier_signs: tuple[Sign, ...] = ()

    @property
    def new_signs(self) -> tuple[Sign, ...]:
        """Needs that its ticket tells of by this: its own, or a closed one's before."""
        earlier = () if self.open_ticket else self.earlier_signs
        return (*self.tags.signs, *earlier)

    @property
    def is_overtaken(self) -> bool:
        """Whether this was said before the complaint that the clocks run from."""
        since = self.clocks_since
        return since is not None and self.mention.published_at < since


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Where a mention stands on its own, before its surroundings are asked."""

    picture: Picture
    placement: Placement
    targets: tuple[ServiceTarget, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """What happens, how high it stands then, and what starts with it."""

    outcome: Outcome
    severity: Severity
    placement: Placement
    reasons: tuple[Reason, ...]
    scope: Scope
    targets: tuple[ServiceTarget, ...] = ()
    legal_class: str | None = None
    acknowledgement: Acknowledgement | None = None


def decide(
    situation: Situation, house: HousePack, regulation: RegulationPack, now: datetime
) -> Decision:
    """Decide; never raises for a valid situation, changes nothing.

    A joined mention carries the ticket's severity, tier and code, raised where its own
    are higher. Its targets are given only where it raises the ticket, its legal class
    only where the ticket is not a confirmed complaint already, or only by what was said
    later.
    """
    judged = _judge(situation, house, regulation, now)
    effect = _effect(situation, judged, house, regulation)
    return Decision(
        outcome=effect.outcome,
        severity=effect.severity,
        code=effect.placement.code,
        tier=effect.placement.tier,
        queue=effect.placement.queue,
        scope=effect.scope,
        house_pack=house.ref,
        regulation_pack=regulation.ref,
        reasons=effect.reasons,
        legal_class=effect.legal_class,
        provisional=(
            effect.legal_class is not None
            and effect.scope.verdict is Answer.NEEDS_HUMAN
        ),
        targets=effect.targets,
        acknowledgement=effect.acknowledgement,
    )


def picture_of(
    situation: Situation, house: HousePack, regulation: RegulationPack, now: datetime
) -> Picture:
    """Return what is known of a mention on its own, for rules asked after decisions."""
    return _judge(situation, house, regulation, now).picture


def _judge(
    situation: Situation, house: HousePack, regulation: RegulationPack, now: datetime
) -> _Judged:
    mention, tags = situation.mention, situation.tags
    cues = count_cues(mention.text, house.cues)
    finding = examine(
        mention,
        tags,
        cues=cues,
        rules=regulation.scope,
        limits=house.thresholds,
        is_told=situation.is_told or situation.restored_as is Restored.COMPLAINT,
    )
    scope = situation.stated or finding.scope
    group = matrix.group_of(tags.influence, house)
    signs = care.cared_for(situation.new_signs, house)
    around = situation.open_ticket.signs if situation.open_ticket else ()
    picture = Picture(
        mention=mention,
        tags=tags,
        group=group,
        cues=cues,
        cues_sure=house.thresholds.cues_sure,
        expectation=finding.expectation,
        scope=scope,
        age=now - mention.published_at,
        language_known=knows_language(tags, house, mention.language_hint),
        signals=tags.likelihoods,
        signs=care.together(around, signs, house),
    )
    severity, graded = grade(picture, house)
    severity, felt = care.raises(signs, house, severity)
    cell, found = matrix.cell_of(severity, group, house)
    picture = replace(picture, severity=severity)
    routes = routing.fitting(picture, house)
    placement, routed = routing.place(cell, routes, house, signs)
    return _Judged(
        picture=replace(picture, code=placement.code),
        placement=placement,
        targets=matrix.targets_of(cell.targets, routes, house, signs),
        reasons=(*finding.reasons, *graded, *felt, found, *routed),
    )


def _effect(
    situation: Situation, judged: _Judged, house: HousePack, regulation: RegulationPack
) -> _Effect:
    """Amplification first, then relevance, then the house's own rules."""
    if _only_carries_further(judged.picture):
        words = "it repeats what somebody else said: no complaint of its own"
        return _reach(situation, _settled(judged, REACH, words), house)
    aside, judged = _relevance(situation, judged)
    return aside or _by_rules(situation, judged, house, regulation)


def _by_rules(
    situation: Situation, judged: _Judged, house: HousePack, regulation: RegulationPack
) -> _Effect:
    """The open ticket, screens, and what opens a ticket."""
    ticket = situation.open_ticket
    stated = situation.stated
    is_stated = stated is not None and stated.verdict is Answer.YES
    # What a person found to be a complaint, fact by fact, no screen settles.
    screen = None if is_stated else _first(house.screens, judged.picture)
    if screen is not None:
        rule = f"house.screens.{screen.id}"
        screened = judged
        if judged.picture.scope.verdict is Answer.NEEDS_HUMAN:
            # Nobody looks at what is screened, so no doubt may be left with a clock.
            words = "no complaint: the house's screen settles the doubt"
            screened = _settled(judged, rule, words)
        if ticket is not None:
            return _listen(ticket, screened, rule, screen.text)
        return _record(screened, rule, screen.text)
    if ticket is not None:
        return _join(situation, ticket, judged, house, regulation)
    opens = _first(house.opens, judged.picture)
    if opens is None:
        return _record(judged, "house.opens", "nothing in it asks for a ticket")
    return _open(judged, opens, house, regulation)


def _relevance(situation: Situation, judged: _Judged) -> tuple[_Effect | None, _Judged]:
    """Set aside what is about something else, or say why it goes its usual way.

    Only what nobody needs to see: whatever complains, may complain, is urgent or
    belongs to a ticket is for a person, whatever it seems to be about. A rule that a
    person wrote settles a doubt in which no model hears a complaint; examples do not.
    """
    found = situation.tags.relevance
    if situation.restored_as is not None:
        words = f"brought back by a person as {situation.restored_as}: not set aside"
        return None, _noted(judged, RESTORED, words)
    if found is None or found.is_relevant:
        return None, judged
    rule = f"relevance.{found.rule}"
    spared = _spared(situation, judged.picture, found)
    if spared:
        words = f"{found.text}, yet {spared}: not set aside"
        return None, _noted(judged, rule, words)
    # Nobody looks at what is set aside, so no doubt may be left with a clock.
    words = "no complaint: the operator's rule settles the doubt"
    settled = _settled(judged, rule, words)
    reason = Reason(rule=rule, text=f"{found.text}: set aside")
    effect = _Effect(
        outcome=Outcome.SET_ASIDE,
        severity=settled.picture.severity,
        placement=NOWHERE,
        reasons=(*settled.reasons, reason),
        scope=settled.picture.scope,
    )
    return effect, judged


def _spared(situation: Situation, picture: Picture, found: Relevance) -> str:
    """Say why a person must see it; empty where nobody need."""
    unhappy = picture.scope.dissatisfaction.answer
    settles = found.is_by_rule and situation.tags.complaint is False
    if found.is_advice:
        return "examples only advise for this brand"
    if picture.signals:
        return "there is a sign of urgency"
    if unhappy is Answer.YES:
        return "it complains"
    if unhappy is Answer.NEEDS_HUMAN and not settles:
        return "it may complain"
    if situation.open_ticket or situation.parent_ticket:
        return "it belongs to a ticket"
    return ""


def _noted(judged: _Judged, rule: str, words: str) -> _Judged:
    return replace(judged, reasons=(*judged.reasons, Reason(rule=rule, text=words)))


def _first(rules: Sequence[Rule], picture: Picture) -> Rule | None:
    return next((rule for rule in rules if holds(rule.when, picture)), None)


def _only_carries_further(picture: Picture) -> bool:
    """A repost always; a quote where it adds neither dissatisfaction nor a signal."""
    mention = picture.mention
    if mention.kind is MentionKind.QUOTE:
        unhappy = picture.scope.dissatisfaction.answer is not Answer.NO
        return not (unhappy or picture.signals)
    return mention.kind is MentionKind.REPOST or mention.is_amplification


def _settled(judged: _Judged, rule: str, words: str) -> _Judged:
    """Say that it is no complaint, and by which rule; the facts stay as they are."""
    scope = judged.picture.scope
    if scope.verdict is Answer.NO:
        return judged
    settled = replace(scope, verdict=Answer.NO, exclusion=rule)
    return replace(
        judged,
        picture=replace(judged.picture, scope=settled),
        reasons=(*judged.reasons, Reason(rule=rule, text=words)),
    )


def _record(judged: _Judged, rule: str, words: str) -> _Effect:
    return _Effect(
        outcome=Outcome.RECORD_ONLY,
        severity=judged.picture.severity,
        placement=NOWHERE,
        reasons=(
            *judged.reasons,
            Reason(rule=rule, text=f"{words}: kept on record only"),
        ),
        scope=judged.picture.scope,
    )


def _open(
    judged: _Judged, rule: Rule, house: HousePack, regulation: RegulationPack
) -> _Effect:
    opened = Reason(rule=f"house.opens.{rule.id}", text=f"{rule.text}: a ticket opens")
    legal_class, legal = _legal(judged.picture, regulation)
    answer, asked = acknowledge(judged.picture, house)
    return _Effect(
        outcome=Outcome.OPEN_TICKET,
        severity=judged.picture.severity,
        placement=judged.placement,
        reasons=(*judged.reasons, opened, *legal, *asked),
        scope=judged.picture.scope,
        targets=judged.targets,
        legal_class=legal_class,
        acknowledgement=answer,
    )


def _join(
    situation: Situation,
    ticket: Ticket,
    judged: _Judged,
    house: HousePack,
    regulation: RegulationPack,
) -> _Effect:
    """Into the conversation's open ticket, which it may raise and never lowers."""
    picture = judged.picture
    severity = max(ticket.severity, picture.severity, key=lambda one: one.rank)
    signs = care.cared_for(situation.new_signs, house)
    placement = routing.merge(ticket, judged.placement, house, signs)
    is_raised = (
        severity is not ticket.severity
        or placement.tier > ticket.tier
        or not set(signs) <= set(ticket.signs)
    )
    words = f"joins {ticket.key}, severity {severity}, tier {placement.tier:d}"
    reasons = [Reason(rule="house.join", text=words)]
    legal_class: str | None = None
    legal: tuple[Reason, ...] = ()
    is_known = ticket.complaint is Answer.YES and not situation.is_settled
    if not is_known or situation.is_overtaken:
        legal_class, legal = _legal(picture, regulation)
        if situation.is_settled and legal_class is not None:
            words = "what was owed before is done: this complaint is owed its own"
            reasons.append(Reason(rule=regulation.scope.cites["verdict"], text=words))
        elif situation.is_overtaken and legal_class is not None:
            words = "said before what the ticket's clocks run from: they run from this"
            reasons.append(Reason(rule=regulation.scope.cites["start"], text=words))
    elif picture.scope.verdict is not Answer.NO:
        words = "the ticket's clocks run from its first complaint"
        reasons.append(Reason(rule=regulation.scope.cites["verdict"], text=words))
    # What is said in the thread of a red ticket is said to its author as well.
    stands = replace(picture, severity=severity, code=placement.code)
    begins = ticket.complaint is Answer.NO or situation.is_settled
    answer: Acknowledgement | None = None
    asked: tuple[Reason, ...] = ()
    if situation.is_authors_first:
        answer, asked = acknowledge(stands, house)
    elif legal_class is not None and begins:
        answer, asked = acknowledge_again(stands, house)
    return _Effect(
        outcome=Outcome.JOIN_TICKET,
        severity=severity,
        placement=placement,
        reasons=(*judged.reasons, *reasons, *legal, *asked),
        scope=picture.scope,
        targets=judged.targets if is_raised else (),
        legal_class=legal_class,
        acknowledgement=answer,
    )


def _listen(ticket: Ticket, judged: _Judged, rule: str, words: str) -> _Effect:
    """Into the open ticket without any weight: seen by its owner, raising nothing."""
    return _Effect(
        outcome=Outcome.JOIN_TICKET,
        severity=ticket.severity,
        placement=Placement(tier=ticket.tier, queue=ticket.queue, code=ticket.code),
        reasons=(
            *judged.reasons,
            Reason(rule=rule, text=f"{words}: joins {ticket.key}, raises nothing"),
        ),
        scope=judged.picture.scope,
    )


def _reach(situation: Situation, judged: _Judged, house: HousePack) -> _Effect:
    """Reach for the parent; while that is open, whoever carries it may raise it."""
    parent = situation.parent_ticket or situation.open_ticket
    if parent is None:
        return _record(judged, REACH, "carries further what has no ticket")
    placement, reasons = carried(parent, judged.picture.tags, house)
    return _Effect(
        outcome=Outcome.ADD_REACH,
        severity=parent.severity,
        placement=placement,
        reasons=(*judged.reasons, *reasons),
        scope=judged.picture.scope,
    )


def carried(
    ticket: Ticket, tags: Tags, house: HousePack
) -> tuple[Placement, tuple[Reason, ...]]:
    """Say where a ticket stands once somebody has carried it further.

    While it is open, whoever carries it may raise it by their influence.
    """
    placement = Placement(tier=ticket.tier, queue=ticket.queue, code=ticket.code)
    reach = Reason(rule=REACH, text=f"adds reach to {ticket.key}")
    if ticket.status is not TicketStatus.OPEN:
        return placement, (reach,)
    group = matrix.group_of(tags.influence, house)
    cell, found = matrix.cell_of(ticket.severity, group, house)
    new = Placement(tier=cell.tier, queue=cell.queue, code=cell.code)
    return routing.merge(ticket, new, house), (reach, found)


def _legal(
    picture: Picture, regulation: RegulationPack
) -> tuple[str | None, tuple[Reason, ...]]:
    """Clocks run for every complaint, and for a doubtful one until a person says no."""
    verdict, pack = picture.scope.verdict, regulation.ref
    if verdict is Answer.NO:
        return None, ()
    received_at = picture.mention.published_at
    cite = regulation.scope.cites["start"]
    start = datetime.combine(regulation.effective_from, time.min, tzinfo=UTC)
    if received_at < start - AHEAD:
        words = f"received before {pack.id} {pack.version} was in force: no legal clock"
        return None, (Reason(rule=cite, text=words),)
    legal_class = regulation.default_class
    words = f"{pack.id} {pack.version}, class {legal_class}: runs from publication"
    if verdict is Answer.NEEDS_HUMAN:
        words += ", provisionally until a person has looked"
    return legal_class, (Reason(rule=cite, text=words),)
