"""The pack of what platforms allow, and broken copies of it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from bot.domain.platforms import Certainty, PlatformRules
from bot.errors import PackError
from bot.rules.load import load_platforms
from bot.rules.platforms import UNCITED, platform_warnings, stated
from tests.unit.rules.packs import PLATFORMS, copied, edit, platforms


def test_every_rule_that_is_stated_names_its_source() -> None:
    for channel, rules in platforms().channels.items():
        assert set(stated(rules)) == set(rules.cites), channel


def test_what_is_known_from_memory_alone_is_warned_of() -> None:
    pack = platforms()
    remembered = {
        ("channels", channel, name)
        for channel, rules in pack.channels.items()
        for name, cite in rules.cites.items()
        if cite.certainty is Certainty.MEMORY
    }

    assert {problem.key for problem in platform_warnings(pack)} == remembered
    assert not any(channel == "x" for _, channel, _ in remembered)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            "      max_replies: {source: X-DG, certainty: primary}\n",
            "",
            "channels.x.max_replies: no source is given",
        ),
        (
            "source: META-H,",
            "source: HEARSAY,",
            "person_window.source: the source HEARSAY is not declared",
        ),
        (
            "    honour_nobot: true\n",
            "",
            "cites.honour_nobot: there is no such rule of this channel",
        ),
        ("person_window: P7D", "person_window: PT1H", "never shorter than a program"),
        ("max_replies: 1", "max_replies: -1", "max_replies: cannot be below zero"),
        ("at_most: 100,", "at_most: 0,", "quotas.0.at_most: allows nothing"),
        ("author_quotes_us]", "author_likes_us]", "channels.x.reply_if"),
        ("    title: X\n", "    title: X\n    speaks: true\n", "there is no such key"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_key(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    pack = copied(PLATFORMS, tmp_path)
    edit(pack / "pack.yaml", old, new)

    with pytest.raises(PackError) as caught:
        load_platforms(pack)

    assert named in str(caught.value)
    assert "pack.yaml:" in str(caught.value)


def test_docs_name_every_key_of_a_platform() -> None:
    page = (PLATFORMS.parents[3] / "docs" / "reference" / "packs.md").read_text("utf-8")

    for one in fields(PlatformRules):
        assert f"`{one.name}`" in page, one.name
    assert {"title", "cites"} == UNCITED
