"""Below the connector: requests to Bluesky as one account, signed in once.

Bluesky allows 300 sign-ins a day. So a session is kept and renewed, in a file too
where the settings name one, and the password is sent only where that is refused.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from atproto_client.client.raw import ClientRaw
from atproto_client.exceptions import BadRequestError, UnauthorizedError
from atproto_client.models.dot_dict import DotDict
from atproto_client.request import Request, Response

from bot.connectors._bluesky_answers import NAME, NONSENSE, Json, a_did
from bot.connectors._bluesky_errors import ON_READING, ON_SENDING, has_expired
from bot.connectors._edge import date_of, from_epoch, translated
from bot.domain.channels import Quota
from bot.errors import AccessDenied, BadPayload

log = logging.getLogger(__name__)

ENTRYWAY = "https://bsky.social"
CHAT = {"atproto-proxy": "did:web:api.bsky.chat#bsky_chat"}
CREATE = "com.atproto.server.createSession"
REFRESH = "com.atproto.server.refreshSession"
PUT = "com.atproto.repo.putRecord"
UNITS = {CREATE: "sign-ins", PUT: "points"}
NO_HEADERS: Mapping[str, str] = {}

Call: TypeAlias = Callable[..., Response]
"""A request that lacks its headers only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who we are at which host, and the two tokens that say so."""

    account: str
    base_url: str
    host: str
    did: str
    handle: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)


class Wire:
    """Asks Bluesky as one account; opens nothing before the first call."""

    def __init__(
        self, account: str, password: str, base_url: str, timeout: float, kept: str
    ) -> None:
        """Take the account and its app password; ``kept`` names the session's file."""
        # At DEBUG these write the Authorization header and whole posts.
        for chatty in ("atproto_client", "httpx", "httpcore"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._account, self._password = account, password
        self._base_url = base_url.rstrip("/")
        self._file = Path(kept) if kept else None
        self._client = ClientRaw(self._base_url, Request(timeout=timeout))
        self._session: Session | None = None
        self._lock = Lock()
        self._quotas: dict[str, Quota] = {}
        self.answered_at: datetime | None = None

    @property
    def did(self) -> str:
        """Our account's permanent id; the first time it signs in for it."""
        return self._signed_in().did

    @property
    def quotas(self) -> list[Quota]:
        """What Bluesky said last of how much we may still do."""
        return list(self._quotas.values())

    def close(self) -> None:
        """Hang up."""
        self._client.request.close()

    def get(
        self,
        nsid: str,
        asked: Mapping[str, object],
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Json:
        """Ask for something."""
        call = partial(self._client.invoke_query, nsid, params=DotDict(dict(asked)))
        with translated(NAME, ON_READING):
            answer = self._as_us(nsid, call, headers)
        if not isinstance(answer, dict):
            raise BadPayload(NAME, "Bluesky answered with something but an object")
        return answer

    def post(
        self, nsid: str, body: Json, headers: Mapping[str, str] = NO_HEADERS
    ) -> Json:
        """Send something; what makes no sense in the answer leaves a doubt."""
        call = partial(self._client.invoke_procedure, nsid, json=body)
        with translated(NAME, ON_SENDING):
            answer = self._as_us(nsid, call, headers)
            if not isinstance(answer, dict):
                raise TypeError("the answer is no object")
        return answer

    def _as_us(self, nsid: str, call: Call, headers: Mapping[str, str]) -> object:
        session = self._signed_in()
        try:
            return self._ask(nsid, call, session.access, headers)
        except (UnauthorizedError, BadRequestError) as error:
            # Nothing was done with a request whose token had ended.
            if not has_expired(error):
                raise
        return self._ask(nsid, call, self._renewed(session).access, headers)

    def _ask(
        self,
        nsid: str,
        call: Call,
        token: str,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> object:
        signed = {"Authorization": f"Bearer {token}"} if token else {}
        answer = call(headers={**signed, **headers})
        self._note(nsid, answer.headers)
        return answer.content

    def _note(self, nsid: str, headers: Mapping[str, str]) -> None:
        self.answered_at = date_of(headers)
        unit = UNITS.get(nsid, "requests")
        try:
            self._quotas[unit] = Quota(
                unit=unit,
                limit=int(headers["ratelimit-limit"]),
                left=int(headers["ratelimit-remaining"]),
                resets_at=from_epoch(int(headers["ratelimit-reset"])),
            )
        except (KeyError, ValueError):
            return

    def _signed_in(self) -> Session:
        with self._lock:
            session = self._session or self._read() or self._sign_in()
            return self._take(session)

    def _renewed(self, old: Session) -> Session:
        """Give a newer session: another's, a renewed one, or that of a new sign-in."""
        with self._lock:
            for known in (self._session, self._read()):
                # Another thread, or a process with the same file, was quicker.
                if known and known.access != old.access:
                    return self._take(known)
            try:
                return self._take(self._open(REFRESH, None, old.refresh))
            except AccessDenied:
                log.info("%s: the session is over; signing in again", NAME)
                return self._take(self._sign_in())

    def _sign_in(self) -> Session:
        who = {"identifier": self._account, "password": self._password}
        return self._open(CREATE, who, "")

    def _open(self, nsid: str, body: Json | None, token: str) -> Session:
        call = partial(self._client.invoke_procedure, nsid, json=body)
        with translated(NAME, ON_READING):
            session = self._session_of(self._ask(nsid, call, token))
        self._write(session)
        return session

    def _session_of(self, answer: Any) -> Session:  # noqa: ANN401 - undecoded JSON
        texts = {key: answer[key] for key in ("handle", "accessJwt", "refreshJwt")}
        if not all(isinstance(one, str) and one for one in texts.values()):
            raise TypeError("a session without its tokens")
        return Session(
            account=self._account,
            base_url=self._base_url,
            host=host_of(self._base_url, answer.get("didDoc")),
            did=a_did(answer["did"]),
            handle=texts["handle"],
            access=texts["accessJwt"],
            refresh=texts["refreshJwt"],
        )

    def _take(self, session: Session) -> Session:
        if session is not self._session:
            self._session = session
            self._client.update_base_url(session.host)
        return session

    def _read(self) -> Session | None:
        """Give the kept session if it is this account's."""
        if self._file is None:
            return None
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            session = Session(**kept)
        except FileNotFoundError:
            return None
        except (OSError, TypeError, ValueError):
            log.warning("%s: the session's file cannot be read", NAME)
            return None
        is_ours = (session.account, session.base_url) == (self._account, self._base_url)
        return session if is_ours else None

    def _write(self, session: Session) -> None:
        """Keep the session, readable by nobody else; without it one more sign-in."""
        if self._file is None:
            return
        try:
            # A temporary file is its owner's alone from the beginning.
            with NamedTemporaryFile(
                "w", dir=self._file.parent, delete=False, encoding="utf-8"
            ) as new:
                json.dump(asdict(session), new)
            Path(new.name).replace(self._file)
        except OSError:
            log.warning("%s: the session's file cannot be written", NAME)


def host_of(base_url: str, did_doc: object) -> str:
    """Give the host that keeps our account, which Bluesky's entrance names.

    A server of one's own is asked where the operator says that it is.
    """
    if base_url != ENTRYWAY:
        return base_url
    try:
        services = did_doc["service"]  # type: ignore[index]
        [at] = [
            one["serviceEndpoint"] for one in services if one["id"] == "#atproto_pds"
        ]
        return at if urlsplit(at).scheme == "https" else base_url
    except (*NONSENSE,):
        return base_url
