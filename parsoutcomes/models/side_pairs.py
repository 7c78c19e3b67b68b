"""Left against right within patients: who forms a pair, and the rows of the comparison."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.conventions import MIN_PATIENTS_FOR_CLAIM
from parsoutcomes.models.rate_contrasts import Row
from parsoutcomes.results.base import Exclusion
from parsoutcomes.results.rate_comparison import PAIR, PAIRED_DIFFERENCE, PAIRED_ODDS_RATIO
from parsoutcomes.stats.estimates import Estimate
from parsoutcomes.stats.paired import compare_pairs

MCNEMAR: Final = "McNemar's exact test on the discordant patients"
TOO_FEW_PAIRS: Final = f"none: fewer than {MIN_PATIENTS_FOR_CLAIM} pairs"
UNPAIRED: Final = (
    "No partner of known status at the same vertebra, or level or side not recorded (left out of "
    "left against right within patients)"
)
SEVERAL_LEVELS: Final = (
    "Pairs at more than one vertebra of a patient (left out of left against right within patients)"
)


def select_pairs(known: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Keep the patients with both pars of one vertebra of known status, one pair a patient.

    Parameters
    ----------
    known : pandas.DataFrame
        Target pars of known status, with `episode_id, patient_id, level, side, status`.

    Returns
    -------
    tuple
        One row per pair with `left` and `right` (whether united), and who was left out.

    Examples
    --------
    >>> known = pd.DataFrame({"episode_id": ["A", "A", "B"], "patient_id": ["A", "A", "B"],
    ...     "level": "L5", "side": ["left", "right", "left"],
    ...     "status": ["united", "not_united", "united"]})
    >>> pairs, left_out = select_pairs(known)
    >>> pairs[["left", "right"]].to_numpy().tolist(), left_out[0].n_patients
    ([[True, False]], 1)
    """
    keys = ["patient_id", "episode_id", "level"]
    named = known.dropna(subset=["level", "side"])
    united = named.assign(united=named["status"].eq("united").astype("float64"))
    wide = united.pivot_table(index=keys, columns="side", values="united", aggfunc="first")
    pairs = wide.reindex(columns=["left", "right"]).dropna().astype(bool).reset_index()
    is_single = ~pairs["patient_id"].duplicated(keep=False)
    paired = known.merge(pairs[keys], on=keys)
    several = paired["patient_id"].isin(pairs.loc[~is_single, "patient_id"])
    n_alone = len(known) - len(paired)
    in_pairs = pairs.set_index(keys).index
    alone = known[~pd.MultiIndex.from_frame(known[keys]).isin(in_pairs)]
    counts = (
        (UNPAIRED, n_alone, alone["patient_id"].nunique()),
        (SEVERAL_LEVELS, int(several.sum()), paired.loc[several, "patient_id"].nunique()),
    )
    return pairs[is_single].reset_index(drop=True), tuple(
        Exclusion(reason=reason, n_defects=int(n_pars), n_patients=int(n_patients))
        for reason, n_pars, n_patients in counts
        if n_pars
    )


def compare_sides(pairs: pd.DataFrame, reference: str, conf_level: float) -> list[Row]:
    """Return paired difference and odds ratio of the other side against the reference."""
    if pairs.empty:
        return []
    side = "right" if reference == "left" else "left"
    first, second = pairs[side], pairs[reference]
    counts = [
        int((ours & theirs).sum())
        for ours, theirs in ((first, second), (first, ~second), (~first, second), (~first, ~second))
    ]
    found = compare_pairs(*counts, conf_level=conf_level)
    is_tested = found.n_pairs >= MIN_PATIENTS_FOR_CLAIM
    shared: Row = {
        "p_value": found.p_value if is_tested else np.nan,
        "test_method": MCNEMAR if is_tested else TOO_FEW_PAIRS,
        "n_patients": found.n_pairs,
        "n_defects": 2 * found.n_pairs,
        "n_events": int(first.sum() + second.sum()),
        "n_discordant": found.n_discordant,
        "conf_level": conf_level,
    }
    return [
        {"side": side, "reference": reference, "unit": PAIR, "measure": measure, **row, **shared}
        for measure, row in (
            (PAIRED_DIFFERENCE, _limits(found.difference)),
            (PAIRED_ODDS_RATIO, _limits(found.odds_ratio)),
        )
    ]


def _limits(found: Estimate) -> Row:
    return {
        "estimate": found.estimate,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "interval_method": found.method,
    }
