"""Exact limits for cumulative incidence where few show the rarer outcome, on what rows can tell.

A row that united between month 0 and month 6 says nothing of month 3, and one that never unites
says nothing of how early the others did. Where few were scanned at 3 months, incidence there rests
on these few, however many are known not to have united later. How many rows the estimate is worth
is read from its profile likelihood: as many as would lose as much in a plain proportion.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parsoutcomes.conventions import MIN_DISCORDANT_PATIENTS, UNTOLD_MANY, UNTOLD_TOO_MANY
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.npmle_competing import NEITHER, UNION
from parsoutcomes.stats.npmle_influence import CompetingRows, Flags, reach_of
from parsoutcomes.stats.proportions import clopper_pearson_interval

N_TILTS = 12
N_ROUNDS = 4
MANY_DAYS = 20
TINY = 1e-300
EDGE = 1e-9


def may_be_either(rows: CompetingRows, day: float) -> Flags:
    """Return which rows united between two scans with the day between them."""
    return np.asarray((rows.causes == UNION) & (rows.left < day) & (day < rows.right))


def tells_apart(rows: CompetingRows, day: float) -> Flags:
    """Return which rows, of known status, tell whether unions about the day came before it.

    All of them where no row may be either; otherwise those that united within the scans of rows
    that may be either.
    """
    either = may_be_either(rows, day)
    if not either.any():
        return np.ones(either.size, dtype=bool)
    begin, end = rows.left[either].min(), rows.right[either].max()
    before = (rows.right <= day) & (rows.right > begin)
    after = (rows.left >= day) & (rows.left < end)
    return np.asarray((rows.causes == UNION) & (before | after))


def needs_exact_limits(rows: CompetingRows, day: float) -> bool:
    """Say whether a variance would say too little of incidence on a day.

    So it does where fewer than 3 patients show the rarer outcome. Among whom they are counted
    depends on how many rows may be either: few of these, and all of known status count; more than
    half as many as tell the day apart, and only those that tell count; more than four times as
    many, and no variance will do.
    """
    known = rows.known_status(day)
    tell = tells_apart(rows, day)
    n_either = int(may_be_either(rows, day).sum())
    n_telling = int(((known[0] | known[1]) & tell).sum())
    if n_either > UNTOLD_TOO_MANY * n_telling:
        return True
    counted = tell if n_either > UNTOLD_MANY * n_telling else np.ones_like(tell)
    n_rarer = min(np.unique(rows.patient[one & counted]).size for one in known)
    return n_rarer < MIN_DISCORDANT_PATIENTS


def exact_limit(
    rows: CompetingRows, day: float, share: float, conf_level: float, *, upwards: bool
) -> float:
    """Return one Clopper-Pearson limit at an ICC of 1 on the rows that the estimate is worth.

    Parameters
    ----------
    rows : CompetingRows
        The rows, some of known status on the day.
    day : float
        A day on which incidence is determined.
    share : float
        The estimate.
    conf_level : float
        Level of the two-sided interval.
    upwards : bool
        The upper limit rather than the lower.

    Returns
    -------
    float
        Where no row may be either, on n^2 / sum m_i^2 of the rows of known status; on scan days of
        their own, where a profile has no meaning, on those of them that tell the day apart.
    """
    with_it, without = rows.known_status(day)
    sizes = np.bincount(rows.patient[with_it | without]).astype(np.float64)
    design_effect = float((sizes**2).sum() / sizes.sum())
    inside = min(max(float(share), 0.0), 1.0)
    n_worth = float(sizes.sum())
    limit = _limit(inside, n_worth / design_effect, conf_level, upwards=upwards)
    is_at_end = inside > 1 - EDGE if upwards else inside < EDGE
    if is_at_end or not may_be_either(rows, day).any():
        return limit
    if np.unique(rows.right).size > MANY_DAYS:
        n_telling = float(((with_it | without) & tells_apart(rows, day)).sum())
        n_counted = max(n_telling / design_effect, EDGE)
        return _limit(inside, n_counted, conf_level, upwards=upwards)
    shares, losses = _profile(rows, day, upwards=upwards)
    for _ in range(N_ROUNDS):
        lost = float(np.interp(limit, shares, losses)) ** 2
        n_worth = min(lost / max(_unit_loss(inside, limit), TINY), float(sizes.sum()))
        n_counted = max(n_worth / design_effect, EDGE)
        limit = _limit(inside, n_counted, conf_level, upwards=upwards)
    return limit


def _limit(share: float, n: float, conf_level: float, *, upwards: bool) -> float:
    found = clopper_pearson_interval(share * n, n, conf_level=conf_level)
    return found.conf_high if upwards else found.conf_low


def _unit_loss(share: float, at: float) -> float:
    """Return the deviance per row of a plain proportion that is `share` and taken to be `at`."""
    loss = 0.0
    for seen, taken in ((share, at), (1 - share, 1 - at)):
        if seen > 0:
            loss += 2 * seen * float(np.log(seen / max(taken, TINY)))
    return loss


def _profile(rows: CompetingRows, day: float, *, upwards: bool) -> tuple[Floats, Floats]:
    """Return shares in order and the square root of the deviance lost at each.

    Two pseudo-rows, "by that day" and "not by that day", one of them with growing weight, move the
    maximum to the most likely one at another share.
    """
    n = rows.left.size
    more = replace(
        rows,
        left=np.append(rows.left, [0.0, day]),
        right=np.append(rows.right, [day, np.inf]),
        causes=np.append(rows.causes, [UNION, NEITHER]),
        censored_at=np.append(rows.censored_at, [0.0, 0.0]),
        patient=np.append(rows.patient, [0, 0]),
    )
    tilts = np.append(0.0, np.geomspace(0.05, 50.0 * n, N_TILTS))
    weights = np.ones((tilts.size, n + 2))
    weights[:, n] = tilts if upwards else 0.0
    weights[:, n + 1] = 0.0 if upwards else tilts
    batch = more.fit_batch(weights)
    late_surgery = batch.surgery_late[:, ::-1]
    mass = np.column_stack([batch.union.mass, batch.open_mass, late_surgery])
    likelihood = np.log(np.maximum(mass @ reach_of(rows, batch).T, TINY)).sum(axis=1)
    losses = np.sqrt(2 * np.maximum(likelihood[0] - likelihood, 0.0))
    shares = batch.incidence_at([day], UNION)[0][:, 0]
    order = np.argsort(shares, kind="stable")
    return shares[order], losses[order]
