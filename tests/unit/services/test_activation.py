"""A policy that one person proposes and another puts in force."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.bootstrap import App
from bot.domain.activation import PackChangeState, PackKind
from bot.errors import NotAllowed, PackError, Stale
from bot.rules.chosen import choose, files_of, in_force, pointer
from bot.services.activation import (
    activate,
    beside,
    propose,
    read_beside,
    turn_down,
)
from bot.settings import load_settings
from bot.testing import ManualClock
from tests.unit.services.world import log

CONFIG = Path(__file__).resolve().parents[3] / "config"


@pytest.fixture
def app(migrated_file: Path, tmp_path: Path) -> Iterator[App]:
    """An app whose house and wording lie where a test may write."""
    shutil.copytree(CONFIG / "packs" / "house", tmp_path / "packs" / "house")
    shutil.copytree(CONFIG / "templates", tmp_path / "templates")
    shutil.copy(migrated_file, tmp_path / "a.db")
    file = tmp_path / "bot.yaml"
    file.write_text(
        f"database: {{url: 'sqlite:///{tmp_path}/a.db'}}\n"
        f"packs: {{house: {tmp_path}/packs/house/1, templates: {tmp_path}/templates}}\n"
    )
    made = App(load_settings(file, {}), clock=ManualClock())
    yield made
    made.close()


def changed(app: App, old: str = "known: PT2H", new: str = "") -> dict[str, str]:
    """The house's files with longer claims."""
    files = files_of(app.packs.house)
    files["pack.yaml"] = files["pack.yaml"].replace("lasts: PT2H", "lasts: PT3H")
    return files


def proposed(app: App, version: str = "2", by: str = "Ada", **files: str):
    return propose(
        app.store,
        app.clock,
        app.kept_folder(PackKind.HOUSE),
        {**changed(app), **files},
        version=version,
        by=by,
        note="claims last longer",
    )


def activated(app: App, change, by: str = "Ben"):
    kept = app.kept_folder(change.kind)
    return activate(app.store, app.clock, kept, change.id, by=by)


def test_what_one_proposes_another_puts_in_force(app):
    before = app.policy.house.ref
    change = proposed(app)
    assert app.packs.house.name == "1"

    done = activated(app, change)

    assert done.state is PackChangeState.ACTIVATED
    app.reread()
    house = app.policy.house
    assert (house.ref.version, house.ref.sha256) == ("2", change.sha256)
    assert house.claims is not None
    assert house.claims.lasts.total_seconds() == 3 * 3600
    entries = {one.action: one for one in log(app.store)}
    said = entries["pack.activated"]
    assert said.actor == "Ben"
    detail = json.loads(said.detail)
    assert (detail["proposed_by"], detail["version"]) == ("Ada", "2")
    assert detail["was_sha256"] == before.sha256
    assert entries["pack.proposed"].actor == "Ada"


def test_it_holds_after_a_restart(app):
    activated(app, proposed(app))

    again = App(app._loaded, clock=ManualClock())

    assert again.policy.house.ref.version == "2"


@pytest.mark.parametrize("by", ["Ada", " ada "])
def test_who_proposed_it_does_not_activate_it(app, by):
    change = proposed(app)

    with pytest.raises(NotAllowed, match="another person"):
        activated(app, change, by=by)

    assert app.packs.house.name == "1"


def test_a_policy_with_a_mistake_is_not_even_proposed(app):
    routes = files_of(app.packs.house)["routes.yaml"]

    with pytest.raises(PackError, match=r"^routes\.yaml:\d+: routes"):
        proposed(app, **{"routes.yaml": routes.replace("queue: legal", "queue: lgeal")})


def test_what_changes_nothing_is_not_proposed(app):
    kept, files = app.kept_folder(PackKind.HOUSE), files_of(app.packs.house)

    with pytest.raises(NotAllowed, match="in force already"):
        propose(app.store, app.clock, kept, files, version="1", by="Ada", note="")


@pytest.mark.parametrize("version", ["", "../2", ".2", "a/b", "2\nx: y", "ä"])
def test_a_version_that_is_no_name_is_refused(app, version):
    with pytest.raises(NotAllowed, match="a version is a name"):
        proposed(app, version=version)


def test_what_was_made_against_another_version_is_stale(app):
    first, second = proposed(app, "2"), proposed(app, "3")
    activated(app, first)

    with pytest.raises(Stale, match="not in force any more"):
        activated(app, second)


def test_nothing_is_settled_twice(app):
    change = proposed(app)
    turn_down(app.store, app.clock, change.id, by="Ben")

    with pytest.raises(NotAllowed, match="turned down by Ben already"):
        activated(app, change)
    with pytest.raises(NotAllowed, match="already"):
        turn_down(app.store, app.clock, change.id, by="Ben")


def test_a_folder_that_holds_other_files_is_not_overwritten(app):
    change = proposed(app)
    other = app.settings.packs.house.parent / "2"
    other.mkdir()
    (other / "pack.yaml").write_text("pack: mine\n")

    with pytest.raises(PackError, match="holds other files"):
        activated(app, change)

    with app.store.reading() as work:
        assert work.pack_changes.get(change.id).state is PackChangeState.PROPOSED
    assert app.packs.house.name == "1"


def test_the_way_back_is_the_same_two_people(app):
    activated(app, proposed(app))
    kept = app.kept_folder(PackKind.HOUSE)
    (former,) = beside(kept)

    back = propose(
        app.store,
        app.clock,
        kept,
        read_beside(kept, former.name),
        version=former.name,
        by="Ben",
        note="back",
    )
    activated(app, back, by="Ada")

    assert app.packs.house == app.settings.packs.house
    assert not pointer(app.settings.packs.house).exists()


def test_only_folders_beside_are_read(app):
    kept = app.kept_folder(PackKind.HOUSE)

    for name in ("..", "../..", "1", ""):
        with pytest.raises(NotAllowed):
            read_beside(kept, name)


def test_wording_is_changed_in_the_same_way(app):
    kept = app.kept_folder(PackKind.TEMPLATES)
    files = files_of(app.packs.templates)
    files["en/answers.yaml"] += "\n# read again by the press office\n"

    change = propose(
        app.store, app.clock, kept, files, version="", by="Ada", note="wording"
    )
    activated(app, change)

    assert app.packs.templates.name == f"templates-{change.version}"
    app.reread()
    assert app.policy.templates.ref.sha256 == change.sha256


def test_who_names_another_folder_in_the_settings_has_chosen_anew(tmp_path):
    for name in ("1", "2", "3"):
        (tmp_path / name).mkdir()
    choose(tmp_path / "1", "2")

    assert in_force(tmp_path / "1").name == "2"
    assert in_force(tmp_path / "3").name == "3"


@pytest.mark.parametrize("name", ["9", "..", "", "../elsewhere"])
def test_a_choice_that_leads_nowhere_is_told(tmp_path, name):
    (tmp_path / "1").mkdir()
    pointer(tmp_path / "1").write_text(name)

    with pytest.raises(PackError, match="delete this file to return"):
        in_force(tmp_path / "1")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_where_nothing_may_be_written_says_what_to_do(app):
    change = proposed(app)
    place = app.settings.packs.house.parent
    place.chmod(0o500)
    try:
        with pytest.raises(PackError, match="put the files there by hand"):
            activated(app, change)
    finally:
        place.chmod(0o700)


def test_a_running_process_sees_that_another_version_was_chosen(app):
    before = app.policy_files()

    activated(app, proposed(app))

    assert app.policy_files() != before
