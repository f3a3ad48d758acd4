"""``bot serve``: the console, and what else is reached over HTTP."""

from __future__ import annotations

from bot.cli import output
from bot.cli.context import Config, Db, Host, Port, opened, stop_on_signal
from bot.services.lifecycle import on_record
from bot.work.renewal import renewing


def serve(
    *,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    config: Config = None,
    db: Db = None,
) -> None:
    """Serve the console, signed webhooks and hand-offs' forms; start any number."""
    from bot.web.app import serve as listen

    with opened(config, db) as bot:
        _ = bot.store  # complain before anybody is answered
        for name in bot.hooks:
            _tell(f"Source {name} is delivered to at /hooks/{name}.")
        if not bot.hooks:
            _tell("No source has the connector webhook yet: nothing can be delivered.")
        if bot.hand_offs_at:
            _tell(f"Forms of private hand-offs are reached at {bot.hand_offs_at}/h/.")
        # The server ends by a signal, and hands it on to whoever listened before.
        stop_on_signal()
        with on_record(bot.store, bot.clock, "serve"), renewing(bot):
            listen(bot, host, port, _tell)


def _tell(line: str) -> None:
    output.err.print(line, markup=False)
