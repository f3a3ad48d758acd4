"""Leaf hashes, the tree of RFC 6962, and the chain."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.seal import (
    GENESIS,
    Tree,
    audit_path,
    head,
    leaf_hash,
    make_seal,
    merkle_root,
    root_by_path,
    seal_hash,
    written_detail,
    written_instant,
)
from bot.domain.audit import LoggedEntry, Seal
from tests.logs import logged
from tests.samples import NOON, entry

# The test vectors of Certificate Transparency's reference implementation.
INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaf(data: bytes) -> str:
    return hashlib.sha256(b"\x00" + data).hexdigest()


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_the_reference_implementation(count):
    leaves = [leaf(bytes.fromhex(each)) for each in INPUTS[:count]]

    assert merkle_root(leaves) == ROOTS[count - 1]


@pytest.mark.parametrize("size", range(1, 20))
def test_a_path_leads_from_each_leaf_to_the_root_and_from_no_other(size):
    leaves = [leaf(bytes([number])) for number in range(size)]
    root = merkle_root(leaves)

    for place, one in enumerate(leaves):
        path = audit_path(leaves, place)
        assert root_by_path(one, place, size, path) == root
        assert root_by_path(leaf(b"other"), place, size, path) != root
        for wrong in range(size):
            if wrong != place and leaves[wrong] != one:
                assert root_by_path(one, wrong, size, path) != root
        assert root_by_path(one, place, size, [*path, root]) != root
        assert root_by_path(one, place, size, path[:-1]) != root or size == 1
    assert not root_by_path(leaves[0], size, size, [])


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert merkle_root([]) == hashlib.sha256(b"").hexdigest()


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = defined_root(leaves[:split]), defined_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_a_growing_tree_has_the_root_of_the_definition(leaves):
    tree = Tree()
    for each in leaves:
        tree.add(each)

    assert tree.root() == defined_root(leaves).hex()


@pytest.mark.parametrize("name", [field.name for field in fields(LoggedEntry)])
def test_a_leaf_covers_every_field(name):
    whole = logged(7)
    value = getattr(whole, name)
    change: dict[str, Any] = {name: value + 1 if name == "id" else f"{value} "}
    changed = replace(whole, **change)

    assert leaf_hash(changed) != leaf_hash(whole)


texts = st.text(st.characters(), max_size=6)


@given(st.lists(texts, min_size=5, max_size=5), st.lists(texts, min_size=5, max_size=5))
def test_different_strings_have_different_leaves(one, other):
    def hashed(texts: list[str]) -> str:
        at, actor, action, subject, detail = texts
        return leaf_hash(
            LoggedEntry(
                id=1, at=at, actor=actor, action=action, subject=subject, detail=detail
            )
        )

    assert (hashed(one) == hashed(other)) == (one == other)


def test_characters_that_move_to_the_next_field_change_the_leaf():
    whole = logged(1)
    moved = replace(whole, actor="bo", action="t" + whole.action)

    assert leaf_hash(moved) != leaf_hash(whole)


def test_the_first_seal_is_chained_to_nothing_and_the_next_to_it():
    first = make_seal(None, [logged(1), logged(2)], NOON)
    second = make_seal(first, [logged(3)], NOON + timedelta(hours=1))

    assert (first.number, first.previous, first.total) == (1, GENESIS, 2)
    assert (second.number, second.previous, second.total) == (2, first.hash, 3)
    assert second.entry_ids == (3,)
    assert first.hash == seal_hash(first)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 9},
        {"sealed_at": "2026-03-02T12:00:00.123458+00:00"},
        {"entry_ids": (2, 1)},
        {"root": "f" * 64},
        {"previous": "f" * 64},
        {"total": 3},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_seals_hash_covers_every_field(change):
    seal = make_seal(None, [logged(1), logged(2)], NOON)

    assert seal_hash(replace(seal, **change)) != seal.hash


def test_a_seal_over_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        make_seal(None, [], NOON)


def test_a_head_says_what_its_seal_says():
    seal = make_seal(None, [logged(1)], NOON)
    left = head(seal)

    assert isinstance(seal, Seal)
    assert (left.number, left.hash, left.total) == (1, seal.hash, 1)
    assert left.sealed_at == seal.sealed_at


def test_an_instant_is_written_in_utc_with_six_decimals():
    elsewhere = datetime(2026, 3, 2, 23, 0, tzinfo=timezone(timedelta(hours=11)))

    assert written_instant(elsewhere) == "2026-03-02T12:00:00.000000+00:00"


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    TOP = 4


def test_a_detail_is_written_in_one_way_only():
    one = entry(detail={"b": 1, "a": "é", "c": None})
    other = entry(detail={"c": None, "a": "é", "b": 1})

    assert written_detail(one) == '{"a":"\\u00e9","b":1,"c":null}'
    assert written_detail(other) == written_detail(one)


def test_a_detail_may_hold_domain_values():
    detail = {
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "within": timedelta(minutes=90),
        "code": Colour.RED,
        "tier": Level.TOP,
        "ids": {3, 1, 2},
        "reasons": ("a", "b"),
    }

    assert written_detail(entry(detail=detail)) == (
        '{"at":"2026-01-01T00:00:00.000000+00:00","code":"red","ids":[1,2,3],'
        '"reasons":["a","b"],"tier":4,"within":5400.0}'
    )


def test_a_detail_that_has_no_plain_form_is_refused():
    with pytest.raises(TypeError, match="object"):
        written_detail(entry(detail={"x": object()}))
