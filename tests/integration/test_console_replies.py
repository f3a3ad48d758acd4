"""Replies in the console: written, looked at, agreed to, stopped, over a database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.inbox import Waiting
from bot.domain.letters import LetterState
from bot.domain.replies import Reply, ReplyId, ReplyKind, ReplyState
from bot.domain.staff import Role, Viewer
from bot.domain.tags import Sign
from bot.domain.tickets import Ticket
from bot.services import drafts
from bot.services.care import flag
from bot.services.replies import stop_replies
from bot.services.sweep import sweep
from bot.settings import load_settings
from bot.testing import ManualClock
from tests.consoles import looked_at, viewer
from tests.contract.store.test_letters import letter
from tests.unit.services.world import BRAND, author, handle, log, mention, tickets

WORDS = "We have read this and a person will write to you in private today."
OTHER = "Thank you, a person of our team has this now."
FORBIDDEN = "You are our customer, so please send us your account number."
PUBLIC = "Publish on Mastodon, everybody can read it"

SETTINGS = """
place: AU-NSW
zone: Australia/Sydney
brands: {Kestrel Air: {accounts: {mastodon: [kestrel]}}}
sources:
  fedi:
    connector: mastodon
    brand: Kestrel Air
    base_url: http://127.0.0.1:9
    access_token: nothing-secret
channels:
  mastodon: {mode: MODE, reply_via: fedi}
