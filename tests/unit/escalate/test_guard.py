"""What the guard finds in drafts: every one of the corpus, and each rule's edges."""

from __future__ import annotations

from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.guard import RULES, Checked, Finding, GuardRule, Weight
from bot.domain.packs import Template
from bot.escalate.guard import Around, check
from bot.escalate.guard.clauses import MEANINGS, find_meanings
from bot.escalate.guard.folding import folded
from bot.escalate.guard.lexicon import LEXICONS
from bot.escalate.guard.numbers import is_medicare
from bot.escalate.replies import render
from tests import samples
from tests.unit.escalate.corpus import Draft, drafts
from tests.unit.rules.packs import templates

TUNED = [one for one in drafts() if one.part == "tuned"]
LONGEST_SECONDS = 15
HELD_OUT = [one for one in drafts() if one.part != "tuned"]
LINES = [
    template
    for wording in templates().by_language.values()
    for some in wording.values()
    for template in some
]


def rules_of(text: str, around: Around | None = None) -> set[str]:
    return set(check(text, around or Around()).rules)


def each(some: list[Draft]) -> list[object]:
    return [
        pytest.param(one, id=f"{number}-{one.language}-{one.rule or 'pass'}")
        for number, one in enumerate(some)
    ]


# --- what is wished


@pytest.mark.parametrize(
    "text",
    [
        "We hope your son is well.",
        "We are sorry to hear this, and we hope your mother is better now!",
        "We hope your husband is safe. Please write to us in private.",
    ],
)
def test_a_wish_for_somebodys_kin_is_no_word_of_a_customer(text: str) -> None:
    assert rules_of(text) <= {GuardRule.OF_AUTHOR}


@pytest.mark.parametrize(
    "text",
    [
        "Your son is well.",
        "We hope your son is well known to us.",
        "We hope your son is well, he is covered.",
        "We hope your son is a customer.",
        "We hope your doctor is well.",
        "We hope your son was well.",
    ],
)
def test_a_wish_that_says_more_is_a_word_of_a_customer(text: str) -> None:
    assert GuardRule.CUSTOMER_RELATIONSHIP in rules_of(text)


# --- the corpus


def test_the_corpus_is_as_large_and_as_mixed_as_it_says() -> None:
    must = [one for one in drafts() if one.rule]
    texts = [one.text for one in drafts()]

    assert len(texts) == len(set(texts)) >= 500
    assert 0.5 <= len(must) / len(texts) <= 0.6
    assert {one.language for one in must} == {"en", "de", "fr", "es"}
    assert len(HELD_OUT) >= 100


@pytest.mark.parametrize("draft", each(TUNED))
def test_a_tuned_draft_is_blocked_by_its_rule_or_passes(draft: Draft) -> None:
    checked = check(draft.text)

    assert checked.may_be_public is not bool(draft.rule)
    if draft.rule:
        assert draft.rule in checked.rules


@pytest.mark.parametrize("draft", each(HELD_OUT))
def test_what_is_known_of_a_held_out_draft_is_still_so(draft: Draft) -> None:
    """So that a change which blocks less, or wrongly more, shows."""
    checked = check(draft.text)

    match draft.known:
        case "":
            assert checked.may_be_public is not bool(draft.rule)
            assert not draft.rule or draft.rule in checked.rules
        case "missed":
            assert not checked.findings
        case "held":
            assert checked.weight is Weight.FOUR_EYES
        case other:
            assert other in checked.rules
            assert draft.rule not in checked.rules


@pytest.mark.parametrize("template", LINES, ids=lambda one: one.id)
def test_every_approved_line_passes(template: Template) -> None:
    text = render(template, brand="Kestrel Air", by="2 November 2026, 17:00 (AEDT)")

    assert check(text, Around(is_free=False)).findings == ()


