"""The bot as a process that may be killed at any moment.

Loading torch, the model and the packs takes seconds, which would leave hardly any kill
inside the work. So this process reads them once and forks a worker for each ``go`` on
its standard input; the worker opens what can change (database, file, platform) anew, as
a restarted process would, says ``ready`` and does what ``bot run --once`` does.

When the worker came to its end, however it did, this process says ``over``. It takes
the worker off the system's list only when it is told to ``reap``, and then says how the
worker ended: until then the worker's process id is nobody else's.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from bot import logs
from bot.bootstrap import App
from bot.cli.run import running
from bot.settings import load_settings
from bot.work.local import Local


def _work(config: Path, read: App) -> None:
    with running(load_settings(config, {}), speed=None) as bot:
        bot.app.__dict__.update(classifier=read.classifier, policy=read.policy)
        _say(f"ready {os.getpid()}")
        tally = Local(bot.app).once(bot.sources)
        if tally.failed is not None:
            raise tally.failed


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _fork(config: Path, read: App) -> tuple[int, int]:
    """Start a worker; return its id, and a pipe that ends when the worker does."""
    ending, alive = os.pipe()
    worker = os.fork()
    if worker == 0:
        code = 0
        try:
            _work(config, read)
        except BaseException:  # noqa: BLE001 - the worker's end is its answer
            traceback.print_exc()
            code = 1
        os._exit(code)
    os.close(alive)
    return worker, ending


def main() -> None:
    """Fork a worker for each ``go``, and say how each ended."""
    config = Path(sys.argv[1])
    logs.configure("error")
    read = App(load_settings(config, {}))
    _ = read.classifier, read.policy, read.sources
    read.close()
    _say("loaded")
    while sys.stdin.readline():
        worker, ending = _fork(config, read)
        os.read(ending, 1)
        os.close(ending)
        _say("over")
        sys.stdin.readline()
        _pid, status = os.waitpid(worker, 0)
        _say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
