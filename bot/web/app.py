"""The web application, made from the wired app, and the server that runs it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

import uvicorn
from fastapi import FastAPI

from bot.bootstrap import App
from bot.errors import SettingsError
from bot.web import hooks
from bot.web.api import routes as api
from bot.web.console import open_console
from bot.web.live import Feed
from bot.web.render import Pages
from bot.web.room import Console

MOST_AT_ONCE = 1_000
"""Connections: a browser keeps several. Beyond them the answer is 503."""

LAST_SECONDS = 10
"""How long a stop waits for requests that are under way."""


def application(app: App) -> FastAPI:
    """Make it; nothing about it is described to strangers."""
    web = FastAPI(title="Answerable", docs_url=None, redoc_url=None, openapi_url=None)
    web.include_router(hooks.router(app), include_in_schema=False)
    if app.hand_offs_at:
        from bot.web import form

        web.include_router(form.router(app), include_in_schema=False)
    console = Console(app=app, pages=Pages(app))
    open_console(web, console)
    web.include_router(api.router(console))
    return web


class Server(uvicorn.Server):
    """Lets go of whoever only listens before it waits for the others."""

    def __init__(self, web: FastAPI, proxies: Sequence[str] = ()) -> None:
        config = uvicorn.Config(
            web,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=LAST_SECONDS,
            forwarded_allow_ips=list(proxies) or None,
        )
        super().__init__(config)
        self._feed: Feed = web.state.feed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: open pages come back by themselves when there is a server again."""
        self._feed.close()
        await super().shutdown(sockets)


def serve(app: App, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Listen until a signal stops it; raise ``SettingsError`` for a place taken."""
    with listening(host, port) as listener:
        tell(f"Listening on {address_of(listener)}; Ctrl-C stops it.")
        proxies = app.settings.console.proxies
        Server(application(app), proxies).run(sockets=[listener])


@contextmanager
def served(
    web: FastAPI, listener: socket.socket, proxies: Sequence[str] = ()
) -> Iterator[None]:
    """Serve beside other work, in a thread of its own, until the block ends."""
    server = Server(web, proxies)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="console")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def address_of(listener: socket.socket) -> str:
    """Return where a browser reaches it."""
    at, taken = listener.getsockname()[:2]
    shown = f"[{at}]" if ":" in at else at
    return f"http://{shown}:{taken}"


def listening(
    host: str, port: int, instead: str = "name another --host or --port"
) -> socket.socket:
    """Open the place to listen on; raise ``SettingsError`` where that cannot be."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = error.strerror or error
        message = f"{host}:{port} cannot be listened on ({why}); {instead}"
        raise SettingsError(message) from error
