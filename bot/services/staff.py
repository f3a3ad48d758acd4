"""Our people at the console: who comes, goes, may do what, and sees which cases.

Whoever's rights change signs in anew: their sessions end in the same transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.ports import Store, Work
from bot.domain.staff import (
    KEY_STARTS,
    PROVIDER,
    ApiKey,
    Grant,
    Role,
    SessionId,
    User,
    UserId,
    Viewer,
    Vouched,
    hash_of,
    wrong_in_name,
)
from bot.domain.tickets import TicketId, key_of
from bot.errors import Missing, NotAllowed, SettingsError, Stale

LINK_LASTS = timedelta(days=3)
LONGEST_KEY = timedelta(days=366)
LONGEST_VIEW = timedelta(days=92)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is shown this once: a link's or key's token, and until when it is good."""

    token: str
    ends_at: datetime


def user_named(work: Work, name: str) -> User:
    """Return whose name it is; raises ``Missing``."""
    found = work.staff.named(name)
    if found is None:
        message = f"there is no user {name!r}; see bot user list"
        raise Missing(message)
    return found


def add_user(
    store: Store,
    clock: Clock,
    name: str,
    role: Role,
    *,
    brands: Collection[str] = (),
    by: str,
) -> tuple[User, Given]:
    """Add somebody, with a link by which they set their own password.

    Raises ``SettingsError`` for what is no name, ``Stale`` for one that is taken.
    """
    _check_name(name)
    now, token = clock.now(), secrets.token_urlsafe(32)
    with store.work() as work:
        if work.staff.key_named(name) is not None:
            message = f"the name {name} is taken by an API key; choose another"
            raise Stale(message)
        user = work.staff.add(
            User(
                name=name,
                role=role,
                brands=frozenset(brands),
                added_at=now,
                link=hash_of(token),
                link_ends_at=now + LINK_LASTS,
            )
        )
        work.audit.append([_added(user, now, by)])
    return user, Given(token=token, ends_at=now + LINK_LASTS)


def make_link(
    store: Store, clock: Clock, name: str, *, by: str, without_factor: bool = False
) -> Given:
    """Make a link to a new password; an earlier one is void, and locks are lifted.

    ``without_factor`` forgets the second factor too, for a telephone that is lost.
    """
    now, token = clock.now(), secrets.token_urlsafe(32)
    with store.work() as work:
        user = user_named(work, name)
        after = replace(user, link=hash_of(token), link_ends_at=now + LINK_LASTS)
        if without_factor:
            after = replace(after, totp="", recovery=())
            work.staff.end_all(user.id)
        work.staff.save(after)
        work.staff.forgive(hash_of(user.name.casefold()))
        work.audit.append(
            [
                AuditEntry(
                    action="user.link_made",
                    subject=f"user:{user.id}",
                    at=now,
                    actor=by,
                    detail={
                        "until": (now + LINK_LASTS).isoformat(),
                        "without_factor": without_factor,
                    },
                )
            ]
        )
    return Given(token=token, ends_at=now + LINK_LASTS)


def change_user(
    store: Store,
    clock: Clock,
    name: str,
    *,
    role: Role | None = None,
    brands: Collection[str] | None = None,
    by: str,
) -> User:
    """Change what somebody may do and see; whoever's own name it is may not."""
    now = clock.now()
    with store.work() as work:
        before = user_named(work, name)
        if before.name.casefold() == by.casefold():
            message = "nobody changes their own role or brands; ask another operator"
            raise NotAllowed(message, reasons=["user.self"])
        after = replace(
            before,
            role=role or before.role,
            brands=before.brands if brands is None else frozenset(brands),
        )
        if after == before:
            return before
        after = work.staff.save(after)
        work.staff.end_all(before.id)
        work.audit.append([_changed(before, after, now, by)])
    return after


def prefer(
    store: Store, clock: Clock, user_id: UserId, *, zone: str, language: str, theme: str
) -> User:
    """Set how things are shown to somebody, by themselves."""
    with store.work() as work:
        before = work.staff.get(user_id)
        after = replace(before, zone=zone, language=language, theme=theme)
        if after == before:
            return before
        after = work.staff.save(after)
        work.audit.append([_changed(before, after, clock.now(), before.name)])
    return after


def disable(store: Store, clock: Clock, name: str, *, by: str) -> User:
    """Let somebody not in any more, at once; what they did stays theirs in the log."""
    now = clock.now()
    with store.work() as work:
        user = user_named(work, name)
        if user.name.casefold() == by.casefold():
            message = "nobody disables themselves; ask another operator"
            raise NotAllowed(message, reasons=["user.self"])
        if user.disabled_at is not None:
            return user
        after = work.staff.save(
            replace(user, disabled_at=now, link=None, link_ends_at=None)
        )
        ended = work.staff.end_all(user.id)
        work.audit.append(
            [
                AuditEntry(
                    action="user.disabled",
                    subject=f"user:{user.id}",
                    at=now,
                    actor=by,
                    detail={"sessions": ended},
                )
            ]
        )
    return after


