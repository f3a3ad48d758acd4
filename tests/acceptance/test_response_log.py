"""The compliance officer's day: find a complaint, see its proof, hand the log out.

All on the bundled posts, which went the whole way through the bot once.
"""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from bot.bootstrap import App
from bot.domain.clocks import Kept
from bot.domain.staff import Role
from bot.settings import load_settings
from tests.acceptance.conftest import Bot
from tests.consoles import looked_at, viewer
from tests.houses import House

pytestmark = pytest.mark.slow

ALL = "/log/export?complaint=all&format="


@pytest.fixture(scope="module")
def folder(worked_house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the bundled posts were listened to, decided and answered."""
    return worked_house.copied(tmp_path_factory.mktemp("house"))


@pytest.fixture
def told(bot: Bot, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    """The command line over that database."""
    monkeypatch.chdir(folder)
    return bot


@pytest.fixture
def app(told: Bot) -> Iterator[App]:
    made = App(load_settings(Path("config/bot.yaml"), {}))
    yield made
    made.close()


@pytest.fixture
def officer(app: App) -> TestClient:
    return looked_at(app, viewer(Role.COMPLIANCE_OFFICER))


def keys(page: str) -> list[str]:
    return re.findall(r'<tr data-row id="(T-\d+)">', page)


def walked(officer: TestClient, address: str) -> list[str]:
    """Every ticket that the log lists, page by page."""
    found: list[str] = []
    while address:
        answer = officer.get(address)
        assert answer.status_code == 200
        found += keys(answer.text)
        after = re.search(r'href="([^"]+)" rel="next"', answer.text)
        address = unescape(after[1]) if after else ""
    return found


def unpacked(answer: bytes) -> tuple[bytes, dict[str, object]]:
    with zipfile.ZipFile(io.BytesIO(answer)) as packed:
        [name] = set(packed.namelist()) - {"manifest.json"}
        return packed.read(name), json.loads(packed.read("manifest.json"))


def test_the_log_lists_every_ticket_that_is_or_may_be_a_complaint(
    told: Bot, officer: TestClient
) -> None:
    tickets = told("ticket", "list", "--status", "all", "--limit", "1000", "--json")
    expected = {one["ticket"] for one in tickets.json if one["complaint"] != "no"}

    found = walked(officer, "/log")

    assert len(found) == len(set(found))
    assert set(found) == expected
    assert len(expected) > 50


def test_how_promises_were_kept_is_what_the_command_line_says(
    told: Bot, officer: TestClient
) -> None:
    report = told(
        "ticket",
        "deadlines",
        "--since",
        "2020-01-01T00:00:00Z",
        "--until",
        "2099-01-01T00:00:00Z",
        "--json",
    ).json
    expected = {
        one["rule"]: {how.value: one[how.value] for how in Kept}
        for one in report["rules"]
    }

    content, manifest = unpacked(officer.post(ALL + "json").content)

    lines = [json.loads(line) for line in content.splitlines()]
    found = {rule: Counter(dict.fromkeys(map(str, Kept), 0)) for rule in expected}
    for line in lines:
        for one in line["promises"]:
            found[one["rule"]][one["kept"]] += 1
    assert {rule: dict(counted) for rule, counted in found.items()} == expected
    assert manifest["rows"] == len(lines)
    totals = Counter[str]()
    for counted in expected.values():
        totals.update(counted)
    assert manifest["figures"] == dict(totals)


def test_a_filter_shows_and_exports_the_same_lines(officer: TestClient) -> None:
    said = "brand=Kestrel+Air&kept=breached"
    shown = walked(officer, f"/log?{said}")

    content, manifest = unpacked(officer.post(f"/log/export?{said}&format=csv").content)

    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["ticket"] for row in rows] == shown
    assert {row["brand"] for row in rows} == {"Kestrel Air"}
    assert {row["kept"] for row in rows} <= {"overdue", "missed"}
    assert manifest["filter"] == {"brand": "Kestrel Air", "kept": "breached"}


@pytest.mark.parametrize("kind", ["csv", "json", "pdf"])
def test_an_export_proves_itself_and_one_changed_byte_is_found(
    told: Bot, officer: TestClient, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "log.zip").write_bytes(officer.post(ALL + kind).content)
    assert told("audit", "key", "--out", str(tmp_path / "key.pem")).code == 0
    with zipfile.ZipFile(tmp_path / "log.zip") as packed:
        packed.extractall(tmp_path)
        [name] = set(packed.namelist()) - {"manifest.json"}
    key = ("--key", str(tmp_path / "key.pem"))

    whole = told("audit", "verify-export", str(tmp_path / "log.zip"), *key)
    alone = told("audit", "verify-export", str(tmp_path / name), *key, "--json")
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    forged = told("audit", "verify-export", str(tmp_path / name), *key)

    assert whole.code == 0, whole.err
    assert "The export is whole." in whole.out
    assert alone.json["whole"] is True
    assert forged.code == 1
    assert "BROKEN the file is not the one that was exported" in forged.err


def test_a_pdf_holds_every_line_the_seal_and_how_to_verify_it(
    officer: TestClient, app: App
) -> None:
    content, manifest = unpacked(officer.post("/log/export?format=pdf").content)

    paper = PdfReader(io.BytesIO(content))
    text = "\n".join(page.extract_text() for page in paper.pages)

    assert set(re.findall(r"T-\d{6}", text)) == set(walked(officer, "/log"))
    seal = manifest["seal"]
    assert isinstance(seal, dict)
    assert seal["hash"] in text.replace("\n", "")
    assert "bot audit verify-export" in text
    assert f"1 / {len(paper.pages)}" in text
    assert app.signer is not None
    assert app.signer.fingerprint in text.replace("\n", "")
    catalogue: Any = paper.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]  # tagged
    about = catalogue["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfaid:part.*2", about)
    assert re.search(r"pdfaid:conformance.*A", about)


def test_who_exported_what_stands_in_the_log(told: Bot, officer: TestClient) -> None:
    _, manifest = unpacked(officer.post("/log/export?format=csv").content)

    lines = told("audit", "export").out.splitlines()
    rows = [row for row in map(json.loads, lines) if row.get("actor") == "Ada"]
    subject = f"export:{manifest['file']}"
    ours = [row for row in rows if row["subject"] == subject]
    assert {row["action"] for row in ours} == {"export.began", "export.finished"}
    finished = json.loads(ours[-1]["detail"])
    assert finished["sha256"] == manifest["sha256"]
    assert told("audit", "verify").code == 0


def test_evidence_shows_what_the_command_line_shows_and_every_entry_with_its_seal(
    told: Bot, officer: TestClient
) -> None:
    tickets = told("ticket", "list", "--status", "all", "--limit", "1000", "--json")
    shown = [
        told("ticket", "show", one["ticket"], "--json").json for one in tickets.json[:8]
    ]
    for ticket in shown:
        page = unescape(officer.get(f"/log/{ticket['ticket']['ticket']}").text)

        for mention in ticket["mentions"]:
            assert mention["text"] in page
            assert mention["text_sha256"] in page
            for reason in mention["decision"]["reasons"]:
                assert reason["text"] in page
            assert mention["decision"]["regulation_sha256"] in page
        for reply in ticket["replies"]:
            assert reply["text"] in page
        assert "not sealed yet" not in page
        assert re.search(r"seal \d+", page)


def test_a_pack_is_read_as_it_was(told: Bot, officer: TestClient) -> None:
    page = officer.get(f"/log/{walked(officer, '/log')[0]}").text
    addresses = set(re.findall(r'href="(/log/packs/[0-9a-f]{64})"', page))

    texts = [unescape(officer.get(one).text) for one in addresses]

    [regulation] = [text for text in texts if "au.asic.rg271" in text]
    assert "idr_response" in regulation
    [house] = [text for text in texts if text != regulation]
    assert "follow_ups.yaml" in house


EVERY_DAY = "since=2026-01-01&until=2027-12-31"


def table(page: str, name: str) -> dict[str, list[str]]:
    """A table's rows by their headings, without marks."""
    [body] = re.findall(rf'<table id="table-{name}".*?</table>', page, re.DOTALL)
    found = {}
    for row in re.findall(r"<tr><th scope=.row.>.*?</tr>", body, re.DOTALL):
        head, *cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        of = re.split(r"<span", head)[0].strip()
        found[unescape(of)] = [re.sub(r"<[^>]+>", "", one).strip() for one in cells]
    return found


def test_deadlines_by_rule_are_those_of_the_command_line(
    told: Bot, officer: TestClient
) -> None:
    report = told(
        "ticket",
        "deadlines",
        "--since",
        "2026-01-01T00:00:00+11:00",
        "--until",
        "2028-01-01T00:00:00+11:00",
        "--json",
    ).json
    expected = {
        one["rule"]: [
            one["in_time"],
            one["late_strict_only"] + one["late_excused"],
            one["missed"] + one["overdue"],
            one["running"],
            one["not_owed"],
        ]
        for one in report["rules"]
    }

    page = officer.get(f"/deadlines?{EVERY_DAY}").text

    shown = table(page, "rule")
    assert {rule: [int(n) for n in row[:5]] for rule, row in shown.items()} == expected
    for name in ("day", "channel", "queue"):
        rows = table(page, name).values()
        summed = [sum(int(row[at]) for row in rows) for at in range(5)]
        assert summed == [sum(row[at] for row in expected.values()) for at in range(5)]
    listed = {one["ticket"] for one in report["missed"]}
    assert set(keys(page)) <= listed
    assert set(keys(page))


def test_the_figures_as_csv_add_up_to_the_page(officer: TestClient) -> None:
    text = officer.get(f"/deadlines.csv?{EVERY_DAY}").text
    page = officer.get(f"/deadlines?{EVERY_DAY}").text

    counted = Counter[str]()
    for row in csv.DictReader(io.StringIO(text)):
        if row["kind"] == "legal" and row["kept"] == "in_time":
            counted[row["rule"]] += int(row["n"])
    shown = {rule: int(row[0]) for rule, row in table(page, "rule").items()}
    assert {rule: n for rule, n in shown.items() if n} == dict(counted)


def until_over(officer: TestClient, address: str) -> str:
    for _ in range(600):
        part = officer.get(address).text
        if "hx-trigger" not in part:
            return part
        threading.Event().wait(0.1)
    raise AssertionError(f"{address} does not end")


def test_deadlines_computed_anew_are_those_that_the_command_line_computes(
    told: Bot, officer: TestClient
) -> None:
    said = told(
        "rules",
        "replay",
        "--from",
        "2026-01-01T00:00:00+11:00",
        "--to",
        "2028-01-01T00:00:00+11:00",
        "--json",
    )

    begun = officer.post(f"/deadlines/replay?{EVERY_DAY}")
    part = until_over(officer, "/deadlines/replay")
    lines = list(
        csv.DictReader(
            io.StringIO(officer.get(f"/deadlines/replay.csv?{EVERY_DAY}").text)
        )
    )

    assert begun.status_code == 303
    assert f"<dd>{len(said.json)}</dd>" in part
    assert "Every deadline is as it was promised." in part
    assert [(int(one["entry"]), one["rule"], one["same"]) for one in lines] == [
        (one["entry"], one["rule"], str(one["same"])) for one in said.json
    ]


def test_the_log_is_verified_on_a_button_and_the_proof_is_on_record(
    told: Bot, officer: TestClient
) -> None:
    begun = officer.post("/proof/verify")
    part = until_over(officer, "/proof/verification")

    assert begun.status_code == 303
    assert "The log is whole" in part
    said = told("audit", "verify", "--json").json
    entries = int(re.search(r"Entries</dt><dd>(\d+)", part)[1])  # type: ignore[index]
    assert 0 < entries <= said["entries"]
    rows = map(json.loads, told("audit", "export").out.splitlines())
    [entry, *_] = [one for one in rows if one.get("action") == "audit.verified"]
    assert (entry["actor"], json.loads(entry["detail"])["whole"]) == ("Ada", True)


def test_the_page_of_proofs_tells_the_newest_seal_and_what_each_source_saw(
    told: Bot, officer: TestClient
) -> None:
    page = unescape(officer.get("/proof?days=30").text)

    head = json.loads(told("audit", "head").out)
    assert head["hash"] in page
    seen = told(
        "source", "coverage", "demo", "--since", "2026-11-20T00:00:00Z", "--json"
    )
    assert seen.json["source"] == "demo"
    assert seen.json["minutes"]["ok"] == 0
    assert "demo" in page
    assert "not watched" in page
    assert 'class="whole"' not in page


def test_the_whole_log_that_is_handed_out_proves_itself(
    told: Bot, officer: TestClient, tmp_path: Path
) -> None:
    (tmp_path / "log.jsonl").write_bytes(officer.post("/proof/log").content)

    assert told("audit", "verify", "--file", str(tmp_path / "log.jsonl")).code == 0
