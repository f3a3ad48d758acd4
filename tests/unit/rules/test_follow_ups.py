from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.domain.follow_ups import NO_ANSWERS, OF_FOLLOW_UPS
from bot.domain.packs import Purpose
from bot.errors import PackError
from bot.rules.library import load_library
from bot.rules.load import check_together, load_house, load_regulation, load_templates
from bot.services.replies import EVENT_OF
from tests.unit.rules.packs import (
    HOUSE,
    RG271,
    TEMPLATES,
    copied,
    edit,
    house,
    templates,
)


def broken(tmp_path, old, new, name="follow_ups.yaml"):
    pack = copied(HOUSE, tmp_path)
    edit(pack / name, old, new)
    return pack


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        (
            "legal_near: {share: 80}",
            "legal_near: {share: 100}",
            "legal_near.share",
            "1 to 99",
        ),
        (
            "legal_near: {share: 80}",
            "legal_near: {unasked: true}",
            "legal_near.share",
            "1 to 99",
        ),
        ("closed: {after: P1D}", "closed: {}", "closed.after", "a span of time"),
        (
            "closed: {after: P1D}",
            "closed: {after: P1D, share: 50}",
            "closed.share",
            "1 to 99",
        ),
        (
            "closed: {after: P1D}",
            "raised: {after: P1D}",
            "raised.after",
            "a span of time",
        ),
        ("at_most: 3", "at_most: 0", "at_most", "at least 1"),
        ("gap: PT4H", "gap: -PT4H", "gap", "must not lie in the past"),
        ("- answered", "- acknowledged", "answers.1", "is no answer"),
        ("- answered", "- status_sent", "answers.1", "is no answer"),
        ('end: "08:00"', 'end: "20:00"', "quiet", "always quiet"),
        ('end: "08:00"', 'end: "08:00", zone: Moon/Sea', "quiet.0.zone", "Moon/Sea"),
        ("closed: {", "close: {", "close", "there is no such key"),
        ("reopen_within: P30D", "reopen_within: -P30D", "reopen_within", "the past"),
    ],
)
def test_a_mistake_is_refused_by_file_line_and_key(tmp_path, old, new, key, words):
    pack = broken(tmp_path, old, new)

    with pytest.raises(PackError) as refused:
        load_house(pack)

    lines = str(refused.value).splitlines()
    assert any(
        re.search(rf"follow_ups\.yaml:\d+: (follow_ups\.)?{re.escape(key)}: ", line)
        and words in line
        for line in lines
    ), lines


@pytest.mark.parametrize("event", sorted(OF_FOLLOW_UPS))
def test_no_promise_can_be_met_by_a_follow_up(tmp_path, event):
    pack = broken(
        tmp_path, "    - first_response\n", f"    - {event}\n", name="pack.yaml"
    )

    with pytest.raises(
        PackError, match=f"targets.first_response: {event} is the bot's"
    ):
        load_house(pack)


@pytest.mark.parametrize("event", sorted(OF_FOLLOW_UPS))
def test_no_law_can_be_met_by_a_follow_up(tmp_path, event):
    pack = copied(RG271, tmp_path)
    edit(pack / "pack.yaml", "\nevents:\n", f"\nevents:\n  {event}: told\n")

    with pytest.raises(PackError, match=f"events.{event}: is the bot's own word"):
        load_regulation(pack)


def test_a_house_may_follow_nobody_up(tmp_path):
    pack = copied(HOUSE, tmp_path)
    (pack / "follow_ups.yaml").unlink()

    assert load_house(pack).follow_ups is None


def test_the_shipped_house_lets_no_follow_up_out_without_a_person():
    policy = house().follow_ups

    assert policy is not None
    found = [policy.legal_near, policy.closed]
    assert [one.unasked for one in found if one] == [False, False]
    assert policy.raised is policy.waiting is policy.promise_near is None


# --- wording


@pytest.mark.parametrize("language", sorted(templates().by_language))
def test_every_shipped_language_says_how_things_stand_and_asks(language):
    for purpose in (Purpose.STATUS, Purpose.SATISFACTION):
        assert templates().has(language, purpose)
    assert len(templates().dates[language].months) == 12


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("by {by}. To talk", "soon. To talk", "status.0", "a status says {by}"),
        ("We have finished", "By {by} we finished", "satisfaction.0", "says {by}"),
        ("{zone}", "", "date.form", "lacks the blank zone"),
        ("({zone})", "({zone}) {era}", "date.form", "a blank other than"),
        ("January, ", "", "date.months", "has 11 names"),
        ("We are on it", "Dear customer, we are on it", "status.0", "in public"),
    ],
)
def test_a_wording_that_cannot_be_meant_is_refused(tmp_path, old, new, key, words):
    edited = tmp_path / "templates"
    edited.mkdir()
    (edited / "en").mkdir()
    for file in (TEMPLATES / "en").iterdir():
        (edited / "en" / file.name).write_text(file.read_text())
    edit(edited / "en" / "follow_up.yaml", old, new)

    with pytest.raises(PackError) as refused:
        load_templates(edited)

    assert f"{key}: " in str(refused.value)
    assert words in str(refused.value)


def test_a_status_without_a_way_to_write_dates_is_refused(tmp_path):
    edited = tmp_path / "templates" / "en"
    edited.mkdir(parents=True)
    for file in (TEMPLATES / "en").iterdir():
        text = file.read_text().partition("date:\n")[0]
        (edited / file.name).write_text(text)

    with pytest.raises(PackError, match="date: is missing: a status says until when"):
        load_templates(edited.parent)


def test_a_house_that_asks_needs_the_words_for_it():
    known = dict(templates().by_language)
    known["en"] = {**known["en"], Purpose.SATISFACTION: ()}

    with pytest.raises(
        PackError, match=r"follow_ups\.closed: there is no wording en/sat"
    ):
        check_together(house(), replace(templates(), by_language=known))


def test_what_the_shipped_house_names_is_there_in_some_shipped_pack():
    packs, shipped = load_library(RG271.parent.parent), house()
    events = {name for one in packs for name in one.events} | set(EVENT_OF.values())
    told = {name for some in shipped.targets.values() for name in some}
    clocks = {name for one in packs for name in one.clocks} | set(shipped.targets)

    assert shipped.follow_ups is not None
    assert set(shipped.follow_ups.answers) <= events | told
    assert {name for one in shipped.triggers for name in one.clocks} <= clocks


def test_what_answers_an_author_keeps_the_shipped_first_response() -> None:
    house = load_house(HOUSE)

    assert house.follow_ups is not None
    assert set(house.follow_ups.answers) <= set(house.targets["first_response"])
    assert not NO_ANSWERS & set(house.targets["first_response"])
