"""What an author hears between their complaint and the end, and when they do not.

One brand on one platform in memory, the shipped packs, wording and model, and a clock
that the scenario moves; our people do what they do by the same services as the shell.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.bootstrap import App
from bot.domain.clocks import Clock
from bot.domain.mentions import Author, ChannelControl, Mention
from bot.domain.replies import Reply, ReplyState
from bot.domain.tickets import TicketEvent
from bot.rules.calendars import calendar_of
from bot.rules.library import load_library
from bot.services import tickets as services
from bot.services.drafts import approve, draft, submit
from bot.services.ingest import Source
from bot.services.rules import replay
from bot.settings import load_settings
from bot.testing import FakePlatform, ManualClock
from bot.work.local import Local
from tests.acceptance.conftest import ROOT
from tests.unit.rules.packs import edit

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 3, 1, 22, tzinfo=UTC)
"""Monday 2 March 2026, 9 in the morning in Sydney."""

BRAND, CHANNEL, THREAD = "Gannet Air", "agora", "thread-1"
COMPLAINT = (
    "@GannetAir My suitcase came back broken and nobody at the desk helped. "
    "This is not good enough, please fix it."
)
ANSWER = "Sorry to hear that. Please send us a private message, so that we can help."


class World:
    """Gannet Air, who complains about it, and the people who work there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, ManualClock(MONDAY)
        self.platform = FakePlatform(self.clock, name=CHANNEL)

    @property
    def follow_ups(self) -> Path:
        return self.folder / "packs" / "house" / "1" / "follow_ups.yaml"

    def begin(self) -> None:
        """Set the bot up as an operator would, with the platform in its place."""
        packs = self.folder / "packs"
        settings = self.folder / "bot.yaml"
        settings.write_text(
            json.dumps(
                {
                    "place": "AU-NSW",
                    "zone": "Australia/Sydney",
                    "database": {"url": f"sqlite:///{self.folder}/bot.db"},
                    "model": {"path": str(ROOT / "models" / "default")},
                    "packs": {
                        "house": str(packs / "house" / "1"),
                        "regulation": str(packs / "au.asic.rg271" / "2021-09.1"),
                        "templates": str(ROOT / "config" / "templates"),
                    },
                    "brands": {BRAND: {}},
                    "sources": {
                        "forum": {
                            "connector": "replay",
                            "brand": BRAND,
                            "path": str(self.folder / "none.jsonl"),
                        }
                    },
                    "channels": {CHANNEL: {"mode": "live", "reply_via": "forum"}},
                }
            ),
            encoding="utf-8",
        )
        self.app = App(load_settings(settings, {}), clock=self.clock)
        self.forum = Source(name="forum", connector=self.platform, page=100)
        self.app.sources = {"forum": self.forum}
        self.app.unchecked_store.upgrade()
        self.local = Local(self.app)

    def say(self, text: str) -> None:
        """Let the author write, and the bot hear it."""
        number = len(self.platform.standing) + int(self.clock.now().timestamp())
        self.platform.say(
            Mention(
                channel=CHANNEL,
                external_id=f"m-{number}",
                brand=BRAND,
                text=text,
                published_at=self.clock.now(),
                conversation=THREAD,
                author=Author(
                    external_id="id-wren",
                    handle="wren_ada",
                    followers=150,
                    following=300,
                    posts=900,
                    bio="Trains and tea",
                    created_at=MONDAY - timedelta(days=2_000),
                ),
                language_hint="en",
                control=ChannelControl.MENTION,
                is_addressed=True,
            )
        )
        self.local.listen(self.forum)
        self.passes(minutes=1)

    def passes(self, *, days: int = 0, hours: int = 0, minutes: int = 0) -> None:
        """Let time pass, a quarter of an hour at a time at most."""
        left = timedelta(days=days, hours=hours, minutes=minutes)
        while left > timedelta(0):
            step = min(left, timedelta(minutes=15))
            self.clock.advance(seconds=step.total_seconds() - 6)
            self.local.work()
            # A reply that was sent is read back a moment later.
            self.clock.advance(seconds=6)
            self.local.work()
            left -= step

    def it_is_agreed_to(self) -> None:
        """Let a colleague say yes to all that waits for one."""
        for one in self.replies(ReplyState.SUBMITTED):
            approve(
                self.app.store, self.clock, one.id, by="ana", text_hash=one.text_hash
            )

    def it_is_answered_and_closed(self) -> None:
        """Let a colleague answer in private, record that, and close the ticket."""
        [ticket_id] = [one.id for one in self.tickets()]
        house, rulebook = self.app.policy.house, self.app.policy.rulebook
        where = (self.app.store, self.clock, ticket_id)
        for name in ("first_response", "idr_response_provided"):
            services.record(*where, name, by="ana", rulebook=rulebook)
        services.close(*where, by="ana", rulebook=rulebook, follow_ups=house.follow_ups)

    def it_is_answered_in_public(self) -> Reply:
        """Let one colleague write an answer, and another agree to it."""
        [ticket_id] = [one.id for one in self.tickets()]
        where = (self.app.store, self.clock)
        reply = draft(*where, ticket_id, text=ANSWER, by="ana")
        submit(*where, reply.id, by="ana")
        approve(*where, reply.id, by="bo", text_hash=reply.text_hash)
        return reply

    def promise(self) -> Clock:
        """Return how the house's own promise of an answer stands."""
        [ticket_id] = [one.id for one in self.tickets()]
        with self.app.store.reading() as work:
            clocks = work.clocks.of_ticket(ticket_id)
        [found] = [one for one in clocks if one.plan.rule == "first_response"]
        return found

    def recomputed(self) -> set[bool]:
        """Say whether every deadline, computed once more, is what was promised."""
        with self.app.store.audit_log() as records:
            found = replay(
                records,
                load_library(self.folder / "packs"),
                lambda place, zone: calendar_of(place, zone=zone),
                since=MONDAY - timedelta(days=1),
                until=self.clock.now(),
            )
            return {one.is_same for one in found}

    def tickets(self):
        with self.app.store.reading() as work:
            return work.tickets.listing()

    def replies(self, state: ReplyState) -> list[Reply]:
        with self.app.store.reading() as work:
            return list(work.replies.listing(state=state))

    def history(self) -> list[TicketEvent]:
        [ticket] = self.tickets()
        with self.app.store.reading() as work:
            return list(work.tickets.events(ticket.id))

    @property
    def reads(self) -> list[str]:
        """What the author can read below their words."""
        return [one.reply.text for one in self.platform.standing]

    @property
    def hours(self) -> list[int]:
        """At which hours, in Sydney, we spoke."""
        zone = timedelta(hours=11)
        return [(one.published_at + zone).hour for one in self.platform.standing]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    shutil.copytree(ROOT / "config" / "packs", tmp_path / "packs")
    made = World(tmp_path)
    yield made
    made.app.close()


