from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.handoff import VerifiedLink
from bot.domain.packs import Purpose
from bot.errors import PackError
from bot.rules.handoff import hand_off_warnings
from bot.rules.load import check_together, load_house, load_templates
from tests.unit.rules.packs import HOUSE, TEMPLATES, copied, edit, house, templates

PAGE = "https://acme.example/help"


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("offered: P1D", "offered: PT0S", "steps.offered", "last for some time"),
        ("invited: P3D", "fell_back: P3D", "steps", "how long somebody may be invited"),
        ("invited: P3D", "fell_back: P3D", "steps.fell_back", "is a person's"),
        ("asks: [full_name,", "asks: [reference,", "may_ask", "must be answered"),
        ("contact: [phone,", "contact: [in_person,", "contact", "none that a form"),
        ("attempts: 5", "attempts: 0", "attempts", "at least 1"),
        ("link_lasts: P3D", "link_lasts: PT0S", "link_lasts", "for some time"),
        (
            "links: {}",
            'links: {acme: {url: "http://acme.example", verified_on: "2026-10-01"}}',
            "links.acme.url",
            "no page that is safe",
        ),
    ],
)
def test_a_way_that_cannot_be_meant_is_refused(tmp_path, old, new, key, words):
    pack = copied(HOUSE, tmp_path)
    edit(pack / "handoff.yaml", old, new)

    with pytest.raises(PackError) as caught:
        load_house(pack)

    assert f"hand_off.{key}: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("works once: {link}", "works once.", "must name {link} once"),
        ("Thank you for writing", "Dear customer, for writing", "says 'customer'"),
        ("works once: {link}", "works {by} once: {link}", "has a blank other than"),
        ("write to us here: {link}", "write to us here.", "name {link}, and nothing"),
        ('title: "Go on', 'title: "Dear client, go on', "says 'client'"),
    ],
)
def test_wording_that_leads_nowhere_or_says_too_much_is_refused(
    tmp_path, old, new, words
):
    folder = copied(TEMPLATES, tmp_path)
    edit(folder / "en" / "handoff.yaml", old, new)

    with pytest.raises(PackError) as caught:
        load_templates(folder)

    assert words in str(caught.value)


@pytest.mark.parametrize("purpose", [Purpose.INVITATION, Purpose.HAND_OFF])
def test_a_house_without_the_words_for_it_is_refused(purpose):
    known = templates()
    english = {**known.by_language["en"], purpose: ()}
    silent = replace(known, by_language={**known.by_language, "en": english})

    with pytest.raises(PackError, match=f"no wording en/{purpose}"):
        check_together(house(), silent)
    with pytest.raises(PackError, match="have no form"):
        check_together(house(), replace(known, forms={}))


def test_every_language_has_an_invitation_a_line_and_a_form():
    known = templates()

    for language, wording in known.by_language.items():
        assert wording[Purpose.INVITATION], language
        assert wording[Purpose.HAND_OFF], language
        form = known.forms[language]
        policy = house().hand_off
        assert policy is not None
        assert {*policy.asks, *policy.may_ask} <= set(form.asks)
        assert set(policy.contact) <= set(form.contact)


def test_a_link_that_nobody_followed_for_long_is_told():
    today = date(2026, 11, 26)

    def warned(verified_on):
        link = VerifiedLink(url=PAGE, verified_on=verified_on)
        policy = house().hand_off
        assert policy is not None
        own = replace(house(), hand_off=replace(policy, links={"acme": link}))
        return [one.words for one in hand_off_warnings(own, today)]

    assert warned(today) == []
    assert "more than 180 days ago" in warned(today - timedelta(days=181))[0]
    assert "still to come" in warned(today + timedelta(days=1))[0]
