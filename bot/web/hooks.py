"""``POST /hooks/{source}``: signed JSON from outside, kept before it is answered.

What a body says is looked at later, where what makes no sense is kept aside; here only
who sent it, when, and whether it can be read at all. The same body twice is kept once,
so that neither a sender's second try nor a stranger's replay adds anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from bot.bootstrap import App
from bot.clock import Clock
from bot.connectors._edge import from_epoch
from bot.connectors._signed import SIGNATURE, TIMESTAMP, is_signed
from bot.connectors.webhook import WebhookSettings, items_of
from bot.errors import StorageError
from bot.logs import logger
from bot.services.deliveries import keep
from bot.web.body import Broken, TooLong, body_of

MOST_BYTES = 1_000_000
READ_SECONDS = 30.0
AGAIN_SECONDS = 5


class Refusal(Exception):
    """A request that is not taken: the status, and what its sender is to do."""

    def __init__(self, status: HTTPStatus, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


def router(app: App) -> APIRouter:
    """Take deliveries to the sources whose connector reads them."""
    hooks, routes = app.hooks, APIRouter()

    @routes.post("/hooks/{source}")
    async def take(source: str, request: Request) -> JSONResponse:
        named = source if source in hooks else "unknown"
        try:
            body = await _accepted(hooks.get(source), request, app.present)
            is_new = await run_in_threadpool(keep, app.store, app.clock, source, body)
        except Refusal as refusal:
            logger("web").warning("refused", source=named, status=refusal.status.value)
            return _refused(refusal)
        except StorageError as error:
            logger("web").error("not kept", source=named, detail=error.detail)
            said = "it could not be kept; send it again in a few seconds"
            return _refused(Refusal(HTTPStatus.SERVICE_UNAVAILABLE, said))
        if is_new:
            return JSONResponse({"kept": True}, HTTPStatus.ACCEPTED)
        return JSONResponse({"kept": True, "repeated": True}, HTTPStatus.OK)

    return routes


async def _accepted(
    hook: WebhookSettings | None, request: Request, clock: Clock
) -> str:
    if hook is None:
        said = "no source of the connector webhook has this name; look at the address"
        raise Refusal(HTTPStatus.NOT_FOUND, said)
    body = await _body(request)
    _verify(hook, request.headers, body, clock.now())
    return _readable(body)


async def _body(request: Request) -> bytes:
    """Read no more than anybody needs, and for no longer."""
    too_much = Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body is longer than {MOST_BYTES:,} bytes; send its items in parts",
    )
    if request.headers.get("content-length", "0").rjust(20, "0") > f"{MOST_BYTES:020}":
        raise too_much
    try:
        return await body_of(request, most=MOST_BYTES, seconds=READ_SECONDS)
    except TooLong:
        raise too_much from None
    except Broken as error:
        said = f"the body did not come whole within {READ_SECONDS:g} seconds"
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, said) from error


def _verify(
    hook: WebhookSettings, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    timestamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not timestamp or not given:
        raise _unsigned(f"send the headers {TIMESTAMP} and {SIGNATURE}")
    if not is_signed(hook.secrets, timestamp, body, given):
        raise _unsigned(
            f"{SIGNATURE} does not fit: it is v1= and, in hex, the HMAC-SHA256 by the "
            f"source's secret over {TIMESTAMP}, a full stop and the body as it is sent"
        )
    try:
        away = abs(now - from_epoch(int(timestamp)))
    except (ValueError, OverflowError):
        raise _unsigned(f"{TIMESTAMP} is no Unix time in whole seconds") from None
    if away > hook.window:
        raise _unsigned(
            f"it was signed {away.total_seconds():.0f} seconds away from our clock, "
            f"{hook.window.total_seconds():.0f} at most; set your clock, sign anew"
        )


def _unsigned(said: str) -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, said)


def _readable(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
        items_of(text)
    except UnicodeDecodeError as error:
        said = f"the body is not UTF-8: byte {error.start + 1} is out of place"
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, said) from error
    except ValueError as error:
        said = f"the body cannot be read: {error}; see docs/connectors/webhook.md"
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, said) from error
    return text


def _refused(refusal: Refusal) -> JSONResponse:
    is_over = refusal.status is HTTPStatus.SERVICE_UNAVAILABLE
    headers = {"Retry-After": str(AGAIN_SECONDS)} if is_over else None
    return JSONResponse({"error": refusal.said}, refusal.status, headers)
