from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from bot.domain.clocks import Clock, ClockId, ClockState, Kept
from bot.domain.mentions import MentionId
from bot.domain.replies import Reply, ReplyId, ReplyState
from bot.domain.response_log import Done, LogEntry
from bot.domain.tickets import REVIEWED, TicketEvent, TicketId
from bot.reports.pdf import Paper, shown, write_pdf
from bot.reports.response_log import (
    cause_of,
    csv_lines,
    json_lines,
    line_of,
    standings,
)
from tests.samples import NOON, plan, reply, ticket

DAY = timedelta(days=1)
LATER = NOON + 9 * DAY


def clock(rule: str = "acknowledge", **fields: Any) -> Clock:
    plans = {name: fields.pop(name) for name in ("met_by", "inputs") if name in fields}
    whole = Clock(
        id=ClockId(1),
        ticket_id=1,
        plan=plan(rule, **plans),
        state=ClockState.BREACHED,
        due_at=None,
    )
    return replace(whole, **fields)


def said(state: ReplyState, **fields: Any) -> Reply:
    made = reply(ticket_id=TicketId(1), mention_id=MentionId(1), state=state)
    return replace(made, id=ReplyId(7), **fields)


def event(name: str, **fields: Any) -> TicketEvent:
    whole = TicketEvent(
        ticket_id=TicketId(1), name=name, happened_at=NOON, recorded_at=NOON
    )
    return replace(whole, **fields)


def entry(**fields: Any) -> LogEntry:
    whole = LogEntry(
        ticket=ticket(1, id=TicketId(1)),
        author="mirela",
        first_seen_at=NOON,
        decided_at=NOON,
        legal_class="standard",
        clocks=(clock(),),
        earlier=(),
        events=(),
        replies=(),
    )
    return replace(whole, **fields)


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"first_seen_at": NOON + 2 * DAY}, "first read after its deadline"),
        ({"decided_at": NOON + 2 * DAY}, "decided after its deadline"),
        (
            {"ticket": ticket(1, opened_at=NOON + 2 * DAY)},
            "its ticket was opened after its deadline",
        ),
        (
            {
                "ticket": ticket(1, opened_at=NOON + 2 * DAY),
                "events": (event(REVIEWED, happened_at=NOON + 2 * DAY),),
            },
            "a person found a complaint after its deadline",
        ),
        (
            {"replies": (said(ReplyState.SUBMITTED),)},
            "R-000007 waits: nobody has agreed to it",
        ),
        (
            {"replies": (said(ReplyState.REFUSED, reason="too long"),)},
            "R-000007 refused: too long",
        ),
        ({}, "nobody has claimed it"),
        ({"ticket": ticket(1, owner="Noor")}, "claimed by Noor, not done"),
    ],
)
def test_a_breach_has_the_first_cause_on_its_way(fields, cause) -> None:
    found = entry(**fields)

    assert cause_of(found.clocks[0], found) == cause
    assert line_of(found, LATER).promises[0].cause == cause


def test_what_was_done_too_late_says_by_what() -> None:
    late = clock(ended_at=LATER, ended_by="acknowledged")

    [promise] = line_of(entry(clocks=(late,)), LATER).promises

    assert promise.cause == "done by acknowledged, after its deadline"


def test_what_was_kept_has_no_cause() -> None:
    met = clock(state=ClockState.MET, ended_at=NOON, ended_by="acknowledged")

    line = line_of(entry(clocks=(met,)), LATER)

    assert (line.kept, line.promises[0].cause) == (Kept.IN_TIME, "")


def test_the_worst_promise_speaks_for_the_complaint() -> None:
    met = clock("early", state=ClockState.MET, ended_at=NOON)

    line = line_of(entry(clocks=(met, clock("late")), earlier=(met,)), LATER)

    assert line.kept is Kept.MISSED
    assert standings([line]) == {
        **dict.fromkeys(map(str, Kept), 0),
        "in_time": 2,
        "missed": 1,
    }


