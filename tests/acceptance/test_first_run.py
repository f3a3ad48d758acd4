"""What a new user sees: the bundled stream goes the whole way, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import Bot
from tests.houses import House

pytestmark = pytest.mark.slow

STREAM = Path("config/demo/stream.jsonl")
OWN = {"HarbourlineBank", "KestrelAir", "LumenMobile", "PantryAndPine"}


def _posts() -> list[dict[str, object]]:
    lines = STREAM.read_text(encoding="utf-8").splitlines()
    found = {(row["channel"], row["id"]): row for row in map(json.loads, lines)}
    return [
        row
        for row in found.values()
        if not (row["author"] and row["author"]["handle"] in OWN)
    ]


@pytest.fixture
def at_work(worked_house: House, tmp_path: Path, bot: Bot) -> Bot:
    """The command line where the bundled stream was read already."""
    worked_house.copied(tmp_path)
    return bot


def test_the_bundled_stream_goes_the_whole_way_and_a_second_run_adds_nothing(
    bot: Bot,
) -> None:
    first = bot("run", "--once", "--json")

    assert first.code == 0, first.err
    counted = first.json
    assert counted["mentions"] == len(_posts())
    assert sum(counted["by_sentiment"].values()) == counted["mentions"]
    assert counted["complaints"] > 50
    assert counted["influencers"] > 3
    assert counted["open_tickets"] > 50
    assert counted["replies"]["seen"] > 20
    assert counted["replies"]["submitted"] > 0
    assert not {"unknown", "sending"} & set(counted["replies"])
    met = [one for one in counted["deadlines"] if one["state"] == "met"]
    assert any(one["rule"] == "acknowledge_target" for one in met)

    second = bot("run", "--once", "--json")

    assert second.code == 0, second.err
    assert second.json["run"]["new"] == 0
    for name in ("mentions", "open_tickets", "audit_entries", "replies", "deadlines"):
        assert second.json[name] == counted[name], name
    assert bot("audit", "verify").code == 0


def test_the_summary_is_a_table_and_each_ticket_tells_its_reasons(
    worked_house: House, at_work: Bot
) -> None:
    out, err = worked_house.said

    assert "Traceback" not in err
    for word in ("mentions", "sentiment", "complaints", "tickets", "replies"):
        assert word in out
    assert "mentions per second" in out

    tickets = at_work("ticket", "list", "--json").json
    influencers = [ticket["influencer"] for ticket in tickets]
    assert influencers == sorted(influencers, reverse=True), "influencers come first"
    whole = at_work("ticket", "show", tickets[0]["ticket"], "--json").json
    decision = whole["mentions"][0]["decision"]
    assert decision["reasons"]
    assert set(decision["scope"]) == {
        "dissatisfaction",
        "response_expected",
        "channel_controlled",
        "author_reachable",
    }
    assert all(clock["pack"] and clock["cite"] for clock in whole["clocks"])


def test_a_complaint_has_its_legal_clocks_from_publication_with_paragraph(
    at_work: Bot,
) -> None:
    tickets = at_work("ticket", "list", "--limit", "500", "--json").json
    complaints = [one for one in tickets if one["complaint"] == "yes"]

    assert complaints
    for one in complaints[:10]:
        whole = at_work("ticket", "show", one["ticket"], "--json").json
        legal = {
            clock["rule"]: clock
            for clock in whole["clocks"]
            if clock["kind"] == "legal"
        }
        assert {"acknowledge_target", "early_close", "idr_response"} <= set(legal)
        assert "271.56" in legal["idr_response"]["cite"]
        assert legal["idr_response"]["force"] == "must"
        assert legal["acknowledge_target"]["force"] == "expect"
        published = {mention["published_at"] for mention in whole["mentions"]}
        assert legal["idr_response"]["started_at"] in published


def test_a_waiting_reply_leaves_only_after_a_named_persons_yes(at_work: Bot) -> None:
    waiting = next(
        one
        for one in at_work("reply", "list", "--state", "submitted", "--json").json
        if any("four_eyes" in why for why in one["waits_because"])
    )
    platform = Path("var/demo-platform.jsonl")
    assert waiting["in_reply_to"] not in platform.read_text(encoding="utf-8")

    wrong = at_work(
        "reply", "approve", waiting["reply"], "--by", "ann", "--sha256", "0"
    )
    assert wrong.code == 6
    # An influencer is answered, for whom two people stand.
    for name in ("ann", "bo"):
        at_work("run", "--once", "--json")
        assert waiting["in_reply_to"] not in platform.read_text(encoding="utf-8")
        right = at_work(
            *("reply", "approve", waiting["reply"], "--by", name),
            *("--sha256", waiting["text_sha256"]),
        )
        assert right.code == 0, right.err
    at_work("run", "--once", "--json")

    seen = at_work("reply", "show", waiting["reply"], "--json").json
    assert seen["state"] == "seen"
    assert seen["approved_by"] == "ann, bo"
    assert waiting["in_reply_to"] in platform.read_text(encoding="utf-8")


def test_the_kill_switch_holds_every_reply_back(bot: Bot) -> None:
    bot("db", "upgrade")
    stopped = bot("reply", "stop", "--by", "ann", "--reason", "a wrong template")
    assert stopped.code == 0, stopped.err

    counted = bot("run", "--once", "--json").json

    assert not {"sent", "seen", "sending"} & set(counted["replies"])
    assert not Path("var/demo-platform.jsonl").exists()
    bot("reply", "resume", "--by", "ann")
    assert bot("run", "--once", "--json").json["replies"]["seen"] > 20
