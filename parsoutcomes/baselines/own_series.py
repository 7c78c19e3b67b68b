"""A reader's own series: how it is read, and what is asked of it before it is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from parsoutcomes.baselines.references import StandardisedBy, name_stratum
from parsoutcomes.conventions import STAGES
from parsoutcomes.errors import BaselineError

_OTHER: Final = {
    "laterality": ("unilateral", "bilateral"),
    "contralateral_stage": ("none", *STAGES),
}
_FIX: Final = (
    "Give one row per stage with the columns stage, n_united, n; and series, n_patients, "
    'n_defects, unit="defect", outcome="union".'
)


@dataclass(frozen=True, kw_only=True)
class OwnCounts:
    """A series as its reader gave it, not yet checked as a whole."""

    counts: Mapping[str, tuple[int, int]]
    series: str
    n_patients: int | None
    n_defects: int | None
    unit: str | None
    outcome: str | None


def read_counts(
    source: str | Path | pd.DataFrame | Mapping[Any, tuple[int, int]], by: StandardisedBy
) -> dict[str, tuple[int, int]]:
    """Return (united, pars) by stratum.

    Raises
    ------
    BaselineError
        With every fault at once: columns missing, a stage not known, counts that cannot be, a
        stratum given twice.
    """
    frame = _as_frame(source, by)
    keys = ["stage"] if by == "stage" else ["stage", by]
    lacking = [name for name in (*keys, "n_united", "n") if name not in frame]
    if lacking or frame.empty:
        raise _unsound([f"no column {', '.join(lacking)}" if lacking else "no row"])
    faults = list(_find_faults(frame, keys))
    if faults:
        raise _unsound(faults)
    others = frame[by].astype(str)
    united, total = (pd.to_numeric(frame[name]).astype(int) for name in ("n_united", "n"))
    names = [
        name_stratum(str(s), other, by) for s, other in zip(frame["stage"], others, strict=True)
    ]
    return dict(zip(names, zip(united.tolist(), total.tolist(), strict=True), strict=True))


def require_own_series(own: OwnCounts) -> tuple[int, int]:
    """Return patients and pars of the series, or refuse it with every fault at once."""
    faults = list(_find_series_faults(own))
    if faults or own.n_patients is None or own.n_defects is None:
        raise _unsound(faults)
    return own.n_patients, own.n_defects


def _as_frame(
    source: str | Path | pd.DataFrame | Mapping[Any, tuple[int, int]], by: StandardisedBy
) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source.reset_index(drop=True)
    if isinstance(source, Mapping):
        keys = [key if isinstance(key, tuple) else (key,) for key in source]
        names = ["stage"] if by == "stage" else ["stage", by]
        counts = [
            tuple(pair) if isinstance(pair, (tuple, list)) else () for pair in source.values()
        ]
        faults = sum(len(key) != len(names) for key in keys)
        if faults or any(len(pair) != 2 for pair in counts):
            raise _unsound([f"a mapping that is not of ({', '.join(names)}) to (united, pars)"])
        rows = [(*key, *pair) for key, pair in zip(keys, counts, strict=True)]
        return pd.DataFrame(rows, columns=[*names, "n_united", "n"])
    try:
        return pd.read_csv(source, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as problem:
        raise _unsound(["a file that cannot be read as a CSV"]) from problem


def _find_faults(frame: pd.DataFrame, keys: list[str]) -> Iterator[str]:
    united, total = (pd.to_numeric(frame[name], errors="coerce") for name in ("n_united", "n"))
    whole = united.mod(1).eq(0) & total.mod(1).eq(0)
    faults = {
        "a stage that is not known": ~frame["stage"].isin(STAGES),
        "counts that are not whole numbers": ~whole,
        "no pars, or more united than there are": whole
        & ((united < 0) | (total < 1) | (united > total)),
        "a stratum given before": frame[keys].duplicated(),
    }
    for name in keys[1:]:
        faults[f"a {name} that is not known"] = ~frame[name].isin(_OTHER[name])
    for fault, holds in faults.items():
        rows = [str(number) for number in frame.index[holds.to_numpy(dtype=bool)] + 1]
        if rows:
            yield f"{fault} in row {', '.join(rows[:10])}"


def _find_series_faults(own: OwnCounts) -> Iterator[str]:
    if not own.series.strip():
        yield "no name for the series"
    if own.unit != "defect":
        yield "no unit" if own.unit is None else f"unit {own.unit!r}, and ours are per pars"
    if own.outcome != "union":
        yield "no outcome" if own.outcome is None else f"outcome {own.outcome!r}, not union"
    n_patients, n_defects = own.n_patients, own.n_defects
    if n_patients is None or n_defects is None:
        yield "n_patients or n_defects not given"
    elif not 1 <= n_patients <= n_defects:
        yield f"{n_defects} pars in {n_patients} patients"
    elif sum(n for _, n in own.counts.values()) > n_defects:
        yield "more pars in the strata than in the series"


def _unsound(faults: list[str]) -> BaselineError:
    per_patient = any("per pars" in fault for fault in faults)
    return BaselineError(
        "This series cannot be compared with.",
        expected="union counts per pars, each stratum once, and the size of the series",
        found="; ".join(faults),
        fix="convert_union_rate says what a rate per patient would be per pars, at a stated ICC."
        if per_patient
        else _FIX,
    )
