from __future__ import annotations

from datetime import date

import pytest

from bot.domain.dossiers import AccountKey
from bot.errors import Missing, NotAllowed, Stale
from bot.services.accounts import join, part
from bot.services.dossiers import check_unchanged
from bot.services.removals import honour_removals
from bot.services.tickets import note
from bot.services.viewing import look, uncover
from tests.unit.services.world import author, handle, log, mention, open_ticket, tickets

SYDNEY = "Australia/Sydney"


@pytest.fixture
def ticket(store):
    with store.work() as work:
        return work.tickets.add(open_ticket())


def test_who_has_a_ticket_open_is_told_to_the_others_not_to_themselves(
    store, clock, ticket
):
    look(store, clock, ticket.id, by="ana")

    others = look(store, clock, ticket.id, by="ben")

    assert [one.viewer for one in others] == ["ana"]
    assert [one.viewer for one in look(store, clock, ticket.id, by="ana")] == ["ben"]


def test_that_somebody_still_looks_is_written_three_times_a_minute_at_most(
    store, clock, ticket
):
    began = clock.now()
    look(store, clock, ticket.id, by="ana")
    clock.advance(seconds=19)
    look(store, clock, ticket.id, by="ana")

    [there] = look(store, clock, ticket.id, by="ben")
    clock.advance(seconds=1)
    look(store, clock, ticket.id, by="ana")
    [later] = look(store, clock, ticket.id, by="ben")

    assert there.seen_at == began
    assert later.seen_at == clock.now()


def test_what_somebody_looked_at_before_is_forgotten(store, clock, ticket):
    with store.work() as work:
        other = work.tickets.add(open_ticket())
    look(store, clock, ticket.id, by="ana")
    clock.advance(minutes=2)

    look(store, clock, other.id, by="ana")

    with store.reading() as work:
        assert work.viewers.looking(ticket.id, clock.now().replace(year=2020)) == []


def test_nobody_looks_at_what_is_not_there(store, clock):
    with pytest.raises(Missing):
        look(store, clock, open_ticket().id, by="ana")


def test_what_somebody_had_to_read_is_counted_by_the_day_where_they_are(store, clock):
    uncover(store, clock, by="ana", zone=SYDNEY)
    clock.advance(hours=5)  # midnight has passed in Sydney, not in UTC

    assert uncover(store, clock, by="ana", zone=SYDNEY) == 1
    assert uncover(store, clock, by="ana", zone=SYDNEY) == 2
    with store.reading() as work:
        assert work.viewers.exposures(date(2026, 11, 2)) == {"ana": 1}
        assert work.viewers.exposures(date(2026, 11, 3)) == {"ana": 2}


def test_who_acts_on_an_earlier_state_is_told_whose_doing_changed_it(
    store, clock, ticket
):
    with store.work() as work:
        work.tickets.save(ticket)
    note(store, clock, ticket.id, "rang twice", by="ben")

    with pytest.raises(Stale, match=r"ben changed T-000001 meanwhile \(ticket noted\)"):
        check_unchanged(store, ticket.id, ticket.version)
    check_unchanged(store, ticket.id, ticket.version + 1)


def accounts_of(store, key):
    with store.reading() as work:
        own = work.accounts.of(key)
        return {one.key.external_id for one in work.accounts.together(own.person)}


def test_two_groups_of_accounts_become_one_and_one_account_leaves_it(store, clock):
    said = [mention(author=author(f"a{number}")) for number in range(4)]
    handle(store, clock, *said)
    one, two, three, four = sorted(tickets(store), key=lambda each: each.id)
    join(store, clock, one.id, two.id, by="ana", why="same booking")
    join(store, clock, three.id, four.id, by="ana", why="same booking")

    join(store, clock, two.id, three.id, by="ana", why="same address")

    key = AccountKey(channel="x", external_id="id-a0")
    assert accounts_of(store, key) == {"id-a0", "id-a1", "id-a2", "id-a3"}
    with store.reading() as work:
        last = work.accounts.of(AccountKey(channel="x", external_id="id-a3"))
    part(store, clock, one.id, last.id, by="ana", why="another one")
    assert accounts_of(store, key) == {"id-a0", "id-a1", "id-a2"}
    assert {entry.subject for entry in log(store, "account.parted")} == {
        f"account:{last.id}"
    }


def test_an_account_is_not_joined_with_itself_nor_twice(store, clock):
    handle(store, clock, mention(), mention(), mention(author=author("ben")))
    one, two, three = sorted(tickets(store), key=lambda each: each.id)
    join(store, clock, one.id, three.id, by="ana", why="same booking")

    with pytest.raises(NotAllowed, match="of one account"):
        join(store, clock, one.id, two.id, by="ana", why="?")
    with pytest.raises(NotAllowed, match="joined already"):
        join(store, clock, two.id, three.id, by="ana", why="?")


def test_who_is_alone_again_is_joined_with_nobody(store, clock):
    handle(store, clock, mention(), mention(author=author("ben")))
    one, two = sorted(tickets(store), key=lambda each: each.id)
    join(store, clock, one.id, two.id, by="ana", why="same booking")
    ben = AccountKey(channel="x", external_id="id-ben")
    with store.reading() as work:
        account = work.accounts.of(ben)

    part(store, clock, one.id, account.id, by="ana", why="no")

    with store.reading() as work:
        assert work.accounts.of(ben) is None
        assert work.accounts.of(AccountKey(channel="x", external_id="id-ada")) is None


def test_an_account_whose_last_words_are_withdrawn_leaves_its_group(store, clock):
    said = mention(author=author("ben"))
    handle(store, clock, mention(), said)
    one, two = sorted(tickets(store), key=lambda each: each.id)
    join(store, clock, one.id, two.id, by="ana", why="ben told us so")
    with store.work() as work:
        work.removals.gone("x", [said.external_id], clock.now())

    honour_removals(store, (), clock)

    with store.reading() as work:
        assert work.accounts.of(AccountKey(channel="x", external_id="id-ben")) is None
        left = work.accounts.of(AccountKey(channel="x", external_id="id-ada"))
    assert left.why == ""
