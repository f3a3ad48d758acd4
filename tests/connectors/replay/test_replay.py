from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors._lines import KEPT, LONGEST
from bot.connectors._replay_file import Layout
from bot.connectors.replay import ReplayConnector, ReplaySettings, to_mention
from bot.domain.channels import Connector, Cursor, Page, SendsReplies
from bot.domain.mentions import ChannelControl, Mention, MentionKind
from bot.errors import AccessDenied, BadPayload, Unavailable
from tests.connectors.passes import kept_aside, read_again

ROW = {
    "id": "1",
    "text": "The app ate my transfer",
    "published_at": "2026-11-02T09:00:00Z",
    "author": {"id": "7", "handle": "ada_example"},
}
TWCS = (
    "tweet_id,author_id,inbound,created_at,text,"
    "response_tweet_id,in_response_to_tweet_id"
)


def replay(path: Path, channel: str = "") -> ReplayConnector:
    return ReplayConnector(ReplaySettings(brand="Acme", path=path, channel=channel))


def write(folder: Path, content: str | bytes, name: str = "stream.jsonl") -> Path:
    path = folder / name
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(raw)
    return path


def lines(*rows: object) -> str:
    return "".join(
        (row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows
    )


def read_all(connector: ReplayConnector, limit: int = 50) -> list[Page]:
    pages = [connector.fetch(None, limit=limit)]
    while pages[-1].more:
        pages.append(connector.fetch(pages[-1].cursor, limit=limit))
    return pages


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def reasons(pages: list[Page]) -> list[str]:
    return [bad.reason for page in pages for bad in page.bad]


def test_it_is_a_connector_that_sends_replies(tmp_path: Path) -> None:
    connector: Connector = replay(tmp_path / "stream.jsonl")

    assert isinstance(connector, SendsReplies)
    assert not connector.info.is_live


def test_every_field_of_our_own_layout_is_read(tmp_path: Path) -> None:
    row = {
        "id": 12,
        "channel": "agora",
        "brand": "Northwind",
        "kind": "quote",
        "conversation": "10",
        "in_reply_to": "11",
        "amplifies": "9",
        "published_at": "2026-11-02T19:00:00+10:00",
        "edited_at": 1793613600,
        "text": "still waiting",
        "language": "en",
        "url": "https://agora.example/12",
        "control": "owned",
        "addressed": True,
        "author": {
            "id": "7",
            "handle": "@ada_example",
            "name": "Ada",
            "bio": "Reporter",
            "followers": 20,
            "following": 30,
            "posts": 40,
            "verified": True,
            "created_at": "2019-01-01",
            "bot": True,
        },
        "engagement": {
            "likes": 1,
            "reposts": 2,
            "replies": 3,
            "quotes": 4,
            "views": 5,
            "counted_at": "2026-11-02T09:04:00Z",
        },
    }

    (mention,) = mentions(read_all(replay(write(tmp_path, lines(row)))))

    assert (mention.channel, mention.external_id, mention.brand) == (
        "agora",
        "12",
        "Northwind",
    )
    assert mention.published_at == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert mention.edited_at == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert mention.kind is MentionKind.QUOTE
    assert (mention.conversation, mention.in_reply_to, mention.amplifies) == (
        "10",
        "11",
        "9",
    )
    assert mention.control is ChannelControl.OWNED
    assert mention.is_addressed
    assert (mention.language_hint, mention.url) == ("en", "https://agora.example/12")
    assert mention.author is not None
    assert mention.author.handle == "ada_example"
    assert (mention.author.followers, mention.author.following) == (20, 30)
    assert mention.author.is_verified
    assert mention.author.is_declared_bot
    assert mention.author.created_at == datetime(2019, 1, 1, tzinfo=UTC)
    assert (mention.engagement.quotes, mention.engagement.views) == (4, 5)
    counted_at = datetime(2026, 11, 2, 9, 4, tzinfo=UTC)
    assert mention.engagement.counted_at == counted_at


def test_a_row_that_names_no_brand_or_channel_gets_the_settings(tmp_path: Path) -> None:
    path = write(tmp_path, lines(ROW))

    (mention,) = mentions(read_all(replay(path, channel="agora")))

    assert (mention.brand, mention.channel) == ("Acme", "agora")
    assert mention.conversation == "1"


def test_a_deleted_author_is_nobody(tmp_path: Path) -> None:
    path = write(tmp_path, lines(ROW | {"author": None}))

    (mention,) = mentions(read_all(replay(path)))

    assert mention.author is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "1", "text": "x', "this is no JSON"),
        ("[1, 2]", "a JSON object was expected, not list"),
        ("[" * 5000, "no JSON|nested"),
        ('{"id": ' + "9" * 5000 + "}", "thousands of digits"),
        (json.dumps(ROW | {"id": None}), "id is missing"),
        (json.dumps(ROW | {"id": "  "}), "id is missing"),
        (json.dumps(ROW | {"id": True}), "id is no id"),
        (json.dumps(ROW | {"id": [1]}), "id is no id"),
        (json.dumps(ROW | {"id": "1.34E+18"}), "a spreadsheet rounded it"),
        (json.dumps(ROW | {"id": "a\x00b"}), "unseen characters"),
        (json.dumps(ROW | {"text": None}), "text is missing"),
        (json.dumps(ROW | {"text": " \n"}), "text is missing"),
        (json.dumps(ROW | {"text": 5}), "text is no text"),
        (json.dumps(ROW | {"text": "a" * 100_001}), "100001 characters"),
        (json.dumps(ROW | {"published_at": None}), "published_at is missing"),
        (json.dumps(ROW | {"published_at": "soon"}), "published_at is no date: 'soon'"),
        (json.dumps(ROW | {"published_at": "0001-01-01T00:00:00Z"}), "0001-01-01"),
        (json.dumps(ROW | {"published_at": "9999-12-31T23:59:59Z"}), "9999-12-31"),
        (json.dumps(ROW | {"published_at": "9999-12-31T23:59:59-10:00"}), "no date"),
        (json.dumps(ROW | {"published_at": 1e300}), "no date"),
        (json.dumps(ROW | {"published_at": float("nan")}), "no date"),
        (json.dumps(ROW | {"published_at": True}), "no date"),
        (json.dumps(ROW | {"kind": "shout"}), "kind is none of post"),
        (json.dumps(ROW | {"control": "mine"}), "control is none of owned"),
        (json.dumps(ROW | {"author": "ada"}), "author is neither an object nor null"),
    ],
)
def test_nonsense_is_kept_aside_and_the_page_goes_on(
    tmp_path: Path, line: str, reason: str
) -> None:
    path = write(tmp_path, lines(ROW, line, ROW | {"id": "2"}))

    pages = read_all(replay(path))

    assert [mention.external_id for mention in mentions(pages)] == ["1", "2"]
    (bad,) = pages[0].bad
    assert any(part in bad.reason for part in reason.split("|"))
    assert bad.where == "stream.jsonl:2"
    assert bad.payload == line[:KEPT]


