"""What holds for tests and for the examples in docstrings alike."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _figures_closed() -> Iterator[None]:
    """Close the figures that an example drew, as a notebook does when its cell is shown."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
