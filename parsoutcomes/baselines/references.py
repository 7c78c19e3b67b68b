"""The published series that our union rates are set beside, stratum by stratum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from parsoutcomes.baselines.published import cite_study, load_baselines
from parsoutcomes.conventions import PUBLISHED_ICC, STAGES
from parsoutcomes.errors import BaselineError
from parsoutcomes.results.base import Citation
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.estimates import Estimate
from parsoutcomes.stats.proportions import jeffreys_interval

_STUDY_OF: Final = MappingProxyType({"european": "virkki2020", "japanese": "tatsumura2022"})
REFERENCES: Final = tuple(_STUDY_OF)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Union by stage in one published series of pars fractures.

    Attributes
    ----------
    name, series : str
        "european" or "japanese"; and the paper, such as "Virkki 2020".
    counts : mapping of str to tuple of int
        Stage to (united, pars).
    n_patients, n_defects : int
        Of the whole series.
    citation : Citation
        The paper.
    """

    name: str
    series: str
    counts: Mapping[str, tuple[int, int]]
    n_patients: int
    n_defects: int
    citation: Citation

    @property
    def design_effect(self) -> float:
        """How many times less the pars tell than independent ones, at the assumed ICC."""
        return 1 + (self.n_defects / self.n_patients - 1) * PUBLISHED_ICC

    def rate(self, stage: str) -> float:
        """Return the published rate of a stage."""
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
        """Draw the rate of a stage from its Jeffreys beta, on counts over the design effect."""
        n_united, n = self.counts[stage]
        effect = self.design_effect
        stream = np.random.default_rng([seed, REFERENCES.index(self.name), STAGES.index(stage)])
        return stream.beta(n_united / effect + 0.5, (n - n_united) / effect + 0.5, n_draws)


def load_reference(name: str) -> Reference:
    """Return a published series with its union by stage; `name` is one of `REFERENCES`.

    Examples
    --------
    >>> japanese = load_reference("japanese")
    >>> japanese.series, japanese.counts["early"], round(japanese.design_effect, 2)
    ('Tatsumura 2022', (81, 97), 1.1)
    """
    baselines = load_baselines(outcome="union", unit="defect")
    study_id = _STUDY_OF[name]
    study = baselines.studies.set_index("study_id", drop=False).loc[study_id]
    rates = baselines.rates
    spoken = rates[rates["study_id"].eq(study_id) & rates["pool_default"]].set_index("stage")
    whole = (spoken[["laterality", "contralateral_stage", "level"]] == "any").all(axis=1)
    by_stage = spoken.loc[whole & spoken.index.isin(STAGES), ["n_united", "n"]].astype(int)
    counts = {str(stage): (int(k), int(n)) for stage, k, n in by_stage.itertuples()}
    return Reference(
        name=name,
        series=f"{study['first_author']} {study['year']}",
        counts=MappingProxyType({stage: counts[stage] for stage in STAGES if stage in counts}),
        n_patients=int(str(study["n_patients"])),
        n_defects=int(str(study["n_defects"])),
        citation=cite_study({str(column): value for column, value in study.items()}),
    )


def require_strata(references: tuple[Reference, ...], strata: tuple[str, ...]) -> None:
    """Refuse strata for which one of the series has no rate."""
    lacking = {
        reference.series: [stage for stage in strata if stage not in reference.counts]
        for reference in references
    }
    missing = [f"{series}: {', '.join(stages)}" for series, stages in lacking.items() if stages]
    if missing or not strata:
        raise BaselineError(
            "A verdict needs strata for which every series has a rate.",
            expected="; ".join(f"{r.series}: {', '.join(r.counts)}" for r in references),
            found=f"no rate for {'; '.join(missing)}" if missing else "no stratum",
            fix='Leave strata at ("early", "progressive"), or compare with one series.',
        )
