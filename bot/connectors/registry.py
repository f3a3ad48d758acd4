"""Which connectors there are; a connector's library is imported when it is asked for.

A connector of one's own is an entry point of the group ``answerable.connectors``: its
name is the connector's, its object the class.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, cast

from bot.connectors._edge import ConnectorSettings
from bot.domain.channels import Connector, ConnectorInfo
from bot.errors import SettingsError

GROUP = "answerable.connectors"

BUILT_IN = {
    "app_store": "bot.connectors.app_store:AppStoreConnector",
    "bluesky": "bot.connectors.bluesky:BlueskyConnector",
    "facebook": "bot.connectors.facebook:FacebookConnector",
    "google_play": "bot.connectors.google_play:GooglePlayConnector",
    "hackernews": "bot.connectors.hackernews:HackerNewsConnector",
    "instagram": "bot.connectors.instagram:InstagramConnector",
    "mastodon": "bot.connectors.mastodon:MastodonConnector",
    "reddit": "bot.connectors.reddit:RedditConnector",
    "replay": "bot.connectors.replay:ReplayConnector",
    "rss": "bot.connectors.rss:RssConnector",
    "webhook": "bot.connectors.webhook:WebhookConnector",
    "x": "bot.connectors.x:XConnector",
    "youtube": "bot.connectors.youtube:YouTubeConnector",
}


class ConnectorClass(Protocol):
    """What a connector's class offers before there is a connector."""

    info: ConnectorInfo
    settings_model: type[ConnectorSettings]

    def __call__(self, settings: ConnectorSettings) -> Connector:
        """Make it from its own model; nothing is opened or asked yet."""
        ...


def names(plug_ins: Iterable[EntryPoint] | None = None) -> tuple[str, ...]:
    """Name every connector, built in or installed, in order; import none."""
    return tuple(_entries(plug_ins))


def load(name: str, plug_ins: Iterable[EntryPoint] | None = None) -> ConnectorClass:
    """Import a connector's class; its ``settings_model`` says what it must be told.

    ``plug_ins`` stands in for the installed entry points. Raises ``SettingsError`` for
    a name that nobody has, or a class that cannot be used.
    """
    entries = _entries(plug_ins)
    if name not in entries:
        known = ", ".join(entries)
        raise SettingsError(f"there is no connector {name!r}; there are: {known}")
    entry = entries[name]
    try:
        loaded = entry.load()
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"the connector {name!r} ({entry.value}) cannot be imported: {error}"
        ) from error
    return _checked(name, loaded)


def _entries(plug_ins: Iterable[EntryPoint] | None) -> dict[str, EntryPoint]:
    found = {name: EntryPoint(name, at, GROUP) for name, at in BUILT_IN.items()}
    for entry in entry_points(group=GROUP) if plug_ins is None else plug_ins:
        # Which of two would poll must not depend on the order of installation.
        if entry.name in found:
            raise SettingsError(
                f"two connectors are named {entry.name!r}: {found[entry.name].value} "
                f"and {entry.value}; uninstall or rename one"
            )
        found[entry.name] = entry
    return dict(sorted(found.items()))


def _checked(name: str, loaded: object) -> ConnectorClass:
    info = getattr(loaded, "info", None)
    model = getattr(loaded, "settings_model", None)
    if not isinstance(info, ConnectorInfo) or info.name != name:
        raise SettingsError(f"the connector {name!r} has no ConnectorInfo of that name")
    if not (isinstance(model, type) and issubclass(model, ConnectorSettings)):
        raise SettingsError(f"the connector {name!r} names no settings_model")
    return cast("ConnectorClass", loaded)
