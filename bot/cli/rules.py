"""``bot rules``: the packs on disk, what they promise, and whether they hold."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.bootstrap import App
from bot.cli import output, tickets
from bot.cli.context import AsJson, Config, Db, opened
from bot.domain.clocks import PackRef
from bot.domain.mentions import StoredMention
from bot.domain.packs import ClockRule, Duration, RegulationPack
from bot.domain.platforms import Allowance, PrivateReply
from bot.domain.tags import Tags
from bot.errors import Missing, PackError, SettingsError
from bot.rules.calendars import Calendar, calendar_of
from bot.rules.care import care_warnings
from bot.rules.case import Case, CaseClock, Happened, clocks_of
from bot.rules.check import Verdict, check_file
from bot.rules.handoff import hand_off_warnings
from bot.rules.letters import letter_problems
from bot.rules.library import Library, load_library
from bot.rules.lint import pack_warnings
from bot.rules.load import load_house
from bot.rules.platforms import platform_warnings, stated
from bot.rules.sources import read
from bot.services.rules import Recomputed, replay, scope_of

app = typer.Typer(help="Complaint rules: packs and deadlines.", no_args_is_help=True)

NOBODYS = PackRef(id="", version="", sha256="")

Root = Annotated[
    Path | None,
    typer.Option("--packs", help="Folder of all packs; else where the settings' lie."),
]
Name = Annotated[str, typer.Argument(help="A pack, such as au.asic.rg271.")]


def _root(bot: App, chosen: Path | None) -> Path:
    return chosen or bot.settings.packs.regulation.parent.parent


@app.command("list")
def list_packs(
    *, packs: Root = None, machine: AsJson = False, config: Config = None
) -> None:
    """List every pack with its version, status and number of clocks."""
    with opened(config) as bot:
        library = load_library(_root(bot, packs))
        chosen = bot.settings.packs.regulation.resolve()
    rows = [
        {
            "pack": pack.ref.id,
            "version": pack.ref.version,
            "status": pack.status.value,
            "clocks": len(pack.clocks),
            "in_use": folder.resolve() == chosen,
            **(_further(pack) if machine else {}),
        }
        for folder, pack in library.packs
    ]
    output.listing("Rule packs", rows, machine=machine, empty="there are none")


def _further(pack: RegulationPack) -> dict[str, object]:
    return {
        "title": pack.title,
        "effective_from": pack.effective_from.isoformat(),
        "sha256": pack.ref.sha256,
    }


@app.command("show")
def show(
    name: Name,
    *,
    version: Annotated[str | None, typer.Option(help="Else the newest.")] = None,
    packs: Root = None,
    machine: AsJson = False,
    config: Config = None,
) -> None:
    """Show one pack: its classes and every clock with its paragraph."""
    with opened(config) as bot:
        pack = _pack(load_library(_root(bot, packs)), name, version)
    rows = [_row(rule) for rule in pack.clocks.values()]
    head = {
        "pack": f"{pack.ref.id} {pack.ref.version}",
        "title": pack.title,
        "status": pack.status.value,
        "effective_from": pack.effective_from.isoformat(),
        "sha256": pack.ref.sha256,
        "default_class": pack.default_class,
    }
    if machine:
        classes = {key: one.title for key, one in pack.classes.items()}
        output.as_json({**head, "classes": classes, "clocks": rows})
        return
    output.facts(f"{pack.title}", head.items())
    kinds = [
        {"class": key, "title": v.title, "cite": v.cite}
        for key, v in pack.classes.items()
    ]
    output.listing("Classes", kinds, machine=False, empty="")
    output.listing("Clocks", rows, machine=False, empty="it has no clock")
    body = pack.escalation_body
    if body:
        facts = [("web", body.web), ("phone", body.phone), ("e-mail", body.email)]
        shown = [(key, said) for key, said in facts if said]
        output.facts(body.name, [*shown, ("verified on", body.verified_on)])


def _row(rule: ClockRule) -> dict[str, object]:
    by_class = {key: _words(term.duration) for key, term in rule.by_class.items()}
    usual = (
        _words(rule.duration)
        if rule.duration
        else rule.due_with and f"with {rule.due_with}"
    )
    terms = ", ".join(
        [*filter(None, [usual]), *(f"{key}: {said}" for key, said in by_class.items())]
    )
    return {
        "clock": rule.id,
        "start": rule.start,
        "within": terms,
        "met_by": ", ".join(rule.met_by),
        "force": rule.force.value,
        "cite": rule.cite,
    }


def _words(duration: Duration) -> str:
    return f"{duration.n} {duration.unit.replace('_', ' ')}"


def _pack(library: Library, name: str, version: str | None) -> RegulationPack:
    if version is None:
        return library.newest(name)
    for pack in library.versions(name):
        if pack.ref.version == version:
            return pack
    known = ", ".join(one.ref.version for one in library.versions(name)) or "none"
    raise PackError(f"there is no {name} {version}; there is {known}")


@app.command("lint")
def lint(
    *,
    packs: Root = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 for a warning too.")
    ] = False,
    config: Config = None,
) -> None:
    """Read every pack, refuse mistakes by file, line and key, and name warnings."""
    with opened(config) as bot:
        library = load_library(_root(bot, packs))
        today = bot.clock.now().date()
        house = read(bot.packs.house)
        lacking = list(
            (
                *care_warnings(bot.policy.house, bot.policy.calendar.place, today),
                *hand_off_warnings(bot.policy.house, today),
            )
            if packs is None
            else ()
        )
        channels = read(bot.settings.packs.platforms)
        unread = list(platform_warnings(bot.policy.platforms) if packs is None else ())
        books = bot.letters if packs is None else {}
    warnings = 0
    for folder, pack in library.packs:
        for problem in pack_warnings(pack, today):
            key = ".".join(str(part) for part in problem.key)
            output.out.print(f"{folder}: {key}: {problem.words}", markup=False)
            warnings += 1
    for problem in lacking:
        output.out.print(str(house.error(problem.key, problem.words)), markup=False)
        warnings += 1
    for problem in unread:
        output.out.print(str(channels.error(problem.key, problem.words)), markup=False)
        warnings += 1
    for (name, _), book in books.items():
        for words in letter_problems(library.newest(name), book):
            output.out.print(f"{bot.settings.packs.letters}: {words}", markup=False)
            warnings += 1
    count = len(library.packs)
    output.out.print(f"{count} packs read, {warnings} warnings", markup=False)
    if strict and warnings:
        raise typer.Exit(1)


@app.command("platforms")
def platforms(
    channel: Annotated[
        str | None, typer.Argument(help="A channel, such as x; else all.")
    ] = None,
    *,
    machine: AsJson = False,
    config: Config = None,
) -> None:
    """Show what each platform lets us do, with the source of each rule."""
    with opened(config) as bot:
        pack = bot.policy.platforms
    if channel is not None and channel not in pack.channels:
        raise Missing(
            f"there are no rules for {channel!r}: who turned to us there is answered; "
            f"known are {', '.join(pack.channels)}"
        )
    chosen = [channel] if channel else list(pack.channels)
    rows = [
        {
            "channel": name,
            "rule": rule,
            "says": _says(getattr(pack.channels[name], rule)),
            "source": pack.channels[name].cites[rule].source,
            "certainty": pack.channels[name].cites[rule].certainty.value,
        }
        for name in chosen
        for rule in stated(pack.channels[name])
    ]
    output.listing(
        f"{pack.title} ({pack.ref.version})", rows, machine=machine, empty=""
    )


def _says(value: object) -> str:
    """Write a rule's value as a person reads it."""
    match value:
        case tuple():
            return "; ".join(_says(one) for one in value)
        case PrivateReply():
            return f"{value.at_most} within {value.within}"
        case Allowance():
            return f"{value.at_most} {value.unit} within {value.within}"
        case bool():
            return "yes" if value else "no"
    return str(value)


