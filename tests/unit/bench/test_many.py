from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import _many
from bot.domain.queues import Listed, View
from bot.domain.tickets import TicketId
from bot.storage.store import SqlStore

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqlStore:
    monkeypatch.setattr(_many, "BLOCK", 60)
    url = f"sqlite:///{tmp_path}/many.db"
    _many.fill(url, 160, NOW)
    return SqlStore(url)


def test_what_is_filled_in_reads_like_what_the_bot_wrote(filled: SqlStore) -> None:
    with filled.reading() as work:
        lines = work.queues.page(Listed(), now=NOW, limit=200)
        mentions = work.tickets.mentions(TicketId(160))
        replies = [
            one
            for number in range(1, 161)
            for one in work.replies.of_ticket(TicketId(number))
        ]
        drifted = work.queues.drifted(1)
        seal = work.audit.last_seal()
    summary = filled.summary(NOW)

    assert summary.mentions == 160 * _many.PER_TICKET
    assert summary.open_tickets == len(lines) > 0
    assert all(line.mention and line.tags for line in lines)
    assert mentions[0].mention.conversation == "c-160"
    assert len(replies) > 80
    assert drifted == []
    assert seal is not None
    assert seal.total == summary.audit_entries


def test_of_what_is_filled_in_some_is_due_and_some_was_missed(filled: SqlStore) -> None:
    lists = {view.value: Listed(view=view) for view in View}

    with filled.reading() as work:
        counts = work.queues.counts(lists, now=NOW)

    assert counts["breached"] > 0
    assert counts["open"] > counts["unclaimed"] > 0
