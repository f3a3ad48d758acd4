"""What was refused is on record, counted, and no stranger floods the record."""

from __future__ import annotations

import json

import pytest

from bot.services.refusals import STRANGERS_LINES, Door, Refusal, Refusals


@pytest.fixture
def refusals(store, clock):
    return Refusals(store, clock)


def written(store):
    with store.audit_log() as records:
        found = [one.entry for one in records if hasattr(one, "entry")]
    return [
        (one.action, one.subject, one.actor, json.loads(one.detail)) for one in found
    ]


def refusal(subject="route:GET /users", actor="Ada", door=Door.ROOM):
    return Refusal(door=door, subject=subject, actor=actor, reasons=("role.agent",))


def test_the_first_is_written_at_once(refusals, store, clock):
    refusals.note(refusal())

    assert written(store) == [
        (
            "access.refused",
            "route:GET /users",
            "Ada",
            {
                "reasons": ["role.agent"],
                "times": 1,
                "since": clock.now().isoformat(),
            },
        )
    ]


def test_the_rest_of_a_minute_is_written_with_the_first_of_the_next(
    refusals, store, clock
):
    for _ in range(5):
        refusals.note(refusal())
        clock.advance(seconds=10)
    clock.advance(seconds=10)

    refusals.note(refusal())

    assert [one[3]["times"] for one in written(store)] == [1, 4, 1]


def test_nothing_that_was_counted_is_lost_at_the_end(refusals, store):
    for _ in range(3):
        refusals.note(refusal())

    refusals.flush()
    assert len(written(store)) == 1
    refusals.flush(everything=True)
    refusals.flush(everything=True)

    assert [one[3]["times"] for one in written(store)] == [1, 2]


def test_strangers_fill_so_many_lines_a_minute_and_then_one(refusals, store):
    for number in range(3 * STRANGERS_LINES):
        refusals.note(refusal(f"user:{number}", "nobody", Door.SIGN_IN))
    refusals.flush(everything=True)

    found = written(store)
    assert len(found) == STRANGERS_LINES + 2
    assert sum(one[3]["times"] for one in found) == 3 * STRANGERS_LINES
    assert found[-1][1] == "others"


def test_strangers_never_hide_what_one_of_ours_was_refused(refusals, store):
    for number in range(2 * STRANGERS_LINES):
        refusals.note(refusal(f"user:{number}", "nobody", Door.SIGN_IN))

    refusals.note(refusal())

    assert written(store)[-1][1:3] == ("route:GET /users", "Ada")


@pytest.mark.parametrize(
    ("door", "action"),
    [
        (Door.ROOM, "access.refused"),
        (Door.SIGN_IN, "session.refused"),
        (Door.LOCK, "session.locked"),
    ],
)
def test_each_door_has_an_action_of_its_own(refusals, store, door, action):
    refusals.note(refusal(door=door))

    assert written(store)[0][0] == action
