from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.search import Kind, Within, asked
from bot.domain.tickets import TicketEvent, TicketId
from tests import samples
from tests.samples import NOON

TEXTS = (
    "My bag is lost, and nobody answers!",
    "Your app lost my bag again; my bags are GONE",
    "So rude. Very rude staff in Köln; see https://example.org/lost-luggage",
    "@kestrel_air it's a well-known 404 error: don't you answer?",
    "a b c d e f g",
)


@pytest.fixture
def said(store):
    """Mentions of both brands by several people, decided or not."""
    with store.work() as work:
        ticket = work.tickets.add(samples.ticket())
        stored = work.mentions.add(
            [
                samples.mention(
                    number,
                    text=text,
                    brand="Kestrel Rail" if number % 2 else "Kestrel Air",
                    channel="forum" if number == 2 else "agora",
                    author=samples.author(
                        external_id=f"a-{number % 3}", handle=f"Mia{number % 3}"
                    ),
                )
                for number, text in enumerate(TEXTS)
            ],
            source="agora",
            at=NOON,
        )
        work.mentions.tag([(stored[0].id, samples.tags())], NOON)
        work.mentions.decide(
            stored[0].id, samples.decision(), ticket_id=ticket.id, at=NOON
        )
    return stored


def found(store, text, kind=Kind.MENTION, within=None, **page):
    with store.reading() as work:
        hits = work.search.find(
            kind, asked(text), within or Within(), **{"limit": 10, **page}
        )
    return [TEXTS.index(hit.text) if hit.text in TEXTS else hit.text for hit in hits]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("bag", [1, 0]),
        ("BAG Lost", [1, 0]),
        ('"lost my bag"', [1]),
        ('"my bag" nobody', [0]),
        ("bag*", [1, 0]),
        ("answer*", [3, 0]),
        ("gone", [1]),
        ("köln", [2]),
        ("koln", []),
        ("example.org", [2]),
        ("luggage", [2]),
        ("well-known", [3]),
        ("known 404", [3]),
        ("kestrel", [3]),
        ("don't", [3]),
        ('"a c"', []),
        ('"b c d"', [4]),
        ("bag & ! | <-> () : * lost", [1, 0]),
        ('lost "', [2, 1, 0]),
        ("nowhere", []),
    ],
)
def test_what_holds_every_word_and_phrase_is_found_the_newest_first(
    store, said, text, numbers
):
    assert found(store, text) == numbers


def test_what_somebody_wrote_is_found_by_their_name(store, said):
    assert found(store, "from:Mia0") == [3, 0]
    assert found(store, "@Mia0 bag") == [0]
    assert found(store, "from:nobody") == []


def test_it_is_looked_for_within_brands_and_channels(store, said):
    rail = Within(seen=frozenset({"Kestrel Rail"}))

    assert found(store, "lost", within=rail) == [1]
    assert found(store, "from:Mia0", within=rail) == [3]
    assert found(store, "lost", within=Within(brand="Kestrel Air")) == [2, 0]
    assert found(store, "lost", within=Within(channel="forum")) == [2]


def test_many_hits_are_read_page_after_page(store, said):
    with store.reading() as work:
        first = work.search.find(Kind.MENTION, asked("lost"), Within(), limit=2)
        rest = work.search.find(
            Kind.MENTION, asked("lost"), Within(), limit=2, before=first[-1].number
        )

    assert [hit.mention_id for hit in (*first, *rest)] == [
        said[2].id,
        said[1].id,
        said[0].id,
    ]


def test_a_hit_tells_of_which_ticket_it_is(store, said):
    with store.reading() as work:
        (hit,) = work.search.find(Kind.MENTION, asked("nobody"), Within(), limit=2)

    assert (hit.ticket_id, hit.mention_id, hit.who) == (1, said[0].id, "Mia0")
    assert (hit.brand, hit.channel, hit.at) == (
        "Kestrel Air",
        "agora",
        said[0].mention.published_at,
    )


def test_replies_and_notes_are_found_too(store, said):
    with store.work() as work:
        reply = samples.reply(ticket_id=1, mention_id=said[0].id, text="So sorry, Mia")
        work.replies.add(reply)
        for name, detail in (
            ("noted", "by Ada: sorry case, call back"),
            ("claimed", "by Ada, sorry"),
        ):
            work.tickets.add_event(
                TicketEvent(
                    ticket_id=TicketId(1),
                    name=name,
                    happened_at=NOON,
                    recorded_at=NOON,
                    detail=detail,
                )
            )

    assert found(store, "sorry", Kind.REPLY) == ["So sorry, Mia"]
    assert found(store, "sorry", Kind.NOTE) == ["by Ada: sorry case, call back"]
    assert found(store, "call from:Ada", Kind.NOTE) == ["by Ada: sorry case, call back"]
    assert found(store, "call from:Ada'&\"", Kind.NOTE) == [
        "by Ada: sorry case, call back"
    ]
    assert found(store, "call from:&", Kind.NOTE) == []
    rail = Within(seen=frozenset({"Kestrel Rail"}))
    assert found(store, "sorry", Kind.REPLY, rail) == []
    assert found(store, "sorry", Kind.NOTE, rail) == []


def test_an_edited_text_is_found_by_its_words_of_now(store, said):
    after = samples.mention(0, text="It came back, thanks")
    with store.work() as work:
        assert work.mentions.edit(said[0], after, NOON + timedelta(hours=1))

    assert found(store, "nobody") == []
    assert found(store, "came back") == ["It came back, thanks"]


def withdraw_first(store):
    with store.work() as work:
        work.removals.gone("agora", ["m-0"], NOON)
        for one in work.removals.to_withdraw(10):
            work.removals.withdraw(one)


def test_withdrawn_words_are_found_no_more(store, said):
    withdraw_first(store)

    assert found(store, "nobody") == []
    assert found(store, "lost") == [2, 1]


def test_withdrawn_words_are_in_no_index_of_the_file(
    migrated_file: Path, tmp_path: Path, open_store
):
    file = tmp_path / "own.db"
    file.write_bytes(migrated_file.read_bytes())
    store = open_store(f"sqlite:///{file}")
    with store.work() as work:
        # Each transaction is a part of the index of its own until it is merged.
        (first,) = work.mentions.add(
            [samples.mention(0, text="quetzalcoatl flies")], source="agora", at=NOON
        )
        work.mentions.tag([(first.id, samples.tags())], NOON)
        work.mentions.decide(first.id, samples.decision(), ticket_id=None, at=NOON)
    with store.work() as work:
        ticket = work.tickets.add(samples.ticket())
        more = [samples.mention(number, text="other words") for number in range(1, 9)]
        work.mentions.add(more, source="agora", at=NOON)
    assert b"quetzalcoatl" in everything(file)
    assert ticket.id

    withdraw_first(store)

    assert b"quetzalcoatl" not in everything(file)


def everything(file: Path) -> bytes:
    return b"".join(
        one.read_bytes() for one in sorted(file.parent.glob(f"{file.name}*"))
    )


def test_a_mention_that_is_stored_again_is_found_once(store, said):
    with store.work() as work:
        again = [samples.mention(0, text=TEXTS[0], brand="Kestrel Air")]
        assert work.mentions.add(again, source="agora", at=NOON) == []

    assert found(store, "nobody") == [0]
