"""Words as they are written are cut where platforms and the guard look."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.guard import Finding, GuardRule
from bot.services.judging import why_no_yes
from bot.services.writing import pieces
from tests.samples import reply


def found(start: int, end: int) -> Finding:
    return Finding(rule=GuardRule.LIABILITY, start=start, end=end)


def counted(_text: str) -> int:
    return 23


def test_links_handles_and_tags_are_told_apart():
    text = (
        "See https://a.example/b. Ask @us@agora.example about #refunds, not a@b.example"
    )

    marked = [(one.kind, one.text) for one in pieces(text, counted) if one.kind]

    assert marked == [
        ("link", "https://a.example/b"),
        ("mention", "@us@agora.example"),
        ("tag", "#refunds"),
    ]


def test_a_link_that_is_cut_by_a_finding_counts_as_a_whole():
    text = "go to https://a.example/fault now"

    cut = [one for one in pieces(text, len, [found(24, 29)]) if one.kind]

    assert [one.text for one in cut] == ["https://a.example/", "fault"]
    assert {one.counted for one in cut} == {len("https://a.example/fault")}
    assert [(one.found, one.ends) for one in cut] == [((), ()), ((1,), (1,))]


def test_what_is_of_the_whole_text_stands_on_no_piece():
    assert pieces("ours", len, [found(0, 4)])[0].found == ()


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_no_letter_is_lost_wherever_something_was_found(text, first, second):
    start, end = sorted((min(first, len(text)), min(second, len(text))))

    cut = pieces(text, len, [found(start, end)])

    assert "".join(one.text for one in cut) == text
    if (start, end) != (0, len(text)):
        assert "".join(one.text for one in cut if one.found) == text[start:end]


def test_a_yes_of_the_writer_or_a_second_of_one_person_counts_for_nothing():
    ours = reply(ticket_id=1, mention_id=1, written_by="Ana")

    assert why_no_yes(ours, [], " ana") == (
        " ana wrote it; another person must agree to it"
    )
    assert why_no_yes(ours, ["Lea"], "LEA") == "LEA agreed to it already"
    assert why_no_yes(ours, ["Lea"], "Ben") == ""
