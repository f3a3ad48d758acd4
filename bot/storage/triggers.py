"""How often triggers acted, and what they count."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from bot.storage.statements import Repository, insert_new
from bot.storage.tables import IncidentRow, TriggerItemRow, table

ITEMS, INCIDENTS = table(TriggerItemRow), table(IncidentRow)


class SqlTriggers(Repository):
    """Rows, so that a limit or an incident holds however often we are restarted."""

    __slots__ = ()

    def acted(
        self, trigger: str, scope: str, at: datetime, *, within: timedelta
    ) -> int:
        """Count how often one acted on a conversation in the span before an instant."""
        query = select(func.count()).where(
            ITEMS.c.trigger == trigger,
            ITEMS.c.scope == scope,
            ITEMS.c.happened_at > at - within,
            ITEMS.c.happened_at <= at,
        )
        return self._db.scalar(query) or 0

    def act(self, trigger: str, scope: str, at: datetime, *, within: timedelta) -> int:
        """Write that it acts, and return the number of that; older ones are dropped."""
        past = ITEMS.delete().where(
            ITEMS.c.trigger == trigger,
            ITEMS.c.scope == scope,
            ITEMS.c.happened_at <= at - within,
        )
        self._db.execute(past)
        row = {"trigger": trigger, "scope": scope, "happened_at": at}
        return int(self._db.scalar(insert_new(self._db, ITEMS, "id"), row) or 0)

    def gather(
        self, trigger: str, scope: str, at: datetime, *, items: int, within: timedelta
    ) -> datetime | None:
        """Count one more item; return the start of the episode that it opens, if any.

        The matter's row is held until the end, as two that count at the same time would
        both open one, or neither.
        """
        which = {"trigger": trigger, "scope": scope}
        self._db.execute(insert_new(self._db, INCIDENTS), which)
        here = (INCIDENTS.c.trigger == trigger, INCIDENTS.c.scope == scope)
        known = self._db.execute(select(INCIDENTS).where(*here).with_for_update()).one()
        self.act(trigger, scope, at, within=within)
        lasts = known.lasts_until is not None and at <= known.lasts_until
        is_many = self.acted(trigger, scope, at, within=within) >= items
        if not (lasts or is_many):
            return None
        news = {"lasts_until": max(at + within, known.lasts_until or at)}
        if not lasts:
            news["opened_at"] = at
        self._db.execute(update(INCIDENTS).where(*here).values(news))
        return None if lasts else at
