"""``bot run``, ``bot poll``, ``bot replay``: the main job, with its progress shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from bot.bootstrap import App
from bot.cli import output
from bot.cli.context import (
    AsJson,
    Config,
    Db,
    Host,
    Port,
    opened,
    settings,
    stop_on_signal,
)
from bot.clock import ReplayClock, stopwatch
from bot.errors import AccessDenied, Missing
from bot.reports.summary import as_json, rows
from bot.services.ingest import Source
from bot.settings import Loaded, Notify, SourceSettings
from bot.work.local import Local, Tally, peak_memory
from bot.work.pace import Paced, standing
from bot.work.steps import may_be_asked

DEFAULT_SPEED = 600.0
"""How much faster than life a stream is replayed: an hour in six seconds."""

PACED_PAGE = 10
"""Mentions a page when time matters: a page waits for its last mention's time."""

PAUSE_SECONDS = 1.0
"""Between two looks at whether a source that asked for a pause may be asked again."""


def run(  # noqa: PLR0913 - one parameter an option
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Process what is there, sum up and stop.")
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option("--speed", min=0.1, help="Pace of replayed sources; 600 if live."),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    no_console: Annotated[
        bool, typer.Option("--no-console", help="Serve none; --once never does.")
    ] = False,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Listen, tag, decide, reply, watch deadlines; --once does what is there."""
    loaded = settings(config, db)
    with running(loaded, speed=speed if once else speed or DEFAULT_SPEED) as bot:
        if once:
            _once(bot.app, bot.sources, machine=machine)
            return
        stop_on_signal(bot.stop)
        _complain(bot.app)
        with nullcontext() if no_console else _console(bot.app, host, port):
            _forever(bot.app, bot.sources, bot.stop)


@contextmanager
def _console(app: App, host: str, port: int) -> Iterator[None]:
    """Let people in by a browser for as long as the block works."""
    from bot.web.app import address_of, application, listening, served

    instead = "name another --host or --port, or --no-console"
    with listening(host, port, instead) as listener:
        web = application(app)
        output.err.print(f"The console is at {address_of(listener)}.", markup=False)
        with served(web, listener, app.settings.console.proxies):
            yield


def poll(
    source: Annotated[str, typer.Argument(help="The source, as the settings name it.")],
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Read to its end and stop.")
    ] = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Read one source into the database; tagging and the rest are left to 'run'."""
    with opened(config, db) as bot:
        chosen = _named(bot, source)
        bot.unchecked_store.upgrade()
        local = Local(bot)
        stop = stop_on_signal()
        while not stop.is_set():
            if not once and not may_be_asked(bot, chosen):
                stop.wait(PAUSE_SECONDS)
                continue
            page = local.listen(chosen)
            if once and local.tally.failed is not None:
                raise local.tally.failed
            if page is None or not page.more:
                output.out.print(
                    f"{source}: {local.tally.fetched} read, "
                    f"{local.tally.stored} new, {local.tally.quarantined} kept aside",
                    markup=False,
                )
                if once:
                    return
                stop.wait(chosen.every.total_seconds())


def _named(bot: App, source: str) -> Source:
    if source not in bot.sources:
        known = ", ".join(bot.sources) or "none"
        message = f"there is no source {source!r} in the settings; there are: {known}"
        raise Missing(message)
    return bot.sources[source]


def replay(
    file: Annotated[Path, typer.Argument(help="JSONL or CSV of stored posts.")],
    *,
    brand: Annotated[
        str, typer.Option(help="The brand of rows that name none.")
    ] = "unnamed brand",
    speed: Annotated[
        float | None,
        typer.Option("--speed", min=0.1, help="Times life's pace; else at full speed."),
    ] = None,
    machine: AsJson = False,
    config: Config = None,
    db: Db = None,
) -> None:
    """Take a file of posts through the whole path, as if it happened now.

    Without --db it gets a database of its own beside the real one, and in any case
    nothing is sent and nobody is called.
    """
    if not file.is_file():
        raise AccessDenied("replay", f"there is no file {file}; name one that is here")
    url = db or f"sqlite:///var/replay-{file.stem}.db"
    loaded = _with_file(settings(config, url), file, brand)
    with running(loaded, speed=speed) as bot:
        if not machine:
            place = bot.app.unchecked_store.place
            output.err.print(f"Into {place}; nothing is sent.", markup=False)
        _once(bot.app, bot.sources, machine=machine)


def _with_file(loaded: Loaded, file: Path, brand: str) -> Loaded:
    """Replace every source by one file; what happened long ago calls nobody today.

    Every channel is in shadow mode: old posts must never be answered in public.
    """
    source = SourceSettings.model_validate(
        {"connector": "replay", "path": str(file), "brand": brand, "page": 1000}
    )
    chosen = loaded.settings.model_copy(
        update={
            "sources": {f"replay-{file.stem}": source},
            "channels": {},
            "notify": Notify(),
            "desks": {},
            "audit": loaded.settings.audit.model_copy(update={"head_dir": None}),
        }
    )
    return replace(loaded, settings=chosen)


class Running:
    """An app whose replayed sources are paced, and the event that ends it."""

    def __init__(self, app: App, sources: list[Source], stop: threading.Event) -> None:
        """Hold the three together."""
        self.app, self.sources, self.stop = app, sources, stop


@contextmanager
def running(loaded: Loaded, *, speed: float | None) -> Iterator[Running]:
    """Give an app with an upgraded database and paced replays; close it at the end."""
    app = App(loaded)
    stop = threading.Event()
    try:
        app.unchecked_store.upgrade()
        sources = app.polled
        if sources and not any(one.connector.info.is_live for one in sources):
            sources = _paced(app, sources, speed, stop)
        yield Running(app, sources, stop)
    finally:
        app.close()


def _paced(
    app: App, sources: list[Source], speed: float | None, stop: threading.Event
) -> list[Source]:
    """Let stored posts set the time; a second run goes on where the first ended."""
    with app.store.reading() as work:
        clock = ReplayClock(
            standing([work.sources.state(one.name).last_success_at for one in sources])
        )
    app.clock = clock
    return [
        replace(
            one,
            connector=Paced(one.connector, clock, stop, speed=speed),
            page=PACED_PAGE if speed is not None else one.page,
        )
        for one in sources
    ]


def _once(app: App, sources: list[Source], *, machine: bool) -> None:
    _complain(app)
    from bot.work.live import alone

    started = stopwatch()
    with alone(app), _progress(app, shown=not machine) as tell:
        tally = Local(app, tell=tell).once(sources)
    took = stopwatch() - started
    _sum_up(app, tally, took, machine=machine)
    if tally.failed is not None:
        raise tally.failed


def _complain(app: App) -> None:
    """Say what is wrong with the settings before any work, and before anybody comes."""
    app.policy, app.people, app.outbox, app.by_rule  # noqa: B018
    app.mirrors, app.classifier  # noqa: B018


def _sum_up(app: App, tally: Tally, took: float, *, machine: bool) -> None:
    summary = app.reports.summary(app.clock.now())
    measured = {
        "seconds": round(took, 2),
        "mentions_per_second": round(tally.stored / took, 1) if took else 0.0,
        "peak_memory_mb": round(peak_memory() / 1e6, 1),
        "stages": {name: round(took, 2) for name, took in tally.seconds.items()},
        "new": tally.stored,
        "read": tally.fetched,
    }
    if machine:
        output.as_json({**as_json(summary), "run": measured})
        return
    output.listing(
        "Summary",
        [row._asdict() for row in rows(summary)],
        machine=False,
        empty="nothing yet",
    )
    stages = ", ".join(f"{name} {took:.1f} s" for name, took in tally.seconds.items())
    output.facts(
        "This run",
        [
            ("read", f"{tally.fetched}, of which new {tally.stored}"),
            ("took", f"{took:.1f} s ({stages})"),
            ("mentions per second", measured["mentions_per_second"]),
            ("peak memory", f"{measured['peak_memory_mb']} MB"),
        ],
    )


@contextmanager
def _progress(app: App, *, shown: bool) -> Iterator[Tell]:
    """Show where time stands, how far a file is read, and what came of it so far."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=10),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(compact=True),
        console=output.err,
        disable=not shown,
    )
    with bar:
        task = bar.add_task("starting", total=None, counts="")
        yield Tell(bar, task, app)


class Tell:
    """Moves the progress bar along with a run's tally."""

    def __init__(self, bar: Progress, task: TaskID, app: App) -> None:
        """Remember the bar, its line, and whose time it shows."""
        self._bar, self._task, self._app = bar, task, app

    def __call__(self, tally: Tally) -> None:
        """Show where the run stands, in the place's own time."""
        now = self._app.clock.now().astimezone(ZoneInfo(self._app.settings.zone))
        self._bar.update(
            self._task,
            description=f"{now:%a %d %b %H:%M}",
            completed=tally.position,
            total=tally.total or None,
            counts=(
                f"{tally.stored} new, {tally.decided} decided, {tally.sent} replies, "
                f"{tally.deadlines} deadlines"
            ),
        )


def _forever(app: App, sources: list[Source], stop: threading.Event) -> None:
    from bot.work.live import work_until

    def at_end(source: str) -> None:
        output.err.print(
            f"{source} is read to its end; deadlines are watched on. "
            "Press Ctrl-C to stop."
        )

    started = stopwatch()
    with _progress(app, shown=True) as tell:
        local = Local(app, tell=tell)
        work_until(stop, app, local, sources, at_end=at_end)
    _sum_up(app, local.tally, stopwatch() - started, machine=False)
