from __future__ import annotations

import json
from datetime import date, time, timedelta

import pytest

from bot.domain.clocks import Force, PackRef
from bot.domain.corrections import TagKind
from bot.domain.decisions import Severity, Tier
from bot.domain.hours import Shift
from bot.domain.mentions import MentionId
from bot.domain.packs import ClaimPolicy
from bot.domain.people import Away, Person, Roster, Team
from bot.domain.replies import ReplyState
from bot.domain.tags import Sign
from bot.domain.tickets import TicketId, TicketStatus
from bot.errors import Missing, NotAllowed
from bot.services.claims import (
    claim,
    claim_next,
    expire_claims,
    hand_off,
    release,
)
from bot.services.corrections import correct
from bot.services.drafts import approve, reject
from bot.services.sweep import sweep
from bot.services.tickets import note
from bot.testing import START, Killed
from tests.unit.services.world import (
    Dying,
    Interrupted,
    actions,
    close,
    handle,
    house,
    log,
    mention,
    notices,
    open_ticket,
    policy,
    promise,
    queue_reply,
    record,
    states,
    tickets,
)

HOUR = timedelta(hours=1)
NEVER = Shift(days=(), start=time(9), end=time(9), zone="UTC")
HOUSE = house(claims=ClaimPolicy(lasts=2 * HOUR))


@pytest.fixture
def ticket(store):
    with store.work() as work:
        return work.tickets.add(open_ticket())


def now(store, ticket):
    with store.reading() as work:
        return work.tickets.get(ticket.id)


def told(store, clock):
    return list(notices(store, clock).values())


def test_a_claim_makes_a_ticket_somebodys_own_for_a_while(store, clock, ticket):
    claimed = claim(store, clock, HOUSE, ticket.id, by="ana")

    assert claimed == now(store, ticket)
    assert (claimed.owner, claimed.claim_expires_at) == ("ana", START + 2 * HOUR)
    [entry] = log(store, "ticket.claimed")
    assert entry.actor == "ana"
    assert json.loads(entry.detail) == {
        "queue": "agents",
        "expires_at": (START + 2 * HOUR).isoformat(),
    }


def test_the_second_is_told_who_has_it_and_until_when(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="ana")

    with pytest.raises(NotAllowed, match=r"T-000001 is ana's until 2026-11-02 11:00"):
        claim(store, clock, HOUSE, ticket.id, by="bo")

    assert now(store, ticket).owner == "ana"
    assert actions(store, "ticket.claimed") == ["ticket.claimed"]


def test_who_is_first_by_a_hair_has_it(store, clock, ticket):
    late = Interrupted(store, lambda: claim(store, clock, HOUSE, ticket.id, by="bo"))

    with pytest.raises(NotAllowed, match="bo's"):
        claim(late, clock, HOUSE, ticket.id, by="ana")


def test_the_bot_can_own_a_ticket_like_anybody(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="bot")

    with pytest.raises(NotAllowed, match="is bot's"):
        claim(store, clock, HOUSE, ticket.id, by="ana")


def test_ones_own_second_claim_lasts_anew(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=1)

    again = claim(store, clock, HOUSE, ticket.id, by="ana")

    assert again.claim_expires_at == START + 3 * HOUR


@pytest.mark.parametrize("step", ["claim", "release", "hand_off"])
def test_nobody_works_on_a_closed_ticket(store, clock, ticket, step):
    close(store, clock, ticket.id, by="ana")
    steps = {
        "claim": lambda: claim(store, clock, HOUSE, ticket.id, by="bo"),
        "release": lambda: release(store, clock, HOUSE, ticket.id, by="bo"),
        "hand_off": lambda: hand_off(
            store, clock, HOUSE, ticket.id, to="cy", reason="r", by="bo"
        ),
    }

    with pytest.raises(NotAllowed, match="is closed"):
        steps[step]()


def test_of_a_ticket_that_is_not_there_nothing_is_claimed(store, clock):
    with pytest.raises(Missing):
        claim(store, clock, HOUSE, TicketId(404), by="ana")


# --- nothing follows ---------------------------------------------------------------


def test_a_claim_that_nothing_follows_runs_out_and_the_queue_is_told(
    store, clock, ticket
):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=2)

    assert expire_claims(store, clock, HOUSE) == 1

    freed = now(store, ticket)
    assert (freed.owner, freed.claim_expires_at, freed.queue) == ("", None, "agents")
    assert told(store, clock) == ["agents"]
    [entry] = log(store, "ticket.claim_expired")
    assert json.loads(entry.detail) == {
        "owner": "ana",
        "queue": "agents",
        "expired_at": (START + 2 * HOUR).isoformat(),
    }
    assert expire_claims(store, clock, HOUSE) == 0


