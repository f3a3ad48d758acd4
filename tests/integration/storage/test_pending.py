"""Finding pending work: what others hold is passed over, and old rows cost nothing."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from bot.audit.seal import make_seal
from bot.domain.clocks import ClockState
from bot.domain.replies import ReplyState
from bot.storage import audit
from tests.samples import NOON, entry, mention, plan, reply, tags, ticket

DAY = timedelta(days=1)


@pytest.fixture
def postgres(postgres_databases, open_store):
    """Two stores on one PostgreSQL database; SQLite lets nobody in beside a writer."""
    url = postgres_databases.empty()
    return open_store(url), open_store(url)


@pytest.mark.postgres
def test_workers_are_given_different_rows(postgres):
    one, other = postgres
    with one.work() as work:
        added = work.mentions.add(
            [mention(n) for n in range(4)], source="agora", at=NOON
        )
        ticket_id = work.tickets.add(ticket()).id
        work.mentions.tag([(each.id, tags()) for each in added[2:]], NOON)
        work.clocks.start(ticket_id, [plan("a"), plan("b")])
        for each in added[:2]:
            work.replies.add(reply(ticket_id=ticket_id, mention_id=each.id))

    def take_one_of_each(work):
        return [
            *(each.id for each in work.mentions.untagged(1)),
            *(each.id for each, _ in work.mentions.undecided(1)),
            *(each.id for each in work.clocks.due(NOON + DAY, 1)),
            *(
                each.id
                for each in work.replies.waiting(ReplyState.QUEUED, now=NOON, limit=1)
            ),
        ]

    with one.work() as first, other.work() as second:
        taken = list(
            zip(take_one_of_each(first), take_one_of_each(second), strict=True)
        )

    assert len(taken) == 4
    assert all(mine != theirs for mine, theirs in taken)


@pytest.mark.postgres
def test_an_entry_that_commits_late_is_sealed_later_and_never_forgotten(postgres):
    one, other = postgres
    with one.work() as slow:
        slow.audit.append([entry(1)])
        with other.work() as quick:
            quick.audit.append([entry(2)])
        with other.work() as sealer:
            (seen,) = sealer.audit.unsealed(10)
            sealer.audit.seal(make_seal(None, [seen], NOON))

    with other.work() as sealer:
        (late,) = sealer.audit.unsealed(10)
        sealed = sealer.audit.seal(make_seal(sealer.audit.last_seal(), [late], NOON))

    assert late.id < seen.id
    assert sealed


@pytest.mark.postgres
def test_a_reader_finds_what_a_worker_holds_or_has_changed_since(postgres):
    one, other = postgres
    with one.work() as work:
        added = work.mentions.add([mention()], source="agora", at=NOON)
        ticket_id = work.tickets.add(ticket()).id
        queued = work.replies.add(reply(ticket_id=ticket_id, mention_id=added[0].id))
    sending = replace(queued, state=ReplyState.SENDING)

    with other.reading() as look:
        assert look.switches.get("kill") == ""
        with one.work() as work:
            assert work.replies.move(sending, before=ReplyState.QUEUED)
        [seen] = look.replies.waiting(ReplyState.QUEUED, now=NOON, limit=1)

    assert seen == queued


@pytest.mark.postgres
def test_a_reader_does_not_wait_for_a_writer(postgres):
    one, other = postgres
    with one.work() as work:
        work.switches.set("kill", "on", by="ana", at=NOON)
        with other.reading() as look:
            assert look.switches.get("kill") == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_sqlite_reader_does_not_wait_for_a_writer(database_url, open_store):
    one, other = open_store(database_url), open_store(database_url)
    with one.work() as work:
        work.leases.take("a", "one", now=NOON, until=NOON)
        with other.reading() as look:
            assert look.switches.get("kill") == ""


def test_an_entry_older_than_the_look_back_is_found_when_nothing_else_is_left(
    store, database_url
):
    with store.work() as work:
        work.audit.append([entry(n) for n in range(3)])
        old, *rest = work.audit.unsealed(3)
        work.audit.seal(make_seal(None, rest, NOON))
        work.audit._db.execute(
            text(
                "INSERT INTO audit_entries (id, at, actor, action, subject, detail)"
                f" VALUES ({audit.LOOK_BACK * 2}, 'x', 'x', 'x', 'x', '{{}}')"
            )
        )
        (newest,) = [
            each for each in work.audit.unsealed(1000) if each.id > rest[-1].id
        ]
        work.audit.seal(make_seal(work.audit.last_seal(), [newest], NOON))

    with store.work() as work:
        assert work.audit.unsealed(10) == []
        assert work.audit.unsealed(10, everything=True) == [old]


QUERIES = {
    "ix_mentions_untagged": (
        "SELECT * FROM mentions WHERE stage = 'stored' ORDER BY published_at, id"
    ),
    "ix_mentions_undecided": (
        "SELECT * FROM mentions WHERE stage = 'tagged' ORDER BY published_at, id"
    ),
    "ix_clocks_due": (
        "SELECT * FROM clocks WHERE state IN ('running', 'late')"
        " AND due_at <= '2026-03-04 00:00:00' ORDER BY due_at, id LIMIT 9"
    ),
    "ix_clocks_warned": (
        "SELECT * FROM clocks WHERE state IN ('running', 'late', 'breached')"
        " AND warn_at IS NOT NULL AND warn_at <= '2026-03-04 00:00:00'"
        " ORDER BY warn_at, id LIMIT 9"
    ),
    "ix_notices_waiting": (
        "SELECT * FROM notices WHERE state = 'waiting' AND next_at IS NULL ORDER BY id"
    ),
}


@pytest.mark.parametrize("index", QUERIES)
def test_a_sweep_reads_an_index_of_what_is_pending(own_file, open_store, index):
    store = open_store(f"sqlite:///{own_file}")

    with store.reading() as work:
        explained = work.audit._db.execute(text(f"EXPLAIN QUERY PLAN {QUERIES[index]}"))
        steps = " ".join(row.detail for row in explained)

    assert index in steps


LOOKS = {
    "ix_replies_look_again (state=? AND next_at>? AND next_at<?)": (
        lambda work: work.replies.look_again(now=NOON, limit=20)
    ),
    "ix_replies_sending_at (sending_at>?)": (
        lambda work: (
            work.replies.counts(reply(ticket_id=1, mention_id=1), NOON),
            work.replies.unasked("house", "en/ack/1", NOON),
            work.replies.said_to(
                reply(ticket_id=1, mention_id=1), NOON, or_saying="0" * 64
            ),
        )
    ),
    "ix_mentions_standing (source=? AND check_at": (
        lambda work: work.removals.due("agora", NOON, 100)
    ),
    "(channel=? AND ": lambda work: work.removals.gone("agora", ["a", "b"], NOON),
}


@pytest.mark.parametrize("steps", LOOKS)
def test_what_is_asked_again_and_again_never_reads_all_of_the_past(
    own_file, open_store, steps
):
    store = open_store(f"sqlite:///{own_file}")
    asked = []

    with store.work() as work:
        db = work.audit._db
        event.listen(
            db,
            "before_cursor_execute",
            lambda _db, _cursor, sql, values, *_: asked.append((sql, values)),
        )
        LOOKS[steps](work)
        plans = [
            " ".join(
                row[3]
                for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
                if row[3].startswith(("SEARCH", "SCAN"))
            )
            for sql, values in list(asked)
        ]

    assert plans
    for told in plans:
        assert steps in told
        assert "SCAN replies" not in told
        assert "SCAN mentions" not in told


def test_the_cost_of_a_sweep_grows_with_what_is_due(store):
    with store.work() as work:
        for number in range(40):
            ticket_id = work.tickets.add(ticket(number)).id
            work.clocks.start(
                ticket_id, [plan(f"r{n}", due_strict=NOON + n * DAY) for n in range(25)]
            )
    with store.work() as work:
        for clock in work.clocks.due(NOON + 99 * DAY, 980):
            work.clocks.change(
                clock.id,
                before=ClockState.RUNNING,
                after=ClockState.MET,
                due_at=None,
                ended_at=NOON,
            )

    with store.work() as work:
        left = work.clocks.due(NOON + 99 * DAY, 1000)

    assert len(left) == 20
    assert {clock.state for clock in left} == {ClockState.RUNNING}


def test_what_a_crashed_worker_held_is_free_again(store, database_url, open_store):
    with store.work() as work:
        work.mentions.add([mention()], source="agora", at=NOON)
    crashed = open_store(database_url)
    with contextlib.suppress(InterruptedError), crashed.work() as work:
        assert len(work.mentions.untagged(1)) == 1
        raise InterruptedError

    with store.work() as work:
        (pending,) = work.mentions.untagged(1)
    assert pending.mention == replace(mention())
