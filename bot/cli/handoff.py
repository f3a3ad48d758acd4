"""``bot handoff``: from a public line to a private talk with whom we know."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import AsJson, By, Config, Db, Why, number, opened
from bot.domain.handoff import HandOff, HandOffCause, HandOffState
from bot.domain.replies import reply_key
from bot.domain.tickets import TicketId, key_of
from bot.services import handoff as work

app = typer.Typer(
    help="Private hand-offs: from a public line to a private talk.",
    no_args_is_help=True,
)

Key = Annotated[str, typer.Argument(help="The ticket, such as T-000012.")]


class Ends(StrEnum):
    """How a person ends a hand-off."""

    PRIVATE = "private"
    DECLINED = "declined"
    WRONG_ANSWERS = "wrong_answers"
    GIVEN_UP = "given_up"


def _id(key: str) -> TicketId:
    return TicketId(number(key, "T"))


@app.command("start")
def start(key: Key, *, by: By, config: Config = None, db: Db = None) -> None:
    """Begin to lead a ticket's author to a private talk, by the first way there is."""
    with opened(config, db) as bot:
        begun = work.start(bot.store, bot.clock, bot.hand_offs, _id(key), by=by)
    output.out.print(told(begun), markup=False, soft_wrap=True)


@app.command("list")
def list_hand_offs(
    *,
    state: Annotated[
        HandOffState | None, typer.Option(help="Only those in this state.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List hand-offs that are under way, oldest first."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.hand_offs.listing(state=state, limit=limit + 1)
    shown = ("ticket", "state", "way", "until", "cause")
    rows = [hand_off_row(one) for one in found[:limit]]
    output.listing(
        "Private hand-offs",
        rows if machine else [{name: row[name] for name in shown} for row in rows],
        machine=machine,
        empty="no hand-off matches",
    )
    output.cut(len(rows), limit, more=len(found) > limit)


@app.command("show")
def show(
    key: Key, *, machine: AsJson = False, config: Config = None, db: Db = None
) -> None:
    """Show how far a ticket's author has come, and until when the step lasts."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.hand_offs.of_ticket(_id(key))
    if machine:
        output.as_json([hand_off_row(one) for one in found])
    elif not found:
        output.out.print("nobody was led to a private talk from it")
    else:
        for one in found:
            output.facts(
                f"Hand-off {one.id}: {one.state.value}",
                [(name, said) for name, said in hand_off_row(one).items() if said],
            )


@app.command("link")
def link(key: Key, *, by: By, config: Config = None, db: Db = None) -> None:
    """Make a link to the form, for you to give in private; earlier ones are void."""
    with opened(config, db) as bot:
        made, ends = work.make_link(
            bot.store, bot.clock, bot.hand_offs, _id(key), by=by
        )
    output.err.print(
        f"It works once, until {output.cell(ends)}; give it to nobody else, and never "
        "in public.",
        markup=False,
    )
    typer.echo(made)


@app.command("answers")
def answers(
    key: Key,
    *,
    by: By,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Show what somebody answered in the form; that you read it stands in the log."""
    with opened(config, db) as bot:
        given = work.read_answers(bot.store, bot.clock, bot.hand_offs, _id(key), by=by)
    if machine:
        output.as_json(given)
    else:
        output.facts("Answers, gone once they are matched", list(given.items()))


@app.command("match")
def match(
    key: Key,
    *,
    record: Annotated[
        str, typer.Option(help="Your own reference of the record that agrees.")
    ],
    by: By,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say whose record the answers agree with; the answers are deleted at once."""
    if not record.strip() or not record.isprintable():
        message = "give the reference of the record"
        raise typer.BadParameter(message)
    with opened(config, db) as bot:
        matched = work.match(
            bot.store,
            bot.clock,
            bot.hand_offs,
            _id(key),
            record=record.strip(),
            by=by,
        )
    words = f"{told(matched)}; they want to be reached by {matched.contact}"
    output.out.print(words.replace("_", " "), markup=False, soft_wrap=True)


@app.command("close")
def close(
    key: Key,
    *,
    ends: Annotated[
        Ends,
        typer.Option(
            "--as", help="private: you talk to them; else why it leads nowhere."
        ),
    ],
    reason: Why,
    by: By,
    config: Config = None,
    db: Db = None,
) -> None:
    """End a hand-off: it reached a private talk, or it leads nowhere."""
    cause = None if ends is Ends.PRIVATE else HandOffCause(ends.value)
    with opened(config, db) as bot:
        over = work.close(
            bot.store,
            bot.clock,
            bot.hand_offs,
            _id(key),
            cause=cause,
            reason=reason,
            by=by,
        )
    output.out.print(told(over), markup=False, soft_wrap=True)


def told(one: HandOff) -> str:
    """Say in a sentence how a hand-off stands."""
    until = f" until {output.cell(one.until)}" if one.until else ""
    reply = f" by {reply_key(one.reply_id)}" if one.reply_id else ""
    why = ": ".join(filter(None, (one.cause, one.reason)))
    words = f"{key_of(one.ticket_id)} is {one.state.value}{reply}{until}"
    return words + (f" ({why})" if why else "")


def hand_off_row(one: HandOff) -> dict[str, object]:
    """Return what people see of a hand-off; nothing of what was answered."""
    row = asdict(one)
    hidden = {"id", "version", "ticket_id", "reply_id", "mention_id", "author"}
    return {
        "ticket": key_of(one.ticket_id),
        "reply": reply_key(one.reply_id) if one.reply_id else None,
        "answers": one.mention_id,
        **{name: said for name, said in row.items() if name not in hidden},
        "tried": list(one.tried),
    }
