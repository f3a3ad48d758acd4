from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors._bluesky_replies import facets_of, key_of, length_of
from bot.domain.channels import CountsCharacters, SendsPrivately
from bot.domain.replies import OutboundReply
from bot.errors import AccessDenied, OutcomeUnknown, Refused
from tests.connectors.bluesky.conftest import reply_under
from tests.connectors.passes import START
from tests.platforms.bluesky_state import HANDLE, did_of

PUT = "putRecord"
FAMILY = "\U0001f469‍\U0001f469‍\U0001f467"


@pytest.fixture
def uri(state: Any) -> str:
    return str(state.add_post(f"@{HANDLE} help", "jane.test"))


def puts(state: Any) -> list[Any]:
    return [given for _method, nsid, given, _headers in state.requests if PUT in nsid]


def test_a_reply_names_its_root_and_its_parent(state: Any, bluesky: Any) -> None:
    ours = state.add_post("Ask us", HANDLE)
    above = state.add_post("hm", "jane.test", reply_to=ours)

    receipt = bluesky.send_reply(reply_under(above))

    [sent] = state.accepted
    cids = {one: state.posts[one].cid for one in (ours, above)}
    assert sent.record["reply"] == {
        "root": {"uri": ours, "cid": cids[ours]},
        "parent": {"uri": above, "cid": cids[above]},
    }
    assert sent.record["langs"] == ["en"]
    assert receipt.external_id == sent.uri
    assert receipt.url == f"https://bsky.app/profile/{state.us}/post/{sent.uri[-13:]}"


def test_a_reply_is_dated_by_blueskys_clock(
    state: Any, clock: Any, bluesky: Any, uri: str
) -> None:
    clock.advance(hours=5)

    receipt = bluesky.send_reply(reply_under(uri))

    assert receipt.published_at == START + timedelta(hours=5)


def test_a_reply_is_never_dated_before_what_it_answers(
    state: Any, clock: Any, bluesky: Any
) -> None:
    # Bluesky tells its time in whole seconds, and an instant in thousandths.
    said = clock.advance(milliseconds=700)
    uri = state.add_post(f"@{HANDLE} help", "jane.test")

    assert bluesky.send_reply(reply_under(uri)).published_at == said


def test_without_blueskys_clock_a_reply_is_dated_by_what_it_answers(
    state: Any, clock: Any, bluesky: Any, uri: str
) -> None:
    state.has_date = False
    clock.advance(hours=1)

    assert bluesky.send_reply(reply_under(uri)).published_at == START


def test_a_second_try_publishes_nothing_and_gives_the_same_receipt(
    state: Any, clock: Any, bluesky: Any, connect: Any, uri: str
) -> None:
    reply = reply_under(uri)
    first = bluesky.send_reply(reply)
    clock.advance(minutes=3)

    second = connect().send_reply(reply)

    assert second == first
    assert len(state.accepted) == 1


@pytest.mark.parametrize("doubt", ["drop", "error", "malformed"])
def test_a_try_after_a_doubt_publishes_nothing_more(
    state: Any, clock: Any, bluesky: Any, uri: str, doubt: str
) -> None:
    state.fail_next(f"{doubt}_after_accept", PUT)
    with pytest.raises(OutcomeUnknown):
        bluesky.send_reply(reply_under(uri))
    clock.advance(minutes=3)

    bluesky.send_reply(reply_under(uri))

    assert len(state.accepted) == 1


def test_other_words_under_the_same_key_are_refused(
    state: Any, bluesky: Any, uri: str
) -> None:
    bluesky.send_reply(reply_under(uri))

    with pytest.raises(Refused, match="other words"):
        bluesky.send_reply(reply_under(uri, "Something else"))

    assert [one.record["text"] for one in state.accepted] == ["We are sorry."]


def test_a_reply_whose_key_another_post_has_is_not_taken_for_it(
    state: Any, bluesky: Any, uri: str
) -> None:
    reply = reply_under(uri)
    state.keep(state.us, key_of(reply), {"text": reply.text, "createdAt": "now"})

    with pytest.raises(Exception, match="makes no sense"):
        bluesky.find_reply(reply)


def test_only_our_own_posts_are_found_by_their_id(
    state: Any, bluesky: Any, uri: str
) -> None:
    for strange in (uri, "no uri", f"at://{state.us}/app.bsky.feed.like/3abc"):
        assert bluesky.find_reply(reply_under(uri, external_id=strange)) is None


