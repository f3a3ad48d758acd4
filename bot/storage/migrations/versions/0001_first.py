"""The first tables, and triggers that let nobody change the log.

Runs before the new program starts (pre).
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LOG = ("audit_entries", "audit_seals", "audit_leaves")


def upgrade() -> None:
    """Make everything; the database must not have these tables yet."""
    _create_sources()
    _create_mentions()
    _create_tickets()
    _create_replies()
    _create_log()
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def downgrade() -> None:
    """Refuse: it would delete the log."""
    message = "the first step cannot be undone; it would delete the audit log"
    raise NotImplementedError(message)


def words(
    name: str, *, nullable: bool = False, server_default: str | None = None
) -> sa.Column[str]:
    """Any text, domain values as JSON among them."""
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=server_default)


def whole(
    name: str, *, nullable: bool = False, autoincrement: bool = True
) -> sa.Column[int]:
    """64 bits; SQLite numbers rows by itself only in a plain INTEGER."""
    return sa.Column(
        name,
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        nullable=nullable,
        autoincrement="auto" if autoincrement else False,
    )


def real(name: str, *, nullable: bool = False) -> sa.Column[float]:
    """A double."""
    return sa.Column(name, sa.Double(), nullable=nullable)


def flag(name: str, *, nullable: bool = False) -> sa.Column[bool]:
    """Yes or no."""
    return sa.Column(name, sa.Boolean(), nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    """An instant in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    """Name a reference to another table."""
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def partial_index(
    name: str, table: str, columns: list[str], where: str, *, unique: bool = False
) -> None:
    """Make an index of just the rows that meet a condition."""
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _create_sources() -> None:
    op.create_table(
        "sources",
        words("name"),
        words("cursor", nullable=True),
        instant("last_success_at", nullable=True),
        whole("failures"),
        instant("retry_at", nullable=True),
        words("off_because"),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )
    op.create_table(
        "coverage",
        whole("id"),
        words("source"),
        instant("started_at"),
        instant("ended_at"),
        words("outcome"),
        words("detail"),
        whole("fetched"),
        whole("stored"),
        sa.PrimaryKeyConstraint("id", name="pk_coverage"),
    )
    op.create_index("ix_coverage_source_id", "coverage", ["source", "id"])
    op.create_table(
        "usage",
        words("source"),
        words("month"),
        whole("reads"),
        whole("posts"),
        sa.PrimaryKeyConstraint("source", "month", name="pk_usage"),
    )
    op.create_table(
        "quarantine",
        whole("id"),
        words("source"),
        words("place"),
        words("reason"),
        words("payload"),
        words("digest"),
        instant("kept_at"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("source", "digest", name="uq_quarantine_source_digest"),
    )
    op.create_table(
        "switches",
        words("name"),
        words("value"),
        words("set_by"),
        instant("set_at"),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
    op.create_table(
        "leases",
        words("name"),
        words("holder"),
        instant("expires_at"),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _create_mentions() -> None:
    op.create_table(
        "authors",
        whole("id"),
        words("channel"),
        words("external_id"),
        words("handle"),
        words("profile"),
        instant("seen_at"),
        sa.PrimaryKeyConstraint("id", name="pk_authors"),
        sa.UniqueConstraint(
            "channel", "external_id", name="uq_authors_channel_external_id"
        ),
    )
    op.create_table(
        "mentions",
        whole("id"),
        words("channel"),
        words("external_id"),
        words("brand"),
        words("kind"),
        words("text"),
        instant("published_at"),
        instant("edited_at", nullable=True),
        words("conversation"),
        words("in_reply_to", nullable=True),
        words("amplifies", nullable=True),
        words("author_id", nullable=True),
        words("author", nullable=True),
        words("engagement"),
        words("language_hint", nullable=True),
        words("url", nullable=True),
        words("control"),
        flag("is_addressed"),
        flag("is_public"),
        words("source"),
        instant("ingested_at"),
        words("stage", server_default="stored"),
        sa.PrimaryKeyConstraint("id", name="pk_mentions"),
        sa.UniqueConstraint(
            "channel", "external_id", name="uq_mentions_channel_external_id"
        ),
    )
    op.create_index(
        "ix_mentions_channel_author_id", "mentions", ["channel", "author_id"]
    )
    partial_index(
        "ix_mentions_amplifies",
        "mentions",
        ["channel", "amplifies"],
        "amplifies IS NOT NULL",
    )
    partial_index(
        "ix_mentions_undecided", "mentions", ["published_at", "id"], "stage = 'tagged'"
    )
    partial_index(
        "ix_mentions_untagged", "mentions", ["published_at", "id"], "stage = 'stored'"
    )
    op.create_table(
        "tags",
        whole("id"),
        whole("mention_id"),
        words("model"),
        words("sentiment"),
        words("sentiment_scores"),
        flag("complaint", nullable=True),
        real("complaint_score", nullable=True),
        words("language"),
        real("language_score"),
        words("influence"),
        flag("is_influencer"),
        words("signals"),
        words("doubts"),
        instant("tagged_at"),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        refers("tags", "mention_id", "mentions.id"),
        sa.UniqueConstraint("mention_id", "model", name="uq_tags_mention_id_model"),
    )


def _create_tickets() -> None:
    op.create_table(
        "tickets",
        whole("id"),
        whole("version"),
        words("brand"),
        words("channel"),
        words("conversation"),
        words("status"),
        words("severity"),
        whole("urgency"),
        words("code"),
        whole("tier"),
        words("queue"),
        words("complaint"),
        words("band"),
        flag("is_influencer"),
        words("house_pack"),
        words("regulation_pack"),
        instant("received_at"),
        instant("opened_at"),
        instant("closed_at", nullable=True),
        whole("reach"),
        whole("mentions"),
        words("owner"),
        instant("claim_expires_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
    )
    op.create_index(
        "ix_tickets_status_urgency_received_at_id",
        "tickets",
        ["status", "urgency", "received_at", "id"],
    )
    partial_index(
        "uq_tickets_one_open",
        "tickets",
        ["channel", "brand", "conversation"],
        "status = 'open'",
        unique=True,
    )
    op.create_table(
        "ticket_events",
        whole("id"),
        whole("ticket_id"),
        words("name"),
        instant("happened_at"),
        instant("recorded_at"),
        words("detail"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_events"),
        refers("ticket_events", "ticket_id", "tickets.id"),
    )
    op.create_index("ix_ticket_events_ticket_id", "ticket_events", ["ticket_id"])
    op.create_table(
        "decisions",
        whole("mention_id", autoincrement=False),
        whole("ticket_id", nullable=True),
        words("outcome"),
        words("severity"),
        words("code"),
        whole("tier"),
        words("queue"),
        words("verdict"),
        words("legal_class", nullable=True),
        flag("provisional"),
        words("scope"),
        words("house_pack"),
        words("regulation_pack"),
        words("reasons"),
        words("targets"),
        words("acknowledgement", nullable=True),
        instant("decided_at"),
        sa.PrimaryKeyConstraint("mention_id", name="pk_decisions"),
        refers("decisions", "mention_id", "mentions.id"),
        refers("decisions", "ticket_id", "tickets.id"),
    )
    op.create_index("ix_decisions_ticket_id", "decisions", ["ticket_id"])
    op.create_table(
        "clocks",
        whole("id"),
        whole("ticket_id"),
        words("rule"),
        words("kind"),
        words("force"),
        words("cite"),
        words("pack"),
        instant("started_at"),
        instant("due_strict"),
        instant("due_legal"),
        words("met_by"),
        flag("provisional"),
        words("inputs"),
        words("state"),
        instant("due_at", nullable=True),
        instant("ended_at", nullable=True),
        words("ended_by"),
        sa.PrimaryKeyConstraint("id", name="pk_clocks"),
        refers("clocks", "ticket_id", "tickets.id"),
        sa.UniqueConstraint("ticket_id", "rule", name="uq_clocks_ticket_id_rule"),
    )
    partial_index(
        "ix_clocks_due", "clocks", ["due_at", "id"], "state IN ('running', 'late')"
    )


def _create_replies() -> None:
    op.create_table(
        "replies",
        whole("id"),
        whole("ticket_id"),
        whole("mention_id"),
        words("kind"),
        words("state"),
        words("channel"),
        words("brand"),
        words("conversation"),
        words("in_reply_to"),
        words("author"),
        words("text"),
        words("text_hash"),
        words("language"),
        words("template"),
        instant("created_at"),
        whole("attempts"),
        whole("looks"),
        instant("next_at", nullable=True),
        instant("sending_at", nullable=True),
        instant("sent_at", nullable=True),
        instant("seen_at", nullable=True),
        words("external_id"),
        words("url"),
        words("reason"),
        words("approved_by"),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
        refers("replies", "mention_id", "mentions.id"),
        refers("replies", "ticket_id", "tickets.id"),
        sa.UniqueConstraint("mention_id", "kind", name="uq_replies_mention_id_kind"),
    )
    op.create_index(
        "ix_replies_channel_external_id", "replies", ["channel", "external_id"]
    )
    op.create_index("ix_replies_sending_at", "replies", ["sending_at"])
    op.create_index("ix_replies_state_id", "replies", ["state", "id"])
    op.create_index("ix_replies_ticket_id", "replies", ["ticket_id"])
    op.create_table(
        "approvals",
        whole("id"),
        whole("reply_id"),
        words("text_hash"),
        words("approved_by"),
        instant("approved_at"),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
        refers("approvals", "reply_id", "replies.id"),
    )
    op.create_index("ix_approvals_reply_id", "approvals", ["reply_id"])
    op.create_table(
        "notices",
        whole("id"),
        words("key"),
        words("recipient"),
        words("subject"),
        words("body"),
        whole("ticket_id", nullable=True),
        flag("is_important"),
        instant("created_at"),
        words("state"),
        whole("attempts"),
        instant("next_at", nullable=True),
        words("reason"),
        words("delivered_by"),
        instant("delivered_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        refers("notices", "ticket_id", "tickets.id"),
        sa.UniqueConstraint("key", name="uq_notices_key"),
    )
    partial_index("ix_notices_waiting", "notices", ["id"], "state = 'waiting'")


def _create_log() -> None:
    op.create_table(
        "audit_entries",
        whole("id"),
        words("at"),
        words("actor"),
        words("action"),
        words("subject"),
        words("detail"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_seals",
        whole("number", autoincrement=False),
        words("sealed_at"),
        words("root"),
        words("previous"),
        words("hash"),
        whole("total"),
        sa.PrimaryKeyConstraint("number", name="pk_audit_seals"),
    )
    op.create_table(
        "audit_leaves",
        whole("entry_id", autoincrement=False),
        whole("seal_number"),
        whole("position"),
        words("leaf"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit_leaves"),
        refers("audit_leaves", "entry_id", "audit_entries.id"),
        refers("audit_leaves", "seal_number", "audit_seals.number"),
        sa.UniqueConstraint(
            "seal_number", "position", name="uq_audit_leaves_seal_number_position"
        ),
    )


def _guard_sqlite() -> None:
    """Refuse changes to the log, and replacing a line by inserting over it."""
    keys = {
        "audit_entries": ("id = NEW.id",),
        "audit_seals": ("number = NEW.number",),
        "audit_leaves": (
            "entry_id = NEW.entry_id",
            "(seal_number, position) = (NEW.seal_number, NEW.position)",
        ),
    }
    refuse = "SELECT RAISE(ABORT, 'the audit log is append-only')"
    for table, unique in keys.items():
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table}"
                f" BEGIN {refuse}; END"
            )
        same = " OR ".join(unique)
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"
            f" WHEN {taken} BEGIN {refuse}; END"
        )


def _guard_postgresql() -> None:
    """Refuse changes to the log, and emptying it."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    for table in LOG:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
