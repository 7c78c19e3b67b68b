"""The published series that our union rates are set beside, stratum by stratum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from parsoutcomes.conventions import PUBLISHED_ICC, STAGES
from parsoutcomes.errors import BaselineError
from parsoutcomes.results.base import Citation
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.estimates import Estimate
from parsoutcomes.stats.proportions import jeffreys_interval

StandardisedBy = Literal["stage", "laterality", "contralateral_stage"]
STANDARDISED_BY: Final = ("stage", "laterality", "contralateral_stage")
POOLED: Final = "pooled"
STUDY_OF: Final = MappingProxyType({"european": "virkki2020", "japanese": "tatsumura2022"})
REFERENCES: Final = tuple(STUDY_OF)
_LABELS: Final = {
    "stage": "stage",
    "laterality": "stage and laterality",
    "contralateral_stage": "stage and stage of the opposite pars",
}


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Union by stratum in one published series of pars fractures.

    Attributes
    ----------
    name, series : str
        Short name, such as "european"; and the paper, such as "Virkki 2020".
    counts : mapping of str to tuple of int
        Stratum to (united, pars).
    n_patients, n_defects : int
        Of the whole series.
    citation : Citation
        The paper.
    icc : float
        Assumed intraclass correlation of the pars of one patient.
    standardised_by : {"stage", "laterality", "contralateral_stage"}
        Whether strata are stages, or stages by laterality, or by stage of the opposite pars.
    no_verdict_since : str
        Why no verdict may rest on it; empty when one may.
    """

    name: str
    series: str
    counts: Mapping[str, tuple[int, int]]
    n_patients: int
    n_defects: int
    citation: Citation
    icc: float = PUBLISHED_ICC
    standardised_by: StandardisedBy = "stage"
    no_verdict_since: str = ""

    @property
    def design_effect(self) -> float:
        """How many times less the pars tell than independent ones, at the assumed ICC."""
        return 1 + (self.n_defects / self.n_patients - 1) * self.icc

    def rate(self, stage: str) -> float:
        """Return the published rate of a stratum."""
        n_united, n = self.counts[stage]
        return n_united / n

    def interval(self, stage: str, conf_level: float) -> Estimate:
        """Return the published rate with Jeffreys limits on counts over the design effect."""
        n_united, n = self.counts[stage]
        effect = self.design_effect
        return jeffreys_interval(n_united / effect, n / effect, conf_level=conf_level)

    def describe(self, stage: str, conf_level: float) -> dict[str, float | int]:
        """Return the published side of a row of the table of strata."""
        n_united, n = self.counts[stage]
        limits = self.interval(stage, conf_level)
        return {
            "published_n_united": n_united,
            "published_n": n,
            "published_rate": limits.estimate,
            "published_conf_low": limits.conf_low,
            "published_conf_high": limits.conf_high,
            "design_effect": self.design_effect,
        }

    def draw(self, stage: str, n_draws: int, *, seed: int) -> Floats:
        """Draw the rate of a stratum from its Jeffreys beta, on counts over the design effect."""
        n_united, n = self.counts[stage]
        effect = self.design_effect
        stream = np.random.default_rng([seed, *key_of(self.name, REFERENCES), *key_of(stage)])
        return stream.beta(n_united / effect + 0.5, (n - n_united) / effect + 0.5, n_draws)


def key_of(name: str, known: Sequence[str] = STAGES) -> tuple[int, ...]:
    """Return numbers that stand for a name in a seed: its place among those known, or its bytes."""
    return (known.index(name),) if name in known else tuple(name.encode())


def name_stratum(stage: str, other: str, by: StandardisedBy) -> str:
    """Return the name of a stratum: the stage, and what else it is divided by."""
    if by == "stage":
        return stage
    return f"{stage}, {other}" if by == "laterality" else f"{stage}, opposite {other}"


def label_standardisation(by: StandardisedBy) -> str:
    """Return what the comparison adjusts for, in words."""
    return _LABELS[by]


def require_strata(references: Sequence[Reference], strata: Sequence[str]) -> None:
    """Refuse strata for which one of the series has no rate."""
    lacking = {
        reference.series: [stage for stage in strata if stage not in reference.counts]
        for reference in references
    }
    missing = [f"{series}: {'; '.join(stages)}" for series, stages in lacking.items() if stages]
    if missing or not strata:
        raise BaselineError(
            "A verdict needs strata for which every series has a rate.",
            expected="; ".join(f"{r.series}: {', '.join(r.counts)}" for r in references),
            found=f"no rate for {'; '.join(missing)}" if missing else "no stratum",
            fix='Leave strata at ("early", "progressive"), or compare with one series.',
        )
