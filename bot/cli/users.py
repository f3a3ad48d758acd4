"""``bot user``: who may sign in at the console, and which programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import AsJson, Config, Db, MaybeBy, Why, number, opened
from bot.domain.staff import SHELL, ApiKey, Role, User
from bot.domain.tickets import TicketId
from bot.services import staff as work

app = typer.Typer(
    help="Who may sign in at the console: people and programs.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The name, as it stands in the log.")]
AsRole = Annotated[Role, typer.Option("--role", help="What they are here for.")]
Brands = Annotated[
    list[str] | None,
    typer.Option("--brand", help="A brand that they see; all of them without one."),
]


@app.command("add")
def add(
    name: Name,
    *,
    role: AsRole,
    brand: Brands = None,
    by: MaybeBy = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Add somebody, and print the link by which they set their own password."""
    with opened(config, db) as bot:
        bot.unchecked_store.upgrade()
        _check_brands(bot, brand)
        _, given = work.add_user(
            bot.store, bot.clock, name, role, brands=brand or (), by=by or SHELL
        )
        _tell_link(bot, given)


@app.command("list")
def list_users(
    *, machine: AsJson = False, config: Config = None, db: Db = None
) -> None:
    """List everybody who may sign in, or once could."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.staff.listing(MOST_SHOWN)
    rows = [_user_row(one) for one in found]
    output.listing("Users", rows, machine=machine, empty="nobody can sign in yet")


@app.command("change")
def change(  # noqa: PLR0913 - each is an option of the command
    name: Name,
    *,
    role: Annotated[
        Role | None, typer.Option("--role", help="What they are here for now.")
    ] = None,
    brand: Brands = None,
    every_brand: Annotated[
        bool, typer.Option("--every-brand", help="Let them see every brand again.")
    ] = False,
    by: MaybeBy = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Change somebody's role or brands; they must sign in anew."""
    with opened(config, db) as bot:
        _check_brands(bot, brand)
        brands = () if every_brand else brand
        after = work.change_user(
            bot.store, bot.clock, name, role=role, brands=brands, by=by or SHELL
        )
    seen = ", ".join(sorted(after.brands)) or "every brand"
    _tell(f"{after.name} is {after.role.value} and sees {seen}")


