"""What makes a pack incomplete or contradictory, though every type is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter

from bot.domain.decisions import Answer, Severity, Tier
from bot.domain.follow_ups import OF_FOLLOW_UPS
from bot.domain.packs import (
    AgentAnswer,
    Ask,
    ClockRule,
    Condition,
    HousePack,
    InfluenceGroup,
    PackStatus,
    Party,
    Purpose,
    RegulationPack,
    RequiredItem,
    Roll,
    Rule,
    Template,
    Unit,
)
from bot.domain.tags import Band
from bot.rules.reachable import unreachable
from bot.rules.sources import Key
from bot.rules.triggers import trigger_mistakes
from bot.rules.zones import is_zone

FACTS = (
    "dissatisfaction",
    "response_expected",
    "channel_controlled",
    "author_reachable",
)
EXCLUSIONS = (
    "staff_employment",
    "no_response_expected",
    "hardship_notice_only",
    "unauthorised_or_chargeback_only",
)
"""What the complaint test can recognise."""

TEST_CUES = ("asks", "demands", "reports", "employment")
"""The cue lists that the complaint test itself reads."""

MAX_WORDING = 240
"""Characters of a public line, sign-off included: it fits wherever we speak."""


DATE_ROOM = 40
"""Characters that the longest date takes beyond its blank."""

LONGEST = 3_660
"""Units; no rule that we know gives ten years, and a slip of the pen should show."""

CONTACT_HOLDS = timedelta(days=180)
"""How long a verified way to reach an ombudsman is relied on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake, by the key that it concerns."""

    key: Key
    words: str


def regulation_problems(pack: RegulationPack) -> Iterator[Problem]:
    """Name classes, events, clocks or paragraphs that are used but not there."""
    if pack.default_class not in pack.classes:
        yield Problem(key=("default_class",), words="no such class is declared")
    if pack.effective_to is not None and pack.effective_to < pack.effective_from:
        yield Problem(key=("pack", "effective_to"), words="lies before effective_from")
    for name in ("verdict", "start", *FACTS, *pack.scope.exclusions):
        if not pack.scope.cites.get(name):
            yield Problem(key=("scope", "cites", name), words="no paragraph is given")
    for index, name in enumerate(pack.scope.exclusions):
        if name not in EXCLUSIONS:
            yield Problem(
                key=("scope", "exclusions", index),
                words=f"{name} is not one of {', '.join(EXCLUSIONS)}",
            )
    for name, rule in pack.clocks.items():
        yield from _clock_problems(("clocks", name), name, rule, pack)
    yield from _content_problems(pack)
    yield from _joined_problems(pack)
    yield from _circles(pack)
    for name in pack.events:
        if name in OF_FOLLOW_UPS:
            words = "is the bot's own word, which keeps no promise"
            yield Problem(key=("events", name), words=words)


def _joined_problems(pack: RegulationPack) -> Iterator[Problem]:
    for name, parts in pack.joined.items():
        for part, clock in parts.items():
            if clock not in pack.clocks:
                words = f"{clock} is not a clock of this pack"
                yield Problem(key=("joined", name, part), words=words)
        if name in pack.clocks:
            yield Problem(key=("joined", name), words="is a clock's own name too")
    for name, events in pack.earliest.items():
        if name in events:
            yield Problem(key=("earliest", name), words="names itself")
    for key, event in _named(pack):
        if event not in pack.events:
            yield Problem(key=key, words=f"the event {event} is not declared")


def _named(pack: RegulationPack) -> Iterator[tuple[Key, str]]:
    """Give every event that is named outside of clocks, with where it stands."""
    for name, events in pack.earliest.items():
        yield from ((("earliest", name), event) for event in (name, *events))
    yield from ((("receipts", i), event) for i, event in enumerate(pack.receipts))
    yield from ((("exempt_if", flag), flag) for flag in pack.exempt_if)
    yield from ((("also", word), event) for word, event in pack.also.items())


def _clock_problems(
    at: Key, name: str, rule: ClockRule, pack: RegulationPack
) -> Iterator[Problem]:
    if rule.id != name:
        yield Problem(key=(*at, "id"), words=f"the clock is called {name}")
    if not rule.cite:
        yield Problem(key=(*at, "cite"), words="no paragraph is given")
    if rule.status is PackStatus.DRAFT and pack.status is not PackStatus.DRAFT:
        words = "a draft cannot stand in a pack that says reviewed"
        yield Problem(key=(*at, "status"), words=words)
    may_go_unmet = rule.emits or rule.holds_from or rule.party is not Party.FIRM
    if not rule.met_by and not may_go_unmet:
        yield Problem(key=(*at, "met_by"), words="nothing can ever meet it")
    for event in _events_of(rule):
        if event not in pack.events:
            yield Problem(key=at, words=f"the event {event} is not declared")
    halted = [one for stop in rule.stops for one in stop.classes]
    for one in (*rule.classes, *rule.by_class, *rule.waives_not, *halted):
        # An overlay speaks of the classes of the pack that it lies over.
        if one not in pack.classes and not pack.overlay_of:
            yield Problem(key=at, words=f"the class {one} is not declared")
    yield from _notice_problems(at, rule, pack)
    yield from _duration_problems(at, rule)
    yield from _link_problems(at, rule, pack)


def _events_of(rule: ClockRule) -> Iterator[str]:
    yield from (rule.start, *rule.met_by, *rule.unless, *rule.until)
    yield from (term.start for term in rule.by_class.values() if term.start)
    yield from (one for stop in rule.stops for one in (stop.on, stop.resume))
    yield from filter(None, (rule.replaces_on, rule.holds_from, rule.emits))
    if rule.extension:
        yield rule.extension.event


def _content_problems(pack: RegulationPack) -> Iterator[Problem]:
    """Name notices of which it could never be found out whether they are complete."""
    for name, contents in pack.contents.items():
        at = ("contents", name)
        named = {
            *contents.must,
            *contents.if_rejected_or_partly,
            *(one for some in contents.by_class.values() for one in some),
            *(one for some in contents.instead.values() for one in some),
        }
        for one in (*contents.by_class, *contents.instead):
            if one not in pack.classes:
                yield Problem(key=at, words=f"the class {one} is not declared")
        if contents.event and contents.event not in pack.events:
            words = f"the event {contents.event} is not declared"
            yield Problem(key=(*at, "event"), words=words)
        for item, asked in contents.items.items():
            if item not in named:
                words = f"{name} never holds it"
                yield Problem(key=(*at, "items", item), words=words)
            for words in _unanswerable(asked, pack):
                yield Problem(key=(*at, "items", item), words=words)


def _unanswerable(asked: RequiredItem, pack: RegulationPack) -> Iterator[str]:
    body = pack.escalation_body
    if {Ask.RIGHT, Ask.CONTACT} & set(asked.asks) and body is None:
        yield "asks for a body, and escalation_body is not given"
    if Ask.WEBSITE in asked.asks and not (body and body.web):
        yield "asks for a website, and escalation_body.web is not given"
    if (Ask.LIMIT in asked.asks) != (asked.limit is not None):
        yield "limit goes with asks: [limit], and it with that"
    if asked.clock and (Ask.DATE not in asked.asks or asked.clock not in pack.clocks):
        yield f"{asked.clock} is no clock by which a date could be judged"


def _notice_problems(
    at: Key, rule: ClockRule, pack: RegulationPack
) -> Iterator[Problem]:
    asked = rule.requires.contents if rule.requires else ""
    for name in filter(None, (rule.contents, asked)):
        if name not in pack.contents:
            words = f"the contents of {name} are not given"
            yield Problem(key=(*at, "contents"), words=words)


def _duration_problems(at: Key, rule: ClockRule) -> Iterator[Problem]:
    durations = [term.duration for term in rule.by_class.values()]
    durations += [rule.duration] if rule.duration else []
    if not durations and not rule.due_with:
        yield Problem(key=at, words="needs duration or by_class")
    if durations and rule.due_with:
        words = "is due when the named clock is; take the duration away"
        yield Problem(key=(*at, "due_with"), words=words)
    if any(duration.n < 1 for duration in durations):
        yield Problem(key=at, words="a duration must be at least 1")
    if any(duration.n > LONGEST for duration in durations):
        yield Problem(key=at, words=f"a duration must be at most {LONGEST}")
    is_hours = any(duration.unit is Unit.HOURS for duration in durations)
    if rule.roll is not Roll.NONE and is_hours:
        yield Problem(key=(*at, "roll"), words="hours are elapsed time and never roll")


def _link_problems(at: Key, rule: ClockRule, pack: RegulationPack) -> Iterator[Problem]:
    everywhere = {
        "later_of": rule.later_of,
        "warns_of": rule.warns_of,
        "waives": rule.waives,
    }
    somewhere = {
        "due_with": rule.due_with,
        "within": rule.within,
        "replaces": rule.replaces,
        "replaces_within": rule.replaces_within,
        "carried_by": rule.carried_by,
        "excuses": rule.excuses,
        "awaits": rule.awaits,
    }
    for field, name in {**everywhere, **somewhere}.items():
        if not name:
            continue
        other = pack.clocks.get(name)
        if other is None or name == rule.id:
            if other is None and pack.overlay_of and field == "due_with":
                continue
            words = f"{name} is not another clock of this pack"
            yield Problem(key=(*at, field), words=words)
            continue
        classes = [one for one in pack.classes if rule.term(one) is not None]
        is_lacking = any(other.term(one) is None for one in classes)
        if field in everywhere and is_lacking:
            words = f"{name} does not exist for every class of this clock"
            yield Problem(key=(*at, field), words=words)
        if field == "later_of" and other.later_of:
            words = f"{name} is itself the later of two"
            yield Problem(key=(*at, field), words=words)
    if rule.unless and not rule.waives:
        yield Problem(key=(*at, "unless"), words="means nothing without waives")
    if rule.warns_of and rule.roll is not Roll.NONE:
        yield Problem(key=(*at, "roll"), words="the clock that it warns of rolls")


def _circles(pack: RegulationPack) -> Iterator[Problem]:
    """Name clocks whose due times rest on each other."""
    emitters = {rule.emits: rule.id for rule in pack.clocks.values() if rule.emits}
    rests: dict[str, set[str]] = {name: set() for name in pack.clocks}
    for name, rule in pack.clocks.items():
        starts = {rule.start, *(term.start for term in rule.by_class.values())}
        rests[name] |= {rule.due_with, rule.within, rule.replaces_within, rule.awaits}
        rests[name] |= {emitters[one] for one in starts if one in emitters}
        if rule.replaces in rests:
            rests[rule.replaces].add(name)
    try:
        TopologicalSorter(rests).prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        yield Problem(key=("clocks", error.args[1][0]), words=f"a circle: {circle}")


def pack_warnings(pack: RegulationPack, today: date) -> Iterator[Problem]:
    """Name what is no mistake and yet wants a person to look."""
    body = pack.escalation_body
    if body and body.verified_on > today:
        words = f"{body.verified_on} is still to come"
        yield Problem(key=("escalation_body", "verified_on"), words=words)
    if body and today - body.verified_on > CONTACT_HOLDS:
        words = (
            f"how to reach {body.name} was verified on {body.verified_on}, more than "
            f"{CONTACT_HOLDS.days} days ago; check it and set the date"
        )
        yield Problem(key=("escalation_body", "verified_on"), words=words)
    if pack.status is PackStatus.DRAFT:
        words = "a draft: check its figures against the primary text, then say reviewed"
        yield Problem(key=("pack", "status"), words=words)


def _business_problems(pack: HousePack) -> Iterator[Problem]:
    business = pack.business
    if business is None:
        return
    if not any(shift.days for shift in business.hours):
        yield Problem(key=("business", "hours"), words="no hour is ever open")
    for index, shift in enumerate(business.hours):
        if shift.zone and not is_zone(shift.zone):
            words = f"there is no time zone {shift.zone!r}"
            yield Problem(key=("business", "hours", index, "zone"), words=words)
    for index, name in enumerate(business.targets):
        if name not in pack.targets:
            words = f"{name} is no promise of targets"
            yield Problem(key=("business", "targets", index), words=words)


def house_problems(pack: HousePack) -> Iterator[Problem]:
    """Name empty cells, queues that nobody declared, and rules that cannot be meant."""
    yield from _threshold_problems(pack)
    yield from _place_problems(pack)
    yield from _matrix_problems(pack)
    yield from _intake_problems(pack)
    yield from _reply_problems(pack)
    for at, rules in _rules_of(pack).items():
        yield from _rule_problems(at, rules, pack)
    for key, words in (*unreachable(pack), *trigger_mistakes(pack)):
        yield Problem(key=key, words=words)


def topic_problems(pack: HousePack, topics: Collection[str]) -> Iterator[Problem]:
    """Name topics that rules ask for and no example teaches."""
    for at, rules in _rules_of(pack).items():
        for index, rule in enumerate(rules):
            when: Condition = getattr(rule, "when", Condition())
            for name in when.topics_any:
                if name not in topics:
                    words = f"there are no examples of a topic {name}"
                    yield Problem(key=(*at, index, "when", "topics_any"), words=words)


def _rules_of(pack: HousePack) -> dict[Key, Sequence[Rule | object]]:
    return {
        ("severity",): pack.severity,
        ("routes",): pack.routes,
        ("screens",): pack.screens,
        ("opens",): pack.opens,
        ("acknowledgement", "never"): pack.acknowledgement.never,
        ("acknowledgement", "approval"): pack.acknowledgement.approval,
        ("four_eyes", "rules"): pack.four_eyes.rules,
        ("triggers",): pack.triggers,
    }


def _threshold_problems(pack: HousePack) -> Iterator[Problem]:
    limits = pack.thresholds
    for name in limits.__slots__:
        value = getattr(limits, name)
        if name != "cues_sure" and not 0 <= value <= 1:
            yield Problem(key=("thresholds", name), words="must lie from 0 to 1")
    if limits.complaint_no >= limits.complaint_yes:
        yield Problem(
            key=("thresholds", "complaint_no"), words="must lie below complaint_yes"
        )
    if limits.cues_sure < 1:
        yield Problem(key=("thresholds", "cues_sure"), words="must be at least 1")
    for name in TEST_CUES:
        if name not in pack.cues:
            yield Problem(key=("cues", name), words="is missing")
    for name, phrases in pack.cues.items():
        if any(not phrase.strip() for phrase in phrases):
            yield Problem(key=("cues", name), words="holds an empty phrase")


def _place_problems(pack: HousePack) -> Iterator[Problem]:
    for band in Band:
        if band not in pack.groups:
            yield Problem(key=("groups", str(band)), words="is missing")
    for tier in Tier:
        queue = pack.tiers.get(tier, "")
        if not queue:
            yield Problem(key=("tiers", str(tier.value)), words="is missing")
        else:
            at = ("tiers", str(tier.value))
            yield from queue_problems(at, queue, tier, pack)
    for index, route in enumerate(pack.routes):
        at_route = ("routes", index, "queue")
        yield from queue_problems(at_route, route.queue, route.tier, pack)
        yield from target_problems(("routes", index), route.targets, pack)


def queue_problems(
    at: Key, queue: str, tier: Tier, pack: HousePack
) -> Iterator[Problem]:
    """Name a queue that is not there, or whose team stands too low."""
    if queue not in pack.queues:
        yield Problem(key=at, words=f"the queue {queue} is not declared")
    elif pack.queues[queue].tier < tier:
        words = f"the team of {queue} stands below tier {tier:d}"
        yield Problem(key=at, words=words)


def _matrix_problems(pack: HousePack) -> Iterator[Problem]:
    for severity in Severity:
        row = pack.matrix.get(severity, {})
        for group in InfluenceGroup:
            at = ("matrix", str(severity), str(group))
            cell = row.get(group)
            if cell is None:
                yield Problem(key=at, words="the cell is empty")
                continue
            yield from queue_problems((*at, "queue"), cell.queue, cell.tier, pack)
            if not cell.targets:
                yield Problem(key=(*at, "targets"), words="promises nothing")
            yield from target_problems(at, cell.targets, pack)


def target_problems(
    at: Key, targets: Mapping[str, timedelta], pack: HousePack
) -> Iterator[Problem]:
    """Name promises that nothing can keep, or that leave no time at all."""
    for name, within in targets.items():
        if not pack.targets.get(name):
            words = "the target has no events under targets"
            yield Problem(key=(*at, "targets", name), words=words)
        if within <= timedelta(0):
            words = "must be longer than nothing"
            yield Problem(key=(*at, "targets", name), words=words)


def _intake_problems(pack: HousePack) -> Iterator[Problem]:
    """A complaint always becomes a ticket: it must be recorded (RG 271.179)."""
    both = {Answer.YES, Answer.NEEDS_HUMAN}
    if not any(
        set(rule.when.scope) >= both and rule.when == Condition(scope=rule.when.scope)
        for rule in pack.opens
    ):
        words = "no rule opens a ticket for every complaint, scope [yes, needs_human]"
        yield Problem(key=("opens",), words=words)
    for index, rule in enumerate(pack.screens):
        when = rule.when
        spared = when.dissatisfaction and Answer.YES not in when.dissatisfaction
        if not (spared or when.is_declared_bot):
            words = "could hide a complaint: ask for dissatisfaction without yes"
            yield Problem(key=("screens", index, "when"), words=words)


def _reply_problems(pack: HousePack) -> Iterator[Problem]:
    policy = pack.acknowledgement
    if policy.default_language not in policy.languages:
        at = ("acknowledgement", "default_language")
        yield Problem(key=at, words="is not one of the languages")
    if any(not phrase.strip() for phrase in pack.four_eyes.words):
        yield Problem(key=("four_eyes", "words"), words="holds an empty phrase")
    flood, breaker = pack.flood, pack.flood.breaker
    for key, limit in (
        (("flood", "author"), flood.author),
        (("flood", "conversation"), flood.conversation),
        (("flood", "channel"), flood.channel),
        (("flood", "overall"), flood.overall),
        (("flood", "exchange"), flood.exchange),
        (("flood", "breaker", "overall"), breaker.overall),
        (("flood", "breaker", "alike"), breaker.alike),
    ):
        if limit.replies < 0 or limit.within <= timedelta(0):
            words = "needs replies of at least 0 within a positive span"
            yield Problem(key=key, words=words)
    yield from _business_problems(pack)
    if pack.claims.lasts <= timedelta(0):
        yield Problem(key=("claims", "lasts"), words="must be longer than nothing")
    if not timedelta(0) <= pack.claims.remind < pack.claims.lasts:
        words = "must be shorter than the claim lasts, or nothing"
        yield Problem(key=("claims", "remind"), words=words)


def _rule_problems(
    at: Key, rules: Sequence[object], pack: HousePack
) -> Iterator[Problem]:
    ids = Counter(getattr(rule, "id", "") for rule in rules)
    for index, rule in enumerate(rules):
        name, when = getattr(rule, "id", ""), getattr(rule, "when", Condition())
        here = (*at, index)
        if not name or not getattr(rule, "text", ""):
            yield Problem(key=here, words="a rule needs an id and a text")
        if ids[name] > 1:
            yield Problem(key=(*here, "id"), words=f"{name} stands here twice")
        for cue in (*when.cues_any, *when.cues_sure):
            if cue not in pack.cues:
                words = f"there is no cue list {cue}"
                yield Problem(key=(*here, "when"), words=words)
        for kind, score in when.signals_from.items():
            if not 0 <= score <= 1:
                key = (*here, "when", "signals_from", str(kind))
                yield Problem(key=key, words="must lie from 0 to 1")
        if at == ("severity",) and (when.severity_from or when.code_from):
            words = "severity and code are not known yet when severity is graded"
            yield Problem(key=(*here, "when"), words=words)
        if at == ("routes",) and when.code_from:
            words = "the code is not known yet when topics are routed"
            yield Problem(key=(*here, "when"), words=words)


def wording_problems(
    templates: Iterable[Template], *, private: Sequence[str], forbidden: Sequence[str]
) -> Iterator[Problem]:
    """Name public lines that say too much, or do not invite to a private message."""
    for template in templates:
        at: Key = (template.purpose, _number(template))
        text = template.text.casefold()
        if not any(phrase.casefold() in text for phrase in private):
            yield Problem(key=at, words="does not invite to a private message")
        yield from _says_too_much(at, template, forbidden)


LINKED = frozenset({Purpose.INVITATION, Purpose.HAND_OFF})
"""The wordings that lead to a private talk."""


def draft_problems(
    drafts: Mapping[str, Sequence[Template]], forbidden: Sequence[str]
) -> Iterator[Problem]:
    """Name drafts that say too much, or bear the name of another wording."""
    for name, templates in drafts.items():
        if name in set(Purpose) or "/" in name:
            words = "is no name for a draft; give it another"
            yield Problem(key=("drafts", name), words=words)
        for template in templates:
            at: Key = ("drafts", name, _number(template))
            yield from _says_too_much(at, template, forbidden)


def answer_problems(
    answers: Iterable[AgentAnswer], forbidden: Sequence[str]
) -> Iterator[Problem]:
    """Name answers for people that say too much, or are named twice."""
    seen: set[str] = set()
    for index, answer in enumerate(answers):
        at: Key = ("answers", index)
        if answer.id in seen or not answer.id.strip():
            yield Problem(key=at, words=f"{answer.id!r} is no name of its own")
        seen.add(answer.id)
        if answer.severity_from.rank > answer.severity_to.rank:
            yield Problem(key=at, words="severity_from is above severity_to")
        bare = answer.text.replace("{link}", "")
        yield from _says_too_much(
            at, Template(id=answer.id, language="", purpose="", text=bare), forbidden
        )


def _number(template: Template) -> int:
    return int(template.id.rpartition("/")[2]) - 1


def _says_too_much(
    at: Key, template: Template, forbidden: Sequence[str]
) -> Iterator[Problem]:
    bare = template.text.replace("{brand}", "")
    is_dated = template.purpose == Purpose.STATUS
    if is_dated != ("{by}" in bare):
        words = "a status says {by}, until when they hear, and nothing else does"
        yield Problem(key=at, words=words)
    is_linked = template.purpose in LINKED
    if is_linked != ("{link}" in bare):
        words = "an invitation and a hand_off name {link}, and nothing else does"
        yield Problem(key=at, words=words)
    bare = bare.replace("{by}", "").replace("{link}", "")
    if "{" in bare or "}" in bare:
        yield Problem(key=at, words="has a blank other than {brand}")
    length = len(template.text) + (DATE_ROOM if is_dated else 0)
    if length > MAX_WORDING:
        words = f"has {length} characters, {MAX_WORDING} at most"
        yield Problem(key=at, words=words)
    text = template.text.casefold()
    for phrase in forbidden:
        if phrase.casefold() in text:
            yield Problem(key=at, words=f"says {phrase!r} in public")