def test_foreign_bytes_are_kept_aside_as_they_came(tmp_path: Path) -> None:
    latin = json.dumps(ROW, ensure_ascii=False).replace("ate", "caf\u00e9")
    content = lines(ROW).encode() + latin.encode("latin-1") + b"\n" + b"\n"
    path = write(tmp_path, content + lines(ROW | {"id": "3"}).encode())

    pages = read_all(replay(path))

    assert [mention.external_id for mention in mentions(pages)] == ["1", "3"]
    assert reasons(pages) == ["the line is not UTF-8: it holds the byte 0xe9"]
    assert "caf\\xe9" in pages[0].bad[0].payload


def test_a_line_of_ten_megabytes_costs_itself_alone(tmp_path: Path) -> None:
    huge = json.dumps(ROW | {"text": "a" * 10_000_000})
    path = write(tmp_path, lines(ROW, huge, ROW | {"id": "3"}))

    pages = read_all(replay(path))

    assert [mention.external_id for mention in mentions(pages)] == ["1", "3"]
    (bad,) = pages[0].bad
    assert bad.reason == f"the line is longer than {LONGEST:,} bytes"
    assert len(bad.payload) == KEPT


def test_the_longest_text_is_read_even_when_every_sign_is_escaped(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, lines(ROW | {"text": "\U0001f621" * 100_000}))

    (mention,) = mentions(read_all(replay(path)))

    assert len(mention.text) == 100_000


