"""Words in the response log: every way of looking finds the same, and all of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.decisions import Answer
from bot.domain.mentions import MentionId
from bot.domain.replies import ReplyKind, ReplyState
from bot.domain.response_log import LogFilter
from bot.domain.search import Kind, Question, asked
from bot.domain.tickets import TicketEvent
from bot.storage import log_words, response_log
from tests.samples import NOON, author, decision, mention, reply, ticket

LATER = NOON + timedelta(days=2)
SAID = {
    1: ("My bag is lost, and nobody answers!", "Still no bag. Where is it?"),
    2: ("Your app lost my bags again",),
    3: ("So rude. Very rude staff in Köln",),
    4: ("Der Koffer ist weg. Die Rückerstattung fürs Gepäck dauert ewig!",),
    5: ("Straße gesperrt, Flug verpasst", "Danke für gar nichts"),
}
"""What stands in the posts of each ticket."""

FOUND = {
    "bag": [1],
    "BAG lost": [1],
    "bag*": [2, 1],
    "lost": [2, 1],
    '"lost my"': [2],
    '"my lost"': [],
    "where": [1],
    "where nobody": [],
    "apologise": [1],
    "voucher": [1],
    "lounge": [1],
    "refund": [1],
    "nowhere": [],
    "köln": [3],
    "Koln": [],
    "rückerstattung": [4],
    "GEPÄCK": [4],
    '"fürs gepäck"': [4],
    "rück*": [4],
    "straße": [5],
    'danke "gar nichts"': [5],
    "from:Mia4": [4],
    "from:Mia4 koffer": [4],
    "from:Mia4 lost": [],
    "from:Noor": [1],
    "from:Noor tag": [1],
    "from:Ada lounge": [1],
    "from:Ada claimed": [],
    "from:nobody": [],
    "from:'&": [],
    'from:a"b bag': [],
}
"""Words, and the tickets in which they stand."""

WAYS = {
    "along the first receipts": {},
    "from the index": {"FIRST": 1, "WALK_BY_WORDS": 2},
    "along more receipts": {"FIRST": 1, "FEW": 0},
}


@pytest.fixture(params=list(WAYS))
def way(request, monkeypatch):
    """One of the ways by which a database finds words."""
    take(monkeypatch, **WAYS[request.param])


def take(monkeypatch, **bounds):
    for name, value in bounds.items():
        module = log_words if name == "FEW" else response_log
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def said(store):
    """Five tickets with their posts, the first with replies and notes as well."""
    with store.work() as work:
        for number, texts in SAID.items():
            speak(work, number, texts, brand="Other" if number == 2 else "Kestrel Air")
        for kind, state, words in (
            (ReplyKind.ACKNOWLEDGEMENT, ReplyState.SEEN, "We apologise. Which tag?"),
            (ReplyKind.ANSWER, ReplyState.DRAFT, "A voucher of yours"),
        ):
            answer = reply(
                ticket_id=1,
                mention_id=MentionId(1),
                kind=kind,
                state=state,
                text=words,
                written_by="Noor",
            )
            work.replies.add(answer)
        note(work, 1, "by Ada: called the lounge, wants a refund")
        note(work, 3, "by Ada: refund claimed", name="claimed")
    return store


def speak(work, number, texts, **fields):
    """Store a ticket with what was said in it."""
    at = NOON + timedelta(minutes=number)
    opened = work.tickets.add(ticket(number, received_at=at, **fields))
    some = [
        mention(
            100 * number + place,
            text=text,
            brand=opened.brand,
            author=author(external_id=f"a-{number}", handle=f"Mia{number}"),
        )
        for place, text in enumerate(texts)
    ]
    for one in work.mentions.add(some, source="agora", at=NOON):
        work.mentions.decide(one.id, decision(), ticket_id=opened.id, at=NOON)


def note(work, number, detail, name="noted"):
    work.tickets.add_event(
        TicketEvent(
            ticket_id=number,
            name=name,
            happened_at=NOON,
            recorded_at=NOON,
            detail=detail,
        )
    )


def page(store, words, *, after=None, limit=50, **others):
    with store.reading() as work:
        return work.response_log.page(
            LogFilter(words=asked(words), **others), now=LATER, after=after, limit=limit
        )


def numbers(found):
    return [int(one.ticket.id) for one in found.entries]


def test_words_of_posts_replies_and_notes_lead_to_their_complaint(said, way):
    pages = {words: page(said, words) for words in FOUND}

    assert {words: numbers(one) for words, one in pages.items()} == FOUND
    assert not any(one.after or one.is_cut for one in pages.values())


def test_words_are_looked_for_within_the_other_filters(said, way):
    assert numbers(page(said, "lost", brands=frozenset({"Other"}))) == [2]
    assert numbers(page(said, "lost", brand="Kestrel Air")) == [1]
    assert numbers(page(said, "lost", complaint=(Answer.NO,))) == []
    assert numbers(page(said, "lost", until=NOON + timedelta(minutes=2))) == [1]
    assert numbers(page(said, "lost", since=NOON + timedelta(minutes=2))) == [2]


def test_pages_of_words_follow_each_other_without_a_gap_or_a_repeat(store, way):
    with store.work() as work:
        for number in range(1, 10):
            speak(work, number, ["A late train" if number % 2 else "No matter"])

    walked, after = [], None
    for _ in range(20):
        some = page(store, "train", after=after, limit=2)
        walked += numbers(some)
        after = some.after
        if after is None:
            break

    assert walked == [9, 7, 5, 3, 1]


def test_rare_words_are_found_however_far_back(store, monkeypatch):
    take(monkeypatch, FIRST=1, WALK_BY_WORDS=2)
    with store.work() as work:
        for number in range(1, 7):
            speak(work, number, ["An oboe was lost" if number < 3 else "No matter"])

    found = page(store, "oboe")

    assert (numbers(found), found.after, found.is_cut) == ([2, 1], None, False)


def test_where_frequent_words_are_not_met_soon_a_page_says_how_far_it_looked(
    store, monkeypatch
):
    take(monkeypatch, FIRST=1, WALK_BY_WORDS=2, FEW=1)
    with store.work() as work:
        for number in range(1, 7):
            speak(work, number, ["A late train" if number < 4 else "No matter"])

    first = page(store, "train")
    second = page(store, "train", after=first.after)

    assert (numbers(first), first.is_cut) == ([], True)
    assert (numbers(second), second.is_cut) == ([3], True)


def test_what_is_frequent_lately_is_not_taken_from_postgresqls_whole_index(
    store, monkeypatch
):
    monkeypatch.setattr(log_words, "NEWEST", 2)
    take(monkeypatch, FIRST=1, WALK_BY_WORDS=2, FEW=3)
    with store.work() as work:
        for number in range(1, 9):
            speak(work, number, ["A late train" if number in {1, 8} else "No matter"])

    found = page(store, "train")

    # Half of the newest two hold it, so that half of all might.
    is_guessed = store.url.get_backend_name() == "postgresql"
    assert (numbers(found), found.is_cut) == ([8] if is_guessed else [8, 1], is_guessed)


def test_withdrawn_words_lead_nowhere(said, way):
    with said.work() as work:
        work.removals.gone("agora", ["m-100"], NOON)
        for one in work.removals.to_withdraw(10):
            work.removals.withdraw(one)

    assert numbers(page(said, "nobody")) == []
    assert numbers(page(said, "lost")) == [2]
    assert numbers(page(said, "where")) == [1]


def test_edited_words_are_those_of_now(said, way):
    with said.work() as work:
        first = work.mentions.find("agora", "m-100")
        after = mention(100, text="It came back, thanks")
        assert work.mentions.edit(first, after, NOON + timedelta(hours=1))

    assert numbers(page(said, "nobody")) == []
    assert numbers(page(said, "came back")) == [1]


def test_the_first_text_in_which_they_stand_is_shown(said):
    with said.reading() as work:
        hits = work.response_log.hits(asked("bag*"), [1, 2, 3])
        replies = work.response_log.hits(asked("voucher"), [1])
        notes = work.response_log.hits(asked("lounge"), [1, 2])
        none = work.response_log.hits(asked("bag"), [])

    assert {int(number): hit.text for number, hit in hits.items()} == {
        1: SAID[1][0],
        2: SAID[2][0],
    }
    assert (replies[1].kind, replies[1].text) == (Kind.REPLY, "A voucher of yours")
    assert (notes[1].kind, list(notes)) == (Kind.NOTE, [1])
    assert none == {}


def test_no_words_narrow_nothing(said):
    assert numbers(page(said, "")) == [5, 4, 3, 2, 1]
    with said.reading() as work:
        key = LogFilter(words=Question(key=("T", 1)))
        found = work.response_log.page(key, now=LATER, after=None, limit=9)
    assert numbers(found) == [5, 4, 3, 2, 1]
