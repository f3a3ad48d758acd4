"""The way in, one's account and the users' page, in a browser and by axe-core."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from bot.bootstrap import App
from bot.domain.staff import Role
from bot.settings import load_settings
from bot.web.app import application
from tests.browsers import Look, Looks, Serve
from tests.consoles import PASSWORD, invited, quick


@pytest.fixture
def app(migrated_file: Path, tmp_path: Path) -> Iterator[App]:
    """A console that nobody was at yet."""
    database = shutil.copy(migrated_file, tmp_path / "console.db")
    made = App(
        load_settings(environment={"BOT_DATABASE__URL": f"sqlite:///{database}"})
    )
    quick(made)
    yield made
    made.close()


def press(look: Look, button: str) -> None:
    look.page.get_by_role("button", name=button, exact=True).click()
    look.page.wait_for_load_state()


def comes_in(look: Look) -> str:
    """From a link to the front door; return one recovery code."""
    page = look.page
    look.check()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    press(look, "Set the password")
    look.check()
    secret = page.locator("code.mono").inner_text()
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    press(look, "Go on")
    assert page.locator("ul.mono li").count() == 10
    return page.locator("ul.mono li").first.inner_text()


def manages(look: Look) -> None:
    """Add somebody, make them a regulator, make a key."""
    page = look.page
    page.goto("/users")
    page.get_by_label("Name").fill("Ada")
    press(look, "Add and make a link")
    assert "/welcome/" in page.locator("code.mono").inner_text()
    page.get_by_role("link", name="Ada").click()
    page.get_by_label("Role").select_option("regulator")
    press(look, "Save")
    look.check()
    page.goto("/users/keys")
    page.get_by_label("Name").fill("crm")
    press(look, "Make")
    look.check()


@pytest.mark.slow
def test_from_a_link_to_the_users_page_out_again_and_in(
    app: App, serve: Serve, look: Looks
) -> None:
    at = serve(application(app))
    looked = look(at, invited(app, "Grace", Role.OPERATOR))
    page = looked.page

    recovery = comes_in(looked)
    manages(looked)
    page.goto("/account")
    looked.check()
    press(looked, "Sign out")
    looked.check()
    page.get_by_label("Name").fill("grace")
    page.get_by_label("Password").fill(PASSWORD)
    press(looked, "Sign in")
    page.get_by_label("Code").fill(recovery)
    press(looked, "Go on")

    assert page.get_by_role("link", name="Grace").is_visible()
