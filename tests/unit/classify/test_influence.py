from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classify import influence
from bot.classify.influence import ROLES, band_of, score
from bot.classify.roles import read
from bot.domain.mentions import Author, Engagement
from bot.domain.tags import Band, Influence

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
QUIET = Engagement()
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "influence.md"


def author(**facts: object) -> Author:
    told: dict[str, object] = {"external_id": "7", "handle": "ada_example"}
    return Author(**(told | facts))  # type: ignore[arg-type]


def weigh(
    who: Author | None, *, channel: str = "x", vips: frozenset[str] = frozenset()
) -> Influence:
    return score(who, QUIET, channel=channel, now=NOW, vips=vips)


def points(found: Influence) -> dict[str, float]:
    return {reason.reason: reason.points for reason in found.reasons}


def test_an_author_who_is_gone_has_no_influence_and_a_reason() -> None:
    found = weigh(None)

    assert (found.score, found.band, found.is_influencer) == (0.0, Band.NANO, False)
    assert [reason.points for reason in found.reasons] == [0]


@pytest.mark.parametrize(
    ("followers", "band"),
    [
        (None, Band.NANO),
        (0, Band.NANO),
        (9_999, Band.NANO),
        (10_000, Band.MICRO),
        (99_999, Band.MICRO),
        (100_000, Band.MID),
        (499_999, Band.MID),
        (500_000, Band.MACRO),
        (999_999, Band.MACRO),
        (1_000_000, Band.MEGA),
        (-5, Band.NANO),
    ],
)
def test_bands_begin_at_their_usual_numbers(followers: int | None, band: Band) -> None:
    assert band_of(followers) is band
    assert weigh(author(followers=followers)).band is band


def test_reach_grows_with_the_logarithm_of_followers() -> None:
    few, more, many = (
        weigh(author(followers=count)).score for count in (100, 10_000, 1_000_000)
    )

    assert more - few == pytest.approx(many - more, abs=0.3)


def test_the_same_crowd_counts_for_more_where_crowds_are_small() -> None:
    crowd = author(followers=50_000)

    assert weigh(crowd, channel="mastodon").score > weigh(crowd, channel="x").score


def test_unknown_followers_are_said_to_be_unknown() -> None:
    assert points(weigh(author()))["followers are not known"] == 0


def test_each_thing_that_speaks_for_an_author_is_a_reason() -> None:
    who = author(
        followers=250_000,
        following=300,
        is_verified=True,
        bio="Consumer reporter at the Daily Example",
        created_at=NOW - timedelta(days=4000),
    )
    liked = Engagement(likes=120, reposts=40, replies=12, quotes=3, views=90_000)

    found = score(who, liked, channel="x", now=NOW, vips=frozenset({"@Ada_Example"}))

    assert [reason.reason for reason in found.reasons] == [
        "250,000 followers on x",
        "reactions to this text when it was seen",
        "verified by the platform",
        "the account is older than five years",
        "followed by far more than it follows",
        "says to be: journalist",
        "on the VIP list",
        "a score is 0 to 100",
    ]
    assert found.score == 100
    assert found.is_vip
    assert found.roles == ("journalist",)


def test_an_account_made_for_this_complaint_is_a_customer() -> None:
    newcomer = author(
        handle="jo83749201",
        followers=0,
        following=1,
        posts=1,
        created_at=NOW - timedelta(hours=3),
    )

    found = weigh(newcomer)

    assert not found.looks_automated
    assert found.score == 0


def test_habits_of_a_machine_convict() -> None:
    machine = author(
        handle="deals83749201",
        followers=12,
        following=4_000,
        posts=9_000,
        created_at=NOW - timedelta(days=20),
    )

    found = weigh(machine)

    assert found.looks_automated
    assert "automated? 450 posts a day" in points(found)


@pytest.mark.parametrize(
    "facts",
    [
        {"is_declared_bot": True},
        {"bio": "Automated account of the port authority"},
        {"bio": "Train delays. I'm a bot, beep"},
        {"bio": "bot made by @jo_example"},
    ],
)
def test_who_says_to_be_a_machine_is_one(facts: dict[str, object]) -> None:
    found = weigh(author(followers=5_000, **facts))

    assert found.looks_automated
    assert points(found)["declared to be automated"] == influence.DECLARED_BOT


@pytest.mark.parametrize("handle", ["abbott", "talbot", "robotics_fan", "Bothwell"])
def test_names_that_only_hold_the_letters_are_no_machines(handle: str) -> None:
    assert "automated? its name says bot" not in points(weigh(author(handle=handle)))


@pytest.mark.parametrize("handle", ["news_bot", "WeatherBot", "bot_of_jo", "TrainBot7"])
def test_names_that_say_bot_are_a_sign(handle: str) -> None:
    assert "automated? its name says bot" in points(weigh(author(handle=handle)))


@pytest.mark.parametrize(
    "entry",
    [
        "ada_example",
        "@Ada_Example",
        "x:ada_example",
        "x:@ADA_example",
        "x:7",
        " ada_example ",
    ],
)
def test_the_vip_list_knows_handles_and_ids(entry: str) -> None:
    assert weigh(author(), vips=frozenset({entry})).is_vip


@pytest.mark.parametrize("entry", ["7", "reddit:ada_example", "ada", "", "@"])
def test_the_vip_list_means_nobody_else(entry: str) -> None:
    assert not weigh(author(), vips=frozenset({entry})).is_vip


