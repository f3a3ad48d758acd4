"""A changed pack comes into force while the bot runs; a broken one never does."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.audit.records import Line
from bot.bootstrap import App
from bot.clock import stopwatch
from bot.domain.channels import Page
from bot.domain.ports import Desk
from bot.services.desks import Mirror
from bot.services.lifecycle import apply_settings
from bot.settings import load_settings
from bot.testing import (
    KeywordClassifier,
    ManualClock,
    RecordingNotifier,
    ScriptedConnector,
)
from bot.work import renewal
from bot.work.live import work_until
from bot.work.local import Local
from bot.work.renewal import Renewal
from bot.work.steps import Errand, Step, Steps
from tests.unit.rules.packs import ROOT
from tests.unit.services.world import (
    handle,
    log,
    mention,
    outbox,
    record,
    source,
    tickets,
)

PATIENCE = 120.0
"""Seconds; far more than any of these needs."""

REGULATION = Path("packs/au.asic.rg271/2021-09.1/pack.yaml")


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    for name in ("packs", "templates"):
        shutil.copytree(ROOT / "config" / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def app(packs: Path) -> Iterator[App]:
    (house,) = (packs / "packs/house").iterdir()
    settings = {
        "database": {"url": f"sqlite:///{packs}/a.db"},
        "packs": {
            "house": str(house),
            "regulation": str((packs / REGULATION).parent),
            "templates": str(packs / "templates"),
        },
        "people": str(packs / "people.yaml"),
    }
    shutil.copy(ROOT / "config/people.yaml", packs)
    file = packs / "bot.yaml"
    file.write_text(json.dumps(settings), encoding="utf-8")
    made = App(load_settings(file, {}), clock=ManualClock())
    made.classifier = KeywordClassifier()
    made.outbox = outbox(None, modes={})
    made.notifiers = [RecordingNotifier("mail")]
    made.unchecked_store.upgrade()
    yield made
    made.close()


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def looked(app: App) -> Renewal:
    found = Renewal(app, every=0)
    found()
    return found


def again(renew: Renewal) -> None:
    """Let it look twice: what changed meanwhile, and that it did not go on changing."""
    renew()
    renew()


def refusals(app: App) -> list[str]:
    return [json.loads(one.detail)["error"] for one in log(app.store, "policy.refused")]


def thirty(app: App) -> int:
    return app.policy.regulation.clocks["idr_response"].by_class["standard"].n


def test_a_change_comes_into_force_and_stands_in_the_log(app: App, packs: Path) -> None:
    before = app.policy.regulation.ref
    renew = looked(app)

    change(packs / REGULATION, "standard: {unit: calendar_days, n: 30}",
           "standard: {unit: calendar_days, n: 29}")  # fmt: skip
    again(renew)

    assert thirty(app) == 29
    assert app.policy.regulation.ref != before
    (entry,) = log(app.store, "settings.applied")
    sha256 = json.loads(entry.detail)["packs_sha256"]["regulation"]
    assert sha256 == app.policy.regulation.ref.sha256


def test_what_is_made_of_the_policy_follows_it(app: App, packs: Path) -> None:
    assert app.manners.policy is not None
    assert app.manners.policy.at_most == 3
    renew = looked(app)
    (house,) = (packs / "packs/house").iterdir()

    change(house / "follow_ups.yaml", "at_most: 3", "at_most: 2")
    change(house / "replies.yaml", "author: {replies: 2", "author: {replies: 1")
    again(renew)

    assert app.manners.policy.at_most == 2
    assert app.outbox.manners == app.manners
    assert app.outbox.limits.author.replies == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        (str(REGULATION), "n: 24}", "n: many}", "clocks.acknowledge_target"),
        (str(REGULATION), "clocks:\n", "clocks: [\n", "not YAML"),
        ("packs/house/*/triggers.yaml", "on: ", "on: never_", "triggers.0.on"),
        ("packs/house/*/matrix.yaml", "tier: 1", "tier: 9", "matrix."),
        ("packs/au.afca/*/pack.yaml", "n: 30}", "n: 0}", "afca_refer_back_first"),
        (
            "templates/en/acknowledgement.yaml",
            "language: en",
            "language: xx",
            "language",
        ),
        ("people.yaml", "teams:", "teamz:", "teamz"),
    ],
)
def test_a_mistake_refuses_the_whole_change_with_file_line_and_key(
    app: App, packs: Path, file: str, old: str, new: str, key: str
) -> None:
    (path,) = packs.glob(file)
    policy, people = app.policy, app.people
    renew = looked(app)
    change(packs / REGULATION, "title: ASIC", "title: The ASIC")

    change(path, old, new)
    again(renew)
    again(renew)

    assert (app.policy, app.people) == (policy, people)
    (error,) = refusals(app)
    where = rf"^{re.escape(str(path))}:\d+: .*{re.escape(key)}"
    assert re.search(where, error, re.MULTILINE)
    with app.store.reading() as work:
        (stored,) = work.notices.waiting(app.clock.now(), 10)
    assert stored.notice.to == "operator"
    assert stored.notice.is_important
    assert error in stored.notice.body

    change(path, new, old)
    again(renew)

    assert app.policy.regulation.title.startswith("The ASIC")


def test_a_file_that_is_being_saved_is_not_read(app: App, packs: Path) -> None:
    renew = looked(app)
    whole = (packs / REGULATION).read_text(encoding="utf-8")

    (packs / REGULATION).write_text(whole[: len(whole) // 2], encoding="utf-8")
    renew()
    (packs / REGULATION).write_text(whole + "# more\n", encoding="utf-8")
    again(renew)

    assert refusals(app) == []
    assert app.policy.regulation.ref.sha256


def test_a_console_of_its_own_takes_it_up_beside_its_work(
    app: App, packs: Path
) -> None:
    assert thirty(app) == 30
    with renewal.renewing(app, every=0.01):
        change(packs / REGULATION, "standard: {unit: calendar_days, n: 30}",
               "standard: {unit: calendar_days, n: 29}")  # fmt: skip
        end = stopwatch() + 60
        while thirty(app) == 30 and stopwatch() < end:
            time.sleep(0.02)

    assert thirty(app) == 29


def test_it_does_not_look_all_the_time(app: App, packs: Path) -> None:
    renew = Renewal(app, every=PATIENCE)
    renew()

    change(packs / REGULATION, "n: 24}", "n: many}")
    again(renew)

    assert refusals(app) == []


def test_a_worker_that_decides_reads_it_too(
    app: App, packs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "LOOK_EVERY", 0.0)
    steps = Steps(app, threading.Event())
    steps.prepare([Step.TRIAGE])
    steps.take(Errand(step=Step.TRIAGE))

    change(packs / REGULATION, "n: 24}", "n: many}")
    for _ in range(2):
        steps.take(Errand(step=Step.TRIAGE))

    assert len(refusals(app)) == 1


@pytest.mark.parametrize("step", [Step.TRIAGE, Step.SEND])
def test_what_changed_before_a_workers_first_errand_is_read_too(
    app: App, packs: Path, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    monkeypatch.setattr(renewal, "LOOK_EVERY", 0.0)
    steps = Steps(app, threading.Event())
    _ = app.policy
    steps.prepare([step])

    change(packs / REGULATION, "standard: {unit: calendar_days, n: 30}",
           "standard: {unit: calendar_days, n: 29}")  # fmt: skip
    for _ in range(2):
        steps.take(Errand(step=step))

    assert thirty(app) == 29


def test_a_change_of_a_pack_that_few_tickets_are_under_is_seen(
    app: App, packs: Path
) -> None:
    book = app.policy.rulebook
    [before] = [one for one in book.library() if one.ref.id == "us.cfpb.portal"]
    renew = looked(app)
    [file] = packs.glob("packs/us.cfpb.portal/*/pack.yaml")

    change(file, "title: ", "title: The ")
    again(renew)

    book = app.policy.rulebook
    [after] = [one for one in book.library() if one.ref.id == "us.cfpb.portal"]
    assert after.title == f"The {before.title}"


def test_a_ticket_keeps_what_it_was_promised_when_its_pack_is_changed_in_place(
    app: App, packs: Path
) -> None:
    clock = cast("ManualClock", app.clock)
    apply_settings(app.store, clock, app.in_force)
    handle(app.store, clock, mention("terrible"), by=app.policy)
    [ticket] = tickets(app.store)
    renew = looked(app)

    change(packs / REGULATION, "standard: {unit: calendar_days, n: 30}",
           "standard: {unit: calendar_days, n: 29}")  # fmt: skip
    again(renew)
    assert thirty(app) == 29
    record(app.store, clock, ticket.id, "afca_referred_back",
           by="ana", rulebook=app.policy.rulebook,
           facts={"stage": "not_been_through_idr"})  # fmt: skip

    with app.store.reading() as work:
        running = {one.plan.rule: one for one in work.clocks.of_ticket(ticket.id)}
    assert log(app.store, "clock.not_followed") == []
    assert "afca_refer_back_first" in running
    promised = running["idr_response"].plan
    assert promised.pack == ticket.regulation_pack != app.policy.regulation.ref
    assert promised.due_strict - promised.started_at > timedelta(days=29)


def test_desks_follow_the_policy_in_force(
    app: App, packs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Mirror(desk=cast("Desk", object()), rulebook=app.policy.rulebook)
    monkeypatch.setitem(vars(app), "mirrors", [held])
    renew = looked(app)

    change(packs / REGULATION, "title: ASIC", "title: The ASIC")
    again(renew)

    [mirror] = app.mirrors
    assert mirror.desk is held.desk
    assert mirror.rulebook == app.policy.rulebook
    assert mirror.follow_ups == app.policy.house.follow_ups


def waited_for(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def has_begun(app: App) -> bool:
    """Whether the log says so, be the entry sealed by now or not."""
    with app.store.audit_log() as records:
        return any(
            isinstance(one, Line) and one.entry.action == "bot.started"
            for one in records
        )


@contextmanager
def running(app: App) -> Iterator[None]:
    """Let the bot work in a thread of its own, which has looked at the packs once."""
    stop = threading.Event()
    working = threading.Thread(
        target=work_until,
        args=(stop, app, Local(app), []),
        kwargs={"at_end": lambda _name: None},
    )
    working.start()
    try:
        assert waited_for(lambda: has_begun(app))
        time.sleep(2)
        yield
    finally:
        stop.set()
        working.join(PATIENCE)


def test_a_running_bot_keeps_the_last_good_pack_until_the_broken_one_is_mended(
    app: App, packs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "LOOK_EVERY", 0.0)
    heard = RecordingNotifier("mail")
    app.notifiers = [heard]
    urgent = mention("terrible, my lawyer will write")
    connector = ScriptedConnector([Page(mentions=[urgent], cursor=None)])
    first = app.policy

    with running(app):
        change(packs / REGULATION, "n: 24}", "n: many}")
        assert waited_for(lambda: bool(heard.sent))
        Local(app).listen(source(connector))
        assert waited_for(lambda: bool(tickets(app.store)))
        assert app.policy is first

        change(packs / REGULATION, "n: many}", "n: 12}")
        assert waited_for(lambda: app.policy is not first)

    assert "refused" in heard.sent[0].subject
    target = app.policy.regulation.clocks["acknowledge_target"].term("standard")
    assert target is not None
    assert target.n == 12
