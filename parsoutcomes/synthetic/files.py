"""Simulated cohorts as files: one CSV per table, the truth, and one long CSV as a source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import SourceError
from parsoutcomes.schema.plain_cells import plain_frame
from parsoutcomes.schema.tables import TABLES

LONG_FILE: Final = "scans_long.csv"

_LONG_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "patient_id": "patient_id",
        "sex": "sex",
        "age_years": "age_years",
        "sport": "sport",
        "level": "level",
        "side": "side",
        "stage": "stage",
        "stir": "stir",
        "fitted_date": "fitted_date",
        "prescribed_months": "brace_months",
        "brace_end_date": "brace_end_date",
        "status": "status",
        "last_contact_date": "last_contact_date",
        "surgery_date": "surgery_date",
        "scan_date": "scan_date",
        "modality": "modality",
        "union_status": "union",
    }
)


def write_cohort(cohort: Cohort, folder: str | Path) -> tuple[Path, ...]:
    """Write a cohort as one CSV per table, its truth, and one row per pars per scan.

    For simulated cohorts: dates and keys are written as they are, so nothing here protects the
    records of a real patient.

    Parameters
    ----------
    cohort : Cohort
        From `simulate_cohort`.
    folder : str or pathlib.Path
        Made when it does not exist; files of the same names are replaced.

    Returns
    -------
    tuple of pathlib.Path
        The files written: tables that have rows, without derived and empty columns; one
        truth file per frame of the truth; `scans_long.csv`, which `load_records` reads.

    Raises
    ------
    SourceError
        When the folder cannot be made.

    Notes
    -----
    UTF-8, comma, line feed, ISO dates, six significant digits: the same cohort gives the same
    bytes on every system.

    Examples
    --------
    >>> import tempfile
    >>> from parsoutcomes.synthetic.simulate import simulate_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_cohort(simulate_cohort(5, seed=1), folder)
    >>> [path.name for path in written][:3]
    ['episodes.csv', 'defects.csv', 'readings.csv']
    """
    target = _make_folder(folder)
    frames = {
        **{f"{name}.csv": _source_columns(cohort.tables[name], name) for name in TABLES},
        **{f"truth_{name}.csv": frame for name, frame in cohort.truth.items()},
        LONG_FILE: tabulate_long(cohort),
    }
    return tuple(_write_csv(frame, target / name) for name, frame in frames.items() if len(frame))


def tabulate_long(cohort: Cohort) -> pd.DataFrame:
    """Return one row per pars per scan, as a clinic's long export; no scan leaves one row.

    Scores are not in it.

    Examples
    --------
    >>> from parsoutcomes.synthetic.simulate import simulate_cohort
    >>> tabulate_long(simulate_cohort(5, seed=1)).columns[-3:].tolist()
    ['scan_date', 'modality', 'union']
    """
    scans = cohort.tables["readings"][["defect_id", "scan_date", "modality", "union_status"]]
    episodes = cohort.tables["episodes"].drop(columns="patient_id")
    rows = (
        cohort.tables["defects"]
        .merge(episodes, on="episode_id", how="left")
        .merge(scans, on="defect_id", how="left")
    )
    return rows[list(_LONG_COLUMNS)].rename(columns=dict(_LONG_COLUMNS))


def _make_folder(folder: str | Path) -> Path:
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(
            "The folder for the simulated cohort cannot be made.",
            expected="a folder that can be written to",
            found=f"the system says: {error.strerror or type(error).__name__}",
            fix="Choose another folder.",
        ) from error
    return target


def _source_columns(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    given = [column.name for column in TABLES[table].columns if not column.derived]
    return frame[given].dropna(axis="columns", how="all")


def _write_csv(frame: pd.DataFrame, path: Path) -> Path:
    text = plain_frame(frame).to_csv(
        index=False, lineterminator="\n", date_format="%Y-%m-%d", float_format="%.6g"
    )
    path.write_bytes(text.encode("utf-8"))
    return path
