"""``bot doctor`` and ``bot config check``: can it work, and if not, why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import typer

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import AsJson, Config, Db, opened
from bot.cli.sources import told_quota
from bot.domain.desks import Sending
from bot.domain.ports import LOG
from bot.domain.tickets import key_of
from bot.errors import BotError, StorageError
from bot.escalate.notices import NoticeRule, rule_for, webhook
from bot.rules.care import care_warnings
from bot.services.replies import KILL_SWITCH
from bot.settings import MAIL

FOUND_TROUBLE = 1
SHOWN_DRIFTED = 5

ROLES = ("operator", "lead", "compliance_officer")
"""Whom notices are for beside the house policy's queues."""

config_app = typer.Typer(help="The settings: check them.", no_args_is_help=True)


class Finding(NamedTuple):
    """One thing that was looked at, and how it stands."""

    what: str
    ok: bool
    detail: str


@config_app.callback()
def _config() -> None:
    """Keep 'check' a command of its own while it is the only one."""


@config_app.command("check")
def check(*, config: Config = None, db: Db = None) -> None:
    """Read settings, packs and wording; nothing is opened, sent or stored."""
    with opened(config, db) as bot:
        policy = bot.policy
        _ = bot.sources, bot.outbox, bot.own_accounts, bot.by_rule, bot.mirrors
        names = ", ".join(bot.sources) or "none"
        people = bot.people.ref.sha256 if bot.people is not None else "none"
        taught = bot.taught.fingerprint if bot.taught is not None else "none"
    house, regulation = policy.house.ref, policy.regulation.ref
    status = policy.regulation.status.value
    output.facts(
        "The settings are good.",
        [
            ("sources", names),
            ("house policy", f"{house.id} {house.version}"),
            ("  its sha256", house.sha256),
            ("regulation", f"{regulation.id} {regulation.version} ({status})"),
            ("  its sha256", regulation.sha256),
            ("sha256 of the wording", policy.templates.ref.sha256),
            ("examples", taught),
            ("sha256 of the people", people),
        ],
    )


def doctor(*, machine: AsJson = False, config: Config = None, db: Db = None) -> None:
    """Look at everything that must work: settings, database, model, each platform."""
    with opened(config, db) as bot:
        findings = [_looked(what, look) for what, look in _looks(bot)]
    rows = [
        {"what": one.what, "state": "ok" if one.ok else "TROUBLE", "detail": one.detail}
        for one in findings
    ]
    output.listing("Doctor", rows, machine=machine, empty="")
    if not all(one.ok for one in findings):
        raise typer.Exit(FOUND_TROUBLE)


def _looks(bot: App) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "packs", lambda: f"{bot.policy.house.ref.id}, {bot.policy.regulation.ref.id}"
    if bot.policy.house.care.signs:
        yield "care", lambda: _care(bot)
    yield "database", lambda: _database(bot)
    yield "deadlines", lambda: _deadlines(bot)
    models = bot.settings.text_models
    for code in models:
        what = f"model {code}" if len(models) > 1 else "model"
        yield what, partial(_model, bot, code)
    yield "replies", lambda: _replies(bot)
    for name in bot.settings.sources:
        yield f"source {name}", partial(_source, bot, name)
    notify = bot.settings.notify
    for name in (LOG, *([MAIL] if notify.mail else []), *notify.ways):
        yield f"way {name}", partial(_way, bot, name)
    for desk in bot.settings.desks:
        yield f"desk {desk}", partial(_desk, bot, desk)
    if notify.rules:
        yield "notice rules", lambda: _left_out(bot)


def _looked(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, ok=True, detail=look())
    except BotError as error:
        return Finding(what, ok=False, detail=error.shown)


