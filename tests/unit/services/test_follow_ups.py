from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.domain.decisions import Code, Severity, Tier
from bot.domain.follow_ups import FollowUpPolicy, FollowUpRule, Occasion
from bot.domain.hours import Day, Shift
from bot.domain.mentions import text_hash
from bot.domain.packs import DateWording, Purpose, Template, Templates
from bot.domain.platforms import ANYWHERE, NO_PLATFORMS
from bot.domain.replies import ReplyKind, ReplyState
from bot.escalate.follow_ups import written
from bot.services.claims import claim
from bot.services.drafts import approve, reject
from bot.services.follow_up_texts import run_follow_ups
from bot.services.follow_ups import AGAIN, Manners, score_of
from bot.services.replies import confirm_pending, send_pending, withhold_pending
from bot.services.sweep import sweep
from bot.services.tickets import close as close_ticket
from bot.services.undecidable import LATER
from bot.testing import START, KeywordClassifier, Killed
from tests.unit.services.world import (
    CHANNEL,
    Dying,
    actions,
    author,
    handle,
    house,
    limits,
    log,
    mention,
    notices,
    outbox,
    policy,
    record,
    replies,
    row,
    states,
    templates,
    tickets,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = Shift(days=tuple(Day), start=time(20), end=time(8))
FREE = FollowUpRule(unasked=True)
MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
DATES = DateWording(form="{day} {month} {year} {time} {zone}", months=MONTHS)
POLICY = FollowUpPolicy(
    answers=("answered", "idr_response_provided"),
    gap=HOUR,
    at_most=3,
    promise_near=replace(FREE, share=80),
)


def wording(*languages: str) -> Templates:
    whole = templates()
    known: dict[str, dict[str, tuple[Template, ...]]] = {
        language: {
            purpose: (
                Template(
                    id=f"{language}/{purpose}/1",
                    language=language,
                    purpose=purpose,
                    text=f"{language} {purpose} {{by}}".strip(),
                ),
            )
            for purpose in Purpose
        }
        for language in languages
    }
    return replace(whole, by_language=known, dates=dict.fromkeys(languages, DATES))


def details(store, action):
    return [json.loads(one.detail) for one in log(store, action)]


def platforms(allowed):
    rules = replace(ANYWHERE, max_replies=allowed)
    return replace(NO_PLATFORMS, channels={CHANNEL: rules})


class Following:
    """One brand that follows its authors up, and what it said on the platform."""

    def __init__(self, store, clock, platform):
        self.store, self.clock, self.platform = store, clock, platform
        self.classifier = KeywordClassifier()
        self.set_up()

    def set_up(self, rules=POLICY, *, allowed=0, languages=("en",), **fields):
        self.policy = policy(
            house=house(follow_ups=rules, **fields), templates=wording(*languages)
        )
        self.manners = Manners(policy=rules, platforms=platforms(allowed))
        self.outbox = outbox(self.platform, manners=self.manners)

    def hear(self, *said):
        handle(
            self.store,
            self.clock,
            *said,
            by=self.policy,
            classifier=self.classifier,
        )
        return tickets(self.store)[0]

    def complain(self, text="This is terrible, please help", **fields):
        self.said = mention(text, published_at=self.clock.now(), **fields)
        return self.hear(self.said)

    def again(self, text, **fields):
        whole = {
            "published_at": self.clock.now(),
            "conversation": self.said.conversation,
            **fields,
        }
        return self.hear(mention(text, **whole))

    def look(self, store=None):
        return run_follow_ups(
            store or self.store, self.policy, self.manners, self.clock
        )

    def round(self, **passes):
        """Let time pass, then look, send and confirm."""
        self.clock.advance(**passes)
        self.look()
        withhold_pending(self.store, self.outbox, self.clock)
        send_pending(self.store, self.outbox, self.clock)
        self.clock.advance(seconds=6)
        confirm_pending(self.store, self.outbox, self.clock)

    def close(self, ticket):
        return close_ticket(
            self.store,
            self.clock,
            ticket.id,
            by="ana",
            rulebook=self.policy.rulebook,
            follow_ups=self.policy.house.follow_ups,
        )

    @property
    def told(self):
        """What the author can read there, but for acknowledgements."""
        return [
            one.reply.text
            for one in self.platform.standing
            if "complaint" not in one.reply.text
        ]

    @property
    def kept(self):
        with self.store.reading() as work:
            [ticket] = work.tickets.listing(limit=1)
            return work.follow_ups.of_ticket(ticket.id)

    @property
    def stand(self):
        return [(one.occasion.value, one.state.value, one.reason) for one in self.kept]

    def reply(self, kind):
        [found] = [one for one in replies(self.store) if one.kind is kind]
        return found

    def events(self):
        with self.store.reading() as work:
            return work.tickets.events(tickets(self.store)[0].id)


@pytest.fixture
def bot(store, clock, platform):
    return Following(store, clock, platform)


# --- a promise comes near


def test_an_author_is_told_by_when_they_hear_when_the_first_promise_comes_near(bot):
    ticket = bot.complain()

    bot.round(hours=6, minutes=23)
    assert bot.told == []
    bot.round(minutes=2)

    assert bot.told == ["en status 2 Nov 2026 17:00 UTC"]
    assert [one.name for one in bot.events()] == [
        "received",
        "acknowledged",
        "status_sent",
    ]
    bot.look()
    assert bot.stand == [("promise_near", "done", "")]
    [entry] = log(bot.store, "follow_up.worded")
    assert entry.subject == f"ticket:{ticket.id}"
    [worded] = details(bot.store, "follow_up.worded")
    assert worded["rule"] == "first_response"
    assert worded["promised_at"] == (START + 8 * HOUR).isoformat()


def test_a_time_that_is_too_near_is_not_told_and_no_later_one_in_its_place(bot):
    bot.complain()

    bot.round(hours=7, minutes=52)

    assert bot.told == []
    assert bot.stand == [
        ("promise_near", "skipped", "no time by which they hear can be named")
    ]


def answering(bot, state):
    """Put a person's answer on its way to the author."""
    acknowledgement = bot.reply(ReplyKind.ACKNOWLEDGEMENT)
    with bot.store.work() as work:
        return work.replies.add(
            replace(
                acknowledgement,
                kind=ReplyKind.ANSWER,
                state=state,
                text="Done.",
                text_hash=text_hash("Done."),
                next_at=bot.clock.now() + DAY,
            )
        )


@pytest.mark.parametrize(
    "state", [ReplyState.QUEUED, ReplyState.UNKNOWN, ReplyState.SENT]
)
def test_nobody_is_told_to_wait_for_an_answer_that_is_on_its_way(bot, state):
    bot.complain()
    answer = answering(bot, state)

    bot.round(hours=6, minutes=25)

    assert bot.told == []
    assert bot.stand == [("promise_near", "waiting", "an answer is on its way")]

    with bot.store.work() as work:
        gone = replace(answer, state=ReplyState.CANCELLED)
        assert work.replies.move(gone, before=state)
    bot.round(minutes=16)

    assert len(bot.told) == 1


def test_what_was_worded_waits_for_an_answer_that_goes_out_before_it(bot):
    bot.complain()
    bot.clock.advance(hours=6, minutes=25)
    bot.look()
    answering(bot, ReplyState.QUEUED)

    send_pending(bot.store, bot.outbox, bot.clock)

    status = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    assert (status.state, status.reason) == (
        ReplyState.QUEUED,
        "an answer is on its way",
    )
    assert bot.told == []


def test_a_follow_up_meets_no_clock(bot):
    ticket = bot.complain()
    before = states(bot.store, ticket)
    bot.round(hours=6, minutes=25)

    assert bot.told
    after = states(bot.store, ticket)
    assert before["first_response"] == after["first_response"] == "running"
    assert before["final_response"] == after["final_response"] == "running"
    met = {one["rule"] for one in details(bot.store, "clock.met")}
    assert met == {"acknowledge_target", "acknowledge_limit"}


def test_it_is_told_once_however_often_one_looks(bot):
    bot.complain()
    for _ in range(4):
        bot.round(hours=6, minutes=25)

    assert len(bot.told) == 1


def test_the_law_comes_near_too(bot):
    bot.set_up(replace(POLICY, promise_near=None, legal_near=replace(FREE, share=80)))
    bot.complain()
    bot.round(days=23, hours=23)
    assert bot.told == []

    bot.round(days=1)

    # The end of the thirtieth day in Sydney, where it is still daylight saving time.
    assert bot.told == ["en status 2 Dec 2026 12:59 UTC"]


def test_no_date_is_promised_that_is_later_than_the_law_s(bot):
    bot.set_up(
        replace(POLICY, promise_near=None, waiting=replace(FREE, after=32 * DAY))
    )
    bot.complain()
    bot.round(days=31)
    sweep(bot.store, bot.clock, bot.policy.house)

    bot.round(days=2)

    assert bot.told == []
    assert bot.stand == [
        ("waiting", "skipped", "no time by which they hear can be named")
    ]
    [skipped] = details(bot.store, "follow_up.skipped")
    assert skipped["reason"] == "no time by which they hear can be named"


# --- other occasions


def test_an_author_is_told_that_their_ticket_moved_up(bot):
    bot.set_up(replace(POLICY, promise_near=None, raised=FREE))
    bot.complain()
    bot.clock.advance(hours=8, seconds=1)
    sweep(bot.store, bot.clock, bot.policy.house)

    bot.round()

    assert tickets(bot.store)[0].tier is Tier.SPECIALIST
    assert bot.told == ["en status 2 Dec 2026 12:59 UTC"]


def test_what_raises_a_ticket_by_the_author_s_own_words_is_told_as_well(bot):
    bot.set_up(replace(POLICY, promise_near=None, raised=FREE))
    bot.complain()

    bot.again("Worst of all. This is fraud, hmm, my lawyer says so")
    bot.round()

    # A threat of law is for a person to answer, whatever the house's rule says.
    assert bot.told == []
    assert bot.reply(ReplyKind.STATUS_RAISED).state is ReplyState.SUBMITTED


def test_an_author_whom_nobody_takes_up_is_told_so(bot):
    bot.set_up(
        replace(POLICY, promise_near=None, waiting=replace(FREE, after=2 * HOUR))
    )
    bot.complain()
    bot.round(hours=1)
    assert bot.told == []

    bot.round(hours=1)

    assert bot.told == ["en status 2 Nov 2026 17:00 UTC"]


def test_somebody_who_has_taken_the_ticket_lets_the_wait_begin_later(bot):
    bot.set_up(
        replace(POLICY, promise_near=None, waiting=replace(FREE, after=2 * HOUR))
    )
    ticket = bot.complain()
    bot.clock.advance(hours=1)
    claim(bot.store, bot.clock, bot.policy.house, ticket.id, by="ana")

    bot.round(hours=1, minutes=30)

    assert bot.told == []
    assert bot.stand == [("waiting", "waiting", "its time has not come")]
    assert "follow_up.postponed" not in actions(bot.store)


# --- nothing to tell any more


def answered(bot, ticket):
    record(
        bot.store,
        bot.clock,
        ticket.id,
        "answered",
        by="ana",
        rulebook=bot.policy.rulebook,
    )


def closed(bot, ticket):
    bot.close(ticket)


def written_anew(bot, _ticket):
    bot.again("and still broken")


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (answered, "answered was recorded"),
        (closed, "the ticket is closed"),
        (written_anew, "the author wrote anew"),
    ],
)
def test_what_waits_ends_by_itself(bot, happens, why):
    ticket = bot.complain()
    bot.clock.advance(hours=1)
    happens(bot, ticket)

    bot.look()

    assert bot.stand[0] == ("promise_near", "cancelled", why)
    assert "follow_up.cancelled" not in actions(bot.store)


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (answered, "answered was recorded"),
        (closed, "the ticket is closed"),
        (written_anew, "the author wrote anew"),
    ],
)
def test_what_waits_for_a_yes_is_taken_back(bot, happens, why):
    bot.set_up(replace(POLICY, promise_near=FollowUpRule(share=80)))
    ticket = bot.complain()
    bot.round(hours=6, minutes=25)
    asked = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    assert asked.state is ReplyState.SUBMITTED
    happens(bot, ticket)

    bot.look()

    taken = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    assert (taken.state, taken.reason) == (ReplyState.CANCELLED, why)
    assert bot.stand[0] == ("promise_near", "cancelled", why)
    assert bot.told == []
    [cancelled] = details(bot.store, "follow_up.cancelled")
    assert cancelled["reason"] == why
    assert "reply.cancelled" in actions(bot.store)


