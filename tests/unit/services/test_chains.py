from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from bot.domain.chains import Chain, ChainCondition, Step, StepState, Who
from bot.domain.clocks import PackRef
from bot.domain.decisions import Code, Tier
from bot.domain.hours import Day, Shift
from bot.domain.mentions import MentionKind
from bot.domain.packs import ClaimPolicy
from bot.domain.people import Away, Person, Roster, Team
from bot.escalate.chains import chain_for, first_step
from bot.services.chains import begin_chain, run_steps
from bot.services.claims import claim, expire_claims, hand_off, release
from bot.services.sweep import sweep, watch
from bot.services.tickets import note
from bot.services.undecidable import LATER
from bot.testing import START, Killed
from tests.unit.services.world import (
    Dying,
    Interrupted,
    actions,
    author,
    close,
    handle,
    house,
    log,
    mention,
    notices,
    open_ticket,
    policy,
    promise,
    record,
    states,
    tickets,
)

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
SYDNEY = "Australia/Sydney"
# START is 20:00 of a Monday in Sydney.
DAYS = Shift(days=tuple(Day), start=time(9), end=time(17), zone=SYDNEY)
NIGHTS = Shift(days=tuple(Day), start=time(18), end=time(2), zone=SYDNEY)


def chain(*steps: Step, name: str = "all", **when) -> Chain:
    return Chain(
        id=name,
        text=name,
        steps=steps,
        when=ChainCondition(**when),
        ends=("first_response",),
    )


def shift(minutes: int = 0, **fields) -> Step:
    return Step(who=Who.SHIFT, after=minutes * MINUTE, **fields)


def manager(minutes: int = 0, **fields) -> Step:
    return Step(who=Who.MANAGER, after=minutes * MINUTE, **fields)


def calling(*chains: Chain, **fields):
    return house(chains=chains, **fields)


def roster(*people: Person, queue: str = "agents") -> Roster:
    boss = Person(name="lea", zone=SYDNEY)
    team = Team(
        name="front", members=tuple(one.name for one in people), queues=(queue,)
    )
    return Roster(
        ref=PackRef(id="people", version="1", sha256="d" * 64),
        people={one.name: one for one in (*people, boss)},
        teams={"front": team},
    )


def person(name: str, *shifts: Shift, **fields) -> Person:
    whole = Person(name=name, zone=SYDNEY, shifts=shifts, manager="lea")
    return replace(whole, **fields)


TWO = calling(chain(shift(10), manager(20)))
THERE = roster(person("ana", NIGHTS), person("bo", NIGHTS))


@pytest.fixture
def given(store, clock):
    """Return what puts a ticket into the store and begins its chain."""

    def put(pack=TWO, **fields):
        with store.work() as work:
            ticket = work.tickets.add(open_ticket(**fields))
            begin_chain(work, pack, ticket, "opened", clock.now())
        return ticket

    return put


def steps(store, ticket):
    with store.reading() as work:
        return [
            (one.step + 1, one.round + 1, one.state.value)
            for one in work.chains.of_ticket(ticket.id)
        ]


def told(store, clock):
    return sorted(notices(store, clock).values())


def pass_time(store, clock, pack=TWO, people=THERE, *, minutes):
    """Let the minutes pass one by one, each with a look at what is due."""
    for _ in range(minutes):
        clock.advance(minutes=1)
        run_steps(store, clock, pack, people)


# --- one step after the other ----------------------------------------------------


def test_a_chain_calls_one_after_the_other_until_somebody_takes_it(store, clock, given):
    ticket = given()

    pass_time(store, clock, minutes=9)
    assert told(store, clock) == []

    pass_time(store, clock, minutes=1)
    assert told(store, clock) == ["ana", "bo"]

    pass_time(store, clock, minutes=20)
    assert told(store, clock) == ["ana", "bo", "lea"]
    assert steps(store, ticket) == [(1, 1, "done"), (2, 1, "done")]

    pass_time(store, clock, minutes=60)
    assert told(store, clock) == ["ana", "bo", "lea"]


def test_who_was_called_stands_in_the_log(store, clock, given):
    given()

    pass_time(store, clock, minutes=10)

    [entry] = log(store, "chain.called")
    assert json.loads(entry.detail) == {
        "chain": "all",
        "pack": "house 7",
        "episode": f"opened:{START.isoformat()}",
        "step": 1,
        "round": 1,
        "to": ["ana", "bo"],
        "due_at": (START + 10 * MINUTE).isoformat(),
    }


