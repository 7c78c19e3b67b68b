"""The E-value: how strong an unmeasured confounder would have to be to explain a ratio away."""

from __future__ import annotations

import math

from parsoutcomes.errors import ArgumentError


def e_value(risk_ratio: float) -> float:
    """Say how strongly an unmeasured confounder must go with both, to explain a risk ratio away.

    Not a sign that there is no such confounder, and not a test: a large value with a biased design
    means nothing.

    Parameters
    ----------
    risk_ratio : float
        Above 0; one below 1 is taken upside down.

    Returns
    -------
    float
        1 for a ratio of 1: no confounding is needed. A risk ratio of the confounder with treatment
        and with outcome, beyond all that was adjusted for.

    Raises
    ------
    ArgumentError
        When the ratio is not above 0.

    Notes
    -----
    RR + sqrt(RR (RR - 1)).

    References
    ----------
    VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268-274. doi:10.7326/M16-2607

    Examples
    --------
    The worked example of the paper, 3.9 (1.8 to 8.7):

    >>> round(e_value(3.9), 2), round(e_value(1.8), 1)
    (7.26, 3.0)
    """
    if not (math.isfinite(risk_ratio) and risk_ratio > 0):
        raise ArgumentError(
            "risk_ratio is not a ratio.",
            expected="a number above 0",
            found=repr(risk_ratio),
            fix="Divide one risk by the other, neither of them 0.",
        )
    ratio = max(risk_ratio, 1 / risk_ratio)
    return ratio + math.sqrt(ratio * (ratio - 1))


def e_value_of_limit(conf_low: float, conf_high: float) -> float:
    """Return the E-value of the limit nearest to 1; 1 when the interval holds 1.

    Parameters
    ----------
    conf_low, conf_high : float
        Limits of a risk ratio.

    Examples
    --------
    >>> round(e_value_of_limit(1.8, 8.7), 1), e_value_of_limit(0.9, 1.2)
    (3.0, 1.0)
    """
    if conf_low <= 1 <= conf_high:
        return 1.0
    return e_value(conf_low if conf_low > 1 else conf_high)
