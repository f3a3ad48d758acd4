"""Escalation as people live it: what is said, who is called, and by when.

Each scenario is a stream of invented posts; the stream sets the clock, so that posts of
later days let deadlines pass.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import ROOT, Bot
from tests.unit.rules.packs import edit

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 3, 1, 22, tzinfo=UTC)
"""Monday 2 March 2026, 9 in the morning in Sydney."""

SETTINGS = """
place: AU-NSW
zone: Australia/Sydney
database: {{url: "sqlite:///{folder}/bot.db"}}
model: {{path: models/default}}
packs:
  house: {packs}/house/1
  regulation: {packs}/au.asic.rg271/2021-09.1
  templates: config/templates
brands:
  Gannet Air: {{accounts: {{x: [GannetAir]}}}}
sources:
  stream:
    connector: replay
    brand: Gannet Air
    path: {folder}/stream.jsonl
    replies_to: {folder}/platform.jsonl
    page: 1
channels:
  x: {{mode: live, reply_via: stream}}
logs: {{level: error, file: "{folder}/bot.log"}}
"""


PEOPLE = """
zone: Australia/Sydney
people:
  ana:
    shifts: [{days: [mon, tue, wed, thu, fri], start: "08:00", end: "18:00"}]
  noor:
    shifts: [{days: [mon, tue, wed, thu, fri], start: "22:00", end: "06:00"}]
teams:
  front:
    members: [ana]
    queues: [agents, watch, specialists, hardship, fraud, influencer_desk,
             escalation_team, legal, media, care, safety, management]
  night:
    members: [noor]
"""

CHAIN = """
chains:
  - id: trial
    text: everybody
    when: {tier_from: 1}
    ends: [first_response]
    steps:
      - {who: shift, after: PT10M}
      - {who: team, name: night, after: PT20M}
