from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classify import influence, reach
from bot.classify.influence import ROLES, band_of, reach_points, score
from bot.classify.roles import read
from bot.domain.mentions import Author, Engagement, Mention, MentionKind
from bot.domain.tags import Band, Influence

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SIGNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "declared": ({"is_declared_bot": False}, {"is_declared_bot": True}),
    "says so": ({}, {"bio": "I'm a bot"}),
    "name": ({"handle": "jo_example"}, {"handle": "jo_bot"}),
    "digits": ({"handle": "jo_example"}, {"handle": "jo83749201"}),
    "new": ({}, {"created_at": NOW - timedelta(days=2)}),
    "tireless": (
        {"created_at": NOW - timedelta(days=900), "posts": 90_000},
        {"posts": 900_000},
    ),
    "mass": ({"following": 10}, {"following": 10**12}),
    "few posts": ({"posts": 10_000}, {"posts": 1}),
}
"""What an account has without a sign, and what with it."""

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "influence.md"


def author(**facts: object) -> Author:
    told: dict[str, object] = {"external_id": "7", "handle": "ada_example"}
    return Author(**(told | facts))  # type: ignore[arg-type]


def said(who: Author | None, **facts: object) -> Mention:
    told: dict[str, object] = {
        "channel": "x",
        "external_id": "m-1",
        "brand": "Kestrel Air",
        "text": "Where is my bag?",
        "published_at": NOW,
        "conversation": "m-1",
        "author": who,
    }
    return Mention(**(told | facts))  # type: ignore[arg-type]


def weigh(
    who: Author | None, *, vips: frozenset[str] = frozenset(), **facts: object
) -> Influence:
    return score(said(who, **facts), vips=vips)


def seen_after(minutes: float, **counts: int) -> Engagement:
    """Counts that were taken some minutes after publication."""
    return Engagement(counted_at=NOW + timedelta(minutes=minutes), **counts)


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


@pytest.mark.parametrize(
    ("followers", "earned"), [(0, 0.0), (320, 6.0), (5_400, 20.0), (310_000, 40.0)]
)
def test_each_power_of_ten_in_rarity_earns_twenty_points(
    followers: int, earned: float
) -> None:
    assert reach_points(followers, "x") == earned


def test_the_largest_crowds_earn_all_and_no_more() -> None:
    assert reach_points(6_600_000, "x") == reach_points(10**12, "x") == 60


@pytest.mark.parametrize(
    ("followers", "reason"),
    [
        (0, "0 followers on x"),
        (11, "more followers than 5 % of authors on x (11)"),
        (320, "more followers than 50 % of authors on x (320)"),
        (17_000, "more followers than 95 % of authors on x (17,000)"),
        (310_000, "more followers than 99 % of authors on x (310,000)"),
        (90_000_000, "more followers than 99 % of authors on x (90,000,000)"),
    ],
)
def test_reach_is_told_beside_other_authors(followers: int, reason: str) -> None:
    assert reason in points(weigh(author(followers=followers)))


def test_a_platform_that_was_not_measured_is_estimated_and_says_so() -> None:
    found = weigh(author(followers=1_200), channel="mastodon")

    (told,) = [one for one in points(found) if "followers" in one]
    assert told.startswith("more followers than about ")
    assert "how rare so many followers are on mastodon" in found.unknown


@pytest.mark.parametrize("share", [share for share, _ in reach.KNOTS["x"]])
def test_every_knot_lies_on_the_curve(share: float) -> None:
    followers = dict(reach.KNOTS["x"])[share]

    assert 1 - 10 ** -reach.rarity(followers, "x") == pytest.approx(share)


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

    found = weigh(who, engagement=liked, vips=frozenset({"@Ada_Example"}))

    assert [reason.reason for reason in found.reasons] == [
        "more followers than 98 % of authors on x (250,000)",
        "reactions to this text when it was seen",
        "verified by the platform",
        "the account is older than five years",
        "followed by far more than it follows",
        "says to be: journalist",
        "on the VIP list",
        "a score is 0 to 100",
    ]
    assert (found.low, found.score, found.high) == (90.7, 100, 100)
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
    assert (
        points(found)[
            "automated? 450 posts a day, follows far more than follow it, "
            "its name ends in many digits, it says nothing of itself, it is new"
        ]
        == influence.BOT_SIGNS_AT_MOST
    )


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
    signs = weigh(author(handle=handle)).reasons

    assert not any("its name says bot" in sign.reason for sign in signs)


@pytest.mark.parametrize("handle", ["news_bot", "WeatherBot", "bot_of_jo", "TrainBot7"])
def test_names_that_say_bot_are_a_sign(handle: str) -> None:
    signs = weigh(author(handle=handle)).reasons

    assert any("its name says bot" in sign.reason for sign in signs)


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


