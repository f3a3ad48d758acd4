from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from bot.connectors._edge import (
    ConnectorSettings,
    ErrorTable,
    chain,
    from_epoch,
    parse_http_date,
    parse_instant,
    translated,
)
from bot.errors import AccessDenied, ConnectorError, Refused, Unavailable

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_a_librarys_error_becomes_ours_with_its_cause() -> None:
    cause = OSError("a secret")

    with pytest.raises(Unavailable) as caught, translated("x", {OSError: Unavailable}):
        raise cause

    assert caught.value.__cause__ is cause
    assert caught.value.channel == "x"
    assert "secret" not in f"{caught.value} {caught.value.detail}"


def test_the_nearest_class_decides() -> None:
    table: ErrorTable = {OSError: Unavailable, PermissionError: AccessDenied}

    with pytest.raises(AccessDenied), translated("x", table):
        raise PermissionError


def test_a_function_looks_into_the_error() -> None:
    def made(error: Exception) -> ConnectorError:
        return Refused("x", f"because of {error}")

    table: ErrorTable = {ValueError: made}
    with pytest.raises(Refused, match="because of this"), translated("x", table):
        raise ValueError("this")


def test_errors_of_ours_and_errors_unknown_pass_unchanged() -> None:
    ours = Refused("x", "no")

    with pytest.raises(Refused) as caught, translated("x", {Exception: Unavailable}):
        raise ours
    assert caught.value is ours
    with pytest.raises(KeyError), translated("x", {OSError: Unavailable}):
        raise KeyError


def test_a_chain_names_causes_without_their_words() -> None:
    outer, inner = RuntimeError("secret"), OSError("secret")
    outer.__cause__ = inner

    assert chain(outer) == "RuntimeError <- OSError"


def test_instants_are_read_as_utc() -> None:
    assert parse_instant("2026-03-02T12:00:00.000Z") == NOON
    assert parse_instant("2026-03-02T23:00:00+11:00") == NOON
    assert parse_instant("2026-03-02T12:00:00") == NOON
    assert from_epoch(NOON.timestamp()) == NOON
    assert parse_http_date("Mon, 02 Mar 2026 12:00:00 GMT") == NOON
    assert parse_http_date("Mon, 02 Mar 2026 12:00:00 -0000") == NOON


@pytest.mark.parametrize("seconds", [1e20, -1e20, float("inf"), float("nan")])
def test_absurd_seconds_are_no_instant(seconds: float) -> None:
    with pytest.raises(
        ValueError, match=r"is no instant|cannot convert|out of range|NaN"
    ):
        from_epoch(seconds)


@pytest.mark.parametrize("read", [parse_instant, parse_http_date])
def test_text_that_is_no_date_is_a_value_error(read: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - both libraries choose the words
        read("yesterday")  # type: ignore[operator]


def test_settings_refuse_what_they_do_not_know_and_cannot_change() -> None:
    settings = ConnectorSettings(brand="acme")

    with pytest.raises(ValidationError, match="frozen"):
        settings.brand = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="surprise"):
        ConnectorSettings.model_validate({"brand": "acme", "surprise": 1})
