from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.decisions import Acknowledgement
from bot.domain.packs import FloodLimit, FloodLimits, Purpose, Template
from bot.domain.replies import ReplyState
from bot.errors import Missing
from bot.escalate.replies import (
    ALLOWED,
    FloodCounts,
    choose_template,
    first_state,
    fits,
    flood_verdict,
    may_move,
    render,
)
from tests.unit.rules.packs import house, templates

S = ReplyState
EVERY_TEMPLATE = [
    template
    for wording in templates().by_language.values()
    for variants in wording.values()
    for template in variants
]
IDS = [template.id for template in EVERY_TEMPLATE]
UNREAD = {Purpose.INVITATION}
"""Private messages: nobody else reads that two got the same, and they invite to a
form."""

PUBLIC_LINES = [one for one in EVERY_TEMPLATE if one.purpose not in UNREAD]
PUBLIC_IDS = [template.id for template in PUBLIC_LINES]
LANGUAGES = ["ar", "de", "en", "es", "fr", "hi", "vi", "zh"]

FORBIDDEN = {
    "en": "customer client account order booking policy number phone email e-mail "
    "address birth password fault mistake refund compensat promise guarantee apolog",
    "es": "cliente cuenta pedido reserva póliza número teléfono correo dirección "
    "nacimiento contraseña culpa error reembols compensa garanti",
    "fr": "client compte commande réservation numéro téléphone courriel e-mail adresse "
    "naissance faute erreur rembours dédommag garanti",
    "de": "kunde kundin konto bestellung buchung nummer telefon e-mail adresse "
    "geburtsdatum passwort schuld fehler erstatt entschädig garanti",
    "zh": "客户 顾客 账户 账号 订单 号码 电话 邮箱 地址 生日 密码 "
    "我们的错 退款 赔偿 保证",
    "hi": "ग्राहक खाता खाते ऑर्डर नंबर फ़ोन फोन ईमेल जन्म पासवर्ड गलती रिफंड मुआवज़ा गारंटी",
    "ar": "عميل زبون حساب طلبك رقم هاتف بريد عنوان ميلاد خطأ تعويض استرداد نضمن",
    "vi": "khách_hàng tài_khoản đơn_hàng số_điện_thoại email địa_chỉ ngày_sinh "
    "mật_khẩu lỗi hoàn_tiền bồi_thường cam_kết",
}
"""What no public line may say, in a list of our own besides each file's."""

PRIVATE = {
    "en": ["private message", "message us privately"],
    "es": ["mensaje privado", "por privado"],
    "fr": ["message privé", "en privé"],
    "de": ["private nachricht", "uns privat", "uns bitte privat"],
    "zh": ["私信"],
    "hi": ["निजी संदेश"],
    "ar": ["رسالة خاصة"],
    "vi": ["tin nhắn riêng"],
}


def weight(text: str) -> int:
    """Characters as X counts them: most of the world's scripts count twice."""
    light = [range(4352), range(8192, 8206), range(8208, 8224), range(8242, 8248)]
    return sum(1 if any(ord(c) in part for part in light) else 2 for c in text)


# --- states -----------------------------------------------------------------------


def test_every_state_has_its_moves() -> None:
    assert set(ALLOWED) == set(ReplyState)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S.QUEUED, S.SENDING),
        (S.QUEUED, S.WITHHELD),
        (S.SENDING, S.UNKNOWN),
        (S.SENDING, S.SENT),
        (S.SENDING, S.QUEUED),
        (S.UNKNOWN, S.SEEN),
        (S.UNKNOWN, S.QUEUED),
        (S.SENT, S.SEEN),
        (S.REJECTED, S.DRAFT),
    ],
)
def test_moves_that_are_made(before: ReplyState, after: ReplyState) -> None:
    assert may_move(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S.DRAFT, S.QUEUED),
        (S.DRAFT, S.APPROVED),
        (S.SUBMITTED, S.QUEUED),
        (S.UNKNOWN, S.SENDING),
        (S.SENT, S.SENDING),
        (S.SENT, S.QUEUED),
        (S.SEEN, S.QUEUED),
        (S.WITHHELD, S.QUEUED),
        (S.REJECTED, S.QUEUED),
        (S.SENDING, S.CANCELLED),
    ],
)
def test_moves_that_must_never_be(before: ReplyState, after: ReplyState) -> None:
    assert not may_move(before, after)


@given(st.lists(st.sampled_from(ReplyState), max_size=12))
def test_no_way_from_a_draft_to_the_platform_skips_approval(
    wishes: list[ReplyState],
) -> None:
    path = [S.DRAFT]
    for wish in wishes:
        if may_move(path[-1], wish):
            path.append(wish)

    if S.SENDING in path:
        assert path.index(S.SUBMITTED) < path.index(S.APPROVED) < path.index(S.SENDING)


