"""``bot notice``: legal notices, written, checked, agreed to and given privately."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import (
    AsJson,
    By,
    Config,
    Db,
    ReadHash,
    Why,
    bytes_of,
    maybe_person,
    number,
    opened,
    text_of,
)
from bot.cli.replies import NOT_CONFIRMED
from bot.cli.tickets import instant, letter_row, tell_recorded
from bot.domain.letters import Enclosure, Ending, Finding, Letter, LetterId
from bot.domain.replies import Approval
from bot.domain.tickets import TicketId, Way, key_of
from bot.errors import SettingsError
from bot.escalate.letters import lacking
from bot.services import letters
from bot.services.letters import Asked, Handed
from bot.services.tickets import Elsewhere, Recorded

app = typer.Typer(
    help="Legal notices to complainants: write, check, approve, give privately.",
    no_args_is_help=True,
)

LACKS = 1
"""Something is missing in the text that was checked."""


class Found(StrEnum):
    """What a person saw in a mail server's log."""

    SENT = "sent"
    NOTHING = "nothing"


Key = Annotated[str, typer.Argument(help="The notice, such as L-000012.")]
OfTicket = Annotated[str, typer.Argument(help="The ticket, such as T-000012.")]
As = Annotated[
    str, typer.Option("--as", help="Which notice of the ticket's pack it is to be.")
]
HowItEnded = Annotated[
    Ending | None, typer.Option("--outcome", help="How the complaint ended.")
]
Issues = Annotated[
    list[str] | None,
    typer.Option("--issue", help="One thing that the complaint raises; once for each."),
]
Ground = Annotated[
    str, typer.Option("--reason-code", help="The pack's ground for a delay.")
]
Language = Annotated[
    str, typer.Option(help="Language of the wording; the author's if there is one.")
]
Enclosed = Annotated[
    list[Path] | None,
    typer.Option("--enclose", help="A file that goes with it; once for each."),
]


def asked_for(
    outcome: Ending | None,
    issue: Sequence[str] | None,
    reason_code: str = "",
    language: str = "",
) -> Asked:
    """Gather what a person says of a notice."""
    return Asked(
        outcome=outcome.value if outcome else "",
        issues=tuple(one.strip() for one in issue or () if one.strip()),
        reason_code=reason_code,
        language=language,
    )


@app.command("draft")
def draft(  # noqa: PLR0913 - each is an option of the command
    ticket: OfTicket,
    *,
    notice: As,
    by: By,
    outcome: HowItEnded = None,
    issue: Issues = None,
    reason_code: Ground = "",
    language: Language = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the text into this new file.")
    ] = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Begin a notice from its wording; fill in what stands in square brackets."""
    if out is not None and out.exists():
        raise SettingsError(f"{out} is there already; name a new file")
    with opened(config, db) as bot:
        made = letters.draft(
            bot.store,
            bot.policy,
            bot.letters,
            bot.clock,
            TicketId(number(ticket, "T")),
            notice=notice,
            asked=asked_for(outcome, issue, reason_code, language),
            by=by,
        )
    if out is None:
        output.out.print(output.visible(made.text), markup=False, soft_wrap=True)
        where = "this text, in a file"
    else:
        _write(out, made.text)
        where = str(out)
    output.out.print(
        f"{made.key} is a draft of {notice} for {key_of(made.ticket_id)}; fill it in, "
        f"then: bot notice edit {made.key} {where}",
        markup=False,
        soft_wrap=True,
    )
    _print_findings(made.findings)


@app.command("check")
def check(  # noqa: PLR0913 - each is an option of the command
    key: Annotated[
        str, typer.Argument(help="A notice (L-000012), or the ticket of a new text.")
    ],
    file: Annotated[
        Path | None, typer.Argument(help="The text; without it, that of the notice.")
    ] = None,
    *,
    notice: Annotated[
        str, typer.Option("--as", help="Which notice a ticket's text is to be.")
    ] = "",
    outcome: HowItEnded = None,
    issue: Issues = None,
    reason_code: Ground = "",
    language: Language = "",
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say what a text lacks to be that notice; nothing is kept."""
    said = asked_for(outcome, issue, reason_code, language)
    is_letter = key.strip().upper().startswith("L")
    with opened(config, db) as bot:
        if is_letter:
            with bot.store.reading() as store:
                kept = store.letters.get(LetterId(number(key, "L")))
            ticket_id, notice = kept.ticket_id, notice or kept.notice
            said = _or_else(said, kept)
            text = kept.text if file is None else text_of(file)
        elif file is None or not notice:
            raise SettingsError(f"name the text and what it is: {key} FILE --as NOTICE")
        else:
            ticket_id, text = TicketId(number(key, "T")), text_of(file)
        found = letters.check_text(
            bot.store,
            bot.policy,
            bot.letters,
            bot.clock,
            ticket_id,
            text,
            notice=notice,
            asked=said,
        )
    if machine:
        output.as_json([asdict(one) for one in found])
    else:
        _print_findings(found)
    if lacking(found):
        raise typer.Exit(LACKS)


