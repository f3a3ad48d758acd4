"""A ticket under the shipped rules of RG 271, and days that pass on it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.clocks import Clock
from bot.domain.tickets import Ticket
from bot.rules.calendars import calendar_of
from bot.rules.library import load_library
from bot.services.cases import Rulebook
from bot.services.sweep import sweep
from bot.services.tickets import Recorded, classify, record
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.unit.rules.packs import ROOT
from tests.unit.services.world import house

LIBRARY = load_library(ROOT / "config" / "packs")
SYDNEY = calendar_of("AU-NSW")


class LivedCase:
    """One ticket with the legal clocks of a complaint, as ana works on it."""

    def __init__(
        self, store: SqlStore, clock: ManualClock, ticket: Ticket, rulebook: Rulebook
    ) -> None:
        self.store, self.clock = store, clock
        self.ticket, self.rulebook = ticket, rulebook

    def on(self, day: int) -> datetime:
        """Let so many days pass since the receipt, and let the sweep look."""
        at = max(START + timedelta(days=day), self.clock.now())
        self.clock.move_to(at)
        while sweep(self.store, self.clock, house()):
            pass
        return at

    def tell(self, event: str, day: int, **facts: str) -> Recorded:
        at = self.on(day)
        return record(
            self.store,
            self.clock,
            self.ticket.id,
            event,
            by="ana",
            rulebook=self.rulebook,
            happened_at=at,
            facts=facts,
        )

    def of_class(self, name: str, day: int = 0) -> None:
        self.on(day)
        classify(
            self.store,
            self.clock,
            self.ticket.id,
            name,
            by="ana",
            why="she says so",
            rulebook=self.rulebook,
        )

    def of(self, rule: str) -> Clock:
        with self.store.reading() as work:
            clocks = work.clocks.of_ticket(self.ticket.id)
        return next(one for one in clocks if one.plan.rule == rule)

    def due(self, rule: str) -> int:
        """Return in how many days after the receipt one is due."""
        last = SYDNEY.local_date(self.of(rule).plan.due_strict)
        return (last - SYDNEY.local_date(START)).days
