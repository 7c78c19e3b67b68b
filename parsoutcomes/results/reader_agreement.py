"""How far two readers of the same scans agree, and the sentences it comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_number_range,
    format_percent_interval,
    format_percent_range,
)

RAW: Final = "raw_agreement"
RAW_UNITED: Final = "raw_agreement_united"
KAPPA_UNITED: Final = "kappa_united"
KAPPA_LINEAR: Final = "kappa_linear"
KAPPA_QUADRATIC: Final = "kappa_quadratic"
MEASURES: Final = (RAW, RAW_UNITED, KAPPA_UNITED, KAPPA_LINEAR, KAPPA_QUADRATIC)
SHARES: Final = (RAW, RAW_UNITED)
_LABELS: Final = {
    RAW: "read alike (none, partial, complete)",
    RAW_UNITED: "read alike (united or not)",
    KAPPA_UNITED: "kappa, united or not",
    KAPPA_LINEAR: "weighted kappa, linear",
    KAPPA_QUADRATIC: "weighted kappa, quadratic",
}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ReaderAgreement(Result):
    """Agreement of readers who read the same scans.

    Attributes
    ----------
    counts : pandas.DataFrame
        Scans by `readers`, `first` and `second` reading, with `n_scans`; "not assessable"
        included.
    main_readers : str
        The pair with most scans read by both.
    """

    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    main_readers: str

    def display_frame(self) -> pd.DataFrame:
        """Return the measures as a reader sees them."""
        rows = list_rows(self.frame)
        return pd.DataFrame(
            {
                "readers": [row["readers"] for row in rows],
                "measure": [_LABELS[row["measure"]] for row in rows],
                "agreement (interval)": [write_agreement(row) for row in rows],
                "scans": [row["n_scans"] for row in rows],
                "pars": [row["n_defects"] for row in rows],
                "patients": [row["n_patients"] for row in rows],
                "not assessable": [row["n_not_assessable"] for row in rows],
            }
        )


def write_agreement(row: Row) -> str:
    """Return one measure with its interval: a share in per cent, kappa as a number.

    Examples
    --------
    >>> write_agreement({"measure": "kappa_linear", "estimate": 0.8, "conf_low": 0.6,
    ...                  "conf_high": 0.9})
    '0.80 (0.60 to 0.90)'
    """
    values = (float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]))
    if row["measure"] in SHARES:
        return format_percent_range(*values)
    if not math.isfinite(values[0]):
        return "not defined"
    if not math.isfinite(values[1]):
        return f"{values[0]:.2f} (no interval can be given)"
    return format_number_range(*values)


def write_agreement_finding(rows: list[Row], definition: str) -> str:
    """Return how often the main pair of readers agreed, and kappa or why there is none.

    Parameters
    ----------
    rows : list of dict
        The measures of one pair of readers.
    definition : str
        What counts as united.
    """
    by_measure = {str(row["measure"]): row for row in rows}
    raw, kappa = by_measure[RAW], by_measure[KAPPA_UNITED]
    whom = (
        f"{format_count(raw['n_scans'], 'reading', 'readings')} of "
        f"{format_count(raw['n_defects'], 'pars', 'pars')} in "
        f"{format_count(raw['n_patients'], 'patient', 'patients')}"
    )
    alike = format_percent_interval(
        float(raw["estimate"]), float(raw["conf_low"]), float(raw["conf_high"]), raw["conf_level"]
    )
    return (
        f"Two readers read {raw['n_events']} of {whom} alike: {alike}; {_kappa(kappa, definition)}"
    )


def write_conflicts(n_scans: int, definition: str) -> str:
    """Return what becomes of scans that one reader calls united and the other does not.

    Examples
    --------
    >>> write_conflicts(3, "complete")
    'On 3 scans one reader sees complete union and the other does not: union counts as soon as one \
reader sees it, so every rate leans towards union; agree on one reading'
    """
    scans = format_count(n_scans, "scan", "scans")
    return (
        f"On {scans} one reader sees {format_label(definition)} and the other does not: union "
        "counts as soon as one reader sees it, so every rate leans towards union; agree on one "
        "reading"
    )


def _kappa(row: Row, definition: str) -> str:
    what = f"on {format_label(definition)} or not"
    if not math.isfinite(float(row["estimate"])):
        return (
            f"{what} kappa is not defined, since both gave every scan the same answer: agreement "
            "beyond chance cannot be told where nothing varies"
        )
    if not math.isfinite(float(row["conf_low"])):
        why = str(row["interval_method"]).removeprefix("none: ")
        return f"{what} kappa {write_agreement(row)}: {why}"
    return f"{what} kappa {write_agreement(row)}"
