"""What a union rate per patient would be per pars, and the reverse, at a stated correlation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.conventions import CONF_LEVEL, UNITS, Unit
from parsoutcomes.errors import ArgumentError, BaselineError, require_choice
from parsoutcomes.results.base import Citation
from parsoutcomes.results.unit_conversion import UnitConversion, write_conversion_finding
from parsoutcomes.stats.proportions import wilson_interval

_METHOD: Final = (
    "Exchangeable pair: with the rate p per pars and the correlation r, both pars of a patient "
    "unite with probability p squared + r p (1 - p), as in a beta-binomial pair; a patient has "
    "united when all treated pars have. Solved for the other unit. Interval: Wilson"
)


@public()
def convert_union_rate(
    n_united: int,
    n: int,
    *,
    unit: Unit,
    icc: float | None = None,
    share_two_pars: float | None = None,
    conf_level: float = CONF_LEVEL,
) -> UnitConversion:
    """Say what a published union rate per patient would be per pars, or the reverse.

    To read a paper whose unit is not ours, with both rates in view. Not a way to make a paper
    comparable: the result rests on a correlation that such papers do not print, so no verdict is
    based on it. Not for papers in which one united pars makes a patient united.

    Parameters
    ----------
    n_united, n : int
        As printed, in `unit`.
    unit : {"defect", "patient"}
        What they count: "patient" is converted to pars, "defect" to patients.
    icc : float
        Correlation of union in the two pars of a patient, 0 to 1. No default: say which.
    share_two_pars : float
        Share of patients with two treated pars, 0 to 1. No default.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    UnitConversion
        `frame`: `unit, basis, icc, estimate, conf_low, conf_high, conf_level, n, n_events`; the
        rate as given, the converted one, and the converted one at correlations 0 and 1.

    Raises
    ------
    BaselineError
        When `icc` or `share_two_pars` is not given: without them there is no conversion.
    ArgumentError
        When a number is out of range.

    Notes
    -----
    With b = `share_two_pars`: rate per patient = (1 - b) p + b (p^2 + icc p (1 - p)). One rate p
    holds for all pars: pars of patients with one and with two are taken to unite alike, which they
    do not where bilateral fractures do worse. Limits: Wilson on patients, or on pars over the
    design effect 1 + icc 2b / (1 + b), carried through the same formula. The pair agrees with
    scipy's beta-binomial. Papers that print both units lie near an ICC of 1: with both sides
    acute in Gamada 2021, 20 of 28 pars united and, by subtraction, 10 of 14 patients.

    Examples
    --------
    >>> told = convert_union_rate(20, 29, unit="patient", icc=0.3, share_two_pars=0.6)
    >>> round(20 / 29, 3), round(told.converted, 3)
    (0.69, 0.765)
    """
    require_choice("unit", unit, UNITS)
    icc, share = _require_assumptions(icc, share_two_pars)
    effect = 1 + icc * 2 * share / (1 + share) if unit == "defect" else 1.0
    given = wilson_interval(n_united / effect, n / effect, conf_level=conf_level)
    other: Unit = "patient" if unit == "defect" else "defect"
    ends = (given.estimate, given.conf_low, given.conf_high)
    convert = _per_patient if unit == "defect" else _per_pars
    rows = [
        (unit, "as given", icc, *ends),
        (other, "converted", icc, *_apply(convert, ends, icc, share)),
        *(
            (other, f"converted at ICC {end:g}", end, *_apply(convert, ends, end, share))
            for end in (0.0, 1.0)
        ),
    ]
    names = ["unit", "basis", "icc", "estimate", "conf_low", "conf_high"]
    frame = pd.DataFrame(rows, columns=names).assign(conf_level=conf_level, n=n, n_events=n_united)
    return UnitConversion(
        title="A union rate in both units",
        finding=write_conversion_finding(frame, n_united, n, icc=icc, share_two_pars=share),
        method=f"{_METHOD}{' on pars over the design effect' if unit == 'defect' else ''}.",
        unit=other,
        definition="complete",
        frame=frame,
        cautions=(
            "A converted rate is never the basis of a verdict.",
            "One rate is taken to hold for the pars of patients with one and with two.",
        ),
        citations=(
            Citation(
                text="Gamada H et al. J Clin Neurosci 2021;92:197-202",
                doi="10.1016/j.jocn.2021.08.018",
            ),
        ),
        icc=icc,
        share_two_pars=share,
        converted=float(frame["estimate"].iloc[1]),
    )


def _per_patient(rate: float, icc: float, share: float) -> float:
    return (1 - share) * rate + share * (rate**2 + icc * rate * (1 - rate))


def _per_pars(rate: float, icc: float, share: float) -> float:
    """Solve share (1 - icc) p^2 + (1 - share + share icc) p = rate for p in 0..1."""
    square = share * (1 - icc)
    linear = 1 - square
    return 2 * rate / (linear + math.sqrt(linear**2 + 4 * square * rate)) if rate else 0.0


def _apply(
    convert: Callable[[float, float, float], float],
    ends: tuple[float, float, float],
    icc: float,
    share: float,
) -> tuple[float, ...]:
    return tuple(convert(end, icc, share) for end in ends)


def _require_assumptions(icc: float | None, share: float | None) -> tuple[float, float]:
    lacking = [name for name, value in (("icc", icc), ("share_two_pars", share)) if value is None]
    if icc is None or share is None:
        raise BaselineError(
            "A rate per patient and a rate per pars are not set side by side as they are.",
            expected="the correlation of the two pars of a patient, and the share with two",
            found=f"no {' and no '.join(lacking)}",
            fix="State both, such as icc=0.3, share_two_pars=0.6; or leave the units apart.",
        )
    if not (0 <= icc <= 1 and 0 <= share <= 1):
        raise ArgumentError(
            "An assumption of the conversion lies outside 0 to 1.",
            expected="icc and share_two_pars as fractions from 0 to 1",
            found=f"icc {icc:g}, share_two_pars {share:g}",
            fix="Give fractions, not percentages.",
        )
    return icc, share
