"""Which patients the report is about, as a result like any other."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.report.analyses import Period
from parsoutcomes.results.base import Result
from parsoutcomes.wording import format_count, format_date


def describe_period(period: Period, data_lock: pd.Timestamp | None) -> Result:
    """Return whom the report covers and who is left out of it.

    Parameters
    ----------
    period : Period
        From `select_period`.
    data_lock : pandas.Timestamp or None
        The last day of follow-up.

    Returns
    -------
    Result
        Counts of courses of treatment.
    """
    counts = {
        "fitted in the year": period.n_in_year,
        "fitted after the year": period.n_later,
        "without a fitting date": period.n_undated,
    }
    return Result(
        title=f"Period of the report: fitted to 31 December {period.year}",
        finding=_write_finding(period, data_lock),
        method="",
        frame=pd.DataFrame({"courses": list(counts), "n_courses": list(counts.values())}),
    )


def _write_finding(period: Period, data_lock: pd.Timestamp | None) -> str:
    lock = f"follow-up is counted to {format_date(data_lock)}"
    if not period.is_judged:
        return (
            "The source gives no fitting dates, so the year cannot be judged: the report covers "
            f"everyone in the source; {lock if data_lock is not None else 'no data lock is known'}."
        )
    left_out = [
        f"{format_count(n, 'course', 'courses')} {why}"
        for n, why in (
            (period.n_later, "fitted later"),
            (period.n_undated, "without a fitting date"),
        )
        if n
    ]
    closing = f" Left out: {' and '.join(left_out)}." if left_out else ""
    return f"Everyone fitted with a brace on or before 31 December {period.year}; {lock}.{closing}"
