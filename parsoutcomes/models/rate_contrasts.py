"""How far the union rate of one group lies from that of another: the rows of a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.conventions import MIN_DISCORDANT_PATIENTS, MIN_GEE_DEGREES_OF_FREEDOM
from parsoutcomes.errors import EstimationError
from parsoutcomes.models._statsmodels import GeeFit, fit_gee
from parsoutcomes.models.incidence import fit_group, tabulate_incidence
from parsoutcomes.models.rate_rows import RateOptions, select_known
from parsoutcomes.results.rate_comparison import (
    KNOWN_DIFFERENCE,
    KNOWN_RATIO,
    NPMLE_DIFFERENCE,
    ODDS_RATIO,
)
from parsoutcomes.stats.clustered_contrasts import compare_clustered
from parsoutcomes.stats.clustered_tests import score_clustered
from parsoutcomes.stats.estimates import Estimate
from parsoutcomes.stats.group_resampling import bca_difference, bca_ratio, resample_group_rates
from parsoutcomes.stats.kernels import student_interval
from parsoutcomes.stats.npmle_contrasts import compare_incidence
from parsoutcomes.stats.two_by_two import (
    fisher_exact,
    miettinen_nurminen_ratio,
    newcombe_difference,
)

SCORE_TEST: Final = "clustered score test, pooled ICC, t on patients - 2"
FISHER_TEST: Final = "Fisher's exact test"
TOO_FEW_TO_TEST: Final = "none: the rarer outcome in fewer than 3 patients"
NPMLE_METHOD: Final = "squaring and adding the intervals of the curves, with their correlation"
SPARSE: Final = "an empty cell, or the rarer outcome in fewer than 3 patients of a group"
BCA_REFUSED: Final = f"; BCa not given ({SPARSE}, or a resample without a group)"

Row = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class GroupRows:
    """One group of a comparison: its name, its units, and those whose status is known."""

    name: str
    rows: pd.DataFrame

    @property
    def known(self) -> pd.DataFrame:
        """Return the units whose status at the horizon is known."""
        return select_known(self.rows)


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Units of known status of both groups, as arrays."""

    united: NDArray[np.float64]
    in_first: NDArray[np.float64]
    patients: NDArray[np.str_]
    counts: Row


def contrast_groups(
    group: GroupRows, reference: GroupRows, options: RateOptions, *, use_bca: bool
) -> tuple[list[Row], list[Row]]:
    """Return the rows to report of group against reference, and those of other methods beside."""
    known = _read_known(group, reference, options.conf_level)
    npmle, bounds = _npmle_row(group, reference, options), _bounds(group, reference)
    if options.unit == "patient":
        difference, ratio = _patient_rows(known, options.conf_level)
        return [npmle, {**difference, **bounds}, ratio], _patient_beside(known, options)
    bootstrapped = _bootstrap(known, options)
    difference, ratio = _defect_rows(known, options.conf_level)
    if use_bca:
        difference, ratio = (
            {**row, **chosen} if chosen else {**row, "interval_method": f"{said}{BCA_REFUSED}"}
            for row, chosen in zip((difference, ratio), bootstrapped, strict=True)
            for said in [row["interval_method"]]
        )
    beside = list(_defect_beside(known, options, bootstrapped))
    return [npmle, {**difference, **bounds}, ratio], beside


def _read_known(group: GroupRows, reference: GroupRows, conf_level: float) -> _Known:
    ours, theirs = group.known, reference.known
    both = pd.concat([ours, theirs])
    united = np.asarray(both["status"].eq("united"), dtype=np.float64)
    return _Known(
        united=united,
        in_first=np.repeat([1.0, 0.0], [len(ours), len(theirs)]),
        patients=both["patient_id"].to_numpy(str),
        counts={**_count(both), "n_events": int(united.sum()), "conf_level": conf_level},
    )


def _count(rows: pd.DataFrame) -> Row:
    return {
        "n_patients": int(rows["patient_id"].nunique()),
        "n_defects": int(rows["n_defects"].sum()),
    }


def _limits(found: Estimate) -> Row:
    return {
        "estimate": found.estimate,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "interval_method": found.method,
    }


