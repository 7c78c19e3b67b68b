"""Limits of published rates, wider where two pars of a patient may both be counted."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final

import pandas as pd

from parsoutcomes.conventions import CONF_LEVEL, PUBLISHED_ICC
from parsoutcomes.stats.proportions import jeffreys_interval

PARS_PER_PATIENT: Final = 2.0
LIMITS: Final = ("estimate", "conf_low", "conf_high", "conf_level")


def design_effect(row: Mapping[Hashable, object], n_patients: str, n_defects: str) -> float:
    """Return how many times less the pars of a published rate tell than independent ones.

    1 + (m - 1) ICC with m pars per patient: 1 for a rate per patient or per vertebra and for
    unilateral fractures, 2 for bilateral ones, else as in the paper as a whole; 2, the most, where
    the paper does not tell.

    Examples
    --------
    >>> early = {"unit": "defect", "laterality": "any"}
    >>> round(design_effect(early, "142", "189"), 3), round(design_effect(early, "", "189"), 3)
    (1.099, 1.3)
    """
    if row["unit"] in {"patient", "vertebra"} or row["laterality"] == "unilateral":
        return 1.0
    per_patient = PARS_PER_PATIENT
    if row["laterality"] == "any" and n_patients.isdecimal() and n_defects.isdecimal():
        per_patient = max(int(n_defects) / max(int(n_patients), 1), 1.0)
    return 1 + (per_patient - 1) * PUBLISHED_ICC


def add_intervals(rates: pd.DataFrame, studies: pd.DataFrame) -> pd.DataFrame:
    """Return rates with `estimate, conf_low, conf_high, conf_level`; no limits without counts.

    Parameters
    ----------
    rates, studies : pandas.DataFrame
        Published numbers and the papers behind them.

    Returns
    -------
    pandas.DataFrame

    Notes
    -----
    Jeffreys limits on counts divided by the design effect, as in the comparison with a series.
    """
    papers = studies.set_index("study_id")[["n_patients", "n_defects"]]
    rows = []
    for row in rates.to_dict("records"):
        if pd.isna(row["n_united"]):
            rows.append((row["percent_printed"] / 100, float("nan"), float("nan")))
            continue
        effect = design_effect(row, *papers.loc[row["study_id"]])
        limits = jeffreys_interval(row["n_united"] / effect, row["n"] / effect)
        rows.append((row["n_united"] / row["n"], limits.conf_low, limits.conf_high))
    made = pd.DataFrame(rows, columns=list(LIMITS[:3]), index=rates.index)
    return rates.join(made).assign(conf_level=CONF_LEVEL)
