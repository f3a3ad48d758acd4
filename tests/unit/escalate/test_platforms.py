"""Whom a platform lets us answer, by the shipped pack."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.decisions import Acknowledgement
from bot.domain.mentions import Author, ChannelControl, Mention, MentionId, MentionKind
from bot.domain.platforms import ANYWHERE, Audience, PlatformRules, Writer
from bot.domain.replies import Reply, ReplyKind, ReplyState, Verdict
from bot.domain.tickets import TicketId
from bot.escalate.platforms import (
    countdown,
    held_back,
    verdict,
    windows,
    writer_of,
)
from tests import samples
from tests.unit.escalate.situations import NOW, decided, unhappy
from tests.unit.escalate.situations import mention as plain
from tests.unit.rules.packs import platforms

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHANNELS = sorted(platforms().channels)


def said(channel: str, **fields: Any) -> Mention:
    whole = {
        "channel": channel,
        "control": ChannelControl.MENTION,
        "is_addressed": True,
        "published_at": NOW - HOUR,
        **fields,
    }
    return plain("My parcel has been gone for two weeks.", **whole)


def of(channel: str) -> PlatformRules:
    return platforms().of(channel)


def ask(
    mention: Mention,
    *said_before: Reply,
    writer: Writer = Writer.TEMPLATE,
    audience: Audience = Audience.PUBLIC,
    now: datetime = NOW,
) -> Verdict:
    return verdict(
        mention, of(mention.channel), said_before, now, writer=writer, audience=audience
    )


def rules_of(found: Verdict) -> list[str]:
    return [reason.partition(":")[0] for reason in found.reasons]


def reply(
    to: Mention,
    kind: ReplyKind = ReplyKind.ACKNOWLEDGEMENT,
    state: ReplyState = ReplyState.SEEN,
    template: str = "en/complaint/1",
    *,
    is_private: bool = False,
) -> Reply:
    return Reply(
        ticket_id=TicketId(1),
        mention_id=MentionId(1),
        kind=kind,
        state=state,
        channel=to.channel,
        brand=to.brand,
        conversation=to.conversation,
        in_reply_to=to.external_id,
        author="a",
        text="Thank you for telling us.",
        text_hash="",
        language="en",
        template=template,
        created_at=NOW,
        is_private=is_private,
    )


def bio(text: str) -> Author:
    return replace(samples.author(), bio=text)


# --- who may be answered


@pytest.mark.parametrize("channel", [*CHANNELS, "a-channel-of-which-no-pack-tells"])
@pytest.mark.parametrize("writer", list(Writer))
def test_a_public_grumble_to_nobody_is_never_answered(
    channel: str, writer: Writer
) -> None:
    grumble = said(channel, control=ChannelControl.THIRD_PARTY, is_addressed=False)

    found = ask(grumble, writer=writer)

    assert not found.allowed
    assert f"platforms.{channel}.reply_if" in rules_of(found)


@pytest.mark.parametrize(
    ("channel", "fields", "ok"),
    [
        ("x", {}, True),
        ("x", {"kind": MentionKind.REPLY, "control": ChannelControl.OWNED}, True),
        ("x", {"kind": MentionKind.QUOTE, "amplifies": "7"}, True),
        ("x", {"kind": MentionKind.REPOST, "amplifies": "7"}, False),
        ("x", {"control": ChannelControl.OWNED, "is_addressed": False}, False),
        ("x", {"is_public": False}, False),
        ("x", {"author": None}, False),
        ("bluesky", {}, True),
        ("bluesky", {"kind": MentionKind.QUOTE, "amplifies": "7"}, False),
        ("mastodon", {"kind": MentionKind.REPLY}, True),
        ("reddit", {"control": ChannelControl.OWNED, "is_addressed": False}, True),
        (
            "reddit",
            {
                "control": ChannelControl.OWNED,
                "is_addressed": False,
                "kind": MentionKind.REPLY,
            },
            False,
        ),
        ("facebook", {"kind": MentionKind.MESSAGE, "is_public": False}, False),
        (
            "google_play",
            {"kind": MentionKind.REVIEW, "control": ChannelControl.OWNED},
            True,
        ),
        ("google_play", {}, False),
    ],
)
def test_only_who_turned_to_us_as_the_platform_asks_is_answered(
    *, channel: str, fields: dict[str, Any], ok: bool
) -> None:
    assert ask(said(channel, **fields)).allowed is ok


def test_x_lets_a_program_answer_one_text_once_and_a_person_again() -> None:
    mention = said("x")
    before = reply(mention)

    assert rules_of(ask(mention, before)) == ["platforms.x.max_replies"]
    assert ask(mention, before, writer=Writer.PERSON).allowed
    assert ask(replace(mention, external_id="99"), before).allowed


@pytest.mark.parametrize(
    "state", [ReplyState.CANCELLED, ReplyState.REJECTED, ReplyState.REFUSED]
)
def test_what_was_never_said_is_not_counted(state: ReplyState) -> None:
    mention = said("x")

    assert ask(mention, reply(mention, state=state)).allowed


@pytest.mark.parametrize(
    ("state", "by", "ok"),
    [
        (ReplyState.DRAFT, "ann", True),
        (ReplyState.SUBMITTED, "ann", True),
        (ReplyState.QUEUED, "ann", False),
        (ReplyState.SUBMITTED, "", False),
    ],
)
def test_what_a_person_still_words_takes_nobody_elses_place(
    *, state: ReplyState, by: str, ok: bool
) -> None:
    mention = said("x")

    before = replace(reply(mention, state=state), written_by=by)

    assert ask(mention, before).allowed is ok


@pytest.mark.parametrize(
    ("text", "is_asked_for"),
    [
        ("Gardener. #nobot", True),
        ("#NoBots please", True),
        ("no # bot here", False),
        ("I build #nobotany", False),
        ("", False),
    ],
)
def test_who_wants_no_bot_is_answered_by_people_alone(
    *, text: str, is_asked_for: bool
) -> None:
    mention = said("mastodon", author=bio(text))

    assert ask(mention).allowed is not is_asked_for
    assert ask(mention, writer=Writer.MODEL).allowed is not is_asked_for
    assert ask(mention, writer=Writer.PERSON).allowed


def test_x_takes_no_model_s_words_without_its_approval() -> None:
    assert rules_of(ask(said("x"), writer=Writer.MODEL)) == ["platforms.x.model_text"]
    assert ask(said("bluesky"), writer=Writer.MODEL).allowed


# --- private words, and their windows


@pytest.mark.parametrize("channel", ["facebook", "instagram"])
@pytest.mark.parametrize(
    ("writer", "after", "ok"),
    [
        (Writer.TEMPLATE, DAY - HOUR, True),
        (Writer.TEMPLATE, DAY, False),
        (Writer.MODEL, DAY, False),
        (Writer.PERSON, DAY, True),
        (Writer.PERSON, 7 * DAY - HOUR, True),
        (Writer.PERSON, 7 * DAY, False),
    ],
)
def test_a_message_is_answered_within_a_day_and_by_a_person_within_seven(
    *, channel: str, writer: Writer, after: timedelta, ok: bool
) -> None:
    message = said(channel, kind=MentionKind.MESSAGE, is_public=False)
    now = message.published_at + after

    found = ask(message, writer=writer, audience=Audience.PRIVATE, now=now)

    assert found.allowed is ok
    person = writer is Writer.PERSON
    assert found.open_until == message.published_at + (7 * DAY if person else DAY)


@pytest.mark.parametrize(
    ("after", "ok"), [(6 * DAY, True), (7 * DAY - HOUR, True), (7 * DAY, False)]
)
def test_a_comment_is_answered_in_private_within_seven_days(
    *, after: timedelta, ok: bool
) -> None:
    comment = said("instagram", kind=MentionKind.REPLY, control=ChannelControl.OWNED)

    found = ask(comment, audience=Audience.PRIVATE, now=comment.published_at + after)

    assert found.allowed is ok
    assert rules_of(found) == ([] if ok else ["platforms.instagram.private_reply"])


def test_a_comment_is_answered_in_private_once() -> None:
    comment = said("facebook", kind=MentionKind.REPLY, control=ChannelControl.OWNED)
    before = reply(comment, ReplyKind.INVITATION, is_private=True)

    assert ask(comment, reply(comment), audience=Audience.PRIVATE).allowed
    assert rules_of(ask(comment, before, audience=Audience.PRIVATE)) == [
        "platforms.facebook.private_reply"
    ]
    message = said("facebook", kind=MentionKind.MESSAGE, is_public=False)
    assert ask(message, reply(message, is_private=True), audience=Audience.PRIVATE)
    assert ask(comment, before).allowed


@pytest.mark.parametrize("channel", ["mastodon", "bluesky"])
def test_who_turned_to_us_may_be_written_to_in_private_and_no_stranger(
    channel: str,
) -> None:
    stranger = said(channel, is_addressed=False, control=ChannelControl.THIRD_PARTY)

    assert ask(said(channel), audience=Audience.PRIVATE).allowed
    assert rules_of(ask(stranger, audience=Audience.PRIVATE)) == [
        f"platforms.{channel}.private_if"
    ]


def test_a_private_message_is_no_second_public_answer() -> None:
    post = said("x")

    assert ask(post, reply(post, ReplyKind.INVITATION, is_private=True)).allowed
    assert not ask(post, reply(post)).allowed


def test_a_public_answer_has_no_window() -> None:
    old = said("facebook", published_at=NOW - 90 * DAY)

    assert ask(old).open_until is None
    assert ask(old).allowed


def test_nobody_on_x_is_written_to_in_private_before_they_write_to_us() -> None:
    message = said("x", kind=MentionKind.MESSAGE, is_public=False)

    assert rules_of(ask(said("x"), audience=Audience.PRIVATE)) == [
        "platforms.x.private_if"
    ]
    assert ask(message, audience=Audience.PRIVATE).allowed


def test_windows_are_told_with_what_is_left_of_them() -> None:
    message = said("facebook", kind=MentionKind.MESSAGE, is_public=False)

    found = windows(message, of("facebook"))

    told = [(name, countdown(at, NOW)) for name, at in found]
    assert told == [
        ("private_window", "open until 2026-03-03 12:00 UTC (23 h 0 min left)"),
        ("person_window", "open until 2026-03-09 12:00 UTC (6 d 23 h left)"),
    ]
    closing = NOW + 2 * HOUR
    assert countdown(closing, NOW).endswith("(2 h 0 min left, closing)")
    assert countdown(NOW, NOW) == f"closed since {NOW:%Y-%m-%d %H:%M} UTC"
    assert windows(said("x"), of("x")) == ()
    assert windows(replace(message, author=None), of("facebook")) == ()


# --- who wrote it


def test_an_answer_and_words_for_people_in_need_are_a_person_s() -> None:
    mention = said("x")

    assert writer_of(reply(mention)) is Writer.TEMPLATE
    assert writer_of(reply(mention, ReplyKind.STATUS_WAITING)) is Writer.TEMPLATE
    assert writer_of(reply(mention, template="en/care/1")) is Writer.PERSON
    assert writer_of(reply(mention, ReplyKind.ANSWER)) is Writer.PERSON
    assert writer_of(reply(mention, template="")) is Writer.PERSON


# --- what is decided


def test_an_acknowledgement_that_a_platform_forbids_is_taken_from_the_decision() -> (
    None
):
    mention = said("mastodon", author=bio("#nobot"))
    made = replace(
        decided(mention, unhappy()),
        acknowledgement=Acknowledgement(template="en/complaint", needs_approval=False),
    )

    held = held_back(made, mention, of("mastodon"), NOW)
    free = held_back(made, said("mastodon"), of("mastodon"), NOW)

    assert held.acknowledgement is None
    assert held.reasons[-1].rule == "platforms.mastodon.honour_nobot"
    assert held.reasons[-1].text.endswith(": no acknowledgement")
    assert (held.outcome, held.queue) == (made.outcome, made.queue)
    assert free is made


def test_a_channel_of_which_no_pack_tells_answers_only_who_turned_to_us() -> None:
    assert platforms().of("somewhere") is ANYWHERE
