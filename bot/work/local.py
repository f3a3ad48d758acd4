"""One process does everything: the same services, called one after the other."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from bot.bootstrap import App
from bot.clock import ReplayClock, stopwatch
from bot.domain.mentions import EARLIEST
from bot.domain.replies import ReplyState
from bot.errors import BotError, ConnectorError
from bot.logs import logger
from bot.services.desks import mirror_pending, receive_pending
from bot.services.follow_up_texts import run_follow_ups
from bot.services.handoff import run_hand_offs
from bot.services.health import check_sources
from bot.services.ingest import Ingested, Source, ingest
from bot.services.notices import deliver_pending
from bot.services.removals import honour_removals
from bot.services.replies import (
    confirm_pending,
    look_again_pending,
    send_pending,
    settle_pending,
    withhold_pending,
)
from bot.services.seal import seal_pending, write_head
from bot.services.sweep import watch
from bot.services.tag import tag_pending
from bot.services.triage import triage_pending
from bot.services.triggers import warn
from bot.services.volume import roll_up
from bot.services.webhooks import tell_pending

STEP = timedelta(minutes=1)
LAST_STEPS = 15
"""After a replayed stream ends, its clock goes on this far for replies to settle."""

UNSETTLED = (
    ReplyState.QUEUED,
    ReplyState.SENDING,
    ReplyState.UNKNOWN,
    ReplyState.SENT,
)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a run did so far, and how long each stage took (wall seconds).

    ``failed`` is what the source that failed last said.
    """

    fetched: int = 0
    stored: int = 0
    quarantined: int = 0
    tagged: int = 0
    decided: int = 0
    sent: int = 0
    seen: int = 0
    deadlines: int = 0
    sealed: int = 0
    position: int = 0
    total: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    failed: BotError | None = None


