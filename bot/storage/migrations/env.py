"""Run the steps in the transaction that ``bot.storage.upgrade`` has opened."""

from __future__ import annotations

from alembic import context

from bot.storage.tables import Rows

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Rows.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    on_version_apply=context.config.attributes["on_version_apply"],
)
with context.begin_transaction():
    context.run_migrations()
