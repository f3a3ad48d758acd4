"""The breaker: when too much goes out unasked, nothing more does until a person looks.

What it holds back waits for a person like anything else that nobody agreed to, and goes
back into the queue when one lets it go on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.packs import Breaker
from bot.domain.ports import Notice, Store, Work
from bot.domain.replies import Reply, ReplyState
from bot.errors import NotAllowed
from bot.services.outbox import move_reply

SWITCH = "breaker.replies"
LET_GO_AT = "breaker.replies.let_go_at"
RULE = "house.flood.breaker"

EVERY = 1_000_000
_AFTER = timedelta(microseconds=1)


def held(work: Work, limits: Breaker, policy: str, reply: Reply, now: datetime) -> str:
    """Say why a reply that nobody agreed to must not go out by itself; trip if need be.

    Asked in the transaction that commits to sending, where turns are taken: of two that
    count at once, the second counts the first.
    """
    told = work.switches.get(SWITCH) or _too_many(work, limits, policy, reply, now)
    return f"{RULE}: {told}" if told else ""


def _too_many(
    work: Work, limits: Breaker, policy: str, reply: Reply, now: datetime
) -> str:
    let_go = work.switches.get(LET_GO_AT)
    since = datetime.fromisoformat(let_go) + _AFTER if let_go else None

    def lately(within: datetime) -> datetime:
        return within if since is None else max(within, since)

    overall, alike = limits.overall, limits.alike
    in_all = work.replies.unasked(
        policy, reply.template, lately(now - overall.within)
    ).overall
    to_so_many = work.replies.unasked(
        policy, reply.template, lately(now - alike.within)
    ).authors
    if in_all >= overall.replies:
        why = f"{in_all} replies went out unasked within {overall.within}"
    elif reply.template and to_so_many >= alike.replies:
        why = f"{reply.template} went to {to_so_many} authors within {alike.within}"
    else:
        return ""
    _trip(work, why, now)
    return why


def _trip(work: Work, why: str, now: datetime) -> None:
    work.switches.set(SWITCH, why, by="bot", at=now)
    work.audit.append(
        [
            AuditEntry(
                action="replies.breaker_tripped",
                subject="switch:breaker",
                at=now,
                detail={"reason": why},
            )
        ]
    )
    for role in ("lead", "operator"):
        work.notices.add(
            Notice(
                key=f"breaker:{now.isoformat()}:{role}",
                to=role,
                subject="No reply goes out unasked any more",
                body=f"{why}. What would have gone out by itself waits for a person "
                "now; replies that people agree to go on. See 'bot reply list --state "
                "submitted', and let it go on with 'bot reply resume --breaker'.",
                is_important=True,
            ),
            now,
        )


def let_go(store: Store, clock: Clock, policy: str, *, by: str) -> int:
    """Let replies go out unasked again, and what was held back; return how much.

    It counts from now. Raises ``NotAllowed`` where it holds nothing back.
    """
    now = clock.now()
    with store.work() as work:
        if not work.switches.get(SWITCH):
            raise NotAllowed("the breaker has not tripped; nothing waits for it")
        work.switches.set(SWITCH, "", by=by, at=now)
        work.switches.set(LET_GO_AT, now.isoformat(), by=by, at=now)
        waiting = work.replies.listing(state=ReplyState.SUBMITTED, limit=EVERY)
        moved = sum(
            _back(work, one, policy, by=by, at=now)
            for one in waiting
            if one.reason.startswith(f"{RULE}:")
        )
        work.audit.append(
            [
                AuditEntry(
                    action="replies.breaker_let_go",
                    subject="switch:breaker",
                    at=now,
                    actor=by,
                    detail={"replies": moved},
                )
            ]
        )
    return moved


def _back(work: Work, reply: Reply, policy: str, *, by: str, at: datetime) -> bool:
    """Give it the policy's yes back; all is asked again before it leaves."""
    yes = replace(reply, state=ReplyState.APPROVED, approved_by=policy, reason="")
    if not move_reply(work, yes, before=ReplyState.SUBMITTED, at=at, actor=by):
        return False
    queued = replace(yes, state=ReplyState.QUEUED)
    return move_reply(work, queued, before=ReplyState.APPROVED, at=at, actor=by)