def test_what_was_agreed_to_and_became_void_is_not_sent(bot):
    bot.set_up(replace(POLICY, promise_near=FollowUpRule(share=80)))
    ticket = bot.complain()
    bot.round(hours=6, minutes=25)
    asked = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    approve(bot.store, bot.clock, asked.id, by="ana", text_hash=asked.text_hash)
    answered(bot, ticket)

    send_pending(bot.store, bot.outbox, bot.clock)

    taken = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    assert (taken.state, taken.reason) == (
        ReplyState.CANCELLED,
        "answered was recorded",
    )
    assert bot.told == []


def test_a_yes_that_comes_after_the_promised_time_sends_nothing(bot):
    bot.set_up(replace(POLICY, promise_near=FollowUpRule(share=80)))
    bot.complain()
    bot.round(hours=6, minutes=25)
    asked = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    bot.clock.advance(hours=2)
    approve(bot.store, bot.clock, asked.id, by="ana", text_hash=asked.text_hash)

    send_pending(bot.store, bot.outbox, bot.clock)

    reason = bot.reply(ReplyKind.STATUS_PROMISE_NEAR).reason
    assert reason == "the time that it names is over"
    assert bot.told == []


def test_a_yes_in_time_sends_this_very_text(bot):
    bot.set_up(replace(POLICY, promise_near=FollowUpRule(share=80)))
    bot.complain()
    bot.round(hours=6, minutes=25)
    asked = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    approve(bot.store, bot.clock, asked.id, by="ana", text_hash=asked.text_hash)

    bot.round()

    assert bot.told == [asked.text]