def _care(bot: App) -> str:
    """Say whether agents can name a crisis line where the house works."""
    place = bot.policy.calendar.place
    house, today = bot.policy.house, bot.clock.now().date()
    warnings = [
        f"{'.'.join(map(str, one.key))}: {one.words}"
        for one in care_warnings(house, place, today)
    ]
    if warnings:
        raise BotError("; ".join(warnings))
    names = ", ".join(one.name for one in house.care.helplines.get(place, ()))
    return f"{len(house.care.signs)} signs; crisis lines for {place}: {names or 'none'}"


def _database(bot: App) -> str:
    with bot.store.reading() as work:
        seal = work.audit.last_seal()
    return f"open; {seal.total if seal else 0} log entries sealed"


def _deadlines(bot: App) -> str:
    """Say whether lists show what the clocks say."""
    with bot.store.reading() as work:
        drifted = work.queues.drifted(SHOWN_DRIFTED)
    if drifted:
        keys = ", ".join(map(key_of, drifted))
        message = (
            f"lists show other deadlines than the clocks of {keys}; the clocks hold, "
            "and the next event on a ticket sets its line right"
        )
        raise BotError(message)
    return "lists show what the clocks say"


def _model(bot: App, language: str) -> str:
    facts = bot.encoder(language).describe()
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _replies(bot: App) -> str:
    live = [name for name in bot.settings.channels if bot.outbox.is_live(name)]
    mode = f"live on {', '.join(live)}" if live else "shadow mode: nothing is sent"
    try:
        with bot.store.reading() as work:
            stops = dict(work.switches.under(KILL_SWITCH))
    except StorageError:
        # The database's own line says so already.
        return mode
    if not stops:
        return mode
    everything = stops.pop(KILL_SWITCH, "")
    told = [f"all stopped by hand ({everything})"] if everything else []
    for name, why in sorted(stops.items()):
        what, _, which = name.removeprefix(f"{KILL_SWITCH}.").partition(".")
        told.append(f"{what} {which} stopped by hand ({why})")
    return f"{', '.join(told)}; without that {mode}"


def _source(bot: App, name: str) -> str:
    health = bot.sources[name].connector.check()
    if not health.ok:
        raise BotError(health.detail)
    ends = health.token_expires_at
    told = [f"its credential ends on {ends:%Y-%m-%d %H:%M} UTC"] if ends else []
    return "; ".join([health.detail, *told, *map(told_quota, health.quotas)])


def _way(bot: App, name: str) -> str:
    """Say what a way is and for whom; only 'bot notify test' sends anything."""
    way = bot.by_rule.ways[name]
    told = [
        f"{', '.join(rule.to)} ({uses})"
        for rule in bot.by_rule.rules
        if rule.to != (webhook(name),) and (uses := _uses(rule, name))
    ]
    if any(rule.to == (webhook(name),) for rule in bot.by_rule.rules):
        told.append("triggers")
    if way in bot.notifiers:
        told.append("whom no rule names")
    return f"{way.kind}; for {'; '.join(told)}"


def _desk(bot: App, name: str) -> str:
    """Sign in at a desk, and count what it was not told."""
    mirror = next(one for one in bot.mirrors if one.name == name)
    said = mirror.desk.check()
    with bot.store.reading() as work:
        counts = work.desks.counts(name)
    waits = sum(counts.values()) - counts.get(Sending.GIVEN_UP, 0)
    if given_up := counts.get(Sending.GIVEN_UP, 0):
        message = f"{said}; {given_up} changes were given up: bot desk list {name}"
        raise BotError(message)
    return f"{said}; {waits} changes wait"


def _uses(rule: NoticeRule, way: str) -> str:
    kinds = {"important": rule.important, "default": rule.default}
    return " and ".join(kind for kind, ways in kinds.items() if way in ways)


def _left_out(bot: App) -> str:
    """Name those whom no rule names, so that a misspelt name is seen."""
    everybody = {*bot.policy.house.queues, *ROLES}
    left = sorted(who for who in everybody if not rule_for(bot.by_rule.rules, who))
    return f"no rule names {', '.join(left)}" if left else "there is one for everybody"
