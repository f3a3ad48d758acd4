"""What every store promises about what people say of tags."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.domain.corrections import Correction, TagKind
from bot.domain.mentions import MentionId
from bot.errors import StorageError
from tests.samples import NOON, mention, tags


def stored(store, *numbers):
    with store.work() as work:
        said = [mention(number) for number in numbers]
        return list(work.mentions.add(said, source="agora", at=NOON))


def correction(one, value="yes", kind=TagKind.COMPLAINT, **fields):
    values = {
        "mention_id": one.id,
        "kind": kind,
        "value": value,
        "was": "no",
        "model": "minilm-1",
        "by": "ada",
        "at": NOON + timedelta(hours=1),
    }
    return Correction(**(values | fields))


def test_a_correction_reads_back_equal(store):
    (one,) = stored(store, 1)
    note = "they ask for money \x00 \ud83d 😠"

    with store.work() as work:
        (kept,) = work.corrections.add([correction(one, note=note, was="")])

    with store.reading() as work:
        assert work.corrections.of_mention(one.id) == [kept]
    assert kept.id > 0
    assert kept == correction(one, note=note, was="", id=kept.id)


def test_a_later_correction_of_a_tag_holds_and_the_earlier_stays(store):
    first, second = stored(store, 1, 2)
    with store.work() as work:
        kept = work.corrections.add(
            [
                correction(first),
                correction(first, "negative", TagKind.SENTIMENT, was="neutral"),
                correction(second),
                correction(first, "no", was="yes", by="bo"),
            ]
        )

    with store.reading() as work:
        held = work.corrections.in_force()
        newest = work.corrections.listing(2)
        all_of_it = work.corrections.of_mention(first.id)

    assert held == [(kept[1], first), (kept[2], second), (kept[3], first)]
    assert newest == [(kept[3], first), (kept[2], second)]
    assert all_of_it == [kept[0], kept[1], kept[3]]


def test_where_nobody_said_anything_there_is_nothing(store):
    with store.reading() as work:
        assert work.corrections.in_force() == []
        assert work.corrections.listing(10) == []
        assert work.corrections.of_mention(MentionId(1)) == []


def test_a_mention_that_is_not_there_cannot_be_corrected(store):
    (one,) = stored(store, 1)

    with pytest.raises(StorageError), store.work() as work:
        work.corrections.add([correction(one, mention_id=MentionId(404))])


@pytest.mark.parametrize(
    "statement",
    ["UPDATE corrections SET value = 'no'", "DELETE FROM corrections"],
)
def test_what_was_said_cannot_be_changed_or_taken_out(store, statement):
    (one,) = stored(store, 1)
    with store.work() as work:
        kept = work.corrections.add([correction(one)])

    with pytest.raises(StorageError, match="append-only"), store.work() as work:
        work.corrections._db.execute(text(statement))

    with store.reading() as work:
        assert work.corrections.of_mention(one.id) == kept


def test_what_was_said_cannot_be_replaced_by_inserting_over_it(
    migrated_file, tmp_path, open_store
):
    file = shutil.copy(migrated_file, tmp_path / "answerable.db")
    store = open_store(f"sqlite:///{file}")
    (one,) = stored(store, 1)
    with store.work() as work:
        kept = work.corrections.add([correction(one)])
    other = sqlite3.connect(file, isolation_level=None)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(
            "INSERT OR REPLACE INTO corrections SELECT id, mention_id, kind, 'no',"
            " was, model, said_by, said_at, note FROM corrections"
        )

    other.close()
    with store.reading() as work:
        assert work.corrections.of_mention(one.id) == kept


@pytest.mark.postgres
def test_what_was_said_cannot_be_emptied(postgres_databases, open_store):
    store = open_store(postgres_databases.empty())

    with pytest.raises(StorageError, match="append-only"), store.work() as work:
        work.corrections._db.execute(text("TRUNCATE corrections"))


def test_tags_by_another_model_leave_the_older_ones_as_they_are(store):
    (one,) = stored(store, 1)
    older, newer = tags(), tags(model="minilm-2", complaint=False)
    with store.work() as work:
        work.mentions.tag([(one.id, older)], NOON)
        # As somebody does who has mentions tagged anew: nothing of ours does it.
        work.mentions._db.execute(text("UPDATE mentions SET stage = 'stored'"))
        assert work.mentions.tag([(one.id, newer)], NOON) == {one.id}

    with store.reading() as work:
        assert work.mentions.tags(one.id) == newer
        kept = work.mentions._db.execute(text("SELECT model FROM tags ORDER BY id"))
        assert kept.scalars().all() == ["minilm-1", "minilm-2"]