"""


@dataclass
class World:
    """One brand, its packs, and what is said about it."""

    bot: Bot
    folder: Path
    posts: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def packs(self) -> Path:
        return self.folder / "packs"

    def say(
        self,
        text: str,
        *,
        after: timedelta = timedelta(0),
        by: str = "wren_ada",
        followers: int = 150,
        bio: str = "",
        thread: str | None = None,
        control: str = "mention",
    ) -> str:
        """Publish something; return its id."""
        number = f"{len(self.posts) + 1:06d}"
        at = (MONDAY + after).isoformat().replace("+00:00", "Z")
        self.posts.append(
            {
                "id": number,
                "channel": "x",
                "brand": "Gannet Air",
                "kind": "reply" if thread else "post",
                "conversation": thread or number,
                "in_reply_to": thread,
                "amplifies": None,
                "published_at": at,
                "edited_at": None,
                "text": text,
                "language": "en",
                "url": f"https://x.example/{by}/status/{number}",
                "control": control,
                "addressed": control != "third_party",
                "author": {
                    "id": f"id-{by}",
                    "handle": by,
                    "name": by,
                    "bio": bio,
                    "followers": followers,
                    "following": 300,
                    "posts": 900,
                    "verified": False,
                    "created_at": "2015-05-05T05:05:05Z",
                    "bot": False,
                },
                "engagement": {
                    "likes": 1,
                    "reposts": 0,
                    "replies": 0,
                    "quotes": 0,
                    "views": 40,
                },
            }
        )
        return number

    def time_passes(self, *days: float) -> None:
        """Let others say something that needs nobody, days after the beginning."""
        for one in days:
            self.say(
                "Lovely crew today, thank you all!",
                after=timedelta(days=one),
                by=f"happy_{len(self.posts)}",
            )

    def run(self, more: str = "") -> None:
        """Read, decide, answer and watch to the stream's end.

        ``more`` are further settings.
        """
        rows = sorted(self.posts, key=lambda one: one["published_at"])
        lines = [json.dumps(one) for one in rows]
        stream = self.folder / "stream.jsonl"
        stream.write_text("\n".join(lines) + "\n", encoding="utf-8")
        settings = self.folder / "bot.yaml"
        settings.write_text(
            (SETTINGS + more).format(folder=self.folder, packs=self.packs),
            encoding="utf-8",
        )
        done = self("run", "--once")
        assert done.code == 0, done.err

    def __call__(self, *arguments: str) -> Any:
        return self.bot(*arguments, "--config", str(self.folder / "bot.yaml"))

    def tickets(self) -> list[dict[str, Any]]:
        found = self("ticket", "list", "--status", "all", "--limit", "1000", "--json")
        assert found.code == 0, found.err
        return list(found.json)

    def ticket(self, post: str) -> dict[str, Any]:
        """Return everything about the ticket that a post opened or joined."""
        for row in self.tickets():
            shown = self("ticket", "show", row["ticket"], "--json").json
            if any(one["external_id"] == post for one in shown["mentions"]):
                return {**shown, **shown["ticket"], "mentions": shown["mentions"]}
        message = f"no ticket holds post {post}"
        raise AssertionError(message)

    def log(self, action: str) -> list[dict[str, Any]]:
        lines = self("audit", "export").out.splitlines()
        rows = [json.loads(line) for line in lines]
        return [
            {**one, "detail": json.loads(one["detail"])}
            for one in rows
            if one.get("action") == action
        ]


@pytest.fixture
def world(bot: Bot, tmp_path: Path) -> World:
    folder = tmp_path / "house"
    folder.mkdir()
    shutil.copytree(ROOT / "config" / "packs", folder / "packs")
    return World(bot, folder)


def test_a_meal_that_nobody_looks_after_goes_from_the_bot_to_the_management(
    world: World,
) -> None:
    post = world.say(
        "@GannetAir I ordered a vegetarian meal and was served chicken, again. "
        "This is the third flight. Not good enough, please fix it."
    )
    world.time_passes(0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 32, 40)
    world.run()

    shown = world.ticket(post)

    subject = f"ticket:{int(shown['ticket'].removeprefix('T-'))}"
    raised = [one for one in world.log("ticket.escalated") if one["subject"] == subject]
    steps = [(one["detail"]["from"], one["detail"]["to"]) for one in raised]
    first = steps[0][0]
    assert steps == [(tier, tier + 1) for tier in range(first, 4)]
    assert shown["queue"] == "management"
    told = {one["detail"]["key"] for one in world.log("notice.delivered")}
    assert len([key for key in told if key.startswith("clock:")]) >= len(steps)


def test_a_lawyer_with_200_followers_is_not_answered_by_a_machine(
    world: World,
) -> None:
    post = world.say(
        "@GannetAir You lost my client's mobility aid and ignore our letters. "
        "We will commence legal proceedings on Friday.",
        by="barrister_lee",
        followers=203,
        bio="Solicitor. Consumer law.",
    )
    world.run()

    shown = world.ticket(post)

    assert shown["queue"] == "legal"
    assert shown["tier"] >= 3
    assert not [one for one in shown["replies"] if one["state"] in {"sent", "seen"}]


def test_a_journalist_with_900_000_is_seen_first_and_pushes_nobody_aside(
    world: World,
) -> None:
    many = [
        world.say(
            "@GannetAir my bag is still missing and nobody answers me. Please help.",
            after=timedelta(minutes=number),
            by=f"traveller_{number}",
        )
        for number in range(20)
    ]
    star = world.say(
        "@GannetAir two hours on the tarmac and not a word from the crew. Why?",
        after=timedelta(minutes=30),
        by="press_noor",
        followers=904_300,
        bio="Journalist at the Daily Example",
    )
    world.run()

    first = world.tickets()[0]
    shown = world.ticket(star)
    ordinary = world.ticket(many[0])

    assert first["ticket"] == shown["ticket"]
    assert shown["tier"] > ordinary["tier"] or shown["code"] != ordinary["code"]
    due = {one["rule"]: one["due_strict"] for one in ordinary["clocks"]}
    assert due["idr_response"].startswith("2026-04-01T")


def test_a_chain_whose_second_step_has_nobody_on_shift_is_named_by_simulate(
    world: World,
) -> None:
    (world.folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    trial = world.packs / "house" / "2"
    shutil.copytree(world.packs / "house" / "1", trial)
    edit(trial / "pack.yaml", 'version: "1"', 'version: "2"')
    (trial / "chains.yaml").write_text(CHAIN, encoding="utf-8")
    post = world.say("@GannetAir my bag is still missing. Please help me find it.")
    world.time_passes(0.1, 0.4)
    world.run("people: {folder}/people.yaml")
    kept = (world.folder / "bot.db").read_bytes()

    asked = ("matrix", "simulate", "--pack", str(trial), "--days", "3650")
    said, shown = world(*asked, "--json"), world(*asked)

    assert said.code == 0, said.err
    [step] = [one for one in said.json["nobody"]["after"] if one["step"] == 2]
    assert (step["chain"], step["calls"]) == ("trial", "team night")
    assert "team night" not in {x["calls"] for x in said.json["nobody"]["before"]}
    ticket = world.ticket(post)["ticket"]
    assert ticket in step["tickets"]
    # Monday 2 March at half past nine in the morning in Sydney; the night comes at 22.
    assert step["first_at"] == "2026-03-01T22:30:00+00:00"
    assert step["longest_wait"] >= 12.5 * 3600
    assert step["hours_of_week"][9] >= 1
    [one] = [x for x in said.json["differences"] if x["ticket"] == ticket]
    assert one["called_anew"][0]["to"] == ["noor"]
    assert one["called_anew"][0]["at"] == "2026-03-02T11:00:00+00:00"
    assert "trial 2" in shown.out
    assert "team night" in shown.out
    assert (world.folder / "bot.db").read_bytes() == kept


def test_500_complaints_on_one_cause_are_one_incident_and_500_tickets(
    world: World,
) -> None:
    (world.packs / "house" / "1" / "triggers.yaml").write_text(
        """