@app.command("password")
def password(
    name: Name,
    *,
    without_factor: Annotated[
        bool,
        typer.Option("--without-factor", help="Forget their second factor too."),
    ] = False,
    by: MaybeBy = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Print a link to a new password; earlier links are void, locks are lifted."""
    with opened(config, db) as bot:
        given = work.make_link(
            bot.store, bot.clock, name, by=by or SHELL, without_factor=without_factor
        )
        _tell_link(bot, given)


@app.command("disable")
def disable(
    name: Name, *, by: MaybeBy = None, config: Config = None, db: Db = None
) -> None:
    """Let somebody not in any more, from this moment on."""
    with opened(config, db) as bot:
        after = work.disable(bot.store, bot.clock, name, by=by or SHELL)
    _tell(f"{after.name} cannot sign in any more; their sessions are over")


@app.command("enable")
def enable(
    name: Name, *, by: MaybeBy = None, config: Config = None, db: Db = None
) -> None:
    """Let somebody in again, by the password that they had."""
    with opened(config, db) as bot:
        after = work.enable(bot.store, bot.clock, name, by=by or SHELL)
    _tell(f"{after.name} can sign in")


@app.command("unlock")
def unlock(
    name: Name, *, by: MaybeBy = None, config: Config = None, db: Db = None
) -> None:
    """Lift the lock that failed tries put on somebody's name."""
    with opened(config, db) as bot:
        was_locked = work.unlock(bot.store, bot.clock, name, by=by or SHELL)
    _tell("the failed tries are forgotten" if was_locked else "no try had failed")


@app.command("revoke")
def revoke(
    name: Name, *, by: MaybeBy = None, config: Config = None, db: Db = None
) -> None:
    """End all of somebody's sessions; they may sign in anew."""
    with opened(config, db) as bot:
        ended = work.revoke(bot.store, bot.clock, name, by=by or SHELL)
    _tell(f"{ended} sessions are over")


@app.command("key")
def key(  # noqa: PLR0913 - each is an option of the command
    name: Name,
    *,
    role: AsRole,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it lasts.")] = 90,
    brand: Brands = None,
    by: MaybeBy = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Make an API key for a program; it is printed this once."""
    with opened(config, db) as bot:
        _check_brands(bot, brand)
        asked = work.NewKey(
            name=name, role=role, lasts=timedelta(days=days), brands=brand or ()
        )
        given = work.make_key(bot.store, bot.clock, asked, by=by or SHELL)
    _tell_aside(
        f"It is shown this once and lasts until {output.cell(given.ends_at)}; "
        "send it as Authorization: Bearer KEY."
    )
    typer.echo(given.token)


@app.command("keys")
def keys(*, machine: AsJson = False, config: Config = None, db: Db = None) -> None:
    """List the API keys, the newest first; never the keys themselves."""
    with opened(config, db) as bot, bot.store.reading() as store:
        found = store.staff.keys(MOST_SHOWN)
    rows = [_key_row(one) for one in found]
    output.listing("API keys", rows, machine=machine, empty="there is no API key")


@app.command("revoke-key")
def revoke_key(
    name: Name, *, by: MaybeBy = None, config: Config = None, db: Db = None
) -> None:
    """Let an API key be of no use any more, from this moment on."""
    with opened(config, db) as bot:
        ended = work.revoke_key(bot.store, bot.clock, name, by=by or SHELL)
    _tell("the key is of no use any more" if ended else "it was revoked already")


@app.command("give")
def give(  # noqa: PLR0913 - each is an option of the command
    name: Name,
    tickets: Annotated[list[str], typer.Argument(help="As in T-000012 T-000013.")],
    *,
    until: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Their end, in `zone`."
        ),
    ],
    reason: Why,
    by: MaybeBy = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Let a regulator read tickets until an instant, and nothing else."""
    with opened(config, db) as bot:
        view = work.View(
            tickets=[TicketId(number(one, "T")) for one in tickets],
            until=until.replace(tzinfo=ZoneInfo(bot.settings.zone)),
            reason=reason,
        )
        given = work.give_cases(bot.store, bot.clock, name, view, by=by or SHELL)
    ends = output.cell(view.until.astimezone(UTC))
    _tell(f"{len(given)} cases are theirs to read until {ends}")


@app.command("take-back")
def take_back(
    name: Name,
    ticket: Annotated[str, typer.Argument(help="As in T-000012.")],
    *,
    by: MaybeBy = None,
    config: Config = None,
    db: Db = None,
) -> None:
    """Take a ticket back from a regulator, from this moment on."""
    ticket_id = TicketId(number(ticket, "T"))
    with opened(config, db) as bot:
        had_it = work.take_back_case(
            bot.store, bot.clock, name, ticket_id, by=by or SHELL
        )
    _tell("they cannot read it any more" if had_it else "they did not have it")


MOST_SHOWN = 10_000


def _check_brands(bot: App, brands: list[str] | None) -> None:
    strange = sorted(set(brands or ()) - set(bot.brands))
    if strange:
        known = ", ".join(sorted(bot.brands)) or "none"
        message = f"there is no brand {strange[0]!r}; there are: {known}"
        raise typer.BadParameter(message)


def _tell_link(bot: App, given: work.Given) -> None:
    _tell_aside(
        f"It works once, until {output.cell(given.ends_at)}; give it to nobody else. "
        "The console must run for it: bot run, or bot serve."
    )
    typer.echo(f"{bot.settings.console.url}/welcome/{given.token}")


def _user_row(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role.value,
        "brands": ", ".join(sorted(user.brands)) or "all",
        "password": bool(user.password),
        "second_factor": bool(user.totp),
        "disabled_at": user.disabled_at,
    }


def _key_row(one: ApiKey) -> dict[str, object]:
    return {
        "name": one.name,
        "role": one.role.value,
        "brands": ", ".join(sorted(one.brands)) or "all",
        "made_by": one.made_by,
        "ends_at": one.ends_at,
        "used_at": one.used_at,
        "revoked_at": one.revoked_at,
    }


def _tell(words: str) -> None:
    output.out.print(words, markup=False)


def _tell_aside(words: str) -> None:
    output.err.print(words, markup=False)
