"""What a parametric model of times is fitted to: intervals, covariates, patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import count_exclusion
from parsoutcomes.conventions import (
    DAYS_PER_MONTH,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    MIN_EVENTS_PER_PARAMETER,
    Definition,
)
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.design import Design, Term, build_design
from parsoutcomes.models.incidence import SURGERY, UNION
from parsoutcomes.models.logistic import code_rows, refuse_stir_within_pre_lysis, require_terms
from parsoutcomes.models.time_to_union import is_scanned
from parsoutcomes.models.units import count_cautions, select_units
from parsoutcomes.results.base import Exclusion
from parsoutcomes.stats.error_distributions import quantile_function
from parsoutcomes.stats.kernels import StudentInterval, student_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class IntervalRows:
    """Pars with their intervals, all terms recorded.

    Attributes
    ----------
    left, right : array of shape (n_rows,)
        Days; those operated on wait up to surgery, which ends their follow-up.
    rows : pandas.DataFrame
        The pars.
    exclusions, cautions : tuple
        Who was left out; what to beware of.
    """

    left: Floats
    right: Floats
    rows: pd.DataFrame
    exclusions: tuple[Exclusion, ...]
    cautions: tuple[str, ...]

    @property
    def patients(self) -> NDArray[np.str_]:
        """The patient of each row."""
        return self.rows["patient_id"].to_numpy(str)

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return int(self.rows["patient_id"].nunique())

    @property
    def counts(self) -> dict[str, int]:
        """Patients, pars and unions of the model."""
        return {
            "n_patients": self.n_patients,
            "n_defects": len(self.rows),
            "n_events": int(np.isfinite(self.right).sum()),
        }

    def design(self, terms: tuple[str, ...]) -> Design:
        """Return the terms as columns; none gives a matrix without columns."""
        if not terms:
            return Design(terms=(), matrix=np.empty((len(self.rows), 0)))
        return build_design(code_rows(self.rows, terms), terms)


def read_interval_rows(
    cohort: Cohort,
    terms: Sequence[str],
    *,
    definition: Definition,
    visits_months: tuple[float, ...] | None,
) -> IntervalRows:
    """Select the pars of a model; `require_unions` then counts them against its parameters."""
    chosen = require_terms(tuple(dict.fromkeys(terms)))
    units, exclusions = select_units(
        cohort,
        unit="defect",
        definition=definition,
        horizon_months=HORIZON_MONTHS,
        grace_months=GRACE_MONTHS,
        visits_months=visits_months,
    )
    rows, left_out = units, []
    reasons = {
        "Never scanned": ~is_scanned(units),
        **{f"{term} not recorded": units[term].isna() for term in chosen},
    }
    for reason, holds in reasons.items():
        leaving = holds.reindex(rows.index)
        if leaving.any():
            left_out.append(count_exclusion(reason, rows[leaving]))
        rows = rows[~leaving]
    refuse_stir_within_pre_lysis(rows, chosen)
    _require_unions(rows, 1)
    united = rows["cause"].eq(UNION)
    return IntervalRows(
        left=rows["left_days"].to_numpy(dtype=np.float64),
        right=rows["right_days"].where(united, np.inf).to_numpy(dtype=np.float64),
        rows=rows.reset_index(drop=True),
        exclusions=(*exclusions, *left_out),
        cautions=(*count_cautions(rows), *_caution_surgery(rows)),
    )


def mean_row(design: Design, term: Term | None, level: str = "") -> Floats:
    """Return the average row of a design, with its one, as if all were at one level of a term."""
    matrix = design.with_intercept() if term is None else design.at_level(term, level)
    return np.asarray(matrix.mean(axis=0))


def ratio_rows(
    design: Design, coefficients: Floats, covariance: Floats, *, n_patients: int, conf_level: float
) -> list[dict[str, object]]:
    """Return exp of each coefficient but the first, with t limits and p-value."""
    errors = np.sqrt(np.diag(covariance)[: coefficients.size])
    found = _limit(coefficients, errors, n_patients, conf_level)
    coded = {term.name: term for term in design.terms}
    return [
        {
            "term": name,
            "level": level,
            "reference": "one less" if coded[name].is_number else coded[name].reference,
            "estimate": float(np.exp(coefficients[k])),
            "conf_low": float(np.exp(found.conf_low[k])),
            "conf_high": float(np.exp(found.conf_high[k])),
            "p_value": float(found.p_value[k]),
        }
        for k, (name, level) in enumerate(design.column_names, start=1)
    ]


def median_months(
    row: Floats,
    parameters: Floats,
    covariance: Floats,
    *,
    distribution: str,
    n_patients: int,
    conf_level: float,
) -> tuple[float, float, float]:
    """Return the time by which half unite for one covariate row, with limits (delta method).

    Parameters
    ----------
    row : array of shape (n_columns,)
        With its leading one.
    parameters, covariance : array of shape (n_columns + 1,) and square
        Coefficients on log days and log scale.
    """
    z = float(quantile_function(distribution, np.array([0.5]))[0])
    scale = float(np.exp(parameters[-1]))
    slopes = np.append(row, scale * z)
    centre = float(row @ parameters[:-1]) + scale * z
    error = float(np.sqrt(slopes @ covariance @ slopes))
    found = _limit(np.array([centre]), np.array([error]), n_patients, conf_level)
    low, high = float(found.conf_low[0]), float(found.conf_high[0])
    months = np.exp([centre, low, high]) / DAYS_PER_MONTH
    return float(months[0]), float(months[1]), float(months[2])


def list_levels(design: Design) -> list[tuple[Term | None, str]]:
    """Return every level of every term; one for all where there is no term."""
    every: list[tuple[Term | None, str]] = [
        (term, level) for term in design.terms for level in term.levels
    ]
    return every or [(None, "all")]


def level_row(
    measure: str, term: Term | None, level: str, limits: tuple[float, float, float]
) -> dict[str, object]:
    """Return one row of a frame: an estimate at a level, without a p-value."""
    return {
        "measure": measure,
        "term": "" if term is None else term.name,
        "level": level,
        "reference": "",
        **dict(zip(("estimate", "conf_low", "conf_high"), limits, strict=True)),
        "p_value": np.nan,
    }


def frame_of(rows: list[dict[str, object]], data: IntervalRows, conf_level: float) -> pd.DataFrame:
    """Return rows as a frame with level, counts and columns in order."""
    counts: dict[str, object] = {"conf_level": conf_level, **data.counts}
    frame = pd.DataFrame([{**row, **counts} for row in rows])
    first = ["term", "level", "reference", "measure", "estimate", "conf_low", "conf_high"]
    return frame[[*first, *counts, "p_value"]]


def _limit(values: Floats, errors: Floats, n_patients: int, conf_level: float) -> StudentInterval:
    return student_interval(
        values,
        errors,
        degrees_of_freedom=max(n_patients - 1, 1),
        conf_level=conf_level,
    )


def require_unions(data: IntervalRows, *designs: Design) -> None:
    """Refuse more parameters than unions can carry.

    Every column of every part counts: a stage of four levels three times, and a term that may
    change both whether and when a pars unites in both parts.
    """
    _require_unions(data.rows, sum(design.matrix.shape[1] for design in designs))


def require_not_united(data: IntervalRows, share: Design) -> None:
    """Refuse more parameters of the share that unites than pars not united can carry."""
    n_parameters = share.matrix.shape[1]
    n_without = len(data.rows) - data.counts["n_events"]
    if n_without < MIN_EVENTS_PER_PARAMETER * n_parameters:
        raise EstimationError(
            "There are too few pars without union for this model.",
            expected=_expected(n_parameters, "pars not united, operated on or lost"),
            found=f"{n_without} of {len(data.rows)} pars that were scanned",
            fix="Use fewer terms for the share that unites, or estimate_time_to_union.",
        )


def _require_unions(rows: pd.DataFrame, n_parameters: int) -> None:
    n_united = int(rows["cause"].eq(UNION).sum())
    if n_united < MIN_EVENTS_PER_PARAMETER * max(n_parameters, 1):
        raise EstimationError(
            "There are too few unions for this model.",
            expected=_expected(n_parameters, "unions"),
            found=f"{n_united} unions among {len(rows)} pars that were scanned",
            fix=f"Use {'fewer terms, or ' if n_parameters > 1 else ''}estimate_time_to_union.",
        )


def _expected(n_parameters: int, what: str) -> str:
    needed = MIN_EVENTS_PER_PARAMETER * max(n_parameters, 1)
    each = f" for {n_parameters} parameters (every level but the reference is one)"
    return f"at least {needed} {what}" + (each if n_parameters > 1 else "")


def _caution_surgery(rows: pd.DataFrame) -> tuple[str, ...]:
    n_operated = int(rows["cause"].eq(SURGERY).sum())
    if not n_operated:
        return ()
    return (
        f"{n_operated} pars operated on count as not united up to surgery, as if surgery told "
        "nothing of union",
    )
