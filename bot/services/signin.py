"""Signing in: a password, a second factor, a session; and never a hint to a guesser.

A try is counted before it is looked at, so that many at once are not looked at
uncounted. What a browser carries between two steps is a note that it cannot read. The
session's cookie is kept here as a hash, and is a new one at every sign-in.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import pyotp

from bot.clock import Clock
from bot.domain.audit import AuditEntry
from bot.domain.ports import Store, Work
from bot.domain.staff import (
    Role,
    Session,
    SessionId,
    User,
    UserId,
    Viewer,
    hash_of,
)
from bot.errors import NotAllowed, NotSignedIn, Stale, TooOften
from bot.services.keys import Vault
from bot.services.passwords import Passwords, check_password
from bot.services.refusals import Door, Refusal, Refusals

NOTE_LASTS = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session or key was last in use."""

FORGET_AFTER = timedelta(days=1)
FIRST_LOCK, LONGEST_LOCK = timedelta(seconds=30), timedelta(minutes=15)
TRIES_OF_BOTH, TRIES_OF_ADDRESS, TRIES_OF_NAME = 5, 20, 50
"""From one address under one name, from one address, and under one name: whoever
guesses from afar does not lock out whose name it is."""

STEP = 30
"""Seconds that a code lasts; one before and one after are taken, as clocks differ."""

RECOVERY_CODES = 10


class Needs(StrEnum):
    """What is still to be done before somebody is in."""

    NOTHING = "nothing"
    CODE = "code"
    FACTOR = "factor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """From where somebody asks."""

    address: str
    browser: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far somebody has come: a note for the next step, or a session's token."""

    needs: Needs
    note: str = ""
    token: str = ""
    recovery: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A second factor on its way to a telephone."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPolicy:
    """How long sessions last, and whose role needs a second factor."""

    zone: str
    idle_after: timedelta = timedelta(hours=2)
    session_lasts: timedelta = timedelta(hours=12)
    second_factor: frozenset[Role] = frozenset(
        {Role.LEAD, Role.COMPLIANCE_OFFICER, Role.OPERATOR}
    )


