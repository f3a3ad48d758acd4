"""What tests of every kind may ask for."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.brokers", "tests.browsers", "tests.stores")

# How long an example takes says how busy the machine is, and nothing about the code.
# All else stays Hypothesis' own: new examples each time, in a CI the same ones.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")
