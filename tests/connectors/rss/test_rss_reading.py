from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from bot.connectors.rss import MOST_BYTES, RssConnector, RssSettings, is_inside
from bot.errors import AccessDenied, BadPayload, ConnectorError
from tests.connectors.passes import kept_aside, read_again
from tests.platforms.feed_site import PATH
from tests.platforms.http_platform import Answer

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OTHER = "/other.xml"


def ids(page):
    return [one.external_id for one in page.mentions]


def whole(connector, cursor=None, limit=100):
    pages = [connector.fetch(cursor, limit=limit)]
    while pages[-1].more:
        pages.append(connector.fetch(pages[-1].cursor, limit=limit))
    return pages


def write(site, *numbers, title="Acme charges twice", extra=""):
    for n in numbers:
        site.write(f"n{n}", f"{title} {n}", NOON - 60 * MINUTE + n * MINUTE, extra)


def test_a_feed_that_did_not_change_is_not_sent_again(site, reader):
    write(site, 1, 2)
    first = reader().fetch(None, limit=10)

    second = reader().fetch(first.cursor, limit=10)

    assert (len(first.mentions), len(second.mentions), second.more) == (2, 0, False)
    assert [one.status for one in site.answers] == [200, 304]


def test_without_versions_what_was_taken_is_known_all_the_same(site, reader):
    site.has_versions = False
    write(site, 1, 2)
    first = reader().fetch(None, limit=10)
    write(site, 3)

    assert ids(reader().fetch(first.cursor, limit=10)) == ["127.0.0.1:n3"]


def test_a_version_is_kept_only_when_all_of_it_was_taken(site, reader):
    write(site, *range(1, 6))

    pages = whole(reader(), limit=2)

    assert [len(one.mentions) for one in pages] == [2, 2, 1]
    assert [one.status for one in site.answers] == [200, 200, 200]


def test_an_item_whose_words_changed_comes_again_with_the_instant_of_the_edit(
    site, reader
):
    write(site, 1, 2)
    first = reader().fetch(None, limit=10)
    site.items[0].title = "Correction: Acme did not"

    [again] = reader().fetch(first.cursor, limit=10).mentions

    assert again.external_id == "127.0.0.1:n1"
    assert again.text == "Correction: Acme did not"
    assert again.edited_at == NOON


def test_only_items_with_a_keyword_as_a_whole_word_are_taken(site, reader):
    for n, title in enumerate(
        ["ACME bank fails", "Acmeville wins", "Pin-Point  Pay is slow", "Pointless"]
    ):
        site.write(f"k{n}", title, NOON - MINUTE * (9 - n))

    page = reader(keywords=["acme", "pin-point pay"]).fetch(None, limit=10)

    assert ids(page) == ["127.0.0.1:k0", "127.0.0.1:k2"]
    assert page.bad == []


def test_each_feed_has_its_turn_and_its_own_place(site, reader):
    site.files[OTHER] = Answer(200, raw=site.document().encode())
    write(site, 1, 2, 3)
    connector = reader(PATH, OTHER)

    pages = whole(connector)

    assert [len(one.mentions) for one in pages] == [3, 0]
    assert len(site.requests) == 2


def test_one_feed_that_fails_is_told_once_and_does_not_blind_the_others(site, reader):
    write(site, 1)
    connector = reader("/missing.xml", PATH)

    first = whole(connector)
    second = whole(reader("/missing.xml", PATH), first[-1].cursor)

    assert [ids(one) for one in first] == [["127.0.0.1:n1"]]
    told = [bad for page in (*first, *second) for bad in page.bad]
    assert len(told) == 2
    assert told[0] == told[1], "the same line is not kept twice"
    assert told[0].where == "127.0.0.1/missing.xml"
    assert "HTTP 404" in told[0].reason


def test_a_feed_that_fails_anew_is_told_anew(site, reader):
    site.files[OTHER] = Answer(200, raw=site.document().encode())
    write(site, 1)
    connector = reader(PATH, OTHER)
    cursor = whole(connector)[-1].cursor
    site.files.pop(OTHER)

    pages = whole(connector, cursor)

    [bad] = [bad for page in pages for bad in page.bad]
    assert NOON.isoformat() in bad.payload


def test_where_no_feed_can_be_read_the_source_is_blind(reader):
    with pytest.raises(ConnectorError):
        reader("/missing.xml", "/gone.xml").fetch(None, limit=10)


def test_what_is_gone_for_good_is_said_to_be_so(site, reader):
    site.files[OTHER] = Answer(410, raw=b"")

    with pytest.raises(AccessDenied, match="gone for good; take it out"):
        reader(OTHER).fetch(None, limit=10)


@pytest.mark.parametrize(
    ("status", "is_told"), [(301, True), (308, True), (302, False)]
)
def test_a_feed_that_moved_is_followed_and_told_if_it_is_for_good(
    site, reader, status, is_told
):
    write(site, 1)
    site.moves["/old.xml"] = (status, PATH)

    page = reader("/old.xml").fetch(None, limit=10)

    assert ids(page) == ["127.0.0.1:n1"]
    assert [one.reason for one in page.bad] == (
        ["the feed moved for good to 127.0.0.1/news.xml; correct it in feeds"]
        if is_told
        else []
    )