def test_what_no_database_takes_is_replaced(tmp_path: Path) -> None:
    path = write(tmp_path, lines(ROW | {"text": "a\x00b\ud800c"}))

    (mention,) = mentions(read_all(replay(path)))

    assert mention.text == "a\ufffdb\ufffdc"


def test_byte_order_mark_and_carriage_returns_do_not_matter(tmp_path: Path) -> None:
    content = lines(ROW, "", ROW | {"id": "2"}).replace("\n", "\r\n").encode()
    path = write(tmp_path, b"\xef\xbb\xbf" + content)

    pages = read_all(replay(path))

    assert [mention.external_id for mention in mentions(pages)] == ["1", "2"]
    assert reasons(pages) == []


@pytest.mark.parametrize(
    "date",
    [
        "2017-10-31T22:10:47",
        "2017-10-31 22:10:47+00:00",
        "2017-11-01T09:10:47+11:00",
        "Tue Oct 31 22:10:47 +0000 2017",
        "Tue, 31 Oct 2017 22:10:47 GMT",
        1509487847,
        " 1509487847 ",
        1509487847000,
    ],
)
def test_dates_of_every_usual_form_mean_the_same(tmp_path: Path, date: object) -> None:
    path = write(tmp_path, lines(ROW | {"published_at": date}))

    (mention,) = mentions(read_all(replay(path)))

    assert mention.published_at == datetime(2017, 10, 31, 22, 10, 47, tzinfo=UTC)


def test_counts_that_make_no_sense_are_unknown_and_the_mention_stays(
    tmp_path: Path,
) -> None:
    author = {"handle": "ada", "followers": -3, "following": "many", "posts": 1e99}
    row = ROW | {"author": author, "engagement": {"likes": "12", "views": None}}

    (mention,) = mentions(read_all(replay(write(tmp_path, lines(row)))))

    assert mention.author is not None
    assert mention.author.external_id == "ada"
    assert (mention.author.followers, mention.author.following) == (None, None)
    assert (mention.engagement.likes, mention.engagement.views) == (12, None)


def test_pages_follow_each_other_without_gap_and_end(tmp_path: Path) -> None:
    path = write(tmp_path, lines(*(ROW | {"id": str(n)} for n in range(25))))

    pages = read_all(replay(path), limit=10)

    assert [len(page.mentions) for page in pages] == [10, 10, 5]
    assert [m.external_id for m in mentions(pages)] == [str(n) for n in range(25)]
    assert pages[-1].position == pages[-1].total == path.stat().st_size
    again = replay(path).fetch(pages[-1].cursor, limit=10)
    assert (list(again.mentions), list(again.bad), again.more) == ([], [], False)
    assert again.cursor == pages[-1].cursor


def test_the_oldest_of_a_page_comes_first(tmp_path: Path) -> None:
    days = ["2026-11-03", "2026-11-01", "2026-11-02"]
    rows = [ROW | {"id": day, "published_at": day} for day in days]

    found = mentions(read_all(replay(write(tmp_path, lines(*rows)))))

    assert [mention.external_id for mention in found] == sorted(days)


def test_lines_added_later_are_read_from_where_it_stood(tmp_path: Path) -> None:
    path = write(tmp_path, lines(ROW))
    cursor = replay(path).fetch(None, limit=10).cursor
    with path.open("a") as file:
        file.write(lines(ROW | {"id": "2"}))

    page = replay(path).fetch(cursor, limit=10)

    assert [mention.external_id for mention in page.mentions] == ["2"]


