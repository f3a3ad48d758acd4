from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from importlib.metadata import EntryPoint

import pytest

from bot.connectors._edge import ConnectorSettings
from bot.connectors.registry import BUILT_IN, GROUP, load, names
from bot.domain.channels import ConnectorInfo
from bot.errors import SettingsError


class AgoraConnector:
    info = ConnectorInfo(
        name="agora",
        label="Agora",
        poll_every=timedelta(minutes=1),
        reply_limit=0,
        docs="docs/connectors/agora.md",
    )
    settings_model = ConnectorSettings


class NoInfo:
    settings_model = ConnectorSettings


class NoModel:
    info = AgoraConnector.info


def plug_in(thing: str, name: str = "agora") -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{thing}", GROUP)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, __name__, sys.modules[AgoraConnector.__module__])


def test_built_in_and_installed_connectors_stand_side_by_side() -> None:
    assert names([plug_in("AgoraConnector")]) == tuple(sorted(["agora", *BUILT_IN]))


def test_an_installed_connector_is_loaded_by_its_name() -> None:
    made = load("agora", [plug_in("AgoraConnector")])

    assert made.info.label == "Agora"
    assert made.settings_model is ConnectorSettings


@pytest.mark.parametrize("taken", ["x", "agora"])
def test_two_connectors_of_one_name_are_refused(taken: str) -> None:
    both = [plug_in("AgoraConnector", "agora"), plug_in("AgoraConnector", taken)]

    with pytest.raises(SettingsError, match=f"two connectors are named '{taken}'"):
        names(both)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"no connector 'y'; there are: .*x"):
        load("y", [])


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (plug_in("Nothing"), "cannot be imported"),
        (EntryPoint("agora", "no_such_package:Thing", GROUP), "cannot be imported"),
        (plug_in("NoInfo"), "no ConnectorInfo"),
        (plug_in("NoModel"), "no settings_model"),
    ],
)
def test_a_plug_in_that_is_no_connector_is_refused(
    entry: EntryPoint, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        load("agora", [entry])


def test_a_plug_in_must_have_the_name_that_it_is_listed_under() -> None:
    with pytest.raises(SettingsError, match="of that name"):
        load("forum", [plug_in("AgoraConnector", "forum")])


def test_listing_imports_no_platforms_library() -> None:
    program = (
        "import sys; from bot.connectors import registry; registry.names(); "
        "print(sorted({'tweepy', 'praw', 'requests'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
