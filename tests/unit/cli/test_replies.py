from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cli.replies import around
from bot.domain.clocks import ClockKind, ClockState, Force
from bot.domain.platforms import NO_PLATFORMS
from bot.domain.replies import ReplyState
from bot.domain.tickets import TicketId
from bot.services.drafts import draft, submit
from bot.services.replies import stop_replies
from bot.services.tag import tag_pending
from bot.storage.store import SqlStore
from bot.testing import START, KeywordClassifier, ManualClock
from tests.unit.cli.shell import run
from tests.unit.services.world import (
    HOUR,
    author,
    handle,
    house,
    mention,
    policy,
    promise,
    queue_reply,
    reply_of,
)


def test_who_judges_a_reply_sees_what_it_answers_and_why_it_waits(
    store: SqlStore,
) -> None:
    text = "This is terrible, please help"
    said = mention(text, author=author("ada", followers=200_000))
    handle(store, ManualClock(), said, by=policy(house=house()))

    with store.reading() as work:
        [waiting] = work.replies.listing(state=ReplyState.SUBMITTED, limit=9)
        seen = around(work, waiting, NO_PLATFORMS, START)

    assert (seen["author"], seen["answers"]) == ("ada", text)
    assert seen["waits_because"] == ["an influencer (house.acknowledgement.A1)"]


def test_why_a_second_word_to_one_author_waits_is_said(store: SqlStore) -> None:
    question = mention("great crew, where are you today?")
    handle(store, ManualClock(), question, by=policy(house=house()))
    handle(
        store,
        ManualClock(),
        mention(conversation=question.conversation, published_at=START + HOUR),
        by=policy(house=house()),
    )

    with store.reading() as work:
        [waiting] = work.replies.listing(state=ReplyState.SUBMITTED, limit=9)
        seen = around(work, waiting, NO_PLATFORMS, START)

    assert "house.acknowledgement.again" in str(seen["waits_because"])


