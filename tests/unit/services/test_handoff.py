"""From a public line to a private talk: each way, each timer, each fall-back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.clocks import PackRef
from bot.domain.handoff import (
    Asked,
    FormWording,
    HandOffCause,
    HandOffPolicy,
    HandOffState,
    HandOffWay,
    LinkNumber,
    VerifiedLink,
)
from bot.domain.mentions import MentionKind
from bot.domain.packs import PackStatus, Template
from bot.domain.platforms import Ground, PlatformPack, PlatformRules, PrivateReply
from bot.domain.replies import Mode, ReplyKind, ReplyState
from bot.domain.tags import Sign
from bot.domain.tickets import Way
from bot.errors import Missing, NotAllowed
from bot.services import handoff as service
from bot.services.drafts import approve, draft, reject, submit
from bot.services.handoff import (
    HandOffMeans,
    answer,
    filled_in,
    form,
    make_link,
    match,
    read_answers,
    run_hand_offs,
)
from bot.services.keys import Keys
from bot.services.replies import (
    Sender,
    confirm_pending,
    send_pending,
    settle_pending,
    withhold_pending,
)
from bot.testing import FakeMessenger, FakePlatform, Fault, Killed
from tests.unit.services.world import (
    BRAND,
    CHANNEL,
    Dying,
    author,
    close,
    handle,
    house,
    log,
    mention,
    notices,
    outbox,
    policy,
    replies,
    reply_of,
    templates,
    tickets,
)

DAY = timedelta(days=1)
SECRET = "a secret that nobody can guess, of this test alone"
KEYS = Keys(SECRET, "https://help.example.test")
PAGE = "https://kestrel.example.test/help"
GIVEN = {
    "full_name": "Ada Lovelorn",
    "date_of_birth": "1980-12-31",
    "postcode": "2000",
    "contact": "phone",
}
STEPS = {
    HandOffState.OFFERED: DAY,
    HandOffState.INVITED: 3 * DAY,
    HandOffState.OPENED: 2 * DAY,
    HandOffState.IDENTIFIED: DAY,
    HandOffState.MATCHED: DAY,
}
WORDS = FormWording(
    title="t", intro="i", asks=dict.fromkeys(Asked, "?"),
    contact=dict.fromkeys(Way, "w"), how="h", optional="o", send="s", thanks="th",
    gone="g", later="l", needed="n", no_date="d", too_long="x",
)  # fmt: skip
RULES = PlatformRules(
    title="X",
    reply_if=(Ground.MENTIONS_US,),
    private_if=(Ground.MESSAGES_US,),
    private_reply=PrivateReply(at_most=1, within=7 * DAY),
)


def leading(**fields) -> HandOffPolicy:
    whole = HandOffPolicy(
        steps=STEPS,
        asks=(Asked.FULL_NAME, Asked.DATE_OF_BIRTH, Asked.POSTCODE),
        may_ask=(Asked.REFERENCE,),
        contact=(Way.PHONE, Way.LETTER),
        links={BRAND: VerifiedLink(url=PAGE, verified_on=date(2026, 10, 1))},
        unasked=True,
    )
    return replace(whole, **fields)


def wording():
    known = templates()
    more = {
        purpose: (
            Template(
                id=f"en/{purpose}/1",
                language="en",
                purpose=purpose,
                text="Come to {link} please.",
            ),
        )
        for purpose in ("invitation", "hand_off")
    }
    english = {**known.by_language["en"], **more}
    return replace(known, by_language={"en": english}, forms={"en": WORDS})


def platform_pack(rules: PlatformRules = RULES) -> PlatformPack:
    return PlatformPack(
        ref=PackRef(id="platforms", version="1", sha256="d" * 64),
        title="",
        status=PackStatus.REVIEWED,
        sources={},
        channels={CHANNEL: rules},
    )


class Stage:
    """One ticket, one platform, and everything that leads from it."""

    def __init__(
        self, store, clock, platform, *, rules=RULES, mode=Mode.LIVE, **policy_fields
    ):
        self.store, self.clock, self.platform = store, clock, platform
        allowed = platform_pack(rules)
        self.house = house(hand_off=leading(**policy_fields))
        self.rules = policy(house=self.house, templates=wording(), platforms=allowed)
        self.box = outbox(
            platform,
            mode=mode,
            platforms=allowed,
            policy=self.house.ref.id,
            worded=filled_in(lambda: store, KEYS),
        )
        self.means = HandOffMeans(
            house=self.house,
            templates=wording(),
            platforms=allowed,
            senders=lambda: self.box.senders,
            keys=KEYS,
        )

    def complain(self, **fields):
        said = mention(**fields)
        handle(self.store, self.clock, said, by=self.rules)
        self.ticket = tickets(self.store)[0]
        return said

    def write(self, text="Hello, it is me", who="ada", **fields):
        """Let the author write where nobody else reads."""
        said = mention(
            text,
            kind=MentionKind.MESSAGE,
            is_public=False,
            author=author(who),
            published_at=self.clock.now(),
            **fields,
        )
        handle(self.store, self.clock, said, by=self.rules)

    def start(self):
        return service.start(
            self.store, self.clock, self.means, self.ticket.id, by="ana"
        )

    def go_on(self, times=3):
        for _ in range(times):
            self.clock.advance(seconds=61)
            withhold_pending(self.store, self.box, self.clock)
            settle_pending(self.store, self.box, self.clock)
            send_pending(self.store, self.box, self.clock)
            confirm_pending(self.store, self.box, self.clock)
            run_hand_offs(self.store, self.means, self.clock)

    def now(self):
        with self.store.reading() as work:
            return work.hand_offs.of_ticket(self.ticket.id)[-1]

    def token(self):
        [one] = [one for one in self.platform.standing if one.is_private][-1:]
        return one.reply.text.split("/h/")[1].split()[0]

    def answer(self, token=None, **changed):
        given = {**GIVEN, **changed}
        return answer(self.store, self.clock, self.means, token or self.token(), given)

    def of_kind(self, kind):
        return [one for one in replies(self.store) if one.kind is kind]


@pytest.fixture
def messenger(clock):
    return FakeMessenger(clock)


@pytest.fixture
def stage(store, clock, messenger):
    return Stage(store, clock, messenger)


def invited(stage):
    stage.complain()
    stage.go_on()
    stage.start()
    stage.go_on()
    assert stage.now().state is HandOffState.INVITED
    return stage


# --- the whole way


def test_somebody_comes_from_a_public_line_to_a_private_talk(stage):
    invited(stage)
    [public] = [one for one in stage.platform.standing if not one.is_private]
    assert "/h/" not in public.reply.text

    stage.answer()
    identified = stage.now()
    assert identified.state is HandOffState.IDENTIFIED
    told = read_answers(
        stage.store, stage.clock, stage.means, stage.ticket.id, by="ana"
    )
    assert told == {name: said for name, said in GIVEN.items() if name != "contact"}
    match(
        stage.store, stage.clock, stage.means, stage.ticket.id, record="C-77", by="ana"
    )
    stage.write()
    written = draft(
        stage.store,
        stage.clock,
        stage.ticket.id,
        text="Good day Ada, here we can talk.",
        by="ana",
        platforms=stage.means.platforms,
        is_private=True,
    )
    submit(stage.store, stage.clock, written.id, by="ana")
    approve(stage.store, stage.clock, written.id, by="bo", text_hash=written.text_hash)
    stage.go_on()

    over = stage.now()
    assert (over.state, over.record, over.contact) == (
        HandOffState.PRIVATE,
        "C-77",
        "phone",
    )
    assert stage.platform.standing[-1].is_private
    moves = [one.action for one in log(stage.store, "handoff")]
    assert moves == [
        "handoff.started",
        "handoff.offered",
        "handoff.invited",
        "handoff.opened",
        "handoff.answered",
        "handoff.identified",
        "handoff.read",
        "handoff.matched",
        "handoff.private",
    ]


def test_the_log_and_the_outbox_hold_no_token_and_no_answer(stage):
    invited(stage)
    token = stage.token()
    stage.answer(reference="REF-4711")
    match(
        stage.store, stage.clock, stage.means, stage.ticket.id, record="C-77", by="ana"
    )

    whole = json.dumps([(one.action, one.detail) for one in log(stage.store)])
    for secret in (token, "Ada Lovelorn", "1980-12-31", "4711", "C-77", "/h/"):
        assert secret not in whole
    assert [one.text for one in stage.of_kind(ReplyKind.INVITATION)] == [
        "Come to {link} please."
    ]
    assert not any(token in one.reason + one.text for one in replies(stage.store))


def test_answers_are_locked_where_they_lie_and_gone_once_they_are_matched(stage):
    invited(stage)
    stage.answer()
    with stage.store.reading() as work:
        kept = work.hand_offs.answers(stage.now().id)
    assert kept is not None
    assert "Ada" not in kept.locked
    assert json.loads(KEYS.unlock(kept.locked))["full_name"] == "Ada Lovelorn"

    match(
        stage.store, stage.clock, stage.means, stage.ticket.id, record="C-77", by="ana"
    )

    with stage.store.reading() as work:
        assert work.hand_offs.answers(stage.now().id) is None
    with pytest.raises(Missing, match="no answers"):
        read_answers(stage.store, stage.clock, stage.means, stage.ticket.id, by="ana")


# --- the ways, and their fall-backs


def test_an_invitation_waits_for_a_yes_unless_the_house_says_otherwise(
    store, clock, messenger
):
    stage = Stage(store, clock, messenger, unasked=False)
    stage.complain()
    stage.go_on()

    stage.start()
    stage.go_on()

    [waiting] = stage.of_kind(ReplyKind.INVITATION)
    assert waiting.state is ReplyState.SUBMITTED
    assert stage.now().state is HandOffState.OFFERED
    approve(store, clock, waiting.id, by="bo", text_hash=waiting.text_hash)
    stage.go_on()
    assert stage.now().state is HandOffState.INVITED


def test_nobody_says_yes_in_time_and_a_person_goes_on(store, clock, messenger):
    stage = Stage(store, clock, messenger, unasked=False)
    stage.complain()
    stage.go_on()
    stage.start()

    clock.advance(days=1)
    stage.go_on(1)

    one = stage.now()
    assert (one.state, one.cause) == (HandOffState.FELL_BACK, "expired")
    [taken_back] = stage.of_kind(ReplyKind.INVITATION)
    assert taken_back.state is ReplyState.CANCELLED


def test_a_no_to_the_words_is_a_persons_to_follow(store, clock, messenger):
    stage = Stage(store, clock, messenger, unasked=False)
    stage.complain()
    stage.start()
    [waiting] = stage.of_kind(ReplyKind.INVITATION)

    reject(store, clock, waiting.id, by="bo", reason="not now")
    stage.go_on(1)

    one = stage.now()
    assert (one.state, one.cause) == (HandOffState.FELL_BACK, "not_agreed")


def test_where_no_message_is_taken_and_a_public_line_stands_a_person_goes_on(stage):
    stage.complain()
    stage.go_on()
    stage.platform.fail_replies(Fault.REFUSED)

    stage.start()
    stage.go_on()

    one = stage.now()
    assert (one.state, one.way) == (HandOffState.FELL_BACK, HandOffWay.PERSON)
    assert one.cause == HandOffCause.REFUSED
    assert "stands in public already" in one.reason
    assert len([x for x in stage.platform.standing if not x.is_private]) == 1
    told = notices(stage.store, stage.clock)
    assert any(key.startswith("handoff:1:fell-back") for key in told)


def test_where_nobody_writes_in_private_one_public_line_names_the_houses_page(
    store, clock, platform
):
    stage = Stage(store, clock, platform)
    stage.complain()
    with store.work() as work:
        for one in work.replies.listing():
            over = replace(one, state=ReplyState.CANCELLED)
            work.replies.move(over, before=one.state)

    stage.start()
    stage.go_on()

    [line] = stage.of_kind(ReplyKind.HAND_OFF)
    assert line.text == f"Come to {PAGE} please."
    assert not line.is_private
    assert stage.now().state is HandOffState.INVITED
    clock.advance(days=3)
    stage.go_on(1)
    assert stage.now().state is HandOffState.FELL_BACK
    assert len(stage.platform.standing) == 1


def test_a_public_line_that_stands_is_the_only_one(store, clock, platform):
    stage = Stage(store, clock, platform)
    stage.complain()
    stage.go_on()

    stage.start()
    stage.go_on()

    assert stage.now().state is HandOffState.INVITED
    assert stage.now().way is HandOffWay.LINE
    assert len(platform.standing) == 1


def test_a_window_that_has_shut_is_told_from_a_refusal(store, clock, messenger):
    stage = Stage(store, clock, messenger)
    stage.complain()
    stage.go_on()
    clock.advance(days=8)

    stage.start()

    one = stage.now()
    assert one.way is HandOffWay.LINE
    assert "platforms.x.private_reply: its window closed" in one.reason


def test_a_window_that_shuts_while_the_words_wait_ends_their_way(
    store, clock, messenger
):
    short = replace(RULES, private_reply=PrivateReply(at_most=1, within=DAY / 2))
    stage = Stage(store, clock, messenger, rules=short, unasked=False)
    stage.complain()
    stage.go_on()
    stage.start()
    [waiting] = stage.of_kind(ReplyKind.INVITATION)
    clock.advance(hours=13)
    approve(store, clock, waiting.id, by="bo", text_hash=waiting.text_hash)

    stage.go_on(1)

    assert reply_of(store, waiting).state is ReplyState.REFUSED
    assert (stage.now().state, stage.now().cause) == (
        HandOffState.FELL_BACK,
        "window_shut",
    )


def test_who_does_not_come_in_time_is_a_persons_and_may_come_late(stage):
    invited(stage)
    stage.clock.advance(days=3)
    stage.go_on(1)
    one = stage.now()
    assert (one.state, one.cause) == (HandOffState.FELL_BACK, "expired")

    stage.write()
    stage.go_on(1)

    assert stage.now().state is HandOffState.OPENED


def test_who_writes_in_private_is_answered_with_a_link(store, clock, messenger):
    closed = replace(RULES, private_reply=None)
    stage = Stage(store, clock, messenger, rules=closed)
    stage.complain()
    stage.go_on()
    stage.start()
    stage.go_on()
    assert stage.now().way is HandOffWay.LINE

    stage.write()
    stage.go_on()

    one = stage.now()
    assert (one.state, one.way) == (HandOffState.OPENED, HandOffWay.MESSAGE)
    assert one.until is not None
    stage.answer()
    assert stage.now().state is HandOffState.IDENTIFIED


def test_another_persons_message_opens_nothing(stage):
    invited(stage)

    stage.write(who="eve")
    stage.go_on(1)

    assert stage.now().state is HandOffState.INVITED


def test_a_form_that_stays_empty_ends_at_a_person(store, clock, messenger):
    stage = Stage(store, clock, messenger, rules=replace(RULES, private_reply=None))
    stage.complain()
    stage.go_on()
    stage.start()
    stage.go_on()
    stage.write()
    stage.go_on()

    clock.advance(days=2)
    stage.go_on(1)

    assert (stage.now().state, stage.now().cause) == (
        HandOffState.FELL_BACK,
        "expired",
    )


def test_answers_that_nobody_matches_are_told_to_a_lead_and_then_go(stage):
    invited(stage)
    stage.answer()

    stage.clock.advance(days=1)
    stage.go_on(1)
    assert stage.now().state is HandOffState.IDENTIFIED
    assert "lead" in notices(stage.store, stage.clock).values()
    stage.clock.advance(days=14)
    stage.go_on(1)

    assert stage.now().state is HandOffState.FELL_BACK
    with stage.store.reading() as work:
        assert work.hand_offs.answers(stage.now().id) is None


def test_answers_go_in_time_even_where_the_house_leads_nobody_away_any_more(stage):
    invited(stage)
    stage.answer()
    number = stage.now().id
    stage.means = replace(stage.means, house=replace(stage.house, hand_off=None))

    stage.clock.advance(days=14)
    stage.go_on(1)

    with stage.store.reading() as work:
        assert work.hand_offs.answers(number) is None
    [entry] = log(stage.store, "handoff.purged")
    assert json.loads(entry.detail)["hand_off"] == number


def test_answers_are_never_kept_for_longer_than_a_step_that_lasts_longer(stage):
    invited(stage)
    stage.means = replace(stage.means, answers_kept=timedelta(hours=2))
    stage.answer()

    stage.clock.advance(hours=2)
    stage.go_on(1)

    assert stage.now().state is HandOffState.FELL_BACK


def test_an_invitation_never_leaves_without_its_link(stage):
    stage.complain()
    stage.go_on()
    stage.start()
    stage.box = replace(stage.box, worded=filled_in(lambda: stage.store, None))

    stage.go_on(1)

    [invitation] = stage.of_kind(ReplyKind.INVITATION)
    assert invitation.state is ReplyState.REFUSED
    assert "its link cannot be made" in invitation.reason
    assert [one for one in stage.platform.standing if one.is_private] == []


def test_nobody_goes_on_in_private_in_time_and_people_hear_of_it(stage):
    invited(stage)
    stage.answer()
    match(
        stage.store, stage.clock, stage.means, stage.ticket.id, record="C-77", by="ana"
    )

    stage.clock.advance(days=1)
    stage.go_on(1)

    assert stage.now().state is HandOffState.FELL_BACK


def test_signs_of_a_need_leave_no_way_to_a_bot(stage):
    stage.complain()
    with stage.store.work() as work:
        work.tickets.save(replace(stage.ticket, signs=(Sign.SELF_HARM,)))

    one = stage.start()

    assert (one.state, one.cause) == (HandOffState.FELL_BACK, "in_need")


def test_who_is_spoken_for_is_not_written_to(stage):
    stage.complain()
    with stage.store.work() as work:
        work.tickets.mark(
            stage.ticket.id, "representative_on_file", by="ana", at=stage.clock.now()
        )

    one = stage.start()

    assert (one.state, one.cause) == (HandOffState.FELL_BACK, "representative")
    assert stage.of_kind(ReplyKind.INVITATION) == []


def test_in_shadow_mode_nothing_leaves_and_a_person_hears_of_it(
    store, clock, messenger
):
    stage = Stage(store, clock, messenger, mode=Mode.SHADOW)
    stage.complain()

    stage.start()
    stage.go_on()

    assert stage.platform.standing == []
    assert stage.now().state is HandOffState.FELL_BACK


def test_a_closed_ticket_leads_nobody_anywhere(stage):
    invited(stage)

    close(stage.store, stage.clock, stage.ticket.id, by="ana")
    stage.clock.advance(days=3)
    stage.go_on(1)

    assert (stage.now().state, stage.now().cause) == (
        HandOffState.CLOSED,
        "given_up",
    )
    with pytest.raises(Missing, match="good no more"):
        form(stage.store, stage.clock, stage.means, stage.token())


# --- the link


def test_a_look_at_the_page_changes_nothing(stage):
    invited(stage)

    for _ in range(3):
        shown = form(stage.store, stage.clock, stage.means, stage.token())

    assert shown.language == "en"
    assert stage.now().state is HandOffState.INVITED


def test_a_link_is_good_once(stage):
    invited(stage)
    token = stage.token()
    stage.answer(token)

    with pytest.raises(Missing, match="good no more"):
        stage.answer(token)


def test_a_link_ends(stage):
    invited(stage)
    token = stage.token()

    stage.clock.advance(days=3)

    with pytest.raises(Missing, match="good no more"):
        stage.answer(token)


@pytest.mark.parametrize(
    "change",
    [lambda t: t[:-1], lambda t: t + "A", lambda _: "x"],
    ids=["cut", "longer", "x"],
)
def test_a_link_that_we_did_not_make_opens_nothing(stage, change):
    invited(stage)

    with pytest.raises(Missing, match="none of ours"):
        stage.answer(change(stage.token()))


def test_a_link_of_another_secret_opens_nothing(stage):
    invited(stage)
    other = Keys(SECRET + "!", "https://help.example.test")

    with pytest.raises(Missing, match="none of ours"):
        stage.answer(other.token(LinkNumber(1)))


def test_a_person_may_give_a_link_and_earlier_ones_are_void(stage):
    invited(stage)
    early = stage.token()

    url, _ends = make_link(
        stage.store, stage.clock, stage.means, stage.ticket.id, by="ana"
    )

    with pytest.raises(Missing, match="good no more"):
        stage.answer(early)
    stage.answer(url.rpartition("/")[2])
    assert stage.now().state is HandOffState.IDENTIFIED


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"full_name": " "}, {"full_name": "needed"}),
        ({"date_of_birth": "31.12.1980"}, {"date_of_birth": "no_date"}),
        ({"date_of_birth": "1080-12-31"}, {"date_of_birth": "no_date"}),
        ({"postcode": "2" * 121}, {"postcode": "too_long"}),
        ({"postcode": "20\x0000"}, {"postcode": "too_long"}),
        ({"contact": "in_person"}, {"contact": "needed"}),
        ({"contact": ""}, {"contact": "needed"}),
    ],
)
def test_answers_that_cannot_be_read_are_named_and_the_link_stays_good(
    stage, changed, why
):
    invited(stage)

    wrong = stage.answer(**changed)

    assert wrong == why
    assert stage.now().state is HandOffState.OPENED
    stage.answer()
    assert stage.now().state is HandOffState.IDENTIFIED


def test_after_too_many_wrong_answers_a_person_goes_on(stage):
    invited(stage)

    for _ in range(5):
        assert stage.answer(full_name="")

    one = stage.now()
    assert (one.state, one.cause) == (HandOffState.FELL_BACK, "wrong_answers")
    with pytest.raises(Missing):
        stage.answer()


def test_without_a_secret_no_link_is_made(store, clock, messenger):
    stage = Stage(store, clock, messenger)
    stage.means = replace(stage.means, keys=None)
    stage.complain()
    stage.go_on()

    one = stage.start()

    assert one.way is HandOffWay.LINE
    with pytest.raises(NotAllowed, match=r"hand_off\.secret"):
        make_link(store, clock, stage.means, stage.ticket.id, by="ana")


# --- people, and processes that die


def test_nobody_is_matched_who_was_not_identified(stage):
    invited(stage)

    with pytest.raises(NotAllowed, match="may not go from invited to matched"):
        match(
            stage.store,
            stage.clock,
            stage.means,
            stage.ticket.id,
            record="C-77",
            by="ana",
        )


def test_one_ticket_has_one_hand_off_under_way(stage):
    invited(stage)

    with pytest.raises(NotAllowed, match="is invited already"):
        stage.start()


@pytest.mark.parametrize("nth", range(1, 9))
@pytest.mark.parametrize("committed", [True, False])
def test_a_process_that_dies_anywhere_leaves_one_way_that_goes_on(
    store, clock, messenger, nth, committed
):
    stage = Stage(store, clock, messenger)
    stage.complain()
    stage.go_on()
    stage.start()
    stage.store = Dying(store, Killed(), nth=nth, committed=committed)
    try:
        stage.go_on()
    except Killed:
        stage.store = store

    stage.store = store
    stage.go_on()

    assert stage.now().state is HandOffState.INVITED
    assert len([one for one in messenger.standing if one.is_private]) == 1


def test_a_platform_without_private_messages_is_known_by_its_connector(
    store, clock, platform
):
    stage = Stage(store, clock, platform)
    assert isinstance(stage.box.senders[CHANNEL], Sender)
    assert isinstance(platform, FakePlatform)
    stage.complain()

    assert "nothing writes private messages on x" in stage.start().reason
