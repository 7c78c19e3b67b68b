"""Missing stage, signal on STIR, level, sex and age, filled in several times."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.completed import complete_cohort
from parsoutcomes.cohort.endpoints import select_targets
from parsoutcomes.conventions import (
    CONF_LEVEL,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    MANY_MISSING,
    MIN_IMPUTATIONS,
    MIN_RECORDED_TO_IMPUTE,
    N_IMPUTATION_ROUNDS,
    SEED,
    Definition,
)
from parsoutcomes.errors import ArgumentError, EstimationError, require_choice, require_whole
from parsoutcomes.models.imputation_chain import draw_completed
from parsoutcomes.models.imputation_rows import (
    IMPUTABLE,
    NUMBERS,
    PATIENT_COLUMNS,
    Chain,
    read_chain,
)
from parsoutcomes.models.rates import require_options
from parsoutcomes.results.base import Citation
from parsoutcomes.results.imputation import (
    ImputedCohorts,
    write_imputation_finding,
    write_many_missing,
    write_targets_vary,
)

METHOD = (
    "Multiple imputation by chained equations, {n} completed sets ({rule}), {rounds} rounds each. "
    "Patients' columns first (sex by logistic regression, age from the nearest of recorded "
    "patients), then level, stage and signal on STIR by multinomial logistic regression on the "
    "outcome (status at the horizon, surgery, months seen with and without union), each other, "
    "and the covariates and outcome of the other pars of the course; coefficients drawn anew each "
    "time by smooth resampling of whole patients, with a weak prior on slopes. Pre-lysis always "
    "has signal on STIR, and no pars without it is pre-lysis; a pars without a fracture line on CT "
    "can only be pre-lysis"
)
ASSUMPTION = (
    "Assumes that what is missing depends on what is recorded, not on the missing value itself "
    "(missing at random); no data can show that"
)
CITATIONS = (
    Citation(
        text="White IR, Royston P, Wood AM. Stat Med 2011;30:377-399.", doi="10.1002/sim.4067"
    ),
    Citation(
        text="Barnard J, Rubin DB. Biometrika 1999;86:948-955.", doi="10.1093/biomet/86.4.948"
    ),
)


@public(made_by="load_records")
def impute_covariates(
    cohort: Cohort,
    columns: Sequence[str] = ("stage", "stir", "level"),
    *,
    n_imputations: int | None = None,
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    seed: int = SEED,
) -> ImputedCohorts:
    """Fill in missing stage, signal on STIR, level, sex and age several times over.

    For rates by stage and models of union when some stages were not recorded. Not for the outcome:
    a missing scan is not filled in (`find_tipping_point` asks what it could change). Not where the
    gap itself depends on the missing value, such as stages left out because they looked bad.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.
    columns : sequence of str
        From stage, stir, level (of the pars), sex, age_years (of the patient). Name all that the
        analysis uses; those without gaps help to predict the others.
    n_imputations : int, optional
        Number of completed sets; default one for each per cent of pars with a gap, at least 20.
    definition, horizon_months, grace_months
        Of the outcome that the imputation sees; `pool_union_rates` and `pool_union_logistic`
        use the same.
    seed : int
        The source of chance; same records and seed, same sets.

    Returns
    -------
    ImputedCohorts
        `completed`, and a frame of what was recorded and what was filled in: by `column` and
        `level`, `n_recorded`, `fraction_recorded`, `n_missing`, `fraction_imputed`; for age the
        means in place of fractions.

    Raises
    ------
    ArgumentError
        A column that cannot be imputed.
    EstimationError
        A column of which next to nothing is recorded.

    Notes
    -----
    Pars terminal at fitting take part, as they tell of the mix of stages. A level that is recorded
    nowhere is never drawn. The number of sets follows White, Royston and Wood: at least the
    percentage of incomplete cases.

    References
    ----------
    White IR, Royston P, Wood AM. Stat Med 2011;30:377-399. doi:10.1002/sim.4067

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n:02}" for n in range(24)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people})
    >>> defects = episodes.assign(defect_id=people, stage=["early", "progressive", None] * 8)
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     modality="CT", days_since_fitting=180, union_status=["complete", "none"] * 12)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings))
    >>> imputed = impute_covariates(cohort, ["stage"], seed=1)
    >>> imputed.n_imputations, int(imputed.completed[0].defects["stage"].isna().sum())
    (34, 0)
    """
    require_options(horizon_months, grace_months, CONF_LEVEL)
    require_whole("seed", seed)
    chosen = _require_columns(columns)
    _require_pars(cohort)
    options: dict[str, Any] = {"horizon_months": horizon_months, "grace_months": grace_months}
    chain = read_chain(cohort, chosen, definition=definition, **options)
    _require_recorded(chain)
    incomplete = ~np.all(list(chain.recorded.values()), axis=0)
    n_sets, rule = _choose_sets(float(incomplete.mean()), n_imputations)
    chains = [chain]
    if incomplete.any():
        chains = [draw_completed(chain, np.random.default_rng([seed, k])) for k in range(n_sets)]
    completed = tuple(_complete(cohort, one) for one in chains)
    missing = {name: int((~recorded).sum()) for name, recorded in chain.recorded.items()}
    return ImputedCohorts(
        title=f"Missing covariates filled in, per pars, {len(completed)} completed sets",
        finding=write_imputation_finding(
            missing, incomplete.size, int(incomplete.sum()), len(completed)
        ),
        method=METHOD.format(n=len(completed), rule=rule, rounds=N_IMPUTATION_ROUNDS),
        unit="defect",
        definition=definition,
        frame=pd.DataFrame(_describe(chain, chains)),
        cautions=_cautions(cohort, completed, chain) if incomplete.any() else (),
        citations=CITATIONS,
        records=cohort,
        completed=completed,
        columns=chosen,
        **options,
    )


def count_targets(cohort: Cohort) -> int:
    """Return the number of pars whose union is the aim."""
    return len(select_targets(cohort.tables["defects"])[0])


def _require_columns(columns: Sequence[str]) -> tuple[str, ...]:
    named = (columns,) if isinstance(columns, str) else tuple(columns)
    for name in named:
        require_choice("columns", name, IMPUTABLE)
    if not named:
        raise ArgumentError(
            "No column was named.",
            expected=", ".join(IMPUTABLE),
            found="none",
            fix='Name the columns to fill in, such as ["stage", "stir"].',
        )
    return tuple(name for name in IMPUTABLE if name in named)


def _require_pars(cohort: Cohort) -> None:
    if cohort.n_defects:
        return
    raise EstimationError(
        "There is no pars to fill anything in for.",
        expected="at least one pars",
        found="none in the cohort",
        fix="Check the period of fitting that was selected.",
    )


def _require_recorded(chain: Chain) -> None:
    for name, recorded in chain.recorded.items():
        n, is_whole = int(recorded.sum()), bool(recorded.all())
        if is_whole or n >= MIN_RECORDED_TO_IMPUTE:
            continue
        raise EstimationError(
            f"{name} cannot be imputed: there is too little to learn it from.",
            expected=f"{name} recorded for at least {MIN_RECORDED_TO_IMPUTE} pars",
            found=f"recorded for {n} of {recorded.size}",
            fix=f"Leave {name} out, or fill it in from the scans.",
        )


def _choose_sets(share: float, asked: int | None) -> tuple[int, str]:
    if asked is None:
        percent = math.ceil(100 * share)
        rule = f"one for each per cent of pars with a gap, at least {MIN_IMPUTATIONS}"
        return max(MIN_IMPUTATIONS, percent), rule
    if asked < 2:
        raise ArgumentError(
            "One completed set tells nothing of the uncertainty.",
            expected="n_imputations of at least 2",
            found=str(asked),
            fix="Leave n_imputations at its default.",
        )
    return asked, "as asked"


def _complete(cohort: Cohort, chain: Chain) -> Cohort:
    defects, episodes = {}, {}
    table = cohort.tables["episodes"]
    for name in chain.current:
        values = pd.Series(_decode(chain, name), index=chain.rows["defect_id"])
        if name in PATIENT_COLUMNS:
            of_course = pd.Series(values.to_numpy(), index=chain.rows["episode_id"])
            of_course = of_course[~of_course.index.duplicated()]
            drawn = table["episode_id"].map(of_course)
            episodes[name] = table[name].where(table[name].notna(), drawn)
        else:
            defects[name] = cohort.tables["defects"]["defect_id"].map(values)
    return complete_cohort(cohort, defects=defects, episodes=episodes)


def _decode(chain: Chain, name: str) -> np.ndarray:
    if name in NUMBERS:
        return np.asarray(chain.current[name])
    return np.asarray(chain.levels[name], dtype=object)[chain.current[name]]


def _describe(chain: Chain, chains: Sequence[Chain]) -> Iterator[dict[str, object]]:
    for name, recorded in chain.recorded.items():
        gaps = ~recorded
        shared = {"n_missing": int(gaps.sum()), "n_imputations": len(chains)}
        if name in NUMBERS:
            imputed = [float(np.mean(one.current[name][gaps])) for one in chains if gaps.any()]
            yield {
                "column": name,
                "level": "mean",
                "n_recorded": int(recorded.sum()),
                "fraction_recorded": float(np.mean(chain.current[name][recorded])),
                "fraction_imputed": float(np.mean(imputed)) if imputed else np.nan,
                **shared,
            }
            continue
        for code, level in enumerate(chain.levels[name]):
            drawn = [
                float((one.current[name][gaps] == code).mean()) for one in chains if gaps.any()
            ]
            yield {
                "column": name,
                "level": level,
                "n_recorded": int((chain.current[name][recorded] == code).sum()),
                "fraction_recorded": float((chain.current[name][recorded] == code).mean()),
                "fraction_imputed": float(np.mean(drawn)) if drawn else np.nan,
                **shared,
            }


def _cautions(cohort: Cohort, completed: tuple[Cohort, ...], chain: Chain) -> tuple[str, ...]:
    shares = [(name, float((~recorded).mean())) for name, recorded in chain.recorded.items()]
    many = [(name, share) for name, share in shares if share > MANY_MISSING]
    targets = [count_targets(one) for one in completed]
    recorded = count_targets(cohort)
    vary = (write_targets_vary(min(targets), max(targets), recorded),)
    return (
        ASSUMPTION,
        *((write_many_missing(many),) if many else ()),
        *(vary if min(targets) < recorded else ()),
    )
