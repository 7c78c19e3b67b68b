"""How much each patient moves the joint estimate of union and surgery, and so its variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.stats.boxes import count_boxes_begun, count_boxes_ended
from parsoutcomes.stats.checks import (
    Floats,
    Integers,
    index_clusters,
    require_vector,
    require_vector_where,
)
from parsoutcomes.stats.npmle_competing import (
    NEITHER,
    SURGERY,
    UNION,
    CauseBoxes,
    NpmleCompeting,
    NpmleCompetingBatch,
    fit_npmle_competing,
    fit_npmle_competing_batch,
    require_causes,
)

Flags = NDArray[np.bool_]

MASSLESS = 1e-9
LAST_DAY = np.finfo(np.float64).max
RANK_TOLERANCE = 1e-10


@dataclass(frozen=True, kw_only=True)
class CompetingRows:
    """Rows for the joint estimate, with their patients.

    Attributes
    ----------
    left, right, causes, censored_at : array of shape (n_rows,)
        As in `fit_npmle_competing`.
    patient : array of shape (n_rows,)
        Patients numbered from 0.
    n_patients : int
        Number of patients.
    """

    left: Floats
    right: Floats
    causes: Integers
    censored_at: Floats
    patient: Integers
    n_patients: int

    def fit(self) -> NpmleCompeting:
        """Return the joint estimate from all rows."""
        return fit_npmle_competing(self.left, self.right, self.causes, self.censored_at)

    def fit_batch(self, weights: ArrayLike) -> NpmleCompetingBatch:
        """Return the joint estimate for each set of weights."""
        return fit_npmle_competing_batch(
            self.left, self.right, self.causes, self.censored_at, weights
        )

    def select(self, rows: NDArray[np.generic]) -> CompetingRows:
        """Return some of the rows, with patients numbered anew."""
        return read_rows(
            self.left[rows],
            self.right[rows],
            self.causes[rows],
            self.censored_at[rows],
            self.patient[rows],
        )

    def known_status(self, day: float) -> tuple[Flags, Flags]:
        """Return which rows are known with union by a day, and which known without.

        A row with surgery is known without it on every day, also where surgery is undated.
        """
        happened = (self.right <= day) & (self.causes == UNION)
        return happened, ((self.causes == SURGERY) | (self.left >= day)) & ~happened

    def exchange_causes(self) -> CompetingRows:
        """Return the same rows with union and surgery in each other's place.

        Surgery that nothing bounds ends on the last day there is: a first event needs an end.
        """
        is_open = self.causes == NEITHER
        return CompetingRows(
            left=np.where(is_open, self.censored_at, self.left),
            right=np.where(is_open, np.inf, np.minimum(self.right, LAST_DAY)),
            causes=np.where(is_open, NEITHER, UNION + SURGERY - self.causes),
            censored_at=np.where(is_open, self.left, self.censored_at),
            patient=self.patient,
            n_patients=self.n_patients,
        )


@dataclass(frozen=True, kw_only=True)
class Influence:
    """Estimates that are sums of masses, and what each patient adds to them.

    Attributes
    ----------
    estimate : array of shape (n_targets,)
        The sums.
    of_patients : array of shape (n_patients, n_targets)
        Infinitesimal jackknife.
    variance : array of shape (n_targets,)
        Between patients, with factor K / (K - 1), never below that of independent rows.
    design_effect : array of shape (n_targets,)
        Variance between patients over that of independent rows, before that floor; 1 where
        nothing varies.
    """

    estimate: Floats
    of_patients: Floats
    variance: Floats
    design_effect: Floats


def read_rows(
    left: ArrayLike,
    right: ArrayLike,
    causes: ArrayLike,
    censored_at: ArrayLike,
    clusters: ArrayLike,
) -> CompetingRows:
    """Return the rows as arrays with numbered patients; `fit_npmle_competing` checks the rest."""
    lower = require_vector("left", left)
    patient, n_patients = index_clusters(clusters, lower.size)
    cause = require_vector("causes", causes, lower.size)
    is_open = cause == NEITHER
    upper = require_vector_where("right", right, ~is_open, unread=np.inf)
    require_causes(cause, np.where(cause == SURGERY, lower, upper))
    return CompetingRows(
        left=lower,
        right=upper,
        causes=cause.astype(np.int64),
        censored_at=require_vector_where("censored_at", censored_at, is_open, unread=0.0),
        patient=patient,
        n_patients=n_patients,
    )


def measure_influence(rows: CompetingRows, fit: NpmleCompeting, targets: Floats) -> Influence:
    """Measure the influence of patients on sums of masses.

    Regular only where the boxes are few and shared, as when scans are grouped to planned visits;
    with a scan day of its own for every patient this variance has no meaning.

    Parameters
    ----------
    rows : CompetingRows
        The rows of the fit.
    fit : NpmleCompeting
        Their joint estimate.
    targets : array of shape (n_boxes, n_targets)
        How much each box of the line counts, from `incidence_targets`.

    Returns
    -------
    Influence

    Notes
    -----
    Sandwich of the multinomial likelihood on the boxes with mass, the masses summing to 1.
    """
    mass = line_mass(fit)
    held = mass > MASSLESS
    reach = (reach_of(rows, fit) & held).astype(np.float64)
    ratio = reach / (reach @ mass)[:, None]
    centring = np.diag(held.astype(np.float64)) - np.outer(held, held) / held.sum()
    information = centring @ (ratio.T @ ratio) @ centring
    moved_by = np.linalg.pinv(information, rcond=RANK_TOLERANCE, hermitian=True) @ targets
    of_patients = np.zeros((rows.n_patients, targets.shape[1]))
    np.add.at(of_patients, rows.patient, ratio @ moved_by)
    between = (of_patients**2).sum(axis=0) * rows.n_patients / max(rows.n_patients - 1, 1)
    independent = np.maximum((targets * moved_by).sum(axis=0), 0.0)
    varies = independent > 0
    return Influence(
        estimate=mass @ targets,
        of_patients=of_patients,
        variance=np.maximum(between, independent),
        design_effect=np.where(varies, between / np.where(varies, independent, 1.0), 1.0),
    )


def incidence_targets(fit: NpmleCompeting, times: Floats) -> tuple[Floats, Floats]:
    """Return, per time, the boxes of the line that make up the lower and the upper incidence."""
    boxes, n_after = fit.union, fit.surgery.left.size
    order = np.arange(boxes.left.size)[:, None]
    ended = order < count_boxes_ended(boxes.right, times)
    begun = order < count_boxes_begun(boxes.left, boxes.right, times) if boxes.left.size else ended
    after = np.zeros((n_after, times.size))
    low = np.vstack([ended, np.zeros((1, times.size)), after])
    high = np.vstack([begun, (times > boxes.open_left)[None], after])
    return low.astype(np.float64), high.astype(np.float64)


def line_mass(fit: NpmleCompeting) -> Floats:
    """Return the masses in line: union boxes, the open box, surgery boxes backwards."""
    return np.concatenate([fit.union.mass, [fit.open_mass], fit.surgery.mass[::-1]])


def reach_of(rows: CompetingRows, fit: NpmleCompeting | NpmleCompetingBatch) -> Flags:
    """Return which boxes of the line each row's event may lie in."""
    is_open = rows.causes == NEITHER
    begin = np.where(is_open, rows.censored_at, rows.left)
    union = _inside(rows.left, rows.right, fit.union) & (rows.causes != SURGERY)[:, None]
    surgery = _inside(begin, rows.right, fit.surgery) & (rows.causes != UNION)[:, None]
    return np.column_stack([union, is_open, surgery[:, ::-1]])


def _inside(left: Floats, right: Floats, boxes: CauseBoxes) -> Flags:
    starts_inside = np.where(
        boxes.left == boxes.right,
        (left[:, None] < boxes.left) | ((left == right)[:, None] & (left[:, None] == boxes.left)),
        left[:, None] <= boxes.left,
    )
    return np.asarray(starts_inside & (boxes.right <= right[:, None]))
