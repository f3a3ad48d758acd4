from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import stopwatch
from bot.connectors._feed_items import View, read_feed, to_mention
from bot.errors import BadPayload

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
VIEW = View(brand="Acme", host="news.example", at=NOON, language="en-AU")

RSS = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>'
    "<language>en-au</language><item>{}</item></channel></rss>"
)
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>News</title><entry>
<id>tag:news.example,2026:1</id><link href="https://news.example/1"/>
<title type="html">Acme &lt;i&gt;again&lt;/i&gt;</title>
<published>2026-03-02T09:00:00+11:00</published><updated>2026-03-02T10:00:00Z</updated>
<author><name>Ada Example</name><email>ada@news.example</email></author>
<summary>Short.</summary><content type="html">
&lt;p&gt;Two.&lt;/p&gt;&lt;p&gt;Lines.&lt;/p&gt;</content></entry></feed>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "language": "en",
    "items": [
        {
            "id": 7,
            "url": "https://news.example/7",
            "title": "Acme",
            "content_text": "Nobody answers.",
            "date_published": "2026-03-02T09:00:00Z",
            "authors": [{"name": "Ada Example"}],
        }
    ],
}


def rss(inside, view=VIEW):
    [item] = read_feed(RSS.format(inside).encode()).items
    return to_mention(item, view)


def test_an_atom_entry_is_read_with_its_longest_body_writer_and_edit():
    feed = read_feed(ATOM.encode())
    mention = to_mention(feed.items[0], VIEW)

    assert (mention.external_id, mention.url) == (
        "tag:news.example,2026:1",
        "https://news.example/1",
    )
    assert mention.text == "Acme again\n\nTwo.\n\nLines."
    assert mention.published_at == datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    assert mention.edited_at == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    assert mention.author is not None
    assert (mention.author.external_id, mention.author.handle) == (
        "news.example/ada example",
        "Ada Example",
    )
    assert (mention.kind, mention.control, mention.is_addressed) == (
        "post",
        "third_party",
        False,
    )


def test_a_json_feed_is_read_too():
    feed = read_feed(json.dumps(JSON_FEED).encode())
    mention = to_mention(feed.items[0], VIEW)

    assert mention.external_id == "news.example:7"
    assert mention.text == "Acme\n\nNobody answers."
    assert feed.language == "en"


def test_a_title_that_only_repeats_the_text_is_left_out():
    mention = rss(
        "<guid>1</guid><title>Two words</title>"
        "<description>Two words and more</description>"
    )

    assert mention.text == "Two words and more"


def test_an_item_without_a_date_was_published_when_the_server_first_showed_it():
    mention = rss("<guid>1</guid><title>x y</title>")

    assert mention.published_at == NOON


def test_an_item_that_nobody_dates_makes_no_sense():
    with pytest.raises(BadPayload, match="when it was published"):
        rss("<guid>1</guid><title>x y</title>", View(brand="Acme", host="h"))


@pytest.mark.parametrize(
    ("guid", "expected"),
    [
        ("https://news.example/a", "https://news.example/a"),
        ("urn:uuid:1", "urn:uuid:1"),
        ("12", "news.example:12"),
        ("a b", "news.example:"),
        ("x" * 300, "news.example:"),
    ],
)
def test_an_item_is_named_as_its_feed_names_it(guid, expected):
    found = rss(f"<guid>{guid}</guid><title>x</title>").external_id

    assert found.startswith(expected)
    assert len(found) <= 200
    assert " " not in found


def test_without_a_guid_the_link_names_it():
    first = rss("<link>https://news.example/1</link><title>x</title>")
    other = rss("<link>https://news.example/2</link><title>x</title>")

    assert first.external_id.startswith("news.example:")
    assert first.external_id != other.external_id


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<title>x</title>", "neither an id nor a link"),
        ("<guid>1</guid>", "no words"),
        ("<guid>1</guid><title>x</title><pubDate>soon</pubDate>", "no date"),
        (
            "<guid>1</guid><title>x</title><pubDate>1999-01-01T00:00:00Z</pubDate>",
            "before any platform",
        ),
    ],
)
def test_what_makes_no_sense_is_said(inside, said):
    with pytest.raises(BadPayload, match=said):
        rss(inside)


def test_html_is_read_as_people_do_and_scripts_are_not():
    mention = rss(
        "<guid>1</guid><description>&lt;script&gt;alert(1)&lt;/script&gt;"
        "&lt;p&gt;Fees &amp;amp; fines&lt;/p&gt;</description>"
    )

    assert mention.text == "Fees & fines"


def test_a_huge_item_is_cut():
    mention = rss(
        f"<guid>1</guid><title>t</title><description>{'word ' * 60_000}</description>"
    )

    assert len(mention.text) <= 100_000


def test_a_writer_with_a_name_as_long_as_a_book_takes_no_time():
    item = {"id": "1", "title": "t", "author": "x" * 200_000}
    started = stopwatch()

    mention = to_mention(item, VIEW)

    assert mention.author is not None
    assert len(mention.author.name) == 200
    assert stopwatch() - started < 5


def test_entities_inside_entities_are_not_unfolded():
    laughs = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12)
    )
    started = stopwatch()
    for text in (f"<!DOCTYPE x [{laughs}]><rss><channel><item><title>&l11;</title>",):
        for encoding in ("utf-8", "utf-16"):
            with pytest.raises(BadPayload, match="entities"):
                read_feed(text.encode(encoding))

    assert stopwatch() - started < 5


def test_no_file_is_opened_and_nobody_is_asked():
    for content in (
        b"/etc/hostname",
        b"http://127.0.0.1:1/feed",
        b"",
        b"<html>x</html>",
    ):
        with pytest.raises(BadPayload, match="no feed"):
            read_feed(content)


def test_of_broken_xml_what_can_be_read_is_read():
    torn = RSS.format("<guid>1</guid><title>whole</title>").encode()
    torn = torn.replace(b"</item></channel></rss>", b"</item><item><guid>2</gu")

    feed = read_feed(torn)

    assert to_mention(feed.items[0], VIEW).text == "whole"
    assert "broken" in feed.trouble


@pytest.mark.parametrize(
    "document",
    [
        {"version": "https://jsonfeed.org/version/1.1"},
        {"version": "1", "items": []},
        {"version": "https://jsonfeed.org/version/1.1", "items": {}},
    ],
)
def test_json_that_is_no_feed_is_refused(document):
    with pytest.raises(BadPayload, match="no"):
        read_feed(json.dumps(document).encode())


@settings(max_examples=40)
@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 40))
def test_any_damage_gives_mentions_or_a_bad_payload(noise, at, cut):
    whole = ATOM.encode()
    damaged = whole[:at] + noise + whole[at + cut :]
    with suppress(BadPayload):
        for one in read_feed(damaged).items:
            with suppress(BadPayload):
                assert to_mention(one, VIEW).text
