"""``/sign-in/oidc``: in by an identity provider that speaks OpenID Connect.

The code flow with PKCE, state and nonce; what the provider says is believed only when
its signature, issuer, audience, time and nonce are right. What belongs to one try is a
note in a cookie that the browser can neither read nor change.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from bot.clock import Clock
from bot.domain.staff import Vouched
from bot.errors import NotAllowed, NotSignedIn
from bot.logs import logger
from bot.services.signin import NOTE_LASTS
from bot.services.staff import vouched_for
from bot.settings import OidcSettings
from bot.web.door import Door
from bot.web.room import Console
from bot.web.signin import STEP_COOKIE, Entrance, Next, place_of, set_cookie

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "EdDSA")
"""None by which whoever knows our secret, or nobody at all, could sign."""

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

SLACK = 60
"""Seconds by which two clocks may differ."""

NEEDS = "oidc"
Made = TypeVar("Made")
Said = Annotated[str, Query(max_length=4000)]


def rooms(console: Console) -> APIRouter:
    """Make the routes, where the settings name a provider; they are public."""
    routes, chosen = APIRouter(), console.app.settings.console.oidc
    if chosen is None:
        return routes
    back = f"{console.app.settings.console.url}/sign-in/oidc/back"
    pages = Vouching(console, Provider(chosen, console.app.present, back))

    @routes.get("/sign-in/oidc")
    def leave(request: Request, to: Next = "/") -> Response:
        return pages.leave(request, to)

    @routes.get("/sign-in/oidc/back")
    def back_again(
        request: Request, code: Said = "", state: Said = "", error: Said = ""
    ) -> Response:
        return pages.back(request, code, state, error)

    return routes


@dataclass(frozen=True, slots=True)
class Try:
    """What belongs to one try to sign in, and to no other."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One identity provider; safe to share between threads."""

    def __init__(self, settings: OidcSettings, clock: Clock, back: str) -> None:
        """``back`` is the address to which it sends people back."""
        self._settings, self._clock, self._back = settings, clock, back
        self._found: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._turn = threading.Lock()

    def begin(self) -> tuple[Try, str]:
        """Return a new try, and the address to which it leads."""
        made = Try(*(secrets.token_urlsafe(32) for _ in range(3)))
        with self._client() as client:
            where, _ = client.create_authorization_url(
                self._about()["authorization_endpoint"],
                state=made.state,
                code_verifier=made.verifier,
                nonce=made.nonce,
            )
        return made, str(where)

    def finish(self, code: str, made: Try) -> Mapping[str, Any]:
        """Return the claims of whoever comes back; raises ``NotSignedIn``."""

        def ask() -> Any:  # noqa: ANN401 - a dictionary of the library's own
            with self._client() as client:
                return client.fetch_token(
                    self._about()["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=made.verifier,
                )

        token = _asked(ask).get("id_token")
        if not isinstance(token, str):
            raise _refused("oidc.no_token")
        return self._checked(token, made.nonce)

    def _checked(self, token: str, nonce: str) -> Mapping[str, Any]:
        try:
            try:
                found = jwt.decode(token, self._key_set(), ALGORITHMS)
            except InvalidKeyIdError:
                # The provider changed its keys: they are asked for anew, this once.
                found = jwt.decode(token, self._key_set(anew=True), ALGORITHMS)
            claims = found.claims
            jwt.JWTClaimsRegistry(
                now=int(self._clock.now().timestamp()),
                leeway=SLACK,
                iss={"essential": True, "value": self._about()["issuer"]},
                aud={"essential": True, "value": self._settings.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            logger("web").warning("token refused", error=type(error).__name__)
            raise _refused("oidc.token") from error
        party = claims.get("azp", self._settings.client_id)
        if party != self._settings.client_id:
            raise _refused("oidc.token")
        return claims

    def _about(self) -> Mapping[str, Any]:
        """Return what the provider says of itself, asked once."""
        with self._turn:
            if not self._found:
                issuer = self._settings.issuer
                found = self._get(f"{issuer}/.well-known/openid-configuration")
                is_it = str(found.get("issuer", "")).rstrip("/") == issuer
                if not is_it or not all(found.get(one) for one in ENDPOINTS):
                    raise _refused("oidc.issuer")
                self._found = found
            return self._found

    def _key_set(self, *, anew: bool = False) -> KeySet:
        where = self._about()["jwks_uri"]
        with self._turn:
            if self._keys is None or anew:
                found: Any = self._get(where)
                self._keys = KeySet.import_key_set(found)
            return self._keys

    def _get(self, url: str) -> Mapping[str, Any]:
        def ask() -> Mapping[str, Any]:
            with httpx2.Client(timeout=self._settings.timeout) as client:
                found = client.get(url).raise_for_status().json()
            if not isinstance(found, dict):
                raise TypeError("this is no JSON object")
            return found

        return _asked(ask)

    def _client(self) -> Any:  # noqa: ANN401 - the library has no types
        return OAuth2Client(
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret.get_secret_value(),
            scope=" ".join(self._settings.scopes),
            redirect_uri=self._back,
            code_challenge_method="S256",
            timeout=self._settings.timeout,
        )


def _asked(ask: Callable[[], Made]) -> Made:
    """Say in our words what went wrong with asking the provider."""
    try:
        return ask()
    except OAuthError as error:
        raise _refused("oidc.code") from error
    except (httpx2.HTTPError, TypeError, ValueError) as error:
        logger("web").warning("no identity provider", error=type(error).__name__)
        message = "the identity provider does not answer; try again in a while"
        raise NotSignedIn(message, reasons=["oidc.away"]) from error


def _refused(reason: str) -> NotSignedIn:
    message = "the identity provider did not vouch for you; sign in from the start"
    return NotSignedIn(message, reasons=[reason])


def _check_state(made: str, said: str) -> None:
    if not secrets.compare_digest(made.encode(), said.encode("utf-8", "replace")):
        raise _refused("oidc.state")


def vouched(claims: Mapping[str, Any], settings: OidcSettings) -> Vouched:
    """Say who somebody is here; nobody has a role that no claim of theirs gives."""
    said = claims.get(settings.role_claim, [])
    values = [said] if isinstance(said, str) else said
    values = {str(one) for one in values} if isinstance(values, list) else set()
    role = next((r for value, r in settings.roles.items() if value in values), None)
    seen = [brands for value, brands in settings.brands.items() if value in values]
    may_see_all = not settings.brands or any(not brands for brands in seen)
    if settings.brands and not seen:
        role = None
    return Vouched(
        subject=f"{settings.issuer} {claims['sub']}",
        name=str(claims.get(settings.name_claim, "")),
        role=role,
        brands=frozenset() if may_see_all else frozenset().union(*seen),
    )


@dataclass(frozen=True, slots=True)
class Vouching:
    """Away to the provider and back."""

    console: Console
    provider: Provider

    def leave(self, request: Request, to: str) -> Response:
        """Lead to the provider."""
        sign_in, entrance = self.console.app.sign_in, Entrance(self.console)
        door: Door = request.app.state.door
        try:
            door.let_try(place_of(request).address)
            made, where = self.provider.begin()
        except NotAllowed as error:
            return entrance.ask(to, error)
        held = {
            "needs": NEEDS,
            "state": made.state,
            "nonce": made.nonce,
            "verifier": made.verifier,
            "next": to,
        }
        answer = RedirectResponse(where, 303)
        lasts = int(NOTE_LASTS.total_seconds())
        set_cookie(request, answer, STEP_COOKIE, sign_in.note(held), lasts)
        return answer

    def back(self, request: Request, code: str, state: str, error: str) -> Response:
        """Let whoever comes back in, or say why not."""
        app, entrance = self.console.app, Entrance(self.console)
        settings = app.settings.console.oidc
        assert settings is not None  # noqa: S101 - there is no route without one
        to = "/"
        try:
            held = app.sign_in.noted(request.cookies.get(STEP_COOKIE, ""), NEEDS)
            to = held["next"]
            if error or not secrets.compare_digest(
                held["state"].encode(), state.encode()
            ):
                raise _refused("oidc.state" if not error else "oidc.denied")
            made = Try(held["state"], held["nonce"], held["verifier"])
            who = vouched(self.provider.finish(code, made), settings)
            user = vouched_for(app.store, app.present, who)
        except NotAllowed as refused:
            app.sign_in.note_refusal(refused)
            return entrance.ask(to, refused)
        step = app.sign_in.by_provider(user, place_of(request))
        return entrance.on(request, step, to)
