"""The second line looks at what was judged no complaint, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.settings import load_settings
from tests.acceptance.conftest import Bot
from tests.consoles import looked_at, viewer
from tests.houses import House

pytestmark = pytest.mark.slow

FEW = 120


@pytest.fixture
def told(house_of_few: House, tmp_path: Path, bot: Bot) -> Bot:
    house_of_few.copied(tmp_path)
    return bot


@pytest.fixture
def officer(told: Bot) -> Iterator[TestClient]:
    app = App(load_settings(Path("config/bot.yaml"), {}))
    yield looked_at(app, viewer(Role.COMPLIANCE_OFFICER))
    app.close()


def reviewed(told: Bot) -> list[dict[str, Any]]:
    import json

    rows = map(json.loads, told("audit", "export").out.splitlines())
    return [one for one in rows if one.get("action") == "mention.reviewed"]


def drawn(page: str) -> list[str]:
    return re.findall(r'<tr data-row id="(M-\d+)">', page)


def week_with_posts(officer: TestClient) -> str:
    """Walk back from the newest week to the one that the posts are of."""
    address = "/scope/sample"
    for _ in range(60):
        page = officer.get(address).text
        if drawn(page):
            return re.search(r"Week (\d{4}-W\d\d)", page)[1]  # type: ignore[index]
        address = unescape(re.search(r'href="([^"]+)" rel="prev"', page)[1])  # type: ignore[index]
    message = "no week has any post"
    raise AssertionError(message)


def test_a_post_of_the_sample_is_overturned_and_its_clocks_run_from_publication(
    told: Bot, officer: TestClient
) -> None:
    week = week_with_posts(officer)
    page = officer.get(f"/scope/sample?week={week}").text
    pages = {one: officer.get(f"/scope/{one}").text for one in drawn(page)}
    key = next(
        one
        for one, text in pages.items()
        if "is a machine" not in text and "/log/T-" not in text
    )
    assert "0 / " in page

    answer = officer.post(
        f"/scope/{key}",
        data={
            "dissatisfaction": "yes",
            "response_expected": "yes",
            "channel_controlled": "yes",
            "author_reachable": "yes",
            "exclusion": "none",
            "why": "she asks for her money back",
            "week": week,
        },
    )

    assert answer.headers["location"] == f"/scope/{key}?week={week}"
    one = officer.get(f"/scope/{key}?week={week}").text
    ticket = re.search(r'href="/log/(T-\d+)"', one)
    assert ticket is not None
    shown = told("ticket", "show", ticket[1], "--json").json
    assert shown["ticket"]["complaint"] == "yes"
    number = int(key.removeprefix("M-"))
    [post] = [each for each in shown["mentions"] if each["id"] == number]
    starts = {
        each["started_at"] for each in shown["clocks"] if each["rule"] == "idr_response"
    }
    assert starts == {post["published_at"]}
    again = officer.get(f"/scope/sample?week={week}").text
    assert "1 / " in again
    assert "overturned" in again
    assert drawn(again) == drawn(page)
    evidence = unescape(officer.get(f"/log/{ticket[1]}").text)
    assert re.search(r"overturned</span> no complaint → complaint", evidence)
    [entry] = reviewed(told)
    assert (entry["actor"], entry["subject"]) == ("Ada", f"mention:{number}")


def test_a_confirmed_post_counts_as_agreed(told: Bot, officer: TestClient) -> None:
    week = week_with_posts(officer)
    before = drawn(officer.get(f"/scope/sample?week={week}").text)
    for key in before:
        answer = officer.post(
            f"/scope/{key}",
            data={"confirmed": "yes", "why": "praise", "week": week},
        )
        if answer.status_code == 303:
            break

    page = officer.get(f"/scope/sample?week={week}").text

    assert "100 %" in page
    assert drawn(page) == before
    assert len(reviewed(told)) == 1


@pytest.mark.parametrize(
    "said", [{"why": "  ", "dissatisfaction": "no"}, {"why": "so", "exclusion": "mood"}]
)
def test_what_cannot_be_answered_so_is_told_and_changes_nothing(
    told: Bot, officer: TestClient, said: dict[str, str]
) -> None:
    key = drawn(officer.get(f"/scope/sample?week={week_with_posts(officer)}").text)[0]

    answer = officer.post(f"/scope/{key}", data=said)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert reviewed(told) == []


def test_all_that_is_in_doubt_is_listed_as_the_command_line_lists_it(
    told: Bot, officer: TestClient
) -> None:
    expected = {one["ticket"] for one in told("ticket", "unreviewed", "--json").json}

    found, words, address = set[str](), "", "/scope"
    while address:
        page = officer.get(address).text
        words += unescape(page)
        found |= set(re.findall(r'<tr data-row id="(T-\d+)">', page))
        more = re.search(r'href="([^"]+)" rel="next"', page)
        address = unescape(more[1]) if more else ""

    assert found == expected
    assert expected
    opened = told("ticket", "show", min(expected), "--json").json
    assert opened["mentions"][0]["text"][:80] in words
