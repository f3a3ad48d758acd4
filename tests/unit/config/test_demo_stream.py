from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

DEMO = Path(__file__).parents[3] / "config" / "demo"
SYDNEY = ZoneInfo("Australia/Sydney")
BRANDS = {
    "Harbourline Bank": "HarbourlineBank",
    "Kestrel Air": "KestrelAir",
    "Lumen Mobile": "LumenMobile",
    "Pantry & Pine": "PantryAndPine",
}
OWN_SUBREDDITS = {"HarbourlineBank", "LumenMobile"}
FIELDS = {
    "id",
    "channel",
    "brand",
    "kind",
    "conversation",
    "in_reply_to",
    "amplifies",
    "published_at",
    "edited_at",
    "text",
    "language",
    "url",
    "control",
    "addressed",
    "author",
    "engagement",
}
AUTHOR_FIELDS = {
    "id",
    "handle",
    "name",
    "bio",
    "followers",
    "following",
    "posts",
    "verified",
    "created_at",
    "bot",
}
IDS = {"x": re.compile(r"\d{19}"), "reddit": re.compile(r"t[13]_[0-9a-z]{7}")}
HANDLES = {"x": re.compile(r"\w{4,15}"), "reddit": re.compile(r"[\w-]{3,20}")}
GONE = {"[removed]", "[deleted]"}

Post = dict[str, Any]