def _npmle_row(group: GroupRows, reference: GroupRows, options: RateOptions) -> Row:
    fitted = [
        fit_group(
            one.rows,
            conf_level=options.conf_level,
            n_resamples=options.n_resamples,
            seed=options.seed,
        )
        for one in (group, reference)
    ]
    days = [options.horizon_days]
    ours, theirs = (tabulate_incidence(one, days).iloc[0] for one in fitted)
    found = compare_incidence(*(one.intervals_at(days) for one in fitted))
    left_open = str(ours["left_open"] or theirs["left_open"])
    known = np.nan if left_open else 1.0
    return {
        "measure": NPMLE_DIFFERENCE,
        "estimate": known * float(found.difference[0]),
        "conf_low": known * float(found.conf_low[0]),
        "conf_high": known * float(found.conf_high[0]),
        "interval_method": NPMLE_METHOD,
        "left_open": left_open,
        **_count(pd.concat([group.rows, reference.rows])),
        "n_events": int(ours["n_events"] + theirs["n_events"]),
        "conf_level": options.conf_level,
    }


def _defect_rows(known: _Known, conf_level: float) -> tuple[Row, Row]:
    found = compare_clustered(known.united, known.in_first, known.patients, conf_level=conf_level)
    tested = _test_defects(known)
    return (
        {"measure": KNOWN_DIFFERENCE, **_limits(found.difference), **tested, **known.counts},
        {"measure": KNOWN_RATIO, **_limits(found.ratio), **tested, **known.counts},
    )


def _test_defects(known: _Known) -> Row:
    try:
        found = score_clustered(known.united, known.in_first, known.patients)
    except EstimationError:
        return {"p_value": np.nan, "test_method": TOO_FEW_TO_TEST}
    return {"p_value": found.p_value, "test_method": SCORE_TEST}


def _bounds(group: GroupRows, reference: GroupRows) -> Row:
    """Return the difference with all unknown status counted against, and for, the group."""
    (low, high), (other_low, other_high) = (_extremes(one) for one in (group, reference))
    return {"difference_low": low - other_high, "difference_high": high - other_low}


def _extremes(group: GroupRows) -> tuple[float, float]:
    due = group.rows[group.rows["is_due"].fillna(True).astype(bool)]
    united, unknown = (int(due["status"].eq(name).sum()) for name in ("united", "unknown"))
    return united / len(due), (united + unknown) / len(due)


def _bootstrap(known: _Known, options: RateOptions) -> tuple[Row, Row]:
    if _is_sparse(known):
        return {}, {}
    rates = resample_group_rates(
        known.united,
        np.where(known.in_first == 1, "first", "second"),
        known.patients,
        n_resamples=options.n_resamples,
        seed=options.seed,
    )
    found: list[Row] = []
    for estimate in (bca_difference, bca_ratio):
        try:
            limits = estimate(rates, "first", "second", conf_level=options.conf_level)
        except EstimationError:
            found.append({})
        else:
            found.append(_limits(limits))
    return found[0], found[1]


def _defect_beside(
    known: _Known, options: RateOptions, bootstrapped: tuple[Row, Row]
) -> Iterator[Row]:
    found = compare_clustered(
        known.united, known.in_first, known.patients, conf_level=options.conf_level
    )
    for measure, limits in zip((KNOWN_DIFFERENCE, KNOWN_RATIO), bootstrapped, strict=True):
        refused = {
            "estimate": (found.difference if measure == KNOWN_DIFFERENCE else found.ratio).estimate,
            "conf_low": np.nan,
            "conf_high": np.nan,
            "interval_method": f"patient bootstrap{BCA_REFUSED}",
        }
        yield {"measure": measure, **(limits or refused), **known.counts}
    linearised = _limits(found.linearised)
    if _is_sparse(known):
        linearised |= {"conf_low": np.nan, "conf_high": np.nan}
        linearised["interval_method"] = f"linearised: no limits, {SPARSE}"
    yield {"measure": KNOWN_DIFFERENCE, **linearised, **known.counts}
    yield {"measure": ODDS_RATIO, **_odds_by_gee(known, options.conf_level), **known.counts}


