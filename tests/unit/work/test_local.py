from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.bootstrap import App
from bot.clock import ReplayClock
from bot.domain.chains import Chain, Step, Who
from bot.domain.channels import Cursor, Page
from bot.domain.desks import Sending
from bot.domain.mentions import EARLIEST, MentionKind
from bot.domain.packs import Actions, Happening, Trigger
from bot.domain.replies import ReplyState
from bot.errors import Unavailable
from bot.notify._rest import Site
from bot.notify.webhook import WebhookDesk
from bot.rules.people import load_people
from bot.services.desks import Mirror
from bot.services.notices import deliver_pending
from bot.services.replies import stop_replies
from bot.settings import load_settings
from bot.testing import (
    START,
    FakePlatform,
    Fault,
    KeywordClassifier,
    ManualClock,
    RecordingNotifier,
    ScriptedConnector,
)
from bot.work.local import Local, peak_memory
from tests.samples import ticket
from tests.unit.services.world import (
    actions,
    author,
    house,
    log,
    mention,
    notices,
    outbox,
    policy,
    replies,
    source,
    states,
    tickets,
)

HOUR = timedelta(hours=1)
SETTINGS = """\
database: {{url: "sqlite:///{folder}/answerable.db"}}
brands:
  Kestrel Air: {{accounts: {{x: ["@KestrelAir"]}}}}
audit: {{head_dir: "{folder}/heads", batch: 3}}
"""


@pytest.fixture
def app(tmp_path):
    file = tmp_path / "bot.yaml"
    file.write_text(SETTINGS.format(folder=tmp_path), encoding="utf-8")
    made = App(load_settings(file, {}), clock=ManualClock())
    made.classifier = KeywordClassifier()
    made.policy = policy()
    made.outbox = outbox(None, modes={})
    made.notifiers = [RecordingNotifier("mail")]
    made.unchecked_store.upgrade()
    yield made
    made.close()


def speaking(app, **fields):
    """Make the channel live, on a platform in memory."""
    platform = FakePlatform(app.clock, **fields)
    app.outbox = outbox(platform)
    return platform


def test_a_run_takes_every_mention_the_whole_way(app, tmp_path):
    platform = speaking(app)
    complaint = mention()
    platform.say(
        complaint,
        mention("love it, great"),
        mention(kind=MentionKind.REPOST, amplifies=complaint.external_id),
        mention("we are hiring", author=author("KestrelAir")),
    )
    local = Local(app)

    tally = local.once([source(platform)])

    assert (tally.fetched, tally.stored) == (4, 3)
    assert (tally.tagged, tally.decided, tally.sent) == (3, 3, 1)
    assert len(platform.standing) == 1
    [ticket] = tickets(app.store)
    assert ticket.reach == 200
    assert log(app.store) == []
    assert [one.name for one in (tmp_path / "heads").iterdir()]
    assert set(tally.seconds) >= {"listen", "tag", "triage", "watch", "speak", "seal"}


def test_a_second_run_over_the_same_posts_changes_nothing(app):
    said = [mention(), mention()]
    connector = ScriptedConnector([Page(mentions=said, cursor=None)] * 2, is_live=False)
    first = Local(app).once([source(connector)])

    second = Local(app).once([source(connector)])

    assert (first.stored, second.fetched, second.stored) == (2, 2, 0)
    assert (second.tagged, second.decided, second.sealed) == (0, 0, 0)
    assert len(replies(app.store)) == 2


def test_what_an_earlier_run_left_undone_is_done_first(app):
    platform = speaking(app)
    platform.say(mention())
    Local(app).listen(source(platform))
    app.close()

    tally = Local(app).once([])

    assert (tally.stored, tally.tagged, tally.decided, tally.sent) == (0, 1, 1, 1)


def test_every_page_is_worked_on_before_the_next_is_read(app):
    pages = [
        Page(mentions=[mention()], cursor=Cursor(str(n)), more=n < 2) for n in range(3)
    ]
    connector = ScriptedConnector(pages)
    told = []

    Local(app, tell=lambda tally: told.append((tally.stored, tally.decided))).once(
        [source(connector)]
    )

    assert connector.asked == [None, "0", "1"]
    assert (1, 1) in told
    assert (2, 2) in told
    assert told[-1] == (3, 3)


def test_a_source_that_fails_does_not_keep_the_others_from_being_read(app):
    down = Unavailable("x", "is down")
    broken = source(ScriptedConnector([down]), name="broken")
    fine = source(
        ScriptedConnector([Page(mentions=[mention()], cursor=None)]), name="fine"
    )

    tally = Local(app).once([broken, fine])

    assert tally.failed is down
    assert (tally.stored, tally.decided) == (1, 1)


def test_a_channel_in_shadow_mode_decides_and_says_nothing(app):
    connector = ScriptedConnector([Page(mentions=[mention()], cursor=None)])

    tally = Local(app).once([source(connector)])

    assert tally.sent == 0
    assert [one.state for one in replies(app.store)] == [ReplyState.WITHHELD]


def test_deadlines_that_came_are_handled_and_told(app):
    platform = speaking(app)
    platform.say(mention())
    local = Local(app)
    local.once([source(platform)])

    app.clock.advance(hours=9)
    local.drain()

    [ticket] = tickets(app.store)
    assert states(app.store, ticket)["first_response"] == "breached"
    assert local.tally.deadlines == 1
    [mail] = app.notifiers
    assert [one.to for one in mail.sent] == ["specialists"]
    assert notices(app.store, app.clock) == {}


