"""The engine over a real NATS server: errands left, fetched, kept and given back."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path

import nats
import pytest
from nats.aio.msg import Msg

from bot.bootstrap import App
from bot.cli.main import main
from bot.errors import Missing, Unavailable
from bot.settings import Database, Loaded, load_settings
from bot.settings import Engine as EngineSettings
from bot.work.distributed import Engine
from bot.work.standby import keep_schedule
from bot.work.steps import Errand, Step, Steps
from tests.brokers import NatsServer, jetstream

pytestmark = pytest.mark.nats

ROOT = Path(__file__).resolve().parents[2]
SECOND = timedelta(seconds=1)
PATIENCE = timedelta(seconds=3)
"""After so long without a word from a worker the server gives its errand to another."""

WITHIN = 60.0
"""Seconds; far more than any of these needs."""


class Recorded(Steps):
    """Steps that note what they were asked, and do whatever a test wants."""

    def __init__(self, do: Callable[[Errand], int] = lambda _errand: 0) -> None:
        self.do = do
        self.taken: list[Errand] = []

    def prepare(self, chosen: Collection[Step]) -> None:
        raise AssertionError

    def take(self, errand: Errand) -> int:
        self.taken.append(errand)
        return self.do(errand)


def engine_of(server: NatsServer, **changes: object) -> Engine:
    return Engine(EngineSettings.model_validate({"url": server.url, **changes}))


def settings_of(database: str, **parts: object) -> Loaded:
    loaded = load_settings(ROOT / "config" / "bot.yaml", {})
    changed = {"database": Database(url=database), **parts}
    return Loaded(
        settings=loaded.settings.model_copy(update=changed), document=loaded.document
    )


def test_the_same_errand_waits_only_once(nats_server):
    page, other = (Errand(step=Step.CLASSIFY, where=where) for where in ("7", "8"))

    async def scenario() -> list[bool]:
        engine = engine_of(nats_server)
        async with engine.connected():
            return [
                await engine.call(page, SECOND, now=1),
                await engine.call(page, SECOND, now=2),
                await engine.call(other, SECOND, now=2),
            ]

    assert asyncio.run(scenario()) == [True, False, True]


def test_two_schedulers_call_once_in_the_same_turn_even_if_it_was_done(nats_server):
    errand = Errand(step=Step.LISTEN, where="acme")

    async def scenario() -> list[bool]:
        first, second = engine_of(nats_server), engine_of(nats_server)
        async with first.connected(), second.connected() as stream:
            called = [await first.call(errand, SECOND, now=5.1)]
            await stream.purge_stream("answerable")
            called.append(await second.call(errand, SECOND, now=5.9))
            called.append(await second.call(errand, SECOND, now=6.0))
            return called

    assert asyncio.run(scenario()) == [True, False, True]


async def serving(
    server: NatsServer, steps: Recorded, errand: Errand, *, times: int = 1
) -> int:
    """Serve until an errand was taken so often; return what the stream still holds."""
    loop, enough = asyncio.get_running_loop(), asyncio.Event()
    wanted = steps.do

    def do(one: Errand) -> int:
        if len(steps.taken) == times:
            loop.call_soon_threadsafe(enough.set)
        return wanted(one)

    steps.do = do
    engine = engine_of(server)
    async with engine.connected():
        await engine.serve([errand.step], steps)
        await engine.call(errand, SECOND, now=1)
        await asyncio.wait_for(enough.wait(), WITHIN)
    async with engine_of(server).connected() as stream:
        return (await stream.stream_info("answerable")).state.messages


@pytest.mark.parametrize("name", ["acme-x", "Acme & Söhne .*> feed"])
def test_a_worker_learns_where_to_look_whatever_the_source_is_called(nats_server, name):
    steps, errand = Recorded(), Errand(step=Step.LISTEN, where=name)

    left = asyncio.run(serving(nats_server, steps, errand))

    assert steps.taken == [errand]
    assert left == 0


def _fails(_errand: Errand) -> int:
    message = "not yet"
    raise Missing(message)


def _breaks(_errand: Errand) -> int:
    message = "a defect"
    raise RuntimeError(message)


@pytest.mark.parametrize("wrong", [_fails, _breaks])
def test_what_went_wrong_comes_again_after_a_pause(nats_server, wrong):
    steps, errand = Recorded(), Errand(step=Step.TRIAGE)
    steps.do = lambda one: 1 if len(steps.taken) > 1 else wrong(one)

    left = asyncio.run(serving(nats_server, steps, errand, times=2))

    assert steps.taken == [errand, errand]
    assert left == 0


def test_what_went_wrong_is_kept_by_the_stream(nats_server):
    steps = Recorded(_fails)

    left = asyncio.run(serving(nats_server, steps, Errand(step=Step.TRIAGE)))

    assert left == 1


def test_what_a_dead_worker_had_in_hand_goes_to_another(nats_server):
    steps, errand = Recorded(), Errand(step=Step.CLASSIFY, where="3")

    async def scenario() -> None:
        loop, taken = asyncio.get_running_loop(), asyncio.Event()
        steps.do = lambda _errand: loop.call_soon_threadsafe(taken.set) is None
        engine = engine_of(nats_server, ack_wait=SECOND)
        async with engine.connected() as stream:
            await engine.call(errand, SECOND, now=1)
            doomed = await stream.pull_subscribe_bind("classify", "answerable")
            assert len(await doomed.fetch(1)) == 1
            await engine.serve([Step.CLASSIFY], steps)
            await asyncio.wait_for(taken.wait(), WITHIN)

    asyncio.run(scenario())

    # Where the machine pauses before the other says that it is done, it comes again.
    assert set(steps.taken) == {errand}


async def long_step(server: NatsServer, turn: int) -> tuple[int, float]:
    """Let a step take longer than the patience, one of two workers having it in hand.

    Return how often it was taken, and the longest time in which nobody told the server,
    as a third hears it there, that the step is at work or done.
    """
    loop, enough, done = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    release, heard = threading.Event(), [0.0]

    async def note(message: Msg) -> None:
        heard.append(loop.time())
        if message.data != Msg.Ack.Progress:
            done.set()
        elif heard[-1] - heard[0] > 1.5 * PATIENCE.total_seconds():
            enough.set()

    steps = Recorded(lambda _errand: int(release.wait(WITHIN)))
    observer = await nats.connect(server.url)
    one, other = (engine_of(server, ack_wait=PATIENCE) for _ in range(2))
    async with one.connected(), other.connected():
        await observer.subscribe("$JS.ACK.answerable.classify.>", cb=note)
        await observer.flush()
        await one.serve([Step.CLASSIFY], steps)
        await other.serve([Step.CLASSIFY], steps)
        heard[0] = loop.time()
        await one.call(Errand(step=Step.CLASSIFY, where="1"), SECOND, now=turn)
        await asyncio.wait_for(enough.wait(), WITHIN)
        release.set()
        await asyncio.wait_for(done.wait(), WITHIN)
    await observer.close()
    return len(steps.taken), max(later - at for at, later in itertools.pairwise(heard))


def test_a_step_longer_than_the_patience_stays_with_its_worker(nats_server):
    """A machine that was silent itself for most of the patience proves nothing."""
    for turn in itertools.count(1):
        taken, silence = asyncio.run(long_step(nats_server, turn))
        if silence < 0.75 * PATIENCE.total_seconds():
            break

    assert taken == 1


def test_stopping_finishes_the_step_in_hand(nats_server):
    begun, release = threading.Event(), threading.Event()

    def slow(_errand: Errand) -> int:
        begun.set()
        assert release.wait(WITHIN)
        return 1

    async def scenario() -> int:
        engine = engine_of(nats_server)
        async with engine.connected():
            await engine.serve([Step.SEND], Recorded(slow))
            await engine.call(Errand(step=Step.SEND), SECOND, now=1)
            assert await asyncio.to_thread(begun.wait, WITHIN)
            asyncio.get_running_loop().call_later(0.2, release.set)
        assert release.is_set()
        async with engine_of(nats_server).connected() as stream:
            return (await stream.stream_info("answerable")).state.messages

    assert asyncio.run(scenario()) == 0


def test_stopping_works_without_a_server(nats_server):
    begun, release = threading.Event(), threading.Event()

    def slow(_errand: Errand) -> int:
        begun.set()
        assert release.wait(WITHIN)
        return 1

    async def scenario() -> None:
        engine = engine_of(nats_server)
        async with engine.connected():
            await engine.serve([Step.SEND, Step.TRIAGE], Recorded(slow))
            await engine.call(Errand(step=Step.SEND), SECOND, now=1)
            assert await asyncio.to_thread(begun.wait, WITHIN)
            nats_server.stop()
            with pytest.raises(Unavailable):
                await engine.call(Errand(step=Step.TRIAGE), SECOND, now=1)
            release.set()

    asyncio.run(scenario())


def test_deciding_and_sending_have_one_worker_at_a_time(nats_server):
    async def scenario() -> list[int | None]:
        async with engine_of(nats_server).connected() as stream:
            return [
                (await stream.consumer_info("answerable", step)).config.max_ack_pending
                for step in Step
            ]

    assert asyncio.run(scenario()) == [256, 256, 1, 1]


def test_a_stream_that_was_deleted_is_declared_again(nats_server):
    steps, errand = Recorded(), Errand(step=Step.TRIAGE)

    async def scenario() -> None:
        loop, taken, made = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        steps.do = lambda _errand: loop.call_soon_threadsafe(taken.set) is None

        async def note(_message: object) -> None:
            made.set()

        engine = engine_of(nats_server)
        observer = await nats.connect(nats_server.url)
        async with engine.connected() as stream:
            await engine.serve([Step.TRIAGE], steps)
            advised = "$JS.EVENT.ADVISORY.CONSUMER.CREATED.answerable.triage"
            await observer.subscribe(advised, cb=note)
            await observer.flush()
            await stream.delete_stream("answerable")
            await asyncio.wait_for(made.wait(), WITHIN)
            await engine.call(errand, SECOND, now=1)
            await asyncio.wait_for(taken.wait(), WITHIN)
        await observer.close()

    asyncio.run(scenario())

    assert steps.taken == [errand]


def test_settings_of_the_stream_may_change(nats_server):
    async def scenario() -> bool:
        async with engine_of(nats_server).connected():
            pass
        later = engine_of(nats_server, ack_wait=timedelta(minutes=5))
        async with later.connected() as stream:
            info = await stream.consumer_info("answerable", "classify")
            return bool(info.config.ack_wait == 300)

    assert asyncio.run(scenario())


def said_by(capsys, *arguments: str) -> tuple[int, str]:
    """Run a command that cannot start; return its exit code and what it said."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr().err.strip()
    assert isinstance(ended.value.code, int)
    return ended.value.code, said


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find the settings of the demo, wherever tests were started."""
    monkeypatch.setenv("BOT_CONFIG", str(ROOT / "config" / "bot.yaml"))
    monkeypatch.chdir(ROOT)


ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
ROLES = pytest.mark.parametrize("role", [["schedule"], ["work", "--queues", "send"]])


@pytest.mark.postgres
@ON_POSTGRES
@ROLES
def test_a_server_out_of_reach_is_one_clear_line(
    configured, database_url, monkeypatch, capsys, role
):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("BOT_ENGINE__URL", f"nats://bot:p%40hsh@{place}")

        code, said = said_by(capsys, *role, "--db", database_url)

    assert code == 5
    assert place in said
    assert "hsh" not in said
    assert len(said.splitlines()) == 1


@pytest.mark.postgres
@ON_POSTGRES
def test_a_wrong_password_is_one_clear_line(
    configured, database_url, monkeypatch, capsys, tmp_path
):
    options = ["--user", "bot", "--pass", "r@wo", *jetstream(tmp_path)]
    server = NatsServer(tmp_path, *options).start()
    place = server.url.removeprefix("nats://")
    try:
        monkeypatch.setenv("BOT_ENGINE__URL", f"nats://bot:hushed@{place}")
        code, said = said_by(capsys, "work", "--queues", "send", "--db", database_url)
        right = EngineSettings.model_validate({"url": f"nats://bot:r%40wo@{place}"})
        asyncio.run(_connected(Engine(right)))
    finally:
        server.stop()

    assert code == 5
    assert "Authorization Violation" in said
    assert "hushed" not in said
    assert len(said.splitlines()) == 1


async def _connected(engine: Engine) -> None:
    async with engine.connected():
        pass


@pytest.mark.postgres
@ON_POSTGRES
def test_a_server_without_jetstream_is_one_clear_line(
    configured, database_url, monkeypatch, capsys, tmp_path
):
    server = NatsServer(tmp_path).start()
    try:
        monkeypatch.setenv("BOT_ENGINE__URL", server.url)
        code, said = said_by(capsys, "schedule", "--db", database_url)
    finally:
        server.stop()

    assert code == 5
    assert "has no JetStream" in said
    assert len(said.splitlines()) == 1


@pytest.mark.postgres
@ON_POSTGRES
def test_a_certificate_that_nobody_vouches_for_is_one_clear_line(
    configured, database_url, monkeypatch, capsys, tmp_path
):
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl is not there to make a certificate")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
    subprocess.run([openssl, "req", "-x509", *made, *subject], check=True)
    tls = ["--tls", "--tlscert", certificate, "--tlskey", key]
    server = NatsServer(tmp_path, *tls, *jetstream(tmp_path)).start()
    try:
        monkeypatch.setenv("BOT_ENGINE__URL", server.url)
        code, said = said_by(capsys, "schedule", "--db", database_url)
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        asyncio.run(_connected(engine_of(server)))
    finally:
        server.stop()

    assert code == 5
    assert "certificate verify failed" in said.splitlines()[-1]


@ROLES
def test_a_database_of_one_machine_is_refused(
    configured, own_file, monkeypatch, capsys, role
):
    monkeypatch.setenv("BOT_ENGINE__URL", "nats://127.0.0.1:4222")

    code, said = said_by(capsys, *role, "--db", f"sqlite:///{own_file}")

    assert code == 2
    assert "PostgreSQL" in said


@pytest.mark.postgres
@ON_POSTGRES
def test_without_an_engine_the_way_out_is_named(configured, database_url, capsys):
    code, said = said_by(capsys, "schedule", "--db", database_url)

    assert code == 2
    assert "engine.url" in said
    assert "bot run" in said


@pytest.mark.parametrize("queues", ["", "listen,dance"])
def test_unknown_queues_are_refused_by_name(configured, capsys, queues):
    code, said = said_by(capsys, "work", "--queues", queues)

    assert code == 2
    assert "listen,classify,triage,send" in said


@pytest.mark.parametrize(
    "url", ["http://x", "nats://", "nats://h:99999", "nats://a,b", "s3cret-word"]
)
def test_an_address_that_is_none_is_refused_and_not_repeated(
    configured, monkeypatch, capsys, url
):
    monkeypatch.setenv("BOT_ENGINE__URL", url)

    code, said = said_by(capsys, "work")

    assert code == 2
    assert "BOT_ENGINE__URL: engine.url" in said
    assert "s3cret-word" not in said


def test_only_classifying_loads_the_model(own_file):
    program = f"""
