"""The set-up rooms over a real database: what holds, and changes by two people."""

from __future__ import annotations

import io
import json
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.channels import Aside, Quarantined
from bot.domain.packs import Condition
from bot.domain.ports import Notice, SourceState
from bot.domain.replies import ReplyState
from bot.domain.staff import Role, Viewer
from bot.rules.chosen import files_of
from bot.settings import load_settings
from bot.testing import START, ManualClock
from bot.web.setup import told
from bot.web.work import SHOWN
from tests.consoles import looked_at, viewer
from tests.samples import mention, reply, ticket
from tests.unit.services.world import handle, log
from tests.unit.services.world import mention as said

CONFIG = Path(__file__).resolve().parents[2] / "config"
ADA, BEN = viewer(Role.OPERATOR), viewer(Role.OPERATOR, "Ben")
LEAD = viewer(Role.LEAD, "Cleo")


@pytest.fixture
def app(migrated_file: Path, tmp_path: Path) -> Iterator[App]:
    shutil.copytree(CONFIG / "packs" / "house", tmp_path / "packs" / "house")
    shutil.copytree(CONFIG / "templates", tmp_path / "templates")
    shutil.copy(migrated_file, tmp_path / "a.db")
    (tmp_path / "stream.jsonl").write_text("")
    file = tmp_path / "bot.yaml"
    file.write_text(
        f"database: {{url: 'sqlite:///{tmp_path}/a.db'}}\n"
        f"packs: {{house: {tmp_path}/packs/house/1, templates: {tmp_path}/templates}}\n"
        "sources: {morning: {connector: replay, brand: Kestrel, "
        f"path: {tmp_path}/stream.jsonl}}}}\n"
    )
    made = App(load_settings(file, {}), clock=ManualClock())
    yield made
    made.close()


def page(app: App, path: str, by: Viewer = ADA) -> str:
    answer = looked_at(app, by).get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


@pytest.mark.parametrize(
    ("path", "shows"),
    [
        ("/setup", "morning"),
        ("/setup/policy", "influencer_desk"),
        ("/setup/wording", "satisfaction"),
        ("/setup/packs", "au.asic.rg271"),
        ("/setup/people", "The settings name no file of people."),
        ("/setup/changes", "Nothing was proposed yet."),
        ("/setup/work", "Everything went through."),
        ("/setup/files/house/routes.yaml", "queue: legal"),
    ],
)
def test_what_is_in_force_is_shown_as_what_it_is(app, path, shows):
    assert shows in page(app, path, LEAD)


def test_a_condition_says_what_it_asks_for_and_nothing_else():
    assert told(Condition(is_addressed=False, shares_from=50)) == (
        "is_addressed: no; shares_from: 50"
    )
    assert told(Condition()) == ""


@pytest.mark.parametrize("name", ["nothing.yaml", "../1/pack.yaml", "../../a.db"])
def test_only_files_of_what_is_in_force_are_shown(app, name):
    client = looked_at(app, ADA)

    assert client.get(f"/setup/files/house/{name}").status_code == 404
    assert (
        client.get("/setup/change", params={"kind": "house", "file": name}).status_code
        == 404
    )


def proposal(client: TestClient, **fields: str):
    given = {
        "kind": "house",
        "file": "pack.yaml",
        "version": "2",
        "note": "an hour more",
    }
    return client.post("/setup/changes", data={**given, **fields})


def longer(app: App) -> str:
    text = (app.packs.house / "pack.yaml").read_text()
    return text.replace("lasts: PT2H", "lasts: PT3H").replace("\n", "\r\n")


def test_a_change_is_proposed_by_one_and_activated_by_another(app):
    ada, ben = looked_at(app, ADA), looked_at(app, BEN)
    made = proposal(ada, text=longer(app))
    assert made.status_code == 303
    at = made.headers["location"]
    shown = page(app, at, BEN)
    assert "<ins>+claims: {lasts: PT3H}</ins>" in shown
    assert "<del>-claims: {lasts: PT2H}</del>" in shown

    refused = ada.post(f"{at}/activate")
    done = ben.post(f"{at}/activate")

    assert refused.status_code == 403
    assert "another person" in refused.text
    assert done.status_code == 303
    assert "house 2" in re.sub(r"<[^>]+>", "", page(app, "/setup/policy"))
    assert "PT3H" in page(app, "/setup/files/house/pack.yaml")
    said_of_it = [
        (one.action, one.actor)
        for one in log(app.store)
        if one.action.startswith("pack.")
    ]
    assert said_of_it == [("pack.proposed", "Ada"), ("pack.activated", "Ben")]