"""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def made(tmp_path: Path, url: str, clock: ManualClock, mode: str = "live") -> App:
    file = tmp_path / "bot.yaml"
    file.write_text(SETTINGS.replace("MODE", mode), encoding="utf-8")
    loaded = load_settings(file, {"BOT_DATABASE__URL": url})
    return App(loaded, clock=clock)


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[App]:
    app = made(tmp_path, database_url, clock)
    yield app
    app.close()


@pytest.fixture
def lone(own_file: Path, tmp_path: Path, clock: ManualClock) -> Iterator[App]:
    """An app on SQLite alone, for what does not depend on the database."""
    app = made(tmp_path, f"sqlite:///{own_file}", clock)
    yield app
    app.close()


def complained(app: App, clock: ManualClock, text: str = "This is terrible") -> Ticket:
    said = mention(f"{text}, please help", channel="mastodon", author=author("ada"))
    handle(app.store, clock, said)
    return tickets(app.store)[-1]


def agent(app: App, name: str = "Ana") -> TestClient:
    return looked_at(app, viewer(Role.AGENT, name))


def lead(app: App, name: str = "Lea") -> TestClient:
    return looked_at(app, viewer(Role.LEAD, name))


def answer_of(app: App, ticket: Ticket) -> Reply:
    with app.store.reading() as work:
        [reply] = [
            one
            for one in work.replies.of_ticket(ticket.id)
            if one.kind is ReplyKind.ANSWER
        ]
    return reply


def typed(text: str, **fields: object) -> dict[str, object]:
    return {"text": text, "private": "no", **fields}


def put_forward(app: App, ticket: Ticket, text: str = WORDS, by: str = "Ana") -> Reply:
    answer = agent(app, by).post(f"/tickets/{ticket.key}/reply", data=typed(text))
    assert answer.status_code == 303, answer.text
    return answer_of(app, ticket)


# --- writing


def test_a_page_says_loudly_that_everybody_can_read_what_is_written(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)

    page = agent(app).get(f"/tickets/{ticket.key}/reply").text

    assert "PUBLIC: everybody can read it on Mastodon" in page
    assert "Put forward: publish on Mastodon, everybody can read it" in page
    assert "This is terrible, please help" in page


def test_a_private_reply_names_the_one_who_reads_it(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)

    page = agent(lone).get(f"/tickets/{ticket.key}/reply?private=yes").text

    assert "Private: @ada alone can read it on Mastodon" in page
    assert "everybody can read it" not in page


def test_shadow_mode_says_that_nothing_will_be_sent(
    own_file: Path, tmp_path: Path, clock: ManualClock
) -> None:
    app = made(tmp_path, f"sqlite:///{own_file}", clock, mode="shadow")
    ticket = complained(app, clock)

    page = agent(app).get(f"/tickets/{ticket.key}/reply").text
    app.close()

    assert "Nothing will be sent: mastodon is in shadow mode." in page


@pytest.mark.parametrize(
    "text",
    [
        "short",
        "see https://kestrel.example/a/very/long/way " * 3,
        "👩‍👩‍👧 family",
        "x" * 600,
    ],
)
def test_the_count_is_the_one_that_the_outbox_decides_by(
    lone: App, clock: ManualClock, text: str
) -> None:
    ticket = complained(lone, clock)

    page = agent(lone).post(f"/tickets/{ticket.key}/reply/look", data=typed(text)).text

    sender = lone.outbox.senders["mastodon"]
    counted = sender.connector.reply_length(text.strip())  # type: ignore[attr-defined]
    told = f"{counted} of {sender.reply_limit} characters as Mastodon counts"
    assert told in page
    is_too_long = counted > sender.reply_limit
    assert (f"{counted} characters as mastodon counts" in page) is is_too_long


def test_a_finding_points_at_its_very_words_and_says_what_to_write(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)

    page = (
        agent(lone)
        .post(f"/tickets/{ticket.key}/reply/look", data=typed(FORBIDDEN))
        .text
    )

    at = {int(start): int(end) for start, end in FOUND.findall(page)}
    shown = [FORBIDDEN[start:end] for start, end in at.items()]
    assert any("customer" in one for one in shown)
    assert "Never in public:" in page
    assert "Instead:" in page


FOUND = re.compile(r'data-from="(\d+)" data-to="(\d+)"')


def test_looking_keeps_nothing_and_saving_keeps_a_draft(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)
    client = agent(app)
    before = len(log(app.store))

    client.post(f"/tickets/{ticket.key}/reply/look", data=typed(WORDS))
    assert len(log(app.store)) == before
    page = client.post(f"/tickets/{ticket.key}/reply/save", data=typed(WORDS)).text

    kept = answer_of(app, ticket)
    assert (kept.state, kept.text, kept.written_by) == (ReplyState.DRAFT, WORDS, "Ana")
    assert f"Kept as {kept.key}" in page
    assert f'value="{kept.text_hash}" hx-swap-oob="true"' in page
    assert WORDS in client.get(f"/tickets/{ticket.key}/reply").text


def test_the_same_words_saved_again_leave_no_trace(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)
    client = agent(lone)
    client.post(f"/tickets/{ticket.key}/reply/save", data=typed(WORDS))
    before = len(log(lone.store))

    client.post(f"/tickets/{ticket.key}/reply/save", data=typed(f" {WORDS} "))

    assert len(log(lone.store)) == before


def test_what_the_guard_forbids_is_not_kept_while_it_is_typed_nor_on_record(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)
    before = len(log(lone.store))

    page = (
        agent(lone)
        .post(f"/tickets/{ticket.key}/reply/save", data=typed(FORBIDDEN))
        .text
    )

    assert "It stays in this browser." in page
    assert len(log(lone.store)) == before


def test_the_guard_stops_a_submission_whatever_the_browser_did(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)

    answer = agent(app).post(f"/tickets/{ticket.key}/reply", data=typed(FORBIDDEN))

    assert answer.status_code == 403
    assert "this may not be said in public" in answer.text
    assert FORBIDDEN in answer.text
    with app.store.reading() as work:
        kinds = {one.kind for one in work.replies.of_ticket(ticket.id)}
    assert ReplyKind.ANSWER not in kinds


def test_words_of_somebody_else_are_never_written_over(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)
    agent(app).post(f"/tickets/{ticket.key}/reply/save", data=typed(WORDS))

    answer = agent(app, "Ben").post(f"/tickets/{ticket.key}/reply", data=typed(OTHER))

    assert answer.status_code == 409
    assert "was written by Ana meanwhile" in answer.text
    assert OTHER in answer.text
    assert answer_of(app, ticket).text == WORDS


def test_whoever_read_anothers_words_may_change_them_and_they_are_kept_beside(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)
    agent(app).post(f"/tickets/{ticket.key}/reply/save", data=typed(WORDS))
    read = answer_of(app, ticket).text_hash

    agent(app, "Ben").post(
        f"/tickets/{ticket.key}/reply/save", data=typed(OTHER, sha256=read)
    )

    changed = answer_of(app, ticket)
    with app.store.reading() as work:
        [earlier] = work.replies.earlier_words(changed.id)
    assert (changed.text, changed.written_by) == (OTHER, "Ben")
    assert (earlier.text, earlier.written_by) == (WORDS, "Ana")


def test_a_save_that_comes_late_takes_nothing_back_that_was_put_forward(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)
    client = agent(app)
    save, send = f"/tickets/{ticket.key}/reply/save", f"/tickets/{ticket.key}/reply"
    client.post(save, data=typed(OTHER))
    read = answer_of(app, ticket).text_hash
    client.post(send, data=typed(WORDS, sha256=read))

    same = client.post(save, data=typed(WORDS, sha256=read)).text
    older = client.post(save, data=typed(OTHER, sha256=read)).text
    again = client.post(send, data=typed(WORDS, sha256=read))

    waiting = answer_of(app, ticket)
    assert (waiting.state, waiting.text) == (ReplyState.SUBMITTED, WORDS)
    assert f"Kept as {waiting.key}" in same
    assert "read it first" in older
    assert again.status_code == 303
    assert len(log(app.store, "reply.submitted")) == 1


def test_what_waits_is_changed_by_its_writer_who_reads_it(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)
    waiting = put_forward(lone, ticket)
    client = agent(lone)

    shown = client.get(f"/tickets/{ticket.key}/reply").text
    box = client.get(f"/tickets/{ticket.key}/reply?change=yes").text
    client.post(
        f"/tickets/{ticket.key}/reply/save",
        data=typed(OTHER, sha256=waiting.text_hash),
    )

    assert "waits for another person" in shown
    assert f'value="{waiting.text_hash}"' in box
    changed = answer_of(lone, ticket)
    assert (changed.text, changed.state) == (OTHER, ReplyState.DRAFT)


def test_one_press_leads_the_author_to_a_private_talk(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)
    client = agent(app)

    client.post(f"/tickets/{ticket.key}/reply/hand-off")
    page = client.get(f"/tickets/{ticket.key}/reply").text

    with app.store.reading() as work:
        begun = work.hand_offs.open_of(ticket.id)
    assert begun is not None
    assert begun.begun_by == "Ana"
    assert "being led to a private talk" in page


def test_somebody_in_need_is_offered_their_wordings_alone_and_they_go_as_they_are(
    lone: App, clock: ManualClock
) -> None:
    said = mention(channel="mastodon", author=author("ada", followers=900_000))
    handle(lone.store, clock, said)
    [ticket] = tickets(lone.store)
    flag(
        lone.store,
        clock,
        lone.policy.house,
        lone.policy.calendar,
        ticket.id,
        Sign.SELF_HARM,
        by="Ana",
        why="said so",
    )
    client = agent(lone)

    offered = client.get(f"/tickets/{ticket.key}/reply/suggestions").text
    answer = client.post(f"/tickets/{ticket.key}/reply/word", data={"number": 1})

    assert "Put this wording forward" in offered
    assert "Take it over" not in offered
    key = answer.headers["location"].removeprefix("/replies/")
    page = lead(lone).get(f"/approvals/{key}").text
    assert "worded by Ana" in page


def test_a_draft_goes_from_public_to_private_as_a_whole(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)
    client = agent(lone)
    client.post(f"/tickets/{ticket.key}/reply/save", data=typed(WORDS))

    client.post(f"/tickets/{ticket.key}/reply/save", data=typed(WORDS, private="yes"))

    kept = answer_of(lone, ticket)
    assert (kept.is_private, kept.state) == (True, ReplyState.DRAFT)


def test_what_would_hold_it_back_is_said_before_it_is_put_forward(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)
    stop_replies(lone.store, clock, by="Lea", reason="a wrong wording went out")

    page = agent(lone).get(f"/tickets/{ticket.key}/reply").text

    assert "Replies are stopped, it would wait: a wrong wording went out" in page
    assert "All replies are stopped." in page


def test_more_words_than_any_platform_takes_are_not_looked_at(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)

    page = (
        agent(lone)
        .post(f"/tickets/{ticket.key}/reply/look", data=typed("x" * 10_001))
        .text
    )

    assert "10001 characters are too many for a reply; 10000 at most" in page


def test_an_approved_answer_is_taken_over_into_the_box(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)
    client = agent(lone)
    offered = client.get(f"/tickets/{ticket.key}/reply/suggestions").text

    page = client.get(f"/tickets/{ticket.key}/reply?use=1").text

    [first, *_] = re.findall(r'<p class="words">(.+?)</p>', offered)
    assert first in page
    assert "Take it over and change it" in offered
    assert "approved answer" in offered


# --- judging


def test_what_waits_is_shown_with_the_post_it_answers_and_why(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)
    reply = put_forward(app, ticket)

    page = lead(app).get("/approvals").text

    assert f'id="{reply.key}"' in page
    assert "This is terrible, please help" in page
    assert WORDS in page
    assert PUBLIC in page
    assert "Ana wrote it, so somebody else must agree." in page
    assert f'name="sha256" value="{reply.text_hash}"' in page


def test_a_yes_to_the_words_that_were_shown_queues_them(
    app: App, clock: ManualClock
) -> None:
    reply = put_forward(app, complained(app, clock))

    answer = lead(app).post(
        f"/approvals/{reply.key}/approve", data={"sha256": reply.text_hash}
    )

    with app.store.reading() as work:
        queued = work.replies.get(reply.id)
    assert answer.status_code == 303
    assert (queued.state, queued.approved_by) == (ReplyState.QUEUED, "Lea")
    next_page = lead(app).get(answer.headers["location"]).text
    assert f"Your word on {reply.key} is kept." in next_page
    assert f'href="/replies/{reply.key}"' in next_page


def test_an_answer_is_not_said_to_wait_by_the_rules_of_its_acknowledgement(
    lone: App, clock: ManualClock
) -> None:
    known = author("ada", followers=900_000)
    handle(lone.store, clock, mention(channel="mastodon", author=known))
    [ticket] = tickets(lone.store)
    put_forward(lone, ticket)
    with lone.store.reading() as work:
        shown = {
            one.kind: lead(lone).get(f"/approvals/{one.key}").text
            for one in work.replies.of_ticket(ticket.id)
        }

    assert "house.acknowledgement." in shown[ReplyKind.ACKNOWLEDGEMENT]
    assert "house.acknowledgement." not in shown[ReplyKind.ANSWER]


def test_a_yes_to_other_words_than_it_says_now_is_refused(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)
    read = put_forward(app, ticket)
    drafts.edit(app.store, clock, read.id, text=OTHER, by="Ana")
    drafts.submit(app.store, clock, read.id, by="Ana")

    answer = lead(app).post(
        f"/approvals/{read.key}/approve", data={"sha256": read.text_hash}
    )

    with app.store.reading() as work:
        assert work.replies.get(read.id).state is ReplyState.SUBMITTED
    assert answer.status_code == 409
    assert "has changed since it was read" in answer.text


def test_what_changed_is_shown_word_by_word(app: App, clock: ManualClock) -> None:
    reply = put_forward(app, complained(app, clock))
    changed = WORDS.replace("today", "tomorrow")
    drafts.edit(app.store, clock, reply.id, text=changed, by="Ana")
    drafts.submit(app.store, clock, reply.id, by="Ana")

    page = lead(app).get(f"/approvals/{reply.key}").text

    assert '<del><span class="sr">[taken out:] </span>today' in page
    assert '<ins><span class="sr">[added:] </span>tomorrow' in page


def test_nobody_agrees_to_what_they_wrote(lone: App, clock: ManualClock) -> None:
    reply = put_forward(lone, complained(lone, clock), by="Lea")
    client = lead(lone, "lea ")

    page = client.get(f"/approvals/{reply.key}").text
    answer = client.post(
        f"/approvals/{reply.key}/approve", data={"sha256": reply.text_hash}
    )

    assert "wrote it; another person must agree to it" in page
    assert PUBLIC not in page
    assert answer.status_code == 403


def test_a_no_needs_its_reason_and_the_writer_reads_it(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)
    reply = put_forward(lone, ticket)
    client = lead(lone)

    refused = client.post(f"/approvals/{reply.key}/reject", data={"reason": " "})
    client.post(f"/approvals/{reply.key}/reject", data={"reason": "too curt"})

    assert refused.status_code == 403
    page = agent(lone).get(f"/tickets/{ticket.key}/reply").text
    assert "It was rejected:" in page
    assert "too curt" in page


@pytest.mark.parametrize("role", [Role.COMPLIANCE_OFFICER, Role.AGENT])
def test_whoever_may_not_agree_sees_the_inbox_without_a_button(
    lone: App, clock: ManualClock, role: Role
) -> None:
    reply = put_forward(lone, complained(lone, clock))
    client = looked_at(lone, viewer(role, "Cleo"))

    page = client.get(f"/approvals/{reply.key}").text
    answer = client.post(
        f"/approvals/{reply.key}/approve", data={"sha256": reply.text_hash}
    )

    assert WORDS in page
    assert "/approve" not in page
    assert answer.status_code == 403


def test_a_programs_yes_on_the_page_is_none(lone: App, clock: ManualClock) -> None:
    reply = put_forward(lone, complained(lone, clock))
    robot = Viewer(name="robot", role=Role.LEAD, zone="UTC", is_program=True)

    answer = looked_at(lone, robot).post(
        f"/approvals/{reply.key}/approve", data={"sha256": reply.text_hash}
    )

    assert answer.status_code == 403
    with lone.store.reading() as work:
        assert work.replies.get(reply.id).state is ReplyState.SUBMITTED


def test_another_brands_replies_are_not_there(lone: App, clock: ManualClock) -> None:
    ticket = complained(lone, clock)
    reply = put_forward(lone, ticket)
    other = Viewer(
        name="Lea", role=Role.LEAD, zone="UTC", brands=frozenset({"Lumen Mobile"})
    )
    client = looked_at(lone, other)

    assert reply.key not in client.get("/approvals").text
    for path in (
        f"/approvals/{reply.key}",
        f"/replies/{reply.key}",
        f"/tickets/{ticket.key}/reply",
    ):
        assert client.get(path).status_code == 404
    for path, data in (
        (f"/approvals/{reply.key}/approve", {"sha256": reply.text_hash}),
        (f"/replies/{reply.key}/cancel", {"reason": "mine"}),
        (f"/tickets/{ticket.key}/reply", typed(OTHER)),
    ):
        assert client.post(path, data=data).status_code == 404
    assert client.get("/replies/R-999999").status_code == 404
    refused = log(lone.store, "access.refused")
    assert len(refused) == 6
    assert {one.actor for one in refused} == {"Lea"}
    assert all('"brand.not_theirs"' in one.detail for one in refused)
    assert "route:GET /replies/{key}" in {one.subject for one in refused}


def test_the_list_goes_on_behind_the_last_one_shown(
    app: App, clock: ManualClock
) -> None:
    for _ in range(3):
        put_forward(app, complained(app, clock))

    with app.store.reading() as work:
        whole = work.inbox.waiting(limit=9)
        found: list[Waiting] = []
        after = None
        while some := work.inbox.waiting(limit=1, after=after):
            found += some
            after = some[-1].place

    assert found == list(whole)
    assert len({one.what.id for one in whole}) == 3
    assert [one.due_at for one in whole] == sorted(one.due_at for one in whole)
    with app.store.reading() as work:
        assert work.inbox.waiting(limit=9, brands={"Lumen Mobile"}) == []
        assert len(work.inbox.waiting(limit=9, brands={BRAND})) == 3


def test_the_list_and_what_is_open_tell_the_same_deadline(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)
    reply = put_forward(lone, ticket)
    page = lead(lone).get(f"/approvals/{reply.key}").text
    assert "Breached" not in page

    clock.advance(days=6)
    while sweep(lone.store, clock, lone.policy.house):
        pass
    late = lead(lone).get(f"/approvals/{reply.key}").text

    with lone.store.reading() as work:
        [waiting] = [one for one in work.inbox.waiting(limit=9) if one.what == reply]
    assert waiting.due_at < clock.now()
    assert late.count(f'data-countdown="{waiting.due_at.isoformat()}"') == 2
    assert "Breached" in late


def test_of_a_house_wording_about_an_influencer_two_people_must_agree(
    lone: App, clock: ManualClock
) -> None:
    said = mention(channel="mastodon", author=author("ada", followers=900_000))
    handle(lone.store, clock, said)
    with lone.store.reading() as work:
        [waiting] = [one.what for one in work.inbox.waiting(limit=9)]
    sha = {"sha256": waiting.text_hash}

    page = lead(lone).get(f"/approvals/{waiting.key}").text
    lead(lone).post(f"/approvals/{waiting.key}/approve", data=sha)
    after_one = lead(lone).get(f"/approvals/{waiting.key}").text
    again = lead(lone).post(f"/approvals/{waiting.key}/approve", data=sha)
    lead(lone, "Ben").post(f"/approvals/{waiting.key}/approve", data=sha)

    assert "nobody agreed yet; two people must" in page
    rules = re.findall(r"house\.four_eyes\.\w+", page)
    assert sorted(rules) == sorted(set(rules)) != []
    assert "Lea agreed to it already" in after_one
    assert "Lea agreed; another person must" in after_one
    assert again.status_code == 403
    with lone.store.reading() as work:
        queued = work.replies.get(ReplyId(int(waiting.id)))
    assert (queued.state, queued.approved_by) == (ReplyState.QUEUED, "Lea, Ben")


def test_a_legal_notice_waits_in_the_same_inbox_for_the_text_that_was_shown(
    app: App, clock: ManualClock
) -> None:
    ticket = complained(app, clock)
    with app.store.work() as work:
        waiting = work.letters.add(
            letter(ticket.id, state=LetterState.SUBMITTED, findings=())
        )

    page = lead(app).get(f"/approvals/{waiting.key}").text
    stale = lead(app).post(
        f"/approvals/{waiting.key}/approve", data={"sha256": "0" * 64}
    )
    lead(app).post(f"/approvals/{waiting.key}/reject", data={"reason": "another"})

    assert waiting.key in lead(app).get(f"/approvals/{waiting.key}").text
    assert "Agree to exactly this notice" in page
    assert "not sent by your yes" in page
    assert f'value="{waiting.text_hash}"' in page
    assert stale.status_code == 409
    with app.store.reading() as work:
        assert work.letters.get(waiting.id).state is LetterState.CANCELLED


def test_a_notice_that_lacks_something_offers_no_yes(
    lone: App, clock: ManualClock
) -> None:
    ticket = complained(lone, clock)
    with lone.store.work() as work:
        waiting = work.letters.add(letter(ticket.id, state=LetterState.SUBMITTED))

    page = lead(lone).get(f"/approvals/{waiting.key}").text

    assert "lacks it" in page
    assert "/approve" not in page


# --- the story


def test_a_replys_page_tells_it_from_its_words_to_its_proof(
    app: App, clock: ManualClock
) -> None:
    reply = put_forward(app, complained(app, clock))
    lead(app).post(f"/approvals/{reply.key}/approve", data={"sha256": reply.text_hash})

    page = agent(app).get(f"/replies/{reply.key}").text

    for told in ("written", "put forward", "agreed to", "to be sent"):
        assert f'<span class="strong">{told}</span>' in page
    assert "Lea" in page
    assert reply.text_hash in page
    assert "Nothing yet: it was not read back on the platform." in page


def test_a_queued_reply_is_taken_back_by_hand(lone: App, clock: ManualClock) -> None:
    reply = put_forward(lone, complained(lone, clock))
    lead(lone).post(f"/approvals/{reply.key}/approve", data={"sha256": reply.text_hash})

    agent(lone).post(f"/replies/{reply.key}/cancel", data={"reason": "they called"})

    with lone.store.reading() as work:
        over = work.replies.get(reply.id)
    assert (over.state, over.reason) == (ReplyState.CANCELLED, "they called")


def test_words_of_a_reply_are_changed_only_by_whoever_read_them(
    lone: App, clock: ManualClock
) -> None:
    reply = put_forward(lone, complained(lone, clock))
    client = agent(lone, "Ben")

    stale = client.post(
        f"/replies/{reply.key}/edit", data={"text": OTHER, "sha256": "0" * 64}
    )
    fresh = client.post(
        f"/replies/{reply.key}/edit", data={"text": OTHER, "sha256": reply.text_hash}
    )

    assert (stale.status_code, fresh.status_code) == (409, 303)
    assert OTHER in stale.text
    with lone.store.reading() as work:
        changed = work.replies.get(reply.id)
    assert (changed.text, changed.state) == (OTHER, ReplyState.DRAFT)


# --- stopping


def test_replies_are_stopped_with_a_reason_and_every_page_says_so(
    app: App, clock: ManualClock
) -> None:
    client = lead(app)

    unsaid = client.post("/stops", data={"reason": ""})
    client.post("/stops", data={"reason": "a wave", "channel": "mastodon"})
    page = agent(app).get("/approvals").text

    assert unsaid.status_code == 403
    assert "Replies of mastodon are stopped." in page
    assert "a wave" in page
    [entry] = log(app.store, "replies.stopped")
    assert entry.actor == "Lea"

    client.post("/stops/resume", data={"channel": "mastodon"})
    assert "are stopped" not in agent(app).get("/approvals").text


@pytest.mark.parametrize("role", [Role.AGENT, Role.COMPLIANCE_OFFICER])
def test_only_who_may_stop_replies_stops_them(lone: App, role: Role) -> None:
    client = looked_at(lone, viewer(role))

    assert client.post("/stops", data={"reason": "why"}).status_code == 403
    assert client.get("/stops").status_code == 403


def test_whoever_has_one_brand_stops_that_one_alone(lone: App) -> None:
    mine = Viewer(name="Lea", role=Role.LEAD, zone="UTC", brands=frozenset({BRAND}))
    client = looked_at(lone, mine)

    assert client.post("/stops", data={"reason": "why"}).status_code == 403
    stopped = client.post("/stops", data={"reason": "why", "brand": BRAND})
    assert stopped.status_code == 303


def test_a_name_that_nobody_knows_stops_nothing(lone: App) -> None:
    answer = lead(lone).post("/stops", data={"reason": "why", "channel": "nowhere"})

    assert answer.status_code == 404
    assert "there is no channel" in answer.text


def test_code_red_that_nobody_has_is_told_on_every_page(
    app: App, clock: ManualClock
) -> None:
    said = mention(
        "This is terrible, I will sue you, please help",
        channel="mastodon",
        author=author("ada", followers=900_000),
    )
    handle(app.store, clock, said)

    page = agent(app).get("/approvals").text

    assert "1 ticket in code red belongs to nobody." in page
