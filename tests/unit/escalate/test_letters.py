"""What a legal notice lacks: every shipped pack, item, class and outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.domain.letters import Ending, Finding, LetterBook, LetterState, Wanted
from bot.domain.packs import RegulationPack
from bot.escalate.letters import ALLOWED, carries, check, lacking, write
from bot.rules.letters import load_letters
from bot.rules.load import load_regulation

ROOT = Path(__file__).resolve().parents[3]
BOOKS = load_letters(ROOT / "config" / "letters")
PACKS = {
    name: load_regulation(next((ROOT / "config" / "packs" / name).iterdir()))
    for name in {pack for pack, _ in BOOKS}
}
BODIES = {
    found.escalation_body.name: found.escalation_body
    for one in sorted((ROOT / "config" / "packs").glob("*.*/*"))
    if one.is_dir() and (found := load_regulation(one)).escalation_body
}
ISSUES = ("The fee of 20 dollars", "Nobody called back")
OWN = (
    "the teller terminal at the branch was offline on the day and our valuer "
    "reports on 3 separate documents, see support@example.org"
)
"""More than enough words of a person's own, with an address."""


def wanted(
    pack: RegulationPack, notice: str, legal_class: str, outcome: str, **fields: Any
) -> Wanted:
    contents = pack.contents[notice]
    own = pack.escalation_body
    usual: dict[str, Any] = {
        "contents": contents,
        "cite": contents.cite,
        "legal_class": legal_class,
        "ticket": "T-000012",
        "brand": "Harbourline Bank",
        "received": date(2026, 11, 2),
        "today": date(2026, 11, 20),
        "outcome": outcome if contents.has_outcome else "",
        "issues": ISSUES,
        "reason_code": next(iter(pack.grounds_for(notice)), ""),
        "grounds": pack.grounds_for(notice),
        "body": own,
        "others": tuple(
            one for one in BODIES.values() if own is None or one.name != own.name
        ),
        "latest": {
            name: date(2026, 12, 21)
            for name, item in contents.items.items()
            if item.clock
        },
    }
    return Wanted(**{**usual, **fields})


def cases() -> Iterator[tuple[str, str, str, str, str]]:
    for pack, language in sorted(BOOKS):
        for notice, contents in PACKS[pack].contents.items():
            for legal_class in PACKS[pack].classes:
                for outcome in Ending if contents.has_outcome else ("",):
                    yield pack, language, notice, legal_class, str(outcome)


CASES = list(cases())


def without(whole: str, heading: str, *, keeps_heading: bool) -> str:
    """Take a section out, or only what it says."""
    pattern = rf"({re.escape(heading)}\n-+\n)(.*?)(?=\n[^\n]+\n-{{3,}}\n|\Z)"
    instead = r"\1" if keeps_heading else ""
    return re.sub(pattern, instead, whole, flags=re.DOTALL)


def filled(text: str) -> str:
    """Fill in what only a person can say."""
    text = text.replace("[the day]", "2026-12-01")
    waived = OWN + ". We do not consent to a complaint after that"
    text = re.sub(r"\[Whether we (?:consent|waive)[^\]]*\]", waived, text)
    return re.sub(r"\[[^\]]*\]", OWN, text)


def judged(
    text: str, asked: Wanted, book: LetterBook, notice: str
) -> tuple[Finding, ...]:
    return check(text, asked, book.notices[notice], book.wording)


@pytest.mark.parametrize(
    ("pack", "language", "notice", "legal_class", "outcome"), CASES
)
def test_a_shipped_wording_passes_once_a_person_filled_it_in(
    pack: str, language: str, notice: str, legal_class: str, outcome: str
) -> None:
    book, asked = (
        BOOKS[pack, language],
        wanted(PACKS[pack], notice, legal_class, outcome),
    )
    text = write(asked, book, notice)

    assert lacking(judged(text, asked, book, notice)), "it has nothing left to say?"
    found = judged(filled(text), asked, book, notice)

    assert lacking(found) == ()
    assert [one.item for one in found] == asked.required


