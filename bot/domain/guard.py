"""What must not stand in a public line of ours, and what a draft was found to hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class GuardRule(StrEnum):
    """What a public line may not do; ``docs/compliance/public-replies.md`` says why."""

    CUSTOMER_RELATIONSHIP = "customer_relationship"
    PERSONAL_DATA_ASKED = "personal_data_asked"
    NAME = "name"
    STAFF_NAME = "staff_name"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    BANK_ACCOUNT = "bank_account"
    NATIONAL_ID = "national_id"
    REFERENCE = "reference"
    BIRTH_DATE = "birth_date"
    POSTAL_ADDRESS = "postal_address"
    REPEATS_AUTHOR = "repeats_author"
    LIABILITY = "liability"
    OUTCOME = "outcome"
    ARGUMENT = "argument"
    LEGAL_CONTENT = "legal_content"
    TIPPING_OFF = "tipping_off"
    IN_NEED = "in_need"
    OF_AUTHOR = "of_author"
    LONG_NUMBER = "long_number"
    SECOND_REPLY = "second_reply"


class Weight(StrEnum):
    """What a finding does to a draft.

    ``block``: it is never sent in public, whoever agrees; ``hand_off``: the same, and
    an approved line says what was meant; ``four_eyes``: a second person must agree.
    """

    BLOCK = "block"
    HAND_OFF = "hand_off"
    FOUR_EYES = "four_eyes"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardText:
    """What people are told of a rule: why it is one, where it stands, what to write."""

    weight: Weight
    text: str
    source: str
    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place of a draft that a rule is against, as the draft was given."""

    rule: GuardRule
    start: int
    end: int

    @property
    def text(self) -> GuardText:
        """What people are told of its rule."""
        return RULES[self.rule]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found in a draft, in its order; nothing means that it may be sent.

    ``instead`` is an approved line that says what was meant, where there is one.
    """

    findings: Sequence[Finding] = ()
    instead: str = ""

    @property
    def weight(self) -> Weight | None:
        """The gravest of what was found."""
        found = {one.text.weight for one in self.findings}
        return next((one for one in Weight if one in found), None)

    @property
    def may_be_public(self) -> bool:
        """Whether it may ever be sent in public, with whatever yes is asked for."""
        return self.weight in {None, Weight.FOUR_EYES}

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules' ids, each once, in the order of the places found."""
        return tuple(dict.fromkeys(one.rule.value for one in self.findings))


_PRIVATE = "say only that you would like to go on by private message"

