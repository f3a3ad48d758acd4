"""One ticket's page over a real database that the real pipeline filled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.bootstrap import App
from bot.domain.staff import Role, User, Viewer
from bot.domain.tags import HATE, Tags
from bot.domain.tickets import Ticket, TicketStatus
from bot.services.claims import claim
from bot.services.tickets import note
from bot.settings import load_settings
from bot.testing import KeywordClassifier, ManualClock
from tests.consoles import looked_at, viewer
from tests.unit.services.world import author, handle, log, mention, tickets

CITE = "271.51"
ADA, BEN = viewer(Role.AGENT), viewer(Role.AGENT, "Ben")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[App]:
    file = tmp_path / "bot.yaml"
    file.write_text("place: AU-NSW\n", encoding="utf-8")
    told = {"BOT_DATABASE__URL": database_url}
    made = App(load_settings(file, told), clock=clock)
    yield made
    made.close()


@pytest.fixture
def ticket(app: App, clock: ManualClock) -> Ticket:
    """A complaint that a lawyer hears of."""
    return opened(app, clock, text="This is terrible, my lawyer calls you")


def opened(app: App, clock: ManualClock, **fields: Any) -> Ticket:
    said = mention(**fields)
    handle(app.store, clock, said, by=app.policy)
    with app.store.reading() as work:
        found = work.tickets.of_mention(said.channel, said.external_id)
    assert found is not None
    return found


def page(app: App, ticket: Ticket, by: Viewer = ADA, rest: str = "") -> str:
    answer = looked_at(app, by).get(f"/tickets/{ticket.key}{rest}")
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def now(app: App, ticket: Ticket) -> Ticket:
    with app.store.reading() as work:
        return work.tickets.get(ticket.id)


def do(app: App, ticket: Ticket, deed: str, by: Viewer = ADA, **typed: str) -> Any:
    """Press a button of the page as it stands now."""
    typed.setdefault("version", str(now(app, ticket).version))
    return looked_at(app, by).post(f"/tickets/{ticket.key}/{deed}", data=typed)


def test_the_page_shows_the_text_with_the_words_that_carried_a_signal(
    app: App, ticket: Ticket
) -> None:
    shown = page(app, ticket)

    assert re.search(r'<mark title="legal threat">lawyer<span', shown)
    assert "This is terrible, my " in shown


def test_the_page_names_every_rule_of_the_decision_in_order(
    app: App, ticket: Ticket
) -> None:
    with app.store.reading() as work:
        [told] = work.dossiers.told(ticket.id, limit=9)

    places = [page(app, ticket).index(one.rule) for one in told.decision.reasons]

    assert len(places) > 3
    assert places == sorted(places)


def test_each_legal_clock_names_its_paragraph_and_leads_to_the_packs_text(
    app: App, ticket: Ticket
) -> None:
    client, shown = looked_at(app, ADA), page(app, ticket)

    [link] = re.findall(r'href="(/packs/\w+\?rule=acknowledge_target#rule)"', shown)
    text = unescape(client.get(link).text)

    assert f">{CITE}<" in shown
    assert re.search(r'<mark id="rule">.*acknowledge_target', text)


def test_strangers_words_are_shown_as_words(app: App, clock: ManualClock) -> None:
    evil = "terrible <script>alert(1)</script>"

    raw = looked_at(app, ADA).get(f"/tickets/{opened(app, clock, text=evil).key}").text

    assert "<script>alert" not in raw
    assert "&lt;script&gt;alert(1)" in raw


class Hateful(KeywordClassifier):
    """Hears hate in every text."""

    def _tags(self, mention: Any) -> Tags:
        tags = super()._tags(mention)
        return replace(tags, others={HATE: {"yes": 0.95, "no": 0.05}})


def test_abuse_is_not_sent_to_the_browser_before_somebody_asks_and_is_counted(
    app: App, clock: ManualClock
) -> None:
    said = mention("terrible you vile lot, please answer")
    handle(app.store, clock, said, by=app.policy, classifier=Hateful())
    [abusive] = tickets(app.store)
    with app.store.reading() as work:
        [told] = work.dossiers.told(abusive.id, limit=9)

    before = page(app, abusive)
    desk = page(app, abusive, rest="/reply")
    after = do(app, abusive, "uncover", mention=str(told.stored.id))

    assert "vile lot" not in before
    assert "vile lot" not in desk
    assert "hateful or offensive" in desk
    assert "vile lot" in after.text
    assert "Texts like this that you read today: 1." in after.text
    with app.store.reading() as work:
        assert work.viewers.exposures(clock.now().date()) == {"Ada": 1}


def test_an_edit_and_what_stood_there_before_are_both_shown(
    app: App, clock: ManualClock
) -> None:
    said = mention("terrible first words, please help")
    handle(app.store, clock, said, by=app.policy)
    clock.advance(minutes=5)
    later = replace(said, text="terrible second words", edited_at=clock.now())
    handle(app.store, clock, later, by=app.policy)
    [edited] = tickets(app.store)

    shown = page(app, edited)

    assert "terrible first words" in shown
    assert "terrible second words" in shown


def test_what_was_said_in_public_and_in_private_stands_in_one_order(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    clock.advance(minutes=2)
    note(app.store, clock, ticket.id, "rang them, waits for papers", by="Ben")
    clock.advance(minutes=2)
    with app.store.reading() as work:
        [told] = work.dossiers.told(ticket.id, limit=9)
    further = mention(
        "still terrible",
        conversation=ticket.conversation,
        published_at=clock.now(),
        author=told.stored.mention.author,
    )
    handle(app.store, clock, further, by=app.policy)

    shown = page(app, ticket)

    words = ["my ", "rang them", "still terrible"]
    places = [shown.index(one, shown.index("<ol")) for one in words]
    assert places == sorted(places)


def test_a_claim_shows_whose_it_is_and_until_when_to_everybody(
    app: App, ticket: Ticket
) -> None:
    answer = do(app, ticket, "claim")

    assert answer.headers["location"] == f"/tickets/{ticket.key}?done=claim"
    assert "It is yours until" in page(app, ticket)
    assert "Ada has it until" in page(app, ticket, by=BEN)
    [entry] = log(app.store, "ticket.claimed")
    assert entry.actor == "Ada"


def test_somebody_elses_claim_is_said_on_the_page_and_stays_theirs(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    claim(app.store, clock, app.policy.house, ticket.id, by="Ben")

    answer = do(app, ticket, "claim")

    assert answer.status_code == 403
    assert "Ben" in answer.text
    assert now(app, ticket).owner == "Ben"


def test_what_changed_meanwhile_is_shown_and_nothing_is_done_over_it(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    seen = str(ticket.version)
    claim(app.store, clock, app.policy.house, ticket.id, by="Ben")

    answer = do(app, ticket, "close", version=seen)

    assert answer.status_code == 409
    assert f"Ben changed {ticket.key} meanwhile (ticket claimed)" in unescape(
        answer.text
    )
    assert now(app, ticket).status is TicketStatus.OPEN


def test_closing_and_opening_again_are_both_in_the_history(
    app: App, ticket: Ticket
) -> None:
    do(app, ticket, "close")
    closed = now(app, ticket).status
    do(app, ticket, "reopen", reason="they rang again")

    assert closed is TicketStatus.CLOSED
    assert now(app, ticket).status is TicketStatus.OPEN
    assert "they rang again" in page(app, ticket)


def test_a_note_is_kept_whatever_changed_meanwhile(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    claim(app.store, clock, app.policy.house, ticket.id, by="Ben")

    do(app, ticket, "note", note="they were rude on the phone", version="1")

    assert "they were rude on the phone" in page(app, ticket)


@pytest.mark.parametrize(
    ("deed", "typed", "action"),
    [
        ("hand-off", {"to": "management", "reason": "the press"}, "ticket.handed_off"),
        ("mark", {"mark": "outage-7"}, "ticket.marked"),
        ("record", {"event": "idr_response_provided"}, "ticket.recorded"),
        ("class", {"class": "standard", "reason": "looked"}, "ticket.classified"),
        ("flag", {"sign": "hardship", "reason": "lost a job"}, "ticket.flagged"),
        ("private-start", {}, "handoff.started"),
    ],
)
def test_what_is_done_on_the_page_is_in_the_log_by_whom(
    app: App, ticket: Ticket, deed: str, typed: dict[str, Any], action: str
) -> None:
    answer = do(app, ticket, deed, **typed)

    assert answer.status_code == 303, answer.text
    assert [one.actor for one in log(app.store, action)] == ["Ada"]


def test_where_no_roster_is_a_ticket_is_handed_to_whoever_works_in_the_console(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    with app.store.work() as work:
        for name, role, brands in (
            ("Cleo", Role.AGENT, frozenset[str]()),
            ("Dora", Role.AGENT, frozenset({"another brand"})),
            ("Emil", Role.BRAND_VIEWER, frozenset[str]()),
        ):
            work.staff.add(
                User(name=name, role=role, added_at=clock.now(), brands=brands)
            )

    shown = page(app, ticket)

    assert '<option value="Cleo">' in shown
    assert '<option value="Dora">' not in shown
    assert '<option value="Emil">' not in shown


def test_what_was_recorded_can_be_withdrawn_there(app: App, ticket: Ticket) -> None:
    do(app, ticket, "record", event="idr_response_provided")

    do(app, ticket, "withdraw", event="idr_response_provided", reason="wrong one")

    assert "withdrawn" in page(app, ticket)
    assert len(log(app.store, "ticket.withdrawn")) == 1


def test_a_corrected_tag_is_shown_and_the_first_one_kept(
    app: App, ticket: Ticket
) -> None:
    with app.store.reading() as work:
        [told] = work.dossiers.told(ticket.id, limit=9)

    do(app, ticket, "correct", mention=str(told.stored.id), sentiment="neutral")

    shown = page(app, ticket)
    assert "sentiment: neutral" in shown
    assert "not negative" in shown


def test_a_text_of_another_ticket_is_not_corrected_from_here(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    other = opened(app, clock, text="terrible too", author=author("ben"))
    with app.store.reading() as work:
        [told] = work.dossiers.told(other.id, limit=9)

    answer = do(app, ticket, "correct", mention=str(told.stored.id), complaint="no")

    assert answer.status_code == 404
    assert log(app.store, "mention.corrected") == []


def test_accounts_are_shown_as_one_only_after_a_person_said_so(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    other = opened(app, clock, text="terrible too", author=author("ada_on_the_side"))
    before = page(app, ticket)

    do(app, ticket, "join", other_ticket=other.key, reason="same booking number")
    joined = page(app, ticket)
    with app.store.reading() as work:
        [one] = [
            one
            for one in work.accounts.together(1)
            if one.key.external_id == "id-ada_on_the_side"
        ]
    do(app, ticket, "part", account=str(one.id), reason="another booking")

    assert "ada_on_the_side" not in before
    assert "ada_on_the_side" in joined
    assert f'href="/tickets/{other.key}"' in joined
    assert "ada_on_the_side" not in page(app, ticket)
    assert [entry.action for entry in log(app.store, "account")] == [
        "account.joined",
        "account.joined",
        "account.parted",
    ]


def test_who_else_looks_is_shown_for_a_minute(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    do(app, ticket, "presence", by=BEN)

    seen = do(app, ticket, "presence").text
    clock.advance(seconds=61)
    later = do(app, ticket, "presence").text

    assert "Ben" in seen
    assert "Ben" not in later


def test_a_page_that_is_open_hears_that_its_ticket_changed(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    calm = do(app, ticket, "presence", version="1").text
    claim(app.store, clock, app.policy.house, ticket.id, by="Ben")

    told = do(app, ticket, "presence", version="1").text

    assert "It changed since" not in calm
    assert "It changed since" in told


def test_the_compliance_officer_sees_all_of_it_and_can_do_none_of_it(
    app: App, ticket: Ticket
) -> None:
    officer = viewer(Role.COMPLIANCE_OFFICER, "Cleo")

    shown = page(app, ticket, by=officer)
    answer = do(app, ticket, "close", by=officer)

    assert "This is terrible" in shown
    assert f"/tickets/{ticket.key}/close" not in shown
    assert answer.status_code == 403
    assert now(app, ticket).status is TicketStatus.OPEN


def test_a_brand_viewer_has_no_tickets(app: App, ticket: Ticket) -> None:
    answer = looked_at(app, viewer(Role.BRAND_VIEWER)).get(f"/tickets/{ticket.key}")

    assert answer.status_code == 403


def test_tickets_of_other_brands_are_none_to_whoever_has_brands(
    app: App, ticket: Ticket
) -> None:
    elsewhere = replace(ADA, brands=frozenset({"Another"}))
    client = looked_at(app, elsewhere)

    answers = [
        client.get(f"/tickets/{ticket.key}"),
        client.post(f"/tickets/{ticket.key}/close", data={"version": "1"}),
        client.post(f"/tickets/{ticket.key}/presence"),
    ]

    assert [one.status_code for one in answers] == [404, 404, 404]


def test_signs_of_a_need_come_first_with_what_to_do(
    app: App, clock: ManualClock
) -> None:
    in_need = opened(app, clock, text="terrible, I want to die, please answer")

    shown = page(app, in_need)

    first = shown.index('aria-label="First"')
    assert first < shown.index('aria-label="Conversation"')
    assert "No crisis line is filled in for AU-NSW" in shown


def test_a_long_conversation_comes_page_by_page(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    further = [
        mention(
            f"terrible, text {number:03d}",
            conversation=ticket.conversation,
            published_at=ticket.received_at + timedelta(minutes=number),
        )
        for number in range(1, 60)
    ]
    clock.advance(hours=2)
    handle(app.store, clock, *further, by=app.policy)

    newest = page(app, ticket)
    [before] = re.findall(r"\?before=(\d+)", newest)
    oldest = page(app, ticket, rest=f"?before={before}")

    numbers = [re.findall(r"text (\d{3})", one) for one in (newest, oldest)]
    assert sorted({*numbers[0]}) == [f"{one:03d}" for one in range(10, 60)]
    assert sorted({*numbers[1]}) == [f"{one:03d}" for one in range(1, 10)]


def test_a_merge_and_its_undoing_are_done_on_the_page(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    clock.advance(hours=1)
    other = opened(app, clock, text="terrible, same thing", published_at=clock.now())

    do(app, ticket, "merge", other_ticket=other.key)
    merged, gone = page(app, ticket), page(app, other)
    [number] = re.findall(r'name="mention" value="(\d+)"><span>M-0*2\b', merged)
    do(app, ticket, "split", mention=number, reason="a mistake")

    assert "terrible, same thing" in merged
    assert re.search(r"<span>M-0*2\b[^<]*: terrible, same thing", merged)
    assert f'It went into <a href="/tickets/{ticket.key}">' in gone
    assert "terrible, same thing" not in page(app, ticket)
    assert "terrible, same thing" in page(app, other)
    assert now(app, other).status is TicketStatus.OPEN


def test_who_merges_tickets_of_two_people_is_told_what_that_means(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    other = opened(app, clock, text="terrible too", author=author("ben"))

    answer = do(app, ticket, "merge", other_ticket=other.key)

    assert answer.status_code == 403
    assert "RG 271 is owed to each complainant" in answer.text
    assert now(app, other).status is TicketStatus.OPEN


def test_a_page_takes_as_many_statements_for_many_texts_as_for_one(
    app: App, clock: ManualClock, ticket: Ticket
) -> None:
    run: list[str] = []

    def count(_db: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        run.append(statement)

    page(app, ticket)
    event.listen(Engine, "before_cursor_execute", count)
    try:
        page(app, ticket)
        of_one = len(run)
        clock.advance(hours=2)
        further = [
            mention("terrible again", conversation=ticket.conversation)
            for _ in range(40)
        ]
        handle(app.store, clock, *further, by=app.policy)
        run.clear()
        page(app, ticket)
    finally:
        event.remove(Engine, "before_cursor_execute", count)

    assert len(run) == of_one
    assert of_one < 40
