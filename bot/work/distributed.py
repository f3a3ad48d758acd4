"""Many machines: a scheduler calls workers through NATS JetStream.

A message is one errand: where to look. It is never the only copy of anything, so the
stream may be emptied at any moment; the scheduler asks the database again and again
what waits. Each errand is a subject of its own, and the stream keeps one message per
subject until it is acknowledged: no errand is done by two workers at once, and none
piles up while workers are away.

This is the only file with asyncio and NATS. Steps are synchronous and run in threads.
The time is the machine's: a replayed stream sets no clock here.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import (
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    suppress,
)
from datetime import timedelta

import nats.errors
import nats.js.errors
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.annotations import NatsMessage
from faststream.nats.security import NatsToken, parse_security
from faststream.security import BaseSecurity, SASLPlaintext
from nats.aio.client import Client
from nats.js import JetStreamContext, api

from bot.bootstrap import App
from bot.errors import BotError, SettingsError, Unavailable
from bot.logs import logger
from bot.services.ingest import pause_after
from bot.services.lifecycle import apply_settings, on_record
from bot.settings import Engine as EngineSettings
from bot.work import address
from bot.work.standby import keep_schedule
from bot.work.steps import Errand, Step, Steps

DECLARE_EVERY = 5.0
"""Seconds between two looks at whether the server still knows stream and consumers."""

ANSWER_WITHIN = 5.0
CLOSE_WITHIN = 2.0
LONGEST_NACK = timedelta(minutes=1)
STILL_THERE = 10077
"""JetStream's code for: this subject holds a message that nobody finished yet."""

AT_ONCE = {Step.LISTEN: 256, Step.CLASSIFY: 256, Step.TRIAGE: 1, Step.SEND: 1}
"""Errands in hand at most, over all workers (back-pressure).

Mentions are decided in order and flood limits are counted, so deciding and sending
have one worker at a time; another takes over when it falls silent.
"""

FETCHED = {Step.LISTEN: 4}
"""Errands one worker takes together; platforms are slow, and waiting costs nothing."""

FAILURES = (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError)


