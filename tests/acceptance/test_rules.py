"""Rule packs from the shell: shown, checked, previewed, and the past computed anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, Bot
from tests.houses import House
from tests.unit.rules.packs import SHARED, edit

SHIPPED = {
    "au.acma.ccs",
    "au.afca",
    "au.asic.idr_report",
    "au.asic.rg271",
    "au.gicop",
    "ca.fcac.bank",
    "eu.psd2",
    "house.complaints",
    "ie.cbi.cpc",
    "in.rbi.rbios",
    "sg.mas.fa_chr",
    "uk.fca.disp",
    "us.cfpb.portal",
    "us.dot.259_7",
    "us.finra.records",
    "za.fais",
}

CASES = """
- id: A1
  pack: au.asic.rg271
  tz: Australia/Sydney
  received_at: '2026-02-02T09:00:00+11:00'
  holidays: []
  expect: {idr_response.strict: '2026-03-04'}
- id: A2
  pack: au.asic.rg271
  variants:
    ours:
      channel: own_page
      text: You charged me twice and nobody answers. Sort it out!
      author: identifiable_contactable
      expect: {scope.in_scope: true, scope.expectation: implicit, scope.clock: standard}
    theirs:
      channel: third_party_forum
      text: You charged me twice and nobody answers.
      expect: {scope.in_scope: false, scope.action: monitor_only, scope.clock: none}
    staff:
      channel: own_page
      text: They never pay us on time.
      author: staff
      expect: {scope.in_scope: false, scope.exclusion: staff_employment}
    tagged:
      channel: mention_on_their_timeline
      expect: {scope.in_scope: true, scope.by: option treat_mentions_as_owned}
    gone:
      channel: own_page
      author: deleted
      expect: {scope.in_scope: false}
