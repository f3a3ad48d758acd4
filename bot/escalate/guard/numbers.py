"""Numbers and addresses that belong to somebody, found by form and check digits.

Bare digits are taken for a person's only where their check digits are right, a word
before them says what they are, or they are too long for anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise

import phonenumbers
from stdnum import iban, luhn

from bot.domain.guard import GuardRule

Found = tuple[GuardRule, int, int]

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]+\s?(?:@|\(at\)|\[at\]|\{at\})\s?[\w-]+(?:\s?(?:\.|\(dot\)|\[dot\])\s?"
    r"[\w-]+)*\s?(?:\.|\(dot\)|\[dot\])\s?[a-z]{2,}"
    r"|(?<![\w@])(?!(?:us|me|him|her|them|look|visit|is|are|we|find|here)\s)"
    r"\w[\w+-]*(?:(?:\.|\s(?:dot|punkt|point|punto)\s)\w[\w+-]*)*"
    r"\s(?:at|arroba|arobase|klammeraffe)\s"
    r"\w[\w-]*(?:(?:\.|\s(?:dot|punkt|point|punto)\s)[\w-]+)*"
    r"(?:\s(?:dot|punkt|point|punto)\s)[a-z]{2,}\b",
    re.IGNORECASE,
)
_NINO = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r"[ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D](?!\w)",
    re.IGNORECASE,
)
_SSN = re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\d-])")
_LOWER_IBAN = re.compile(r"(?<!\w)[a-z]{2}\d{2}[a-z0-9]{11,30}(?!\w)")
_GROUPED = re.compile(r"(?<![\w.,])\d(?:[ .\-/]{0,2}\d){5,}(?![\w]|[.,]\d)")
_MIXED = re.compile(
    r"(?<!\w)(?=[A-Z0-9 .\-]*\d)[A-Z0-9](?:[ .\-]?[A-Z0-9]){6,32}(?!\w)"
)
_CARD_END = re.compile(
    r"(?:\b(?:ends?|ending|endet|endend|finissant|terminant|termina(?:da|do)?)\b"
    r"(?: (?:in|with|on|auf|mit|par|en))?|\blast (?:4|four)(?: digits)?(?: are)?"
    r"|[x*]{4}|[•]{2,})[ :-]{0,2}\d{4}(?!\d)",
    re.IGNORECASE,
)
_BSB = re.compile(
    r"\bBSB\b[^\d]{0,8}\d{3}[ -]?\d{3}"
    r"|(?<![\d-])\d{3}-\d{3}[ ,]+(?:a/?c|acct|account)?\D{0,8}\d{5,10}(?!\d)",
    re.IGNORECASE,
)
_SORT_CODE = re.compile(
    r"\bsort[ -]?code\b\D{0,8}\d{2}[ -]?\d{2}[ -]?\d{2}"
    r"|(?<![\d-])\d{2}-\d{2}-\d{2}[ ,]+(?:a/?c|acct|account)?\D{0,8}\d{8}(?!\d)",
    re.IGNORECASE,
)
_KNOWN_ID = re.compile(
    r"\b(?:tfn|tax file number|medicare(?: (?:card|number))*|ssn|social security"
    r"(?: number)?|nino?|national insurance(?: number)?|nhs number|aadhaar|pan"
    r"|steuer-?id(?:nr)?|steuernummer|sozialversicherungsnummer|nir"
    r"|securite sociale|dni|nie|nif|passport(?: number)?|reisepass|passeport|pasaporte"
    r"|driver'?s? licen[cs]e|licen[cs]e number|abn)\b(?: (?:no|nr|number|num)\.?)?"
    r"[ :#]{0,3}(?:is |was |ist |est |es )?(?=[A-Z0-9]*\d)[A-Z0-9]{5,}",
    re.IGNORECASE,
)
_THING = (
    r"order|booking|reservation|reference|ref|policy|claim|case|ticket|incident"
    r"|invoice|account|acct|customer|client|member(?:ship)?|patient|contract|loan"
    r"|tracking|parcel|consignment|application|transaction|receipt|complaint|card"
    r"|auftrag|bestellung|buchung|kunden|vertrag|konto|rechnung|vorgang|aktenzeichen"
    r"|schaden|police|bestell|auftrags|vertrags|konto|rechnungs|vorgangs|schadens"
    r"|commande|reservation|dossier|contrat|compte|facture|client"
    r"|pedido|reserva|referencia|expediente|contrato|cuenta|factura|poliza|cliente"
)
_NUMBERED = re.compile(
    rf"\b(?:{_THING})[ -]?(?:numero|numbers?|nummern?|no|nr|num|id|code|n°|nº)?\.?"
    r"[ :#]{0,3}(?:is |was |ist |lautet |est |es )?"
    r"(?=[A-Z0-9\-/]*\d[A-Z0-9\-/]*\d[A-Z0-9\-/]*\d)[A-Z0-9][A-Z0-9\-/]{3,}(?!\w)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?<![\w#])#(?=\d[\d\-]*\d)\d[\d\-]{3,}(?!\w)"
    r"|(?<!\w)(?!(?:RFC|ISO|DIN|EN|IEC)-)[A-Z]{1,5}-?\d{5,}(?!\w)"
    r"|(?<!\w)[A-Z]{1,4}-\d{2,}-\d{3,}(?!\w)"
)
_BORN = re.compile(
    r"\b(?:born(?: on)?|d\.?o\.?b\.?|date of birth|birthday|geboren(?: am)?"
    r"|geburtsdatum|nee? le|date de naissance|nacid[oa](?: el)?|fecha de nacimiento)\b"
    r"\D{0,12}\d{1,4}\b(?:[ ./-]{0,2}(?:de )?(?:\d{1,2}|[a-z]{3,10})\.?[ ./-]{0,2}"
    r"(?:de )?\d{2,4})",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b(?:\d{1,5}[a-zA-Z]?(?:/\d{1,5})?,? (?:[A-Z][\w'-]+ ){1,3}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Crescent|Cres"
    r"|Parade|Pde|Boulevard|Blvd|Close|Terrace|Tce|Highway|Hwy|Way|Grove|Square)\b\.?"
    r"|[A-Z][\w-]+(?:strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer) \d{1,4}"
    r"[a-z]?\b"
    r"|(?:[A-Z][\w-]+ )(?:Strasse|Str\.|Weg|Platz|Allee|Ring) \d{1,4}[a-z]?\b"
    r"|\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|chemin|allee|impasse|quai"
    r"|place) (?:de |du |des |de la |d'|la |le |les )?[A-Z][\w'-]+"
    r"|(?:[Cc]alle|[Aa]venida|[Pp]laza|[Pp]aseo|[Cc]/) ?(?:de |del |de la |la )?[A-Z]"
    r"[\w'-]+(?: [A-Z][\w'-]+)?,? (?:n\.?º? ?)?\d{1,4}\b)"
)
_OUR_PLACE = re.compile(
    r"\b(?:our|unsere[rmn]?|notre|nuestr[ao])\b[^.!?]{0,40}"
    r"(?:branch|store|shop|office|counter|kiosk|lounge|hotel|clinic|centre|center"
    r"|restaurant|cafe|depot|hall|filiale|laden|geschaft|buro|agence|magasin|boutique"
    r"|tienda|oficina|sucursal)\b[^.!?]{0,25}$",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"\b(?:NSW|VIC|QLD|TAS|ACT|NT|SA|WA) \d{4}\b"
    r"|(?<!\w)(?:[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2})(?!\w)"
)
_IN_WORDS = re.compile(
    r"\b(?:(?:zero|oh|nought|one|two|three|four|five|six|seven|eight|nine|double|triple"
    r"|null|eins|zwei|drei|vier|funf|sechs|sieben|acht|neun|un|deux|trois|quatre|cinq"
    r"|sept|huit|neuf|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve)[ ,-]+){5,}"
    r"\w+",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"(?:[$€£¥]|\b(?:USD|AUD|EUR|GBP|Rs\.?))\s?$", re.IGNORECASE)
_UNIT_AFTER = re.compile(
    r"^ ?(?:[$€£%]|(?:eur|euros?|dollars?|people|customers|users|members|views|km|kg"
    r"|passengers|homes|million|menschen|kunden|personnes|clients|personas|clientes)\b)",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"\d{1,3}(?:([ .])\d{3})(?:\1\d{3})*")
_YEARS = re.compile(r"(?:19|20)\d{2}[ -/](?:(?:19|20)?\d{2}|[01]?\d[ -/.][0-3]?\d)")
_DATE = re.compile(r"[0-3]?\d[ ./-][01]?\d[ ./-](?:19|20)?\d{2}")

_VALIDATED = {
    9: ("au.tfn", "ca.sin", "nl.bsn"),
    10: ("gb.nhs",),
    11: ("au.abn", "be.nn", "br.cpf", "de.idnr", "no.fodselsnummer", "pl.pesel"),
    12: ("in_.aadhaar",),
    13: ("ch.ssn", "za.idnr"),
    15: ("fr.nir",),
}
"""Countries' numbers of digits alone, by how many they have."""

