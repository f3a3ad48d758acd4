"""Notices by mail, to a real SMTP server on this machine."""

from __future__ import annotations

import email
import json
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from pytest_httpserver import HTTPServer

from bot.domain.ports import Notice, Notifier
from bot.escalate.notices import NoticeRule
from bot.notify.apprise import AppriseNotifier
from bot.notify.mail import MailFailed, MailNotifier, MailServer
from bot.services.notices import ByRule, deliver_pending
from bot.testing import ManualClock

# The server under test stands on this machine only, where no line needs securing.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not:UserWarning")

NOTICE = Notice(
    key="ticket:12:called:red:3",
    to="escalation_team",
    subject="T-000012 Kestrel Air: code red, tier 3",
    body="Severity critical. Why, in order:\n- a threat of law (house.severity.V2)",
    is_important=True,
)


class Mailbox:
    """Keeps what it is handed; ``answer`` is said instead of 250 to each message."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answer = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library calls it so
        if self.answer:
            return self.answer
        parsed = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        self.messages.append(parsed)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


class Server(Controller):
    """Listens on a port that it held before anybody could take it."""

    def __init__(self, mailbox: Mailbox, **options: Any) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        host, port = self._listener.getsockname()
        super().__init__(mailbox, hostname=host, port=port, ready_timeout=60, **options)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listener)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    yield from _served(Server(mailbox))


@pytest.fixture
def guarded_port(mailbox: Mailbox) -> Iterator[int]:
    """A server that wants a name and a password."""

    def check(_server: Any, _session: Any, _envelope: Any, _how: Any, data: Any) -> Any:
        assert isinstance(data, LoginPassword)
        good = (data.login, data.password) == (b"bot", b"hunter2")
        # Not handled: the server itself says 535.
        return AuthResult(success=good, handled=False)

    yield from _served(
        Server(
            mailbox,
            authenticator=check,
            auth_required=True,
            auth_require_tls=False,
        )
    )


def _served(controller: Controller) -> Iterator[int]:
    controller.start()
    yield controller.port
    controller.stop()


def mail(port: int, **fields: Any) -> MailNotifier:
    usual: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "sender": "bot@example.org",
        "to": ("ops@example.org", "lead@example.org"),
        "timeout": 60.0,
    }
    return MailNotifier(MailServer(**{**usual, **fields}))


def test_a_notice_arrives_whole_at_everybody(mailbox: Mailbox, port: int) -> None:
    mail(port).send(NOTICE)

    [message] = mailbox.messages
    assert message["Subject"] == NOTICE.subject
    assert message["From"] == "bot@example.org"
    assert message["X-Answerable-Key"] == NOTICE.key
    assert message["Importance"] == "high"
    assert message["Message-ID"].endswith("@answerable.invalid>")
    text = message.get_content().replace("\r\n", "\n")
    assert text == f"For: escalation_team\n\n{NOTICE.body}\n"
    assert mailbox.recipients == [["ops@example.org", "lead@example.org"]]


def test_words_of_any_script_arrive(mailbox: Mailbox, port: int) -> None:
    told = Notice(key="k", to="agents", subject="Größe ✈ 航空", body="Straße ✈ 航空")

    mail(port).send(told)

    [message] = mailbox.messages
    assert message["Subject"] == told.subject
    assert told.body in message.get_content()
    assert message["Importance"] is None


def test_no_header_can_be_smuggled_in_by_a_name(mailbox: Mailbox, port: int) -> None:
    told = Notice(
        key="k\r\nBcc: thief@example.org",
        to="agents\r\nBcc: thief@example.org",
        subject="T-1 Acme\r\nBcc: thief@example.org\n\nHello",
        body="b",
    )

    mail(port).send(told)

    [message] = mailbox.messages
    assert message["Bcc"] is None
    assert message["Subject"] == "T-1 Acme Bcc: thief@example.org Hello"
    assert mailbox.recipients == [["ops@example.org", "lead@example.org"]]


def test_a_line_with_a_dot_alone_does_not_end_the_message(
    mailbox: Mailbox, port: int
) -> None:
    mail(port).send(Notice(key="k", to="agents", subject="s", body="one\n.\ntwo"))

    assert "one\n.\ntwo" in mailbox.messages[0].get_content().replace("\r\n", "\n")


def test_half_a_surrogate_pair_is_a_failed_message_and_no_crash(port: int) -> None:
    with pytest.raises(MailFailed):
        mail(port).send(Notice(key="k", to="agents", subject="s", body="\ud83d"))


@pytest.mark.parametrize("answer", ["554 no", "451 later", "421 closing"])
def test_a_server_that_does_not_take_it_is_a_failed_message(
    mailbox: Mailbox, port: int, answer: str
) -> None:
    mailbox.answer = answer

    with pytest.raises(MailFailed, match=r"check notify\.mail"):
        mail(port).send(NOTICE)


def test_a_server_that_is_not_there_is_a_failed_message() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        with pytest.raises(MailFailed) as failed:
            mail(port).send(NOTICE)

    assert failed.value.detail == "ConnectionRefusedError"


def test_a_server_that_says_nothing_does_not_hold_us_for_long() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()

        with pytest.raises(MailFailed):
            mail(silent.getsockname()[1], timeout=0.2).send(NOTICE)


def test_name_and_password_are_given_where_they_are_set(
    mailbox: Mailbox, guarded_port: int
) -> None:
    mail(guarded_port, username="bot", password="hunter2").send(NOTICE)

    assert len(mailbox.messages) == 1


def test_a_wrong_password_is_a_failed_message_that_does_not_show_it(
    mailbox: Mailbox, guarded_port: int
) -> None:
    with pytest.raises(MailFailed) as failed:
        mail(guarded_port, username="bot", password="hunter3").send(NOTICE)

    assert failed.value.detail == "SMTPAuthenticationError"
    assert "hunter3" not in failed.value.shown + failed.value.detail
    assert mailbox.messages == []


def test_without_a_secure_line_where_one_is_asked_for_nothing_is_sent(
    mailbox: Mailbox, port: int
) -> None:
    with pytest.raises(MailFailed):
        mail(port, starttls=True, username="bot", password="hunter2").send(NOTICE)

    assert mailbox.messages == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_notice_waits_in_the_database_until_the_server_takes_it(
    mailbox: Mailbox, port: int, store: Any
) -> None:
    clock = ManualClock()
    with store.work() as work:
        work.notices.add(NOTICE, clock.now())
    mailbox.answer = "451 later"
    assert deliver_pending(store, [mail(port)], clock) == 0

    mailbox.answer = ""
    clock.advance(minutes=15)

    assert deliver_pending(store, [mail(port)], clock) == 1
    assert deliver_pending(store, [mail(port)], clock) == 0
    assert len(mailbox.messages) == 1


def test_a_way_of_its_own_name_reaches_other_people(
    mailbox: Mailbox, port: int
) -> None:
    server = MailServer(
        host="127.0.0.1", port=port, sender="bot@example.org", to=("duty@example.org",)
    )
    way = MailNotifier(server, "duty-mail")

    way.send(NOTICE)

    assert way.name == "duty-mail"
    assert mailbox.recipients == [["duty@example.org"]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_mail_takes_what_the_pager_did_not_and_the_log_says_both(
    mailbox: Mailbox, port: int, store: Any, httpserver: HTTPServer
) -> None:
    clock = ManualClock()
    httpserver.expect_request("/page").respond_with_data(status=503)
    pager = AppriseNotifier("pager", f"json://127.0.0.1:{httpserver.port}/page")
    rule = NoticeRule(
        to=("escalation_team",), important=("pager", "mail"), default=("mail",)
    )
    ways: dict[str, Notifier] = {"pager": pager, "mail": mail(port)}
    with store.work() as work:
        work.notices.add(NOTICE, clock.now())

    by_rule = ByRule(rules=[rule], ways=ways)
    assert deliver_pending(store, [mail(port)], clock, by_rule=by_rule) == 1

    assert len(httpserver.log) == len(mailbox.messages) == 1
    with store.reading() as work:
        [entry] = work.audit.unsealed(10)
    assert entry.action == "notice.delivered"
    assert json.loads(entry.detail) == {
        "key": NOTICE.key,
        "to": "escalation_team",
        "by": ["mail"],
        "failures": ["pager: HTTP 503"],
    }
