"""What every store promises about what authors took back or edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.domain.corrections import Correction, TagKind
from bot.domain.mentions import MentionKind, text_hash
from bot.domain.ports import Late
from bot.domain.tags import Signal, SignalKind
from bot.errors import StorageError
from tests.samples import NOON, author, decision, mention, tags

HOUR = timedelta(hours=1)


def keep(work, *mentions, is_decided=True):
    stored = work.mentions.add(mentions, source="agora", at=NOON)
    work.mentions.tag([(one.id, tags()) for one in stored], NOON)
    for one in stored if is_decided else ():
        work.mentions.decide(one.id, decision(), ticket_id=None, at=NOON)
    return stored


def gone(store, *mentions):
    with store.work() as work:
        work.removals.gone("agora", [one.external_id for one in mentions], NOON)
        for one in work.removals.to_withdraw(10):
            work.removals.withdraw(one)


def test_one_is_due_when_its_time_has_come_and_again_after_it_stood(store):
    with store.work() as work:
        first, second = keep(work, mention(1), mention(2))

    with store.work() as work:
        assert work.removals.due("agora", NOON, 5) == []
        assert [one.id for one in work.removals.due("agora", NOON + HOUR, 5)] == [
            first.id,
            second.id,
        ]
        assert work.removals.due("plaza", NOON + HOUR, 5) == []
        work.removals.stands(first.id, at=NOON + HOUR, again=NOON + 3 * HOUR)

    with store.work() as work:
        assert [one.id for one in work.removals.due("agora", NOON + HOUR, 5)] == [
            second.id
        ]
        later = work.removals.due("agora", NOON + 3 * HOUR, 5)
        assert [one.id for one in later] == [second.id, first.id]


def test_what_was_not_looked_for_in_time_is_counted(store):
    with store.work() as work:
        first, second = keep(work, mention(1), mention(2))
        work.removals.stands(first.id, at=NOON + HOUR, again=NOON + 3 * HOUR)

    with store.reading() as work:
        none = Late(mentions=0, first=None)
        assert work.removals.late("agora", NOON) == none
        assert work.removals.late("agora", NOON + HOUR) == Late(
            mentions=1, first=second.id
        )
        assert work.removals.late("agora", NOON + 2 * HOUR).mentions == 2


def test_a_removal_is_news_once_and_takes_reposts_with_it(store):
    repost = mention(2, kind=MentionKind.REPOST, amplifies="m-1")
    quote = mention(3, kind=MentionKind.QUOTE, amplifies="m-1")
    with store.work() as work:
        keep(work, mention(1), repost, quote)

    with store.work() as work:
        assert work.removals.gone("plaza", ["m-1"], NOON) == 0
        assert work.removals.gone("agora", ["m-1", "never seen"], NOON) == 2
        assert work.removals.gone("agora", ["m-1"], NOON + HOUR) == 0
        assert [one.mention.external_id for one in work.removals.to_withdraw(5)] == [
            "m-1",
            "m-2",
        ]


def test_one_that_is_not_decided_keeps_its_words_until_it_is(store):
    with store.work() as work:
        keep(work, mention(1), is_decided=False)
        work.removals.gone("agora", ["m-1"], NOON)

        assert work.removals.to_withdraw(5) == []


def test_withdrawn_words_are_gone_and_their_hash_stays(store):
    with store.work() as work:
        (one,) = keep(work, mention(1))

    gone(store, mention(1))

    with store.reading() as work:
        after = work.mentions.get(one.id)
        assert after.mention.text == ""
        assert after.mention.url is None
        assert after.mention.author == author(
            handle="",
            name="",
            bio="",
            followers=None,
            following=None,
            posts=None,
            is_verified=False,
            created_at=None,
        )
        assert after.text_sha256 == text_hash(one.mention.text)
        assert work.mentions.tags(one.id).signals == (
            Signal(kind=SignalKind.HARDSHIP, words=()),
        )
        assert work.removals.to_withdraw(5) == []
        assert work.mentions.author("agora", "a-1") is None


def stored_bytes(store):
    file = Path(store.url.database)
    return b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))


def test_no_file_of_the_database_holds_withdrawn_words(store):
    if not store.is_one_machines:
        pytest.skip("a server's files are its own; VACUUM frees what it overwrote")
    said = b"the ferry pass from Kirribilli"
    with store.work() as work:
        (one,) = keep(work, mention(1, text=said.decode()))
    assert said in stored_bytes(store)

    gone(store, mention(1))

    assert said not in stored_bytes(store)
    with store.reading() as work:
        assert work.mentions.get(one.id).text_sha256 == text_hash(said.decode())


def test_who_reads_meanwhile_holds_no_removal_up(store):
    with store.work() as work:
        (one,) = keep(work, mention(1))

    with store.reading() as early:
        assert early.mentions.get(one.id).mention.text
        gone(store, mention(1))

    with store.work() as work:
        assert work.mentions.get(one.id).mention.text == ""


def test_a_note_of_a_correction_changes_only_where_the_text_was_withdrawn(store):
    with store.work() as work:
        one, other = keep(work, mention(1), mention(2))
        said = Correction(
            mention_id=one.id,
            kind=TagKind.COMPLAINT,
            value="yes",
            was="no",
            model="minilm-1",
            by="ada",
            at=NOON,
            note=f"it says {one.mention.text}",
        )
        kept = work.corrections.add([said, replace(said, mention_id=other.id)])

    gone(store, mention(1))

    with store.work() as work:
        (after,) = work.corrections.of_mention(one.id)
        assert after == replace(kept[0], note="it says [withdrawn] 😠")
        assert work.corrections.of_mention(other.id) == [kept[1]]
    for change in (
        f"SET note = 'x' WHERE mention_id = {other.id}",
        f"SET value = 'no' WHERE mention_id = {one.id}",
    ):
        with pytest.raises(StorageError, match="append-only"), store.work() as work:
            work.corrections._db.execute(text(f"UPDATE corrections {change}"))


def test_an_edit_keeps_the_earlier_text_and_waits_for_tags_again(store):
    with store.work() as work:
        (one,) = keep(work, mention(1))
    later = mention(1, text="Now all is well", edited_at=NOON + 2 * HOUR)

    with store.work() as work:
        assert work.mentions.edit(one, later, NOON + 3 * HOUR)
        assert not work.mentions.edit(one, later, NOON + 3 * HOUR)

    with store.work() as work:
        (waiting,) = work.mentions.untagged(5)
        assert (waiting.mention.text, waiting.edits) == ("Now all is well", 1)
        assert work.mentions.tags(one.id) is None
        (before,) = work.mentions.versions(one.id)
        assert (before.text, before.edited_at) == (
            one.mention.text,
            one.mention.edited_at,
        )
        assert work.mentions.tag([(one.id, tags())], NOON) == {one.id}
        assert work.mentions.decide(one.id, decision(), ticket_id=None, at=NOON)
        found = work.mentions.decision(one.id)
    assert found is not None


def test_what_is_known_is_found_by_the_platforms_ids(store):
    with store.work() as work:
        (one,) = keep(work, mention(1))

    with store.reading() as work:
        known = work.mentions.known("agora", ["m-1", "m-9"])
        assert {name: each.id for name, each in known.items()} == {"m-1": one.id}
        assert work.mentions.known("plaza", ["m-1"]) == {}
