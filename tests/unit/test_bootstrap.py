from __future__ import annotations

from pathlib import Path

import pytest

from bot.bootstrap import App
from bot.errors import SettingsError
from bot.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]

FILE = """\
packs:
  house: {root}/config/packs/house/1
  regulation: {root}/config/packs/au.asic.rg271/2021-09.1
  templates: {root}/config/templates
sources:
  file: {{connector: replay, brand: Acme, path: posts.jsonl, replies_to: said.jsonl}}
channels:
  x: {channel}
"""


def app(folder: Path, channel: str) -> App:
    file = folder / "bot.yaml"
    file.write_text(FILE.format(root=ROOT, channel=channel), encoding="utf-8")
    return App(load_settings(file, {}))


def test_a_channel_back_in_the_shadow_is_silent_but_still_looked_at(
    tmp_path: Path,
) -> None:
    outbox = app(tmp_path, "{mode: shadow, reply_via: file}").outbox

    assert not outbox.is_live("x")
    assert outbox.senders["x"].source == "file"


def test_a_live_channel_is_heard_through_its_source(tmp_path: Path) -> None:
    outbox = app(tmp_path, "{mode: live, reply_via: file}").outbox

    assert outbox.is_live("x")
    assert outbox.senders["x"].source == "file"


def test_a_channel_that_nobody_named_is_silent(tmp_path: Path) -> None:
    outbox = app(tmp_path, "{mode: live, reply_via: file}").outbox

    assert not outbox.is_live("reddit")


def test_a_live_channel_without_a_source_is_refused_by_its_line(
    tmp_path: Path,
) -> None:
    wired = app(tmp_path, "{mode: live}")

    with pytest.raises(SettingsError) as refusal:
        _ = wired.outbox

    assert refusal.value.shown.startswith(f"{tmp_path}/bot.yaml:8: channels.x")