def test_a_reply_that_was_deleted_is_not_found(
    state: Any, bluesky: Any, uri: str
) -> None:
    receipt = bluesky.send_reply(reply_under(uri))
    state.delete_post(receipt.external_id)

    found = bluesky.find_reply(reply_under(uri, external_id=receipt.external_id))

    assert found is None


def gone(state: Any, uri: str) -> None:
    state.delete_post(uri)


def ended(state: Any, uri: str) -> None:
    state.end("jane.test", "deactivated")


def blocked(state: Any, uri: str) -> None:
    state.block("jane.test")


def gated(state: Any, uri: str) -> None:
    state.gate(uri)


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (gone, "is gone"),
        (ended, "is gone"),
        (blocked, "block each other"),
        (gated, "lets others answer"),
    ],
)
def test_where_no_answer_may_stand_nothing_is_sent(
    state: Any, bluesky: Any, uri: str, happens: Any, why: str
) -> None:
    happens(state, uri)

    with pytest.raises(Refused, match=why):
        bluesky.send_reply(reply_under(uri))

    assert puts(state) == []


@pytest.mark.parametrize("text", ["x" * 301, FAMILY * 167, "é" * 290 + FAMILY * 150])
def test_what_is_too_long_is_refused_before_anybody_is_asked(
    state: Any, bluesky: Any, uri: str, text: str
) -> None:
    with pytest.raises(Refused, match="longer"):
        bluesky.send_reply(reply_under(uri, text))

    assert state.requests == []


@pytest.mark.parametrize("text", ["x" * 300, "\U0001f600" * 300, FAMILY * 166])
def test_what_just_fits_is_taken(state: Any, bluesky: Any, uri: str, text: str) -> None:
    bluesky.send_reply(reply_under(uri, text))

    assert len(state.accepted) == 1


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("abc", 3),
        ("e\u0301t\u00e9", 3),
        ("\U0001f1e6\U0001f1fa\U0001f1f3\U0001f1ff", 2),
        (FAMILY, 2),  # 18 bytes fill two places
        (FAMILY + "x" * 20, 21),
    ],
)
def test_length_is_counted_in_graphemes_and_bytes(text: str, length: int) -> None:
    assert length_of(text) == length


@given(st.text(max_size=400))
def test_what_we_count_as_fitting_fits_blueskys_both_limits(text: str) -> None:
    if length_of(text) <= 300:
        assert len(text.encode(errors="replace")) <= 3_000


def test_an_odd_parent_is_answered_all_the_same(state: Any, bluesky: Any) -> None:
    odd = f"at://{did_of('jane.test')}/app.bsky.feed.post/self"

    assert len(key_of(reply_under(odd))) == 13


@given(st.integers(0, 10**6), st.sampled_from(["a", "b"]), st.integers(0, 1 << 62))
def test_every_key_is_a_tid_and_the_same_again(
    number: int, brand: str, chance: int
) -> None:
    letters = "234567abcdefghijklmnopqrstuvwxyz"
    tid = "".join(letters[chance >> 5 * place & 31] for place in range(12, -1, -1))
    uri = f"at://did:plc:abc/app.bsky.feed.post/{tid}"
    reply = reply_under(uri, key=f"R-{number}", brand=brand)

    key = key_of(reply)

    assert len(key) == 13
    assert key[0] in "234567abcdefghij"
    assert set(key) <= set(letters)
    assert key == key_of(reply_under(uri, "other words", key=reply.key, brand=brand))


def test_each_reply_has_a_key_of_its_own(uri: str) -> None:
    keys = {key_of(reply_under(uri, key=f"R-{number:06d}")) for number in range(5000)}

    assert len(keys) == 5000


def texts_of(text: str, dids: dict[str, str]) -> list[tuple[str, str]]:
    raw = text.encode()
    found = []
    for facet in facets_of(text, dids):
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        [feature] = facet["features"]
        kind = feature["$type"].rpartition("#")[2]
        found.append((kind, raw[start:end].decode()))
    return found


def test_links_tags_and_handles_are_marked_by_bytes() -> None:
    text = "Grüße @jane.test \U0001f389 https://acme.example/hilfe. #Hilfe @nobody.test"

    assert texts_of(text, {"jane.test": "did:plc:jane"}) == [
        ("mention", "@jane.test"),
        ("link", "https://acme.example/hilfe"),
        ("tag", "#Hilfe"),
    ]


