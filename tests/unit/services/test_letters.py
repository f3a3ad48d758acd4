"""Legal notices from draft to the clock that they meet, under the shipped packs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.clocks import ClockState
from bot.domain.letters import Enclosure, Letter, LetterState, OutboundLetter
from bot.domain.mentions import text_hash
from bot.domain.packs import RegulationPack
from bot.domain.replies import ReplyState
from bot.domain.tickets import Ticket, TicketId, Way
from bot.errors import BotError, Missing, NotAllowed, OutcomeUnknown, Stale
from bot.escalate.letters import lacking
from bot.rules.clocks import legal_plans
from bot.rules.letters import load_letters
from bot.services import drafts, letters
from bot.services.cases import follow
from bot.services.letters import Asked, Handed
from bot.services.replies import resume_replies, send_pending, stop_replies
from bot.services.tickets import Elsewhere, classify, record
from bot.services.triage import Policy
from bot.storage.store import SqlStore
from bot.testing import START, FakePlatform, ManualClock
from tests.unit.rules.packs import ROOT, rg271
from tests.unit.services.lived import LIBRARY, SYDNEY
from tests.unit.services.world import (
    actions,
    handle,
    log,
    mention,
    open_ticket,
    outbox,
    policy,
    queue_reply,
    tickets,
)

BOOKS = load_letters(ROOT / "config" / "letters")
OWN = (
    "the teller terminal at the branch was offline on the day, and we wait for "
    "the report of the valuer"
)
ISSUE = "The fee of 20 dollars"
REJECTED = Asked(outcome="rejected", issues=(ISSUE,))
DELAYED = Asked(reason_code="beyond_control")
LEAFLET = Enclosure(name="leaflet.pdf", content=b"%PDF", sha256="d" * 64)
TO = "mirela@example.org"


MAY_BE_OUT = {LetterState.SENT, LetterState.UNKNOWN}


class MailGone(BotError):
    """The mail server surely did not take it."""


class FakePost:
    """Keeps what it is handed; ``fails`` is raised instead."""

    def __init__(self) -> None:
        self.letters: list[OutboundLetter] = []
        self.fails: BaseException | None = None

    def send(self, letter: OutboundLetter) -> str:
        self.letters.append(letter)
        if self.fails is not None:
            raise self.fails
        return "250 OK queued as 7F"


class Desk:
    """Ann writes, Ben agrees and sends, on one ticket."""

    def __init__(
        self, store: SqlStore, clock: ManualClock, pack: RegulationPack, **fields: Any
    ) -> None:
        self.store, self.clock, self.post = store, clock, FakePost()
        self.policy: Policy = policy(
            regulation=pack, calendar=SYDNEY, library=lambda: LIBRARY, **fields
        )
        with store.work() as work:
            self.ticket: Ticket = work.tickets.add(
                open_ticket(regulation_pack=pack.ref)
            )
            plans = legal_plans(pack, pack.default_class, START, SYDNEY)
            work.clocks.start(self.ticket.id, plans)

    @property
    def means(self) -> tuple[SqlStore, Policy, Any, ManualClock]:
        return self.store, self.policy, BOOKS, self.clock

    def draft(self, notice: str = "idr_response", asked: Asked = REJECTED) -> Letter:
        return letters.draft(
            *self.means, self.ticket.id, notice=notice, asked=asked, by="ann"
        )

    def edit(self, letter: Letter, text: str, by: str = "ann") -> Letter:
        return letters.edit(*self.means, letter.id, text=text, by=by)

    def complete(self, notice: str = "idr_response", asked: Asked = REJECTED) -> Letter:
        made = self.draft(notice, asked)
        text = re.sub(r"\[Whether we consent[^\]]*\]", "We do not consent.", made.text)
        return self.edit(made, re.sub(r"\[[^\]]*\]", OWN, text))

    def submitted(self, *of: Any) -> Letter:
        return letters.submit(*self.means, self.complete(*of).id, by="ann")

    def approved(self, *of: Any) -> Letter:
        waiting = self.submitted(*of)
        return letters.approve(
            *self.means, waiting.id, by="ben", sha256=waiting.text_hash
        )

    def send(self, letter: Letter, enclosures: Sequence[Enclosure] = ()) -> Letter:
        sent, _ = letters.send(
            *self.means, self.post, letter.id, to=TO, by="ben", enclosures=enclosures
        )
        return sent

    def stands(self, letter: Letter) -> Letter:
        with self.store.reading() as work:
            return work.letters.get(letter.id)

    def clock_state(self, rule: str) -> ClockState:
        with self.store.reading() as work:
            clocks = work.clocks.of_ticket(self.ticket.id)
        return next(one.state for one in clocks if one.plan.rule == rule)

    def facts_of(self, event: str) -> dict[str, str]:
        with self.store.reading() as work:
            events = work.tickets.events(self.ticket.id)
        return dict(next(one.facts for one in events if one.name == event))


@pytest.fixture
def desk(store: SqlStore, clock: ManualClock) -> Desk:
    return Desk(store, clock, rg271())


def disp() -> RegulationPack:
    return LIBRARY.newest("uk.fca.disp")


# --- writing ------------------------------------------------------------------------


def test_a_draft_holds_what_is_known_and_leaves_open_what_only_people_know(
    desk: Desk,
) -> None:
    made = desk.draft()

    assert f"Our reference is {desk.ticket.key}" in made.text
    assert "https://www.afca.org.au" in made.text
    assert f"1. {ISSUE}" in made.text
    assert "[What that means for you" in made.text
    assert (made.event, made.legal_class) == ("idr_response_provided", "standard")
    assert made.state is LetterState.DRAFT


def test_a_class_that_a_person_said_brings_its_own_sections(desk: Desk) -> None:
    classify(
        desk.store,
        desk.clock,
        desk.ticket.id,
        "death_benefit_objection",
        by="ann",
        why="objects",
        rulebook=desk.policy.rulebook,
    )

    made = desk.draft()

    assert made.legal_class == "death_benefit_objection"
    assert "within 28 days" in made.text


def test_a_notice_that_the_ticket_is_not_under_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(NotAllowed, match="it has death_benefit_new_proposal, idr_de"):
        desk.draft("final_response")


def test_an_outcome_for_a_notice_that_tells_none_is_refused(desk: Desk) -> None:
    with pytest.raises(NotAllowed, match="idr_delay_notice tells no outcome"):
        desk.draft("idr_delay_notice", Asked(outcome="rejected"))


def test_a_language_without_wording_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(Missing, match="not worded in 'fr'; there is en"):
        desk.draft(asked=replace(REJECTED, language="fr"))


def test_the_day_of_a_final_response_is_the_clocks_own(
    store: SqlStore, clock: ManualClock
) -> None:
    desk = Desk(store, clock, LIBRARY.newest("eu.psd2"))

    made = desk.draft("holding_response", Asked(reason_code="exceptional"))

    due = SYDNEY.business_day(SYDNEY.local_date(START), 35)
    assert f"by {due.day} {due:%B %Y} at the latest" in made.text


# --- refusing -----------------------------------------------------------------------


def test_a_draft_with_something_missing_is_not_put_forward_and_told_what(
    desk: Desk,
) -> None:
    made = desk.complete()
    desk.edit(made, made.text.replace("info@afca.org.au", ""))

    with pytest.raises(
        NotAllowed, match=r"afca contact details \(271.53\(c\)\)"
    ) as why:
        letters.submit(*desk.means, made.id, by="ann")

    assert why.value.reasons == ("271.53(c): afca_contact_details",)
    assert desk.stands(made).state is LetterState.DRAFT


def test_nobody_agrees_to_what_they_wrote_however_they_write_their_name(
    desk: Desk,
) -> None:
    waiting = desk.submitted()

    with pytest.raises(NotAllowed, match="another person must agree"):
        letters.approve(*desk.means, waiting.id, by="ANN", sha256=waiting.text_hash)


def test_a_yes_to_other_words_than_were_read_is_refused(desk: Desk) -> None:
    waiting = desk.submitted()

    with pytest.raises(Stale, match="has changed since it was read"):
        letters.approve(*desk.means, waiting.id, by="ben", sha256="0" * 64)


def test_an_edit_makes_every_yes_void(desk: Desk) -> None:
    agreed = desk.approved()

    edited = desk.edit(agreed, f"{agreed.text}\nOne more line.")

    with desk.store.reading() as work:
        [yes] = work.letters.approvals(agreed.id)
    assert edited.state is LetterState.DRAFT
    assert yes.voided_at is not None
    with pytest.raises(NotAllowed, match="only an approved notice is given"):
        desk.send(edited)


def test_words_that_were_changed_behind_the_yes_are_not_sent(desk: Desk) -> None:
    agreed = desk.approved()
    with desk.store.work() as work:
        other = replace(agreed, text=agreed.text + " And more.")
        assert work.letters.move(other, before=LetterState.APPROVED)

    with pytest.raises(NotAllowed, match="its text is not the agreed one"):
        desk.send(agreed)

    assert not desk.post.letters


def test_a_day_that_passed_since_the_yes_is_found_before_it_goes(
    store: SqlStore, clock: ManualClock
) -> None:
    desk = Desk(store, clock, LIBRARY.newest("eu.psd2"))
    agreed = desk.approved("holding_response", Asked(reason_code="exceptional"))
    clock.advance(days=90)

    with pytest.raises(NotAllowed, match="which is over"):
        desk.send(agreed)


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_what_nobody_agreed_to_is_not_sent(desk: Desk, state: str) -> None:
    made = desk.complete() if state == "draft" else desk.submitted()

    with pytest.raises(NotAllowed, match=f"is {state}; only an approved"):
        desk.send(made)

    assert not desk.post.letters


def test_what_says_that_something_is_enclosed_goes_only_with_it(
    store: SqlStore, clock: ManualClock
) -> None:
    desk = Desk(store, clock, disp())
    agreed = desk.approved("final_response")

    with pytest.raises(NotAllowed, match=r"ombudsman leaflet \(DISP 1.6.2R"):
        desk.send(agreed)
    sent = desk.send(agreed, [LEAFLET])

    assert sent.enclosures == (f"leaflet.pdf sha256 {'d' * 64}",)
    told = [one.detail for one in log(desk.store, "letter.sent")]
    assert [json.loads(one)["enclosures"] for one in told] == [["d" * 64]]
    assert "leaflet.pdf" not in "".join(told)
    assert desk.clock_state("final_response") is ClockState.MET


def test_the_kill_switch_stops_notices_too(desk: Desk) -> None:
    agreed = desk.approved()
    stop_replies(desk.store, desk.clock, by="ann", reason="a leak")

    with pytest.raises(NotAllowed, match="all replies are stopped"):
        desk.send(agreed)

    assert desk.stands(agreed).state is LetterState.APPROVED


def test_a_stop_of_its_brand_stops_a_notice_and_that_of_another_does_not(
    desk: Desk,
) -> None:
    agreed = desk.approved()
    with desk.store.reading() as work:
        brand = work.tickets.get(agreed.ticket_id).brand
    stop_replies(desk.store, desk.clock, by="ann", reason="a leak", brand=brand)

    with pytest.raises(NotAllowed, match=f"replies for {brand} are stopped"):
        desk.send(agreed)

    resume_replies(desk.store, desk.clock, by="ann", brand=brand)
    stop_replies(desk.store, desk.clock, by="ann", reason="a leak", brand="Merlin")
    assert desk.send(agreed).state is LetterState.SENT


# --- giving -------------------------------------------------------------------------


def test_what_the_server_took_meets_the_clock_and_says_what_it_held(
    desk: Desk,
) -> None:
    agreed = desk.approved()
    before = desk.clock_state("idr_response")

    sent = desk.send(agreed)

    [mail] = desk.post.letters
    assert (mail.text, mail.to) == (agreed.text, TO)
    assert mail.subject == "Our response to your complaint"
    assert before is ClockState.RUNNING
    assert desk.clock_state("idr_response") is ClockState.MET
    facts = desk.facts_of("idr_response_provided")
    assert facts["contents_checked"] == "yes"
    assert facts["outcome"] == "rejected"
    assert facts["text_sha256"] == sent.text_hash
    assert facts["approved_by"] == "ben"
    assert "enough_detail_to_decide_on_escalation" in facts["contents"]
    assert "250 OK queued as 7F" in sent.receipt
    assert sent.message_id in sent.receipt


def test_a_delay_notice_in_time_excuses_the_lateness(desk: Desk) -> None:
    desk.send(desk.approved("idr_delay_notice", DELAYED))
    desk.clock.advance(days=40)

    with desk.store.work() as work:
        follow(work, desk.policy.rulebook, desk.ticket.id, desk.clock.now(), actor="t")
        [one] = [
            one
            for one in work.clocks.of_ticket(desk.ticket.id)
            if one.plan.rule == "idr_response"
        ]

    assert one.plan.inputs["excused_by"] == "delay_notice"


def test_a_notice_that_no_clock_hears_of_is_sent_and_records_nothing(
    desk: Desk,
) -> None:
    sent = desk.send(desk.approved("death_benefit_new_proposal"))

    assert sent.state is LetterState.SENT
    assert "ticket.recorded" not in actions(desk.store)


def test_an_acknowledgement_with_contents_of_its_own_may_go_by_mail(
    store: SqlStore, clock: ManualClock
) -> None:
    desk = Desk(store, clock, LIBRARY.newest("sg.mas.fa_chr"))

    desk.send(desk.approved("acknowledgement", Asked()))

    assert desk.clock_state("acknowledge") is ClockState.MET


def test_the_log_holds_neither_words_nor_whom_it_went_to(desk: Desk) -> None:
    sent = desk.send(desk.approved())

    entries = [
        one.detail for name in set(actions(desk.store)) for one in log(desk.store, name)
    ]

    assert any(sent.text_hash in one for one in entries)
    assert not [one for one in entries if TO in one or OWN[:30] in one or ISSUE in one]


def test_a_server_that_surely_did_not_take_it_leaves_it_approved(desk: Desk) -> None:
    agreed = desk.approved()
    desk.post.fails = BotError("no server")

    with pytest.raises(BotError, match="no server"):
        desk.send(agreed)

    after = desk.stands(agreed)
    assert (after.state, after.recipient) == (LetterState.APPROVED, "")
    assert desk.clock_state("idr_response") is ClockState.RUNNING
    desk.post.fails = None
    assert desk.send(agreed).state is LetterState.SENT


def in_doubt(desk: Desk) -> Letter:
    agreed = desk.approved()
    desk.post.fails = OutcomeUnknown("e-mail", "the connection broke")
    with pytest.raises(OutcomeUnknown):
        desk.send(agreed)
    desk.post.fails = None
    return desk.stands(agreed)


def test_a_doubt_is_for_a_person_and_nothing_is_sent_again_before(desk: Desk) -> None:
    doubtful = in_doubt(desk)

    with pytest.raises(NotAllowed, match="may have gone out"):
        desk.send(doubtful)

    assert doubtful.state is LetterState.UNKNOWN
    assert len(desk.post.letters) == 1
    assert desk.clock_state("idr_response") is ClockState.RUNNING
    with desk.store.reading() as work:
        [notice] = [
            one.notice
            for one in work.notices.waiting(desk.clock.now(), 10)
            if "in-doubt" in one.notice.key
        ]
    assert doubtful.message_id in notice.body


def test_a_person_who_found_it_sent_lets_it_count_from_when_it_was_tried(
    desk: Desk,
) -> None:
    doubtful = in_doubt(desk)
    tried = desk.clock.now()
    desk.clock.advance(days=1)

    sent, _ = letters.settle(
        desk.store,
        desk.policy,
        desk.clock,
        doubtful.id,
        is_sent=True,
        by="cleo",
        reason="in the server's log as 7F",
    )

    assert (sent.state, sent.sent_at) == (LetterState.SENT, tried)
    assert desk.clock_state("idr_response") is ClockState.MET


def test_a_person_who_found_it_not_sent_lets_it_be_sent_once_more(desk: Desk) -> None:
    doubtful = in_doubt(desk)

    letters.settle(
        desk.store,
        desk.policy,
        desk.clock,
        doubtful.id,
        is_sent=False,
        by="cleo",
        reason="not in the server's log",
    )
    sent = desk.send(doubtful)

    assert sent.state is LetterState.SENT
    first, second = desk.post.letters
    assert first.message_id == second.message_id


def test_one_whose_sender_died_is_settled_only_when_its_try_is_surely_over(
    desk: Desk,
) -> None:
    agreed = desk.approved()

    desk.post.fails = SystemExit()
    with pytest.raises(SystemExit):
        desk.send(agreed)

    def settle() -> Letter:
        after, _ = letters.settle(
            desk.store,
            desk.policy,
            desk.clock,
            agreed.id,
            is_sent=False,
            by="cleo",
            reason="not in the log",
        )
        return after

    with pytest.raises(NotAllowed, match="may have gone out"):
        desk.send(agreed)
    with pytest.raises(NotAllowed, match="may still be on its way"):
        settle()
    desk.clock.advance(hours=2)
    assert settle().state is LetterState.APPROVED


def handed(desk: Desk, **fields: Any) -> Handed:
    usual = {
        "elsewhere": Elsewhere(way=Way.LETTER, given_by="dora", note="registered 88"),
        "happened_at": desk.clock.now(),
        "proof": b"a scan",
    }
    return Handed(**{**usual, **fields})


def test_one_that_people_handed_over_counts_with_its_proof_and_whose_word_it_is(
    desk: Desk,
) -> None:
    agreed = desk.approved()
    desk.clock.advance(hours=3)

    sent, _ = letters.hand_over(*desk.means, agreed.id, handed=handed(desk), by="ben")

    assert sent.state is LetterState.SENT
    assert desk.clock_state("idr_response") is ClockState.MET
    facts = desk.facts_of("idr_response_provided")
    assert (facts["given_elsewhere"], facts["given_by"]) == ("letter", "dora")
    assert facts["contents_checked"] == "yes"
    assert facts["proof_sha256"] == sent.proof_sha256


def test_nothing_can_have_been_handed_over_before_it_was_agreed_to(desk: Desk) -> None:
    agreed = desk.approved()
    desk.clock.advance(hours=3)
    early = desk.clock.now() - timedelta(hours=4)

    with pytest.raises(NotAllowed, match="cannot have been given at"):
        letters.hand_over(
            *desk.means, agreed.id, handed=handed(desk, happened_at=early), by="ben"
        )


class Eager(FakePost):
    """While it sends, somebody else sends the same notice."""

    def __init__(self, desk: Desk, letter: Letter) -> None:
        super().__init__()
        self.desk, self.letter = desk, letter
        self.refusal = ""

    def send(self, letter: OutboundLetter) -> str:
        try:
            letters.send(*self.desk.means, FakePost(), self.letter.id, to=TO, by="cleo")
        except NotAllowed as error:
            self.refusal = error.shown
        return super().send(letter)


def test_two_who_send_at_once_send_once(desk: Desk) -> None:
    agreed = desk.approved()
    eager = Eager(desk, agreed)

    letters.send(*desk.means, eager, agreed.id, to=TO, by="ben")

    assert "is sending: it may have gone out" in eager.refusal
    assert len(eager.letters) == 1


def test_an_outcome_on_record_is_changed_by_what_people_record_and_not_by_a_notice(
    desk: Desk,
) -> None:
    desk.send(desk.approved())
    other = desk.complete("idr_response", Asked(outcome="accepted"))
    [wrong] = lacking(other.findings)

    record(
        desk.store,
        desk.clock,
        desk.ticket.id,
        "customer_advocate_requested",
        by="ann",
        rulebook=desk.policy.rulebook,
        facts={"outcome": "accepted"},
    )

    assert wrong.item == "recorded_outcome"
    assert "--fact outcome=accepted" in wrong.told
    letters.submit(*desk.means, other.id, by="ann")


def test_a_class_that_was_said_meanwhile_asks_for_what_it_needs(desk: Desk) -> None:
    agreed = desk.approved()
    classify(
        desk.store,
        desk.clock,
        desk.ticket.id,
        "death_benefit_objection",
        by="ann",
        why="objects",
        rulebook=desk.policy.rulebook,
    )

    with pytest.raises(NotAllowed, match="afca 28 day limit"):
        desk.send(agreed)

    edited = desk.edit(agreed, agreed.text)
    assert edited.legal_class == "death_benefit_objection"


def test_words_that_were_taken_out_of_it_meanwhile_need_an_edit(desk: Desk) -> None:
    waiting = desk.submitted()
    with desk.store.work() as work:
        bare = replace(waiting, text=waiting.text.replace(ISSUE, "[withdrawn]"))
        assert work.letters.move(bare, before=LetterState.SUBMITTED)

    with pytest.raises(NotAllowed, match="is not the agreed one; edit it again"):
        letters.approve(*desk.means, waiting.id, by="ben", sha256=waiting.text_hash)


STEPS = ("edit", "submit", "approve", "send", "fail", "doubt", "sent", "not", "cancel")


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
def test_in_any_order_of_steps_it_goes_out_agreed_and_once(
    desk: Desk, steps: list[str]
) -> None:
    made = desk.complete()
    taken: list[str] = []
    agreed: set[str] = set()

    def attempt(fails: BaseException | None) -> None:
        desk.post = FakePost()
        desk.post.fails = fails
        try:
            desk.send(made)
        finally:
            # What a doubt leaves behind may stand there, and counts as taken.
            if desk.post.letters and not isinstance(fails, MailGone):
                taken.append(text_hash(desk.post.letters[0].text))

    def settle(*, is_sent: bool) -> None:
        letters.settle(
            desk.store,
            desk.policy,
            desk.clock,
            made.id,
            is_sent=is_sent,
            by="cleo",
            reason="the log",
        )
        if not is_sent:
            taken.pop()

    def yes() -> None:
        now = desk.stands(made)
        letters.approve(*desk.means, made.id, by="ben", sha256=now.text_hash)
        agreed.add(now.text_hash)

    acts: dict[str, Callable[[], object]] = {
        "edit": lambda: desk.edit(made, f"{desk.stands(made).text}More.\n"),
        "submit": lambda: letters.submit(*desk.means, made.id, by="ann"),
        "approve": yes,
        "send": lambda: attempt(None),
        "fail": lambda: attempt(MailGone("no server")),
        "doubt": lambda: attempt(OutcomeUnknown("e-mail", "broke")),
        "sent": lambda: settle(is_sent=True),
        "not": lambda: settle(is_sent=False),
        "cancel": lambda: letters.cancel(
            desk.store, desk.clock, made.id, by="ann", reason="no"
        ),
    }
    for step in ("submit", "approve", *steps):
        with suppress(BotError):
            acts[step]()

    assert len(taken) <= 1
    assert set(taken) <= agreed
    assert (desk.stands(made).state in MAY_BE_OUT) == bool(taken)


# --- afterwards ---------------------------------------------------------------------


def test_what_is_over_can_be_forgotten_and_its_hash_stays(desk: Desk) -> None:
    sent = desk.send(desk.approved())

    bare = letters.forget(
        desk.store, desk.clock, sent.id, by="ann", reason="kept long enough"
    )

    assert (bare.text, bare.recipient, bare.issues) == ("", "", ())
    assert bare.text_hash == sent.text_hash
    assert desk.clock_state("idr_response") is ClockState.MET


@pytest.mark.parametrize(
    "act",
    [
        lambda desk, one: desk.edit(one, "other words"),
        lambda desk, one: letters.cancel(
            desk.store, desk.clock, one.id, by="ann", reason="no"
        ),
        lambda desk, one: desk.send(one),
    ],
    ids=["edit", "cancel", "send"],
)
def test_what_was_sent_is_neither_changed_nor_taken_back_nor_sent_again(
    desk: Desk, act: Callable[[Desk, Letter], object]
) -> None:
    sent = desk.send(desk.approved())

    with pytest.raises(NotAllowed):
        act(desk, sent)

    assert desk.stands(sent).text == sent.text
    assert len(desk.post.letters) == 1


def test_one_that_was_cancelled_is_not_sent(desk: Desk) -> None:
    agreed = desk.approved()
    letters.cancel(desk.store, desk.clock, agreed.id, by="ann", reason="settled")

    with pytest.raises(NotAllowed, match="is cancelled"):
        desk.send(agreed)


# --- what people record by hand -----------------------------------------------------


def test_a_notice_recorded_by_hand_says_that_nobody_checked_what_it_held(
    desk: Desk,
) -> None:
    record(
        desk.store,
        desk.clock,
        desk.ticket.id,
        "idr_response_sent",
        by="ann",
        rulebook=desk.policy.rulebook,
    )

    assert desk.facts_of("idr_response_provided")["contents_checked"] == "no"
    [entry] = log(desk.store, "ticket.recorded")
    assert json.loads(entry.detail)["facts"]["contents_checked"] == "no"


def test_what_was_checked_by_hand_says_so_and_what_it_held(desk: Desk) -> None:
    text = desk.complete().text

    checked = letters.checked_facts(
        *desk.means, desk.ticket.id, text, notice="idr_response", asked=REJECTED
    )
    record(
        desk.store,
        desk.clock,
        desk.ticket.id,
        "idr_response_provided",
        by="ann",
        rulebook=desk.policy.rulebook,
        checked=checked,
    )

    facts = desk.facts_of("idr_response_provided")
    assert facts["contents_checked"] == "yes"
    assert "right_to_afca" in facts["contents"]


def test_a_text_that_is_no_such_notice_is_not_recorded_as_one(desk: Desk) -> None:
    text = desk.complete().text.replace("1800 931 678", "")

    with pytest.raises(NotAllowed, match="this text is no idr_response: afca contact"):
        letters.checked_facts(
            *desk.means, desk.ticket.id, text, notice="idr_response", asked=REJECTED
        )


def test_nobody_can_say_that_it_was_checked(desk: Desk) -> None:
    with pytest.raises(NotAllowed, match="is not for people to say"):
        record(
            desk.store,
            desk.clock,
            desk.ticket.id,
            "idr_response_provided",
            by="ann",
            rulebook=desk.policy.rulebook,
            facts={"contents_checked": "yes"},
        )


def test_other_events_say_nothing_of_contents(desk: Desk) -> None:
    record(
        desk.store,
        desk.clock,
        desk.ticket.id,
        "written_requested",
        by="ann",
        rulebook=desk.policy.rulebook,
    )

    assert "contents_checked" not in desk.facts_of("written_requested")


# --- in public ----------------------------------------------------------------------


def test_a_reply_with_a_notices_words_never_goes_out_whoever_agreed_to_it(
    desk: Desk, platform: FakePlatform
) -> None:
    notice = desk.complete()
    line = next(one for one in notice.text.splitlines() if "ombudsman service" in one)
    reply = queue_reply(desk.store, desk.clock, text=f"Hi! {line}", approved_by="house")
    with desk.store.work() as work:
        work.letters.add(replace(notice, ticket_id=TicketId(reply.ticket_id)))
        work.replies.approve(reply, by="ben", at=desk.clock.now())

    send_pending(desk.store, outbox(platform), desk.clock)

    with desk.store.reading() as work:
        after = work.replies.get(reply.id)
    assert (after.state, platform.standing) == (ReplyState.REFUSED, [])
    assert "goes to its complainant alone" in after.reason


def test_nobody_is_asked_for_a_yes_to_a_notices_words_in_public(desk: Desk) -> None:
    notice = desk.complete()
    line = next(one for one in notice.text.splitlines() if "ombudsman service" in one)
    store, clock = desk.store, desk.clock
    told = "goes to its complainant alone"
    handle(store, clock, mention("Nobody answers, this is terrible"))
    ticket = next(one for one in tickets(store) if one.id != desk.ticket.id)
    plain = drafts.draft(store, clock, ticket.id, text=f"Hi! {line}", by="ann")
    with store.work() as work:
        work.letters.add(replace(notice, ticket_id=ticket.id))

    with pytest.raises(NotAllowed, match=told):
        drafts.submit(store, clock, plain.id, by="ann")
    with pytest.raises(NotAllowed, match=told):
        drafts.edit(store, clock, plain.id, text=f"Hello! {line}", by="ann")
    drafts.cancel(store, clock, plain.id, by="ann", reason="not in public")
    with pytest.raises(NotAllowed, match=told):
        drafts.draft(store, clock, ticket.id, text=line, by="ann")
