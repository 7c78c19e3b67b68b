"""Weeks and days as months, since a clinic that says 12 weeks means 3 months."""

from __future__ import annotations

from parsoutcomes.conventions import DAYS_PER_MONTH


def months_from_weeks(weeks: float) -> float:
    """Return months for weeks: the nearest whole month where within 10 %, otherwise exact.

    Examples
    --------
    >>> months_from_weeks(12), months_from_weeks(26), round(months_from_weeks(6), 3)
    (3.0, 6.0, 1.38)
    """
    return months_from_days(weeks * 7)


def months_from_days(days: float) -> float:
    """Return months of 30.4375 days: the nearest whole month where within 10 %, otherwise exact.

    Examples
    --------
    >>> months_from_days(90)
    3.0
    """
    months = days / DAYS_PER_MONTH
    whole = float(round(months))
    return whole if whole and abs(months - whole) <= 0.1 * whole else months
