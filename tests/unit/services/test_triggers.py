from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.domain.chains import Chain, Step, Who
from bot.domain.corrections import YES, TagKind
from bot.domain.decisions import Answer, Code, Severity, Tier
from bot.domain.hours import Shift
from bot.domain.mentions import MentionId, MentionKind
from bot.domain.packs import (
    Actions,
    Assignment,
    Condition,
    Happening,
    Incident,
    Limit,
    Many,
    Per,
    Queue,
    Template,
    Trigger,
)
from bot.domain.people import Away, Person, Roster, Team
from bot.domain.ports import Notice
from bot.domain.replies import ReplyKind, ReplyState
from bot.domain.tags import Band
from bot.domain.tickets import TicketId
from bot.escalate.notices import NoticeRule, webhook
from bot.notify.webhook import WebhookFailed
from bot.services.claims import claim, expire_claims, hand_off
from bot.services.corrections import correct
from bot.services.drafts import approve
from bot.services.notices import ByRule, deliver_pending
from bot.services.replies import confirm_pending, send_pending
from bot.services.sweep import sweep
from bot.services.tickets import dossier
from bot.services.triggers import DEEPEST, hear_change, hear_reply, warn
from bot.services.undecidable import LATER
from bot.testing import START, Killed
from tests.unit.services.world import (
    Dying,
    actions,
    author,
    close,
    handle,
    house,
    log,
    mention,
    notices,
    outbox,
    policy,
    promise,
    record,
    replies,
    tickets,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = TicketId(1)
NEVER = Shift(days=(), start=time(9), end=time(9), zone="UTC")
UNHAPPY = Condition(dissatisfaction=(Answer.YES,))


def trigger(on, *, then=None, name="T1", **fields):
    return Trigger(
        id=name,
        text="somebody should know",
        on=on,
        then=then or Actions(notify=("management",)),
        **fields,
    )


def having(*triggers, **fields):
    return policy(house=house(triggers=triggers, **fields))


def detail(store, action):
    return [json.loads(one.detail) for one in log(store, action)]


def told(store, clock):
    return [
        (to, key.split(":")[0])
        for key, to in notices(store, clock).items()
        if key.startswith(("trigger", "incident"))
    ]


def test_a_ticket_that_opens_is_raised_moved_and_told_in_one_go(store, clock):
    then = Actions(
        severity=Severity.HIGH,
        code=Code.RED,
        tier=Tier.SPECIALIST,
        queue="specialists",
        notify=("management",),
    )

    handle(
        store, clock, mention(), by=having(trigger(Happening.TICKET_OPENED, then=then))
    )

    [ticket] = tickets(store)
    assert (ticket.severity, ticket.code, ticket.tier) == ("high", "red", 2)
    assert ticket.queue == "specialists"
    assert told(store, clock) == [("management", "trigger"), ("specialists", "trigger")]
    [acted] = detail(store, "trigger.acted")
    assert (acted["trigger"], acted["on"]) == ("T1", "ticket_opened")
    assert acted["notified"] == ["management", "specialists"]


def test_a_mark_stays_on_the_ticket_and_finds_it(store, clock):
    then = Actions(marks=("wave", "vip"))
    by = having(trigger(Happening.REPLY_RECEIVED, then=then))
    said = mention()
    handle(store, clock, said, mention(), by=by)
    for _ in range(2):
        handle(store, clock, mention(conversation=said.conversation), by=by)

    whole = dossier(store, TicketId(1))
    with store.reading() as work:
        found = work.tickets.listing(mark="wave")

    assert sorted(whole.marks) == ["vip", "wave"]
    assert [one.key for one in found] == ["T-000001"]
    assert detail(store, "trigger.acted")[0]["marks"] == ["wave", "vip"]
    assert told(store, clock) == []


def test_nothing_is_ever_lowered(store, clock):
    then = Actions(severity=Severity.LOW, code=Code.GREEN, tier=Tier.SELF_SERVICE)

    handle(
        store,
        clock,
        mention("terrible, ask my lawyer"),
        by=having(trigger(Happening.TICKET_OPENED, then=then)),
    )

    [ticket] = tickets(store)
    assert (ticket.severity, ticket.code, ticket.tier) == ("critical", "red", 3)
    assert told(store, clock) == []


def test_a_queue_whose_team_stands_too_low_is_not_taken(store, clock):
    then = Actions(queue="agents")

    handle(
        store,
        clock,
        mention("terrible, ask my lawyer"),
        by=having(trigger(Happening.TICKET_OPENED, then=then)),
    )

    assert tickets(store)[0].queue == "escalation_team"


def test_only_what_meets_the_condition_and_stands_in_the_queue_sets_it_off(
    store, clock
):
    there = trigger(Happening.TICKET_OPENED, when=Condition(channels=("x",)))
    elsewhere = trigger(
        Happening.TICKET_OPENED, name="T2", when=Condition(channels=("reddit",))
    )
    in_queue = trigger(Happening.TICKET_OPENED, name="T3", queues=("agents",))
    other_queue = trigger(Happening.TICKET_OPENED, name="T4", queues=("management",))

    handle(store, clock, mention(), by=having(there, elsewhere, in_queue, other_queue))

    assert [one["trigger"] for one in detail(store, "trigger.acted")] == ["T1", "T3"]


def test_a_mention_without_a_ticket_can_only_be_told_of(store, clock):
    then = Actions(code=Code.RED, notify=("management",))

    handle(
        store,
        clock,
        mention("great, thanks"),
        by=having(trigger(Happening.MENTION_TAGGED, then=then)),
    )

    assert tickets(store) == []
    assert told(store, clock) == [("management", "trigger")]
    assert log(store, "trigger.acted")[0].subject == "mention:1"


def test_the_author_who_writes_again_is_heard_and_a_repost_is_not(store, clock):
    by = having(trigger(Happening.REPLY_RECEIVED))
    said = mention()
    handle(store, clock, said, by=by)
    assert detail(store, "trigger.acted") == []

    handle(store, clock, mention("hello?", conversation=said.conversation), by=by)

    assert len(detail(store, "trigger.acted")) == 1


def test_a_ticket_that_a_mention_raises_has_changed(store, clock):
    by = having(trigger(Happening.TICKET_CHANGED))
    said = mention()
    handle(store, clock, said, by=by)
    handle(store, clock, mention("terrible", conversation=said.conversation), by=by)
    assert detail(store, "trigger.acted") == []

    threat = mention("terrible, my lawyer", conversation=said.conversation)
    handle(store, clock, threat, by=by)

    assert len(detail(store, "trigger.acted")) == 1


def test_the_first_that_stops_is_the_last_that_acts(store, clock):
    first = trigger(Happening.TICKET_OPENED, stops=True)
    second = trigger(Happening.TICKET_OPENED, name="T2")

    handle(store, clock, mention(), by=having(first, second))

    assert [one["trigger"] for one in detail(store, "trigger.acted")] == ["T1"]


def test_what_a_trigger_does_to_a_ticket_others_hear_of(store, clock):
    raises = trigger(Happening.TICKET_OPENED, then=Actions(code=Code.RED))
    hears = trigger(
        Happening.TICKET_CHANGED, name="T2", when=Condition(code_from=Code.RED)
    )

    handle(store, clock, mention(), by=having(raises, hears))

    assert [one["trigger"] for one in detail(store, "trigger.acted")] == ["T1", "T2"]


def test_a_circle_is_cut_and_the_log_names_it(store, clock):
    queues = {
        **house().queues,
        "east": Queue(title="East", tier=Tier.AGENT),
        "west": Queue(title="West", tier=Tier.AGENT),
    }
    triggers = (
        trigger(Happening.TICKET_OPENED, then=Actions(queue="east")),
        trigger(
            Happening.TICKET_CHANGED,
            name="T2",
            queues=("east",),
            then=Actions(queue="west"),
        ),
        trigger(
            Happening.TICKET_CHANGED,
            name="T3",
            queues=("west",),
            then=Actions(queue="east"),
        ),
    )

    handle(store, clock, mention(), by=having(*triggers, queues=queues))

    [cut] = detail(store, "trigger.cut")
    assert cut["triggers"][:3] == ["T1", "T2", "T3"]
    assert len(detail(store, "trigger.acted")) <= 2 * DEEPEST
    assert len(tickets(store)) == 1


def test_in_one_conversation_it_acts_only_so_often(store, clock):
    limit = Limit(times=2, within=HOUR)
    by = having(trigger(Happening.MENTION_TAGGED, at_most=limit))
    said = mention()
    handle(store, clock, said, by=by)
    for _ in range(3):
        handle(store, clock, mention(conversation=said.conversation), by=by)
    handle(store, clock, mention(), by=by)

    assert len(detail(store, "trigger.acted")) == 3
    assert [one["times"] for one in detail(store, "trigger.capped")] == [2, 2]

    clock.advance(hours=1)
    handle(store, clock, mention(conversation=said.conversation), by=by)

    assert len(detail(store, "trigger.acted")) == 4


def test_what_a_person_calls_a_complaint_opens_a_ticket_and_is_counted_once(
    store, clock
):
    opened = trigger(Happening.TICKET_OPENED)
    by = having(opened, trigger(Happening.MENTION_TAGGED, name="T2"))
    handle(store, clock, mention("a long queue"), by=by)

    correct(store, by, clock, MentionId(1), {TagKind.COMPLAINT: YES}, by="ann")

    assert [one["trigger"] for one in detail(store, "trigger.acted")] == ["T2", "T1"]


def test_what_a_repost_raises_has_changed_and_is_no_reply(store, clock):
    by = having(
        trigger(Happening.TICKET_CHANGED),
        trigger(Happening.REPLY_RECEIVED, name="T2"),
    )
    said = mention()
    handle(store, clock, said, by=by)
    star = author("star", followers=900_000)
    repost = mention(kind=MentionKind.REPOST, amplifies=said.external_id, author=star)

    handle(store, clock, repost, by=by)

    assert [one["trigger"] for one in detail(store, "trigger.acted")] == ["T1"]


# --- many -----------------------------------------------------------------------------


def many(items=500, per=Per.BRAND, **fields):
    span = Many(items=items, within=timedelta(minutes=10), per=per)
    return trigger(Happening.MANY, many=span, when=UNHAPPY, **fields)


def at(seconds):
    return mention(published_at=START + timedelta(seconds=seconds))


def test_500_complaints_in_ten_minutes_are_one_incident_and_not_500(store, clock):
    by = having(many())

    for hundred in range(4):
        handle(store, clock, *(at(hundred * 100 + n) for n in range(100)), by=by)
    handle(store, clock, *(at(400 + n) for n in range(99)), by=by)
    assert told(store, clock) == []
    handle(store, clock, *(at(499 + n) for n in range(100)), by=by)

    assert told(store, clock) == [("management", "incident")]
    [opened] = detail(store, "incident.opened")
    assert (opened["items"], opened["scope"]) == (500, "Kestrel Air|brand|all")
    assert len(tickets(store)) == 599


def test_a_later_wave_is_an_incident_of_its_own(store, clock):
    by = having(many(items=3))
    handle(store, clock, *(at(n) for n in range(6)), by=by)

    handle(store, clock, *(at(3600 + n) for n in range(6)), by=by)

    assert len(detail(store, "incident.opened")) == 2


def test_as_many_over_a_longer_time_are_no_incident(store, clock):
    handle(store, clock, *(at(n * 301) for n in range(9)), by=having(many(items=3)))

    assert detail(store, "incident.opened") == []


def test_what_meets_no_condition_or_has_nothing_in_common_is_not_counted(store, clock):
    by = having(many(items=2), many(items=2, per=Per.TOPIC, name="T2"))

    handle(store, clock, at(1), mention("great, thanks"), mention("a tram"), by=by)
    handle(store, clock, at(2), at(3), by=having(many(items=2, per=Per.TOPIC)))

    assert detail(store, "incident.opened") == []


def test_items_are_counted_by_the_queue_that_they_come_to(store, clock):
    by = having(many(items=2, per=Per.QUEUE))

    handle(store, clock, at(1), mention("terrible, my lawyer"), by=by)
    assert detail(store, "incident.opened") == []
    handle(store, clock, at(2), by=by)

    [opened] = detail(store, "incident.opened")
    assert opened["scope"].endswith("|queue|agents")


# --- clocks ---------------------------------------------------------------------------


def half(**fields):
    return trigger(
        Happening.CLOCK_WARNING, share=50, clocks=("first_response",), **fields
    )


def nearly(**fields):
    return trigger(
        Happening.CLOCK_WARNING,
        name="T2",
        share=80,
        clocks=("first_response",),
        **fields,
    )


def broken(**fields):
    return trigger(Happening.BREACH, name="T3", clocks=("first_response",), **fields)


@pytest.fixture
def given(store, clock):
    """A ticket whose first response is due in eight hours, under three triggers."""
    by = having(half(), nearly(), broken())
    handle(store, clock, mention(), by=by)
    return by.house


def listen(store, clock, given):
    return warn(store, clock, policy(house=given))


def heard(store):
    return [
        (one["trigger"], one["clock"], one["share"])
        for one in detail(store, "trigger.acted")
    ]


def listen_all(store, clock, given):
    while listen(store, clock, given):
        pass


def test_a_promise_warns_at_half_and_at_four_fifths_and_at_its_breach_once_each(
    store, clock, given
):
    for hours in (3.9, 0.2, 2.2, 0.2, 1.4, 0.2):
        clock.advance(hours=hours)
        sweep(store, clock, given)
        listen_all(store, clock, given)
        listen_all(store, clock, given)

    assert heard(store) == [
        ("T1", "first_response", 50),
        ("T2", "first_response", 80),
        ("T3", "first_response", 0),
    ]


def test_an_answer_takes_the_warning_back_by_itself(store, clock, given):
    clock.advance(hours=1)
    record(store, clock, TicketId(1), "answered", by="ann")
    clock.advance(hours=6)

    listen_all(store, clock, given)

    assert heard(store) == []


def test_after_a_standstill_only_the_last_warning_is_told(store, clock, given):
    clock.advance(hours=7)

    listen_all(store, clock, given)

    assert heard(store) == [("T2", "first_response", 80)]


def test_after_a_long_standstill_it_is_a_breach_and_no_warning(store, clock, given):
    clock.advance(hours=9)

    listen_all(store, clock, given)
    assert heard(store) == []
    sweep(store, clock, given)
    clock.advance(minutes=2)
    listen_all(store, clock, given)

    assert heard(store) == [("T3", "first_response", 0)]


@pytest.mark.parametrize("committed", [False, True])
def test_a_process_that_dies_while_it_warns_forgets_nothing_and_repeats_nothing(
    store, clock, given, committed
):
    clock.advance(hours=5)
    dying = Dying(store, Killed(), nth=1, committed=committed)
    with pytest.raises(Killed):
        listen_all(dying, clock, given)

    listen_all(store, clock, given)

    assert heard(store) == [("T1", "first_response", 50)]


def test_a_closed_ticket_is_told_of_and_not_moved(store, clock):
    then = Actions(tier=Tier.MANAGEMENT, notify=("agents",))
    rule = trigger(Happening.BREACH, clocks=("final_response",), then=then, name="T3")
    by = having(rule)
    handle(store, clock, mention(), by=by)
    close(store, clock, TicketId(1), by="ann")
    clock.advance(days=31)
    while sweep(store, clock, by.house):
        pass

    listen_all(store, clock, by.house)

    assert tickets(store)[0].tier is Tier.AGENT
    assert heard(store) == [("T3", "final_response", 0)]


def test_where_no_trigger_waits_for_clocks_nothing_is_looked_at(store, clock):
    handle(store, clock, mention())
    clock.advance(hours=5)

    assert listen(store, clock, house()) == 0
    assert actions(store, "trigger") == []


def test_one_that_cannot_be_computed_is_moved_on_and_logged(store, clock, given):
    clock.advance(hours=5)
    unmade = house(triggers=given.triggers, groups={})

    assert warn(store, clock, policy(house=unmade)) == 0
    assert [one["error"] for one in detail(store, "trigger.postponed")]
    assert warn(store, clock, policy(house=unmade)) == 0
    clock.advance(seconds=LATER.total_seconds() + 1)
    listen_all(store, clock, given)

    assert heard(store) == [("T1", "first_response", 50)]


# --- a ticket that rises calls people anew ------------------------------------------


CALLS = (Chain(id="all", text="all", steps=(Step(who=Who.SHIFT, after=DAY),)),)


def chained(*triggers):
    return having(*triggers, chains=CALLS)


def episodes(store, ticket=FIRST):
    with store.reading() as work:
        found = work.chains.of_ticket(ticket)
    return [(one.episode.split(":")[0], one.state) for one in found]


@pytest.mark.parametrize(("rule", "hours"), [(half, 5), (broken, 9)])
def test_a_ticket_that_a_clock_lets_rise_calls_people_anew(store, clock, rule, hours):
    by = chained(rule(then=Actions(code=Code.RED)))
    handle(store, clock, mention(), by=by)
    clock.advance(hours=hours)
    sweep(store, clock, by.house)
    clock.advance(minutes=2)

    listen_all(store, clock, by.house)

    assert tickets(store)[0].code is Code.RED
    *before, last = episodes(store)
    assert last[0].startswith("raised on ")
    assert last[1] == "waiting"
    assert {state for _cause, state in before} == {"cancelled"}


def test_what_is_somebodys_or_does_not_rise_calls_nobody(store, clock):
    by = chained(half(then=Actions(code=Code.RED)), nearly(then=Actions(marks=("m",))))
    handle(store, clock, mention(), mention(), by=by)
    claim(store, clock, by.house, TicketId(1), by="ann")
    clock.advance(hours=1.9)
    claim(store, clock, by.house, TicketId(1), by="ann")
    clock.advance(hours=2)
    claim(store, clock, by.house, TicketId(1), by="ann")
    clock.advance(minutes=7)
    listen_all(store, clock, by.house)
    clock.advance(hours=2.5)
    listen_all(store, clock, by.house)

    assert "raised" not in str(episodes(store))
    assert [cause for cause, _ in episodes(store, TicketId(2))] == [
        "opened",
        "raised on clock_warning",
    ]


def test_two_clocks_that_raise_it_in_one_look_leave_a_chain_that_calls(store, clock):
    by = chained(
        *(
            trigger(
                Happening.CLOCK_WARNING,
                name=rule,
                share=50,
                clocks=(rule,),
                then=Actions(code=code),
            )
            for rule, code in (("one", Code.AMBER), ("two", Code.RED))
        )
    )
    handle(store, clock, mention(), by=by)
    with store.work() as work:
        work.clocks.start(FIRST, [promise("one", "x"), promise("two", "x")])
    clock.advance(hours=13)

    listen_all(store, clock, by.house)

    assert tickets(store)[0].code is Code.RED
    assert episodes(store) == [
        ("opened", "cancelled"),
        ("raised on clock_warning", "cancelled"),
        ("raised on clock_warning 2", "waiting"),
    ]


def test_a_trigger_hears_of_what_a_broken_promise_raised(store, clock):
    by = having(trigger(Happening.TICKET_CHANGED, then=Actions(marks=("up",))))
    handle(store, clock, mention(), by=by)
    clock.advance(hours=9)

    sweep(store, clock, by.house, on_change=lambda *what: hear_change(by, *what))

    assert dossier(store, TicketId(1)).marks == ["up"]
    assert detail(store, "trigger.acted")[0]["tier"] == 2


def test_a_trigger_hears_of_what_a_person_moved_and_not_of_what_they_gave(store, clock):
    by = having(trigger(Happening.TICKET_CHANGED, then=Actions(marks=("moved",))))
    handle(store, clock, mention(), by=by)

    for to in ("ann", "specialists"):
        hand_off(
            store,
            clock,
            by.house,
            TicketId(1),
            to=to,
            reason="r",
            by="bo",
            on_change=lambda *what: hear_change(by, *what),
        )

    [acted] = detail(store, "trigger.acted")
    assert acted["queue"] == "specialists"


# --- what we said ---------------------------------------------------------------------


def test_a_reply_of_ours_that_was_seen_is_heard_once(store, clock, platform):
    rule = trigger(Happening.REPLY_SEEN, then=Actions(marks=("answered",)))
    by = having(rule, trigger(Happening.REPLY_RECEIVED, name="T2"))
    handle(store, clock, mention(), by=by)
    box = outbox(platform, on_seen=lambda *what: hear_reply(by, *what))
    send_pending(store, box, clock)
    assert detail(store, "trigger.acted") == []
    clock.advance(seconds=5)

    confirm_pending(store, box, clock)
    confirm_pending(store, box, clock)

    [acted] = detail(store, "trigger.acted")
    assert (acted["trigger"], acted["on"]) == ("T1", "reply_seen")
    assert dossier(store, TicketId(1)).marks == ["answered"]


def test_triggers_that_cannot_be_computed_undo_nothing(store, clock, platform):
    told = [trigger(Happening.REPLY_SEEN), trigger(Happening.TICKET_CHANGED, name="T2")]
    handle(store, clock, mention(), by=having(*told))
    unmade = having(*told, groups={})
    box = outbox(platform, on_seen=lambda *what: hear_reply(unmade, *what))
    send_pending(store, box, clock)
    clock.advance(hours=9)

    assert confirm_pending(store, box, clock) == 1
    sweep(store, clock, unmade.house, on_change=lambda *one: hear_change(unmade, *one))

    assert [one.state for one in replies(store)] == [ReplyState.SEEN]
    assert tickets(store)[0].tier is Tier.SPECIALIST
    assert [one["on"] for one in detail(store, "trigger.failed")] == [
        "reply_seen",
        "ticket_changed",
    ]


def test_the_authors_band_is_a_condition(store, clock):
    big = Condition(bands=(Band.MACRO, Band.MEGA))
    by = having(trigger(Happening.MENTION_TAGGED, when=big))

    handle(store, clock, mention(), mention(author=author("s", followers=9e5)), by=by)

    assert [one["mention"] for one in detail(store, "trigger.acted")] == [2]


# --- whose it becomes -----------------------------------------------------------------


def roster(*people: Person):
    crew = {one.name: one for one in people}
    team = Team(name="front", members=tuple(crew), queues=("agents",))
    return Roster(ref=house().ref, people=crew, teams={"front": team})


def person(name, **fields):
    return Person(name=name, zone="UTC", **fields)


def giving(who=Who.SHIFT, name="", people=None, on=Happening.TICKET_OPENED):
    rule = trigger(on, then=Actions(assign=Assignment(who=who, name=name)))
    return replace(having(rule, chains=CALLS), people=people)


def owners(store):
    with store.reading() as work:
        found = [work.tickets.get(TicketId(one.id)) for one in tickets(store)]
    return [one.owner for one in sorted(found, key=lambda one: one.id)]


def test_tickets_go_round_to_who_has_fewest(store, clock):
    crew = roster(person("ana"), person("bo"), person("cy"))

    handle(store, clock, *(mention() for _ in range(6)), by=giving(people=crew))

    assert sorted(owners(store)) == ["ana", "ana", "bo", "bo", "cy", "cy"]
    assert [one["to"] for one in detail(store, "ticket.assigned")] == owners(store)
    assert [one["assigned"] for one in detail(store, "trigger.acted")] == owners(store)


def test_whose_it_becomes_is_told_reminded_and_loses_it_again(store, clock):
    by = giving(people=roster(person("ana")))
    handle(store, clock, mention(), by=by)

    [ticket] = tickets(store)
    assert (ticket.owner, ticket.claim_expires_at) == ("ana", START + 2 * HOUR)
    assert "ana" in notices(store, clock).values()
    assert [one.name for one in dossier(store, ticket.id).events][-1] == "assigned"
    assert episodes(store) == [("claimed", "waiting")]

    clock.advance(hours=2)
    assert expire_claims(store, clock, by.house) == 1
    assert owners(store) == [""]


@pytest.mark.parametrize(
    "crew",
    [
        [person("ana", away=(Away(first=START.date(), last=START.date()),))],
        [
            person(
                "ana", shifts=(Shift(days=(), start=time(9), end=time(9), zone="UTC"),)
            )
        ],
    ],
    ids=["away", "off shift"],
)
@pytest.mark.parametrize(
    ("who", "name"), [(Who.SHIFT, ""), (Who.TEAM, "front"), (Who.PERSON, "ana")]
)
def test_nobody_is_given_a_ticket_while_not_at_work(store, clock, who, name, crew):
    by = giving(who, name, people=roster(*crew))

    handle(store, clock, mention(), by=by)

    assert owners(store) == [""]
    [left] = detail(store, "trigger.left_undone")
    assert (left["what"], left["trigger"]) == ("assign", "T1")
    assert episodes(store) == [("opened", "waiting")]


def test_a_ticket_that_somebody_has_is_taken_from_nobody(store, clock):
    by = giving(
        Who.PERSON, "bo", people=roster(person("bo")), on=Happening.REPLY_RECEIVED
    )
    said = mention()
    handle(store, clock, said, by=by)
    claim(store, clock, by.house, TicketId(1), by="ann")

    handle(store, clock, mention("hello?", conversation=said.conversation), by=by)

    assert owners(store) == ["ann"]
    assert detail(store, "trigger.left_undone")[0]["reason"] == "ann has it"


def test_without_a_roster_a_name_is_enough_and_a_turn_is_nobodys(store, clock):
    handle(store, clock, mention(), by=giving(Who.PERSON, "ann"))
    handle(store, clock, mention(), by=giving())

    assert owners(store) == ["ann", ""]


# --- what is put before a person ------------------------------------------------------


def drafting(**fields):
    whole = having(trigger(Happening.TICKET_OPENED, then=Actions(draft="outage")))
    texts = {
        **whole.templates.by_language["en"],
        "outage": (
            Template(
                id="en/outage/1",
                language="en",
                purpose="outage",
                text="We know of it at {brand}.",
            ),
        ),
    }
    templates = replace(whole.templates, by_language={"en": texts})
    return replace(whole, templates=templates, **fields)


def drafts(store):
    return [one for one in replies(store) if one.kind is ReplyKind.ANSWER]


def test_who_was_told_once_is_told_again_after_the_span_of_the_limit(store, clock):
    by = having(
        trigger(
            Happening.REPLY_RECEIVED,
            at_most=Limit(times=1, within=HOUR),
            then=Actions(notify=("management",)),
        )
    )
    said = mention()
    handle(store, clock, said, by=by)
    for number in range(3):
        again = replace(said, external_id=f"again-{number}", published_at=clock.now())
        handle(store, clock, again, by=by)
        clock.advance(hours=2)

    assert len(detail(store, "trigger.acted")) == 3
    assert len(told(store, clock)) == 3


def test_what_a_trigger_did_before_it_failed_is_undone_as_a_whole(store, clock):
    grave = Actions(code=Code.RED, marks=("grave",), draft="in no language")
    failing = having(trigger(Happening.TICKET_CHANGED, then=grave))
    handle(store, clock, mention(), by=having())
    [before] = tickets(store)
    clock.advance(hours=9)

    sweep(
        store, clock, failing.house, on_change=lambda *one: hear_change(failing, *one)
    )

    [after] = tickets(store)
    assert after.tier > before.tier
    assert after.code is before.code
    assert dossier(store, FIRST).marks == []
    assert detail(store, "trigger.acted") == []
    [failed] = detail(store, "trigger.failed")
    assert failed["error"] == "Missing"


def test_a_draft_waits_for_a_person_and_goes_nowhere_by_itself(store, clock, platform):
    handle(store, clock, mention(), by=drafting())
    box = outbox(platform)

    [draft] = drafts(store)
    assert (draft.state, draft.approved_by) == (ReplyState.SUBMITTED, "")
    assert draft.text == "We know of it at Kestrel Air."
    assert detail(store, "trigger.acted")[0]["draft"] == draft.id
    for _ in range(3):
        clock.advance(hours=1)
        send_pending(store, box, clock)
    assert [one.state for one in drafts(store)] == [ReplyState.SUBMITTED]

    approve(store, clock, draft.id, by="ann", text_hash=draft.text_hash)
    send_pending(store, box, clock)

    assert [one.reply.text for one in platform.standing] == [
        "Thank you for telling us. Kestrel Air",
        "We know of it at Kestrel Air.",
    ]


def test_where_the_house_never_answers_nothing_is_drafted(store, clock):
    handle(store, clock, mention(is_addressed=False), by=drafting())

    assert drafts(store) == []
    assert detail(store, "trigger.left_undone")[0]["what"] == "draft"


def test_one_mention_gets_one_draft(store, clock):
    by = drafting()
    twice = tuple(replace(by.house.triggers[0], id=name) for name in ("T1", "T2"))

    handle(store, clock, mention(), by=replace(by, house=house(triggers=twice)))

    assert len(drafts(store)) == 1
    assert detail(store, "trigger.left_undone")[0]["trigger"] == "T2"


# --- reach ----------------------------------------------------------------------------


def test_who_takes_up_a_ticket_without_joining_it_adds_reach_once(store, clock):
    counts = [
        trigger(Happening.MENTION_TAGGED, name=name, then=Actions(add_reach=True))
        for name in ("T1", "T2")
    ]
    by = having(*counts)
    said = mention(author=author(followers=10))
    handle(store, clock, said, by=by)
    close(store, clock, TicketId(1), by="ann")
    fan = author("fan", followers=5_000)

    handle(
        store,
        clock,
        mention("lovely weather", in_reply_to=said.external_id, author=fan),
        mention("lovely weather", author=fan),
        by=by,
    )

    assert [one.reach for one in tickets(store)] == [5_010]
    assert [one["reach"] for one in detail(store, "trigger.acted")][-4:] == [
        5_000,
        0,
        0,
        0,
    ]


# --- incidents and webhooks -----------------------------------------------------------


def test_what_opens_an_incident_is_told_once_while_it_lasts(store, clock):
    then = Actions(
        notify=("management",),
        webhooks=("crm",),
        incident=Incident(per=Per.BRAND, lasts=HOUR),
    )
    by = having(trigger(Happening.TICKET_OPENED, then=then))
    for _ in range(3):
        handle(store, clock, mention(), mention(), by=by)
        clock.advance(minutes=30)
    assert told(store, clock) == [
        ("management", "incident"),
        ("webhook:crm", "incident"),
    ]

    clock.advance(hours=2)
    handle(store, clock, mention(), by=by)

    assert len(detail(store, "incident.opened")) == 2
    assert {tuple(one["notified"]) for one in detail(store, "trigger.acted")} == {()}


class Receiver:
    """A webhook's far end that is down for its first calls."""

    kind = "signed webhook"

    def __init__(self, name: str, *, down: int = 0) -> None:
        self.name, self._down = name, down
        self.calls: list[Notice] = []

    def send(self, notice: Notice) -> None:
        self.calls.append(notice)
        if len(self.calls) <= self._down:
            raise WebhookFailed("down", detail="HTTP 503")


def test_a_webhook_is_called_until_it_takes_it_and_the_log_says_so(store, clock):
    then = Actions(webhooks=("crm",), code=Code.RED)
    handle(
        store, clock, mention(), by=having(trigger(Happening.TICKET_OPENED, then=then))
    )
    there, log_line = Receiver("crm", down=1), Receiver("log")
    rules = ByRule(
        rules=[NoticeRule(to=(webhook("crm"),), important=("crm",), default=("crm",))],
        ways={"crm": there, "log": log_line},
    )

    for _ in range(3):
        deliver_pending(store, [log_line], clock, by_rule=rules)
        clock.advance(hours=1)

    first, again = there.calls
    assert first == again
    assert first.facts["ticket"] == "T-000001"
    assert (first.facts["code"], first.facts["on"]) == ("red", "ticket_opened")
    assert "terrible" not in str(first)
    [delivered] = [
        one for one in detail(store, "notice.delivered") if one["to"] == "webhook:crm"
    ]
    assert delivered["by"] == ["crm"]
    assert detail(store, "trigger.acted")[0]["webhooks"] == ["crm"]