_MIXED_VALIDATED = (
    "es.dni",
    "es.nie",
    "fr.nir",
    "ie.pps",
    "in_.pan",
    "it.codicefiscale",
)
REGIONS = ("AU", "GB", "US", "DE", "FR", "ES", "IN", "NZ", "IE", "AT", "CH", "ZA")
"""Whose numbers are known as people write them at home; any with ``+`` are."""

LONG = 8
"""Digits from which a number is likelier somebody's than a figure."""

_MEDICARE = (1, 3, 7, 9, 1, 3, 7, 9)
_MEDICARE_DIGITS = 10
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)"
    r"\d{11}|6(?:011|4\d\d|5\d\d|2\d\d|0\d\d|[37]\d\d)\d{12}(?:\d{3})?|35\d{14}"
)
"""Numbers as card schemes give them out; the last digit is a check."""


def is_medicare(digits: str) -> bool:
    """Whether an Australian Medicare number's check digit is right."""
    if len(digits) not in {_MEDICARE_DIGITS, _MEDICARE_DIGITS + 1}:
        return False
    total = sum(int(d) * w for d, w in zip(digits, _MEDICARE, strict=False))
    return digits[0] in "23456" and total % 10 == int(digits[8])


def _is_valid(number: str, countries: tuple[str, ...]) -> bool:
    return any(import_module(f"stdnum.{one}").is_valid(number) for one in countries)