def test_an_author_hears_by_when_then_the_answer_and_then_is_asked_how_it_went(
    world: World,
) -> None:
    edit(world.follow_ups, "legal_near:", "promise_near: {share: 80}\n  legal_near:")
    world.begin()

    world.say(COMPLAINT)
    world.it_is_agreed_to()
    world.passes(minutes=15)
    assert len(world.reads) == 1
    assert "privately" in world.reads[0]

    world.passes(hours=6, minutes=15)
    [waits] = world.replies(ReplyState.SUBMITTED)
    assert waits.kind == "status_promise_near"
    world.it_is_agreed_to()
    world.passes(minutes=15)
    assert len(world.reads) == 2
    assert "by 2 March 2026, 17:00 (AEDT)" in world.reads[1]

    world.it_is_answered_and_closed()
    world.passes(hours=23)
    assert len(world.reads) == 2
    world.passes(hours=1)
    world.it_is_agreed_to()
    world.passes(minutes=15)
    assert "from 1 (badly) to 5" in world.reads[2]

    world.say("@GannetAir 5/5, thank you, that was quick!")
    [ticket] = world.tickets()
    assert ticket.status == "closed"
    told = {one.name: one.facts.get("score") for one in world.history()}
    assert told["satisfaction_answered"] == "5"
    assert {"status_sent", "satisfaction_asked"} <= told.keys()


def test_a_persons_answer_keeps_the_houses_promise_when_it_is_proven(
    world: World,
) -> None:
    world.begin()
    world.say(COMPLAINT)
    world.passes(minutes=15)
    assert world.promise().state == "running"

    reply = world.it_is_answered_in_public()
    world.passes(minutes=15)

    kept = world.promise()
    [said] = [one for one in world.platform.standing if one.reply.key == reply.key]
    assert (kept.state, kept.ended_by) == ("met", "answered")
    assert kept.ended_at == said.published_at
    # What was promised is what it was, whoever computes it once more.
    assert world.recomputed() == {True}


def test_who_complains_again_after_the_closing_finds_the_same_ticket_open(
    world: World,
) -> None:
    world.begin()
    world.say(COMPLAINT)
    world.it_is_answered_and_closed()
    world.passes(hours=2)

    world.say("@GannetAir The new suitcase is broken too. Unacceptable, please fix it!")

    [ticket] = world.tickets()
    assert ticket.status == "open"
    assert "reopened" in {one.name for one in world.history()}
    world.passes(days=1)
    assert not any("from 1 (badly) to 5" in one for one in world.reads)


def test_nothing_is_said_at_night_and_it_is_said_in_the_morning(world: World) -> None:
    edit(
        world.follow_ups,
        "legal_near:",
        "waiting: {after: PT6H, unasked: true}\n  legal_near:",
    )
    world.begin()
    world.passes(hours=8)

    world.say(COMPLAINT)
    world.it_is_agreed_to()
    world.passes(hours=6)
    before = len(world.reads)
    assert before == 1
    world.passes(hours=8)
    assert len(world.reads) == before

    world.passes(hours=1)

    assert len(world.reads) == before + 1
    assert "You will hear" in world.reads[-1] or "come back to you" in world.reads[-1]
    assert world.hours[-1] == 8
