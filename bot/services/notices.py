"""Deliver: messages to our own people go out by the first way that works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.ports import LOG, Notice, Notifier, Store, StoredNotice
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
    for one in _due(store, by_rule.rules, clock, limit):
        rule = rule_for(by_rule.rules, one.notice.to)
        told = look.tell(one.notice, rule)
        if _record(store, told, clock, one):
            delivered, failed = delivered + 1, 0
        else:
            failed += 1
        if failed == DOWN_AFTER:
            break
    return delivered


def _due(
    store: Store, rules: Sequence[NoticeRule], clock: Clock, limit: int
) -> Sequence[StoredNotice]:
    """Return what may go out now; what is held stands in nobody's way."""
    while True:
        with store.reading() as work:
            waiting = work.notices.waiting(clock.now(), limit)
        due = [one for one in waiting if not _is_held(store, rules, clock, one)]
        if due or not waiting:
            return due


def _is_held(
    store: Store, rules: Sequence[NoticeRule], clock: Clock, one: StoredNotice
) -> bool:
    """Let what can wait rest until the hours of those whom it is for."""
    rule, now = rule_for(rules, one.notice.to), clock.now()
    until = now if rule is None else rule.not_before(one.notice, now)
    if until <= now:
        return False
    with store.work() as work:
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
    return True


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


def _record(store: Store, told: Told, clock: Clock, one: StoredNotice) -> bool:
    now = clock.now()
    reached, failures = told.reached, told.failures
    last = one.attempts + 1 >= GIVE_UP_AFTER
    with store.work() as work:
        if reached:
            work.notices.settle(one.id, delivered_by=",".join(reached), at=now)
        else:
            work.notices.postpone(
                one.id,
                until=None if last else now + pause_after(one.attempts),
                reason="; ".join(failures) or "no way to notify is set up",
            )
        if reached or last:
            work.audit.append(
                [
                    AuditEntry(
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
                ]
            )
    return bool(reached)
