"""Display tables of the robustness checks: definitions, tipping point, imputation, readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parsoutcomes.tables.display import DisplayTable
from parsoutcomes.wording import start_sentence

if TYPE_CHECKING:
    import pandas as pd

    from parsoutcomes.results.definitions import VariedDefinitions
    from parsoutcomes.results.imputation import PooledImputation
    from parsoutcomes.results.reader_agreement import ReaderAgreement
    from parsoutcomes.results.tipping_point import TippingPoint


def tabulate_varied_definitions(result: VariedDefinitions) -> DisplayTable:
    """Return the primary definition and those that differ from it in one choice."""
    return _as_table(result.display_frame(), n_row_heads=5, text_columns=(9,))


def tabulate_tipping_point(result: TippingPoint) -> DisplayTable:
    """Return the bounds, the point like the known, and where the finding changes."""
    frame = result.display_frame()
    return _as_table(frame, n_row_heads=len(result.n_unknown), text_columns=(frame.shape[1] - 1,))


def tabulate_pooled_imputation(result: PooledImputation) -> DisplayTable:
    """Return each estimate with gaps filled in beside that of the complete cases."""
    return _as_table(result.display_frame(), n_row_heads=4 if result.by is None else 2)


def tabulate_reader_agreement(result: ReaderAgreement) -> DisplayTable:
    """Return agreement and kappa of each pair of readers."""
    return _as_table(result.display_frame(), n_row_heads=2)


def _as_table(
    frame: pd.DataFrame, *, n_row_heads: int, text_columns: tuple[int, ...] = ()
) -> DisplayTable:
    return DisplayTable(
        heads=tuple(start_sentence(str(name)) for name in frame.columns),
        rows=tuple(tuple(str(cell) for cell in row) for row in frame.to_numpy().tolist()),
        n_row_heads=n_row_heads,
        text_columns=text_columns,
    )
