"""Display tables of the brace durations: estimates, the target trial, other choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parsoutcomes.tables.display import DisplayTable
from parsoutcomes.wording import start_sentence

if TYPE_CHECKING:
    import pandas as pd

    from parsoutcomes.results.brace_duration import BraceDurations
    from parsoutcomes.results.brace_sensitivity import VariedBraceDurations


def tabulate_brace_durations(result: BraceDurations) -> DisplayTable:
    """Return union under both strategies, its difference, and mean months un-united."""
    shown = result.display_frame()
    return _as_table(shown, n_row_heads=3, text_columns=(list(shown).index("left_open"),))


def tabulate_target_trial(result: BraceDurations) -> DisplayTable:
    """Return the target trial beside how the records stand in for it."""
    return _as_table(result.target_trial, n_row_heads=1, text_columns=(1, 2))


def tabulate_varied_brace_durations(result: VariedBraceDurations) -> DisplayTable:
    """Return the difference as reported and with one choice changed at a time."""
    shown = result.display_frame()
    return _as_table(shown, n_row_heads=2, text_columns=(list(shown).index("refused"),))


def _as_table(
    frame: pd.DataFrame, *, n_row_heads: int, text_columns: tuple[int, ...]
) -> DisplayTable:
    return DisplayTable(
        heads=tuple(start_sentence(str(name).replace("_", " ")) for name in frame.columns),
        rows=tuple(tuple(str(cell) for cell in row) for row in frame.to_numpy().tolist()),
        n_row_heads=n_row_heads,
        text_columns=text_columns,
    )
