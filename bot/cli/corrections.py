"""``bot mention``: say what a model got wrong, and see what was said."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import AsJson, By, Config, Db, number, opened
from bot.cli.tickets import correction_row
from bot.domain.corrections import NO, YES, TagKind, in_force
from bot.domain.mentions import MentionId
from bot.domain.tags import Sentiment
from bot.domain.tickets import TicketId, TicketStatus
from bot.services import corrections as work
from bot.services.corrections import Heard

NOTE_CHARACTERS = 2_000


class YesNo(StrEnum):
    """An answer without a doubt."""

    YES = YES
    NO = NO


def correct(  # noqa: PLR0913 - each is an option of the command
    key: Annotated[
        str, typer.Argument(help="The mention, such as 12, or its ticket, T-000012.")
    ],
    *,
    by: By,
    sentiment: Annotated[
        Sentiment | None, typer.Option(help="What its sentiment really is.")
    ] = None,
    complaint: Annotated[
        YesNo | None, typer.Option(help="Whether it really is a complaint.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why; not for the author's words.")] = "",
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say what a mention's tags should have been; what is worse is decided again."""
    given = {TagKind.SENTIMENT: sentiment, TagKind.COMPLAINT: complaint}
    said = {kind: value.value for kind, value in given.items() if value}
    if not said:
        message = "say what is wrong: --sentiment, --complaint or both"
        raise typer.BadParameter(message)
    if len(note) > NOTE_CHARACTERS:
        message = f"a note has {NOTE_CHARACTERS} characters at most"
        raise typer.BadParameter(message)
    with opened(config, db) as bot:
        heard = work.correct(
            bot.store, bot.policy, bot.clock, meant(bot, key), said, by=by, note=note
        )
    if machine:
        output.as_json(
            {
                "corrections": [correction_row(one) for one in heard.corrections],
                "ticket": heard.ticket.key if heard.ticket else None,
                "reconsidered": heard.is_reconsidered,
            }
        )
        return
    for one in heard.corrections:
        words = f"mention {one.mention_id}: {one.kind} {one.value}"
        was = f", not {one.was}" if one.was and one.was != one.value else ""
        output.out.print(words + was, markup=False)
    output.out.print(_led_to(heard), markup=False)


def meant(bot: App, key: str) -> MentionId:
    """Read a mention's number, or find the one text of a ticket."""
    if not key.strip().upper().startswith("T"):
        return MentionId(number(key, "M"))
    with bot.store.reading() as store:
        return work.mention_of(store, TicketId(number(key, "T")))


def _led_to(heard: Heard) -> str:
    ticket = heard.ticket
    if ticket is None:
        return "  kept; nothing is owed by it"
    if not heard.is_reconsidered:
        stays = "closed" if ticket.status is TicketStatus.CLOSED else "as it is"
        return f"  kept; {ticket.key} stays {stays}, with all its clocks"
    return (
        f"  decided again: {ticket.key}, severity {ticket.severity.value}, tier "
        f"{int(ticket.tier)}, queue {ticket.queue}, in scope {ticket.complaint.value}"
    )


def corrections(
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List what people corrected, newest first; the last word on a tag holds."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.corrections.listing(limit + 1)
        rows = [
            {
                **correction_row(one),
                "channel": stored.mention.channel,
                "url": stored.mention.url,
                "holds": one
                in in_force(store.corrections.of_mention(stored.id)).values(),
            }
            for one, stored in found[:limit]
        ]
    shown = ("mention", "tag", "was", "value", "by", "at", "holds", "note")
    output.listing(
        "Corrections",
        rows if machine else [{name: row[name] for name in shown} for row in rows],
        machine=machine,
        empty="nobody has corrected anything",
        widths={**dict.fromkeys(("was", "value"), 8), "tag": 9, "at": 10},
    )
    output.cut(len(rows), limit, more=len(found) > limit)
