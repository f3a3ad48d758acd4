"""The exported file: it reads back equal, and no byte of it can change unseen."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audit.export import (
    MAX_LINE,
    read_export,
    read_head,
    read_lines,
    write_export,
    written_head,
)
from bot.audit.records import Damage, Line
from bot.audit.seal import head
from bot.audit.verify import verify
from bot.domain.audit import LoggedEntry, Seal
from tests.logs import altered, sealed_log

LOG = sealed_log(3, 2, unsealed=2)
EXPORT = b"".join(write_export(LOG))


def lines_of(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def is_whole(content: bytes) -> bool:
    return verify(read_lines(lines_of(content))).is_whole


def test_an_export_reads_back_equal():
    assert list(read_lines(lines_of(EXPORT))) == LOG
    assert is_whole(EXPORT)


def test_an_export_of_an_empty_log_proves_whole():
    assert is_whole(b"".join(write_export([])))


def test_the_first_line_names_the_format_and_its_version():
    assert json.loads(lines_of(EXPORT)[0]) == {
        "kind": "header",
        "format": "answerable-audit-log",
        "version": 1,
    }


def test_an_export_is_read_from_a_file(tmp_path):
    file = tmp_path / "log.jsonl"
    file.write_bytes(EXPORT)

    assert list(read_export(file)) == LOG


@given(
    st.lists(
        st.builds(
            LoggedEntry,
            id=st.integers(1, 2**63),
            at=st.text(st.characters()),
            actor=st.text(st.characters()),
            action=st.text(st.characters()),
            subject=st.text(st.characters()),
            detail=st.text(st.characters()),
        ).map(lambda entry: Line(entry=entry))
    )
)
def test_any_strings_read_back_equal(log):
    assert list(read_lines(write_export(log))) == log


def test_damage_is_exported_and_found_again():
    log = [*LOG[:1], Damage(where="entry 2", what="holds what is no text"), *LOG[2:]]

    assert list(read_lines(write_export(log))) == log


@pytest.mark.parametrize("bit", [0, 5, 7])
def test_one_flipped_bit_anywhere_is_found(bit):
    unseen = []
    for place in range(len(EXPORT)):
        content = bytearray(EXPORT)
        content[place] ^= 1 << bit
        if is_whole(bytes(content)):
            unseen.append(place)

    assert unseen == []


@settings(max_examples=300)
@given(st.data())
def test_any_other_bytes_anywhere_are_found(data):
    start = data.draw(st.integers(0, len(EXPORT)))
    end = data.draw(st.integers(start, min(len(EXPORT), start + 40)))
    put = data.draw(st.binary(max_size=40).filter(lambda new: new != EXPORT[start:end]))

    assert not is_whole(EXPORT[:start] + put + EXPORT[end:])


def test_a_file_cut_off_anywhere_is_found():
    assert not any(is_whole(EXPORT[:end]) for end in range(len(EXPORT)))


def swapped(lines: list[bytes], one: int, other: int) -> list[bytes]:
    moved = list(lines)
    moved[one], moved[other] = moved[other], moved[one]
    return moved


def test_every_line_that_is_removed_doubled_or_moved_is_found():
    lines = lines_of(EXPORT)
    places = range(len(lines))
    without = [lines[:i] + lines[i + 1 :] for i in places]
    doubled = [[*lines[:i], lines[i], *lines[i:]] for i in places]
    moved = [swapped(lines, i, j) for i, j in itertools.combinations(places, 2)]

    assert not any(is_whole(b"".join(each)) for each in without + doubled + moved)


def test_an_altered_entry_in_a_file_made_anew_is_named():
    log = list(LOG)
    log[1] = altered(log[1], actor="somebody")

    report = verify(read_lines(write_export(log)))

    assert report.first_broken is not None
    assert (report.first_broken.seal, report.first_broken.entry) == (1, 2)


def test_entries_cut_off_from_a_file_made_anew_are_found_by_the_head():
    seals = [record for record in LOG if isinstance(record, Seal)]
    shorter = list(read_lines(write_export(LOG[:4])))

    assert verify(shorter).is_whole
    assert not verify(shorter, head(seals[-1])).is_whole


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b"1" * 10_000 + b"\n",
        b"null\n",
        b"\n",
        b'{"kind":"entry"}\n',
        b'{"kind":["entry"]}\n',
        b'{"kind":"seal","number":true}\n',
        b'{"kind":"entry","kind":"entry"}\n',
        lines_of(EXPORT)[1].replace(b'"id":1', b'"id":1.0'),
        lines_of(EXPORT)[1].replace(b'"id":1', b'"id":"1"'),
        lines_of(EXPORT)[4].replace(b"[1,", b"[true,"),
    ],
    ids=range(12),
)
def test_a_line_that_makes_no_sense_is_damage_at_its_number(line):
    lines = lines_of(EXPORT)
    lines[2] = line

    found = [each for each in read_lines(lines) if isinstance(each, Damage)]

    assert found[0].where == "line 3"


def test_an_endless_line_is_not_taken_into_memory(tmp_path):
    file = tmp_path / "endless.jsonl"
    with file.open("wb") as out:
        out.truncate(MAX_LINE + 10)

    assert not verify(read_export(file)).is_whole


def test_a_head_reads_back_equal():
    left = head(next(record for record in LOG if isinstance(record, Seal)))

    assert read_head(written_head(left)) == left
    assert read_head(f" {written_head(left)}\n") == left


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[" * 100_000, '{"number": 1}', '{"number": "1"}', "null"]
)
def test_a_head_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError, match="one line of JSON"):
        read_head(text)


@pytest.mark.parametrize("number", [0, -5])
def test_a_head_of_a_seal_that_no_log_has_is_no_proof_and_refused(number):
    left = head(next(record for record in LOG if isinstance(record, Seal)))

    with pytest.raises(ValueError, match="the number 1"):
        read_head(written_head(replace(left, number=number)))
