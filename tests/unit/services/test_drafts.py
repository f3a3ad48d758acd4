"""Words of people: no way leads out but through the yes of somebody else."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest

from bot.domain.decisions import Code, Severity
from bot.domain.mentions import MentionId, text_hash
from bot.domain.packs import Condition, FourEyes, InfluenceGroup, Rule
from bot.domain.replies import LONGEST_REPLY, Mode, ReplyKind, ReplyState
from bot.domain.tags import SignalKind
from bot.errors import Missing, NotAllowed, Stale, Unavailable
from bot.services.approvals import why_two
from bot.services.drafts import approve, cancel, draft, edit, reject, submit
from bot.services.replies import (
    confirm_pending,
    send_pending,
    settle_pending,
    withhold_pending,
)
from bot.services.story import story_of
from bot.testing import FakePlatform, Fault
from tests.unit.services.world import (
    Interrupted,
    actions,
    author,
    handle,
    house,
    log,
    mention,
    outbox,
    policy,
    queue_reply,
    reply_of,
    states,
    tickets,
)

WORDS = "We have read this and will write to you privately today."
OTHER = "Thank you, a person has this now."

TWO = FourEyes(
    rules=(
        Rule(
            id="F1",
            text="an influencer",
            when=Condition(groups=(InfluenceGroup.INFLUENCER,)),
        ),
        Rule(id="F2", text="code red", when=Condition(code_from=Code.RED)),
        Rule(id="F3", text="critical", when=Condition(severity_from=Severity.CRITICAL)),
        Rule(
            id="F4",
            text="a threat of law",
            when=Condition(signals_any=(SignalKind.LEGAL_THREAT,)),
        ),
    ),
    words=("ombudsman", "律师"),
)
RULES = policy(house=house(four_eyes=TWO))
ASKS = partial(why_two, RULES)


def written(store, clock, *said, text=WORDS, by="ana", rules=None):
    """Let somebody complain, and a person write an answer."""
    handle(store, clock, *(said or (mention(),)), by=rules)
    [ticket] = tickets(store)
    return draft(store, clock, ticket.id, text=text, by=by)


def put_forward(store, clock, **fields):
    reply = written(store, clock, **fields)
    return submit(store, clock, reply.id, by="ana")


def send(store, clock, platform, **fields):
    box = outbox(platform, **fields)
    for _ in range(3):
        clock.advance(seconds=60)
        send_pending(store, box, clock)
        confirm_pending(store, box, clock)


# --- writing


def test_a_persons_answer_goes_from_draft_to_proof(store, clock, platform):
    reply = written(store, clock)
    assert (reply.state, reply.kind) == (ReplyState.DRAFT, ReplyKind.ANSWER)
    assert (reply.written_by, reply.template, reply.language) == ("ana", "", "en")

    submit(store, clock, reply.id, by="ana")
    approve(store, clock, reply.id, by="bo", text_hash=reply.text_hash)
    send(store, clock, platform)

    said = [one.reply.text for one in platform.standing]
    assert WORDS in said
    seen = reply_of(store, reply)
    assert (seen.state, seen.approved_by) == (ReplyState.SEEN, "bo")
    told = [(one.action, one.actor) for one in log(store, "reply")]
    mine = [one for one in log(store, "reply") if one.subject == f"reply:{reply.id}"]
    assert [one.action for one in mine] == [
        "reply.draft",
        "reply.checked",
        "reply.submitted",
        "reply.checked",
        "reply.approved",
        "reply.queued",
        "reply.sending",
        "reply.sent",
        "reply.seen",
    ]
    assert ("reply.draft", "ana") in told
    assert ("reply.approved", "bo") in told
    [ticket] = tickets(store)
    assert states(store, ticket)["first_response"] == "met"


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_what_nobody_agreed_to_does_not_leave(store, clock, platform, state):
    reply = written(store, clock)
    if state == "submitted":
        submit(store, clock, reply.id, by="ana")

    send(store, clock, platform)

    assert reply_of(store, reply).state == state
    assert WORDS not in [one.reply.text for one in platform.standing]


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_reply_without_words_is_none(store, clock, text):
    with pytest.raises(NotAllowed, match="needs words"):
        written(store, clock, text=text)


def test_a_reply_is_as_long_as_any_platform_takes_and_no_longer(store, clock):
    made = written(store, clock, text="x" * LONGEST_REPLY)

    with pytest.raises(NotAllowed, match="10001 characters are too many"):
        edit(store, clock, made.id, text="y" * (LONGEST_REPLY + 1), by="Ada")
    with pytest.raises(NotAllowed, match="10000 at most"):
        draft(store, clock, made.ticket_id, text="y" * (LONGEST_REPLY + 1), by="Ada")

    assert reply_of(store, made).text == made.text


def test_nobody_writes_to_whom_we_may_not_answer(store, clock):
    handle(store, clock, mention(is_addressed=False))
    [ticket] = tickets(store)

    with pytest.raises(NotAllowed, match="unasked"):
        draft(store, clock, ticket.id, text=WORDS, by="ana")
    with pytest.raises(Missing, match="is none of"):
        draft(store, clock, ticket.id, text=WORDS, by="ana", mention_id=MentionId(404))


# --- whose yes


def test_nobody_agrees_to_what_they_wrote_themselves(store, clock, platform):
    reply = put_forward(store, clock)

    with pytest.raises(NotAllowed, match="another person must"):
        approve(store, clock, reply.id, by=" Ana", text_hash=reply.text_hash)

    send(store, clock, platform)
    assert reply_of(store, reply).state is ReplyState.SUBMITTED


def test_where_the_house_worded_it_two_different_people_agree(store, clock, platform):
    said = mention(author=author("ida", followers=300_000))
    handle(store, clock, said, by=RULES)
    with store.reading() as work:
        [reply] = work.replies.listing()
    agree = partial(approve, store, clock, reply.id, text_hash=reply.text_hash)

    first = agree(by="ana", four_eyes=ASKS)

    assert first.state is ReplyState.SUBMITTED
    assert first.reason.startswith("ana agreed; another person must (an influencer")
    with pytest.raises(NotAllowed, match="ANA agreed to R-000001 already"):
        agree(by="ANA", four_eyes=ASKS)
    assert reply_of(store, reply).state is ReplyState.SUBMITTED
    second = agree(by="bo", four_eyes=ASKS)
    assert (second.state, second.approved_by) == (ReplyState.QUEUED, "ana, bo")
    send(store, clock, platform, four_eyes=ASKS)
    assert reply_of(store, reply).state is ReplyState.SEEN
    assert actions(store, "reply")[1:4] == [
        "reply.agreed",
        "reply.approved",
        "reply.queued",
    ]


def test_where_a_person_wrote_it_the_writer_is_one_of_the_two(store, clock):
    said = mention(author=author("ida", followers=300_000))
    handle(store, clock, said, by=RULES)
    [ticket] = tickets(store)
    reply = draft(store, clock, ticket.id, text=WORDS, by="ana")
    submit(store, clock, reply.id, by="ana")

    agreed = approve(
        store, clock, reply.id, by="bo", text_hash=reply.text_hash, four_eyes=ASKS
    )

    assert agreed.state is ReplyState.QUEUED


@pytest.mark.parametrize(
    ("said", "text", "why"),
    [
        (mention("terrible, my lawyer will write"), WORDS, {"F2", "F3", "F4"}),
        (mention(), "The Ombudsman can look at this.", {"words"}),
        (mention(), "您可以咨询律师。", {"words"}),
        (mention(author=author("ida", followers=300_000)), WORDS, {"F1", "F2"}),
        (mention(), WORDS, set()),
    ],
)
def test_why_two_people_must_answer_for_it_is_named(store, clock, said, text, why):
    reply = written(store, clock, said, text=text, rules=RULES)

    with store.reading() as work:
        found = why_two(RULES, work, reply, clock.now())

    assert {one.rpartition(".")[2].rstrip(")") for one in found} == why


def test_what_became_critical_meanwhile_waits_for_the_second_yes(
    store, clock, platform
):
    reply = queue_reply(store, clock, state=ReplyState.SUBMITTED, approved_by="")
    approve(store, clock, reply.id, by="ana", text_hash=reply.text_hash)
    [ticket] = tickets(store)
    with store.work() as work:
        work.tickets.save(replace(ticket, severity=Severity.CRITICAL))

    def critical(work, reply, _now):
        severity = work.tickets.get(reply.ticket_id).severity
        return ("critical",) if severity is Severity.CRITICAL else ()

    send(store, clock, platform, four_eyes=critical)

    asked = reply_of(store, reply)
    assert asked.state is ReplyState.SUBMITTED
    assert asked.reason == "ana agreed; another person must (critical)"
    assert platform.calls == 0
    approve(
        store,
        clock,
        reply.id,
        by="bo",
        text_hash=reply.text_hash,
        four_eyes=critical,
    )
    send(store, clock, platform, four_eyes=critical)
    assert platform.calls == 1


def test_the_houses_own_yes_is_not_enough_where_two_people_must(store, clock, platform):
    reply = queue_reply(store, clock)

    send(store, clock, platform, four_eyes=lambda *_: ("code red",))

    asked = reply_of(store, reply)
    assert (asked.state, platform.calls) == (ReplyState.SUBMITTED, 0)
    assert asked.reason == "nobody agreed yet; two people must (code red)"


def test_of_whom_nothing_is_known_two_people_answer_for(store, clock):
    reply = queue_reply(store, clock)

    with store.reading() as work:
        [why] = why_two(RULES, work, reply, clock.now())

    assert "nothing is known" in why


# --- other words


@pytest.mark.parametrize("state", ["draft", "submitted", "rejected"])
def test_other_words_are_a_draft_again_and_need_a_yes_of_their_own(
    store, clock, platform, state
):
    reply = written(store, clock)
    if state != "draft":
        submit(store, clock, reply.id, by="ana")
    if state == "rejected":
        reject(store, clock, reply.id, by="bo", reason="too long")

    changed = edit(store, clock, reply.id, text=OTHER, by="bo")

    assert (changed.state, changed.written_by) == (ReplyState.DRAFT, "bo")
    assert changed.text_hash == text_hash(OTHER)
    assert reply_of(store, reply) == changed
    last = log(store, "reply.draft")[-1]
    assert (last.actor, json.loads(last.detail)["text_sha256"]) == (
        "bo",
        text_hash(OTHER),
    )
    submit(store, clock, reply.id, by="bo")
    with pytest.raises(Stale, match="read it again"):
        approve(store, clock, reply.id, by="ana", text_hash=reply.text_hash)
    approve(store, clock, reply.id, by="ana", text_hash=changed.text_hash)
    send(store, clock, platform)
    assert OTHER in [one.reply.text for one in platform.standing]


def test_a_yes_is_void_for_good_even_where_the_earlier_words_come_back(store, clock):
    said = mention(author=author("ida", followers=300_000))
    handle(store, clock, said, by=RULES)
    with store.reading() as work:
        [reply] = work.replies.listing()
    approve(store, clock, reply.id, by="ana", text_hash=reply.text_hash, four_eyes=ASKS)

    edit(store, clock, reply.id, text=OTHER, by="cem")
    back = edit(store, clock, reply.id, text=reply.text, by="cem")
    submit(store, clock, reply.id, by="cem")

    assert back.text_hash == reply.text_hash
    with store.reading() as work:
        assert work.replies.approved_by(back) == []
        [void] = work.replies.approvals(reply.id)
    assert (void.approved_by, void.voided_at) == ("ana", clock.now())
    queued = approve(
        store, clock, reply.id, by="ana", text_hash=back.text_hash, four_eyes=ASKS
    )
    assert queued.approved_by == "ana"


@pytest.mark.parametrize(
    "state",
    [
        one
        for one in ReplyState
        if one not in {ReplyState.DRAFT, ReplyState.SUBMITTED, ReplyState.REJECTED}
    ],
)
def test_words_that_left_peoples_hands_stay_as_they_are(store, clock, state):
    reply = queue_reply(store, clock, state=state)

    with pytest.raises(NotAllowed, match=f"is {state}, its words stay"):
        edit(store, clock, reply.id, text=OTHER, by="ana")
    with pytest.raises(NotAllowed, match="only a draft is put forward"):
        submit(store, clock, reply.id, by="ana")


@pytest.mark.parametrize(
    ("state", "way"),
    [
        (ReplyState.QUEUED, "'bot reply cancel R-000001' takes it back"),
        (ReplyState.CANCELLED, "'bot reply draft T-000001' writes another"),
        (ReplyState.SEEN, "its words stay as they are$"),
    ],
)
def test_who_may_not_change_words_is_told_what_can_be_done(store, clock, state, way):
    reply = queue_reply(store, clock, state=state)

    with pytest.raises(NotAllowed, match=way):
        edit(store, clock, reply.id, text=OTHER, by="ana")


def test_what_the_platform_would_not_take_is_refused_to_whoever_writes_it(
    store, clock, platform
):
    measured = outbox(platform).length
    long = "word " * platform.info.reply_limit
    reply = written(store, clock)
    [ticket] = tickets(store)

    with pytest.raises(NotAllowed, match="at most; say it in fewer words"):
        edit(store, clock, reply.id, text=long, by="ana", measured=measured)
    assert reply_of(store, reply).text == WORDS
    cancel(store, clock, reply.id, by="ana", reason="too short")
    with pytest.raises(NotAllowed, match="at most; say it in fewer words"):
        draft(store, clock, ticket.id, text=long, by="ana", measured=measured)

    draft(store, clock, ticket.id, text=long, by="ana")
    with pytest.raises(NotAllowed, match="at most; say it in fewer words"):
        submit(store, clock, reply.id, by="ana", measured=measured)


def test_a_date_that_the_bot_computed_is_not_rewritten(store, clock):
    reply = queue_reply(
        store, clock, state=ReplyState.SUBMITTED, kind=ReplyKind.STATUS_LEGAL_NEAR
    )

    with pytest.raises(NotAllowed, match="write an answer instead"):
        edit(store, clock, reply.id, text=OTHER, by="ana")


def test_who_agrees_to_words_that_change_at_that_moment_is_told(store, clock):
    reply = put_forward(store, clock)
    late = Interrupted(
        store, lambda: edit(store, clock, reply.id, text=OTHER, by="ana")
    )

    with pytest.raises(NotAllowed, match="is draft"):
        approve(late, clock, reply.id, by="bo", text_hash=reply.text_hash)

    assert reply_of(store, reply).text == OTHER


# --- taking back, and writing anew


@pytest.mark.parametrize("state", ["draft", "submitted", "rejected", "queued"])
def test_what_has_not_left_can_be_taken_back(store, clock, platform, state):
    reply = queue_reply(store, clock, state=ReplyState(state))

    over = cancel(store, clock, reply.id, by="ana", reason="they rang us")
    send(store, clock, platform)

    assert reply_of(store, reply) == over
    assert (over.state, over.reason) == (ReplyState.CANCELLED, "they rang us")
    assert platform.calls == 0
    assert log(store, "reply.cancelled")[0].actor == "ana"


@pytest.mark.parametrize("state", ["sending", "unknown", "sent", "seen", "refused"])
def test_what_may_stand_there_cannot_be_taken_back(store, clock, state):
    reply = queue_reply(store, clock, state=ReplyState(state))

    with pytest.raises(NotAllowed, match="cannot be taken back"):
        cancel(store, clock, reply.id, by="ana", reason="oops")


def test_a_second_answer_is_written_only_where_the_first_was_never_said(
    store, clock, platform
):
    first = written(store, clock)
    [ticket] = tickets(store)
    with pytest.raises(NotAllowed, match="R-000002 answers it already and is draft"):
        draft(store, clock, ticket.id, text=OTHER, by="bo")
    cancel(store, clock, first.id, by="ana", reason="badly said")

    second = draft(store, clock, ticket.id, text=OTHER, by="bo")

    # One answer per mention, by a rule of the database: it keeps its number.
    assert (second.id, second.state) == (first.id, ReplyState.DRAFT)
    assert (second.written_by, second.reason) == ("bo", "")
    submit(store, clock, second.id, by="bo")
    approve(store, clock, second.id, by="ana", text_hash=second.text_hash)
    send(store, clock, platform)
    assert [one.reply.text for one in platform.standing].count(OTHER) == 1
    with pytest.raises(NotAllowed, match="is seen; name another mention"):
        draft(store, clock, ticket.id, text=WORDS, by="ana")


def test_what_shadow_mode_withheld_may_be_written_anew(store, clock, platform):
    reply = put_forward(store, clock)
    approve(store, clock, reply.id, by="bo", text_hash=reply.text_hash)
    withhold_pending(store, outbox(platform, mode=Mode.SHADOW), clock)
    [ticket] = tickets(store)

    anew = draft(store, clock, ticket.id, text=WORDS, by="ana")

    assert anew.state is ReplyState.DRAFT
    with store.reading() as work:
        assert work.replies.approved_by(anew) == []


def test_new_words_are_tried_as_patiently_as_the_first(store, clock):
    class Down(FakePlatform):
        def send_reply(self, reply):
            raise Unavailable("x", "is down")

    first = put_forward(store, clock)
    approve(store, clock, first.id, by="bo", text_hash=first.text_hash)
    box = outbox(Down(clock), give_up_after=2)
    for _ in range(3):
        send_pending(store, box, clock)
        clock.advance(hours=2)
    gave_up = reply_of(store, first)
    assert (gave_up.state, gave_up.attempts) == (ReplyState.REFUSED, 2)
    [ticket] = tickets(store)
    second = draft(store, clock, ticket.id, text=OTHER, by="ana")
    submit(store, clock, second.id, by="ana")
    approve(store, clock, second.id, by="bo", text_hash=second.text_hash)

    send_pending(store, box, clock)

    assert reply_of(store, second).state is ReplyState.QUEUED
    clock.advance(hours=2)
    send_pending(store, box, clock)
    assert "given up after 2 tries" in reply_of(store, second).reason


# --- the whole story


def test_a_replys_story_is_told_from_draft_to_proof(store, clock, platform):
    reply = written(store, clock)
    edit(store, clock, reply.id, text=OTHER, by="cem")
    submit(store, clock, reply.id, by="cem")
    changed = reply_of(store, reply)
    approve(store, clock, reply.id, by="bo", text_hash=changed.text_hash)
    platform.fail_replies(Fault.TIMEOUT_AFTER_ACCEPT, Fault.TIMEOUT_AFTER_ACCEPT)
    for _ in range(4):
        clock.advance(seconds=60)
        for step in (settle_pending, send_pending, confirm_pending):
            step(store, outbox(platform), clock)

    with store.reading() as work:
        story = story_of(work, reply_of(store, reply))

    assert [(one.written_by, one.text) for one in story.versions] == [
        ("ana", ""),
        ("cem", OTHER),
    ]
    assert story.versions[0].text_sha256 == text_hash(WORDS)
    assert [(one.approved_by, one.voided_at) for one in story.approvals] == [
        ("bo", None)
    ]
    assert [one.did for one in story.steps] == [
        "draft",
        "checked",
        "draft",
        "checked",
        "submitted",
        "checked",
        "approved",
        "queued",
        "sending",
        "unknown",
        "sent",
        "seen",
    ]
    [meant] = story.meant
    assert (meant.event, meant.met) == ("answered", ("first_response",))
    assert story.steps[-1].external_id.startswith("reply-")