def read(name: str) -> list[Post]:
    text = (DEMO / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def lines() -> list[Post]:
    return read("stream.jsonl")


@pytest.fixture(scope="module")
def posts(lines: list[Post]) -> dict[tuple[str, str], Post]:
    return {(line["channel"], line["id"]): line for line in lines}


@pytest.fixture(scope="module")
def written(posts: dict[tuple[str, str], Post]) -> list[Post]:
    """Return what people wrote: no reposts, no brands, no removed bodies."""
    return [
        post
        for post in posts.values()
        if post["kind"] != "repost" and not is_own(post) and post["text"] not in GONE
    ]


def when(post: Post) -> datetime:
    return datetime.fromisoformat(post["published_at"])


def handle_of(post: Post | None) -> str | None:
    return post["author"]["handle"] if post and post["author"] else None


def is_own(post: Post | None) -> bool:
    return post is not None and handle_of(post) == BRANDS[post["brand"]]


def having(posts: list[Post], pattern: str) -> list[Post]:
    words = re.compile(pattern, re.IGNORECASE)
    return [post for post in posts if words.search(post["text"])]


def by_bio(posts: list[Post], pattern: str) -> set[str]:
    words = re.compile(pattern, re.IGNORECASE)
    return {
        post["author"]["handle"]
        for post in posts
        if post["author"] and words.search(post["author"]["bio"] or "")
    }


def words_of(text: str) -> str:
    """Return letters and digits only, tags taken away."""
    return "".join(c for c in re.sub(r"@\w+", "", text) if c.isalnum())


def test_every_line_has_exactly_the_documented_fields(lines: list[Post]) -> None:
    for line in lines:
        assert set(line) == FIELDS
        assert IDS[line["channel"]].fullmatch(line["id"])
        assert line["brand"] in BRANDS
        assert line["kind"] in {"post", "reply", "repost", "quote"}
        assert line["control"] in {"owned", "mention", "third_party"}
        assert isinstance(line["addressed"], bool)
        assert line["text"].strip()
        assert set(line["engagement"]) == {
            "likes",
            "reposts",
            "replies",
            "quotes",
            "views",
        }
        assert all((count or 0) >= 0 for count in line["engagement"].values())
        assert line["published_at"].endswith("Z")
        assert when(line).tzinfo == UTC


def test_every_author_is_whole_or_null(lines: list[Post]) -> None:
    for line in lines:
        author = line["author"]
        if author is None:
            continue
        assert set(author) == AUTHOR_FIELDS
        assert HANDLES[line["channel"]].fullmatch(author["handle"])
        assert datetime.fromisoformat(author["created_at"]) < when(line)
        assert isinstance(author["bot"], bool)
        assert isinstance(author["verified"], bool)
        assert (author["followers"] is None) == (line["channel"] == "reddit")


def test_one_handle_is_one_account_with_one_id(lines: list[Post]) -> None:
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in lines:
        if line["author"]:
            key = line["channel"], line["author"]["handle"]
            ids[key].add(line["author"]["id"])
    assert all(len(found) == 1 for found in ids.values())
    assert len({next(iter(found)) for found in ids.values()}) == len(ids)


def test_there_are_enough_posts_of_four_brands_on_two_platforms(
    posts: dict[tuple[str, str], Post],
) -> None:
    assert len(posts) >= 340
    by_brand = Counter(post["brand"] for post in posts.values())
    assert set(by_brand) == set(BRANDS)
    assert min(by_brand.values()) >= 60
    by_channel = Counter(post["channel"] for post in posts.values())
    assert by_channel["reddit"] >= 40
    assert by_channel["x"] >= 250


def test_the_stream_covers_three_days_in_sydney(
    posts: dict[tuple[str, str], Post],
) -> None:
    local = [when(post).astimezone(SYDNEY) for post in posts.values()]
    days = Counter(moment.date().isoformat() for moment in local)
    assert set(days) == {"2026-11-16", "2026-11-17", "2026-11-18"}
    assert min(days.values()) >= 90
    assert all(6 <= moment.hour <= 23 for moment in local)
    hours = Counter(moment.hour for moment in local)
    evening = sum(hours[hour] for hour in range(18, 22)) / 4
    daytime = sum(hours[hour] for hour in range(10, 17)) / 7
    assert evening > daytime


def test_eight_lines_are_repeated_exactly(lines: list[Post]) -> None:
    same: dict[tuple[str, str], list[Post]] = defaultdict(list)
    for line in lines:
        same[line["channel"], line["id"]].append(line)
    repeated = [group for group in same.values() if len(group) > 1]
    assert len(repeated) == 8
    assert all(len(group) == 2 and group[0] == group[1] for group in repeated)


def test_three_posts_arrive_late_and_all_others_in_order(lines: list[Post]) -> None:
    seen: set[tuple[str, str]] = set()
    newest = datetime.min.replace(tzinfo=UTC)
    late = 0
    for line in lines:
        key = line["channel"], line["id"]
        if key in seen:
            continue
        seen.add(key)
        late += when(line) < newest
        newest = max(newest, when(line))
    assert late == 3


def test_texts_are_unique_apart_from_reposts(
    posts: dict[tuple[str, str], Post],
) -> None:
    own_words = [
        post["text"]
        for post in posts.values()
        if post["kind"] != "repost" and post["text"] not in GONE
    ]
    assert len(own_words) == len(set(own_words))


def test_no_two_texts_share_most_of_their_words(
    posts: dict[tuple[str, str], Post],
) -> None:
    shingles = []
    for post in posts.values():
        words = re.findall(r"\w+", post["text"].casefold())
        found = set(zip(words, words[1:], words[2:], strict=False))
        if post["kind"] != "repost" and len(found) >= 3:
            shingles.append(found)
    for index, one in enumerate(shingles):
        for other in shingles[:index]:
            assert len(one & other) / len(one | other) < 0.2


def test_replies_reposts_and_quotes_point_at_earlier_posts_of_the_stream(
    posts: dict[tuple[str, str], Post],
) -> None:
    for post in posts.values():
        parent = post["in_reply_to"]
        assert (parent is not None) == (post["kind"] == "reply")
        amplified = post["amplifies"]
        assert (amplified is not None) == (post["kind"] in {"repost", "quote"})
        root = posts[post["channel"], post["conversation"]]
        assert root["conversation"] == root["id"]
        if parent is None:
            assert root is post
        else:
            answered = posts[post["channel"], parent]
            assert answered["conversation"] == post["conversation"]
            assert when(answered) < when(post)
            assert answered["brand"] == post["brand"]
        if amplified is not None:
            original = posts[post["channel"], amplified]
            assert when(original) < when(post)
            assert original["brand"] == post["brand"]
            if post["kind"] == "repost":
                assert post["text"].startswith(f"RT @{handle_of(original)}: ")


def test_control_and_addressed_follow_from_tags_and_threads(
    posts: dict[tuple[str, str], Post],
) -> None:
    for post in posts.values():
        brand = BRANDS[post["brand"]]
        is_x = post["channel"] == "x"
        tag = f"@{brand}" if is_x else f"u/{brand}"
        tags = tag.casefold() in post["text"].casefold()
        root = posts[post["channel"], post["conversation"]]
        parent = posts.get((post["channel"], post["in_reply_to"]))
        original = posts.get((post["channel"], post["amplifies"]))
        below = parent is not None and (is_own(parent) or is_own(root))
        if is_x:
            owned = is_own(post) or below
            addressed = tags or below or is_own(original)
        else:
            owned = post["url"].split("/")[4] in OWN_SUBREDDITS
            addressed = tags or is_own(parent)
        if post["kind"] == "repost":
            addressed = is_own(original)
        expected = "owned" if owned else "mention" if tags else "third_party"
        assert post["control"] == expected
        assert post["addressed"] is (addressed and not is_own(post))


def test_urls_use_reserved_domains_and_carry_the_id(
    posts: dict[tuple[str, str], Post],
) -> None:
    for post in posts.values():
        if post["channel"] == "x":
            handle = handle_of(post) or "i"
            assert post["url"] == f"https://x.example/{handle}/status/{post['id']}"
        else:
            assert post["url"].startswith("https://reddit.example/r/")
            assert post["url"].endswith(f"/{post['id'][3:]}/")


def test_brands_speak_for_themselves_in_the_stream(
    posts: dict[tuple[str, str], Post],
) -> None:
    own = Counter(post["brand"] for post in posts.values() if is_own(post))
    assert set(own) == set(BRANDS)
    assert sum(own.values()) >= 15
    assert any(p["channel"] == "reddit" and is_own(p) for p in posts.values())


def test_there_are_threads_of_three_to_eight_posts(
    posts: dict[tuple[str, str], Post],
) -> None:
    sizes = Counter((p["channel"], p["conversation"]) for p in posts.values())
    threads = {key for key, size in sizes.items() if 3 <= size <= 8}
    assert len(threads) >= 15
    voices = defaultdict(set)
    for post in posts.values():
        voices[post["channel"], post["conversation"]].add(handle_of(post))
    assert any(len(voices[key]) == 1 for key in threads)
    assert any(len(voices[key]) >= 3 for key in threads)


def test_the_outage_brings_a_burst_of_twenty_minutes(
    posts: dict[tuple[str, str], Post],
) -> None:
    start = datetime(2026, 11, 17, 18, 40, tzinfo=SYDNEY)
    burst = [
        post
        for post in posts.values()
        if start <= when(post) < start + timedelta(minutes=20)
        and post["brand"] == "Harbourline Bank"
    ]
    assert len(burst) >= 25
    gaps = [b - a for a, b in pairwise(sorted(map(when, burst)))]
    assert max(gaps) < timedelta(minutes=3)


@pytest.mark.parametrize("language", ["es", "zh", "hi", "ar", "vi", "fr", "de"])
def test_each_promised_language_is_spoken(written: list[Post], language: str) -> None:
    assert sum(post["language"] == language for post in written) >= 3


def test_some_posts_are_emoji_only_and_carry_no_language(written: list[Post]) -> None:
    bare = [post for post in written if not words_of(post["text"])]
    assert len(bare) >= 6
    assert all(post["language"] is None for post in bare)


def test_deleted_authors_removed_bodies_and_edits_are_there(
    posts: dict[tuple[str, str], Post],
) -> None:
    nobody = [post for post in posts.values() if post["author"] is None]
    assert {post["channel"] for post in nobody} == {"x", "reddit"}
    assert len(nobody) >= 4
    assert {p["text"] for p in posts.values()} >= GONE
    edited = [post for post in posts.values() if post["edited_at"]]
    assert len(edited) >= 3
    for post in edited:
        assert datetime.fromisoformat(post["edited_at"]) > when(post)


def test_one_reddit_post_has_four_thousand_characters(written: list[Post]) -> None:
    longest = max(written, key=lambda post: len(post["text"]))
    assert len(longest["text"]) == 4000
    assert longest["channel"] == "reddit"
    short = [post for post in written if post["channel"] == "x"]
    assert all(len(post["text"]) <= 280 for post in short)


@pytest.mark.parametrize(
    "role",
    [
        "journalist",
        "lawyer",
        "solicitor",
        "regulator",
        "member of parliament",
        "councillor",
        "physician",
        "advocate",
    ],
)
def test_each_role_speaks_through_its_bio(
    posts: dict[tuple[str, str], Post], role: str
) -> None:
    assert by_bio(list(posts.values()), role)


def test_reach_is_heavy_tailed(written: list[Post]) -> None:
    reach = {
        post["author"]["handle"]: post["author"]["followers"]
        for post in written
        if post["author"] and post["channel"] == "x"
    }
    ordered = sorted(reach.values())
    assert ordered[len(ordered) // 2] < 500
    assert max(ordered) > 900_000
    assert reach["sterling_kb_law"] in range(195, 210)


def test_bots_and_reposts_are_there(posts: dict[tuple[str, str], Post]) -> None:
    bots = {handle_of(p) for p in posts.values() if p["author"] and p["author"]["bot"]}
    assert len(bots) >= 8
    kinds = Counter(post["kind"] for post in posts.values())
    assert kinds["repost"] >= 10
    assert kinds["quote"] >= 5


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        (r"letter of demand|tribunal|we file|our lawyer", 4),
        (r"ombudsman|AFCA|\bTIO\b", 4),
        (r"giveaway|airdrop|real followers|my code|was selected", 5),
        (r"hiring|customer service officer", 4),
        (r"better off without me|really dark place|no fight left", 3),
        (r"he doesn't find out|i'm scared to log in", 2),
        (r"frozen|locked", 3),
        (r"charged 2x|charged twice|twice\b", 4),
        (r"hardship|lost my job|pension", 3),
        (r"nut free|peanut", 4),
        (r"vegetarian|vego", 2),
        (r"kestrel (hovering|chick)", 2),
        (r"\d lumen", 3),
        (r"pantry, knotty pine|out of a pantry|a pantry on my back", 3),
        (r"muppets|clowns|numpties|bastards|stuck up cow", 4),
        (r"4111 1111 1111 1111", 1),
        (r"0491 570 156", 2),
        (r"\w@example\.com", 3),
        (r"#\w+", 4),
        (r"\?", 50),
    ],
)
def test_each_promised_ingredient_is_there(
    written: list[Post], pattern: str, least: int
) -> None:
    assert len(having(written, pattern)) >= least