def enable(store: Store, clock: Clock, name: str, *, by: str) -> User:
    """Let somebody in again, by the password that they had."""
    with store.work() as work:
        user = user_named(work, name)
        if user.disabled_at is None:
            return user
        after = work.staff.save(replace(user, disabled_at=None))
        work.audit.append([_entry("user.enabled", user, clock.now(), by)])
    return after


def unlock(store: Store, clock: Clock, name: str, *, by: str) -> bool:
    """Lift what locks somebody's name; say whether anything did."""
    with store.work() as work:
        user = user_named(work, name)
        if not work.staff.forgive(hash_of(user.name.casefold())):
            return False
        work.audit.append([_entry("user.unlocked", user, clock.now(), by)])
    return True


def revoke(
    store: Store, clock: Clock, name: str, *, by: str, session: SessionId | None = None
) -> int:
    """End somebody's sessions, one or all; return how many there were."""
    now = clock.now()
    with store.work() as work:
        user = user_named(work, name)
        if session is None:
            ended = work.staff.end_all(user.id)
        else:
            ended = int(work.staff.end(user.id, session))
        if ended:
            work.audit.append(
                [
                    AuditEntry(
                        action="session.revoked",
                        subject=f"user:{user.id}",
                        at=now,
                        actor=by,
                        detail={"session": session, "sessions": ended},
                    )
                ]
            )
    return ended


# --- whom the identity provider vouches for


def vouched_for(store: Store, clock: Clock, who: Vouched) -> User:
    """Return who it is here: added when first vouched for, changed as they are now.

    Raises ``NotAllowed`` for whoever has no role or is disabled, and for a name that
    is somebody else's here: nobody becomes another by being called like them.
    """
    refused: NotAllowed | None = None
    with store.work() as work:
        known = work.staff.known_as(who.subject)
        if who.role is None or (known is not None and known.disabled_at is not None):
            # Committed as well: whoever lost their role is not left signed in.
            refused = _not_here(work, clock, known)
        elif known is None:
            return _newly_known(work, clock, who, who.role)
        else:
            after = replace(known, role=who.role, brands=who.brands)
            if after == known:
                return known
            after = work.staff.save(after)
            work.staff.end_all(known.id)
            work.audit.append([_changed(known, after, clock.now(), PROVIDER)])
            return after
    raise refused


def _not_here(work: Work, clock: Clock, known: User | None) -> NotAllowed:
    if known is not None and (ended := work.staff.end_all(known.id)):
        work.audit.append(
            [
                AuditEntry(
                    action="session.revoked",
                    subject=f"user:{known.id}",
                    at=clock.now(),
                    actor=PROVIDER,
                    detail={"session": None, "sessions": ended},
                )
            ]
        )
    message = (
        "the identity provider knows you, but nothing that it says of you gives you a "
        "role here; ask an operator"
    )
    return NotAllowed(message, reasons=["oidc.no_role"])


def _newly_known(work: Work, clock: Clock, who: Vouched, role: Role) -> User:
    now = clock.now()
    taken = work.staff.named(who.name) or work.staff.key_named(who.name)
    if taken is not None or wrong_in_name(who.name):
        message = (
            "the name that the identity provider gives you is none, or is somebody "
            "else's here; ask an operator"
        )
        raise NotAllowed(message, reasons=["oidc.name"])
    user = work.staff.add(
        User(
            name=who.name,
            role=role,
            brands=who.brands,
            added_at=now,
            subject=who.subject,
        )
    )
    work.audit.append([_added(user, now, PROVIDER)])
    return user


# --- programs


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What a program is to be called, may do and see, and for how long."""

    name: str
    role: Role
    lasts: timedelta
    brands: Collection[str] = ()


def make_key(store: Store, clock: Clock, asked: NewKey, *, by: str) -> Given:
    """Make an API key for a program; its name stands in the log like a person's."""
    name, role = asked.name, asked.role
    _check_name(name)
    if role is Role.REGULATOR:
        message = "a regulator's view is a person's; there is no key for it"
        raise SettingsError(message)
    if not timedelta(0) < asked.lasts <= LONGEST_KEY:
        message = f"a key lasts up to {LONGEST_KEY.days} days; make another then"
        raise SettingsError(message)
    now, token = clock.now(), KEY_STARTS + secrets.token_urlsafe(32)
    with store.work() as work:
        if work.staff.named(name) is not None:
            message = f"the name {name} is a person's; choose another"
            raise Stale(message)
        key = work.staff.add_key(
            ApiKey(
                name=name,
                role=role,
                brands=frozenset(asked.brands),
                token=hash_of(token),
                made_at=now,
                made_by=by,
                ends_at=now + asked.lasts,
            )
        )
        work.audit.append(
            [
                AuditEntry(
                    action="key.made",
                    subject=f"key:{key.id}",
                    at=now,
                    actor=by,
                    detail={
                        "name": name,
                        "role": role,
                        "brands": sorted(key.brands),
                        "until": key.ends_at.isoformat(),
                    },
                )
            ]
        )
    return Given(token=token, ends_at=key.ends_at)


