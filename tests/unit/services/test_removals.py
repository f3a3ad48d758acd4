"""What authors take back goes from here too; that it was said, stays."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain.channels import Cursor, Page, Quarantined
from bot.domain.corrections import TagKind
from bot.domain.desks import DeskLink
from bot.domain.mentions import MentionKind, text_hash
from bot.domain.ports import Notice
from bot.domain.replies import ReplyState
from bot.domain.tickets import TicketStatus
from bot.errors import NotAllowed, RateLimited
from bot.services.corrections import correct
from bot.services.desks import card_of
from bot.services.drafts import word
from bot.services.ingest import ingest, month_of
from bot.services.removals import honour_removals, next_check
from bot.services.replies import send_pending
from bot.services.tag import tag_pending
from bot.services.tickets import note
from bot.services.triage import triage_pending
from bot.testing import (
    START,
    FakePlatform,
    KeywordClassifier,
    Killed,
    ScriptedConnector,
)
from tests.unit.services.world import (
    HOUR,
    NOBODY,
    Dying,
    actions,
    author,
    log,
    mention,
    notices,
    outbox,
    policy,
    replies,
    source,
    templates,
    tickets,
)

WORDS = "This is terrible: my lawyer Quillon says you broke the blue harmonica. Please!"
WROTE = author(
    "zebulon_quirk",
    external_id="4711",
    name="Zebulon Quirk-Ottoline",
    bio="Keeper of nine accordions in Wagga",
)
LINK = "https://x.example/zebulon_quirk/status/1"
DAY = timedelta(hours=24)


def said(**fields):
    return mention(**{"text": WORDS, "author": WROTE, "url": LINK, **fields})


def take_in(store, clock, platform, *mentions):
    """Read a page from the platform, tag and decide it."""
    platform.say(*mentions)
    ingest(store, source(platform, page=100), clock, NOBODY)
    decide_all(store, clock)


def decide_all(store, clock):
    tag_pending(store, KeywordClassifier(), clock)
    while triage_pending(store, policy(), clock):
        pass


def honour(store, clock, platform, **fields):
    return honour_removals(store, [source(platform, **fields)], clock)


def take_back(store, clock, platform, *mentions):
    platform.take_back(*[one.external_id for one in mentions])
    clock.advance(hours=2)
    return honour(store, clock, platform)


def stored(store, one):
    with store.reading() as work:
        return work.mentions.find(one.channel, one.external_id)


def everything(store):
    """Give every text of every table of the database's file, with where it stands."""
    db = sqlite3.connect(store.url.database)
    names = [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    for name in names:
        rows = db.execute(f"SELECT * FROM {name}")
        columns = [one[0] for one in rows.description]
        for row in rows:
            for column, value in zip(columns, row, strict=True):
                if isinstance(value, str):
                    yield f"{name}.{column}", value
    db.close()


TRACES = (
    "harmonica",
    "Quillon",
    "my lawyer",
    '"lawyer"',
    "zebulon_quirk",
    "Quirk-Ottoline",
    "accordions",
    "x.example",
    "trombone",
)


def traces(store):
    """Name the columns in which anything of the author's words still stands."""
    return {
        where
        for where, value in everything(store)
        for trace in TRACES
        if trace.casefold() in value.casefold()
    }


def fill(store, clock, one):
    """Let the words spread as far as they can: notes, drafts, notices, mirrors."""
    [ticket] = tickets(store)
    [reply] = replies(store)
    drafted = replace(
        reply,
        state=ReplyState.SUBMITTED,
        text="Sorry that you broke the blue harmonica, zebulon_quirk. Please write",
    )
    with store.work() as work:
        assert work.replies.move(
            drafted, before=reply.state, instead_of=reply.text_hash
        )
    clock.advance(seconds=1)
    quoting = f"They say: «{WORDS}» and then my lawyer Quillon says you, twice"
    note(store, clock, ticket.id, quoting, by="ada")
    found = stored(store, one)
    correct(
        store,
        policy(),
        clock,
        found.id,
        {TagKind.SENTIMENT: "negative"},
        by="ada",
        note=f"{WROTE.name} wrote that we broke the blue harmonica",
    )
    with store.work() as work:
        for key, ticket_id in (("with", ticket.id), ("without", None)):
            facts = {"mention": str(found.id), "link": LINK}
            body = f"{WROTE.handle}: {WORDS}"
            told = Notice(key=key, to="x", subject=WORDS, body=body, facts=facts)
            work.notices.add(replace(told, ticket_id=ticket_id), clock.now())
        link = DeskLink(
            desk="zen",
            ticket_id=ticket.id,
            key="answerable-1",
            known={"title": WORDS, "by": WROTE.name},
            changed_at=clock.now(),
        )
        work.desks.keep(link)
        broken = Quarantined(
            where=f"x:{one.external_id}", reason="odd", payload=WORDS, context=WORDS
        )
        work.quarantine.add("acme-x", [broken], clock.now())
    return ticket


def test_after_a_removal_no_table_of_the_database_holds_the_words(
    store, clock, platform
):
    one = said()
    take_in(store, clock, platform, one)
    edited = replace(one, text=f"{WORDS} A trombone too", edited_at=clock.now())
    take_in(store, clock, platform, edited)
    fill(store, clock, edited)
    places = {
        "mentions.text", "mentions.author", "mentions.url", "authors.profile",
        "authors.handle", "tags.signals", "mention_versions.text",
        "mention_versions.tags", "ticket_events.detail", "corrections.note",
        "notices.body", "notices.subject", "notices.facts", "desk_links.known",
        "quarantine.payload", "quarantine.context",
    }  # fmt: skip
    assert places <= traces(store)

    assert take_back(store, clock, platform, one) == 1

    assert traces(store) == set()


def test_a_draft_that_quotes_what_was_removed_loses_the_quotation(
    store, clock, platform
):
    one = said(is_addressed=True)
    take_in(store, clock, platform, one)
    [reply] = replies(store)
    quoting = replace(
        reply,
        state=ReplyState.SUBMITTED,
        text="Sorry that YOU broke the blue harmonica, zebulon_quirk. Write to us",
    )
    with store.work() as work:
        assert work.replies.move(
            quoting, before=reply.state, instead_of=reply.text_hash
        )

    take_back(store, clock, platform, one)

    [draft] = replies(store)
    assert draft.state is ReplyState.CANCELLED
    words = "Sorry that [withdrawn], [withdrawn]. Write to us"
    assert draft.text == words


def test_what_is_not_the_authors_stays(store, clock, platform):
    one = said()
    take_in(store, clock, platform, one)
    before = stored(store, one)
    [ticket] = tickets(store)
    with store.reading() as work:
        tags, made = work.mentions.tags(before.id), work.mentions.decision(before.id)
        clocks = work.clocks.of_ticket(ticket.id)

    take_back(store, clock, platform, one)

    after = stored(store, one)
    with store.reading() as work:
        tags_after = work.mentions.tags(before.id)
        assert work.mentions.decision(before.id) == made
        assert work.clocks.of_ticket(ticket.id) == clocks
    assert after.text_sha256 == text_hash(WORDS)
    assert after.removed_at == clock.now()
    assert after.mention.published_at == before.mention.published_at
    assert after.mention.author.external_id == WROTE.external_id
    assert tags_after.sentiment == tags.sentiment
    assert [signal.kind for signal in tags_after.signals] == [
        signal.kind for signal in tags.signals
    ]
    [open_still] = tickets(store)
    assert open_still.status is TicketStatus.OPEN
    assert "text withdrawn, SHA-256 " + text_hash(WORDS) in after.shown


def test_a_removal_stands_in_the_log_with_its_hash_and_without_its_words(
    store, clock, platform
):
    one = said()
    take_in(store, clock, platform, one)
    [ticket] = tickets(store)

    take_back(store, clock, platform, one)

    [entry] = log(store, "mention.removed")
    detail = json.loads(entry.detail)
    assert detail["text_sha256"] == text_hash(WORDS)
    assert detail["ticket"] == ticket.id
    assert detail["replies_cancelled"] == [reply.key for reply in replies(store)]


def test_people_hear_of_it_and_queued_replies_to_it_are_cancelled(
    store, clock, platform
):
    one = said()
    take_in(store, clock, platform, one)
    [reply] = replies(store)
    assert reply.state is ReplyState.QUEUED

    take_back(store, clock, platform, one)
    send_pending(store, outbox(platform), clock)

    [after] = replies(store)
    assert after.state is ReplyState.CANCELLED
    assert platform.calls == 0
    key = f"mention:{stored(store, one).id}:removed"
    assert notices(store, clock)[key] == tickets(store)[0].queue


def test_nothing_more_is_worded_to_what_was_removed(store, clock, platform):
    one = said()
    take_in(store, clock, platform, one)
    take_back(store, clock, platform, one)
    template = templates().by_language["en"]["complaint"][0]

    with pytest.raises(NotAllowed):
        word(store, clock, tickets(store)[0].id, template, by="ada")


def test_a_reply_that_waits_since_before_the_words_went_is_not_sent(
    store, clock, platform
):
    one = said()
    take_in(store, clock, platform, one)
    with store.work() as work:
        work.removals.gone("x", [one.external_id], clock.now())

    send_pending(store, outbox(platform), clock)

    assert platform.calls == 0
    assert replies(store)[0].state is ReplyState.CANCELLED


def test_a_removed_mention_that_comes_again_brings_nothing_back(store, clock, platform):
    one = said()
    take_in(store, clock, platform, one)
    take_back(store, clock, platform, one)

    late = replace(one, text=f"{WORDS} again", edited_at=clock.now())
    ingest(
        store,
        source(ScriptedConnector([Page(mentions=[one, late], cursor=None)]), "other"),
        clock,
        NOBODY,
    )

    assert traces(store) == set()
    assert len(tickets(store)) == 1


def test_an_author_is_kept_while_something_else_of_theirs_stands(
    store, clock, platform
):
    first, second = said(), said(text="This is terrible, please help me")
    take_in(store, clock, platform, first, second)

    take_back(store, clock, platform, first)

    with store.reading() as work:
        assert work.mentions.author("x", WROTE.external_id) == WROTE
    take_back(store, clock, platform, second)
    with store.reading() as work:
        assert work.mentions.author("x", WROTE.external_id) is None


def test_a_repost_goes_with_the_text_that_it_repeats(store, clock, platform):
    one = said()
    again = said(
        kind=MentionKind.REPOST,
        amplifies=one.external_id,
        author=author("bo"),
        url=None,
    )
    quote = mention("Look at that", kind=MentionKind.QUOTE, amplifies=one.external_id)
    take_in(store, clock, platform, one, again, quote)

    assert take_back(store, clock, platform, one) == 2

    assert stored(store, again).mention.text == ""
    assert stored(store, quote).mention.text == "Look at that"


def test_a_platform_that_tells_unasked_is_heard(store, clock):
    one = said()
    told = Page(mentions=(), cursor=Cursor("2"), removed=[one.external_id])
    connector = ScriptedConnector([Page(mentions=[one], cursor=Cursor("1")), told])
    ingest(store, source(connector), clock, NOBODY)
    decide_all(store, clock)
    ingest(store, source(connector), clock, NOBODY)

    assert honour_removals(store, [source(connector)], clock) == 1

    assert traces(store) == set()


def test_what_is_removed_before_it_was_decided_is_decided_first(store, clock):
    one = said()
    page = Page(mentions=[one], cursor=Cursor("1"), removed=())
    told = Page(mentions=(), cursor=Cursor("2"), removed=[one.external_id])
    connector = ScriptedConnector([page, told])
    for _ in range(2):
        ingest(store, source(connector), clock, NOBODY)
    assert honour_removals(store, [source(connector)], clock) == 0

    decide_all(store, clock)

    assert replies(store) == []
    assert honour_removals(store, [source(connector)], clock) == 1
    assert len(tickets(store)) == 1


def test_a_desk_is_told_to_let_the_words_go_as_well(store, clock, platform):
    one = said()
    take_in(store, clock, platform, one)
    take_back(store, clock, platform, one)

    [ticket] = tickets(store)
    link = DeskLink(desk="zen", ticket_id=ticket.id, key="answerable-1")
    with store.reading() as work:
        card = card_of(work, ticket, link, with_text=True)

    assert "harmonica" not in card.body
    assert "delete their text here too): 1" in card.body
    assert "text withdrawn" in card.body


# --- when it is asked


def test_every_kept_text_is_asked_about_at_least_once_in_its_platforms_time(
    store, clock, platform
):
    many = [said(text=f"This is terrible, help with {n}") for n in range(3)]
    take_in(store, clock, platform, *many)
    asked = {one.external_id: [clock.now()] for one in many}

    for _ in range(24 * 12):
        clock.advance(minutes=20)
        platform.asked_about.clear()
        honour(store, clock, platform)
        for each in platform.asked_about:
            asked[each].append(clock.now())

    for times in asked.values():
        gaps = [b - a for a, b in pairwise(times)]
        assert max(gaps) < DAY
        assert gaps[0] <= 2 * HOUR
        assert gaps == sorted(gaps)
        assert clock.now() - times[-1] < DAY


def test_asking_goes_on_more_rarely_but_never_too_rarely(store, clock):
    one = stored_once(store, clock)
    pauses = [
        next_check(one, DAY, START + age) - (START + age)
        for age in (HOUR, 8 * HOUR, 30 * DAY, 900 * DAY)
    ]

    assert pauses == [HOUR, 2 * HOUR, 20 * HOUR, 20 * HOUR]


def stored_once(store, clock):
    with store.work() as work:
        [one] = work.mentions.add([mention()], source="acme-x", at=clock.now())
    return one


def test_one_that_stands_is_not_asked_about_before_its_time(store, clock, platform):
    take_in(store, clock, platform, said())
    clock.advance(hours=2)
    honour(store, clock, platform)
    clock.advance(minutes=1)

    honour(store, clock, platform)

    assert len(platform.asked_about) == 1


def test_two_processes_ask_once(store, clock, platform):
    take_in(store, clock, platform, said())
    clock.advance(hours=2)
    with store.work() as work:
        assert work.leases.take(
            "removals:acme-x", "another", now=clock.now(), until=clock.now() + HOUR
        )

    honour(store, clock, platform)

    assert platform.asked_about == []


def test_a_pause_that_the_platform_wants_is_kept(store, clock, platform):
    take_in(store, clock, platform, said())
    clock.advance(hours=2)
    retry_at = clock.now() + 3 * HOUR
    platform.fail_reads(RateLimited("x", "asks for a pause", retry_at=retry_at))
    honour(store, clock, platform)
    clock.advance(hours=2)
    honour(store, clock, platform)
    assert platform.asked_about == []

    clock.advance(hours=1, minutes=1)
    honour(store, clock, platform)

    assert len(platform.asked_about) == 1
    assert actions(store, "source.removals_unknown") == ["source.removals_unknown"]


def test_a_budget_that_does_not_suffice_is_told_to_the_operator(store, clock, platform):
    take_in(store, clock, platform, said())
    with store.work() as work:
        work.sources.spend("acme-x", clock.now(), reads=100)
    clock.advance(hours=25)

    honour(store, clock, platform, monthly_reads=100)

    assert platform.asked_about == []
    [entry] = log(store, "source.removals_late")
    assert json.loads(entry.detail) == {"mentions": 1, "within": 86_400}
    key = f"removals:acme-x:late:{clock.now().date()}"
    assert notices(store, clock)[key] == "operator"


def test_what_asking_costs_counts_against_the_months_budget(store, clock, platform):
    class Metered(FakePlatform):
        def reads_spent(self):
            spent, self.asked_about = len(self.asked_about), []
            return spent

    metered = Metered(clock)
    take_in(store, clock, metered, said())
    clock.advance(hours=2)

    honour(store, clock, metered)

    with store.reading() as work:
        reads, _ = work.sources.spent("acme-x", month_of(clock.now()))
    assert reads == 2


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("nth", range(1, 6))
def test_a_process_that_dies_anywhere_leaves_no_words_behind_for_good(
    store, clock, platform, nth, committed
):
    one = said()
    take_in(store, clock, platform, one)
    platform.take_back(one.external_id)
    clock.advance(hours=2)
    dying = Dying(store, Killed(), nth=nth, committed=committed)
    with suppress(Killed):
        honour(dying, clock, platform)
    clock.advance(minutes=20)

    honour(store, clock, platform)

    assert traces(store) == set()
    assert actions(store, "mention.removed") == ["mention.removed"]
