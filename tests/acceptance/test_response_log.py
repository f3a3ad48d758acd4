"""The compliance officer's day: find a complaint, see its proof, hand the log out.

All on the bundled posts, which went the whole way through the bot once.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
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
from tests.acceptance.conftest import ROOT, Bot
from tests.consoles import looked_at, viewer

pytestmark = pytest.mark.slow

ALL = "/log/export?complaint=all&format="


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the bundled posts were listened to, decided and answered."""
    made = tmp_path_factory.mktemp("house")
    for name in ("config", "models"):
        (made / name).symlink_to(ROOT / name)
    command = "from bot.cli.main import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", command, "run", "--once"],
        cwd=made,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return made


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
    [address] = set(re.findall(r'href="(/log/packs/[0-9a-f]{64})"', page))

    text = unescape(officer.get(address).text)

    assert "au.asic.rg271" in text
    assert "idr_response" in text