def test_after_a_replayed_stream_its_clock_goes_on_until_replies_have_settled(app):
    app.clock = ReplayClock(START)
    platform = speaking(app, visible_after=timedelta(minutes=2))
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT)
    platform.say(mention())

    Local(app).once([source(platform)])

    assert [one.state for one in replies(app.store)] == [ReplyState.SEEN]
    [ticket] = tickets(app.store)
    assert states(app.store, ticket)["acknowledge_target"] == "met"
    assert START < app.clock.now() < START + HOUR


def test_a_replayed_clock_does_not_run_on_for_ever(app):
    app.clock = ReplayClock(START)
    platform = speaking(app, visible_after=timedelta(days=99))
    platform.say(mention())

    Local(app).once([source(platform)])

    assert [one.state for one in replies(app.store)] == [ReplyState.SENT]
    assert app.clock.now() == START + timedelta(minutes=15)


def test_many_replies_and_notices_leave_in_one_go(app):
    platform = speaking(app)
    platform.say(*[mention("terrible, lawyer") for _ in range(60)])

    tally = Local(app).once([source(platform)])

    assert tally.sent == 60
    assert len(platform.standing) == 60
    [mail] = app.notifiers
    assert len(mail.sent) == 60
    assert deliver_pending(app.store, app.notifiers, app.clock) == 0


def test_the_log_is_sealed_in_batches_of_the_size_that_was_set(app):
    connector = ScriptedConnector([Page(mentions=[mention()], cursor=None)])

    tally = Local(app).once([source(connector)])

    with app.store.reading() as work:
        last = work.audit.last_seal()
    assert last.total == tally.sealed
    assert last.number >= tally.sealed / 3
    assert actions(app.store) == []


def test_peak_memory_is_in_bytes():
    assert 10_000_000 < peak_memory() < 100_000_000_000


def test_no_seal_bears_the_date_of_a_stream_that_has_not_begun(app, tmp_path):
    stop_replies(app.store, app.clock, by="ann", reason="before the replay")
    app.clock = ReplayClock(EARLIEST)

    Local(app).seal(everything=True)

    with app.store.reading() as work:
        assert work.audit.last_seal() is None
    assert not (tmp_path / "heads").exists()

    app.clock.move_to(START)
    Local(app).seal(everything=True)

    with app.store.reading() as work:
        assert work.audit.last_seal() is not None


def test_a_run_lets_triggers_hear_of_promises_that_are_half_over(app):
    half = Trigger(
        id="T1",
        text="half of the time is over",
        on=Happening.CLOCK_WARNING,
        share=50,
        clocks=("first_response",),
        then=Actions(notify=("management",)),
    )
    app.policy = policy(house=house(triggers=(half,)))
    platform = speaking(app)
    platform.say(mention())
    local = Local(app)
    local.once([source(platform)])

    app.clock.advance(hours=5)
    local.work()

    assert "management" in notices(app.store, app.clock).values()


PEOPLE = """\
zone: Australia/Sydney
people:
  ana: {shifts: [{days: [mon], start: "18:00", end: "23:00"}], manager: lea}
  dee: {shifts: [{days: [tue], start: "09:00", end: "17:00"}]}
  lea: {}
teams:
  front: {members: [ana], queues: [agents]}
  late: {members: [dee], queues: [specialists, escalation_team, management]}
"""


def test_a_chain_whose_second_step_has_nobody_on_shift_goes_on_when_they_come(
    app, tmp_path
):
    steps = (
        Step(who=Who.SHIFT, after=HOUR),
        Step(who=Who.TEAM, name="late", after=HOUR),
        Step(who=Who.MANAGER, after=HOUR),
    )
    patient = {
        severity: {
            group: replace(cell, targets={"first_response": 99 * HOUR})
            for group, cell in row.items()
        }
        for severity, row in house().matrix.items()
    }
    pack = house(chains=(Chain(id="all", text="all", steps=steps),), matrix=patient)
    app.policy = policy(house=pack)
    file = tmp_path / "people.yaml"
    file.write_text(PEOPLE, encoding="utf-8")
    app.people = load_people(file, pack)
    platform = FakePlatform(app.clock)
    platform.say(mention())
    local = Local(app)
    local.listen(source(platform))
    [mail] = app.notifiers

    heard = []
    for _ in range(15):
        local.drain()
        heard.append([one.to for one in mail.sent if one.key.startswith("chain:")])
        app.clock.advance(hours=1)

    assert heard[1] == ["ana"]
    # Nobody of the second step's is there before Tuesday, nine o'clock in Sydney.
    assert heard[12] == ["ana"]
    assert heard[13] == ["ana", "dee"]
    assert heard[14] == ["ana", "dee", "lea"]
    summary = app.reports.summary(app.clock.now())
    assert (summary.steps, summary.steps_done) == (3, 3)


def test_tickets_reach_the_desks_in_the_same_round(app):
    desk = WebhookDesk(
        Site(name="hook", url="http://127.0.0.1:9"), app.clock, changes=None
    )
    app.mirrors = [Mirror(desk=desk, rulebook=app.policy.rulebook)]
    app.store._desks = ("hook",)
    with app.store.work() as work:
        made = work.tickets.add(ticket())

    Local(app).drain()

    with app.store.reading() as work:
        [waiting] = work.desks.listing("hook", states=[Sending.WAITING], limit=5)
    assert (waiting.ticket_id, waiting.attempts) == (made.id, 1)
