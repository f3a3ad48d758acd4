"""``/h/{token}``: the form by which somebody says, once and to us alone, who they are.

The token in the address is all that opens it: there is no cookie and no session, so
that no other page can send it in somebody's name. What the page shows is the same for
everybody; it never says whether anybody is known to us, and answers are never shown
again, not even where one of them must be corrected.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.bootstrap import App
from bot.clock import since_boot
from bot.domain.handoff import FormWording
from bot.errors import Missing, NotAllowed, Stale, StorageError
from bot.logs import logger
from bot.services.handoff import Form, answer, form
from bot.web.body import Broken, TooLong, body_of

MOST_BYTES = 16_384
READ_SECONDS = 15.0
TAPS, WITHIN = 20, 60.0
"""So often within so many seconds one link may be asked for, of one process."""

REMEMBERED = 10_000
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

STYLE = """
body{font:1.1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:34rem;padding:1rem;
color:#111;background:#fff}
input[type=text]{display:block;width:100%;box-sizing:border-box;font:inherit;
padding:.5rem;border:1px solid #555}
fieldset{border:1px solid #555}
strong{color:#a00}
button{font:inherit;padding:.6rem 1.4rem}
"""

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Taps:
    """Counts how often each link is asked for; remembers the newest only."""

    def __init__(self) -> None:
        self._at: OrderedDict[bytes, list[float]] = OrderedDict()
        self._turn = threading.Lock()

    def too_many(self, token: str, now: float) -> bool:
        """Count one more; say whether that is too many."""
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        with self._turn:
            lately = [one for one in self._at.pop(key, []) if now - one < WITHIN]
            lately.append(now)
            self._at[key] = lately[-TAPS - 1 :]
            while len(self._at) > REMEMBERED:
                self._at.popitem(last=False)
        return len(lately) > TAPS


def router(app: App) -> APIRouter:
    """Show the form of whoever has a link, and take what they answer."""
    routes, page, taps = APIRouter(), Page(app), Taps()

    @routes.get("/h/{token}")
    async def show(token: str) -> HTMLResponse:
        if taps.too_many(token, since_boot()):
            return page.later()
        return await run_in_threadpool(page.show, token)

    @routes.post("/h/{token}")
    async def take(token: str, request: Request) -> HTMLResponse:
        if taps.too_many(token, since_boot()):
            return page.later()
        given = await _given(request)
        if given is None:
            return page.told("gone", HTTPStatus.BAD_REQUEST)
        return await run_in_threadpool(page.take, token, given)

    return routes


async def _given(request: Request) -> Mapping[str, str] | None:
    """Read a form's fields, no more of it than it has; ``None`` for nonsense."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    try:
        body = await body_of(request, most=MOST_BYTES, seconds=READ_SECONDS)
        fields = parse_qs(body.decode("utf-8"), max_num_fields=20)
    except (TooLong, Broken, ValueError):
        return None
    return {name: said[-1] for name, said in fields.items()}


class Page:
    """What is shown, in the language of whom it is for."""

    def __init__(self, app: App) -> None:
        self._app = app
        _ = app.hand_offs  # a pack that is wrong is told of before anybody asks
        pages = FileSystemLoader(Path(__file__).parent / "pages")
        made = Environment(loader=pages, autoescape=True, undefined=StrictUndefined)
        self._page = made.get_template("form.html")

    def show(self, token: str) -> HTMLResponse:
        """Show the questions; that changes nothing."""
        app = self._app
        try:
            found = form(app.store, app.clock, app.hand_offs, token)
        except (Missing, NotAllowed):
            return self.told("gone", HTTPStatus.GONE)
        except StorageError as error:
            return self._out_of_order(error)
        return self._questions(found, {}, HTTPStatus.OK)

    def take(self, token: str, given: Mapping[str, str]) -> HTMLResponse:
        """Take answers, or say what must be corrected."""
        app = self._app
        try:
            found = form(app.store, app.clock, app.hand_offs, token)
            wrong = answer(app.store, app.clock, app.hand_offs, token, given)
        except (Missing, NotAllowed, Stale):
            return self.told("gone", HTTPStatus.GONE)
        except StorageError as error:
            return self._out_of_order(error)
        if wrong:
            return self._questions(found, wrong, HTTPStatus.UNPROCESSABLE_ENTITY)
        return self.told("thanks", HTTPStatus.OK, found.language)

    def later(self) -> HTMLResponse:
        """Ask for a pause."""
        answer = self.told("later", HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = f"{WITHIN:.0f}"
        return answer

    def _out_of_order(self, error: StorageError) -> HTMLResponse:
        logger("web").error("form out of order", detail=error.detail)
        return self.told("later", HTTPStatus.SERVICE_UNAVAILABLE)

    def told(self, name: str, status: HTTPStatus, language: str = "") -> HTMLResponse:
        """Say one sentence, the same to everybody."""
        language, words = self._words(language)
        return self._made(language, words, status, told=str(getattr(words, name)))

    def _questions(
        self, found: Form, wrong: Mapping[str, str], status: HTTPStatus
    ) -> HTMLResponse:
        language, words = self._words(found.language)
        policy = found.policy
        fields = [
            {
                "name": asked.value,
                "label": words.asks[asked],
                "needed": asked in policy.asks,
                "mistake": getattr(words, wrong[asked]) if asked in wrong else "",
            }
            for asked in (*policy.asks, *policy.may_ask)
        ]
        return self._made(
            language,
            words,
            status,
            fields=fields,
            contact=[(way.value, words.contact[way]) for way in policy.contact],
            contact_mistake=words.needed if "contact" in wrong else "",
        )

    def _words(self, language: str) -> tuple[str, FormWording]:
        means = self._app.hand_offs
        chosen = means.language(language)
        return chosen, means.templates.forms[chosen]

    def _made(
        self,
        language: str,
        words: FormWording,
        status: HTTPStatus,
        *,
        told: str = "",
        **shown: object,
    ) -> HTMLResponse:
        text = self._page.render(
            language=language,
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
            style=STYLE,
            words=words,
            told=told,
            **shown,
        )
        return HTMLResponse(text, status, HEADERS)