@pytest.mark.parametrize(
    ("pack", "language", "notice", "legal_class", "outcome"), CASES
)
def test_a_draft_without_one_section_lacks_exactly_that(
    pack: str, language: str, notice: str, legal_class: str, outcome: str
) -> None:
    book, asked = (
        BOOKS[pack, language],
        wanted(PACKS[pack], notice, legal_class, outcome),
    )
    whole = filled(write(asked, book, notice))

    for name in asked.required:
        heading = book.notices[notice].sections[name].heading
        for keeps_heading in (True, False):
            cut = without(whole, heading, keeps_heading=keeps_heading)

            [missing] = lacking(judged(cut, asked, book, notice))

            assert (missing.item, missing.cite) == (
                name,
                asked.contents.item(name).cite,
            )
            assert missing.told.startswith(("there is no section", "its section is"))


# --- one notice, changed in one place ------------------------------------------------

RG271, DISP = PACKS["au.asic.rg271"], PACKS["uk.fca.disp"]
AFCA = "Australian Financial Complaints Authority"


def changed(
    notice: str,
    *swaps: tuple[str, str],
    pack: RegulationPack = RG271,
    legal_class: str = "standard",
    outcome: str = "rejected",
    **fields: Any,
) -> list[Finding]:
    """Judge a complete notice in which some words stand in the place of others."""
    book = BOOKS[pack.ref.id, "en"]
    asked = wanted(pack, notice, legal_class, outcome, **fields)
    text = filled(write(asked, book, notice))
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return list(lacking(judged(text, asked, book, notice)))


WRONG = [
    ("info@afca.org.au", "", "afca_contact_details", "lacks info@afca.org.au"),
    ("info@afca.org.au", "info@afca.com.au", "afca_contact_details", "lacks info"),
    ("1800 931 678", "1800 931 679", "afca_contact_details", "lacks 1800 931 678"),
    ("1800 931 678", "1800-931-678 or 1300 000 111", "afca_contact_details", "is not"),
    (
        "https://www.afca.org.au",
        "https://afca.org.au.evil.example",
        "afca_contact_details",
        "lacks https",
    ),
    ("GPO Box 3,", "GPO Box 4,", "afca_contact_details", "lacks GPO Box 3"),
    (f"to the {AFCA}. It", "to us. It", "right_to_afca", f"does not name {AFCA}"),
    (
        "You can take your complaint to",
        "Please do not write to",
        "right_to_afca",
        "does not say that one may",
    ),
    (
        "You can take your complaint to",
        "You cannot take your complaint to",
        "right_to_afca",
        "nobody may turn",
    ),
    (
        "We do not accept your complaint",
        "We accept your complaint",
        "final_outcome",
        "reads as accepted",
    ),
    (
        "We do not accept your complaint",
        "Your complaint was looked at",
        "final_outcome",
        "does not say",
    ),
    (
        "1. The fee of 20 dollars",
        "1. The fee",
        "issues_identified_and_addressed",
        "says nothing of 'The fee of 20 dollars'",
    ),
]


@pytest.mark.parametrize(("old", "new", "item", "words"), WRONG)
def test_what_is_changed_in_one_place_is_named_and_nothing_else(
    old: str, new: str, item: str, words: str
) -> None:
    [found] = changed("idr_response", (old, new))

    assert found.item == item
    assert words in found.told


@pytest.mark.parametrize(
    "written",
    ["http://afca.org.au", "www.afca.org.au", "AFCA.org.au/", "https://afca.org.au."],
)
def test_a_site_may_be_written_in_the_ways_in_which_people_write_it(
    written: str,
) -> None:
    assert not changed("idr_response", ("https://www.afca.org.au", written))


@pytest.mark.parametrize(
    "blank",
    ["[name]", "{brand}", "TODO", "xxx", "<your name>", "____", "Lorem ipsum", "tbc"],
)
def test_a_blank_that_was_left_is_found_wherever_it_stands(blank: str) -> None:
    inside = changed(
        "idr_response", ("It is an ombudsman", f"{blank} It is an ombudsman")
    )
    outside = changed("idr_response", ("Our reference is", f"{blank} Our reference is"))

    assert [(one.item, one.told[:20]) for one in inside] == [
        ("right_to_afca", "still to be written:")
    ]
    assert [one.item for one in outside] == ["blanks"]


