from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.storage.store import SqlStore
from tests import samples
from tests.samples import NOON


@pytest.fixture
def url(own_file: Path) -> str:
    url = f"sqlite:///{own_file}"
    store = SqlStore(url)
    with store.work() as work:
        some = [
            samples.mention(1, text="My bag is lost"),
            samples.mention(2, text="lost again", brand="Kestrel Rail"),
        ]
        (first, _) = work.mentions.add(some, source="agora", at=NOON)
        ticket = work.tickets.add(samples.ticket())
        work.mentions.tag([(first.id, samples.tags())], NOON)
        made = samples.decision()
        work.mentions.decide(first.id, made, ticket_id=ticket.id, at=NOON)
    store.close()
    return url


def told(capsys: pytest.CaptureFixture[str], *asked: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["mention", "search", *asked])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_words_are_found_by_the_index_with_their_ticket(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(told(capsys, "LOST", "--json", "--db", url))

    assert [(one["mention"], one["ticket"]) for one in found] == [
        (2, None),
        (1, "T-000001"),
    ]
    assert found[0]["text"] == "lost again"


def test_a_search_is_narrowed_and_cut(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rail = told(capsys, "lost", "--brand", "Kestrel Rail", "--db", url)
    one = told(capsys, "lost", "--limit", "1", "--db", url)
    none = told(capsys, "lost", "--in", "reply", "--db", url)

    assert "lost again" in rail
    assert "My bag" not in rail
    assert "My bag" not in one
    assert "nothing holds all of that" in none
