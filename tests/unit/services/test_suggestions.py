from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.mentions import ChannelControl, MentionKind
from bot.domain.packs import AgentAnswer, Tone
from bot.domain.replies import ReplyKind, ReplyState
from bot.domain.tags import Sign
from bot.errors import Missing, NotAllowed
from bot.rules.load import load_platforms
from bot.services.guard import Guard
from bot.services.suggestions import Suggestions
from tests.unit.services.world import (
    author,
    handle,
    listen,
    mention,
    templates,
    tickets,
)

SORRY = AgentAnswer(id="sorry", text="We are sorry to read this.", tone=Tone.APOLOGY)
FAULT = AgentAnswer(id="fault", text="This was our fault.", tone=Tone.APOLOGY)
PLATFORMS = load_platforms(Path("config/packs/platforms/2026-11.1"))


def suggestions(*answers, **fields):
    worded = replace(templates(), answers={"en": answers or (SORRY,)})
    return Suggestions(**{"templates": worded, "guard": Guard(), **fields})


def ticket_of(store, clock, **fields):
    handle(store, clock, mention(**fields))
    return tickets(store)[-1].id


def test_what_the_guard_blocks_is_never_offered(store, clock):
    ticket_id = ticket_of(store, clock)

    found = suggestions(FAULT, SORRY).of(store, clock, ticket_id)

    assert [one.suggestion.answer for one in found] == ["sorry"]
    # An acknowledgement is under way: who answers beside it is told so.
    assert (found[0].guard, found[0].rules) == ("four_eyes", ("second_reply",))
    assert suggestions(FAULT).of(store, clock, ticket_id) == []


def test_using_one_makes_a_draft_in_the_persons_name(store, clock):
    ticket_id = ticket_of(store, clock)

    written = suggestions().use(store, clock, ticket_id, 1, by="ann")

    assert (written.state, written.kind) == (ReplyState.DRAFT, ReplyKind.ANSWER)
    assert (written.text, written.written_by) == (SORRY.text, "ann")
    with pytest.raises(NotAllowed, match="no suggestion 2; there are 1"):
        suggestions().use(store, clock, ticket_id, 2, by="ann")


def test_where_the_platform_forbids_an_answer_nothing_is_offered(store, clock):
    stranger = {"is_addressed": False, "control": ChannelControl.OWNED}
    ticket_id = ticket_of(store, clock, kind=MentionKind.REPLY, **stranger)

    with pytest.raises(NotAllowed, match="unasked"):
        suggestions(platforms=PLATFORMS).of(store, clock, ticket_id)


def test_signs_of_a_need_leave_the_wordings_for_care_alone(store, clock):
    # Nothing is under way to an influencer without a yes.
    ticket_id = ticket_of(store, clock, author=author("ada", followers=200_000))
    with store.work() as work:
        ticket = work.tickets.get(ticket_id)
        work.tickets.save(replace(ticket, signs=(Sign.BEREAVEMENT,)))
    offers = suggestions()

    [found] = offers.of(store, clock, ticket_id)
    assert found.suggestion.answer == "en/care/1"
    worded = offers.use(store, clock, ticket_id, 1, by="ann")
    assert worded.state is ReplyState.SUBMITTED


def test_the_brands_own_page_fills_the_blank(store, clock):
    linked = AgentAnswer(id="see", text="{brand}: {link}", tone=Tone.APOLOGY)
    ticket_id = ticket_of(store, clock)
    page = "https://kestrel.example/help"
    guard = Guard(contacts={"Kestrel Air": (page,)})

    assert suggestions(linked).of(store, clock, ticket_id) == []
    [found] = suggestions(linked, guard=guard, links={"Kestrel Air": page}).of(
        store, clock, ticket_id
    )
    assert found.suggestion.text == f"Kestrel Air: {page}"


def test_a_ticket_that_is_not_there_is_missing(store, clock):
    listen(store, clock, mention())

    with pytest.raises(Missing):
        suggestions().of(store, clock, 99)
