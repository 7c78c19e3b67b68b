"""Checks on what goes in: each raises the four-line error or returns clean arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.errors import ArgumentError, EstimationError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ROUNDING = 1e-6


def require_count_pair(n_events: float, n: float) -> tuple[float, float]:
    """Return a count and its total as floats, after checking 0 <= n_events <= n and n > 0."""
    events, total = float(n_events), float(n)
    if total == 0:
        raise EstimationError(
            "A proportion of nobody cannot be estimated.",
            expected="a total of at least 1",
            found="a total of 0",
            fix="Leave the empty group out, or print its count alone.",
        )
    if not (np.isfinite(total) and 0 <= events <= total):
        raise ArgumentError(
            "A number of events does not fit its total.",
            expected="0 <= number of events <= total",
            found=f"{n_events} events of {n}",
            fix="Check which count is the number of events and which the total.",
        )
    return events, total


def require_vector(name: str, values: ArrayLike, n_rows: int | None = None) -> Floats:
    """Return a one-dimensional float array without missing values, of `n_rows` rows if given."""
    array = read_numbers(name, values)
    if array.ndim != 1 or (n_rows is not None and array.size != n_rows):
        raise ArgumentError(
            f"{name} has the wrong shape.",
            expected="one value per row"
            if n_rows is None
            else f"one value for each of {n_rows} rows",
            found=f"an array of shape {array.shape}",
            fix=f"Give {name} as a column with one value per row.",
        )
    _refuse_missing(name, int(np.isnan(array).sum()))
    return array


def require_vector_where(
    name: str, values: ArrayLike, is_read: NDArray[np.bool_], *, unread: float
) -> Floats:
    """Return a vector of which only some rows are read; `unread` stands in the others."""
    array = read_numbers(name, values)
    if array.shape == is_read.shape:
        array = np.where(is_read, array, unread)
    return require_vector(name, array, is_read.size)


def read_numbers(name: str, values: ArrayLike) -> Floats:
    """Return floats, or refuse without repeating a value: it may be somebody's name."""
    try:
        given: NDArray[Any] = np.asarray(values)
        if given.dtype.kind == "O":
            cells = [np.nan if _is_absent(one) else one for one in given.ravel()]
            given = np.array(cells).reshape(given.shape)
        if given.dtype.kind in "biuf":
            return given.astype(np.float64)
        kind = {"M": "dates", "m": "durations"}.get(given.dtype.kind, "values")
    except (TypeError, ValueError):
        kind = "values"
    raise ArgumentError(
        f"{name} is not a column of numbers.",
        expected="one number per row",
        found=f"{kind} that are not numbers, or rows of several values",
        fix=f"Give {name} as numbers, times in one unit such as days since fitting.",
    ) from None


def require_rows(name: str, array: Floats) -> Floats:
    """Return `array` unless it has no rows."""
    if array.size:
        return array
    raise EstimationError(
        "There are no rows to estimate from.",
        expected=f"at least one row in {name}",
        found="0 rows",
        fix="Leave the empty group out, or print its count alone.",
    )


def require_binary(name: str, values: ArrayLike) -> Floats:
    """Return a vector of zeros and ones."""
    array = require_vector(name, values)
    n_other = int(((array != 0) & (array != 1)).sum())
    if n_other:
        raise ArgumentError(
            f"{name} must be coded 0 and 1.",
            expected="1 for an event, 0 for none (True and False are taken too)",
            found=f"{n_other} rows with another value",
            fix=f"Recode {name}, and leave rows of unknown outcome out.",
        )
    return array


def require_weights(weights: ArrayLike | None, n_rows: int) -> Floats:
    """Return non-negative finite weights, ones when None; not all of them zero."""
    if weights is None:
        return np.ones(n_rows)
    array = require_vector("weights", weights, n_rows)
    if bool(np.isinf(array).any()) or bool((array < 0).any()) or array.sum() <= 0:
        raise ArgumentError(
            "weights cannot be used.",
            expected="finite weights of at least 0, not all of them 0",
            found=f"{int((array < 0).sum())} negative, {int(np.isinf(array).sum())} infinite, "
            f"{int((array > 0).sum())} positive",
            fix="Check how the weights were made.",
        )
    return array


def require_contact(contact: Floats) -> None:
    """Refuse last contacts that are infinite or before time zero."""
    n_impossible = int((~(contact >= 0) | np.isinf(contact)).sum())
    if n_impossible:
        raise ArgumentError(
            "Some last contacts are impossible.",
            expected="a finite censored_at of at least 0",
            found=f"{n_impossible} rows that break this",
            fix="Take the later of last scan and last contact.",
        )


def require_cause(cause: int) -> int:
    """Return the cause asked for: 1 for union, 2 for surgery."""
    if cause in (1, 2):
        return int(cause)
    raise ArgumentError(
        "cause has a value that is not known.",
        expected="1 for union, 2 for surgery",
        found=repr(cause),
        fix="Ask for one cause at a time.",
    )


def index_clusters(clusters: ArrayLike, n_rows: int | None = None) -> tuple[Integers, int]:
    """Return the number 0, 1, ... of each row's patient and the number of patients.

    Patients are numbered in the order of their sorted keys, so that the order of rows is free.
    """
    keys: NDArray[Any] = np.asarray(clusters)
    if keys.ndim != 1 or (n_rows is not None and keys.size != n_rows):
        raise ArgumentError(
            "clusters has the wrong shape.",
            expected="one patient per row" if n_rows is None else f"one patient for {n_rows} rows",
            found=f"an array of shape {keys.shape}",
            fix="Give the patient of every row, in the order of the rows.",
        )
    _refuse_missing("clusters", _count_missing(keys))
    unique, index = np.unique(keys, return_inverse=True)
    return np.asarray(index, dtype=np.int64), int(unique.size)


def _count_missing(keys: NDArray[Any]) -> int:
    if keys.dtype.kind == "f":
        return int(np.isnan(keys).sum())
    if keys.dtype.kind == "O":
        return sum(_is_absent(key) for key in keys)
    return 0


def _is_absent(value: Any) -> bool:  # noqa: ANN401  a cell of any column
    """Say whether a cell is empty: None, NaN, or pandas' own mark, which equals nothing."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _refuse_missing(name: str, n_missing: int) -> None:
    if n_missing:
        raise ArgumentError(
            f"{name} has missing values.",
            expected="a value in every row",
            found=f"{n_missing} rows without one",
            fix="Leave these rows out before the call, and count them.",
        )


def require_resamples(n_resamples: int, *, conf_level: float) -> None:
    """Refuse limits at a level that leaves no resample beyond them.

    Parameters
    ----------
    n_resamples : int
        Resamples drawn.
    conf_level : float
        Level of the limits: 40 resamples for 0.95, 2,000 for 0.999.

    Raises
    ------
    ArgumentError
        When fewer than one resample lies in each tail.

    Examples
    --------
    >>> require_resamples(40, conf_level=0.95)
    """
    needed = math.ceil(2 / (1 - conf_level) - ROUNDING)
    if n_resamples < needed:
        raise ArgumentError(
            "The number of resamples is too small for limits at this level.",
            expected=f"n_resamples of at least {needed:,} at conf_level={conf_level:g}",
            found=f"{n_resamples:,}",
            fix="Leave n_resamples at its default, or raise it with the level.",
        )