def test_without_an_approval_nothing_reaches_the_platform() -> None:
    reached, fresh = {S.DRAFT}, {S.DRAFT}
    while fresh:
        fresh = {after for one in fresh for after in ALLOWED[one]} - reached
        fresh.discard(S.APPROVED)
        reached |= fresh

    assert not reached & {S.QUEUED, S.SENDING, S.SENT, S.SEEN, S.UNKNOWN}


def test_only_what_needs_no_yes_starts_in_the_queue() -> None:
    asked = Acknowledgement(template="en/complaint", needs_approval=True)
    unasked = Acknowledgement(template="en/complaint", needs_approval=False)

    assert first_state(asked) is S.SUBMITTED
    assert first_state(unasked) is S.QUEUED


# --- wording ----------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", [one for one in Purpose if one not in UNREAD])
def test_every_language_has_two_or_three_variants(
    language: str, purpose: Purpose
) -> None:
    assert 2 <= len(templates().by_language[language][purpose]) <= 3


@pytest.mark.parametrize("template", EVERY_TEMPLATE, ids=IDS)
def test_no_public_line_confirms_asks_admits_or_promises(template: Template) -> None:
    text = unicodedata.normalize("NFC", template.text).casefold()

    said = [
        word
        for word in FORBIDDEN[template.language].split()
        if unicodedata.normalize("NFC", word.replace("_", " ")) in text
    ]

    # The one number that a public line may name is the scale that it asks on.
    scale = {"1", "5"} if template.purpose is Purpose.SATISFACTION else set()

    assert said == []
    assert set(re.findall(r"\d+", text)) <= scale
    assert "http" not in text


@pytest.mark.parametrize("template", PUBLIC_LINES, ids=PUBLIC_IDS)
def test_every_public_line_invites_to_a_private_message(template: Template) -> None:
    text = template.text.casefold()

    assert any(phrase in text for phrase in PRIVATE[template.language])


@pytest.mark.parametrize("template", EVERY_TEMPLATE, ids=IDS)
def test_every_public_line_fits_and_says_that_it_is_automated_where_it_is(
    template: Template,
) -> None:
    text = render(template, brand="A brand with a longish name")

    assert weight(text) <= 240
    # What is said to people in need a person chose; no machine signs it.
    assert text.endswith((")", "）")) is (template.purpose is not Purpose.CARE)
    assert "\n" not in text
    assert "{" not in text
    assert unicodedata.is_normalized("NFC", text)


def test_the_same_key_always_gets_the_same_variant() -> None:
    once = choose_template(templates(), "en/complaint", key="x:1")

    assert choose_template(templates(), "en/complaint", key="x:1") == once
    assert once.purpose is Purpose.COMPLAINT


def test_all_variants_are_used() -> None:
    used = {
        choose_template(templates(), "en/complaint", key=f"x:{n}").id for n in range(60)
    }

    assert used == {"en/complaint/1", "en/complaint/2", "en/complaint/3"}


@pytest.mark.parametrize("name", ["sw/complaint", "en/praise", "en", "", "/"])
def test_a_wording_that_is_not_there_is_missing(name: str) -> None:
    with pytest.raises(Missing, match="there is no template"):
        choose_template(templates(), name, key="x:1")


def test_only_the_brand_is_filled_in() -> None:
    template = Template(
        id="en/question/1",
        language="en",
        purpose=Purpose.QUESTION,
        text="Thank you for asking {brand}.",
    )

    assert render(template, brand="Kestrel {x}") == "Thank you for asking Kestrel {x}."


# --- limits -----------------------------------------------------------------------

LIMITS = FloodLimits(
    author=FloodLimit(replies=1, within=timedelta(days=1)),
    conversation=FloodLimit(replies=2, within=timedelta(days=1)),
    overall=FloodLimit(replies=3, within=timedelta(hours=1)),
)


@pytest.mark.parametrize(
    ("author", "conversation", "overall", "named"),
    [
        (0, 0, 0, []),
        (0, 1, 2, []),
        (1, 0, 0, ["author"]),
        (0, 2, 0, ["conversation"]),
        (0, 0, 3, ["overall"]),
        (5, 5, 5, ["author", "conversation", "overall"]),
    ],
)
def test_every_limit_that_is_reached_is_named(
    author: int, conversation: int, overall: int, named: list[str]
) -> None:
    counts = FloodCounts(author=author, conversation=conversation, overall=overall)

    verdict = flood_verdict(counts, LIMITS)

    assert verdict.allowed is (not named)
    assert [reason.split(":")[0] for reason in verdict.reasons] == [
        f"house.flood.{name}" for name in named
    ]


def test_the_shipped_limits_allow_a_first_reply() -> None:
    nothing = FloodCounts(author=0, conversation=0, overall=0)

    assert flood_verdict(nothing, house().flood).allowed


@pytest.mark.parametrize(
    ("length", "limit", "ok"),
    [(1, 1, True), (2, 1, False), (0, 9, False), (0, 0, False), (9, 0, True)],
)
def test_a_text_must_fit_the_platform(length: int, limit: int, ok: bool) -> None:
    assert fits(length, limit) is ok
