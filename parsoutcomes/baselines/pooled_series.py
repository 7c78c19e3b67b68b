"""The pool of the published series, stage by stage, as one more reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.baselines.published import load_baselines
from parsoutcomes.baselines.references import (
    POOLED,
    Reference,
    StandardisedBy,
    key_of,
    label_standardisation,
)
from parsoutcomes.conventions import MIN_GROUPS_FOR_VERDICT, STAGES
from parsoutcomes.errors import BaselineError
from parsoutcomes.results.base import Citation
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.estimates import Estimate
from parsoutcomes.stats.pooling import PooledProportion, pool_proportions

_WHOLE: Final = ("laterality", "contralateral_stage", "level")
_METHOD: Final = "binomial-normal GLMM, normal limits for a new series on the logit scale"


@dataclass(frozen=True, kw_only=True)
class PooledReference(Reference):
    """The pool of one row per group of patients in each stage, read as a new series.

    Attributes
    ----------
    pools : mapping of str to PooledProportion
        The pool of each stage.
    n_series : mapping of str to int
        Groups of patients in each.
    """

    pools: Mapping[str, PooledProportion] = field(default_factory=dict)
    n_series: Mapping[str, int] = field(default_factory=dict)

    def rate(self, stage: str) -> float:
        """Return the pooled rate of a stage."""
        return float(self.pools[stage].estimate)

    def interval(self, stage: str, conf_level: float) -> Estimate:
        """Return the pooled rate with limits for the rate of a new series."""
        reach = NormalDist().inv_cdf((1 + conf_level) / 2)
        low, high = self._at(stage, np.array([-reach, reach]))
        return Estimate(
            estimate=self.rate(stage),
            conf_low=float(low),
            conf_high=float(high),
            conf_level=conf_level,
            method=_METHOD,
        )

    def draw(self, stage: str, n_draws: int, *, seed: int) -> Floats:
        """Draw the rate of a new series: pooled error, widened for pairs, and spread between."""
        stream = np.random.default_rng([seed, *key_of(self.name, ()), *key_of(stage)])
        return self._at(stage, stream.standard_normal(n_draws))

    def _at(self, stage: str, standard: Floats) -> Floats:
        pool = self.pools[stage]
        spread = np.sqrt(self.design_effect * pool.standard_error**2 + pool.tau2)
        return np.asarray(1 / (1 + np.exp(-pool.logit - spread * standard)))


def load_pooled(by: StandardisedBy, icc: float) -> PooledReference:
    """Pool the evidence in each stage of which at least two groups of patients have counts.

    Raises
    ------
    BaselineError
        For strata other than stages: no two groups of patients report the same ones.
    """
    baselines = load_baselines(outcome="union", unit="defect")
    rates = baselines.rates[baselines.rates["pool_default"]]
    whole = (rates[list(_WHOLE)] == "any").all(axis=1) & rates["stage"].isin(STAGES)
    by_stage = {
        stage: rates[whole & rates["stage"].eq(stage)]
        for stage in STAGES
        if (whole & rates["stage"].eq(stage)).sum() > 1
    }
    if by != "stage":
        raise BaselineError(
            f"The published series cannot be pooled by {label_standardisation(by)}.",
            expected="counts of union per pars in the same strata from two groups of patients",
            found="none: where such strata are printed, it is by one group, or as percentages",
            fix='Leave standardise_by at "stage", or give a series of your own with such counts.',
        )
    studies = baselines.studies.set_index("study_id")
    spoken = pd.concat(by_stage.values())
    totals = _count_patients(studies.loc[spoken["study_id"].unique()])
    n_series = {stage: len(frame) for stage, frame in by_stage.items()}
    return PooledReference(
        name=POOLED,
        series="pooled series",
        counts=MappingProxyType({stage: _total(frame) for stage, frame in by_stage.items()}),
        n_patients=totals[0],
        n_defects=totals[1],
        citation=_cite(baselines.studies[baselines.studies["study_id"].isin(spoken["study_id"])]),
        icc=icc,
        no_verdict_since=_too_few(n_series),
        pools=MappingProxyType({stage: _pool(frame) for stage, frame in by_stage.items()}),
        n_series=MappingProxyType(n_series),
    )


def _pool(rates: pd.DataFrame) -> PooledProportion:
    return pool_proportions(rates["n_united"].to_numpy(), rates["n"].to_numpy(), method="glmm")


def _total(rates: pd.DataFrame) -> tuple[int, int]:
    return int(rates["n_united"].sum()), int(rates["n"].sum())


def _count_patients(studies: pd.DataFrame) -> tuple[int, int]:
    """Return patients and pars of the series that print both, for the design effect."""
    sizes = studies[["n_patients", "n_defects"]].apply(pd.to_numeric, errors="coerce").dropna()
    return int(sizes["n_patients"].sum()), int(sizes["n_defects"].sum())


def _too_few(n_series: Mapping[str, int]) -> str:
    few = [
        f"{stage.replace('_', '-')} {k}"
        for stage, k in n_series.items()
        if k < MIN_GROUPS_FOR_VERDICT
    ]
    if not few:
        return ""
    return (
        f"the pool holds fewer than {MIN_GROUPS_FOR_VERDICT} groups of patients in a stage "
        f"({', '.join(few)})"
    )


def _cite(studies: pd.DataFrame) -> Citation:
    papers = sorted(f"{row.first_author} {row.year}" for row in studies.itertuples())
    return Citation(text=f"Pool of the published series, by stage: {', '.join(papers)}")