def test_a_no_ends_it(bot):
    bot.set_up(replace(POLICY, promise_near=FollowUpRule(share=80)))
    bot.complain()
    bot.round(hours=6, minutes=25)
    asked = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    reject(bot.store, bot.clock, asked.id, by="ana", reason="I ring them up")

    bot.clock.advance(seconds=AGAIN.total_seconds())
    bot.look()

    assert bot.stand == [("promise_near", "cancelled", "I ring them up")]


def test_a_house_that_follows_nobody_up_any_more_cancels_all(bot):
    bot.complain()
    bot.set_up(None)

    bot.round(hours=6, minutes=25)

    assert bot.stand == [("promise_near", "cancelled", "the house wants it no more")]


# --- who may be told, and how often


def test_where_the_platform_allows_one_answer_to_a_mention_there_is_no_second(bot):
    bot.set_up(allowed=1)
    bot.complain()

    bot.round(hours=6, minutes=25)

    why = "platforms.x.max_replies: 1 automatic reply to one text is all that it allows"
    assert bot.told == []
    assert bot.stand == [("promise_near", "skipped", why)]


def test_a_further_mention_may_be_answered_there_again(bot):
    bot.set_up(allowed=1)
    bot.complain()
    bot.round(hours=1)
    bot.again("and still broken")

    bot.round(hours=5, minutes=30)

    assert bot.told == ["en status 2 Nov 2026 17:00 UTC"]
    [standing] = [one for one in bot.platform.standing if "status" in one.reply.text]
    assert standing.reply.in_reply_to != bot.said.external_id


