"""One reply from draft to proof, as the log and the tables tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.audit import LoggedEntry
from bot.domain.clocks import ClockState
from bot.domain.ports import Work
from bot.domain.replies import Approval, Reply
from bot.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One wording that it had; only the present one's text is kept."""

    text_sha256: str
    written_by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One entry of the log about it."""

    at: datetime
    did: str
    actor: str
    text_sha256: str
    attempts: int
    external_id: str
    reason: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What it counted as once it was read back, and which promises that kept."""

    event: str
    happened_at: datetime
    recorded_at: datetime
    met: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What became of a reply, each part in order."""

    versions: Sequence[Version]
    approvals: Sequence[Approval]
    steps: Sequence[Step]
    meant: Sequence[Meaning]


def story_of(work: Work, reply: Reply) -> Story:
    """Tell it from its first words to the last look at the platform."""
    steps = [_step(one) for one in work.audit.about(f"reply:{reply.id}")]
    return Story(
        versions=tuple(_versions(reply, steps)),
        approvals=work.replies.approvals(reply.id),
        steps=steps,
        meant=tuple(_meanings(work, reply)),
    )


def _step(entry: LoggedEntry) -> Step:
    detail = json.loads(entry.detail)
    return Step(
        at=datetime.fromisoformat(entry.at),
        did=entry.action.removeprefix("reply."),
        actor=entry.actor,
        text_sha256=detail.get("text_sha256") or "",
        attempts=detail.get("attempts") or 0,
        external_id=detail.get("external_id") or "",
        reason=detail.get("reason") or _found(detail),
        error=detail.get("error") or "",
    )


def _found(detail: Mapping[str, Any]) -> str:
    """Say what the guard found in words that it looked at."""
    return ", ".join([detail["verdict"], *detail["rules"]]) if "rules" in detail else ""


def _versions(reply: Reply, steps: Sequence[Step]) -> Iterator[Version]:
    last = ""
    for step in steps:
        if step.text_sha256 in {"", last}:
            continue
        last = step.text_sha256
        text = reply.text if last == reply.text_hash else ""
        yield Version(text_sha256=last, written_by=step.actor, at=step.at, text=text)


def _meanings(work: Work, reply: Reply) -> Iterator[Meaning]:
    ticket_id = TicketId(reply.ticket_id)
    clocks = work.clocks.of_ticket(ticket_id)
    for event in work.tickets.events(ticket_id):
        if event.detail == reply.key:
            yield Meaning(
                event=event.name,
                happened_at=event.happened_at,
                recorded_at=event.recorded_at,
                met=tuple(
                    one.plan.rule
                    for one in clocks
                    if one.state is ClockState.MET
                    and one.ended_at == event.happened_at
                    and event.name in one.plan.met_by
                ),
            )