def test_a_claim_holds_until_its_last_second(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=2, seconds=-1)

    assert expire_claims(store, clock, HOUSE) == 0


def test_a_claim_that_ran_out_before_any_sweep_is_logged_by_the_next(
    store, clock, ticket
):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=2)

    claim(store, clock, HOUSE, ticket.id, by="bo")

    assert actions(store, "ticket") == [
        "ticket.claimed",
        "ticket.claim_expired",
        "ticket.claimed",
    ]
    assert expire_claims(store, clock, HOUSE) == 0


def test_what_the_owner_does_meanwhile_saves_the_claim_from_a_sweep_that_saw_it_over(
    store, clock, ticket
):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=2)
    between = Interrupted(
        store, lambda: claim(store, clock, HOUSE, ticket.id, by="ana")
    )

    assert expire_claims(between, clock, HOUSE) == 0

    assert now(store, ticket).owner == "ana"


def works(store, clock, ticket, how):
    if how == "event":
        record(store, clock, ticket.id, "answered", by="ana")
    else:
        note(store, clock, ticket.id, "called them, will call again", by="ana")


@pytest.mark.parametrize("how", ["event", "note"])
def test_what_the_owner_does_makes_the_claim_last_anew(store, clock, ticket, how):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=1)

    works(store, clock, ticket, how)

    assert now(store, ticket).claim_expires_at == START + 3 * HOUR


@pytest.mark.parametrize("judge", ["approve", "reject"])
def test_judging_a_reply_makes_the_claim_last_anew(store, clock, judge):
    reply = queue_reply(store, clock, state=ReplyState.SUBMITTED)
    [ticket] = tickets(store)
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=1)

    if judge == "approve":
        approve(store, clock, reply.id, by="ana", text_hash=reply.text_hash)
    else:
        reject(store, clock, reply.id, by="ana", reason="no")

    assert now(store, ticket).claim_expires_at == START + 3 * HOUR


def test_correcting_a_tag_makes_the_claim_last_anew(store, clock):
    handle(store, clock, mention())
    [ticket] = tickets(store)
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=1)

    said = {TagKind.SENTIMENT: "neutral"}
    correct(store, policy(), clock, MentionId(1), said, by="ana", note="calm")

    assert now(store, ticket).claim_expires_at == START + 3 * HOUR


def test_what_others_do_does_not_renew_the_owners_claim(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=1)

    record(store, clock, ticket.id, "answered", by="bo")

    assert now(store, ticket).claim_expires_at == START + 2 * HOUR


def test_what_comes_after_the_claim_ran_out_does_not_bring_it_back(
    store, clock, ticket
):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=2)

    note(store, clock, ticket.id, "late", by="ana")

    assert expire_claims(store, clock, HOUSE) == 1


def test_a_closed_ticket_is_nobodys_and_no_claim_on_it_runs_out(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="ana")

    closed = close(store, clock, ticket.id, by="ana")

    assert (closed.status, closed.owner) == (TicketStatus.CLOSED, "")
    clock.advance(hours=3)
    assert expire_claims(store, clock, HOUSE) == 0


@pytest.mark.parametrize("committed", [False, True])
def test_killed_while_a_claim_runs_out_it_runs_out_once(
    store, clock, ticket, committed
):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    clock.advance(hours=2)

    with pytest.raises(Killed):
        expire_claims(Dying(store, Killed(), nth=1, committed=committed), clock, HOUSE)
    expire_claims(store, clock, HOUSE)

    assert actions(store, "ticket.claim_expired") == ["ticket.claim_expired"]
    assert told(store, clock) == ["agents"]


# --- given back and handed on --------------------------------------------------------


def test_the_owner_gives_it_back_and_the_queue_is_told(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="ana")

    freed = release(store, clock, HOUSE, ticket.id, by="ana")

    assert (freed.owner, freed.claim_expires_at) == ("", None)
    assert log(store, "ticket.released")[0].actor == "ana"
    assert told(store, clock) == ["agents"]


@pytest.mark.parametrize(("owner", "words"), [("ana", "ana's until"), ("", "nobody")])
def test_nobody_else_can_give_it_back(store, clock, ticket, owner, words):
    if owner:
        claim(store, clock, HOUSE, ticket.id, by=owner)

    with pytest.raises(NotAllowed, match=words):
        release(store, clock, HOUSE, ticket.id, by="bo")