def _or_else(said: Asked, kept: Letter) -> Asked:
    return Asked(
        outcome=said.outcome or kept.outcome,
        issues=said.issues or kept.issues,
        reason_code=said.reason_code or kept.reason_code,
        language=said.language or kept.language,
    )


@app.command("edit")
def edit(  # noqa: PLR0913 - each is an option of the command
    key: Key,
    file: Annotated[Path, typer.Argument(help="The text as it is to be sent.")],
    *,
    by: By,
    outcome: HowItEnded = None,
    issue: Issues = None,
    reason_code: Ground = "",
    config: Config = None,
    db: Db = None,
) -> None:
    """Put other words into a notice; nobody's yes to it holds any more."""
    with opened(config, db) as bot:
        made = letters.edit(
            bot.store,
            bot.policy,
            bot.letters,
            bot.clock,
            LetterId(number(key, "L")),
            text=text_of(file),
            by=by,
            asked=asked_for(outcome, issue, reason_code),
        )
    then = f"bot notice submit {made.key}"
    output.out.print(f"{made.key} is a draft; put it forward with: {then}")
    _print_findings(made.findings)


@app.command("submit")
def submit(key: Key, *, by: By, config: Config = None, db: Db = None) -> None:
    """Put a notice before another person; refused while anything is missing."""
    with opened(config, db) as bot:
        waiting = letters.submit(
            bot.store,
            bot.policy,
            bot.letters,
            bot.clock,
            LetterId(number(key, "L")),
            by=by,
        )
    output.out.print(
        f"{waiting.key} is complete and waits for another person: bot notice approve "
        f"{waiting.key}",
        soft_wrap=True,
    )