@pytest.mark.parametrize(
    ("detail", "facts", "fields", "by"),
    [
        ("R-000007", {}, {}, "bot"),
        ("R-000007", {}, {"approved_by": "house"}, "bot, by policy house"),
        ("R-000007", {}, {"approved_by": "Noor"}, "bot, agreed to by Noor"),
        (
            "R-000007",
            {},
            {"written_by": "Ada", "approved_by": "Noor"},
            "Ada, agreed to by Noor",
        ),
        ("by Ada: rang them", {}, {}, "Ada"),
        (
            "by Ada: letter",
            {"given_elsewhere": "letter", "given_by": "Kim", "recorded_by": "Ada"},
            {},
            "Kim (told by Ada)",
        ),
    ],
)
def test_a_line_tells_who_or_what_acknowledged(detail, facts, fields, by) -> None:
    word = event("acknowledged", detail=detail, facts=facts)
    found = entry(events=(word,), replies=(said(ReplyState.SEEN, **fields),))

    assert line_of(found, LATER).acknowledged == Done(at=NOON, by=by)


def test_the_first_event_that_holds_counts() -> None:
    events = (
        event("acknowledged", happened_at=NOON, id=1),
        event("withdrawn", facts={"number": "1"}, id=2),
        event("acknowledged", happened_at=NOON + DAY, id=3),
    )

    done = line_of(entry(events=events), LATER).acknowledged

    assert done is not None
    assert done.at == NOON + DAY


def test_a_response_by_the_laws_own_event_is_an_answer() -> None:
    respond = clock("respond", met_by=("idr_response_provided",))
    found = entry(clocks=(respond,), events=(event("idr_response_provided"),))

    assert line_of(found, LATER).answered == Done(at=NOON, by="bot")


def test_the_class_is_that_by_which_its_clocks_run() -> None:
    hardship = clock(inputs={"class": "hardship"})

    assert line_of(entry(clocks=(hardship,)), LATER).legal_class == "hardship"


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula_and_every_cell_reads_back(first: str) -> None:
    author = f'{first}1+1,"x"\n; é ☕'

    text = b"".join(csv_lines([line_of(entry(author=author), LATER)])).decode()

    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert row["author"] == f"'{author}"
    assert row["ticket"] == "T-000001"
    assert row["promises"].startswith("acknowledge (RG 271.51) missed, due 2026-03-03")


def test_an_empty_table_has_its_heading() -> None:
    assert b"".join(csv_lines([])).startswith(b"ticket,brand,")


def test_json_lines_read_back_with_what_is_nested() -> None:
    [line] = json_lines([line_of(entry(author="\ud800"), LATER)])

    read = json.loads(line)

    assert (read["ticket"], read["kept"]) == ("T-000001", "missed")
    assert read["promises"][0]["cite"] == "RG 271.51"
    assert read["received_at"] == ticket(1).received_at.isoformat()


def paper(**fields: Any) -> Paper:
    whole = Paper(
        title="Response log",
        asked={"brand": "Kestrel Air"},
        made_at=NOON,
        made_by="Ada",
        program="answerable",
        seal=None,
        key="",
    )
    return replace(whole, **fields)


def test_letters_that_the_fonts_lack_stand_in_a_pdf_by_their_numbers() -> None:
    line = line_of(entry(author="猫 Ωмega é \x00\ud800"), LATER)

    read = PdfReader(io.BytesIO(write_pdf([line], paper())))

    text = read.pages[0].extract_text()
    assert "[U+732B] Ωмega é [U+0000][U+D800]" in text.replace("\n", " ")


def test_the_same_lines_make_the_same_bytes() -> None:
    lines = [line_of(entry(), LATER)]

    assert write_pdf(lines, paper()) == write_pdf(lines, paper())


def test_paper_without_lines_seal_or_key_says_so() -> None:
    text = PdfReader(io.BytesIO(write_pdf([], paper()))).pages[0].extract_text()

    assert "No complaint meets the filter." in text
    assert "none: this export is not signed" in text


def test_ordinary_words_are_left_as_they_are() -> None:
    assert shown("Kestrel Air – “late”…") == "Kestrel Air – “late”…"
