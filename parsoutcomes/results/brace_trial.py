"""The trial that a comparison of brace durations stands in for, and its method, in words."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from parsoutcomes.results.brace_duration import list_names, name_strategies
from parsoutcomes.wording import format_label, format_list, format_months, start_sentence

TRIAL = (
    (
        "Eligibility",
        "Patients with a pars fracture that is not terminal, on the day a brace is fitted",
        "Target pars of courses with a day of fitting and a known end of brace, or known to go on; "
        "others left out and counted",
    ),
    (
        "Treatment strategies",
        '"{first}": brace off within {grace} of {first_month}. "{second}": brace off within '
        "{grace} of {second_month}. In either, off once union of all pars is seen",
        "The same, told by the day the brace came off; within its window at whatever time it did",
    ),
    (
        "Assignment",
        "At random at fitting, not blinded",
        "Every pars is cloned into both; whether the brace came off is taken to be as good as "
        "random given what was known by then: {known}",
    ),
    ("Start of follow-up", "Day of fitting", "Day of fitting"),
    (
        "End of follow-up",
        "Union, loss or data lock",
        "First scan with union, last scan, surgery or data lock; a clone that departs from its "
        "strategy before union is seen is censored",
    ),
    (
        "Outcome",
        "{union} of each pars on CT",
        "The same, known to lie between two scans, taken at their planned visits",
    ),
    (
        "Causal contrast",
        "Per protocol: share united by {times} months under the two strategies, had there been no "
        "surgery and no loss",
        "The same",
    ),
    (
        "Analysis plan",
        "Difference in the share united, and in mean months un-united",
        "Weighted nonparametric maximum likelihood, weights from pooled logistic regressions of "
        "departing, bootstrap over patients of the whole",
    ),
)


def tabulate_target_trial(
    months: tuple[float, float],
    grace_months: float,
    *,
    definition: str,
    milestones_months: Iterable[float],
    terms: tuple[str, ...],
) -> pd.DataFrame:
    """Return the target trial, one row a component, beside how the records stand in for it.

    Parameters
    ----------
    months, grace_months, definition, milestones_months, terms
        As in `compare_brace_durations`.

    Returns
    -------
    pandas.DataFrame
        `component, target_trial, emulation`.
    """
    first, second = name_strategies(months)
    words = {
        "first": first,
        "second": second,
        "grace": format_months(grace_months),
        "first_month": format_months(months[0]),
        "second_month": format_months(months[1]),
        "union": start_sentence(format_label(definition)),
        "times": format_list([f"{month:g}" for month in milestones_months]),
        "known": list_names(list(terms)) if terms else "nothing but time",
    }
    filled = [tuple(text.format(**words) for text in row) for row in TRIAL]
    return pd.DataFrame(filled, columns=["component", "target_trial", "emulation"])


def write_duration_method(
    months: tuple[float, float],
    grace_months: float,
    terms: tuple[str, ...],
    truncation: float | None,
) -> str:
    """Return which statistic, which variant, in words."""
    first, second = name_strategies(months)
    cut = "not cut" if truncation is None else f"cut at their {100 * truncation:g}th centile"
    known = list_names(list(terms)) if terms else "time alone"
    return (
        f'Clone, censor, weight from fitting: every pars counts in "{first}" and in "{second}" '
        f"until its patient departs from it (brace off before, or on after, the month give or take "
        f"{format_months(grace_months)}, unless union of that pars had been seen). One weight per "
        "clone, the inverse of its chance of not departing up to then, from pooled logistic "
        f"regressions on person-intervals between readings ({known}), {cut}. Union by the weighted "
        "nonparametric maximum likelihood estimate on scans at planned visits; surgery and loss "
        "censor union. Limits from a bootstrap over patients of the whole procedure"
    )
