from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.domain.chains import Who
from bot.domain.decisions import Code
from bot.domain.packs import HousePack
from bot.errors import PackError
from bot.rules.load import load_house
from bot.rules.people import load_people
from tests.unit.rules.packs import HOUSE, ROOT, copied, edit, house

FILE = """\
chains:
  - id: red
    text: code red
    when: {code_from: red}
    ends: [first_response]
    steps:
      - {who: shift, after: PT15M, repeat: 2, every: PT15M}
      - who: team
        name: leads
        within: {days: [mon], start: "09:00", end: "17:00", zone: Europe/London}
  - id: rest
    text: the rest
    steps: [{who: manager}]
"""


def loaded(folder: Path, text: str = FILE) -> HousePack:
    pack = copied(HOUSE, folder)
    (pack / "chains.yaml").write_text(text, encoding="utf-8")
    return load_house(pack)


def test_chains_read_as_they_are_written(tmp_path: Path) -> None:
    red, rest = loaded(tmp_path).chains

    assert (red.id, red.when.code_from, red.ends) == (
        "red",
        Code.RED,
        ("first_response",),
    )
    assert [step.who for step in red.steps] == [Who.SHIFT, Who.TEAM]
    assert red.steps[0].repeat == 2
    assert red.steps[1].within is not None
    assert rest.when.code_from is None


def test_the_shipped_house_has_a_chain_of_its_own_for_red_and_for_influencers() -> None:
    chains = [one.id for one in house().chains]

    assert chains == ["care", "code_red", "influencers", "ordinary"]


def test_a_house_needs_no_chains(tmp_path: Path) -> None:
    pack = copied(HOUSE, tmp_path)
    (pack / "chains.yaml").unlink()

    assert load_house(pack).chains == ()


MISTAKES = [
    ("id: rest", "id: red", "2: chains.0.id: red stands here twice"),
    ("text: code red", 'text: ""', "2: chains.0: a chain needs an id and a text"),
    ("[{who: manager}]", "[]", "13: chains.1.steps: calls nobody"),
    ("[first_response]", "[praise]", "5: chains.0.ends: there is no target praise"),
    (
        "when: {code_from: red}",
        "when: {}",
        "11: chains.1.when: an earlier chain takes every ticket",
    ),
    ("who: shift", "who: owner", "7: chains.0.steps.0.who: who owns the ticket"),
    ("        name: leads\n", "", "8: chains.0.steps.1.name: a team or person"),
    ("who: shift", "who: shift, name: x", "7: chains.0.steps.0.name: a team or"),
    ("after: PT15M", "after: -PT15M", "7: chains.0.steps.0.after: must not lie"),
    ("repeat: 2", "repeat: 0", "7: chains.0.steps.0.repeat: must be at least 1"),
    (", every: PT15M", "", "7: chains.0.steps.0.every: repeat says how often"),
    ("repeat: 2, ", "", "7: chains.0.steps.0.every: repeat says how often"),
    ("Europe/London", "Mars", "10: chains.0.steps.1.within.zone: there is no time"),
    (", zone: Europe/London", "", "10: chains.0.steps.1.within.zone: there is no"),
    ("days: [mon]", "days: []", "10: chains.0.steps.1.within.days: names no day"),
    ("who: manager", "who: boss", "13: chains.1.steps.0.who: input should be"),
    ("who: manager", "whom: manager", "13: chains.1.steps.0.whom: there is no such"),
]


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES)
def test_a_mistake_is_named_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in FILE

    with pytest.raises(PackError) as error:
        loaded(tmp_path, FILE.replace(old, new, 1))

    assert re.search(rf"chains\.yaml:{re.escape(told)}", str(error.value))


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ("{lasts: PT0S}", "claims.lasts: must be longer"),
        ("{lasts: PT1H, remind: PT1H}", "claims.remind: must be shorter"),
        ("{lasts: PT1H, remind: -PT1S}", "claims.remind: must be shorter"),
    ],
)
def test_a_claim_must_last_and_be_recalled_before_its_end(
    tmp_path: Path, claims: str, told: str
) -> None:
    pack = copied(HOUSE, tmp_path)
    edit(pack / "pack.yaml", "claims: {lasts: PT2H}", f"claims: {claims}")

    with pytest.raises(PackError, match=told):
        load_house(pack)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: leads", "name: cellar", "teams: the team cellar is missing, which"),
        (
            "who: team\n        name: leads",
            "who: person\n        name: kim",
            "people: the person kim is missing, which step 2 of the chain red calls",
        ),
    ],
)
def test_whom_a_chain_calls_must_be_in_the_file_of_people(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    load_people(ROOT / "config" / "people.yaml", loaded(tmp_path / "good"))
    pack = loaded(tmp_path / "bad", FILE.replace(old, new, 1))

    with pytest.raises(PackError, match=re.escape(told)):
        load_people(ROOT / "config" / "people.yaml", pack)
