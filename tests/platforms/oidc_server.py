"""An identity provider on loopback: OpenID Connect's code flow with PKCE, and its lies.

Everybody who comes is ``claims``, without being asked. ``lie`` names what is wrong
with the next token.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from tests.platforms.http_platform import Answer, Asked, Loopback, real_time

CLIENT, SECRET = "answerable", "the client's own secret"
LASTS = 300


class OidcServer(Loopback):
    """Keeps codes until they are used, and says who signed with which key."""

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        super().__init__(now)
        self.claims: dict[str, Any] = {
            "sub": "1234",
            "preferred_username": "Ada",
            "groups": ["agents"],
        }
        self.lie = ""
        self.key, self.codes = RSAKey.generate_key(2048), dict[str, Mapping[str, str]]()
        self.key.ensure_kid()

    def rotate(self) -> None:
        """Sign with another key from now on; the one before is not published."""
        self.key = RSAKey.generate_key(2048)
        self.key.ensure_kid()

    def problem(self, kind: str) -> Answer:
        return Answer(503, {"error": kind})

    def is_sign_in(self, path: str) -> bool:
        return False

    def route(self, asked: Asked) -> Answer:
        routes: dict[tuple[str, str], Callable[[Asked], Answer]] = {
            ("GET", "/.well-known/openid-configuration"): self._about,
            ("GET", "/keys"): self._published,
            ("GET", "/authorize"): self._authorize,
            ("POST", "/token"): self._token,
        }
        found = routes.get((asked.method, asked.path))
        return found(asked) if found else Answer(404, {"error": "not_found"})

    def _about(self, _asked: Asked) -> Answer:
        base = self.base_url
        issuer = "https://another.example" if self.lie == "issuer_document" else base
        return Answer(
            200,
            {
                "issuer": issuer,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            },
        )

    def _published(self, _asked: Asked) -> Answer:
        return Answer(200, dict(KeySet([self.key]).as_dict(private=False)))

    def _authorize(self, asked: Asked) -> Answer:
        said = asked.query
        is_whole = (
            said.get("client_id") == CLIENT
            and said.get("response_type") == "code"
            and said.get("code_challenge_method") == "S256"
            and said.get("code_challenge")
            and "openid" in said.get("scope", "").split()
        )
        if not is_whole:
            return Answer(400, {"error": "invalid_request"})
        code = secrets.token_urlsafe(16)
        self.codes[code] = dict(said)
        back = urlencode({"code": code, "state": said["state"]})
        return Answer(302, headers={"Location": f"{said['redirect_uri']}?{back}"})

    def _token(self, asked: Asked) -> Answer:
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {known}":
            return Answer(401, {"error": "invalid_client"})
        asked_for = self.codes.pop(asked.body.get("code", ""), None)
        if asked_for is None or not self._fits(asked_for, asked.body):
            return Answer(400, {"error": "invalid_grant"})
        return Answer(
            200,
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": LASTS,
                **(
                    {}
                    if self.lie == "no_token"
                    else {"id_token": self._made(asked_for)}
                ),
            },
        )

    def _fits(self, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
        digest = hashlib.sha256(now.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            now.get("grant_type") == "authorization_code"
            and now.get("redirect_uri") == before["redirect_uri"]
            and challenge == before["code_challenge"]
        )

    def _made(self, asked_for: Mapping[str, str]) -> str:
        at = int(self.now().timestamp())
        said: dict[str, Any] = {
            "iss": self.base_url,
            "aud": CLIENT,
            "iat": at,
            "exp": at + LASTS,
            "nonce": asked_for["nonce"],
            **self.claims,
        }
        wrong: dict[str, dict[str, Any]] = {
            "nonce": {"nonce": "of another try"},
            "audience": {"aud": "another-client"},
            "expired": {"iat": at - 2 * LASTS, "exp": at - LASTS},
            "issuer": {"iss": "https://another.example"},
            "party": {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        }
        said |= wrong.get(self.lie, {})
        if self.lie == "our_secret":
            return jwt.encode({"alg": "HS256"}, said, OctKey.import_key(SECRET))
        key = self.key
        if self.lie == "key":
            key = RSAKey.generate_key(2048)
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, said, key)
        if self.lie == "unsigned":
            head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
            return f"{head}.{token.split('.')[1]}."
        return token
