"""The web application, made from the wired app, and the server that runs it."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from bot.bootstrap import App
from bot.errors import SettingsError
from bot.web import hooks
from bot.web.console import open_console

MOST_AT_ONCE = 200
"""Requests; each may hold a megabyte. Beyond them the answer is 503."""

LAST_SECONDS = 10
"""How long a stop waits for requests that are under way."""


def application(app: App) -> FastAPI:
    """Make it; nothing about it is described to strangers."""
    web = FastAPI(title="Answerable", docs_url=None, redoc_url=None, openapi_url=None)
    web.include_router(hooks.router(app))
    if app.hand_offs_at:
        from bot.web import form

        web.include_router(form.router(app))
    open_console(web, app)
    return web


def serve(app: App, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Listen until a signal stops it; raise ``SettingsError`` for a place taken."""
    web = application(app)
    with listening(host, port) as listener:
        at, taken = listener.getsockname()[:2]
        shown = f"[{at}]" if ":" in at else at
        tell(f"Listening on http://{shown}:{taken}; Ctrl-C stops it.")
        config = uvicorn.Config(
            web,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=LAST_SECONDS,
            forwarded_allow_ips=app.settings.console.proxies or None,
        )
        uvicorn.Server(config).run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """Open the place to listen on; raise ``SettingsError`` where that cannot be."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        message = (
            f"{host}:{port} cannot be listened on ({error.strerror or error}); "
            "name another --host or --port"
        )
        raise SettingsError(message) from error