def test_who_did_not_address_us_is_told_nothing(bot):
    bot.complain(is_addressed=False)

    bot.round(hours=6, minutes=25)

    assert bot.told == []
    [(_occasion, state, why)] = bot.stand
    assert (state, why) == (
        "skipped",
        "did not address us: no follow-up (house.acknowledgement.N1)",
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Terrible, my lawyer will see to it", "house.follow_ups.legal_threat"),
        ("Terrible. I cannot pay", None),
    ],
)
def test_a_matter_of_law_is_never_told_by_a_bot_alone(bot, text, rule):
    bot.complain(text)
    bot.round(hours=6, minutes=25)

    [worded] = details(bot.store, "follow_up.worded")
    because = {one["rule"] for one in worded["because"]}

    assert bool(because) == bool(rule)
    assert rule is None or rule in because
    assert bool(bot.told) == (rule is None)


def test_code_red_is_never_told_by_a_bot_alone(bot):
    rows = {one: row(Code.RED, Tier.AGENT, "agents") for one in Severity}
    bot.set_up(matrix=rows)
    bot.complain()

    bot.round(hours=6, minutes=25)

    assert bot.reply(ReplyKind.STATUS_PROMISE_NEAR).state is ReplyState.SUBMITTED
    assert bot.told == []


def test_who_needs_a_person_s_yes_for_our_first_word_needs_it_for_the_next(bot):
    bot.complain(author=author(followers=200_000))

    bot.round(minutes=49)

    reply = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    assert reply.state is ReplyState.SUBMITTED


