from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.cli.replies import around
from bot.domain.replies import ReplyState
from bot.storage.store import SqlStore
from bot.testing import ManualClock
from tests.unit.services.world import (
    author,
    handle,
    house,
    mention,
    policy,
    queue_reply,
    reply_of,
)


@pytest.fixture
def file(migrated_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated_file, tmp_path / "a.db"))


@pytest.fixture
def store(file: Path) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{file}")
    yield opened
    opened.close()


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(str(ended.value.code))


def test_who_judges_a_reply_sees_what_it_answers_and_why_it_waits(
    store: SqlStore,
) -> None:
    text = "This is terrible, please help"
    said = mention(text, author=author("ada", followers=200_000))
    handle(store, ManualClock(), said, by=policy(house=house()))

    with store.reading() as work:
        [waiting] = work.replies.listing(state=ReplyState.SUBMITTED, limit=9)
        seen = around(work, waiting)

    assert (seen["author"], seen["answers"]) == ("ada", text)
    assert seen["waits_because"] == ["an influencer (house.acknowledgement.A1)"]


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
