"""The steps that workers take: each asks the database what to do, and may run twice.

An errand says where to look, never what was found there. So errands may be lost,
doubled or late: the database still knows what waits.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.bootstrap import App
from bot.errors import ConnectorError, Missing
from bot.logs import logger
from bot.services.ingest import Source, ingest
from bot.services.replies import (
    confirm_pending,
    look_again_pending,
    send_pending,
    settle_pending,
    withhold_pending,
)
from bot.services.tag import tag_pending
from bot.services.triage import triage_pending
from bot.work.renewal import Renewal

PAGE = 64
"""Mentions to an errand of the classifiers: one batch of the model.

Pages are cut by id, so that a mention belongs to the same page however often the
database is asked, and no two workers classify it at once.
"""

LOOK_AT = 128 * PAGE
"""Untagged mentions looked at in one go; what waits behind them comes later."""


class Step(StrEnum):
    """A part of the data's path that a worker can take."""

    LISTEN = "listen"
    CLASSIFY = "classify"
    TRIAGE = "triage"
    SEND = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Where to look: a source's name, a page of mentions, or just ``all``."""

    step: Step
    where: str = "all"


def waiting(app: App) -> Iterator[Errand]:
    """Ask the database what waits, and name the errands that would do it."""
    pending = app.store.pending(app.clock.now(), limit=LOOK_AT)
    for page in dict.fromkeys(each // PAGE for each in pending.untagged):
        yield Errand(step=Step.CLASSIFY, where=str(page))
    if pending.has_undecided:
        yield Errand(step=Step.TRIAGE)
    if pending.has_replies:
        yield Errand(step=Step.SEND)


def may_be_asked(app: App, source: Source) -> bool:
    """Whether a source's pause, if it asked for one, is over."""
    with app.store.reading() as work:
        retry_at = work.sources.state(source.name).retry_at
    return retry_at is None or retry_at <= app.clock.now()


class Steps:
    """Takes steps with one app, in whatever thread it is asked to."""

    def __init__(self, app: App, stop: threading.Event) -> None:
        """``stop`` ends a long step between two transactions."""
        self._app, self._stop = app, stop
        self._renew = Renewal(app)
        self._log = logger("work")

    def prepare(self, chosen: Collection[Step]) -> None:
        """Open what the chosen steps need, and nothing else; complain before any work.

        Only classifying loads the model. Raises ``SettingsError``, ``PackError``,
        ``StorageError`` or ``ClassifyError``.
        """
        app = self._app
        _ = app.store, app.clock
        if Step.LISTEN in chosen:
            _ = app.sources, app.own_accounts
        if Step.CLASSIFY in chosen:
            _ = app.classifier
        if Step.TRIAGE in chosen:
            _ = app.policy
        if Step.SEND in chosen:
            _ = app.outbox

    def take(self, errand: Errand) -> int:
        """Do what waits there; return how much that was, 0 if others were first.

        Raises a ``BotError`` if it should be tried again later.
        """
        match errand.step:
            case Step.LISTEN:
                return self._listen(errand.where)
            case Step.CLASSIFY:
                return self._classify(errand.where)
            case Step.TRIAGE:
                return self._triage()
            case Step.SEND:
                return self._send()

    def _listen(self, name: str) -> int:
        """Read a source to its end; its failure and next try stand in the database."""
        app, stored = self._app, 0
        source = next((one for one in app.polled if one.name == name), None)
        if source is None:
            message = f"this worker's settings name no source {name!r} to listen to"
            raise Missing(message)
        while may_be_asked(app, source) and not self._stop.is_set():
            try:
                page = ingest(app.store, source, app.clock, app.own_accounts)
            except ConnectorError as error:
                self._log.warning("source failed", source=name, error=error.detail)
                break
            stored += page.stored
            if not page.more:
                break
        return stored

    def _classify(self, page: str) -> int:
        if not page.isdecimal():
            message = f"there is no page {page!r} of mentions"
            raise Missing(message)
        first = int(page) * PAGE
        app = self._app
        return tag_pending(
            app.store,
            app.classifier,
            app.clock,
            limit=PAGE,
            ids=range(first, first + PAGE),
        )

    def _triage(self) -> int:
        app, decided = self._app, 0
        self._renew()
        while not self._stop.is_set():
            done = triage_pending(app.store, app.policy, app.clock)
            if not done:
                break
            decided += done
        return decided

    def _send(self) -> int:
        app = self._app
        self._renew()
        return sum(
            step(app.store, app.outbox, app.clock)
            for step in (
                withhold_pending,
                settle_pending,
                send_pending,
                confirm_pending,
                look_again_pending,
            )
        )
