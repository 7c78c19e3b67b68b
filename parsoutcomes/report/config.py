"""What the clinic says of itself and of the report: plain fields, nothing computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import pandas as pd

from parsoutcomes.errors import ReportError
from parsoutcomes.report.content import Comment
from parsoutcomes.results.base import Result
from parsoutcomes.wording import format_count, format_list

NOT_STATED = "Not stated."
NOT_RECORDED = "not recorded"
BRACE_SUPPLIER = (
    "The clinic that treats these patients supplies the brace, keeps the records and makes this "
    "report. It has an interest in a high rate of union."
)


@dataclass(frozen=True, kw_only=True)
class ReportConfig:
    """What only people can say; whatever is left empty is named as not stated.

    Attributes
    ----------
    conflict_of_interest : str
        Beyond the interest that every clinic has which supplies the brace.
    funding, audit_registration, ethics : str
        Who paid; number and body of the audit's registration; the ethical review, or why none.
    signed_off_by : tuple of str
        Names and roles of those who approved the report.
    signed_off_on : str
        The day, as written.
    eligibility, setting : str
        Who is offered the brace; where and by whom treatment is given.
    diagnosis, blinding : str
        How fractures are diagnosed and staged; whether readers knew treatment and time.
    n_referred, n_eligible, n_declined : int or None
        The flow before the brace, of the same period; None where not recorded.
    comments : mapping of str to tuple of Comment
        By section id.
    """

    conflict_of_interest: str = ""
    funding: str = ""
    audit_registration: str = ""
    ethics: str = ""
    signed_off_by: tuple[str, ...] = ()
    signed_off_on: str = ""
    eligibility: str = ""
    setting: str = ""
    diagnosis: str = ""
    blinding: str = ""
    n_referred: int | None = None
    n_eligible: int | None = None
    n_declined: int | None = None
    comments: Mapping[str, tuple[Comment, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )


NOTHING_STATED: Final = ReportConfig()


def describe_referrals(config: ReportConfig, n_fitted: int) -> Result:
    """Say how many were referred, eligible and declined before those fitted.

    Parameters
    ----------
    config : ReportConfig
        With the counts of the same period, where recorded.
    n_fitted : int
        Patients fitted, from the records.

    Returns
    -------
    Result
        `frame`: `step, n_patients`.

    Raises
    ------
    ReportError
        When a count is negative, or a later step holds more than an earlier one.

    Examples
    --------
    >>> describe_referrals(ReportConfig(n_referred=120, n_eligible=90, n_declined=12), 67).finding
    'Before the brace: 120 patients referred, 90 patients eligible, 12 patients declined; 67 \
patients were fitted.'
    """
    counts = {
        "referred": config.n_referred,
        "eligible": config.n_eligible,
        "declined": config.n_declined,
    }
    _require_order(config, n_fitted)
    told = {step: n for step, n in counts.items() if n is not None}
    silent = [step for step, n in counts.items() if n is None]
    parts = [f"{format_count(n, 'patient', 'patients')} {step}" for step, n in told.items()]
    fitted = f"{format_count(n_fitted, 'patient was', 'patients were')} fitted"
    missing = f"; {NOT_RECORDED}: {format_list(silent)}" if told and silent else ""
    opening = ", ".join(parts) or f"how many were {format_list(silent)} is {NOT_RECORDED}"
    return Result(
        title="Before the brace",
        finding=f"Before the brace: {opening}{missing}; {fitted}.",
        method="",
        unit="patient",
        frame=pd.DataFrame({"step": [*told, "fitted"], "n_patients": [*told.values(), n_fitted]}),
    )


def _require_order(config: ReportConfig, n_fitted: int) -> None:
    declined = config.n_declined or 0
    steps = [n for n in (config.n_referred, config.n_eligible) if n is not None]
    wanted = [*steps, n_fitted + declined]
    falls = all(later <= earlier for earlier, later in pairwise(wanted))
    if min([declined, *steps, 0]) < 0 or not falls:
        raise ReportError(
            "The counts before the brace do not fit those fitted.",
            expected="referred at least eligible, eligible at least declined and fitted together",
            found=f"{wanted} in this order, the last being {n_fitted} fitted and {declined} "
            "declined",
            fix="Give counts of patients of the same period, or leave them out.",
        )
