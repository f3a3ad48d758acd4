"""Worked examples in their YAML form: every key is read, every difference is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.domain.packs import RegulationPack
from bot.errors import PackError
from bot.rules.check import Verdict, check_file
from bot.rules.library import load_library
from tests.unit.rules.packs import ROOT

LIBRARY = load_library(ROOT / "config" / "packs")

CASE = """
- id: X1
  pack: au.asic.rg271
  class: standard
  tz: Australia/Sydney
  received_at: '2026-02-02T09:00:00+11:00'
  holidays: []
"""


def no_scope(
    _pack: RegulationPack, _case: Mapping[str, object]
) -> Mapping[str, object]:
    return {"in_scope": True}


def checked(tmp_path: Path, text: str) -> list[Verdict]:
    file = tmp_path / "cases.yaml"
    file.write_text(text, encoding="utf-8")
    return list(check_file(file, LIBRARY, no_scope))


def line(tmp_path: Path, text: str) -> str:
    (verdict,) = checked(tmp_path, text)
    return verdict.line


def test_a_case_that_comes_out_as_expected_is_ok(tmp_path: Path) -> None:
    text = CASE + "  expect: {idr_response.strict: '2026-03-04T23:59:59+11:00'}\n"

    assert line(tmp_path, text) == "X1 ok"


def test_a_difference_names_field_expected_and_got(tmp_path: Path) -> None:
    text = CASE + "  expect: {idr_response.strict: '2026-03-05T23:59:59+11:00'}\n"

    assert line(tmp_path, text) == (
        "X1 FAIL idr_response.strict: expected 2026-03-05T23:59:59+11:00, "
        "got 2026-03-04T23:59:59+11:00"
    )


def test_a_field_that_nothing_answers_is_a_failure(tmp_path: Path) -> None:
    text = CASE + "  expect: {no_such_clock.strict: '2026-03-05', idr_response.x: 1}\n"

    assert line(tmp_path, text) == (
        "X1 FAIL no_such_clock.strict: expected 2026-03-05, got nothing; "
        "idr_response.x: expected 1, got nothing"
    )


def test_a_case_that_expects_nothing_proves_nothing(tmp_path: Path) -> None:
    assert line(tmp_path, CASE) == "X1 FAIL nothing is expected of it"


def test_times_may_stand_unquoted_and_days_alone(tmp_path: Path) -> None:
    text = """
- id: X2
  pack: za.fais
  received: 2026-02-02
  expect: {acknowledge.strict: 2026-02-23}
"""

    assert line(tmp_path, text) == "X2 ok"


def test_each_variant_is_its_own_case_with_the_common_answers_too(
    tmp_path: Path,
) -> None:
    text = (
        CASE
        + """
  expect: {idr_response.strict: '2026-03-04'}
  variants:
    a:
      idr_delay_notice_given: '2026-03-02T09:00:00+11:00'
      reason_code: staff_shortage
      expect: {delay_notice.state: rejected_reason}
    b:
      events: [{closed_resolved_satisfied: '2026-02-04T09:00:00+11:00'}]
      expect: {idr_response.state: running}
"""
    )

    assert line(tmp_path, text) == (
        "X1 FAIL idr_response.state: expected running, got waived (variant b)"
    )


def test_a_variants_events_replace_those_of_the_same_name(tmp_path: Path) -> None:
    text = (
        CASE
        + """
  events:
  - {acknowledged: '2026-02-02T10:00:00+11:00'}
  - {idr_response_provided: '2026-02-20T09:00:00+11:00'}
  expect: {acknowledge.state: met}
  variants:
    a: {expect: {idr_response.state: met_strict}}
    b:
      events: [{idr_response_provided: '2026-03-20T09:00:00+11:00'}]
      expect: {idr_response.state: breach}
    c:
      idr_response_provided: '2026-03-21T09:00:00+11:00'
      expect: {idr_response.state: breach}
"""
    )

    assert line(tmp_path, text) == "X1 ok"


def test_an_event_may_have_several_times_and_a_mapping_several_events(
    tmp_path: Path,
) -> None:
    text = """
- id: X6
  pack: au.asic.rg271
  class: death_benefit_objection
  tz: Australia/Sydney
  events:
  - {proposal_notice_received: ['2026-02-02', '2026-03-02']}
  - decision_notice_received: '2026-08-03'
    idr_response_provided: '2026-08-03'
  expect:
    death_benefit_objection_window.strict: '2026-03-30'
    idr_response.state: breach
    death_benefit_afca_window.strict: '2026-08-31'
- id: X7
  pack: za.fais
  events: [{received_at: '2026-02-02'}]
  expect: {acknowledge.strict: '2026-02-23', ombud_window.strict: none}
"""

    assert [one.line for one in checked(tmp_path, text)] == ["X6 ok", "X7 ok"]


def test_a_rule_that_has_ended_is_told_as_it_stood(tmp_path: Path) -> None:
    text = """
- id: X8
  pack: au.asic.idr_report
  period: 2027-07-01..2027-12-31
  expect: {lodgement.window: 2028-01-01..2028-02-29}
"""

    assert line(tmp_path, text) == "X8 ok"


def test_a_rule_that_rolls_by_itself_tells_both_times(tmp_path: Path) -> None:
    text = """
