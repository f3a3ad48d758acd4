from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.packs import Happening, Per
from bot.errors import PackError
from bot.rules.load import load_house
from tests.unit.rules.packs import HOUSE, copied


def written(tmp_path: Path, triggers: str) -> Path:
    folder = copied(HOUSE, tmp_path)
    (folder / "triggers.yaml").write_text("triggers:\n" + triggers, encoding="utf-8")
    return folder


def trigger(rest: str, *, on: str = "ticket_opened", name: str = "T1") -> str:
    return f"  - {{id: {name}, text: told, on: {on}, {rest}}}\n"


def moving(name: str, queues: str, to: str, more: str = "", then: str = "") -> str:
    rest = f"queues: [{queues}], then: {{queue: {to}{then}}}{more}"
    return trigger(rest, on="ticket_changed", name=name)


def test_the_example_of_the_reference_page_is_read_as_it_stands(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "packs.md"
    text = page.read_text(encoding="utf-8")
    example = text.split("```yaml\ntriggers:\n")[1].split("```")[0]

    wave, waits = load_house(written(tmp_path, example)).triggers

    assert (wave.on, wave.many and wave.many.per) == (Happening.MANY, Per.TOPIC)
    assert (waits.share, waits.clocks) == (80, ("first_response",))
    assert waits.at_most.times == 10


def test_the_shipped_house_has_some_and_without_the_file_there_are_none(
    tmp_path: Path,
) -> None:
    folder = copied(HOUSE, tmp_path)
    shipped = load_house(folder).triggers

    (folder / "triggers.yaml").unlink()

    assert [one.id for one in shipped] == ["T1", "T2", "T3"]
    assert load_house(folder).triggers == ()


NOTIFY = "then: {notify: [agents]}"
MANY = "many: {items: 5, within: PT10M, per: brand}"


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (trigger("then: {}"), "then", "does nothing"),
        (trigger("then: {marks: [' ']}"), "then.marks", "an empty word"),
        (trigger(NOTIFY, on="tea_time"), "on", "input"),
        (trigger("then: {notify: [cellar]}"), "then.notify", "cellar is not declared"),
        (trigger("then: {queue: cellar}"), "then.queue", "cellar is not declared"),
        (trigger(f"queues: [cellar], {NOTIFY}"), "queues", "cellar is not declared"),
        (trigger("then: {queue: agents, tier: 3}"), "then.queue", "below tier 3"),
        (trigger(NOTIFY, on="many"), "many", "which needs it"),
        (trigger(f"{MANY}, {NOTIFY}"), "many", "belongs to on: many"),
        (trigger(f"{MANY}, then: {{code: red}}", on="many"), "then", "only notifies"),
        (trigger(f"{MANY.replace('5', '1')}, {NOTIFY}", on="many"), "many",
         "at least 2"),
        (trigger(NOTIFY, on="clock_warning"), "share", "one of 50, 80"),
        (trigger(f"share: 60, {NOTIFY}", on="clock_warning"), "share", "50, 80"),
        (trigger(f"share: 50, {NOTIFY}", on="breach"), "share", "clock_warning"),
        (trigger(f"clocks: [first_response], {NOTIFY}"), "clocks", "or breach"),
        (trigger(f"at_most: {{times: 0, within: P1D}}, {NOTIFY}"), "at_most", "least"),
        (trigger(f"when: {{cues_any: [rude]}}, {NOTIFY}"), "when", "no cue list rude"),
        (trigger(f"when: {{colour: red}}, {NOTIFY}"), "when.colour", "no such key"),
        (trigger(f"when: {{signals_any: [fraud], has_signal: false}}, {NOTIFY}"),
         "when", "nothing can meet it"),
        (trigger(NOTIFY) + trigger(NOTIFY), "id", "stands here twice"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_trigger_names_file_line_and_key(
    tmp_path: Path, text: str, key: str, words: str
) -> None:
    folder = written(tmp_path, text)

    with pytest.raises(PackError) as caught:
        load_house(folder)

    shown = str(caught.value).splitlines()
    assert any(f".{key}" in one and words in one.lower() for one in shown), shown
    assert all(f"{folder / 'triggers.yaml'}:" in one for one in shown)


def refusal(folder: Path) -> str:
    with pytest.raises(PackError) as caught:
        load_house(folder)
    return str(caught.value)


def test_two_that_send_a_ticket_to_and_fro_are_refused_by_name(tmp_path: Path) -> None:
    text = moving("T1", "fraud", "hardship") + moving("T2", "hardship", "fraud")

    shown = refusal(written(tmp_path, text))

    assert "triggers.0.then.queue: moves a ticket in a circle: T1 -> T2 -> T1" in shown
    assert len(shown.splitlines()) == 1


def test_a_circle_for_some_mentions_alone_is_one(tmp_path: Path) -> None:
    text = moving("T1", "fraud", "hardship")
    text += moving("T2", "hardship", "fraud", more=", when: {channels: [x]}")

    assert "T1 -> T2 -> T1" in refusal(written(tmp_path, text))


def test_a_longer_circle_is_refused_too(tmp_path: Path) -> None:
    text = (
        moving("T1", "fraud", "hardship")
        + moving("T2", "hardship", "specialists")
        + moving("T3", "specialists", "fraud")
    )

    assert "T1 -> T2 -> T3 -> T1" in refusal(written(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        # It ends where it began, and what changes nothing sets nothing off.
        trigger("then: {queue: fraud}", on="ticket_changed"),
        # Perhaps nothing is both.
        moving("T1", "fraud", "hardship", more=", when: {channels: [reddit]}")
        + moving("T2", "hardship", "fraud", more=", when: {channels: [x]}"),
        # An earlier one may end the matter.
        trigger(f"stops: true, {NOTIFY}", on="ticket_changed", name="T0")
        + moving("T1", "fraud", "hardship")
        + moving("T2", "hardship", "fraud"),
        # The tier that it sets leads out of the circle.
        moving("T1", "fraud", "escalation_team", then=", tier: 3")
        + moving("T2", "escalation_team", "fraud"),
        # It happens once, as a ticket is opened once.
        trigger("then: {queue: fraud}") + moving("T2", "fraud", "hardship"),
    ],
)
def test_what_is_no_proven_circle_is_let_through(tmp_path: Path, text: str) -> None:
    assert load_house(written(tmp_path, text)).triggers