def test_who_may_only_look_changes_nothing(app):
    lead = looked_at(app, LEAD)

    assert proposal(lead, text=longer(app)).status_code == 403
    assert lead.post("/setup/changes/1/activate").status_code == 403
    assert "/setup/change?" not in page(app, "/setup/policy", LEAD)


def test_a_program_is_no_second_person(app):
    at = proposal(looked_at(app, ADA), text=longer(app)).headers["location"]
    program = looked_at(app, replace(BEN, is_program=True))

    assert program.post(f"{at}/activate").status_code == 403
    assert proposal(program, text=longer(app)).status_code == 403


def test_a_mistake_is_told_with_its_line_beside_what_was_typed(app):
    wrong = longer(app).replace("tier: 4}", "tier: 9}")

    answer = proposal(looked_at(app, ADA), text=wrong)

    assert answer.status_code == 422
    assert "pack.yaml:" in answer.text
    assert "tier: 9}" in answer.text


def test_the_version_before_can_be_proposed_again(app):
    ada, ben = looked_at(app, ADA), looked_at(app, BEN)
    at = proposal(ada, text=longer(app)).headers["location"]
    ben.post(f"{at}/activate")
    assert 'name="folder" value="1"' in page(app, "/setup/changes")

    back = ben.post("/setup/changes", data={"kind": "house", "folder": "1"})
    ada.post(f"{back.headers['location']}/activate")

    assert app.packs.house == app.settings.packs.house


def upload(client: TestClient, *files: tuple[str, bytes | str], **fields: str):
    given = {"kind": "house", "version": "2", "note": "an hour more"}
    return client.post(
        "/setup/changes/upload",
        data={**given, **fields},
        files=[("files", one) for one in files],
    )


def zipped(files: dict[str, str]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return sink.getvalue()


@pytest.mark.parametrize("how", ["zip", "yaml"])
def test_an_uploaded_version_is_proposed_by_one_and_activated_by_another(app, how):
    ada, ben = looked_at(app, ADA), looked_at(app, BEN)
    house = {f"1/{one}": text for one, text in files_of(app.packs.house).items()}
    whole = zipped({**house, "1/pack.yaml": longer(app)})
    file = ("1.zip", whole) if how == "zip" else ("pack.yaml", longer(app))
    assert 'enctype="multipart/form-data"' in page(app, "/setup/changes")

    made = upload(ada, file)

    assert made.status_code == 303
    at = made.headers["location"]
    assert "<ins>+claims: {lasts: PT3H}</ins>" in page(app, at, BEN)
    assert ada.post(f"{at}/activate").status_code == 403
    assert ben.post(f"{at}/activate").status_code == 303
    assert "PT3H" in page(app, "/setup/files/house/pack.yaml")
    assert [one.action for one in log(app.store) if one.action.startswith("pack.")] == [
        "pack.proposed",
        "pack.activated",
    ]


def test_uploaded_wording_is_proposed_language_by_language(app):
    words = files_of(app.packs.templates)
    words["en/acknowledgement.yaml"] += "\n# read by two people\n"
    made = upload(
        looked_at(app, ADA), ("words.zip", zipped(words)), kind="templates", version=""
    )

    assert made.status_code == 303
    assert "read by two people" in page(app, made.headers["location"], BEN)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (("a.zip", zipped({"../../pack.yaml": "a: 1"})), "no name of a pack"),
        (("a.zip", b"PK"), "cannot be read"),
        (("pack.yaml", "pack: {"), "pack.yaml"),
        (("pack.yaml", "[" * 50_000), "pack.yaml"),
        (("logo.png", b"\x89PNG"), "no .yaml file"),
    ],
)
def test_a_mistake_in_an_upload_is_told_and_nothing_is_kept(app, file, words):
    before = sorted(app.packs.house.parent.rglob("*"))

    answer = upload(looked_at(app, ADA), file, note="what I typed")

    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert "what I typed" in answer.text
    assert sorted(app.packs.house.parent.rglob("*")) == before
    with app.store.reading() as work:
        assert work.pack_changes.listing(9) == []