def test_a_step_repeats_as_often_as_it_says(store, clock, given):
    pack = calling(chain(shift(10, repeat=3, every=5 * MINUTE), manager(30)))
    ticket = given(pack)

    pass_time(store, clock, pack, minutes=25)
    assert steps(store, ticket) == [
        (1, 1, "done"),
        (1, 2, "done"),
        (1, 3, "done"),
        (2, 1, "waiting"),
    ]

    pass_time(store, clock, pack, minutes=25)
    assert told(store, clock) == ["ana"] * 3 + ["bo"] * 3 + ["lea"]


def test_one_is_whose_turn_it_is(store, clock, given):
    pack = calling(chain(shift(10, one=True)))
    first, second, third = given(pack), given(pack), given(pack)
    claim(store, clock, pack, third.id, by="ana")

    pass_time(store, clock, pack, minutes=10)

    assert told(store, clock) == ["bo", "bo"]
    release(store, clock, pack, third.id, by="ana")
    assert steps(store, first) == steps(store, second) == [(1, 1, "done")]


def test_who_speaks_the_authors_language_is_called(store, clock):
    pack = calling(chain(shift(10)))
    people = roster(
        person("ana", NIGHTS, languages=("en",)),
        person("bo", NIGHTS, languages=("hi",)),
    )
    handle(store, clock, mention(language_hint="hi"), by=policy(house=pack))

    pass_time(store, clock, pack, people, minutes=10)

    assert told(store, clock) == ["bo"]


def test_a_named_team_or_person_is_called(store, clock, given):
    team = Step(who=Who.TEAM, name="front", after=MINUTE)
    lea = Step(who=Who.PERSON, name="lea", after=MINUTE, important=True)
    pack = calling(chain(team, lea))
    given(pack)

    pass_time(store, clock, pack, minutes=2)

    assert told(store, clock) == ["ana", "bo", "lea"]
    with store.reading() as work:
        urgent = [
            one.notice.to
            for one in work.notices.waiting(clock.now(), 9)
            if one.notice.is_important
        ]
    assert urgent == ["lea"]


@pytest.mark.parametrize(
    ("step", "to"),
    [
        (shift(1), "agents"),
        (manager(1), "management"),
        (Step(who=Who.TEAM, name="front", after=MINUTE), "front"),
        (Step(who=Who.PERSON, name="kim", after=MINUTE), "kim"),
    ],
)
def test_without_a_roster_queues_and_names_are_told(store, clock, given, step, to):
    pack = calling(chain(step))
    given(pack)

    pass_time(store, clock, pack, None, minutes=1)

    assert told(store, clock) == [to]


# --- nobody is there --------------------------------------------------------------


def test_a_second_step_with_nobody_on_shift_waits_for_the_first_who_comes(
    store, clock, given
):
    day = Step(who=Who.TEAM, name="days", after=10 * MINUTE)
    pack = calling(chain(shift(10), day, manager(60)))
    people = roster(person("ana", NIGHTS), person("dee", DAYS))
    people = replace(
        people, teams={**people.teams, "days": Team(name="days", members=("dee",))}
    )
    ticket = given(pack)

    pass_time(store, clock, pack, people, minutes=20)

    assert told(store, clock) == ["ana"]
    assert steps(store, ticket) == [(1, 1, "done"), (2, 1, "waiting")]
    [entry] = log(store, "chain.nobody")
    opens = START + 13 * HOUR
    assert json.loads(entry.detail)["until"] == opens.isoformat()
    assert json.loads(entry.detail)["reason"] == "nobody is there"

    clock.advance(hours=12, minutes=39)
    run_steps(store, clock, pack, people)
    assert told(store, clock) == ["ana"]

    clock.advance(minutes=1)
    run_steps(store, clock, pack, people)
    assert told(store, clock) == ["ana", "dee"]
    assert len(log(store, "chain.nobody")) == 1


def test_a_step_that_may_be_skipped_makes_way_at_once_and_says_so(store, clock, given):
    pack = calling(chain(shift(10, skip_if_empty=True), manager(60)))
    ticket = given(pack)

    pass_time(store, clock, pack, roster(person("dee", DAYS)), minutes=10)
    run_steps(store, clock, pack, roster(person("dee", DAYS)))

    assert steps(store, ticket) == [(1, 1, "empty"), (2, 1, "done")]
    assert told(store, clock) == ["lea"]
    [entry] = log(store, "chain.nobody")
    assert json.loads(entry.detail)["until"] is None


