"""What share of fractures unites in the end, where follow-up is long enough to say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DAYS_PER_MONTH,
    PLANNED_VISITS_MONTHS,
    Definition,
    TimeDistribution,
)
from parsoutcomes.errors import require_choice, require_fraction
from parsoutcomes.models.aft import DISTRIBUTIONS, N_GRID, follow_up_days
from parsoutcomes.models.design import Design
from parsoutcomes.models.incidence import NEGLIGIBLE
from parsoutcomes.models.interval_rows import (
    Floats,
    IntervalRows,
    frame_of,
    level_row,
    list_levels,
    mean_row,
    median_months,
    ratio_rows,
    read_interval_rows,
    require_not_united,
    require_unions,
)
from parsoutcomes.results.base import Citation
from parsoutcomes.results.parametric_times import (
    UnionCure,
    name_distribution,
    write_cure_finding,
    write_cure_title,
)
from parsoutcomes.results.windows import write_windows
from parsoutcomes.stats.cure import MixtureCure, fit_mixture_cure
from parsoutcomes.stats.npmle import fit_npmle
from parsoutcomes.stats.plateau import Plateau, check_plateau

METHOD = (
    "Mixture cure model ({distribution}) of union between scans, maximum likelihood; {scans}. "
    "Shares with profile-likelihood limits, the deviance divided by the design effect of patients; "
    "ratios and times with the sandwich over patients and Student's t on patients - 1. A share is "
    "given only where union has levelled off: the last visit window adds less than 2% and at least "
    "20% were seen un-united for longer than 95% of fitted unions take."
)
ASSUMED = (
    "Eventual union rests on the distribution assumed for times after the last scan, and on "
    "surgery telling nothing of union"
)
CITATIONS = (
    Citation(text="Farewell VT. Biometrics 1982;38:1041-1046.", doi="10.2307/2529885"),
    Citation(text="Maller RA, Zhou S. Survival Analysis with Long-Term Survivors. Wiley 1996."),
)


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    share: Design
    time: Design
    fit: MixtureCure

    @property
    def covariance(self) -> Floats:
        found = self.fit.patient_covariance
        return self.fit.model_covariance if found is None else found


@public(made_by="load_records")
def fit_union_cure(
    cohort: Cohort,
    share_terms: Sequence[str] = (),
    time_terms: Sequence[str] = (),
    *,
    distribution: TimeDistribution = "weibull",
    definition: Definition = "complete",
    visits_months: tuple[float, ...] = PLANNED_VISITS_MONTHS,
    conf_level: float = CONF_LEVEL,
) -> UnionCure:
    """Estimate what share of fractures unites in the end, and how long those take.

    Refuses, in words, while union has not levelled off: "never" and "not yet" look alike then.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.
    share_terms, time_terms : sequence of str
        What may change whether, and when, a pars unites; names as in `fit_union_logistic`.
    distribution : {"weibull", "lognormal", "loglogistic"}
        Of time among those who unite.
    definition : {"complete", "partial_or_better"}
        Which readings on CT count as union.
    visits_months : tuple of float
        Planned visits to which scans are grouped.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    UnionCure
        `to_frame()`: `eventual_union` and `eventual_odds_ratio`, `median_months` among those who
        unite, `time_ratio`; empty without a plateau, when `why` says why.

    Raises
    ------
    ArgumentError
        Unknown terms, or two of which one determines the other.
    EstimationError
        Under 5 unions per parameter, or under 5 pars not united per parameter of the share; no
        maximum, as when all pars of one level united.

    Notes
    -----
    Agrees with own fits in R (`tests/reference`). At the boundary, where no share stays without
    union, the limits of the share end at 1 and it has no odds ratios.

    References
    ----------
    Farewell VT. Biometrics 1982;38:1041-1046. doi:10.2307/2529885

    Examples
    --------
    >>> from parsoutcomes.synthetic.simulate import simulate_cohort
    >>> model = fit_union_cure(simulate_cohort(60, seed=1))
    >>> model.is_plateau, model.to_frame()["measure"].tolist()
    (True, ['eventual_union', 'median_months'])
    """
    require_fraction("conf_level", conf_level)
    require_choice("distribution", distribution, DISTRIBUTIONS)
    data = read_interval_rows(
        cohort,
        (*share_terms, *time_terms),
        definition=definition,
        visits_months=visits_months,
    )
    fitted = _fit(data, tuple(share_terms), tuple(time_terms), distribution, conf_level)
    plateau = check_plateau(
        fitted.fit,
        data.left,
        data.right,
        np.asarray(visits_months) * DAYS_PER_MONTH,
        time_design=fitted.time.with_intercept(),
    )
    frame = _tabulate(data, fitted, conf_level) if plateau.is_reached else pd.DataFrame()
    return UnionCure(
        title=write_cure_title(definition, distribution),
        finding=write_cure_finding(
            frame, plateau.reasons, definition=definition, n_defects=len(data.rows)
        ),
        method=METHOD.format(
            distribution=name_distribution(distribution), scans=write_windows(visits_months)
        ),
        unit="defect",
        definition=definition,
        frame=frame,
        exclusions=data.exclusions,
        cautions=(ASSUMED, *data.cautions),
        citations=CITATIONS,
        distribution=distribution,
        is_plateau=plateau.is_reached,
        why=plateau.reasons,
        plateau=_tabulate_plateau(plateau),
        curve=_curve(data, fitted) if plateau.is_reached else pd.DataFrame(),
        boxes=_boxes(data),
    )


def _fit(
    data: IntervalRows,
    share_terms: tuple[str, ...],
    time_terms: tuple[str, ...],
    distribution: str,
    conf_level: float,
) -> _Fitted:
    share, time = data.design(share_terms), data.design(time_terms)
    require_unions(data, share, time)
    require_not_united(data, share)
    fit = _fit_at(data, (share, time), distribution, conf_level, None)
    return _Fitted(share=share, time=time, fit=fit)


def _fit_at(
    data: IntervalRows,
    designs: tuple[Design, Design],
    distribution: str,
    conf_level: float,
    profile_at: Floats | None,
) -> MixtureCure:
    return fit_mixture_cure(
        data.left,
        data.right,
        cure_design=designs[0].with_intercept(),
        time_design=designs[1].with_intercept(),
        distribution=distribution,
        clusters=data.patients,
        profile_at=profile_at,
        conf_level=conf_level,
    )


def _tabulate(data: IntervalRows, fitted: _Fitted, conf_level: float) -> pd.DataFrame:
    n_share = fitted.share.matrix.shape[1] + 1
    rows = _shares(data, fitted, conf_level)
    if not fitted.fit.is_at_boundary:
        odds = ratio_rows(
            fitted.share,
            fitted.fit.cure_coefficients,
            fitted.covariance[:n_share, :n_share],
            n_patients=data.n_patients,
            conf_level=conf_level,
        )
        rows += [{"measure": "eventual_odds_ratio", **row} for row in odds]
    return frame_of([*rows, *_times(data, fitted, n_share, conf_level)], data, conf_level)


def _shares(data: IntervalRows, fitted: _Fitted, conf_level: float) -> list[dict[str, object]]:
    rows = []
    for term, level in list_levels(fitted.share):
        at = mean_row(fitted.share, term, level)
        designs = (fitted.share, fitted.time)
        fit = _fit_at(data, designs, fitted.fit.distribution, conf_level, at)
        limits = (fit.eventual, fit.conf_low, fit.conf_high)
        rows.append(level_row("eventual_union", term, level, limits))
    return rows


def _times(
    data: IntervalRows, fitted: _Fitted, n_share: int, conf_level: float
) -> list[dict[str, object]]:
    covariance = fitted.covariance[n_share:, n_share:]
    parameters = np.append(fitted.fit.time_coefficients, fitted.fit.log_scale)
    rows = []
    for term, level in list_levels(fitted.time):
        limits = median_months(
            mean_row(fitted.time, term, level),
            parameters,
            covariance,
            distribution=fitted.fit.distribution,
            n_patients=data.n_patients,
            conf_level=conf_level,
        )
        rows.append(level_row("median_months", term, level, limits))
    ratios = ratio_rows(
        fitted.time,
        fitted.fit.time_coefficients,
        covariance,
        n_patients=data.n_patients,
        conf_level=conf_level,
    )
    return [*rows, *({"measure": "time_ratio", **row} for row in ratios)]


def _tabulate_plateau(plateau: Plateau) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "window_from_months": plateau.last_window[0] / DAYS_PER_MONTH,
                "window_to_months": plateau.last_window[1] / DAYS_PER_MONTH,
                "last_window_union": plateau.last_window_mass,
                "nearly_all_by_months": plateau.fitted_time / DAYS_PER_MONTH,
                "n_beyond": plateau.n_beyond,
                "share_beyond": plateau.share_beyond,
            }
        ]
    )


def _boxes(data: IntervalRows) -> pd.DataFrame:
    seen = fit_npmle(data.left, data.right)
    ended = np.isfinite(seen.right) & (seen.mass > NEGLIGIBLE)
    after = np.cumsum(seen.mass[ended])
    return pd.DataFrame(
        {
            "left_days": seen.left[ended],
            "right_days": seen.right[ended],
            "union_before": after - seen.mass[ended],
            "union_after": after,
        }
    )


def _curve(data: IntervalRows, fitted: _Fitted) -> pd.DataFrame:
    days = np.linspace(0.0, follow_up_days(data), N_GRID)
    share, time = fitted.share.with_intercept(), fitted.time.with_intercept()
    together = np.column_stack([share, time])
    patterns, weights = np.unique(together, axis=0, return_counts=True)
    n_share = share.shape[1]
    curves = np.stack(
        [fitted.fit.incidence_at(days[1:], row[:n_share], row[n_share:]) for row in patterns]
    )
    union = np.concatenate([[0.0], weights @ curves / weights.sum()])
    return pd.DataFrame({"days": days, "union": union})
