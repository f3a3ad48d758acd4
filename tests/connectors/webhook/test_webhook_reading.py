from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.connectors.webhook import WebhookConnector, WebhookSettings, to_mention
from bot.domain.channels import Delivery, Quarantined, ReadsDeliveries
from bot.errors import AccessDenied, BadPayload
from tests.platforms.webhook_sender import SECRET, item

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Kept:
    """Deliveries in a list."""

    def __init__(self, *bodies: Any) -> None:
        self.bodies = [
            one if isinstance(one, str) else json.dumps(one) for one in bodies
        ]

    def after(self, number: int, limit: int) -> list[Delivery]:
        numbered = [
            Delivery(number=n, body=body) for n, body in enumerate(self.bodies, 1)
        ]
        return numbered[number : number + limit]

    def last_at(self) -> datetime | None:
        return NOON if self.bodies else None


def settings(**more: Any) -> WebhookSettings:
    given = {"brand": "Acme", "channel": "forum", "secret": SECRET, **more}
    return WebhookSettings.model_validate(given)


def reading(*bodies: Any) -> WebhookConnector:
    connector = WebhookConnector(settings())
    connector.read_from(Kept(*bodies))
    return connector


def test_it_is_known_as_one_that_is_delivered_to():
    assert isinstance(reading(), ReadsDeliveries)


def test_a_list_is_never_cut_in_two_and_the_cursor_counts_deliveries():
    connector = reading([item(1), item(2), item(3)], item(4), item(5))

    page = connector.fetch(None, limit=2)

    assert [one.external_id for one in page.mentions] == [
        "post/1",
        "post/2",
        "post/3",
        "post/4",
    ]
    assert (page.cursor, page.more) == ("2", True)
    rest = connector.fetch(page.cursor, limit=2)
    assert ([one.external_id for one in rest.mentions], rest.more) == (
        ["post/5"],
        False,
    )


def test_where_nothing_came_the_cursor_stays():
    assert reading().fetch(None, limit=10).cursor is None
    assert reading(item()).fetch(reading(item()).fetch(None, limit=9).cursor, limit=9)


def test_a_page_is_oldest_first_whatever_the_order_of_deliveries():
    page = reading(item(9), item(3), item(6)).fetch(None, limit=10)

    assert [one.external_id for one in page.mentions] == ["post/3", "post/6", "post/9"]


def test_what_was_removed_is_told_by_its_id():
    page = reading(item(1), {"event": "removed", "id": "post/1"}).fetch(None, limit=10)

    assert list(page.removed) == ["post/1"]
    assert [one.external_id for one in page.mentions] == ["post/1"]
    assert page.bad == []


def test_a_later_edit_is_the_same_mention_with_its_instant():
    later = item(1, text="no answer, and now a fee", edited_at="2026-03-02T10:00:00Z")

    first, second = reading(item(1), later).fetch(None, limit=10).mentions

    assert first.external_id == second.external_id
    assert (first.edited_at, second.edited_at) == (None, NOON - timedelta(hours=2))


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"text": "x", "published_at": "2026-03-02"}, "id is missing"),
        ({"id": 1, "published_at": "2026-03-02"}, "text is missing"),
        (item(event="liked"), "event is neither mention nor removed"),
        (item(event=["removed"]), "event is neither mention nor removed"),
        ({"event": "removed"}, "id is missing"),
        ({"event": "removed", "id": {}}, "id is no id"),
        ({"event": "removed", "id": "post/1", "channel": "x"}, "the channel 'forum'"),
        (item(channel="x"), "this source is for the channel 'forum' only"),
        (item(channel=["forum"]), "this source is for the channel 'forum' only"),
        (item(published_at="1999-01-01"), "before any platform"),
        (item(control="ours"), "control is none of"),
    ],
)
def test_an_item_that_makes_no_sense_is_kept_aside_with_place_and_reason(odd, reason):
    page = reading(item(1), [item(2), odd]).fetch(None, limit=10)

    [bad] = page.bad
    assert bad.where == "delivery 2, item 2"
    assert reason in bad.reason
    assert json.loads(bad.payload) == odd
    assert len(page.mentions) == 2
    assert list(page.removed) == []


@pytest.mark.parametrize("body", ["[" * 100_000, '{"id": 1}x', "[1]"])
def test_a_body_that_cannot_be_read_any_more_stops_nobody(body):
    page = reading(body, item(2)).fetch(None, limit=10)

    assert [one.where for one in page.bad] == ["delivery 1"]
    assert len(page.mentions) == 1
    assert page.cursor == "2"


def test_a_sender_says_who_controls_the_place_and_who_was_addressed():
    raw = item(control="owned", addressed=True, brand="Other", public=False)

    mention = to_mention(raw, settings())

    assert (mention.channel, mention.brand) == ("forum", "Other")
    assert (mention.control, mention.is_addressed, mention.is_public) == (
        "owned",
        True,
        False,
    )


def test_without_a_channel_of_its_own_the_platform_is_the_webhook():
    made = WebhookSettings.model_validate({"brand": "Acme", "secret": SECRET})

    assert to_mention(item(), made).channel == "webhook"


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "²"])
def test_a_cursor_that_is_not_ours_is_no_cursor(cursor):
    with pytest.raises(BadPayload, match="cursor"):
        reading(item()).fetch(cursor, limit=10)


def test_one_that_nobody_handed_its_deliveries_does_not_pretend_that_none_came():
    with pytest.raises(AccessDenied, match="where deliveries are kept"):
        WebhookConnector(settings()).fetch(None, limit=10)


def test_check_says_when_something_came_last():
    assert "none so far" in reading().check().detail
    assert "2026-03-02 12:00 UTC; reads only" in reading(item()).check().detail


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"secret": "short"}, "at least 24"),
        ({"previous_secret": "short"}, "at least 24"),
        ({"window": "PT0S"}, "greater than"),
        ({"reply_url": "https://forum.example/replies"}, "go together"),
        ({"reply_secret": SECRET}, "go together"),
        ({"reply_url": "forum.example", "reply_secret": SECRET}, "pattern"),
        ({"channel": "The Forum"}, "pattern"),
    ],
)
def test_settings_that_cannot_work_are_refused(more, said):
    with pytest.raises(ValidationError, match=said):
        settings(**more)


def kept_of(*bodies: Any) -> list[Quarantined]:
    return [*reading(*bodies).fetch(None, limit=10).bad]


def test_what_was_kept_aside_of_a_delivery_is_read_in_its_place():
    [odd] = kept_of(item(1), [item(2), {**item(3), "kind": "shout"}])
    mended = replace(odd, payload=json.dumps(item(3)))

    [found] = reading().again(mended).mentions
    [still] = reading().again(odd).bad

    assert found == to_mention(item(3), settings())
    assert (still.where, still.payload) == ("delivery 2, item 2", odd.payload)


def test_a_delivery_that_was_kept_aside_whole_is_read_item_by_item():
    [broken] = kept_of("{")
    gone = {"event": "removed", "id": "post/9"}
    mended = replace(broken, payload=json.dumps([item(1), gone, {"id": 5}]))

    page = reading().again(mended)

    assert [one.external_id for one in page.mentions] == ["post/1"]
    assert list(page.removed) == ["post/9"]
    assert [one.where for one in page.bad] == ["delivery 1, item 3"]
    assert page.channel == "forum"
    assert [one.where for one in reading().again(broken).bad] == ["delivery 1"]