RULES: Mapping[GuardRule, GuardText] = {
    GuardRule.CUSTOMER_RELATIONSHIP: GuardText(
        weight=Weight.HAND_OFF,
        text="confirms or denies that somebody is a customer",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237; HHS 2022",
        instead=f"{_PRIVATE}, whoever they are",
    ),
    GuardRule.PERSONAL_DATA_ASKED: GuardText(
        weight=Weight.HAND_OFF,
        text="asks for personal, account or contact data in public",
        source="RG 271.32 Note 2; GDPR art 5(1)(c)",
        instead=f"{_PRIVATE}; ask there",
    ),
    GuardRule.NAME: GuardText(
        weight=Weight.BLOCK,
        text="uses a real name that the author's handle does not show",
        source="OAIC [2024] AICmr 237 (APP 6)",
        instead="write to the handle, or to nobody by name",
    ),
    GuardRule.STAFF_NAME: GuardText(
        weight=Weight.BLOCK,
        text="names one of our people",
        source="GDPR art 5(1)(c)",
        instead="write 'a person in our team'",
    ),
    GuardRule.EMAIL: GuardText(
        weight=Weight.BLOCK,
        text="shows an e-mail address that is none of our public ones",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237",
        instead="leave it out, or declare it under brands.*.public_contacts",
    ),
    GuardRule.PHONE: GuardText(
        weight=Weight.BLOCK,
        text="shows a telephone number that is none of our public ones",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237",
        instead="leave it out, or declare it under brands.*.public_contacts",
    ),
    GuardRule.CARD: GuardText(
        weight=Weight.BLOCK,
        text="shows a card's number or its last digits",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237",
        instead=_PRIVATE,
    ),
    GuardRule.BANK_ACCOUNT: GuardText(
        weight=Weight.BLOCK,
        text="shows a bank account",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237; bank confidentiality",
        instead=_PRIVATE,
    ),
    GuardRule.NATIONAL_ID: GuardText(
        weight=Weight.BLOCK,
        text="shows a tax, health or identity number",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237",
        instead=_PRIVATE,
    ),
    GuardRule.REFERENCE: GuardText(
        weight=Weight.BLOCK,
        text="shows an order, account, policy or case number",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237",
        instead=_PRIVATE,
    ),
    GuardRule.BIRTH_DATE: GuardText(
        weight=Weight.BLOCK,
        text="shows when somebody was born",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237",
        instead=_PRIVATE,
    ),
    GuardRule.POSTAL_ADDRESS: GuardText(
        weight=Weight.BLOCK,
        text="shows a postal address that is none of our own places",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237",
        instead="leave it out, or declare it under brands.*.public_contacts",
    ),
    GuardRule.REPEATS_AUTHOR: GuardText(
        weight=Weight.BLOCK,
        text="repeats personal data that the author showed in their own post",
        source="RG 271.32 Note 2; OAIC [2024] AICmr 237",
        instead="leave it out, and ask them privately to take it down",
    ),
    GuardRule.LIABILITY: GuardText(
        weight=Weight.BLOCK,
        text="admits a fault",
        source="hard rule 3: no admissions in public",
        instead="say that you are sorry to read it, and that a person will look",
    ),
    GuardRule.OUTCOME: GuardText(
        weight=Weight.BLOCK,
        text="states or promises an outcome or an amount to somebody",
        source="RG 271.53; hard rule 3: no outcomes or amounts in public",
        instead=f"{_PRIVATE}; the outcome is told there",
    ),
    GuardRule.ARGUMENT: GuardText(
        weight=Weight.BLOCK,
        text="argues with the author",
        source="hard rule 5: no argument; OAIC [2024] AICmr 237",
        instead="thank them, and invite them to a private message",
    ),
    GuardRule.LEGAL_CONTENT: GuardText(
        weight=Weight.BLOCK,
        text="carries what belongs into a response or a delay notice",
        source="RG 271.53 to .55 and .66; hard rule 4: private and durable only",
        instead=f"{_PRIVATE}; the response is written there",
    ),
    GuardRule.TIPPING_OFF: GuardText(
        weight=Weight.BLOCK,
        text="hints at why something was blocked, frozen or closed",
        source="RG 271.55 (AML tipping-off); bank confidentiality",
        instead="give no reason and no hint; a person goes on privately",
    ),
    GuardRule.IN_NEED: GuardText(
        weight=Weight.BLOCK,
        text="names a need that nobody else should read of",
        source="hard rule 8: a human at once, no template",
        instead="call the people for it; choose a wording with bot reply word",
    ),
    GuardRule.OF_AUTHOR: GuardText(
        weight=Weight.FOUR_EYES,
        text="states something of the author's own matter",
        source="RG 271.32 Note 2; hard rules 1 and 3",
        instead=f"{_PRIVATE}; else a second person agrees",
    ),
    GuardRule.LONG_NUMBER: GuardText(
        weight=Weight.FOUR_EYES,
        text="holds a long number that may be somebody's",
        source="RG 271.32 Note 2",
        instead="leave it out if it is anybody's; else a second person agrees",
    ),
    GuardRule.SECOND_REPLY: GuardText(
        weight=Weight.FOUR_EYES,
        text="is our second word to the same author in this conversation",
        source="hard rule 5: no second public reply",
        instead="go on privately; else a second person agrees",
    ),
}
"""Every rule; ``hard rule`` numbers are those of the page on public replies."""