def test_an_address_in_angle_brackets_is_no_blank() -> None:
    assert not changed("idr_response", ("info@afca.org.au", "<info@afca.org.au>"))


def test_another_customers_ticket_in_it_is_found() -> None:
    [found] = changed("idr_response", ("Our reference is T-000012", "Ours: T-000013"))

    assert found.item == "other_tickets"
    assert "T-000013" in found.told


def test_another_places_ombudsman_in_it_is_found() -> None:
    swap = ("free of charge for you", "free, or to the Financial Ombudsman Service")

    [found] = changed("idr_response", swap)

    assert found.item == "wrong_ombudsman"
    assert "Financial Ombudsman Service" in found.told


def test_a_body_that_the_class_is_no_business_of_is_found() -> None:
    [found] = changed(
        "idr_delay_notice",
        (
            "Why it takes longer\n-------------------\n",
            "Why it takes longer\n-------------------\n\nGo to the " + AFCA + ". ",
        ),
        legal_class="unlicensed_coi_non_afca",
        outcome="",
        others=tuple(BODIES.values()),
    )

    assert found.item == "wrong_ombudsman"


def test_a_death_benefit_names_28_days_and_no_other_number() -> None:
    fine = changed("idr_response", legal_class="death_benefit_objection")
    spelt = changed(
        "idr_response",
        ("28 days", "twenty-eight (28) calendar days"),
        legal_class="death_benefit_objection",
    )
    [wrong] = changed(
        "idr_response", ("28 days", "30 days"), legal_class="death_benefit_objection"
    )

    assert not fine + spelt
    assert (wrong.item, wrong.told) == (
        "afca_28_day_limit",
        "does not name the limit of 28 calendar days",
    )


@pytest.mark.parametrize(
    ("old", "new", "item"),
    [
        ("six months", "eight months", "six_months_and_waiver_statement"),
        (
            "We do not consent to a complaint after that",
            "So it is",
            "six_months_and_waiver_statement",
        ),
        ("https://www.financial-ombudsman.org.uk", "on the web", "ombudsman_website"),
    ],
)
def test_a_final_response_names_six_months_the_waiver_and_the_website(
    old: str, new: str, item: str
) -> None:
    [found] = changed("final_response", (old, new), pack=DISP)

    assert found.item == item


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("22 December 2026", "the last day is 21 December 2026"),
        ("2026-12-22", "the last day is 21 December 2026"),
        ("19 November 2026", "which is over"),
        ("31 November 2026", "names no day"),
        ("soon", "names no day"),
    ],
)
def test_a_promised_day_is_held_against_the_clocks(day: str, words: str) -> None:
    [found] = changed(
        "holding_response",
        ("21 December 2026", day),
        pack=DISP,
        legal_class="psd",
        outcome="",
    )

    assert found.item == "date_of_final_response"
    assert words in found.told


def test_an_earlier_day_may_be_promised() -> None:
    swap = ("21 December 2026", "2026-11-27")

    assert not changed(
        "holding_response", swap, pack=DISP, legal_class="psd", outcome=""
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            "Due to a high volume of complaints we cannot answer yours now.",
            "would fit any",
        ),
        ("It is complex.", "at least 8"),
        (
            "We need more time to look into it and answer as soon as possible.",
            "would fit any",
        ),
    ],
)
def test_a_reason_that_would_fit_any_case_is_none(reason: str, words: str) -> None:
    section = "Why it takes longer\n-------------------\n\n"

    [found] = changed("idr_delay_notice", (section + OWN, section + reason), outcome="")

    assert (found.item, found.cite) == ("reasons_for_delay", "271.66(a)")
    assert words in found.told


def test_a_delay_without_a_ground_of_the_pack_is_found() -> None:
    [none] = changed("idr_delay_notice", outcome="", reason_code="")
    [other] = changed("idr_delay_notice", outcome="", reason_code="backlog")

    assert none.item == other.item == "reason_code"
    assert none.told == "needs a ground, one of complex, beyond_control"


