"""A compliance officer proves the log, also from a file and against an old head."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.conftest import Bot
from tests.houses import House

pytestmark = pytest.mark.slow

FEW = 60


@pytest.fixture
def proven(house_of_few: House, tmp_path: Path, bot: Bot) -> Bot:
    """Give a bot that has a small log with several seals."""
    house_of_few.copied(tmp_path)
    return bot


def _without_triggers(statement: str, *values: object) -> None:
    with sqlite3.connect("var/answerable.db") as db:
        triggers = db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND "
            "tbl_name LIKE 'audit%'"
        ).fetchall()
        assert triggers, "the log must have triggers"
        for (name,) in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute(statement, values)
    db.close()


def test_the_database_itself_refuses_to_change_the_log(proven: Bot) -> None:
    db = sqlite3.connect("var/answerable.db")
    for statement in (
        "UPDATE audit_entries SET detail = '{}' WHERE id = 1",
        "DELETE FROM audit_entries WHERE id = 1",
        "DELETE FROM audit_seals",
        "UPDATE audit_leaves SET seal_number = 1",
    ):
        with pytest.raises(sqlite3.DatabaseError):
            db.execute(statement)
    db.close()
    assert proven("audit", "verify").code == 0


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail"])
def test_one_changed_character_of_an_entry_is_found(proven: Bot, column: str) -> None:
    _without_triggers(
        f"UPDATE audit_entries SET {column} = {column} || ' ' WHERE id = 40"
    )

    said = proven("audit", "verify")

    assert said.code == 1
    assert "BROKEN" in said.err
    assert "40" in said.err


def test_a_removed_tail_is_found_only_against_a_head_that_left(proven: Bot) -> None:
    Path("head.json").write_text(proven("audit", "head").out, encoding="utf-8")
    with sqlite3.connect("var/answerable.db") as db:
        last = db.execute("SELECT max(number) FROM audit_seals").fetchone()[0]
    db.close()
    _without_triggers(
        "DELETE FROM audit_entries WHERE id IN "
        "(SELECT entry_id FROM audit_leaves WHERE seal_number = ?)",
        last,
    )
    with sqlite3.connect("var/answerable.db") as db:
        db.execute("DELETE FROM audit_leaves WHERE seal_number = ?", (last,))
        db.execute("DELETE FROM audit_seals WHERE number = ?", (last,))
    db.close()

    assert proven("audit", "verify").code == 0, "nothing that is left points at it"
    said = proven("audit", "verify", "--head", "head.json")
    assert said.code == 1
    assert "BROKEN" in said.err


def test_an_export_is_proven_without_a_database_and_any_flipped_byte_is_found(
    proven: Bot,
) -> None:
    assert proven("audit", "export", "--out", "log.jsonl").code == 0
    Path("var/answerable.db").unlink()
    assert proven("audit", "verify", "--file", "log.jsonl").code == 0
    whole = Path("log.jsonl").read_bytes()
    chance = random.Random(7)

    for _ in range(60):
        place = chance.randrange(len(whole))
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        Path("flipped.jsonl").write_bytes(flipped)
        said = proven("audit", "verify", "--file", "flipped.jsonl")
        assert said.code == 1, f"a flip at byte {place} was not found"
        assert "Traceback" not in said.err
