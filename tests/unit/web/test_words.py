from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from fastapi.testclient import TestClient

from bot.bootstrap import App
from bot.domain.replies import ReplyState
from bot.settings import load_settings
from bot.web import letters, tickets
from bot.web.app import application
from bot.web.render import asked_for, languages
from bot.web.words import DEEDS, SHOWN, plain, say
from scripts.words import LANGUAGES, WEB, catalogue, merged, missing, written

CATALOGUES = sorted(LANGUAGES.glob("*.po"))
PAGES = sorted((WEB / "pages").rglob("*.html"))


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_a_catalogue_has_every_word_of_the_pages_and_no_other(file: Path) -> None:
    made = merged(file, catalogue())

    assert missing(made) == [], "translate them, with scripts/words.py"
    assert file.read_bytes() == written(made), "run scripts/words.py"


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_a_translation_names_what_its_words_name(file: Path) -> None:
    with file.open("rb") as opened:
        words = read_po(opened, locale=file.stem)

    assert [str(problem) for _, found in words.check() for problem in found] == []


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_every_value_that_pages_show_has_a_word_in_each_language(
    file: Path, kind: type[Enum]
) -> None:
    with file.open("rb") as opened:
        words = read_po(opened, locale=file.stem)

    known = {message.id for message in words if message.string}
    assert [one for one in kind if plain(one) not in known] == []


def test_every_deed_of_which_a_page_tells_has_its_word() -> None:
    assert {*DEEDS} == {*tickets.DEEDS, *letters.DEEDS}


def test_a_value_is_called_by_the_viewers_word_for_it() -> None:
    german = languages()["de"]

    assert say(ReplyState.WITHHELD, german) == "zurückgehalten"
    assert say("needs_human", german) == "eine Person muss es ansehen"
    assert say("needs_human", NullTranslations()) == "a person must look"
    assert say("a_rule_of-ours", german) == "a rule of ours"
    assert say("", german) == ""


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: f"{page.parent.stem}-{page.stem}"
)
def test_no_page_shows_a_value_as_it_is_written(page: Path) -> None:
    written = page.read_text(encoding="utf-8")

    assert re.findall(r">[^<>{]*\{\{ *[\w.]+\.value *\}\}", written) == []
    assert '"_", " "' not in written


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en-GB, de;q=0.8", "en"),
        ("fr, de;q=0.3, en;q=0.2", "de"),
        ("xx", "en"),
        ("", "en"),
        ("de;q=much", "en"),
        ("*", "en"),
    ],
)
def test_a_browser_is_answered_in_what_it_likes_best_of_what_we_speak(
    header: str, language: str
) -> None:
    assert asked_for(header) == language


def test_whoever_has_not_signed_in_yet_is_spoken_to_in_their_language(
    tmp_path: Path,
) -> None:
    (tmp_path / "bot.yaml").write_text(
        f"database: {{url: 'sqlite:///{tmp_path}/a.db'}}\n"
    )
    app = App(load_settings(tmp_path / "bot.yaml", {}))
    app.unchecked_store.upgrade()
    client = TestClient(application(app))

    german = client.get("/sign-in", headers={"Accept-Language": "de"})
    english = client.get("/sign-in", headers={"Accept-Language": "en"})

    assert {"en", "de"} <= set(languages())
    assert '<html lang="de"' in german.text
    assert "Passwort" in german.text
    assert '<html lang="en"' in english.text
    app.close()
