"""E-mail over SMTP (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid

from bot.domain.letters import OutboundLetter
from bot.domain.ports import Notice
from bot.errors import BotError, OutcomeUnknown, Retry

SEVEN_BITS = SMTP.clone(cte_type="7bit")
"""Text that every server carries unchanged, also one that knows no 8BITMIME."""

ACCEPTED, FORWARDED = 250, 251
"""By which a server says that the message is its own care now (RFC 5321)."""


class MailFailed(BotError):
    """The mail server did not take the message."""

    retry = Retry.LATER


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over; ``timeout`` is in seconds."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    username: str = ""
    password: str = ""
    starttls: bool = False
    timeout: float = 20.0


@contextmanager
def _session(server: MailServer) -> Iterator[smtplib.SMTP]:
    session = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    try:
        if server.starttls:
            session.starttls(context=ssl.create_default_context())
        if server.username:
            session.login(server.username, server.password)
        yield session
    finally:
        # What the server took is taken, however it says goodbye.
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
        session.close()


def _not_taken(server: MailServer, error: Exception) -> MailFailed:
    message = (
        f"the mail server {server.host}:{server.port} did not take the message; check "
        "notify.mail"
    )
    return MailFailed(message, detail=type(error).__name__)


class MailNotifier:
    """Sends one message a notice; its key makes later copies recognisable."""

    kind = "e-mail"

    def __init__(self, server: MailServer, name: str = "mail") -> None:
        """Remember the server; nothing is opened before the first message."""
        self.name = name
        self._server = server

    def send(self, notice: Notice) -> None:
        """Hand over one message; raises ``MailFailed``."""
        try:
            with _session(self._server) as session:
                session.send_message(self._message(notice))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise _not_taken(self._server, error) from error

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        # A header ends at a line break; none may come from a brand's or queue's name.
        message["Subject"] = " ".join(notice.subject.split())
        message["From"] = self._server.sender
        message["To"] = ", ".join(self._server.to)
        message["Message-ID"] = make_msgid(domain="answerable.invalid")
        message["X-Answerable-Key"] = " ".join(notice.key.split())
        if notice.is_important:
            message["Importance"] = "high"
        message.set_content(f"For: {notice.to}\n\n{notice.body}\n")
        return message


class MailPost:
    """Takes legal notices to one address each; what it says of them is never logged."""

    def __init__(self, server: MailServer) -> None:
        """Remember the server; nothing is opened before the first notice."""
        self._server = server

    def send(self, letter: OutboundLetter) -> str:
        """Hand one over and return the server's answer.

        Raises ``MailFailed`` where it surely was not taken, and ``OutcomeUnknown``
        where no answer came after its words: the server may have them.
        """
        try:
            message = self._message(letter).as_bytes()
            with _session(self._server) as session:
                session.ehlo_or_helo_if_needed()
                self._envelope(session, letter.to)
                return _handed_over(session, message)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise _not_taken(self._server, error) from error

    def _envelope(self, session: smtplib.SMTP, to: str) -> None:
        said, words = session.mail(self._server.sender)
        if said != ACCEPTED:
            raise smtplib.SMTPResponseException(said, words)
        said, _ = session.rcpt(to)
        if said not in {ACCEPTED, FORWARDED}:
            # What it answers names the address, which no log may hold.
            message = f"the mail server refuses this address ({said}); look at it again"
            raise MailFailed(message, detail=f"SMTP {said} to RCPT")

    def _message(self, letter: OutboundLetter) -> EmailMessage:
        message = EmailMessage(policy=SEVEN_BITS)
        message["Subject"] = " ".join(letter.subject.split())
        message["From"] = self._server.sender
        message["To"] = _one_person(letter.to)
        message["Date"] = localtime()
        message["Message-ID"] = letter.message_id
        message.set_content(letter.text)
        for one in letter.enclosures:
            message.add_attachment(
                one.content,
                maintype="application",
                subtype="octet-stream",
                filename=one.name,
            )
        return message


def _one_person(to: str) -> Address:
    try:
        return Address(addr_spec=to)
    except (MessageError, ValueError, IndexError) as error:
        message = "this is no e-mail address of one person; write NAME@HOST alone"
        raise MailFailed(message, detail=type(error).__name__) from error


def _handed_over(session: smtplib.SMTP, message: bytes) -> str:
    """Send the words; raise ``OutcomeUnknown`` if nobody says what became of them."""
    try:
        said, words = session.data(message)
    except smtplib.SMTPResponseException:
        raise
    except OSError as error:  # the library's own "disconnected" is one too
        told = "the connection broke while the server took the notice"
        raise OutcomeUnknown("e-mail", told, detail=type(error).__name__) from error
    told = f"{said} {words.decode('utf-8', 'replace')}"
    if said != ACCEPTED:
        raise smtplib.SMTPResponseException(said, words)
    return told