COUNTS = st.one_of(st.none(), st.integers(-5, 10**12), st.just(10**400))
TIMES = st.one_of(
    st.none(),
    st.just(NOW),
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(timedelta(days=-4_000), timedelta(days=40)).map(NOW.__add__),
)
AUTHORS = st.builds(
    Author,
    external_id=st.text(min_size=1),
    handle=st.text(),
    name=st.text(),
    bio=st.one_of(st.text(), st.just("lawyer, journalist, mayor of X, GP in Y")),
    followers=COUNTS,
    following=COUNTS,
    posts=COUNTS,
    is_verified=st.booleans(),
    is_declared_bot=st.booleans(),
    created_at=st.one_of(TIMES, st.datetimes()),
)
ENGAGEMENTS = st.builds(
    Engagement,
    likes=st.one_of(st.integers(-5, 10**12), st.just(10**400)),
    reposts=st.integers(-5, 10**12),
    views=COUNTS,
    counted_at=TIMES,
)


@given(
    who=AUTHORS,
    seen=ENGAGEMENTS,
    channel=st.sampled_from(["x", "mastodon", "reddit", "elsewhere"]),
    carried=st.lists(st.datetimes(timezones=st.just(UTC)), max_size=40),
    now=TIMES,
    is_vip=st.booleans(),
)
def test_the_reasons_add_up_to_a_score_within_its_range(
    who: Author,
    seen: Engagement,
    channel: str,
    carried: list[datetime],
    now: datetime | None,
    is_vip: bool,
) -> None:
    vips = frozenset({f"{channel}:{who.external_id}"}) if is_vip else frozenset()
    mention = said(who, channel=channel, engagement=seen)

    found = score(mention, carried_at=carried, now=now, vips=vips)

    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.score <= found.high <= 100
    total = math.fsum(reason.points for reason in found.reasons)
    assert found.score == pytest.approx(total, abs=0.05)
    assert len(found.reasons) <= 11
    assert found == score(mention, carried_at=carried, now=now, vips=vips)


@given(
    who=AUTHORS,
    seen=ENGAGEMENTS,
    followers=st.integers(0, 10**9),
    more=st.one_of(st.integers(0, 10**9), st.integers(0, 10_000)),
)
def test_more_followers_never_carry_less_far(
    who: Author, seen: Engagement, followers: int, more: int
) -> None:
    few, many = (
        weigh(replace(who, followers=count), engagement=seen).score
        for count in (followers, followers + more)
    )

    assert many >= few


@given(who=AUTHORS, seen=ENGAGEMENTS, sign=st.sampled_from(sorted(SIGNS)))
def test_nobody_gains_by_a_sign_of_a_machine_or_of_bought_followers(
    who: Author, seen: Engagement, sign: str
) -> None:
    who = replace(who, bio="", **({"created_at": None} | SIGNS[sign][0]))

    plain, marked = (
        score(said(each, engagement=seen), now=NOW).score
        for each in (who, replace(who, **SIGNS[sign][1]))
    )

    assert marked <= plain


def test_a_huge_following_within_days_and_without_posts_is_not_believed() -> None:
    sudden = author(
        followers=400_000, posts=3, created_at=NOW - timedelta(days=12), bio="hello"
    )

    found = weigh(sudden)

    reason = (
        "bought followers? 3 posts in all, 400,000 followers in 12 days: "
        "counted as 22,000"
    )
    assert points(found)[reason] == pytest.approx(
        reach_points(22_000, "x") - reach_points(400_000, "x")
    )
    assert found.band is Band.MID
    assert not found.looks_automated


def test_a_platform_that_tells_no_profile_makes_nobody_look_like_a_machine() -> None:
    assert not any("automated" in reason for reason in points(weigh(author())))


def test_one_sign_of_bought_followers_is_a_doubt_and_takes_nothing() -> None:
    risen = author(
        followers=400_000, posts=900, created_at=NOW - timedelta(days=12), bio="hello"
    )

    found = weigh(risen)

    assert points(found)["more followers than 99 % of authors on x (400,000)"] > 40
    assert not any("bought" in reason for reason in points(found))
    doubt = "whether its followers are real (400,000 followers in 12 days)"
    assert doubt in found.unknown
    assert found.low is not None
    assert found.low < found.score - 15


def test_a_crowd_that_was_swapped_and_never_reacts_is_not_believed() -> None:
    silent = author(followers=900_000, following=880_000)

    post = weigh(silent, engagement=seen_after(120))
    answer = weigh(silent, engagement=seen_after(120), kind=MentionKind.REPLY)

    reason = "bought followers? it follows about as many, nobody reacts: counted as"
    assert any(one.startswith(reason) for one in points(post))
    assert not any("bought" in one for one in points(answer)), "few see an answer"


def test_a_text_that_spreads_in_its_first_half_hour_earns_for_its_pace() -> None:
    seen = seen_after(12, likes=90, reposts=50)

    found = weigh(author(followers=100), engagement=seen)

    assert points(found)["spreads fast: 140 reactions in its first 12 minutes"] == 6.1