def test_addresses_in_texts_lead_nowhere(written: list[Post]) -> None:
    for post in written:
        for host in re.findall(r"[\w.-]+\.(?:com|net|org|au|io)\b", post["text"]):
            assert host.endswith("example.com")


def test_expectations_name_posts_of_the_stream_once(
    posts: dict[tuple[str, str], Post],
) -> None:
    expected = read("expectations.jsonl")
    keys = [(line["channel"], line["id"]) for line in expected]
    assert len(keys) >= 60
    assert len(keys) == len(set(keys))
    assert set(keys) <= set(posts)
    for line in expected:
        assert set(line) == {"id", "channel", "complaint", "severity", "reason"}
        assert line["complaint"] in {True, False, None}
        assert line["severity"] in {"low", "medium", "high", "critical"}
        assert line["reason"].endswith(".")


def test_expectations_cover_every_brand_answer_and_severity(
    posts: dict[tuple[str, str], Post],
) -> None:
    expected = read("expectations.jsonl")
    chosen = [posts[line["channel"], line["id"]] for line in expected]
    assert {post["brand"] for post in chosen} == set(BRANDS)
    assert not any(is_own(post) or post["kind"] == "repost" for post in chosen)
    answers = Counter(line["complaint"] for line in expected)
    assert answers[True] >= 30
    assert answers[False] >= 10
    assert answers[None] >= 8
    severities = Counter(line["severity"] for line in expected)
    assert min(severities[s] for s in ("low", "medium", "high", "critical")) >= 10


def test_the_guide_states_the_true_counts(
    lines: list[Post], posts: dict[tuple[str, str], Post]
) -> None:
    guide = (DEMO / "README.md").read_text(encoding="utf-8")
    kinds = Counter(post["kind"] for post in posts.values())
    own = sum(is_own(post) for post in posts.values())
    expected = len(read("expectations.jsonl"))
    for row in (
        f"| lines | {len(lines)} |",
        f"| different posts | {len(posts)} |",
        f"| posts that start a thread | {kinds['post']} |",
        f"| replies and comments | {kinds['reply']} |",
        f"| reposts | {kinds['repost']} |",
        f"| quotes | {kinds['quote']} |",
        f"| of these, by the brands themselves | {own} |",
        f"| posts with an expectation | {expected} |",
    ):
        assert row in guide