@pytest.mark.parametrize(
    ("typed", "code", "after"),
    [("n\n", 130, ReplyState.SUBMITTED), ("y\n", 0, ReplyState.QUEUED)],
)
def test_a_reply_is_shown_beside_its_post_before_it_is_approved(
    *,
    store: SqlStore,
    file: Path,
    typed: str,
    code: int,
    after: ReplyState,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reply = queue_reply(store, ManualClock(), state=ReplyState.SUBMITTED)
    tag_pending(store, KeywordClassifier(), ManualClock())
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    ended = run(
        "reply", "approve", reply.key, "--by", "ann", "--db", f"sqlite:///{file}"
    )

    out = capsys.readouterr().out
    assert ended == code
    assert "answers: This is terrible, please help" in out
    assert reply.text in out
    assert reply_of(store, reply).state is after


def test_a_reply_that_waits_for_nobody_is_not_asked_about(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = queue_reply(store, ManualClock(), state=ReplyState.REJECTED)

    ended = run(
        "reply", "approve", reply.key, "--by", "ann", "--db", f"sqlite:///{file}"
    )

    told = capsys.readouterr()
    assert ended == 6
    assert told.out == ""
    assert "it waits for no approval" in told.err


@pytest.mark.parametrize(("limit", "is_cut"), [(2, True), (3, False)])
def test_a_listing_that_is_cut_says_so(
    store: SqlStore,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    limit: int,
    is_cut: bool,
) -> None:
    for _ in range(3):
        queue_reply(store, ManualClock())
    where = ("--limit", str(limit), "--json", "--db", f"sqlite:///{file}")

    for noun in ("reply", "ticket"):
        assert run(noun, "list", *where) == 0

        told = capsys.readouterr()
        assert len(json.loads(told.out)) == limit
        assert (f"only the first {limit} are shown" in told.err) is is_cut


def test_recording_says_what_it_did_to_the_clocks(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = [promise("final", "idr_response_provided")]
    queue_reply(store, ManualClock(), plans=plans)
    at = (START + HOUR).isoformat()
    where = ("--by", "ann", "--at", at, "--db", f"sqlite:///{file}")

    assert run("ticket", "record", "T-1", "idr_response_provided", *where) == 0
    assert "running -> met: final" in capsys.readouterr().out

    assert run("ticket", "record", "T-1", "written_requested", *where) == 0
    assert "no clock of this ticket changed" in capsys.readouterr().out

    assert run("ticket", "record", "T-1", "acknowledged", *where) == 6
    assert "only a reply that the bot sees" in capsys.readouterr().err


def test_the_deadlines_of_a_period_are_listed_with_what_was_missed(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue_reply(store, ManualClock(), plans=[promise("final", "done")])
    where = ("--kind", "all", "--db", f"sqlite:///{file}")
    day, later = ("2026-11-03", "2026-11-04"), ("2026-11-04", "2026-11-05")

    def due(since: str, until: str) -> Any:
        asked = ("--since", since, "--until", until, "--json")
        assert run("ticket", "deadlines", *asked, *where) == 0
        return json.loads(capsys.readouterr().out)

    [rule] = due(*day)["rules"]
    assert (rule["rule"], rule["overdue"], rule["missed"]) == ("final", 1, 0)
    assert due(*later)["rules"] == []

    with store.work() as work:
        [running] = work.clocks.of_ticket(TicketId(1))
        work.clocks.change(
            running.id, before=running.state, after=ClockState.BREACHED, due_at=None
        )

    assert run("ticket", "deadlines", "--since", day[0], "--until", day[1], *where) == 0
    told = capsys.readouterr().out
    assert "missed" in told
    assert "running" not in told
    [missed] = due(*day)["missed"]
    assert (missed["ticket"], missed["how"]) == ("T-000001", "missed")
    assert run("ticket", "deadlines", "--since", "soon", *where) == 2
    assert run("ticket", "deadlines", "--since", "2099-01-01", *where) == 2


def test_closing_names_what_the_law_still_asks_for(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owed = replace(promise("final", "done"), kind=ClockKind.LEGAL, force=Force.MUST)
    ours = replace(owed, rule="answer", kind=ClockKind.SERVICE, force=Force.INTERNAL)
    queue_reply(store, ManualClock(), plans=[owed, ours])

    assert (
        run("ticket", "close", "T-1", "--by", "ann", "--db", f"sqlite:///{file}") == 0
    )

    told = capsys.readouterr().out
    assert "still owed: final, running; due" in told
    assert "answer" not in told


# --- looking at words before anybody keeps them


def test_a_text_is_looked_at_and_nothing_is_stored(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "We have refunded you."

    code = run("reply", "check", "--text", words, "--db", f"sqlite:///{file}")

    shown = capsys.readouterr().out
    assert code == 1
    assert "guard.outcome: states or promises an outcome" in shown
    assert "'We have refunded'" in shown
    assert "verdict: block" in shown
    with store.reading() as work:
        assert work.replies.listing() == []


def test_a_text_may_be_looked_at_as_an_answer(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = mention(author=author("quiet_river", name="Ada Fairweather"))
    handle(store, ManualClock(), said, by=policy(house=house()))
    asked = ["reply", "check", "--text", "We hear it, Fairweather.", "--json"]

    alone = run(*asked, "--db", f"sqlite:///{file}")
    capsys.readouterr()
    answering = run(*asked, "--ticket", "T-1", "--db", f"sqlite:///{file}")

    found = json.loads(capsys.readouterr().out)
    assert (alone, answering) == (0, 1)
    assert "name" in {one["rule"] for one in found["findings"]}


def test_a_channel_is_stopped_shown_and_lifted(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--db", f"sqlite:///{file}")
    by = ("--by", "ann")
    why = ("--reason", "a mix-up")

    assert run("reply", "stops", *where) == 0
    assert "nothing is stopped" in capsys.readouterr().out
    assert run("reply", "stop", "--channel", "x", *by, *why, *where) == 0
    said = capsys.readouterr().out
    assert "replies of channel x are stopped" in said
    assert "'bot reply resume --channel \"x\"' lets them go on" in said
    assert run("reply", "stops", "--json", *where) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"switch": "replies.stopped.channel.x", "reason": "a mix-up"}
    ]
    assert run("reply", "resume", "--channel", "x", *by, *where) == 0
    assert run("reply", "stops", *where) == 0
    assert "nothing is stopped" in capsys.readouterr().out
    # A name that nobody knows would stop nothing.
    assert run("reply", "stop", "--channel", "nowhere", *by, *why, *where) != 0
    assert "there is no channel 'nowhere'" in capsys.readouterr().err
    assert run("reply", "resume", "--breaker", *by, *where) != 0
    assert "has not tripped" in capsys.readouterr().err


def test_an_approved_answer_is_suggested_and_used(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handle(store, ManualClock(), mention(), by=policy(house=house()))
    asked = ["reply", "suggest", "T-1", "--db", f"sqlite:///{file}"]

    assert run(*asked, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["answer"] == "sorry"
    assert (found[0]["guard"], found[0]["rules"]) == ("four_eyes", ["second_reply"])
    assert found[0]["reasons"][:2] == ["for any topic", "English"]
    assert found[0]["reasons"][3].startswith("like its examples")

    assert run(*asked, "--use", "1") != 0
    assert "--by" in capsys.readouterr().err
    assert run(*asked, "--use", "1", "--by", "ann") == 0
    assert "R-000002 is draft: We are sorry" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--brand", "Acme Bakn"], "the settings name no brand 'Acme Bakn'"),
        (["--ticket", "T-7"], "T-000007"),
    ],
)
def test_words_are_looked_at_for_nobody_who_is_not_there(
    options: list[str], why: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["reply", "check", "--text", "Hello.", *options]

    code = run(*asked, "--db", f"sqlite:///{file}")

    told = capsys.readouterr()
    assert code == 6
    assert why in told.err
    assert "has no author" not in told.err
    assert "verdict" not in told.out


def test_who_lets_replies_go_on_is_told_what_is_still_stopped(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--by", "ann", "--db", f"sqlite:///{file}")
    run("reply", "stop", "--channel", "x", "--reason", "a mix-up", *where)
    capsys.readouterr()

    assert run("reply", "resume", *where) == 0

    assert "still stopped: replies.stopped.channel.x" in capsys.readouterr().out


def test_a_reply_that_a_stop_holds_back_says_so(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--db", f"sqlite:///{file}")
    reply = queue_reply(store, ManualClock(), state=ReplyState.SUBMITTED)
    tag_pending(store, KeywordClassifier(), ManualClock())
    stop_replies(store, ManualClock(), by="bo", reason="a mix-up")

    agreed = ("--by", "ann", "--sha256", reply.text_hash)
    assert run("reply", "approve", reply.key, *agreed, *where) == 0
    assert "now queued; held by replies.stopped: a mix-up" in capsys.readouterr().out
    assert run("reply", "show", reply.key, *where) == 0

    assert "held_by: replies.stopped: a mix-up" in capsys.readouterr().out


# --- writing


def test_who_writes_is_shown_what_a_second_person_will_be(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handle(store, ManualClock(), mention("Thank you! Where do I see my booking?"))
    words = ["--text", "A person has this now.", "--by", "ana"]

    code = run("reply", "draft", "T-1", *words, "--db", f"sqlite:///{file}")

    shown = capsys.readouterr().out
    assert code == 0
    assert "guard.second_reply" in shown
    assert "put it forward with: bot reply submit" in shown


def test_who_wrote_a_reply_is_not_asked_for_a_yes_that_would_not_count(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = ManualClock()
    handle(store, clock, mention())
    written = draft(store, clock, TicketId(1), text="A person has this now.", by="ana")
    submit(store, clock, written.id, by="ana")

    ended = run(
        "reply", "approve", written.key, "--by", "ana", "--db", f"sqlite:///{file}"
    )

    told = capsys.readouterr()
    assert ended == 6
    assert "another person must agree to it" in told.err
    assert "Publish" not in told.out


def test_what_counts_as_nothing_yet_is_said(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = queue_reply(store, ManualClock(), state=ReplyState.SUBMITTED)

    run("reply", "show", reply.key, "--db", f"sqlite:///{file}")

    assert "nothing yet: it was not read back" in capsys.readouterr().out


def test_without_a_model_in_the_settings_nothing_is_composed(
    store: SqlStore, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handle(store, ManualClock(), mention(), by=policy(house=house()))
    where = ("--db", f"sqlite:///{file}")

    assert run("reply", "compose", "T-1", "--by", "ann", *where) == 2
    assert "set drafting.url and .model" in capsys.readouterr().err
