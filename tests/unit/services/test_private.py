"""Private messages leave by the same outbox, with the same promises."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bot.domain.channels import SendsPrivately
from bot.domain.clocks import PackRef
from bot.domain.packs import PackStatus
from bot.domain.platforms import Ground, PlatformPack, PlatformRules
from bot.domain.replies import ReplyKind, ReplyState
from bot.services.replies import confirm_pending, send_pending, settle_pending
from bot.testing import FakeMessenger, FakePlatform, Fault, Killed
from tests.unit.services.world import (
    CHANNEL,
    actions,
    outbox,
    promise,
    queue_reply,
    reply_of,
    states,
    tickets,
)

RULES = PlatformPack(
    ref=PackRef(id="platforms", version="1", sha256="d" * 64),
    title="for tests",
    status=PackStatus.REVIEWED,
    sources={},
    channels={
        CHANNEL: PlatformRules(
            title="X",
            reply_if=(Ground.MENTIONS_US,),
            private_if=(Ground.MENTIONS_US, Ground.MESSAGES_US),
        )
    },
)


@pytest.fixture
def messenger(clock) -> FakeMessenger:
    return FakeMessenger(clock, reply_limit=30)


def invite(store, clock, **fields):
    private = {"kind": ReplyKind.INVITATION, "is_private": True, **fields}
    return queue_reply(store, clock, **private)


def run(store, clock, platform, **fields):
    way = outbox(platform, **{"platforms": RULES, **fields})
    for _ in range(4):
        clock.advance(seconds=60)
        settle_pending(store, way, clock)
        send_pending(store, way, clock)
        confirm_pending(store, way, clock)


def test_a_private_message_goes_to_its_author_alone_and_is_read_back(
    store, clock, messenger
):
    reply = invite(store, clock, text="Longer than any public line may be there.")

    run(store, clock, messenger)

    [one] = messenger.standing
    assert (one.is_private, one.reply.author) == (True, "id-ada")
    assert reply_of(store, reply).state is ReplyState.SEEN


@pytest.mark.parametrize(
    "fault", [Fault.TIMEOUT_AFTER_ACCEPT, Fault.KILLED_AFTER_ACCEPT]
)
def test_a_doubt_about_a_private_message_is_settled_by_looking(
    store, clock, messenger, fault
):
    reply = invite(store, clock)
    messenger.fail_replies(fault)

    with suppress(Killed):
        run(store, clock, messenger)
    run(store, clock, messenger)

    assert len(messenger.standing) == 1
    assert reply_of(store, reply).state is ReplyState.SEEN


def test_a_private_message_is_no_acknowledgement_unless_a_pack_says_so(
    store, clock, messenger
):
    invite(
        store,
        clock,
        plans=[promise("ack", "acknowledged"), promise("own", "invited_privately")],
    )

    run(store, clock, messenger)

    [ticket] = tickets(store)
    assert states(store, ticket) == {"ack": "running", "own": "met"}


def test_where_nobody_can_be_written_to_in_private_it_is_never_said_in_public(
    store, clock, platform
):
    reply = invite(store, clock)

    run(store, clock, platform)

    assert platform.standing == []
    refused = reply_of(store, reply)
    assert refused.state is ReplyState.REFUSED
    assert "nobody is written to in private here" in refused.reason
    assert actions(store, "reply")[-1] == "reply.refused"


def test_what_the_platform_does_not_let_us_write_in_private_stays_here(
    store, clock, messenger
):
    closed = PlatformPack(
        ref=RULES.ref,
        title="",
        status=PackStatus.REVIEWED,
        sources={},
        channels={
            CHANNEL: PlatformRules(title="X", reply_if=(Ground.MENTIONS_US,)),
        },
    )
    reply = invite(store, clock)

    run(store, clock, messenger, platforms=closed)

    assert messenger.calls == 0
    assert "platforms.x.private_if" in reply_of(store, reply).reason


def test_what_is_filled_in_at_the_end_is_seen_by_its_reader_alone(
    store, clock, messenger
):
    reply = invite(store, clock, text="Here: {link}")

    run(
        store,
        clock,
        messenger,
        worded=lambda one: one.text.replace("{link}", "https://example.test/h/1"),
    )

    [one] = messenger.standing
    assert one.reply.text == "Here: https://example.test/h/1"
    assert reply_of(store, reply).text == "Here: {link}"


def test_a_platform_that_knows_no_private_messages_is_none_that_sends_them(clock):
    assert isinstance(FakeMessenger(clock), SendsPrivately)
    assert not isinstance(FakePlatform(clock), SendsPrivately)
