"""What the contract's tests need of a platform, to run over every connector.

A connector joins by ``tests/contract/harness_<name>.py`` with a class ``Harness`` that
fulfils this protocol over a stand-in of its platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bot.domain.channels import Connector
from bot.domain.mentions import Mention

READ_FAULTS = (
    "rate_limit",
    "budget",
    "unauthorized",
    "forbidden",
    "server_error",
    "timeout",
    "drop",
    "malformed",
    "not_an_object",
)
"""What may go wrong while reading; a platform may lack some."""

DOUBTS = ("timeout", "error", "drop", "malformed")
"""How a reply may be taken without our hearing of it."""


class Harness(Protocol):
    """A platform to test on, empty at first; made anew for every test."""

    secrets: Sequence[str]
    """Credentials in use, which no log may hold."""

    hasty: Mapping[str, Any]
    """Settings that soon give up on a platform that is silent; none if none can be."""

    payloads: Path
    """The folder of saved answers (``*.json``) that ``translate`` reads."""

    def __init__(self, folder: Path) -> None:
        """Start; ``folder`` is empty and goes away after the test."""

    def connector(self, **settings: Any) -> Connector:
        """Make a connector on this platform, with these settings over the usual."""
        ...

    def settings(self) -> Mapping[str, Any]:
        """Give the usual settings, as an operator's file would hold them."""
        ...

    def say(self, text: str) -> str:
        """Publish a text that concerns us; give the id that its mention must have.

        Each call is later than the one before.
        """
        ...

    def say_nonsense(self) -> None:
        """Let the platform show one item that makes no sense."""
        ...

    def fail_next(self, fault: str) -> bool:
        """Break the next reading (``READ_FAULTS``); false where that cannot happen."""
        ...

    def changes(self) -> int:
        """Count what was changed there by us so far."""
        ...

    def translate(self, payload: Any) -> Iterable[Mention]:
        """Run ``to_mention`` over the items of a saved answer."""
        ...

    def close(self) -> None:
        """Stop."""


class RepliesHarness(Harness, Protocol):
    """A platform on which we may reply."""

    def doubt_next(self, doubt: str) -> bool:
        """Take the next reply, but let us not hear of it; false: cannot happen."""
        ...

    def refuse_next(self) -> None:
        """Reject the next reply's very text."""

    def replies(self, external_id: str) -> Sequence[str]:
        """Give the texts of our replies under a mention, as they stand there.

        Whatever was sent has reached the platform by then, even if nobody waited.
        """
        ...


class RemovalsHarness(Harness, Protocol):
    """A platform that tells what was taken back."""

    def remove(self, external_id: str) -> None:
        """Delete somebody's post, as its author would."""
