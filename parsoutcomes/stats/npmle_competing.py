"""Joint nonparametric estimate of union and surgery, when union is seen only at scans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.boxes import (
    Boxes,
    accumulate,
    count_boxes_begun,
    count_boxes_ended,
    find_boxes,
    require_intervals,
)
from parsoutcomes.stats.checks import (
    Floats,
    Integers,
    require_cause,
    require_contact,
    require_vector,
    require_vector_where,
    require_weights,
)
from parsoutcomes.stats.interval_batch import maximise_batch, require_weight_matrix
from parsoutcomes.stats.interval_likelihood import Ranges, maximise

NEITHER, UNION, SURGERY = 0, 1, 2
NO_END = np.finfo(np.float64).max  # orders an undated surgery before "not yet", which is infinite


@dataclass(frozen=True, kw_only=True)
class CauseBoxes:
    """Where events of one cause may lie, and with what probability.

    Attributes
    ----------
    left, right : array of shape (n_boxes,)
        Boxes (left, right] in order of time, all of them closed; left == right is one day.
    mass : array of shape (n_boxes,) or (n_resamples, n_boxes)
        Probability of an event of this cause in each box.
    open_left : float
        From here on the open mass may hold events of this cause; inf when there is none.
    """

    left: Floats
    right: Floats
    mass: Floats
    open_left: float


@dataclass(frozen=True, kw_only=True)
class NpmleCompeting:
    """The joint nonparametric maximum likelihood estimate of two competing events.

    Attributes
    ----------
    union, surgery : CauseBoxes
        Boxes and masses of cause 1 and cause 2.
    open_mass : float
        Probability of neither event by the last date on which it was looked for. Whether it will
        end in union, in surgery or in neither is not determined.
    log_likelihood, max_gradient : float
        At the maximum; the gradient gap is per unit weight.
    n_iterations : int
        Newton steps taken.
    """

    union: CauseBoxes
    surgery: CauseBoxes
    open_mass: float
    log_likelihood: float
    max_gradient: float
    n_iterations: int

    def incidence_at(self, times: ArrayLike, cause: int) -> tuple[Floats, Floats]:
        """Return the lowest and highest cumulative incidence of one cause by each time.

        Parameters
        ----------
        times : array of shape (n_times,)
            In the unit of the intervals.
        cause : int
            1 for union, 2 for surgery.

        Returns
        -------
        tuple of two arrays of shape (n_times,)
            Lower and upper probability of an event of that cause on or before each time.
        """
        boxes = _choose(cause, self.union, self.surgery)
        return _incidence(boxes, boxes.mass, np.asarray(self.open_mass), times)


@dataclass(frozen=True, kw_only=True)
class NpmleCompetingBatch:
    """One joint estimate for each row of a matrix of weights, all on the same boxes.

    Attributes
    ----------
    union, surgery : CauseBoxes
        Boxes and, for each resample, the least delayed masses.
    union_late, surgery_late : array of shape (n_resamples, n_boxes)
        The most delayed masses: the two differ where a resample cannot tell boxes apart.
    open_mass, open_mass_late : array of shape (n_resamples,)
        Open mass beside the least and the most delayed masses of union.
    max_gradient : array of shape (n_resamples,)
        Gradient gaps.
    """

    union: CauseBoxes
    surgery: CauseBoxes
    union_late: Floats
    surgery_late: Floats
    open_mass: Floats
    open_mass_late: Floats
    max_gradient: Floats

    def incidence_at(self, times: ArrayLike, cause: int) -> tuple[Floats, Floats]:
        """Return the lowest and highest cumulative incidence at each time, for each resample.

        Parameters
        ----------
        times : array of shape (n_times,)
            In the unit of the intervals.
        cause : int
            1 for union, 2 for surgery.

        Returns
        -------
        tuple of two arrays of shape (n_resamples, n_times)
            Lower and upper cumulative incidence.
        """
        boxes = _choose(cause, self.union, self.surgery)
        late = self.union_late if cause == UNION else self.surgery_late
        open_mass = self.open_mass if cause == UNION else self.open_mass_late
        return _incidence(boxes, late, open_mass, times)


@dataclass(frozen=True, kw_only=True)
class _Line:
    """Both causes on one line: union boxes in order, the open box, surgery boxes backwards.

    A row with neither event may still unite after `left` or be operated on after `censored_at`:
    on this line those two tails meet in the middle, so that every row is one contiguous range.
    """

    union: CauseBoxes
    surgery: CauseBoxes
    has_open: bool
    first: Integers
    last: Integers

    @property
    def n_boxes(self) -> int:
        return self.union.left.size + self.has_open + self.surgery.left.size

    def split(self, mass: Floats) -> tuple[Floats, Floats, Floats]:
        n_union = self.union.left.size
        n_before = n_union + self.has_open
        open_mass = mass[..., n_union:n_before].sum(axis=-1)
        return mass[..., :n_union], mass[..., n_before:][..., ::-1], open_mass


def fit_npmle_competing(
    left: ArrayLike,
    right: ArrayLike,
    causes: ArrayLike,
    censored_at: ArrayLike,
    *,
    weights: ArrayLike | None = None,
) -> NpmleCompeting:
    """Estimate the probabilities of union and of surgery over time, from scans that bracket union.

    Surgery ends the chance of union, so it is not censoring: a curve that censors it overstates
    union. Not for causes that are unknown, and without a standard error of its own: resample
    patients (`fit_npmle_competing_batch`).

    Parameters
    ----------
    left, right : array of shape (n_rows,)
        Cause 1: union lies in (left, right], right finite. Cause 2: surgery lies in (left, right],
        left == right for its day, inf when nothing bounds it. Cause 0: `left` is the last scan
        without union (0 when there was none); `right` is not read.
    causes : array of shape (n_rows,)
        0 neither yet, 1 union, 2 surgery before any union.
    censored_at : array of shape (n_rows,)
        Cause 0: last date known to be free of surgery, finite; it may come before `left` when a
        scan counts at a later planned visit. Not read for the others.
    weights : array of shape (n_rows,), optional
        Non-negative; default 1 for each row.

    Returns
    -------
    NpmleCompeting
        Boxes and masses of both causes, open mass, and `incidence_at`.

    Raises
    ------
    ArgumentError
        When an interval is impossible, a cause is not 0, 1 or 2, or a union has no right end.
    EstimationError
        When there are no rows, or the gradient gap stays above 1e-8.

    Notes
    -----
    Hudgens, Satten and Longini's joint likelihood: F1(right) - F1(left) for union, the mass of F2
    at surgery, 1 - F1(left) - F2(censored_at) for neither. With exact times it is the
    Aalen-Johansen estimate; without surgery it is `fit_npmle`.

    The probability of what each row shows is determined. So, as a rule, are the masses of the
    boxes, and with them F1 and F2 outside their boxes; not determined are where mass lies inside a
    box, how the open mass is divided, and, in rare patterns of overlap, the division between boxes
    that no row tells apart. Hence F1 beyond the last scan, F2 beyond the last contact and F2 after
    an undated surgery are given as a lower and an upper value.

    References
    ----------
    Hudgens MG, Satten GA, Longini IM. Biometrics 2001;57:74-80.
    doi:10.1111/j.0006-341X.2001.00074.x

    Examples
    --------
    Surgery on day 1, last seen on day 2, unions on days 3 and 4:

    >>> fit = fit_npmle_competing([1, 2, 3, 4], [1, 2, 3, 4], [2, 0, 1, 1], [1, 2, 3, 4])
    >>> fit.incidence_at([1, 3, 4], cause=1)[0].round(6).tolist()
    [0.0, 0.375, 0.75]
    """
    line, row_weights = _read_line(left, right, causes, censored_at, weights)
    maximum = maximise(
        Ranges(first=line.first, last=line.last, weights=row_weights, n_boxes=line.n_boxes)
    )
    union, surgery, open_mass = line.split(maximum.mass)
    return NpmleCompeting(
        union=_with_mass(line.union, union),
        surgery=_with_mass(line.surgery, surgery),
        open_mass=float(open_mass),
        log_likelihood=maximum.log_likelihood,
        max_gradient=maximum.max_gradient,
        n_iterations=maximum.n_iterations,
    )


def fit_npmle_competing_batch(
    left: ArrayLike,
    right: ArrayLike,
    causes: ArrayLike,
    censored_at: ArrayLike,
    weights: ArrayLike,
) -> NpmleCompetingBatch:
    """Estimate both curves once for each set of weights, as the patient bootstrap needs.

    Not for one estimate: `fit_npmle_competing` is that.

    Parameters
    ----------
    left, right, causes, censored_at : array of shape (n_rows,)
        As in `fit_npmle_competing`.
    weights : array of shape (n_resamples, n_rows)
        Non-negative; each resample has at least one positive weight.

    Returns
    -------
    NpmleCompetingBatch
        Masses on the boxes of the whole sample, and `incidence_at`.

    Raises
    ------
    ArgumentError
        As in `fit_npmle_competing`, or when the weights do not fit.
    EstimationError
        When there are no rows, or a gradient gap stays above 1e-8.

    Notes
    -----
    As in `fit_npmle_batch`: boxes are found once, on all rows.

    Examples
    --------
    >>> batch = fit_npmle_competing_batch(
    ...     [0, 3, 5], [3, 6, 5], [1, 0, 2], [0, 6, 0], [[1, 1, 1], [2, 1, 1]]
    ... )
    >>> batch.incidence_at([3], cause=1)[0].round(6).ravel().tolist()
    [0.333333, 0.5]
    """
    line, _ = _read_line(left, right, causes, censored_at, None)
    matrix = require_weight_matrix(weights, line.first.size)
    maxima = maximise_batch(line.first, line.last, line.n_boxes, matrix)
    union, surgery_late, open_mass = line.split(maxima.mass_early)
    union_late, surgery, open_mass_late = line.split(maxima.mass_late)
    return NpmleCompetingBatch(
        union=_with_mass(line.union, union),
        surgery=_with_mass(line.surgery, surgery),
        union_late=union_late,
        surgery_late=surgery_late,
        open_mass=open_mass,
        open_mass_late=open_mass_late,
        max_gradient=maxima.max_gradient,
    )


def _read_line(
    left: ArrayLike,
    right: ArrayLike,
    causes: ArrayLike,
    censored_at: ArrayLike,
    weights: ArrayLike | None,
) -> tuple[_Line, Floats]:
    cause = require_vector("causes", causes)
    is_censored = cause == NEITHER
    ends = require_vector_where("right", right, ~is_censored, unread=np.inf)
    ends = np.minimum(ends, np.where(cause == SURGERY, NO_END, np.inf))
    lower, upper = require_intervals(require_vector("left", left, cause.size), ends)
    contact = require_vector_where("censored_at", censored_at, is_censored, unread=0.0)
    require_causes(cause, upper)
    require_contact(contact[is_censored])
    row_weights = require_weights(weights, lower.size)
    kept = row_weights > 0
    line = _draw_line(lower[kept], upper[kept], cause[kept], contact[kept])
    return line, row_weights[kept]


def _draw_line(left: Floats, right: Floats, cause: Floats, contact: Floats) -> _Line:
    is_censored = cause == NEITHER
    union_rows = is_censored | (cause == UNION)
    surgery_rows = is_censored | (cause == SURGERY)
    union = _find_cause(left, right, union_rows)
    surgery = _find_cause(np.where(is_censored, contact, left), right, surgery_rows)
    has_open = bool(is_censored.any())
    union_boxes = _closed(union, has_open)
    surgery_boxes = _closed(surgery, has_open)
    end = union_boxes.left.size + has_open + surgery_boxes.left.size - 1
    first, last = np.empty(left.size, dtype=np.int64), np.empty(left.size, dtype=np.int64)
    first[union_rows], last[union_rows] = union.first, union.last
    from_contact = end - surgery.first
    to_contact = end - surgery.last
    first[cause == SURGERY] = to_contact[cause[surgery_rows] == SURGERY]
    last[surgery_rows] = from_contact
    return _Line(
        union=union_boxes, surgery=surgery_boxes, has_open=has_open, first=first, last=last
    )


def _find_cause(left: Floats, right: Floats, rows: NDArray[np.bool_]) -> Boxes:
    if rows.any():
        return find_boxes(left[rows], right[rows])
    nothing, none = np.empty(0), np.empty(0, dtype=np.int64)
    return Boxes(left=nothing, right=nothing, first=none, last=none)


def _closed(boxes: Boxes, has_open: bool) -> CauseBoxes:
    """Set the open box aside: it belongs to neither cause, and both may reach into it."""
    closed = np.isfinite(boxes.right)
    begins = np.where(boxes.right < NO_END, boxes.right, boxes.left)
    open_left = float(begins[-1]) if has_open else np.inf
    left, right = boxes.left[closed], boxes.right[closed]
    return CauseBoxes(left=left, right=right, mass=np.zeros(left.size), open_left=open_left)


def _with_mass(boxes: CauseBoxes, mass: Floats) -> CauseBoxes:
    return CauseBoxes(left=boxes.left, right=boxes.right, mass=mass, open_left=boxes.open_left)


def _incidence(
    boxes: CauseBoxes, late: Floats, open_mass: Floats, times: ArrayLike
) -> tuple[Floats, Floats]:
    at = require_vector("times", np.atleast_1d(np.asarray(times, dtype=np.float64)))
    maybe_open = open_mass[..., None] * (at > boxes.open_left)
    if boxes.left.size == 0:
        return np.zeros_like(maybe_open), maybe_open
    lower = accumulate(late)[..., count_boxes_ended(boxes.right, at)]
    upper = accumulate(boxes.mass)[..., count_boxes_begun(boxes.left, boxes.right, at)]
    return lower, np.minimum(upper + maybe_open, 1.0)


def _choose(cause: int, union: CauseBoxes, surgery: CauseBoxes) -> CauseBoxes:
    return {UNION: union, SURGERY: surgery}[require_cause(cause)]


def require_causes(cause: Floats, right: Floats) -> None:
    """Refuse causes other than 0, 1 and 2, and unions without an end."""
    n_unknown = int((~np.isin(cause, (NEITHER, UNION, SURGERY))).sum())
    n_endless = int(((cause != NEITHER) & np.isinf(right)).sum())
    if n_unknown or n_endless:
        raise ArgumentError(
            "Some rows cannot be placed.",
            expected="cause 0, 1 or 2; a finite right end for cause 1",
            found=f"{n_unknown} rows of another cause, {n_endless} unions without a right end",
            fix="Give union the first scan that showed it; a row not yet united has cause 0.",
        )
