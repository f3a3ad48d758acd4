"""Rules: what the complaint test says of a case, and deadlines computed once more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from bot.audit.records import Line, Log
from bot.domain.audit import LoggedEntry
from bot.domain.clocks import ClockKind, PackRef
from bot.domain.decisions import Answer, Scope
from bot.domain.mentions import (
    Author,
    ChannelControl,
    Mention,
    MentionId,
    MentionKind,
    StoredMention,
)
from bot.domain.packs import HousePack, RegulationPack, ScopeOptions, ScopeRules
from bot.domain.tags import Band, Influence, Sentiment, Tags
from bot.errors import BotError, PackError
from bot.escalate.cues import count_cues
from bot.escalate.scope import Finding, examine
from bot.rules.business import add_business_time, read
from bot.rules.calendars import Calendar
from bot.rules.case import clocks_of
from bot.rules.clocks import plan
from bot.rules.library import Library
from bot.services.cases import case_of

Tagger = Callable[[StoredMention], Tags]

CONTROLS = {
    "own": ChannelControl.OWNED,
    "mention": ChannelControl.MENTION,
    "third": ChannelControl.THIRD_PARTY,
    "claimed": ChannelControl.OWNED,
}
"""How a case names its channel, by its first word: ``own_x_account_reply``."""

REACHED = "identifiable_contactable"
STAFF = "staff"
NOBODY = ("deleted", "anonymous", "not_contactable")
AUTHORS = (REACHED, "pseudonymous_open_dms", STAFF, *NOBODY)

SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)

STARTS = frozenset(
    f"clock.{word}"
    for word in ("started", "restarted", "antedated", "moved", "tightened", "confirmed")
)
"""Audit actions that promise a deadline."""


# -- the complaint test on a worked example -----------------------------------------


def scope_of(
    pack: RegulationPack, case: Mapping[str, object], house: HousePack, tag: Tagger
) -> Mapping[str, object]:
    """Answer a case's ``scope.*`` fields by the test that mentions go through.

    Without a text, or by staff, it is taken for a complaint, and only channel and
    author are asked.
    Raises ``PackError`` for a channel or an author that the form does not know.
    """
    mention = _mention(case)
    is_told = not mention.text or case.get("author") == STAFF
    tags = _said_nothing() if is_told else tag(_stored(mention))
    cues = count_cues(mention.text, house.cues)
    if case.get("author") == STAFF:
        # The case says outright what phrases can only hint at.
        cues = {**cues, "employment": house.thresholds.cues_sure}

    def found(rules: ScopeRules) -> Finding:
        return examine(
            mention,
            tags,
            cues=cues,
            rules=rules,
            limits=house.thresholds,
            is_told=is_told,
        )

    finding = found(pack.scope)
    scope = finding.scope
    outside = scope.verdict is Answer.NO
    watched = mention.control is ChannelControl.THIRD_PARTY
    return {
        "in_scope": scope.verdict is Answer.YES,
        "verdict": scope.verdict.value,
        "exclusion": scope.exclusion,
        "expectation": finding.expectation.value,
        "action": "monitor_only" if outside and watched else "handle",
        "clock": "none" if outside else str(case.get("class", pack.default_class)),
        "by": _deciding_option(pack.scope, scope, found),
    }


def _deciding_option(
    rules: ScopeRules, scope: Scope, found: Callable[[ScopeRules], Finding]
) -> str:
    """Name the first option of the pack without which the answer would be another."""
    for one in fields(ScopeOptions):
        turned = not getattr(rules.options, one.name)
        options = replace(rules.options, **{one.name: turned})
        other = found(replace(rules, options=options)).scope
        if other.verdict is not scope.verdict:
            return f"option {one.name}"
    return "the text of the rules"


def _mention(case: Mapping[str, object]) -> Mention:
    channel = str(case.get("channel", ""))
    first = channel.partition("_")[0]
    if first not in CONTROLS:
        known = ", ".join(f"{word}_..." for word in CONTROLS)
        raise PackError(f"channel {channel!r} is none of {known}")
    author = str(case.get("author", REACHED))
    if author not in AUTHORS:
        raise PackError(f"author {author!r} is none of {', '.join(AUTHORS)}")
    is_review = first == "claimed" or "review" in channel
    kind = MentionKind.REVIEW if is_review else MentionKind.POST
    if not is_review and case.get("author") in {REACHED, STAFF}:
        # Reachable by what is known of them, not only by answering there.
        kind = MentionKind.MESSAGE
    return Mention(
        channel=channel,
        external_id="case",
        brand="the firm",
        text=str(case.get("text", "")),
        published_at=SOME_DAY,
        conversation="case",
        kind=kind,
        control=CONTROLS[first],
        author=None
        if author in NOBODY
        else Author(external_id="case", handle="author"),
        is_addressed=CONTROLS[first] is not ChannelControl.THIRD_PARTY,
    )


def _stored(mention: Mention) -> StoredMention:
    return StoredMention(
        id=MentionId(0), mention=mention, source="case", ingested_at=SOME_DAY
    )


def _said_nothing() -> Tags:
    return Tags(
        sentiment=Sentiment.NEUTRAL,
        sentiment_scores={Sentiment.NEUTRAL: 1.0},
        complaint=None,
        complaint_score=None,
        language="und",
        language_score=0.0,
        influence=Influence(score=0.0, band=Band.NANO),
        model="none",
    )


# -- deadlines of the past, computed once more ---------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """One promised deadline beside what the same pack says today."""

    entry: int
    ticket: str
    rule: str
    pack: str
    promised: tuple[datetime, datetime]
    """Strict and legal due time, as they were logged."""
    found: tuple[datetime, datetime] | None
    """The same, computed anew; ``None`` where that cannot be done."""
    why: str = ""

    @property
    def is_same(self) -> bool:
        """Whether both agree to the second."""
        return self.found == self.promised


FindPack = Callable[[PackRef], RegulationPack | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packs:
    """Where the packs of the past are found."""

    exactly: FindPack
    beside: Callable[[RegulationPack, date], list[RegulationPack]]


CalendarOf = Callable[[str, str], Calendar]
"""Gives the calendar of a place in a zone, as it is known today."""


def replay(
    log: Log,
    library: Library,
    calendar_of: CalendarOf,
    *,
    since: datetime,
    until: datetime,
    kept: FindPack = lambda _ref: None,
) -> Iterator[Recomputed]:
    """Compute every deadline promised in a period once more, in the log's order.

    Each under the very text of the pack that promised it: one that lies on disk no more
    or was changed since is asked of ``kept``; else it is said to be so, and nothing is
    guessed.
    """
    calendars = cache(calendar_of)

    def exactly(ref: PackRef) -> RegulationPack | None:
        return library.exactly(ref) or kept(ref)

    packs = _Packs(exactly=exactly, beside=library.beside)
    for record in log:
        if not isinstance(record, Line) or record.entry.action not in STARTS:
            continue
        if since <= datetime.fromisoformat(record.entry.at) < until:
            yield _recomputed(record.entry, packs, calendars)


def _recomputed(entry: LoggedEntry, packs: _Packs, calendars: CalendarOf) -> Recomputed:
    said: dict[str, Any] = json.loads(entry.detail)
    when = datetime.fromisoformat
    found, why = None, ""
    try:
        if said["kind"] == ClockKind.SERVICE:
            found = _service(said, calendars)
        else:
            found = _legal(said, packs, calendars)
    except (BotError, KeyError, ValueError) as error:
        why = error.shown if isinstance(error, BotError) else f"cannot be read: {error}"
    return Recomputed(
        entry=entry.id,
        ticket=entry.subject,
        rule=said["rule"],
        pack=said["pack"],
        promised=(when(said["due_strict"]), when(said["due_legal"])),
        found=found,
        why=why,
    )


def _service(
    said: Mapping[str, Any], calendars: CalendarOf
) -> tuple[datetime, datetime]:
    inputs = said["inputs"]
    within = timedelta(seconds=float(str(inputs["within"]).removesuffix(" s")))
    start = datetime.fromisoformat(said["started_at"])
    if "hours" not in inputs:
        return start + within, start + within
    calendar = calendars(inputs["place"], inputs["zone"])
    due = add_business_time(start, within, read(inputs["hours"]), calendar)
    years = range(calendar.local_date(start).year, due.year + 1)
    _check_holidays(calendar.fingerprint(years), inputs)
    return due, due


def _legal(
    said: Mapping[str, Any], packs: _Packs, calendars: CalendarOf
) -> tuple[datetime, datetime]:
    name, _, version = str(said["pack"]).partition(" ")
    ref = PackRef(id=name, version=version, sha256=said["pack_sha256"])
    pack = packs.exactly(ref)
    if pack is None:
        message = f"{name} {version} does not lie here as it was then"
        raise PackError(message)
    inputs = said["inputs"]
    calendar = calendars(inputs["place"], inputs["zone"])
    if "case" in said:
        return _by_case(said, packs, calendar)
    made = plan(
        pack.clocks[said["rule"]],
        started_at=datetime.fromisoformat(said["started_at"]),
        calendar=calendar,
        pack=pack,
        legal_class=inputs["class"],
    )
    _check_holidays(made.inputs["holidays"], inputs)
    return made.due_strict, made.due_legal


def _by_case(
    said: Mapping[str, Any], packs: _Packs, calendar: Calendar
) -> tuple[datetime, datetime]:
    """Compute the whole case anew from the events that the entry kept."""
    name, version, sha256 = said["case"]["pack"]
    main = packs.exactly(PackRef(id=name, version=version, sha256=sha256))
    if main is None:
        message = f"{name} {version} does not lie here as it was then"
        raise PackError(message)
    case = case_of(said["case"])
    beside = packs.beside(main, calendar.local_date(case.events[0].at))
    for added in said["case"].get("beside", ()):
        ref = PackRef(id=added[0], version=added[1], sha256=added[2])
        beside += filter(None, [packs.exactly(ref)])
    found = clocks_of(main, case, calendar, beside=beside)
    promise = found[said["rule"]].promise
    _check_holidays(promise.inputs["holidays"], said["inputs"])
    return promise.due_strict, promise.due_legal


def _check_holidays(found: str, inputs: Mapping[str, Any]) -> None:
    if found != inputs["holidays"]:
        message = f"the holidays of {inputs['place']} are not those of then"
        raise PackError(message)
