"""From a command's options to an app, and out again whatever happens."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bot import logs
from bot.bootstrap import App
from bot.clock import Clock
from bot.domain.staff import NOT_PEOPLE
from bot.errors import SettingsError
from bot.settings import Database, Loaded, load_settings

Config = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; BOT_CONFIG, else config/bot.yaml."),
]
Db = Annotated[
    str | None,
    typer.Option("--db", help="Database URL, instead of database.url."),
]
Host = Annotated[
    str, typer.Option(help="The address to listen on; 0.0.0.0 is every one.")
]
Port = Annotated[
    int, typer.Option(min=0, max=65_535, help="The port; 0 takes any free one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def named(value: str) -> str:
    """Refuse a name that would make the log say nobody, or a machine, did it."""
    if not value.strip() or not value.isprintable():
        message = "give the name of the person who does it"
        raise typer.BadParameter(message)
    if value.strip().casefold() in NOT_PEOPLE:
        message = f"{value.strip()!r} stands in the log for what no person did"
        raise typer.BadParameter(message)
    return value.strip()


def maybe_person(value: str | None) -> str | None:
    """Refuse what is no person's name, where one is given."""
    return None if value is None else named(value)


def _said(value: str) -> str:
    if not value.strip():
        message = "say why"
        raise typer.BadParameter(message)
    return value.strip()


By = Annotated[
    str,
    typer.Option("--by", callback=named, help="Who does it; stands in the audit log."),
]
MaybeBy = Annotated[
    str | None,
    typer.Option(
        "--by", callback=maybe_person, help="Who does it; stands in the audit log."
    ),
]
Why = Annotated[
    str, typer.Option("--reason", callback=_said, help="Why; stands in the audit log.")
]

ReadHash = Annotated[
    str | None,
    typer.Option(
        "--sha256",
        help="Hash of the text that you read; without it you are asked.",
    ),
]

MOST_DIGITS = 18
"""Of a number that a database can hold."""


def settings(config: Path | None, db: str | None = None) -> Loaded:
    """Read the settings, with the database that the command names."""
    loaded = load_settings(config)
    if db is not None:
        chosen = loaded.settings.model_copy(update={"database": Database(url=db)})
        loaded = replace(loaded, settings=chosen)
    chosen_logs = loaded.settings.logs
    logs.configure(chosen_logs.level, chosen_logs.format, chosen_logs.file)
    return loaded


@contextmanager
def opened(
    config: Path | None, db: str | None = None, *, clock: Clock | None = None
) -> Iterator[App]:
    """Give an app and close it at the end."""
    app = App(settings(config, db), clock=clock)
    try:
        yield app
    finally:
        app.close()


def stop_on_signal(stop: threading.Event | None = None) -> threading.Event:
    """Let Ctrl-C and a polite kill end the work between two transactions."""
    event = stop or threading.Event()

    def end(_number: int, _frame: object) -> None:
        event.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    return event


def number(key: str, letter: str) -> int:
    """Read ``T-000012``, ``t12`` or ``12``; raise ``SettingsError`` otherwise."""
    digits = key.strip().upper().removeprefix(letter).removeprefix("-")
    if not digits.isdecimal() or len(digits) > MOST_DIGITS:
        message = f"{key!r} is no id; it looks like {letter}-000012"
        raise SettingsError(message)
    return int(digits)


def bytes_of(file: Path) -> bytes:
    """Read a file that a person named; raise ``SettingsError`` otherwise."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error


def text_of(file: Path) -> str:
    """Read a text that a person wrote; raise ``SettingsError`` otherwise."""
    try:
        return bytes_of(file).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is no UTF-8 text") from None
