"""What every store promises about tickets and their history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.clocks import Force
from bot.domain.decisions import Answer, Code, Severity, Tier
from bot.domain.tags import Band, Sign
from bot.domain.tickets import TicketEvent, TicketId, TicketStatus
from bot.errors import Missing, Stale
from tests.samples import NOON, author, decision, mention, plan, ticket


def test_a_ticket_reads_back_equal(store):
    wanted = ticket(
        reach=7,
        mentions=3,
        owner="ana",
        claim_expires_at=NOON + timedelta(hours=2),
        claim_lasts=timedelta(hours=1, microseconds=1),
        is_influencer=True,
    )
    with store.work() as work:
        added = work.tickets.add(wanted)

    with store.work() as work:
        assert added == replace(wanted, id=added.id)
        assert added.id > 0
        assert work.tickets.get(added.id) == added
        assert work.tickets.open_for("agora", "Kestrel Air", "c-1") == added


def test_a_second_open_ticket_of_a_conversation_is_stale_and_harms_nothing(store):
    with store.work() as work:
        first = work.tickets.add(ticket(1))
        with pytest.raises(Stale):
            work.tickets.add(ticket(1))
        other = work.tickets.add(ticket(2))

    with store.work() as work:
        assert work.tickets.get(first.id) == first
        assert work.tickets.get(other.id) == other


@pytest.mark.parametrize(
    "other", [{"brand": "Other"}, {"channel": "plaza"}, {"conversation": "c-2"}]
)
def test_another_brand_channel_or_conversation_has_its_own_ticket(store, other):
    with store.work() as work:
        first = work.tickets.add(ticket())
        second = work.tickets.add(ticket(**other))

    assert first.id != second.id


def test_a_conversation_can_have_a_new_ticket_once_the_old_one_is_closed(store):
    with store.work() as work:
        old = work.tickets.add(ticket())
        work.tickets.save(replace(old, status=TicketStatus.CLOSED, closed_at=NOON))
        new = work.tickets.add(ticket())

    with store.work() as work:
        assert work.tickets.open_for("agora", "Kestrel Air", "c-1") == new


def test_opening_again_beside_a_newer_open_ticket_is_stale_and_harms_nothing(store):
    with store.work() as work:
        old = work.tickets.add(ticket())
        closed = work.tickets.save(replace(old, status=TicketStatus.CLOSED))
        new = work.tickets.add(ticket())

    with store.work() as work:
        with pytest.raises(Stale):
            work.tickets.save(replace(closed, status=TicketStatus.OPEN))
        work.tickets.save(replace(new, owner="ana"))

    with store.work() as work:
        assert work.tickets.get(closed.id).status is TicketStatus.CLOSED
        assert work.tickets.get(new.id).owner == "ana"


def test_a_closed_ticket_can_be_opened_again(store):
    with store.work() as work:
        added = work.tickets.add(ticket())
        closed = work.tickets.save(replace(added, status=TicketStatus.CLOSED))

    with store.work() as work:
        opened = work.tickets.save(replace(closed, status=TicketStatus.OPEN))

    with store.work() as work:
        assert work.tickets.get(added.id) == opened


def test_a_saved_ticket_has_all_its_changes_and_a_grown_version(store):
    with store.work() as work:
        added = work.tickets.add(ticket())
        changed = replace(
            added,
            status=TicketStatus.CLOSED,
            severity=Severity.CRITICAL,
            code=Code.RED,
            tier=Tier.MANAGEMENT,
            queue="management",
            complaint=Answer.YES,
            band=Band.MEGA,
            is_influencer=True,
            reach=12,
            mentions=4,
            owner="ben",
            claim_expires_at=NOON,
            closed_at=NOON + timedelta(days=1),
        )
        saved = work.tickets.save(changed)

    with store.work() as work:
        assert saved == replace(changed, version=2)
        assert work.tickets.get(added.id) == saved


def test_who_saves_an_older_version_is_told_so(store):
    with store.work() as work:
        added = work.tickets.add(ticket())
        work.tickets.save(replace(added, owner="ana"))

        with pytest.raises(Stale, match=added.key):
            work.tickets.save(replace(added, owner="ben"))

        assert work.tickets.get(added.id).owner == "ana"


def test_a_ticket_that_is_not_there_is_missing(store):
    with store.work() as work:
        assert work.tickets.open_for("agora", "Kestrel Air", "c-1") is None
        with pytest.raises(Missing, match="T-000404"):
            work.tickets.get(TicketId(404))
        with pytest.raises(Missing):
            work.tickets.save(replace(ticket(), id=TicketId(404)))
        with pytest.raises(Missing):
            work.tickets.listing(after=TicketId(404))


def test_the_history_reads_back_in_the_order_recorded(store):
    with store.work() as work:
        added = work.tickets.add(ticket())
        happened = [
            TicketEvent(
                ticket_id=added.id,
                name=name,
                happened_at=NOON - timedelta(hours=n),
                recorded_at=NOON,
                detail=f"reply:{n}",
            )
            for n, name in enumerate(["ticket.opened", "reply.seen", "ticket.closed"])
        ]
        for event in happened:
            work.tickets.add_event(event)

    with store.work() as work:
        assert work.tickets.events(added.id) == happened
        assert work.tickets.events(TicketId(404)) == []


def test_a_ticket_knows_who_spoke_in_it(store):
    ann, ben = author(external_id="ann"), author(external_id="ben")
    with store.work() as work:
        hers, his, nobodys = work.mentions.add(
            [
                mention(1, author=ann),
                mention(2, author=ben),
                mention(3, author=None),
            ],
            source="agora",
            at=NOON,
        )
        one = work.tickets.add(ticket(1))
        other = work.tickets.add(ticket(2))
        for stored, into in ((hers, one), (nobodys, one), (his, other)):
            work.mentions.decide(stored.id, decision(), ticket_id=into.id, at=NOON)

    with store.work() as work:
        assert work.tickets.has_author(one.id, "ann") is True
        assert work.tickets.has_author(one.id, "ben") is False
        assert work.tickets.has_author(other.id, "ben") is True
        assert work.tickets.has_author(TicketId(404), "ann") is False


def test_a_ticket_knows_its_mentions_and_a_mention_its_ticket(store):
    with store.work() as work:
        late, early, alone = work.mentions.add(
            [mention(5), mention(2), mention(9)], source="agora", at=NOON
        )
        added = work.tickets.add(ticket())
        for stored in (late, early):
            work.mentions.decide(stored.id, decision(), ticket_id=added.id, at=NOON)
        work.mentions.decide(alone.id, decision(), ticket_id=None, at=NOON)

    with store.work() as work:
        assert work.tickets.mentions(added.id) == [early, late]
        assert work.tickets.of_mention("agora", "m-5") == added
        assert work.tickets.of_mention("agora", "m-9") is None
        assert work.tickets.of_mention("agora", "m-404") is None


def test_a_mention_still_finds_its_ticket_when_it_is_closed(store):
    with store.work() as work:
        (stored,) = work.mentions.add([mention()], source="agora", at=NOON)
        added = work.tickets.add(ticket())
        work.mentions.decide(stored.id, decision(), ticket_id=added.id, at=NOON)
        closed = work.tickets.save(replace(added, status=TicketStatus.CLOSED))

    with store.work() as work:
        assert work.tickets.of_mention("agora", "m-1") == closed


def listed_tickets(store):
    """Four tickets in the order in which a listing must show them."""
    with store.work() as work:
        added = {
            name: work.tickets.add(wanted)
            for name, wanted in {
                "severe": ticket(1, severity=Severity.CRITICAL),
                "new": ticket(4, severity=Severity.LOW),
                "old": ticket(3, severity=Severity.LOW),
                "famous": ticket(9, severity=Severity.LOW, is_influencer=True),
            }.items()
        }
    return [added[name] for name in ("famous", "severe", "old", "new")]


def test_influencers_come_first_then_severity_then_age(store):
    expected = listed_tickets(store)

    with store.work() as work:
        assert work.tickets.listing() == expected


def test_a_listing_goes_on_after_its_last_ticket(store):
    expected = listed_tickets(store)

    with store.work() as work:
        first = work.tickets.listing(limit=2)
        second = work.tickets.listing(limit=2, after=first[-1].id)
        third = work.tickets.listing(limit=2, after=second[-1].id)

    assert [*first, *second] == expected
    assert third == []


def test_tickets_of_one_instant_are_listed_each_once(store):
    with store.work() as work:
        added = [work.tickets.add(ticket(n, received_at=NOON)) for n in range(5)]

    with store.work() as work:
        pages = [work.tickets.listing(limit=3)]
        pages.append(work.tickets.listing(limit=3, after=pages[0][-1].id))

    assert [each for page in pages for each in page] == added


def test_a_listing_shows_what_was_asked_for(store):
    with store.work() as work:
        plain = work.tickets.add(ticket(1))
        other_queue = work.tickets.add(ticket(2, queue="refunds"))
        other_brand = work.tickets.add(ticket(3, brand="Other"))
        closed = work.tickets.save(
            replace(work.tickets.add(ticket(4)), status=TicketStatus.CLOSED)
        )

    with store.work() as work:
        assert work.tickets.listing(queue="refunds") == [other_queue]
        assert work.tickets.listing(brand="Other") == [other_brand]
        assert work.tickets.listing(status="closed") == [closed]
        assert work.tickets.listing(
            status="open", queue="baggage", brand="Kestrel Air"
        ) == [plain]


def test_a_ticket_bears_each_mark_once_and_is_found_by_it(store):
    with store.work() as work:
        first, second = (
            work.tickets.add(ticket(conversation=name)) for name in ("a", "b")
        )
        news = [
            work.tickets.mark(first.id, word, by="T1", at=NOON)
            for word in ("wave", "late", "wave")
        ]

    with store.reading() as work:
        borne = work.tickets.marks(first.id), work.tickets.marks(second.id)
        found = work.tickets.listing(mark="wave")

    assert news == [True, True, False]
    assert borne == (["late", "wave"], [])
    assert found == [first]


def claimed(work, number, owner="ana", **fields):
    lasts = timedelta(hours=1)
    until = NOON + timedelta(minutes=number)
    fields = {"claim_expires_at": until, "claim_lasts": lasts, **fields}
    return work.tickets.add(ticket(number, owner=owner, **fields))


def test_claims_that_ran_out_come_earliest_first_and_only_of_open_tickets(store):
    with store.work() as work:
        late, early = claimed(work, 20), claimed(work, 10)
        claimed(work, 31)
        claimed(work, 5, status=TicketStatus.CLOSED)
        work.tickets.add(ticket(40))

    with store.work() as work:
        assert work.tickets.claims_over(NOON + timedelta(minutes=30), 9) == [
            early,
            late,
        ]
        assert work.tickets.claims_over(NOON + timedelta(minutes=30), 1) == [early]


def test_a_claim_lasts_anew_for_its_owner_alone_while_it_holds(store):
    with store.work() as work:
        mine = claimed(work, 10)

    with store.work() as work:
        assert not work.tickets.renew_claim(mine.id, "bo", NOON)
        assert not work.tickets.renew_claim(
            mine.id, "ana", NOON + timedelta(minutes=10)
        )
        assert work.tickets.renew_claim(mine.id, "ana", NOON + timedelta(minutes=9))

    with store.work() as work:
        after = work.tickets.get(mine.id)
        assert after.claim_expires_at == NOON + timedelta(hours=1, minutes=9)
        with pytest.raises(Stale):
            work.tickets.save(mine)


def test_the_load_counts_open_tickets_by_owner(store):
    with store.work() as work:
        claimed(work, 1)
        claimed(work, 2)
        claimed(work, 3, owner="bo")
        claimed(work, 4, owner="bo", status=TicketStatus.CLOSED)
        work.tickets.add(ticket(5))

    with store.work() as work:
        assert work.tickets.load() == {"ana": 2, "bo": 1}


def test_next_is_the_nearest_duty_of_the_law_that_nobody_has(store):
    soon = {"due_strict": NOON + timedelta(hours=2), "due_legal": NOON}
    with store.work() as work:
        loud = work.tickets.add(ticket(1, is_influencer=True))
        far, near, chance = (work.tickets.add(ticket(n)) for n in (2, 3, 4))
        work.clocks.start(far.id, [plan("a")])
        work.clocks.start(near.id, [plan("a", **soon)])
        work.clocks.start(chance.id, [plan("a", inputs={"waives": "b"}, **soon)])
        work.clocks.start(loud.id, [plan("a", force=Force.INTERNAL, **soon)])

    def following(work, hours=3):
        return work.tickets.next_duty(
            ["baggage", "other"], before=NOON + timedelta(hours=hours)
        )

    with store.work() as work:
        assert following(work) == near
        assert following(work, hours=1) is None
        owned = replace(near, owner="ana", claim_expires_at=NOON)
        work.tickets.save(owned)
        assert following(work) is None
        assert loud in work.tickets.free(["baggage"], limit=9)


def test_next_in_need_is_the_oldest_critical_sign_that_nobody_has(store):
    grave = {"severity": Severity.CRITICAL, "signs": (Sign.SELF_HARM,)}
    with store.work() as work:
        work.tickets.add(ticket(1, severity=Severity.CRITICAL))
        work.tickets.add(ticket(2, severity=Severity.HIGH, signs=(Sign.BEREAVEMENT,)))
        late = work.tickets.add(ticket(3, **grave, received_at=NOON))
        early = {"received_at": NOON - timedelta(hours=1)}
        first = work.tickets.add(ticket(4, **grave, **early))

        assert work.tickets.next_in_need(["baggage"]) == first
        assert work.tickets.next_in_need(["other"]) is None
        work.tickets.save(replace(first, owner="ana", claim_expires_at=NOON))
        assert work.tickets.next_in_need(["baggage"]) == late


def test_what_is_free_comes_influencers_first_or_without_them(store):
    with store.work() as work:
        plain, loud, worse = (
            work.tickets.add(ticket(number, **fields))
            for number, fields in (
                (1, {"severity": Severity.LOW}),
                (2, {"severity": Severity.LOW, "is_influencer": True}),
                (3, {"severity": Severity.CRITICAL}),
            )
        )
        claimed(work, 4)

        free = work.tickets.free(["baggage", "other"], limit=9)
        ordinary = work.tickets.free(["baggage"], limit=9, is_ordinary=True)

        assert free == [loud, worse, plain]
        assert ordinary == [worse, plain]
        assert work.tickets.free(["baggage"], limit=1) == [loud]
        assert work.tickets.free(["other"], limit=9) == []


def test_what_waits_for_a_review_has_the_oldest_clock_first(store):
    with store.work() as work:
        doubts = {"complaint": Answer.NEEDS_HUMAN}
        later, first, closed, done, sure = (
            work.tickets.add(ticket(number, **fields))
            for number, fields in (
                (1, {**doubts, "received_at": NOON}),
                (2, {**doubts, "received_at": NOON + timedelta(hours=1)}),
                (3, {**doubts, "status": TicketStatus.CLOSED}),
                (4, {**doubts, "status": TicketStatus.CLOSED}),
                (5, {"complaint": Answer.YES}),
            )
        )
        old = plan("respond", started_at=NOON - timedelta(days=2), provisional=True)
        firm = plan("respond", started_at=NOON, provisional=False)
        work.clocks.start(first.id, [old])
        work.clocks.start(closed.id, [replace(old, started_at=NOON)])
        work.clocks.start(done.id, [firm])
        work.clocks.start(sure.id, [old])

        found = [one.id for one in work.tickets.unreviewed(10)]

        assert found == [first.id, later.id, closed.id]
        assert [one.id for one in work.tickets.unreviewed(1)] == [first.id]