def test_handed_to_a_person_it_is_theirs_and_both_are_told(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="ana")

    moved = hand_off(
        store, clock, HOUSE, ticket.id, to="bo", reason="speaks Hindi", by="lea"
    )

    assert (moved.owner, moved.queue) == ("bo", "agents")
    assert moved.claim_expires_at == START + 2 * HOUR
    assert sorted(told(store, clock)) == ["ana", "bo"]
    [entry] = log(store, "ticket.handed_off")
    assert json.loads(entry.detail) == {
        "from": "ana",
        "to": "bo",
        "queue": "agents",
        "reason": "speaks Hindi",
    }


def test_handed_to_a_queue_it_is_nobodys(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="ana")

    moved = hand_off(
        store, clock, HOUSE, ticket.id, to="specialists", reason="fares", by="ana"
    )

    assert (moved.owner, moved.queue, moved.tier) == ("", "specialists", Tier.AGENT)
    assert told(store, clock) == ["specialists"]


def test_no_ticket_is_handed_below_its_tier(store, clock):
    with store.work() as work:
        ticket = work.tickets.add(
            open_ticket(tier=Tier.ESCALATION, queue="escalation_team")
        )

    with pytest.raises(NotAllowed, match="stands at 1"):
        hand_off(store, clock, HOUSE, ticket.id, to="agents", reason="r", by="ana")


def test_the_history_says_whose_it_was(store, clock, ticket):
    claim(store, clock, HOUSE, ticket.id, by="ana")
    note(store, clock, ticket.id, "rang twice", by="ana")
    hand_off(store, clock, HOUSE, ticket.id, to="bo", reason="r", by="ana")
    release(store, clock, HOUSE, ticket.id, by="bo")

    with store.reading() as work:
        history = [(one.name, one.detail) for one in work.tickets.events(ticket.id)]

    assert history == [
        ("claimed", "by ana"),
        ("noted", "by ana: rang twice"),
        ("handed_off", "to bo by ana"),
        ("released", "by bo"),
    ]


def test_the_log_holds_no_word_of_a_note(store, clock, ticket):
    note(store, clock, ticket.id, "rang twice", by="ana")

    [entry] = log(store, "ticket.noted")
    assert "rang" not in entry.detail


# --- with a roster -------------------------------------------------------------------


def roster():
    gone = Away(first=date(2026, 11, 1), last=date(2026, 11, 5))
    people = (
        Person(name="bo", zone="Australia/Sydney"),
        Person(name="cy", zone="Australia/Sydney", away=(gone,)),
    )
    return Roster(
        ref=PackRef(id="people", version="1", sha256="d" * 64),
        people={one.name: one for one in people},
        teams={"all": Team(name="all", members=("bo", "cy"), queues=("agents",))},
    )


@pytest.mark.parametrize(
    ("to", "error", "words"),
    [("cy", NotAllowed, "out of office"), ("dana", Missing, "'dana' is neither")],
)
def test_a_ticket_is_handed_to_nobody_who_is_away_or_not_there(
    store, clock, ticket, to, error, words
):
    with pytest.raises(error, match=words):
        hand_off(
            store,
            clock,
            HOUSE,
            ticket.id,
            to=to,
            reason="r",
            by="ana",
            people=roster(),
        )


def test_of_the_rosters_people_anybody_who_is_there_can_have_it(store, clock, ticket):
    moved = hand_off(
        store, clock, HOUSE, ticket.id, to="bo", reason="r", by="ana", people=roster()
    )

    assert moved.owner == "bo"


# --- what is next ------------------------------------------------------------------


def waiting(store, *plans, **fields):
    with store.work() as work:
        ticket = work.tickets.add(open_ticket(**fields))
        work.clocks.start(ticket.id, plans)
    return ticket


def following(store, clock, by="ana", queues=("agents",)):
    found = claim_next(store, clock, HOUSE, queues, by=by)
    return None if found is None else found.id


def test_who_may_be_in_danger_comes_before_every_duty_and_goes_to_no_bot(store, clock):
    near = waiting(store, promise("final", "done", within=2 * HOUR))
    poor = waiting(store, severity=Severity.MEDIUM, signs=(Sign.HARDSHIP,))
    grave = {"severity": Severity.CRITICAL, "signs": (Sign.SELF_HARM,)}
    first, second = waiting(store, **grave), waiting(store, **grave)

    assert following(store, clock, by="bot") == near.id
    release(store, clock, HOUSE, near.id, by="bot")
    order = [following(store, clock) for _ in range(4)]

    assert order == [first.id, second.id, near.id, poor.id]