def test_more_than_the_console_takes_is_refused_before_it_is_read(app):
    answer = upload(looked_at(app, ADA), ("a.zip", b"\x00" * 2_100_000))

    assert answer.status_code == 413


def test_who_may_only_look_and_programs_upload_nothing(app):
    file = ("pack.yaml", longer(app))

    assert upload(looked_at(app, LEAD), file).status_code == 403
    assert (
        upload(looked_at(app, replace(ADA, is_program=True)), file).status_code == 403
    )
    assert "Upload a version" not in page(app, "/setup/changes", LEAD)


def test_a_proposed_policy_is_tried_on_the_past_and_the_result_kept(app):
    handle(app.store, app.clock, said(text="This is terrible"), by=app.policy)
    client = looked_at(app, ADA)
    at = proposal(client, text=longer(app)).headers["location"]

    assert client.post(f"{at}/try").status_code == 303

    for _ in range(200):
        with app.store.reading() as work:
            (kept,) = work.pack_changes.listing(1)
        if kept.simulated:
            break
        time.sleep(0.05)
    assert kept.simulated["mentions"] == "1"
    assert kept.simulated["moved"] == "0"
    assert "Placed otherwise" in page(app, at)


@pytest.mark.parametrize("number", ["0", "9", "x", "9" * 30])
def test_a_change_that_is_not_there_is_not_found(app, number):
    client = looked_at(app, ADA)

    assert client.get(f"/setup/changes/{number}").status_code == 404
    assert client.post(f"/setup/changes/{number}/activate").status_code == 404


def test_what_failed_is_told_with_what_to_do_and_tried_again(app):
    with app.store.work() as work:
        later = START + timedelta(hours=5)
        denied = SourceState(
            name="morning", failures=3, retry_at=later, off_because="the token ended"
        )
        work.sources.save(denied)
        bad = Quarantined(where="line 7", reason="no author", payload="<b>{}</b>")
        work.quarantine.add("morning", [bad], START)
        (one,) = work.mentions.add([mention()], source="morning", at=START)
        opened = work.tickets.add(ticket())
        refused = reply(
            ticket_id=opened.id,
            mention_id=one.id,
            state=ReplyState.REFUSED,
            reason="too many links",
        )
        work.replies.add(refused)
        lost = Notice(key="k", to="legal", subject="A breach", body="T-000001 is late")
        work.notices.add(lost, START)
        (waiting,) = work.notices.waiting(START, 9)
        work.notices.postpone(waiting.id, until=None, reason="no route to host")
        odd = Notice(
            key="mention:1:undecidable",
            to="operator",
            subject="Mention 1 could not be decided",
            body="a person must judge it",
            ticket_id=opened.id,
        )
        work.notices.add(odd, START)

    shown = page(app, "/setup/work")
    for words in (
        "the token ended",
        "no author",
        "too many links",
        "no route to host",
        "Mention 1 could not be decided",
    ):
        assert words in shown
    client = looked_at(app, ADA)
    assert client.post("/setup/work/sources/morning").status_code == 303
    assert client.post("/setup/work/notices").status_code == 303

    with app.store.reading() as work:
        assert work.sources.state("morning").retry_at is None
        assert {each.notice.key for each in work.notices.waiting(START, 9)} >= {"k"}
    assert {one.action for one in log(app.store)} >= {
        "source.asked_again",
        "notices.taken_up",
    }
    assert client.post("/setup/work/sources/evening").status_code == 404
    assert client.post("/setup/work/desks/none").status_code == 404


def odd(app: App, *wheres: str, **rest: Any) -> list[int]:
    item = Quarantined(where="", reason="no author", payload="{}")
    with app.store.work() as work:
        items = [replace(item, where=where, **rest) for where in wheres]
        work.quarantine.add("morning", items, START)
        return [row.id for row in reversed(work.quarantine.listing(len(wheres)))]


def a_row(text: str) -> dict[str, str]:
    """A row that a replayed file may hold, kept aside as one that made no sense."""
    row = {
        "id": "77",
        "text": text,
        "published_at": START.isoformat(),
        "author": {"id": "5", "handle": "ada"},
    }
    beside = {"layout": "bot", "header": [], "delimiter": ",", "is_whole": True}
    return {"payload": json.dumps(row), "context": json.dumps(beside)}


