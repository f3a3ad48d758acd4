"""``bot ticket``: what is open, and everything about one of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.bootstrap import App
from bot.classify.influence import FIRST
from bot.cli import handoff, output
from bot.cli.classify import topic
from bot.cli.context import (
    AsJson,
    By,
    Config,
    Db,
    Why,
    maybe_person,
    number,
    opened,
    text_of,
)
from bot.domain.clocks import Clock, ClockState, PackRef
from bot.domain.corrections import Correction
from bot.domain.follow_ups import FollowUp
from bot.domain.letters import Ending, Letter
from bot.domain.mentions import Mention, text_hash
from bot.domain.packs import RECEIVED, HousePack
from bot.domain.platforms import PlatformPack
from bot.domain.replies import Reply, reply_key
from bot.domain.tags import Influence, Sign, Signal, Tags
from bot.domain.tickets import (
    WITHDRAWN,
    Ticket,
    TicketEvent,
    TicketId,
    Way,
    hearsay,
    key_of,
    standing,
)
from bot.errors import SettingsError
from bot.escalate.care import first_aid, rules_for
from bot.escalate.deadlines import Lateness, lateness
from bot.escalate.letters import lacking
from bot.escalate.platforms import countdown, windows
from bot.rules.case import REASON
from bot.services import care, reopening, withdrawals
from bot.services import tickets as work
from bot.services.letters import Asked, checked_facts
from bot.services.tag import others
from bot.services.tickets import Dossier, Seen
from bot.services.triage import Policy

app = typer.Typer(
    help="Tickets: list, show, record what was done.", no_args_is_help=True
)


SAYS_NOTHING = frozenset({"no", "neutral"})
"""Answers that nobody needs to read."""


class Which(StrEnum):
    """Which tickets a listing holds."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


Key = Annotated[str, typer.Argument(help="The ticket, such as T-000012.")]


