"""Legal notices from draft to a clock that is met: the shell, SQLite, a mail server."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from bot.domain.letters import Enclosure, OutboundLetter
from bot.errors import OutcomeUnknown
from bot.notify.mail import MailFailed, MailPost, MailServer
from bot.storage.store import SqlStore
from tests.integration.test_mail import Mailbox, Server
from tests.unit.cli.shell import run

ROOT = Path(__file__).resolve().parents[2]
OWN = "the teller terminal at the branch was offline on that day, as its log shows"
TO = "mirela@example.org"
LETTER = OutboundLetter(
    message_id="<L-000001.0123456789abcdef@answerable.invalid>",
    to=TO,
    subject="Our response to your complaint",
    text="Größe ✈\n\nWhat we decided\n---------------\n\n.\nWe accept it.\n",
)


class FragileMailbox(Mailbox):
    """``breaks``: keeps the message, and the line breaks before it says so.

    ``waits``: keeps it and says nothing until the test is over.
    """

    def __init__(self) -> None:
        super().__init__()
        self.breaks = self.waits = False
        self.is_over: asyncio.Event | None = None
        self.refuses = ""

    async def handle_RCPT(  # noqa: N802 - the library calls it so
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address == self.refuses:
            return f"550 no such user {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library calls it so
        answer = await super().handle_DATA(server, session, envelope)
        if self.breaks:
            server.transport.abort()
        if self.waits:
            self.is_over = asyncio.Event()
            await self.is_over.wait()
        return answer


@pytest.fixture
def mailbox() -> FragileMailbox:
    return FragileMailbox()


@pytest.fixture
def port(mailbox: FragileMailbox) -> Iterator[int]:
    server = Server(mailbox)
    server.start()
    yield server.port
    if mailbox.is_over is not None:
        server.loop.call_soon_threadsafe(mailbox.is_over.set)
    server.stop()


def post(port: int, **fields: Any) -> MailPost:
    usual: dict[str, Any] = {"timeout": 60.0, **fields}
    return MailPost(
        MailServer(
            host="127.0.0.1",
            port=port,
            sender="complaints@example.org",
            to=("ops@example.org",),
            **usual,
        )
    )


def text_in(message: EmailMessage) -> str:
    body = message.get_body()
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


# --- the mail server ------------------------------------------------------------------


def test_a_notice_arrives_word_for_word_at_one_person_alone(
    mailbox: FragileMailbox, port: int
) -> None:
    answer = post(port).send(LETTER)

    [message] = mailbox.messages
    assert answer == "250 OK"
    assert text_in(message) == LETTER.text
    assert mailbox.recipients == [[TO]]
    assert message["To"] == TO
    assert message["Message-ID"] == LETTER.message_id
    assert message["Subject"] == LETTER.subject


def test_what_is_enclosed_arrives_byte_for_byte(
    mailbox: FragileMailbox, port: int
) -> None:
    leaflet = Enclosure(name="leaflet.pdf", content=bytes(range(256)), sha256="")
    letter = OutboundLetter(
        message_id=LETTER.message_id,
        to=TO,
        subject="s",
        text=LETTER.text,
        enclosures=[leaflet],
    )

    post(port).send(letter)

    [message] = mailbox.messages
    [attached] = message.iter_attachments()
    assert text_in(message) == LETTER.text
    assert attached.get_filename() == "leaflet.pdf"
    assert attached.get_payload(decode=True) == leaflet.content


@pytest.mark.parametrize("answer", ["554 no", "451 later", "421 closing"])
def test_a_server_that_says_no_surely_did_not_take_it(
    mailbox: FragileMailbox, port: int, answer: str
) -> None:
    mailbox.answer = answer

    with pytest.raises(MailFailed):
        post(port).send(LETTER)


@pytest.mark.parametrize(
    "address", ["no address", "a@b\r\nBcc: thief@example.org", "a@b, c@d", ""]
)
def test_what_is_no_one_address_goes_nowhere(
    mailbox: FragileMailbox, port: int, address: str
) -> None:
    letter = OutboundLetter(message_id="<m@x>", to=address, subject="s", text="t")

    with pytest.raises(MailFailed, match="no e-mail address of one person"):
        post(port).send(letter)

    assert not mailbox.messages


def test_an_address_that_the_server_refuses_is_told_and_kept_out_of_the_log(
    mailbox: FragileMailbox, port: int
) -> None:
    mailbox.refuses = TO

    with pytest.raises(MailFailed, match=r"refuses this address \(550\)") as failed:
        post(port).send(LETTER)

    assert TO not in failed.value.shown + failed.value.detail
    assert not mailbox.messages


def test_a_server_that_is_not_there_surely_did_not_take_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))

        with pytest.raises(MailFailed):
            post(taken.getsockname()[1]).send(LETTER)


def test_a_line_that_breaks_after_the_words_leaves_a_doubt(
    mailbox: FragileMailbox, port: int
) -> None:
    mailbox.breaks = True

    with pytest.raises(OutcomeUnknown):
        post(port).send(LETTER)

    assert len(mailbox.messages) == 1


def test_a_server_that_falls_silent_after_the_words_leaves_a_doubt(
    mailbox: FragileMailbox, port: int
) -> None:
    mailbox.waits = True

    with pytest.raises(OutcomeUnknown):
        post(port, timeout=1.0).send(LETTER)

    assert len(mailbox.messages) == 1


# --- the shell ---------------------------------------------------------------------


class Shell:
    """Ann's and Ben's shell, with settings of its own and one open complaint."""

    def __init__(self, folder: Path, database: Path, port: int) -> None:
        self.folder = folder
        settings = folder / "bot.yaml"
        packs = {
            "house": "packs/house/1",
            "regulation": "packs/au.asic.rg271/2021-09.1",
            "templates": "templates",
            "platforms": "packs/platforms/2026-11.1",
            "letters": "letters",
        }
        whole = {
            "place": "AU-NSW",
            "zone": "Australia/Sydney",
            "database": {"url": f"sqlite:///{database}"},
            "packs": {name: f"{ROOT}/config/{path}" for name, path in packs.items()},
            "brands": {"Harbourline Bank": {}},
            "notify": {
                "mail": {
                    "host": "127.0.0.1",
                    "port": port,
                    "sender": "complaints@example.org",
                    "to": ["ops@example.org"],
                }
            },
        }
        settings.write_text(json.dumps(whole), encoding="utf-8")
        self.config = ("--config", str(settings))
        self.store = SqlStore(f"sqlite:///{database}")
        came = datetime.now(UTC) - timedelta(days=2)
        assert (
            self.bot(
                "ticket",
                "open",
                *("--brand", "Harbourline Bank", "--reference", "letter 7"),
                *("--at", came.isoformat(), "--by", "ann", "--reason", "by post"),
            )
            == 0
        )

    def bot(self, *words: str) -> int:
        return run(*words, *self.config)

    def filled(self, name: str = "filled.txt") -> Path:
        """Draft a rejection and fill it in."""
        draft, file = self.folder / "draft.txt", self.folder / name
        assert (
            self.bot(
                *("notice", "draft", "T-1", "--as", "idr_response"),
                *("--outcome", "rejected", "--issue", "The fee of 20 dollars"),
                *("--by", "ann", "--out", str(draft)),
            )
            == 0
        )
        text = draft.read_text(encoding="utf-8")
        file.write_text(re.sub(r"\[[^\]]*\]", OWN, text), encoding="utf-8")
        return file

    def approve(self) -> None:
        file = self.filled()
        assert self.bot("notice", "edit", "L-1", str(file), "--by", "ann") == 0
        assert self.bot("notice", "submit", "L-1", "--by", "ann") == 0
        sha256 = self.shown_hash()
        yes = ("notice", "approve", "L-1", "--by", "ben", "--sha256", sha256)
        assert self.bot(*yes) == 0

    def shown_hash(self) -> str:
        with self.store.reading() as work:
            [letter] = work.letters.listing(9)
        return letter.text_hash

    def state(self) -> str:
        with self.store.reading() as work:
            [letter] = work.letters.listing(9)
        return letter.state.value

    def response(self) -> str:
        with self.store.reading() as work:
            [ticket] = work.tickets.listing(
                status=None, queue=None, brand=None, limit=9
            )
            clocks = work.clocks.of_ticket(ticket.id)
        return next(
            one.state.value for one in clocks if one.plan.rule == "idr_response"
        )


@pytest.fixture
def shell(migrated_file: Path, tmp_path: Path, port: int) -> Iterator[Shell]:
    database = Path(shutil.copy(migrated_file, tmp_path / "a.db"))
    opened = Shell(tmp_path, database, port)
    yield opened
    opened.store.close()


def test_from_a_draft_to_the_clock_that_it_meets(
    shell: Shell, mailbox: FragileMailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.approve()
    approved_text = (shell.folder / "filled.txt").read_text(encoding="utf-8")

    sent = shell.bot("notice", "send", "L-1", "--to", TO, "--by", "ben")

    [message] = mailbox.messages
    told = capsys.readouterr().out
    assert sent == 0
    assert text_in(message) == approved_text
    assert (shell.state(), shell.response()) == ("sent", "met")
    assert "running -> met: idr_response (271.56-271.60, Table 2)" in told
    assert "whether it is sent back from further on cannot be seen" in told
    assert shell.bot("notice", "show", "L-1", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["to"] == TO
    assert shown["receipt"].startswith("250 OK, Message-ID <L-000001.")
    assert [one["approved_by"] for one in shown["approvals"]] == ["ben"]
    assert all(one["is_met"] for one in shown["findings"])


def test_a_draft_that_nobody_filled_in_is_not_put_forward(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.filled()

    refused = shell.bot("notice", "submit", "L-1", "--by", "ann")

    assert refused == 6
    assert "still to be written: [What that means" in capsys.readouterr().err
    assert shell.state() == "draft"


def test_whoever_wrote_it_is_refused_before_the_text_is_shown_or_asked_about(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shell.filled()
    assert shell.bot("notice", "edit", "L-1", str(file), "--by", "ann") == 0
    assert shell.bot("notice", "submit", "L-1", "--by", "ann") == 0
    capsys.readouterr()

    refused = shell.bot("notice", "approve", "L-1", "--by", "ann")

    told = capsys.readouterr()
    assert refused == 6
    assert "another person must agree" in told.err
    assert told.out == ""


def test_another_brand_of_the_settings_in_a_notice_is_found(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Path(shell.config[1])
    whole = json.loads(settings.read_text(encoding="utf-8"))
    whole["brands"]["Otterpay"] = {}
    settings.write_text(json.dumps(whole), encoding="utf-8")
    file = shell.filled()
    text = file.read_text(encoding="utf-8").replace(OWN, f"{OWN} of Otterpay")
    file.write_text(text, encoding="utf-8")
    assert shell.bot("notice", "edit", "L-1", str(file), "--by", "ann") == 0
    capsys.readouterr()

    refused = shell.bot("notice", "submit", "L-1", "--by", "ann")

    assert refused == 6
    assert "other brand (271.53-54): names Otterpay" in capsys.readouterr().err


def test_a_text_can_be_checked_before_anything_is_kept(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shell.filled()
    ask = ("notice", "check", "T-1", str(file), "--as", "idr_response", "--json")
    how = ("--outcome", "rejected", "--issue", "The fee of 20 dollars")
    whole = shell.bot(*ask, *how)
    capsys.readouterr()
    text = file.read_text(encoding="utf-8").replace("info@afca.org.au", "")
    file.write_text(text, encoding="utf-8")

    lacks = shell.bot(*ask, *how)

    wrong = [one for one in json.loads(capsys.readouterr().out) if not one["is_met"]]
    assert (whole, lacks) == (0, 1)
    assert [(one["item"], one["cite"]) for one in wrong] == [
        ("afca_contact_details", "271.53(c)")
    ]


def test_a_doubt_stays_one_until_a_person_looked(
    shell: Shell, mailbox: FragileMailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.approve()
    mailbox.breaks = True
    send = ("notice", "send", "L-1", "--to", TO, "--by", "ben")
    first = shell.bot(*send)
    mailbox.breaks = False
    capsys.readouterr()

    again = shell.bot(*send)

    assert (first, again) == (5, 6)
    assert "it may have gone out" in capsys.readouterr().err
    assert (shell.state(), shell.response()) == ("unknown", "running")
    assert len(mailbox.messages) == 1
    why = ("--by", "cleo", "--reason", "the server's log has it")
    assert shell.bot("notice", "settle", "L-1", *("--found", "sent"), *why) == 0
    assert (shell.state(), shell.response()) == ("sent", "met")
    assert len(mailbox.messages) == 1


def test_what_was_given_elsewhere_is_recorded_checked_or_says_that_it_was_not(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shell.filled()
    record = ("ticket", "record", "T-1", "idr_response_provided", "--by", "ann")
    how = ("--outcome", "rejected", "--issue", "The fee of 20 dollars")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Authority", "Body"), encoding="utf-8")
    refused = shell.bot(*record, "--text", str(file), *how)
    told = capsys.readouterr().err
    file.write_text(text, encoding="utf-8")

    checked = shell.bot(*record, "--text", str(file), *how)
    told_checked = capsys.readouterr().out
    unchecked = shell.bot(*record)

    assert (refused, checked, unchecked) == (6, 0, 0)
    assert "right to afca (271.53(b)): does not name" in told
    assert "its contents were checked" in told_checked
    assert "nobody checked what it held" in capsys.readouterr().out


def test_a_notice_handed_over_needs_what_shows_it(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.approve()
    scan = shell.folder / "scan.pdf"
    scan.write_bytes(b"%PDF registered 88")
    give = ("notice", "send", "L-1", "--given-elsewhere", "letter", "--by", "ben")
    bare = shell.bot(*give)

    shown = shell.bot(*give, "--note", "registered 88", "--proof", str(scan))

    assert (bare, shown) == (2, 0)
    assert "proof sha256" in capsys.readouterr().out
    assert (shell.state(), shell.response()) == ("sent", "met")