def test_an_account_from_the_future_has_no_age() -> None:
    found = weigh(author(created_at=NOW + timedelta(days=400)))

    assert not any("account" in reason for reason in points(found))


@pytest.mark.parametrize(
    ("bio", "role"),
    [
        ("Journalist at the Daily Example", "journalist"),
        ("Health correspondent. Views mine", "journalist"),
        ("News editor, mother of two", "journalist"),
        ("Periodista en Madrid", "journalist"),
        ("Journaliste, Lyon", "journalist"),
        ("Freie Journalistin", "journalist"),
        ("调查记者", "journalist"),
        ("पत्रकार, दिल्ली", "journalist"),
        ("صحفي مستقل", "journalist"),
        ("Nhà báo, Hà Nội", "journalist"),
        ("Lawyer. Dad. Cyclist.", "lawyer"),
        ("employment solicitor in Leeds", "lawyer"),
        ("General Counsel @example", "lawyer"),
        ("Abogada laboralista", "lawyer"),
        ("Rechtsanwältin, Köln", "lawyer"),
        ("律师", "lawyer"),
        ("Deputy Ombudsman for energy", "regulator"),
        ("Official account of the National Competition Authority", "regulator"),
        ("Privacy Commissioner", "regulator"),
        ("Office of the Data Commissioner. Privacy regulator", "regulator"),
        ("Official food standards authority: recalls and alerts", "regulator"),
        ("MP for Example-on-Sea", "politician"),
        ("Minister for Health", "politician"),
        ("Mayor of Example City", "politician"),
        ("Diputada provincial", "politician"),
        ("Députée de la Loire", "politician"),
        ("सांसद", "politician"),
        ("Emergency physician", "physician"),
        ("GP in rural Wales", "physician"),
        ("Kinderärztin und Ärztin", "physician"),
        ("Médica de familia", "physician"),
        ("Consumer advocate, radio host", "consumer advocate"),
    ],
)
def test_a_bio_says_what_somebody_is(bio: str, role: str) -> None:
    assert role in read("", bio)


@pytest.mark.parametrize(
    "bio",
    [
        "",
        "Not a lawyer",
        "ex-journalist, now baker",
        "Retired surgeon",
        "Aspiring journalist",
        "law student | future lawyer",
        "married to a senator",
        "journalist's wife",
        "my lawyer says hi",
        "Lawyer up!",
        "Doctor Who fan",
        "spin doctor",
        "tree surgeon",
        "Ottawa Senators till I die",
        "Minister of the gospel",
        "video editor and gamer",
        "press play",
        "Kein Anwalt",
        "MEP engineering",
        "@lawyer",
    ],
)
def test_a_bio_that_only_sounds_like_it_claims_nothing(bio: str) -> None:
    assert read("", bio) == ()


def test_a_name_can_carry_the_role() -> None:
    assert read("Senator Jo Example", "") == ("politician",)


def test_every_role_has_points() -> None:
    assert set(ROLES) == {
        "journalist",
        "lawyer",
        "regulator",
        "politician",
        "physician",
        "consumer advocate",
    }


@given(
    who=st.builds(
        Author,
        external_id=st.text(min_size=1),
        handle=st.text(),
        name=st.text(),
        bio=st.one_of(st.text(), st.just("lawyer, journalist, mayor of X, GP in Y")),
        followers=st.one_of(st.none(), st.integers(-5, 10**12)),
        following=st.one_of(st.none(), st.integers(-5, 10**12)),
        posts=st.one_of(st.none(), st.integers(-5, 10**12)),
        is_verified=st.booleans(),
        is_declared_bot=st.booleans(),
        created_at=st.one_of(st.none(), st.datetimes(), st.just(NOW)),
    ),
    seen=st.builds(
        Engagement,
        likes=st.integers(-5, 10**12),
        reposts=st.integers(0, 10**12),
        views=st.one_of(st.none(), st.integers(0, 10**15)),
    ),
    is_vip=st.booleans(),
)
def test_the_reasons_add_up_to_a_score_within_bounds(
    who: Author, seen: Engagement, is_vip: bool
) -> None:
    vips = frozenset({f"x:{who.external_id}"}) if is_vip else frozenset()

    found = score(who, seen, channel="x", now=NOW, vips=vips)

    assert 0 <= found.score <= 100
    total = math.fsum(reason.points for reason in found.reasons)
    assert found.score == pytest.approx(total, abs=0.05)
    assert found == score(who, seen, channel="x", now=NOW, vips=vips)


@given(followers=st.integers(0, 10**9), more=st.integers(0, 10**9))
def test_more_followers_never_carry_less_far(followers: int, more: int) -> None:
    fewer = weigh(author(followers=followers)).score

    assert weigh(author(followers=followers + more)).score >= fewer


def test_the_reference_page_names_every_band_and_its_number() -> None:
    page = PAGE.read_text(encoding="utf-8")

    for least, band in influence.BANDS:
        assert f"| `{band}` | from {least:,} |" in page
    for role, earned in ROLES.items():
        assert any(
            role in line and f"+{earned:.0f}" in line for line in page.split("\n")
        )
    for channel, top in influence.TOP_REACH.items():
        rows = [line for line in page.split("\n") if channel in line.casefold()]
        assert any(f"{top:,}" in row for row in rows)