"""


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    folder = tmp_path / "packs"
    shutil.copytree(ROOT / "config" / "packs", folder)
    return folder


def test_every_shipped_pack_is_listed_and_the_one_in_use_is_marked(bot: Bot) -> None:
    found = bot("rules", "list", "--json")

    assert found.code == 0, found.err
    assert {row["pack"] for row in found.json} == SHIPPED
    assert [row["pack"] for row in found.json if row["in_use"]] == ["au.asic.rg271"]


def test_a_pack_is_shown_with_its_paragraphs(bot: Bot) -> None:
    found = bot("rules", "show", "uk.fca.disp")

    assert found.code == 0, found.err
    assert "DISP 1.6.2R" in found.out
    assert "8 weeks" in found.out
    assert "Financial Ombudsman Service" in found.out


def test_worked_examples_are_checked_one_line_a_case(bot: Bot, tmp_path: Path) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text(CASES, encoding="utf-8")

    good = bot("rules", "check", str(file))
    edit(file, "'2026-03-04'", "'2026-03-05'")
    bad = bot("rules", "check", str(file))

    assert good.out.splitlines() == ["A1 ok", "A2 ok", "2 passed, 0 failed"]
    assert good.code == 0
    assert bad.code == 1
    assert bad.out.splitlines()[0] == (
        "A1 FAIL idr_response.strict: expected 2026-03-05, "
        "got 2026-03-04T23:59:59+11:00"
    )
    assert bad.out.splitlines()[-1] == "1 passed, 1 failed"


@pytest.mark.shared
def test_the_published_worked_examples_all_come_out(bot: Bot) -> None:
    file = SHARED / "rules-examples.yaml"
    if not file.exists():
        pytest.skip(f"{file.name} does not lie beside the checkout")

    found = bot("rules", "check", str(file))

    assert found.out.splitlines()[-1] == "22 passed, 0 failed"


def test_a_preview_names_the_next_deadlines_on_the_places_clocks(bot: Bot) -> None:
    asked = ("rules", "preview", "--received", "2026-04-01T10:00:00+11:00")

    found = bot(*asked, "--json")
    hardship = bot(
        *asked, "--class", "credit_hardship", "--event", "info_requested=2026-04-20",
        "--json",
    )  # fmt: skip

    due = {row["clock"]: row["due"] for row in found.json}
    assert due["idr_response"] == "Fri 2026-05-01 23:59 AEST"
    due = {row["clock"]: row["due"] for row in hardship.json}
    assert due["idr_response"] == "Mon 2026-05-18 23:59 AEST"


def test_a_preview_of_a_class_that_is_not_there_names_those_that_are(
    bot: Bot,
) -> None:
    found = bot("rules", "preview", "--class", "gold")

    assert found.code == 2
    assert "credit_hardship" in found.err


def test_a_contact_that_nobody_verified_for_half_a_year_is_warned_of(
    bot: Bot, packs: Path
) -> None:
    pack = packs / "sg.mas.fa_chr" / "2021.1" / "pack.yaml"
    edit(pack, "verified_on: 2026-11-01", "verified_on: 2026-01-01")

    found = bot("rules", "lint", "--packs", str(packs))
    strict = bot("rules", "lint", "--packs", str(packs), "--strict")

    assert "was verified on 2026-01-01, more than 180 days ago" in found.out
    assert (found.code, strict.code) == (0, 1)


def test_a_mistake_in_any_pack_names_file_line_and_key(bot: Bot, packs: Path) -> None:
    pack = packs / "za.fais" / "2020.1" / "pack.yaml"
    edit(pack, "unit: weeks", "unit: fortnights")

    found = bot("rules", "lint", "--packs", str(packs))

    assert found.code == 2
    assert "pack.yaml:" in found.err
    assert "clocks.acknowledge.duration.unit" in found.err


def test_a_diff_shows_what_a_new_version_promises(bot: Bot, packs: Path) -> None:
    new = packs / "za.fais" / "2027.1"
    shutil.copytree(packs / "za.fais" / "2020.1", new)
    edit(new / "pack.yaml", '"2020.1"', '"2027.1"')
    edit(new / "pack.yaml", "{unit: weeks, n: 6}", "{unit: weeks, n: 5}")
    edit(new / "pack.yaml", "2004-09-30", "2027-01-01")
    asked = ("rules", "diff", "za.fais", "2020.1", "--packs", str(packs))

    found = bot(*asked[:4], "2027.1", *asked[4:])
    same = bot(*asked[:4], "2020.1", *asked[4:])

    assert found.code == 1
    lines = [line for line in found.out.splitlines() if "six_weeks_notice" in line]
    assert len(lines) == 2
    assert lines[1].startswith("+")
    assert "duration.n: 5" in lines[1]
    assert (same.code, same.out.strip()) == (0, "they promise the same")


@pytest.mark.slow
def test_past_deadlines_are_computed_anew_and_a_changed_pack_shows(
    bot: Bot, packs: Path, worked_house: House, tmp_path: Path
) -> None:
    worked_house.copied(tmp_path)
    asked = ("rules", "replay", "--from", "2020-01-01T00:00:00Z")

    same = bot(*asked)
    edit(packs / "au.asic.rg271" / "2021-09.1" / "pack.yaml", "n: 30}", "n: 31}")
    changed = bot(*asked, "--packs", str(packs), "--json")

    assert same.code == 0, same.out
    counted = same.out.splitlines()[-1]
    assert counted.endswith(" as promised, 0 not")
    assert int(counted.split()[0]) > 300
    assert changed.code == 1
    legal = [row for row in changed.json if row["pack"].startswith("au.asic")]
    assert legal
    assert not any(row["same"] for row in legal)
    assert "does not lie here as it was then" in legal[0]["why"]
    service = [row for row in changed.json if not row["pack"].startswith("au.asic")]
    assert all(row["same"] for row in service)


def test_a_letter_and_a_portals_complaint_are_kept_corrected_and_computed_anew(
    bot: Bot,
) -> None:
    who = ("--by", "ada", "--reason", "it lies before me")
    assert bot("db", "upgrade").code == 0
    letter = bot(
        "ticket", "open", "--brand", "Kestrel Air", "--reference", "letter 7",
        "--at", "2026-02-02T09:00:00+11:00", "--class", "credit_hardship", *who,
    )  # fmt: skip
    portal = bot(
        "ticket", "open", "--brand", "Kestrel Air", "--reference", "260202-7",
        "--pack", "us.cfpb.portal", "--event", "sent_to_company_portal",
        "--at", "2026-02-02T09:00:00+11:00", *who,
    )  # fmt: skip
    called = bot(
        "ticket", "record", "T-1", "acknowledged", "--by", "bo",
        "--at", "2026-02-02T11:00:00+11:00", "--given-elsewhere", "phone",
        "--note", "call 17",
    )  # fmt: skip
    asked = bot(
        "ticket", "record", "T-1", "info_requested", "--by", "bo",
        "--at", "2026-02-10T11:00:00+11:00",
    )  # fmt: skip
    taken_back = bot("ticket", "withdraw", "T-1", "info_requested", *who)
    coded = bot("ticket", "pack", "T-1", "au.gicop", *who)
    shown = bot("ticket", "show", "T-1").out
    replayed = bot("rules", "replay", "--from", "2020-01-01T00:00:00Z")

    said = (letter, portal, called, asked, taken_back, coded)
    assert [one.err for one in said if one.code] == []
    assert "idr_response (271.56-271.60, Table 2): due 2026-02-23" in letter.out
    assert "initial_response" in portal.out
    assert "moved: idr_response" in asked.out
    assert "moved: idr_response" in taken_back.out
    assert "phone by bo, recorded by bo, not seen by the bot" in shown
    assert "started: progress_update" in coded.out
    assert replayed.code == 0, replayed.out
    assert replayed.out.splitlines()[-1].endswith(" as promised, 0 not")
