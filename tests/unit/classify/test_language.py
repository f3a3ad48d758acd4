"""Which language a short public text is in."""

from __future__ import annotations

import pytest

from bot.classify.language import READ_AT_MOST, _detector, identify
from bot.settings import LANGUAGE_CODES


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where is my order? I have been waiting for two weeks", "en"),
        ("¿Dónde está mi pedido? Llevo dos semanas esperando", "es"),
        ("Où est ma commande ? J'attends depuis deux semaines", "fr"),
        ("Wo bleibt meine Bestellung? Ich warte seit zwei Wochen", "de"),
        ("Cadê o meu pedido? Estou esperando há duas semanas", "pt"),
        ("Dov'è il mio ordine? Aspetto da due settimane", "it"),
        ("Waar blijft mijn bestelling? Ik wacht al twee weken", "nl"),
        ("मेरा ऑर्डर कहाँ है? दो हफ्ते से इंतज़ार कर रहा हूँ", "hi"),
        ("我的订单在哪里？我已经等了两个星期了", "zh"),
        ("注文した商品はどこですか？二週間も待っています", "ja"),
        ("주문한 물건은 어디에 있나요? 2주째 기다리고 있어요", "ko"),
        ("أين طلبي؟ أنتظر منذ أسبوعين", "ar"),
        ("Где мой заказ? Я жду уже две недели", "ru"),
        ("สินค้าของฉันอยู่ที่ไหน รอมาสองสัปดาห์แล้ว", "th"),
        ("Thank you!", "en"),
        ("THIS IS BROKEN AGAIN AND NOBODY ANSWERS", "en"),
    ],
)
def test_a_plain_sentence_is_recognised(text: str, code: str):
    guess = identify(text)

    assert guess.code == code
    assert 0.3 <= guess.score <= 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "😡😡😡",
        "12345 67,8 %",
        "!!!???",
        "@kettleworks @tramline #fail https://example.org/lost?x=1",
        "\x00\x01\u200b\u202e",
        "\ud800\udfff",
        "k",
        "wtf",
    ],
)
def test_too_little_to_go_by_is_said_to_be_unknown(text: str):
    assert identify(text).code == "und"


def test_handles_hashtags_and_links_have_no_say():
    plain = "Wo bleibt meine Bestellung, ich warte schon lange"
    dressed = f"@where_is_my_order {plain} #waiting #for #ever https://example.org/late"

    assert identify(dressed) == identify(plain)


def test_only_the_beginning_of_a_long_text_is_read():
    german = "Ich warte schon sehr lange auf meine Bestellung. "
    start = german * (READ_AT_MOST // len(german) + 1)

    assert identify(start + "I am waiting for my order. " * 50_000).code == "de"


def test_the_settings_know_every_language_that_a_text_can_be_in():
    identify("there has to be a model before it can be looked at")
    (model,) = _detector()._models.values()

    labels, _ = model.predict("any text", k=-1, threshold=-1.0)

    assert {label.removeprefix("__label__") for label in labels} == LANGUAGE_CODES
