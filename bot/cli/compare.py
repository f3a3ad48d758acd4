"""``bot model compare``: which past decisions another model would change."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import AsJson, Config, Db, opened
from bot.cli.model import CURRENT, Bar
from bot.cli.tickets import instant
from bot.domain.ports import Classifier
from bot.domain.tickets import key_of
from bot.services import compare as work
from bot.services.compare import Changed, Comparison

SHOWN = 50
"""Mentions in the table; JSON has them all."""

SHOWN_CHARACTERS = 120


def compare(  # noqa: PLR0913 - each is an option of the command
    first: Annotated[
        str, typer.Argument(help="A model's folder or name; current: the settings'.")
    ],
    second: Annotated[str, typer.Argument(help="The other one.")],
    *,
    since: Annotated[
        str | None, typer.Option(help="Only what was published since, ISO 8601.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, help="The newest so many decided mentions.")
    ] = 10_000,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Show which past decisions would change with another model; changes nothing."""
    begin = instant(since) if since else None
    with opened(config, db) as bot, Bar("Comparing") as (shown, task):

        def tell(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        found = work.compare(
            bot.store,
            _classifier(bot, first),
            _classifier(bot, second),
            bot.policy,
            since=begin,
            limit=limit,
            progress=tell,
        )
    if machine:
        output.as_json(_json(found))
    else:
        _print(found)


def _classifier(bot: App, name: str) -> Classifier:
    if name == CURRENT:
        return bot.classifier
    return bot.classifier_around(bot.encoder_of(name))


def _print(found: Comparison) -> None:
    output.facts(
        f"{len(found.changed)} of {found.mentions} mentions would change",
        [
            ("first", found.first),
            ("second", found.second),
            ("without tags by the first, scored again", found.scored_again),
            ("decided under packs no more in force", found.other_packs),
        ],
    )
    counts = [
        {"what": what, "from": before, "to": after, "mentions": count}
        for (what, before, after), count in found.counts.items()
    ]
    output.listing("What changes", counts, machine=False, empty="nothing changes")
    rows = [_short(one) for one in found.changed[:SHOWN]]
    if rows:
        output.listing("Where", rows, machine=False, empty="")
    if len(found.changed) > SHOWN:
        words = f"only the first {SHOWN} are listed; --json has them all"
        output.err.print(words, markup=False)


def _short(one: Changed) -> dict[str, object]:
    mention = one.past.stored.mention
    changes = (f"{what} {was} -> {one.after[what]}" for what, was in one.before.items())
    return {
        "mention": one.past.stored.id,
        "ticket": _ticket(one),
        "changes": ", ".join(changes),
        "text": mention.text[:SHOWN_CHARACTERS],
        "where": mention.url,
    }


def _ticket(one: Changed) -> str | None:
    return None if one.past.ticket_id is None else key_of(one.past.ticket_id)


def _json(found: Comparison) -> dict[str, object]:
    return {
        "first": found.first,
        "second": found.second,
        "mentions": found.mentions,
        "scored_again": found.scored_again,
        "other_packs": found.other_packs,
        "counts": [
            {"what": what, "from": before, "to": after, "mentions": count}
            for (what, before, after), count in found.counts.items()
        ],
        "changed": [
            {
                "mention": one.past.stored.id,
                "external_id": one.past.stored.mention.external_id,
                "ticket": _ticket(one),
                "url": one.past.stored.mention.url,
                "text": one.past.stored.mention.text,
                "before": dict(one.before),
                "after": dict(one.after),
            }
            for one in found.changed
        ],
    }
