"""``bot ticket review`` and ``unreviewed``: whether it is a complaint, fact by fact."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import AsJson, By, Config, Db, Why, opened
from bot.cli.corrections import YesNo, meant
from bot.cli.replies import NOT_CONFIRMED
from bot.cli.tickets import tell_followed, ticket_row
from bot.domain.decisions import Answer, Scope
from bot.domain.tickets import Ticket
from bot.services import scope as work
from bot.services.scope import Reviewed

WARNING = (
    "A complaint stays one, whatever it is called: it is no 'feedback' for being "
    "spoken, for seeming to have no merit, or because something was paid (RG 271.31)."
)

Fact = Annotated[YesNo | None, typer.Option(help="As you see it; else as it was.")]


def review(  # noqa: PLR0913 - each is an option of the command
    key: Annotated[
        str, typer.Argument(help="The mention, such as 12, or its ticket, T-000012.")
    ],
    *,
    by: By,
    reason: Why,
    dissatisfaction: Fact = None,
    response_expected: Fact = None,
    channel_controlled: Fact = None,
    author_reachable: Fact = None,
    exclusion: Annotated[
        str | None, typer.Option(help="What excludes it, as the pack names it; none.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before clocks end.")
    ] = False,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say whether it is a complaint, fact by fact; its legal clocks follow."""
    given = {
        "dissatisfaction": dissatisfaction,
        "response_expected": response_expected,
        "channel_controlled": channel_controlled,
        "author_reachable": author_reachable,
    }
    told = {name: Answer(value) for name, value in given.items() if value}
    if not told and exclusion is None:
        message = "answer one fact at least, as in --dissatisfaction yes"
        raise typer.BadParameter(message)
    is_denied = Answer.NO in told.values() or exclusion not in {None, "none"}
    if is_denied and not machine:
        output.out.print(WARNING, markup=False, soft_wrap=True)
    if is_denied and not yes and not typer.confirm("Say that it is no complaint?"):
        output.out.print("nothing was changed", markup=False)
        raise typer.Exit(NOT_CONFIRMED)
    with opened(config, db) as bot:
        done = work.review(
            bot.store,
            bot.policy,
            bot.clock,
            meant(bot, key),
            told,
            exclusion=exclusion,
            by=by,
            why=reason,
        )
    if machine:
        output.as_json(_row(done))
        return
    output.out.print(_said(done), markup=False, soft_wrap=True)
    for one in done.ended:
        words = f"{one.state} -> excused: {one.plan.rule} ({one.plan.cite})"
        output.out.print(f"  {words}: not owed", markup=False, soft_wrap=True)
    tell_followed(done.followed)


def _said(done: Reviewed) -> str:
    now = done.scope.verdict.value
    was = "" if done.was.verdict is done.scope.verdict else f", not {done.was.verdict}"
    if done.ticket is None:
        return f"in scope: {now}{was}; it has no ticket, and nothing is owed by it"
    whole = done.ticket.complaint
    ticket = f"; {done.ticket.key} as a whole: {whole}" if whole != now else ""
    return f"in scope: {now}{was}{ticket or f'; {done.ticket.key}'}"


def _row(done: Reviewed) -> dict[str, object]:
    return {
        "ticket": done.ticket.key if done.ticket else None,
        "complaint": done.ticket.complaint.value if done.ticket else None,
        "was": _answers(done.was),
        "now": _answers(done.scope),
        "ended": [one.plan.rule for one in done.ended],
        "followed": list(done.followed),
    }


def _answers(scope: Scope) -> dict[str, str]:
    facts = {name: fact.answer.value for name, fact in scope.facts.items()}
    return {"verdict": scope.verdict.value, **facts, "exclusion": scope.exclusion}


def unreviewed(
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """List tickets that wait for a review of their scope, the oldest clock first."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.tickets.unreviewed(limit + 1)
        rows = [
            {
                **ticket_row(one, store.clocks.of_ticket(one.id)),
                "doubtful": {
                    str(stored.id): names
                    for stored, names in work.doubtful(store, one.id)
                },
            }
            for one in found[:limit]
        ]
    if machine:
        output.as_json(rows)
    else:
        output.listing(
            "Tickets that a person must review",
            [_short(one, row) for one, row in zip(found, rows, strict=False)],
            machine=False,
            empty="no ticket waits for a review",
            widths={"next_deadline": len("acknowledge_target")},
        )
    output.cut(len(rows), limit, more=len(found) > limit)


def _short(ticket: Ticket, row: dict[str, object]) -> dict[str, object]:
    due = f"{output.cell(row['next_deadline'])} {row['next_rule'] or ''}"
    doubtful = row["doubtful"]
    facts = doubtful if isinstance(doubtful, dict) else {}
    return {
        "ticket": ticket.key,
        "brand": ticket.brand,
        "received_at": ticket.received_at,
        "next_deadline": due,
        "doubtful": "; ".join(
            f"mention {which}: {', '.join(names)}" for which, names in facts.items()
        ),
    }
