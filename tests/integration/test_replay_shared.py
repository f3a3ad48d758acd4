"""Real streams read whole; skipped where the reference material is not at hand."""

from __future__ import annotations

import os
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from bot.classify import influence, reach, signals, text
from bot.connectors.replay import ReplayConnector, ReplaySettings
from bot.domain.channels import Page
from bot.domain.mentions import Mention
from scripts import fit_reach

HOME = Path(
    os.environ.get("ANSWERABLE_SHARED", Path(__file__).parents[2] / "../shared")
)
DATA = HOME / "data"

pytestmark = pytest.mark.shared


def pages(name: str, limit: int = 500) -> list[Page]:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"the reference file {name} is not at hand")
    connector = ReplayConnector(ReplaySettings(brand="Unnamed", path=path))
    found = [connector.fetch(None, limit=limit)]
    while found[-1].more:
        found.append(connector.fetch(found[-1].cursor, limit=limit))
    assert found[-1].position == found[-1].total == path.stat().st_size
    assert not connector.fetch(found[-1].cursor, limit=limit).mentions
    return found


def mentions(found: list[Page]) -> list[Mention]:
    return [mention for page in found for mention in page.mentions]


def test_the_airline_week_is_read_whole() -> None:
    found = pages("replay-airlines/mentions.jsonl")

    said = mentions(found)

    assert len(said) == 12_504
    assert len({mention.external_id for mention in said}) == 12_496
    assert not [bad for page in found for bad in page.bad]
    times = [mention.published_at for mention in said]
    assert times == sorted(times)
    assert {mention.channel for mention in said} == {"x"}
    assert len({mention.brand for mention in said}) == 6
    assert sum(mention.is_addressed for mention in said) > 12_300


@pytest.mark.parametrize(
    ("name", "customers", "brands"),
    [
        ("replay-support/threads.csv", 2_778, 76),
        ("replay-support/spotify-month.csv", 15_096, 1),
    ],
)
def test_support_threads_are_read_whole(name: str, customers: int, brands: int) -> None:
    found = pages(name)

    said = mentions(found)

    assert len({mention.external_id for mention in said}) == customers
    assert len({mention.brand for mention in said} - {"Unnamed"}) == brands
    assert not [bad for page in found for bad in page.bad]


def test_a_threads_conversation_holds_its_customers_texts() -> None:
    said = mentions(pages("replay-support/threads.csv"))

    sizes = Counter(mention.conversation for mention in said)

    answered = [mention for mention in said if mention.in_reply_to]
    assert max(sizes.values()) > 3
    assert sum(mention.conversation != mention.external_id for mention in answered) > 0
    assert len(sizes) < len(said)


def test_where_pages_end_changes_nothing() -> None:
    small = {
        m.external_id: m for m in mentions(pages("replay-support/threads.csv", 37))
    }
    large = {m.external_id: m for m in mentions(pages("replay-support/threads.csv"))}

    assert small == large


def test_every_folder_of_tables_and_lines_is_read_or_refused_in_words() -> None:
    if not DATA.is_dir():
        pytest.skip("the reference data are not at hand")

    for path in sorted(DATA.glob("*/*")):
        connector = ReplayConnector(ReplaySettings(brand="Unnamed", path=path))
        health = connector.check()
        if health.ok:
            page = connector.fetch(None, limit=200)
            assert page.mentions or page.bad or not path.stat().st_size, path.name
        else:
            assert path.name in health.detail


def test_a_page_needs_little_memory_whatever_the_file_weighs() -> None:
    path = DATA / "replay-airlines" / "mentions.jsonl"
    if not path.is_file():
        pytest.skip("the airline week is not at hand")
    connector = ReplayConnector(ReplaySettings(brand="Unnamed", path=path))
    cursor = connector.fetch(None, limit=200).cursor

    tracemalloc.start()
    try:
        for _ in range(10):
            cursor = connector.fetch(cursor, limit=200).cursor
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4_000_000


def test_signals_and_influence_are_found_in_a_real_week_and_rarely() -> None:
    said = mentions(pages("replay-airlines/mentions.jsonl"))[:3_000]

    marked = sum(bool(signals.find(text.folded(mention.text))) for mention in said)
    weighed = [influence.score(m) for m in said]

    assert 20 <= marked <= 150
    assert all(0 <= one.score <= 100 for one in weighed)
    assert not any(one.looks_automated for one in weighed)


def test_the_follower_curve_is_what_real_accounts_have() -> None:
    if not fit_reach.ACCOUNTS.is_file():
        pytest.skip("the figures of real accounts are not at hand")

    counts = fit_reach.followers_of(fit_reach.ACCOUNTS)

    found = tuple((share, told) for share, told, _, _ in fit_reach.knots(counts))
    assert found == reach.KNOTS["x"]
    points = sorted(influence.reach_points(count, "x") for count in counts)
    unknown = points[round(0.95 * len(points))]
    assert unknown == pytest.approx(influence.UNKNOWN_FOLLOWERS, abs=0.5)
