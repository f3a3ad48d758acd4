"""What every store promises about legal notices."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.letters import Finding, Letter, LetterId, LetterState
from bot.domain.mentions import text_hash
from bot.errors import Missing
from tests.samples import NOON, REGULATION, decision, mention, reply, tags, ticket

HOUR = timedelta(hours=1)


def letter(ticket_id, **fields) -> Letter:
    text = "Our response\n============\n"
    whole = Letter(
        ticket_id=ticket_id,
        pack=REGULATION,
        notice="idr_response",
        event="idr_response_provided",
        legal_class="standard",
        language="en",
        state=LetterState.DRAFT,
        text=text,
        text_hash=text_hash(text),
        written_by="ann",
        created_at=NOON,
        outcome="rejected",
        issues=("The fee", "Nobody called ☎"),
        findings=(Finding(item="a", cite="53(a)", is_met=False, told="lacks it"),),
        enclosures=("leaflet.pdf sha256 00",),
    )
    return replace(whole, **fields)


@pytest.fixture
def of_ticket(store):
    with store.work() as work:
        return work.tickets.add(ticket()).id


def test_a_notice_reads_back_equal(store, of_ticket):
    wanted = letter(
        of_ticket,
        approved_at=NOON + HOUR,
        approved_by="ben",
        way="email",
        recipient="mirela@example.org",
        receipt="250 OK",
        proof_sha256="e" * 64,
        sending_at=NOON + 2 * HOUR,
        sent_at=NOON + 3 * HOUR,
        reason="why",
        reason_code="complex",
    )

    with store.work() as work:
        added = work.letters.add(wanted)

    with store.reading() as work:
        assert added == replace(wanted, id=added.id)
        assert work.letters.get(added.id) == added
        assert work.letters.of_ticket(of_ticket) == [added]


def test_one_that_is_not_there_is_missing_by_its_name(store):
    with store.reading() as work, pytest.raises(Missing, match="L-000009"):
        work.letters.get(LetterId(9))


def test_one_moves_only_from_where_it_stands(store, of_ticket):
    with store.work() as work:
        added = work.letters.add(letter(of_ticket))
        sent = replace(added, state=LetterState.SENT)

        assert not work.letters.move(sent, before=LetterState.SENDING)
        assert work.letters.hold(added.id).state is LetterState.DRAFT
        assert work.letters.move(sent, before=LetterState.DRAFT)
        assert work.letters.get(added.id) == sent


def test_the_newest_are_listed_first(store, of_ticket):
    with store.work() as work:
        first, second, third = (work.letters.add(letter(of_ticket)) for _ in range(3))

        assert work.letters.listing(2) == [third, second]
        assert work.letters.of_ticket(of_ticket) == [first, second, third]


def test_a_yes_to_a_notice_is_none_to_a_reply_of_the_same_number(store, of_ticket):
    with store.work() as work:
        [stored] = work.mentions.add([mention()], source="agora", at=NOON)
        said = work.replies.add(reply(ticket_id=of_ticket, mention_id=stored.id))
        added = work.letters.add(letter(of_ticket))
        work.letters.approve(added, by="ben", at=NOON)
        work.replies.approve(said, by="cleo", at=NOON)
        work.letters.void_approvals(added.id, NOON + HOUR)

        [to_letter] = work.letters.approvals(added.id)
        [to_reply] = work.replies.approvals(said.id)

    assert (to_letter.approved_by, to_letter.voided_at) == ("ben", NOON + HOUR)
    assert (to_reply.approved_by, to_reply.voided_at) == ("cleo", None)
    assert to_letter.text_hash == added.text_hash


def test_what_an_author_took_back_goes_from_notices_that_nobody_was_given(
    store, of_ticket
):
    words = mention().text
    quoting = {"text": f"You wrote: {words}", "issues": (words, "the fee")}
    with store.work() as work:
        [stored] = work.mentions.add([mention()], source="agora", at=NOON)
        work.mentions.tag([(stored.id, tags())], NOON)
        work.mentions.decide(stored.id, decision(), ticket_id=of_ticket, at=NOON)
        draft = work.letters.add(letter(of_ticket, **quoting))
        sent = work.letters.add(letter(of_ticket, state=LetterState.SENT, **quoting))
        plain = work.letters.add(letter(of_ticket))

    with store.work() as work:
        work.removals.gone("agora", ["m-1"], NOON)
        for one in work.removals.to_withdraw(10):
            work.removals.withdraw(one)

    with store.reading() as work:
        bare = work.letters.get(draft.id)
        assert words not in bare.text + " ".join(bare.issues)
        assert (bare.text_hash, bare.issues[1]) == (draft.text_hash, "the fee")
        assert bare.findings == ()
        assert work.letters.get(sent.id) == sent
        assert work.letters.get(plain.id) == plain