def test_another_file_under_the_same_name_is_begun_anew(tmp_path: Path) -> None:
    path = write(tmp_path, lines(ROW, ROW | {"id": "2"}))
    cursor = replay(path).fetch(None, limit=10).cursor
    write(tmp_path, lines(*(ROW | {"id": f"new-{n}"} for n in range(5))))

    page = replay(path).fetch(cursor, limit=10)

    assert page.mentions[0].external_id == "new-0"


@pytest.mark.parametrize("cursor", ["", "nonsense", "5:x", "9:9:0123456789abcdef:9"])
def test_a_cursor_that_means_nothing_here_begins_anew(
    tmp_path: Path, cursor: str
) -> None:
    path = write(tmp_path, lines(ROW))

    page = replay(path).fetch(Cursor(cursor), limit=10)

    assert len(page.mentions) == 1


def test_a_last_line_cut_off_is_kept_aside_once(tmp_path: Path) -> None:
    path = write(tmp_path, lines(ROW) + '{"id": "2", "text": "half of')

    pages = read_all(replay(path))
    again = replay(path).fetch(pages[-1].cursor, limit=10)

    assert len(mentions(pages)) == 1
    assert "cut off?" in reasons(pages)[0]
    assert (list(again.bad), again.more) == ([], False)


def test_a_line_that_was_only_half_written_is_read_when_it_is_whole(
    tmp_path: Path,
) -> None:
    whole = lines(ROW | {"id": "2"})
    path = write(tmp_path, lines(ROW) + whole[:30])
    cursor = replay(path).fetch(None, limit=10).cursor
    write(tmp_path, lines(ROW) + whole + lines(ROW | {"id": "3"}))

    page = replay(path).fetch(cursor, limit=10)

    assert [mention.external_id for mention in page.mentions] == ["2", "3"]


def test_the_airline_layout_is_recognised_and_its_labels_are_left_alone(
    tmp_path: Path,
) -> None:
    row = {
        "id": "567588278875213000",
        "created_at": "2015-02-17T07:36:05.621+00:00",
        "brand": "Skyline",
        "author": "Jo_Example",
        "text": "RT @skylineair: no bags, no answer",
        "sentiment": "negative",
        "reason": "Lost Luggage",
        "retweets": 3,
        "location": None,
    }

    (mention,) = mentions(read_all(replay(write(tmp_path, lines(row)))))

    assert (mention.channel, mention.brand) == ("x", "Skyline")
    assert mention.conversation == mention.external_id == "567588278875213000"
    assert mention.kind is MentionKind.POST
    assert not mention.is_amplification
    assert mention.is_addressed
    assert mention.control is ChannelControl.MENTION
    assert mention.engagement.reposts == 3
    assert mention.author is not None
    assert (mention.author.external_id, mention.author.handle) == (
        "jo_example",
        "Jo_Example",
    )
    assert mention.author.followers is None


THREADS = f"""\
{TWCS}
3,501,True,Tue Oct 31 22:08:27 +0000 2017,@500 nobody answers,2,1.0
2,SkyHelp,False,Tue Oct 31 22:10:47 +0000 2017,@501 please write to us,,3.0
1,501,True,Tue Oct 31 22:00:00 +0000 2017,"bags lost,
again",3,
9,502,True,Tue Oct 31 23:00:00 +0000 2017,thanks for nothing @skyhelp,,777.0
"""


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_threads_are_the_same_wherever_a_page_ends(tmp_path: Path, limit: int) -> None:
    path = write(tmp_path, THREADS, "threads.csv")

    found = mentions(read_all(replay(path), limit=limit))

    by_id = {mention.external_id: mention for mention in found}
    assert set(by_id) == {"1", "3", "9"}
    assert by_id["3"].conversation == by_id["1"].conversation == "1"
    assert (by_id["9"].conversation, by_id["9"].in_reply_to) == ("777", "777")
    assert by_id["1"].kind is MentionKind.POST
    assert by_id["3"].kind is MentionKind.REPLY


def test_the_brand_is_the_account_that_answers(tmp_path: Path) -> None:
    path = write(tmp_path, THREADS, "threads.csv")

    found = mentions(read_all(replay(path)))

    assert {mention.brand for mention in found} == {"SkyHelp"}
    assert {mention.author.handle for mention in found if mention.author} == {
        "501",
        "502",
    }