def test_handles_that_bluesky_knows_are_tagged_with_one_request(
    state: Any, bluesky: Any, uri: str
) -> None:
    state.add_person("eve.test")

    bluesky.send_reply(reply_under(uri, "@jane.test @eve.test @none.test sorry"))

    [sent] = state.accepted
    tagged = [one["features"][0]["did"] for one in sent.record["facets"]]
    assert tagged == [did_of("jane.test"), did_of("eve.test")]
    assert [
        given for _m, nsid, given, _h in state.requests if "getProfiles" in nsid
    ] == [{"actors": ["eve.test", "none.test"]}]


def test_nothing_that_bluesky_knows_is_answered_by_nobody(
    state: Any, bluesky: Any
) -> None:
    with pytest.raises(Refused, match="nothing that Bluesky knows"):
        bluesky.send_reply(reply_under("at://x/app.bsky.feed.like/y"))


# Private messages


def message(text: str = "Please write to us here.", **more: Any) -> OutboundReply:
    uri = f"at://{did_of('jane.test')}/app.bsky.feed.post/3abc"
    return reply_under(uri, text, **more)


@pytest.fixture
def jane(state: Any) -> str:
    return str(state.add_person("jane.test"))


def test_it_says_that_it_counts_and_writes_privately(bluesky: Any) -> None:
    assert isinstance(bluesky, CountsCharacters)
    assert isinstance(bluesky, SendsPrivately)


def test_a_message_arrives_once_and_is_found_by_its_words(
    state: Any, bluesky: Any, connect: Any, jane: str
) -> None:
    assert bluesky.find_private(message()) is None

    receipt = bluesky.send_private(message())

    assert connect().find_private(message()) == receipt
    assert connect().find_private(message(external_id=receipt.external_id)) == receipt
    assert bluesky.find_private(message("Other words")) is None
    [sent] = [one for listed in state.messages.values() for one in listed]
    assert sent["text"] == "Please write to us here."


def test_the_same_words_before_the_first_try_are_another_message(
    state: Any, clock: Any, bluesky: Any, jane: str
) -> None:
    bluesky.send_private(message())
    tried = clock.advance(days=1)

    assert bluesky.find_private(message(first_tried_at=tried)) is None
    bluesky.send_private(message())
    assert bluesky.find_private(message(first_tried_at=tried)) is not None


@pytest.mark.parametrize("doubt", ["drop", "error", "malformed"])
def test_a_doubt_about_a_message_is_settled_by_looking(
    state: Any, bluesky: Any, connect: Any, jane: str, doubt: str
) -> None:
    state.fail_next(f"{doubt}_after_accept", "chat.bsky.convo.sendMessage!")

    with pytest.raises(OutcomeUnknown):
        bluesky.send_private(message())

    assert connect().find_private(message()) is not None


def test_closed_messages_are_refused(state: Any, bluesky: Any) -> None:
    state.add_person("jane.test", chat="none")

    with pytest.raises(Refused, match="disabled incoming messages"):
        bluesky.send_private(message())
    assert bluesky.find_private(message()) is None


def test_where_nothing_can_be_sent_any_more_a_doubt_stays(
    state: Any, bluesky: Any, jane: str
) -> None:
    bluesky.send_private(message())
    state.fail_next("400", "getConvoAvailability", text="InvalidRequest:blocked")

    with pytest.raises(OutcomeUnknown, match="cannot be looked for"):
        bluesky.find_private(message())


def test_nobody_to_write_to_is_refused(bluesky: Any) -> None:
    with pytest.raises(Refused, match="no account"):
        bluesky.send_private(message(author=""))


def test_an_app_password_without_access_to_messages_is_told_apart(
    state: Any, bluesky: Any, jane: str
) -> None:
    state.may_message = False

    with pytest.raises(AccessDenied, match="no access to direct messages"):
        bluesky.send_private(message())

    assert (len(state.sign_ins), state.renewals) == (1, 1)


def test_far_down_in_a_long_talk_it_is_not_claimed_that_nothing_stands_there(
    state: Any, bluesky: Any, jane: str
) -> None:
    bluesky.send_private(message("The first of many"))
    [listed] = state.messages.values()
    listed += [{**listed[0], "text": f"later {number}"} for number in range(1200)]

    with pytest.raises(OutcomeUnknown, match="looked through"):
        bluesky.find_private(message("The first of many"))
