"""The comparison that does not adjust for stage, under a name that says so."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from parsoutcomes.baselines.analysis import Setting, analyse
from parsoutcomes.baselines.comparison import place_rows, read_references
from parsoutcomes.baselines.published import load_baselines
from parsoutcomes.baselines.references import REFERENCES, STUDY_OF, Reference
from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import describe_analysis_rows, select_targets
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DAYS_PER_MONTH,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    N_RESAMPLES,
    SEED,
)
from parsoutcomes.errors import BaselineError, require_choice, require_fraction
from parsoutcomes.results.comparison import UnadjustedComparison, write_unadjusted_finding

ANY: Final = "any"
UNADJUSTED: Final = "unadjusted"
_METHOD: Final = (
    "Not adjusted. Observed: the competing-event NPMLE of union by the horizon in all target pars "
    "together; expected: the same pars at the overall rate of the series, whatever its stages. "
    "Limits as in compare_with_baselines."
)
_WARNING: Final = (
    "Not adjusted for stage: overall rates differ with the stages treated, published ones from 28 "
    "to 95 %. A difference here says nothing about treatment, and no verdict is given. Use "
    "compare_with_baselines.",
    "Virkki 2020 counts 26 terminal pars, none of which united; Tatsumura 2022 took only fractures "
    "with a signal on MRI; ours leave terminal pars out.",
)


@public(made_by="load_records")
def compare_unadjusted_with_baselines(
    cohort: Cohort,
    *,
    reference: str | Sequence[str] = REFERENCES,
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> UnadjustedComparison:
    """Set our overall union beside the overall union of published series, adjusting for nothing.

    To show what a raw comparison would claim. Never an answer to whether we are better than
    published: `compare_with_baselines` is. No verdict; the report shows it only to say why
    it is not enough.

    Parameters
    ----------
    cohort : Cohort
        Any cohort; pars that are no targets are left out and counted.
    reference : {"european", "japanese"} or a sequence of them
        The series.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Draws and their seed.

    Returns
    -------
    UnadjustedComparison
        `frame` as in `compare_with_baselines`, with the role "unadjusted".

    Raises
    ------
    ArgumentError
        When a choice is not known.
    BaselineError
        When there is no target pars.

    Examples
    --------
    >>> from parsoutcomes.synthetic.simulate import simulate_cohort
    >>> told = compare_unadjusted_with_baselines(simulate_cohort(20, seed=1), n_resamples=50)
    >>> told.frame["role"].unique().tolist()
    ['unadjusted']
    """
    require_fraction("conf_level", conf_level)
    names = (reference,) if isinstance(reference, str) else tuple(reference)
    for name in names:
        require_choice("reference", name, REFERENCES)
    series = tuple(_overall(one) for one in read_references(names, "stage"))
    rows = place_rows(cohort, horizon_months=horizon_months, grace_months=grace_months)
    if rows.empty:
        raise BaselineError(
            "There is no pars to compare.",
            expected="at least one target pars",
            found="none",
            fix="Look at count_flow(cohort) for who was left out.",
        )
    setting = Setting(
        horizon_days=horizon_months * DAYS_PER_MONTH,
        conf_level=conf_level,
        n_resamples=n_resamples,
        seed=seed,
    )
    told = analyse(rows.assign(stage=ANY), series, (ANY,), setting, role=UNADJUSTED)
    _, exclusions = select_targets(describe_analysis_rows(cohort))
    return UnadjustedComparison(
        title=f"Union by {horizon_months:g} months per pars beside published series, NOT adjusted",
        finding=write_unadjusted_finding(told.frame),
        method=_METHOD,
        unit="defect",
        definition="complete",
        frame=told.frame,
        exclusions=exclusions,
        cautions=_WARNING,
        citations=tuple(one.citation for one in series),
    )


def _overall(reference: Reference) -> Reference:
    """Return the series with its union over all stages, as printed."""
    rates = load_baselines(outcome="union", unit="defect", stage=ANY, laterality=ANY).rates
    whole = rates[rates["study_id"].eq(STUDY_OF[reference.name]) & rates["pool_default"]]
    whole = whole[whole["contralateral_stage"].eq(ANY) & whole["level"].eq(ANY)]
    counts = (int(whole["n_united"].iloc[0]), int(whole["n"].iloc[0]))
    return Reference(**{**reference.__dict__, "counts": MappingProxyType({ANY: counts})})