def test_where_nobody_ever_comes_the_operator_hears_and_the_chain_goes_on(
    store, clock, given
):
    gone = Away(first=date(2026, 1, 1), last=date(2027, 12, 31))
    people = roster(person("ana", away=(gone,)))
    ticket = given()

    pass_time(store, clock, people=people, minutes=11)

    assert steps(store, ticket) == [(1, 1, "empty"), (2, 1, "done")]
    assert told(store, clock) == ["lea", "operator"]
    assert actions(store, "chain") == ["chain.nobody", "chain.called"]


def test_a_chain_that_ends_with_nobody_is_never_silent(store, clock, given):
    pack = calling(chain(shift(10, skip_if_empty=True)))
    given(pack)

    pass_time(store, clock, pack, roster(person("dee", DAYS)), minutes=10)

    assert told(store, clock) == ["operator"]
    assert actions(store, "chain") == ["chain.nobody"]


def test_a_manager_is_called_off_shift_but_not_while_away(store, clock, given):
    pack = calling(chain(manager(10)))
    gone = Away(first=date(2026, 11, 2), last=date(2026, 11, 3))
    people = roster(person("ana", NIGHTS))
    off = replace(people.people["lea"], shifts=(DAYS,))
    away = replace(off, away=(gone,))
    given(pack)

    def with_boss(boss):
        return replace(people, people={**people.people, "lea": boss})

    pass_time(store, clock, pack, with_boss(away), minutes=10)
    assert told(store, clock) == []

    given(pack)
    pass_time(store, clock, pack, with_boss(off), minutes=10)
    assert told(store, clock) == ["lea"]


def test_outside_its_hours_a_step_waits_for_them(store, clock, given):
    office = Shift(
        days=(Day.TUE,), start=time(10), end=time(12), zone="Australia/Perth"
    )
    pack = calling(chain(shift(10, within=office)))
    always = roster(person("ana"))
    ticket = given(pack)

    pass_time(store, clock, pack, always, minutes=10)

    with store.reading() as work:
        [due] = work.chains.of_ticket(ticket.id)
    # Ten in Perth is two hours after Greenwich midnight.
    assert (due.due_at, due.moves) == (START + 17 * HOUR, 1)
    clock.advance(hours=16, minutes=50)
    run_steps(store, clock, pack, always)
    assert told(store, clock) == ["ana"]


# --- what ends it -----------------------------------------------------------------


def takes(store, clock, ticket):
    claim(store, clock, TWO, ticket.id, by="ana")


def answers(store, clock, ticket):
    record(store, clock, ticket.id, "answered", by="ana")


def closes(store, clock, ticket):
    close(store, clock, ticket.id, by="ana")


@pytest.mark.parametrize("ends", [takes, answers, closes])
def test_a_claim_an_answer_or_closing_ends_it_by_itself(store, clock, given, ends):
    ticket = given()
    pass_time(store, clock, minutes=10)
    before = told(store, clock)

    ends(store, clock, ticket)
    pass_time(store, clock, minutes=40)

    assert told(store, clock) == before
    assert (2, 1, "cancelled") in steps(store, ticket)


def test_a_note_ends_no_chain(store, clock, given):
    ticket = given()

    note(store, clock, ticket.id, "looks bad", by="ana")
    pass_time(store, clock, minutes=10)

    assert told(store, clock) == ["ana", "bo"]


def test_an_answer_of_an_earlier_episode_does_not_end_a_new_one(store, clock, given):
    ticket = given()
    answers(store, clock, ticket)
    clock.advance(minutes=5)
    with store.work() as work:
        begin_chain(work, TWO, work.tickets.get(ticket.id), "raised", clock.now())

    pass_time(store, clock, minutes=10)

    assert told(store, clock) == ["ana", "bo"]


