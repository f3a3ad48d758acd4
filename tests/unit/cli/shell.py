"""The command line as a shell calls it."""

from __future__ import annotations

import pytest

from bot.cli.main import main


def run(*arguments: str) -> int:
    """Run a command to its end and return its exit status."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(str(ended.value.code))
