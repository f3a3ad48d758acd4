"""The bot as a process that may be killed at any moment.

Loading torch, the model and the packs takes seconds, which would leave hardly any kill
inside the work. So this process reads them once, lives once on a database and a post of
its own, which imports all that a worker runs, and then forks a worker for each ``go``
on its standard input; the worker opens what can change (database, file, platform) anew,
as a restarted process would, says ``ready`` and does what ``bot run --once`` does. With
a number after ``go`` people are at the replies before and after that: they write,
change, put forward, agree to, refuse and take back, by chance with the number as its
seed.

When the worker came to its end, however it did, this process says ``over``. It takes
the worker off the system's list only when it is told to ``reap``, and then says how the
worker ended: until then the worker's process id is nobody else's.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

from bot import logs
from bot.bootstrap import App
from bot.cli.run import running
from bot.domain.ports import Store
from bot.domain.replies import Mode, Reply, ReplyState
from bot.errors import NotAllowed, Stale
from bot.services import drafts
from bot.settings import load_settings
from bot.work.local import Local

PEOPLE = ("ana", "bo", "cem")
ACTS = 3
"""What people do at most before the bot works, and again after it."""

POST = {
    "id": "1",
    "channel": "x",
    "brand": "Acme",
    "kind": "post",
    "conversation": "1",
    "published_at": "2026-03-01T09:00:00+00:00",
    "text": "@AcmeCares the parcel never came and nobody answers",
    "language": "en",
    "control": "mention",
    "addressed": True,
    "author": {"id": "id_apart", "handle": "apart", "followers": 40},
}


def _work(config: Path, read: App, seed: str) -> None:
    with running(load_settings(config, {}), speed=None) as bot:
        bot.app.__dict__.update(classifier=read.classifier, policy=read.policy)
        _say(f"ready {os.getpid()}")
        people = People(bot.app, random.Random(seed)) if seed else None
        if people is not None:
            people.act()
        tally = Local(bot.app).once(bot.sources)
        if people is not None:
            people.act()
        if tally.failed is not None:
            raise tally.failed


class People:
    """A few people at the replies, each doing whatever may be done."""

    def __init__(self, app: App, chance: random.Random) -> None:
        self._app, self._chance = app, chance

    def act(self) -> None:
        """Do this and that; what somebody else did first is left alone."""
        for _ in range(self._chance.randint(1, ACTS)):
            with suppress(NotAllowed, Stale):
                self._one()

    def _one(self) -> None:
        act = self._chance.choice(
            (
                self._draft,
                self._edit,
                self._submit,
                self._agree,
                self._agree,
                self._no,
                self._back,
            )
        )
        act(self._app.store, self._chance.choice(PEOPLE))

    def _some(self, *states: ReplyState) -> Reply | None:
        with self._app.store.reading() as work:
            found = [
                one for state in states for one in work.replies.listing(state=state)
            ]
        return self._chance.choice(found) if found else None

    def _words(self) -> str:
        sound = "".join(self._chance.choices("bdgklmnprst", k=9))
        return f"A person has read this and goes on in private. ({sound})"

    def _draft(self, store: Store, by: str) -> None:
        """Answer a text that has no answer yet, if there is one."""
        with store.reading() as work:
            tickets = list(work.tickets.listing(limit=40))
        if tickets:
            ticket = self._chance.choice(tickets)
            words = self._words()
            drafts.draft(store, self._app.clock, ticket.id, text=words, by=by)

    def _edit(self, store: Store, by: str) -> None:
        wanted = (ReplyState.DRAFT, ReplyState.SUBMITTED, ReplyState.REJECTED)
        if (one := self._some(*wanted)) is not None:
            drafts.edit(store, self._app.clock, one.id, text=self._words(), by=by)

    def _submit(self, store: Store, by: str) -> None:
        if (one := self._some(ReplyState.DRAFT)) is not None:
            drafts.submit(store, self._app.clock, one.id, by=by)

    def _agree(self, store: Store, by: str) -> None:
        if (one := self._some(ReplyState.SUBMITTED)) is not None:
            drafts.approve(
                store,
                self._app.clock,
                one.id,
                by=by,
                text_hash=one.text_hash,
                four_eyes=self._app.four_eyes,
            )

    def _no(self, store: Store, by: str) -> None:
        if (one := self._some(ReplyState.SUBMITTED)) is not None:
            drafts.reject(store, self._app.clock, one.id, by=by, reason="not so")

    def _back(self, store: Store, by: str) -> None:
        states = (ReplyState.QUEUED, ReplyState.REJECTED, ReplyState.SUBMITTED)
        if (one := self._some(*states)) is not None:
            drafts.cancel(store, self._app.clock, one.id, by=by, reason="not so")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _fork(config: Path, read: App, seed: str) -> tuple[int, int]:
    """Start a worker; return its id, and a pipe that ends when the worker does."""
    ending, alive = os.pipe()
    worker = os.fork()
    if worker == 0:
        code = 0
        try:
            _work(config, read, seed)
        except BaseException:  # noqa: BLE001 - the worker's end is its answer
            traceback.print_exc()
            code = 1
        os._exit(code)
    os.close(alive)
    return worker, ending


def _live_apart(config: Path, read: App) -> None:
    """Work once as a worker does, over one post that is nobody's and goes nowhere."""
    settings = json.loads(config.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        apart, posts = Path(folder, "apart.yaml"), Path(folder, "posts.jsonl")
        settings["database"]["url"] = f"sqlite:///{folder}/apart.db"
        settings["sources"]["stream"]["path"] = str(posts)
        settings["channels"]["x"]["mode"] = Mode.SHADOW
        apart.write_text(json.dumps(settings), encoding="utf-8")
        posts.write_text(json.dumps(POST) + "\n", encoding="utf-8")
        with running(load_settings(apart, {}), speed=None) as bot:
            bot.app.__dict__.update(classifier=read.classifier, policy=read.policy)
            tally = Local(bot.app).once(bot.sources)
            assert tally.decided == 1


def main() -> None:
    """Fork a worker for each ``go``, and say how each ended."""
    config = Path(sys.argv[1])
    logs.configure("error")
    read = App(load_settings(config, {}))
    _ = read.classifier, read.policy, read.sources
    read.close()
    _live_apart(config, read)
    gc.freeze()
    _say("loaded")
    while told := sys.stdin.readline():
        worker, ending = _fork(config, read, told.removeprefix("go").strip())
        os.read(ending, 1)
        os.close(ending)
        _say("over")
        sys.stdin.readline()
        _pid, status = os.waitpid(worker, 0)
        _say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
