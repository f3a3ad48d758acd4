"""What a proof finds, and what it calls it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.audit.records import Damage, Line, Record
from bot.audit.seal import head, leaf_hash, make_seal, seal_hash
from bot.audit.verify import MAX_FINDINGS, verify
from bot.domain.audit import Seal
from tests.logs import altered, line, logged, sealed_log
from tests.samples import NOON


def broken(log, left=None):
    """Return the first finding as (seal, entry), which must be there."""
    report = verify(log, left)
    assert not report.is_whole
    assert report.first_broken is not None
    return report.first_broken.seal, report.first_broken.entry


def seals_of(log):
    return [record for record in log if isinstance(record, Seal)]


def at(log, number):
    """Return where in the log a seal stands."""
    return log.index(seals_of(log)[number - 1])


def test_a_whole_log_proves_whole():
    log = sealed_log(3, 1, 4, unsealed=2)

    report = verify(iter(log), head(seals_of(log)[-1]))

    assert report.is_whole
    assert report.first_broken is None
    assert (report.entries, report.seals, report.unsealed) == (10, 3, 2)
    assert report.head == head(seals_of(log)[-1])


def test_an_older_head_proves_a_log_that_has_grown():
    log = sealed_log(3, 1, 4)

    assert verify(log, head(seals_of(log)[0])).is_whole


@pytest.mark.parametrize("field", ["at", "actor", "action", "subject", "detail"])
def test_an_altered_entry_is_named_with_its_seal(field):
    log = sealed_log(3, 3)
    log[5] = altered(log[5], **{field: "else"})

    assert broken(log) == (2, 5)


def test_an_altered_entry_with_an_altered_leaf_breaks_its_seal():
    log = sealed_log(3, 3)
    entry = altered(log[5], actor="else").entry
    log[5] = Line(entry=entry, leaf=leaf_hash(entry))

    assert broken(log) == (2, None)


def test_a_removed_entry_breaks_its_seal():
    log = sealed_log(3, 3)
    del log[1]

    assert broken(log) == (1, None)


def test_an_inserted_entry_breaks_its_seal():
    log = sealed_log(3, 3)
    log.insert(5, line(99))

    assert broken(log) == (2, None)


def test_swapped_entries_break_their_seal():
    log = sealed_log(3, 3)
    log[0], log[1] = log[1], log[0]

    assert broken(log) == (1, None)


def test_an_entry_moved_to_the_next_seal_breaks_both():
    log = sealed_log(3, 3)
    log.insert(4, log.pop(2))

    report = verify(log)

    assert {finding.seal for finding in report.findings} == {1, 2}


@pytest.mark.parametrize(
    "change",
    [
        {"sealed_at": "yesterday"},
        {"entry_ids": (4, 6, 5)},
        {"root": "f" * 64},
        {"previous": "f" * 64},
        {"hash": "f" * 64},
        {"total": 7},
        {"root": "no hash at all"},
    ],
    ids=str,
)
def test_an_altered_seal_is_found(change):
    log = sealed_log(3, 3, 3)
    log[at(log, 2)] = replace(seals_of(log)[1], **change)

    assert broken(log) == (2, None)


def test_a_forged_seal_breaks_the_chain_after_it():
    log = sealed_log(3, 3, 3)
    forged = replace(seals_of(log)[1], sealed_at="2020-01-01T00:00:00.000000+00:00")
    log[at(log, 2)] = replace(forged, hash=seal_hash(forged))

    assert broken(log) == (3, None)


def test_a_log_made_anew_is_not_the_one_that_left():
    left = head(seals_of(sealed_log(3, 3))[-1])
    forged = make_seal(None, [logged(n) for n in range(1, 7)], NOON)
    log: list[Record] = [*(line(n) for n in range(1, 7)), forged]

    assert verify(log).is_whole
    assert broken(log, left) == (2, None)


def test_a_seal_that_differs_from_the_one_that_left_is_named():
    log = sealed_log(3, 3)
    other = replace(head(seals_of(log)[0]), hash="f" * 64)

    assert broken(log, other) == (1, None)


def test_a_missing_seal_is_named():
    log = sealed_log(3, 3, 3)
    del log[at(log, 2)]

    assert broken(log) == (2, None)


def test_a_missing_batch_is_named():
    log = sealed_log(3, 3, 3)
    del log[4:8]

    assert broken(log) == (2, None)


def test_a_seal_that_comes_twice_is_found():
    log = sealed_log(3, 3)
    log += log[4:]

    assert broken(log) == (2, None)


def test_a_missing_tail_is_found_against_the_head_that_left():
    log = sealed_log(3, 3, 3)
    left = head(seals_of(log)[-1])
    shorter = log[: at(log, 2)]

    assert verify(shorter[:4]).is_whole
    assert broken(log[:4], left) == (2, None)
    assert broken([], left) == (1, None)
    assert "seal 3" in str(verify(log[:4], left).first_broken)


def test_damage_is_reported_at_the_seal_that_covers_it():
    log = sealed_log(3, 3)
    log[5] = Damage(where="line 7", what="is no entry")

    report = verify(log)

    assert report.first_broken is not None
    assert str(report.first_broken) == "seal 2: line 7: is no entry"


def test_a_damaged_seal_is_missing():
    log = sealed_log(3, 3)
    log[3] = Damage(where="line 5", what="is no seal")

    assert broken(log) == (1, None)


def test_damage_after_the_last_seal_is_reported():
    log = sealed_log(3)
    log.append(Damage(where="line 9", what="is nothing"))

    assert broken(log) == (None, None)
    assert str(verify(log).first_broken) == "after the last seal: line 9: is nothing"


def test_a_sealed_entry_without_its_leaf_still_proves_by_its_root():
    log = sealed_log(3)
    log[1] = Line(entry=logged(2))

    assert verify(log).is_whole


def test_a_ruined_log_has_a_bounded_report():
    log: list[Record] = []
    log += [Damage(where=f"line {n}", what="is nothing") for n in range(10_000)]
    log += [replace(each, number=99) for each in seals_of(sealed_log(*[1] * 50))]

    assert len(verify(log).findings) == MAX_FINDINGS


def test_an_empty_log_proves_whole():
    report = verify([])

    assert report.is_whole
    assert report.head is None