def test_a_language_without_wording_gets_the_house_s_own_with_a_yes(bot):
    bot.set_up(
        acknowledgement=replace(
            house().acknowledgement, languages=("en", "pt"), approval=()
        )
    )
    known = bot.policy.templates
    spoken = dict(wording("pt").by_language["pt"])
    del spoken[Purpose.STATUS]
    bot.policy = replace(
        bot.policy,
        templates=replace(known, by_language={**known.by_language, "pt": spoken}),
    )
    bot.complain(language_hint="pt")

    bot.clock.advance(hours=6, minutes=25)
    bot.look()

    reply = bot.reply(ReplyKind.STATUS_PROMISE_NEAR)
    assert (reply.language, reply.state) == ("en", ReplyState.SUBMITTED)


def test_an_author_is_told_in_their_own_language(bot):
    bot.set_up(
        languages=("en", "pt"),
        acknowledgement=replace(house().acknowledgement, languages=("en", "pt")),
    )
    bot.complain(language_hint="pt")

    bot.round(hours=6, minutes=25)

    assert bot.told == ["pt status 2 Nov 2026 17:00 UTC"]


def test_two_follow_ups_keep_their_distance(bot):
    soon = replace(FREE, after=6 * HOUR)
    bot.set_up(replace(POLICY, waiting=soon, gap=HOUR))
    bot.complain()
    bot.round(hours=6)
    bot.round(minutes=25)
    assert len(bot.told) == 1

    bot.round(minutes=40)

    assert len(bot.told) == 2
    [off] = details(bot.store, "follow_up.postponed")
    assert off["reason"] == "too soon after the last one"


def test_a_ticket_gets_so_many_and_no_more(bot):
    soon = replace(FREE, after=6 * HOUR)
    bot.set_up(replace(POLICY, waiting=soon, gap=timedelta(0), at_most=1))
    bot.complain()
    bot.round(hours=6)

    bot.round(minutes=25)

    assert len(bot.told) == 1
    assert bot.stand[1] == (
        "promise_near",
        "skipped",
        "1 follow-ups of this ticket are enough",
    )


