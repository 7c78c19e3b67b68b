"""How many intervals a report prints, and what chance alone does to so many."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.results.base import Result
from parsoutcomes.results.baselines import Baselines

_METHOD = (
    "Every estimate with two limits in the tables behind the report is counted, those of the same "
    "patients counted in another way too, published ones not. No limit and no p-value is adjusted "
    "for their number: one comparison was fixed beforehand, everything else describes."
)


def count_intervals(results: Mapping[str, Result]) -> Result:
    """Count the intervals of a report, and how many would miss by chance if all were independent.

    Parameters
    ----------
    results : mapping of str to Result
        By id.

    Returns
    -------
    Result
        `frame`: `counted, n_results, n_intervals, expected_misses`.

    Examples
    --------
    >>> frame = pd.DataFrame({"conf_low": [0.1] * 40, "conf_high": [0.9] * 40})
    >>> count_intervals({"a": Result(title="", finding="", method="", frame=frame)}).finding
    'This report rests on 40 intervals. At 95% about 2 of so many miss the truth by chance alone, \
if they were independent.'
    """
    counts = [
        int(result.frame[["conf_low", "conf_high"]].notna().all(axis=1).sum())
        for result in results.values()
        if not isinstance(result, Baselines)
        and {"conf_low", "conf_high"} <= set(result.frame.columns)
    ]
    n_intervals = sum(counts)
    misses = (1 - CONF_LEVEL) * n_intervals
    frame = pd.DataFrame(
        {
            "counted": ["all"],
            "n_results": [sum(n > 0 for n in counts)],
            "n_intervals": [n_intervals],
            "expected_misses": [misses],
            "conf_level": [CONF_LEVEL],
        }
    )
    return Result(
        title="How many intervals this report prints",
        finding=(
            f"This report rests on {n_intervals} intervals. At {100 * CONF_LEVEL:g}% about "
            f"{misses:.0f} of so many miss the truth by chance alone, if they were independent."
        ),
        method=_METHOD,
        frame=frame,
    )
