"""Chat, pagers and SMS gateways: whatever apprise can speak to, by one address each."""

from __future__ import annotations

import logging
import re

import apprise

from bot.domain.ports import Notice
from bot.errors import BotError, Retry

STATUS = re.compile(r"error=(\d{3})\b")
"""How apprise's plug-ins log a service's answer; nothing else of theirs is repeated."""

HELD = logging.getLogger("apprise")
# Their lines hold addresses, and an address holds the secrets of its service.
HELD.addHandler(logging.NullHandler())
HELD.propagate = False


class GatewayFailed(BotError):
    """A chat service, pager or SMS gateway did not take the message."""

    retry = Retry.LATER


class AppriseNotifier:
    """Sends one message a notice to the service that an address names."""

    def __init__(self, name: str, url: str) -> None:
        """Read the address; raise ``ValueError``, without it, if it is none."""
        service = apprise.Apprise.instantiate(url, asset=_asset())
        if service is None:
            message = "apprise knows no such address"
            raise ValueError(message)
        # Their pauses between messages would hold up everything else; a service that
        # is asked too often says so, and the next way or the next look takes over.
        service.request_rate_per_sec = 0
        if service.overflow_mode is apprise.OverflowMode.UPSTREAM:
            service.overflow_mode = apprise.OverflowMode.TRUNCATE
        self.name = name
        self.kind = str(service.service_name)
        self._sender = apprise.Apprise()
        self._sender.add(service)

    def send(self, notice: Notice) -> None:
        """Hand over one message; raises ``GatewayFailed``."""
        result = self._sender.notify(
            title=" ".join(notice.subject.split()),
            body=f"For: {notice.to}\n\n{notice.body}",
            body_format=apprise.NotifyFormat.TEXT,
            # Opsgenie opens an alert for these two only, and adds a note for others.
            notify_type=apprise.NotifyType.FAILURE
            if notice.is_important
            else apprise.NotifyType.WARNING,
        )
        # Not the result's own truth: an address may say that a failure is none.
        attempts = [attempt for one in result for attempt in one.attempts]
        if attempts and attempts[-1]:
            return
        answers = [
            found[1]
            for attempt in attempts
            for entry in attempt
            if (found := STATUS.search(entry.message))
        ]
        raise GatewayFailed(
            f"{self.kind} did not take the message; check notify.ways.{self.name}",
            detail=f"HTTP {answers[-1]}" if answers else "no answer",
        )


def _asset() -> apprise.AppriseAsset:
    """Speak in our name, and show no picture from anybody's server."""
    return apprise.AppriseAsset(
        app_id="Answerable",
        app_desc="Answerable",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        secure_logging=True,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
