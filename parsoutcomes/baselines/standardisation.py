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

RATIO: Final = "observed_over_expected"
MEASURES: Final = ("observed", "expected", RATIO, "excess_per_100")
_COLUMNS: Final = (
    "measure",
    "estimate",
    "conf_low",
    "conf_high",
    "conf_level",
    "estimate_low",
    "estimate_high",
)


@dataclass(frozen=True, kw_only=True)
class Standardised:
    """Observed and expected union against one series, with draws for their limits.

    Attributes
    ----------
    lowest, highest : dict of str to float
        The values of the four measures that the data allow: equal where they tell one.
    low, high : dict of str to array of shape (n_resamples,)
        Draws for the lower and upper limit of each.
    """

    lowest: dict[str, float]
    highest: dict[str, float]
    low: dict[str, Floats]
    high: dict[str, Floats]

    def limits(self, measure: str, conf_level: float) -> tuple[float, float]:
        """Return the lower and upper limit of a measure, equal tails."""
        tail = (1 - conf_level) / 2
        low = float(np.quantile(self.low[measure], tail))
        return low, float(np.quantile(self.high[measure], 1 - tail))

    def estimate(self, measure: str) -> float:
        """Return the value of a measure; not a number when the data leave it open."""
        lowest, highest = self.lowest[measure], self.highest[measure]
        return lowest if lowest == highest else float("nan")

    def side_of_one(self, conf_level: float = CONF_LEVEL) -> int | None:
        """Return 1 when the whole interval of O/E lies above 1, -1 when below, 0 when it holds 1.

        None when that cannot be said: there is no interval, or it holds 1 and what is not known
        decides alone on which side the value lies.
        """
        low, high = self.limits(RATIO, conf_level)
        straddles = self.lowest[RATIO] < 1 < self.highest[RATIO]
        if not np.isfinite([low, high]).all() or straddles:
            return None
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
    rate. In every draw one set of patient weights gives the mix of stages of both. A stage whose
    rate the data leave open enters with its lowest and with its highest; when all are wholly open,
    observed is not a number.
    """
    published = np.array([reference.rate(rate.stage) for rate in rates])
    drawn = _stack([reference.draw(rate.stage, n_resamples, seed=seed) for rate in rates])
    sizes = _stack([rate.sizes for rate in rates])
    nothing = np.nan if all(rate.is_open for rate in rates) else 0.0
    low, high = _stack([rate.low for rate in rates]), _stack([rate.high for rate in rates])
    n_of = np.array([float(rate.n_defects) for rate in rates])
    lowest = np.array([rate.lowest for rate in rates])
    highest = np.array([rate.highest for rate in rates])
    return Standardised(
        lowest=_as_floats(_measure(n_of, lowest + nothing, published, n_of.sum())),
        highest=_as_floats(_measure(n_of, highest + nothing, published, n_of.sum())),
        low=_measure(sizes, low + nothing, drawn, n_of.sum()),
        high=_measure(sizes, high + nothing, drawn, n_of.sum()),
    )


def _as_floats(values: dict[str, Floats]) -> dict[str, float]:
    return {measure: float(value) for measure, value in values.items()}


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
        lowest, highest = standardised.lowest[measure], standardised.highest[measure]
        estimate = standardised.estimate(measure)
        rows.append((measure, estimate, low, high, conf_level, lowest, highest))
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.assign(
        n_defects=sum(rate.n_defects for rate in rates),
        n_events=sum(rate.n_events for rate in rates),
    )