# --- numbers, by their check digits


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("card", "4111 1111 1111 1111", "4111 1111 1111 1112"),
        ("card", "3782-822463-10005", "3782-822463-10006"),
        ("bank_account", "DE89 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"),
        ("bank_account", "gb82west12345698765432", "gb83west12345698765432"),
        ("national_id", "123 456 782", "123 456 783"),  # au.tfn
        ("national_id", "51 824 753 556", "51 824 753 557"),  # au.abn
        ("national_id", "2123 45670 1", "2123 45671 1"),  # Medicare
        ("national_id", "536-90-4399", "666-90-4399"),  # us.ssn, by its form
        ("national_id", "36 574 261 809", "36 574 261 808"),  # de.idnr
        ("national_id", "2 95 10 99 126 111 93", "2 95 10 99 126 111 94"),  # fr.nir
        ("national_id", "54362315-K", "54362315-Z"),  # es.dni
        ("national_id", "X-5253868-R", "X-5253868-A"),  # es.nie
        ("national_id", "2341 2341 2346", "2341 2341 2347"),  # in.aadhaar
        ("national_id", "ABCPE1234F", "ABC1E1234F"),  # in.pan, by its form
        ("national_id", "AB 12 34 56 C", "DB 12 34 56 C"),  # NINO, by its form
        ("national_id", "6433435F", "6433435E"),  # ie.pps
        ("national_id", "RCCMNL83S18D969H", "RCCMNL83S18D969"),  # it
    ],
)
def test_a_number_is_somebodys_where_its_check_digits_are_right(
    rule: str, good: str, bad: str
) -> None:
    assert rule in rules_of(f"We saw {good} there.")
    assert not bad or rule not in rules_of(f"We saw {bad} there.")


@pytest.mark.parametrize(
    ("digits", "is_one"),
    [
        ("2123456701", True),
        ("21234567011", True),
        ("2123456711", False),
        ("1123456701", False),
        ("212345670", False),
    ],
)
def test_medicare_is_told_by_its_check_digit(*, digits: str, is_one: bool) -> None:
    assert is_medicare(digits) is is_one


@pytest.mark.parametrize(
    "number",
    [
        "0412 345 678",
        "(02) 9876 5432",
        "+44 20 7946 0018",
        "+1 415 555 2671",
        "0171 2345678",
        "06 12 34 56 78",
        "612 34 56 78",
        "+91 98765 43210",
        "+64 21 123 4567",
        "+65 6123 4567",
        "+81 3-1234-5678",
        "+55 11 91234-5678",
        "zero four one two three four five six",
    ],
)
def test_telephone_numbers_of_many_countries_are_found(number: str) -> None:
    assert "phone" in rules_of(f"Ring {number} please.")


@pytest.mark.parametrize(
    "text",
    [
        "Open from 9:30 to 16:00, also on 26.11.2026.",
        "About 1 200 000 people came in 2025/26.",
        "It costs $1,299.00, or 36 instalments of $36.08.",
        "Version 10.14.6 (build 20261) mends it.",
        "Flight KA 204 leaves gate 12 at 18:45.",
        "ISO-27001 and RG 271.50 are on page 114.",
        "The years 2019-2026 are in the report.",
        "From 3 December to 12 January, 24/7.",
    ],
)
def test_times_prices_dates_and_counts_are_nobodys(text: str) -> None:
    assert rules_of(text) == set()


def test_a_long_number_that_may_be_anything_asks_for_a_second_person() -> None:
    checked = check("It says 88112233 on the door.")

    assert checked.rules == ("long_number",)
    assert checked.weight is Weight.FOUR_EYES
    assert checked.may_be_public


# --- what may be shown of us


OURS = Around(contacts=("+61 2 9876 5432", "help@kestrel.example", "12 King Street"))


@pytest.mark.parametrize(
    "text",
    [
        "Call us on +61 2 9876 5432, any time.",
        "Call us on +61 (2) 98765432, any time.",
        "Write to help@kestrel.example, any time.",
        "Find us at 12 King Street.",
    ],
)
def test_our_own_public_contacts_may_be_shown(text: str) -> None:
    assert rules_of(text, OURS) == set()
    assert rules_of(text) != set()


def test_a_contact_of_ours_makes_nothing_else_right() -> None:
    text = "We have refunded you, call +61 2 9876 5432 or 0412 345 678."

    assert rules_of(text, OURS) == {"outcome", "phone"}


def test_a_shop_of_ours_may_say_where_it_is() -> None:
    assert rules_of("Our new store at 14 Wattle Street is open.") == set()
    assert rules_of("It went to 14 Wattle Street.") == {"postal_address"}


# --- people


ADA = replace(samples.author(), handle="quiet_river", name="Ada Fairweather")


