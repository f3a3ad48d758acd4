"""Worked cases of our own, and the complaint test on channels and authors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn
from zoneinfo import available_timezones

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.mentions import StoredMention
from bot.domain.packs import RegulationPack
from bot.rules.check import INPUTS, Verdict, check_file
from bot.rules.library import load_library
from bot.services.rules import scope_of
from tests.unit.rules.packs import ROOT, house

FILE = Path(__file__).with_name("worked.yaml")
LIBRARY = load_library(ROOT / "config" / "packs")
RECEIVED = datetime(2026, 2, 2, 1, tzinfo=UTC)


def unread(_stored: StoredMention) -> NoReturn:
    message = "without a text there is nothing to read"
    raise AssertionError(message)


def scope(pack: RegulationPack, case: Mapping[str, object]) -> Mapping[str, object]:
    return scope_of(pack, case, house(), unread)


def verdict_on(tmp_path: Path, case: Mapping[str, object]) -> Verdict:
    file = tmp_path / "case.yaml"
    file.write_text(yaml.safe_dump([case]), encoding="utf-8")
    (verdict,) = check_file(file, LIBRARY, scope)
    return verdict


def test_every_worked_case_comes_out_as_the_rules_say() -> None:
    verdicts = list(check_file(FILE, LIBRARY, scope))

    assert [one.line for one in verdicts if one.failures] == []
    assert len({one.id for one in verdicts}) == len(verdicts) >= 140


def test_every_shipped_regime_has_a_worked_case() -> None:
    cases = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    own = [one["pack"] for one in cases if "pack" in one]
    shipped = {pack.ref.id for pack in LIBRARY} - {"house.complaints"}

    # Of the report's windows the tests of the engine tell.
    assert shipped - set(own) == {"au.asic.idr_report"}


@pytest.mark.parametrize(
    ("channel", "author", "in_scope", "by"),
    [
        ("own_page", None, True, "option platform_reply_counts_as_contactable"),
        ("own_page", "identifiable_contactable", True, "the text of the rules"),
        (
            "own_page_reply",
            "pseudonymous_open_dms",
            True,
            "option platform_reply_counts_as_contactable",
        ),
        ("own_page", "anonymous", False, "the text of the rules"),
        ("own_page", "not_contactable", False, "the text of the rules"),
        ("own_page", "staff", False, "the text of the rules"),
        ("mention_elsewhere", None, True, "option treat_mentions_as_owned"),
        ("claimed_map_entry", None, True, "option claimed_review_pages_owned"),
        (
            "claimed_review_page",
            "identifiable_contactable",
            True,
            "option claimed_review_pages_owned",
        ),
        (
            "third_party_forum",
            "identifiable_contactable",
            False,
            "the text of the rules",
        ),
    ],
)
def test_channel_and_author_decide_what_no_text_is_needed_for(
    channel: str, author: str | None, in_scope: bool, by: str
) -> None:
    case = {"channel": channel} | ({"author": author} if author else {})
    (pack,) = LIBRARY.versions("au.asic.rg271")

    found = scope(pack, case)

    assert (found["in_scope"], found["by"]) == (in_scope, by)


# -- bad events: refused or folded, never a wrong clock -----------------------------

ANSWERS = ("acknowledged", "idr_response_provided", "closed_resolved_satisfied")


def case_with(events: list[tuple[str, datetime]], **more: object) -> dict[str, object]:
    return {
        "id": "P1",
        "pack": "au.asic.rg271",
        "class": "standard",
        "tz": "Australia/Sydney",
        "received_at": RECEIVED.isoformat(),
        "events": [{name: at.isoformat()} for name, at in events],
        "expect": {"idr_response.strict": "2026-03-04T23:59:59+11:00"},
        **more,
    }


@given(
    name=st.sampled_from(ANSWERS),
    before=st.timedeltas(timedelta(seconds=1), timedelta(days=400)),
    others=st.lists(st.sampled_from(ANSWERS), max_size=3),
)
def test_an_answer_before_the_receipt_never_gives_a_clock(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    before: timedelta,
    others: list[str],
) -> None:
    later = [(one, RECEIVED + timedelta(days=1)) for one in others]

    found = verdict_on(
        tmp_path_factory.mktemp("case"),
        case_with([*later, (name, RECEIVED - before)]),
    )

    assert "cannot be evaluated" in found.line


@given(
    told=st.lists(
        st.tuples(st.sampled_from(ANSWERS), st.integers(1, 60)), min_size=1, max_size=4
    ),
    twice=st.lists(st.integers(0, 3), min_size=1, max_size=6),
)
def test_what_is_told_twice_counts_once(
    tmp_path_factory: pytest.TempPathFactory,
    told: list[tuple[str, int]],
    twice: list[int],
) -> None:
    events = [(name, RECEIVED + timedelta(days=n)) for name, n in told]
    again = [events[i % len(events)] for i in twice]
    # What cannot be right makes the checker say what it found instead.
    asked = {
        f"{one}.state": "?" for one in ("acknowledge", "early_close", "idr_response")
    }
    folder = tmp_path_factory.mktemp("case")

    once = verdict_on(folder, case_with(events, expect=asked))

    assert verdict_on(folder, case_with([*again, *events], expect=asked)) == once


@given(
    zone=st.one_of(
        st.text(max_size=20),
        st.sampled_from(["Australia", "Europe/Atlantis", "../etc", "UTC+25", "EST6"]),
    ).filter(lambda one: one not in available_timezones())
)
def test_a_zone_that_does_not_exist_never_gives_a_clock(
    tmp_path_factory: pytest.TempPathFactory, zone: str
) -> None:
    found = verdict_on(tmp_path_factory.mktemp("case"), case_with([], tz=zone))

    assert "there is no time zone" in found.line


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 10**20)
    | st.floats(allow_nan=True)
    | st.sampled_from(["2026-02-02", "2026-02-30", "24:00", "9999-12-31", ".", "a..b"])
    | st.dates().map(str),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["acknowledged", "now", "contents", "received", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@given(
    more=st.dictionaries(
        st.sampled_from(
            [*sorted(INPUTS - {"id"}), "quarter_end", "afca_extension_granted", "x"]
        ),
        ANYTHING,
        max_size=4,
    )
)
def test_a_case_of_any_values_gets_its_line_and_hurts_no_other(
    tmp_path_factory: pytest.TempPathFactory, more: dict[str, object]
) -> None:
    file = tmp_path_factory.mktemp("case") / "cases.yaml"
    good = case_with([])
    file.write_text(yaml.safe_dump([{**good, **more}, good]), encoding="utf-8")

    odd, plain = check_file(file, LIBRARY, scope)

    assert odd.line.startswith(("P1 ok", "P1 FAIL"))
    assert plain.line == "P1 ok"