triggers:
  - id: T1
    text: a wave of complaints
    on: many
    many: {items: 100, within: PT10M, per: brand}
    when: {dissatisfaction: [yes]}
    then: {notify: [management], is_important: true}
""",
        encoding="utf-8",
    )
    for number in range(500):
        world.say(
            "@GannetAir your app charged me twice for the same seat. Refund me please!",
            after=timedelta(seconds=number),
            by=f"charged_{number}",
        )
    world.run()

    incidents = [
        one
        for one in world.log("notice.delivered")
        if one["detail"]["to"] == "management"
    ]
    assert len(incidents) == 1
    assert len(world.tickets()) == 500
    assert len(world.log("ticket.opened")) == 500


def test_the_house_gives_a_ticket_away_and_hears_of_our_word_and_of_the_breach(
    world: World,
) -> None:
    (world.packs / "house" / "1" / "triggers.yaml").write_text(
        """
triggers:
  - id: T1
    text: somebody of ours looks at bags
    on: ticket_opened
    when: {bands: [nano], dissatisfaction: [yes]}
    then: {assign: {who: person, name: ana}}
  - id: T2
    text: we have spoken
    on: reply_seen
    then: {marks: [spoken_to]}
  - id: T3
    text: it went up
    on: ticket_changed
    then: {marks: [went_up]}
""",
        encoding="utf-8",
    )
    post = world.say(
        "@GannetAir my bag is still missing and nobody answers me. Please help.",
    )
    world.time_passes(0.2, 1, 2, 3)
    world.run()

    shown = world.ticket(post)
    marked = [world("ticket", "list", "--mark", word, "--json").json
              for word in ("spoken_to", "went_up")]  # fmt: skip

    assert [one["detail"]["to"] for one in world.log("ticket.assigned")] == ["ana"]
    assert world.log("ticket.claim_expired")[0]["detail"]["owner"] == "ana"
    assert all(shown["ticket"] in [row["ticket"] for row in one] for one in marked)
    assert world.log("trigger.failed") == []


def test_a_complaint_keeps_the_rules_of_its_day_when_the_pack_changes(
    world: World,
) -> None:
    pack = world.packs / "au.asic.rg271"
    newer = pack / "2026-04.1"
    shutil.copytree(pack / "2021-09.1", newer)
    edit(newer / "pack.yaml", '"2021-09.1"', '"2026-04.1"')
    edit(newer / "pack.yaml", "2021-10-05", "2026-03-06")
    edit(newer / "pack.yaml", "standard: {unit: calendar_days, n: 30}",
         "standard: {unit: calendar_days, n: 20}")  # fmt: skip
    text = "@GannetAir you cancelled my flight and keep my money. Please pay it back."
    before = world.say(text, by="early_bird")
    after = world.say(text, after=timedelta(days=6), by="late_bird")
    world.run()

    first, second = world.ticket(before), world.ticket(after)
    replayed = world("rules", "replay", "--from", "2026-01-01T00:00:00Z")

    def due(ticket: Mapping[str, Any]) -> str:
        dues = {one["rule"]: one["due_strict"] for one in ticket["clocks"]}
        return str(dues["idr_response"])[:10]

    assert due(first) == "2026-04-01"
    assert due(second) == "2026-03-28"
    assert replayed.code == 0, replayed.out
    assert "0 not" in replayed.out.splitlines()[-1]
