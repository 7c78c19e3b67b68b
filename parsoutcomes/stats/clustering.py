"""How alike the defects of a patient are, from events and defects per patient."""

from __future__ import annotations

from parsoutcomes.stats.checks import Floats


def linearised_variance(n_events_of: Floats, n_of: Floats) -> float:
    """Return the between-patient variance of a proportion; not a number with one patient."""
    if n_of.size == 1:
        return float("nan")
    estimate = n_events_of.sum() / n_of.sum()
    residuals = n_events_of - estimate * n_of
    factor = n_of.size / (n_of.size - 1)
    return float(factor * (residuals**2).sum() / n_of.sum() ** 2)


def icc_anova(n_events_of: Floats, n_of: Floats) -> float:
    """Return the intraclass correlation by analysis of variance."""
    n, n_clusters = n_of.sum(), n_of.size
    estimate = n_events_of.sum() / n
    if n_clusters in (1, n) or estimate in (0, 1):
        return float("nan")
    rates = n_events_of / n_of
    between = float((n_of * (rates - estimate) ** 2).sum()) / (n_clusters - 1)
    within = float((n_of * rates * (1 - rates)).sum()) / (n - n_clusters)
    mean_size = (n - (n_of**2).sum() / n) / (n_clusters - 1)
    return float((between - within) / (between + (mean_size - 1) * within))


def icc_fleiss_cuzick(n_events_of: Floats, n_of: Floats) -> float:
    """Return the intraclass correlation of Fleiss and Cuzick."""
    n, n_clusters = n_of.sum(), n_of.size
    estimate = n_events_of.sum() / n
    if n_clusters in (1, n) or estimate in (0, 1):
        return float("nan")
    within = float((n_events_of * (n_of - n_events_of) / n_of).sum())
    return float(1 - within / ((n - n_clusters) * estimate * (1 - estimate)))