@pytest.mark.parametrize("how", ["runs_out", "release", "hand_off"])
def test_a_ticket_that_is_free_again_begins_its_chain_anew(store, clock, given, how):
    pack = replace(TWO, claims=ClaimPolicy(lasts=HOUR, remind=timedelta(0)))
    ticket = given(pack)
    claim(store, clock, pack, ticket.id, by="ana")
    if how == "runs_out":
        clock.advance(hours=1)
        expire_claims(store, clock, pack)
    elif how == "release":
        release(store, clock, pack, ticket.id, by="ana")
    else:
        hand_off(store, clock, pack, ticket.id, to="agents", reason="r", by="ana")
    known = told(store, clock)

    pass_time(store, clock, pack, minutes=10)

    assert told(store, clock) == sorted([*known, "ana", "bo"])
    assert steps(store, ticket) == [
        (1, 1, "cancelled"),
        (1, 1, "done"),
        (2, 1, "waiting"),
    ]


def test_a_step_of_an_episode_that_another_process_ended_calls_nobody(
    store, clock, given
):
    ticket = given()
    clock.advance(minutes=10)
    late = Interrupted(store, lambda: takes(store, clock, ticket))

    run_steps(late, clock, TWO, THERE)

    assert told(store, clock) == []


# --- where chains begin -----------------------------------------------------------


CHAINS = (
    chain(shift(5), name="red", code_from=Code.RED),
    chain(shift(15), name="desk", influencer=True),
    chain(shift(30), name="rest", tier_from=Tier.AGENT),
)


def running(store, ticket):
    with store.reading() as work:
        return [
            (one.chain.id, one.episode.partition(":")[0])
            for one in work.chains.of_ticket(ticket.id)
            if one.state is StepState.WAITING
        ]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "rest"),
        ({"is_influencer": True}, "desk"),
        ({"code": Code.RED}, "red"),
        ({"code": Code.RED, "is_influencer": True}, "red"),
    ],
)
def test_code_and_influence_choose_the_chain(store, given, fields, name):
    ticket = given(calling(*CHAINS), **fields)

    assert running(store, ticket) == [(name, "opened")]


def test_where_no_chain_is_for_a_ticket_nobody_is_called(store, given):
    ticket = given(calling(*CHAINS), tier=Tier.SELF_SERVICE)

    assert running(store, ticket) == []


def test_a_mention_that_opens_a_ticket_begins_a_chain(store, clock):
    handle(store, clock, mention(), by=policy(house=calling(*CHAINS)))

    [ticket] = tickets(store)
    assert running(store, ticket) == [("rest", "opened")]


def test_one_that_joins_it_changes_nothing_unless_it_raises_it(store, clock):
    rules = policy(house=calling(*CHAINS))
    first = mention()
    handle(store, clock, first, by=rules)
    [ticket] = tickets(store)
    again = mention(conversation=first.conversation, published_at=START + MINUTE)
    worse = mention(
        "terrible, my lawyer calls you, please",
        conversation=first.conversation,
        published_at=START + MINUTE,
    )

    handle(store, clock, again, by=rules)
    assert running(store, ticket) == [("rest", "opened")]

    clock.advance(minutes=1)
    handle(store, clock, worse, by=rules)
    assert running(store, ticket) == [("red", "raised")]


def test_an_answer_to_another_tickets_words_does_not_begin_its_own_chain_anew(
    store, clock
):
    rules = policy(house=calling(*CHAINS))
    elsewhere, first = mention(), mention()
    handle(store, clock, elsewhere, first, by=rules)
    clock.advance(minutes=1)

    joins = mention(conversation=first.conversation, in_reply_to=elsewhere.external_id)
    handle(store, clock, joins, by=rules)

    assert {one.mentions for one in tickets(store)} == {1, 2}
    for ticket in tickets(store):
        with store.reading() as work:
            assert len(work.chains.of_ticket(ticket.id)) == 1


def test_a_closed_ticket_that_is_carried_further_calls_nobody(store, clock):
    rules = policy(house=calling(*CHAINS))
    first = mention()
    handle(store, clock, first, by=rules)
    [ticket] = tickets(store)
    close(store, clock, ticket.id, by="ana")

    loud = author("ida", followers=2_000_000)
    repost = mention(
        "RT", kind=MentionKind.REPOST, amplifies=first.external_id, author=loud
    )
    handle(store, clock, repost, by=rules)

    assert [name for name, cause in running(store, ticket) if cause == "raised"] == []


def test_what_is_raised_while_somebody_has_it_calls_nobody_else(store, clock):
    rules = policy(house=calling(*CHAINS, claims=ClaimPolicy(remind=timedelta(0))))
    first = mention()
    handle(store, clock, first, by=rules)
    [ticket] = tickets(store)
    claim(store, clock, rules.house, ticket.id, by="ana")

    worse = mention("terrible, my lawyer, please", conversation=first.conversation)
    handle(store, clock, worse, by=rules)

    assert running(store, ticket) == []