class SignIn:
    """The way in, for people and programs."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policy: SignInPolicy,
        *,
        vault: Vault,
        passwords: Passwords,
        refusals: Refusals,
    ) -> None:
        """``refusals`` put on record whoever was not let in."""
        self._store, self._clock, self._policy = store, clock, policy
        self._vault, self._passwords = vault, passwords
        self._refusals = refusals

    # --- steps

    def by_password(self, name: str, password: str, place: Place) -> Step:
        """Take the first step; raises ``NotSignedIn``, or ``TooOften`` while locked.

        What is said of a wrong password is said of a name that nobody has.
        """
        who = _who(name)
        with self._store.reading() as work:
            user = work.staff.named(name)
        locks = self._count(who, place, user)
        if not self._passwords.fits(user.password if user else "", password):
            raise self._refused(user, "password.wrong", locks=locks)
        if user is None or user.disabled_at is not None:
            raise self._refused(user, "user.disabled")
        if self._passwords.is_old(user.password):
            user = self._rehashed(user, password)
        return self._after(user, place, "password", who, tries=1)

    def by_code(self, note: str, code: str, place: Place) -> Step:
        """Take the second step, by a code or a recovery code."""
        user, _ = self._noted(note, Needs.CODE)
        who = _who(user.name)
        locks = self._count(who, place, user)
        if not self._code_fits(user, code):
            raise self._refused(user, "code.wrong", locks=locks)
        with self._store.work() as work:
            return self._begin(work, user, place, "password", who, tries=2)

    def enrolment(self, note: str) -> Enrolment:
        """Return what a telephone must learn; raises ``NotSignedIn``."""
        user, secret = self._noted(note, Needs.FACTOR)
        return _enrolment(user, secret)

    def by_factor(self, note: str, code: str, place: Place) -> Step:
        """Set up the second factor that a role needs, and be in."""
        user, secret = self._noted(note, Needs.FACTOR)
        who = _who(user.name)
        locks = self._count(who, place, user)
        step = self._step_of(secret, code)
        if step is None:
            raise self._refused(user, "code.wrong", locks=locks)
        with self._store.work() as work:
            user, codes = self._with_factor(work, user, secret, step)
            begun = self._begin(work, user, place, "password", who, tries=2)
        return replace(begun, recovery=codes)

    def by_provider(self, user: User, place: Place) -> Step:
        """Let in whom the identity provider vouches for; the factor is its matter."""
        with self._store.work() as work:
            return self._begin(work, user, place, "oidc", _who(user.name), tries=0)

    def note(self, held: Mapping[str, str]) -> str:
        """Make a note that a browser may carry from one step to the next."""
        return self._vault.note(held, self._clock.now())

    def noted(self, note: str, needs: str) -> Mapping[str, str]:
        """Return what a note for a step says; raises ``NotSignedIn``."""
        held = self._vault.noted(note, self._clock.now(), lasts=NOTE_LASTS)
        if held["needs"] != needs:
            raise _from_the_start()
        return held

    def note_refusal(self, refused: NotAllowed) -> None:
        """Put on record whom the identity provider's word did not let in."""
        reason = refused.reasons[0] if refused.reasons else "oidc"
        self._refusals.note(
            Refusal(door=Door.SIGN_IN, subject="user:unknown", reasons=(reason,))
        )

    # --- a link to a password

    def whose_link(self, token: str) -> User:
        """Return who was given a link; raises ``NotSignedIn`` for one that is over."""
        with self._store.reading() as work:
            user = work.staff.with_link(hash_of(token))
        now = self._clock.now()
        if user is None or user.link_ends_at is None or user.link_ends_at <= now:
            self._note(user, "link.over")
            message = (
                "this link is none of ours, was used, or is over; ask an operator for "
                "another (bot user password NAME)"
            )
            raise NotSignedIn(message, reasons=["link.over"])
        if user.disabled_at is not None:
            raise self._refused(user, "user.disabled")
        return user

    def by_link(self, token: str, password: str, place: Place) -> Step:
        """Set a password by a link, which is used up, and go on as if it was typed."""
        user = self.whose_link(token)
        check_password(password, user.name)
        kept = self._passwords.hash(password)
        with self._store.work() as work:
            user = work.staff.save(
                replace(user, password=kept, link=None, link_ends_at=None)
            )
            work.staff.end_all(user.id)
            work.audit.append(
                [_entry("user.password_set", user, self._clock.now(), by=user.name)]
            )
        return self._after(user, place, "password", _who(user.name), tries=0)

    # --- whoever is in

    def viewer(
        self, token: str, *, by_itself: bool = False
    ) -> tuple[Viewer, SessionId]:
        """Return who is asking by a session's token; raises ``NotSignedIn``.

        One read, but for a regulator, whose cases are read too. What a page asks
        ``by_itself`` is no sign that somebody sits before it.
        """
        now = self._clock.now()
        with self._store.reading() as work:
            found = work.staff.session(hash_of(token))
            if found is None:
                raise _over("session.unknown")
            session, user = found
            given = work.staff.given(user.id) if user.role is Role.REGULATOR else ()
        if now >= session.ends_at or now - session.seen_at >= self._policy.idle_after:
            raise _over("session.over")
        if user.disabled_at is not None or self._lacks_factor(user, session):
            raise _over("session.void")
        if now - session.seen_at >= SEEN_EVERY and not by_itself:
            with self._store.work() as work:
                work.staff.touch(session.id, now)
        viewer = Viewer(
            name=user.name,
            role=user.role,
            zone=user.zone or self._policy.zone,
            language=user.language,
            theme=user.theme,
            brands=user.brands,
            cases=frozenset(one.ticket_id for one in given if one.until > now),
            until=max((one.until for one in given), default=None),
        )
        return viewer, session.id

    def program(self, token: str) -> Viewer:
        """Return which program is asking by an API key; raises ``NotSignedIn``."""
        now = self._clock.now()
        with self._store.reading() as work:
            key = work.staff.key(hash_of(token))
        if key is None or key.revoked_at is not None or key.ends_at <= now:
            message = "this API key is none of ours, was revoked, or is over"
            raise NotSignedIn(message, reasons=["key.void"])
        if key.used_at is None or now - key.used_at >= SEEN_EVERY:
            with self._store.work() as work:
                work.staff.use_key(key, now)
        return Viewer(
            name=key.name,
            role=key.role,
            zone=self._policy.zone,
            brands=key.brands,
            is_program=True,
        )

    def sign_out(self, token: str) -> None:
        """End the session of a token, if there is one."""
        with self._store.work() as work:
            found = work.staff.session(hash_of(token))
            if found is None:
                return
            session, user = found
            if work.staff.end(user.id, session.id):
                work.audit.append(
                    [
                        AuditEntry(
                            action="session.ended",
                            subject=f"user:{user.id}",
                            at=self._clock.now(),
                            actor=user.name,
                            detail={"session": session.id},
                        )
                    ]
                )

    # --- one's own account

    def change_password(
        self, user_id: UserId, old: str, new: str, place: Place, *, but: SessionId
    ) -> None:
        """Set one's own password; all other sessions of one's own end."""
        user = self._checked(user_id, old, place)
        check_password(new, user.name)
        kept, now = self._passwords.hash(new), self._clock.now()
        with self._store.work() as work:
            user = work.staff.save(replace(user, password=kept))
            work.staff.end_all(user.id, but=but)
            work.audit.append([_entry("user.password_set", user, now, by=user.name)])

    def begin_factor(
        self, user_id: UserId, password: str, place: Place
    ) -> tuple[str, Enrolment]:
        """Begin to set up a second factor of one's own; returns a note to go on with.

        Raises ``NotSignedIn`` for a wrong password: a browser left open is not enough.
        """
        user = self._checked(user_id, password, place)
        note, secret = self._factor_note(user)
        return note, _enrolment(user, secret)

    def set_factor(self, user_id: UserId, note: str, code: str) -> tuple[str, ...]:
        """Set it up; returns recovery codes, which are shown this once."""
        user, secret = self._noted(note, Needs.FACTOR)
        step = self._step_of(secret, code)
        if user.id != user_id or step is None:
            raise self._refused(user, "code.wrong")
        with self._store.work() as work:
            return self._with_factor(work, user, secret, step)[1]

    # --- inside

    def _after(
        self, user: User, place: Place, way: str, who: str, *, tries: int
    ) -> Step:
        if user.totp:
            held = {"needs": Needs.CODE, "user": str(user.id), "version": _mark(user)}
            note = self._vault.note(held, self._clock.now())
            return Step(needs=Needs.CODE, note=note)
        if user.role in self._policy.second_factor:
            note, _ = self._factor_note(user)
            return Step(needs=Needs.FACTOR, note=note)
        with self._store.work() as work:
            return self._begin(work, user, place, way, who, tries=tries)

    def _factor_note(self, user: User) -> tuple[str, str]:
        secret = pyotp.random_base32()
        held = {
            "needs": Needs.FACTOR,
            "user": str(user.id),
            "version": _mark(user),
            "secret": secret,
        }
        return self._vault.note(held, self._clock.now()), secret

    def _noted(self, note: str, needs: Needs) -> tuple[User, str]:
        held = self.noted(note, needs)
        with self._store.reading() as work:
            user = work.staff.get(UserId(int(held["user"])))
        if held["version"] != _mark(user) or user.disabled_at is not None:
            raise _from_the_start()
        return user, held.get("secret", "")

    def _begin(
        self, work: Work, user: User, place: Place, way: str, who: str, *, tries: int
    ) -> Step:
        now, token = self._clock.now(), secrets.token_urlsafe(32)
        begun = work.staff.begin(
            Session(
                user_id=user.id,
                token=hash_of(token),
                started_at=now,
                seen_at=now,
                ends_at=now + self._policy.session_lasts,
                way=way,
                address=place.address,
                browser=place.browser,
            )
        )
        if tries:
            work.staff.succeed(who, place.address, tries)
        work.audit.append(
            [
                AuditEntry(
                    action="session.started",
                    subject=f"user:{user.id}",
                    at=now,
                    actor=user.name,
                    detail={"session": begun.id, "way": way},
                )
            ]
        )
        return Step(needs=Needs.NOTHING, token=token)

    def _checked(self, user_id: UserId, password: str, place: Place) -> User:
        with self._store.reading() as work:
            user = work.staff.get(user_id)
        who = _who(user.name)
        locks = self._count(who, place, user)
        if not self._passwords.fits(user.password, password):
            raise self._refused(user, "password.wrong", locks=locks)
        with self._store.work() as work:
            work.staff.succeed(who, place.address, 1)
        return user

    def _rehashed(self, user: User, password: str) -> User:
        kept = self._passwords.hash(password)
        with suppress(Stale), self._store.work() as work:
            return work.staff.save(replace(user, password=kept))
        return user

    def _lacks_factor(self, user: User, session: Session) -> bool:
        needed = user.role in self._policy.second_factor
        return needed and session.way == "password" and not user.totp

    # --- second factors

    def _step_of(self, secret: str, code: str) -> int | None:
        """Return the half minute that a code is of, if it is of about now."""
        said = "".join(code.split()).encode("utf-8", "surrogatepass")
        present = int(self._clock.now().timestamp()) // STEP
        totp = pyotp.TOTP(secret, interval=STEP)
        for step in (present, present - 1, present + 1):
            if secrets.compare_digest(totp.generate_otp(step).encode(), said):
                return step
        return None

    def _code_fits(self, user: User, code: str) -> bool:
        step = self._step_of(self._vault.unlock(user.totp), code)
        with self._store.work() as work:
            if step is not None:
                return work.staff.use_code(user.id, step)
            spent = hash_of(_plain(code))
            if spent not in user.recovery:
                return False
            left = tuple(one for one in user.recovery if one != spent)
            after = work.staff.save(replace(user, recovery=left))
            work.audit.append(
                [
                    AuditEntry(
                        action="user.recovery_used",
                        subject=f"user:{user.id}",
                        at=self._clock.now(),
                        actor=after.name,
                        detail={"left": len(left)},
                    )
                ]
            )
        return True

    def _with_factor(
        self, work: Work, user: User, secret: str, step: int
    ) -> tuple[User, tuple[str, ...]]:
        codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
        after = work.staff.save(
            replace(
                user,
                totp=self._vault.lock(secret),
                recovery=tuple(hash_of(_plain(one)) for one in codes),
            )
        )
        work.staff.use_code(user.id, step)
        now = self._clock.now()
        work.audit.append([_entry("user.factor_set", after, now, by=user.name)])
        return after, codes

    # --- tries

    def _count(self, who: str, place: Place, user: User | None) -> bool:
        """Count a try; say whether it locks if it fails.

        Raises ``TooOften`` where one more is not looked at.
        """
        now, locks = self._clock.now(), False
        keys = (
            (who, place.address, TRIES_OF_BOTH),
            (who, "", TRIES_OF_NAME),
            ("", place.address, TRIES_OF_ADDRESS),
        )
        with self._store.work() as work:
            work.staff.forget_failures(now - FORGET_AFTER)
            for name, address, free in keys:
                counted = work.staff.attempt(name, address, now)
                until = counted.locked_until
                if until is not None and until > now:
                    break
                if counted.count >= free:
                    longer = 2 ** min(counted.count - free, 10)
                    locks = True
                    until = now + min(FIRST_LOCK * longer, LONGEST_LOCK)
                    work.staff.lock(counted, until)
            else:
                return locks
        self._note(user, "locked")
        message = (
            "too many tries failed; the next one is looked at after "
            f"{until:%H:%M:%S} UTC, or when an operator lifts this"
        )
        raise TooOften(message, retry_at=until, reasons=["locked"])

    def _refused(
        self, user: User | None, reason: str, *, locks: bool = False
    ) -> NotSignedIn:
        self._note(user, reason)
        if locks:
            self._note(user, reason, Door.LOCK)
        if reason == "code.wrong":
            message = "this code does not fit, or was used; wait for the next one"
            return NotSignedIn(message, reasons=[reason])
        message = "name and password do not belong together"
        return NotSignedIn(message, reasons=["password.wrong"])

    def _note(self, user: User | None, reason: str, door: Door = Door.SIGN_IN) -> None:
        subject = f"user:{user.id}" if user else "user:unknown"
        if user is None and reason == "password.wrong":
            reason = "user.unknown"
        self._refusals.note(Refusal(door=door, subject=subject, reasons=(reason,)))


def _entry(action: str, user: User, at: datetime, *, by: str) -> AuditEntry:
    return AuditEntry(action=action, subject=f"user:{user.id}", at=at, actor=by)


def _who(name: str) -> str:
    return hash_of(name.casefold())


def _mark(user: User) -> str:
    """What makes a note void: any change of whose it is."""
    return str(user.version)


def _over(reason: str) -> NotSignedIn:
    return NotSignedIn("your session is over; sign in again", reasons=[reason])


def _from_the_start() -> NotSignedIn:
    return NotSignedIn("sign in from the start", reasons=["note.over"])


def _enrolment(user: User, secret: str) -> Enrolment:
    uri = pyotp.TOTP(secret, interval=STEP).provisioning_uri(
        name=user.name, issuer_name="Answerable"
    )
    return Enrolment(secret=secret, uri=uri)


def _recovery_code() -> str:
    letters = "".join(
        secrets.choice("abcdefghjkmnpqrstvwxyz23456789") for _ in range(12)
    )
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _plain(code: str) -> str:
    return "".join(one for one in code.casefold() if one.isalnum())
