"""Other contrasts of brace durations, to stand beside clone, censor and weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.wording import format_label, format_list, format_months, format_points_range

RECEIVED = "months received"
LANDMARK = "landmark"
LANDMARK_ADJUSTED = "landmark, adjusted"
PRESCRIBED = "months prescribed at fitting, adjusted"
CONTRASTS = (RECEIVED, LANDMARK, LANDMARK_ADJUSTED, PRESCRIBED)
UNION_MEASURE = "cumulative_union"
DIFFERENCE_MEASURE = "risk_difference"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class BraceContrasts(Result):
    """Union by months received, from a landmark, and by months prescribed at fitting.

    Attributes
    ----------
    months : tuple of float
        The two durations.
    left_out : pandas.DataFrame
        `contrast, reason, n_defects, n_patients`: who is in none of the two groups, and why.
    """

    months: tuple[float, float] = (3.0, 6.0)
    left_out: pd.DataFrame

    def difference_at(self, contrast: str, months: float) -> pd.Series:
        """Return the row of the frame with a contrast's risk difference at a milestone."""
        frame = self.frame
        chosen = frame["contrast"].eq(contrast) & frame["measure"].eq(DIFFERENCE_MEASURE)
        return frame[chosen & frame["months"].eq(months)].iloc[0]


def name_received(months: tuple[float, float]) -> tuple[str, str]:
    """Return what the two groups of months received are called.

    Examples
    --------
    >>> name_received((3.0, 6.0))
    ('worn less than 4.5 months', 'worn 4.5 months or more')
    """
    middle = format_months(sum(months) / 2)
    return f"worn less than {middle}", f"worn {middle} or more"


def name_prescribed(months: tuple[float, float]) -> tuple[str, str]:
    """Return what the two groups of months prescribed are called."""
    return f"prescribed {format_months(months[0])}", f"prescribed {format_months(months[1])}"


def write_contrasts_title(definition: str) -> str:
    """Return the title of the other contrasts."""
    return f"{format_label(definition).capitalize()} per pars by other contrasts of duration"


def write_contrasts_method(
    months: tuple[float, float], start_months: float, landmark_months: float, terms: Sequence[str]
) -> str:
    """Return which statistics, which variants, in words.

    Parameters
    ----------
    months : tuple of float
        The two durations.
    start_months, landmark_months : float
        First and last month of the shorter duration's window.
    terms : sequence of str
        What was known at fitting.
    """
    known = format_list([format_label(term) for term in terms]) or "nothing"
    return (
        "Union by the nonparametric maximum likelihood estimate on scans at planned visits, in two "
        "groups of pars; surgery and loss censor union. Months received: brace worn for less, or "
        f"not less, than {format_months(sum(months) / 2)}; the groups are formed by what happened "
        "after fitting. Landmark: of pars not united on the last reading by "
        f"{format_months(landmark_months)}, those whose brace was off by then (not before "
        f"{format_months(start_months)}) against those whose brace was on, which asks about these "
        f"pars only; adjusted, by weights for being in one's group given {known}, and whether the "
        "last reading showed partial union. Months prescribed: as at fitting, whatever was worn, "
        f"by weights given {known}. Limits: percentiles of the bootstrap over patients, "
        "regressions included"
    )


def write_received_bias(received: float, weighted: float, months: float) -> str:
    """Say in which direction, and how far, the contrast by months received is off in a cohort.

    Parameters
    ----------
    received, weighted : float
        Differences in union, longer less shorter brace: by months received, and by clone, censor
        and weight.
    months : float
        When.

    Returns
    -------
    str

    Examples
    --------
    >>> write_received_bias(-0.21, 0.04, 12).split(":")[0]
    'By months received the longer brace looks 25 points per 100 worse than by clone, censor and \
weight at 12 months'
    """
    if not (math.isfinite(received) and math.isfinite(weighted)):
        return (
            "How far the contrast by months received is off cannot be said here, since one of the "
            "two estimates is open."
        )
    shift = 100 * (received - weighted)
    if abs(shift) < 0.5:
        return (
            "In this cohort the contrast by months received comes to the same as clone, censor "
            f"and weight at {format_months(months)}; that is chance, not a reason to trust it."
        )
    direction, why = (
        ("worse", "who is seen united early stops early and fills the group of few months")
        if shift < 0
        else ("better", "who leaves the brace early without union fills the group of few months")
    )
    return (
        f"By months received the longer brace looks {abs(shift):.0f} points per 100 {direction} "
        f"than by clone, censor and weight at {format_months(months)}: {why}."
    )


def write_contrasts_finding(frame: pd.DataFrame) -> str:
    """Return all contrasts at the last milestone as one sentence."""
    last = frame["months"].max()
    rows = frame[frame["months"].eq(last) & frame["measure"].eq(DIFFERENCE_MEASURE)]
    told = [f"{row['contrast']} {_points(row)}" for _, row in rows.iterrows()]
    return (
        f"Longer less shorter brace at {format_months(last)}, united per 100 pars: "
        f"{'; '.join(told)}. The contrast by months received is biased by design."
    )


def _points(row: pd.Series) -> str:
    estimate, low, high = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    return format_points_range(estimate, low, high) if math.isfinite(estimate) else "not given"