def test_the_flood_guard_holds_follow_ups_as_well(bot):
    bot.set_up()
    bot.outbox = replace(bot.outbox, limits=limits(author=1))
    bot.complain()

    bot.round(hours=6, minutes=25)

    assert bot.told == []
    assert "house.flood.author" in bot.reply(ReplyKind.STATUS_PROMISE_NEAR).reason


def test_in_shadow_mode_it_is_worded_and_not_sent(bot):
    bot.complain()
    bot.outbox = replace(bot.outbox, modes={})

    bot.round(hours=6, minutes=25)
    bot.round(minutes=15)

    assert bot.told == []
    assert bot.reply(ReplyKind.STATUS_PROMISE_NEAR).state is ReplyState.WITHHELD
    assert bot.stand == [("promise_near", "done", "shadow mode")]


# --- quiet hours


def test_nothing_is_said_at_night_and_nothing_is_lost(bot):
    bot.set_up(
        replace(
            POLICY,
            quiet=(NIGHT,),
            promise_near=None,
            waiting=replace(FREE, after=12 * HOUR),
        )
    )
    bot.complain()
    bot.round(hours=12)
    bot.look()
    assert bot.told == []
    assert bot.kept[0].due_at == START + 23 * HOUR

    bot.round(hours=11)

    assert bot.told == ["en status 2 Dec 2026 12:59 UTC"]
    [off] = details(bot.store, "follow_up.postponed")
    assert off["reason"] == "quiet hours"


def test_a_yes_at_night_waits_for_the_morning(bot):
    bot.set_up(
        replace(
            POLICY,
            quiet=(NIGHT,),
            promise_near=None,
            waiting=FollowUpRule(after=10 * HOUR),
        )
    )
    bot.complain()
    bot.round(hours=10)
    asked = bot.reply(ReplyKind.STATUS_WAITING)
    bot.clock.advance(hours=3)
    approve(bot.store, bot.clock, asked.id, by="ana", text_hash=asked.text_hash)
    send_pending(bot.store, bot.outbox, bot.clock)
    held = bot.reply(ReplyKind.STATUS_WAITING)
    assert (held.state, held.reason) == (ReplyState.QUEUED, "quiet hours")

    bot.round(hours=10)

    assert bot.told == [asked.text]


# --- after the closing

ASKS = replace(POLICY, closed=replace(FREE, after=DAY))


def closed_after_an_answer(bot):
    ticket = bot.complain()
    bot.clock.advance(hours=1)
    answered(bot, ticket)
    bot.close(ticket)
    return ticket


def test_an_author_is_asked_after_the_closing_whether_they_are_satisfied(bot):
    bot.set_up(ASKS)
    closed_after_an_answer(bot)
    bot.round(hours=23)
    assert bot.told == []

    bot.round(hours=1)

    assert bot.told == ["en satisfaction {by}".replace("{by}", "")]
    assert bot.events()[-1].name == "satisfaction_asked"
    bot.look()
    assert bot.stand[-1] == ("closed", "done", "")


def test_who_was_never_answered_is_not_asked(bot):
    bot.set_up(ASKS)
    bot.close(bot.complain())

    bot.round(days=1)

    assert bot.told == []
    assert bot.stand[-1] == ("closed", "skipped", "they were never answered")


def test_who_complains_again_is_not_asked(bot):
    bot.set_up(ASKS)
    closed_after_an_answer(bot)
    bot.clock.advance(hours=1)
    bot.again("still broken")

    bot.round(days=1)

    [asked] = [one for one in bot.stand if one[0] == "closed"]
    assert asked[1:] == ("cancelled", "the author wrote anew")


def asked_for_a_mark(bot):
    bot.set_up(ASKS)
    ticket = closed_after_an_answer(bot)
    bot.round(days=1)
    bot.clock.advance(hours=1)
    return ticket