def test_a_duty_of_the_law_that_is_near_comes_before_influencers(store, clock):
    loud = waiting(store, is_influencer=True)
    far = waiting(store, promise("final", "done", within=72 * HOUR))
    near = waiting(store, promise("final", "done", within=40 * HOUR))
    nearer = waiting(store, promise("final", "done", within=30 * HOUR))

    order = [following(store, clock) for _ in range(5)]

    assert order == [nearer.id, near.id, loud.id, far.id, None]


@pytest.mark.parametrize(
    "fields",
    [
        {"force": Force.EXPECT},
        {"force": Force.INTERNAL},
        {"inputs": {"waives": "final"}},
    ],
)
def test_what_is_no_duty_makes_nothing_come_first(store, clock, fields):
    waiting(store, promise("soft", "done", **fields))
    loud = waiting(store, is_influencer=True)

    assert following(store, clock) == loud.id


def test_only_what_nobody_has_and_that_lies_in_these_queues_is_next(store, clock):
    mine = waiting(store)
    waiting(store, queue="management")
    claim(store, clock, HOUSE, mine.id, by="bo")
    gone = waiting(store)
    close(store, clock, gone.id, by="bo")

    assert following(store, clock) is None
    assert following(store, clock, queues=("agents", "management")) is not None


def test_where_a_colleague_is_first_the_one_behind_is_next(store, clock):
    first, second = waiting(store), waiting(store)
    late = Interrupted(store, lambda: claim(store, clock, HOUSE, first.id, by="bo"))

    assert following(late, clock) == second.id


def crew(*people):
    team = Team(name="front", members=tuple(p.name for p in people), queues=("agents",))
    found = {one.name: one for one in people}
    return Roster(ref=HOUSE.ref, people=found, teams={"front": team})


def taking(store, clock, by, people):
    found = claim_next(store, clock, HOUSE, ["agents"], by=by, people=people)
    return None if found is None else found.id


def test_the_influencer_desk_is_left_its_own_while_there_is_anything_else(store, clock):
    ana = Person(name="ana", zone="UTC")
    desk = Person(name="bo", zone="UTC", influencers=True)
    loud, plain = waiting(store, is_influencer=True), waiting(store)

    assert taking(store, clock, "ana", crew(ana, desk)) == plain.id
    assert taking(store, clock, "ana", crew(ana, desk)) == loud.id


@pytest.mark.parametrize(
    "fields",
    [{"influencers": False}, {"influencers": True, "shifts": (NEVER,)}],
    ids=["nobody has the skill", "who has it is off shift"],
)
def test_what_nobody_there_has_the_skills_for_waits_for_nobody(store, clock, fields):
    ana, bo = Person(name="ana", zone="UTC"), Person(name="bo", zone="UTC", **fields)
    loud = waiting(store, is_influencer=True)
    waiting(store)

    assert taking(store, clock, "ana", crew(ana, bo)) == loud.id


def test_a_brand_that_a_colleague_knows_is_left_to_them_but_no_duty_is(store, clock):
    ana = Person(name="ana", zone="UTC", products=("Lumen",))
    bo = Person(name="bo", zone="UTC")
    other, own = waiting(store), waiting(store, brand="Lumen")

    assert taking(store, clock, "ana", crew(ana, bo)) == own.id
    near = waiting(store, promise("final", "done", within=30 * HOUR))
    assert taking(store, clock, "ana", crew(ana, bo)) == near.id
    assert taking(store, clock, "ana", crew(ana, bo)) == other.id


def test_under_a_flood_of_influencers_no_ordinary_complaint_misses_its_legal_clock(
    store, clock
):
    """Two agents close a ticket in four hours each, and as many influencers come."""
    ordinary = [
        waiting(store, promise("final", "closed", within=(50 + number) * HOUR))
        for number in range(10)
    ]
    served = 0

    for _ in range(16):
        for _ in range(2):
            waiting(store, is_influencer=True, received_at=clock.now())
        for agent in ("ana", "bo"):
            found = claim_next(store, clock, HOUSE, ["agents"], by=agent)
            assert found is not None
            served += found.is_influencer
            close(store, clock, found.id, by=agent)
        clock.advance(hours=4)
        sweep(store, clock, HOUSE)

    assert {states(store, one)["final"] for one in ordinary} == {"met"}
    assert served == 2 * 16 - len(ordinary)
