from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from bot.errors import NotAllowed
from bot.services.passwords import Passwords, check_password

SAID = "nine grey herons at dawn"


class Counting(PasswordHasher):
    """Counts how often a password was looked at."""

    def __init__(self, **options):
        super().__init__(**options)
        self.looks = 0

    def verify(self, *given):
        self.looks += 1
        return super().verify(*given)


@pytest.fixture
def hasher() -> Counting:
    return Counting(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def passwords(hasher) -> Passwords:
    return Passwords(hasher)


def test_only_the_very_password_fits_and_is_kept_by_a_slow_hash(passwords):
    kept = passwords.hash(SAID)

    assert kept.startswith("$argon2id$")
    assert passwords.fits(kept, SAID)
    assert not passwords.fits(kept, SAID + "!")


def test_the_same_letters_fit_however_a_keyboard_composes_them(passwords):
    kept = passwords.hash("caf\u00e9 au lait, s'il")

    assert passwords.fits(kept, "cafe\u0301 au lait, s'il")


@pytest.mark.parametrize("kept", ["", "no hash at all"])
def test_where_nothing_is_kept_nothing_fits_and_as_much_is_looked_at(
    passwords, hasher, kept
):
    assert not passwords.fits(kept, SAID)
    assert not passwords.fits("", "of nobody at all")
    assert hasher.looks == 2


def test_what_is_too_long_to_be_one_does_not_fit_by_its_beginning(passwords):
    kept = passwords.hash("a" * 200)

    assert not passwords.fits(kept, "a" * 201)


def test_a_hash_by_parameters_of_yesterday_is_old(passwords):
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    kept = passwords.hash(SAID)

    assert stronger.is_old(kept)
    assert not passwords.is_old(kept)
    assert stronger.fits(kept, SAID)


@pytest.mark.parametrize("said", ["eleven char", "x" * 201, "abababababababab"])
def test_what_others_would_guess_is_refused(said):
    with pytest.raises(NotAllowed):
        check_password(said, "Ada")


def test_a_password_is_not_its_owners_name_with_decorations():
    with pytest.raises(NotAllowed, match="does not hold your name, Grace Hopper"):
        check_password("**grace hopper**", "Grace Hopper")
