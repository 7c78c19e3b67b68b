"""Series to compare with: those of the evidence, the pool of them, and the reader's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from parsoutcomes.baselines.own_series import OwnCounts, read_counts, require_own_series
from parsoutcomes.baselines.pooled_series import load_pooled
from parsoutcomes.baselines.published import cite_study, load_baselines
from parsoutcomes.baselines.references import (
    POOLED,
    REFERENCES,
    STANDARDISED_BY,
    STUDY_OF,
    Reference,
    StandardisedBy,
    label_standardisation,
    name_stratum,
)
from parsoutcomes.calls import public
from parsoutcomes.conventions import PUBLISHED_ICC, STAGES
from parsoutcomes.errors import ArgumentError, BaselineError, require_choice
from parsoutcomes.results.base import Citation

_SIDES: Final = ("unilateral", "bilateral")


@public()
def load_reference(
    source: str | Path | pd.DataFrame | Mapping[object, tuple[int, int]],
    *,
    standardise_by: StandardisedBy = "stage",
    series: str = "",
    n_patients: int | None = None,
    n_defects: int | None = None,
    unit: str | None = None,
    outcome: str | None = None,
    icc: float = PUBLISHED_ICC,
    doi: str = "",
) -> Reference:
    """Take a series to compare our union with: a published one, their pool, or your own.

    Not for rates per patient (`convert_union_rate` says what they would be per pars, and under
    which assumption), and not for partial union or clinical success.

    Parameters
    ----------
    source : str, path, frame or mapping
        "european", "japanese", "pooled", or a `study_id` of `load_baselines` with union counts per
        pars. Your own: a CSV or a frame with the columns `stage, n_united, n` (and `laterality` or
        `contralateral_stage` when `standardise_by` says so), or a mapping of stage, or of (stage,
        the other column), to (united, pars).
    standardise_by : {"stage", "laterality", "contralateral_stage"}
        The strata: stages, or stages divided by laterality or by the stage of the opposite pars.
    series : str
        Your own series: its name as it is to be printed, such as "Leeds 2024".
    n_patients, n_defects : int
        Your own series: patients and pars of the whole of it.
    unit, outcome : str
        Your own series: must be given, and be "defect" and "union".
    icc : float
        Intraclass correlation assumed for the pars of one patient in the series.
    doi : str
        Your own series: its DOI when it has one.

    Returns
    -------
    Reference

    Raises
    ------
    ArgumentError
        When a name is not known.
    BaselineError
        When the series has no rate in such strata, or your own series is not sound.

    Examples
    --------
    >>> japanese = load_reference("japanese")
    >>> japanese.series, japanese.counts["early"], round(japanese.design_effect, 2)
    ('Tatsumura 2022', (81, 97), 1.1)
    >>> own = load_reference(
    ...     {"early": (30, 40), "progressive": (9, 20)}, series="Leeds 2024",
    ...     n_patients=45, n_defects=60, unit="defect", outcome="union")
    >>> own.rate("early")
    0.75
    """
    require_choice("standardise_by", standardise_by, STANDARDISED_BY)
    _require_icc(icc)
    if isinstance(source, str) and not source.lower().endswith(".csv"):
        if source == POOLED:
            return load_pooled(standardise_by, icc)
        return _from_evidence(source, standardise_by, icc)
    own = OwnCounts(
        counts=read_counts(source, standardise_by),
        series=series,
        n_patients=n_patients,
        n_defects=n_defects,
        unit=unit,
        outcome=outcome,
    )
    n_patients, n_defects = require_own_series(own)
    return Reference(
        name=series,
        series=series,
        counts=MappingProxyType(dict(own.counts)),
        n_patients=n_patients,
        n_defects=n_defects,
        citation=Citation(text=series, doi=doi),
        icc=icc,
        standardised_by=standardise_by,
    )


def _require_icc(icc: float) -> None:
    if not 0 <= icc <= 1:
        raise ArgumentError(
            "An intraclass correlation lies outside 0 to 1.",
            expected="icc from 0 (pars of one patient independent) to 1 (always alike)",
            found=str(icc),
            fix="Leave icc at its default, or give a fraction.",
        )


def _from_evidence(name: str, by: StandardisedBy, icc: float) -> Reference:
    baselines = load_baselines(outcome="union", unit="defect")
    rates = baselines.rates[baselines.rates["n_united"].notna()]
    known = (*REFERENCES, POOLED, *sorted(rates["study_id"].unique()))
    study_id = STUDY_OF.get(require_choice("reference", name, known), name)
    study = baselines.studies.set_index("study_id", drop=False).loc[study_id]
    series = f"{study['first_author']} {study['year']}"
    of_study = rates[rates["study_id"].eq(study_id)]
    counts = _count_by_stratum(of_study, by)
    totals = [str(study[name]) for name in ("n_patients", "n_defects")]
    if not counts or not all(total.isdecimal() for total in totals):
        raise _without_strata(series, of_study, by)
    return Reference(
        name=name,
        series=series,
        counts=MappingProxyType(counts),
        n_patients=int(totals[0]),
        n_defects=int(totals[1]),
        citation=cite_study({str(column): value for column, value in study.items()}),
        icc=icc,
        standardised_by=by,
    )


def _count_by_stratum(rates: pd.DataFrame, by: StandardisedBy) -> dict[str, tuple[int, int]]:
    """Take the rows of one paper that speak for its whole strata; no stage, no stratum."""
    whole = rates["pool_default"] | rates["subgroup"].eq("")
    in_stage = rates["stage"].isin(STAGES) & rates["level"].eq("any")
    kept = rates[whole & in_stage].copy()
    one_sided = kept["laterality"].eq("unilateral")
    kept["contralateral_stage"] = kept["contralateral_stage"].mask(one_sided, "none")
    if by == "stage":
        kept = kept[kept["laterality"].eq("any") & kept["contralateral_stage"].eq("any")]
    elif by == "laterality":
        kept = kept[
            kept["laterality"].ne("any") & kept["contralateral_stage"].isin(["any", "none"])
        ]
    else:
        kept = kept[kept["contralateral_stage"].ne("any")]
    kept = kept.sort_values("pool_default", ascending=False, kind="stable")
    kept = kept.drop_duplicates(["stage", by]).sort_values(
        "stage", key=lambda stages: stages.map(STAGES.index), kind="stable"
    )
    return {
        name_stratum(stage, other, by): (int(n_united), int(n))
        for stage, other, n_united, n in zip(
            kept["stage"], kept[by], kept["n_united"], kept["n"], strict=True
        )
    }


def _without_strata(series: str, rates: pd.DataFrame, by: StandardisedBy) -> BaselineError:
    return BaselineError(
        f"{series} gives no union rate per pars by {label_standardisation(by)}.",
        expected="counts of union in each such stratum, and the patients and pars of the series",
        found=_say_what_it_gives(rates),
        fix='Leave standardise_by at "stage", or give a series of your own with such counts.',
    )


def _say_what_it_gives(rates: pd.DataFrame) -> str:
    staged = rates[rates["stage"].isin(STAGES)]
    by_stage = ", ".join(dict.fromkeys(staged["stage"].str.replace("_", "-")))
    unstaged = rates[rates["stage"].eq("any") & rates["level"].eq("any")]
    parts = [f"by stage ({by_stage})"] if by_stage else []
    if unstaged["laterality"].isin(_SIDES).any():
        parts.append("by laterality over all stages together")
    if unstaged["contralateral_stage"].isin(STAGES).any():
        parts.append("by stage of the opposite pars over all stages together")
    return f"union {' and '.join(parts) or 'over all stages together'}"
