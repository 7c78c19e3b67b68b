"""The search for reference cycles is as it was after a load, and after a refused one."""

from __future__ import annotations

import gc

import pandas as pd
import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.collector import collector_paused
from parsoutcomes.loaders.load import load_records


def test_the_collector_is_on_again_after_a_refused_load() -> None:
    with pytest.raises(SourceError):
        load_records(pd.DataFrame({"nothing": ["known"]}))
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused(), collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