- id: X9
  pack: us.finra.records
  quarter_end: '2027-12-31'
  holidays: ['2028-01-17']
  quarterly_report_filed: '2028-01-18'
  expect:
    quarterly_report.strict: '2028-01-15'
    quarterly_report.legal: '2028-01-18'
    quarterly_report.state: met
"""

    assert line(tmp_path, text) == "X9 ok"


def test_an_acknowledgement_that_comes_too_late_is_late(tmp_path: Path) -> None:
    text = """
- id: X10
  pack: sg.mas.fa_chr
  tz: Asia/Singapore
  received: '2026-02-02'
  acknowledged: '2026-02-05'
  expect: {acknowledge.state: STATE}
"""

    assert line(tmp_path, text.replace("STATE", "late")) == "X10 ok"
    assert line(tmp_path, text.replace("STATE", "met")) == (
        "X10 FAIL acknowledge.state: expected met, got breach"
    )


def test_what_is_sent_given_or_provided_is_one_event(tmp_path: Path) -> None:
    text = (
        CASE
        + """  events:
  - {acknowledgement: '2026-02-02T10:00:00+11:00'}
  - {idr_response_issued: '2026-02-20T09:00:00+11:00'}
  - {idr_response_accepted: '2026-02-21T09:00:00+11:00'}
  expect: {acknowledge.state: met, idr_response.state: met_strict}
"""
    )

    (verdict,) = checked(tmp_path, text)

    assert verdict.line == "X1 ok"
    assert verdict.unknown == ("idr_response_accepted",)


def test_variants_that_are_none_are_told_of(tmp_path: Path) -> None:
    text = CASE + "  variants: [1]\n  expect: {idr_response.strict: '2026-03-04'}\n"

    assert "variants must be a mapping" in line(tmp_path, text)


def test_flags_and_the_close_of_business_are_inputs(tmp_path: Path) -> None:
    text = """
- id: X3
  pack: uk.fca.disp
  class: standard
  tz: Europe/London
  received_at: '2026-02-02T09:00:00+00:00'
  business_close: 17:30
  holidays: []
  events: [{resolved: '2026-02-05T17:31:00+00:00'}]
  expect:
    src_window.strict: "2026-02-05T17:30:00+00:00"
    final_response.state: running
- id: X4
  pack: au.asic.rg271
  flags: [claim_value]
  tz: Australia/Sydney
  received_at: '2026-02-02T09:00:00+11:00'
  events: [{closed_explained_apologised: '2026-02-03T09:00:00+11:00'}]
  now: '2026-03-05T09:00:00+11:00'
  expect: {idr_response.state: breach}
"""

    assert [one.line for one in checked(tmp_path, text)] == ["X3 ok", "X4 ok"]


def test_the_same_event_twice_is_folded(tmp_path: Path) -> None:
    twice = "{afca_extension_granted_days: 5}"
    text = f"""
- id: X5
  pack: au.afca
  class: post_idr_referral
  tz: Australia/Sydney
  events:
  - {{afca_referred_back: '2026-02-02', stage: idr_completed}}
  - {{afca_referred_back: '2026-02-02', stage: idr_completed}}
  - {twice}
  expect:
    post_idr.strict_before_extension: '2026-02-23'
    post_idr.strict: '2026-02-28'
"""

    assert line(tmp_path, text) == "X5 ok"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Australia/Sydney", "Australia/Sidney", "there is no time zone"),
        ("au.asic.rg271", "au.asic.rg272", "there is no pack au.asic.rg272"),
        ("class: standard", "class: gold", "no complaint class 'gold'"),
        ("'2026-02-02T09:00:00+11:00'", "soon", "soon"),
        ("'2026-02-02T", "'2019-02-02T", "was in force on 2019-02-02"),
    ],
)
def test_a_case_that_makes_no_sense_fails_alone_and_says_why(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    good = CASE + "  expect: {idr_response.state: running}\n"

    first, second = checked(tmp_path, good.replace(old, new) + good)

    assert first.line.startswith("X1 FAIL cannot be evaluated: ")
    assert words in first.line
    assert second.line == "X1 ok"


def test_an_answer_before_the_complaint_is_refused(tmp_path: Path) -> None:
    text = (
        CASE
        + """  events: [{acknowledged: '2026-02-02T08:59:00+11:00'}]
  expect: {acknowledge.state: met}
"""
    )

    assert "lies before the receipt" in line(tmp_path, text)


def test_events_that_no_clock_knows_are_told_and_change_nothing(
    tmp_path: Path,
) -> None:
    text = (
        CASE
        + """  events: [{coffee_spilled: '2026-02-03T08:59:00+11:00'}]
  expect: {idr_response.state: running}
"""
    )

    (verdict,) = checked(tmp_path, text)

    assert verdict.unknown == ("coffee_spilled",)
    assert verdict.line == "X1 ok"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "cases.yaml:1: not YAML"),
        ("a: 1", "must be a list of cases"),
        ("[1, 2]", "must be a list of cases"),
    ],
)
def test_what_is_no_list_of_cases_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(PackError, match=words):
        checked(tmp_path, text)
