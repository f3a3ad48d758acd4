from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.domain.live import Change
from bot.domain.staff import Role
from bot.errors import StorageError
from bot.web import live
from bot.web.live import Feed, told
from tests.consoles import viewer


class Log:
    """A log in memory, which can be out of reach."""

    def __init__(self, length: int = 0) -> None:
        self.length, self.is_away, self.looks = length, False, 0

    def newest_entry(self) -> int:
        if self.is_away:
            raise StorageError("away")
        return self.length

    def changes(
        self, after: int, missing: Sequence[int], *, limit: int
    ) -> Sequence[Change]:
        self.looks += 1
        if self.is_away:
            raise StorageError("away")
        newer = range(after + 1, min(self.length, after + limit) + 1)
        return [change(number) for number in newer]


def change(number: int, action: str = "ticket.claimed") -> Change:
    return Change(entry=number, action=action, subject=f"ticket:{number}")


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(live, "AGAIN_SECONDS", 0.01)


async def heard(feed: Feed, after: int | None, most: int) -> list[int | None]:
    """Listen until so many came."""
    numbers: list[int | None] = []
    async for changes in feed.listen(after):
        numbers += [None] if changes is None else [one.entry for one in changes]
        if len(numbers) >= most:
            break
    return numbers


def test_whoever_comes_back_hears_what_came_meanwhile() -> None:
    feed = Feed(lambda: Log(10))

    assert asyncio.run(heard(feed, 7, 3)) == [8, 9, 10]


def test_whoever_was_away_too_long_is_told_to_look_at_everything() -> None:
    feed = Feed(lambda: Log(live.AT_ONCE * 3))

    assert asyncio.run(heard(feed, 1, 1)) == [None]


def test_what_comes_is_heard_by_all_and_read_once() -> None:
    log = Log(5)

    async def both() -> list[list[int | None]]:
        feed = Feed(lambda: log)
        listening = [asyncio.create_task(heard(feed, None, 2)) for _ in range(9)]
        await asyncio.sleep(0.2)
        before, log.length = log.looks, 7
        heard_by_all = await asyncio.gather(*listening)
        assert log.looks <= before + 3
        return heard_by_all

    assert asyncio.run(both()) == [[6, 7]] * 9


def test_nobody_looks_while_nobody_listens() -> None:
    log = Log(5)

    async def leave() -> int:
        await heard(Feed(lambda: log), 4, 1)
        await asyncio.sleep(0.1)
        looks = log.looks
        await asyncio.sleep(0.1)
        return log.looks - looks

    assert asyncio.run(leave()) == 0


def test_a_database_that_was_away_costs_nobody_their_place() -> None:
    log = Log(5)

    async def away() -> list[int | None]:
        listening = asyncio.create_task(heard(Feed(lambda: log), None, 1))
        await asyncio.sleep(0.1)
        log.is_away = True
        await asyncio.sleep(0.1)
        log.length, log.is_away = 6, False
        return await listening

    assert asyncio.run(away()) == [6]


def test_all_are_let_go_at_the_end() -> None:
    async def closed() -> list[int | None]:
        feed = Feed(lambda: Log(5))
        listening = asyncio.create_task(heard(feed, None, 1))
        await asyncio.sleep(0.1)
        feed.close()
        return await asyncio.wait_for(listening, 1)

    assert asyncio.run(closed()) == []


def test_a_page_is_told_subject_and_action_once() -> None:
    twice = [change(3), change(3), change(4, "ticket.closed")]

    assert told(viewer(Role.AGENT), twice, {}) == [
        ("ticket:3", "ticket.claimed"),
        ("ticket:4", "ticket.closed"),
    ]


def test_too_many_things_are_told_by_their_kind() -> None:
    many = [change(number) for number in range(live.MOST_TOLD + 1)]

    assert told(viewer(Role.AGENT), many, {}) == [("ticket", "*")]
    assert told(viewer(Role.AGENT), None, {}) == [("*", "*")]
