"""A legal notice at the console, from its wording to a clock that is met."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.bootstrap import App
from bot.domain.letters import Letter, LetterId, LetterState
from bot.domain.staff import Role, Viewer
from bot.domain.tickets import Ticket
from bot.settings import load_settings
from bot.testing import ManualClock
from tests.consoles import looked_at, viewer
from tests.integration.test_letters import OWN, FragileMailbox
from tests.integration.test_mail import Server
from tests.unit.services.world import handle, log, mention, states, tickets

TO = "mirela@example.org"
ANN, BEN = viewer(Role.AGENT, "Ann"), viewer(Role.LEAD, "Ben")
BEGUN = {
    "notice": "idr_response",
    "outcome": "rejected",
    "issues": "The fee of 20 dollars\r\n",
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def mailbox() -> FragileMailbox:
    return FragileMailbox()


@pytest.fixture
def port(mailbox: FragileMailbox) -> Iterator[int]:
    server = Server(mailbox)
    server.start()
    yield server.port
    server.stop()


def opened(file: Path, tmp_path: Path, clock: ManualClock, **notify: Any) -> App:
    written: dict[str, Any] = {
        "place": "AU-NSW",
        "database": {"url": f"sqlite:///{file}"},
    }
    if notify:
        written["notify"] = {"mail": notify}
    settings = tmp_path / "bot.yaml"
    settings.write_text(yaml.safe_dump(written), encoding="utf-8")
    return App(load_settings(settings, {}), clock=clock)


@pytest.fixture
def app(own_file: Path, tmp_path: Path, clock: ManualClock, port: int) -> Iterator[App]:
    """A house with a mail server."""
    mail = {"host": "127.0.0.1", "port": port, "sender": "us@example.org"}
    made = opened(own_file, tmp_path, clock, **mail, to=["ops@example.org"])
    yield made
    made.close()


@pytest.fixture
def ticket(app: App, clock: ManualClock) -> Ticket:
    said = mention("This is terrible, I complain. Please fix it")
    handle(app.store, clock, said, by=app.policy)
    clock.advance(minutes=1)
    return tickets(app.store)[0]


def begun(app: App, ticket: Ticket, **fields: str) -> Letter:
    """Let Ann begin a notice from its wording."""
    answer = looked_at(app, ANN).post(
        f"/tickets/{ticket.key}/notices", data={**BEGUN, **fields}
    )
    assert answer.status_code == 303, text_on(answer)
    return stands(app)


def stands(app: App) -> Letter:
    with app.store.reading() as work:
        return work.letters.get(LetterId(1))


def text_on(answer: Any) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", answer.text))


def written(app: App, letter: Letter, **fields: str) -> Any:
    """Let Ann fill in what only she can say."""
    words = re.sub(r"\[[^\]]*\]", OWN, letter.text)
    data = {**BEGUN, "text": words, "sha256": letter.text_hash, **fields}
    return looked_at(app, ANN).post(f"/notices/{letter.key}/save", data=data)


def agreed(app: App, ticket: Ticket) -> Letter:
    """Let Ann write one, and Ben agree to it."""
    answer = written(app, begun(app, ticket), then="submit")
    assert answer.status_code == 303, text_on(answer)
    waiting = stands(app)
    asked = {"sha256": waiting.text_hash}
    looked_at(app, BEN).post(f"/approvals/{waiting.key}/approve", data=asked)
    assert stands(app).state is LetterState.APPROVED
    return stands(app)


def test_a_notice_is_written_agreed_to_and_sent_and_its_clock_is_met(
    app: App, ticket: Ticket, mailbox: FragileMailbox
) -> None:
    ann = looked_at(app, ANN)
    page = ann.get(f"/tickets/{ticket.key}")
    assert f'href="/tickets/{ticket.key}/notices"' in page.text
    assert "idr response" in text_on(ann.get(f"/tickets/{ticket.key}/notices"))

    letter = begun(app, ticket)
    first = text_on(ann.get(f"/notices/{letter.key}"))
    assert "missing" in first
    assert "271.53(a)" in first
    assert "The fee of 20 dollars" in first

    letter = agreed_from(app, letter)
    given = ann.post(f"/notices/{letter.key}/send", data={"address": TO})

    assert given.headers["location"] == "/notices/L-000001?done=send"
    [message] = mailbox.messages
    assert (message["To"], mailbox.recipients) == (TO, [[TO]])
    assert states(app.store, ticket)["idr_response"] == "met"
    shown = text_on(ann.get("/notices/L-000001?done=send"))
    assert "250 OK" in shown
    assert TO not in "".join(one.detail for one in log(app.store))
    assert ("letter.sent", "Ann") in {(one.action, one.actor) for one in log(app.store)}


def agreed_from(app: App, letter: Letter) -> Letter:
    assert written(app, letter, then="submit").status_code == 303
    waiting = stands(app)
    asked = {"sha256": waiting.text_hash}
    looked_at(app, BEN).post(f"/approvals/{waiting.key}/approve", data=asked)
    return stands(app)


def test_what_is_missing_is_named_and_what_was_typed_stays(
    app: App, ticket: Ticket
) -> None:
    letter = begun(app, ticket)

    answer = written(app, letter, text=f"{letter.text}\nMy own line.", then="submit")

    assert answer.status_code == 403
    assert "271." in text_on(answer)
    assert "cannot go as idr_response" in text_on(answer)
    assert "My own line." in answer.text
    assert stands(app).state is LetterState.DRAFT


def test_nobody_agrees_to_what_they_wrote(app: App, ticket: Ticket) -> None:
    letter = begun(app, ticket)
    lead = viewer(Role.LEAD, "Ann")
    written(app, letter, then="submit")
    waiting = stands(app)

    answer = looked_at(app, lead).post(
        f"/approvals/{letter.key}/approve", data={"sha256": waiting.text_hash}
    )

    assert "another person must agree" in text_on(answer)
    assert stands(app).state is LetterState.SUBMITTED


def test_words_that_somebody_else_wrote_meanwhile_are_not_written_over(
    app: App, ticket: Ticket
) -> None:
    letter = begun(app, ticket)
    written(app, letter)

    answer = written(app, letter, text="Other words")

    assert answer.status_code == 409
    assert "has changed since you read it" in text_on(answer)
    assert "Other words" in text_on(answer)
    assert "Other words" not in stands(app).text


def test_a_yes_to_earlier_words_is_void(app: App, ticket: Ticket) -> None:
    letter = agreed(app, ticket)

    same = written(app, letter, text=letter.text)
    assert (same.status_code, stands(app).state) == (303, LetterState.APPROVED)
    written(app, letter, text=letter.text + "\r\nOne more line.")

    assert stands(app).state is LetterState.DRAFT
    sent = looked_at(app, ANN).post(f"/notices/{letter.key}/send", data={"address": TO})
    assert "only an approved notice is given" in text_on(sent)


def test_one_that_was_handed_over_names_the_file_that_shows_it(
    app: App, ticket: Ticket, clock: ManualClock
) -> None:
    letter, ann = agreed(app, ticket), looked_at(app, ANN)
    told = {"way": "letter", "note": "registered mail RR 12", "given_by": "Ben"}
    clock.advance(minutes=5)

    bare = ann.post(f"/notices/{letter.key}/hand-over", data=told)
    given = ann.post(
        f"/notices/{letter.key}/hand-over",
        data=told,
        files={"proof": ("receipt.pdf", b"%PDF")},
    )

    assert "choose the file that shows it" in text_on(bare)
    assert "registered mail RR 12" in bare.text
    assert given.status_code == 303, text_on(given)
    sent = stands(app)
    assert (sent.state, sent.way) == (LetterState.SENT, "letter")
    assert sent.proof_sha256 in text_on(ann.get(f"/notices/{letter.key}"))
    assert states(app.store, ticket)["idr_response"] == "met"


def test_one_of_whose_fate_nobody_knows_is_settled_by_a_person(
    app: App, ticket: Ticket, mailbox: FragileMailbox
) -> None:
    letter, ann = agreed(app, ticket), looked_at(app, ANN)
    mailbox.breaks = True
    ann.post(f"/notices/{letter.key}/send", data={"address": TO})
    page = text_on(ann.get(f"/notices/{letter.key}"))

    told = {"found": "sent", "reason": "queued as 7F"}
    ann.post(f"/notices/{letter.key}/settle", data=told)

    assert letter.message_id in page
    assert stands(app).state is LetterState.SENT
    assert states(app.store, ticket)["idr_response"] == "met"


def test_one_is_taken_back_before_it_is_given(app: App, ticket: Ticket) -> None:
    letter = begun(app, ticket)

    looked_at(app, ANN).post(f"/notices/{letter.key}/cancel", data={"reason": "a slip"})

    assert stands(app).state is LetterState.CANCELLED
    assert "Keep and check" not in looked_at(app, ANN).get("/notices/L-000001").text


def test_without_a_mail_server_it_can_still_be_handed_over(
    own_file: Path, tmp_path: Path, clock: ManualClock
) -> None:
    app = opened(own_file, tmp_path, clock)
    handle(app.store, clock, mention("This is terrible, fix it"), by=app.policy)
    clock.advance(minutes=1)
    letter = agreed(app, tickets(app.store)[0])

    page = looked_at(app, ANN).get(f"/notices/{letter.key}")

    assert "No mail server is set up" in text_on(page)
    assert "Send it by e-mail" not in page.text
    app.close()


@pytest.mark.parametrize(
    "said",
    [
        {"notice": "praise"},
        {"outcome": "well"},
        {"notice": ""},
        {"language": "tlh"},
    ],
)
def test_nonsense_begins_no_notice_and_is_said(
    app: App, ticket: Ticket, said: dict[str, str]
) -> None:
    answer = looked_at(app, ANN).post(
        f"/tickets/{ticket.key}/notices", data={**BEGUN, **said}
    )

    assert answer.status_code in {403, 404}
    assert 'role="alert"' in answer.text
    with app.store.reading() as work:
        assert work.letters.of_ticket(ticket.id) == []


def test_whoever_sees_other_brands_sees_and_writes_none(
    app: App, ticket: Ticket
) -> None:
    letter = begun(app, ticket)
    zoe = Viewer(
        name="Zoe", role=Role.LEAD, zone="UTC", brands=frozenset({"Another brand"})
    )
    client = looked_at(app, zoe)

    answers = [
        client.get(f"/tickets/{ticket.key}/notices"),
        client.post(f"/tickets/{ticket.key}/notices", data=BEGUN),
        client.get(f"/notices/{letter.key}"),
        client.post(f"/notices/{letter.key}/save", data={"text": "x"}),
        client.post(f"/notices/{letter.key}/cancel", data={"reason": "x"}),
    ]

    assert [one.status_code for one in answers] == [404] * 5


def test_a_program_writes_and_gives_no_notice(app: App, ticket: Ticket) -> None:
    letter = agreed(app, ticket)
    robot = Viewer(name="robot", role=Role.LEAD, zone="UTC", is_program=True)
    client = looked_at(app, robot)

    answers = [
        client.post(f"/tickets/{ticket.key}/notices", data=BEGUN),
        client.post(f"/notices/{letter.key}/send", data={"address": TO}),
        client.post(f"/notices/{letter.key}/cancel", data={"reason": "x"}),
    ]

    assert [one.status_code for one in answers] == [403] * 3
    assert stands(app).state is LetterState.APPROVED


def test_the_compliance_officer_reads_it_and_changes_nothing(
    app: App, ticket: Ticket
) -> None:
    letter = begun(app, ticket)
    client = looked_at(app, viewer(Role.COMPLIANCE_OFFICER))

    page = client.get(f"/notices/{letter.key}")

    assert page.status_code == 200
    assert "<textarea" not in page.text
    assert client.post(f"/notices/{letter.key}/cancel").status_code == 403