class Engine:
    """A NATS server, as a place to leave errands and to fetch them."""

    def __init__(self, settings: EngineSettings) -> None:
        """Nothing is connected yet; raises ``SettingsError`` without ``engine.url``."""
        self._settings = settings
        self._log = logger("engine")
        self._servers = address.servers(settings)
        self.shown = ", ".join(self._servers)
        self._security = _security(settings)
        self._client: Client | None = None
        self._is_leaving = False
        self._trouble = ""
        self._broker = NatsBroker(
            self._servers,
            security=self._security,
            name="answerable",
            max_reconnect_attempts=-1,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnect,
            reconnected_cb=self._on_reconnect,
            # Longer than any step: a worker that stops finishes what it has in hand.
            graceful_timeout=3600,
            logger=None,
        )

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[JetStreamContext]:
        """Connect, and keep stream and consumers declared until the end.

        Raises ``Unavailable`` if the server is out of reach, refuses us, or has no
        JetStream.
        """
        keeper: asyncio.Task[None] | None = None
        try:
            try:
                await self._knock()
                self._client = await self._broker.connect()
                stream = self._client.jetstream(timeout=ANSWER_WITHIN)
                await self._declare(stream)
            except FAILURES as error:
                raise self._unavailable(error) from error
            keeper = asyncio.create_task(self._keep(stream))
            yield stream
        finally:
            self._is_leaving = True
            if keeper is not None:
                keeper.cancel()
            await self._leave()

    async def _leave(self) -> None:
        """Finish what is in hand and go, even from a server that is not there."""
        client = self._client
        try:
            await self._broker.stop()
        except* FAILURES as group:
            self._log.debug("engine left in disorder", error=repr(group.exceptions))
        if client is not None:
            await _closed(client)

    async def _knock(self) -> None:
        """Try each server once: the broker itself would try on without an end."""

        async def give_up(error: Exception) -> None:
            raise error

        options = parse_security(self._security)
        for server in self._servers:
            client = Client()
            try:
                await client.connect(server, error_cb=give_up, **options)
                return
            except FAILURES:
                if server == self._servers[-1]:
                    raise
            finally:
                await _closed(client)

    async def call(self, errand: Errand, every: timedelta, now: float) -> bool:
        """Leave an errand for a worker; ``False`` if the same one waits already.

        The message's id names the errand and its turn, so that two schedulers, of
        which one does not know yet that it lost its lease, call once.
        """
        subject = self._subject(errand.step, address.token(errand.where))
        turn = int(now // every.total_seconds())
        try:
            answer = await self._broker.publish(
                errand.where,
                subject,
                headers={"Nats-Msg-Id": f"{subject}:{turn}"},
                stream=self._settings.stream,
                timeout=ANSWER_WITHIN,
            )
        except nats.js.errors.APIError as error:
            if error.err_code == STILL_THERE:
                return False
            raise self._unavailable(error) from error
        except FAILURES as error:
            raise self._unavailable(error) from error
        return not answer.duplicate

    async def serve(self, chosen: Collection[Step], steps: Steps) -> None:
        """Begin to fetch errands; each is acknowledged after its work is committed."""
        for step in chosen:
            subscriber = self._broker.subscriber(
                self._subject(step, "*"),
                stream=JStream(self._settings.stream, declare=False),
                durable=step.value,
                config=self._consumer(step),
                pull_sub=PullSub(batch_size=FETCHED.get(step, 1)),
                ack_policy=AckPolicy.MANUAL,
            )
            subscriber(self._handler(step, steps))
        await self._broker.start()

    def _handler(self, step: Step, steps: Steps) -> Callable[..., object]:
        async def handle(where: str, message: NatsMessage) -> None:
            self._log.debug("errand begun", step=step.value, where=where)
            beat = asyncio.create_task(self._say_at_work(message))
            try:
                errand = Errand(step=step, where=where)
                done = await asyncio.to_thread(steps.take, errand)
            except BotError as error:
                self._log.error("errand failed", step=step.value, error=error.detail)
                await message.nack(delay=_pause(message).total_seconds())
            except Exception as error:  # noqa: BLE001 - the worker loop outlives all
                kind = type(error).__name__
                self._log.exception("errand broke", step=step.value, error=kind)
                await message.nack(delay=_pause(message).total_seconds())
            else:
                self._log.info("errand done", step=step.value, where=where, done=done)
                await message.ack()
            finally:
                beat.cancel()

        return handle

    async def _say_at_work(self, message: NatsMessage) -> None:
        """Keep a long errand ours: silence would give it to another worker."""
        while True:
            await asyncio.sleep(self._settings.ack_wait.total_seconds() / 3)
            with suppress(*FAILURES):
                await message.in_progress()

    async def _keep(self, stream: JetStreamContext) -> None:
        """Declare again what a server that lost its disk no longer knows."""
        while True:
            await asyncio.sleep(DECLARE_EVERY)
            with suppress(*FAILURES):
                await self._declare(stream)

    async def _declare(self, stream: JetStreamContext) -> None:
        wanted = self._stream()
        try:
            await stream.add_stream(wanted)
        except nats.js.errors.BadRequestError:
            # It stands there with other settings; the newest ones count.
            await stream.update_stream(wanted)
        for step in Step:
            await stream.add_consumer(self._settings.stream, self._consumer(step))

    def _stream(self) -> api.StreamConfig:
        return api.StreamConfig(
            name=self._settings.stream,
            subjects=[self._subject(step, "*") for step in Step],
            retention=api.RetentionPolicy.WORK_QUEUE,
            discard=api.DiscardPolicy.NEW,
            discard_new_per_subject=True,
            max_msgs_per_subject=1,
            duplicate_window=60,
            num_replicas=self._settings.replicas,
        )

    def _consumer(self, step: Step) -> api.ConsumerConfig:
        return api.ConsumerConfig(
            durable_name=step.value,
            filter_subject=self._subject(step, "*"),
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=self._settings.ack_wait.total_seconds(),
            max_ack_pending=AT_ONCE[step],
        )

    def _subject(self, step: Step, token: str) -> str:
        return f"{self._settings.stream}.{step.value}.{token}"

    async def _on_error(self, error: Exception) -> None:
        """Say once what keeps us out; the client tries on by itself."""
        if _told(error) != self._trouble and not self._is_leaving:
            self._trouble = _told(error)
            self._log.warning("engine trouble", error=self._trouble)

    async def _on_disconnect(self) -> None:
        if not self._is_leaving:
            self._log.warning("engine lost; trying on", server=self.shown)

    async def _on_reconnect(self) -> None:
        self._trouble = ""
        self._log.warning("engine found again", server=self.shown)

    def _unavailable(self, error: BaseException) -> Unavailable:
        said = _told(error)
        if isinstance(error, nats.js.errors.ServiceUnavailableError):
            said = "it has no JetStream (start it with -js)"
        return Unavailable(
            "engine",
            f"the NATS server at {self.shown} does not serve us: {said}; "
            "look at it and at engine.url",
            detail=f"{self.shown}: {type(error).__name__}: {said}",
        )


async def _closed(client: Client) -> None:
    """Close a connection; one that failed in its TLS handshake closes for ever."""
    with suppress(*FAILURES):
        await asyncio.wait_for(client.close(), CLOSE_WITHIN)


def _security(settings: EngineSettings) -> BaseSecurity | None:
    """Return how to log in; a user without a password is a token."""
    user, password = address.login(settings)
    if not user:
        return None
    return NatsToken(user) if password is None else SASLPlaintext(user, password)


def _pause(message: NatsMessage) -> timedelta:
    deliveries: int = message.raw_message.metadata.num_delivered
    return min(pause_after(deliveries - 1), LONGEST_NACK)


def _told(error: BaseException) -> str:
    said = str(error).removeprefix("nats: ").strip("'") or type(error).__name__
    return said.splitlines()[0]


def work(app: App, chosen: Collection[Step], tell: Callable[[str], None]) -> None:
    """Take the chosen steps until a signal; what is in hand is finished first.

    Raises ``SettingsError``, ``Unavailable``, and what ``Steps.prepare`` raises.
    """
    _must_be_shared(app)
    stop = threading.Event()
    engine = Engine(app.settings.engine)
    steps = Steps(app, stop)
    asyncio.run(_working(app, engine, steps, chosen, stop, tell))


async def _working(
    app: App,
    engine: Engine,
    steps: Steps,
    chosen: Collection[Step],
    stop: threading.Event,
    tell: Callable[[str], None],
) -> None:
    stopped = _stopped_by_signal(stop)
    names = ", ".join(step.value for step in chosen)
    # It has stopped only when the connection's end has let what is in hand finish.
    with ExitStack() as record:
        async with engine.connected():
            await asyncio.to_thread(steps.prepare, chosen)
            record.enter_context(_on_record(app, f"work on {names}"))
            await engine.serve(chosen, steps)
            tell(f"Working on {names} for {engine.shown}; Ctrl-C stops.")
            await stopped.wait()


def schedule(app: App, tell: Callable[[str], None]) -> None:
    """Call workers while the lease is ours, until a signal.

    Raises ``SettingsError``, ``StorageError`` or ``Unavailable`` at the start.
    """
    _must_be_shared(app)
    _ = app.store, app.policy, app.people, app.sources, app.by_rule
    _ = app.mirrors
    asyncio.run(_scheduling(app, Engine(app.settings.engine), tell))


async def _scheduling(app: App, engine: Engine, tell: Callable[[str], None]) -> None:
    stop = threading.Event()
    _stopped_by_signal(stop)
    loop = asyncio.get_running_loop()

    def call(errand: Errand, every: timedelta) -> bool:
        now = app.clock.now().timestamp()
        called = asyncio.run_coroutine_threadsafe(engine.call(errand, every, now), loop)
        return called.result()

    with ExitStack() as record:
        async with engine.connected():
            record.enter_context(_on_record(app, "schedule"))
            await asyncio.to_thread(keep_schedule, app, call, stop, tell)


def _stopped_by_signal(stop: threading.Event) -> asyncio.Event:
    """Let Ctrl-C and a polite kill set both events, one for threads, one for us."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        stop.set()
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    return stopped


def _on_record(app: App, role: str) -> AbstractContextManager[None]:
    apply_settings(app.store, app.clock, app.in_force)
    return on_record(app.store, app.clock, role)


def _must_be_shared(app: App) -> None:
    if app.unchecked_store.is_one_machines:
        message = (
            "database.url: many machines share PostgreSQL; SQLite is for 'bot run'"
        )
        raise SettingsError(message)
