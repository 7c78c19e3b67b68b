"""What went with union at the horizon."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import count_exclusion
from parsoutcomes.cohort.whole_patient import READ_PER_PATIENT, warn_read_per_patient
from parsoutcomes.conventions import (
    CONF_LEVEL,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    N_RESAMPLES,
    SEED,
    Definition,
    LogisticMethod,
)
from parsoutcomes.errors import ArgumentError, require_choice
from parsoutcomes.models.logistic_fit import LogisticFit, fit_logistic_rows
from parsoutcomes.models.rates import (
    CONFOUNDED,
    require_options,
    require_resampling,
    select_read_per_patient,
)
from parsoutcomes.models.units import count_cautions, select_units
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.predictors import (
    UnionPredictors,
    write_predictors_finding,
    write_predictors_title,
)
from parsoutcomes.results.rates import is_few, write_few_caution
from parsoutcomes.results.windows import write_latest_reading

NUMBERS = ("age_years",)
CATEGORIES = (
    "stage",
    "contralateral_stage",
    "laterality",
    "level",
    "side",
    "stir",
    "sex",
    "sport",
    "prescribed_months",
)
METHOD = (
    "{why}. Standardised risks and differences by g-computation over the pars in the model{flic}, "
    "limits by resampling patients with smooth weights (Bayesian bootstrap); {odds}. {conditional}"
    "Pars whose status is known {when}; terms entered together, none selected."
)
ODDS = {
    "gee": "odds ratios, averaged over patients, with limits from {limits}",
    "firth": "odds ratios, averaged over patients, with limits from {limits}",
    "mixed": "odds ratios conditional on the patient only",
}
FLIC = {"firth": ", intercept corrected (FLIC)", "mixed": " and over the patients' intercepts"}
LIMITS = {
    "gee": "Student's t on patients less parameters with the Mancl-DeRouen covariance",
    "firth": "the wider of profile penalised likelihood and the percentile bootstrap over patients",
}
ASSOCIATION = (
    "Associations among treated patients; not effects of treatment, and not proof that a term "
    "matters or does not"
)
CITATIONS = {
    "gee": (
        Citation(
            text="Liang KY, Zeger SL. Biometrika 1986;73:13-22.", doi="10.1093/biomet/73.1.13"
        ),
        Citation(
            text="Mancl LA, DeRouen TA. Biometrics 2001;57:126-134.",
            doi="10.1111/j.0006-341X.2001.00126.x",
        ),
    ),
    "firth": (
        Citation(text="Firth D. Biometrika 1993;80:27-38.", doi="10.1093/biomet/80.1.27"),
        Citation(text="Puhr R et al. Stat Med 2017;36:2302-2317.", doi="10.1002/sim.7273"),
    ),
    "mixed": (
        Citation(text="Stijnen T et al. Stat Med 2010;29:3046-3067.", doi="10.1002/sim.4040"),
    ),
}


@public(made_by="load_records")
def fit_union_logistic(
    cohort: Cohort,
    terms: Sequence[str],
    *,
    method: LogisticMethod = "auto",
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> UnionPredictors:
    """Estimate how the chance of union at the horizon differs with stage, side, age and the like.

    Not for the effect of the brace or of its months, and not for choosing terms by their p-values.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.
    terms : sequence of str
        From stage, contralateral_stage or laterality (never both), level, side, stir, sex, sport,
        prescribed_months (categories), age_years (a number).
    method : {"auto", "gee", "firth", "mixed"}
        "auto" looks for separation and counts events before it fits anything, and gives the
        reading conditional on the patient beside where it is allowed; "mixed" gives that alone.
    definition : {"complete", "partial_or_better"}
        Which readings on CT count as union.
    horizon_months, grace_months : float
        As in `estimate_union_rates`; pars not yet due or of unknown status are left out.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Resamples of whole patients.

    Returns
    -------
    UnionPredictors
        For each term the measures `risk` (each level; a number at its quartiles),
        `risk_difference` against the reference, both 0 to 1, and `odds_ratio` (a number: per
        year) with `p_value`, missing where either level is too few for a claim. Counts are of the
        level for `risk`, of the model otherwise. `conditional_odds_ratio` is for pars of one
        patient, or of patients alike in all that was not recorded; `intercept_sd` and
        `latent_icc` say how unlike patients are. Where these are not allowed, `conditional`
        says why.

    Raises
    ------
    ArgumentError
        Unknown or repeated terms; two terms of which one determines the other.
    EstimationError
        Fewer than 5 patients, or than 2 events or non-events per parameter; a term that does not
        vary; GEE or the random intercept asked for where it would mislead.

    Notes
    -----
    Separation by linear programming (Konis). With at least 5 events and 5 non-events per parameter,
    no separation, and at least 10 patients more than parameters: GEE logit, exchangeable by
    patient, Mancl-DeRouen covariance, t on patients less parameters; agrees with R's gee and, under
    independence, with clubSandwich CR3. Otherwise Firth, with the intercept corrected for predicted
    risks (FLIC); agrees with brglm2 and its profile limits. Profile limits know nothing of patients
    with two pars, so the wider of them and the patient bootstrap is given, and the larger p-value.

    Patients are resampled with smooth positive weights, so that no resample loses a level or
    becomes separated; the GEE's refits keep the correlation of the whole sample. For the limits of
    risks the refitted coefficients are moved away from the estimate by the root of (patients + 1)
    / (patients - parameters) times t over z. Where the rarer outcome was seen in fewer than three
    patients at a level, the limits of its risk reach at least to Clopper-Pearson's on the
    effective n, and those of its difference are Newcombe's hybrid. Where terms separate only
    together, or a number does, risks have no limits.

    Conditional: random-intercept logit by adaptive Gauss-Hermite quadrature with 25 nodes,
    profile-likelihood limits; agrees with an exact integral in R. Refused on separation, with too
    few events, with fewer than 10 patients of two pars, or when the standard deviation between
    patients reaches 5. By itself its risks are averaged over the patients' intercepts, its
    resamples taken by one Newton step.

    References
    ----------
    Mancl LA, DeRouen TA. Biometrics 2001;57:126-134. doi:10.1111/j.0006-341X.2001.00126.x
    Firth D. Biometrika 1993;80:27-38. doi:10.1093/biomet/80.1.27
    Puhr R et al. Stat Med 2017;36:2302-2317. doi:10.1002/sim.7273

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n:02}" for n in range(24)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(
    ...     defect_id=people, stage=["early", "progressive"] * 12)
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     scan_date=pd.Timestamp("2024-07-01"), modality="CT",
    ...     union_status=["complete", "none", "complete", "complete", "none", "none"] * 4)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings),
    ...                       data_lock=pd.Timestamp("2025-01-01"))
    >>> model = fit_union_logistic(cohort, ["stage"], n_resamples=100)
    >>> model.method_used
    'gee'
    >>> risks = model.to_frame().query("measure == 'risk'")
    >>> risks["estimate"].round(3).tolist()
    [0.667, 0.333]
    """
    require_options(horizon_months, grace_months, conf_level)
    require_resampling(n_resamples, seed)
    chosen = require_terms(terms)
    rows, exclusions, cautions = collect_rows(
        cohort, chosen, definition, horizon_months, grace_months
    )
    fit = fit_logistic_rows(
        rows,
        outcome="united",
        terms=chosen,
        clusters="patient_id",
        method=method,
        conf_level=conf_level,
        n_resamples=n_resamples,
        seed=seed,
    )
    return UnionPredictors(
        title=write_predictors_title(definition, horizon_months),
        finding=write_predictors_finding(
            fit.frame, definition=definition, horizon_months=horizon_months
        ),
        method=_method_words(fit, write_latest_reading(horizon_months, grace_months)),
        unit="defect",
        definition=definition,
        exclusions=exclusions,
        cautions=_cautions(fit, chosen) + cautions,
        citations=CITATIONS[fit.method_used],
        terms=chosen,
        horizon_months=horizon_months,
        grace_months=grace_months,
        data_lock=cohort.data_lock,
        **fit.__dict__,
    )


def _method_words(fit: LogisticFit, when: str) -> str:
    used = fit.method_used
    return METHOD.format(
        why=fit.why,
        when=when,
        flic=FLIC.get(used, ""),
        odds=ODDS[used].format(limits=LIMITS.get(used, "")),
        conditional=f"{fit.conditional}. " if fit.conditional else "",
    )


def require_terms(terms: Sequence[str]) -> tuple[str, ...]:
    """Return the terms as names that are known and of which none determines another."""
    named = (terms,) if isinstance(terms, str) else tuple(terms)
    for term in named:
        require_choice("terms", term, (*CATEGORIES, *NUMBERS))
    if {"laterality", "contralateral_stage"} <= set(named):
        raise ArgumentError(
            "laterality and contralateral_stage cannot stand in one model.",
            expected="one of them: no opposite fracture is what unilateral means",
            found="both",
            fix="Leave one of them out.",
        )
    return named


def refuse_stir_within_pre_lysis(rows: pd.DataFrame, terms: tuple[str, ...]) -> None:
    """Refuse stage and signal on STIR together where the one defines the other."""
    n_pre_lysis = int(rows["stage"].eq("pre_lysis").sum())
    if {"stage", "stir"} <= set(terms) and n_pre_lysis:
        raise ArgumentError(
            "stage and stir cannot stand in one model while there are pre-lysis pars.",
            expected="one of them: pre-lysis is defined by its signal on STIR",
            found=f"both, with {n_pre_lysis} pre-lysis pars",
            fix="Leave stir out, or leave stage out.",
        )


def collect_rows(
    cohort: Cohort,
    terms: tuple[str, ...],
    definition: Definition,
    horizon_months: float,
    grace_months: float,
) -> tuple[pd.DataFrame, tuple[Exclusion, ...], tuple[str, ...]]:
    """Return the coded rows of a model, who was left out and why, and what to beware of."""
    units, exclusions = select_units(
        cohort,
        unit="defect",
        definition=definition,
        horizon_months=horizon_months,
        grace_months=grace_months,
    )
    rows, left_out, cautions = _complete_rows(cohort, units, terms)
    refuse_stir_within_pre_lysis(rows, terms)
    return code_rows(rows, terms), (*exclusions, *left_out), cautions


def _complete_rows(
    cohort: Cohort, units: pd.DataFrame, terms: tuple[str, ...]
) -> tuple[pd.DataFrame, tuple[Exclusion, ...], tuple[str, ...]]:
    whole = select_read_per_patient(cohort, units, "defect")
    due = units["is_due"].fillna(True).astype(bool)
    reasons = {
        "Not yet due at data lock": ~due,
        READ_PER_PATIENT: pd.Series(units.index.isin(whole.index), index=units.index),
        "Status at the horizon unknown": units["status"].eq("unknown"),
        **{f"{term} not recorded": units[term].isna() for term in terms},
    }
    rows, exclusions = units, []
    for reason, holds in reasons.items():
        leaving = holds.reindex(rows.index)
        if leaving.any():
            exclusions.append(count_exclusion(reason, rows[leaving]))
        rows = rows[~leaving]
    cautions = warn_read_per_patient(whole) + count_cautions(rows)
    return rows.reset_index(drop=True), tuple(exclusions), cautions


def code_rows(rows: pd.DataFrame, terms: tuple[str, ...]) -> pd.DataFrame:
    """Return the terms, numbers as they are and categories as text, with outcome and patient."""
    coded = {
        term: rows[term]
        if term in NUMBERS
        else rows[term].map(lambda value: f"{value:g}" if isinstance(value, float) else str(value))
        for term in terms
    }
    united = rows["status"].eq("united").astype("float64")
    return pd.DataFrame({**coded, "united": united, "patient_id": rows["patient_id"]})


def _cautions(fit: LogisticFit, terms: tuple[str, ...]) -> tuple[str, ...]:
    risks = fit.frame[fit.frame["measure"].eq("risk") & ~fit.frame["term"].isin(NUMBERS)]
    few = risks[is_few(risks)]
    small = tuple(
        write_few_caution(
            {str(row["level"]): f"{int(row['n_defects'])} pars" for _, row in group.iterrows()},
            str(term),
        )
        for term, group in few.groupby("term", sort=False)
    )
    confounded = (CONFOUNDED,) if "prescribed_months" in terms else ()
    return (ASSOCIATION, *small, *confounded)
