"""A distribution of a rate, held as the density of its logit on an even lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import brentq
from scipy.special import betaln, expit
from scipy.stats import binom

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import Floats, require_count_pair

LATTICE_END: Final = 15.0
STEP: Final = 0.02
LOGITS: Final = np.linspace(-LATTICE_END, LATTICE_END, round(2 * LATTICE_END / STEP) + 1)
RATES: Final = expit(LOGITS)
_NEGLIGIBLE: Final = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class RateDensity:
    """A distribution of a rate, for priors and posteriors that have no closed form.

    Not for likelihoods of more than about 10,000 observations, which the lattice does not resolve.

    Attributes
    ----------
    density : array
        Of the logit of the rate at `LOGITS`; it sums to 1 over the lattice times its step.

    Examples
    --------
    >>> flat = beta_density(1, 1)
    >>> posterior, _ = flat.update(8, 10)
    >>> round(posterior.mean(), 4), round(posterior.effective_sample_size(), 2)
    (0.75, 12.0)
    """

    density: Floats

    def mean(self) -> float:
        """Return the mean rate."""
        return float((self.density * RATES).sum() * STEP)

    def standard_deviation(self) -> float:
        """Return the standard deviation of the rate."""
        variance = float((self.density * (RATES - self.mean()) ** 2).sum() * STEP)
        return float(np.sqrt(variance))

    def cumulative(self) -> Floats:
        """Return the probability of a rate at or below each lattice point.

        Trapezoids with the first Euler-Maclaurin correction.
        """
        inner = (self.density[1:] + self.density[:-1]) * STEP / 2
        total = np.concatenate([[0.0], np.cumsum(inner)])
        total -= STEP**2 / 12 * np.gradient(self.density, STEP)
        return np.asarray(np.clip(np.maximum.accumulate(total / total[-1]), 0.0, 1.0))

    def quantile(self, level: float) -> float:
        """Return the rate below which a share `level` of the distribution lies."""
        cumulative = self.cumulative()
        cell = int(np.clip(np.searchsorted(cumulative, level), 1, LOGITS.size - 1))
        ends = slice(cell - 1, cell + 1)
        curve = CubicHermiteSpline(LOGITS[ends], cumulative[ends], self.density[ends])
        low, high = LOGITS[ends]
        return float(expit(brentq(lambda at: float(curve(at)) - level, low, high)))

    def probability_above(self, other: RateDensity) -> float:
        """Return how probably this rate exceeds an independent one from `other`."""
        return float((self.density * other.cumulative()).sum() * STEP)

    def predict_counts(self, n: int) -> Floats:
        """Return the probabilities of 0, 1, ..., n events among n."""
        counts = binom.pmf(np.arange(n + 1)[:, None], n, RATES[None, :])
        return np.asarray(counts @ self.density * STEP)

    def update(self, n_events: float, n: float) -> tuple[RateDensity, float]:
        """Return the posterior after `n_events` of `n`, and the log of the mean likelihood.

        Counts may be effective ones, not whole; the binomial coefficient is left out.
        """
        if n == 0:
            return self, 0.0
        events, total = require_count_pair(n_events, n)
        log_likelihood = _log_likelihood(events, total)
        highest = float(log_likelihood.max())
        joint = self.density * np.exp(log_likelihood - highest)
        evidence = float(joint.sum() * STEP)
        return RateDensity(density=joint / evidence), highest + float(np.log(evidence))

    def effective_sample_size(self) -> float:
        """Return how many observations the distribution is worth, as expected local information.

        Notes
        -----
        The expected local-information-ratio (ELIR) size of Neuenschwander 2020 on the logit
        scale: the mean, over the distribution, of minus the second derivative of its log density
        by the information p(1 - p) of one observation. A + B for Beta(A, B).
        """
        kept = self.density > _NEGLIGIBLE * self.density.max()
        log_density = np.log(np.where(kept, self.density, 1.0))
        inside = kept[:-2] & kept[1:-1] & kept[2:]
        curvature = (log_density[:-2] - 2 * log_density[1:-1] + log_density[2:]) / STEP**2
        information = (RATES * (1 - RATES))[1:-1]
        ratio = np.where(inside, -curvature / information, 0.0)
        return float((self.density[1:-1] * ratio).sum() * STEP)

    def density_of_rate(self) -> Floats:
        """Return the density of the rate itself at `RATES`."""
        return np.asarray(self.density / (RATES * (1 - RATES)))


def beta_density(a: float, b: float) -> RateDensity:
    """Return a beta distribution on the lattice.

    Examples
    --------
    >>> round(beta_density(11, 32).quantile(0.5), 3)
    0.252
    """
    if not (a > 0 and b > 0):
        raise ArgumentError(
            "A beta distribution needs two positive numbers.",
            expected="a > 0 and b > 0",
            found=f"a = {a}, b = {b}",
            fix="Beta(1, 1) is the flat distribution.",
        )
    return RateDensity(density=np.exp(_log_likelihood(a, a + b) - betaln(a, b)))


def mix_densities(parts: list[tuple[float, RateDensity]]) -> RateDensity:
    """Return a mixture of distributions; the weights sum to 1.

    Examples
    --------
    >>> both = mix_densities([(0.8, beta_density(8, 2)), (0.2, beta_density(1, 1))])
    >>> round(both.mean(), 2)
    0.74
    """
    mixed = sum((weight * part.density for weight, part in parts), start=np.zeros(LOGITS.size))
    return RateDensity(density=np.asarray(mixed))


def _log_likelihood(n_events: float, n: float) -> Floats:
    """Log of p^x (1 - p)^(n - x) along the lattice."""
    return np.asarray(n_events * LOGITS - n * np.logaddexp(0.0, LOGITS))
