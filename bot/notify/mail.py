"""E-mail over SMTP (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid

from bot.domain.ports import Notice
from bot.errors import BotError, Retry


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


class MailNotifier:
    """Sends one message a notice; its key makes later copies recognisable."""

    kind = "e-mail"

    def __init__(self, server: MailServer, name: str = "mail") -> None:
        """Remember the server; nothing is opened before the first message."""
        self.name = name
        self._server = server

    def send(self, notice: Notice) -> None:
        """Hand over one message; raises ``MailFailed``."""
        server = self._server
        try:
            with smtplib.SMTP(
                server.host, server.port, timeout=server.timeout
            ) as session:
                if server.starttls:
                    session.starttls(context=ssl.create_default_context())
                if server.username:
                    session.login(server.username, server.password)
                session.send_message(self._message(notice))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            message = (
                f"the mail server {server.host}:{server.port} did not take the "
                "message; check notify.mail"
            )
            raise MailFailed(message, detail=type(error).__name__) from error

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
