from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cli.tickets import (
    _carried,
    _influence,
    _print_mention,
    _signals,
    _told,
    clock_row,
    no_event,
    ticket_row,
)
from bot.domain.clocks import Clock, ClockId, ClockState
from bot.domain.mentions import Mention, MentionId, StoredMention
from bot.domain.tags import Band, Influence, Points, Signal, SignalKind
from bot.services.tickets import Seen, recordable
from tests.samples import HOUSE, NOON, REGULATION, mention, plan, tags, ticket
from tests.unit.rules.packs import rg271
from tests.unit.services.world import policy


def clock(number: int, state: ClockState, rule: str) -> Clock:
    return Clock(
        id=ClockId(number), ticket_id=1, plan=plan(rule), state=state, due_at=None
    )


def test_a_listing_names_the_next_deadline_and_counts_the_missed_ones() -> None:
    clocks = [
        clock(1, ClockState.BREACHED, "first_response"),
        clock(2, ClockState.RUNNING, "acknowledge"),
        clock(3, ClockState.MET, "resolution"),
    ]

    row = ticket_row(ticket(), clocks)

    assert (row["next_rule"], row["missed"]) == ("acknowledge", 1)


def test_a_ticket_that_missed_everything_does_not_look_calm() -> None:
    clocks = [clock(1, ClockState.BREACHED, "first_response")]

    row = ticket_row(ticket(), clocks)

    assert (row["next_deadline"], row["missed"]) == (None, 1)


def test_what_keeps_the_houses_promises_can_be_recorded_as_well_as_the_laws() -> None:
    events = recordable(policy())

    assert "answered" in events
    assert "closed" not in events


def test_what_only_the_bot_can_see_is_not_for_people_to_record() -> None:
    assert not {"received", "acknowledged"} & recordable(policy())


def test_nor_is_it_by_another_word() -> None:
    named = recordable(policy(regulation=rg271()))

    assert "idr_response_sent" in named
    assert not {"acknowledged", "acknowledgement_sent"} & named


def test_who_mistypes_an_event_is_told_what_is_near_and_not_all_packs_names() -> None:
    known, further = {"idr_response_provided", "first_response"}, {"quarter_end"}

    near = no_event("idr_responce_provided", known, further)
    far = no_event("xyz", known, further)

    assert near.endswith("did you mean idr_response_provided?")
    assert "quarter_end?" in no_event("quater_end", known, further)
    assert far.endswith("there are: first_response, idr_response_provided")


def test_who_records_that_a_ticket_is_closed_is_told_how_to_close_it() -> None:
    assert "bot ticket close" in no_event("closed", {"closed_resolved"}, set())


def test_a_ticket_and_its_clocks_name_the_rules_that_they_were_made_under() -> None:
    row, kept = ticket_row(ticket(), []), clock_row(clock(1, ClockState.MET, "respond"))

    assert row["house"] == f"{HOUSE.id} {HOUSE.version}"
    assert row["regulation"] == f"{REGULATION.id} {REGULATION.version}"
    assert kept["pack_sha256"] == REGULATION.sha256
    assert kept["inputs"] == {"zone": "Australia/Sydney", "class": "standard"}


@pytest.mark.parametrize(("hours", "is_late"), [(24, False), (25, True)])
def test_a_promise_kept_after_its_strict_time_does_not_look_punctual(
    hours: int, *, is_late: bool
) -> None:
    ended = NOON + timedelta(hours=hours)
    kept = replace(clock(1, ClockState.MET, "respond"), ended_at=ended)

    assert ("after its strict time" in _told(kept)) is is_late


def test_a_ticket_names_the_words_that_made_it_urgent() -> None:
    scored = Signal(kind=SignalKind.SAFETY, words=("caught fire", "burnt"), score=0.9)
    unscored = Signal(kind=SignalKind.CHURN, words=("never again",))

    told = "safety 0.90 (caught fire, burnt); churn (never again)"
    assert _signals(tags(signals=(scored, unscored))) == told
    assert _signals(tags(signals=())) == "none"


def test_a_mention_has_a_line_for_whatever_else_was_heard(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def show(**heard: dict[str, float]) -> str:
        stored = StoredMention(
            id=MentionId(1), mention=mention(), source="agora", ingested_at=NOON
        )
        found = tags(others=heard)
        seen = Seen(stored=stored, tags=found, decision=None, decided_at=None)
        _print_mention(seen, "")
        return capsys.readouterr().out

    loud = show(
        emotion={"anger": 0.81, "neutral": 0.19},
        hate={"no": 0.51, "yes": 0.49},
        offensive={"no": 0.07, "yes": 0.93},
    )
    calm = show(emotion={"anger": 0.3, "neutral": 0.7}, irony={"no": 0.6, "yes": 0.4})

    assert "  emotion: anger 0.81\n  offensive: yes 0.93\n" in loud
    assert "hate" not in loud
    assert calm == show()


def test_influence_is_shown_with_its_range_its_reasons_and_what_is_not_known() -> None:
    found = Influence(
        score=41.2,
        low=30.0,
        high=48.6,
        band=Band.MID,
        reasons=(Points(reason="more followers than 99 % of authors", points=41.2),),
        unknown=("its age", "reactions still to come"),
    )

    assert _influence(found) == (
        "41 (30 to 49), mid: more followers than 99 % of authors +41; "
        "not known: its age, reactions still to come"
    )


def test_influence_of_an_older_form_is_shown_without_a_range() -> None:
    old = Influence(score=9.0, band=Band.NANO, reasons=(Points(reason="r", points=9),))

    assert _influence(old) == "9, nano: r +9"


def test_a_text_says_how_often_and_how_soon_it_was_carried_further() -> None:
    def seen(one: Mention) -> Seen:
        stored = StoredMention(
            id=MentionId(1), mention=one, source="agora", ingested_at=NOON
        )
        return Seen(stored=stored, tags=None, decision=None, decided_at=None)

    text = mention(1)
    around = [seen(mention(n, amplifies="m-1")) for n in (2, 31, 32)]

    assert _carried([seen(text), *around], text) == (
        "3 times, 2 of them in its first 30 minutes"
    )
    assert not _carried([seen(text), *around], mention(2))
