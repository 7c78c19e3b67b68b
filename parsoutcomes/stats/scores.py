"""Comparing groups whose union is seen only at scans: Sun's score test, patients kept whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2
from scipy.stats import f as fisher

from parsoutcomes.conventions import N_RESAMPLES, SEED
from parsoutcomes.errors import ArgumentError, EstimationError, require_choice
from parsoutcomes.stats.boxes import find_boxes, require_intervals
from parsoutcomes.stats.checks import Floats, Integers, index_clusters
from parsoutcomes.stats.interval_likelihood import Ranges, maximise

METHODS = ("auto", "permutation", "sandwich")
NEGLIGIBLE = 1e-9
PERMUTATIONS_TOGETHER = 500


@dataclass(frozen=True, kw_only=True)
class ScoreTest:
    """Whether groups differ in their time to the event.

    Attributes
    ----------
    groups : tuple of str
        Groups with rows, in sorted order.
    n_rows, n_patients : array of shape (n_groups,)
        Of each group.
    scores : array of shape (n_groups,)
        Events more (above 0) or fewer than expected if the groups did not differ; they sum to 0.
    statistic : float
        Quadratic form of the scores.
    degrees_of_freedom : int
        Its rank.
    p_value : float
        From the permutations, or from F on the sandwich.
    p_value_asymptotic : float
        From chi-square, for comparison.
    method : str
        "permutation" or "sandwich".
    n_permutations : int
        Drawn; 0 for the sandwich.
    """

    groups: tuple[str, ...]
    n_rows: Integers
    n_patients: Integers
    scores: Floats
    statistic: float
    degrees_of_freedom: int
    p_value: float
    p_value_asymptotic: float
    method: str
    n_permutations: int


@dataclass(frozen=True, kw_only=True)
class _Grouped:
    """Rows with their group and patient as numbers, and the pooled scores."""

    labels: tuple[str, ...]
    group: Integers
    patient: Integers
    n_patients: int
    contributions: Floats

    @property
    def member(self) -> Floats:
        return np.asarray(self.group[:, None] == np.arange(len(self.labels)), dtype=np.float64)


def score_rows(left: ArrayLike, right: ArrayLike) -> Floats:
    """Return each row's score from the pooled curve: early events above 0, late and none below.

    Parameters
    ----------
    left, right : array of shape (n_rows,)
        The event lies in (left, right].

    Returns
    -------
    array of shape (n_rows,)
        Sum 0. With exact and right-censored times these are the log-rank scores.

    Notes
    -----
    One minus the cumulative hazard expected over the row's interval, under the pooled estimate;
    for a row without the event, minus the cumulative hazard at its left end.

    References
    ----------
    Sun J. Stat Med 1996;15:1387-1395.

    Examples
    --------
    >>> score_rows([0, 3, 6], [3, 6, float("inf")]).round(4).tolist()
    [0.6667, 0.1667, -0.8333]
    """
    expected, at_risk, hazard = _expect(*require_intervals(left, right))
    return np.asarray((expected - at_risk * hazard).sum(axis=1))


def compare_groups(
    left: ArrayLike,
    right: ArrayLike,
    groups: Sequence[object] | NDArray[np.generic],
    clusters: ArrayLike,
    *,
    method: str = "auto",
    n_permutations: int = N_RESAMPLES,
    seed: int = SEED,
) -> ScoreTest:
    """Test whether groups of pars differ in their time to union.

    Not when groups are scanned on different schedules and are permuted: use the sandwich. Not for
    surgery that depends on union, which is taken as the end of follow-up. A p-value says nothing
    of how large a difference is: give the differences in cumulative union beside it.

    Parameters
    ----------
    left, right : array of shape (n_rows,)
        The event lies in (left, right].
    groups : array of shape (n_rows,)
        The group of each row.
    clusters : array of shape (n_rows,)
        The patient of each row.
    method : {"auto", "permutation", "sandwich"}
        "auto" permutes whole patients where every patient is in one group, and takes the sandwich
        otherwise.
    n_permutations, seed : int
        Of the permutation.

    Returns
    -------
    ScoreTest

    Raises
    ------
    ArgumentError
        When groups do not fit, or patients in several groups are to be permuted.
    EstimationError
        When fewer than two groups have rows, nobody has the event, or no score differs.

    Notes
    -----
    Sun's (1996) score with the pooled nonparametric estimate. Permutation: labels move between
    patients with all their defects; the statistic is the quadratic form in its permutation
    covariance, p = (1 + as large) / (1 + drawn). Sandwich: each row's difference between what it
    showed and what was expected, weighted by its group less the group's share of those at risk,
    summed by patient; Hotelling's F on K - rank degrees of freedom. With exact and right-censored
    times and a patient per row, the score is the log-rank test's.

    At 5 %, equal groups were told apart in 400 simulated cohorts of 40 and of 100 patients (60 %
    with two defects) by the permutation in 4.8 and 3.5 % (two groups), 4.8 and 5.0 % (three); by
    the sandwich in 6.5 and 4.3 %, 7.8 and 6.5 %: with few patients prefer the permutation.

    References
    ----------
    Sun J. Stat Med 1996;15:1387-1395.

    Examples
    --------
    >>> left, right = [0, 0, 0, 0, 6, 6, 6, 6], [3, 3, 3, 3] + [float("inf")] * 4
    >>> test = compare_groups(left, right, ["a"] * 4 + ["b"] * 4, range(8))
    >>> test.scores.round(6).tolist(), test.degrees_of_freedom, test.method
    ([2.0, -2.0], 1, 'permutation')
    >>> test.p_value < 0.05
    True
    """
    require_choice("method", method, METHODS)
    lower, upper = require_intervals(left, right)
    rows = _read_groups(lower, upper, groups, clusters)
    is_whole = _patients_are_whole(rows)
    if method == "permutation" and not is_whole:
        raise ArgumentError(
            "Patients cannot be permuted when they are in several groups.",
            expected="one group for all defects of a patient",
            found=f"{_count_split(rows)} patients in several groups",
            fix='Use method="sandwich".',
        )
    permutes = is_whole and method != "sandwich"
    member = rows.member
    if permutes:
        found = _permute(rows, n_permutations, seed)
    else:
        found = _sandwich(rows, _centred_sums(lower, upper, rows))
    per_patient = np.zeros((rows.n_patients, member.shape[1]))
    np.add.at(per_patient, rows.patient, member)
    return ScoreTest(
        groups=rows.labels,
        n_rows=member.sum(axis=0).astype(np.int64),
        n_patients=(per_patient > 0).sum(axis=0),
        scores=member.T @ rows.contributions,
        statistic=found[0],
        degrees_of_freedom=found[1],
        p_value=found[2],
        p_value_asymptotic=float(chi2.sf(found[0], found[1])),
        method="permutation" if permutes else "sandwich",
        n_permutations=n_permutations if permutes else 0,
    )


def _expect(left: Floats, right: Floats) -> tuple[Floats, Floats, Floats]:
    """Return, per row and box, the events expected and the time at risk; and the pooled hazard.

    Rows without the event are at risk in the boxes up to their left end, and show none.
    """
    boxes = find_boxes(left, right)
    n_boxes = boxes.left.size
    mass = maximise(
        Ranges(first=boxes.first, last=boxes.last, weights=np.ones(left.size), n_boxes=n_boxes)
    ).mass
    order = np.arange(n_boxes)
    inside = (boxes.first[:, None] <= order) & (order <= boxes.last[:, None])
    ended = np.isfinite(right)
    share = inside * mass
    share = share / share.sum(axis=1, keepdims=True)
    expected = np.where(ended[:, None], share, 0.0)
    later = np.cumsum(share[:, ::-1], axis=1)[:, ::-1]
    at_risk = np.where(ended[:, None], later, order < boxes.first[:, None])
    surviving = np.cumsum(mass[::-1])[::-1]
    hazard = np.divide(mass, surviving, out=np.zeros(n_boxes), where=surviving > NEGLIGIBLE)
    return expected, at_risk.astype(np.float64), hazard


def _read_groups(
    left: Floats,
    right: Floats,
    groups: Sequence[object] | NDArray[np.generic],
    clusters: ArrayLike,
) -> _Grouped:
    labels = [str(label) for label in groups]
    if len(labels) != left.size:
        raise ArgumentError(
            "groups has the wrong shape.",
            expected=f"one group for each of {left.size} rows",
            found=f"{len(labels)} values",
            fix="Give the group of every row, in the order of the rows.",
        )
    names, group = np.unique(np.array(labels), return_inverse=True)
    patient, n_patients = index_clusters(clusters, left.size)
    contributions = score_rows(left, right)
    if names.size < 2 or np.isinf(right).all() or np.abs(contributions).max() < NEGLIGIBLE:
        raise EstimationError(
            "There is nothing to compare.",
            expected="two groups with rows, some with the event, and not all at the same time",
            found=f"{names.size} groups with rows, {int(np.isfinite(right).sum())} events",
            fix="Report each group's count and its interval instead.",
        )
    return _Grouped(
        labels=tuple(str(name) for name in names),
        group=np.asarray(group, dtype=np.int64),
        patient=patient,
        n_patients=n_patients,
        contributions=contributions,
    )


def _first_groups(rows: _Grouped) -> Integers:
    first = np.zeros(rows.n_patients, dtype=np.int64)
    first[rows.patient[::-1]] = rows.group[::-1]
    return first


def _count_split(rows: _Grouped) -> int:
    differs = rows.group != _first_groups(rows)[rows.patient]
    return int(np.unique(rows.patient[differs]).size)


def _patients_are_whole(rows: _Grouped) -> bool:
    return _count_split(rows) == 0


def _permute(rows: _Grouped, n_permutations: int, seed: int) -> tuple[float, int, float]:
    sums = np.asarray(np.bincount(rows.patient, rows.contributions), dtype=np.float64)
    member = np.eye(len(rows.labels))[_first_groups(rows)]
    share: Floats = member.mean(axis=0)
    spread = float((sums**2).sum() - sums.sum() ** 2 / sums.size) / max(sums.size - 1, 1)
    covariance = spread * sums.size * (np.diag(share) - np.outer(share, share))
    inverse = np.asarray(
        np.linalg.pinv(covariance, rcond=NEGLIGIBLE, hermitian=True), dtype=np.float64
    )
    centre = sums.sum() * share
    rank = len(rows.labels) - 1
    if spread < NEGLIGIBLE:
        return 0.0, rank, 1.0
    observed = _quadratic((sums @ member - centre)[None], inverse)[0]
    drawn = _draw_quadratics(sums, member, centre, inverse, (n_permutations, seed))
    n_as_large = int((drawn >= observed * (1 - NEGLIGIBLE)).sum())
    return float(observed), rank, (1 + n_as_large) / (1 + n_permutations)


def _draw_quadratics(
    sums: Floats, member: Floats, centre: Floats, inverse: Floats, plan: tuple[int, int]
) -> Floats:
    generator = np.random.default_rng(plan[1])
    parts = []
    for start in range(0, plan[0], PERMUTATIONS_TOGETHER):
        size = min(PERMUTATIONS_TOGETHER, plan[0] - start)
        shuffled = generator.permuted(np.tile(sums, (size, 1)), axis=1)
        parts.append(_quadratic(shuffled @ member - centre, inverse))
    return np.concatenate(parts)


def _quadratic(values: Floats, inverse: Floats) -> Floats:
    return np.asarray(((values @ inverse) * values).sum(axis=1))


def _centred_sums(left: Floats, right: Floats, rows: _Grouped) -> Floats:
    """Return, by patient and group, excess events weighted by the group less its share at risk."""
    expected, at_risk, hazard = _expect(left, right)
    member = rows.member
    total = at_risk.sum(axis=0)
    share = (at_risk.T @ member) / np.where(total > 0, total, 1.0)[:, None]
    excess = expected - at_risk * hazard
    of_rows = excess.sum(axis=1)[:, None] * member - excess @ share
    of_patients = np.zeros((rows.n_patients, member.shape[1]))
    np.add.at(of_patients, rows.patient, of_rows)
    return of_patients


def _sandwich(rows: _Grouped, of_patients: Floats) -> tuple[float, int, float]:
    n_patients = rows.n_patients
    total = of_patients.sum(axis=0)
    deviations = of_patients - total / n_patients
    covariance = deviations.T @ deviations * n_patients / max(n_patients - 1, 1)
    rank = int(np.linalg.matrix_rank(covariance, tol=NEGLIGIBLE, hermitian=True))
    if rank == 0 or n_patients <= rank:
        raise EstimationError(
            "The groups cannot be compared over so few patients.",
            expected="more patients than groups, and patients who differ",
            found=f"{n_patients} patients, {len(rows.labels)} groups",
            fix="Report each group's count and its interval instead.",
        )
    inverse = np.linalg.pinv(covariance, rcond=NEGLIGIBLE, hermitian=True)
    statistic = float(_quadratic(total[None], inverse)[0])
    scaled = statistic * (n_patients - rank) / (rank * (n_patients - 1))
    return statistic, rank, float(fisher.sf(scaled, rank, n_patients - rank))
