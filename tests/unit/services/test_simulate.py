from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from sqlalchemy import text

from bot.domain.chains import Chain, ChainCondition, Step, Who
from bot.domain.clocks import PackRef
from bot.domain.corrections import YES, TagKind
from bot.domain.decisions import Code, Severity, Tier
from bot.domain.hours import Day, Shift
from bot.domain.mentions import MentionId, MentionKind
from bot.domain.packs import Condition, InfluenceGroup, Queue, RouteRule
from bot.domain.people import Away, Person, Roster, Team
from bot.services.chains import OPERATOR
from bot.services.claims import claim, hand_off, release
from bot.services.corrections import correct
from bot.services.simulate import simulate
from bot.services.worlds import Fate
from bot.storage.tables import Rows
from bot.testing import START
from tests.unit.services.world import (
    HOUSE_REF,
    author,
    cell,
    close,
    handle,
    house,
    mention,
    policy,
    record,
    tickets,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SYDNEY = "Australia/Sydney"
# START is 20:00 of a Monday in Sydney.
NIGHTS = Shift(days=tuple(Day), start=time(18), end=time(2), zone=SYDNEY)
DAYS = Shift(days=tuple(Day), start=time(9), end=time(17), zone=SYDNEY)
NEW = replace(HOUSE_REF, version="8", sha256="e" * 64)


def other(**fields):
    return house(ref=NEW, **fields)


def tighter(first_response=HOUR, **fields):
    """The house, with another promise for ordinary complaints."""
    matrix = {severity: dict(row) for severity, row in house().matrix.items()}
    matrix[Severity.MEDIUM][InfluenceGroup.ORDINARY] = cell(
        Tier.AGENT, "agents", Code.GREEN, first_response
    )
    return other(matrix=matrix, **fields)


def loud(**fields):
    """The house, with a route of its own for one channel."""
    queues = {**house().queues, "seniors": Queue(title="Seniors", tier=Tier.ESCALATION)}
    route = RouteRule(
        id="L1",
        text="on x",
        when=Condition(channels=("x",), severity_from=Severity.MEDIUM),
        queue="seniors",
        tier=Tier.ESCALATION,
        code=Code.AMBER,
    )
    return other(queues=queues, routes=(route,), **fields)


def simulated(store, clock, new, old=None, days=90, **options):
    now = clock.now()
    return simulate(
        store,
        policy(house=old or house()),
        new,
        since=now - timedelta(days=days),
        now=now,
        **options,
    )


def calling(*steps, **fields):
    """A house that promises little, with one chain for all that an answer ends."""
    chain = Chain(
        id="all",
        text="all",
        steps=steps,
        when=ChainCondition(),
        ends=("first_response",),
    )
    return tighter(5 * DAY, chains=(chain,), **fields)


def shift(minutes=10, **fields):
    return Step(who=Who.SHIFT, after=minutes * MINUTE, **fields)


def team(name, minutes=20, **fields):
    return Step(who=Who.TEAM, name=name, after=minutes * MINUTE, **fields)


def person(name, *shifts, **fields):
    return Person(name=name, zone=SYDNEY, shifts=shifts, **fields)


def roster(*people, day=()):
    """Everybody works from the queue of agents; ``day`` is a team beside it."""
    front = Team(
        name="front", members=tuple(one.name for one in people), queues=("agents",)
    )
    return Roster(
        ref=PackRef(id="people", version="1", sha256="d" * 64),
        people={one.name: one for one in (*people, *day)},
        teams={
            "front": front,
            "day": Team(name="day", members=tuple(one.name for one in day)),
        },
    )


CHAINED = calling(shift(), team("day"))
QUIET = tighter(5 * DAY)
THERE = roster(person("ana", NIGHTS), day=(person("dan", DAYS),))


def chain_calls(one):
    return [(call.at - START, call.to, call.step) for call in one.calls if call.chain]


def everything(store):
    with store.reading() as work:
        return {
            name: work.mentions._db.execute(text(f"SELECT * FROM {name}")).fetchall()
            for name in Rows.metadata.tables
        }


def test_the_same_policy_changes_nothing_whatever_happened(store, clock):
    angry, asks = mention(), mention("where is it, please")
    again = mention("my lawyer, terrible", conversation=angry.conversation)
    repost = mention(kind=MentionKind.REPOST, amplifies=angry.external_id)
    handle(store, clock, angry, asks, again, repost)
    clock.advance(days=3)

    found = simulated(store, clock, other())

    assert (found.mentions, found.tickets) == (4, (2, 2))
    assert found.differences == []
    assert not any(found.deadlines.values())


def test_it_says_who_would_have_been_called_when_and_where_each_ticket_stands(
    store, clock
):
    handle(store, clock, mention(), mention("great, thanks"))

    found = simulated(store, clock, loud())

    [one] = found.differences
    assert one.ticket == "T-000001"
    assert (one.before.queue, one.before.tier, one.before.code) == (
        "agents",
        1,
        "green",
    )
    assert (one.after.queue, one.after.tier, one.after.code) == ("seniors", 3, "amber")
    [call] = one.new_calls
    assert (call.at, call.queue, call.why) == (START, "seniors", "opened")
    assert (one.lost_calls, found.calls) == ([], ({}, {"seniors": 1}))


def test_a_queue_in_which_nobody_worked_is_named(store, clock):
    handle(store, clock, mention())

    found = simulated(store, clock, loud())

    [one] = found.unstaffed
    assert (one.queue, one.tickets, one.calls, one.first_at) == ("seniors", 1, 1, START)


def test_a_queue_in_which_a_person_worked_is_not(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=1)
    record(store, clock, tickets(store)[0].id, "answered", by="ann")

    found = simulated(store, clock, other())

    assert found.unstaffed == []


def test_a_longer_promise_saves_a_deadline_that_was_missed(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=10)
    record(store, clock, tickets(store)[0].id, "answered", by="ann")

    found = simulated(store, clock, tighter(12 * HOUR))

    [one] = found.differences
    old, new = one.deadlines["first_response"]
    assert (old.fate, new.fate) == (Fate.MISSED, Fate.KEPT)
    assert (old.due_at, new.due_at) == (START + 8 * HOUR, START + 12 * HOUR)
    assert new.answered_at == START + 10 * HOUR
    assert (found.deadlines["later"], found.deadlines["saved"]) == (1, 1)
    assert found.deadlines["lost"] == 0
    assert [call.why for call in one.lost_calls] == ["first_response missed"]


def test_a_shorter_promise_loses_one_that_was_kept_and_calls_the_next_tier(
    store, clock
):
    handle(store, clock, mention())
    clock.advance(hours=2)
    record(store, clock, tickets(store)[0].id, "answered", by="ann")

    found = simulated(store, clock, tighter(HOUR))

    [one] = found.differences
    assert (found.deadlines["earlier"], found.deadlines["lost"]) == (1, 1)
    [call] = one.new_calls
    assert (call.at, call.queue, call.tier) == (START + HOUR, "specialists", 2)
    assert one.after.tier is Tier.SPECIALIST


def test_nobody_is_called_before_the_mention_was_decided(store, clock):
    handle(store, clock, mention(published_at=START - DAY))
    clock.advance(minutes=1)

    found = simulated(store, clock, tighter(3 * HOUR))

    [one] = found.differences
    assert one.deadlines["first_response"][1].due_at == START - 21 * HOUR
    calls = [call for call in one.after.calls if "first_response" in call.why]
    assert [call.at for call in calls] == [START]


def test_what_is_not_due_yet_is_neither_saved_nor_lost(store, clock):
    handle(store, clock, mention())

    found = simulated(store, clock, tighter(HOUR))

    old, new = found.differences[0].deadlines["first_response"]
    assert (old.fate, new.fate) == (Fate.OPEN, Fate.OPEN)
    assert (found.deadlines["saved"], found.deadlines["lost"]) == (0, 0)


def test_what_only_the_other_policy_opens_was_never_answered_and_says_so(store, clock):
    handle(store, clock, mention("the tram is blue"))
    clock.advance(days=9)
    everything_opens = (
        *house().opens,
        replace(house().opens[0], id="O9", when=Condition()),
    )

    found = simulated(store, clock, other(opens=everything_opens))

    [one] = found.differences
    assert (one.ticket, one.before, found.tickets) == ("mention 1", None, (0, 1))
    assert one.after.promises["first_response"].fate is Fate.UNKNOWN
    assert one.after.calls == []


def after_a_closing(store, clock, who: str) -> None:
    """Let somebody complain in a conversation whose ticket was closed before."""
    first = mention()
    handle(store, clock, first)
    clock.advance(hours=1)
    close(store, clock, tickets(store)[0].id, by="ann")
    clock.advance(hours=1)
    then = {"conversation": first.conversation, "published_at": clock.now()}
    handle(store, clock, mention(author=author(who), **then))


def test_a_mention_after_the_real_ticket_was_closed_opens_another(store, clock):
    after_a_closing(store, clock, "bob")

    found = simulated(store, clock, loud())

    assert found.tickets == (2, 2)
    assert [one.ticket for one in found.differences] == ["T-000001", "T-000002"]


def test_a_real_ticket_that_was_opened_again_is_one_in_both_worlds(store, clock):
    after_a_closing(store, clock, "ada")

    found = simulated(store, clock, loud())

    assert found.tickets == (1, 1)
    assert [one.ticket for one in found.differences] == ["T-000001"]


def test_what_joins_raises_the_ticket_in_both_worlds(store, clock):
    said = mention()
    handle(store, clock, said)
    clock.advance(minutes=5)
    threat = mention("terrible, ask my lawyer", conversation=said.conversation)
    handle(store, clock, threat)
    quiet = other(severity=house().severity[:1])

    found = simulated(store, clock, quiet)

    [one] = found.differences
    assert (one.before.severity, one.after.severity) == ("critical", "medium")
    assert [call.why for call in one.lost_calls] == ["raised"]


def test_what_a_person_corrected_is_decided_by_that(store, clock):
    handle(store, clock, mention("a long queue"))
    correct(store, policy(), clock, MentionId(1), {TagKind.COMPLAINT: YES}, by="ann")

    found = simulated(store, clock, loud())

    assert [one.ticket for one in found.differences] == ["T-000001"]


def test_only_the_days_that_are_asked_for_are_looked_at_in_pages(store, clock):
    old = mention(published_at=START - 5 * DAY)
    handle(store, clock, old, *(mention() for _ in range(3)))
    told = []

    found = simulated(
        store,
        clock,
        other(),
        days=2,
        page=2,
        progress=lambda done, total: told.append((done, total)),
    )

    assert found.mentions == 3
    assert told == [(2, 3), (3, 3), (2, 6), (4, 6), (6, 6)]


def test_decisions_under_other_packs_are_counted(store, clock):
    handle(store, clock, mention())

    found = simulated(store, clock, other(), old=other())

    assert found.other_packs == 1


def test_it_writes_nothing(store, clock):
    handle(store, clock, mention(), mention("a long queue"))
    before = everything(store)

    simulated(store, clock, loud())

    assert everything(store) == before


# --- chains -----------------------------------------------------------------------


def test_it_says_whom_a_chain_would_have_called_and_when(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=20)

    found = simulated(store, clock, CHAINED, old=QUIET, people=THERE)

    [one] = found.differences
    assert chain_calls(one.before) == []
    # Whoever works by day comes at nine in the morning, 13 hours later.
    assert chain_calls(one.after) == [
        (10 * MINUTE, ("ana",), 1),
        (13 * HOUR, ("dan",), 2),
    ]
    assert [call.to for call in one.new_calls if call.chain] == [("ana",), ("dan",)]
    assert found.calls[1]["ana"] == 1
    assert sum(found.hours[1]) - sum(found.hours[0]) == 2


def test_a_step_with_nobody_on_shift_is_named_with_how_often_and_when(store, clock):
    handle(store, clock, mention(), mention())
    clock.advance(hours=20)

    found = simulated(store, clock, CHAINED, old=QUIET, people=THERE)

    before, [step] = found.nobody
    assert before == []
    assert (step.chain, step.step, step.call.name) == ("all", 2, "day")
    assert (step.times, step.tickets) == (2, {"T-000001", "T-000002"})
    assert step.first_at == step.last_at == START + 30 * MINUTE
    assert step.longest == 12 * HOUR + 30 * MINUTE
    assert (step.passed_over, step.unheard) == (0, 0)
    # Monday at 20:30 in the place.
    assert [hour for hour, times in enumerate(step.hours) if times] == [20]


def test_what_still_waits_for_somebody_has_waited_until_now(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=2)

    found = simulated(store, clock, CHAINED, old=QUIET, people=THERE)

    [step] = found.nobody[1]
    assert step.longest == 90 * MINUTE


def test_a_step_that_may_be_skipped_makes_way_at_once_and_is_counted(store, clock):
    pack = calling(shift(), team("day", skip_if_empty=True), shift(5))
    handle(store, clock, mention())
    clock.advance(hours=20)

    found = simulated(store, clock, pack, old=QUIET, people=THERE)

    [one] = found.differences
    assert chain_calls(one.after) == [
        (10 * MINUTE, ("ana",), 1),
        (30 * MINUTE, ("ana",), 3),
    ]
    [step] = found.nobody[1]
    assert (step.times, step.passed_over, step.unheard) == (1, 1, 0)


def test_where_nobody_ever_comes_the_operator_is_told(store, clock):
    gone = Away(first=START.date(), last=(START + 200 * DAY).date())
    nobody = roster(person("ana", NIGHTS), day=(person("dan", DAYS, away=(gone,)),))
    handle(store, clock, mention())
    clock.advance(hours=20)

    found = simulated(store, clock, CHAINED, old=QUIET, people=nobody)

    [step] = found.nobody[1]
    assert (step.times, step.passed_over, step.unheard) == (1, 1, 1)
    assert chain_calls(found.differences[0].after)[-1] == (
        30 * MINUTE,
        (OPERATOR,),
        2,
    )


def test_a_step_that_waits_for_its_own_hours_lacks_nobody(store, clock):
    pack = calling(shift(within=DAYS))
    handle(store, clock, mention())
    clock.advance(hours=20)
    always = roster(person("ana"))

    found = simulated(store, clock, pack, old=QUIET, people=always)

    assert found.nobody == ([], [])
    assert chain_calls(found.differences[0].after) == [(13 * HOUR, ("ana",), 1)]


def test_whoever_really_claimed_it_is_called_no_more_until_it_is_free(store, clock):
    handle(store, clock, mention())
    ticket = tickets(store)[0]
    clock.advance(minutes=5)
    claim(store, clock, house(), ticket.id, by="ana")
    clock.advance(minutes=60)
    release(store, clock, house(), ticket.id, by="ana")
    clock.advance(minutes=15)

    found = simulated(store, clock, CHAINED, old=QUIET, people=THERE)

    [one] = found.differences
    assert chain_calls(one.after) == [(75 * MINUTE, ("ana",), 1)]


def test_a_ticket_handed_to_a_colleague_is_still_somebodys(store, clock):
    handle(store, clock, mention())
    ticket = tickets(store)[0]
    claim(store, clock, house(), ticket.id, by="ana")
    clock.advance(minutes=5)
    hand_off(store, clock, house(), ticket.id, to="bo", reason="knows it", by="ana")
    clock.advance(minutes=90)

    found = simulated(store, clock, CHAINED, old=QUIET, people=THERE)

    assert not any(one.new_calls for one in found.differences)


def test_a_closed_ticket_calls_nobody_until_it_really_opened_again(store, clock):
    first = mention()
    handle(store, clock, first)
    clock.advance(minutes=5)
    close(store, clock, tickets(store)[0].id, by="ana")
    clock.advance(hours=1)
    handle(
        store,
        clock,
        mention(conversation=first.conversation, published_at=clock.now()),
    )
    clock.advance(minutes=15)

    found = simulated(store, clock, CHAINED, old=QUIET, people=THERE)

    assert found.tickets == (1, 1)
    [one] = found.differences
    assert chain_calls(one.after) == [(75 * MINUTE, ("ana",), 1)]
    # Its promise runs anew, from what was said last.
    due = START + 65 * MINUTE + 5 * DAY
    assert one.after.promises["first_response"].due_at == due


def test_a_real_answer_ends_the_chain(store, clock):
    handle(store, clock, mention())
    clock.advance(minutes=15)
    record(store, clock, tickets(store)[0].id, "answered", by="ann")
    clock.advance(hours=20)

    found = simulated(store, clock, CHAINED, old=QUIET, people=THERE)

    assert chain_calls(found.differences[0].after) == [(10 * MINUTE, ("ana",), 1)]
    assert found.nobody == ([], [])


def test_the_same_people_called_at_another_time_are_moved_not_new(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=1)
    later = calling(shift(25))

    found = simulated(store, clock, later, old=calling(shift(10)), people=THERE)

    [one] = found.differences
    assert (one.new_calls, one.lost_calls) == ([], [])
    [(old, new)] = one.moved_calls
    assert (old.at, new.at) == (START + 10 * MINUTE, START + 25 * MINUTE)


def test_one_at_a_time_takes_turns_by_what_everybody_had_then(store, clock):
    handle(store, clock, mention(), mention(), mention())
    first, second, _third = tickets(store)
    claim(store, clock, house(), first.id, by="ana")
    claim(store, clock, house(), second.id, by="ana")
    clock.advance(hours=1)
    both = roster(person("ana", NIGHTS), person("bo", NIGHTS))

    found = simulated(store, clock, calling(shift(one=True)), old=QUIET, people=both)

    assert [chain_calls(one.after) for one in found.differences] == [
        [(10 * MINUTE, ("bo",), 1)]
    ]


def test_without_a_file_of_people_steps_call_queues(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=1)

    found = simulated(store, clock, CHAINED, old=QUIET)

    assert found.people is None
    assert found.nobody == ([], [])
    assert chain_calls(found.differences[0].after) == [
        (10 * MINUTE, ("agents",), 1),
        (30 * MINUTE, ("day",), 2),
    ]


# --- deadlines of the law -----------------------------------------------------------


def test_a_deadline_of_the_law_says_by_which_pack_anybody_was_called_in_time(
    store, clock
):
    handle(store, clock, mention())
    clock.advance(days=4)

    found = simulated(store, clock, CHAINED, old=QUIET, people=THERE)

    duties = {one.rule: one for one in found.duties}
    # A target only warns, a chance breaks nothing: its limit and the response are owed.
    assert set(duties) == {"acknowledge_target", "acknowledge_limit", "final_response"}
    target = duties["acknowledge_target"]
    assert target.promise.due_at == START + DAY
    assert (target.before, target.after.at) == (None, START + 10 * MINUTE)
    assert target.effect == "called_only_after"
    assert duties["acknowledge_limit"].promise.fate is Fate.MISSED
    assert duties["final_response"].promise.fate is Fate.OPEN
    assert found.legal["called_only_after"] == 1


def test_a_chain_that_is_taken_away_leaves_deadlines_that_nobody_looks_at(store, clock):
    handle(store, clock, mention())
    clock.advance(days=4)

    found = simulated(store, clock, QUIET, old=CHAINED, people=THERE)

    assert found.legal["called_only_before"] == 1
    assert found.legal["called_only_after"] == 0


def test_a_house_pack_moves_no_deadline_of_the_law(store, clock):
    handle(store, clock, mention())
    clock.advance(days=40)

    one, other = (
        simulated(store, clock, new, people=THERE) for new in (tighter(MINUTE), CHAINED)
    )

    assert [each.promise for each in one.duties] == [
        each.promise for each in other.duties
    ]
    assert one.duties


def test_a_deadline_of_the_law_that_was_met_is_counted_as_met(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=2)
    ticket = tickets(store)[0]
    record(store, clock, ticket.id, "idr_response_provided", by="ann")
    clock.advance(days=40)

    found = simulated(store, clock, CHAINED, people=THERE)

    fates = {one.rule: one.promise.fate for one in found.duties}
    assert fates["final_response"] is Fate.KEPT
    assert found.legal["kept"] == 1


def test_what_only_the_other_policy_hears_of_has_deadlines_nobody_knows_about(
    store, clock
):
    deaf = replace(house().thresholds, complaint_yes=1.0, complaint_no=0.99)
    handle(store, clock, mention(), by=policy(house=house(thresholds=deaf, opens=())))
    clock.advance(days=1)

    found = simulated(store, clock, CHAINED, old=house(thresholds=deaf, opens=()))

    assert found.tickets == (0, 1)
    assert {one.promise.fate for one in found.duties} == {Fate.UNKNOWN}


def test_it_opens_no_transaction_that_could_write(store, clock):
    handle(store, clock, mention())
    clock.advance(days=1)

    class Reading:
        reading = store.reading

        def work(self):
            raise AssertionError("a simulation asked for a transaction that writes")

    assert simulated(Reading(), clock, CHAINED, people=THERE).mentions == 1