def test_whoever_sees_some_brands_sees_their_items_behind_any_number_of_others(app):
    odd(app, "theirs")
    with app.store.work() as work:
        item = Quarantined(where="", reason="no author", payload="{}")
        others = [replace(item, where=f"other {n}") for n in range(SHOWN + 1)]
        work.quarantine.add("evening", others, START)

    seen = page(app, "/setup/work", replace(LEAD, brands=frozenset({"Kestrel"})))

    assert "theirs" in seen
    assert "other 1" not in seen


def test_what_was_kept_aside_is_read_again_from_the_page(app):
    odd(app, "line 7", **a_row("nobody ever answers me"))
    [hopeless] = odd(app, "line 8")
    client = looked_at(app, ADA)
    shown = page(app, "/setup/work")
    assert "Read all of it again: morning" in shown
    assert f'action="/setup/work/quarantine/{hopeless}"' in shown

    done = client.post("/setup/work/quarantine", data={"source": "morning"})

    assert done.status_code == 303
    with app.store.reading() as work:
        [found] = work.mentions.untagged(9)
        [left] = work.quarantine.listing(9)
    assert found.mention.text == "nobody ever answers me"
    assert (left.id, left.tried_by) == (hopeless, "Ada")
    shown = page(app, "/setup/work")
    assert "line 7" not in shown
    assert left.outcome in shown
    [entry, _] = [one for one in log(app.store) if one.action == "quarantine.retried"]
    assert entry.actor == "Ada"
    assert (
        client.post("/setup/work/quarantine", data={"source": "x"}).status_code == 404
    )


def test_one_item_is_read_again_or_put_away_from_the_page(app):
    first, second = odd(app, "line 7", "line 8")
    client = looked_at(app, ADA)

    assert client.post(f"/setup/work/quarantine/{first}").status_code == 303
    away = f"/setup/work/quarantine/{second}/dismiss"
    assert client.post(away, data={"reason": " "}).status_code == 403
    assert client.post(away, data={"reason": "an advert"}).status_code == 303
    assert client.post(away, data={"reason": "an advert"}).status_code == 403

    shown = page(app, "/setup/work")
    assert "line 7" in shown
    assert "line 8" not in shown
    with app.store.reading() as work:
        assert work.quarantine.get(second).outcome == "an advert"


def test_what_only_tells_of_a_source_is_not_offered_for_reading(app):
    [told] = odd(app, "feed", kind=Aside.NOTE)

    shown = page(app, "/setup/work")

    assert f'action="/setup/work/quarantine/{told}"' not in shown
    assert f'action="/setup/work/quarantine/{told}/dismiss"' in shown
    assert "Read all of it again" not in shown


@pytest.mark.parametrize("number", ["0", "x", "9" * 30])
def test_an_item_that_is_not_there_is_not_found(app, number):
    client = looked_at(app, ADA)

    assert client.post(f"/setup/work/quarantine/{number}").status_code == 404
    away = client.post(
        f"/setup/work/quarantine/{number}/dismiss", data={"reason": "gone"}
    )
    assert away.status_code == 404


def test_who_may_only_look_at_the_set_up_settles_nothing(app):
    [number] = odd(app, "line 7")
    client = looked_at(app, LEAD)

    for path in ("", f"/{number}", f"/{number}/dismiss"):
        assert client.post(f"/setup/work/quarantine{path}").status_code == 403


def test_who_sees_one_brand_changes_nothing_that_reaches_all(app):
    client = looked_at(app, replace(ADA, brands=frozenset({"Heron"})))

    assert proposal(client, text=longer(app)).status_code == 403
    for what in ("sources/morning", "notices", "desks/none", "quarantine"):
        assert client.post(f"/setup/work/{what}").status_code == 403


def test_who_sees_other_brands_is_not_shown_this_ones_sources(app):
    other = replace(LEAD, brands=frozenset({"Heron"}))

    assert "morning" not in page(app, "/setup", other)


def test_who_sees_other_brands_is_not_told_that_this_ones_source_is_off(app):
    with app.store.work() as work:
        work.sources.save(SourceState(name="morning", off_because="no access"))
    theirs = replace(LEAD, brands=frozenset({"Kestrel"}))
    other = replace(LEAD, brands=frozenset({"Heron"}))

    assert "Nobody listens at morning." in page(app, "/alarms", LEAD)
    assert "Nobody listens at morning." in page(app, "/alarms", theirs)
    assert "morning" not in page(app, "/alarms", other)