def test_a_thread_that_answers_itself_has_a_root(tmp_path: Path) -> None:
    rows = [
        "5,1,True,2017-10-31,@SkyHelp hm,,6.0",
        "6,1,True,2017-10-31,@SkyHelp hm,,5.0",
    ]
    path = write(tmp_path, "\n".join([TWCS, *rows]), "threads.csv")

    found = mentions(read_all(replay(path)))

    assert {mention.conversation for mention in found} == {"5"}


def test_a_layout_with_an_index_in_front_is_the_same_layout(tmp_path: Path) -> None:
    rows = [f",index,{TWCS}", "0,9,4,501,True,2017-10-31,@SkyHelp hm,,"]
    path = write(tmp_path, "\n".join(rows), "threads.csv")

    (mention,) = mentions(read_all(replay(path)))

    assert mention.external_id == "4"


def test_a_record_cut_off_at_the_end_is_kept_aside(tmp_path: Path) -> None:
    path = write(tmp_path, THREADS + "10,503,True,Tue Oct", "threads.csv")

    pages = read_all(replay(path))

    assert len(mentions(pages)) == 3
    assert reasons(pages) == ["the record has 4 fields, not 7 (cut off?)"]
    assert pages[0].bad[0].where == "threads.csv:7"


def test_a_quote_that_never_closes_costs_its_own_line(tmp_path: Path) -> None:
    rows = [
        "id,text,created_at,author",
        '1,"never closed,2026-01-01,ada',
        "2,fine,2026-01-02,bob",
        '3,"also ""fine"", really",2026-01-03,eve',
        '4,"cut',
    ]
    path = write(tmp_path, "\n".join(rows), "stream.csv")

    pages = read_all(replay(path))

    assert [mention.external_id for mention in mentions(pages)] == ["2", "3"]
    assert [bad.where for bad in pages[0].bad] == ["stream.csv:2", "stream.csv:5"]
    assert mentions(pages)[1].text == 'also "fine", really'