@pytest.mark.parametrize(
    "to", ["/round.xml", "file:///etc/passwd", "", "http://[", "gopher://x/"]
)
def test_a_feed_that_leads_nowhere_is_not_followed(site, reader, to):
    site.moves["/round.xml"] = (302, to)

    with pytest.raises(AccessDenied, match="sends us on"):
        reader("/round.xml").fetch(None, limit=10)


def test_a_publisher_cannot_send_us_into_our_own_network(site, monkeypatch):
    """The name is a public one for whoever asks where it leads."""
    site.moves["/old.xml"] = (302, site.base_url + PATH)
    real, (_, port) = socket.getaddrinfo, site.base_url.rsplit(":", 1)

    def resolved(host, at, *rest, **more):
        if host in {"news.example", b"news.example"}:
            host = "93.184.215.14" if at is None else "127.0.0.1"
        return real(host, at, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    url = f"http://news.example:{port}/old.xml"
    reader = RssConnector(RssSettings(brand="Acme", feeds=(url,)))

    with pytest.raises(AccessDenied, match="own network"):
        reader.fetch(None, limit=10)

    assert [one.path for one in site.requests] == ["/old.xml"]
    reader.close()


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("http://127.0.0.1/", True),
        ("http://2130706433/", True),
        ("http://10.1.2.3:8080/admin", True),
        ("http://169.254.169.254/latest/meta-data", True),
        ("http://[::1]/", True),
        ("http://[::ffff:192.168.0.1]/", True),
        ("http://[fe80::1]/", True),
        ("http://8.8.8.8/", False),
        ("http://[2606:4700::1111]/", False),
        ("http://no such name/", False),
    ],
)
def test_addresses_inside_are_known_in_whatever_form(url, is_ours):
    assert is_inside(url) is is_ours


def test_a_circle_of_feeds_ends(site, reader):
    site.moves |= {"/a.xml": (302, "/b.xml"), "/b.xml": (302, "/a.xml")}

    with pytest.raises(AccessDenied, match="more than 5 times"):
        reader("/a.xml").fetch(None, limit=10)


def test_a_document_that_is_too_long_is_not_read(site, reader):
    site.files[OTHER] = Answer(200, raw=b" " * (MOST_BYTES + 1))

    with pytest.raises(BadPayload, match="2,000,000 bytes"):
        reader(OTHER).fetch(None, limit=10)


def test_a_feed_with_too_many_items_says_so_and_gives_the_first(site, reader):
    for n in range(230):
        site.write(f"n{n}", f"Acme {n}", NOON - 300 * MINUTE + n * MINUTE)

    pages = whole(reader())

    assert sum(len(one.mentions) for one in pages) == 200
    assert ids(pages[-1])[-1] == "127.0.0.1:n229"
    assert "more than 200 items" in pages[0].bad[0].reason


def test_what_was_on_a_feed_that_is_not_listed_any_more_is_forgotten(site, reader):
    site.files[OTHER] = Answer(200, raw=site.document().encode())
    write(site, 1)
    cursor = whole(reader(PATH, OTHER))[-1].cursor

    after = reader().fetch(cursor, limit=10).cursor

    assert len(after) < len(cursor)
    assert site.base_url not in cursor, "an address may hold a key"


@pytest.mark.parametrize("cursor", ["x", "[]", '{"feeds": 3}'])
def test_a_cursor_that_is_not_ours_is_no_cursor(reader, cursor):
    with pytest.raises(BadPayload, match="cursor"):
        reader().fetch(cursor, limit=10)


def test_check_names_the_feeds_that_cannot_be_read(site, reader):
    health = reader(PATH, "/missing.xml?key=secret").check()

    assert health.ok
    assert "1 of 2 feeds can be read; 127.0.0.1/missing.xml:" in health.detail
    assert "secret" not in health.detail


@pytest.mark.parametrize(
    "more",
    [{"feeds": []}, {"feeds": ["news.example/x"]}, {"keywords": ["a"]}],
)
def test_settings_that_cannot_work_are_refused(more):
    with pytest.raises(ValidationError):
        RssSettings.model_validate(
            {"brand": "Acme", "feeds": ["https://news.example/x"], **more}
        )


def test_an_item_that_was_kept_aside_is_read_as_part_of_its_feed(
    site, reader, monkeypatch
):
    site.write("a", "Acme fails again", NOON)
    site.write("b", "The weather", NOON)
    kept = kept_aside(reader(keywords=["acme"]), monkeypatch)
    assert len(kept.bad) == 2
    would = reader(keywords=["acme"]).fetch(None, limit=10).mentions

    again = read_again(reader(keywords=["acme"]), kept.bad)

    assert [*again.values()] == [*would]
    assert len(again) == 1


def test_an_edit_that_was_kept_aside_is_dated_as_it_would_have_been(
    site, reader, monkeypatch
):
    site.write("a", "Acme fails", NOON - timedelta(hours=2))
    cursor = reader().fetch(None, limit=10).cursor
    site.items[0].title = "Acme fails again"
    with monkeypatch.context() as earlier:
        earlier.setattr("bot.domain.mentions.MAX_TEXT", 1)
        [bad] = reader().fetch(cursor, limit=10).bad

    [again] = read_again(reader(), [bad]).values()

    assert again.edited_at == NOON