def find_numbers(text: str) -> Iterator[Found]:
    """Give what stands in a folded text and belongs to somebody."""
    for rule, pattern in _FORMS:
        yield from ((rule, *one.span()) for one in pattern.finditer(text))
    yield from _streets(text)
    if sum(letter.isdigit() for letter in text) < _FEWEST:
        return
    phones = list(_phones(text))
    sure = [at for at in phones if _is_surely_called(text, at)]
    for rule, start, end in _checked(text):
        is_phone = rule is GuardRule.NATIONAL_ID and any(
            a <= start and end <= b for a, b in sure
        )
        if not is_phone:
            yield rule, start, end
    yield from ((GuardRule.PHONE, *at) for at in phones)


def _is_surely_called(text: str, at: tuple[int, int]) -> bool:
    """Whether a telephone's number is one by its prefix or the word before it."""
    start, end = at
    return text[start:end].startswith("+") or bool(
        _CALLED.search(text[max(0, start - _CALLED_WITHIN) : start])
    )


_CALLED = re.compile(
    r"\b(?:call|ring|phone|telephone|tel|mobile|whatsapp|sms|text"
    r"|anruf\w*|ruf\w*|telefon\w*|handy\w*|hotline|appel\w*|portable"
    r"|llam\w*|movil|telefono)\b\D*$",
    re.IGNORECASE,
)
_CALLED_WITHIN = 40
_FEWEST = 4
"""Digits of the shortest number that is looked into."""

