"""A person's answer to the complaint test, and what it does to clocks."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.domain.clocks import Clock, ClockState, PackRef
from bot.domain.corrections import TagKind
from bot.domain.decisions import Answer
from bot.domain.mentions import Mention, MentionId
from bot.domain.tickets import (
    OVERTURNED,
    Ticket,
    TicketEvent,
    TicketId,
    TicketStatus,
)
from bot.errors import NotAllowed
from bot.rules.calendars import calendar_of
from bot.rules.library import load_library
from bot.services.clocks import apply_event
from bot.services.corrections import correct
from bot.services.rules import replay
from bot.services.scope import Reviewed, doubtful, review
from bot.services.sweep import sweep
from bot.services.tickets import classify, dossier
from bot.storage.store import SqlStore
from bot.testing import START, ManualClock
from tests.samples import plan as sample_plan
from tests.unit.rules.packs import ROOT, rg271
from tests.unit.services.world import (
    DAY,
    HOUR,
    actions,
    author,
    close,
    handle,
    house,
    log,
    mention,
    policy,
    record,
    states,
    tickets,
)

YES, NO = Answer.YES, Answer.NO
UNHAPPY = {"dissatisfaction": YES, "response_expected": YES}
CALM = {"dissatisfaction": NO}
LEGAL = {"acknowledge_target", "acknowledge_limit", "early_close", "final_response"}
DOUBTFUL = "hmm, my bag"


def id_of(store: SqlStore, said: Mention) -> MentionId:
    with store.reading() as work:
        found = work.mentions.find("x", said.external_id)
    assert found is not None
    return found.id


def answer(
    store: SqlStore,
    clock: ManualClock,
    said: Mention,
    told: dict[str, Answer],
    *,
    why: str = "read it twice",
    exclusion: str | None = None,
) -> Reviewed:
    return review(
        store,
        policy(),
        clock,
        id_of(store, said),
        told,
        exclusion=exclusion,
        by="ada",
        why=why,
    )


def doubted(store: SqlStore, clock: ManualClock) -> tuple[Mention, Ticket]:
    """A ticket with provisional clocks, three hours old."""
    said = mention(DOUBTFUL)
    handle(store, clock, said)
    clock.advance(hours=3)
    [ticket] = tickets(store)
    return said, ticket


def legal(store: SqlStore, ticket: Ticket) -> dict[str, Clock]:
    with store.reading() as work:
        return {
            one.plan.rule: one
            for one in work.clocks.of_ticket(ticket.id)
            if one.plan.rule in LEGAL
        }


def test_a_confirmed_complaint_makes_its_clocks_firm_from_publication(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)
    assert all(one.plan.provisional for one in legal(store, ticket).values())

    done = answer(store, clock, said, UNHAPPY)

    clocks = legal(store, ticket)
    assert (done.was.verdict, done.scope.verdict) == (Answer.NEEDS_HUMAN, YES)
    assert done.ticket is not None
    assert done.ticket.complaint is YES
    assert clocks.keys() == LEGAL
    assert {one.plan.started_at for one in clocks.values()} == {START}
    assert not any(one.plan.provisional for one in clocks.values())
    assert actions(store).count("clock.confirmed") == 4


def _now(ticket_id: TicketId, name: str, clock: ManualClock) -> TicketEvent:
    now = clock.now()
    return TicketEvent(ticket_id=ticket_id, name=name, happened_at=now, recorded_at=now)


def test_what_was_answered_stands_in_the_log_fact_by_fact_and_in_the_history(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)

    answer(store, clock, said, CALM, why="she praises the crew")

    [entry] = log(store, "mention.reviewed")
    detail = json.loads(entry.detail)
    assert (entry.actor, entry.subject) == ("ada", "mention:1")
    assert (detail["ticket"], detail["reason"]) == (1, "she praises the crew")
    assert detail["was"]["dissatisfaction"] == "needs_human"
    assert detail["now"] == {
        "verdict": "no",
        "dissatisfaction": "no",
        "response_expected": "needs_human",
        "channel_controlled": "yes",
        "author_reachable": "yes",
        "exclusion": "none",
    }
    [event] = [
        one for one in dossier(store, ticket.id).events if one.name == "scope_reviewed"
    ]
    assert event.facts == {"mention": "1", **detail["now"]}
    assert event.detail == "by ada: she praises the crew"


def test_an_overturned_scope_ends_its_clocks_as_excused_and_deletes_none(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)

    done = answer(store, clock, said, CALM, why="a joke")

    clocks = legal(store, ticket)
    assert {one.plan.rule for one in done.ended} == LEGAL
    assert {one.state for one in clocks.values()} == {ClockState.EXCUSED}
    assert {one.ended_by for one in clocks.values()} == {OVERTURNED}
    assert all(one.is_over for one in clocks.values())
    assert states(store, ticket)["first_response"] == "running"
    reasons = {json.loads(one.detail)["reason"] for one in log(store, "clock.excused")}
    assert "final_response: ada found no complaint: a joke" in reasons
    assert tickets(store)[0].complaint is NO


def test_what_is_not_owed_is_never_late(store: SqlStore, clock: ManualClock) -> None:
    said, ticket = doubted(store, clock)
    answer(store, clock, said, CALM)

    clock.advance(days=60)
    sweep(store, clock, house())

    assert {one.state for one in legal(store, ticket).values()} == {ClockState.EXCUSED}


def test_a_breach_of_what_was_never_owed_is_excused_and_stays_in_the_log(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)
    clock.advance(days=40)
    sweep(store, clock, house())
    assert legal(store, ticket)["final_response"].state is ClockState.BREACHED

    answer(store, clock, said, CALM)

    assert legal(store, ticket)["final_response"].state is ClockState.EXCUSED
    assert "clock.breached" in actions(store)


def test_overturned_back_the_clocks_run_again_from_the_first_publication(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)
    answer(store, clock, said, CALM)
    clock.advance(days=2)

    answer(store, clock, said, UNHAPPY, why="she means it")

    clocks = legal(store, ticket)
    assert {one.plan.started_at for one in clocks.values()} == {START}
    assert {one.state for one in clocks.values()} == {ClockState.RUNNING}
    assert not any(one.plan.provisional for one in clocks.values())
    assert tickets(store)[0].complaint is YES


def test_overturned_back_too_late_it_is_the_breach_that_it_was(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)
    answer(store, clock, said, CALM)
    clock.advance(days=40)

    answer(store, clock, said, UNHAPPY)
    sweep(store, clock, house())

    assert legal(store, ticket)["final_response"].state is ClockState.BREACHED


def test_what_was_done_meanwhile_counts_when_it_is_owed_after_all(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)
    answer(store, clock, said, CALM)
    clock.advance(days=1)
    record(store, clock, ticket.id, "idr_response_provided", by="bo")
    clock.advance(days=1)

    answer(store, clock, said, UNHAPPY)

    response = legal(store, ticket)["final_response"]
    assert response.state is ClockState.MET
    assert response.ended_at == START + 3 * HOUR + DAY


def test_a_correction_to_a_complaint_takes_the_review_back(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)
    answer(store, clock, said, UNHAPPY)
    answer(store, clock, said, CALM)
    clock.advance(hours=1)

    heard = correct(
        store,
        policy(),
        clock,
        id_of(store, said),
        {TagKind.COMPLAINT: "yes"},
        by="bo",
    )

    assert heard.is_reconsidered
    assert legal(store, ticket)["final_response"].state is ClockState.RUNNING
    assert tickets(store)[0].complaint is YES


def test_an_exclusion_overturns_though_the_facts_are_there(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)

    done = answer(store, clock, said, UNHAPPY, exclusion="staff_employment")

    assert (done.scope.verdict, done.scope.exclusion) == (NO, "staff_employment")
    assert legal(store, ticket)["final_response"].state is ClockState.EXCUSED


def test_a_doubt_that_is_left_is_named_and_nothing_changes(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)

    with pytest.raises(NotAllowed, match="answer also: response_expected"):
        answer(store, clock, said, {"dissatisfaction": YES})
    with pytest.raises(NotAllowed, match="there are: none, staff_employment"):
        answer(store, clock, said, UNHAPPY, exclusion="feedback")

    assert "mention.reviewed" not in actions(store)
    assert all(one.plan.provisional for one in legal(store, ticket).values())


def test_a_hint_of_an_exclusion_must_be_answered_too(
    store: SqlStore, clock: ManualClock
) -> None:
    said = mention("terrible, they cut my shift")
    handle(store, clock, said)
    [ticket] = tickets(store)
    assert ticket.complaint is Answer.NEEDS_HUMAN

    with pytest.raises(NotAllowed, match="answer also: exclusion"):
        answer(store, clock, said, UNHAPPY)
    done = answer(store, clock, said, {}, exclusion="none")

    assert (done.scope.verdict, done.scope.exclusion) == (YES, "none")


def test_where_another_complaint_is_left_the_clocks_count_from_that(
    store: SqlStore, clock: ManualClock
) -> None:
    first = mention(DOUBTFUL, conversation="c")
    second = mention(
        "this is terrible",
        conversation="c",
        author=author("bo"),
        published_at=START + 2 * DAY,
    )
    handle(store, clock, first)
    clock.advance(days=3)
    handle(store, clock, second)
    [ticket] = tickets(store)
    assert {one.plan.started_at for one in legal(store, ticket).values()} == {START}

    done = answer(store, clock, first, CALM)

    clocks = legal(store, ticket)
    assert not done.ended
    assert clocks["final_response"].plan.started_at == START + 2 * DAY
    assert clocks["final_response"].state is ClockState.RUNNING
    assert not clocks["final_response"].plan.provisional
    assert tickets(store)[0].complaint is YES


def test_a_further_complaint_after_that_has_clocks_of_its_own(
    store: SqlStore, clock: ManualClock
) -> None:
    said = mention(DOUBTFUL, conversation="c")
    handle(store, clock, said)
    [ticket] = tickets(store)
    answer(store, clock, said, CALM)
    clock.advance(days=2)

    later = mention("this is terrible", conversation="c", published_at=START + 2 * DAY)
    handle(store, clock, later)

    clocks = legal(store, ticket)
    assert {one.plan.started_at for one in clocks.values()} == {START + 2 * DAY}
    assert {one.state for one in clocks.values()} == {ClockState.RUNNING}


def test_one_that_is_over_is_not_overturned_with_its_follower(
    store: SqlStore, clock: ManualClock
) -> None:
    first = mention("this is terrible", conversation="c")
    handle(store, clock, first)
    [ticket] = tickets(store)
    for event in ("acknowledged", "idr_response_provided"):
        with store.work() as work:
            apply_event(work, _now(ticket.id, event, clock))
    clock.advance(days=40)
    sweep(store, clock, house())
    second = mention("still terrible", conversation="c", published_at=START + 40 * DAY)
    handle(store, clock, second)
    started = legal(store, ticket)["final_response"].plan.started_at

    older = answer(store, clock, first, CALM)
    newer = answer(store, clock, second, CALM)

    assert started == START + 40 * DAY
    assert not older.ended
    assert {one.plan.rule for one in newer.ended} == LEGAL
    assert tickets(store)[0].complaint is NO


def test_what_somebody_else_started_is_owed_all_the_same(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)
    with store.work() as work:
        elsewhere = sample_plan(
            "refer_back",
            pack=PackRef(id="au.body", version="1", sha256="d" * 64),
            inputs={"start": "referred_back", "followed": "yes"},
        )
        work.clocks.start(ticket.id, [elsewhere])

    answer(store, clock, said, CALM)

    assert states(store, ticket)["refer_back"] == "running"


def test_a_mention_without_a_ticket_is_given_one_by_its_review(
    store: SqlStore, clock: ManualClock
) -> None:
    said = mention("the crew said nothing about my bag for nine hours")
    handle(store, clock, said)
    assert not tickets(store)
    clock.advance(days=1)

    nothing = answer(store, clock, said, CALM)
    done = answer(store, clock, said, UNHAPPY)

    assert nothing.ticket is None
    assert done.ticket is not None
    assert done.ticket.complaint is YES
    assert legal(store, done.ticket)["final_response"].plan.started_at == START


def test_what_a_machine_posted_is_owed_from_its_publication_once_it_is_a_complaint(
    store: SqlStore, clock: ManualClock
) -> None:
    said = mention(
        "the crew said nothing about my bag", author=author(is_declared_bot=True)
    )
    handle(store, clock, said)
    assert not tickets(store)
    clock.advance(days=1)

    done = answer(store, clock, said, {**UNHAPPY, "author_reachable": YES})

    assert done.ticket is not None
    assert done.ticket.complaint is YES
    clocks = legal(store, done.ticket)
    assert clocks.keys() == LEGAL
    assert {one.plan.started_at for one in clocks.values()} == {START}
    assert not any(one.plan.provisional for one in clocks.values())


def test_a_closed_ticket_opens_again_for_a_complaint(
    store: SqlStore, clock: ManualClock
) -> None:
    said, ticket = doubted(store, clock)
    answer(store, clock, said, CALM)
    close(store, clock, ticket.id, by="bo")

    answer(store, clock, said, UNHAPPY)

    [again] = tickets(store)
    assert again.status is TicketStatus.OPEN
    assert legal(store, ticket)["final_response"].state is ClockState.RUNNING


def test_what_carries_another_text_further_has_no_test_of_its_own(
    store: SqlStore, clock: ManualClock
) -> None:
    said = mention(DOUBTFUL)
    shared = mention("", amplifies=said.external_id)
    handle(store, clock, said, shared)

    with pytest.raises(NotAllowed, match="has no complaint test of its own"):
        answer(store, clock, shared, CALM)


def test_what_waits_for_a_review_is_listed_with_its_doubts_the_oldest_clock_first(
    store: SqlStore, clock: ManualClock
) -> None:
    newer = mention(DOUBTFUL, published_at=START + HOUR)
    older = mention(DOUBTFUL)
    sure = mention("this is terrible")
    clock.advance(hours=2)
    for one in (newer, older, sure):
        handle(store, clock, one)

    with store.reading() as work:
        waiting = work.tickets.unreviewed(10)
        doubts = doubtful(work, waiting[0].id)
    answer(store, clock, older, CALM)
    with store.reading() as work:
        left = work.tickets.unreviewed(10)

    assert [one.received_at for one in waiting] == [START, START + HOUR]
    names = ["dissatisfaction", "response_expected"]
    assert [(one.id, said) for one, said in doubts] == [(id_of(store, older), names)]
    assert [one.received_at for one in left] == [START + HOUR]


def test_a_closed_ticket_waits_for_its_review_while_its_clocks_run(
    store: SqlStore, clock: ManualClock
) -> None:
    _, ticket = doubted(store, clock)

    close(store, clock, ticket.id, by="bo")

    with store.reading() as work:
        assert [one.id for one in work.tickets.unreviewed(10)] == [ticket.id]


def test_the_whole_case_is_void_and_comes_back_whole(
    store: SqlStore, clock: ManualClock
) -> None:
    library = load_library(ROOT / "config" / "packs")
    rules = policy(
        regulation=rg271(),
        overlays=(library.newest("au.afca"),),
        calendar=calendar_of("AU-NSW"),
    )
    said = mention(DOUBTFUL)
    handle(store, clock, said, by=rules)
    [ticket] = tickets(store)

    def tell(event: str, day: int, **facts: str) -> None:
        clock.move_to(START + timedelta(days=day))
        record(
            store, clock, ticket.id, event, by="bo", facts=facts,
            rulebook=rules.rulebook,
        )  # fmt: skip

    def say(told: dict[str, Answer]) -> None:
        review(store, rules, clock, id_of(store, said), told, by="ada", why="read")

    classify(
        store, clock, ticket.id, "credit_hardship", by="bo", why="she says so",
        rulebook=rules.rulebook,
    )  # fmt: skip
    say(CALM)
    tell("info_requested", 10)
    void = states(store, ticket)
    tell("afca_referred_back", 12, stage="not_been_through_idr")
    referred = states(store, ticket)
    say(UNHAPPY)

    assert void["idr_response"] == void["hardship_info_request"] == "excused"
    assert referred["afca_refer_back_first"] == "running"
    assert referred["idr_response"] == "excused"
    with store.reading() as work:
        clocks = {one.plan.rule: one for one in work.clocks.of_ticket(ticket.id)}
    assert clocks["idr_response"].state is ClockState.RUNNING
    due = clocks["idr_response"].plan.due_strict - START
    assert due.days == 10 + 28
    assert clocks["hardship_info_request"].state is ClockState.MET
    with store.audit_log() as records:
        found = list(
            replay(
                records,
                library,
                lambda place, zone: calendar_of(place, zone=zone),
                since=START,
                until=clock.now() + DAY,
            )
        )
    assert [one.why or one for one in found if not one.is_same] == []
