"""``bot mention``: look through what was said and set aside, and bring it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import AsJson, By, Config, Db, Why, number, opened
from bot.domain.mentions import (
    MentionId,
    MentionVersion,
    Restored,
    StoredMention,
    text_hash,
)
from bot.domain.ports import Mentions, Past, SetAside
from bot.domain.search import Hit, Kind, Question, Within, asked, pieces
from bot.domain.tickets import TicketId, key_of
from bot.services import aside
from bot.services.search import search

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
        "text": one.stored.shown if whole else one.stored.shown[:SHOWN_CHARACTERS],
    }
    if not whole:
        return first, {}
    return first, {
        "channel": mention.channel,
        "author": mention.author.handle if mention.author else None,
        "url": mention.url,
        "decided_at": one.decided_at,
    }


@app.command("search")
def find(  # noqa: PLR0913 - each is an option of the command
    words: Annotated[
        str, typer.Argument(help='Words, a "phrase", word*, or from:AUTHOR.')
    ],
    *,
    kind: Annotated[
        Kind, typer.Option("--in", help="Posts, our replies, or notes on tickets.")
    ] = Kind.MENTION,
    brand: Annotated[str, typer.Option(help="Only this brand.")] = "",
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Find what holds all of some words by the index, the newest first."""
    question = asked(words)
    within = Within(brand=brand, channel=channel)
    with opened(config, db) as bot:
        found = search(bot.store, kind, question, within, limit=limit)
    rows = [
        {
            kind.value: hit.number,
            "ticket": hit.ticket_id and key_of(hit.ticket_id),
            "brand": hit.brand,
            "at": hit.at,
            "text": hit.text if machine else _around(hit, question),
            **({"channel": hit.channel, "who": hit.who} if machine else {}),
        }
        for hit in found.hits
    ]
    output.listing("Found", rows, machine=machine, empty="nothing holds all of that")
    output.cut(len(rows), limit, more=found.before is not None)


def _around(hit: Hit, question: Question) -> str:
    return "".join(one.text for one in pieces(hit.text, question))


@app.command("show")
def show(
    mention: Annotated[str, typer.Argument(help="Its number, as lists show it.")],
    *,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Show one mention: its text, how it stood before each edit, what became of it."""
    with opened(config, db) as bot, bot.store.reading() as store:
        stored = store.mentions.get(MentionId(number(mention, "M")))
        made = store.mentions.decision(stored.id)
        versions = store.mentions.versions(stored.id)
    row = _whole_row(stored, made and made[1], versions)
    if machine:
        output.as_json(row)
        return
    earlier = [(f"before edit {one.number}", _stood(one, stored)) for one in versions]
    author = stored.mention.author
    output.facts(
        f"Mention {stored.id} on {stored.mention.channel}",
        [
            ("text", stored.shown),
            *earlier,
            ("author", author.handle if author else "a deleted account"),
            ("published", stored.mention.published_at),
            ("edited", stored.mention.edited_at),
            ("first seen", stored.ingested_at),
            ("removed there", stored.removed_at),
            ("ticket", row["ticket"]),
            ("SHA-256", row["text_sha256"]),
            ("where", stored.mention.url),
        ],
    )


def _stood(version: MentionVersion, stored: StoredMention) -> str:
    if stored.text_sha256:
        return f"text withdrawn, SHA-256 {version.text_sha256}"
    return version.text


def _whole_row(
    stored: StoredMention,
    ticket_id: TicketId | None,
    versions: Sequence[MentionVersion],
) -> dict[str, object]:
    mention = stored.mention
    return {
        "mention": stored.id,
        "channel": mention.channel,
        "external_id": mention.external_id,
        "source": stored.source,
        "brand": mention.brand,
        "author": mention.author.handle if mention.author else None,
        "text": mention.text,
        "text_sha256": stored.text_sha256 or text_hash(mention.text),
        "url": mention.url,
        "published_at": mention.published_at,
        "edited_at": mention.edited_at,
        "first_seen_at": stored.ingested_at,
        "removed_at": stored.removed_at,
        "ticket": ticket_id and key_of(ticket_id),
        "versions": [
            {
                "number": one.number,
                "text": one.text,
                "text_sha256": one.text_sha256,
                "edited_at": one.edited_at,
                "replaced_at": one.replaced_at,
            }
            for one in versions
        ],
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
