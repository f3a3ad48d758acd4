"""Many workers on one database: each use case many times at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import Any

import psycopg
import pytest

from bot.domain.chains import Chain, Step, Who
from bot.domain.packs import (
    Actions,
    Condition,
    FourEyes,
    Happening,
    InfluenceGroup,
    Many,
    Per,
    Rule,
    Trigger,
)
from bot.domain.replies import ReplyState
from bot.errors import NotAllowed, Stale
from bot.services.approvals import why_two
from bot.services.chains import begin_chain, run_steps
from bot.services.claims import claim, expire_claims
from bot.services.drafts import approve, draft, edit
from bot.services.replies import confirm_pending, send_pending, settle_pending
from bot.services.seal import seal_pending
from bot.services.sweep import sweep
from bot.services.tag import tag_pending
from bot.services.triage import triage_pending
from bot.testing import FakePlatform, KeywordClassifier, ManualClock
from tests.unit.services.world import (
    actions,
    author,
    close,
    handle,
    house,
    limits,
    listen,
    mention,
    notices,
    open_ticket,
    outbox,
    policy,
    promise,
    record,
    replies,
    reply_of,
    states,
    tickets,
)

WORKERS = 6
INFLUENCERS = Rule(
    id="F1",
    text="an influencer",
    when=Condition(groups=(InfluenceGroup.INFLUENCER,)),
)
PAGE = 10


@pytest.fixture
def stores(database_url: str, open_store: Callable[[str], Any]) -> list[Any]:
    return [open_store(database_url) for _ in range(WORKERS)]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def all_at_once(stores: Sequence[Any], step: Callable[[Any], object]) -> list[object]:
    with ThreadPoolExecutor(len(stores)) as workers:
        return list(workers.map(step, stores))


def test_many_workers_in_one_conversation_open_one_ticket_and_lose_nothing(
    stores, clock
):
    first = mention()
    said = [first] + [
        mention(conversation=first.conversation, author=author(f"a{number}"))
        for number in range(40)
    ]
    listen(stores[0], clock, *said)
    rules, model = policy(), KeywordClassifier()

    def work(store: Any) -> None:
        while tag_pending(store, model, clock, limit=5):
            pass
        while len(actions(store, "mention.decided")) < len(said):
            triage_pending(store, rules, clock, limit=3)

    all_at_once(stores, work)

    [ticket] = tickets(stores[0])
    assert ticket.mentions == len(said)
    assert Counter(actions(stores[0], "ticket")) == {
        "ticket.opened": 1,
        "ticket.joined": len(said) - 1,
    }
    assert actions(stores[0], "mention.undecidable") == []
    assert len(actions(stores[0], "mention.tagged")) == len(said)
    assert len(actions(stores[0], "mention.decided")) == len(said)
    assert len(states(stores[0], ticket)) == 5
    spoken_to = Counter(one.author for one in replies(stores[0]))
    assert set(spoken_to.values()) == {1}
    assert len(spoken_to) == len(said)


@pytest.mark.parametrize("per", [Per.BRAND, Per.QUEUE])
def test_many_workers_count_two_waves_as_two_incidents_and_never_wait_in_a_circle(
    stores, clock, database_url, per
):
    """Pages hold both causes in both orders: whoever counts at once would wait so."""
    brands = ("Kestrel Air", "Lumen")
    halves = [2 * number // PAGE + number // PAGE for number in range(12 * PAGE)]
    said = [mention(brand=brands[half % 2]) for half in halves]
    for page in range(0, len(said), 100):
        listen(stores[0], clock, *said[page : page + 100])
    while tag_pending(stores[0], KeywordClassifier(), clock):
        pass
    waves = Many(items=40, within=timedelta(hours=1), per=per)
    rules = policy(
        house=house(
            triggers=tuple(
                Trigger(
                    id=name,
                    text="a wave",
                    on=Happening.MANY,
                    many=waves,
                    then=Actions(notify=("management",)),
                )
                for name in ("T1", "T2")
            )
        )
    )
    circles = deadlocks(database_url)

    def work(store: Any) -> None:
        while triage_pending(store, rules, clock, limit=PAGE):
            pass

    all_at_once(stores, work)

    while triage_pending(stores[0], rules, clock):
        pass
    assert len(actions(stores[0], "mention.decided")) == len(said)
    assert actions(stores[0], "mention.undecidable") == []
    assert len(actions(stores[0], "incident.opened")) == 4
    assert len([key for key in notices(stores[0], clock) if "incident" in key]) == 4
    assert deadlocks(database_url) == circles


def deadlocks(url: str) -> int:
    """Count how often PostgreSQL ended one of two that waited for each other."""
    if not url.startswith("postgresql"):
        return 0
    query = "select deadlocks from pg_stat_database where datname = current_database()"
    with psycopg.connect(url) as db:
        row = db.execute(query).fetchone()
    return row[0] if row else 0


def test_many_workers_send_and_confirm_every_reply_once(stores, clock):
    handle(stores[0], clock, *[mention(author=author(f"a{n}")) for n in range(30)])
    platform = FakePlatform(clock)
    box = outbox(platform)

    for _ in range(4):
        for step in (settle_pending, send_pending, confirm_pending):
            all_at_once(stores, partial(step, outbox=box, clock=clock))
        clock.advance(seconds=10)

    standing = Counter(one.reply.key for one in platform.standing)
    assert len(standing) == 30
    assert set(standing.values()) == {1}
    assert {one.state for one in replies(stores[0])} == {ReplyState.SEEN}
    assert len(actions(stores[0], "clock.met")) == 60


def test_many_workers_together_keep_within_the_flood_limit(stores, clock):
    handle(stores[0], clock, *[mention(author=author(f"a{n}")) for n in range(30)])
    platform = FakePlatform(clock)
    box = outbox(platform, limits=limits(overall=4))

    all_at_once(stores, partial(send_pending, outbox=box, clock=clock))

    assert len(platform.standing) == 4


def test_who_counts_what_was_sent_lately_waits_until_another_has_decided(stores, clock):
    handle(stores[0], clock, mention())
    platform = FakePlatform(clock)
    sending = Thread(target=send_pending, args=(stores[1], outbox(platform), clock))

    with stores[0].work() as work:
        work.replies.take_turns()
        sending.start()
        sending.join(0.5)
        calls_meanwhile = platform.calls
    sending.join(120)

    assert calls_meanwhile == 0
    assert platform.calls == 1


def test_many_sweeps_at_once_break_every_promise_once(stores, clock):
    with stores[0].work() as work:
        opened = [work.tickets.add(open_ticket()) for _ in range(20)]
        for ticket in opened:
            work.clocks.start(ticket.id, [promise("a", "x"), promise("b", "x")])
    clock.advance(days=2)

    def watch(store: Any) -> int:
        broken = 0
        while len(actions(store, "clock.breached")) < 40:
            broken += sweep(store, clock, house())
        return broken

    assert sum(int(str(one)) for one in all_at_once(stores, watch)) == 40
    assert {int(one.tier) for one in tickets(stores[0])} == {3}
    assert Counter(actions(stores[0])) == {
        "clock.breached": 40,
        "ticket.escalated": 40,
    }


def test_what_was_done_in_time_wins_against_every_sweep(stores, clock):
    with stores[0].work() as work:
        ticket = work.tickets.add(open_ticket())
        plans = [promise(f"rule-{number}", "done") for number in range(30)]
        work.clocks.start(ticket.id, plans)
    in_time = clock.advance(hours=1)
    clock.advance(days=2)

    def work_on(store: Any) -> None:
        if store is stores[0]:
            record(store, clock, ticket.id, "done", by="ana", happened_at=in_time)
        else:
            sweep(store, clock, house())

    all_at_once(stores, work_on)

    assert set(states(stores[0], ticket).values()) == {"met"}


def test_of_many_who_close_a_ticket_one_does(stores, clock):
    with stores[0].work() as work:
        ticket = work.tickets.add(open_ticket())

    def attempt(store: Any) -> bool:
        try:
            close(store, clock, ticket.id, by="ana")
        except (Stale, NotAllowed):
            return False
        return True

    assert all_at_once(stores, attempt).count(True) == 1
    assert actions(stores[0], "ticket.closed") == ["ticket.closed"]


def test_many_sealers_at_once_seal_every_entry_once(stores, clock):
    handle(stores[0], clock, *[mention() for _ in range(20)])
    entries = len(actions(stores[0]))

    def seal(store: Any) -> int:
        count = 0
        while actions(store):
            count += seal_pending(store, clock, limit=7)
        return count

    sealed = sum(int(str(one)) for one in all_at_once(stores, seal))

    assert sealed == entries
    with stores[0].reading() as work:
        assert work.audit.last_seal().total == entries
        assert work.audit.unsealed(1) == []


def test_a_reply_is_judged_once_however_many_press_the_button(stores, clock):
    handle(stores[0], clock, mention(author=author("ida", followers=300_000)))
    [reply] = replies(stores[0])

    def press(store: Any) -> bool:
        try:
            approve(store, clock, reply.id, by="ana", text_hash=reply.text_hash)
        except (Stale, NotAllowed):
            return False
        return True

    assert all_at_once(stores, press).count(True) == 1
    assert reply_of(stores[0], reply).state is ReplyState.QUEUED
    assert actions(stores[0], "reply.approved") == ["reply.approved"]


def test_two_peoples_yes_at_once_is_two_and_one_persons_many_is_one(stores, clock):
    rules = policy(house=house(four_eyes=FourEyes(rules=(INFLUENCERS,))))
    handle(stores[0], clock, mention(author=author("ida", followers=300_000)), by=rules)
    [reply] = replies(stores[0])
    people = ["ana", "Ana", "ana ", "bo", "bo", "Bo"]

    def agree(numbered: tuple[int, Any]) -> None:
        number, store = numbered
        with suppress(NotAllowed):
            approve(
                store,
                clock,
                reply.id,
                by=people[number],
                text_hash=reply.text_hash,
                four_eyes=partial(why_two, rules),
            )

    all_at_once(list(enumerate(stores)), agree)

    with stores[0].reading() as work:
        yes = work.replies.approvals(reply.id)
    assert len(yes) == 2
    assert {one.approved_by.strip().lower() for one in yes} == {"ana", "bo"}
    assert reply_of(stores[0], reply).state is ReplyState.QUEUED
    assert actions(stores[0], "reply")[1:] == [
        "reply.agreed",
        "reply.approved",
        "reply.queued",
    ]


def test_who_changes_the_words_and_who_agrees_to_them_never_both_win(stores, clock):
    handle(stores[0], clock, mention(author=author("ida", followers=300_000)))
    [reply] = replies(stores[0])

    def act(numbered: tuple[int, Any]) -> None:
        number, store = numbered
        with suppress(NotAllowed, Stale):
            if number % 2:
                edit(store, clock, reply.id, text=f"Words {number}", by=f"p{number}")
            else:
                approve(store, clock, reply.id, by="zoe", text_hash=reply.text_hash)

    all_at_once(list(enumerate(stores)), act)

    after = reply_of(stores[0], reply)
    said = {ReplyState.QUEUED: reply.text_hash}
    assert after.text_hash == said.get(after.state, after.text_hash)
    assert after.state in {ReplyState.QUEUED, ReplyState.DRAFT}
    with stores[0].reading() as work:
        holds = [one for one in work.replies.approvals(reply.id) if not one.voided_at]
    assert len(holds) == (1 if after.state is ReplyState.QUEUED else 0)


def test_of_many_who_answer_one_mention_at_once_one_does(stores, clock):
    handle(stores[0], clock, mention())
    [ticket] = tickets(stores[0])

    def write(numbered: tuple[int, Any]) -> bool:
        number, store = numbered
        try:
            draft(store, clock, ticket.id, text=f"Words {number}", by=f"p{number}")
        except (NotAllowed, Stale):
            return False
        return True

    assert all_at_once(list(enumerate(stores)), write).count(True) == 1
    assert actions(stores[0], "reply.draft") == ["reply.draft"]


def test_of_many_who_claim_at_once_one_has_it_and_the_others_are_told_who(
    stores, clock
):
    with stores[0].work() as work:
        ticket = work.tickets.add(open_ticket())

    def take(numbered: tuple[int, Any]) -> str:
        number, store = numbered
        try:
            return claim(store, clock, house(), ticket.id, by=f"p{number}").owner
        except NotAllowed as refusal:
            return refusal.shown

    answers = all_at_once(list(enumerate(stores)), take)

    [owner] = {one.owner for one in tickets(stores[0])}
    told = [one for one in answers if one != owner]
    assert len(told) == WORKERS - 1
    assert all(f"is {owner}'s until" in str(one) for one in told)
    assert actions(stores[0], "ticket.claimed") == ["ticket.claimed"]


def test_a_claim_runs_out_once_however_many_look(stores, clock):
    with stores[0].work() as work:
        ticket = work.tickets.add(open_ticket())
    claim(stores[0], clock, house(), ticket.id, by="ana")
    clock.advance(days=1)

    done = all_at_once(stores, partial(expire_claims, clock=clock, house=house()))

    assert sorted(map(int, map(str, done))) == [0] * (WORKERS - 1) + [1]
    assert actions(stores[0], "ticket.claim_expired") == ["ticket.claim_expired"]


def test_many_workers_make_every_call_once_and_none_too_early(stores, clock):
    hourly = timedelta(hours=1)
    steps = tuple(Step(who=Who.SHIFT, after=hourly) for _ in range(3))
    pack = house(chains=(Chain(id="all", text="all", steps=steps),))
    with stores[0].work() as work:
        for _ in range(10):
            ticket = work.tickets.add(open_ticket())
            begin_chain(work, pack, ticket, "opened", clock.now())

    for _ in range(3):
        clock.advance(hours=1)
        all_at_once(stores, partial(run_steps, clock=clock, house=pack, people=None))

    assert len(notices(stores[0], clock)) == 30
    assert actions(stores[0], "chain.called") == ["chain.called"] * 30
