"""Numbers to text, in one place: percentages, intervals, counts, p-values, lists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

_LABELS: Final = {
    "pre_lysis": "pre-lysis",
    "no_fracture_line": "no fracture line",
    "partial_or_better": "partial or complete union",
    "complete": "complete union",
    "not_assessable": "not assessable",
    "in_brace": "in brace",
    "in_follow_up": "in follow-up",
    "contralateral_stage": "stage of the opposite pars",
    "prescribed_months": "months prescribed at fitting",
    "stage": "stage",
    "laterality": "laterality",
    "level": "level",
    "defect": "pars",
    "patient": "patient",
    "not_united": "not united",
}


def format_percent(fraction: float, *, decimals: int = 0) -> str:
    """Return a fraction as a percentage; never "100%" for less than all, or "0%" for some.

    Examples
    --------
    >>> format_percent(0.569), format_percent(0.999), format_percent(1.0)
    ('57%', '>99%', '100%')
    """
    if not math.isfinite(fraction):
        return "not estimable"
    percent = round(100 * fraction, decimals)
    if percent >= 100 and fraction < 1:
        return f">{100 - 10**-decimals:.{decimals}f}%"
    if percent <= 0 and fraction > 0:
        return f"<{10**-decimals:.{decimals}f}%"
    return f"{percent:.{decimals}f}%"


def format_percent_interval(
    estimate: float, conf_low: float, conf_high: float, conf_level: float = 0.95
) -> str:
    """Return an estimate with its interval, as percentages.

    Examples
    --------
    >>> format_percent_interval(0.57, 0.47, 0.66)
    '57% (95% interval 47% to 66%)'
    """
    if not (math.isfinite(conf_low) and math.isfinite(conf_high)):
        return f"{format_percent(estimate)} (no interval can be given)"
    low, high = format_percent(conf_low), format_percent(conf_high)
    return f"{format_percent(estimate)} ({100 * conf_level:g}% interval {low} to {high})"


def format_number(value: float, *, significant: int = 3) -> str:
    """Return a number to so many significant digits, without an exponent.

    Examples
    --------
    >>> format_number(1.23456), format_number(0.04567), format_number(1234.5)
    ('1.23', '0.0457', '1234')
    """
    if not math.isfinite(value):
        return "not estimable" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    decimals = max(0, significant - 1 - magnitude)
    return f"{value:.{decimals}f}"


def format_p_value(p_value: float) -> str:
    """Return a p-value with two significant digits, or "<0.001".

    Examples
    --------
    >>> format_p_value(0.0457), format_p_value(0.00002)
    ('0.046', '<0.001')
    """
    if not math.isfinite(p_value):
        return "not given"
    if p_value < 0.001:
        return "<0.001"
    return f"{p_value:.3f}" if p_value < 0.1 else f"{p_value:.2f}"


def format_count(n: int, one: str, many: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> format_count(1, "patient", "patients"), format_count(3, "patient", "patients")
    ('1 patient', '3 patients')
    """
    return f"{n:,} {one if n == 1 else many}"


def format_list(items: Sequence[str]) -> str:
    """Return items as an English list.

    Examples
    --------
    >>> format_list(["early", "progressive", "terminal"])
    'early, progressive and terminal'
    """
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def format_label(value: object) -> str:
    """Return a coded value as a reader says it.

    Examples
    --------
    >>> format_label("pre_lysis"), format_label("L5")
    ('pre-lysis', 'L5')
    """
    text = str(value)
    return _LABELS.get(text, text.replace("_", " "))


def format_cell(column: str, value: object) -> str:
    """Return one cell of a result's frame as a reader sees it, by the kind of its column."""
    if _is_missing(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _format_float_cell(column, value)
    return f"{value:,}" if isinstance(value, int) else format_label(value)


def _format_float_cell(column: str, value: float) -> str:
    if column == "p_value":
        return format_p_value(value)
    if column == "conf_level":
        return f"{100 * value:g}%"
    return f"{value:.0f}" if value.is_integer() and abs(value) >= 10 else format_number(value)


def _is_missing(value: object) -> bool:
    return (
        value is None
        or type(value).__name__ in {"NAType", "NaTType"}
        or (isinstance(value, float) and math.isnan(value))
    )
