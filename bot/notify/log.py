"""A line in the log: always there, and never enough by itself."""

from __future__ import annotations

from bot.domain.ports import LOG, Notice
from bot.logs import logger


class LogNotifier:
    """Writes who was to be told what about; the body stays in the database."""

    name = LOG
    kind = "a line in the log"

    def __init__(self) -> None:
        """Open the room's log."""
        self._log = logger("notify")

    def send(self, notice: Notice) -> None:
        """Write one line, louder if the notice is important."""
        tell = self._log.warning if notice.is_important else self._log.info
        tell("notice", to=notice.to, key=notice.key, subject=notice.subject)