def test_an_outcome_that_the_ticket_has_otherwise_on_record_is_found() -> None:
    [found] = changed("idr_response", recorded="accepted")

    assert found.item == "recorded_outcome"


def test_an_outcome_that_nobody_named_cannot_be_told() -> None:
    found = changed("idr_response", outcome="")

    assert [one.item for one in found] == ["final_outcome"]


def test_a_rejection_needs_the_issues_listed_and_each_answered() -> None:
    [none] = changed("idr_response", issues=())
    answered = f"2. Nobody called back\n\n{OWN}"

    [silent] = changed("idr_response", (answered, "2. Nobody called back\n\nNo."))

    assert none.told == "nobody listed what the complaint raises"
    assert silent.told.startswith("on 'Nobody called back': its section is empty")


def test_an_acceptance_needs_no_issues() -> None:
    assert not changed("idr_response", outcome="accepted", issues=())


def test_headings_are_known_again_whatever_their_case_and_line_lengths() -> None:
    assert not changed(
        "idr_response",
        ("What we decided\n---------------", "WHAT  WE DECIDED  \n-----"),
        ("for you. Time limits", "for\nyou. Time limits"),
        ("to the Australian", "to the\nAustralian"),
    )


def test_a_public_text_with_a_notices_words_is_known_and_its_own_words_are_not() -> (
    None
):
    notice = filled(
        write(
            wanted(RG271, "idr_response", "standard", "rejected"),
            BOOKS["au.asic.rg271", "en"],
            "idr_response",
        )
    )
    leak = "Hi! It is an ombudsman service that is independent\nof us and free of "
    leak += "charge for you."

    assert carries(leak, notice)
    assert not carries("Please message us in private, we would like to help.", notice)


@pytest.mark.parametrize(
    "leak",
    [
        "Two tills rang that day. We do not agree that you paid twice. Ask the shop.",
        "As written: tills rang that day - we do not agree that you paid twice; ask!",
        "TWO TILLS RANG THAT DAY, WE DO NOT AGREE THAT YOU PAID TWICE",
    ],
)
def test_short_sentences_in_a_row_are_a_notices_words_however_they_are_set(
    leak: str,
) -> None:
    notice = (
        "Two tills rang that day. We do not agree\nthat you paid twice. Ask the shop."
    )

    assert carries(leak, notice)
    assert not carries("We do not agree that you paid twice.", notice)


# --- what a whole notice says against itself --------------------------------------


def said(sentence: str, **fields: Any) -> list[Finding]:
    """Judge a complete notice with one more sentence before its first section."""
    first = ("Our reference is", f"{sentence} Our reference is")
    return changed("idr_response", first, **fields)


AGAINST = [
    ("You waive your right to AFCA.", "right_taken_back"),
    ("By taking our offer you waive all your rights.", "right_taken_back"),
    ("You agree not to complain to AFCA.", "right_taken_back"),
    ("You cannot go to AFCA.", "right_taken_back"),
    ("You may not go to AFCA.", "right_taken_back"),
    ("You can no longer go to AFCA.", "right_taken_back"),
    (f"You can't take this to the {AFCA}.", "right_taken_back"),
    ("You can go to the ombudsman only if you first call us.", "right_taken_back"),
    ("You must first complain to us before AFCA.", "right_taken_back"),
    ("AFCA charges a fee.", "right_taken_back"),
    ("You may go to AFCA at your own cost.", "right_taken_back"),
    ("You have to complain within 7 days to AFCA.", "wrong_limit"),
    ("You have fourteen (14) days to go to AFCA.", "wrong_limit"),
    ("AFCA takes complaints for three years.", "wrong_limit"),
    ("AFCA needs it within 28 days.", "wrong_limit"),
    ("We received your complaint on 3 November 2026.", "wrong_receipt"),
    ("We received your complaint on November 3, 2026.", "wrong_receipt"),
    ("We refer to your complaint of 03/11/2026.", "wrong_receipt"),
    ("Your complaint was received on 2026-11-03.", "wrong_receipt"),
    ("It is about your Otterpay account.", "other_brand"),
    ("It is about your harbourline bank cards account.", "other_brand"),
    ("We made a suspicious matter report.", "tipping_off"),
    ("We told Austrac.", "tipping_off"),
    ("There is a money laundering investigation.", "tipping_off"),
]
BRANDS = ("Otterpay", "Harbourline Bank Cards")


