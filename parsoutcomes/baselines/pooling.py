"""Published rates pooled: one row per group of patients and stratum, by two methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from parsoutcomes.baselines.checks import CATEGORIES, STRATUM, name_strata
from parsoutcomes.baselines.published import cite_study, load_baselines
from parsoutcomes.calls import public
from parsoutcomes.conventions import CONF_LEVEL, MIN_GROUPS_FOR_VERDICT
from parsoutcomes.errors import BaselineError, EstimationError, require_fraction
from parsoutcomes.results.baselines import Baselines
from parsoutcomes.results.pooling import (
    NO_POOL,
    NO_VERDICT,
    PooledBaselines,
    write_pool_finding,
    write_pool_title,
)
from parsoutcomes.stats.pooling import POOLING_METHODS, PooledProportion, pool_proportions

_KEYS: Final = list(STRATUM)
_SPREAD: Final = (
    "estimate",
    "conf_low",
    "conf_high",
    "predict_low",
    "predict_high",
    "tau2",
    "tau2_low",
    "tau2_high",
    "i2",
    "q",
    "q_p_value",
)
_METHOD: Final = (
    "glmm: binomial-normal model, maximum likelihood, 25 quadrature nodes, normal limits for the "
    "pool and for a new series. reml_hk: inverse-variance log odds, REML, Hartung-Knapp, Student "
    "limits on groups - 1. One row per group of patients and stratum (pool_default); rows with a "
    "percentage only are shown, never pooled."
)
_CAUTIONS: Final = (
    "Pars of one patient count as independent within a series, and series chose and scanned their "
    "patients differently: limits are, if anything, too narrow.",
    "Of few groups the spread is hardly known. In simulated pools of 3 and 5 groups that differ, "
    "95 % limits held the typical rate in 78 to 90 % (binomial-normal) and 93 to 99 % "
    "(Hartung-Knapp), a new series in 68 to 80 % and 86 to 97 %.",
    "A pool describes other clinics' patients; it is no control group.",
)


@public(made_by="load_baselines")
def pool_baselines(
    baselines: Baselines | None = None, *, conf_level: float = CONF_LEVEL
) -> PooledBaselines:
    """Pool published rates, each group of patients once, and say where a new series may lie.

    What a typical series reports, stratum by stratum. Not the yardstick for one's own rate, which
    is `compare_with_baselines`: with fewer than five groups no verdict rests on a pool.

    Parameters
    ----------
    baselines : Baselines, optional
        From `load_baselines`, of one outcome and one unit; default union per pars.
    conf_level : float
        Level of all limits.

    Returns
    -------
    PooledBaselines
        One row per stratum (laterality, stage, opposite stage, level) and method; strata of one
        group without a pool; `studies` and `leave_one_out` beside.

    Raises
    ------
    BaselineError
        Several outcomes or several units together, a unit that is unclear, or no counts that may
        be pooled.

    Notes
    -----
    By `pool_proportions`, both methods beside each other, on the rows that speak for their group
    of patients (`pool_default`). Unilateral fractures are one stratum, whether or not the paper
    says that there is no opposite one. Percent-only rows never enter.

    References
    ----------
    Stijnen T, Hamza TH, Ozdemir P. Stat Med 2010;29:3046-3067. doi:10.1002/sim.4040

    Examples
    --------
    >>> from parsoutcomes.baselines.published import load_baselines
    >>> early = load_baselines(outcome="union", unit="defect", stage="early")
    >>> frame = pool_baselines(early).to_frame()
    >>> print(frame[["method", "n_groups", "estimate"]].round(3).to_string(index=False))
     method  n_groups  estimate
       glmm         2     0.832
    reml_hk         2     0.832
    """
    require_fraction("conf_level", conf_level)
    source = load_baselines(outcome="union", unit="defect") if baselines is None else baselines
    outcome, unit = _require_alike(source.rates)
    rows = source.rates.assign(**{name: name_strata(source.rates)[name] for name in _KEYS})
    spoken = rows[rows["pool_default"]]
    _require_counts(spoken)
    strata = [part for _, part in spoken.groupby(_KEYS, sort=False)]
    frame = pd.DataFrame(
        row for part in sorted(strata, key=_rank) for row in _pool(part, unit, conf_level)
    )
    left_out = [row for part in strata for row in _leave_out(part, conf_level)]
    shown = _mark_rows(rows.merge(frame[_KEYS].drop_duplicates(), on=_KEYS))
    cited = source.studies[source.studies["study_id"].isin(shown["study_id"])]
    return PooledBaselines(
        title=write_pool_title(outcome, unit),
        finding=write_pool_finding(frame, unit),
        method=_METHOD,
        unit=unit,
        outcome=outcome,
        frame=frame,
        studies=shown,
        leave_one_out=pd.DataFrame(left_out),
        cautions=_CAUTIONS,
        citations=tuple(cite_study(study) for study in cited.to_dict("records")),
    )


def _rank(part: pd.DataFrame) -> tuple[bool | int, ...]:
    """Put strata broken down by less first, stages in their order."""
    first = part.iloc[0]
    broken_down = (first[name] != "any" for name in ("level", "laterality", "stage"))
    return (*broken_down, CATEGORIES["stage"].index(first["stage"]))


def _pool(part: pd.DataFrame, unit: str, conf_level: float) -> Iterator[dict[str, object]]:
    n_groups = len(part)
    shared = {
        **{name: part.iloc[0][name] for name in _KEYS},
        "measure": "pooled_proportion",
        "conf_level": conf_level,
        "n_groups": n_groups,
        "groups": ", ".join(sorted(part["cohort_group"])),
        "n_counted": int(part["n"].sum()),
        "n_patients": int(part["n"].sum()) if unit == "patient" else pd.NA,
        "n_defects": int(part["n"].sum()) if unit == "defect" else pd.NA,
        "n_events": int(part["n_united"].sum()),
    }
    if n_groups == 1:
        yield _row(shared, NO_POOL, None, "one group of patients: no pool")
        return
    note = NO_VERDICT if n_groups < MIN_GROUPS_FOR_VERDICT else ""
    for method in POOLING_METHODS:
        try:
            pooled = _pool_part(part, method, conf_level)
        except EstimationError as error:
            yield _row(shared, NO_POOL, None, f"{method}: {error.wrong}")
        else:
            yield _row(shared, method, pooled, note)


def _pool_part(part: pd.DataFrame, method: str, conf_level: float) -> PooledProportion:
    return pool_proportions(part["n_united"], part["n"], method=method, conf_level=conf_level)


def _row(
    shared: dict[str, object], method: str, pooled: PooledProportion | None, note: str
) -> dict[str, object]:
    numbers = {name: getattr(pooled, name, float("nan")) for name in _SPREAD}
    return {**shared, "method": method, **numbers, "note": note}


def _leave_out(part: pd.DataFrame, conf_level: float) -> Iterator[dict[str, object]]:
    """Pool a stratum without each of its groups; two groups leave nothing to pool."""
    for method in POOLING_METHODS if len(part) > 2 else ():
        for index, row in part.iterrows():
            try:
                pooled = _pool_part(part.drop(index=index), method, conf_level)
            except EstimationError:
                pooled = None
            yield {
                **{name: row[name] for name in _KEYS},
                "method": method,
                "left_out": row["cohort_group"],
                "paper": row["paper"],
                "n_groups": len(part) - 1,
                **{name: getattr(pooled, name, float("nan")) for name in _SPREAD},
                "conf_level": conf_level,
            }


def _mark_rows(rows: pd.DataFrame) -> pd.DataFrame:
    why = pd.Series("another row of its group of patients speaks", index=rows.index)
    why[rows["read_from"].ne("source")] = "read in another text only"
    why[rows["n_united"].isna()] = "a percentage only"
    why[rows["pool_default"]] = ""
    return rows.assign(in_pool=rows["pool_default"], why_not=why)


def _require_alike(rates: pd.DataFrame) -> tuple[str, str]:
    """Return the one outcome and the one unit, or say why several cannot be pooled."""
    outcomes, units = (sorted(rates[name].unique()) for name in ("outcome", "unit"))
    if len(outcomes) > 1:
        raise BaselineError(
            "Different outcomes are never pooled: the review of Klein 2009 has 84 % clinical "
            "success and 28 % bony union.",
            expected="rates of one outcome",
            found=", ".join(outcomes),
            fix='Choose one: load_baselines(outcome="union", unit="defect").',
        )
    if len(units) > 1 or units == ["unclear"]:
        raise BaselineError(
            "Rates of different units are never pooled: a patient with two pars counts as united "
            "when both are, so a rate per patient lies below the rate per pars of the same people.",
            expected="rates of one unit that the papers make clear",
            found=", ".join(units),
            fix='Choose one: load_baselines(outcome="union", unit="defect").',
        )
    return outcomes[0], units[0]


def _require_counts(spoken: pd.DataFrame) -> None:
    if spoken.empty:
        raise BaselineError(
            "None of these rates may be pooled.",
            expected="at least one row with counts that speaks for its patients (pool_default)",
            found="percentages only, or subgroups of what another row counts",
            fix="Choose fewer filters, or add your own counts: load_baselines(extra=...).",
        )
