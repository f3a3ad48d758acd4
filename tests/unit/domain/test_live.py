from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.live import PATIENCE, Change, Gaps, may_hear
from bot.domain.staff import Role
from bot.domain.tickets import TicketId
from tests.consoles import viewer

CLAIMED = Change(
    entry=7,
    action="ticket.claimed",
    subject="ticket:3",
    brand="Acme",
    ticket=TicketId(3),
)
FAILED = Change(entry=8, action="source.failed", subject="source:acme-x")
SOURCES = {"acme-x": "Acme", "shared": ""}
SIGNED_IN = Change(entry=9, action="user.signed_in", subject="user:ada")


def test_a_number_that_was_skipped_is_asked_for_until_it_comes() -> None:
    gaps = Gaps()
    gaps.newest = 10

    gaps.read([11, 14])
    skipped = gaps.missing
    gaps.read([12])

    assert skipped == (12, 13)
    assert gaps.missing == (13,)
    assert gaps.newest == 14


def test_a_number_that_never_comes_is_given_up() -> None:
    gaps = Gaps()
    gaps.read([1, 3])

    for _ in range(PATIENCE):
        gaps.read([])

    assert gaps.missing == ()


def test_the_first_entry_ever_read_skips_nothing() -> None:
    gaps = Gaps()

    gaps.read([4_000_000])

    assert gaps.missing == ()


@pytest.mark.parametrize(
    ("role", "hears"),
    [
        (Role.AGENT, [CLAIMED]),
        (Role.LEAD, [CLAIMED, FAILED]),
        (Role.COMPLIANCE_OFFICER, [CLAIMED, FAILED]),
        (Role.BRAND_VIEWER, []),
        (Role.OPERATOR, [FAILED]),
        (Role.REGULATOR, []),
    ],
)
def test_everybody_hears_of_what_their_role_may_see(
    role: Role, hears: list[Change]
) -> None:
    said = [CLAIMED, FAILED, SIGNED_IN]

    assert [each for each in said if may_hear(viewer(role), each, SOURCES)] == hears


def test_nobody_hears_of_a_brand_that_is_not_theirs() -> None:
    other = replace(viewer(Role.LEAD), brands=frozenset({"Other"}))

    assert not may_hear(other, CLAIMED, SOURCES)
    assert not may_hear(other, FAILED, SOURCES)


@pytest.mark.parametrize(
    "subject",
    [
        "ticket:9",
        "mention:9",
        "reply:9",
        "letter:9",
        "source:shared",
        "source:gone",
        "switch:replies.brand.Other",
    ],
)
def test_whoever_sees_some_brands_hears_nothing_of_what_is_not_known_to_be_theirs(
    subject: str,
) -> None:
    lead = viewer(Role.LEAD)
    bound = replace(lead, brands=frozenset({"Acme"}))
    nobodys = Change(entry=9, action="it.changed", subject=subject)

    assert may_hear(lead, nobodys, SOURCES)
    assert not may_hear(bound, nobodys, SOURCES)


@pytest.mark.parametrize(
    "subject",
    [
        "source:acme-x",
        "switch:replies",
        "switch:replies.channel.x",
        "switch:replies.brand.Acme",
        "switch:breaker",
    ],
)
def test_whoever_sees_some_brands_hears_of_theirs_and_of_what_reaches_all(
    subject: str,
) -> None:
    bound = replace(viewer(Role.LEAD), brands=frozenset({"Acme"}))
    change = Change(entry=9, action="it.changed", subject=subject)

    assert may_hear(bound, change, SOURCES)


def test_a_regulator_hears_of_the_given_cases_only() -> None:
    regulator = replace(viewer(Role.REGULATOR), cases=frozenset({TicketId(3)}))

    assert may_hear(regulator, CLAIMED, SOURCES)
    assert not may_hear(regulator, replace(CLAIMED, ticket=TicketId(4)), SOURCES)
