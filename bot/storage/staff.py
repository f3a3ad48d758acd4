"""Our people at the console: who they are, where they are signed in, what was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.domain.staff import (
    ApiKey,
    Failures,
    Grant,
    KeyId,
    Role,
    Session,
    SessionId,
    User,
    UserId,
)
from bot.domain.tickets import TicketId
from bot.errors import Missing, Stale
from bot.storage.statements import AnyRow, Repository, insert
from bot.storage.tables import (
    ApiKeyRow,
    FailureRow,
    GrantRow,
    SecretRow,
    SessionRow,
    UserRow,
    table,
)

USERS, SESSIONS, KEYS = table(UserRow), table(SessionRow), table(ApiKeyRow)
GRANTS, FAILURES, SECRETS = table(GrantRow), table(FailureRow), table(SecretRow)


class SqlStaff(Repository):
    """Users, sessions, API keys, grants and failures."""

    __slots__ = ()

    # --- users

    def add(self, user: User) -> User:
        """Store a new one and return them with their id; ``Stale`` for a name taken."""
        statement = USERS.insert().returning(USERS.c.id)
        try:
            with self._db.begin_nested():
                number = self._db.scalar(statement, _user_row(user))
        except IntegrityError:
            message = f"the name {user.name} is taken; choose another"
            raise Stale(message) from None
        return replace(user, id=UserId(number))

    def get(self, user_id: UserId) -> User:
        """Return one, or raise ``Missing``."""
        found = self._db.execute(select(USERS).where(USERS.c.id == user_id)).first()
        if found is None:
            raise Missing("there is no such user")
        return _user(found)

    def named(self, name: str) -> User | None:
        """Return whose name it is, however it is capitalised."""
        query = select(USERS).where(USERS.c.key == name.casefold())
        found = self._db.execute(query).first()
        return None if found is None else _user(found)

    def known_as(self, subject: str) -> User | None:
        """Return who it is that the identity provider names so."""
        query = select(USERS).where(USERS.c.subject == subject)
        found = self._db.execute(query).first()
        return None if found is None else _user(found)

    def with_link(self, link: str) -> User | None:
        """Return who was given the link of this hash."""
        found = self._db.execute(select(USERS).where(USERS.c.link == link)).first()
        return None if found is None else _user(found)

    def listing(self, limit: int, *, after: str = "") -> Sequence[User]:
        """Return them by name, from behind one on."""
        query = (
            select(USERS)
            .where(USERS.c.key > after.casefold())
            .order_by(USERS.c.key)
            .limit(limit)
        )
        return [_user(row) for row in self._db.execute(query)]

    def save(self, user: User) -> User:
        """Write a changed one; ``Stale`` if the stored version is not the given one's.

        Not the last code's half minute: ``use_code`` alone writes it.
        """
        after = replace(user, version=user.version + 1)
        row = {
            name: value for name, value in _user_row(after).items() if name not in _KEPT
        }
        statement = (
            update(USERS)
            .where(USERS.c.id == user.id, USERS.c.version == user.version)
            .values(row)
        )
        if self._db.execute(statement).rowcount != 1:
            message = f"{user.name} was changed by somebody else; look again"
            raise Stale(message)
        return after

    def use_code(self, user_id: UserId, step: int) -> bool:
        """Use up the code of a half minute; ``False`` if it, or a later one, was."""
        statement = (
            update(USERS)
            .where(USERS.c.id == user_id, USERS.c.totp_step < step)
            .values(totp_step=step)
        )
        return self._db.execute(statement).rowcount == 1

    # --- sessions

    def begin(self, session: Session) -> Session:
        """Store a session and return it with its id; those that ended go."""
        self._db.execute(
            delete(SESSIONS).where(SESSIONS.c.ends_at <= session.started_at)
        )
        row = {one: getattr(session, one) for one in _SESSION if one != "id"}
        number = self._db.scalar(SESSIONS.insert().returning(SESSIONS.c.id), row)
        return replace(session, id=SessionId(number or 0))

    def session(self, token: str) -> tuple[Session, User] | None:
        """Return the session of a cookie's hash, with whose it is, in one read."""
        query = (
            select(
                USERS, *(SESSIONS.c[name].label(f"session_{name}") for name in _SESSION)
            )
            .join(SESSIONS, SESSIONS.c.user_id == USERS.c.id)
            .where(SESSIONS.c.token == token)
        )
        row = self._db.execute(query).first()
        if row is None:
            return None
        found = {name: getattr(row, f"session_{name}") for name in _SESSION}
        return Session(**found), _user(row)

    def sessions(self, user_id: UserId) -> Sequence[Session]:
        """Return somebody's sessions, the newest first."""
        query = (
            select(SESSIONS)
            .where(SESSIONS.c.user_id == user_id)
            .order_by(SESSIONS.c.id.desc())
        )
        return [
            Session(**{name: getattr(row, name) for name in _SESSION})
            for row in self._db.execute(query)
        ]

    def touch(self, session_id: SessionId, at: datetime) -> None:
        """Write that a session is in use."""
        self._db.execute(
            update(SESSIONS)
            .where(SESSIONS.c.id == session_id, SESSIONS.c.seen_at < at)
            .values(seen_at=at)
        )

    def end(self, user_id: UserId, session_id: SessionId) -> bool:
        """End one of somebody's sessions; ``False`` if it is over already."""
        statement = delete(SESSIONS).where(
            SESSIONS.c.id == session_id, SESSIONS.c.user_id == user_id
        )
        return self._db.execute(statement).rowcount == 1

    def end_all(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        """End somebody's sessions, all or all but one; return how many there were."""
        statement = delete(SESSIONS).where(SESSIONS.c.user_id == user_id)
        if but is not None:
            statement = statement.where(SESSIONS.c.id != but)
        return self._db.execute(statement).rowcount

    # --- keys

    def add_key(self, key: ApiKey) -> ApiKey:
        """Store a key and return it with its id; ``Stale`` for a name taken."""
        row = {one: getattr(key, one) for one in _KEY if one != "id"}
        row |= {"key": key.name.casefold(), "brands": tuple(sorted(key.brands))}
        try:
            with self._db.begin_nested():
                number = self._db.scalar(KEYS.insert().returning(KEYS.c.id), row)
        except IntegrityError:
            message = f"the name {key.name} is taken; choose another"
            raise Stale(message) from None
        return replace(key, id=KeyId(number or 0))

    def key(self, token: str) -> ApiKey | None:
        """Return the key of a hash."""
        found = self._db.execute(select(KEYS).where(KEYS.c.token == token)).first()
        return None if found is None else _key(found)

    def key_named(self, name: str) -> ApiKey | None:
        """Return the key of a name, however it is capitalised."""
        query = select(KEYS).where(KEYS.c.key == name.casefold())
        found = self._db.execute(query).first()
        return None if found is None else _key(found)

    def keys(self, limit: int) -> Sequence[ApiKey]:
        """Return the keys, the newest first."""
        query = select(KEYS).order_by(KEYS.c.id.desc()).limit(limit)
        return [_key(row) for row in self._db.execute(query)]

    def use_key(self, key: ApiKey, at: datetime) -> None:
        """Write that a key is in use."""
        self._db.execute(update(KEYS).where(KEYS.c.id == key.id).values(used_at=at))

    def revoke_key(self, key: ApiKey, at: datetime) -> bool:
        """Let a key be of no use any more; ``False`` if it is so already."""
        statement = (
            update(KEYS)
            .where(KEYS.c.id == key.id, KEYS.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        return self._db.execute(statement).rowcount == 1

    # --- grants

    def give(self, grants: Sequence[Grant]) -> None:
        """Let regulators read tickets; what was given before is given anew."""
        for grant in grants:
            row = {name: getattr(grant, name) for name in _GRANT}
            news = {
                one: row[one] for one in ("given_at", "given_by", "until", "reason")
            }
            self._db.execute(
                insert(self._db, GRANTS).on_conflict_do_update(
                    index_elements=["user_id", "ticket_id"], set_=news
                ),
                row,
            )

    def take_back(self, user_id: UserId, ticket_id: TicketId) -> bool:
        """Take a ticket back from a regulator; ``False`` if they did not have it."""
        statement = delete(GRANTS).where(
            GRANTS.c.user_id == user_id, GRANTS.c.ticket_id == ticket_id
        )
        return self._db.execute(statement).rowcount == 1

    def given(self, user_id: UserId) -> Sequence[Grant]:
        """Return what a regulator was given, over or not, by ticket."""
        query = (
            select(GRANTS)
            .where(GRANTS.c.user_id == user_id)
            .order_by(GRANTS.c.ticket_id)
        )
        return [
            Grant(**{name: getattr(row, name) for name in _GRANT})
            for row in self._db.execute(query)
        ]

    # --- failures

    def attempt(self, who: str, address: str, at: datetime) -> Failures:
        """Count a try to sign in before it is looked at; one that is locked is not.

        In one statement: of many tries at once none is looked at uncounted.
        """
        is_open = or_(FAILURES.c.locked_until.is_(None), FAILURES.c.locked_until <= at)
        statement = (
            insert(self._db, FAILURES)
            .on_conflict_do_update(
                index_elements=["who", "address"],
                set_={"count": FAILURES.c.count + 1, "last_at": at},
                where=is_open,
            )
            .returning(FAILURES)
        )
        row = {"who": who, "address": address, "count": 1, "last_at": at}
        found = self._db.execute(statement, row).first()
        if found is None:
            query = select(FAILURES).where(_is(who, address))
            found = self._db.execute(query).one()
        return Failures(**{name: getattr(found, name) for name in _FAILURE})

    def lock(self, failures: Failures, until: datetime) -> None:
        """Let no try be looked at before an instant."""
        statement = update(FAILURES).where(_is(failures.who, failures.address))
        self._db.execute(statement.values(locked_until=until))

    def succeed(self, who: str, address: str, tries: int) -> None:
        """Take back what was counted of tries that ended well."""
        self._db.execute(delete(FAILURES).where(_is(who, address)))
        for key in ((who, ""), ("", address)):
            self._db.execute(
                update(FAILURES)
                .where(_is(*key), FAILURES.c.count >= tries)
                .values(count=FAILURES.c.count - tries, locked_until=None)
            )

    def forget_failures(self, before: datetime) -> None:
        """Forget those that were not repeated since then."""
        self._db.execute(delete(FAILURES).where(FAILURES.c.last_at < before))

    def forgive(self, who: str) -> int:
        """Forget all failures under a name's hash; return how many those were."""
        statement = delete(FAILURES).where(FAILURES.c.who == who)
        return self._db.execute(statement).rowcount

    def secret(self, name: str, made: str, at: datetime) -> str:
        """Return the secret of a name that is kept here; the given one if none was."""
        self._db.execute(
            insert(self._db, SECRETS).on_conflict_do_nothing(),
            {"name": name, "value": made, "made_at": at},
        )
        query = select(SECRETS.c.value).where(SECRETS.c.name == name)
        return str(self._db.scalar(query))


_USER = tuple(one.name for one in fields(User))
_SESSION = tuple(one.name for one in fields(Session))
_KEY = tuple(one.name for one in fields(ApiKey))
_GRANT = tuple(one.name for one in fields(Grant))
_FAILURE = tuple(one.name for one in fields(Failures))
"""The columns bear the fields' names."""

_KEPT = frozenset({"key", "name", "added_at", "totp_step"})
"""What no change of a user writes."""


def _is(who: str, address: str) -> ColumnElement[bool]:
    return and_(FAILURES.c.who == who, FAILURES.c.address == address)


def _user_row(user: User) -> dict[str, object]:
    row = {name: getattr(user, name) for name in _USER if name != "id"}
    return {**row, "key": user.name.casefold(), "brands": tuple(sorted(user.brands))}


def _user(row: AnyRow) -> User:
    kept = User(**{name: getattr(row, name) for name in _USER})
    return replace(
        kept, role=Role(row.role), brands=frozenset(row.brands), recovery=row.recovery
    )


def _key(row: AnyRow) -> ApiKey:
    kept = ApiKey(**{name: getattr(row, name) for name in _KEY})
    return replace(kept, role=Role(row.role), brands=frozenset(row.brands))