@pytest.mark.parametrize(("sentence", "item"), AGAINST)
def test_what_a_sentence_says_against_the_notice_is_found_wherever_it_stands(
    sentence: str, item: str
) -> None:
    [found] = said(sentence, other_brands=BRANDS)

    assert found.item == item
    assert found.cite == {
        "right_taken_back": "271.53(b)",
        "wrong_limit": "271.53(b)",
        "tipping_off": "RG 271.55",
    }.get(item, "271.53-54")


@pytest.mark.parametrize(
    "sentence",
    [
        "You have the right to complain to AFCA free of charge.",
        "AFCA does not charge you.",
        "AFCA charges nothing.",
        "You do not have to pay for AFCA.",
        "You can go to AFCA at any time.",
        "You do not waive your right to go to AFCA.",
        "You do not need to call us first to go to AFCA.",
        "If you cannot agree with us you can go to AFCA.",
        "You have two years from our response to go to AFCA.",
        "You can go to AFCA for six years.",
        "We looked into it for 7 days.",
        "We received your complaint on 2 November 2026, and wrote on 3 November 2026.",
        "We refer to your complaint of 02/11/2026.",
        "We received your bank statement on 9 November 2026.",
        "It is about your Harbourline Bank account.",
        "Otterpayment is no brand.",
        "We checked a suspicious card payment.",
    ],
)
def test_a_sentence_that_is_near_one_of_those_is_let_be(sentence: str) -> None:
    assert not said(sentence, other_brands=BRANDS)


@pytest.mark.parametrize(
    ("more", "item"),
    [
        ("It charges a fee.", "right_taken_back"),
        ("You have 7 days to do so.", "wrong_limit"),
    ],
)
def test_where_the_right_is_told_every_sentence_is_about_it(
    more: str, item: str
) -> None:
    [found] = changed("idr_response", ("Time limits may apply", f"{more} Time may run"))

    assert found.item == item


def test_a_death_benefit_has_28_days_and_no_second_limit_beside_them() -> None:
    swap = ("within 28 days", "within 28 days, and at best 7 days,")

    [found] = changed("idr_response", swap, legal_class="death_benefit_objection")

    assert (found.item, found.cite) == ("wrong_limit", "271.53 note 2, 271.85(a)")


@pytest.mark.parametrize(
    ("sentence", "items"),
    [
        ("Die Schlichtungsstelle nimmt sie binnen 7 Tagen an.", ["wrong_limit"]),
        ("Sie haben einen Monat; die Ombudsstelle hilft.", ["wrong_limit"]),
        ("Es geht um Ihr Konto bei Otterpay.", ["other_brand"]),
        ("Es gab eine Verdachtsmeldung.", ["tipping_off"]),
        ("Wir haben es 7 Tage lang geprüft.", []),
        ("Die Schlichtungsstelle kostet Sie nichts.", []),
    ],
)
def test_a_german_notice_is_held_to_limits_and_brand_too(
    sentence: str, items: list[str]
) -> None:
    book = BOOKS["eu.psd2", "de"]
    asked = wanted(
        PACKS["eu.psd2"],
        "final_response",
        PACKS["eu.psd2"].default_class,
        "rejected",
        other_brands=BRANDS,
    )
    text = filled(write(asked, book, "final_response"))
    text = text.replace("Unser Zeichen ist", f"{sentence} Unser Zeichen ist")

    found = lacking(judged(text, asked, book, "final_response"))

    assert [one.item for one in found] == items


# --- states ---------------------------------------------------------------------------


def test_no_way_leads_to_the_server_but_through_a_yes_and_none_back_unseen() -> None:
    into = {before for before, after in ALLOWED.items() if LetterState.SENDING in after}

    assert into == {LetterState.APPROVED}
    assert ALLOWED[LetterState.UNKNOWN] == {
        LetterState.SENT,
        LetterState.APPROVED,
    }
    assert not ALLOWED[LetterState.SENT]
