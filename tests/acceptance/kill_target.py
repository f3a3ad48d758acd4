"""The bot as a process that may be killed at any moment.

Loading torch and the model takes seconds, which would leave hardly any kill inside the
work. So this process loads them once and forks a worker for each line on its standard
input; the worker opens everything else anew, as a restarted process would, says
``ready`` and does what ``bot run --once`` does.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from bot.bootstrap import App
from bot.classify.encoder import Encoder
from bot.cli.run import running
from bot.settings import load_settings
from bot.work.local import Local


def _work(config: Path, encoder: Encoder) -> None:
    with running(load_settings(config, {}), speed=None) as bot:
        bot.app.__dict__["encoder"] = encoder
        _say(f"ready {os.getpid()}")
        tally = Local(bot.app).once(bot.sources)
        if tally.errors:
            raise tally.errors[0]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Fork a worker for each line, and say how each ended."""
    config = Path(sys.argv[1])
    app = App(load_settings(config, {}))
    encoder, _ = app.encoder, (app.sources, app.policy, app.classifier)
    app.close()
    _say("loaded")
    for _line in sys.stdin:
        worker = os.fork()
        if worker == 0:
            code = 0
            try:
                _work(config, encoder)
            except BaseException:  # noqa: BLE001 - the worker's end is its answer
                traceback.print_exc()
                code = 1
            os._exit(code)
        _pid, status = os.waitpid(worker, 0)
        _say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