@app.command("approve")
def approve(
    key: Key,
    *,
    by: By,
    sha256: ReadHash = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say yes to a notice's exact text; it is not sent by that."""
    letter_id = LetterId(number(key, "L"))
    with opened(config, db) as bot:
        with bot.store.reading() as store:
            waiting = store.letters.get(letter_id)
        letters.demand_another(waiting, by)
        if sha256 is None:
            output.out.print(output.visible(waiting.text), markup=False, soft_wrap=True)
            _print_findings(waiting.findings)
            if not typer.confirm("Give exactly this text to the complainant?"):
                output.out.print(f"not approved; {waiting.key} waits on", markup=False)
                raise typer.Exit(NOT_CONFIRMED)
        agreed = letters.approve(
            bot.store,
            bot.policy,
            bot.letters,
            bot.clock,
            letter_id,
            by=by,
            sha256=waiting.text_hash if sha256 is None else sha256.lower(),
        )
    output.out.print(
        f"{agreed.key} approved by {by}; give it with: bot notice send {agreed.key}",
        markup=False,
        soft_wrap=True,
    )


@app.command("send")
def send(  # noqa: PLR0913 - each is an option of the command
    key: Key,
    *,
    by: By,
    to: Annotated[
        str, typer.Option(help="The complainant's e-mail address; it is not logged.")
    ] = "",
    given_elsewhere: Annotated[
        Way | None, typer.Option(help="How it was handed over instead.")
    ] = None,
    given_by: Annotated[
        str | None,
        typer.Option(callback=maybe_person, help="Who gave it; else who records it."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="When it was, ISO 8601; now if left out.")
    ] = None,
    note: Annotated[str, typer.Option(help="What shows that it was handed over.")] = "",
    proof: Annotated[
        Path | None, typer.Option(help="A file that shows it; its hash is kept.")
    ] = None,
    enclose: Enclosed = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Give an approved notice privately: by e-mail, or say how it was handed over."""
    letter_id = LetterId(number(key, "L"))
    files = [_enclosure(one) for one in enclose or ()]
    if bool(to) == bool(given_elsewhere):
        raise SettingsError("say one of --to ADDRESS and --given-elsewhere WAY")
    with opened(config, db) as bot:
        if given_elsewhere is None:
            sent, done = letters.send(
                bot.store,
                bot.policy,
                bot.letters,
                bot.clock,
                bot.post,
                letter_id,
                to=to,
                by=by,
                enclosures=files,
            )
            words = f"{sent.key} was taken by the mail server: {sent.receipt}"
            more = "whether it is sent back from further on cannot be seen here"
        else:
            if proof is None or not note.strip():
                raise SettingsError("say what shows it, by --note, and --proof FILE")
            elsewhere = Elsewhere(
                way=given_elsewhere, given_by=given_by or by, note=note.strip()
            )
            handed = Handed(
                elsewhere=elsewhere,
                happened_at=instant(at) if at else bot.clock.now(),
                proof=bytes_of(proof),
            )
            sent, done = letters.hand_over(
                bot.store,
                bot.policy,
                bot.letters,
                bot.clock,
                letter_id,
                handed=handed,
                by=by,
                enclosures=files,
            )
            words = f"{sent.key} was handed over, says {elsewhere.given_by}"
            more = f"proof sha256 {sent.proof_sha256}"
    output.out.print(words, markup=False, soft_wrap=True)
    output.out.print(f"  {more}", markup=False, soft_wrap=True)
    _tell_event(sent, done)


@app.command("settle")
def settle(
    key: Key,
    *,
    found: Annotated[Found, typer.Option(help="What the mail server's log shows.")],
    by: By,
    reason: Why,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say whether a notice went out of which nobody knew; only then may it go again."""
    with opened(config, db) as bot:
        after, done = letters.settle(
            bot.store,
            bot.policy,
            bot.clock,
            LetterId(number(key, "L")),
            is_sent=found is Found.SENT,
            by=by,
            reason=reason,
        )
    output.out.print(f"{after.key} is {after.state.value}", markup=False)
    if found is Found.SENT:
        _tell_event(after, done)


@app.command("cancel")
def cancel(
    key: Key, *, by: By, reason: Why, config: Config = None, db: Db = None
) -> None:
    """Take a notice back before it is given."""
    with opened(config, db) as bot:
        over = letters.cancel(
            bot.store, bot.clock, LetterId(number(key, "L")), by=by, reason=reason
        )
    output.out.print(f"{over.key} taken back by {by}", markup=False)


@app.command("forget")
def forget(
    key: Key, *, by: By, reason: Why, config: Config = None, db: Db = None
) -> None:
    """Drop the words of a notice that is over, and its address; its hash stays."""
    with opened(config, db) as bot:
        bare = letters.forget(
            bot.store, bot.clock, LetterId(number(key, "L")), by=by, reason=reason
        )
    output.out.print(
        f"the words of {bare.key} are gone; its hash is {bare.text_hash}",
        soft_wrap=True,
    )


@app.command("list")
def list_notices(
    *,
    ticket: Annotated[str | None, typer.Option(help="Only of this ticket.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List legal notices, the newest first."""
    with opened(config, db) as bot, bot.store.reading() as store:
        if ticket is None:
            found = store.letters.listing(limit + 1)
        else:
            found = store.letters.of_ticket(TicketId(number(ticket, "T")))[::-1]
    rows = [letter_row(one) for one in found[:limit]]
    if machine:
        output.as_json(rows)
    else:
        names = ("notice", "ticket", "as", "outcome", "state", "lacks")
        output.listing(
            "Legal notices",
            [{name: row[name] for name in names} for row in rows],
            machine=False,
            empty="no legal notices",
        )
    output.cut(len(rows), limit, more=len(found) > limit)


@app.command("show")
def show(
    key: Key, *, machine: AsJson = False, config: Config = None, db: Db = None
) -> None:
    """Show a notice whole: its text, what was found, whose yes, and what shows it."""
    with opened(config, db) as bot, bot.store.reading() as store:
        letter = store.letters.get(LetterId(number(key, "L")))
        said_yes = store.letters.approvals(letter.id)
    row = letter_row(letter)
    if machine:
        findings = [asdict(one) for one in letter.findings]
        yes = [asdict(one) for one in said_yes]
        whole = {**row, "text": letter.text, "findings": findings, "approvals": yes}
        output.as_json({**whole, "to": letter.recipient})
        return
    told = {**row, "to": letter.recipient}
    output.facts(f"Notice {letter.key}", [one for one in told.items() if one[1]])
    output.out.print(output.visible(letter.text), markup=False, soft_wrap=True)
    _print_findings(letter.findings)
    output.facts(
        "  Whose yes", [(output.cell(one.approved_at), _yes(one)) for one in said_yes]
    )


def _yes(one: Approval) -> str:
    void = f", void since {output.cell(one.voided_at)}" if one.voided_at else ""
    return f"{one.approved_by}, to {one.text_hash[:12]}{void}"


def _print_findings(found: Sequence[Finding]) -> None:
    output.facts(
        "  What it must hold",
        [
            (
                one.item.replace("_", " "),
                f"{'there' if one.is_met else 'MISSING'}: {one.told} ({one.cite})",
            )
            for one in found
        ],
    )


def _tell_event(letter: Letter, done: Recorded | None) -> None:
    if done is None:
        words = f"  no clock hears of a {letter.notice}; record what follows from it"
        output.out.print(words, markup=False, soft_wrap=True)
        return
    output.out.print(f"  recorded as {letter.event}", markup=False)
    tell_recorded(done)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}") from error


def _enclosure(file: Path) -> Enclosure:
    content = bytes_of(file)
    digest = hashlib.sha256(content).hexdigest()
    return Enclosure(name=file.name, content=content, sha256=digest)
