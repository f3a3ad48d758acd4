"""``bot db``: bring the database to this program's schema."""

from __future__ import annotations

import typer

from bot.cli import output
from bot.cli.context import Config, Db, opened

app = typer.Typer(help="The database: upgrade it.", no_args_is_help=True)


@app.callback()
def _database() -> None:
    """Keep 'upgrade' a command of its own while it is the only one."""


@app.command("upgrade")
def upgrade(*, config: Config = None, db: Db = None) -> None:
    """Run the migrations that are missing; all of them, or none."""

    def tell(step: str) -> None:
        output.out.print(f"migrated: {step}", markup=False)

    with opened(config, db) as bot:
        reached = bot.unchecked_store.upgrade(tell)
    output.out.print(f"the database has schema {reached}", markup=False)
