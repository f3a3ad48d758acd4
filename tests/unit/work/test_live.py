from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.bootstrap import App
from bot.clock import ReplayClock
from bot.domain.channels import Page
from bot.domain.ports import Notice
from bot.errors import Missing, NotAllowed, RateLimited
from bot.settings import load_settings
from bot.testing import (
    START,
    KeywordClassifier,
    ManualClock,
    RecordingNotifier,
    ScriptedConnector,
)
from bot.work.live import Listening, alone, work_until
from bot.work.local import Local
from bot.work.scheduler import Lease
from tests.unit.services.world import actions, mention, outbox, policy, source, tickets

PATIENCE = 120.0
"""Seconds; far more than any of these needs."""

FAST = 1e9
"""So fast that a microsecond of ours is a quarter of an hour there."""


@pytest.fixture
def app(tmp_path):
    file = tmp_path / "bot.yaml"
    file.write_text(f'database: {{url: "sqlite:///{tmp_path}/a.db"}}', encoding="utf-8")
    made = App(load_settings(file, {}), clock=ManualClock())
    made.classifier = KeywordClassifier()
    made.policy = policy()
    made.outbox = outbox(None, modes={})
    made.notifiers = [RecordingNotifier("mail")]
    made.unchecked_store.upgrade()
    yield made
    made.close()


def listening(app, connector, *, name="x", streaming=None, ends=None):
    ends = [] if ends is None else ends
    streaming = {name} if streaming is None else streaming
    return Listening(
        app,
        Local(app),
        source(connector, name=name),
        threading.Event(),
        streaming,
        at_end=ends.append,
    )


def runs_on(clock: ReplayClock) -> bool:
    """Whether it runs much faster than life."""
    begin = clock.now()
    return any(clock.now() - begin > timedelta(hours=1) for _ in range(100_000))


class Listener(RecordingNotifier):
    """Can be waited for."""

    def __init__(self) -> None:
        super().__init__("mail")
        self.heard = threading.Event()

    def send(self, notice: Notice) -> None:
        super().send(notice)
        self.heard.set()


def test_it_works_until_it_is_stopped_and_gives_the_lease_back(app):
    stop, told = threading.Event(), Listener()
    app.notifiers = [told]
    urgent = mention("terrible, my lawyer will write")
    connector = ScriptedConnector([Page(mentions=[urgent], cursor=None)])
    running = threading.Thread(
        target=work_until,
        args=(stop, app, Local(app), [source(connector)]),
        kwargs={"at_end": lambda _name: None},
    )

    running.start()
    has_told = told.heard.wait(PATIENCE)
    stop.set()
    running.join(PATIENCE)

    assert has_told
    assert [one.brand for one in tickets(app.store)] == [urgent.brand]
    assert Lease(app.store).take()


def test_a_second_one_on_the_same_database_is_refused(app):
    assert Lease(app.store).take()

    with pytest.raises(NotAllowed, match="another 'bot run'"):
        work_until(threading.Event(), app, Local(app), [], at_end=lambda _name: None)


def test_who_works_alone_keeps_the_lease_and_gives_it_back(app):
    with alone(app):
        assert not Lease(app.store).take()
        with pytest.raises(NotAllowed, match="another 'bot run'"), alone(app):
            pass

    assert Lease(app.store).take()


def test_when_it_began_and_ended_stands_in_the_log(app):
    stop = threading.Event()
    stop.set()

    work_until(stop, app, Local(app), [], at_end=lambda _name: None)

    assert actions(app.store, "bot") == ["bot.started", "bot.stopped"]


def test_a_source_is_read_page_by_page_until_it_has_no_more(app):
    pages = [
        Page(mentions=[mention()], cursor=None, more=True),
        Page(mentions=[mention()], cursor=None, more=False),
        Page(mentions=[mention()], cursor=None),
    ]

    listening(app, ScriptedConnector(pages))()

    assert len(actions(app.store, "mention.stored")) == 2


def test_a_source_that_asked_for_a_pause_is_left_alone_until_it_is_over(app):
    pause = RateLimited("x", "wait", retry_at=START + timedelta(minutes=15))
    connector = ScriptedConnector([pause])
    listen = listening(app, connector)

    listen()
    listen()
    assert len(connector.asked) == 1

    app.clock.advance(minutes=15)
    listen()
    assert len(connector.asked) == 2


def test_a_source_that_is_broken_ends_that_look_only(app):
    connector = ScriptedConnector([Missing("no file"), Page(mentions=(), cursor=None)])
    listen = listening(app, connector)

    with pytest.raises(Missing):
        listen()
    listen()

    assert len(connector.asked) == 2


def test_a_replayed_clock_slows_down_when_the_last_of_its_streams_has_ended(app):
    app.clock = ReplayClock(START, speed=FAST)
    ends: list[str] = []
    streaming = {"short", "long"}
    short, long = (
        listening(app, ScriptedConnector([]), name=name, streaming=streaming, ends=ends)
        for name in ("short", "long")
    )

    short()
    assert ends == ["short"]
    assert runs_on(app.clock)

    long()
    long()
    assert ends == ["short", "long"]
    assert not runs_on(app.clock)


class Heart:
    """Can be waited for, and never tires."""

    def __init__(self) -> None:
        self.heard = threading.Event()

    def beat(self) -> None:
        self.heard.set()


def works_for_a_while(app: App, heart: Heart) -> bool:
    """Work until the heart is heard, or until mail was; say whether it was."""
    stop, told = threading.Event(), Listener()
    app.notifiers = [told]
    app.heartbeat = heart
    with app.store.work() as work:
        work.notices.add(Notice(key="k", to="all", subject="s", body="b"), START)

    def watch() -> None:
        told.heard.wait(PATIENCE)
        if not isinstance(app.clock, ReplayClock):
            heart.heard.wait(PATIENCE)
        stop.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    work_until(stop, app, Local(app), [], at_end=print)
    watcher.join()
    return heart.heard.is_set()


def test_while_it_works_somebody_outside_hears_of_it(app):
    assert works_for_a_while(app, Heart())


def test_a_replay_whose_hours_pass_in_seconds_guards_nothing(app):
    app.clock = ReplayClock(START, speed=600.0)

    assert not works_for_a_while(app, Heart())