def _is_sparse(known: _Known) -> bool:
    """Say whether a group shows its rarer outcome in too few patients for a variance."""
    return any(
        np.unique(known.patients[(known.in_first == group) & (known.united == outcome)]).size
        < MIN_DISCORDANT_PATIENTS
        for group in (0, 1)
        for outcome in (0, 1)
    )


def _odds_by_gee(known: _Known, conf_level: float) -> Row:
    missing = dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value"), np.nan)
    freedom = np.unique(known.patients).size - 2
    if _is_sparse(known):
        return {**missing, "interval_method": f"GEE: not fitted, {SPARSE}"}
    if freedom < MIN_GEE_DEGREES_OF_FREEDOM:
        return {**missing, "interval_method": "GEE: not fitted, too few patients"}
    fitted = _fit_odds(known)
    if fitted is None:
        return {**missing, "interval_method": "GEE: did not converge"}
    fit, working = fitted
    limits = student_interval(
        fit.coefficients[1:],
        fit.standard_errors[1:],
        degrees_of_freedom=freedom,
        conf_level=conf_level,
    )
    return {
        "estimate": float(np.exp(fit.coefficients[1])),
        "conf_low": float(np.exp(limits.conf_low[0])),
        "conf_high": float(np.exp(limits.conf_high[0])),
        "p_value": float(limits.p_value[0]),
        "interval_method": f"GEE, logit, {working}, Mancl-DeRouen, t on patients - 2",
        "test_method": "Wald test of the GEE",
    }


def _fit_odds(known: _Known) -> tuple[GeeFit, str] | None:
    """Fit with exchangeable correlation; with few pairs that may run off, then with none."""
    index = np.unique(known.patients, return_inverse=True)[1].astype(np.int64)
    has_pairs = bool(np.bincount(index).max() > 1)
    for exchangeable in (True, False) if has_pairs else (False,):
        try:
            fit = fit_gee(known.united, known.in_first[:, None], index, exchangeable=exchangeable)
        except EstimationError:
            continue
        return fit, "exchangeable" if exchangeable else "independence"
    return None


def _table(known: _Known) -> tuple[int, int, int, int]:
    is_first = known.in_first == 1
    ours, theirs = known.united[is_first], known.united[~is_first]
    return int(ours.sum()), ours.size, int(theirs.sum()), theirs.size


def _patient_rows(known: _Known, conf_level: float) -> Iterator[Row]:
    table = _table(known)
    test: Row = {"p_value": fisher_exact(*table).p_value, "test_method": FISHER_TEST}
    for measure, estimate in (
        (KNOWN_DIFFERENCE, newcombe_difference),
        (KNOWN_RATIO, miettinen_nurminen_ratio),
    ):
        found = estimate(*table, conf_level=conf_level)
        yield {"measure": measure, **_limits(found), **test, **known.counts}


def _patient_beside(known: _Known, options: RateOptions) -> list[Row]:
    found = fisher_exact(*_table(known), conf_level=options.conf_level)
    return [
        {
            "measure": ODDS_RATIO,
            "estimate": found.odds_ratio,
            "conf_low": found.conf_low,
            "conf_high": found.conf_high,
            "p_value": found.p_value,
            "interval_method": "conditional maximum likelihood, exact limits",
            "test_method": FISHER_TEST,
            **known.counts,
        }
    ]


def make_trend_row(known: pd.DataFrame, scores: pd.Series, options: RateOptions) -> tuple[Row, str]:
    """Return the trend over ordered groups as a row, or an empty one and why there is none."""
    try:
        found = score_clustered(
            known["status"].eq("united").to_numpy(dtype=np.float64),
            scores.to_numpy(dtype=np.float64),
            known["patient_id"].to_numpy(str),
            conf_level=options.conf_level,
        )
    except EstimationError:
        return {}, TOO_FEW_TO_TEST
    return {
        **_limits(found.slope),
        "p_value": found.p_value,
        "test_method": f"{SCORE_TEST}, of a linear term in the order of the groups",
        **_count(known),
        "n_events": int(known["status"].eq("united").sum()),
        "conf_level": options.conf_level,
    }, ""
