"""Agreement of two readers beyond chance, when readings share patients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL, MIN_DISCORDANT_PATIENTS
from parsoutcomes.errors import ArgumentError, EstimationError, require_choice, require_fraction
from parsoutcomes.stats.checks import Floats, Integers, index_clusters
from parsoutcomes.stats.proportions import clopper_pearson_interval

WEIGHTINGS = ("unweighted", "linear", "quadratic")
BY_PATIENT = "leaving out one patient at a time, on Fisher's z, Student's t on patients - 1"
FEW_DISAGREE = (
    "from Clopper-Pearson limits of raw agreement on the effective n at an ICC of 1, agreement by "
    "chance taken as known, since fewer than 3 patients have readings that differ, or that agree"
)
ALL_ALIKE = "none: every reading by both readers is the same, so that chance alone would agree"
ONE_SAME = (
    "none: one reader gave every scan the same answer, which makes kappa 0 whatever the other saw"
)
NO_SPREAD = "none: leaving out one patient at a time moves kappa nowhere, or leaves nothing to tell"


@dataclass(frozen=True, kw_only=True)
class Kappa:
    """Agreement beyond chance.

    Attributes
    ----------
    estimate : float
        Kappa; not a number when agreement by chance is complete.
    standard_error : float
        Large-sample, of independent pairs of readings.
    observed_agreement, chance_agreement : float
        Weighted shares.
    conf_low, conf_high, conf_level : float
        Limits that know which readings share a patient; not a number where none can be given.
    n, n_clusters : int
        Pairs of readings, and patients (0 from a table alone).
    method : str
        How the limits were made, in words.
    """

    estimate: float
    standard_error: float
    observed_agreement: float
    chance_agreement: float
    conf_low: float
    conf_high: float
    conf_level: float
    n: int
    n_clusters: int
    method: str


def estimate_kappa(
    table: ArrayLike, *, weighting: str = "unweighted", conf_level: float = CONF_LEVEL
) -> Kappa:
    """Estimate agreement beyond chance from a table of independent pairs of readings.

    Not for readings of which several belong to one patient: `estimate_clustered_kappa`.

    Parameters
    ----------
    table : array of shape (n_categories, n_categories)
        Counts; rows the first reader, columns the second, categories in order.
    weighting : {"unweighted", "linear", "quadratic"}
        How much a difference of one or more categories counts.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Kappa

    Raises
    ------
    EstimationError
        When the table holds nothing.
    ArgumentError
        When it is not square, or the weighting is not known.

    Notes
    -----
    Standard error of Fleiss, Cohen and Everitt; agrees with statsmodels `cohens_kappa` and SAS.
    Kappa falls when one finding is rare, whatever the readers do: read it beside raw agreement.

    References
    ----------
    Cohen J. Psychol Bull 1968;70:213-220. doi:10.1037/h0026256
    Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327. doi:10.1037/h0028106

    Examples
    --------
    >>> kappa = estimate_kappa([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
    >>> round(kappa.estimate, 4), round(kappa.standard_error, 4)
    (0.4842, 0.138)
    """
    counts = _require_table(table)
    weights = _agreement_weights(len(counts), weighting)
    observed, chance, estimate = (float(part[0]) for part in _kappa(counts[None], weights))
    error = _large_sample_error(counts / counts.sum(), weights, counts.sum())
    reach = float(student.ppf((1 + require_fraction("conf_level", conf_level)) / 2, np.inf)) * error
    return Kappa(
        estimate=estimate,
        standard_error=error,
        observed_agreement=observed,
        chance_agreement=chance,
        conf_low=estimate - reach,
        conf_high=min(estimate + reach, 1.0),
        conf_level=conf_level,
        n=int(counts.sum()),
        n_clusters=0,
        method=ALL_ALIKE if np.isnan(estimate) else "normal, independent pairs of readings",
    )


def estimate_clustered_kappa(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike,
    *,
    n_categories: int,
    weighting: str = "unweighted",
    conf_level: float = CONF_LEVEL,
) -> Kappa:
    """Estimate agreement beyond chance when a patient may have several pairs of readings.

    Parameters
    ----------
    first, second : array of shape (n_pairs,)
        Category 0, 1, ... by either reader.
    clusters : array of shape (n_pairs,)
        The patient of each pair.
    n_categories : int
        2 or more.
    weighting, conf_level
        As in `estimate_kappa`.

    Returns
    -------
    Kappa
        `standard_error` is that of independent pairs; the limits are not.

    Raises
    ------
    EstimationError
        Without any pair.
    ArgumentError
        When shapes differ, or the weighting is not known.

    Notes
    -----
    Jackknife over patients on Fisher's z of kappa. With fewer than three patients whose readings
    differ, that variance is itself a guess: the limits are then those of raw agreement
    (Clopper-Pearson on n^2 / sum m_i^2) put in place of observed agreement, each difference
    counted in full; likewise, unweighted, with fewer than three whose readings agree. A reader who
    gives every scan the same answer makes kappa 0 by arithmetic: then there are no limits.

    Examples
    --------
    >>> first, second = [0, 1, 1, 0, 1, 0, 1, 0], [0, 1, 1, 0, 0, 1, 0, 0]
    >>> kappa = estimate_clustered_kappa(first, second, "aabbcdef", n_categories=2)
    Traceback (most recent call last):
        ...
    parsoutcomes.errors.ArgumentError: What is wrong: clusters has the wrong shape.
    Expected: one patient for 8 rows
    Found: an array of shape ()
    Fix: Give the patient of every row, in the order of the rows.
    >>> kappa = estimate_clustered_kappa(first, second, list("aabbcdef"), n_categories=2)
    >>> round(kappa.estimate, 2), kappa.n, kappa.n_clusters
    (0.25, 8, 6)
    """
    rows, columns = (np.asarray(codes, dtype=np.int64) for codes in (first, second))
    index, n_clusters = index_clusters(clusters, rows.size)
    tables = _tables_of(rows, columns, index, (n_clusters, n_categories))
    whole = estimate_kappa(tables.sum(axis=0), weighting=weighting, conf_level=conf_level)
    low, high, method = _choose_limits(tables, whole, weighting, conf_level)
    return Kappa(
        **{
            **whole.__dict__,
            "conf_low": low,
            "conf_high": high,
            "n_clusters": n_clusters,
            "method": method,
        }
    )


def _choose_limits(
    tables: Floats, whole: Kappa, weighting: str, conf_level: float
) -> tuple[float, float, str]:
    nothing = (float("nan"), float("nan"))
    if np.isnan(whole.estimate):
        return *nothing, ALL_ALIKE
    if any((tables.sum(axis=(0, axis)) > 0).sum() == 1 for axis in (1, 2)):
        return *nothing, ONE_SAME
    alike = np.trace(tables, axis1=1, axis2=2)
    n_discordant, n_concordant = (
        int((tables.sum(axis=(1, 2)) > alike).sum()),
        int((alike > 0).sum()),
    )
    is_raw = weighting == "unweighted"
    if min(n_discordant, n_concordant if is_raw else n_discordant) < MIN_DISCORDANT_PATIENTS:
        return *_limits_by_agreement(tables, whole, conf_level), FEW_DISAGREE
    limits = _limits_by_patient(tables, whole, weighting, conf_level)
    return (*nothing, NO_SPREAD) if np.isnan(limits[0]) else (*limits, BY_PATIENT)


def _kappa(tables: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return observed and chance agreement and kappa of each table of a stack."""
    shares = tables / tables.sum(axis=(1, 2), keepdims=True)
    observed = (shares * weights).sum(axis=(1, 2))
    chance = np.einsum("bi,ij,bj->b", shares.sum(axis=2), weights, shares.sum(axis=1))
    beyond = 1 - chance
    kappa = np.full(len(shares), np.nan)
    np.divide(observed - chance, beyond, out=kappa, where=beyond > 1e-12)
    return observed, chance, kappa


def _large_sample_error(shares: Floats, weights: Floats, n: float) -> float:
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    chance = float(rows @ weights @ columns)
    if 1 - chance <= 1e-12:
        return float("nan")
    kappa = (float((shares * weights).sum()) - chance) / (1 - chance)
    means = (weights @ columns)[:, None] + (rows @ weights)[None, :]
    spread = float((shares * (weights - means * (1 - kappa)) ** 2).sum())
    variance = (spread - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    return float(np.sqrt(max(variance, 0.0)))


def _tables_of(
    rows: Integers, columns: Integers, index: Integers, shape: tuple[int, int]
) -> Floats:
    n_clusters, n = shape
    if rows.shape != columns.shape:
        raise ArgumentError(
            "The two readers have different numbers of readings.",
            expected="one reading by each for every scan",
            found=f"{rows.size} and {columns.size}",
            fix="Keep the scans that both have read.",
        )
    tables = np.zeros((n_clusters, n, n))
    np.add.at(tables, (index, rows, columns), 1)
    return tables


def _limits_by_patient(
    tables: Floats, whole: Kappa, weighting: str, conf_level: float
) -> tuple[float, float]:
    weights = _agreement_weights(tables.shape[1], weighting)
    left_out = _kappa(tables.sum(axis=0) - tables, weights)[2]
    n_clusters = len(tables)
    scale: Callable[[Floats], Floats] = np.arctanh
    centre = float(scale(np.clip(np.array(whole.estimate), -1 + 1e-9, 1 - 1e-9)))
    moved = scale(np.clip(left_out, -1 + 1e-9, 1 - 1e-9))
    if not np.isfinite(moved).all() or np.ptp(moved) == 0:
        return float("nan"), float("nan")
    variance = (n_clusters - 1) / n_clusters * float(((moved - moved.mean()) ** 2).sum())
    reach = float(student.ppf((1 + conf_level) / 2, n_clusters - 1)) * variance**0.5
    return float(np.tanh(centre - reach)), float(np.tanh(centre + reach))


def _limits_by_agreement(tables: Floats, whole: Kappa, conf_level: float) -> tuple[float, float]:
    sizes = tables.sum(axis=(1, 2))
    effective_n = float(sizes.sum() ** 2 / (sizes**2).sum())
    agree = float(np.trace(tables, axis1=1, axis2=2).sum() / sizes.sum())
    raw = clopper_pearson_interval(agree * effective_n, effective_n, conf_level=conf_level)
    beyond = 1 - whole.chance_agreement
    low = (raw.conf_low - whole.chance_agreement) / beyond
    high = (raw.conf_high - whole.chance_agreement) / beyond
    return max(-1.0, min(low, whole.estimate)), min(1.0, max(high, whole.estimate))


def _agreement_weights(n: int, weighting: str) -> Floats:
    require_choice("weighting", weighting, WEIGHTINGS)
    apart = np.abs(np.arange(n)[:, None] - np.arange(n)[None, :]) / (n - 1)
    if weighting == "unweighted":
        return np.asarray(apart == 0, dtype=np.float64)
    return np.asarray(1 - apart ** (1 if weighting == "linear" else 2))


def _require_table(table: ArrayLike) -> Floats:
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or len(counts) < 2:
        raise ArgumentError(
            "The table of readings has the wrong shape.",
            expected="as many rows as columns, two or more",
            found=f"an array of shape {counts.shape}",
            fix="Count every category for both readers, also those one of them never used.",
        )
    if counts.sum() <= 0:
        raise EstimationError(
            "There are no pairs of readings.",
            expected="at least one scan read by both readers",
            found="0 scans",
            fix="Have some scans read twice, by two readers who do not know each other's reading.",
        )
    return counts
