"""Switches that every process obeys, and leases that make one of them active."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, or_, select

from bot.storage.statements import Repository, insert
from bot.storage.tables import LeaseRow, SwitchRow, table

SWITCHES, LEASES = table(SwitchRow), table(LeaseRow)


class SqlSwitches(Repository):
    """Named values such as the kill switch."""

    __slots__ = ()

    def get(self, name: str) -> str:
        """Return a switch's value; empty if it was never set."""
        query = select(SWITCHES.c.value).where(SWITCHES.c.name == name)
        return self._db.scalar(query) or ""

    def under(self, name: str) -> Mapping[str, str]:
        """Return the switches that are on, of a name and those that begin with it."""
        query = select(SWITCHES.c.name, SWITCHES.c.value).where(
            SWITCHES.c.value != "",
            or_(
                SWITCHES.c.name == name,
                SWITCHES.c.name.startswith(f"{name}.", autoescape=True),
            ),
        )
        return {row.name: row.value for row in self._db.execute(query)}

    def set(self, name: str, value: str, *, by: str, at: datetime) -> None:
        """Set it."""
        news = {"value": value, "set_by": by, "set_at": at}
        self._db.execute(
            insert(self._db, SWITCHES).on_conflict_do_update(
                index_elements=["name"], set_=news
            ),
            {"name": name, **news},
        )


class SqlLeases(Repository):
    """Who is the active one."""

    __slots__ = ()

    def take(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Take or renew a lease; ``False`` while somebody else holds it."""
        news = {"holder": holder, "expires_at": until}
        statement = (
            insert(self._db, LEASES)
            .on_conflict_do_update(
                index_elements=["name"],
                set_=news,
                where=or_(LEASES.c.holder == holder, LEASES.c.expires_at <= now),
            )
            .returning(LEASES.c.holder)
        )
        return self._db.scalar(statement, {"name": name, **news}) is not None

    def release(self, name: str, holder: str) -> None:
        """Give it back, if it is still held."""
        self._db.execute(
            delete(LEASES).where(LEASES.c.name == name, LEASES.c.holder == holder)
        )