@pytest.mark.parametrize(
    "text", ["Thanks Ada, we have seen it.", "We hear you, FAIRWEATHER family."]
)
def test_a_real_name_behind_a_pseudonym_is_never_used(text: str) -> None:
    assert "name" in rules_of(text, Around(author=ADA))


def test_a_name_that_the_handle_shows_may_greet() -> None:
    open_one = replace(ADA, handle="ada_fair")

    assert rules_of("Hi Ada, thank you for this.", Around(author=open_one)) == set()
    assert rules_of("Hi Ada, thank you for this.") == {"name"}


@pytest.mark.parametrize("name", ["Please Help", "Thank You", "May", "It"])
def test_a_name_that_is_a_word_begins_a_sentence_without_being_one(name: str) -> None:
    around = Around(author=replace(ADA, name=name))

    assert rules_of("Thank goodness. Please message us privately.", around) == set()


def test_our_own_people_are_not_named() -> None:
    around = Around(staff=("will", "Oona Berg"))

    assert rules_of("Ask at the desk, Oona knows.", around) == {"staff_name"}
    assert "staff_name" in rules_of("Let us hear it, or tell Will.", around)
    assert rules_of("Will it rain? Nobody knows.", around) == set()


def test_what_the_author_showed_is_not_repeated() -> None:
    around = Around(said=("Order 88213 never came! me@example.org, KX7714-99",))

    assert "repeats_author" in rules_of("We see 88213 there.", around)
    assert "repeats_author" in rules_of("We see 8 8 2 1 3 there.", around)
    assert "repeats_author" in rules_of("Is it me@example.org?", around)
    assert rules_of("Is it 88214? No matter.", around) == set()


def test_a_second_word_to_the_same_author_asks_for_a_second_person() -> None:
    checked = check("Thank you.", Around(is_second=True))

    assert checked.rules == ("second_reply",)
    assert checked.weight is Weight.FOUR_EYES


# --- ways around it


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("outcome", "We have re\u200bfun\u00added it."),
        ("outcome", "Ｗｅ ｈａｖｅ ｒｅｆｕｎｄｅｄ ｉｔ."),
        ("liability", "\u041eur f\u0430ult."),
        ("liability", "o u r  f-a-u-l-t"),
        ("liability", "OUR FAULT"),
        ("liability", "o\u0301u\u0301r\u0301 fa\u0336ult"),
        ("card", "４１１１ １１１１ １１１１ １１１１"),
        ("card", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
        ("card", "4111\u200b1111\u200b1111\u200b1111"),
        ("phone", "٠٤١٢ ٣٤٥ ٦٧٨"),
        ("email", "jo at kestrel dot example"),
        ("email", "jo(at)kestrel.example"),
        ("email", "jo＠kestrel．example"),
    ],
)
def test_writing_it_otherwise_hides_nothing(rule: str, text: str) -> None:
    assert rule in rules_of(text)


def test_a_finding_stands_where_the_words_stand() -> None:
    text = "Well:  we have re\u200bfunded it, ok?"

    [found] = check(text).findings

    assert text[found.start : found.end] == "we have re\u200bfunded"


@given(st.text(max_size=300))
def test_any_text_is_looked_through_and_places_lie_in_it(text: str) -> None:
    whole = folded(text)

    assert len(whole.text) == len(whole.places)
    assert list(whole.places) == sorted(whole.places)
    for found in check(text).findings:
        assert 0 <= found.start <= found.end <= len(text)


def test_of_a_text_that_nobody_reads_to_its_end_nothing_is_believed() -> None:
    checked = check("a. " * 10_000)

    assert checked.rules == ("long_number",)


# --- what a clause says


@pytest.mark.parametrize(
    ("rule", "said", "harmless"),
    [
        (
            "outcome",
            "We've gone ahead and waived the charge.",
            "If we waive the charge, it shows in the app.",
        ),
        ("outcome", "We will refund the fare to you.", "Anyone can ask for a refund."),
        ("outcome", "Die Erstattung ist unterwegs.", "Erstattungen sind meist da."),
        (
            "customer_relationship",
            "I can see from here that your boiler cover ran out.",
            "We can see the queue from here.",
        ),
        (
            "customer_relationship",
            "Votre compteur a été relevé.",
            "Votre message a été lu.",
        ),
        (
            "liability",
            "Our courier lost the parcel.",
            "Lost parcels are listed on our website.",
        ),
        ("liability", "No reaccionamos a tiempo.", "Trabajamos en la avería."),
        (
            "argument",
            "Nobody forced you to sign.",
            "Nobody needs to sign a form.",
        ),
    ],
)
def test_who_does_what_with_whose_matter_is_told_from_what_is_harmless(
    rule: str, said: str, harmless: str
) -> None:
    assert rule in rules_of(said)
    assert check(harmless).may_be_public
    assert rule not in rules_of(harmless)


