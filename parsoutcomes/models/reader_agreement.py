"""Whether two readers of the same scan see the same union."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import ASSESSABLE, UNITED_STATUSES
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DEFAULT_IMAGING,
    DEFINITIONS,
    IMAGING,
    Definition,
    Imaging,
)
from parsoutcomes.errors import EstimationError, require_choice, require_fraction
from parsoutcomes.results.base import Citation
from parsoutcomes.results.reader_agreement import (
    KAPPA_LINEAR,
    KAPPA_QUADRATIC,
    KAPPA_UNITED,
    RAW,
    RAW_UNITED,
    ReaderAgreement,
    write_agreement_finding,
    write_conflicts,
)
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.stats.agreement import Kappa, estimate_clustered_kappa
from parsoutcomes.stats.proportions import clustered_interval

SCAN = ["defect_id", "days_since_fitting", "modality"]
METHOD = (
    "Scans after fitting of which two readers recorded the same pars, same day and kind of "
    "imaging. Share read alike: Wilson on the effective number of readings of the variance between "
    "patients. Cohen's kappa for united or not; weighted kappa for none, partial, complete, a step "
    "counting half (linear) or a quarter (quadratic) of the full difference; limits by leaving out "
    "one patient at a time on Fisher's z, or, with fewer than 3 patients whose readings differ, "
    "from exact limits of raw agreement. Readings called not assessable by either are counted, not "
    "compared"
)
PREVALENCE = (
    "Kappa depends on how common union is as well as on the readers: where nearly all or none have "
    "united it is low or undefined even for readers who agree; read it beside the share read alike"
)
CITATIONS = (
    Citation(text="Cohen J. Psychol Bull 1968;70:213-220.", doi="10.1037/h0026256"),
    Citation(
        text="Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327.", doi="10.1037/h0028106"
    ),
)


@public(made_by="load_records")
def measure_reader_agreement(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    imaging: Imaging = DEFAULT_IMAGING,
    conf_level: float = CONF_LEVEL,
) -> ReaderAgreement:
    """Measure how far two readers of the same scans agree on union.

    Not a measure of who is right. Readers must not have known each other's reading; the records
    cannot show that.

    Parameters
    ----------
    cohort : Cohort
        With readings that name their reader; the same scan read twice.
    definition : {"complete", "partial_or_better"}
        What counts as united where readings are united or not.
    imaging : {"ct", "ct_or_mri", "any"}
        Which scans; those of a kind not recorded always count.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    ReaderAgreement
        For each pair of readers (numbered, never named) the measures `raw_agreement` (none,
        partial, complete), `raw_agreement_united`, `kappa_united`, `kappa_linear` and
        `kappa_quadratic`, with `n_scans`, `n_events` (read alike), `n_not_assessable` and the
        unclustered `standard_error`; `counts` beside it.

    Raises
    ------
    EstimationError
        When no scan was read twice, or none of them could be assessed by both.

    Notes
    -----
    Kappa and its large-sample error agree with statsmodels and SAS. Each pair of readers stands
    alone; the pair with most scans speaks in the finding. Where readers differ, union counts as
    soon as one sees it (`derive_intervals`).

    References
    ----------
    Cohen J. Psychol Bull 1968;70:213-220. doi:10.1037/h0026256

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(8)]
    >>> defects = pd.DataFrame({"episode_id": people, "patient_id": people, "defect_id": people})
    >>> scan = defects.assign(modality="CT", days_since_fitting=180)
    >>> readings = pd.concat([
    ...     scan.assign(reader="A", union_status=["complete"] * 4 + ["none"] * 4),
    ...     scan.assign(reader="B", union_status=["complete"] * 3 + ["none"] * 5)])
    >>> cohort = build_cohort(dict(episodes=defects[["episode_id", "patient_id"]],
    ...                            defects=defects, readings=readings))
    >>> agreement = measure_reader_agreement(cohort).to_frame().set_index("measure")["estimate"]
    >>> [round(float(agreement[name]), 3) for name in ("raw_agreement", "kappa_united")]
    [0.875, 0.75]
    """
    require_choice("definition", definition, DEFINITIONS)
    require_choice("imaging", imaging, tuple(IMAGING))
    require_fraction("conf_level", conf_level)
    pairs = _list_pairs(cohort, IMAGING[imaging])
    _require_pairs(cohort, pairs)
    rows = [
        row
        for readers, both in pairs.groupby("readers", sort=False)
        for row in _measure(str(readers), both, definition, conf_level)
    ]
    frame = pd.DataFrame(rows)
    main = str(frame["readers"].iloc[int(frame["n_scans"].to_numpy().argmax())])
    counts = pairs.groupby(["readers", "first", "second"], sort=False).size()
    return ReaderAgreement(
        title="Agreement of two readers of the same scan, per reading of a pars",
        finding=write_agreement_finding(list_rows(frame[frame["readers"].eq(main)]), definition),
        method=METHOD,
        unit="defect",
        definition=definition,
        frame=frame,
        cautions=_cautions(pairs, definition),
        citations=CITATIONS,
        counts=counts.reset_index(name="n_scans"),
        main_readers=main,
    )


def _list_pairs(cohort: Cohort, modalities: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per scan of a pars and pair of readers, with both readings."""
    readings = cohort.tables["readings"]
    usable = readings[
        readings["reader"].notna()
        & readings["defect_id"].notna()
        & (readings["days_since_fitting"] > 0)
        & (readings["modality"].isin(modalities) | readings["modality"].isna())
    ].drop_duplicates([*SCAN, "reader"], keep=False)
    number = {name: place for place, name in enumerate(sorted(usable["reader"].unique()), start=1)}
    keyed = usable.assign(
        number=usable["reader"].map(number), modality=usable["modality"].fillna("not recorded")
    )[[*SCAN, "patient_id", "number", "union_status"]]
    found = [
        keyed[keyed["number"].eq(one)]
        .merge(keyed[keyed["number"].eq(other)], on=[*SCAN, "patient_id"])
        .assign(readers=f"reader {one} and reader {other}")
        for one, other in combinations(range(1, len(number) + 1), 2)
    ]
    if not found:
        return pd.DataFrame(columns=["readers", "first", "second"])
    both = pd.concat(found, ignore_index=True)
    return both.rename(columns={"union_status_x": "first", "union_status_y": "second"})


