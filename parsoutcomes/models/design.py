"""Predictors to columns: reference levels, aliases, and the same columns at another level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.conventions import REFERENCE_LEVELS
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.units import order_groups

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Term:
    """How one predictor is coded.

    Attributes
    ----------
    name : str
        The predictor.
    levels : tuple of str
        All levels of a category, in clinical order, with the reference; for a number its lower
        and upper quartile as text.
    reference : str
        The level that the others are compared with.
    columns : tuple of int
        Positions in the matrix: one per level but the reference, or one for a number.
    points : tuple of float
        The quartiles of a number less its mean; empty for a category.
    """

    name: str
    levels: tuple[str, ...]
    reference: str
    columns: tuple[int, ...]
    points: tuple[float, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether one column holds the value itself."""
        return bool(self.points)

    @property
    def column_levels(self) -> tuple[str, ...]:
        """The level that each column stands for; "per unit" for a number."""
        if self.is_number:
            return ("per year" if self.name.endswith("_years") else "per unit",)
        return tuple(level for level in self.levels if level != self.reference)


@dataclass(frozen=True, kw_only=True)
class Design:
    """The predictors of a model as a matrix, without the column of ones."""

    terms: tuple[Term, ...]
    matrix: Floats

    @property
    def column_names(self) -> list[tuple[str, str]]:
        """Term and level of each column."""
        return [(term.name, level) for term in self.terms for level in term.column_levels]

    def with_intercept(self) -> Floats:
        """Return the matrix with its column of ones in front."""
        return np.column_stack([np.ones(len(self.matrix)), self.matrix])

    def at_level(self, term: Term, level: str) -> Floats:
        """Return the matrix, with its column of ones, as if every row were at this level."""
        matrix = self.matrix.copy()
        if term.is_number:
            matrix[:, term.columns[0]] = term.points[term.levels.index(level)]
        else:
            matrix[:, list(term.columns)] = [float(name == level) for name in term.column_levels]
        return np.column_stack([np.ones(len(matrix)), matrix])


def build_design(rows: pd.DataFrame, terms: Sequence[str]) -> Design:
    """Code predictors as columns: numbers about their mean, categories against their reference.

    Parameters
    ----------
    rows : pandas.DataFrame
        No predictor missing; a numeric column is a number, any other a category.
    terms : sequence of str
        Columns of `rows`.

    Returns
    -------
    Design

    Raises
    ------
    EstimationError
        When a predictor does not vary, or is determined by those before it.

    Examples
    --------
    >>> rows = pd.DataFrame({"stage": ["early", "early", "progressive"], "age_years": [12, 14, 16]})
    >>> design = build_design(rows, ["stage", "age_years"])
    >>> design.column_names
    [('stage', 'progressive'), ('age_years', 'per year')]
    >>> design.matrix.tolist()
    [[0.0, -2.0], [0.0, 0.0], [1.0, 2.0]]
    """
    coded, parts, n_columns = [], [], 0
    for name in terms:
        values = rows[name]
        if values.nunique() < 2:
            raise _does_not_vary(name)
        numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        term, part = (_code_number if numeric else _code_category)(values, n_columns)
        coded.append(term)
        parts.append(part)
        n_columns += part.shape[1]
    design = Design(terms=tuple(coded), matrix=np.hstack(parts))
    _refuse_aliases(design)
    return design


def _code_number(values: pd.Series, start: int) -> tuple[Term, Floats]:
    numbers = values.to_numpy(dtype=np.float64)
    low, high = np.quantile(numbers, [0.25, 0.75])
    if low == high:
        low, high = numbers.min(), numbers.max()
    unit = " years" if str(values.name).endswith("_years") else ""
    levels = tuple(f"{point:.3g}{unit}" for point in (low, high))
    centre = numbers.mean()
    term = Term(
        name=str(values.name),
        levels=levels,
        reference=levels[0],
        columns=(start,),
        points=(float(low - centre), float(high - centre)),
    )
    return term, (numbers - centre)[:, None]


def _code_category(values: pd.Series, start: int) -> tuple[Term, Floats]:
    text = values.astype(str)
    levels = tuple(order_groups(text))
    wished = REFERENCE_LEVELS.get(str(values.name))
    common = text.value_counts().reindex(levels).idxmax()
    reference = wished if wished in levels else str(common)
    others = [level for level in levels if level != reference]
    term = Term(
        name=str(values.name),
        levels=levels,
        reference=reference,
        columns=tuple(range(start, start + len(others))),
    )
    return term, np.column_stack([text.eq(level).to_numpy(dtype=np.float64) for level in others])


def _refuse_aliases(design: Design) -> None:
    spread = design.matrix.std(axis=0)
    columns = np.column_stack([np.ones(len(design.matrix)), design.matrix / spread])
    rank = 1
    for position, (term, level) in enumerate(design.column_names, start=2):
        now = int(np.linalg.matrix_rank(columns[:, :position]))
        if now == rank:
            raise _aliased(term, level, [name.name for name in design.terms])
        rank = now


def _does_not_vary(term: str) -> EstimationError:
    return EstimationError(
        f"{term} has the same value in all rows that can be used.",
        expected="at least two levels",
        found="one level",
        fix=f"Leave {term} out.",
    )


def _aliased(term: str, level: str, terms: list[str]) -> EstimationError:
    others = ", ".join(name for name in terms if name != term)
    return EstimationError(
        f"{term} ({level}) says nothing that the other terms do not say already.",
        expected="terms of which none is determined by the others",
        found=f"{term} ({level}) determined by {others or 'its other levels'}",
        fix=f"Leave {term} out, or leave out the term that determines it.",
    )