def test_a_mark_is_kept_on_the_ticket_and_opens_nothing(bot):
    ticket = asked_for_a_mark(bot)

    bot.again("@kestrelair 4/5 thanks")

    [event] = [one for one in bot.events() if one.name == "satisfaction_answered"]
    assert event.facts["score"] == "4"
    assert event.detail == f"mention:{event.facts['mention']}"
    assert [one.status.value for one in tickets(bot.store)] == ["closed"]
    [entry] = log(bot.store, "satisfaction.answered")
    assert entry.subject == f"ticket:{ticket.id}"
    [said] = details(bot.store, "satisfaction.answered")
    assert said["score"] == 4
    assert not any(
        key.startswith("satisfaction") for key in notices(bot.store, bot.clock)
    )


def test_words_without_a_mark_are_an_answer_too(bot):
    asked_for_a_mark(bot)

    bot.again("thanks, that was 2 days quicker than I thought")

    [event] = [one for one in bot.events() if one.name == "satisfaction_answered"]
    assert set(event.facts) == {"mention"}


def test_a_bad_mark_alone_opens_nothing_and_is_told_to_our_people(bot):
    ticket = asked_for_a_mark(bot)

    bot.again("1")

    assert [one.status.value for one in tickets(bot.store)] == ["closed"]
    [to] = [
        to
        for key, to in notices(bot.store, bot.clock).items()
        if key.startswith(f"satisfaction:{ticket.id}")
    ]
    assert to == "agents"


def test_an_answer_that_complains_opens_the_ticket_again(bot):
    asked_for_a_mark(bot)

    bot.again("1 of 5, it is broken again")

    assert [one.status.value for one in tickets(bot.store)] == ["open"]
    names = [one.name for one in bot.events()]
    assert names[-3:] == ["satisfaction_answered", "received", "reopened"]


def test_somebody_else_s_mark_is_no_answer(bot):
    asked_for_a_mark(bot)

    bot.again("5", author=author("bob"))

    assert "satisfaction_answered" not in {one.name for one in bot.events()}


def test_only_the_first_answer_counts(bot):
    asked_for_a_mark(bot)

    bot.again("5")
    bot.again("4")

    found = [one for one in bot.events() if one.name == "satisfaction_answered"]
    assert [one.facts["score"] for one in found] == ["5"]


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5", 5),
        ("@kestrelair 3!", 3),
        ("/u/kestrelair 3", 3),
        ("I give it 2/5", 2),
        ("4 out of 5", 4),
        ("4 von 5", 4),
        ("⭐⭐⭐", 3),
        ("★★★★★ !", 5),
        ("٤", 4),
        ("२", 2),
        ("５", 5),
        ("5 days late", None),
        ("10/5", None),
        ("6", None),
        ("1/50", None),
        ("", None),
        ("fine", None),
    ],
)
def test_a_mark_is_read_where_it_is_plainly_given(text, score):
    assert score_of(text) == score


# --- kept through trouble


@pytest.mark.parametrize("committed", [False, True])
def test_a_process_that_dies_while_wording_tells_nobody_twice(bot, committed):
    bot.complain()
    bot.clock.advance(hours=6, minutes=25)
    with pytest.raises(Killed):
        bot.look(Dying(bot.store, Killed(), nth=1, committed=committed))

    bot.round()
    bot.round(minutes=15)

    assert len(bot.told) == 1


def test_one_that_cannot_be_computed_is_put_off_and_counted(bot):
    bot.complain()
    bot.policy = replace(bot.policy, templates=replace(wording("en"), dates={}))
    bot.clock.advance(hours=6, minutes=25)

    bot.look()

    [kept] = bot.kept
    assert (kept.state.value, kept.moves) == ("waiting", 1)
    assert kept.due_at == bot.clock.now() + LATER
    [entry] = details(bot.store, "follow_up.postponed")
    assert entry["reason"] == "KeyError"


def test_every_occasion_has_a_kind_of_its_own():
    assert len({one.kind for one in Occasion}) == len(Occasion)


def test_a_date_is_written_to_the_minute_and_never_later():
    at = START + timedelta(minutes=59, seconds=59)

    assert written(at, DATES, "Australia/Sydney") == "2 Nov 2026 20:59 AEDT"
