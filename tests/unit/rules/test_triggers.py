from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.domain.packs import Happening, Per
from bot.errors import PackError
from bot.rules.load import check_means, check_together, load_house, load_templates
from bot.rules.people import load_people
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

    assert [one.id for one in shipped] == ["T1", "T2", "T3", "T4"]
    assert load_house(folder).triggers == ()


NOTIFY = "then: {notify: [agents]}"
INCIDENT = "incident: {per: brand, lasts: PT1H}"
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
        (trigger("then: {add_reach: true}"), "then.add_reach", "mention_tagged"),
        (trigger("then: {assign: {who: manager}}"), "then.assign.who", "person, team"),
        (trigger("then: {assign: {who: person}}"), "then.assign.name", "its name"),
        (trigger("then: {assign: {who: shift, name: a}}"), "then.assign.name", "name"),
        (trigger(f"then: {{{INCIDENT}}}"), "then.incident", "tells nobody"),
        (trigger(f"then: {{notify: [agents], {INCIDENT.replace('PT1H', 'PT0S')}}}"),
         "then.incident.lasts", "positive span"),
        (trigger(f"{MANY}, then: {{notify: [agents], {INCIDENT}}}", on="many"),
         "then.incident", "by itself"),
        (trigger(f"{MANY}, then: {{draft: outage}}", on="many"), "then", "notifies"),
        (trigger(f"when: {{bands: [huge]}}, {NOTIFY}"), "when.bands", "input"),
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


def shipped_wording(tmp_path: Path, more: str) -> Path:
    folder = tmp_path / "templates"
    shutil.copytree(HOUSE.parents[2] / "templates", folder)
    file = folder / "en" / "acknowledgement.yaml"
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    return folder


def test_a_draft_is_a_wording_under_a_name_of_its_own(tmp_path: Path) -> None:
    house = load_house(written(tmp_path, trigger("then: {draft: outage}")))
    folder = shipped_wording(tmp_path, "drafts: {outage: ['{brand} is down.']}\n")
    templates = load_templates(folder)

    check_together(house, templates)

    [draft] = templates.by_language["en"]["outage"]
    assert (draft.id, draft.text) == ("en/outage/1", "{brand} is down.")


def test_a_draft_without_wording_is_refused(tmp_path: Path) -> None:
    house = load_house(written(tmp_path, trigger("then: {draft: outage}")))

    with pytest.raises(PackError, match="T1 drafts 'outage', which the templates in"):
        check_together(house, load_templates(shipped_wording(tmp_path, "")))


@pytest.mark.parametrize(
    ("drafts", "words"),
    [
        ("{outage: ['{name}, sorry.']}", "drafts.outage.0: has a blank other"),
        ("{outage: [We refund you.]}", "drafts.outage.0: says 'refund' in public"),
        ("{complaint: [We know.]}", "is no name for a draft"),
        ("{a/b: [We know.]}", "is no name for a draft"),
        ("{outage: []}", "drafts.outage: "),
    ],
)
def test_a_draft_is_held_to_what_may_be_said_in_public(
    tmp_path: Path, drafts: str, words: str
) -> None:
    folder = shipped_wording(tmp_path, f"drafts: {drafts}\n")

    with pytest.raises(PackError, match=words) as caught:
        load_templates(folder)

    assert "acknowledgement.yaml:" in str(caught.value)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("webhooks: [crm]", "then.webhooks.1: notify.ways of the settings has no"),
        ("assign: {who: shift}", "then.assign.who: whose turn it is nobody knows"),
    ],
)
def test_what_the_settings_do_not_have_no_trigger_can_use(
    tmp_path: Path, rest: str, words: str
) -> None:
    folder = written(tmp_path, trigger(f"then: {{{rest}}}"))
    house = load_house(folder)

    check_means(folder, house, webhooks=["crm"], has_people=True)
    with pytest.raises(PackError) as caught:
        check_means(folder, house, webhooks=["other"], has_people=False)

    assert f"{folder / 'triggers.yaml'}:" in str(caught.value)
    assert words.split(": ", 1)[1] in str(caught.value)


def test_to_whom_a_trigger_assigns_must_be_in_the_file_of_people(
    tmp_path: Path,
) -> None:
    folder = written(
        tmp_path,
        trigger("then: {assign: {who: person, name: zoe}}")
        + trigger("then: {assign: {who: team, name: night}}", name="T2"),
    )
    people = HOUSE.parents[2] / "people.yaml"

    with pytest.raises(PackError) as caught:
        load_people(people, load_house(folder))

    shown = str(caught.value)
    assert "the person zoe is missing, to whom the trigger T1 assigns" in shown
    assert "the team night is missing, to whom the trigger T2 assigns" in shown