def test_a_broken_promise_begins_the_chain_of_the_next_tier(store, clock, given):
    pack = calling(chain(shift(10), name="up", tier_from=Tier.SPECIALIST), *CHAINS)
    ticket = given(pack)
    with store.work() as work:
        work.clocks.start(ticket.id, [promise("final", "done")])
    clock.advance(days=1, seconds=1)

    sweep(store, clock, pack)

    assert running(store, ticket) == [("up", "escalated")]


def test_a_chain_is_frozen_as_it_began(store, clock, given):
    ticket = given()
    edited = calling(chain(shift(500)))

    pass_time(store, clock, edited, minutes=30)

    assert told(store, clock) == ["ana", "bo", "lea"]
    assert steps(store, ticket) == [(1, 1, "done"), (2, 1, "done")]


# --- a claim is remembered --------------------------------------------------------


REMIND = replace(TWO, claims=ClaimPolicy(lasts=HOUR, remind=10 * MINUTE))


def test_an_owner_is_reminded_before_the_claim_runs_out(store, clock, given):
    ticket = given(REMIND)
    claim(store, clock, REMIND, ticket.id, by="ana")

    pass_time(store, clock, REMIND, minutes=49)
    assert told(store, clock) == []

    pass_time(store, clock, REMIND, minutes=1)
    assert told(store, clock) == ["ana"]


def test_what_the_owner_does_puts_the_reminder_off(store, clock, given):
    ticket = given(REMIND)
    claim(store, clock, REMIND, ticket.id, by="ana")
    pass_time(store, clock, REMIND, minutes=30)
    note(store, clock, ticket.id, "rang", by="ana")

    pass_time(store, clock, REMIND, minutes=49)
    assert told(store, clock) == []

    pass_time(store, clock, REMIND, minutes=1)
    assert told(store, clock) == ["ana"]
    assert log(store, "chain.nobody") == []


def test_an_owner_who_goes_on_is_reminded_again(store, clock, given):
    ticket = given(REMIND)
    claim(store, clock, REMIND, ticket.id, by="ana")
    pass_time(store, clock, REMIND, minutes=55)
    note(store, clock, ticket.id, "rang", by="ana")

    pass_time(store, clock, REMIND, minutes=50)

    assert told(store, clock) == ["ana", "ana"]


def test_who_gave_it_back_is_not_reminded(store, clock, given):
    pack = calling(claims=REMIND.claims)
    ticket = given(pack)
    claim(store, clock, pack, ticket.id, by="ana")
    release(store, clock, pack, ticket.id, by="ana")
    known = told(store, clock)

    pass_time(store, clock, pack, minutes=60)

    assert told(store, clock) == known


# --- nothing is lost --------------------------------------------------------------


LONG = calling(
    chain(
        shift(10, repeat=2, every=5 * MINUTE),
        Step(who=Who.TEAM, name="days", after=5 * MINUTE, skip_if_empty=True),
        manager(5),
    )
)
CALLED = [(1, 1, "done"), (1, 2, "done"), (2, 1, "empty"), (3, 1, "done")]


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_killed_at_any_step_it_loses_none_and_tells_nobody_twice(
    store, clock, given, nth, committed
):
    ticket = given(LONG)
    dying = Dying(store, Killed(), nth=nth, committed=committed)
    deaths = 0

    for _ in range(40):
        clock.advance(minutes=1)
        try:
            run_steps(dying, clock, LONG, THERE)
        except Killed:
            deaths += 1
            dying = Dying(store, Killed(), nth=99, committed=False)

    assert deaths == 1
    assert steps(store, ticket) == CALLED
    assert told(store, clock) == ["ana", "ana", "bo", "bo", "lea"]
    assert actions(store, "chain") == ["chain.called"] * 2 + [
        "chain.nobody",
        "chain.called",
    ]


def test_a_process_that_slept_for_days_calls_on_from_where_it_stood(
    store, clock, given
):
    ticket = given(LONG)
    clock.advance(days=3)

    run_steps(store, clock, LONG, THERE)

    assert steps(store, ticket) == [(1, 1, "done"), (1, 2, "waiting")]


