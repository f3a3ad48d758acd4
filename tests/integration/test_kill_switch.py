"""How soon the kill switch holds, while another process is sending what is queued."""

from __future__ import annotations

import multiprocessing
import sys
import time
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.domain.replies import OutboundReply, Receipt, ReplyState
from bot.services.replies import send_pending, stop_replies
from bot.storage.store import SqlStore
from bot.testing import FakePlatform, ManualClock
from tests.unit.services.world import outbox, queue_reply

QUEUED = 150
CALL_LASTS = 0.03
"""Seconds; a platform's usual answer takes longer and ends the fewer calls."""

PATIENCE = 120
HOLDS_WITHIN = 1.0


class Timed(FakePlatform):
    """Writes down when each call begins and ends."""

    def __init__(self, file: Path) -> None:
        super().__init__(SystemClock())
        self._file = file

    def send_reply(self, reply: OutboundReply) -> Receipt:
        begun = time.monotonic()
        self._note(f"begin {begun}")
        time.sleep(CALL_LASTS)
        receipt = super().send_reply(reply)
        self._note(f"end {time.monotonic()}")
        return receipt

    def _note(self, line: str) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def keep_sending(url: str, file: Path) -> None:
    """Do what a sender does, until somebody ends the process."""
    store, clock = SqlStore(url), SystemClock()
    box = outbox(Timed(file))
    while True:
        if not send_pending(store, box, clock):
            time.sleep(0.01)


def calls(file: Path, what: str) -> list[float]:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [float(line.split()[1]) for line in lines if line.startswith(what)]


def wait_for(is_so) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.005)


@pytest.mark.timeout(400)
def test_after_stop_no_call_begins_and_the_one_under_way_ends(
    database_url: str, tmp_path: Path, capsys
) -> None:
    store, clock, file = SqlStore(database_url), SystemClock(), tmp_path / "calls"
    still = ManualClock(clock.now())
    for n in range(QUEUED):
        queue_reply(store, still, author=f"id-author-{n}")
    sender = multiprocessing.get_context("spawn").Process(
        target=keep_sending, args=(database_url, file), daemon=True
    )
    sender.start()
    try:
        wait_for(lambda: len(calls(file, "begin")) >= 5)
        asked = time.monotonic()
        stop_replies(store, clock, by="ana", reason="wrong wording")
        stopped = time.monotonic()
        time.sleep(1.5 * HOLDS_WITHIN)
        begun, ended = calls(file, "begin"), calls(file, "end")
    finally:
        sender.terminate()
        sender.join()

    took = max([stopped, *ended]) - asked
    with capsys.disabled():
        sys.stdout.write(f"\nfrom 'stop' to the end of the last call: {took:.3f} s\n")
    # Under way is what was committed to before: its call may begin a moment later.
    assert len([one for one in begun if one > stopped]) <= 1
    assert took < HOLDS_WITHIN
    with store.reading() as work:
        left = work.replies.listing(state=ReplyState.QUEUED, limit=QUEUED)
        sending = work.replies.listing(state=ReplyState.SENDING)
    assert len(left) == QUEUED - len(ended) > 0
    assert not sending
    store.close()