_FORMS = (
    (GuardRule.EMAIL, _EMAIL),
    (GuardRule.CARD, _CARD_END),
    (GuardRule.BANK_ACCOUNT, _BSB),
    (GuardRule.BANK_ACCOUNT, _SORT_CODE),
    (GuardRule.NATIONAL_ID, _NINO),
    (GuardRule.NATIONAL_ID, _SSN),
    (GuardRule.NATIONAL_ID, _KNOWN_ID),
    (GuardRule.REFERENCE, _NUMBERED),
    (GuardRule.REFERENCE, _CODE),
    (GuardRule.BIRTH_DATE, _BORN),
    (GuardRule.POSTAL_ADDRESS, _POSTCODE),
    (GuardRule.PHONE, _IN_WORDS),
)


def _streets(text: str) -> Iterator[Found]:
    """Our own shops' addresses may be told: "our store at 12 King Street"."""
    for one in _STREET.finditer(text):
        if not _OUR_PLACE.search(text[: one.start()]):
            yield GuardRule.POSTAL_ADDRESS, *one.span()


def _checked(text: str) -> Iterator[Found]:
    for one in _MIXED.finditer(text):
        yield from _mixed(one)
    for one in _LOWER_IBAN.finditer(text):
        if iban.is_valid(one[0]):
            yield GuardRule.BANK_ACCOUNT, *one.span()
    for one in _GROUPED.finditer(text):
        digits = re.sub(r"\D", "", one[0])
        at = one.span()
        if _CARD.fullmatch(digits) and luhn.is_valid(digits):
            yield GuardRule.CARD, *at
        elif is_medicare(digits) or _is_valid(digits, _VALIDATED.get(len(digits), ())):
            if not _is_figure(text, one):
                yield GuardRule.NATIONAL_ID, *at
        elif len(digits) >= LONG and not _is_figure(text, one):
            yield GuardRule.LONG_NUMBER, *at


def _mixed(found: re.Match[str]) -> Iterator[Found]:
    """Look for a number with letters at every group's end: words may follow it."""
    whole = found[0]
    starts = [0, *(m.end() for m in re.finditer(r"[ ]", whole))]
    ends = [*(m.start() for m in re.finditer(r"[ ]", whole)), len(whole)]
    for start in starts:
        for end in reversed([end for end in ends if end > start]):
            part = whole[start:end]
            compact = re.sub(r"[ .\-]", "", part).upper()
            at = (found.start() + start, found.start() + end)
            if not any(letter.isdigit() for letter in compact) or compact.isdigit():
                continue
            if iban.is_valid(compact):
                yield GuardRule.BANK_ACCOUNT, *at
                return
            if _is_valid(compact, _MIXED_VALIDATED):
                yield GuardRule.NATIONAL_ID, *at
                return


def _is_figure(text: str, found: re.Match[str]) -> bool:
    """Whether it is an amount, a count, a date or a span of years."""
    return bool(
        _MONEY_BEFORE.search(text[: found.start()])
        or _YEARS.fullmatch(found[0])
        or _DATE.fullmatch(found[0])
        or (_THOUSANDS.fullmatch(found[0]) and _UNIT_AFTER.search(text[found.end() :]))
    )


def _phones(text: str) -> Iterator[tuple[int, int]]:
    told: set[tuple[int, int]] = set()
    for region in REGIONS:
        for one in phonenumbers.PhoneNumberMatcher(text, region):
            at = (one.start, one.end)
            if at not in told and not _DATE.fullmatch(one.raw_string):
                told.add(at)
                yield at


def numbers_of(text: str) -> frozenset[str]:
    """Return the digit strings that a text shows, without what sets them apart."""
    found = (re.sub(r"[^0-9A-Za-z]", "", one) for one in _TOKEN.findall(text))
    return frozenset(
        one.upper() for one in found if sum(c.isdigit() for c in one) >= _TELLING
    )


_TOKEN = re.compile(r"[A-Za-z]{0,5}-?\d(?:[ .\-/]?\d){3,}\w*")
_TELLING = 5


def overlaps(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two stretches of a text share a place."""
    (first, second) = sorted((one, other))
    return all(b < a for (_, a), (b, _) in pairwise((first, second)))
