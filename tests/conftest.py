"""What tests of every kind may ask for."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

# Houses before browsers, which import it: pytest rewrites what it imports first.
pytest_plugins = ("tests.brokers", "tests.houses", "tests.browsers", "tests.stores")

# All tests are a million objects, each console tens of thousands. Looked through less
# often than by default, they cost much less of the whole.
gc.set_threshold(20_000, 10, 10)

# How long an example takes says how busy the machine is, and nothing about the code.
# All else stays Hypothesis' own: new examples each time, in a CI the same ones.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker waits for it at the end."""
    items.sort(key=lambda one: (-_lasts(one), one.get_closest_marker("slow") is None))


def pytest_collection_finish() -> None:
    """Let the collector pass by what stays to the end: libraries, modules, all tests.

    They are two million objects, and to look at each takes seconds, every time.
    """
    gc.collect()
    gc.freeze()


def _lasts(item: pytest.Item) -> float:
    """Return the seconds that a test asks for beyond the usual ones."""
    own = item.get_closest_marker("timeout")
    return float(own.args[0]) if own else 0.0
