"""``bot ticket open`` and ``pack``: clocks that no public post starts."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli import output
from bot.cli.context import By, Config, Db, Why, number, opened
from bot.cli.tickets import Key, facts_of, instant, tell_followed
from bot.domain.decisions import Severity
from bot.domain.packs import RECEIVED, PackStatus, RegulationPack
from bot.domain.tickets import TicketId
from bot.services import opening as work
from bot.services.opening import Start


def open_ticket(  # noqa: PLR0913 - each is an option of the command
    *,
    brand: Annotated[str, typer.Option(help="The brand that it is about.")],
    reference: Annotated[
        str, typer.Option(help="What it is called where it came from; no names.")
    ],
    at: Annotated[str, typer.Option("--at", help="When it came, ISO 8601.")],
    by: By,
    reason: Why,
    pack: Annotated[
        str, typer.Option(help="The pack that governs it; else the one in use.")
    ] = "",
    event: Annotated[str, typer.Option(help="What starts its clocks.")] = RECEIVED,
    legal_class: Annotated[
        str, typer.Option("--class", help="Its class; else the pack's default.")
    ] = "",
    severity: Annotated[Severity, typer.Option(help="How bad it is.")] = (
        Severity.MEDIUM
    ),
    fact: Annotated[
        list[str] | None, typer.Option("--fact", help="NAME=VALUE that came with it.")
    ] = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Open a ticket for what came by a portal, an ombudsman, a letter or a call."""
    start = Start(
        brand=brand,
        reference=reference,
        event=event,
        happened_at=instant(at),
        legal_class=legal_class,
        severity=severity,
        facts=facts_of(fact or ()),
    )
    with opened(config, db) as bot:
        done = work.open_by_hand(
            bot.store, bot.policy, bot.clock, start, pack=pack, by=by, why=reason
        )
    words = f"{done.ticket.key} is open in {done.ticket.queue}, under "
    output.out.print(words + _named(done.pack), markup=False, soft_wrap=True)
    for one in done.clocks:
        due = f"{one.plan.rule} ({one.plan.cite}): due "
        told = due + output.cell(one.plan.due_strict)
        output.out.print(f"  {told}", markup=False, soft_wrap=True)


def add_pack(
    key: Key,
    pack: Annotated[str, typer.Argument(help="The pack, such as au.gicop.")],
    *,
    by: By,
    reason: Why,
    config: Config = None,
    db: Db = None,
) -> None:
    """Let the clocks of a further pack run on a ticket too."""
    with opened(config, db) as bot:
        added, followed = work.add_pack(
            bot.store,
            bot.policy,
            bot.clock,
            TicketId(number(key, "T")),
            pack,
            by=by,
            why=reason,
        )
    words = f"{key} is under {_named(added)} too"
    output.out.print(words, markup=False, soft_wrap=True)
    words = "none of its clocks runs before what starts it is recorded"
    tell_followed(followed, otherwise=words)


def _named(pack: RegulationPack) -> str:
    name = f"{pack.ref.id} {pack.ref.version}"
    if pack.status is PackStatus.DRAFT:
        return f"{name}, a draft: nobody checked its figures against the primary text"
    return name
