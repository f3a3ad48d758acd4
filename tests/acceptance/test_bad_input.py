"""What goes wrong is one clear line and an exit code, and nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.conftest import Bot
from tests.platforms.x_server import XServer

pytestmark = pytest.mark.slow

HERE = ("--db", "sqlite:///var/answerable.db")


def _settings(**sections: object) -> Path:
    file = Path("own.yaml")
    file.write_text(json.dumps(sections), encoding="utf-8")
    return file


def _x_source(server: XServer, **more: object) -> dict[str, object]:
    return {
        "connector": "x",
        "brand": "Acme",
        "base_url": server.base_url,
        "consumer_key": "key-that-nobody-may-see",
        "consumer_secret": "cs",
        "access_token": "at",
        "access_token_secret": "ats",
        **more,
    }


def test_bad_rows_are_kept_aside_with_a_reason_and_the_rest_goes_on(bot: Bot) -> None:
    good = {"id": "1", "created_at": "2026-03-02T09:00:00Z", "author": "a",
            "brand": "Acme", "text": "@acme where is my refund?"}  # fmt: skip
    rows = [
        json.dumps(good),
        '{"id": "2", "created_at": "2026-03',
        json.dumps({**good, "id": "3", "created_at": "0001-01-01T00:00:00Z"}),
        json.dumps({**good, "id": "4", "created_at": "2099-01-01T00:00:00Z"}),
        json.dumps({**good, "id": "5", "text": "x" * 10_000_000}),
        json.dumps({name: good[name] for name in ("created_at", "author", "text")}),
        json.dumps({**good, "id": "7", "text": "@acme merci, mais où est mon colis"}),
    ]
    raw = "\n".join(rows).encode() + b'\n{"id": "8", "text": "caf\xe9"}\n'
    Path("bad.jsonl").write_bytes(raw)

    run = bot("replay", "bad.jsonl", "--brand", "Acme", "--json", *HERE)

    assert run.code == 0, run.err
    assert run.json["mentions"] == 2
    kept = bot("quarantine", "list", "--json").json
    assert len(kept) == 6
    assert all(one["reason"] and one["payload"] for one in kept)
    assert (
        bot("replay", "bad.jsonl", "--brand", "Acme", "--json", *HERE).json["mentions"]
        == 2
    )


def test_a_replay_answers_nobody_and_leaves_the_real_database_alone(bot: Bot) -> None:
    Path("old.jsonl").write_text(
        json.dumps({"id": "1", "created_at": "2026-03-02T09:00:00Z", "author": "a",
                    "brand": "Acme", "text": "@acme my refund never came, fix it"}),
        encoding="utf-8",
    )  # fmt: skip
    with XServer() as server:
        file = _settings(
            brands={"Acme": {"accounts": {"x": ["acme"]}}},
            sources={"acme": _x_source(server)},
            channels={"x": {"mode": "live", "reply_via": "acme"}},
        )

        run = bot("replay", "old.jsonl", "--json", "--config", str(file))

        assert run.code == 0, run.err
        assert run.json["mentions"] == 1
        assert not server.requests
    assert not {"sent", "seen", "queued"} & set(run.json["replies"])
    assert not Path("var/answerable.db").exists()
    assert Path("var/replay-old.db").exists()


def test_a_truncated_csv_gives_what_is_whole(bot: Bot) -> None:
    Path("posts.csv").write_text(
        "id,text,created_at,author,brand\n"
        '1,"@acme thanks",2026-03-02T09:00:00Z,ann,Acme\n'
        '2,"@acme this was cu',
        encoding="utf-8",
    )

    run = bot("replay", "posts.csv", "--json", *HERE)

    assert run.code == 0, run.err
    assert run.json["mentions"] == 1
    assert run.json["quarantined"] == 1


def test_a_newer_database_is_refused_in_one_line(bot: Bot) -> None:
    bot("db", "upgrade")
    with sqlite3.connect("var/answerable.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()

    said = bot("ticket", "list")

    assert said.code == 3
    assert "9999" in said.err
    assert "Traceback" not in said.err


def test_a_file_that_is_no_database_is_refused_in_one_line(bot: Bot) -> None:
    Path("notes.db").write_text("these are notes, " * 500, encoding="utf-8")

    said = bot("ticket", "list", "--db", "sqlite:///notes.db")

    assert said.code == 3
    assert "notes.db" in said.err
    assert "Traceback" not in said.err


def test_a_missing_model_is_one_line_and_nothing_is_read(bot: Bot) -> None:
    file = _settings(model={"path": "models/none"}, sources={})

    said = bot("run", "--once", "--config", str(file))

    assert said.code == 4
    assert "models/none" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ({"plaice": "AU-NSW"}, "plaice"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"sources": {"a": {"connector": "telepathy"}}}, "sources.a.connector"),
        ({"sources": {"a": {"connector": "replay", "brand": "A"}}}, "sources.a.path"),
        ({"channels": {"x": {"mode": "live"}}}, "channels.x.reply_via"),
        ({"packs": {"house": "nowhere"}}, "nowhere"),
    ],
)
def test_a_mistake_in_the_settings_names_file_and_key(
    bot: Bot, written: dict[str, object], named: str
) -> None:
    file = _settings(**written)

    said = bot("config", "check", "--config", str(file))

    assert said.code == 2
    assert named in said.err
    assert "Traceback" not in said.err


def test_a_refused_credential_is_one_line_and_never_shown(bot: Bot) -> None:
    with XServer() as server:
        server.fail_next("unauthorized", times=50)
        file = _settings(sources={"acme": _x_source(server)})
        bot("db", "upgrade", "--config", str(file))

        said = bot("poll", "acme", "--once", "--config", str(file))

    assert said.code == 5
    assert "credential" in said.err or "refus" in said.err
    assert "key-that-nobody-may-see" not in said.err + said.out
    assert "Traceback" not in said.err


def test_classify_answers_every_line_in_order_whatever_it_holds(bot: Bot) -> None:
    lines = [
        "the app is great, thank you",
        "",
        "😀😀😀",
        "you lost my parcel and ignore me, worst service ever",
        "a" * 50_000,
        "\u202eevil\u200b text <b>html</b>",
    ]
    Path("lines.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    said = bot("classify", "lines.txt")

    assert said.code == 0, said.err
    answers = [json.loads(line) for line in said.out.splitlines()]
    assert [one["text"] for one in answers] == lines
    assert answers[0]["sentiment"]["label"] == "positive"
    assert answers[3]["sentiment"]["label"] == "negative"
    assert answers[3]["complaint"]["label"] is True
    for one in answers:
        assert sum(one["sentiment"]["scores"].values()) == pytest.approx(1, abs=0.01)
        assert one["model"]


def test_classify_says_which_json_line_it_could_not_read(bot: Bot) -> None:
    Path("lines.jsonl").write_text(
        '{"text": "hello there"}\n{"text": \n{"words": "none"}\n{"text": "bye now"}\n',
        encoding="utf-8",
    )

    said = bot("classify", "lines.jsonl")

    answers = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 1
    assert [one["text"] for one in answers] == ["hello there", None, None, "bye now"]
    assert answers[1]["error"]
    assert answers[2]["error"]


def test_unknown_ids_and_options_are_one_line(bot: Bot) -> None:
    bot("db", "upgrade")

    for arguments, code in (
        (("ticket", "show", "T-999999"), 6),
        (("ticket", "show", "soon"), 2),
        (("reply", "approve", "R-1", "--by", "ann", "--sha256", "0"), 6),
        (("poll", "nothing", "--once"), 6),
        (("replay", "missing.jsonl"), 5),
        (("audit", "verify", "--file", "missing.jsonl"), 6),
        (("run", "--sideways"), 2),
    ):
        said = bot(*arguments)
        assert said.code == code, (arguments, said.err)
        assert said.err.strip(), arguments
        assert "Traceback" not in said.err