@app.command("diff")
def diff(
    name: Name,
    old: Annotated[str, typer.Argument(help="A version of the pack.")],
    new: Annotated[str, typer.Argument(help="Another one.")],
    *,
    packs: Root = None,
    config: Config = None,
) -> None:
    """Say what two versions of a pack promise differently; 1 if anything."""
    with opened(config) as bot:
        library = load_library(_root(bot, packs))
    before, after = _pack(library, name, old), _pack(library, name, new)
    lines = list(
        difflib.unified_diff(
            _flat(before),
            _flat(after),
            f"{name} {old}",
            f"{name} {new}",
            lineterm="",
            n=0,
        )
    )
    for line in lines:
        output.out.print(line, markup=False)
    if lines:
        raise typer.Exit(1)
    output.out.print("they promise the same", markup=False)


def _flat(pack: RegulationPack) -> list[str]:
    """Return all that a pack says, one line a value, so that lines can be compared."""
    return sorted(_lines("", asdict(replace(pack, ref=NOBODYS, files={}))))


def _lines(at: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, said in value.items():
            yield from _lines(f"{at}.{key}" if at else str(key), said)
    elif value not in (None, "", (), False):
        yield f"{at}: {value}"


@app.command("preview")
def preview(  # noqa: PLR0913 - what the preview rests on, by keyword
    name: Annotated[
        str | None, typer.Argument(help="A pack; else the one in use.")
    ] = None,
    *,
    received: Annotated[
        str | None, typer.Option("--received", help="ISO 8601; now if left out.")
    ] = None,
    legal_class: Annotated[
        str | None, typer.Option("--class", help="A class of the pack.")
    ] = None,
    place: Annotated[
        str | None, typer.Option(help="AU-NSW, GB-ENG, ...; else the settings'.")
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option("--event", help="NAME=TIME; may be given several times."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Deadlines shown.")] = 10,
    packs: Root = None,
    machine: AsJson = False,
    config: Config = None,
) -> None:
    """Show the next deadlines of a complaint that comes in at an instant."""
    with opened(config) as bot:
        library = load_library(_root(bot, packs))
        settings = bot.settings
        calendar = calendar_of(
            place or settings.place,
            zone=settings.zone if place is None else None,
            extra=settings.holidays,
        )
        at = _instant(received, calendar) if received else bot.clock.now()
        used = bot.settings.packs.regulation.parent.name
    day = calendar.local_date(at)
    pack = library.governing(name or used, day)
    happened = [Happened(name="received", at=at), *_events(events or (), calendar)]
    case = Case(legal_class=legal_class or pack.default_class, events=happened, now=at)
    try:
        found = clocks_of(pack, case, calendar, beside=library.beside(pack, day))
    except ValueError as error:
        raise SettingsError(f"{error}; it has {', '.join(pack.classes)}") from None
    rows = [_deadline(one, calendar) for one in _next(found.values(), at)][:limit]
    head = f"{pack.ref.id} {pack.ref.version}, {calendar.place}"
    title = f"{head}, received {_local(at, calendar)}"
    output.listing(title, rows, machine=machine, empty="nothing falls due")


def _next(clocks: Iterable[CaseClock], at: datetime) -> list[CaseClock]:
    found = [one for one in clocks if one.plan.due_legal >= at]
    return sorted(found, key=lambda one: (one.plan.due_strict, one.rule.id))


def _deadline(one: CaseClock, calendar: Calendar) -> dict[str, object]:
    rule = one.rule
    return {
        "clock": rule.id,
        "due": _local(one.plan.due_strict, calendar),
        "legally": _local(one.plan.due_legal, calendar),
        "force": rule.force.value,
        "cite": rule.cite,
    }


def _local(at: datetime, calendar: Calendar) -> str:
    return f"{at.astimezone(calendar.zone):%a %Y-%m-%d %H:%M %Z}"


def _events(given: Iterable[str], calendar: Calendar) -> Iterator[Happened]:
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            raise SettingsError(f"--event {one} is not NAME=TIME")
        yield Happened(name=name, at=_instant(value, calendar))


def _instant(value: str, calendar: Calendar) -> datetime:
    """Read an instant; a day alone is its end, in the place's own time."""
    try:
        return calendar.end_of(date.fromisoformat(value))
    except ValueError:
        return tickets.instant(value).astimezone(UTC)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A YAML list of worked examples.")],
    *,
    packs: Root = None,
    config: Config = None,
) -> None:
    """Evaluate worked examples with the packs, one line a case; 1 if any failed."""
    with opened(config) as bot:
        library = load_library(_root(bot, packs))
        house = load_house(bot.packs.house)

        def tag(stored: StoredMention) -> Tags:
            return bot.classifier.tag([stored])[0]

        def scope(
            pack: RegulationPack, case: Mapping[str, object]
        ) -> Mapping[str, object]:
            return scope_of(pack, case, house, tag)

        passed = failed = 0
        for verdict in check_file(file, library, scope):
            _tell(verdict)
            failed += bool(verdict.failures)
            passed += not verdict.failures
    typer.echo(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)


def _tell(verdict: Verdict) -> None:
    typer.echo(output.visible(verdict.line))
    if verdict.unknown:
        names = ", ".join(verdict.unknown)
        words = f"{verdict.id}: no clock of the pack knows {names}; it changes nothing"
        output.err.print(output.visible(words), markup=False)


@app.command("replay")
def replay_rules(
    *,
    since: Annotated[str, typer.Option("--from", help="ISO 8601; from then on.")],
    until: Annotated[
        str | None, typer.Option("--to", help="ISO 8601; before then. Now if none.")
    ] = None,
    packs: Root = None,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Compute a period's deadlines anew from the log and compare; 1 if any differs."""
    with opened(config, db) as bot:
        library = load_library(_root(bot, packs))
        extra = bot.settings.holidays

        def calendars(place: str, zone: str) -> Calendar:
            return calendar_of(place, zone=zone, extra=extra)

        last = tickets.instant(until) if until else bot.clock.now()
        with bot.store.audit_log() as log:
            found = list(
                replay(
                    log,
                    library,
                    calendars,
                    since=tickets.instant(since),
                    until=last,
                    kept=(lambda _ref: None) if packs else bot.kept_pack,
                )
            )
    differing = [one for one in found if not one.is_same]
    if machine:
        output.as_json([_compared(one) for one in found])
    else:
        for one in found:
            output.out.print(_line(one), markup=False)
        same = len(found) - len(differing)
        words = f"{same} as promised, {len(differing)} not"
        output.out.print(f"{len(found)} deadlines recomputed: {words}", markup=False)
    if differing:
        raise typer.Exit(1)


def _compared(one: Recomputed) -> dict[str, object]:
    return {
        "entry": one.entry,
        "ticket": one.ticket,
        "rule": one.rule,
        "pack": one.pack,
        "due_strict": one.promised[0],
        "due_legal": one.promised[1],
        "recomputed_strict": one.found and one.found[0],
        "recomputed_legal": one.found and one.found[1],
        "same": one.is_same,
        "why": one.why,
    }


def _line(one: Recomputed) -> str:
    said = (
        f"{one.promised[0]:%Y-%m-%d %H:%M:%S}Z / {one.promised[1]:%Y-%m-%d %H:%M:%S}Z"
    )
    head = f"{one.ticket} {one.rule} ({one.pack}): {said}"
    if one.is_same:
        return f"{head} same"
    if one.found is None:
        return f"{head} NOT RECOMPUTED: {one.why}"
    return f"{head} DIFFERS: {_both(one.found)}"


def _both(due: tuple[datetime, datetime]) -> str:
    """Return strict and legal due time to the second, in UTC."""
    return " / ".join(f"{at:%Y-%m-%d %H:%M:%S}Z" for at in due)