def revoke_key(store: Store, clock: Clock, name: str, *, by: str) -> bool:
    """Let a key be of no use any more; ``False`` if it is so already."""
    now = clock.now()
    with store.work() as work:
        key = work.staff.key_named(name)
        if key is None:
            message = f"there is no API key {name!r}; see bot user keys"
            raise Missing(message)
        if not work.staff.revoke_key(key, now):
            return False
        work.audit.append(
            [
                AuditEntry(
                    action="key.revoked",
                    subject=f"key:{key.id}",
                    at=now,
                    actor=by,
                    detail={"name": key.name},
                )
            ]
        )
    return True


# --- regulators


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which tickets a regulator is to read, until when and why."""

    tickets: Sequence[TicketId]
    until: datetime
    reason: str


def give_cases(
    store: Store, clock: Clock, name: str, view: View, *, by: str
) -> Sequence[Grant]:
    """Let a regulator read these tickets until then, and nothing else.

    Raises ``Missing`` for a ticket that is not there, and gives none of them then.
    """
    now = clock.now()
    if not now < view.until <= now + LONGEST_VIEW:
        message = f"a view ends within {LONGEST_VIEW.days} days from now; name an end"
        raise SettingsError(message)
    with store.work() as work:
        user = user_named(work, name)
        if user.role is not Role.REGULATOR:
            message = f"{user.name} is no regulator; cases are given to that role alone"
            raise NotAllowed(message, reasons=["view.role"])
        grants = [
            Grant(
                user_id=user.id,
                ticket_id=work.tickets.get(ticket_id).id,
                given_at=now,
                given_by=by,
                until=view.until,
                reason=view.reason,
            )
            for ticket_id in dict.fromkeys(view.tickets)
        ]
        work.staff.give(grants)
        work.audit.append(
            [
                AuditEntry(
                    action="case.given",
                    subject=f"ticket:{grant.ticket_id}",
                    at=now,
                    actor=by,
                    detail={
                        "user": user.id,
                        "until": view.until.isoformat(),
                        "reason": view.reason,
                    },
                )
                for grant in grants
            ]
        )
    return grants


def take_back_case(
    store: Store, clock: Clock, name: str, ticket_id: TicketId, *, by: str
) -> bool:
    """Take a ticket back from a regulator; ``False`` if they did not have it."""
    with store.work() as work:
        user = user_named(work, name)
        if not work.staff.take_back(user.id, ticket_id):
            return False
        work.audit.append(
            [
                AuditEntry(
                    action="case.taken_back",
                    subject=f"ticket:{ticket_id}",
                    at=clock.now(),
                    actor=by,
                    detail={"user": user.id},
                )
            ]
        )
    return True


def cases_of(store: Store, name: str) -> Sequence[Grant]:
    """Return what a regulator was given, over or not."""
    with store.reading() as work:
        return work.staff.given(user_named(work, name).id)


def read_case(store: Store, clock: Clock, viewer: Viewer, ticket_id: TicketId) -> None:
    """Put on record that a regulator reads a ticket, before they do.

    Raises ``NotAllowed`` for one that they were not given, be it there or not, and once
    it is over.
    """
    key, now = key_of(ticket_id), clock.now()
    with store.work() as work:
        user = user_named(work, viewer.name)
        given = [one for one in work.staff.given(user.id) if one.ticket_id == ticket_id]
        if not given:
            message = f"{key} was not given to you; /cases lists what was"
            raise NotAllowed(message, reasons=["view.not_given"])
        if given[0].until <= now:
            message = f"your view of {key} ended at {given[0].until:%Y-%m-%d %H:%M} UTC"
            raise NotAllowed(message, reasons=["view.over"])
        work.audit.append(
            [
                AuditEntry(
                    action="case.read",
                    subject=f"ticket:{ticket_id}",
                    at=now,
                    actor=viewer.name,
                    detail={"until": given[0].until.isoformat()},
                )
            ]
        )


def _check_name(name: str) -> None:
    if wrong := wrong_in_name(name):
        raise SettingsError(wrong)


def _added(user: User, at: datetime, by: str) -> AuditEntry:
    return AuditEntry(
        action="user.added",
        subject=f"user:{user.id}",
        at=at,
        actor=by,
        detail={
            "name": user.name,
            "role": user.role,
            "brands": sorted(user.brands),
        },
    )


def _changed(before: User, after: User, at: datetime, by: str) -> AuditEntry:
    was, now = _shown(before), _shown(after)
    changed = [one for one in was if was[one] != now[one]]
    return AuditEntry(
        action="user.changed",
        subject=f"user:{after.id}",
        at=at,
        actor=by,
        detail={
            "was": {one: was[one] for one in changed},
            "now": {one: now[one] for one in changed},
        },
    )


def _shown(user: User) -> dict[str, object]:
    return {
        "role": user.role.value,
        "brands": sorted(user.brands),
        "zone": user.zone,
        "language": user.language,
        "theme": user.theme,
    }


def _entry(action: str, user: User, at: datetime, by: str) -> AuditEntry:
    return AuditEntry(action=action, subject=f"user:{user.id}", at=at, actor=by)