def _require_pairs(cohort: Cohort, pairs: pd.DataFrame) -> None:
    readings = cohort.tables["readings"]
    n_assessed = int((pairs["first"].isin(ASSESSABLE) & pairs["second"].isin(ASSESSABLE)).sum())
    if n_assessed:
        return
    n_readers = readings["reader"].nunique()
    raise EstimationError(
        "No scan was read by two readers, so their agreement cannot be measured.",
        expected="the same pars on the same day and imaging in two rows with different readers, "
        "assessable for both",
        found=f"{n_readers} readers named, {int(readings['reader'].notna().sum())} readings that "
        f"name one, {len(pairs)} scans read twice",
        fix="Have some scans read again by a second reader, and record who read each.",
    )


def _measure(readers: str, both: pd.DataFrame, definition: str, conf_level: float) -> Iterator[Row]:
    is_assessed = both["first"].isin(ASSESSABLE) & both["second"].isin(ASSESSABLE)
    rows = both[is_assessed]
    if rows.empty:
        return
    patients = rows["patient_id"].to_numpy(str)
    graded = [rows[name].map(ASSESSABLE.index).to_numpy() for name in ("first", "second")]
    united = [
        rows[name].isin(UNITED_STATUSES[definition]).to_numpy(dtype=int)
        for name in ("first", "second")
    ]
    shared = {
        "n_scans": len(rows),
        "n_defects": int(rows["defect_id"].nunique()),
        "n_patients": int(rows["patient_id"].nunique()),
        "n_not_assessable": int((~is_assessed).sum()),
        "conf_level": conf_level,
    }
    for measure, codes in ((RAW, graded), (RAW_UNITED, united)):
        share = clustered_interval(codes[0] == codes[1], patients, conf_level=conf_level)
        yield _row(readers, measure, share, int((codes[0] == codes[1]).sum()), shared)
    for measure, codes, n_categories, weighting in (
        (KAPPA_UNITED, united, 2, "unweighted"),
        (KAPPA_LINEAR, graded, 3, "linear"),
        (KAPPA_QUADRATIC, graded, 3, "quadratic"),
    ):
        kappa = estimate_clustered_kappa(
            codes[0],
            codes[1],
            patients,
            n_categories=n_categories,
            weighting=weighting,
            conf_level=conf_level,
        )
        yield _row(readers, measure, kappa, int((codes[0] == codes[1]).sum()), shared)


def _row(readers: str, measure: str, found: object, n_alike: int, shared: Row) -> Row:
    names = ("estimate", "conf_low", "conf_high")
    return {
        "readers": readers,
        "measure": measure,
        **{name: getattr(found, name) for name in names},
        **shared,
        "n_events": n_alike,
        "standard_error": found.standard_error if isinstance(found, Kappa) else float("nan"),
        "interval_method": getattr(found, "method", ""),
    }


def _cautions(pairs: pd.DataFrame, definition: str) -> tuple[str, ...]:
    assessed = pairs[pairs["first"].isin(ASSESSABLE) & pairs["second"].isin(ASSESSABLE)]
    united = [assessed[name].isin(UNITED_STATUSES[definition]) for name in ("first", "second")]
    n_conflicts = len(assessed[united[0] != united[1]].drop_duplicates(SCAN))
    conflicts = (write_conflicts(n_conflicts, definition),) if n_conflicts else ()
    return (*conflicts, PREVALENCE)
