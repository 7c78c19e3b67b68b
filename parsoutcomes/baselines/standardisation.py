"""Observed against expected union at our own mix of stages, both resampled together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.baselines.references import Reference
from parsoutcomes.baselines.strata import StratumRate
from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.stats.checks import Floats

MEASURES: Final = ("observed", "expected", "observed_over_expected", "excess_per_100")


@dataclass(frozen=True, kw_only=True)
class Standardised:
    """Observed and expected union against one series, with draws for their limits.

    Attributes
    ----------
    estimates : dict of str to float
        The four measures.
    low, high : dict of str to array of shape (n_resamples,)
        Draws for the lower and upper limit of each.
    """

    estimates: dict[str, float]
    low: dict[str, Floats]
    high: dict[str, Floats]

    def limits(self, measure: str, conf_level: float) -> tuple[float, float]:
        """Return the lower and upper limit of a measure, equal tails."""
        if not np.isfinite(self.estimates[measure]):
            return float("nan"), float("nan")
        tail = (1 - conf_level) / 2
        low = float(np.quantile(self.low[measure], tail))
        return low, float(np.quantile(self.high[measure], 1 - tail))

    def side_of_one(self, conf_level: float = CONF_LEVEL) -> int:
        """Return 1 when the whole interval of O/E lies above 1, -1 when below, else 0."""
        low, high = self.limits("observed_over_expected", conf_level)
        return int(low > 1) - int(high < 1)


def standardise(
    rates: Sequence[StratumRate], reference: Reference, *, n_resamples: int, seed: int
) -> Standardised:
    """Set our union beside what a series would expect of the same stages.

    Parameters
    ----------
    rates : sequence of StratumRate
        Our strata; each has a rate in the reference.
    reference : Reference
        The series.
    n_resamples, seed : int
        As the rates were drawn with.

    Returns
    -------
    Standardised

    Notes
    -----
    Observed = sum over stages of our pars times our rate, expected = the same times the published
    rate. In every draw one set of patient weights gives the mix of stages of both.
    """
    published = np.array([reference.rate(rate.stage) for rate in rates])
    drawn = _stack([reference.draw(rate.stage, n_resamples, seed=seed) for rate in rates])
    sizes = _stack([rate.sizes for rate in rates])
    low, high = _stack([rate.low for rate in rates]), _stack([rate.high for rate in rates])
    n_of = np.array([float(rate.n_defects) for rate in rates])
    ours = np.array([rate.estimate for rate in rates])
    point = _measure(n_of, ours, published, n_of.sum())
    return Standardised(
        estimates={measure: float(value) for measure, value in point.items()},
        low=_measure(sizes, low, drawn, n_of.sum()),
        high=_measure(sizes, high, drawn, n_of.sum()),
    )


def _stack(draws: Sequence[Floats]) -> Floats:
    return np.column_stack(draws) if draws else np.empty((1, 0))


def _measure(sizes: Floats, ours: Floats, published: Floats, n: float) -> dict[str, Floats]:
    """Strata lie along the last axis; counts are scaled to our own number of pars, n."""
    with np.errstate(invalid="ignore", divide="ignore"):
        total = sizes.sum(axis=-1)
        observed = (sizes * ours).sum(axis=-1) / total
        expected = (sizes * published).sum(axis=-1) / total
        values = (n * observed, n * expected, observed / expected, 100 * (observed - expected))
    return {measure: np.asarray(value) for measure, value in zip(MEASURES, values, strict=True)}


def tabulate(
    standardised: Standardised, rates: Sequence[StratumRate], *, conf_level: float
) -> pd.DataFrame:
    """Return the four measures as rows with their limits."""
    rows = []
    for measure in MEASURES:
        low, high = standardised.limits(measure, conf_level)
        rows.append((measure, standardised.estimates[measure], low, high, conf_level))
    frame = pd.DataFrame(
        rows, columns=["measure", "estimate", "conf_low", "conf_high", "conf_level"]
    )
    return frame.assign(
        n_defects=sum(rate.n_defects for rate in rates),
        n_events=sum(rate.n_events for rate in rates),
    )
