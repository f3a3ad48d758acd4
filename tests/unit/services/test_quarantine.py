"""What made no sense is read again, or put away: nothing is lost, all is on record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.channels import Aside, AsideState, Page, Quarantined
from bot.domain.mentions import Mention
from bot.errors import BadPayload, Missing, NotAllowed, Stale
from bot.services.ingest import FUTURE, OwnAccounts, ingest
from bot.services.quarantine import Tally, dismiss, retry, retry_all
from bot.testing import START, ScriptedConnector
from tests.unit.services.world import (
    NOBODY,
    actions,
    author,
    listen,
    log,
    mention,
    source,
)

ITEM = Quarantined(where="x:1", reason="odd", payload='{"id": 1}', context="{}")
NOTE = Quarantined(where="x:search", reason="cut off", payload="{}", kind=Aside.NOTE)


class Rereading(ScriptedConnector):
    """Reads of kept items what it is told to; everything else stays nonsense."""

    def __init__(self, read: Mapping[str, Page] | None = None) -> None:
        super().__init__()
        self.read = dict(read or {})

    def again(self, item: Quarantined) -> Page:
        still = [replace(item, reason="odd even now")]
        return self.read.get(item.where, Page(mentions=(), cursor=None, bad=still))


def a_page(*mentions: Mention, **rest: Any) -> Page:
    return replace(Page(mentions=mentions, cursor=None), **rest)


def keep(store, *items, at=START, name="acme-x"):
    with store.work() as work:
        work.quarantine.add(name, items, at)
        return work.quarantine.listing(1)[0].id


def kept(store, row_id):
    with store.reading() as work:
        return work.quarantine.get(row_id)


def again(store, clock, connector, row_id, own=NOBODY):
    sources = {"acme-x": source(connector)}
    return retry(store, clock, sources, own, row_id, by="ada")[0]


def stored(store):
    with store.reading() as work:
        return work.mentions.untagged(1_000)


def told(store, action="quarantine.retried"):
    [entry] = log(store, action)
    return entry, json.loads(entry.detail)


def test_what_makes_sense_by_now_is_a_mention_first_seen_when_it_was_kept(store, clock):
    row_id = keep(store, ITEM)
    clock.advance(hours=30)
    one = mention(published_at=START - timedelta(hours=1))

    row = again(store, clock, Rereading({"x:1": a_page(one)}), row_id)

    [found] = stored(store)
    assert (found.mention.published_at, found.ingested_at) == (one.published_at, START)
    assert found.source == "acme-x"
    assert found.mention.engagement.counted_at == START
    assert (row.state, row.settled_by) == (AsideState.READ, "ada")
    assert (row.settled_at, row.outcome) == (clock.now(), f"it is M-{found.id:06d} now")
    assert actions(store) == ["mention.stored", "quarantine.retried"]
    entry, detail = told(store)
    assert (entry.actor, entry.subject) == ("ada", f"quarantine:{row_id}")
    assert detail == {
        "source": "acme-x",
        "kept_at": START.isoformat(),
        "outcome": "read",
        "mentions": [found.id],
        "known": 0,
        "own": 0,
        "removed": 0,
        "kept_aside": 0,
    }


def test_the_words_of_what_was_read_stand_in_the_mention_alone(store, clock):
    row_id = keep(store, ITEM)

    again(store, clock, Rereading({"x:1": a_page(mention())}), row_id)

    left = kept(store, row_id).item
    assert (left.payload, left.context, left.reason) == ("", "", "odd")


def test_what_still_makes_no_sense_stays_whole_with_why(store, clock):
    row_id = keep(store, ITEM)

    row = again(store, clock, Rereading(), row_id)

    assert kept(store, row_id) == row
    assert (row.item, row.state, row.outcome) == (ITEM, AsideState.OPEN, "odd even now")
    assert (row.tried_by, row.tried_at, row.settled_at) == ("ada", START, None)
    assert told(store)[1]["outcome"] == "unread"
    assert stored(store) == []


def test_no_word_of_an_item_stands_in_the_log(store, clock):
    words = replace(ITEM, payload='{"text": "my trombone"}', reason="a trombone")
    row_id = keep(store, words)

    again(store, clock, Rereading(), row_id)

    assert "trombone" not in told(store)[0].detail


def test_what_is_here_already_is_not_stored_twice(store, clock):
    one = mention()
    listen(store, clock, one)
    row_id = keep(store, ITEM)

    row = again(store, clock, Rereading({"x:1": a_page(one)}), row_id)

    assert len(stored(store)) == 1
    assert (row.state, row.outcome) == (AsideState.READ, "1 of it was here already")


def test_an_edit_that_could_not_be_read_is_taken_in(store, clock):
    one = mention("the old words")
    listen(store, clock, one)
    row_id = keep(store, ITEM)
    clock.advance(hours=1)
    edited = replace(one, text="the new words", edited_at=clock.now())

    again(store, clock, Rereading({"x:1": a_page(edited)}), row_id)

    [found] = stored(store)
    assert (found.mention.text, found.edits) == ("the new words", 1)


def test_what_a_brand_wrote_itself_is_read_and_not_kept(store, clock):
    own = OwnAccounts(by_channel={"x": frozenset({"acme"})})
    row_id = keep(store, ITEM)
    ours = mention(author=author(handle="Acme"))

    row = again(store, clock, Rereading({"x:1": a_page(ours)}), row_id, own)

    assert stored(store) == []
    assert (row.state, row.outcome) == (AsideState.READ, "1 of it is our own")


def test_parts_that_make_no_sense_are_kept_aside_on_their_own(store, clock):
    part = Quarantined(where="x:1, item 2", reason="no id", payload="{}")
    row_id = keep(store, ITEM)
    clock.advance(hours=5)
    page = a_page(mention(), bad=[part])

    row = again(store, clock, Rereading({"x:1": page}), row_id)

    with store.reading() as work:
        [left] = work.quarantine.listing(10)
    assert (left.item, left.kept_at, row.state) == (part, START, AsideState.READ)


def test_a_removal_that_could_not_be_read_is_believed(store, clock):
    one = mention()
    listen(store, clock, one)
    row_id = keep(store, ITEM)
    page = a_page(removed=[one.external_id], channel="x")

    row = again(store, clock, Rereading({"x:1": page}), row_id)

    assert stored(store)[0].removed_at == START
    assert row.outcome == "it tells of 1 removed"


# --- what ingest did not believe


def kept_from_the_future(store, clock, one):
    ingest(store, source(ScriptedConnector([a_page(one)])), clock, NOBODY)
    with store.reading() as work:
        [row] = work.quarantine.listing(10)
    return row.id


def test_a_text_from_the_future_stays_while_it_is_one(store, clock):
    row_id = kept_from_the_future(
        store, clock, mention(published_at=START + 9 * FUTURE)
    )

    row = again(store, clock, ScriptedConnector(), row_id)

    assert row.state is AsideState.OPEN
    assert "in the future" in row.outcome
    assert stored(store) == []


def test_a_text_dated_after_we_had_it_counts_from_when_we_had_it(store, clock):
    whole = mention(
        published_at=START + 9 * FUTURE,
        edited_at=START,
        author=author(created_at=START - 9 * FUTURE),
    )
    row_id = kept_from_the_future(store, clock, whole)
    clock.advance(days=8)

    row = again(store, clock, ScriptedConnector(is_live=False), row_id)

    [found] = stored(store)
    assert found.mention == replace(whole, published_at=START)
    assert found.ingested_at == START
    assert row.state is AsideState.READ


def test_a_kept_mention_that_is_none_any_more_stays(store, clock):
    odd = replace(ITEM, kind=Aside.MENTION, payload='{"channel": "x"}')
    row_id = keep(store, odd)

    row = again(store, clock, ScriptedConnector(), row_id)

    assert (row.state, row.item) == (AsideState.OPEN, odd)
    assert "no mention" in row.outcome


# --- where nothing can be read


def test_a_source_that_the_settings_do_not_name_any_more_is_named(store, clock):
    row_id = keep(store, ITEM, name="gone")

    row = again(store, clock, Rereading(), row_id)

    assert row.outcome == "the settings name no source 'gone' any more"
    assert row.state is AsideState.OPEN


def test_a_connector_that_reads_nothing_twice_is_named(store, clock):
    row_id = keep(store, ITEM)

    row = again(store, clock, ScriptedConnector(), row_id)

    assert "reads nothing a second time" in row.outcome
    assert row.state is AsideState.OPEN


def test_a_connector_that_fails_loses_nothing(store, clock):
    class Failing(Rereading):
        def again(self, item):
            raise BadPayload("x", f"{item.where} is beyond me")

    row_id = keep(store, ITEM)

    row = again(store, clock, Failing(), row_id)

    assert (row.state, row.outcome) == (AsideState.OPEN, "x: x:1 is beyond me")


@pytest.mark.parametrize(
    ("item", "words"),
    [(NOTE, "tells of its source"), (replace(ITEM, payload=""), "nothing is left")],
)
def test_what_holds_nothing_to_be_read_is_refused(store, clock, item, words):
    row_id = keep(store, item)

    with pytest.raises(NotAllowed, match=words):
        again(store, clock, Rereading(), row_id)

    assert log(store, "quarantine.retried") == []


def test_what_was_read_is_not_read_again(store, clock):
    row_id = keep(store, ITEM)
    connector = Rereading({"x:1": a_page(mention())})
    again(store, clock, connector, row_id)

    with pytest.raises(NotAllowed, match=r"read already by ada: it is M-"):
        again(store, clock, connector, row_id)


def test_of_two_who_try_at_once_the_later_one_is_told(store, clock):
    row_id = keep(store, ITEM)

    class Slow(Rereading):
        def again(self, item):
            if len(log(store, "quarantine.dismissed")) == 0:
                dismiss(store, clock, row_id, by="ben", because="an advert")
            return super().again(item)

    with pytest.raises(Stale):
        again(store, clock, Slow({"x:1": a_page(mention())}), row_id)

    assert stored(store) == []


def test_a_number_that_nothing_bears_is_missing(store, clock):
    with pytest.raises(Missing):
        again(store, clock, Rereading(), 99)
    with pytest.raises(Missing):
        dismiss(store, clock, 99, by="ada", because="x")


# --- all at once


def test_all_are_tried_each_on_its_own(store, clock):
    items = [replace(ITEM, where=f"x:{number}") for number in range(4)]
    keep(store, *items, NOTE)
    keep(store, ITEM, name="gone")
    connector = Rereading({"x:1": a_page(mention()), "x:3": a_page(mention())})
    seen = []

    tally = retry_all(
        store,
        clock,
        {"acme-x": source(connector)},
        NOBODY,
        by="ada",
        progress=lambda *at: seen.append(at),
    )

    assert tally == Tally(tried=5, read=2, mentions=2)
    assert seen == [(number, 5) for number in range(1, 6)]
    assert len(log(store, "quarantine.retried")) == 5


def test_of_one_source_and_some_at_a_time_all_have_their_turn(store, clock):
    keep(store, *(replace(ITEM, where=f"x:{number}") for number in range(4)))
    keep(store, ITEM, name="gone")
    sources = {"acme-x": source(Rereading())}

    for _ in range(2):
        clock.advance(minutes=1)
        retry_all(store, clock, sources, NOBODY, by="ada", source="acme-x", most=2)

    with store.reading() as work:
        tried = [row.tried_at for row in work.quarantine.listing(10)]
    assert tried[0] is None
    assert None not in tried[1:]


# --- put away


def test_an_item_is_put_away_with_a_reason_and_stays_put_away(store, clock):
    row_id = keep(store, ITEM)

    row = dismiss(store, clock, row_id, by="ada", because="advert, not ours")

    assert kept(store, row_id) == row
    assert (row.state, row.settled_by) == (AsideState.DISMISSED, "ada")
    assert (row.outcome, row.item) == ("advert, not ours", ITEM)
    assert told(store, "quarantine.dismissed")[1]["reason"] == "advert, not ours"
    keep_again = ScriptedConnector([a_page(bad=[ITEM])])
    assert ingest(store, source(keep_again), clock, NOBODY).quarantined == 0
    with store.reading() as work:
        assert work.quarantine.listing(10) == []
        assert work.quarantine.listing(10, with_settled=True) == [row]
        assert work.quarantine.to_try(source=None, limit=None) == []
    with pytest.raises(NotAllowed, match="put away already by ada"):
        dismiss(store, clock, row_id, by="ben", because="again")


def test_what_was_put_away_by_mistake_can_still_be_read(store, clock):
    row_id = keep(store, ITEM)
    dismiss(store, clock, row_id, by="ada", because="advert")

    still = again(store, clock, Rereading(), row_id)
    row = again(store, clock, Rereading({"x:1": a_page(mention())}), row_id)

    assert (still.state, row.state) == (AsideState.DISMISSED, AsideState.READ)
    assert len(stored(store)) == 1
