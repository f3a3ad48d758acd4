"""People who may be in need: nobody automatic speaks, and somebody is there at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.conftest import ROOT
from tests.acceptance.test_escalation import MONDAY, World, world
from tests.unit.rules.packs import edit

__all__ = ["world"]

pytestmark = pytest.mark.slow

NIGHT = timedelta(hours=17)
"""From Monday at nine to Tuesday at two in the morning, in Sydney."""

TWEET = "@GannetAir three days and still no refund, this was the rent. Please answer"
DESPAIR = (
    "@GannetAir I can't do this any more. I see no point in being here. "
    "They would all be better off without me."
)
POOR = (
    "@GannetAir you took the fare twice and I can't pay the rent now. I lost my job in "
    "May. Please give it back, I have written four times."
)


def at(written: str) -> datetime:
    return datetime.fromisoformat(written)


def spoken(ticket: dict[str, Any]) -> list[str]:
    return [one["state"] for one in ticket["replies"]]


def test_at_night_somebody_in_despair_meets_a_person_and_no_machine(
    world: World,
) -> None:
    tweet = world.say(
        "Our new seats are here, come and try them", by="GannetAir", control="owned"
    )
    post = world.say(
        DESPAIR, after=NIGHT, by="quiet_one", thread=tweet, control="owned"
    )
    again = world.say(
        "@GannetAir is anybody there?",
        after=NIGHT + timedelta(minutes=2),
        by="quiet_one",
        thread=tweet,
        control="owned",
    )
    world.say(
        "Lovely crew today, thank you all!",
        after=NIGHT + timedelta(minutes=5),
        by="joy",
    )
    world.run(more=f"people: {ROOT}/config/people.yaml\n")

    ticket = world.ticket(post)

    # It is told apart, and lies with the people for it, whatever else was said.
    assert ticket["signs"] == ["self_harm"]
    assert (ticket["queue"], ticket["code"], ticket["severity"]) == (
        "care",
        "red",
        "critical",
    )
    assert world.ticket(again)["ticket"] == ticket["ticket"]
    # Nobody automatic spoke, or even worded anything, in that conversation.
    assert spoken(ticket) == []
    platform = world.folder / "platform.jsonl"
    assert not platform.exists() or tweet not in platform.read_text(encoding="utf-8")
    # Whoever works from the care queue at two in the morning was called at once.
    (called, *_) = world.log("chain.called")
    assert called["detail"]["chain"] == "care"
    assert called["detail"]["to"] == ["noor"]
    assert at(called["at"]) - (MONDAY + NIGHT) < timedelta(minutes=5)
    # The shorter clock runs, and says why.
    (clock,) = [one for one in ticket["clocks"] if one["rule"] == "first_response"]
    assert at(clock["due_strict"]) - at(clock["started_at"]) == timedelta(minutes=30)
    assert clock["cite"].endswith("a sign of self-harm")
    # The agent sees at once what to do, and that a crisis line has to be filled in.
    assert "emergency services" in ticket["first"]["what to do"]
    assert "none is filled in for AU-NSW" in ticket["first"]["crisis lines"]


def test_the_words_to_somebody_in_despair_wait_for_a_yes(world: World) -> None:
    post = world.say(DESPAIR, after=NIGHT, by="quiet_one")
    world.run()
    key = world.ticket(post)["ticket"]
    wordings = world("reply", "word", key, "list", "--by", "noor").out

    worded = world("reply", "word", key, "en/care/1", "--by", "noor")
    world("run", "--once")
    (waiting,) = world.ticket(post)["replies"]
    approved = world(
        "reply",
        "approve",
        waiting["reply"],
        "--by",
        "mira",
        "--sha256",
        waiting["text_sha256"],
    )
    world("run", "--once")
    (sent,) = world.ticket(post)["replies"]

    assert "vi/care/2: " in wordings
    assert worded.code == 0, worded.err
    assert waiting["state"] == "submitted"
    assert approved.code == 0, approved.err
    assert sent["state"] in {"sent", "seen"}
    assert sent["approved_by"] == "noor, mira"
    assert "complain" not in sent["text"]
    assert "utomated" not in sent["text"]


def test_the_sign_stays_with_the_conversation_and_a_person_may_take_it_off(
    world: World,
) -> None:
    dark = world.say(DESPAIR, by="quiet_one")
    light = world.say(
        "@GannetAir do you fly to Hobart on Sundays?",
        after=timedelta(hours=1),
        by="quiet_one",
    )
    world.run()
    key = world.ticket(dark)["ticket"]

    found = world("ticket", "list", "--mark", "self_harm", "--json").json
    refused = world(
        "ticket",
        "hand-off",
        key,
        "--to",
        "agents",
        "--by",
        "lea",
        "--reason",
        "not ours",
    )
    off = world(
        "ticket", "unflag", key, "self_harm", "--by", "mira", "--reason", "a lyric"
    )

    assert world.ticket(light)["signs"] == []
    assert [one["ticket"] for one in found] == [key]
    assert refused.code != 0
    assert "stays with those who are prepared" in refused.err
    assert off.code == 0, off.err
    assert world.ticket(dark)["signs"] == []
    (entry,) = world.log("ticket.unflagged")
    assert entry["actor"] == "mira"


def test_somebody_in_hardship_gets_the_shorter_time_until_a_person_says_the_class(
    world: World,
) -> None:
    post = world.say(POOR, by="two_jobs", control="owned")
    world.run()
    ticket = world.ticket(post)
    before = {one["rule"]: one for one in ticket["clocks"]}

    said = world(
        "ticket",
        "class",
        ticket["ticket"],
        "credit_hardship",
        "--by",
        "mira",
        "--reason",
        "a hardship notice under the credit code",
    )
    after = {one["rule"]: one for one in world.ticket(post)["clocks"]}

    assert ticket["signs"] == ["hardship"]
    assert ticket["queue"] == "hardship"
    assert spoken(ticket) == []
    # Both run and both say why: the house's own 21 days, and the law's 30.
    assert before["hardship_response"]["due_strict"][:10] == "2026-03-22"
    assert before["hardship_response"]["force"] == "internal"
    assert "a sign of hardship" in before["hardship_response"]["cite"]
    assert before["idr_response"]["due_strict"][:10] == "2026-04-01"
    # From then on the law's own class runs, and the house's promise has done its work.
    assert said.code == 0, said.err
    assert after["hardship_response"]["ended_by"] == "classified"
    assert after["idr_response"]["due_strict"][:10] == "2026-03-23"


def test_a_house_whose_crisis_lines_are_filled_in_shows_them_to_the_agent(
    world: World,
) -> None:
    line = "{name: A line, contact: on its own page, verified_on: 2026-02-01}"
    edit(
        world.packs / "house" / "1" / "care.yaml",
        "helplines: {}",
        f"helplines: {{AU-NSW: [{line}]}}",
    )
    post = world.say(DESPAIR, by="quiet_one")
    world.run()

    first = world.ticket(post)["first"]

    assert first["crisis lines"] == "A line: on its own page"