@pytest.mark.parametrize(
    "text",
    [
        "Your $45.20 is not lost.",
        "If we pay $40 back, the app shows it.",
        "Wir kümmern uns um die 45,20 Euro.",
        "Es geht um Ihre EUR 45,20.",
        "Wenn wir 45,20 Euro erstatten, steht es in der App.",
        "Vos 30 € ne sont pas perdus.",
        "Sobre sus 45,20 euros, hablamos.",
        "Si te devolvemos 45 €, sale en la app.",
    ],
)
def test_money_that_is_ours_or_theirs_never_goes_on_one_persons_yes(text: str) -> None:
    assert check(text).weight is not None


@pytest.mark.parametrize(
    "text",
    [
        "The kettle is $49.",
        "In our shop the kettle costs $49.",
        "Unser Versand kostet 4,90 €.",
        "La livraison coûte 4,90 €.",
        "Sí, tenemos la tetera, cuesta 49 €.",
    ],
)
def test_a_price_in_a_shop_is_nobodys_money(text: str) -> None:
    assert rules_of(text) == set()


def test_si_with_a_comma_is_yes_and_supposes_nothing() -> None:
    assert "customer_relationship" in rules_of("Sí, usted es cliente desde 2019.")
    assert check("Si es cliente, lo tiene en la aplicación.").findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "Llámenos al 612 34 56 78.",
        "Puede llamar al 900 123 456 hoy.",
        "Nos puede escribir al +34 612 34 56 78.",
    ],
)
def test_a_number_to_call_is_a_telephones_and_nobodys_identity(text: str) -> None:
    assert rules_of(text) == {"phone"}


def test_a_number_that_nothing_calls_is_told_by_its_check_digits_too() -> None:
    assert rules_of("Es el 612 34 56 78.") == {"phone", "national_id"}


def test_a_statement_of_their_matter_that_fits_no_shape_asks_a_second_person() -> None:
    checked = check("We will drop your pram off.")

    assert checked.rules == ("of_author",)
    assert checked.weight is Weight.FOUR_EYES


def test_every_class_that_a_rule_names_has_words_in_some_language() -> None:
    known = {kind for lexicon in LEXICONS for kind in lexicon}
    named = {
        kind
        for means in MEANINGS
        for part in (*means.parts, *means.before, *means.unless)
        for kind in part.split("|")
    }

    assert named == known


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "we ",
        "your claim ",
        "we your case refund ",
        "We have refunded you, sorry. ",
    ],
)
def test_a_text_of_100_000_characters_is_looked_through_in_seconds(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    began = process_time()

    check(text)
    list(find_meanings(text))

    assert process_time() - began < LONGEST_SECONDS


# --- what a finding does


def test_every_rule_says_why_it_is_one_and_what_to_write() -> None:
    assert set(RULES) == set(GuardRule)
    for rule, told in RULES.items():
        assert told.text, rule
        assert told.source, rule
        assert told.instead, rule


@pytest.mark.parametrize(
    ("rules", "weight", "is_public"),
    [
        ((), None, True),
        ((GuardRule.LONG_NUMBER,), Weight.FOUR_EYES, True),
        ((GuardRule.PERSONAL_DATA_ASKED,), Weight.HAND_OFF, False),
        ((GuardRule.PERSONAL_DATA_ASKED, GuardRule.CARD), Weight.BLOCK, False),
        (
            (GuardRule.OF_AUTHOR, GuardRule.CUSTOMER_RELATIONSHIP),
            Weight.HAND_OFF,
            False,
        ),
    ],
)
def test_the_gravest_finding_decides(
    *, rules: tuple[GuardRule, ...], weight: Weight | None, is_public: bool
) -> None:
    checked = Checked(findings=[Finding(rule=rule, start=0, end=1) for rule in rules])

    assert (checked.weight, checked.may_be_public) == (weight, is_public)