def broken(store, ticket, pack):
    """Put a due step into the store whose chain does not have it."""
    chain = chain_for(pack, ticket)
    assert chain is not None
    due = first_step(chain, ticket, "broken", START)
    with store.work() as work:
        work.chains.add(replace(due, step=7, due_at=START))


def test_what_cannot_be_computed_moves_on_is_counted_and_blocks_nothing(
    store, clock, given
):
    bad, good = given(), given()
    broken(store, bad, TWO)
    clock.advance(minutes=10)

    run_steps(store, clock, TWO, THERE)

    with store.reading() as work:
        [moved] = [one for one in work.chains.of_ticket(bad.id) if one.step == 7]
    assert (moved.due_at, moved.moves) == (clock.now() + LATER, 1)
    assert (moved.state, moved.reason) == (StepState.WAITING, "IndexError")
    [entry] = log(store, "chain.postponed")
    assert json.loads(entry.detail)["error"] == "IndexError"
    assert steps(store, good)[0] == (1, 1, "done")


@pytest.mark.parametrize("committed", [False, True])
def test_killed_with_many_calls_at_once_each_is_made_once(
    store, clock, given, committed
):
    many = [given() for _ in range(20)]
    clock.advance(minutes=10)
    with pytest.raises(Killed):
        run_steps(Dying(store, Killed(), nth=1, committed=committed), clock, TWO, THERE)

    run_steps(store, clock, TWO, THERE)

    assert all(steps(store, one) == [(1, 1, "done"), (2, 1, "waiting")] for one in many)
    assert actions(store, "chain.called") == ["chain.called"] * 20
    assert told(store, clock) == ["ana"] * 20 + ["bo"] * 20


def test_steps_that_are_due_together_share_a_transaction(store, clock, given):
    for _ in range(20):
        given()
    clock.advance(minutes=10)
    second = Dying(store, Killed(), nth=2, committed=False)

    assert run_steps(second, clock, TWO, THERE) == 20


def test_of_steps_due_together_one_that_cannot_be_computed_stops_none(
    store, clock, given
):
    many = [given() for _ in range(5)]
    broken(store, many[2], TWO)
    clock.advance(minutes=10)

    assert run_steps(store, clock, TWO, THERE) == 6

    assert [steps(store, one)[-1][:2] for one in many] == [(2, 1)] * 5
    assert actions(store, "chain") == ["chain.postponed"] + ["chain.called"] * 5


def test_nothing_due_opens_no_transaction_that_writes(store, clock, given):
    given()
    killed = Dying(store, Killed(), nth=1, committed=False)

    assert run_steps(killed, clock, TWO, THERE) == 0


# --- under load -------------------------------------------------------------------


def test_influencers_never_push_an_ordinary_complaint_past_its_legal_clock(
    store, clock, given
):
    pack = calling(
        chain(
            shift(1, repeat=9, every=MINUTE, important=True),
            name="desk",
            influencer=True,
        ),
        chain(shift(30), name="rest"),
    )
    loud = {"is_influencer": True, "code": Code.RED}
    ours = given(pack)
    for _ in range(120):
        vip = given(pack, **loud)
        with store.work() as work:
            work.clocks.start(vip.id, [promise("first", "x", within=MINUTE)])
    with store.work() as work:
        work.clocks.start(ours.id, [promise("final", "x", within=30 * MINUTE)])
    late = states(store, ours)["final"]

    for _ in range(31):
        clock.advance(minutes=1)
        watch(store, clock, pack, THERE)

    assert late == "running"
    assert states(store, ours) == {"final": "breached"}
    [breach] = [
        one
        for one in log(store, "clock.breached")
        if one.subject == f"ticket:{ours.id}"
    ]
    assert datetime.fromisoformat(breach.at) == START + 31 * MINUTE
    called = [
        one for one in log(store, "chain.called") if one.subject == f"ticket:{ours.id}"
    ]
    assert [datetime.fromisoformat(one.at) for one in called] == [START + 30 * MINUTE]


def test_calls_are_made_in_the_order_in_which_they_fell_due(store, clock, given):
    pack = calling(
        chain(shift(2, important=True), name="desk", influencer=True),
        chain(shift(1), name="rest"),
    )
    for _ in range(20):
        given(pack, is_influencer=True, code=Code.RED)
    ours = given(pack)
    clock.advance(minutes=5)

    run_steps(store, clock, pack, THERE, limit=1)

    assert steps(store, ours) == [(1, 1, "done")]
