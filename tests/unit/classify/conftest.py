"""What tests of the classifiers share."""

from __future__ import annotations

import pytest

from bot.classify.onnx_engine import has_exact_products


@pytest.fixture
def exact_products() -> None:
    """Skip where eight bits are not used, whatever the weights."""
    if not has_exact_products():
        pytest.skip("this processor's eight-bit products run over (it has no VNNI)")
