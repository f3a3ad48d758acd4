"""``bot mention``: look through what was said and set aside, and bring it back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import AsJson, By, Config, Db, Why, number, opened
from bot.domain.mentions import MentionId, Restored
from bot.domain.ports import Mentions, Past, SetAside
from bot.domain.tickets import key_of
from bot.services import aside

SHOWN_CHARACTERS = 80
PAGE = 500
"""Mentions read at a time while somebody looks for one."""

app = typer.Typer(
    help="What was said: correct its tags, bring back what was set aside.",
    no_args_is_help=True,
)


@app.command("list")
def listing(
    holding: Annotated[
        str, typer.Argument(help="In the text, the link or the author's name.")
    ] = "",
    *,
    without_ticket: Annotated[
        bool, typer.Option("--without-ticket", help="Only what nobody was given.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Look for mentions, the newest first: whatever was seen and decided is here."""
    wanted = holding.casefold()
    with opened(config, db) as bot, bot.store.reading() as store:
        matching = _matching(store.mentions, wanted, without_ticket=without_ticket)
        found = list(islice(matching, limit + 1))
    rows = [_past_row(one, whole=machine) for one in found[:limit]]
    empty = "nothing decided holds that" if holding else "nothing was decided yet"
    output.listing("Mentions", rows, machine=machine, empty=empty)
    output.cut(len(rows), limit, more=len(found) > limit)


def _matching(
    mentions: Mentions, wanted: str, *, without_ticket: bool
) -> Iterator[Past]:
    some = mentions.past(PAGE)
    while some:
        for one in some:
            mention = one.stored.mention
            author = mention.author.handle if mention.author else ""
            where = f"{mention.text}\n{mention.url or ''}\n{author}".casefold()
            if wanted in where and not (without_ticket and one.ticket_id):
                yield one
        some = mentions.past(PAGE, before=some[-1].stored.id)


def _past_row(one: Past, *, whole: bool) -> dict[str, object]:
    first, more = _told(one, whole=whole)
    outcome = one.decision.outcome.value
    ticket = one.ticket_id and key_of(one.ticket_id)
    return {**first, "outcome": outcome, "ticket": ticket, **more}


def _told(
    one: Past | SetAside, *, whole: bool
) -> tuple[dict[str, object], dict[str, object]]:
    """Return what every line of a list tells, and what programs get besides."""
    mention = one.stored.mention
    first: dict[str, object] = {
        "mention": one.stored.id,
        "brand": mention.brand,
        "published": mention.published_at,
        "text": mention.text if whole else mention.text[:SHOWN_CHARACTERS],
    }
    if not whole:
        return first, {}
    return first, {
        "channel": mention.channel,
        "author": mention.author.handle if mention.author else None,
        "url": mention.url,
        "decided_at": one.decided_at,
    }


@app.command("set-aside")
def set_aside(
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List what is about something else, the last decided first; --json has all."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.mentions.set_aside(limit + 1)
    rows = [_row(one, whole=machine) for one in found[:limit]]
    output.listing("Set aside", rows, machine=machine, empty="nothing was set aside")
    output.cut(len(rows), limit, more=len(found) > limit)


def _row(one: SetAside, *, whole: bool) -> dict[str, object]:
    first, more = _told(one, whole=whole)
    reasons = one.decision.reasons
    if whole:
        more["reasons"] = [{"rule": why.rule, "text": why.text} for why in reasons]
    return {**first, "why": f"{reasons[-1].text} ({reasons[-1].rule})", **more}


@app.command("restore")
def restore(
    mention: Annotated[str, typer.Argument(help="Its number, as set-aside shows it.")],
    *,
    by: By,
    reason: Why,
    complaint: Annotated[
        bool, typer.Option("--complaint", help="It complains, whatever a model says.")
    ] = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Bring one back: the next round of work decides it like any other."""
    with opened(config, db) as bot:
        mention_id = MentionId(number(mention, "M"))
        aside.restore(
            bot.store,
            bot.clock,
            mention_id,
            by=by,
            reason=reason,
            restored_as=Restored.COMPLAINT if complaint else Restored.RELEVANT,
        )
    output.out.print(
        f"mention {mention_id} is back; the next round of work decides it",
        markup=False,
    )
