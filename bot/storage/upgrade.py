"""Bring a database to this program's schema, or say why that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, Engine, text

from bot.errors import StorageError
from bot.storage.failures import shown, translated

Progress = Callable[[str], None]

_LOCK = 0x616E7377
"""Names, on PostgreSQL, the lock that lets one process upgrade at a time."""


def newest_version() -> str:
    """Return the schema that this program was written for."""
    return _scripts().get_current_head() or ""


def current_version(engine: Engine) -> str:
    """Return the database's schema; empty if nothing was ever made there."""
    if _has_no_file(engine):
        return ""
    with translated(engine.url), engine.connect() as db:
        return _version(db)


def check_version(engine: Engine) -> None:
    """Raise ``StorageError`` unless the schema is this program's."""
    current, newest = current_version(engine), newest_version()
    if not current:
        message = f"{shown(engine.url)} holds nothing yet; run `bot db upgrade`"
        raise StorageError(message)
    _refuse_newer(engine, current)
    if current != newest:
        message = (
            f"{shown(engine.url)} has schema {current}, this program needs {newest}; "
            "back it up and run `bot db upgrade`"
        )
        raise StorageError(message)


def upgrade(engine: Engine, progress: Progress | None = None) -> str:
    """Run the steps that are missing, all or none, and return the schema reached.

    ``progress`` is told each step's number and title, and by long ones how far they
    are. Raises ``StorageError`` for a
    database that is newer than this program.
    """

    def tell(*, step: MigrationInfo, **_: object) -> None:
        script = step.up_revision
        if progress is not None and isinstance(script, Script):
            progress(f"{script.revision} {script.doc}")

    config = _config()
    with translated(engine.url), engine.begin() as db:
        if db.dialect.name == "postgresql":
            db.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        _refuse_newer(engine, _version(db))
        config.attributes["connection"] = db
        config.attributes["on_version_apply"] = tell
        config.attributes["tell"] = progress
        command.upgrade(config, "head")
        return _version(db)


def _version(db: Connection) -> str:
    heads = MigrationContext.configure(db).get_current_heads()
    return heads[0] if heads else ""


def _refuse_newer(engine: Engine, current: str) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if current and current not in known:
        message = (
            f"{shown(engine.url)} has schema {current}, newer than this program's "
            f"{newest_version()}; install the release that wrote it, or restore a "
            "backup from before its upgrade"
        )
        raise StorageError(message)


def _has_no_file(engine: Engine) -> bool:
    """Whether it is an SQLite file that is not there; looking would make it."""
    is_file = engine.dialect.name == "sqlite"
    return is_file and not Path(engine.url.database or "").exists()


@cache
def _scripts() -> ScriptDirectory:
    """Return all steps; every file of them is read once."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "bot.storage:migrations")
    return config
