"""Numbers to text, in one place: percentages, intervals, counts, p-values, lists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Final

_LABELS: Final = {
    "pre_lysis": "pre-lysis",
    "pre_lysis_or_early": "pre-lysis or early",
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
    "stir": "STIR signal on MRI",
    "age_years": "age in years",
    "is_target": "treatment target",
    "bespoke_rigid_lso": "bespoke rigid LSO",
    "rigid_tlso": "rigid TLSO",
    "pain_nrs": "pain (0 to 10)",
    "odi": "Oswestry Disability Index (0 to 100)",
    "micheli": "Micheli function scale (0 to 100)",
    "eq5d_y": "EQ-5D-Y",
    "srs22r": "SRS-22r",
    "lipus": "LIPUS (low-intensity pulsed ultrasound)",
    "vitamin_d": "vitamin D",
    "return_sport": "return to sport",
    "return_training": "return to training",
    "skin": "skin problem",
    "adverse_other": "other adverse event",
    "new_lesion": "new lesion",
    "completed_early": "stopped early",
    "as_prescribed": "as prescribed",
    "still_in_brace": "still in brace",
    "not_yet_known": "not known, removal not seen",
    "no_prescription": "prescription not recorded",
    "not_tolerated": "not tolerated",
    "own_choice": "own choice",
}

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


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


def format_months(months: float) -> str:
    """Return a time in months.

    Examples
    --------
    >>> format_months(6.0), format_months(1), format_months(4.5)
    ('6 months', '1 month', '4.5 months')
    """
    return f"{months:g} {'month' if months == 1 else 'months'}"


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


def format_group(by: str | None, value: object) -> str:
    """Return a group's value as a reader says it, with its unit where it has one.

    Examples
    --------
    >>> format_group("prescribed_months", "3"), format_group("stage", "pre_lysis")
    ('3 months', 'pre-lysis')
    """
    text = str(value)
    if by == "prescribed_months" and text.replace(".", "").isdecimal():
        return format_months(float(text))
    return format_label(value)


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
    if column.startswith("p_value"):
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


def format_percent_range(
    estimate: float, conf_low: float = math.nan, conf_high: float = math.nan
) -> str:
    """Return an estimate and its limits as short as a table column allows.

    Examples
    --------
    >>> format_percent_range(0.57, 0.47, 0.66), format_percent_range(0.57)
    ('57% (47 to 66)', '57%')
    """
    if not math.isfinite(estimate):
        return "not estimable"
    if not (math.isfinite(conf_low) and math.isfinite(conf_high)):
        return format_percent(estimate)
    low, high = format_percent(conf_low), format_percent(conf_high)
    return f"{format_percent(estimate)} ({low.removesuffix('%')} to {high.removesuffix('%')})"


def format_number_range(
    estimate: float,
    conf_low: float = math.nan,
    conf_high: float = math.nan,
    *,
    decimals: int = 2,
) -> str:
    """Return an estimate and its limits with a fixed number of decimals.

    Examples
    --------
    >>> format_number_range(1.204, 1.011, 1.39), format_number_range(12.3, decimals=1)
    ('1.20 (1.01 to 1.39)', '12.3')
    """
    if not math.isfinite(estimate):
        return "not estimable"
    if not (math.isfinite(conf_low) and math.isfinite(conf_high)):
        return f"{estimate:.{decimals}f}"
    return f"{estimate:.{decimals}f} ({conf_low:.{decimals}f} to {conf_high:.{decimals}f})"


def format_date(day: date | None) -> str:
    """Return a day as it is written in English, or "no date" when there is none.

    Examples
    --------
    >>> format_date(date(2026, 9, 30)), format_date(None)
    ('30 September 2026', 'no date')
    """
    return "no date" if day is None else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def start_sentence(text: str) -> str:
    """Return a text with its first letter as a capital, the rest as it is.

    Examples
    --------
    >>> start_sentence("pre-lysis in L5")
    'Pre-lysis in L5'
    """
    return text[:1].upper() + text[1:]


def format_points_range(
    difference: float, conf_low: float = math.nan, conf_high: float = math.nan
) -> str:
    """Return a difference of two fractions in percentage points, always with its sign.

    Examples
    --------
    >>> format_points_range(0.12, -0.03, 0.27), format_points_range(-0.2)
    ('+12 (-3 to +27)', '-20')
    """
    if not math.isfinite(difference):
        return "not estimable"
    if not (math.isfinite(conf_low) and math.isfinite(conf_high)):
        return _format_points(difference)
    low, high = _format_points(conf_low), _format_points(conf_high)
    return f"{_format_points(difference)} ({low} to {high})"


def format_points_between(
    low: float, high: float, conf_low: float = math.nan, conf_high: float = math.nan
) -> str:
    """Return a difference of fractions of which only the range is known, with its limits.

    Examples
    --------
    >>> format_points_between(-0.1, 0.2, -0.3, 0.4)
    'between -10 and +20 (-30 to +40)'
    """
    known = f"between {_format_points(low)} and {_format_points(high)}"
    if not (math.isfinite(conf_low) and math.isfinite(conf_high)):
        return known
    return f"{known} ({_format_points(conf_low)} to {_format_points(conf_high)})"


def _format_points(difference: float) -> str:
    points = round(100 * difference)
    return f"{points:+d}" if points else "0"


def format_percent_between(
    low: float, high: float, conf_low: float = math.nan, conf_high: float = math.nan
) -> str:
    """Return a fraction of which only the range is known, with its limits.

    Examples
    --------
    >>> format_percent_between(0.67, 0.96, 0.55, 1.0)
    'between 67% and 96% (55 to 100)'
    """
    known = f"between {format_percent(low)} and {format_percent(high)}"
    if not (math.isfinite(conf_low) and math.isfinite(conf_high)):
        return known
    ends = (format_percent(limit).removesuffix("%") for limit in (conf_low, conf_high))
    return f"{known} ({' to '.join(ends)})"


def format_number_between(
    low: float,
    high: float,
    conf_low: float = math.nan,
    conf_high: float = math.nan,
    *,
    decimals: int = 2,
) -> str:
    """Return a number of which only the range is known, with its limits.

    Examples
    --------
    >>> format_number_between(40, 41, 36.5, 41, decimals=1)
    'between 40.0 and 41.0 (36.5 to 41.0)'
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return "not estimable"
    known = f"between {low:.{decimals}f} and {high:.{decimals}f}"
    if not (math.isfinite(conf_low) and math.isfinite(conf_high)):
        return known
    return f"{known} ({conf_low:.{decimals}f} to {conf_high:.{decimals}f})"


def format_table_name(table: str) -> str:
    """Return what a row of a table is, as a reader says it.

    Examples
    --------
    >>> format_table_name("episodes"), format_table_name("scores")
    ('course', 'scores')
    """
    return {"episodes": "course", "defects": "pars", "readings": "scan"}.get(table, table)
