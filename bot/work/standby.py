"""Any number of schedulers, of which the one that holds the lease is active."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from bot.bootstrap import App
from bot.errors import BotError
from bot.logs import logger
from bot.services.desks import mirror_pending, receive_pending
from bot.services.follow_up_texts import run_follow_ups
from bot.services.handoff import run_hand_offs
from bot.services.health import check_sources
from bot.services.ingest import Source
from bot.services.notices import deliver_pending
from bot.services.removals import ROUND_EVERY, honour_removals
from bot.services.seal import SEEK_EVERY, seal_pending, write_head
from bot.services.sweep import watch
from bot.services.triggers import warn
from bot.services.volume import COUNT_EVERY, roll_up
from bot.services.watchdog import guard
from bot.services.webhooks import tell_pending
from bot.work.renewal import Renewal
from bot.work.scheduler import RENEW_EVERY, Job, Lease, Schedule
from bot.work.steps import Errand, Step, may_be_asked, waiting

TICK = timedelta(seconds=1)
"""How often the database is asked what waits."""

Call = Callable[[Errand, timedelta], bool]
"""Leaves an errand for a worker, at most once in the time given."""


def keep_schedule(
    app: App, call: Call, stop: threading.Event, tell: Callable[[str], None]
) -> None:
    """Run the schedule whenever the lease is ours, until ``stop`` is set.

    A lease that cannot be renewed, for whatever reason, counts as lost: the jobs end,
    and the wait for it begins anew.
    """
    lease = Lease(app.store)
    active: Schedule | None = None
    told = ""
    try:
        while not stop.is_set():
            held = _taken(lease)
            if held and active is None:
                active = Schedule(jobs(app, call), threading.Event())
                active.start()
            elif active is not None and not held:
                active.close()
                active = None
            says = "Scheduling" if held else "Waiting: another scheduler is active"
            if says != told:
                tell(f"{says}; Ctrl-C stops.")
                told = says
            stop.wait(RENEW_EVERY.total_seconds())
    finally:
        if active is not None:
            active.close()
            lease.release()


def _taken(lease: Lease) -> bool:
    try:
        return lease.take()
    except BotError as error:
        logger("schedule").error("lease out of reach", error=error.detail)
        return False


def jobs(app: App, call: Call) -> list[Job]:
    """Return what a scheduler does: call workers, and keep watch itself."""
    listening = [
        Job(
            name=f"listen:{one.name}",
            every=max(one.every, TICK),
            run=partial(_call_listener, app, call, one),
            lane="call",
        )
        for one in app.polled
    ]
    return [
        *listening,
        Job(
            name="call", every=TICK, run=partial(_call_workers, app, call), lane="call"
        ),
        Job(name="policy", every=TICK, run=Renewal(app), lane="watch"),
        Job(name="watch", every=TICK, run=partial(_watch, app), lane="watch"),
        Job(
            name="watchdog",
            every=app.settings.watchdog.every,
            run=partial(guard, app.store, app.clock, app.heartbeat),
            lane="watchdog",
        ),
        Job(
            name="removals",
            every=ROUND_EVERY,
            run=partial(_honour_removals, app),
            lane="removals",
        ),
        Job(
            name="health",
            every=ROUND_EVERY,
            run=partial(_check_sources, app),
            lane="removals",
        ),
        Job(name="notify", every=TICK, run=partial(_notify, app), lane="notify"),
        Job(name="mirror", every=TICK, run=partial(_mirror, app), lane="mirror"),
        Job(name="count", every=COUNT_EVERY, run=partial(_count, app), lane="count"),
        Job(
            name="webhooks",
            every=TICK,
            run=partial(_tell_programs, app),
            lane="webhooks",
        ),
        Job(name="seal", every=app.seal_every, run=partial(_seal, app), lane="seal"),
        Job(
            name="seal all",
            every=SEEK_EVERY,
            run=partial(_seal, app, everything=True),
            lane="seal",
        ),
    ]


def _call_listener(app: App, call: Call, source: Source) -> None:
    if may_be_asked(app, source):
        call(Errand(step=Step.LISTEN, where=source.name), source.every)


def _call_workers(app: App, call: Call) -> None:
    for errand in waiting(app):
        call(errand, TICK)


def _watch(app: App) -> None:
    policy = app.policy
    watch(app.store, app.clock, policy.house, app.people, on_change=app.on_change)
    while warn(app.store, app.clock, policy):
        pass
    while run_follow_ups(app.store, policy, app.manners, app.clock):
        pass
    while run_hand_offs(app.store, app.hand_offs, app.clock):
        pass


def _honour_removals(app: App) -> None:
    honour_removals(app.store, app.sources.values(), app.clock)


def _check_sources(app: App) -> None:
    check_sources(app.store, app.sources.values(), app.clock)


def _notify(app: App) -> None:
    deliver_pending(app.store, app.notifiers, app.clock, by_rule=app.by_rule)


def _tell_programs(app: App) -> None:
    while tell_pending(app.store, app.clock, app.vault, app.subscriptions):
        pass


def _mirror(app: App) -> None:
    receive_pending(app.store, app.mirrors, app.clock)
    mirror_pending(app.store, app.mirrors, app.clock)


def _count(app: App) -> None:
    while roll_up(app.store, app.clock, app.settings.zone):
        pass


def _seal(app: App, *, everything: bool = False) -> None:
    batch = app.settings.audit.batch
    while seal_pending(app.store, app.clock, limit=batch, everything=everything):
        pass
    if app.head_dir is not None:
        write_head(app.store, app.head_dir)
