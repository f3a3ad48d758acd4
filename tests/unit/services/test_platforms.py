"""What a platform does not allow never leaves, whoever agreed to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.packs import Purpose, Template
from bot.domain.platforms import ANYWHERE, NO_PLATFORMS
from bot.domain.replies import ReplyKind, ReplyState
from bot.errors import NotAllowed
from bot.services.drafts import word
from bot.services.replies import send_pending
from tests.unit.rules.packs import platforms
from tests.unit.services.world import (
    CHANNEL,
    author,
    handle,
    mention,
    outbox,
    policy,
    queue_reply,
    reply_of,
    tickets,
)

CARE = Template(
    id="en/care/1", language="en", purpose=Purpose.CARE, text="Thank you for writing."
)


def nobots():
    rules = replace(ANYWHERE, honour_nobot=True)
    return replace(NO_PLATFORMS, channels={CHANNEL: rules})


def test_what_a_platform_forbids_is_refused_with_its_rule(store, clock, platform):
    queued = queue_reply(store, clock)
    with store.work() as work:
        ticket = work.tickets.get(queued.ticket_id)
        stored = work.mentions.get(queued.mention_id)
        again = replace(queued, kind=ReplyKind.ANSWER, state=ReplyState.SEEN)
        work.replies.add(replace(again, in_reply_to=stored.mention.external_id))
        assert ticket.id == queued.ticket_id
    box = outbox(platform, platforms=platforms())

    send_pending(store, box, clock)

    refused = reply_of(store, queued)
    assert refused.state is ReplyState.REFUSED
    assert refused.reason.startswith("platforms.x.max_replies: ")


def test_a_text_is_measured_as_the_platform_counts(store, clock, platform):
    platform.reply_length = lambda text: 2 * len(text)
    queued = queue_reply(store, clock, text="a" * 141)

    send_pending(store, outbox(platform), clock)

    refused = reply_of(store, queued)
    assert refused.state is ReplyState.REFUSED
    assert refused.reason == "282 characters as x counts, 280 at most"
    assert platform.standing == []


def test_where_a_platform_forbids_it_nothing_is_worded_and_the_ticket_stays(
    store, clock
):
    said = mention(author=author(bio="#nobot"))

    handle(store, clock, said, by=policy(platforms=nobots()))

    [ticket] = tickets(store)
    with store.reading() as work:
        assert work.replies.listing() == []
        [stored] = work.tickets.mentions(ticket.id)
        made = work.mentions.decision(stored.id)
    assert made[0].acknowledgement is None
    assert made[0].reasons[-1].rule == "platforms.x.honour_nobot"


def test_a_person_words_nothing_to_a_stranger_on_x(store, clock):
    handle(store, clock, mention(is_addressed=False))
    [ticket] = tickets(store)

    with pytest.raises(NotAllowed) as refused:
        word(store, clock, ticket.id, CARE, by="kim", platforms=platforms())

    assert "platforms.x.reply_if: " in str(refused.value)


def test_a_person_words_something_to_who_wants_no_bot(store, clock):
    handle(
        store,
        clock,
        mention(author=author(bio="#nobot")),
        by=policy(platforms=nobots()),
    )
    [ticket] = tickets(store)

    placed = word(store, clock, ticket.id, CARE, by="kim", platforms=nobots())

    assert placed.state is ReplyState.SUBMITTED
