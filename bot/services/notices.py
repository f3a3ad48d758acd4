"""Deliver: messages to our own people go out by the first way that works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.ports import LOG, Notice, Notifier, Store, StoredNotice, Work
from bot.errors import BotError
from bot.escalate.notices import NoticeRule, rule_for
from bot.services.ingest import pause_after

GIVE_UP_AFTER = 100
"""Tries; with their growing pauses they last about a day, as a mail server may be down
for a night and a breach that nobody hears of helps nobody."""

DOWN_AFTER = 3
"""Failures in a row after which the rest waits for the next look, or goes by the next
way: a server that answers nobody would else hold up everything for minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRule:
    """Who is reached in a way of their own, and every way that a rule may name."""

    rules: Sequence[NoticeRule] = ()
    ways: Mapping[str, Notifier] = field(default_factory=dict)


NO_RULES = ByRule()


def tell_anew(work: Work, notice: Notice, now: datetime) -> None:
    """Queue a notice although its like was told before: what ran anew is told anew."""
    if not work.notices.add(notice, now):
        again = replace(notice, key=f"{notice.key}:{now.isoformat()}")
        work.notices.add(again, now)


def take_up(store: Store, clock: Clock, ids: Sequence[int], *, by: str) -> int:
    """Try again to tell people what reached nobody; return how much that is."""
    with store.work() as work:
        taken = work.notices.take_up(ids)
        if taken:
            work.audit.append(
                [
                    AuditEntry(
                        action="notices.taken_up",
                        subject="notices:given_up",
                        at=clock.now(),
                        actor=by,
                        detail={"notices": taken},
                    )
                ]
            )
    return taken


def deliver_pending(
    store: Store,
    notifiers: Sequence[Notifier],
    clock: Clock,
    *,
    by_rule: ByRule = NO_RULES,
    limit: int = 50,
) -> int:
    """Try to deliver what waits; return how many messages went out.

    Whom no rule names is told by every notifier, others by the first of their ways
    that takes it, and in the log. Nobody reached is an audit entry, not silence.
    """
    delivered = failed = 0
    look = Look(notifiers, by_rule.ways)
    lines: list[tuple[Told, StoredNotice]] = []
    for one in _due(store, by_rule.rules, clock, limit):
        rule = rule_for(by_rule.rules, one.notice.to)
        told = look.tell(one.notice, rule)
        lines.append((told, one))
        if told.reached:
            delivered, failed = delivered + 1, 0
        else:
            failed += 1
        if not told.is_a_line:
            _record(store, lines, clock)
            lines = []
        if failed == DOWN_AFTER:
            break
    _record(store, lines, clock)
    return delivered


def _due(
    store: Store, rules: Sequence[NoticeRule], clock: Clock, limit: int
) -> Sequence[StoredNotice]:
    """Return what may go out now; what is held stands in nobody's way."""
    while True:
        now = clock.now()
        with store.reading() as work:
            waiting = work.notices.waiting(now, limit)
        until = {one.id: _not_before(rules, one, now) for one in waiting}
        held = [one for one in waiting if until[one.id] > now]
        if held:
            with store.work() as work:
                for one in held:
                    _hold(work, one, now, until[one.id])
        due = [one for one in waiting if until[one.id] <= now]
        if due or not waiting:
            return due


def _not_before(
    rules: Sequence[NoticeRule], one: StoredNotice, now: datetime
) -> datetime:
    rule = rule_for(rules, one.notice.to)
    return now if rule is None else rule.not_before(one.notice, now)


def _hold(work: Work, one: StoredNotice, now: datetime, until: datetime) -> None:
    """Let what can wait rest until the hours of those whom it is for."""
    work.notices.hold(one.id, until=until)
    work.audit.append(
        [
            AuditEntry(
                action="notice.held",
                subject=f"notice:{one.id}",
                at=now,
                detail={
                    "key": one.notice.key,
                    "to": one.notice.to,
                    "until": until.isoformat(),
                },
            )
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """By which ways a message went out, and how the others failed."""

    ways: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def reached(self) -> list[str]:
        """The ways that count; a line in the log does only where none is better."""
        better = [way for way in self.ways if way != LOG]
        return better or ([] if self.failures else list(self.ways))

    @property
    def is_a_line(self) -> bool:
        """Whether nothing but a line in the log came of it.

        Such a line may come again if we die: they are recorded many at once. What left
        the machine is recorded before the next one goes out.
        """
        return self.ways == [LOG] and not self.failures


class Look:
    """One look at what waits; remembers which ways are down."""

    def __init__(
        self, usual: Sequence[Notifier], by_name: Mapping[str, Notifier]
    ) -> None:
        """Take what tells those whom no rule names, and what rules may name."""
        self._usual = usual
        self._by_name = by_name
        self._down: Counter[str] = Counter()

    def tell(self, notice: Notice, rule: NoticeRule | None) -> Told:
        """Try one message by everything, or by a rule's ways until one takes it."""
        told = Told()
        if rule is None:
            for notifier in self._usual:
                self._took(notifier, notice, told)
            return told
        chosen = rule.ways(notice)
        for notifier in self._usual:
            if notifier.name == LOG and LOG not in chosen:
                self._took(notifier, notice, told)
        for way in chosen:
            # The last one is tried even so: there is none to take its place.
            if self._down[way] >= DOWN_AFTER and way != chosen[-1]:
                told.failures.append(f"{way}: left alone until the next look")
            elif self._took(self._by_name[way], notice, told):
                break
        return told

    def _took(self, notifier: Notifier, notice: Notice, told: Told) -> bool:
        try:
            notifier.send(notice)
        except BotError as error:
            told.failures.append(f"{notifier.name}: {error.detail}")
            self._down[notifier.name] += 1
            return False
        told.ways.append(notifier.name)
        self._down[notifier.name] = 0
        return True


def _record(
    store: Store, outcomes: Sequence[tuple[Told, StoredNotice]], clock: Clock
) -> None:
    if not outcomes:
        return
    now = clock.now()
    with store.work() as work:
        entries = [_settled(work, told, one, now) for told, one in outcomes]
        work.audit.append([entry for entry in entries if entry is not None])


def _settled(
    work: Work, told: Told, one: StoredNotice, now: datetime
) -> AuditEntry | None:
    """Write what came of one, and return what the log must hold of it."""
    reached, failures = told.reached, told.failures
    last = one.attempts + 1 >= GIVE_UP_AFTER
    if reached:
        work.notices.settle(one.id, delivered_by=",".join(reached), at=now)
    else:
        work.notices.postpone(
            one.id,
            until=None if last else now + pause_after(one.attempts),
            reason="; ".join(failures) or "no way to notify is set up",
        )
    if not (reached or last):
        return None
    return AuditEntry(
        action="notice.delivered" if reached else "notice.undelivered",
        subject=f"notice:{one.id}",
        at=now,
        detail={
            "key": one.notice.key,
            "to": one.notice.to,
            "by": reached,
            "failures": failures,
        },
    )
