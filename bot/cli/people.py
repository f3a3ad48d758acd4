"""``bot people``: who is at work, and whose turn a ticket would be."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import AsJson, Config, Db, opened
from bot.cli.tickets import instant
from bot.domain.people import Need, Person, Roster
from bot.errors import Missing
from bot.escalate.people import (
    in_turn,
    is_away,
    is_on_shift,
    next_on_shift,
    skilled,
    workers,
)
from bot.services.viewing import uncovered

app = typer.Typer(help="Our own people: who works when.", no_args_is_help=True)

At = Annotated[
    str | None, typer.Option("--at", help="When, ISO 8601; now if left out.")
]


@app.command("list")
def list_people(
    *, at: At = None, machine: AsJson = False, config: Config = None, db: Db = None
) -> None:
    """List everybody: on shift or away, from when, on which queues, with what load."""
    with opened(config, db) as bot, bot.store.reading() as store:
        roster, when = _roster(bot), _when(bot, at)
        load = store.tickets.load()
        read = {
            person.name: uncovered(store, person.name, person.zone or "UTC", when)
            for person in roster.people.values()
        }
    rows = [
        {
            "name": person.name,
            "at_work": _standing(person, when),
            "next": next_on_shift(person, when),
            "tickets": load.get(person.name, 0),
            "abuse_read": read[person.name],
            "queues": ", ".join(_queues(roster, person)),
            "manager": person.manager,
        }
        for person in roster.people.values()
    ]
    title = f"Our people at {output.cell(when)}"
    output.listing(title, rows, machine=machine, empty="the roster is empty")


@app.command("who")
def who(  # noqa: PLR0913 - each is an option of the command
    queue: Annotated[str, typer.Argument(help="A queue of the house.")],
    *,
    at: At = None,
    language: Annotated[
        str, typer.Option(help="The author's language, as in hi.")
    ] = "",
    brand: Annotated[str, typer.Option(help="What the ticket is about.")] = "",
    topic: Annotated[str, typer.Option(help="The topic that it is about.")] = "",
    influencer: Annotated[
        bool, typer.Option("--influencer", help="The author is one.")
    ] = False,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Say who would be called for a ticket of a queue, in the order of their turn."""
    with opened(config, db) as bot, bot.store.reading() as store:
        roster, when = _roster(bot), _when(bot, at)
        if queue not in bot.policy.house.queues:
            names = ", ".join(bot.policy.house.queues)
            message = f"the house has no queue {queue!r}; there are: {names}"
            raise Missing(message)
        load = store.tickets.load()
    about = tuple(one for one in (brand, topic) if one)
    need = Need(language=language, products=about, influencers=influencer)
    there = [one for one in workers(roster, queue) if is_on_shift(one, when)]
    rows = [
        {"name": one.name, "tickets": load.get(one.name, 0)}
        for one in in_turn(skilled(there, need), load, 0)
    ]
    title = f"On {queue} at {output.cell(when)}, first in turn first"
    empty = f"nobody works on {queue} at {output.cell(when)}"
    output.listing(title, rows, machine=machine, empty=empty)


def _roster(bot: App) -> Roster:
    if bot.people is None:
        message = "the settings name no file of people; say people: config/people.yaml"
        raise Missing(message)
    return bot.people


def _when(bot: App, at: str | None) -> datetime:
    return instant(at) if at else bot.clock.now()


def _standing(person: Person, at: datetime) -> str:
    if is_away(person, at):
        return "away"
    return "yes" if is_on_shift(person, at) else "no"


def _queues(roster: Roster, person: Person) -> list[str]:
    return [
        queue
        for team in roster.teams.values()
        if person.name in team.members
        for queue in team.queues
    ]
