"""What tests of every kind may ask for."""

from __future__ import annotations

pytest_plugins = ("tests.brokers", "tests.stores")