@app.command("list")
def list_tickets(  # noqa: PLR0913 - each is an option of the command
    *,
    status: Annotated[Which, typer.Option(help="Open, closed or all.")] = Which.OPEN,
    queue: Annotated[str | None, typer.Option(help="Only this queue.")] = None,
    brand: Annotated[str | None, typer.Option(help="Only this brand.")] = None,
    mark: Annotated[
        str | None, typer.Option(help="Only with this mark, or sign of a need.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List tickets: influencers first, then by severity, then oldest first."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.tickets.listing(
            status=None if status is Which.ALL else status.value,
            queue=queue,
            brand=brand,
            mark=mark,
            limit=limit + 1,
        )
        rows = [
            ticket_row(one, store.clocks.of_ticket(one.id)) for one in found[:limit]
        ]
    if machine:
        output.as_json(rows)
    else:
        output.listing(
            "Tickets, * by influencers",
            [_short(row) for row in rows],
            machine=False,
            empty="no tickets match",
            widths={"tier, queue": 15, "next_deadline": len("acknowledge_target")},
        )
    output.cut(len(rows), limit, more=len(found) > limit)


def _short(row: dict[str, object]) -> dict[str, object]:
    """Return what fits a narrow terminal; 'ticket show' has the rest."""
    star = " *" if row["influencer"] else ""
    due = f"{output.cell(row['next_deadline'])} {row['next_rule'] or ''}"
    missed = f" ({row['missed']} missed)" if row["missed"] else ""
    signs = row["signs"]
    needs = f": {', '.join(signs)}" if isinstance(signs, list) and signs else ""
    needs = needs.replace("_", " ")
    return {
        "ticket": f"{row['ticket']}{star}",
        "brand": row["brand"],
        "severity": f"{row['severity']}, {row['code']}",
        "tier, queue": f"{row['tier']} {row['queue']}{needs}",
        "next_deadline": due + missed,
    }


def ticket_row(ticket: Ticket, clocks: object) -> dict[str, object]:
    """Return what a listing shows of a ticket, with its next deadline."""
    known = [
        clock
        for clock in (clocks if isinstance(clocks, list | tuple) else ())
        if isinstance(clock, Clock)
    ]
    running = [clock for clock in known if clock.state.is_open]
    nearest = min(running, key=lambda clock: clock.plan.due_strict, default=None)
    return {
        "ticket": ticket.key,
        "brand": ticket.brand,
        "channel": ticket.channel,
        "severity": ticket.severity.value,
        "code": ticket.code.value,
        "tier": int(ticket.tier),
        "queue": ticket.queue,
        "signs": [sign.value for sign in ticket.signs],
        "owner": ticket.owner,
        "claimed_until": ticket.claim_expires_at,
        "complaint": ticket.complaint.value,
        "influencer": ticket.is_influencer,
        "mentions": ticket.mentions,
        "reach": ticket.reach,
        "received_at": ticket.received_at,
        "next_deadline": nearest.plan.due_strict if nearest else None,
        "next_rule": nearest.plan.rule if nearest else None,
        "missed": sum(clock.state is ClockState.BREACHED for clock in known),
        "status": ticket.status.value,
        "house": _named(ticket.house_pack),
        "regulation": _named(ticket.regulation_pack),
    }


@app.command("show")
def show(
    key: Key, *, machine: AsJson = False, config: Config = None, db: Db = None
) -> None:
    """Show one ticket: what was said, why it was decided so, clocks and replies."""
    with opened(config, db) as bot:
        whole = work.dossier(bot.store, TicketId(number(key, "T")))
        house, place = bot.policy.house, bot.policy.calendar.place
        open_ways = windows_of(whole, bot.policy.platforms, bot.clock.now())
    if machine:
        ways = [asdict(one) for one in open_ways]
        output.as_json({**dossier_json(whole, house, place), "windows": ways})
        return
    row = ticket_row(whole.ticket, whole.clocks)
    marks = [("marks", ", ".join(whole.marks))] if whole.marks else []
    shown = [(name, _told_of(value)) for name, value in row.items()]
    output.facts(f"Ticket {whole.ticket.key}", [*shown[1:], *marks])
    if whole.ticket.signs:
        output.facts("First", list(_first_aid(whole.ticket, house, place).items()))
    for seen in whole.seen:
        _print_mention(seen, _carried(whole.seen, seen.stored.mention))
    if open_ways:
        told = [(f"{one.to}: {one.rule}", one.told) for one in open_ways]
        output.facts("Private messages", told)
    _print_clocks(whole)
    for reply in whole.replies:
        print_reply(reply)
    _print_what_is_under_way(whole)
    done = [one for one in whole.events if one.name != RECEIVED]
    holds = {one.id for one in standing(whole.events)}
    if done:
        output.facts("Events", [(one.name, _happened(one, holds)) for one in done])


def _print_what_is_under_way(whole: Dossier) -> None:
    for title, told in (
        ("Legal notices", [(one.key, _letter(one)) for one in whole.letters]),
        (
            "Follow-ups",
            [(one.occasion.value, _follow_up(one)) for one in whole.follow_ups],
        ),
        (
            "Private hand-offs",
            [(f"{one.id}", handoff.told(one)) for one in whole.hand_offs],
        ),
    ):
        if told:
            output.facts(title, told)


def _letter(one: Letter) -> str:
    """Say how a legal notice stands; its words are for 'bot notice show'."""
    outcome = f", {one.outcome}" if one.outcome else ""
    sent = f" by {one.way} at {output.cell(one.sent_at)}" if one.sent_at else ""
    return f"{one.notice}{outcome}: {one.state.value}{sent}"


def _print_clocks(whole: Dossier) -> None:
    if not whole.clocks:
        output.out.print("no clocks run on it")
    for title, clocks in (
        ("Clocks", whole.clocks),
        ("Clocks of earlier complaints and rounds", whole.earlier),
    ):
        if clocks:
            told = [
                (one.plan.rule, _told(one, _heard(one, whole.events))) for one in clocks
            ]
            output.facts(title, told)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWay:
    """One window for private words to an author, and how it stands."""

    mention: int
    to: str
    rule: str
    closes_at: datetime
    told: str


def windows_of(whole: Dossier, platforms: PlatformPack, now: datetime) -> list[OpenWay]:
    """Return the windows that each author's newest words opened."""
    newest = {
        seen.stored.mention.author.external_id: seen.stored
        for seen in whole.seen
        if seen.stored.mention.author is not None
    }
    return [
        OpenWay(
            mention=stored.id,
            to=stored.mention.author.handle if stored.mention.author else "",
            rule=f"platforms.{stored.mention.channel}.{name}",
            closes_at=closes_at,
            told=countdown(closes_at, now),
        )
        for stored in newest.values()
        for name, closes_at in windows(
            stored.mention, platforms.of(stored.mention.channel)
        )
    ]


def _happened(event: TicketEvent, holds: Collection[int]) -> str:
    """Say when, by whom and with what, and whether it still holds."""
    is_gone = event.id not in holds and event.name != WITHDRAWN
    told = f"{output.cell(event.happened_at)} {event.detail}{_brought(event)}"
    return f"{told}, withdrawn" if is_gone else told


def _follow_up(one: FollowUp) -> str:
    """Say in a sentence how a follow-up stands."""
    named = f", names {output.cell(one.promised_at)}" if one.promised_at else ""
    reply = f" as {reply_key(one.reply_id)}" if one.reply_id else ""
    at = one.ended_at if one.state.is_over else one.due_at
    when = "at" if one.state.is_over else "looked at from"
    why = f": {one.reason}" if one.reason else ""
    return f"{one.state.value}{reply}{named}, {when} {output.cell(at)}{why}"


def letter_row(letter: Letter) -> Mapping[str, object]:
    """Return all of a legal notice but its words and whom it went to."""
    return {
        "notice": letter.key,
        "ticket": key_of(letter.ticket_id),
        "as": letter.notice,
        "pack": _named(letter.pack),
        "class": letter.legal_class,
        "outcome": letter.outcome,
        "issues": list(letter.issues),
        "reason_code": letter.reason_code,
        "language": letter.language,
        "state": letter.state.value,
        "lacks": [one.item for one in lacking(letter.findings)],
        "text_sha256": letter.text_hash,
        "written_by": letter.written_by,
        "approved_by": letter.approved_by,
        "way": letter.way,
        "sent_at": letter.sent_at,
        "receipt": letter.receipt,
        "proof_sha256": letter.proof_sha256,
        "enclosures": list(letter.enclosures),
        "event": letter.event,
        "reason": letter.reason,
    }


def follow_up_row(one: FollowUp) -> dict[str, object]:
    """Return everything about a follow-up, for programs."""
    return {
        "occasion": one.occasion.value,
        "state": one.state.value,
        "mention": one.mention_id,
        "episode": one.episode,
        "reply": reply_key(one.reply_id) if one.reply_id else None,
        "planned_at": one.planned_at,
        "due_at": None if one.state.is_over else one.due_at,
        "promised_at": one.promised_at,
        "ended_at": one.ended_at,
        "reason": one.reason,
    }


def _told_of(value: object) -> object:
    return ", ".join(value) or "none" if isinstance(value, list) else value


def _first_aid(ticket: Ticket, house: HousePack, place: str) -> dict[str, str]:
    """Return what an agent reads before anything else where somebody may be in need."""
    texts, lines = first_aid(ticket.signs, house, place)
    told = {
        "what to do": "\n".join(texts),
        "crisis lines": "; ".join(f"{one.name}: {one.contact}" for one in lines),
        "what to say": (
            f"'bot reply word {ticket.key} list --by NAME' shows the wordings; a "
            "person's yes sends one"
        ),
    }
    asks = any(rule.helplines for rule in rules_for(ticket.signs, house))
    if asks and not lines:
        told["crisis lines"] = (
            f"none is filled in for {place} (care.helplines of the house pack); look "
            "one up now, and tell the operator"
        )
    return {name: said for name, said in told.items() if said}


def _brought(event: TicketEvent) -> str:
    """Return what came with an event, for people."""
    facts = "; ".join(f"{name} {said}" for name, said in event.facts.items())
    return f" ({facts})" if facts else ""


def _print_mention(seen: Seen, carried: str) -> None:
    mention, tags, decision = seen.stored.mention, seen.tags, seen.decision
    who = mention.author.handle if mention.author else "a deleted account"
    output.facts(
        f"Mention {seen.stored.id} by {who} on {mention.channel}",
        [
            ("text", seen.stored.shown),
            ("published", mention.published_at),
            ("first seen", seen.stored.ingested_at),
            ("decided", seen.decided_at),
            ("where", mention.url),
            *([("carried further", carried)] if carried else []),
        ],
    )
    if tags is not None:
        score, reach = tags.complaint_score, tags.influence
        complaint = "" if score is None else f"{score:.2f}"
        output.facts(
            "  Tags",
            [
                ("sentiment", f"{tags.sentiment.value} {_best(seen):.2f}"),
                ("complaint", f"{output.cell(tags.complaint)} {complaint}"),
                *_others(tags),
                ("influence", _influence(reach)),
                ("language", tags.language),
                ("model", tags.model),
                ("topic", _topic(tags)),
                ("signals", _signals(tags)),
                ("doubts", ", ".join(doubt.value for doubt in tags.doubts) or "none"),
            ],
        )
    if seen.corrections:
        output.facts("  Corrections", map(_corrected, seen.corrections))
    if decision is not None:
        first = "First decision" if seen.corrections else "Decision"
        output.facts(
            f"  {first}: {decision.outcome.value}, in scope: "
            f"{decision.scope.verdict.value}",
            [(reason.rule, reason.text) for reason in decision.reasons],
        )


def _influence(found: Influence) -> str:
    """Say how far the author's words carry, why, and how sure that is."""
    between = ""
    if found.low is not None and found.high is not None:
        between = f" ({found.low:.0f} to {found.high:.0f})"
    points = ", ".join(f"{one.reason} {one.points:+.0f}" for one in found.reasons)
    told = f"{found.score:.0f}{between}, {found.band.value}: {points}"
    if found.unknown:
        told += f"; not known: {', '.join(found.unknown)}"
    return told


def _carried(around: Sequence[Seen], mention: Mention) -> str:
    """Say how often a text was carried further, and how soon, as far as we saw it."""
    ages = [
        seen.stored.mention.published_at - mention.published_at
        for seen in around
        if seen.stored.mention.amplifies == mention.external_id
    ]
    if not ages:
        return ""
    early, minutes = sum(age <= FIRST for age in ages), FIRST // timedelta(minutes=1)
    return f"{len(ages)} times, {early} of them in its first {minutes} minutes"


def _corrected(one: Correction) -> tuple[str, str]:
    was = "as before" if one.was == one.value else f"not {one.was or 'known'}"
    words = f"{one.value}, {was}, says {one.by} at "
    note = f": {one.note}" if one.note else ""
    return one.kind.value, f"{words}{output.cell(one.at)}{note}"


def correction_row(one: Correction) -> dict[str, object]:
    """Return everything about a correction, for programs."""
    return {
        "id": one.id,
        "mention": one.mention_id,
        "tag": one.kind.value,
        "was": one.was,
        "value": one.value,
        "by": one.by,
        "at": one.at,
        "note": one.note,
        "model": one.model,
    }


def _signals(tags: Tags) -> str:
    """Say which signals were seen, how likely they are meant, and by which words."""
    return "; ".join(map(_signal, tags.signals)) or "none"


def _signal(one: Signal) -> str:
    score = "" if one.score is None else f" {one.score:.2f}"
    return f"{one.tells or one.kind}{score} ({', '.join(one.words)})"


def _topic(tags: Tags) -> str:
    """Say what it is about, by the operator's examples, and whether that is sure."""
    about = tags.topic
    if about is None:
        return "none"
    return f"{about.name} {about.score:.2f}" + ("" if about.is_sure else ", not sure")


def _others(tags: Tags) -> list[tuple[str, str]]:
    """Say what else was heard, a line each: an emotion, or a yes."""
    return [
        (question, f"{one.label} {one.score:.2f}")
        for question, one in tags.likeliest.items()
        if one.label not in SAYS_NOTHING
    ]


def _best(seen: Seen) -> float:
    tags = seen.tags
    return 0.0 if tags is None else tags.sentiment_scores[tags.sentiment.value]


def _heard(clock: Clock, events: Sequence[TicketEvent]) -> str:
    """Say on whose word a promise ended, where the bot did not see it."""
    ends = (
        hearsay(one)
        for one in standing(events)
        if (one.name, one.happened_at) == (clock.ended_by, clock.ended_at)
    )
    return next(filter(None, ends), "")


def _told(clock: Clock, heard: str = "") -> str:
    """Say in a sentence how a promise stands."""
    plan, ended = clock.plan, output.cell(clock.ended_at)
    due = f"due {output.cell(plan.due_strict)}"
    if plan.due_legal != plan.due_strict:
        due += f", legally {output.cell(plan.due_legal)}"
    state = clock.state.value + (f": {clock.ended_by} at {ended}" if ended else "")
    if clock.state is ClockState.MET and _is_late(clock):
        state += ", after its strict time"
    if heard:
        state += f", {heard}"
    doubt = "; provisional until a person has looked" if plan.provisional else ""
    return f"{state}; {due} ({plan.cite}){doubt}"


def _is_late(clock: Clock) -> bool:
    ended = clock.ended_at
    return ended is not None and lateness(clock.plan, ended) is not Lateness.IN_TIME


def clock_row(clock: Clock) -> dict[str, object]:
    """Return everything about a clock, for programs."""
    plan = clock.plan
    return {
        "rule": plan.rule,
        "kind": plan.kind.value,
        "force": plan.force.value,
        "cite": plan.cite,
        "state": clock.state.value,
        "provisional": plan.provisional,
        "started_at": plan.started_at,
        "due_strict": plan.due_strict,
        "due_legal": plan.due_legal,
        "ended_at": clock.ended_at,
        "ended_by": clock.ended_by,
        "pack": _named(plan.pack),
        "pack_sha256": plan.pack.sha256,
        "inputs": dict(plan.inputs),
    }


def _named(pack: PackRef) -> str:
    return f"{pack.id} {pack.version}"


def reply_row(reply: Reply) -> dict[str, object]:
    """Return what people see of a reply."""
    return {
        "reply": reply.key,
        "ticket": key_of(reply.ticket_id),
        "state": reply.state.value,
        "kind": reply.kind.value,
        "is_private": reply.is_private,
        "channel": reply.channel,
        "in_reply_to": reply.in_reply_to,
        "text": reply.text,
        "text_sha256": reply.text_hash,
        "template": reply.template,
        "approved_by": reply.approved_by,
        "sent_at": reply.sent_at,
        "seen_at": reply.seen_at,
        "looked_at": reply.looked_at,
        "gone_at": reply.gone_at,
        "external_id": reply.external_id,
        "url": reply.url,
        "reason": reply.reason,
    }


def print_reply(reply: Reply, around: Mapping[str, object] | None = None) -> None:
    """Print one reply as a block, below what it answers: a text needs the width."""
    told = {**(around or {}), **reply_row(reply)}
    output.facts(
        f"Reply {reply.key}: {reply.state.value}, {reply.kind.value} on "
        f"{reply.channel} for {key_of(reply.ticket_id)}",
        [
            (name, "; ".join(value) if isinstance(value, list) else value)
            for name, value in told.items()
            if value and name not in {"reply", "state", "kind", "channel", "ticket"}
        ],
    )


def dossier_json(whole: Dossier, house: HousePack, place: str) -> dict[str, object]:
    """Return one ticket for programs, nothing left out that the table shows."""
    gone = {one.id for one in whole.events} - {one.id for one in standing(whole.events)}
    bears = bool(whole.ticket.signs)
    return {
        "ticket": ticket_row(whole.ticket, whole.clocks),
        "first": _first_aid(whole.ticket, house, place) if bears else {},
        "marks": list(whole.marks),
        "mentions": [_seen_json(seen) for seen in whole.seen],
        "clocks": [
            {**clock_row(clock), "hearsay": _heard(clock, whole.events)}
            for clock in whole.clocks
        ],
        "earlier_clocks": [
            {**clock_row(clock), "hearsay": _heard(clock, whole.events)}
            for clock in whole.earlier
        ],
        "replies": [reply_row(reply) for reply in whole.replies],
        "follow_ups": [follow_up_row(one) for one in whole.follow_ups],
        "notices": [letter_row(one) for one in whole.letters],
        "hand_offs": [handoff.hand_off_row(one) for one in whole.hand_offs],
        "events": [
            {
                "name": event.name,
                "happened_at": event.happened_at,
                "recorded_at": event.recorded_at,
                "detail": event.detail,
                "facts": dict(event.facts),
                "holds": event.id not in gone or event.name == WITHDRAWN,
            }
            for event in whole.events
        ],
    }


def _seen_json(seen: Seen) -> dict[str, object]:
    mention, tags, decision = seen.stored.mention, seen.tags, seen.decision
    return {
        "id": seen.stored.id,
        "external_id": mention.external_id,
        "author": mention.author.handle if mention.author else None,
        "text": mention.text,
        "text_sha256": seen.stored.text_sha256 or text_hash(mention.text),
        "edits": seen.stored.edits,
        "removed_at": seen.stored.removed_at,
        "published_at": mention.published_at,
        "first_seen_at": seen.stored.ingested_at,
        "url": mention.url,
        "tags": tags
        and {
            "sentiment": tags.sentiment.value,
            "scores": dict(tags.sentiment_scores),
            "complaint": tags.complaint,
            "complaint_score": tags.complaint_score,
            "language": tags.language,
            "influence": tags.influence.score,
            "influence_low": tags.influence.low,
            "influence_high": tags.influence.high,
            "influence_unknown": list(tags.influence.unknown),
            "influence_reasons": [
                {"reason": one.reason, "points": one.points}
                for one in tags.influence.reasons
            ],
            "signals": [
                {
                    "kind": one.kind.value,
                    "sign": one.tells and one.tells.value,
                    "score": one.score,
                    "words": list(one.words),
                }
                for one in tags.signals
            ],
            "doubts": [doubt.value for doubt in tags.doubts],
            "topic": topic(tags),
            "relevance": tags.relevance and asdict(tags.relevance),
            "others": others(tags),
            "model": tags.model,
        },
        "corrections": [correction_row(one) for one in seen.corrections],
        "decision": decision
        and {
            "outcome": decision.outcome.value,
            "decided_at": seen.decided_at,
            "scope": {
                name: asdict(fact) for name, fact in decision.scope.facts.items()
            },
            "verdict": decision.scope.verdict.value,
            "house": _named(decision.house_pack),
            "house_sha256": decision.house_pack.sha256,
            "regulation": _named(decision.regulation_pack),
            "regulation_sha256": decision.regulation_pack.sha256,
            "reasons": [asdict(reason) for reason in decision.reasons],
        },
    }


def _further(policy: Policy) -> set[str]:
    """Name the events of all other packs, which a ticket may be under too."""
    packs = policy.library()
    return {name for one in packs for name in (*one.events, *one.also)} - {"closed"}


def no_event(event: str, known: AbstractSet[str], further: AbstractSet[str]) -> str:
    """Say that there is no such event, and what may have been meant.

    A person is not given all packs' names at once: those in use are enough.
    """
    message = f"{event!r} is no event of these packs"
    if event == "closed":
        return f"{message}; close a ticket by 'bot ticket close'"
    near = get_close_matches(event, sorted(known | further), n=5)
    if near:
        return f"{message}; did you mean {', '.join(near)}?"
    names = ", ".join(sorted(known))
    return f"{message}; of the packs in use there are: {names}"


UNMOVED = "no clock of this ticket changed by it"


@app.command("record")
def record(  # noqa: PLR0913 - each is an option of the command
    key: Key,
    event: Annotated[str, typer.Argument(help="What happened, as the pack names it.")],
    *,
    by: By,
    at: Annotated[
        str | None, typer.Option("--at", help="When, ISO 8601; now if left out.")
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(
            "--fact",
            help="NAME=VALUE that came with it: reason_code, contents, stage, days.",
        ),
    ] = None,
    given_elsewhere: Annotated[
        Way | None, typer.Option(help="How it was given where the bot cannot see it.")
    ] = None,
    given_by: Annotated[
        str | None,
        typer.Option(callback=maybe_person, help="Who gave it; else who records it."),
    ] = None,
    note: Annotated[
        str, typer.Option(help="What shows that it was given; the log has its hash.")
    ] = "",
    text: Annotated[
        Path | None,
        typer.Option(help="The legal notice that was given, to be checked; not kept."),
    ] = None,
    outcome: Annotated[
        Ending | None, typer.Option(help="How that notice says the complaint ended.")
    ] = None,
    issue: Annotated[
        list[str] | None,
        typer.Option(help="One thing that the complaint raises; once for each."),
    ] = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Record an event, such as idr_response_provided; it may meet or waive clocks."""
    with opened(config, db) as bot:
        known = work.recordable(bot.policy)
        further = set() if event in known else _further(bot.policy)
        if event not in known | further | set(work.SEEN_BY_THE_BOT):
            raise SettingsError(no_event(event, known, further))
        happened_at = instant(at) if at else bot.clock.now()
        ticket_id = TicketId(number(key, "T"))
        told = facts_of(fact or ())
        asked = Asked(
            outcome=outcome.value if outcome else "",
            issues=tuple(issue or ()),
            reason_code=told.get(REASON, ""),
        )
        recorded = work.record(
            bot.store,
            bot.clock,
            ticket_id,
            event,
            by=by,
            rulebook=bot.policy.rulebook,
            happened_at=happened_at,
            facts=told,
            elsewhere=_elsewhere(given_elsewhere, given_by, note, by=by),
            checked=_checked(bot, ticket_id, event, text, asked),
        )
    when = output.cell(happened_at.astimezone(UTC))
    output.out.print(f"{event} at {when} recorded on {key}", markup=False)
    tell_recorded(recorded)
    if notice := bot.policy.rulebook.notice_of(event):
        _tell_checked(key, notice, is_checked=text is not None)


def tell_recorded(recorded: work.Recorded) -> None:
    """Print what an event did to the clocks, a line each."""
    for change in recorded.changes:
        moved = change.was is not change.state
        was = f"{change.was.value} -> " if moved else ""
        words = f"  {was}{change.state.value}: {change.reason.text}"
        output.out.print(words, markup=False, soft_wrap=True)
    tell_followed(recorded.followed, otherwise="" if recorded.changes else UNMOVED)


def _tell_checked(key: str, notice: str, *, is_checked: bool) -> None:
    """Say aloud whether anybody looked at what a legal notice held."""
    words = "  its contents were checked against the pack"
    if not is_checked:
        words = (
            f"  nobody checked what it held, and the record says so; bot notice check "
            f"{key} FILE --as {notice} does"
        )
    output.out.print(words, markup=False, soft_wrap=True)


def _checked(
    bot: App, ticket_id: TicketId, event: str, text: Path | None, asked: Asked
) -> Mapping[str, str]:
    """Return what a check of a notice's text found; raise what is missing in it."""
    if text is None:
        return {}
    notice = bot.policy.rulebook.notice_of(bot.policy.rulebook.canonical(event))
    if not notice:
        raise SettingsError(f"{event} tells of no legal notice; leave --text out")
    return checked_facts(
        bot.store,
        bot.policy,
        bot.letters,
        bot.clock,
        ticket_id,
        text_of(text),
        notice=notice,
        asked=asked,
    )


def _elsewhere(
    way: Way | None, given_by: str | None, note: str, *, by: str
) -> work.Elsewhere | None:
    if way is None:
        if note or given_by:
            option = "--note" if note else "--given-by"
            message = f"{option} is for what was given: --given-elsewhere WAY"
            raise SettingsError(message)
        return None
    if not note.strip():
        raise SettingsError("say by --note what shows that it was given")
    return work.Elsewhere(way=way, given_by=given_by or by, note=note.strip())


@app.command("withdraw")
def withdraw(  # noqa: PLR0913 - each is an option of the command
    key: Key,
    event: Annotated[str, typer.Argument(help="What was recorded wrongly.")],
    *,
    by: By,
    reason: Why,
    at: Annotated[
        str | None, typer.Option("--at", help="Which of several: when it happened.")
    ] = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Withdraw an event that was recorded wrongly; clocks stand as without it."""
    with opened(config, db) as bot:
        done = withdrawals.withdraw(
            bot.store,
            bot.policy,
            bot.clock,
            TicketId(number(key, "T")),
            event,
            by=by,
            why=reason,
            happened_at=instant(at) if at else None,
        )
    when = output.cell(done.event.happened_at)
    words = f"{done.event.name} at {when} on {key} is withdrawn"
    output.out.print(words, markup=False)
    for before, after in done.clocks:
        words = f"  {before.state.value} -> {_told(after)}: {after.plan.rule}"
        output.out.print(words, markup=False, soft_wrap=True)
    tell_followed(done.followed, otherwise="" if done.clocks else UNMOVED)


@app.command("class")
def classify(
    key: Key,
    legal_class: Annotated[str, typer.Argument(help="A class of the ticket's pack.")],
    *,
    by: By,
    reason: Why,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say of which class a complaint is; its legal clocks follow, from the receipt."""
    with opened(config, db) as bot:
        followed = work.classify(
            bot.store,
            bot.clock,
            TicketId(number(key, "T")),
            legal_class,
            by=by,
            why=reason,
            rulebook=bot.policy.rulebook,
        )
    output.out.print(f"{key} is of class {legal_class}", markup=False)
    tell_followed(followed, otherwise=UNMOVED)


Need = Annotated[Sign, typer.Argument(help="The sign of a need.")]


@app.command("flag")
def flag(
    key: Key,
    sign: Need,
    *,
    by: By,
    reason: Why,
    config: Config = None,
    db: Db = None,
) -> None:
    """Put a sign of a need on a ticket: it goes to the people who are prepared."""
    with opened(config, db) as bot:
        ticket = care.flag(
            bot.store,
            bot.clock,
            bot.policy.house,
            bot.policy.calendar,
            TicketId(number(key, "T")),
            sign,
            by=by,
            why=reason,
        )
    words = f"{ticket.key} bears {sign}; it lies in the queue {ticket.queue}"
    output.out.print(words, markup=False)


@app.command("unflag")
def unflag(
    key: Key,
    sign: Need,
    *,
    by: By,
    reason: Why,
    config: Config = None,
    db: Db = None,
) -> None:
    """Take a sign of a need off a ticket; it stays where it stands."""
    with opened(config, db) as bot:
        ticket = care.unflag(
            bot.store, bot.clock, TicketId(number(key, "T")), sign, by=by, why=reason
        )
    left = ", ".join(ticket.signs) or "none"
    output.out.print(f"{sign} taken off {ticket.key}; its signs: {left}", markup=False)


def tell_followed(lines: Sequence[str], *, otherwise: str = "") -> None:
    """Print what else moved on a ticket, a line each; ``otherwise`` if nothing did."""
    for line in lines or filter(None, [otherwise]):
        output.out.print(f"  {line}", markup=False, soft_wrap=True)


def facts_of(given: Sequence[str]) -> dict[str, str]:
    """Read NAME=VALUE; raise ``SettingsError`` for what is not so."""
    found = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not (name and sign and value):
            raise SettingsError(f"--fact {one} is not NAME=VALUE")
        found[name] = value
    return found


def instant(written: str) -> datetime:
    """Read ISO 8601, in UTC if it has no offset; raise ``SettingsError`` otherwise."""
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        message = f"{written!r} is no instant; write 2026-11-22T09:30:00+11:00"
        raise SettingsError(message) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


@app.command("close")
def close(key: Key, *, by: By, config: Config = None, db: Db = None) -> None:
    """Close a ticket; its legal clocks run on until what they ask for was done."""
    with opened(config, db) as bot:
        closed = work.close(
            bot.store,
            bot.clock,
            TicketId(number(key, "T")),
            by=by,
            rulebook=bot.policy.rulebook,
            follow_ups=bot.policy.house.follow_ups,
        )
        with bot.store.reading() as store:
            clocks = store.clocks.of_ticket(closed.id)
    output.out.print(f"{closed.key} is closed", markup=False)
    for one in clocks:
        if one.is_duty and not one.is_over:
            words = f"  still owed: {one.plan.rule}, {_told(one)}"
            output.out.print(words, markup=False, soft_wrap=True)


@app.command("reopen")
def reopen(
    key: Key, *, by: By, reason: Why, config: Config = None, db: Db = None
) -> None:
    """Open a closed ticket again; the house's promises run anew, the law's go on."""
    with opened(config, db) as bot:
        ticket = reopening.reopen(
            bot.store,
            bot.policy,
            bot.clock,
            TicketId(number(key, "T")),
            by=by,
            why=reason,
        )
    words = f"{ticket.key} is open again; it lies in the queue {ticket.queue}"
    output.out.print(words, markup=False)


@app.command("mark")
def mark(
    key: Key,
    word: Annotated[str, typer.Argument(help="a-z, 0-9, - and _, such as outage-7.")],
    *,
    by: By,
    config: Config = None,
    db: Db = None,
) -> None:
    """Put a word on a ticket by which 'ticket list --mark' finds it."""
    with opened(config, db) as bot:
        work.mark(bot.store, bot.clock, TicketId(number(key, "T")), word, by=by)
    output.out.print(f"{key} bears the mark {word}", markup=False)
