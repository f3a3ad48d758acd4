from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.live import Change, Gaps
from bot.storage.store import SqlStore
from bot.testing import START
from tests.contract.store.test_letters import letter
from tests.samples import entry, mention, ticket


def test_what_the_log_tells_comes_with_whose_it_is(store: SqlStore) -> None:
    with store.work() as work:
        (stored,) = work.mentions.add([mention()], source="s", at=START)
        opened = work.tickets.add(ticket())
        work.audit.append(
            [
                entry(subject=f"mention:{stored.id}", action="mention.stored"),
                entry(subject=f"ticket:{opened.id}", action="ticket.opened"),
                entry(subject="source:acme", action="source.failed"),
                entry(subject="ticket:999", action="ticket.opened"),
            ]
        )

    found = store.changes(0, (), limit=10)

    assert [(one.subject, one.brand, one.ticket) for one in found] == [
        (f"mention:{stored.id}", stored.mention.brand, None),
        (f"ticket:{opened.id}", opened.brand, opened.id),
        ("source:acme", "", None),
        ("ticket:999", "", None),
    ]
    assert store.newest_entry() == found[-1].entry


def test_a_legal_notice_is_its_tickets_brands(store: SqlStore) -> None:
    with store.work() as work:
        opened = work.tickets.add(ticket())
        added = work.letters.add(letter(opened.id))
        work.audit.append([entry(subject=f"letter:{added.id}", action="letter.made")])

    (found,) = store.changes(0, (), limit=10)

    assert (found.brand, found.ticket) == (opened.brand, opened.id)


def test_only_what_is_newer_is_read_and_no_more_than_asked(store: SqlStore) -> None:
    with store.work() as work:
        work.audit.append([entry(number) for number in range(1, 6)])

    assert [one.entry for one in store.changes(2, (), limit=2)] == [3, 4]
    assert [one.entry for one in store.changes(4, (2,), limit=2)] == [2, 5]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.postgres
def test_an_entry_that_is_seen_after_its_follower_is_told_all_the_same(
    database_url: str, open_store: Callable[[str], SqlStore]
) -> None:
    slow, fast, reader = (open_store(database_url) for _ in range(3))
    gaps, told = Gaps(), list[Change]()

    def look() -> None:
        found = reader.changes(gaps.newest, gaps.missing, limit=10)
        gaps.read(one.entry for one in found)
        told.extend(found)

    with fast.work() as work:
        work.audit.append([entry(action="first")])
    look()
    with slow.work() as late:
        late.audit.append([entry(action="late")])
        with fast.work() as work:
            work.audit.append([entry(action="follower")])
        look()
    look()

    assert [one.action for one in told] == ["first", "follower", "late"]