@pytest.mark.parametrize(
    "seen",
    [
        Engagement(likes=500, reposts=90),
        seen_after(31, likes=500, reposts=90),
        seen_after(20, likes=9),
        seen_after(0.2, likes=2),
    ],
)
def test_where_nobody_saw_it_spread_there_is_no_pace(seen: Engagement) -> None:
    found = weigh(author(followers=100), engagement=seen)

    assert not any("spreads" in reason for reason in points(found))


def test_reposts_that_we_saw_ourselves_tell_the_pace_of_a_text_found_late() -> None:
    mention = said(author(followers=100), engagement=seen_after(600, likes=4))
    early = [NOW + timedelta(minutes=at) for at in range(1, 29)]
    late = [NOW + timedelta(hours=2)] * 50

    found = score(mention, carried_at=[*early, *late])

    reason = "spreads fast: 28 reposts and quotes in its first 30 minutes"
    assert points(found)[reason] > 0
    assert not any("spreads" in one for one in points(score(mention, carried_at=late)))


def test_reactions_count_for_less_as_the_text_ages_but_never_for_nothing() -> None:
    fresh, aged, old = (
        weigh(author(followers=100), engagement=seen_after(minutes, likes=3_000))
        for minutes in (31, 80, 60 * 24 * 30)
    )

    told = [
        next(p for reason, p in points(one).items() if reason.startswith("reactions"))
        for one in (fresh, aged, old)
    ]
    assert told == [10.7, 8.1, 3.3]
    assert "reactions to this text 30 days after publication" in points(old)


def test_counts_of_an_unknown_time_do_not_age() -> None:
    counts = Engagement(likes=3_000)
    mention = said(author(), engagement=counts)

    later = score(mention, now=NOW + timedelta(days=90))

    assert points(later)["reactions to this text when it was seen"] == 13.0


def test_the_same_text_can_be_weighed_as_of_a_later_day() -> None:
    mention = said(author(), engagement=seen_after(10, likes=3_000))

    assert score(mention, now=NOW + timedelta(days=2)).score < score(mention).score


def test_the_range_is_wider_the_less_is_known() -> None:
    known = author(followers=900, following=300, created_at=NOW - timedelta(days=800))
    told = weigh(known, engagement=seen_after(60 * 24, likes=3))
    fresh = weigh(known, engagement=seen_after(1))
    silent = weigh(author(), engagement=Engagement())

    widths = [(one.high or 0) - (one.low or 0) for one in (told, fresh, silent)]

    assert widths == sorted(widths)
    assert widths[0] < 3
    assert widths[2] > 30
    assert silent.unknown == ("its followers", "its age", "reactions still to come")


def test_a_role_that_nobody_checked_may_not_be_so() -> None:
    found = weigh(author(followers=900, bio="Lawyer", created_at=NOW))

    assert found.low is not None
    assert found.score - found.low >= ROLES["lawyer"]
    assert "whether it is what it says to be" in found.unknown


def test_who_may_be_an_influencer_for_all_we_know_is_answered_as_one() -> None:
    quiet = weigh(author(is_verified=True), channel="reddit")
    loud = weigh(
        author(), channel="reddit", engagement=seen_after(10, likes=300, replies=40)
    )
    known = weigh(
        author(followers=40), engagement=seen_after(10, likes=300, replies=40)
    )

    assert not quiet.is_influencer
    assert loud.is_influencer
    assert loud.may_be_influencer
    assert loud.band is Band.NANO
    assert not known.is_influencer, "a small account whose text spreads is a small one"


def test_a_deleted_author_may_have_been_anybody() -> None:
    found = weigh(None)

    assert (found.low, found.high) == (0.0, influence.UNKNOWN_FOLLOWERS)
    assert found.unknown == ("who wrote it",)


def test_the_reference_page_names_every_band_and_its_number() -> None:
    page = PAGE.read_text(encoding="utf-8")

    for least, band in influence.BANDS:
        assert f"| `{band}` | from {least:,} |" in page
    for role, earned in ROLES.items():
        assert any(
            role in line and f"+{earned:.0f}" in line for line in page.split("\n")
        )
    for share, followers in reach.KNOTS["x"]:
        assert f"| {100 * share:g} % | {followers:,} | " in page
    assert f"| its followers | | +{influence.UNKNOWN_FOLLOWERS:.0f}: " in page
    assert f"| reactions still to come | | +{influence.TO_COME} " in page
    assert f"`high` is {influence.INFLUENCER_FROM:.0f} or more" in page
    assert f"| X | {influence.HALF_LIFE['x'] // timedelta(minutes=1)} minutes: " in page
    for channel, top in reach.TOP_REACH.items():
        rows = [line for line in page.split("\n") if channel in line.casefold()]
        assert any(f"{top:,}" in row for row in rows)