import sys, threading
from pathlib import Path
from bot.bootstrap import App
from bot.settings import load_settings
from bot.work.steps import Step, Steps
app = App(load_settings(Path("config/bot.yaml"),
          {{"BOT_DATABASE__URL": "sqlite:///{own_file}"}}))
import bot.work.distributed
Steps(app, threading.Event()).prepare([Step.LISTEN, Step.TRIAGE, Step.SEND])
assert "torch" not in sys.modules and "transformers" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


class Scheduler:
    """One of several schedulers, as another machine would run it."""

    def __init__(self, database: str) -> None:
        self.told: list[str] = []
        self.called: list[Errand] = []
        self._database, self._stop = database, threading.Event()
        self._heard, self._has_called = threading.Semaphore(0), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.hear()

    def _run(self) -> None:
        app = App(settings_of(self._database))
        try:
            keep_schedule(app, self._call, self._stop, self._tell)
        finally:
            app.close()

    def _tell(self, line: str) -> None:
        self.told.append(line)
        self._heard.release()

    def _call(self, errand: Errand, _every: timedelta) -> bool:
        self.called.append(errand)
        if errand.step is Step.LISTEN:
            self._has_called.set()
        return True

    def hear(self) -> None:
        assert self._heard.acquire(timeout=WITHIN)

    def has_called_a_listener(self) -> bool:
        return self._has_called.wait(WITHIN)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def test_a_scheduler_takes_over_when_the_other_ends(configured, store):
    database = store.url.render_as_string(hide_password=False)
    first = Scheduler(database)
    second = Scheduler(database)
    called_while_waiting = list(second.called)
    assert first.has_called_a_listener()

    first.stop()
    second.hear()
    second.stop()

    assert first.told == ["Scheduling; Ctrl-C stops."]
    assert second.told == [
        "Waiting: another scheduler is active; Ctrl-C stops.",
        "Scheduling; Ctrl-C stops.",
    ]
    assert called_while_waiting == []
    assert Errand(step=Step.LISTEN, where="demo") in first.called
