"""Which scans count at which planned visit, in words."""

from __future__ import annotations

import math
from itertools import pairwise

from parsoutcomes.wording import format_months


def find_windows(visits_months: tuple[float, ...]) -> dict[float, tuple[float, float]]:
    """Return from and up to which month a scan counts at each planned visit.

    Windows meet half-way; after the last visit the last gap is repeated.

    Examples
    --------
    >>> find_windows((3.0, 6.0, 9.0))
    {3.0: (1.5, 4.5), 6.0: (4.5, 7.5), 9.0: (7.5, 10.5)}
    """
    planned = (0.0, *visits_months)
    beyond = planned[-1] + (planned[-1] - planned[-2])
    ends = [(left + right) / 2 for left, right in pairwise((*planned, beyond))]
    return dict(zip(visits_months, pairwise(ends), strict=True))


def write_windows(visits_months: tuple[float, ...] | None) -> str:
    """Return how scans were placed in time.

    Examples
    --------
    >>> write_windows((3.0, 6.0))
    'each scan counted at the planned visit nearest to it (3 months: 1.5 to 4.5; 6 months: 4.5 to \
7.5), union seen earlier at the first'
    >>> write_windows(None)
    'scans on their exact days'
    """
    if visits_months is None:
        return "scans on their exact days"
    windows = "; ".join(
        f"{format_months(visit)}: {low:g} to {high:g}"
        for visit, (low, high) in find_windows(visits_months).items()
    )
    return (
        f"each scan counted at the planned visit nearest to it ({windows}), union seen earlier at "
        "the first"
    )


def write_latest_scan(visits_months: tuple[float, ...], horizon_months: float) -> str:
    """Return up to when a scan counts as made by the horizon.

    Examples
    --------
    >>> write_latest_scan((3.0, 6.0, 9.0), 6.0), write_latest_scan((3.0, 6.0), 2.0)
    ('scans up to 7.5 months counted', 'before the first planned scan')
    """
    gap = visits_months[-1] - (0.0, *visits_months)[-2]
    n_more = max(0, math.ceil((horizon_months - visits_months[-1]) / gap))
    visits = (*visits_months, *(visits_months[-1] + gap * n for n in range(1, n_more + 1)))
    reached = [visit for visit in visits if visit <= horizon_months]
    if not reached:
        return "before the first planned scan"
    return f"scans up to {format_months(find_windows(visits)[reached[-1]][1])} counted"


def write_latest_reading(horizon_months: float, grace_months: float) -> str:
    """Return up to when a scan counts towards the status at the horizon.

    Examples
    --------
    >>> write_latest_reading(6.0, 1.0)
    'by 7 months (6 months and a grace of 1 month)'
    """
    latest, horizon = format_months(horizon_months + grace_months), format_months(horizon_months)
    grace = f"a grace of {format_months(grace_months)}" if grace_months else "no grace"
    return f"by {latest} ({horizon} and {grace})"