def test_a_lone_carriage_return_is_part_of_the_text(tmp_path: Path) -> None:
    rows = ["id,text,created_at", "1,one\rtwo,2026-01-01", "2,three,2026-01-02"]
    path = write(tmp_path, "\n".join(rows), "stream.csv")

    found = mentions(read_all(replay(path)))

    assert [mention.text for mention in found] == ["one\ntwo", "three"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_plain_table_is_read(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["ID", "Author", "Published_At", "Text", "Brand"],
        ["1", "@ada", "2026-11-02 09:00", "never again @northwindcare", "Northwind"],
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    path = write(tmp_path, text, "table.csv")

    (mention,) = mentions(read_all(replay(path)))

    assert (mention.brand, mention.channel) == ("Northwind", "replay")
    assert mention.is_addressed
    assert mention.author is not None
    assert mention.author.handle == "ada"


def test_a_table_with_foreign_bytes_loses_one_record(tmp_path: Path) -> None:
    content = b"id,text,created_at\n1,caf\xe9,2026-01-01\n2,tea,2026-01-02\n"

    pages = read_all(replay(write(tmp_path, content, "table.csv")))

    assert [mention.external_id for mention in mentions(pages)] == ["2"]
    assert reasons(pages) == ["the line is not UTF-8: it holds the byte 0xe9"]


def test_an_empty_file_is_an_empty_page(tmp_path: Path) -> None:
    page = replay(write(tmp_path, "")).fetch(None, limit=10)

    assert (list(page.mentions), page.more, page.total) == ([], False, 0)


def test_a_missing_file_may_come_later(tmp_path: Path) -> None:
    connector = replay(tmp_path / "nowhere.jsonl")

    with pytest.raises(Unavailable, match=r"^replay: there is no file nowhere.jsonl$"):
        connector.fetch(None, limit=10)
    assert not connector.check().ok


@pytest.mark.parametrize("name", ["folder", "table.csv"])
def test_what_cannot_be_read_needs_a_person(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    write(tmp_path, "colour,size\nred,5\n", "table.csv")
    connector = replay(tmp_path / name)

    with pytest.raises(AccessDenied, match=name) as caught:
        connector.fetch(None, limit=10)
    assert str(tmp_path) not in str(caught.value)
    assert not connector.check().ok


def test_the_check_names_the_layout_and_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, THREADS, "threads.csv")
    before = path.stat()

    health = replay(path).check()

    assert health.ok
    assert "layout twcs" in health.detail
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@given(
    raw=st.dictionaries(
        st.sampled_from(
            [
                "id",
                "text",
                "published_at",
                "created_at",
                "author",
                "kind",
                "tweet_id",
                "in_reply_to",
                "author_id",
                "inbound",
                "engagement",
                "brand",
                "control",
            ]
        ),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(),
            st.dictionaries(st.sampled_from(["id", "handle", "followers"]), st.text()),
            st.sampled_from(["2017-10-31", "@acme help", "1"]),
        ),
    )
)
def test_any_record_is_a_mention_or_bad_payload(raw: dict[str, object]) -> None:
    settings = ReplaySettings(brand="Acme", path=Path("stream.jsonl"))

    for layout in Layout:
        try:
            mention = to_mention(raw, layout, settings)
        except BadPayload:
            continue
        assert mention.published_at.tzinfo is not None
        assert mention.text.encode()


@given(
    content=st.binary(max_size=400),
    head=st.sampled_from(
        [
            b"",
            b'{"id": 1}\n',
            b"id,text,created_at\n",
            TWCS.encode() + b"\n",
        ]
    ),
)
def test_any_bytes_are_read_to_their_end(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, head: bytes
) -> None:
    path = write(tmp_path_factory.mktemp("any"), head + content)
    connector = replay(path)

    pages = read_all(connector, limit=3)

    assert pages[-1].position == len(head + content)
    assert not connector.fetch(pages[-1].cursor, limit=3).more


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", lines(ROW, ROW | {"id": "2"})),
        (
            "a.csv",
            'id;text;created_at\n1;"a; ""b""\nc";1509487847\n2;d e;1509487848\n',
        ),
        (
            "a.csv",
            (
                "tweet_id,author_id,inbound,created_at,text,in_response_to_tweet_id\n"
                "1,115712,True,Tue Oct 31 22:10:47 +0000 2017,@acme help me,\n"
                "2,acme,False,Tue Oct 31 22:11:47 +0000 2017,we will,1\n"
                "3,115712,True,Tue Oct 31 22:12:47 +0000 2017,you did not,2\n"
            ),
        ),
    ],
    ids=["bot", "csv", "twcs"],
)
def test_a_record_that_was_kept_aside_is_read_as_its_file_is_laid_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str
) -> None:
    path = write(tmp_path, content, name)
    kept = kept_aside(replay(path), monkeypatch)
    assert kept.mentions == {}
    would = mentions(read_all(replay(path)))

    again = read_again(replay(path), kept.bad)

    assert [*again.values()] == would
    assert len(would) == 2


def test_a_record_that_was_not_kept_as_it_came_says_so(tmp_path: Path) -> None:
    header = "id,text,published_at\n"
    latin = "1,caf\u00e9,2017-10-31T22:10:47\n".encode("latin-1")
    path = write(tmp_path, header.encode() + latin, "a.csv")
    [bad] = read_all(replay(path))[0].bad

    page = replay(path).again(bad)

    assert page.mentions == ()
    assert [one.payload for one in page.bad] == [bad.payload]
    assert "no UTF-8" in page.bad[0].reason


def test_who_answered_whom_is_looked_up_in_the_file_or_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(
        tmp_path,
        "tweet_id,author_id,inbound,created_at,text,in_response_to_tweet_id\n"
        "1,115712,True,Tue Oct 31 22:10:47 +0000 2017,@acme help me,\n",
        "a.csv",
    )
    [bad] = kept_aside(replay(path), monkeypatch).bad
    path.unlink()

    [still] = replay(path).again(bad).bad

    assert "there is no file" in still.reason
