"""What every store promises about our people, their sessions, keys and failures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.staff import ApiKey, Grant, Role, Session, User
from bot.errors import Missing, Stale
from tests.samples import NOON, ticket

LATER = NOON + timedelta(hours=1)


def person(name="Ada", **fields):
    return User(name=name, role=Role.AGENT, added_at=NOON, **fields)


def session(user, token="t1", ends_at=LATER):
    return Session(
        user_id=user.id,
        token=token,
        started_at=NOON,
        seen_at=NOON,
        ends_at=ends_at,
        way="password",
        address="192.0.2.1",
        browser="a browser",
    )


def key(name="crm", token="k1"):
    return ApiKey(
        name=name,
        role=Role.LEAD,
        token=token,
        made_at=NOON,
        made_by="Ada",
        ends_at=LATER,
        brands=frozenset({"Acme"}),
    )


@pytest.fixture
def ada(store):
    with store.work() as work:
        return work.staff.add(person(brands=frozenset({"Acme", "Bolt"}), zone="UTC"))


def test_a_user_comes_back_as_they_were_stored(store, ada):
    with store.reading() as work:
        assert work.staff.get(ada.id) == ada
        assert work.staff.named("ADA") == ada


def test_a_name_is_one_persons_whatever_its_capitals(store, ada):
    with store.work() as work, pytest.raises(Stale):
        work.staff.add(person("aDa"))


def test_nobody_is_missing_with_a_sentence(store):
    with store.reading() as work, pytest.raises(Missing):
        work.staff.get(7)


def test_users_are_listed_by_name_a_page_at_a_time(store, ada):
    with store.work() as work:
        for name in ("eve", "Bob"):
            work.staff.add(person(name))

        first = work.staff.listing(2)
        rest = work.staff.listing(2, after=first[-1].name)

    assert [one.name for one in (*first, *rest)] == ["Ada", "Bob", "eve"]


def test_whoever_saves_second_is_told_that_somebody_was_first(store, ada):
    with store.work() as work:
        saved = work.staff.save(replace(ada, role=Role.LEAD, link="l", subject="s"))
        assert work.staff.with_link("l") == saved == work.staff.known_as("s")

        with pytest.raises(Stale):
            work.staff.save(replace(ada, role=Role.OPERATOR))


def test_a_code_is_used_up_with_all_before_it(store, ada):
    with store.work() as work:
        used = [work.staff.use_code(ada.id, step) for step in (5, 5, 4, 6)]

    assert used == [True, False, False, True]


def test_saving_a_user_does_not_bring_a_used_code_back(store, ada):
    with store.work() as work:
        work.staff.use_code(ada.id, 5)
        work.staff.save(replace(ada, zone="Europe/Berlin"))

        assert not work.staff.use_code(ada.id, 5)


def test_a_session_is_found_with_whose_it_is(store, ada):
    with store.work() as work:
        begun = work.staff.begin(session(ada))

        assert work.staff.session("t1") == (begun, ada)
        assert work.staff.session("t2") is None


def test_sessions_that_are_over_go_when_another_begins(store, ada):
    with store.work() as work:
        work.staff.begin(session(ada))
        work.staff.begin(replace(session(ada, "t2"), started_at=LATER))

        assert [one.token for one in work.staff.sessions(ada.id)] == ["t2"]


def test_one_session_ends_or_all_but_one_or_all(store, ada):
    with store.work() as work:
        one, two, three = (
            work.staff.begin(session(ada, token)) for token in ("t1", "t2", "t3")
        )

        assert work.staff.end(ada.id, one.id)
        assert not work.staff.end(ada.id, one.id)
        assert work.staff.end_all(ada.id, but=two.id) == 1
        assert work.staff.session(three.token) is None
        assert work.staff.end_all(ada.id) == 1


def test_nobody_ends_anothers_session_as_their_own(store, ada):
    with store.work() as work:
        eve = work.staff.add(person("Eve"))
        begun = work.staff.begin(session(ada))

        assert not work.staff.end(eve.id, begun.id)


def test_a_session_in_use_is_written_down_and_never_goes_back(store, ada):
    with store.work() as work:
        begun = work.staff.begin(session(ada))
        work.staff.touch(begun.id, LATER)
        work.staff.touch(begun.id, NOON)

        assert work.staff.sessions(ada.id)[0].seen_at == LATER


def test_a_key_is_found_by_hash_and_name_until_it_is_revoked(store):
    with store.work() as work:
        made = work.staff.add_key(key())
        work.staff.use_key(made, LATER)
        found = work.staff.key("k1")
        assert found == replace(made, used_at=LATER)
        assert work.staff.key_named("CRM") == found

        assert work.staff.revoke_key(made, LATER)
        assert not work.staff.revoke_key(made, LATER)
        assert work.staff.key("k1").revoked_at == LATER


def test_keys_have_names_of_their_own_and_are_listed_newest_first(store):
    with store.work() as work:
        work.staff.add_key(key())
        work.staff.add_key(key("bi", "k2"))
        with pytest.raises(Stale):
            work.staff.add_key(key("CRM", "k3"))

        assert [one.name for one in work.staff.keys(5)] == ["bi", "crm"]


def test_a_case_is_given_anew_and_taken_back(store, ada):
    with store.work() as work:
        made = work.tickets.add(ticket())
        first = Grant(
            user_id=ada.id,
            ticket_id=made.id,
            given_at=NOON,
            given_by="Grace",
            until=LATER,
            reason="asked in writing",
        )
        longer = replace(first, until=LATER + timedelta(days=1))
        work.staff.give([first])
        work.staff.give([longer])
        assert work.staff.given(ada.id) == [longer]

        assert work.staff.take_back(ada.id, made.id)
        assert not work.staff.take_back(ada.id, made.id)
        assert work.staff.given(ada.id) == []


def test_tries_are_counted_until_they_are_locked_and_then_not(store):
    with store.work() as work:
        first = work.staff.attempt("w", "a", NOON)
        work.staff.lock(first, LATER)

        during = work.staff.attempt("w", "a", NOON)
        after = work.staff.attempt("w", "a", LATER)

    assert (first.count, first.locked_until) == (1, None)
    assert (during.count, during.locked_until) == (1, LATER)
    assert after.count == 2


def test_of_many_tries_at_once_none_is_uncounted(store):
    def attempt(_number):
        with store.work() as work:
            counted = work.staff.attempt("w", "a", NOON)
            if counted.count == 5:
                work.staff.lock(counted, LATER)
            return counted

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(attempt, range(24)))

    looked_at = [one for one in found if one.locked_until is None]
    assert sorted(one.count for one in looked_at) == [1, 2, 3, 4, 5]


def test_success_forgets_the_pair_and_takes_back_its_own_tries_elsewhere(store):
    with store.work() as work:
        for keys in (("w", "a"), ("w", ""), ("", "a"), ("", "a")):
            work.staff.attempt(*keys, NOON)

        work.staff.succeed("w", "a", 1)

        counts = [
            work.staff.attempt(*keys, NOON).count
            for keys in (("w", "a"), ("w", ""), ("", "a"))
        ]
    assert counts == [1, 1, 2]


def test_failures_are_forgotten_by_name_and_by_age(store):
    with store.work() as work:
        for keys in (("w", "a"), ("w", ""), ("", "a")):
            work.staff.attempt(*keys, NOON)

        assert work.staff.forgive("w") == 2
        work.staff.forget_failures(NOON)
        assert work.staff.attempt("", "a", NOON).count == 2
        work.staff.forget_failures(LATER)
        assert work.staff.attempt("", "a", LATER).count == 1


def test_a_secret_is_made_once(store):
    with store.work() as work:
        made = [work.staff.secret("console", one, NOON) for one in ("s1", "s2")]

    assert made == ["s1", "s1"]
