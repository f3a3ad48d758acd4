"""How one signs in at Google, and what its refusals mean in whichever of its APIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from bot.connectors._http import Answer, Http, limited, status_of
from bot.errors import AccessDenied, BudgetSpent, ConnectorError, Unavailable

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
PACIFIC = ZoneInfo("America/Los_Angeles")
"""Google's day, at whose end quotas are whole again."""

USED_UP = {"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"}
TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
NO_GRANT = {"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope"}


class SignIn:
    """A bearer token: one that was given, or one that is asked for by a ``grant``.

    ``ends_at`` is when what the grant stands on ends, where Google says so.
    """

    def __init__(
        self,
        http: Http,
        url: str,
        grant: Callable[[], Mapping[str, str]] | None,
        token: str = "",
    ) -> None:
        self._http, self._url, self._grant, self._token = http, url, grant, token
        self.ends_at: datetime | None = None

    def call(
        self,
        verb: Callable[..., Answer],
        url: str,
        **asked: object,
    ) -> Answer:
        """Call with the token; a token that has ended is replaced once.

        With a 401 nothing was done, so what is sent may be sent again.
        """
        try:
            return verb(url, headers=self._header(), **asked)
        except AccessDenied as error:
            is_ended = status_of(error) == HTTPStatus.UNAUTHORIZED
            if not is_ended or self._grant is None:
                raise
            self._token = ""
        return verb(url, headers=self._header(), **asked)

    def _header(self) -> dict[str, str]:
        self._token = self._token or self._new()
        return {"Authorization": f"Bearer {self._token}"}

    def _new(self) -> str:
        form = self._grant() if self._grant else {}
        answer = self._http.read(self._url, method="POST", data=dict(form))
        given = answer.json()
        with answer.read():
            left = given.get("refresh_token_expires_in")
            if answer.date and left:
                self.ends_at = answer.date + timedelta(seconds=int(left))
            token = given["access_token"]
            if not isinstance(token, str) or not token.isascii():
                message = "not a token"
                raise TypeError(message)
            return token


def judged_by_google(answer: Answer) -> ConnectorError | None:
    """Sort out what every API of Google says in the same words."""
    said = reasons(answer)
    if said & USED_UP:
        return _used_up(answer)
    if said & TOO_FAST:
        return limited(answer)
    if said & NO_GRANT:
        return AccessDenied(
            answer.channel,
            f"Google gives no token ({', '.join(sorted(said & NO_GRANT))}); sign in "
            "anew and correct the credential",
        )
    return None


def reasons(answer: Answer) -> set[str]:
    """Return every word by which Google says why: its own, never anybody else's."""
    error = answer.peek().get("error")
    if isinstance(error, str):
        return {error}
    if not isinstance(error, dict):
        return set()
    parts = [error]
    for name in ("errors", "details"):
        found = error.get(name)
        parts += found if isinstance(found, list) else []
    told = [part.get("reason") for part in parts if isinstance(part, dict)]
    return {one for one in told if isinstance(one, str)}


def _used_up(answer: Answer) -> ConnectorError:
    why = "the day's quota is used up"
    if answer.date is None:
        return Unavailable(answer.channel, f"{why}; Google does not say until when")
    here = answer.date.astimezone(PACIFIC)
    midnight = datetime(here.year, here.month, here.day, tzinfo=PACIFIC)
    # By the calendar: a day there may have 23 or 25 hours.
    retry_at = (midnight + timedelta(days=1)).astimezone(answer.date.tzinfo)
    return BudgetSpent(
        answer.channel,
        f"{why} until {retry_at:%Y-%m-%d %H:%M} UTC, midnight at Google",
        retry_at=retry_at,
    )