class Local:
    """The whole path in one process, on whatever database the app has."""

    def __init__(
        self, app: App, *, tell: Callable[[Tally], None] = lambda _tally: None
    ) -> None:
        """``tell`` hears of every step forward, for a progress bar."""
        self._app, self._tell = app, tell
        self._log = logger("work")
        self.tally = Tally()

    def once(self, sources: list[Source]) -> Tally:
        """Read each source to its end, and work until nothing is left to do now."""
        self.drain()
        for source in sources:
            while (page := self.listen(source)) is not None:
                self.drain()
                if not page.more:
                    break
        self.honour_removals()
        self._let_settle()
        self.count()
        self.seal(everything=True)
        return self.tally

    def listen(self, source: Source) -> Ingested | None:
        """Read one page; ``None`` if the source failed, which is recorded and told."""
        app, tally = self._app, self.tally
        try:
            with self._timed("listen"):
                page = ingest(app.store, source, app.clock, app.own_accounts)
        except ConnectorError as error:
            self._log.warning("source failed", source=source.name, error=error.detail)
            tally.failed = error
            return None
        tally.fetched += page.fetched
        tally.stored += page.stored
        tally.quarantined += page.quarantined
        tally.position, tally.total = page.position, page.total
        self._tell(tally)
        return page

    def drain(self) -> None:
        """Do all that is waiting, and tell our own people."""
        self.work()
        self.notify()
        self.mirror()

    def work(self) -> None:
        """Tag, decide, watch, speak and seal all that is waiting."""
        self._tag_and_decide()
        self.watch_and_speak()
        self.seal()

    def _tag_and_decide(self) -> None:
        app, tally = self._app, self.tally
        while done := self._run("tag", self._tag):
            tally.tagged += done
            self._tell(tally)
        while done := self._run(
            "triage", lambda: triage_pending(app.store, app.policy, app.clock)
        ):
            tally.decided += done
            self._tell(tally)

    def _tag(self) -> int:
        return tag_pending(self._app.store, self._app.classifier, self._app.clock)

    def watch_and_speak(self) -> None:
        """Handle deadlines that came, and move every reply one step on."""
        app, tally = self._app, self.tally
        policy = app.policy
        look = partial(
            watch,
            app.store,
            app.clock,
            policy.house,
            app.people,
            on_change=app.on_change,
        )
        tally.deadlines += self._run("watch", look)
        listen = partial(warn, app.store, app.clock, policy)
        while self._run("watch", listen):
            pass
        follow_up = partial(run_follow_ups, app.store, policy, app.manners, app.clock)
        while self._run("speak", follow_up):
            pass
        lead = partial(run_hand_offs, app.store, app.hand_offs, app.clock)
        while self._run("speak", lead):
            pass
        outbox = (app.store, app.outbox, app.clock)
        while self._run("speak", partial(withhold_pending, *outbox)):
            pass
        self._run("speak", partial(settle_pending, *outbox))
        while done := self._run("speak", partial(send_pending, *outbox)):
            tally.sent += done
            self._tell(tally)
        while done := self._run("speak", partial(confirm_pending, *outbox)):
            tally.seen += done
        self._run("speak", partial(look_again_pending, *outbox))
        self._tell(tally)

    def notify(self) -> None:
        """Tell our own people what waits to be told."""
        app = self._app
        deliver = partial(
            deliver_pending,
            app.store,
            app.notifiers,
            app.clock,
            by_rule=app.by_rule,
        )
        while self._run("notify", deliver):
            pass

    def tell_programs(self) -> None:
        """Tell programs outside what was sealed since they were told last."""
        app = self._app
        tell = partial(tell_pending, app.store, app.clock, app.vault, app.subscriptions)
        while self._run("webhooks", tell):
            pass

    def honour_removals(self) -> None:
        """Ask what authors took back, and let their words go here too."""
        app = self._app
        step = partial(honour_removals, app.store, app.sources.values(), app.clock)
        self._run("removals", step)

    def check_sources(self) -> None:
        """Ask each platform how our access stands, once an hour."""
        app = self._app
        step = partial(check_sources, app.store, app.sources.values(), app.clock)
        self._run("health", step)

    def count(self) -> None:
        """Count the hours anew in which something changed."""
        app = self._app
        step = partial(roll_up, app.store, app.clock, app.settings.zone)
        while self._run("count", step):
            pass

    def mirror(self) -> None:
        """Tell outside desks of tickets, and hear what was done there."""
        mirrors = self._app.mirrors
        if not mirrors:
            return
        store, clock = self._app.store, self._app.clock
        self._run("mirror", partial(receive_pending, store, mirrors, clock))
        while self._run("mirror", partial(mirror_pending, store, mirrors, clock)):
            pass

    def seal(self, *, everything: bool = False) -> None:
        """Seal all that the log has gathered; ``everything``: what is old as well."""
        app = self._app
        if app.clock.now() <= EARLIEST:
            # A replay whose stream has not begun: no seal may bear such a date.
            return
        batch = app.settings.audit.batch
        step = partial(
            seal_pending, app.store, app.clock, limit=batch, everything=everything
        )
        while done := self._run("seal", step):
            self.tally.sealed += done
        if app.head_dir is not None:
            write_head(app.store, app.head_dir)

    def _let_settle(self) -> None:
        """Go on until replies have settled; a replayed clock goes on with them."""
        clock = self._app.clock
        for _ in range(LAST_STEPS):
            if not self._unsettled():
                break
            if isinstance(clock, ReplayClock):
                clock.move_to(clock.now() + STEP)
            self.drain()
            if not isinstance(clock, ReplayClock):
                break

    def _unsettled(self) -> bool:
        with self._app.store.reading() as work:
            return any(work.replies.listing(state=one, limit=1) for one in UNSETTLED)

    def _run(self, stage: str, step: Callable[[], int]) -> int:
        with self._timed(stage):
            return step()

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = stopwatch()
        try:
            yield
        finally:
            seconds = self.tally.seconds
            seconds[stage] = seconds.get(stage, 0.0) + stopwatch() - started


def peak_memory() -> int:
    """Return the most memory that this process ever held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes, macOS bytes.
    return peak if sys.platform == "darwin" else peak * 1024
