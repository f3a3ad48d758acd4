from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.services.lifecycle import (
    InForce,
    activate_model,
    apply_settings,
    on_record,
)
from tests.unit.services.world import HOUSE_REF, actions, log

FACTS = InForce(
    version="1",
    modes={"x": "shadow"},
    sources={"acme-x": "x"},
    packs={"house": HOUSE_REF},
    place="AU-NSW",
    zone="Australia/Sydney",
    languages=("en",),
)


def test_what_the_program_works_under_is_logged_once(store, clock):
    assert apply_settings(store, clock, FACTS)
    assert not apply_settings(store, clock, FACTS)

    [entry] = log(store, "settings.applied")
    detail = json.loads(entry.detail)
    assert detail["packs"] == {"house": "house 7"}
    assert detail["packs_sha256"] == {"house": HOUSE_REF.sha256}


def test_a_channel_that_goes_live_and_back_is_logged_both_times(store, clock):
    live = replace(FACTS, modes={"x": "live"})
    for facts in (FACTS, live, live, FACTS):
        apply_settings(store, clock, facts)

    modes = [json.loads(one.detail)["modes"]["x"] for one in log(store)]
    assert modes == ["shadow", "live", "shadow"]


def test_a_process_that_begins_and_ends_says_so(store, clock):
    with on_record(store, clock, "run"):
        clock.advance(hours=1)

    begun, ended = log(store)
    assert actions(store) == ["bot.started", "bot.stopped"]
    assert (begun.subject, ended.subject) == ("bot:run", "bot:run")
    assert begun.at < ended.at


def test_a_process_that_ends_by_an_error_did_not_end_in_good_order(store, clock):
    with pytest.raises(ValueError, match="broken"), on_record(store, clock, "run"):
        raise ValueError("broken")

    assert actions(store) == ["bot.started"]


def activate(store, clock, switch) -> None:
    activate_model(
        store,
        clock,
        switch,
        model="tiny-1.c57@b",
        was="tiny-1@a",
        corrections=57,
        corrections_sha256="c" * 64,
        by="ada",
    )


def test_a_model_put_in_force_is_logged_with_who_did_it(store, clock):
    turned = []

    activate(store, clock, lambda: turned.append(True))

    [entry] = log(store, "model.activated")
    assert turned == [True]
    assert (entry.actor, entry.subject) == ("ada", "model:tiny-1.c57@b")
    assert json.loads(entry.detail)["was"] == "tiny-1@a"


def test_a_model_that_could_not_be_put_in_force_is_not_logged(store, clock):
    def fail() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        activate(store, clock, fail)

    assert log(store, "model.activated") == []
