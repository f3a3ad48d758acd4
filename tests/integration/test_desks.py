"""Tickets mirrored at outside desks, over real HTTP to servers on this machine."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer
from requests.auth import HTTPBasicAuth
from werkzeug import Response

from bot.domain.clocks import ClockState
from bot.domain.decisions import Code, Severity, Tier
from bot.domain.desks import Sending
from bot.domain.tags import Sign
from bot.domain.tickets import TicketStatus
from bot.errors import AccessDenied, Unavailable
from bot.notify._rest import Site, Wishes
from bot.notify.freshdesk import FreshdeskDesk
from bot.notify.jira import JiraDesk
from bot.notify.salesforce import ClientCredentials, SalesforceDesk
from bot.notify.zendesk import ZendeskDesk
from bot.services.desks import (
    GIVE_UP_AFTER,
    Mirror,
    mirror_pending,
    receive_pending,
)
from bot.services.sweep import sweep
from bot.services.tickets import close
from bot.storage.store import SqlStore
from bot.testing import ManualClock
from tests.platforms.desks import (
    TOKEN,
    USER,
    DeskServer,
    FreshdeskServer,
    JiraServer,
    SalesforceServer,
    ZendeskServer,
)
from tests.samples import NOON, decision, mention, plan, tags, ticket
from tests.unit.services.world import house, policy
from tests.unit.services.world import log as entries

NAME = "desk"
OPERATOR = "dana"
RULEBOOK = policy().rulebook


def zendesk(url, clock, timeout=20.0, **wishes):
    auth = HTTPBasicAuth(f"{USER}/token", TOKEN)
    site = Site(name=NAME, url=url, auth=auth, timeout=timeout)
    return ZendeskDesk(site, Wishes(**wishes), clock)


def jira(url, clock, timeout=20.0, **wishes):
    site = Site(name=NAME, url=url, auth=HTTPBasicAuth(USER, TOKEN), timeout=timeout)
    return JiraDesk(site, Wishes(**wishes), clock, project="SUP")


def freshdesk(url, clock, timeout=20.0, **wishes):
    site = Site(name=NAME, url=url, auth=HTTPBasicAuth(TOKEN, "X"), timeout=timeout)
    return FreshdeskDesk(site, Wishes(**wishes), clock, requester=USER)


def salesforce(url, clock, timeout=20.0, **wishes):
    auth = ClientCredentials(NAME, url, USER, TOKEN)
    site = Site(name=NAME, url=url, auth=auth, timeout=timeout)
    return SalesforceDesk(site, Wishes(**wishes), clock)


KINDS = {
    ZendeskServer: zendesk,
    JiraServer: jira,
    FreshdeskServer: freshdesk,
    SalesforceServer: salesforce,
}
SEARCHED = [ZendeskServer, JiraServer, FreshdeskServer]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=KINDS, ids=lambda kind: kind.ABOUT)
def server(request, clock) -> Iterator[DeskServer]:
    made = request.param(clock)
    yield made
    made.released.set()


@pytest.fixture
def url(server, httpserver: HTTPServer) -> str:
    httpserver.expect_request(re.compile(".*")).respond_with_handler(server)
    return httpserver.url_for("").rstrip("/")


@pytest.fixture
def store(migrated_file, tmp_path) -> Iterator[SqlStore]:
    file = shutil.copy(migrated_file, tmp_path / "a.db")
    opened = SqlStore(f"sqlite:///{file}", desks=[NAME, "other"])
    yield opened
    opened.close()


@pytest.fixture
def mirror(url, server, clock) -> Mirror:
    return Mirror(
        rulebook=RULEBOOK, desk=KINDS[type(server)](url, clock), people={"77": "Dana"}
    )


@pytest.fixture
def send(store, mirror, clock) -> Callable[..., int]:
    def once(**changed):
        return mirror_pending(store, [replace(mirror, **changed)], clock)

    return once


@pytest.fixture
def ask(store, mirror, clock) -> Callable[[], int]:
    """Let time pass until the desk may be asked, and ask it."""

    def once():
        clock.advance(minutes=2)
        return receive_pending(store, [mirror], clock)

    return once


def opened(store, number=1, clocks=("acknowledge",), **fields):
    """A ticket with its mention, its decision, and clocks that run."""
    with store.work() as work:
        said = mention(number, text="They lost my grandmother's violin.")
        [stored] = work.mentions.add([said], source="agora", at=NOON)
        made = work.tickets.add(ticket(number, **fields))
        work.mentions.tag([(stored.id, tags())], NOON)
        work.mentions.decide(stored.id, decision(), ticket_id=made.id, at=NOON)
        work.clocks.start(made.id, [plan(rule) for rule in clocks])
    return made


def changed(store, made, **fields):
    with store.work() as work:
        return work.tickets.save(replace(work.tickets.get(made.id), **fields))


def read(store, made):
    with store.reading() as work:
        return work.tickets.get(made.id)


def link(store, made):
    with store.reading() as work:
        return work.desks.link(NAME, made.id)


def log(store, action):
    return [
        {**json.loads(one.detail), "actor": one.actor} for one in entries(store, action)
    ]


def left(store):
    with store.reading() as work:
        return dict(work.desks.counts(NAME))


def tells(server, note, name, before, after):
    """Whether a note says so; a desk that has no notes gets its description anew."""
    said = f"{before} -> {after}" if server.tells_changes else after
    return f"{name}: {said}" in note.splitlines()


def notices(store, clock):
    with store.reading() as work:
        return [one.notice for one in work.notices.waiting(clock.now(), 100)]


# --- out


def test_a_ticket_is_made_there_once_with_ids_reasons_times_and_a_link(
    store, server, send
):
    made = opened(store)

    assert send() == 1
    assert send() == 0

    [there] = server.held
    assert there.title == "T-000001 Kestrel Air: code amber, high"
    assert there.key == link(store, made).key
    for told in (
        "severity: high",
        "acknowledge (RG 271.51): running, due 2026-03-03 12:00 UTC (provisional)",
        "- first",
        "https://agora.example/m/1",
    ):
        assert told in there.body.splitlines()
    assert "violin" not in there.body
    [entry] = log(store, "desk.mirrored")
    assert entry["external_id"] == str(there.number) == link(store, made).external_id


def test_the_authors_words_go_out_only_where_the_operator_lets_them(
    store, server, send
):
    opened(store)

    send(with_text=True)

    assert "They lost my grandmother's violin." in server.held[0].body.splitlines()


def test_a_change_is_told_in_one_private_note_and_only_what_changed(
    store, server, send
):
    made = opened(store)
    send()
    changed(store, made, tier=Tier.ESCALATION, queue="escalation_team")
    changed(store, made, code=Code.RED, severity=Severity.CRITICAL)

    assert send() == 1

    [there] = server.held
    [note] = there.notes
    assert tells(server, note, "severity", "high", "critical")
    assert tells(server, note, "code", "amber", "red")
    assert tells(server, note, "tier", "1", "3")
    assert tells(server, note, "queue", "baggage", "escalation_team")
    assert there.fields["priority"] == server.URGENT
    assert not server.tells_changes or "mentions" not in note


def test_what_changes_nothing_that_a_desk_is_told_makes_no_call(store, server, send):
    made = opened(store)
    send()
    calls = len(server.seen)
    changed(store, made, reach=90_000)

    send()

    assert len(server.seen) == calls
    assert left(store) == {}


def test_closing_here_closes_there_and_opening_again_opens(store, server, send, clock):
    made = opened(store)
    send()
    close(store, clock, made.id, by=OPERATOR, rulebook=RULEBOOK)

    send()

    assert server.held[0].status == server.CLOSED
    changed(store, made, status=TicketStatus.OPEN, closed_at=None)
    send()
    assert server.held[0].status == server.OPEN


def test_a_ticket_closed_before_it_was_mirrored_is_made_and_then_closed(
    store, server, send, clock
):
    made = opened(store)
    close(store, clock, made.id, by=OPERATOR, rulebook=RULEBOOK)

    send()
    send()

    assert [one.status for one in server.held] == [server.CLOSED]


def test_only_tickets_of_the_chosen_queues_go_out_and_stay_mirrored_elsewhere(
    store, server, send
):
    opened(store, 1, queue="baggage")
    chosen = opened(store, 2, queue="social")
    queues = frozenset({"social"})
    send(queues=queues)
    changed(store, chosen, queue="baggage")

    send(queues=queues)

    [there] = server.held
    assert there.key == link(store, chosen).key
    assert tells(server, there.notes[0], "queue", "social", "baggage")


# --- out, while things break


@pytest.fixture
def impatient(url, server, clock) -> Mirror:
    return Mirror(rulebook=RULEBOOK, desk=KINDS[type(server)](url, clock, timeout=0.3))


@pytest.mark.parametrize("fault", ["hang", "500"])
def test_one_that_was_taken_before_things_went_wrong_is_found_and_made_once(
    store, server, clock, impatient, fault
):
    made = opened(store)
    server.fail_next.append(fault)

    assert mirror_pending(store, [impatient], clock) == 0
    assert left(store) == {Sending.UNKNOWN: 1}
    assert mirror_pending(store, [impatient], clock) == 0
    server.released.set()
    clock.advance(minutes=15)
    assert mirror_pending(store, [impatient], clock) == 1

    assert [one.key for one in server.held] == [link(store, made).key]
    assert link(store, made).external_id == str(server.held[0].number)
    assert left(store) == {}


def test_what_changed_while_its_making_was_in_doubt_is_told_afterwards(
    store, server, send, clock
):
    made = opened(store)
    server.fail_next.append("500")
    send()
    changed(store, made, tier=Tier.MANAGEMENT)
    clock.advance(minutes=15)

    send()
    send()

    [there] = server.held
    assert len(there.notes) == 1
    assert tells(server, there.notes[0], "tier", "1", "4")


@pytest.mark.parametrize("server", SEARCHED, indirect=True)
def test_one_that_is_not_there_after_two_looks_is_made(store, server, send, clock):
    opened(store)
    server.fail_next.append("500")
    send()
    server.held.clear()
    clock.advance(minutes=15)

    assert send() == 0
    assert server.held == []
    clock.advance(minutes=15)
    assert send() == 1

    assert len(server.held) == 1


@pytest.mark.parametrize("fault", ["hang", "500"])
def test_a_note_that_was_taken_before_things_went_wrong_is_written_once(
    store, server, clock, impatient, fault
):
    made = opened(store)
    mirror_pending(store, [impatient], clock)
    changed(store, made, tier=Tier.SPECIALIST, status=TicketStatus.CLOSED)
    server.fail_next.append(fault)
    mirror_pending(store, [impatient], clock)
    server.released.set()
    clock.advance(minutes=15)

    assert mirror_pending(store, [impatient], clock) == 1

    [there] = server.held
    assert len(there.notes) == 1
    assert there.status == server.CLOSED
    assert link(store, made).in_doubt is False


def test_a_process_that_died_in_the_middle_leaves_a_doubt_and_no_second_ticket(
    store, server, mirror, clock, monkeypatch
):
    opened(store)

    class Dead(BaseException):
        pass

    def dying(card):
        real(card)
        raise Dead

    real = mirror.desk.create
    dies = replace(mirror, desk=mirror.desk)
    monkeypatch.setattr(mirror.desk, "create", dying)
    with pytest.raises(Dead):
        mirror_pending(store, [dies], clock)
    monkeypatch.undo()

    assert mirror_pending(store, [mirror], clock) == 0
    clock.advance(minutes=6)
    assert mirror_pending(store, [mirror], clock) == 1

    assert len(server.held) == 1


def test_a_desk_that_asks_for_a_pause_gets_it_and_it_counts_as_no_try(
    store, server, send, clock
):
    opened(store, 1)
    opened(store, 2)
    server.fail_next.append("429")

    assert send() == 0
    clock.advance(seconds=29)
    calls = len(server.seen)
    assert send() == 0
    assert len(server.seen) == calls
    clock.advance(seconds=2)
    assert send() == 2

    assert len(server.held) == 2
    assert [one["attempts"] for one in log(store, "desk.mirrored")] == [1, 1]


def test_what_a_desk_refuses_is_given_up_told_and_can_be_taken_up(
    store, server, send, clock
):
    made = opened(store)
    server.fail_next.append("400")

    send()

    assert left(store) == {Sending.GIVEN_UP: 1}
    [entry] = log(store, "desk.failed")
    assert (entry["error"], entry["reason"]) == ("Refused", "HTTP 400")
    assert [one.to for one in notices(store, clock)] == ["operator"]
    with store.work() as work:
        assert [one.ticket_id for one in work.desks.take_up(NAME, [])] == [made.id]
    assert send() == 1
    assert len(server.held) == 1


def test_a_desk_that_is_down_is_tried_with_growing_pauses_and_given_up_in_the_end(
    store, clock, mirror, server
):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    desk = KINDS[type(server)](f"http://127.0.0.1:{port}", clock)
    opened(store)
    tries = 0

    while left(store).get(Sending.WAITING):
        mirror_pending(store, [replace(mirror, desk=desk)], clock)
        clock.advance(hours=1)
        tries += 1

    assert tries == GIVE_UP_AFTER
    assert len(log(store, "desk.failed")) == 1


def test_a_desk_that_lets_us_in_no_more_is_told_to_the_operator_once_a_day(
    store, server, send, clock
):
    opened(store)
    server.is_locked = True

    send()
    clock.advance(minutes=20)
    send()

    [told] = notices(store, clock)
    assert "lets us in no more" in told.subject
    server.is_locked = False
    clock.advance(hours=1)
    assert send() == 1


# --- back


@pytest.fixture
def mirrored(store, send, ask):
    """A ticket that stands there, at a desk that was asked before."""
    made = opened(store)
    send()
    ask()
    return made


def test_one_closed_there_is_closed_here_under_the_desks_name(
    store, server, mirrored, ask
):
    server.by_hand(server.held[0], status=server.CLOSED)

    assert ask() == 1

    assert read(store, mirrored).status is TicketStatus.CLOSED
    [entry] = log(store, "ticket.closed")
    assert entry["actor"] == f"desk:{NAME}"
    [received] = log(store, "desk.status_received")
    assert received["status"] == server.CLOSED
    assert received["applied"] == ["closed"]


def test_closing_there_stops_no_legal_clock_and_our_people_hear_of_it(
    store, server, mirrored, ask, clock
):
    server.by_hand(server.held[0], status=server.CLOSED)
    ask()

    with store.reading() as work:
        [running] = work.clocks.of_ticket(mirrored.id)
    assert running.state is ClockState.RUNNING
    # The text of its pack is not kept here, which is told as well.
    [told] = [one for one in notices(store, clock) if one.key.startswith("desk:")]
    assert told.to == "baggage"
    assert told.is_important
    assert "acknowledge (RG 271.51): due 2026-03-03 12:00 UTC" in told.body
    assert log(store, "desk.status_received")[0]["legal_clocks"] == [running.id]


def test_a_desk_cannot_close_a_ticket_that_bears_a_sign_of_a_need(
    store, server, mirrored, ask, clock
):
    with store.work() as work:
        ticket = work.tickets.get(mirrored.id)
        work.tickets.save(replace(ticket, signs=(Sign.SELF_HARM,)))
    server.by_hand(server.held[0], status=server.CLOSED)

    ask()

    assert read(store, mirrored).status is TicketStatus.OPEN
    assert log(store, "desk.status_received")[0]["applied"] == []
    [told] = [one for one in notices(store, clock) if ":kept:" in one.key]
    assert told.to == "baggage"
    assert "a person closes it here" in told.body


def test_the_same_change_twice_is_one(store, server, mirrored, ask):
    server.by_hand(server.held[0], status=server.CLOSED)
    ask()
    version = read(store, mirrored).version

    assert ask() == 0
    server.held[0].at += timedelta(minutes=1)
    assert ask() == 0

    assert read(store, mirrored).version == version
    assert len(log(store, "desk.status_received")) == 1


def test_what_came_from_a_desk_is_not_sent_back_to_it_but_to_the_others(
    store, server, mirrored, ask, send
):
    server.by_hand(server.held[0], status=server.CLOSED, assignee="77")
    ask()
    writes = [one for one in server.seen if one[0] != "GET"]

    send()

    assert [one for one in server.seen if one[0] != "GET"] == writes
    assert left(store) == {}
    with store.reading() as work:
        assert work.desks.counts("other") == {Sending.WAITING: 1}


def test_what_was_not_sent_yet_still_is_when_something_comes_back(
    store, server, mirrored, ask, send
):
    changed(store, mirrored, tier=Tier.ESCALATION)
    server.by_hand(server.held[0], assignee="77")
    ask()

    send()

    [note] = server.held[0].notes
    assert tells(server, note, "tier", "1", "3")


def test_one_opened_again_there_is_open_here_again(store, server, mirrored, ask):
    server.by_hand(server.held[0], status=server.CLOSED)
    ask()
    server.by_hand(server.held[0], status=server.OPEN)

    assert ask() == 1

    assert read(store, mirrored).status is TicketStatus.OPEN
    assert read(store, mirrored).closed_at is None
    with store.reading() as work:
        events = work.tickets.events(mirrored.id)
    assert [one.name for one in events] == ["closed", "reopened"]
    assert events[-1].detail == f"by desk:{NAME}"


def test_one_whose_conversation_has_a_newer_ticket_stays_closed_and_that_is_told(
    store, server, mirrored, ask, clock
):
    server.by_hand(server.held[0], status=server.CLOSED)
    ask()
    with store.work() as work:
        work.tickets.add(ticket(1))
    server.by_hand(server.held[0], status=server.OPEN)

    ask()

    assert read(store, mirrored).status is TicketStatus.CLOSED
    assert "newer open ticket" in notices(store, clock)[-1].body
    assert log(store, "desk.status_received")[-1]["applied"] == []


def test_whom_the_desk_assigns_stands_in_the_tickets_history(
    store, server, mirrored, ask
):
    for assignee in ("77", "78", None):
        server.by_hand(server.held[0], assignee=assignee)
        ask()

    with store.reading() as work:
        events = work.tickets.events(mirrored.id)
    assert [(one.name, one.detail) for one in events] == [
        ("assigned", f"by desk:{NAME}: Dana"),
        ("assigned", f"by desk:{NAME}: desk:{NAME}:78"),
        ("assigned", f"by desk:{NAME}: nobody"),
    ]


def test_whom_the_desk_assigns_takes_it_from_nobody_here(store, server, mirrored, ask):
    changed(store, mirrored, owner="Robin")
    server.by_hand(server.held[0], assignee="77")

    ask()

    assert read(store, mirrored).owner == "Robin"


def test_a_change_that_was_made_there_before_our_own_closing_is_no_news(
    store, server, mirrored, ask, send, clock
):
    close(store, clock, mirrored.id, by=OPERATOR, rulebook=RULEBOOK)
    send()

    assert ask() == 0

    assert read(store, mirrored).status is TicketStatus.CLOSED
    assert log(store, "desk.status_received") == []


def test_an_agents_closing_that_our_own_note_meets_is_not_lost(
    store, server, mirrored, send
):
    server.by_hand(server.held[0], status=server.CLOSED)
    changed(store, mirrored, tier=Tier.ESCALATION)

    send()

    assert read(store, mirrored).status is TicketStatus.CLOSED


def test_a_desk_that_cannot_be_asked_is_asked_again_from_where_it_stood(
    store, server, mirrored, ask, clock
):
    server.by_hand(server.held[0], status=server.CLOSED)
    server.fail_reads.append("502")

    assert ask() == 0
    clock.advance(minutes=20)
    assert ask() == 1

    with store.reading() as work:
        assert work.sources.state(f"desk:{NAME}").failures == 0


def test_a_desk_is_asked_at_its_pace(store, server, mirror, mirrored, clock):
    calls = len(server.seen)

    receive_pending(store, [mirror], clock)

    assert len(server.seen) == calls


def test_a_desk_says_who_we_are_there(mirror):
    assert mirror.desk.check().startswith(mirror.desk.kind)


def test_a_wrong_token_is_said_without_the_token(server, mirror):
    server.is_locked = True

    with pytest.raises(AccessDenied) as refusal:
        mirror.desk.check()

    assert TOKEN not in f"{refusal.value} {refusal.value.detail}"


def test_an_answer_of_another_form_is_a_failure_and_no_defect(url, server, clock):
    server.answer = lambda request: Response("[1, 2]")
    desk = KINDS[type(server)](url, clock)

    with pytest.raises(Unavailable):
        desk.find("answerable-1")


@pytest.mark.parametrize("server", [SalesforceServer], indirect=True)
def test_a_session_that_has_run_out_is_made_anew_in_the_middle(store, server, send):
    made = opened(store)
    send()
    server.token = "session-2"
    changed(store, made, tier=Tier.ESCALATION)

    assert send() == 1

    assert len(server.held[0].notes) == 1


@pytest.mark.parametrize("server", [JiraServer], indirect=True)
def test_a_state_of_the_operators_own_counts_as_what_they_say(
    store, server, mirrored, url, clock
):
    mirror = Mirror(rulebook=RULEBOOK, desk=jira(url, clock, closed=("In Progress",)))
    server.by_hand(server.held[0], status="In Progress")
    clock.advance(minutes=2)

    receive_pending(store, [mirror], clock)

    assert read(store, mirrored).status is TicketStatus.CLOSED


@pytest.mark.parametrize("server", [JiraServer], indirect=True)
def test_a_workflow_that_has_no_way_there_is_said(store, server, mirrored, url, clock):
    mirror = Mirror(rulebook=RULEBOOK, desk=jira(url, clock, closed=("Filed",)))
    close(store, clock, mirrored.id, by=OPERATOR, rulebook=RULEBOOK)

    mirror_pending(store, [mirror], clock)

    assert log(store, "desk.failed")[0]["reason"] == "no transition"


@pytest.mark.parametrize("server", [ZendeskServer], indirect=True)
def test_the_operators_fields_stand_in_every_ticket_in_place_of_ours(
    store, server, url, clock
):
    fields = {"group_id": 4, "priority": None}
    mirror = Mirror(rulebook=RULEBOOK, desk=zendesk(url, clock, fields=fields))
    opened(store)

    mirror_pending(store, [mirror], clock)

    assert server.held[0].fields == {"group_id": 4, "tags": ["answerable"]}


@pytest.mark.parametrize("server", [ZendeskServer], indirect=True)
def test_a_desk_that_keeps_its_own_status_undoes_no_closing_of_ours(
    store, server, mirrored, send, ask, clock
):
    close(store, clock, mirrored.id, by=OPERATOR, rulebook=RULEBOOK)
    server.keeps_status = True

    send()
    ask()

    assert read(store, mirrored).status is TicketStatus.CLOSED
    assert log(store, "desk.mirrored")[-1]["status"] == "new"


@pytest.mark.parametrize("server", [ZendeskServer], indirect=True)
def test_a_breach_is_told_also_where_no_higher_tier_is_called(store, server, send):
    made = opened(store, tier=Tier.MANAGEMENT)
    send()
    late = ManualClock(NOON + timedelta(days=4))

    sweep(store, late, house())
    send()

    [note] = server.held[0].notes
    assert "acknowledge (RG 271.51): running" in note
    assert "-> breached" in note
    assert read(store, made).tier is Tier.MANAGEMENT
