"""How each source stands, as a person and a program read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.sources import span
from bot.clock import SystemClock
from bot.domain.channels import Coverage, Health, Quota
from bot.domain.ports import Checked, SourceState
from tests.samples import mention
from tests.unit.cli.shell import run

NOW = SystemClock().now().replace(second=0, microsecond=0)
HOUR = timedelta(hours=1)

SETTINGS = """
brands:
  Kestrel Air: {}
sources:
  acme-x:
    connector: x
    brand: Kestrel Air
    account: kestrelair
    bearer_token: nothing
    budget:
      monthly_reads: 100000
      price_per_read: 0.005
      currency: USD
  idle:
    connector: x
    brand: Kestrel Air
    account: kestrelair
    bearer_token: nothing
"""


@pytest.fixture
def where(store, file, tmp_path, monkeypatch):
    """The options that name a file of settings and the database."""
    monkeypatch.chdir(Path(__file__).resolve().parents[3])
    config = tmp_path / "bot.yaml"
    config.write_text(SETTINGS, encoding="utf-8")
    lived(store)
    return ["--config", str(config), "--db", f"sqlite:///{file}"]


def lived(store):
    """A source that was seen for ten hours, but for one of them, and is seen now."""
    stretches = [
        ("ok", NOW - 10 * HOUR, NOW - 5 * HOUR, ""),
        ("Unavailable", NOW - 5 * HOUR, NOW - 4 * HOUR, "x: is down"),
        ("ok", NOW - 4 * HOUR, NOW + HOUR, ""),
    ]
    with store.work() as work:
        for outcome, started, ended, detail in stretches:
            work.sources.cover(
                Coverage(
                    source="acme-x",
                    started_at=started,
                    ended_at=ended,
                    outcome=outcome,
                    detail=detail,
                )
            )
        work.sources.save(
            SourceState(name="acme-x", last_success_at=NOW, newest_at=NOW - HOUR)
        )
        work.sources.spend("acme-x", NOW, reads=700)
        quota = Quota(unit="points", limit=5_000, left=12)
        health = Health(
            ok=True,
            detail="@kestrelair reads",
            token_expires_at=datetime(2099, 1, 2, tzinfo=UTC),
            quotas=(quota,),
        )
        work.sources.keep_health("acme-x", Checked(health=health, at=NOW))
        late = mention(1, published_at=NOW - 4.5 * HOUR)
        work.mentions.add([late], source="acme-x", at=NOW - 4 * HOUR)


def told(capsys, *arguments):
    assert run("source", *arguments) == 0
    return capsys.readouterr().out


def test_each_source_has_a_line(where, capsys):
    found = json.loads(told(capsys, "list", "--json", *where))

    first, second = found
    assert (first["source"], first["mode"]) == ("acme-x", "shadow")
    assert first["reads"]["left"] == 99_300
    assert first["reads"]["a_day"] == 700
    assert first["cost"] == pytest.approx(3.5)
    assert first["quotas"][0]["left"] == 12
    assert first["coverage"]["blind_seconds"] == 3_600
    assert (second["source"], second["last_success_at"]) == ("idle", None)


def test_the_list_is_a_table_for_people(where, capsys, monkeypatch):
    monkeypatch.setattr("bot.cli.output.out.width", 160)
    shown = told(capsys, "list", *where)

    assert "acme-x" in shown
    assert "99300 reads left" in shown
    assert "credential ends 2099-01-02" in shown
    assert "1 h" in shown


def test_in_80_columns_the_list_breaks_no_word(where, capsys, monkeypatch):
    monkeypatch.setattr("bot.cli.output.out.width", 80)
    shown = told(capsys, "list", *where)

    assert max(map(len, shown.splitlines())) <= 80
    assert {"connector", "brand", "credential", "shadow"} <= set(shown.split())


def test_one_source_is_shown_whole(where, capsys):
    shown = told(capsys, "show", "acme-x", *where)

    assert "cost this month: 3.50 USD" in shown
    assert "quota: 12 of 5000 points left" in shown
    assert "99300 of 100000 left" in shown
    assert "Unavailable 60" in shown
    assert "every stretch is closed" in shown


def test_a_stretch_says_what_closed_it_and_how_much_was_read_later(where, capsys):
    whole = json.loads(told(capsys, "show", "acme-x", "--json", *where))

    [outage] = whole["outages"]
    assert outage["cause"] == "Unavailable"
    assert outage["seconds"] == 3_600
    assert outage["closed_at"] == (NOW - 4 * HOUR).isoformat()
    assert outage["read_later"] == 1
    assert outage["parts"][0]["detail"] == "x: is down"


def test_a_certificate_counts_the_minutes_of_a_period(where, capsys, tmp_path):
    period = [
        "--since",
        (NOW - 6 * HOUR).isoformat(),
        "--until",
        (NOW - 3 * HOUR).isoformat(),
    ]
    drawn = tmp_path / "seen.svg"

    shown = told(capsys, "coverage", "acme-x", *period, "--svg", str(drawn), *where)
    found = json.loads(told(capsys, "coverage", "acme-x", *period, "--json", *where))

    assert found["minutes"] == {"ok": 120, "Unavailable": 60}
    assert found["bar"] == "█" * 24 + "·" * 24 + "█" * 24
    assert found["bar"] in shown
    picture = drawn.read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "url(http" not in picture


def test_what_is_delivered_is_not_said_to_be_all_that_was_sent(where, capsys):
    config = Path(where[1])
    of_a_hook = "  hook: {connector: webhook, brand: Kestrel Air, channel: forum, "
    secret = "secret: " + "s" * 32 + "}"
    config.write_text(f"{SETTINGS}{of_a_hook}{secret}\n", encoding="utf-8")

    delivered = " ".join(told(capsys, "coverage", "hook", *where).split())
    asked = " ".join(told(capsys, "coverage", "acme-x", *where).split())

    assert "Whether senders could deliver is not seen from here" in delivered
    assert "every stretch is closed" not in delivered
    assert "Whether senders" not in asked


def test_a_source_that_nobody_named_is_missing(where, capsys):
    assert run("source", "show", "nobody", *where) == 6
    assert "acme-x, idle" in capsys.readouterr().err


def test_a_period_must_have_a_length(where, capsys):
    period = ["--since", "2026-03-02T00:00:00Z", "--until", "2026-03-01T00:00:00Z"]

    assert run("source", "coverage", "acme-x", *period, *where) == 2
    assert "is not before" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0"), (59, "59 s"), (3_600, "1 h"), (3_661, "1 h 1 min"), (90_061, "1 d 1 h")],
)
def test_a_span_is_told_in_two_units(seconds, words):
    assert span(timedelta(seconds=seconds)) == words
