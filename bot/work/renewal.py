"""Changed packs come into force while the program runs; broken ones never do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bot.bootstrap import App, FilesSeen
from bot.clock import stopwatch
from bot.errors import BotError
from bot.logs import logger
from bot.services.lifecycle import accept_policy, refuse_policy

LOOK_EVERY = 5.0
"""Seconds; a file is read once it looked the same twice, so none that is half saved."""


class Renewal:
    """Looks at the files of one app's policy now and then."""

    def __init__(self, app: App, *, every: float | None = None) -> None:
        """Look at most every so many seconds, however often it is called."""
        self._app = app
        self._every = LOOK_EVERY if every is None else every
        self._looked_at: float | None = None
        self._seen: FilesSeen | None = None
        self._done: FilesSeen | None = None

    def __call__(self) -> None:
        """Put in force what changed, or tell the operator what is wrong with it."""
        now = stopwatch()
        if self._looked_at is not None and now - self._looked_at < self._every:
            return
        self._looked_at = now
        app, files = self._app, self._app.policy_files()
        is_settled, self._seen = files == self._seen, files
        if self._done is None:
            # It may be long since they were read.
            self._done = app.files_read
        if not is_settled or files == self._done:
            return
        self._done = files
        try:
            app.reread()
        except BotError as error:
            logger("run").error("policy refused", error=error.detail)
            refuse_policy(app.store, app.clock, error.shown)
        else:
            if accept_policy(app.store, app.clock, app.in_force):
                logger("run").info("policy renewed")


@contextmanager
def renewing(app: App, *, every: float = LOOK_EVERY) -> Iterator[None]:
    """Look beside other work, in a thread of its own, until the block ends."""
    renew, stop = Renewal(app, every=0), threading.Event()

    def look() -> None:
        while not stop.wait(every):
            try:
                renew()
            except BotError as error:
                # The database is away: the next look may find it again.
                logger("run").error("policy not renewed", error=error.detail)

    thread = threading.Thread(target=look, name="policy")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
